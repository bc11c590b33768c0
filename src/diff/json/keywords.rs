//! A keyword that both schemas have, and one that came or went.

use super::{Party, Seat, Walk, same};
use crate::diff::change::Kind;
use crate::diff::kinds;
use crate::diff::list::{PathId, shown};
use crate::schema::json::Draft;
use crate::schema::tree::{Member, Node, Value};

/// A member and the way to it.
type Entry<'a> = (&'a Member, PathId);

/// What the value of a keyword is, as far as changes are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Names of properties with their schemas.
    Properties,
    /// Other names with schemas.
    Named,
    Definitions,
    Schema,
    /// `items`, which is a schema or a list of schemas by position.
    Items,
    /// A list of schemas by position.
    Tuple,
    /// A composition: a list of schemas in no order.
    Branches,
    Required,
    Values,
    Types,
    /// `additionalProperties` and `unevaluatedProperties`.
    Openness,
    Reference,
    Draft,
    Identifier,
    /// A limit that is narrower when it is larger.
    AtLeast,
    /// A limit that is narrower when it is smaller.
    AtMost,
    /// Any other limit.
    Limit,
    /// For people.
    Text,
    Default,
    Unknown,
}

fn sort(draft: Draft, keyword: &str) -> Sort {
    match keyword {
        "properties" => Sort::Properties,
        "patternProperties" | "dependentSchemas" => Sort::Named,
        "$defs" | "definitions" => Sort::Definitions,
        "items" => Sort::Items,
        "prefixItems" => Sort::Tuple,
        "additionalItems" | "unevaluatedItems" | "contains" | "propertyNames" | "not" | "if" | "then"
        | "else" => Sort::Schema,
        "additionalProperties" | "unevaluatedProperties" => Sort::Openness,
        "allOf" | "anyOf" | "oneOf" => Sort::Branches,
        "required" => Sort::Required,
        "enum" => Sort::Values,
        "type" => Sort::Types,
        "$ref" | "$dynamicRef" | "$recursiveRef" => Sort::Reference,
        "$schema" => Sort::Draft,
        "$id" | "$anchor" | "$dynamicAnchor" | "$recursiveAnchor" => Sort::Identifier,
        "id" if draft == Draft::Four => Sort::Identifier,
        "minimum" | "minLength" | "minItems" | "minProperties" | "minContains" => Sort::AtLeast,
        "maximum" | "maxLength" | "maxItems" | "maxProperties" | "maxContains" => Sort::AtMost,
        "exclusiveMinimum" if draft != Draft::Four => Sort::AtLeast,
        "exclusiveMaximum" if draft != Draft::Four => Sort::AtMost,
        "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" | "pattern" | "format" | "const"
        | "uniqueItems" | "dependencies" | "dependentRequired" | "contentEncoding" | "contentMediaType"
        | "contentSchema" => Sort::Limit,
        "title" | "description" | "$comment" | "examples" | "example" | "deprecated" | "readOnly"
        | "writeOnly" => Sort::Text,
        "default" => Sort::Default,
        _ => Sort::Unknown,
    }
}

impl<'a> Walk<'a, '_> {
    /// A keyword that both have.
    pub(super) fn keyword(
        &mut self,
        (_, around): (Seat<'a>, Seat<'a>),
        (old, old_path): Entry<'a>,
        (new, new_path): Entry<'a>,
        what: &str,
    ) {
        let draft = self.draft(Party::New, around.0);
        let keyword = new.key.as_str();
        let inner =
            |suffix: &str| if what.len() < 300 { format!("{suffix} of {what}") } else { what.to_owned() };
        let seats = ((&old.value, old_path), (&new.value, new_path));
        let values = (&old.value.value, &new.value.value);
        match sort(draft, keyword) {
            Sort::Properties if both_objects(values) => {
                self.named(seats, what, "property", (&kinds::PROPERTY_ADDED, &kinds::PROPERTY_REMOVED));
            }
            Sort::Definitions if both_objects(values) => {
                self.named(seats, what, "definition", (&kinds::DEFINITION_ADDED, &kinds::DEFINITION_REMOVED));
            }
            Sort::Named if both_objects(values) => {
                self.named(
                    seats,
                    &inner(&shown(keyword)),
                    "entry",
                    (&kinds::SUBSCHEMA_ADDED, &kinds::SUBSCHEMA_REMOVED),
                );
            }
            Sort::Tuple | Sort::Items if both_arrays(values) => self.tuple(seats, &inner(&shown(keyword))),
            Sort::Branches if both_arrays(values) => self.branches(seats, &inner(&shown(keyword))),
            Sort::Required if both_arrays(values) => {
                self.words(seats, what, (&kinds::REQUIRED_ADDED, &kinds::REQUIRED_REMOVED));
            }
            Sort::Values if both_arrays(values) => {
                self.words(seats, what, (&kinds::VALUE_ADDED, &kinds::VALUE_REMOVED));
            }
            Sort::Types => self.types((old, old_path), (new, new_path), what),
            Sort::Openness if is_openness_changed(values) => {
                let closed = matches!(values.1, Value::Bool(false));
                self.openness(closed, Some((old, old_path)), Some((new, new_path)), what);
            }
            Sort::Schema | Sort::Items | Sort::Openness if !either_array(values) => {
                self.schemas(seats.0, seats.1, &inner(&shown(keyword)));
            }
            _ if same(values.0, values.1) => {}
            sort => {
                let [from, to] = [&old.value, &new.value].map(|value| shown(&value.to_compact()));
                let kind = changed(sort, values);
                let message = format!("{} of {what} was {from} and is {to}", shown(keyword));
                let at = (self.at_key(Party::Old, old, old_path), self.at_key(Party::New, new, new_path));
                self.add(kind, message, at.0, at.1);
            }
        }
    }

    /// A keyword that only the old schema has.
    pub(super) fn gone(&mut self, around: (Seat<'a>, Seat<'a>), (member, path): Entry<'a>, what: &str) {
        let draft = self.draft(Party::Old, around.0.0);
        let keyword = member.key.as_str();
        let here = (&member.value, path);
        let kind = match sort(draft, keyword) {
            Sort::Properties => {
                return self.only(Party::Old, here, what, "property", &kinds::PROPERTY_REMOVED);
            }
            Sort::Definitions => {
                return self.only(Party::Old, here, what, "definition", &kinds::DEFINITION_REMOVED);
            }
            Sort::Required if member.value.elements().is_some() => {
                return self.only_words(Party::Old, here, what, &kinds::REQUIRED_REMOVED);
            }
            Sort::Openness if matches!(member.value.value, Value::Bool(true)) => &kinds::KEYWORD_REMOVED,
            Sort::Openness => return self.openness(false, Some((member, path)), None, what),
            Sort::Types => &kinds::TYPE_WIDENED,
            Sort::Text => &kinds::DOC_CHANGED,
            Sort::Default => &kinds::DEFAULT_REMOVED,
            Sort::Reference => &kinds::REFERENCE_CHANGED,
            Sort::Draft => &kinds::DRAFT_CHANGED,
            Sort::Identifier => &kinds::IDENTIFIER_CHANGED,
            Sort::Unknown => &kinds::KEYWORD_REMOVED,
            Sort::Schema | Sort::Items | Sort::Tuple | Sort::Named | Sort::Branches => {
                &kinds::SUBSCHEMA_REMOVED
            }
            Sort::Required | Sort::Values | Sort::AtLeast | Sort::AtMost | Sort::Limit => {
                &kinds::CONSTRAINT_REMOVED
            }
        };
        let message = match kind == &kinds::DOC_CHANGED {
            true => format!("{what} has no {} any more", shown(keyword)),
            false => {
                format!("{} of {what} is gone; it was {}", shown(keyword), shown(&member.value.to_compact()))
            }
        };
        let at = self.at_key(Party::Old, member, path);
        self.add(kind, message, at, None);
    }

    /// A keyword that only the new schema has.
    pub(super) fn come(&mut self, around: (Seat<'a>, Seat<'a>), (member, path): Entry<'a>, what: &str) {
        let draft = self.draft(Party::New, around.1.0);
        let keyword = member.key.as_str();
        let here = (&member.value, path);
        let kind = match sort(draft, keyword) {
            Sort::Properties => return self.only(Party::New, here, what, "property", &kinds::PROPERTY_ADDED),
            Sort::Definitions => {
                return self.only(Party::New, here, what, "definition", &kinds::DEFINITION_ADDED);
            }
            Sort::Required if member.value.elements().is_some() => {
                return self.only_words(Party::New, here, what, &kinds::REQUIRED_ADDED);
            }
            Sort::Openness if matches!(member.value.value, Value::Bool(true)) => &kinds::KEYWORD_ADDED,
            Sort::Openness => return self.openness(true, None, Some((member, path)), what),
            Sort::Types => &kinds::TYPE_NARROWED,
            Sort::Text => &kinds::DOC_CHANGED,
            Sort::Default => &kinds::DEFAULT_ADDED,
            Sort::Reference => &kinds::REFERENCE_CHANGED,
            Sort::Draft => &kinds::DRAFT_CHANGED,
            Sort::Identifier => &kinds::IDENTIFIER_CHANGED,
            Sort::Unknown => &kinds::KEYWORD_ADDED,
            Sort::Schema | Sort::Items | Sort::Tuple | Sort::Named | Sort::Branches => {
                &kinds::SUBSCHEMA_ADDED
            }
            Sort::Required | Sort::Values | Sort::AtLeast | Sort::AtMost | Sort::Limit => {
                &kinds::CONSTRAINT_ADDED
            }
        };
        let message =
            format!("{what} has {}, which is {}", shown(keyword), shown(&member.value.to_compact()));
        let at = self.at_key(Party::New, member, path);
        self.add(kind, message, None, at);
    }

    fn openness(&mut self, closed: bool, old: Option<Entry<'a>>, new: Option<Entry<'a>>, what: &str) {
        let kind = if closed { &kinds::PROPERTIES_CLOSED } else { &kinds::PROPERTIES_OPENED };
        let word = |entry: Option<Entry<'a>>| match entry.map(|(member, _)| &member.value.value) {
            None | Some(Value::Bool(true)) => "allowed",
            Some(Value::Bool(false)) => "refused",
            Some(_) => "restricted",
        };
        let keyword = old.or(new).map_or("", |(member, _)| member.key.as_str());
        let message = format!(
            "properties that {what} does not describe were {} and are {} ({})",
            word(old),
            word(new),
            shown(keyword)
        );
        let at = (
            old.and_then(|(member, path)| self.at_key(Party::Old, member, path)),
            new.and_then(|(member, path)| self.at_key(Party::New, member, path)),
        );
        self.add(kind, message, at.0, at.1);
    }

    fn types(&mut self, (old, old_path): Entry<'a>, (new, new_path): Entry<'a>, what: &str) {
        let (from, to) = (type_words(&old.value), type_words(&new.value));
        let covers =
            |all: &[&str], word: &str| all.contains(&word) || (word == "integer" && all.contains(&"number"));
        let is_wider = from.iter().all(|word| covers(&to, word));
        let is_narrower = to.iter().all(|word| covers(&from, word));
        let kind = match (is_wider, is_narrower) {
            (true, true) => return,
            (true, false) => &kinds::TYPE_WIDENED,
            (false, true) => &kinds::TYPE_NARROWED,
            (false, false) => &kinds::TYPE_CHANGED,
        };
        let word = |words: &[&str]| shown(&words.join(" or "));
        let message = format!("the type of {what} was {} and is {}", word(&from), word(&to));
        let at = (self.at_key(Party::Old, old, old_path), self.at_key(Party::New, new, new_path));
        self.add(kind, message, at.0, at.1);
    }
}

fn type_words(node: &Node) -> Vec<&str> {
    match node.elements() {
        Some(elements) => elements.iter().filter_map(Node::as_str).collect(),
        None => node.as_str().into_iter().collect(),
    }
}

fn both_objects((old, new): (&Value, &Value)) -> bool {
    matches!((old, new), (Value::Object(_), Value::Object(_)))
}

fn either_array((old, new): (&Value, &Value)) -> bool {
    matches!(old, Value::Array(_)) || matches!(new, Value::Array(_))
}

fn both_arrays((old, new): (&Value, &Value)) -> bool {
    matches!((old, new), (Value::Array(_), Value::Array(_)))
}

/// From a boolean to another value, or back.
fn is_openness_changed((old, new): (&Value, &Value)) -> bool {
    match (old, new) {
        (Value::Bool(old), Value::Bool(new)) => old != new,
        (Value::Bool(_), _) | (_, Value::Bool(_)) => true,
        _ => false,
    }
}

fn changed(sort: Sort, (old, new): (&Value, &Value)) -> &'static Kind {
    match sort {
        Sort::Text => &kinds::DOC_CHANGED,
        Sort::Default => &kinds::DEFAULT_CHANGED,
        Sort::Reference => &kinds::REFERENCE_CHANGED,
        Sort::Draft => &kinds::DRAFT_CHANGED,
        Sort::Identifier => &kinds::IDENTIFIER_CHANGED,
        Sort::AtLeast => compared(old, new, true),
        Sort::AtMost => compared(old, new, false),
        Sort::Unknown => &kinds::KEYWORD_CHANGED,
        _ => &kinds::CONSTRAINT_CHANGED,
    }
}

fn compared(old: &Value, new: &Value, larger_is_narrower: bool) -> &'static Kind {
    let number = |value: &Value| match value {
        Value::Number(text) => text.parse::<f64>().ok(),
        _ => None,
    };
    match (number(old), number(new)) {
        (Some(old), Some(new)) if old != new => match (new > old) == larger_is_narrower {
            true => &kinds::CONSTRAINT_TIGHTENED,
            false => &kinds::CONSTRAINT_LOOSENED,
        },
        _ => &kinds::CONSTRAINT_CHANGED,
    }
}
