//! What the commands that carry a registry's data have in common.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::anyhow;
use uuid::Uuid;

use super::migrate;
use super::print::Printer;
use super::progress::Progress;
use crate::clock;
use crate::failure::Failure;
use crate::store::{Author, Store, StoreOptions, Synchronous};
use crate::transfer::{Error, Remote, Source};

/// How many sentences of a kind are printed.
pub(super) const MOST_LINES: usize = 50;

/// Open a database; `migrate` says whether it may be created or brought up to date.
pub(super) async fn open(url: &str, migrate: bool) -> Result<Store, Failure> {
    let options = StoreOptions { url: url.to_owned(), migrate, sqlite_synchronous: Synchronous::Full };
    Store::open(&options).await.map_err(migrate::failure)
}

/// Who writes.
pub(super) fn author(verb: &str) -> Author {
    Author { actor: format!("dovetail {verb}"), request_id: verb.to_owned(), now: clock::now() }
}

/// What `--from` and `--against` name: a registry, a file, or standard input.
pub(super) fn source(text: &str, at_once: usize) -> Result<Source, Failure> {
    if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme)) {
        // Not repeated: it may hold a password.
        return Err(Failure::bad_request(anyhow!("a database is named by --database-url only"))
            .with_hint("`dovetail backup` writes what it holds into a file, which can be read here."));
    }
    if text.contains("://") {
        return Remote::new(text, at_once).map(Source::Registry);
    }
    if text == "-" {
        let mut read = Vec::new();
        let whole = std::io::stdin().lock().read_to_end(&mut read);
        whole.map_err(|error| Failure::unable(anyhow!("standard input cannot be read: {error}")))?;
        return Ok(Source::Text(read));
    }
    let path = PathBuf::from(text);
    if text.contains('@') && !path.exists() {
        // Not repeated: it may be a URL with a password that lost its beginning.
        return Err(Failure::bad_request(anyhow!(
            "what is to be read is neither a file nor a registry's URL"
        ))
        .with_hint("A URL begins with http:// or https://."));
    }
    Ok(Source::File(path))
}

/// How the command ends because of an error.
pub(super) fn failure(error: Error) -> Failure {
    match error {
        Error::Input(_) | Error::NoRecord(_) => Failure::bad_request(anyhow!(error)),
        Error::Dump(_) => Failure::bad_request(anyhow!(error))
            .with_hint("`dovetail import --from FILE` takes over what a dump holds."),
        Error::Unreachable(ref sentence) => {
            let is_refused = sentence.contains(" with 401") || sentence.contains(" with 403");
            let failure = Failure::unable(anyhow!(error));
            if is_refused { failure.with_hint(CREDENTIALS) } else { failure }
        }
        Error::Damaged(_) => Failure::unable(anyhow!(error)).with_hint("Take an older backup."),
        Error::NotEmpty { .. } => Failure::unable(anyhow!(error)).with_hint(
            "Restore into a database of its own. `dovetail import --from FILE` adds the schemas of a backup to \
             what is there.",
        ),
        Error::Raced(_) => Failure::stopped(anyhow!(error)),
        Error::Store(error) => migrate::failure(error),
    }
}

const CREDENTIALS: &str = "Credentials go into the URL: https://USER:PASSWORD@HOST.";

/// Print the first of many sentences, and how many there are more.
pub(super) fn each_line(sentences: &[String], mut print: impl FnMut(Cow<'_, str>)) {
    sentences.iter().take(MOST_LINES).for_each(|sentence| print(Cow::Borrowed(sentence)));
    if let Some(more) = sentences.len().checked_sub(MOST_LINES + 1) {
        print(Cow::Owned(format!("and {} more", more + 1)));
    }
}

/// A number of things, in words.
pub(super) fn counted(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// A bar for what is being done, one thing after the other.
pub(super) struct Bar {
    printer: Printer,
    stage: Mutex<Option<Stage>>,
}

/// What is being done, and how much of it is done.
struct Stage {
    what: &'static str,
    done: usize,
    shown: Progress,
}

impl Bar {
    pub(super) fn new(printer: Printer) -> Bar {
        Bar { printer, stage: Mutex::new(None) }
    }

    /// So much of so much is done.
    pub(super) fn tell(&self, what: &'static str, done: usize, total: usize) {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if stage.as_ref().is_none_or(|stage| stage.what != what || stage.done > done) {
            let shown = Progress::new(self.printer, what, Some(total as u64));
            *stage = Some(Stage { what, done: 0, shown });
        }
        if let Some(stage) = stage.as_mut() {
            stage.shown.advance((done - stage.done) as u64);
            stage.done = done;
        }
    }

    /// Nothing more is to come of it for now.
    pub(super) fn clear(&self) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A file that takes its place when it is whole, and not before.
pub(super) struct NewFile {
    pub(super) out: BufWriter<File>,
    /// Where it is until it is whole; `None` for what cannot be replaced, such as a pipe.
    temporary: Option<PathBuf>,
    path: PathBuf,
}

impl NewFile {
    /// Only its owner may read it: it holds what the registry's own access rules protect. What is there is
    /// replaced with `force` only, and never the file `read` that its content comes from, nor a database.
    pub(super) fn create(path: &Path, force: bool, read: &Path) -> Result<NewFile, Failure> {
        let refused = |what: &str, hint: &'static str| {
            Err(Failure::bad_request(anyhow!("{} {what}", path.display())).with_hint(hint))
        };
        let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        let place = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return refused("is a folder", "Name a file in it."),
            Ok(found) if !found.is_file() => return NewFile::straight_to(path),
            Ok(_) => {
                if is_read(path, read) {
                    return refused("is what is being read", "Name another file.");
                }
                if is_database(path) {
                    return refused("is a database", "Name another file: a database is not written over.");
                }
                if !force {
                    return refused("is there already", "Name another file, or write over it with --force.");
                }
                // What a link leads to is written, and the link stays.
                fs::canonicalize(path).map_err(|error| NewFile::failure(path, &error))?
            }
            Err(_) if is_link => {
                return refused("is a link that leads nowhere", "Name what it is to lead to.");
            }
            Err(_) => path.to_owned(),
        };
        let mut name = place.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
        name.push(format!(".{}.part", &Uuid::new_v4().simple().to_string()[..8]));
        let temporary = place.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&temporary).map_err(|error| NewFile::failure(path, &error))?;
        Ok(NewFile { out: BufWriter::new(file), temporary: Some(temporary), path: place })
    }

    /// A device or a pipe is written to, and stays what it is.
    fn straight_to(path: &Path) -> Result<NewFile, Failure> {
        let file = OpenOptions::new().write(true).open(path);
        let file = file.map_err(|error| NewFile::failure(path, &error))?;
        Ok(NewFile { out: BufWriter::new(file), temporary: None, path: path.to_owned() })
    }

    /// It is whole: keep it.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let mut kept = self.out.flush();
        if let Some(temporary) = &self.temporary {
            kept = kept.and_then(|()| self.out.get_ref().sync_all());
            kept = kept.and_then(|()| fs::rename(temporary, &self.path));
        }
        kept.map_err(|error| NewFile::failure(&self.path, &error))
    }

    fn failure(path: &Path, error: &std::io::Error) -> Failure {
        Failure::unable(anyhow!("{} cannot be written: {error}", path.display()))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // Gone already when it was kept.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Is `path` the file that is read, by whatever name, or one that SQLite keeps beside it?
fn is_read(path: &Path, read: &Path) -> bool {
    let beside = ["", "-wal", "-shm", "-journal"].map(|ending| {
        let mut name = read.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    });
    beside.iter().any(|read| is_same(path, read))
}

fn is_same(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    if let (Ok(one), Ok(other)) = (fs::metadata(one), fs::metadata(other)) {
        use std::os::unix::fs::MetadataExt;
        return (one.dev(), one.ino()) == (other.dev(), other.ino());
    }
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// Does the file begin as databases of SQLite do?
fn is_database(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut head));
    read.is_ok() && head == b"SQLite format 3\0"
}
