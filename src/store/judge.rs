//! Who judges, by scope.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Action, JudgeSettings, Pack, Scope, Subject};

use super::changes::ChangeKind;
use super::rows::row;
use super::settings::{key_of, keys_of};
use super::tx::{Tx, on};
use super::{StoreError, rows};

row! {
    struct JudgeRow {
        context: String,
        subject: String,
        judge: Option<String>,
        packs: Option<String>,
        rules: Option<String>,
        assert_formats: Option<bool>,
        fill_defaults: Option<bool>,
    }
}

impl Tx {
    /// What exactly this scope has recorded about judging; `None` if it has no record at all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn judge_settings(&mut self, scope: &Scope) -> Result<Option<JudgeSettings>, StoreError> {
        let found = self.judge_settings_of(std::slice::from_ref(scope)).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// What each scope of [`Scope::chain`] has recorded about judging, nearest first, in one round trip.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn judge_settings_along(
        &mut self,
        subject: &Subject,
    ) -> Result<Vec<Option<JudgeSettings>>, StoreError> {
        self.judge_settings_of(&Scope::chain(subject)).await
    }

    /// At most three scopes, as many as a chain has.
    async fn judge_settings_of(
        &mut self,
        scopes: &[Scope],
    ) -> Result<Vec<Option<JudgeSettings>>, StoreError> {
        let keys = keys_of(scopes);
        let sql = "SELECT context, subject, judge, packs, rules, assert_formats, fill_defaults
                     FROM judge_settings
                    WHERE (context = $1 AND subject = $2) OR (context = $3 AND subject = $4)
                       OR (context = $5 AND subject = $6)";
        let found: Vec<JudgeRow> = on!(self, |conn| sqlx::query_as(sql)
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

    /// Record who judges, replacing what the scope had.
    ///
    /// # Errors
    /// When the scope cannot be stored or the database fails.
    pub async fn put_judge_settings(
        &mut self,
        scope: &Scope,
        settings: &JudgeSettings,
    ) -> Result<(), StoreError> {
        let now = self.author()?.now;
        rows::check_storable(scope.subject())?;
        let (context, name) = key_of(scope);
        let packs = settings.packs.as_ref().map(|packs| words(packs.iter().map(|pack| pack.as_str())));
        let rules: BTreeMap<&str, &str> =
            settings.rules.iter().map(|(id, action)| (id.as_str(), action.as_str())).collect();
        let rules = (!rules.is_empty()).then(|| serde_json::to_string(&rules).expect("words are JSON"));
        let sql = "INSERT INTO judge_settings
                       (context, subject, judge, packs, rules, assert_formats, fill_defaults, changed_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                       ON CONFLICT (context, subject) DO UPDATE
                      SET judge = excluded.judge, packs = excluded.packs, rules = excluded.rules,
                          assert_formats = excluded.assert_formats,
                          fill_defaults = excluded.fill_defaults, changed_at = excluded.changed_at";
        on!(self, |conn| sqlx::query(sql)
            .bind(context)
            .bind(name)
            .bind(settings.judge.map(|judge| judge.as_str()))
            .bind(&packs)
            .bind(&rules)
            .bind(settings.assert_formats)
            .bind(settings.fill_defaults)
            .bind(now)
            .execute(conn)
            .await
            .map(drop))?;
        self.record(ChangeKind::PutJudge, scope.subject(), None);
        Ok(())
    }

    /// Remove what the scope has recorded about judging; was there something?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_judge_settings(&mut self, scope: &Scope) -> Result<bool, StoreError> {
        let sql = "DELETE FROM judge_settings WHERE context = $1 AND subject = $2";
        self.delete_record(sql, ChangeKind::DeleteJudge, scope).await
    }

    /// Was any schema ever registered?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn was_ever_used(&mut self) -> Result<bool, StoreError> {
        // Contents are never deleted.
        let sql = "SELECT EXISTS (SELECT 1 FROM contents)";
        on!(self, |conn| sqlx::query_scalar(sql).fetch_one(conn).await)
    }
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    serde_json::to_string(&words.collect::<Vec<_>>()).expect("words are JSON")
}

impl JudgeRow {
    fn settings(self) -> Result<JudgeSettings, StoreError> {
        let packs: Option<Vec<String>> = rows::json("packs", self.packs)?;
        let packs = packs.map(|packs| {
            let pack = |word| Ok(rows::word("pack", Some(word))?.expect("a word was given"));
            packs.into_iter().map(pack).collect::<Result<BTreeSet<Pack>, StoreError>>()
        });
        let rules: BTreeMap<String, String> = rows::json("rules", self.rules)?.unwrap_or_default();
        let rule = |(id, word)| Ok((id, rows::word("action", Some(word))?.expect("a word was given")));
        Ok(JudgeSettings {
            judge: rows::word("judge", self.judge)?,
            packs: packs.transpose()?,
            rules: rules.into_iter().map(rule).collect::<Result<BTreeMap<String, Action>, StoreError>>()?,
            assert_formats: self.assert_formats,
            fill_defaults: self.fill_defaults,
        })
    }
}
