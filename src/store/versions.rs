//! The versions of a subject.

use sqlx::QueryBuilder;

use crate::model::{Format, Guid, SchemaId, Subject, Timestamp, Version};

use super::changes::{ChangeKind, PendingChange};
use super::rows::row;
use super::tx::{Tx, on};
use super::{StoreError, rows};

/// A version as it is stored, without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredVersion {
    /// Its number.
    pub version: Version,
    /// The id of its content in the subject's context.
    pub id: SchemaId,
    /// The hash of its content.
    pub guid: Guid,
    /// The schema language of its content.
    pub format: Format,
    /// Is it softly deleted?
    pub deleted: bool,
    /// When it was registered.
    pub created_at: Timestamp,
}

row! {
    pub(super) struct VersionRow {
        context: String,
        subject: String,
        version: i64,
        id: i64,
        guid: Vec<u8>,
        format: String,
        deleted: bool,
        created_at: i64,
    }
}

/// Versions with what their ids denote.
macro_rules! select_versions {
    ($narrowed:literal) => {
        concat!(
            "SELECT v.context, v.subject, v.version, v.id, s.guid, s.format, v.deleted, v.created_at
               FROM versions v
               JOIN schema_ids s ON s.context = v.context AND s.id = v.id
              WHERE ",
            $narrowed
        )
    };
}
pub(super) use select_versions;

impl VersionRow {
    pub(super) fn stored(&self) -> Result<StoredVersion, StoreError> {
        Ok(StoredVersion {
            version: rows::version(self.version)?,
            id: rows::schema_id(self.id)?,
            guid: rows::guid(&self.guid)?,
            format: rows::format(&self.format)?,
            deleted: self.deleted,
            created_at: self.created_at,
        })
    }

    pub(super) fn with_subject(self) -> Result<(Subject, StoredVersion), StoreError> {
        let stored = self.stored()?;
        Ok((rows::subject(&self.context, self.subject)?, stored))
    }
}

impl Tx {
    /// Every version of the subject, oldest first, softly deleted ones included.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history(&mut self, subject: &Subject) -> Result<Vec<StoredVersion>, StoreError> {
        if !subject.is_storable() {
            return Ok(Vec::new());
        }
        let (context, name) = (subject.context().as_str(), subject.name());
        let sql = select_versions!("v.context = $1 AND v.subject = $2 ORDER BY v.version");
        let found: Vec<VersionRow> =
            on!(self, |conn| sqlx::query_as(sql).bind(context).bind(name).fetch_all(conn).await)?;
        found.iter().map(VersionRow::stored).collect()
    }

    /// One version of the subject, softly deleted or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn version(
        &mut self,
        subject: &Subject,
        version: Version,
    ) -> Result<Option<StoredVersion>, StoreError> {
        if !subject.is_storable() {
            return Ok(None);
        }
        let (context, name) = (subject.context().as_str(), subject.name());
        let number = i64::from(version.number());
        let sql = select_versions!("v.context = $1 AND v.subject = $2 AND v.version = $3");
        let found: Option<VersionRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(context)
            .bind(name)
            .bind(number)
            .fetch_optional(conn)
            .await)?;
        found.as_ref().map(VersionRow::stored).transpose()
    }

    /// The highest live version of the subject.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest(&mut self, subject: &Subject) -> Result<Option<StoredVersion>, StoreError> {
        if !subject.is_storable() {
            return Ok(None);
        }
        let (context, name) = (subject.context().as_str(), subject.name());
        let sql = select_versions!(
            "v.context = $1 AND v.subject = $2 AND NOT v.deleted ORDER BY v.version DESC LIMIT 1"
        );
        let found: Option<VersionRow> =
            on!(self, |conn| sqlx::query_as(sql).bind(context).bind(name).fetch_optional(conn).await)?;
        found.as_ref().map(VersionRow::stored).transpose()
    }

    /// The highest version of the subject that has this content; `None` when that one is softly
    /// deleted and `deleted` ones are not wanted, even if a lower one is live.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_content(
        &mut self,
        subject: &Subject,
        guid: Guid,
        format: Format,
        deleted: bool,
    ) -> Result<Option<StoredVersion>, StoreError> {
        if !subject.is_storable() {
            return Ok(None);
        }
        // The ids first, and the sum: otherwise a planner may walk down the whole history instead. A
        // content has hardly ever more than one id, and an id few versions.
        let sql = "WITH s AS MATERIALIZED (
                        SELECT id, guid, format FROM schema_ids
                         WHERE guid = $1 AND context = $2 AND format = $3)
                   SELECT v.context, v.subject, v.version, v.id, s.guid, s.format, v.deleted, v.created_at
                     FROM s JOIN versions v ON v.id = s.id
                    WHERE v.context = $2 AND v.subject = $4
                    ORDER BY v.version + 0 DESC LIMIT 1";
        let found: Option<VersionRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(guid.0.as_slice())
            .bind(subject.context().as_str())
            .bind(format.as_str())
            .bind(subject.name())
            .fetch_optional(conn)
            .await)?;
        let highest = found.as_ref().map(VersionRow::stored).transpose()?;
        Ok(highest.filter(|version| deleted || !version.deleted))
    }

    /// Add a version with an id that [`Tx::intern`] gave.
    ///
    /// # Errors
    /// When the subject cannot be stored, the version is taken, or the database fails.
    pub async fn append(
        &mut self,
        subject: &Subject,
        version: Version,
        id: SchemaId,
    ) -> Result<(), StoreError> {
        let now = self.author()?.now;
        rows::check_storable(subject)?;
        let sql = "INSERT INTO versions (context, subject, version, id, deleted, created_at, written)
                   VALUES ($1, $2, $3, $4, FALSE, $5, 0)";
        on!(self, |conn| sqlx::query(sql)
            .bind(subject.context().as_str())
            .bind(subject.name())
            .bind(i64::from(version.number()))
            .bind(i64::from(id.0))
            .bind(now)
            .execute(conn)
            .await
            .map(drop))?;
        self.record(ChangeKind::Register, subject, Some((version, id)));
        Ok(())
    }

    /// Mark versions as deleted; those that are already, or do not exist, are left as they are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn soft_delete(&mut self, subject: &Subject, versions: &[Version]) -> Result<(), StoreError> {
        let update = "UPDATE versions SET deleted = TRUE WHERE NOT deleted";
        for touched in self.touch(update, subject, versions).await? {
            self.record(ChangeKind::Delete, subject, Some(touched));
        }
        Ok(())
    }

    /// Make versions live again; those that are, or do not exist, are left as they are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undelete(&mut self, subject: &Subject, versions: &[Version]) -> Result<(), StoreError> {
        let update = "UPDATE versions SET deleted = FALSE WHERE deleted";
        for touched in self.touch(update, subject, versions).await? {
            self.record(ChangeKind::Undelete, subject, Some(touched));
        }
        Ok(())
    }

    /// Remove versions for good. Each leaves a tombstone saying who did it, when and why; the content
    /// stays stored, and an id without any version left is never found or given out again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge(
        &mut self,
        subject: &Subject,
        versions: &[Version],
        reason: &str,
    ) -> Result<(), StoreError> {
        rows::check_text("the reason", reason)?;
        for touched in self.touch("DELETE FROM versions WHERE 1 = 1", subject, versions).await? {
            self.pending.push(PendingChange {
                kind: ChangeKind::Purge,
                subject: subject.clone(),
                version: Some(touched),
                reason: Some(reason.to_owned()),
            });
        }
        Ok(())
    }

    /// Run a statement on some versions of a subject; those it changed, ascending.
    async fn touch(
        &mut self,
        statement: &'static str,
        subject: &Subject,
        versions: &[Version],
    ) -> Result<Vec<(Version, SchemaId)>, StoreError> {
        self.author()?;
        if !subject.is_storable() {
            return Ok(Vec::new());
        }
        let mut touched = Vec::with_capacity(versions.len());
        for part in versions.chunks(500) {
            let found: Vec<(i64, i64)> = on!(self, |conn| {
                let mut query = QueryBuilder::new(statement);
                query.push(" AND context = ").push_bind(subject.context().as_str());
                query.push(" AND subject = ").push_bind(subject.name());
                query.push(" AND version IN (");
                let mut list = query.separated(", ");
                for version in part {
                    list.push_bind(i64::from(version.number()));
                }
                query.push(") RETURNING version, id");
                query.build_query_as().persistent(false).fetch_all(conn).await
            })?;
            for (version, id) in found {
                touched.push((rows::version(version)?, rows::schema_id(id)?));
            }
        }
        touched.sort_unstable();
        Ok(touched)
    }
}
