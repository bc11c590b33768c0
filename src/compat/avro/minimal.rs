//! Least values: of each type the value that nests least, and values that are least but for one
//! place.

use super::datum::Datum;
use super::places::part;
use crate::compat::budget::Fuel;
use crate::compat::reference::avro::Edge;
use crate::schema::avro::model::{Kind, Model, Primitive, Type, TypeId};

/// Deepest nesting of a value that is built. Walks over it may recurse safely.
const DEEPEST: usize = 200;

/// Longest fixed that is filled.
const LONGEST_FIXED: u32 = 4_096;

/// Least values of the types of a model.
pub(super) struct Minimal<'a> {
    model: &'a Model,
    /// How deep the least value of each type nests; `None` for a type without finite values.
    heights: Vec<Option<u32>>,
    fuel: Fuel,
}

impl<'a> Minimal<'a> {
    pub(super) fn of(model: &'a Model, mut fuel: Fuel) -> Minimal<'a> {
        let heights = heights(model, &mut fuel);
        Minimal { model, heights, fuel }
    }

    /// A value of the schema that has `leaf` at the place where `edges` lead, and is least elsewhere.
    /// `None` when there is none, or none that is small enough to show.
    pub(super) fn plugged(&mut self, edges: &[Edge], leaf: Leaf) -> Option<Datum> {
        if edges.len() > DEEPEST {
            return None;
        }
        self.plug(self.model.root(), edges, leaf)
    }

    /// What is left for values of this writer, and for reading them.
    pub(super) fn fuel(&mut self) -> &mut Fuel {
        &mut self.fuel
    }

    fn plug(&mut self, id: TypeId, edges: &[Edge], leaf: Leaf) -> Option<Datum> {
        let of = self.model.get(id);
        let Some((&edge, rest)) = edges.split_first() else {
            return match leaf {
                Leaf::Least => self.least(id, 0),
                Leaf::Symbol(position) => Some(Datum::Symbol(position)),
            };
        };
        let inner = self.plug(part(of, edge)?.id, rest, leaf)?;
        Some(match (&of.kind, edge) {
            (Kind::Array(_), _) => Datum::Array(vec![inner]),
            (Kind::Map(_), _) => Datum::Map(vec![("k".to_owned(), inner)]),
            (_, Edge::Branch(branch)) => Datum::Union(branch as usize, Box::new(inner)),
            (Kind::Record(record), Edge::Field(plugged)) => {
                let mut inner = Some(inner);
                let values = record.fields.iter().enumerate().map(|(position, field)| {
                    if position == plugged as usize { inner.take() } else { self.least(field.schema.id, 0) }
                });
                Datum::Record(values.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    fn least(&mut self, id: TypeId, depth: usize) -> Option<Datum> {
        self.fuel.spend(1).ok()?;
        if depth == DEEPEST {
            return None;
        }
        self.heights[id.index()]?;
        let of = self.model.get(id);
        Some(match &of.kind {
            Kind::Primitive(primitive) => least_primitive(*primitive),
            Kind::Enum(_) => Datum::Symbol(0),
            Kind::Fixed(fixed) if fixed.size <= LONGEST_FIXED => {
                self.fuel.spend(fixed.size as usize).ok()?;
                Datum::Bytes(vec![0; fixed.size as usize])
            }
            Kind::Fixed(_) => return None,
            Kind::Array(_) => Datum::Array(Vec::new()),
            Kind::Map(_) => Datum::Map(Vec::new()),
            Kind::Union(branches) => {
                let height = |position: &usize| self.heights[branches[*position].id.index()];
                let inhabited = (0..branches.len()).filter(|position| height(position).is_some());
                let lowest = inhabited.min_by_key(height)?;
                Datum::Union(lowest, Box::new(self.least(branches[lowest].id, depth + 1)?))
            }
            Kind::Record(record) => {
                let values = record.fields.iter().map(|field| self.least(field.schema.id, depth + 1));
                Datum::Record(values.collect::<Option<_>>()?)
            }
        })
    }
}

/// What stands at the place in question.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaf {
    /// The least value.
    Least,
    /// The symbol at this position.
    Symbol(usize),
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

/// The least fixed point: rounds over all types until nothing changes. Without fuel for that, the
/// types not reached count as having no value, and whoever asks for one goes without.
fn heights(model: &Model, fuel: &mut Fuel) -> Vec<Option<u32>> {
    let ids = reachable(model);
    let mut heights: Vec<Option<u32>> = vec![None; model.len()];
    loop {
        let mut changed = false;
        // Parts are mostly found after what holds them.
        for &id in ids.iter().rev() {
            if fuel.spend(1 + parts(model.get(id)).count()).is_err() {
                return heights;
            }
            if heights[id.index()].is_none() {
                heights[id.index()] = height(model.get(id), &heights);
                changed |= heights[id.index()].is_some();
            }
        }
        if !changed {
            return heights;
        }
    }
}

fn height(of: &Type, heights: &[Option<u32>]) -> Option<u32> {
    match &of.kind {
        Kind::Enum(symbols) => (!symbols.symbols.is_empty()).then_some(0),
        Kind::Union(branches) => {
            branches.iter().filter_map(|branch| heights[branch.id.index()]).min().map(|least| least + 1)
        }
        Kind::Record(record) => {
            let fields = record.fields.iter().map(|field| heights[field.schema.id.index()]);
            fields.collect::<Option<Vec<u32>>>().map(|all| all.into_iter().max().map_or(0, |most| most + 1))
        }
        Kind::Primitive(_) | Kind::Fixed(_) | Kind::Array(_) | Kind::Map(_) => Some(0),
    }
}

/// Every type that the schema uses, each once.
fn reachable(model: &Model) -> Vec<TypeId> {
    let mut seen = vec![false; model.len()];
    let mut found = vec![model.root()];
    seen[model.root().index()] = true;
    let mut next = 0;
    while let Some(&id) = found.get(next) {
        next += 1;
        for part in parts(model.get(id)) {
            if !std::mem::replace(&mut seen[part.index()], true) {
                found.push(part);
            }
        }
    }
    found
}

fn parts(of: &Type) -> Box<dyn Iterator<Item = TypeId> + '_> {
    match &of.kind {
        Kind::Array(part) | Kind::Map(part) => Box::new(std::iter::once(part.id)),
        Kind::Union(branches) => Box::new(branches.iter().map(|branch| branch.id)),
        Kind::Record(record) => Box::new(record.fields.iter().map(|field| field.schema.id)),
        Kind::Primitive(_) | Kind::Enum(_) | Kind::Fixed(_) => Box::new(std::iter::empty()),
    }
}
