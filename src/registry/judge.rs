//! Who judges: what is recorded where, what is in force, and what a store that says nothing gets.

use std::collections::{BTreeMap, BTreeSet};

use crate::compat::{Rule, rules};
use crate::model::{Action, Judge, JudgeSettings, Judging, Pack, Scope, Subject};
use crate::store::Tx;

use super::settings::{Change, check_writable};
use super::{Caller, Error, Registry};

/// A change of who judges, member by member.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JudgeChange {
    /// Whose verdict counts.
    pub judge: Change<Judge>,
    /// The packs of Protobuf rules that apply.
    pub packs: Change<BTreeSet<Pack>>,
    /// What rules lead to; set as a whole.
    pub rules: Change<BTreeMap<String, Action>>,
    /// JSON Schema: `format` is an assertion.
    pub assert_formats: Change<bool>,
    /// JSON Schema: readers fill in defaults.
    pub fill_defaults: Change<bool>,
}

/// How verdicts are reached for a scope, and which scope each part of that is recorded in; `None`
/// where none has recorded it and the default holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JudgeInForce {
    /// What is in force.
    pub judging: Judging,
    /// Where the judge comes from.
    pub judge_from: Option<Scope>,
    /// Where the packs come from.
    pub packs_from: Option<Scope>,
    /// Where each rule's action comes from.
    pub rules_from: BTreeMap<String, Scope>,
    /// Where it comes from whether formats are asserted.
    pub assert_formats_from: Option<Scope>,
    /// Where it comes from whether defaults are filled in.
    pub fill_defaults_from: Option<Scope>,
}

/// What the global scope says once a server has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The judge of every scope that records none.
    pub judge: Judge,
    /// Was it recorded before?
    pub was_recorded: bool,
}

impl Registry {
    /// What exactly this scope has recorded about judging.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn judge_settings(&self, scope: &Scope) -> Result<JudgeSettings, Error> {
        Ok(self.store.read().await?.judge_settings(scope).await?.unwrap_or_default())
    }

    /// How verdicts are reached for a scope.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn judge_in_force(&self, scope: &Scope) -> Result<JudgeInForce, Error> {
        JudgeInForce::of(&mut self.store.read().await?, scope.subject()).await
    }

    /// Change what a scope has recorded about judging; answers with all it has recorded then.
    ///
    /// # Errors
    /// When a rule is unknown, nothing may be configured
    /// there, or the scope is read-only.
    pub async fn change_judge(
        &self,
        scope: &Scope,
        change: JudgeChange,
        caller: &Caller,
    ) -> Result<JudgeSettings, Error> {
        self.check_configurable(scope)?;
        check_effective(&change)?;
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[scope.subject()]).await?;
        check_writable(&mut tx, scope).await?;
        let recorded = tx.judge_settings(scope).await?.unwrap_or_default();
        let settings = JudgeSettings {
            judge: change.judge.apply(recorded.judge),
            packs: change.packs.apply(recorded.packs),
            rules: change.rules.apply(Some(recorded.rules)).unwrap_or_default(),
            assert_formats: change.assert_formats.apply(recorded.assert_formats),
            fill_defaults: change.fill_defaults.apply(recorded.fill_defaults),
        };
        tx.put_judge_settings(scope, &settings).await?;
        tx.commit().await?;
        Ok(settings)
    }

    /// Forget what a scope has recorded about judging; answers with what that was.
    ///
    /// # Errors
    /// When nothing may be configured there, or the scope is read-only.
    pub async fn delete_judge(&self, scope: &Scope, caller: &Caller) -> Result<JudgeSettings, Error> {
        self.check_configurable(scope)?;
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[scope.subject()]).await?;
        check_writable(&mut tx, scope).await?;
        let recorded = tx.judge_settings(scope).await?.unwrap_or_default();
        if *scope == Scope::global() {
            // The record itself stays, empty: to the next start a store without one looks like one
            // from before there were judges, and it would be given another judge than is in force now.
            tx.put_judge_settings(scope, &JudgeSettings::default()).await?;
        } else {
            tx.delete_judge_settings(scope).await?;
        }
        tx.commit().await?;
        Ok(recorded)
    }

    /// See to it that the global scope has a record. Where it says nothing about the judge, `asked_for`
    /// is recorded; where there is no record and nothing was asked for, a fresh store gets the default
    /// judge, and one that was served before keeps the verdicts it has always had.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle_judge(&self, asked_for: Option<Judge>, caller: &Caller) -> Result<Settled, Error> {
        let scope = Scope::global();
        let recorded = self.store.read().await?.judge_settings(&scope).await?;
        if let Some(settled) = settled(recorded.as_ref(), asked_for) {
            return Ok(settled);
        }
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[scope.subject()]).await?;
        // Asked again under the lock: another node may be starting too.
        let recorded = tx.judge_settings(&scope).await?;
        if let Some(settled) = settled(recorded.as_ref(), asked_for) {
            return Ok(settled);
        }
        let judge = match asked_for {
            Some(judge) => judge,
            None if tx.was_ever_used().await? => Judge::Reference,
            None => Judge::default(),
        };
        let settings = JudgeSettings { judge: Some(judge), ..recorded.unwrap_or_default() };
        tx.put_judge_settings(&scope, &settings).await?;
        tx.commit().await?;
        Ok(Settled { judge, was_recorded: false })
    }
}

/// `None` when something has to be recorded.
fn settled(recorded: Option<&JudgeSettings>, asked_for: Option<Judge>) -> Option<Settled> {
    let recorded = recorded?;
    match (recorded.judge, asked_for) {
        (Some(judge), _) => Some(Settled { judge, was_recorded: true }),
        // Somebody cleared it: the default is what they wanted.
        (None, None) => Some(Settled { judge: Judge::default(), was_recorded: true }),
        (None, Some(_)) => None,
    }
}

impl JudgeInForce {
    /// What is in force for a subject, or for the scope it stands for.
    pub(super) async fn of(tx: &mut Tx, subject: &Subject) -> Result<JudgeInForce, Error> {
        let along = tx.judge_settings_along(subject).await?;
        Ok(JudgeInForce::along(Scope::chain(subject).into_iter().zip(along)))
    }

    /// Each member is that of the nearest scope that has recorded it; so is the action of each rule.
    fn along(nearest_first: impl IntoIterator<Item = (Scope, Option<JudgeSettings>)>) -> JudgeInForce {
        let mut found = JudgeInForce::default();
        for (scope, recorded) in nearest_first {
            let Some(recorded) = recorded else { continue };
            if let (Some(judge), None) = (recorded.judge, &found.judge_from) {
                found.judging.judge = judge;
                found.judge_from = Some(scope.clone());
            }
            if let (Some(packs), None) = (recorded.packs, &found.packs_from) {
                found.judging.packs = packs;
                found.packs_from = Some(scope.clone());
            }
            let assumed = &mut found.judging.assumptions;
            if let (Some(assert_formats), None) = (recorded.assert_formats, &found.assert_formats_from) {
                assumed.assert_formats = assert_formats;
                found.assert_formats_from = Some(scope.clone());
            }
            if let (Some(fill_defaults), None) = (recorded.fill_defaults, &found.fill_defaults_from) {
                assumed.fill_defaults = fill_defaults;
                found.fill_defaults_from = Some(scope.clone());
            }
            for (id, action) in recorded.rules {
                if !found.rules_from.contains_key(&id) {
                    found.rules_from.insert(id.clone(), scope.clone());
                    found.judging.rules.insert(id, action);
                }
            }
        }
        found
    }
}

/// What would have no effect is refused, not kept in silence.
fn check_effective(change: &JudgeChange) -> Result<(), Error> {
    if let Change::Set(rules) = &change.rules
        && let Some(unknown) = rules.keys().find(|id| !rules::find(id).is_some_and(Rule::is_judged))
    {
        let known: Vec<&str> = rules::all().filter(|rule| rule.is_judged()).map(|rule| rule.id).collect();
        let (shown, known) = (unknown.chars().take(100).collect::<String>(), known.join(", "));
        return Err(Error::NoSuchSetting(format!(
            "`{shown}` is no rule that can be set; it is one of {known}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::JudgeInForce;
    use crate::model::{Action, Judge, JudgeSettings, Pack, Scope, Subject};

    #[test]
    fn each_member_is_the_nearest_one_recorded() {
        let chain = Scope::chain(&Subject::parse(":.c:s"));
        let rule = |id: &str, action| (id.to_owned(), action);
        let own = JudgeSettings {
            packs: Some(BTreeSet::from([Pack::Wire, Pack::Source])),
            rules: BTreeMap::from([rule("a", Action::Off)]),
            assert_formats: Some(true),
            ..JudgeSettings::default()
        };
        let global = JudgeSettings {
            judge: Some(Judge::Strictest),
            packs: Some(BTreeSet::new()),
            rules: BTreeMap::from([rule("a", Action::Warn), rule("b", Action::Refuse)]),
            ..JudgeSettings::default()
        };
        let along = chain.iter().cloned().zip([Some(own.clone()), None, Some(global)]);
        let found = JudgeInForce::along(along);
        assert_eq!(found.judging.judge, Judge::Strictest);
        assert_eq!(Some(found.judging.packs), own.packs);
        assert_eq!(found.judging.rules, BTreeMap::from([rule("a", Action::Off), rule("b", Action::Refuse)]));
        assert_eq!((found.judge_from, found.packs_from), (Some(chain[2].clone()), Some(chain[0].clone())));
        assert!(found.judging.assumptions.assert_formats && !found.judging.assumptions.fill_defaults);
        assert_eq!((found.assert_formats_from, found.fill_defaults_from), (Some(chain[0].clone()), None));
        assert_eq!((&found.rules_from["a"], &found.rules_from["b"]), (&chain[0], &chain[2]));

        let nothing = JudgeInForce::along(chain.into_iter().map(|scope| (scope, None)));
        assert_eq!(nothing, JudgeInForce::default());
        assert_eq!(nothing.judging.judge, Judge::Proof);
        assert_eq!(nothing.judging.packs, BTreeSet::from([Pack::Wire]));
    }
}
