//! Resolve references to the texts behind them, the whole closure, referenced texts first.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{Content, Context, Reference, Subject, Version, VersionRef};
use crate::schema::{Dependency, Options, ParseError, Schema};
use crate::store::{StoreError, StoredVersion, Tx};

use super::{CandidateReference, Error, Registry};

/// How many schemas one schema may stand on, directly or not. A bound on the work that one request
/// can cause; real closures have tens.
const MOST_DEPENDENCIES: usize = 2_000;

/// Which versions a reference may point to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Live ones: for a schema about to be registered.
    Live,
    /// Soft-deleted ones too: for a schema that exists, or is only looked up.
    Stored,
}

/// The outcome of resolving: the references with concrete versions, and everything they stand on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) references: Vec<Reference>,
    pub(super) dependencies: Vec<Dependency>,
}

/// A reference that leads nowhere; holds the sentence that says which.
#[derive(Debug)]
pub(super) enum Unresolved {
    Sentence(String),
    Store(StoreError),
}

impl From<StoreError> for Unresolved {
    fn from(error: StoreError) -> Unresolved {
        Unresolved::Store(error)
    }
}

impl Registry {
    /// Resolve references as a caller sent them; `-1` becomes the latest live version.
    pub(super) async fn resolve_sent(
        &self,
        tx: &mut Tx,
        home: &Context,
        sent: &[CandidateReference],
        reach: Reach,
    ) -> Result<Resolved, Unresolved> {
        let mut references = Vec::with_capacity(sent.len());
        for reference in sent {
            references.push(complete(tx, home, reference).await?);
        }
        let dependencies = self.closure(tx, home, &references, reach).await?;
        Ok(Resolved { references, dependencies })
    }

    /// Everything that stored references stand on. Each name is resolved once, the first one wins,
    /// which also ends every cycle.
    pub(super) async fn closure(
        &self,
        tx: &mut Tx,
        home: &Context,
        references: &[Reference],
        reach: Reach,
    ) -> Result<Vec<Dependency>, Unresolved> {
        let mut seen = HashSet::new();
        let mut dependencies = Vec::new();
        // An explicit stack: a chain of references may be longer than the call stack is deep. An
        // entry comes off twice, first to push what it stands on, then to be added after those.
        let mut stack: Vec<Visit> = Vec::new();
        push_all(&mut stack, references, home);
        while let Some(visit) = stack.pop() {
            match visit {
                Visit::Add(dependency) => dependencies.push(dependency),
                Visit::Enter { reference, home } => {
                    if !seen.insert(reference.name.clone()) {
                        continue;
                    }
                    if seen.len() > MOST_DEPENDENCIES {
                        return Err(Unresolved::Sentence(format!(
                            "The schema stands on more than {MOST_DEPENDENCIES} other schemas"
                        )));
                    }
                    let (subject, stored) = target(tx, &home, &reference, reach).await?;
                    let content = self.content_of(tx, subject.context(), &stored).await?;
                    stack.push(Visit::Add(Dependency {
                        name: reference.name,
                        text: content.text.clone(),
                        origin: Some((subject.clone(), stored.version)),
                    }));
                    push_all(&mut stack, &content.references, subject.context());
                }
            }
        }
        Ok(dependencies)
    }

    /// The content of a stored version, from memory where possible.
    pub(super) async fn content_of(
        &self,
        tx: &mut Tx,
        context: &Context,
        stored: &StoredVersion,
    ) -> Result<Arc<Content>, StoreError> {
        if let Some(content) = self.cache.get(context, stored.id) {
            return Ok(content);
        }
        let content = tx.content(context, stored.id).await?.ok_or_else(|| {
            StoreError::Corrupt(format!(
                "version {} has the id {}, which has no content",
                stored.version, stored.id
            ))
        })?;
        Ok(self.cache.keep(context, stored.id, content))
    }

    /// A stored content with the texts it stands on, ready to be parsed anywhere.
    pub(super) async fn parseable(
        &self,
        tx: &mut Tx,
        context: &Context,
        content: Arc<Content>,
    ) -> Result<Parseable, StoreError> {
        let dependencies = match self.closure(tx, context, &content.references, Reach::Stored).await {
            Ok(dependencies) => Ok(dependencies),
            Err(Unresolved::Sentence(sentence)) => Err(ParseError::validate(sentence, None)),
            Err(Unresolved::Store(error)) => return Err(error),
        };
        Ok(Parseable { content, dependencies })
    }
}

/// A content and what it stands on. Parsing it needs no store.
#[derive(Debug, Clone)]
pub(super) struct Parseable {
    pub(super) content: Arc<Content>,
    pub(super) dependencies: Result<Vec<Dependency>, ParseError>,
}

impl Parseable {
    /// Parse as a stored schema.
    pub(super) fn parse(&self) -> Result<Schema, ParseError> {
        let dependencies = self.dependencies.as_ref().map_err(ParseError::clone)?;
        Schema::parse(self.content.format, &self.content.text, dependencies, Options::STORED)
    }
}

/// Run work of unbounded length off the async threads.
///
/// # Errors
/// [`Error::ComparisonFailed`] when the work panicked: it costs this request, not the server.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::ComparisonFailed)
}

enum Visit {
    Enter { reference: Reference, home: Context },
    Add(Dependency),
}

fn push_all(stack: &mut Vec<Visit>, references: &[Reference], home: &Context) {
    // Reversed, so that the first reference comes off the stack first.
    let entries = references.iter().rev().cloned();
    stack.extend(entries.map(|reference| Visit::Enter { reference, home: home.clone() }));
}

async fn complete(tx: &mut Tx, home: &Context, sent: &CandidateReference) -> Result<Reference, Unresolved> {
    let (Some(name), Some(subject), Some(version)) = (&sent.name, &sent.subject, sent.version) else {
        let shown = |part: &Option<String>| part.clone().unwrap_or_else(|| "null".to_owned());
        let version = sent.version.map_or("null".to_owned(), |number| number.to_string());
        return Err(Unresolved::Sentence(format!(
            "Invalid reference: {{name='{}', subject='{}', version={version}}}",
            shown(&sent.name),
            shown(&sent.subject)
        )));
    };
    let target = Subject::parse_in(subject, home);
    let version = match version {
        -1 => tx.latest(&target).await?.map(|latest| latest.version),
        number => Version::new(number),
    };
    match version {
        Some(version) => Ok(Reference { name: name.clone(), subject: subject.clone(), version }),
        None => Err(missing(&target, sent.version.unwrap_or(-1))),
    }
}

async fn target(
    tx: &mut Tx,
    home: &Context,
    reference: &Reference,
    reach: Reach,
) -> Result<(Subject, StoredVersion), Unresolved> {
    let subject = Subject::parse_in(&reference.subject, home);
    let stored = tx.version(&subject, reference.version).await?;
    match stored.filter(|stored| reach == Reach::Stored || !stored.deleted) {
        Some(stored) => Ok((subject, stored)),
        None => Err(missing(&subject, reference.version.number())),
    }
}

fn missing(subject: &Subject, version: i32) -> Unresolved {
    Unresolved::Sentence(format!("No schema reference found for subject \"{subject}\" and version {version}"))
}

/// What a caller names as a version must be found, or the error must say what is missing: the
/// subject, or just the version.
pub(super) fn not_found(subject: &Subject, version: VersionRef, subject_exists: bool) -> Error {
    if subject_exists { Error::VersionNotFound(version) } else { Error::SubjectNotFound(subject.clone()) }
}
