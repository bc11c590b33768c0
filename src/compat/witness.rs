//! Evidence for a finding: data that was written and could not be read.

/// A value that the writer writes and the reader cannot read. It exists only after that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    datum: String,
    bytes: Vec<u8>,
    failure: String,
    portable: bool,
}

impl Witness {
    /// The value as JSON.
    pub fn datum(&self) -> &str {
        &self.datum
    }

    /// The value as the writer encodes it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What happened when it was read.
    pub fn failure(&self) -> &str {
        &self.failure
    }

    /// Do all known implementations fail on it, or only those that follow the specification here?
    pub fn portable(&self) -> bool {
        self.portable
    }
}
