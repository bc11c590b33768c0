//! The way from a value that is refused to the keyword that refuses it, and to what the other schema
//! says of the same part of the value.

use std::sync::Arc;

use super::arena::Arena;
use super::atoms::{is_anything, is_nothing};
use super::node::{Kinds, NodeId};
use super::strings::Pattern;
use super::validate::{self, Refusal};
use super::value::Value;
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::report::Why;

/// The most schemas of one part of a value that are looked at.
const MOST: usize = 64;

/// A step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(Arc<str>),
    Item(usize),
}

/// A step from the schema of a value to the schema of a part of it.
#[derive(Debug, Clone)]
pub(super) struct Crossing {
    /// The node that has the keyword.
    pub(super) from: NodeId,
    pub(super) edge: Edge,
    /// What the part has to be.
    pub(super) to: NodeId,
}

/// The keyword by which a schema speaks of a part of the value.
#[derive(Debug, Clone)]
pub(super) enum Edge {
    Property(Arc<str>),
    Pattern(Pattern, Arc<str>),
    Additional(Arc<str>),
    Unevaluated(Arc<str>),
    Item(usize),
    /// Beyond every item that has a schema of its own.
    Rest(usize),
    UnevaluatedItem(usize),
}

impl Edge {
    pub(super) fn step(&self) -> Step {
        match self {
            Edge::Property(name)
            | Edge::Pattern(_, name)
            | Edge::Additional(name)
            | Edge::Unevaluated(name) => Step::Key(name.clone()),
            Edge::Item(position) | Edge::Rest(position) | Edge::UnevaluatedItem(position) => {
                Step::Item(*position)
            }
        }
    }
}

impl Crossing {
    /// The same as what a validator says of it.
    pub(super) fn refusal(&self) -> Refusal {
        match self.edge.clone() {
            Edge::Property(name) => Refusal::Property(name, self.to),
            Edge::Pattern(pattern, name) => Refusal::PatternProperty(pattern, name, self.to),
            Edge::Additional(name) => Refusal::Additional(name, self.to),
            Edge::Unevaluated(name) => Refusal::Unevaluated(name),
            Edge::Item(position) => Refusal::Item(position, self.to),
            Edge::Rest(position) => Refusal::Rest(position, self.to),
            Edge::UnevaluatedItem(position) => Refusal::UnevaluatedItem(position),
        }
    }

    /// What a validator says of a part, as a step to the schema of the part.
    fn of(arena: &Arena, from: NodeId, refusal: &Refusal) -> Option<Crossing> {
        let node = arena.node(from);
        let (edge, to) = match refusal.clone() {
            Refusal::Property(name, to) => (Edge::Property(name), to),
            Refusal::PatternProperty(pattern, name, to) => (Edge::Pattern(pattern, name), to),
            Refusal::Additional(name, to) => (Edge::Additional(name), to),
            Refusal::Unevaluated(name) => (Edge::Unevaluated(name), node.object.as_ref()?.unevaluated?),
            Refusal::Item(position, to) => (Edge::Item(position), to),
            Refusal::Rest(position, to) => (Edge::Rest(position), to),
            Refusal::UnevaluatedItem(position) => {
                (Edge::UnevaluatedItem(position), node.array.as_ref()?.unevaluated?)
            }
            _ => return None,
        };
        Some(Crossing { from, edge, to })
    }
}

/// A keyword that refuses a value, and the way to it.
#[derive(Debug)]
pub(super) struct Blame {
    /// The node that has the keyword.
    pub(super) node: NodeId,
    pub(super) refusal: Refusal,
    /// To the part of the value that is refused.
    pub(super) crossings: Vec<Crossing>,
    /// Nothing at all is allowed there: the keyword is that of the last crossing.
    pub(super) is_forbidden: bool,
}

/// The deepest keyword that refuses the value; `None` when none does.
pub(super) fn blame(
    arena: &Arena,
    root: NodeId,
    value: &Value,
    fuel: &mut Fuel,
) -> Result<Option<Blame>, Why> {
    let (mut node, mut part) = (root, value.clone());
    let mut crossings = Vec::new();
    loop {
        fuel.spend(1).map_err(|Exhausted| Why::Fuel)?;
        let refusals = validate::refusals(arena, node, &part, fuel)?;
        // What the schema says of the value itself comes before what it says of its parts.
        let own = refusals.iter().find(|refusal| !leads_on(refusal));
        let Some(refusal) = own.or(refusals.first()).cloned() else { return Ok(None) };
        let in_place = match &refusal {
            Refusal::AllOf(inner) => Some(*inner),
            Refusal::AnyOf(branches) | Refusal::OneOf(branches) => meant(arena, branches, &part, fuel)?,
            _ => None,
        };
        if let Some(inner) = in_place {
            node = inner;
            continue;
        }
        let crossing = Crossing::of(arena, node, &refusal);
        let inner = crossing.as_ref().and_then(|crossing| below(&part, &crossing.edge.step()).cloned());
        let (Some(crossing), Some(inner)) = (crossing, inner) else {
            return Ok(Some(Blame { node, refusal, crossings, is_forbidden: false }));
        };
        let to = crossing.to;
        crossings.push(crossing);
        part = inner;
        if is_nothing(arena, to) {
            return Ok(Some(Blame { node, refusal, crossings, is_forbidden: true }));
        }
        node = to;
    }
}

/// Is the keyword one that another one is behind?
fn leads_on(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::AllOf(_)
            | Refusal::AnyOf(_)
            | Refusal::OneOf(_)
            | Refusal::Property(..)
            | Refusal::PatternProperty(..)
            | Refusal::Additional(..)
            | Refusal::Unevaluated(_)
            | Refusal::Item(..)
            | Refusal::Rest(..)
            | Refusal::UnevaluatedItem(_)
    )
}

/// The one branch that the value was meant for: the only one whose type it has and whose tags it
/// carries.
fn meant(arena: &Arena, branches: &[NodeId], value: &Value, fuel: &mut Fuel) -> Result<Option<NodeId>, Why> {
    let mut found = None;
    for &branch in branches {
        if is_meant(arena, branch, value, true, fuel)? {
            if found.is_some() {
                return Ok(None);
            }
            found = Some(branch);
        }
    }
    Ok(found)
}

fn is_meant(
    arena: &Arena,
    node: NodeId,
    value: &Value,
    looks_below: bool,
    fuel: &mut Fuel,
) -> Result<bool, Why> {
    fuel.spend(1).map_err(|Exhausted| Why::Fuel)?;
    if is_nothing(arena, node) {
        return Ok(false);
    }
    for refusal in validate::refusals(arena, node, value, fuel)? {
        let is_meant = match &refusal {
            Refusal::Type | Refusal::Enum | Refusal::Const => false,
            Refusal::AllOf(inner) => is_meant(arena, *inner, value, looks_below, fuel)?,
            Refusal::Property(name, inner) if looks_below => match below(value, &Step::Key(name.clone())) {
                Some(part) => !is_tag(arena, *inner) || is_meant(arena, *inner, part, false, fuel)?,
                None => true,
            },
            _ => true,
        };
        if !is_meant {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Does the schema do nothing but list values?
fn is_tag(arena: &Arena, node: NodeId) -> bool {
    let node = arena.node(node);
    node.constant.is_some() || node.values.is_some()
}

/// A schema that speaks of a part of a value, and the way to it.
#[derive(Debug, Clone)]
pub(super) struct Spoken {
    pub(super) node: NodeId,
    pub(super) crossings: Vec<Crossing>,
}

/// What a schema that accepts the value says of a part of it: of the value itself first, then of each
/// part on the way.
pub(super) fn spoken(
    arena: &Arena,
    root: NodeId,
    value: &Value,
    steps: &[Step],
    fuel: &mut Fuel,
) -> Result<Vec<Vec<Spoken>>, Why> {
    let mut part = value.clone();
    let first = Spoken { node: root, crossings: Vec::new() };
    let mut found = vec![in_place(arena, vec![first], &part, fuel)?];
    for step in steps {
        let Some(inner) = below(&part, step).cloned() else { break };
        let mut next = Vec::new();
        for spoken in found.last().into_iter().flatten() {
            for (edge, to) in crossing(arena, spoken.node, step) {
                let mut crossings = spoken.crossings.clone();
                crossings.push(Crossing { from: spoken.node, edge, to });
                next.push(Spoken { node: to, crossings });
            }
        }
        part = inner;
        found.push(in_place(arena, next, &part, fuel)?);
    }
    Ok(found)
}

/// Do these say anything at all?
pub(super) fn is_silent(arena: &Arena, spoken: &[Spoken]) -> bool {
    spoken.iter().all(|spoken| is_anything(arena, arena.class(spoken.node)))
}

/// These and all that they apply to the same value.
fn in_place(
    arena: &Arena,
    mut found: Vec<Spoken>,
    value: &Value,
    fuel: &mut Fuel,
) -> Result<Vec<Spoken>, Why> {
    let mut at = 0;
    while at < found.len() && found.len() < MOST {
        let Spoken { node, crossings } = found[at].clone();
        at += 1;
        let node = arena.node(node);
        let mut inner = Vec::new();
        if let (Value::Object(members), Some(part)) = (value, &node.object) {
            let dependent = part.dependent_schemas.iter().filter(|(name, _)| members.contains_key(name));
            inner.extend(dependent.map(|(_, node)| *node));
        }
        if let Some(logic) = &node.logic {
            inner.extend(&logic.all_of);
            let branches = logic.any_of.iter().flatten().chain(logic.one_of.iter().flatten());
            let condition = logic.condition.iter();
            let consequences = condition.flat_map(|it| it.then.into_iter().chain(it.otherwise));
            for branch in branches.copied().chain(consequences) {
                if validate::accepts(arena, branch, value, fuel)? {
                    inner.push(branch);
                }
            }
        }
        for node in inner {
            if !found.iter().any(|known| known.node == node) {
                found.push(Spoken { node, crossings: crossings.clone() });
            }
        }
    }
    Ok(found)
}

/// What a node says of a part, by which keywords.
fn crossing(arena: &Arena, node: NodeId, step: &Step) -> Vec<(Edge, NodeId)> {
    let node = arena.node(node);
    let mut found = Vec::new();
    match (step, &node.object, &node.array) {
        (Step::Key(name), Some(part), _) => {
            if let Ok(at) = part.properties.binary_search_by(|(known, _)| known.cmp(name)) {
                found.push((Edge::Property(name.clone()), part.properties[at].1));
            }
            for (pattern, to) in &part.patterns {
                if pattern.is_match(name) == Some(true) {
                    found.push((Edge::Pattern(pattern.clone(), name.clone()), *to));
                }
            }
            if found.is_empty() {
                found.extend(part.additional.map(|to| (Edge::Additional(name.clone()), to)));
            }
        }
        (Step::Item(position), _, Some(part)) => match part.prefix.get(*position) {
            Some(to) => found.push((Edge::Item(*position), *to)),
            None => found.extend(part.rest.map(|to| (Edge::Rest(*position), to))),
        },
        _ => {}
    }
    found
}

/// A part of a value.
pub(super) fn below<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match (value, step) {
        (Value::Object(members), Step::Key(name)) => members.get(name),
        (Value::Array(items), Step::Item(position)) => items.get(*position),
        _ => None,
    }
}

/// The types that a node allows, in words.
pub(super) fn types(kinds: Kinds) -> Vec<&'static str> {
    let words = [
        (Kinds::NULL, "null"),
        (Kinds::BOOLEAN, "boolean"),
        (Kinds::INTEGER, "integer"),
        (Kinds::STRING, "string"),
        (Kinds::ARRAY, "array"),
        (Kinds::OBJECT, "object"),
    ];
    let is_number = Kinds::NUMBER.is_within(kinds);
    let named = words.into_iter().filter(|(kind, _)| kind.is_within(kinds));
    named.map(|(kind, word)| if kind == Kinds::INTEGER && is_number { "number" } else { word }).collect()
}
