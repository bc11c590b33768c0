//! The append-only record of every write.

use sqlx::QueryBuilder;

use crate::model::{SchemaId, Subject, Timestamp, Version};

use super::rows::row;
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
    /// It was recorded who judges.
    PutJudge,
    /// A record of who judges was removed.
    DeleteJudge,
    /// A key-encryption key was recorded or restored.
    PutKek,
    /// A key-encryption key was softly deleted.
    DeleteKek,
    /// A key-encryption key is gone for good.
    PurgeKek,
    /// A data-encryption key was recorded or restored.
    PutDek,
    /// A data-encryption key was softly deleted.
    DeleteDek,
    /// A data-encryption key is gone for good.
    PurgeDek,
    /// A softly deleted version is live again.
    Undelete,
    /// A context was taken off the list.
    DeleteContext,
    /// A context was listed, or its ids go on from a higher number.
    OpenContext,
    /// An exporter was recorded or told what to do.
    PutExporter,
    /// An exporter was removed.
    DeleteExporter,
    /// The subject was associated with a resource.
    Associate,
    /// An association of the subject ended.
    Dissociate,
}

impl ChangeKind {
    const ALL: [ChangeKind; 22] = [
        ChangeKind::Register,
        ChangeKind::Delete,
        ChangeKind::Purge,
        ChangeKind::PutSettings,
        ChangeKind::DeleteSettings,
        ChangeKind::PutMode,
        ChangeKind::DeleteMode,
        ChangeKind::PutJudge,
        ChangeKind::DeleteJudge,
        ChangeKind::PutKek,
        ChangeKind::DeleteKek,
        ChangeKind::PurgeKek,
        ChangeKind::PutDek,
        ChangeKind::DeleteDek,
        ChangeKind::PurgeDek,
        ChangeKind::Undelete,
        ChangeKind::DeleteContext,
        ChangeKind::OpenContext,
        ChangeKind::PutExporter,
        ChangeKind::DeleteExporter,
        ChangeKind::Associate,
        ChangeKind::Dissociate,
    ];

    /// How it is spelt in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Register => "register",
            ChangeKind::Delete => "delete",
            ChangeKind::Purge => "purge",
            ChangeKind::PutSettings => "put-settings",
            ChangeKind::DeleteSettings => "delete-settings",
            ChangeKind::PutMode => "put-mode",
            ChangeKind::DeleteMode => "delete-mode",
            ChangeKind::PutJudge => "put-judge",
            ChangeKind::DeleteJudge => "delete-judge",
            ChangeKind::PutKek => "put-kek",
            ChangeKind::DeleteKek => "delete-kek",
            ChangeKind::PurgeKek => "purge-kek",
            ChangeKind::PutDek => "put-dek",
            ChangeKind::DeleteDek => "delete-dek",
            ChangeKind::PurgeDek => "purge-dek",
            ChangeKind::Undelete => "undelete",
            ChangeKind::DeleteContext => "delete-context",
            ChangeKind::OpenContext => "open-context",
            ChangeKind::PutExporter => "put-exporter",
            ChangeKind::DeleteExporter => "delete-exporter",
            ChangeKind::Associate => "associate",
            ChangeKind::Dissociate => "dissociate",
        }
    }
}

impl std::str::FromStr for ChangeKind {
    type Err = ();

    fn from_str(word: &str) -> Result<ChangeKind, ()> {
        ChangeKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(())
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

/// A change that gets its number at commit.
pub(super) struct PendingChange {
    pub(super) kind: ChangeKind,
    pub(super) subject: Subject,
    pub(super) version: Option<(Version, SchemaId)>,
    /// Why, if it leaves a tombstone.
    pub(super) reason: Option<String>,
}

row! {
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
}

impl Tx {
    /// The sequence number of the subject's last change; 0 if it never had one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_change(&mut self, subject: &Subject) -> Result<i64, StoreError> {
        if !subject.is_storable() {
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

    /// Let nobody commit before this transaction ends. What is read from then on is all that comes before
    /// it in the order of changes. Everybody else waits: take it last, for the shortest time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_commits(&mut self) -> Result<(), StoreError> {
        self.author()?;
        let sql = "UPDATE registry SET last_change = last_change";
        on!(self, |conn| sqlx::query(sql).execute(conn).await.map(drop))
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
        let found = newest - count;
        if let Some(expected) = self.expected.filter(|expected| *expected != found) {
            return Err(StoreError::Moved { expected, found });
        }
        let numbered: Vec<(i64, PendingChange)> = (newest - count + 1..).zip(pending).collect();
        for part in numbered.chunks(ROWS_AT_ONCE) {
            self.insert_changes(part).await?;
        }
        for (seq, change) in &numbered {
            self.number_appended(*seq, change).await?;
        }
        let purged: Vec<Purged<'_>> = numbered.iter().filter_map(purged).collect();
        for part in purged.chunks(ROWS_AT_ONCE) {
            self.insert_tombstones(part).await?;
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

    /// One row per purged version, as few statements as may be: every other writer of the registry
    /// waits for the counter meanwhile.
    async fn insert_tombstones(&mut self, part: &[Purged<'_>]) -> Result<(), StoreError> {
        let author = self.author()?.clone();
        on!(self, |conn| {
            let columns = "seq, context, subject, version, id, purged_at, actor, request_id, reason";
            let mut insert = QueryBuilder::new(format!("INSERT INTO tombstones ({columns}) "));
            insert.push_values(part, |mut row, purged| {
                row.push_bind(purged.seq);
                row.push_bind(purged.subject.context().as_str().to_owned());
                row.push_bind(purged.subject.name().to_owned());
                row.push_bind(i64::from(purged.version.number())).push_bind(i64::from(purged.id.0));
                row.push_bind(author.now).push_bind(author.actor.clone());
                row.push_bind(author.request_id.clone()).push_bind(purged.reason.to_owned());
            });
            insert.build().persistent(false).execute(conn).await.map(drop)
        })
    }

    /// Carry the number to the version that the change appended.
    async fn number_appended(&mut self, seq: i64, change: &PendingChange) -> Result<(), StoreError> {
        let (ChangeKind::Register, Some((version, _))) = (change.kind, change.version) else { return Ok(()) };
        let sql = "UPDATE versions SET written = $1 WHERE context = $2 AND subject = $3 AND version = $4";
        on!(self, |conn| sqlx::query(sql)
            .bind(seq)
            .bind(change.subject.context().as_str())
            .bind(change.subject.name())
            .bind(i64::from(version.number()))
            .execute(conn)
            .await
            .map(drop))
    }
}

/// A change that leaves a tombstone.
struct Purged<'a> {
    seq: i64,
    subject: &'a Subject,
    version: Version,
    id: SchemaId,
    reason: &'a str,
}

fn purged((seq, change): &(i64, PendingChange)) -> Option<Purged<'_>> {
    let ((version, id), reason) = (change.version?, change.reason.as_deref()?);
    Some(Purged { seq: *seq, subject: &change.subject, version, id, reason })
}

impl TryFrom<ChangeRow> for Change {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Change, StoreError> {
        let kind = row.kind.parse();
        Ok(Change {
            seq: row.seq,
            at: row.at,
            actor: row.actor,
            request_id: row.request_id,
            kind: kind.map_err(|()| StoreError::Corrupt(format!("change of kind {}", row.kind)))?,
            subject: rows::subject(&row.context, row.subject)?,
            version: row.version.map(rows::version).transpose()?,
            id: row.id.map(rows::schema_id).transpose()?,
        })
    }
}
