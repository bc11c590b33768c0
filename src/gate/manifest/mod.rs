//! `schemas.yaml`: which files are which subjects, what must hold between their versions, who reads
//! them, and which breaks were accepted.
//!
//! [`Manifest::parse`] reads text and says where it is wrong; it touches no file. A manifest governs the
//! files below its folder, and its paths count from there.

mod edit;
mod glob;
mod read;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

pub use edit::{lines_of, with_waiver};
pub use glob::{Glob, InvalidGlob};
pub use jiff::civil::Date;

use crate::model::{Action, Assumptions, Format, Judge, Judging, Level, Metadata, Pack, Policy};
use crate::published::Location;
use crate::schema::Place;

/// The names under which a manifest is looked for.
pub const FILE_NAMES: [&str; 3] = ["schemas.yaml", "schemas.yml", "schemas.json"];

/// The JSON Schema of a manifest.
pub const JSON_SCHEMA: &str = include_str!("schema.json");

/// A manifest that was understood.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its path, as it is printed.
    pub path: String,
    /// The folder whose files it governs; the one that it lies in.
    pub governs: String,
    /// Its text.
    pub text: String,
    /// Where the registry is.
    pub registry: RegistryAt,
    /// Its subjects, in the order of the text.
    pub entries: Vec<Entry>,
    /// What holds where an entry says nothing.
    pub defaults: Settings,
    /// Who reads what.
    pub readers: Vec<Reader>,
    /// Breaks that were accepted.
    pub waivers: Vec<Waiver>,
    /// Subjects that are never deleted.
    pub protect: Vec<Glob>,
    /// Folders whose schemas may be referred to.
    pub include: Vec<String>,
}

/// The registry that a manifest names. Environment variables in it are expanded when it is asked for.
#[derive(Debug, Clone, Default)]
pub struct RegistryAt {
    url: Option<(String, Place)>,
    /// The context that its subjects are in; `None` for the default one.
    pub context: Option<String>,
}

/// Which files an entry is about.
#[derive(Debug, Clone)]
pub enum Files {
    /// Every file that matches.
    Matching(Glob),
    /// One file, by its path below the manifest's folder.
    One(String),
}

/// An entry of `subjects`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which files.
    pub files: Files,
    /// The subject, in which `{1}` stands for what the first star matched; `None` for the name of the
    /// file without its ending.
    pub subject: Option<String>,
    /// The references, where they are not to be found from the text.
    pub references: Option<Vec<WrittenReference>>,
    /// Metadata to register with.
    pub metadata: Option<Metadata>,
    /// What the entry sets.
    pub settings: Settings,
    /// Where it stands.
    pub place: Place,
}

/// A reference that a manifest spells out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenReference {
    /// The name in the text.
    pub name: String,
    /// The subject that it stands for.
    pub subject: String,
    /// The version; `None` for the latest.
    pub version: Option<i32>,
}

/// What an entry or the defaults set; `None` where they say nothing.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The level, and where it stands.
    pub level: Option<(Level, Place)>,
    /// The language, where the ending of the name does not tell it.
    pub format: Option<Format>,
    /// Whose verdict counts.
    pub judge: Option<Judge>,
    /// What JSON Schema says of undeclared properties.
    pub policy: Option<Policy>,
    /// Which promises of Protobuf schemas are kept.
    pub packs: Option<BTreeSet<Pack>>,
    /// What rules of compatibility lead to.
    pub rules: BTreeMap<String, Action>,
    /// What lint rules lead to, by id: `error`, `warn` or `off`. Both are known to `lint`.
    pub lint: BTreeMap<String, String>,
    /// Register the normal form.
    pub normalize: Option<bool>,
    /// JSON Schema: `format` is an assertion.
    pub assert_formats: Option<bool>,
    /// JSON Schema: readers fill in defaults.
    pub fill_defaults: Option<bool>,
    /// Everybody who reads the subject is declared: nobody else is protected from new data.
    pub all_readers_declared: Option<bool>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// Somebody who reads a subject with a schema of their own.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Who.
    pub name: String,
    /// The subject that they read.
    pub subject: String,
    /// The file of their schema, below the manifest's folder.
    pub file: String,
    /// Where it stands.
    pub place: Place,
}

/// A break that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The subject.
    pub subject: String,
    /// The rule that is broken.
    pub rule: String,
    /// The place in the reader; `None` for the schema as a whole.
    pub at: Option<String>,
    /// The last day on which it holds (UTC).
    pub until: Date,
    /// Why.
    pub reason: String,
    /// Who accepted it.
    pub by: Option<String>,
    /// What the finding says. Where it stands there, the waiver covers no other finding that comes to lie
    /// at the same place.
    pub says: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// A manifest that cannot be understood. Displays as `path:line:column: what is wrong`.
#[derive(Debug, thiserror::Error)]
#[error("{}{message}", at(path, *place))]
pub struct InvalidManifest {
    /// The manifest.
    pub path: String,
    /// Where.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The nearest of `manifests` to a file, by its place among them, and the file's path below that one's folder.
pub(crate) fn governing<'p>(manifests: &[Manifest], path: &'p str) -> Option<(usize, &'p str)> {
    let of_each = manifests.iter().enumerate();
    let governing = of_each.filter_map(|(at, manifest)| Some((at, manifest.below(path)?)));
    governing.min_by_key(|(_, below)| below.len())
}

/// The language of a file that an entry of the nearest of `manifests` is about; `None` for one that none is
/// about, or whose language neither the entry nor its name tells.
pub(crate) fn format_in(manifests: &[Manifest], path: &str) -> Option<Format> {
    let (at, below) = governing(manifests, path)?;
    let (entry, _) = manifests[at].entry_of(below)?;
    entry.settings.over(&manifests[at].defaults).format.or_else(|| super::files::format_of(path))
}

/// Is a file that is called like a manifest one? Others have files of such names too.
pub(crate) fn looks_like_one(path: &str, text: &str) -> bool {
    let members = ["version", "subjects"];
    if path.ends_with(".json") {
        let root = crate::schema::tree::parse(text).ok();
        return root.is_some_and(|root| members.iter().all(|name| root.get(name).is_some()));
    }
    // One that cannot be parsed is to be told, so only its lines are looked at.
    let begins = |line: &str| {
        let line = line.trim_start_matches('\u{feff}').trim_start_matches(['"', '\'', '{', ' ']);
        members.iter().any(|name| {
            let after = line.strip_prefix(name).map(|after| after.trim_start_matches(['"', '\'', ' ']));
            after.is_some_and(|after| after.starts_with(':'))
        })
    };
    text.lines().any(begins)
}

/// The subject that the nearest of `manifests` gives to a file.
pub(crate) fn subject_in(manifests: &[Manifest], path: &str) -> Option<String> {
    let (at, below) = governing(manifests, path)?;
    manifests[at].entry_of(below).map(|(_, subject)| subject)
}

fn at(path: &str, place: Option<Place>) -> String {
    place.map_or_else(|| format!("{path}: "), |place| format!("{path}:{}:{}: ", place.line, place.column))
}

impl Manifest {
    /// Read the manifest at `path`, which is not opened.
    ///
    /// # Errors
    /// The first thing that cannot be understood, and where it stands.
    pub fn parse(path: &str, text: &str) -> Result<Manifest, InvalidManifest> {
        read::manifest(path, text)
    }

    /// The path below its folder of a file; `None` for one that lies elsewhere.
    pub fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        match self.governs.as_str() {
            "" => Some(path),
            folder => path.strip_prefix(folder)?.strip_prefix('/'),
        }
    }

    /// The same for the files of another folder.
    pub(crate) fn moved(&self, governs: String) -> Option<Manifest> {
        Some(Manifest { governs, ..self.clone() })
    }

    /// A place in it.
    pub fn location(&self, place: Place) -> Location {
        Location { file: self.path.clone(), line: Some(place.line), column: Some(place.column) }
    }

    /// The entry of a file, and the subject that it makes of its path below the folder. One that names
    /// the file itself comes before those that match it, and the first of these counts.
    pub fn entry_of(&self, below: &str) -> Option<(&Entry, String)> {
        let named = self.entries.iter().filter(|entry| matches!(entry.files, Files::One(_)));
        let matching = self.entries.iter().filter(|entry| matches!(entry.files, Files::Matching(_)));
        named.chain(matching).find_map(|entry| {
            let captured = match &entry.files {
                Files::One(file) => (file == below).then(Vec::new)?,
                Files::Matching(glob) => glob.captures(below)?,
            };
            Some((entry, entry.subject_of(below, &captured)))
        })
    }

    /// Is the subject never to be deleted?
    pub fn protects(&self, subject: &str) -> bool {
        self.protect.iter().any(|glob| glob.matches(subject))
    }
}

impl Entry {
    fn subject_of(&self, below: &str, captured: &[&str]) -> String {
        let name = super::files::subject_of(below);
        let Some(template) = &self.subject else { return name.to_owned() };
        let mut subject = String::new();
        let mut rest = template.as_str();
        // In one go: what a star matched may hold braces of its own.
        while let Some((before, after)) = rest.split_once('{') {
            let (inner, after) = after.split_once('}').unwrap_or((after, ""));
            subject.push_str(before);
            subject.push_str(match inner {
                "path" => below,
                "name" => name,
                number => {
                    number.parse().ok().and_then(|at: usize| captured.get(at.checked_sub(1)?)).unwrap_or(&"")
                }
            });
            rest = after;
        }
        subject.push_str(rest);
        subject
    }
}

impl Settings {
    /// What holds when `self` comes before `defaults`. Maps are merged, key by key.
    pub fn over(&self, defaults: &Settings) -> Settings {
        let merged = |own: &BTreeMap<String, Action>, other: &BTreeMap<String, Action>| {
            let mut all = other.clone();
            all.extend(own.clone());
            all
        };
        let mut lint = defaults.lint.clone();
        lint.extend(self.lint.clone());
        Settings {
            level: self.level.or(defaults.level),
            format: self.format.or(defaults.format),
            judge: self.judge.or(defaults.judge),
            policy: self.policy.or(defaults.policy),
            packs: self.packs.clone().or_else(|| defaults.packs.clone()),
            rules: merged(&self.rules, &defaults.rules),
            lint,
            normalize: self.normalize.or(defaults.normalize),
            assert_formats: self.assert_formats.or(defaults.assert_formats),
            fill_defaults: self.fill_defaults.or(defaults.fill_defaults),
            all_readers_declared: self.all_readers_declared.or(defaults.all_readers_declared),
            owner: self.owner.clone().or_else(|| defaults.owner.clone()),
        }
    }

    /// Who decides, where `recorded` is what a registry says of it.
    pub fn judging(&self, recorded: Judging) -> Judging {
        let mut rules = recorded.rules;
        rules.extend(self.rules.clone());
        Judging {
            judge: self.judge.unwrap_or(recorded.judge),
            packs: self.packs.clone().unwrap_or(recorded.packs),
            rules,
            assumptions: Assumptions {
                policy: self.policy.unwrap_or(recorded.assumptions.policy),
                assert_formats: self.assert_formats.unwrap_or(recorded.assumptions.assert_formats),
                fill_defaults: self.fill_defaults.unwrap_or(recorded.assumptions.fill_defaults),
            },
        }
    }
}

impl RegistryAt {
    /// Does it say which registry, in a URL?
    pub fn names_url(&self) -> bool {
        self.url.is_some()
    }

    /// The registry's URL with `${NAME}` and `${NAME:-otherwise}` replaced by what `variable` says;
    /// `None` when the manifest names none.
    ///
    /// # Errors
    /// A sentence when a variable is not set. What others hold is not repeated in it.
    pub fn url(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
        let Some((text, _)) = &self.url else { return Ok(None) };
        let (mut url, mut rest) = (String::new(), text.as_str());
        while let Some((before, after)) = rest.split_once("${") {
            let (inner, after) =
                after.split_once('}').ok_or("the registry's url has a `${` without its `}`")?;
            let (name, otherwise) =
                inner.split_once(":-").map_or((inner, None), |(name, otherwise)| (name, Some(otherwise)));
            let value = variable(name).filter(|value| !value.is_empty());
            let value = value.or_else(|| otherwise.map(str::to_owned)).ok_or_else(|| {
                format!("the registry's url needs the environment variable {name}, which is not set")
            })?;
            url.push_str(before);
            url.push_str(&value);
            rest = after;
        }
        url.push_str(rest);
        Ok(Some(url))
    }
}

impl Waiver {
    /// Does it still hold on this day?
    pub fn holds_on(&self, today: Date) -> bool {
        today <= self.until
    }
}
