//! A floor beside the gate's others, above `compat`: two schemas of one language → what changed from one to
//! the other, and what the engine says of it. Pure: no store, no network, no clock, and no input on which it
//! panics or runs away.
//!
//! Each language has a walk that names changes as a person would. What the engine finds at the level FULL is
//! then laid upon them by its place (`attach`), each finding upon one change, so that changes and refusals
//! are told once and together.

mod attach;
mod avro;
mod change;
mod json;
pub mod kinds;
mod list;
mod protobuf;

pub use change::{Change, Concern, Kind, Spot};

use crate::compat::{self, Comparison, Extent, Previous, Question, Report};
use crate::model::{Direction, Judging, Level, Version};
use crate::schema::Schema;
use list::List;

/// A schema and the text it was parsed from, which places are in.
#[derive(Debug)]
pub struct Side<'a, S> {
    /// The parsed schema.
    pub schema: &'a S,
    /// Its text, as it is on disk.
    pub text: &'a str,
}

impl<S> Clone for Side<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Side<'_, S> {}

/// What changed from one schema to another.
#[derive(Debug)]
pub struct Diff {
    /// The changes, in the order of the new schema as far as they have a place there.
    pub changes: Vec<Change>,
    /// There are more changes than are told.
    pub is_cut: bool,
    /// What the engine says at the levels of one version: BACKWARD, FORWARD, FULL.
    pub verdicts: Vec<LevelVerdict>,
    /// The report of the engine, without its findings, which are with the changes.
    pub report: Report,
}

/// May the new schema follow the old one at a level?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelVerdict {
    /// The level.
    pub level: Level,
    /// It may.
    pub is_compatible: bool,
}

/// Compare `new` with `old`. The judge that `judging` names decides about the levels.
pub fn compare(judging: &Judging, old: Side<'_, Schema>, new: Side<'_, Schema>) -> Diff {
    let mut list = List::default();
    match (old.schema, new.schema) {
        (Schema::Avro(before), Schema::Avro(after)) => {
            avro::compare(
                Side { schema: before, text: old.text },
                Side { schema: after, text: new.text },
                &mut list,
            );
        }
        (Schema::Protobuf(before), Schema::Protobuf(after)) => protobuf::compare(
            Side { schema: before, text: old.text },
            Side { schema: after, text: new.text },
            &mut list,
        ),
        (Schema::Json(before), Schema::Json(after)) => {
            json::compare(
                Side { schema: before, text: old.text },
                Side { schema: after, text: new.text },
                &mut list,
            );
        }
        (before, after) => {
            let whole = || Some(Spot { pointer: String::new(), place: None });
            let message = format!("the schema was {} and is {}", before.format(), after.format());
            list.add(&kinds::FORMAT_CHANGED, message, whole(), whole());
        }
    }
    let question = Question { level: Level::Full, judging, extent: Extent::Everything };
    let previous = Previous::live(Version::FIRST, Ok(old.schema.clone()));
    let mut report = compat::check_one(question, previous, new.schema);
    let verdicts = verdicts(&report);
    attach::attach(&mut list, &mut report, old.text, new.text);
    let List { mut changes, is_cut, .. } = list;
    changes.sort_by_key(|change| {
        let place = |spot: &Option<Spot>| spot.as_ref().and_then(|spot| spot.place);
        let (new, old) = (place(&change.new), place(&change.old));
        (new.or(old).is_none(), new.or(old))
    });
    Diff { changes, is_cut, verdicts, report }
}

impl Diff {
    /// Do both schemas say the same?
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// May the new schema follow the old one at the level? Of a level that looks at many versions this tells
    /// about these two.
    pub fn is_compatible(&self, level: Level) -> bool {
        let directions = level.directions();
        let same = self.verdicts.iter().find(|verdict| verdict.level.directions() == directions);
        same.is_none_or(|verdict| verdict.is_compatible)
    }
}

/// What a report at FULL says about FULL and its halves.
fn verdicts(report: &Report) -> Vec<LevelVerdict> {
    // What is decided before any comparison, such as another format, holds in every direction.
    let refused = |direction: Option<Direction>| {
        let comparisons = report.comparisons.iter();
        let verdicts = comparisons.flat_map(|comparison: &Comparison| &comparison.verdicts);
        let findings = verdicts.flat_map(|verdict| &verdict.findings);
        findings.filter(|finding| finding.outcome == compat::Outcome::Refuse).any(|finding| {
            !finding.rule.is_judged() || direction.is_none_or(|direction| finding.direction == direction)
        })
    };
    [
        (Level::Backward, Some(Direction::Backward)),
        (Level::Forward, Some(Direction::Forward)),
        (Level::Full, None),
    ]
    .map(|(level, direction)| LevelVerdict { level, is_compatible: !refused(direction) })
    .to_vec()
}

/// The sentence for documentation that changed; `None` when it did not.
fn doc_changed(old: Option<&str>, new: Option<&str>, what: &str) -> Option<String> {
    match (old, new) {
        (None, Some(to)) => Some(format!("{what} is now documented: {}", list::shown(to))),
        (Some(_), None) => Some(format!("{what} is no longer documented")),
        (Some(from), Some(to)) if from != to => {
            Some(format!("the documentation of {what} was {} and is {}", list::shown(from), list::shown(to)))
        }
        _ => None,
    }
}
