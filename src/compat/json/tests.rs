//! What is told of pairs of schemas, and that there is an end to it.

use super::number::Number;
use super::shrink::shrunk;
use super::value::Value;
use super::{MOST, prove, rules};
use crate::compat::finding::Incompatibility;
use crate::compat::reference;
use crate::compat::report::{Proof, ProofView, Why};
use crate::model::{Assumptions, Direction, Policy};
use crate::schema::json::JsonSchema;
use crate::schema::{Options, tree};

fn judged(old: &str, new: &str, assumptions: Assumptions) -> ProofView {
    let [old, new] = [old, new].map(|text| JsonSchema::parse(text, &[], Options::STORED).expect(text));
    let promised = std::thread::Builder::new().stack_size(crate::compat::STACK);
    let thread = promised.spawn(move || prove(Direction::Backward, &new, &old, assumptions));
    thread.expect("a thread").join().expect("no panic and no overflow")
}

fn shown(finding: &Incompatibility) -> &str {
    finding.witness.as_ref().and_then(|witness| witness.json()).unwrap_or_default()
}

#[test]
fn examples_of_the_catalogue_violate_their_rules() {
    for rule in rules::RULES {
        let (old, new) = rule.example;
        let assumptions = Assumptions { assert_formats: new.ends_with(')'), ..Assumptions::default() };
        let new = new.trim_end_matches(" (with assertFormats)");
        let found = judged(old, new, assumptions).findings;
        assert!(found.iter().any(|finding| finding.rule == *rule), "{}: {found:?}", rule.id);
    }
}

/// Of so many breaks only some are told, and nothing is said of the others.
#[test]
fn breaks_are_told_up_to_a_number() {
    let object = |of: &str| {
        let properties: Vec<String> = (0..50).map(|at| format!(r#""p{at}":{{"type":"{of}"}}"#)).collect();
        format!(r#"{{"type":"object","properties":{{{}}}}}"#, properties.join(","))
    };
    let view = judged(&object("number"), &object("integer"), Assumptions::default());
    assert_eq!((view.findings.len(), view.more, view.unknown), (MOST, 1, Some(Why::Many)));
    assert_eq!(view.proof, Proof::Refuted);
    let mut places: Vec<&str> =
        view.findings.iter().filter_map(|finding| Some(finding.reader_at.as_ref()?.as_str())).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), MOST);
}

/// What is taken from the reader after a break may leave another part of it stricter than it is.
#[test]
fn what_only_a_mask_breaks_is_not_told() {
    // Without the type of `k` both branches accept what one did before.
    let old = r#"{"oneOf":[{"properties":{"k":{"type":"string"}},"required":["k"]},{"properties":{"k":{"const":1}},"required":["k"]}]}"#;
    let new = r#"{"oneOf":[{"properties":{"k":{"type":"boolean"}},"required":["k"]},{"properties":{"k":{"const":1}},"required":["k"]}]}"#;
    let view = judged(old, new, Assumptions::default());
    assert_eq!(view.proof, Proof::Refuted);
    for finding in &view.findings {
        assert!(finding.witness.is_some(), "{finding:?}");
        assert_ne!(*finding.rule, rules::JSON_BRANCHES_OVERLAP);
    }
}

/// Each level holds two of the next: the least document is too large to be shown.
#[test]
fn documents_too_large_are_not_shown() {
    let doubling = |leaf: &str| {
        let levels = (0..14).map(|level| {
            let next = format!(r##"{{"$ref":"#/definitions/d{}"}}"##, level + 1);
            format!(
                r#""d{level}":{{"type":"object","properties":{{"a":{next},"b":{next}}},"required":["a","b"]}}"#
            )
        });
        let levels: Vec<String> = levels.collect();
        format!(
            r##"{{"definitions":{{{},"d14":{{"type":"{leaf}"}}}},"$ref":"#/definitions/d0"}}"##,
            levels.join(",")
        )
    };
    let view = judged(&doubling("string"), &doubling("integer"), Assumptions::default());
    assert!(matches!(view.proof, Proof::Undecided(_)), "{:?}", view.proof);
    assert!(view.findings.is_empty());
}

#[test]
fn nesting_is_no_danger() {
    let nested = |leaf: &str| {
        (0..120).fold(format!(r#"{{"type":"{leaf}"}}"#), |inner, _| format!(r#"{{"items":{inner}}}"#))
    };
    for (old, new) in [("number", "integer"), ("integer", "number")] {
        let view = judged(&nested(old), &nested(new), Assumptions::default());
        assert!(!matches!(view.proof, Proof::Undecided(Why::VerifierDisagreed)), "{:?}", view.proof);
    }
}

#[test]
fn what_refuses_a_document_is_named() {
    for (old, new, rule, at, witness) in [
        (
            r#"{"properties":{"a":{"type":"object","properties":{"b":{}},"additionalProperties":false}}}"#,
            r#"{"properties":{"a":{"type":"object","additionalProperties":false}}}"#,
            "json-undeclared-property-narrowed",
            "/properties/a/properties/b",
            r#"{"a":{"b":null}}"#,
        ),
        (
            r#"{"type":"array"}"#,
            r#"{"type":"array","items":[{},{"minimum":1}]}"#,
            "json-item-narrowed",
            "/items/1",
            "[null,0]",
        ),
        (
            r#"{"anyOf":[{"type":"string"},{"type":"integer"}]}"#,
            r#"{"anyOf":[{"type":"string","maxLength":2},{"type":"integer"}]}"#,
            "json-length-narrowed",
            "/anyOf/0/maxLength",
            r#""aaa""#,
        ),
        ("true", r#"{"allOf":[{},false]}"#, "json-type-narrowed", "/allOf/1", "null"),
    ] {
        let view = judged(old, new, Assumptions::default());
        let finding = view.findings.first().expect(new);
        let place = finding.reader_at.as_ref().map(|place| place.as_str());
        assert_eq!((finding.rule.id, place, shown(finding)), (rule, Some(at), witness), "{new}");
    }
}

fn value(text: &str) -> Value {
    super::build::value(&tree::parse(text).expect("JSON")).expect("a value")
}

#[test]
fn values_shrink_to_what_matters() {
    let has_long_text = |value: &Value| value.to_string().contains("aaa");
    let is_negative = |value: &Value| value.to_string().contains('-');
    let holds_three = |value: &Value| value.to_string().matches(',').count() >= 2;
    let is_large = |value: &Value| matches!(value, Value::Number(number) if *number > Number::from(6));
    for (large, shows, small) in [
        (
            r#"{"b":[1,2],"c":{"d":"xaaaax","e":7}}"#,
            &has_long_text as &dyn Fn(&Value) -> bool,
            r#"{"c":{"d":"xaaa"}}"#,
        ),
        ("[5,-25.5,7]", &is_negative, "[0,-1]"),
        ("[10,20,30,40,50]", &holds_three, "[0,0,0]"),
        ("7.25", &is_large, "7"),
        (r#"{"":null}"#, &|value: &Value| value.to_string().contains("null"), r#"{"x":null}"#),
    ] {
        assert_eq!(shrunk(&value(large), shows).to_string(), small, "{large}");
    }
}

/// Each of these was once an answer about another name, or no answer at all.
#[test]
fn names_and_dependencies_are_looked_at_one_by_one() {
    let names = r#"{"propertyNames":{"anyOf":[{"maxLength":1},{"const":"long"}]}}"#;
    let fewer = r#"{"propertyNames":{"anyOf":[{"maxLength":1},{"const":"other"}]}}"#;
    let view = judged(names, fewer, Assumptions::default());
    assert_eq!(view.findings.first().map(shown), Some(r#"{"long":null}"#));
    let circular = r##"{"dependencies":{"a":{"$ref":"#"}},"required":["a"]}"##;
    let narrower = r##"{"dependencies":{"a":{"$ref":"#"}},"required":["a","b"]}"##;
    judged(circular, narrower, Assumptions::default());
    judged(narrower, circular, Assumptions::default());
}

/// What strangers send comes to an end, and to no overflow, whatever the answer is.
#[test]
fn hostile_schemas_come_to_an_end() {
    let many = |count: usize, of: &dyn Fn(usize) -> String| (0..count).map(of).collect::<Vec<_>>().join(",");
    let laughs = |leaf: &str| {
        let levels = many(30, &|at| {
            let next = format!(r##"{{"$ref":"#/definitions/d{}"}}"##, at + 1);
            format!(r#""d{at}":{{"allOf":[{next},{next}]}}"#)
        });
        format!(
            r##"{{"definitions":{{{levels},"d30":{{"type":"{leaf}"}}}},"allOf":[{{"$ref":"#/definitions/d0"}}]}}"##
        )
    };
    let chain = |leaf: &str| {
        let levels = many(20_000, &|at| {
            format!(r##""d{at}":{{"title":"t","allOf":[{{"$ref":"#/definitions/d{}"}}]}}"##, at + 1)
        });
        format!(
            r##"{{"definitions":{{{levels},"d20000":{{"type":"{leaf}"}}}},"allOf":[{{"$ref":"#/definitions/d0"}}]}}"##
        )
    };
    let unions = |extra: &str| {
        let all = many(5_000, &|at| format!(r#"{{"anyOf":[{{"minimum":{at}}},{{"required":["p{at}"]}}]}}"#));
        format!(r#"{{"allOf":[{all}]{extra}}}"#)
    };
    let tagged = |of: &str| {
        let branches = many(3_000, &|at| {
            format!(r#"{{"properties":{{"t":{{"const":{at}}},"v":{{"type":"{of}"}}}},"required":["t","v"]}}"#)
        });
        format!(r#"{{"type":"object","oneOf":[{branches}]}}"#)
    };
    let patterns = |length: usize| {
        let all = many(300, &|at| format!(r#"{{"pattern":"^(a|b)*a(a|b){{{}}}{at}?$"}}"#, at % 7));
        format!(r#"{{"type":"string","maxLength":{length},"allOf":[{all}]}}"#)
    };
    let wide = |of: &str| {
        format!(r#"{{"properties":{{{}}}}}"#, many(20_000, &|at| format!(r#""p{at}":{{"type":"{of}"}}"#)))
    };
    for (name, old, new) in [
        ("laughs", laughs("number"), laughs("integer")),
        ("a chain", chain("number"), chain("integer")),
        ("unions", unions(""), unions(r#","minimum":9"#)),
        ("branches", tagged("number"), tagged("integer")),
        ("patterns", patterns(50), patterns(40)),
        ("properties", wide("number"), wide("integer")),
    ] {
        let view = judged(&old, &new, Assumptions::default());
        assert!(!matches!(view.proof, Proof::Proved(_)), "{name}");
        let lenient = Assumptions { policy: Policy::Lenient, ..Assumptions::default() };
        judged(&old, &new, lenient);
        let parse = |text: &str| JsonSchema::parse(text, &[], Options::STORED).expect(name);
        reference::json::view(Direction::Backward, &parse(&new), &parse(&old), Policy::Strict);
    }
}

/// What is evaluated in many ways, and references that mean many things, are decided or given up.
#[test]
fn many_choices_come_to_an_end() {
    let modern = r#""$schema":"https://json-schema.org/draft/2020-12/schema""#;
    let closed = |branches: Vec<String>| {
        format!(r#"{{{modern},"anyOf":[{}],"unevaluatedProperties":false}}"#, branches.join(","))
    };
    let named = closed((0..100).map(|at| format!(r#"{{"properties":{{"p{at}":{{}}}}}}"#)).collect());
    let old = format!(r#"{{{modern},"properties":{{"p7":{{}}}},"additionalProperties":false}}"#);
    let view = judged(&old, &named, Assumptions::default());
    assert!(matches!(view.proof, Proof::Proved(_)), "{:?}", view.proof);

    let patterns = closed(
        (0..40)
            .map(|at| format!(r#"{{"required":["p{at}"],"patternProperties":{{"^p{at}$":{{}}}}}}"#))
            .collect(),
    );
    let view = judged(&old, &patterns, Assumptions::default());
    assert!(matches!(view.proof, Proof::Undecided(Why::Unsupported { .. })), "{:?}", view.proof);

    let anchors = (0..1_500).map(|at| {
        let next = (at + 1) % 1_500;
        format!(
            r##""d{at}":{{"$id":"https://example.com/d{at}","$dynamicAnchor":"a{at}","properties":
            {{"x":{{"$ref":"d{next}"}},"y":{{"$dynamicRef":"#a{at}"}}}}}}"##
        )
    });
    let anchors: Vec<String> = anchors.collect();
    let anchors =
        format!(r#"{{{modern},"$id":"https://example.com/","$defs":{{{}}},"$ref":"d0"}}"#, anchors.join(","));
    let view = judged(&old, &anchors, Assumptions::default());
    assert!(matches!(view.proof, Proof::Undecided(_)), "{:?}", view.proof);
}
