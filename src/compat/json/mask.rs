//! Assertions that are taken from a reader, so that the next break that is found is another one.

use std::sync::Arc;

use super::arena::{Arena, Stale};
use super::locate::{Crossing, Edge};
use super::node::{ArrayPart, Logic, Node, NodeId, NumberPart, ObjectPart, StringPart};
use super::validate::Refusal;

/// Something that a node asserts.
#[derive(Debug)]
pub(super) enum Mask {
    /// What refuses.
    Keyword(NodeId, Refusal),
    /// What is said of a part of the value.
    Part(Crossing),
    /// That this name is not among the declared ones.
    Undeclared(NodeId, Arc<str>),
}

impl Mask {
    /// Take it from the arena, and find out anew which nodes say the same.
    pub(super) fn apply(self, arena: &mut Arena) -> Stale {
        let anything = arena.intern(Node::anything());
        match self {
            Mask::Keyword(node, Refusal::Overlap(_)) => overlap(arena, node),
            Mask::Keyword(node, refusal) => arena.change(node, |node| keyword(node, refusal)),
            Mask::Part(Crossing { from, edge, .. }) => arena.change(from, |node| part(node, edge, anything)),
            Mask::Undeclared(node, name) => arena.change(node, |node| {
                node.object.iter_mut().for_each(|part| declare(part, name.clone(), anything));
            }),
        }
        arena.merge()
    }
}

/// Any number of branches may accept the value, as long as one does.
fn overlap(arena: &mut Arena, node: NodeId) {
    let Some(branches) = arena.node(node).logic.as_ref().and_then(|logic| logic.one_of.clone()) else {
        return;
    };
    let any_of = Logic { any_of: Some(branches), ..Logic::default() };
    let any_of = arena.intern(Node { logic: Some(Box::new(any_of)), ..Node::anything() });
    arena.change(node, |node| {
        node.logic.iter_mut().for_each(|logic| {
            logic.one_of = None;
            logic.all_of.push(any_of);
        });
    });
}

fn keyword(node: &mut Node, refusal: Refusal) {
    let mut number = NumberPart::default();
    let mut string = StringPart::default();
    let mut object = ObjectPart::default();
    let mut array = ArrayPart::default();
    let mut logic = Logic::default();
    let number = node.number.as_deref_mut().unwrap_or(&mut number);
    let string = node.string.as_deref_mut().unwrap_or(&mut string);
    let object = node.object.as_deref_mut().unwrap_or(&mut object);
    let array = node.array.as_deref_mut().unwrap_or(&mut array);
    let logic = node.logic.as_deref_mut().unwrap_or(&mut logic);
    match refusal {
        Refusal::Type => node.kinds = Node::anything().kinds,
        Refusal::Enum => node.values = None,
        Refusal::Const => node.constant = None,
        Refusal::Minimum => number.minimum = None,
        Refusal::ExclusiveMinimum => number.exclusive_minimum = None,
        Refusal::Maximum => number.maximum = None,
        Refusal::ExclusiveMaximum => number.exclusive_maximum = None,
        Refusal::MultipleOf => number.multiple_of = None,
        Refusal::MinLength => string.min_length = None,
        Refusal::MaxLength => string.max_length = None,
        Refusal::Pattern => string.pattern = None,
        Refusal::Format => string.format = None,
        Refusal::Required(name) => object.required.retain(|required| *required != name),
        Refusal::MinProperties => object.min_properties = None,
        Refusal::MaxProperties => object.max_properties = None,
        Refusal::DependentRequired(name) => object.dependent_required.retain(|(of, _)| *of != name),
        Refusal::DependentSchema(name, _) => object.dependent_schemas.retain(|(of, _)| *of != name),
        Refusal::PropertyName(_) => object.names = None,
        Refusal::MinItems => array.min_items = None,
        Refusal::MaxItems => array.max_items = None,
        Refusal::Unique => array.unique = false,
        Refusal::TooFewContained => array.min_contains = Some(0),
        Refusal::TooManyContained => array.max_contains = None,
        Refusal::AnyOf(_) => logic.any_of = None,
        Refusal::OneOf(_) | Refusal::Overlap(_) => logic.one_of = None,
        Refusal::Not => logic.not = None,
        Refusal::Then(_) => logic.condition.iter_mut().for_each(|condition| condition.then = None),
        Refusal::Else(_) => logic.condition.iter_mut().for_each(|condition| condition.otherwise = None),
        // What refuses by another schema is looked for in that one.
        Refusal::AllOf(_)
        | Refusal::Property(..)
        | Refusal::PatternProperty(..)
        | Refusal::Additional(..)
        | Refusal::Unevaluated(_)
        | Refusal::Item(..)
        | Refusal::Rest(..)
        | Refusal::UnevaluatedItem(_) => {}
    }
}

/// The part may be anything; it still counts as spoken of.
fn part(node: &mut Node, edge: Edge, anything: NodeId) {
    let (mut object, mut array) = (ObjectPart::default(), ArrayPart::default());
    let object = node.object.as_deref_mut().unwrap_or(&mut object);
    let array = node.array.as_deref_mut().unwrap_or(&mut array);
    match edge {
        Edge::Property(name) => declare(object, name, anything),
        Edge::Pattern(pattern, _) => {
            let same = object.patterns.iter_mut().filter(|(known, _)| *known == pattern);
            same.for_each(|(_, schema)| *schema = anything);
        }
        Edge::Additional(_) => object.additional = Some(anything),
        Edge::Unevaluated(_) => object.unevaluated = Some(anything),
        Edge::Item(position) => {
            array.prefix.get_mut(position).into_iter().for_each(|schema| *schema = anything)
        }
        Edge::Rest(_) => array.rest = Some(anything),
        Edge::UnevaluatedItem(_) => array.unevaluated = Some(anything),
    }
}

fn declare(object: &mut ObjectPart, name: Arc<str>, schema: NodeId) {
    match object.properties.binary_search_by(|(known, _)| known.cmp(&name)) {
        Ok(at) => object.properties[at].1 = schema,
        Err(at) => object.properties.insert(at, (name, schema)),
    }
}
