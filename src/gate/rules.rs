//! What the gate itself reports, beside what the judges of compatibility do.

use super::check::location;
use super::judge::Compared;
use super::workspace::Declared;
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

/// A subject is gone.
pub static SCHEMA_DELETED: GateRule = GateRule {
    id: "schema-deleted",
    summary: "A schema was deleted.",
    reason: "Nothing checks any more what is written under its subject. In the registry it stays until somebody deletes it there.",
    examples: (
        "orders.avsc is deleted",
        "orders.avsc is moved, and the manifest says that it is still `orders`",
    ),
    hint: "Nothing, if it is meant; if it was moved, let the manifest name its subject.",
};

/// A subject is declared no longer, and its file is still there.
pub static SUBJECT_UNDECLARED: GateRule = GateRule {
    id: "subject-undeclared",
    summary: "A schema is still there, and its subject is declared no longer.",
    reason: "The file is not checked any more, so that it may be changed in any way, by this very change too.",
    examples: (
        "the entry of orders.avsc is taken out of schemas.yaml",
        "orders.avsc is deleted with its entry",
    ),
    hint: "Declare it again; or delete the file, if nobody writes such data any more.",
};

/// The manifest demands less than it did.
pub static GATE_LOOSENED: GateRule = GateRule {
    id: "gate-loosened",
    summary: "The manifest demands less of a subject than it did in the base.",
    reason: "What a change may do is decided by the manifest that it brings along; a reviewer should see when that was made easier.",
    examples: ("`level: FULL` becomes `level: NONE`", "`level: BACKWARD` becomes `level: FULL`"),
    hint: "Ask whoever answers for the subject. Make the check fail on it with --fail-on warn.",
};

/// The manifest is gone.
pub static MANIFEST_DELETED: GateRule = GateRule {
    id: "manifest-deleted",
    summary: "The manifest is gone, and with it all that it demanded.",
    reason: "Levels, readers and lint rules that the manifest set hold no longer, for this very change either: each file is compared as if nobody had asked for more than the default.",
    examples: (
        "schemas.yaml is deleted, and orders.avsc is changed",
        "schemas.yaml is moved with the folder that it governs",
    ),
    hint: "Put it back. If schemas are to be checked without one from now on, say so with --no-manifest.",
};

/// A declared reader reads nothing.
pub static READER_OF_NOTHING: GateRule = GateRule {
    id: "reader-of-nothing",
    summary: "A reader is declared for a subject that no file stands for.",
    reason: "What it reads is not known here, so nothing is checked for it. Often the name is misspelt.",
    examples: (
        "`reads: { subject: order-value, … }` where the subject is `orders-value`",
        "the same name in both places",
    ),
    hint: "Correct the subject, or delete the reader.",
};

/// An earlier state is no schema.
pub static EARLIER_STATE_BROKEN: GateRule = GateRule {
    id: "earlier-state-broken",
    summary: "An earlier state of a schema was no schema, and is left out of the comparison.",
    reason: "Nothing can have been written with it, so that it can be repaired in any way. The state before it counts instead.",
    examples: (
        "order.avsc on the main branch ends in the middle of a field; the change puts it right",
        "order.avsc was a schema at each commit that the level looks at",
    ),
    hint: "Compare with the registry, --against registry, if something else than this file was registered.",
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
pub fn all() -> [&'static GateRule; 9] {
    [
        &DELETED_WITH_READER,
        &DELETED_WITH_REFERRER,
        &SCHEMA_DELETED,
        &SUBJECT_UNDECLARED,
        &GATE_LOOSENED,
        &MANIFEST_DELETED,
        &READER_OF_NOTHING,
        &EARLIER_STATE_BROKEN,
        &WAIVER_EXPIRED,
    ]
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

/// A finding of the gate itself, which is told and passes.
pub(crate) fn warning(
    rule: &'static GateRule,
    kind: &'static str,
    subject: &str,
    message: String,
    place: Location,
) -> Finding {
    Finding { outcome: "warn".to_owned(), ..finding(rule, kind, subject, message, place) }
}

/// A warning where earlier states of a subject were no schemas.
pub(crate) fn left_out(base: &str, declared: &Declared, compared: &Compared) -> Option<Finding> {
    let ((origin, fault), others) = compared.left_out.split_first()?;
    let against = Against { base: Some(base.to_owned()), ..origin.against() };
    let state = against.file.as_deref().unwrap_or_default();
    let more = match others.len() {
        0 => String::new(),
        1 => "; so was another one before it".to_owned(),
        more => format!("; so were {more} others before it"),
    };
    let message = format!("the earlier state {state} was no schema, and is left out: {fault}{more}");
    let place = location(&declared.path, None);
    let warning = warning(&EARLIER_STATE_BROKEN, "history", &declared.subject, message, place);
    Some(Finding { against, ..warning })
}
