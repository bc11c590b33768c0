//! Binary descriptors, both ways.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use prost_types::FileDescriptorProto;

use super::{RICH, STRICT, dependency, parse};
use crate::schema::Options;
use crate::schema::protobuf::ProtobufSchema;

#[test]
fn a_descriptor_is_as_good_as_its_text() {
    for text in RICH {
        let schema = ProtobufSchema::parse(text, &[], STRICT).expect("rich texts compile");
        let again = parse(&schema.serialized());
        assert_eq!(again.normal_form(), schema.normal_form());
        assert_eq!(again.tagged(), schema.tagged());
        // Maps come back as entry messages and are maps again for the compiler.
        assert_eq!(parse(&again.serialized()).canonical(), again.canonical());
    }
}

#[test]
fn the_text_of_a_descriptor() {
    let text = r#"syntax = "proto3";
        package p;
        import "confluent/meta.proto";
        message A {
          map<string, A> m = 1;
          optional int32 o = 2 [json_name = "x", (confluent.field_meta).tags = "PII"];
          repeated E e = 3;
          reserved 10, 20 to 29, "r";
        }
        enum E { Z = 0; }"#
        .replace(", \"r\"", "; reserved \"r\"");
    let expected = r#"syntax = "proto3";
package p;

import "confluent/meta.proto";

message A {
  reserved 10, 20 to 29;
  reserved "r";

  repeated .p.A.MEntry m = 1;
  optional int32 o = 2 [
    (confluent.field_meta) = {
      tags: [
        "PII"
      ]
    },
    json_name = "x"
  ];
  repeated .p.E e = 3;

  message MEntry {
    option map_entry = true;
··
    string key = 1;
    .p.A value = 2;
  }
}
enum E {
  Z = 0;
}
"#;
    let schema = parse(&parse(&text).serialized());
    assert_eq!(
        schema.canonical().replace("    \n", "  ··\n").replace("  \n", "··\n").replace("  ··\n", "··\n"),
        expected
    );
    let strict = ProtobufSchema::parse(schema.canonical(), &[], STRICT);
    assert_eq!(strict.map(|strict| strict.canonical().to_owned()).as_deref(), Ok(schema.canonical()));
}

#[test]
fn a_schema_that_does_not_compile_still_has_a_descriptor() {
    let schema = parse("syntax = \"proto3\"; message A { int32 a = 1; A b = 1; }");
    let bytes = STANDARD.decode(schema.serialized()).expect("base64");
    let file = FileDescriptorProto::decode(bytes.as_slice()).expect("a descriptor");
    assert_eq!(file.message_type[0].field.len(), 2);
    assert_eq!(file.source_code_info, None);
}

#[test]
fn descriptors_use_the_dependencies() {
    let base = dependency("base.proto", "syntax = \"proto3\"; package base; message M {}");
    let text = "syntax = \"proto3\"; import \"base.proto\"; message A { base.M m = 1; }";
    let schema = ProtobufSchema::parse(text, std::slice::from_ref(&base), Options::NEW).expect("it resolves");
    let encoded = schema.serialized();
    let again = ProtobufSchema::parse(&encoded, &[base], Options::NEW).expect("it resolves again");
    assert_eq!(again.normal_form(), schema.normal_form());
    let error = ProtobufSchema::parse(&encoded, &[], Options::NEW).expect_err("the dependency is missing");
    assert_eq!(error.message, "Could not resolve type: .base.M");
}

#[test]
fn other_base64_is_refused() {
    let editions = FileDescriptorProto { syntax: Some("editions".into()), ..FileDescriptorProto::default() };
    let cases = [
        (STANDARD.encode(editions.encode_to_vec()), "Protobuf editions are not supported"),
        (STANDARD.encode([0x0f; 12]), "Not a FileDescriptorProto"),
        ("AAA".to_owned(), "Syntax error in :1:1: unexpected label: AAA"),
    ];
    for (text, message) in cases {
        let error = ProtobufSchema::parse(&text, &[], Options::NEW).expect_err(&text);
        assert!(error.message.contains(message), "{error}");
    }
}
