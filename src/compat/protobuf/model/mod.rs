//! What a schema means: its messages and enums with names resolved and defaults of the language made
//! explicit, as the wire format sees them.
//!
//! The view holds every definition of the schema's own file and whatever these reach in dependencies
//! and built-in files. Everything is an index into an arena, so cycles cost nothing. Fields and
//! extensions of a message are one table by number, because that is what a decoder sees.

mod build;
mod descriptors;
mod plain;

pub(in crate::compat) use descriptors::Descriptors;
pub(in crate::compat) use plain::Plain;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use crate::schema::Place;
use crate::schema::protobuf::model::{Range, ReservedValue, Scalar, Value as Literal};
use crate::schema::protobuf::names::{Names, Origin};

/// The meaning of one schema.
#[derive(Debug)]
pub(in crate::compat) struct Model<'s> {
    package: &'s str,
    /// Where the schema's own file says its package, and where it begins.
    package_place: Option<Place>,
    file_place: Option<Place>,
    names: &'s Names,
    messages: Vec<Message<'s>>,
    enums: Vec<Enum<'s>>,
    /// Messages of the schema's own file by path, the entries of maps excepted.
    own: HashMap<String, MessageId>,
    /// The same, outer before inner, in the order of the file.
    own_in_order: Vec<MessageId>,
    own_enums: Vec<EnumId>,
    own_enums_by_path: HashMap<String, EnumId>,
    /// By full name; made when first asked for.
    by_name: OnceCell<Vec<MessageId>>,
    /// Made when first asked for.
    descriptors: OnceCell<Result<Descriptors, String>>,
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

impl<'s> Model<'s> {
    /// The package of the schema's own file; empty if it has none.
    pub(in crate::compat) fn package(&self) -> &'s str {
        self.package
    }

    /// Where that package is said; else where the file begins.
    pub(in crate::compat) fn package_place(&self) -> Option<Place> {
        self.package_place
    }

    /// Where the schema's own file begins: what it lacks is shown there.
    pub(in crate::compat) fn file_place(&self) -> Option<Place> {
        self.file_place
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
