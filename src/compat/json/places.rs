//! Places in the texts of a reader and a writer: of schemas, of keywords, and as the reference reckons
//! them.

use std::borrow::Cow;

use super::arena::{Arena, Side};
use super::locate::{Crossing, Edge, Step};
use super::node::NodeId;
use super::validate::Refusal;
use crate::compat::finding::Pointer;
use crate::schema::json::JsonSchema;
use crate::schema::tree::{self, Span};

/// The texts that places are in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) reader: &'a JsonSchema,
    pub(super) writer: &'a JsonSchema,
}

/// A schema in a text: the keys and positions that lead to it.
struct Found<'a> {
    /// What referrers call the text; `None` for the schema's own.
    text: Option<&'a str>,
    segments: Vec<Cow<'a, str>>,
    node: &'a tree::Node,
}

impl Texts<'_> {
    /// The place of a keyword of a schema. What the text does not hold stands where `instead` does.
    pub(super) fn keyword(&self, arena: &Arena, node: NodeId, tail: &[&str], instead: &[&str]) -> Pointer {
        let Some(found) = self.find(arena, node) else { return Pointer::in_text(String::new(), None) };
        let around = || if instead.is_empty() { None } else { span_of(found.node, instead) };
        let span = span_of(found.node, tail).or_else(around);
        let tail = if span.is_some() { tail } else { &[] };
        let span = span.unwrap_or(found.node.span);
        let segments = found.segments.iter().map(AsRef::as_ref).chain(tail.iter().copied());
        let pointer = pointer(segments);
        match found.text {
            None => Pointer::in_text(pointer, Some(span)),
            Some(name) => Pointer::in_text(format!("{name}#{pointer}"), None),
        }
    }

    /// The schema object, where it has the keyword that refuses.
    pub(super) fn has(&self, arena: &Arena, node: NodeId, tail: &[&str]) -> bool {
        self.find(arena, node).is_some_and(|found| span_of(found.node, tail).is_some())
    }

    /// How the text spells the keyword that refuses: its key, and what follows it.
    pub(super) fn tail(&self, arena: &Arena, node: NodeId, refusal: &Refusal) -> Vec<String> {
        let found = self.find(arena, node);
        let value = |key: &str| found.as_ref().and_then(|found| found.node.get(key));
        let first_of = |keys: [&'static str; 2]| if value(keys[0]).is_some() { keys[0] } else { keys[1] };
        let bound = |exclusive: &'static str, plain: &'static str| match value(exclusive).map(|it| &it.value)
        {
            Some(tree::Value::Bool(_)) => plain,
            _ => exclusive,
        };
        let is_tuple = |key: &str| value(key).is_some_and(|items| items.elements().is_some());
        let one = |key: &str| vec![key.to_owned()];
        let two = |key: &str, second: &str| vec![key.to_owned(), second.to_owned()];
        match refusal {
            Refusal::Type => one("type"),
            Refusal::Enum => one("enum"),
            Refusal::Const => one("const"),
            Refusal::Minimum => one("minimum"),
            Refusal::ExclusiveMinimum => one(bound("exclusiveMinimum", "minimum")),
            Refusal::Maximum => one("maximum"),
            Refusal::ExclusiveMaximum => one(bound("exclusiveMaximum", "maximum")),
            Refusal::MultipleOf => one("multipleOf"),
            Refusal::MinLength => one("minLength"),
            Refusal::MaxLength => one("maxLength"),
            Refusal::Pattern => one("pattern"),
            Refusal::Format => one("format"),
            Refusal::Required(name) => {
                let names = value("required").and_then(tree::Node::elements).unwrap_or_default();
                let position = names.iter().position(|listed| listed.as_str() == Some(name));
                two("required", &position.unwrap_or_default().to_string())
            }
            Refusal::MinProperties => one("minProperties"),
            Refusal::MaxProperties => one("maxProperties"),
            Refusal::DependentRequired(name) => two(first_of(["dependentRequired", "dependencies"]), name),
            Refusal::DependentSchema(name, _) => two(first_of(["dependentSchemas", "dependencies"]), name),
            Refusal::PropertyName(_) => one("propertyNames"),
            Refusal::Property(name, _) => two("properties", name),
            Refusal::PatternProperty(pattern, ..) => two("patternProperties", pattern.source()),
            Refusal::Additional(..) => one("additionalProperties"),
            Refusal::Unevaluated(_) => one("unevaluatedProperties"),
            Refusal::MinItems => one("minItems"),
            Refusal::MaxItems => one("maxItems"),
            Refusal::Unique => one("uniqueItems"),
            Refusal::Item(position, _) => two(first_of(["prefixItems", "items"]), &position.to_string()),
            Refusal::Rest(..) => one(if is_tuple("items") { "additionalItems" } else { "items" }),
            Refusal::TooFewContained => one(first_of(["minContains", "contains"])),
            Refusal::TooManyContained => one("maxContains"),
            Refusal::UnevaluatedItem(_) => one("unevaluatedItems"),
            Refusal::AllOf(_) => one("allOf"),
            Refusal::AnyOf(_) => one("anyOf"),
            Refusal::OneOf(_) | Refusal::Overlap(_) => one("oneOf"),
            Refusal::Not => one("not"),
            Refusal::Then(_) => one("then"),
            Refusal::Else(_) => one("else"),
        }
    }

    fn find(&self, arena: &Arena, node: NodeId) -> Option<Found<'_>> {
        let at = arena.at(node)?;
        let schema = match at.side {
            Side::Reader => self.reader,
            Side::Writer => self.writer,
        };
        let document = schema.documents().nth(at.document)?;
        let mut segments = Vec::new();
        let mut node = document.root();
        while node.span.start != at.start {
            let holds = |child: &tree::Node| (child.span.start..child.span.end).contains(&at.start);
            node = match &node.value {
                tree::Value::Array(elements) => {
                    let position = elements.iter().position(holds)?;
                    segments.push(Cow::Owned(position.to_string()));
                    &elements[position]
                }
                tree::Value::Object(members) => {
                    let member = members.iter().find(|member| holds(&member.value))?;
                    segments.push(Cow::Borrowed(member.key.as_str()));
                    &member.value
                }
                _ => return None,
            };
        }
        Some(Found { text: document.name(), segments, node })
    }
}

/// Where what the keys lead to stands: a member at its key, an element at itself.
fn span_of(schema: &tree::Node, tail: &[&str]) -> Option<Span> {
    let mut node = schema;
    let mut span = schema.span;
    for segment in tail {
        (node, span) = match &node.value {
            tree::Value::Object(members) => {
                let member = members.iter().find(|member| member.key == *segment)?;
                (&member.value, member.key_span)
            }
            tree::Value::Array(elements) => {
                let element = elements.get(segment.parse::<usize>().ok()?)?;
                (element, element.span)
            }
            _ => return None,
        };
    }
    Some(span)
}

/// A JSON pointer.
pub(super) fn pointer<'a>(segments: impl Iterator<Item = &'a str>) -> String {
    segments.map(|segment| format!("/{}", segment.replace('~', "~0").replace('/', "~1"))).collect()
}

/// A part of a value as a JSON pointer.
pub(super) fn instance(steps: &[Step]) -> String {
    let segments: Vec<Cow<'_, str>> = steps
        .iter()
        .map(|step| match step {
            Step::Key(name) => Cow::Borrowed(name.as_ref()),
            Step::Item(position) => Cow::Owned(position.to_string()),
        })
        .collect();
    pointer(segments.iter().map(AsRef::as_ref))
}

/// The way to a schema as the reference writes it, without what it applies to the same value: keys as
/// they are, references replaced by what they refer to.
pub(super) fn route(crossings: &[Crossing]) -> String {
    let one = |crossing: &Crossing| match &crossing.edge {
        Edge::Property(name) => format!("/properties/{name}"),
        Edge::Pattern(pattern, _) => format!("/patternProperties/{}", pattern.source()),
        Edge::Additional(_) => "/additionalProperties".to_owned(),
        Edge::Unevaluated(_) => "/unevaluatedProperties".to_owned(),
        Edge::UnevaluatedItem(_) => "/unevaluatedItems".to_owned(),
        Edge::Item(position) => format!("/items/{position}"),
        Edge::Rest(_) => "/items".to_owned(),
    };
    crossings.iter().map(one).collect()
}
