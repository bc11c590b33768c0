//! Exporters and how far they are.
//!
//! Commands leave a row in `changes`, as every write does; it names the global scope, for an exporter belongs
//! to no subject. Progress does not: an exporter reads that record
//! and must not be woken by its own steps.

use crate::model::{ContextType, Exporter, ExporterState, Progress, Scope};

use super::changes::ChangeKind;
use super::rows::row;
use super::tx::{Tx, on};
use super::{StoreError, rows};

/// An exporter that this node may work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// What to do.
    pub exporter: Exporter,
    /// From where on.
    pub position: i64,
    /// The commands it has had; progress made under an older number is not kept.
    pub epoch: i64,
    /// How many attempts failed, one after the other.
    pub failures: i64,
}

row! {
    struct ExporterRow {
        name: String,
        context_type: String,
        context: String,
        subjects: String,
        rename_format: String,
        config: String,
        state: String,
        position: i64,
        trace: Option<String>,
        failures: i64,
        changed_at: i64,
        epoch: i64,
    }
}

/// The columns of a row, for whatever follows.
macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " name, context_type, context, subjects, rename_format, config, state, position, trace,
              failures, changed_at, epoch ",
            $after
        )
    };
}

impl ExporterRow {
    fn exporter(&self) -> Result<Exporter, StoreError> {
        let unknown = || StoreError::Corrupt(format!("context type {}", self.context_type));
        let context_type = ContextType::ALL.into_iter().find(|known| known.as_str() == self.context_type);
        let json = |what, text: &String| rows::json(what, Some(text.clone()));
        Ok(Exporter {
            name: self.name.clone(),
            context_type: context_type.ok_or_else(unknown)?,
            context: rows::context(&self.context)?,
            subjects: json("subjects", &self.subjects)?.unwrap_or_default(),
            rename_format: self.rename_format.clone(),
            config: rows::json("configuration", Some(self.config.clone()))?.unwrap_or_default(),
        })
    }

    fn progress(&self) -> Result<Progress, StoreError> {
        let state = ExporterState::ALL.into_iter().find(|known| known.as_str() == self.state);
        Ok(Progress {
            state: state.ok_or_else(|| StoreError::Corrupt(format!("state {}", self.state)))?,
            position: self.position,
            changed_at: self.changed_at,
            trace: self.trace.clone(),
        })
    }
}

impl Tx {
    /// The names of all exporters, sorted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exporter_names(&mut self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT name FROM exporters ORDER BY name";
        on!(self, |conn| sqlx::query_scalar(sql).fetch_all(conn).await)
    }

    /// An exporter and how far it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exporter(&mut self, name: &str) -> Result<Option<(Exporter, Progress)>, StoreError> {
        if name.contains('\0') {
            return Ok(None);
        }
        let sql = columns!("SELECT", "FROM exporters WHERE name = $1");
        let found: Option<ExporterRow> =
            on!(self, |conn| sqlx::query_as(sql).bind(name).fetch_optional(conn).await)?;
        found.map(|row| Ok((row.exporter()?, row.progress()?))).transpose()
    }

    /// Record an exporter, new or changed; a new one starts from the beginning, a changed one goes on from
    /// where it is.
    ///
    /// # Errors
    /// When a text cannot be stored or the database fails.
    pub async fn put_exporter(&mut self, exporter: &Exporter) -> Result<(), StoreError> {
        let now = self.author()?.now;
        for (key, value) in &exporter.config {
            rows::check_text("the configuration", key)?;
            rows::check_text("the configuration", value)?;
        }
        // Every command is a change, so no exporter of this name had an epoch as high as that.
        let sql =
            "INSERT INTO exporters (name, context_type, context, subjects, rename_format, config, state,
                          position, failures, retry_at, changed_at, epoch, lease_owner, lease_until)
                   VALUES ($1, $2, $3, $4, $5, $6, 'STARTING', 0, 0, 0, $7,
                           (SELECT last_change FROM registry), '', 0)
                       ON CONFLICT (name) DO UPDATE
                      SET context_type = excluded.context_type, context = excluded.context,
                          subjects = excluded.subjects, rename_format = excluded.rename_format,
                          config = excluded.config, failures = 0, retry_at = 0,
                          changed_at = excluded.changed_at, epoch = exporters.epoch + 1";
        on!(self, |conn| sqlx::query(sql)
            .bind(&exporter.name)
            .bind(exporter.context_type.as_str())
            .bind(exporter.context.as_str())
            .bind(rows::as_json(Some(&exporter.subjects)))
            .bind(&exporter.rename_format)
            .bind(rows::as_json(Some(&exporter.config)))
            .bind(now)
            .execute(conn)
            .await
            .map(drop))?;
        self.record(ChangeKind::PutExporter, Scope::global().subject(), None);
        Ok(())
    }

    /// Tell an exporter to do something else. With `restart` it does so from the beginning, and a paused one
    /// stays paused. Was there one?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn command_exporter(
        &mut self,
        name: &str,
        state: ExporterState,
        restart: bool,
    ) -> Result<bool, StoreError> {
        let now = self.author()?.now;
        let sql = "UPDATE exporters
                      SET state = CASE WHEN $3 AND state = 'PAUSED' THEN state ELSE $2 END, position = CASE WHEN $3 THEN 0 ELSE position END, trace = NULL,
                          failures = 0, retry_at = 0, changed_at = $4, epoch = epoch + 1
                    WHERE name = $1";
        let touched = on!(self, |conn| sqlx::query(sql)
            .bind(name)
            .bind(state.as_str())
            .bind(restart)
            .bind(now)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        if touched > 0 {
            self.record(ChangeKind::PutExporter, Scope::global().subject(), None);
        }
        Ok(touched > 0)
    }

    /// Remove an exporter; was there one?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_exporter(&mut self, name: &str) -> Result<bool, StoreError> {
        self.author()?;
        let sql = "DELETE FROM exporters WHERE name = $1";
        let touched = on!(self, |conn| sqlx::query(sql)
            .bind(name)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        if touched > 0 {
            self.record(ChangeKind::DeleteExporter, Scope::global().subject(), None);
        }
        Ok(touched > 0)
    }

    /// Is there an exporter with something to do that no other node works on?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exporters_are_due(&mut self, node: &str, now: i64) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM exporters e, registry r
                           WHERE e.state <> 'PAUSED' AND e.retry_at <= $2
                             AND (e.position < r.last_change OR e.state <> 'RUNNING')
                             AND (e.lease_owner = $1 OR e.lease_until < $2))";
        on!(self, |conn| sqlx::query_scalar(sql).bind(node).bind(now).fetch_one(conn).await)
    }

    /// Take over every exporter that is due, until `until`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_exporters(&mut self, node: &str, until: i64) -> Result<Vec<Claimed>, StoreError> {
        let now = self.author()?.now;
        let sql = columns!(
            "UPDATE exporters SET lease_owner = $1, lease_until = $3
              WHERE state <> 'PAUSED' AND retry_at <= $2
                AND (position < (SELECT last_change FROM registry) OR state <> 'RUNNING')
                AND (lease_owner = $1 OR lease_until < $2)
          RETURNING",
            ""
        );
        let found: Vec<ExporterRow> =
            on!(self, |conn| sqlx::query_as(sql).bind(node).bind(now).bind(until).fetch_all(conn).await)?;
        let claimed = found.into_iter().map(|row| {
            let (position, epoch, failures) = (row.position, row.epoch, row.failures);
            Ok(Claimed { exporter: row.exporter()?, position, epoch, failures })
        });
        claimed.collect()
    }

    /// Note how far an exporter got, and keep it until `until`; `false` when it is not this node's any more
    /// or was told something else meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn advance_exporter(
        &mut self,
        node: &str,
        claimed: &Claimed,
        position: i64,
        until: i64,
    ) -> Result<bool, StoreError> {
        let now = self.author()?.now;
        let sql = "UPDATE exporters SET position = $4, state = 'RUNNING', trace = NULL, failures = 0,
                          changed_at = $5, lease_until = $6
                    WHERE name = $1 AND lease_owner = $2 AND epoch = $3";
        let touched = on!(self, |conn| sqlx::query(sql)
            .bind(&claimed.exporter.name)
            .bind(node)
            .bind(claimed.epoch)
            .bind(position)
            .bind(now)
            .bind(until)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(touched > 0)
    }

    /// Note why an attempt failed and when to try again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fail_exporter(
        &mut self,
        node: &str,
        claimed: &Claimed,
        trace: &str,
        retry_at: i64,
    ) -> Result<(), StoreError> {
        let now = self.author()?.now;
        let trace = trace.replace('\0', "\u{fffd}");
        let sql = "UPDATE exporters SET state = 'ERROR', trace = $4, failures = failures + 1, retry_at = $5,
                          changed_at = $6, lease_until = 0
                    WHERE name = $1 AND lease_owner = $2 AND epoch = $3";
        on!(self, |conn| sqlx::query(sql)
            .bind(&claimed.exporter.name)
            .bind(node)
            .bind(claimed.epoch)
            .bind(trace)
            .bind(retry_at)
            .bind(now)
            .execute(conn)
            .await
            .map(drop))
    }

    /// Let other nodes work on what this one has claimed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_exporters(&mut self, node: &str) -> Result<(), StoreError> {
        self.author()?;
        let sql = "UPDATE exporters SET lease_until = 0 WHERE lease_owner = $1 AND lease_until > 0";
        on!(self, |conn| sqlx::query(sql).bind(node).execute(conn).await.map(drop))
    }
}
