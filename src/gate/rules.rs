//! What the gate itself reports, beside what the judges of compatibility do.

use crate::published::{self, Against, Finding, Location, Side};

/// A rule of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateRule {
    /// Its id.
    pub id: &'static str,
    /// What it says, in a sentence.
    pub summary: &'static str,
    /// Why it is one.
    pub reason: &'static str,
    /// A case that breaks it, and one that does not.
    pub examples: (&'static str, &'static str),
    /// What to do about it.
    pub hint: &'static str,
}

/// A subject is gone that a declared reader reads.
pub static DELETED_WITH_READER: GateRule = GateRule {
    id: "deleted-with-reader",
    summary: "A schema was deleted although somebody is declared to read it.",
    reason: "The reader expects data that nobody will describe any more: what is written under the subject from now on is no longer checked against what the reader can read.",
    examples: (
        "orders.avsc is deleted; schemas.yaml has `readers: [{ name: billing, reads: { subject: orders, … } }]`",
        "the entry of `billing` is deleted with it",
    ),
    hint: "Ask the reader, and delete its entry under `readers` with the schema; or keep the schema.",
};

/// A file is gone whose names another one uses.
pub static DELETED_WITH_REFERRER: GateRule = GateRule {
    id: "deleted-with-referrer",
    summary: "A schema was deleted although another one refers to it.",
    reason: "What refers to it is no schema any more.",
    examples: (
        "money.avsc is deleted; cart.avsc has a field of the type `shop.Money`",
        "the field is deleted with it",
    ),
    hint: "Restore the file, or change what refers to it in the same change.",
};

/// A waiver holds no longer.
pub static WAIVER_EXPIRED: GateRule = GateRule {
    id: "waiver-expired",
    summary: "A waiver's last day has passed.",
    reason: "A break is accepted for a while, so that it is looked at again: a waiver that never ends would be a level switched off.",
    examples: ("`until: 2026-01-31`, on the first of February 2026", "`until: 2026-01-31`, on that day"),
    hint: "Delete the waiver if the change is over; otherwise give it a new date, with the reason why it takes longer.",
};

/// Every rule of the gate.
pub fn all() -> [&'static GateRule; 3] {
    [&DELETED_WITH_READER, &DELETED_WITH_REFERRER, &WAIVER_EXPIRED]
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static GateRule> {
    all().into_iter().find(|rule| rule.id == id)
}

/// A finding of the gate itself, which stops the run.
pub(crate) fn finding(
    rule: &'static GateRule,
    kind: &'static str,
    subject: &str,
    message: String,
    place: Location,
) -> Finding {
    Finding {
        kind,
        rule: rule.id.to_owned(),
        severity: "none".to_owned(),
        outcome: "refuse".to_owned(),
        fingerprint: published::fingerprint_of(subject, rule.id, &message),
        subject: subject.to_owned(),
        against: Against::default(),
        level: None,
        level_from: None,
        direction: None,
        reader: Side::default(),
        writer: Side::default(),
        place: Some(place),
        earlier_place: None,
        reference: None,
        proof: None,
        witness: None,
        message,
        hint: Some(rule.hint.to_owned()),
        waiver: None,
    }
}
