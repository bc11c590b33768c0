//! Find the version that already holds a schema, however it is spelled.

use std::sync::Arc;

use crate::model::{Content, Format, Metadata, Subject, VERSION_PROPERTY, Version};
use crate::schema::{Dependency, Options, ParseError, Schema};
use crate::store::{StoredVersion, Tx};

use super::read::places_elsewhere;
use super::references::{Parseable, Reach, Resolved, Unresolved, off_thread};
use super::{Candidate, Error, Found, InvalidCause, InvalidSchema, Registry};

/// A candidate made concrete: parsed, its references resolved, its text canonical.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) schema: Arc<Schema>,
    pub(super) content: Content,
}

/// How to make a candidate concrete.
#[derive(Clone, Copy)]
pub(super) struct Preparation {
    pub(super) options: Options,
    pub(super) reach: Reach,
    pub(super) normalize: bool,
}

impl Preparation {
    /// For a schema that is only looked for: laxer parsing, soft-deleted references allowed.
    pub(super) fn to_look_up(normalize: bool) -> Preparation {
        Preparation { options: Options::STORED, reach: Reach::Stored, normalize }
    }

    /// For a schema that is about to be registered.
    pub(super) fn to_register(normalize: bool, validate_fields: bool) -> Preparation {
        Preparation { options: Options { new: true, validate_fields }, reach: Reach::Live, normalize }
    }
}

impl Registry {
    /// The version of a subject that holds a schema. An unqualified subject without it is searched
    /// in the other contexts too.
    ///
    /// # Errors
    /// When the schema is invalid, the subject does not exist, or none of its versions holds it.
    pub async fn look_up(
        &self,
        subject: &Subject,
        mut candidate: Candidate,
        normalize: bool,
        deleted: bool,
    ) -> Result<Found, Error> {
        if self.defaults.drop_rule_sets {
            candidate.rule_set = None;
        }
        let mut tx = self.store.read().await?;
        if let Some(found) = self.look_up_in(&mut tx, subject, &candidate, normalize, deleted).await? {
            return Ok(found);
        }
        for elsewhere in places_elsewhere(&mut tx, subject).await? {
            match self.look_up_in(&mut tx, &elsewhere, &candidate, normalize, deleted).await {
                Ok(Some(found)) => return Ok(found),
                // References that resolve here need not resolve there.
                Ok(None) | Err(Error::InvalidSchema(_)) => {}
                Err(other) => return Err(other),
            }
        }
        let history = tx.history(subject).await?;
        if history.iter().any(|stored| deleted || !stored.deleted) {
            Err(Error::SchemaNotFound)
        } else {
            Err(Error::SubjectNotFound(subject.clone()))
        }
    }

    async fn look_up_in(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        candidate: &Candidate,
        normalize: bool,
        deleted: bool,
    ) -> Result<Option<Found>, Error> {
        let Some(text) = candidate.given_text() else { return Ok(None) };
        let normalize = normalize || self.in_force(tx, subject).await?.normalize == Some(true);
        let preparation = Preparation::to_look_up(normalize);
        let mut prepared = self.prepare(tx, subject, candidate, text, preparation).await?;
        let history = tx.history(subject).await?;
        if let Some(stored) = self.holding(tx, subject, &history, &prepared, deleted).await? {
            return self.found(tx, subject, stored).await.map(Some);
        }
        // A plain schema may have been registered with what it inherited from its predecessor.
        let Some(latest) = history.iter().rfind(|stored| !stored.deleted) else { return Ok(None) };
        let latest = self.content_of(tx, subject.context(), latest).await?;
        let inherited = inherit(&prepared.content, &latest);
        if inherited == prepared.content {
            return Ok(None);
        }
        prepared.content = inherited;
        match self.holding(tx, subject, &history, &prepared, deleted).await? {
            Some(stored) => self.found(tx, subject, stored).await.map(Some),
            None => Ok(None),
        }
    }

    /// Parse a candidate and make its text canonical.
    ///
    /// # Errors
    /// [`Error::InvalidSchema`] when the text or a reference is wrong.
    pub(super) async fn prepare(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        candidate: &Candidate,
        text: &str,
        preparation: Preparation,
    ) -> Result<Prepared, Error> {
        let format = candidate.format.clone()?;
        let sent = &candidate.references;
        let resolved = match self.resolve_sent(tx, subject.context(), sent, preparation.reach).await {
            Ok(resolved) => resolved,
            Err(Unresolved::Store(error)) => return Err(error.into()),
            Err(Unresolved::Sentence(sentence)) => {
                let cause = InvalidCause::Reference(sentence);
                return Err(invalid(subject, format, text, Resolved::default(), candidate, cause));
            }
        };
        let (text_sent, dependencies) = (text.to_owned(), resolved.dependencies.clone());
        let parsed = off_thread(move || parse(format, &text_sent, &dependencies, preparation)).await?;
        match parsed {
            Ok((schema, text)) => Ok(concrete(schema, text, resolved, candidate, preparation.normalize)),
            Err(error) => Err(invalid(subject, format, text, resolved, candidate, InvalidCause::Text(error))),
        }
    }

    /// The version of `history` that holds the prepared schema: by hash if possible, else the newest
    /// equivalent one.
    pub(super) async fn holding(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        history: &[StoredVersion],
        prepared: &Prepared,
        deleted: bool,
    ) -> Result<Option<StoredVersion>, Error> {
        let (guid, format) = (prepared.content.guid(), prepared.content.format);
        let recorded = history.iter().rfind(|stored| stored.guid == guid && stored.format == format);
        if let Some(stored) = recorded.filter(|stored| deleted || !stored.deleted) {
            return Ok(Some(*stored));
        }
        let mut alike = Vec::new();
        for stored in
            history.iter().rev().filter(|stored| (deleted || !stored.deleted) && stored.format == format)
        {
            let content = self.content_of(tx, subject.context(), stored).await?;
            if !may_be_the_same(&prepared.content, &content, stored.version) {
                continue;
            }
            if content.text == prepared.content.text {
                alike.push((*stored, Likeness::Certain));
                break;
            }
            // JSON Schemas are the same when their texts are; the others must be compared as trees.
            if format != Format::Json {
                let parseable = self.parseable(tx, subject.context(), content).await?;
                alike.push((*stored, Likeness::AfterParsing(parseable)));
            }
        }
        newest_equivalent(alike, Arc::clone(&prepared.schema)).await
    }
}

enum Likeness {
    Certain,
    AfterParsing(Parseable),
}

async fn newest_equivalent(
    alike: Vec<(StoredVersion, Likeness)>,
    schema: Arc<Schema>,
) -> Result<Option<StoredVersion>, Error> {
    if let [] | [(_, Likeness::Certain), ..] = alike.as_slice() {
        return Ok(alike.into_iter().next().map(|(stored, _)| stored));
    }
    off_thread(move || {
        alike.into_iter().find_map(|(stored, likeness)| {
            let same = match likeness {
                Likeness::Certain => true,
                Likeness::AfterParsing(old) => old.parse().is_ok_and(|old| schema.is_equivalent(&old)),
            };
            same.then_some(stored)
        })
    })
    .await
}

/// Parse a text that was sent; answers with the schema and the text to store.
fn parse(
    format: Format,
    text: &str,
    dependencies: &[Dependency],
    preparation: Preparation,
) -> Result<(Schema, String), ParseError> {
    let schema = Schema::parse(format, text, dependencies, preparation.options)?;
    if let Some(unresolved) = schema.unresolved() {
        return Err(unresolved.clone());
    }
    if !preparation.normalize {
        let canonical = schema.canonical().to_owned();
        return Ok((schema, canonical));
    }
    // From here on the schema is what its normal form says: that is what will be read back.
    let normal = schema.normal_form();
    let normalized = Schema::parse(format, &normal, dependencies, Options::STORED);
    Ok((normalized.unwrap_or(schema), normal))
}

fn concrete(
    schema: Schema,
    text: String,
    resolved: Resolved,
    candidate: &Candidate,
    normalize: bool,
) -> Prepared {
    let mut references = resolved.references;
    if normalize {
        references.sort_by(|left, right| (&left.subject, left.version).cmp(&(&right.subject, right.version)));
        references.dedup();
    }
    let content = Content {
        format: schema.format(),
        text,
        references,
        metadata: candidate.metadata.clone(),
        rule_set: candidate.rule_set.clone(),
    };
    Prepared { schema: Arc::new(schema), content }
}

fn invalid(
    subject: &Subject,
    format: Format,
    text: &str,
    resolved: Resolved,
    candidate: &Candidate,
    cause: InvalidCause,
) -> Error {
    let as_sent = Content {
        format,
        text: text.to_owned(),
        references: resolved.references,
        metadata: candidate.metadata.clone(),
        rule_set: candidate.rule_set.clone(),
    };
    Error::InvalidSchema(Box::new(InvalidSchema {
        format,
        cause,
        subject: subject.clone(),
        guid: Some(as_sent.guid()),
        text: as_sent.text,
        references: as_sent.references,
    }))
}

/// A content with what it leaves open taken from the latest version.
pub(super) fn inherit(content: &Content, latest: &Content) -> Content {
    Content {
        metadata: content.metadata.clone().or_else(|| latest.metadata.clone()),
        rule_set: content.rule_set.clone().or_else(|| latest.rule_set.clone()),
        ..content.clone()
    }
}

/// Everything but the text: a self-contained schema may equal one that refers to others, and the
/// version property that the registry writes by itself does not count.
fn may_be_the_same(new: &Content, old: &Content, old_version: Version) -> bool {
    let references =
        (new.references.is_empty() && !old.references.is_empty()) || new.references == old.references;
    references
        && new.rule_set == old.rule_set
        && same_metadata(new.metadata.as_ref(), old.metadata.as_ref(), old_version)
}

fn same_metadata(new: Option<&Metadata>, old: Option<&Metadata>, old_version: Version) -> bool {
    let version_of = |metadata: Option<&Metadata>| {
        metadata.and_then(|metadata| metadata.property(VERSION_PROPERTY)).map(str::to_owned)
    };
    let without = |metadata: Option<&Metadata>| metadata.cloned().unwrap_or_default().without_version();
    match (version_of(new), version_of(old)) {
        (None, Some(_)) => without(new) == without(old),
        (Some(claimed), None) => claimed == old_version.to_string() && without(new) == without(old),
        _ => new == old,
    }
}

#[cfg(test)]
mod tests {
    use super::same_metadata;
    use crate::model::{Metadata, VERSION_PROPERTY, Version};

    #[test]
    fn the_version_property_does_not_make_a_difference_by_itself() {
        let with = |pairs: &[(&str, &str)]| {
            let properties =
                pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            Some(Metadata { properties, ..Metadata::default() })
        };
        let at_two = Version::new(2).expect("a version");
        for (new, old, same) in [
            (None, None, true),
            (with(&[]), None, false),
            (None, with(&[(VERSION_PROPERTY, "2")]), true),
            (None, with(&[(VERSION_PROPERTY, "2"), ("a", "b")]), false),
            (with(&[("a", "b")]), with(&[(VERSION_PROPERTY, "2"), ("a", "b")]), true),
            (with(&[(VERSION_PROPERTY, "2")]), None, true),
            (with(&[(VERSION_PROPERTY, "3")]), None, false),
            (with(&[(VERSION_PROPERTY, "3")]), with(&[(VERSION_PROPERTY, "2")]), false),
        ] {
            assert_eq!(same_metadata(new.as_ref(), old.as_ref(), at_two), same, "{new:?} {old:?}");
        }
    }
}
