//! Another implementation's opinion on documents: the `jsonschema` crate, which reads the texts itself.
//!
//! It is asked only about documents that a comparison made up, never about what strangers send, and only
//! where its work is bounded: it looks at a value anew on every way that leads to a schema.

use std::collections::HashMap;
use std::sync::OnceLock;

use jsonschema::{Keyword, Retrieve, Uri, ValidationError, Validator};
use serde_json::Value;

use super::library::Library;
use super::{Draft, JsonSchema};

/// Larger schemas are not compiled for this.
const LARGEST: usize = 1_000_000;

/// Validators, compiled when they are first asked: formats as annotations, and as assertions.
#[derive(Debug, Default)]
pub(super) struct Validators([OnceLock<Option<Validator>>; 2]);

/// Its name and version.
pub const OTHER_VALIDATOR: &str = "jsonschema 0.61";

impl JsonSchema {
    /// Does the other implementation take the document, a JSON text in its shortest form, for a valid one?
    /// `None` where it is not asked, does not understand the schema, or does not hold the document exactly.
    pub fn is_valid_elsewhere(&self, document: &str, assert_formats: bool) -> Option<bool> {
        let value: Value = serde_json::from_str(document).ok()?;
        // A number that is rounded is another document.
        if value.to_string() != document {
            return None;
        }
        let slot = &self.validators.0[usize::from(assert_formats)];
        let validator = slot.get_or_init(|| validator(&self.library, assert_formats));
        validator.as_ref().map(|validator| validator.is_valid(&value))
    }
}

fn validator(library: &Library, assert_formats: bool) -> Option<Validator> {
    let root = library.documents().first()?;
    let text = root.root().to_compact();
    if text.len() > LARGEST {
        return None;
    }
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    let by_uri =
        library.names().map(|(uri, document)| Some((uri.to_owned(), parse(&document.root().to_compact())?)));
    let mut options = jsonschema::options()
        .with_draft(match root.draft() {
            Draft::Four => jsonschema::Draft::Draft4,
            Draft::Six => jsonschema::Draft::Draft6,
            Draft::Seven => jsonschema::Draft::Draft7,
            Draft::Year2019 => jsonschema::Draft::Draft201909,
            Draft::Year2020 => jsonschema::Draft::Draft202012,
        })
        .should_validate_formats(assert_formats)
        .with_retriever(Texts { by_uri: by_uri.collect::<Option<_>>()? });
    // The crate still asserts what these drafts have taken apart.
    if root.draft() >= Draft::Year2019 {
        options = options.with_keyword("dependencies", |_, _, _| Ok(Box::new(Annotation)));
    }
    if !root.uri().is_empty() {
        options = options.with_base_uri(root.uri());
    }
    options.build(&parse(&text)?).ok()
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
