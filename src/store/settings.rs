//! Settings and modes by scope, and the list of contexts.

use crate::model::{Context, Mode, Policy, Scope, Settings, Subject};

use super::changes::ChangeKind;
use super::rows::row;
use super::tx::{Tx, on};
use super::{StoreError, SubjectPrefix, rows};

row! {
    struct SettingsRow {
        context: String,
        subject: String,
        level: Option<String>,
        normalize: Option<bool>,
        validate_fields: Option<bool>,
        validate_new_schemas: Option<bool>,
        validate_rules: Option<bool>,
        compatibility_policy: Option<String>,
        compatibility_group: Option<String>,
        alias: Option<String>,
        alias_for_deks: Option<String>,
        default_metadata: Option<String>,
        override_metadata: Option<String>,
        default_rule_set: Option<String>,
        override_rule_set: Option<String>,
    }
}

impl SettingsRow {
    fn settings(self) -> Result<Settings, StoreError> {
        Ok(Settings {
            level: rows::word("level", self.level)?,
            normalize: self.normalize,
            validate_fields: self.validate_fields,
            validate_new_schemas: self.validate_new_schemas,
            validate_rules: self.validate_rules,
            policy: rows::word("compatibility policy", self.compatibility_policy)?,
            group: self.compatibility_group,
            alias: self.alias,
            alias_for_deks: self.alias_for_deks,
            default_metadata: rows::json("metadata", self.default_metadata)?,
            override_metadata: rows::json("metadata", self.override_metadata)?,
            default_rule_set: rows::json("rule set", self.default_rule_set)?,
            override_rule_set: rows::json("rule set", self.override_rule_set)?,
        })
    }
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
        let sql = "SELECT context, subject, level, normalize, validate_fields, validate_new_schemas,
                          validate_rules, compatibility_policy, compatibility_group, alias, alias_for_deks,
                          default_metadata, override_metadata, default_rule_set, override_rule_set
                     FROM settings
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
            along[place.expect("only these scopes were asked for")] = Some(row.settings()?);
        }
        Ok(along)
    }

    /// The aliases that start with a prefix, sorted, with what they stand for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn aliases(&mut self, prefix: &SubjectPrefix) -> Result<Vec<(Subject, Subject)>, StoreError> {
        let Some((contexts, names)) = prefix.ranges() else { return Ok(Vec::new()) };
        let sql = "SELECT context, subject, alias FROM settings
                    WHERE alias <> '' AND subject <> ''
                      AND context >= $1 AND ($2 IS NULL OR context < $2)
                      AND subject >= $3 AND ($4 IS NULL OR subject < $4)
                    ORDER BY context, subject";
        let found: Vec<(String, String, String)> = on!(self, |conn| sqlx::query_as(sql)
            .bind(&contexts.low)
            .bind(&contexts.high)
            .bind(&names.low)
            .bind(&names.high)
            .fetch_all(conn)
            .await)?;
        let pair = |(context, name, target): (String, String, String)| {
            let alias = rows::subject(&context, name)?;
            let target = Subject::parse_in(&target, alias.context());
            Ok((alias, target))
        };
        found.into_iter().map(pair).collect()
    }

    /// Record settings, replacing what the scope had.
    ///
    /// # Errors
    /// When the scope or a text cannot be stored or the database fails.
    pub async fn put_settings(&mut self, scope: &Scope, settings: &Settings) -> Result<(), StoreError> {
        let now = self.author()?.now;
        rows::check_storable(scope.subject())?;
        let (context, name) = key_of(scope);
        for text in [&settings.group, &settings.alias, &settings.alias_for_deks].into_iter().flatten() {
            rows::check_text("a setting", text)?;
        }
        let sql = "INSERT INTO settings (context, subject, level, normalize, validate_fields,
                          validate_new_schemas, validate_rules, compatibility_policy, compatibility_group,
                          alias, alias_for_deks, default_metadata, override_metadata, default_rule_set,
                          override_rule_set, changed_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                       ON CONFLICT (context, subject) DO UPDATE
                      SET level = excluded.level, normalize = excluded.normalize,
                          validate_fields = excluded.validate_fields,
                          validate_new_schemas = excluded.validate_new_schemas,
                          validate_rules = excluded.validate_rules,
                          compatibility_policy = excluded.compatibility_policy,
                          compatibility_group = excluded.compatibility_group,
                          alias = excluded.alias, alias_for_deks = excluded.alias_for_deks,
                          default_metadata = excluded.default_metadata,
                          override_metadata = excluded.override_metadata,
                          default_rule_set = excluded.default_rule_set,
                          override_rule_set = excluded.override_rule_set,
                          changed_at = excluded.changed_at";
        on!(self, |conn| sqlx::query(sql)
            .bind(context)
            .bind(name)
            .bind(settings.level.map(|level| level.as_str()))
            .bind(settings.normalize)
            .bind(settings.validate_fields)
            .bind(settings.validate_new_schemas)
            .bind(settings.validate_rules)
            .bind(settings.policy.map(Policy::as_str))
            .bind(&settings.group)
            .bind(&settings.alias)
            .bind(&settings.alias_for_deks)
            .bind(rows::as_json(settings.default_metadata.as_ref()))
            .bind(rows::as_json(settings.override_metadata.as_ref()))
            .bind(rows::as_json(settings.default_rule_set.as_ref()))
            .bind(rows::as_json(settings.override_rule_set.as_ref()))
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

    /// Take a context off the list of contexts; `false`, and nothing done, when a version is left in it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hide_context(&mut self, context: &Context) -> Result<bool, StoreError> {
        self.author()?;
        if !rows::is_storable_context(context) {
            return Ok(true);
        }
        // The row is locked first: whoever registers into the context locks it too, to get an id.
        let sql = "UPDATE contexts SET last_id = last_id WHERE name = $1 AND NOT deleted";
        let locked = on!(self, |conn| sqlx::query(sql)
            .bind(context.as_str())
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        if self.holds_subjects(context).await? {
            return Ok(false);
        }
        if locked > 0 {
            let sql = "UPDATE contexts SET deleted = TRUE WHERE name = $1";
            on!(self, |conn| sqlx::query(sql).bind(context.as_str()).execute(conn).await.map(drop))?;
            self.record(ChangeKind::DeleteContext, &Subject::new(context.clone(), ""), None);
        }
        Ok(true)
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
