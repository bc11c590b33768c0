//! The earlier states that the checked files are compared with, in a folder or in a repository.

use std::path::Path;

use super::base::EarlierFiles;
use super::git::{History, State, Tracked};
use super::judge::{Condition, Earlier, Origin};
use super::references::{Index, Unresolvable};
use super::workspace::{Declared, Workspace};
use crate::model::{Depth, Format, Level};
use crate::schema::{Dependency, Options, Schema};

/// The checked files, and a base.
pub(crate) struct Sides<'a> {
    pub(crate) now: &'a Workspace,
    /// What the checked files refer to.
    pub(crate) index: &'a Index<'a>,
    pub(crate) earlier: &'a EarlierFiles,
    /// What the files of the base refer to.
    pub(crate) then: &'a Index<'a>,
}

/// A subject's earlier states, newest first, or why they are not known.
type Past = Result<Vec<Earlier>, String>;

impl Sides<'_> {
    /// The earlier states of each subject that its level looks at. Of a subject whose latest state is no schema,
    /// those before it are told too, as far back as the first one that is a schema: that one counts.
    pub(crate) fn pasts(&self, subjects: &[(&Declared, Level)]) -> Vec<Past> {
        let mut pasts: Vec<Past> = Vec::new();
        let (mut followed, mut tracked) = (Vec::new(), Vec::new());
        for (position, (declared, level)) in subjects.iter().enumerate() {
            let latest = self.latest(declared);
            if let (Ok(Some(latest)), Some(at), true) = (&latest, &self.earlier.commit, *level != Level::None)
                && !self.is_same(declared, latest)
                && let is_latest_enough = level.depth() == Depth::Latest
                && (!is_latest_enough || !is_schema(latest))
                && let Ok(Some((path, _))) = self.earlier.of_file(declared)
            {
                followed.push(position);
                tracked.push(Tracked { path: at.path_of(path), format: latest.format, is_latest_enough });
            }
            pasts.push(latest.map(|latest| latest.into_iter().collect()));
        }
        let Some(at) = self.earlier.commit.as_ref().filter(|_| !tracked.is_empty()) else { return pasts };
        let found = at.repository.histories(at.commit, &at.searched, tracked);
        for (position, history) in followed.into_iter().zip(found) {
            let (declared, level) = subjects[position];
            let past = history.and_then(|history| self.past(declared, level, &pasts[position], history));
            pasts[position] = past;
        }
        pasts
    }

    /// The state of a subject in the base.
    fn latest(&self, declared: &Declared) -> Result<Option<Earlier>, String> {
        if let Some(folder) = self.earlier.lies_elsewhere(declared) {
            return Err(format!(
                "it lies in the submodule {folder}, which has a history of its own; check it there, or against a registry"
            ));
        }
        let Some((path, file)) = self.earlier.of_file(declared)? else { return Ok(None) };
        let state = |dependencies: Vec<Dependency>, condition| Earlier {
            origin: Origin::File(self.earlier.shown(path, self.now)),
            is_deleted: false,
            format: file.format,
            text: file.text.clone(),
            dependencies,
            condition,
        };
        match self.then.closure(path) {
            Ok(dependencies) => {
                let condition = match self.may_be_elsewhere(declared, self.lacking(path)?.into_iter()) {
                    true => Condition::Lacking,
                    false => Condition::Whole,
                };
                Ok(Some(state(dependencies, condition)))
            }
            Err(error) if error.makes_no_schema(file.format) => {
                Ok(Some(state(Vec::new(), Condition::Broken(in_base(&error)))))
            }
            Err(error) => Err(in_base(&error)),
        }
    }

    /// What a file of the base, or a file that it refers to, uses and no file of the base defines.
    fn lacking(&self, path: &str) -> Result<Vec<&[String]>, String> {
        let path = self.then.path(path).expect("a file of the base");
        let referred = self.then.closure_paths(path).map_err(|error| in_base(&error))?;
        Ok(referred.into_iter().chain([path]).flat_map(|path| self.then.lacking(path)).collect())
    }

    /// What was not found then may yet have been somewhere: a manifest may say that it is registered, and a file
    /// that answers to its name today may have been where git does not look. Where the base has that file, or
    /// the change adds it, it was looked at, and the name was nowhere.
    fn may_be_elsewhere<'n>(
        &self,
        declared: &Declared,
        mut lacking: impl Iterator<Item = &'n [String]>,
    ) -> bool {
        let is_written = declared.written_references.is_some();
        lacking.any(|spellings| match self.index.answer(&declared.path, spellings) {
            Ok(Some(file)) => is_written || !self.is_tracked(file),
            Ok(None) => is_written,
            Err(_) => true,
        })
    }

    /// Is a file of today in the base, or committed since?
    fn is_tracked(&self, file: &str) -> bool {
        let mut declared = self.now.declared.iter().filter(|declared| declared.path == file);
        declared.any(|declared| matches!(self.earlier.of_file(declared), Ok(Some(_))))
            || self.earlier.commit.as_ref().is_some_and(|at| at.repository.is_committed(Path::new(file)))
    }

    /// Is what is checked what it was, word for word?
    fn is_same(&self, declared: &Declared, latest: &Earlier) -> bool {
        latest.condition == Condition::Whole
            && latest.text == self.now.text(declared)
            && self.index.closure(&declared.path).is_ok_and(|now| now == latest.dependencies)
    }

    /// The states of a history; the latest one is that of the base, by its name there.
    fn past(&self, declared: &Declared, level: Level, latest: &Past, history: History) -> Past {
        let mut past: Vec<Earlier> = Vec::new();
        let base = latest.as_ref().ok().and_then(|latest| latest.first());
        let format = base.map_or(declared.format, |base| base.format);
        let path = history.states.first().map(|state| state.path.clone()).unwrap_or_default();
        let is_cut = history.is_cut;
        for (position, state) in history.states.into_iter().enumerate() {
            let origin = match base.filter(|_| position == 0) {
                Some(base) => base.origin.clone(),
                None => Origin::File(self.name(&state)),
            };
            past.push(self.earlier_of(declared, state, origin, format));
        }
        if !is_cut {
            return Ok(past);
        }
        let advice = "and this clone is a shallow one; fetch the rest with `git fetch --unshallow`, or let the \
                      pipeline clone with fetch-depth: 0";
        match level.depth() {
            Depth::All => Err(format!("{level} looks at the whole history of {path}, {advice}")),
            Depth::Latest if past.last().is_some_and(is_schema) => Ok(past),
            Depth::Latest => {
                Err(format!("{path} is no schema in the base, so that what it was before counts, {advice}"))
            }
        }
    }

    fn earlier_of(&self, declared: &Declared, state: State, origin: Origin, format: Format) -> Earlier {
        let lacking = || state.lacking.iter().map(Vec::as_slice);
        let condition = match state.fault {
            Some(ref fault) => Condition::Broken(fault.clone()),
            None if state.is_part || self.may_be_elsewhere(declared, lacking()) => Condition::Lacking,
            None => Condition::Whole,
        };
        let State { text, dependencies, .. } = state;
        Earlier { origin, is_deleted: false, format, text, dependencies, condition }
    }

    fn name(&self, state: &State) -> String {
        let at = self.earlier.commit.as_ref().expect("states are of commits");
        let path = self.earlier.shown(&state.path, self.now);
        format!("{path}@{}", at.repository.short(state.commit))
    }
}

fn is_schema(state: &Earlier) -> bool {
    if matches!(state.condition, Condition::Broken(_)) {
        return false;
    }
    let schema = Schema::parse(state.format, &state.text, &state.dependencies, Options::STORED);
    schema.is_ok_and(|schema| state.condition == Condition::Whole || schema.unresolved().is_none())
}

fn in_base(error: &Unresolvable) -> String {
    format!("in the base, {error}")
}
