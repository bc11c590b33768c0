//! A bundle: what a registry answers to readers, as files that any file server can serve to stock clients
//! when the registry cannot be reached. It is also a base to check against.
//!
//! `bundle.json` holds everything; the other files repeat it under the addresses that clients ask for.

mod base;
mod files;
mod offline;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::anyhow;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub(crate) use base::BundledRegistry;
pub(crate) use offline::of_files;

use super::live::{Listed, Live};
use super::plan::hex;
use crate::failure::Failure;
use crate::model::{Format, Metadata};

/// The name of the file that holds everything.
pub const BUNDLE_FILE: &str = "bundle.json";

/// The version of its form. It rises when an older program would misread it.
pub const BUNDLE_VERSION: u32 = 1;

/// A longer file is no bundle.
const LONGEST_BUNDLE: u64 = 1024 * 1024 * 1024;

/// What a registry holds, in one document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bundle {
    /// The version of the form.
    pub format_version: u32,
    /// The registry that it was taken from, without credentials.
    pub registry: String,
    /// The context that it is of, with its dot.
    pub context: String,
    /// The level where a subject has none of its own.
    pub level: String,
    /// Every live version, by subject and number.
    pub schemas: Vec<BundledSchema>,
    /// The other files of the folder, and the SHA-256 of each.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// A version of a subject.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundledSchema {
    /// The subject, with its context where that is not the default one.
    pub subject: String,
    /// Its number.
    pub version: i32,
    /// The id that messages carry.
    pub id: i32,
    /// The hash of the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// The language: `AVRO`, `JSON` or `PROTOBUF`.
    pub schema_type: String,
    /// What the text refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<BundledReference>,
    /// Its metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Its rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<Value>,
    /// The level of the subject, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The text.
    pub schema: String,
    /// SHA-256 of the text.
    pub sha256: String,
}

/// A reference of a bundled schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundledReference {
    /// The name in the text.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// The version.
    pub version: i32,
}

impl BundledSchema {
    fn of(listed: &Listed, level: Option<String>) -> Result<BundledSchema, Failure> {
        let reference = |reference: &super::live::ListedReference| BundledReference {
            name: reference.name.clone(),
            subject: reference.subject.clone(),
            version: reference.version,
        };
        Ok(BundledSchema {
            subject: listed.subject.clone(),
            version: listed.version,
            id: listed.id,
            guid: listed.guid.clone(),
            schema_type: listed.format()?.as_str().to_owned(),
            references: listed.references.iter().map(reference).collect(),
            metadata: listed.metadata.clone(),
            rule_set: listed.rule_set.clone(),
            level,
            sha256: digest(&listed.schema),
            schema: listed.schema.clone(),
        })
    }

    /// The language.
    ///
    /// # Errors
    /// When it is none.
    pub fn format(&self) -> Result<Format, Failure> {
        self.schema_type.parse().map_err(|error| {
            Failure::bad_request(anyhow!("`{}` version {}: {error}", self.subject, self.version))
        })
    }
}

/// Take a bundle of a context of a registry. `progress` is told how many more versions were read.
pub(crate) async fn take(live: &Live, progress: &dyn Fn(u64)) -> Result<Bundle, Failure> {
    let everything = live.everything(progress).await?;
    let latest = everything.latest();
    let subjects = || latest.iter().map(|listed| listed.subject.as_str());
    let configs = live.own_configs(subjects()).await?.into_iter();
    let levels: BTreeMap<&str, Option<String>> =
        subjects().zip(configs.map(|own| own.and_then(|own| own.level))).collect();
    let level_of = |subject: &str| levels.get(subject).cloned().flatten();
    let schemas = everything.versions.values();
    let schemas = schemas.map(|listed| BundledSchema::of(listed, level_of(&listed.subject)));
    Ok(Bundle {
        format_version: BUNDLE_VERSION,
        registry: live.shown().to_owned(),
        context: live.context().to_owned(),
        level: live.level().await?,
        schemas: schemas.collect::<Result<_, _>>()?,
        files: BTreeMap::new(),
    })
}

/// Read a bundle: its folder, or its `bundle.json` wherever that lies.
///
/// # Errors
/// When it is none, or a text in it is not the one that was put in.
pub fn read(path: &Path) -> Result<Bundle, Failure> {
    let path = if path.is_dir() { path.join(BUNDLE_FILE) } else { path.to_owned() };
    let shown = path.display();
    let unreadable = |error: std::io::Error| Failure::unable(anyhow!("the bundle {shown}: {error}"));
    let no_bundle = |reason: String| {
        Failure::bad_request(anyhow!("{shown} is no bundle: {reason}"))
            .with_hint("`dovetail bundle --out FOLDER` makes one.")
    };
    if std::fs::metadata(&path).map_err(unreadable)?.len() > LONGEST_BUNDLE {
        return Err(no_bundle(format!("it is longer than {LONGEST_BUNDLE} bytes")));
    }
    let text = std::fs::read_to_string(&path).map_err(unreadable)?;
    let form: Form = serde_json::from_str(&text).map_err(|error| no_bundle(error.to_string()))?;
    if form.format_version != BUNDLE_VERSION {
        let found = form.format_version;
        return Err(no_bundle(format!("its form is {found}, and this program reads {BUNDLE_VERSION}")));
    }
    let bundle: Bundle = serde_json::from_str(&text).map_err(|error| no_bundle(error.to_string()))?;
    for schema in &bundle.schemas {
        schema.format()?;
        if digest(&schema.schema) != schema.sha256 {
            let (subject, version) = (&schema.subject, schema.version);
            return Err(no_bundle(format!(
                "the text of `{subject}` version {version} does not have its checksum"
            )));
        }
    }
    Ok(bundle)
}

#[derive(Deserialize)]
struct Form {
    format_version: u32,
}

/// Write a bundle into a folder: what is served, a note on how, and `bundle.json`. A folder that holds
/// a bundle already is replaced as a whole.
///
/// # Errors
/// When the folder holds something else, two files would be one, or it cannot be written.
pub fn write(bundle: &Bundle, folder: &Path) -> Result<Written, Failure> {
    let shown = folder.display();
    let unwritable = |error: std::io::Error| Failure::unable(anyhow!("{shown} cannot be written: {error}"));
    // What a link leads to is replaced, and the link stays.
    let place = match folder.exists() {
        true => std::fs::canonicalize(folder).map_err(unwritable)?,
        false => folder.to_owned(),
    };
    check_replaceable(&place, folder)?;
    let files::Tree { files, left_out } = files::of(bundle);
    let sums = files.iter().map(|(path, text)| (path.clone(), digest(text))).collect();
    let bundle = Bundle { files: sums, ..bundle.clone() };
    // Made beside it and then put in its place, so that nobody is served half of it.
    let fresh = beside(&place, "new");
    let made = fill(&fresh, &files, &bundle).and_then(|()| replace(&place, &fresh));
    made.map_err(|error| {
        let _left_over = std::fs::remove_dir_all(&fresh);
        unwritable(error)
    })?;
    Ok(Written { files: files.len() + 1, left_out })
}

fn fill(folder: &Path, files: &BTreeMap<String, String>, bundle: &Bundle) -> std::io::Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, text)?;
    }
    let mut text = serde_json::to_string_pretty(bundle).expect("a bundle is JSON");
    text.push('\n');
    std::fs::write(folder.join(BUNDLE_FILE), text)
}

/// Put a folder where another one is. If that cannot be done, the other one stays.
fn replace(place: &Path, fresh: &Path) -> std::io::Result<()> {
    let stale = beside(place, "old");
    let was_there = place.exists();
    if was_there {
        std::fs::rename(place, &stale)?;
    }
    if let Err(error) = std::fs::rename(fresh, place) {
        if was_there {
            std::fs::rename(&stale, place)?;
        }
        return Err(error);
    }
    let _left_over = std::fs::remove_dir_all(&stale);
    Ok(())
}

/// What came of writing a bundle.
pub struct Written {
    /// How many files it has.
    pub files: usize,
    /// What has no file of its own, and why. It is in `bundle.json` all the same.
    pub left_out: Vec<String>,
}

/// Does the folder hold nothing but a bundle of ours, if anything? All that is in it is replaced.
fn check_replaceable(place: &Path, folder: &Path) -> Result<(), Failure> {
    let shown = folder.display();
    let refused = |reason: String| {
        Err(Failure::bad_request(anyhow!("{shown} {reason}"))
            .with_hint("Name a folder of its own: what is in it is replaced."))
    };
    let found = match files_below(place) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return refused(format!("cannot be replaced: {error}")),
    };
    if found.is_empty() {
        return Ok(());
    }
    if !place.join(BUNDLE_FILE).is_file() {
        return refused("is not empty, and holds no bundle".to_owned());
    }
    let Ok(bundle) = read(place) else {
        return refused(format!("holds a {BUNDLE_FILE} that is no bundle's"));
    };
    let is_own = |path: &String| path == BUNDLE_FILE || bundle.files.contains_key(path);
    match found.iter().find(|path| !is_own(path)) {
        Some(stranger) => refused(format!("holds `{stranger}`, which is not of the bundle in it")),
        None => Ok(()),
    }
}

/// The paths of all files below a folder, with slashes. Links are not followed.
fn files_below(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((folder, below)) = open.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{below}{}", entry.file_name().to_string_lossy());
            match entry.file_type()?.is_dir() {
                true => open.push((entry.path(), format!("{path}/"))),
                false => found.push(path),
            }
        }
    }
    Ok(found)
}

/// A folder beside another, of a name that nothing has yet.
fn beside(folder: &Path, ending: &str) -> std::path::PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{ending}", &Uuid::new_v4().simple().to_string()[..8]));
    folder.with_file_name(name)
}

/// SHA-256 of a text.
pub(crate) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn what_cannot_be_replaced_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let (place, missing) = (folder.path().join("bundle"), folder.path().join("missing"));
        std::fs::create_dir(&place).expect("a folder");
        std::fs::write(place.join("a"), "mine").expect("a file");
        assert!(replace(&place, &missing).is_err());
        assert_eq!(std::fs::read_to_string(place.join("a")).expect("it is there"), "mine");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing lies beside");
    }
}
