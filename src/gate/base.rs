//! What the checked files are compared with.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::anyhow;
use gix::ObjectId;

use super::files::{self, SourceFile, Tree};
use super::git::{Repository, Searched};
use super::manifest::{self, FILE_NAMES, Manifest};
use super::names;
use super::snapshot::Snapshot;
use super::workspace::{Declared, Workspace};
use crate::failure::Failure;

/// A base as it is spelled on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// `dir:PATH`: a folder, or one file.
    Dir(PathBuf),
    /// `git:REV[:PATH]`: a revision of the repository around the checked files.
    Git {
        /// The revision.
        revision: String,
        /// A folder in it that takes the place of the repository's root.
        path: Option<String>,
    },
    /// `git:merge-base`: where the work at hand left the branch that it is to be merged into.
    MergeBase,
    /// `registry[:URL]`: what is registered.
    Registry(Option<String>),
    /// `bundle:FILE`: what was registered when the bundle was made.
    Bundle(PathBuf),
    /// `none`: parse only.
    None,
}

impl FromStr for Base {
    type Err = String;

    fn from_str(text: &str) -> Result<Base, String> {
        match text.split_once(':') {
            Some(("dir", "")) => Err("dir: needs a path, for example dir:old/schemas".to_owned()),
            Some(("dir", path)) => Ok(Base::Dir(path.into())),
            Some(("bundle", "")) => Err("bundle: needs a file, for example bundle:schemas.json".to_owned()),
            Some(("bundle", path)) => Ok(Base::Bundle(path.into())),
            Some(("git", "merge-base")) => Ok(Base::MergeBase),
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
            _ => {
                Err("a base is git:REV[:PATH], git:merge-base, registry[:URL], dir:PATH, bundle:FILE or none"
                    .to_owned())
            }
        }
    }
}

/// A commit and where in it.
pub(crate) struct AtCommit {
    pub(crate) repository: Repository,
    pub(crate) commit: ObjectId,
    /// The folder that took the place of the root.
    root: Option<String>,
    /// Where its files, and those of the commits before it, are looked for.
    pub(crate) searched: Searched,
}

impl AtCommit {
    /// The path in the repository of a file of the base.
    pub(crate) fn path_of(&self, path: &str) -> String {
        match &self.root {
            Some(root) if root.ends_with(&format!("/{path}")) || root == path => root.clone(),
            Some(root) => names::joined(root, path),
            None => path.to_owned(),
        }
    }
}

/// Schema files of an earlier state, and which of them the checked files continue.
pub(crate) struct EarlierFiles {
    /// How the base is printed.
    pub(crate) label: String,
    /// What is worth knowing about it.
    pub(crate) notes: Vec<String>,
    /// The files, and the subjects that they stood for.
    pub(crate) workspace: Workspace,
    /// The commit that they are of, for those that are of one.
    pub(crate) commit: Option<AtCommit>,
    /// For each declared path, the earlier path that it continues, or why that is not known.
    continued: HashMap<String, Result<String, String>>,
    /// The folders in which a file that is gone is noticed.
    scopes: Vec<String>,
    /// Checked files that are in another repository, and the folder of that one.
    elsewhere: HashMap<String, String>,
    /// Files of today that stand for nothing, by what they are called in the base.
    left_over: HashMap<String, String>,
    /// Manifests of the base that are gone with what they demanded.
    pub(crate) manifests_gone: Vec<String>,
    /// What the folder of each manifest of today is called in the base.
    governed: Vec<Option<String>>,
}

impl EarlierFiles {
    /// The files of a folder, or one file.
    pub(crate) fn of_dir(path: &Path, workspace: &Workspace) -> Result<EarlierFiles, Failure> {
        let label = format!("dir:{}", files::shown(path));
        if path.is_file() {
            let checked: Vec<&Declared> = workspace.checked().collect();
            let [checked] = checked[..] else {
                return Err(Failure::bad_request(anyhow!(
                    "{label} is one file, so only one file can be checked against it"
                )));
            };
            let file = files::read_named_file(path)?;
            let (below, checked) = (file.below.clone(), checked.path.clone());
            return Ok(EarlierFiles {
                label,
                notes: Vec::new(),
                workspace: Workspace::of_tree(Tree::from([(below.clone(), file)]), Vec::new()),
                commit: None,
                continued: HashMap::from([(checked, Ok(below))]),
                scopes: Vec::new(),
                elsewhere: HashMap::new(),
                left_over: HashMap::new(),
                manifests_gone: Vec::new(),
                governed: Vec::new(),
            });
        }
        if !path.is_dir() {
            return Err(Failure::unable(anyhow!("the base {label} does not exist")));
        }
        let snapshot = read_folder(path, workspace)?;
        if snapshot.tree.is_empty() {
            return Err(Failure::unable(anyhow!("there is no schema file in the base {label}")));
        }
        let places = |declared: &Declared| {
            let below = workspace.tree[&declared.path].below.clone();
            [vec![declared.path.clone(), below], workspace.below_roots(declared)].concat()
        };
        // What lies below the folder that is searched lies below the base.
        let outer = workspace.outermost();
        let folder = |folder: &str| names::relative(&outer, folder);
        let scopes = workspace.roots.iter().filter(|root| root.is_dir());
        let scopes: Vec<String> = scopes.filter_map(|root| folder(&files::slashed(root))).collect();
        Ok(EarlierFiles::of_snapshot(label, snapshot, workspace, places, folder, scopes))
    }

    /// No files at all.
    pub(crate) fn none(label: String, workspace: &Workspace) -> EarlierFiles {
        let nowhere = |_: &Declared| Vec::new();
        EarlierFiles::of_snapshot(label, Snapshot::default(), workspace, nowhere, |_| None, Vec::new())
    }

    /// The files of a commit; `path` is a folder of it that takes the place of the root.
    pub(crate) fn of_commit(
        label: String,
        repository: Repository,
        commit: ObjectId,
        path: Option<&str>,
        workspace: &Workspace,
    ) -> Result<EarlierFiles, Failure> {
        let mut folders = Vec::new();
        for root in &workspace.roots {
            folders.push(repository.folder_of(root)?);
        }
        for manifest in &workspace.manifests {
            folders.push(repository.path_of(Path::new(&manifest.governs))?);
        }
        // What lies outside the repository has no state in it.
        folders.extend(workspace.included.iter().filter_map(|folder| repository.path_of(folder).ok()));
        let mut in_repository = HashMap::new();
        for declared in &workspace.declared {
            in_repository.insert(declared.path.clone(), repository.path_of(Path::new(&declared.key))?);
        }
        let known = workspace.declared.iter();
        let known: HashMap<String, &SourceFile> = known
            .map(|declared| (in_repository[&declared.path].clone(), &workspace.tree[&declared.path]))
            .collect();
        let formats: HashMap<String, _> =
            known.iter().map(|(path, file)| (path.clone(), file.format)).collect();
        let folders = path.map_or(folders, |path| vec![path.to_owned()]);
        let is_schema = |path: &str| formats.get(path).copied();
        let snapshot = repository.snapshot(commit, &folders, path, &known, &is_schema)?;
        if let Some(path) = path.filter(|_| snapshot.tree.is_empty()) {
            return Err(Failure::unable(anyhow!("there is no schema file in {path} at {label}")));
        }
        let places = |declared: &Declared| {
            let inside = in_repository[&declared.path].clone();
            match path {
                Some(_) => {
                    let below = workspace.tree[&declared.path].below.clone();
                    [vec![below, inside], workspace.below_roots(declared)].concat()
                }
                None => vec![inside],
            }
        };
        let outer = workspace.outermost();
        let folder = |folder: &str| match path {
            Some(_) => names::relative(&outer, folder),
            None => repository.path_of(Path::new(folder)).ok(),
        };
        let scopes = workspace.roots.iter().filter(|root| root.is_dir());
        let scopes: Vec<String> = scopes.filter_map(|root| folder(&files::slashed(root))).collect();
        let submodules = snapshot.elsewhere.clone();
        let mut earlier = EarlierFiles::of_snapshot(label, snapshot, workspace, places, folder, scopes);
        let mut nested: HashMap<&str, Option<String>> = HashMap::new();
        for declared in workspace.checked() {
            let inside = &in_repository[&declared.path];
            let is_around = |folder: &&String| names::relative(folder, inside).is_some();
            let around = submodules.iter().find(is_around).cloned();
            let parent = inside.rsplit_once('/').map_or("", |(parent, _)| parent);
            // The file system is asked once for all files of a folder.
            let nested = || nested.entry(parent).or_insert_with(|| repository.nested_around(inside)).clone();
            if let Some(folder) = around.or_else(nested) {
                earlier.elsewhere.insert(declared.path.clone(), folder);
            }
        }
        if workspace.manifests.is_empty() && !workspace.is_unmanaged {
            for folder in workspace.roots.iter().filter_map(|root| repository.folder_of(root).ok()) {
                earlier.note_lost_manifests(&repository, commit, &folder);
            }
        }
        let root = path.map(str::to_owned);
        let searched = Searched { folders, formats, by_manifest: !workspace.manifests.is_empty() };
        earlier.commit = Some(AtCommit { repository, commit, root, searched });
        Ok(earlier)
    }

    /// `places` tells where the earlier state of a file is looked for, the likeliest place first, and
    /// `folder` what a folder of the checked files is called in the base.
    fn of_snapshot(
        label: String,
        snapshot: Snapshot,
        workspace: &Workspace,
        places: impl Fn(&Declared) -> Vec<String>,
        folder: impl Fn(&str) -> Option<String>,
        scopes: Vec<String>,
    ) -> EarlierFiles {
        let mut notes = Vec::new();
        let as_now =
            || workspace.manifests.iter().filter_map(|manifest| manifest.moved(folder(&manifest.governs)?));
        let mut manifests = snapshot.manifests;
        for (path, error) in &snapshot.invalid {
            notes.push(format!("in {label}, {error}; the manifest of today is taken for it"));
            let governs = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            manifests.extend(as_now().filter(|manifest| manifest.governs == governs));
        }
        if workspace.is_unmanaged {
            (notes, manifests) = Default::default();
        } else if manifests.is_empty() {
            manifests = as_now().collect();
        }
        let governed = workspace.manifests.iter().map(|manifest| folder(&manifest.governs)).collect();
        let gone = manifests.iter().filter(|_| workspace.manifests.is_empty());
        let manifests_gone = gone.map(|manifest| manifest.path.clone()).collect();
        let left_over = workspace.left_over();
        let left_over = left_over.filter_map(|(key, printed)| Some((folder(key)?, printed.to_owned())));
        let left_over: HashMap<String, String> = left_over.collect();
        let earlier = Workspace::of_tree(snapshot.tree, manifests);
        let continued = pair(workspace, &earlier, &places, &left_over);
        EarlierFiles {
            label,
            notes,
            workspace: earlier,
            commit: None,
            continued,
            scopes,
            elsewhere: HashMap::new(),
            left_over,
            manifests_gone,
            governed,
        }
    }

    /// The manifests in a folder and above it that a commit had.
    fn note_lost_manifests(&mut self, repository: &Repository, commit: ObjectId, folder: &str) {
        let above = folder.match_indices('/').map(|(at, _)| &folder[..at]);
        for folder in above.chain(["", folder]) {
            for path in FILE_NAMES.iter().map(|name| names::joined(folder, name)) {
                if path.ends_with(".json") || self.manifests_gone.contains(&path) {
                    continue;
                }
                if repository.holds(commit, &path) {
                    self.manifests_gone.push(path);
                }
            }
        }
    }

    /// The earlier path of a checked file; `None` for a new one.
    ///
    /// # Errors
    /// A sentence, when several files may be it.
    pub(crate) fn of_file(&self, declared: &Declared) -> Result<Option<(&str, &SourceFile)>, String> {
        match self.continued.get(&declared.path) {
            None => Ok(None),
            Some(Err(sentence)) => Err(sentence.clone()),
            Some(Ok(path)) => {
                let found = self.workspace.tree.get_key_value(path);
                Ok(found.map(|(path, file)| (path.as_str(), file)))
            }
        }
    }

    /// The folder of the other repository that a file lies in, such as a submodule.
    pub(crate) fn lies_elsewhere(&self, declared: &Declared) -> Option<&str> {
        self.elsewhere.get(&declared.path).map(String::as_str)
    }

    /// The earlier subject that a file continues.
    pub(crate) fn declared_before(&self, declared: &Declared) -> Option<&Declared> {
        let (path, _) = self.of_file(declared).ok()??;
        let declared = &self.workspace.declared;
        // They are in the order of their paths.
        let at = declared.binary_search_by(|before| before.path.as_str().cmp(path)).ok()?;
        Some(&declared[at])
    }

    /// The manifest that governed a subject then, if it is not the one of today's folder.
    pub(crate) fn other_manifest(&self, declared: &Declared, before: &Declared) -> Option<&Manifest> {
        let then = &self.workspace.manifests[before.manifest?];
        let now = self.governed.get(declared.manifest?)?.as_ref();
        (now != Some(&then.governs)).then_some(then)
    }

    /// An earlier path as this run prints paths, where it is one of the work tree.
    pub(crate) fn shown(&self, path: &str, now: &Workspace) -> String {
        match &self.commit {
            Some(AtCommit { repository, root: None, .. }) => now.shown(&repository.absolute(path)),
            _ => path.to_owned(),
        }
    }

    /// The file of today that stands where an earlier one stood, and stands for nothing.
    pub(crate) fn still_holds(&self, earlier: &str) -> Option<&str> {
        self.left_over.get(earlier).map(String::as_str)
    }

    /// Is only a part of the repository in the work tree?
    pub(crate) fn is_sparse(&self) -> bool {
        self.commit.as_ref().is_some_and(|at| at.repository.is_sparse())
    }

    /// The subjects whose file is gone.
    pub(crate) fn gone(&self) -> Vec<&Declared> {
        let continued: HashSet<&str> = self.continued.values().flatten().map(String::as_str).collect();
        let is_in_scope = |path: &str| {
            let is_below = |folder: &String| folder.is_empty() || path.starts_with(&format!("{folder}/"));
            self.scopes.iter().any(is_below)
        };
        // Where it is not known which file continues it, it is not known to be gone.
        let doubtful = self.continued.values().any(Result::is_err);
        let gone = self.workspace.declared.iter();
        gone.filter(|earlier| {
            !doubtful && !continued.contains(earlier.path.as_str()) && is_in_scope(&earlier.path)
        })
        .collect()
    }
}

/// Which earlier file each declared file continues. Where a manifest names the subjects it is the one of
/// the same subject, else the one in the same place; without a manifest the place comes first, and a
/// file that moved is found by its name.
fn pair(
    now: &Workspace,
    then: &Workspace,
    places: &impl Fn(&Declared) -> Vec<String>,
    left_over: &HashMap<String, String>,
) -> HashMap<String, Result<String, String>> {
    let mut by_subject: HashMap<&str, Vec<&Declared>> = HashMap::new();
    for earlier in &then.declared {
        by_subject.entry(&earlier.subject).or_default().push(earlier);
    }
    let mut continued: HashMap<String, Result<String, String>> = HashMap::new();
    let mut taken: HashSet<String> = HashSet::new();
    let in_place =
        |declared: &Declared| places(declared).into_iter().find(|place| then.tree.contains_key(place));
    for declared in now.declared.iter().filter(|declared| declared.manifest.is_some()) {
        let same: Vec<&Declared> = by_subject.get(declared.subject.as_str()).cloned().unwrap_or_default();
        let place = in_place(declared);
        let found = match &same[..] {
            [] => continue,
            [only] => Ok(only.path.clone()),
            several => match several.iter().find(|earlier| Some(&earlier.path) == place.as_ref()) {
                Some(earlier) => Ok(earlier.path.clone()),
                None => Err(doubt(&declared.subject, several)),
            },
        };
        taken.extend(found.as_ref().ok().cloned());
        continued.insert(declared.path.clone(), found);
    }
    for declared in &now.declared {
        if let Some(place) = in_place(declared).filter(|_| !continued.contains_key(&declared.path))
            && !taken.contains(&place)
        {
            taken.insert(place.clone());
            continued.insert(declared.path.clone(), Ok(place));
        }
    }
    for declared in now.declared.iter().filter(|declared| declared.manifest.is_none()) {
        if continued.contains_key(&declared.path) {
            continue;
        }
        let same = by_subject.get(declared.subject.as_str()).into_iter().flatten().copied();
        let name = files::subject_of(&declared.path);
        let same: Vec<&Declared> = same
            .filter(|earlier| earlier.format == declared.format && !taken.contains(&earlier.path))
            .filter(|earlier| earlier.manifest.is_some() || files::subject_of(&earlier.path) == name)
            .collect();
        let found = match &same[..] {
            [] => continue,
            [only] => Ok(only.path.clone()),
            several => Err(doubt(&declared.subject, several)),
        };
        continued.insert(declared.path.clone(), found);
    }
    pair_by_likeness(now, then, &mut continued, &taken, left_over);
    continued
}

/// What is new and resembles what is gone continues it: the same text, or the same names defined in it. A
/// schema that is moved and given another subject at once is compared all the same.
fn pair_by_likeness(
    now: &Workspace,
    then: &Workspace,
    continued: &mut HashMap<String, Result<String, String>>,
    taken: &HashSet<String>,
    left_over: &HashMap<String, String>,
) {
    let lives_on: HashSet<&str> = now.declared.iter().map(|declared| declared.subject.as_str()).collect();
    let left: Vec<(&String, &SourceFile)> = then
        .declared
        .iter()
        .filter(|earlier| !taken.contains(&earlier.path) && !lives_on.contains(earlier.subject.as_str()))
        .filter(|earlier| !left_over.contains_key(&earlier.path))
        .filter_map(|earlier| then.tree.get_key_value(&earlier.path))
        .collect();
    if left.is_empty() {
        return;
    }
    let defined = |file: &SourceFile| names::of(file.format, &file.text).defined.into_iter().next();
    let mut by_name: HashMap<String, Vec<&String>> = HashMap::new();
    let mut by_text: HashMap<&str, Vec<&String>> = HashMap::new();
    for (path, file) in &left {
        by_text.entry(&file.text).or_default().push(path);
        if let Some(name) = defined(file) {
            by_name.entry(name).or_default().push(path);
        }
    }
    for declared in &now.declared {
        if continued.contains_key(&declared.path) {
            continue;
        }
        let file = &now.tree[&declared.path];
        let only = |found: Option<&Vec<&String>>| match found.map(Vec::as_slice) {
            Some([only]) => Some((*only).clone()),
            _ => None,
        };
        let like = only(by_text.get(file.text.as_str())).or_else(|| only(by_name.get(&defined(file)?)));
        if let Some(path) = like {
            continued.insert(declared.path.clone(), Ok(path));
        }
    }
}

/// The schema files and manifests of a folder. Manifests tell which files are schemas whatever their names:
/// those of the folder, and those of today.
fn read_folder(path: &Path, workspace: &Workspace) -> Result<Snapshot, Failure> {
    let mut snapshot = Snapshot::default();
    let mut found = Vec::new();
    for file in files::list(path, usize::MAX)? {
        let is_manifest = Snapshot::may_be_manifest(&file.below)
            && snapshot.add_manifest(&file.below, &files::read(&file.absolute)?);
        if !is_manifest {
            found.push(file);
        }
    }
    let outer = workspace.outermost();
    let governing = |manifest: &Manifest| manifest.moved(names::relative(&outer, &manifest.governs)?);
    let now: Vec<Manifest> = workspace.manifests.iter().filter_map(governing).collect();
    for found in found {
        if let Some(language) = snapshot.language(&found.below, || manifest::format_in(&now, &found.below)) {
            snapshot.add(found.below, language, files::read(&found.absolute)?);
        }
    }
    Ok(snapshot)
}

fn doubt(subject: &str, several: &[&Declared]) -> String {
    let paths: Vec<&str> = several.iter().map(|earlier| earlier.path.as_str()).collect();
    format!("in the base, several files may be the earlier `{subject}`: {}", paths.join(", "))
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
            ("git:merge-base", Some(Base::MergeBase)),
            ("bundle:schemas.json", Some(Base::Bundle("schemas.json".into()))),
            ("none", Some(Base::None)),
            ("git:", None),
            ("dir:", None),
            ("bundle:", None),
            ("HEAD", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Base>().ok(), expected, "{text}");
        }
    }
}
