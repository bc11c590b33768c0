//! What the floor promises, case by case.

mod descriptor;
mod hostile;
mod layout;
mod normal;

use super::ProtobufSchema;
use crate::schema::{Dependency, Options, Place, Stage};

const STRICT: Options = Options { new: true, validate_fields: true };

fn parse(text: &str) -> ProtobufSchema {
    ProtobufSchema::parse(text, &[], Options::NEW).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn dependency(name: &str, text: &str) -> Dependency {
    Dependency { name: name.into(), origin: None, text: text.into() }
}

/// Texts with a bit of everything; each must also satisfy the compiler.
const RICH: [&str; 4] = [
    include_str!("rich_proto2.proto"),
    include_str!("rich_proto3.proto"),
    "message Empty {} // and nothing else",
    "",
];

#[test]
fn what_is_no_protobuf_is_refused_with_its_place() {
    let cases = [
        ("x", "Syntax error in :1:1: unexpected label: x"),
        ("syntax = \"proto4\";", "Syntax error in :1:1: unexpected syntax: proto4"),
        (
            "message A {}\nsyntax = \"proto3\";",
            "Syntax error in :2:1: 'syntax' element must be the first declaration in a file",
        ),
        ("package a; package b;", "Syntax error in :1:12: too many package names"),
        ("message A { string a = 1; }", "Syntax error in :1:13: unexpected label: string"),
        (
            "syntax=\"proto3\";\nmessage A {\n  required int32 a = 1;\n}",
            "Syntax error in :3:3: 'required' label forbidden in proto3 field declarations",
        ),
        (
            "message A { repeated map<string, string> a = 1; }",
            "Syntax error in :1:13: 'map' type cannot have label",
        ),
        ("message A { optional int32 a = x; }", "Syntax error in :1:32: expected an integer but was x"),
        (
            "message A { optional int32 é = 1; }",
            "Syntax error in :1:28: expected the name of the field but found 'é'",
        ),
        (
            "message A {",
            "Syntax error in :1:12: unexpected end of file; expected a field, a nested declaration or '}'",
        ),
        ("message A { reserved 1 2; }", "Syntax error in :1:24: expected ';' but found 2"),
        ("import foo;", "Syntax error in :1:8: unexpected kind of import: foo"),
        ("option a = \"x", "Syntax error in :1:12: unterminated string"),
        ("/* a", "Syntax error in :1:1: unterminated comment"),
        (
            "edition = \"2023\";",
            "Syntax error in :1:1: Protobuf editions are not supported in this version; use proto2 or proto3",
        ),
    ];
    for (text, message) in cases {
        let error = ProtobufSchema::parse(text, &[], Options::STORED).expect_err(text);
        assert_eq!((error.stage, error.message.as_str()), (Stage::Parse, message), "{text}");
        let place = error.place.expect("a parse error has a place");
        assert!(message.contains(&format!(":{}:{}:", place.line, place.column)), "{text}");
    }
}

#[test]
fn every_type_must_be_known() {
    let cases = [
        ("message A { optional B b = 1; }", Some(("B", 1, 22))),
        ("message A { map<string, B> b = 1; }", Some(("B", 1, 13))),
        ("message A { oneof o { .p.A b = 1; } }", Some((".p.A", 1, 23))),
        ("extend B { optional int32 b = 1; }", Some(("B", 1, 1))),
        ("message A {}\nservice S { rpc R (A) returns (stream B); }", Some(("B", 2, 39))),
        ("package p; message A { optional p.A b = 1; optional .p.A c = 2; optional A d = 3; }", None),
        ("message A { optional A.B b = 1; message B { optional B c = 1; optional A d = 2; } }", None),
        ("message A { optional group G = 1 { optional H h = 1; message H {} } optional G.H i = 2; }", None),
        // Built-in types need no import to be known, and a nested name hides nothing around it.
        ("message A { optional google.protobuf.Timestamp t = 1; optional google.type.Date d = 2; }", None),
        ("package p.q; message A { optional p.B b = 1; message p {} } ", Some(("p.B", 1, 35))),
        ("package a.b; message A { optional b.C c = 1; message b {} } message C {}", None),
    ];
    for (text, expected) in cases {
        let found = ProtobufSchema::parse(text, &[], Options::NEW).err();
        let expected = expected.map(|(name, line, column)| {
            (Stage::Validate, format!("Could not resolve type: {name}"), Some(Place { line, column }))
        });
        assert_eq!(found.map(|error| (error.stage, error.message, error.place)), expected, "{text}");
        let stored =
            ProtobufSchema::parse(text, &[], Options::STORED).expect("a stored schema is still read");
        assert_eq!(stored.unresolved().is_some(), expected.is_some(), "{text}");
    }
}

#[test]
fn only_the_stricter_checks_look_at_the_descriptor() {
    let cases = [
        ("syntax=\"proto3\"; message A { int32 a = 1; int32 b = 1; }", Some(1)),
        ("syntax=\"proto3\";\nimport \"nowhere.proto\";\nmessage A {}", Some(2)),
        ("syntax=\"proto3\";\nmessage A {\n  google.protobuf.Timestamp t = 1;\n}", Some(3)),
        ("syntax=\"proto3\"; message A {} message A {}", Some(1)),
        ("syntax=\"proto3\";\n\nenum E { A = 1; }", Some(3)),
        ("syntax=\"proto3\"; message A { int32 a = 1; }", None),
    ];
    for (text, line) in cases {
        parse(text);
        let error = ProtobufSchema::parse(text, &[], STRICT).err();
        assert_eq!(
            error.as_ref().and_then(|error| error.place).map(|place| place.line),
            line,
            "{error:?} {text}"
        );
    }
}

#[test]
fn types_come_from_dependencies_and_built_in_files() {
    let base =
        dependency("base.proto", "syntax = \"proto3\"; package base; message Money { int64 units = 1; }");
    let text = "syntax = \"proto3\"; package shop; import \"base.proto\"; import \"google/type/color.proto\";
        import \"confluent/types/decimal.proto\"; import \"confluent/type/decimal.proto\"; import \"google/protobuf/any.proto\";
        message Cart { base.Money total = 1; .google.type.Color color = 2; confluent.type.Decimal d = 3;
          google.protobuf.Any any = 4; }";
    let schema =
        ProtobufSchema::parse(text, std::slice::from_ref(&base), STRICT).expect("all types are known");
    let names = schema.names();
    let scope = names.inside(names.package(), "Cart");
    let money = names.resolve_type(scope, "base.Money").expect("known");
    assert_eq!((money.full_name.as_str(), money.origin), ("base.Money", super::names::Origin::Dependency(0)));
    let color = names.resolve_type(scope, ".google.type.Color").expect("known");
    let origin = schema.file_of(color.origin).expect("a built-in file");
    assert_eq!(origin.package.as_deref(), Some("google.type"));
    assert_eq!(names.resolve_type(scope, "Money"), None);
}

#[test]
fn every_definition_has_its_full_name() {
    let text = "package p.q; extend A { optional group X = 9 { optional int32 a = 1; } }
        message A { message B { enum C { Z = 0; } } oneof o { group G = 1 { optional int32 a = 1; } } extensions 9; }
        enum E { Y = 0; }";
    let schema = parse(text);
    let names: Vec<String> = schema.file().definitions().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["p.q.A", "p.q.A.G", "p.q.A.B", "p.q.A.B.C", "p.q.E", "p.q.X"]);
    for name in names {
        let found = schema.names().resolve_type(schema.names().package(), &format!(".{name}"));
        assert_eq!(found.map(|found| found.full_name), Some(name));
    }
}

#[test]
fn every_built_in_file_compiles() {
    for (path, _) in super::builtin::files() {
        let text = format!("syntax = \"proto3\"; import \"{path}\";");
        assert_eq!(ProtobufSchema::parse(&text, &[], STRICT).err(), None, "{path}");
    }
}

#[test]
fn tags_are_found_in_every_spelling() {
    let text = r#"syntax = "proto3";
        package p;
        import "confluent/meta.proto";
        message A {
          option (confluent.message_meta).tags = "ONE";
          option (.confluent.message_meta) = { tags: ["TWO", "ONE"], doc: "d" };
          oneof o { string b = 2 [(confluent.field_meta) = { tags: "PII" }]; }
          string a = 1 [(confluent.field_meta).tags = "X", (confluent.field_meta).tags = "Y"];
          string c = 3 [(confluent.field_meta).doc = "no tag"];
          message B { int32 n = 1 [(confluent.field_meta).tags = "PII"]; }
        }"#;
    let found: Vec<_> = parse(text)
        .tagged()
        .into_iter()
        .map(|tagged| format!("{} {} {:?}", tagged.path, tagged.is_record, tagged.tags))
        .collect();
    assert_eq!(
        found,
        [
            r#"A true {"ONE", "TWO"}"#,
            r#"A.b false {"PII"}"#,
            r#"A.a false {"X", "Y"}"#,
            r#"A.B.n false {"PII"}"#,
        ]
    );
}

#[test]
fn extensions_can_be_left_out() {
    let text = r#"syntax = "proto2";
        import "confluent/meta.proto";
        import "google/protobuf/descriptor.proto";
        extend google.protobuf.FieldOptions { optional string note = 50000; }
        message A {
          option deprecated = true;
          optional string a = 1 [(note) = "n", (confluent.field_meta).tags = "PII"];
          extensions 100 to 200;
          extend A { optional int32 e = 100; }
        }"#;
    let expected = r#"syntax = "proto2";

import "confluent/meta.proto";
import "google/protobuf/descriptor.proto";

message A {
  option deprecated = true;

  optional string a = 1 [(confluent.field_meta).tags = "PII"];
}
"#;
    assert_eq!(parse(text).without_extensions(), expected);
}
