//! Two states of schemas, wherever they are kept → what changed from the one to the other.

mod operand;
mod registries;

pub use operand::{Operand, UnknownOperand};
pub use registries::{RegistryChange, between_registries};

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;

use super::files;
use crate::diff::{self, Diff, Side};
use crate::failure::Failure;
use crate::model::{Format, Judging};
use crate::schema::{Dependency, Options, ParseError, Schema};

/// A schema of one of the two states.
#[derive(Debug, Clone)]
pub struct Document {
    /// How it is printed: a path, a path at a revision, or a version of a subject.
    pub label: String,
    /// The subject that it stands for.
    pub subject: String,
    /// The language.
    pub format: Format,
    /// The text, as places count in it.
    pub text: String,
    /// What it refers to, or why that was not found.
    pub dependencies: Result<Vec<Dependency>, String>,
}

/// One of the two states.
#[derive(Debug, Default)]
pub struct State {
    /// How it is printed.
    pub label: String,
    /// The schemas, by what both states may call them.
    pub documents: BTreeMap<String, Document>,
    /// It is one schema, whatever it is called.
    pub is_one: bool,
}

/// A schema of both states, or of one.
#[derive(Debug)]
pub struct Pair {
    /// What it is called.
    pub name: String,
    /// What it was called, where it moved.
    pub was: Option<String>,
    /// As it was.
    pub old: Option<Document>,
    /// As it is.
    pub new: Option<Document>,
    /// What came of comparing.
    pub result: PairResult,
}

/// What came of comparing a pair.
#[derive(Debug)]
pub enum PairResult {
    /// Both say the same.
    Unchanged,
    /// They do not.
    Changed(Box<Diff>),
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// One of the two is no schema.
    Invalid {
        /// It is the old one.
        is_old: bool,
        /// What is wrong, and where.
        error: ParseError,
    },
}

/// Compare two states, schema by schema.
///
/// # Errors
/// When one state is a single schema and the other is none of that name.
pub fn between(judging: &Judging, old: State, new: State) -> Result<Vec<Pair>, Failure> {
    let pairs = matched(old, new)?;
    Ok(pairs
        .into_iter()
        .map(|Matched { name, was, old, new }| {
            let result = compared(judging, old.as_ref(), new.as_ref());
            Pair { name, was, old, new, result }
        })
        .collect())
}

/// What belongs together, before it is compared.
struct Matched {
    name: String,
    was: Option<String>,
    old: Option<Document>,
    new: Option<Document>,
}

fn matched(mut old: State, mut new: State) -> Result<Vec<Matched>, Failure> {
    if old.is_one != new.is_one {
        let (one, many) = if old.is_one { (&old, &new) } else { (&new, &old) };
        return Err(Failure::bad_request(anyhow!("{} is one schema, and {} is many", one.label, many.label))
            .with_hint("Name a file, a folder, or a version on both sides."));
    }
    if old.is_one {
        let (from, to) = (old.documents.pop_first(), new.documents.pop_first());
        let name =
            to.as_ref().or(from.as_ref()).map_or_else(String::new, |(_, document)| document.label.clone());
        let [old, new] = [from, to].map(|entry| entry.map(|(_, document)| document));
        return Ok(vec![Matched { name, was: None, old, new }]);
    }
    let names: BTreeSet<String> = old.documents.keys().chain(new.documents.keys()).cloned().collect();
    let mut found = Vec::new();
    for name in names {
        let (from, to) = (old.documents.remove(&name), new.documents.remove(&name));
        found.push(Matched { name, was: None, old: from, new: to });
    }
    Ok(moved(found))
}

/// A file that is gone and one that is new, the only ones of that name, are the same file elsewhere.
fn moved(found: Vec<Matched>) -> Vec<Matched> {
    let mut gone: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut come: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (position, Matched { name, old, new, .. }) in found.iter().enumerate() {
        let name = files::file_name(name).to_owned();
        match (old, new) {
            (Some(_), None) => gone.entry(name).or_default().push(position),
            (None, Some(_)) => come.entry(name).or_default().push(position),
            _ => {}
        }
    }
    let mut found: Vec<Option<_>> = found.into_iter().map(Some).collect();
    for (name, from) in gone {
        if let ([from], Some([to])) = (from.as_slice(), come.get(&name).map(Vec::as_slice)) {
            let gone = found[*from].take();
            if let (Some(entry), Some(gone)) = (&mut found[*to], gone) {
                (entry.was, entry.old) = (Some(gone.name), gone.old);
            }
        }
    }
    found.into_iter().flatten().collect()
}

fn compared(judging: &Judging, old: Option<&Document>, new: Option<&Document>) -> PairResult {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (Some(_), None) => return PairResult::Removed,
        (None, Some(new)) => {
            let error = new.parse().err();
            return error.map_or(PairResult::Added, |error| PairResult::Invalid { is_old: false, error });
        }
        (None, None) => return PairResult::Unchanged,
    };
    // Most files of two revisions are the same.
    if old.text == new.text && old.format == new.format && old.dependencies == new.dependencies {
        return PairResult::Unchanged;
    }
    let before = match old.parse() {
        Ok(schema) => schema,
        Err(error) => return PairResult::Invalid { is_old: true, error },
    };
    let after = match new.parse() {
        Ok(schema) => schema,
        Err(error) => return PairResult::Invalid { is_old: false, error },
    };
    let (old, new) = (Side { schema: &before, text: &old.text }, Side { schema: &after, text: &new.text });
    let found = diff::compare(judging, old, new);
    if found.is_empty() { PairResult::Unchanged } else { PairResult::Changed(Box::new(found)) }
}

impl Document {
    fn parse(&self) -> Result<Schema, ParseError> {
        match &self.dependencies {
            Ok(dependencies) => Schema::parse(self.format, &self.text, dependencies, Options::STORED),
            Err(reason) => Err(ParseError::parse(reason.clone(), None)),
        }
    }
}
