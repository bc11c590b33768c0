//! Whether a store says the truth about itself: what can be computed is computed again.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, Cursor};

use super::gathered::{Gathered, each_row};
use super::holdings::{Held, Holdings, count, spelt};
use super::restore::Backup;
use super::source::{Source, is_backup, open_file};
use super::topic::read_topic;
use super::{Error, Progress};
use crate::model::{Context, Reference, SchemaId, Subject, Version};
use crate::schema::{Dependency, Options, Schema};
use crate::store::Store;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// What cannot be: data was changed by something that is not this program.
    pub problems: Vec<String>,
    /// What can be, and is worth knowing.
    pub notes: Vec<String>,
    /// How much was looked at, in words.
    pub extent: String,
    /// What is there, as far as that makes sense.
    pub holdings: Option<Holdings>,
}

/// How many schemas one may stand on.
const MOST_DEPENDENCIES: usize = 10_000;

/// Look at a store.
///
/// # Errors
/// When the database fails.
pub async fn truth_of_store(store: &Store, progress: Progress<'_>) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut tx = store.read().await?;
    found.problems.extend(tx.integrity().await?.into_iter().map(|sentence| format!("SQLite: {sentence}")));
    let mut gathered = Gathered::default();
    let rows = each_row(
        &mut tx,
        |_| true,
        |table, row| {
            found.problems.extend(gathered.take(table, &row).err());
            Ok(())
        },
    );
    rows.await?;
    examine(&gathered, &mut found, progress);
    Ok(found)
}

/// Look at a registry, a backup or a dump of a topic. A file that is damaged, or none of these, is
/// something found: that is what was asked.
///
/// # Errors
/// When it cannot be read.
pub async fn truth_of_source(source: &Source, progress: Progress<'_>) -> Result<Found, Error> {
    match source {
        Source::Registry(remote) => {
            let mut found = truth_of_holdings(remote.holdings(progress).await?, progress);
            if let Some(holdings) = &found.holdings {
                found.problems.extend(remote.check_ids(holdings, progress).await?);
            }
            Ok(found)
        }
        Source::File(path) => truth_of_lines(open_file(path)?, &source.shown(), progress),
        Source::Text(text) => truth_of_lines(Cursor::new(text), &source.shown(), progress),
    }
}

fn truth_of_lines(mut input: impl BufRead, place: &str, progress: Progress<'_>) -> Result<Found, Error> {
    let problem = |sentence| Ok(Found { problems: vec![sentence], ..Found::default() });
    if is_backup(&mut input, place)? {
        return match truth_of_backup(input, place, progress) {
            Err(Error::Damaged(sentence)) => problem(sentence),
            looked => looked,
        };
    }
    match read_topic(input, place) {
        Ok(holdings) => Ok(truth_of_holdings(holdings, progress)),
        Err(Error::Input(sentence)) => problem(sentence),
        Err(Error::NoRecord(_)) => {
            problem(format!("{place} is neither a backup nor a dump of a topic, or its beginning is damaged"))
        }
        Err(error) => Err(error),
    }
}

/// Is a backup what was written, and does it say the truth?
fn truth_of_backup(input: impl BufRead, place: &str, progress: Progress<'_>) -> Result<Found, Error> {
    let mut backup = Backup::read(input, place.to_owned())?;
    let (mut gathered, mut found) = (Gathered::default(), Found::default());
    while let Some((table, row)) = backup.next()? {
        found.problems.extend(gathered.take(table, &row).err());
    }
    examine(&gathered, &mut found, progress);
    Ok(found)
}

/// Look at what the protocol shows: do references lead somewhere, are hashes those of the texts, does an id
/// mean one schema?
fn truth_of_holdings(holdings: Holdings, progress: Progress<'_>) -> Found {
    let extent = count(holdings.versions.len(), "version");
    let mut found = Found { problems: holdings.wrong_guids(), extent, ..Found::default() };
    found.problems.extend(holdings.ambiguous_ids());
    examine_texts(&holdings, &mut found, progress);
    found.holdings = Some(holdings);
    found
}

fn examine(gathered: &Gathered, found: &mut Found, progress: Progress<'_>) {
    found.extent = format!(
        "{}, {}, {}, {}",
        count(gathered.rows.values().sum(), "row"),
        count(gathered.contents.len(), "schema"),
        count(gathered.ids.len(), "id"),
        count(gathered.versions.len(), "version")
    );
    examine_contents(gathered, found);
    examine_numbers(gathered, found);
    match gathered.holdings() {
        Ok(holdings) => {
            examine_texts(&holdings, found, progress);
            found.holdings = Some(holdings);
        }
        Err(sentence) => found.problems.push(sentence),
    }
    // Said once by each of two looks at the same thing.
    let mut said = HashSet::new();
    found.problems.retain(|sentence| said.insert(sentence.clone()));
}

fn examine_texts(holdings: &Holdings, found: &mut Found, progress: Progress<'_>) {
    found.notes.extend(holdings.used_up());
    let texts = Texts::of(holdings);
    for (done, held) in holdings.versions.iter().enumerate() {
        texts.examine(held, found);
        progress("schemas parsed", done + 1, holdings.versions.len());
    }
}

/// Is every content what its hash says?
fn examine_contents(gathered: &Gathered, found: &mut Found) {
    let mut users: BTreeMap<_, String> = BTreeMap::new();
    for stored in &gathered.versions {
        if let Some(known) = gathered.ids.get(&(stored.subject.context().clone(), stored.id)) {
            let name = format!("{} version {}", spelt(&stored.subject), stored.version);
            users.entry(*known).or_insert(name);
        }
    }
    let mut wrong = Vec::new();
    for (key, stored) in &gathered.contents {
        let (guid, format) = key;
        let of = users.get(key).map(|user| format!(" of {user}")).unwrap_or_default();
        match stored.content(*format) {
            Ok(content) if content.guid() == *guid && stored.has_first_id => {}
            Ok(content) if content.guid() == *guid => wrong.push(format!(
                "the schema {guid}{of}: the id it was stored for is lost or leads to another schema now"
            )),
            Ok(content) => wrong.push(format!(
                "the schema {guid}{of} was changed: what is stored has the hash {}",
                content.guid()
            )),
            Err(sentence) => wrong.push(format!("the schema {guid}{of} was changed: {sentence}")),
        }
    }
    wrong.sort_unstable();
    found.problems.extend(wrong);
}

/// Do ids and numbers fit together?
fn examine_numbers(gathered: &Gathered, found: &mut Found) {
    let mut highest: BTreeMap<&Context, SchemaId> = BTreeMap::new();
    for ((context, id), known) in &gathered.ids {
        let last = highest.entry(context).or_insert(*id);
        *last = (*last).max(*id);
        if !gathered.contents.contains_key(known) {
            found.problems.push(format!("the id {id} of the context `{context}` denotes no schema"));
        }
    }
    for (context, id) in highest {
        let last_id = gathered.contexts.get(context).map(|stored| stored.last_id);
        if last_id.is_none_or(|last_id| last_id < i64::from(id.0)) {
            found.problems.push(format!(
                "the context `{context}` would give out ids again: it has the id {id} and counts from {}",
                last_id.unwrap_or(0)
            ));
        }
    }
    for stored in &gathered.versions {
        let (subject, version) = (spelt(&stored.subject), stored.version);
        if !gathered.ids.contains_key(&(stored.subject.context().clone(), stored.id)) {
            found
                .problems
                .push(format!("{subject} version {version} has the id {}, which is none", stored.id));
        }
    }
    found.problems.extend(gathered.recorded.differences(gathered));
}

/// The texts of a registry, for parsing them.
struct Texts<'a> {
    by_number: BTreeMap<(&'a Subject, Version), &'a Held>,
}

impl<'a> Texts<'a> {
    fn of(holdings: &'a Holdings) -> Texts<'a> {
        Texts { by_number: holdings.by_number() }
    }

    /// Do its references lead somewhere, and is its text a schema?
    fn examine(&self, held: &Held, found: &mut Found) {
        match self.closure(held) {
            Err(sentence) => found.problems.push(format!("{held}: {sentence}")),
            Ok(dependencies) => {
                let parsed =
                    Schema::parse(held.content.format, &held.content.text, &dependencies, Options::STORED);
                if let Err(error) = parsed {
                    found.notes.push(format!(
                        "{held}: served as it is, but nothing can be compared with it: {}",
                        error.message
                    ));
                }
            }
        }
    }

    /// Everything a version stands on, referenced texts first, each name once.
    fn closure(&self, held: &Held) -> Result<Vec<Dependency>, String> {
        let mut dependencies: Vec<Dependency> = Vec::new();
        let mut entered: HashSet<&str> = HashSet::new();
        // Each comes off twice: to enter what it stands on, and to be added after that.
        let mut stack: Vec<Step<'_>> = held
            .content
            .references
            .iter()
            .rev()
            .map(|reference| Step::Enter(reference, held.subject.context()))
            .collect();
        while let Some(step) = stack.pop() {
            let (reference, home) = match step {
                Step::Add(dependency) => {
                    dependencies.push(dependency);
                    continue;
                }
                Step::Enter(reference, home) => (reference, home),
            };
            if !entered.insert(&reference.name) {
                continue;
            }
            if entered.len() > MOST_DEPENDENCIES {
                return Err(format!("it stands on more than {MOST_DEPENDENCIES} schemas"));
            }
            let subject = Subject::parse_in(&reference.subject, home);
            let target = self.by_number.get(&(&subject, reference.version)).copied();
            let target = target.ok_or_else(|| {
                format!("it refers to {} version {}, which is not there", spelt(&subject), reference.version)
            })?;
            stack.push(Step::Add(Dependency {
                name: reference.name.clone(),
                origin: Some((subject, reference.version)),
                text: target.content.text.clone(),
            }));
            let further = target.content.references.iter().rev();
            stack.extend(further.map(|reference| Step::Enter(reference, target.subject.context())));
        }
        Ok(dependencies)
    }
}

enum Step<'a> {
    Enter(&'a Reference, &'a Context),
    Add(Dependency),
}
