//! What becomes of a value when it is written as one type and read as another.
//!
//! Wire types decide first; within one wire type the reader's conversion is carried out on the values
//! at the edges of the writer's type, so that a verdict and its witness are the same computation.

use super::model::{Encoding, Enum, EnumId, Kind, MessageId, Model, Plain};
use crate::schema::protobuf::model::Scalar;

/// What a reader makes of a field that it knows by another type.
#[derive(Debug, Clone)]
pub(in crate::compat) enum Reading {
    /// Every value is read as it was written.
    Faithful,
    /// As good as the two messages are.
    Messages(MessageId, MessageId),
    /// `wrote` is not read as such.
    Unfaithful { why: Why, wrote: Plain },
    /// No value arrives: the wire types differ, or a message is read as something else.
    Apart(Why),
}

/// How the value is harmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Why {
    /// The types have nothing in common.
    Type,
    /// One side is a group.
    MessageEncoding,
    /// Not every number fits.
    Narrowed,
    /// Only one side counts negative numbers in zigzag.
    Zigzag,
    /// Not all bytes are UTF-8.
    NotText,
    /// The number is none of the reader's closed enum.
    NotInEnum,
}

/// The wire type, as far as it tells types apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Varint,
    FourBytes,
    EightBytes,
    LengthPrefixed,
    Group,
}

fn wire(kind: &Kind) -> Option<Wire> {
    Some(match kind {
        Kind::Scalar(Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64) => Wire::EightBytes,
        Kind::Scalar(Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32) => Wire::FourBytes,
        Kind::Scalar(Scalar::String | Scalar::Bytes) => Wire::LengthPrefixed,
        Kind::Scalar(_) | Kind::Enum(_) => Wire::Varint,
        Kind::Message(_, Encoding::LengthPrefixed) => Wire::LengthPrefixed,
        Kind::Message(_, Encoding::Delimited) => Wire::Group,
        Kind::Unresolved(_) => return None,
    })
}

/// A model and a type in it.
#[derive(Clone, Copy)]
pub(in crate::compat) struct Side<'a> {
    pub(in crate::compat) model: &'a Model<'a>,
    pub(in crate::compat) kind: &'a Kind,
}

/// What `reader` makes of values of `writer`; `None` where a type is unknown.
pub(in crate::compat) fn reading(writer: Side<'_>, reader: Side<'_>) -> Option<Reading> {
    let (written, read) = (wire(writer.kind)?, wire(reader.kind)?);
    if let (Kind::Message(from, one), Kind::Message(to, other)) = (writer.kind, reader.kind) {
        let is_same = one == other;
        return Some(if is_same {
            Reading::Messages(*from, *to)
        } else {
            Reading::Apart(Why::MessageEncoding)
        });
    }
    if written != read {
        return Some(Reading::Apart(Why::Type));
    }
    Some(match written {
        Wire::Varint => integers(writer, reader),
        Wire::FourBytes | Wire::EightBytes => fixed(writer.kind, reader.kind),
        Wire::LengthPrefixed => prefixed(writer.kind, reader.kind),
        Wire::Group => Reading::Faithful,
    })
}

fn prefixed(writer: &Kind, reader: &Kind) -> Reading {
    match (writer, reader) {
        (Kind::Scalar(from), Kind::Scalar(to)) if from == to => Reading::Faithful,
        // The bytes are the message: readers may keep them and parse them later.
        (_, Kind::Scalar(Scalar::Bytes)) => Reading::Faithful,
        (Kind::Scalar(Scalar::Bytes), Kind::Scalar(_)) => {
            Reading::Unfaithful { why: Why::NotText, wrote: Plain::Bytes(vec![0xff, 0xfe]) }
        }
        // Seven is the tag of no field, so no parser takes this for a message.
        (Kind::Scalar(Scalar::String), _) => {
            Reading::Unfaithful { why: Why::Type, wrote: Plain::Text("\u{7}".to_owned()) }
        }
        (Kind::Scalar(_), _) => Reading::Unfaithful { why: Why::Type, wrote: Plain::Bytes(vec![7]) },
        _ => Reading::Apart(Why::Type),
    }
}

fn fixed(writer: &Kind, reader: &Kind) -> Reading {
    let (Kind::Scalar(from), Kind::Scalar(to)) = (writer, reader) else {
        return Reading::Apart(Why::Type);
    };
    if from == to {
        return Reading::Faithful;
    }
    let wrote = match from {
        Scalar::Float => Plain::Float(1.0),
        Scalar::Double => Plain::Double(1.0),
        Scalar::Fixed32 => Plain::Number(u32::MAX.into()),
        Scalar::Fixed64 => Plain::Number(u64::MAX.into()),
        _ => Plain::Number(-1),
    };
    let is_float = |scalar: &Scalar| matches!(scalar, Scalar::Float | Scalar::Double);
    let why = if is_float(from) || is_float(to) { Why::Type } else { Why::Narrowed };
    Reading::Unfaithful { why, wrote }
}

fn integers(writer: Side<'_>, reader: Side<'_>) -> Reading {
    let closed = |side: Side<'_>| match side.kind {
        Kind::Enum(id) => Some(*id).filter(|id| side.model.enumeration(*id).is_closed),
        _ => None,
    };
    let (from, to) = (scalar_of(writer.kind), scalar_of(reader.kind));
    let why = if is_zigzag(from) == is_zigzag(to) { Why::Narrowed } else { Why::Zigzag };
    let harms = |number: i128| read_varint(to, to_varint(from, number)) != number;
    let candidates: Vec<i128> = match closed(writer) {
        Some(id) => numbers(writer.model.enumeration(id)).collect(),
        None => edges(to).filter(|number| fits(from, *number)).collect(),
    };
    if let Some(number) = candidates.into_iter().find(|number| harms(*number)) {
        return Reading::Unfaithful { why, wrote: Plain::Number(number) };
    }
    match closed(reader) {
        Some(id) => missing(writer, from, reader.model, id).map_or(Reading::Faithful, |number| {
            Reading::Unfaithful { why: Why::NotInEnum, wrote: Plain::Number(number) }
        }),
        None => Reading::Faithful,
    }
}

/// A number that the writer writes and that is none of the reader's closed enum.
fn missing(writer: Side<'_>, from: Scalar, reader: &Model<'_>, id: EnumId) -> Option<i128> {
    let known = reader.enumeration(id);
    let is_missing = |number: &i128| !i32::try_from(*number).is_ok_and(|number| known.declares(number));
    match (writer.kind, from) {
        (Kind::Enum(id), _) => {
            let written = writer.model.enumeration(*id);
            let declared = numbers(written).find(is_missing);
            declared.or_else(|| if written.is_closed { None } else { (1..).find(is_missing) })
        }
        (_, Scalar::Bool) => [1, 0].into_iter().find(is_missing),
        _ => (1..).find(is_missing),
    }
}

/// The numbers of an enum in the order of its text.
pub(in crate::compat) fn numbers<'e>(definition: &'e Enum<'_>) -> impl Iterator<Item = i128> + 'e {
    definition.constants().iter().map(|constant| constant.number.into())
}

/// The integer type that the type is on the wire.
fn scalar_of(kind: &Kind) -> Scalar {
    match kind {
        Kind::Scalar(scalar) => *scalar,
        _ => Scalar::Int32,
    }
}

/// What a number that is written as one type is to the other; varints only.
pub(in crate::compat) fn arrives_as(writer: &Kind, reader: &Kind, number: i128) -> i128 {
    read_varint(scalar_of(reader), to_varint(scalar_of(writer), number))
}

fn is_zigzag(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Sint32 | Scalar::Sint64)
}

/// Numbers among which there is one that does not survive, if any number does not; those that are
/// easiest to understand first.
fn edges(to: Scalar) -> impl Iterator<Item = i128> {
    let two_to_32 = 1 << 32;
    let first = if to == Scalar::Bool { [2, -1] } else { [-1, 2] };
    let rest = [
        two_to_32 + 1,
        i64::MAX.into(),
        u64::MAX.into(),
        u32::MAX.into(),
        i32::MAX.into(),
        i32::MIN.into(),
        i64::MIN.into(),
        1,
    ];
    first.into_iter().chain(rest)
}

fn fits(scalar: Scalar, number: i128) -> bool {
    match scalar {
        Scalar::Bool => (0..=1).contains(&number),
        Scalar::Uint32 => u32::try_from(number).is_ok(),
        Scalar::Uint64 => u64::try_from(number).is_ok(),
        Scalar::Int64 | Scalar::Sint64 => i64::try_from(number).is_ok(),
        _ => i32::try_from(number).is_ok(),
    }
}

/// The varint of a number of an integer type, of an enum as of `int32`.
pub(in crate::compat) fn to_varint(scalar: Scalar, number: i128) -> u64 {
    match scalar {
        Scalar::Sint32 | Scalar::Sint64 => {
            let number = number as i64;
            ((number << 1) ^ (number >> 63)) as u64
        }
        Scalar::Bool => u64::from(number != 0),
        // Negative numbers are written with all 64 bits.
        _ => number as u64,
    }
}

/// What a decoder makes of a varint.
fn read_varint(scalar: Scalar, bits: u64) -> i128 {
    match scalar {
        Scalar::Bool => i128::from(bits != 0),
        Scalar::Uint32 => (bits as u32).into(),
        Scalar::Uint64 => bits.into(),
        Scalar::Int64 => (bits as i64).into(),
        Scalar::Sint32 => {
            let bits = bits as u32;
            i128::from((bits >> 1) as i32 ^ -((bits & 1) as i32))
        }
        Scalar::Sint64 => i128::from((bits >> 1) as i64 ^ -((bits & 1) as i64)),
        _ => (bits as i32).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{edges, fits, read_varint, to_varint};
    use crate::schema::protobuf::model::Scalar;

    const INTEGERS: [Scalar; 7] = [
        Scalar::Int32,
        Scalar::Int64,
        Scalar::Uint32,
        Scalar::Uint64,
        Scalar::Sint32,
        Scalar::Sint64,
        Scalar::Bool,
    ];

    #[test]
    fn every_integer_survives_its_own_type() {
        for scalar in INTEGERS {
            for number in edges(scalar).chain([0, 3, -7]).filter(|number| fits(scalar, *number)) {
                assert_eq!(read_varint(scalar, to_varint(scalar, number)), number, "{scalar:?}");
            }
        }
    }

    /// What holds for the edges holds for every number: shown on many of them.
    #[test]
    fn the_edges_tell_whether_a_type_can_be_read_as_another() {
        let bits = (0..64).map(|shift| 1i128 << shift);
        let many: Vec<i128> =
            bits.flat_map(|power| (-2..=2).flat_map(move |near| [power + near, -power + near])).collect();
        for from in INTEGERS {
            for to in INTEGERS {
                let survives = |number: &i128| read_varint(to, to_varint(from, *number)) == *number;
                let by_edges = edges(to).filter(|number| fits(from, *number)).all(|number| survives(&number));
                let by_many = many.iter().filter(|number| fits(from, **number)).all(survives);
                assert_eq!(by_edges, by_many, "{from:?} to {to:?}");
            }
        }
    }
}
