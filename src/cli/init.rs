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
    let (root, inside) = around(folder);
    // Pipelines and hooks begin at the root of the repository.
    let checking = |template: &str| match inside.as_str() {
        "" => template.to_owned(),
        inside => template.replace("dovetail check", &format!("dovetail check {}", quoted(inside))),
    };
    let mut files = vec![(folder.join("schemas.yaml"), proposal.yaml(), options.force)];
    match options.ci.unwrap_or_else(|| usual_ci(&root)) {
        Ci::Github => {
            files.push((root.join(".github/workflows/schemas.yml"), checking(init::GITHUB), false));
        }
        Ci::Gitlab => files.push((root.join(".gitlab-ci.yml"), checking(init::GITLAB), false)),
        Ci::None => {}
    }
    if !options.no_hook {
        files.push((root.join(".pre-commit-config.yaml"), checking(init::PRE_COMMIT), false));
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
        "{} {} by {} {}; look through them, then run `dovetail check`",
        proposal.files,
        if proposal.files == 1 { "schema file becomes a subject" } else { "schema files become subjects" },
        proposal.entries.len(),
        if proposal.entries.len() == 1 { "entry" } else { "entries" }
    ));
    Ok(Outcome::Success)
}

/// The root of the repository around a folder, and the folder's path below it. Outside of one the folder is
/// the root.
fn around(folder: &Path) -> (PathBuf, String) {
    let alone = || (folder.to_owned(), String::new());
    let Ok(whole) = folder.canonicalize() else { return alone() };
    let Some(root) = whole.ancestors().find(|folder| folder.join(".git").exists()) else { return alone() };
    let inside = whole.strip_prefix(root).unwrap_or(Path::new(""));
    let up: PathBuf = inside.components().map(|_| "..").collect();
    // As it was given, where its own parts lead up to the root.
    let given = folder.components().filter(|part| matches!(part, std::path::Component::Normal(_))).count();
    let shown = match folder.is_relative() && given == inside.components().count() && folder.ends_with(inside)
    {
        true => PathBuf::new(),
        false if inside.as_os_str().is_empty() => return alone(),
        false => folder.join(up),
    };
    (shown, inside.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"))
}

/// A word of a command, within quotes where a shell or YAML would read something into it.
fn quoted(path: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '/' | '.' | '_' | '-');
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
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
