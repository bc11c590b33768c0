//! What a change says of its own gate: a manifest that demands less than that of the base. It decides for the
//! change that it came with, so it is told.

use std::collections::BTreeSet;

use super::base::EarlierFiles;
use super::check::location;
use super::manifest::{Manifest, Settings};
use super::rules::{self, GATE_LOOSENED, MANIFEST_DELETED};
use super::workspace::{Declared, Workspace};
use crate::model::{Action, Depth, Judging, Level, Pack, Policy};
use crate::published::{Against, Finding};

/// A finding for each subject of which less is demanded than in the base, and for each manifest that is gone.
pub(crate) fn find(now: &Workspace, earlier: &EarlierFiles) -> Vec<Finding> {
    let gone = earlier.manifests_gone.iter().map(|path| {
        let path = earlier.shown(path, now);
        let message = format!("{path} is gone, and all that it demanded");
        let place = location(&path, None);
        let finding = rules::finding(&MANIFEST_DELETED, "settings", &path, message, place);
        Finding { against: against(earlier, path), ..finding }
    });
    let loosened = now.checked().filter_map(|declared| {
        let before = earlier.declared_before(declared)?;
        let mut changes = changes(&declared.settings, &before.settings);
        changes.extend(changes_around(now, declared, earlier, before));
        let path = || earlier.shown(&before.path, now);
        (!changes.is_empty()).then(|| finding(declared, path(), earlier, &changes.join("; ")))
    });
    gone.chain(loosened).collect()
}

fn finding(declared: &Declared, before: String, earlier: &EarlierFiles, changes: &str) -> Finding {
    let place = declared.declared_at.clone().unwrap_or_else(|| location(&declared.path, None));
    let message = format!("less is demanded of `{}` than before: {changes}", declared.subject);
    let finding = rules::warning(&GATE_LOOSENED, "settings", &declared.subject, message, place);
    Finding { against: against(earlier, before), ..finding }
}

fn against(earlier: &EarlierFiles, file: String) -> Against {
    Against { base: Some(earlier.label.clone()), file: Some(file), ..Against::default() }
}

/// What is demanded no more, in words.
fn changes(new: &Settings, old: &Settings) -> Vec<String> {
    let level = |settings: &Settings| settings.level.map_or(Level::Backward, |(level, _)| level);
    let (new_level, old_level) = (level(new), level(old));
    let mut told = Vec::new();
    if !demands(new_level, old_level) {
        told.push(format!("the level was {old_level} and is {new_level}"));
    }
    let (judging, before) = (new.judging(Judging::default()), old.judging(Judging::default()));
    if judging.judge != before.judge {
        told.push(format!("the judge was {} and is {}", before.judge, judging.judge));
    }
    let (assumptions, assumed) = (&judging.assumptions, &before.assumptions);
    if assumptions.policy == Policy::Lenient && assumed.policy != Policy::Lenient {
        told.push("the policy is lenient now".to_owned());
    }
    if assumptions.fill_defaults && !assumed.fill_defaults {
        told.push("readers are said to fill in defaults".to_owned());
    }
    if assumptions.assert_formats != assumed.assert_formats {
        let now = if assumptions.assert_formats { "asserts" } else { "asserts no longer" };
        told.push(format!("`format` {now} what data may be"));
    }
    let left_out: Vec<&Pack> = before.packs.difference(&judging.packs).collect();
    told.extend(left_out.iter().map(|pack| format!("the pack {} is left out", pack.as_str())));
    let set: BTreeSet<&String> = new.rules.keys().chain(old.rules.keys()).collect();
    for id in set {
        match (new.rules.get(id), old.rules.get(id)) {
            (Some(Action::Refuse), _) => {}
            (Some(action), before) if before != Some(action) => {
                told.push(format!("the rule {id} is {}", action.as_str()));
            }
            (None, Some(before)) if *before != Action::Off => {
                told.push(format!("the rule {id} is set to {} no longer", before.as_str()));
            }
            _ => {}
        }
    }
    let strength = |action: Option<&String>| match action.map(String::as_str) {
        Some("error") => 2,
        Some("warn") => 1,
        _ => 0,
    };
    for (id, before) in &old.lint {
        let action = new.lint.get(id);
        if strength(action) < strength(Some(before)) {
            let now = action.map_or("off", String::as_str);
            told.push(format!("the lint rule {id} was {before} and is {now}"));
        }
    }
    if new.all_readers_declared == Some(true) && old.all_readers_declared != Some(true) {
        told.push("readers that are not declared do not count any more".to_owned());
    }
    told
}

/// What else decides for a subject: who is declared to read it, which manifest governs it, and where it is
/// registered.
fn changes_around(
    now: &Workspace,
    declared: &Declared,
    earlier: &EarlierFiles,
    before: &Declared,
) -> Vec<String> {
    let new = declared.manifest.map(|at| &now.manifests[at]);
    let Some(old) = before.manifest.map(|at| &earlier.workspace.manifests[at]) else { return Vec::new() };
    let mut told = Vec::new();
    if let (Some(then), Some(new)) = (earlier.other_manifest(declared, before), new) {
        told.push(format!("{} governs it, and no longer {}", new.path, then.path));
    }
    let reads = |manifest: Option<&Manifest>, subject: &str| -> BTreeSet<String> {
        let readers = manifest.into_iter().flat_map(|manifest| &manifest.readers);
        readers.filter(|reader| reader.subject == subject).map(|reader| reader.name.clone()).collect()
    };
    let readers = reads(new, &declared.subject);
    for name in reads(Some(old), &before.subject).difference(&readers) {
        told.push(format!("`{name}` is declared to read it no longer"));
    }
    let context =
        |manifest: Option<&Manifest>| manifest.and_then(|manifest| manifest.registry.context.clone());
    if new.is_some() && context(new) != context(Some(old)) {
        let shown = |context: Option<String>| context.unwrap_or_else(|| "the default one".to_owned());
        let (was, is) = (shown(context(Some(old))), shown(context(new)));
        told.push(format!("the context was {was} and is {is}"));
    }
    told
}

/// Does one level demand all that another does?
fn demands(level: Level, other: Level) -> bool {
    let directions = other.directions().iter().all(|direction| level.directions().contains(direction));
    directions && (other.depth() == Depth::Latest || level.depth() == Depth::All || other == Level::None)
}
