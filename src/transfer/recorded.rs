//! What the record of changes says must be in a store. A row that was lost, renumbered or brought back
//! behind the program's back differs from it.
//!
//! Every change is made again as far as it tells what it did. It names versions and ids, contexts, and the
//! scopes that have settings, a mode or a judge. It does not hold what was written there: a setting that has
//! another value than it was given is not found.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::beside::RecordedBeside;
use super::gathered::{Gathered, Purged, StoredHeld};
use super::holdings::{scope, spelt, state};
use crate::model::{Context, SchemaId, Subject, Version};
use crate::store::{Change, ChangeKind};

/// What is left when every change is made again, in their order.
#[derive(Default)]
pub(super) struct Recorded {
    versions: BTreeMap<Subject, BTreeMap<Version, RecordedVersion>>,
    contexts: BTreeMap<Context, RecordedContext>,
    /// The changes that removed a version for good.
    purges: BTreeMap<i64, Purged>,
    settings: BTreeSet<Subject>,
    modes: BTreeSet<Subject>,
    judges: BTreeSet<Subject>,
    beside: RecordedBeside,
    /// How many changes there are, and the number of the last one.
    count: i64,
    pub(super) highest: i64,
}

struct RecordedVersion {
    id: Option<SchemaId>,
    deleted: bool,
    /// The change that registered it.
    written: i64,
}

#[derive(Default)]
struct RecordedContext {
    /// Is it on the list of contexts?
    listed: bool,
    /// The ids that were given out, purged ones too, each with the change that did it first.
    ids: BTreeMap<SchemaId, i64>,
}

impl Recorded {
    /// Make a change again. They come in the order of their numbers.
    pub(super) fn take(&mut self, change: Change) {
        self.count += 1;
        self.highest = self.highest.max(change.seq);
        let (seq, id) = (change.seq, change.id);
        match (change.kind, change.version) {
            (ChangeKind::Register, Some(version)) => {
                let context = self.context(change.subject.context());
                context.listed = true;
                if let Some(id) = id {
                    context.ids.entry(id).or_insert(seq);
                }
                let recorded = RecordedVersion { id, deleted: false, written: seq };
                self.versions.entry(change.subject).or_default().insert(version, recorded);
            }
            (ChangeKind::Delete | ChangeKind::Undelete, Some(version)) => {
                let recorded = self.versions.get_mut(&change.subject);
                if let Some(recorded) = recorded.and_then(|versions| versions.get_mut(&version)) {
                    recorded.deleted = change.kind == ChangeKind::Delete;
                }
            }
            (ChangeKind::Purge, Some(version)) => {
                if let Some(versions) = self.versions.get_mut(&change.subject) {
                    versions.remove(&version);
                }
                if let Some(id) = id {
                    self.purges.insert(seq, Purged { subject: change.subject, version, id });
                }
            }
            (ChangeKind::OpenContext, _) => self.context(change.subject.context()).listed = true,
            (ChangeKind::DeleteContext, _) => self.context(change.subject.context()).listed = false,
            (ChangeKind::PutSettings, _) => drop(self.settings.insert(change.subject)),
            (ChangeKind::DeleteSettings, _) => drop(self.settings.remove(&change.subject)),
            (ChangeKind::PutMode, _) => drop(self.modes.insert(change.subject)),
            (ChangeKind::DeleteMode, _) => drop(self.modes.remove(&change.subject)),
            (ChangeKind::PutJudge, _) => drop(self.judges.insert(change.subject)),
            (ChangeKind::DeleteJudge, _) => drop(self.judges.remove(&change.subject)),
            _ => self.beside.take(change),
        }
    }

    fn context(&mut self, context: &Context) -> &mut RecordedContext {
        if !self.contexts.contains_key(context) {
            self.contexts.insert(context.clone(), RecordedContext::default());
        }
        self.contexts.get_mut(context).expect("it was put there")
    }

    /// Where a store differs, a sentence each.
    pub(super) fn differences(&self, gathered: &Gathered) -> Vec<String> {
        let mut found = self.gaps(gathered.last_change);
        found.extend(self.differing_versions(gathered));
        found.extend(self.differing_contexts(gathered));
        found.extend(unlike("settings", &self.settings, gathered.settings.keys()));
        found.extend(unlike("a mode", &self.modes, gathered.modes.keys()));
        found.extend(unlike("a judge", &self.judges, &gathered.judges));
        found.extend(self.differing_tombstones(gathered));
        found.extend(self.beside.differences(&gathered.beside));
        found
    }

    fn differing_versions(&self, gathered: &Gathered) -> Vec<String> {
        let mut found = Vec::new();
        let held: BTreeMap<(&Subject, Version), &StoredHeld> =
            gathered.versions.iter().map(|held| ((&held.subject, held.version), held)).collect();
        for (subject, versions) in &self.versions {
            for (version, recorded) in versions {
                let name = || format!("{} version {version}", spelt(subject));
                match held.get(&(subject, *version)) {
                    None => found.push(format!(
                        "{} is lost: change {} registered it, and no change removed it",
                        name(),
                        recorded.written
                    )),
                    Some(held) => {
                        found.extend(recorded.difference(held).map(|says| format!("{} {says}", name())));
                    }
                }
            }
        }
        let is_recorded = |subject: &Subject, version: &Version| {
            self.versions.get(subject).is_some_and(|versions| versions.contains_key(version))
        };
        for (subject, version) in held.keys().filter(|(subject, version)| !is_recorded(subject, version)) {
            found.push(format!(
                "{} version {version} is there, though no change on record registered it or one removed it",
                spelt(subject)
            ));
        }
        found
    }

    fn differing_contexts(&self, gathered: &Gathered) -> Vec<String> {
        let mut found = Vec::new();
        let known: HashSet<(&Context, SchemaId)> =
            gathered.ids.keys().map(|(context, id)| (context, *id)).collect();
        for (context, recorded) in &self.contexts {
            match (gathered.contexts.get(context).map(|held| !held.deleted), recorded.listed) {
                (None, _) => found.push(format!("the context `{context}` is lost")),
                (Some(false), true) => found.push(format!(
                    "the context `{context}` is off the list, though no change on record took it off"
                )),
                (Some(true), false) => found
                    .push(format!("the context `{context}` is on the list, and on record it was taken off")),
                _ => {}
            }
            for (id, seq) in &recorded.ids {
                if !known.contains(&(context, *id)) {
                    found.push(format!(
                        "the id {id} of the context `{context}` is lost: change {seq} gave it out"
                    ));
                }
            }
        }
        for context in gathered.contexts.keys().filter(|context| !self.contexts.contains_key(*context)) {
            found.push(format!("the context `{context}` is there, though no change on record put it there"));
        }
        found
    }

    fn differing_tombstones(&self, gathered: &Gathered) -> Vec<String> {
        let mut found = Vec::new();
        for (seq, purged) in &self.purges {
            match gathered.tombstones.get(seq) {
                None => found.push(format!(
                    "change {seq} removed a version for good and left no tombstone: {} version {}",
                    spelt(&purged.subject),
                    purged.version
                )),
                Some(tombstone) if tombstone != purged => found.push(format!(
                    "the tombstone of change {seq} says {}, and on record that was {}",
                    tombstone.told(),
                    purged.told()
                )),
                Some(_) => {}
            }
        }
        for seq in gathered.tombstones.keys().filter(|seq| !self.purges.contains_key(seq)) {
            found.push(format!("change {seq} has a tombstone, though it removed no version"));
        }
        found
    }

    fn gaps(&self, last_change: i64) -> Vec<String> {
        let mut found = Vec::new();
        if self.highest != last_change {
            found.push(format!(
                "the last change is {last_change}, and the highest one on record {}",
                self.highest
            ));
        }
        if self.count != self.highest {
            found.push(format!(
                "of the changes up to number {} only {} are on record",
                self.highest, self.count
            ));
        }
        found
    }
}

impl Purged {
    fn told(&self) -> String {
        format!("{} version {} with the id {}", spelt(&self.subject), self.version, self.id)
    }
}

impl RecordedVersion {
    fn difference(&self, held: &StoredHeld) -> Option<String> {
        if self.id.is_some_and(|id| id != held.id) {
            Some(format!("has the id {}, and was registered with another one", held.id))
        } else if self.deleted != held.deleted {
            Some(format!("is {}, and on record it is {}", state(held.deleted), state(self.deleted)))
        } else if self.written != held.written {
            let (says, written) = (held.written, self.written);
            Some(format!("says that change {says} wrote it, and on record that is change {written}"))
        } else {
            None
        }
    }
}

/// Scopes that have something on record and not in the store, or the other way round.
fn unlike<'a>(
    what: &str,
    recorded: &BTreeSet<Subject>,
    held: impl IntoIterator<Item = &'a Subject>,
) -> Vec<String> {
    let held: BTreeSet<&Subject> = held.into_iter().collect();
    let lost = recorded.iter().filter(|subject| !held.contains(subject));
    let strange = held.iter().copied().filter(|subject| !recorded.contains(subject));
    let lost = lost.map(|subject| (subject, "is lost"));
    let strange = strange.map(|subject| (subject, "is there, though no change on record put it there"));
    lost.chain(strange).map(|(subject, says)| format!("{what} of {} {says}", scope(subject))).collect()
}
