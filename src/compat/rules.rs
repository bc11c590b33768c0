//! The catalogue: every rule that a comparison can find violated. It feeds the command line, the
//! documentation and the tests. An id is public: it is never renamed, only retired.

use std::fmt::Write;

use super::finding::Severity;
use crate::model::Pack;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name in reports and settings.
    pub id: &'static str,
    /// What happened when it is violated, in a line.
    pub summary: &'static str,
    /// Why that breaks somebody.
    pub reason: &'static str,
    /// What to do instead.
    pub hint: &'static str,
    /// An old and a new schema that violate it, in the direction `direction`.
    pub example: (&'static str, &'static str),
    /// The direction in which the example violates it.
    pub direction: &'static str,
    /// What Confluent Schema Registry calls it, where it has a name for it.
    pub reference: Option<&'static str>,
    /// What it means for a reader.
    pub severity: Severity,
    /// The pack it belongs to; `None` when it always applies.
    pub pack: Option<Pack>,
    /// It is about every earlier version, deleted ones included, whatever the level looks at. Then it
    /// refuses at the levels that look at every version, and warns at the others.
    pub spans_versions: bool,
}

/// What most rules have in common.
pub(super) const BLANK: Rule = Rule {
    id: "",
    summary: "",
    reason: "",
    hint: "",
    example: ("", ""),
    direction: "backward",
    reference: None,
    severity: Severity::Break,
    pack: None,
    spans_versions: false,
};

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

impl Rule {
    /// Do the judges decide about it, and may settings? Otherwise it is a fact before any judging.
    pub fn is_judged(&self) -> bool {
        !OF_EVERY_FORMAT.contains(&self)
    }
}

static OF_EVERY_FORMAT: &[&Rule] = &[&FORMAT_CHANGED, &OLD_SCHEMA_UNREADABLE, &COMPARISON_EXHAUSTED];

/// Every rule, in the order of the documentation.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let lists = [
        OF_EVERY_FORMAT,
        super::avro::rules::RULES,
        super::json::rules::RULES,
        super::protobuf::rules::RULES,
        super::protobuf::rules_beyond_wire::RULES,
    ];
    lists.into_iter().flatten().copied()
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

pub(super) static FORMAT_CHANGED: Rule = Rule {
    id: "format-changed",
    summary: "The new schema is written in another schema language than an earlier version.",
    reason: "No reader of one format can read data of another, whatever the schemas say.",
    hint: "register the schema under a new subject, or set the level to NONE for the switch",
    example: (r#""string""#, r#"{"type":"string"} (JSON Schema)"#),
    ..BLANK
};

pub(super) static OLD_SCHEMA_UNREADABLE: Rule = Rule {
    id: "old-schema-unreadable",
    summary: "The stored text of an earlier version cannot be parsed, so nothing can be said about it.",
    reason: "Compatibility with a schema that nobody can parse cannot be judged, and a silent pass would hide that.",
    hint: "delete the version that cannot be parsed, or set the level to NONE for this registration",
    example: (r#"{"type":"record","name":"R"}"#, r#"{"type":"record","name":"R","fields":[]}"#),
    ..BLANK
};

pub(super) static COMPARISON_EXHAUSTED: Rule = Rule {
    id: "comparison-exhausted",
    summary: "The two schemas are too large, too deep or too entangled to be compared.",
    reason: "Work on a pair of schemas is bounded, so that no schema can occupy the registry; what was not compared is not accepted.",
    hint: "split the schema, or set the level to NONE for this registration",
    example: ("a schema that nests thousands of types", "the same schema, changed deep inside"),
    ..BLANK
};

/// The catalogue as a Markdown page.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Rules\n\n\
         Generated from the catalogue in `src/compat`; do not edit. Each rule names what a comparison \
         can find. *Old* and *new* are an example that violates it, in the direction given.\n",
    );
    for rule in all() {
        let Rule { id, summary, reason, hint, example: (old, new), direction, reference, severity, .. } =
            rule;
        let _ = write!(page, "\n## `{id}`\n\n{summary} {reason}\n\n");
        let _ = writeln!(page, "- Severity: {severity}");
        if let Some(pack) = rule.pack {
            let _ = writeln!(page, "- Pack: {pack}");
        }
        if let Some(name) = reference {
            let _ = writeln!(page, "- Confluent Schema Registry calls it `{name}`");
        }
        let _ = writeln!(page, "- What to do: {hint}");
        let _ = writeln!(page, "- Example ({direction}):\n  - old: `{old}`\n  - new: `{new}`");
    }
    page
}
