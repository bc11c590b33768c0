//! Floor 2: two schemas → a report. Pure and total: no store, no network, no clock, and no input on
//! which it panics or runs away.
//!
//! A *reader* and a *writer* are what the new and the old schema become once a direction is applied.
//! This module is the only place that reads a level; below it every question is "can this reader
//! read what this writer writes?".

mod avro;
mod budget;
mod reference;
mod report;
pub mod rules;
mod witness;

pub use report::{Clash, Incompatibility, Pointer, RefDiff, Report, Severity};
pub use rules::Rule;
pub use witness::Witness;

use crate::model::{Depth, Direction, Format, Level, Version};
use crate::schema::{ParseError, Schema};

/// A live version that the new schema is compared with.
#[derive(Debug)]
pub struct Previous {
    /// Its number.
    pub version: Version,
    /// Its schema, or why its text is none.
    pub schema: Result<Schema, ParseError>,
}

/// How much of the history is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Only the version that decides, as the wire does it.
    FirstClash,
    /// Every version that clashes.
    EveryClash,
}

/// Schemas of this format cannot be compared yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Compatibility of {format} schemas is not available in this version; set the level to NONE")]
pub struct Unavailable {
    /// The format of both schemas.
    pub format: Format,
}

/// Compare `new` with the live versions before it, newest first, as far back as `level` demands.
///
/// A version of another format decides before any comparison does; otherwise the newest version that
/// clashes does, and the versions before it are only asked for their format. The iterator may parse as
/// it goes: no more versions are asked for than the level looks at.
///
/// # Errors
/// [`Unavailable`] when a comparison is due and there is no engine for the format.
pub fn check(
    level: Level,
    newest_first: impl IntoIterator<Item = Previous>,
    new: &Schema,
    extent: Extent,
) -> Result<Report, Unavailable> {
    let compared = match (level, level.depth()) {
        (Level::None, _) => 0,
        (_, Depth::Latest) => 1,
        (_, Depth::All) => usize::MAX,
    };
    run(level, newest_first.into_iter().take(compared), new, extent)
}

/// Compare `new` with exactly one version, however far back `level` would look.
///
/// # Errors
/// [`Unavailable`] when a comparison is due and there is no engine for the format.
pub fn check_one(level: Level, old: Previous, new: &Schema) -> Result<Report, Unavailable> {
    let compared = if level == Level::None { 0 } else { 1 };
    run(level, std::iter::once(old).take(compared), new, Extent::FirstClash)
}

fn run(
    level: Level,
    compared: impl Iterator<Item = Previous>,
    new: &Schema,
    extent: Extent,
) -> Result<Report, Unavailable> {
    let mut of_other_format = Vec::new();
    let mut clashes: Vec<Clash> = Vec::new();
    let mut unavailable = None;
    for old in compared {
        if let Ok(schema) = &old.schema
            && schema.format() != new.format()
        {
            of_other_format.push(report::format_changed(&old, schema, level));
            if extent == Extent::FirstClash {
                break;
            }
            continue;
        }
        let decided = extent == Extent::FirstClash && !clashes.is_empty();
        if decided || unavailable.is_some() {
            continue;
        }
        match compare(level, &old, new) {
            Ok(findings) => clashes.extend(Clash::of(&old, findings)),
            Err(missing) => unavailable = Some(missing),
        }
    }
    if of_other_format.is_empty()
        && let Some(missing) = unavailable
    {
        return Err(missing);
    }
    // The reference looks at the formats of the whole history before it compares anything.
    if extent == Extent::EveryClash || of_other_format.is_empty() {
        of_other_format.extend(clashes);
    }
    Ok(Report { level, clashes: of_other_format })
}

/// Every direction of `level` against one version.
fn compare(level: Level, old: &Previous, new: &Schema) -> Result<Vec<report::Listing>, Unavailable> {
    let old = match &old.schema {
        Ok(schema) => schema,
        Err(error) => {
            let direction = level.directions().last().copied().unwrap_or(Direction::Backward);
            return Ok(vec![report::old_schema_unreadable(direction, error)]);
        }
    };
    level
        .directions()
        .iter()
        .map(|&direction| {
            let (reader, writer) = match direction {
                Direction::Backward => (new, old),
                Direction::Forward => (old, new),
            };
            can_read(direction, reader, writer)
        })
        .collect()
}

/// Can `reader` read everything that `writer` writes? The direction only words the answer.
fn can_read(direction: Direction, reader: &Schema, writer: &Schema) -> Result<report::Listing, Unavailable> {
    match (reader, writer) {
        (Schema::Avro(reader), Schema::Avro(writer)) => Ok(avro::can_read(direction, reader, writer)),
        (reader, _) => Err(Unavailable { format: reader.format() }),
    }
}
