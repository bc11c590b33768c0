//! A second opinion on documents: what the `jsonschema` crate says of them.
//!
//! It is asked about single documents, never about schemas, and whoever asks sees to it that the document
//! is cheap for it: the crate looks at a value anew on every way that leads to a schema.

use std::collections::HashMap;

use jsonschema::{Draft as CrateDraft, Keyword, Retrieve, Uri, ValidationError, Validator};
use serde_json::Value;

use super::draft::Draft;
use super::library::Library;

/// Validators of one schema, each made when it is first asked.
#[derive(Debug, Default)]
pub(super) struct Second {
    plain: std::sync::OnceLock<Option<Validator>>,
    with_formats: std::sync::OnceLock<Option<Validator>>,
}

impl Second {
    /// Is the document valid? `None` where the crate does not take the schema, or cannot hold the document.
    pub(super) fn is_valid(&self, library: &Library, document: &str, asserts_formats: bool) -> Option<bool> {
        let value: Value = serde_json::from_str(document).ok()?;
        // A number that is rounded is another document.
        let printed = value.to_string();
        if printed != document {
            return None;
        }
        let kept = if asserts_formats { &self.with_formats } else { &self.plain };
        let validator = kept.get_or_init(|| validator(library, asserts_formats)).as_ref()?;
        Some(validator.is_valid(&value))
    }
}

fn validator(library: &Library, asserts_formats: bool) -> Option<Validator> {
    let root = library.documents().first()?;
    let texts = Texts {
        by_uri: library
            .names()
            .map(|(uri, document)| {
                Some((uri.to_owned(), serde_json::from_str(&document.root().to_compact()).ok()?))
            })
            .collect::<Option<_>>()?,
    };
    let mut options = jsonschema::options()
        .with_draft(match root.draft() {
            Draft::Four => CrateDraft::Draft4,
            Draft::Six => CrateDraft::Draft6,
            Draft::Seven => CrateDraft::Draft7,
            Draft::Year2019 => CrateDraft::Draft201909,
            Draft::Year2020 => CrateDraft::Draft202012,
        })
        .should_validate_formats(asserts_formats)
        .with_retriever(texts);
    // The crate still asserts what these drafts have taken apart.
    if root.draft() >= Draft::Year2019 {
        options = options.with_keyword("dependencies", |_, _, _| Ok(Box::new(Annotation)));
    }
    if !root.uri().is_empty() {
        options = options.with_base_uri(root.uri());
    }
    options.build(&serde_json::from_str(&root.root().to_compact()).ok()?).ok()
}

/// A keyword that says nothing about documents.
struct Annotation;

impl<'i> Keyword<'i> for Annotation {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        Ok(())
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        true
    }
}

/// Texts that schemas refer to, under every name that leads to them.
struct Texts {
    by_uri: HashMap<String, Value>,
}

impl Retrieve for Texts {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let uri = uri.as_str();
        let known = [uri, uri.trim_end_matches('#'), uri.trim_start_matches("json-schema:///")];
        let found = known.iter().find_map(|uri| self.by_uri.get(*uri));
        found.cloned().ok_or_else(|| format!("{uri} is not among the references").into())
    }
}
