//! Reads of one schema: by version, id, guid or metadata; and what refers to it.

use std::sync::Arc;

use crate::model::{Content, Context, Guid, SchemaId, Subject, Timestamp, Version, VersionRef};
use crate::schema::{Options, Rendering, Schema, Tagged};
use crate::store::{StoredVersion, Tx, Use};

use super::prepare::invalid;
use super::references::Unresolved;
use super::{Error, InvalidCause, Registry};

/// A stored version with its content.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it is registered; qualified when another context answered.
    pub subject: Subject,
    /// Its number there.
    pub version: Version,
    /// Its number in the context.
    pub id: SchemaId,
    /// The hash of its content.
    pub guid: Guid,
    /// What it holds.
    pub content: Arc<Content>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Soft-deleted?
    pub deleted: bool,
}

impl Registry {
    /// A version of a subject. An unqualified subject that the default context does not have is
    /// searched in the other contexts, in the order of their names.
    ///
    /// # Errors
    /// When the subject or the version does not exist or, unless `deleted`, is soft-deleted.
    pub async fn find_version(
        &self,
        subject: &Subject,
        version: VersionRef,
        deleted: bool,
    ) -> Result<Found, Error> {
        let mut tx = self.store.read().await?;
        let first = match self.version_in(&mut tx, subject, version, deleted).await {
            Err(error @ (Error::SubjectNotFound(_) | Error::VersionNotFound(_))) => error,
            other => return other,
        };
        for elsewhere in places_elsewhere(&mut tx, subject).await? {
            match self.version_in(&mut tx, &elsewhere, version, deleted).await {
                Err(Error::SubjectNotFound(_) | Error::VersionNotFound(_)) => {}
                other => return other,
            }
        }
        Err(first)
    }

    async fn version_in(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        version: VersionRef,
        deleted: bool,
    ) -> Result<Found, Error> {
        let stored = match version {
            VersionRef::Latest => tx.latest(subject).await?,
            VersionRef::Number(number) => {
                tx.version(subject, number).await?.filter(|stored| deleted || !stored.deleted)
            }
        };
        match stored {
            Some(stored) => self.found(tx, subject, stored).await,
            None => {
                let history = tx.history(subject).await?;
                let exists = history.iter().any(|stored| deleted || !stored.deleted);
                Err(not_found(subject, version, exists))
            }
        }
    }

    pub(super) async fn found(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        stored: StoredVersion,
    ) -> Result<Found, Error> {
        let known = self.content_of(tx, subject.context(), &stored).await?;
        Ok(Found::of(subject, stored, known.content))
    }

    /// The highest version whose metadata holds every pair.
    ///
    /// # Errors
    /// When the subject does not exist, or none of its versions matches.
    pub async fn find_by_metadata(
        &self,
        subject: &Subject,
        pairs: &[(String, String)],
        deleted: bool,
    ) -> Result<Found, Error> {
        let mut tx = self.store.read().await?;
        let mut history = tx.history(subject).await?;
        history.retain(|stored| deleted || !stored.deleted);
        if history.is_empty() {
            return Err(Error::SubjectNotFound(subject.clone()));
        }
        let contents = self.contents_of(&mut tx, subject.context(), &history).await?;
        let holds = |stored: &&StoredVersion| {
            contents[&stored.id].content.metadata.as_ref().is_some_and(|metadata| {
                pairs.iter().all(|(key, value)| metadata.property(key) == Some(value.as_str()))
            })
        };
        let stored = history.iter().rev().find(holds).ok_or(Error::SchemaNotFound)?;
        Ok(Found::of(subject, *stored, Arc::clone(&contents[&stored.id].content)))
    }

    /// Some version with this id; `subject` says which one, or at least in which context to look.
    ///
    /// # Errors
    /// [`Error::IdNotFound`] when nothing in reach has the id. Soft-deleted versions have it still.
    pub async fn schema_by_id(&self, id: SchemaId, subject: Option<&str>) -> Result<Found, Error> {
        let mut tx = self.store.read().await?;
        let used = resolve_id(&mut tx, id, subject).await?.ok_or(Error::IdNotFound(id))?;
        self.found_use(&mut tx, used, id).await
    }

    async fn found_use(&self, tx: &mut Tx, used: Use, id: SchemaId) -> Result<Found, Error> {
        let context = used.subject.context();
        let known = match self.cache.get(context, id) {
            Some(known) => known,
            None => {
                let content = tx.content(context, id).await?.ok_or(Error::IdNotFound(id))?;
                self.cache.keep(context, id, content)
            }
        };
        Ok(Found {
            version: used.version,
            id,
            guid: known.guid,
            content: known.content,
            created_at: used.created_at,
            deleted: used.deleted,
            subject: used.subject,
        })
    }

    /// The highest id ever given out in a context; 0 before the first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn max_id(&self, context: &Context) -> Result<i32, Error> {
        Ok(self.store.read().await?.max_id(context).await?)
    }

    /// Which subject-versions use an id, one per subject: the one written last. Without `deleted`
    /// only those that are live. Sorted by subject.
    ///
    /// # Errors
    /// [`Error::SchemaNotFound`] when nothing in reach has the id.
    pub async fn uses_of_id(
        &self,
        id: SchemaId,
        subject: Option<&str>,
        deleted: bool,
    ) -> Result<Vec<(Subject, Version)>, Error> {
        let mut tx = self.store.read().await?;
        let Some(used) = resolve_id(&mut tx, id, subject).await? else { return Err(Error::SchemaNotFound) };
        let mut uses = tx.uses(used.subject.context(), id).await?;
        uses.sort_by(|left, right| {
            left.subject.name().cmp(right.subject.name()).then(right.written.cmp(&left.written))
        });
        uses.dedup_by(|later, first| later.subject == first.subject);
        let shown = uses.into_iter().filter(|used| deleted || !used.deleted);
        Ok(shown.map(|used| (used.subject, used.version)).collect())
    }

    /// Some version with the content of this hash, in the default context if it is there.
    ///
    /// # Errors
    /// [`Error::GuidNotFound`] when no version has it, or the text is no guid at all.
    pub async fn schema_by_guid(&self, guid_text: &str) -> Result<Found, Error> {
        let absent = || Error::GuidNotFound(guid_text.to_owned());
        let guid = Guid::parse(guid_text).ok_or_else(absent)?;
        let mut tx = self.store.read().await?;
        let (context, id) = tx.ids_of_guid(guid).await?.into_iter().next().ok_or_else(absent)?;
        let used = tx.any_use(&context, id).await?.ok_or_else(absent)?;
        self.found_use(&mut tx, used, id).await
    }

    /// Every (context, id) that denotes the content with this hash; empty when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ids_of_guid(&self, guid_text: &str) -> Result<Vec<(Context, SchemaId)>, Error> {
        let Some(guid) = Guid::parse(guid_text) else { return Ok(Vec::new()) };
        Ok(self.store.read().await?.ids_of_guid(guid).await?)
    }

    /// The ids of the schemas that refer to a version, which may itself be soft-deleted. Without
    /// `deleted`, only those with a live version that does.
    ///
    /// # Errors
    /// When the subject or the version does not exist.
    pub async fn referenced_by(
        &self,
        subject: &Subject,
        version: VersionRef,
        deleted: bool,
    ) -> Result<Vec<SchemaId>, Error> {
        let target = self.find_version(subject, version, true).await?;
        let mut referrers = self.store.read().await?.referrers(&target.subject, target.version).await?;
        referrers.retain(|referrer| deleted || !referrer.deleted);
        referrers.sort_by(|left, right| {
            (left.subject.context(), left.id).cmp(&(right.subject.context(), right.id))
        });
        referrers.dedup_by(|later, first| {
            later.id == first.id && later.subject.context() == first.subject.context()
        });
        Ok(referrers.into_iter().map(|referrer| referrer.id).collect())
    }

    /// The text of a content in another rendering.
    ///
    /// # Errors
    /// When the rendering needs a parse and the stored text no longer parses.
    pub async fn render(
        &self,
        found: &Subject,
        content: &Arc<Content>,
        rendering: Rendering,
    ) -> Result<String, Error> {
        if rendering == Rendering::Canonical {
            return Ok(content.text.clone());
        }
        self.with_parsed(found, content, move |schema| schema.render(rendering)).await
    }

    /// The inline-tagged records and fields of a content.
    ///
    /// # Errors
    /// When the stored text no longer parses.
    pub async fn tagged(&self, found: &Subject, content: &Arc<Content>) -> Result<Vec<Tagged>, Error> {
        self.with_parsed(found, content, |schema| schema.tagged()).await
    }

    async fn with_parsed<T: Send + 'static>(
        &self,
        subject: &Subject,
        content: &Arc<Content>,
        work: impl FnOnce(Schema) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let mut tx = self.store.read().await?;
        let resolved = self.resolve(&mut tx, subject.context(), content.references.clone()).await;
        drop(tx);
        let refused = |cause| invalid(subject, cause, content.as_ref().clone());
        let dependencies = match resolved {
            Ok(resolved) => resolved.dependencies,
            Err(Unresolved::Sentence(sentence)) => return Err(refused(InvalidCause::Reference(sentence))),
            Err(Unresolved::Store(error)) => return Err(error.into()),
        };
        let stored = Arc::clone(content);
        let parsed =
            move || Schema::parse(stored.format, &stored.text, &dependencies, Options::STORED).map(work);
        self.workers.run(parsed).await?.map_err(|error| refused(InvalidCause::Text(error)))
    }
}

impl Found {
    pub(super) fn of(subject: &Subject, stored: StoredVersion, content: Arc<Content>) -> Found {
        Found {
            subject: subject.clone(),
            version: stored.version,
            id: stored.id,
            guid: stored.guid,
            content,
            created_at: stored.created_at,
            deleted: stored.deleted,
        }
    }
}

/// What a caller names as a version must be found, or the error must say what is missing: the
/// subject, or just the version.
pub(super) fn not_found(subject: &Subject, version: VersionRef, subject_exists: bool) -> Error {
    if subject_exists { Error::VersionNotFound(version) } else { Error::SubjectNotFound(subject.clone()) }
}

/// Where else to look for a subject: the same name in every other context that has it, but only for a
/// name without a context that the default one did not have.
pub(super) async fn places_elsewhere(tx: &mut Tx, subject: &Subject) -> Result<Vec<Subject>, Error> {
    if !subject.context().is_default() || subject.name().is_empty() {
        return Ok(Vec::new());
    }
    let contexts = tx.contexts_holding(subject.name()).await?;
    Ok(contexts.into_iter().map(|context| subject.in_context(context)).collect())
}

/// Which use of an id a caller means: the named subject's; failing that the same name's in another
/// context; failing that any in the default context.
async fn resolve_id(tx: &mut Tx, id: SchemaId, subject: Option<&str>) -> Result<Option<Use>, Error> {
    let subject = Subject::parse(subject.unwrap_or(""));
    if subject.name().is_empty() {
        return Ok(tx.any_use(subject.context(), id).await?);
    }
    if let Some(used) = tx.last_use(&subject, id).await? {
        return Ok(Some(used));
    }
    if !subject.context().is_default() {
        return Ok(None);
    }
    for elsewhere in places_elsewhere(tx, &subject).await? {
        if let Some(used) = tx.last_use(&elsewhere, id).await? {
            return Ok(Some(used));
        }
    }
    Ok(tx.any_use(subject.context(), id).await?)
}
