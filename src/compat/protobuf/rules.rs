//! The rules of Protobuf.

use crate::compat::finding::Severity;
use crate::compat::rules::Rule;
use crate::model::Pack;

pub(in crate::compat) static RULES: &[&Rule] = &[
    &PROTO_MESSAGE_REMOVED,
    &PROTO_FIELD_TYPE_CHANGED,
    &PROTO_MESSAGE_TYPE_INCOMPATIBLE,
    &PROTO_REPEATED_TO_SINGULAR,
    &PROTO_SINGULAR_TO_REPEATED,
    &PROTO_REQUIRED_ADDED,
    &PROTO_REQUIRED_REMOVED,
    &PROTO_ONEOF_JOINED,
    &PROTO_ONEOF_FIELD_REMOVED,
    &PROTO_PACKAGE_CHANGED,
];

pub(in crate::compat) static PROTO_MESSAGE_REMOVED: Rule = Rule {
    id: "proto-message-removed",
    summary: "The writer has a message that the reader lacks.",
    reason: "Any message of a schema may be the one that data holds, and without its definition the data means nothing.",
    hint: "keep the message, even if no other message uses it any more",
    example: (
        r#"syntax = "proto3"; message A { int32 a = 1; } message B { int32 b = 1; }"#,
        r#"syntax = "proto3"; message A { int32 a = 1; }"#,
    ),
    direction: "backward",
    reference: Some("MESSAGE_REMOVED"),
    severity: Severity::Break,
    pack: Some(Pack::Wire),
    spans_versions: false,
};

pub(in crate::compat) static PROTO_FIELD_TYPE_CHANGED: Rule = Rule {
    id: "proto-field-type-changed",
    summary: "A field has a type that is encoded in another way.",
    reason: "The reader does not recognise the value and puts it aside as unknown.",
    hint: "keep the type, or add a field with a new number and leave the old one",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { string a = 1; }"#,
    ),
    direction: "backward",
    reference: Some("FIELD_SCALAR_KIND_CHANGED"),
    severity: Severity::Break,
    pack: Some(Pack::Wire),
    spans_versions: false,
};

pub(in crate::compat) static PROTO_MESSAGE_TYPE_INCOMPATIBLE: Rule = Rule {
    id: "proto-message-type-incompatible",
    summary: "A field holds a message that the reader's message for it does not read.",
    reason: "What is wrong within the one message is wrong in each field that holds it.",
    hint: "keep the type of the field, or change the message compatibly",
    example: (
        r#"syntax = "proto3"; message M { A a = 1; } message A { int32 x = 1; } message B { string x = 1; }"#,
        r#"syntax = "proto3"; message M { B a = 1; } message A { int32 x = 1; } message B { string x = 1; }"#,
    ),
    direction: "backward",
    reference: Some("FIELD_NAMED_TYPE_CHANGED"),
    severity: Severity::Break,
    pack: Some(Pack::Wire),
    spans_versions: false,
};

pub(in crate::compat) static PROTO_REPEATED_TO_SINGULAR: Rule = Rule {
    id: "proto-repeated-to-singular",
    summary: "A repeated field of the writer is a single value for the reader.",
    reason: "Of several values the reader keeps the last one, or none when they are packed; messages are merged.",
    hint: "keep the field repeated, or add a field with a new number",
    example: (
        r#"syntax = "proto3"; message M { repeated string a = 1; }"#,
        r#"syntax = "proto3"; message M { string a = 1; }"#,
    ),
    direction: "backward",
    reference: Some("FIELD_NUMERIC_LABEL_CHANGED"),
    severity: Severity::Break,
    pack: Some(Pack::Wire),
    spans_versions: false,
};

pub(in crate::compat) static PROTO_SINGULAR_TO_REPEATED: Rule = Rule {
    id: "proto-singular-to-repeated",
    summary: "A single value of the writer is a repeated field for the reader.",
    reason: "Binary data is the same, but in JSON a list is expected where a bare value stands.",
    hint: "keep the field single, or add a repeated field with a new number",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { repeated int32 a = 1; }"#,
    ),
    direction: "backward",
    reference: Some("FIELD_NUMERIC_LABEL_CHANGED"),
    severity: Severity::Break,
    pack: Some(Pack::JsonNames),
    spans_versions: false,
};

pub(in crate::compat) static PROTO_REQUIRED_ADDED: Rule = Rule {
    id: "proto-required-added",
    summary: "The reader requires a field that the writer may leave out.",
    reason: "Data without the field cannot be read at all.",
    hint: "make the field optional",
    example: (
        r#"syntax = "proto2"; message M { optional int32 a = 1; }"#,
        r#"syntax = "proto2"; message M { optional int32 a = 1; required int32 b = 2; }"#,
    ),
    direction: "backward",
    reference: Some("REQUIRED_FIELD_ADDED"),
    severity: Severity::Break,
    pack: Some(Pack::Wire),
    spans_versions: false,
};

pub(in crate::compat) static PROTO_REQUIRED_REMOVED: Rule = Rule {
    id: "proto-required-removed",
    summary: "The writer requires a field that the reader does not require or does not have.",
    reason: "The reader reads the data; but whoever has the writer's schema can no longer read what is written without the field.",
    hint: "keep the field required while readers with the earlier schema exist",
    example: (
        r#"syntax = "proto2"; message M { required int32 a = 1; optional int32 b = 2; }"#,
        r#"syntax = "proto2"; message M { optional int32 b = 2; }"#,
    ),
    direction: "backward",
    reference: Some("REQUIRED_FIELD_REMOVED"),
    severity: Severity::Lossy,
    pack: Some(Pack::Wire),
    spans_versions: false,
};

pub(in crate::compat) static PROTO_ONEOF_JOINED: Rule = Rule {
    id: "proto-oneof-joined",
    summary: "Fields that the writer may set at once are in one oneof of the reader.",
    reason: "The reader keeps the one that comes last in the data and clears the others.",
    hint: "leave the fields outside the oneof, or give the oneof new fields",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; int32 b = 2; }"#,
        r#"syntax = "proto3"; message M { oneof o { int32 a = 1; int32 b = 2; } }"#,
    ),
    direction: "backward",
    reference: Some("MULTIPLE_FIELDS_MOVED_TO_ONEOF"),
    severity: Severity::Break,
    pack: Some(Pack::Wire),
    spans_versions: false,
};

pub(in crate::compat) static PROTO_ONEOF_FIELD_REMOVED: Rule = Rule {
    id: "proto-oneof-field-removed",
    summary: "The reader lacks a member of a oneof whose other members it has.",
    reason: "Where the member was set, the reader sees a oneof in which nothing is set.",
    hint: "keep the member, or remove the whole oneof",
    example: (
        r#"syntax = "proto3"; message M { oneof o { int32 a = 1; int32 b = 2; } }"#,
        r#"syntax = "proto3"; message M { oneof o { int32 a = 1; } }"#,
    ),
    direction: "backward",
    reference: Some("ONEOF_FIELD_REMOVED"),
    severity: Severity::Lossy,
    pack: Some(Pack::Wire),
    spans_versions: false,
};

pub(in crate::compat) static PROTO_PACKAGE_CHANGED: Rule = Rule {
    id: "proto-package-changed",
    summary: "The package of the file is another one.",
    reason: "Binary data does not hold it, but generated code, full names and the type URLs in `Any` do.",
    hint: "keep the package, or register the schema under a new subject",
    example: (
        r#"syntax = "proto3"; package a; message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; package b; message M { int32 a = 1; }"#,
    ),
    direction: "backward",
    reference: Some("PACKAGE_CHANGED"),
    severity: Severity::Source,
    pack: Some(Pack::Source),
    spans_versions: false,
};
