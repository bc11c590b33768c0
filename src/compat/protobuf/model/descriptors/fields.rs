//! Fields in descriptors, and those that no descriptor can hold.

use buffa_descriptor::generated::descriptor::feature_set::{EnumType, FieldPresence};
use buffa_descriptor::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_descriptor::generated::descriptor::{FeatureSet, FieldDescriptorProto, FieldOptions};

use super::super::{Cardinality, Encoding, EnumId, Field, Kind, MessageId, Model, Presence};
use super::Writer;
use crate::schema::protobuf::model::{MAX_FIELD_NUMBER, Scalar};

/// Numbers that no implementation lets a field have.
const KEPT_BACK: std::ops::RangeInclusive<i32> = 19_000..=19_999;

impl Writer<'_> {
    /// The field, with everything said that depends on the version of the language.
    pub(super) fn field(&self, field: &Field<'_>) -> FieldDescriptorProto {
        let (kind, type_name) = self.kind(&field.kind);
        let (label, presence) = match field.cardinality {
            Cardinality::Repeated { .. } => (Label::LABEL_REPEATED, None),
            Cardinality::Singular(Presence::Required) => (Label::LABEL_REQUIRED, None),
            Cardinality::Singular(Presence::Explicit) => {
                (Label::LABEL_OPTIONAL, Some(FieldPresence::EXPLICIT))
            }
            Cardinality::Singular(Presence::Implicit) => {
                (Label::LABEL_OPTIONAL, Some(FieldPresence::IMPLICIT))
            }
            // As other fields of the file; it is the same files that check strings.
            Cardinality::Singular(Presence::Entry) if field.is_utf8_checked => {
                (Label::LABEL_OPTIONAL, Some(FieldPresence::IMPLICIT))
            }
            Cardinality::Singular(Presence::Entry) => (Label::LABEL_OPTIONAL, Some(FieldPresence::EXPLICIT)),
        };
        let is_open = match &field.kind {
            Kind::Enum(id) => !self.model.enumeration(*id).is_closed,
            _ => false,
        };
        let features = FeatureSet {
            field_presence: presence,
            enum_type: is_open.then_some(EnumType::OPEN),
            ..FeatureSet::default()
        };
        let is_packed = matches!(field.cardinality, Cardinality::Repeated { is_packed: true });
        let options =
            FieldOptions { packed: Some(is_packed), features: features.into(), ..FieldOptions::default() };
        FieldDescriptorProto {
            name: Some(field.name.to_string()),
            number: Some(field.number),
            label: Some(label),
            r#type: Some(kind),
            type_name,
            options: options.into(),
            ..FieldDescriptorProto::default()
        }
    }

    fn kind(&self, kind: &Kind) -> (Type, Option<String>) {
        let named = |id: &MessageId| Some(format!(".{}", self.layout.names[id.index()]));
        match kind {
            Kind::Scalar(scalar) => (of_scalar(*scalar), None),
            Kind::Enum(id) => {
                let (package, name) = enum_name(self.model, *id);
                (Type::TYPE_ENUM, Some(format!(".{package}.{name}")))
            }
            Kind::Message(id, Encoding::LengthPrefixed) => (Type::TYPE_MESSAGE, named(id)),
            Kind::Message(id, Encoding::Delimited) => (Type::TYPE_GROUP, named(id)),
            // Left out before it comes to this.
            Kind::Unresolved(_) => (Type::TYPE_BYTES, None),
        }
    }
}

/// Package and name of an enum. Constants are named in the package, so each enum has its own; JSON knows
/// one by its name.
pub(super) fn enum_name(model: &Model<'_>, id: EnumId) -> (String, String) {
    const NULL: &str = "google.protobuf.NullValue";
    let is_null = model.enums.iter().position(|definition| definition.full_name == NULL);
    match is_null == Some(id.0 as usize) {
        true => ("google.protobuf".to_owned(), "NullValue".to_owned()),
        false => (format!("#enum{}", id.0), "#".to_owned()),
    }
}

/// Why no descriptor can hold the field, if none can.
pub(super) fn obstacle(
    model: &Model<'_>,
    within: &[Option<MessageId>],
    around: MessageId,
    field: &Field<'_>,
) -> Option<String> {
    if let Some(entry) = model.map_entry(field)
        && within.get(entry.index()) != Some(&Some(around))
    {
        return Some(format!("the type {}", model.type_name(field)));
    }
    let fields = model.message(around).fields();
    let first = fields.partition_point(|other| other.number < field.number);
    if fields.iter().skip(first + 1).take(1).any(|next| next.number == field.number) {
        return Some(format!("the field number {}, which is used twice,", field.number));
    }
    obstacle_alone(field)
}

fn obstacle_alone(field: &Field<'_>) -> Option<String> {
    if !(1..=MAX_FIELD_NUMBER).contains(&field.number) || KEPT_BACK.contains(&field.number) {
        return Some(format!("the field number {}", field.number));
    }
    match &field.kind {
        Kind::Unresolved(name) => Some(format!("the unknown type {name}")),
        _ => None,
    }
}

/// Are key and value of the entry such that maps can have them?
pub(super) fn is_entry(model: &Model<'_>, entry: MessageId) -> bool {
    let [key, value] = model.message(entry).fields() else { return false };
    let is_key = match key.kind {
        Kind::Scalar(scalar) => !matches!(scalar, Scalar::Double | Scalar::Float | Scalar::Bytes),
        _ => false,
    };
    let is_value = !value.is_repeated() && obstacle_alone(value).is_none();
    (key.number, value.number) == (1, 2) && is_key && !key.is_repeated() && is_value
}

fn of_scalar(scalar: Scalar) -> Type {
    match scalar {
        Scalar::Double => Type::TYPE_DOUBLE,
        Scalar::Float => Type::TYPE_FLOAT,
        Scalar::Int32 => Type::TYPE_INT32,
        Scalar::Int64 => Type::TYPE_INT64,
        Scalar::Uint32 => Type::TYPE_UINT32,
        Scalar::Uint64 => Type::TYPE_UINT64,
        Scalar::Sint32 => Type::TYPE_SINT32,
        Scalar::Sint64 => Type::TYPE_SINT64,
        Scalar::Fixed32 => Type::TYPE_FIXED32,
        Scalar::Fixed64 => Type::TYPE_FIXED64,
        Scalar::Sfixed32 => Type::TYPE_SFIXED32,
        Scalar::Sfixed64 => Type::TYPE_SFIXED64,
        Scalar::Bool => Type::TYPE_BOOL,
        Scalar::String => Type::TYPE_STRING,
        Scalar::Bytes => Type::TYPE_BYTES,
    }
}
