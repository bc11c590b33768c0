//! When a level is changed, seen from the registration that the plan also makes.

use crate::model::{Depth, Level};

/// When to change the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// The registration may need the new level.
    Before,
    /// The registration passes under either, and the gate is never more open than it was.
    After,
}

/// When to change from one level to another: what asks for more comes after the registration, anything
/// else before.
pub(super) fn when(from: Level, to: Level) -> When {
    if from != to && implies(to, from) { When::After } else { When::Before }
}

/// Does every schema that passes under `strict` pass under `other`?
fn implies(strict: Level, other: Level) -> bool {
    let directions = other.directions().iter().all(|needed| strict.directions().contains(needed));
    directions && (strict.depth() == Depth::All || other.depth() == Depth::Latest)
}

#[cfg(test)]
mod tests {
    use super::{When, when};
    use crate::model::Level;

    #[test]
    fn tightening_comes_after() {
        for (from, to, expected) in [
            (Level::None, Level::Backward, When::After),
            (Level::Backward, Level::Full, When::After),
            (Level::Backward, Level::BackwardTransitive, When::After),
            (Level::Full, Level::Backward, When::Before),
            (Level::Backward, Level::None, When::Before),
            (Level::Backward, Level::Forward, When::Before),
            (Level::Full, Level::BackwardTransitive, When::Before),
            (Level::Full, Level::Full, When::Before),
        ] {
            assert_eq!(when(from, to), expected, "{from} to {to}");
        }
    }
}
