//! JSON Schema: pairs of a schema and a changed one, and documents of both.
//!
//! What is checked, by the validator of a library that shares nothing with the engine: no document of a
//! proved pair's writer is refused by the reader; every witness is accepted by the writer and refused by
//! the reader. And of the engine alone: every schema reads itself however it is written, another way of
//! writing a schema changes no verdict, and what one keyword forbids is called by that keyword's rule.

#![expect(clippy::explicit_auto_deref, reason = "without it the type of what is picked is another")]

mod change;
mod ends;
mod generate;
mod rules;
mod sample;
mod shapes;
pub mod suite;
mod worst;

use std::collections::BTreeMap;

use dovetail::compat::{self, Extent, Opinion, Previous, Proof, Question, Severity, Verdict, Why};
use dovetail::model::{Format, Judge, Judging, Level, Version};
use dovetail::schema::{Options, Schema};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::Run;
use crate::rng::Rng;
use generate::Draft;

/// How many documents are wanted that the writer accepts, and how many are made at most.
const WANTED: usize = 64;
const TRIED: usize = 240;

#[derive(Default)]
struct Tally {
    pairs: u64,
    proved: u64,
    refuted: u64,
    skipped: u64,
    documents: u64,
    witnesses: u64,
    rewritten: u64,
    onwards: u64,
    undecided: BTreeMap<String, u64>,
}

/// Judge `count` pairs.
pub fn run(run: Run) -> Result<String, String> {
    let judge = std::thread::Builder::new().stack_size(compat::STACK);
    judge.spawn(move || judge_all(run)).expect("a thread").join().expect("no panic")
}

pub use ends::run as run_worst;

/// Pairs as JSON Lines, for programs outside: those that a run of the same seed judges.
pub fn print_texts(run: Run) {
    for number in 0..run.count {
        let (old, new, _) = pair(&mut rng_of(run.seed, number));
        let id = format!("pair {number} of seed {}", run.seed);
        let pair = json!({"id": id, "format": "JSON", "old": old.to_string(), "new": new.to_string()});
        println!("{pair}");
    }
}

fn rng_of(seed: u64, number: u64) -> Rng {
    Rng::of(seed.wrapping_mul(1_000_000_007).wrapping_add(number))
}

fn judge_all(run: Run) -> Result<String, String> {
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for number in 0..run.count {
        let mut rng = rng_of(run.seed, number);
        if number % 16 == 15 {
            if let Err(what) = rules::check(&mut rng) {
                failures.push(format!("rule {number} of seed {}: {what}", run.seed));
            }
            continue;
        }
        let (old, new, draft) = pair(&mut rng);
        if let Err(what) = (Checked { old: &old, new: &new, draft }).check(&mut rng, &mut tally) {
            failures.push(format!("pair {number} of seed {}: {what}\n  old: {old}\n  new: {new}", run.seed));
        }
        if failures.len() >= MOST_FAILURES {
            break;
        }
    }
    let Tally { pairs, proved, refuted, skipped, documents, witnesses, rewritten, onwards, undecided } =
        tally;
    let reasons: Vec<String> = undecided.iter().map(|(why, count)| format!("{count} {why}")).collect();
    let summary = format!(
        "{pairs} pairs ({skipped} skipped): {proved} proved, {refuted} refuted, {} undecided ({}); \
         {documents} documents read, {witnesses} witnesses, {rewritten} written in another way, {onwards} changed once more",
        undecided.values().sum::<u64>(),
        reasons.join(", ")
    );
    if failures.is_empty() { Ok(summary) } else { Err(format!("{}\n{summary}", failures.join("\n"))) }
}

/// More of them are of the same kind.
const MOST_FAILURES: usize = 10;

fn pair(rng: &mut Rng) -> (Value, Value, Draft) {
    let draft = Draft::any(rng);
    let (old, new) = match rng.chance(25) {
        true => shapes::pair(rng, draft),
        false => anything(rng, draft),
    };
    // Sometimes the change came first.
    if rng.chance(50) { (old, new, draft) } else { (new, old, draft) }
}

fn anything(rng: &mut Rng, draft: Draft) -> (Value, Value) {
    let old = generate::schema(rng, draft);
    let new = match rng.chance(88) {
        true => (0..4).map(|_| change::changed(rng, &old, draft)).find(|new| *new != old),
        false => None,
    };
    let new = new.unwrap_or_else(|| generate::schema(rng, draft));
    (old, new)
}

struct Checked<'a> {
    old: &'a Value,
    new: &'a Value,
    draft: Draft,
}

impl Checked<'_> {
    fn check(&self, rng: &mut Rng, tally: &mut Tally) -> Result<(), String> {
        let (Some(writer), Some(reader)) = (self.validator(self.old), self.validator(self.new)) else {
            tally.skipped += 1;
            return Ok(());
        };
        let Some(verdict) = judge(self.old, self.new) else {
            tally.skipped += 1;
            return Ok(());
        };
        tally.pairs += 1;
        match &verdict.proof {
            Proof::Proved(_) => tally.proved += 1,
            Proof::Refuted => tally.refuted += 1,
            Proof::Undecided(Why::VerifierDisagreed) => return Err("a witness did not stand".to_owned()),
            Proof::Undecided(why) => *tally.undecided.entry(kind(why)).or_default() += 1,
        }
        self.witnesses(&verdict, &writer, &reader, tally)?;
        self.documents(&verdict, &writer, &reader, rng, tally)?;
        self.rewritten(&verdict, rng, tally)?;
        self.onwards(&verdict, rng, tally)
    }

    fn validator(&self, schema: &Value) -> Option<Validator> {
        let draft = match self.draft {
            Draft::Seven => jsonschema::Draft::Draft7,
            Draft::Nineteen => jsonschema::Draft::Draft201909,
            Draft::Twenty => jsonschema::Draft::Draft202012,
        };
        jsonschema::options().with_draft(draft).should_validate_formats(false).build(schema).ok()
    }

    fn witnesses(
        &self,
        verdict: &Verdict,
        writer: &Validator,
        reader: &Validator,
        tally: &mut Tally,
    ) -> Result<(), String> {
        // That a writer or a reader accepts nothing at all is told of proved pairs, and nothing shows it.
        let broken = (verdict.findings.iter())
            .filter(|finding| finding.proof == Opinion::Broken && finding.severity == Severity::Break);
        for finding in broken {
            let Some(witness) = &finding.witness else {
                return Err(format!("{} has no witness", finding.rule.id));
            };
            let text = witness.json().unwrap_or_default();
            let document: Value =
                serde_json::from_str(text).map_err(|error| format!("{text} is no document: {error}"))?;
            tally.witnesses += 1;
            if !writer.is_valid(&document) {
                return Err(format!("{}: the writer does not accept {text}", finding.rule.id));
            }
            if reader.is_valid(&document) {
                return Err(format!("{}: the reader accepts {text}", finding.rule.id));
            }
        }
        Ok(())
    }

    fn documents(
        &self,
        verdict: &Verdict,
        writer: &Validator,
        reader: &Validator,
        rng: &mut Rng,
        tally: &mut Tally,
    ) -> Result<(), String> {
        if !matches!(verdict.proof, Proof::Proved(_)) {
            return Ok(());
        }
        let mut accepted = 0;
        for number in 0..TRIED {
            let document = match number % 4 {
                0 => sample::random(rng, 0),
                1 => sample::along(rng, self.new),
                _ => sample::along(rng, self.old),
            };
            if !writer.is_valid(&document) {
                continue;
            }
            if !reader.is_valid(&document) {
                return Err(format!("proved, but the reader refuses {document}"));
            }
            accepted += 1;
            tally.documents += 1;
            if accepted == WANTED {
                break;
            }
        }
        Ok(())
    }

    fn rewritten(&self, verdict: &Verdict, rng: &mut Rng, tally: &mut Tally) -> Result<(), String> {
        if !rng.chance(30) {
            return Ok(());
        }
        let (what, new) = change::rewritten(rng, self.new);
        tally.rewritten += 1;
        if let Some(other) = judge(self.new, &new)
            && other.proof == Proof::Refuted
        {
            return Err(format!("{what} makes a schema refuse its own documents: {new}"));
        }
        let Some(other) = judge(self.old, &new) else { return Err(format!("{what} makes no schema: {new}")) };
        match (&verdict.proof, &other.proof) {
            (Proof::Proved(_), Proof::Refuted) | (Proof::Refuted, Proof::Proved(_)) => {
                Err(format!("{what} makes the verdict {:?}: {new}", other.proof))
            }
            _ => Ok(()),
        }
    }

    /// What the new schema accepts a third one may accept, and then the old one's documents are among it.
    fn onwards(&self, verdict: &Verdict, rng: &mut Rng, tally: &mut Tally) -> Result<(), String> {
        if !matches!(verdict.proof, Proof::Proved(_)) || !rng.chance(30) {
            return Ok(());
        }
        let third = change::changed(rng, self.new, self.draft);
        let is_proved = |verdict: Option<Verdict>| matches!(verdict?.proof, Proof::Proved(_)).then_some(());
        if is_proved(judge(self.new, &third)).is_none() {
            return Ok(());
        }
        tally.onwards += 1;
        match judge(self.old, &third) {
            Some(verdict) if verdict.proof == Proof::Refuted => {
                Err(format!("refuted, though proved by way of the new schema: {third}"))
            }
            _ => Ok(()),
        }
    }
}

/// The reason without the place.
fn kind(why: &Why) -> String {
    let text = why.to_string();
    text.split(" at ").next().unwrap_or_default().to_owned()
}

fn judge(old: &Value, new: &Value) -> Option<Verdict> {
    judge_texts(&old.to_string(), &new.to_string())
}

fn judge_texts(old: &str, new: &str) -> Option<Verdict> {
    let parse = |text: &str| Schema::parse(Format::Json, text, &[], Options::STORED).ok();
    judge_parsed(parse(old)?, &parse(new)?)
}

/// Can the new one read what the old one wrote?
fn judge_parsed(old: Schema, new: &Schema) -> Option<Verdict> {
    let judging = Judging::by(Judge::Proof);
    let question = Question { level: Level::Backward, judging: &judging, extent: Extent::Everything };
    let report = compat::check_one(question, Previous::live(Version::FIRST, Ok(old)), new);
    let comparison = report.comparisons.into_iter().next()?;
    comparison.verdicts.into_iter().next()
}
