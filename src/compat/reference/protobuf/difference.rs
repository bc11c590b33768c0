//! What differs, in the words of the reference.

use super::types::TypeId;
use crate::compat::finding::Labels;
use crate::compat::protobuf::{rules, rules_beyond_wire};
use crate::compat::rules::Rule;
use crate::schema::protobuf::model::{Field, FieldType, Label, Oneof};

/// A difference that the reference takes for a break. There are as many kinds that it takes for
/// harmless; those are not even collected here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum DifferenceKind {
    /// Another package.
    Package,
    /// A message is gone.
    MessageRemoved,
    /// One of scalar (enums are scalars), message and map became another one.
    FieldKind,
    /// A scalar of another family.
    ScalarKind,
    /// A message of another name.
    MessageName,
    /// A message of the same name, which differs.
    MessageContent,
    /// A number field with another label; both were written.
    NumericLabel,
    RequiredAdded,
    RequiredRemoved,
    /// A member of a oneof is gone, but not all of them.
    OneofFieldRemoved,
    /// Several fields that excluded nothing before are in one oneof.
    ManyMovedToOneof,
    /// A field, or another oneof, joined a oneof.
    MovedToExistingOneof,
}

/// A difference and its place.
#[derive(Debug)]
pub(super) struct Difference<'a> {
    pub(super) kind: DifferenceKind,
    /// The reference's path.
    pub(super) path: String,
    pub(super) original: Spot<'a>,
    pub(super) update: Spot<'a>,
}

/// A place in one of the schemas.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spot<'a> {
    /// The message; `None` for the file.
    pub(super) message: Option<TypeId>,
    /// What in the message.
    pub(super) part: Part<'a>,
}

/// A part of a message.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Part<'a> {
    /// The message itself.
    #[default]
    Whole,
    Field(&'a Field),
    Oneof(&'a Oneof),
    /// A field that only the other schema has.
    MissingField(i32),
    /// A message that only the other schema has.
    MissingMessage(&'a str),
}

impl DifferenceKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            DifferenceKind::Package => "PACKAGE_CHANGED",
            DifferenceKind::MessageRemoved => "MESSAGE_REMOVED",
            DifferenceKind::FieldKind => "FIELD_KIND_CHANGED",
            DifferenceKind::ScalarKind => "FIELD_SCALAR_KIND_CHANGED",
            DifferenceKind::MessageName | DifferenceKind::MessageContent => "FIELD_NAMED_TYPE_CHANGED",
            DifferenceKind::NumericLabel => "FIELD_NUMERIC_LABEL_CHANGED",
            DifferenceKind::RequiredAdded => "REQUIRED_FIELD_ADDED",
            DifferenceKind::RequiredRemoved => "REQUIRED_FIELD_REMOVED",
            DifferenceKind::OneofFieldRemoved => "ONEOF_FIELD_REMOVED",
            DifferenceKind::ManyMovedToOneof => "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
            DifferenceKind::MovedToExistingOneof => "FIELD_MOVED_TO_EXISTING_ONEOF",
        }
    }

    /// The reference's sentence about `path`, its oddities included.
    pub(super) fn description(self, path: &str, labels: &Labels) -> String {
        let Labels { reader, writer } = labels;
        match self {
            DifferenceKind::Package => format!(
                "The package at '{path}' in the {reader} schema does not match the package in the {writer} schema"
            ),
            DifferenceKind::MessageRemoved => format!(
                "The {reader} schema is missing a MESSAGE type at path '{path}' in the {writer} schema"
            ),
            DifferenceKind::FieldKind => format!(
                "The type of a field at path '{path}' in the {reader} schema does not match the {writer} schema"
            ),
            DifferenceKind::ScalarKind => format!(
                "The kind of a SCALAR field at path '{path}' in the {reader} schema does not match its kind in the {writer} schema"
            ),
            DifferenceKind::MessageName | DifferenceKind::MessageContent => format!(
                "The type of a MESSAGE field at path '{path}' in the {reader} schema does not match its type in the {writer} schema"
            ),
            DifferenceKind::NumericLabel => format!(
                "The label for a NUMERIC field at path '{path}' in the {reader} schema does not match its label in the {writer} schema"
            ),
            DifferenceKind::RequiredAdded => format!(
                "A required field  at path '{path}' in the {reader} schema is missing in the {writer} schema"
            ),
            DifferenceKind::RequiredRemoved => format!(
                "The {reader} schema is missing a required field at path: '{path}' in the {writer} schema"
            ),
            DifferenceKind::OneofFieldRemoved => format!(
                "The {reader} schema is missing a oneof field at path '{path}' in the {writer} schema"
            ),
            DifferenceKind::ManyMovedToOneof => format!(
                "Multiple fields in the oneof at path '{path}' in the {reader} schema are outside a oneof in the {writer} schema"
            ),
            DifferenceKind::MovedToExistingOneof => format!(
                "A field in the oneof at path '{path}' in the {reader} schema is outside an existing oneof in the {writer} schema"
            ),
        }
    }
}

impl Difference<'_> {
    /// The rule of ours that it touches.
    pub(super) fn rule(&self) -> &'static Rule {
        match self.kind {
            DifferenceKind::Package => &rules_beyond_wire::PROTO_PACKAGE_CHANGED,
            DifferenceKind::MessageRemoved => &rules::PROTO_MESSAGE_REMOVED,
            DifferenceKind::FieldKind | DifferenceKind::ScalarKind if self.concerns_a_map() => {
                &rules::PROTO_MAP_CHANGED
            }
            DifferenceKind::FieldKind | DifferenceKind::ScalarKind => &rules::PROTO_FIELD_TYPE_CHANGED,
            DifferenceKind::MessageName | DifferenceKind::MessageContent => {
                &rules::PROTO_MESSAGE_TYPE_INCOMPATIBLE
            }
            DifferenceKind::NumericLabel => self.rule_of_labels(),
            DifferenceKind::RequiredAdded => &rules::PROTO_REQUIRED_ADDED,
            DifferenceKind::RequiredRemoved => &rules::PROTO_REQUIRED_REMOVED,
            DifferenceKind::OneofFieldRemoved => &rules_beyond_wire::PROTO_ONEOF_FIELD_REMOVED,
            DifferenceKind::ManyMovedToOneof | DifferenceKind::MovedToExistingOneof => {
                &rules::PROTO_ONEOF_JOINED
            }
        }
    }

    fn concerns_a_map(&self) -> bool {
        let is_map = |field: &Field| matches!(field.kind, FieldType::Map(..));
        [self.original, self.update].iter().filter_map(|spot| spot.field()).any(is_map)
    }

    fn rule_of_labels(&self) -> &'static Rule {
        match (self.original.label(), self.update.label()) {
            (_, Some(Label::Repeated)) => &rules_beyond_wire::PROTO_SINGULAR_TO_REPEATED,
            (Some(Label::Repeated), _) => &rules::PROTO_REPEATED_TO_SINGULAR,
            (_, Some(Label::Required)) => &rules::PROTO_REQUIRED_ADDED,
            _ => &rules::PROTO_REQUIRED_REMOVED,
        }
    }
}

impl<'a> Spot<'a> {
    pub(super) fn field(self) -> Option<&'a Field> {
        match self.part {
            Part::Field(field) => Some(field),
            _ => None,
        }
    }

    fn label(self) -> Option<Label> {
        self.field().and_then(|field| field.label)
    }
}
