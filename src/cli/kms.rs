//! Which key-management services the server may use.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use url::Url;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::kms::{Kms, LocalKeys, Vault, VaultOptions, VaultToken};

/// No key file is longer.
const LONGEST_FILE: u64 = 16 * 1024;
/// Where Vault's own tools look for a token.
const TOKEN: &str = "VAULT_TOKEN";

#[derive(Args)]
#[command(next_help_heading = "Keys of client-side encryption")]
pub(super) struct KmsOptions {
    /// A file of keys for shared key-encryption keys of type `local-kms`.
    ///
    /// A line of 32 random bytes in Base64 (`openssl rand -base64 32`) for each; lines that start with
    /// `#` are left out. The first encrypts, the others decrypt what was encrypted with them before they
    /// were replaced. All servers of a registry need the same file, and whoever loses it loses every
    /// data key that was made with it.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_KMS_LOCAL_KEY_FILE")]
    kms_local_key_file: Option<PathBuf>,
    /// The Vault whose transit keys serve shared key-encryption keys of type `hcvault`.
    ///
    /// No other place is ever called: the `kmsKeyId` of a key is this address and then MOUNT/keys/NAME.
    /// Several may be given, separated by commas; all get the same token. An address with a path allows
    /// only what is below it, one without only what is below `transit`.
    #[arg(long, value_name = "URL", env = "DOVETAIL_KMS_VAULT_ADDRESS", value_delimiter = ',')]
    kms_vault_address: Vec<String>,
    /// The file that holds Vault's token; it is read anew each time. Without it VAULT_TOKEN is taken.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_KMS_VAULT_TOKEN_FILE", requires = "kms_vault_address")]
    kms_vault_token_file: Option<PathBuf>,
    /// Vault's namespace.
    #[arg(long, value_name = "NAME", env = "DOVETAIL_KMS_VAULT_NAMESPACE", requires = "kms_vault_address")]
    kms_vault_namespace: Option<String>,
}

/// Read an address of `--kms-vault-address`. Not while the arguments are read: that would print what
/// was given.
fn vault_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
    match url {
        Some(url) if url.username().is_empty() && url.password().is_none() => Ok(url),
        Some(_) => Err("the token goes into a file or into VAULT_TOKEN, not into the address".to_owned()),
        None => Err("an address is such as https://vault.example:8200".to_owned()),
    }
}

impl KmsOptions {
    /// The services, with their keys and tokens.
    pub(super) async fn open(&self) -> Result<Kms, Failure> {
        let local = self.kms_local_key_file.as_deref().map(local_keys).transpose()?;
        let vault = if self.kms_vault_address.is_empty() { None } else { Some(self.vault().await?) };
        Ok(Kms::new(local, vault))
    }

    async fn vault(&self) -> Result<Vault, Failure> {
        let addresses =
            self.kms_vault_address.iter().map(|text| vault_address(text)).collect::<Result<_, _>>();
        let addresses = addresses.map_err(|sentence| {
            Failure::bad_request(anyhow!("--kms-vault-address cannot be used: {sentence}"))
        })?;
        let token = match &self.kms_vault_token_file {
            Some(path) => VaultToken::File(path.clone()),
            None => VaultToken::Given(Zeroizing::new(std::env::var(TOKEN).unwrap_or_default())),
        };
        // Now rather than when the first key is needed.
        token.read().await.map_err(|sentence| {
            let hint = format!("Name its file with --kms-vault-token-file, or set {TOKEN}.");
            Failure::bad_request(anyhow!(sentence)).with_hint(hint)
        })?;
        let options = VaultOptions { addresses, token, namespace: self.kms_vault_namespace.clone() };
        Vault::new(options).map_err(|sentence| Failure::unable(anyhow!(sentence)))
    }
}

pub(super) fn local_keys(path: &Path) -> Result<LocalKeys, Failure> {
    let shown = path.display();
    let read = read_bounded(path).with_context(|| format!("the key file {shown} cannot be read"));
    let text = read.map_err(Failure::bad_request)?;
    let keys = LocalKeys::parse(&text).map_err(|sentence| {
        Failure::bad_request(anyhow!("the key file {shown} cannot be used: {sentence}"))
    })?;
    if is_open_to_others(path) {
        tracing::warn!(file = %shown, "everybody on this machine can read or change the key file: chmod o= it");
    }
    Ok(keys)
}

fn read_bounded(path: &Path) -> std::io::Result<Zeroizing<String>> {
    use std::io::Read as _;
    let mut text = Zeroizing::new(String::new());
    std::fs::File::open(path)?.take(LONGEST_FILE + 1).read_to_string(&mut text)?;
    // Half of it would be read without the keys at its end.
    if text.len() as u64 > LONGEST_FILE {
        return Err(std::io::Error::other(format!("it is longer than {LONGEST_FILE} bytes")));
    }
    Ok(text)
}

fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0)
}

#[cfg(test)]
mod tests {
    use super::vault_address;

    #[test]
    fn an_address_is_an_http_url_without_secrets() {
        for right in ["https://vault.example:8200", "http://127.0.0.1:8200/transit"] {
            assert!(vault_address(right).is_ok(), "{right}");
        }
        for wrong in
            ["", "vault:8200", "ftp://v", "https://t@v", "https://u:t@v", "https://v?x", "https://v#x"]
        {
            let refused = vault_address(wrong).expect_err(wrong);
            assert!(!refused.contains("u:t"), "{refused}");
        }
    }
}
