//! A schema as a caller sends it: not parsed, its references not resolved.

use crate::model::{Format, Metadata, RuleSet, UnknownFormat};

use super::Retagging;

/// A schema to register, look up or check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The text as sent; `None` or blank means "as the latest version" when registering.
    pub text: Option<String>,
    /// The language it claims to be in. One that does not exist is an error only once the text is
    /// needed: a missing version or a read-only subject comes first.
    pub format: Result<Format, UnknownFormat>,
    /// References as sent, possibly incomplete.
    pub references: Vec<CandidateReference>,
    /// Metadata as sent; `None` is inherited from the latest version.
    pub metadata: Option<Metadata>,
    /// Rules as sent; `None` is inherited from the latest version.
    pub rule_set: Option<RuleSet>,
    /// The version the caller wants: 0 for "any", -1 for "compare with the latest only".
    pub version: i32,
    /// The id the caller wants; negative for "any".
    pub id: i32,
    /// What becomes of the inline tags when registering.
    pub retagging: Retagging,
}

impl Candidate {
    /// A candidate of a text alone.
    pub fn of(format: Format, text: impl Into<String>) -> Candidate {
        Candidate {
            text: Some(text.into()),
            format: Ok(format),
            references: Vec::new(),
            metadata: None,
            rule_set: None,
            version: 0,
            id: -1,
            retagging: Retagging::default(),
        }
    }

    /// Is it a Protobuf schema?
    pub(super) fn is_protobuf(&self) -> bool {
        matches!(self.format, Ok(Format::Protobuf))
    }

    /// The text, unless it is absent or blank.
    pub(super) fn given_text(&self) -> Option<&str> {
        self.text.as_deref().filter(|text| !text.trim().is_empty())
    }
}

/// A reference as sent. All three members are needed; version -1 means the latest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CandidateReference {
    /// What the text calls it.
    pub name: Option<String>,
    /// The subject it points to.
    pub subject: Option<String>,
    /// The version it points to.
    pub version: Option<i32>,
}
