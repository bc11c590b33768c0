//! One change, repeated in the target.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Failure;
use super::target::{Target, TargetError, Targets};
use crate::model::{Context, ContextType, Exporter, Mode, Reference, Subject, Version};
use crate::registry::{Found, Registry};
use crate::store::{Change, ChangeKind};

/// The error code of a deletion that references stand against.
const REFERENCED: i64 = 42206;

/// A subject with its context, the default one too: a name may be one that means something in a path, as
/// `..` does.
fn qualified(subject: &Subject) -> String {
    format!(":{}:{}", subject.context(), subject.name())
}

/// Repeats changes for one exporter.
pub(super) struct Steps {
    registry: Registry,
    exporter: Exporter,
    /// What this registry is called in names of contexts.
    origin: String,
    target: Target,
    /// The scopes of the target that take ids.
    importing: HashSet<String>,
    /// Versions that were sent as references in this run.
    sent: HashSet<(Subject, Version)>,
    /// Deletions that wait for what refers to the version to be deleted first.
    postponed: Vec<Change>,
}

impl Steps {
    pub(super) async fn new(
        registry: Registry,
        exporter: &Exporter,
        targets: &Targets,
    ) -> Result<Steps, Failure> {
        let target = Target::new(&exporter.config, targets)?;
        let cluster = registry.cluster_id().await?;
        if target.cluster_id().await.as_ref() == Some(&cluster) {
            return Err(Failure::Itself);
        }
        let origin = cluster.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        Ok(Steps {
            registry,
            exporter: exporter.clone(),
            origin,
            target,
            importing: HashSet::new(),
            sent: HashSet::new(),
            postponed: Vec::new(),
        })
    }

    /// Repeat a change; one that is not about an exported version is done already. A deletion that the
    /// target refuses, for something refers to the version there, is tried again after the next ones.
    pub(super) async fn repeat(&mut self, change: &Change) -> Result<(), Failure> {
        match self.bring_in_step(change).await {
            Err(Failure::Target(TargetError::Refused { code: Some(REFERENCED), .. })) => {
                self.postponed.push(change.clone());
                Ok(())
            }
            Ok(has_deleted) => {
                if has_deleted {
                    self.retry_postponed().await?;
                }
                Ok(())
            }
            Err(other) => Err(other),
        }
    }

    /// The number of the first change that waits.
    pub(super) fn first_postponed(&self) -> Option<i64> {
        self.postponed.iter().map(|change| change.seq).min()
    }

    /// Do what waits; nothing comes after it.
    pub(super) async fn finish(&mut self) -> Result<(), Failure> {
        self.retry_postponed().await?;
        match self.postponed.first().cloned() {
            // What is left stays refused: this says why.
            Some(change) => self.bring_in_step(&change).await.map(drop),
            None => Ok(()),
        }
    }

    /// The newest first: versions refer to older ones.
    async fn retry_postponed(&mut self) -> Result<(), Failure> {
        let mut has_deleted = true;
        while has_deleted && !self.postponed.is_empty() {
            has_deleted = false;
            for change in std::mem::take(&mut self.postponed).into_iter().rev() {
                match self.bring_in_step(&change).await {
                    Err(Failure::Target(TargetError::Refused { code: Some(REFERENCED), .. })) => {
                        self.postponed.insert(0, change);
                    }
                    done => has_deleted |= done?,
                }
            }
        }
        Ok(())
    }

    /// Bring a version of the target to where it is here by now, as far as the change is about that. Was
    /// something deleted?
    async fn bring_in_step(&mut self, change: &Change) -> Result<bool, Failure> {
        let subject = &change.subject;
        let is_meant = self.exporter.covers(subject) && !self.exporter.has_brought(subject, &self.origin);
        let Some(version) = change.version.filter(|_| is_meant) else { return Ok(false) };
        let is_deletion = match change.kind {
            ChangeKind::Register | ChangeKind::Undelete => false,
            ChangeKind::Delete | ChangeKind::Purge => true,
            _ => return Ok(false),
        };
        if !is_deletion {
            self.send(subject, version).await?;
            return Ok(false);
        }
        let is_purged = match self.registry.stored(subject, version).await? {
            // It is back, or the number has another schema: a later change is about that.
            Some(found) if !found.deleted => return Ok(false),
            Some(_) if change.kind == ChangeKind::Purge => return Ok(false),
            found => found.is_none(),
        };
        self.sent.remove(&(subject.clone(), version));
        self.delete(subject, version, false).await?;
        if is_purged {
            self.delete(subject, version, true).await?;
            // With the last version goes the mode of the subject.
            self.importing.clear();
        }
        Ok(true)
    }

    /// Send a version and, before it, everything it refers to, exported by itself or not.
    async fn send(&mut self, subject: &Subject, version: Version) -> Result<(), Failure> {
        let mut stack = vec![(subject.clone(), version, false)];
        // Imported schemas may refer to each other in a circle.
        let mut entered = HashSet::from([(subject.clone(), version)]);
        while let Some((subject, version, are_references_sent)) = stack.pop() {
            let Some(found) = self.registry.stored(&subject, version).await? else { continue };
            if are_references_sent || found.content.references.is_empty() {
                self.post(&found).await?;
                self.sent.insert((subject, version));
                continue;
            }
            stack.push((subject.clone(), version, true));
            for reference in &found.content.references {
                let referenced = Subject::parse_in(&reference.subject, subject.context());
                let key = (referenced.clone(), reference.version);
                if !referenced.name().is_empty() && !self.sent.contains(&key) && entered.insert(key) {
                    stack.push((referenced, reference.version, false));
                }
            }
        }
        Ok(())
    }

    async fn post(&mut self, found: &Found) -> Result<(), Failure> {
        let target = self.exporter.target(&found.subject, &self.origin);
        self.see_that_it_imports(&target).await?;
        let body = self.body(found);
        Ok(self.target.post(&["subjects", &qualified(&target), "versions"], &body).await?)
    }

    fn body(&self, found: &Found) -> Value {
        let content = &found.content;
        let reference = |reference: &Reference| {
            json!({
                "name": reference.name,
                "subject": self.exporter.target_of_reference(&reference.subject, &self.origin),
                "version": reference.version.number(),
            })
        };
        json!({
            "id": found.id.0,
            "version": found.version.number(),
            "schemaType": content.format.as_str(),
            "schema": content.text,
            "references": content.references.iter().map(reference).collect::<Vec<_>>(),
            "metadata": content.metadata,
            "ruleSet": content.rule_set,
        })
    }

    async fn delete(&self, subject: &Subject, version: Version, permanent: bool) -> Result<(), Failure> {
        let target = qualified(&self.exporter.target(subject, &self.origin));
        let number = version.to_string();
        let query = permanent.then_some("permanent=true");
        // What is gone already is as good as deleted.
        Ok(self.target.delete(&["subjects", &target, "versions", &number], query).await?)
    }

    /// The target gives out ids of its own unless it imports. A context that only this exporter fills is
    /// told to; where names of contexts are kept only the subject is, for others may be there.
    async fn see_that_it_imports(&mut self, target: &Subject) -> Result<(), Failure> {
        let scope = match self.exporter.context_type {
            ContextType::None => target.clone(),
            ContextType::Auto | ContextType::Custom => {
                Subject::new(Context::clone(target.context()), String::new())
            }
        };
        let scope = qualified(&scope);
        if self.importing.contains(&scope) {
            return Ok(());
        }
        let mode = self.target.mode(&qualified(target)).await?;
        if !mode.parse().is_ok_and(Mode::takes_ids) {
            self.target.put(&["mode", &scope], &json!({ "mode": "IMPORT" })).await?;
        }
        self.importing.insert(scope);
        Ok(())
    }
}
