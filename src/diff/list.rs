//! The list of changes while it is made, the paths that lead to them, and the bounds of both.

use super::change::{Change, Kind, Spot};

/// How many changes are told of a pair.
const MOST: usize = 10_000;
/// How many bytes of sentences and pointers are kept: names may be as long as the text.
const ROOM: usize = 16 * 1024 * 1024;
/// How many parts of two schemas are looked at. Records of many versions of one thing can be paired in
/// more ways than there is time for.
const STEPS: usize = 1_000_000;

/// Changes as they are found.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) changes: Vec<Change>,
    /// There may be more that are not told.
    pub(super) is_cut: bool,
    taken: usize,
    steps: usize,
}

impl List {
    /// Enter a change.
    pub(super) fn add(&mut self, kind: &'static Kind, message: String, old: Option<Spot>, new: Option<Spot>) {
        let length = |spot: &Option<Spot>| spot.as_ref().map_or(0, |spot| spot.pointer.len());
        self.taken += message.len() + length(&old) + length(&new);
        if self.taken > ROOM || self.changes.len() >= MOST {
            self.is_cut = true;
            return;
        }
        self.changes.push(Change { kind, message, old, new, findings: Vec::new() });
    }

    /// May one more part be looked at?
    pub(super) fn step(&mut self) -> bool {
        self.steps += 1;
        self.is_cut |= self.steps > STEPS;
        !self.is_cut
    }
}

/// A path in the arena of its [`Paths`].
pub(super) type PathId = usize;

/// Paths into a schema, each a step from another one: most lead to no change and are never written out.
#[derive(Debug)]
pub(super) struct Paths<'a> {
    steps: Vec<(PathId, Step<'a>)>,
}

/// From a part of a schema to a part of that.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Paths<'a> {
    /// To the schema itself.
    pub(super) const ROOT: PathId = 0;

    pub(super) fn new() -> Paths<'a> {
        Paths { steps: vec![(0, Step::Index(0))] }
    }

    pub(super) fn key(&mut self, from: PathId, key: &'a str) -> PathId {
        self.steps.push((from, Step::Key(key)));
        self.steps.len() - 1
    }

    pub(super) fn index(&mut self, from: PathId, index: usize) -> PathId {
        self.steps.push((from, Step::Index(index)));
        self.steps.len() - 1
    }

    /// The path as a JSON pointer (RFC 6901).
    pub(super) fn pointer(&self, mut path: PathId) -> String {
        let mut steps = Vec::new();
        while path != Paths::ROOT {
            let (from, step) = self.steps[path];
            steps.push(step);
            path = from;
        }
        let written = steps.into_iter().rev().map(|step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        });
        written.collect()
    }
}

/// A name or a value for a sentence: its beginning, when it is long.
pub(super) fn shown(text: &str) -> String {
    let (text, more) = match text.char_indices().nth(80) {
        Some((end, _)) => (&text[..end], "…"),
        None => (text, ""),
    };
    // Sentences go to terminals.
    format!("`{}{more}`", text.replace(char::is_control, "\u{fffd}"))
}
