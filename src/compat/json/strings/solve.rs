//! The shortest strings that some languages have in common and others do not.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use regex_automata::dfa::Automaton;
use regex_automata::util::primitives::StateID;

use super::{Dfa, Part, Pattern, start_of};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::json::Map;
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

    /// The shortest string that is not excluded: breadth first over whole characters. Until the least length
    /// is reached only states that the same number of characters leads to are alike.
    fn shortest(&self, excluded: &BTreeSet<Arc<str>>, fuel: &mut Fuel) -> Result<Option<String>, Why> {
        let product = Product::new(self, excluded)?;
        if self.min_length > LONGEST {
            return Err(unsupported("minLength this large beside a pattern"));
        }
        let mut search = Search { product, joints: Joints::default(), length: 0 };
        let mut layer = vec![search.start()];
        loop {
            if search.length >= self.min_length
                && let Some(&end) = layer.iter().find(|&&at| search.accepts(at))
            {
                return Ok(Some(search.spell(end)));
            }
            if layer.is_empty() || self.max_length.is_some_and(|max| search.length >= max) {
                return Ok(None);
            }
            search.length += 1;
            if search.length <= self.min_length {
                search.joints.known.clear();
            }
            layer = search.longer(&layer, fuel)?;
        }
    }
}

/// A search through joint states. A *joint* is the states of all automata, and which excluded strings may
/// still come of it: those that start with what was read so far, as a position in the tree of their
/// prefixes.
struct Search<'a> {
    product: Product<'a>,
    joints: Joints,
    /// Characters read so far.
    length: u64,
}

/// Where no excluded string starts like what was read.
const NO_PREFIX: u32 = u32::MAX;

/// Every joint that was reached, each as a row of numbers: the states, and then the prefix.
#[derive(Default)]
struct Joints {
    rows: Vec<u32>,
    /// Which joint each was reached from, and by which byte.
    from: Vec<(u32, u8)>,
    known: Map<Box<[u32]>, ()>,
}

impl Joints {
    /// `None` if it was reached before.
    fn add(&mut self, row: &[u32], from: (u32, u8)) -> Option<u32> {
        if self.known.contains_key(row) {
            return None;
        }
        self.known.insert(row.into(), ());
        let id = self.from.len() as u32;
        self.rows.extend_from_slice(row);
        self.from.push(from);
        Some(id)
    }
}

impl Search<'_> {
    fn start(&mut self) -> u32 {
        let start = self.product.start.clone();
        self.joints.add(&start, (0, 0)).unwrap_or_default()
    }

    fn row(&self, at: u32) -> &[u32] {
        let width = self.product.width();
        &self.joints.rows[at as usize * width..][..width]
    }

    fn accepts(&self, at: u32) -> bool {
        self.product.accepts(self.row(at))
    }

    /// What a whole character more leads to, and was not reached before.
    fn longer(&mut self, layer: &[u32], fuel: &mut Fuel) -> Result<Vec<u32>, Why> {
        let mut found = Vec::new();
        let mut next = vec![0; self.product.width()];
        // Each with the bytes that the character still lacks.
        let mut pending: Vec<(u32, u8)> = layer.iter().rev().map(|&at| (at, 0)).collect();
        let cost = 1 + self.product.bytes.len() * self.product.automata.len() / 16;
        while let Some((at, lacks)) = pending.pop() {
            fuel.spend(cost).map_err(|Exhausted| Why::Fuel)?;
            let Search { product, joints, .. } = &mut *self;
            let width = product.width();
            let row: Vec<u32> = joints.rows[at as usize * width..][..width].to_vec();
            let of_prefix = product.by_prefix.get(&row[width - 1]).map_or(&[][..], Vec::as_slice);
            // One of each set will do, but those that excluded strings go on with are not like others.
            let others =
                product.bytes.iter().filter_map(|set| set.iter().find(|byte| !of_prefix.contains(byte)));
            let mut begun = Vec::new();
            for &byte in others.chain(of_prefix) {
                let is_inside = (0x80..0xC2).contains(&byte);
                if is_inside != (lacks > 0) || !product.step(&row, byte, &mut next) {
                    continue;
                }
                let Some(id) = joints.add(&next, (at, byte)) else { continue };
                let lacks = match (lacks, byte) {
                    (0, 0x00..0x80) => 0,
                    (0, 0x80..0xE0) => 1,
                    (0, 0xE0..0xF0) => 2,
                    (0, _) => 3,
                    (lacks, _) => lacks - 1,
                };
                match lacks {
                    0 => found.push(id),
                    _ => begun.push((id, lacks)),
                }
            }
            pending.extend(begun.into_iter().rev());
            if joints.from.len() > LARGEST {
                return Err(Why::Fuel);
            }
        }
        Ok(found)
    }

    /// The string that leads there.
    fn spell(&self, mut at: u32) -> String {
        let mut bytes = Vec::new();
        while at != 0 {
            let (before, byte) = self.joints.from[at as usize];
            bytes.push(byte);
            at = before;
        }
        bytes.reverse();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

struct Product<'a> {
    automata: Vec<&'a Dfa>,
    must: Vec<(usize, &'a [Part])>,
    must_not: Vec<(usize, &'a [Part])>,
    start: Vec<u32>,
    /// For a prefix and a byte, the longer prefix; and the prefixes that are excluded strings.
    longer: Map<(u32, u8), u32>,
    excluded: Vec<u32>,
    /// The sets of bytes that no automaton tells apart, each with the most readable first.
    bytes: Vec<Vec<u8>>,
    by_prefix: Map<u32, Vec<u8>>,
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
        let mut start: Vec<u32> = states.into_iter().map(|state| state.as_u32()).collect();
        start.push(if excluded.is_empty() { NO_PREFIX } else { 0 });
        let (mut longer, mut ends, mut by_prefix) = (Map::default(), Vec::new(), Map::default());
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
            ends.push(at);
        }
        ends.sort_unstable();
        let bytes = alike(&automata);
        Ok(Product { automata, must, must_not, start, longer, excluded: ends, bytes, by_prefix })
    }

    /// The numbers in a row of a joint.
    fn width(&self) -> usize {
        self.start.len()
    }

    /// What the byte leads to; `false` if nothing can come of that.
    fn step(&self, row: &[u32], byte: u8, next: &mut [u32]) -> bool {
        for (at, dfa) in self.automata.iter().enumerate() {
            next[at] = dfa.next_state(state(row[at]), byte).as_u32();
        }
        let is_dead = |at: usize| self.automata[at].is_dead_state(state(next[at]));
        let loses = |&(first, parts): &(usize, &[Part])| {
            parts.iter().enumerate().any(|(offset, part)| part.accepts && is_dead(first + offset))
        };
        if is_dead(0) || self.must.iter().any(loses) {
            return false;
        }
        let prefix = row.len() - 1;
        next[prefix] = match row[prefix] {
            NO_PREFIX => NO_PREFIX,
            known => self.longer.get(&(known, byte)).copied().unwrap_or(NO_PREFIX),
        };
        true
    }

    fn accepts(&self, row: &[u32]) -> bool {
        let ends = |at: usize| {
            let dfa = self.automata[at];
            dfa.is_match_state(dfa.next_eoi_state(state(row[at])))
        };
        let all = |&(first, parts): &(usize, &[Part])| {
            parts.iter().enumerate().all(|(offset, part)| ends(first + offset) == part.accepts)
        };
        self.excluded.binary_search(&row[row.len() - 1]).is_err()
            && self.must.iter().all(all)
            && !self.must_not.iter().any(all)
    }
}

/// A number of a row is what an automaton called the state.
fn state(number: u32) -> StateID {
    StateID::new_unchecked(number as usize)
}

/// The bytes in sets that no automaton tells apart, the most readable ones first.
fn alike(automata: &[&Dfa]) -> Vec<Vec<u8>> {
    let mut sets_of = [0_u8; 256];
    let mut finer: Map<(u8, u8), u8> = Map::default();
    for dfa in automata {
        finer.clear();
        for byte in 0..=255 {
            let set = &mut sets_of[byte as usize];
            let next = finer.len() as u8;
            *set = *finer.entry((*set, dfa.byte_classes().get(byte))).or_insert(next);
        }
    }
    let mut sets: Vec<Vec<u8>> = Vec::new();
    let mut positions = [None; 256];
    for &byte in READABLE.iter() {
        let position = &mut positions[sets_of[byte as usize] as usize];
        let position = *position.get_or_insert(sets.len());
        if position == sets.len() {
            sets.push(Vec::new());
        }
        sets[position].push(byte);
    }
    sets
}

/// All bytes, those first that people like to read.
static READABLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let readable = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(*b"-_./@:, ");
    let rest = (b' '..=b'~').chain(0x80..=0xFF).chain(0..=0x7F);
    let mut seen = [false; 256];
    readable.chain(rest).filter(|&byte| !std::mem::replace(&mut seen[byte as usize], true)).collect()
});
