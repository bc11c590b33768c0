//! Random values of a schema, and their binary encoding.

use super::schema::{Schema, Shape};
use crate::rng::Rng;

#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    Null,
    Boolean(bool),
    Whole(i64),
    Float(f32),
    Double(f64),
    /// Bytes or a fixed.
    Bytes(Vec<u8>),
    String(String),
    Symbol(usize),
    Array(Vec<Datum>),
    Map(Vec<(String, Datum)>),
    Branch(usize, Box<Datum>),
    Record(Vec<Datum>),
}

/// Deepest nesting of a random value.
const DEEPEST: usize = 12;

/// A value of a type, with a liking for those at the edge. `None` when none was found that is flat
/// enough.
pub fn random(schema: &Schema, id: usize, rng: &mut Rng, depth: usize) -> Option<Datum> {
    if depth > DEEPEST {
        return None;
    }
    Some(match &schema.get(id).shape {
        Shape::Null => Datum::Null,
        Shape::Boolean => Datum::Boolean(rng.chance(50)),
        Shape::Int => Datum::Whole(i64::from(*rng.pick(&[0, 1, -1, 7, 16_777_217, i32::MAX, i32::MIN]))),
        Shape::Long => {
            Datum::Whole(*rng.pick(&[0, 1, -1, 300, 16_777_217, 9_007_199_254_740_993, i64::MAX, i64::MIN]))
        }
        Shape::Float => Datum::Float(*rng.pick(&[0.0, 0.1, -1.5, 16_777_216.0])),
        Shape::Double => Datum::Double(*rng.pick(&[0.0, 0.1, -1.5, 1e300])),
        Shape::Bytes => {
            Datum::Bytes(rng.pick(&[vec![], vec![b'a'], vec![0xFF, 0xFE], vec![1, 2, 3]]).clone())
        }
        Shape::String => Datum::String((*rng.pick(&["", "a", "é", "text"])).to_owned()),
        Shape::Fixed(size) => Datum::Bytes((0..*size).map(|_| rng.next() as u8).collect()),
        Shape::Enum { symbols, .. } => {
            Datum::Symbol((!symbols.is_empty()).then(|| rng.below(symbols.len()))?)
        }
        Shape::Array(items) => {
            let length = if depth > DEEPEST / 2 { 0 } else { rng.below(3) };
            Datum::Array((0..length).filter_map(|_| random(schema, *items, rng, depth + 1)).collect())
        }
        Shape::Map(values) => {
            let length = if depth > DEEPEST / 2 { 0 } else { rng.below(3) };
            let entries = (0..length).filter_map(|position| {
                Some((format!("k{position}"), random(schema, *values, rng, depth + 1)?))
            });
            Datum::Map(entries.collect())
        }
        Shape::Union(branches) => {
            let first = rng.below(branches.len());
            let positions = (0..branches.len()).map(|step| (first + step) % branches.len());
            let is_null = |position: &usize| matches!(schema.get(branches[*position]).shape, Shape::Null);
            let mut positions: Vec<usize> = positions.collect();
            if depth > DEEPEST / 2 {
                positions.sort_by_key(|position| !is_null(position));
            }
            let found = positions
                .into_iter()
                .find_map(|position| Some((position, random(schema, branches[position], rng, depth + 1)?)));
            let (position, value) = found?;
            Datum::Branch(position, Box::new(value))
        }
        Shape::Record(fields) => {
            let values = fields.iter().map(|field| random(schema, field.of, rng, depth + 1));
            Datum::Record(values.collect::<Option<_>>()?)
        }
    })
}

pub fn encode(schema: &Schema, id: usize, datum: &Datum, out: &mut Vec<u8>) {
    match (&schema.get(id).shape, datum) {
        (_, Datum::Null) => {}
        (_, Datum::Boolean(value)) => out.push(u8::from(*value)),
        (_, Datum::Whole(value)) => whole(*value, out),
        (_, Datum::Float(value)) => out.extend(value.to_le_bytes()),
        (_, Datum::Double(value)) => out.extend(value.to_le_bytes()),
        (Shape::Fixed(_), Datum::Bytes(bytes)) => out.extend(bytes),
        (_, Datum::Bytes(bytes)) => {
            whole(bytes.len() as i64, out);
            out.extend(bytes);
        }
        (_, Datum::String(text)) => {
            whole(text.len() as i64, out);
            out.extend(text.bytes());
        }
        (_, Datum::Symbol(position)) => whole(*position as i64, out),
        (Shape::Array(items), Datum::Array(elements)) => {
            for element in elements {
                whole(1, out);
                encode(schema, *items, element, out);
            }
            whole(0, out);
        }
        (Shape::Map(values), Datum::Map(entries)) => {
            for (key, value) in entries {
                whole(1, out);
                whole(key.len() as i64, out);
                out.extend(key.bytes());
                encode(schema, *values, value, out);
            }
            whole(0, out);
        }
        (Shape::Union(branches), Datum::Branch(position, value)) => {
            whole(*position as i64, out);
            encode(schema, branches[*position], value, out);
        }
        (Shape::Record(fields), Datum::Record(values)) => {
            for (field, value) in fields.iter().zip(values) {
                encode(schema, field.of, value, out);
            }
        }
        _ => panic!("no value of the type"),
    }
}

fn whole(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest > 0x7F {
        out.push((rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// The value that bytes encode, all of them. `None` when they are none.
pub fn decode(schema: &Schema, bytes: &[u8]) -> Option<Datum> {
    let mut rest = bytes;
    let datum = decode_one(schema, schema.root, &mut rest)?;
    rest.is_empty().then_some(datum)
}

fn decode_one(schema: &Schema, id: usize, rest: &mut &[u8]) -> Option<Datum> {
    Some(match &schema.get(id).shape {
        Shape::Null => Datum::Null,
        Shape::Boolean => Datum::Boolean(take(rest, 1)?[0] == 1),
        Shape::Int | Shape::Long => Datum::Whole(read_whole(rest)?),
        Shape::Float => Datum::Float(f32::from_le_bytes(take(rest, 4)?.try_into().ok()?)),
        Shape::Double => Datum::Double(f64::from_le_bytes(take(rest, 8)?.try_into().ok()?)),
        Shape::Bytes => Datum::Bytes(read_bytes(rest)?),
        Shape::String => Datum::String(String::from_utf8(read_bytes(rest)?).ok()?),
        Shape::Fixed(size) => Datum::Bytes(take(rest, *size)?.to_vec()),
        Shape::Enum { symbols, .. } => {
            let position = usize::try_from(read_whole(rest)?).ok()?;
            Datum::Symbol(Some(position).filter(|position| *position < symbols.len())?)
        }
        Shape::Array(items) => {
            let mut elements = Vec::new();
            loop {
                match read_whole(rest)? {
                    0 => break Datum::Array(elements),
                    count => {
                        for _ in 0..count {
                            elements.push(decode_one(schema, *items, rest)?);
                        }
                    }
                }
            }
        }
        Shape::Map(values) => {
            let mut entries = Vec::new();
            loop {
                match read_whole(rest)? {
                    0 => break Datum::Map(entries),
                    count => {
                        for _ in 0..count {
                            let key = String::from_utf8(read_bytes(rest)?).ok()?;
                            entries.push((key, decode_one(schema, *values, rest)?));
                        }
                    }
                }
            }
        }
        Shape::Union(branches) => {
            let position = usize::try_from(read_whole(rest)?).ok()?;
            Datum::Branch(position, Box::new(decode_one(schema, *branches.get(position)?, rest)?))
        }
        Shape::Record(fields) => {
            let values = fields.iter().map(|field| decode_one(schema, field.of, rest));
            Datum::Record(values.collect::<Option<_>>()?)
        }
    })
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn read_bytes(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(read_whole(rest)?).ok()?;
    take(rest, length).map(<[u8]>::to_vec)
}

fn read_whole(rest: &mut &[u8]) -> Option<i64> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let byte = take(rest, 1)?[0];
        value |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte < 0x80 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}
