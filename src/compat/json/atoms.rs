//! Schemas taken apart: a node is the conjunction of its *atoms*, single assertions that are the same
//! atom wherever they are made. Sharing them is what makes most comparisons end before they begin.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::Map;
use super::arena::{Arena, Stale};
use super::node::{Kinds, Logic, Node, NodeId, ObjectPart, Unknown};
use super::number::Number;
use super::numbers::Limit;
use super::strings::Pattern;
use super::validate;
use super::value::Value;
use crate::compat::report::Why;

/// An atom of an [`Atoms`] table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AtomId(u32);

/// One assertion. Nodes in it are classes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Atom {
    Kinds(Kinds),
    /// Sorted, each once.
    Values(Arc<[Value]>),
    AtLeast(Limit),
    AtMost(Limit),
    MultipleOf(Number),
    MinLength(u64),
    MaxLength(u64),
    Matches(Pattern),
    Properties(Rc<Properties>),
    Names(NodeId),
    Required(Arc<str>),
    MinProperties(u64),
    MaxProperties(u64),
    /// Where the property is there, so are these.
    RequiredWith(Arc<str>, Rc<[Arc<str>]>),
    /// Where the property is there, the whole object is of this schema.
    SchemaWith(Arc<str>, NodeId),
    Items(Rc<Items>),
    Contains(NodeId, u64, Option<u64>),
    MinItems(u64),
    MaxItems(u64),
    Unique,
    AnyOf(Rc<[NodeId]>),
    OneOf(Rc<[NodeId]>),
    Not(NodeId),
    If(NodeId, NodeId, NodeId),
    Unsupported(Arc<Unknown>),
}

/// What a node says of the properties of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Properties {
    /// Sorted by name.
    pub(super) named: Vec<(Arc<str>, NodeId)>,
    pub(super) patterns: Vec<(Pattern, NodeId)>,
    pub(super) rest: Option<NodeId>,
}

/// What a node says of the items of an array.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Items {
    pub(super) prefix: Vec<NodeId>,
    pub(super) rest: Option<NodeId>,
}

impl Properties {
    /// The schemas of the property of this name.
    pub(super) fn of(&self, name: &str) -> Result<Vec<NodeId>, Why> {
        let mut found = Vec::new();
        if let Ok(position) = self.named.binary_search_by(|(known, _)| known.as_ref().cmp(name)) {
            found.push(self.named[position].1);
        }
        for (pattern, node) in &self.patterns {
            if validate::matches(pattern, name)? {
                found.push(*node);
            }
        }
        if found.is_empty() {
            found.extend(self.rest);
        }
        Ok(found)
    }
}

impl Items {
    /// The schema of the item at this position.
    pub(super) fn of(&self, position: usize) -> Option<NodeId> {
        self.prefix.get(position).copied().or(self.rest)
    }
}

/// Something is beyond the engine.
pub(super) fn unsupported(keyword: &str) -> Why {
    Why::Unsupported { keyword: keyword.to_owned(), at: String::new() }
}

impl Atom {
    /// The kinds of values that it says something about; it accepts all others.
    pub(super) fn concerns(&self) -> Kinds {
        match self {
            Atom::Kinds(_) | Atom::Values(_) | Atom::Unsupported(_) => Kinds::ALL,
            Atom::AnyOf(_) | Atom::OneOf(_) | Atom::Not(_) | Atom::If(..) => Kinds::ALL,
            Atom::AtLeast(_) | Atom::AtMost(_) | Atom::MultipleOf(_) => Kinds::NUMBER,
            Atom::MinLength(_) | Atom::MaxLength(_) | Atom::Matches(_) => Kinds::STRING,
            Atom::Properties(_)
            | Atom::Names(_)
            | Atom::Required(_)
            | Atom::MinProperties(_)
            | Atom::MaxProperties(_)
            | Atom::RequiredWith(..)
            | Atom::SchemaWith(..) => Kinds::OBJECT,
            Atom::Items(_) | Atom::Contains(..) | Atom::MinItems(_) | Atom::MaxItems(_) | Atom::Unique => {
                Kinds::ARRAY
            }
        }
    }
}

/// Every atom met so far, and the atoms of every node.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    atoms: Vec<Atom>,
    ids: Map<Atom, AtomId>,
    of_nodes: Map<NodeId, Rc<[AtomId]>>,
    nodes: Map<AtomId, NodeId>,
}

impl Atoms {
    pub(super) fn get(&self, id: AtomId) -> &Atom {
        &self.atoms[id.0 as usize]
    }

    pub(super) fn id(&mut self, atom: Atom) -> AtomId {
        if let Some(id) = self.ids.get(&atom) {
            return *id;
        }
        let id = AtomId(u32::try_from(self.atoms.len()).unwrap_or(u32::MAX));
        self.atoms.push(atom.clone());
        self.ids.insert(atom, id);
        id
    }

    /// That the value is one of these.
    pub(super) fn one_of(&mut self, mut values: Vec<Value>) -> AtomId {
        values.sort_unstable();
        values.dedup();
        self.id(Atom::Values(values.into()))
    }

    /// Some schemas no longer say what they said.
    pub(super) fn forget(&mut self, stale: &Stale) {
        self.of_nodes.retain(|&node, _| !stale.is(node));
        self.nodes.retain(|_, &mut node| !stale.is(node));
    }

    /// A node that asserts just this.
    pub(super) fn node(&mut self, arena: &mut Arena, id: AtomId) -> NodeId {
        if let Some(node) = self.nodes.get(&id) {
            return *node;
        }
        let node = arena.intern(node_of(self.get(id)));
        self.nodes.insert(id, node);
        node
    }

    /// The atoms of a class, sorted; a class that accepts everything has none.
    ///
    /// # Errors
    /// When `unevaluated…` cannot be expressed without itself.
    pub(super) fn of(&mut self, arena: &mut Arena, class: NodeId) -> Result<Rc<[AtomId]>, Why> {
        if let Some(known) = self.of_nodes.get(&class) {
            return Ok(known.clone());
        }
        let mut atoms = Vec::new();
        // Said once is said: schemas that repeat each other have more ways through them than can be gone.
        let (mut seen, mut pending) = (HashSet::new(), vec![class]);
        while let Some(class) = pending.pop() {
            let class = arena.unfolded(class)?;
            if seen.insert(class) {
                self.collect(arena, class, &mut atoms, &mut pending);
            }
        }
        atoms.sort_unstable();
        atoms.dedup();
        let atoms: Rc<[AtomId]> = atoms.into();
        self.of_nodes.insert(class, atoms.clone());
        Ok(atoms)
    }

    /// What the node asserts itself; the schemas of which the same has to be asserted are left to do.
    fn collect(
        &mut self,
        arena: &mut Arena,
        class: NodeId,
        atoms: &mut Vec<AtomId>,
        pending: &mut Vec<NodeId>,
    ) {
        if let Some(known) = self.of_nodes.get(&class) {
            atoms.extend(known.iter());
            return;
        }
        let node = arena.node(class).clone();
        let mut push = |atom: Atom| atoms.push(self.id(atom));
        if let Some(unknown) = &node.unsupported {
            push(Atom::Unsupported(unknown.clone()));
        }
        if node.kinds != Kinds::ALL {
            push(Atom::Kinds(node.kinds));
        }
        for values in
            [node.values.clone(), node.constant.clone().map(|value| Arc::from([value]))].into_iter().flatten()
        {
            push(Atom::Values(values));
        }
        if let Some(part) = &node.number {
            let limit = |value: &Number, exclusive| Limit { value: value.clone(), exclusive };
            let at_least = [(&part.minimum, false), (&part.exclusive_minimum, true)];
            let at_most = [(&part.maximum, false), (&part.exclusive_maximum, true)];
            for (value, exclusive) in at_least {
                if let Some(value) = value {
                    push(Atom::AtLeast(limit(value, exclusive)));
                }
            }
            for (value, exclusive) in at_most {
                if let Some(value) = value {
                    push(Atom::AtMost(limit(value, exclusive)));
                }
            }
            if let Some(divisor) = &part.multiple_of {
                push(Atom::MultipleOf(divisor.clone()));
            }
        }
        if let Some(part) = &node.string {
            part.min_length.filter(|&length| length > 0).map(Atom::MinLength).map(&mut push);
            part.max_length.map(Atom::MaxLength).map(&mut push);
            let languages = [&part.pattern, &part.format].into_iter().flatten();
            languages
                .filter(|pattern| !pattern.accepts_everything())
                .for_each(|pattern| push(Atom::Matches(pattern.clone())));
        }
        if let Some(part) = &node.object {
            object_atoms(arena, part, &mut push);
        }
        if let Some(part) = &node.array {
            let classes = |nodes: &[NodeId]| nodes.iter().map(|&node| arena.class(node)).collect::<Vec<_>>();
            let rest = part.rest.map(|node| arena.class(node)).filter(|&node| !is_anything(arena, node));
            let mut prefix = classes(&part.prefix);
            while rest.is_none() && prefix.last().is_some_and(|&node| is_anything(arena, node)) {
                prefix.pop();
            }
            while prefix.last().is_some_and(|&node| Some(node) == rest) {
                prefix.pop();
            }
            if !prefix.is_empty() || rest.is_some() {
                push(Atom::Items(Rc::new(Items { prefix, rest })));
            }
            if let Some(contains) = part.contains {
                let min = part.min_contains.unwrap_or(1);
                if min > 0 || part.max_contains.is_some() {
                    push(Atom::Contains(arena.class(contains), min, part.max_contains));
                }
            }
            part.min_items.filter(|&count| count > 0).map(Atom::MinItems).map(&mut push);
            part.max_items.map(Atom::MaxItems).map(&mut push);
            if part.unique && part.max_items.is_none_or(|count| count > 1) {
                push(Atom::Unique);
            }
        }
        if let Some(logic) = &node.logic {
            self.collect_logic(arena, logic, atoms, pending);
        }
    }

    fn collect_logic(
        &mut self,
        arena: &mut Arena,
        logic: &Logic,
        atoms: &mut Vec<AtomId>,
        pending: &mut Vec<NodeId>,
    ) {
        pending.extend(logic.all_of.iter().map(|&member| arena.class(member)));
        if let Some(branches) = &logic.any_of {
            let mut branches: Vec<NodeId> = branches.iter().map(|&branch| arena.class(branch)).collect();
            branches.retain(|&branch| !is_nothing(arena, branch));
            branches.sort_unstable();
            branches.dedup();
            match branches[..] {
                [] => atoms.push(self.id(Atom::Kinds(Kinds::NONE))),
                [only] => pending.push(only),
                _ if branches.iter().any(|&branch| is_anything(arena, branch)) => {}
                _ if branches.iter().all(|&branch| listed(arena.node(branch)).is_some()) => {
                    let listed = branches.iter().filter_map(|&branch| listed(arena.node(branch)));
                    let values = listed.flatten().cloned().collect();
                    atoms.push(self.one_of(values));
                }
                _ => atoms.push(self.id(Atom::AnyOf(branches.into()))),
            }
        }
        if let Some(branches) = &logic.one_of {
            let mut branches: Vec<NodeId> = branches.iter().map(|&branch| arena.class(branch)).collect();
            branches.retain(|&branch| !is_nothing(arena, branch));
            branches.sort_unstable();
            match branches[..] {
                [] => atoms.push(self.id(Atom::Kinds(Kinds::NONE))),
                [only] => pending.push(only),
                _ => atoms.push(self.id(Atom::OneOf(branches.into()))),
            }
        }
        if let Some(inner) = logic.not {
            atoms.push(self.id(Atom::Not(arena.class(inner))));
        }
        if let Some(condition) = &logic.condition {
            let anything = arena.intern(Node::anything());
            let or_anything = |node: Option<NodeId>| node.map_or(anything, |node| arena.class(node));
            let (then, otherwise) = (or_anything(condition.then), or_anything(condition.otherwise));
            if then != anything || otherwise != anything {
                atoms.push(self.id(Atom::If(arena.class(condition.test), then, otherwise)));
            }
        }
    }
}

fn object_atoms(arena: &Arena, part: &ObjectPart, push: &mut impl FnMut(Atom)) {
    let rest = part.additional.map(|node| arena.class(node)).filter(|&node| !is_anything(arena, node));
    let mut named: Vec<(Arc<str>, NodeId)> =
        part.properties.iter().map(|(name, node)| (name.clone(), arena.class(*node))).collect();
    let mut patterns: Vec<(Pattern, NodeId)> =
        part.patterns.iter().map(|(pattern, node)| (pattern.clone(), arena.class(*node))).collect();
    if rest.is_none() {
        named.retain(|(_, node)| !is_anything(arena, *node));
        patterns.retain(|(_, node)| !is_anything(arena, *node));
    }
    if !named.is_empty() || !patterns.is_empty() || rest.is_some() {
        push(Atom::Properties(Rc::new(Properties { named, patterns, rest })));
    }
    if let Some(names) = part.names.map(|node| arena.class(node)).filter(|&node| !is_anything(arena, node)) {
        push(Atom::Names(names));
    }
    part.required.iter().for_each(|name| push(Atom::Required(name.clone())));
    part.min_properties.filter(|&count| count > 0).map(Atom::MinProperties).map(&mut *push);
    part.max_properties.map(Atom::MaxProperties).map(&mut *push);
    for (name, names) in &part.dependent_required {
        push(Atom::RequiredWith(name.clone(), names.as_slice().into()));
    }
    for (name, node) in &part.dependent_schemas {
        push(Atom::SchemaWith(name.clone(), arena.class(*node)));
    }
}

pub(super) fn is_anything(arena: &Arena, class: NodeId) -> bool {
    *arena.node(class) == Node::anything()
}

pub(super) fn is_nothing(arena: &Arena, class: NodeId) -> bool {
    arena.node(class).kinds.is_empty()
}

/// The values of a node that does nothing but list them.
fn listed(node: &Node) -> Option<&[Value]> {
    let listed = match (&node.values, &node.constant) {
        (Some(values), None) => values,
        (None, Some(constant)) => std::slice::from_ref(constant),
        _ => return None,
    };
    let Node { values: _, constant: _, kinds, number, string, object, array, logic, unsupported } = node;
    let says_more = number.is_some() || string.is_some() || object.is_some() || array.is_some();
    let is_narrowed = listed.iter().any(|value| !value.kind().is_within(*kinds));
    (!says_more && !is_narrowed && logic.is_none() && unsupported.is_none()).then_some(listed)
}

/// The node that makes one assertion.
fn node_of(atom: &Atom) -> Node {
    let mut node = Node::anything();
    match atom.clone() {
        Atom::Kinds(kinds) => node.kinds = kinds,
        Atom::Values(values) => node.values = Some(values),
        Atom::Unsupported(unknown) => node.unsupported = Some(unknown),
        Atom::AtLeast(_) | Atom::AtMost(_) | Atom::MultipleOf(_) => {
            let part = node.number.get_or_insert_default();
            match atom.clone() {
                Atom::AtLeast(limit) if limit.exclusive => part.exclusive_minimum = Some(limit.value),
                Atom::AtLeast(limit) => part.minimum = Some(limit.value),
                Atom::AtMost(limit) if limit.exclusive => part.exclusive_maximum = Some(limit.value),
                Atom::AtMost(limit) => part.maximum = Some(limit.value),
                Atom::MultipleOf(divisor) => part.multiple_of = Some(divisor),
                _ => {}
            }
        }
        Atom::MinLength(length) => node.string.get_or_insert_default().min_length = Some(length),
        Atom::MaxLength(length) => node.string.get_or_insert_default().max_length = Some(length),
        Atom::Matches(pattern) => node.string.get_or_insert_default().pattern = Some(pattern),
        Atom::Properties(properties) => {
            let part = node.object.get_or_insert_default();
            part.properties = properties.named.clone();
            part.patterns = properties.patterns.clone();
            part.additional = properties.rest;
        }
        Atom::Names(names) => node.object.get_or_insert_default().names = Some(names),
        Atom::Required(name) => node.object.get_or_insert_default().required = vec![name],
        Atom::MinProperties(count) => node.object.get_or_insert_default().min_properties = Some(count),
        Atom::MaxProperties(count) => node.object.get_or_insert_default().max_properties = Some(count),
        Atom::RequiredWith(name, names) => {
            node.object.get_or_insert_default().dependent_required = vec![(name, names.to_vec())];
        }
        Atom::SchemaWith(name, schema) => {
            node.object.get_or_insert_default().dependent_schemas = vec![(name, schema)];
        }
        Atom::Items(items) => {
            let part = node.array.get_or_insert_default();
            part.prefix = items.prefix.clone();
            part.rest = items.rest;
        }
        Atom::Contains(schema, min, max) => {
            let part = node.array.get_or_insert_default();
            part.contains = Some(schema);
            part.min_contains = Some(min);
            part.max_contains = max;
        }
        Atom::MinItems(count) => node.array.get_or_insert_default().min_items = Some(count),
        Atom::MaxItems(count) => node.array.get_or_insert_default().max_items = Some(count),
        Atom::Unique => node.array.get_or_insert_default().unique = true,
        Atom::AnyOf(branches) => node.logic.get_or_insert_default().any_of = Some(branches.to_vec()),
        Atom::OneOf(branches) => node.logic.get_or_insert_default().one_of = Some(branches.to_vec()),
        Atom::Not(inner) => node.logic.get_or_insert_default().not = Some(inner),
        Atom::If(test, then, otherwise) => {
            let condition = super::node::Condition { test, then: Some(then), otherwise: Some(otherwise) };
            node.logic.get_or_insert_default().condition = Some(condition);
        }
    }
    node
}
