//! The journal of refusals: which registrations were turned away, newest first, and no more of them
//! than somebody would look at.
//!
//! A refusal changes nothing, so it leaves no row in `changes`; it is numbered by a counter of its own.

use sqlx::QueryBuilder;

use crate::model::{Format, Guid, Judge, Level, Subject};

use super::rows::row;
use super::tx::{Tx, on};
use super::{Author, StoreError, rows};

/// How many refusals are kept.
const KEPT: i64 = 1000;
/// Rows per INSERT: well below the number of parameters either database takes.
const ROWS_AT_ONCE: usize = 500;

/// A registration that was refused as incompatible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who asked, when, and on behalf of which request.
    pub by: Author,
    /// The subject it was for.
    pub subject: Subject,
    /// The language of the schema.
    pub format: Format,
    /// The hash of the schema.
    pub guid: Option<Guid>,
    /// The level it did not meet.
    pub level: Level,
    /// Who judged.
    pub judge: Judge,
    /// Why, as JSON. Of some kilobytes at most, and without the text of the schema.
    pub report: String,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRefusal {
    /// Its number; later ones have higher numbers.
    pub seq: i64,
    /// What it says.
    pub refusal: Refusal,
}

row! {
    struct RefusalRow {
        seq: i64,
        at: i64,
        actor: String,
        request_id: String,
        context: String,
        subject: String,
        format: String,
        guid: Option<Vec<u8>>,
        level: String,
        judge: String,
        report: String,
    }
}

impl Tx {
    /// Enter refusals, the oldest first, and forget the oldest ones beyond a thousand. A subject or a
    /// report that cannot be stored fails all of them.
    ///
    /// # Errors
    /// When one cannot be stored or the database fails.
    pub async fn add_refusals(&mut self, refusals: &[Refusal]) -> Result<(), StoreError> {
        self.author()?;
        if refusals.is_empty() {
            return Ok(());
        }
        for refusal in refusals {
            rows::check_storable(&refusal.subject)?;
            rows::check_text("the report of a refusal", &refusal.report)?;
        }
        let count = i64::try_from(refusals.len()).expect("fewer than 2^63 in memory");
        // The counter's row stays locked until the commit: numbers become visible in their order.
        let sql = "INSERT INTO counters (name, last) VALUES ('refusals', $1)
                       ON CONFLICT (name) DO UPDATE SET last = counters.last + excluded.last
                RETURNING last";
        let newest: i64 = on!(self, |conn| sqlx::query_scalar(sql).bind(count).fetch_one(conn).await)?;
        let numbered: Vec<(i64, &Refusal)> = (newest - count + 1..).zip(refusals).collect();
        for part in numbered.chunks(ROWS_AT_ONCE) {
            self.insert_refusals(part).await?;
        }
        let sql = "DELETE FROM refusals WHERE seq <= $1";
        on!(self, |conn| sqlx::query(sql).bind(newest - KEPT).execute(conn).await.map(drop))
    }

    async fn insert_refusals(&mut self, part: &[(i64, &Refusal)]) -> Result<(), StoreError> {
        on!(self, |conn| {
            let columns = "seq, at, actor, request_id, context, subject, format, guid, level, judge, report";
            let mut insert = QueryBuilder::new(format!("INSERT INTO refusals ({columns}) "));
            insert.push_values(part, |mut row, (seq, refusal)| {
                let by = refusal.by.storable();
                row.push_bind(*seq).push_bind(by.now).push_bind(by.actor).push_bind(by.request_id);
                row.push_bind(refusal.subject.context().as_str().to_owned());
                row.push_bind(refusal.subject.name().to_owned());
                row.push_bind(refusal.format.as_str());
                row.push_bind(refusal.guid.map(|guid| guid.0.to_vec()));
                row.push_bind(refusal.level.as_str()).push_bind(refusal.judge.as_str());
                row.push_bind(refusal.report.clone());
            });
            insert.build().persistent(false).execute(conn).await.map(drop)
        })
    }

    /// A page of the journal, newest first: of one subject, of a context for a subject without a name,
    /// or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refusals(
        &mut self,
        of: Option<&Subject>,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<StoredRefusal>, StoreError> {
        if of.is_some_and(|subject| !subject.is_storable()) {
            return Ok(Vec::new());
        }
        let context = of.map(|subject| subject.context().as_str());
        let name = of.map(Subject::name).filter(|name| !name.is_empty());
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let sql = "SELECT seq, at, actor, request_id, context, subject, format, guid, level, judge, report
                     FROM refusals
                    WHERE ($1 IS NULL OR context = $1) AND ($2 IS NULL OR subject = $2)
                    ORDER BY seq DESC LIMIT $3 OFFSET $4";
        let found: Vec<RefusalRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(context)
            .bind(name)
            .bind(number(limit))
            .bind(number(offset))
            .fetch_all(conn)
            .await)?;
        found.into_iter().map(StoredRefusal::try_from).collect()
    }
}

impl TryFrom<RefusalRow> for StoredRefusal {
    type Error = StoreError;

    fn try_from(row: RefusalRow) -> Result<StoredRefusal, StoreError> {
        let word = |what, text: &str| StoreError::Corrupt(format!("{what} {text}"));
        let refusal = Refusal {
            by: Author { actor: row.actor, request_id: row.request_id, now: row.at },
            subject: rows::subject(&row.context, row.subject)?,
            format: rows::format(&row.format)?,
            guid: row.guid.as_deref().map(rows::guid).transpose()?,
            level: row.level.parse().map_err(|_| word("level", &row.level))?,
            judge: row.judge.parse().map_err(|_| word("judge", &row.judge))?,
            report: row.report,
        };
        Ok(StoredRefusal { seq: row.seq, refusal })
    }
}
