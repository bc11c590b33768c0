//! What becomes of the canonical JSON of a value when a parser expects another type.
//!
//! Numbers of up to 32 bits are JSON numbers, those of 64 bits texts of digits, and parsers take either
//! for any integer; enums are the names of their constants, bytes are base64, and a few well-known
//! messages have a form of their own.

use super::fidelity::Sides;
use super::model::{EnumId, Field, Kind, Message, MessageId, Model, Plain};
use super::sample::{Content, Put};
use crate::schema::protobuf::model::Scalar;

/// The JSON of a field is not what the reader's parser expects.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) what: What,
    /// What to put into the field to see it.
    pub(super) contents: Vec<Content>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A list is expected for a single value.
    Bare,
    /// A list, an object or a single value is expected for another one.
    Shape,
    /// Another type of value is expected.
    Type,
    /// The form of a well-known message is expected, or not; whether that fails was not found out.
    WellKnown,
}

/// What a field is in JSON.
#[derive(Clone, Copy)]
enum Shape {
    Single,
    List,
    Map(MessageId),
}

/// Messages whose JSON is not an object of their fields.
const WELL_KNOWN: [&str; 16] = [
    "Any",
    "BoolValue",
    "BytesValue",
    "DoubleValue",
    "Duration",
    "FieldMask",
    "FloatValue",
    "Int32Value",
    "Int64Value",
    "ListValue",
    "StringValue",
    "Struct",
    "Timestamp",
    "UInt32Value",
    "UInt64Value",
    "Value",
];

/// Has the message a form of its own in JSON?
pub(super) fn is_well_known(message: &Message<'_>) -> bool {
    let name = message.full_name.strip_prefix("google.protobuf.");
    name.is_some_and(|name| WELL_KNOWN.contains(&name))
}

/// The type of what a wrapper holds; it is printed like that.
fn wrapped(message: &Message<'_>) -> Option<Scalar> {
    let name = message.full_name.strip_prefix("google.protobuf.")?.strip_suffix("Value")?;
    Scalar::parse(&name.to_ascii_lowercase())
}

/// Why the reader's parser does not take the JSON of the field; names of constants are another matter.
pub(super) fn misfit(sides: Sides<'_>, written: &Field<'_>, read: &Field<'_>) -> Option<Misfit> {
    let from = shape(sides.writer, written);
    let to = shape(sides.reader, read);
    let one = || Some(vec![element(sides.writer, written, 1)?]);
    let (what, contents) = match (from, to) {
        (Shape::Map(from), Shape::Map(to)) => return entries(sides, from, to),
        (Shape::Single, Shape::List) => (What::Bare, one()?),
        (Shape::List, Shape::Single) => {
            let two =
                (1..=2).map(|nth| element(sides.writer, written, nth)).collect::<Option<Vec<Content>>>();
            (What::Shape, two?)
        }
        (Shape::Map(_), _) | (_, Shape::Map(_)) => (What::Shape, one()?),
        (Shape::Single, Shape::Single) | (Shape::List, Shape::List) => {
            let (what, content) = values(sides, &written.kind, &read.kind)?;
            (what, vec![content])
        }
    };
    Some(Misfit { what, contents })
}

fn shape(model: &Model<'_>, field: &Field<'_>) -> Shape {
    match (model.map_entry(field), field.is_repeated()) {
        (Some(entry), _) => Shape::Map(entry),
        (None, true) => Shape::List,
        (None, false) => Shape::Single,
    }
}

/// A map read as another map. Keys are texts in JSON, and parsed as what they are to be.
fn entries(sides: Sides<'_>, from: MessageId, to: MessageId) -> Option<Misfit> {
    let (written, read) = (sides.writer.message(from), sides.reader.message(to));
    [1, 2].into_iter().find_map(|number| {
        let (wrote, expected) = (&written.field(number)?.kind, &read.field(number)?.kind);
        let (what, content) = match number {
            1 => (What::Type, key(wrote, expected)?),
            _ => values(sides, wrote, expected)?,
        };
        let put = Put { number, contents: vec![content] };
        Some(Misfit { what, contents: vec![Content::With(from, vec![put])] })
    })
}

fn key(from: &Kind, to: &Kind) -> Option<Content> {
    let (Kind::Scalar(from), Kind::Scalar(to)) = (from, to) else { return None };
    scalars(*from, *to).map(Content::Plain)
}

/// A value of one type where another is expected: what is wrong, and a value to see it.
fn values(sides: Sides<'_>, from: &Kind, to: &Kind) -> Option<(What, Content)> {
    let some = |plain| Some((What::Type, Content::Plain(plain)));
    match (from, to) {
        (Kind::Unresolved(_), _) | (_, Kind::Unresolved(_)) => None,
        (Kind::Message(from, _), Kind::Message(to, _)) => {
            let (written, read) = (sides.writer.message(*from), sides.reader.message(*to));
            if let (Some(one), Some(other)) = (wrapped(written), wrapped(read)) {
                let put = Put { number: 1, contents: vec![Content::Plain(scalars(one, other)?)] };
                return Some((What::Type, Content::With(*from, vec![put])));
            }
            let is_other = written.full_name != read.full_name;
            let is_special = is_well_known(written) || is_well_known(read);
            (is_special && is_other).then_some((What::WellKnown, Content::Minimal(*from)))
        }
        (Kind::Message(from, _), _) => Some((What::Type, Content::Minimal(*from))),
        (Kind::Enum(_), Kind::Enum(_)) => None,
        (Kind::Enum(id), _) => some(shown_constant(sides.writer, *id)?),
        (Kind::Scalar(from), Kind::Enum(_)) => match class(*from) {
            // Names are texts too, but this one is none.
            Class::Wide => some(Plain::Number(1)),
            Class::Integer => some(scalars(*from, Scalar::Int32)?),
            _ => some(example(*from)),
        },
        (Kind::Scalar(from), Kind::Message(..)) => some(example(*from)),
        (Kind::Scalar(from), Kind::Scalar(to)) => some(scalars(*from, *to)?),
    }
}

/// How scalars are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Integer,
    /// An integer as a text.
    Wide,
    Float,
    Bool,
    Text,
    Bytes,
}

fn class(scalar: Scalar) -> Class {
    match scalar {
        Scalar::Int32 | Scalar::Uint32 | Scalar::Sint32 | Scalar::Fixed32 | Scalar::Sfixed32 => {
            Class::Integer
        }
        Scalar::Int64 | Scalar::Uint64 | Scalar::Sint64 | Scalar::Fixed64 | Scalar::Sfixed64 => Class::Wide,
        Scalar::Float | Scalar::Double => Class::Float,
        Scalar::Bool => Class::Bool,
        Scalar::String => Class::Text,
        Scalar::Bytes => Class::Bytes,
    }
}

/// A value of `from` that a parser does not take for the same value of `to`.
fn scalars(from: Scalar, to: Scalar) -> Option<Plain> {
    match (class(from), class(to)) {
        (Class::Integer | Class::Wide, Class::Integer | Class::Wide) => {
            let ((least, most), (low, high)) = (range(from), range(to));
            let number = if most > high { Some(high + 1) } else { (least < low).then_some(low - 1) };
            number.map(Plain::Number)
        }
        (Class::Integer | Class::Wide, Class::Float) => {
            let first_lost = if to == Scalar::Float { (1 << 24) + 1 } else { (1 << 53) + 1 };
            (range(from).1 > first_lost).then_some(Plain::Number(first_lost))
        }
        _ if (from, to) == (Scalar::Double, Scalar::Float) => Some(Plain::Double(1e300)),
        (from, to) if from == to => None,
        _ => Some(example(from)),
    }
}

fn range(scalar: Scalar) -> (i128, i128) {
    match scalar {
        Scalar::Uint32 | Scalar::Fixed32 => (0, u32::MAX.into()),
        Scalar::Uint64 | Scalar::Fixed64 => (0, u64::MAX.into()),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => (i64::MIN.into(), i64::MAX.into()),
        _ => (i32::MIN.into(), i32::MAX.into()),
    }
}

/// A value that looks like none of another type.
fn example(scalar: Scalar) -> Plain {
    match scalar {
        Scalar::Double => Plain::Double(1.5),
        Scalar::Float => Plain::Float(1.5),
        Scalar::String => Plain::Text("!".to_owned()),
        Scalar::Bytes => Plain::Bytes(vec![0xff, 0xfe]),
        _ => Plain::Number(1),
    }
}

/// A constant; not zero, if possible, because fields without presence do not show it.
fn shown_constant(model: &Model<'_>, id: EnumId) -> Option<Plain> {
    let constants = model.enumeration(id).constants();
    let shown = constants.iter().find(|constant| constant.number != 0).or(constants.first())?;
    Some(Plain::Number(shown.number.into()))
}

/// The first or the second element of a field; keys of a map differ.
pub(super) fn element(model: &Model<'_>, field: &Field<'_>, nth: u8) -> Option<Content> {
    if let Some(entry) = model.map_entry(field) {
        let key = model.message(entry).field(1)?;
        let put = Put { number: 1, contents: vec![element(model, key, nth)?] };
        return Some(Content::With(entry, vec![put]));
    }
    let plain = match &field.kind {
        Kind::Unresolved(_) => return None,
        Kind::Message(id, _) => return Some(Content::Minimal(*id)),
        Kind::Enum(id) => shown_constant(model, *id)?,
        Kind::Scalar(Scalar::Bool) => Plain::Number(i128::from(nth % 2)),
        Kind::Scalar(scalar) => match example(*scalar) {
            Plain::Text(_) => Plain::Text(if nth == 1 { "x" } else { "y" }.to_owned()),
            Plain::Number(_) => Plain::Number(nth.into()),
            other => other,
        },
    };
    Some(Content::Plain(plain))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use buffa_descriptor::{DescriptorPool, DynamicMessage};

    use crate::compat::budget::Fuel;
    use crate::compat::protobuf::model::Model;
    use crate::compat::protobuf::prove;
    use crate::compat::report::Proof;
    use crate::model::{Direction, Pack};
    use crate::schema::Options;
    use crate::schema::protobuf::ProtobufSchema;

    const TYPES: [&str; 24] = [
        "double",
        "float",
        "int32",
        "int64",
        "uint32",
        "uint64",
        "sint32",
        "sint64",
        "fixed32",
        "fixed64",
        "sfixed32",
        "sfixed64",
        "bool",
        "string",
        "bytes",
        "E",
        "F",
        "N",
        "O",
        "repeated int32",
        "repeated string",
        "map<string, int32>",
        "map<int64, E>",
        "map<bool, N>",
    ];

    const VALUES: [&str; 26] = [
        "1",
        "-1",
        "16777217",
        "2147483648",
        "\"9007199254740993\"",
        "\"9223372036854775807\"",
        "\"18446744073709551615\"",
        "\"-9223372036854775808\"",
        "1.5",
        "0.1",
        "1e300",
        "true",
        "\"x\"",
        "\"!\"",
        "\"/w==\"",
        "\"YWI=\"",
        "\"B\"",
        "\"C\"",
        "{\"x\":1}",
        "{\"y\":1}",
        "{}",
        "[1]",
        "[\"1\"]",
        "{\"1\":1}",
        "{\"1\":\"B\"}",
        "{\"true\":{}}",
    ];

    fn schema(of: &str) -> ProtobufSchema {
        let text = format!(
            "syntax = \"proto3\"; message M {{ {of} a = 1; }} enum E {{ A = 0; B = 1; C = 2; }} enum F {{ X = 0; Y = 1; }} message N {{ int32 x = 1; }} message O {{ int32 y = 1; }}"
        );
        ProtobufSchema::parse(&text, &[], Options::STORED).expect("a schema")
    }

    fn parse(pool: &Arc<DescriptorPool>, json: &str) -> Option<DynamicMessage> {
        let index = pool.message_index("M").expect("the message");
        DynamicMessage::from_json(Arc::clone(pool), index, json).ok()
    }

    /// What JSON says, quotes and the spelling of numbers and constants aside.
    fn plain(message: &DynamicMessage) -> String {
        let json = message.to_json().expect("JSON");
        let json = json.replace('"', "").replace(".0", "");
        json.replace(":B", ":1").replace(":Y", ":1").replace(":C", ":2").replace(":A", ":0")
    }

    /// Where the judge has no objection, a parser has none either; and it is never in doubt.
    #[test]
    fn what_is_proved_is_parsed() {
        let packs = BTreeSet::from([Pack::JsonNames]);
        let schemas: Vec<ProtobufSchema> = TYPES.iter().map(|of| schema(of)).collect();
        let pool = |schema: &ProtobufSchema| {
            let model = Model::of(schema, &mut Fuel::new(Fuel::PAIR)).expect("little work");
            Arc::clone(&model.descriptors().expect("sound descriptors").full)
        };
        for (from, writer) in TYPES.iter().zip(&schemas) {
            let written: Vec<DynamicMessage> = VALUES
                .iter()
                .filter_map(|value| parse(&pool(writer), &format!("{{\"a\":{value}}}")))
                .collect();
            assert!(!written.is_empty(), "{from}");
            for (to, reader) in TYPES.iter().zip(&schemas) {
                let proof = prove(Direction::Backward, reader, writer, &packs).proof;
                if proof == Proof::Refuted {
                    continue;
                }
                assert!(matches!(proof, Proof::Proved(_)), "{from} to {to}: {proof:?}");
                for message in &written {
                    let json = message.to_json().expect("JSON");
                    let read = parse(&pool(reader), &json);
                    let read = read.as_ref().map(plain);
                    assert_eq!(read, Some(plain(message)), "{from} to {to}: {json}");
                }
            }
        }
    }
}
