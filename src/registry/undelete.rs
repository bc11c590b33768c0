//! Take back a soft deletion.

use crate::model::{Scope, Subject, Version, VersionRef};

use super::prepare::invalid;
use super::references::Unresolved;
use super::settings::check_writable;
use super::{Caller, Error, InvalidCause, Registry, delete};

impl Registry {
    /// Make a soft-deleted version live again, as it was; answers with its number. One that is live
    /// already stays so. It is compared with nothing: it was accepted once, and its data may be around.
    ///
    /// # Errors
    /// When the version is unknown, the subject read-only, or the schema refers to one that is
    /// soft-deleted (that one has to be undeleted first) or that belongs to a resource alone.
    pub async fn undelete_version(
        &self,
        subject: &Subject,
        version: VersionRef,
        caller: &Caller,
    ) -> Result<Version, Error> {
        let targets = self.targets_of(subject, version).await?;
        let mut tx = self.store.write(caller).await?;
        let locked: Vec<Subject> = std::iter::once(subject.clone()).chain(targets).collect();
        delete::lock(&mut tx, &locked).await?;
        let stored = delete::stored_version(&mut tx, subject, version).await?;
        check_writable(&mut tx, &Scope::of(subject)).await?;
        if !stored.deleted {
            return Ok(stored.version);
        }
        let content = self.content_of(&mut tx, subject.context(), &stored).await?.content;
        let refused =
            |sentence| Err(invalid(subject, InvalidCause::Reference(sentence), content.as_ref().clone()));
        match self.resolve(&mut tx, subject.context(), content.references.clone()).await {
            Ok(resolved) if resolved.deleted.is_some() => {
                return refused(resolved.deleted.unwrap_or_default());
            }
            Ok(resolved) => {
                for target in &resolved.targets {
                    if tx.is_strongly_associated(&target.subject).await? {
                        return Err(Error::StronglyReferenced(target.subject.clone()));
                    }
                }
            }
            Err(Unresolved::Sentence(sentence)) => return refused(sentence),
            Err(Unresolved::Store(error)) => return Err(error.into()),
        }
        tx.undelete(subject, &[stored.version]).await?;
        tx.commit().await?;
        Ok(stored.version)
    }

    /// The subjects that a version refers to, to be locked with it. What a version refers to never
    /// changes while it is soft-deleted.
    async fn targets_of(&self, subject: &Subject, version: VersionRef) -> Result<Vec<Subject>, Error> {
        let mut tx = self.store.read().await?;
        let stored = delete::stored_version(&mut tx, subject, version).await?;
        let content = self.content_of(&mut tx, subject.context(), &stored).await?.content;
        let targets = content.references.iter();
        Ok(targets.map(|reference| Subject::parse_in(&reference.subject, subject.context())).collect())
    }
}
