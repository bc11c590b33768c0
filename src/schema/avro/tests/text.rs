//! What is printed.

use super::{stored, with_field};
use crate::model::{Content, Format};
use crate::schema::Tagged;

/// Both columns are what Avro Java 1.12.1 makes of the text.
#[test]
fn canonical_text() {
    for (text, canonical) in [
        (r#" "string" "#, r#""string""#),
        (r#"{"type":"string"}"#, r#""string""#),
        (r#"{"type":"string","doc":"gone"}"#, r#""string""#),
        (r#"{"a":1,"type":"int"}"#, r#"{"type":"int","a":1}"#),
        (
            r#"[ "null" , { "type":"int", "logicalType":"date" } ]"#,
            r#"["null",{"type":"int","logicalType":"date"}]"#,
        ),
        ("[]", "[]"),
        (r#"{"z":[],"items":"int","type":"array"}"#, r#"{"type":"array","items":"int","z":[]}"#),
        (r#"{"default":{},"values":"int","type":"map"}"#, r#"{"type":"map","values":"int","default":{}}"#),
        (
            r#"{"aliases":["B","A"],"custom":{"b":1,"a":2},"doc":"d","name":"x.User","type":"record","fields":[{"custom":1,
               "aliases":["g"],"order":"descending","default":0,"doc":"fd","type":{"type":"int"},"name":"f"}]}"#,
            r#"{"type":"record","name":"User","namespace":"x","doc":"d","fields":[{"name":"f","type":"int","doc":"fd","default":0,"order":"descending","aliases":["g"],"custom":1}],"custom":{"b":1,"a":2},"aliases":["B","A"]}"#,
        ),
        (
            r#"{"type":"enum","default":"A","z":1,"symbols":["A","B"],"aliases":["n.F","m.G"],"doc":"","namespace":"n","name":"E"}"#,
            r#"{"type":"enum","name":"E","namespace":"n","doc":"","symbols":["A","B"],"default":"A","z":1,"aliases":["F","m.G"]}"#,
        ),
        (
            r#"{"type":"fixed","scale":2,"logicalType":"decimal","precision":4,"size":8,"name":"F","aliases":["a"]}"#,
            r#"{"type":"fixed","name":"F","size":8,"scale":2,"logicalType":"decimal","precision":4,"aliases":["a"]}"#,
        ),
        (r#"{"type":"error","name":"E","fields":[]}"#, r#"{"type":"error","name":"E","fields":[]}"#),
        // An attribute of the wrong kind counts as absent.
        (
            r#"{"type":"enum","name":"E","symbols":["A"],"default":3,"doc":1,"namespace":[]}"#,
            r#"{"type":"enum","name":"E","symbols":["A"]}"#,
        ),
        // A namespace is inherited, left and re-entered.
        (
            r#"{"type":"record","name":"A","namespace":"n","fields":[
                {"name":"b","type":{"type":"fixed","name":"B","size":1}},
                {"name":"c","type":{"type":"fixed","name":"m.C","size":1}},
                {"name":"d","type":{"type":"fixed","name":"D","namespace":"","size":1}},
                {"name":"e","type":["n.B","m.C","D"]}]}"#,
            r#"{"type":"record","name":"A","namespace":"n","fields":[{"name":"b","type":{"type":"fixed","name":"B","size":1}},{"name":"c","type":{"type":"fixed","name":"C","namespace":"m","size":1}},{"name":"d","type":{"type":"fixed","name":"D","namespace":"","size":1}},{"name":"e","type":["B","m.C","D"]}]}"#,
        ),
        // A name that is also a built-in type keeps its namespace.
        (
            r#"{"type":"record","name":"n.int","fields":[{"name":"a","type":["null","n.int","int"]}]}"#,
            r#"{"type":"record","name":"int","namespace":"n","fields":[{"name":"a","type":["null","n.int","int"]}]}"#,
        ),
        // Used before it is defined: the definition moves.
        (
            r#"[{"type":"record","name":"A","fields":[{"name":"b","type":"B"}]},{"type":"enum","name":"B","symbols":["X"]}]"#,
            r#"[{"type":"record","name":"A","fields":[{"name":"b","type":{"type":"enum","name":"B","symbols":["X"]}}]},"B"]"#,
        ),
        // Defined twice, the same but for its documentation.
        (
            r#"{"type":"record","name":"A","fields":[{"name":"a","type":{"type":"enum","name":"E","symbols":["X"],"doc":"1"}},{"name":"b","type":{"doc":"2","symbols":["X"],"name":"E","type":"enum"}}]}"#,
            r#"{"type":"record","name":"A","fields":[{"name":"a","type":{"type":"enum","name":"E","doc":"1","symbols":["X"]}},{"name":"b","type":"E"}]}"#,
        ),
        // An object around a name.
        (
            r#"{"type":"record","name":"A","fields":[{"name":"a","type":["null",{"type":"A","doc":"gone"}]}]}"#,
            r#"{"type":"record","name":"A","fields":[{"name":"a","type":["null","A"]}]}"#,
        ),
        ("/* why */ {\"type\": // what\n\"long\"}", r#""long""#),
    ] {
        let schema = stored(text, &[]);
        assert_eq!(schema.canonical(), canonical, "{text}");
        assert_eq!(stored(canonical, &[]).canonical(), canonical, "again");
    }
}

#[test]
fn defaults_are_printed_as_java_prints_them() {
    for (attributes, printed) in [
        (r#""type":"double","default":1e10"#, r#""type":"double","default":1.0E10"#),
        (r#""type":"double","default":1"#, r#""type":"double","default":1"#),
        (r#""type":"float","default":"1""#, r#""type":"float","default":1.0"#),
        (r#""type":"double","default":" -2.5e3d ""#, r#""type":"double","default":-2500.0"#),
        (r#""type":"double","default":"NaN""#, r#""type":"double","default":"NaN""#),
        (r#""type":"double","default":"-Infinity""#, r#""type":"double","default":"-Infinity""#),
        (
            r#""type":"string","default":"\u00e9\u2028\/\u0001\n\"""#,
            "\"type\":\"string\",\"default\":\"é\u{2028}/\\u0001\\n\\\"\"",
        ),
        (r#""type":["null","int"],"default":null"#, r#""type":["null","int"],"default":null"#),
        (r#""type":"int","order":"IGNORE""#, r#""type":"int","order":"ignore""#),
        (r#""type":"int","order":"ascending""#, r#""type":"int""#),
        (r#""type":"int","aliases":["z","a","z"]"#, r#""type":"int","aliases":["z","a"]"#),
    ] {
        assert_eq!(stored(&with_field(attributes), &[]).canonical(), with_field(printed), "{attributes}");
    }
}

#[test]
fn normal_form() {
    for (text, normal) in [
        (r#"{"type":"string"}"#, r#""string""#),
        (
            r#"{"type":"record","name":"R","namespace":"n","doc":"","z":{"b":1,"a":2},"y":1,"aliases":["B","m.A",".C"],"fields":[
                {"name":"f","type":{"type":"enum","name":"E","doc":"d","symbols":["A"],"default":"A","p":[]},"aliases":["h","g"],"doc":""},
                {"name":"g","type":["null","E"],"default":null,"order":"descending"}]}"#,
            r#"{"name":"n.R","type":"record","fields":[{"name":"f","type":{"name":"n.E","type":"enum","symbols":["A"],"doc":"d","default":"A","p":[]},"order":"ascending","doc":"","aliases":["g","h"]},{"name":"g","type":["null","n.E"],"order":"descending","default":null}],"aliases":[".C","m.A","n.B"],"y":1,"z":{"a":2,"b":1}}"#,
        ),
        (
            r#"{"type":"fixed","name":"F","size":8,"a":1,"scale":0,"precision":4,"logicalType":"decimal"}"#,
            r#"{"name":"F","type":"fixed","size":8,"logicalType":"decimal","precision":4,"a":1}"#,
        ),
        (
            r#"{"type":"bytes","scale":2,"precision":4,"logicalType":"decimal"}"#,
            r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#,
        ),
        // Not a logical type that is known or that fits: properties like any other.
        (
            r#"{"type":"int","z":1,"logicalType":"mine","a":1}"#,
            r#"{"type":"int","a":1,"logicalType":"mine","z":1}"#,
        ),
        (
            r#"{"type":"int","z":1,"logicalType":"uuid","a":1}"#,
            r#"{"type":"int","a":1,"logicalType":"uuid","z":1}"#,
        ),
        (r#"{"z":1,"type":"array","items":"int","a":1}"#, r#"{"type":"array","items":"int","a":1,"z":1}"#),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"f","type":{"type":"map","values":"double"},"default":{"b":1,"a":2}},{"name":"g","type":"float","default":0.1}]}"#,
            r#"{"name":"R","type":"record","fields":[{"name":"f","type":{"type":"map","values":"double"},"order":"ascending","default":{"a":2.0,"b":1.0}},{"name":"g","type":"float","order":"ascending","default":0.1}]}"#,
        ),
    ] {
        assert_eq!(stored(text, &[]).normal_form(), normal, "{text}");
        assert_eq!(stored(normal, &[]).normal_form(), normal, "again");
    }
}

#[test]
fn types_of_dependencies_are_printed_by_name() {
    let address = r#"{"type":"record","name":"Address","namespace":"n","fields":[{"name":"kind","type":{"type":"enum","name":"Kind","symbols":["HOME"]}}]}"#;
    let user = r#"{"type":"record","name":"User","namespace":"n","fields":[{"name":"a","type":"Address"}]}"#;
    let order = r#"{"type":"record","name":"Order","fields":[{"name":"u","type":"n.User"},{"name":"a","type":["null","n.Address"]}]}"#;
    let schema = stored(order, &[address, user]);
    assert_eq!(schema.canonical(), order);
    assert_eq!(
        schema.resolved(),
        r#"{"type":"record","name":"Order","fields":[{"name":"u","type":{"type":"record","name":"User","namespace":"n","fields":[{"name":"a","type":{"type":"record","name":"Address","fields":[{"name":"kind","type":{"type":"enum","name":"Kind","symbols":["HOME"]}}]}}]}},{"name":"a","type":["null","n.Address"]}]}"#
    );
    assert_eq!(
        schema.normal_form(),
        r#"{"name":"Order","type":"record","fields":[{"name":"u","type":"n.User","order":"ascending"},{"name":"a","type":["null","n.Address"],"order":"ascending"}]}"#
    );
    // Only the schema of a dependency itself: what is defined inside it is printed where it is used.
    assert_eq!(
        stored(r#"["n.Kind","n.Address"]"#, &[address]).canonical(),
        r#"[{"type":"enum","name":"Kind","namespace":"n","symbols":["HOME"]},"n.Address"]"#
    );
    assert_eq!(stored(r#""n.User""#, &[address, user]).canonical(), r#""n.User""#);
    // A definition that is repeated keeps its own documentation, unless it is the schema itself.
    let kind =
        |doc: &str| format!(r#"{{"type":"enum","name":"Kind","namespace":"n"{doc},"symbols":["HOME"]}}"#);
    let repeated = format!(r#"{{"type":"array","items":{}}}"#, kind(r#","doc":"mine""#));
    assert_eq!(stored(&repeated, &[address]).canonical(), repeated);
    assert_eq!(stored(&kind(r#","doc":"mine""#), &[address]).canonical(), kind(""));
}

#[test]
fn guids_are_those_of_the_canonical_text() {
    let guid = |text: &str| {
        let text = stored(text, &[]).canonical().to_owned();
        Content { format: Format::Avro, text, references: vec![], metadata: None, rule_set: None }
            .guid()
            .to_string()
    };
    assert_eq!(guid(r#"{ "type" : "string" }"#), "095d71cf-1255-6b9d-5e33-0ad575b3df5d");
    assert_eq!(
        guid(r#"{"name":"User","fields":[{"type":{"type":"string"},"name":"f1"}],"type":"record"}"#),
        "6dcd1ea2-5ae7-e905-bdc3-fe09476b0799"
    );
}

#[test]
fn equivalence() {
    let enumeration = |more: &str| format!(r#"{{"type":"enum","name":"E","symbols":["A","B"]{more}}}"#);
    let field = with_field;
    for (left, right, same) in [
        (r#""int""#.to_owned(), r#"{"type":"int"}"#.to_owned(), true),
        (
            r#"{"type":"int","p":{"a":1,"b":2}}"#.to_owned(),
            r#"{"p":{"b":2,"a":1},"type":"int"}"#.to_owned(),
            true,
        ),
        (r#"{"type":"int","p":1}"#.to_owned(), r#"{"type":"int","p":1.0}"#.to_owned(), false),
        (r#"["int","null"]"#.to_owned(), r#"["null","int"]"#.to_owned(), false),
        (r#"["int"]"#.to_owned(), r#"["int","null"]"#.to_owned(), false),
        (enumeration(""), enumeration(r#","doc":"d""#), false),
        (enumeration(""), enumeration(r#","default":"A""#), false),
        (enumeration(""), enumeration(r#","namespace":"n""#), false),
        (enumeration(r#","aliases":["x","y"]"#), enumeration(r#","aliases":["y","x"]"#), true),
        (enumeration(r#","aliases":["x","y"]"#), enumeration(r#","aliases":["x"]"#), false),
        (field(r#""type":"int""#), field(r#""type":{"type":"int"},"order":"ascending""#), true),
        (field(r#""type":"int""#), field(r#""type":"int","order":"ignore""#), false),
        (field(r#""type":"int""#), field(r#""type":"int","doc":"d""#), false),
        (field(r#""type":"int""#), field(r#""type":"int","default":1"#), false),
        (field(r#""type":"int""#), field(r#""type":"int","aliases":["g"]"#), false),
        (field(r#""type":"int""#), field(r#""type":"long""#), false),
        (field(r#""type":["null","R"]"#), field(r#""type":["null",{"type":"R"}]"#), true),
    ] {
        let (left, right) = (stored(&left, &[]), stored(&right, &[]));
        assert_eq!(left.is_equivalent(&right), same, "{} {}", left.canonical(), right.canonical());
        assert_eq!(right.is_equivalent(&left), same, "the other way round");
    }
}

#[test]
fn a_definition_may_stand_in_the_text_or_in_a_dependency() {
    let user = r#"{"type":"record","name":"User","fields":[]}"#;
    let by_name = stored(&with_field(r#""type":"User""#), &[user]);
    let in_full = stored(&with_field(&format!(r#""type":{user}"#)), &[]);
    assert!(by_name.is_equivalent(&in_full));
    assert_ne!(by_name.canonical(), in_full.canonical());
    let other = stored(&with_field(r#""type":"User""#), &[r#"{"type":"enum","name":"User","symbols":[]}"#]);
    assert!(!by_name.is_equivalent(&other));
}

#[test]
fn tagged_records_and_fields() {
    let text = r#"{"type":"record","name":"myrecord","confluent:tags":["T"],"fields":[
        {"name":"field1","type":"string","confluent:tags":["PII","A"]},
        {"name":"field2","type":["null",{"type":"record","name":"n.Inner","fields":[
            {"name":"deep","type":{"type":"array","items":"Inner"},"confluent:tags":["D"]}]}],"confluent:tags":[]},
        {"name":"field3","type":"int","confluent:tags":"no list"},
        {"name":"field4","type":{"type":"map","values":"myrecord"},"confluent:tags":["Z", 1]}]}"#;
    let tagged = |path: &str, is_record: bool, tags: &[&str]| Tagged {
        path: path.to_owned(),
        is_record,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    assert_eq!(
        stored(text, &[]).tagged(),
        [
            tagged("myrecord", true, &["T"]),
            tagged("myrecord.field1", false, &["A", "PII"]),
            tagged("n.Inner.deep", false, &["D"]),
            tagged("myrecord.field4", false, &["1", "Z"]),
        ]
    );
}
