//! Modes: which writes a scope accepts.

use std::fmt;
use std::str::FromStr;

/// Which writes a scope accepts. A change of mode is accepted in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Every write; the registry gives out ids.
    ReadWrite,
    /// None.
    ReadOnly,
    /// None; an older name for the same.
    ReadOnlyOverride,
    /// Schemas that bring the id they have elsewhere; they are taken as they come.
    Import,
    /// As [`Mode::Import`], for a registry that only receives what another one exports.
    Forward,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 5] =
        [Mode::ReadWrite, Mode::ReadOnly, Mode::ReadOnlyOverride, Mode::Import, Mode::Forward];

    /// May nothing be registered, deleted or configured?
    pub fn is_read_only(self) -> bool {
        matches!(self, Mode::ReadOnly | Mode::ReadOnlyOverride)
    }

    /// Do new schemas bring their ids?
    pub fn takes_ids(self) -> bool {
        matches!(self, Mode::Import | Mode::Forward)
    }

    /// The upper-case wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::ReadWrite => "READWRITE",
            Mode::ReadOnly => "READONLY",
            Mode::ReadOnlyOverride => "READONLY_OVERRIDE",
            Mode::Import => "IMPORT",
            Mode::Forward => "FORWARD",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a mode")]
pub struct UnknownMode(pub String);

impl FromStr for Mode {
    type Err = UnknownMode;

    /// Case does not matter.
    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        Mode::ALL
            .into_iter()
            .find(|mode| mode.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownMode(text.to_owned()))
    }
}
