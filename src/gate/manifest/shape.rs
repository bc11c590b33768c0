//! The manifest as it is written: what a YAML or JSON document may hold, before any of it means
//! something. Words are kept with their places, so that what is wrong with them is told there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_saphyr::Spanned;

/// A word and where it stands.
pub(super) type Word = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) version: Spanned<u32>,
    #[serde(default, rename = "$schema")]
    pub(super) _schema: Option<String>,
    #[serde(default)]
    pub(super) registry: Registry,
    #[serde(default)]
    pub(super) defaults: Option<Spanned<Subject>>,
    #[serde(default)]
    pub(super) subjects: Vec<Spanned<Subject>>,
    #[serde(default)]
    pub(super) readers: Vec<Spanned<Reader>>,
    #[serde(default)]
    pub(super) waivers: Vec<Spanned<Waiver>>,
    #[serde(default)]
    pub(super) protect: Vec<Word>,
    #[serde(default)]
    pub(super) include: Vec<Word>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registry {
    #[serde(default)]
    pub(super) url: Option<Word>,
    #[serde(default)]
    pub(super) context: Option<Word>,
}

/// An entry of `subjects`, or `defaults`, which holds the settings only.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    #[serde(default)]
    pub(super) glob: Option<Word>,
    #[serde(default)]
    pub(super) file: Option<Word>,
    #[serde(default)]
    pub(super) subject: Option<Word>,
    #[serde(default)]
    pub(super) references: Option<Vec<Reference>>,
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
    #[serde(default, rename = "type")]
    pub(super) format: Option<Word>,
    #[serde(default)]
    pub(super) level: Option<Word>,
    #[serde(default)]
    pub(super) judge: Option<Word>,
    #[serde(default)]
    pub(super) policy: Option<Word>,
    #[serde(default)]
    pub(super) packs: Option<Vec<Word>>,
    #[serde(default)]
    pub(super) rules: BTreeMap<String, Word>,
    #[serde(default)]
    pub(super) lint: BTreeMap<String, Word>,
    #[serde(default)]
    pub(super) normalize: Option<bool>,
    #[serde(default)]
    pub(super) assert_formats: Option<bool>,
    #[serde(default)]
    pub(super) fill_defaults: Option<bool>,
    #[serde(default)]
    pub(super) all_readers_declared: Option<bool>,
    #[serde(default)]
    pub(super) owner: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) subject: String,
    #[serde(default)]
    pub(super) version: Option<i32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) tags: BTreeMap<String, BTreeSet<String>>,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) sensitive: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reader {
    pub(super) name: String,
    pub(super) reads: Reads,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reads {
    pub(super) subject: Word,
    pub(super) file: Word,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waiver {
    pub(super) subject: Word,
    pub(super) rule: Word,
    #[serde(default)]
    pub(super) at: Option<String>,
    pub(super) until: Word,
    pub(super) reason: Word,
    #[serde(default)]
    pub(super) by: Option<String>,
    #[serde(default)]
    pub(super) says: Option<String>,
}
