//! What a schema is known by.

use std::fmt;

/// A number that denotes one content within one context. 32-bit signed on the wire; allocated from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaId(pub i32);

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The hash of a content, equal in every context and every registry.
///
/// Printed like a UUID (lower-case hex, 8-4-4-4-12) although no version bits are set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// Read the dashed form or 32 bare hex digits, either case. `None` for anything else: a guid
    /// that cannot exist is simply not found.
    pub fn parse(text: &str) -> Option<Guid> {
        let dashed = text.len() == 36;
        if !text.is_ascii() || !(dashed || text.len() == 32) {
            return None;
        }
        let mut digits = Vec::with_capacity(32);
        for (index, byte) in text.bytes().enumerate() {
            if dashed && matches!(index, 8 | 13 | 18 | 23) {
                if byte != b'-' {
                    return None;
                }
                continue;
            }
            digits.push((byte as char).to_digit(16)? as u8);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Some(Guid(bytes))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Guid;

    #[test]
    fn a_guid_is_read_in_either_form_and_case() {
        let text = "095d71cf-1255-6b9d-5e33-0ad575b3df5d";
        let guid = Guid::parse(text).expect("the dashed form is a guid");
        assert_eq!(guid.to_string(), text);
        assert_eq!(Guid::parse("095D71CF12556B9D5E330AD575B3DF5D"), Some(guid));
        for wrong in
            ["", "095d71cf", "095d71cf-12556-b9d-5e33-0ad575b3df5d", "095d71cf-1255-6b9d-5e33-0ad575b3df5ö"]
        {
            assert_eq!(Guid::parse(wrong), None, "{wrong}");
        }
    }
}
