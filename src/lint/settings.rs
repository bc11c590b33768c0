//! Which rules are on, and what they lead to.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::rules::{self, Rule};

/// What a finding leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// It is told.
    Warn,
    /// It must not pass.
    Error,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Action::Warn => "warn",
            Action::Error => "error",
        })
    }
}

/// Which rules are on, and what they lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    actions: BTreeMap<&'static str, Action>,
}

/// A setting that cannot be understood. Displays as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownSetting {
    /// There is no such rule.
    #[error("there is no lint rule `{id}`{}", suggestion.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default())]
    Rule {
        /// What was written.
        id: String,
        /// The rule whose name is nearest.
        suggestion: Option<&'static str>,
    },
    /// A rule leads to no such thing.
    #[error("`{word}` is nothing that the lint rule `{id}` leads to; it is error, warn or off")]
    Action {
        /// The rule.
        id: String,
        /// What was written.
        word: String,
    },
}

impl Settings {
    /// Read ids of rules with `error`, `warn` or `off`. Of one id the last counts.
    ///
    /// # Errors
    /// For the first id that is no rule, and the first word that is none of the three.
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Settings, UnknownSetting> {
        let mut settings = Settings::default();
        for (id, word) in pairs {
            let rule = rules::find(id).ok_or_else(|| UnknownSetting::Rule {
                id: id.to_owned(),
                suggestion: nearest(id, rules::all().map(|rule| rule.id)),
            })?;
            match word.parse::<Action>() {
                Ok(action) => settings.set(rule, Some(action)),
                Err(()) if word == "off" => settings.set(rule, None),
                Err(()) => {
                    return Err(UnknownSetting::Action { id: id.to_owned(), word: word.to_owned() });
                }
            }
        }
        Ok(settings)
    }

    /// Switch a rule on, or off with `None`.
    pub fn set(&mut self, rule: &'static Rule, action: Option<Action>) {
        match action {
            Some(action) => self.actions.insert(rule.id, action),
            None => self.actions.remove(rule.id),
        };
    }

    /// What a rule leads to; `None` when it is off.
    pub fn action(&self, rule: &Rule) -> Option<Action> {
        self.actions.get(rule.id).copied()
    }

    /// Is every rule off?
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}

impl FromStr for Action {
    type Err = ();

    fn from_str(word: &str) -> Result<Action, ()> {
        match word {
            "warn" => Ok(Action::Warn),
            "error" => Ok(Action::Error),
            _ => Err(()),
        }
    }
}

/// Which of the names is most like a word, if any is.
pub fn nearest(word: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let likeness = names.map(|name| (strsim::jaro_winkler(word, name), name));
    likeness
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .filter(|(likeness, _)| *likeness > 0.8)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{Action, Settings};
    use crate::lint::rules;

    #[test]
    fn settings_are_read_by_id_and_errors_say_what_was_meant() {
        let pairs = [("avro-doc-missing", "warn"), ("json-id-missing", "error"), ("json-id-missing", "off")];
        let settings = Settings::read(pairs).expect("settings");
        let action = |id| settings.action(rules::find(id).expect("a rule"));
        assert_eq!(action("avro-doc-missing"), Some(Action::Warn));
        assert_eq!(action("json-id-missing"), None);
        assert_eq!(action("proto-package-missing"), None);
        for (pair, sentence) in [
            (
                ("avro-docs-missing", "warn"),
                "there is no lint rule `avro-docs-missing`; did you mean `avro-doc-missing`?",
            ),
            (("qqq", "warn"), "there is no lint rule `qqq`"),
            (
                ("avro-doc-missing", "fatal"),
                "`fatal` is nothing that the lint rule `avro-doc-missing` leads to; it is error, warn or off",
            ),
        ] {
            assert_eq!(Settings::read([pair]).expect_err("no setting").to_string(), sentence);
        }
    }
}
