//! Where a difference lies: a pointer into each schema, and the bytes of the text it stands for.

use crate::compat::finding::Pointer;
use crate::compat::reference::avro::{Difference, DifferenceKind, Edge, Route, pointer};
use crate::schema::avro::model::{Kind, Model, Source, Type, Use};
use crate::schema::tree::Span;

/// The place in the reader.
pub(in crate::compat) fn in_reader(reader: &Model, difference: Difference, route: &Route) -> Pointer {
    let edges = &route.reader;
    match difference.kind {
        DifferenceKind::Name => attribute(reader, edges, "/name"),
        DifferenceKind::FixedSize => attribute(reader, edges, "/size"),
        DifferenceKind::Symbols => attribute(reader, edges, "/symbols"),
        DifferenceKind::FieldMissing(field) => of_field(reader, edges, field),
        DifferenceKind::Type | DifferenceKind::UnionBranch(_) => of_type(reader, edges),
    }
}

/// The place in the writer.
pub(in crate::compat) fn in_writer(writer: &Model, difference: Difference, route: &Route) -> Pointer {
    let edges = &route.writer;
    match difference.kind {
        DifferenceKind::Name => attribute(writer, edges, "/name"),
        DifferenceKind::FixedSize => attribute(writer, edges, "/size"),
        DifferenceKind::Symbols => attribute(writer, edges, "/symbols"),
        DifferenceKind::UnionBranch(Some(branch)) => {
            let mut edges = edges.clone();
            edges.push(Edge::Branch(branch as u32));
            of_type(writer, &edges)
        }
        DifferenceKind::FieldMissing(_) | DifferenceKind::Type | DifferenceKind::UnionBranch(None) => {
            of_type(writer, edges)
        }
    }
}

/// The place where a type is used.
pub(in crate::compat) fn of_type(model: &Model, edges: &[Edge]) -> Pointer {
    Pointer::in_text(pointer(edges), walk(model, edges).and_then(|seat| seat.span))
}

/// The place of a field of the record at `edges`.
pub(in crate::compat) fn of_field(model: &Model, edges: &[Edge], field: usize) -> Pointer {
    let holder = walk(model, edges).map(|seat| seat.of);
    let span = holder.and_then(|holder| match &holder.kind {
        Kind::Record(record) => record.fields.get(field).and_then(|field| own(holder, field.span)),
        _ => None,
    });
    Pointer::in_text(format!("{}/fields/{field}", pointer(edges)), span)
}

/// The place of an attribute of the type at `edges`: the definition has it, wherever it is used.
fn attribute(model: &Model, edges: &[Edge], attribute: &str) -> Pointer {
    let span = walk(model, edges).and_then(|seat| own(seat.of, seat.of.span));
    Pointer::in_text(format!("{}{attribute}", pointer(edges)), span)
}

struct Seat<'a> {
    of: &'a Type,
    span: Option<Span>,
}

/// Follow edges from the root. `None` only if they are not of this model.
fn walk<'a>(model: &'a Model, edges: &[Edge]) -> Option<Seat<'a>> {
    let root = model.get(model.root());
    let mut seat = Seat { of: root, span: own(root, model.root_use().span) };
    for edge in edges {
        let part = part(seat.of, *edge)?;
        seat = Seat { of: model.get(part.id), span: own(seat.of, part.span) };
    }
    Some(seat)
}

/// The use of a part within a type.
pub(in crate::compat) fn part(of: &Type, edge: Edge) -> Option<Use> {
    match (&of.kind, edge) {
        (Kind::Array(part), Edge::Items) | (Kind::Map(part), Edge::Values) => Some(*part),
        (Kind::Record(record), Edge::Field(field)) => {
            record.fields.get(field as usize).map(|field| field.schema)
        }
        (Kind::Union(branches), Edge::Branch(branch)) => branches.get(branch as usize).copied(),
        _ => None,
    }
}

/// A span within the definition of `holder`, if that stands in the schema's own text.
fn own(holder: &Type, span: Span) -> Option<Span> {
    (holder.source == Source::Own).then_some(span)
}
