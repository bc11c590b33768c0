//! Values that are no messages, as a schema writes them down and as they are compared.

use std::fmt;

use crate::schema::protobuf::model::{Scalar, Value as Literal};

/// How much of a value of bytes is shown.
const SHOWN_BYTES: usize = 60;

/// A value that a field holds when it is not set.
#[derive(Debug, Clone)]
pub(in crate::compat) enum Plain {
    /// Integers, booleans (0 and 1) and enums.
    Number(i128),
    Float(f32),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Plain {
    pub(super) fn zero(scalar: Scalar) -> Plain {
        match scalar {
            Scalar::Double => Plain::Double(0.0),
            Scalar::Float => Plain::Float(0.0),
            Scalar::String => Plain::Text(String::new()),
            Scalar::Bytes => Plain::Bytes(Vec::new()),
            _ => Plain::Number(0),
        }
    }

    pub(super) fn read(scalar: Scalar, literal: &Literal) -> Option<Plain> {
        match (scalar, literal) {
            (Scalar::String, Literal::Text(bytes)) => {
                Some(Plain::Text(String::from_utf8_lossy(bytes).into_owned()))
            }
            (Scalar::Bytes, Literal::Text(bytes)) => Some(Plain::Bytes(bytes.clone())),
            (Scalar::String | Scalar::Bytes, _) => None,
            (Scalar::Bool, Literal::Word(word)) => match word.as_str() {
                "true" => Some(Plain::Number(1)),
                "false" => Some(Plain::Number(0)),
                _ => None,
            },
            (Scalar::Double, Literal::Number(word) | Literal::Word(word)) => {
                Some(Plain::Double(read_float(word)?))
            }
            (Scalar::Float, Literal::Number(word) | Literal::Word(word)) => {
                Some(Plain::Float(read_float(word)? as f32))
            }
            (_, Literal::Number(word)) => read_integer(word).map(Plain::Number),
            _ => None,
        }
    }

    /// The same value, as far as a reader can tell.
    pub(in crate::compat) fn same(&self, other: &Plain) -> bool {
        match (self, other) {
            (Plain::Number(left), Plain::Number(right)) => left == right,
            (Plain::Float(left), Plain::Float(right)) => left.to_bits() == right.to_bits(),
            (Plain::Double(left), Plain::Double(right)) => left.to_bits() == right.to_bits(),
            (Plain::Text(left), Plain::Text(right)) => left == right,
            (Plain::Bytes(left), Plain::Bytes(right)) => left == right,
            (Plain::Text(text), Plain::Bytes(bytes)) | (Plain::Bytes(bytes), Plain::Text(text)) => {
                text.as_bytes() == bytes
            }
            _ => false,
        }
    }

    /// The zero of the same type.
    pub(in crate::compat) fn into_zero(self) -> Plain {
        match self {
            Plain::Number(_) => Plain::Number(0),
            Plain::Float(_) => Plain::Float(0.0),
            Plain::Double(_) => Plain::Double(0.0),
            Plain::Text(_) => Plain::Text(String::new()),
            Plain::Bytes(_) => Plain::Bytes(Vec::new()),
        }
    }

    /// Nothing that implicit presence would write.
    pub(in crate::compat) fn is_zero(&self) -> bool {
        match self {
            Plain::Number(number) => *number == 0,
            Plain::Float(number) => number.to_bits() == 0,
            Plain::Double(number) => number.to_bits() == 0,
            Plain::Text(text) => text.is_empty(),
            Plain::Bytes(bytes) => bytes.is_empty(),
        }
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Plain::Number(number) => write!(f, "{number}"),
            Plain::Float(number) => write!(f, "{number:?}"),
            Plain::Double(number) => write!(f, "{number:?}"),
            Plain::Text(text) => write!(f, "{text:?}"),
            Plain::Bytes(bytes) if bytes.is_empty() => f.write_str("no bytes"),
            Plain::Bytes(bytes) => {
                f.write_str("bytes")?;
                bytes.iter().take(SHOWN_BYTES).try_for_each(|byte| write!(f, " {byte:02x}"))
            }
        }
    }
}

fn read_integer(word: &str) -> Option<i128> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hexadecimal) => (16, hexadecimal),
        None if digits.len() > 1 && digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    u64::from_str_radix(digits, radix).ok().map(|number| sign * i128::from(number))
}

fn read_float(word: &str) -> Option<f64> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, word),
    };
    let number = match digits {
        "nan" => f64::NAN,
        "inf" => f64::INFINITY,
        _ => match digits.trim_end_matches(['f', 'F']).parse() {
            Ok(number) => number,
            Err(_) => read_integer(digits)? as f64,
        },
    };
    Some(sign * number)
}
