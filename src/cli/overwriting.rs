//! Files of others are not written over unasked.

use std::path::Path;

use anyhow::anyhow;

use super::moving::MOST_LINES;
use crate::failure::Failure;

/// Files that are to be written, each with its text: is there none that holds something else already?
///
/// # Errors
/// When there are some and `force` does not allow it. Each is named.
pub(super) fn check_overwriting<'a>(
    files: impl Iterator<Item = (&'a Path, &'a str)>,
    force: bool,
) -> Result<(), Failure> {
    if force {
        return Ok(());
    }
    let differs = |path: &Path, text: &str| match std::fs::read(path) {
        Ok(there) => there != text.as_bytes(),
        // What cannot be read is not known to be the same.
        Err(_) => std::fs::symlink_metadata(path).is_ok(),
    };
    let mut found: Vec<String> = files
        .filter(|(path, text)| differs(path, text))
        .map(|(path, _)| path.display().to_string())
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    let count = found.len();
    if count > MOST_LINES {
        found.truncate(MOST_LINES);
        found.push(format!("and {} more", count - MOST_LINES));
    }
    let what = if count == 1 { "a file is".to_owned() } else { format!("{count} files are") };
    Err(Failure::bad_request(anyhow!(
        "nothing was written: {what} there already and would be another: {}",
        found.join(", ")
    ))
    .with_hint("Name another folder with --out, or write over them with --force."))
}
