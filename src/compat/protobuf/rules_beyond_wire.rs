//! The rules of Protobuf that are not about bytes: those of JSON, of generated code and of history, and
//! what only the reference reports.

use crate::compat::finding::Severity;
use crate::compat::rules::Rule;
use crate::model::Pack;

/// In the order of the documentation.
pub(in crate::compat) static RULES: &[&Rule] =
    &[&PROTO_ONEOF_FIELD_REMOVED, &PROTO_SINGULAR_TO_REPEATED, &PROTO_PACKAGE_CHANGED];

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
