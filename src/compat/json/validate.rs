//! Does a schema accept a value? Exact, and bounded by fuel: a node looks at a value once.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::Map;
use super::arena::Arena;
use super::atoms::unsupported;
use super::node::{ArrayPart, Logic, Node, NodeId, NumberPart, ObjectPart, StringPart};
use super::strings::Pattern;
use super::unfold::UNCLEAR;
use super::value::Value;
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::report::Why;

/// Schemas within schemas, and parts within parts, that are looked at one within the other. The stack has
/// to hold them.
const DEEPEST: usize = 1_000;

/// # Errors
/// When fuel runs out, or something that the engine does not know decides.
pub(in crate::compat) fn accepts(
    arena: &Arena,
    node: NodeId,
    value: &Value,
    fuel: &mut Fuel,
) -> Result<bool, Why> {
    Validator::new(arena, fuel).accepts(node, value)
}

/// Which keywords of a node refuse a value, its applicators included.
pub(super) fn refusals(
    arena: &Arena,
    node: NodeId,
    value: &Value,
    fuel: &mut Fuel,
) -> Result<Vec<Refusal>, Why> {
    Validator::new(arena, fuel).refusals(node, value)
}

/// A keyword of a node that refuses a value, and what about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    Type,
    Enum,
    Const,
    Minimum,
    ExclusiveMinimum,
    Maximum,
    ExclusiveMaximum,
    MultipleOf,
    MinLength,
    MaxLength,
    Pattern,
    Format,
    Required(Arc<str>),
    MinProperties,
    MaxProperties,
    DependentRequired(Arc<str>),
    DependentSchema(Arc<str>, NodeId),
    PropertyName(Arc<str>),
    /// The property, and the schema that refuses it.
    Property(Arc<str>, NodeId),
    PatternProperty(Pattern, Arc<str>, NodeId),
    Additional(Arc<str>, NodeId),
    Unevaluated(Arc<str>),
    MinItems,
    MaxItems,
    Unique,
    Item(usize, NodeId),
    Rest(usize, NodeId),
    /// Fewer items than it asks for are of the schema.
    TooFewContained,
    TooManyContained,
    UnevaluatedItem(usize),
    AllOf(NodeId),
    AnyOf(Vec<NodeId>),
    /// No branch accepts it.
    OneOf(Vec<NodeId>),
    /// These do.
    Overlap(Vec<NodeId>),
    Not,
    Then(NodeId),
    Else(NodeId),
}

struct Validator<'a> {
    arena: &'a Arena,
    fuel: &'a mut Fuel,
    /// By the address of the value: every value that is looked at outlives the validator.
    known: Map<(NodeId, usize), Option<bool>>,
    depth: usize,
}

impl<'a> Validator<'a> {
    fn new(arena: &'a Arena, fuel: &'a mut Fuel) -> Validator<'a> {
        Validator { arena, fuel, known: Map::default(), depth: 0 }
    }

    fn accepts(&mut self, node: NodeId, value: &Value) -> Result<bool, Why> {
        let node = self.arena.class(node);
        let key = (node, std::ptr::from_ref(value).addr());
        match self.known.get(&key) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => return Err(unsupported("a circle of references")),
            None => {}
        }
        self.fuel.spend(1).map_err(|Exhausted| Why::Fuel)?;
        if self.depth >= DEEPEST {
            return Err(unsupported("schemas or values that nest this deep"));
        }
        let is_entangled = is_entangled(self.arena.node(node));
        if is_entangled {
            self.known.insert(key, None);
        }
        self.depth += 1;
        let refusals = self.refusals_of(node, value, true);
        self.depth -= 1;
        let answer = refusals?.is_empty();
        if is_entangled {
            self.known.insert(key, Some(answer));
        }
        Ok(answer)
    }

    fn refusals(&mut self, node: NodeId, value: &Value) -> Result<Vec<Refusal>, Why> {
        self.refusals_of(node, value, false)
    }

    /// All refusals, or just the first.
    fn refusals_of(&mut self, id: NodeId, value: &Value, is_first_enough: bool) -> Result<Vec<Refusal>, Why> {
        let arena = self.arena;
        let node = arena.node(id);
        let mut found = Vec::new();
        if !value.kind().is_within(node.kinds) {
            found.push(Refusal::Type);
            if is_first_enough {
                return Ok(found);
            }
        }
        if node.values.as_ref().is_some_and(|values| values.binary_search(value).is_err()) {
            found.push(Refusal::Enum);
        }
        if node.constant.as_ref().is_some_and(|constant| constant != value) {
            found.push(Refusal::Const);
        }
        match value {
            Value::Number(_) => node.number.iter().for_each(|part| numbers(part, value, &mut found)),
            Value::String(text) => {
                if let Some(part) = &node.string {
                    strings(part, text, &mut found)?;
                }
            }
            _ => {}
        }
        if is_first_enough && !found.is_empty() {
            return Ok(found);
        }
        if let (Value::Object(members), Some(part)) = (value, &node.object) {
            for (name, schema) in &part.dependent_schemas {
                if members.contains_key(name) && !self.accepts(*schema, value)? {
                    found.push(Refusal::DependentSchema(name.clone(), *schema));
                }
            }
            self.object(part, members, &mut found)?;
        }
        if let (Value::Array(items), Some(part)) = (value, &node.array) {
            self.array(part, items, &mut found)?;
        }
        if is_first_enough && !found.is_empty() {
            return Ok(found);
        }
        if let Some(logic) = &node.logic {
            self.logic(logic, value, &mut found)?;
        }
        if found.is_empty() {
            self.unevaluated(id, value, &mut found)?;
        }
        if found.is_empty()
            && let Some(unknown) = &node.unsupported
        {
            return Err(unsupported(&unknown.keyword));
        }
        Ok(found)
    }

    fn object(
        &mut self,
        part: &ObjectPart,
        members: &std::collections::BTreeMap<Arc<str>, Value>,
        found: &mut Vec<Refusal>,
    ) -> Result<(), Why> {
        let count = members.len() as u64;
        let missing = part.required.iter().filter(|name| !members.contains_key(*name));
        found.extend(missing.cloned().map(Refusal::Required));
        found.extend(part.min_properties.filter(|&min| count < min).map(|_| Refusal::MinProperties));
        found.extend(part.max_properties.filter(|&max| count > max).map(|_| Refusal::MaxProperties));
        for (name, names) in &part.dependent_required {
            if members.contains_key(name) && !names.iter().all(|name| members.contains_key(name)) {
                found.push(Refusal::DependentRequired(name.clone()));
            }
        }
        for (name, member) in members {
            if let Some(names) = part.names
                && !self.accepts_name(names, name)?
            {
                found.push(Refusal::PropertyName(name.clone()));
            }
            let mut is_mentioned = false;
            if let Ok(at) = part.properties.binary_search_by(|(known, _)| known.cmp(name)) {
                is_mentioned = true;
                if !self.accepts(part.properties[at].1, member)? {
                    found.push(Refusal::Property(name.clone(), part.properties[at].1));
                }
            }
            for (pattern, node) in &part.patterns {
                if matches(pattern, name)? {
                    is_mentioned = true;
                    if !self.accepts(*node, member)? {
                        found.push(Refusal::PatternProperty(pattern.clone(), name.clone(), *node));
                    }
                }
            }
            if let Some(rest) = part.additional.filter(|_| !is_mentioned)
                && !self.accepts(rest, member)?
            {
                found.push(Refusal::Additional(name.clone(), rest));
            }
        }
        Ok(())
    }

    /// A name is no value of its own, and what is remembered is remembered of an address: the next name
    /// would lie where this one did.
    fn accepts_name(&mut self, names: NodeId, name: &Arc<str>) -> Result<bool, Why> {
        let Validator { arena, depth, .. } = *self;
        let mut validator = Validator { depth, ..Validator::new(arena, self.fuel) };
        validator.accepts(names, &Value::String(name.clone()))
    }

    fn array(&mut self, part: &ArrayPart, items: &[Value], found: &mut Vec<Refusal>) -> Result<(), Why> {
        let count = items.len() as u64;
        found.extend(part.min_items.filter(|&min| count < min).map(|_| Refusal::MinItems));
        found.extend(part.max_items.filter(|&max| count > max).map(|_| Refusal::MaxItems));
        if part.unique {
            self.fuel.spend(items.len()).map_err(|Exhausted| Why::Fuel)?;
            if items.iter().collect::<BTreeSet<_>>().len() < items.len() {
                found.push(Refusal::Unique);
            }
        }
        for (position, item) in items.iter().enumerate() {
            match (part.prefix.get(position), part.rest) {
                (Some(&node), _) if !self.accepts(node, item)? => found.push(Refusal::Item(position, node)),
                (None, Some(node)) if !self.accepts(node, item)? => found.push(Refusal::Rest(position, node)),
                _ => {}
            }
        }
        if let Some(contains) = part.contains {
            let mut matching = 0;
            for item in items {
                matching += u64::from(self.accepts(contains, item)?);
            }
            if matching < part.min_contains.unwrap_or(1) {
                found.push(Refusal::TooFewContained);
            }
            if part.max_contains.is_some_and(|max| matching > max) {
                found.push(Refusal::TooManyContained);
            }
        }
        Ok(())
    }

    fn logic(&mut self, logic: &Logic, value: &Value, found: &mut Vec<Refusal>) -> Result<(), Why> {
        for &member in &logic.all_of {
            if !self.accepts(member, value)? {
                found.push(Refusal::AllOf(member));
            }
        }
        if let Some(branches) = &logic.any_of {
            let mut unknown = None;
            let mut accepted = false;
            for &branch in branches {
                match self.accepts(branch, value) {
                    Ok(accepts) => accepted |= accepts,
                    Err(Why::Fuel) => return Err(Why::Fuel),
                    Err(why) => unknown = Some(why),
                }
                if accepted {
                    break;
                }
            }
            match unknown {
                _ if accepted => {}
                Some(why) => return Err(why),
                None => found.push(Refusal::AnyOf(branches.clone())),
            }
        }
        if let Some(branches) = &logic.one_of {
            let mut accepting = Vec::new();
            for &branch in branches {
                if self.accepts(branch, value)? {
                    accepting.push(branch);
                }
            }
            match accepting.len() {
                0 => found.push(Refusal::OneOf(branches.clone())),
                1 => {}
                _ => found.push(Refusal::Overlap(accepting)),
            }
        }
        if let Some(inner) = logic.not
            && self.accepts(inner, value)?
        {
            found.push(Refusal::Not);
        }
        if let Some(condition) = &logic.condition {
            if self.accepts(condition.test, value)? {
                if let Some(then) = condition.then
                    && !self.accepts(then, value)?
                {
                    found.push(Refusal::Then(then));
                }
            } else if let Some(otherwise) = condition.otherwise
                && !self.accepts(otherwise, value)?
            {
                found.push(Refusal::Else(otherwise));
            }
        }
        Ok(())
    }

    fn unevaluated(&mut self, id: NodeId, value: &Value, found: &mut Vec<Refusal>) -> Result<(), Why> {
        let node = self.arena.node(id).clone();
        let of_object = node.object.as_ref().and_then(|part| part.unevaluated);
        let of_array = node.array.as_ref().and_then(|part| part.unevaluated);
        // What is not known may speak of some.
        if (of_object.is_some() || of_array.is_some())
            && let Some(unknown) = &node.unsupported
        {
            return Err(unsupported(&unknown.keyword));
        }
        match (value, of_object, of_array) {
            (Value::Object(members), Some(schema), _) => {
                let (mut evaluated, mut seen) = (BTreeSet::new(), HashSet::new());
                let mut own = node.clone();
                own.object.iter_mut().for_each(|part| part.unevaluated = None);
                self.evaluated_names(&own, value, &mut evaluated, &mut seen)?;
                for (name, member) in members.iter() {
                    if !evaluated.contains(name) && !self.accepts(schema, member)? {
                        found.push(Refusal::Unevaluated(name.clone()));
                    }
                }
            }
            (Value::Array(items), _, Some(schema)) => {
                let (mut evaluated, mut seen) = (BTreeSet::new(), HashSet::new());
                let mut own = node.clone();
                own.array.iter_mut().for_each(|part| part.unevaluated = None);
                self.evaluated_items(&own, value, &mut evaluated, &mut seen)?;
                for (position, item) in items.iter().enumerate() {
                    if !evaluated.contains(&position) && !self.accepts(schema, item)? {
                        found.push(Refusal::UnevaluatedItem(position));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The in-place schemas that accept the value.
    fn accepting(&mut self, node: &Node, value: &Value) -> Result<Vec<NodeId>, Why> {
        let mut found = Vec::new();
        if let (Value::Object(members), Some(part)) = (value, &node.object) {
            let dependent = part.dependent_schemas.iter().filter(|(name, _)| members.contains_key(name));
            found.extend(dependent.map(|(_, node)| *node));
        }
        let Some(logic) = &node.logic else { return Ok(found) };
        let all =
            logic.all_of.iter().chain(logic.any_of.iter().flatten()).chain(logic.one_of.iter().flatten());
        found.extend(all.copied());
        if let Some(condition) = &logic.condition {
            if self.accepts(condition.test, value)? {
                found.push(condition.test);
                found.extend(condition.then);
            } else {
                found.extend(condition.otherwise);
            }
        }
        let mut accepting = Vec::new();
        for node in found {
            if self.accepts(node, value)? {
                accepting.push(self.arena.class(node));
            }
        }
        Ok(accepting)
    }

    fn evaluated_names(
        &mut self,
        node: &Node,
        value: &Value,
        names: &mut BTreeSet<Arc<str>>,
        seen: &mut HashSet<NodeId>,
    ) -> Result<(), Why> {
        self.fuel.spend(1).map_err(|Exhausted| Why::Fuel)?;
        let Value::Object(members) = value else { return Ok(()) };
        if let Some(part) = &node.object {
            let everything = part.additional.is_some() || part.unevaluated.is_some();
            for name in members.keys() {
                let mut is_named = everything || part.properties.iter().any(|(known, _)| known == name);
                for (pattern, _) in &part.patterns {
                    is_named = is_named || matches(pattern, name)?;
                }
                if is_named {
                    names.insert(name.clone());
                }
            }
        }
        for inner in self.accepting(node, value)? {
            if seen.insert(inner) {
                self.evaluated_names(self.arena.node(inner), value, names, seen)?;
            }
        }
        Ok(())
    }

    fn evaluated_items(
        &mut self,
        node: &Node,
        value: &Value,
        evaluated: &mut BTreeSet<usize>,
        seen: &mut HashSet<NodeId>,
    ) -> Result<(), Why> {
        self.fuel.spend(1).map_err(|Exhausted| Why::Fuel)?;
        let Value::Array(items) = value else { return Ok(()) };
        if let Some(part) = &node.array {
            let everything = part.rest.is_some() || part.unevaluated.is_some();
            let until = if everything { items.len() } else { part.prefix.len().min(items.len()) };
            evaluated.extend(0..until);
            for (position, item) in items.iter().enumerate().skip(until) {
                if let Some(contains) = part.contains
                    && self.accepts(contains, item)?
                {
                    if !part.contains_evaluates {
                        return Err(unsupported(UNCLEAR));
                    }
                    evaluated.insert(position);
                }
            }
        }
        for inner in self.accepting(node, value)? {
            if seen.insert(inner) {
                self.evaluated_items(self.arena.node(inner), value, evaluated, seen)?;
            }
        }
        Ok(())
    }
}

/// Can it look at the same part of a value in more than one way?
fn is_entangled(node: &Node) -> bool {
    let of_object = |part: &ObjectPart| !part.patterns.is_empty() || part.unevaluated.is_some();
    let of_array = |part: &ArrayPart| part.contains.is_some() || part.unevaluated.is_some();
    node.logic.is_some()
        || node.object.as_deref().is_some_and(|part| of_object(part) || !part.dependent_schemas.is_empty())
        || node.array.as_deref().is_some_and(of_array)
}

/// Does the pattern accept the string?
///
/// # Errors
/// When that cannot be told.
pub(super) fn matches(pattern: &Pattern, text: &str) -> Result<bool, Why> {
    pattern.is_match(text).ok_or_else(|| unsupported(&format!("pattern {}", pattern.source())))
}

fn numbers(part: &NumberPart, value: &Value, found: &mut Vec<Refusal>) {
    let Value::Number(number) = value else { return };
    let checks = [
        (part.minimum.as_ref().is_some_and(|limit| number < limit), Refusal::Minimum),
        (part.exclusive_minimum.as_ref().is_some_and(|limit| number <= limit), Refusal::ExclusiveMinimum),
        (part.maximum.as_ref().is_some_and(|limit| number > limit), Refusal::Maximum),
        (part.exclusive_maximum.as_ref().is_some_and(|limit| number >= limit), Refusal::ExclusiveMaximum),
        (part.multiple_of.as_ref().is_some_and(|it| !number.is_multiple_of(it)), Refusal::MultipleOf),
    ];
    found.extend(checks.into_iter().filter(|(refuses, _)| *refuses).map(|(_, refusal)| refusal));
}

fn strings(part: &StringPart, text: &str, found: &mut Vec<Refusal>) -> Result<(), Why> {
    let length = text.chars().count() as u64;
    found.extend(part.min_length.filter(|&min| length < min).map(|_| Refusal::MinLength));
    found.extend(part.max_length.filter(|&max| length > max).map(|_| Refusal::MaxLength));
    if let Some(pattern) = &part.pattern
        && !matches(pattern, text)?
    {
        found.push(Refusal::Pattern);
    }
    if let Some(format) = &part.format
        && !matches(format, text)?
    {
        found.push(Refusal::Format);
    }
    Ok(())
}
