//! Files → entries of a manifest: what lies in a folder becomes a glob, and names tell subjects.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::files;
use crate::gate::manifest::Manifest;
use crate::gate::workspace::Workspace;
use crate::model::Format;

/// A manifest that would govern what was found.
#[derive(Debug)]
pub struct Proposal {
    /// Its entries.
    pub entries: Vec<ProposedEntry>,
    /// How many schema files they are about.
    pub files: usize,
}

/// An entry, and how many files it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedEntry {
    /// The files: a glob, or one file.
    pub files: Pattern,
    /// The subject; `None` for the file's own name.
    pub subject: Option<String>,
    /// How many files.
    pub count: usize,
}

/// Which files an entry is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// A glob.
    Glob(String),
    /// One file.
    File(String),
}

/// Propose entries for the files of a workspace, whose paths count from the manifest's folder.
pub fn propose(workspace: &Workspace) -> Proposal {
    let files: Vec<(String, Format)> =
        workspace.tree.values().map(|file| (file.below.clone(), file.format)).collect();
    let imports = imports_of(workspace);
    entries_for(&files, &imports)
}

/// What Protobuf files import.
fn imports_of(workspace: &Workspace) -> BTreeSet<String> {
    let protobuf = workspace.tree.values().filter(|file| file.format == Format::Protobuf);
    let used = protobuf.flat_map(|file| crate::gate::names::of(file.format, &file.text).used);
    used.flatten().collect()
}

fn entries_for(files: &[(String, Format)], imports: &BTreeSet<String>) -> Proposal {
    let mut groups: BTreeMap<(String, Option<String>), Vec<String>> = BTreeMap::new();
    let roots = import_roots(files, imports);
    for (path, format) in files {
        let key = match format {
            Format::Protobuf => imported(path, &roots),
            Format::Avro | Format::Json => named(path),
        };
        groups.entry(key).or_default().push(path.clone());
    }
    let mut entries: Vec<ProposedEntry> = groups
        .into_iter()
        .flat_map(|((glob, subject), paths)| {
            // What means something in a glob cannot be said in one.
            if glob.contains(['[', ']', '{', '}', '?']) {
                let one = |path| ProposedEntry { files: Pattern::File(path), subject: None, count: 1 };
                return paths.into_iter().map(one).collect();
            }
            vec![ProposedEntry { files: Pattern::Glob(glob), subject, count: paths.len() }]
        })
        .collect();
    entries.extend(apart(files, &entries));
    Proposal { entries, files: files.len() }
}

/// A file that is called `value` or `key` after its folder's topic, or by its own name.
fn named(path: &str) -> (String, Option<String>) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let ending = &name[files::subject_of(path).len()..];
    let stem = files::subject_of(path);
    if matches!(stem, "value" | "key") && !folder.is_empty() {
        let above = folder.rsplit_once('/').map_or(String::new(), |(above, _)| format!("{above}/"));
        return (format!("{above}*/{name}"), Some(format!("{{1}}-{stem}")));
    }
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    (format!("{folder}*{ending}"), None)
}

/// A Protobuf file is called by the path that others import it by.
fn imported(path: &str, roots: &BTreeSet<String>) -> (String, Option<String>) {
    let around =
        roots.iter().filter(|root| path.starts_with(&format!("{root}/"))).max_by_key(|root| root.len());
    match around {
        Some(root) => (format!("{root}/**.proto"), Some("{1}.proto".to_owned())),
        None => ("**.proto".to_owned(), Some("{path}".to_owned())),
    }
}

/// The folders that imports count from: what is left of a path when an import is taken off its end, and
/// else the usual ones.
fn import_roots(files: &[(String, Format)], imports: &BTreeSet<String>) -> BTreeSet<String> {
    let protobuf = || files.iter().filter(|(_, format)| *format == Format::Protobuf).map(|(path, _)| path);
    let of_imports = protobuf().filter_map(|path| {
        let import = imports.iter().find(|import| path.ends_with(&format!("/{import}")))?;
        path.strip_suffix(import.as_str())?.strip_suffix('/').map(str::to_owned)
    });
    let mut roots: BTreeSet<String> = of_imports.collect();
    if roots.is_empty() {
        let usual = protobuf().filter_map(|path| path.split_once('/')).map(|(first, _)| first);
        roots.extend(
            usual.filter(|first| matches!(*first, "proto" | "protos" | "protobuf")).map(str::to_owned),
        );
    }
    roots
}

/// Files that the entries would give a subject that another file has: each gets one of its own, made of
/// its path.
fn apart(files: &[(String, Format)], entries: &[ProposedEntry]) -> Vec<ProposedEntry> {
    let text = yaml(&Proposal { entries: entries.to_vec(), files: files.len() });
    let Ok(manifest) = Manifest::parse("schemas.yaml", &text) else { return Vec::new() };
    let mut by_subject: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for (path, _) in files {
        if let Some((_, subject)) = manifest.entry_of(path) {
            by_subject.entry(subject).or_default().push(path);
        }
    }
    let shared = by_subject.into_values().filter(|paths| paths.len() > 1).flatten();
    shared
        .map(|path| {
            let stem = path.strip_suffix(files::file_name(path)).unwrap_or_default().to_owned()
                + files::subject_of(path);
            ProposedEntry {
                files: Pattern::File(path.clone()),
                subject: Some(stem.replace('/', ".")),
                count: 1,
            }
        })
        .collect()
}

/// The text of the manifest.
pub fn yaml(proposal: &Proposal) -> String {
    let mut text = String::from(
        "# Which files are which subjects, and what must hold between their versions.\n\
         # `dovetail init --schema` prints what may stand here; `dovetail check` reads it.\n\
         version: 1\n\
         # registry: { url: \"${DOVETAIL_REGISTRY_URL}\" }\n\
         defaults:\n  level: BACKWARD\n\
         subjects:\n",
    );
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    for entry in &proposal.entries {
        let count = match entry.count {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        match &entry.files {
            Pattern::Glob(glob) => text.push_str(&format!("  - glob: {}  # {count}\n", quoted(glob))),
            Pattern::File(file) => text.push_str(&format!("  - file: {}\n", quoted(file))),
        }
        if let Some(subject) = &entry.subject {
            text.push_str(&format!("    subject: {}\n", quoted(subject)));
        }
    }
    text
}

impl Proposal {
    /// The text of the manifest.
    pub fn yaml(&self) -> String {
        yaml(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::entries_for;
    use crate::gate::files::format_of;
    use crate::gate::manifest::Manifest;

    #[test]
    fn each_file_gets_a_subject_of_its_own() {
        let paths = [
            ("topics/orders/value.avsc", "orders-value"),
            ("topics/orders/key.avsc", "orders-key"),
            ("topics/refunds/value.avsc", "refunds-value"),
            ("proto/shop/v1/cart.proto", "shop/v1/cart.proto"),
            ("proto/shop/v1/money.proto", "shop/v1/money.proto"),
            ("payments/payment.schema.json", "payment"),
            ("a/user.avsc", "a.user"),
            ("b/user.avsc", "b.user"),
            ("root.avsc", "root"),
        ];
        let files: Vec<_> = paths
            .iter()
            .map(|(path, _)| ((*path).to_owned(), format_of(path).expect("a schema file")))
            .collect();
        let imports = BTreeSet::from(["shop/v1/money.proto".to_owned()]);
        let proposal = entries_for(&files, &imports);
        let text = proposal.yaml();
        let manifest = Manifest::parse("schemas.yaml", &text).expect(&text);
        for (path, subject) in paths {
            assert_eq!(
                manifest.entry_of(path).map(|(_, subject)| subject).as_deref(),
                Some(subject),
                "{text}"
            );
        }
    }
}
