//! Texts from strangers: bounded, and never a panic.

use super::{RICH, STRICT};
use crate::schema::Options;
use crate::schema::protobuf::ProtobufSchema;

/// A small generator: the same bytes on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// Everything that can be asked of a schema, and what must hold of the answers.
fn exercise(text: &str) {
    let Ok(schema) = ProtobufSchema::parse(text, &[], Options::STORED) else { return };
    let again =
        ProtobufSchema::parse(schema.canonical(), &[], Options::STORED).expect("canonical texts parse");
    assert_eq!(again.canonical(), schema.canonical(), "{text}");
    let normal = schema.normal_form();
    let again = ProtobufSchema::parse(&normal, &[], Options::STORED).expect("normal forms parse");
    assert_eq!(again.normal_form(), normal, "{text}");
    schema.tagged();
    schema.without_extensions();
}

#[test]
fn mutated_texts_never_panic() {
    let mut dice = Dice(0x5eed);
    for round in 0..6000 {
        let text = RICH[round % 2];
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=dice.roll(4) {
            let at = dice.roll(bytes.len());
            match dice.roll(4) {
                0 => bytes[at] = *b"{}[]<>();=.,\"'-/*0a\\ ".get(dice.roll(21)).unwrap_or(&0),
                1 => drop(bytes.drain(at..(at + dice.roll(12)).min(bytes.len()))),
                2 => bytes.insert(at, dice.roll(256) as u8),
                _ => {
                    let piece = bytes[at..(at + dice.roll(30)).min(bytes.len())].to_vec();
                    let to = dice.roll(bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        exercise(&text);
        if round % 20 == 0 {
            let _ = ProtobufSchema::parse(&text, &[], STRICT).map(|schema| schema.serialized());
        }
    }
}

#[test]
fn mutated_descriptors_never_panic() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let mut dice = Dice(0xdead);
    for text in &RICH[..2] {
        let encoded = ProtobufSchema::parse(text, &[], Options::NEW).expect("rich texts parse").serialized();
        let bytes = STANDARD.decode(encoded).expect("base64");
        for _ in 0..150 {
            let mut bytes = bytes.clone();
            for _ in 0..=dice.roll(3) {
                let at = dice.roll(bytes.len());
                bytes[at] = dice.roll(256) as u8;
            }
            exercise(&STANDARD.encode(bytes));
        }
    }
}

#[test]
fn nesting_and_names_are_bounded() {
    let nested =
        |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    let cases = [
        (nested("message A {", "}", 100), None),
        (nested("message A {", "}", 101), Some("nested deeper than 100 levels")),
        (nested("message A {", "}", 100_000), Some("nested deeper than 100 levels")),
        (nested("message A { optional group G = 1 {", "}}", 100_000), Some("nested deeper than 100 levels")),
        (format!("option a = {};", nested("[", "]", 100_000)), Some("nested deeper than 100 levels")),
        (format!("option a = {};", nested("{a ", "}", 100_000)), Some("nested deeper than 100 levels")),
        (format!("option (a){} = 1;", ".b".repeat(100_000)), Some("nested deeper than 100 levels")),
        (
            nested(&format!("message {} {{", "A".repeat(200)), "}", 20),
            Some("a full name is longer than 2048 bytes"),
        ),
        (format!("package {};", "a.".repeat(5000)), Some("the package name is too long")),
    ];
    for (text, message) in cases {
        let error = ProtobufSchema::parse(&text, &[], Options::NEW).err().map(|error| error.message);
        assert_eq!(error.is_some(), message.is_some(), "{error:?}");
        assert!(error.unwrap_or_default().contains(message.unwrap_or_default()));
    }
}

#[test]
fn what_the_parser_lets_pass_does_not_overwhelm_the_compiler() {
    let deep_value = format!("option a = {}{{b: 1}}{};", "{a ".repeat(98), "}".repeat(98));
    let deep_list = format!("option a = {{ b: {}1{} }};", "[".repeat(90), "]".repeat(90));
    let deep_message = format!("{}{}", "message A {".repeat(100), "}".repeat(100));
    let long_name = format!("option (x){} = 1;", ".b".repeat(90));
    for text in [deep_value, deep_list, deep_message, long_name] {
        let schema = ProtobufSchema::parse(&text, &[], Options::NEW).expect("the parser is lax");
        assert!(ProtobufSchema::parse(&text, &[], STRICT).is_err(), "{text}");
        schema.serialized();
        exercise(&text);
    }
}

#[test]
fn output_grows_with_input() {
    let many = |item: &str| item.repeat(20_000);
    let inner = "message A { ".repeat(90);
    let close = "}".repeat(90);
    for text in [
        format!("syntax = \"proto3\"; {inner}{}{close}", many("A a = 1;")),
        format!("message M {{ {} }}", many("option (confluent.message_meta).tags = \"x\";")),
        format!("message M {{ option (confluent.message_meta) = {{ {} }}; }}", many("tags: \"x\"")),
        format!("option a = {{ {} }};", many("k: 1 ")),
        many("extend M { optional M m = 1; }") + "message M {}",
    ] {
        let schema = ProtobufSchema::parse(&text, &[], Options::NEW).expect("it is well-formed");
        assert!(schema.canonical().len() < 32 * text.len());
        assert!(schema.normal_form().len() < 64 * text.len());
    }
}
