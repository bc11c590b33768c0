//! A change: one thing that a person would name who tells how a schema differs from another one.

use crate::compat::Incompatibility;
use crate::schema::Place;

/// One difference between an old and a new schema.
#[derive(Debug, Clone)]
pub struct Change {
    /// What happened.
    pub kind: &'static Kind,
    /// What happened to what, in a sentence.
    pub message: String,
    /// Where in the old schema; `None` for what only the new one has.
    pub old: Option<Spot>,
    /// Where in the new schema; `None` for what only the old one has.
    pub new: Option<Spot>,
    /// What the engine finds wrong with it, in either direction.
    pub findings: Vec<Incompatibility>,
}

/// A place in a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// A JSON pointer (Avro, JSON Schema), or names of messages and the number of a field (Protobuf), as
    /// findings have them.
    pub pointer: String,
    /// Line and column in the text of the schema; `None` when it stands in a text that the schema refers to.
    pub place: Option<Place>,
}

/// A sort of change.
#[derive(Debug)]
pub struct Kind {
    /// Its name in reports. It is public: never renamed, only retired.
    pub id: &'static str,
    /// What happened, in a line.
    pub summary: &'static str,
    /// What it concerns.
    pub concern: Concern,
}

/// What a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Concern {
    /// What the schema says to programs.
    Meaning,
    /// What it says to people only.
    Documentation,
}

impl Concern {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Concern::Meaning => "meaning",
            Concern::Documentation => "documentation",
        }
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        self.id == other.id
    }
}

impl Eq for Kind {}
