//! A decoder: bytes, decoded with the writer's schema into the reader's, in one of the two dialects.
//!
//! It is strict: it does what the dialect says and nothing else. It goes on after a value did not come
//! through, because decoding follows the writer alone; so it names every place at which that happens.

mod bytes;
mod leaves;

use std::rc::Rc;

use crate::compat::avro::dialect::Dialect;
use crate::compat::avro::mishap::Mishap;
use crate::compat::avro::places::{Edge, pointer_to};
use crate::compat::avro::resolution::{Origin, Plan, Resolution, reads};
use crate::compat::avro::sentence::noun;
use crate::compat::avro::walk::default_symbol;
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::witness::Evidence;
use crate::schema::avro::model::{Enum, Field, Kind, Model, Type, TypeId};
use bytes::Bytes;
use leaves::octets;

/// A value that did not come through. Most are never told, so they are put into words only when one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compat) struct Observed {
    pub(in crate::compat) mishap: Mishap,
    /// The way to the type of the reader.
    pub(super) reader_edges: Vec<Edge>,
    /// The way to the value in the data.
    pub(in crate::compat) datum_edges: Vec<Edge>,
    fate: Fate,
}

/// What became of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// A type does not turn into another.
    Unlike { reader: TypeId, writer: TypeId },
    /// It cannot be read.
    Failed(String),
    /// It is read as another one.
    Altered { wrote: String, read: String },
}

impl Observed {
    /// Does reading fail?
    pub(in crate::compat) fn fails(&self) -> bool {
        !matches!(self.fate, Fate::Altered { .. })
    }

    /// In words.
    pub(in crate::compat) fn evidence(&self, reader: &Model, writer: &Model) -> Evidence {
        let at = pointer_to(&self.reader_edges, self.mishap.part());
        match &self.fate {
            Fate::Unlike { reader: read, writer: written } => {
                let error =
                    format!("found {}, expected {}", noun(writer.get(*written)), noun(reader.get(*read)));
                Evidence::Undecodable { at, error }
            }
            Fate::Failed(error) => Evidence::Undecodable { at, error: error.clone() },
            Fate::Altered { wrote, read } => {
                Evidence::Altered { at, wrote: wrote.clone(), read: read.clone() }
            }
        }
    }
}

/// The bytes are no value of the writer, or there is too much to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) struct Abandoned;

impl From<Exhausted> for Abandoned {
    fn from(_: Exhausted) -> Abandoned {
        Abandoned
    }
}

/// Everything that does not come through when an encoded value is read; nothing when all of it does.
pub(in crate::compat) fn observe(
    resolution: &mut Resolution<'_>,
    dialect: Dialect,
    bytes: &[u8],
    fuel: &mut Fuel,
) -> Result<Vec<Observed>, Abandoned> {
    if let (Dialect::Java, Some(obstacle)) = (dialect, resolution.java.obstacle()) {
        let error = "the writer's schema is none any more once it is renamed by the reader's aliases";
        return Ok(vec![Observed {
            mishap: obstacle.mishap,
            reader_edges: obstacle.reader_edges.clone(),
            datum_edges: Vec::new(),
            fate: Fate::Failed(error.to_owned()),
        }]);
    }
    let (reader, writer) = (resolution.reader, resolution.writer);
    let mut decoder = Decoder {
        reader,
        writer,
        resolution,
        dialect,
        bytes: Bytes(bytes),
        at: Vec::new(),
        datum_edges: Vec::new(),
        observed: Vec::new(),
        fuel,
    };
    decoder.read(Some(reader.root()), writer.root())?;
    if decoder.bytes.0.is_empty() { Ok(decoder.observed) } else { Err(Abandoned) }
}

struct Decoder<'r, 'a, 'f> {
    reader: &'a Model,
    writer: &'a Model,
    resolution: &'r mut Resolution<'a>,
    dialect: Dialect,
    bytes: Bytes<'f>,
    /// Where in the reader.
    at: Vec<Edge>,
    /// Where in the data.
    datum_edges: Vec<Edge>,
    observed: Vec<Observed>,
    fuel: &'f mut Fuel,
}

impl<'a, 'f> Decoder<'_, 'a, 'f> {
    /// Read one value of the writer's type into the reader's, or past it where there is none.
    fn read(&mut self, reader: Option<TypeId>, writer: TypeId) -> Result<(), Abandoned> {
        self.fuel.spend(1)?;
        let writers = self.writer;
        // The writer's union is gone once its branch is known.
        let Kind::Union(branches) = &writers.get(writer).kind else {
            return self.read_branch(reader, writer, None);
        };
        let position = self.bytes.position()?;
        let branch = branches.get(position).ok_or(Abandoned)?;
        let straight = match reader {
            Some(reader) if self.dialect == Dialect::Java && self.is_union(reader) => {
                self.resolution.are_parallel(reader, writer, self.fuel)?
            }
            _ => false,
        };
        self.within_datum(Edge::Branch(position as u32), |decoder| {
            decoder.read_branch(reader, branch.id, straight.then_some(position))
        })
    }

    fn is_union(&self, reader: TypeId) -> bool {
        matches!(self.reader.get(reader).kind, Kind::Union(_))
    }

    /// A value whose type in the writer is no union; `straight` is a branch of the reader's union that
    /// is not to be chosen any more.
    fn read_branch(
        &mut self,
        reader: Option<TypeId>,
        writer: TypeId,
        straight: Option<usize>,
    ) -> Result<(), Abandoned> {
        let readers = self.reader;
        let Some(id) = reader else { return self.value(None, writer) };
        let Kind::Union(branches) = &readers.get(id).kind else { return self.value(Some(id), writer) };
        let choice = match straight {
            Some(position) => Some(position),
            None => self.resolution.branch(id, writer, self.dialect, self.fuel)?,
        };
        match choice.and_then(|position| Some((position, branches.get(position)?))) {
            Some((position, branch)) => {
                self.within(Edge::Branch(position as u32), |decoder| decoder.value(Some(branch.id), writer))
            }
            None => {
                self.unfound(id, writer)?;
                self.value(None, writer)
            }
        }
    }

    /// No branch is chosen. Where the specification has one, that is the branch whose name is wrong.
    fn unfound(&mut self, union: TypeId, writer: TypeId) -> Result<(), Abandoned> {
        let nearest = self.resolution.branch(union, writer, Dialect::Specification, self.fuel)?;
        let error = format!("no branch of the union is chosen for {}", noun(self.writer.get(writer)));
        match nearest.filter(|_| self.resolution.is_by_full_name(writer)) {
            Some(position) => self.within(Edge::Branch(position as u32), |decoder| {
                decoder.fail(Mishap::Name, error);
                Ok(())
            }),
            None => {
                self.fail(Mishap::NoBranch, error);
                Ok(())
            }
        }
    }

    /// The same, neither being a union.
    fn value(&mut self, reader: Option<TypeId>, writer: TypeId) -> Result<(), Abandoned> {
        let (readers, writers) = (self.reader, self.writer);
        let written = writers.get(writer);
        let read = reader.map(|reader| (reader, readers.get(reader)));
        let into = match read {
            Some((id, read)) if self.fits(id, read, writer, written) => Some((id, read)),
            _ => None,
        };
        match &written.kind {
            Kind::Primitive(primitive) => self.primitive(*primitive, into.map(|(_, read)| read), written),
            Kind::Fixed(fixed) => {
                let bytes = self.bytes.take(fixed.size as usize)?;
                self.meaning(into.map(|(_, read)| read), written, || octets(bytes));
                Ok(())
            }
            Kind::Enum(all) => {
                let position = self.bytes.position()?;
                let symbol = all.symbols.get(position).ok_or(Abandoned)?;
                if let Some(Kind::Enum(known)) = into.map(|(_, read)| &read.kind) {
                    self.symbol(known, symbol)?;
                }
                Ok(())
            }
            Kind::Array(items) => {
                let part =
                    part_of(into, |kind| if let Kind::Array(part) = kind { Some(part.id) } else { None });
                self.blocks(|decoder| {
                    decoder.within_both(Edge::Items, |decoder| decoder.read(part, items.id))
                })
            }
            Kind::Map(values) => {
                let part =
                    part_of(into, |kind| if let Kind::Map(part) = kind { Some(part.id) } else { None });
                self.blocks(|decoder| {
                    decoder.bytes.run()?;
                    decoder.within_both(Edge::Values, |decoder| decoder.read(part, values.id))
                })
            }
            Kind::Record(_) => self.record(into.map(|(id, _)| id), writer),
            // A branch of a union is never a union.
            Kind::Union(_) => Err(Abandoned),
        }
    }

    /// Do two types go together, parts apart? Whatever does not is noted.
    fn fits(&mut self, reader: TypeId, read: &Type, writer: TypeId, written: &Type) -> bool {
        let alike = |decoder: &Self| decoder.resolution.is_named_alike(reader, writer, decoder.dialect);
        let unlike = Fate::Unlike { reader, writer };
        match (&read.kind, &written.kind) {
            (Kind::Primitive(into), Kind::Primitive(from)) if reads(*into, *from) => true,
            (Kind::Array(_), Kind::Array(_)) | (Kind::Map(_), Kind::Map(_)) => true,
            (Kind::Fixed(_), Kind::Fixed(_))
            | (Kind::Enum(_), Kind::Enum(_))
            | (Kind::Record(_), Kind::Record(_)) => {
                if !alike(self) {
                    self.observe(Mishap::Name, unlike);
                }
                if let (Kind::Fixed(into), Kind::Fixed(from)) = (&read.kind, &written.kind)
                    && into.size != from.size
                {
                    let error = format!("{} bytes were written for a fixed of {}", from.size, into.size);
                    self.fail(Mishap::FixedSize, error);
                }
                true
            }
            _ => {
                self.observe(Mishap::Type, unlike);
                false
            }
        }
    }

    fn symbol(&mut self, known: &Enum, symbol: &String) -> Result<(), Abandoned> {
        self.fuel.spend(known.symbols.len())?;
        if known.symbols.contains(symbol) {
            return Ok(());
        }
        match default_symbol(known) {
            Some(default) => self.alter(Mishap::SymbolFallsBack, symbol.clone(), default.to_owned()),
            None => self.fail(
                Mishap::SymbolRemoved,
                format!("the symbol `{symbol}` is unknown, and the enum has no default"),
            ),
        }
        Ok(())
    }

    fn record(&mut self, reader: Option<TypeId>, writer: TypeId) -> Result<(), Abandoned> {
        let (readers, writers) = (self.reader, self.writer);
        let Kind::Record(written) = &writers.get(writer).kind else { return Err(Abandoned) };
        let plan = match reader {
            Some(reader) => self.resolution.plan(reader, writer, self.dialect, self.fuel)?,
            None => None,
        };
        let read = match reader.map(|reader| &readers.get(reader).kind) {
            Some(Kind::Record(read)) => read.fields.as_slice(),
            _ => &[],
        };
        let targets = plan.as_ref().map_or(&[][..], |plan| plan.written.as_slice());
        let mut targets = targets.iter().peekable();
        for (position, field) in written.fields.iter().enumerate() {
            let start = self.bytes.0;
            let mut was_read = false;
            while let Some((_, into)) = targets.next_if(|(from, _)| *from as usize == position) {
                let Some(target) = read.get(*into as usize) else { continue };
                // Several fields of the reader may take the same value.
                self.bytes.0 = start;
                was_read = true;
                self.within_datum(Edge::Field(position as u32), |decoder| {
                    decoder.within(Edge::Field(*into), |decoder| {
                        decoder.read(Some(target.schema.id), field.schema.id)
                    })
                })?;
            }
            if !was_read {
                self.read(None, field.schema.id)?;
            }
        }
        if let Some(plan) = plan {
            self.unwritten(&plan, read)?;
        }
        Ok(())
    }

    /// The fields of a reader's record that were not written.
    fn unwritten(&mut self, plan: &Rc<Plan>, fields: &[Field]) -> Result<(), Abandoned> {
        self.fuel.spend(fields.len())?;
        for (position, (origin, field)) in plan.origins.iter().zip(fields).enumerate() {
            let (position, name) = (position as u32, &field.name);
            let (mishap, error) = match origin {
                Origin::Written(_) | Origin::Default => continue,
                Origin::Nowhere => (
                    Mishap::FieldMissing(position),
                    format!("no value was written for the field `{name}`, and it has no default"),
                ),
                Origin::BadDefault => (
                    Mishap::DefaultInvalid(position),
                    format!("no value was written for the field `{name}`, and its default is none"),
                ),
                Origin::Several => (
                    Mishap::FieldAmbiguous(position),
                    format!("several fields were written for the field `{name}`"),
                ),
            };
            self.fail(mishap, error);
        }
        Ok(())
    }

    /// The elements of an array or a map.
    fn blocks(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Abandoned>,
    ) -> Result<(), Abandoned> {
        loop {
            match self.bytes.block()? {
                0 => return Ok(()),
                count => {
                    for _ in 0..count {
                        element(self)?;
                    }
                }
            }
        }
    }

    /// Go on within a part of the reader's type.
    fn within(
        &mut self,
        edge: Edge,
        work: impl FnOnce(&mut Self) -> Result<(), Abandoned>,
    ) -> Result<(), Abandoned> {
        self.at.push(edge);
        let done = work(self);
        self.at.pop();
        done
    }

    /// Go on within the same part of both.
    fn within_both(
        &mut self,
        edge: Edge,
        work: impl FnOnce(&mut Self) -> Result<(), Abandoned>,
    ) -> Result<(), Abandoned> {
        self.within_datum(edge, |decoder| decoder.within(edge, work))
    }

    /// Go on within a part of the value.
    fn within_datum(
        &mut self,
        edge: Edge,
        work: impl FnOnce(&mut Self) -> Result<(), Abandoned>,
    ) -> Result<(), Abandoned> {
        self.datum_edges.push(edge);
        let done = work(self);
        self.datum_edges.pop();
        done
    }

    fn fail(&mut self, mishap: Mishap, error: String) {
        self.observe(mishap, Fate::Failed(error));
    }

    fn alter(&mut self, mishap: Mishap, wrote: String, read: String) {
        self.observe(mishap, Fate::Altered { wrote, read });
    }

    fn observe(&mut self, mishap: Mishap, fate: Fate) {
        let (reader_edges, datum_edges) = (self.at.clone(), self.datum_edges.clone());
        self.observed.push(Observed { mishap, reader_edges, datum_edges, fate });
    }
}

fn part_of(into: Option<(TypeId, &Type)>, part: impl Fn(&Kind) -> Option<TypeId>) -> Option<TypeId> {
    into.and_then(|(_, read)| part(&read.kind))
}
