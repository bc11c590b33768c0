//! Which versions have a given id.

use crate::model::{Context, SchemaId, Subject, Timestamp, Version};

use super::rows::row;
use super::tx::{Tx, on};
use super::{StoreError, rows};

/// A version that has a given id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Its subject.
    pub subject: Subject,
    /// Its number.
    pub version: Version,
    /// Is it softly deleted?
    pub deleted: bool,
    /// When it was registered.
    pub created_at: Timestamp,
    /// The sequence number of the change that appended it: the higher, the later.
    pub written: i64,
}

row! {
    struct UseRow {
        subject: String,
        version: i64,
        deleted: bool,
        created_at: i64,
        written: i64,
    }
}

impl UseRow {
    fn in_context(self, context: &Context) -> Result<Use, StoreError> {
        Ok(Use {
            subject: Subject::new(context.clone(), self.subject),
            version: rows::version(self.version)?,
            deleted: self.deleted,
            created_at: self.created_at,
            written: self.written,
        })
    }
}

impl Tx {
    /// Every stored version that has this id, by subject and version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn uses(&mut self, context: &Context, id: SchemaId) -> Result<Vec<Use>, StoreError> {
        if !rows::is_storable_context(context) {
            return Ok(Vec::new());
        }
        let sql = "SELECT subject, version, deleted, created_at, written FROM versions
                    WHERE context = $1 AND id = $2";
        let found: Vec<UseRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(context.as_str())
            .bind(i64::from(id.0))
            .fetch_all(conn)
            .await)?;
        let uses: Result<Vec<Use>, StoreError> =
            found.into_iter().map(|row| row.in_context(context)).collect();
        let mut uses = uses?;
        // Asked to sort, SQLite walks through the whole context to find them in order.
        uses.sort_unstable_by(|left, right| {
            (left.subject.name(), left.version).cmp(&(right.subject.name(), right.version))
        });
        Ok(uses)
    }

    /// One version that has this id: a live one if there is one, and of those the one written first,
    /// so that the answer is a stable one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn any_use(&mut self, context: &Context, id: SchemaId) -> Result<Option<Use>, StoreError> {
        if !rows::is_storable_context(context) {
            return Ok(None);
        }
        let sql = "SELECT subject, version, deleted, created_at, written FROM versions
                    WHERE context = $1 AND id = $2 ORDER BY deleted, written LIMIT 1";
        let found: Option<UseRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(context.as_str())
            .bind(i64::from(id.0))
            .fetch_optional(conn)
            .await)?;
        found.map(|row| row.in_context(context)).transpose()
    }

    /// The version of the subject with this id that was written last, softly deleted or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_use(&mut self, subject: &Subject, id: SchemaId) -> Result<Option<Use>, StoreError> {
        if !subject.is_storable() {
            return Ok(None);
        }
        let sql = "SELECT subject, version, deleted, created_at, written FROM versions
                    WHERE context = $1 AND subject = $2 AND id = $3 ORDER BY written DESC LIMIT 1";
        let found: Option<UseRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(subject.context().as_str())
            .bind(subject.name())
            .bind(i64::from(id.0))
            .fetch_optional(conn)
            .await)?;
        found.map(|row| row.in_context(subject.context())).transpose()
    }
}
