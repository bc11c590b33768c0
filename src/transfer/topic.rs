//! The records of a `_schemas` topic, one JSON object with key and value a line.
//!
//! Read are the lines that common tools print: an object with `key` and `value` (or `payload`), each an
//! object or a text that holds one, or key and value with a tab between them. As in the topic itself, the
//! last record of a key counts, and one without a value removes what the key stood for.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::Error;
use super::holdings::{Held, Holdings, count};
use super::wire::{content_members, number, read_content, read_settings, settings_members};
use crate::model::{Context, Guid, SchemaId, Subject, Version};

/// A longer line is no record of a topic.
const LONGEST_LINE: u64 = 256 * 1024 * 1024;

/// What records say so far.
#[derive(Default)]
struct Replay {
    /// Versions, each with the line that it was last written by.
    versions: BTreeMap<(Subject, Version), (usize, Held)>,
    holdings: Holdings,
    /// How many records were of a kind that is not carried over.
    unknown: BTreeMap<String, usize>,
}

/// Read a dump. `place` says in errors where it comes from.
///
/// # Errors
/// When it cannot be read, or a line is no record; with its number.
pub(super) fn read_topic(mut input: impl BufRead, place: &str) -> Result<Holdings, Error> {
    let mut replay = Replay::default();
    let mut line = Vec::new();
    let mut has_records = false;
    for number in 1.. {
        line.clear();
        let read = (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(|error| Error::Unreachable(format!("{place}: {error}")))? == 0 {
            break;
        }
        let told = |sentence: String| format!("{place}, line {number}: {sentence}");
        let is_first = !has_records;
        let no_record = |sentence| match is_first {
            true => Error::NoRecord(told(sentence)),
            false => Error::Input(told(sentence)),
        };
        let text = std::str::from_utf8(&line).map_err(|_| no_record("it is not UTF-8".to_owned()))?;
        if text.trim().is_empty() {
            continue;
        }
        let (key, value) = record(text).map_err(no_record)?;
        has_records = true;
        let taken = replay.take(number, &key, value.as_ref());
        taken.map_err(|sentence| Error::Input(told(sentence)))?;
    }
    if !has_records {
        return Err(Error::NoRecord(format!("{place} holds no record")));
    }
    Ok(replay.finish())
}

/// Is the first line that is not empty a record?
pub(super) fn begins_as_topic(input: impl BufRead) -> bool {
    let lines = input.take(LONGEST_LINE).lines();
    let first = lines.map_while(Result::ok).find(|line| !line.trim().is_empty());
    first.is_some_and(|line| record(&line).is_ok_and(|(key, _)| key.get("keytype").is_some()))
}

/// The key and the value of a line.
fn record(line: &str) -> Result<(Value, Option<Value>), String> {
    const FORM: &str = "it is no record: write {\"key\":…,\"value\":…}, or key and value with a tab between";
    let line = line.trim_end_matches(['\n', '\r']);
    if let Some((key, value)) = line.split_once('\t') {
        return Ok((parsed(key)?.ok_or(FORM)?, parsed(value)?));
    }
    let mut object: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("{FORM} ({error})"))?;
    let mut part = |member: &str| match object.remove(member) {
        Some(Value::String(text)) => parsed(&text),
        part => Ok(part.filter(|part| !part.is_null())),
    };
    let key = part("key")?.ok_or(FORM)?;
    let value = part("value")?;
    Ok((key, if value.is_some() { value } else { part("payload")? }))
}

/// A text that holds JSON, or stands for nothing.
fn parsed(text: &str) -> Result<Option<Value>, String> {
    match text.trim() {
        "" | "null" | "NULL" => Ok(None),
        text => {
            serde_json::from_str(text).map(Some).map_err(|error| format!("it holds what is no JSON: {error}"))
        }
    }
}

impl Replay {
    fn take(&mut self, line: usize, key: &Value, value: Option<&Value>) -> Result<(), String> {
        let subject = Subject::parse(key.get("subject").and_then(Value::as_str).unwrap_or_default());
        let kind = key.get("keytype").and_then(Value::as_str).ok_or("its key has no `keytype`")?;
        match kind {
            "NOOP" => {}
            "SCHEMA" => self.take_schema(line, subject, key, value)?,
            "CONFIG" => match value {
                Some(value) => drop(self.holdings.settings.insert(subject, read_settings(value)?)),
                None => drop(self.holdings.settings.remove(&subject)),
            },
            "MODE" => match value {
                Some(value) => {
                    let mode = value.get("mode").and_then(Value::as_str).unwrap_or_default();
                    self.holdings.modes.insert(subject, mode.parse().map_err(|error| format!("{error}"))?);
                }
                None => drop(self.holdings.modes.remove(&subject)),
            },
            "DELETE_SUBJECT" => {
                let last = value.and_then(|value| value.get("version")).and_then(number).unwrap_or(0);
                for ((of, version), (_, held)) in &mut self.versions {
                    held.deleted |= *of == subject && version.number() <= last;
                }
            }
            "CLEAR_SUBJECT" if value.is_some() => self.versions.retain(|(of, _), (_, held)| {
                let is_meant =
                    *of == subject || subject.name().is_empty() && of.context() == subject.context();
                !(is_meant && held.deleted)
            }),
            "CLEAR_SUBJECT" => {}
            "CONTEXT" => {
                let name = key.get("context").and_then(Value::as_str).unwrap_or_default();
                let context = Context::new(name).ok_or_else(|| format!("`{name}` is no context"))?;
                match value {
                    Some(_) => drop(self.holdings.contexts.entry(context).or_insert(0)),
                    None => drop(self.holdings.contexts.remove(&context)),
                }
            }
            other => *self.unknown.entry(other.chars().take(40).collect()).or_default() += 1,
        }
        Ok(())
    }

    fn take_schema(
        &mut self,
        line: usize,
        subject: Subject,
        key: &Value,
        value: Option<&Value>,
    ) -> Result<(), String> {
        let version = key.get("version").and_then(number).and_then(Version::new);
        let version = version.ok_or("its key has no version")?;
        let Some(value) = value else {
            self.versions.remove(&(subject, version));
            return Ok(());
        };
        let id = value.get("id").and_then(number).filter(|id| *id >= 0).ok_or("the schema has no id")?;
        // Also of records that are written over later: the number was given out.
        let last = self.holdings.contexts.entry(subject.context().clone()).or_insert(0);
        *last = (*last).max(id);
        let guid = value.get("guid").and_then(Value::as_str).and_then(Guid::parse);
        let md5 = || {
            let text = value.get("md5").and_then(Value::as_str)?;
            BASE64_STANDARD.decode(text).ok()?.try_into().ok().map(Guid)
        };
        let held = Held {
            subject: subject.clone(),
            version,
            id: SchemaId(id),
            guid: guid.or_else(md5),
            content: Arc::new(read_content(value)?),
            deleted: value.get("deleted").and_then(Value::as_bool).unwrap_or(false),
            created_at: value.get("ts").and_then(Value::as_i64),
        };
        self.versions.insert((subject, version), (line, held));
        Ok(())
    }

    fn finish(self) -> Holdings {
        let Replay { versions, mut holdings, unknown } = self;
        let mut versions: Vec<(usize, Held)> = versions.into_values().collect();
        versions.sort_by_key(|(line, _)| *line);
        holdings.versions = versions.into_iter().map(|(_, held)| held).collect();
        holdings.arrange();
        holdings.count_ids();
        let unknown = unknown
            .into_iter()
            .map(|(kind, number)| format!("{} of the kind {kind}", count(number, "record")));
        holdings.left_out.extend(unknown);
        holdings
    }
}

/// What the records of [`write_topic`] do not tell: a registry that is made of them counts on from the
/// highest id that a schema has, also where higher ones were given out and their schemas purged.
pub fn ids_untold(holdings: &Holdings) -> Vec<String> {
    let mut told: BTreeMap<&Context, i32> = BTreeMap::new();
    for held in &holdings.versions {
        let last = told.entry(held.subject.context()).or_insert(0);
        *last = (*last).max(held.id.0);
    }
    let untold = holdings.contexts.iter().filter_map(|(context, last)| {
        let told = told.get(context).copied().unwrap_or(0);
        (*last > told).then(|| {
            format!(
                "ids of purged schemas: the context `{context}` has given out ids up to {last}, and whoever reads \
                 the records goes on after {told}"
            )
        })
    });
    untold.collect()
}

/// The records that a topic would hold, a line each: contexts, then schemas in the order in which they were
/// registered, then settings and modes.
pub fn write_topic(holdings: &Holdings) -> Vec<String> {
    let record = |key: Value, value: Value| json!({ "key": key, "value": value }).to_string();
    let mut lines = Vec::new();
    for context in holdings.contexts.keys().filter(|context| !context.is_default()) {
        let name = context.as_str();
        lines.push(record(
            json!({ "keytype": "CONTEXT", "tenant": "default", "context": name, "magic": 0 }),
            json!({ "tenant": "default", "context": name }),
        ));
    }
    for held in &holdings.versions {
        let (subject, version) = (held.subject.to_string(), held.version.number());
        let mut members = Map::new();
        members.insert("subject".to_owned(), json!(subject));
        members.insert("version".to_owned(), json!(version));
        members.insert("id".to_owned(), json!(held.id.0));
        members.insert("md5".to_owned(), json!(BASE64_STANDARD.encode(held.content.guid().0)));
        content_members(&held.content, &mut members);
        members.insert("deleted".to_owned(), json!(held.deleted));
        if let Some(created_at) = held.created_at {
            members.insert("ts".to_owned(), json!(created_at));
        }
        let key = json!({ "keytype": "SCHEMA", "subject": subject, "version": version, "magic": 1 });
        lines.push(record(key, Value::Object(members)));
    }
    for (scope, settings) in &holdings.settings {
        let mut members = Map::from_iter([("subject".to_owned(), scope_text(scope))]);
        settings_members(settings, &mut members);
        let key = json!({ "keytype": "CONFIG", "subject": scope_text(scope), "magic": 0 });
        lines.push(record(key, Value::Object(members)));
    }
    for (scope, mode) in &holdings.modes {
        let key = json!({ "keytype": "MODE", "subject": scope_text(scope), "magic": 0 });
        lines.push(record(key, json!({ "subject": scope_text(scope), "mode": mode.as_str() })));
    }
    lines
}

/// A scope as the topic spells it: the top level is nothing.
fn scope_text(scope: &Subject) -> Value {
    match scope.to_string() {
        top if top.is_empty() => Value::Null,
        text => json!(text),
    }
}
