//! The rules of Avro.

use crate::compat::finding::Severity;
use crate::compat::rules::Rule;

/// All of them, in the order of the documentation.
pub(in crate::compat) static RULES: &[&Rule] = &[
    &AVRO_FIELD_WITHOUT_DEFAULT,
    &AVRO_TYPE_CHANGED,
    &AVRO_SYMBOL_REMOVED,
    &AVRO_UNION_BRANCH_REMOVED,
    &AVRO_FIXED_SIZE_CHANGED,
    &AVRO_NAME_CHANGED,
    &AVRO_ALIAS_AMBIGUOUS,
];

pub(in crate::compat) static AVRO_FIELD_WITHOUT_DEFAULT: Rule = Rule {
    id: "avro-field-without-default",
    summary: "The reader has a field that the writer does not write, and no default for it.",
    reason: "There is no value to put there.",
    hint: "give the field a default",
    example: (
        r#"{"type":"record","name":"R","fields":[]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#,
    ),
    direction: "backward",
    reference: Some("READER_FIELD_MISSING_DEFAULT_VALUE"),
    severity: Severity::Break,
    pack: None,
    spans_versions: false,
};

pub(in crate::compat) static AVRO_TYPE_CHANGED: Rule = Rule {
    id: "avro-type-changed",
    summary: "The writer's type cannot be read as the reader's type.",
    reason: "Only int, long and float widen (in this order, to double), and only string and bytes turn into each other.",
    hint: "keep the type, widen it, or add a new field and leave the old one",
    example: (r#""long""#, r#""int""#),
    direction: "backward",
    reference: Some("TYPE_MISMATCH"),
    severity: Severity::Break,
    pack: None,
    spans_versions: false,
};

pub(in crate::compat) static AVRO_SYMBOL_REMOVED: Rule = Rule {
    id: "avro-symbol-removed",
    summary: "The writer has a symbol that the reader's enum lacks, and the reader's enum has no default.",
    reason: "Data that holds the symbol cannot be read.",
    hint: "keep the symbol, or give the reader's enum a default symbol",
    example: (
        r#"{"type":"enum","name":"E","symbols":["A","B"]}"#,
        r#"{"type":"enum","name":"E","symbols":["A"]}"#,
    ),
    direction: "backward",
    reference: Some("MISSING_ENUM_SYMBOLS"),
    severity: Severity::Break,
    pack: None,
    spans_versions: false,
};

pub(in crate::compat) static AVRO_UNION_BRANCH_REMOVED: Rule = Rule {
    id: "avro-union-branch-removed",
    summary: "The reader's union has no branch that reads a type which the writer writes.",
    reason: "Data of that type cannot be read.",
    hint: "keep a branch that reads the type",
    example: (r#"["null","int"]"#, r#"["null","string"]"#),
    direction: "backward",
    reference: Some("MISSING_UNION_BRANCH"),
    severity: Severity::Break,
    pack: None,
    spans_versions: false,
};

pub(in crate::compat) static AVRO_FIXED_SIZE_CHANGED: Rule = Rule {
    id: "avro-fixed-size-changed",
    summary: "The sizes of a fixed type differ.",
    reason: "A fixed carries no length, so the reader would take the wrong number of bytes.",
    hint: "add a fixed type of another name, or use bytes",
    example: (r#"{"type":"fixed","name":"F","size":4}"#, r#"{"type":"fixed","name":"F","size":8}"#),
    direction: "backward",
    reference: Some("FIXED_SIZE_MISMATCH"),
    severity: Severity::Break,
    pack: None,
    spans_versions: false,
};

pub(in crate::compat) static AVRO_NAME_CHANGED: Rule = Rule {
    id: "avro-name-changed",
    summary: "A record, enum or fixed was renamed, and no alias of the reader has the writer's name.",
    reason: "Named types are matched by name; the namespace does not matter.",
    hint: "keep the name, or add the writer's full name to the reader's aliases",
    example: (r#"{"type":"fixed","name":"F","size":4}"#, r#"{"type":"fixed","name":"G","size":4}"#),
    direction: "backward",
    reference: Some("NAME_MISMATCH"),
    severity: Severity::Break,
    pack: None,
    spans_versions: false,
};

pub(in crate::compat) static AVRO_ALIAS_AMBIGUOUS: Rule = Rule {
    id: "avro-alias-ambiguous",
    summary: "A field of the reader matches several fields of the writer, by its name and its aliases.",
    reason: "Which of them is meant cannot be told, so the comparison and the readers fail.",
    hint: "drop the alias, or remove the other field first",
    example: (
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"b","type":"int","aliases":["a"]}]}"#,
    ),
    direction: "backward",
    reference: None,
    severity: Severity::Break,
    pack: None,
    spans_versions: false,
};
