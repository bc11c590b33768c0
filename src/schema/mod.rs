//! Floor 1: text plus the texts it refers to → a parsed schema. Pure: no store, no network, no clock.
//!
//! One type a format, and [`Schema`], the closed set of them. A parsed schema knows its canonical
//! text (what is stored, hashed and served), its normal form, its other renderings, whether it is
//! the same schema as another one, and what is tagged in it.

pub mod avro;
pub mod json;
mod json_text;
mod lines;
pub mod protobuf;
mod tags;
pub mod tree;

pub use json_text::JsonText;
pub use lines::{Lines, offset_of_column};
pub use tags::{TagEdit, TagError, Tagged};

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::{Format, Subject, Version};

/// A text that a schema refers to, directly or not. The registry resolves the whole closure first
/// and hands it over with referenced texts before their referrers, each name once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// What referrers call it: a full name (Avro, a label only), a URI (JSON Schema), an import
    /// path (Protobuf).
    pub name: String,
    /// Where the text is registered; `None` for a text that came from a file.
    pub origin: Option<(Subject, Version)>,
    /// The stored text.
    pub text: String,
}

/// How strictly to parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The schema is about to be registered as new: Avro names and default values are enforced.
    /// Otherwise the text may be an old one that was accepted under laxer rules.
    pub new: bool,
    /// The stricter content checks of the `validateFields` setting.
    pub validate_fields: bool,
}

impl Options {
    /// For a schema about to be registered.
    pub const NEW: Options = Options { new: true, validate_fields: false };
    /// For a schema that is only looked up, or was stored before.
    pub const STORED: Options = Options { new: false, validate_fields: false };
}

/// A place in a text. Lines and columns count from 1; columns count characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// The place of a byte offset in `text`. Offsets beyond the end give the end.
    pub fn of(text: &str, offset: usize) -> Place {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        // Bytes are counted many at once, characters are not.
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column =
            before.as_bytes()[line_start..].iter().filter(|byte| lines::is_first(**byte)).count() + 1;
        let fit = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place { line: fit(line), column: fit(column) }
    }
}

/// A text that is no schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The text could not be parsed at all, or it parsed but does not hold together.
    pub stage: Stage,
    /// What is wrong, in a sentence; holds line and column where they are known.
    pub message: String,
    /// Where, in the text that was to be parsed.
    pub place: Option<Place>,
}

/// Where parsing stopped. The wire words the two differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The text is not in the language.
    Parse,
    /// The text is, but something in it cannot be resolved or contradicts itself.
    Validate,
}

impl ParseError {
    /// An error of the parser.
    pub fn parse(message: impl Into<String>, place: Option<Place>) -> ParseError {
        ParseError { stage: Stage::Parse, message: message.into(), place }
    }

    /// An error found after parsing.
    pub fn validate(message: impl Into<String>, place: Option<Place>) -> ParseError {
        ParseError { stage: Stage::Validate, message: message.into(), place }
    }
}

/// How a text is to be printed, other than canonically. Unknown names mean canonical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rendering {
    /// The canonical text.
    Canonical,
    /// Avro: references replaced by the definitions they stand for.
    Resolved,
    /// Protobuf: base64 of the binary `FileDescriptorProto`.
    Serialized,
    /// Protobuf: without custom options, extension ranges and `extend` blocks.
    IgnoreExtensions,
}

impl Rendering {
    /// Read the `format` parameter of a schema of `format`; case does not matter.
    pub fn parse(format: Format, name: &str) -> Rendering {
        match (format, name.to_ascii_lowercase().as_str()) {
            (Format::Avro, "resolved") => Rendering::Resolved,
            (Format::Protobuf, "serialized") => Rendering::Serialized,
            (Format::Protobuf, "ignore_extensions") => Rendering::IgnoreExtensions,
            _ => Rendering::Canonical,
        }
    }
}

/// A parsed schema of any format.
#[derive(Debug, Clone)]
pub enum Schema {
    /// Apache Avro.
    Avro(avro::AvroSchema),
    /// JSON Schema.
    Json(json::JsonSchema),
    /// Protocol Buffers.
    Protobuf(protobuf::ProtobufSchema),
}

impl Schema {
    /// Parse `text`, which may use every name that `dependencies` define, and check that it holds
    /// together.
    ///
    /// # Errors
    /// [`ParseError`] with the first thing that is wrong and, where known, its place.
    pub fn parse(
        format: Format,
        text: &str,
        dependencies: &[Dependency],
        options: Options,
    ) -> Result<Schema, ParseError> {
        match format {
            Format::Avro => avro::AvroSchema::parse(text, dependencies, options).map(Schema::Avro),
            Format::Json => json::JsonSchema::parse(text, dependencies, options).map(Schema::Json),
            Format::Protobuf => {
                protobuf::ProtobufSchema::parse(text, dependencies, options).map(Schema::Protobuf)
            }
        }
    }

    /// The first name in it that means nothing, which a stored schema may have and one that is sent
    /// may not. Only Protobuf texts parse all the same.
    pub fn unresolved(&self) -> Option<&ParseError> {
        match self {
            Schema::Avro(_) | Schema::Json(_) => None,
            Schema::Protobuf(schema) => schema.unresolved(),
        }
    }

    /// The language it is written in.
    pub fn format(&self) -> Format {
        match self {
            Schema::Avro(_) => Format::Avro,
            Schema::Json(_) => Format::Json,
            Schema::Protobuf(_) => Format::Protobuf,
        }
    }

    /// The text that is stored, hashed and served.
    pub fn canonical(&self) -> &str {
        match self {
            Schema::Avro(schema) => schema.canonical(),
            Schema::Json(schema) => schema.canonical(),
            Schema::Protobuf(schema) => schema.canonical(),
        }
    }

    /// The text that is stored when normalising.
    pub fn normal_form(&self) -> String {
        match self {
            Schema::Avro(schema) => schema.normal_form(),
            Schema::Json(schema) => schema.normal_form(),
            Schema::Protobuf(schema) => schema.normal_form(),
        }
    }

    /// The text in another rendering; one that the format does not have gives the canonical text.
    pub fn render(&self, rendering: Rendering) -> String {
        match (self, rendering) {
            (Schema::Avro(schema), Rendering::Resolved) => schema.resolved(),
            (Schema::Protobuf(schema), Rendering::Serialized) => schema.serialized(),
            (Schema::Protobuf(schema), Rendering::IgnoreExtensions) => schema.without_extensions(),
            _ => self.canonical().to_owned(),
        }
    }

    /// Is it the same schema, whatever the spelling? Schemas of different formats never are.
    pub fn is_equivalent(&self, other: &Schema) -> bool {
        match (self, other) {
            (Schema::Avro(left), Schema::Avro(right)) => left.is_equivalent(right),
            (Schema::Json(left), Schema::Json(right)) => left.canonical() == right.canonical(),
            (Schema::Protobuf(left), Schema::Protobuf(right)) => left.canonical() == right.canonical(),
            _ => false,
        }
    }

    /// The names that reserved fields may clash with: fields of the outermost record (Avro), keys of
    /// the outermost `properties` (JSON Schema), fields of every top-level message (Protobuf).
    pub fn top_level_fields(&self) -> Vec<String> {
        match self {
            Schema::Avro(schema) => match &schema.model().get(schema.model().root()).kind {
                avro::model::Kind::Record(record) => {
                    record.fields.iter().map(|field| field.name.clone()).collect()
                }
                _ => Vec::new(),
            },
            Schema::Json(schema) => {
                let properties = schema.root().get("properties").map_or(&[][..], tree::Node::members);
                properties.iter().map(|property| property.key.clone()).collect()
            }
            Schema::Protobuf(schema) => {
                let messages = schema.file().types.iter().filter_map(|defined| match defined {
                    protobuf::model::TypeDef::Message(message) => Some(message),
                    protobuf::model::TypeDef::Enum(_) => None,
                });
                messages.flat_map(|message| message.all_fields()).map(|field| field.name.clone()).collect()
            }
        }
    }

    /// A number that equivalent schemas share. Schemas with different numbers are never equivalent, so
    /// most of a long history need not be parsed again to find that out. For this process only: it
    /// is not stored.
    pub fn fingerprint(&self) -> u64 {
        match self {
            Schema::Avro(schema) => schema.fingerprint(),
            Schema::Json(_) | Schema::Protobuf(_) => {
                let mut hasher = DefaultHasher::new();
                self.canonical().hash(&mut hasher);
                hasher.finish()
            }
        }
    }

    /// The tagged records and fields, in the order of the text.
    pub fn tagged(&self) -> Vec<Tagged> {
        match self {
            Schema::Avro(schema) => schema.tagged(),
            Schema::Json(schema) => schema.tagged(),
            Schema::Protobuf(schema) => schema.tagged(),
        }
    }

    /// The canonical text with inline tags added and taken away. Only what the text itself defines can
    /// be tagged, not what it refers to.
    ///
    /// # Errors
    /// When nothing stands under the path of an edit, or the text would be none that can be read.
    pub fn with_tags(&self, edits: &[TagEdit]) -> Result<String, TagError> {
        match self {
            Schema::Avro(schema) => schema.with_tags(edits),
            Schema::Json(schema) => schema.with_tags(edits),
            Schema::Protobuf(schema) => schema.with_tags(edits),
        }
    }
}
