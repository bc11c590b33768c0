//! Key-management services: what encrypts and decrypts data-encryption keys.
//!
//! A floor of its own beside the store, for it does IO: it reads key files and talks to Vault. It is
//! told at start which services there are; nothing that a request says leads anywhere else.

mod local;
mod material;
mod vault;

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

pub use local::LocalKeys;
pub use material::generate;
pub use vault::{Vault, VaultOptions, VaultToken};

/// A key in the clear. It is wiped from memory when it is dropped.
pub type Secret = Zeroizing<Vec<u8>>;

/// The type of keys that a file of this server holds, as clients call their own such driver.
pub const LOCAL: &str = "local-kms";
/// The type of keys that HashiCorp Vault holds, as clients call it.
pub const VAULT: &str = "hcvault";

/// Why a service did not do what it was asked. No text ever holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KmsError {
    /// The service forbids it.
    #[error("{0}")]
    Denied(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// The services that this server may use. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Kms {
    local: Option<Arc<LocalKeys>>,
    vault: Option<Arc<Vault>>,
}

impl Kms {
    /// These services.
    pub fn new(local: Option<LocalKeys>, vault: Option<Vault>) -> Kms {
        Kms { local: local.map(Arc::new), vault: vault.map(Arc::new) }
    }

    /// Encrypt a key with the key `key_id` of a service.
    ///
    /// # Errors
    /// When there is no such service or it does not do it.
    pub async fn wrap(&self, kms_type: &str, key_id: &str, secret: &[u8]) -> Result<Vec<u8>, KmsError> {
        match self.service(kms_type)? {
            Service::Local(keys) => Ok(keys.wrap(key_id, secret)),
            Service::Vault(vault) => vault.encrypt(key_id, secret).await,
        }
    }

    /// Decrypt what [`Kms::wrap`] made.
    ///
    /// # Errors
    /// When there is no such service, it does not do it, or `wrapped` was made with another key.
    pub async fn unwrap(&self, kms_type: &str, key_id: &str, wrapped: &[u8]) -> Result<Secret, KmsError> {
        match self.service(kms_type)? {
            Service::Local(keys) => keys.unwrap(key_id, wrapped),
            Service::Vault(vault) => vault.decrypt(key_id, wrapped).await,
        }
    }

    /// The keys of this server's file.
    ///
    /// # Errors
    /// When it was given none.
    pub fn local_keys(&self) -> Result<&LocalKeys, KmsError> {
        self.local.as_deref().ok_or_else(|| self.unusable(LOCAL))
    }

    fn service(&self, kms_type: &str) -> Result<Service<'_>, KmsError> {
        match (kms_type, &self.local, &self.vault) {
            (LOCAL, Some(keys), _) => Ok(Service::Local(keys)),
            (VAULT, _, Some(vault)) => Ok(Service::Vault(vault)),
            _ => Err(self.unusable(kms_type)),
        }
    }

    fn unusable(&self, kms_type: &str) -> KmsError {
        let configured = self.configured();
        KmsError::Failed(format!("this server cannot use keys of type '{kms_type}', but {configured}"))
    }

    /// What there is, for messages.
    fn configured(&self) -> String {
        let local = self.local.as_ref().map(|_| LOCAL);
        let vault = self.vault.as_ref().map(|_| VAULT);
        let known: Vec<&str> = local.into_iter().chain(vault).collect();
        if known.is_empty() { "none, for it was told of no service".to_owned() } else { known.join(" and ") }
    }
}

/// The types only: what is behind them is secret.
impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kms({})", self.configured())
    }
}

enum Service<'a> {
    Local(&'a LocalKeys),
    Vault(&'a Vault),
}

#[cfg(test)]
mod tests {
    use super::{Kms, KmsError, LOCAL, LocalKeys};

    #[tokio::test]
    async fn only_services_that_were_configured_are_used() {
        let none = Kms::default();
        let refused = none.wrap(LOCAL, "k", b"secret").await.expect_err("there is none");
        assert!(refused.to_string().contains("'local-kms', but none"), "{refused}");

        let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let local = Kms::new(Some(LocalKeys::parse(key).expect("a key")), None);
        let wrapped = local.wrap(LOCAL, "k", b"secret").await.expect("it is configured");
        assert_eq!(*local.unwrap(LOCAL, "k", &wrapped).await.expect("the same key"), b"secret");
        for other in ["aws-kms", "hcvault", "Local-KMS", ""] {
            let refused = local.unwrap(other, "k", &wrapped).await;
            let Err(KmsError::Failed(sentence)) = refused else { panic!("{other}") };
            assert!(sentence.ends_with("but local-kms"), "{sentence}");
        }
        assert_eq!(format!("{local:?}"), "Kms(local-kms)");
    }
}
