//! Random Protobuf schemas and what is said of them.
//!
//! A pair that is proved must not harm any of the random messages that the writer writes; a pair of
//! which no more than losses are told must not harm them worse; every finding has data, and a decoder
//! written for this test sees the harm in it; nothing that means the same is told apart.

mod compare;
mod data;
mod schema;

use dovetail::compat::{
    self, Datum, Extent, Incompatibility, Opinion, Previous, Proof, Question, Severity, Verdict,
};
use dovetail::model::{Direction, Format, Judge, Judging, Level, Version};
use dovetail::schema::{Dependency, Options, Schema as Parsed};

use self::compare::{Comparison, Harm};
use self::schema::Schema;
use super::Run;
use super::rng::Rng;

#[derive(Default)]
struct Tally {
    pairs: u64,
    proved: u64,
    refuted: u64,
    undecided: u64,
    witnesses: u64,
    messages: u64,
}

/// As many pairs as asked for, each judged in both directions.
pub fn run(run: Run) -> Result<String, String> {
    let mut tally = Tally::default();
    for number in 0..run.count {
        let seed = run.seed.wrapping_mul(1_000_003).wrapping_add(number);
        let mut rng = Rng::of(seed);
        let old = Schema::generate(&mut rng);
        let new = if rng.chance(4) { Schema::generate(&mut rng) } else { old.changed(&mut rng) };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pair(&old, &new, &mut rng, &mut tally)))
            .unwrap_or_else(|_| Err("a panic".to_owned()))
            .map_err(|what| {
                format!("seed {seed}: {what}\n--- old\n{}\n--- new\n{}", show(&old), show(&new))
            })?;
    }
    let Tally { pairs, proved, refuted, undecided, witnesses, messages } = tally;
    Ok(format!(
        "{pairs} pairs in both directions: {proved} proved, {refuted} refuted, {undecided} undecided; \
         {witnesses} witnesses and {messages} random messages tried"
    ))
}

/// Pairs as JSON Lines, for programs outside.
pub fn print_texts(run: Run) {
    for number in 0..run.count {
        let seed = run.seed.wrapping_mul(1_000_003).wrapping_add(number);
        let mut rng = Rng::of(seed);
        let old = Schema::generate(&mut rng);
        let new = if rng.chance(4) { Schema::generate(&mut rng) } else { old.changed(&mut rng) };
        let imports = |schema: &Schema| serde_json::json!([{"name": "dep.proto", "schema": schema.text(1)}]);
        let pair = serde_json::json!({
            "id": seed,
            "format": "PROTOBUF",
            "level": "FULL",
            "packs": ["wire"],
            "old": old.text(0),
            "new": new.text(0),
            "old_refs": imports(&old),
            "new_refs": imports(&new),
        });
        println!("{pair}");
    }
}

fn show(schema: &Schema) -> String {
    format!("{}\n--- its import\n{}", schema.text(0), schema.text(1))
}

fn parse(schema: &Schema) -> Result<Parsed, String> {
    let dependency = Dependency { name: "dep.proto".to_owned(), origin: None, text: schema.text(1) };
    let options = Options { new: true, ..Options::STORED };
    Parsed::parse(Format::Protobuf, &schema.text(0), &[dependency], options)
        .map_err(|error| error.to_string())
}

fn judge(old: &Parsed, new: &Parsed) -> Vec<Verdict> {
    let judging = Judging::by(Judge::Proof);
    let question = Question { level: Level::Full, judging: &judging, extent: Extent::Everything };
    let old = Previous::live(Version::FIRST, Ok(old.clone()));
    let report = compat::check(question, [old], new);
    report.comparisons.into_iter().flat_map(|comparison| comparison.verdicts).collect()
}

fn pair(old: &Schema, new: &Schema, rng: &mut Rng, tally: &mut Tally) -> Result<(), String> {
    let (parsed_old, parsed_new) = (parse(old)?, parse(new)?);
    let verdicts = judge(&parsed_old, &parsed_new);
    tally.pairs += 1;
    for verdict in &verdicts {
        let (reader, writer) = match verdict.direction {
            Direction::Backward => (new, old),
            Direction::Forward => (old, new),
        };
        check_verdict(verdict, reader, writer, rng, tally)
            .map_err(|what| format!("{:?}: {what}", verdict.direction))?;
    }
    if rng.chance(20) {
        let other = parse(&old.shuffled(rng))?;
        for verdict in judge(&parsed_old, &other) {
            if !matches!(verdict.proof, Proof::Proved(_)) {
                return Err(format!("another order of fields is told apart: {:?}", verdict.proof));
            }
        }
        let again = judge(&other, &parsed_new);
        let found = |verdicts: &[Verdict]| -> Vec<String> {
            let mut lines: Vec<String> =
                verdicts.iter().flat_map(|verdict| verdict.findings.iter().map(line)).collect();
            lines.sort();
            lines
        };
        if found(&again) != found(&verdicts) {
            return Err(format!("the order of fields matters: {:?} {:?}", found(&again), found(&verdicts)));
        }
    }
    Ok(())
}

fn line(finding: &Incompatibility) -> String {
    let at = finding.reader_at.as_ref().map_or("", |at| at.as_str());
    format!("{:?} {} {at} {}", finding.direction, finding.rule.id, finding.severity)
}

fn check_verdict(
    verdict: &Verdict,
    reader: &Schema,
    writer: &Schema,
    rng: &mut Rng,
    tally: &mut Tally,
) -> Result<(), String> {
    let found: Vec<&Incompatibility> =
        verdict.findings.iter().filter(|finding| finding.proof == Opinion::Broken).collect();
    match &verdict.proof {
        Proof::Proved(_) => tally.proved += 1,
        Proof::Refuted => tally.refuted += 1,
        Proof::Undecided(why) => {
            tally.undecided += 1;
            return Err(format!("undecided: {why}"));
        }
    }
    for finding in &found {
        tally.witnesses += 1;
        check_witness(finding, reader, writer).map_err(|what| format!("{}: {what}", line(finding)))?;
    }
    let worst = found.iter().map(|finding| finding.severity);
    let is_broken = worst.clone().any(|severity| matches!(severity, Severity::Break | Severity::Altered));
    if is_broken {
        return Ok(());
    }
    let is_lossy = worst.into_iter().any(|severity| severity == Severity::Lossy);
    for (from, message) in writer.messages.iter().enumerate().filter(|(_, message)| message.file == 0) {
        for _ in 0..4 {
            let Some(sample) = writer.sample(rng, from, 0) else { continue };
            tally.messages += 1;
            let bytes = writer.encode(from, &sample);
            let harms = harms(reader, writer, from, &bytes)
                .map_err(|error| format!("{} {bytes:02x?} cannot be read: {error}", message.name))?;
            let worse = harms.iter().find(|(_, harm)| !(is_lossy && harm.is_lossy()));
            if let Some((at, harm)) = worse {
                return Err(format!("{} {bytes:02x?} is harmed at {at}: {harm:?}", message.name));
            }
        }
    }
    Ok(())
}

/// What a reader does to the bytes of a message of the writer.
fn harms(reader: &Schema, writer: &Schema, from: usize, bytes: &[u8]) -> Result<Vec<(String, Harm)>, String> {
    let name = writer.full_name(from);
    let to = (0..reader.messages.len()).find(|to| reader.full_name(*to) == name).ok_or("no such message")?;
    let wrote = writer.decode(from, bytes).map_err(|error| format!("the writer itself: {error}"))?;
    let read = reader.decode(to, bytes)?;
    let mut comparison = Comparison { writer, reader, found: Vec::new() };
    comparison.messages(from, to, &wrote, &read, "");
    Ok(comparison.found)
}

fn check_witness(finding: &Incompatibility, reader: &Schema, writer: &Schema) -> Result<(), String> {
    let witness = finding.witness.as_ref().ok_or("no witness")?;
    let Datum::Protobuf { message, bytes, .. } = witness.datum() else { return Err("of Avro".to_owned()) };
    let from = (0..writer.messages.len()).find(|from| writer.full_name(*from) == *message);
    let from = from.ok_or_else(|| format!("the writer has no message {message}"))?;
    let Ok(harms) = harms(reader, writer, from, bytes) else { return Ok(()) };
    let is_lossy = finding.severity == Severity::Lossy;
    match harms.iter().any(|(_, harm)| harm.is_lossy() == is_lossy) {
        true => Ok(()),
        false => Err(format!("{message} {bytes:02x?} shows no such harm: {harms:?}")),
    }
}
