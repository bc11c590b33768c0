//! JSON Schema, drafts 4 to 2020-12: text plus referenced texts → a schema that holds together.
//!
//! What is kept is the tree of each document and the meaning of each reference; engines that compare or
//! run schemas build their own nodes from these. Nothing is fetched, nothing is expanded.

mod document;
mod draft;
mod keywords;
mod library;
mod load;
mod metaschema;
mod second;
mod tags;
#[cfg(test)]
mod tests;
mod uri;

use std::sync::Arc;

pub use self::document::Document;
pub use self::draft::Draft;
pub use self::keywords::{ARRAY_KEYWORDS, NUMBER_KEYWORDS, OBJECT_KEYWORDS, STRING_KEYWORDS};
use self::library::Library;
use super::tree::{self, Member, Node, Value};
use super::{Dependency, Options, ParseError, TagEdit, TagError, Tagged};
use crate::model::utf16_order;

/// A JSON Schema whose references all lead somewhere. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JsonSchema {
    canonical: Arc<str>,
    library: Arc<Library>,
    size: usize,
}

impl JsonSchema {
    /// Parse a schema and check that it holds together: keywords of the right form, references that
    /// lead to schemas in the text itself, in `dependencies` or in the built-in meta-schemas.
    ///
    /// # Errors
    /// [`ParseError`] with the first thing that is wrong, as JSON pointer, line and column.
    pub fn parse(
        text: &str,
        dependencies: &[Dependency],
        options: Options,
    ) -> Result<JsonSchema, ParseError> {
        let root = Self::read(text)?;
        let canonical = Arc::from(root.to_compact());
        let draft = Draft::of_document(&root, Draft::Seven);
        let root = Document::new(None, text.to_owned(), root, draft, "");
        let mut others = Vec::with_capacity(dependencies.len());
        for dependency in dependencies {
            others.push(Self::read_dependency(dependency, &root)?);
        }
        let mut library = Library::new(root, others);
        let size = load::load(&mut library)?;
        let schema = JsonSchema { canonical, library: Arc::new(library), size };
        if options.validate_fields {
            schema.check_field_names()?;
        }
        Ok(schema)
    }

    /// The canonical text of a schema that need not hold together: for one that is taken over from
    /// another registry without being judged.
    ///
    /// # Errors
    /// [`ParseError`] when the text is not JSON, or neither an object nor a boolean.
    pub fn canonical_of(text: &str) -> Result<String, ParseError> {
        Self::read(text).map(|root| root.to_compact())
    }

    /// The text that is stored, hashed and served: no white space, keys and numbers as they were.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The canonical text with the keys of every object sorted.
    pub fn normal_form(&self) -> String {
        let mut out = String::with_capacity(self.canonical.len());
        write_sorted(self.root(), &mut out);
        out
    }

    /// The tagged records and fields. Referenced texts are not looked into.
    pub fn tagged(&self) -> Vec<Tagged> {
        // Most schemas have no tags, and a text without the word is soon searched.
        if !self.canonical.contains(super::tags::ATTRIBUTE) {
            return Vec::new();
        }
        tags::tagged(self.root(), self.draft())
    }

    /// The canonical text with the tags of its records and fields edited.
    ///
    /// # Errors
    /// When no schema object stands under the path of an edit.
    pub fn with_tags(&self, edits: &[TagEdit]) -> Result<String, TagError> {
        tags::edited(self.root(), self.draft(), edits).map(|root| root.to_compact())
    }

    /// The schema.
    pub fn root(&self) -> &Node {
        self.document().root()
    }

    /// The version of the language that the schema is written in.
    pub fn draft(&self) -> Draft {
        self.document().draft()
    }

    /// The document of the schema itself: places and pointers.
    pub fn document(&self) -> &Document {
        &self.library.documents()[0]
    }

    /// Every document, by the index that [`resolve`](Self::resolve) speaks of: the schema itself, its
    /// dependencies in the order in which they were given, the meta-schemas that any of them refers to.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.library.documents().iter().map(Arc::as_ref)
    }

    /// How many schema objects there are, each counted once however often it is referred to: those that
    /// can be reached from the root, from a dependency, or from a meta-schema that is used.
    pub fn size(&self) -> usize {
        self.size
    }

    /// What the value of a `$ref`, `$dynamicRef` (taken statically) or `$recursiveRef` means: the index of
    /// a document and a node in it.
    ///
    /// `at` is the object of the document with index `document` that holds the reference; an `$id` around
    /// it counts. One step only: the node may itself refer to something, also back to `at`. Every
    /// reference that can be reached from the root resolves.
    pub fn resolve(&self, document: usize, at: &Node, reference: &str) -> Option<(usize, &Node)> {
        self.library.resolve(document, at, reference)
    }

    /// What a validator that shares nothing with this crate says of a document, a JSON text in its
    /// shortest form: is it valid? `None` where that validator does not take the schema, or does not hold
    /// the document exactly.
    ///
    /// Its work is not bounded by the size of schema and document; who asks sees to that.
    pub fn second_opinion(&self, document: &str, asserts_formats: bool) -> Option<bool> {
        self.library.second_opinion(document, asserts_formats)
    }

    fn read(text: &str) -> Result<Node, ParseError> {
        let root = tree::parse(text)?;
        match root.value {
            Value::Object(_) | Value::Bool(_) => Ok(root),
            _ => Err(ParseError::parse(
                format!(
                    "Invalid JSON schema: expected an object or boolean at the root, found {}",
                    root.kind()
                ),
                Some(super::Place::of(text, root.span.start)),
            )),
        }
    }

    fn read_dependency(dependency: &Dependency, referrer: &Document) -> Result<Document, ParseError> {
        let Dependency { name, text, .. } = dependency;
        let root = Self::read(text).map_err(|error| {
            ParseError::validate(format!("in the referenced schema \"{name}\": {}", error.message), None)
        })?;
        let draft = Draft::of_document(&root, referrer.draft());
        let base = uri::resolve(referrer.uri(), name);
        Ok(Document::new(Some(name.clone()), text.clone(), root, draft, &base))
    }

    fn check_field_names(&self) -> Result<(), ParseError> {
        let properties = self.root().get("properties").map(Node::members).unwrap_or_default();
        match properties.iter().find(|member| member.key.starts_with("$$")) {
            None => Ok(()),
            Some(member) => {
                let place = self.document().place_of_key(member);
                Err(ParseError::validate("Field names cannot start with $$ prefix", Some(place)))
            }
        }
    }
}

/// A name as it is compared: `./a.json` is `a.json`.
fn normal_name(name: &str) -> &str {
    let (name, _) = uri::split_fragment(name);
    name.strip_prefix("./").unwrap_or(name)
}

/// Print with sorted keys; arrays, strings and numbers stay as they are.
fn write_sorted(node: &Node, out: &mut String) {
    match &node.value {
        Value::Array(elements) => {
            out.push('[');
            for (position, element) in elements.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_sorted(element, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<&Member> = members.iter().collect();
            sorted.sort_by(|left, right| utf16_order(&left.key, &right.key));
            out.push('{');
            for (position, member) in sorted.into_iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                tree::write_string(out, &member.key);
                out.push(':');
                write_sorted(&member.value, out);
            }
            out.push('}');
        }
        _ => node.write_compact(out),
    }
}
