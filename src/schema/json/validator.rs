//! Another implementation's opinion on documents: the `jsonschema` crate, which reads the text itself.
//!
//! It is asked only about documents that a comparison made up, never about what strangers send, and only
//! where its work is bounded. Texts that refer to others are left out.

use std::sync::OnceLock;

use jsonschema::Validator;

use super::{Draft, JsonSchema};

/// Larger schemas are not compiled for this.
const LARGEST: usize = 1_000_000;

/// Validators, compiled when they are first asked: formats as annotations, and as assertions.
#[derive(Debug, Default)]
pub(super) struct Validators([OnceLock<Option<Validator>>; 2]);

/// Its name and version.
pub const OTHER_VALIDATOR: &str = "jsonschema 0.61";

impl JsonSchema {
    /// Does the other implementation take the document for a valid one? `None` where it is not asked, or
    /// does not understand the schema.
    pub fn is_valid_elsewhere(&self, document: &str, assert_formats: bool) -> Option<bool> {
        if self.documents().count() > 1 || self.canonical().len() > LARGEST {
            return None;
        }
        let document = serde_json::from_str(document).ok()?;
        let slot = &self.validators.0[usize::from(assert_formats)];
        let validator = slot.get_or_init(|| {
            let schema: serde_json::Value = serde_json::from_str(self.canonical()).ok()?;
            let draft = match self.draft() {
                Draft::Four => jsonschema::Draft::Draft4,
                Draft::Six => jsonschema::Draft::Draft6,
                Draft::Seven => jsonschema::Draft::Draft7,
                Draft::Year2019 => jsonschema::Draft::Draft201909,
                Draft::Year2020 => jsonschema::Draft::Draft202012,
            };
            let options = jsonschema::options().with_draft(draft).should_validate_formats(assert_formats);
            options.build(&schema).ok()
        });
        validator.as_ref().map(|validator| validator.is_valid(&document))
    }
}
