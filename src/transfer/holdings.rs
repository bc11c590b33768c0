//! What a registry holds, as far as its protocol shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::model::{Content, Context, Format, Guid, Mode, SchemaId, Settings, Subject, Timestamp, Version};

/// Everything a registry shows.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    /// The contexts, each with the highest id that it is known to have given out.
    pub contexts: BTreeMap<Context, i32>,
    /// The versions of all subjects, in the order in which they were registered as far as it is known.
    pub versions: Vec<Held>,
    /// Settings by the subject that spells their scope.
    pub settings: BTreeMap<Subject, Settings>,
    /// Modes by the subject that spells their scope.
    pub modes: BTreeMap<Subject, Mode>,
    /// What could not be taken along, in sentences.
    pub left_out: Vec<String>,
}

/// A version of a subject.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its subject.
    pub subject: Subject,
    /// Its number there.
    pub version: Version,
    /// The id of its content in the context.
    pub id: SchemaId,
    /// The hash of its content, as the place that it was read from gives it.
    pub guid: Option<Guid>,
    /// What it holds.
    pub content: Arc<Content>,
    /// Is it softly deleted?
    pub deleted: bool,
    /// When it was registered, where that is known.
    pub created_at: Option<Timestamp>,
}

impl Holdings {
    /// Put the versions into the order in which they were registered, as far as times tell; the others
    /// keep theirs.
    pub(super) fn arrange(&mut self) {
        self.versions.sort_by_key(|held| held.created_at.unwrap_or(Timestamp::MIN));
    }

    /// See to it that every context that has a version is listed, with the highest id that a version has.
    pub(super) fn count_ids(&mut self) {
        for held in &self.versions {
            let last = self.contexts.entry(held.subject.context().clone()).or_insert(0);
            *last = (*last).max(held.id.0);
        }
    }

    /// The versions by subject and number.
    pub(super) fn by_number(&self) -> BTreeMap<(&Subject, Version), &Held> {
        self.versions.iter().map(|held| ((&held.subject, held.version), held)).collect()
    }

    /// Give every version the hash that its text has, whatever it was given.
    pub fn recompute_guids(&mut self) {
        for held in &mut self.versions {
            held.guid = Some(held.content.guid());
        }
    }

    /// Sentences about hashes that are not those of the texts that they were given for.
    pub fn wrong_guids(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for held in &self.versions {
            let Some(given) = held.guid else { continue };
            let right = held.content.guid();
            if given != right {
                sentences.push(format!("{held}: the guid is given as {given}, its text has {right}"));
            }
        }
        sentences
    }
}

impl Holdings {
    /// Sentences about ids that denote more than one schema.
    pub(super) fn ambiguous_ids(&self) -> Vec<String> {
        let mut denoted: BTreeMap<(&Context, SchemaId), (Guid, Format)> = BTreeMap::new();
        let mut sentences = Vec::new();
        for held in &self.versions {
            let (id, content) = (held.id, (held.content.guid(), held.content.format));
            if *denoted.entry((held.subject.context(), id)).or_insert(content) != content {
                sentences.push(format!("{held}: its id {id} denotes another schema too"));
            }
        }
        sentences
    }

    /// Sentences about numbers after which none comes: nothing more can be registered there.
    pub fn used_up(&self) -> Vec<String> {
        let contexts = self.contexts.iter().filter(|(_, last)| **last == i32::MAX).map(|(context, last)| {
            format!("the context `{context}` has the id {last}, the highest there is: no new schema gets one there")
        });
        let versions = self.versions.iter().filter(|held| held.version.number() == i32::MAX);
        let versions =
            versions.map(|held| format!("{held} is the highest there is: no version comes after it"));
        contexts.chain(versions).collect()
    }
}

impl fmt::Display for Holdings {
    /// How much of what there is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subjects: BTreeSet<&Subject> = self.versions.iter().map(|held| &held.subject).collect();
        let deleted = self.versions.iter().filter(|held| held.deleted).count();
        write!(
            f,
            "{} in {} and {}, {} of them deleted; {}, {}",
            count(self.versions.len(), "version"),
            count(subjects.len(), "subject"),
            count(self.contexts.len().max(1), "context"),
            deleted,
            count(self.settings.len(), "configuration"),
            count(self.modes.len(), "mode"),
        )
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} version {}", spelt(&self.subject), self.version)
    }
}

/// A number of things, in words.
pub(super) fn count(number: usize, word: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {word}{ending}")
}

/// A subject in a sentence: the empty one is not nothing.
pub(super) fn spelt(subject: &Subject) -> String {
    match subject.to_string() {
        empty if empty.is_empty() => "the empty subject".to_owned(),
        text => format!("`{text}`"),
    }
}

/// What became of something that can be deleted softly, in a sentence.
pub(super) fn state(deleted: bool) -> &'static str {
    if deleted { "softly deleted" } else { "live" }
}

/// A scope of settings in a sentence.
pub(super) fn scope(subject: &Subject) -> String {
    match subject.name() {
        "" if subject.context().is_default() => "the top level".to_owned(),
        "" if subject.context().is_global() => "the global scope".to_owned(),
        "" => format!("the context `{}`", subject.context()),
        _ => spelt(subject),
    }
}
