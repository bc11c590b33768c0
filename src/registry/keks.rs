//! Key-encryption keys: record, change, try out, delete.

use std::collections::{BTreeMap, BTreeSet};

use crate::kms;
use crate::model::{Algorithm, InvalidKey, Kek};
use crate::store::{StoredKey, Tx};

use super::deks::came_back_changed;
use super::settings::Change;
use super::{Caller, Error, Registry};

/// A change of a key-encryption key, member by member. The rest of one never changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KekChange {
    /// What else the service needs to be told.
    pub kms_props: Change<BTreeMap<String, String>>,
    /// What it is for.
    pub doc: Change<String>,
    /// May this registry use it itself?
    pub shared: Change<bool>,
}

impl Registry {
    /// The names of key-encryption keys, sorted: of all, or where `prefixes` are given of those that
    /// encrypt a key of a subject that starts with one of them. Live keys count, or deleted ones too.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_keks(&self, prefixes: &[String], deleted: bool) -> Result<Vec<String>, Error> {
        let mut tx = self.store.read().await?;
        let mut names = tx.kek_names(deleted).await?;
        if !prefixes.is_empty() {
            let mut used = BTreeSet::new();
            for (kek, subject) in tx.dek_subjects(None, deleted).await? {
                let subject = subject.to_string();
                if prefixes.iter().any(|prefix| subject.starts_with(prefix)) {
                    used.insert(kek);
                }
            }
            names.retain(|name| used.contains(name));
        }
        Ok(names)
    }

    /// A key-encryption key.
    ///
    /// # Errors
    /// When none can be called so, there is none, or only a deleted one and it was not asked for.
    pub async fn find_kek(&self, name: &str, deleted: bool) -> Result<StoredKey<Kek>, Error> {
        needed(&mut self.store.read().await?, name, deleted).await
    }

    /// Record a key-encryption key. One that is there already but for being deleted, or not, is
    /// deleted or restored. `test` tries a shared one out before.
    ///
    /// # Errors
    /// When a member is missing or cannot be, the name is taken, there are too many, or the key
    /// cannot be used.
    pub async fn register_kek(&self, kek: Kek, test: bool, caller: &Caller) -> Result<StoredKey<Kek>, Error> {
        let kek = kek.checked()?;
        if test && kek.shared {
            self.try_out(&kek).await?;
        }
        let mut tx = self.store.write(caller).await?;
        tx.lock_kek(&kek.name).await?;
        match tx.kek(&kek.name).await? {
            None => {
                if tx.count_keks().await? >= self.defaults.most_keys {
                    return Err(Error::TooManyKeys(self.defaults.most_keys));
                }
            }
            Some(StoredKey { key, .. }) => {
                if key.deleted == kek.deleted || !key.differs_at_most_in_deletion(&kek) {
                    return Err(Error::KeyExists(kek.name));
                }
                if kek.deleted {
                    check_unused(&mut tx, &kek.name, false).await?;
                }
            }
        }
        let stored = tx.put_kek(&kek).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// Change a key-encryption key; a change of nothing writes nothing. `test` tries a shared one out
    /// before, with a key that it is to decrypt too if there is one.
    ///
    /// # Errors
    /// When there is none, a member cannot be, or the key cannot be used.
    pub async fn change_kek(
        &self,
        name: &str,
        change: KekChange,
        test: bool,
        caller: &Caller,
    ) -> Result<StoredKey<Kek>, Error> {
        if test {
            let changed = change.clone().apply(self.find_kek(name, false).await?.key);
            changed.check_described()?;
            if changed.shared {
                self.try_out(&changed).await?;
                self.try_existing(&changed).await?;
            }
        }
        let (mut tx, stored) = self.locked_kek(name, false, caller).await?;
        let changed = change.apply(stored.key.clone());
        if changed == stored.key {
            return Ok(stored);
        }
        changed.check_described()?;
        let stored = tx.put_kek(&changed).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// Encrypt something with a shared key and decrypt it again.
    ///
    /// # Errors
    /// When there is no such key, it is not shared, or it cannot be used.
    pub async fn test_kek(&self, name: &str) -> Result<StoredKey<Kek>, Error> {
        let stored = self.find_kek(name, false).await?;
        if !stored.key.shared {
            return Err(InvalidKey("shared").into());
        }
        self.try_out(&stored.key).await?;
        Ok(stored)
    }

    /// A transaction that writes, and in it the key of that name, locked; a deleted one too if
    /// `deleted`.
    pub(super) async fn locked_kek(
        &self,
        name: &str,
        deleted: bool,
        caller: &Caller,
    ) -> Result<(Tx, StoredKey<Kek>), Error> {
        Kek::check_name(name)?;
        let mut tx = self.store.write(caller).await?;
        tx.lock_kek(name).await?;
        let stored = needed(&mut tx, name, deleted).await?;
        Ok((tx, stored))
    }

    async fn try_out(&self, kek: &Kek) -> Result<(), Error> {
        let secret = kms::generate(Algorithm::default());
        let secret = secret.map_err(|error| Error::of_kms("encrypted", &kek.name, error))?;
        let wrapped = self.wrap(kek, &kek.name, &secret).await?;
        let unwrapped = self.unwrap(kek, &kek.name, &wrapped).await?;
        if unwrapped != secret {
            return Err(came_back_changed(&kek.name));
        }
        Ok(())
    }

    /// Decrypt a key that is there already: a client may have encrypted it with something else.
    async fn try_existing(&self, kek: &Kek) -> Result<(), Error> {
        let mut tx = self.store.read().await?;
        let existing = tx.deks_below(&kek.name).await?;
        drop(tx);
        match existing.iter().find(|dek| !dek.deleted).or(existing.first()) {
            Some(dek) => self.in_clear(kek, dek).await.map(drop),
            None => Ok(()),
        }
    }

    /// Softly delete a key-encryption key that nothing live is encrypted with.
    ///
    /// # Errors
    /// When there is none, or it is in use.
    pub async fn soft_delete_kek(&self, name: &str, caller: &Caller) -> Result<(), Error> {
        let (mut tx, stored) = self.locked_kek(name, true, caller).await?;
        check_unused(&mut tx, name, false).await?;
        if !stored.key.deleted {
            tx.put_kek(&Kek { deleted: true, ..stored.key }).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Remove a softly deleted key-encryption key for good.
    ///
    /// # Errors
    /// When there is none, something is encrypted with it, or it is live.
    pub async fn purge_kek(&self, name: &str, caller: &Caller) -> Result<(), Error> {
        let (mut tx, stored) = self.locked_kek(name, true, caller).await?;
        check_unused(&mut tx, name, true).await?;
        if !stored.key.deleted {
            return Err(Error::KeyNotDeletedFirst(name.to_owned()));
        }
        tx.purge_kek(name).await?;
        Ok(tx.commit().await?)
    }

    /// Take a soft deletion back.
    ///
    /// # Errors
    /// When there is no such key.
    pub async fn undelete_kek(&self, name: &str, caller: &Caller) -> Result<(), Error> {
        let (mut tx, stored) = self.locked_kek(name, true, caller).await?;
        if stored.key.deleted {
            tx.put_kek(&Kek { deleted: false, ..stored.key }).await?;
        }
        Ok(tx.commit().await?)
    }
}

impl KekChange {
    fn apply(self, kek: Kek) -> Kek {
        Kek {
            kms_props: self.kms_props.apply(Some(kek.kms_props)).unwrap_or_default(),
            doc: self.doc.apply(kek.doc),
            shared: self.shared.apply(Some(kek.shared)).unwrap_or(false),
            ..kek
        }
    }
}

/// The key of that name, a deleted one too if `deleted`.
pub(super) async fn needed(tx: &mut Tx, name: &str, deleted: bool) -> Result<StoredKey<Kek>, Error> {
    Kek::check_name(name)?;
    let found = tx.kek(name).await?.filter(|stored| deleted || !stored.key.deleted);
    found.ok_or_else(|| Error::KeyNotFound(name.to_owned()))
}

async fn check_unused(tx: &mut Tx, name: &str, deleted: bool) -> Result<(), Error> {
    if tx.encrypts(name, deleted).await? { Err(Error::KeyReferenced(name.to_owned())) } else { Ok(()) }
}
