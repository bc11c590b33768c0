//! Is there a value that some schemas accept and others refuse? Containment is that question about the
//! writer's schema and the reader's.
//!
//! A *state* is a set of classes of which a value must be and a set of which it must not be. Values of
//! states below (a property, an item) are found first; a state that is asked for while it is being
//! decided contributes nothing, because the smallest value of a state holds none of the same state.
//! "There is none" that rests on that is provisional until the state it rests on is decided.

use std::rc::Rc;
use std::sync::Arc;

use super::Map;
use super::arena::{Arena, Stale};
use super::atoms::{Atom, AtomId, Atoms, is_anything, is_nothing, unsupported};
use super::node::{Kinds, NodeId};
use super::search::Problem;
use super::tags::Tags;
use super::validate;
use super::value::Value;
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::report::Why;

/// States that are being decided at once, each within the one before. Values that nest deeper are not
/// looked for.
const DEEPEST: usize = 100;

/// A value; `None` when there is none; or why neither was found out.
pub(super) type Answer = Result<Option<Value>, Why>;

/// The first value that one of these leads to. What could not be found out about some of them matters
/// only where none of the others has a value; without fuel there is no point in going on.
pub(super) fn first_of<T>(all: impl IntoIterator<Item = T>, mut ask: impl FnMut(T) -> Answer) -> Answer {
    let mut unknown = None;
    for one in all {
        match ask(one) {
            Ok(None) => {}
            Err(why) if why != Why::Fuel => unknown = Some(why),
            decided => return decided,
        }
    }
    unknown.map_or(Ok(None), Err)
}

/// Decides states of one arena.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    pub(super) arena: &'a mut Arena,
    pub(super) memory: Memory,
    pub(super) fuel: &'a mut Fuel,
    stack: Map<State, usize>,
    /// States without a value, provided that one on the stack has none: with its depth.
    provisional: Map<State, usize>,
    trail: Vec<State>,
    /// The lowest depth of the stack that an answer rested on since it was last looked at.
    low: usize,
    /// Choices that are open, each within the one before.
    pub(super) choices: usize,
}

/// What a string or a number keeps and what it breaks.
pub(super) type ScalarState = (Kinds, Box<[AtomId]>, Box<[AtomId]>);

/// What was found out so far.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) atoms: Atoms,
    known: Map<State, Answer>,
    pub(super) scalars: Map<ScalarState, Answer>,
    /// Of unions.
    pub(super) tags: Map<AtomId, Option<Rc<Tags>>>,
    /// Of schemas that list their values.
    pub(super) listings: Map<NodeId, Option<Arc<[Value]>>>,
}

impl Memory {
    /// Some schemas no longer say what they said.
    pub(super) fn forget(&mut self, stale: &Stale) {
        self.atoms.forget(stale);
        self.listings.retain(|&node, _| !stale.is(node));
        let is_stale = |branches: &[NodeId]| branches.iter().any(|&branch| stale.is(branch));
        self.tags.retain(|&union, _| match self.atoms.get(union) {
            Atom::AnyOf(branches) | Atom::OneOf(branches) => !is_stale(branches),
            _ => true,
        });
        self.known.retain(|state, answer| {
            answer.is_ok() && !state.must.iter().chain(&state.must_not).any(|&node| stale.is(node))
        });
    }
}

/// What a value must be and what it must not be; both sorted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    must: Box<[NodeId]>,
    must_not: Box<[NodeId]>,
}

impl<'a> Engine<'a> {
    pub(super) fn new(arena: &'a mut Arena, fuel: &'a mut Fuel) -> Engine<'a> {
        Engine::remembering(Memory::default(), arena, fuel)
    }

    /// With what was found out about the same arena before.
    pub(super) fn remembering(memory: Memory, arena: &'a mut Arena, fuel: &'a mut Fuel) -> Engine<'a> {
        Engine {
            arena,
            memory,
            fuel,
            stack: Map::default(),
            provisional: Map::default(),
            trail: Vec::new(),
            low: usize::MAX,
            choices: 0,
        }
    }

    /// A value that `writer` accepts and `reader` does not; `None` when there is none.
    pub(super) fn contains(&mut self, reader: NodeId, writer: NodeId) -> Answer {
        self.decide(&[writer], &[reader])
    }

    /// A value of every class in `must` and of none in `must_not`.
    pub(super) fn decide(&mut self, must: &[NodeId], must_not: &[NodeId]) -> Answer {
        self.spend(1)?;
        let Some(state) = self.state(must, must_not) else { return Ok(None) };
        if let Some(answer) = self.memory.known.get(&state) {
            return answer.clone();
        }
        let on_stack = self.stack.get(&state).or_else(|| self.provisional.get(&state));
        if let Some(&depth) = on_stack {
            self.low = self.low.min(depth);
            return Ok(None);
        }
        let depth = self.stack.len();
        if depth >= DEEPEST {
            return Err(unsupported("nesting this deep"));
        }
        self.stack.insert(state.clone(), depth);
        let around = std::mem::replace(&mut self.low, usize::MAX);
        let mark = self.trail.len();
        let answer = self.solve(&state);
        self.stack.remove(&state);
        let mine = std::mem::replace(&mut self.low, around);
        match &answer {
            Ok(None) if mine < depth => {
                self.low = self.low.min(mine);
                self.provisional.insert(state.clone(), mine);
                self.trail.push(state);
            }
            Ok(None) => {
                for settled in self.trail.split_off(mark) {
                    self.provisional.remove(&settled);
                    self.memory.known.insert(settled, Ok(None));
                }
                self.memory.known.insert(state, Ok(None));
            }
            _ => {
                for unsettled in self.trail.split_off(mark) {
                    self.provisional.remove(&unsettled);
                }
                // What was given up because of its place may be found from elsewhere.
                let is_final = !matches!(answer, Err(Why::Fuel)) && (answer.is_ok() || mine >= depth);
                if is_final {
                    self.memory.known.insert(state, answer.clone());
                }
                if answer.is_err() && mine < depth {
                    self.low = self.low.min(mine);
                }
            }
        }
        answer
    }

    /// The classes themselves, without those that say nothing; `None` when they contradict each other.
    fn state(&self, must: &[NodeId], must_not: &[NodeId]) -> Option<State> {
        let sorted = |nodes: &[NodeId]| {
            let mut classes: Vec<NodeId> = nodes.iter().map(|&node| self.arena.class(node)).collect();
            classes.sort_unstable();
            classes.dedup();
            classes
        };
        let (mut must, mut must_not) = (sorted(must), sorted(must_not));
        let contradicts = must.iter().any(|&node| is_nothing(self.arena, node))
            || must_not
                .iter()
                .any(|&node| is_anything(self.arena, node) || must.binary_search(&node).is_ok());
        if contradicts {
            return None;
        }
        must.retain(|&node| !is_anything(self.arena, node));
        must_not.retain(|&node| !is_nothing(self.arena, node));
        Some(State { must: must.into(), must_not: must_not.into() })
    }

    fn solve(&mut self, state: &State) -> Answer {
        first_of(self.kinds(&state.must)?.each(), |kind| {
            let mut problem = Problem::new(kind);
            let mut is_possible = true;
            for &node in &state.must {
                is_possible = is_possible && self.require(&mut problem, node)?;
            }
            if !is_possible || !self.exclude_all(&mut problem, &state.must_not)? {
                return Ok(None);
            }
            match self.search(problem)? {
                // A part of a value is verified with the whole of it.
                Some(value) if self.stack.len() > 1 => Ok(Some(value)),
                Some(value) => self.verified(state, value),
                None => Ok(None),
            }
        })
    }

    /// The kinds that the classes have in common, as far as they say so outright.
    fn kinds(&mut self, nodes: &[NodeId]) -> Result<Kinds, Why> {
        let mut kinds = Kinds::ALL;
        for &node in nodes {
            for &atom in self.atoms_of(node)?.iter() {
                if let Atom::Kinds(these) = self.memory.atoms.get(atom) {
                    kinds = kinds.and(*these);
                }
            }
        }
        Ok(kinds)
    }

    /// Searching and validating are two readings of the same schemas: they have to agree.
    fn verified(&mut self, state: &State, value: Value) -> Answer {
        for &node in &state.must {
            if !self.accepts(node, &value)? {
                return Err(Why::VerifierDisagreed);
            }
        }
        for &node in &state.must_not {
            if self.accepts(node, &value)? {
                return Err(Why::VerifierDisagreed);
            }
        }
        Ok(Some(value))
    }

    pub(super) fn accepts(&mut self, node: NodeId, value: &Value) -> Result<bool, Why> {
        validate::accepts(self.arena, node, value, self.fuel)
    }

    /// Does the value keep this one assertion?
    pub(super) fn keeps(&mut self, atom: AtomId, value: &Value) -> Result<bool, Why> {
        let node = self.memory.atoms.node(self.arena, atom);
        self.accepts(node, value)
    }

    pub(super) fn atoms_of(&mut self, node: NodeId) -> Result<Rc<[AtomId]>, Why> {
        let class = self.arena.class(node);
        self.memory.atoms.of(self.arena, class)
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Why> {
        self.fuel.spend(steps).map_err(|Exhausted| Why::Fuel)
    }

    /// The node that accepts these values only.
    pub(super) fn one_of_values(&mut self, values: Vec<Value>) -> NodeId {
        let atom = self.memory.atoms.one_of(values);
        self.memory.atoms.node(self.arena, atom)
    }

    /// Up to `wanted` distinct values of a schema, small ones first.
    pub(super) fn samples(&mut self, node: NodeId, wanted: usize) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        while found.len() < wanted {
            let others = self.one_of_values(found.clone());
            let must_not = if found.is_empty() { &[][..] } else { &[others][..] };
            match self.decide(&[node], must_not) {
                Ok(Some(value)) => found.push(value),
                Ok(None) | Err(_) => break,
            }
        }
        found
    }
}
