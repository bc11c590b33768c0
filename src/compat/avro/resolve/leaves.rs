//! Values without parts: what they become in the reader's type, and what they mean there.

use super::{Abandoned, Decoder};
use crate::compat::avro::dialect::Dialect;
use crate::compat::avro::mishap::Mishap;
use crate::compat::avro::walk::change_of_meaning;
use crate::schema::avro::model::{Kind, LogicalType, Primitive, Type};

impl Decoder<'_, '_, '_> {
    pub(super) fn primitive(
        &mut self,
        primitive: Primitive,
        reader: Option<&Type>,
        writer: &Type,
    ) -> Result<(), Abandoned> {
        let into = reader.and_then(|read| match read.kind {
            Kind::Primitive(into) => Some(into),
            _ => None,
        });
        match primitive {
            Primitive::Null => self.meaning(reader, writer, || "null".to_owned()),
            Primitive::Boolean => {
                let bytes = self.bytes.take(1)?;
                self.meaning(reader, writer, || (bytes == [1]).to_string());
            }
            Primitive::Int | Primitive::Long => {
                let value = self.bytes.long()?;
                match rounded(value, into) {
                    Some(read) => self.alter(Mishap::Rounded, value.to_string(), read),
                    None => self.meaning(reader, writer, || value.to_string()),
                }
            }
            Primitive::Float => {
                self.bytes.take(4)?;
            }
            Primitive::Double => {
                self.bytes.take(8)?;
            }
            Primitive::Bytes | Primitive::String => {
                let bytes = self.bytes.run()?;
                let text = std::str::from_utf8(bytes);
                match (primitive, into, text) {
                    (Primitive::String, _, Err(_)) => return Err(Abandoned),
                    (Primitive::Bytes, Some(Primitive::String), Err(_)) => {
                        let read = String::from_utf8_lossy(bytes).into_owned();
                        self.alter(Mishap::NotText, octets(bytes), read);
                    }
                    _ => self.meaning(reader, writer, || octets(bytes)),
                }
            }
        }
        Ok(())
    }

    /// A value that came through; does it mean the same?
    pub(super) fn meaning(&mut self, reader: Option<&Type>, writer: &Type, value: impl Fn() -> String) {
        let Some(read) = reader else { return };
        let Some(mishap) = change_of_meaning(read.logical, writer.logical) else { return };
        let words = |of: &Type| of.logical.map_or("", |logical| logical.word());
        match (mishap, self.dialect) {
            (Mishap::Decimal, Dialect::Specification) => {
                self.fail(mishap, "decimals of different precision or scale do not match".to_owned());
            }
            (Mishap::Decimal, Dialect::Java) => {
                self.alter(mishap, scaled(&value(), writer), scaled(&value(), read));
            }
            _ => {
                let value = value();
                self.alter(
                    mishap,
                    format!("{value} as {}", words(writer)),
                    format!("{value} as {}", words(read)),
                );
            }
        }
    }
}

/// What a whole number becomes in a type that does not hold it exactly.
fn rounded(value: i64, into: Option<Primitive>) -> Option<String> {
    match into {
        Some(Primitive::Float) if i128::from(value) != (value as f32) as i128 => {
            Some(format!("{:?}", f64::from(value as f32) as i128))
        }
        Some(Primitive::Double) if i128::from(value) != (value as f64) as i128 => {
            Some(format!("{:?}", value as f64 as i128))
        }
        _ => None,
    }
}

pub(super) fn octets(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("bytes {digits}")
}

fn scaled(value: &str, of: &Type) -> String {
    match of.logical {
        Some(LogicalType::Decimal { precision, scale }) => {
            format!("{value} as decimal of {precision} digits, {scale} of them after the point")
        }
        _ => format!("{value} as big-decimal"),
    }
}
