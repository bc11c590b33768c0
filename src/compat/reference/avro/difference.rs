//! A difference and how the reference words it.

use std::collections::{BTreeSet, HashSet};

use super::route::{Route, pointer};
use crate::schema::avro::model::{Enum, Kind, Model, Type, TypeId};

/// A difference between a reader's and a writer's type.
#[derive(Debug, Clone, Copy)]
pub(in crate::compat) struct Difference {
    pub(in crate::compat) kind: DifferenceKind,
    pub(in crate::compat) reader: TypeId,
    pub(in crate::compat) writer: TypeId,
    pub(super) visit: u32,
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
