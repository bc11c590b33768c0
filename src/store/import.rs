//! Versions and ids as another registry has them.

use super::changes::ChangeKind;
use super::tx::{Tx, on};
use super::{StoreError, rows};
use crate::model::{Context, SchemaId, Subject, Timestamp, Version};

/// A version as it is elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BroughtVersion {
    /// Its number.
    pub version: Version,
    /// The id of its content, which [`Tx::intern_as`] has entered.
    pub id: SchemaId,
    /// Is it softly deleted?
    pub deleted: bool,
    /// When it was registered there.
    pub created_at: Timestamp,
}

impl Tx {
    /// Add a version that was registered elsewhere.
    ///
    /// # Errors
    /// When the subject cannot be stored, the version is taken, or the database fails.
    pub async fn append_brought(
        &mut self,
        subject: &Subject,
        brought: &BroughtVersion,
    ) -> Result<(), StoreError> {
        self.author()?;
        rows::check_storable(subject)?;
        let sql = "INSERT INTO versions (context, subject, version, id, deleted, created_at, written)
                   VALUES ($1, $2, $3, $4, $5, $6, 0)";
        on!(self, |conn| sqlx::query(sql)
            .bind(subject.context().as_str())
            .bind(subject.name())
            .bind(i64::from(brought.version.number()))
            .bind(i64::from(brought.id.0))
            .bind(brought.deleted)
            .bind(brought.created_at)
            .execute(conn)
            .await
            .map(drop))?;
        let number = Some((brought.version, brought.id));
        self.record(ChangeKind::Register, subject, number);
        if brought.deleted {
            self.record(ChangeKind::Delete, subject, number);
        }
        Ok(())
    }

    /// List a context, and see to it that the ids it gives out from now on are higher than `last_id`.
    ///
    /// # Errors
    /// When the context cannot be stored or the database fails.
    pub async fn open_context(&mut self, context: &Context, last_id: i32) -> Result<(), StoreError> {
        let now = self.author()?.now;
        let subject = Subject::new(context.clone(), "");
        rows::check_storable(&subject)?;
        let sql = "INSERT INTO contexts (name, last_id, deleted, created_at) VALUES ($1, $2, FALSE, $3)
                       ON CONFLICT (name) DO UPDATE
                      SET last_id = CASE WHEN contexts.last_id < excluded.last_id THEN excluded.last_id
                                         ELSE contexts.last_id END,
                          deleted = FALSE
                    WHERE contexts.deleted OR contexts.last_id < excluded.last_id";
        let touched = on!(self, |conn| sqlx::query(sql)
            .bind(context.as_str())
            .bind(i64::from(last_id))
            .bind(now)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        if touched > 0 {
            self.record(ChangeKind::OpenContext, &subject, None);
        }
        Ok(())
    }
}
