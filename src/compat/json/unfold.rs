//! `unevaluatedProperties` and `unevaluatedItems` said without themselves, where what is evaluated does
//! not depend on the value.

use std::collections::HashSet;
use std::sync::Arc;

use super::arena::Arena;
use super::atoms::unsupported;
use super::node::{ArrayPart, Logic, Node, NodeId, ObjectPart};
use super::strings::Pattern;
use crate::compat::report::Why;

/// In-place schemas that are looked through.
const MANY: usize = 256;

/// What in-place schemas evaluate, whatever the value.
#[derive(Default)]
struct Evaluated {
    names: Vec<Arc<str>>,
    patterns: Vec<Pattern>,
    all_properties: bool,
    prefix: usize,
    all_items: bool,
    seen: Vec<NodeId>,
}

pub(super) fn unfold(arena: &mut Arena, class: NodeId) -> Result<NodeId, Why> {
    let mut evaluated = Evaluated::default();
    let mut plain = arena.node(class).clone();
    let of_object = plain.object.as_mut().and_then(|part| part.unevaluated.take());
    let of_array = plain.array.as_mut().and_then(|part| part.unevaluated.take());
    evaluated.collect(arena, &plain, of_object.is_some(), of_array.is_some())?;
    let anything = arena.intern(Node::anything());
    let mut rest = Node::anything();
    if let Some(unevaluated) = of_object.filter(|_| !evaluated.all_properties) {
        let mut names = evaluated.names;
        names.sort_unstable();
        names.dedup();
        rest.object = Some(Box::new(ObjectPart {
            properties: names.into_iter().map(|name| (name, anything)).collect(),
            patterns: evaluated.patterns.into_iter().map(|pattern| (pattern, anything)).collect(),
            additional: Some(unevaluated),
            ..ObjectPart::default()
        }));
    }
    if let Some(unevaluated) = of_array.filter(|_| !evaluated.all_items) {
        rest.array = Some(Box::new(ArrayPart {
            prefix: vec![anything; evaluated.prefix],
            rest: Some(unevaluated),
            ..ArrayPart::default()
        }));
    }
    let (plain, rest) = (arena.intern(plain), arena.intern(rest));
    let logic = Logic { all_of: vec![plain, rest], ..Logic::default() };
    Ok(arena.intern(Node { logic: Some(Box::new(logic)), ..Node::anything() }))
}

impl Evaluated {
    fn collect(&mut self, arena: &Arena, node: &Node, object: bool, array: bool) -> Result<(), Why> {
        if let Some(part) = node.object.as_deref().filter(|_| object) {
            self.names.extend(part.properties.iter().map(|(name, _)| name.clone()));
            self.patterns.extend(part.patterns.iter().map(|(pattern, _)| pattern.clone()));
            self.all_properties |= part.additional.is_some() || part.unevaluated.is_some();
            if part.dependent_schemas.iter().any(|&(_, node)| speaks(arena, node, object, array)) {
                return Err(unsupported("unevaluatedProperties beside dependentSchemas"));
            }
        }
        if let Some(part) = node.array.as_deref().filter(|_| array) {
            self.prefix = self.prefix.max(part.prefix.len());
            self.all_items |= part.rest.is_some() || part.unevaluated.is_some();
            if part.contains.is_some() && part.contains_evaluates && !self.all_items {
                return Err(unsupported("unevaluatedItems beside contains"));
            }
        }
        let Some(logic) = &node.logic else { return Ok(()) };
        let mut conditional: Vec<NodeId> =
            [&logic.any_of, &logic.one_of].into_iter().flatten().flatten().copied().collect();
        if let Some(condition) = &logic.condition {
            conditional.push(condition.test);
            conditional.extend(condition.then);
            conditional.extend(condition.otherwise);
        }
        if conditional.into_iter().any(|node| speaks(arena, node, object, array)) {
            return Err(unsupported("unevaluated properties or items that depend on a choice"));
        }
        for &member in &logic.all_of {
            let class = arena.class(member);
            if self.seen.len() > MANY {
                return Err(unsupported("unevaluated properties or items of so many schemas"));
            }
            if !self.seen.contains(&class) {
                self.seen.push(class);
                self.collect(arena, &arena.node(class).clone(), object, array)?;
            }
        }
        Ok(())
    }
}

/// Can it evaluate anything, or something in place of it? `not` evaluates nothing, and is no exception
/// here: that is rare.
fn speaks(arena: &Arena, node: NodeId, object: bool, array: bool) -> bool {
    let (mut seen, mut pending) = (HashSet::new(), vec![node]);
    while let Some(node) = pending.pop() {
        let class = arena.class(node);
        if !seen.insert(class) {
            continue;
        }
        let node = arena.node(class);
        let of_object = node.object.as_ref().filter(|_| object).is_some_and(|part| {
            !part.properties.is_empty()
                || !part.patterns.is_empty()
                || part.additional.is_some()
                || part.unevaluated.is_some()
                || !part.dependent_schemas.is_empty()
        });
        let of_array = node.array.as_ref().filter(|_| array).is_some_and(|part| {
            !part.prefix.is_empty()
                || part.rest.is_some()
                || part.contains.is_some()
                || part.unevaluated.is_some()
        });
        if of_object || of_array {
            return true;
        }
        pending.extend(node.logic.iter().flat_map(|logic| logic.in_place()));
    }
    false
}
