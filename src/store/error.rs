//! What can go wrong in the store. No text here ever holds a password.

use sqlx::error::DatabaseError;

/// Why the store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is busy or gave up waiting. Asking again may help.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A newer version of this program has already changed the tables.
    #[error(
        "the database at {location} is at migration {found}, this program knows migrations up to {known}: \
         run the newer version, or restore a backup taken before the upgrade"
    )]
    NewerDatabase {
        /// Which database.
        location: String,
        /// The newest migration the database has.
        found: i64,
        /// The newest migration of this program.
        known: i64,
    },
    /// The tables are missing or old, and migrating was not allowed.
    #[error(
        "the database at {location} is at migration {found}, this program needs {known}: \
         run `dovetail migrate`, or start without the option that forbids migrating"
    )]
    NotMigrated {
        /// Which database.
        location: String,
        /// The newest migration the database has; 0 if none.
        found: i64,
        /// The newest migration of this program.
        known: i64,
    },
    /// A row that cannot have been written by this program.
    #[error("the database holds a value that cannot be read: {0}")]
    Corrupt(String),
    /// A value that one of the databases cannot hold; both refuse it.
    #[error("{0}")]
    Unstorable(String),
    /// The database URL or its place cannot be used.
    #[error("{0}")]
    BadPlace(String),
    /// A write was to be done only as long as nobody else had written.
    #[error("The registry is at change {found}, not at {expected}: nothing was written")]
    Moved {
        /// The newest change there had to be.
        expected: i64,
        /// The newest change there is.
        found: i64,
    },
    /// Anything else.
    #[error("the database refused: {0}")]
    Other(String),
}

impl StoreError {
    /// The same error with every occurrence of `secrets` blotted out.
    pub(super) fn without(self, secrets: &[String]) -> StoreError {
        let clean = |text: String| {
            secrets
                .iter()
                .filter(|secret| !secret.is_empty())
                .fold(text, |text, secret| text.replace(secret.as_str(), "***"))
        };
        match self {
            StoreError::Unavailable(text) => StoreError::Unavailable(clean(text)),
            StoreError::Corrupt(text) => StoreError::Corrupt(clean(text)),
            StoreError::Unstorable(text) => StoreError::Unstorable(clean(text)),
            StoreError::BadPlace(text) => StoreError::BadPlace(clean(text)),
            StoreError::Other(text) => StoreError::Other(clean(text)),
            numbers @ (StoreError::NewerDatabase { .. }
            | StoreError::NotMigrated { .. }
            | StoreError::Moved { .. }) => numbers,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        let text = error.to_string();
        match &error {
            sqlx::Error::Database(database) if is_lock_timeout(&**database) => {
                let advice = "another write held what this one needs for too long: try again, and look for a \
                              transaction that stays open in the database if that does not help";
                StoreError::Unavailable(format!("{advice} ({text})"))
            }
            sqlx::Error::Database(database) if is_passing(&**database) => StoreError::Unavailable(text),
            sqlx::Error::PoolTimedOut => {
                let advice = "no connection became free in time, as too many requests wait for the database \
                              or it does not answer: try again, and look at the database if that does not help";
                StoreError::Unavailable(advice.to_owned())
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => StoreError::Unavailable(text),
            sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::RowNotFound => StoreError::Corrupt(text),
            _ => StoreError::Other(text),
        }
    }
}

/// Did Postgres give up waiting for a lock?
fn is_lock_timeout(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| code == "55P03")
}

/// Is this a failure of the moment (busy, unreachable, deadlock, full), not of the statement?
fn is_passing(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        // Extended codes hold the plain one in the low byte: busy, locked, i/o, full, cannot open.
        let plain = code.parse::<i32>().unwrap_or(0) & 0xff;
        return matches!(plain, 5 | 6 | 10 | 13 | 14);
    }
    // Connection, resources, operator; serialization failure, deadlock, an idle transaction ended by
    // the server, and the ways to be turned away at the door (login, unknown database).
    ["08", "53", "57", "40", "25P03", "28", "3D"].iter().any(|class| code.starts_with(class))
}
