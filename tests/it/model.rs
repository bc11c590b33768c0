//! Random requests against the registry and against a model of the contract that is small enough to be
//! read. What the registry answers must be what the model allows, on both stores, and after the service
//! was built anew over the same database.
//!
//! A sequence has subjects of its own, so many share a database. One that fails is played again on an
//! empty database, made as short as it gets, and printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use axum::body::Body;
use dovetail::api::{self, Answers, Options};
use dovetail::model::Judge;
use dovetail::registry::{Caller, Defaults, Registry};
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::harness::{self, TestStore};
use rng::Rng;

#[path = "../soundness/rng.rs"]
mod rng;

/// Databases, sequences on each, and requests of a sequence.
const DATABASES: u64 = 6;
const SEQUENCES: usize = 15;
const REQUESTS: usize = 30;

/// Canonical texts, and for each reader the writers whose data it reads.
const SCHEMAS: [(&str, &[usize]); 7] = [
    (r#""int""#, &[0]),
    (r#""long""#, &[0, 1]),
    (r#""string""#, &[2, 3]),
    (r#""bytes""#, &[2, 3]),
    (r#"{"type":"record","name":"R","fields":[]}"#, &[4, 5, 6]),
    (r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":0}]}"#, &[4, 5, 6]),
    (r#"{"type":"record","name":"R","fields":[{"name":"b","type":"int"}]}"#, &[6]),
];

const LEVELS: [&str; 7] =
    ["NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"];

const DEFAULT: &str = ".";
const GLOBAL: &str = ":.__GLOBAL:";

/// A request, or the end of the process.
#[derive(Debug, Clone)]
enum Op {
    Register {
        subject: String,
        schema: usize,
        id: Option<i32>,
        version: Option<i32>,
    },
    LookUp {
        subject: String,
        schema: usize,
        deleted: bool,
    },
    /// Version -1 is the latest.
    Get {
        subject: String,
        version: i32,
        deleted: bool,
    },
    List {
        subject: String,
        how: Shown,
    },
    DeleteVersion {
        subject: String,
        version: i32,
        permanent: bool,
    },
    DeleteSubject {
        subject: String,
        permanent: bool,
    },
    Undelete {
        subject: String,
        version: i32,
    },
    /// The top level is the scope without a name.
    Level {
        scope: String,
        level: Option<&'static str>,
    },
    Mode {
        scope: String,
        mode: Option<&'static str>,
        force: bool,
    },
    Text {
        context: String,
        id: i32,
    },
    Subjects {
        how: Shown,
    },
    Restart,
}

/// Which of the live and the deleted.
#[derive(Debug, Clone, Copy)]
enum Shown {
    Live,
    All,
    Deleted,
    Negative,
}

impl Shown {
    fn query(self) -> &'static str {
        match self {
            Shown::Live => "",
            Shown::All => "?deleted=true",
            Shown::Deleted => "?deletedOnly=true",
            Shown::Negative => "?deletedAsNegative=true&deleted=true",
        }
    }
}

impl Op {
    /// Method, path and body.
    fn request(&self) -> (&'static str, String, String) {
        let path_of = |kind: &str, scope: &str| match scope {
            "" => format!("/{kind}"),
            scope => format!("/{kind}/{scope}"),
        };
        match self {
            Op::Register { subject, schema, id, version } => {
                let mut body = json!({ "schema": SCHEMAS[*schema].0 });
                for (name, number) in [("id", id), ("version", version)] {
                    if let Some(number) = number {
                        body[name] = json!(number);
                    }
                }
                ("POST", format!("/subjects/{subject}/versions"), body.to_string())
            }
            Op::LookUp { subject, schema, deleted } => {
                let body = json!({ "schema": SCHEMAS[*schema].0 });
                ("POST", format!("/subjects/{subject}?deleted={deleted}"), body.to_string())
            }
            Op::Get { subject, version, deleted } => {
                ("GET", format!("/subjects/{subject}/versions/{version}?deleted={deleted}"), String::new())
            }
            Op::List { subject, how } => {
                ("GET", format!("/subjects/{subject}/versions{}", how.query()), String::new())
            }
            Op::DeleteVersion { subject, version, permanent } => {
                let path = format!("/subjects/{subject}/versions/{version}?permanent={permanent}");
                ("DELETE", path, String::new())
            }
            Op::DeleteSubject { subject, permanent } => {
                ("DELETE", format!("/subjects/{subject}?permanent={permanent}"), String::new())
            }
            Op::Undelete { subject, version } => {
                ("POST", format!("/v1/subjects/{subject}/versions/{version}/undelete"), String::new())
            }
            Op::Level { scope, level: Some(level) } => {
                ("PUT", path_of("config", scope), json!({ "compatibility": level }).to_string())
            }
            Op::Level { scope, level: None } => ("DELETE", path_of("config", scope), String::new()),
            Op::Mode { scope, mode: Some(mode), force } => {
                let path = format!("{}?force={force}", path_of("mode", scope));
                ("PUT", path, json!({ "mode": mode }).to_string())
            }
            Op::Mode { scope, mode: None, .. } => ("DELETE", path_of("mode", scope), String::new()),
            Op::Text { context, id } => {
                ("GET", format!("/schemas/ids/{id}/schema?subject={}", qualified(context, "")), String::new())
            }
            Op::Subjects { how } => ("GET", format!("/subjects{}", how.query()), String::new()),
            Op::Restart => ("", "the service is built anew".to_owned(), String::new()),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, path, body) = self.request();
        write!(f, "{method} {path} {body}")
    }
}

/// What the registry answered.
struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    fn number(&self, name: &str) -> i32 {
        self.json()[name].as_i64().and_then(|number| number.try_into().ok()).unwrap_or(-1)
    }

    fn must_be(&self, expected: &Value) -> Result<(), String> {
        if self.status == 200 && self.json() == *expected {
            return Ok(());
        }
        Err(format!("expected 200 {expected}"))
    }

    fn must_fail(&self, status: u16, code: i32) -> Result<(), String> {
        if self.status == status && self.number("error_code") == code {
            return Ok(());
        }
        Err(format!("expected {status} {code}"))
    }

    fn must_be_one_of(&self, allowed: &BTreeSet<(i32, i32)>) -> Result<(i32, i32), String> {
        let found = (self.number("id"), self.number("version"));
        if self.status == 200 && allowed.contains(&found) {
            return Ok(found);
        }
        Err(format!("expected 200 and (id, version) among {allowed:?}"))
    }
}

/// A version that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stored {
    schema: usize,
    id: i32,
    deleted: bool,
}

type Versions = BTreeMap<i32, Stored>;

/// The contract.
#[derive(Default)]
struct Model {
    /// What an id of a context denotes; it never comes to denote anything else.
    ids: BTreeMap<String, BTreeMap<i32, usize>>,
    /// By qualified name; those without versions are not here.
    subjects: BTreeMap<String, Versions>,
    levels: BTreeMap<String, &'static str>,
    modes: BTreeMap<String, &'static str>,
}

/// The context of a qualified name or of a scope.
fn context_of(name: &str) -> &str {
    match name.strip_prefix(':').and_then(|rest| rest.split_once(':')) {
        Some((context, _)) => context,
        None => DEFAULT,
    }
}

fn qualified(context: &str, name: &str) -> String {
    if context == DEFAULT { name.to_owned() } else { format!(":{context}:{name}") }
}

/// Where settings are looked for, the nearest scope first.
fn scopes(name: &str) -> [String; 3] {
    [name.to_owned(), qualified(context_of(name), ""), GLOBAL.to_owned()]
}

impl Model {
    fn in_force<'m>(records: &'m BTreeMap<String, &'static str>, name: &str) -> Option<&'m &'static str> {
        scopes(name).iter().find_map(|scope| records.get(scope))
    }

    fn mode(&self, name: &str) -> &'static str {
        Model::in_force(&self.modes, name).unwrap_or(&"READWRITE")
    }

    fn level(&self, name: &str) -> &'static str {
        Model::in_force(&self.levels, name).unwrap_or(&"BACKWARD")
    }

    fn versions(&self, subject: &str) -> Versions {
        self.subjects.get(subject).cloned().unwrap_or_default()
    }

    /// A plain subject may be found in another context.
    fn places(&self, subject: &str) -> Vec<String> {
        let elsewhere = self.subjects.keys().filter(|other| {
            context_of(subject) == DEFAULT
                && other.strip_prefix(':').is_some_and(|_| {
                    **other == qualified(context_of(other), subject) && context_of(other) != DEFAULT
                })
        });
        std::iter::once(subject.to_owned()).chain(elsewhere.cloned()).collect()
    }

    fn unknown(versions: &Versions, deleted: bool, answer: &Answer) -> Result<(), String> {
        match versions.values().any(|stored| deleted || !stored.deleted) {
            true => answer.must_fail(404, 40402),
            false => answer.must_fail(404, 40401),
        }
    }

    /// Is the answer allowed? If so, it has happened.
    fn take(&mut self, op: &Op, answer: &Answer) -> Result<(), String> {
        match op {
            Op::Register { subject, schema, id, version } => {
                self.register(subject, *schema, *id, *version, answer)
            }
            Op::LookUp { subject, schema, deleted } => self.look_up(subject, *schema, *deleted, answer),
            Op::Get { subject, version, deleted } => self.get(subject, *version, *deleted, answer),
            Op::List { subject, how } => self.list(subject, *how, answer),
            Op::DeleteVersion { subject, version, permanent } => {
                self.delete_version(subject, *version, *permanent, answer)
            }
            Op::DeleteSubject { subject, permanent } => self.delete_subject(subject, *permanent, answer),
            Op::Undelete { subject, version } => self.undelete(subject, *version, answer),
            Op::Level { scope, level } => self.set_level(scope, *level, answer),
            Op::Mode { scope, mode, force } => self.set_mode(scope, *mode, *force, answer),
            Op::Text { context, id } => self.text(context, *id, answer),
            Op::Subjects { how } => self.list_subjects(*how, answer),
            Op::Restart => Ok(()),
        }
    }

    fn register(
        &mut self,
        subject: &str,
        schema: usize,
        id: Option<i32>,
        version: Option<i32>,
        answer: &Answer,
    ) -> Result<(), String> {
        let versions = self.versions(subject);
        let live = || versions.iter().filter(|(_, stored)| !stored.deleted);
        let known: BTreeSet<(i32, i32)> = live()
            .filter(|(_, stored)| stored.schema == schema)
            .map(|(number, stored)| (stored.id, *number))
            .filter(|(its_id, number)| match version {
                None => id.is_none_or(|id| id == *its_id),
                Some(version) => version == *number && id == Some(*its_id),
            })
            .collect();
        if !known.is_empty() {
            return answer.must_be_one_of(&known).map(drop);
        }
        let next = versions.keys().next_back().map_or(1, |last| last + 1);
        let ids = self.ids.entry(context_of(subject).to_owned()).or_default();
        let last_id = ids.keys().next_back().copied().unwrap_or(0);
        let allowed: BTreeSet<(i32, i32)> = match (self.mode(subject), id) {
            ("READONLY", _) | ("READWRITE", Some(_)) | ("IMPORT", None) => {
                return answer.must_fail(422, 42205);
            }
            ("IMPORT", Some(id)) => {
                let denoted = self.ids[context_of(subject)].get(&id);
                if denoted.is_some_and(|denoted| *denoted != schema) {
                    return answer.must_fail(422, 42205);
                }
                BTreeSet::from([(id, version.unwrap_or(next))])
            }
            _ => {
                if !self.goes_with(subject, schema) {
                    return answer.must_fail(409, 40901);
                }
                let in_use = self.in_use(context_of(subject), schema);
                let ids = if in_use.is_empty() { BTreeSet::from([last_id + 1]) } else { in_use };
                ids.into_iter().map(|id| (id, next)).collect()
            }
        };
        let (id, number) = answer.must_be_one_of(&allowed)?;
        self.ids.entry(context_of(subject).to_owned()).or_default().insert(id, schema);
        let versions = self.subjects.entry(subject.to_owned()).or_default();
        versions.retain(|_, stored| !(stored.deleted && stored.id == id));
        versions.insert(number, Stored { schema, id, deleted: false });
        Ok(())
    }

    /// The ids of a schema that some version has.
    fn in_use(&self, context: &str, schema: usize) -> BTreeSet<i32> {
        let subjects = self.subjects.iter().filter(|(subject, _)| context_of(subject) == context);
        let stored = subjects.flat_map(|(_, versions)| versions.values());
        stored.filter(|stored| stored.schema == schema).map(|stored| stored.id).collect()
    }

    fn goes_with(&self, subject: &str, new: usize) -> bool {
        let level = self.level(subject);
        let versions = self.versions(subject);
        let live = versions.values().rev().filter(|stored| !stored.deleted);
        let compared = match level {
            "NONE" => 0,
            level if level.ends_with("_TRANSITIVE") => usize::MAX,
            _ => 1,
        };
        let reads = |reader: usize, writer: usize| SCHEMAS[reader].1.contains(&writer);
        let (backward, forward) = match level.trim_end_matches("_TRANSITIVE") {
            "BACKWARD" => (true, false),
            "FORWARD" => (false, true),
            _ => (true, true),
        };
        live.take(compared)
            .all(|old| (!backward || reads(new, old.schema)) && (!forward || reads(old.schema, new)))
    }

    fn look_up(&self, subject: &str, schema: usize, deleted: bool, answer: &Answer) -> Result<(), String> {
        for place in self.places(subject) {
            let versions = self.versions(&place);
            let found =
                versions.iter().filter(|(_, stored)| stored.schema == schema && (deleted || !stored.deleted));
            let found: BTreeSet<(i32, i32)> = found.map(|(number, stored)| (stored.id, *number)).collect();
            if !found.is_empty() {
                answer.must_be_one_of(&found)?;
                return must_name(answer, &place);
            }
        }
        match self.versions(subject).values().any(|stored| deleted || !stored.deleted) {
            true => answer.must_fail(404, 40403),
            false => answer.must_fail(404, 40401),
        }
    }

    fn get(&self, subject: &str, version: i32, deleted: bool, answer: &Answer) -> Result<(), String> {
        for place in self.places(subject) {
            let versions = self.versions(&place);
            let found = match version {
                -1 => versions.iter().rfind(|(_, stored)| !stored.deleted),
                number => versions.get_key_value(&number).filter(|(_, stored)| deleted || !stored.deleted),
            };
            if let Some((number, stored)) = found {
                answer.must_be_one_of(&BTreeSet::from([(stored.id, *number)]))?;
                must_name(answer, &place)?;
                let shown = answer.json();
                let expected = (json!(SCHEMAS[stored.schema].0), json!(stored.deleted));
                return match (shown["schema"].clone(), shown["deleted"].clone()) == expected {
                    true => Ok(()),
                    false => Err(format!("expected {expected:?}")),
                };
            }
        }
        Model::unknown(&self.versions(subject), deleted, answer)
    }

    fn list(&self, subject: &str, how: Shown, answer: &Answer) -> Result<(), String> {
        let versions = self.versions(subject);
        let some_live = versions.values().any(|stored| !stored.deleted);
        if versions.is_empty() || (!some_live && matches!(how, Shown::Live)) {
            return answer.must_fail(404, 40401);
        }
        let shown = versions.iter().filter(|(_, stored)| match how {
            Shown::Live => !stored.deleted,
            Shown::All | Shown::Negative => true,
            Shown::Deleted => stored.deleted,
        });
        let signed = shown.map(|(number, stored)| match how {
            Shown::Negative if stored.deleted => -number,
            _ => *number,
        });
        answer.must_be(&json!(signed.collect::<Vec<i32>>()))
    }

    fn delete_version(
        &mut self,
        subject: &str,
        version: i32,
        permanent: bool,
        answer: &Answer,
    ) -> Result<(), String> {
        let mut versions = self.versions(subject);
        let found = match version {
            -1 => versions.iter().rfind(|(_, stored)| !stored.deleted),
            number => versions.get_key_value(&number),
        };
        let Some((number, stored)) = found.map(|(number, stored)| (*number, *stored)) else {
            return Model::unknown(&versions, true, answer);
        };
        if stored.deleted && !permanent {
            return answer.must_fail(404, 40406);
        }
        if self.mode(subject) == "READONLY" {
            return answer.must_fail(422, 42205);
        }
        if permanent && !stored.deleted {
            return answer.must_fail(404, 40407);
        }
        answer.must_be(&json!(number))?;
        if permanent {
            versions.remove(&number);
        } else {
            versions.insert(number, Stored { deleted: true, ..stored });
        }
        self.keep(subject, versions);
        Ok(())
    }

    fn delete_subject(&mut self, subject: &str, permanent: bool, answer: &Answer) -> Result<(), String> {
        let mut versions = self.versions(subject);
        let some_live = versions.values().any(|stored| !stored.deleted);
        if versions.is_empty() {
            return answer.must_fail(404, 40401);
        }
        if !permanent && !some_live {
            return answer.must_fail(404, 40404);
        }
        if self.mode(subject) == "READONLY" {
            return answer.must_fail(422, 42205);
        }
        if permanent && some_live {
            return answer.must_fail(404, 40405);
        }
        let gone = versions.iter().filter(|(_, stored)| permanent || !stored.deleted);
        answer.must_be(&json!(gone.map(|(number, _)| number).collect::<Vec<_>>()))?;
        match permanent {
            true => versions.clear(),
            false => versions.values_mut().for_each(|stored| stored.deleted = true),
        }
        self.keep(subject, versions);
        Ok(())
    }

    /// With the last version go the settings of the subject.
    fn keep(&mut self, subject: &str, versions: Versions) {
        if versions.is_empty() {
            self.subjects.remove(subject);
            self.levels.remove(subject);
            self.modes.remove(subject);
        } else {
            self.subjects.insert(subject.to_owned(), versions);
        }
    }

    fn undelete(&mut self, subject: &str, version: i32, answer: &Answer) -> Result<(), String> {
        let versions = self.versions(subject);
        if !versions.contains_key(&version) {
            return Model::unknown(&versions, true, answer);
        }
        if self.mode(subject) == "READONLY" {
            return answer.must_fail(422, 42205);
        }
        answer.must_be(&json!(version))?;
        let stored = self.subjects.get_mut(subject).and_then(|versions| versions.get_mut(&version));
        stored.expect("it was looked for").deleted = false;
        Ok(())
    }

    fn set_level(&mut self, scope: &str, level: Option<&'static str>, answer: &Answer) -> Result<(), String> {
        let is_missing = level.is_none() && !self.levels.contains_key(scope);
        if is_missing && !scope.is_empty() {
            return answer.must_fail(404, 40401);
        }
        if self.mode(scope) == "READONLY" {
            return answer.must_fail(422, 42205);
        }
        match level {
            Some(level) => {
                answer.must_be(&json!({ "compatibility": level }))?;
                self.levels.insert(scope.to_owned(), level);
            }
            None => {
                let was = self.levels.remove(scope).unwrap_or("BACKWARD");
                answer.must_be(&json!({ "compatibilityLevel": was }))?;
            }
        }
        Ok(())
    }

    fn set_mode(
        &mut self,
        scope: &str,
        mode: Option<&'static str>,
        force: bool,
        answer: &Answer,
    ) -> Result<(), String> {
        let Some(mode) = mode else {
            if !self.modes.contains_key(scope) && !scope.is_empty() {
                return answer.must_fail(404, 40401);
            }
            let was = self.modes.remove(scope).unwrap_or("READWRITE");
            return answer.must_be(&json!({ "mode": was }));
        };
        if mode == "IMPORT" && self.mode(scope) != "IMPORT" && !force {
            let is_meant = |subject: &str| subject == scope || qualified(context_of(subject), "") == scope;
            let meant = self.subjects.iter().filter(|(subject, _)| is_meant(subject));
            if meant.flat_map(|(_, versions)| versions.values()).any(|stored| !stored.deleted) {
                return answer.must_fail(422, 42205);
            }
            self.subjects.retain(|subject, _| !is_meant(subject));
        }
        answer.must_be(&json!({ "mode": mode }))?;
        self.modes.insert(scope.to_owned(), mode);
        Ok(())
    }

    fn text(&self, context: &str, id: i32, answer: &Answer) -> Result<(), String> {
        let denoted = self.ids.get(context).and_then(|ids| ids.get(&id)).copied();
        let Some(schema) = denoted.filter(|schema| self.in_use(context, *schema).contains(&id)) else {
            return answer.must_fail(404, 40403);
        };
        match answer.status == 200 && answer.text == SCHEMAS[schema].0 {
            true => Ok(()),
            false => Err(format!("expected 200 {}", SCHEMAS[schema].0)),
        }
    }

    fn list_subjects(&self, how: Shown, answer: &Answer) -> Result<(), String> {
        let shown = self.subjects.iter().filter(|(_, versions)| {
            let some_live = versions.values().any(|stored| !stored.deleted);
            match how {
                Shown::Live => some_live,
                Shown::All | Shown::Negative => true,
                Shown::Deleted => !some_live,
            }
        });
        answer.must_be(&json!(shown.map(|(subject, _)| subject).collect::<Vec<_>>()))
    }
}

fn must_name(answer: &Answer, subject: &str) -> Result<(), String> {
    match answer.json()["subject"] == subject {
        true => Ok(()),
        false => Err(format!("expected the subject {subject}")),
    }
}

/// Makes the requests of one sequence.
struct Dice {
    rng: Rng,
    subjects: [String; 3],
    context: String,
}

impl Dice {
    fn of(seed: u64, sequence: usize) -> Dice {
        let context = format!(".c{sequence}");
        let plain = [format!("a{sequence}"), format!("b{sequence}")];
        let qualified = qualified(&context, &plain[0]);
        let [first, second] = plain;
        Dice { rng: Rng::of(seed * 1000 + sequence as u64), subjects: [first, second, qualified], context }
    }

    fn sequence(&mut self) -> Vec<Op> {
        // What the sequence before left in the scopes they share.
        let forget = ["", GLOBAL].iter().flat_map(|scope| {
            let scope = (*scope).to_owned();
            [Op::Mode { scope: scope.clone(), mode: None, force: false }, Op::Level { scope, level: None }]
        });
        let forget: Vec<Op> = forget.collect();
        forget.into_iter().chain((0..REQUESTS).map(|_| self.op()).collect::<Vec<_>>()).collect()
    }

    fn op(&mut self) -> Op {
        let subject = self.rng.pick(&self.subjects).clone();
        let schema = self.rng.below(SCHEMAS.len());
        let version = *self.rng.pick(&[-1, 1, 1, 2, 2, 3, 4]);
        let (permanent, deleted) = (self.rng.chance(40), self.rng.chance(40));
        let how = *self.rng.pick(&[Shown::Live, Shown::All, Shown::Deleted, Shown::Negative]);
        match self.rng.below(100) {
            0..30 => Op::Register { subject, schema, id: None, version: None },
            30..36 => {
                let id = Some(*self.rng.pick(&[1, 2, 3, 50, 51]));
                let version = if self.rng.chance(50) { Some(version.max(1)) } else { None };
                Op::Register { subject, schema, id, version }
            }
            36..42 => Op::LookUp { subject, schema, deleted },
            42..50 => Op::Get { subject, version, deleted },
            50..56 => Op::List { subject, how },
            56..67 => Op::DeleteVersion { subject, version, permanent },
            67..74 => Op::DeleteSubject { subject, permanent },
            74..79 => Op::Undelete { subject, version: version.max(1) },
            79..85 => {
                let level = if self.rng.chance(75) { Some(*self.rng.pick(&LEVELS)) } else { None };
                Op::Level { scope: self.scope(), level }
            }
            85..91 => self.mode(),
            91..95 => {
                let context = self.rng.pick(&[DEFAULT.to_owned(), self.context.clone()]).clone();
                Op::Text { context, id: 1 + self.rng.below(6) as i32 }
            }
            95..98 => Op::Subjects { how },
            _ => Op::Restart,
        }
    }

    fn scope(&mut self) -> String {
        let others = [String::new(), GLOBAL.to_owned(), qualified(&self.context, "")];
        let all: Vec<String> = self.subjects.iter().cloned().chain(others).collect();
        self.rng.pick(&all).clone()
    }

    fn mode(&mut self) -> Op {
        let mode =
            *self.rng.pick(&[None, Some("READWRITE"), Some("READONLY"), Some("IMPORT"), Some("IMPORT")]);
        let mut scope = self.scope();
        while mode == Some("IMPORT") && (scope.is_empty() || scope == GLOBAL) {
            // The subjects of other sequences would stand in the way.
            scope = self.scope();
        }
        Op::Mode { scope, mode, force: self.rng.chance(40) }
    }
}

/// A service over a database that outlives it.
struct World {
    place: TestStore,
    registry: Registry,
    server: Answers,
}

impl World {
    async fn over(place: TestStore) -> World {
        let registry = Registry::new(place.store.clone(), Defaults::default());
        let caller = Caller { actor: "model".into(), request_id: "start".into(), now: 1_787_443_200_000 };
        registry.settle_judge(Some(Judge::Reference), &caller).await.expect("a fresh store");
        let server = api::service(registry.clone(), &Options::default());
        World { place, registry, server }
    }

    async fn restart(&mut self) {
        self.registry.finish_journal().await;
        let store = self.place.open_again().await;
        std::mem::replace(&mut self.place.store, store).close().await;
        self.registry = Registry::new(self.place.store.clone(), Defaults::default());
        self.server = api::service(self.registry.clone(), &Options::default());
    }

    async fn answer(&mut self, op: &Op) -> Answer {
        if matches!(op, Op::Restart) {
            self.restart().await;
            return Answer { status: 200, text: String::new() };
        }
        let (method, path, body) = op.request();
        let request = Request::builder().method(method).uri(path).body(Body::from(body)).expect("a request");
        let (parts, body) = self.server.answer(request).await.into_parts();
        let body = body.collect().await.expect("the body can be read").to_bytes();
        Answer { status: parts.status.as_u16(), text: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Plays a sequence up to the first answer that the model does not allow.
    async fn play(&mut self, model: &mut Model, sequence: &[Op]) -> Result<(), String> {
        for op in sequence {
            let answer = self.answer(op).await;
            model.take(op, &answer).map_err(|expected| {
                format!("{op}\n    answered {} {}\n    {expected}", answer.status, answer.text)
            })?;
        }
        Ok(())
    }

    async fn close(self) {
        self.registry.finish_journal().await;
        self.place.store.close().await;
    }
}

/// Plays a sequence on an empty database of a kind.
async fn alone(kind: &str, sequence: &[Op]) -> Result<(), String> {
    for place in harness::copies().await {
        if place.name == kind {
            let mut world = World::over(place).await;
            let played = world.play(&mut Model::default(), sequence).await;
            world.close().await;
            return played;
        }
    }
    Ok(())
}

/// Leaves out what the failure does not need.
async fn shortened(kind: &str, mut sequence: Vec<Op>) -> Vec<Op> {
    let mut size = sequence.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < sequence.len() {
            let mut without = sequence.clone();
            without.drain(at..(at + size).min(sequence.len()));
            match alone(kind, &without).await {
                Err(_) => sequence = without,
                Ok(()) => at += size,
            }
        }
        size /= 2;
    }
    sequence
}

async fn tell(kind: &str, seed: u64, number: usize, sequence: Vec<Op>, failure: String) -> String {
    let first = format!("{kind}, seed {seed}, sequence {number}: {failure}");
    if alone(kind, &sequence).await.is_ok() {
        return format!("{first}\n    (only after the sequences before it)");
    }
    let sequence = shortened(kind, sequence).await;
    let failure = alone(kind, &sequence).await.expect_err("it failed when it was shortened");
    let steps: Vec<String> = sequence.iter().map(|op| format!("    {op}")).collect();
    format!("{kind}, seed {seed}, sequence {number}, made short:\n{}\n  {failure}", steps.join("\n"))
}

async fn play_database(place: TestStore, seed: u64) -> Option<String> {
    let kind = place.name;
    let (mut world, mut model) = (World::over(place).await, Model::default());
    for number in 0..SEQUENCES {
        let sequence = Dice::of(seed, number).sequence();
        if let Err(failure) = world.play(&mut model, &sequence).await {
            world.close().await;
            return Some(tell(kind, seed, number, sequence, failure).await);
        }
    }
    world.close().await;
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_requests_are_answered_as_the_contract_says() {
    // `MODEL_SEED` in the environment plays other sequences than those of every day.
    let first = std::env::var("MODEL_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    let mut failures = Vec::new();
    for seed in first..first + DATABASES {
        let mut players = tokio::task::JoinSet::new();
        for place in harness::copies().await {
            players.spawn(play_database(place, seed));
        }
        failures.extend(players.join_all().await.into_iter().flatten());
        if !failures.is_empty() {
            break;
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
