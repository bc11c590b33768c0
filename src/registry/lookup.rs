//! Find the version that already holds a schema, however it is spelled.

use crate::model::{RuleSet, Subject};

use super::likeness::{Matcher, completed};
use super::prepare::{Prepared, Purpose};
use super::read::places_elsewhere;
use super::{Candidate, Error, Found, Registry};

impl Registry {
    /// The version of a subject that holds a schema. An unqualified subject without it is searched
    /// in the other contexts too.
    ///
    /// # Errors
    /// When the schema is invalid, the subject does not exist, or none of its versions holds it.
    pub async fn look_up(
        &self,
        subject: &Subject,
        mut candidate: Candidate,
        normalize: bool,
        deleted: bool,
    ) -> Result<Found, Error> {
        if self.defaults.drop_rule_sets {
            candidate.rule_set = None;
        }
        // As registering does.
        candidate.rule_set.iter_mut().for_each(RuleSet::name_keys);
        if let Some(found) = self.look_up_in(subject, &candidate, normalize, deleted).await? {
            return Ok(found);
        }
        let (elsewhere, history) = {
            let mut tx = self.store.read().await?;
            (places_elsewhere(&mut tx, subject).await?, tx.history(subject).await?)
        };
        for elsewhere in elsewhere {
            match self.look_up_in(&elsewhere, &candidate, normalize, deleted).await {
                Ok(Some(found)) => return Ok(found),
                // References that resolve here need not resolve there.
                Ok(None) | Err(Error::InvalidSchema(_)) => {}
                Err(other) => return Err(other),
            }
        }
        if history.iter().any(|stored| deleted || !stored.deleted) {
            Err(Error::SchemaNotFound)
        } else {
            Err(Error::SubjectNotFound(subject.clone()))
        }
    }

    async fn look_up_in(
        &self,
        subject: &Subject,
        candidate: &Candidate,
        normalize: bool,
        deleted: bool,
    ) -> Result<Option<Found>, Error> {
        if candidate.given_text().is_none() {
            return Ok(None);
        }
        let prepared = self.as_sent(subject, candidate.clone(), normalize).await?;
        let mut tx = self.store.read().await?;
        let (guid, format) = (prepared.content.guid(), prepared.content.format);
        if let Some(stored) = tx.find_content(subject, guid, format, deleted).await? {
            return self.found(&mut tx, subject, stored).await.map(Some);
        }
        let mut history = tx.history(subject).await?;
        history.retain(|stored| deleted || !stored.deleted);
        let pasts = self.pasts(&mut tx, subject, &history).await?;
        let settings = self.in_force(&mut tx, subject).await?.settings;
        drop(tx);
        let matcher = self.matcher(subject);
        let held = self.workers.run(move || {
            let held = matcher.holding(&pasts, &prepared).or_else(|| {
                // It may have been registered with what it got from its predecessor and the settings.
                let latest = pasts.iter().rfind(|past| !past.stored.deleted)?;
                let content = completed(&prepared.content, Some(&latest.content), &settings);
                let inherits = content != prepared.content;
                inherits.then(|| matcher.holding(&pasts, &Prepared { content, ..prepared.clone() })).flatten()
            });
            held.cloned()
        });
        Ok(held.await?.map(|past| Found::of(subject, past.stored, past.content)))
    }

    /// A candidate prepared for looking it up.
    ///
    /// # Errors
    /// When there is no text, or it is invalid.
    pub(super) async fn as_sent(
        &self,
        subject: &Subject,
        candidate: Candidate,
        normalize: bool,
    ) -> Result<Prepared, Error> {
        let mut tx = self.store.read().await?;
        let normalize = normalize || self.in_force(&mut tx, subject).await?.settings.normalize == Some(true);
        let sent = self.sent(&mut tx, subject, candidate).await?;
        drop(tx);
        self.workers.run(move || sent.prepare(Purpose::to_look_up(normalize))).await?
    }

    pub(super) fn matcher(&self, subject: &Subject) -> Matcher {
        Matcher { context: subject.context().clone(), cache: self.cache.clone() }
    }
}
