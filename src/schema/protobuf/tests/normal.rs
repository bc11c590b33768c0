//! The normal form.

use super::{RICH, dependency, parse};
use crate::schema::Options;
use crate::schema::protobuf::ProtobufSchema;

#[test]
fn everything_without_meaning_is_put_in_order() {
    let text = r#"syntax = "proto3";
        package p;
        import "google/protobuf/descriptor.proto";
        import "confluent/meta.proto";
        import "confluent/meta.proto";
        option java_package = "j";
        option go_package = "g";
        message B {
          oneof late { int32 z = 9; B y = 8; }
          oneof early { int32 x = 3; }
          C c = 2;
          repeated MEntry m = 5 [json_name = "mm", deprecated = true];
          int32 a = 1 [(note) = "n", (confluent.field_meta).tags = "T", (p.list) = 0x10, (p.list) = 2,
                       (.confluent.field_meta).doc = "d", (confluent.field_meta) = { params: { value: "v" key: "k" } }];
          reserved "s", 30 to 40, 25, 20 to 20; reserved "r";
          message MEntry { option map_entry = true; string key = 1; C value = 2; }
        }
        enum E { Z = 0; Y = 2; X = 1; A = 1; }
        message C { B.MEntry not_a_map = 1; }
        extend google.protobuf.FieldOptions { string note = 50001; }
        extend google.protobuf.MessageOptions { string other = 50001; }
        extend .google.protobuf.FieldOptions { repeated int32 list = 50000; }
        service S { rpc Second (B) returns (C); rpc First (stream p.B) returns (.p.C); }"#;
    let expected = r#"syntax = "proto3";
package p;

import "confluent/meta.proto";
import "google/protobuf/descriptor.proto";

option go_package = "g";
option java_package = "j";

message B {
  reserved 20;
  reserved 25;
  reserved 30 to 40;
  reserved "r";
  reserved "s";

  int32 a = 1 [
    (confluent.field_meta) = {
      doc: "d",
      params: {
        key: "k",
        value: "v"
      },
      tags: "T"
    },
    (p.list) = 16,
    (p.list) = 2,
    (p.note) = "n"
  ];
  .p.C c = 2;
  map<string, .p.C> m = 5 [
    deprecated = true,
    json_name = "mm"
  ];

  oneof early {
    int32 x = 3;
  }
  oneof late {
    .p.B y = 8;
    int32 z = 9;
  }
}
message C {
  map<string, .p.C> not_a_map = 1;
}
enum E {
  Z = 0;
  A = 1;
  X = 1;
  Y = 2;
}

extend .google.protobuf.FieldOptions {
  repeated int32 list = 50000;
  string note = 50001;
}
extend .google.protobuf.MessageOptions {
  string other = 50001;
}

service S {
  rpc Second (.p.B) returns (.p.C);
  rpc First (stream .p.B) returns (.p.C);
}
"#;
    assert_eq!(parse(text).normal_form(), expected);
}

#[test]
fn spelling_is_not_meaning() {
    let pairs = [
        ("syntax = \"proto2\"; message A {}", "message A {}"),
        (
            "syntax = \"proto3\"; message A { int32 b = 2; int32 a = 1; }",
            "syntax = \"proto3\"; message A { int32 a = 1; int32 b = 2; }",
        ),
        ("package p; message A { optional A a = 1; }", "package p; message A { optional .p.A a = 0x1; }"),
        (
            "message A { extensions 5 to 5, 1 to 3; reserved 10 to 10; }",
            "message A { extensions 1 to 3; extensions 5; reserved 10; }",
        ),
        (
            "message A { optional int32 a = 1 [(confluent.field_meta).tags = \"x\"]; }",
            "message A { optional int32 a = 1 [(confluent.field_meta) = { tags: [\"x\"] }]; }",
        ),
    ];
    for (left, right) in pairs {
        assert_eq!(parse(left).normal_form(), parse(right).normal_form());
        assert_ne!(parse(left).canonical(), parse(right).canonical());
    }
}

#[test]
fn names_of_dependencies_are_spelled_out() {
    let base = dependency("b.proto", "syntax = \"proto3\"; package base.v1; message M {}");
    let text = "syntax = \"proto3\"; package base; import \"b.proto\"; message A { v1.M m = 1; }";
    let schema = ProtobufSchema::parse(text, &[base], Options::NEW).expect("it resolves");
    assert!(schema.normal_form().contains("  .base.v1.M m = 1;"), "{}", schema.normal_form());
}

#[test]
fn the_normal_form_is_its_own_normal_form() {
    for text in RICH {
        let normal = parse(text).normal_form();
        assert_eq!(parse(&normal).normal_form(), normal);
    }
}
