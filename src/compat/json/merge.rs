//! Which nodes say the same, recursive ones included: the coarsest partition in which nodes of a group have
//! the same shape and, one by one, children of the same groups.

use std::cmp::Reverse;

use super::Map;
use super::node::NodeId;

/// Times that all edges may be looked at. Nodes of cycles that are not told apart by then are not merged.
const ROUNDS: usize = 60;

/// Which nodes lead to a node.
pub(super) struct Parents {
    /// Where the parents of a node begin, and at the next position where they end.
    begins: Vec<u32>,
    parents: Vec<NodeId>,
}

impl Parents {
    pub(super) fn of(children: &[Box<[NodeId]>]) -> Parents {
        let mut begins = vec![0_u32; children.len() + 1];
        for child in children.iter().flatten() {
            begins[child.0 as usize + 1] += 1;
        }
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let mut next = begins.clone();
        let mut parents = vec![NodeId(0); begins.last().map_or(0, |&count| count as usize)];
        for (parent, children) in children.iter().enumerate() {
            for child in children {
                let next = &mut next[child.0 as usize];
                parents[*next as usize] = NodeId(parent as u32);
                *next += 1;
            }
        }
        Parents { begins, parents }
    }

    pub(super) fn of_node(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let at = node.0 as usize;
        self.parents[self.begins[at] as usize..self.begins[at + 1] as usize].iter().copied()
    }
}

/// The group of every node, as the number of one node of the group.
///
/// Nodes that lead to no cycle are numbered from the leaves up. The others are taken to be the same until
/// they are told apart.
pub(super) fn groups(shapes: &[u32], children: &[Box<[NodeId]>], parents: &Parents) -> Vec<u32> {
    let count = shapes.len();
    let mut groups: Vec<u32> = (0..count as u32).collect();
    let mut open: Vec<usize> = children.iter().map(|children| children.len()).collect();
    let mut ready: Vec<usize> = (0..count).filter(|&at| open[at] == 0).collect();
    let mut is_done = vec![false; count];
    let mut same: Map<Signature, u32> = Map::default();
    while let Some(at) = ready.pop() {
        is_done[at] = true;
        let signature = signature(shapes[at], &children[at], &groups);
        groups[at] = *same.entry(signature).or_insert(at as u32);
        for parent in parents.of_node(NodeId(at as u32)) {
            let parent = parent.0 as usize;
            open[parent] -= 1;
            if open[parent] == 0 {
                ready.push(parent);
            }
        }
    }
    let rest: Vec<u32> = (0..count as u32).filter(|&at| !is_done[at as usize]).collect();
    let is_split = split(&rest, shapes, children, parents, &mut groups);
    let mut first: Map<u32, u32> = Map::default();
    for at in rest {
        let group = &mut groups[at as usize];
        *group = if is_split { *first.entry(*group).or_insert(at) } else { at };
    }
    groups
}

/// A number of its own, and the groups of the children.
type Signature = (u32, Box<[u32]>);

fn signature(own: u32, children: &[NodeId], groups: &[u32]) -> Signature {
    (own, children.iter().map(|child| groups[child.0 as usize]).collect())
}

/// Tell nodes apart whose children were told apart, until there is nothing to do any more; `false` when
/// that takes too long.
///
/// A group that falls apart leaves its number to the members whose children did not change, or else to the
/// most numerous part: only the other parts, which get new numbers, are news to their parents.
fn split(
    rest: &[u32],
    shapes: &[u32],
    children: &[Box<[NodeId]>],
    parents: &Parents,
    groups: &mut [u32],
) -> bool {
    let mut first: Map<u32, u32> = Map::default();
    let mut sizes: Map<u32, usize> = Map::default();
    let mut is_of_rest = vec![false; groups.len()];
    for &at in rest {
        is_of_rest[at as usize] = true;
        let group = *first.entry(shapes[at as usize]).or_insert(at);
        groups[at as usize] = group;
        *sizes.entry(group).or_default() += 1;
    }
    let edges: usize = rest.iter().map(|&at| 1 + children[at as usize].len()).sum();
    let mut work = edges * ROUNDS;
    let mut dirty: Vec<u32> = rest.to_vec();
    let mut next_number = groups.len() as u32;
    while !dirty.is_empty() {
        let mut parts: Map<Signature, Vec<u32>> = Map::default();
        let mut dirty_of: Map<u32, usize> = Map::default();
        for &at in &dirty {
            let Some(left) = work.checked_sub(1 + children[at as usize].len()) else { return false };
            work = left;
            *dirty_of.entry(groups[at as usize]).or_default() += 1;
            let signature = signature(groups[at as usize], &children[at as usize], groups);
            parts.entry(signature).or_default().push(at);
        }
        let mut by_group: Map<u32, Vec<Vec<u32>>> = Map::default();
        for ((group, _), members) in parts {
            by_group.entry(group).or_default().push(members);
        }
        let mut renamed = Vec::new();
        for (group, mut parts) in by_group {
            if sizes[&group] == dirty_of[&group] {
                let largest = (0..parts.len()).max_by_key(|&at| (parts[at].len(), Reverse(parts[at][0])));
                largest.into_iter().for_each(|part| drop(parts.swap_remove(part)));
            }
            for part in parts {
                *sizes.entry(group).or_default() -= part.len();
                sizes.insert(next_number, part.len());
                part.iter().for_each(|&at| groups[at as usize] = next_number);
                next_number += 1;
                renamed.extend(part);
            }
        }
        dirty = renamed.into_iter().flat_map(|at| parents.of_node(NodeId(at))).map(|it| it.0).collect();
        dirty.retain(|&at| is_of_rest[at as usize]);
        dirty.sort_unstable();
        dirty.dedup();
    }
    true
}
