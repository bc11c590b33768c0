//! What a validator that remembers nothing does to decide about a value.

use std::collections::HashMap;

use super::arena::Arena;
use super::node::NodeId;
use super::value::Value;

/// Looking deeper than this is too much work, whatever is there.
const DEEPEST: usize = 1_000;

/// How often it looks at a part of the value, on all ways to all schemas that speak of it.
pub(in crate::compat) fn effort(arena: &Arena, node: NodeId, value: &Value) -> u64 {
    Counting { arena, known: HashMap::new(), depth: 0 }.of(node, value)
}

struct Counting<'a> {
    arena: &'a Arena,
    known: HashMap<(NodeId, usize), u64>,
    depth: usize,
}

impl Counting<'_> {
    fn of(&mut self, node: NodeId, value: &Value) -> u64 {
        let key = (node, std::ptr::from_ref(value).addr());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.depth >= DEEPEST {
            return u64::MAX;
        }
        self.known.insert(key, 0);
        self.depth += 1;
        let arena = self.arena;
        let mut total: u64 = 1;
        let mut add = |node, value: &Value| total = total.saturating_add(self.of(node, value));
        let node = arena.node(node);
        if let Some(logic) = &node.logic {
            logic.in_place().for_each(|inner| add(inner, value));
        }
        if let (Value::Object(members), Some(part)) = (value, &node.object) {
            part.dependent_schemas.iter().for_each(|(_, inner)| add(*inner, value));
            for (name, member) in members.iter() {
                if let Ok(at) = part.properties.binary_search_by(|(known, _)| known.cmp(name)) {
                    add(part.properties[at].1, member);
                }
                part.patterns.iter().for_each(|(_, inner)| add(*inner, member));
                [part.additional, part.names, part.unevaluated]
                    .into_iter()
                    .flatten()
                    .for_each(|inner| add(inner, member));
            }
        }
        if let (Value::Array(items), Some(part)) = (value, &node.array) {
            for (position, item) in items.iter().enumerate() {
                let own = part.prefix.get(position).copied().or(part.rest);
                [own, part.contains, part.unevaluated]
                    .into_iter()
                    .flatten()
                    .for_each(|inner| add(inner, item));
            }
        }
        self.depth -= 1;
        self.known.insert(key, total);
        total
    }
}
