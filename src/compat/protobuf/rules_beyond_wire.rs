//! The rules of Protobuf that are not about bytes: those of JSON, of generated code and of history, and
//! what only the reference reports.

use super::rules::RULE;
use crate::compat::finding::Severity;
use crate::compat::rules::Rule;
use crate::model::Pack;

/// What the rules of JSON have in common.
const JSON: Rule = Rule { pack: Some(Pack::JsonNames), ..RULE };

/// What the rules of generated code have in common.
const SOURCE: Rule = Rule { severity: Severity::Source, pack: Some(Pack::Source), ..JSON };

/// In the order of the documentation.
pub(in crate::compat) static RULES: &[&Rule] = &[
    &PROTO_ONEOF_FIELD_REMOVED,
    &PROTO_NUMBER_REUSED,
    &PROTO_FIELD_RENAMED,
    &PROTO_JSON_NAME_CHANGED,
    &PROTO_JSON_TYPE_CHANGED,
    &PROTO_SINGULAR_TO_REPEATED,
    &PROTO_ENUM_VALUE_REMOVED,
    &PROTO_PACKAGE_CHANGED,
    &PROTO_SYNTAX_CHANGED,
    &PROTO_MESSAGE_MOVED,
    &PROTO_FIELD_REMOVED,
    &PROTO_SOURCE_TYPE_CHANGED,
    &PROTO_ONEOF_CHANGED,
    &PROTO_ENUM_REMOVED,
    &PROTO_ENUM_VALUE_RENAMED,
];

pub(in crate::compat) static PROTO_ONEOF_FIELD_REMOVED: Rule = Rule {
    id: "proto-oneof-field-removed",
    summary: "The reader lacks a member of a oneof whose other members it has.",
    reason: "Where the member was set, the reader sees a oneof in which nothing is set. Like any field that was removed, it harms no value that the reader still knows.",
    hint: "keep the member, or remove the whole oneof",
    example: (
        r#"syntax = "proto3"; message M { oneof o { int32 a = 1; int32 b = 2; } }"#,
        r#"syntax = "proto3"; message M { oneof o { int32 a = 1; } }"#,
    ),
    reference: Some("ONEOF_FIELD_REMOVED"),
    severity: Severity::Lossy,
    pack: Some(Pack::Wire),
    ..JSON
};

pub(in crate::compat) static PROTO_NUMBER_REUSED: Rule = Rule {
    id: "proto-number-reused",
    summary: "A field has a number that an earlier version, before the number was given up, used for another field, or that an earlier version reserved.",
    reason: "Data of that version is read as if it held the new field.",
    hint: "use a number that no version has had, and reserve the numbers of fields that go",
    example: (
        r#"syntax = "proto3"; message M { reserved 2; int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { int32 a = 1; bytes key = 2; }"#,
    ),
    pack: Some(Pack::Wire),
    spans_versions: true,
    ..JSON
};

pub(in crate::compat) static PROTO_FIELD_RENAMED: Rule = Rule {
    id: "proto-field-renamed",
    summary: "A field has another name.",
    reason: "JSON is written with names: a parser refuses a name that it does not know, or takes it for another field. Code that uses the field no longer compiles.",
    hint: "keep the name, or set json_name to the old one",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { int32 b = 1; }"#,
    ),
    ..JSON
};

pub(in crate::compat) static PROTO_JSON_NAME_CHANGED: Rule = Rule {
    id: "proto-json-name-changed",
    summary: "A field has another name in JSON.",
    reason: "A parser takes the JSON name of its own schema and the name of the field, nothing else.",
    hint: "keep json_name",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1 [json_name = "x"]; }"#,
        r#"syntax = "proto3"; message M { int32 a = 1 [json_name = "y"]; }"#,
    ),
    ..JSON
};

pub(in crate::compat) static PROTO_JSON_TYPE_CHANGED: Rule = Rule {
    id: "proto-json-type-changed",
    summary: "A field has a type whose JSON is another.",
    reason: "Types that are the same in bytes need not be in JSON: an enum is a name, a bool is no number, bytes are base64, a map is an object.",
    hint: "keep the type, or add a new field",
    example: (
        r#"syntax = "proto3"; message M { bool a = 1; }"#,
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
    ),
    ..JSON
};

pub(in crate::compat) static PROTO_SINGULAR_TO_REPEATED: Rule = Rule {
    id: "proto-singular-to-repeated",
    summary: "A single value of the writer is a repeated field for the reader.",
    reason: "In bytes that is the same, but in JSON a list is expected where a bare value stands.",
    hint: "keep the field single, or add a repeated field with a new number",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { repeated int32 a = 1; }"#,
    ),
    reference: Some("FIELD_NUMERIC_LABEL_CHANGED"),
    ..JSON
};

pub(in crate::compat) static PROTO_ENUM_VALUE_REMOVED: Rule = Rule {
    id: "proto-enum-value-removed",
    summary: "The reader's enum lacks the name of a constant.",
    reason: "JSON holds the name of a constant, not its number, and a parser refuses a name that it does not know. Code that uses the constant no longer compiles.",
    hint: "keep the constant, or keep its name as an alias (allow_alias)",
    example: (
        r#"syntax = "proto3"; enum E { A = 0; B = 1; } message M { E e = 1; }"#,
        r#"syntax = "proto3"; enum E { A = 0; } message M { E e = 1; }"#,
    ),
    ..JSON
};

pub(in crate::compat) static PROTO_PACKAGE_CHANGED: Rule = Rule {
    id: "proto-package-changed",
    summary: "The package of the file is another one.",
    reason: "Bytes do not hold it, but generated code, full names and the type URLs in `Any` do, and JSON of an `Any` cannot be read without knowing the type.",
    hint: "keep the package, or register the schema under a new subject",
    example: (
        r#"syntax = "proto3"; package a; message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; package b; message M { int32 a = 1; }"#,
    ),
    reference: Some("PACKAGE_CHANGED"),
    ..SOURCE
};

pub(in crate::compat) static PROTO_SYNTAX_CHANGED: Rule = Rule {
    id: "proto-syntax-changed",
    summary: "The file is written in another version of the language.",
    reason: "Generated code tracks presence, checks enums and names accessors by the rules of the version.",
    hint: "keep the syntax",
    example: (
        r#"syntax = "proto2"; message M { optional int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { optional int32 a = 1; }"#,
    ),
    ..SOURCE
};

pub(in crate::compat) static PROTO_MESSAGE_MOVED: Rule = Rule {
    id: "proto-message-moved",
    summary: "A message stands within another message than before, or no longer within one.",
    reason: "Its class has another name in generated code.",
    hint: "leave the message where it is",
    example: (
        r#"syntax = "proto3"; message A { message B { int32 x = 1; } }"#,
        r#"syntax = "proto3"; message A { } message B { int32 x = 1; }"#,
    ),
    ..SOURCE
};

pub(in crate::compat) static PROTO_FIELD_REMOVED: Rule = Rule {
    id: "proto-field-removed",
    summary: "A field was removed.",
    reason: "Code that uses the field no longer compiles.",
    hint: "keep the field and mark it deprecated",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; int32 b = 2; }"#,
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
    ),
    ..SOURCE
};

pub(in crate::compat) static PROTO_SOURCE_TYPE_CHANGED: Rule = Rule {
    id: "proto-source-type-changed",
    summary: "A field has another type in generated code.",
    reason: "A type, a label or presence that does no harm to data still changes what accessors take and give.",
    hint: "keep the type and the label",
    example: (
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { int64 a = 1; }"#,
    ),
    ..SOURCE
};

pub(in crate::compat) static PROTO_ONEOF_CHANGED: Rule = Rule {
    id: "proto-oneof-changed",
    summary: "A field is in another oneof than before, or no longer in one.",
    reason: "Generated code reaches the members of a oneof through the oneof.",
    hint: "leave the field where it is, and keep the name of the oneof",
    example: (
        r#"syntax = "proto3"; message M { oneof o { int32 a = 1; int32 b = 2; } }"#,
        r#"syntax = "proto3"; message M { oneof o { int32 a = 1; } int32 b = 2; }"#,
    ),
    ..SOURCE
};

pub(in crate::compat) static PROTO_ENUM_REMOVED: Rule = Rule {
    id: "proto-enum-removed",
    summary: "An enum was removed, renamed or moved.",
    reason: "Code that uses the enum no longer compiles.",
    hint: "keep the enum",
    example: (
        r#"syntax = "proto3"; enum E { A = 0; } message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; message M { int32 a = 1; }"#,
    ),
    ..SOURCE
};

pub(in crate::compat) static PROTO_ENUM_VALUE_RENAMED: Rule = Rule {
    id: "proto-enum-value-renamed",
    summary: "A constant of an enum has another name.",
    reason: "Code that uses the constant no longer compiles.",
    hint: "keep the name, or add the new one as an alias (allow_alias)",
    example: (
        r#"syntax = "proto3"; enum E { A = 0; B = 1; } message M { int32 a = 1; }"#,
        r#"syntax = "proto3"; enum E { A = 0; C = 1; } message M { int32 a = 1; }"#,
    ),
    ..SOURCE
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{PROTO_NUMBER_REUSED, PROTO_ONEOF_FIELD_REMOVED, RULES};
    use crate::compat::protobuf::{Earlier, prove, reused};
    use crate::compat::reference;
    use crate::model::{Direction, Pack, Version};
    use crate::schema::Options;
    use crate::schema::protobuf::ProtobufSchema;

    #[test]
    fn examples_of_the_catalogue_violate_their_rules() {
        for rule in RULES {
            let (old, new) = rule.example;
            let [old, new] =
                [old, new].map(|text| ProtobufSchema::parse(text, &[], Options::STORED).expect("a schema"));
            let packs = BTreeSet::from_iter(rule.pack.filter(|pack| *pack != Pack::Wire));
            let mut found = prove(Direction::Backward, &new, &old, &packs).findings;
            if *rule == &PROTO_NUMBER_REUSED {
                let old = Earlier { version: Version::FIRST, is_deleted: true, schema: &old };
                let reused = reused(&new, std::iter::once(old));
                found = reused.into_iter().map(|(_, finding)| finding).collect();
            }
            if *rule == &PROTO_ONEOF_FIELD_REMOVED {
                found = reference::protobuf::compare(Direction::Backward, &new, &old).listing.findings;
            }
            let ids: Vec<&str> = found.iter().map(|finding| finding.rule.id).collect();
            assert_eq!(ids, [rule.id]);
        }
    }
}
