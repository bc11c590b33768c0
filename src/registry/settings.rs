//! Settings and modes: what is recorded where, and what is in force.

use crate::model::{Judging, Level, Mode, Policy, Scope, Settings, Subject, mode_in_force};
use crate::store::Tx;

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

/// A change of settings, member by member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SettingsChange {
    /// The compatibility level.
    pub level: Change<Level>,
    /// Store normal forms.
    pub normalize: Change<bool>,
    /// Validate content more strictly.
    pub validate_fields: Change<bool>,
    /// How undeclared properties of JSON documents are treated.
    pub policy: Change<Policy>,
}

/// The settings that apply to a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The level.
    pub level: Level,
    /// Store normal forms, where recorded.
    pub normalize: Option<bool>,
    /// Validate content more strictly, where recorded.
    pub validate_fields: Option<bool>,
    /// How undeclared properties of JSON documents are treated, where recorded.
    pub policy: Option<Policy>,
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
                complete(recorded, tx.settings(&Scope::top()).await?.unwrap_or_default())
            };
            judging.assumptions.policy = completed.policy.unwrap_or_default();
            return Ok(InForce {
                level: completed.level.unwrap_or(self.defaults.level),
                normalize: completed.normalize,
                validate_fields: completed.validate_fields,
                policy: completed.policy,
                judging,
                level_from: completed.level.map(|_| scope.clone()),
                from: Some(scope),
            });
        }
        Ok(InForce {
            level: self.defaults.level,
            normalize: None,
            validate_fields: None,
            policy: None,
            judging,
            level_from: None,
            from: None,
        })
    }

    /// Change what a scope has recorded; answers with all it has recorded then.
    ///
    /// # Errors
    /// When nothing may be configured there, or the scope is read-only.
    pub async fn change_settings(
        &self,
        scope: &Scope,
        change: SettingsChange,
        caller: &Caller,
    ) -> Result<Settings, Error> {
        check_configurable(scope)?;
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[scope.subject()]).await?;
        check_writable(&mut tx, scope).await?;
        let recorded = tx.settings(scope).await?.unwrap_or_default();
        let settings = Settings {
            level: change.level.apply(recorded.level),
            normalize: change.normalize.apply(recorded.normalize),
            validate_fields: change.validate_fields.apply(recorded.validate_fields),
            policy: change.policy.apply(recorded.policy),
        };
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

    /// Record a mode for a scope, or forget it. A change of mode is never blocked by the mode.
    ///
    /// # Errors
    /// When nothing may be configured there.
    pub async fn change_mode(&self, scope: &Scope, mode: Option<Mode>, caller: &Caller) -> Result<(), Error> {
        check_configurable(scope)?;
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[scope.subject()]).await?;
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

/// A subject's own record with what it leaves open taken from the top level. Not the level.
fn complete(own: Settings, top: Settings) -> Settings {
    Settings {
        level: own.level,
        normalize: own.normalize.or(top.normalize),
        validate_fields: own.validate_fields.or(top.validate_fields),
        policy: own.policy.or(top.policy),
    }
}

/// The global scope may be configured although nothing can be registered there.
pub(super) fn check_configurable(scope: &Scope) -> Result<(), Error> {
    if *scope != Scope::global() {
        scope.subject().check_writable()?;
    }
    Ok(())
}

async fn mode_of(tx: &mut Tx, subject: &Subject) -> Result<Mode, Error> {
    Ok(mode_in_force(tx.modes_along(subject).await?))
}

/// Does the mode in force allow writes?
pub(super) async fn is_writable(tx: &mut Tx, scope: &Scope) -> Result<bool, Error> {
    Ok(mode_of(tx, scope.subject()).await?.allows_writes())
}

/// Writes need a mode that allows them.
pub(super) async fn check_writable(tx: &mut Tx, scope: &Scope) -> Result<(), Error> {
    if is_writable(tx, scope).await? {
        return Ok(());
    }
    let named = (!scope.is_top()).then(|| scope.subject().clone());
    Err(Error::ReadOnly(named))
}
