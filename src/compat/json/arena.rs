//! Where the nodes of both documents live, and which of them say the same.

use std::collections::HashMap;

use super::node::{Node, NodeId, ObjectPart};
use crate::compat::report::Why;

/// Rounds of telling nodes of cycles apart. Chains through more definitions than that are not merged.
const ROUNDS: usize = 300;

/// A place in one of the documents of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::compat) struct At {
    pub(in crate::compat) side: Side,
    /// As the schema counts its documents; 0 is its own.
    pub(in crate::compat) document: usize,
    /// The first byte of the schema object.
    pub(in crate::compat) start: usize,
}

/// Which of the two schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::compat) enum Side {
    Reader,
    Writer,
}

/// The nodes of a reader and a writer.
#[derive(Debug, Clone)]
pub(in crate::compat) struct Arena {
    nodes: Vec<Node>,
    places: Vec<Option<At>>,
    classes: Vec<NodeId>,
    known: HashMap<Node, NodeId>,
    unfolded: HashMap<NodeId, Result<NodeId, Why>>,
    reader: NodeId,
    writer: NodeId,
}

impl Arena {
    /// Of raw nodes and their places.
    pub(super) fn new(nodes: Vec<Node>, places: Vec<Option<At>>, reader: NodeId, writer: NodeId) -> Arena {
        let classes = (0..nodes.len()).map(|at| NodeId(at as u32)).collect();
        let (known, unfolded) = Default::default();
        let mut arena = Arena { nodes, places, classes, known, unfolded, reader, writer };
        arena.merge();
        arena
    }

    /// The reader's schema, raw.
    pub(in crate::compat) fn reader(&self) -> NodeId {
        self.reader
    }

    /// The writer's schema, raw.
    pub(in crate::compat) fn writer(&self) -> NodeId {
        self.writer
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The node that speaks for all that say the same.
    pub(super) fn class(&self, id: NodeId) -> NodeId {
        self.classes[id.0 as usize]
    }

    /// Where a raw node stands; `None` for one that was made up.
    pub(super) fn at(&self, id: NodeId) -> Option<At> {
        self.places.get(id.0 as usize).copied().flatten()
    }

    /// The class of a made-up node.
    pub(super) fn intern(&mut self, mut node: Node) -> NodeId {
        node.each_child_mut(&mut |child| *child = self.classes[child.0 as usize]);
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        let id = self.add(node.clone());
        self.known.insert(node, id);
        id
    }

    fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.places.push(None);
        self.classes.push(id);
        id
    }

    /// The same raw node with something taken from it. Classes have to be made anew after that.
    pub(super) fn change(&mut self, id: NodeId, change: impl FnOnce(&mut Node)) {
        change(&mut self.nodes[id.0 as usize]);
    }

    /// Find out which nodes say the same, by what they say and what their children do.
    ///
    /// Nodes that lead to no cycle are numbered from the leaves up. The others are taken to be the same
    /// until they are told apart.
    #[expect(clippy::mutable_key_type, reason = "what a pattern compiles to is no part of its hash")]
    pub(super) fn merge(&mut self) {
        self.known.clear();
        self.unfolded.clear();
        let count = self.nodes.len();
        let mut shapes: HashMap<Node, u32> = HashMap::new();
        let mut shape_of = Vec::with_capacity(count);
        let mut children: Vec<Vec<NodeId>> = Vec::with_capacity(count);
        let mut parents: Vec<Vec<u32>> = vec![Vec::new(); count];
        for at in 0..count {
            let mut shape = self.nodes[at].clone();
            let mut below = Vec::new();
            shape.each_child_mut(&mut |child| {
                below.push(*child);
                *child = NodeId(0);
            });
            for child in &below {
                parents[child.0 as usize].push(at as u32);
            }
            let next = shapes.len() as u32;
            shape_of.push(*shapes.entry(shape).or_insert(next));
            children.push(below);
        }
        let mut classes: Vec<NodeId> = (0..count).map(|at| NodeId(at as u32)).collect();
        let mut open: Vec<usize> = children.iter().map(Vec::len).collect();
        let mut ready: Vec<usize> = (0..count).filter(|&at| open[at] == 0).collect();
        let mut is_done = vec![false; count];
        let mut same: HashMap<(u32, Vec<NodeId>), NodeId> = HashMap::new();
        while let Some(at) = ready.pop() {
            is_done[at] = true;
            let below = children[at].iter().map(|child| classes[child.0 as usize]).collect();
            classes[at] = *same.entry((shape_of[at], below)).or_insert(NodeId(at as u32));
            for &parent in &parents[at] {
                open[parent as usize] -= 1;
                if open[parent as usize] == 0 {
                    ready.push(parent as usize);
                }
            }
        }
        let rest: Vec<usize> = (0..count).filter(|&at| !is_done[at]).collect();
        self.split(&rest, &shape_of, &children, &mut classes);
        self.classes = classes;
        for at in 0..count {
            if self.classes[at].0 as usize == at {
                let mut node = self.nodes[at].clone();
                node.each_child_mut(&mut |child| *child = self.classes[child.0 as usize]);
                self.known.entry(node).or_insert(NodeId(at as u32));
            }
        }
    }

    fn split(&self, rest: &[usize], shapes: &[u32], children: &[Vec<NodeId>], classes: &mut [NodeId]) {
        let mut first: HashMap<u32, NodeId> = HashMap::new();
        for &at in rest {
            classes[at] = *first.entry(shapes[at]).or_insert(NodeId(at as u32));
        }
        let mut count = first.len();
        for _ in 0..ROUNDS {
            let mut seen: HashMap<(NodeId, Vec<NodeId>), NodeId> = HashMap::new();
            let mut next = Vec::with_capacity(rest.len());
            for &at in rest {
                let below = children[at].iter().map(|child| classes[child.0 as usize]).collect();
                next.push(*seen.entry((classes[at], below)).or_insert(NodeId(at as u32)));
            }
            for (&at, class) in rest.iter().zip(next) {
                classes[at] = class;
            }
            if seen.len() == count {
                return;
            }
            count = seen.len();
        }
        for &at in rest {
            classes[at] = NodeId(at as u32);
        }
    }

    /// A class that says the same without `unevaluated…`.
    ///
    /// # Errors
    /// When what is evaluated depends on the value.
    pub(super) fn unfolded(&mut self, class: NodeId) -> Result<NodeId, Why> {
        let node = self.node(class);
        let of_object = node.object.as_ref().is_some_and(|part| part.unevaluated.is_some());
        let of_array = node.array.as_ref().is_some_and(|part| part.unevaluated.is_some());
        if !of_object && !of_array {
            return Ok(class);
        }
        if let Some(known) = self.unfolded.get(&class) {
            return known.clone();
        }
        let answer = super::unfold::unfold(self, class);
        self.unfolded.insert(class, answer.clone());
        answer
    }
}

impl Node {
    /// Every node that it speaks of, in an order of its own.
    pub(super) fn each_child_mut(&mut self, visit: &mut dyn FnMut(&mut NodeId)) {
        if let Some(part) = &mut self.object {
            let ObjectPart {
                properties, patterns, additional, names, dependent_schemas, unevaluated, ..
            } = part.as_mut();
            properties.iter_mut().for_each(|(_, node)| visit(node));
            patterns.iter_mut().for_each(|(_, node)| visit(node));
            dependent_schemas.iter_mut().for_each(|(_, node)| visit(node));
            [additional, names, unevaluated].into_iter().flatten().for_each(&mut *visit);
        }
        if let Some(part) = &mut self.array {
            part.prefix.iter_mut().for_each(&mut *visit);
            [&mut part.rest, &mut part.contains, &mut part.unevaluated]
                .into_iter()
                .flatten()
                .for_each(&mut *visit);
        }
        if let Some(logic) = &mut self.logic {
            logic.all_of.iter_mut().for_each(&mut *visit);
            logic.any_of.iter_mut().flatten().for_each(&mut *visit);
            logic.one_of.iter_mut().flatten().for_each(&mut *visit);
            logic.not.iter_mut().for_each(&mut *visit);
            if let Some(condition) = &mut logic.condition {
                visit(&mut condition.test);
                condition.then.iter_mut().for_each(&mut *visit);
                condition.otherwise.iter_mut().for_each(&mut *visit);
            }
        }
    }
}
