//! Where the nodes of both documents live, and which of them say the same.

use super::Map;
use super::merge;
use super::node::{Logic, Node, NodeId, ObjectPart};
use crate::compat::report::Why;

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
    /// What every node says, but for what its children say: an index into `shapes`.
    shape_of: Vec<u32>,
    /// The children of every node, in the order in which the node is walked.
    children: Vec<Box<[NodeId]>>,
    classes: Vec<NodeId>,
    places: Vec<Option<At>>,
    shapes: Map<Node, u32>,
    /// The class of a shape with such classes for children.
    known: Map<(u32, Box<[NodeId]>), NodeId>,
    unfolded: Map<NodeId, Result<NodeId, Why>>,
    /// Nodes that were changed since classes were made.
    changed: Vec<NodeId>,
    reader: NodeId,
    writer: NodeId,
}

/// Nodes that no longer say what they said, as one for each node. What was found out about all others
/// stays true.
pub(super) struct Stale(Vec<bool>);

impl Stale {
    pub(super) fn is(&self, node: NodeId) -> bool {
        self.0.get(node.0 as usize).copied().unwrap_or(false)
    }
}

impl Arena {
    /// Of raw nodes and their places.
    pub(super) fn new(nodes: Vec<Node>, places: Vec<Option<At>>, reader: NodeId, writer: NodeId) -> Arena {
        let count = nodes.len();
        let (shapes, known, unfolded, changed) = Default::default();
        let mut arena = Arena {
            nodes,
            shape_of: Vec::with_capacity(count),
            children: Vec::with_capacity(count),
            classes: (0..count as u32).map(NodeId).collect(),
            places,
            shapes,
            known,
            unfolded,
            changed,
            reader,
            writer,
        };
        for at in 0..count {
            let mut node = std::mem::replace(&mut arena.nodes[at], Node::nothing());
            let (shape, children) = arena.taken_apart(&mut node);
            arena.nodes[at] = node;
            arena.shape_of.push(shape);
            arena.children.push(children);
        }
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
        let (shape, children) = self.taken_apart(&mut node);
        if let Some(id) = self.known.get(&(shape, children.clone())) {
            return *id;
        }
        let id = self.add(node, shape, children.clone());
        self.known.insert((shape, children), id);
        id
    }

    /// What all of them accept.
    pub(super) fn all_of(&mut self, mut nodes: Vec<NodeId>) -> NodeId {
        nodes.sort_unstable();
        nodes.dedup();
        if let [only] = nodes[..] {
            return self.class(only);
        }
        let logic = (!nodes.is_empty()).then(|| Box::new(Logic { all_of: nodes, ..Logic::default() }));
        self.intern(Node { logic, ..Node::anything() })
    }

    fn add(&mut self, node: Node, shape: u32, children: Box<[NodeId]>) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.shape_of.push(shape);
        self.children.push(children);
        self.classes.push(id);
        id
    }

    /// The shape of a node, and its children.
    fn taken_apart(&mut self, node: &mut Node) -> (u32, Box<[NodeId]>) {
        let mut children = Vec::new();
        node.each_child_mut(&mut |child| children.push(std::mem::replace(child, NodeId(0))));
        let shape = match self.shapes.get(node) {
            Some(shape) => *shape,
            None => {
                let shape = self.shapes.len() as u32;
                self.shapes.insert(node.clone(), shape);
                shape
            }
        };
        let mut back = children.iter();
        node.each_child_mut(&mut |child| back.next().into_iter().for_each(|&it| *child = it));
        (shape, children.into())
    }

    /// The same raw node with something taken from it. Classes have to be made anew after that.
    pub(super) fn change(&mut self, id: NodeId, change: impl FnOnce(&mut Node)) {
        let at = id.0 as usize;
        let mut node = std::mem::replace(&mut self.nodes[at], Node::nothing());
        change(&mut node);
        (self.shape_of[at], self.children[at]) = self.taken_apart(&mut node);
        self.nodes[at] = node;
        self.changed.push(id);
    }

    /// Find out which nodes say the same, by what they say and what their children do. Nodes that lead
    /// to none that was changed keep their class.
    pub(super) fn merge(&mut self) -> Stale {
        let parents = merge::Parents::of(&self.children);
        let stale = self.stale(&parents);
        let groups = merge::groups(&self.shape_of, &self.children, &parents);
        let mut speakers: Vec<Option<NodeId>> = vec![None; self.nodes.len()];
        for (at, &group) in groups.iter().enumerate() {
            let former = self.classes[at];
            if !stale.0[at] {
                let speaker = if stale.is(former) { NodeId(at as u32) } else { former };
                speakers[group as usize].get_or_insert(speaker);
            }
        }
        for (at, &group) in groups.iter().enumerate() {
            self.classes[at] = *speakers[group as usize].get_or_insert(NodeId(at as u32));
        }
        self.known.clear();
        for at in 0..self.nodes.len() {
            if self.classes[at].0 as usize == at {
                let children = self.children[at].iter().map(|&child| self.class(child)).collect();
                self.known.entry((self.shape_of[at], children)).or_insert(NodeId(at as u32));
            }
        }
        self.unfolded.retain(|&node, _| !stale.is(node));
        stale
    }

    /// Everything that leads to a changed node, or that what was found out about leads there, because a
    /// changed node spoke for another.
    fn stale(&mut self, parents: &merge::Parents) -> Stale {
        let mut stale = vec![false; self.nodes.len()];
        if self.changed.is_empty() {
            return Stale(stale);
        }
        let mut spoken_for: Vec<Vec<NodeId>> = vec![Vec::new(); self.nodes.len()];
        for (at, class) in self.classes.iter().enumerate().filter(|(at, class)| class.0 as usize != *at) {
            spoken_for[class.0 as usize].push(NodeId(at as u32));
        }
        let mut unfolded_to: Map<NodeId, Vec<NodeId>> = Map::default();
        for (&node, answer) in &self.unfolded {
            answer.iter().for_each(|&to| unfolded_to.entry(to).or_default().push(node));
        }
        let mut pending = std::mem::take(&mut self.changed);
        while let Some(node) = pending.pop() {
            let at = node.0 as usize;
            if std::mem::replace(&mut stale[at], true) {
                continue;
            }
            let spoken_for = spoken_for[at].iter().flat_map(|other| parents.of_node(*other));
            pending.extend(parents.of_node(node).chain(spoken_for));
            pending.extend(unfolded_to.get(&node).into_iter().flatten());
        }
        Stale(stale)
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
