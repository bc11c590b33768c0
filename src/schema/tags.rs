//! Inline tags: what carries them in a schema of any format, and edits of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::ParseError;
use super::tree::{Node, Span, Value};

/// The attribute or keyword that holds inline tags, in Avro and JSON Schema.
pub(super) const ATTRIBUTE: &str = "confluent:tags";

/// The longest path that an edit can name and a list shows, in bytes. A walk writes the path of everything it passes:
/// without a bound, a long name around many short ones would take time without proportion to the text.
pub(super) const LONGEST_PATH: usize = 8192;
/// How long the paths of one list may be together, in bytes.
const MOST_LISTED: usize = 16 * 1024 * 1024;

/// A record or field of a schema that carries inline tags (`confluent:tags` and its kin).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Dotted path, e.g. `myrecord.field1`.
    pub path: String,
    /// A record or message, as opposed to a field.
    pub is_record: bool,
    /// All its tags.
    pub tags: BTreeSet<String>,
}

/// Tags to add to a record or field, and tags to take from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagEdit {
    /// The path under which [`Tagged`] shows the record or field; a dot before it counts for nothing.
    pub path: String,
    /// A record or message, as opposed to a field.
    pub is_record: bool,
    /// To add after those that are there; one that is there already stays where it is.
    pub add: Vec<String>,
    /// To take away, even if some edit adds it.
    pub remove: Vec<String>,
    /// Pass over it if the schema has nothing under that path.
    pub is_optional: bool,
}

/// Why tags cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// The schema itself has no record, or no field, under a path.
    #[error("No matching path '{0}' found in the schema")]
    NoSuchPath(String),
    /// The schema with its new tags is none that can be read.
    #[error(transparent)]
    Unprintable(ParseError),
}

/// What a walk found, but for paths that are too long, and for what comes after too much.
pub(super) struct Found {
    tagged: Vec<Tagged>,
    room: usize,
}

impl Found {
    pub(super) fn new() -> Found {
        Found { tagged: Vec::new(), room: MOST_LISTED }
    }

    /// Something below `path`, or the thing at `path` itself. The path is put together only when there
    /// is something to list.
    pub(super) fn note(&mut self, path: &str, below: Option<&str>, is_record: bool, tags: BTreeSet<String>) {
        let length = path.len() + below.map_or(0, |name| name.len() + 1);
        if tags.is_empty() || length > LONGEST_PATH || length > self.room {
            return;
        }
        self.room -= length;
        let path = below.map_or_else(|| path.to_owned(), |name| format!("{path}.{name}"));
        self.tagged.push(Tagged { path, is_record, tags });
    }

    pub(super) fn into_list(self) -> Vec<Tagged> {
        self.tagged
    }
}

/// Edits by path, each waiting for the walk that comes by its record or field.
pub(super) struct Edits {
    records: BTreeMap<String, Change>,
    fields: BTreeMap<String, Change>,
}

/// All that edits say of one record or field.
#[derive(Default)]
pub(super) struct Change {
    add: Vec<String>,
    remove: BTreeSet<String>,
    is_needed: bool,
}

impl Edits {
    /// Several edits of the same record or field are one.
    pub(super) fn of(edits: &[TagEdit]) -> Edits {
        let mut known = Edits { records: BTreeMap::new(), fields: BTreeMap::new() };
        for edit in edits {
            let path = edit.path.strip_prefix('.').unwrap_or(&edit.path);
            let changes = if edit.is_record { &mut known.records } else { &mut known.fields };
            let change = changes.entry(path.to_owned()).or_default();
            change.add.extend(edit.add.iter().cloned());
            change.remove.extend(edit.remove.iter().cloned());
            change.is_needed |= !edit.is_optional;
        }
        known
    }

    /// The change of what stands at a path. It is handed out once: of two with the same path, the first
    /// one met is meant.
    pub(super) fn take(&mut self, path: &str, is_record: bool) -> Option<Change> {
        if path.len() > LONGEST_PATH {
            return None;
        }
        if is_record { self.records.remove(path) } else { self.fields.remove(path) }
    }

    /// Does a path that is still waited for start so? Where not, a walk need not go.
    pub(super) fn lead_to(&self, start: &str) -> bool {
        let starts = |changes: &BTreeMap<String, Change>| {
            let from = (Bound::Included(start), Bound::Unbounded);
            changes.range::<str, _>(from).next().is_some_and(|(path, _)| path.starts_with(start))
        };
        start.len() <= LONGEST_PATH && (starts(&self.records) || starts(&self.fields))
    }

    /// Once the walk is over.
    ///
    /// # Errors
    /// With the first path that had to be there and was not.
    pub(super) fn check_all_found(self) -> Result<(), TagError> {
        let mut missing = self.records.into_iter().chain(self.fields).filter(|(_, change)| change.is_needed);
        missing.next().map_or(Ok(()), |(path, _)| Err(TagError::NoSuchPath(path)))
    }
}

impl Change {
    /// What stands under [`ATTRIBUTE`] after the change, given what stood there; `None` when no tag is
    /// left. `text` reads one tag.
    pub(super) fn changed(&self, held: Option<&Node>, text: impl Fn(&Node) -> String) -> Option<Node> {
        let held = held.and_then(Node::elements).unwrap_or_default();
        let tags = self.apply(held.iter().map(text));
        // What is printed stands in no text yet.
        let node = |value: Value| Node { value, span: Span::default() };
        let list: Vec<Node> = tags.into_iter().map(|tag| node(Value::String(tag))).collect();
        (!list.is_empty()).then(|| node(Value::Array(list)))
    }

    /// The tags after the change, each once, given those before it.
    pub(super) fn apply(&self, before: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let all = before.into_iter().chain(self.add.iter().cloned());
        all.filter(|tag| !self.remove.contains(tag) && seen.insert(tag.clone())).collect()
    }
}

#[cfg(test)]
mod tests;
