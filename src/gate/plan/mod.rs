//! A plan: what has to be done so that a registry holds what is declared, and where the registry stood
//! when that was found out.
//!
//! A plan is complete: texts and all are in it, so that what was looked at is what is done, whatever the
//! files say by then. `make` compares and decides, `gate::apply` does.

mod deletions;
mod level;
mod make;
mod wanted;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::anyhow;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use deletions::{deletable, deletions_only};
pub(crate) use make::{Against, Judged, Planned, Planning, REGISTRY_REFUSES};
pub(crate) use wanted::{Wanted, WantedReference, wanted};

use super::live::{Change, Standing};
use crate::failure::Failure;
use crate::model::{Format, Level, Metadata, Policy};

/// The version of the form of a saved plan. It rises when an older program would misread it.
pub const PLAN_VERSION: u32 = 1;

/// A longer file is no plan.
const LONGEST_PLAN: u64 = 256 * 1024 * 1024;

/// What has to be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// The version of the form.
    pub format_version: u32,
    /// The registry, without credentials.
    pub registry: String,
    /// The context, with its dot.
    pub context: String,
    /// What the registry calls its store, where it tells: another one may come to stand at the same URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Where the registry stood.
    pub state: MadeAt,
    /// The newest change by then: a registry that is restored counts on from an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Newest>,
    /// Every subject that the plan depends on.
    pub concerns: Vec<String>,
    /// What to do, in this order.
    pub steps: Vec<Step>,
    /// What differs and is left alone.
    pub drift: Vec<Drift>,
    /// SHA-256 of the plan without this member: it also names the plan.
    pub digest: String,
}

/// Where a registry stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeAt {
    /// The number of its newest change.
    Sequence(i64),
    /// What stood of each subject that the plan depends on, in a registry that does not count changes.
    Subjects(BTreeMap<String, Stood>),
}

/// How a change is told from any other of the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// The id of the request that asked for it.
    pub request_id: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// What stood in a registry of a subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    /// Its live versions.
    pub versions: Vec<i32>,
    /// The level that it had recorded.
    pub level: Option<String>,
    /// The policy that it had recorded.
    pub policy: Option<String>,
}

/// One thing to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// The subject, with its context where that is not the default one.
    pub subject: String,
    /// What.
    #[serde(flatten)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Register a schema.
    Register(Box<Registration>),
    /// Record a level or a policy.
    Configure(Configuration),
    /// Delete the subject softly.
    Delete {
        /// Its live versions.
        versions: Vec<i32>,
    },
}

/// A schema to register.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registration {
    /// The file it comes from.
    pub path: String,
    /// The language.
    #[serde(with = "format_word")]
    pub format: Format,
    /// The version that it will be, if nobody is faster.
    pub version: i32,
    /// Why it may be registered.
    pub verdict: String,
    /// What the text refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<PlannedReference>,
    /// Metadata to register with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Register the normal form.
    #[serde(default)]
    pub normalize: bool,
    /// The text.
    pub schema: String,
}

/// A reference of a schema to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedReference {
    /// The name in the text.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// The version; `None` for the one that an earlier step registers.
    pub version: Option<i32>,
}

/// A level or a policy to record, and what was in force before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The level; `None` to leave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The level before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_before: Option<String>,
    /// How undeclared properties are treated; `None` to leave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// How they were before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_before: Option<String>,
    /// Why, where the manifest does not ask for it in so many words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Something that differs from what is declared and is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The subject.
    pub subject: String,
    /// `undeclared`, `earlier_version`, `level` or `kept`.
    pub kind: String,
    /// In a sentence that the subject begins.
    pub says: String,
}

/// How many there are of which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Schemas to register.
    pub register: usize,
    /// Levels and policies to record.
    pub configure: usize,
    /// Subjects to delete.
    pub delete: usize,
    /// What differs and is left alone.
    pub drift: usize,
}

impl Plan {
    /// How many there are of which.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { drift: self.drift.len(), ..Counts::default() };
        for step in &self.steps {
            match step.action {
                Action::Register(_) => counts.register += 1,
                Action::Configure(_) => counts.configure += 1,
                Action::Delete { .. } => counts.delete += 1,
            }
        }
        counts
    }

    /// What of it closes gates that stand open, and nothing else: that can be done whatever becomes of the
    /// rest.
    pub(crate) fn closing(&self) -> Plan {
        let step = |step: &Step| match &step.action {
            Action::Configure(change) if change.closes() => {
                let level = Configuration { policy: None, policy_before: None, ..change.clone() };
                Some(Step { subject: step.subject.clone(), action: Action::Configure(level) })
            }
            _ => None,
        };
        Plan { steps: self.steps.iter().filter_map(step).collect(), ..self.clone() }.sealed()
    }

    /// The plan with its digest.
    fn sealed(mut self) -> Plan {
        self.digest = self.computed_digest();
        self
    }

    fn computed_digest(&self) -> String {
        let bare = Plan { digest: String::new(), ..self.clone() };
        let bytes = serde_json::to_vec(&bare).expect("a plan is JSON");
        hex(&Sha256::digest(bytes))
    }

    /// The plan as it is saved.
    pub fn saved(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a plan is JSON");
        text.push('\n');
        text
    }

    /// Read a saved plan.
    ///
    /// # Errors
    /// When the file cannot be read, is no plan, or was changed by hand.
    pub fn read(path: &Path) -> Result<Plan, Failure> {
        let shown = path.display();
        let no_plan = |reason: String| {
            Failure::bad_request(anyhow!("{shown} is no plan: {reason}"))
                .with_hint("`dovetail plan --out FILE` writes one.")
        };
        let unreadable = |error: std::io::Error| Failure::bad_request(anyhow!("{shown}: {error}"));
        if std::fs::metadata(path).map_err(unreadable)?.len() > LONGEST_PLAN {
            return Err(no_plan(format!("it is longer than {LONGEST_PLAN} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let form: Form = serde_json::from_str(&text).map_err(|error| no_plan(error.to_string()))?;
        if form.format_version != PLAN_VERSION {
            let found = form.format_version;
            return Err(no_plan(format!("its form is {found}, and this program reads {PLAN_VERSION}")));
        }
        let plan: Plan = serde_json::from_str(&text).map_err(|error| no_plan(error.to_string()))?;
        if plan.digest != plan.computed_digest() {
            return Err(no_plan("its digest does not fit, so it was changed after it was made".to_owned()));
        }
        Ok(plan)
    }
}

#[derive(Deserialize)]
struct Form {
    format_version: u32,
}

impl From<&Change> for Newest {
    fn from(change: &Change) -> Newest {
        Newest { request_id: change.request_id.clone(), at: change.at }
    }
}

impl From<&Standing> for Stood {
    fn from(standing: &Standing) -> Stood {
        let config = standing.config.clone().unwrap_or_default();
        Stood { versions: standing.versions.clone(), level: config.level, policy: config.policy }
    }
}

impl Configuration {
    /// Record a level.
    fn of_level(to: Level, from: Level) -> Configuration {
        let word = |level: Level| Some(level.as_str().to_owned());
        Configuration { level: word(to), level_before: word(from), ..Configuration::default() }
    }

    /// The part about the policy, and the one about the level. `kept` is the level that has to be recorded with
    /// the policy to stay in force.
    fn policy_and_level(self, kept: Option<Level>) -> (Option<Configuration>, Option<Configuration>) {
        let Configuration { level, level_before, policy, policy_before, why } = self;
        let of_policy = policy.map(|policy| Configuration {
            policy: Some(policy),
            policy_before,
            ..kept.map(|level| Configuration::of_level(level, level)).unwrap_or_default()
        });
        let of_level = level.map(|level| Configuration {
            level: Some(level),
            level_before,
            why,
            ..Configuration::default()
        });
        (of_policy, of_level)
    }

    /// Is it for a moment only, for the sake of one registration?
    pub(crate) fn steps_aside(&self) -> bool {
        self.why.is_some() && self.level.as_deref() == Some(Level::None.as_str())
    }

    /// Does it end that the level is NONE?
    pub(crate) fn closes(&self) -> bool {
        let is_none = |level: &Option<String>| level.as_deref() == Some(Level::None.as_str());
        is_none(&self.level_before) && self.level.is_some() && !is_none(&self.level)
    }

    /// Is the level recorded that is in force already?
    pub(crate) fn keeps_level(&self) -> bool {
        self.level.is_some() && self.level == self.level_before
    }

    /// Record a policy besides.
    fn with_policy(self, to: Policy, from: Option<String>) -> Configuration {
        Configuration { policy: Some(to.as_str().to_ascii_uppercase()), policy_before: from, ..self }
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A format by its name on the wire.
mod format_word {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::model::Format;

    pub(super) fn serialize<S: Serializer>(format: &Format, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(format.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
