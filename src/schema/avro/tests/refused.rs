//! What is refused, and what is not.

use super::{dependencies, with_field};
use crate::schema::avro::AvroSchema;
use crate::schema::{Options, Place};

#[test]
fn texts_that_are_no_schema() {
    for (text, message, column) in [
        ("string", "unrecognized token 'string'", 1),
        ("", "a JSON value is missing", 1),
        ("3", "Schema not yet supported: 3", 1),
        ("null", "Schema not yet supported: null", 1),
        ("{}", "No type: {}", 1),
        (r#""string" x"#, "unexpected text after the end", 10),
        (r#"{"type":"string"} // x"#, "unexpected text after the end", 19),
        (r#"{"type":{"type":"string"}}"#, r#"No type: {"type":{"type":"string"}}"#, 1),
        (r#""str""#, "Undefined schema: str", 1),
        (r#"["null","str"]"#, "Undefined schema: str", 9),
        (r#"{"type":"array"}"#, "Array has no items type", 1),
        (r#"{"type":"map"}"#, "Map has no values type", 1),
        (r#"{"type":"fixed","name":"F"}"#, "Invalid or no size", 1),
        (r#"{"type":"fixed","name":"F","size":4.0}"#, "Invalid or no size", 1),
        (r#"{"type":"fixed","name":"F","size":-1}"#, "Length is negative: -1", 1),
        (r#"{"type":"fixed","name":"F","size":2147483647}"#, "above 2147483639", 1),
        (r#"{"type":"enum","name":"E"}"#, "Enum has no symbols", 1),
        (r#"{"type":"enum","name":"E","symbols":["A","A"]}"#, "Duplicate enum symbol: A", 42),
        (r#"{"type":"enum","name":"E","symbols":[1]}"#, "Null name", 38),
        (
            r#"{"type":"enum","name":"E","symbols":["A"],"default":"B"}"#,
            "The Enum Default: B is not in the enum symbol set: [A]",
            53,
        ),
        (r#"{"type":"record","fields":[]}"#, "No name in schema", 1),
        (r#"{"type":"record","name":"R"}"#, "Record has no fields", 1),
        (r#"{"type":"record","name":"R","fields":["f"]}"#, r#"No field name: "f""#, 39),
        (r#"{"type":"record","name":"R","fields":[{"name":"f"}]}"#, "No field type", 39),
        (
            r#"{"type":"record","name":"int","fields":[]}"#,
            "Schemas may not be named after primitives: int",
            1,
        ),
        (r#"{"type":"record","name":"1a","fields":[]}"#, "Illegal initial character: 1a", 1),
        (r#"{"type":"record","name":"a-b","fields":[]}"#, "Illegal character in: a-b", 1),
        (r#"{"type":"record","name":"n.","fields":[]}"#, "Empty name", 1),
        (r#"{"type":"record","name":"R","fields":[],"aliases":"x"}"#, "aliases not an array", 51),
        (r#"{"type":"record","name":"R","fields":[],"aliases":[1]}"#, "alias not a string: 1", 52),
        (r#"[["int"]]"#, "Nested union", 2),
        (r#"["int",{"type":"int","a":1}]"#, "Duplicate in union: int", 8),
        (r#"["A",{"type":"record","name":"A","fields":[]}]"#, "Duplicate in union: A", 6),
        (
            r#"[{"type":"array","items":"int"},{"type":"array","items":"long"}]"#,
            "Duplicate in union: array",
            33,
        ),
        (
            r#"{"type":"map","values":[{"type":"enum","name":"E","symbols":["X"]},{"type":"array","items":{"type":"enum","name":"E","symbols":["Y"]}}]}"#,
            "Can't redefine: E",
            92,
        ),
    ] {
        for options in [Options::NEW, Options::STORED] {
            let error = AvroSchema::parse(text, &[], options).expect_err(text);
            assert!(error.message.contains(message), "{text}: {error}");
            assert_eq!(error.place, Some(Place { line: 1, column }), "{text}: {error}");
            assert!(error.message.ends_with(&format!("at line 1, column {column}")), "{error}");
        }
    }
}

#[test]
fn fields_that_are_refused() {
    for (attributes, message) in [
        (r#""type":"str""#, "Undefined schema: str"),
        (r#""type":{"type":{"type":"string"}}"#, "No type"),
        (r#""type":"int"},{"name":"f","type":"int""#, "Duplicate field f in record R"),
        (r#""type":"int","order":"up""#, r#"Invalid order: "up""#),
        (r#""type":"double","default":"many""#, r#"For input string: "many""#),
        (r#""type":"double","default":"inf""#, r#"For input string: "inf""#),
        (
            r#""type":{"type":"record","name":"n.S","fields":[{"name":"g","type":"R"}]}"#,
            "Undefined schema: n.R",
        ),
    ] {
        let error = AvroSchema::parse(&with_field(attributes), &[], Options::STORED).expect_err(attributes);
        assert!(error.message.contains(message), "{attributes}: {error}");
    }
}

/// New schemas must have names in the specification's syntax and defaults that fit; others need not.
#[test]
fn only_new_schemas_are_held_to_the_letter() {
    let named = |attributes: &str| format!(r#"{{"type":"record","fields":[],{attributes}}}"#);
    for (text, message) in [
        (named(r#""name":"größe""#), "Illegal character in: größe"),
        (
            named(r#""name":"R","namespace":"a-b.c""#),
            r#"Namespace part "a-b" is invalid: Illegal character in: a-b"#,
        ),
        (named(r#""name":"a..R""#), r#"Namespace part "" is invalid: Empty name"#),
        (named(r#""name":"R","aliases":["a-b"]"#), "Illegal character in: a-b"),
        (r#"{"type":"enum","name":"E","symbols":["é"]}"#.to_owned(), "Illegal initial character: é"),
        (with_field(r#""type":"int","default":"x""#), r#"Invalid default for field f: "x" not a "int""#),
        (
            with_field(r#""type":"string","default":null"#),
            r#"Invalid default for field f: null not a "string""#,
        ),
    ] {
        assert!(AvroSchema::parse(&text, &[], Options::STORED).is_ok(), "{text}");
        let error = AvroSchema::parse(&text, &[], Options::NEW).expect_err(&text);
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn default_values_of_new_schemas() {
    let record = r#"{"type":"record","name":"S","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":1}]}"#;
    for (kind, default, fits) in [
        (r#""null""#, "null", true),
        (r#""null""#, "0", false),
        (r#""boolean""#, "true", true),
        (r#""boolean""#, "\"true\"", false),
        (r#""int""#, "2147483647", true),
        (r#""int""#, "2147483648", false),
        (r#""int""#, "1.0", false),
        (r#""long""#, "2147483648", true),
        (r#""long""#, "9223372036854775808", false),
        (r#""double""#, "1", true),
        (r#""double""#, "\"NaN\"", true),
        (r#""float""#, "null", false),
        (r#""bytes""#, "\"\\u00ff\"", true),
        (r#""string""#, "1", false),
        (r#"["null","int"]"#, "null", true),
        // A value of any branch will do.
        (r#"["null","int"]"#, "1", true),
        (r#"["null","int"]"#, "\"x\"", false),
        (r#"{"type":"array","items":"int"}"#, "[1,2]", true),
        (r#"{"type":"array","items":"int"}"#, "[1,null]", false),
        (r#"{"type":"array","items":"double"}"#, "[\"NaN\"]", false),
        (r#"{"type":"map","values":["null","int"]}"#, r#"{"a":1,"b":null}"#, true),
        (r#"{"type":"map","values":"int"}"#, "[]", false),
        (r#"{"type":"enum","name":"E","symbols":["A"]}"#, "\"B\"", true),
        (r#"{"type":"fixed","name":"F","size":2}"#, "\"\"", true),
        (record, r#"{"a":1}"#, true),
        (record, r#"{"b":1}"#, false),
        (record, r#"{"a":1,"b":"x"}"#, false),
        (r#"["null","R"]"#, r#"{"f":{"f":null}}"#, true),
        // The default of the default of the default…
        (r#""R""#, "{}", false),
    ] {
        let text = with_field(&format!(r#""type":{kind},"default":{default}"#));
        assert_eq!(AvroSchema::parse(&text, &[], Options::NEW).is_ok(), fits, "{kind} {default}");
        assert!(AvroSchema::parse(&text, &[], Options::STORED).is_ok(), "{kind} {default}");
    }
}

#[test]
fn an_error_tells_line_and_column() {
    let text = "{\"type\": \"record\", \"name\": \"R\", // é\n \"fields\": [\n  {\"name\": \"f\", \"type\": \"str\"}]}";
    let error = AvroSchema::parse(text, &[], Options::NEW).expect_err("str");
    assert_eq!(error.message, "Undefined schema: str at line 3, column 25");
}

#[test]
fn an_error_in_a_dependency_names_it() {
    let text = with_field(r#""type":"S""#);
    let broken = dependencies(&[r#"{"type":"record","name":"S","fields":[{"name":"g","type":"str"}]}"#]);
    let error = AvroSchema::parse(&text, &broken, Options::STORED).expect_err("str");
    assert_eq!(error.message, "in the referenced schema d0: Undefined schema: str at line 1, column 58");
    assert_eq!(error.place, None);

    let different = dependencies(&[r#"{"type":"enum","name":"R","symbols":[]}"#]);
    let error =
        AvroSchema::parse(&with_field(r#""type":"int""#), &different, Options::STORED).expect_err("R");
    assert!(error.message.starts_with("Can't redefine: R"), "{error}");

    // A dependency does not see what comes after it.
    let out_of_order =
        dependencies(&[r#"{"type":"array","items":"E"}"#, r#"{"type":"enum","name":"E","symbols":[]}"#]);
    let error = AvroSchema::parse(r#""E""#, &out_of_order, Options::STORED).expect_err("E");
    assert!(error.message.contains("d0: Undefined schema: E"), "{error}");
}
