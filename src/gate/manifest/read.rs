//! A manifest's document → its meaning.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_saphyr::Spanned;

use super::shape::{self, Word};
use super::{
    Date, Entry, Files, Glob, InvalidManifest, Manifest, Reader, RegistryAt, Settings, Waiver,
    WrittenReference,
};
use crate::compat::rules;
use crate::gate::names;
use crate::lint;
use crate::model::{Metadata, Policy};
use crate::schema::Place;

/// Texts longer than this are no manifest.
const LONGEST: usize = 4 * 1024 * 1024;

/// Read it.
pub(super) fn manifest(path: &str, text: &str) -> Result<Manifest, InvalidManifest> {
    let reading = Reading { path };
    if text.len() > LONGEST {
        return Err(reading.wrong(None, "it is longer than 4 MiB".to_owned()));
    }
    let document: shape::Document =
        serde_saphyr::from_str(text).map_err(|error| reading.unreadable(&error))?;
    if document.version.value != 1 {
        let message =
            format!("version {} is unknown here; this program reads version 1", document.version.value);
        return Err(reading.wrong(place(&document.version), message));
    }
    let defaults = match &document.defaults {
        Some(defaults) => reading.defaults(defaults)?,
        None => Settings::default(),
    };
    let each = |words: &[Word]| words.iter().map(|word| reading.glob(word)).collect::<Result<Vec<_>, _>>();
    Ok(Manifest {
        path: path.to_owned(),
        governs: path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
        text: text.to_owned(),
        registry: RegistryAt {
            url: document.registry.url.as_ref().map(|url| (url.value.clone(), place(url).unwrap_or(START))),
            context: document.registry.context.map(|word| word.value).filter(|word| word != "."),
        },
        entries: document.subjects.iter().map(|entry| reading.entry(entry)).collect::<Result<_, _>>()?,
        defaults,
        readers: document.readers.iter().map(Reading::reader).collect(),
        waivers: document.waivers.iter().map(|waiver| reading.waiver(waiver)).collect::<Result<_, _>>()?,
        protect: each(&document.protect)?,
        include: document.include.iter().map(|word| names::joined("", &word.value)).collect(),
    })
}

const START: Place = Place { line: 1, column: 1 };

/// Where a value stands; `None` when it is not known.
fn place<T>(value: &Spanned<T>) -> Option<Place> {
    place_of(value.referenced)
}

fn place_of(location: serde_saphyr::Location) -> Option<Place> {
    let fit = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let place = Place { line: fit(location.line()), column: fit(location.column()) };
    (place.line > 0).then_some(place)
}

struct Reading<'a> {
    path: &'a str,
}

impl Reading<'_> {
    fn wrong(&self, place: Option<Place>, message: String) -> InvalidManifest {
        let hint = Some("`dovetail init --schema` prints what a manifest may hold.".to_owned());
        InvalidManifest { path: self.path.to_owned(), place, message, hint }
    }

    /// The library's own sentence, without the excerpt that it draws.
    fn unreadable(&self, error: &serde_saphyr::Error) -> InvalidManifest {
        let place = error.location().and_then(place_of);
        let sentence = error.without_snippet().to_string();
        let sentence = sentence.lines().next().unwrap_or_default();
        // It repeats the place at its end.
        let sentence = sentence.split(" at line ").next().unwrap_or(sentence);
        self.wrong(place, sentence.trim_end_matches([',', ':', ' ']).to_owned())
    }

    fn word<T: FromStr<Err: std::fmt::Display>>(&self, word: &Word) -> Result<T, InvalidManifest> {
        word.value.parse().map_err(|error: T::Err| self.wrong(place(word), error.to_string()))
    }

    fn optional<T: FromStr<Err: std::fmt::Display>>(
        &self,
        word: &Option<Word>,
    ) -> Result<Option<T>, InvalidManifest> {
        word.as_ref().map(|word| self.word(word)).transpose()
    }

    fn glob(&self, word: &Word) -> Result<Glob, InvalidManifest> {
        Glob::parse(word.value.trim_start_matches("./"))
            .map_err(|error| self.wrong(place(word), error.to_string()))
    }

    fn defaults(&self, defaults: &Spanned<shape::Subject>) -> Result<Settings, InvalidManifest> {
        let value = &defaults.value;
        let misplaced = [
            ("glob", value.glob.is_some()),
            ("file", value.file.is_some()),
            ("subject", value.subject.is_some()),
            ("references", value.references.is_some()),
            ("metadata", value.metadata.is_some()),
        ];
        if let Some((name, _)) = misplaced.iter().find(|(_, is_there)| *is_there) {
            let message = format!("`{name}` belongs to an entry of `subjects`, not to `defaults`");
            return Err(self.wrong(place(defaults), message));
        }
        self.settings(value)
    }

    fn entry(&self, entry: &Spanned<shape::Subject>) -> Result<Entry, InvalidManifest> {
        let value = &entry.value;
        let files = match (&value.glob, &value.file) {
            (Some(glob), None) => Files::Matching(self.glob(glob)?),
            (None, Some(file)) => Files::One(names::joined("", &file.value)),
            (Some(_), Some(file)) => {
                let message = "an entry has a `glob` or a `file`, not both".to_owned();
                return Err(self.wrong(place(file), message));
            }
            (None, None) => {
                let message = "an entry needs a `glob` or a `file`".to_owned();
                return Err(self.wrong(place(entry), message));
            }
        };
        if let Some(subject) = &value.subject {
            self.check_template(subject, &files)?;
        }
        let written = |reference: &shape::Reference| WrittenReference {
            name: reference.name.clone(),
            subject: reference.subject.clone(),
            version: reference.version,
        };
        let metadata = value
            .metadata
            .clone()
            .map(|shape::Metadata { tags, properties, sensitive }| Metadata { tags, properties, sensitive });
        Ok(Entry {
            files,
            subject: value.subject.as_ref().map(|word| word.value.clone()),
            references: value.references.as_ref().map(|list| list.iter().map(written).collect()),
            metadata,
            settings: self.settings(value)?,
            place: place(entry).unwrap_or(START),
        })
    }

    /// What stands in braces must be something that the glob captures.
    fn check_template(&self, subject: &Word, files: &Files) -> Result<(), InvalidManifest> {
        let stars = match files {
            Files::One(_) => 0,
            Files::Matching(glob) => glob.as_str().replace("**", "*").matches('*').count(),
        };
        if subject.value.is_empty() {
            return Err(self.wrong(place(subject), "a subject has a name".to_owned()));
        }
        for part in subject.value.split('{').skip(1) {
            let Some((name, _)) = part.split_once('}') else {
                return Err(self.wrong(place(subject), "a `{` in it is not closed".to_owned()));
            };
            let is_known = matches!(name, "path" | "name")
                || name.parse::<usize>().is_ok_and(|number| (1..=stars).contains(&number));
            if !is_known {
                let message = format!(
                    "`{{{name}}}` stands for nothing: {{path}}, {{name}} and {{1}} to {{{stars}}}, one for each star of the glob, do"
                );
                return Err(self.wrong(place(subject), message));
            }
        }
        Ok(())
    }

    fn settings(&self, value: &shape::Subject) -> Result<Settings, InvalidManifest> {
        let mut actions = BTreeMap::new();
        for (id, word) in &value.rules {
            if rules::find(id).is_none() {
                return Err(self.unknown_rule(id, place(word)));
            }
            actions.insert(id.clone(), self.word(word)?);
        }
        let mut linted = BTreeMap::new();
        for (id, word) in &value.lint {
            lint::Settings::read([(id.as_str(), word.value.as_str())])
                .map_err(|error| self.wrong(place(word), error.to_string()))?;
            linted.insert(id.clone(), word.value.clone());
        }
        let policy = value.policy.as_ref().map(|word| {
            Policy::named(&word.value).ok_or_else(|| {
                self.wrong(place(word), format!("`{}` is no policy; it is strict or lenient", word.value))
            })
        });
        let level = match &value.level {
            Some(word) => Some((self.word(word)?, place(word).unwrap_or(START))),
            None => None,
        };
        Ok(Settings {
            level,
            format: self.optional(&value.format)?,
            judge: self.optional(&value.judge)?,
            policy: policy.transpose()?,
            packs: match &value.packs {
                Some(packs) => Some(packs.iter().map(|word| self.word(word)).collect::<Result<_, _>>()?),
                None => None,
            },
            rules: actions,
            lint: linted,
            normalize: value.normalize,
            assert_formats: value.assert_formats,
            fill_defaults: value.fill_defaults,
            all_readers_declared: value.all_readers_declared,
            owner: value.owner.clone(),
        })
    }

    fn unknown_rule(&self, id: &str, place: Option<Place>) -> InvalidManifest {
        let nearest = lint::nearest(id, rules::all().map(|rule| rule.id));
        let meant = nearest.map_or_else(String::new, |id| format!("; did you mean `{id}`?"));
        let mut error = self.wrong(place, format!("there is no rule `{id}`{meant}"));
        error.hint = Some("`dovetail explain` lists the rules.".to_owned());
        error
    }

    fn reader(reader: &Spanned<shape::Reader>) -> Reader {
        let shape::Reader { name, reads } = &reader.value;
        Reader {
            name: name.clone(),
            subject: reads.subject.value.clone(),
            file: names::joined("", &reads.file.value),
            place: place(reader).unwrap_or(START),
        }
    }

    fn waiver(&self, waiver: &Spanned<shape::Waiver>) -> Result<Waiver, InvalidManifest> {
        let value = &waiver.value;
        let until: Date = value.until.value.parse().map_err(|_| {
            let message = format!("`{}` is no date; write it like 2027-01-31", value.until.value);
            self.wrong(place(&value.until), message)
        })?;
        if value.reason.value.trim().is_empty() {
            return Err(self.wrong(place(&value.reason), "a waiver needs a reason".to_owned()));
        }
        Ok(Waiver {
            subject: value.subject.value.clone(),
            rule: value.rule.value.clone(),
            at: value.at.clone().filter(|at| !matches!(at.as_str(), "" | "/")),
            until,
            reason: value.reason.value.clone(),
            by: value.by.clone(),
            says: value.says.clone(),
            place: place(waiver).unwrap_or(START),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::manifest;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, expected) in [
            ("version: 2", "s.yaml:1:10: version 2 is unknown here; this program reads version 1"),
            (
                "version: 1\nsubjects:\n  - glob: 'a[b'\n",
                "s.yaml:3:11: `a[b` is no glob: a `[` is not closed",
            ),
            ("version: 1\nsubjects:\n  - subject: x\n", "s.yaml:3:5: an entry needs a `glob` or a `file`"),
            ("version: 1\nsubjects:\n  - { glob: '*.avsc', level: BACKWARDS }\n", "s.yaml:3:30: "),
            (
                "version: 1\nsubjects:\n  - { glob: '*.avsc', subject: '{2}-value' }\n",
                "s.yaml:3:32: `{2}` stands for nothing",
            ),
            ("version: 1\ndefaults: { subject: x }\n", "s.yaml:2:11: `subject` belongs to an entry"),
            ("version: 1\nsubject: []\n", "s.yaml:2:1: "),
            (
                "version: 1\ndefaults: { rules: { avro-field-without-defaults: off } }\n",
                "s.yaml:2:51: there is no rule `avro-field-without-defaults`; did you mean `avro-field-without-default`?",
            ),
            (
                "version: 1\nwaivers: [{ subject: a, rule: b, until: soon, reason: c }]\n",
                "s.yaml:2:41: `soon` is no date",
            ),
            ("version: 1\n  x: [", "s.yaml:1:10: invalid u32"),
            ("version: 1\nsubjects: [\n", "s.yaml:"),
        ] {
            let error = manifest("s.yaml", text).expect_err(text).to_string();
            assert!(error.starts_with(expected), "{text}\nsays     {error}\nexpected {expected}");
        }
    }

    #[test]
    fn files_become_subjects() {
        let text = r#"
version: 1
registry: { url: "http://${HOST:-localhost}:8081/${NONE:-}", context: "." }
defaults: { level: BACKWARD, owner: team-orders }
subjects:
  - { glob: "topics/*/value.avsc", subject: "{1}-value" }
  - { glob: "proto/**/*.proto", subject: "{path}", level: FULL, packs: [wire, json-names] }
  - { file: ./topics/odd/value.avsc, subject: odd }
  - { glob: "*.avsc" }
"#;
        let manifest = manifest("repo/schemas.yaml", text).expect("a manifest");
        let subject = |path: &str| manifest.entry_of(manifest.below(path)?).map(|(_, subject)| subject);
        for (path, expected) in [
            ("repo/topics/orders/value.avsc", Some("orders-value")),
            ("repo/topics/odd/value.avsc", Some("odd")),
            ("repo/proto/shop/cart.proto", Some("proto/shop/cart.proto")),
            ("repo/user.avsc", Some("user")),
            ("repo/sub/user.avsc", None),
            ("elsewhere/user.avsc", None),
        ] {
            assert_eq!(subject(path).as_deref(), expected, "{path}");
        }
        let url = |host: Option<&str>| manifest.registry.url(|_| host.map(str::to_owned));
        assert_eq!(url(None).expect("defaults").as_deref(), Some("http://localhost:8081/"));
    }
}
