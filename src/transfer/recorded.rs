//! What the record of changes says must be in a store: every version, setting and mode, and nothing else.
//! A row that was lost, renumbered or brought back behind the program's back differs from it.

use std::collections::{BTreeMap, BTreeSet};

use super::gathered::{Gathered, StoredHeld};
use super::holdings::{scope, spelt};
use crate::model::{SchemaId, Subject, Version};
use crate::store::ChangeKind;

/// What is left when every change is made again, in their order.
#[derive(Default)]
pub(super) struct Recorded {
    versions: BTreeMap<(Subject, Version), RecordedVersion>,
    /// The changes that removed a version for good.
    purges: BTreeSet<i64>,
    settings: BTreeSet<Subject>,
    modes: BTreeSet<Subject>,
    judges: BTreeSet<Subject>,
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

impl Recorded {
    /// Make a change again. They come in the order of their numbers.
    pub(super) fn take(
        &mut self,
        seq: i64,
        kind: ChangeKind,
        subject: Subject,
        version: Option<(Version, Option<SchemaId>)>,
    ) {
        self.count += 1;
        self.highest = self.highest.max(seq);
        match (kind, version) {
            (ChangeKind::Register, Some((version, id))) => {
                let recorded = RecordedVersion { id, deleted: false, written: seq };
                self.versions.insert((subject, version), recorded);
            }
            (ChangeKind::Delete | ChangeKind::Undelete, Some((version, _))) => {
                if let Some(recorded) = self.versions.get_mut(&(subject, version)) {
                    recorded.deleted = kind == ChangeKind::Delete;
                }
            }
            (ChangeKind::Purge, Some((version, _))) => {
                self.versions.remove(&(subject, version));
                self.purges.insert(seq);
            }
            (ChangeKind::PutSettings, _) => drop(self.settings.insert(subject)),
            (ChangeKind::DeleteSettings, _) => drop(self.settings.remove(&subject)),
            (ChangeKind::PutMode, _) => drop(self.modes.insert(subject)),
            (ChangeKind::DeleteMode, _) => drop(self.modes.remove(&subject)),
            (ChangeKind::PutJudge, _) => drop(self.judges.insert(subject)),
            (ChangeKind::DeleteJudge, _) => drop(self.judges.remove(&subject)),
            _ => {}
        }
    }

    /// Where a store differs, a sentence each.
    pub(super) fn differences(&self, gathered: &Gathered) -> Vec<String> {
        let mut found = self.gaps(gathered.last_change);
        let held: BTreeMap<_, _> =
            gathered.versions.iter().map(|held| ((held.subject.clone(), held.version), held)).collect();
        for ((subject, version), recorded) in &self.versions {
            let name = format!("{} version {version}", spelt(subject));
            match held.get(&(subject.clone(), *version)) {
                None => found.push(format!(
                    "{name} is lost: change {} registered it, and no change removed it",
                    recorded.written
                )),
                Some(held) => found.extend(recorded.difference(held).map(|says| format!("{name} {says}"))),
            }
        }
        for (subject, version) in held.keys().filter(|key| !self.versions.contains_key(key)) {
            found.push(format!(
                "{} version {version} is there, though no change on record registered it or one removed it",
                spelt(subject)
            ));
        }
        found.extend(unlike("settings", &self.settings, gathered.settings.keys()));
        found.extend(unlike("a mode", &self.modes, gathered.modes.keys()));
        found.extend(unlike("a judge", &self.judges, &gathered.judges));
        for seq in self.purges.symmetric_difference(&gathered.tombstones) {
            let says = match self.purges.contains(seq) {
                true => "removed a version for good and left no tombstone",
                false => "has a tombstone, though it removed no version",
            };
            found.push(format!("change {seq} {says}"));
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

impl RecordedVersion {
    fn difference(&self, held: &StoredHeld) -> Option<String> {
        let alive = |deleted| if deleted { "softly deleted" } else { "live" };
        if self.id.is_some_and(|id| id != held.id) {
            Some(format!("has the id {}, and was registered with another one", held.id))
        } else if self.deleted != held.deleted {
            Some(format!("is {}, and on record it is {}", alive(held.deleted), alive(self.deleted)))
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
