//! The texts that findings point into, for excerpts.

use std::collections::BTreeMap;

use crate::published::Against;

/// Texts of checked files and of earlier states.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    files: BTreeMap<String, String>,
    earlier: BTreeMap<(Option<String>, Option<String>, Option<i32>), String>,
}

impl Texts {
    /// The text of a checked file, of a manifest, or of a reader's schema.
    pub fn of_file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The text of an earlier state.
    pub fn earlier(&self, against: &Against) -> Option<&str> {
        self.earlier.get(&key(against)).map(String::as_str)
    }

    /// Keep the text of a file.
    pub fn keep_file(&mut self, path: &str, text: &str) {
        self.files.entry(path.to_owned()).or_insert_with(|| text.to_owned());
    }

    /// Keep the text of an earlier state.
    pub fn keep_earlier(&mut self, against: &Against, text: &str) {
        self.earlier.entry(key(against)).or_insert_with(|| text.to_owned());
    }
}

fn key(against: &Against) -> (Option<String>, Option<String>, Option<i32>) {
    (against.base.clone(), against.file.clone(), against.version)
}
