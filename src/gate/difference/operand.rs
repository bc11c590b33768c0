//! What is compared, as it is spelled on a command line, and the schemas that it holds.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::anyhow;

use super::{Document, State};
use crate::failure::Failure;
use crate::gate::files::{self, SourceFile, Tree};
use crate::gate::git::Repository;
use crate::gate::judge::Origin;
use crate::gate::references::Index;
use crate::gate::registered::Registered;
use crate::model::Format;
use crate::remote::RegistryClient;
use crate::schema::tree;

/// One of the two sides of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A file or a folder.
    Path(PathBuf),
    /// A file or a folder at a revision: the same as on the other side, where none is named.
    Git {
        /// The revision.
        revision: String,
        /// The path, from the root of the repository.
        path: Option<String>,
    },
    /// A version of a subject; the latest without a number.
    Version {
        /// The subject.
        subject: String,
        /// The number.
        version: Option<i32>,
    },
    /// Everything in a registry.
    Registry(String),
}

/// A text that is no operand. It is not repeated: it may be a mistyped URL, password included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is a file or folder, git:REV[:PATH], SUBJECT@VERSION or registry:URL")]
pub struct UnknownOperand;

impl FromStr for Operand {
    type Err = UnknownOperand;

    fn from_str(text: &str) -> Result<Operand, UnknownOperand> {
        match text.split_once(':') {
            Some(("git", rest)) => match rest.split_once(':').unwrap_or((rest, "")) {
                ("", _) => return Err(UnknownOperand),
                (revision, path) => {
                    let path = Some(path.trim_matches('/')).filter(|path| !path.is_empty());
                    return Ok(Operand::Git { revision: revision.to_owned(), path: path.map(str::to_owned) });
                }
            },
            Some(("registry", url)) if !url.is_empty() => return Ok(Operand::Registry(url.to_owned())),
            Some(("dir", path)) if !path.is_empty() => return Ok(Operand::Path(path.into())),
            Some(("http" | "https" | "registry", _)) => return Err(UnknownOperand),
            _ => {}
        }
        let version = text.rsplit_once('@').filter(|_| !Path::new(text).exists());
        match version {
            Some((subject, "latest")) if !subject.is_empty() => {
                Ok(Operand::Version { subject: subject.to_owned(), version: None })
            }
            Some((subject, number))
                if !subject.is_empty() && number.parse::<i32>().is_ok_and(|it| it > 0) =>
            {
                Ok(Operand::Version { subject: subject.to_owned(), version: number.parse().ok() })
            }
            _ if text.is_empty() => Err(UnknownOperand),
            _ => Ok(Operand::Path(text.into())),
        }
    }
}

impl Operand {
    /// Read the schemas. `other` is the other side, which tells the path of a revision that names none;
    /// `registry` is where versions of subjects are.
    ///
    /// # Errors
    /// When there is no such file, revision or version, or it cannot be read.
    pub async fn read(&self, other: &Operand, registry: Option<&str>) -> Result<State, Failure> {
        match self {
            Operand::Path(path) => of_path(path),
            Operand::Git { revision, path } => {
                let same = match other {
                    Operand::Path(path) => Some(path.as_path()),
                    _ => None,
                };
                of_revision(revision, path.as_deref(), same)
            }
            Operand::Version { subject, version } => {
                let url = registry.ok_or_else(|| {
                    Failure::bad_request(anyhow!("which registry holds `{subject}`?"))
                        .with_hint("Say it with --registry-url or DOVETAIL_REGISTRY_URL.")
                })?;
                let mut registered = Registered::new(Arc::new(RegistryClient::new(url)?));
                let document = of_version(&mut registered, subject, *version).await?;
                Ok(of_one(document))
            }
            Operand::Registry(_) => {
                Err(Failure::bad_request(anyhow!("a registry is compared with a registry"))
                    .with_hint("Compare a schema with SUBJECT@VERSION and --registry-url URL, or check a folder with `dovetail check --against registry:URL`."))
            }
        }
    }
}

fn of_one(document: Document) -> State {
    State { label: document.label.clone(), documents: [(String::new(), document)].into(), is_one: true }
}

fn of_path(path: &Path) -> Result<State, Failure> {
    let label = files::shown(path);
    if path.is_file() {
        let file = files::read_named_file(path)?;
        let chosen = file.below.clone();
        // What it refers to may lie beside it.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut tree = Tree::new();
        for found in files::list(folder, 1)? {
            if let Some(format) = files::format_of(&found.below) {
                let beside = SourceFile::new(found.below.clone(), format, files::read(&found.absolute)?);
                tree.insert(found.below, beside);
            }
        }
        tree.insert(chosen.clone(), file);
        let documents = documents(&tree, &[chosen], |_| label.clone()).collect();
        return Ok(State { label, documents, is_one: true });
    }
    if !path.is_dir() {
        return Err(Failure::bad_request(anyhow!("there is no file or folder {label}")));
    }
    let tree = files::read_folder(path)?;
    let chosen: Vec<String> = tree.keys().cloned().collect();
    let inside = |below: &str| if label == "." { below.to_owned() } else { format!("{label}/{below}") };
    let documents = documents(&tree, &chosen, inside).collect();
    Ok(State { label: label.clone(), documents, is_one: false })
}

fn of_revision(revision: &str, path: Option<&str>, same: Option<&Path>) -> Result<State, Failure> {
    let repository = Repository::around(same.unwrap_or(Path::new(".")))?;
    let wanted = match (path, same) {
        (Some(path), _) => path.to_owned(),
        (None, Some(same)) => repository.path_of(same)?,
        (None, None) => String::new(),
    };
    // The whole revision, for what is referred to may lie anywhere in it.
    let commit = repository.commit(revision)?;
    let tree = repository.snapshot(commit, &[String::new()], None, &HashMap::new(), &|_| None)?.tree;
    let commit = repository.short(commit);
    let suffix = if wanted.is_empty() { String::new() } else { format!(":{wanted}") };
    let label = format!("git:{revision}@{commit}{suffix}");
    let is_one = tree.contains_key(&wanted);
    let below = |path: &str| -> Option<String> {
        match wanted.as_str() {
            "" => Some(path.to_owned()),
            one if one == path => Some(files::file_name(path).to_owned()),
            folder => path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned),
        }
    };
    let chosen: Vec<String> = tree.keys().filter(|path| below(path).is_some()).cloned().collect();
    if chosen.is_empty() && !wanted.is_empty() {
        return Err(Failure::bad_request(anyhow!("there is no schema file at {wanted} in {revision}"))
            .with_hint("Paths of a revision count from the root of the repository."));
    }
    let documents = documents(&tree, &chosen, |path| format!("git:{revision}:{path}"));
    let documents = documents.filter_map(|(path, document)| Some((below(&path)?, document))).collect();
    Ok(State { label, documents, is_one })
}

fn documents(
    tree: &Tree,
    chosen: &[String],
    label: impl Fn(&str) -> String,
) -> impl Iterator<Item = (String, Document)> {
    let index = Index::of(tree);
    let found: Vec<(String, Document)> = chosen
        .iter()
        .map(|path| {
            let file = &tree[path];
            let dependencies = match file.broken_at {
                Some(_) => Err("it is not UTF-8 text".to_owned()),
                None => index.closure(path).map_err(|error| error.to_string()),
            };
            let document = Document {
                label: label(path),
                subject: files::subject_of(path).to_owned(),
                format: file.format,
                text: file.text.clone(),
                dependencies,
            };
            (path.clone(), document)
        })
        .collect();
    found.into_iter()
}

/// A registered version. A text that is stored on one line is laid out: nobody reads it otherwise.
pub(super) async fn of_version(
    registered: &mut Registered,
    subject: &str,
    version: Option<i32>,
) -> Result<Document, Failure> {
    let stored = registered.one(subject, version).await?;
    let number = match stored.origin {
        Origin::Version { version, .. } => version.to_string(),
        Origin::File(path) => path,
    };
    Ok(Document {
        label: format!("{subject}@{number}"),
        subject: subject.to_owned(),
        format: stored.format,
        text: laid_out(stored.format, stored.text),
        dependencies: Ok(stored.dependencies),
    })
}

fn laid_out(format: Format, text: String) -> String {
    if format == Format::Protobuf || text.trim_end().contains('\n') {
        return text;
    }
    tree::parse(&text).map_or(text, |root| root.to_pretty())
}

#[cfg(test)]
mod tests {
    use super::{Operand, UnknownOperand};

    #[test]
    fn operands_are_spelled_like_this() {
        let git = |revision: &str, path: Option<&str>| Operand::Git {
            revision: revision.to_owned(),
            path: path.map(str::to_owned),
        };
        let version = |subject: &str, version| Operand::Version { subject: subject.to_owned(), version };
        for (text, expected) in [
            ("a/b.avsc", Ok(Operand::Path("a/b.avsc".into()))),
            ("dir:a", Ok(Operand::Path("a".into()))),
            ("git:HEAD~1", Ok(git("HEAD~1", None))),
            ("git:main:schemas/a.avsc", Ok(git("main", Some("schemas/a.avsc")))),
            ("orders-value@3", Ok(version("orders-value", Some(3)))),
            ("orders@home@latest", Ok(version("orders@home", None))),
            (":.staging:orders@1", Ok(version(":.staging:orders", Some(1)))),
            ("orders-value@0", Ok(Operand::Path("orders-value@0".into()))),
            ("registry:http://u:p@h", Ok(Operand::Registry("http://u:p@h".to_owned()))),
            ("http://u:p@h", Err(UnknownOperand)),
            ("registry:", Err(UnknownOperand)),
            ("git:", Err(UnknownOperand)),
            ("", Err(UnknownOperand)),
        ] {
            assert_eq!(text.parse::<Operand>(), expected, "{text}");
        }
    }
}
