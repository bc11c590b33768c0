//! Schemas for a consumer's build: fetched, held against the lock, and laid out so that they find each
//! other.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::bundle::digest;
use super::live::{Listed, Live};
use super::lock::{Lock, Locked};
use crate::failure::{Failure, Outcome};
use crate::model::Format;

/// How many schemas are fetched at most: a bound on what a server can make us ask.
const MOST: usize = 100_000;

/// A fetched schema, and where it goes.
#[derive(Debug)]
pub(crate) struct Pulled {
    /// Its path below the folder.
    pub(crate) path: String,
    pub(crate) subject: String,
    pub(crate) version: i32,
    pub(crate) text: String,
}

/// The longest part of a path, in bytes: an ending and a number still go behind it.
const LONGEST_PART: usize = 200;

/// What to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pull {
    /// The subject, with its context where that is not the default one.
    pub(crate) subject: String,
    /// The version; `None` for the one in the lock, or the latest.
    pub(crate) version: Option<i32>,
}

/// Fetch schemas and what they refer to.
pub(crate) async fn pull(live: &Live, pulls: &[Pull], lock: Option<&Lock>) -> Result<Vec<Pulled>, Failure> {
    let mut names: BTreeMap<(String, i32), String> = BTreeMap::new();
    let mut fetched: BTreeMap<(String, i32), Listed> = BTreeMap::new();
    let mut open = Vec::new();
    for pull in pulls.iter().rev() {
        let locked = lock.and_then(|lock| lock.of(&pull.subject)).map(|locked| locked.version);
        let version = match pull.version.or(locked) {
            Some(version) => version,
            None => latest(live, &pull.subject).await?,
        };
        open.push((pull.subject.clone(), version));
    }
    while let Some((subject, version)) = open.pop() {
        let key = (subject, version);
        if fetched.contains_key(&key) {
            continue;
        }
        if fetched.len() >= MOST {
            return Err(Failure::unable(anyhow!("more than {MOST} schemas refer to each other")));
        }
        let listed = live.version(&key.0, key.1).await?;
        let locked = lock.and_then(|lock| {
            lock.schemas.iter().find(|locked| locked.subject == key.0 && locked.version == key.1)
        });
        verify(&listed, locked)?;
        for reference in &listed.references {
            let target = (live.qualified(&reference.subject), reference.version);
            names.entry(target.clone()).or_insert_with(|| reference.name.clone());
            open.push(target);
        }
        fetched.insert(key, listed);
    }
    let mut pulled: BTreeMap<String, Pulled> = BTreeMap::new();
    // What is imported lies where it is looked for. Of the rest, the newest version of a subject takes the
    // subject's name, and older ones one with their number.
    let is_imported = |key: &(String, i32), listed: &Listed| {
        names.contains_key(key) && listed.format().is_ok_and(|format| format != Format::Avro)
    };
    let (imported, others): (Vec<_>, Vec<_>) =
        fetched.into_iter().rev().partition(|(key, listed)| is_imported(key, listed));
    let imported_count = imported.len();
    for (position, (key, listed)) in imported.into_iter().chain(others).enumerate() {
        let mut path =
            path_of(&live.unqualified(&key.0), listed.format()?, names.get(&key).map(String::as_str));
        let may_be_numbered = position >= imported_count;
        if may_be_numbered && pulled.get(&path).is_some_and(|newer| newer.subject == key.0) {
            path = numbered(&path, key.1);
        }
        let file = Pulled { path: path.clone(), subject: key.0, version: key.1, text: listed.schema };
        if let Some(other) = pulled.insert(path, file) {
            return Err(Failure::bad_request(anyhow!(
                "`{}` version {} and another schema would both be {}",
                other.subject,
                other.version,
                other.path
            ))
            .with_hint("Pull them into folders of their own, one at a time."));
        }
    }
    Ok(pulled.into_values().collect())
}

async fn latest(live: &Live, subject: &str) -> Result<i32, Failure> {
    live.standing(subject).await?.versions.last().copied().ok_or_else(|| {
        Failure::unable(anyhow!("{} has no subject `{subject}`", live.shown()))
            .with_hint("Is it in another context? --context names one.")
    })
}

/// Is it what the lock says?
fn verify(listed: &Listed, locked: Option<&Locked>) -> Result<(), Failure> {
    let Some(locked) = locked else { return Ok(()) };
    let (subject, version) = (&listed.subject, listed.version);
    let differs = |what: &str| Failure {
        outcome: Outcome::Findings,
        error: anyhow!("`{subject}` version {version} has another {what} than the lock says"),
        hint: Some("Is it the same registry? `dovetail lock` writes the lock anew.".into()),
    };
    if digest(&listed.schema) != locked.sha256 {
        return Err(differs("text"));
    }
    if listed.id != locked.id {
        return Err(differs("id"));
    }
    Ok(())
}

/// Where a schema goes: a file that is imported goes where the import looks for it.
pub(crate) fn path_of(subject: &str, format: Format, name: Option<&str>) -> String {
    let ending = match format {
        Format::Avro => ".avsc",
        Format::Json => ".schema.json",
        Format::Protobuf => ".proto",
    };
    let is_path = |name: &&str| format != Format::Avro && is_plain(name) && name.ends_with(is_ending(format));
    if let Some(name) = name.filter(is_path) {
        return name.to_owned();
    }
    let known = [".avsc", ".proto", ".schema.json", ".json"];
    let bare = known.iter().find_map(|known| subject.strip_suffix(known)).unwrap_or(subject);
    let safe: Vec<String> = bare.split('/').map(safe_part).collect();
    format!("{}{ending}", safe.join("/"))
}

fn is_ending(format: Format) -> &'static str {
    match format {
        Format::Avro => ".avsc",
        Format::Json => ".json",
        Format::Protobuf => ".proto",
    }
}

/// The path of an older version of what is at `path`.
fn numbered(path: &str, version: i32) -> String {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let (bare, ending) = name.split_once('.').unwrap_or((name, ""));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}{bare}@{version}.{ending}")
}

/// Does the path stay below where it starts?
fn is_plain(path: &str) -> bool {
    let is_part = |part: &str| safe_part(part) == part;
    !path.is_empty() && path.split('/').all(is_part)
}

/// A part of a path that is one on every system.
fn safe_part(part: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "._-+@ ".contains(c) { c } else { '_' };
    let mut part: String = part.chars().map(safe).collect();
    // File systems count bytes.
    part.truncate(part.floor_char_boundary(LONGEST_PART));
    // Neither nothing nor dots, nor a file that folders hide.
    match part.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None if part.is_empty() => "_".to_owned(),
        None => part,
    }
}

#[cfg(test)]
mod tests {
    use super::path_of;
    use crate::model::Format;

    #[test]
    fn an_older_version_has_its_number_in_its_name() {
        for (path, expected) in [
            ("money.avsc", "money@2.avsc"),
            ("shop.v1/money.proto", "shop.v1/money@2.proto"),
            ("a.schema.json", "a@2.schema.json"),
        ] {
            assert_eq!(super::numbered(path, 2), expected);
        }
    }

    #[test]
    fn files_find_each_other_and_stay_in_their_folder() {
        for (subject, format, name, expected) in [
            ("orders-value", Format::Avro, None, "orders-value.avsc"),
            ("orders-value", Format::Avro, Some("shop.Order"), "orders-value.avsc"),
            ("money", Format::Protobuf, Some("shop/money.proto"), "shop/money.proto"),
            ("shop/cart.proto", Format::Protobuf, None, "shop/cart.proto"),
            ("a.schema.json", Format::Json, None, "a.schema.json"),
            ("a", Format::Json, Some("b.json"), "b.json"),
            ("a", Format::Json, Some("https://x/b.json"), "a.schema.json"),
            ("m", Format::Protobuf, Some("../../m.proto"), "m.proto"),
            ("../../etc/passwd", Format::Avro, None, "_./_./etc/passwd.avsc"),
            ("/", Format::Avro, None, "_/_.avsc"),
            ("a:b*", Format::Avro, None, "a_b_.avsc"),
            (&"é".repeat(150), Format::Avro, None, &format!("{}.avsc", "é".repeat(100))),
        ] {
            assert_eq!(path_of(subject, format, name), expected, "{subject}");
        }
    }
}
