//! The branch of a reader's union into which a type is read.

use std::collections::HashMap;
use std::rc::Rc;

use super::dialect::Dialect;
use super::resolution::{Resolution, reads};
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Kind, Model, Type, TypeId, Use};

/// The named branches of a union, by name: unions of hundreds of records are common.
#[derive(Default)]
pub(super) struct Directory<'a> {
    by_full_name: HashMap<&'a str, usize>,
    by_simple_name: HashMap<&'a str, Vec<usize>>,
    by_alias: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Directory<'a> {
    fn of(model: &'a Model, branches: &[Use]) -> Directory<'a> {
        let mut directory = Directory::default();
        for (position, branch) in branches.iter().enumerate() {
            let of = model.get(branch.id);
            let Some(name) = of.name() else { continue };
            directory.by_full_name.entry(name.full()).or_insert(position);
            directory.by_simple_name.entry(name.simple()).or_default().push(position);
            for alias in of.aliases() {
                directory.by_alias.entry(alias.full()).or_default().push(position);
            }
        }
        directory
    }

    /// The branches whose names go together with a writer's, in order.
    fn named_alike(&self, writer: &Type) -> Vec<usize> {
        let Some(name) = writer.name() else { return Vec::new() };
        let by_name = self.by_simple_name.get(name.simple()).into_iter().flatten();
        let by_alias = self.by_alias.get(name.full()).into_iter().flatten();
        let mut found: Vec<usize> = by_name.chain(by_alias).copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl<'a> Resolution<'a> {
    /// The branch of a reader's union into which a type that is no union is read.
    pub(super) fn branch(
        &mut self,
        union: TypeId,
        writer: TypeId,
        dialect: Dialect,
        fuel: &mut Fuel,
    ) -> Result<Option<usize>, Exhausted> {
        let (readers, writers) = (self.reader, self.writer);
        let Kind::Union(branches) = &readers.get(union).kind else { return Ok(None) };
        let written = writers.get(writer);
        if written.name().is_none() {
            fuel.spend(branches.len())?;
            return Ok(unnamed_branch(readers, branches, written));
        }
        let name = match dialect {
            Dialect::Specification => written.name().map(|name| name.full()),
            Dialect::Java => self.java.name(written),
        };
        let exact = self.branch_of_full_name(union, name.unwrap_or_default(), written, fuel)?;
        match (dialect, exact) {
            (Dialect::Java, Some(exact)) => Ok(Some(exact)),
            (Dialect::Java, None) => self.branch_by_shape(branches, writer, 0, fuel),
            (Dialect::Specification, Some(exact))
                if sizes_agree(readers.get(branches[exact].id), written) =>
            {
                Ok(Some(exact))
            }
            (Dialect::Specification, _) => {
                let alike = self.branches_named_alike(union, writer, fuel)?;
                let matching = alike.iter().find(|at| sizes_agree(readers.get(branches[**at].id), written));
                // One of another size cannot be read, but this is the branch that says why.
                Ok(matching.or(alike.first()).copied())
            }
        }
    }

    /// The branch of this full name, and of the kind of the writer's type.
    pub(super) fn branch_of_full_name(
        &mut self,
        union: TypeId,
        name: &str,
        writer: &Type,
        fuel: &mut Fuel,
    ) -> Result<Option<usize>, Exhausted> {
        let Kind::Union(branches) = &self.reader.get(union).kind else { return Ok(None) };
        let position = self.directory(union, fuel)?.by_full_name.get(name).copied();
        Ok(position.filter(|at| is_kind(self.reader.get(branches[*at].id), writer)))
    }

    /// The branches of a reader's union into which the specification would read a named type, in order.
    pub(super) fn branches_named_alike(
        &mut self,
        union: TypeId,
        writer: TypeId,
        fuel: &mut Fuel,
    ) -> Result<Vec<usize>, Exhausted> {
        let Kind::Union(branches) = &self.reader.get(union).kind else { return Ok(Vec::new()) };
        let written = self.writer.get(writer);
        let mut found = self.directory(union, fuel)?.named_alike(written);
        fuel.spend(found.len())?;
        found.retain(|at| is_kind(self.reader.get(branches[*at].id), written));
        Ok(found)
    }

    /// Is it of those types that Java finds in a union by their full names alone?
    pub(super) fn is_by_full_name(&self, writer: TypeId) -> bool {
        matches!(self.writer.get(writer).kind, Kind::Enum(_) | Kind::Fixed(_))
    }

    fn directory(&mut self, union: TypeId, fuel: &mut Fuel) -> Result<Rc<Directory<'a>>, Exhausted> {
        if let Some(known) = self.directories.get(&union) {
            return Ok(Rc::clone(known));
        }
        let branches = match &self.reader.get(union).kind {
            Kind::Union(branches) => branches.as_slice(),
            _ => &[],
        };
        fuel.spend(branches.len())?;
        let directory = Rc::new(Directory::of(self.reader, branches));
        self.directories.insert(union, Rc::clone(&directory));
        Ok(directory)
    }
}

/// The branch of the same kind, else the first one that widens. Both dialects agree on it.
fn unnamed_branch(reader: &Model, branches: &[Use], writer: &Type) -> Option<usize> {
    let find = |test: &dyn Fn(&Type) -> bool| branches.iter().position(|branch| test(reader.get(branch.id)));
    let exact = find(&|read| is_kind(read, writer));
    let widens = |read: &Type| match (&read.kind, &writer.kind) {
        (Kind::Primitive(into), Kind::Primitive(from)) => reads(*into, *from),
        _ => false,
    };
    exact.or_else(|| find(&widens))
}

/// Are both the same primitive, or otherwise of one kind?
pub(super) fn is_kind(reader: &Type, writer: &Type) -> bool {
    match (&reader.kind, &writer.kind) {
        (Kind::Primitive(read), Kind::Primitive(written)) => read == written,
        (read, written) => std::mem::discriminant(read) == std::mem::discriminant(written),
    }
}

fn sizes_agree(reader: &Type, writer: &Type) -> bool {
    match (&reader.kind, &writer.kind) {
        (Kind::Fixed(read), Kind::Fixed(written)) => read.size == written.size,
        _ => true,
    }
}
