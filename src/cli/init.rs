//! `dovetail init`: a manifest, a pipeline and a hook for the schemas that lie in a folder.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::print::Printer;
use crate::failure::{Failure, Outcome};
use crate::gate::{Asked, Choice, Workspace, init, manifest};

const LONG_HELP: &str = "\
Schema files are found below the folder, and subjects proposed for them: topics/orders/value.avsc becomes
`orders-value`, a Protobuf file the path that others import it by, any other file its own name. Look through what
is written: which file is which subject is for you to say.

Nothing that is there is overwritten, unless --force says so for the manifest; what would go into a file that
exists is printed instead.

Examples
  dovetail init
  dovetail init --ci gitlab --dry-run
  dovetail init --schema > schemas.schema.json";

#[derive(Args)]
#[command(after_help = "`dovetail init --help` tells how subjects are proposed.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    /// Where schemas are looked for, and the manifest is written.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// The pipeline to write a job for; found out from the folder when left out.
    #[arg(long, value_name = "WHICH")]
    ci: Option<Ci>,
    /// Write no hook for pre-commit.
    #[arg(long)]
    no_hook: bool,
    /// Print what would be written.
    #[arg(long)]
    dry_run: bool,
    /// Overwrite a manifest that is there.
    #[arg(long)]
    force: bool,
    /// Print the JSON Schema of manifests, and do nothing else.
    #[arg(long)]
    schema: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ci {
    /// .github/workflows/schemas.yml
    Github,
    /// .gitlab-ci.yml
    Gitlab,
    /// Nothing.
    None,
}

/// Look, propose, write.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    if options.schema {
        printer.text(&format!("{}\n", manifest::JSON_SCHEMA.trim_end()));
        return Ok(Outcome::Success);
    }
    let folder = &options.folder;
    let there = manifest::FILE_NAMES.iter().map(|name| folder.join(name)).find(|path| path.exists());
    if let Some(path) = there.filter(|_| !options.force && !options.dry_run) {
        return Err(Failure::bad_request(anyhow!("there is a manifest already: {}", path.display()))
            .with_hint("Edit it; or write a new one over it with --force."));
    }
    let asked = Asked { paths: vec![folder.clone()], manifest: Choice::None, ..Asked::default() };
    let workspace = Workspace::open(&asked)?;
    let proposal = init::propose(&workspace);
    let mut files = vec![(folder.join("schemas.yaml"), proposal.yaml(), options.force)];
    match options.ci.unwrap_or_else(|| usual_ci(folder)) {
        Ci::Github => {
            files.push((folder.join(".github/workflows/schemas.yml"), init::GITHUB.to_owned(), false))
        }
        Ci::Gitlab => files.push((folder.join(".gitlab-ci.yml"), init::GITLAB.to_owned(), false)),
        Ci::None => {}
    }
    if !options.no_hook {
        files.push((folder.join(".pre-commit-config.yaml"), init::PRE_COMMIT.to_owned(), false));
    }
    for (path, text, overwrite) in files {
        let shown = path.strip_prefix("./").unwrap_or(&path).display();
        if options.dry_run {
            printer.answer(format_args!("--- {shown}\n{text}"));
        } else if path.exists() && !overwrite {
            printer.answer(format_args!("{shown} is there already; it wants this:\n\n{text}"));
        } else {
            write(&path, &text)?;
            printer.answer(format_args!("wrote {shown}"));
        }
    }
    printer.note(format_args!(
        "{} schema files become subjects by {} entries; look through them, then run `dovetail check`",
        proposal.files,
        proposal.entries.len()
    ));
    Ok(Outcome::Success)
}

/// GitLab where its file is, or the repository came from there; GitHub otherwise.
fn usual_ci(folder: &Path) -> Ci {
    let config = std::fs::read_to_string(folder.join(".git/config")).unwrap_or_default();
    match folder.join(".gitlab-ci.yml").exists() || config.contains("gitlab") {
        true => Ci::Gitlab,
        false => Ci::Github,
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written =
        path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| Failure::unable(anyhow!("{} cannot be written: {error}", path.display())))
}
