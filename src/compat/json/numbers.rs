//! Numbers between bounds, of some divisors and not of others.

use std::collections::BTreeSet;

use super::atoms::unsupported;
use super::found::{End, Found};
use super::node::Kinds;
use super::number::Number;
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::report::Why;

/// Points that are tried before giving up.
const TRIED: usize = 10_000;

/// A bound.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Limit {
    pub(super) value: Number,
    pub(super) exclusive: bool,
}

impl Limit {
    /// As a least number: does it let no more pass than the other one?
    pub(super) fn is_above(&self, other: &Limit) -> bool {
        self.value > other.value || (self.value == other.value && (self.exclusive || !other.exclusive))
    }

    /// As a greatest number: does it let no more pass than the other one?
    pub(super) fn is_below(&self, other: &Limit) -> bool {
        self.value < other.value || (self.value == other.value && (self.exclusive || !other.exclusive))
    }
}

/// The numbers between two bounds, if there are any.
#[derive(Debug, Clone, Default)]
pub(super) struct Range {
    lower: Option<Limit>,
    upper: Option<Limit>,
}

impl Range {
    pub(super) fn at_least(&mut self, limit: Limit) {
        if self.lower.as_ref().is_none_or(|known| !known.is_above(&limit)) {
            self.lower = Some(limit);
        }
    }

    pub(super) fn at_most(&mut self, limit: Limit) {
        if self.upper.as_ref().is_none_or(|known| !known.is_below(&limit)) {
            self.upper = Some(limit);
        }
    }

    /// Is there no number in it?
    pub(super) fn is_empty(&self) -> bool {
        match (&self.lower, &self.upper) {
            (Some(lower), Some(upper)) => {
                lower.value > upper.value
                    || (lower.value == upper.value && (lower.exclusive || upper.exclusive))
            }
            _ => false,
        }
    }

    fn holds(&self, number: &Number) -> bool {
        let is_above = |limit: &Limit| *number > limit.value || (*number == limit.value && !limit.exclusive);
        let is_below = |limit: &Limit| *number < limit.value || (*number == limit.value && !limit.exclusive);
        self.lower.as_ref().is_none_or(is_above) && self.upper.as_ref().is_none_or(is_below)
    }
}

/// What a number has to be.
#[derive(Debug)]
pub(super) struct Question<'a> {
    /// Whole numbers, numbers with a fraction, or both.
    pub(super) kinds: Kinds,
    pub(super) range: Range,
    pub(super) multiples: &'a [Number],
    pub(super) not_multiples: &'a [Number],
    pub(super) excluded: &'a BTreeSet<Number>,
}

impl Question<'_> {
    /// Up to `wanted` numbers.
    pub(super) fn solve(&self, wanted: usize, fuel: &mut Fuel) -> Found<Number> {
        match self.search(wanted, fuel) {
            Ok(found) => found,
            Err(why) => Found { values: Vec::new(), end: End::GaveUp(why) },
        }
    }

    fn search(&self, wanted: usize, fuel: &mut Fuel) -> Result<Found<Number>, Why> {
        let mut values = Vec::new();
        let Some(step) = self.step()? else { return self.between(wanted, fuel) };
        let none = Found { values: Vec::new(), end: End::Complete };
        // Whether a multiple of the step is forbidden repeats after this many of them.
        let mut period = step.clone();
        for divisor in self.not_multiples.iter().chain(self.whole().as_ref()) {
            // Every candidate is a multiple of what it must not be one of.
            if step.is_multiple_of(divisor) && self.not_multiples.contains(divisor) {
                return Ok(none);
            }
            period = period.common_multiple(divisor);
            if period.is_large() {
                return Err(unsupported("numbers this large"));
            }
        }
        let zero = Number::from(0);
        let start = match (&self.range.lower, &self.range.upper) {
            _ if self.range.holds(&zero) => zero,
            (Some(lower), _) if lower.value > zero => lower.value.up_to(&step),
            (_, Some(upper)) => upper.value.down_to(&step),
            (Some(lower), None) => lower.value.up_to(&step),
            (None, None) => zero,
        };
        let (mut above, mut below) = (start.clone(), start.minus(&step));
        let (mut ends_above, mut ends_below) = (false, false);
        let mut seen = 0_usize;
        while values.len() < wanted && !(ends_above && ends_below) {
            fuel.spend(1).map_err(|Exhausted| Why::Fuel)?;
            seen += 1;
            if seen > TRIED {
                return match self.repeats_without(&step, &period, seen) {
                    true => Ok(Found { values, end: End::Complete }),
                    false => Err(unsupported("numbers this far apart")),
                };
            }
            if !ends_above {
                ends_above = self.range.upper.as_ref().is_some_and(|upper| above > upper.value);
                if !ends_above && self.holds(&above) {
                    values.push(above.clone());
                }
                above = above.plus(&step);
            }
            if !ends_below && values.len() < wanted {
                ends_below = self.range.lower.as_ref().is_some_and(|lower| below < lower.value);
                if !ends_below && self.holds(&below) {
                    values.push(below.clone());
                }
                below = below.minus(&step);
            }
        }
        let end = if values.len() < wanted { End::Complete } else { End::Enough };
        Ok(Found { values, end })
    }

    /// Have all candidates of a whole period been seen, and more than are excluded one by one?
    fn repeats_without(&self, step: &Number, period: &Number, seen: usize) -> bool {
        let a_period = i64::try_from(seen / (self.excluded.len() + 2)).unwrap_or(0);
        *period < step.times(&Number::from(a_period))
    }

    fn whole(&self) -> Option<Number> {
        (self.kinds != Kinds::NUMBER).then(|| Number::from(1))
    }

    /// All candidates are multiples of it; `None` when any number is a candidate.
    fn step(&self) -> Result<Option<Number>, Why> {
        let whole = (self.kinds == Kinds::INTEGER).then(|| Number::from(1));
        let mut step: Option<Number> = whole;
        for divisor in self.multiples {
            let common = step.map_or_else(|| divisor.clone(), |step| step.common_multiple(divisor));
            if common.is_large() {
                return Err(unsupported("numbers this large"));
            }
            step = Some(common);
        }
        Ok(step)
    }

    /// Without a divisor: between two numbers there is always another one.
    fn between(&self, wanted: usize, fuel: &mut Fuel) -> Result<Found<Number>, Why> {
        let mut values = Vec::new();
        let one = Number::from(1);
        let mut tried = Vec::new();
        match (&self.range.lower, &self.range.upper) {
            (Some(lower), Some(upper)) => {
                if lower.value > upper.value {
                    return Ok(Found { values, end: End::Complete });
                }
                if lower.value == upper.value {
                    if self.holds(&lower.value) {
                        values.push(lower.value.clone());
                    }
                    return Ok(Found { values, end: End::Complete });
                }
                tried.extend([lower.value.clone(), upper.value.clone()]);
                let mut high = upper.value.clone();
                for _ in 0..64 + self.excluded.len().min(TRIED) {
                    high = lower.value.plus(&high).half();
                    tried.push(high.clone());
                }
                // Halves of other divisors' multiples may all be multiples too; thirds of ten are not.
                let tenth = Number::parse("0.1").unwrap_or_else(|| one.clone());
                let mut width = upper.value.minus(&lower.value);
                for _ in 0..64 {
                    width = width.times(&tenth);
                    for digit in [1, 3, 7] {
                        tried.push(lower.value.plus(&width.times(&Number::from(digit))));
                    }
                }
            }
            (lower, upper) => {
                let (start, direction) = match (lower, upper) {
                    (Some(limit), _) => (limit.value.clone(), 1),
                    (_, Some(limit)) => (limit.value.clone(), -1),
                    _ => (Number::from(0), 1),
                };
                let shift = Number::parse("0.5").unwrap_or_else(|| one.clone());
                let odd = Number::parse("0.0137").unwrap_or_else(|| one.clone());
                let whole = start.down_to(&one);
                for count in 0..i64::try_from(64 + self.excluded.len().min(TRIED)).unwrap_or(64) {
                    let away = Number::from(count * direction);
                    tried.extend([start.plus(&away), whole.plus(&away)]);
                    tried.extend([whole.plus(&away).plus(&shift), whole.plus(&away).plus(&odd)]);
                }
            }
        }
        for number in tried {
            fuel.spend(1).map_err(|Exhausted| Why::Fuel)?;
            if values.len() == wanted {
                break;
            }
            if self.holds(&number) && !values.contains(&number) {
                values.push(number);
            }
        }
        if values.len() == wanted {
            return Ok(Found { values, end: End::Enough });
        }
        Err(unsupported("numbers this close together"))
    }

    fn holds(&self, number: &Number) -> bool {
        let kind = if number.is_integer() { Kinds::INTEGER } else { Kinds::FRACTION };
        kind.is_within(self.kinds)
            && self.range.holds(number)
            && self.multiples.iter().all(|divisor| number.is_multiple_of(divisor))
            && !self.not_multiples.iter().any(|divisor| number.is_multiple_of(divisor))
            && !self.excluded.contains(number)
    }
}
