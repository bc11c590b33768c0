//! What keeps Java from reading anything at all: the writer's schema is no schema any more once it has
//! been renamed by the aliases of the reader.

use std::collections::HashSet;

use super::Java;
use super::defaults::Renamed;
use crate::compat::avro::mishap::Mishap;
use crate::compat::avro::places::Edge;
use crate::compat::avro::reachable::Reachable;
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Kind, Model, TypeId};

/// What is wrong with a writer's schema that was renamed, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compat::avro) struct Obstacle {
    pub(in crate::compat::avro) mishap: Mishap,
    /// The reader's type that has the alias, and the way there.
    pub(in crate::compat::avro) reader: TypeId,
    pub(in crate::compat::avro) reader_edges: Vec<Edge>,
    /// The writer's type that it spoils, and the way there.
    pub(in crate::compat::avro) writer: TypeId,
    pub(in crate::compat::avro) writer_edges: Vec<Edge>,
}

/// How a type of the writer is spoilt.
enum Spoilt<'a> {
    /// Two branches, or two fields, have this name.
    Twice { name: &'a str, field: Option<&'a str> },
    /// The default of this field is no value any more.
    Default(u32),
}

/// The first obstacle.
pub(super) fn find<'a>(
    java: &Java<'a>,
    reader: &Model,
    writer: &'a Model,
    fuel: &mut Fuel,
) -> Result<Option<Obstacle>, Exhausted> {
    let mut open = Reachable::of(writer);
    let mut defaults = Renamed::of(java, writer);
    while let Some((id, visit)) = open.next(writer, fuel)? {
        let Some(spoilt) = spoilt(java, writer, id, &mut defaults, fuel)? else { continue };
        let writer_edges = open.edges_to(visit);
        return Ok(Some(match spoilt {
            Spoilt::Default(field) => {
                let mishap = Mishap::WriterDefault(field);
                Obstacle { mishap, reader: reader.root(), reader_edges: Vec::new(), writer: id, writer_edges }
            }
            Spoilt::Twice { name, field } => {
                let (reader, reader_edges, field) = owner(reader, name, field, fuel)?;
                let mishap = field.map_or(Mishap::BranchesCollide, Mishap::FieldAmbiguous);
                Obstacle { mishap, reader, reader_edges, writer: id, writer_edges }
            }
        }));
    }
    Ok(None)
}

fn spoilt<'a>(
    java: &Java<'a>,
    writer: &'a Model,
    id: TypeId,
    defaults: &mut Renamed<'_, 'a>,
    fuel: &mut Fuel,
) -> Result<Option<Spoilt<'a>>, Exhausted> {
    let of = writer.get(id);
    let mut names = HashSet::new();
    Ok(match &of.kind {
        Kind::Union(branches) => {
            let mut named = branches.iter().filter_map(|branch| java.name(writer.get(branch.id)));
            named.find(|name| !names.insert(*name)).map(|name| Spoilt::Twice { name, field: None })
        }
        Kind::Record(record) => {
            let name = java.name(of).unwrap_or_default();
            let mut fields = record.fields.iter().map(|field| java.field(name, &field.name));
            match fields.find(|field| !names.insert(*field)) {
                Some(field) => Some(Spoilt::Twice { name, field: Some(field) }),
                None => defaults.first_invalid(id, fuel)?.map(Spoilt::Default),
            }
        }
        _ => None,
    })
}

/// The type of the reader that has this name, the way there, and the position of its field.
fn owner(
    reader: &Model,
    name: &str,
    field: Option<&str>,
    fuel: &mut Fuel,
) -> Result<(TypeId, Vec<Edge>, Option<u32>), Exhausted> {
    let mut open = Reachable::of(reader);
    while let Some((id, visit)) = open.next(reader, fuel)? {
        let of = reader.get(id);
        if of.name().is_some_and(|own| own.full() == name) {
            let position = match &of.kind {
                Kind::Record(record) => record.fields.iter().position(|own| Some(own.name.as_str()) == field),
                _ => None,
            };
            return Ok((id, open.edges_to(visit), position.map(|position| position as u32)));
        }
    }
    Ok((reader.root(), Vec::new(), None))
}
