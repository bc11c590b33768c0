//! Settings and modes by scope, and the list of contexts.

use crate::model::{Context, Mode, Policy, Scope, Settings, Subject};

use super::changes::ChangeKind;
use super::tx::{Tx, on};
use super::{StoreError, rows};

#[derive(sqlx::FromRow)]
struct SettingsRow {
    context: String,
    subject: String,
    level: Option<String>,
    normalize: Option<bool>,
    validate_fields: Option<bool>,
    compatibility_policy: Option<String>,
}

impl Tx {
    /// What exactly this scope has recorded; `None` if it has no record at all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings(&mut self, scope: &Scope) -> Result<Option<Settings>, StoreError> {
        let found = self.settings_of(std::slice::from_ref(scope)).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// What each scope of [`Scope::chain`] has recorded, nearest first, in one round trip.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings_along(&mut self, subject: &Subject) -> Result<Vec<Option<Settings>>, StoreError> {
        self.settings_of(&Scope::chain(subject)).await
    }

    /// At most three scopes, as many as a chain has. SQLite finds each of three ORs in the index; a list
    /// of pairs would make it read the whole table.
    async fn settings_of(&mut self, scopes: &[Scope]) -> Result<Vec<Option<Settings>>, StoreError> {
        let keys = keys_of(scopes);
        let sql =
            "SELECT context, subject, level, normalize, validate_fields, compatibility_policy FROM settings
                    WHERE (context = $1 AND subject = $2) OR (context = $3 AND subject = $4)
                       OR (context = $5 AND subject = $6)";
        let found: Vec<SettingsRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(keys[0].0)
            .bind(keys[0].1)
            .bind(keys[1].0)
            .bind(keys[1].1)
            .bind(keys[2].0)
            .bind(keys[2].1)
            .fetch_all(conn)
            .await)?;
        let mut along = vec![None; scopes.len()];
        for row in found {
            let key = (row.context.as_str(), row.subject.as_str());
            let place = scopes.iter().position(|scope| key_of(scope) == key);
            along[place.expect("only these scopes were asked for")] = Some(Settings {
                level: rows::word("level", row.level)?,
                normalize: row.normalize,
                validate_fields: row.validate_fields,
                policy: rows::word("compatibility policy", row.compatibility_policy)?,
            });
        }
        Ok(along)
    }

    /// Record settings, replacing what the scope had; members this program does not know are kept.
    ///
    /// # Errors
    /// When the scope cannot be stored or the database fails.
    pub async fn put_settings(&mut self, scope: &Scope, settings: &Settings) -> Result<(), StoreError> {
        let now = self.author()?.now;
        rows::check_storable(scope.subject())?;
        let (context, name) = key_of(scope);
        let sql = "INSERT INTO settings (context, subject, level, normalize, validate_fields,
                                         compatibility_policy, changed_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)
                       ON CONFLICT (context, subject) DO UPDATE
                      SET level = excluded.level, normalize = excluded.normalize,
                          validate_fields = excluded.validate_fields,
                          compatibility_policy = excluded.compatibility_policy, changed_at = excluded.changed_at";
        on!(self, |conn| sqlx::query(sql)
            .bind(context)
            .bind(name)
            .bind(settings.level.map(|level| level.as_str()))
            .bind(settings.normalize)
            .bind(settings.validate_fields)
            .bind(settings.policy.map(Policy::as_str))
            .bind(now)
            .execute(conn)
            .await
            .map(drop))?;
        self.record(ChangeKind::PutSettings, scope.subject(), None);
        Ok(())
    }

    /// Remove the scope's record; was there one?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_settings(&mut self, scope: &Scope) -> Result<bool, StoreError> {
        let sql = "DELETE FROM settings WHERE context = $1 AND subject = $2";
        self.delete_record(sql, ChangeKind::DeleteSettings, scope).await
    }

    /// The mode exactly this scope has recorded.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mode(&mut self, scope: &Scope) -> Result<Option<Mode>, StoreError> {
        let found = self.modes_of(std::slice::from_ref(scope)).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// The mode each scope of [`Scope::chain`] has recorded, nearest first, in one round trip.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn modes_along(&mut self, subject: &Subject) -> Result<Vec<Option<Mode>>, StoreError> {
        self.modes_of(&Scope::chain(subject)).await
    }

    async fn modes_of(&mut self, scopes: &[Scope]) -> Result<Vec<Option<Mode>>, StoreError> {
        let keys = keys_of(scopes);
        let sql = "SELECT context, subject, mode FROM modes
                    WHERE (context = $1 AND subject = $2) OR (context = $3 AND subject = $4)
                       OR (context = $5 AND subject = $6)";
        let found: Vec<(String, String, String)> = on!(self, |conn| sqlx::query_as(sql)
            .bind(keys[0].0)
            .bind(keys[0].1)
            .bind(keys[1].0)
            .bind(keys[1].1)
            .bind(keys[2].0)
            .bind(keys[2].1)
            .fetch_all(conn)
            .await)?;
        let mut along = vec![None; scopes.len()];
        for (context, name, mode) in found {
            let key = (context.as_str(), name.as_str());
            let place = scopes.iter().position(|scope| key_of(scope) == key);
            along[place.expect("only these scopes were asked for")] = rows::word("mode", Some(mode))?;
        }
        Ok(along)
    }

    /// Record the scope's mode.
    ///
    /// # Errors
    /// When the scope cannot be stored or the database fails.
    pub async fn put_mode(&mut self, scope: &Scope, mode: Mode) -> Result<(), StoreError> {
        let now = self.author()?.now;
        rows::check_storable(scope.subject())?;
        let (context, name) = key_of(scope);
        let sql = "INSERT INTO modes (context, subject, mode, changed_at) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (context, subject) DO UPDATE
                      SET mode = excluded.mode, changed_at = excluded.changed_at";
        on!(self, |conn| sqlx::query(sql)
            .bind(context)
            .bind(name)
            .bind(mode.as_str())
            .bind(now)
            .execute(conn)
            .await
            .map(drop))?;
        self.record(ChangeKind::PutMode, scope.subject(), None);
        Ok(())
    }

    /// Remove the scope's mode; was there one?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_mode(&mut self, scope: &Scope) -> Result<bool, StoreError> {
        let sql = "DELETE FROM modes WHERE context = $1 AND subject = $2";
        self.delete_record(sql, ChangeKind::DeleteMode, scope).await
    }

    /// Remove the mode of every subject in a context. The context's own mode stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_modes_in(&mut self, context: &Context) -> Result<(), StoreError> {
        self.author()?;
        if !rows::is_storable_context(context) {
            return Ok(());
        }
        let sql = "DELETE FROM modes WHERE context = $1 AND subject <> '' RETURNING subject";
        let names: Vec<String> =
            on!(self, |conn| sqlx::query_scalar(sql).bind(context.as_str()).fetch_all(conn).await)?;
        for name in names {
            self.record(ChangeKind::DeleteMode, &Subject::new(context.clone(), name), None);
        }
        Ok(())
    }

    pub(super) async fn delete_record(
        &mut self,
        sql: &'static str,
        kind: ChangeKind,
        scope: &Scope,
    ) -> Result<bool, StoreError> {
        self.author()?;
        if !scope.subject().is_storable() {
            return Ok(false);
        }
        let (context, name) = key_of(scope);
        let deleted = on!(self, |conn| sqlx::query(sql)
            .bind(context)
            .bind(name)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        if deleted > 0 {
            self.record(kind, scope.subject(), None);
        }
        Ok(deleted > 0)
    }

    /// Every context, the default one first even when nothing was ever registered, then by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contexts(&mut self) -> Result<Vec<Context>, StoreError> {
        let sql = "SELECT name FROM contexts WHERE NOT deleted AND name <> '.' ORDER BY name";
        let names: Vec<String> = on!(self, |conn| sqlx::query_scalar(sql).fetch_all(conn).await)?;
        let mut contexts = vec![Context::default_context()];
        for name in names {
            contexts.push(rows::context(&name)?);
        }
        Ok(contexts)
    }
}

pub(super) fn key_of(scope: &Scope) -> (&str, &str) {
    (scope.subject().context().as_str(), scope.subject().name())
}

/// Three keys to bind; what is missing or cannot be stored becomes a key that no row has.
pub(super) fn keys_of(scopes: &[Scope]) -> [(Option<&str>, &str); 3] {
    let mut keys = [(None, ""); 3];
    for (key, scope) in keys.iter_mut().zip(scopes) {
        if scope.subject().is_storable() {
            let (context, name) = key_of(scope);
            *key = (Some(context), name);
        }
    }
    keys
}
