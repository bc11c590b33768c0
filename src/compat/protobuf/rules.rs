//! The rules of Protobuf.

use crate::compat::finding::Severity;
use crate::compat::rules::{BLANK, Rule};
use crate::model::Pack;

/// What most entries have in common, those of other packs included.
pub(super) const RULE: Rule = Rule { pack: Some(Pack::Wire), ..BLANK };

/// In the order of the documentation.
pub(in crate::compat) static RULES: &[&Rule] = &[
    &PROTO_MESSAGE_REMOVED,
    &PROTO_FIELD_TYPE_CHANGED,
    &PROTO_NUMBER_NARROWED,
    &PROTO_ZIGZAG_CHANGED,
    &PROTO_BYTES_NOT_TEXT,
    &PROTO_MESSAGE_TYPE_INCOMPATIBLE,
    &PROTO_MESSAGE_ENCODING_CHANGED,
    &PROTO_REPEATED_TO_SINGULAR,
    &PROTO_MAP_CHANGED,
    &PROTO_REQUIRED_ADDED,
    &PROTO_REQUIRED_REMOVED,
    &PROTO_ONEOF_JOINED,
    &PROTO_CLOSED_ENUM_VALUE_REMOVED,
    &PROTO_ENUM_MEANING_CHANGED,
    &PROTO_DEFAULT_CHANGED,
    &PROTO_PRESENCE_CHANGED,
    &PROTO_EXTENSION_CHANGED,
];

pub(in crate::compat) static PROTO_MESSAGE_REMOVED: Rule = Rule {
    id: "proto-message-removed",
    summary: "The reader lacks a message that the writer writes.",
    reason: "Data names its message by its position in the file, so every message may be written, also one that no field uses.",
    hint: "keep the message; a renamed or moved message is another message",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; } message N { int32 b = 1; }"#,
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
    ),
    reference: Some("MESSAGE_REMOVED"),
    ..RULE
};

pub(in crate::compat) static PROTO_FIELD_TYPE_CHANGED: Rule = Rule {
    id: "proto-field-type-changed",
    summary: "A field has a type that does not read what was written as the other type.",
    reason: "The two types differ in how they stand on the wire, so values end up among the unknown fields, or are taken for something else.",
    hint: "keep the type, or add a new field and reserve the number of the old one",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { string a = 1; }"#,
    ),
    reference: Some("FIELD_KIND_CHANGED"),
    ..RULE
};

pub(in crate::compat) static PROTO_NUMBER_NARROWED: Rule = Rule {
    id: "proto-number-narrowed",
    summary: "A number is read as a type that does not hold all numbers of the writer's type.",
    reason: "Decoders cut off what does not fit, or take the sign bit for a digit, without an error.",
    hint: "keep the type or widen it: int32 to int64, uint32 to int64 or uint64, bool to any of them",
    example: (
        r#"syntax = "proto3"; message M { int64 a = 1; }"#,
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
    ),
    severity: Severity::Altered,
    ..RULE
};

pub(in crate::compat) static PROTO_ZIGZAG_CHANGED: Rule = Rule {
    id: "proto-zigzag-changed",
    summary: "Only one of the two types counts negative numbers in zigzag (sint32, sint64).",
    reason: "The same bytes are another number: what is written as 1 reads as -1.",
    hint: "keep sint32 or sint64, or add a new field and reserve the number of the old one",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { sint32 a = 1; }"#,
    ),
    reference: Some("FIELD_SCALAR_KIND_CHANGED"),
    severity: Severity::Altered,
    ..RULE
};

pub(in crate::compat) static PROTO_BYTES_NOT_TEXT: Rule = Rule {
    id: "proto-bytes-not-text",
    summary: "Bytes are read as a string.",
    reason: "Decoders refuse strings that are not UTF-8, or hand them on damaged.",
    hint: "keep bytes; the other way round, from string to bytes, is safe",
    example: (
        r#"syntax = "proto3"; message M { bytes a = 1; }"#,
        r#"syntax = "proto3"; message M { string a = 1; }"#,
    ),
    ..RULE
};

pub(in crate::compat) static PROTO_MESSAGE_TYPE_INCOMPATIBLE: Rule = Rule {
    id: "proto-message-type-incompatible",
    summary: "A field holds another message type than before, and that type does not read what was written as the former.",
    reason: "The names of message types do not matter on the wire, but their fields do.",
    hint: "use a message type whose fields go together with those of the former one, number by number",
    example: (
        r#"syntax = "proto3"; message M { A a = 1; } message A { int64 x = 1; } message B { int32 x = 1; }"#,
        r#"syntax = "proto3"; message M { B a = 1; } message A { int64 x = 1; } message B { int32 x = 1; }"#,
    ),
    reference: Some("FIELD_NAMED_TYPE_CHANGED"),
    ..RULE
};

pub(in crate::compat) static PROTO_MESSAGE_ENCODING_CHANGED: Rule = Rule {
    id: "proto-message-encoding-changed",
    summary: "A group is read as a message field, or a message field as a group.",
    reason: "A group stands between two tags, a message behind its length, so the value ends up among the unknown fields.",
    hint: "keep the group, or add a new field and reserve the number of the old one",
    example: (
        r#"syntax = "proto2"; message M { optional group A = 1 { optional int32 x = 1; } }"#,
        r#"syntax = "proto2"; message M { optional A a = 1; message A { optional int32 x = 1; } }"#,
    ),
    ..RULE
};

pub(in crate::compat) static PROTO_REPEATED_TO_SINGULAR: Rule = Rule {
    id: "proto-repeated-to-singular",
    summary: "A repeated field is read as a singular one.",
    reason: "Packed numbers are lost altogether; of strings only the last is kept; messages are merged into one.",
    hint: "keep the field repeated, or add a new field and reserve the number of the old one",
    example: (
        r#"syntax = "proto3"; message M { repeated string a = 1; }"#,
        r#"syntax = "proto3"; message M { string a = 1; }"#,
    ),
    reference: Some("FIELD_NUMERIC_LABEL_CHANGED"),
    ..RULE
};

pub(in crate::compat) static PROTO_MAP_CHANGED: Rule = Rule {
    id: "proto-map-changed",
    summary: "A map is read with another type of its keys or values, or as a single message, or a list is read as a map.",
    reason: "A map is a list of messages with a key and a value: what holds for fields holds for these two. Of elements with the same key a map keeps the last.",
    hint: "keep the types of key and value, or widen them",
    example: (
        r#"syntax = "proto3"; message M { map<string, int64> a = 1; }"#,
        r#"syntax = "proto3"; message M { map<string, int32> a = 1; }"#,
    ),
    reference: Some("FIELD_KIND_CHANGED"),
    ..RULE
};

pub(in crate::compat) static PROTO_REQUIRED_ADDED: Rule = Rule {
    id: "proto-required-added",
    summary: "The reader requires a field that the writer may leave out.",
    reason: "Decoders refuse a message in which a required field is missing.",
    hint: "make the field optional",
    example: (
        r#"syntax = "proto2"; message M { optional int32 a = 1; }"#,
        r#"syntax = "proto2"; message M { required int32 a = 1; }"#,
    ),
    reference: Some("REQUIRED_FIELD_ADDED"),
    ..RULE
};

pub(in crate::compat) static PROTO_REQUIRED_REMOVED: Rule = Rule {
    id: "proto-required-removed",
    summary: "The new schema may leave out a field that the old schema requires.",
    reason: "Readers with the old schema refuse a message in which a required field is missing.",
    hint: "keep writing the field until no reader requires it",
    example: (
        r#"syntax = "proto2"; message M { required int32 a = 1; }"#,
        r#"syntax = "proto2"; message M { }"#,
    ),
    direction: "forward",
    reference: Some("REQUIRED_FIELD_REMOVED"),
    ..RULE
};

pub(in crate::compat) static PROTO_ONEOF_JOINED: Rule = Rule {
    id: "proto-oneof-joined",
    summary: "Fields that may be set together are read as members of one oneof.",
    reason: "Of several members in the data the last one counts; the others are cleared.",
    hint: "leave the fields outside the oneof, or put new fields into it",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; int32 b = 2; }"#,
        r#"syntax = "proto3"; message M { oneof o { int32 a = 1; int32 b = 2; } }"#,
    ),
    reference: Some("MULTIPLE_FIELDS_MOVED_TO_ONEOF"),
    ..RULE
};

pub(in crate::compat) static PROTO_CLOSED_ENUM_VALUE_REMOVED: Rule = Rule {
    id: "proto-closed-enum-value-removed",
    summary: "The writer writes a number that the reader's closed enum (proto2) lacks.",
    reason: "A closed enum has no unknown values: the number ends up among the unknown fields, and the field reads as not set.",
    hint: "keep the constant; mark it deprecated if it is not to be used any more",
    example: (
        r#"syntax = "proto2"; enum E { A = 0; B = 1; } message M { optional E e = 1; }"#,
        r#"syntax = "proto2"; enum E { A = 0; } message M { optional E e = 1; }"#,
    ),
    ..RULE
};

pub(in crate::compat) static PROTO_ENUM_MEANING_CHANGED: Rule = Rule {
    id: "proto-enum-meaning-changed",
    summary: "A number of an enum has another name in the reader.",
    reason: "The number arrives, but the reader takes it for what its own name says.",
    hint: "keep the name of the number, or use a new number for the new meaning",
    example: (
        r#"syntax = "proto3"; enum E { A = 0; B = 1; } message M { E e = 1; }"#,
        r#"syntax = "proto3"; enum E { A = 0; C = 1; } message M { E e = 1; }"#,
    ),
    severity: Severity::Lossy,
    ..RULE
};

pub(in crate::compat) static PROTO_DEFAULT_CHANGED: Rule = Rule {
    id: "proto-default-changed",
    summary: "A field that is not in the data has another value in the reader than in the writer.",
    reason: "Defaults are not written: each side fills in its own. The default of a closed enum is its first constant.",
    hint: "keep the default",
    example: (
        r#"syntax = "proto2"; message M { optional int32 a = 1 [default = 1]; }"#,
        r#"syntax = "proto2"; message M { optional int32 a = 1 [default = 2]; }"#,
    ),
    severity: Severity::Altered,
    ..RULE
};

pub(in crate::compat) static PROTO_PRESENCE_CHANGED: Rule = Rule {
    id: "proto-presence-changed",
    summary: "The reader cannot tell whether a field was set to its zero value or not set at all.",
    reason: "The writer tracks presence, the reader does not.",
    hint: "keep the field optional",
    example: (
        r#"syntax = "proto3"; message M { optional int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
    ),
    severity: Severity::Lossy,
    ..RULE
};

pub(in crate::compat) static PROTO_EXTENSION_CHANGED: Rule = Rule {
    id: "proto-extension-changed",
    summary: "An extension does not read what was written as the extension of the same number.",
    reason: "On the wire an extension is a field of the message that it extends.",
    hint: "keep the extension as it was, or use a new number",
    example: (
        r#"syntax = "proto2"; message M { extensions 100 to 199; } extend M { optional int32 e = 100; }"#,
        r#"syntax = "proto2"; message M { extensions 100 to 199; } extend M { optional string e = 100; }"#,
    ),
    ..RULE
};
