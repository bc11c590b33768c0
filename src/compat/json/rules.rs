//! The rules of JSON Schema: what a document that the reader refuses is refused for.
//!
//! The keyword that refuses it names the rule. Where the writer says nothing at all about the part that
//! is refused, the rule speaks of that part instead: a property, an item.

use crate::compat::finding::Severity;
use crate::compat::rules::{BLANK, Rule};

/// All of them, in the order of the documentation.
pub(in crate::compat) static RULES: &[&Rule] = &[
    &JSON_TYPE_NARROWED,
    &JSON_VALUES_REMOVED,
    &JSON_RANGE_NARROWED,
    &JSON_MULTIPLE_OF_NARROWED,
    &JSON_LENGTH_NARROWED,
    &JSON_PATTERN_NARROWED,
    &JSON_FORMAT_NARROWED,
    &JSON_REQUIRED_ADDED,
    &JSON_PROPERTY_NARROWED,
    &JSON_UNDECLARED_PROPERTY_NARROWED,
    &JSON_PATTERN_PROPERTY_NARROWED,
    &JSON_PROPERTY_NAME_NARROWED,
    &JSON_PROPERTY_COUNT_NARROWED,
    &JSON_DEPENDENCY_ADDED,
    &JSON_ITEM_NARROWED,
    &JSON_ITEM_COUNT_NARROWED,
    &JSON_UNIQUE_ITEMS_ADDED,
    &JSON_CONTAINS_NARROWED,
    &JSON_BRANCH_REMOVED,
    &JSON_BRANCHES_OVERLAP,
    &JSON_EXCLUSION_WIDENED,
    &JSON_CONDITION_NARROWED,
    &JSON_ACCEPTS_NOTHING,
];

pub(in crate::compat) static JSON_TYPE_NARROWED: Rule = Rule {
    id: "json-type-narrowed",
    summary: "The writer allows values of a type that the reader does not.",
    reason: "Only integer widens, to number; a schema without `type` allows every type, also one that has `properties` or `minimum`.",
    hint: "keep the type and add the new one beside it: `\"type\": [\"string\", \"integer\"]`",
    example: (r#"{"type":["string","null"]}"#, r#"{"type":"string"}"#),
    reference: Some("TYPE_CHANGED"),
    ..BLANK
};

pub(in crate::compat) static JSON_VALUES_REMOVED: Rule = Rule {
    id: "json-values-removed",
    summary: "The reader lists the values it allows, in `enum` or `const`, and lacks one that the writer allows.",
    reason: "Data that holds the value is refused.",
    hint: "keep the value in the list, and stop writing it",
    example: (r#"{"enum":["card","cash"]}"#, r#"{"enum":["card"]}"#),
    reference: Some("ENUM_ARRAY_NARROWED"),
    ..BLANK
};

pub(in crate::compat) static JSON_RANGE_NARROWED: Rule = Rule {
    id: "json-range-narrowed",
    summary: "The writer allows numbers that are too large or too small for the reader.",
    reason: "Numbers between the old bound and the new one are refused. Bounds are compared exactly, to the last digit.",
    hint: "keep the bound, and check the narrower one where data is made",
    example: (r#"{"type":"integer","minimum":0}"#, r#"{"type":"integer","minimum":1}"#),
    reference: Some("MINIMUM_INCREASED"),
    ..BLANK
};

pub(in crate::compat) static JSON_MULTIPLE_OF_NARROWED: Rule = Rule {
    id: "json-multiple-of-narrowed",
    summary: "The writer allows numbers that are no multiple of what the reader asks for.",
    reason: "They are refused.",
    hint: "keep `multipleOf`, or replace it by one of its divisors",
    example: (r#"{"type":"integer","multipleOf":5}"#, r#"{"type":"integer","multipleOf":10}"#),
    reference: Some("MULTIPLE_OF_EXPANDED"),
    ..BLANK
};

pub(in crate::compat) static JSON_LENGTH_NARROWED: Rule = Rule {
    id: "json-length-narrowed",
    summary: "The writer allows strings that are too long or too short for the reader.",
    reason: "They are refused. Length counts characters (code points), not bytes.",
    hint: "keep the limit, and check the narrower one where data is made",
    example: (r#"{"type":"string","maxLength":80}"#, r#"{"type":"string","maxLength":40}"#),
    reference: Some("MAX_LENGTH_DECREASED"),
    ..BLANK
};

pub(in crate::compat) static JSON_PATTERN_NARROWED: Rule = Rule {
    id: "json-pattern-narrowed",
    summary: "The writer allows strings that do not match the pattern of the reader.",
    reason: "They are refused. Patterns are compared by the strings they match, not by their text; without `^` and `$` a pattern may match anywhere in the string.",
    hint: "keep the pattern, or add what is new as an alternative: `^(old|new)$`",
    example: (r#"{"type":"string","pattern":"^[a-z]+$"}"#, r#"{"type":"string","pattern":"^[a-f]+$"}"#),
    reference: Some("PATTERN_CHANGED"),
    ..BLANK
};

pub(in crate::compat) static JSON_FORMAT_NARROWED: Rule = Rule {
    id: "json-format-narrowed",
    summary: "The writer allows strings that are not of the reader's `format`. Only where formats are asserted.",
    reason: "Validators that assert formats refuse them.",
    hint: "leave the format out, or keep the former one",
    example: (r#"{"type":"string"}"#, r#"{"type":"string","format":"date"} (with assertFormats)"#),
    ..BLANK
};

pub(in crate::compat) static JSON_REQUIRED_ADDED: Rule = Rule {
    id: "json-required-added",
    summary: "The reader requires a property that the writer may leave out.",
    reason: "Data without it is refused. A `default` does not help: validators do not fill it in.",
    hint: "leave the property optional, or require it only once no data without it is left",
    example: (
        r#"{"type":"object","properties":{"a":{"type":"string"}}}"#,
        r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#,
    ),
    reference: Some("REQUIRED_ATTRIBUTE_ADDED"),
    ..BLANK
};

pub(in crate::compat) static JSON_PROPERTY_NARROWED: Rule = Rule {
    id: "json-property-narrowed",
    summary: "The reader restricts a property about which the writer says nothing.",
    reason: "A schema that does not close itself with `additionalProperties` allows a property of any name with any value; once the name is declared, values that do not fit are refused.",
    hint: "set `\"additionalProperties\": false` before there is data, or set the policy to LENIENT if no writer writes undeclared properties",
    example: (
        r#"{"type":"object","properties":{"a":{"type":"string"}}}"#,
        r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}"#,
    ),
    reference: Some("OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"),
    ..BLANK
};

pub(in crate::compat) static JSON_UNDECLARED_PROPERTY_NARROWED: Rule = Rule {
    id: "json-undeclared-property-narrowed",
    summary: "The writer allows a property that the reader does not declare, and that its `additionalProperties` or `unevaluatedProperties` refuses.",
    reason: "A closed schema refuses every name it does not know, so removing a property from it breaks data that has the property.",
    hint: "keep the property declared, with its old schema or with `true`",
    example: (
        r#"{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false}"#,
        r#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#,
    ),
    reference: Some("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL"),
    ..BLANK
};

pub(in crate::compat) static JSON_PATTERN_PROPERTY_NARROWED: Rule = Rule {
    id: "json-pattern-property-narrowed",
    summary: "The reader restricts properties whose names match a pattern, about which the writer says nothing.",
    reason: "The writer allows properties of such names with any value.",
    hint: "leave `patternProperties` out, or choose a pattern that no name in use matches",
    example: (r#"{"type":"object"}"#, r#"{"type":"object","patternProperties":{"^x-":{"type":"integer"}}}"#),
    ..BLANK
};

pub(in crate::compat) static JSON_PROPERTY_NAME_NARROWED: Rule = Rule {
    id: "json-property-name-narrowed",
    summary: "The writer allows names of properties that the reader's `propertyNames` refuses.",
    reason: "Objects with such a name are refused, whatever its value is.",
    hint: "leave `propertyNames` as it was",
    example: (r#"{"type":"object"}"#, r#"{"type":"object","propertyNames":{"pattern":"^[a-z]+$"}}"#),
    ..BLANK
};

pub(in crate::compat) static JSON_PROPERTY_COUNT_NARROWED: Rule = Rule {
    id: "json-property-count-narrowed",
    summary: "The writer allows objects with too many or too few properties for the reader.",
    reason: "They are refused.",
    hint: "keep `minProperties` and `maxProperties`, or widen them",
    example: (r#"{"type":"object","maxProperties":5}"#, r#"{"type":"object","maxProperties":3}"#),
    reference: Some("MAX_PROPERTIES_DECREASED"),
    ..BLANK
};

pub(in crate::compat) static JSON_DEPENDENCY_ADDED: Rule = Rule {
    id: "json-dependency-added",
    summary: "Where one property is present, the reader asks for more than the writer: for another property, or for a schema.",
    reason: "Data that has the one without the other is refused.",
    hint: "leave `dependentRequired`, `dependentSchemas` and `dependencies` as they were",
    example: (r#"{"type":"object"}"#, r#"{"type":"object","dependencies":{"card":["address"]}}"#),
    reference: Some("DEPENDENCY_ARRAY_ADDED"),
    ..BLANK
};

pub(in crate::compat) static JSON_ITEM_NARROWED: Rule = Rule {
    id: "json-item-narrowed",
    summary: "The reader restricts items of an array about which the writer says nothing, or allows no item where the writer does.",
    reason: "Without `items` an array may hold anything.",
    hint: "leave `items` out, or restrict items from the first version on",
    example: (r#"{"type":"array"}"#, r#"{"type":"array","items":{"type":"string"}}"#),
    reference: Some("ITEM_ADDED_TO_OPEN_CONTENT_MODEL"),
    ..BLANK
};

pub(in crate::compat) static JSON_ITEM_COUNT_NARROWED: Rule = Rule {
    id: "json-item-count-narrowed",
    summary: "The writer allows arrays that are too long or too short for the reader.",
    reason: "They are refused.",
    hint: "keep `minItems` and `maxItems`, or widen them",
    example: (r#"{"type":"array","maxItems":5}"#, r#"{"type":"array","maxItems":3}"#),
    reference: Some("MAX_ITEMS_DECREASED"),
    ..BLANK
};

pub(in crate::compat) static JSON_UNIQUE_ITEMS_ADDED: Rule = Rule {
    id: "json-unique-items-added",
    summary: "The reader demands that no two items are equal, and the writer does not.",
    reason: "Arrays with equal items are refused; 1 and 1.0 are equal.",
    hint: "leave `uniqueItems` out",
    example: (r#"{"type":"array"}"#, r#"{"type":"array","uniqueItems":true}"#),
    reference: Some("UNIQUE_ITEMS_ADDED"),
    ..BLANK
};

pub(in crate::compat) static JSON_CONTAINS_NARROWED: Rule = Rule {
    id: "json-contains-narrowed",
    summary: "The writer allows arrays that hold too few or too many of the items that the reader's `contains` speaks of.",
    reason: "They are refused; without `minContains` there has to be one, so that an empty array is refused too.",
    hint: "leave `contains`, `minContains` and `maxContains` as they were",
    example: (r#"{"type":"array"}"#, r#"{"type":"array","contains":{"type":"integer"}}"#),
    reference: Some("MIN_CONTAINS_INCREASED"),
    ..BLANK
};

pub(in crate::compat) static JSON_BRANCH_REMOVED: Rule = Rule {
    id: "json-branch-removed",
    summary: "The writer allows values that no branch of the reader's `anyOf` or `oneOf` accepts.",
    reason: "A branch is gone, or became narrower.",
    hint: "keep a branch that accepts the values",
    example: (
        r#"{"anyOf":[{"type":"string"},{"type":"integer"}]}"#,
        r#"{"anyOf":[{"type":"string"},{"type":"boolean"}]}"#,
    ),
    reference: Some("SUM_TYPE_NARROWED"),
    ..BLANK
};

pub(in crate::compat) static JSON_BRANCHES_OVERLAP: Rule = Rule {
    id: "json-branches-overlap",
    summary: "Two branches of the reader's `oneOf` accept the same value.",
    reason: "`oneOf` refuses what more than one branch accepts, so a branch that is added or widened can take away.",
    hint: "make the branches exclusive, or use `anyOf`",
    example: (r#"{"oneOf":[{"type":"integer"}]}"#, r#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#),
    ..BLANK
};

pub(in crate::compat) static JSON_EXCLUSION_WIDENED: Rule = Rule {
    id: "json-exclusion-widened",
    summary: "The reader excludes values, by `not`, that the writer allows.",
    reason: "They are refused.",
    hint: "keep `not` as narrow as it was",
    example: (r#"{"not":{"type":"string","maxLength":0}}"#, r#"{"not":{"type":"string","maxLength":1}}"#),
    reference: Some("NOT_TYPE_EXTENDED"),
    ..BLANK
};

pub(in crate::compat) static JSON_CONDITION_NARROWED: Rule = Rule {
    id: "json-condition-narrowed",
    summary: "The writer allows values that the reader refuses by what follows from its `if`.",
    reason: "What `if` accepts has to satisfy `then`, everything else `else`; one of the three became stricter, or `if` speaks of other values than before.",
    hint: "leave the condition as it was, or widen `then` and `else`",
    example: (
        r#"{"if":{"required":["a"]},"then":{"required":["b"]}}"#,
        r#"{"if":{"required":["a"]},"then":{"required":["c"]}}"#,
    ),
    ..BLANK
};

pub(in crate::compat) static JSON_ACCEPTS_NOTHING: Rule = Rule {
    id: "json-accepts-nothing",
    summary: "No value at all is valid for the writer's schema.",
    reason: "There is no data that a reader could refuse, so every schema may follow; most likely the schema contradicts itself by mistake.",
    hint: "look for keywords that exclude each other",
    example: (r#"{"type":"string","minLength":2,"maxLength":1}"#, r#"{"type":"integer"}"#),
    severity: Severity::Source,
    ..BLANK
};
