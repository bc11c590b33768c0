//! One rich report in every form: two breaks, one that was waived, a warning of a lint rule, a file that
//! is no schema, one that could not be checked; Windows line ends, a path with a space and letters beyond
//! ASCII, and names that mean something to the formats.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::surroundings::{Provenance, Root, Surroundings};
use super::text::Look;
use super::{Format, SCHEMA, Setting};
use crate::gate::Texts;
use crate::published::{
    Against, Comparison, File, Finding, Location, OfBase, ReferenceOpinion, Report, Side, Waiver, Witness,
    WitnessEvidence,
};

#[path = "../../../tests/it/forms.rs"]
mod forms;

const GIT: &str = "git:main@3f2c91d";
const REGISTRY: &str = "registry:http://127.0.0.1:8081";
const ORDER: &str = "{\r\n  \"type\": \"record\",\r\n  \"name\": \"Order\",\r\n  \"fields\": [\r\n\
    \t{ \"name\": \"id\", \"type\": \"string\", \"doc\": \"漢字 😀\" }, { \"name\": \"country\", \"type\": \"string\" },\r\n\
    \x20   { \"name\": \"quantity\", \"type\": \"int\" }\r\n  ]\r\n}\r\n";
const CART: &str = "syntax = \"proto3\";\npackage shop;\n\nmessage cart {\n  string id = 1;\n}\n";
const BROKEN: &str = "{\n  \"type\": \"record\",\n  \"a\" <here>\n}\n";
/// A field as pretty printers write it: the line of the place says nothing but that something opens.
const SPREAD: &str = "{\n  \"type\": \"record\",\n  \"fields\": [\n    {\n      \"name\": \"total\",\n      \"type\": \"string\"\n    }\n  ]\n}\n";
const CART_PATH: &str = "schemas/größe & co/cart.proto";

fn location(file: &str, line: u32, column: u32) -> Location {
    Location { file: file.to_owned(), line: Some(line), column: Some(column) }
}

fn side(pointer: &str) -> Side {
    Side { pointer: Some(pointer.to_owned()), ..Side::default() }
}

fn finding(subject: &str, rule: &str, fingerprint: &str, message: &str) -> Finding {
    Finding {
        kind: "compatibility",
        rule: rule.to_owned(),
        severity: "break".to_owned(),
        outcome: "refuse".to_owned(),
        fingerprint: fingerprint.to_owned(),
        subject: subject.to_owned(),
        against: Against { base: Some(GIT.to_owned()), ..Against::default() },
        level: Some("BACKWARD"),
        level_from: Some("schemas.yaml:6".to_owned()),
        direction: Some("backward"),
        reader: Side::default(),
        writer: Side::default(),
        place: None,
        earlier_place: None,
        reference: None,
        proof: None,
        witness: None,
        message: message.to_owned(),
        hint: None,
        waiver: None,
    }
}

fn missing(field: &str, line: u32, column: u32, pointer: &str, fingerprint: &str) -> Finding {
    let path = "schemas/orders value.avsc";
    let message = format!(
        "the new schema has the field `{field}` in `Order` without a default, and the old schema does not write it"
    );
    let failure =
        format!("no value was written for the field `{field}`, and it has no default (at {pointer})");
    Finding {
        against: Against {
            base: Some(GIT.to_owned()),
            file: Some("schemas/orders value.avsc".to_owned()),
            ..Against::default()
        },
        reader: Side { file: Some(path.to_owned()), line: Some(line), column: Some(column), ..side(pointer) },
        writer: Side { base_file: Some(path.to_owned()), line: Some(1), column: Some(1), ..side("") },
        place: Some(location(path, line, column)),
        earlier_place: Some(location(path, 1, 1)),
        reference: Some(ReferenceOpinion {
            verdict: "incompatible",
            name: Some("READER_FIELD_MISSING_DEFAULT_VALUE"),
            path: Some(pointer.to_owned()),
        }),
        proof: Some("broken".to_owned()),
        witness: Some(Witness {
            json: Some(json!({"id": ""})),
            text: None,
            bytes: Some("00".to_owned()),
            message: None,
            verified_by: &[],
            portable: true,
            failure: failure.clone(),
            evidence: WitnessEvidence {
                kind: "undecodable",
                at: pointer.to_owned(),
                keyword: None,
                wrote: None,
                read: None,
                error: Some(failure),
            },
        }),
        hint: Some("give the field a default".to_owned()),
        ..finding("orders-value", "avro-field-without-default", fingerprint, &message)
    }
}

/// One long line, as programs write it, with a place in the middle.
fn payment() -> (String, Location) {
    let properties: Vec<String> =
        (0..200).map(|number| format!("\"字{number}\":{{\"type\":\"integer\"}}")).collect();
    let text = format!("{{\"type\":\"object\",\"properties\":{{{}}}}}", properties.join(","));
    let at = text.find("{\"type\":\"integer\"},\"字101\"").expect("the place");
    let column = u32::try_from(text[..at].chars().count() + 1).expect("a column");
    (text, location("schemas/payments.schema.json", 1, column))
}

fn waived() -> Finding {
    let place = payment().1;
    Finding {
        outcome: "waived".to_owned(),
        against: Against {
            base: Some(REGISTRY.to_owned()),
            version: Some(7),
            id: Some(131),
            ..Against::default()
        },
        reader: Side { line: place.line, column: place.column, ..side("/properties/字100") },
        writer: side("/properties/字100"),
        place: Some(place),
        waiver: Some(Waiver {
            until: "2027-01-31".to_owned(),
            reason: "no reader left, see #12 | @finance <now>".to_owned(),
            by: Some("team-pay".to_owned()),
            place: location("schemas.yaml", 21, 5),
        }),
        ..finding(
            "payments",
            "json-type-narrowed",
            "0123456789ab",
            "the new schema refuses what the old one accepts: `字100` may be no number any more",
        )
    }
}

fn lint() -> Finding {
    Finding {
        kind: "lint",
        severity: "none".to_owned(),
        outcome: "warn".to_owned(),
        against: Against::default(),
        level: None,
        level_from: None,
        direction: None,
        place: Some(location(CART_PATH, 4, 9)),
        hint: Some("call it `Cart`".to_owned()),
        ..finding(
            "shop/cart",
            "lint-name-style",
            "ba9876543210",
            "the message `cart` does not begin with a capital",
        )
    }
}

fn file(path: &str, subject: &str, schema_type: &'static str, result: &'static str) -> File {
    File {
        file: path.to_owned(),
        subject: subject.to_owned(),
        schema_type,
        level: Some("BACKWARD"),
        level_from: Some("default".to_owned()),
        judge: "proof",
        result,
        moved_from: None,
        owner: None,
        message: None,
        line: None,
        column: None,
        bases: Vec::new(),
    }
}

fn rich() -> Report {
    let mut report = Report::against(vec![GIT.to_owned(), REGISTRY.to_owned()]);
    report.findings = vec![
        missing("country", 5, 53, "/fields/1", "20eced7c11aa"),
        missing("quantity", 6, 5, "/fields/2", "fa702af97528"),
        lint(),
        waived(),
    ];
    let of = |base: &str, result| OfBase { base: base.to_owned(), result };
    report.files = vec![
        File {
            level_from: Some("schemas.yaml:6".to_owned()),
            owner: Some("team-orders".to_owned()),
            bases: vec![of(GIT, "incompatible"), of(REGISTRY, "new")],
            ..file("schemas/orders value.avsc", "orders-value", "AVRO", "incompatible")
        },
        File {
            moved_from: Some("proto/cart.proto".to_owned()),
            ..file(CART_PATH, "shop/cart", "PROTOBUF", "compatible")
        },
        file("schemas/payments.schema.json", "payments", "JSON", "compatible"),
        File {
            message: Some("expected `,` or `}` at 50%: \"<here>\" & not\r\nthere\u{1}".to_owned()),
            line: Some(3),
            column: Some(7),
            ..file("schemas/broken.avsc", "broken", "AVRO", "invalid")
        },
        File {
            level: None,
            level_from: None,
            message: Some("the registry did not answer within 10 s".to_owned()),
            ..file("schemas/late.avsc", "late", "AVRO", "unchecked")
        },
        file("schemas/refunds.avsc", "refunds", "AVRO", "new"),
        file("schemas/legacy.avsc", "legacy", "AVRO", "deleted"),
        file("schemas/free.avsc", "free", "AVRO", "not_compared"),
    ];
    report.comparisons = vec![Comparison {
        subject: Some("payments".to_owned()),
        against: waived().against,
        direction: "backward",
        proof: "undecided",
        proof_detail: Some("a pattern is too complex".to_owned()),
        reference: "incompatible",
        reference_detail: None,
        more_findings: 0,
    }];
    report.close()
}

fn rendered(report: &Report, format: Format) -> String {
    let payment = payment().0;
    let mut texts = Texts::default();
    texts.keep_file("schemas/orders value.avsc", ORDER);
    texts.keep_file(CART_PATH, CART);
    texts.keep_file("schemas/broken.avsc", BROKEN);
    texts.keep_file("schemas/payments.schema.json", &payment);
    let told = missing("", 1, 1, "", "");
    texts.keep_earlier(&told.subject, &told.against, ORDER);
    texts.keep_earlier(&waived().subject, &waived().against, &payment);
    let surroundings = Surroundings {
        provenance: Some(Provenance {
            repository: "https://github.com/shop/schemas".to_owned(),
            revision: "3f2c91d".to_owned(),
        }),
        root: Root::of("/build/shop", "/build/shop/all"),
        ..Surroundings::default()
    };
    let look = Look { quiet: false, warnings_fail: false, width: 110 };
    format.render(report, Setting { texts: &texts, surroundings: &surroundings, exit_code: 1, look })
}

/// As it is seen where there is no colour.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn json_of(format: Format) -> Value {
    serde_json::from_str(&rendered(&rich(), format)).expect("JSON")
}

#[test]
fn text() {
    assert_snapshot!(plain(&rendered(&rich(), Format::Text)), @r#"
    FAIL  schemas/orders value.avsc:5:53  orders-value  BACKWARD (schemas.yaml:6)  20eced7c11aa
          avro-field-without-default  the new schema has the field `country` in `Order` without a default, and the old schema does not write it
            5 |     { "name": "id", "type": "string", "doc": "漢字 😀" }, { "name": "country", "type": "string" },
              |                                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/1
            against   schemas/orders value.avsc:1:1 in git:main@3f2c91d
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1
            witness   {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive 20eced7c11aa --until DATE --reason TEXT
    FAIL  schemas/orders value.avsc:6:5  orders-value  BACKWARD (schemas.yaml:6)  fa702af97528
          avro-field-without-default  the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it
            6 |     { "name": "quantity", "type": "int" }
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/2
            against   schemas/orders value.avsc:1:1 in git:main@3f2c91d
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2
            witness   {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)
            hint      give the field a default
            accept    dovetail waive fa702af97528 --until DATE --reason TEXT
    WARN  schemas/größe & co/cart.proto:4:9  shop/cart  ba9876543210
          lint-name-style  the message `cart` does not begin with a capital
            4 | message cart {
              |         ^^^^
            hint      call it `Cart`
    ok    schemas/größe & co/cart.proto  shop/cart  BACKWARD (default)  compatible, moved from proto/cart.proto
    PASS  schemas/payments.schema.json:1:2529  payments  BACKWARD (schemas.yaml:6)  json-type-narrowed: waived until 2027-01-31 by team-pay: no reader left, see #12 | @finance <now>
    ????  schemas/payments.schema.json  payments  BACKWARD (default)  not proved against version 7 (id 131): a pattern is too complex; Confluent's rules say incompatible
    ok    schemas/payments.schema.json  payments  BACKWARD (default)  compatible
    ????  schemas/broken.avsc  broken  BACKWARD (default)  not a schema
            3 |   "a" <here>
              |       ^^^^^^ expected `,` or `}` at 50%: "<here>" & not��there�
    ????  schemas/late.avsc  late  could not check
    new   schemas/refunds.avsc  refunds  BACKWARD (default)  nothing earlier to compare with
    gone  schemas/legacy.avsc  legacy  BACKWARD (default)  deleted
    ok    schemas/free.avsc  free  BACKWARD (default)  not compared at this level
    2 errors, 1 warning, 1 waived: 1 incompatible, 3 compatible, 1 new, 1 invalid, 1 not checked, 1 deleted
    "#);
}

#[test]
fn what_opens_is_shown_with_what_is_in_it() {
    let mut report = Report::against(vec![GIT.to_owned()]);
    let mut found = missing("total", 4, 5, "/fields/0", "0123456789ab");
    found.earlier_place = Some(location("schemas/orders value.avsc", 4, 5));
    found.writer.pointer = Some("/fields/0".to_owned());
    report.findings = vec![found];
    let mut texts = Texts::default();
    texts.keep_file("schemas/orders value.avsc", SPREAD);
    texts.keep_earlier(&report.findings[0].subject, &report.findings[0].against, SPREAD);
    let look = Look { quiet: false, warnings_fail: false, width: 110 };
    let text = super::text::render(&report.close(), &texts, look);
    assert_snapshot!(plain(&text), @r#"
    FAIL  schemas/orders value.avsc:4:5  orders-value  BACKWARD (schemas.yaml:6)  0123456789ab
          avro-field-without-default  the new schema has the field `total` in `Order` without a default, and the old schema does not write it
            4 |     {
              |     ^ this file reads, at /fields/0
            5 |       "name": "total",
            6 |       "type": "string"
            against   schemas/orders value.avsc:4:5 in git:main@3f2c91d
            4 |     {
              |     - the earlier schema writes, at /fields/0
            5 |       "name": "total",
            6 |       "type": "string"
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/0
            witness   {"id":""}: no value was written for the field `total`, and it has no default (at /fields/0)
            hint      give the field a default
            accept    dovetail waive 0123456789ab --until DATE --reason TEXT
    1 error, 0 warnings: 0 incompatible, 0 compatible, 0 new, 0 invalid, 0 not checked
    "#);
}

#[test]
fn colour_only_repeats_what_the_words_say() {
    let coloured = rendered(&rich(), Format::Text);
    assert!(coloured.contains("\u{1b}["), "there is colour to take away");
    assert!(!plain(&coloured).contains('\u{1b}'));
}

#[test]
fn an_excerpt_never_dominates() {
    let text = plain(&rendered(&rich(), Format::Text));
    let sections: Vec<&str> = text.split("\nFAIL").collect();
    for section in &sections {
        let excerpt = section.lines().filter(|line| line.contains(" | "));
        assert!(excerpt.count() <= 8, "{section}");
    }
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|widest| widest < 200), "{widest:?}");
}

#[test]
fn json() {
    let document = json_of(Format::Json);
    assert_eq!(forms::errors_by(&forms::strict(SCHEMA, "report"), &document), [""; 0]);
    assert_eq!(document["findings"].as_array().map(Vec::len), Some(4));
}

#[test]
fn json_lines_stand_alone() {
    let lines = rendered(&rich(), Format::Jsonl);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 5);
    for (line, definition) in lines.iter().zip(["finding_line"; 4].iter().chain(&["summary_line"])) {
        assert_eq!(forms::errors_by(&forms::strict(SCHEMA, definition), line), [""; 0], "{line}");
    }
    assert_eq!(lines[4]["count"]["errors"], 2);
    assert_eq!(lines[4].get("findings"), None);
}

/// What a document lacks, or has too much, is told: else validating it would say nothing.
#[test]
fn the_published_schema_refuses_what_is_no_report() {
    for (at, value) in [
        ("/format_version", json!(2)),
        ("/verdict", json!("fine")),
        ("/findings/0/fingerprint", json!("20ECED7C11AA")),
        ("/findings/0/kind", json!("other")),
        ("/findings/0/direction", json!("sideways")),
        ("/findings/0/place", json!({"line": 1})),
        ("/findings/0/place/line", json!(0)),
        ("/findings/0/witness", json!({})),
        ("/findings/3/waiver/until", json!("tomorrow")),
        ("/files/0/result", json!("good")),
        ("/count", json!({})),
        ("/comparisons/0/proof", json!("perhaps")),
    ] {
        let mut document = json_of(Format::Json);
        *document.pointer_mut(at).unwrap_or_else(|| panic!("{at} is there")) = value;
        let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
        assert_ne!(forms::errors_by(&schema, &document), [""; 0], "{at}");
    }
}

#[test]
fn sarif() {
    let log = json_of(Format::Sarif);
    assert_eq!(forms::sarif_errors(&log), [""; 0]);
    assert_snapshot!(format!("{log:#}"), @r#"
    {
      "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        {
          "tool": {
            "driver": {
              "name": "dovetail",
              "version": "0.1.0",
              "semanticVersion": "0.1.0",
              "rules": [
                {
                  "id": "avro-field-without-default",
                  "fullDescription": {
                    "text": "The reader has a field that the writer does not write, and no default for it. There is no value to put there."
                  },
                  "shortDescription": {
                    "text": "The reader has a field that the writer does not write, and no default for it."
                  },
                  "help": {
                    "text": "There is no value to put there.\n\nWhat to do: give the field a default"
                  },
                  "defaultConfiguration": {
                    "level": "error"
                  }
                },
                {
                  "id": "json-type-narrowed",
                  "fullDescription": {
                    "text": "The writer allows values of a type that the reader does not. Only integer widens, to number; a schema without `type` allows every type, also one that has `properties` or `minimum`."
                  },
                  "shortDescription": {
                    "text": "The writer allows values of a type that the reader does not."
                  },
                  "help": {
                    "text": "Only integer widens, to number; a schema without `type` allows every type, also one that has `properties` or `minimum`.\n\nWhat to do: keep the type and add the new one beside it: `\"type\": [\"string\", \"integer\"]`"
                  },
                  "defaultConfiguration": {
                    "level": "error"
                  }
                },
                {
                  "id": "lint-name-style",
                  "shortDescription": {
                    "text": "The rule lint-name-style."
                  },
                  "help": {
                    "text": "call it `Cart`\n\nSee: dovetail explain lint-name-style"
                  },
                  "defaultConfiguration": {
                    "level": "error"
                  }
                },
                {
                  "id": "not-a-schema",
                  "shortDescription": {
                    "text": "The file is no schema."
                  },
                  "help": {
                    "text": "The text cannot be parsed, or does not hold together. Nothing can be said about its compatibility."
                  },
                  "defaultConfiguration": {
                    "level": "error"
                  }
                }
              ]
            }
          },
          "columnKind": "unicodeCodePoints",
          "invocations": [
            {
              "executionSuccessful": false,
              "exitCode": 1,
              "toolExecutionNotifications": [
                {
                  "level": "error",
                  "message": {
                    "text": "late: could not check: the registry did not answer within 10 s"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "all/schemas/late.avsc",
                          "uriBaseId": "%SRCROOT%"
                        }
                      }
                    }
                  ]
                }
              ]
            }
          ],
          "results": [
            {
              "ruleId": "avro-field-without-default",
              "ruleIndex": 0,
              "level": "error",
              "message": {
                "text": "the new schema has the field `country` in `Order` without a default, and the old schema does not write it\nwitness: {\"id\":\"\"}: no value was written for the field `country`, and it has no default (at /fields/1)\nhint: give the field a default"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "all/schemas/orders%20value.avsc",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 5,
                      "startColumn": 53,
                      "endColumn": 92
                    }
                  },
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "/fields/1"
                    }
                  ]
                }
              ],
              "partialFingerprints": {
                "dovetailFinding/v1": "20eced7c11aa"
              },
              "properties": {
                "kind": "compatibility",
                "subject": "orders-value",
                "outcome": "refuse",
                "severity": "break",
                "level": "BACKWARD",
                "base": "git:main@3f2c91d"
              },
              "relatedLocations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "all/schemas/orders%20value.avsc",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 1,
                      "startColumn": 1,
                      "endColumn": 2
                    }
                  },
                  "id": 1,
                  "message": {
                    "text": "the earlier schema: schemas/orders value.avsc:1:1 in git:main@3f2c91d"
                  }
                }
              ]
            },
            {
              "ruleId": "avro-field-without-default",
              "ruleIndex": 0,
              "level": "error",
              "message": {
                "text": "the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it\nwitness: {\"id\":\"\"}: no value was written for the field `quantity`, and it has no default (at /fields/2)\nhint: give the field a default"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "all/schemas/orders%20value.avsc",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 6,
                      "startColumn": 5,
                      "endColumn": 42
                    }
                  },
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "/fields/2"
                    }
                  ]
                }
              ],
              "partialFingerprints": {
                "dovetailFinding/v1": "fa702af97528"
              },
              "properties": {
                "kind": "compatibility",
                "subject": "orders-value",
                "outcome": "refuse",
                "severity": "break",
                "level": "BACKWARD",
                "base": "git:main@3f2c91d"
              },
              "relatedLocations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "all/schemas/orders%20value.avsc",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 1,
                      "startColumn": 1,
                      "endColumn": 2
                    }
                  },
                  "id": 1,
                  "message": {
                    "text": "the earlier schema: schemas/orders value.avsc:1:1 in git:main@3f2c91d"
                  }
                }
              ]
            },
            {
              "ruleId": "lint-name-style",
              "ruleIndex": 2,
              "level": "warning",
              "message": {
                "text": "the message `cart` does not begin with a capital\nhint: call it `Cart`"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "all/schemas/gr%C3%B6%C3%9Fe%20%26%20co/cart.proto",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 4,
                      "startColumn": 9,
                      "endColumn": 13
                    }
                  }
                }
              ],
              "partialFingerprints": {
                "dovetailFinding/v1": "ba9876543210"
              },
              "properties": {
                "kind": "lint",
                "subject": "shop/cart",
                "outcome": "warn",
                "severity": "none"
              }
            },
            {
              "ruleId": "json-type-narrowed",
              "ruleIndex": 1,
              "level": "error",
              "message": {
                "text": "the new schema refuses what the old one accepts: `字100` may be no number any more"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "all/schemas/payments.schema.json",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 1,
                      "startColumn": 2529,
                      "endColumn": 2547
                    }
                  },
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "/properties/字100"
                    }
                  ]
                }
              ],
              "partialFingerprints": {
                "dovetailFinding/v1": "0123456789ab"
              },
              "properties": {
                "kind": "compatibility",
                "subject": "payments",
                "outcome": "waived",
                "severity": "break",
                "level": "BACKWARD",
                "base": "registry:http://127.0.0.1:8081"
              },
              "relatedLocations": [
                {
                  "id": 1,
                  "message": {
                    "text": "the earlier schema: version 7 (id 131) in registry:http://127.0.0.1:8081"
                  },
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "payments version 7 (id 131) in registry:http://127.0.0.1:8081"
                    }
                  ]
                }
              ],
              "suppressions": [
                {
                  "kind": "external",
                  "status": "accepted",
                  "justification": "no reader left, see #12 | @finance <now> (waived until 2027-01-31 by team-pay)",
                  "location": {
                    "physicalLocation": {
                      "artifactLocation": {
                        "uri": "all/schemas.yaml",
                        "uriBaseId": "%SRCROOT%"
                      },
                      "region": {
                        "startLine": 21,
                        "startColumn": 5
                      }
                    }
                  }
                }
              ]
            },
            {
              "ruleId": "not-a-schema",
              "ruleIndex": 3,
              "level": "error",
              "message": {
                "text": "expected `,` or `}` at 50%: \"<here>\" & not��there�"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "all/schemas/broken.avsc",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 3,
                      "startColumn": 7,
                      "endColumn": 13
                    }
                  }
                }
              ],
              "properties": {
                "subject": "broken"
              }
            }
          ],
          "versionControlProvenance": [
            {
              "repositoryUri": "https://github.com/shop/schemas",
              "revisionId": "3f2c91d",
              "mappedTo": {
                "uriBaseId": "%SRCROOT%"
              }
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn the_schema_of_sarif_refuses_what_is_none() {
    let results = "/runs/0/results";
    for (at, value) in [
        ("/version".to_owned(), json!("2.0.0")),
        ("/runs/0/tool/driver".to_owned(), json!({})),
        ("/runs/0/columnKind".to_owned(), json!("bytes")),
        ("/runs/0/invocations/0/executionSuccessful".to_owned(), json!("yes")),
        ("/runs/0/versionControlProvenance/0/repositoryUri".to_owned(), json!("not a uri")),
        ("/runs/0/tool/driver/rules/0".to_owned(), json!({"name": "no id"})),
        (format!("{results}/0/level"), json!("fatal")),
        (format!("{results}/0/message"), json!({"markdown": "x"})),
        (format!("{results}/0/ruleIndex"), json!(99)),
        (format!("{results}/0/locations/0/physicalLocation/artifactLocation/uri"), json!("a b.avsc")),
        (format!("{results}/0/locations/0/physicalLocation/region/startLine"), json!(0)),
        (format!("{results}/0/partialFingerprints/dovetailFinding~1v1"), json!(1)),
        (format!("{results}/3/suppressions/0/kind"), json!("waived")),
        (format!("{results}/3/suppressions/0/status"), json!("maybe")),
    ] {
        let mut log = json_of(Format::Sarif);
        let results: Vec<&Value> = log["runs"][0]["results"].as_array().into_iter().flatten().collect();
        let waived = results.iter().position(|result| result.get("suppressions").is_some());
        let at = at.replace("results/3", &format!("results/{}", waived.expect("one is waived")));
        *log.pointer_mut(&at).unwrap_or_else(|| panic!("{at} is there")) = value;
        assert_ne!(forms::sarif_errors(&log), [""; 0], "{at}");
    }
    let mut log = json_of(Format::Sarif);
    log["runs"][0]["results"][0]["note"] = json!("no such member");
    assert_ne!(forms::sarif_errors(&log), [""; 0]);
}

#[test]
fn junit() {
    let xml = rendered(&rich(), Format::Junit);
    assert_eq!(forms::junit_errors(&xml), [""; 0]);
    assert_snapshot!(xml, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="dovetail check" tests="11" failures="2" errors="2">
      <testsuite name="orders-value" tests="2" failures="2" errors="0" skipped="0" file="schemas/orders value.avsc">
        <testcase name="avro-field-without-default at schemas/orders value.avsc:5:53 (20eced7c11aa)" classname="orders-value" time="0">
          <failure type="avro-field-without-default" message="the new schema has the field `country` in `Order` without a default, and the old schema does not write it">place: schemas/orders value.avsc:5:53
    against: schemas/orders value.avsc:1:1 in git:main@3f2c91d
    reference: READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1
    witness: {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)
    hint: give the field a default
    fingerprint: 20eced7c11aa</failure>
        </testcase>
        <testcase name="avro-field-without-default at schemas/orders value.avsc:6:5 (fa702af97528)" classname="orders-value" time="0">
          <failure type="avro-field-without-default" message="the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it">place: schemas/orders value.avsc:6:5
    against: schemas/orders value.avsc:1:1 in git:main@3f2c91d
    reference: READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2
    witness: {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)
    hint: give the field a default
    fingerprint: fa702af97528</failure>
        </testcase>
      </testsuite>
      <testsuite name="shop/cart" tests="2" failures="0" errors="0" skipped="0" file="schemas/größe &amp; co/cart.proto">
        <testcase name="lint-name-style at schemas/größe &amp; co/cart.proto:4:9 (ba9876543210)" classname="shop/cart" time="0">
          <system-out>warning: the message `cart` does not begin with a capital
    place: schemas/größe &amp; co/cart.proto:4:9
    hint: call it `Cart`
    fingerprint: ba9876543210</system-out>
        </testcase>
        <testcase name="is compatible, BACKWARD (default)" classname="shop/cart" time="0"/>
      </testsuite>
      <testsuite name="payments" tests="2" failures="0" errors="0" skipped="1" file="schemas/payments.schema.json">
        <testcase name="json-type-narrowed at schemas/payments.schema.json:1:2529 (0123456789ab)" classname="payments" time="0">
          <skipped message="waived until 2027-01-31: no reader left, see #12 | @finance &lt;now&gt;"/>
          <system-out>the new schema refuses what the old one accepts: `字100` may be no number any more
    place: schemas/payments.schema.json:1:2529
    against: version 7 (id 131) in registry:http://127.0.0.1:8081
    waived: until 2027-01-31 by team-pay: no reader left, see #12 | @finance &lt;now&gt; (schemas.yaml:21:5)
    fingerprint: 0123456789ab</system-out>
        </testcase>
        <testcase name="is compatible, BACKWARD (default)" classname="payments" time="0"/>
      </testsuite>
      <testsuite name="broken" tests="1" failures="0" errors="1" skipped="0" file="schemas/broken.avsc">
        <testcase name="is a schema, BACKWARD (default)" classname="broken" time="0">
          <error type="invalid" message="expected `,` or `}` at 50%: &quot;&lt;here&gt;&quot; &amp; not&#13;&#10;there�">schemas/broken.avsc:3:7</error>
        </testcase>
      </testsuite>
      <testsuite name="late" tests="1" failures="0" errors="1" skipped="0" file="schemas/late.avsc">
        <testcase name="can be checked" classname="late" time="0">
          <error type="unchecked" message="the registry did not answer within 10 s">schemas/late.avsc</error>
        </testcase>
      </testsuite>
      <testsuite name="refunds" tests="1" failures="0" errors="0" skipped="0" file="schemas/refunds.avsc">
        <testcase name="is new, BACKWARD (default)" classname="refunds" time="0"/>
      </testsuite>
      <testsuite name="legacy" tests="1" failures="0" errors="0" skipped="0" file="schemas/legacy.avsc">
        <testcase name="may be deleted, BACKWARD (default)" classname="legacy" time="0"/>
      </testsuite>
      <testsuite name="free" tests="1" failures="0" errors="0" skipped="1" file="schemas/free.avsc">
        <testcase name="is compatible, BACKWARD (default)" classname="free" time="0">
          <skipped message="not compared at this level"/>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn the_rules_of_junit_refuse_what_is_none() {
    let xml = rendered(&rich(), Format::Junit);
    for (from, to) in [
        ("<testsuite name=\"orders-value\" ", "<testsuite "),
        ("tests=\"2\"", "tests=\"3\""),
        ("skipped=\"1\"", "skipped=\"0\""),
        ("classname=", "class="),
        (" time=\"0\"", " time=\"soon\""),
        ("<failure ", "<failure level=\"x\" "),
        ("<skipped ", "<ignored "),
        ("</testsuites>", ""),
        ("    <testcase", "    words <testcase"),
        ("&lt;", "<"),
    ] {
        let broken = xml.replacen(from, to, 1);
        assert_ne!(broken, xml, "{from} is there");
        assert_ne!(forms::junit_errors(&broken), [""; 0], "{from} → {to}");
    }
}

#[test]
fn github() {
    assert_snapshot!(rendered(&rich(), Format::Github), @r#"
    ::error file=all/schemas/orders value.avsc,line=5,col=53,title=avro-field-without-default in orders-value::the new schema has the field `country` in `Order` without a default, and the old schema does not write it%0Aagainst: schemas/orders value.avsc:1:1 in git:main@3f2c91d%0Awitness: {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)%0Ahint: give the field a default
    ::error file=all/schemas/orders value.avsc,line=6,col=5,title=avro-field-without-default in orders-value::the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it%0Aagainst: schemas/orders value.avsc:1:1 in git:main@3f2c91d%0Awitness: {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)%0Ahint: give the field a default
    ::error file=all/schemas/broken.avsc,line=3,col=7,title=not a schema%3A broken::expected `,` or `}` at 50%25: "<here>" & not%0D%0Athere�
    ::error file=all/schemas/late.avsc,title=could not check%3A late::the registry did not answer within 10 s
    ::warning file=all/schemas/größe & co/cart.proto,line=4,col=9,title=lint-name-style in shop/cart::the message `cart` does not begin with a capital%0Ahint: call it `Cart`
    ::notice file=all/schemas/payments.schema.json,line=1,col=2529,title=json-type-narrowed in payments::the new schema refuses what the old one accepts: `字100` may be no number any more%0Aagainst: version 7 (id 131) in registry:http://127.0.0.1:8081%0Awaived: until 2027-01-31 by team-pay: no reader left, see #12 | @finance <now> (schemas.yaml:21:5)
    "#);
}

#[test]
fn github_shows_ten_of_a_kind() {
    let mut report = rich();
    for number in 0..20 {
        report.findings.push(missing(&format!("f{number}"), 6, 5, "/fields/2", &format!("{number:012}")));
    }
    let lines = rendered(&report.close(), Format::Github);
    let errors: Vec<&str> = lines.lines().filter(|line| line.starts_with("::error ")).collect();
    // 22 findings and two files that could not be judged; the tenth line stands for 15 of them.
    assert_eq!(errors.len(), 10);
    assert_eq!(
        errors[9],
        "::error title=dovetail check::and 15 more, in the log of this step and in its summary"
    );
}

#[test]
fn gitlab() {
    let issues = json_of(Format::Gitlab);
    assert_eq!(forms::json_errors("gitlab-code-quality.schema.json", &issues), [""; 0]);
    assert_snapshot!(format!("{issues:#}"), @r#"
    [
      {
        "type": "issue",
        "check_name": "avro-field-without-default",
        "description": "orders-value: the new schema has the field `country` in `Order` without a default, and the old schema does not write it – witness: {\"id\":\"\"}: no value was written for the field `country`, and it has no default (at /fields/1) – hint: give the field a default",
        "categories": [
          "Compatibility"
        ],
        "severity": "critical",
        "fingerprint": "20eced7c11aa",
        "location": {
          "path": "all/schemas/orders value.avsc",
          "lines": {
            "begin": 5
          }
        }
      },
      {
        "type": "issue",
        "check_name": "avro-field-without-default",
        "description": "orders-value: the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it – witness: {\"id\":\"\"}: no value was written for the field `quantity`, and it has no default (at /fields/2) – hint: give the field a default",
        "categories": [
          "Compatibility"
        ],
        "severity": "critical",
        "fingerprint": "fa702af97528",
        "location": {
          "path": "all/schemas/orders value.avsc",
          "lines": {
            "begin": 6
          }
        }
      },
      {
        "type": "issue",
        "check_name": "lint-name-style",
        "description": "shop/cart: the message `cart` does not begin with a capital – hint: call it `Cart`",
        "categories": [
          "Compatibility"
        ],
        "severity": "minor",
        "fingerprint": "ba9876543210",
        "location": {
          "path": "all/schemas/größe & co/cart.proto",
          "lines": {
            "begin": 4
          }
        }
      },
      {
        "type": "issue",
        "check_name": "json-type-narrowed",
        "description": "payments: the new schema refuses what the old one accepts: `字100` may be no number any more – waived: until 2027-01-31 by team-pay: no reader left, see #12 | @finance <now> (schemas.yaml:21:5)",
        "categories": [
          "Compatibility"
        ],
        "severity": "info",
        "fingerprint": "0123456789ab",
        "location": {
          "path": "all/schemas/payments.schema.json",
          "lines": {
            "begin": 1
          }
        }
      },
      {
        "type": "issue",
        "check_name": "not-a-schema",
        "description": "expected `,` or `}` at 50%: \"<here>\" & not��there�",
        "categories": [
          "Compatibility"
        ],
        "severity": "blocker",
        "fingerprint": "not-a-schema:all/schemas/broken.avsc",
        "location": {
          "path": "all/schemas/broken.avsc",
          "lines": {
            "begin": 3
          }
        }
      },
      {
        "type": "issue",
        "check_name": "not-checked",
        "description": "the registry did not answer within 10 s",
        "categories": [
          "Compatibility"
        ],
        "severity": "blocker",
        "fingerprint": "not-checked:all/schemas/late.avsc",
        "location": {
          "path": "all/schemas/late.avsc",
          "lines": {
            "begin": 1
          }
        }
      }
    ]
    "#);
}

#[test]
fn the_schema_of_code_quality_refuses_what_is_none() {
    for (at, value) in [
        ("/0/severity", json!("fatal")),
        ("/0/description", json!("")),
        ("/0/fingerprint", Value::Null),
        ("/0/location", json!({"path": "a"})),
        ("/0/location/path", json!("./a")),
        ("/0/location/lines/begin", json!(0)),
        ("/0/categories/0", json!("Other")),
    ] {
        let mut issues = json_of(Format::Gitlab);
        *issues.pointer_mut(at).unwrap_or_else(|| panic!("{at} is there")) = value;
        assert_ne!(forms::json_errors("gitlab-code-quality.schema.json", &issues), [""; 0], "{at}");
    }
}

#[test]
fn two_bases_that_see_one_break_make_one_issue() {
    let mut report = rich();
    let mut again = missing("country", 5, 53, "/fields/1", "20eced7c11aa");
    again.against.base = Some(REGISTRY.to_owned());
    report.findings.push(again);
    let issues: Value = serde_json::from_str(&rendered(&report, Format::Gitlab)).expect("JSON");
    let fingerprints: Vec<&Value> =
        issues.as_array().into_iter().flatten().map(|issue| &issue["fingerprint"]).collect();
    assert_eq!(fingerprints.len(), 6);
}

#[test]
fn markdown() {
    assert_snapshot!(rendered(&rich(), Format::Markdown), @r#"
    ### Schemas: 2 errors, 1 warning, 1 waived

    8 schemas against `git:main@3f2c91d + registry:http://127.0.0.1:8081`: 1 incompatible, 3 compatible, 1 new, 1 invalid, 1 not checked, 1 deleted.

    - **not a schema** `schemas/broken.avsc:3:7`: expected `,` or `}` at 50%: "&lt;here&gt;" &amp; not��there�
    - **could not check** `schemas/late.avsc`: the registry did not answer within 10 s

    <details open><summary><b>FAIL</b> <code>schemas/orders value.avsc:5:53</code> orders-value</summary>

    the new schema has the field `country` in `Order` without a default, and the old schema does not write it

    ```text
        { "name": "id", "type": "string", "doc": "漢字 😀" }, { "name": "country", "type": "string" },
    ```

    - rule: `avro-field-without-default`
    - level: BACKWARD (schemas.yaml:6)
    - against: `schemas/orders value.avsc:1:1 in git:main@3f2c91d`
    - reference: READER\_FIELD\_MISSING\_DEFAULT\_VALUE at /fields/1
    - witness: ``{"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)``
    - hint: give the field a default
    - fingerprint: `20eced7c11aa`

    </details>

    <details open><summary><b>FAIL</b> <code>schemas/orders value.avsc:6:5</code> orders-value</summary>

    the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it

    ```text
        { "name": "quantity", "type": "int" }
    ```

    - rule: `avro-field-without-default`
    - level: BACKWARD (schemas.yaml:6)
    - against: `schemas/orders value.avsc:1:1 in git:main@3f2c91d`
    - reference: READER\_FIELD\_MISSING\_DEFAULT\_VALUE at /fields/2
    - witness: ``{"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)``
    - hint: give the field a default
    - fingerprint: `fa702af97528`

    </details>

    <details><summary><b>WARN</b> <code>schemas/größe &amp; co/cart.proto:4:9</code> shop/cart</summary>

    the message `cart` does not begin with a capital

    ```text
    message cart {
    ```

    - rule: `lint-name-style`
    - hint: call it `Cart`
    - fingerprint: `ba9876543210`

    </details>

    <details><summary><b>waived</b> <code>schemas/payments.schema.json:1:2529</code> payments</summary>

    the new schema refuses what the old one accepts: `字100` may be no number any more

    ```text
    …type":"integer"},"字99":{"type":"integer"},"字100":{"type":"integer"},"字101":{"type":"integer"},"字102":{"type":"integer"},"字103":{"type":"integer"},"字104":{"type":"integer"},"字105":{"type":"integer"},"字…
    ```

    - rule: `json-type-narrowed`
    - level: BACKWARD (schemas.yaml:6)
    - against: `version 7 (id 131) in registry:http://127.0.0.1:8081`
    - waived: until 2027-01-31 by team-pay: no reader left, see #<!-- -->12 \| @<!-- -->finance &lt;now&gt; (schemas.yaml:21:5)
    - fingerprint: `0123456789ab`

    </details>
    "#);
}

#[test]
fn markdown_fits_a_comment_however_much_there_is() {
    let mut report = rich();
    for number in 0..500 {
        report.findings.push(missing(&format!("字{number}"), 6, 5, "/fields/2", &format!("{number:012}")));
    }
    let page = rendered(&report.close(), Format::Markdown);
    assert!((60_000..=65_536).contains(&page.len()), "{}", page.len());
    let told = page.matches("<b>FAIL</b>").count();
    let left_out = 502 + 2 - told;
    assert!(
        page.ends_with(&format!("And {left_out} more that do not fit here: see the log of the job.\n")),
        "{told}"
    );
    assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
}
