//! From a schema as it was sent to one that can be stored, compared and hashed.

use crate::model::{Content, Context, Format, Subject};
use crate::schema::{Dependency, Options, ParseError, Schema};
use crate::store::Tx;

use super::references::{Resolved, Unresolved};
use super::{Candidate, Error, InvalidCause, InvalidSchema, Registry};

/// A candidate with what its references stand on. Preparing it needs no store.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) subject: Subject,
    pub(super) candidate: Candidate,
    /// The sentence when a reference leads nowhere.
    pub(super) resolved: Result<Resolved, String>,
}

/// A candidate made concrete: parsed, its text canonical or normal.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) schema: Schema,
    pub(super) content: Content,
}

/// How to make a candidate concrete.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose {
    options: Options,
    normalize: bool,
    /// Must every name mean something?
    resolved: bool,
}

impl Purpose {
    /// To look for it: laxer parsing, soft-deleted references allowed.
    pub(super) fn to_look_up(normalize: bool) -> Purpose {
        Purpose { options: Options::STORED, normalize, resolved: true }
    }

    /// To register it, or to see whether it could be. `new` schemas are parsed strictly.
    pub(super) fn to_register(normalize: bool, validate_fields: bool, new: bool) -> Purpose {
        Purpose { options: Options { new, validate_fields }, normalize, resolved: true }
    }

    /// To take it over from another registry, which has checked it.
    pub(super) fn to_import() -> Purpose {
        Purpose { options: Options::STORED, normalize: false, resolved: false }
    }

    /// May it stand on soft-deleted schemas?
    pub(super) fn allows_deleted(self) -> bool {
        !self.options.new
    }

    /// Does the schema become what its normal form says?
    pub(super) fn normalizes(self) -> bool {
        self.normalize
    }
}

impl Registry {
    /// Resolve a candidate's references.
    ///
    /// # Errors
    /// When the store fails; a reference that leads nowhere is told when the candidate is prepared.
    pub(super) async fn sent(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        candidate: Candidate,
    ) -> Result<Sent, Error> {
        let home: &Context = subject.context();
        let resolved = match self.resolve_sent(tx, home, &candidate.references).await {
            Ok(resolved) => Ok(resolved),
            Err(Unresolved::Sentence(sentence)) => Err(sentence),
            Err(Unresolved::Store(error)) => return Err(error.into()),
        };
        Ok(Sent { subject: subject.clone(), candidate, resolved })
    }
}

impl Sent {
    /// Parse the candidate. Takes as long as its text is: not for threads that serve requests.
    ///
    /// # Errors
    /// When there is no text, or it or a reference is wrong.
    pub(super) fn prepare(&self, purpose: Purpose) -> Result<Prepared, Error> {
        let candidate = &self.candidate;
        let text = candidate.given_text().ok_or(Error::EmptySchema)?;
        let format = candidate.format.clone()?;
        let nothing = Resolved::default();
        let (resolved, dead_end) = match &self.resolved {
            Ok(resolved) => (resolved, resolved.deleted.as_ref().filter(|_| !purpose.allows_deleted())),
            Err(sentence) => (&nothing, Some(sentence)),
        };
        let content = |text: String, resolved: &Resolved| Content {
            format,
            text,
            references: resolved.references.clone(),
            metadata: candidate.metadata.clone(),
            rule_set: candidate.rule_set.clone(),
        };
        let outcome = match dead_end {
            Some(sentence) => Err(InvalidCause::Reference(sentence.clone())),
            None => parse(format, text, &resolved.dependencies, purpose).map_err(InvalidCause::Text),
        };
        match outcome {
            Ok((schema, stored_text)) => {
                let mut content = content(stored_text, resolved);
                if purpose.normalize {
                    normalize_references(&mut content);
                }
                Ok(Prepared { schema, content })
            }
            Err(cause) => Err(invalid(&self.subject, cause, content(text.to_owned(), resolved))),
        }
    }
}

/// Parse a text; answers with the schema and the text to store.
fn parse(
    format: Format,
    text: &str,
    dependencies: &[Dependency],
    purpose: Purpose,
) -> Result<(Schema, String), ParseError> {
    let schema = Schema::parse(format, text, dependencies, purpose.options)?;
    if let Some(unresolved) = schema.unresolved().filter(|_| purpose.resolved) {
        return Err(unresolved.clone());
    }
    if !purpose.normalize {
        let canonical = schema.canonical().to_owned();
        return Ok((schema, canonical));
    }
    // From here on the schema is what its normal form says: that is what will be read back.
    let normal = schema.normal_form();
    let normalized = Schema::parse(format, &normal, dependencies, Options::STORED)?;
    Ok((normalized, normal))
}

/// Sorted by subject and version, exact duplicates removed.
fn normalize_references(content: &mut Content) {
    content
        .references
        .sort_by(|left, right| (&left.subject, left.version).cmp(&(&right.subject, right.version)));
    let mut seen = std::collections::HashSet::new();
    content.references.retain(|reference| seen.insert(reference.clone()));
}

pub(super) fn invalid(subject: &Subject, cause: InvalidCause, content: Content) -> Error {
    Error::InvalidSchema(Box::new(InvalidSchema {
        format: content.format,
        cause,
        subject: subject.clone(),
        guid: Some(content.guid()),
        text: content.text,
        references: content.references,
    }))
}
