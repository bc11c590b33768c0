//! What a change says of its own gate: a manifest that demands less than that of the base. It decides for the
//! change that it came with, so it is told.

use super::base::EarlierFiles;
use super::check::location;
use super::rules::{self, GATE_LOOSENED};
use super::workspace::{Declared, Workspace};
use crate::model::{Action, Depth, Level, Pack, Policy};
use crate::published::{Against, Finding};

/// A finding for each subject of which less is demanded than in the base.
pub(crate) fn find(now: &Workspace, earlier: &EarlierFiles) -> Vec<Finding> {
    let told = now.checked().filter_map(|declared| {
        let before = earlier.workspace.find(&declared.subject)?;
        let changes = changes(declared, before);
        (!changes.is_empty()).then(|| finding(declared, before, &earlier.label, &changes.join("; ")))
    });
    told.collect()
}

fn finding(declared: &Declared, before: &Declared, base: &str, changes: &str) -> Finding {
    let place = declared.declared_at.clone().unwrap_or_else(|| location(&declared.path, None));
    let message = format!("less is demanded of `{}` than before: {changes}", declared.subject);
    let mut finding = rules::warning(&GATE_LOOSENED, "settings", &declared.subject, message, place);
    finding.against =
        Against { base: Some(base.to_owned()), file: Some(before.path.clone()), ..Against::default() };
    finding
}

/// What is demanded no more, in words.
fn changes(declared: &Declared, before: &Declared) -> Vec<String> {
    let (new, old) = (&declared.settings, &before.settings);
    let level = |level: Option<(Level, _)>| level.map_or(Level::Backward, |(level, _)| level);
    let (new_level, old_level) = (level(new.level), level(old.level));
    let mut told = Vec::new();
    if !demands(new_level, old_level) {
        told.push(format!("the level was {old_level} and is {new_level}"));
    }
    let judge = new.judge.unwrap_or_default();
    if judge != old.judge.unwrap_or_default() {
        told.push(format!("the judge was {} and is {judge}", old.judge.unwrap_or_default()));
    }
    if new.policy == Some(Policy::Lenient) && old.policy != new.policy {
        told.push("the policy is lenient now".to_owned());
    }
    let usual = || [Pack::Wire].into();
    let (packs, old_packs) =
        (new.packs.clone().unwrap_or_else(usual), old.packs.clone().unwrap_or_else(usual));
    for pack in old_packs.difference(&packs) {
        told.push(format!("the pack {} is left out", pack.as_str()));
    }
    for (id, action) in new.rules.iter().filter(|(_, action)| **action != Action::Refuse) {
        if old.rules.get(id) != Some(action) {
            told.push(format!("the rule {id} is {}", action.as_str()));
        }
    }
    if new.all_readers_declared == Some(true) && old.all_readers_declared != Some(true) {
        told.push("readers that are not declared do not count any more".to_owned());
    }
    told
}

/// Does one level demand all that another does?
fn demands(level: Level, other: Level) -> bool {
    let directions = other.directions().iter().all(|direction| level.directions().contains(direction));
    directions && (other.depth() == Depth::Latest || level.depth() == Depth::All || other == Level::None)
}
