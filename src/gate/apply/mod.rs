//! Doing what a plan says, and nothing when the registry is not where the plan was made.
//!
//! Three things together make that safe:
//!
//! * A write to a registry that counts its changes carries the number it is to find, so that it is done
//!   at that very state or not at all. Of two that write at once, one goes on and the other stops.
//! * A request is called after the plan and the step. The registry records that with the change, so
//!   whoever runs the same plan again after a crash sees which steps were done, and that nobody else
//!   changed anything.
//! * Each step can be repeated without harm, so that an answer that was lost costs nothing.
//!
//! A registry that does not count changes is looked at before and after each step instead: what stands
//! there of the subject must be what the plan saw, and what its own steps made of it.

mod closing;
mod counting;
mod looking;

use std::collections::HashMap;

use anyhow::anyhow;
use serde::Serialize;

use super::live::{Body, Change, Condition, Live, LookedUp, OwnConfig, Written};
use super::plan::{Action, MadeAt, Plan, Registration, Step};
use crate::failure::{Failure, Outcome};
use closing::Closed;
use counting::Counting;
use looking::Looking;

/// Which changes of others stop a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Minds {
    /// Any.
    Everything,
    /// Those of subjects that the plan depends on, and of settings that hold for all.
    WhatItConcerns,
}

/// A run of a plan.
pub(crate) struct Applying<'a> {
    pub(crate) live: &'a Live,
    pub(crate) plan: &'a Plan,
    pub(crate) minds: Minds,
    /// Is told of each step when it is done.
    pub(crate) tell: &'a dyn Fn(&Applied),
}

/// A step that was done.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Applied {
    /// Its number in the plan, from 1.
    pub(crate) step: usize,
    pub(crate) subject: String,
    #[serde(flatten)]
    pub(crate) done: Done,
    /// It had been done by an earlier run of the plan.
    pub(crate) earlier: bool,
}

/// What was done.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub(crate) enum Done {
    Registered {
        version: i32,
        id: i32,
    },
    Configured {
        #[serde(skip_serializing_if = "Option::is_none")]
        level: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        policy: Option<String>,
    },
    Deleted {
        versions: Vec<i32>,
    },
}

/// How a run ended.
pub(crate) struct Ended {
    /// The steps that were done, those of earlier runs included.
    pub(crate) applied: Vec<Applied>,
    /// The number of the registry's newest change.
    pub(crate) sequence: Option<i64>,
    /// Why it stopped before the end.
    pub(crate) stopped: Option<Failure>,
}

/// Sees to it that nobody else writes.
enum Guard {
    Counting(Counting),
    Looking(Looking),
}

/// What a guard says after a write.
enum Settled {
    /// It was done.
    Done,
    /// It was not, and may be tried again.
    Again,
}

impl Applying<'_> {
    /// Do what is left to do.
    ///
    /// # Errors
    /// When nothing was tried: the plan is for another registry, or made at another state of it.
    pub(crate) async fn run(&self) -> Result<Ended, Failure> {
        self.check_place()?;
        self.check_identity().await?;
        let mut run = Run { applying: self, versions: HashMap::new(), applied: Vec::new() };
        let (mut guard, done) = run.begin().await?;
        for (position, step) in self.plan.steps.iter().enumerate() {
            let number = position + 1;
            let is_done = done.contains(&number);
            if let Err(failure) = run.step(&mut guard, number, step, is_done).await {
                // Whoever comes next need not know of levels that stepped aside, so they are put back. Only
                // another run of the same plan, which is at work, does it by itself.
                let closed = match guard.is_shared() {
                    true => Closed::default(),
                    false => run.close_gates(number, &failure).await,
                };
                let sequence = guard.sequence();
                return Ok(Ended {
                    stopped: Some(run.stopped(failure, number, closed)),
                    applied: run.applied,
                    sequence,
                });
            }
        }
        Ok(Ended { applied: run.applied, sequence: guard.sequence(), stopped: None })
    }

    fn check_place(&self) -> Result<(), Failure> {
        let (plan, live) = (self.plan, self.live);
        if plan.registry != live.shown() {
            let error = anyhow!("the plan is for {}, not for {}", plan.registry, live.shown());
            return Err(Failure::bad_request(error).with_hint("Plan for each registry of its own."));
        }
        if plan.context != live.context() {
            let error = anyhow!("the plan is for the context {}, not for {}", plan.context, live.context());
            return Err(Failure::bad_request(error).with_hint("Plan for each context of its own."));
        }
        Ok(())
    }

    /// Is it still the store that the plan was made for?
    async fn check_identity(&self) -> Result<(), Failure> {
        let Some(planned) = &self.plan.identity else { return Ok(()) };
        match self.live.identity().await? {
            Some(found) if found == *planned => Ok(()),
            found => Err(Failure::stopped(anyhow!(
                "nothing was applied: the plan is for the store {planned}, and {} has {} now",
                self.live.shown(),
                found.as_deref().unwrap_or("none that it names")
            ))
            .with_hint("Another registry stands at this URL. Plan again.")),
        }
    }

    /// Does the change of somebody else stop the run?
    fn minds(&self, change: &Change) -> bool {
        self.minds == Minds::Everything || change.concerns(&self.plan.concerns, self.live.context())
    }
}

/// What a run knows.
struct Run<'a> {
    applying: &'a Applying<'a>,
    /// The versions that steps registered.
    versions: HashMap<String, i32>,
    applied: Vec<Applied>,
}

impl Run<'_> {
    /// Look where the registry stands, and which steps an earlier run did.
    async fn begin(&self) -> Result<(Guard, Vec<usize>), Failure> {
        match &self.applying.plan.state {
            MadeAt::Sequence(sequence) => {
                let (counting, done) = Counting::begin(self.applying, *sequence).await?;
                Ok((Guard::Counting(counting), done))
            }
            MadeAt::Subjects(stood) => {
                let (looking, done) = Looking::begin(self, stood).await?;
                Ok((Guard::Looking(looking), done))
            }
        }
    }

    async fn step(
        &mut self,
        guard: &mut Guard,
        number: usize,
        step: &Step,
        is_done: bool,
    ) -> Result<(), Failure> {
        let mut overtaken = if is_done { None } else { self.write(guard, number, step).await? };
        let done = match &step.action {
            Action::Register(registration) => {
                let found = self.look_up(&step.subject, registration).await?.ok_or_else(|| {
                    Failure::unable(anyhow!("`{}` does not hold what was registered there", step.subject))
                })?;
                if found.version != registration.version {
                    overtaken.get_or_insert_with(|| other_version(step, registration.version, found.version));
                }
                self.versions.insert(step.subject.clone(), found.version);
                Done::Registered { version: found.version, id: found.id }
            }
            Action::Configure(change) => {
                Done::Configured { level: change.level.clone(), policy: change.policy.clone() }
            }
            Action::Delete { versions } => Done::Deleted { versions: versions.clone() },
        };
        let applied = Applied { step: number, subject: step.subject.clone(), done, earlier: is_done };
        (self.applying.tell)(&applied);
        self.applied.push(applied);
        overtaken.map_or(Ok(()), Err)
    }

    /// Write a step. A failure that is returned as a value came after it: the step stands.
    async fn write(&self, guard: &mut Guard, number: usize, step: &Step) -> Result<Option<Failure>, Failure> {
        loop {
            let condition = guard.before(self.applying, number, step).await?;
            if matches!(step.action, Action::Delete { .. }) {
                let own = self.applying.live.own_config(&step.subject).await?;
                check_is_no_alias(step, own.as_ref())?;
            }
            let written = self.send(step, &condition).await?;
            if let Written::Refused(reason) = written {
                return Err(Failure::stopped(anyhow!("the registry refused `{}`: {reason}", step.subject)));
            }
            let is_written = written == Written::Done;
            match guard.after(self.applying, &condition, step, is_written).await {
                Ok(Settled::Done) => return Ok(None),
                Ok(Settled::Again) => {}
                Err(failure) if is_written => return Ok(Some(failure)),
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn send(&self, step: &Step, condition: &Condition) -> Result<Written, Failure> {
        let live = self.applying.live;
        match &step.action {
            Action::Register(registration) => {
                let body = self.body(registration)?;
                live.register(&step.subject, &body, condition).await
            }
            Action::Configure(change) => {
                let (level, policy) = (change.level.as_deref(), change.policy.as_deref());
                live.configure(&step.subject, level, policy, condition).await
            }
            Action::Delete { .. } => live.delete(&step.subject, condition).await,
        }
    }

    async fn look_up(&self, subject: &str, registration: &Registration) -> Result<Option<LookedUp>, Failure> {
        self.applying.live.look_up(subject, &self.body(registration)?).await
    }

    /// A schema with the versions that earlier steps registered.
    fn body<'a>(&self, registration: &'a Registration) -> Result<Body<'a>, Failure> {
        let mut references = Vec::new();
        for reference in &registration.references {
            let subject = reference.subject.as_str();
            let version = reference.version.or_else(|| self.versions.get(subject).copied());
            let version = version.ok_or_else(|| {
                Failure::bad_request(anyhow!("the plan registers `{subject}` after what refers to it"))
            })?;
            references.push((reference.name.as_str(), subject, version));
        }
        Ok(Body {
            format: registration.format,
            text: &registration.schema,
            references,
            metadata: registration.metadata.as_ref(),
            normalize: registration.normalize,
        })
    }

    /// Why the run stopped at a step, and what of it stands.
    fn stopped(&self, failure: Failure, number: usize, closed: Closed) -> Failure {
        let total = self.applying.plan.steps.len();
        let also: String = closed.told.iter().map(|sentence| format!("; {sentence}")).collect();
        let error = failure.error.context(format!(
            "stopped at step {number} of {total}, {}{also}",
            match self.applied.len() {
                0 => "nothing was applied".to_owned(),
                1 => "one step stands".to_owned(),
                count => format!("{count} steps stand"),
            }
        ));
        let hint = match (closed.command, closed.told.is_empty()) {
            // Nothing is more urgent.
            (Some(command), _) => {
                format!("Close the gate as soon as the registry can be written to: {command}").into()
            }
            (None, true) => failure
                .hint
                .unwrap_or("What was done is not done twice: run it again when the cause is gone.".into()),
            (None, false) => failure.hint.unwrap_or("Plan again, and look at what changed.".into()),
        };
        Failure { outcome: Outcome::Stopped, error, hint: Some(hint) }
    }
}

/// What is done to an alias is done to the subject that it stands for, which no plan means.
fn check_is_no_alias(step: &Step, own: Option<&OwnConfig>) -> Result<(), Failure> {
    let is_of_alias = !matches!(step.action, Action::Configure(_));
    let target = own.and_then(|own| own.alias.as_ref()).filter(|_| is_of_alias);
    target.map_or(Ok(()), |target| {
        let subject = &step.subject;
        Err(Failure::stopped(anyhow!("`{subject}` is an alias of `{target}`, which the plan does not mean"))
            .with_hint("Plan again, and look at what changed."))
    })
}

/// What was registered is another version than the plan says, so something else came before it.
fn other_version(step: &Step, planned: i32, found: i32) -> Failure {
    let subject = &step.subject;
    Failure::stopped(anyhow!(
        "`{subject}` was to become version {planned} and is version {found}: others registered there since the plan was made"
    ))
    .with_hint("Look at what they registered, and plan again.")
}

impl Guard {
    async fn before(
        &mut self,
        applying: &Applying<'_>,
        number: usize,
        step: &Step,
    ) -> Result<Condition, Failure> {
        match self {
            Guard::Counting(counting) => Ok(counting.condition(number)),
            Guard::Looking(looking) => looking.before(applying, number, step).await,
        }
    }

    async fn after(
        &mut self,
        applying: &Applying<'_>,
        condition: &Condition,
        step: &Step,
        is_written: bool,
    ) -> Result<Settled, Failure> {
        match self {
            Guard::Counting(counting) => counting.after(applying, condition, is_written).await,
            Guard::Looking(looking) => looking.after(applying, step).await,
        }
    }

    /// Was another run of the same plan seen?
    fn is_shared(&self) -> bool {
        matches!(self, Guard::Counting(counting) if counting.is_shared())
    }

    fn sequence(&self) -> Option<i64> {
        match self {
            Guard::Counting(counting) => Some(counting.expected()),
            Guard::Looking(_) => None,
        }
    }
}

/// The plan's name in the record of changes.
fn name(plan: &Plan) -> &str {
    plan.digest.get(..16).unwrap_or(&plan.digest)
}
