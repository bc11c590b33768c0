//! The JSON-Schema-Test-Suite, where somebody has it: `suite DIRECTORY`, the directory that holds `tests` and
//! `remotes`.
//!
//! A test says whether a schema accepts a document. That is a question about two schemas: is the one that
//! accepts just this document contained in the other? The engine, its validator and the second validator
//! all take part in the answer, and a refused document has to come back as the witness.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dovetail::compat::{self, Proof};
use dovetail::model::Format;
use dovetail::schema::{Dependency, Options, ParseError, Schema};
use serde::Deserialize;
use serde_json::{Value, json};

/// The folders of the drafts, and what schemas of the draft name as theirs.
const DRAFTS: [(&str, &str); 5] = [
    ("draft4", "http://json-schema.org/draft-04/schema#"),
    ("draft6", "http://json-schema.org/draft-06/schema#"),
    ("draft7", "http://json-schema.org/draft-07/schema#"),
    ("draft2019-09", "https://json-schema.org/draft/2019-09/schema"),
    ("draft2020-12", "https://json-schema.org/draft/2020-12/schema"),
];
/// Where the suite supposes that its remote schemas are.
const REMOTE: &str = "http://localhost:1234/";
/// The most remote schemas that one schema leads to.
const MOST_REMOTES: usize = 32;

#[derive(Deserialize)]
struct Group {
    description: String,
    schema: Value,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    description: String,
    data: Value,
    valid: bool,
}

#[derive(Default)]
struct Tally {
    passed: u64,
    failed: Vec<String>,
    /// Not decided, and why.
    undecided: Vec<String>,
    /// Groups whose schema is not taken, and why.
    refused: Vec<String>,
}

/// Run the required part of every draft and print what came of it; an error when an answer is wrong.
pub fn run(directory: &Path) -> Result<String, String> {
    let directory = directory.to_owned();
    let judge = std::thread::Builder::new().stack_size(compat::STACK);
    judge.spawn(move || run_all(&directory)).expect("a thread").join().expect("no panic")
}

fn run_all(directory: &Path) -> Result<String, String> {
    let mut lines = Vec::new();
    let mut is_wrong = false;
    for (draft, meta_schema) in DRAFTS {
        let mut tally = Tally::default();
        let mut files: Vec<PathBuf> = std::fs::read_dir(directory.join("tests").join(draft))
            .map_err(|error| format!("{draft}: {error}"))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        files.sort();
        for file in files {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
            let groups: Vec<Group> =
                serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
            for group in groups {
                tally.group(&Suite { remotes: &directory.join("remotes"), meta_schema }, &name, group);
            }
        }
        is_wrong |= !tally.failed.is_empty();
        lines.extend(tally.told(draft));
    }
    let summary = lines.join("\n");
    if is_wrong { Err(summary) } else { Ok(summary) }
}

struct Suite<'a> {
    remotes: &'a Path,
    meta_schema: &'a str,
}

impl Tally {
    fn group(&mut self, suite: &Suite<'_>, file: &str, group: Group) {
        let schema = match suite.parse(group.schema) {
            Ok(schema) => schema,
            Err(error) => {
                self.refused.push(format!("{file}: {}: {}", group.description, error.message));
                return;
            }
        };
        for test in group.tests {
            let title = || format!("{file}: {}: {}", group.description, test.description);
            let only = json!({ "$schema": DRAFTS[2].1, "const": test.data }).to_string();
            let Ok(only) = Schema::parse(Format::Json, &only, &[], Options::STORED) else {
                self.refused.push(format!("{}: the document", title()));
                continue;
            };
            let Some(verdict) = super::judge_parsed(only, &schema) else {
                self.refused.push(format!("{}: no verdict", title()));
                continue;
            };
            match (&verdict.proof, test.valid) {
                (Proof::Proved(_), true) | (Proof::Refuted, false) => self.passed += 1,
                (Proof::Undecided(why), _) => self.undecided.push(format!("{} ({why:?})", title())),
                (Proof::Proved(_), false) => self.failed.push(format!("{}: accepted", title())),
                (Proof::Refuted, true) => self.failed.push(format!("{}: refused", title())),
            }
        }
    }

    fn told(self, draft: &str) -> Vec<String> {
        let Tally { passed, failed, undecided, refused } = self;
        let mut lines = vec![format!(
            "{draft}: {passed} passed, {} failed, {} undecided, {} not taken",
            failed.len(),
            undecided.len(),
            refused.len()
        )];
        let mut sorts = BTreeMap::new();
        for (sort, titles) in [("failed", failed), ("undecided", undecided), ("not taken", refused)] {
            sorts.insert(sort, titles);
        }
        for (sort, titles) in sorts {
            lines.extend(titles.into_iter().map(|title| format!("  {sort}: {title}")));
        }
        lines
    }
}

impl Suite<'_> {
    /// A schema with the remote ones that it turns out to need: a reference that leads nowhere says which.
    fn parse(&self, mut schema: Value) -> Result<Schema, ParseError> {
        if let Some(members) = schema.as_object_mut() {
            members.entry("$schema").or_insert_with(|| self.meta_schema.into());
        }
        let text = schema.to_string();
        let mut dependencies: Vec<Dependency> = Vec::new();
        loop {
            let error = match Schema::parse(Format::Json, &text, &dependencies, Options::STORED) {
                Ok(schema) => return Ok(schema),
                Err(error) => error,
            };
            let wanted = error.message.split_once(REMOTE).map(|(_, path)| {
                path.split(|character: char| character.is_whitespace() || "#,\"'".contains(character))
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            });
            let is_new = |path: &String| {
                let name = format!("{REMOTE}{path}");
                dependencies.len() < MOST_REMOTES && dependencies.iter().all(|known| known.name != name)
            };
            let Some(path) = wanted.filter(is_new) else { return Err(error) };
            let Ok(text) = std::fs::read_to_string(self.remotes.join(&path)) else { return Err(error) };
            dependencies.push(Dependency { name: format!("{REMOTE}{path}"), origin: None, text });
        }
    }
}
