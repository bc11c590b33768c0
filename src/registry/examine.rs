//! Ask both judges about a schema and get to see all that they say. Never writes, whatever the mode.

use std::sync::Arc;

use crate::compat::Extent;
use crate::model::{Content, Judge, Level, Policy, SchemaId, Scope, Subject, Version, VersionRef};
use crate::store::{StoredVersion, Tx};

use super::check::{Checked, Earlier, compare};
use super::history::{considered, to_compare};
use super::likeness::completed;
use super::{Candidate, Error, InForce, JudgeInForce, Registry, verdicts};

/// What is asked. What is left open is as it would be for a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Examination {
    /// The level to check, instead of the one in force.
    pub level: Option<Level>,
    /// Whose verdict counts, instead of the one in force.
    pub judge: Option<Judge>,
    /// How undeclared properties of JSON documents are treated, instead of what is in force.
    pub policy: Option<Policy>,
    /// What to compare with.
    pub against: Against,
    /// Compare the normal form, whatever the settings say.
    pub normalize: bool,
}

/// What a schema is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Against {
    /// The live versions that the level looks at.
    #[default]
    AsTheLevelSays,
    /// One version, however far back the level looks.
    One(VersionRef),
    /// Every live version, as the transitive level of the same directions would have it.
    All,
}

/// Where a setting that was applied comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It was asked for.
    Request,
    /// It is recorded in a scope.
    Scope(Scope),
    /// It is recorded nowhere.
    Default,
}

/// All that is to be said about a schema.
#[derive(Debug, Clone)]
pub struct Examined {
    /// What both judges found, and what the registry would answer.
    pub checked: Checked,
    /// Where the level comes from.
    pub level_from: Origin,
    /// Where the judge comes from.
    pub judge_from: Origin,
    /// The text that places in the new schema are places in.
    pub new_text: String,
    /// The versions that were compared with, in whatever way; some may be there twice.
    pub compared: Vec<Compared>,
}

/// A version that a schema was compared with.
#[derive(Debug, Clone)]
pub struct Compared {
    /// Its number.
    pub version: Version,
    /// Its id.
    pub id: SchemaId,
    /// Its content; places in the earlier schema are places in its text.
    pub content: Arc<Content>,
}

impl Registry {
    /// Examine a schema: every version that is asked for, and every finding.
    ///
    /// # Errors
    /// When a numbered version is not there, or the schema is invalid. `latest` of a subject without
    /// versions is compatible with everything.
    pub async fn examine(
        &self,
        subject: &Subject,
        candidate: Candidate,
        asked: Examination,
    ) -> Result<Examined, Error> {
        let mut tx = self.store.read().await?;
        let mut in_force = self.in_force(&mut tx, subject).await?;
        let judges = JudgeInForce::of(&mut tx, subject).await?;
        let level_from = Origin::of(asked.level.is_some(), in_force.level_from.take());
        let judge_from = Origin::of(asked.judge.is_some(), judges.judge_from);
        in_force.level = asked.level.unwrap_or(in_force.level);
        in_force.judging.judge = asked.judge.unwrap_or(in_force.judging.judge);
        let assumed = &mut in_force.judging.assumptions;
        assumed.policy = asked.policy.unwrap_or(assumed.policy);
        if asked.against == Against::All {
            in_force.level = in_force.level.transitive();
        }
        let compared = compared(&mut tx, subject, asked.against, &in_force).await?;
        let pasts = self.pasts(&mut tx, subject, &compared).await?;
        let history = match asked.against {
            Against::One(_) => Vec::new(),
            Against::AsTheLevelSays | Against::All => tx.history(subject).await?,
        };
        let is_protobuf = candidate.is_protobuf();
        let numbered = self.numbered(&mut tx, subject, &history, is_protobuf, in_force.level).await?;
        let latest = match tx.latest(subject).await? {
            Some(stored) => Some(self.content_of(&mut tx, subject.context(), &stored).await?.content),
            None => None,
        };
        let sent = self.sent(&mut tx, subject, candidate).await?;
        drop(tx);
        let examined = self.workers.run(move || {
            let purpose = in_force.purpose(asked.normalize);
            let mut prepared = sent.prepare(purpose)?;
            // The tree of a schema that is not normalised is that of the text as it was sent.
            let new_text = match purpose.normalizes() {
                true => prepared.content.text.clone(),
                false => sent.candidate.text.unwrap_or_default(),
            };
            prepared.content = completed(&prepared.content, latest.as_deref(), &in_force.settings);
            let pasts = considered(&pasts, &in_force, &prepared.content);
            let earlier = Earlier { compared: &pasts, numbered: &numbered, latest: latest.as_deref() };
            let checked = compare(&in_force, earlier, &prepared, Extent::Everything);
            verdicts::count(&checked.report, prepared.content.format);
            let compared = pasts.into_iter().chain(numbered).map(|past| {
                let StoredVersion { version, id, .. } = past.stored;
                Compared { version, id, content: past.content }
            });
            let compared = compared.collect();
            Ok(Examined { checked, level_from, judge_from, new_text, compared })
        });
        examined.await?
    }
}

impl Origin {
    fn of(is_asked_for: bool, recorded: Option<Scope>) -> Origin {
        match recorded {
            _ if is_asked_for => Origin::Request,
            Some(scope) => Origin::Scope(scope),
            None => Origin::Default,
        }
    }
}

/// The live versions to compare with, oldest first.
async fn compared(
    tx: &mut Tx,
    subject: &Subject,
    against: Against,
    in_force: &InForce,
) -> Result<Vec<StoredVersion>, Error> {
    let one = match against {
        Against::AsTheLevelSays | Against::All => {
            return Ok(to_compare(&tx.history(subject).await?, in_force));
        }
        Against::One(VersionRef::Latest) => tx.latest(subject).await?,
        Against::One(version @ VersionRef::Number(number)) => {
            let stored = tx.version(subject, number).await?.filter(|stored| !stored.deleted);
            Some(stored.ok_or(Error::VersionNotFound(version))?)
        }
    };
    Ok(one.into_iter().filter(|_| in_force.level != Level::None).collect())
}
