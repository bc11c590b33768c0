//! The three schema languages.

use std::fmt;
use std::str::FromStr;

/// A schema language. On the wire it is called `schemaType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Apache Avro.
    Avro,
    /// JSON Schema, drafts 4 to 2020-12.
    Json,
    /// Protocol Buffers.
    Protobuf,
}

impl Format {
    /// Every format, in the order in which the registry lists them.
    pub const ALL: [Format; 3] = [Format::Json, Format::Protobuf, Format::Avro];

    /// The upper-case wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Avro => "AVRO",
            Format::Json => "JSON",
            Format::Protobuf => "PROTOBUF",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A format name that is none of the three. The comparison is exact: `avro` is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid schema type {0}")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Format::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}
