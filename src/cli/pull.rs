//! `dovetail pull`: schemas of a registry → files for the build of a consumer.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;

use super::declaring::{Declaring, Place, Saved};
use super::overwriting::check_overwriting;
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::gate::live::Live;
use crate::gate::lock::{LOCK_FILE, Lock};
use crate::gate::pull::{Pull, pull};

const LONG_HELP: &str = "\
Fetches schemas and everything that they refer to. A file that others import lies where the import looks for
it; any other is called after its subject. Files that hold the same already are not touched;
those that hold something else stop it, unless --force is given.

Which
  SUBJECT[@VERSION]…, else what schemas.lock holds, else what the manifest declares. Without @VERSION it is the
  version in the lock, or the latest.

The lock
  Where schemas.lock holds a version that is fetched, text and id must be the ones that it says.

Exit codes
  0  fetched    1  a schema is not what the lock says; nothing was written
  2  the request cannot be understood, or files would be written over    3  the registry cannot be read

Examples
  dovetail pull --out target/schemas
  dovetail pull orders-value@3 --registry-url http://127.0.0.1:8081";

#[derive(Args)]
#[command(after_help = "`dovetail pull --help` tells which schemas are fetched, and where they go.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    /// Subjects, each with a version or not.
    #[arg(value_name = "SUBJECT[@VERSION]")]
    subjects: Vec<String>,
    /// The folder to write into.
    #[arg(long, value_name = "FOLDER", env = "DOVETAIL_PULL_OUT", default_value = "schemas")]
    out: PathBuf,
    /// Write over files that hold something else.
    #[arg(long)]
    force: bool,
    /// The lock to hold them against.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_LOCK", default_value = LOCK_FILE)]
    lock: PathBuf,
    /// The manifest, where there is no lock.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_MANIFEST")]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Fetch, verify, write.
pub(super) fn run(options: Options, printer: Printer) -> Result<Outcome, Failure> {
    let lock = Lock::read(&options.lock)?;
    let Options { subjects, out, manifest, place, force, .. } = options;
    let (live, pulls) = what(subjects, manifest, place, lock.as_ref())?;
    let pulled = wait_for(pull(&live, &pulls, lock.as_ref()))?;
    let paths: Vec<PathBuf> = pulled.iter().map(|file| out.join(&file.path)).collect();
    let texts = pulled.iter().map(|file| file.text.as_str());
    check_overwriting(paths.iter().map(PathBuf::as_path).zip(texts), force)?;
    let mut written = 0;
    for (file, path) in pulled.iter().zip(&paths) {
        if std::fs::read(path).is_ok_and(|there| there == file.text.as_bytes()) {
            continue;
        }
        write(path, &file.text)?;
        printer.note(format_args!("wrote  {}  {} version {}", path.display(), file.subject, file.version));
        written += 1;
    }
    let kept = pulled.len() - written;
    printer.answer(format_args!(
        "Pulled {} into {}: {written} written, {kept} as they were.",
        pulled.len(),
        out.display()
    ));
    Ok(Outcome::Success)
}

/// What to fetch, and from where.
fn what(
    subjects: Vec<String>,
    manifest: Option<PathBuf>,
    place: Place,
    lock: Option<&Lock>,
) -> Result<(Live, Vec<Pull>), Failure> {
    if let Some(lock) = lock
        && place.registry_url.is_none()
    {
        let saved = Saved { registry: &lock.registry, context: &lock.context };
        let live = place.live_of_saved(saved, manifest.as_deref())?;
        return Ok((live.clone(), named(&live, &subjects).unwrap_or_else(|| locked(lock))));
    }
    if place.registry_url.is_some() && (lock.is_some() || !subjects.is_empty()) {
        let context = place.context.clone().or_else(|| lock.map(|lock| lock.context.clone()));
        let live = Place { context, ..place }.live(None)?;
        let pulls = named(&live, &subjects).or_else(|| lock.map(locked)).unwrap_or_default();
        return Ok((live, pulls));
    }
    let declared = Declaring { paths: Vec::new(), manifest, place }.open()?;
    let all = || {
        let pull =
            |wanted: &crate::gate::plan::Wanted| Pull { subject: wanted.subject.clone(), version: None };
        declared.wanted.iter().map(pull).collect()
    };
    let pulls = named(&declared.live, &subjects).unwrap_or_else(all);
    Ok((declared.live, pulls))
}

/// The subjects of the command line; `None` when there are none.
fn named(live: &Live, subjects: &[String]) -> Option<Vec<Pull>> {
    let pull = |text: &String| {
        let versioned = text.rsplit_once('@').and_then(|(subject, version)| {
            if version == "latest" {
                Some((subject, None))
            } else {
                Some((subject, Some(version.parse().ok()?)))
            }
        });
        let (subject, version) = versioned.unwrap_or((text, None));
        Pull { subject: live.qualified(subject), version }
    };
    (!subjects.is_empty()).then(|| subjects.iter().map(pull).collect())
}

fn locked(lock: &Lock) -> Vec<Pull> {
    let declared = lock.schemas.iter().filter(|locked| locked.path.is_some());
    declared.map(|locked| Pull { subject: locked.subject.clone(), version: Some(locked.version) }).collect()
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, text))
        .map_err(|error| Failure::unable(anyhow!("{} cannot be written: {error}", path.display())))
}
