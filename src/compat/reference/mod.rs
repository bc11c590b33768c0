//! What Confluent Schema Registry says, byte for byte: its lists of differences and, a file a
//! format, the structural comparison from which it draws them.

pub(super) mod avro;
mod hash_order;
pub(super) mod json;
pub(super) mod protobuf;

use std::fmt;

use super::finding::RefDiff;
use crate::model::Format;

/// All it says about schemas of two formats.
pub(super) const DIFFERENT_FORMAT: &str = "Incompatible because of different schema type";

/// Old schemas are quoted up to this many UTF-16 units.
const LONGEST_QUOTE: usize = 10_240;

/// What it says when its comparison fails unexpectedly.
pub(super) fn unexpected(text: &str) -> String {
    format!("Unexpected exception during compatibility check: {text}")
}

/// The old schema as it is quoted; nothing when there is no text to quote.
pub(super) fn quote(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let mut units = 0;
    let cut = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > LONGEST_QUOTE
    });
    Some(match cut {
        Some((end, _)) => format!("{{oldSchema: <truncated> '{}...'}}", &text[..end]),
        None => format!("{{oldSchema: '{text}'}}"),
    })
}

impl fmt::Display for RefDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RefDiff { format, name, description, info, .. } = self;
        match format {
            Format::Avro => {
                let info = info.as_deref().unwrap_or_default();
                write!(f, "{{errorType:'{name}', description:'{description}', additionalInfo:'{info}'}}")
            }
            // What opens with one quote closes with another, and always has.
            Format::Json => write!(f, "{{errorType:\"{name}\", description:\"{description}'}}"),
            Format::Protobuf => write!(f, "{{errorType:\"{name}\", description:\"{description}\"}}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn long_texts_are_cut_by_utf16_units() {
        assert_eq!(quote(""), None);
        let whole = "é".repeat(10_240);
        assert_eq!(quote(&whole), Some(format!("{{oldSchema: '{whole}'}}")));
        assert_eq!(quote(&format!("{whole}x")), Some(format!("{{oldSchema: <truncated> '{whole}...'}}")));
        // A character of two units that would straddle the end is left out whole.
        let odd = format!("x{}", "😀".repeat(5_120));
        let kept = format!("x{}", "😀".repeat(5_119));
        assert_eq!(quote(&odd), Some(format!("{{oldSchema: <truncated> '{kept}...'}}")));
    }
}
