//! What a schema means: its messages and enums with names resolved and defaults of the language made
//! explicit, as the wire format sees them.
//!
//! The view holds every definition of the schema's own file and whatever these reach in dependencies
//! and built-in files. Everything is an index into an arena, so cycles cost nothing. Fields and
//! extensions of a message are one table by number, because that is what a decoder sees.

mod build;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use crate::schema::Place;
use crate::schema::protobuf::model::{Range, ReservedValue, Scalar, Value as Literal};
use crate::schema::protobuf::names::Origin;

/// How much of a value of bytes is shown.
const SHOWN_BYTES: usize = 60;

/// The meaning of one schema.
#[derive(Debug)]
pub(in crate::compat) struct Model<'s> {
    package: &'s str,
    messages: Vec<Message<'s>>,
    enums: Vec<Enum<'s>>,
    /// Messages of the schema's own file by path, the entries of maps excepted.
    own: HashMap<String, MessageId>,
    /// The same, outer before inner, in the order of the file.
    own_in_order: Vec<MessageId>,
    own_enums: Vec<EnumId>,
    own_enums_by_path: HashMap<String, EnumId>,
    by_name: HashMap<String, MessageId>,
}

/// A message of a [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::compat) struct MessageId(u32);

/// An enum of a [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::compat) struct EnumId(u32);

/// A message, the body of a group, or the entry of a map.
#[derive(Debug)]
pub(in crate::compat) struct Message<'s> {
    /// Package and names of all scopes, dotted.
    pub(in crate::compat) full_name: String,
    /// The names without the package: `Outer/Inner`.
    pub(in crate::compat) path: String,
    pub(in crate::compat) origin: Origin,
    /// Where it is declared; only in the schema's own text.
    pub(in crate::compat) place: Option<Place>,
    /// The entry of a map, written or implied.
    pub(in crate::compat) is_map_entry: bool,
    pub(in crate::compat) oneofs: Vec<Oneof<'s>>,
    pub(in crate::compat) reserved: Vec<&'s ReservedValue>,
    pub(in crate::compat) extension_ranges: Vec<Range>,
    /// What about it the wire format of this engine does not cover.
    pub(in crate::compat) unsupported: Option<String>,
    /// By number; extensions included.
    fields: Vec<Field<'s>>,
}

/// A oneof; those that proto3 `optional` implies do not exist here.
#[derive(Debug)]
pub(in crate::compat) struct Oneof<'s> {
    pub(in crate::compat) name: &'s str,
    pub(in crate::compat) place: Option<Place>,
}

/// A field or an extension.
#[derive(Debug)]
pub(in crate::compat) struct Field<'s> {
    pub(in crate::compat) number: i32,
    pub(in crate::compat) name: Cow<'s, str>,
    pub(in crate::compat) kind: Kind,
    pub(in crate::compat) cardinality: Cardinality,
    /// Index of its oneof in the message.
    pub(in crate::compat) oneof: Option<usize>,
    /// The full name, if it is an extension.
    pub(in crate::compat) extension: Option<String>,
    /// Text must be UTF-8, and decoders see to it.
    pub(in crate::compat) is_utf8_checked: bool,
    /// Where it is declared; only in the schema's own text.
    pub(in crate::compat) place: Option<Place>,
    written_json_name: Option<&'s str>,
    written_default: Option<&'s Literal>,
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compat) enum Kind {
    Scalar(Scalar),
    Enum(EnumId),
    Message(MessageId, Encoding),
    /// The name means nothing.
    Unresolved(String),
}

/// How a message stands within another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Encoding {
    LengthPrefixed,
    /// Between the two tags of a group.
    Delimited,
}

/// How often a field occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Cardinality {
    Singular(Presence),
    Repeated {
        /// All elements stand in one record.
        is_packed: bool,
    },
}

/// Whether a singular field that is not set can be told from one that holds its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Presence {
    Explicit,
    /// The zero value is not written.
    Implicit,
    Required,
    /// Key and value of a map: always written, and zero where they are not.
    Entry,
}

/// An enum.
#[derive(Debug)]
pub(in crate::compat) struct Enum<'s> {
    /// Package and names of all scopes, dotted.
    pub(in crate::compat) full_name: String,
    /// The names without the package: `Outer/Color`.
    pub(in crate::compat) path: String,
    pub(in crate::compat) origin: Origin,
    /// Where it is declared; only in the schema's own text.
    pub(in crate::compat) place: Option<Place>,
    /// A number without a name is no value of it.
    pub(in crate::compat) is_closed: bool,
    pub(in crate::compat) reserved: Vec<&'s ReservedValue>,
    /// In the order of the text.
    constants: Vec<Constant<'s>>,
    /// Indexes of the constants, by number.
    by_number: HashMap<i32, Vec<usize>>,
}

/// A constant of an enum.
#[derive(Debug)]
pub(in crate::compat) struct Constant<'s> {
    pub(in crate::compat) name: &'s str,
    pub(in crate::compat) number: i32,
    pub(in crate::compat) place: Option<Place>,
}

/// A value that a field holds when it is not set.
#[derive(Debug, Clone)]
pub(in crate::compat) enum Plain {
    /// Integers, booleans (0 and 1) and enums.
    Number(i128),
    Float(f32),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl<'s> Model<'s> {
    /// The package of the schema's own file; empty if it has none.
    pub(in crate::compat) fn package(&self) -> &'s str {
        self.package
    }

    pub(in crate::compat) fn message(&self, id: MessageId) -> &Message<'s> {
        &self.messages[id.0 as usize]
    }

    pub(in crate::compat) fn enumeration(&self, id: EnumId) -> &Enum<'s> {
        &self.enums[id.0 as usize]
    }

    /// The messages that the schema's own file defines, outer before inner, entries of maps excepted.
    pub(in crate::compat) fn own_messages(&self) -> &[MessageId] {
        &self.own_in_order
    }

    /// The enums that the schema's own file defines.
    pub(in crate::compat) fn own_enums(&self) -> &[EnumId] {
        &self.own_enums
    }

    /// The message of the schema's own file with that path: `Outer/Inner`.
    pub(in crate::compat) fn own_message(&self, path: &str) -> Option<MessageId> {
        self.own.get(path).copied()
    }

    /// The enum of the schema's own file with that path.
    pub(in crate::compat) fn own_enum(&self, path: &str) -> Option<EnumId> {
        self.own_enums_by_path.get(path).copied()
    }

    /// The message with that full name, wherever it is defined.
    pub(in crate::compat) fn message_named(&self, full_name: &str) -> Option<MessageId> {
        self.by_name.get(full_name).copied()
    }

    /// Every message in reach; ids count from 0.
    pub(in crate::compat) fn messages(&self) -> impl Iterator<Item = (MessageId, &Message<'s>)> {
        (0..).map(MessageId).zip(&self.messages)
    }

    /// The message in which the own message stands.
    pub(in crate::compat) fn around(&self, path: &str) -> Option<MessageId> {
        self.own_message(path.rsplit_once('/')?.0)
    }

    /// The entry of the map that the field is, if it is one.
    pub(in crate::compat) fn map_entry(&self, field: &Field<'_>) -> Option<MessageId> {
        match (&field.kind, field.cardinality) {
            (Kind::Message(id, Encoding::LengthPrefixed), Cardinality::Repeated { .. }) => {
                Some(*id).filter(|id| self.message(*id).is_map_entry)
            }
            _ => None,
        }
    }

    /// What the field holds when it is not set; `None` for messages, for what is repeated and where
    /// the default makes no sense.
    pub(in crate::compat) fn default_of(&self, field: &Field<'_>) -> Option<Plain> {
        if matches!(field.cardinality, Cardinality::Repeated { .. }) {
            return None;
        }
        match (&field.kind, field.written_default) {
            (Kind::Scalar(scalar), None) => Some(Plain::zero(*scalar)),
            (Kind::Scalar(scalar), Some(literal)) => Plain::read(*scalar, literal),
            (Kind::Enum(id), None) => {
                self.enumeration(*id).constants.first().map(|first| Plain::Number(first.number.into()))
            }
            (Kind::Enum(id), Some(Literal::Word(name))) => {
                let mut constants = self.enumeration(*id).constants.iter();
                let constant = constants.find(|constant| constant.name == name)?;
                Some(Plain::Number(constant.number.into()))
            }
            _ => None,
        }
    }

    /// The same as readers see it: where presence is not tracked, zero.
    pub(in crate::compat) fn effective_default(&self, field: &Field<'_>) -> Option<Plain> {
        let default = self.default_of(field)?;
        Some(match field.presence() {
            Some(Presence::Implicit | Presence::Entry) => default.into_zero(),
            _ => default,
        })
    }

    /// The type of the field in the words of the language.
    pub(in crate::compat) fn type_name(&self, field: &Field<'_>) -> String {
        if let Some(entry) = self.map_entry(field) {
            let name = |number| self.message(entry).field(number).map(|field| self.kind_name(&field.kind));
            let [key, value] = [1, 2].map(|number| name(number).unwrap_or_default());
            return format!("map<{key}, {value}>");
        }
        let name = self.kind_name(&field.kind);
        match field.cardinality {
            Cardinality::Repeated { .. } => format!("repeated {name}"),
            Cardinality::Singular(Presence::Required) => format!("required {name}"),
            Cardinality::Singular(_) => name,
        }
    }

    /// The type in the words of the language, without its label.
    pub(in crate::compat) fn kind_name(&self, kind: &Kind) -> String {
        match kind {
            Kind::Scalar(scalar) => scalar.as_str().to_owned(),
            Kind::Enum(id) => self.enumeration(*id).full_name.clone(),
            Kind::Message(id, Encoding::LengthPrefixed) => self.message(*id).full_name.clone(),
            Kind::Message(id, Encoding::Delimited) => format!("group {}", self.message(*id).full_name),
            Kind::Unresolved(name) => name.clone(),
        }
    }
}

impl MessageId {
    /// Ids of a model count from 0.
    pub(in crate::compat) fn index(self) -> usize {
        self.0 as usize
    }
}

impl<'s> Message<'s> {
    /// Fields and extensions, by number.
    pub(in crate::compat) fn fields(&self) -> &[Field<'s>] {
        &self.fields
    }

    pub(in crate::compat) fn field(&self, number: i32) -> Option<&Field<'s>> {
        let index = self.fields.binary_search_by_key(&number, |field| field.number).ok()?;
        self.fields.get(index)
    }

    /// The members of the oneof with that index.
    pub(in crate::compat) fn members(&self, oneof: usize) -> impl Iterator<Item = &Field<'s>> {
        self.fields.iter().filter(move |field| field.oneof == Some(oneof))
    }

    /// Is the number reserved?
    pub(in crate::compat) fn reserves(&self, number: i32) -> bool {
        self.reserved
            .iter()
            .any(|value| matches!(value, ReservedValue::Range(range) if range.contains(number)))
    }

    /// Its names without the package, dotted.
    pub(in crate::compat) fn local_name(&self) -> String {
        self.path.replace('/', ".")
    }

    /// The place of the message as a pointer: `/Outer/Inner`.
    pub(in crate::compat) fn pointer(&self) -> String {
        format!("/{}", self.path)
    }

    /// The place of one of its fields as a pointer: `/Outer/Inner/3`.
    pub(in crate::compat) fn field_pointer(&self, number: i32) -> String {
        format!("/{}/{number}", self.path)
    }

    /// The place of one of its oneofs as a pointer: `/Outer/Inner/choice`.
    pub(in crate::compat) fn oneof_pointer(&self, oneof: usize) -> String {
        format!("/{}/{}", self.path, self.oneofs.get(oneof).map_or("", |oneof| oneof.name))
    }
}

impl Field<'_> {
    pub(in crate::compat) fn is_repeated(&self) -> bool {
        matches!(self.cardinality, Cardinality::Repeated { .. })
    }

    /// `None` for what is repeated.
    pub(in crate::compat) fn presence(&self) -> Option<Presence> {
        match self.cardinality {
            Cardinality::Singular(presence) => Some(presence),
            Cardinality::Repeated { .. } => None,
        }
    }

    pub(in crate::compat) fn is_required(&self) -> bool {
        self.presence() == Some(Presence::Required)
    }

    /// The name in canonical JSON: as written, or made of the name of the field.
    pub(in crate::compat) fn json_name(&self) -> Cow<'_, str> {
        if let Some(full_name) = &self.extension {
            return Cow::Owned(format!("[{full_name}]"));
        }
        match self.written_json_name {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(lower_camel(&self.name)),
        }
    }

    /// Its name in paths of evidence: extensions stand in brackets.
    pub(in crate::compat) fn shown_name(&self) -> Cow<'_, str> {
        match &self.extension {
            Some(full_name) => Cow::Owned(format!("[{full_name}]")),
            None => Cow::Borrowed(&self.name),
        }
    }
}

/// `foo_bar` → `fooBar`, as compilers do it.
fn lower_camel(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut is_after_underscore = false;
    for letter in name.chars() {
        match letter {
            '_' => is_after_underscore = true,
            _ if std::mem::take(&mut is_after_underscore) => text.push(letter.to_ascii_uppercase()),
            _ => text.push(letter),
        }
    }
    text
}

impl<'s> Enum<'s> {
    /// In the order of the text.
    pub(in crate::compat) fn constants(&self) -> &[Constant<'s>] {
        &self.constants
    }

    pub(in crate::compat) fn declares(&self, number: i32) -> bool {
        self.by_number.contains_key(&number)
    }

    /// The constants with that number: several where aliases are allowed.
    pub(in crate::compat) fn numbered(&self, number: i32) -> impl Iterator<Item = &Constant<'s>> {
        let indexes = self.by_number.get(&number).map_or(&[][..], Vec::as_slice);
        indexes.iter().filter_map(|&index| self.constants.get(index))
    }

    /// The place of a number of it as a pointer: `/Outer/Color/3`.
    pub(in crate::compat) fn number_pointer(&self, number: i32) -> String {
        format!("/{}/{number}", self.path)
    }
}

impl Plain {
    fn zero(scalar: Scalar) -> Plain {
        match scalar {
            Scalar::Double => Plain::Double(0.0),
            Scalar::Float => Plain::Float(0.0),
            Scalar::String => Plain::Text(String::new()),
            Scalar::Bytes => Plain::Bytes(Vec::new()),
            _ => Plain::Number(0),
        }
    }

    fn read(scalar: Scalar, literal: &Literal) -> Option<Plain> {
        match (scalar, literal) {
            (Scalar::String, Literal::Text(bytes)) => {
                Some(Plain::Text(String::from_utf8_lossy(bytes).into_owned()))
            }
            (Scalar::Bytes, Literal::Text(bytes)) => Some(Plain::Bytes(bytes.clone())),
            (Scalar::String | Scalar::Bytes, _) => None,
            (Scalar::Bool, Literal::Word(word)) => match word.as_str() {
                "true" => Some(Plain::Number(1)),
                "false" => Some(Plain::Number(0)),
                _ => None,
            },
            (Scalar::Double, Literal::Number(word) | Literal::Word(word)) => {
                Some(Plain::Double(read_float(word)?))
            }
            (Scalar::Float, Literal::Number(word) | Literal::Word(word)) => {
                Some(Plain::Float(read_float(word)? as f32))
            }
            (_, Literal::Number(word)) => read_integer(word).map(Plain::Number),
            _ => None,
        }
    }

    /// The same value, as far as a reader can tell.
    pub(in crate::compat) fn same(&self, other: &Plain) -> bool {
        match (self, other) {
            (Plain::Number(left), Plain::Number(right)) => left == right,
            (Plain::Float(left), Plain::Float(right)) => left.to_bits() == right.to_bits(),
            (Plain::Double(left), Plain::Double(right)) => left.to_bits() == right.to_bits(),
            (Plain::Text(left), Plain::Text(right)) => left == right,
            (Plain::Bytes(left), Plain::Bytes(right)) => left == right,
            (Plain::Text(text), Plain::Bytes(bytes)) | (Plain::Bytes(bytes), Plain::Text(text)) => {
                text.as_bytes() == bytes
            }
            _ => false,
        }
    }

    /// The zero of the same type.
    pub(in crate::compat) fn into_zero(self) -> Plain {
        match self {
            Plain::Number(_) => Plain::Number(0),
            Plain::Float(_) => Plain::Float(0.0),
            Plain::Double(_) => Plain::Double(0.0),
            Plain::Text(_) => Plain::Text(String::new()),
            Plain::Bytes(_) => Plain::Bytes(Vec::new()),
        }
    }

    /// Nothing that implicit presence would write.
    pub(in crate::compat) fn is_zero(&self) -> bool {
        match self {
            Plain::Number(number) => *number == 0,
            Plain::Float(number) => number.to_bits() == 0,
            Plain::Double(number) => number.to_bits() == 0,
            Plain::Text(text) => text.is_empty(),
            Plain::Bytes(bytes) => bytes.is_empty(),
        }
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Plain::Number(number) => write!(f, "{number}"),
            Plain::Float(number) => write!(f, "{number:?}"),
            Plain::Double(number) => write!(f, "{number:?}"),
            Plain::Text(text) => write!(f, "{text:?}"),
            Plain::Bytes(bytes) if bytes.is_empty() => f.write_str("no bytes"),
            Plain::Bytes(bytes) => {
                f.write_str("bytes")?;
                bytes.iter().take(SHOWN_BYTES).try_for_each(|byte| write!(f, " {byte:02x}"))
            }
        }
    }
}

fn read_integer(word: &str) -> Option<i128> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hexadecimal) => (16, hexadecimal),
        None if digits.len() > 1 && digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    u64::from_str_radix(digits, radix).ok().map(|number| sign * i128::from(number))
}

fn read_float(word: &str) -> Option<f64> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, word),
    };
    let number = match digits {
        "nan" => f64::NAN,
        "inf" => f64::INFINITY,
        _ => match digits.trim_end_matches(['f', 'F']).parse() {
            Ok(number) => number,
            Err(_) => read_integer(digits)? as f64,
        },
    };
    Some(sign * number)
}
