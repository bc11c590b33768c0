//! Encrypt data keys anew after the key file got another first line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::kms::{self, KmsError};
use crate::model::{Dek, Kek};

use super::{Caller, Error, Registry};

/// What became of the data keys below key-encryption keys of type `local-kms`, deleted ones counting.
#[derive(Debug, Default)]
pub struct Rewrapped {
    /// How many were encrypted anew.
    pub renewed: usize,
    /// How many were encrypted with the first line of the file already.
    pub current: usize,
    /// Those that no line of the file can decrypt, as they are.
    pub foreign: Vec<ForeignDek>,
}

/// A data key that no line of the key file can decrypt.
#[derive(Debug)]
pub struct ForeignDek {
    /// The key as it is stored.
    pub dek: Dek,
    /// Its key-encryption key is not shared, so that a client may have encrypted it.
    pub is_of_clients: bool,
}

impl Registry {
    /// Encrypt with the first line of the key file what other lines of it encrypted: every version for
    /// every algorithm, whether or not it is deleted, its key-encryption key is or that is shared. Each
    /// stays what it is otherwise.
    ///
    /// # Errors
    /// When there is no key file, or the store fails. What was encrypted anew before stays so.
    pub async fn rewrap_all(&self, caller: &Caller) -> Result<Rewrapped, Error> {
        let mut done = Rewrapped::default();
        let names = self.store.read().await?.kek_names(true).await?;
        for name in names {
            match self.rewrap_below(&name, &mut done, caller).await {
                // It was removed for good a moment ago, and nothing was below it.
                Err(Error::KeyNotFound(_)) => {}
                outcome => outcome?,
            }
        }
        Ok(done)
    }

    async fn rewrap_below(&self, name: &str, done: &mut Rewrapped, caller: &Caller) -> Result<(), Error> {
        let (mut tx, kek) = self.locked_kek(name, true, caller).await?;
        if kek.key.kms_type != kms::LOCAL {
            return Ok(());
        }
        for dek in tx.deks_below(name).await? {
            match self.renewed(&kek.key, &dek)? {
                Renewal::Done(encrypted) => {
                    tx.put_dek(&Dek { encrypted, ..dek }).await?;
                    done.renewed += 1;
                }
                Renewal::Needless => done.current += 1,
                Renewal::Impossible => {
                    done.foreign.push(ForeignDek { dek, is_of_clients: !kek.key.shared });
                }
            }
        }
        Ok(tx.commit().await?)
    }

    fn renewed(&self, kek: &Kek, dek: &Dek) -> Result<Renewal, Error> {
        let keys = self.defaults.kms.local_keys();
        let keys =
            keys.map_err(|error| Error::of_kms("encrypted", &dek.series.subject.to_string(), error))?;
        let Ok(wrapped) = STANDARD.decode(&dek.encrypted) else { return Ok(Renewal::Impossible) };
        Ok(match keys.renew(&kek.kms_key_id, &wrapped) {
            Ok(Some(renewed)) => Renewal::Done(STANDARD.encode(renewed)),
            Ok(None) => Renewal::Needless,
            Err(KmsError::Denied(_) | KmsError::Failed(_)) => Renewal::Impossible,
        })
    }
}

enum Renewal {
    Done(String),
    Needless,
    Impossible,
}
