//! Readers that put defaults in place.
//!
//! A property that has a default is there when its object is validated. Nothing but the `required` beside
//! it is looked at differently for that: where other keywords of the same object would see a property that
//! was not there before, nothing is decided.

use std::collections::BTreeSet;

use super::arena::Arena;
use super::atoms::unsupported;
use super::build::Filling;
use super::node::{Node, NodeId, ObjectPart};
use super::validate;
use super::value::Value;
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::report::Why;

/// Why nothing is decided.
const SEEN: &str = "a default that other keywords see";

/// A property that has a default need not be there, if the default is one that its schema accepts.
///
/// What only some objects are of, a branch or a condition, puts no default in place: it would have to be
/// known beforehand which those are.
pub(super) fn fill(arena: &mut Arena, defaults: Vec<Filling>, fuel: &mut Fuel) -> Result<(), Why> {
    let neighbours = Neighbours::of(arena);
    let owners: BTreeSet<NodeId> = defaults.iter().map(|default| default.owner).collect();
    let mut filled = Vec::new();
    for default in defaults {
        let properties = arena.node(default.owner).object.iter().flat_map(|part| &part.properties);
        let child = properties.into_iter().find(|(name, _)| *name == default.name).map(|(_, child)| *child);
        let Some(child) = child else { continue };
        let meets = neighbours.meets[default.owner.0 as usize];
        if !meets.all {
            continue;
        }
        // A default that defaults are put into is not what it looks like.
        let below = neighbours.within(child, fuel)?;
        if owners.iter().any(|owner| below.contains(owner)) {
            return Err(unsupported(SEEN));
        }
        if !validate::accepts(arena, child, &default.value, fuel)? {
            continue;
        }
        let mut is_seen = meets.some || neighbours.is_seen_around(arena, default.owner, fuel)?;
        for other in neighbours.together(default.owner, fuel)? {
            is_seen = is_seen || sees(arena, other, &default, fuel)?;
        }
        if is_seen {
            return Err(unsupported(SEEN));
        }
        filled.push(default);
    }
    for Filling { owner, name, .. } in filled {
        arena.change(owner, |node| {
            node.object.iter_mut().for_each(|part| part.required.retain(|required| *required != name));
        });
    }
    arena.merge();
    Ok(())
}

/// Does it make a difference to a schema of the object, besides that the property is not missing any more
/// where the default stands?
fn sees(arena: &Arena, id: NodeId, default: &Filling, fuel: &mut Fuel) -> Result<bool, Why> {
    let Filling { owner, name, value } = default;
    let node = arena.node(id);
    let is_object = |value: &Value| matches!(value, Value::Object(_));
    let is_listed = node.values.iter().flat_map(|values| values.iter()).chain(&node.constant).any(is_object);
    let Some(part) = &node.object else { return Ok(is_listed) };
    let ObjectPart { required, dependent_required, dependent_schemas, .. } = part.as_ref();
    let counts = part.min_properties.is_some() || part.max_properties.is_some();
    let depends = dependent_required.iter().any(|(of, on)| of == name || on.contains(name))
        || dependent_schemas.iter().any(|(of, _)| of == name);
    let is_elsewhere = id != *owner && (required.contains(name) || part.unevaluated.is_some());
    if is_listed || counts || depends || is_elsewhere {
        return Ok(true);
    }
    let mut schemas: Vec<NodeId> =
        part.properties.iter().filter(|(known, _)| known == name).map(|(_, schema)| *schema).collect();
    for (pattern, schema) in &part.patterns {
        match pattern.is_match(name) {
            Some(true) => schemas.push(*schema),
            Some(false) => {}
            None => return Ok(true),
        }
    }
    if schemas.is_empty() {
        schemas.extend(part.additional);
    }
    for schema in schemas {
        if !validate::accepts(arena, schema, value, fuel)? {
            return Ok(true);
        }
    }
    match part.names {
        Some(names) => Ok(!validate::accepts(arena, names, &Value::String(name.clone()), fuel)?),
        None => Ok(false),
    }
}

/// Which schemas are of the same value.
struct Neighbours {
    beside: Vec<Vec<NodeId>>,
    /// Schemas of parts.
    below: Vec<Vec<NodeId>>,
    /// Schemas of what each is a schema of a part of.
    above: Vec<Vec<NodeId>>,
    meets: Vec<Meets>,
}

/// Of which values a schema is, wherever it is referred to.
#[derive(Clone, Copy, Default)]
struct Meets {
    /// All that are in a place.
    all: bool,
    /// Those that take a branch, on the way to the place or in it.
    some: bool,
}

impl Neighbours {
    fn of(arena: &Arena) -> Neighbours {
        let mut beside = vec![Vec::new(); arena.len()];
        let below: Vec<Vec<NodeId>> =
            (0..arena.len()).map(|at| below(arena.node(NodeId(at as u32)))).collect();
        let mut above = vec![Vec::new(); arena.len()];
        for (at, parts) in below.iter().enumerate() {
            parts.iter().for_each(|part| above[part.0 as usize].push(NodeId(at as u32)));
        }
        for at in (0..arena.len()).map(|at| NodeId(at as u32)) {
            let node = arena.node(at);
            let dependent =
                node.object.iter().flat_map(|part| &part.dependent_schemas).map(|(_, inner)| *inner);
            for inner in dependent.chain(node.logic.iter().flat_map(|logic| logic.in_place())) {
                beside[at.0 as usize].push(inner);
                beside[inner.0 as usize].push(at);
            }
        }
        let mut meets = vec![Meets::default(); arena.len()];
        let mut pending = vec![(arena.reader(), Meets { all: true, some: false })];
        while let Some((at, how)) = pending.pop() {
            let known = &mut meets[at.0 as usize];
            let (all, some) = (known.all || how.all, known.some || how.some);
            if (all, some) == (known.all, known.some) {
                continue;
            }
            *known = Meets { all, some };
            let node = arena.node(at);
            let below = below[at.0 as usize].iter().copied();
            let same = node.logic.iter().flat_map(|logic| &logic.all_of).copied().chain(below);
            pending.extend(same.map(|it| (it, Meets { all, some })));
            pending.extend(chosen(node).into_iter().map(|it| (it, Meets { all: false, some: true })));
        }
        Neighbours { beside, below, above, meets }
    }

    /// Does a schema of something that the object is a part of look at the whole of it, or may it look at the
    /// object by way of another schema?
    fn is_seen_around(&self, arena: &Arena, owner: NodeId, fuel: &mut Fuel) -> Result<bool, Why> {
        let (mut found, mut pending) = (BTreeSet::new(), vec![owner]);
        while let Some(node) = pending.pop() {
            for same in self.together(node, fuel)? {
                for &around in &self.above[same.0 as usize] {
                    if found.insert(around) {
                        fuel.spend(1).map_err(|Exhausted| Why::Fuel)?;
                        pending.push(around);
                    }
                }
            }
        }
        for &around in &found {
            for same in self.together(around, fuel)? {
                if looks_deep(arena.node(same)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The schema, and all of parts of what it is a schema of.
    fn within(&self, node: NodeId, fuel: &mut Fuel) -> Result<BTreeSet<NodeId>, Why> {
        let (mut found, mut pending) = (BTreeSet::new(), vec![node]);
        while let Some(node) = pending.pop() {
            for same in self.together(node, fuel)? {
                if found.insert(same) {
                    pending.extend(&self.below[same.0 as usize]);
                }
            }
        }
        Ok(found)
    }

    /// The schema and all that may be of the same value.
    fn together(&self, node: NodeId, fuel: &mut Fuel) -> Result<Vec<NodeId>, Why> {
        let (mut found, mut pending) = (BTreeSet::new(), vec![node]);
        while let Some(node) = pending.pop() {
            if found.insert(node) {
                let beside = &self.beside[node.0 as usize];
                fuel.spend(1 + beside.len()).map_err(|Exhausted| Why::Fuel)?;
                pending.extend(beside);
            }
        }
        Ok(found.into_iter().collect())
    }
}

/// Does the schema say something of a whole value and all in it, or may several schemas of one part follow
/// from it?
fn looks_deep(node: &Node) -> bool {
    let has_parts = |value: &Value| matches!(value, Value::Object(_) | Value::Array(_));
    let lists = node.values.iter().flat_map(|values| values.iter()).chain(&node.constant).any(has_parts);
    let of_items = node.array.as_ref().is_some_and(|part| part.unique || part.contains.is_some());
    let of_members = node.object.as_ref().is_some_and(|part| {
        part.patterns.len() + usize::from(!part.properties.is_empty()) > 1
            || !part.dependent_schemas.is_empty()
    });
    lists || of_items || of_members || node.logic.is_some()
}

/// Schemas of the parts of a value.
fn below(node: &Node) -> Vec<NodeId> {
    let mut found = Vec::new();
    if let Some(part) = &node.object {
        found.extend(part.properties.iter().map(|(_, schema)| *schema));
        found.extend(part.patterns.iter().map(|(_, schema)| *schema));
        found.extend(part.additional.iter().chain(&part.unevaluated));
    }
    if let Some(part) = &node.array {
        found.extend(part.prefix.iter().chain(&part.rest).chain(&part.contains).chain(&part.unevaluated));
    }
    found
}

/// Schemas of the same value, of which it need not be.
fn chosen(node: &Node) -> Vec<NodeId> {
    let dependent = node.object.iter().flat_map(|part| &part.dependent_schemas).map(|(_, schema)| *schema);
    let mut found: Vec<NodeId> = dependent.collect();
    if let Some(logic) = &node.logic {
        let is_chosen = |schema: &NodeId| !logic.all_of.contains(schema);
        found.extend(logic.in_place().filter(is_chosen));
    }
    found
}
