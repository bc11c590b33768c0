//! A floor beside `compat`: one schema → what is unwise in it. Pure: no store, no network, no clock, bounded.
//!
//! Nothing here is wrong by the language or breaks anybody; a team decides which rules it wants. All are off
//! until [`Settings`] say otherwise.

mod avro;
mod case;
mod json;
mod protobuf;
pub mod rules;
mod settings;

pub use rules::{Rule, Theme};
pub use settings::{Action, Settings, UnknownSetting, nearest};

use crate::schema::{Place, Schema};

/// How many findings of one rule are told of a schema.
const MOST: usize = 100;

/// Something that is unwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// What it leads to.
    pub action: Action,
    /// What is unwise, in a sentence.
    pub message: String,
    /// Where: a JSON pointer (Avro, JSON Schema), or names of messages and the number of a field (Protobuf).
    pub pointer: String,
    /// Where in the text.
    pub place: Option<Place>,
}

/// What `settings` let be told of a schema, in the order of its text. `text` is what the schema was parsed from.
pub fn check(schema: &Schema, text: &str, settings: &Settings) -> Vec<Finding> {
    let mut found = Found { settings, findings: Vec::new() };
    if settings.is_empty() {
        return found.findings;
    }
    match schema {
        Schema::Avro(schema) => avro::check(schema, text, &mut found),
        Schema::Json(schema) => json::check(schema, text, &mut found),
        Schema::Protobuf(schema) => protobuf::check(schema, text, &mut found),
    }
    found.findings.sort_by_key(|finding| (finding.place.is_none(), finding.place));
    found.findings
}

/// Findings as they come.
struct Found<'s> {
    settings: &'s Settings,
    findings: Vec<Finding>,
}

impl Found<'_> {
    /// Is the rule on?
    fn wants(&self, rule: &'static Rule) -> bool {
        self.settings.action(rule).is_some()
    }

    fn add(&mut self, rule: &'static Rule, message: String, pointer: String, place: Option<Place>) {
        let Some(action) = self.settings.action(rule) else { return };
        if self.findings.iter().filter(|finding| finding.rule == rule).count() < MOST {
            self.findings.push(Finding { rule, action, message, pointer, place });
        }
    }
}

/// A name for a sentence: its beginning, when it is long.
fn shown(name: &str) -> String {
    let (name, more) = match name.char_indices().nth(80) {
        Some((end, _)) => (&name[..end], "…"),
        None => (name, ""),
    };
    format!("`{}{more}`", name.replace(char::is_control, "\u{fffd}"))
}
