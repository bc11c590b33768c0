//! Schemas made to hurt, and work that must stay bounded.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::prove;
use crate::compat::report::{How, Proof, ProofView, Why};
use crate::model::{Direction, Pack};
use crate::schema::protobuf::ProtobufSchema;
use crate::schema::{Dependency, Options};

fn parse(text: &str, dependencies: &[Dependency]) -> ProtobufSchema {
    ProtobufSchema::parse(text, dependencies, Options::STORED).expect("a schema")
}

/// BACKWARD, on the stack of a thread that serves requests, which is not large.
fn judge(old: &str, new: &str) -> ProofView {
    judge_with(&parse(old, &[]), &parse(new, &[]))
}

fn judge_with(old: &ProtobufSchema, new: &ProtobufSchema) -> ProofView {
    let (old, new) = (old.clone(), new.clone());
    let small_stack = std::thread::Builder::new().stack_size(512 * 1024);
    let packs = BTreeSet::from([Pack::Wire]);
    let judge = move || prove(Direction::Backward, &new, &old, &packs);
    small_stack.spawn(judge).expect("a thread").join().expect("no panic and no overflow")
}

fn found(view: &ProofView) -> Vec<String> {
    let line = |finding: &crate::compat::Incompatibility| {
        let at = finding.reader_at.as_ref().map_or("", |at| at.as_str());
        format!("{} {at}", finding.rule.id)
    };
    view.findings.iter().map(line).collect()
}

#[test]
fn examples_of_the_catalogue_violate_their_rules() {
    for rule in super::rules::RULES {
        let packs: BTreeSet<Pack> = rule.pack.into_iter().collect();
        let [old, new] = [rule.example.0, rule.example.1].map(|text| parse(text, &[]));
        let view = match rule.direction {
            "forward" => prove(Direction::Forward, &old, &new, &packs),
            _ => prove(Direction::Backward, &new, &old, &packs),
        };
        assert!(view.findings.iter().any(|finding| finding.rule == *rule), "{}: {view:?}", rule.id);
    }
}

#[test]
fn the_same_is_identical_and_another_layout_is_proved() {
    let old = "syntax = \"proto3\"; message M { int32 a = 1; string b = 2; }";
    let proof = |new: &str| judge(old, new).proof;
    assert_eq!(
        proof("syntax = \"proto3\"; // a comment\nmessage M { int32 a = 1; string b = 2; }"),
        Proof::Proved(How::Identical)
    );
    assert_eq!(
        proof("syntax = \"proto3\"; message M { string b = 2; int32 a = 1; }"),
        Proof::Proved(How::Rules)
    );
}

#[test]
fn messages_that_cannot_be_written_break_nobody() {
    let endless = |of: &str| {
        format!(
            "syntax = \"proto2\"; message M {{ required N n = 1; optional {of} a = 2; }} message N {{ required M m = 1; }} message R {{ optional {of} x = 3; repeated M m = 4; }}"
        )
    };
    assert_eq!(found(&judge(&endless("int64"), &endless("int32"))), ["proto-number-narrowed /R/3"]);
    let removed = "syntax = \"proto2\"; message R { optional int64 x = 3; }";
    assert_eq!(judge(&endless("int64"), removed).proof, Proof::Proved(How::Rules));
}

#[test]
fn a_cycle_is_as_good_as_its_worst_member() {
    // Each message leads to the next, the last one back to the first; only one of them is broken.
    let ring = |prefix: &str, of: &str, length: usize| {
        let mut text = format!("syntax = \"proto3\"; message Root {{ {prefix}0 a = 1; {prefix}7 b = 2; }} ");
        for index in 0..length {
            let (next, of) = ((index + 1) % length, if index == 5 { of } else { "string" });
            let _ = write!(text, "message {prefix}{index} {{ {prefix}{next} next = 1; {of} value = 2; }} ");
        }
        text
    };
    let both = |old: &str, new: &str| {
        format!("{old} {}", new.replace("syntax = \"proto3\"; ", "").replace("Root", "Other"))
    };
    let (a, b) = (ring("A", "int64", 9), ring("B", "int32", 9));
    let old = both(&a, &b);
    // Every field that led into the ring A now leads into the ring B.
    let new =
        both(&a.replace("message Root { A0 a = 1; A7 b = 2; }", "message Root { B0 a = 1; B7 b = 2; }"), &b);
    let view = judge(&old, &new);
    assert_eq!(
        found(&view),
        ["proto-message-type-incompatible /Root/1", "proto-message-type-incompatible /Root/2"]
    );
    let harmless = both(&a.replace("int64", "int32"), &b);
    let new = both(
        &a.replace("int64", "int32")
            .replace("message Root { A0 a = 1; A7 b = 2; }", "message Root { B0 a = 1; B7 b = 2; }"),
        &b,
    );
    assert_eq!(judge(&harmless, &new).proof, Proof::Proved(How::Rules));
}

#[test]
fn imports_in_a_circle_and_imports_that_are_missing() {
    let import =
        |name: &str, text: &str| Dependency { name: name.to_owned(), origin: None, text: text.to_owned() };
    let dependencies = |of: &str| {
        [
            import(
                "b.proto",
                &format!(
                    "syntax = \"proto3\"; package b; import \"a.proto\"; message B {{ a.A a = 1; {of} v = 2; }}"
                ),
            ),
            import("a.proto", "syntax = \"proto3\"; package a; import \"b.proto\"; message A { b.B b = 1; }"),
        ]
    };
    let own = "syntax = \"proto3\"; import \"a.proto\"; message M { a.A a = 1; }";
    let [wide, narrow] = ["int64", "int32"].map(|of| parse(own, &dependencies(of)));
    // Compilers refuse such a circle; what the messages mean is plain all the same.
    assert_eq!(found(&judge_with(&wide, &narrow)), ["proto-message-type-incompatible /M/1"]);
    assert_eq!(judge_with(&narrow, &narrow).proof, Proof::Proved(How::Identical));
    let unknown = judge(
        "syntax = \"proto3\"; message M { Nowhere a = 1; }",
        "syntax = \"proto3\"; message M { Nowhere a = 1; int32 b = 2; }",
    );
    assert!(matches!(unknown.proof, Proof::Undecided(Why::Unsupported { .. })), "{unknown:?}");
}

#[test]
fn a_message_that_moves_into_an_import_is_not_removed() {
    let import = |text: &str| Dependency { name: "a.proto".to_owned(), origin: None, text: text.to_owned() };
    let head = "syntax = \"proto3\"; package p; import \"a.proto\"; message M { int32 a = 1; }";
    let both = format!("{head} message N {{ int32 b = 1; }}");
    let old = parse(&both, &[import("syntax = \"proto3\"; package p;")]);
    let new = parse(head, &[import("syntax = \"proto3\"; package p; message N { int32 b = 1; }")]);
    let view = judge_with(&old, &new);
    assert_eq!((found(&view), view.proof), (Vec::new(), Proof::Undecided(Why::VerifierDisagreed)));
}

#[test]
fn bytes_for_text_break_everybody_only_where_strings_are_checked() {
    let portable = |syntax: &str, label: &str| {
        let of = |of: &str| format!("syntax = \"{syntax}\"; message M {{ {label} {of} a = 1; }}");
        let view = judge(&of("bytes"), &of("string"));
        assert_eq!(found(&view), ["proto-bytes-not-text /M/1"]);
        view.findings.first().and_then(|finding| finding.witness.as_ref()).map(|witness| witness.portable())
    };
    assert_eq!(portable("proto2", "optional"), Some(false));
    assert_eq!(portable("proto3", "optional"), Some(true));
}

#[test]
fn what_no_descriptor_can_hold_is_not_decided() {
    let proof = |of: [&str; 2]| {
        let [old, new] = of.map(|of| format!("syntax = \"proto2\"; message M {{ optional {of} = 19000; }}"));
        judge(&old, &new).proof
    };
    let unsupported = Proof::Undecided(Why::Unsupported {
        keyword: "the field number 19000".to_owned(),
        at: "/M/19000".to_owned(),
    });
    assert_eq!(proof(["int64 a", "int32 a"]), unsupported);
    assert_eq!(proof(["int64 a", "int64 b"]), Proof::Proved(How::Rules));
    let fields = |of: &str| {
        let fields: String = (1..=70_000)
            .filter(|number| !(19_000..20_000).contains(number))
            .map(|number| format!("{of} f{number} = {number}; "))
            .collect();
        format!("syntax = \"proto3\"; message M {{ {fields} }}")
    };
    let Proof::Undecided(Why::Unsupported { keyword, .. }) = judge(&fields("int64"), &fields("int32")).proof
    else {
        panic!("decided")
    };
    assert_eq!(
        keyword,
        "a schema without sound descriptors (message M has 69000 fields, exceeding the u16 limit)"
    );
}

#[test]
fn what_is_written_twice_is_not_decided() {
    let old = "syntax = \"proto3\"; message M { int32 a = 1; int32 b = 1; }";
    let new = "syntax = \"proto3\"; message M { string a = 1; int32 b = 1; }";
    let view = judge(old, new);
    assert!(matches!(view.proof, Proof::Undecided(Why::Unsupported { .. })), "{view:?}");
}

#[test]
fn deep_and_wide_schemas_are_judged_on_a_small_stack() {
    // A chain of messages, each required by the one before; the last one changes.
    let chain = |length: usize, of: &str| {
        let mut text = "syntax = \"proto2\"; ".to_owned();
        for index in 0..length {
            let _ = write!(text, "message M{index} {{ required M{} next = 1; }} ", index + 1);
        }
        text + &format!("message M{length} {{ required {of} value = 1; }}")
    };
    assert_eq!(
        found(&judge(&chain(5_000, "int64"), &chain(5_000, "int32"))),
        ["proto-number-narrowed /M5000/1"]
    );
    // Two of the next one in each message: too large to be written down, but decided.
    let doubling = |length: usize, of: &str| {
        let mut text = "syntax = \"proto2\"; ".to_owned();
        for index in 0..length {
            let next = index + 1;
            let _ = write!(text, "message M{index} {{ required M{next} a = 1; required M{next} b = 2; }} ");
        }
        text + &format!("message M{length} {{ optional {of} value = 1; }}")
    };
    assert_eq!(
        found(&judge(&doubling(60, "int64"), &doubling(60, "int32"))),
        ["proto-number-narrowed /M60/1"]
    );
    // A message that must be too large to be shown is removed: there is nothing to show.
    let without_first = doubling(60, "int32").replacen("message M0", "message Other", 1);
    assert_eq!(
        judge(&doubling(60, "int32"), &without_first).proof,
        Proof::Undecided(Why::Unsupported {
            keyword: "a message too large to be shown".to_owned(),
            at: "/M0".to_owned()
        })
    );
    let nested = |depth: usize, of: &str| {
        let open: String = (0..depth).map(|index| format!("message N{index} {{ {of} v = 1; ")).collect();
        format!("syntax = \"proto3\"; {open}{}", "}".repeat(depth))
    };
    let view = judge(&nested(30, "int64"), &nested(30, "int32"));
    assert_eq!((view.proof, view.findings.len()), (Proof::Refuted, 30));
    // As deep as a schema may be; compilers give up before that.
    let view = judge(&nested(99, "int64"), &nested(99, "int32"));
    assert_eq!((view.proof, view.findings.len()), (Proof::Refuted, 99));
}

#[test]
fn huge_enums_and_many_findings_are_counted_not_told() {
    let constants = |prefix: &str| {
        let constants: String = (0..20_000).map(|number| format!("{prefix}{number} = {number}; ")).collect();
        format!("syntax = \"proto3\"; enum E {{ {constants} }} message M {{ E e = 1; repeated E f = 2; }}")
    };
    let view = judge(&constants("A"), &constants("B"));
    assert_eq!((view.findings.len(), view.more), (100, 19_900));
    let fields = |of: &str| {
        let fields: String = (1..3_000).map(|number| format!("{of} f{number} = {number}; ")).collect();
        format!("syntax = \"proto3\"; message M {{ {fields} }}")
    };
    let view = judge(&fields("int64"), &fields("int32"));
    assert_eq!((view.proof, view.findings.len(), view.more), (Proof::Refuted, 100, 2_899));
}

#[test]
fn work_is_bounded() {
    // Every message of one schema meets every message of the other.
    let clique = |prefix: &str, offset: usize| {
        let mut text = "syntax = \"proto3\"; ".to_owned();
        for message in 0..1_500 {
            let _ = write!(text, "message {prefix}{message} {{ ");
            for field in 1..4 {
                let _ = write!(
                    text,
                    "{prefix}{} f{field} = {field}; ",
                    (message * (field + offset) + field) % 1_500
                );
            }
            text.push_str("} ");
        }
        text
    };
    let view = judge(&clique("A", 1), &clique("A", 2));
    assert!(matches!(view.proof, Proof::Undecided(Why::Fuel) | Proof::Proved(_)), "{:?}", view.proof);
}
