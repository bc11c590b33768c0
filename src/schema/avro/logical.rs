//! Logical types: what the `logicalType` property of a type means, if it means anything.

use super::json;
use super::model::{Kind, LogicalType, Primitive, Property};
use crate::schema::tree::Value;

/// The logical type that the properties of a type describe; `None` where there is none, or where it
/// does not fit the type and is to be ignored.
pub(super) fn of(kind: &Kind, properties: &[Property]) -> Option<LogicalType> {
    let get =
        |key: &str| properties.iter().find(|property| property.key == key).map(|property| &property.value);
    let is = |primitive: Primitive| matches!(kind, Kind::Primitive(own) if *own == primitive);
    let is_fixed = |size: u32| matches!(kind, Kind::Fixed(fixed) if fixed.size == size);
    let (logical, fits) = match get("logicalType")?.as_str()? {
        "decimal" => {
            let number = |key: &str| match get(key).map(|node| &node.value) {
                None => Some(None),
                Some(Value::Number(text)) if json::is_integer(text) => text.parse::<u32>().ok().map(Some),
                Some(_) => None,
            };
            let precision = number("precision")??;
            let scale = number("scale")?.unwrap_or(0);
            let fits = precision > 0 && scale <= precision && precision <= max_precision(kind);
            (LogicalType::Decimal { precision, scale }, fits)
        }
        "big-decimal" => (LogicalType::BigDecimal, is(Primitive::Bytes)),
        "uuid" => (LogicalType::Uuid, is(Primitive::String) || is_fixed(16)),
        "date" => (LogicalType::Date, is(Primitive::Int)),
        "time-millis" => (LogicalType::TimeMillis, is(Primitive::Int)),
        "time-micros" => (LogicalType::TimeMicros, is(Primitive::Long)),
        "timestamp-millis" => (LogicalType::TimestampMillis, is(Primitive::Long)),
        "timestamp-micros" => (LogicalType::TimestampMicros, is(Primitive::Long)),
        "timestamp-nanos" => (LogicalType::TimestampNanos, is(Primitive::Long)),
        "local-timestamp-millis" => (LogicalType::LocalTimestampMillis, is(Primitive::Long)),
        "local-timestamp-micros" => (LogicalType::LocalTimestampMicros, is(Primitive::Long)),
        "local-timestamp-nanos" => (LogicalType::LocalTimestampNanos, is(Primitive::Long)),
        "duration" => (LogicalType::Duration, is_fixed(12)),
        _ => return None,
    };
    fits.then_some(logical)
}

/// The most decimal digits that fit the type; none but bytes and fixed take any.
fn max_precision(kind: &Kind) -> u32 {
    match kind {
        Kind::Primitive(Primitive::Bytes) => i32::MAX as u32,
        // The digits of the largest two's-complement number; the cast saturates.
        Kind::Fixed(fixed) => (2f64.log10() * (8.0 * f64::from(fixed.size) - 1.0)).floor() as u32,
        _ => 0,
    }
}

impl LogicalType {
    /// The name of the logical type in a schema.
    pub fn word(self) -> &'static str {
        match self {
            LogicalType::Decimal { .. } => "decimal",
            LogicalType::BigDecimal => "big-decimal",
            LogicalType::Uuid => "uuid",
            LogicalType::Date => "date",
            LogicalType::TimeMillis => "time-millis",
            LogicalType::TimeMicros => "time-micros",
            LogicalType::TimestampMillis => "timestamp-millis",
            LogicalType::TimestampMicros => "timestamp-micros",
            LogicalType::TimestampNanos => "timestamp-nanos",
            LogicalType::LocalTimestampMillis => "local-timestamp-millis",
            LogicalType::LocalTimestampMicros => "local-timestamp-micros",
            LogicalType::LocalTimestampNanos => "local-timestamp-nanos",
            LogicalType::Duration => "duration",
        }
    }
}
