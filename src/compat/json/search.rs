//! Values of one kind: choices among alternatives, one after the other, until only assertions are left
//! that the solvers of the kind understand.
//!
//! As little as possible is chosen. Of what need not hold by itself (a schema that must not accept the
//! value, a condition, the other branches of `oneOf`) a value is found first without it: if there is
//! none, there is none with it either; if the value happens to keep it, nothing has to be done.

use std::rc::Rc;
use std::sync::Arc;

use super::atoms::{Atom, AtomId, unsupported};
use super::engine::{Answer, Engine, first_of};
use super::node::{Kinds, NodeId};
use super::value::Value;
use crate::compat::report::Why;

/// Pairs of branches of a `oneOf` that are tried for an overlap.
const PAIRS: usize = 512;
/// Branches of a union that are all imposed at once rather than when a value runs into them.
const FEW: usize = 3;
/// Branches of a union that are imposed at all where no value is there to tell which.
const MANY: usize = 64;
/// Choices within each other, of all states together: the stack has to hold them.
const MOST_CHOICES: usize = 500;

/// What is looked for.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// The only kind that it may be of.
    pub(super) kind: Kinds,
    /// What it keeps; sorted.
    pub(super) kept: Vec<AtomId>,
    /// What it breaks; sorted.
    pub(super) broken: Vec<AtomId>,
    /// Unions of which a branch is still to be chosen, and the like.
    open: Vec<AtomId>,
    /// Schemas that must not accept it, and whose broken assertion is still to be chosen.
    nots: Vec<NodeId>,
    lazy: Vec<Lazy>,
    /// Branches of unions that a value ran into already.
    imposed: Vec<NodeId>,
}

/// What is looked at once there is a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lazy {
    Keeps(AtomId),
    Not(NodeId),
    /// No branch of this union accepts it, but for the one at the position.
    NoBranch(AtomId, Option<usize>),
}

/// What a value ran into.
#[derive(Debug, Clone, Copy)]
enum Offence {
    /// This of what was left for later.
    Of(usize),
    /// This branch of a union that no branch of is to accept it.
    Branch(NodeId),
    /// Only branches that it was to be kept from already.
    Again,
}

#[derive(Debug, Clone)]
enum Step {
    Must(NodeId),
    MustNot(NodeId),
    Keep(AtomId),
    Break(AtomId),
    Require(Arc<str>),
    Forbid(Arc<str>),
    NoBranch(AtomId, Option<usize>),
    GiveUp(Why),
}

type Alternative = Vec<Step>;

/// What there is to choose.
enum Choice {
    Settled,
    /// Settled by whatever is chosen of the unions that are still open.
    Later,
    Among(Vec<Alternative>),
}

/// Where a choice comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Open(AtomId),
    Not(NodeId),
}

enum Next {
    Nothing,
    Among(Source, Vec<Alternative>),
    Leaf,
}

enum Imposed {
    Nothing,
    Something,
    Contradiction,
}

impl Problem {
    pub(super) fn new(kind: Kinds) -> Problem {
        let (kept, broken, open, nots, lazy, imposed) = Default::default();
        Problem { kind, kept, broken, open, nots, lazy, imposed }
    }

    fn forget(&mut self, source: Source) {
        match source {
            Source::Open(atom) => self.open.retain(|&open| open != atom),
            Source::Not(node) => self.nots.retain(|&not| not != node),
        }
    }

    pub(super) fn keeps(&self, atom: AtomId) -> bool {
        self.kept.binary_search(&atom).is_ok()
    }

    pub(super) fn breaks(&self, atom: AtomId) -> bool {
        self.broken.binary_search(&atom).is_ok()
    }
}

fn insert(sorted: &mut Vec<AtomId>, atom: AtomId) {
    if let Err(position) = sorted.binary_search(&atom) {
        sorted.insert(position, atom);
    }
}

impl Engine<'_> {
    /// Add a schema that must accept the value. `false`: then there is none.
    pub(super) fn require(&mut self, problem: &mut Problem, node: NodeId) -> Result<bool, Why> {
        for &atom in self.atoms_of(node)?.iter() {
            if !self.keep(problem, atom)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Add schemas that must not accept the value. `false`: then there is none.
    pub(super) fn exclude_all(&mut self, problem: &mut Problem, nodes: &[NodeId]) -> Result<bool, Why> {
        for &node in nodes {
            if nodes.len() == 1 {
                if !self.exclude(problem, node)? {
                    return Ok(false);
                }
            } else {
                problem.lazy.push(Lazy::Not(node));
            }
        }
        Ok(true)
    }

    fn exclude(&mut self, problem: &mut Problem, node: NodeId) -> Result<bool, Why> {
        let atoms = self.atoms_of(node)?;
        if atoms.is_empty() {
            return Ok(false);
        }
        let class = self.arena.class(node);
        if !problem.nots.contains(&class) {
            problem.nots.push(class);
        }
        Ok(true)
    }

    /// Add an assertion that the value must keep. `false`: then there is none.
    pub(super) fn keep(&mut self, problem: &mut Problem, atom: AtomId) -> Result<bool, Why> {
        if problem.breaks(atom) {
            return Ok(false);
        }
        if problem.keeps(atom) {
            return Ok(true);
        }
        let meaning = self.memory.atoms.get(atom).clone();
        if !meaning.concerns().meets(problem.kind) {
            return Ok(true);
        }
        match meaning {
            Atom::Kinds(kinds) => return Ok(problem.kind.is_within(kinds)),
            Atom::AnyOf(_) | Atom::OneOf(_) => problem.open.push(atom),
            Atom::If(..) | Atom::RequiredWith(..) | Atom::SchemaWith(..) | Atom::Unsupported(_) => {
                problem.lazy.push(Lazy::Keeps(atom));
            }
            Atom::Not(node) => {
                insert(&mut problem.kept, atom);
                return self.exclude(problem, node);
            }
            _ => {}
        }
        insert(&mut problem.kept, atom);
        Ok(true)
    }

    /// Add an assertion that the value must break. `false`: then there is none.
    pub(super) fn break_(&mut self, problem: &mut Problem, atom: AtomId) -> Result<bool, Why> {
        if problem.keeps(atom) {
            return Ok(false);
        }
        if problem.breaks(atom) {
            return Ok(true);
        }
        let meaning = self.memory.atoms.get(atom).clone();
        if !meaning.concerns().meets(problem.kind) {
            return Ok(false);
        }
        match &meaning {
            Atom::Kinds(kinds) => return Ok(!problem.kind.is_within(*kinds)),
            Atom::Values(values) => {
                insert(&mut problem.broken, atom);
                return self.differ(problem, &values.clone());
            }
            _ => {}
        }
        insert(&mut problem.broken, atom);
        Ok(true)
    }

    /// Objects and arrays that are none of the listed ones differ from each somewhere.
    fn differ(&mut self, problem: &mut Problem, values: &[Value]) -> Result<bool, Why> {
        if !problem.kind.meets(Kinds::ARRAY.or(Kinds::OBJECT)) {
            return Ok(true);
        }
        let kind = problem.kind;
        for value in values.iter().filter(|value| value.kind() == kind) {
            let exactly = self.exactly(value);
            if !self.exclude(problem, exactly)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A value of the problem; `None` when there is none.
    pub(super) fn search(&mut self, mut problem: Problem) -> Answer {
        loop {
            self.spend(1 + problem.kept.len() / 8)?;
            if let Some(answer) = self.among_listed(&problem)? {
                return Ok(answer);
            }
            let next = self.next(&mut problem)?;
            match next {
                Next::Nothing => return Ok(None),
                Next::Among(source, alternatives) => {
                    problem.forget(source);
                    match <[Alternative; 1]>::try_from(alternatives) {
                        Ok([only]) => {
                            if !self.take(&mut problem, only)? {
                                return Ok(None);
                            }
                        }
                        Err(alternatives) => return self.branch(&problem, alternatives),
                    }
                }
                Next::Leaf => {
                    let value = match self.leaf(&problem) {
                        Ok(Some(value)) => value,
                        Ok(None) => return Ok(None),
                        Err(Why::Fuel) => return Err(Why::Fuel),
                        // What was left for later may make it simple.
                        Err(why) => match self.impose_everything(&mut problem)? {
                            Imposed::Contradiction => return Ok(None),
                            Imposed::Nothing => return Err(why),
                            Imposed::Something => continue,
                        },
                    };
                    let Some(offence) = self.first_offence(&problem, &value)? else {
                        return Ok(Some(value));
                    };
                    if !self.impose(&mut problem, offence)? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The choice with the fewest alternatives. What needs no choice any more is dropped.
    fn next(&mut self, problem: &mut Problem) -> Result<Next, Why> {
        let mut fewest: Option<(Source, Vec<Alternative>)> = None;
        let sources: Vec<Source> = (problem.open.iter().map(|&atom| Source::Open(atom)))
            .chain(problem.nots.iter().map(|&node| Source::Not(node)))
            .collect();
        for source in sources {
            let choice = match source {
                Source::Open(atom) => self.choice(problem, atom)?,
                Source::Not(node) => self.ways_to_break(problem, node)?,
            };
            match choice {
                Choice::Settled => problem.forget(source),
                // One of those is chosen first.
                Choice::Later => {}
                Choice::Among(alternatives) if alternatives.is_empty() => return Ok(Next::Nothing),
                Choice::Among(alternatives) => {
                    if fewest.as_ref().is_none_or(|(_, known)| alternatives.len() < known.len()) {
                        fewest = Some((source, alternatives));
                    }
                }
            }
        }
        Ok(fewest.map_or(Next::Leaf, |(source, alternatives)| Next::Among(source, alternatives)))
    }

    fn branch(&mut self, problem: &Problem, alternatives: Vec<Alternative>) -> Answer {
        if self.choices >= MOST_CHOICES {
            return Err(unsupported("this many choices within each other"));
        }
        self.choices += 1;
        let answer = first_of(alternatives, |alternative| {
            let mut narrowed = problem.clone();
            match self.take(&mut narrowed, alternative)? {
                true => self.search(narrowed),
                false => Ok(None),
            }
        });
        self.choices -= 1;
        answer
    }

    fn take(&mut self, problem: &mut Problem, alternative: Alternative) -> Result<bool, Why> {
        for step in alternative {
            let is_possible = match step {
                Step::Must(node) => self.require(problem, node)?,
                Step::MustNot(node) => self.exclude(problem, node)?,
                Step::Keep(atom) => self.keep(problem, atom)?,
                Step::Break(atom) => self.break_(problem, atom)?,
                Step::Require(name) => {
                    let atom = self.memory.atoms.id(Atom::Required(name));
                    self.keep(problem, atom)?
                }
                Step::Forbid(name) => {
                    let atom = self.memory.atoms.id(Atom::Required(name));
                    self.break_(problem, atom)?
                }
                Step::NoBranch(atom, but) => self.exclude_branches(problem, atom, but)?,
                Step::GiveUp(why) => return Err(why),
            };
            if !is_possible {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn branches(&self, atom: AtomId) -> Rc<[NodeId]> {
        match self.memory.atoms.get(atom) {
            Atom::AnyOf(branches) | Atom::OneOf(branches) => branches.clone(),
            _ => Rc::from([]),
        }
    }

    fn exclude_branches(
        &mut self,
        problem: &mut Problem,
        atom: AtomId,
        but: Option<usize>,
    ) -> Result<bool, Why> {
        let branches = self.branches(atom);
        if branches.len() > FEW {
            problem.lazy.push(Lazy::NoBranch(atom, but));
            return Ok(true);
        }
        for (position, &branch) in branches.iter().enumerate() {
            if Some(position) != but && !self.exclude(problem, branch)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Of a value that is one of a list there are only so many: all are tried.
    fn among_listed(&mut self, problem: &Problem) -> Result<Option<Option<Value>>, Why> {
        let listed: Vec<Value> = if problem.kind == Kinds::NULL {
            vec![Value::Null]
        } else if problem.kind == Kinds::BOOLEAN {
            vec![Value::Bool(false), Value::Bool(true)]
        } else {
            match self.shortest_listing(problem)? {
                Some(values) => values.to_vec(),
                None => return Ok(None),
            }
        };
        let of_the_kind = listed.into_iter().filter(|value| value.kind() == problem.kind);
        first_of(of_the_kind, |value| Ok(self.solves(problem, &value)?.then_some(value))).map(Some)
    }

    /// Is this a value of the problem?
    pub(super) fn solves(&mut self, problem: &Problem, value: &Value) -> Result<bool, Why> {
        for &atom in &problem.kept {
            if !self.keeps(atom, value)? {
                return Ok(false);
            }
        }
        for &atom in &problem.broken {
            if self.keeps(atom, value)? {
                return Ok(false);
            }
        }
        for &node in &problem.nots {
            if self.accepts(node, value)? {
                return Ok(false);
            }
        }
        Ok(self.first_offence(problem, value)?.is_none())
    }

    /// What was left for later and the value does not keep. A branch that was asked for already is not asked
    /// for again: how it is kept from accepting the value may be among what was left for later, too.
    fn first_offence(&mut self, problem: &Problem, value: &Value) -> Result<Option<Offence>, Why> {
        let mut again = None;
        for (position, &lazy) in problem.lazy.iter().enumerate() {
            let offends = match lazy {
                Lazy::Keeps(atom) => !self.keeps(atom, value)?,
                Lazy::Not(node) => self.accepts(node, value)?,
                Lazy::NoBranch(atom, but) => match self.accepting_branch(problem, atom, but, value)? {
                    Some(Offence::Again) => {
                        again = Some(Offence::Again);
                        false
                    }
                    Some(branch) => return Ok(Some(branch)),
                    None => false,
                },
            };
            if offends {
                return Ok(Some(Offence::Of(position)));
            }
        }
        Ok(again)
    }

    fn accepting_branch(
        &mut self,
        problem: &Problem,
        atom: AtomId,
        but: Option<usize>,
        value: &Value,
    ) -> Result<Option<Offence>, Why> {
        let branches = self.branches(atom);
        let positions = self.tagged_as(atom, value)?;
        let mut again = None;
        for position in positions.unwrap_or_else(|| (0..branches.len()).collect()) {
            let branch = branches[position];
            if Some(position) == but || !self.accepts(branch, value)? {
                continue;
            }
            if !problem.imposed.contains(&branch) {
                return Ok(Some(Offence::Branch(branch)));
            }
            again = Some(Offence::Again);
        }
        Ok(again)
    }

    /// What a value ran into is asked for from now on.
    fn impose(&mut self, problem: &mut Problem, offence: Offence) -> Result<bool, Why> {
        match offence {
            Offence::Of(position) => match problem.lazy.swap_remove(position) {
                Lazy::Not(node) => self.exclude(problem, node),
                Lazy::Keeps(atom) | Lazy::NoBranch(atom, _) => {
                    problem.open.push(atom);
                    Ok(true)
                }
            },
            Offence::Branch(branch) => {
                problem.imposed.push(branch);
                self.exclude(problem, branch)
            }
            Offence::Again => Err(Why::VerifierDisagreed),
        }
    }

    fn impose_everything(&mut self, problem: &mut Problem) -> Result<Imposed, Why> {
        let mut imposed = Imposed::Nothing;
        for lazy in std::mem::take(&mut problem.lazy) {
            let is_possible = match lazy {
                Lazy::Keeps(atom) if matches!(self.memory.atoms.get(atom), Atom::Unsupported(_)) => {
                    problem.lazy.push(lazy);
                    continue;
                }
                Lazy::Keeps(atom) => {
                    problem.open.push(atom);
                    true
                }
                Lazy::Not(node) => self.exclude(problem, node)?,
                Lazy::NoBranch(atom, but) => {
                    let branches = self.branches(atom);
                    if branches.len() > MANY {
                        problem.lazy.push(lazy);
                        continue;
                    }
                    let mut is_possible = true;
                    for (position, &branch) in branches.iter().enumerate() {
                        is_possible =
                            is_possible && (Some(position) == but || self.exclude(problem, branch)?);
                    }
                    is_possible
                }
            };
            if !is_possible {
                return Ok(Imposed::Contradiction);
            }
            imposed = Imposed::Something;
        }
        Ok(imposed)
    }

    /// Is it plain that no value of the problem is accepted by this schema?
    fn rules_out(&mut self, problem: &Problem, node: NodeId) -> Result<bool, Why> {
        let class = self.arena.class(node);
        if problem.nots.contains(&class) {
            return Ok(true);
        }
        let atoms = self.atoms_of(class)?;
        let broken = atoms.iter().any(|&atom| match self.memory.atoms.get(atom) {
            Atom::Kinds(kinds) => !problem.kind.is_within(*kinds),
            _ => problem.breaks(atom),
        });
        Ok(broken || self.clash(problem.kind, &problem.kept, &atoms)?)
    }

    /// Is it plain that every value of the problem is accepted by this schema?
    fn implies(&mut self, problem: &Problem, node: NodeId) -> Result<bool, Why> {
        let atoms = self.atoms_of(node)?;
        Ok(atoms.iter().all(|&atom| self.is_kept(problem, atom)))
    }

    fn is_kept(&self, problem: &Problem, atom: AtomId) -> bool {
        let meaning = self.memory.atoms.get(atom);
        match meaning {
            Atom::Kinds(kinds) => problem.kind.is_within(*kinds),
            _ => problem.keeps(atom) || !meaning.concerns().meets(problem.kind),
        }
    }

    /// The branches of a union that are not told by a tag to accept no value of the problem.
    fn possible_branches(&mut self, problem: &Problem, union: AtomId) -> Result<Vec<(usize, NodeId)>, Why> {
        let branches = self.branches(union);
        let positions = self.tagged_alike(problem, union)?;
        let positions = positions.unwrap_or_else(|| (0..branches.len()).collect());
        self.spend(positions.len() / 4)?;
        Ok(positions.into_iter().map(|position| (position, branches[position])).collect())
    }

    /// How a union, a condition or a dependency can be kept.
    fn choice(&mut self, problem: &Problem, atom: AtomId) -> Result<Choice, Why> {
        let meaning = self.memory.atoms.get(atom).clone();
        match meaning {
            Atom::AnyOf(_) => {
                let mut alternatives = Vec::new();
                for (_, branch) in self.possible_branches(problem, atom)? {
                    if self.implies(problem, branch)? {
                        return Ok(Choice::Settled);
                    }
                    if !self.rules_out(problem, branch)? {
                        alternatives.push(vec![Step::Must(branch)]);
                    }
                }
                Ok(Choice::Among(alternatives))
            }
            Atom::OneOf(_) => {
                let mut alternatives = Vec::new();
                for (position, branch) in self.possible_branches(problem, atom)? {
                    let alternative = vec![Step::Must(branch), Step::NoBranch(atom, Some(position))];
                    if self.implies(problem, branch)? {
                        return Ok(Choice::Among(vec![alternative]));
                    }
                    if !self.rules_out(problem, branch)? {
                        alternatives.push(alternative);
                    }
                }
                Ok(Choice::Among(alternatives))
            }
            Atom::If(test, then, otherwise) => {
                let holds = vec![Step::Must(test), Step::Must(then)];
                let fails = vec![Step::MustNot(test), Step::Must(otherwise)];
                Ok(Choice::Among(if self.implies(problem, test)? {
                    vec![holds]
                } else if self.rules_out(problem, test)? {
                    vec![fails]
                } else {
                    vec![holds, fails]
                }))
            }
            Atom::RequiredWith(name, names) => {
                let without = vec![Step::Forbid(name)];
                let with = names.iter().cloned().map(Step::Require).collect();
                Ok(Choice::Among(vec![without, with]))
            }
            Atom::SchemaWith(name, schema) => {
                Ok(Choice::Among(vec![vec![Step::Forbid(name)], vec![Step::Must(schema)]]))
            }
            _ => Ok(Choice::Settled),
        }
    }

    /// How a schema can be kept from accepting the value: which of its assertions breaks.
    fn ways_to_break(&mut self, problem: &Problem, node: NodeId) -> Result<Choice, Why> {
        let atoms = self.atoms_of(node)?;
        self.spend(atoms.len() / 8)?;
        if atoms.iter().any(|&atom| problem.breaks(atom)) || self.rules_out_atoms(problem, &atoms, &[])? {
            return Ok(Choice::Settled);
        }
        if !problem.open.is_empty() && self.rules_out_atoms(problem, &atoms, &problem.open)? {
            return Ok(Choice::Later);
        }
        let mut ways = Vec::new();
        for &atom in atoms.iter() {
            if self.is_kept(problem, atom) || self.follows(problem, atom) {
                continue;
            }
            self.ways_to_break_atom(problem, atom, &mut ways)?;
        }
        Ok(Choice::Among(ways))
    }

    /// Is it plain that no value of the problem keeps these assertions? What is still to be brought about is
    /// no reason for it: that something is denied, and unions but for the given ones.
    fn rules_out_atoms(
        &mut self,
        problem: &Problem,
        atoms: &[AtomId],
        unions: &[AtomId],
    ) -> Result<bool, Why> {
        let kinds_differ = atoms.iter().any(|&atom| match self.memory.atoms.get(atom) {
            Atom::Kinds(kinds) => !problem.kind.is_within(*kinds),
            _ => false,
        });
        let is_reason = |atom: &AtomId| match self.memory.atoms.get(*atom) {
            Atom::Not(_) => false,
            Atom::AnyOf(_) | Atom::OneOf(_) => unions.contains(atom),
            _ => true,
        };
        let kept: Vec<AtomId> = problem.kept.iter().copied().filter(is_reason).collect();
        Ok(kinds_differ || self.clash(problem.kind, &kept, atoms)?)
    }

    fn ways_to_break_atom(
        &mut self,
        problem: &Problem,
        atom: AtomId,
        ways: &mut Vec<Alternative>,
    ) -> Result<(), Why> {
        match self.memory.atoms.get(atom).clone() {
            Atom::Required(name) => ways.push(vec![Step::Forbid(name)]),
            Atom::RequiredWith(name, names) => {
                for missing in names.iter() {
                    ways.push(vec![Step::Require(name.clone()), Step::Forbid(missing.clone())]);
                }
            }
            Atom::SchemaWith(name, schema) => ways.push(vec![Step::Require(name), Step::MustNot(schema)]),
            Atom::AnyOf(_) => {
                for (_, branch) in self.possible_branches(problem, atom)? {
                    if self.implies(problem, branch)? {
                        return Ok(());
                    }
                }
                ways.push(vec![Step::NoBranch(atom, None)]);
            }
            Atom::OneOf(_) => return self.ways_to_break_one_of(problem, atom, ways),
            Atom::Not(inner) => {
                if !self.rules_out(problem, inner)? {
                    ways.push(vec![Step::Must(inner)]);
                }
            }
            Atom::If(test, then, otherwise) => {
                ways.push(vec![Step::Must(test), Step::MustNot(then)]);
                ways.push(vec![Step::MustNot(test), Step::MustNot(otherwise)]);
            }
            Atom::Contains(schema, min, max) => {
                if let Some(fewer) = min.checked_sub(1) {
                    let fewer = self.memory.atoms.id(Atom::Contains(schema, 0, Some(fewer)));
                    ways.push(vec![Step::Keep(fewer)]);
                }
                if let Some(more) = max.and_then(|max| max.checked_add(1)) {
                    ways.push(vec![Step::Keep(self.memory.atoms.id(Atom::Contains(schema, more, None)))]);
                }
            }
            Atom::Unsupported(unknown) => ways.push(vec![Step::GiveUp(unsupported(&unknown.keyword))]),
            _ => ways.push(vec![Step::Break(atom)]),
        }
        Ok(())
    }

    /// None of the branches accepts the value, or two do.
    fn ways_to_break_one_of(
        &mut self,
        problem: &Problem,
        atom: AtomId,
        ways: &mut Vec<Alternative>,
    ) -> Result<(), Why> {
        let mut candidates = Vec::new();
        let mut implied = Vec::new();
        for (position, branch) in self.possible_branches(problem, atom)? {
            if self.implies(problem, branch)? {
                implied.push(branch);
            } else if !self.rules_out(problem, branch)? {
                candidates.push((position, branch));
            }
        }
        match implied[..] {
            [] => ways.push(vec![Step::NoBranch(atom, None)]),
            [_] => {
                ways.extend(candidates.into_iter().map(|(_, other)| vec![Step::Must(other)]));
                return Ok(());
            }
            // Two accept whatever solves the problem: it is broken.
            _ => {
                ways.push(Vec::new());
                return Ok(());
            }
        }
        let mut pairs = 0;
        for (at, &(position, left)) in candidates.iter().enumerate() {
            let left_atoms = self.atoms_of(left)?;
            let alike = self.tagged_like(atom, position)?;
            for &(other, right) in &candidates[at + 1..] {
                if alike.as_ref().is_some_and(|alike| alike.binary_search(&other).is_err()) {
                    continue;
                }
                let right_atoms = self.atoms_of(right)?;
                self.spend(1)?;
                if self.clash(problem.kind, &left_atoms, &right_atoms)? {
                    continue;
                }
                pairs += 1;
                if pairs > PAIRS {
                    ways.push(vec![Step::GiveUp(unsupported("a oneOf of so many overlapping branches"))]);
                    return Ok(());
                }
                ways.push(vec![Step::Must(left), Step::Must(right)]);
            }
        }
        Ok(())
    }

    fn leaf(&mut self, problem: &Problem) -> Answer {
        if problem.kind.is_within(Kinds::STRING.or(Kinds::NUMBER)) {
            self.scalar(problem)
        } else if problem.kind == Kinds::ARRAY {
            self.array(problem)
        } else {
            self.object(problem)
        }
    }
}
