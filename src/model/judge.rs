//! Who decides whether schemas go together, and what a broken rule leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Whose verdict counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Judge {
    /// What a decoder really does with the data; the reference's verdict where nothing was proved.
    #[default]
    Proof,
    /// Confluent Schema Registry's structural comparison, word for word.
    Reference,
    /// Refused if either refuses.
    Strictest,
}

/// Which promises of a Protobuf schema are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pack {
    /// Binary data.
    Wire,
    /// Canonical JSON of messages.
    JsonNames,
    /// Code made from the schema.
    Source,
}

/// What a broken rule leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// The schema is refused.
    Refuse,
    /// The schema is accepted, and the finding told.
    Warn,
    /// Nothing.
    Off,
}

/// A word that is not one of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {what}; it is one of {allowed}")]
pub struct UnknownWord {
    what: &'static str,
    allowed: &'static str,
    word: String,
}

/// What a scope has recorded about judging. `None` and absent rules mean "not recorded here".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JudgeSettings {
    /// Whose verdict counts.
    pub judge: Option<Judge>,
    /// The packs of Protobuf rules that apply.
    pub packs: Option<BTreeSet<Pack>>,
    /// What rules lead to, by id, where it is not what their severity says.
    pub rules: BTreeMap<String, Action>,
    /// JSON Schema: `format` is an assertion.
    pub assert_formats: Option<bool>,
    /// JSON Schema: readers fill in defaults.
    pub fill_defaults: Option<bool>,
}

/// How verdicts are reached: what is in force for a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judging {
    /// Whose verdict counts.
    pub judge: Judge,
    /// The packs of Protobuf rules that apply.
    pub packs: BTreeSet<Pack>,
    /// What rules lead to, by id, where it is not what their severity says.
    pub rules: BTreeMap<String, Action>,
    /// What is taken for granted of those who write and read JSON documents.
    pub assumptions: Assumptions,
}

/// What those who write and read documents of a JSON Schema are taken to do beyond what the schema says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Assumptions {
    /// How undeclared properties are treated.
    pub policy: Policy,
    /// `format` is an assertion.
    pub assert_formats: bool,
    /// A reader puts the default of a property in place where the property is missing.
    pub fill_defaults: bool,
}

/// How properties that a JSON Schema does not declare are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Policy {
    /// As the schema says.
    #[default]
    Strict,
    /// Writers write only declared ones, and readers ignore the others where their schema forbids them.
    Lenient,
}

impl JudgeSettings {
    /// Is nothing recorded?
    pub fn is_empty(&self) -> bool {
        *self == JudgeSettings::default()
    }
}

impl Judging {
    /// What `judge` alone makes of it: the wire pack, every rule as its severity says.
    pub fn by(judge: Judge) -> Judging {
        Judging {
            judge,
            packs: BTreeSet::from([Pack::Wire]),
            rules: BTreeMap::new(),
            assumptions: Assumptions::default(),
        }
    }
}

impl Default for Judging {
    fn default() -> Judging {
        Judging::by(Judge::default())
    }
}

impl Judge {
    /// The word for it in settings and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Judge::Proof => "proof",
            Judge::Reference => "reference",
            Judge::Strictest => "strictest",
        }
    }
}

impl Pack {
    /// The word for it in settings and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Pack::Wire => "wire",
            Pack::JsonNames => "json-names",
            Pack::Source => "source",
        }
    }
}

impl Action {
    /// The word for it in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Refuse => "refuse",
            Action::Warn => "warn",
            Action::Off => "off",
        }
    }
}

impl Policy {
    /// The policy of this name, in any case, as settings of a registry spell it.
    pub fn named(name: &str) -> Option<Policy> {
        name.to_lowercase().parse().ok()
    }

    /// The word for it in flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::Strict => "strict",
            Policy::Lenient => "lenient",
        }
    }
}

impl FromStr for Policy {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Policy, UnknownWord> {
        let all = [Policy::Strict, Policy::Lenient];
        let known = all.into_iter().find(|policy| policy.as_str() == word);
        known.ok_or_else(|| unknown("policy", "strict, lenient", word))
    }
}

impl FromStr for Judge {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Judge, UnknownWord> {
        let all = [Judge::Proof, Judge::Reference, Judge::Strictest];
        let known = all.into_iter().find(|judge| judge.as_str() == word);
        known.ok_or_else(|| unknown("judge", "proof, reference, strictest", word))
    }
}

impl FromStr for Pack {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Pack, UnknownWord> {
        let all = [Pack::Wire, Pack::JsonNames, Pack::Source];
        let known = all.into_iter().find(|pack| pack.as_str() == word);
        known.ok_or_else(|| unknown("pack", "wire, json-names, source", word))
    }
}

impl FromStr for Action {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Action, UnknownWord> {
        let all = [Action::Refuse, Action::Warn, Action::Off];
        let known = all.into_iter().find(|action| action.as_str() == word);
        known.ok_or_else(|| unknown("action", "refuse, warn, off", word))
    }
}

fn unknown(what: &'static str, allowed: &'static str, word: &str) -> UnknownWord {
    UnknownWord { what, allowed, word: word.to_owned() }
}

impl fmt::Display for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Judge, Pack};

    #[test]
    fn words_are_read_as_they_are_written() {
        for judge in [Judge::Proof, Judge::Reference, Judge::Strictest] {
            assert_eq!(judge.to_string().parse(), Ok(judge));
        }
        for pack in [Pack::Wire, Pack::JsonNames, Pack::Source] {
            assert_eq!(pack.to_string().parse(), Ok(pack));
        }
        for action in [Action::Refuse, Action::Warn, Action::Off] {
            assert_eq!(action.to_string().parse(), Ok(action));
        }
        let error = "Proof".parse::<Judge>().expect_err("words are lower case");
        assert_eq!(error.to_string(), "`Proof` is no judge; it is one of proof, reference, strictest");
    }
}
