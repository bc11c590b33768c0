//! Where Avro Java's decoder goes its own way.
//!
//! It renames the writer's types and fields by the aliases of the whole reader before it compares
//! anything; it compares full names within a reader's union and simple names elsewhere, and of records
//! none at all; it looks into the records of a union for one whose fields fit; and it reads two unions
//! that look alike branch by branch.

use std::collections::{HashMap, HashSet};

use super::dialect::Dialect;
use super::mishap::Mishap;
use super::places::{Edge, parts};
use super::resolution::{Origin, Resolution, reads, simple};
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Field, Kind, Model, Primitive, Property, Record, Type, TypeId, Use};
use crate::schema::tree::Node;

/// Deepest look into the records of a union.
const DEEPEST: usize = 32;

/// What Java makes of a reader's aliases, and what was found out about pairs of types.
#[derive(Default)]
pub(in crate::compat) struct Java<'a> {
    /// The name in the reader for a name in the writer.
    types: HashMap<&'a str, &'a str>,
    /// By full name of the reader's record: the name in the reader for a name in the writer.
    fields: HashMap<&'a str, HashMap<&'a str, &'a str>>,
    /// What becomes one and the same by these names, so that nothing can be read at all.
    collision: Option<Collision>,
    alike: HashMap<(TypeId, TypeId), bool>,
    ill_fitting: HashMap<(TypeId, TypeId), bool>,
}

/// Two things of the writer that an alias of the reader makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compat) struct Collision {
    /// The way to the reader's type that has the alias.
    pub(super) edges: Vec<Edge>,
    /// That type.
    pub(super) reader: TypeId,
    /// The field that has it, where it is one of a field.
    pub(super) field: Option<u32>,
}

impl Collision {
    pub(super) fn mishap(&self) -> Mishap {
        self.field.map_or(Mishap::BranchesCollide, Mishap::FieldAmbiguous)
    }
}

impl<'a> Java<'a> {
    pub(super) fn of(reader: &'a Model, writer: &'a Model, fuel: &mut Fuel) -> Result<Java<'a>, Exhausted> {
        let mut java = Java::default();
        if !has_aliases(reader, fuel)? || equal(reader, writer, fuel)? {
            return Ok(java);
        }
        java.collect(reader, fuel)?;
        java.collision = java.find_collision(reader, writer, fuel)?;
        Ok(java)
    }

    /// What a type of the writer is called. `None` without a name.
    pub(super) fn name(&self, writer: &'a Type) -> Option<&'a str> {
        let full = writer.name()?.full();
        Some(self.types.get(full).copied().unwrap_or(full))
    }

    /// What a field of the writer's record of this name is called.
    pub(super) fn field(&self, record: &str, field: &'a str) -> &'a str {
        self.fields.get(record).and_then(|fields| fields.get(field)).copied().unwrap_or(field)
    }

    /// What makes it fail whatever is read.
    pub(super) fn collision(&self) -> Option<&Collision> {
        self.collision.as_ref()
    }

    /// In the order of Java's walk: of two types with the same alias the later one has it.
    fn collect(&mut self, reader: &'a Model, fuel: &mut Fuel) -> Result<(), Exhausted> {
        let mut entered = HashSet::new();
        let mut open = vec![reader.root()];
        while let Some(id) = open.pop() {
            let of = reader.get(id);
            fuel.spend(1 + of.aliases().len())?;
            if let Some(name) = of.name() {
                self.types.extend(of.aliases().iter().map(|alias| (alias.full(), name.full())));
            }
            if matches!(of.kind, Kind::Record(_)) && !entered.insert(id) {
                continue;
            }
            if let Kind::Record(record) = &of.kind {
                for field in &record.fields {
                    fuel.spend(1 + field.aliases.len())?;
                    let aliases = field.aliases.iter().map(|alias| (alias.as_str(), field.name.as_str()));
                    if !field.aliases.is_empty() {
                        self.fields.entry(record.name.full()).or_default().extend(aliases);
                    }
                }
            }
            let first = open.len();
            open.extend(parts(of).map(|(_, part)| part.id));
            open[first..].reverse();
        }
        Ok(())
    }

    fn find_collision(
        &self,
        reader: &Model,
        writer: &'a Model,
        fuel: &mut Fuel,
    ) -> Result<Option<Collision>, Exhausted> {
        let mut found = None;
        let mut open = Reachable::of(writer);
        while let Some((id, _)) = open.next(writer, fuel)? {
            let of = writer.get(id);
            let mut names = HashSet::new();
            match &of.kind {
                Kind::Union(branches) => {
                    let named = branches.iter().filter_map(|branch| self.name(writer.get(branch.id)));
                    found = named.map(|name| (name, None)).find(|(name, _)| !names.insert(*name));
                }
                Kind::Record(record) => {
                    let name = self.name(of).unwrap_or_default();
                    let fields = record.fields.iter().map(|field| self.field(name, &field.name));
                    found = fields
                        .map(|field| (name, Some(field)))
                        .find(|(_, field)| !names.insert(field.unwrap_or_default()));
                }
                _ => {}
            }
            if found.is_some() {
                break;
            }
        }
        let Some((name, field)) = found else { return Ok(None) };
        let mut open = Reachable::of(reader);
        while let Some((id, visit)) = open.next(reader, fuel)? {
            let of = reader.get(id);
            if of.name().is_some_and(|own| own.full() == name) {
                let position =
                    |record: &Record| record.fields.iter().position(|own| Some(own.name.as_str()) == field);
                let field = match &of.kind {
                    Kind::Record(record) => position(record).map(|position| position as u32),
                    _ => None,
                };
                return Ok(Some(Collision { edges: open.edges_to(visit), reader: id, field }));
            }
        }
        Ok(Some(Collision { edges: Vec::new(), reader: reader.root(), field: None }))
    }
}

impl<'a> Resolution<'a> {
    /// The branch that Java takes: of the same kind, but of named types the one with the same full name,
    /// or a record whose fields fit; else the first one that widens.
    pub(super) fn branch_for_java(
        &mut self,
        branches: &'a [Use],
        writer: TypeId,
        fuel: &mut Fuel,
    ) -> Result<Option<usize>, Exhausted> {
        self.branch_by_shape(branches, writer, 0, fuel)
    }

    fn branch_by_shape(
        &mut self,
        branches: &'a [Use],
        writer: TypeId,
        depth: usize,
        fuel: &mut Fuel,
    ) -> Result<Option<usize>, Exhausted> {
        fuel.spend(branches.len())?;
        let written = self.writer.get(writer);
        let name = self.java.name(written);
        let mut by_shape = None;
        for (position, branch) in branches.iter().enumerate() {
            let read = self.reader.get(branch.id);
            if !same_kind(read, written) {
                continue;
            }
            let Some(read_name) = read.name() else { return Ok(Some(position)) };
            if name == Some(read_name.full()) {
                return Ok(Some(position));
            }
            let fits = matches!(read.kind, Kind::Record(_))
                && !self.is_ill_fitting(branch.id, writer, depth, fuel)?;
            if fits && (by_shape.is_none() || name.map(simple) == Some(read_name.simple())) {
                by_shape = Some(position);
            }
        }
        let widens = |branch: &Use| match (&self.reader.get(branch.id).kind, &written.kind) {
            (Kind::Primitive(read), Kind::Primitive(written)) => reads(*read, *written),
            _ => false,
        };
        Ok(by_shape.or_else(|| branches.iter().position(widens)))
    }

    /// Java's look at a record: a field from nowhere, or one whose type is wrong at first sight.
    fn is_ill_fitting(
        &mut self,
        reader: TypeId,
        writer: TypeId,
        depth: usize,
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        if let Some(known) = self.java.ill_fitting.get(&(reader, writer)) {
            return Ok(*known);
        }
        if depth == DEEPEST {
            return Ok(false);
        }
        // Java too takes a record that it is just looking at for one that fits.
        self.java.ill_fitting.insert((reader, writer), false);
        let verdict = self.has_ill_fitting_field(reader, writer, depth, fuel)?;
        self.java.ill_fitting.insert((reader, writer), verdict);
        Ok(verdict)
    }

    fn has_ill_fitting_field(
        &mut self,
        reader: TypeId,
        writer: TypeId,
        depth: usize,
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        let Some(plan) = self.plan(reader, writer, Dialect::Java, fuel)? else { return Ok(true) };
        if plan.origins.contains(&Origin::Nowhere) {
            return Ok(true);
        }
        let (readers, writers) = (self.reader, self.writer);
        let (Kind::Record(read), Kind::Record(written)) =
            (&readers.get(reader).kind, &writers.get(writer).kind)
        else {
            return Ok(true);
        };
        for (from, into) in &plan.written {
            fuel.spend(1)?;
            let (from, into) =
                (written.fields[*from as usize].schema.id, read.fields[*into as usize].schema.id);
            let wrong = match (&readers.get(into).kind, &writers.get(from).kind) {
                (_, Kind::Union(_)) | (Kind::Array(_), Kind::Array(_)) | (Kind::Map(_), Kind::Map(_)) => {
                    false
                }
                (Kind::Union(branches), _) => {
                    self.branch_by_shape(branches, from, depth + 1, fuel)?.is_none()
                }
                (Kind::Primitive(read), Kind::Primitive(written)) => !reads(*read, *written),
                (Kind::Fixed(read), Kind::Fixed(written)) => {
                    read.size != written.size || !self.is_named_alike(into, from, Dialect::Java)
                }
                (Kind::Enum(_), Kind::Enum(_)) => !self.is_named_alike(into, from, Dialect::Java),
                (Kind::Record(_), Kind::Record(_)) => {
                    let inner = self.plan(into, from, Dialect::Java, fuel)?;
                    inner.is_none_or(|inner| inner.origins.contains(&Origin::Nowhere))
                }
                _ => true,
            };
            if wrong {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Are two unions so alike that Java reads them branch by branch?
    pub(super) fn are_parallel(
        &mut self,
        reader: TypeId,
        writer: TypeId,
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        if let Some(known) = self.java.alike.get(&(reader, writer)) {
            return Ok(*known);
        }
        let mut seen = HashSet::from([(reader, writer)]);
        let mut open = vec![(reader, writer)];
        while let Some((read, written)) = open.pop() {
            fuel.spend(1)?;
            if !self.look_alike(read, written, fuel)? {
                self.java.alike.insert((reader, writer), false);
                return Ok(false);
            }
            let (read, written) = (self.reader.get(read), self.writer.get(written));
            for ((_, read), (_, written)) in parts(read).zip(parts(written)) {
                let is_leaf = matches!(self.reader.get(read.id).kind, Kind::Primitive(_));
                let pair = (read.id, written.id);
                if is_leaf && !same_kind(self.reader.get(read.id), self.writer.get(written.id)) {
                    self.java.alike.insert((reader, writer), false);
                    return Ok(false);
                }
                let known = self.java.alike.get(&pair) == Some(&true);
                if !is_leaf && !known && seen.insert(pair) {
                    open.push(pair);
                }
            }
        }
        self.java.alike.extend(seen.into_iter().map(|pair| (pair, true)));
        Ok(true)
    }

    /// Two types apart from their parts.
    fn look_alike(&self, reader: TypeId, writer: TypeId, fuel: &mut Fuel) -> Result<bool, Exhausted> {
        let (read, written) = (self.reader.get(reader), self.writer.get(writer));
        let name = self.java.name(written);
        if !same_kind(read, written) || read.name().map(|name| name.simple()) != name.map(simple) {
            return Ok(false);
        }
        Ok(match (&read.kind, &written.kind) {
            (Kind::Fixed(read), Kind::Fixed(written)) => read.size == written.size,
            (Kind::Enum(read), Kind::Enum(written)) => {
                fuel.spend(read.symbols.len())?;
                read.symbols == written.symbols
            }
            (Kind::Union(read), Kind::Union(written)) => read.len() == written.len(),
            (Kind::Record(read), Kind::Record(written)) => {
                fuel.spend(read.fields.len())?;
                let record = name.unwrap_or_default();
                let mut fields = read.fields.iter().zip(&written.fields);
                read.fields.len() == written.fields.len()
                    && fields.all(|(read, written)| read.name == self.java.field(record, &written.name))
            }
            _ => true,
        })
    }
}

fn same_kind(reader: &Type, writer: &Type) -> bool {
    match (&reader.kind, &writer.kind) {
        (Kind::Primitive(read), Kind::Primitive(written)) => read == written,
        (read, written) => std::mem::discriminant(read) == std::mem::discriminant(written),
    }
}

fn has_aliases(reader: &Model, fuel: &mut Fuel) -> Result<bool, Exhausted> {
    let mut open = Reachable::of(reader);
    while let Some((id, _)) = open.next(reader, fuel)? {
        let of = reader.get(id);
        let of_a_field = matches!(&of.kind, Kind::Record(record) if record.fields.iter().any(|field| !field.aliases.is_empty()));
        if of_a_field || !of.aliases().is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Java compares schemas but for documentation and aliases; between equal ones it renames nothing.
fn equal(reader: &Model, writer: &Model, fuel: &mut Fuel) -> Result<bool, Exhausted> {
    let mut seen = HashSet::new();
    let mut open = vec![(reader.root(), writer.root())];
    while let Some(pair) = open.pop() {
        let (read, written) = (reader.get(pair.0), writer.get(pair.1));
        fuel.spend(1)?;
        if !same_kind(read, written)
            || read.name() != written.name()
            || !same_properties(&read.properties, &written.properties, fuel)?
        {
            return Ok(false);
        }
        let same = match (&read.kind, &written.kind) {
            (Kind::Fixed(read), Kind::Fixed(written)) => read.size == written.size,
            (Kind::Enum(read), Kind::Enum(written)) => {
                fuel.spend(read.symbols.len())?;
                read.symbols == written.symbols
            }
            (Kind::Union(read), Kind::Union(written)) => read.len() == written.len(),
            (Kind::Record(read), Kind::Record(written)) => {
                read.fields.len() == written.fields.len() && same_fields(read, written, fuel)?
            }
            _ => true,
        };
        if !same {
            return Ok(false);
        }
        for ((_, read), (_, written)) in parts(read).zip(parts(written)) {
            if seen.insert((read.id, written.id)) {
                open.push((read.id, written.id));
            }
        }
    }
    Ok(true)
}

fn same_fields(left: &Record, right: &Record, fuel: &mut Fuel) -> Result<bool, Exhausted> {
    let default = |field: &Field| field.default.as_ref().map(Node::to_compact);
    for (left, right) in left.fields.iter().zip(&right.fields) {
        fuel.spend(1)?;
        if left.name != right.name
            || left.order != right.order
            || default(left) != default(right)
            || !same_properties(&left.properties, &right.properties, fuel)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_properties(left: &[Property], right: &[Property], fuel: &mut Fuel) -> Result<bool, Exhausted> {
    fuel.spend(left.len().saturating_mul(left.len()))?;
    let find = |key: &str| right.iter().find(|property| property.key == key);
    Ok(left.len() == right.len()
        && left.iter().all(|property| {
            find(&property.key).is_some_and(|other| other.value.to_compact() == property.value.to_compact())
        }))
}

/// A walk over the types of a schema, each once, that knows the way to each.
struct Reachable {
    seen: Vec<bool>,
    /// Types, each with the visit from which it was reached and the edge there.
    visits: Vec<(TypeId, usize, Edge)>,
    next: usize,
}

impl Reachable {
    fn of(model: &Model) -> Reachable {
        let mut seen = vec![false; model.len()];
        seen[model.root().index()] = true;
        Reachable { seen, visits: vec![(model.root(), 0, Edge::Stay)], next: 0 }
    }

    /// The next type and its visit.
    fn next(&mut self, model: &Model, fuel: &mut Fuel) -> Result<Option<(TypeId, usize)>, Exhausted> {
        let Some(&(id, _, _)) = self.visits.get(self.next) else { return Ok(None) };
        let visit = self.next;
        self.next += 1;
        for (edge, part) in parts(model.get(id)) {
            fuel.spend(1)?;
            let leaf = matches!(model.get(part.id).kind, Kind::Primitive(Primitive::Null));
            if !leaf && !std::mem::replace(&mut self.seen[part.id.index()], true) {
                self.visits.push((part.id, visit, edge));
            }
        }
        Ok(Some((id, visit)))
    }

    fn edges_to(&self, visit: usize) -> Vec<Edge> {
        let (mut edges, mut at) = (Vec::new(), visit);
        while at != 0 {
            let (_, parent, edge) = self.visits[at];
            edges.push(edge);
            at = parent;
        }
        edges.reverse();
        edges
    }
}
