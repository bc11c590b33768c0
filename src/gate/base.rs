//! What the checked files are compared with.

use std::collections::HashSet;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::anyhow;

use super::files::{self, SourceFile, Sources, Tree};
use super::git;
use crate::failure::Failure;

/// A base as it is spelled on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Base {
    /// `dir:PATH`: a folder, or one file.
    Dir(PathBuf),
    /// `git:REV[:PATH]`: a revision of the repository around the checked files.
    Git { revision: String, path: Option<String> },
    /// `registry[:URL]`: what is registered.
    Registry(Option<String>),
    /// `none`: parse only.
    None,
}

impl FromStr for Base {
    type Err = String;

    fn from_str(text: &str) -> Result<Base, String> {
        match text.split_once(':') {
            Some(("dir", "")) => Err("dir: needs a path, for example dir:old/schemas".to_owned()),
            Some(("dir", path)) => Ok(Base::Dir(path.into())),
            Some(("git", rest)) => match rest.split_once(':').unwrap_or((rest, "")) {
                ("", _) => Err("git: needs a revision, for example git:HEAD".to_owned()),
                (revision, "") => Ok(Base::Git { revision: revision.to_owned(), path: None }),
                (revision, path) => Ok(Base::Git {
                    revision: revision.to_owned(),
                    path: Some(path.trim_matches('/').to_owned()),
                }),
            },
            Some(("registry", url)) if !url.is_empty() => Ok(Base::Registry(Some(url.to_owned()))),
            None if text == "registry" => Ok(Base::Registry(None)),
            None if text == "none" => Ok(Base::None),
            // The text is not repeated: it may be a mistyped registry's URL, password included.
            _ => Err("a base is dir:PATH, git:REV[:PATH], registry[:URL] or none".to_owned()),
        }
    }
}

/// Schema files of an earlier state, by their path below its root.
pub(crate) struct EarlierFiles {
    /// How the base is printed.
    pub(crate) label: String,
    /// The files.
    pub(crate) tree: Tree,
    /// For each checked file, where in the tree it is looked for, the likeliest place first.
    places: Vec<(String, Vec<String>)>,
}

impl EarlierFiles {
    /// The files of a folder, or one file.
    pub(crate) fn of_dir(path: &std::path::Path, sources: &Sources) -> Result<EarlierFiles, Failure> {
        let label = format!("dir:{}", files::shown(path));
        if path.is_file() {
            let [checked] = &sources.checked[..] else {
                return Err(Failure::bad_request(anyhow!(
                    "{label} is one file, so only one file can be checked against it"
                )));
            };
            let (_, file) = files::read_named_file(path)?;
            let below = file.below.clone();
            let places = vec![(checked.clone(), vec![below.clone()])];
            return Ok(EarlierFiles { label, tree: Tree::from([(below, file)]), places });
        }
        if !path.is_dir() {
            return Err(Failure::unable(anyhow!("the base {label} does not exist")));
        }
        let found = files::read_folder(path)?;
        let tree = found.into_iter().map(|(_, file)| (file.below.clone(), file)).collect();
        let places = sources
            .checked
            .iter()
            .map(|path| (path.clone(), vec![path.clone(), sources.tree[path].below.clone()]));
        Ok(EarlierFiles { label, tree, places: places.collect() })
    }

    /// The files of a revision.
    pub(crate) fn of_git(
        revision: &str,
        path: Option<&str>,
        roots: &[PathBuf],
        sources: &Sources,
    ) -> Result<EarlierFiles, Failure> {
        let repository =
            git::Repository::around(roots.first().map_or(std::path::Path::new("."), PathBuf::as_path))?;
        let folders = match path {
            Some(path) => vec![path.to_owned()],
            None => roots.iter().map(|root| repository.folder_of(root)).collect::<Result<_, _>>()?,
        };
        let (commit, tree) = repository.files_at(revision, &folders, path)?;
        let mut places = Vec::new();
        for checked in &sources.checked {
            let in_repository = repository.path_of(std::path::Path::new(checked))?;
            let below = sources.tree[checked].below.clone();
            places.push((
                checked.clone(),
                if path.is_some() { vec![below, in_repository] } else { vec![in_repository] },
            ));
        }
        let suffix = path.map(|path| format!(":{path}")).unwrap_or_default();
        Ok(EarlierFiles { label: format!("git:{revision}@{commit}{suffix}"), tree, places })
    }

    /// The earlier state of a checked file: the file of the same path, else the only file of the same
    /// subject that no other checked file continues. `None` for a new one.
    pub(crate) fn of_file(
        &self,
        checked: &str,
        file: &SourceFile,
    ) -> Result<Option<(&str, &SourceFile)>, String> {
        let in_place = |places: &[String]| places.iter().find_map(|place| self.tree.get_key_value(place));
        let own =
            self.places.iter().find(|(path, _)| path == checked).and_then(|(_, places)| in_place(places));
        if let Some((path, earlier)) = own {
            return Ok(Some((path, earlier)));
        }
        let continued: HashSet<&str> = self
            .places
            .iter()
            .filter_map(|(_, places)| in_place(places))
            .map(|(path, _)| path.as_str())
            .collect();
        let subject = files::subject_of(checked);
        let moved: Vec<_> = self
            .tree
            .iter()
            .filter(|(path, earlier)| earlier.format == file.format && files::subject_of(path) == subject)
            .filter(|(path, _)| !continued.contains(path.as_str()))
            .collect();
        match moved[..] {
            [] => Ok(None),
            [(path, earlier)] => Ok(Some((path, earlier))),
            _ => {
                let paths: Vec<&str> = moved.iter().map(|(path, _)| path.as_str()).collect();
                Err(format!(
                    "in the base, several files may be the earlier `{subject}`: {}",
                    paths.join(", ")
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Base;

    #[test]
    fn bases_are_spelled_like_this() {
        let git = |revision: &str, path: Option<&str>| Base::Git {
            revision: revision.into(),
            path: path.map(Into::into),
        };
        for (text, expected) in [
            ("dir:old/schemas", Some(Base::Dir("old/schemas".into()))),
            ("git:HEAD~1", Some(git("HEAD~1", None))),
            ("git:origin/main:schemas/", Some(git("origin/main", Some("schemas")))),
            ("registry", Some(Base::Registry(None))),
            ("registry:http://localhost:8081", Some(Base::Registry(Some("http://localhost:8081".into())))),
            ("none", Some(Base::None)),
            ("git:", None),
            ("dir:", None),
            ("HEAD", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Base>().ok(), expected, "{text}");
        }
    }
}
