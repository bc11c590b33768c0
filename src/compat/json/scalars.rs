//! Strings and numbers: what is left of the assertions about them is handed to their solvers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::atoms::{Atom, AtomId};
use super::engine::{Answer, Engine};
use super::found::{End, Found};
use super::node::Kinds;
use super::numbers::{Limit, Range};
use super::search::Problem;
use super::value::Value;
use super::{numbers, strings};
use crate::compat::report::Why;

impl Engine<'_> {
    /// A string or a number.
    pub(super) fn scalar(&mut self, problem: &Problem) -> Answer {
        let asked = |atoms: &[AtomId]| -> Box<[AtomId]> {
            atoms.iter().copied().filter(|&atom| is_of_scalars(self.memory.atoms.get(atom))).collect()
        };
        let key = (problem.kind, asked(&problem.kept), asked(&problem.broken));
        if let Some(known) = self.memory.scalars.get(&key) {
            return known.clone();
        }
        let answer = match problem.kind {
            Kinds::STRING => self.string(problem),
            _ => self.number(problem),
        };
        if answer != Err(Why::Fuel) {
            self.memory.scalars.insert(key, answer.clone());
        }
        answer
    }

    fn string(&mut self, problem: &Problem) -> Answer {
        let (mut must, mut must_not, mut excluded) = (Vec::new(), Vec::new(), BTreeSet::<Arc<str>>::new());
        let (mut min_length, mut max_length): (u64, Option<u64>) = (0, None);
        for &atom in &problem.kept {
            match self.memory.atoms.get(atom) {
                Atom::MinLength(length) => min_length = min_length.max(*length),
                Atom::MaxLength(length) => {
                    max_length = Some(max_length.map_or(*length, |max| max.min(*length)))
                }
                Atom::Matches(pattern) => must.push(pattern.clone()),
                _ => {}
            }
        }
        for &atom in &problem.broken {
            match self.memory.atoms.get(atom) {
                Atom::MinLength(0) => return Ok(None),
                Atom::MinLength(length) => {
                    max_length = Some(max_length.map_or(length - 1, |max| max.min(length - 1)));
                }
                Atom::MaxLength(length) => {
                    min_length = min_length.max(length.saturating_add(1));
                }
                Atom::Matches(pattern) => must_not.push(pattern.clone()),
                Atom::Values(values) => excluded.extend(values.iter().filter_map(|value| match value {
                    Value::String(text) => Some(text.clone()),
                    _ => None,
                })),
                _ => {}
            }
        }
        let question = strings::Question {
            must: &must,
            must_not: &must_not,
            min_length,
            max_length,
            excluded: &excluded,
        };
        answer(question.solve(1, self.fuel), Value::String)
    }

    fn number(&mut self, problem: &Problem) -> Answer {
        let mut range = Range::default();
        let (mut multiples, mut not_multiples) = (Vec::new(), Vec::new());
        let mut excluded = BTreeSet::new();
        for &atom in &problem.kept {
            match self.memory.atoms.get(atom) {
                Atom::AtLeast(limit) => range.at_least(limit.clone()),
                Atom::AtMost(limit) => range.at_most(limit.clone()),
                Atom::MultipleOf(divisor) => multiples.push(divisor.clone()),
                _ => {}
            }
        }
        for &atom in &problem.broken {
            let inverse = |limit: &Limit| Limit { value: limit.value.clone(), exclusive: !limit.exclusive };
            match self.memory.atoms.get(atom) {
                Atom::AtLeast(limit) => range.at_most(inverse(limit)),
                Atom::AtMost(limit) => range.at_least(inverse(limit)),
                Atom::MultipleOf(divisor) => not_multiples.push(divisor.clone()),
                Atom::Values(values) => excluded.extend(values.iter().filter_map(|value| match value {
                    Value::Number(number) => Some(number.clone()),
                    _ => None,
                })),
                _ => {}
            }
        }
        let question = numbers::Question {
            kinds: problem.kind,
            range,
            multiples: &multiples,
            not_multiples: &not_multiples,
            excluded: &excluded,
        };
        answer(question.solve(1, self.fuel), Value::Number)
    }

    /// Does the assertion follow from one of its sort that is kept?
    pub(super) fn follows(&self, problem: &Problem, atom: AtomId) -> bool {
        let wanted = self.memory.atoms.get(atom);
        match wanted {
            Atom::MultipleOf(divisor) if problem.kind == Kinds::INTEGER && divisor.divides_one() => {
                return true;
            }
            Atom::AtLeast(_)
            | Atom::AtMost(_)
            | Atom::MultipleOf(_)
            | Atom::MinLength(_)
            | Atom::MaxLength(_)
            | Atom::MinItems(_)
            | Atom::MaxItems(_)
            | Atom::MinProperties(_)
            | Atom::MaxProperties(_) => {}
            _ => return false,
        }
        problem.kept.iter().any(|&kept| match (self.memory.atoms.get(kept), wanted) {
            (Atom::AtLeast(known), Atom::AtLeast(wanted)) => known.is_above(wanted),
            (Atom::AtMost(known), Atom::AtMost(wanted)) => known.is_below(wanted),
            (Atom::MultipleOf(known), Atom::MultipleOf(wanted)) => known.is_multiple_of(wanted),
            (Atom::MinLength(known), Atom::MinLength(wanted))
            | (Atom::MinItems(known), Atom::MinItems(wanted))
            | (Atom::MinProperties(known), Atom::MinProperties(wanted)) => known >= wanted,
            (Atom::MaxLength(known), Atom::MaxLength(wanted))
            | (Atom::MaxItems(known), Atom::MaxItems(wanted))
            | (Atom::MaxProperties(known), Atom::MaxProperties(wanted)) => known <= wanted,
            _ => false,
        })
    }
}

/// Is it one of the assertions that the solvers of strings and numbers are asked about?
fn is_of_scalars(atom: &Atom) -> bool {
    use Atom::{AtLeast, AtMost, Matches, MaxLength, MinLength, MultipleOf, Values};
    matches!(
        atom,
        AtLeast(_) | AtMost(_) | MultipleOf(_) | MinLength(_) | MaxLength(_) | Matches(_) | Values(_)
    )
}

fn answer<T>(found: Found<T>, value: impl FnOnce(T) -> Value) -> Answer {
    let Found { values, end } = found;
    match (values.into_iter().next(), end) {
        (Some(found), _) => Ok(Some(value(found))),
        (None, End::GaveUp(why)) => Err(why),
        (None, End::Complete | End::Enough) => Ok(None),
    }
}
