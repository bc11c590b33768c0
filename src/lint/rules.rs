//! The catalogue of what can be found unwise. An id is public: it is never renamed, only retired.

use std::fmt;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name in reports and manifests.
    pub id: &'static str,
    /// What it is about.
    pub theme: Theme,
    /// What is unwise, in a line.
    pub summary: &'static str,
    /// Why.
    pub reason: &'static str,
    /// What to do instead.
    pub hint: &'static str,
    /// A schema that violates it.
    pub bad: &'static str,
    /// A schema like that which does not.
    pub good: &'static str,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// How things are called.
    Naming,
    /// What is said to people.
    Docs,
    /// What later versions will be able to do.
    Evolvability,
    /// What is superfluous or lacking.
    Hygiene,
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Theme::Naming => "naming",
            Theme::Docs => "docs",
            Theme::Evolvability => "evolvability",
            Theme::Hygiene => "hygiene",
        })
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// Every rule, in the order of the documentation.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().copied()
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

static ALL: &[&Rule] = &[
    &AVRO_TYPE_NAME_CASE,
    &AVRO_FIELD_NAME_CASE,
    &AVRO_SYMBOL_CASE,
    &AVRO_NAMESPACE_MISSING,
    &AVRO_DOC_MISSING,
    &AVRO_FIELD_DEFAULT_MISSING,
    &AVRO_OPTIONAL_DEFAULT_NOT_NULL,
    &AVRO_ENUM_DEFAULT_MISSING,
    &PROTO_PACKAGE_MISSING,
    &PROTO_TYPE_NAME_CASE,
    &PROTO_FIELD_NAME_CASE,
    &PROTO_ENUM_VALUE_CASE,
    &PROTO_DOC_MISSING,
    &PROTO_ENUM_ZERO_VALUE,
    &PROTO_REQUIRED_FIELD,
    &PROTO_PRESENCE_MISSING,
    &PROTO_NUMBER_GAP,
    &PROTO_IMPORT_UNUSED,
    &JSON_PROPERTY_NAME_CASE,
    &JSON_DOC_MISSING,
    &JSON_SCHEMA_MISSING,
    &JSON_ID_MISSING,
    &JSON_TYPE_MISSING,
    &JSON_CLOSED_OBJECT,
    &JSON_OPEN_OBJECT,
    &JSON_UNION_UNTAGGED,
    &JSON_DEFINITION_UNUSED,
];

pub(super) static AVRO_TYPE_NAME_CASE: Rule = Rule {
    id: "avro-type-name-case",
    theme: Theme::Naming,
    summary: "The name of a record, an enum or a fixed is not PascalCase.",
    reason: "Code made from the schema turns these names into classes, whose names most languages write so.",
    hint: "rename the type, and keep the old name as an alias if there is data",
    bad: r#"{"type":"record","name":"order_line","fields":[]}"#,
    good: r#"{"type":"record","name":"OrderLine","fields":[]}"#,
};

pub(super) static AVRO_FIELD_NAME_CASE: Rule = Rule {
    id: "avro-field-name-case",
    theme: Theme::Naming,
    summary: "The name of a field is neither snake_case nor camelCase, or differs from most others in the schema.",
    reason: "Names that follow one pattern can be guessed; a mixture has to be looked up.",
    hint: "rename the field, and keep the old name as an alias if there is data",
    bad: r#"{"type":"record","name":"R","fields":[{"name":"unit_price","type":"int"},{"name":"unitCount","type":"int"}]}"#,
    good: r#"{"type":"record","name":"R","fields":[{"name":"unit_price","type":"int"},{"name":"unit_count","type":"int"}]}"#,
};

pub(super) static AVRO_SYMBOL_CASE: Rule = Rule {
    id: "avro-symbol-case",
    theme: Theme::Naming,
    summary: "A symbol of an enum is not UPPER_SNAKE_CASE.",
    reason: "Code made from the schema turns symbols into constants.",
    hint: "write symbols in capitals; a symbol that there is data of cannot be renamed",
    bad: r#"{"type":"enum","name":"Color","symbols":["red"]}"#,
    good: r#"{"type":"enum","name":"Color","symbols":["RED"]}"#,
};

pub(super) static AVRO_NAMESPACE_MISSING: Rule = Rule {
    id: "avro-namespace-missing",
    theme: Theme::Naming,
    summary: "A named type is in no namespace.",
    reason: "Without one, types of two teams that have the same name clash as soon as one program uses both.",
    hint: "give the outermost type a `namespace`; the types in it share it",
    bad: r#"{"type":"record","name":"Order","fields":[]}"#,
    good: r#"{"type":"record","name":"Order","namespace":"shop","fields":[]}"#,
};

pub(super) static AVRO_DOC_MISSING: Rule = Rule {
    id: "avro-doc-missing",
    theme: Theme::Docs,
    summary: "A record, an enum, a fixed or a field has no `doc`.",
    reason: "Who reads the data years later has nothing but the schema.",
    hint: "say what it means, its unit and who sets it, in `doc`",
    bad: r#"{"type":"enum","name":"Color","symbols":["RED"]}"#,
    good: r#"{"type":"enum","name":"Color","doc":"What it is painted in.","symbols":["RED"]}"#,
};

pub(super) static AVRO_FIELD_DEFAULT_MISSING: Rule = Rule {
    id: "avro-field-default-missing",
    theme: Theme::Evolvability,
    summary: "A field has no default.",
    reason: "Only a field with a default can be removed later without breaking readers that still know it.",
    hint: "give the field a default, or make it `[\"null\", …]` with the default null",
    bad: r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#,
    good: r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":0}]}"#,
};

pub(super) static AVRO_OPTIONAL_DEFAULT_NOT_NULL: Rule = Rule {
    id: "avro-optional-default-not-null",
    theme: Theme::Evolvability,
    summary: "A field may be null, but null is not the first branch and the default.",
    reason: "A default belongs to the first branch; with another one, a reader that does not find the field makes up a value.",
    hint: "put `\"null\"` first and set `\"default\": null`",
    bad: r#"{"type":"record","name":"R","fields":[{"name":"a","type":["int","null"],"default":0}]}"#,
    good: r#"{"type":"record","name":"R","fields":[{"name":"a","type":["null","int"],"default":null}]}"#,
};

pub(super) static AVRO_ENUM_DEFAULT_MISSING: Rule = Rule {
    id: "avro-enum-default-missing",
    theme: Theme::Evolvability,
    summary: "An enum has no default symbol.",
    reason: "A reader that meets a symbol it does not know takes the default, and fails without one.",
    hint: "add a symbol such as UNKNOWN and name it in `default`",
    bad: r#"{"type":"enum","name":"Color","symbols":["RED"]}"#,
    good: r#"{"type":"enum","name":"Color","symbols":["UNKNOWN","RED"],"default":"UNKNOWN"}"#,
};

pub(super) static PROTO_PACKAGE_MISSING: Rule = Rule {
    id: "proto-package-missing",
    theme: Theme::Naming,
    summary: "The file has no `package`.",
    reason: "Without one, types of two teams that have the same name clash as soon as one program uses both.",
    hint: "start the file with `package team.topic;`",
    bad: "syntax = \"proto3\"; message M {}",
    good: "syntax = \"proto3\"; package shop; message M {}",
};

pub(super) static PROTO_TYPE_NAME_CASE: Rule = Rule {
    id: "proto-type-name-case",
    theme: Theme::Naming,
    summary: "The name of a message, an enum, a service or a method is not PascalCase.",
    reason: "The style guide of Protocol Buffers writes them so, and code made from the schema relies on it.",
    hint: "rename it before there are users; a message's name is no part of the data",
    bad: "syntax = \"proto3\"; message order_line {}",
    good: "syntax = \"proto3\"; message OrderLine {}",
};

pub(super) static PROTO_FIELD_NAME_CASE: Rule = Rule {
    id: "proto-field-name-case",
    theme: Theme::Naming,
    summary: "The name of a field or a oneof is not lower_snake_case.",
    reason: "The style guide writes them so; from other spellings compilers make odd names, in JSON too.",
    hint: "rename the field; binary data knows its number only, JSON its name",
    bad: "syntax = \"proto3\"; message M { int32 unitPrice = 1; }",
    good: "syntax = \"proto3\"; message M { int32 unit_price = 1; }",
};

pub(super) static PROTO_ENUM_VALUE_CASE: Rule = Rule {
    id: "proto-enum-value-case",
    theme: Theme::Naming,
    summary: "The name of an enum value is not UPPER_SNAKE_CASE.",
    reason: "The style guide writes them so.",
    hint: "write the name in capitals; binary data knows its number only",
    bad: "syntax = \"proto3\"; enum E { Red = 0; }",
    good: "syntax = \"proto3\"; enum E { RED = 0; }",
};

pub(super) static PROTO_DOC_MISSING: Rule = Rule {
    id: "proto-doc-missing",
    theme: Theme::Docs,
    summary: "A message, a field, an enum, a service or a method has no comment.",
    reason: "Who reads the data years later has nothing but the schema.",
    hint: "say what it means in a comment above it, or behind it on its line",
    bad: "syntax = \"proto3\"; message M {}",
    good: "// What somebody bought.\nsyntax = \"proto3\"; message M {}",
};

pub(super) static PROTO_ENUM_ZERO_VALUE: Rule = Rule {
    id: "proto-enum-zero-value",
    theme: Theme::Evolvability,
    summary: "The value 0 of an enum is not called UNSPECIFIED.",
    reason: "Zero is what is read where nothing was written, so it must not mean anything else.",
    hint: "start the enum with `COLOR_UNSPECIFIED = 0;`",
    bad: "syntax = \"proto3\"; enum Color { RED = 0; }",
    good: "syntax = \"proto3\"; enum Color { COLOR_UNSPECIFIED = 0; RED = 1; }",
};

pub(super) static PROTO_REQUIRED_FIELD: Rule = Rule {
    id: "proto-required-field",
    theme: Theme::Evolvability,
    summary: "A field is `required`.",
    reason: "It can never be removed: readers that know it refuse every message without it.",
    hint: "make the field `optional` and check for it where messages are read",
    bad: "message M { required int32 a = 1; }",
    good: "message M { optional int32 a = 1; }",
};

pub(super) static PROTO_PRESENCE_MISSING: Rule = Rule {
    id: "proto-presence-missing",
    theme: Theme::Evolvability,
    summary: "A scalar field of proto3 is not `optional`.",
    reason: "Whether 0 was written or nothing cannot be told apart, and that cannot be changed for data that exists.",
    hint: "write `optional` before the type",
    bad: "syntax = \"proto3\"; message M { int32 a = 1; }",
    good: "syntax = \"proto3\"; message M { optional int32 a = 1; }",
};

pub(super) static PROTO_NUMBER_GAP: Rule = Rule {
    id: "proto-number-gap",
    theme: Theme::Evolvability,
    summary: "A number between those of the fields is neither used nor reserved.",
    reason: "Where a field was deleted, its number must not be used again: old data still has it.",
    hint: "write `reserved 2;`, or use the number",
    bad: "syntax = \"proto3\"; message M { int32 a = 1; int32 c = 3; }",
    good: "syntax = \"proto3\"; message M { reserved 2; int32 a = 1; int32 c = 3; }",
};

pub(super) static PROTO_IMPORT_UNUSED: Rule = Rule {
    id: "proto-import-unused",
    theme: Theme::Hygiene,
    summary: "A file is imported and nothing of it is used.",
    reason: "Each import has to be registered and kept, and ties the schema to another one.",
    hint: "delete the import",
    bad: "syntax = \"proto3\"; import \"google/protobuf/any.proto\"; message M {}",
    good: "syntax = \"proto3\"; message M {}",
};

pub(super) static JSON_PROPERTY_NAME_CASE: Rule = Rule {
    id: "json-property-name-case",
    theme: Theme::Naming,
    summary: "The name of a property is neither snake_case nor camelCase, or differs from most others in the schema.",
    reason: "Names that follow one pattern can be guessed; a mixture has to be looked up.",
    hint: "rename the property before there is data",
    bad: r#"{"properties":{"unit_price":{},"unitCount":{}}}"#,
    good: r#"{"properties":{"unit_price":{},"unit_count":{}}}"#,
};

pub(super) static JSON_DOC_MISSING: Rule = Rule {
    id: "json-doc-missing",
    theme: Theme::Docs,
    summary: "The schema or a property has neither a `title` nor a `description`.",
    reason: "Who reads the data years later has nothing but the schema.",
    hint: "say what it means in `description`",
    bad: r#"{"type":"object"}"#,
    good: r#"{"type":"object","description":"What somebody bought."}"#,
};

pub(super) static JSON_SCHEMA_MISSING: Rule = Rule {
    id: "json-schema-missing",
    theme: Theme::Hygiene,
    summary: "There is no `$schema`.",
    reason: "Drafts differ in what keywords mean; without it each tool takes its own favourite.",
    hint: "start with `\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"`",
    bad: r#"{"type":"object"}"#,
    good: r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}"#,
};

pub(super) static JSON_ID_MISSING: Rule = Rule {
    id: "json-id-missing",
    theme: Theme::Hygiene,
    summary: "There is no `$id`.",
    reason: "Other schemas refer to it by that; without one they depend on where the file lies.",
    hint: "give the schema a URI of its own in `$id`",
    bad: r#"{"type":"object"}"#,
    good: r#"{"$id":"https://example.com/order","type":"object"}"#,
};

pub(super) static JSON_TYPE_MISSING: Rule = Rule {
    id: "json-type-missing",
    theme: Theme::Hygiene,
    summary: "A property does not say what it may be.",
    reason: "A schema without `type`, `enum`, `const`, a reference or a composition allows everything, also where it has `minimum` or `properties`.",
    hint: "add `type`",
    bad: r#"{"properties":{"a":{"minimum":1}}}"#,
    good: r#"{"properties":{"a":{"type":"integer","minimum":1}}}"#,
};

pub(super) static JSON_CLOSED_OBJECT: Rule = Rule {
    id: "json-closed-object",
    theme: Theme::Evolvability,
    summary: "An object refuses properties that it does not describe.",
    reason: "Readers of today refuse the data of every later version that has one more property, so nothing can be added at FORWARD and FULL.",
    hint: "leave `additionalProperties` out; see also json-open-object, which asks for the opposite",
    bad: r#"{"type":"object","additionalProperties":false}"#,
    good: r#"{"type":"object"}"#,
};

pub(super) static JSON_OPEN_OBJECT: Rule = Rule {
    id: "json-open-object",
    theme: Theme::Evolvability,
    summary: "An object allows properties that it does not describe.",
    reason: "A property that is described later may already be in the data with any value, so nothing can be added at BACKWARD and FULL.",
    hint: "set `\"additionalProperties\": false`; see also json-closed-object, which asks for the opposite",
    bad: r#"{"type":"object","properties":{"a":{"type":"string"}}}"#,
    good: r#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}"#,
};

pub(super) static JSON_UNION_UNTAGGED: Rule = Rule {
    id: "json-union-untagged",
    theme: Theme::Evolvability,
    summary: "The branches of a `oneOf` or `anyOf` of objects are not told apart by a property.",
    reason: "Readers try one branch after the other, and a branch that is added or widened later may take what was another's.",
    hint: "give each branch a required property with a `const` of its own",
    bad: r#"{"oneOf":[{"type":"object","properties":{"a":{}}},{"type":"object","properties":{"b":{}}}]}"#,
    good: r#"{"oneOf":[{"type":"object","properties":{"kind":{"const":"a"}},"required":["kind"]},{"type":"object","properties":{"kind":{"const":"b"}},"required":["kind"]}]}"#,
};

pub(super) static JSON_DEFINITION_UNUSED: Rule = Rule {
    id: "json-definition-unused",
    theme: Theme::Hygiene,
    summary: "A definition is not referred to.",
    reason: "It is read, kept and looked after for nobody.",
    hint: "delete the definition",
    bad: r#"{"$defs":{"a":{"type":"string"}}}"#,
    good: r##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}"##,
};
