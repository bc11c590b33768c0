//! Floor 4, terminal: arguments → one call → an outcome.
//!
//! [`run`] reads the command line, hands each verb to its file and is the only place that turns an
//! outcome into an exit code.

mod apply;
mod backup;
mod bundle;
mod check;
mod completions;
mod declaring;
mod diff;
mod dump;
mod explain;
mod export;
mod harmless;
mod health;
mod import;
mod init;
mod kms;
mod lock;
mod man;
mod migrate;
mod moving;
mod openapi;
mod overwriting;
mod plan;
mod plan_report;
mod print;
mod progress;
mod prune;
mod pull;
mod report;
mod restore;
mod rewrap;
mod serve;
mod verify;
mod waive;
mod why;

use std::process::ExitCode;

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::failure::{Failure, Outcome};
use print::Printer;

/// A schema registry for Avro, JSON Schema and Protobuf, and a check for schemas that change.
#[derive(Parser)]
#[command(
    name = "dovetail",
    version,
    propagate_version = true,
    after_help = "Most options may also be given as an environment variable, named in their help.\n\n\
                  Exit codes:\n  \
                  0  done; nothing incompatible found\n  \
                  1  something was found that must not pass\n  \
                  2  the request, or a schema in it, cannot be understood\n  \
                  3  it could not be done: registry unreachable, revision unknown, database in the way\n  \
                  4  it was begun and stopped: somebody else was faster, or it broke off half-way",
    after_long_help = "Most options may also be given as an environment variable, named in their help.\n\n\
                  Exit codes:\n  \
                  0  done; nothing incompatible found\n  \
                  1  something was found that must not pass\n  \
                  2  the request, or a schema in it, cannot be understood\n  \
                  3  it could not be done: registry unreachable, revision unknown, database in the way\n  \
                  4  it was begun and stopped: somebody else was faster, or it broke off half-way\n\n\
                  Examples:\n  \
                  dovetail serve\n  \
                  dovetail init\n  \
                  dovetail check\n  \
                  dovetail check schemas/ --against registry:http://127.0.0.1:8081\n  \
                  dovetail explain avro-field-without-default"
)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// Print answers and errors only.
    #[arg(long, short, global = true, env = "DOVETAIL_QUIET", value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    quiet: bool,
    /// Print without colour (as NO_COLOR does).
    #[arg(long, global = true, env = "DOVETAIL_NO_COLOR", value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    no_color: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve the registry.
    Serve(Box<serve::Options>),
    /// Check schema files against an earlier state of them.
    Check(Box<check::Options>),
    /// Tell what changed between two schemas, folders, revisions or registries.
    Diff(Box<diff::Options>),
    /// Write a manifest, a pipeline and a hook for the schemas of a folder.
    Init(init::Options),
    /// Tell all there is to one finding of the check.
    Why(Box<why::Options>),
    /// Accept one finding of the check for a while.
    Waive(Box<waive::Options>),
    /// Say what would have to be done so that a registry holds what is declared.
    Plan(Box<plan::Options>),
    /// Do it: register, set levels, in the right order, and only if nobody else is at it.
    Apply(Box<apply::Options>),
    /// Write down what a registry holds, as files and a manifest.
    Dump(dump::Options),
    /// List, or delete softly, what a registry holds and nobody declares.
    Prune(Box<prune::Options>),
    /// Note down which registered versions the declared schemas are.
    Lock(Box<lock::Options>),
    /// Fetch registered schemas for the build of a consumer.
    Pull(Box<pull::Options>),
    /// Write a registry as files that any file server can serve to clients.
    Bundle(bundle::Options),
    /// Say what a rule means, why it is one, and what to do instead.
    Explain(explain::Options),
    /// Take over what another registry holds, ids and all.
    Import(Box<import::Options>),
    /// Write what a registry holds as the records of a `_schemas` topic.
    Export(Box<export::Options>),
    /// Write everything a database holds into a file.
    Backup(backup::Options),
    /// Make an empty database into the one that was backed up.
    Restore(restore::Options),
    /// Find out whether a backup, a database or a registry is what it should be.
    Verify(Box<verify::Options>),
    /// Bring a database up to date and exit.
    Migrate(migrate::Options),
    /// Encrypt data keys anew after the key file got another first line.
    Rewrap(rewrap::Options),
    /// Print the OpenAPI document of the server.
    Openapi(openapi::Options),
    /// Ask a running registry whether it is ready.
    Health(health::Options),
    /// Print what a shell needs to complete the command line.
    Completions(completions::Options),
    /// Print the manual page, or write one for each command.
    Man(man::Options),
}

/// The verbs of pipelines, whose inputs are variables that are set to nothing where nobody gives them. For all
/// others an empty variable is a mistake that is told: a server must not start on another database because a
/// secret is missing.
const OF_PIPELINES: [&str; 11] =
    ["check", "why", "waive", "diff", "plan", "apply", "prune", "dump", "lock", "pull", "bundle"];

fn parsed() -> Result<Arguments, clap::Error> {
    let without_empty = |argument: Arg| match argument.get_env().and_then(std::env::var_os) {
        Some(value) if value.is_empty() => argument.env(None::<&'static str>),
        _ => argument,
    };
    let command = Arguments::command().mut_args(without_empty).mut_subcommands(|verb| {
        match OF_PIPELINES.contains(&verb.get_name()) {
            true => verb.mut_args(without_empty),
            false => verb,
        }
    });
    let mut found = command.clone().try_get_matches()?;
    Arguments::from_arg_matches_mut(&mut found).map_err(|error| error.format(&mut command.clone()))
}

/// Read the command line, do what it says, and tell how it went.
pub fn run() -> ExitCode {
    let arguments = match parsed() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too.
            let printed = error.print();
            if error.use_stderr() {
                return exit_code(Outcome::BadRequest);
            }
            print::keep_loss(printed);
            return exit_code(unless_lost(Outcome::Success, Printer::new(true, false)));
        }
    };
    let printer = Printer::new(arguments.common.quiet, arguments.common.no_color);
    let done = match arguments.verb {
        Verb::Serve(options) => serve::run(*options, printer),
        Verb::Check(options) => check::run(&options, printer),
        Verb::Diff(options) => diff::run(&options, printer),
        Verb::Init(options) => init::run(&options, printer),
        Verb::Why(options) => why::run(&options, printer),
        Verb::Waive(options) => waive::run(&options, printer),
        Verb::Plan(options) => plan::run(&options, printer),
        Verb::Apply(options) => apply::run(&options, printer),
        Verb::Dump(options) => dump::run(&options, printer),
        Verb::Prune(options) => prune::run(&options, printer),
        Verb::Lock(options) => lock::run(&options, printer),
        Verb::Pull(options) => pull::run(*options, printer),
        Verb::Bundle(options) => bundle::run(&options, printer),
        Verb::Explain(options) => explain::run(&options, printer),
        Verb::Import(options) => import::run(&options, printer),
        Verb::Export(options) => export::run(&options, printer),
        Verb::Backup(options) => backup::run(&options, printer),
        Verb::Restore(options) => restore::run(&options, printer),
        Verb::Verify(options) => verify::run(&options, printer),
        Verb::Migrate(options) => migrate::run(options, printer),
        Verb::Rewrap(options) => rewrap::run(options, printer),
        Verb::Openapi(options) => openapi::run(&options, printer),
        Verb::Health(options) => health::run(&options, printer),
        Verb::Completions(options) => completions::run(&options, printer),
        Verb::Man(options) => man::run(&options, printer),
    };
    let outcome = done.unwrap_or_else(|failure| {
        printer.error(format_args!("{:#}", failure.error));
        failure.hint.into_iter().for_each(|hint| printer.hint(hint));
        failure.outcome
    });
    exit_code(unless_lost(outcome, printer))
}

/// An answer that nobody got is none. What was found counts all the same.
fn unless_lost(outcome: Outcome, printer: Printer) -> Outcome {
    let Some(why) = printer.lost() else { return outcome };
    printer.error(format_args!("the answer could not be written to standard output: {why}"));
    if outcome == Outcome::Success { Outcome::Unable } else { outcome }
}

fn exit_code(outcome: Outcome) -> ExitCode {
    ExitCode::from(outcome as u8)
}

/// Run a short command that waits for something.
fn wait_for<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::unable(error.into()))?.block_on(work)
}
