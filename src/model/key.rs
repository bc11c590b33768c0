//! Keys of client-side encryption: where a key-encryption key is to be found, and data-encryption
//! keys as it encrypted them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::letters::{is_letter, is_plain};
use super::{Subject, Version};

/// The longest text of a key but for those that are told otherwise, in bytes.
const LONGEST_TEXT: usize = 64 * 1024;
/// The longest identifier of a key in its service, in bytes.
const LONGEST_KEY_ID: usize = 4096;
/// The longest encrypted key, in bytes.
const LONGEST_ENCRYPTED: usize = 8 * 1024;
/// The longest name of a service, in bytes.
const LONGEST_TYPE: usize = 256;
/// The longest name, in UTF-16 units.
const LONGEST_NAME: usize = 256;
/// A name and a subject together: an index of Postgres holds no longer keys.
const LONGEST_ADDRESS: usize = 2500;

/// A member of a key that is missing or cannot be. Holds its name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid or missing value for field '{0}' of key")]
pub struct InvalidKey(pub &'static str);

/// A key-encryption key: not the key, but where to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kek {
    /// What it is called here, in all contexts.
    pub name: String,
    /// The key-management service.
    pub kms_type: String,
    /// What the service calls it.
    pub kms_key_id: String,
    /// What else the service needs to be told.
    pub kms_props: BTreeMap<String, String>,
    /// What it is for.
    pub doc: Option<String>,
    /// May this registry use it itself?
    pub shared: bool,
    /// Softly deleted.
    pub deleted: bool,
}

impl Kek {
    /// Write the service's name in the one way that counts.
    fn canonical_type(kms_type: String) -> String {
        let is_of = |vendor: &str| {
            kms_type.get(..vendor.len()).is_some_and(|start| start.eq_ignore_ascii_case(vendor))
        };
        let vendor = ["aws", "azure", "gcp"].into_iter().find(|vendor| is_of(vendor));
        vendor.map_or(kms_type, |vendor| format!("{vendor}-kms"))
    }

    /// A key that may be recorded, the name of its service in the one way that counts.
    ///
    /// # Errors
    /// The first member that is missing or cannot be.
    pub fn checked(self) -> Result<Kek, InvalidKey> {
        let kek = Kek { kms_type: Kek::canonical_type(self.kms_type), ..self };
        Kek::check_name(&kek.name)?;
        if !is_text(&kek.kms_key_id, LONGEST_KEY_ID) {
            return Err(InvalidKey("kmsKeyId"));
        }
        if !is_text(&kek.kms_type, LONGEST_TYPE) {
            return Err(InvalidKey("kmsType"));
        }
        let starts: &[&str] = match kek.kms_type.as_str() {
            "aws-kms" => &["arn:aws:kms:"],
            "azure-kms" => &["https://"],
            "gcp-kms" => &["projects/"],
            "hcvault" => &["http://", "https://"],
            _ => &[""],
        };
        if !starts.iter().any(|start| kek.kms_key_id.starts_with(start)) {
            return Err(InvalidKey("kmsKeyId"));
        }
        kek.check_described()?;
        Ok(kek)
    }

    /// Can what may be changed later be recorded?
    ///
    /// # Errors
    /// The member that cannot.
    pub fn check_described(&self) -> Result<(), InvalidKey> {
        let props = self.kms_props.iter();
        let length: usize = props.clone().map(|(key, value)| key.len() + value.len()).sum();
        if length > LONGEST_TEXT
            || props.flat_map(|(key, value)| [key, value]).any(|text| text.contains('\0'))
        {
            return Err(InvalidKey("kmsProps"));
        }
        if self.doc.as_ref().is_some_and(|doc| doc.len() > LONGEST_TEXT || doc.contains('\0')) {
            return Err(InvalidKey("doc"));
        }
        Ok(())
    }

    /// May a key be called so?
    ///
    /// # Errors
    /// When none may.
    pub fn check_name(name: &str) -> Result<(), InvalidKey> {
        if Kek::is_name(name) { Ok(()) } else { Err(InvalidKey("name")) }
    }

    /// May a key be called so? No other name is ever found.
    pub fn is_name(name: &str) -> bool {
        let mut chars = name.chars();
        let starts_well = chars.next().is_some_and(|first| is_letter(first) || first == '_');
        starts_well && chars.all(is_plain) && name.encode_utf16().count() <= LONGEST_NAME
    }

    /// Is `other` the same but for being deleted?
    pub fn differs_at_most_in_deletion(&self, other: &Kek) -> bool {
        *self == Kek { deleted: self.deleted, ..other.clone() }
    }
}

fn is_text(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.len() <= longest && !text.contains('\0')
}

/// Data-encryption keys that differ in their versions only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DekSeries {
    /// The key they are encrypted with.
    pub kek: String,
    /// Whose data they encrypt.
    pub subject: Subject,
    /// What they encrypt data with.
    pub algorithm: Algorithm,
}

impl DekSeries {
    /// May a key be recorded in it?
    ///
    /// # Errors
    /// When the name cannot be, or the subject is empty, holds control characters or is too long.
    pub fn check(&self) -> Result<(), InvalidKey> {
        Kek::check_name(&self.kek)?;
        let subject = &self.subject;
        let length = self.kek.len() + subject.context().as_str().len() + subject.name().len();
        if subject.name().is_empty() || !subject.is_storable() || length > LONGEST_ADDRESS {
            return Err(InvalidKey("subject"));
        }
        Ok(())
    }

    /// Can there be a key in it at all? Nothing is ever found in another.
    pub fn is_storable(&self) -> bool {
        Kek::is_name(&self.kek) && self.subject.is_storable()
    }
}

/// A data-encryption key, encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dek {
    /// Where it belongs.
    pub series: DekSeries,
    /// Its number in there.
    pub version: Version,
    /// What the key-encryption key made of it, in Base64 if its sender kept to that.
    pub encrypted: String,
    /// Softly deleted.
    pub deleted: bool,
}

impl Dek {
    /// May this be recorded as an encrypted key?
    ///
    /// # Errors
    /// When it is empty, too long or holds U+0000.
    pub fn check_encrypted(encrypted: &str) -> Result<(), InvalidKey> {
        if is_text(encrypted, LONGEST_ENCRYPTED) { Ok(()) } else { Err(InvalidKey("encryptedKeyMaterial")) }
    }
}

/// What a data-encryption key encrypts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Algorithm {
    Aes128Gcm,
    #[default]
    Aes256Gcm,
    Aes256Siv,
}

/// Not the name of an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one of AES128_GCM, AES256_GCM, AES256_SIV")]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// Every one.
    pub const ALL: [Algorithm; 3] = [Algorithm::Aes128Gcm, Algorithm::Aes256Gcm, Algorithm::Aes256Siv];

    /// How it is spelt.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Aes128Gcm => "AES128_GCM",
            Algorithm::Aes256Gcm => "AES256_GCM",
            Algorithm::Aes256Siv => "AES256_SIV",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        Algorithm::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownAlgorithm)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Algorithm, Dek, DekSeries, InvalidKey, Kek};
    use crate::model::Subject;

    fn kek(name: &str, kms_type: &str, kms_key_id: &str) -> Kek {
        let (name, kms_type, kms_key_id) = (name.to_owned(), kms_type.to_owned(), kms_key_id.to_owned());
        Kek {
            name,
            kms_type,
            kms_key_id,
            kms_props: BTreeMap::new(),
            doc: None,
            shared: false,
            deleted: false,
        }
    }

    #[test]
    fn names_start_with_a_letter_and_hold_no_blanks() {
        let long = "x".repeat(256);
        for right in ["a", "_", "Ä-1_b", long.as_str()] {
            assert!(Kek::is_name(right), "{right}");
        }
        let long = "x".repeat(257);
        for wrong in ["", "1a", "-a", "a b", "a.b", "a/b", "a\0", long.as_str()] {
            assert!(!Kek::is_name(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_service_has_one_spelling_and_its_own_form_of_identifiers() {
        for (kms_type, right, canonical, wrong) in [
            ("AWS", "arn:aws:kms:x", "aws-kms", Some("arn:aws:s3:x")),
            ("azurekms", "https://v", "azure-kms", Some("http://v")),
            ("Gcp-KMS", "projects/p", "gcp-kms", Some("x")),
            ("hcvault", "http://v/transit/keys/k", "hcvault", Some("vault/transit/keys/k")),
            ("local-kms", "anything", "local-kms", None),
            ("Hcvault", "unchecked", "Hcvault", None),
        ] {
            assert_eq!(kek("k", kms_type, right).checked().expect(right).kms_type, canonical);
            for wrong in wrong.into_iter().chain([""]) {
                assert_eq!(kek("k", kms_type, wrong).checked(), Err(InvalidKey("kmsKeyId")), "{wrong}");
            }
        }
        assert_eq!(kek("k", "", "x").checked(), Err(InvalidKey("kmsType")));
        assert_eq!(kek("1", "", "").checked(), Err(InvalidKey("name")));
    }

    #[test]
    fn what_is_too_long_or_cannot_be_stored_is_refused() {
        let plain = kek("k", "t", "i");
        let long = "x".repeat(64 * 1024 + 1);
        for doc in [long.clone(), "a\0".to_owned()] {
            assert_eq!(Kek { doc: Some(doc), ..plain.clone() }.checked(), Err(InvalidKey("doc")));
        }
        for value in [long.clone(), "a\0".to_owned()] {
            let kms_props = BTreeMap::from([("k".to_owned(), value)]);
            assert_eq!(Kek { kms_props, ..plain.clone() }.checked(), Err(InvalidKey("kmsProps")));
        }
        assert_eq!(kek("k", "t", &"x".repeat(4097)).checked(), Err(InvalidKey("kmsKeyId")));
        for wrong in ["", "a\0", &long] {
            assert!(Dek::check_encrypted(wrong).is_err());
        }
        let series = |kek: &str, subject: &str| DekSeries {
            kek: kek.to_owned(),
            subject: Subject::parse(subject),
            algorithm: Algorithm::default(),
        };
        for wrong in ["", ":.c:", "a\nb"] {
            assert!(series("k", wrong).check().is_err(), "{wrong:?}");
        }
        assert_eq!(series("a b", "").check(), Err(InvalidKey("name")));
        let name = "ä".repeat(256);
        assert_eq!(series(&name, &"x".repeat(1900)).check(), Ok(()));
        assert_eq!(series(&name, &"x".repeat(1999)).check(), Err(InvalidKey("subject")));
    }
}
