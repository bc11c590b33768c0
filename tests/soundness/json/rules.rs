//! One keyword, tightened: the rule that is told is that keyword's, wherever the schema stands.

use dovetail::compat::{Opinion, Proof};
use serde_json::{Value, json};

use crate::rng::Rng;

/// What is said of all keywords: the loose text, the tight one, and the rule.
const CHANGES: [(&str, &str, &str); 35] = [
    (r#"{"type":["string","null"]}"#, r#"{"type":"string"}"#, "json-type-narrowed"),
    (r#"{"type":"number"}"#, r#"{"type":"integer"}"#, "json-type-narrowed"),
    (r#"{"enum":["a","b"]}"#, r#"{"enum":["a"]}"#, "json-values-removed"),
    (r#"{"enum":[1,"b"]}"#, r#"{"const":1}"#, "json-values-removed"),
    (r#"{"type":"number"}"#, r#"{"type":"number","minimum":0}"#, "json-range-narrowed"),
    (r#"{"type":"number","maximum":5}"#, r#"{"type":"number","maximum":4}"#, "json-range-narrowed"),
    (r#"{"type":"number","minimum":5}"#, r#"{"type":"number","exclusiveMinimum":5}"#, "json-range-narrowed"),
    (
        r#"{"type":"number","exclusiveMaximum":5}"#,
        r#"{"type":"number","exclusiveMaximum":4.5}"#,
        "json-range-narrowed",
    ),
    (r#"{"type":"integer"}"#, r#"{"type":"integer","multipleOf":2}"#, "json-multiple-of-narrowed"),
    (
        r#"{"type":"number","multipleOf":0.5}"#,
        r#"{"type":"number","multipleOf":1.5}"#,
        "json-multiple-of-narrowed",
    ),
    (r#"{"type":"string"}"#, r#"{"type":"string","minLength":1}"#, "json-length-narrowed"),
    (r#"{"type":"string","maxLength":5}"#, r#"{"type":"string","maxLength":4}"#, "json-length-narrowed"),
    (
        r#"{"type":"string","pattern":"^[a-z]$"}"#,
        r#"{"type":"string","pattern":"^[a-f]$"}"#,
        "json-pattern-narrowed",
    ),
    (r#"{"type":"object"}"#, r#"{"type":"object","required":["a"]}"#, "json-required-added"),
    (
        r#"{"type":"object","additionalProperties":false}"#,
        r#"{"type":"object","additionalProperties":false,"minProperties":1}"#,
        "json-property-count-narrowed",
    ),
    (r#"{"type":"object"}"#, r#"{"type":"object","properties":{"a":false}}"#, "json-property-narrowed"),
    (
        r#"{"type":"object","properties":{"a":{}}}"#,
        r#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#,
        "json-undeclared-property-narrowed",
    ),
    (
        r#"{"type":"object"}"#,
        r#"{"type":"object","patternProperties":{"^a":false}}"#,
        "json-pattern-property-narrowed",
    ),
    (
        r#"{"type":"object"}"#,
        r#"{"type":"object","propertyNames":{"maxLength":3}}"#,
        "json-property-name-narrowed json-length-narrowed",
    ),
    (r#"{"type":"object"}"#, r#"{"type":"object","minProperties":1}"#, "json-property-count-narrowed"),
    (
        r#"{"type":"object","maxProperties":3}"#,
        r#"{"type":"object","maxProperties":2}"#,
        "json-property-count-narrowed",
    ),
    (r#"{"type":"object"}"#, r#"{"type":"object","dependencies":{"a":["b"]}}"#, "json-dependency-added"),
    (r#"{"type":"array"}"#, r#"{"type":"array","items":false}"#, "json-item-narrowed"),
    (
        r#"{"type":"array","items":[{}]}"#,
        r#"{"type":"array","items":[{}],"additionalItems":false}"#,
        "json-item-narrowed json-item-count-narrowed",
    ),
    (r#"{"type":"array"}"#, r#"{"type":"array","minItems":1}"#, "json-item-count-narrowed"),
    (r#"{"type":"array","maxItems":3}"#, r#"{"type":"array","maxItems":2}"#, "json-item-count-narrowed"),
    (r#"{"type":"array"}"#, r#"{"type":"array","uniqueItems":true}"#, "json-unique-items-added"),
    (r#"{"type":"array"}"#, r#"{"type":"array","contains":{"type":"string"}}"#, "json-contains-narrowed"),
    (
        r#"{"anyOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]}"#,
        r#"{"anyOf":[{"type":"string","maxLength":9},{"type":"null"}]}"#,
        "json-branch-removed json-type-narrowed json-length-narrowed",
    ),
    (
        r#"{"anyOf":[{"type":"integer"},{"type":"number"}]}"#,
        r#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#,
        "json-branches-overlap",
    ),
    (r#"{}"#, r#"{"not":{"type":"string"}}"#, "json-exclusion-widened"),
    (r#"{"not":{"enum":["a"]}}"#, r#"{"not":{"enum":["a","b"]}}"#, "json-exclusion-widened"),
    (
        r#"{"if":{"type":"string"},"then":{"maxLength":3}}"#,
        r#"{"if":{"type":"string"},"then":{"maxLength":2}}"#,
        "json-condition-narrowed json-length-narrowed",
    ),
    (
        r#"{"if":{"type":"string"}}"#,
        r#"{"if":{"type":"string"},"then":false}"#,
        "json-condition-narrowed json-accepts-nothing json-type-narrowed",
    ),
    (r#"{"type":"string"}"#, r#"false"#, "json-type-narrowed json-accepts-nothing json-item-count-narrowed"),
];

/// Where a part that accepted everything, or accepts nothing now, is what the rule is about.
const OF_PARTS: [&str; 3] =
    ["json-property-narrowed", "json-undeclared-property-narrowed", "json-item-narrowed"];

/// One of the changes, somewhere.
pub fn check(rng: &mut Rng) -> Result<(), String> {
    let (loose, tight, rules) = *rng.pick(&CHANGES);
    let is_whole = tight.contains("false") || loose == "{}" || loose == r#"{"if":{"type":"string"}}"#;
    let mut parts: [Value; 2] = [loose, tight].map(|text| serde_json::from_str(text).expect("a schema"));
    let mut wrapped = Vec::new();
    for _ in 0..rng.below(3) {
        let around = rng.below(6);
        wrapped.push(around);
        parts = parts.map(|part| within(around, part));
    }
    let [loose, tight] = parts.map(|part| json!({"allOf": [part]}));
    let told = |what: &str| format!("{what} ({rules}, {wrapped:?})\n  loose: {loose}\n  tight: {tight}");

    let Some(verdict) = super::judge(&loose, &tight) else { return Err(told("no verdict")) };
    let named: Vec<&str> = (verdict.findings.iter())
        .filter(|finding| finding.proof == Opinion::Broken)
        .map(|finding| finding.rule.id)
        .collect();
    if verdict.proof != Proof::Refuted {
        return Err(told(&format!("tightened, but {:?}", verdict.proof)));
    }
    let may_be_part = is_whole && !wrapped.is_empty();
    let is_expected = |rule: &&str| {
        rules.split(' ').any(|expected| expected == *rule) || (may_be_part && OF_PARTS.contains(rule))
    };
    if !named.iter().any(is_expected) {
        return Err(told(&format!("named {named:?}")));
    }
    match super::judge(&tight, &loose) {
        Some(verdict) if matches!(verdict.proof, Proof::Proved(_)) => Ok(()),
        Some(verdict) => Err(told(&format!("loosened, but {:?}", verdict.proof))),
        None => Err(told("no verdict")),
    }
}

fn within(around: usize, part: Value) -> Value {
    match around {
        0 => json!({"type": "object", "properties": {"p": part}, "required": ["p"]}),
        1 => json!({"type": "object", "properties": {"p": part, "q": {"type": "string"}}}),
        2 => json!({"type": "array", "items": part}),
        3 => json!({"type": "object", "additionalProperties": part}),
        4 => json!({"allOf": [part, {"description": "nothing"}]}),
        _ => json!({"type": "array", "items": [{"type": "string"}, part], "minItems": 2}),
    }
}
