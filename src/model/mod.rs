//! Floor 0: the words every other floor speaks.
//!
//! Each type is parsed at the door (`api`, `cli`) and is valid from then on. Nothing here does IO,
//! knows HTTP, SQL or a schema language.

mod association;
mod content;
mod context;
mod exporter;
mod format;
mod id;
mod judge;
mod key;
mod letters;
mod level;
mod metadata;
mod mode;
mod reference;
mod rules;
mod settings;
mod subject;
mod version;

pub use association::{
    Association, AssociationFilter, AssociationType, InvalidProperty, Lifecycle, Resource, ResourceType,
    UnknownAssociationWord,
};
pub use content::Content;
pub use context::Context;
pub use exporter::{
    ContextType, Exporter, ExporterState, InvalidExporter, Progress, TARGET_URL, without_secrets,
};
pub use format::{Format, UnknownFormat};
pub use id::{Guid, SchemaId};
pub use judge::{Action, Assumptions, Judge, JudgeSettings, Judging, Pack, Policy, UnknownWord};
pub use key::{Algorithm, Dek, DekSeries, InvalidKey, Kek, UnknownAlgorithm};
pub use level::{Depth, Direction, Level, UnknownLevel};
pub use metadata::{Metadata, VERSION_PROPERTY};
pub use mode::{Mode, UnknownMode};
pub use reference::Reference;
pub use rules::{InvalidRuleSet, Rule, RuleKind, RuleMode, RuleSet};
pub use settings::{Scope, Settings, mode_in_force};
pub use subject::{InvalidSubject, Subject};
pub use version::{InvalidVersion, Version, VersionRef};

/// Milliseconds since 1970-01-01T00:00:00Z. Passed in by the edges; no inner floor reads a clock.
pub type Timestamp = i64;

/// Order by UTF-16 code units, the order in which the reference sorts keys before hashing and
/// listing. It differs from Rust's `str` order only for characters beyond U+FFFF.
pub fn utf16_order(left: &str, right: &str) -> std::cmp::Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}
