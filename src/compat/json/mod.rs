//! JSON Schema: is every document that the writer's schema accepts accepted by the reader's?
//!
//! [`build`] makes nodes of both texts, [`engine`] looks for a document that only the writer accepts, and
//! [`findings`] says which keyword of the reader refuses it. That keyword is then taken away, and the
//! question asked again, until there is no such document any more.

mod arena;
mod arrays;
mod atoms;
mod build;
mod clash;
mod defaults;
mod effort;
mod engine;
mod findings;
mod found;
mod locate;
mod mask;
mod merge;
pub(super) mod node;
pub(super) mod number;
mod numbers;
mod objects;
mod places;
pub(super) mod rules;
mod scalars;
mod search;
mod sentence;
mod shrink;
pub(super) mod strings;
mod tags;
#[cfg(test)]
mod tests;
mod unfold;
mod validate;
pub(super) mod value;

pub(super) use arena::Arena;
pub(super) use effort::effort;
pub(super) use validate::accepts;
pub(super) use value::Value;

use std::collections::HashMap;

use super::budget::Fuel;
use super::finding::{Incompatibility, Labels, Opinion};
use super::report::{How, ProofView, Why};
use super::witness::{JsonTrial, Witness};
use crate::model::{Assumptions, Direction};
use crate::schema::json::JsonSchema;
use engine::{Engine, Memory};
use findings::{Named, Scene};
use mask::Mask;
use places::Texts;

/// Tables of what the engine knows are asked all the time.
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// The most breaks that are told of a pair.
const MOST: usize = 20;
/// Questions that may end without a finding: what is taken from a reader for one may make another part
/// of it stricter.
const DETOURS: usize = 20;
/// Documents of the writer that are tried on a reader that was proved to read them all.
const SAMPLES: usize = 32;
/// What finding them may cost. Every further one has to differ from all before it, which soon gets dear.
const SAMPLING: u64 = 1_000;
/// What a writer may cost that is looked at alone.
const ALONE: u64 = 20_000;

/// Can `reader` read everything that `writer` writes?
pub(super) fn prove(
    direction: Direction,
    reader: &JsonSchema,
    writer: &JsonSchema,
    assumptions: Assumptions,
) -> ProofView {
    let mut fuel = Fuel::new(Fuel::JSON);
    let arena = match build::arena(reader, writer, assumptions, &mut fuel) {
        Ok(arena) => arena,
        Err(why) => return ProofView::of(Vec::new(), 0, Some(why)),
    };
    if arena.class(arena.reader()) == arena.class(arena.writer()) {
        return ProofView::proved(How::Identical);
    }
    let texts = Texts { reader, writer };
    let labels = Labels::of(direction);
    let for_showing = Fuel::new(Fuel::WITNESSES);
    Court { direction, labels, texts, assumptions, fuel, for_showing, found: Vec::new() }.hear(arena)
}

/// Asks for breaks, has them shown, and words them.
struct Court<'a> {
    direction: Direction,
    labels: Labels,
    texts: Texts<'a>,
    assumptions: Assumptions,
    fuel: Fuel,
    /// What was found with the last drop is still to be shown.
    for_showing: Fuel,
    found: Vec<Incompatibility>,
}

impl Court<'_> {
    fn hear(mut self, mut arena: Arena) -> ProofView {
        let mut whole: Option<Arena> = None;
        let mut memory = Memory::default();
        for _ in 0..MOST + DETOURS {
            let (reader, writer) = (arena.reader(), arena.writer());
            let mut engine = Engine::remembering(memory, &mut arena, &mut self.fuel);
            let answer = engine.contains(reader, writer);
            memory = engine.memory;
            let value = match answer {
                Ok(Some(value)) => value,
                Ok(None) => return self.proved(&mut arena, whole.is_none()),
                Err(why) => return ProofView::of(self.found, 0, Some(why)),
            };
            if self.found.len() == MOST {
                return ProofView::of(self.found, 1, Some(Why::Many));
            }
            let whole = whole.get_or_insert_with(|| arena.clone());
            match self.tell(&arena, whole, &value) {
                Ok(mask) => {
                    // Finding out anew which nodes say the same is work on all of them.
                    if self.fuel.spend(arena.len() / 2).is_err() {
                        return ProofView::of(self.found, 0, Some(Why::Fuel));
                    }
                    let stale = mask.apply(&mut arena);
                    memory.forget(&stale);
                }
                Err(why) => return ProofView::of(self.found, 0, Some(why)),
            }
        }
        ProofView::of(self.found, 0, Some(Why::Many))
    }

    /// Add what the value shows to what was found, if it does show anything. Either way: what to take from
    /// the reader before the next question.
    fn tell(&mut self, arena: &Arena, whole: &Arena, value: &Value) -> Result<Mask, Why> {
        let is_first = self.found.is_empty();
        let trial = JsonTrial {
            arena: whole,
            reader: self.texts.reader,
            writer: self.texts.writer,
            assumptions: self.assumptions,
        };
        let fuel = &mut self.for_showing;
        let is_shown = trial.shows(value, fuel)?;
        if !is_shown && is_first {
            return Err(Why::VerifierDisagreed);
        }
        let (reader, texts, labels) = (arena.reader(), self.texts, self.labels);
        let refused = |value: &Value, fuel: &mut Fuel| accepts(arena, reader, value, fuel) == Ok(false);
        let value = match is_shown {
            true => {
                shrink::shrunk(value, |value| trial.shows(value, fuel) == Ok(true) && refused(value, fuel))
            }
            false => value.clone(),
        };
        let named = findings::name(Scene { arena, texts, labels }, &value, fuel)?;
        let named = named.ok_or(Why::VerifierDisagreed)?;
        let Named { rule, reader_at, writer_at, message, refused, route, mask } = named;
        if !is_shown {
            return Ok(mask);
        }
        if !JsonTrial::has_room_for(&value) {
            let keyword = "a document too large to be shown".to_owned();
            return Err(Why::Unsupported { keyword, at: reader_at.as_str().to_owned() });
        }
        let witness = Witness::of_json(&trial, &value, refused, fuel).ok_or(Why::VerifierDisagreed)?;
        let finding = Incompatibility::proved(rule, self.direction, message, Some(witness));
        let finding = finding.between(reader_at, writer_at);
        self.found.push(Incompatibility { route: Some(route), ..finding });
        Ok(mask)
    }

    /// Nothing more is to be found. That there was nothing at all is looked at once more: a value of the
    /// writer has to be one of the reader, and if there is none that is worth a word.
    fn proved(mut self, arena: &mut Arena, is_untouched: bool) -> ProofView {
        if !is_untouched {
            return ProofView::of(self.found, 0, None);
        }
        let (reader, writer) = (arena.reader(), arena.writer());
        match Engine::new(arena, &mut Fuel::new(ALONE)).decide(&[writer], &[]) {
            Ok(Some(value)) => {
                let mut samples = Engine::new(arena, &mut Fuel::new(SAMPLING)).samples(writer, SAMPLES);
                samples.push(value);
                let fuel = &mut self.for_showing;
                let is_refused = |value: &Value| accepts(arena, reader, value, fuel) == Ok(false);
                if samples.iter().any(is_refused) {
                    return ProofView::of(Vec::new(), 0, Some(Why::VerifierDisagreed));
                }
            }
            Err(_) => {}
            Ok(None) => {
                let message = format!("no document is valid for the {} schema", self.labels.writer);
                let rule = &rules::JSON_ACCEPTS_NOTHING;
                let at = |node| self.texts.keyword(arena, node, &[], &[]);
                let finding = Incompatibility::of_the_whole(rule, self.direction, message);
                let finding = finding.between(at(reader), at(writer));
                self.found.push(Incompatibility { proof: Opinion::Broken, ..finding });
            }
        }
        ProofView::of(self.found, 0, None)
    }
}
