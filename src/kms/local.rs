//! Keys in a file of this server.

use aes_kw::{IV_LEN, KeyInit as _, KwpAes256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{KmsError, Secret};

/// The length of a key in bytes.
const KEY: usize = 32;
/// How many keys a file may hold: each is tried on what is to be decrypted.
const MOST_KEYS: usize = 16;
/// Nothing that was wrapped here is longer.
const LONGEST_WRAPPED: usize = 1024;
/// Sets what is derived here apart from what the same key might be used for elsewhere.
const PURPOSE: &[u8] = b"dovetail local-kms 1\0";

/// The keys of a key file, the one to encrypt with first.
///
/// Each key of the file stands for any number of key-encryption keys: the one with which a data key is
/// wrapped (AES key wrap with padding, RFC 5649) is derived from it for the identifier that the
/// key-encryption key carries (HKDF with SHA-256). So what was wrapped for one identifier cannot be
/// unwrapped for another.
pub struct LocalKeys {
    keys: Vec<Zeroizing<[u8; KEY]>>,
}

impl LocalKeys {
    /// Read a key file: a key a line, 32 bytes in Base64; blank lines and lines that start with `#`
    /// are left out. The first key encrypts; the others still decrypt what they encrypted once.
    ///
    /// # Errors
    /// What is wrong, in a sentence that holds nothing of the file.
    pub fn parse(text: &str) -> Result<LocalKeys, String> {
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let refusal = || format!("line {} is not {KEY} bytes in Base64", number + 1);
            let bytes = Zeroizing::new(STANDARD.decode(line).map_err(|_| refusal())?);
            let key: [u8; KEY] = bytes.as_slice().try_into().map_err(|_| refusal())?;
            keys.push(Zeroizing::new(key));
        }
        match keys.len() {
            0 => Err(format!("it holds no key: a line of {KEY} random bytes in Base64")),
            1..=MOST_KEYS => Ok(LocalKeys { keys }),
            _ => Err(format!("it holds more than {MOST_KEYS} keys")),
        }
    }

    /// Encrypt a key.
    pub(super) fn wrap(&self, key_id: &str, secret: &[u8]) -> Vec<u8> {
        let mut wrapped = vec![0; secret.len().next_multiple_of(IV_LEN) + IV_LEN];
        let cipher = derived(&self.keys[0], key_id);
        cipher.wrap_key(secret, &mut wrapped).expect("the buffer is as long as it has to be");
        wrapped
    }

    /// What was wrapped once, wrapped anew with the first key; `None` when it was wrapped with that.
    ///
    /// # Errors
    /// When no key of the file decrypts it.
    pub fn renew(&self, key_id: &str, wrapped: &[u8]) -> Result<Option<Vec<u8>>, KmsError> {
        let secret = self.unwrap(key_id, wrapped)?;
        // The same secret is always wrapped the same way.
        let renewed = self.wrap(key_id, &secret);
        Ok(if renewed == wrapped { None } else { Some(renewed) })
    }

    /// Decrypt one, with whichever key it was encrypted.
    pub(super) fn unwrap(&self, key_id: &str, wrapped: &[u8]) -> Result<Secret, KmsError> {
        let mut buffer = Zeroizing::new(vec![0; LONGEST_WRAPPED]);
        if wrapped.len() <= LONGEST_WRAPPED {
            for key in &self.keys {
                if let Ok(secret) = derived(key, key_id).unwrap_key(wrapped, &mut buffer) {
                    return Ok(Zeroizing::new(secret.to_vec()));
                }
            }
        }
        let sentence = "it was not encrypted with a key of this server's key file under this `kmsKeyId`";
        Err(KmsError::Failed(sentence.to_owned()))
    }
}

fn derived(key: &[u8; KEY], key_id: &str) -> KwpAes256 {
    let mut derived = Zeroizing::new([0; KEY]);
    Hkdf::<Sha256>::new(None, key)
        .expand_multi_info(&[PURPOSE, key_id.as_bytes()], derived.as_mut_slice())
        .expect("32 bytes are not too many to derive");
    KwpAes256::new_from_slice(derived.as_slice()).expect("a key of 256 bits")
}

#[cfg(test)]
mod tests {
    use super::LocalKeys;

    const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const TWO: &str = "IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn keys(text: &str) -> LocalKeys {
        LocalKeys::parse(text).expect("a key file")
    }

    #[test]
    fn what_is_wrapped_comes_back_under_the_same_key_and_identifier_only() {
        let file = keys(ONE);
        for length in [1, 8, 18, 34, 66] {
            let secret = vec![7; length];
            let wrapped = file.wrap("a", &secret);
            assert_eq!(wrapped, file.wrap("a", &secret));
            assert!(
                !wrapped.windows(length.min(8)).any(|part| part == &secret[..length.min(8)]) || length == 1
            );
            assert_eq!(*file.unwrap("a", &wrapped).expect("the same key"), secret);
            assert!(file.unwrap("b", &wrapped).is_err());
            assert!(keys(TWO).unwrap("a", &wrapped).is_err());
            for at in 0..wrapped.len() {
                let mut damaged = wrapped.clone();
                damaged[at] ^= 1;
                assert!(file.unwrap("a", &damaged).is_err(), "{at} of {length}");
            }
        }
    }

    #[test]
    fn what_nobody_wrapped_is_refused() {
        for wrong in [0, 1, 7, 8, 15, 16, 24, 1024, 1032] {
            assert!(keys(ONE).unwrap("a", &vec![0; wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_older_key_still_decrypts() {
        let wrapped = keys(ONE).wrap("a", b"secret");
        let both = keys(&format!("# newest first\n{TWO}\n\n  {ONE}  \n"));
        assert_eq!(*both.unwrap("a", &wrapped).expect("the second key"), b"secret");
        assert_eq!(both.wrap("a", b"secret"), keys(TWO).wrap("a", b"secret"));
        assert_ne!(both.wrap("a", b"secret"), wrapped);
        let renewed = both.renew("a", &wrapped).expect("the second key").expect("another than before");
        assert_eq!(renewed, both.wrap("a", b"secret"));
        assert_eq!(both.renew("a", &renewed), Ok(None));
        assert!(both.renew("b", &wrapped).is_err());
    }

    #[test]
    fn a_wrong_file_is_told_without_its_content() {
        let many = format!("{ONE}\n").repeat(17);
        for (text, sentence) in [
            ("", "it holds no key"),
            ("# nothing\n\n", "it holds no key"),
            ("\nhunter2", "line 2 is not 32 bytes"),
            ("aHVudGVyMg==", "line 1 is not 32 bytes"),
            (many.as_str(), "more than 16 keys"),
        ] {
            let error = LocalKeys::parse(text).err().expect(text);
            assert!(error.contains(sentence) && !error.contains("hunter2"), "{error}");
        }
    }
}
