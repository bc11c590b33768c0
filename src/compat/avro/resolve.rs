//! A decoder: bytes, decoded with the writer's schema into the reader's, in one of the two dialects.
//!
//! It is strict: it does what the dialect says and nothing else. It goes on after a value did not come
//! through, because decoding follows the writer alone; so it names every place at which that happens.

use std::rc::Rc;

use super::dialect::Dialect;
use super::mishap::Mishap;
use super::places::{Edge, pointer, pointer_to};
use super::resolution::{Origin, Plan, Resolution, reads};
use super::sentence::noun;
use super::walk::{change_of_meaning, default_symbol};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::witness::Evidence;
use crate::schema::avro::model::{Enum, Kind, Model, Primitive, Type, TypeId};

/// A value that did not come through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compat) struct Observed {
    pub(in crate::compat) mishap: Mishap,
    /// The type of the reader, as a pointer.
    pub(super) at: String,
    /// What became of it.
    pub(in crate::compat) evidence: Evidence,
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
        let (mishap, at) = (obstacle.mishap, pointer(&obstacle.reader_edges));
        let error =
            "the writer's schema is none any more once it is renamed by the reader's aliases".to_owned();
        let evidence = Evidence::Undecodable { at: pointer_to(&obstacle.reader_edges, mishap.part()), error };
        return Ok(vec![Observed { mishap, at, evidence }]);
    }
    let (reader, writer) = (resolution.reader, resolution.writer);
    let mut decoder = Decoder {
        reader,
        writer,
        resolution,
        dialect,
        rest: bytes,
        at: Vec::new(),
        observed: Vec::new(),
        fuel,
    };
    decoder.read(Some(reader.root()), writer.root())?;
    if decoder.rest.is_empty() { Ok(decoder.observed) } else { Err(Abandoned) }
}

struct Decoder<'r, 'a, 'f> {
    reader: &'a Model,
    writer: &'a Model,
    resolution: &'r mut Resolution<'a>,
    dialect: Dialect,
    rest: &'f [u8],
    /// Where in the reader.
    at: Vec<Edge>,
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
        let position = usize::try_from(self.long()?).map_err(|_| Abandoned)?;
        let branch = branches.get(position).ok_or(Abandoned)?;
        let straight = match reader {
            Some(reader) if self.dialect == Dialect::Java && self.is_union(reader) => {
                self.resolution.are_parallel(reader, writer, self.fuel)?
            }
            _ => false,
        };
        self.read_branch(reader, branch.id, straight.then_some(position))
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
                let bytes = self.take(fixed.size as usize)?;
                self.meaning(into.map(|(_, read)| read), written, || octets(bytes));
                Ok(())
            }
            Kind::Enum(all) => {
                let position = usize::try_from(self.long()?).map_err(|_| Abandoned)?;
                let symbol = all.symbols.get(position).ok_or(Abandoned)?;
                if let Some(Kind::Enum(known)) = into.map(|(_, read)| &read.kind) {
                    self.symbol(known, symbol)?;
                }
                Ok(())
            }
            Kind::Array(items) => {
                let part =
                    part_of(into, |kind| if let Kind::Array(part) = kind { Some(part.id) } else { None });
                self.blocks(|decoder| decoder.within(Edge::Items, |decoder| decoder.read(part, items.id)))
            }
            Kind::Map(values) => {
                let part =
                    part_of(into, |kind| if let Kind::Map(part) = kind { Some(part.id) } else { None });
                self.blocks(|decoder| {
                    let length = decoder.length()?;
                    decoder.take(length)?;
                    decoder.within(Edge::Values, |decoder| decoder.read(part, values.id))
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
        let error = || format!("found {}, expected {}", noun(written), noun(read));
        match (&read.kind, &written.kind) {
            (Kind::Primitive(into), Kind::Primitive(from)) if reads(*into, *from) => true,
            (Kind::Array(_), Kind::Array(_)) | (Kind::Map(_), Kind::Map(_)) => true,
            (Kind::Fixed(_), Kind::Fixed(_))
            | (Kind::Enum(_), Kind::Enum(_))
            | (Kind::Record(_), Kind::Record(_)) => {
                if !alike(self) {
                    self.fail(Mishap::Name, error());
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
                self.fail(Mishap::Type, error());
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
            let start = self.rest;
            let mut was_read = false;
            while let Some((_, into)) = targets.next_if(|(from, _)| *from as usize == position) {
                let Some(target) = read.get(*into as usize) else { continue };
                // Several fields of the reader may take the same value.
                self.rest = start;
                was_read = true;
                self.within(Edge::Field(*into), |decoder| {
                    decoder.read(Some(target.schema.id), field.schema.id)
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
    fn unwritten(
        &mut self,
        plan: &Rc<Plan>,
        fields: &[crate::schema::avro::model::Field],
    ) -> Result<(), Abandoned> {
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

    fn primitive(
        &mut self,
        primitive: Primitive,
        reader: Option<&Type>,
        writer: &Type,
    ) -> Result<(), Abandoned> {
        let into = reader.and_then(|read| match read.kind {
            Kind::Primitive(into) => Some(into),
            _ => None,
        });
        match primitive {
            Primitive::Null => self.meaning(reader, writer, || "null".to_owned()),
            Primitive::Boolean => {
                let bytes = self.take(1)?;
                self.meaning(reader, writer, || (bytes == [1]).to_string());
            }
            Primitive::Int | Primitive::Long => {
                let value = self.long()?;
                match rounded(value, into) {
                    Some(read) => self.alter(Mishap::Rounded, value.to_string(), read),
                    None => self.meaning(reader, writer, || value.to_string()),
                }
            }
            Primitive::Float => {
                self.take(4)?;
            }
            Primitive::Double => {
                self.take(8)?;
            }
            Primitive::Bytes | Primitive::String => {
                let length = self.length()?;
                let bytes = self.take(length)?;
                let text = std::str::from_utf8(bytes);
                match (primitive, into, text) {
                    (Primitive::String, _, Err(_)) => return Err(Abandoned),
                    (Primitive::Bytes, Some(Primitive::String), Err(_)) => {
                        let read = String::from_utf8_lossy(bytes).into_owned();
                        self.alter(Mishap::NotText, octets(bytes), read);
                    }
                    _ => self.meaning(reader, writer, || octets(bytes)),
                }
            }
        }
        Ok(())
    }

    /// A value that came through; does it mean the same?
    fn meaning(&mut self, reader: Option<&Type>, writer: &Type, value: impl Fn() -> String) {
        let Some(read) = reader else { return };
        let Some(mishap) = change_of_meaning(read.logical, writer.logical) else { return };
        let words = |of: &Type| of.logical.map_or("", |logical| logical.word());
        match (mishap, self.dialect) {
            (Mishap::Decimal, Dialect::Specification) => {
                self.fail(mishap, "decimals of different precision or scale do not match".to_owned());
            }
            (Mishap::Decimal, Dialect::Java) => {
                self.alter(mishap, scaled(&value(), writer), scaled(&value(), read));
            }
            _ => {
                let value = value();
                self.alter(
                    mishap,
                    format!("{value} as {}", words(writer)),
                    format!("{value} as {}", words(read)),
                );
            }
        }
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

    fn length(&mut self) -> Result<usize, Abandoned> {
        usize::try_from(self.long()?).map_err(|_| Abandoned)
    }

    fn long(&mut self) -> Result<i64, Abandoned> {
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take(1)? else { return Err(Abandoned) };
            value |= u64::from(byte & 0x7F) << shift;
            if *byte < 0x80 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        Err(Abandoned)
    }

    fn take(&mut self, count: usize) -> Result<&'f [u8], Abandoned> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Abandoned)?;
        self.rest = rest;
        Ok(taken)
    }

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

    fn fail(&mut self, mishap: Mishap, error: String) {
        let evidence = Evidence::Undecodable { at: pointer_to(&self.at, mishap.part()), error };
        self.observed.push(Observed { mishap, at: pointer(&self.at), evidence });
    }

    fn alter(&mut self, mishap: Mishap, wrote: String, read: String) {
        let evidence = Evidence::Altered { at: pointer_to(&self.at, mishap.part()), wrote, read };
        self.observed.push(Observed { mishap, at: pointer(&self.at), evidence });
    }
}

fn part_of(into: Option<(TypeId, &Type)>, part: impl Fn(&Kind) -> Option<TypeId>) -> Option<TypeId> {
    into.and_then(|(_, read)| part(&read.kind))
}

/// What a whole number becomes in a type that does not hold it exactly.
fn rounded(value: i64, into: Option<Primitive>) -> Option<String> {
    match into {
        Some(Primitive::Float) if i128::from(value) != (value as f32) as i128 => {
            Some(format!("{:?}", f64::from(value as f32) as i128))
        }
        Some(Primitive::Double) if i128::from(value) != (value as f64) as i128 => {
            Some(format!("{:?}", value as f64 as i128))
        }
        _ => None,
    }
}

fn octets(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("bytes {digits}")
}

fn scaled(value: &str, of: &Type) -> String {
    use crate::schema::avro::model::LogicalType;
    match of.logical {
        Some(LogicalType::Decimal { precision, scale }) => {
            format!("{value} as decimal of {precision} digits, {scale} of them after the point")
        }
        _ => format!("{value} as big-decimal"),
    }
}
