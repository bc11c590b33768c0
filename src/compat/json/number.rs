//! Exact numbers.

use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// Numbers of more digits, or with larger exponents, are not computed with.
const LONGEST: usize = 400;

/// A rational number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::compat) struct Number(BigRational);

impl Number {
    /// The number that a JSON text spells; `None` when it is too long or too large to compute with.
    pub(in crate::compat) fn parse(text: &str) -> Option<Number> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        if mantissa.len() > LONGEST {
            return None;
        }
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
        if digits.is_zero() {
            return Some(Number(BigRational::zero()));
        }
        let exponent: i64 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
        if exponent.unsigned_abs() > LONGEST as u64 {
            return None;
        }
        let exponent = exponent - i64::try_from(fraction.len()).ok()?;
        let power = BigInt::from(10).pow(u32::try_from(exponent.unsigned_abs()).ok()?);
        Some(Number(match exponent >= 0 {
            true => BigRational::from_integer(digits * power),
            false => BigRational::new(digits, power),
        }))
    }

    pub(in crate::compat) fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    pub(in crate::compat) fn is_positive(&self) -> bool {
        self.0.is_positive()
    }

    /// Is it a whole number of times `divisor`, which is positive?
    pub(in crate::compat) fn is_multiple_of(&self, divisor: &Number) -> bool {
        (&self.0 / &divisor.0).is_integer()
    }

    /// Is every whole number a multiple of it?
    pub(super) fn divides_one(&self) -> bool {
        self.0.numer().is_one()
    }

    pub(super) fn plus(&self, other: &Number) -> Number {
        Number(&self.0 + &other.0)
    }

    pub(super) fn minus(&self, other: &Number) -> Number {
        Number(&self.0 - &other.0)
    }

    pub(super) fn times(&self, other: &Number) -> Number {
        Number(&self.0 * &other.0)
    }

    pub(super) fn half(&self) -> Number {
        Number(&self.0 / BigInt::from(2))
    }

    /// The largest multiple of `step` that is not above it.
    pub(super) fn down_to(&self, step: &Number) -> Number {
        Number((&self.0 / &step.0).floor() * &step.0)
    }

    /// The smallest multiple of `step` that is not below it.
    pub(super) fn up_to(&self, step: &Number) -> Number {
        Number((&self.0 / &step.0).ceil() * &step.0)
    }

    /// The smallest positive number that is a multiple of both, which are positive.
    pub(super) fn common_multiple(&self, other: &Number) -> Number {
        let numer = num_integer::lcm(self.0.numer() * other.0.denom(), other.0.numer() * self.0.denom());
        Number(BigRational::new(numer, self.0.denom() * other.0.denom()))
    }

    pub(super) fn is_large(&self) -> bool {
        let bits = self.0.numer().bits().max(self.0.denom().bits());
        bits > 4 * LONGEST as u64
    }

    /// Do the usual floating-point numbers hold it exactly, written plainly?
    pub(in crate::compat) fn is_plain(&self) -> bool {
        self.0.numer().bits() <= 53 && self.0.denom().bits() <= 20
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Number {
        Number(BigRational::from_integer(BigInt::from(number)))
    }
}

impl fmt::Display for Number {
    /// As JSON, without exponent. A number that is no finite decimal is cut after 40 digits; none comes
    /// from a schema or is made for a value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numer, denom) = (self.0.numer().abs(), self.0.denom());
        if self.0.is_negative() {
            f.write_str("-")?;
        }
        write!(f, "{}", &numer / denom)?;
        let mut rest = &numer % denom;
        if rest.is_zero() {
            return Ok(());
        }
        f.write_str(".")?;
        for _ in 0..2 * LONGEST {
            rest *= 10;
            write!(f, "{}", &rest / denom)?;
            rest %= denom;
            if rest.is_zero() {
                break;
            }
        }
        Ok(())
    }
}
