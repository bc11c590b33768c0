use std::collections::HashSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::{Draft, JsonSchema};
use crate::schema::tree::Node;
use crate::schema::{Dependency, Options, ParseError, Place, Stage};

fn parse(text: &str) -> Result<JsonSchema, ParseError> {
    JsonSchema::parse(text, &[], Options::NEW)
}

fn parse_with(text: &str, others: &[(&str, &str)]) -> Result<JsonSchema, ParseError> {
    let dependency = |(name, text): &(&str, &str)| Dependency {
        name: (*name).to_owned(),
        origin: None,
        text: (*text).to_owned(),
    };
    JsonSchema::parse(text, &others.iter().map(dependency).collect::<Vec<_>>(), Options::NEW)
}

/// The reference of a property, resolved: index of the document and text of the target.
fn meaning(schema: &JsonSchema, pointer: &str) -> Option<(usize, String)> {
    let at = schema.document().at(pointer)?;
    let reference = at.get("$ref").or_else(|| at.get("$dynamicRef")).and_then(Node::as_str)?;
    schema.resolve(0, at, reference).map(|(document, node)| (document, node.to_compact()))
}

#[test]
fn accepts_what_is_in_circulation() {
    for text in [
        "true",
        "false",
        "{}",
        r#"{"type":["string","null"]}"#,
        r#"{"type":[]}"#,
        r##"{"definitions":{"a":{}},"$defs":{"b":{}},"allOf":[{"$ref":"#/definitions/a"},{"$ref":"#/$defs/b"}]}"##,
        r#"{"$schema":"http://json-schema.org/draft-04/schema#","id":"http://x/y","minimum":1,"exclusiveMinimum":true}"#,
        r#"{"$schema":"http://json-schema.org/draft-04/schema#","$id":7,"exclusiveMaximum":false,"required":[]}"#,
        r#"{"exclusiveMinimum":1.5,"multipleOf":1e400}"#,
        r##"{"$ref":"#","minLength":"ignored beside $ref"}"##,
        r##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#/$defs/a","title":"t","$defs":{"a":{}}}"##,
        r##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"n","items":{"$dynamicRef":"#n"}}"##,
        r##"{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"items":{"$recursiveRef":"#"}}"##,
        r#"{"$schema":"https://json-schema.org/draft/2019-09/schema","items":[{},true],"additionalItems":false}"#,
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","prefixItems":[{}],"items":false}"#,
        r#"{"$schema":"http://example.com/my-own-language","type":"object"}"#,
        r#"{"format":"no such format","x-custom":null,"confluent:tags":["PII"],"javaType":[1,{}]}"#,
        r#"{"examples":3,"deprecated":"yes","$comment":[],"readOnly":true,"contentEncoding":null}"#,
        r#"{"properties":{"$ref":{"type":"string"},"type":{"enum":[1,1]},"title":{}}}"#,
        r#"{"required":["a","a"],"minItems":-1,"maxLength":3.0,"enum":[],"allOf":[]}"#,
        r#"{"dependencies":{"a":["b"],"c":{"type":"string"},"d":false}}"#,
        r#"{"const":{"$ref":"nowhere"},"enum":[{"$ref":5}],"default":{"$id":3},"examples":[{"type":"x"}]}"#,
        r##"{"definitions":{"never used":{"$ref":"#/nowhere","type":5}}}"##,
        r#"{"maximum":1e400,"minimum":-1e400,"maxItems":1e400}"#,
    ] {
        assert!(parse(text).is_ok(), "{text}: {:?}", parse(text).err());
    }
    let hundred_digits = format!(r#"{{"maximum":{0},"maxLength":{0},"const":{0}.{0}}}"#, "7".repeat(100));
    assert_eq!(parse(&hundred_digits).expect("large numbers").canonical(), hundred_digits);
}

#[test]
fn refuses_and_says_where() {
    for (text, message, line, column) in [
        ("5", "Invalid JSON schema: expected an object or boolean at the root, found number", 1, 1),
        ("\n[]", "Invalid JSON schema: expected an object or boolean at the root, found array", 2, 1),
        ("{\"a\":}", "unexpected character '}' at line 1, column 6", 1, 6),
        (
            "{\n \"type\": 5}",
            "\"type\" must be a type name or an array of type names, found number, at #/type (line 2, column 10)",
            2,
            10,
        ),
        (r#"{"type":"strin"}"#, "unknown type \"strin\", at #/type (line 1, column 9)", 1, 9),
        (r#"{"type":["null","x"]}"#, "unknown type \"x\", at #/type/1 (line 1, column 17)", 1, 17),
        (
            r#"{"properties":{"a/b":{"minLength":"3"}}}"#,
            "\"minLength\" must be an integer, found string, at #/properties/a~1b/minLength (line 1, column 35)",
            1,
            35,
        ),
        (
            r#"{"minLength":1.5}"#,
            "\"minLength\" must be an integer, found number, at #/minLength (line 1, column 14)",
            1,
            14,
        ),
        (
            r#"{"properties":[]}"#,
            "\"properties\" must be an object, found array, at #/properties (line 1, column 15)",
            1,
            15,
        ),
        (
            r#"{"properties":{"a":"string"}}"#,
            "expected a schema (an object or a boolean), found string, at #/properties/a (line 1, column 20)",
            1,
            20,
        ),
        (
            r#"{"required":true}"#,
            "\"required\" must be an array of strings, found boolean, at #/required (line 1, column 13)",
            1,
            13,
        ),
        (
            r#"{"required":["a",1]}"#,
            "\"required\" must be an array of strings, found array, at #/required (line 1, column 13)",
            1,
            13,
        ),
        (
            r#"{"allOf":{}}"#,
            "\"allOf\" must be an array of schemas, found object, at #/allOf (line 1, column 10)",
            1,
            10,
        ),
        (
            r#"{"items":[{"not":0}]}"#,
            "expected a schema (an object or a boolean), found number, at #/items/0/not (line 1, column 18)",
            1,
            18,
        ),
        (
            r#"{"exclusiveMinimum":true}"#,
            "\"exclusiveMinimum\" must be a number, found boolean, at #/exclusiveMinimum (line 1, column 21)",
            1,
            21,
        ),
        (
            r#"{"$schema":"http://json-schema.org/draft-04/schema#","exclusiveMinimum":1}"#,
            "\"exclusiveMinimum\" must be a boolean, found number, at #/exclusiveMinimum (line 1, column 73)",
            1,
            73,
        ),
        (
            r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","items":[]}"#,
            "expected a schema (an object or a boolean), found array, at #/items (line 1, column 67)",
            1,
            67,
        ),
        (
            r#"{"multipleOf":0.0}"#,
            "\"multipleOf\" must be a number other than zero, found number, at #/multipleOf (line 1, column 15)",
            1,
            15,
        ),
        (
            r#"{"pattern":"("}"#,
            "the pattern \"(\" does not close a group, at #/pattern (line 1, column 12)",
            1,
            12,
        ),
        (
            r#"{"title":null}"#,
            "\"title\" must be a string, found null, at #/title (line 1, column 10)",
            1,
            10,
        ),
        (
            r#"{"dependencies":{"a":[1]}}"#,
            "a dependency must be a schema or an array of strings, at #/dependencies/a (line 1, column 22)",
            1,
            22,
        ),
        (r#"{"$ref":5}"#, "\"$ref\" must be a string, found number, at #/$ref (line 1, column 9)", 1, 9),
        (
            r##"{"items":{"$ref":"#/definitions/a"}}"##,
            "the reference \"#/definitions/a\" leads nowhere, at #/items/$ref (line 1, column 18)",
            1,
            18,
        ),
        (
            r##"{"$ref":"#/x","x":"y"}"##,
            "the reference \"#/x\" must lead to a schema, found string, at #/$ref (line 1, column 9)",
            1,
            9,
        ),
        (
            r#"{"$ref":"other.json"}"#,
            "the reference \"other.json\" leads nowhere, at #/$ref (line 1, column 9)",
            1,
            9,
        ),
        (
            r##"{"$ref":"#/definitions/a","definitions":{"a":{"type":5}}}"##,
            "\"type\" must be a type name or an array of type names, found number, at #/definitions/a/type (line 1, column 54)",
            1,
            54,
        ),
        (
            r##"{"$ref":"#/definitions/a","$defs":{"a":{}}}"##,
            "the reference \"#/definitions/a\" leads nowhere, at #/$ref (line 1, column 9)",
            1,
            9,
        ),
        (
            r##"{"$ref":"https://example.com/a.json#/x"}"##,
            "Remote schema reference fetching over HTTP(S) is disabled: https://example.com/a.json",
            1,
            9,
        ),
        (
            r##"{"$id":"https://example.com/b/c","not":{"$ref":"a.json"}}"##,
            "Remote schema reference fetching over HTTP(S) is disabled: https://example.com/b/a.json",
            1,
            48,
        ),
        (
            r##"{"$id":"https://example.com/b","not":{"$ref":"#/a"}}"##,
            "the reference \"#/a\" leads nowhere, at #/not/$ref (line 1, column 46)",
            1,
            46,
        ),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!((error.message.as_str(), error.place), (message, Some(Place { line, column })), "{text}");
    }
}

#[test]
fn stages() {
    for (text, stage) in [
        ("{", Stage::Parse),
        ("3", Stage::Parse),
        (r#"{"type":3}"#, Stage::Validate),
        (r#"{"$ref":"a"}"#, Stage::Validate),
    ] {
        assert_eq!(parse(text).expect_err(text).stage, stage, "{text}");
    }
}

#[test]
fn references_within_a_document() {
    let d2020 = r#""$schema":"https://json-schema.org/draft/2020-12/schema""#;
    for (text, pointer, target) in [
        (r##"{"items":{"$ref":"#"}}"##.to_owned(), "/items", None),
        (r##"{"items":{"$ref":"#/definitions/a%20b~1c"},"definitions":{"a b/c":{"title":"T"}}}"##.to_owned(), "/items", Some(r#"{"title":"T"}"#)),
        (r##"{"items":{"$ref":"#/definitions/%C3%A9"},"definitions":{"é":{"title":"T"}}}"##.to_owned(), "/items", Some(r#"{"title":"T"}"#)),
        (r##"{"items":{"$ref":"#/anyOf/1"},"anyOf":[{},{"title":"T"}]}"##.to_owned(), "/items", Some(r#"{"title":"T"}"#)),
        (r##"{"items":{"$ref":"#/components/schemas/a"},"components":{"schemas":{"a":false}}}"##.to_owned(), "/items", Some("false")),
        (r##"{"items":{"$ref":"#/$defs/a"},"definitions":{"a":{"title":"T"}}}"##.to_owned(), "/items", Some(r#"{"title":"T"}"#)),
        (r##"{"items":{"$ref":"#here"},"definitions":{"a":{"$id":"#here"}}}"##.to_owned(), "/items", Some(r##"{"$id":"#here"}"##)),
        (r##"{"$id":"http://x/a","items":{"$ref":"b"},"definitions":{"a":{"$id":"b"}}}"##.to_owned(), "/items", Some(r#"{"$id":"b"}"#)),
        (r##"{"$id":"http://x/a","items":{"$ref":"http://x/a#/definitions/b"},"definitions":{"b":true}}"##.to_owned(), "/items", Some("true")),
        (r##"{"items":{"$ref":"b#/definitions/c"},"not":{"$id":"b","definitions":{"c":{"title":"T"}}}}"##.to_owned(), "/items", Some(r#"{"title":"T"}"#)),
        (r##"{"definitions":{"d":{"title":"outer"}},"not":{"$id":"b","definitions":{"d":{"title":"inner"}},"items":{"$ref":"#/definitions/d"}}}"##.to_owned(), "/not/items", Some(r#"{"title":"inner"}"#)),
        (r##"{"definitions":{"d":{"title":"outer"}},"not":{"$id":"b","items":{"$ref":"#/definitions/d"}}}"##.to_owned(), "/not/items", Some(r#"{"title":"outer"}"#)),
        (r##"{"$schema":"http://json-schema.org/draft-04/schema#","id":"http://x/","items":{"$ref":"b"},"not":{"id":"b"}}"##.to_owned(), "/items", Some(r#"{"id":"b"}"#)),
        (format!(r##"{{{d2020},"items":{{"$ref":"#x"}},"$defs":{{"a":{{"$anchor":"x"}}}}}}"##), "/items", Some(r#"{"$anchor":"x"}"#)),
        (format!(r##"{{{d2020},"items":{{"$dynamicRef":"#x"}},"$defs":{{"a":{{"$dynamicAnchor":"x"}}}}}}"##), "/items", Some(r#"{"$dynamicAnchor":"x"}"#)),
        (format!(r##"{{{d2020},"items":{{"$ref":"u#x"}},"$defs":{{"a":{{"$id":"u","$defs":{{"b":{{"$anchor":"x"}}}}}},"c":{{"$anchor":"x","title":"not this"}}}}}}"##), "/items", Some(r#"{"$anchor":"x"}"#)),
        (r##"{"items":{"$ref":"urn:example:a"},"definitions":{"a":{"$id":"urn:example:a"}}}"##.to_owned(), "/items", Some(r#"{"$id":"urn:example:a"}"#)),
    ] {
        let schema = parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let target = target.map_or_else(|| schema.canonical().to_owned(), str::to_owned);
        assert_eq!(meaning(&schema, pointer), Some((0, target)), "{text}");
    }
}

#[test]
fn references_to_other_documents() {
    let found = |title: &str| format!(r#"{{"title":"{title}"}}"#);
    for (text, others, document, title) in [
        (r#"{"items":{"$ref":"a.json"}}"#, vec![("a.json", found("A"))], 1, "A"),
        (r#"{"items":{"$ref":"./a.json"}}"#, vec![("a.json", found("A"))], 1, "A"),
        (r#"{"items":{"$ref":"a.json"}}"#, vec![("./a.json", found("A"))], 1, "A"),
        (r#"{"items":{"$ref":"a.json#"}}"#, vec![("b", found("B")), ("a.json", found("A"))], 2, "A"),
        (r#"{"$id":"http://x/y/z","items":{"$ref":"a.json"}}"#, vec![("a.json", found("A"))], 1, "A"),
        (
            r#"{"$id":"http://x/y/z","items":{"$ref":"http://x/y/a.json"}}"#,
            vec![("a.json", found("A"))],
            1,
            "A",
        ),
        (
            r#"{"$id":"http://x/y/z","items":{"$ref":"a.json"}}"#,
            vec![("http://x/y/a.json", found("A"))],
            1,
            "A",
        ),
        (r#"{"items":{"$ref":"https://x/a"}}"#, vec![("https://x/a", found("A"))], 1, "A"),
        (
            r##"{"items":{"$ref":"a#/definitions/d"}}"##,
            vec![("a", r#"{"definitions":{"d":{"title":"D"}}}"#.to_owned())],
            1,
            "D",
        ),
        (
            r##"{"items":{"$ref":"a#/$defs/d"}}"##,
            vec![("a", r#"{"definitions":{"d":{"title":"D"}}}"#.to_owned())],
            1,
            "D",
        ),
        (
            r##"{"items":{"$ref":"urn:own:name#/d"}}"##,
            vec![("a", r#"{"$id":"urn:own:name","d":{"title":"D"}}"#.to_owned())],
            1,
            "D",
        ),
        (
            r#"{"items":{"$ref":"io.example.Word With Spaces"}}"#,
            vec![("io.example.Word With Spaces", found("A"))],
            1,
            "A",
        ),
    ] {
        let others: Vec<(&str, &str)> = others.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let schema = parse_with(text, &others).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(meaning(&schema, "/items"), Some((document, found(title))), "{text} with {others:?}");
    }
}

#[test]
fn dependencies_must_hold_together_too() {
    let root = r#"{"items":{"$ref":"a.json"}}"#;
    for (others, message) in [
        (vec![("a.json", r#"{"$ref":"b.json"}"#), ("b.json", r#"{"$ref":"a.json"}"#)], None),
        (vec![("a.json", r#"{"$id":"http://x/a","$ref":"b.json"}"#), ("b.json", "true")], None),
        (
            vec![("a.json", r#"{"$ref":"b.json"}"#)],
            Some(
                "in the referenced schema \"a.json\": the reference \"b.json\" leads nowhere, at #/$ref (line 1, column 9)",
            ),
        ),
        (
            vec![("a.json", "[]")],
            Some(
                "in the referenced schema \"a.json\": Invalid JSON schema: expected an object or boolean at the root, found array",
            ),
        ),
        (
            vec![("a.json", "{")],
            Some("in the referenced schema \"a.json\": expected a key in double quotes at line 1, column 2"),
        ),
        (
            vec![("a.json", "{}"), ("unused", r#"{"type":1}"#)],
            Some(
                "in the referenced schema \"unused\": \"type\" must be a type name or an array of type names, found number, at #/type (line 1, column 9)",
            ),
        ),
        (
            vec![("a.json", r#"{"$ref":"http://x/y"}"#)],
            Some("Remote schema reference fetching over HTTP(S) is disabled: http://x/y"),
        ),
    ] {
        let error = parse_with(root, &others).err();
        assert_eq!(error.as_ref().map(|error| error.message.as_str()), message, "{others:?}");
        assert_eq!(error.and_then(|error| error.place), None, "no place in the schema itself");
    }
}

#[test]
fn meta_schemas_need_no_network() {
    for reference in [
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft-07/schema",
        "http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2020-12/meta/validation#/$defs/stringArray",
    ] {
        let schema = parse(&format!(r#"{{"items":{{"$ref":"{reference}"}}}}"#)).expect(reference);
        let (document, _) = meaning(&schema, "/items").expect(reference);
        assert!(document >= 1 && schema.size() < 300, "{reference}: {}", schema.size());
    }
}

#[test]
fn drafts_of_dependencies() {
    let root = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","items":{"$ref":"a"}}"#;
    for (text, draft) in
        [("{}", Draft::Year2020), (r#"{"$schema":"http://json-schema.org/draft-04/schema#"}"#, Draft::Four)]
    {
        let schema = parse_with(root, &[("a", text)]).expect(text);
        assert_eq!(
            schema.documents().map(super::Document::draft).collect::<Vec<_>>(),
            [Draft::Year2020, draft]
        );
    }
}

#[test]
fn canonical_and_normal_form() {
    for (text, canonical, normal) in [
        ("{ }", "{}", "{}"),
        (" true\n", "true", "true"),
        (
            r#"{"b": 1.50, "a": [{"z": 1, "y": 1E3}, "é"], "A": null}"#,
            r#"{"b":1.50,"a":[{"z":1,"y":1E3},"é"],"A":null}"#,
            r#"{"A":null,"a":[{"y":1E3,"z":1},"é"],"b":1.50}"#,
        ),
        // U+FF5E sorts after U+1F600 in UTF-16, before it as a character.
        (
            "{\"\u{ff5e}\":1,\"\u{1f600}\":2}",
            "{\"\u{ff5e}\":1,\"\u{1f600}\":2}",
            "{\"\u{1f600}\":2,\"\u{ff5e}\":1}",
        ),
    ] {
        let schema = parse(text).expect(text);
        assert_eq!((schema.canonical(), schema.normal_form().as_str()), (canonical, normal));
        assert_eq!(JsonSchema::canonical_of(text).expect(text), canonical);
    }
    assert_eq!(
        JsonSchema::canonical_of(r#"{ "$ref":"http://x/y" }"#).expect("not judged"),
        r#"{"$ref":"http://x/y"}"#
    );
}

#[test]
fn field_names() {
    let strict = Options { new: true, validate_fields: true };
    let message = "Field names cannot start with $$ prefix";
    for (text, place) in [
        (r#"{"properties":{"$a":{},"b":{"properties":{"$$c":{}}}}}"#, None),
        (r#"{"properties":{"a":{},"$$b":{}}}"#, Some(Place { line: 1, column: 23 })),
    ] {
        let error = JsonSchema::parse(text, &[], strict).err();
        let expected = place.map(|place| ParseError::validate(message, Some(place)));
        assert_eq!(error, expected, "{text}");
        assert!(parse(text).is_ok(), "only when asked for");
    }
}

#[test]
fn tags() {
    let tag = |name: &str| format!(r#""confluent:tags":["{name}"]"#);
    for (text, expected) in [
        ("true".to_owned(), vec![]),
        (format!(r#"{{"type":"string",{}}}"#, tag("T")), vec![]),
        (
            format!(r#"{{"type":"object",{},"properties":{{"b":{{"type":"string",{}}},"a":{{"$ref":"x",{}}}}}}}"#, tag("R"), tag("B"), tag("A")),
            vec!["record object [R]", "field object.b [B]", "field object.a [A]"],
        ),
        (
            format!(r#"{{"properties":{{"o":{{"type":"object",{},"properties":{{"p":{{{}}}}}}}}}}}"#, tag("O"), tag("P")),
            vec!["field object.o [O]", "field object.o.object.p [P]"],
        ),
        (
            format!(r#"{{"type":"object","properties":{{"l":{{"type":"array","items":{{"type":"object",{},"properties":{{"f":{{{}}}}}}}}}}}}}"#, tag("R"), tag("F")),
            vec!["record object.l.array.object [R]", "field object.l.array.object.f [F]"],
        ),
        // null sorts before object whatever the order in the text
        (
            format!(r#"{{"oneOf":[{{"type":"object","properties":{{"f":{{{}}}}}}},{{"type":"null"}}]}}"#, tag("F")),
            vec!["field oneof.1.object.f [F]"],
        ),
        (
            format!(r#"{{"type":"object","properties":{{"u":{{"allOf":[{{"type":"array"}},{{"type":"object","title":"b"}},{{"type":"object","title":"a",{}}}]}}}}}}"#, tag("R")),
            vec!["record object.u.allof.1.object [R]"],
        ),
        (
            format!(r#"{{"type":"object","properties":{{"n":{{"not":{{"type":"object",{}}}}}}}}}"#, tag("R")),
            vec!["record object.n.not.object [R]"],
        ),
        (
            format!(r#"{{"if":{{"properties":{{"f":{{{}}}}}}},"then":{{}},"else":{{"properties":{{"g":{{{}}}}}}}}}"#, tag("F"), tag("G")),
            vec!["field conditional.if.object.f [F]", "field conditional.else.object.g [G]"],
        ),
        (
            format!(r#"{{"type":["null","object"],"properties":{{"f":{{{}}}}}}}"#, tag("F")),
            vec!["field anyof.1.object.f [F]"],
        ),
        // two kinds of keywords: an allof of both
        (
            format!(r#"{{"type":"object","properties":{{"f":{{{}}}}},"anyOf":[{{}}]}}"#, tag("F")),
            vec!["field allof.1.object.f [F]"],
        ),
        (
            format!(r#"{{"type":"object","definitions":{{"d":{{"type":"object",{},"properties":{{"f":{{{}}}}}}}}}}}"#, tag("R"), tag("F")),
            vec!["record object.definitions.d.object [R]", "field object.definitions.d.object.f [F]"],
        ),
        // objects are ordered by the names of their properties
        (
            format!(r#"{{"anyOf":[{{"type":"object","properties":{{"b":{{{}}}}}}},{{"type":"object","properties":{{"a":{{{}}}}}}}]}}"#, tag("B"), tag("A")),
            vec!["field anyof.0.object.a [A]", "field anyof.1.object.b [B]"],
        ),
        (r#"{"type":"object","properties":{"f":{"confluent:tags":["b","a","b"]},"g":{"confluent:tags":"no list"}}}"#.to_owned(), vec!["field object.f [a, b]"]),
    ] {
        let schema = parse_with(&text, &[("x", "{}")]).unwrap_or_else(|error| panic!("{text}: {error}"));
        let found: Vec<String> = (schema.tagged().into_iter())
            .map(|tagged| {
                let kind = if tagged.is_record { "record" } else { "field" };
                format!("{kind} {} [{}]", tagged.path, tagged.tags.into_iter().collect::<Vec<_>>().join(", "))
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn pointers_and_places() {
    let schema = parse("{\n  \"properties\": {\"a/b~\": {\"items\": [{}, true]}}\n}").expect("valid");
    let document = schema.document();
    for (pointer, shown, line, column) in [
        ("", "#", 1, 1),
        ("/properties/a~1b~0", "#/properties/a~1b~0", 2, 26),
        ("/properties/a~1b~0/items/1", "#/properties/a~1b~0/items/1", 2, 41),
    ] {
        let node = document.at(pointer).expect(pointer);
        assert_eq!(
            (document.pointer_to(node).as_str(), document.place(node)),
            (shown, Place { line, column })
        );
    }
    for nowhere in [
        "properties",
        "/properties/x",
        "/properties/a~1b~0/items/2",
        "/properties/a~1b~0/items/01",
        "/properties/a~1b~0/items/-",
    ] {
        assert!(document.at(nowhere).is_none(), "{nowhere}");
    }
}

/// The work is counted in visited schemas: once each, whatever refers to them.
#[test]
fn worst_cases_stay_linear() {
    let mut chain = String::from(r##"{"$ref":"#/definitions/d0","definitions":{"d1000":{}"##);
    let mut doubling = String::from(r##"{"$ref":"#/definitions/d0","definitions":{"d1000":{}"##);
    for step in 0..1000 {
        let next = format!("#/definitions/d{}", step + 1);
        write!(chain, r#","d{step}":{{"$ref":"{next}"}}"#).expect("a string");
        write!(doubling, r#","d{step}":{{"allOf":[{{"$ref":"{next}"}},{{"$ref":"{next}"}}]}}"#)
            .expect("a string");
    }
    let properties = |count: usize| {
        let each =
            (0..count).map(|at| format!(r##""p{at}":{{"$ref":"#/properties/p{}"}}"##, (at + 1) % count));
        format!(r#"{{"properties":{{{}}}}}"#, each.collect::<Vec<_>>().join(","))
    };
    let wide = format!(r#"{{"anyOf":[{}]}}"#, vec!["{}"; 10_000].join(","));
    let deep = format!("{}true{}", r#"{"not":"#.repeat(255), "}".repeat(255));
    let nested_branches = format!("{}true{}", r#"{"allOf":[{},"#.repeat(127), "]}".repeat(127));
    for (what, text, size) in [
        ("a chain of references", format!("{chain}}}}}"), 1002),
        ("definitions that double", format!("{doubling}}}}}"), 1002 + 2000),
        ("a ring of properties", properties(10_000), 10_001),
        ("wide anyOf", wide, 10_001),
        ("deep", deep, 255),
        ("nested branches", nested_branches, 254),
        ("nothing but a circle", r##"{"$ref":"#/a","a":{"$ref":"#/b"},"b":{"$ref":"#/a"}}"##.to_owned(), 3),
        ("itself", r##"{"$ref":"#"}"##.to_owned(), 1),
    ] {
        let schema = parse(&text).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(schema.size(), size, "{what}");
        assert!(schema.tagged().is_empty(), "{what}");
    }
    let long = "u".repeat(1100);
    for text in [
        format!(r#"{{"$id":"{long}"}}"#),
        format!(r#"{{"$id":"{0}/{0}/","items":{{"$id":"{0}","not":{{"$id":"b"}}}}}}"#, &long[..500]),
    ] {
        assert!(
            parse(&text)
                .expect_err("long")
                .message
                .starts_with("the URI of the schema is longer than 1024 bytes")
        );
    }
    let too_deep = format!("{}true{}", r#"{"not":"#.repeat(257), "}".repeat(257));
    assert!(parse(&too_deep).expect_err("too deep").message.contains("nested deeper"));
}

const SEEDS: [&str; 5] = [
    r##"{"$schema":"http://json-schema.org/draft-07/schema#","$id":"http://x/a#b","type":["object","null"],"properties":{"a%":{"$ref":"#/definitions/d~1"},"b":{"$ref":"o.json"}},"definitions":{"d/":{"pattern":"(a|[b])","minimum":-1.5e3}}}"##,
    r##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"n","$defs":{"x":{"$anchor":"y","$id":"../z"}},"items":{"$dynamicRef":"#n"},"anyOf":[{"$ref":"z#y"},true]}"##,
    r#"{"type":"object","confluent:tags":["A"],"properties":{"f":{"oneOf":[{"type":"string"},{"type":"object","properties":{"g":{"confluent:tags":["B"]}}}]}},"if":{},"enum":[1]}"#,
    r#"{"$schema":"http://json-schema.org/draft-04/schema#","id":"urn:a:b","exclusiveMinimum":true,"dependencies":{"a":["b"],"c":{}},"items":[{},{"id":"//h?q"}]}"#,
    r##"{"$ref":"http://json-schema.org/draft-07/schema#/definitions/schemaArray"}"##,
];

/// Nothing may panic, and whatever parses must print to itself.
fn exercise(text: &str) {
    let Ok(schema) =
        parse_with(text, &[("o.json", r##"{"$ref":"#/definitions/a","definitions":{"a":{}}}"##)])
    else {
        return;
    };
    let again = parse_with(schema.canonical(), &[("o.json", "{}")]).expect("the canonical text parses");
    assert_eq!(again.canonical(), schema.canonical());
    let normal = parse_with(&schema.normal_form(), &[("o.json", "{}")]).expect("the normal form parses");
    assert_eq!(normal.normal_form(), schema.normal_form());
    assert_eq!(normal.canonical(), schema.normal_form());
    let distinct: HashSet<_> =
        schema.tagged().into_iter().map(|tagged| (tagged.path, tagged.is_record)).collect();
    assert!(distinct.len() <= schema.canonical().len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn mutated_schemas_never_panic(
        seed in 0..SEEDS.len(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..4_u8), 1..4),
    ) {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        for (at, byte, edit) in edits {
            let at = at.index(bytes.len());
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, br##"{}[]",:#/~%"##[byte as usize % 11]),
                2 => { bytes.remove(at); }
                _ => bytes.extend_from_within(at..),
            }
            if bytes.is_empty() {
                bytes.push(b' ');
            }
        }
        exercise(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_value_in_any_keyword_is_judged_without_a_panic(
        draft in 0..5_usize,
        keywords in proptest::collection::vec((0..KEYWORDS.len(), 0..VALUES.len()), 1..5),
    ) {
        let drafts = ["draft-04/schema#", "draft-06/schema#", "draft-07/schema#", "draft/2019-09/schema", "draft/2020-12/schema"];
        let mut text = format!(r#"{{"$schema":"http://json-schema.org/{}""#, drafts[draft]);
        for (keyword, value) in keywords {
            write!(text, r#","{}":{}"#, KEYWORDS[keyword], VALUES[value]).expect("a string");
        }
        text.push('}');
        exercise(&text);
    }
}

const KEYWORDS: [&str; 24] = [
    "$ref",
    "$id",
    "id",
    "$anchor",
    "$dynamicRef",
    "$defs",
    "definitions",
    "type",
    "enum",
    "const",
    "allOf",
    "not",
    "if",
    "items",
    "prefixItems",
    "properties",
    "patternProperties",
    "dependencies",
    "dependentRequired",
    "required",
    "minLength",
    "multipleOf",
    "exclusiveMaximum",
    "confluent:tags",
];
const VALUES: [&str; 16] = [
    "null",
    "true",
    "0",
    "-1.5e-400",
    "9e999999999999999999",
    "\"\"",
    "\"#\"",
    "\"#/items/0\"",
    "\"string\"",
    "\"%\"",
    "[]",
    "[\"a\"]",
    "[{\"$ref\":\"#\"}]",
    "{}",
    "{\"a\":{\"$ref\":\"#/not\"}}",
    "{\"$id\":\"::\",\"type\":\"object\"}",
];
