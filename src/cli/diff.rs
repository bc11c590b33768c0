//! `dovetail diff`: two states of schemas → what changed, may the new follow the old, and the texts line by line.

use std::time::Duration;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use owo_colors::OwoColorize as _;
use similar::{ChangeTag, TextDiff};

use super::print::{Printer, Tone, toned};
use super::wait_for;
use crate::compat::{self, Incompatibility};
use crate::diff::{Change, Concern, Diff, Spot};
use crate::failure::{Failure, Outcome};
use crate::gate::difference::{
    Document, Operand, Pair, PairResult, RegistryChange, between, between_registries,
};
use crate::model::{Direction, Judge, Judging, Level, Pack};
use crate::published::difference::{self as published, Difference, RegistryDifference, SchemaDifference};

const LONG_HELP: &str = "\
Operands
  PATH                 a file, or a folder with its schema files. What a schema refers to is found beside it
  git:REV[:PATH]       a file or folder of a revision, PATH counting from the root of the repository; without
                       PATH the same as on the other side, else everything
  SUBJECT@VERSION      a registered version, by its number or `latest`; the registry is --registry-url
  registry:URL         everything registered, to be compared with another registry: subjects, versions, levels,
                       and the latest versions. --subject narrows it
  Files of two folders are matched by their path below the folder; a file that moved, by its name.

What is told
  Each change with its place, and with what the engine finds wrong with it: FAIL for what is refused at the
  level BACKWARD (new schemas read old data) or FORWARD (old schemas read new data), WARN for what is accepted but
  told, NOTE for what the judge that decides does not share. `doc` marks changes that only people see. A
  `consequence` is a break that comes of a change elsewhere, or of several.
  Below it the texts are compared line by line; a registered text that is stored on one line is laid out first.

Exit codes
  0  done, whatever differs      2  a schema, or the request, cannot be understood
  1  --exit-code: something differs; --fail-on break: a schema may not follow its old state at --level
  3  could not be read (no such revision, registry unreachable)

Examples
  dovetail diff old.avsc new.avsc
  dovetail diff git:origin/main schemas/
  dovetail diff git:v1.0:schemas/order.avsc git:v2.0:schemas/order.avsc --no-text
  dovetail diff orders-value@3 orders-value@latest --registry-url http://127.0.0.1:8081
  dovetail diff orders-value@latest schemas/orders-value.avsc --fail-on break --level FULL
  dovetail diff registry:http://staging:8081 registry:http://production:8081 --subject 'orders-*'";

#[derive(Args)]
#[command(after_help = "`dovetail diff --help` tells about operands and exit codes.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    /// The old state: a file or folder, git:REV[:PATH], SUBJECT@VERSION or registry:URL.
    #[arg(value_name = "OLD")]
    old: String,
    /// The new state, spelled likewise.
    #[arg(value_name = "NEW")]
    new: String,
    /// The registry that versions are in; may hold credentials, http://USER:PASSWORD@HOST.
    #[arg(long, value_name = "URL", env = "DOVETAIL_REGISTRY_URL", hide_env_values = true)]
    registry_url: Option<String>,
    /// Of two registries, only subjects that match; `*` stands for anything.
    #[arg(long, value_name = "PATTERN")]
    subject: Vec<String>,
    /// How the difference is printed.
    #[arg(long, env = "DOVETAIL_FORMAT", default_value = "text")]
    format: DiffFormat,
    /// Leave out the comparison line by line.
    #[arg(long)]
    no_text: bool,
    /// Exit with 1 if anything differs.
    #[arg(long)]
    exit_code: bool,
    /// Exit with 1 if a schema may not follow its old state.
    #[arg(long, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    /// The level for --fail-on.
    #[arg(long, env = "DOVETAIL_LEVEL", default_value = "BACKWARD")]
    level: Level,
    /// Whose verdicts decide: `proof`, `reference` or `strictest`.
    #[arg(long, env = "DOVETAIL_JUDGE", default_value = "proof")]
    judge: Judge,
    /// Which promises of Protobuf schemas are kept: `wire`, `json-names`, `source`; `wire` by default.
    #[arg(long, value_name = "PACK", env = "DOVETAIL_PACKS", value_delimiter = ',')]
    packs: Vec<Pack>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Break,
}

/// Compare, print, and tell what of it matters to the caller.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    // Not by the parser of arguments, whose errors repeat the value: it may hold a password.
    let operand = |which: &str, text: &str| {
        text.parse::<Operand>().map_err(|error| Failure::bad_request(anyhow!("{which} {error}")))
    };
    let (old, new) = (operand("OLD", &options.old)?, operand("NEW", &options.new)?);
    let mut judging = Judging::by(options.judge);
    if !options.packs.is_empty() {
        judging.packs = options.packs.iter().copied().collect();
    }
    let found = wait_for(gather(options, &judging, &old, &new))?;
    match options.format {
        DiffFormat::Text => print(&found, options, printer),
        DiffFormat::Json => printer.text(&format!("{:#}\n", found.json(options))),
    }
    Ok(found.outcome(options))
}

/// Everything that one run found.
struct Found {
    old: String,
    new: String,
    pairs: Vec<Pair>,
    registries: Vec<RegistryChange>,
}

async fn gather(
    options: &Options,
    judging: &Judging,
    old: &Operand,
    new: &Operand,
) -> Result<Found, Failure> {
    if let (Operand::Registry(from), Operand::Registry(to)) = (old, new) {
        let is_meant = |subject: &str| {
            options.subject.is_empty() || options.subject.iter().any(|pattern| matches(pattern, subject))
        };
        let (registries, pairs) = between_registries(judging, from, to, is_meant).await?;
        let shown = |url: &str| crate::remote::RegistryClient::new(url).map(|it| it.shown().to_owned());
        let [old, new] = [shown(from)?, shown(to)?].map(|url| format!("registry:{url}"));
        return Ok(Found { old, new, pairs, registries });
    }
    if !options.subject.is_empty() {
        let sentence = anyhow!("--subject narrows a comparison of two registries, and this is none");
        return Err(Failure::bad_request(sentence));
    }
    let registry = options.registry_url.as_deref();
    let (from, to) = (old.read(new, registry).await?, new.read(old, registry).await?);
    let (old, new) = (from.label.clone(), to.label.clone());
    Ok(Found { old, new, pairs: between(judging, from, to)?, registries: Vec::new() })
}

/// Does a pattern with `*` match the whole text?
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = pattern.rsplit_once('*').map(|(_, last)| last) else { return rest.is_empty() };
    let inner: Vec<&str> = parts.collect();
    for part in inner.iter().take(inner.len().saturating_sub(1)) {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl Found {
    fn outcome(&self, options: &Options) -> Outcome {
        let results = || self.pairs.iter().map(|pair| &pair.result);
        let breaks = results().any(|result| match result {
            PairResult::Changed(found) => !found.is_compatible(options.level),
            _ => false,
        });
        let differs =
            !self.registries.is_empty() || results().any(|result| !matches!(result, PairResult::Unchanged));
        if (breaks && options.fail_on == Some(FailOn::Break)) || (differs && options.exit_code) {
            Outcome::Findings
        } else if results().any(|result| matches!(result, PairResult::Invalid { .. })) {
            Outcome::BadRequest
        } else {
            Outcome::Success
        }
    }

    fn json(&self, options: &Options) -> serde_json::Value {
        let difference = Difference {
            format_version: published::FORMAT_VERSION,
            old: self.old.clone(),
            new: self.new.clone(),
            schemas: self.pairs.iter().map(|pair| of_pair(pair, !options.no_text)).collect(),
            registries: self.registries.iter().map(of_registry).collect(),
        };
        serde_json::to_value(difference).expect("strings, numbers and lists have a JSON form")
    }
}

fn of_pair(pair: &Pair, with_text: bool) -> SchemaDifference {
    let documents = (pair.old.as_ref(), pair.new.as_ref());
    let label = |document: Option<&Document>| document.map(|document| document.label.clone());
    let format = documents.1.or(documents.0).map_or("AVRO", |document| document.format.as_str());
    let (result, found, message) = match &pair.result {
        PairResult::Unchanged => ("unchanged", None, None),
        PairResult::Changed(found) => ("changed", Some(found), None),
        PairResult::Added => ("added", None, None),
        PairResult::Removed => ("removed", None, None),
        PairResult::Invalid { is_old, error } => ("invalid", None, Some(invalid(*is_old, error))),
    };
    let changes = match (found, documents) {
        (Some(found), (Some(old), Some(new))) => {
            let one = |change: &Change| {
                published::Change::of(change, &new.subject, (&old.label, &old.text), &new.text)
            };
            found.changes.iter().map(one).collect()
        }
        _ => Vec::new(),
    };
    SchemaDifference {
        name: pair.name.clone(),
        was: pair.was.clone(),
        result,
        schema_type: format,
        old: label(documents.0),
        new: label(documents.1),
        verdicts: found.map(|found| published::LevelVerdict::all(found)).unwrap_or_default(),
        changes,
        is_cut: found.is_some_and(|found| found.is_cut),
        message,
        text: Some(by_line(pair)).filter(|text| with_text && !text.is_empty()),
    }
}

fn of_registry(change: &RegistryChange) -> RegistryDifference {
    RegistryDifference {
        subject: change.subject.clone(),
        what: change.what,
        version: change.version,
        old: change.old.clone(),
        new: change.new.clone(),
    }
}

fn invalid(is_old: bool, error: &crate::schema::ParseError) -> String {
    let which = if is_old { "the old schema" } else { "the new schema" };
    let place = error.place.map(|place| format!(" at {}:{}", place.line, place.column)).unwrap_or_default();
    format!("{which} cannot be parsed{place}: {}", error.message)
}

fn print(found: &Found, options: &Options, printer: Printer) {
    if !printer.is_quiet() {
        printer.answer(format_args!("old  {}\nnew  {}", found.old, found.new));
    }
    for change in &found.registries {
        printer.answer(registry_line(change));
    }
    for pair in &found.pairs {
        print_pair(pair, options, printer);
    }
    let differing = found.pairs.iter().filter(|pair| !matches!(pair.result, PairResult::Unchanged)).count();
    if differing == 0 && found.registries.is_empty() && !printer.is_quiet() {
        printer.answer("no difference");
    }
}

fn registry_line(change: &RegistryChange) -> String {
    let subject = change.subject.as_deref().unwrap_or("the registry");
    let version = change.version.map(|version| format!(" version {version}")).unwrap_or_default();
    let (tone, word) = match (&change.old, &change.new) {
        _ if change.what == "level" => (Tone::Doubtful, "changed"),
        (None, Some(_)) => (Tone::Good, "added"),
        (Some(_), None) => (Tone::Bad, "removed"),
        _ => (Tone::Doubtful, "changed"),
    };
    let what = match change.what {
        "level" => {
            let word = |level: &Option<String>| level.clone().unwrap_or_else(|| "not set".to_owned());
            format!(": the level was {} and is {}", word(&change.old), word(&change.new))
        }
        "content" => ": the two hold different schemas".to_owned(),
        _ => String::new(),
    };
    format!("{} {subject}{version}{what}", toned(word, tone, 9))
}

fn print_pair(pair: &Pair, options: &Options, printer: Printer) {
    let moved = pair.was.as_ref().map(|was| format!(" (was {was})")).unwrap_or_default();
    let line = |tone, word, rest: String| format!("\n{} {}{moved}{rest}", toned(word, tone, 9), pair.name);
    match &pair.result {
        PairResult::Unchanged => return,
        PairResult::Added => printer.answer(line(Tone::Good, "added", String::new())),
        PairResult::Removed => printer.answer(line(Tone::Bad, "removed", String::new())),
        PairResult::Invalid { is_old, error } => {
            printer.answer(line(Tone::Bad, "invalid", format!("\n  {}", invalid(*is_old, error))));
        }
        PairResult::Changed(found) => {
            printer.answer(line(Tone::Doubtful, "changed", format!("\n  {}", verdicts(found))));
            found.changes.iter().for_each(|change| print_change(change, printer));
            if found.is_cut {
                printer.answer("  … there are more changes than are told");
            }
        }
    }
    let is_shown = matches!(pair.result, PairResult::Changed(_));
    if is_shown && !options.no_text {
        by_line(pair).lines().for_each(|line| printer.answer(coloured(line)));
    }
}

fn verdicts(found: &Diff) -> String {
    let one = |level: Level, is_compatible: bool| match is_compatible {
        true => format!("{level} {}", toned("compatible", Tone::Good, 0)),
        false => format!("{level} {}", toned("incompatible", Tone::Bad, 0)),
    };
    let verdicts: Vec<String> = found.verdicts.iter().map(|it| one(it.level, it.is_compatible)).collect();
    verdicts.join("   ")
}

fn print_change(change: &Change, printer: Printer) {
    let mark = match (&change.old, &change.new) {
        (None, Some(_)) => toned("+", Tone::Good, 0),
        (Some(_), None) => toned("-", Tone::Bad, 0),
        _ => toned("~", Tone::Doubtful, 0),
    };
    let doc = if change.kind.concern == Concern::Documentation { " (doc)" } else { "" };
    let at = match (&change.new, &change.old) {
        (Some(new), _) => place("new", new),
        (None, Some(old)) => place("old", old),
        (None, None) => String::new(),
    };
    printer.answer(format_args!("  {mark} {}{doc}{at}", toned(change.kind.id, Tone::Name, 0)));
    printer.answer(format_args!("      {}", change.message));
    change.findings.iter().for_each(|finding| print_finding(finding, change, printer));
}

fn place(side: &str, spot: &Spot) -> String {
    let pointer = if spot.pointer.is_empty() { String::new() } else { format!("  {}", spot.pointer) };
    let pointer = pointer.replace(char::is_control, "\u{fffd}");
    match spot.place {
        Some(place) => format!("  {side} {}:{}{pointer}", place.line, place.column),
        None => pointer,
    }
}

fn print_finding(finding: &Incompatibility, change: &Change, printer: Printer) {
    let (word, tone) = match finding.outcome {
        compat::Outcome::Refuse => ("FAIL", Tone::Bad),
        compat::Outcome::Warn => ("WARN", Tone::Doubtful),
        compat::Outcome::Note => ("NOTE", Tone::Name),
    };
    let level = match finding.direction {
        Direction::Backward => Level::Backward,
        Direction::Forward => Level::Forward,
    };
    printer.answer(format_args!("      {} {level}  {}", toned(word, tone, 4), finding.rule.id));
    if finding.message != change.message {
        printer.answer(format_args!("           {}", finding.message.replace(char::is_control, "\u{fffd}")));
    }
}

/// The texts line by line, without colour; empty when they are the same.
fn by_line(pair: &Pair) -> String {
    let (Some(old), Some(new)) = (&pair.old, &pair.new) else { return String::new() };
    if old.text == new.text {
        return String::new();
    }
    // Line ends that differ are no difference that anybody wants to read line by line.
    let [before, after] = [&old.text, &new.text].map(|text| text.replace("\r\n", "\n"));
    let compared = TextDiff::configure().timeout(Duration::from_secs(2)).diff_lines(&before, &after);
    let mut out = String::new();
    for hunk in compared.unified_diff().context_radius(3).iter_hunks() {
        if out.is_empty() {
            out.push_str(&format!("--- {}\n+++ {}\n", old.label, new.label));
        }
        out.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let mark = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            let line = change.value().trim_end_matches('\n');
            let is_harmful = |letter: char| letter.is_control() && letter != '\t';
            out.push_str(&format!("{mark}{}\n", line.replace(is_harmful, "\u{fffd}")));
        }
    }
    out
}

fn coloured(line: &str) -> String {
    if line.starts_with("---") || line.starts_with("+++") {
        return line.bold().to_string();
    }
    match line.as_bytes().first() {
        Some(b'+') => line.green().to_string(),
        Some(b'-') => line.red().to_string(),
        Some(b'@') => line.cyan().to_string(),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, expected) in [
            ("orders-*", "orders-value", true),
            ("orders-*", "order", false),
            ("*-value", "orders-value", true),
            ("*", "", true),
            ("a*b*c", "axxbxc", true),
            ("a*b*c", "axxc", false),
            ("a*a", "a", false),
            ("orders", "orders", true),
            ("orders", "orders-value", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
