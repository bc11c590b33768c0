//! The texts that findings point into, for excerpts.

use std::collections::BTreeMap;

use crate::published::Against;

/// Subject, base, file and version of an earlier state.
type Earlier = (String, Option<String>, Option<String>, Option<i32>);

/// Texts of checked files and of earlier states.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    files: BTreeMap<String, String>,
    earlier: BTreeMap<Earlier, String>,
}

impl Texts {
    /// The text of a checked file, of a manifest, or of a reader's schema.
    pub fn of_file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The text of an earlier state of a subject.
    pub fn earlier(&self, subject: &str, against: &Against) -> Option<&str> {
        self.earlier.get(&key(subject, against)).map(String::as_str)
    }

    /// Keep the text of a file.
    pub fn keep_file(&mut self, path: &str, text: &str) {
        self.files.entry(path.to_owned()).or_insert_with(|| text.to_owned());
    }

    /// Keep the text of an earlier state of a subject.
    pub fn keep_earlier(&mut self, subject: &str, against: &Against, text: &str) {
        self.earlier.entry(key(subject, against)).or_insert_with(|| text.to_owned());
    }
}

fn key(subject: &str, against: &Against) -> Earlier {
    (subject.to_owned(), against.base.clone(), against.file.clone(), against.version)
}
