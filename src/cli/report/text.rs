//! The form for people at a terminal: one section a finding with the line that it is about, one line a
//! file without any.

use super::excerpt::{self, Mark};
use super::told::{self, Tier};
use crate::cli::print::{Tone, toned};
use crate::gate::Texts;
use crate::published::{Comparison, File, Finding, Report};

/// How it is to look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Leave out all that is not wrong.
    pub(super) quiet: bool,
    /// A warning is wrong too.
    pub(super) warnings_fail: bool,
    /// How many columns there are.
    pub(super) width: usize,
}

/// How far the facts of a finding stand from the left.
const INDENT: usize = 8;

/// The whole report. Lines hold colour; whoever prints them drops it where nobody sees it.
pub(super) fn render(report: &Report, texts: &Texts, look: Look) -> String {
    let mut lines = Vec::new();
    let of_files = |finding: &&Finding| report.files.iter().any(|file| file.subject == finding.subject);
    for file in &report.files {
        let own = |finding: &&Finding| is_of(report, finding, file) && is_first(report, finding);
        for finding in in_order(report.findings.iter().filter(own)) {
            lines.extend(section(report, texts, finding, look));
        }
        if !look.quiet {
            let own = |comparison: &&Comparison| comparison.subject.as_ref() == Some(&file.subject);
            lines.extend(report.comparisons.iter().filter(own).filter_map(|known| unproved(file, known)));
            lines.extend(ending(file));
            lines.extend(broken(file, texts, look));
        }
    }
    for finding in in_order(report.findings.iter().filter(|finding| !of_files(finding))) {
        lines.extend(section(report, texts, finding, look));
    }
    if !look.quiet {
        lines.push(closing(report));
    }
    let mut text = lines.join("\n");
    text.extend((!text.is_empty()).then_some('\n'));
    text
}

/// Is the finding about this file? Files of one name may stand for one subject.
fn is_of(report: &Report, finding: &Finding, file: &File) -> bool {
    let place = finding.place.as_ref().map(|place| place.file.as_str());
    let is_told_elsewhere = || report.files.iter().any(|other| Some(other.file.as_str()) == place);
    finding.subject == file.subject && (place == Some(file.file.as_str()) || !is_told_elsewhere())
}

/// Is it the first of those that say the same against several bases? It is told once, and against what all
/// of them clash.
fn is_first(report: &Report, finding: &Finding) -> bool {
    alike(report, finding).next().is_none_or(|first| std::ptr::eq(first, finding))
}

fn alike<'a>(report: &'a Report, finding: &Finding) -> impl Iterator<Item = &'a Finding> {
    let (fingerprint, message) = (finding.fingerprint.clone(), finding.message.clone());
    let (outcome, place) = (finding.outcome.clone(), finding.place.clone());
    report.findings.iter().filter(move |other| {
        other.fingerprint == fingerprint
            && other.message == message
            && other.outcome == outcome
            && other.place == place
    })
}

/// Its findings at length, whatever they lead to, and nothing else.
pub(super) fn findings(report: &Report, texts: &Texts, look: Look) -> String {
    let told = in_order(report.findings.iter().filter(|finding| is_first(report, finding)));
    let lines = told.into_iter().flat_map(|finding| {
        let word = match Tier::of(finding) {
            Tier::Error => toned("FAIL", Tone::Bad, 4),
            Tier::Warning => toned("WARN", Tone::Doubtful, 4),
            Tier::Waived => toned("PASS", Tone::Doubtful, 4),
            Tier::Note => toned("NOTE", Tone::Doubtful, 4),
        };
        told_at_length(report, texts, finding, look, word)
    });
    lines.map(|line| line + "\n").collect()
}

fn in_order<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<&'a Finding> {
    let mut findings: Vec<_> = findings.collect();
    findings.sort_by_key(|finding| Tier::of(finding));
    findings
}

/// A finding. What passes is told briefly, and not at all to those who want quiet.
fn section(report: &Report, texts: &Texts, finding: &Finding, look: Look) -> Vec<String> {
    match Tier::of(finding) {
        Tier::Error => told_at_length(report, texts, finding, look, toned("FAIL", Tone::Bad, 4)),
        Tier::Warning if !look.quiet || look.warnings_fail => {
            told_at_length(report, texts, finding, look, toned("WARN", Tone::Doubtful, 4))
        }
        _ if look.quiet => Vec::new(),
        Tier::Waived => told_in_a_line(finding, toned("PASS", Tone::Doubtful, 4), waived(finding)),
        Tier::Warning | Tier::Note => {
            told_in_a_line(finding, toned("NOTE", Tone::Doubtful, 4), noted(finding))
        }
    }
}

fn told_at_length(
    report: &Report,
    texts: &Texts,
    finding: &Finding,
    look: Look,
    word: String,
) -> Vec<String> {
    let message = told::printable(&finding.message);
    let mut lines = vec![
        head(finding, &word, Some(&finding.fingerprint)),
        format!("      {}  {message}", toned(&finding.rule, Tone::Name, 0)),
    ];
    let mut fact = |name: &str, value: &str| lines.push(fact_line(name, value));
    let (own, earlier) = excerpts(texts, finding, look);
    let roles = told::roles(finding);
    let side = |which: usize| {
        let (role, side) = roles.as_ref()?[which];
        let who = if which == 0 { "this file" } else { told::other(finding) };
        Some((
            if role == "reads" { "reader" } else { "writer" },
            format!("{who} at {}", told::pointer(side)?),
        ))
    };
    if own.is_empty()
        && let Some((name, value)) = side(0)
    {
        fact(name, &value);
    }
    lines.extend(own);
    let mut fact = |name: &str, value: &str| lines.push(fact_line(name, value));
    if let Some(against) = told::against(finding) {
        fact("against", &against);
    }
    if earlier.is_empty()
        && let Some((name, value)) = side(1)
    {
        fact(name, &value);
    }
    lines.extend(earlier);
    for other in alike(report, finding).filter(|other| !std::ptr::eq(*other, finding)) {
        let against = told::against(other).unwrap_or_default();
        lines.push(fact_line("and", &against));
    }
    let mut fact = |name: &str, value: &str| lines.push(fact_line(name, value));
    for (name, value) in told::facts(report, finding) {
        fact(name, &value);
    }
    if finding.outcome == "refuse" && finding.kind != "waiver" {
        let fingerprint = &finding.fingerprint;
        fact("accept", &format!("dovetail waive {fingerprint} --until DATE --reason TEXT"));
    }
    lines
}

fn fact_line(name: &str, value: &str) -> String {
    format!("{:INDENT$}{name:9} {}", "", told::printable(value))
}

/// The lines of both texts that a finding is about, each marked.
fn excerpts(texts: &Texts, finding: &Finding, look: Look) -> (Vec<String>, Vec<String>) {
    let roles = told::roles(finding);
    let label = |which: usize| {
        let who = if which == 0 { "this file" } else { told::other(finding) };
        roles.as_ref().map_or_else(String::new, |roles| {
            let (role, side) = roles[which];
            told::pointer(side).map_or_else(|| format!("{who} {role}"), |at| format!("{who} {role}, at {at}"))
        })
    };
    let is_whole = |which: usize| {
        roles.as_ref().is_some_and(|roles| told::pointer(roles[which].1).is_none_or(|at| at == "/"))
    };
    let width = look.width.saturating_sub(INDENT);
    let (tier, indent) = (Tier::of(finding), " ".repeat(INDENT));
    let shown = |text: Option<&str>, place: Option<&crate::published::Location>, which| {
        let is_whole = is_whole(which);
        let label = told::printable(&label(which));
        let mark = text.zip(place).map(|(text, place)| Mark { text, place, label, is_whole });
        let lines = mark.map(|mark| excerpt::of(&mark, tier, which == 0, width)).unwrap_or_default();
        lines.into_iter().map(|line| format!("{indent}{line}")).collect()
    };
    let own = finding.place.as_ref();
    let text = own.and_then(|place| texts.of_file(&place.file));
    let text_of_other = match &finding.earlier_place {
        Some(place) if finding.kind == told::READER => texts.of_file(&place.file),
        _ => texts.earlier(&finding.subject, &finding.against),
    };
    (shown(text, own, 0), shown(text_of_other, finding.earlier_place.as_ref(), 1))
}

fn told_in_a_line(finding: &Finding, word: String, what: String) -> Vec<String> {
    vec![format!("{}  {}", head(finding, &word, None), told::printable(&what))]
}

/// The first line of a finding: how grave, where, of which subject, at which level.
fn head(finding: &Finding, word: &str, fingerprint: Option<&str>) -> String {
    let level = told::level(finding.level, finding.level_from.as_deref());
    let place = finding.place.as_ref().map(told::at).unwrap_or_default();
    let facts = [place.as_str(), &finding.subject, &level, fingerprint.unwrap_or_default()];
    joined(word, &facts)
}

fn waived(finding: &Finding) -> String {
    let accepted = finding.waiver.as_ref().map(|waiver| {
        let by = waiver.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        format!(": waived until {}{by}: {}", waiver.until, waiver.reason)
    });
    format!("{}{}", finding.rule, accepted.unwrap_or_default())
}

fn noted(finding: &Finding) -> String {
    let name = finding.reference.as_ref().and_then(|reference| reference.name);
    match (name, finding.proof.as_deref()) {
        (Some(name), Some("harmless")) => format!("{name} by Confluent's rules, proved harmless"),
        (Some(name), _) => format!("{name} by Confluent's rules"),
        (None, _) => format!("{}: {}", finding.rule, finding.message),
    }
}

/// A pair that the proof judge could not decide.
fn unproved(file: &File, comparison: &Comparison) -> Option<String> {
    let why = comparison.proof_detail.as_ref().filter(|_| comparison.proof != "proved")?;
    let against = &comparison.against;
    let with = match (against.version, against.id, &against.file) {
        (Some(version), Some(id), _) => format!("version {version} (id {id})"),
        (Some(version), None, _) => format!("version {version}"),
        (None, _, Some(file)) => file.clone(),
        (None, _, None) => against.base.clone().unwrap_or_default(),
    };
    let remark = format!("not proved against {with}: {why}; Confluent's rules say {}", comparison.reference);
    Some(file_line("????", Tone::Doubtful, file, &told::printable(&remark)))
}

/// What became of a file, unless its findings say so.
fn ending(file: &File) -> Option<String> {
    let (word, tone, remark) = match file.result {
        "incompatible" => return None,
        "new" => ("new", Tone::Good, "nothing earlier to compare with"),
        "unchanged" => ("ok", Tone::Good, "unchanged"),
        "not_compared" => ("ok", Tone::Good, "not compared at this level"),
        "deleted" => ("gone", Tone::Doubtful, "deleted"),
        "invalid" => ("????", Tone::Doubtful, "not a schema"),
        "unchecked" => ("????", Tone::Doubtful, "could not check"),
        _ => ("ok", Tone::Good, "compatible"),
    };
    let moved = file.moved_from.as_ref().map(|from| format!("{remark}, moved from {from}"));
    Some(file_line(word, tone, file, moved.as_deref().unwrap_or(remark)))
}

/// The line that makes a file no schema.
fn broken(file: &File, texts: &Texts, look: Look) -> Vec<String> {
    let text = texts.of_file(&file.file).filter(|_| file.result == "invalid");
    let Some(text) = text else { return Vec::new() };
    let label = file.message.as_deref().map(told::printable).unwrap_or_default();
    let mark = Mark { text, place: &file.place(), label, is_whole: false };
    let lines = excerpt::of(&mark, Tier::Error, true, look.width.saturating_sub(INDENT));
    lines.into_iter().map(|line| format!("{:INDENT$}{line}", "")).collect()
}

fn file_line(word: &str, tone: Tone, file: &File, remark: &str) -> String {
    let level = told::level(file.level, file.level_from.as_deref());
    joined(&toned(word, tone, 4), &[&file.file, &file.subject, &level, remark])
}

fn joined(word: &str, facts: &[&str]) -> String {
    let facts: Vec<String> =
        facts.iter().filter(|fact| !fact.is_empty()).map(|fact| told::printable(fact)).collect();
    format!("{word}  {}", facts.join("  "))
}

fn closing(report: &Report) -> String {
    let count = &report.count;
    let deleted = if count.deleted > 0 { format!(", {} deleted", count.deleted) } else { String::new() };
    format!(
        "{}: {} incompatible, {} compatible, {} new, {} invalid, {} not checked{deleted}",
        told::findings_counted(report),
        count.incompatible,
        count.compatible,
        count.new,
        count.invalid,
        count.unchecked,
    )
}

/// The sentences for files about which nothing can be said.
pub(super) fn errors(report: &Report) -> Vec<String> {
    let sentence = |(file, why): (&File, &str)| match file.result {
        "invalid" => format!("{}: {why}", told::at(&file.place())),
        _ => format!("{}: could not check: {why}", file.file),
    };
    told::unjudged(report).map(sentence).map(|sentence| told::printable(&sentence)).collect()
}
