//! A difference and how the reference words it.

use super::route::Route;
use crate::compat::avro::mishap::Mishap;
use crate::compat::avro::places::pointer;
use crate::compat::avro::sentence::missing_symbols;
use crate::schema::avro::model::{Kind, Model, Type, TypeId};

/// A difference between a reader's and a writer's type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Difference {
    pub(super) kind: DifferenceKind,
    pub(super) reader: TypeId,
    pub(super) writer: TypeId,
    pub(super) visit: u32,
}

/// How two types differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DifferenceKind {
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
    /// The same in the words of the proof judge.
    pub(super) fn mishap(self) -> Mishap {
        match self.kind {
            DifferenceKind::Name => Mishap::Name,
            DifferenceKind::FixedSize => Mishap::FixedSize,
            DifferenceKind::Symbols => Mishap::SymbolRemoved,
            DifferenceKind::FieldMissing(field) => Mishap::FieldMissing(field as u32),
            DifferenceKind::Type => Mishap::Type,
            DifferenceKind::UnionBranch(_) => Mishap::NoBranch,
        }
    }

    /// The reference's name for it.
    pub(super) fn name(self) -> &'static str {
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
    pub(super) fn path(self, route: &Route) -> String {
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
    pub(super) fn info(self, reader_model: &Model, writer_model: &Model) -> String {
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
    pub(super) fn description(self, path: &str, info: &str, reader: &str, writer: &str) -> String {
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
