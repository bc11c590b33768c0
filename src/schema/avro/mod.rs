//! Avro: parser, printers, comparison.
//!
//! The parser follows Avro Java 1.12, which is the reference's: what that accepts is accepted, and
//! the canonical text is what that prints. The compatibility engine walks the [`model`].

pub(super) mod comment;
mod defaults;
mod equal;
mod json;
mod logical;
pub mod model;
mod name;
mod normal;
mod parse;
mod print;
mod tag;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::tree::Span;
use super::{Dependency, Options, ParseError, Place, TagEdit, TagError, Tagged};
use model::{Model, Source, TypeId};
use print::TooDeep;

/// A parsed Avro schema. Cloning shares it.
#[derive(Debug, Clone)]
pub struct AvroSchema(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: String,
    model: Model,
    dependencies: Vec<TypeId>,
    canonical: String,
}

impl AvroSchema {
    /// Parse `text`, which may use every name that `dependencies` define.
    ///
    /// # Errors
    /// [`ParseError`] with the first thing that is wrong and, in `text` itself, its place.
    pub fn parse(text: &str, dependencies: &[Dependency], options: Options) -> Result<Self, ParseError> {
        let parsed = parse::parse(text, dependencies, options)?;
        let canonical = print::canonical(&parsed.model, &parsed.dependencies).map_err(too_deep)?;
        Ok(AvroSchema(Arc::new(Inner {
            text: text.to_owned(),
            model: parsed.model,
            dependencies: parsed.dependencies,
            canonical,
        })))
    }

    /// The parse tree.
    pub fn model(&self) -> &Model {
        &self.0.model
    }

    /// Line and column of something in the text of the schema itself; `None` for what stands in a
    /// text that it depends on.
    pub fn place(&self, source: Source, span: Span) -> Option<Place> {
        (source == Source::Own).then(|| Place::of(&self.0.text, span.start))
    }

    /// The text that is stored, hashed and served: as Avro Java prints it, types of dependencies by
    /// name.
    pub fn canonical(&self) -> &str {
        &self.0.canonical
    }

    /// The text that is stored when normalising.
    pub fn normal_form(&self) -> String {
        normal::normal(self.model(), &self.0.dependencies).unwrap_or_else(|TooDeep| self.0.canonical.clone())
    }

    /// The schema with all definitions it needs, each where it is first used. A text too deep to be
    /// read again is not given; the canonical text is given in its place.
    pub fn resolved(&self) -> String {
        print::resolved(self.model()).unwrap_or_else(|TooDeep| self.0.canonical.clone())
    }

    /// A number that equivalent schemas share; different numbers mean different schemas.
    pub fn fingerprint(&self) -> u64 {
        equal::fingerprint(self.model())
    }

    /// The definition of one type with all the definitions it needs, or its name alone where that
    /// nests too deep.
    pub fn definition(&self, id: TypeId) -> String {
        print::self_contained(self.model(), id)
    }

    /// The tagged records and fields, in the order of the text, those of dependencies included.
    pub fn tagged(&self) -> Vec<Tagged> {
        tag::tagged(self.model())
    }

    /// The canonical text with the tags of its own records and fields edited.
    ///
    /// # Errors
    /// When nothing stands under the path of an edit, or the text would nest too deep.
    pub fn with_tags(&self, edits: &[TagEdit]) -> Result<String, TagError> {
        let mut model = self.model().clone();
        tag::edit(&mut model, &self.0.dependencies, edits)?;
        let printed = print::canonical(&model, &self.0.dependencies);
        printed.map_err(|error| TagError::Unprintable(too_deep(error)))
    }

    /// Is it the same schema? Spelling, order of attributes and where definitions stand do not
    /// matter; documentation and aliases do.
    pub fn is_equivalent(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || equal::equivalent(self.model(), other.model())
    }
}

fn too_deep(TooDeep: TooDeep) -> ParseError {
    let limit = super::tree::MAX_DEPTH;
    let message =
        format!("nested deeper than {limit} levels when each type is defined where it is first used");
    ParseError::parse(message, None)
}
