//! Avro: pairs of a schema and a changed one, and data of the old one.
//!
//! What is checked: data of a proved pair is read as it was written, by a decoder that was written for
//! this and shares nothing with the engine; data that it cannot read refutes the pair; every witness is
//! data of the writer, and does what it is said to do; every schema reads itself; documentation and the
//! order of fields change no verdict.

mod generate;
mod read;
mod schema;
mod value;

use std::collections::BTreeSet;
use std::io::BufRead;

use dovetail::compat::{
    self, Evidence, Extent, Incompatibility, Opinion, Previous, Proof, Question, Severity, Verdict, Why,
};
use dovetail::model::{Format, Judge, Judging, Level, Version};
use dovetail::schema::{Options, Schema};
use serde_json::{Value, json};

use crate::Run;
use crate::rng::Rng;
use read::{Outcome, Pair};
use value::Datum;

/// How many values are tried on a pair.
const DATA: usize = 8;

#[derive(Default)]
struct Tally {
    pairs: u64,
    proved: u64,
    refuted: u64,
    undecided: u64,
    skipped: u64,
    data: u64,
    witnesses: u64,
    portable: u64,
}

/// Judge `count` pairs.
pub fn run(run: Run) -> Result<String, String> {
    let mut tally = Tally::default();
    let judging = Judging::by(Judge::Proof);
    for number in 0..run.count {
        let mut rng = Rng::of(run.seed.wrapping_mul(1_000_000_007).wrapping_add(number));
        let (old, new) = pair(&mut rng);
        let checked = Checked { judging: &judging, old: &old, new: &new };
        checked.check(&mut rng, number, &mut tally).map_err(|what| {
            format!("pair {number} of seed {}: {what}\n  old: {old}\n  new: {new}", run.seed)
        })?;
    }
    let Tally { pairs, proved, refuted, undecided, skipped, data, witnesses, portable } = tally;
    Ok(format!(
        "{pairs} pairs ({skipped} skipped): {proved} proved, {refuted} refuted, {undecided} undecided; \
         {data} values read, {witnesses} witnesses ({portable} portable)"
    ))
}

fn pair(rng: &mut Rng) -> (Value, Value) {
    let old = generate::schema(rng);
    let new = match rng.chance(92) {
        true => generate::changed(rng, &old),
        false => generate::schema(rng),
    };
    // Sometimes the change came first.
    if rng.chance(50) { (old, new) } else { (new, old) }
}

struct Checked<'a> {
    judging: &'a Judging,
    old: &'a Value,
    new: &'a Value,
}

impl Checked<'_> {
    fn check(&self, rng: &mut Rng, number: u64, tally: &mut Tally) -> Result<(), String> {
        let Some(verdict) = judge(self.judging, self.old, self.new) else {
            tally.skipped += 1;
            return Ok(());
        };
        tally.pairs += 1;
        match &verdict.proof {
            Proof::Proved(_) => tally.proved += 1,
            Proof::Refuted => tally.refuted += 1,
            Proof::Undecided(Why::VerifierDisagreed) => return Err("a witness did not stand".to_owned()),
            Proof::Undecided(_) => tally.undecided += 1,
        }
        let (writer, reader) = (schema::Schema::read(self.old), schema::Schema::read(self.new));
        let pair = Pair { reader: &reader, writer: &writer };
        for _ in 0..DATA {
            let Some(datum) = value::random(&writer, writer.root, rng, 0) else { continue };
            tally.data += 1;
            let outcome = pair.read(&datum);
            if outcome != Outcome::Same && matches!(verdict.proof, Proof::Proved(_)) {
                return Err(format!("proved, but {outcome:?}: {datum:?}"));
            }
        }
        for finding in verdict.findings.iter().filter(|finding| finding.proof == Opinion::Broken) {
            self.witness(finding, &pair, tally)?;
        }
        // Each of these costs a verdict more.
        match number % 4 {
            0 => self.itself()?,
            1 => {
                self.same_with(&verdict, "documentation", &generate::documented(self.old), self.new, false)?
            }
            2 => {
                self.same_with(&verdict, "documentation", self.old, &generate::documented(self.new), false)?
            }
            _ => self.same_with(&verdict, "another order", self.old, &generate::reordered(self.new), true)?,
        }
        Ok(())
    }

    fn witness(&self, finding: &Incompatibility, pair: &Pair<'_>, tally: &mut Tally) -> Result<(), String> {
        let Some(witness) = &finding.witness else {
            return Err(format!("{} has no witness", finding.rule.id));
        };
        tally.witnesses += 1;
        tally.portable += u64::from(witness.portable());
        let Some(datum) = value::decode(pair.writer, witness.bytes().unwrap_or_default()) else {
            return Err(format!("{}: no data of the writer: {:?}", finding.rule.id, witness.hex()));
        };
        let least = match (witness.evidence(), finding.severity) {
            (Evidence::Undecodable { .. }, Severity::Break) => Outcome::Failed,
            (Evidence::Altered { .. }, Severity::Altered | Severity::Lossy) => Outcome::Altered,
            // Java reads another number where the specification fails.
            (Evidence::Altered { .. }, Severity::Break) if !witness.portable() => Outcome::Same,
            (evidence, severity) => return Err(format!("{}: {severity}, but {evidence}", finding.rule.id)),
        };
        let is_of_java_alone =
            finding.message.contains("(Avro Java fails") || finding.message.contains("(so does Avro Java");
        let outcome = pair.read(&datum);
        if outcome < least && !is_of_java_alone {
            return Err(format!("{} ({}), but {outcome:?}: {datum:?}", finding.rule.id, witness.evidence()));
        }
        Ok(())
    }

    fn itself(&self) -> Result<(), String> {
        for schema in [self.old, self.new] {
            let verdict = judge(self.judging, schema, schema).ok_or("it parsed before")?;
            if !matches!(verdict.proof, Proof::Proved(_)) {
                return Err(format!("does not read itself: {schema}"));
            }
        }
        Ok(())
    }

    /// The verdict is the same after a change that means nothing. The order of fields does mean
    /// something to Java where names differ.
    fn same_with(
        &self,
        verdict: &Verdict,
        what: &str,
        old: &Value,
        new: &Value,
        but_for_java: bool,
    ) -> Result<(), String> {
        let Some(other) = judge(self.judging, old, new) else { return Ok(()) };
        let broken = |verdict: &Verdict| -> Vec<(&'static str, bool)> {
            let all = verdict.findings.iter().filter(|finding| finding.proof == Opinion::Broken);
            all.map(|finding| (finding.rule.id, is_of_everybody(finding))).collect()
        };
        let (before, after) = (broken(verdict), broken(&other));
        if but_for_java {
            // Of two fields with the same alias Java gives it to the later one.
            let concerns_all = |findings: &[(&str, bool)]| findings.iter().any(|(_, everybody)| *everybody);
            if before.is_empty() != after.is_empty() && (concerns_all(&before) || concerns_all(&after)) {
                return Err(format!("{what} changes {before:?} into {after:?}\n  old: {old}\n  new: {new}"));
            }
            return Ok(());
        }
        let gist = |findings: &[(&'static str, bool)]| {
            findings.iter().map(|(id, _)| *id).collect::<BTreeSet<&str>>()
        };
        let (before, after) = (gist(&before), gist(&after));
        if before != after {
            return Err(format!("{what} changes {before:?} into {after:?}\n  old: {old}\n  new: {new}"));
        }
        Ok(())
    }
}

/// Does the finding not say that only some readers are affected?
fn is_of_everybody(finding: &Incompatibility) -> bool {
    let some = [" (readers that", " (Avro Java fails;", " (so do readers", " (so does Avro Java;"];
    !some.iter().any(|words| finding.message.contains(words))
}

/// What the proof judge says at BACKWARD; `None` when one of them is no schema.
fn judge(judging: &Judging, old: &Value, new: &Value) -> Option<Verdict> {
    let parse = |text: &Value| Schema::parse(Format::Avro, &text.to_string(), &[], Options::STORED).ok();
    let (old, new) = (parse(old)?, parse(new)?);
    let question = Question { level: Level::Backward, judging, extent: Extent::FirstRefusal };
    let report = compat::check_one(question, Previous::live(Version::FIRST, Ok(old)), &new);
    report.comparisons.into_iter().next()?.verdicts.into_iter().next()
}

/// Pairs with their verdicts and data, for decoders outside: a proved pair with random data, a refuted
/// one with its witnesses.
pub fn print_data(run: Run) {
    for number in 0..run.count {
        let mut rng = Rng::of(run.seed.wrapping_mul(1_000_000_007).wrapping_add(number));
        let (old, new) = pair(&mut rng);
        print_pair(&format!("{}-{number}", run.seed), &old, &new, &mut rng);
    }
}

/// The same for pairs that are sent as JSON Lines.
pub fn print_data_of_lines() {
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line.expect("a line of text")).expect("a line of JSON");
        let text = |key: &str| serde_json::from_str::<Value>(line[key].as_str().unwrap_or_default()).ok();
        if let (Some(old), Some(new)) = (text("old"), text("new")) {
            print_pair(line["id"].as_str().unwrap_or_default(), &old, &new, &mut Rng::of(1));
        }
    }
}

fn print_pair(id: &str, old: &Value, new: &Value, rng: &mut Rng) {
    let Some(verdict) = judge(&Judging::by(Judge::Proof), old, new) else { return };
    let is_proved = matches!(verdict.proof, Proof::Proved(_));
    let writer = schema::Schema::read(old);
    let hex = |datum: Datum| {
        let mut bytes = Vec::new();
        value::encode(&writer, writer.root, &datum, &mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let random =
        (0..if is_proved { 100 } else { 0 }).filter_map(|_| value::random(&writer, writer.root, rng, 0));
    let data: BTreeSet<String> = random.map(hex).collect();
    let broken = verdict.findings.iter().filter(|finding| finding.proof == Opinion::Broken);
    let witnesses: Vec<Value> = broken
        .filter_map(|finding| {
            let witness = finding.witness.as_ref()?;
            Some(json!({
                "rule": finding.rule.id, "severity": finding.severity.to_string(),
                "message": finding.message, "bytes": witness.hex(),
                "evidence": witness.evidence().to_string(), "portable": witness.portable(),
            }))
        })
        .collect();
    let line = json!({
        "id": id, "old": old, "new": new, "proved": is_proved, "data": data, "witnesses": witnesses,
    });
    println!("{line}");
}
