//! The append-only record of every write.

use sqlx::QueryBuilder;

use crate::model::{SchemaId, Subject, Timestamp, Version};

use super::tx::{Tx, on};
use super::{StoreError, rows};

/// Rows per INSERT: well below the number of parameters either database takes.
const ROWS_AT_ONCE: usize = 500;

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// A version was appended.
    Register,
    /// A version was softly deleted.
    Delete,
    /// A softly deleted version is live again.
    Undelete,
    /// A version is gone for good.
    Purge,
    /// Settings were recorded.
    PutSettings,
    /// A record of settings was removed.
    DeleteSettings,
    /// A mode was recorded.
    PutMode,
    /// A record of a mode was removed.
    DeleteMode,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [ChangeKind; 8] = [
        ChangeKind::Register,
        ChangeKind::Delete,
        ChangeKind::Undelete,
        ChangeKind::Purge,
        ChangeKind::PutSettings,
        ChangeKind::DeleteSettings,
        ChangeKind::PutMode,
        ChangeKind::DeleteMode,
    ];

    /// How it is spelt in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Register => "register",
            ChangeKind::Delete => "delete",
            ChangeKind::Undelete => "undelete",
            ChangeKind::Purge => "purge",
            ChangeKind::PutSettings => "put-settings",
            ChangeKind::DeleteSettings => "delete-settings",
            ChangeKind::PutMode => "put-mode",
            ChangeKind::DeleteMode => "delete-mode",
        }
    }
}

/// One row of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number: later commits have higher ones.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: String,
    /// On behalf of which request.
    pub request_id: String,
    /// What.
    pub kind: ChangeKind,
    /// To which subject or scope.
    pub subject: Subject,
    /// The version, if it was about one.
    pub version: Option<Version>,
    /// The id of that version.
    pub id: Option<SchemaId>,
}

/// What is left of a purged version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The change that purged it.
    pub seq: i64,
    /// Its number.
    pub version: Version,
    /// The id it had.
    pub id: SchemaId,
    /// When it was purged.
    pub at: Timestamp,
    /// By whom.
    pub actor: String,
    /// On behalf of which request.
    pub request_id: String,
    /// Why.
    pub reason: String,
}

/// A change that gets its number at commit.
pub(super) struct PendingChange {
    pub(super) kind: ChangeKind,
    pub(super) subject: Subject,
    pub(super) version: Option<(Version, SchemaId)>,
    /// Why, if it leaves a tombstone.
    pub(super) reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    seq: i64,
    at: i64,
    actor: String,
    request_id: String,
    kind: String,
    context: String,
    subject: String,
    version: Option<i64>,
    id: Option<i64>,
}

impl Tx {
    /// The sequence number of the subject's last change; 0 if it never had one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_change(&mut self, subject: &Subject) -> Result<i64, StoreError> {
        if !rows::is_storable(subject) {
            return Ok(0);
        }
        let (context, name) = (subject.context().as_str(), subject.name());
        let sql = "SELECT max(seq) FROM changes WHERE context = $1 AND subject = $2";
        let last: Option<i64> =
            on!(self, |conn| sqlx::query_scalar(sql).bind(context).bind(name).fetch_one(conn).await)?;
        Ok(last.unwrap_or(0))
    }

    /// The sequence number of the newest change of all; 0 before the first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_change(&mut self) -> Result<i64, StoreError> {
        let sql = "SELECT last_change FROM registry";
        on!(self, |conn| sqlx::query_scalar(sql).fetch_one(conn).await)
    }

    /// At most `limit` changes after number `seq`, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn changes_after(&mut self, seq: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        let sql = "SELECT seq, at, actor, request_id, kind, context, subject, version, id
                     FROM changes WHERE seq > $1 ORDER BY seq LIMIT $2";
        let limit = i64::from(limit);
        let found: Vec<ChangeRow> =
            on!(self, |conn| sqlx::query_as(sql).bind(seq).bind(limit).fetch_all(conn).await)?;
        found.into_iter().map(Change::try_from).collect()
    }

    /// What was purged of a subject, in the order in which it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tombstones(&mut self, subject: &Subject) -> Result<Vec<Tombstone>, StoreError> {
        if !rows::is_storable(subject) {
            return Ok(Vec::new());
        }
        let (context, name) = (subject.context().as_str(), subject.name());
        let sql = "SELECT t.seq, t.version, t.id, t.purged_at, t.actor, t.request_id, t.reason
                     FROM changes c JOIN tombstones t ON t.seq = c.seq
                    WHERE c.context = $1 AND c.subject = $2 ORDER BY t.seq";
        let found: Vec<(i64, i64, i64, i64, String, String, String)> =
            on!(self, |conn| sqlx::query_as(sql).bind(context).bind(name).fetch_all(conn).await)?;
        let tombstone = |(seq, version, id, at, actor, request_id, reason)| {
            let (version, id) = (rows::version(version)?, rows::schema_id(id)?);
            Ok(Tombstone { seq, version, id, at, actor, request_id, reason })
        };
        found.into_iter().map(tombstone).collect()
    }

    /// The random name this registry got when its tables were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cluster_id(&mut self) -> Result<String, StoreError> {
        let sql = "SELECT cluster_id FROM registry";
        on!(self, |conn| sqlx::query_scalar(sql).fetch_one(conn).await)
    }

    pub(super) fn record(
        &mut self,
        kind: ChangeKind,
        subject: &Subject,
        version: Option<(Version, SchemaId)>,
    ) {
        self.pending.push(PendingChange { kind, subject: subject.clone(), version, reason: None });
    }

    /// Number the pending changes and write them; the last number.
    ///
    /// The counter's row stays locked until the commit, so numbers become visible in their order: who
    /// has read up to n will never find another one below n.
    pub(super) async fn write_changes(&mut self) -> Result<i64, StoreError> {
        let pending = std::mem::take(&mut self.pending);
        let count = i64::try_from(pending.len()).expect("a transaction does not make 2^63 changes");
        let sql = "UPDATE registry SET last_change = last_change + $1 RETURNING last_change";
        let newest: i64 = on!(self, |conn| sqlx::query_scalar(sql).bind(count).fetch_one(conn).await)?;
        let numbered: Vec<(i64, PendingChange)> = (newest - count + 1..).zip(pending).collect();
        for part in numbered.chunks(ROWS_AT_ONCE) {
            self.insert_changes(part).await?;
        }
        for (seq, change) in &numbered {
            self.finish(*seq, change).await?;
        }
        self.connection.notify().await?;
        Ok(newest)
    }

    async fn insert_changes(&mut self, part: &[(i64, PendingChange)]) -> Result<(), StoreError> {
        let author = self.author()?.clone();
        on!(self, |conn| {
            let columns = "seq, at, actor, request_id, kind, context, subject, version, id";
            let mut insert = QueryBuilder::new(format!("INSERT INTO changes ({columns}) "));
            insert.push_values(part, |mut row, (seq, change)| {
                row.push_bind(*seq).push_bind(author.now).push_bind(author.actor.clone());
                row.push_bind(author.request_id.clone()).push_bind(change.kind.as_str());
                row.push_bind(change.subject.context().as_str().to_owned());
                row.push_bind(change.subject.name().to_owned());
                row.push_bind(change.version.map(|(version, _)| i64::from(version.number())));
                row.push_bind(change.version.map(|(_, id)| i64::from(id.0)));
            });
            insert.build().persistent(false).execute(conn).await.map(drop)
        })
    }

    /// Carry the number to the rows that show it.
    async fn finish(&mut self, seq: i64, change: &PendingChange) -> Result<(), StoreError> {
        let Some((version, id)) = change.version else { return Ok(()) };
        let (context, name) = (change.subject.context().as_str(), change.subject.name());
        let number = i64::from(version.number());
        if change.kind == ChangeKind::Register {
            let sql = "UPDATE versions SET written = $1 WHERE context = $2 AND subject = $3 AND version = $4";
            on!(self, |conn| sqlx::query(sql)
                .bind(seq)
                .bind(context)
                .bind(name)
                .bind(number)
                .execute(conn)
                .await
                .map(drop))?;
        }
        if let Some(reason) = &change.reason {
            let author = self.author()?.clone();
            let sql = "INSERT INTO tombstones
                           (seq, context, subject, version, id, purged_at, actor, request_id, reason)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
            on!(self, |conn| sqlx::query(sql)
                .bind(seq)
                .bind(context)
                .bind(name)
                .bind(number)
                .bind(i64::from(id.0))
                .bind(author.now)
                .bind(&author.actor)
                .bind(&author.request_id)
                .bind(reason)
                .execute(conn)
                .await
                .map(drop))?;
        }
        Ok(())
    }
}

impl TryFrom<ChangeRow> for Change {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Change, StoreError> {
        let kind = ChangeKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
        Ok(Change {
            seq: row.seq,
            at: row.at,
            actor: row.actor,
            request_id: row.request_id,
            kind: kind.ok_or_else(|| StoreError::Corrupt(format!("change of kind {}", row.kind)))?,
            subject: rows::subject(&row.context, row.subject)?,
            version: row.version.map(rows::version).transpose()?,
            id: row.id.map(rows::schema_id).transpose()?,
        })
    }
}
