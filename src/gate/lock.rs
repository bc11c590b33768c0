//! `schemas.lock`: which version of each subject was meant, and the hash of its text.

use std::path::Path;

use anyhow::anyhow;
use serde::{Deserialize, Serialize};

use super::bundle::digest;
use super::live::{Body, Listed, Live};
use super::plan::Wanted;
use crate::failure::Failure;

/// The usual name of the file.
pub const LOCK_FILE: &str = "schemas.lock";

/// The version of its form. It rises when an older program would misread it.
pub const LOCK_VERSION: u32 = 1;

/// A longer file is no lock.
const LONGEST_LOCK: u64 = 64 * 1024 * 1024;

/// Versions that are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The version of the form.
    pub format_version: u32,
    /// The registry, without credentials.
    pub registry: String,
    /// The context, with its dot.
    pub context: String,
    /// The versions, by subject.
    pub schemas: Vec<Locked>,
}

/// A version that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// The subject, with its context where that is not the default one.
    pub subject: String,
    /// The version.
    pub version: i32,
    /// The id that messages carry.
    pub id: i32,
    /// The hash of the content, where the registry tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// SHA-256 of the text as the registry serves it.
    pub sha256: String,
    /// The file that declares it; none for what is only referred to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Lock {
    /// Look up what is declared, and what that refers to.
    pub(crate) async fn take(live: &Live, wanted: &[Wanted]) -> Result<Lock, Failure> {
        let mut schemas: Vec<Locked> = Vec::new();
        for wanted in wanted {
            let Some(locked) = declared(live, wanted, &schemas).await? else {
                return Err(Failure {
                    outcome: crate::failure::Outcome::Findings,
                    error: anyhow!("{} is not registered under `{}`", wanted.path, wanted.subject),
                    hint: Some("`dovetail plan` shows what differs, `dovetail apply` registers it.".into()),
                });
            };
            schemas.push(locked);
        }
        let mut open: Vec<(String, i32)> =
            schemas.iter().map(|locked| (locked.subject.clone(), locked.version)).collect();
        while let Some((subject, version)) = open.pop() {
            for reference in live.version(&subject, version).await?.references {
                let target = live.qualified(&reference.subject);
                let is_known = schemas
                    .iter()
                    .any(|locked| locked.subject == target && locked.version == reference.version);
                if !is_known {
                    schemas.push(Locked::of(&live.version(&target, reference.version).await?, None));
                    open.push((target, reference.version));
                }
            }
        }
        schemas.sort_by(|left, right| (&left.subject, left.version).cmp(&(&right.subject, right.version)));
        Ok(Lock {
            format_version: LOCK_VERSION,
            registry: live.shown().to_owned(),
            context: live.context().to_owned(),
            schemas,
        })
    }

    /// The lock as it is written.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a lock is JSON");
        text.push('\n');
        text
    }

    /// Read a lock; `None` when there is no such file.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn read(path: &Path) -> Result<Option<Lock>, Failure> {
        let shown = path.display();
        let no_lock = |reason: String| {
            Failure::bad_request(anyhow!("{shown} is no lock: {reason}"))
                .with_hint("`dovetail lock` writes one.")
        };
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Ok(data) if data.len() > LONGEST_LOCK => {
                return Err(no_lock(format!("it is longer than {LONGEST_LOCK} bytes")));
            }
            _ => {}
        }
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| Failure::bad_request(anyhow!("{shown}: {error}")))?;
        let lock: Lock = serde_json::from_str(&text).map_err(|error| no_lock(error.to_string()))?;
        if lock.format_version != LOCK_VERSION {
            let found = lock.format_version;
            return Err(no_lock(format!("its form is {found}, and this program reads {LOCK_VERSION}")));
        }
        Ok(Some(lock))
    }

    /// The version that is meant of a subject.
    pub(crate) fn of(&self, subject: &str) -> Option<&Locked> {
        // What is declared counts; other versions may be there because something refers to them.
        let all = || self.schemas.iter().filter(|locked| locked.subject == subject);
        all().find(|locked| locked.path.is_some()).or_else(|| all().next_back())
    }
}

impl Locked {
    fn of(listed: &Listed, path: Option<String>) -> Locked {
        Locked {
            subject: listed.subject.clone(),
            version: listed.version,
            id: listed.id,
            guid: listed.guid.clone(),
            sha256: digest(&listed.schema),
            path,
        }
    }
}

async fn declared(live: &Live, wanted: &Wanted, before: &[Locked]) -> Result<Option<Locked>, Failure> {
    let mut references = Vec::new();
    for reference in &wanted.references {
        let subject = reference.subject.as_str();
        let declared = || before.iter().find(|locked| locked.subject == subject).map(|locked| locked.version);
        let version = match reference.version.or_else(declared) {
            Some(version) => Some(version),
            None => live.standing(subject).await?.versions.last().copied(),
        };
        let Some(version) = version else { return Ok(None) };
        references.push((reference.name.as_str(), subject, version));
    }
    let body = Body {
        format: wanted.format,
        text: &wanted.text,
        references,
        metadata: wanted.metadata.as_ref(),
        normalize: wanted.normalize,
    };
    let Some(found) = live.look_up(&wanted.subject, &body).await? else { return Ok(None) };
    let listed = live.version(&wanted.subject, found.version).await?;
    Ok(Some(Locked::of(&listed, Some(wanted.path.clone()))))
}
