//! Fuel: how much work a comparison may do before it gives up.
//!
//! Work is counted, not timed, so that the same two schemas get the same answer on every machine.

/// What is left to spend.
#[derive(Debug)]
pub(super) struct Fuel {
    steps: u64,
}

/// The work that a comparison may do was done, and there is no answer yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Fuel {
    /// For one pair of schemas. Two unions of three hundred records each fit; schemas without such
    /// unions need little more than a step a field.
    pub(super) const PAIR: u64 = 1_000_000;

    /// For the witnesses of one pair of schemas, all together.
    pub(super) const WITNESSES: u64 = 200_000;

    /// For a pair of JSON Schemas, all questions about it together.
    pub(super) const JSON: u64 = 400_000;

    pub(super) fn new(steps: u64) -> Fuel {
        Fuel { steps }
    }

    /// Account for `steps` of work that is about to be done.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.steps = self.steps.checked_sub(steps as u64).ok_or(Exhausted)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Exhausted, Fuel};

    #[test]
    fn fuel_runs_out() {
        let mut fuel = Fuel::new(3);
        assert_eq!(fuel.spend(2), Ok(()));
        assert_eq!(fuel.spend(1), Ok(()));
        assert_eq!(fuel.spend(1), Err(Exhausted));
    }
}
