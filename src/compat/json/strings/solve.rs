//! The shortest strings that some languages have in common and others do not.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, LazyLock};

use regex_automata::dfa::Automaton;
use regex_automata::util::primitives::StateID;

use super::{Dfa, Part, Pattern, start_of};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::json::atoms::unsupported;
use crate::compat::json::found::{End, Found};
use crate::compat::report::Why;

/// The longest string that is looked for, in characters.
const LONGEST: u64 = 4_096;
/// The longest string that is made where any will do.
const LONGEST_PLAIN: u64 = 60_000;
/// States of all automata together that are visited.
const LARGEST: usize = 100_000;

/// Accepts all of UTF-8, and nothing else.
static UTF8: LazyLock<Option<Dfa>> = LazyLock::new(|| super::dfa(""));

/// What a string has to be. Lengths count code points.
#[derive(Debug)]
pub(in crate::compat::json) struct Question<'a> {
    pub(in crate::compat::json) must: &'a [Pattern],
    pub(in crate::compat::json) must_not: &'a [Pattern],
    pub(in crate::compat::json) min_length: u64,
    pub(in crate::compat::json) max_length: Option<u64>,
    pub(in crate::compat::json) excluded: &'a BTreeSet<Arc<str>>,
}

impl Question<'_> {
    /// Up to `wanted` strings.
    pub(in crate::compat::json) fn solve(&self, wanted: usize, fuel: &mut Fuel) -> Found<Arc<str>> {
        let nothing = Found { values: Vec::new(), end: End::Complete };
        if self.max_length.is_some_and(|max| max < self.min_length)
            || self.must.iter().any(|pattern| self.must_not.contains(pattern))
            || self.must_not.iter().any(Pattern::accepts_everything)
        {
            return nothing;
        }
        let answer = if self.must.is_empty() && self.must_not.is_empty() {
            self.plain(wanted)
        } else if self.must.iter().chain(self.must_not).any(Pattern::is_opaque) {
            self.by_trying(wanted, fuel)
        } else {
            self.by_automata(wanted, fuel)
        };
        answer.unwrap_or_else(|why| Found { values: Vec::new(), end: End::GaveUp(why) })
    }

    /// Any strings.
    fn plain(&self, wanted: usize) -> Result<Found<Arc<str>>, Why> {
        let mut values = Vec::new();
        if self.min_length > LONGEST_PLAIN {
            return Err(unsupported("minLength this large"));
        }
        let mut length = self.min_length as usize;
        while values.len() < wanted && self.max_length.is_none_or(|max| length as u64 <= max) {
            let letters = ('a'..='z').chain('0'..='9').chain('A'..='Z').chain('\u{4e00}'..='\u{9fff}');
            for letter in letters {
                if values.len() == wanted {
                    break;
                }
                let word: String = match length {
                    0 => String::new(),
                    _ => std::iter::repeat_n('a', length - 1).chain([letter]).collect(),
                };
                let word: Arc<str> = word.into();
                if !self.excluded.contains(&word) && !values.contains(&word) {
                    values.push(word);
                }
                if length == 0 {
                    break;
                }
            }
            length += 1;
        }
        let has_only_the_empty = self.max_length == Some(0);
        match values.len() < wanted {
            true if has_only_the_empty => Ok(Found { values, end: End::Complete }),
            true if values.is_empty() => Err(unsupported("this many excluded strings")),
            true => Ok(Found { values, end: End::GaveUp(unsupported("this many excluded strings")) }),
            false => Ok(Found { values, end: End::Enough }),
        }
    }

    /// Some languages are unknown: strings of the others are tried.
    fn by_trying(&self, wanted: usize, fuel: &mut Fuel) -> Result<Found<Arc<str>>, Why> {
        let known = |patterns: &[Pattern]| -> Vec<Pattern> {
            patterns.iter().filter(|pattern| !pattern.is_opaque()).cloned().collect()
        };
        let (must, must_not) = (known(self.must), known(self.must_not));
        let question = Question { must: &must, must_not: &must_not, ..*self };
        let Found { values: mut tried, end } = question.solve(wanted + 8, fuel);
        if tried.is_empty() && end == End::Complete {
            return Ok(Found { values: tried, end });
        }
        let guesses = self
            .must
            .iter()
            .chain(self.must_not)
            .filter_map(|pattern| jsonschema_regex::pattern_witness(pattern.source()));
        tried.extend(guesses.map(Arc::from));
        let samples = ["a", "1", "A", "a1", "ab", "abc", "a-b", "a.b", "a/b", "a b", "0.0.0", "a@b.c"];
        tried.extend(samples.into_iter().map(Arc::from));
        let mut values: Vec<Arc<str>> = Vec::new();
        for word in tried {
            fuel.spend(8).map_err(|Exhausted| Why::Fuel)?;
            if values.len() < wanted && !values.contains(&word) && self.holds(&word) {
                values.push(word);
            }
        }
        if values.len() == wanted {
            return Ok(Found { values, end: End::Enough });
        }
        let opaque = self.must.iter().chain(self.must_not).find(|pattern| pattern.is_opaque());
        let source = opaque.map_or("", Pattern::source);
        Err(unsupported(&format!("pattern {source}")))
    }

    fn holds(&self, word: &Arc<str>) -> bool {
        let length = word.chars().count() as u64;
        length >= self.min_length
            && self.max_length.is_none_or(|max| length <= max)
            && !self.excluded.contains(word)
            && self.must.iter().all(|pattern| pattern.is_match(word) == Some(true))
            && self.must_not.iter().all(|pattern| pattern.is_match(word) == Some(false))
    }

    fn by_automata(&self, wanted: usize, fuel: &mut Fuel) -> Result<Found<Arc<str>>, Why> {
        let mut excluded = self.excluded.clone();
        let mut values = Vec::new();
        while values.len() < wanted {
            match self.shortest(&excluded, fuel)? {
                Some(word) => {
                    let word: Arc<str> = word.into();
                    excluded.insert(word.clone());
                    values.push(word);
                }
                None => return Ok(Found { values, end: End::Complete }),
            }
        }
        Ok(Found { values, end: End::Enough })
    }

    /// The shortest string that is not excluded. Breadth first over whole characters; where there is a
    /// least length, one character after the other until that is reached.
    fn shortest(&self, excluded: &BTreeSet<Arc<str>>, fuel: &mut Fuel) -> Result<Option<String>, Why> {
        let product = Product::new(self, excluded)?;
        if self.min_length > LONGEST {
            return Err(unsupported("minLength this large beside a pattern"));
        }
        let mut nodes: Vec<(Joint, Option<(usize, String)>)> = vec![(product.start.clone(), None)];
        let mut layer = vec![0_usize];
        let mut seen: HashSet<Joint> = HashSet::new();
        let mut length = 0_u64;
        loop {
            if length >= self.min_length {
                layer.retain(|&at| seen.insert(nodes[at].0.clone()));
                for &at in &layer {
                    if product.accepts(&nodes[at].0) {
                        return Ok(Some(spell(&nodes, at)));
                    }
                }
            }
            if layer.is_empty() || self.max_length.is_some_and(|max| length >= max) {
                return Ok(None);
            }
            let mut next = Vec::new();
            let mut of_layer: HashSet<Joint> = HashSet::new();
            for &at in &layer {
                let from = nodes[at].0.clone();
                for (character, joint) in product.characters(&from, fuel)? {
                    if of_layer.insert(joint.clone()) && !seen.contains(&joint) {
                        nodes.push((joint, Some((at, character))));
                        next.push(nodes.len() - 1);
                    }
                }
                if nodes.len() > LARGEST {
                    return Err(Why::Fuel);
                }
            }
            layer = next;
            length += 1;
        }
    }
}

fn spell(nodes: &[(Joint, Option<(usize, String)>)], mut at: usize) -> String {
    let mut characters = Vec::new();
    while let Some((before, character)) = &nodes[at].1 {
        characters.push(character.as_str());
        at = *before;
    }
    characters.iter().rev().copied().collect()
}

/// The states of all automata, and which excluded strings may still come of it: those that start with
/// what was read so far, as a position in the tree of their prefixes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Joint {
    states: Vec<StateID>,
    prefix: Option<usize>,
}

struct Product<'a> {
    automata: Vec<&'a Dfa>,
    must: Vec<(usize, &'a [Part])>,
    must_not: Vec<(usize, &'a [Part])>,
    start: Joint,
    /// For a prefix and a byte, the longer prefix; and the prefixes that are excluded strings.
    longer: HashMap<(usize, u8), usize>,
    excluded: HashSet<usize>,
    /// The sets of bytes that no automaton tells apart, each with the most readable first.
    bytes: Vec<Vec<u8>>,
    by_prefix: HashMap<usize, Vec<u8>>,
}

impl<'a> Product<'a> {
    fn new(question: &'a Question<'_>, excluded: &BTreeSet<Arc<str>>) -> Result<Product<'a>, Why> {
        let utf8 = UTF8.as_ref().ok_or_else(|| unsupported("pattern"))?;
        let mut automata = vec![utf8];
        let mut number = |patterns: &'a [Pattern]| -> Vec<(usize, &'a [Part])> {
            let numbered = patterns.iter().filter_map(Pattern::parts).map(|parts| {
                let first = automata.len();
                automata.extend(parts.iter().map(|part| &part.dfa));
                (first, parts)
            });
            numbered.collect()
        };
        let (must, must_not) = (number(question.must), number(question.must_not));
        let states = automata.iter().map(|dfa| start_of(dfa)).collect::<Option<Vec<_>>>();
        let states = states.ok_or_else(|| unsupported("pattern"))?;
        let (mut longer, mut ends, mut by_prefix) = (HashMap::new(), HashSet::new(), HashMap::new());
        let mut count = 1;
        for word in excluded {
            let mut at = 0;
            for &byte in word.as_bytes() {
                at = *longer.entry((at, byte)).or_insert_with(|| {
                    by_prefix.entry(at).or_insert_with(Vec::new).push(byte);
                    count += 1;
                    count - 1
                });
            }
            ends.insert(at);
        }
        let start = Joint { states, prefix: (!excluded.is_empty()).then_some(0) };
        let bytes = alike(&automata);
        Ok(Product { automata, must, must_not, start, longer, excluded: ends, bytes, by_prefix })
    }

    fn next(&self, joint: &Joint, byte: u8) -> Option<Joint> {
        let states: Vec<StateID> = (self.automata.iter().zip(&joint.states))
            .map(|(dfa, &state)| dfa.next_state(state, byte))
            .collect();
        if self.automata[0].is_dead_state(states[0]) {
            return None;
        }
        for (first, parts) in &self.must {
            for (offset, part) in parts.iter().enumerate() {
                if part.accepts && self.automata[first + offset].is_dead_state(states[first + offset]) {
                    return None;
                }
            }
        }
        let prefix = joint.prefix.and_then(|prefix| self.longer.get(&(prefix, byte)).copied());
        Some(Joint { states, prefix })
    }

    /// What a whole character more leads to.
    fn characters(&self, from: &Joint, fuel: &mut Fuel) -> Result<Vec<(String, Joint)>, Why> {
        let mut found = Vec::new();
        let mut pending: VecDeque<(Vec<u8>, Joint)> = VecDeque::from([(Vec::new(), from.clone())]);
        while let Some((read, joint)) = pending.pop_front() {
            fuel.spend(1 + self.bytes.len() * self.automata.len() / 16).map_err(|Exhausted| Why::Fuel)?;
            let of_prefix = joint.prefix.and_then(|prefix| self.by_prefix.get(&prefix));
            let of_prefix = of_prefix.map_or(&[][..], Vec::as_slice);
            // One of each set will do, but those that excluded strings go on with are not like others.
            let others =
                self.bytes.iter().filter_map(|set| set.iter().find(|byte| !of_prefix.contains(byte)));
            for &byte in others.chain(of_prefix) {
                let begins = !(0x80..0xC2).contains(&byte);
                if begins != read.is_empty() {
                    continue;
                }
                let Some(next) = self.next(&joint, byte) else { continue };
                let mut read = read.clone();
                read.push(byte);
                let length = match read[0] {
                    0x00..0x80 => 1,
                    0x80..0xE0 => 2,
                    0xE0..0xF0 => 3,
                    _ => 4,
                };
                if read.len() < length {
                    pending.push_back((read, next));
                } else if let Ok(character) = String::from_utf8(read) {
                    found.push((character, next));
                }
            }
        }
        Ok(found)
    }

    fn accepts(&self, joint: &Joint) -> bool {
        let ends = |at: usize| {
            let dfa = self.automata[at];
            dfa.is_match_state(dfa.next_eoi_state(joint.states[at]))
        };
        let all = |&(first, parts): &(usize, &[Part])| {
            parts.iter().enumerate().all(|(offset, part)| ends(first + offset) == part.accepts)
        };
        !joint.prefix.is_some_and(|prefix| self.excluded.contains(&prefix))
            && self.must.iter().all(all)
            && !self.must_not.iter().any(all)
    }
}

/// The bytes in sets that no automaton tells apart, the most readable ones first.
fn alike(automata: &[&Dfa]) -> Vec<Vec<u8>> {
    let readable = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(*b"-_./@:, ");
    let rest = (b' '..=b'~').chain(0x80..=0xFF).chain(0..=0x7F);
    let mut positions: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut sets: Vec<Vec<u8>> = Vec::new();
    let mut seen = HashSet::new();
    for byte in readable.chain(rest).filter(|byte| seen.insert(*byte)) {
        let classes: Vec<u8> = automata.iter().map(|dfa| dfa.byte_classes().get(byte)).collect();
        let position = *positions.entry(classes).or_insert(sets.len());
        if position == sets.len() {
            sets.push(Vec::new());
        }
        sets[position].push(byte);
    }
    sets
}
