//! Versions and the ways to name one.

use std::fmt;
use std::str::FromStr;

/// A number within a subject, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(i32);

impl Version {
    /// The first version of a subject.
    pub const FIRST: Version = Version(1);

    /// `None` unless `number` is at least 1.
    pub fn new(number: i32) -> Option<Version> {
        (number >= 1).then_some(Version(number))
    }

    /// The number, at least 1.
    pub fn number(self) -> i32 {
        self.0
    }

    /// The version after this one; `None` when the numbers are used up.
    pub fn next(self) -> Option<Version> {
        self.0.checked_add(1).map(Version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A version as a caller names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VersionRef {
    /// The highest live version.
    Latest,
    /// Exactly this one.
    Number(Version),
}

/// Not a version: neither a number from 1 to 2^31-1 nor `latest`. Holds the text as sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "The specified version '{0}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\""
)]
pub struct InvalidVersion(pub String);

impl FromStr for VersionRef {
    type Err = InvalidVersion;

    /// Surrounding blanks are ignored; `latest` in any case and `-1` mean the latest version.
    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("latest") || trimmed == "-1" {
            return Ok(VersionRef::Latest);
        }
        trimmed
            .parse()
            .ok()
            .and_then(Version::new)
            .map(VersionRef::Number)
            .ok_or_else(|| InvalidVersion(text.to_owned()))
    }
}

impl fmt::Display for VersionRef {
    /// `latest` prints as `-1`, as messages of the wire do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionRef::Latest => f.write_str("-1"),
            VersionRef::Number(version) => version.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Version, VersionRef};

    #[test]
    fn a_version_is_a_number_from_one_or_latest() {
        for latest in ["latest", "LATEST", " latest ", "-1"] {
            assert_eq!(latest.parse(), Ok(VersionRef::Latest), "{latest}");
        }
        let seven = Version::new(7).expect("7 is a version");
        assert_eq!(" 7 ".parse(), Ok(VersionRef::Number(seven)));
        for wrong in ["0", "-2", "1.0", "abc", "", "2147483648"] {
            let error = wrong.parse::<VersionRef>().expect_err(wrong);
            assert_eq!(error.0, wrong);
        }
    }
}
