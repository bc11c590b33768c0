//! What a store holds beside schemas, keys of encryption, exporters and associations, and what the record of
//! changes says of them.
//!
//! The record names a key-encryption key, and of data-encryption keys and associations the subject; of
//! exporters it tells only that there was a change. So what must be there can be said of some of them one by
//! one, and of others no more than how many.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::Fields;
use super::holdings::{count, spelt, state};
use crate::model::{
    Algorithm, AssociationType, ContextType, ExporterState, Kek, Lifecycle, ResourceType, Subject, Timestamp,
};
use crate::store::{Change, ChangeKind};

/// What rows say.
#[derive(Default)]
pub(super) struct Beside {
    keks: BTreeMap<String, Written>,
    deks: BTreeMap<Subject, Vec<Written>>,
    exporters: usize,
    associations: BTreeMap<Subject, usize>,
}

/// When a key was last written, and whether it was deleted then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Written {
    at: Timestamp,
    deleted: bool,
}

impl Beside {
    /// Take in a row of one of these tables. A row counts also where it makes no sense.
    ///
    /// # Errors
    /// A sentence about what makes no sense in it.
    pub(super) fn take(&mut self, row: &Fields<'_>) -> Result<(), String> {
        match row.table.name {
            "keks" => self.take_kek(row),
            "deks" => self.take_dek(row),
            "exporters" => {
                self.exporters += 1;
                row.context("context")?;
                row.one_of("context_type", &ContextType::ALL.map(ContextType::as_str))?;
                row.one_of("state", &ExporterState::ALL.map(ExporterState::as_str))?;
                row.check_json::<Vec<String>>("subjects")?;
                row.check_json::<BTreeMap<String, String>>("config")
            }
            "associations" => {
                *self.associations.entry(row.subject()?).or_default() += 1;
                row.needed::<ResourceType>("resource_type")?;
                row.needed::<AssociationType>("association_type")?;
                row.needed::<Lifecycle>("lifecycle").map(drop)
            }
            _ => Ok(()),
        }
    }

    fn take_kek(&mut self, row: &Fields<'_>) -> Result<(), String> {
        let name = row.text("name")?;
        self.keks.insert(name.clone(), written(row)?);
        if !Kek::is_name(&name) {
            return Err(row.wrong("no key can be called so"));
        }
        row.check_json::<BTreeMap<String, String>>("props")
    }

    fn take_dek(&mut self, row: &Fields<'_>) -> Result<(), String> {
        self.deks.entry(row.subject()?).or_default().push(written(row)?);
        row.needed::<Algorithm>("algorithm")?;
        row.version("version")?;
        let kek = row.text("kek")?;
        if !self.keks.contains_key(&kek) {
            return Err(row.wrong(&format!("there is no key-encryption key `{kek}`")));
        }
        Ok(())
    }
}

fn written(row: &Fields<'_>) -> Result<Written, String> {
    Ok(Written { at: row.number("written_at")?, deleted: row.flag("deleted")?.unwrap_or(false) })
}

/// What is left of them when every change is made again.
#[derive(Default)]
pub(super) struct RecordedBeside {
    /// Each with the number of its last change.
    keks: BTreeMap<String, (i64, Written)>,
    deks: BTreeMap<Subject, RecordedDeks>,
    exporters: Bounds,
    associations: BTreeMap<Subject, usize>,
}

/// The data-encryption keys of a subject.
#[derive(Default)]
struct RecordedDeks {
    number: Bounds,
    /// As what a key may have been written.
    written: BTreeSet<Written>,
    /// The last change and what it wrote, unless keys were removed for good since.
    last: Option<(i64, Written)>,
}

/// How many there are, where a change does not say whether it made a new one.
#[derive(Debug, Clone, Copy, Default)]
struct Bounds {
    least: usize,
    most: usize,
}

impl Bounds {
    fn write(&mut self) {
        self.least = self.least.max(1);
        self.most += 1;
    }

    fn remove(&mut self) {
        self.least = self.least.saturating_sub(1);
        self.most = self.most.saturating_sub(1);
    }

    /// A sentence when there are not so many.
    fn difference(self, what: &str, held: usize) -> Option<String> {
        let there = if held == 1 { "1 is there".to_owned() } else { format!("{held} are there") };
        if held < self.least {
            Some(format!("{what} are lost: {there}, and on record {} or more", self.least))
        } else if held > self.most {
            Some(format!("{what}: {there}, and on record at most {}", self.most))
        } else {
            None
        }
    }
}

impl RecordedBeside {
    /// Make a change again. They come in the order of their numbers; those of other things are passed over.
    pub(super) fn take(&mut self, change: Change) {
        let Change { seq, at, kind, subject, .. } = change;
        match kind {
            ChangeKind::PutKek | ChangeKind::DeleteKek => {
                let written = Written { at, deleted: kind == ChangeKind::DeleteKek };
                self.keks.insert(subject.name().to_owned(), (seq, written));
            }
            ChangeKind::PurgeKek => drop(self.keks.remove(subject.name())),
            ChangeKind::PutDek | ChangeKind::DeleteDek => {
                let written = Written { at, deleted: kind == ChangeKind::DeleteDek };
                let recorded = self.deks.entry(subject).or_default();
                recorded.number.write();
                recorded.written.insert(written);
                recorded.last = Some((seq, written));
            }
            ChangeKind::PurgeDek => {
                let recorded = self.deks.entry(subject).or_default();
                recorded.number.remove();
                recorded.last = None;
            }
            ChangeKind::PutExporter => self.exporters.write(),
            ChangeKind::DeleteExporter => self.exporters.remove(),
            ChangeKind::Associate => *self.associations.entry(subject).or_default() += 1,
            ChangeKind::Dissociate => {
                let number = self.associations.entry(subject).or_default();
                *number = number.saturating_sub(1);
            }
            _ => {}
        }
    }

    /// Where a store differs, a sentence each.
    pub(super) fn differences(&self, held: &Beside) -> Vec<String> {
        let mut found = self.differing_keks(held);
        let subjects: BTreeSet<&Subject> = self.deks.keys().chain(held.deks.keys()).collect();
        let (none_recorded, none_held) = (RecordedDeks::default(), Vec::new());
        for subject in subjects {
            let recorded = self.deks.get(subject).unwrap_or(&none_recorded);
            let held = held.deks.get(subject).unwrap_or(&none_held);
            found.extend(recorded.difference(&spelt(subject), held));
        }
        found.extend(self.exporters.difference("exporters", held.exporters));
        let subjects: BTreeSet<&Subject> = self.associations.keys().chain(held.associations.keys()).collect();
        for subject in subjects {
            let number = |of: &BTreeMap<Subject, usize>| of.get(subject).copied().unwrap_or(0);
            let (recorded, held) = (number(&self.associations), number(&held.associations));
            if recorded != held {
                let held = count(held, "association");
                found.push(format!("{} has {held}, and on record there are {recorded}", spelt(subject)));
            }
        }
        found
    }

    fn differing_keks(&self, held: &Beside) -> Vec<String> {
        let mut found = Vec::new();
        for (name, (seq, recorded)) in &self.keks {
            let says = match held.keks.get(name) {
                None => format!("is lost: change {seq} wrote it, and no change removed it"),
                Some(held) if held.deleted != recorded.deleted => {
                    format!("is {}, and on record it is {}", state(held.deleted), state(recorded.deleted))
                }
                Some(held) if held.at != recorded.at => {
                    format!("is not as change {seq} wrote it, the last one of it on record")
                }
                Some(_) => continue,
            };
            found.push(format!("the key-encryption key `{name}` {says}"));
        }
        for name in held.keks.keys().filter(|name| !self.keks.contains_key(*name)) {
            found.push(format!(
                "the key-encryption key `{name}` is there, though no change on record put it there"
            ));
        }
        found
    }
}

impl RecordedDeks {
    /// A sentence when what is there cannot be what changes wrote.
    fn difference(&self, subject: &str, held: &[Written]) -> Option<String> {
        let what = format!("data-encryption keys of {subject}");
        if let Some(sentence) = self.number.difference(&what, held.len()) {
            return Some(sentence);
        }
        if let Some((seq, last)) = self.last
            && !held.contains(&last)
        {
            return Some(format!("{what}: the one that change {seq} wrote is lost or was changed since"));
        }
        let is_strange = held.iter().any(|held| !self.written.contains(held));
        is_strange.then(|| format!("{what}: one is not as any change on record wrote it"))
    }
}
