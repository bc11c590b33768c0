//! What can go wrong on the way.

use crate::store::StoreError;

/// Why something was not carried over. Holds no credential.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command, or a file it names, makes no sense.
    #[error("{0}")]
    Input(String),
    /// A registry or a file cannot be read.
    #[error("{0}")]
    Unreachable(String),
    /// A file that was taken for a dump of a topic does not begin with a record.
    #[error("{0}")]
    NoRecord(String),
    /// A file that was taken for a backup is a dump of a topic: its name.
    #[error("{0} is a dump of a topic, not a backup")]
    Dump(String),
    /// A backup is not what was written.
    #[error("{0}")]
    Damaged(String),
    /// The store has something already: the name of a table that is not empty.
    #[error("the database at {location} is not empty: it has {held}")]
    NotEmpty {
        /// Which database.
        location: String,
        /// What it has.
        held: String,
    },
    /// Somebody else wrote to the store meanwhile.
    #[error("{0}")]
    Raced(String),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// A file that cannot be read or written.
    pub(super) fn file(place: &std::path::Path, error: &std::io::Error) -> Error {
        Error::Unreachable(format!("{}: {error}", place.display()))
    }
}
