//! The texts that findings are about, for excerpts. Only of what has findings are they needed.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::published::Against;

/// An earlier state, by its base and its file or version there.
type Earlier = (Option<String>, Option<String>, Option<i32>);

fn key(against: &Against) -> Earlier {
    (against.base.clone(), against.file.clone(), against.version)
}

/// Texts by what findings call them.
#[derive(Debug, Default)]
pub(crate) struct Texts<'a> {
    files: HashMap<Cow<'a, str>, Cow<'a, str>>,
    earlier: HashMap<Earlier, Cow<'a, str>>,
}

impl<'a> Texts<'a> {
    /// Enter the text of a file that was checked.
    pub(crate) fn add_file(&mut self, path: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) {
        self.files.insert(path.into(), text.into());
    }

    /// Enter the text of an earlier state.
    pub(crate) fn add_earlier(&mut self, against: &Against, text: impl Into<Cow<'a, str>>) {
        self.earlier.insert(key(against), text.into());
    }

    pub(super) fn of_file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(AsRef::as_ref)
    }

    pub(super) fn earlier(&self, against: &Against) -> Option<&str> {
        self.earlier.get(&key(against)).map(AsRef::as_ref)
    }
}
