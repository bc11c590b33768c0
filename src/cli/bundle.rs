//! `dovetail bundle`: a registry → files that any file server can serve to stock clients.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;

use super::declaring::{Declaring, Place};
use super::print::Printer;
use super::progress::Progress;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::gate::bundle::{self, Bundle};
use crate::gate::lock::Lock;
use crate::gate::manifest::Manifest;

const LONG_HELP: &str = "\
Writes a folder of files under the addresses that clients ask a registry for: schemas/ids/1,
subjects/orders-value/versions/latest and so on. Served by any file server, as a second URL after the
registry's, it lets consumers start while the registry cannot be reached. A README.txt in it tells how to
serve it, and what it cannot do: it does not answer POST.

bundle.json in it holds everything once more in one document, with checksums. It is a base:
`dovetail check --against bundle:FOLDER` needs no network.

With --lock FILE nobody is asked: texts come from the declared files, versions and ids from the lock, and a
file that is not what was locked stops it.

The folder is replaced as a whole, and only if it holds nothing but a bundle, or nothing at all.

Exit codes
  0  written    1  a file is not what the lock says    2  the folder holds something else
  3  the registry cannot be read

Examples
  dovetail bundle --registry-url http://127.0.0.1:8081 --out fallback
  python3 -m http.server --directory fallback 8082
  dovetail bundle --lock schemas.lock --out fallback";

#[derive(Args)]
#[command(after_help = "`dovetail bundle --help` tells what is written, and how to serve it.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    /// The folder to write into.
    #[arg(long, value_name = "FOLDER", env = "DOVETAIL_BUNDLE_OUT", default_value = "bundle")]
    out: PathBuf,
    /// Take declared files and this lock, and ask no registry.
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// The manifest, instead of the nearest schemas.yaml in this folder or above it.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_MANIFEST")]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Read and write.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let taken = match &options.lock {
        Some(lock) => locked(lock, options.manifest.clone())?,
        None => {
            let manifest = Manifest::at_or_above(options.manifest.as_deref());
            let live = options.place.live(manifest.as_ref())?;
            let progress = Progress::new(printer, "reading versions", None);
            wait_for(bundle::take(&live, &|more| progress.advance(more)))?
        }
    };
    let written = bundle::write(&taken, &options.out)?;
    for sentence in &written.left_out {
        printer.note(format_args!("note  {sentence}: it is in bundle.json only"));
    }
    printer.answer(format_args!(
        "Bundled {} versions as {} files in {}.",
        taken.schemas.len(),
        written.files,
        options.out.display()
    ));
    Ok(Outcome::Success)
}

/// A bundle of declared files, as a lock knows them.
fn locked(path: &Path, manifest: Option<PathBuf>) -> Result<Bundle, Failure> {
    let lock = Lock::read(path)?
        .ok_or_else(|| Failure::bad_request(anyhow!("there is no lock {}", path.display())))?;
    let place = Place { registry_url: Some(lock.registry.clone()), context: Some(lock.context.clone()) };
    let declared = Declaring { paths: Vec::new(), manifest, place }.open()?;
    bundle::of_files(&declared.wanted, &lock)
}
