//! What a comparison found.

use std::collections::HashMap;
use std::fmt;

use super::finding::{Incompatibility, Outcome, Severity};
use super::rules::Rule;
use crate::model::{Direction, Judge, Level, Version};

/// The answer of a check.
#[derive(Debug, Clone)]
pub struct Report {
    /// The level that was checked.
    pub level: Level,
    /// Whose verdict counts.
    pub judge: Judge,
    /// The versions that were compared: those of another format, then the others, each newest first.
    pub comparisons: Vec<Comparison>,
}

/// What comparing with one earlier version gave.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The earlier version.
    pub version: Version,
    /// Its canonical text; empty when nothing is refused, or its stored text could not be parsed.
    pub old_text: String,
    /// One verdict a direction, forward before backward.
    pub verdicts: Vec<Verdict>,
}

/// What both judges say of one reader and one writer.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Who reads whose data.
    pub direction: Direction,
    /// What the proof judge says.
    pub proof: Proof,
    /// What kept the proof judge from finding out everything, if anything did. A pair may be refuted
    /// and have parts about which nothing is known.
    pub unknown: Option<Why>,
    /// What the reference judge says.
    pub reference: ReferenceVerdict,
    /// Everything either of them found, each once: what the reference reports first.
    pub findings: Vec<Incompatibility>,
    /// How many more the proof judge found than are told.
    pub more: usize,
    /// Positions in `findings`, in the order in which the reference lists them. It lists a finding
    /// again at each use of the type in which it lies.
    pub(super) listed: Vec<usize>,
}

/// The answer of the proof judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The reader reads everything that the writer writes, as it was written.
    Proved(How),
    /// There is data that it does not, and a witness shows it.
    Refuted,
    /// Neither was found out.
    Undecided(Why),
}

/// How a pair was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Both schemas say the same.
    Identical,
    /// By the rules of the format, place by place.
    Rules,
}

/// Why a pair is undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The work that a comparison may do was done.
    Fuel,
    /// Something in a schema is beyond the judge.
    Unsupported {
        /// What.
        keyword: String,
        /// Where, as a pointer.
        at: String,
    },
    /// There are more breaks than are told, and what else there is was not looked for.
    Many,
    /// A break was found, but its witness did not show it: a fault of the judge, never of the schema.
    VerifierDisagreed,
}

/// The answer of the reference judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceVerdict {
    /// It accepts.
    Compatible,
    /// It refuses.
    Incompatible,
    /// It fails, or would not come to an end: for this reason.
    NoAnswer(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Fuel => f.write_str("the work that a comparison may do was done"),
            Why::Unsupported { keyword, at } if at.is_empty() => write!(f, "{keyword} is not supported"),
            Why::Unsupported { keyword, at } => write!(f, "{keyword} at {at} is not supported"),
            Why::Many => f.write_str("there are more breaks than are told"),
            Why::VerifierDisagreed => f.write_str("the data that should show a break did not"),
        }
    }
}

impl Report {
    /// May the new schema follow the earlier ones?
    pub fn is_compatible(&self) -> bool {
        self.refused().next().is_none()
    }

    /// The versions because of which the schema is refused.
    pub fn refused(&self) -> impl Iterator<Item = &Comparison> {
        self.comparisons.iter().filter(|comparison| comparison.is_refused())
    }

    /// Every finding about every version.
    pub fn findings(&self) -> impl Iterator<Item = (&Comparison, &Incompatibility)> {
        self.comparisons
            .iter()
            .flat_map(|comparison| comparison.findings().map(move |finding| (comparison, finding)))
    }
}

impl Comparison {
    /// Is the new schema refused because of this version?
    pub fn is_refused(&self) -> bool {
        self.findings().any(|finding| finding.outcome == Outcome::Refuse)
    }

    /// Every finding, forward ones before backward ones.
    pub fn findings(&self) -> impl Iterator<Item = &Incompatibility> {
        self.verdicts.iter().flat_map(|verdict| &verdict.findings)
    }
}

/// What the reference judge says of one reader and one writer.
#[derive(Debug, Clone)]
pub(super) struct ReferenceView {
    pub(super) verdict: ReferenceVerdict,
    pub(super) listing: Listing,
}

/// What the proof judge says of one reader and one writer.
#[derive(Debug, Clone)]
pub(super) struct ProofView {
    pub(super) proof: Proof,
    /// What kept the judge from finding out everything.
    pub(super) unknown: Option<Why>,
    pub(super) findings: Vec<Incompatibility>,
    /// How many were found beyond those.
    pub(super) more: usize,
}

/// Counts findings, so that those of one rule do not crowd out those of another: what a pair leads to
/// depends on which rules it violates, not on how often.
#[derive(Debug, Default)]
pub(super) struct Room {
    taken: HashMap<(&'static str, Severity), usize>,
    /// How many found no room.
    pub(super) more: usize,
}

impl Room {
    /// How many findings of one rule and severity are told.
    pub(super) const OF_A_RULE: usize = 100;

    /// May one more finding be told?
    pub(super) fn take(&mut self, rule: &'static Rule, severity: Severity) -> bool {
        let taken = self.taken.entry((rule.id, severity)).or_default();
        let has_room = *taken < Room::OF_A_RULE;
        *taken += usize::from(has_room);
        self.more += usize::from(!has_room);
        has_room
    }
}

/// Each finding once, and the order in which the reference lists them.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    pub(super) findings: Vec<Incompatibility>,
    pub(super) listed: Vec<usize>,
}

impl Listing {
    /// Findings that are listed once each, as they come.
    pub(super) fn in_order(findings: Vec<Incompatibility>) -> Listing {
        let listed = (0..findings.len()).collect();
        Listing { findings, listed }
    }
}

impl ReferenceView {
    /// What a list of differences amounts to.
    pub(super) fn of(listing: Listing) -> ReferenceView {
        let verdict = match listing.findings.is_empty() {
            true => ReferenceVerdict::Compatible,
            false => ReferenceVerdict::Incompatible,
        };
        ReferenceView { verdict, listing }
    }

    /// It comes to no answer.
    pub(super) fn no_answer(why: impl Into<String>) -> ReferenceView {
        ReferenceView { verdict: ReferenceVerdict::NoAnswer(why.into()), listing: Listing::default() }
    }
}

impl ProofView {
    /// There is nothing to find.
    pub(super) fn proved(how: How) -> ProofView {
        ProofView { proof: Proof::Proved(how), unknown: None, findings: Vec::new(), more: 0 }
    }

    /// What findings amount to, where `unknown` says what kept the judge from finding more.
    pub(super) fn of(findings: Vec<Incompatibility>, more: usize, unknown: Option<Why>) -> ProofView {
        let refuted = findings.iter().any(|finding| finding.witness.is_some());
        let proof = match &unknown {
            _ if refuted => Proof::Refuted,
            Some(why) => Proof::Undecided(why.clone()),
            None => Proof::Proved(How::Rules),
        };
        ProofView { proof, unknown, findings, more }
    }
}
