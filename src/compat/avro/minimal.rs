//! Least values: of each type the value that nests least, and values that are least but for one
//! place.

use super::datum::Datum;
use super::places::{Edge, part, parts};
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Kind, Model, Primitive, Type, TypeId};

/// Deepest nesting of a value that is built. Walks over it may recurse safely.
const DEEPEST: usize = 200;

/// Longest fixed that is filled.
const LONGEST_FIXED: u32 = 4_096;

/// The most values that a value is made of.
const LARGEST: usize = 2_000;

/// How deep the least value of each type of a schema nests.
pub(super) struct Heights(Vec<Option<u32>>);

/// Least values of the types of a schema.
pub(super) struct Minimal<'a> {
    model: &'a Model,
    heights: &'a Heights,
    /// How many values the one that is being built may still be made of.
    room: usize,
}

/// What stands at the place in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Leaf {
    /// The least value.
    Least,
    /// The symbol at this position.
    Symbol(usize),
    /// This number.
    Integer(i64),
    /// This byte, after as many zeros as the type needs.
    Octet(u8),
}

impl<'a> Minimal<'a> {
    pub(super) fn of(model: &'a Model, heights: &'a Heights) -> Minimal<'a> {
        Minimal { model, heights, room: 0 }
    }

    /// A value of the schema that has `leaf` at the place where `edges` lead, and is least elsewhere.
    /// `None` when there is none, or none that is small enough to show.
    pub(super) fn plugged(&mut self, edges: &[Edge], leaf: Leaf, fuel: &mut Fuel) -> Option<Datum> {
        if edges.len() > DEEPEST {
            return None;
        }
        self.room = LARGEST;
        self.plug(self.model.root(), edges, leaf, fuel)
    }

    fn plug(&mut self, id: TypeId, edges: &[Edge], leaf: Leaf, fuel: &mut Fuel) -> Option<Datum> {
        let of = self.model.get(id);
        let Some((&edge, rest)) = edges.split_first() else {
            return match (leaf, &of.kind) {
                (Leaf::Least, _) => self.least(id, 0, fuel),
                (Leaf::Symbol(position), _) => Some(Datum::Symbol(position)),
                (Leaf::Integer(value), _) => Some(Datum::Integer(value)),
                (Leaf::Octet(byte), Kind::Fixed(fixed)) if fixed.size <= LONGEST_FIXED => {
                    let mut bytes = vec![0; fixed.size as usize];
                    *bytes.last_mut()? = byte;
                    Some(Datum::Bytes(bytes))
                }
                (Leaf::Octet(_), Kind::Fixed(_)) => None,
                (Leaf::Octet(byte), _) => Some(Datum::Bytes(vec![byte])),
            };
        };
        let inner = self.plug(part(of, edge)?.id, rest, leaf, fuel)?;
        Some(match (&of.kind, edge) {
            (Kind::Array(_), _) => Datum::Array(vec![inner]),
            (Kind::Map(_), _) => Datum::Map(vec![("k".to_owned(), inner)]),
            (_, Edge::Branch(branch)) => Datum::Union(branch as usize, Box::new(inner)),
            (Kind::Record(record), Edge::Field(plugged)) => {
                let mut inner = Some(inner);
                let values = record.fields.iter().enumerate().map(|(position, field)| {
                    let is_plugged = position == plugged as usize;
                    if is_plugged { inner.take() } else { self.least(field.schema.id, 0, fuel) }
                });
                Datum::Record(values.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    fn least(&mut self, id: TypeId, depth: usize, fuel: &mut Fuel) -> Option<Datum> {
        fuel.spend(1).ok()?;
        self.room = self.room.checked_sub(1)?;
        if depth == DEEPEST {
            return None;
        }
        self.heights.get(id)?;
        let of = self.model.get(id);
        Some(match &of.kind {
            Kind::Primitive(primitive) => least_primitive(*primitive),
            Kind::Enum(_) => Datum::Symbol(0),
            Kind::Fixed(fixed) if fixed.size <= LONGEST_FIXED => {
                fuel.spend(fixed.size as usize).ok()?;
                Datum::Bytes(vec![0; fixed.size as usize])
            }
            Kind::Fixed(_) => return None,
            Kind::Array(_) => Datum::Array(Vec::new()),
            Kind::Map(_) => Datum::Map(Vec::new()),
            Kind::Union(branches) => {
                let lowest = self.heights.lowest(of)?;
                Datum::Union(lowest, Box::new(self.least(branches[lowest].id, depth + 1, fuel)?))
            }
            Kind::Record(record) => {
                let values = record.fields.iter().map(|field| self.least(field.schema.id, depth + 1, fuel));
                Datum::Record(values.collect::<Option<_>>()?)
            }
        })
    }
}

fn least_primitive(primitive: Primitive) -> Datum {
    match primitive {
        Primitive::Null => Datum::Null,
        Primitive::Boolean => Datum::Boolean(false),
        Primitive::Int | Primitive::Long => Datum::Integer(0),
        Primitive::Float => Datum::Float(0.0),
        Primitive::Double => Datum::Double(0.0),
        Primitive::Bytes => Datum::Bytes(Vec::new()),
        Primitive::String => Datum::String(String::new()),
    }
}

impl Heights {
    /// The least fixed point: rounds over all types until nothing changes.
    pub(super) fn of(model: &Model, fuel: &mut Fuel) -> Result<Heights, Exhausted> {
        let ids = reachable(model, fuel)?;
        let mut heights = Heights(vec![None; model.len()]);
        // What is not of finite height yet; parts are mostly found after what holds them.
        let mut open: Vec<TypeId> = ids.into_iter().rev().collect();
        loop {
            let before = open.len();
            let mut left = Vec::new();
            for id in open {
                fuel.spend(1 + parts(model.get(id)).size_hint().0)?;
                let height = heights.height(model.get(id));
                heights.0[id.index()] = height;
                if height.is_none() {
                    left.push(id);
                }
            }
            if left.is_empty() || left.len() == before {
                return Ok(heights);
            }
            open = left;
        }
    }

    /// Does a type have a value at all?
    pub(super) fn is_inhabited(&self, id: TypeId) -> bool {
        self.get(id).is_some()
    }

    fn get(&self, id: TypeId) -> Option<u32> {
        self.0.get(id.index()).copied().flatten()
    }

    /// The branch of a union that nests least.
    fn lowest(&self, of: &Type) -> Option<usize> {
        let Kind::Union(branches) = &of.kind else { return None };
        let height = |position: &usize| self.get(branches[*position].id);
        (0..branches.len()).filter(|position| height(position).is_some()).min_by_key(height)
    }

    fn height(&self, of: &Type) -> Option<u32> {
        match &of.kind {
            Kind::Enum(symbols) => (!symbols.symbols.is_empty()).then_some(0),
            Kind::Union(branches) => {
                branches.iter().filter_map(|branch| self.get(branch.id)).min().map(|least| least + 1)
            }
            Kind::Record(record) => {
                let mut most = None;
                for field in &record.fields {
                    most = most.max(Some(self.get(field.schema.id)?));
                }
                Some(most.map_or(0, |most| most + 1))
            }
            Kind::Primitive(_) | Kind::Fixed(_) | Kind::Array(_) | Kind::Map(_) => Some(0),
        }
    }
}

/// Every type that the schema uses, each once.
fn reachable(model: &Model, fuel: &mut Fuel) -> Result<Vec<TypeId>, Exhausted> {
    let mut seen = vec![false; model.len()];
    let mut found = vec![model.root()];
    seen[model.root().index()] = true;
    let mut next = 0;
    while let Some(&id) = found.get(next) {
        next += 1;
        for (_, part) in parts(model.get(id)) {
            fuel.spend(1)?;
            if !std::mem::replace(&mut seen[part.id.index()], true) {
                found.push(part.id);
            }
        }
    }
    Ok(found)
}
