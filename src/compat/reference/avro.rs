//! The structural comparison of Avro Java's `SchemaCompatibility` (1.12), which Confluent Schema
//! Registry uses: which differences it reports, in which order, how often and at which paths.
//!
//! It decides by names and shapes, not by what a decoder does, and keeps its known oddities: a pair
//! of types that was assumed to fit while it was being compared stays so; a path starts anew below a
//! union; a finding inside a named type is listed again, with its first path, at each use.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Enum, Kind, Model, Primitive, Record, Type, TypeId};

/// Pairs of types that may enclose one another, so that the walk's own recursion is bounded. A text
/// alone cannot nest so deep; texts that refer to each other can.
const DEEPEST: usize = 400;

/// What the comparison found.
#[derive(Debug)]
pub(in crate::compat) struct Differences {
    /// Everything that differed, tried branches of unions included.
    all: Vec<Difference>,
    /// What is reported, as positions in `all`; the same one may come several times.
    listed: Rc<[u32]>,
    visits: Vec<Visit>,
}

/// A difference between a reader's and a writer's type.
#[derive(Debug, Clone, Copy)]
pub(in crate::compat) struct Difference {
    pub(in crate::compat) kind: DifferenceKind,
    pub(in crate::compat) reader: TypeId,
    pub(in crate::compat) writer: TypeId,
    visit: u32,
}

/// How two types differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum DifferenceKind {
    Name,
    FixedSize,
    Symbols,
    /// The reader's field at this position has no default.
    FieldMissing(usize),
    Type,
    /// Of a writer that is a union, the branch at this position; else the writer itself.
    UnionBranch(Option<usize>),
}

/// Why there is no list of differences.
#[derive(Debug)]
pub(in crate::compat) enum NoAnswer {
    /// Too much work.
    Exhausted,
    /// A reader's field matches several fields of the writer.
    Ambiguous(Ambiguous),
}

/// A field of a reader's record that matches several fields of a writer's record.
#[derive(Debug)]
pub(in crate::compat) struct Ambiguous {
    /// The writer's record.
    pub(in crate::compat) writer: TypeId,
    /// The reader's record.
    pub(in crate::compat) reader: TypeId,
    /// The position of the field in the reader's record.
    pub(in crate::compat) field: usize,
    /// The route to the records.
    pub(in crate::compat) route: Route,
}

/// A step from a type into a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Edge {
    /// None: the other side went into a union.
    Stay,
    Items,
    Values,
    Field(u32),
    Branch(u32),
}

/// The steps from both roots to a pair of types, and the reference's path to it.
#[derive(Debug, Clone, Default)]
pub(in crate::compat) struct Route {
    pub(in crate::compat) reader: Vec<Edge>,
    pub(in crate::compat) writer: Vec<Edge>,
    /// The last step went into a field that the writer lacks.
    pub(in crate::compat) into_missing_field: bool,
    /// Only the steps since the innermost union, as the reference counts.
    reference: Vec<Edge>,
}

/// Compare.
pub(in crate::compat) fn compare(
    reader: &Model,
    writer: &Model,
    fuel: Fuel,
) -> Result<Differences, NoAnswer> {
    let mut judge =
        Judge { reader, writer, fuel, memo: HashMap::new(), all: Vec::new(), visits: Vec::new(), depth: 0 };
    let root = Visit { parent: 0, reader: Edge::Stay, writer: Edge::Stay, restarts: true };
    let listed = judge.pair(reader.root(), writer.root(), root)?;
    Ok(Differences { all: judge.all, listed, visits: judge.visits })
}

impl Differences {
    /// What is reported: each difference once, in the order of its first mention.
    pub(in crate::compat) fn distinct(&self) -> Vec<(Difference, Route)> {
        let mut seen = HashSet::new();
        let once = self.listed.iter().filter(|&&position| seen.insert(position));
        once.map(|&position| {
            let difference = self.all[position as usize];
            (difference, Route::to(&self.visits, difference.visit))
        })
        .collect()
    }

    /// The order of mention, as positions in [`Differences::distinct`].
    pub(in crate::compat) fn order(&self) -> Vec<usize> {
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

impl Difference {
    /// The reference's name for it.
    pub(in crate::compat) fn name(self) -> &'static str {
        match self.kind {
            DifferenceKind::Name => "NAME_MISMATCH",
            DifferenceKind::FixedSize => "FIXED_SIZE_MISMATCH",
            DifferenceKind::Symbols => "MISSING_ENUM_SYMBOLS",
            DifferenceKind::FieldMissing(_) => "READER_FIELD_MISSING_DEFAULT_VALUE",
            DifferenceKind::Type => "TYPE_MISMATCH",
            DifferenceKind::UnionBranch(_) => "MISSING_UNION_BRANCH",
        }
    }

    /// The reference's path to it.
    pub(in crate::compat) fn path(self, route: &Route) -> String {
        let mut path = pointer(&route.reference);
        match self.kind {
            DifferenceKind::Name => path.push_str("/name"),
            DifferenceKind::FixedSize => path.push_str("/size"),
            DifferenceKind::Symbols => path.push_str("/symbols"),
            DifferenceKind::FieldMissing(field) => path.push_str(&format!("/fields/{field}")),
            DifferenceKind::UnionBranch(Some(branch)) => path.push_str(&format!("/{branch}")),
            DifferenceKind::Type | DifferenceKind::UnionBranch(None) => {}
        }
        if path.is_empty() { "/".to_owned() } else { path }
    }

    /// The reference's detail.
    pub(in crate::compat) fn info(self, reader_model: &Model, writer_model: &Model) -> String {
        let (reader, writer) = (reader_model.get(self.reader), writer_model.get(self.writer));
        match (self.kind, &reader.kind, &writer.kind) {
            (DifferenceKind::FixedSize, Kind::Fixed(reader), Kind::Fixed(writer)) => {
                format!("expected: {}, found: {}", writer.size, reader.size)
            }
            (DifferenceKind::Symbols, Kind::Enum(reader), Kind::Enum(writer)) => {
                format!("[{}]", missing_symbols(reader, writer).join(", "))
            }
            (DifferenceKind::FieldMissing(field), Kind::Record(record), _) => {
                record.fields[field].name.clone()
            }
            (DifferenceKind::UnionBranch(Some(branch)), _, Kind::Union(branches)) => {
                lacking(writer_model.get(branches[branch].id))
            }
            (DifferenceKind::UnionBranch(_), _, _) => lacking(writer),
            (DifferenceKind::Name, _, _) => {
                format!("expected: {}", writer.name().map_or("", |name| name.full()))
            }
            _ => format!("reader type: {} not compatible with writer type: {}", word(reader), word(writer)),
        }
    }

    /// The reference's sentence. Labels say which of the two schemas the reader and the writer are.
    pub(in crate::compat) fn description(self, path: &str, info: &str, reader: &str, writer: &str) -> String {
        match self.kind {
            DifferenceKind::Name => format!("The name of the schema has changed (path '{path}')"),
            DifferenceKind::FixedSize => format!(
                "The size of FIXED type field at path '{path}' in the {reader} schema does not match with the {writer} schema"
            ),
            DifferenceKind::Symbols => format!(
                "The {reader} schema is missing enum symbols '{info}' at path '{path}' in the {writer} schema"
            ),
            DifferenceKind::FieldMissing(_) => format!(
                "The field '{info}' at path '{path}' in the {reader} schema has no default value and is missing in the {writer} schema"
            ),
            DifferenceKind::Type => format!(
                "The type (path '{path}') of a field in the {reader} schema does not match with the {writer} schema"
            ),
            DifferenceKind::UnionBranch(_) => format!(
                "The {reader} schema is missing a type inside a union field at path '{path}' in the {writer} schema"
            ),
        }
    }
}

fn lacking(writer: &Type) -> String {
    format!("reader union lacking writer type: {}", word(writer))
}

fn word(of: &Type) -> String {
    of.kind.word().to_uppercase()
}

/// The writer's symbols that the reader lacks, sorted.
pub(in crate::compat) fn missing_symbols<'a>(reader: &Enum, writer: &'a Enum) -> Vec<&'a str> {
    let known: HashSet<&str> = reader.symbols.iter().map(String::as_str).collect();
    let missing: BTreeSet<&str> = writer.symbols.iter().map(String::as_str).collect();
    missing.into_iter().filter(|symbol| !known.contains(symbol)).collect()
}

/// Edges as a JSON pointer; empty for none.
pub(in crate::compat) fn pointer(edges: &[Edge]) -> String {
    let mut pointer = String::new();
    for edge in edges {
        match edge {
            Edge::Stay => {}
            Edge::Items => pointer.push_str("/items"),
            Edge::Values => pointer.push_str("/values"),
            Edge::Field(field) => pointer.push_str(&format!("/fields/{field}/type")),
            Edge::Branch(branch) => pointer.push_str(&format!("/{branch}")),
        }
    }
    pointer
}

/// How a pair of types was reached. The visits of a comparison form a tree.
#[derive(Debug, Clone, Copy)]
struct Visit {
    parent: u32,
    reader: Edge,
    writer: Edge,
    /// The reference's path starts anew here.
    restarts: bool,
}

impl Route {
    fn to(visits: &[Visit], visit: u32) -> Route {
        let Visit { reader, writer, .. } = visits[visit as usize];
        let into_missing_field = matches!((reader, writer), (Edge::Field(_), Edge::Stay));
        let mut route = Route { into_missing_field, ..Route::default() };
        let mut counts = true;
        let mut at = visit;
        // The root is its own parent and has no edges.
        while at != 0 {
            let Visit { parent, reader, writer, restarts } = visits[at as usize];
            route.reader.push(reader);
            route.writer.push(writer);
            counts = counts && !restarts;
            if counts {
                route.reference.push(reader);
            }
            at = parent;
        }
        for edges in [&mut route.reader, &mut route.writer, &mut route.reference] {
            edges.reverse();
            edges.retain(|edge| *edge != Edge::Stay);
        }
        route
    }
}

/// What is known of a pair of types.
enum State {
    InProgress,
    /// The differences; none means compatible.
    Done(Rc<[u32]>),
}

/// Differences as positions in [`Judge::all`].
type Found = Vec<u32>;

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

    fn calculate(&mut self, reader_id: TypeId, writer_id: TypeId, at: u32) -> Result<Found, NoAnswer> {
        let (reader, writer) = (self.reader.get(reader_id), self.writer.get(writer_id));
        let both = |edge| Visit { parent: at, reader: edge, writer: edge, restarts: false };
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
                    let visit = below_writers_union(at, position);
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
                    let inner = self.pair(reader_id, branch.id, below_writers_union(at, position))?;
                    self.merge(&mut found, &inner)?;
                }
                Ok(found)
            }
            (Kind::Union(branches), _) => {
                for (position, branch) in branches.iter().enumerate() {
                    let visit = below_readers_union(at, position);
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
    fn part(&mut self, reader: TypeId, writer: TypeId, visit: Visit) -> Result<Found, NoAnswer> {
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
        found: &mut Found,
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
                    let visit =
                        Visit { parent: at, reader: reader_edge, writer: writer_edge, restarts: false };
                    self.pair(field.schema.id, writer.fields[hit].schema.id, visit)?
                }
                (None, _) if field.default.is_some() => continue,
                // An enum with a default symbol is compared with the record that lacks the field.
                (None, _) if has_default_symbol(self.reader.get(field.schema.id)) => {
                    let visit =
                        Visit { parent: at, reader: reader_edge, writer: Edge::Stay, restarts: false };
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
    fn names(&mut self, reader_id: TypeId, writer_id: TypeId, at: u32) -> Result<Found, NoAnswer> {
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
    fn merge(&mut self, found: &mut Found, inner: &[u32]) -> Result<(), NoAnswer> {
        self.fuel.spend(inner.len())?;
        found.extend(inner);
        Ok(())
    }
}

fn below_writers_union(parent: u32, branch: usize) -> Visit {
    Visit { parent, reader: Edge::Stay, writer: Edge::Branch(branch as u32), restarts: true }
}

fn below_readers_union(parent: u32, branch: usize) -> Visit {
    Visit { parent, reader: Edge::Branch(branch as u32), writer: Edge::Stay, restarts: true }
}

/// Are two named types the same one as far as their names tell?
pub(in crate::compat) fn named_alike(reader: &Type, writer: &Type) -> bool {
    match (reader.name(), writer.name()) {
        (Some(read), Some(written)) => {
            read.simple() == written.simple()
                || reader.aliases().iter().any(|alias| alias.full() == written.full())
        }
        _ => false,
    }
}

fn is_primitive(of: &Type) -> bool {
    matches!(of.kind, Kind::Primitive(_))
}

fn has_default_symbol(of: &Type) -> bool {
    matches!(&of.kind, Kind::Enum(symbols) if symbols.default.is_some())
}

/// Equal primitives and the promotions.
pub(in crate::compat) fn reads(reader: Primitive, writer: Primitive) -> bool {
    use Primitive::{Bytes, Double, Float, Int, Long, String};
    reader == writer
        || matches!(
            (writer, reader),
            (Int, Long | Float | Double)
                | (Long, Float | Double)
                | (Float, Double)
                | (String, Bytes)
                | (Bytes, String)
        )
}
