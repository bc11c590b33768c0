//! The versions of a subject.

use sqlx::QueryBuilder;

use crate::model::{Format, Guid, SchemaId, Subject, Timestamp, Version};

use super::changes::{ChangeKind, PendingChange};
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

/// A version whose content holds a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// Its subject.
    pub subject: Subject,
    /// Its number.
    pub version: Version,
    /// Its id.
    pub id: SchemaId,
    /// Is it softly deleted?
    pub deleted: bool,
}

#[derive(sqlx::FromRow)]
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
        if !rows::is_storable(subject) {
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
        if !rows::is_storable(subject) {
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
        if !rows::is_storable(subject) {
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

    /// Add a version with an id that [`Tx::intern`] gave or [`Tx::ids_of_content`] found.
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

    /// Make a softly deleted version live again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undelete(&mut self, subject: &Subject, version: Version) -> Result<(), StoreError> {
        let update = "UPDATE versions SET deleted = FALSE WHERE deleted";
        for touched in self.touch(update, subject, &[version]).await? {
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
        if !rows::is_storable(subject) {
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

    /// The versions whose content references this one, by subject and version. A reference that names
    /// no context means the context of whoever holds it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn referrers(
        &mut self,
        subject: &Subject,
        version: Version,
    ) -> Result<Vec<Referrer>, StoreError> {
        if !rows::is_storable(subject) {
            return Ok(Vec::new());
        }
        let context = subject.context().as_str();
        let spellings = Spellings::of(subject);
        let sql = "SELECT DISTINCT v.context, v.subject, v.version, v.id, v.deleted
                     FROM content_references r
                     JOIN schema_ids s ON s.guid = r.guid AND s.format = r.format
                     JOIN versions v ON v.context = s.context AND v.id = s.id
                    WHERE r.version = $1
                      AND ((r.subject = $2 AND v.context = $3) OR r.subject = $4 OR r.subject = $5)
                    ORDER BY v.context, v.subject, v.version";
        let found: Vec<(String, String, i64, i64, bool)> = on!(self, |conn| sqlx::query_as(sql)
            .bind(i64::from(version.number()))
            .bind(&spellings.at_home)
            .bind(context)
            .bind(&spellings.qualified)
            .bind(&spellings.bare_context)
            .fetch_all(conn)
            .await)?;
        let referrer = |(context, name, version, id, deleted): (String, String, i64, i64, bool)| {
            let subject = rows::subject(&context, name)?;
            Ok(Referrer { subject, version: rows::version(version)?, id: rows::schema_id(id)?, deleted })
        };
        found.into_iter().map(referrer).collect()
    }
}

/// The ways in which a reference may spell one subject.
struct Spellings {
    /// Within the subject's own context, if that spelling does not name another context.
    at_home: Option<String>,
    /// From anywhere.
    qualified: String,
    /// From anywhere, when the subject is the context itself.
    bare_context: Option<String>,
}

impl Spellings {
    fn of(subject: &Subject) -> Spellings {
        let (context, name) = (subject.context().as_str(), subject.name());
        Spellings {
            at_home: (!Subject::is_qualified_text(name)).then(|| name.to_owned()),
            qualified: format!(":{context}:{name}"),
            bare_context: name.is_empty().then(|| format!(":{context}")),
        }
    }
}
