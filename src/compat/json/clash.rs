//! Is it plain that two schemas have no value in common? A quick look, so that unions of many branches
//! cost little: branches that are told apart by kind, by the value of a property or by a range.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::atoms::{Atom, AtomId, Properties, is_nothing};
use super::engine::Engine;
use super::node::{Kinds, NodeId};
use super::numbers::Range;
use super::value::Value;
use crate::compat::report::Why;

/// How far into properties is looked.
const DEEPEST: u32 = 3;
/// Lists of values and branches longer than this are not looked at one by one.
const SHORT: usize = 64;

impl Engine<'_> {
    /// Is it plain that no value of this kind keeps all assertions of both sides? Within a side they
    /// are taken to agree.
    pub(super) fn clash(&mut self, kind: Kinds, left: &[AtomId], right: &[AtomId]) -> Result<bool, Why> {
        self.clash_at(kind, left, right, 0)
    }

    fn clash_at(&mut self, kind: Kinds, left: &[AtomId], right: &[AtomId], depth: u32) -> Result<bool, Why> {
        self.spend(1 + (left.len() + right.len()) / 32)?;
        Ok(self.listed_clash(kind, left, right)?
            || (kind.meets(Kinds::NUMBER) && self.ranges_clash(left, right))
            || (kind == Kinds::STRING && self.lengths_clash(left, right))
            || (kind == Kinds::OBJECT && self.objects_clash(left, right, depth)?)
            || self.branches_clash(kind, left, right, depth)?
            || self.branches_clash(kind, right, left, depth)?
            || self.denies(left, right)?
            || self.denies(right, left)?)
    }

    fn nodes_clash(&mut self, left: NodeId, right: NodeId, depth: u32) -> Result<bool, Why> {
        if is_nothing(self.arena, left) || is_nothing(self.arena, right) {
            return Ok(true);
        }
        if left == right || depth > DEEPEST {
            return Ok(false);
        }
        let (left, right) = (self.atoms_of(left)?, self.atoms_of(right)?);
        let kinds = self.outright_kinds(&left).and(self.outright_kinds(&right));
        for kind in kinds.each() {
            if !self.clash_at(kind, &left, &right, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn outright_kinds(&self, atoms: &[AtomId]) -> Kinds {
        atoms.iter().fold(Kinds::ALL, |kinds, &atom| match self.memory.atoms.get(atom) {
            Atom::Kinds(these) => kinds.and(*these),
            Atom::Values(values) => {
                kinds.and(values.iter().fold(Kinds::NONE, |kinds, value| kinds.or(value.kind())))
            }
            _ => kinds,
        })
    }

    fn listed(&self, atoms: &[AtomId]) -> Option<Arc<[Value]>> {
        atoms.iter().find_map(|&atom| match self.memory.atoms.get(atom) {
            Atom::Values(values) => Some(values.clone()),
            _ => None,
        })
    }

    fn listed_clash(&mut self, kind: Kinds, left: &[AtomId], right: &[AtomId]) -> Result<bool, Why> {
        match (self.listed(left), self.listed(right)) {
            (None, None) => Ok(false),
            (Some(one), Some(other)) => {
                self.spend((one.len() + other.len()) / 8)?;
                let of_kind = |values: &Arc<[Value]>| {
                    values.iter().filter(|value| value.kind() == kind).cloned().collect::<BTreeSet<_>>()
                };
                Ok(of_kind(&one).is_disjoint(&of_kind(&other)))
            }
            (Some(values), None) => self.all_refused(kind, &values, right),
            (None, Some(values)) => self.all_refused(kind, &values, left),
        }
    }

    fn all_refused(&mut self, kind: Kinds, values: &[Value], atoms: &[AtomId]) -> Result<bool, Why> {
        if values.len() > SHORT {
            return Ok(false);
        }
        for value in values.iter().filter(|value| value.kind() == kind) {
            let mut is_refused = false;
            for &atom in atoms {
                let is_plain = match self.memory.atoms.get(atom) {
                    Atom::Matches(pattern) => !pattern.is_opaque(),
                    Atom::AtLeast(_) | Atom::AtMost(_) | Atom::MultipleOf(_) => true,
                    Atom::MinLength(_) | Atom::MaxLength(_) | Atom::Required(_) => true,
                    _ => false,
                };
                is_refused = is_refused || (is_plain && !self.keeps(atom, value)?);
            }
            if !is_refused {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn ranges_clash(&self, left: &[AtomId], right: &[AtomId]) -> bool {
        let mut range = Range::default();
        for &atom in left.iter().chain(right) {
            match self.memory.atoms.get(atom) {
                Atom::AtLeast(limit) => range.at_least(limit.clone()),
                Atom::AtMost(limit) => range.at_most(limit.clone()),
                _ => {}
            }
        }
        range.is_empty()
    }

    fn lengths_clash(&self, left: &[AtomId], right: &[AtomId]) -> bool {
        let (mut min, mut max) = (0, u64::MAX);
        for &atom in left.iter().chain(right) {
            match self.memory.atoms.get(atom) {
                Atom::MinLength(length) => min = min.max(*length),
                Atom::MaxLength(length) => max = max.min(*length),
                _ => {}
            }
        }
        min > max
    }

    fn objects_clash(&mut self, left: &[AtomId], right: &[AtomId], depth: u32) -> Result<bool, Why> {
        let (of_left, of_right) = (self.groups(left), self.groups(right));
        let required = |atoms: &[AtomId]| -> Vec<Arc<str>> {
            let names = atoms.iter().filter_map(|&atom| match self.memory.atoms.get(atom) {
                Atom::Required(name) => Some(name.clone()),
                _ => None,
            });
            names.collect()
        };
        let names: BTreeSet<Arc<str>> = required(left).into_iter().chain(required(right)).collect();
        for name in names {
            self.spend(1)?;
            let children = |groups: &[Rc<Properties>]| -> Vec<NodeId> {
                groups.iter().flat_map(|group| group.of(&name).unwrap_or_default()).collect()
            };
            let (of_left, of_right) = (children(&of_left), children(&of_right));
            if of_left.iter().chain(&of_right).any(|&child| is_nothing(self.arena, child)) {
                return Ok(true);
            }
            for &one in &of_left {
                for &other in &of_right {
                    if self.nodes_clash(one, other, depth + 1)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    fn groups(&self, atoms: &[AtomId]) -> Vec<Rc<Properties>> {
        let groups = atoms.iter().filter_map(|&atom| match self.memory.atoms.get(atom) {
            Atom::Properties(group) => Some(group.clone()),
            _ => None,
        });
        groups.collect()
    }

    /// Does every branch of a union of one side clash with the other?
    fn branches_clash(
        &mut self,
        kind: Kinds,
        unions: &[AtomId],
        others: &[AtomId],
        depth: u32,
    ) -> Result<bool, Why> {
        if depth > DEEPEST || others.is_empty() {
            return Ok(false);
        }
        for &atom in unions {
            let (Atom::AnyOf(branches) | Atom::OneOf(branches)) = self.memory.atoms.get(atom).clone() else {
                continue;
            };
            if branches.len() > SHORT {
                continue;
            }
            let mut all = true;
            for &branch in branches.iter() {
                let atoms = self.atoms_of(branch)?;
                all = all
                    && (!self.outright_kinds(&atoms).meets(kind)
                        || self.clash_at(kind, &atoms, others, depth + 1)?);
            }
            if all {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does one side say `not` of something that the other side keeps?
    fn denies(&mut self, left: &[AtomId], right: &[AtomId]) -> Result<bool, Why> {
        for &atom in left {
            let Atom::Not(node) = *self.memory.atoms.get(atom) else { continue };
            let denied = self.atoms_of(node)?;
            if denied.iter().all(|atom| right.binary_search(atom).is_ok()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
