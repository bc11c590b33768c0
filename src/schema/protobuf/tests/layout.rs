//! The canonical text.

use super::{RICH, parse};

fn assert_layout(text: &str, expected: &str) {
    let canonical = parse(text).canonical().to_owned();
    // Dots show the blanks at the end of lines.
    let shown: String = canonical.replace(" \n", "·\n").replace(" ·", "··");
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn the_order_of_a_file() {
    assert_layout(
        r#"syntax = "proto3"; // c
        service S { rpc Get (A) returns (stream A) { option deprecated = true; } rpc Put (stream A) returns (A); }
        enum E { Z = 0; }
        message A {} /* c */ message B { message C {} enum D { Y = 0; } message E {} };
        import public "google/protobuf/any.proto";
        import "google/protobuf/empty.proto";
        option java_package = "x";
        extend A { int32 e = 1; }
        package p.q;"#,
        r#"syntax = "proto3";
package p.q;

import "google/protobuf/empty.proto";
import public "google/protobuf/any.proto";

option java_package = "x";

message A {}
message B {
  message C {}
  message E {}
  enum D {
    Y = 0;
  }
}
enum E {
  Z = 0;
}

extend A {
  int32 e = 1;
}

service S {
  rpc Get (A) returns (stream A) {
    option deprecated = true;
  };
  rpc Put (stream A) returns (A);
}
"#,
    );
}

#[test]
fn the_order_of_a_message() {
    assert_layout(
        r#"message A {
          message N { optional int32 a = 1; oneof o { int32 b = 2; } }
          extend A { optional int32 e = 100; }
          extensions 100 to 199, 500, 1000 to max;
          repeated group G = 3 { optional N n = 1; }
          oneof o { option (x) = 1; string s = 4; }
          map < string , N > m = 5;
          optional .A a = 1;
          option deprecated = true;
          reserved 6, 7 to 9, 10 to 10; reserved "r", 's';
        }"#,
        r#"
message A {
  reserved 6, 7 to 9, 10 to 10;
  reserved "r", "s";

  option deprecated = true;

  map<string, N> m = 5;
  optional .A a = 1;

  oneof o {
    option (x) = 1;
··
    string s = 4;
  }

  repeated group G = 3 {
    optional N n = 1;
  }

  extensions 100 to 199, 500, 1000 to max;

  extend A {
    optional int32 e = 100;
  }

  message N {
    optional int32 a = 1;
··
    oneof o {
      int32 b = 2;
    }
  }
}
"#,
    );
}

#[test]
fn options_of_fields_and_enums() {
    assert_layout(
        r#"syntax = "proto2";
        message A {
          optional int32 a = 0x1 [deprecated = true];
          optional E b = 2 [json_name = "B", default = Z, deprecated = false];
          optional string c = 3 [default = "a" 'b"' "\n\x41\303\251\000"];
          optional bytes d = 4 [default = "\377"];
          optional double e = 5 [default = - inf];
          optional int32 f = 6 [(o).p.q = { a: 1, b <c: [], c: X>; [x.y/z]: "s" a: 2 }, (l) = [1, 2], (m) = [3]];
        }
        enum E { option allow_alias = true; Z = 0; N = -1 [deprecated = true]; reserved 5 to max; }"#,
        r#"syntax = "proto2";

message A {
  optional int32 a = 1 [deprecated = true];
  optional E b = 2 [
    deprecated = false,
    default = Z,
    json_name = "B"
  ];
  optional string c = 3 [default = "ab\"\nAé\000"];
  optional bytes d = 4 [default = "\377"];
  optional double e = 5 [default = -inf];
  optional int32 f = 6 [
    (o).p.q = {
      a: [
        1,
        2
      ],
      b: {
        c: [
          X
        ]
      },
      [x.y/z]: "s"
    },
    (l) = [
      1,
      2
    ],
    (m) = [3]
  ];
}
enum E {
  reserved 5 to max;
  option allow_alias = true;
  Z = 0;
  N = -1 [deprecated = true];
}
"#,
    );
}

#[test]
fn comments_and_blanks_do_not_matter_but_the_order_of_messages_does() {
    let canonical = |text| parse(text).canonical().to_owned();
    let plain = canonical("syntax = \"proto3\"; message A { int32 a = 1; } message B {}");
    assert_eq!(plain, canonical("// c\nsyntax='proto3';message A{/* d */int32 a=1;;}\r\n\tmessage B{};"));
    assert_ne!(plain, canonical("syntax = \"proto3\"; message B {} message A { int32 a = 1; }"));
}

#[test]
fn the_canonical_text_is_its_own_canonical_text() {
    for text in RICH {
        let canonical = parse(text).canonical().to_owned();
        assert_eq!(parse(&canonical).canonical(), canonical);
    }
}
