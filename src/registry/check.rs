//! Ask whether a schema would be compatible. Never writes.

use std::sync::Arc;

use crate::compat::{self, Extent, Previous, Report};
use crate::model::{Content, Depth, Level, Subject, Version, VersionRef};
use crate::store::{StoredVersion, Tx};

use super::lookup::{Preparation, Prepared, inherit};
use super::references::{Parseable, off_thread};
use super::settings::InForce;
use super::{Candidate, Error, Registry, reserved};

/// The outcome of a check.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The findings, at the level in force.
    pub report: Report,
    /// What the reference would say, reserved fields included; empty when compatible.
    pub lines: Vec<String>,
}

impl Checked {
    /// May the schema be registered, as far as the earlier versions and the reserved fields go?
    pub fn is_compatible(&self) -> bool {
        self.lines.is_empty()
    }
}

/// An old version that can be parsed when its turn comes.
pub(super) type Earlier = (Version, Parseable);

impl Registry {
    /// Would the schema be compatible with one version, at the level in force? A transitive level
    /// looks no further here.
    ///
    /// # Errors
    /// When a numbered version is not there, or the schema is invalid. `latest` of a subject without
    /// versions is compatible with everything.
    pub async fn check_version(
        &self,
        subject: &Subject,
        version: VersionRef,
        candidate: Candidate,
        normalize: bool,
    ) -> Result<Checked, Error> {
        let mut tx = self.store.read().await?;
        let stored = match version {
            VersionRef::Latest => tx.latest(subject).await?,
            VersionRef::Number(number) => {
                let stored = tx.version(subject, number).await?.filter(|stored| !stored.deleted);
                Some(stored.ok_or(Error::VersionNotFound(version))?)
            }
        };
        let earlier = self.earlier(&mut tx, subject, stored.as_slice()).await?;
        self.check_candidate(tx, subject, candidate, normalize, earlier).await
    }

    /// Would the schema be compatible with the subject's versions, exactly as a registration would
    /// see it?
    ///
    /// # Errors
    /// When the schema is invalid.
    pub async fn check_history(
        &self,
        subject: &Subject,
        candidate: Candidate,
        normalize: bool,
    ) -> Result<Checked, Error> {
        let mut tx = self.store.read().await?;
        let level = self.in_force(&mut tx, subject).await?.level;
        let history = tx.history(subject).await?;
        let earlier = self.earlier(&mut tx, subject, &newest_first(&history, level)).await?;
        self.check_candidate(tx, subject, candidate, normalize, earlier).await
    }

    async fn check_candidate(
        &self,
        mut tx: Tx,
        subject: &Subject,
        candidate: Candidate,
        normalize: bool,
        earlier: Vec<Earlier>,
    ) -> Result<Checked, Error> {
        let text = candidate.given_text().ok_or(Error::EmptySchema)?;
        let in_force = self.in_force(&mut tx, subject).await?;
        let normalize = normalize || in_force.normalize == Some(true);
        let preparation = Preparation::to_register(normalize, in_force.validate_fields == Some(true));
        let mut prepared = self.prepare(&mut tx, subject, &candidate, text, preparation).await?;
        let latest = match tx.latest(subject).await? {
            Some(stored) => Some(self.content_of(&mut tx, subject.context(), &stored).await?),
            None => None,
        };
        drop(tx);
        if let Some(latest) = &latest {
            prepared.content = inherit(&prepared.content, latest);
        }
        compare(&in_force, earlier, latest.as_deref(), &prepared).await
    }

    /// Versions with everything that parsing them needs.
    pub(super) async fn earlier(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        versions: &[StoredVersion],
    ) -> Result<Vec<Earlier>, Error> {
        let mut earlier = Vec::with_capacity(versions.len());
        for stored in versions {
            let content = self.content_of(tx, subject.context(), stored).await?;
            earlier.push((stored.version, self.parseable(tx, subject.context(), content).await?));
        }
        Ok(earlier)
    }
}

/// The live versions that a level can look at, newest first.
pub(super) fn newest_first(history: &[StoredVersion], level: Level) -> Vec<StoredVersion> {
    let reach = match level.depth() {
        Depth::Latest => 1,
        Depth::All => usize::MAX,
    };
    history.iter().rev().filter(|stored| !stored.deleted).take(reach).cloned().collect()
}

/// Judge a schema against earlier versions, off the async threads, and its reserved fields against
/// the latest one.
///
/// # Errors
/// When there is no engine for the format.
pub(super) async fn compare(
    in_force: &InForce,
    earlier: Vec<Earlier>,
    latest: Option<&Content>,
    new: &Prepared,
) -> Result<Checked, Error> {
    let (level, schema) = (in_force.level, Arc::clone(&new.schema));
    let report = off_thread(move || {
        let previous =
            earlier.into_iter().map(|(version, parseable)| Previous { version, schema: parseable.parse() });
        compat::check(level, previous, &schema, Extent::FirstClash)
    })
    .await??;
    let validate_fields = in_force.validate_fields == Some(true);
    let mut lines = if validate_fields { reserved::lines(latest, new) } else { Vec::new() };
    if report.is_compatible() && !lines.is_empty() {
        lines.push(format!("{{validateFields: 'true', compatibility: '{level}'}}"));
    } else if !report.is_compatible() {
        lines.extend(report.reference_lines(validate_fields));
    }
    Ok(Checked { report, lines })
}
