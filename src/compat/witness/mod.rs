//! Evidence for a finding: data that was written and could not be read, or was read as something else.
//!
//! A [`Witness`] has private fields and a constructor a format, each of which runs a decoder on the
//! data and sees the failure happen. There is no other way to one.

mod avro;
mod json;
pub(super) mod protobuf;

pub(super) use avro::Trial;
pub(super) use json::{JsonTrial, Refused};

/// A value that the writer writes and the reader does not read as it was written. It exists only after
/// that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    datum: Datum,
    evidence: Evidence,
    portable: bool,
}

/// The value, in the forms of its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// Of an Avro schema.
    Avro {
        /// Its JSON encoding.
        json: String,
        /// Its binary encoding by the writer.
        bytes: Vec<u8>,
    },
    /// A message of a Protobuf schema.
    Protobuf {
        /// The full name of the message's type in the writer.
        message: String,
        /// Its canonical JSON by the writer; `None` where it has none.
        json: Option<String>,
        /// Its binary encoding by the writer.
        bytes: Vec<u8>,
    },
    /// A document of a JSON Schema.
    Json {
        /// Its text.
        json: String,
        /// The validators that accept it for the writer and refuse it for the reader.
        verified_by: &'static [&'static str],
    },
}

/// What happened when the value was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Reading failed.
    Undecodable {
        /// Where: a place in the reader (Avro) or in the value (Protobuf).
        at: String,
        /// How.
        error: String,
    },
    /// Something that was written was not there.
    Lost {
        /// Where.
        at: String,
        /// What was written there.
        wrote: String,
    },
    /// Something else was read than was written.
    Altered {
        /// Where.
        at: String,
        /// What was written there.
        wrote: String,
        /// What was read there.
        read: String,
    },
    /// The reader's schema does not allow it.
    Refused {
        /// Where in the document, as a JSON pointer.
        instance: String,
        /// By which keyword, as a place in the reader.
        keyword: String,
    },
}

impl Witness {
    /// The value.
    pub fn datum(&self) -> &Datum {
        &self.datum
    }

    /// The value as JSON, where it has such a form.
    pub fn json(&self) -> Option<&str> {
        match &self.datum {
            Datum::Avro { json, .. } | Datum::Json { json, .. } => Some(json),
            Datum::Protobuf { json, .. } => json.as_deref(),
        }
    }

    /// The value as the writer encodes it; `None` where the text is all there is.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.datum {
            Datum::Avro { bytes, .. } | Datum::Protobuf { bytes, .. } => Some(bytes),
            Datum::Json { .. } => None,
        }
    }

    /// The validators that ran on it, where there is a choice of them.
    pub fn verified_by(&self) -> &'static [&'static str] {
        match &self.datum {
            Datum::Json { verified_by, .. } => verified_by,
            Datum::Avro { .. } | Datum::Protobuf { .. } => &[],
        }
    }

    /// What happened when it was read.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Do all known implementations fail on it, or only some?
    pub fn portable(&self) -> bool {
        self.portable
    }

    /// The value and what became of it, in a line without control characters.
    pub fn sentence(&self) -> String {
        let value = match &self.datum {
            Datum::Avro { json, .. } | Datum::Json { json, .. } => json.clone(),
            Datum::Protobuf { message, json, bytes } => {
                let json = json.as_deref().map_or_else(String::new, |json| format!(" {json}"));
                format!("{message}{json} (bytes {})", hex(bytes))
            }
        };
        printable(&format!("{value}: {}", self.evidence))
    }

    /// The bytes in hexadecimal digits.
    pub fn hex(&self) -> Option<String> {
        self.bytes().map(hex)
    }
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let or_root = |at: &str| if at.is_empty() { "/".to_owned() } else { at.to_owned() };
        match self {
            Evidence::Undecodable { at, error } => write!(f, "{error} (at {})", or_root(at)),
            Evidence::Lost { at, wrote } => write!(f, "{wrote} was written, and lost (at {})", or_root(at)),
            Evidence::Altered { at, wrote, read } => {
                write!(f, "{wrote} was written, {read} is read (at {})", or_root(at))
            }
            Evidence::Refused { instance, keyword } if instance.is_empty() => {
                write!(f, "refused by {}", or_root(keyword))
            }
            Evidence::Refused { instance, keyword } => {
                write!(f, "refused at {instance}, by {}", or_root(keyword))
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A terminal and a log must not be moved by what a schema makes up.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{FFFD}' } else { character }).collect()
}
