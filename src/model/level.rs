//! Compatibility levels: a level is directions times depth.

use std::fmt;
use std::str::FromStr;

/// What a new version must satisfy against the versions before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// Nothing is compared.
    None,
    /// The new schema reads data of the latest version.
    Backward,
    /// The new schema reads data of every live version.
    BackwardTransitive,
    /// The latest version reads data of the new schema.
    Forward,
    /// Every live version reads data of the new schema.
    ForwardTransitive,
    /// Both directions against the latest version.
    Full,
    /// Both directions against every live version.
    FullTransitive,
}

/// Who reads whose data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The new schema reads what the old one wrote.
    Backward,
    /// The old schema reads what the new one writes.
    Forward,
}

/// How far back a comparison reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// The latest live version only.
    Latest,
    /// Every live version.
    All,
}

impl Level {
    /// Every level, in the order in which messages list them.
    pub const ALL: [Level; 7] = [
        Level::None,
        Level::Backward,
        Level::Forward,
        Level::Full,
        Level::BackwardTransitive,
        Level::ForwardTransitive,
        Level::FullTransitive,
    ];

    /// The directions to compare, in the order in which they are reported: FULL does its forward
    /// half first.
    pub fn directions(self) -> &'static [Direction] {
        match self {
            Level::None => &[],
            Level::Backward | Level::BackwardTransitive => &[Direction::Backward],
            Level::Forward | Level::ForwardTransitive => &[Direction::Forward],
            Level::Full | Level::FullTransitive => &[Direction::Forward, Direction::Backward],
        }
    }

    /// How many versions back the level looks.
    pub fn depth(self) -> Depth {
        match self {
            Level::None | Level::Backward | Level::Forward | Level::Full => Depth::Latest,
            Level::BackwardTransitive | Level::ForwardTransitive | Level::FullTransitive => Depth::All,
        }
    }

    /// The same directions against every version.
    pub fn transitive(self) -> Level {
        match self {
            Level::None => Level::None,
            Level::Backward | Level::BackwardTransitive => Level::BackwardTransitive,
            Level::Forward | Level::ForwardTransitive => Level::ForwardTransitive,
            Level::Full | Level::FullTransitive => Level::FullTransitive,
        }
    }

    /// The upper-case wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::None => "NONE",
            Level::Backward => "BACKWARD",
            Level::BackwardTransitive => "BACKWARD_TRANSITIVE",
            Level::Forward => "FORWARD",
            Level::ForwardTransitive => "FORWARD_TRANSITIVE",
            Level::Full => "FULL",
            Level::FullTransitive => "FULL_TRANSITIVE",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a compatibility level; use one of none, backward, forward, full, backward_transitive, forward_transitive, full_transitive"
)]
pub struct UnknownLevel(pub String);

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Case does not matter.
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        Level::ALL
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}
