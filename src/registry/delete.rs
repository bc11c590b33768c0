//! Soft deletes and purges. Soft-deleted versions keep their number and id; purged ones are gone
//! from the wire, while their content and a tombstone stay in the store.

use crate::model::{Scope, Subject, Version, VersionRef};
use crate::store::{StoredVersion, Tx};

use super::references::not_found;
use super::settings::check_writable;
use super::{Caller, Error, Registry};

impl Registry {
    /// Soft-delete every live version of a subject; answers with those. Its settings and mode stay.
    ///
    /// # Errors
    /// When the subject is unknown, already deleted, read-only, or another live schema refers to one
    /// of the versions.
    pub async fn soft_delete_subject(
        &self,
        subject: &Subject,
        caller: &Caller,
    ) -> Result<Vec<Version>, Error> {
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[subject]).await?;
        let history = known_history(&mut tx, subject).await?;
        let live: Vec<Version> = history.iter().filter(|s| !s.deleted).map(|s| s.version).collect();
        if live.is_empty() {
            return Err(Error::SubjectAlreadyDeleted(subject.clone()));
        }
        check_writable(&mut tx, &Scope::of(subject)).await?;
        for version in &live {
            check_unreferenced(&mut tx, subject, *version, Referrers::LiveOfOthers).await?;
        }
        tx.soft_delete(subject, &live).await?;
        tx.commit().await?;
        Ok(live)
    }

    /// Purge every version of a soft-deleted subject, with its settings and mode.
    ///
    /// # Errors
    /// When the subject is unknown, read-only or has a live version, or any schema of another
    /// subject, even a soft-deleted one, refers to one of the versions.
    pub async fn purge_subject(&self, subject: &Subject, caller: &Caller) -> Result<Vec<Version>, Error> {
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[subject]).await?;
        let history = known_history(&mut tx, subject).await?;
        check_writable(&mut tx, &Scope::of(subject)).await?;
        for stored in &history {
            check_unreferenced(&mut tx, subject, stored.version, Referrers::AnyOfOthers).await?;
            if !stored.deleted {
                return Err(Error::SubjectNotDeletedFirst(subject.clone()));
            }
        }
        let versions: Vec<Version> = history.iter().map(|stored| stored.version).collect();
        tx.purge(subject, &versions, "the subject was deleted permanently").await?;
        forget_settings(&mut tx, subject).await?;
        tx.commit().await?;
        Ok(versions)
    }

    /// Soft-delete one version; answers with its number.
    ///
    /// # Errors
    /// When the version is unknown or already deleted, the subject read-only, or a live schema
    /// refers to the version.
    pub async fn soft_delete_version(
        &self,
        subject: &Subject,
        version: VersionRef,
        caller: &Caller,
    ) -> Result<Version, Error> {
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[subject]).await?;
        let stored = stored_version(&mut tx, subject, version).await?;
        if stored.deleted {
            return Err(Error::VersionAlreadyDeleted(subject.clone(), stored.version));
        }
        check_writable(&mut tx, &Scope::of(subject)).await?;
        check_unreferenced(&mut tx, subject, stored.version, Referrers::Live).await?;
        tx.soft_delete(subject, &[stored.version]).await?;
        tx.commit().await?;
        Ok(stored.version)
    }

    /// Purge one soft-deleted version; answers with its number. With the last version go the
    /// subject's settings and mode.
    ///
    /// # Errors
    /// When the version is unknown or live, the subject read-only, or any schema refers to the
    /// version.
    pub async fn purge_version(
        &self,
        subject: &Subject,
        version: VersionRef,
        caller: &Caller,
    ) -> Result<Version, Error> {
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[subject]).await?;
        let stored = stored_version(&mut tx, subject, version).await?;
        check_writable(&mut tx, &Scope::of(subject)).await?;
        check_unreferenced(&mut tx, subject, stored.version, Referrers::Any).await?;
        if !stored.deleted {
            return Err(Error::VersionNotDeletedFirst(subject.clone(), stored.version));
        }
        tx.purge(subject, &[stored.version], "the version was deleted permanently").await?;
        if tx.history(subject).await?.is_empty() {
            forget_settings(&mut tx, subject).await?;
        }
        tx.commit().await?;
        Ok(stored.version)
    }
}

async fn known_history(tx: &mut Tx, subject: &Subject) -> Result<Vec<StoredVersion>, Error> {
    let history = tx.history(subject).await?;
    if history.is_empty() { Err(Error::SubjectNotFound(subject.clone())) } else { Ok(history) }
}

async fn stored_version(tx: &mut Tx, subject: &Subject, version: VersionRef) -> Result<StoredVersion, Error> {
    let history = tx.history(subject).await?;
    let exists = !history.is_empty();
    let stored = match version {
        VersionRef::Latest => history.into_iter().rfind(|stored| !stored.deleted),
        VersionRef::Number(number) => history.into_iter().find(|stored| stored.version == number),
    };
    stored.ok_or_else(|| not_found(subject, version, exists))
}

/// A subject without a name shares its record with its context, which outlives it.
async fn forget_settings(tx: &mut Tx, subject: &Subject) -> Result<(), Error> {
    if subject.name().is_empty() {
        return Ok(());
    }
    let scope = Scope::of(subject);
    if tx.settings(&scope).await?.is_some() {
        tx.delete_settings(&scope).await?;
    }
    if tx.mode(&scope).await?.is_some() {
        tx.delete_mode(&scope).await?;
    }
    Ok(())
}

/// Which referrers protect a version. Versions of one subject may refer to each other and still go
/// together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Referrers {
    Live,
    Any,
    LiveOfOthers,
    AnyOfOthers,
}

async fn check_unreferenced(
    tx: &mut Tx,
    subject: &Subject,
    version: Version,
    which: Referrers,
) -> Result<(), Error> {
    let live_only = matches!(which, Referrers::Live | Referrers::LiveOfOthers);
    let others_only = matches!(which, Referrers::LiveOfOthers | Referrers::AnyOfOthers);
    let protects = tx
        .referrers(subject, version)
        .await?
        .into_iter()
        .any(|referrer| !(live_only && referrer.deleted || others_only && referrer.subject == *subject));
    if protects { Err(Error::Referenced(subject.clone(), version)) } else { Ok(()) }
}
