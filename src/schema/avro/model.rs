//! The parse tree of an Avro schema: what the printers, the comparison and the compatibility engine
//! walk.
//!
//! Types live in one arena and point at each other by [`TypeId`], so that a recursive schema is a
//! plain graph: a walk remembers the ids (or pairs of ids) it has seen and needs no name lookup. A
//! use of a named type is the id of its definition, wherever that stands: in the text itself or in a
//! text that it depends on. A definition may be repeated; each repetition is a type of its own, all of
//! them say the same but for documentation and aliases, and the name means the first.

use std::collections::HashMap;

use crate::schema::tree::{Node, Span};

/// A type in the arena of its [`Model`]. Ids of different models have nothing to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(super) u32);

/// A parsed schema: its types and which of them it is.
#[derive(Debug, Clone)]
pub struct Model {
    pub(super) types: Vec<Type>,
    pub(super) root: Use,
    pub(super) names: HashMap<String, TypeId>,
}

impl Model {
    /// The schema itself.
    pub fn root(&self) -> TypeId {
        self.root.id
    }

    /// The schema itself, with the place where it stands.
    pub fn root_use(&self) -> Use {
        self.root
    }

    /// A type. Costs an array index.
    pub fn get(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// The named type with this full name (`namespace.name`, or `name` without one), be it of the
    /// text itself or of a text that it depends on.
    pub fn named(&self, full_name: &str) -> Option<TypeId> {
        self.names.get(full_name).copied()
    }

    /// How many types there are, for tables indexed by [`TypeId::index`].
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Never: there is always the schema itself.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }
}

impl TypeId {
    /// The position in the arena, smaller than [`Model::len`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A place where a type is used: as a field's type, an array's items, a map's values, a branch of a
/// union, or as the schema itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// The type that is used.
    pub id: TypeId,
    /// Where it is used: the definition or the name, as written there. In the text of the type that
    /// holds this use (see [`Type::source`]).
    pub span: Span,
}

/// A type: a primitive, a definition of a named type, or an array, map or union.
#[derive(Debug, Clone)]
pub struct Type {
    /// What it is.
    pub kind: Kind,
    /// The logical type, where it is a known one and fits the type it annotates. What is written
    /// is among the properties either way.
    pub logical: Option<LogicalType>,
    /// Attributes that the specification reserves no meaning for, and `logicalType` and its
    /// parameters, in the order in which they are written.
    pub properties: Vec<Property>,
    /// Where it is defined, in the text that [`Type::source`] names.
    pub span: Span,
    /// The text that defines it.
    pub source: Source,
}

/// The text in which something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The text of the schema itself.
    Own,
    /// The dependency at this position of the list that was given to the parser.
    Dependency(usize),
}

/// The kinds of type.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `null`, `int`, `string` and their kin.
    Primitive(Primitive),
    /// A record.
    Record(Record),
    /// An enumeration.
    Enum(Enum),
    /// A fixed number of bytes.
    Fixed(Fixed),
    /// An array and the type of its items.
    Array(Use),
    /// A map and the type of its values.
    Map(Use),
    /// A union and its branches, in order. A branch is never itself a union.
    Union(Vec<Use>),
}

/// The primitive types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the specification's own words")]
pub enum Primitive {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
}

/// A name and the namespace that it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The full name: `namespace.simple`, or the simple name alone.
    pub(super) full: String,
    /// Where the simple name begins in `full`.
    pub(super) simple_start: usize,
}

/// A record.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its name.
    pub name: Name,
    /// Alternative names as full names, in the order in which they are written, each once.
    pub aliases: Vec<Name>,
    /// Documentation.
    pub doc: Option<String>,
    /// Declared with the type `error` instead of `record`.
    pub is_error: bool,
    /// The fields, in order.
    pub fields: Vec<Field>,
}

/// A field of a record.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub schema: Use,
    /// The default value as written; `null` counts as one.
    pub default: Option<Node>,
    /// How it takes part in sorting.
    pub order: Order,
    /// Alternative names, in the order in which they are written, each once.
    pub aliases: Vec<String>,
    /// Documentation.
    pub doc: Option<String>,
    /// Attributes that the specification reserves no meaning for, in the order in which they are
    /// written.
    pub properties: Vec<Property>,
    /// Where the field stands in the text that defines its record.
    pub span: Span,
}

/// How a field takes part in sorting its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the specification's own words")]
pub enum Order {
    Ascending,
    Descending,
    Ignore,
}

/// An enumeration.
#[derive(Debug, Clone)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// Alternative names as full names, in the order in which they are written, each once.
    pub aliases: Vec<Name>,
    /// Documentation.
    pub doc: Option<String>,
    /// The symbols, in order.
    pub symbols: Vec<String>,
    /// What a reader takes for a symbol that it does not know.
    pub default: Option<String>,
}

/// A fixed number of bytes.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// Its name.
    pub name: Name,
    /// Alternative names as full names, in the order in which they are written, each once.
    pub aliases: Vec<Name>,
    /// Documentation.
    pub doc: Option<String>,
    /// How many bytes.
    pub size: u32,
}

/// An attribute that the schema language reserves no meaning for.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: Node,
}

/// The logical types of the specification. One whose parameters do not fit the type it annotates is
/// ignored, as the specification demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the specification's own words")]
pub enum LogicalType {
    Decimal { precision: u32, scale: u32 },
    BigDecimal,
    Uuid,
    Date,
    TimeMillis,
    TimeMicros,
    TimestampMillis,
    TimestampMicros,
    TimestampNanos,
    LocalTimestampMillis,
    LocalTimestampMicros,
    LocalTimestampNanos,
    Duration,
}

impl Name {
    /// `namespace.simple`, or the simple name alone.
    pub fn full(&self) -> &str {
        &self.full
    }

    /// What follows the last dot.
    pub fn simple(&self) -> &str {
        &self.full[self.simple_start..]
    }

    /// What precedes the last dot; `None` without one.
    pub fn namespace(&self) -> Option<&str> {
        self.simple_start.checked_sub(1).map(|dot| &self.full[..dot])
    }
}

impl Type {
    /// The name of a record, enumeration or fixed; `None` for any other type.
    pub fn name(&self) -> Option<&Name> {
        match &self.kind {
            Kind::Record(record) => Some(&record.name),
            Kind::Enum(symbols) => Some(&symbols.name),
            Kind::Fixed(fixed) => Some(&fixed.name),
            _ => None,
        }
    }

    /// The aliases of a record, enumeration or fixed; empty for any other type.
    pub fn aliases(&self) -> &[Name] {
        match &self.kind {
            Kind::Record(record) => &record.aliases,
            Kind::Enum(symbols) => &symbols.aliases,
            Kind::Fixed(fixed) => &fixed.aliases,
            _ => &[],
        }
    }

    /// The documentation of a record, enumeration or fixed; `None` for any other type.
    pub fn doc(&self) -> Option<&str> {
        match &self.kind {
            Kind::Record(record) => record.doc.as_deref(),
            Kind::Enum(symbols) => symbols.doc.as_deref(),
            Kind::Fixed(fixed) => fixed.doc.as_deref(),
            _ => None,
        }
    }

    /// The value of a property.
    pub fn property(&self, key: &str) -> Option<&Node> {
        self.properties.iter().find(|property| property.key == key).map(|property| &property.value)
    }

    /// Is it defined by a text that the schema depends on?
    pub fn is_dependency(&self) -> bool {
        self.source != Source::Own
    }
}

impl Kind {
    /// The kind in the specification's word, in lower case: `record`, `int`, `union`.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Primitive(primitive) => primitive.word(),
            Kind::Record(_) => "record",
            Kind::Enum(_) => "enum",
            Kind::Fixed(_) => "fixed",
            Kind::Array(_) => "array",
            Kind::Map(_) => "map",
            Kind::Union(_) => "union",
        }
    }
}

impl Record {
    /// The field of this name, aliases apart.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Primitive {
    /// All of them.
    pub const ALL: [Primitive; 8] = [
        Primitive::Null,
        Primitive::Boolean,
        Primitive::Int,
        Primitive::Long,
        Primitive::Float,
        Primitive::Double,
        Primitive::Bytes,
        Primitive::String,
    ];

    /// The word for it in a schema.
    pub fn word(self) -> &'static str {
        match self {
            Primitive::Null => "null",
            Primitive::Boolean => "boolean",
            Primitive::Int => "int",
            Primitive::Long => "long",
            Primitive::Float => "float",
            Primitive::Double => "double",
            Primitive::Bytes => "bytes",
            Primitive::String => "string",
        }
    }

    /// The primitive that a word means.
    pub fn of(word: &str) -> Option<Primitive> {
        Primitive::ALL.into_iter().find(|primitive| primitive.word() == word)
    }
}

impl Order {
    /// The word for it in a schema.
    pub fn word(self) -> &'static str {
        match self {
            Order::Ascending => "ascending",
            Order::Descending => "descending",
            Order::Ignore => "ignore",
        }
    }
}
