//! What the manifest wants told of schemas beside their compatibility.

use super::check::location;
use super::references::Index;
use super::workspace::{Declared, Workspace};
use crate::lint::{self, Action};
use crate::published::{self, Against, Finding, Side};

/// What the lint rules of its manifest tell of a subject. A text that is no schema is told elsewhere.
pub(crate) fn check(workspace: &Workspace, index: &Index<'_>, declared: &Declared) -> Vec<Finding> {
    let written = declared.settings.lint.iter().map(|(id, word)| (id.as_str(), word.as_str()));
    // The manifest was refused if it named a rule that is none.
    let settings = lint::Settings::read(written).unwrap_or_default();
    if settings.is_empty() {
        return Vec::new();
    }
    let text = workspace.text(declared);
    let Ok(schema) = index.schema(&declared.path) else { return Vec::new() };
    lint::check(&schema, text, &settings).into_iter().map(|found| finding(declared, found)).collect()
}

fn finding(declared: &Declared, found: lint::Finding) -> Finding {
    Finding {
        kind: "lint",
        rule: found.rule.id.to_owned(),
        severity: "none".to_owned(),
        outcome: match found.action {
            Action::Error => "refuse".to_owned(),
            Action::Warn => "warn".to_owned(),
        },
        fingerprint: published::fingerprint_of(&declared.subject, found.rule.id, &found.pointer),
        subject: declared.subject.clone(),
        against: Against::default(),
        level: None,
        level_from: None,
        direction: None,
        reader: Side {
            pointer: Some(found.pointer),
            file: Some(declared.path.clone()),
            line: found.place.map(|place| place.line),
            column: found.place.map(|place| place.column),
            ..Side::default()
        },
        writer: Side::default(),
        place: Some(location(&declared.path, found.place)),
        earlier_place: None,
        reference: None,
        proof: None,
        witness: None,
        message: found.message,
        hint: Some(found.rule.hint.to_owned()),
        waiver: None,
    }
}
