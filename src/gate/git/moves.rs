//! Where a file was before a commit that moved it, and perhaps changed it at once.

use crate::gate::files::{self, SourceFile};
use crate::gate::manifest;
use crate::gate::names;
use crate::gate::snapshot::Snapshot;
use crate::model::Format;

use super::revision::Revision;

/// What changed its place between a commit and the one before it.
pub(super) struct Moves<'m> {
    older: &'m Revision<'m>,
    then: &'m Snapshot,
    now: &'m Snapshot,
    by_manifest: bool,
    /// The files that are at their places no more.
    gone: Vec<Schema<'m>>,
    /// The files that were not at their places before.
    made: Vec<Schema<'m>>,
}

/// A file, and what it may be known by.
#[derive(Clone)]
struct Schema<'m> {
    path: &'m str,
    file: &'m SourceFile,
    /// The first name that it defines.
    name: Option<String>,
}

impl<'m> Moves<'m> {
    pub(super) fn between(older: &'m Revision<'m>, newer: &'m Revision<'m>) -> Result<Moves<'m>, String> {
        let (then, now) = (older.everywhere()?, newer.everywhere()?);
        let only_in = |one: &'m Snapshot, other: &Snapshot| {
            let left = one.tree.iter().filter(|(path, _)| !other.tree.contains_key(*path));
            left.map(|(path, file)| Schema::of(path, file)).collect()
        };
        let (gone, made) = (only_in(then, now), only_in(now, then));
        Ok(Moves { older, then, now, by_manifest: older.searched.by_manifest, gone, made })
    }

    /// Where the file at `path` was before; `None` when it was made by the newer commit. As in the base, the
    /// subject that manifests give it counts first, then its text, the name that it defines, and the name of
    /// the file.
    ///
    /// # Errors
    /// A sentence, when several files may be it.
    pub(super) fn origin(
        &self,
        path: &str,
        format: Format,
        file: &SourceFile,
    ) -> Result<Option<String>, String> {
        let now = Schema::of(path, file);
        let same = self.of_subject(path, format);
        match &same[..] {
            [] => self.likest(&now, self.gone.iter().filter(|gone| gone.file.format == format)),
            [only] => Ok(Some(only.path.to_owned())),
            several => match self.likest(&now, several.iter())? {
                Some(found) => Ok(Some(found)),
                None => Err(self.doubt(path, several)),
            },
        }
    }

    /// The earlier files of the subject that manifests give to a file, without those that have it still.
    fn of_subject(&self, path: &str, format: Format) -> Vec<Schema<'m>> {
        let subject = match self.by_manifest {
            true => manifest::subject_in(&self.now.manifests, path),
            false => None,
        };
        let Some(subject) = subject else { return Vec::new() };
        let is_of_it = |snapshot: &Snapshot, path: &str| {
            snapshot.tree.contains_key(path)
                && manifest::subject_in(&snapshot.manifests, path).as_ref() == Some(&subject)
        };
        let earlier = self.then.tree.iter().filter(|(path, file)| {
            file.format == format && is_of_it(self.then, path) && !is_of_it(self.now, path)
        });
        earlier.map(|(path, file)| Schema::of(path, file)).collect()
    }

    /// The one of several that a file resembles most.
    fn likest<'s>(
        &self,
        now: &Schema<'_>,
        several: impl Iterator<Item = &'s Schema<'m>> + Clone,
    ) -> Result<Option<String>, String>
    where
        'm: 's,
    {
        let same_text = |gone: &Schema<'_>| gone.file.text == now.file.text;
        let same_name = |gone: &Schema<'_>| now.name.is_some() && gone.name == now.name;
        let same_file = |gone: &Schema<'_>| {
            files::subject_of(gone.path) == files::subject_of(now.path) && !self.lives_on(gone, now)
        };
        let likenesses: [&dyn Fn(&Schema<'_>) -> bool; 3] = [&same_text, &same_name, &same_file];
        for is_like in likenesses {
            let like: Vec<Schema<'m>> = several.clone().filter(|gone| is_like(gone)).cloned().collect();
            if !like.is_empty() {
                return self.nearest(now.path, &like).map(Some);
            }
        }
        Ok(None)
    }

    /// Does another new file continue it?
    fn lives_on(&self, gone: &Schema<'_>, now: &Schema<'_>) -> bool {
        self.made.iter().any(|made| {
            made.path != now.path
                && made.file.format == gone.file.format
                && (made.file.text == gone.file.text || (made.name.is_some() && made.name == gone.name))
        })
    }

    /// The one whose path ends most like `path`: a folder that is moved keeps what is below it.
    fn nearest(&self, path: &str, several: &[Schema<'m>]) -> Result<String, String> {
        let shared = |other: &Schema<'_>| {
            path.rsplit('/').zip(other.path.rsplit('/')).take_while(|(one, other)| one == other).count()
        };
        let most = several.iter().map(shared).max().unwrap_or_default();
        let mut nearest = several.iter().filter(|other| shared(other) == most);
        match (nearest.next(), nearest.next()) {
            (Some(only), None) => Ok(only.path.to_owned()),
            _ => Err(self.doubt(path, several)),
        }
    }

    fn doubt(&self, path: &str, several: &[Schema<'m>]) -> String {
        let paths: Vec<&str> = several.iter().map(|schema| schema.path).collect();
        let commit = self.older.repository.short(self.older.id);
        format!("{path} was moved, and in {commit} several files may be it: {}", paths.join(", "))
    }
}

impl<'m> Schema<'m> {
    fn of(path: &'m str, file: &'m SourceFile) -> Schema<'m> {
        let name = names::of(file.format, &file.text).defined.into_iter().next();
        Schema { path, file, name }
    }
}
