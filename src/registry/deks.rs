//! Data-encryption keys: record, find, delete. Where the key-encryption key is shared, they are made
//! here and handed out in the clear.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::kms::{self, KmsError, Secret};
use crate::model::{Dek, DekSeries, InvalidKey, Kek, Subject, Version, VersionRef};
use crate::store::{StoreError, StoredKey, Tx};

use super::keks::needed;
use super::{Caller, Error, Registry};

/// How often recording is started over when the keys changed underneath.
const ATTEMPTS: u32 = 4;

/// A data-encryption key to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDek {
    /// Where it belongs.
    pub series: DekSeries,
    /// Its number in there.
    pub version: Version,
    /// The encrypted key; where there is none, one is made.
    pub encrypted: Option<String>,
    /// Softly deleted; if nothing is said, what is encrypted anew stays what it is, and anything else is
    /// live.
    pub deleted: Option<bool>,
}

/// A data-encryption key, and the key itself where this registry may see it.
pub struct FoundDek {
    /// What is stored.
    pub stored: StoredKey<Dek>,
    /// The key in the clear.
    pub clear: Option<Secret>,
}

impl Registry {
    /// The subjects that have keys under a key-encryption key, sorted.
    ///
    /// # Errors
    /// When there is no such key-encryption key.
    pub async fn list_dek_subjects(&self, kek: &str, deleted: bool) -> Result<Vec<Subject>, Error> {
        let mut tx = self.store.read().await?;
        needed(&mut tx, kek, deleted).await?;
        let found = tx.dek_subjects(Some(kek), deleted).await?;
        let mut subjects: Vec<Subject> = found.into_iter().map(|(_, subject)| subject).collect();
        subjects.sort_by_cached_key(|subject| subject.to_string().encode_utf16().collect::<Vec<_>>());
        Ok(subjects)
    }

    /// The versions of a series of keys, ascending.
    ///
    /// # Errors
    /// When there is no such key-encryption key.
    pub async fn list_dek_versions(&self, series: &DekSeries, deleted: bool) -> Result<Vec<Version>, Error> {
        series.check()?;
        let mut tx = self.store.read().await?;
        needed(&mut tx, &series.kek, deleted).await?;
        Ok(shown(tx.dek_versions(series).await?, deleted))
    }

    /// A data-encryption key, decrypted if its key-encryption key is shared.
    ///
    /// # Errors
    /// When there is none, or it cannot be decrypted.
    pub async fn find_dek(
        &self,
        series: &DekSeries,
        version: VersionRef,
        deleted: bool,
    ) -> Result<FoundDek, Error> {
        series.check()?;
        let mut tx = self.store.read().await?;
        let kek = needed(&mut tx, &series.kek, deleted).await?.key;
        let version = match version {
            VersionRef::Number(number) => Some(number),
            VersionRef::Latest => shown(tx.dek_versions(series).await?, deleted).pop(),
        };
        let found = match version {
            Some(version) => tx.dek(series, version).await?.filter(|stored| deleted || !stored.key.deleted),
            None => None,
        };
        drop(tx);
        let stored = found.ok_or_else(|| not_found(series))?;
        let clear = self.if_shared(&kek, &stored.key).await?;
        Ok(FoundDek { stored, clear })
    }

    /// Record a data-encryption key, or make one where the key-encryption key is shared. `rewrap`
    /// encrypts the key that is there anew. Only a deleted one may be recorded below a deleted
    /// key-encryption key.
    ///
    /// # Errors
    /// When a member is missing or cannot be, there is no such key-encryption key, the version is
    /// taken, there are too many keys, or the service does not do what it has to.
    pub async fn register_dek(&self, new: NewDek, rewrap: bool, caller: &Caller) -> Result<FoundDek, Error> {
        new.series.check()?;
        new.encrypted.as_deref().map_or(Ok(()), Dek::check_encrypted)?;
        let deleted = new.deleted.unwrap_or(false);
        for _ in 0..ATTEMPTS {
            let mut tx = self.store.read().await?;
            let kek = needed(&mut tx, &new.series.kek, deleted).await?.key;
            let existing = tx.dek(&new.series, new.version).await?;
            // A service may take its time, and transactions are few.
            drop(tx);
            let (planned, secret) = self.plan(&kek, existing.as_ref(), &new, rewrap).await?;
            // What cannot be decrypted is not stored: it would be of no use to anybody.
            let clear = self.if_shared(&kek, &planned).await?;
            if secret.is_some() && clear != secret {
                return Err(came_back_changed(&new.series.subject.to_string()));
            }

            let (mut tx, locked) = self.locked_kek(&new.series.kek, deleted, caller).await?;
            if locked.key != kek || tx.dek(&new.series, new.version).await? != existing {
                continue;
            }
            if existing.is_none() && tx.count_deks().await? >= self.defaults.most_keys {
                return Err(Error::TooManyKeys(self.defaults.most_keys));
            }
            let stored = tx.put_dek(&planned).await?;
            tx.commit().await?;
            return Ok(FoundDek { stored, clear });
        }
        Err(StoreError::Unavailable("the key is being changed by too many at once".to_owned()).into())
    }

    /// What to record, and the key in it where it was encrypted here.
    async fn plan(
        &self,
        kek: &Kek,
        existing: Option<&StoredKey<Dek>>,
        new: &NewDek,
        rewrap: bool,
    ) -> Result<(Dek, Option<Secret>), Error> {
        let subject = new.series.subject.to_string();
        let is_possible = match &new.encrypted {
            Some(encrypted) => !kek.shared || STANDARD.decode(encrypted).is_ok(),
            None => kek.shared,
        };
        if !is_possible {
            return Err(InvalidKey("encryptedKeyMaterial").into());
        }
        let was_deleted = existing.is_some_and(|existing| existing.key.deleted);
        let deleted = new.deleted.unwrap_or(rewrap && was_deleted);
        let mut secret = None;
        let encrypted = match (existing, &new.encrypted) {
            (None, Some(encrypted)) => encrypted.clone(),
            (None, None) => {
                let made = kms::generate(new.series.algorithm);
                let made = made.map_err(|error| Error::of_kms("encrypted", &subject, error))?;
                STANDARD.encode(self.wrap(kek, &subject, secret.insert(made)).await?)
            }
            // What the server is to encrypt anew is not sent to it.
            (Some(_), Some(_)) if rewrap && kek.shared => return Err(Error::KeyExists(subject)),
            (Some(existing), None) if rewrap => {
                let held = self.in_clear(kek, &existing.key).await?;
                STANDARD.encode(self.wrap(kek, &subject, secret.insert(held)).await?)
            }
            // Only the client can have encrypted it anew.
            (Some(_), Some(encrypted)) if rewrap => encrypted.clone(),
            (Some(existing), given) => {
                let is_same = given.as_ref().is_none_or(|given| *given == existing.key.encrypted);
                if !is_same || existing.key.deleted == deleted {
                    return Err(Error::KeyExists(subject));
                }
                existing.key.encrypted.clone()
            }
        };
        let (series, version) = (new.series.clone(), new.version);
        Ok((Dek { series, version, encrypted, deleted }, secret))
    }

    /// Softly delete versions of a series: one, or all.
    ///
    /// # Errors
    /// When there is no such key-encryption key or version.
    pub async fn soft_delete_deks(
        &self,
        series: &DekSeries,
        version: Option<VersionRef>,
        caller: &Caller,
    ) -> Result<(), Error> {
        series.check()?;
        let (mut tx, _) = self.locked_kek(&series.kek, true, caller).await?;
        for (version, deleted) in meant(&mut tx, series, version).await? {
            if !deleted {
                tx.mark_dek(series, version, true).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Remove softly deleted versions of a series for good: one, or all.
    ///
    /// # Errors
    /// When there is no such key-encryption key or version, or one is live.
    pub async fn purge_deks(
        &self,
        series: &DekSeries,
        version: Option<VersionRef>,
        caller: &Caller,
    ) -> Result<(), Error> {
        series.check()?;
        let (mut tx, _) = self.locked_kek(&series.kek, true, caller).await?;
        let versions = meant(&mut tx, series, version).await?;
        if versions.iter().any(|(_, deleted)| !deleted) {
            return Err(Error::KeyNotDeletedFirst(series.subject.to_string()));
        }
        for (version, _) in versions {
            tx.purge_dek(series, version).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Take the soft deletion of versions of a series back: of one, or of all.
    ///
    /// # Errors
    /// When there is no such key-encryption key or version, or the key-encryption key is deleted.
    pub async fn undelete_deks(
        &self,
        series: &DekSeries,
        version: Option<VersionRef>,
        caller: &Caller,
    ) -> Result<(), Error> {
        series.check()?;
        let (mut tx, kek) = self.locked_kek(&series.kek, true, caller).await?;
        let versions = meant(&mut tx, series, version).await?;
        if kek.key.deleted {
            return Err(Error::KeyDeleted(kek.key.name));
        }
        for (version, deleted) in versions {
            if deleted {
                tx.mark_dek(series, version, false).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    async fn if_shared(&self, kek: &Kek, dek: &Dek) -> Result<Option<Secret>, Error> {
        if kek.shared { self.in_clear(kek, dek).await.map(Some) } else { Ok(None) }
    }

    pub(super) async fn in_clear(&self, kek: &Kek, dek: &Dek) -> Result<Secret, Error> {
        let subject = dek.series.subject.to_string();
        let wrapped = STANDARD.decode(&dek.encrypted).map_err(|_| {
            let cause = KmsError::Failed("its `encryptedKeyMaterial` is not Base64".to_owned());
            Error::of_kms("raw", &subject, cause)
        })?;
        self.unwrap(kek, &subject, &wrapped).await
    }

    pub(super) async fn wrap(&self, kek: &Kek, of: &str, secret: &Secret) -> Result<Vec<u8>, Error> {
        let wrapped = self.defaults.kms.wrap(&kek.kms_type, &kek.kms_key_id, secret).await;
        wrapped.map_err(|error| Error::of_kms("encrypted", of, error))
    }

    pub(super) async fn unwrap(&self, kek: &Kek, of: &str, wrapped: &[u8]) -> Result<Secret, Error> {
        let unwrapped = self.defaults.kms.unwrap(&kek.kms_type, &kek.kms_key_id, wrapped).await;
        unwrapped.map_err(|error| Error::of_kms("raw", of, error))
    }
}

/// A service that does not give back what it was given must not hold the only copy of anything.
pub(super) fn came_back_changed(of: &str) -> Error {
    let cause = KmsError::Failed("what was encrypted came back as something else".to_owned());
    Error::of_kms("raw", of, cause)
}

/// The versions that are meant, deleted ones too, each with whether it is; never none.
async fn meant(
    tx: &mut Tx,
    series: &DekSeries,
    version: Option<VersionRef>,
) -> Result<Vec<(Version, bool)>, Error> {
    let mut versions = tx.dek_versions(series).await?;
    match version {
        None => {}
        Some(VersionRef::Latest) => versions = versions.pop().into_iter().collect(),
        Some(VersionRef::Number(wanted)) => versions.retain(|(version, _)| *version == wanted),
    }
    if versions.is_empty() { Err(not_found(series)) } else { Ok(versions) }
}

/// Live versions, or deleted ones too.
fn shown(versions: Vec<(Version, bool)>, deleted: bool) -> Vec<Version> {
    versions
        .into_iter()
        .filter(|(_, is_deleted)| deleted || !is_deleted)
        .map(|(version, _)| version)
        .collect()
}

fn not_found(series: &DekSeries) -> Error {
    Error::KeyNotFound(series.subject.to_string())
}
