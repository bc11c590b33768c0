//! From columns to model words. What this program cannot have written is reported as corrupt.

use crate::model::{Algorithm, Context, Format, Guid, SchemaId, Subject, Version};

use super::StoreError;

/// A struct that is read from the columns that are called as its fields are.
///
/// The driver has a derive for that. It would compile a second copy of the drivers, their TLS and SQLite
/// itself included, for the compiler's own use: minutes of each build from nothing.
macro_rules! row {
    ($(#[$about:meta])* $visibility:vis struct $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$about])*
        $visibility struct $name {
            $($field: $type,)*
        }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
        {
            fn from_row(row: &'r R) -> sqlx::Result<$name> {
                Ok($name { $($field: row.try_get(stringify!($field))?,)* })
            }
        }
    };
}
pub(super) use row;

fn corrupt(what: &str, value: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{what} {value}"))
}

pub(super) fn version(number: i64) -> Result<Version, StoreError> {
    i32::try_from(number).ok().and_then(Version::new).ok_or_else(|| corrupt("version", number))
}

pub(super) fn schema_id(number: i64) -> Result<SchemaId, StoreError> {
    i32::try_from(number).map(SchemaId).map_err(|_| corrupt("id", number))
}

pub(super) fn guid(bytes: &[u8]) -> Result<Guid, StoreError> {
    bytes.try_into().map(Guid).map_err(|_| corrupt("guid of length", bytes.len()))
}

pub(super) fn format(name: &str) -> Result<Format, StoreError> {
    name.parse().map_err(|_| corrupt("format", name))
}

pub(super) fn algorithm(name: &str) -> Result<Algorithm, StoreError> {
    name.parse().map_err(|_| corrupt("algorithm", name))
}

pub(super) fn context(name: &str) -> Result<Context, StoreError> {
    Context::new(name).ok_or_else(|| corrupt("context", name))
}

pub(super) fn subject(context_name: &str, name: String) -> Result<Subject, StoreError> {
    Ok(Subject::new(context(context_name)?, name))
}

pub(super) fn json<T: serde::de::DeserializeOwned>(
    what: &str,
    text: Option<String>,
) -> Result<Option<T>, StoreError> {
    text.map(|text| serde_json::from_str(&text).map_err(|error| corrupt(what, error))).transpose()
}

pub(super) fn as_json<T: serde::Serialize>(part: Option<&T>) -> Option<String> {
    part.map(|part| serde_json::to_string(part).expect("maps with text keys are JSON"))
}

/// A word that parses back from its own spelling, such as a level or a mode.
pub(super) fn word<T: std::str::FromStr>(what: &str, text: Option<String>) -> Result<Option<T>, StoreError> {
    text.map(|text| text.parse().map_err(|_| corrupt(what, &text))).transpose()
}

/// Can a row hold this context? Nothing is ever found under one that no row can hold.
pub(super) fn is_storable_context(context: &Context) -> bool {
    context.as_str().len() <= Subject::LONGEST && !context.as_str().contains(char::is_control)
}

pub(super) fn check_storable(subject: &Subject) -> Result<(), StoreError> {
    if subject.is_storable() {
        return Ok(());
    }
    let longest = Subject::LONGEST;
    Err(StoreError::Unstorable(format!(
        "the subject '{subject}' cannot be stored: it holds a control character or is longer than {longest} bytes"
    )))
}

/// Postgres cannot hold U+0000 in a text; SQLite could, but the two must not differ.
pub(super) fn check_text(what: &str, text: &str) -> Result<(), StoreError> {
    if text.contains('\0') {
        return Err(StoreError::Unstorable(format!(
            "{what} holds the character U+0000, which cannot be stored"
        )));
    }
    Ok(())
}
