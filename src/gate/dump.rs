//! Files and a manifest from a registry, for which a plan then finds nothing to do. What a manifest cannot say is
//! left out, and told.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use serde_json::json;

use super::live::{Listed, Live, OwnConfig};
use super::manifest::FILE_NAMES;
use super::pull::path_of;
use crate::failure::Failure;

/// What a registry holds, as files.
pub(crate) struct Dump {
    /// Files by their paths, the manifest among them.
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) subjects: usize,
    /// What the manifest cannot say.
    pub(crate) notes: Vec<String>,
}

/// Write down the latest version of each subject of a context. `progress` is told how many more versions were read.
pub(crate) async fn dump(live: &Live, progress: &dyn Fn(u64)) -> Result<Dump, Failure> {
    let everything = live.everything(progress).await?;
    let latest = everything.latest();
    // A file that is imported lies where the import looks for it.
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for reference in latest.iter().flat_map(|listed| &listed.references) {
        names.entry(live.qualified(&reference.subject)).or_insert(&reference.name);
    }
    let subjects = latest.iter().map(|listed| listed.subject.as_str());
    let configs = live.own_configs(subjects).await?.into_iter().map(Option::unwrap_or_default);
    let mut dump = Dump { files: BTreeMap::new(), subjects: 0, notes: Vec::new() };
    let (left_out, dumped): (Vec<_>, Vec<_>) = latest
        .into_iter()
        .zip(configs)
        .map(|(listed, config)| (why_left_out(&live.unqualified(&listed.subject), &config), listed, config))
        .partition(|(why, _, _)| why.is_some());
    for (why, listed, _) in left_out {
        let why = why.unwrap_or_default();
        dump.notes.push(format!("`{}` is left out: {why}", live.unqualified(&listed.subject)));
    }
    let numbers: BTreeMap<String, i32> =
        dumped.iter().map(|(_, listed, _)| (listed.subject.clone(), listed.version)).collect();
    let mut manifest = head(live);
    let mut taken = Taken::default();
    FILE_NAMES.iter().for_each(|name| taken.take(name));
    if dumped.is_empty() {
        manifest.push_str("subjects: []\n");
    } else {
        manifest.push_str("subjects:\n");
    }
    for (_, listed, config) in dumped {
        let subject = live.unqualified(&listed.subject);
        let path = path_of(&subject, listed.format()?, names.get(&listed.subject).copied());
        let path = taken.free(path);
        if listed.rule_set.is_some() {
            dump.notes.push(format!(
                "`{subject}` has rules, which the manifest does not hold; they stay as they are"
            ));
        }
        entry(&mut manifest, live, listed, &subject, &path, &numbers, config);
        let mut text = listed.schema.clone();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        dump.files.insert(path, text);
        dump.subjects += 1;
    }
    dump.files.insert("schemas.yaml".to_owned(), manifest);
    Ok(dump)
}

/// Why a subject cannot be declared.
fn why_left_out(subject: &str, config: &OwnConfig) -> Option<String> {
    if let Some(target) = &config.alias {
        return Some(format!(
            "it is an alias of `{target}`, and what is registered there becomes a version of that"
        ));
    }
    if subject.is_empty() {
        return Some("in a manifest each subject has a name".to_owned());
    }
    subject.contains('{').then(|| "a brace in a manifest's subject stands for something else".to_owned())
}

fn head(live: &Live) -> String {
    let mut head = String::from("version: 1\n");
    let registry = match live.context() {
        "." => json!({ "url": live.shown() }),
        context => json!({ "url": live.shown(), "context": context }),
    };
    // JSON is YAML, quotes and all.
    let _infallible = writeln!(head, "registry: {registry}");
    head
}

fn entry(
    manifest: &mut String,
    live: &Live,
    listed: &Listed,
    subject: &str,
    path: &str,
    latest: &BTreeMap<String, i32>,
    config: OwnConfig,
) {
    let mut line = |name: &str, value: &serde_json::Value| {
        let start = if name == "file" { "  - " } else { "    " };
        let _infallible = writeln!(manifest, "{start}{name}: {value}");
    };
    line("file", &json!(path));
    line("subject", &json!(subject));
    if let Some(level) = config.level {
        line("level", &json!(level));
    }
    if let Some(policy) = config.policy {
        line("policy", &json!(policy.to_ascii_lowercase()));
    }
    if let Some(metadata) = &listed.metadata {
        line("metadata", &json!(metadata));
    }
    if !listed.references.is_empty() {
        let reference = |reference: &super::live::ListedReference| {
            let mut written = json!({ "name": reference.name, "subject": reference.subject });
            // The latest needs no number: it is what the file becomes.
            if latest.get(&live.qualified(&reference.subject)) != Some(&reference.version) {
                written["version"] = reference.version.into();
            }
            written
        };
        line("references", &listed.references.iter().map(reference).collect());
    }
}

/// The paths that are taken, in the spelling that a file system may take for the same.
#[derive(Default)]
struct Taken {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Taken {
    /// Take a path that is no file yet, no folder of one, and lies below none.
    fn free(&mut self, path: String) -> String {
        let (folder, name) = path.rsplit_once('/').map_or(("", path.as_str()), |parts| parts);
        // Only the name is changed, unless a file is where the folder would have to be.
        let is_blocked = folders_of(&path).any(|folder| self.files.contains(&folder.to_lowercase()));
        let folder = if is_blocked { folder.replace('/', "_") } else { folder.to_owned() };
        let slash = if folder.is_empty() || is_blocked { "" } else { "/" };
        let joint = if is_blocked { "_" } else { slash };
        let first = format!("{folder}{joint}{name}");
        let (bare, ending) = name.split_once('.').unwrap_or((name, ""));
        let others = (2..).map(|number| format!("{folder}{joint}{bare}-{number}.{ending}"));
        let is_free = |path: &String| {
            let path = path.to_lowercase();
            !self.files.contains(&path) && !self.folders.contains(&path)
        };
        let free = std::iter::once(first).chain(others).find(is_free).expect("there are enough numbers");
        self.take(&free);
        free
    }

    fn take(&mut self, path: &str) {
        self.files.insert(path.to_lowercase());
        self.folders.extend(folders_of(path).map(str::to_lowercase));
    }
}

/// The folders that a path lies in.
fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::Taken;

    #[test]
    fn every_file_has_a_path_of_its_own() {
        let mut taken = Taken::default();
        taken.take("schemas.yaml");
        for (path, expected) in [
            ("a.avsc", "a.avsc"),
            ("A.avsc", "A-2.avsc"),
            ("a.avsc", "a-3.avsc"),
            ("shop.v1/a.proto", "shop.v1/a.proto"),
            ("shop.v1/a.proto", "shop.v1/a-2.proto"),
            ("shop.v1", "shop-2.v1"),
            ("schemas.yaml/x.proto", "schemas.yaml_x.proto"),
            ("schemas.yaml", "schemas-2.yaml"),
        ] {
            assert_eq!(taken.free(path.to_owned()), expected, "{path}");
        }
    }
}
