//! `unevaluatedProperties` and `unevaluatedItems` said without themselves.
//!
//! Each schema in place speaks of some properties and items, provided that the value is one of certain
//! others: the branch of `anyOf` that it stands in, the `if` that it follows. A part of a value that is
//! spoken of by none whose condition holds is unevaluated. Said the other way round: for every part, one of
//! those conditions holds, or the part is of the schema for unevaluated ones. That needs no `not`, and no
//! case for every combination of branches: names are looked at one by one. Only patterns and `contains`,
//! which speak of parts that cannot be listed, are told apart by which of their conditions hold.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::arena::Arena;
use super::atoms::{is_nothing, unsupported};
use super::node::{ArrayPart, Kinds, Logic, Node, NodeId, ObjectPart};
use super::strings::Pattern;
use super::validate;
use crate::compat::report::Why;

/// In-place schemas that are looked through.
const MANY: usize = 256;
/// Conditions of patterns, or of `contains`, that are told apart: each doubles the cases.
const CHOICES: usize = 6;
/// Items of prefixes that are written down, all cases together.
const ITEMS: usize = 20_000;

/// What is not decided, for validators differ.
pub(super) const UNCLEAR: &str = "unevaluatedItems beside contains before 2020-12";

/// Classes that all have to accept the value; sorted. Without any it always holds.
type When = Vec<NodeId>;

/// What a schema evaluates, when it is looked at.
struct Speaker {
    when: When,
    names: Vec<Arc<str>>,
    patterns: Vec<Pattern>,
    all_properties: bool,
    prefix: usize,
    contains: Option<NodeId>,
    /// Of a draft before 2020-12, where `contains` evaluates nothing; but there are validators that think
    /// it does.
    is_unclear: bool,
    all_items: bool,
}

pub(super) fn unfold(arena: &mut Arena, class: NodeId) -> Result<NodeId, Why> {
    let mut plain = arena.node(class).clone();
    let of_object = plain.object.as_mut().and_then(|part| part.unevaluated.take());
    let of_array = plain.array.as_mut().and_then(|part| part.unevaluated.take());
    let mut hearing = Hearing {
        arena,
        object: of_object.is_some(),
        array: of_array.is_some(),
        speakers: Vec::new(),
        path: vec![class],
        seen: HashSet::new(),
    };
    hearing.listen(&plain, &[])?;
    let Hearing { speakers, .. } = hearing;
    let mut all_of = vec![arena.intern(plain)];
    if let Some(unevaluated) = of_object {
        all_of.push(properties(arena, &speakers, unevaluated)?);
    }
    if let Some(unevaluated) = of_array {
        all_of.push(items(arena, &speakers, unevaluated)?);
    }
    Ok(arena.all_of(all_of))
}

/// Finds out who speaks, and when.
struct Hearing<'a> {
    arena: &'a mut Arena,
    object: bool,
    array: bool,
    speakers: Vec<Speaker>,
    /// The schemas that are being looked through, each in place of the one before.
    path: Vec<NodeId>,
    seen: HashSet<(NodeId, When)>,
}

impl Hearing<'_> {
    /// What the node speaks of itself, and what those in place of it do.
    fn listen(&mut self, node: &Node, when: &[NodeId]) -> Result<(), Why> {
        if let Some(unknown) = &node.unsupported {
            return Err(unsupported(&unknown.keyword));
        }
        let object = node.object.as_deref().filter(|_| self.object);
        let array = node.array.as_deref().filter(|_| self.array);
        self.speakers.push(Speaker {
            when: when.to_vec(),
            names: object.iter().flat_map(|it| &it.properties).map(|(name, _)| name.clone()).collect(),
            patterns: object.iter().flat_map(|it| &it.patterns).map(|(pattern, _)| pattern.clone()).collect(),
            all_properties: object.is_some_and(|it| it.additional.is_some() || it.unevaluated.is_some()),
            prefix: array.map_or(0, |it| it.prefix.len()),
            contains: array.filter(|it| it.contains_evaluates).and_then(|it| it.contains),
            is_unclear: array.is_some_and(|it| it.contains.is_some() && !it.contains_evaluates),
            all_items: array.is_some_and(|it| it.rest.is_some() || it.unevaluated.is_some()),
        });
        for (name, dependent) in node.object.iter().flat_map(|part| &part.dependent_schemas) {
            let required = ObjectPart { required: vec![name.clone()], ..ObjectPart::default() };
            let required = Some(Box::new(required));
            // Anything but an object has all the properties that are required of it.
            let present = Node { kinds: Kinds::OBJECT, object: required, ..Node::anything() };
            let present = self.arena.intern(present);
            self.visit(*dependent, when, Some(present))?;
        }
        let Some(logic) = &node.logic else { return Ok(()) };
        for &member in &logic.all_of {
            self.visit(member, when, None)?;
        }
        for &branch in [&logic.any_of, &logic.one_of].into_iter().flatten().flatten() {
            self.visit(branch, when, Some(branch))?;
        }
        if let Some(condition) = &logic.condition {
            self.visit(condition.test, when, Some(condition.test))?;
            if let Some(then) = condition.then {
                self.visit(then, when, Some(condition.test))?;
            }
            if let Some(otherwise) = condition.otherwise {
                let not = Logic { not: Some(condition.test), ..Logic::default() };
                let fails = self.arena.intern(Node { logic: Some(Box::new(not)), ..Node::anything() });
                self.visit(otherwise, when, Some(fails))?;
            }
        }
        Ok(())
    }

    fn visit(&mut self, node: NodeId, when: &[NodeId], also: Option<NodeId>) -> Result<(), Why> {
        let class = self.arena.class(node);
        // What a schema speaks of in place of itself it speaks of anyway.
        if self.path.contains(&class) || !speaks(self.arena, class, self.object, self.array) {
            return Ok(());
        }
        let mut when = when.to_vec();
        when.extend(also.map(|also| self.arena.class(also)));
        when.sort_unstable();
        when.dedup();
        if !self.seen.insert((class, when.clone())) {
            return Ok(());
        }
        if self.seen.len() > MANY {
            return Err(unsupported("unevaluated properties or items of so many schemas"));
        }
        self.path.push(class);
        let node = self.arena.node(class).clone();
        let heard = self.listen(&node, &when);
        self.path.pop();
        heard
    }
}

impl Speaker {
    fn always(&self) -> bool {
        self.when.is_empty()
    }

    fn names(&self, name: &Arc<str>) -> Result<bool, Why> {
        if self.names.contains(name) {
            return Ok(true);
        }
        for pattern in &self.patterns {
            if validate::matches(pattern, name)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Objects whose properties are spoken of, or of the schema for those that are not.
fn properties(arena: &mut Arena, speakers: &[Speaker], unevaluated: NodeId) -> Result<NodeId, Why> {
    let anything = arena.intern(Node::anything());
    let (of_all, of_some): (Vec<_>, Vec<_>) = speakers.iter().partition(|speaker| speaker.all_properties);
    if of_all.iter().any(|speaker| speaker.always()) {
        return Ok(anything);
    }
    let names: BTreeSet<&Arc<str>> = of_some.iter().flat_map(|speaker| &speaker.names).collect();
    let mut each = Vec::new();
    for &name in &names {
        let mut choices = Vec::new();
        let mut is_spoken_of = false;
        for speaker in &of_some {
            // Patterns are dear, and one that always speaks is enough.
            if !is_spoken_of && speaker.names(name)? {
                is_spoken_of = speaker.always();
                choices.push(arena.all_of(speaker.when.clone()));
            }
        }
        if !is_spoken_of {
            let part = ObjectPart { properties: vec![(name.clone(), unevaluated)], ..ObjectPart::default() };
            choices.push(arena.intern(Node { object: Some(Box::new(part)), ..Node::anything() }));
            each.push(any(arena, choices));
        }
    }
    let with_patterns = of_some.iter().filter(|speaker| !speaker.patterns.is_empty());
    let (always, sometimes): (Vec<_>, Vec<_>) = with_patterns.partition(|speaker| speaker.always());
    let mut cases = Vec::new();
    for chosen in subsets(&sometimes)? {
        let patterns = always.iter().chain(&chosen).flat_map(|speaker| &speaker.patterns);
        let part = ObjectPart {
            properties: names.iter().map(|&name| (name.clone(), anything)).collect(),
            patterns: patterns.map(|pattern| (pattern.clone(), anything)).collect(),
            additional: Some(unevaluated),
            ..ObjectPart::default()
        };
        let mut case = conditions(&chosen);
        case.push(arena.intern(Node { object: Some(Box::new(part)), ..Node::anything() }));
        cases.push(arena.all_of(case));
    }
    each.push(any(arena, cases));
    let mut ways: Vec<NodeId> = of_all.iter().map(|speaker| arena.all_of(speaker.when.clone())).collect();
    ways.push(arena.all_of(each));
    Ok(any(arena, ways))
}

/// Arrays whose items are spoken of, or of the schema for those that are not.
fn items(arena: &mut Arena, speakers: &[Speaker], unevaluated: NodeId) -> Result<NodeId, Why> {
    let anything = arena.intern(Node::anything());
    let (of_all, of_some): (Vec<_>, Vec<_>) = speakers.iter().partition(|speaker| speaker.all_items);
    if of_all.iter().any(|speaker| speaker.always()) {
        return Ok(anything);
    }
    if of_some.iter().any(|speaker| speaker.is_unclear) {
        return Err(unsupported(UNCLEAR));
    }
    let prefixes = of_some.iter().filter(|speaker| speaker.always()).map(|speaker| speaker.prefix);
    let spoken_of = prefixes.max().unwrap_or(0);
    // Between two of these the same ones speak.
    let ends: BTreeSet<usize> = of_some.iter().map(|speaker| speaker.prefix).collect();
    let ends: Vec<usize> = ends.into_iter().filter(|&end| end > spoken_of).collect();
    let with_contains = of_some.iter().filter(|speaker| speaker.contains.is_some());
    let (always, sometimes): (Vec<_>, Vec<_>) = with_contains.partition(|speaker| speaker.always());
    let cases_apart = subsets(&sometimes)?;
    let longest = ends.last().copied().unwrap_or(spoken_of);
    if longest.saturating_mul(ends.len() + 1).saturating_mul(cases_apart.len()) > ITEMS {
        return Err(unsupported("unevaluatedItems beside prefixes of this length"));
    }
    let mut cases = Vec::new();
    for chosen in cases_apart {
        let mut kinds = vec![unevaluated];
        kinds.extend(always.iter().chain(&chosen).filter_map(|speaker| speaker.contains));
        let item = any(arena, kinds);
        let mut case = conditions(&chosen);
        let mut start = spoken_of;
        for &end in &ends {
            let those = of_some.iter().filter(|speaker| speaker.prefix >= end);
            let mut choices: Vec<NodeId> = those.map(|speaker| arena.all_of(speaker.when.clone())).collect();
            let mut prefix = vec![anything; start];
            prefix.resize(end, item);
            let part = ArrayPart { prefix, ..ArrayPart::default() };
            choices.push(arena.intern(Node { array: Some(Box::new(part)), ..Node::anything() }));
            case.push(any(arena, choices));
            start = end;
        }
        let part = ArrayPart { prefix: vec![anything; longest], rest: Some(item), ..ArrayPart::default() };
        case.push(arena.intern(Node { array: Some(Box::new(part)), ..Node::anything() }));
        cases.push(arena.all_of(case));
    }
    let mut ways: Vec<NodeId> = of_all.iter().map(|speaker| arena.all_of(speaker.when.clone())).collect();
    ways.push(any(arena, cases));
    Ok(any(arena, ways))
}

/// Every choice of those whose conditions may hold.
fn subsets<'a>(sometimes: &[&'a Speaker]) -> Result<Vec<Vec<&'a Speaker>>, Why> {
    let mut conditions: Vec<&When> = sometimes.iter().map(|speaker| &speaker.when).collect();
    conditions.sort_unstable();
    conditions.dedup();
    if conditions.len() > CHOICES {
        return Err(unsupported("unevaluated properties or items that depend on so many choices"));
    }
    let chosen = |choice: usize, speaker: &Speaker| {
        conditions.iter().position(|when| **when == speaker.when).is_some_and(|at| choice >> at & 1 == 1)
    };
    let of = |choice| sometimes.iter().copied().filter(|speaker| chosen(choice, speaker)).collect();
    Ok((0..1 << conditions.len()).map(of).collect())
}

fn conditions(chosen: &[&Speaker]) -> Vec<NodeId> {
    chosen.iter().flat_map(|speaker| speaker.when.iter().copied()).collect()
}

/// What one of them accepts.
fn any(arena: &mut Arena, mut nodes: Vec<NodeId>) -> NodeId {
    nodes.sort_unstable();
    nodes.dedup();
    if nodes.len() > 1 {
        nodes.retain(|&node| !is_nothing(arena, arena.class(node)));
    }
    match nodes[..] {
        [] => arena.intern(Node::nothing()),
        [only] => arena.class(only),
        _ => {
            let logic = Logic { any_of: Some(nodes), ..Logic::default() };
            arena.intern(Node { logic: Some(Box::new(logic)), ..Node::anything() })
        }
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
        pending.extend(node.object.iter().flat_map(|part| &part.dependent_schemas).map(|(_, node)| *node));
        pending.extend(node.logic.iter().flat_map(|logic| logic.in_place()));
    }
    false
}
