//! Where something lies: a pointer into a schema, and the bytes of its text that it stands for.

use crate::compat::finding::Pointer;
use crate::schema::avro::model::{Kind, Model, Source, Type, Use};
use crate::schema::tree::Span;

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

/// What of a type is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Part {
    Itself,
    Name,
    Size,
    Symbols,
    Aliases,
    /// A field of a record.
    Field(u32),
    /// The default of a field of a record.
    Default(u32),
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

/// The pointer to a part of the type at `edges`.
pub(in crate::compat) fn pointer_to(edges: &[Edge], part: Part) -> String {
    let mut pointer = pointer(edges);
    match part {
        Part::Itself => {}
        Part::Name => pointer.push_str("/name"),
        Part::Size => pointer.push_str("/size"),
        Part::Symbols => pointer.push_str("/symbols"),
        Part::Aliases => pointer.push_str("/aliases"),
        Part::Field(field) => pointer.push_str(&format!("/fields/{field}")),
        Part::Default(field) => pointer.push_str(&format!("/fields/{field}/default")),
    }
    pointer
}

/// The place of a part of the type at `edges`.
pub(in crate::compat) fn place(model: &Model, edges: &[Edge], part: Part) -> Pointer {
    let span = walk(model, edges).and_then(|seat| seat.span_of(part));
    let key = match part {
        Part::Name => "name",
        Part::Size => "size",
        Part::Symbols => "symbols",
        Part::Aliases => "aliases",
        Part::Itself | Part::Field(_) | Part::Default(_) => {
            return Pointer::in_text(pointer_to(edges, part), span);
        }
    };
    Pointer::to_key(pointer_to(edges, part), span, key)
}

struct Seat<'a> {
    of: &'a Type,
    /// Where it is used.
    span: Option<Span>,
}

impl Seat<'_> {
    fn span_of(&self, part: Part) -> Option<Span> {
        let field = |position: u32| match &self.of.kind {
            Kind::Record(record) => record.fields.get(position as usize),
            _ => None,
        };
        match part {
            Part::Itself => self.span,
            // The definition has them, wherever it is used.
            Part::Name | Part::Size | Part::Symbols | Part::Aliases => own(self.of, self.of.span),
            Part::Field(position) => own(self.of, field(position)?.span),
            Part::Default(position) => own(self.of, field(position)?.default.as_ref()?.span),
        }
    }
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
pub(super) fn part(of: &Type, edge: Edge) -> Option<Use> {
    match (&of.kind, edge) {
        (Kind::Array(part), Edge::Items) | (Kind::Map(part), Edge::Values) => Some(*part),
        (Kind::Record(record), Edge::Field(field)) => {
            record.fields.get(field as usize).map(|field| field.schema)
        }
        (Kind::Union(branches), Edge::Branch(branch)) => branches.get(branch as usize).copied(),
        _ => None,
    }
}

/// Every part of a type and the edge to it, in order.
pub(super) fn parts(of: &Type) -> impl Iterator<Item = (Edge, Use)> + '_ {
    let one = match &of.kind {
        Kind::Array(part) => Some((Edge::Items, *part)),
        Kind::Map(part) => Some((Edge::Values, *part)),
        _ => None,
    };
    let fields = match &of.kind {
        Kind::Record(record) => record.fields.as_slice(),
        _ => &[],
    };
    let branches = match &of.kind {
        Kind::Union(branches) => branches.as_slice(),
        _ => &[],
    };
    let fields = fields.iter().enumerate().map(|(at, field)| (Edge::Field(at as u32), field.schema));
    let branches = branches.iter().enumerate().map(|(at, branch)| (Edge::Branch(at as u32), *branch));
    one.into_iter().chain(fields).chain(branches)
}

/// A span within the definition of `holder`, if that stands in the schema's own text.
fn own(holder: &Type, span: Span) -> Option<Span> {
    (holder.source == Source::Own).then_some(span)
}
