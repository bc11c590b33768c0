//! The earlier states of files: what was merged, along the first parents of a commit. All files are followed
//! in one walk, so that each commit is read once.

use std::cell::OnceCell;

use gix::ObjectId;

use super::Repository;
use super::moves::Moves;
use super::revision::{Closure, References, Revision, Searched};
use crate::gate::files::SourceFile;
use crate::gate::names;
use crate::model::Format;
use crate::schema::{Dependency, Options, Schema};

/// How many earlier states of one file are looked at.
const MOST_STATES: usize = 1_000;

/// A file whose earlier states are asked for.
#[derive(Debug)]
pub(crate) struct Tracked {
    /// Its path in the repository at the commit where the walk begins.
    pub(crate) path: String,
    pub(crate) format: Format,
    /// Only those as far back as the first one that is a schema.
    pub(crate) is_latest_enough: bool,
}

/// The earlier states of a file, newest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) states: Vec<State>,
    /// There are older ones, which this shallow clone does not have.
    pub(crate) is_cut: bool,
}

/// A file, and what it referred to, as they were at a commit.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) commit: ObjectId,
    pub(crate) path: String,
    pub(crate) text: String,
    /// What it refers to, referenced texts first.
    pub(crate) dependencies: Vec<Dependency>,
    /// What was defined nowhere, by its spellings.
    pub(crate) lacking: Vec<Vec<String>>,
    /// Some of the files of that commit are in other repositories.
    pub(crate) is_part: bool,
    /// Why it is no schema, where that is known without parsing it.
    pub(crate) fault: Option<String>,
    blob: ObjectId,
}

impl Repository {
    /// The states of files that stand at a commit, each state once, in the order of `files`. A file that was
    /// moved is followed, also where it was changed at once. A state is also another one when what the file
    /// refers to changed, be it at its place of today or at another one.
    ///
    /// # Errors
    /// For each file a sentence, when its history cannot be told.
    pub(crate) fn histories(
        &self,
        commit: ObjectId,
        searched: &Searched,
        files: Vec<Tracked>,
    ) -> Vec<Result<History, String>> {
        let mut trails: Vec<Trail> = files.into_iter().map(Trail::of).collect();
        let boundary = match self.repository.shallow_commits() {
            Ok(boundary) => boundary.iter().flat_map(|commits| commits.iter().copied()).collect(),
            // Not to know where it ends is to have none of it.
            Err(_) => vec![commit],
        };
        let mut next = Some(commit);
        let mut newer: Option<Revision<'_>> = None;
        while let Some(id) = next
            && trails.iter().any(Trail::is_open)
        {
            let open = trails.iter_mut().filter(|trail| trail.is_open());
            let revision = match Revision::of(self, searched, id) {
                Ok(revision) => revision,
                Err(sentence) => {
                    open.for_each(|trail| trail.end(Err(sentence.clone())));
                    break;
                }
            };
            let step = Step::between(&revision, newer.as_ref());
            for trail in open {
                if let Err(sentence) = trail.step(&step) {
                    trail.end(Err(sentence));
                }
                if trail.is_open() && boundary.contains(&id) {
                    trail.history.is_cut = true;
                    trail.end(Ok(()));
                }
            }
            drop(step);
            next = revision.parent;
            newer = Some(revision);
        }
        trails.into_iter().map(Trail::into_history).collect()
    }
}

/// A commit of the walk, and the one after it, where the walk comes from.
struct Step<'s> {
    revision: &'s Revision<'s>,
    newer: Option<&'s Revision<'s>>,
    references: References<'s>,
    moves: OnceCell<Result<Moves<'s>, String>>,
}

impl<'s> Step<'s> {
    fn between(revision: &'s Revision<'s>, newer: Option<&'s Revision<'s>>) -> Step<'s> {
        Step { revision, newer, references: References::of(revision), moves: OnceCell::new() }
    }

    /// Where a file of the newer commit was at this one.
    fn origin(&self, path: &str, format: Format, file: &SourceFile) -> Result<Option<String>, String> {
        let Some(newer) = self.newer else { return Ok(None) };
        let moves = self.moves.get_or_init(|| Moves::between(self.revision, newer));
        moves.as_ref().map_err(Clone::clone)?.origin(path, format, file)
    }
}

/// A file on its way back.
struct Trail {
    file: Tracked,
    /// Where it stands now.
    path: String,
    latest: Option<Latest>,
    history: History,
    end: Option<Result<(), String>>,
}

/// What was seen of a file at the commit before.
struct Latest {
    blob: ObjectId,
    file: SourceFile,
    /// What it refers to, by path and content.
    beside: Vec<(String, Option<ObjectId>)>,
    /// Something that it refers to was not there or could not be read, and may be another thing before.
    is_unclear: bool,
}

impl Trail {
    fn of(file: Tracked) -> Trail {
        let path = file.path.clone();
        Trail { file, path, latest: None, history: History::default(), end: None }
    }

    fn is_open(&self) -> bool {
        self.end.is_none()
    }

    fn end(&mut self, end: Result<(), String>) {
        self.end = Some(end);
    }

    fn into_history(self) -> Result<History, String> {
        self.end.unwrap_or(Ok(())).map(|()| self.history)
    }

    /// Look at the commit before.
    fn step(&mut self, step: &Step<'_>) -> Result<(), String> {
        let revision = step.revision;
        if step.newer.is_some_and(|newer| newer.tree == revision.tree) {
            return Ok(());
        }
        let mut found = revision.blob(&self.path)?;
        let mut is_moved = false;
        if found.is_none()
            && let Some(latest) = &self.latest
            && let Some(origin) = step.origin(&self.path, self.file.format, &latest.file)?
        {
            (found, is_moved) = (revision.blob(&origin)?, true);
            self.path = origin;
        }
        let Some(blob) = found else {
            if self.latest.is_none() {
                let commit = revision.repository.short(revision.id);
                return Err(format!("{} is not in {commit}", self.path));
            }
            // It was made in the commit after this one.
            self.end(Ok(()));
            return Ok(());
        };
        if !is_moved
            && let Some(latest) = &self.latest
            && latest.is_still(blob, revision)?
        {
            return Ok(());
        }
        let file = match &self.latest {
            Some(latest) if latest.blob == blob => latest.file.clone(),
            _ => revision.read(&self.path, self.file.format, blob)?,
        };
        self.keep(step, blob, file)
    }

    /// Keep what the file is at a commit, unless that is known.
    fn keep(&mut self, step: &Step<'_>, blob: ObjectId, file: SourceFile) -> Result<(), String> {
        let revision = step.revision;
        let commit = revision.repository.short(revision.id);
        let (mut closure, mut fault) = (Closure::default(), None);
        if file.broken_at.is_some() {
            fault = Some("it is not UTF-8 text".to_owned());
        } else if !names::of(file.format, &file.text).used.is_empty() {
            match step.references.closure(&self.path)? {
                Ok(found) => closure = found,
                Err(error) if error.makes_no_schema(file.format) => fault = Some(error.to_string()),
                Err(error) => return Err(format!("in {}@{commit}, {error}", self.path)),
            }
        }
        let mut beside = Vec::new();
        for path in closure.paths {
            let blob = revision.blob(&path)?;
            beside.push((path, blob));
        }
        let Closure { dependencies, lacking, .. } = closure;
        let is_unclear = !lacking.is_empty() || (fault.is_some() && file.broken_at.is_none());
        let mut known = self.history.states.iter();
        let is_known = known
            .any(|state| state.blob == blob && state.dependencies == dependencies && state.fault == fault);
        if !is_known {
            let is_part = !lacking.is_empty() && !revision.everywhere()?.elsewhere.is_empty();
            let (path, text) = (self.path.clone(), file.text.clone());
            let commit = revision.id;
            let state = State { commit, path, text, dependencies, lacking, is_part, fault, blob };
            if self.file.is_latest_enough && state.is_schema(file.format) {
                self.end(Ok(()));
            }
            self.history.states.push(state);
        }
        self.latest = Some(Latest { blob, file, beside, is_unclear });
        match self.history.states.len() > MOST_STATES {
            true => Err(format!("{} has more than {MOST_STATES} earlier states", self.path)),
            false => Ok(()),
        }
    }
}

impl State {
    fn is_schema(&self, format: Format) -> bool {
        self.fault.is_none() && Schema::parse(format, &self.text, &self.dependencies, Options::STORED).is_ok()
    }
}

impl Latest {
    /// Is the file the same at another commit, and all that it refers to?
    fn is_still(&self, blob: ObjectId, revision: &Revision<'_>) -> Result<bool, String> {
        if self.blob != blob || self.is_unclear {
            return Ok(false);
        }
        for (path, content) in &self.beside {
            if revision.blob(path)? != *content {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
