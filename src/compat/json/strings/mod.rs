//! Languages of strings: what patterns and asserted formats accept.
//!
//! A pattern becomes deterministic automata over UTF-8, which must accept the string or must not
//! (look-ahead at the very start is such a condition of its own). Where that cannot be, a pattern is
//! *opaque*: strings can still be tried, but nothing is known of the others.

mod solve;

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};

pub(super) use solve::Question;

/// Longer patterns are opaque, and so are those whose automata are larger than this many bytes.
const LONGEST: usize = 4 * 1024;
const LARGEST_NFA: usize = 2 * 1024 * 1024;
const LARGEST_DFA: usize = 2 * 1024 * 1024;
/// Steps back that an opaque pattern may take on one string.
const BACKTRACKING: usize = 50_000;

type Dfa = dense::DFA<Vec<u32>>;

/// A pattern (ECMA-262, found anywhere in the string) or the language of a format. Cheap to clone;
/// equal when it is spelled equally.
#[derive(Debug, Clone)]
pub(in crate::compat) struct Pattern(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Source,
    parts: OnceLock<Option<Vec<Part>>>,
    by_trying: OnceLock<Option<fancy_regex::Regex>>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Source {
    Pattern(Arc<str>),
    Format(Arc<str>),
}

/// An automaton that has to accept the string, or has to refuse it.
#[derive(Debug)]
pub(super) struct Part {
    dfa: Dfa,
    accepts: bool,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.source == other.0.source
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.source.hash(state);
    }
}

impl Pattern {
    /// The language of a `pattern`.
    pub(in crate::compat) fn new(source: &str) -> Pattern {
        Pattern::of(Source::Pattern(source.into()))
    }

    /// The language of a `format`. Few formats are simple enough to be no opaque ones.
    pub(in crate::compat) fn format(name: &str) -> Pattern {
        Pattern::of(Source::Format(name.into()))
    }

    fn of(source: Source) -> Pattern {
        Pattern(Arc::new(Inner { source, parts: OnceLock::new(), by_trying: OnceLock::new() }))
    }

    /// The pattern, or the name of the format.
    pub(in crate::compat) fn source(&self) -> &str {
        match &self.0.source {
            Source::Pattern(text) | Source::Format(text) => text,
        }
    }

    /// Is it beyond automata?
    pub(super) fn is_opaque(&self) -> bool {
        self.parts().is_none()
    }

    /// Is it plain that it accepts every string?
    pub(super) fn accepts_everything(&self) -> bool {
        matches!(&self.0.source, Source::Pattern(text) if matches!(&**text, "" | "^" | "$" | ".*" | "^.*"))
    }

    /// The only string that it accepts, where it spells one out from the first to the last character.
    pub(super) fn word(&self) -> Option<Arc<str>> {
        let Source::Pattern(source) = &self.0.source else { return None };
        let mut word = String::new();
        let mut characters = source.strip_prefix('^')?.strip_suffix('$')?.chars();
        while let Some(character) = characters.next() {
            word.push(match character {
                '\\' => characters.next().filter(char::is_ascii_punctuation)?,
                '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
                plain => plain,
            });
        }
        Some(word.into())
    }

    /// Does it accept the string? `None` when that cannot be told.
    pub(in crate::compat) fn is_match(&self, text: &str) -> Option<bool> {
        if let Some(parts) = self.parts() {
            return Some(parts.iter().all(|part| part.dfa_accepts(text) == part.accepts));
        }
        let Source::Pattern(source) = &self.0.source else { return None };
        let compile = || {
            let mut builder = fancy_regex::RegexBuilder::new(source);
            (source.len() <= LONGEST && !is_of_a_dialect(source)).then_some(())?;
            builder.backtrack_limit(BACKTRACKING).build().ok()
        };
        self.0.by_trying.get_or_init(compile).as_ref()?.is_match(text).ok()
    }

    pub(super) fn parts(&self) -> Option<&[Part]> {
        let build = || match &self.0.source {
            Source::Pattern(source) => parts_of(source),
            Source::Format(name) => Some(vec![Part { dfa: dfa(format(name)?)?, accepts: true }]),
        };
        self.0.parts.get_or_init(build).as_deref()
    }
}

impl Part {
    fn dfa_accepts(&self, text: &str) -> bool {
        let Some(mut state) = start_of(&self.dfa) else { return false };
        for &byte in text.as_bytes() {
            state = self.dfa.next_state(state, byte);
        }
        self.dfa.is_match_state(self.dfa.next_eoi_state(state))
    }
}

fn start_of(dfa: &Dfa) -> Option<regex_automata::util::primitives::StateID> {
    dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()
}

/// A pattern for the strings of a format, as RFC 3339, RFC 4122 and RFC 2673 define them.
fn format(name: &str) -> Option<&'static str> {
    Some(match name {
        "date" => {
            "^(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)\
             |02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])\
             |(?:[02468][048]|[13579][26])00)-02-29)$"
        }
        "uuid" => "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$",
        "ipv4" => {
            "^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$"
        }
        _ => return None,
    })
}

/// The automata of a pattern: one for what is left when the look-aheads at its start are taken off, and
/// one for each of these.
fn parts_of(source: &str) -> Option<Vec<Part>> {
    if source.len() > LONGEST {
        return None;
    }
    let anchored = source.strip_prefix('^');
    let mut rest = anchored.unwrap_or(source);
    let mut parts = Vec::new();
    // Without the anchor a look-ahead may hold anywhere, which says less.
    while anchored.is_some() && (rest.starts_with("(?!") || rest.starts_with("(?=")) {
        let end = closing(rest)?;
        if rest[end + 1..].starts_with(['*', '+', '?', '{']) {
            return None;
        }
        let inner = format!("^(?:{})", &rest[3..end]);
        parts.push(Part { dfa: dfa(&inner)?, accepts: rest.starts_with("(?=") });
        rest = &rest[end + 1..];
    }
    if !parts.is_empty() && has_choice(rest) {
        return None;
    }
    let whole = if parts.is_empty() { source.to_owned() } else { format!("^{rest}") };
    parts.push(Part { dfa: dfa(&whole)?, accepts: true });
    Some(parts)
}

/// Where the group that opens at the start closes.
fn closing(pattern: &str) -> Option<usize> {
    syntax_of(pattern).find(|(_, character, depth)| *character == ')' && *depth == 0).map(|(at, ..)| at)
}

/// Is there a `|` outside of groups? Then what stands before the first one is not always asked.
fn has_choice(pattern: &str) -> bool {
    syntax_of(pattern).any(|(_, character, depth)| character == '|' && depth == 0)
}

/// The characters that mean something, neither escaped nor in a class, and in how many groups each
/// stands; a parenthesis that closes a group is no longer in it. Of a class there are the brackets.
fn syntax_of(pattern: &str) -> impl Iterator<Item = (usize, char, i32)> {
    let (mut depth, mut in_class, mut escaped) = (0, false, false);
    pattern.char_indices().filter_map(move |(at, character)| {
        if std::mem::take(&mut escaped) {
            return None;
        }
        let was_in_class = in_class;
        match character {
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth -= 1,
            _ => {}
        }
        let is_inside = was_in_class && in_class;
        (!is_inside && !escaped).then_some((at, character, depth))
    })
}

/// The same in the syntax of the automata, where `.` accepts more and `\b` means Unicode words.
fn translated(pattern: &str) -> Option<String> {
    if is_of_a_dialect(pattern) {
        return None;
    }
    let pattern = jsonschema_regex::to_rust_regex(pattern).ok()?;
    let mut out = String::with_capacity(pattern.len());
    let (mut depth, mut characters) = (0_usize, pattern.chars());
    while let Some(character) = characters.next() {
        match character {
            '\\' => match (characters.next()?, depth) {
                ('b', 0) => out.push_str("(?-u:\\b)"),
                ('B', 0) => return None,
                (other, _) => out.extend(['\\', other]),
            },
            '[' => {
                depth += 1;
                out.push('[');
            }
            ']' => {
                depth = depth.saturating_sub(1);
                out.push(']');
            }
            '.' if depth == 0 => out.push_str("[^\\n\\r\\u{2028}\\u{2029}]"),
            other => out.push(other),
        }
    }
    Some(out)
}

/// Does it hold what dialects read differently? Classes of nothing and of everything (`[]`, `[^]`), which others
/// take for the start of another class; `{,2}`, which is four characters here and a count elsewhere; and flags.
fn is_of_a_dialect(pattern: &str) -> bool {
    syntax_of(pattern).any(|(at, character, _)| {
        let rest = &pattern[at + character.len_utf8()..];
        match character {
            '[' => rest.starts_with(']') || rest.starts_with("^]"),
            '{' => rest.starts_with(','),
            '(' => rest.strip_prefix('?').is_some_and(|group| !group.starts_with([':', '=', '!', '<'])),
            _ => false,
        }
    })
}

/// Of what a pattern is found anywhere in. Where it is tied to an end of the string, nothing goes before or
/// after.
fn dfa(pattern: &str) -> Option<Dfa> {
    let begins = pattern.strip_prefix('^').is_some_and(|rest| !rest.starts_with(['*', '+', '?', '{']));
    let ends = pattern.strip_suffix('$').is_some_and(|rest| !rest.ends_with('\\'));
    let is_one = !has_choice(pattern);
    let before = if begins && is_one { "" } else { "(?s:.)*?" };
    let after = if ends && is_one { "" } else { "(?s:.)*" };
    let found_anywhere = format!("{before}(?:{}){after}", translated(pattern)?);
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .dfa_size_limit(Some(LARGEST_DFA))
        .determinize_size_limit(Some(LARGEST_DFA))
        .accelerate(false);
    dense::Builder::new()
        .configure(config)
        .syntax(syntax::Config::new().unicode(true).utf8(true))
        .thompson(thompson::Config::new().nfa_size_limit(Some(LARGEST_NFA)))
        .build(&found_anywhere)
        .ok()
}
