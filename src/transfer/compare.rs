//! What differs between two registries, each difference a sentence.

use std::collections::BTreeSet;

use super::holdings::{Held, Holdings, scope};
use crate::model::{Content, Mode, Settings};

/// How much two registries must have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    All,
    /// The second has all of the first, and may have more.
    Contained,
}

/// What differs, in the order of subjects and versions. `here` and `there` say what the two are called.
pub fn differences(one: &Holdings, here: &str, other: &Holdings, there: &str, extent: Extent) -> Vec<String> {
    let mut found = Vec::new();
    let only = |what: String, place: &str| format!("{what}: only in {place}");
    for context in one.contexts.keys().filter(|context| !other.contexts.contains_key(*context)) {
        // The default one is there even when nothing ever was in it.
        if !context.is_default() {
            found.push(only(format!("the context `{context}`"), here));
        }
    }
    if extent == Extent::All {
        for context in other.contexts.keys().filter(|context| !one.contexts.contains_key(*context)) {
            if !context.is_default() {
                found.push(only(format!("the context `{context}`"), there));
            }
        }
    }
    let (of_one, of_other) = (one.by_number(), other.by_number());
    let numbers: BTreeSet<_> = of_one.keys().chain(of_other.keys()).collect();
    for number in numbers {
        match (of_one.get(number), of_other.get(number)) {
            (Some(one), Some(other)) => compare_held(one, here, other, there, &mut found),
            (Some(one), None) => found.push(only(one.to_string(), here)),
            (None, Some(other)) if extent == Extent::All => found.push(only(other.to_string(), there)),
            (None, _) => {}
        }
    }
    let settings: BTreeSet<_> = one.settings.keys().chain(other.settings.keys()).collect();
    for place in settings {
        let (of_one, of_other) = (one.settings.get(place), other.settings.get(place));
        if of_one != of_other && (of_one.is_some() || extent == Extent::All) {
            found.push(format!(
                "{}: the configuration is {} in {here} and {} in {there}",
                scope(place),
                told(of_one),
                told(of_other)
            ));
        }
    }
    let modes: BTreeSet<_> = one.modes.keys().chain(other.modes.keys()).collect();
    for place in modes {
        let (of_one, of_other) = (one.modes.get(place), other.modes.get(place));
        if of_one != of_other && (of_one.is_some() || extent == Extent::All) {
            let name = |mode: Option<&Mode>| mode.map_or("not recorded", |mode| mode.as_str());
            let (of_one, of_other) = (name(of_one), name(of_other));
            found.push(format!("{}: the mode is {of_one} in {here} and {of_other} in {there}", scope(place)));
        }
    }
    found
}

/// Settings in a sentence: the members, as the wire spells them.
fn told(settings: Option<&Settings>) -> String {
    let Some(settings) = settings else { return "not recorded".to_owned() };
    let mut members = serde_json::Map::new();
    super::wire::settings_members(settings, &mut members);
    serde_json::Value::Object(members).to_string()
}

fn compare_held(one: &Held, here: &str, other: &Held, there: &str, found: &mut Vec<String>) {
    if one.id != other.id {
        found.push(format!("{one}: the id is {} in {here} and {} in {there}", one.id, other.id));
    }
    if one.deleted != other.deleted {
        let state = |held: &Held| if held.deleted { "deleted" } else { "live" };
        found.push(format!("{one}: it is {} in {here} and {} in {there}", state(one), state(other)));
    }
    for what in different_parts(&one.content, &other.content) {
        found.push(format!("{one}: {what} in {here} and {there}"));
    }
    if let (Some(of_one), Some(of_other)) = (one.guid, other.guid)
        && of_one != of_other
        && one.content == other.content
    {
        found.push(format!("{one}: the guid is {of_one} in {here} and {of_other} in {there}"));
    }
}

/// What two contents do not have in common.
fn different_parts(one: &Content, other: &Content) -> Vec<String> {
    let mut parts = Vec::new();
    if one.format != other.format {
        parts.push(format!("the format is not the same ({}, {})", one.format, other.format));
    }
    if one.text != other.text {
        let place = one.text.bytes().zip(other.text.bytes()).take_while(|(one, other)| one == other).count();
        let (length, other_length) = (one.text.len(), other.text.len());
        parts.push(format!(
            "the text is not the same from byte {place} on ({length} and {other_length} bytes long)"
        ));
    }
    for (is_same, what) in [
        (one.references == other.references, "the references are"),
        (one.metadata == other.metadata, "the metadata is"),
        (one.rule_set == other.rule_set, "the rule set is"),
    ] {
        if !is_same {
            parts.push(format!("{what} not the same"));
        }
    }
    parts
}
