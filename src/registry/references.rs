//! Resolve references to the texts behind them, the whole closure, referenced texts first.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{Context, Reference, SchemaId, Subject, Version};
use crate::schema::Dependency;
use crate::store::{StoreError, StoredVersion, Tx};

use super::{CandidateReference, Registry};

/// How many references one schema may have, and how many schemas it may stand on, directly or not.
/// A bound on the work that one request can cause; real closures have tens.
const MOST_DEPENDENCIES: usize = 2_000;
/// How many bytes of text those may have together.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// References with concrete versions, and everything they stand on at this moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Resolved {
    pub(super) references: Vec<Reference>,
    pub(super) dependencies: Arc<[Dependency]>,
    /// Where the references themselves lead.
    pub(super) targets: Vec<Target>,
    /// The sentence about the first soft-deleted version among all of it. A new schema may not stand
    /// on one, an old one may.
    pub(super) deleted: Option<String>,
}

/// Where a reference leads. A version number may be given to another schema after a purge; an id
/// never is, so equal targets have equal texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) subject: Subject,
    pub(super) version: Version,
    pub(super) id: SchemaId,
}

/// Why references cannot be resolved.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// One leads nowhere; the sentence says which.
    Sentence(String),
    /// The store could not tell.
    Store(StoreError),
}

impl From<StoreError> for Unresolved {
    fn from(error: StoreError) -> Unresolved {
        Unresolved::Store(error)
    }
}

/// The closure of some references.
#[derive(Default)]
struct Closure {
    dependencies: Vec<Dependency>,
    deleted: Option<String>,
    bytes: usize,
}

impl Registry {
    /// Resolve references as a caller sent them; `-1` becomes the latest live version.
    pub(super) async fn resolve_sent(
        &self,
        tx: &mut Tx,
        home: &Context,
        sent: &[CandidateReference],
    ) -> Result<Resolved, Unresolved> {
        if sent.len() > MOST_DEPENDENCIES {
            return Err(too_many());
        }
        let mut references = Vec::with_capacity(sent.len());
        for reference in sent {
            references.push(complete(tx, home, reference).await?);
        }
        self.resolve(tx, home, references).await
    }

    /// Resolve references that have concrete versions. Each name is resolved once, the first one
    /// wins, which also ends every cycle.
    pub(super) async fn resolve(
        &self,
        tx: &mut Tx,
        asking: &Context,
        references: Vec<Reference>,
    ) -> Result<Resolved, Unresolved> {
        let mut direct = Vec::with_capacity(references.len());
        for reference in &references {
            direct.push(target(tx, asking, reference).await?);
        }
        let mut seen = HashSet::new();
        let mut closure = Closure::default();
        // An explicit stack: a chain of references may be longer than the call stack is deep. An
        // entry comes off twice, first to push what it stands on, then to be added after those.
        let mut stack: Vec<Visit> = Vec::new();
        push_all(&mut stack, &references, asking, &seen);
        while let Some(visit) = stack.pop() {
            let (reference, home) = match visit {
                Visit::Add(dependency) => {
                    closure.dependencies.push(dependency);
                    continue;
                }
                Visit::Enter(reference, home) => (reference, home),
            };
            if !seen.insert(reference.name.clone()) {
                continue;
            }
            let (subject, stored) = match references.iter().position(|direct| *direct == reference) {
                Some(index) if home == *asking => direct[index].clone(),
                _ => target(tx, &home, &reference).await?,
            };
            let known = self.content_of(tx, subject.context(), &stored).await?;
            closure.bytes += known.content.text.len();
            if seen.len() > MOST_DEPENDENCIES || closure.bytes > MOST_BYTES {
                return Err(too_many());
            }
            if stored.deleted && closure.deleted.is_none() {
                closure.deleted = Some(missing(&subject, stored.version.number()));
            }
            stack.push(Visit::Add(Dependency {
                name: reference.name,
                text: known.content.text.clone(),
                origin: Some((subject.clone(), stored.version)),
            }));
            push_all(&mut stack, &known.content.references, subject.context(), &seen);
        }
        let as_target = |(subject, stored): (Subject, StoredVersion)| Target {
            subject,
            version: stored.version,
            id: stored.id,
        };
        let targets = direct.into_iter().map(as_target).collect();
        let Closure { dependencies, deleted, .. } = closure;
        Ok(Resolved { references, dependencies: dependencies.into(), targets, deleted })
    }
}

enum Visit {
    Enter(Reference, Context),
    Add(Dependency),
}

fn push_all(stack: &mut Vec<Visit>, references: &[Reference], home: &Context, seen: &HashSet<String>) {
    // Reversed, so that the first reference comes off the stack first.
    let new = references.iter().rev().filter(|reference| !seen.contains(&reference.name));
    stack.extend(new.map(|reference| Visit::Enter(reference.clone(), home.clone())));
}

async fn complete(tx: &mut Tx, home: &Context, sent: &CandidateReference) -> Result<Reference, Unresolved> {
    let (Some(name), Some(subject), Some(number)) = (&sent.name, &sent.subject, sent.version) else {
        let shown = |part: &Option<String>| part.clone().unwrap_or_else(|| "null".to_owned());
        let version = sent.version.map_or("null".to_owned(), |number| number.to_string());
        return Err(Unresolved::Sentence(format!(
            "Invalid reference: {{name='{}', subject='{}', version={version}}}",
            shown(&sent.name),
            shown(&sent.subject)
        )));
    };
    let version = match number {
        -1 => tx.latest(&subject_of(home, subject, number)?).await?.map(|latest| latest.version),
        number => Version::new(number),
    };
    let version =
        version.ok_or_else(|| Unresolved::Sentence(missing(&Subject::parse_in(subject, home), number)))?;
    Ok(Reference { name: name.clone(), subject: subject.clone(), version })
}

async fn target(
    tx: &mut Tx,
    home: &Context,
    reference: &Reference,
) -> Result<(Subject, StoredVersion), Unresolved> {
    let subject = subject_of(home, &reference.subject, reference.version.number())?;
    match tx.version(&subject, reference.version).await? {
        Some(stored) => Ok((subject, stored)),
        None => Err(Unresolved::Sentence(missing(&subject, reference.version.number()))),
    }
}

/// The subject that a reference names. From another context there is no way to name one of the
/// default context.
fn subject_of(home: &Context, text: &str, version: i32) -> Result<Subject, Unresolved> {
    let subject = Subject::parse_in(text, home);
    if subject.context().is_default() && !home.is_default() {
        return Err(Unresolved::Sentence(missing(&subject, version)));
    }
    Ok(subject)
}

fn missing(subject: &Subject, version: i32) -> String {
    format!("No schema reference found for subject \"{subject}\" and version {version}")
}

fn too_many() -> Unresolved {
    let megabytes = MOST_BYTES / (1024 * 1024);
    Unresolved::Sentence(format!(
        "The schema stands on more than {MOST_DEPENDENCIES} other schemas, or on more than {megabytes} MiB of them"
    ))
}
