//! Two registries: which subjects, versions and levels differ, and how the latest versions do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::operand::of_version;
use super::{Pair, PairResult, State, between};
use crate::failure::Failure;
use crate::gate::registered::Registered;
use crate::model::Judging;
use crate::remote::RegistryClient;

/// Something that one registry has and the other has not, or has otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryChange {
    /// The subject; `None` for the registry as a whole.
    pub subject: Option<String>,
    /// What it is: `subject`, `version`, `content`, `level`.
    pub what: &'static str,
    /// The version, where it is about one.
    pub version: Option<i32>,
    /// What the old one has.
    pub old: Option<String>,
    /// What the new one has.
    pub new: Option<String>,
}

/// What differs between two registries, in the subjects that `is_meant` names.
///
/// # Errors
/// When one of them cannot be reached or read.
pub async fn between_registries(
    judging: &Judging,
    old: &str,
    new: &str,
    is_meant: impl Fn(&str) -> bool,
) -> Result<(Vec<RegistryChange>, Vec<Pair>), Failure> {
    let client = |url| RegistryClient::new(url).map(|client| Registered::new(Arc::new(client)));
    let mut sides = [client(old)?, client(new)?];
    let mut found = Vec::new();
    let levels = levels(&sides, None).await?;
    if levels[0] != levels[1] {
        let [old, new] = levels;
        found.push(RegistryChange { subject: None, what: "level", version: None, old, new });
    }
    let mut known: [BTreeSet<String>; 2] = Default::default();
    for (side, subjects) in sides.iter().zip(&mut known) {
        subjects.extend(side.client().subjects().await?.into_iter().filter(|subject| is_meant(subject)));
    }
    let all: BTreeSet<&String> = known[0].union(&known[1]).collect();
    let mut pairs = Vec::new();
    for subject in all {
        let has = [known[0].contains(subject), known[1].contains(subject)];
        if has != [true, true] {
            let word = |has: bool| has.then(|| "registered".to_owned());
            let [old, new] = has.map(word);
            let subject = Some(subject.clone());
            found.push(RegistryChange { subject, what: "subject", version: None, old, new });
            continue;
        }
        let levels = self::levels(&sides, Some(subject)).await?;
        if levels[0] != levels[1] {
            let [old, new] = levels;
            let subject = Some(subject.clone());
            found.push(RegistryChange { subject, what: "level", version: None, old, new });
        }
        found.extend(versions(&sides, subject).await?);
        pairs.extend(latest(judging, &mut sides, subject).await?);
    }
    Ok((found, pairs))
}

/// The levels that both have recorded for a subject, or for everything.
async fn levels(sides: &[Registered; 2], subject: Option<&str>) -> Result<[Option<String>; 2], Failure> {
    let mut levels = [None, None];
    for (side, level) in sides.iter().zip(&mut levels) {
        let config = side.client().own_config(subject).await?;
        let told = config.as_ref().and_then(|config| config.get("compatibilityLevel")?.as_str());
        *level = told.map(str::to_owned);
    }
    Ok(levels)
}

/// Versions that one of them lacks, or that hold different schemas.
async fn versions(sides: &[Registered; 2], subject: &str) -> Result<Vec<RegistryChange>, Failure> {
    let mut numbers: BTreeMap<i32, [bool; 2]> = BTreeMap::new();
    for (position, side) in sides.iter().enumerate() {
        for number in side.client().versions(subject).await?.unwrap_or_default() {
            numbers.entry(number).or_default()[position] = true;
        }
    }
    let mut found = Vec::new();
    for (number, has) in numbers {
        let change = |what, old, new| RegistryChange {
            subject: Some(subject.to_owned()),
            what,
            version: Some(number),
            old,
            new,
        };
        if has != [true, true] {
            let [old, new] = has.map(|has| has.then(|| "registered".to_owned()));
            found.push(change("version", old, new));
            continue;
        }
        let (old, new) = (
            sides[0].client().version(subject, number).await?,
            sides[1].client().version(subject, number).await?,
        );
        let references = |of: &crate::remote::StoredVersion| -> Vec<(String, String, i32)> {
            of.references.iter().map(|it| (it.name.clone(), it.subject.clone(), it.version)).collect()
        };
        if old.schema != new.schema || old.format != new.format || references(&old) != references(&new) {
            let id = |id: i32| Some(format!("id {id}"));
            found.push(change("content", id(old.id), id(new.id)));
        }
    }
    Ok(found)
}

/// How the latest versions differ, if they do.
async fn latest(
    judging: &Judging,
    sides: &mut [Registered; 2],
    subject: &str,
) -> Result<Option<Pair>, Failure> {
    let mut states: Vec<State> = Vec::with_capacity(2);
    for side in sides {
        let document = of_version(side, subject, None).await?;
        let label = document.label.clone();
        states.push(State { label, documents: [(String::new(), document)].into(), is_one: true });
    }
    let (new, old) = (states.pop().unwrap_or_default(), states.pop().unwrap_or_default());
    let pair = between(judging, old, new)?.pop();
    Ok(pair
        .filter(|pair| !matches!(pair.result, PairResult::Unchanged))
        .map(|pair| Pair { name: subject.to_owned(), ..pair }))
}
