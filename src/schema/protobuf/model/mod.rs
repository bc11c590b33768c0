//! The source tree: what the author of a `.proto` file wrote, without comments and layout.
//!
//! Names of types stay as written; [`Names`](super::names::Names) tells what they mean. Elements
//! stand under their kind (fields, oneofs, groups …), each kind in source order, because that is
//! how the canonical text prints them.

mod option;
mod walk;

pub use option::{NamePart, Setting, SettingName, Value};
pub use walk::Definition;

use crate::schema::Place;

/// The largest field number of a message; `max` in a range of a message stands for it.
pub const MAX_FIELD_NUMBER: i32 = 536_870_911;

/// A whole file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    /// `None` when the file does not say; that means proto2.
    pub syntax: Option<Syntax>,
    /// Where the `syntax` line starts.
    pub syntax_place: Option<Place>,
    /// The package, dotted; `None` when there is none.
    pub package: Option<String>,
    /// Where the `package` line starts.
    pub package_place: Option<Place>,
    /// Imports of every kind, in source order.
    pub imports: Vec<Import>,
    /// File options.
    pub options: Vec<Setting>,
    /// Top-level messages and enums, mixed, in source order.
    pub types: Vec<TypeDef>,
    /// Top-level `extend` blocks.
    pub extends: Vec<Extend>,
    /// Services.
    pub services: Vec<Service>,
}

/// A version of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// `proto2`
    Proto2,
    /// `proto3`
    Proto3,
}

/// An `import` line.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Plain, public or weak.
    pub kind: ImportKind,
    /// The imported file.
    pub path: String,
    /// Where the line starts.
    pub place: Place,
}

/// How a file is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportKind {
    /// `import "…"`
    Plain,
    /// `import public "…"`
    Public,
    /// `import weak "…"`
    Weak,
}

/// A message or an enum.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeDef {
    /// A message.
    Message(Message),
    /// An enum.
    Enum(Enum),
}

impl TypeDef {
    /// Its simple name.
    pub fn name(&self) -> &str {
        match self {
            TypeDef::Message(message) => &message.name,
            TypeDef::Enum(definition) => &definition.name,
        }
    }
}

/// A message, or the body of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its simple name.
    pub name: String,
    /// Where its declaration starts.
    pub place: Place,
    /// `reserved` lines.
    pub reserved: Vec<Reserved>,
    /// Message options.
    pub options: Vec<Setting>,
    /// Fields outside oneofs, groups excepted.
    pub fields: Vec<Field>,
    /// Oneofs as written; the synthetic ones of proto3 `optional` do not exist here.
    pub oneofs: Vec<Oneof>,
    /// Groups outside oneofs.
    pub groups: Vec<Group>,
    /// `extensions` lines.
    pub extensions: Vec<Extensions>,
    /// Nested `extend` blocks.
    pub extends: Vec<Extend>,
    /// Nested messages and enums, mixed, in source order.
    pub types: Vec<TypeDef>,
}

impl Message {
    /// A message without content.
    pub fn new(name: impl Into<String>, place: Place) -> Message {
        Message {
            name: name.into(),
            place,
            reserved: Vec::new(),
            options: Vec::new(),
            fields: Vec::new(),
            oneofs: Vec::new(),
            groups: Vec::new(),
            extensions: Vec::new(),
            extends: Vec::new(),
            types: Vec::new(),
        }
    }

    /// Key and value type, if it is the entry of a map spelled out with `option map_entry = true`.
    /// The value type stands in the scope of the entry.
    pub fn map_entry(&self) -> Option<(Scalar, &FieldType)> {
        let is_true = |option: &Setting| option.value == Value::Word("true".to_owned());
        if !self.options.iter().any(|option| option.name.is_plain("map_entry") && is_true(option)) {
            return None;
        }
        let numbered = |number: i32| self.fields.iter().find(|field| field.number == number);
        match (&numbered(1)?.kind, &numbered(2)?.kind) {
            (FieldType::Scalar(_), FieldType::Map(..)) => None,
            (FieldType::Scalar(key), value) => Some((*key, value)),
            _ => None,
        }
    }

    /// Every field with a number that stands in the message itself, those of oneofs included,
    /// groups excepted.
    pub fn all_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().chain(self.oneofs.iter().flat_map(|oneof| &oneof.fields))
    }

    /// Every group that stands in the message itself: its own, those of its oneofs and those of
    /// its `extend` blocks. Their bodies define message types in the scope of the message.
    pub fn all_groups(&self) -> impl Iterator<Item = &Group> {
        self.groups
            .iter()
            .chain(self.oneofs.iter().flat_map(|oneof| &oneof.groups))
            .chain(self.extends.iter().flat_map(|extend| &extend.groups))
    }
}

/// A field, an extension field included.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The label as written.
    pub label: Option<Label>,
    /// The type as written.
    pub kind: FieldType,
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: i32,
    /// Options other than `default` and `json_name`.
    pub options: Vec<Setting>,
    /// The default value.
    pub default: Option<Value>,
    /// The JSON name, if it is written.
    pub json_name: Option<Value>,
    /// Where the field starts.
    pub place: Place,
    /// Where its type starts.
    pub type_place: Place,
}

/// How often a field occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// `optional`
    Optional,
    /// `required`
    Required,
    /// `repeated`
    Repeated,
}

impl Label {
    /// The keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Label::Optional => "optional",
            Label::Required => "required",
            Label::Repeated => "repeated",
        }
    }
}

/// The type of a field, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// A built-in type.
    Scalar(Scalar),
    /// `map<key, value>`; the value is never a map.
    Map(Scalar, Box<FieldType>),
    /// A message or an enum, by the name the author wrote.
    Named(String),
}

/// The built-in types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the type of that name")]
pub enum Scalar {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
}

impl Scalar {
    const NAMES: [(&'static str, Scalar); 15] = [
        ("double", Scalar::Double),
        ("float", Scalar::Float),
        ("int32", Scalar::Int32),
        ("int64", Scalar::Int64),
        ("uint32", Scalar::Uint32),
        ("uint64", Scalar::Uint64),
        ("sint32", Scalar::Sint32),
        ("sint64", Scalar::Sint64),
        ("fixed32", Scalar::Fixed32),
        ("fixed64", Scalar::Fixed64),
        ("sfixed32", Scalar::Sfixed32),
        ("sfixed64", Scalar::Sfixed64),
        ("bool", Scalar::Bool),
        ("string", Scalar::String),
        ("bytes", Scalar::Bytes),
    ];

    /// The built-in type of that name.
    pub fn parse(name: &str) -> Option<Scalar> {
        Scalar::NAMES.iter().find(|(known, _)| *known == name).map(|(_, scalar)| *scalar)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Scalar::NAMES.iter().find(|(_, scalar)| *scalar == self).map_or("", |(name, _)| name)
    }
}

/// A group: a field and a message type in one.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The label as written.
    pub label: Option<Label>,
    /// Its number.
    pub number: i32,
    /// Field options.
    pub options: Vec<Setting>,
    /// Its name and content.
    pub message: Message,
}

/// A oneof.
#[derive(Debug, Clone, PartialEq)]
pub struct Oneof {
    /// Its name.
    pub name: String,
    /// Where its declaration starts.
    pub place: Place,
    /// Oneof options.
    pub options: Vec<Setting>,
    /// Its members; they have no label.
    pub fields: Vec<Field>,
    /// Members that are groups.
    pub groups: Vec<Group>,
}

/// An enum.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// Its simple name.
    pub name: String,
    /// Where its declaration starts.
    pub place: Place,
    /// `reserved` lines.
    pub reserved: Vec<Reserved>,
    /// Enum options.
    pub options: Vec<Setting>,
    /// Its constants.
    pub constants: Vec<Constant>,
}

/// A constant of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: i32,
    /// Constant options.
    pub options: Vec<Setting>,
    /// Where it starts.
    pub place: Place,
}

/// A `reserved` line: ranges and names.
#[derive(Debug, Clone, PartialEq)]
pub struct Reserved {
    /// What it reserves, in source order.
    pub values: Vec<ReservedValue>,
}

/// One reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReservedValue {
    /// Numbers.
    Range(Range),
    /// A name.
    Name(String),
}

/// An inclusive range of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first number.
    pub start: i32,
    /// The last number; `i32::MAX` for `max`.
    pub end: i32,
    /// Written as a lone number, not as `n to n`.
    pub is_single: bool,
}

impl Range {
    /// Does it hold `number`?
    pub fn contains(self, number: i32) -> bool {
        self.start <= number && number <= self.end
    }
}

/// An `extensions` line.
#[derive(Debug, Clone, PartialEq)]
pub struct Extensions {
    /// The numbers that extensions may use.
    pub ranges: Vec<Range>,
    /// Range options.
    pub options: Vec<Setting>,
}

/// An `extend` block.
#[derive(Debug, Clone, PartialEq)]
pub struct Extend {
    /// The extended message, as written.
    pub target: String,
    /// Where the block starts.
    pub place: Place,
    /// Extension fields.
    pub fields: Vec<Field>,
    /// Extension groups.
    pub groups: Vec<Group>,
}

/// A service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its simple name.
    pub name: String,
    /// Where its declaration starts.
    pub place: Place,
    /// Service options.
    pub options: Vec<Setting>,
    /// Its methods.
    pub rpcs: Vec<Rpc>,
}

/// A method of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Rpc {
    /// Its name.
    pub name: String,
    /// Where its declaration starts.
    pub place: Place,
    /// What it takes.
    pub request: RpcType,
    /// What it answers.
    pub response: RpcType,
    /// Method options.
    pub options: Vec<Setting>,
}

/// A message that a method takes or answers.
#[derive(Debug, Clone, PartialEq)]
pub struct RpcType {
    /// A stream of them.
    pub is_stream: bool,
    /// The message, as written.
    pub name: String,
    /// Where the name starts.
    pub place: Place,
}
