//! Data-encryption keys made here.

use zeroize::Zeroizing;

use super::{KmsError, Secret};
use crate::model::Algorithm;

/// Protobuf: a field of bytes.
const LENGTH_DELIMITED: u8 = 2;

/// A new key from the system's source of randomness, in the form clients use: Google Tink's message
/// for a key of the algorithm, which holds the bytes of the key and nothing else.
///
/// # Errors
/// When the system has no randomness to give.
pub fn generate(algorithm: Algorithm) -> Result<Secret, KmsError> {
    // The numbers of `key_value` in AesGcmKey and AesSivKey.
    let (field, length) = match algorithm {
        Algorithm::Aes128Gcm => (3, 16),
        Algorithm::Aes256Gcm => (3, 32),
        Algorithm::Aes256Siv => (2, 64),
    };
    let mut message = Zeroizing::new(vec![0; 2 + usize::from(length)]);
    message[0] = field << 3 | LENGTH_DELIMITED;
    message[1] = length;
    getrandom::fill(&mut message[2..])
        .map_err(|error| KmsError::Failed(format!("the system gave no random bytes: {error}")))?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::generate;
    use crate::model::Algorithm;

    #[test]
    fn keys_are_messages_as_tink_writes_them() {
        for (algorithm, head) in [
            (Algorithm::Aes128Gcm, [0x1a, 16]),
            (Algorithm::Aes256Gcm, [0x1a, 32]),
            (Algorithm::Aes256Siv, [0x12, 64]),
        ] {
            let (one, other) = (generate(algorithm).expect("bytes"), generate(algorithm).expect("bytes"));
            assert_eq!(one[..2], head, "{algorithm}");
            assert_eq!(one.len(), 2 + usize::from(head[1]), "{algorithm}");
            assert_ne!(one, other, "{algorithm}");
            assert!(one[2..].chunks(8).all(|part| part != [0; 8]), "{algorithm}");
        }
    }
}
