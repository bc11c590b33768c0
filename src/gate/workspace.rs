//! The schema files that a run is about, and the subjects that they stand for.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use anyhow::anyhow;

use super::files::{self, Found, SourceFile, Tree};
use super::manifest::{self, FILE_NAMES, InvalidManifest, Manifest, Settings, WrittenReference};
use super::references::{Index, Unresolvable};
use crate::failure::Failure;
use crate::model::{Format, Metadata};
use crate::published::Location;

/// Schema files, the manifests that govern them, and the subjects that they stand for.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The manifests; an inner one comes after the outer.
    pub manifests: Vec<Manifest>,
    /// Every file that was read, by its path as it is printed.
    pub(crate) tree: Tree,
    /// The subjects, in the order of their paths.
    pub declared: Vec<Declared>,
    /// Schema files that no entry of their manifest is about.
    pub undeclared: Vec<String>,
    /// The absolute paths that were asked for.
    pub(crate) roots: Vec<PathBuf>,
    /// The folders beside them whose schemas may be referred to.
    pub(crate) included: Vec<PathBuf>,
    /// Manifests were not to be looked at.
    pub(crate) is_unmanaged: bool,
    /// The paths that manifests know files by, and how these are printed.
    printed: HashMap<String, String>,
    printing: Printing,
}

/// A subject and the file that holds its schema.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The subject, without the manifest's context.
    pub subject: String,
    /// The file, as it is printed.
    pub path: String,
    /// The file, as manifests know it.
    pub(crate) key: String,
    /// The language.
    pub format: Format,
    /// What holds for it, the manifest's defaults included.
    pub settings: Settings,
    /// The references that the manifest spells out.
    pub written_references: Option<Vec<WrittenReference>>,
    /// The metadata that the manifest gives it.
    pub metadata: Option<Metadata>,
    /// The manifest that declares it; `None` for a file that stands for itself.
    pub manifest: Option<usize>,
    /// Where it is declared.
    pub declared_at: Option<Location>,
    /// It was asked for, and does not merely lie beside.
    pub is_checked: bool,
}

/// A reference of a declared schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredReference {
    /// The name in the text.
    pub name: String,
    /// The subject that it stands for.
    pub subject: String,
    /// The version that the manifest spells out; `None` for the one that the declared file becomes, or
    /// the latest.
    pub version: Option<i32>,
}

/// What a run is to be about.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Folders whose schemas may be referred to.
    pub include: Vec<PathBuf>,
    /// The manifest.
    pub manifest: Choice,
    /// The subject, for a single file.
    pub subject: Option<String>,
}

/// Which manifest governs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    /// The nearest one in the folder of the first path or above it, and those below.
    #[default]
    Nearest,
    /// This one.
    At(PathBuf),
    /// None: each file stands for the subject of its own name.
    None,
}

impl Workspace {
    /// Read what is asked for from the file system.
    ///
    /// # Errors
    /// What does not exist, cannot be read, or is no manifest.
    pub fn open(asked: &Asked) -> Result<Workspace, Failure> {
        let printing = Printing::of(&asked.paths)?;
        let roots = asked.paths.iter().map(|path| printing.existing(path)).collect::<Result<Vec<_>, _>>()?;
        let mut outer: Vec<PathBuf> = match &asked.manifest {
            Choice::At(path) => vec![printing.existing(path)?],
            Choice::Nearest => roots.iter().filter_map(|root| nearest_manifest(root)).collect(),
            Choice::None => Vec::new(),
        };
        // An outer one comes before those below it.
        outer.sort_by_cached_key(|path| (path.components().count(), path.clone()));
        outer.dedup();
        let mut workspace =
            Workspace { is_unmanaged: asked.manifest == Choice::None, ..Workspace::default() };
        let mut listed = Listed::default();
        for path in &outer {
            workspace.manifests.push(read_manifest(path, &printing)?);
            listed.add(files::list(path.parent().unwrap_or(path), usize::MAX)?);
        }
        for root in &roots {
            match root.is_dir() {
                true => listed.add(files::list(root, usize::MAX)?),
                false => {
                    let below = files::file_name(&files::slashed(root)).to_owned();
                    listed.add(vec![Found { absolute: root.clone(), below }]);
                    // Its neighbours, for what it refers to.
                    listed.add(files::list(root.parent().unwrap_or(root), 1)?);
                }
            }
        }
        let inner = |found: &&Found| {
            asked.manifest == Choice::Nearest
                && FILE_NAMES.contains(&files::file_name(&files::slashed(&found.absolute)))
                && !outer.contains(&found.absolute)
                && is_manifest(&found.absolute)
        };
        let mut inner: Vec<PathBuf> =
            listed.found.iter().filter(inner).map(|found| found.absolute.clone()).collect();
        inner.sort();
        for path in inner {
            workspace.manifests.push(read_manifest(&path, &printing)?);
        }
        let written = workspace.manifests.iter().flat_map(|manifest| {
            manifest.include.iter().map(|folder| PathBuf::from(manifest.governs.clone()).join(folder))
        });
        for folder in written.chain(asked.include.iter().cloned()).collect::<Vec<_>>() {
            let folder = printing.existing(&folder)?;
            listed.add(files::list(&folder, usize::MAX)?);
            workspace.included.push(folder);
        }
        workspace.read(&listed, &roots, &printing)?;
        workspace.roots.clone_from(&roots);
        workspace.declare(|key| roots.iter().any(|root| Path::new(key).starts_with(root)));
        workspace.settle(asked, &roots, &printing)?;
        workspace.printing = printing;
        Ok(workspace)
    }

    /// Files of an earlier state, by their paths there, and its manifests.
    pub(crate) fn of_tree(tree: Tree, manifests: Vec<Manifest>) -> Workspace {
        let printed: HashMap<String, String> = tree.keys().map(|path| (path.clone(), path.clone())).collect();
        let mut workspace = Workspace { manifests, tree, printed, ..Workspace::default() };
        workspace.declare(|_| true);
        workspace
    }

    /// An absolute path as this run prints paths.
    pub(crate) fn shown(&self, absolute: &Path) -> String {
        self.printing.printed(absolute)
    }

    /// The subjects that were asked for.
    pub fn checked(&self) -> impl Iterator<Item = &Declared> {
        self.declared.iter().filter(|declared| declared.is_checked)
    }

    /// The folder around everything: that of the outermost manifest, or the first one asked for.
    pub(crate) fn outermost(&self) -> String {
        let root = || self.roots.first().map(|root| files::slashed(root)).unwrap_or_default();
        self.manifests.first().map_or_else(root, |manifest| manifest.governs.clone())
    }

    /// The path of a file below each folder that was asked for.
    pub(crate) fn below_roots(&self, declared: &Declared) -> Vec<String> {
        let below = |root: &PathBuf| super::names::relative(&files::slashed(root), &declared.key);
        self.roots.iter().filter_map(below).filter(|below| !below.is_empty()).collect()
    }

    /// The files that stand for nothing: their paths as manifests know them, and as they are printed.
    pub(crate) fn left_over(&self) -> impl Iterator<Item = (&str, &str)> {
        let undeclared: std::collections::HashSet<&String> = self.undeclared.iter().collect();
        let known = self.printed.iter().filter(move |(_, printed)| undeclared.contains(printed));
        known.map(|(key, printed)| (key.as_str(), printed.as_str()))
    }

    /// A note for each entry of the outermost manifest that is about no file, which often is misspelt.
    pub(crate) fn idle_entries(&self) -> Vec<String> {
        let Some(manifest) = self.manifests.first() else { return Vec::new() };
        let used: std::collections::HashSet<u32> = self
            .declared
            .iter()
            .filter(|declared| declared.manifest == Some(0))
            .filter_map(|declared| declared.declared_at.as_ref()?.line)
            .collect();
        let idle = manifest.entries.iter().filter(|entry| !used.contains(&entry.place.line));
        idle.map(|entry| format!("{}:{}: the entry is about no schema file", manifest.path, entry.place.line))
            .take(20)
            .collect()
    }

    /// The subject of this name; the first one where several files stand for it.
    pub fn find(&self, subject: &str) -> Option<&Declared> {
        self.declared.iter().find(|declared| declared.subject == subject)
    }

    /// The text of a declared schema.
    pub fn text(&self, declared: &Declared) -> &str {
        &self.tree[&declared.path].text
    }

    /// The subject as a registry knows it: in the context that its manifest names.
    pub fn qualified(&self, declared: &Declared) -> String {
        let context = declared.manifest.and_then(|at| self.manifests[at].registry.context.as_deref());
        qualified(context, &declared.subject)
    }

    /// What a declared schema refers to itself, in the order of the text: what the manifest spells out, or
    /// else what the files that it uses are declared as.
    ///
    /// # Errors
    /// A sentence, when a file that it uses is declared nowhere.
    pub(crate) fn references(
        &self,
        declared: &Declared,
        index: &Index<'_>,
    ) -> Result<Vec<DeclaredReference>, String> {
        if let Some(written) = &declared.written_references {
            let reference = |written: &WrittenReference| DeclaredReference {
                name: written.name.clone(),
                subject: written.subject.clone(),
                version: written.version,
            };
            return Ok(written.iter().map(reference).collect());
        }
        let direct = index.direct(&declared.path).map_err(|error: Unresolvable| error.to_string())?;
        let reference = |(name, path): (String, &str)| {
            let target = self.declared.iter().find(|other| other.path == path).ok_or_else(|| {
                format!(
                    "{} uses `{name}` of {path}, which the manifest declares as no subject",
                    declared.path
                )
            })?;
            Ok(DeclaredReference { name, subject: target.subject.clone(), version: None })
        };
        direct.into_iter().map(reference).collect()
    }

    /// The file that a manifest means by a path below its folder.
    pub(crate) fn file_of(&self, manifest: &Manifest, below: &str) -> Option<(&str, &SourceFile)> {
        let printed = self.printed.get(&super::names::joined(&manifest.governs, below))?;
        self.tree.get_key_value(printed).map(|(path, file)| (path.as_str(), file))
    }

    fn read(&mut self, listed: &Listed, roots: &[PathBuf], printing: &Printing) -> Result<(), Failure> {
        let readers = self.manifests.iter().flat_map(|manifest| {
            manifest.readers.iter().map(|reader| super::names::joined(&manifest.governs, &reader.file))
        });
        let read_by_somebody: std::collections::HashSet<String> = readers.collect();
        for Found { absolute, below } in &listed.found {
            let key = files::slashed(absolute);
            if absolute.to_str().is_none() && files::format_of(&key).is_some() {
                return Err(Failure::bad_request(anyhow!(
                    "the name of {key} is not UTF-8 text; rename the file"
                )));
            }
            let governing = self.governing(&key);
            let found = governing.and_then(|(manifest, below)| Some((manifest, manifest.entry_of(below)?.0)));
            let is_named = roots.contains(absolute)
                || read_by_somebody.contains(&key)
                || found.is_some_and(|(_, entry)| matches!(entry.files, manifest::Files::One(_)));
            let entry = found.map(|(manifest, entry)| entry.settings.over(&manifest.defaults));
            let by_name = files::format_of(&key);
            let format = entry.as_ref().and_then(|settings| settings.format).or(by_name);
            let printed = printing.printed(absolute);
            let Some(format) = format else {
                if is_named {
                    return Err(files::no_language(&printed)
                        .with_hint("Say which it is with `type: AVRO`, JSON or PROTOBUF in the manifest."));
                }
                continue;
            };
            let file = SourceFile::new(below.clone(), format, files::read(absolute)?);
            if is_named || entry.is_some() || files::is_schema(&key, &file.text) {
                self.printed.insert(key, printed.clone());
                self.tree.insert(printed, file);
            }
        }
        Ok(())
    }

    /// The manifest that governs a file, and the file's path below that manifest's folder.
    fn governing<'a>(&self, key: &'a str) -> Option<(&Manifest, &'a str)> {
        self.governing_at(key).map(|(at, below)| (&self.manifests[at], below))
    }

    fn governing_at<'a>(&self, key: &'a str) -> Option<(usize, &'a str)> {
        manifest::governing(&self.manifests, key)
    }

    /// Find out which subject each file stands for.
    fn declare(&mut self, is_checked: impl Fn(&str) -> bool) {
        let mut keys: Vec<(&String, &String)> = self.printed.iter().collect();
        keys.sort();
        let (mut declared, mut undeclared) = (Vec::new(), Vec::new());
        for (key, printed) in keys {
            let format = self.tree[printed].format;
            let is_checked = is_checked(key);
            let Some((at, below)) = self.governing_at(key) else {
                declared.push(Declared::by_name(key, printed, format, is_checked));
                continue;
            };
            let manifest = &self.manifests[at];
            let Some((entry, subject)) = manifest.entry_of(below) else {
                undeclared.push(printed.clone());
                continue;
            };
            declared.push(Declared {
                subject,
                path: printed.clone(),
                key: key.clone(),
                format,
                settings: entry.settings.over(&manifest.defaults),
                written_references: entry.references.clone(),
                metadata: entry.metadata.clone(),
                manifest: Some(at),
                declared_at: Some(manifest.location(entry.place)),
                is_checked,
            });
        }
        declared.sort_by(|left, right| left.path.cmp(&right.path));
        (self.declared, self.undeclared) = (declared, undeclared);
    }

    /// What was asked for by name counts, declared or not; what was asked for in vain is told.
    fn settle(&mut self, asked: &Asked, roots: &[PathBuf], printing: &Printing) -> Result<(), Failure> {
        for (given, root) in asked.paths.iter().zip(roots) {
            let printed = printing.printed(root);
            if root.is_file() && !self.declared.iter().any(|declared| declared.path == printed) {
                let format = self.tree[&printed].format;
                self.undeclared.retain(|path| *path != printed);
                self.declared.push(Declared::by_name(&files::slashed(root), &printed, format, true));
            }
            let is_empty = !self.declared.iter().any(|declared| Path::new(&declared.key).starts_with(root));
            let holds_undeclared = || {
                let mut below = self.printed.iter().filter(|(key, _)| Path::new(key).starts_with(root));
                below.any(|(_, printed)| self.undeclared.contains(printed))
            };
            if is_empty && holds_undeclared() {
                let manifest = self.manifests.first().map_or("the manifest", |manifest| &manifest.path);
                return Err(Failure::bad_request(anyhow!(
                    "no entry of {manifest} is about a schema file in {}",
                    files::shown(given)
                ))
                .with_hint("Add a `glob` to its `subjects`, or leave it aside with --no-manifest."));
            }
            if is_empty {
                return Err(Failure::bad_request(anyhow!("there is no schema file in {}", files::shown(given)))
                    .with_hint("Schema files end in .avsc, .proto or .schema.json; a .json file counts when its $schema says so."));
            }
        }
        for manifest in &self.manifests {
            let mut readers = manifest.readers.iter();
            if let Some(reader) = readers.find(|reader| self.file_of(manifest, &reader.file).is_none()) {
                let Location { file, line, column } = manifest.location(reader.place);
                return Err(Failure::bad_request(anyhow!(
                    "{file}:{}:{}: `{}` reads with {}, which is no schema file below {}",
                    line.unwrap_or(1),
                    column.unwrap_or(1),
                    reader.name,
                    reader.file,
                    manifest.governs
                )));
            }
        }
        if let Some(subject) = &asked.subject {
            let mut checked: Vec<&mut Declared> =
                self.declared.iter_mut().filter(|declared| declared.is_checked).collect();
            let [declared] = &mut checked[..] else {
                return Err(Failure::bad_request(anyhow!(
                    "--subject names one subject, but {} files are checked",
                    checked.len()
                )));
            };
            declared.subject.clone_from(subject);
        }
        self.declared.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(())
    }
}

impl Declared {
    /// A file that stands for the subject of its own name.
    fn by_name(key: &str, path: &str, format: Format, is_checked: bool) -> Declared {
        Declared {
            subject: files::subject_of(path).to_owned(),
            path: path.to_owned(),
            key: key.to_owned(),
            format,
            settings: Settings::default(),
            written_references: None,
            metadata: None,
            manifest: None,
            declared_at: None,
            is_checked,
        }
    }
}

/// A subject of a context, as registries spell it.
pub fn qualified(context: Option<&str>, subject: &str) -> String {
    match context {
        Some(context) if !subject.starts_with(":.") => {
            format!(":.{}:{subject}", context.trim_start_matches('.'))
        }
        _ => subject.to_owned(),
    }
}

/// Files that were found, each once.
#[derive(Default)]
struct Listed {
    found: Vec<Found>,
    known: std::collections::HashSet<PathBuf>,
}

impl Listed {
    fn add(&mut self, found: Vec<Found>) {
        for found in found {
            if self.known.insert(found.absolute.clone()) {
                self.found.push(found);
            }
        }
    }
}

/// How paths are printed: from the current folder, or whole where they were given whole.
#[derive(Debug, Default)]
struct Printing {
    current: PathBuf,
    whole: bool,
}

impl Printing {
    fn of(paths: &[PathBuf]) -> Result<Printing, Failure> {
        let current = std::env::current_dir().map_err(|error| Failure::unable(error.into()))?;
        Ok(Printing { current, whole: paths.first().is_some_and(|path| path.is_absolute()) })
    }

    /// The absolute path of something that exists.
    fn existing(&self, path: &Path) -> Result<PathBuf, Failure> {
        if !path.exists() {
            return Err(Failure::bad_request(anyhow!("there is no file or folder {}", files::shown(path))));
        }
        Ok(normal(&self.current.join(path)))
    }

    fn printed(&self, absolute: &Path) -> String {
        if self.whole {
            return files::slashed(absolute);
        }
        let common = self.current.components().zip(absolute.components()).take_while(|(a, b)| a == b).count();
        let up = self.current.components().count() - common;
        let mut path: PathBuf = std::iter::repeat_n("..", up).collect();
        path.extend(absolute.components().skip(common));
        files::slashed(&path)
    }
}

/// The path with its `.` and `..` worked off.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// The manifest in the folder of `path`, or in the nearest one above it up to the root of the repository.
fn nearest_manifest(path: &Path) -> Option<PathBuf> {
    let start = if path.is_dir() { path } else { path.parent()? };
    for folder in start.ancestors() {
        let mut found = FILE_NAMES.iter().map(|name| folder.join(name)).filter(|path| path.is_file());
        if let Some(path) = found.find(|path| is_manifest(path)) {
            return Some(path);
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    None
}

fn is_manifest(path: &Path) -> bool {
    let text = std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    text.is_ok_and(|text| manifest::looks_like_one(&files::slashed(path), &text))
}

impl Manifest {
    /// The folder of the outermost manifest in this folder or above it, up to the root of the repository.
    pub(crate) fn outermost_folder(folder: &Path) -> Option<PathBuf> {
        let mut outermost = None;
        let mut open = nearest_manifest(folder);
        while let Some(found) = open.as_deref().and_then(Path::parent) {
            let is_root = found.join(".git").exists();
            let next = found.parent().filter(|_| !is_root).and_then(nearest_manifest);
            outermost = Some(found.to_owned());
            open = next;
        }
        outermost
    }

    /// The path of its file, however it is printed.
    pub(crate) fn lies_at(&self) -> String {
        format!("{}/{}", self.governs, files::file_name(&self.path))
    }

    /// The manifest at `path`, or the nearest one in this folder or above it; `None` where there is none that
    /// can be read.
    pub(crate) fn at_or_above(path: Option<&Path>) -> Option<Manifest> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => nearest_manifest(&std::env::current_dir().ok()?)?,
        };
        let text = String::from_utf8(files::read(&path).ok()?).ok()?;
        Manifest::parse(&files::slashed(&path), &text).ok()
    }
}

fn read_manifest(path: &Path, printing: &Printing) -> Result<Manifest, Failure> {
    let printed = printing.printed(path);
    let bytes = files::read(path)?;
    let text =
        String::from_utf8(bytes).map_err(|_| Failure::bad_request(anyhow!("{printed} is not UTF-8 text")))?;
    let mut manifest = Manifest::parse(&printed, &text).map_err(refused)?;
    manifest.governs = path.parent().map(files::slashed).unwrap_or_default();
    Ok(manifest)
}

fn refused(mut error: InvalidManifest) -> Failure {
    let hint = error.hint.take();
    let failure = Failure::bad_request(anyhow!(error));
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}
