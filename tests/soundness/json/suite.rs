//! The JSON-Schema-Test-Suite, where somebody has it: `suite DIRECTORY`, the directory that holds `tests` and
//! `remotes`; with `--everything` the optional parts of it as well, and all pairs.
//!
//! A test says whether a schema accepts a document. That is a question about two schemas: is the one that
//! accepts just this document contained in the other? The engine, its validator and the second validator
//! all take part in the answer, and a refused document has to come back as the witness.
//!
//! The schemas of one file say similar things, so they are compared with each other too: where one is proved
//! to contain the other, it has to accept all documents of the file that the other accepts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dovetail::compat::{self, Proof, Verdict};
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
/// How far apart in their file the schemas are that are compared.
const NEAR: usize = 2;
/// Files, and groups of them where not all are meant, whose answers are to be others here, and why.
const OTHERWISE: [(&str, &str, &str); 5] = [
    (
        "vocabulary",
        "schema that uses custom metaschema with with no validation vocabulary",
        "a schema of a language of its own is taken for one of draft 7",
    ),
    ("zeroTerminatedFloats", "", "numbers are told apart by value in draft 4, too"),
    ("content", "", "what is encoded in a string is not looked at"),
    (
        "dependencies-compatibility",
        "",
        "a keyword of drafts up to 7, and nothing but an annotation after that",
    ),
    ("format-assertion", "", "formats are asserted where a subject asks for it"),
];

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

/// What came of the tests, and of the pairs.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: Vec<String>,
    /// Not decided, and why.
    undecided: Vec<String>,
    /// Groups whose schema is not taken, and why.
    refused: Vec<String>,
    /// Answered otherwise, and that is meant.
    otherwise: u64,
    pairs: u64,
    proved: u64,
    refuted: u64,
    undecided_pairs: BTreeMap<String, u64>,
}

/// Run the required part of every draft and say what came of it; an error when an answer is wrong or there
/// is none. The last line is one that `tests/run` adds up.
pub fn run(directory: &Path, everything: bool) -> Result<String, String> {
    let directory = directory.to_owned();
    let judge = std::thread::Builder::new().stack_size(compat::STACK);
    let run = move || run_all(&directory, everything);
    judge.spawn(run).expect("a thread").join().expect("no panic")
}

fn run_all(directory: &Path, everything: bool) -> Result<String, String> {
    let mut lines = vec![String::new()];
    let (mut passed, mut failed) = (0, 0);
    for (draft, meta_schema) in DRAFTS {
        let suite = Suite { remotes: &directory.join("remotes"), meta_schema };
        let folder = directory.join("tests").join(draft);
        let mut tally = Tally::default();
        let mut files = files(&folder)?;
        if everything {
            files.extend(self::files(&folder.join("optional"))?);
        }
        for file in files {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
            let groups: Vec<Group> =
                serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
            let known = tally.file(&suite, &name, groups);
            // Patterns of all sorts are what the optional part is about, and each pair of them is dear.
            if file.parent() == Some(&folder) {
                tally.pairs(known, if everything { usize::MAX } else { NEAR });
            }
        }
        let not_passed = tally.failed.len() + tally.undecided.len() + tally.refused.len();
        if tally.passed == 0 && not_passed == 0 {
            return Err(format!("no tests of {draft} under {}", directory.display()));
        }
        passed += tally.passed;
        failed += not_passed;
        lines.extend(tally.told(draft));
    }
    lines.push(format!("schemas: {passed} passed, {failed} failed"));
    let summary = lines.join("\n");
    if failed > 0 { Err(summary) } else { Ok(summary) }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    Ok(files)
}

struct Suite<'a> {
    remotes: &'a Path,
    meta_schema: &'a str,
}

/// The documents and the schemas of a file.
#[derive(Default)]
struct File {
    documents: Vec<Value>,
    known: Vec<Known>,
}

/// A schema, what it is called, and which of the documents of its file it accepts, as far as that was asked.
struct Known {
    title: String,
    schema: Schema,
    accepts: BTreeMap<usize, Option<bool>>,
}

impl Tally {
    fn file(&mut self, suite: &Suite<'_>, file: &str, groups: Vec<Group>) -> File {
        let File { mut documents, mut known } = File::default();
        for Group { description, schema, tests } in groups {
            let title = format!("{file}: {description}");
            match suite.parse(schema) {
                Ok(schema) => {
                    let is_otherwise = (OTHERWISE.iter())
                        .any(|&(of, group, _)| of == file && (group.is_empty() || group == description));
                    tests.iter().for_each(|test| self.test(&title, &schema, test, is_otherwise));
                    known.push(Known { title, schema, accepts: BTreeMap::new() });
                }
                Err(error) => self.refused.push(format!("{title}: {}", error.message)),
            }
            for Test { data, .. } in tests {
                if !documents.contains(&data) {
                    documents.push(data);
                }
            }
        }
        File { documents, known }
    }

    fn pairs(&mut self, file: File, near: usize) {
        let File { documents, mut known } = file;
        for writer in 0..known.len() {
            let is_near = |&reader: &usize| (1..=near).contains(&reader.abs_diff(writer));
            for reader in (0..known.len()).filter(is_near) {
                self.pair(&mut known, writer, reader, &documents);
            }
        }
    }

    fn test(&mut self, title: &str, schema: &Schema, test: &Test, is_otherwise: bool) {
        let title = format!("{title}: {}", test.description);
        let Some(verdict) = ask(&test.data, schema) else {
            self.refused.push(format!("{title}: no verdict"));
            return;
        };
        let answer = match &verdict.proof {
            Proof::Proved(_) => true,
            Proof::Refuted if is_shown(&verdict, &test.data) => false,
            Proof::Refuted => return self.failed.push(format!("{title}: refused, and not shown by itself")),
            Proof::Undecided(why) => return self.undecided.push(format!("{title} ({why:?})")),
        };
        match answer == test.valid {
            true => self.passed += 1,
            false if is_otherwise => self.otherwise += 1,
            false => self.failed.push(format!("{title}: {}", if answer { "accepted" } else { "refused" })),
        }
    }

    /// What the reader is proved to read, it reads.
    fn pair(&mut self, known: &mut [Known], writer: usize, reader: usize, documents: &[Value]) {
        let Some(verdict) = super::judge_parsed(known[writer].schema.clone(), &known[reader].schema) else {
            return;
        };
        self.pairs += 1;
        match &verdict.proof {
            Proof::Proved(_) => self.proved += 1,
            Proof::Refuted => self.refuted += 1,
            Proof::Undecided(why) => *self.undecided_pairs.entry(super::kind(why)).or_default() += 1,
        }
        for (at, document) in documents.iter().enumerate() {
            let is_proved = matches!(verdict.proof, Proof::Proved(_));
            if is_proved
                && known[writer].accepts(at, document) == Some(true)
                && known[reader].accepts(at, document) == Some(false)
            {
                let (writer, reader) = (&known[writer].title, &known[reader].title);
                self.failed.push(format!("{writer} is within {reader}, which refuses {document}"));
            }
        }
    }

    fn told(self, draft: &str) -> Vec<String> {
        let Tally { passed, failed, undecided, refused, otherwise, pairs, proved, refuted, .. } = self;
        let reasons: String =
            self.undecided_pairs.iter().map(|(why, count)| format!(" ({count} {why})")).collect();
        let mut lines = vec![format!(
            "  {draft}: {passed} passed, {} failed, {} undecided, {} not taken, {otherwise} otherwise on \
             purpose; {pairs} pairs: {proved} proved, {refuted} refuted, {} undecided{reasons}",
            failed.len(),
            undecided.len(),
            refused.len(),
            self.undecided_pairs.values().sum::<u64>()
        )];
        for (sort, titles) in [("failed", failed), ("undecided", undecided), ("not taken", refused)] {
            lines.extend(titles.into_iter().map(|title| format!("    {sort}: {title}")));
        }
        lines
    }
}

impl Known {
    fn accepts(&mut self, at: usize, document: &Value) -> Option<bool> {
        let schema = &self.schema;
        *self.accepts.entry(at).or_insert_with(|| match ask(document, schema)?.proof {
            Proof::Proved(_) => Some(true),
            Proof::Refuted => Some(false),
            Proof::Undecided(_) => None,
        })
    }
}

/// Does the schema accept the document?
fn ask(document: &Value, schema: &Schema) -> Option<Verdict> {
    let only = json!({ "$schema": DRAFTS[2].1, "const": document }).to_string();
    let only = Schema::parse(Format::Json, &only, &[], Options::STORED).ok()?;
    super::judge_parsed(only, schema)
}

/// Is the document the witness?
fn is_shown(verdict: &Verdict, document: &Value) -> bool {
    let texts = verdict.findings.iter().filter_map(|finding| finding.witness.as_ref()?.json());
    let only = jsonschema::validator_for(&json!({ "const": document })).expect("a schema");
    let witnesses: Vec<Value> = texts.map(|text| serde_json::from_str(text).expect("a document")).collect();
    !witnesses.is_empty() && witnesses.iter().all(|witness| only.is_valid(witness))
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
