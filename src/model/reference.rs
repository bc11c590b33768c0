//! References from one schema to a version of another subject.

use super::Version;

/// A reference as it is stored and shown: the name a schema text uses → a subject's version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// What the text calls it: a full name (Avro), a URI (JSON Schema), an import path (Protobuf).
    pub name: String,
    /// The subject as written; without a context it belongs to the referrer's context.
    pub subject: String,
    /// A concrete version; "latest" is resolved before anything is stored.
    pub version: Version,
}
