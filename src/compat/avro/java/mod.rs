//! Where Avro Java's decoder goes its own way.
//!
//! It renames the writer's types and fields by the aliases of the whole reader before it compares
//! anything; it compares full names within a reader's union and simple names elsewhere, and of records
//! none at all; it looks into the records of a union for one whose fields fit; and it reads two unions
//! that look alike branch by branch.

mod defaults;
mod equal;
mod obstacle;
mod shapes;

use std::collections::{HashMap, HashSet};

use super::places::parts;
use super::reachable::Reachable;
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Kind, Model, Type, TypeId};
pub(super) use obstacle::Obstacle;

/// What Java makes of a reader's aliases, and what was found out about pairs of types.
#[derive(Default)]
pub(in crate::compat) struct Java<'a> {
    /// The name in the reader for a name in the writer.
    types: HashMap<&'a str, &'a str>,
    /// By full name of the reader's record: the name in the reader for a name in the writer.
    fields: HashMap<&'a str, HashMap<&'a str, &'a str>>,
    obstacle: Option<Obstacle>,
    /// Pairs of unions that look alike, and such as do not.
    alike: HashMap<(TypeId, TypeId), bool>,
    /// Pairs of records whose fields do not fit at first sight, and such as do.
    ill_fitting: HashMap<(TypeId, TypeId), bool>,
}

impl<'a> Java<'a> {
    pub(super) fn of(reader: &'a Model, writer: &'a Model, fuel: &mut Fuel) -> Result<Java<'a>, Exhausted> {
        let mut java = Java::default();
        if !has_aliases(reader, fuel)? || equal::equal(reader, writer, fuel)? {
            return Ok(java);
        }
        java.collect(reader, fuel)?;
        java.obstacle = obstacle::find(&java, reader, writer, fuel)?;
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
    pub(super) fn obstacle(&self) -> Option<&Obstacle> {
        self.obstacle.as_ref()
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
