//! The rules of Avro.

use crate::compat::finding::Severity;
use crate::compat::rules::{BLANK, Rule};

/// All of them, in the order of the documentation.
pub(in crate::compat) static RULES: &[&Rule] = &[
    &AVRO_FIELD_WITHOUT_DEFAULT,
    &AVRO_TYPE_CHANGED,
    &AVRO_SYMBOL_REMOVED,
    &AVRO_UNION_BRANCH_REMOVED,
    &AVRO_FIXED_SIZE_CHANGED,
    &AVRO_NAME_CHANGED,
    &AVRO_DEFAULT_INVALID,
    &AVRO_ALIAS_AMBIGUOUS,
    &AVRO_UNION_BRANCH_SHADOWED,
    &AVRO_DECIMAL_CHANGED,
    &AVRO_UNIT_CHANGED,
    &AVRO_SYMBOL_FALLS_BACK,
    &AVRO_BYTES_NOT_TEXT,
    &AVRO_NUMBER_ROUNDED,
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
    reference: Some("READER_FIELD_MISSING_DEFAULT_VALUE"),
    ..BLANK
};

pub(in crate::compat) static AVRO_TYPE_CHANGED: Rule = Rule {
    id: "avro-type-changed",
    summary: "The writer's type cannot be read as the reader's type.",
    reason: "Only int, long and float widen (in this order, to double), and only string and bytes turn into each other.",
    hint: "keep the type, widen it, or add a new field and leave the old one",
    example: (r#""long""#, r#""int""#),
    reference: Some("TYPE_MISMATCH"),
    ..BLANK
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
    reference: Some("MISSING_ENUM_SYMBOLS"),
    ..BLANK
};

pub(in crate::compat) static AVRO_UNION_BRANCH_REMOVED: Rule = Rule {
    id: "avro-union-branch-removed",
    summary: "The reader's union has no branch that reads a type which the writer writes.",
    reason: "Data of that type cannot be read.",
    hint: "keep a branch that reads the type",
    example: (r#"["null","int"]"#, r#"["null","string"]"#),
    reference: Some("MISSING_UNION_BRANCH"),
    ..BLANK
};

pub(in crate::compat) static AVRO_FIXED_SIZE_CHANGED: Rule = Rule {
    id: "avro-fixed-size-changed",
    summary: "The sizes of a fixed type differ.",
    reason: "A fixed carries no length, so the reader would take the wrong number of bytes.",
    hint: "add a fixed type of another name, or use bytes",
    example: (r#"{"type":"fixed","name":"F","size":4}"#, r#"{"type":"fixed","name":"F","size":8}"#),
    reference: Some("FIXED_SIZE_MISMATCH"),
    ..BLANK
};

pub(in crate::compat) static AVRO_NAME_CHANGED: Rule = Rule {
    id: "avro-name-changed",
    summary: "A record, enum or fixed was renamed, and no alias of the reader has the writer's name.",
    reason: "Named types are matched by name. The namespace does not matter, except to Avro Java, which looks for an enum or a fixed in a union by its full name.",
    hint: "keep the name, or add the writer's full name to the reader's aliases",
    example: (r#"{"type":"fixed","name":"F","size":4}"#, r#"{"type":"fixed","name":"G","size":4}"#),
    reference: Some("NAME_MISMATCH"),
    ..BLANK
};

pub(in crate::compat) static AVRO_ALIAS_AMBIGUOUS: Rule = Rule {
    id: "avro-alias-ambiguous",
    summary: "By an alias of the reader several fields of the writer, or several branches of a union, become one and the same.",
    reason: "Which of them is meant cannot be told, so the comparison and the readers fail.",
    hint: "drop the alias, or remove the other field first",
    example: (
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"b","type":"int","aliases":["a"]}]}"#,
    ),
    ..BLANK
};

pub(in crate::compat) static AVRO_DEFAULT_INVALID: Rule = Rule {
    id: "avro-default-invalid",
    summary: "The reader has a field that the writer does not write, and its default is no value of its type.",
    reason: "The reader cannot make a value out of the default. A default of a union has to be one of its first branch: not every reader looks at the others.",
    hint: "correct the default; of a union, put the branch of the default first",
    example: (
        r#"{"type":"record","name":"R","fields":[]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":["null","string"],"default":"x"}]}"#,
    ),
    ..BLANK
};

pub(in crate::compat) static AVRO_UNION_BRANCH_SHADOWED: Rule = Rule {
    id: "avro-union-branch-shadowed",
    summary: "For a type that the writer writes, readers choose a branch of the union that cannot read it, although another branch could.",
    reason: "A branch is chosen by its name and aliases, or by what its fields look like, and not by trying; implementations do not agree on the order.",
    hint: "give the branches names of their own, and drop the alias that leads to the wrong one",
    example: (
        r#"{"type":"record","name":"R","namespace":"x","fields":[{"name":"a","type":"string"}]}"#,
        r#"[{"type":"record","name":"R","namespace":"n1","fields":[{"name":"a","type":"int"}]},{"type":"record","name":"R","namespace":"n2","fields":[{"name":"a","type":"string"}]}]"#,
    ),
    ..BLANK
};

pub(in crate::compat) static AVRO_DECIMAL_CHANGED: Rule = Rule {
    id: "avro-decimal-changed",
    summary: "A decimal has another precision or scale.",
    reason: "The scale is in the schema, not in the data. By the specification such schemas do not match; readers that do not check take 1.23 for 0.0123.",
    hint: "keep precision and scale, or add a new field",
    example: (
        r#"{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}"#,
        r#"{"type":"bytes","logicalType":"decimal","precision":10,"scale":4}"#,
    ),
    ..BLANK
};

pub(in crate::compat) static AVRO_UNIT_CHANGED: Rule = Rule {
    id: "avro-unit-changed",
    summary: "A date, a time or a timestamp is read in another unit, or as another kind of time; or one logical type is read as another.",
    reason: "The number stays as it is and means something else: a thousand times as late, or in another time zone.",
    hint: "keep the logical type, or add a new field",
    example: (
        r#"{"type":"long","logicalType":"timestamp-millis"}"#,
        r#"{"type":"long","logicalType":"timestamp-micros"}"#,
    ),
    severity: Severity::Altered,
    ..BLANK
};

pub(in crate::compat) static AVRO_SYMBOL_FALLS_BACK: Rule = Rule {
    id: "avro-symbol-falls-back",
    summary: "The writer has a symbol that the reader's enum lacks, and the reader reads its default instead.",
    reason: "Nothing fails, but what was written is not told from the default any more.",
    hint: "keep the symbol, or make the default one that says that it is unknown",
    example: (
        r#"{"type":"enum","name":"E","symbols":["LOW","HIGH"]}"#,
        r#"{"type":"enum","name":"E","symbols":["LOW"],"default":"LOW"}"#,
    ),
    severity: Severity::Lossy,
    ..BLANK
};

pub(in crate::compat) static AVRO_BYTES_NOT_TEXT: Rule = Rule {
    id: "avro-bytes-not-text",
    summary: "Bytes are read as a string.",
    reason: "Bytes that are no UTF-8 become replacement characters, or an error.",
    hint: "keep bytes, unless only text was ever written",
    example: (r#""bytes""#, r#""string""#),
    severity: Severity::Lossy,
    ..BLANK
};

pub(in crate::compat) static AVRO_NUMBER_ROUNDED: Rule = Rule {
    id: "avro-number-rounded",
    summary: "A whole number is read as a floating-point number that cannot hold all of its values.",
    reason: "A float is exact up to 16777216, a double up to 9007199254740992; beyond that numbers are rounded.",
    hint: "read int as long or double, and keep long",
    example: (r#""long""#, r#""double""#),
    severity: Severity::Lossy,
    ..BLANK
};
