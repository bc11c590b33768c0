//! Schema resolution by the letter of the Avro specification: decode bytes with the writer's schema
//! and try to fit each value into the reader's.
//!
//! It never coerces beyond the specification's promotions, and it goes on after a failure, because
//! decoding follows the writer alone: so it names every place at which a value does not fit. Logical
//! types take no part, and a default counts whatever it is.

use std::collections::HashMap;

use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::reference::avro::{named_alike, reads};
use crate::schema::avro::model::{Enum, Kind, Model, Primitive, Record, Type, TypeId};

/// A place in the reader into which a value did not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compat) struct Failure {
    /// A JSON pointer; empty for the schema itself.
    pub(in crate::compat) at: String,
    /// What happened.
    pub(in crate::compat) text: String,
}

/// The bytes are no value of the writer, or there is too much to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) struct Abandoned;

impl From<Exhausted> for Abandoned {
    fn from(_: Exhausted) -> Abandoned {
        Abandoned
    }
}

/// Every place of the reader into which the encoded value does not fit; none when it is readable.
pub(in crate::compat) fn failures(
    reader: &Model,
    writer: &Model,
    bytes: &[u8],
    fuel: &mut Fuel,
) -> Result<Vec<Failure>, Abandoned> {
    let mut resolver =
        Resolver { reader, writer, rest: bytes, at: String::new(), failures: Vec::new(), fuel };
    resolver.read(Some(reader.root()), writer.root())?;
    if resolver.rest.is_empty() { Ok(resolver.failures) } else { Err(Abandoned) }
}

struct Resolver<'a, 'f> {
    reader: &'a Model,
    writer: &'a Model,
    rest: &'a [u8],
    /// Where in the reader.
    at: String,
    failures: Vec<Failure>,
    fuel: &'f mut Fuel,
}

impl<'a> Resolver<'a, '_> {
    /// Read one value of the writer's type into the reader's, or past it where there is none.
    fn read(&mut self, reader: Option<TypeId>, writer: TypeId) -> Result<(), Abandoned> {
        self.fuel.spend(1)?;
        let (readers, writers) = (self.reader, self.writer);
        let written = writers.get(writer);
        // The writer's union is gone once its branch is known.
        if let Kind::Union(branches) = &written.kind {
            let branch = usize::try_from(self.long()?).ok().and_then(|position| branches.get(position));
            return self.read(reader, branch.ok_or(Abandoned)?.id);
        }
        let Some(reader) = reader else {
            return self.value(None, written);
        };
        let Kind::Union(branches) = &readers.get(reader).kind else {
            return self.value(Some(readers.get(reader)), written);
        };
        self.fuel.spend(branches.len())?;
        match branches.iter().position(|branch| self.matches(readers.get(branch.id), written)) {
            Some(position) => self.within(&format!("/{position}"), |resolver| {
                resolver.value(Some(readers.get(branches[position].id)), written)
            }),
            None => {
                self.fail(format!("no branch of the union matches {}", super::sentence::noun(written)));
                self.value(None, written)
            }
        }
    }

    /// The same, neither being a union.
    fn value(&mut self, reader: Option<&'a Type>, writer: &'a Type) -> Result<(), Abandoned> {
        let read = reader.map(|reader| &reader.kind);
        if let Some(reader) = reader {
            self.expect_alike(reader, writer);
        }
        match &writer.kind {
            Kind::Primitive(primitive) => self.primitive(*primitive),
            Kind::Fixed(fixed) => self.take(fixed.size as usize).map(|_| ()),
            Kind::Enum(symbols) => {
                let position = usize::try_from(self.long()?).map_err(|_| Abandoned)?;
                let symbol = symbols.symbols.get(position).ok_or(Abandoned)?;
                if let Some(Kind::Enum(known)) = read {
                    self.expect_symbol(known, symbol);
                }
                Ok(())
            }
            Kind::Array(items) => {
                let part = if let Some(Kind::Array(part)) = read { Some(part.id) } else { None };
                self.blocks(|resolver| resolver.within("/items", |resolver| resolver.read(part, items.id)))
            }
            Kind::Map(values) => {
                let part = if let Some(Kind::Map(part)) = read { Some(part.id) } else { None };
                self.blocks(|resolver| {
                    resolver.primitive(Primitive::String)?;
                    resolver.within("/values", |resolver| resolver.read(part, values.id))
                })
            }
            Kind::Record(record) => {
                let into = if let Some(Kind::Record(into)) = read { Some(into) } else { None };
                self.record(into, record)
            }
            // A branch of a union is never a union.
            Kind::Union(_) => Err(Abandoned),
        }
    }

    fn record(&mut self, reader: Option<&'a Record>, writer: &'a Record) -> Result<(), Abandoned> {
        self.fuel.spend(writer.fields.len() + reader.map_or(0, |reader| reader.fields.len()))?;
        let written: HashMap<&str, usize> = writer
            .fields
            .iter()
            .enumerate()
            .map(|(position, field)| (field.name.as_str(), position))
            .collect();
        let mut targets: Vec<Option<(usize, TypeId)>> = vec![None; writer.fields.len()];
        for (position, field) in reader.iter().flat_map(|reader| reader.fields.iter().enumerate()) {
            let names = std::iter::once(&field.name).chain(&field.aliases);
            let mut hits = names.filter_map(|name| written.get(name.as_str()).copied());
            let first = hits.next();
            let complaint = match (first, hits.find(|hit| Some(*hit) != first)) {
                (Some(_), Some(_)) => format!("several fields were written for the field `{}`", field.name),
                (Some(hit), None) => {
                    targets[hit] = Some((position, field.schema.id));
                    continue;
                }
                (None, _) if field.default.is_some() => continue,
                (None, _) => {
                    format!("no value was written for the field `{}`, and it has no default", field.name)
                }
            };
            self.within(&format!("/fields/{position}"), |resolver| {
                resolver.fail(complaint);
                Ok(())
            })?;
        }
        for (field, target) in writer.fields.iter().zip(targets) {
            match target {
                Some((position, into)) => self.within(&format!("/fields/{position}/type"), |resolver| {
                    resolver.read(Some(into), field.schema.id)
                })?,
                None => self.read(None, field.schema.id)?,
            }
        }
        Ok(())
    }

    /// Array and map blocks: a count, which is negative when a length in bytes follows.
    fn blocks(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Abandoned>,
    ) -> Result<(), Abandoned> {
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                self.long()?;
            }
            for _ in 0..count.unsigned_abs() {
                element(self)?;
            }
        }
    }

    fn primitive(&mut self, primitive: Primitive) -> Result<(), Abandoned> {
        match primitive {
            Primitive::Null => Ok(()),
            Primitive::Boolean => self.take(1).map(|_| ()),
            Primitive::Int | Primitive::Long => self.long().map(|_| ()),
            Primitive::Float => self.take(4).map(|_| ()),
            Primitive::Double => self.take(8).map(|_| ()),
            Primitive::Bytes | Primitive::String => {
                let length = usize::try_from(self.long()?).map_err(|_| Abandoned)?;
                let bytes = self.take(length)?;
                let sound = primitive == Primitive::Bytes || std::str::from_utf8(bytes).is_ok();
                if sound { Ok(()) } else { Err(Abandoned) }
            }
        }
    }

    fn long(&mut self) -> Result<i64, Abandoned> {
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        Err(Abandoned)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Abandoned> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Abandoned)?;
        self.rest = rest;
        Ok(taken)
    }

    fn within(
        &mut self,
        step: &str,
        work: impl FnOnce(&mut Self) -> Result<(), Abandoned>,
    ) -> Result<(), Abandoned> {
        let length = self.at.len();
        self.at.push_str(step);
        let done = work(self);
        self.at.truncate(length);
        done
    }

    fn fail(&mut self, text: String) {
        self.failures.push(Failure { at: self.at.clone(), text });
    }

    fn expect_alike(&mut self, reader: &Type, writer: &Type) {
        use super::sentence::noun;
        match (&reader.kind, &writer.kind) {
            (Kind::Primitive(read), Kind::Primitive(written)) if reads(*read, *written) => {}
            (Kind::Array(_), Kind::Array(_)) | (Kind::Map(_), Kind::Map(_)) => {}
            (Kind::Fixed(read), Kind::Fixed(written)) if read.size != written.size => {
                self.fail(format!("{} bytes were written for a fixed of {}", written.size, read.size));
            }
            (Kind::Fixed(_), Kind::Fixed(_))
            | (Kind::Enum(_), Kind::Enum(_))
            | (Kind::Record(_), Kind::Record(_))
                if named_alike(reader, writer) => {}
            _ => self.fail(format!("found {}, expected {}", noun(writer), noun(reader))),
        }
    }

    fn expect_symbol(&mut self, known: &Enum, symbol: &String) {
        let default = known.default.as_ref().filter(|&default| known.symbols.contains(default));
        if !known.symbols.contains(symbol) && default.is_none() {
            self.fail(format!("the symbol `{symbol}` is unknown, and the enum has no default"));
        }
    }

    /// Does a branch of a reader's union match, in the sense that it is chosen?
    fn matches(&self, reader: &Type, writer: &Type) -> bool {
        match (&reader.kind, &writer.kind) {
            (Kind::Union(_), _) | (_, Kind::Union(_)) => true,
            (Kind::Primitive(read), Kind::Primitive(written)) => reads(*read, *written),
            (Kind::Array(read), Kind::Array(written)) | (Kind::Map(read), Kind::Map(written)) => {
                self.matches(self.reader.get(read.id), self.writer.get(written.id))
            }
            (Kind::Fixed(read), Kind::Fixed(written)) => {
                read.size == written.size && named_alike(reader, writer)
            }
            (Kind::Enum(_), Kind::Enum(_)) | (Kind::Record(_), Kind::Record(_)) => {
                named_alike(reader, writer)
            }
            _ => false,
        }
    }
}
