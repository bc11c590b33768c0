//! A run that stops leaves no gate open: levels that are NONE for the sake of a registration are put back.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;

use super::{Run, name};
use crate::failure::{Failure, Outcome};
use crate::gate::live::{Condition, Written};
use crate::gate::plan::Action;
use crate::model::Level;

/// What came of closing gates.
#[derive(Debug, Default)]
pub(super) struct Closed {
    /// In sentences.
    pub(super) told: Vec<String>,
    /// What closes the first that could not be.
    pub(super) command: Option<String>,
}

impl Run<'_> {
    /// Put levels back after the step of this number failed, as well as that can be done.
    pub(super) async fn close_gates(&self, number: usize, failure: &Failure) -> Closed {
        let mut closed = Closed::default();
        for (subject, level) in self.open_gates(number, failure) {
            match self.put_level_back(subject, level).await {
                Ok(true) => closed.told.push(format!("the level of `{subject}` was put back to {level}")),
                // Somebody else has set it meanwhile, or it never was NONE.
                Ok(false) => {}
                Err(failure) => {
                    closed.told.push(format!(
                        "the level of `{subject}` is NONE and could not be put back to {level}: {:#}",
                        failure.error
                    ));
                    let command = || self.command(subject, level);
                    closed.command.get_or_insert_with(command);
                }
            }
        }
        closed
    }

    /// The subjects whose level is NONE and is not to stay so, and what it is to be.
    fn open_gates(&self, number: usize, failure: &Failure) -> BTreeMap<&str, &str> {
        let steps = &self.applying.plan.steps;
        let mut open: BTreeMap<&str, &str> = BTreeMap::new();
        // Those that stood open when the plan was made, and that a step which is not done was to close.
        let mut yet_to_open: BTreeSet<&str> = BTreeSet::new();
        for step in steps.iter().skip(self.applied.len()) {
            let Action::Configure(change) = &step.action else { continue };
            if change.steps_aside() {
                yet_to_open.insert(&step.subject);
            }
            if let Some(level) = change.level.as_deref().filter(|_| change.closes())
                && !yet_to_open.contains(step.subject.as_str())
            {
                open.insert(&step.subject, level);
            }
        }
        // Those that stepped aside go back to where they were. A step whose answer was lost may be done.
        let is_in_doubt = failure.outcome != Outcome::Stopped;
        let in_doubt = is_in_doubt.then_some(number).filter(|number| *number > self.applied.len());
        let done = self.applied.iter().map(|applied| applied.step).chain(in_doubt);
        let mut aside: BTreeMap<&str, &str> = BTreeMap::new();
        for step in done.map(|number| &steps[number - 1]) {
            let Action::Configure(change) = &step.action else { continue };
            match (change.steps_aside(), &change.level_before, &change.level) {
                (true, Some(before), _) => drop(aside.insert(&step.subject, before)),
                (false, _, Some(_)) => drop(aside.remove(step.subject.as_str())),
                _ => {}
            }
        }
        open.extend(aside);
        open
    }

    /// Put a level back, unless it is not NONE any more.
    async fn put_level_back(&self, subject: &str, level: &str) -> Result<bool, Failure> {
        let live = self.applying.live;
        let own = live.own_config(subject).await?.and_then(|config| config.level);
        if own.as_deref() != Some(Level::None.as_str()) {
            return Ok(false);
        }
        // Not called after the plan: to another run of it this is somebody else's change, and it stops.
        let request_id = format!("dovetail-put-back-{}", name(self.applying.plan));
        let condition = Condition { sequence: None, request_id };
        match live.configure(subject, Some(level), None, &condition).await? {
            Written::Done => Ok(true),
            Written::Moved => Err(Failure::stopped(anyhow!("others were faster"))),
            Written::Refused(reason) => Err(Failure::stopped(anyhow!("{reason}"))),
        }
    }

    /// What somebody types to put a level back.
    fn command(&self, subject: &str, level: &str) -> String {
        // A quote would end the one around it.
        let url = self.applying.live.config_url(subject).replace('\'', "%27");
        format!(
            "curl -X PUT '{url}' -H 'Content-Type: application/json' -d '{{\"compatibility\": \"{level}\"}}'"
        )
    }
}
