//! The JSON form of what changed between two states of schemas: what `dovetail diff --format json` prints.
//!
//! [`SCHEMA`] describes it. It has a version of its own.

use serde::Serialize;

use super::{Against, Finding, Setting, Side};
use crate::diff::{self, Diff, Spot};
use crate::model::Level;

/// The version of the shape.
pub const FORMAT_VERSION: u32 = 1;

/// The JSON Schema of the shape.
pub const SCHEMA: &str = include_str!("difference.schema.json");

/// What changed.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// The version of the shape.
    pub format_version: u32,
    /// The old state.
    pub old: String,
    /// The new state.
    pub new: String,
    /// Every schema of either, in the order of their names.
    pub schemas: Vec<SchemaDifference>,
    /// What differs between two registries beside the texts of the latest versions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub registries: Vec<RegistryDifference>,
}

/// A schema that both states have, or one of them.
#[derive(Debug, Serialize)]
pub struct SchemaDifference {
    /// What it is called: a path below the folders that were compared, or a subject.
    pub name: String,
    /// What it was called, where it moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// `unchanged`, `changed`, `added`, `removed` or `invalid`.
    pub result: &'static str,
    /// The language: `AVRO`, `JSON` or `PROTOBUF`.
    pub schema_type: &'static str,
    /// Where the old one is.
    pub old: Option<String>,
    /// Where the new one is.
    pub new: Option<String>,
    /// May the new one follow the old one?
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<LevelVerdict>,
    /// What changed, in the order of the new schema.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// There are more changes than are told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
    /// Why it is invalid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The two texts line by line, as `diff -u` writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// May the new schema follow the old one at a level?
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LevelVerdict {
    /// The level: `BACKWARD`, `FORWARD` or `FULL`.
    pub level: &'static str,
    /// It may.
    pub compatible: bool,
}

/// One change.
#[derive(Debug, Serialize)]
pub struct Change {
    /// What happened: `field-added` and the like.
    pub kind: &'static str,
    /// `meaning` or `documentation`.
    pub concern: &'static str,
    /// What happened to what, in a sentence.
    pub message: String,
    /// Where in the old schema; left out for what only the new one has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Side>,
    /// Where in the new schema; left out for what only the old one has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Side>,
    /// What the engine finds wrong with it at the level FULL.
    pub findings: Vec<Finding>,
}

/// Something that one registry has and the other has not, or has otherwise.
#[derive(Debug, Serialize)]
pub struct RegistryDifference {
    /// The subject; left out for the registry as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What it is: `subject`, `version`, `content` or `level`.
    pub what: &'static str,
    /// The version, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// What the old one has.
    pub old: Option<String>,
    /// What the new one has.
    pub new: Option<String>,
}

impl LevelVerdict {
    /// The JSON form of the verdicts.
    pub fn all(found: &Diff) -> Vec<LevelVerdict> {
        let verdicts = found.verdicts.iter();
        verdicts.map(|it| LevelVerdict { level: it.level.as_str(), compatible: it.is_compatible }).collect()
    }
}

impl Change {
    /// The JSON form of a change of `subject`.
    pub fn of(change: &diff::Change, subject: &str, old: (&str, &str), new_text: &str) -> Change {
        let (old_label, old_text) = old;
        let setting = Setting {
            subject,
            against: Against { file: Some(old_label.to_owned()), ..Against::default() },
            level: Some((Level::Full, "diff".to_owned())),
            new_text,
            old_text,
        };
        Change {
            kind: change.kind.id,
            concern: change.kind.concern.as_str(),
            message: change.message.clone(),
            old: change.old.as_ref().map(side),
            new: change.new.as_ref().map(side),
            findings: change.findings.iter().map(|found| Finding::of(found, &setting)).collect(),
        }
    }
}

fn side(spot: &Spot) -> Side {
    Side {
        pointer: Some(spot.pointer.clone()),
        line: spot.place.map(|place| place.line),
        column: spot.place.map(|place| place.column),
        ..Side::default()
    }
}
