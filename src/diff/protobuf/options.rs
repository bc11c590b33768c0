//! Options.

use std::collections::{BTreeMap, BTreeSet};

use super::Walk;
use crate::diff::Spot;
use crate::diff::kinds;
use crate::diff::list::shown;
use crate::schema::protobuf::model::{Setting, SettingName, Value};

impl Walk<'_, '_> {
    /// The options of one thing. An option that is set several times is compared as a list.
    pub(super) fn options(
        &mut self,
        (old, new): (&[Setting], &[Setting]),
        at: &(Option<Spot>, Option<Spot>),
        what: &str,
    ) {
        let (from, to) = (by_name(old), by_name(new));
        let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for name in names {
            let (kind, sentence) = match (from.get(name), to.get(name)) {
                (Some(_), None) => {
                    (&kinds::OPTION_REMOVED, format!("the option {} of {what} is no longer set", shown(name)))
                }
                (None, Some(to)) => (
                    &kinds::OPTION_ADDED,
                    format!("the option {} of {what} is set to {}", shown(name), shown(to)),
                ),
                (Some(from), Some(to)) if from != to => {
                    let values = (shown(from), shown(to));
                    let sentence =
                        format!("the option {} of {what} was {} and is {}", shown(name), values.0, values.1);
                    (&kinds::OPTION_CHANGED, sentence)
                }
                _ => continue,
            };
            self.add(kind, sentence, at.0.clone(), at.1.clone());
        }
    }
}

fn by_name(settings: &[Setting]) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for setting in settings {
        let value = plain(&setting.value);
        found
            .entry(name_of(&setting.name))
            .and_modify(|known| {
                known.push_str(", ");
                known.push_str(&value);
            })
            .or_insert(value);
    }
    found
}

fn name_of(name: &SettingName) -> String {
    let parts: Vec<String> = name
        .parts
        .iter()
        .map(|part| if part.is_extension { format!("({})", part.name) } else { part.name.clone() })
        .collect();
    parts.join(".")
}

/// A value for a sentence.
pub(super) fn text(value: &Value) -> String {
    shown(&plain(value))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(bytes) => format!("\"{}\"", bytes.escape_ascii()),
        Value::Number(word) | Value::Word(word) => word.clone(),
        Value::List(values) => format!("[{}]", values.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}: {}", plain(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
