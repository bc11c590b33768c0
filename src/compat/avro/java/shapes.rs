//! How Java chooses a branch of a reader's union.

use std::collections::HashSet;

use crate::compat::avro::branches::is_kind;
use crate::compat::avro::dialect::Dialect;
use crate::compat::avro::places::parts;
use crate::compat::avro::resolution::{Origin, Resolution, reads, simple};
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Kind, TypeId, Use};

/// Deepest look into the records of a union.
const DEEPEST: usize = 32;

impl<'a> Resolution<'a> {
    /// The branch of a named type of which none has the full name: a record whose fields fit, the last
    /// one of the same simple name rather than the first one.
    pub(in crate::compat::avro) fn branch_by_shape(
        &mut self,
        branches: &'a [Use],
        writer: TypeId,
        depth: usize,
        fuel: &mut Fuel,
    ) -> Result<Option<usize>, Exhausted> {
        let written = self.writer.get(writer);
        if !matches!(written.kind, Kind::Record(_)) {
            return Ok(None);
        }
        let name = self.java.name(written).map(simple);
        let mut by_shape = None;
        for (position, branch) in branches.iter().enumerate() {
            fuel.spend(1)?;
            let read = self.reader.get(branch.id);
            if !is_kind(read, written) || self.is_ill_fitting(branch.id, writer, depth, fuel)? {
                continue;
            }
            if by_shape.is_none() || name == read.name().map(|name| name.simple()) {
                by_shape = Some(position);
            }
        }
        Ok(by_shape)
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
                (Kind::Union(branches), Kind::Record(_)) => {
                    let of = writers.get(from);
                    let name = self.java.name(of).unwrap_or_default();
                    let exact = self.branch_of_full_name(into, name, of, fuel)?;
                    exact.is_none() && self.branch_by_shape(branches, from, depth + 1, fuel)?.is_none()
                }
                (Kind::Union(_), _) => self.branch(into, from, Dialect::Java, fuel)?.is_none(),
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
    pub(in crate::compat::avro) fn are_parallel(
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
                if is_leaf && !is_kind(self.reader.get(read.id), self.writer.get(written.id)) {
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
        if !is_kind(read, written) || read.name().map(|name| name.simple()) != name.map(simple) {
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
