//! The proof: a walk over every pair of types, a writer's and a reader's, at which a decoder can
//! arrive.
//!
//! Which pairs those are does not depend on how they turn out: a decoder chooses branches and fields by
//! names and shapes, and does not come back to choose again. So each pair is looked at once, what goes
//! wrong at it is noted, and the reader reads everything exactly when nothing was noted. Recursion needs
//! no assumption, and nothing that was assumed could turn out wrong later. A type without finite values
//! is passed over: no decoder ever arrives there with data.
//!
//! Both dialects are followed at once, and part where they choose differently.

mod records;
mod unions;

use std::collections::HashMap;

use crate::compat::avro::dialect::{Dialect, Dialects};
use crate::compat::avro::minimal::{Heights, Leaf};
use crate::compat::avro::mishap::Mishap;
use crate::compat::avro::places::Edge;
use crate::compat::avro::resolution::{Resolution, reads};
use crate::compat::avro::resolve::Observed;
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Enum, Kind, LogicalType, Primitive, Type, TypeId};

/// Something that goes wrong for some data, and which data.
#[derive(Debug, Clone)]
pub(in crate::compat) struct Claim {
    pub(super) mishap: Mishap,
    /// The way to the types.
    pub(super) reader_edges: Vec<Edge>,
    pub(super) writer_edges: Vec<Edge>,
    /// The types.
    pub(super) reader: TypeId,
    pub(super) writer: TypeId,
    /// The way to the place in the data at which it happens, and what stands there.
    pub(super) datum_edges: Vec<Edge>,
    pub(super) leaf: Leaf,
    /// Who is affected.
    pub(in crate::compat) dialects: Dialects,
}

/// Every claim about a reader and a writer, in the order of the reader's fields.
pub(super) fn claims(
    resolution: &mut Resolution<'_>,
    heights: &Heights,
    fuel: &mut Fuel,
) -> (Vec<Claim>, Result<(), Exhausted>) {
    let (reader, writer) = (resolution.reader.root(), resolution.writer.root());
    let obstacle = resolution.java.obstacle().filter(|_| heights.is_inhabited(writer)).cloned();
    // Where Java fails whatever is read, there is nothing to follow it into.
    let dialects = match obstacle {
        Some(_) => Dialects::only(Dialect::Specification),
        None => Dialects::BOTH,
    };
    let mut walk = Walk::of(resolution, heights, Look::AtEverything, fuel);
    let done = walk.run(reader, writer, dialects);
    let mut claims = walk.claims;
    claims.extend(obstacle.map(|obstacle| Claim {
        mishap: obstacle.mishap,
        reader: obstacle.reader,
        reader_edges: obstacle.reader_edges,
        writer: obstacle.writer,
        writer_edges: obstacle.writer_edges,
        datum_edges: Vec::new(),
        leaf: Leaf::Least,
        dialects: Dialects::only(Dialect::Java),
    }));
    (claims, done)
}

/// What a walk is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    AtEverything,
    /// Only for something that breaks; the first will do.
    ForABreak,
}

struct Walk<'w, 'a> {
    resolution: &'w mut Resolution<'a>,
    heights: &'w Heights,
    look: Look,
    fuel: &'w mut Fuel,
    seen: HashMap<(TypeId, TypeId), Dialects>,
    visits: Vec<Visit>,
    open: Vec<Step>,
    claims: Vec<Claim>,
}

/// How a pair of types was reached. Visits form a tree; the root is its own parent.
#[derive(Clone, Copy)]
struct Visit {
    parent: u32,
    reader: Edge,
    writer: Edge,
}

/// A pair of types to look at.
#[derive(Clone, Copy)]
struct Step {
    reader: TypeId,
    writer: TypeId,
    from: Visit,
    dialects: Dialects,
}

/// A pair of types that is being looked at.
#[derive(Clone, Copy)]
struct Pair {
    reader: TypeId,
    writer: TypeId,
    /// The visit.
    at: u32,
    dialects: Dialects,
}

const ROOT: Visit = Visit { parent: 0, reader: Edge::Stay, writer: Edge::Stay };

impl<'w, 'a> Walk<'w, 'a> {
    fn of(
        resolution: &'w mut Resolution<'a>,
        heights: &'w Heights,
        look: Look,
        fuel: &'w mut Fuel,
    ) -> Walk<'w, 'a> {
        let (seen, visits, open, claims) = (HashMap::new(), Vec::new(), Vec::new(), Vec::new());
        Walk { resolution, heights, look, fuel, seen, visits, open, claims }
    }

    fn run(&mut self, reader: TypeId, writer: TypeId, dialects: Dialects) -> Result<(), Exhausted> {
        self.open.push(Step { reader, writer, from: ROOT, dialects });
        while let Some(step) = self.open.pop() {
            self.fuel.spend(1)?;
            self.step(step)?;
            if self.look == Look::ForABreak && !self.claims.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), Exhausted> {
        if !self.heights.is_inhabited(step.writer) {
            return Ok(());
        }
        let (readers, writers) = (self.resolution.reader, self.resolution.writer);
        let (read, written) = (readers.get(step.reader), writers.get(step.writer));
        let primitive =
            |of: &Type| if let Kind::Primitive(primitive) = of.kind { Some(primitive) } else { None };
        if let (Some(into), Some(from)) = (primitive(read), primitive(written))
            && into == from
            && (read.logical.is_none() || written.logical.is_none() || read.logical == written.logical)
        {
            return Ok(());
        }
        let seen = self.seen.entry((step.reader, step.writer)).or_default();
        let dialects = step.dialects.without(*seen);
        if dialects.is_empty() {
            return Ok(());
        }
        *seen = seen.with(dialects);
        let at = u32::try_from(self.visits.len()).map_err(|_| Exhausted)?;
        self.visits.push(step.from);
        let pair = Pair { reader: step.reader, writer: step.writer, at, dialects };
        let first = self.open.len();
        self.pair(pair, read, written)?;
        // The last one in is the first one out.
        self.open[first..].reverse();
        Ok(())
    }

    fn pair(&mut self, pair: Pair, read: &'a Type, written: &'a Type) -> Result<(), Exhausted> {
        match (&read.kind, &written.kind) {
            (Kind::Union(_), Kind::Union(branches)) => {
                let dialects = pair.dialects;
                let parallel = dialects.has(Dialect::Java)
                    && self.resolution.are_parallel(pair.reader, pair.writer, self.fuel)?;
                for (position, branch) in branches.iter().enumerate() {
                    let straight = parallel.then_some(position);
                    self.enter_union(pair, Edge::Branch(position as u32), branch.id, straight)?;
                }
                Ok(())
            }
            (_, Kind::Union(branches)) => {
                for (position, branch) in branches.iter().enumerate() {
                    let edge = Edge::Branch(position as u32);
                    self.open(pair, (Edge::Stay, pair.reader), (edge, branch.id), pair.dialects);
                }
                Ok(())
            }
            (Kind::Union(_), _) => self.enter_union(pair, Edge::Stay, pair.writer, None),
            (Kind::Array(read), Kind::Array(written)) => {
                self.open(pair, (Edge::Items, read.id), (Edge::Items, written.id), pair.dialects);
                Ok(())
            }
            (Kind::Map(read), Kind::Map(written)) => {
                self.open(pair, (Edge::Values, read.id), (Edge::Values, written.id), pair.dialects);
                Ok(())
            }
            (Kind::Record(_), Kind::Record(_)) => self.records(pair),
            (Kind::Enum(known), Kind::Enum(all)) => {
                self.names(pair);
                self.symbols(pair, known, all)
            }
            (Kind::Fixed(into), Kind::Fixed(from)) => {
                self.names(pair);
                if into.size != from.size {
                    self.claim(pair, Mishap::FixedSize, Leaf::Least);
                }
                self.meanings(pair, read, written);
                Ok(())
            }
            (Kind::Primitive(into), Kind::Primitive(from)) if reads(*into, *from) => {
                match exactness(*into, *from) {
                    Some((mishap, leaf)) => self.claim(pair, mishap, leaf),
                    None => self.meanings(pair, read, written),
                }
                Ok(())
            }
            _ => {
                self.claim(pair, Mishap::Type, Leaf::Least);
                Ok(())
            }
        }
    }

    fn names(&mut self, pair: Pair) {
        let mut differ = Dialects::default();
        for dialect in pair.dialects.iter() {
            if !self.resolution.is_named_alike(pair.reader, pair.writer, dialect) {
                differ = differ.with(Dialects::only(dialect));
            }
        }
        if !differ.is_empty() {
            let claim = self.claim_of(pair, Mishap::Name, Leaf::Least, differ);
            self.claims.push(claim);
        }
    }

    fn symbols(&mut self, pair: Pair, known: &Enum, all: &Enum) -> Result<(), Exhausted> {
        self.fuel.spend(known.symbols.len() + all.symbols.len())?;
        let Some(missing) = first_missing(known, all) else { return Ok(()) };
        let mishap = match default_symbol(known) {
            Some(_) => Mishap::SymbolFallsBack,
            None => Mishap::SymbolRemoved,
        };
        self.claim(pair, mishap, Leaf::Symbol(missing));
        Ok(())
    }

    /// The same value may mean something else.
    fn meanings(&mut self, pair: Pair, read: &Type, written: &Type) {
        if let Some(mishap) = change_of_meaning(read.logical, written.logical) {
            let leaf = match (&written.kind, mishap) {
                (Kind::Primitive(Primitive::Int), _) => Leaf::Integer(19_000),
                (Kind::Primitive(Primitive::Long), _) => Leaf::Integer(1_700_000_000_000),
                (Kind::Primitive(Primitive::Bytes) | Kind::Fixed(_), _) => Leaf::Octet(123),
                _ => Leaf::Least,
            };
            self.claim(pair, mishap, leaf);
        }
    }

    fn open(
        &mut self,
        pair: Pair,
        (reader_edge, reader): (Edge, TypeId),
        (writer_edge, writer): (Edge, TypeId),
        dialects: Dialects,
    ) {
        let from = Visit { parent: pair.at, reader: reader_edge, writer: writer_edge };
        self.open.push(Step { reader, writer, from, dialects });
    }

    fn claim(&mut self, pair: Pair, mishap: Mishap, leaf: Leaf) {
        let claim = self.claim_of(pair, mishap, leaf, pair.dialects);
        if self.look == Look::AtEverything || mishap.breaks() {
            self.claims.push(claim);
        }
    }

    fn claim_of(&self, pair: Pair, mishap: Mishap, leaf: Leaf, dialects: Dialects) -> Claim {
        let (mut reader_edges, mut writer_edges) = (Vec::new(), Vec::new());
        let mut at = pair.at;
        while at != 0 {
            let Some(Visit { parent, reader, writer }) = self.visits.get(at as usize).copied() else { break };
            reader_edges.push(reader);
            writer_edges.push(writer);
            at = parent;
        }
        for edges in [&mut reader_edges, &mut writer_edges] {
            edges.reverse();
            edges.retain(|edge| *edge != Edge::Stay);
        }
        let datum_edges = writer_edges.clone();
        let (reader, writer) = (pair.reader, pair.writer);
        Claim { mishap, reader_edges, writer_edges, reader, writer, datum_edges, leaf, dialects }
    }
}

impl Claim {
    /// The same for a branch of the writer's union, or for the writer's type itself.
    fn below(mut self, edge: Edge, writer: TypeId) -> Claim {
        if edge != Edge::Stay {
            self.writer_edges.push(edge);
            self.datum_edges.push(edge);
        }
        Claim { writer, ..self }
    }

    /// Is this what is claimed? What a wrong branch cannot read lies somewhere within it.
    pub(in crate::compat) fn is_met_by(&self, observed: &Observed) -> bool {
        if self.mishap != Mishap::Shadowed {
            return self.mishap == observed.mishap && self.reader_edges == observed.reader_edges;
        }
        observed.mishap.breaks() && observed.reader_edges.starts_with(&self.reader_edges)
    }
}

/// The first symbol of the writer that the reader lacks.
pub(super) fn first_missing(known: &Enum, all: &Enum) -> Option<usize> {
    // Mostly symbols are added at the end.
    if known.symbols.starts_with(&all.symbols) {
        return None;
    }
    let names: std::collections::HashSet<&str> = known.symbols.iter().map(String::as_str).collect();
    all.symbols.iter().position(|symbol| !names.contains(symbol.as_str()))
}

/// What an enum's reader takes for a symbol that it lacks.
pub(super) fn default_symbol(known: &Enum) -> Option<&str> {
    known.default.as_deref().filter(|default| known.symbols.iter().any(|symbol| symbol == default))
}

/// A promotion that does not keep every value, and a value that it does not keep.
fn exactness(into: Primitive, from: Primitive) -> Option<(Mishap, Leaf)> {
    match (from, into) {
        (Primitive::Int | Primitive::Long, Primitive::Float) => {
            Some((Mishap::Rounded, Leaf::Integer((1 << 24) + 1)))
        }
        (Primitive::Long, Primitive::Double) => Some((Mishap::Rounded, Leaf::Integer((1 << 53) + 1))),
        (Primitive::Bytes, Primitive::String) => Some((Mishap::NotText, Leaf::Octet(0xFF))),
        _ => None,
    }
}

/// Two logical types that do not mean the same. Where one side has none, it takes the plain value,
/// which is what the other one is made of.
pub(super) fn change_of_meaning(read: Option<LogicalType>, written: Option<LogicalType>) -> Option<Mishap> {
    use LogicalType::{BigDecimal, Decimal};
    let (read, written) = (read?, written?);
    if read == written {
        return None;
    }
    let is_decimal = |of| matches!(of, Decimal { .. } | BigDecimal);
    Some(if is_decimal(read) && is_decimal(written) { Mishap::Decimal } else { Mishap::Unit })
}
