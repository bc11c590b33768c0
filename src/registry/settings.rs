//! Settings and modes: what is recorded where, and what is in force.

use std::collections::HashSet;

use crate::model::{
    InvalidSubject, Judging, Level, Metadata, Mode, Policy, RuleSet, Scope, Settings, Subject, Version,
    mode_in_force,
};
use crate::store::{SubjectPrefix, Tx, Which};

use super::{Caller, Error, JudgeInForce, Registry};

/// What to do with one recorded member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Leave what is recorded.
    #[default]
    Keep,
    /// Forget what is recorded.
    Clear,
    /// Record this.
    Set(T),
}

impl<T> Change<T> {
    pub(super) fn apply(self, recorded: Option<T>) -> Option<T> {
        match self {
            Change::Keep => recorded,
            Change::Clear => None,
            Change::Set(value) => Some(value),
        }
    }
}

/// A change of settings, member by member; [`Settings`] tells what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each changes the member of the same name")]
pub struct SettingsChange {
    pub level: Change<Level>,
    pub normalize: Change<bool>,
    pub validate_fields: Change<bool>,
    pub validate_new_schemas: Change<bool>,
    pub validate_rules: Change<bool>,
    pub policy: Change<Policy>,
    pub group: Change<String>,
    pub alias: Change<String>,
    pub alias_for_deks: Change<String>,
    pub default_metadata: Change<Metadata>,
    pub override_metadata: Change<Metadata>,
    pub default_rule_set: Change<RuleSet>,
    pub override_rule_set: Change<RuleSet>,
}

impl SettingsChange {
    /// Are the rule sets in it well-formed?
    ///
    /// # Errors
    /// When one is not.
    pub fn check_rules(&self) -> Result<(), Error> {
        for change in [&self.default_rule_set, &self.override_rule_set] {
            if let Change::Set(rule_set) = change {
                rule_set.validate()?;
            }
        }
        Ok(())
    }

    fn apply(self, recorded: Settings) -> Settings {
        Settings {
            level: self.level.apply(recorded.level),
            normalize: self.normalize.apply(recorded.normalize),
            validate_fields: self.validate_fields.apply(recorded.validate_fields),
            validate_new_schemas: self.validate_new_schemas.apply(recorded.validate_new_schemas),
            validate_rules: self.validate_rules.apply(recorded.validate_rules),
            policy: self.policy.apply(recorded.policy),
            group: self.group.apply(recorded.group),
            alias: self.alias.apply(recorded.alias),
            alias_for_deks: self.alias_for_deks.apply(recorded.alias_for_deks),
            default_metadata: self.default_metadata.apply(recorded.default_metadata),
            override_metadata: self.override_metadata.apply(recorded.override_metadata),
            default_rule_set: self.default_rule_set.apply(recorded.default_rule_set),
            override_rule_set: self.override_rule_set.apply(recorded.override_rule_set),
        }
    }
}

/// The settings that apply to a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The level.
    pub level: Level,
    /// Everything that the record that applies says, completed from the top level.
    pub settings: Settings,
    /// How verdicts are reached.
    pub judging: Judging,
    /// The scope that has recorded the level; `None` where the server's default level holds.
    pub level_from: Option<Scope>,
    /// The scope whose record applies; `None` when none is recorded and the server's default level
    /// holds.
    pub from: Option<Scope>,
}

impl Registry {
    /// The level where none is recorded.
    pub fn default_level(&self) -> Level {
        self.defaults.level
    }

    /// What exactly this scope has recorded.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settings(&self, scope: &Scope) -> Result<Option<Settings>, Error> {
        Ok(self.store.read().await?.settings(scope).await?)
    }

    /// What applies to a scope: its own record, its context's, the global one, or the default.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settings_in_force(&self, scope: &Scope) -> Result<InForce, Error> {
        self.in_force(&mut self.store.read().await?, scope.subject()).await
    }

    /// The nearest record along the scopes applies as a whole, with two exceptions that the
    /// reference makes: a subject's own record is completed from the top-level one (whatever its
    /// context), except for the level; and a missing level is the server's default, never inherited.
    pub(super) async fn in_force(&self, tx: &mut Tx, subject: &Subject) -> Result<InForce, Error> {
        let mut judging = JudgeInForce::of(tx, subject).await?.judging;
        for (scope, recorded) in Scope::chain(subject).into_iter().zip(tx.settings_along(subject).await?) {
            let Some(recorded) = recorded else { continue };
            let completed = if scope.subject().name().is_empty() {
                recorded
            } else {
                recorded.completed_from(tx.settings(&Scope::top()).await?.unwrap_or_default())
            };
            judging.assumptions.policy = completed.policy.unwrap_or_default();
            return Ok(InForce {
                level: completed.level.unwrap_or(self.defaults.level),
                judging,
                level_from: completed.level.map(|_| scope.clone()),
                settings: completed,
                from: Some(scope),
            });
        }
        Ok(InForce {
            level: self.defaults.level,
            settings: Settings::default(),
            judging,
            level_from: None,
            from: None,
        })
    }

    /// The subject that another one stands for, if it is an alias; where keys of encryption are
    /// concerned, the alias for those comes first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn alias(&self, subject: &Subject, for_deks: bool) -> Result<Option<Subject>, Error> {
        if subject.name().is_empty() {
            // The record of a context, not of a subject.
            return Ok(None);
        }
        let recorded = self.settings(&Scope::of(subject)).await?.unwrap_or_default();
        let for_deks = recorded.alias_for_deks.filter(|_| for_deks);
        let target = [for_deks, recorded.alias].into_iter().flatten().find(|target| !target.is_empty());
        Ok(target.map(|target| Subject::parse_in(&target, subject.context())))
    }

    /// Change what a scope has recorded; answers with all it has recorded then.
    ///
    /// # Errors
    /// When a rule set is wrong, nothing may be configured there, or the scope is read-only.
    pub async fn change_settings(
        &self,
        scope: &Scope,
        mut change: SettingsChange,
        caller: &Caller,
    ) -> Result<Settings, Error> {
        change.check_rules()?;
        for alias in [&change.alias, &change.alias_for_deks] {
            if let Change::Set(alias) = alias
                && !Subject::parse_in(alias, scope.subject().context()).is_storable()
            {
                return Err(InvalidSubject(alias.chars().take(200).collect()).into());
            }
        }
        if self.defaults.drop_rule_sets {
            // As in the build of the reference that drops rules: a new set clears both.
            let names_one =
                change.default_rule_set != Change::Keep || change.override_rule_set != Change::Keep;
            if names_one {
                (change.default_rule_set, change.override_rule_set) = (Change::Clear, Change::Clear);
            }
        }
        self.check_configurable(scope)?;
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[scope.subject()]).await?;
        check_writable(&mut tx, scope).await?;
        let recorded = tx.settings(scope).await?.unwrap_or_default();
        let settings = change.apply(recorded);
        tx.put_settings(scope, &settings).await?;
        tx.commit().await?;
        Ok(settings)
    }

    /// Forget what a scope has recorded; answers with what that was.
    ///
    /// # Errors
    /// When the scope is read-only.
    pub async fn delete_settings(&self, scope: &Scope, caller: &Caller) -> Result<Option<Settings>, Error> {
        let mut tx = self.store.read().await?;
        if tx.settings(scope).await?.is_none() {
            // Nothing to delete comes before nothing may be deleted; the top level always has
            // something, if only the default.
            if scope.is_top() {
                check_writable(&mut tx, scope).await?;
            }
            return Ok(None);
        }
        drop(tx);
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[scope.subject()]).await?;
        check_writable(&mut tx, scope).await?;
        let recorded = tx.settings(scope).await?;
        tx.delete_settings(scope).await?;
        tx.commit().await?;
        Ok(recorded)
    }

    /// The mode that exactly this scope has recorded.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn mode(&self, scope: &Scope) -> Result<Option<Mode>, Error> {
        Ok(self.store.read().await?.mode(scope).await?)
    }

    /// The mode that applies to a scope.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn mode_in_force(&self, scope: &Scope) -> Result<Mode, Error> {
        mode_of(&mut self.store.read().await?, scope.subject()).await
    }

    /// Record a mode for a scope, or forget it. A change of mode is never blocked by the mode, but only a
    /// scope without live subjects starts to import, and what is soft-deleted there is purged; `force`
    /// skips both.
    ///
    /// # Errors
    /// When nothing may be configured there, or a subject stands against importing.
    pub async fn change_mode(
        &self,
        scope: &Scope,
        mode: Option<Mode>,
        force: bool,
        caller: &Caller,
    ) -> Result<(), Error> {
        self.check_configurable(scope)?;
        self.check_mode_changes()?;
        let starts_to_import = mode == Some(Mode::Import) && !force;
        let to_purge = match starts_to_import {
            true => self.subjects_to_purge(scope).await?,
            false => Vec::new(),
        };
        let mut tx = self.store.write(caller).await?;
        let locked: Vec<&Subject> = to_purge.iter().chain([scope.subject()]).collect();
        tx.lock_subjects(&locked).await?;
        if starts_to_import {
            // Who registers looks at the mode once more before it commits.
            tx.lock_commits().await?;
            if mode_of(&mut tx, scope.subject()).await? != Mode::Import {
                make_room(&mut tx, scope, &to_purge).await?;
            }
        }
        match mode {
            Some(mode) => tx.put_mode(scope, mode).await?,
            None => {
                tx.delete_mode(scope).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forget the mode of a scope; `recursive` on a context or the top level also forgets those of
    /// all its subjects. Answers with the mode the scope itself had.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete_mode(
        &self,
        scope: &Scope,
        recursive: bool,
        caller: &Caller,
    ) -> Result<Option<Mode>, Error> {
        self.check_mode_changes()?;
        let recursive = recursive && scope.subject().name().is_empty();
        if !recursive && self.mode(scope).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[scope.subject()]).await?;
        let recorded = tx.mode(scope).await?;
        tx.delete_mode(scope).await?;
        if recursive {
            tx.delete_modes_in(scope.subject().context()).await?;
        }
        tx.commit().await?;
        Ok(recorded)
    }
}

impl Registry {
    /// May something be configured here? The global scope may be configured although nothing can be
    /// registered there.
    ///
    /// # Errors
    /// When the subject is not valid.
    pub fn check_configurable(&self, scope: &Scope) -> Result<(), Error> {
        // A scope without a name is a context, and no subject that could be refused for its name.
        if *scope != Scope::global() {
            scope.subject().check_writable()?;
        }
        Ok(())
    }

    fn check_mode_changes(&self) -> Result<(), Error> {
        if self.defaults.fixed_modes { Err(Error::ModesAreFixed) } else { Ok(()) }
    }

    /// The subjects of a scope that is about to import: all must be soft-deleted.
    async fn subjects_to_purge(&self, scope: &Scope) -> Result<Vec<Subject>, Error> {
        let mut tx = self.store.read().await?;
        if mode_of(&mut tx, scope.subject()).await? == Mode::Import {
            return Ok(Vec::new());
        }
        subjects_of(&mut tx, scope, Which::DeletedOnly).await
    }
}

/// The subjects whose mode a scope decides, if they say nothing themselves. Of the top level and of the
/// global scope that is every subject there is.
async fn subjects_of(tx: &mut Tx, scope: &Scope, which: Which) -> Result<Vec<Subject>, Error> {
    let subject = scope.subject();
    if !subject.name().is_empty() {
        let history = tx.history(subject).await?;
        let is_live = history.iter().any(|stored| !stored.deleted);
        let is_meant = match which {
            Which::Live => is_live,
            Which::All => !history.is_empty(),
            Which::DeletedOnly => !is_live && !history.is_empty(),
        };
        return Ok(is_meant.then(|| subject.clone()).into_iter().collect());
    }
    let prefix = match scope.is_top() || *scope == Scope::global() {
        true => SubjectPrefix::AllContexts { name: String::new() },
        false => SubjectPrefix::Context { context: subject.context().clone(), name: String::new() },
    };
    Ok(tx.subjects(&prefix, which).await?)
}

/// Purge the soft-deleted versions of a scope that has no others.
async fn make_room(tx: &mut Tx, scope: &Scope, locked: &[Subject]) -> Result<(), Error> {
    let known: HashSet<&Subject> = locked.iter().collect();
    let found = subjects_of(tx, scope, Which::All).await?;
    if found.iter().any(|subject| !known.contains(subject)) {
        return Err(Error::SubjectsStandInTheWay);
    }
    for subject in locked {
        let history = tx.history(subject).await?;
        if history.iter().any(|stored| !stored.deleted) {
            return Err(Error::SubjectsStandInTheWay);
        }
        if let Some(version) = tx.referred(subject, false, false).await?.first() {
            return Err(Error::Referenced(subject.clone(), *version));
        }
        let versions: Vec<Version> = history.iter().map(|stored| stored.version).collect();
        tx.purge(subject, &versions, "the scope started to import").await?;
    }
    Ok(())
}

pub(super) async fn mode_of(tx: &mut Tx, subject: &Subject) -> Result<Mode, Error> {
    Ok(mode_in_force(tx.modes_along(subject).await?))
}

/// Deletions and changes of settings need a mode that is not read-only.
pub(super) async fn check_writable(tx: &mut Tx, scope: &Scope) -> Result<(), Error> {
    if !mode_of(tx, scope.subject()).await?.is_read_only() {
        return Ok(());
    }
    let named = (!scope.is_top()).then(|| scope.subject().clone());
    Err(Error::ReadOnly(named))
}
