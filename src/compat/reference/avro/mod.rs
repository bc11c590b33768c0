//! The structural comparison of Avro Java's `SchemaCompatibility` (1.12), which Confluent Schema
//! Registry uses: which differences it reports, in which order, how often and at which paths.
//!
//! It decides by names and shapes, not by what a decoder does, and keeps its known oddities: a pair
//! of types that was assumed to fit while it was being compared stays so; a path starts anew in the
//! branches of a reader's union; a finding inside a named type is listed again, with its first path, at each use.

mod difference;
mod route;
mod view;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use difference::{Difference, DifferenceKind};
use route::{Route, Visit};
pub(in crate::compat) use view::view;

use crate::compat::avro::places::Edge;
use crate::compat::avro::resolution::{named_alike, reads};
use crate::compat::avro::sentence::missing_symbols;
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Kind, Model, Record, Type, TypeId};

/// Pairs of types that may enclose one another, so that the walk's own recursion is bounded. A text
/// alone cannot nest so deep; texts that refer to each other can.
const DEEPEST: usize = 400;

/// What the comparison found.
#[derive(Debug)]
struct Differences {
    /// Everything that differed, tried branches of unions included.
    all: Vec<Difference>,
    /// What is reported, as positions in `all`; the same one may come several times.
    listed: Rc<[u32]>,
    visits: Vec<Visit>,
}

/// Why there is no list of differences.
#[derive(Debug)]
enum NoAnswer {
    /// Too much work.
    Exhausted,
    /// A reader's field matches several fields of the writer.
    Ambiguous(Ambiguous),
}

/// A field of a reader's record that matches several fields of a writer's record.
#[derive(Debug)]
struct Ambiguous {
    /// The writer's record.
    writer: TypeId,
    /// The reader's record.
    reader: TypeId,
    /// The position of the field in the reader's record.
    field: usize,
    /// The route to the records.
    route: Route,
}

/// Compare.
fn compare(reader: &Model, writer: &Model, fuel: Fuel) -> Result<Differences, NoAnswer> {
    let mut judge =
        Judge { reader, writer, fuel, memo: HashMap::new(), all: Vec::new(), visits: Vec::new(), depth: 0 };
    let listed = judge.pair(reader.root(), writer.root(), Visit::ROOT)?;
    Ok(Differences { all: judge.all, listed, visits: judge.visits })
}

/// A reported difference.
#[derive(Debug)]
struct Found {
    difference: Difference,
    /// The way to it.
    route: Route,
}

impl Differences {
    /// What is reported: each difference once, in the order of its first mention.
    fn distinct(&self) -> Vec<Found> {
        let mut seen = HashSet::new();
        let once = self.listed.iter().filter(|&&position| seen.insert(position));
        once.map(|&position| {
            let difference = self.all[position as usize];
            Found { difference, route: Route::to(&self.visits, difference.visit) }
        })
        .collect()
    }

    /// How many are reported, repetitions included.
    fn listed(&self) -> usize {
        self.listed.len()
    }

    /// The order of mention, as positions in [`Differences::distinct`].
    fn order(&self) -> Vec<usize> {
        let mut positions = HashMap::new();
        self.listed
            .iter()
            .map(|position| {
                let next = positions.len();
                *positions.entry(*position).or_insert(next)
            })
            .collect()
    }
}

/// What is known of a pair of types.
enum State {
    InProgress,
    /// The differences; none means compatible.
    Done(Rc<[u32]>),
}

/// Differences as positions in [`Judge::all`].
type Positions = Vec<u32>;

struct Judge<'a> {
    reader: &'a Model,
    writer: &'a Model,
    fuel: Fuel,
    memo: HashMap<(TypeId, TypeId), State>,
    all: Vec<Difference>,
    visits: Vec<Visit>,
    depth: usize,
}

impl From<Exhausted> for NoAnswer {
    fn from(_: Exhausted) -> NoAnswer {
        NoAnswer::Exhausted
    }
}

impl Judge<'_> {
    /// Compare two types that were not reached before; those that were have their answer already.
    fn pair(&mut self, reader: TypeId, writer: TypeId, visit: Visit) -> Result<Rc<[u32]>, NoAnswer> {
        self.fuel.spend(1)?;
        match self.memo.get(&(reader, writer)) {
            Some(State::InProgress) => return Ok(Rc::new([])),
            Some(State::Done(found)) => return Ok(Rc::clone(found)),
            None => {}
        }
        if self.depth == DEEPEST {
            return Err(NoAnswer::Exhausted);
        }
        let at = u32::try_from(self.visits.len()).map_err(|_| NoAnswer::Exhausted)?;
        self.visits.push(visit);
        // Primitives are answered at once, and whether two uses share an id says nothing there.
        let remembered = !(is_primitive(self.reader.get(reader)) && is_primitive(self.writer.get(writer)));
        if remembered {
            self.memo.insert((reader, writer), State::InProgress);
        }
        self.depth += 1;
        let found: Rc<[u32]> = self.calculate(reader, writer, at)?.into();
        self.depth -= 1;
        if remembered {
            self.memo.insert((reader, writer), State::Done(Rc::clone(&found)));
        }
        Ok(found)
    }

    fn calculate(&mut self, reader_id: TypeId, writer_id: TypeId, at: u32) -> Result<Positions, NoAnswer> {
        let (reader, writer) = (self.reader.get(reader_id), self.writer.get(writer_id));
        let both = |edge| Visit::into_part(at, edge, edge);
        match (&reader.kind, &writer.kind) {
            (Kind::Array(read), Kind::Array(written)) => self.part(read.id, written.id, both(Edge::Items)),
            (Kind::Map(read), Kind::Map(written)) => self.part(read.id, written.id, both(Edge::Values)),
            (Kind::Fixed(read), Kind::Fixed(written)) => {
                let mut found = self.names(reader_id, writer_id, at)?;
                if read.size != written.size {
                    found.push(self.differ(DifferenceKind::FixedSize, reader_id, writer_id, at)?);
                }
                Ok(found)
            }
            (Kind::Enum(read), Kind::Enum(written)) => {
                let mut found = self.names(reader_id, writer_id, at)?;
                self.fuel.spend(read.symbols.len() + written.symbols.len())?;
                let default = read.default.as_ref().filter(|&default| read.symbols.contains(default));
                if default.is_none() && !missing_symbols(read, written).is_empty() {
                    found.push(self.differ(DifferenceKind::Symbols, reader_id, writer_id, at)?);
                }
                Ok(found)
            }
            (Kind::Record(read), Kind::Record(written)) => {
                let mut found = self.names(reader_id, writer_id, at)?;
                self.fields((reader_id, read), (writer_id, written), at, &mut found)?;
                Ok(found)
            }
            (Kind::Union(_), Kind::Union(branches)) => {
                let mut found = Vec::new();
                for (position, branch) in branches.iter().enumerate() {
                    let visit = Visit::into_writers_union(at, position, false);
                    if !self.pair(reader_id, branch.id, visit)?.is_empty() {
                        let kind = DifferenceKind::UnionBranch(Some(position));
                        found.push(self.differ(kind, reader_id, writer_id, at)?);
                    }
                }
                Ok(found)
            }
            (_, Kind::Union(branches)) => {
                let mut found = Vec::new();
                for (position, branch) in branches.iter().enumerate() {
                    let visit = Visit::into_writers_union(at, position, true);
                    let inner = self.pair(reader_id, branch.id, visit)?;
                    self.merge(&mut found, &inner)?;
                }
                Ok(found)
            }
            (Kind::Union(branches), _) => {
                for (position, branch) in branches.iter().enumerate() {
                    let visit = Visit::into_readers_union(at, position);
                    if self.pair(branch.id, writer_id, visit)?.is_empty() {
                        return Ok(Vec::new());
                    }
                }
                Ok(vec![self.differ(DifferenceKind::UnionBranch(None), reader_id, writer_id, at)?])
            }
            (Kind::Primitive(read), Kind::Primitive(written)) if reads(*read, *written) => Ok(Vec::new()),
            _ => Ok(vec![self.differ(DifferenceKind::Type, reader_id, writer_id, at)?]),
        }
    }

    /// A part that both types have.
    fn part(&mut self, reader: TypeId, writer: TypeId, visit: Visit) -> Result<Positions, NoAnswer> {
        let mut found = Vec::new();
        let inner = self.pair(reader, writer, visit)?;
        self.merge(&mut found, &inner)?;
        Ok(found)
    }

    /// Each reader's field must come from the writer or from a default.
    fn fields(
        &mut self,
        (reader_id, reader): (TypeId, &Record),
        (writer_id, writer): (TypeId, &Record),
        at: u32,
        found: &mut Positions,
    ) -> Result<(), NoAnswer> {
        self.fuel.spend(reader.fields.len() + writer.fields.len())?;
        let written: HashMap<&str, usize> = writer
            .fields
            .iter()
            .enumerate()
            .map(|(position, field)| (field.name.as_str(), position))
            .collect();
        for (position, field) in reader.fields.iter().enumerate() {
            self.fuel.spend(field.aliases.len())?;
            let names = std::iter::once(&field.name).chain(&field.aliases);
            let mut hits = names.filter_map(|name| written.get(name.as_str()));
            let (hit, another) = (hits.next(), hits.next());
            let reader_edge = Edge::Field(position as u32);
            let inner = match (hit, another) {
                (Some(_), Some(_)) => {
                    let route = Route::to(&self.visits, at);
                    let ambiguous =
                        Ambiguous { writer: writer_id, reader: reader_id, field: position, route };
                    return Err(NoAnswer::Ambiguous(ambiguous));
                }
                (Some(&hit), None) => {
                    let writer_edge = Edge::Field(hit as u32);
                    let visit = Visit::into_part(at, reader_edge, writer_edge);
                    self.pair(field.schema.id, writer.fields[hit].schema.id, visit)?
                }
                (None, _) if field.default.is_some() => continue,
                // An enum with a default symbol is compared with the record that lacks the field.
                (None, _) if has_default_symbol(self.reader.get(field.schema.id)) => {
                    let visit = Visit::into_part(at, reader_edge, Edge::Stay);
                    self.pair(field.schema.id, writer_id, visit)?
                }
                (None, _) => {
                    found.push(self.differ(
                        DifferenceKind::FieldMissing(position),
                        reader_id,
                        writer_id,
                        at,
                    )?);
                    continue;
                }
            };
            self.merge(found, &inner)?;
        }
        Ok(())
    }

    /// Simple names must be equal, or the writer's full name be an alias of the reader.
    fn names(&mut self, reader_id: TypeId, writer_id: TypeId, at: u32) -> Result<Positions, NoAnswer> {
        let (reader, writer) = (self.reader.get(reader_id), self.writer.get(writer_id));
        self.fuel.spend(reader.aliases().len())?;
        if named_alike(reader, writer) {
            return Ok(Vec::new());
        }
        Ok(vec![self.differ(DifferenceKind::Name, reader_id, writer_id, at)?])
    }

    fn differ(
        &mut self,
        kind: DifferenceKind,
        reader: TypeId,
        writer: TypeId,
        visit: u32,
    ) -> Result<u32, NoAnswer> {
        self.fuel.spend(1)?;
        let position = u32::try_from(self.all.len()).map_err(|_| NoAnswer::Exhausted)?;
        self.all.push(Difference { kind, reader, writer, visit });
        Ok(position)
    }

    /// Lists grow with each use of a named type, exponentially where a schema is made for it.
    fn merge(&mut self, found: &mut Positions, inner: &[u32]) -> Result<(), NoAnswer> {
        self.fuel.spend(inner.len())?;
        found.extend(inner);
        Ok(())
    }
}

fn is_primitive(of: &Type) -> bool {
    matches!(of.kind, Kind::Primitive(_))
}

fn has_default_symbol(of: &Type) -> bool {
    matches!(&of.kind, Kind::Enum(symbols) if symbols.default.is_some())
}
