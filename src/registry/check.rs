//! Ask whether a schema would be compatible. Never writes.

use crate::compat::{self, Extent, Question, Report};
use crate::model::{Content, Level, Settings, Subject, VersionRef};
use crate::store::{StoredVersion, Tx};

use super::history::{Past, considered, to_compare};
use super::likeness::completed;
use super::prepare::{Prepared, Purpose};
use super::settings::InForce;
use super::{Candidate, Error, Registry, reserved, verdicts};

/// The outcome of a check.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The findings, at the level in force.
    pub report: Report,
    /// Reserved fields that stand in the way, in sentences.
    pub reserved: Vec<String>,
    /// What the wire says, reserved fields included; empty when compatible.
    pub lines: Vec<String>,
}

impl Checked {
    /// May the schema be registered, as far as the earlier versions and the reserved fields go?
    pub fn is_compatible(&self) -> bool {
        self.lines.is_empty()
    }
}

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
        let in_force = self.in_force(&mut tx, subject).await?;
        let stored = match version {
            VersionRef::Latest => tx.latest(subject).await?,
            VersionRef::Number(number) => {
                let stored = tx.version(subject, number).await?.filter(|stored| !stored.deleted);
                Some(stored.ok_or(Error::VersionNotFound(version))?)
            }
        };
        let compared = if in_force.level == Level::None { None } else { stored };
        self.check_against(tx, subject, candidate, normalize, in_force, (compared.as_slice(), &[])).await
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
        let in_force = self.in_force(&mut tx, subject).await?;
        let history = tx.history(subject).await?;
        let compared = to_compare(&history, &in_force);
        self.check_against(tx, subject, candidate, normalize, in_force, (&compared, &history)).await
    }

    async fn check_against(
        &self,
        mut tx: Tx,
        subject: &Subject,
        candidate: Candidate,
        normalize: bool,
        in_force: InForce,
        (compared, history): (&[StoredVersion], &[StoredVersion]),
    ) -> Result<Checked, Error> {
        let pasts = self.pasts(&mut tx, subject, compared).await?;
        let is_protobuf = candidate.is_protobuf();
        let numbered = self.numbered(&mut tx, subject, history, is_protobuf, in_force.level).await?;
        let latest = match tx.latest(subject).await? {
            Some(stored) => Some(self.content_of(&mut tx, subject.context(), &stored).await?.content),
            None => None,
        };
        let sent = self.sent(&mut tx, subject, candidate).await?;
        drop(tx);
        let purpose = in_force.purpose(normalize);
        let checked = self.workers.run(move || {
            let mut prepared = sent.prepare(purpose)?;
            prepared.content = completed(&prepared.content, latest.as_deref(), &in_force.settings);
            let pasts = considered(&pasts, &in_force, &prepared.content);
            let earlier = Earlier { compared: &pasts, numbered: &numbered, latest: latest.as_deref() };
            let checked = compare(&in_force, earlier, &prepared, Extent::FirstRefusal);
            verdicts::count(&checked.report, prepared.content.format);
            Ok(checked)
        });
        checked.await?
    }
}

impl InForce {
    /// How these settings want a new schema to be prepared.
    pub(super) fn purpose(&self, normalize: bool) -> Purpose {
        let Settings { normalize: by_default, validate_fields, validate_new_schemas, .. } = self.settings;
        let normalize = normalize || by_default == Some(true);
        Purpose::to_register(normalize, validate_fields == Some(true), validate_new_schemas != Some(false))
    }
}

/// The versions that a schema is judged by.
#[derive(Clone, Copy)]
pub(super) struct Earlier<'a> {
    /// Those to compare with, oldest first.
    pub(super) compared: &'a [Past],
    /// Those whose numbers must be respected ([`Registry::numbered`]), oldest first.
    pub(super) numbered: &'a [Past],
    /// The content of the latest one.
    pub(super) latest: Option<&'a Content>,
}

/// Judge a schema against earlier versions, and its reserved fields against the latest one.
pub(super) fn compare(in_force: &InForce, earlier: Earlier<'_>, new: &Prepared, extent: Extent) -> Checked {
    let Earlier { compared, numbered, latest } = earlier;
    let level = in_force.level;
    let question = Question { level, judging: &in_force.judging, extent };
    let mut report = compat::check(question, compared.iter().rev().map(Past::previous), &new.schema);
    compat::check_numbers(&mut report, question, numbered.iter().rev().map(Past::previous), &new.schema);
    let validate_fields = in_force.settings.validate_fields == Some(true);
    let reserved = if validate_fields { reserved::lines(latest, new) } else { Vec::new() };
    let mut lines = reserved.clone();
    if report.is_compatible() && !lines.is_empty() {
        lines.push(format!("{{validateFields: 'true', compatibility: '{level}'}}"));
    } else if !report.is_compatible() {
        lines.extend(report.wire_lines(validate_fields));
    }
    Checked { report, reserved, lines }
}
