//! Modes: which writes a scope accepts.

use std::fmt;
use std::str::FromStr;

/// Which writes a scope accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Every write.
    ReadWrite,
    /// No write but a change of mode.
    ReadOnly,
}

impl Mode {
    /// Every mode of this version.
    pub const ALL: [Mode; 2] = [Mode::ReadWrite, Mode::ReadOnly];

    /// May a version be registered or deleted, or a setting changed?
    pub fn allows_writes(self) -> bool {
        match self {
            Mode::ReadWrite => true,
            Mode::ReadOnly => false,
        }
    }

    /// The upper-case wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::ReadWrite => "READWRITE",
            Mode::ReadOnly => "READONLY",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no mode of this version.
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
