//! What no case file can show in a few lines: inputs that are large, deep or hostile, and places.

use std::fmt::Write as _;

use super::compare;
use crate::compat::report::{ReferenceVerdict, ReferenceView};
use crate::model::Direction;
use crate::schema::protobuf::ProtobufSchema;
use crate::schema::{Dependency, Options};

const EXHAUSTED: &str = "no answer: the two schemas are too large, too deep or too entangled to be compared";

fn schema(text: &str, imports: &[(&str, &str)]) -> ProtobufSchema {
    let dependency = |(name, text): &(&str, &str)| Dependency {
        name: (*name).to_owned(),
        origin: None,
        text: (*text).to_owned(),
    };
    let dependencies: Vec<Dependency> = imports.iter().map(dependency).collect();
    ProtobufSchema::parse(text, &dependencies, Options::STORED).expect("a schema")
}

fn view(old: ProtobufSchema, new: ProtobufSchema) -> ReferenceView {
    // The stack of a thread that serves requests is not large.
    let small_stack = std::thread::Builder::new().stack_size(512 * 1024);
    let thread = small_stack.spawn(move || compare(Direction::Backward, &new, &old)).expect("a thread");
    thread.join().expect("no panic and no overflow")
}

/// The listed differences, or why there are none; of a long list the beginning.
fn reported(old: ProtobufSchema, new: ProtobufSchema) -> Vec<String> {
    let ReferenceView { verdict, listing } = view(old, new);
    if let ReferenceVerdict::NoAnswer(why) = verdict {
        return vec![format!("no answer: {why}")];
    }
    let listed = listing.listed.iter().take(5).map(|&position| {
        let reference =
            listing.findings[position].reference.as_ref().expect("the reference has a name for it");
        format!("{} {}", reference.name, reference.path)
    });
    listed.collect()
}

/// A file `d.proto` in which each message holds the next one twice.
fn doubling(levels: usize, leaf: &str) -> String {
    let mut text = "syntax = \"proto3\"; package d;".to_owned();
    for level in 0..levels {
        let next = level + 1;
        let _ = write!(text, "message M{level} {{ M{next} a = 1; M{next} b = 2; }}");
    }
    let _ = write!(text, "message M{levels} {{ {leaf} v = 1; }}");
    text
}

/// A file `d.proto` in which each message holds every other one.
fn web(messages: usize, leaf: &str) -> String {
    let mut text = "syntax = \"proto3\"; package d;".to_owned();
    for message in 0..messages {
        let _ = write!(text, "message M{message} {{ {leaf} v = 1;");
        for other in 0..messages {
            let _ = write!(text, "M{other} m{other} = {};", other + 2);
        }
        text.push('}');
    }
    text
}

/// A file `d.proto` in which messages hold each other in one long chain.
fn chain(messages: usize, leaf: &str) -> String {
    let mut text = "syntax = \"proto3\"; package d;".to_owned();
    for message in 0..messages {
        let _ = write!(text, "message M{message} {{ M{} m = 1; {leaf} v = 2; }}", (message + 1) % messages);
    }
    text
}

#[test]
fn work_is_bounded() {
    let root = "syntax = \"proto3\"; import \"d.proto\"; message R { d.M0 m = 1; }";
    let through_imports =
        |old: &str, new: &str| reported(schema(root, &[("d.proto", old)]), schema(root, &[("d.proto", new)]));
    // What is found below is listed again by each field that leads there.
    assert_eq!(through_imports(&doubling(60, "int32"), &doubling(60, "string")), [EXHAUSTED]);
    assert_eq!(through_imports(&doubling(60, "int32"), &doubling(60, "int64")), [""; 0]);
    assert_eq!(through_imports(&web(40, "int32"), &web(40, "int64")), [EXHAUSTED]);
    assert_eq!(through_imports(&web(4, "int32"), &web(4, "int64")), [""; 0]);
    assert_eq!(through_imports(&chain(5_000, "int32"), &chain(5_000, "int64")), [EXHAUSTED]);
    assert_eq!(through_imports(&chain(60, "int32"), &chain(60, "int64")), [""; 0]);
    // Texts that stay the same are not gone through.
    assert_eq!(through_imports(&web(40, "int32"), &web(40, "int32")), [""; 0]);
    assert_eq!(through_imports(&chain(5_000, "int32"), &chain(5_000, "int32")), [""; 0]);
}

#[test]
fn deep_and_large_texts_are_compared() {
    let nested = |leaf: &str| {
        let text = "message M {".repeat(99) + leaf + &"}".repeat(99);
        schema(&format!("syntax = \"proto3\"; {text}"), &[])
    };
    let path = "/M".repeat(99);
    let found = reported(nested("int32 a = 1;"), nested("string a = 1;"));
    assert_eq!(found, [format!("FIELD_SCALAR_KIND_CHANGED #{path}/1")]);

    let wide = |of: &str| {
        let mut text = "syntax = \"proto3\"; message M {".to_owned();
        for number in 1..=5_000 {
            let _ = write!(text, "{of} field_number_{number} = {number};");
        }
        schema(&(text + "}"), &[])
    };
    assert_eq!(reported(wide("int32"), wide("int64")), [""; 0]);
    assert_eq!(reported(wide("int32"), wide("string")).len(), 5);

    let many = |named: &str, count: usize| {
        let messages = (0..count).map(|index| format!("message {named}{index} {{ }}"));
        schema(&("syntax = \"proto3\";".to_owned() + &messages.collect::<String>()), &[])
    };
    assert_eq!(reported(many("A", 5_000), many("B", 1)).len(), 5);
    assert_eq!(reported(many("A", 25_000), many("B", 1)), [EXHAUSTED]);
}

#[test]
fn there_is_no_answer_where_the_reference_crashes() {
    let proto2 = |text: &str| schema(&format!("syntax = \"proto2\"; {text}"), &[]);
    let same = |text: &str| reported(proto2(text), proto2(text));
    assert_eq!(
        same(
            "message M { optional E e = 1; message E { option map_entry = true; optional int32 key = 1; } }"
        ),
        ["no answer: a map entry has no field `key` or no field `value`"]
    );
    assert_eq!(
        same(
            "message M { optional E e = 1; message E { option map_entry = true; optional int32 key = 1; optional E value = 2; } }"
        ),
        [EXHAUSTED]
    );
    let found = reported(
        schema(
            "syntax = \"proto3\"; import \"d.proto\"; message M { .N f = 1; enum N { A = 0; } }",
            &[("d.proto", "syntax = \"proto3\"; message N { }")],
        ),
        schema(
            "syntax = \"proto3\"; import \"d.proto\"; message M { .N f = 1; }",
            &[("d.proto", "syntax = \"proto3\"; message N { int32 a = 1; }")],
        ),
    );
    assert_eq!(
        found,
        ["no answer: a name means a message where it is used and an enum when it is written in full"]
    );
}

#[test]
fn texts_that_do_not_resolve_or_repeat_themselves_are_compared() {
    let proto3 = |text: &str| schema(&format!("syntax = \"proto3\"; {text}"), &[]);
    assert_eq!(reported(proto3("message M { x.Y a = 1; }"), proto3("message M { x.Y a = 1; }")), [""; 0]);
    assert_eq!(
        reported(proto3("message M { x.Y a = 1; }"), proto3("message M { .x.Y a = 1; }")),
        ["FIELD_NAMED_TYPE_CHANGED #/M/1"]
    );
    // Of what is there twice, the last one counts.
    assert_eq!(
        reported(
            proto3("message M { int32 a = 1; } message M { int32 b = 1; }"),
            proto3("message M { int32 a = 1; string b = 1; } message M { string c = 1; int32 d = 1; }"),
        ),
        [""; 0]
    );
    // Files that import each other.
    let ring = |leaf: &str| {
        let a = "syntax = \"proto3\"; package a; import \"b.proto\"; message A { b.B b = 1; }";
        let b = format!(
            "syntax = \"proto3\"; package b; import \"a.proto\"; message B {{ a.A a = 1; {leaf} v = 2; }}"
        );
        schema(
            "syntax = \"proto3\"; import \"a.proto\"; message M { a.A a = 1; }",
            &[("a.proto", a), ("b.proto", &b)],
        )
    };
    assert_eq!(reported(ring("int32"), ring("int32")), [""; 0]);
    assert_eq!(
        reported(ring("int32"), ring("string")),
        [
            "FIELD_SCALAR_KIND_CHANGED #/B/2",
            "FIELD_NAMED_TYPE_CHANGED #/A/1",
            "FIELD_NAMED_TYPE_CHANGED #/M/1"
        ]
    );
}

#[test]
fn findings_point_into_both_texts() {
    let old = "syntax = \"proto3\";\nmessage M {\n  message In {\n    oneof o {\n      int32 a = 1;\n      int32 b = 2;\n    }\n  }\n}";
    let new = "syntax = \"proto3\";\nmessage M {\n  message In {\n    oneof p {\n      string a = 1;\n    }\n  }\n}";
    let found = view(schema(old, &[]), schema(new, &[])).listing.findings;
    let places: Vec<String> = found
        .iter()
        .map(|finding| {
            let [reader, writer] =
                [(&finding.reader_at, new), (&finding.writer_at, old)].map(|(at, text)| {
                    let at = at.as_ref().expect("a place");
                    let place = at.place(text).expect("a place in the text");
                    format!("{at} {}:{}", place.line, place.column)
                });
            format!("{}: {reader}, {writer}: {}", finding.rule.id, finding.message)
        })
        .collect();
    assert_eq!(
        places,
        [
            "proto-field-type-changed: /M/In/1 5:7, /M/In/1 5:7: the field `a` of `M.In` has the type `int32` in the old schema and `string` in the new schema",
            "proto-oneof-field-removed: /M/In/2 3:3, /M/In/2 6:7: the new schema lacks the field `b` of `M.In`, which is in a oneof of the old schema",
        ]
    );
    let forward = compare(Direction::Forward, &schema(old, &[]), &schema(new, &[])).listing.findings;
    let words: Vec<&str> = forward.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        words,
        ["the field `a` of `M.In` has the type `string` in the new schema and `int32` in the old schema"]
    );
}
