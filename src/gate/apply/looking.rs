//! A registry that does not count its changes: what stands there is looked at before and after.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::{Applying, Run, Settled, check_is_no_alias, name};
use crate::failure::Failure;
use crate::gate::live::Condition;
use crate::gate::plan::{Action, Step, Stood};

/// A run that looks.
pub(super) struct Looking {
    /// What has to stand there of each subject.
    expected: BTreeMap<String, Stood>,
}

impl Looking {
    /// Look which steps of the plan were done, and that nothing else was.
    pub(super) async fn begin(
        run: &Run<'_>,
        planned: &BTreeMap<String, Stood>,
    ) -> Result<(Looking, Vec<usize>), Failure> {
        let applying = run.applying;
        let mut looking = Looking { expected: BTreeMap::new() };
        let mut done = Vec::new();
        for (subject, planned) in planned {
            let found = Stood::from(&applying.live.standing(subject).await?);
            let mut reached = planned.clone();
            let mut steps = applying.plan.steps.iter().zip(1..).filter(|(step, _)| step.subject == *subject);
            while reached != found {
                let Some((step, number)) = steps.next() else {
                    return Err(overtaken(subject));
                };
                take(step, &mut reached);
                done.push(number);
            }
            looking.expected.insert(subject.clone(), found);
        }
        done.sort_unstable();
        Ok((looking, done))
    }

    pub(super) async fn before(
        &self,
        applying: &Applying<'_>,
        number: usize,
        step: &Step,
    ) -> Result<Condition, Failure> {
        let standing = applying.live.standing(&step.subject).await?;
        check_is_no_alias(step, standing.config.as_ref())?;
        if self.expected.get(&step.subject) != Some(&Stood::from(&standing)) {
            return Err(overtaken(&step.subject));
        }
        let request_id = format!("dovetail-plan-{}-{number}", name(applying.plan));
        Ok(Condition { sequence: None, request_id })
    }

    pub(super) async fn after(&mut self, applying: &Applying<'_>, step: &Step) -> Result<Settled, Failure> {
        let found = Stood::from(&applying.live.standing(&step.subject).await?);
        let mut reached = self.expected.get(&step.subject).cloned().unwrap_or_default();
        take(step, &mut reached);
        if reached.versions != found.versions {
            return Err(overtaken(&step.subject));
        }
        self.expected.insert(step.subject.clone(), found);
        Ok(Settled::Done)
    }
}

/// What a step makes of what stands there.
fn take(step: &Step, stood: &mut Stood) {
    match &step.action {
        Action::Register(registration) => stood.versions.push(registration.version),
        Action::Configure(change) => {
            stood.level = change.level.clone().or(stood.level.take());
            stood.policy = change.policy.clone().or(stood.policy.take());
        }
        Action::Delete { .. } => stood.versions.clear(),
    }
}

fn overtaken(subject: &str) -> Failure {
    Failure::stopped(anyhow!("somebody else changed `{subject}` since the plan was made"))
        .with_hint("Plan again, and look at what changed.")
}
