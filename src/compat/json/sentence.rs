//! Findings in plain words.

use super::arena::Arena;
use super::atoms::is_nothing;
use super::locate::{Blame, Crossing, Edge, types};
use super::node::{Node, NumberPart, StringPart};
use super::number::Number;
use super::validate::Refusal;
use super::value::Value;
use crate::compat::finding::Labels;

/// Longer values, names and patterns are cut in sentences.
const LONGEST: usize = 60;

/// What a sentence is about.
pub(super) struct Case<'a> {
    pub(super) labels: Labels,
    pub(super) arena: &'a Arena,
    pub(super) blame: &'a Blame,
    /// The part of the value, as a JSON pointer.
    pub(super) at: String,
    pub(super) part: &'a Value,
}

impl Case<'_> {
    fn node(&self) -> &Node {
        self.arena.node(self.blame.node)
    }

    /// `null at /a/0`
    fn value(&self) -> String {
        format!("{}{}", shown(self.part), self.place())
    }

    /// ` at /a/0`
    fn place(&self) -> String {
        if self.at.is_empty() { String::new() } else { format!(" at {}", cut(&self.at)) }
    }
}

/// A keyword of the reader refuses what the writer allows.
pub(super) fn of_keyword(case: &Case<'_>) -> String {
    let Labels { reader, writer } = case.labels;
    let node = case.node();
    let number = |of: fn(&NumberPart) -> &Option<Number>| {
        node.number.as_deref().and_then(|part| of(part).as_ref()).map_or(String::new(), Number::to_string)
    };
    let text =
        |of: fn(&StringPart) -> Option<String>| node.string.as_deref().and_then(of).unwrap_or_default();
    let (value, place) = (case.value(), case.place());
    let allows = format!("the {writer} schema allows {value}");
    match &case.blame.refusal {
        Refusal::Type => match types(node.kinds)[..] {
            [] => format!("{allows}, the {reader} schema nothing"),
            ref types => format!("{allows}, the {reader} schema only {}", types.join(", ")),
        },
        Refusal::Enum => format!("{allows}, which the {reader} schema does not list"),
        Refusal::Const => {
            let constant = node.constant.as_ref().map(shown).unwrap_or_default();
            format!("{allows}, the {reader} schema only {constant}")
        }
        Refusal::Minimum => {
            format!("{allows}, the {reader} schema nothing below {}", cut(&number(|part| &part.minimum)))
        }
        Refusal::ExclusiveMinimum => format!(
            "{allows}, the {reader} schema only what is above {}",
            cut(&number(|part| &part.exclusive_minimum))
        ),
        Refusal::Maximum => {
            format!("{allows}, the {reader} schema nothing above {}", cut(&number(|part| &part.maximum)))
        }
        Refusal::ExclusiveMaximum => format!(
            "{allows}, the {reader} schema only what is below {}",
            cut(&number(|part| &part.exclusive_maximum))
        ),
        Refusal::MultipleOf => format!(
            "{allows}, the {reader} schema only multiples of {}",
            cut(&number(|part| &part.multiple_of))
        ),
        Refusal::MinLength | Refusal::MaxLength => {
            let least = node.string.as_deref().and_then(|part| part.min_length).unwrap_or_default();
            let most = node.string.as_deref().and_then(|part| part.max_length).unwrap_or_default();
            let length = match case.part {
                Value::String(text) => text.chars().count(),
                _ => 0,
            };
            let limit = match case.blame.refusal {
                Refusal::MinLength => format!("at least {least}"),
                _ => format!("at most {most}"),
            };
            let strings = if length == 1 { "character" } else { "characters" };
            format!(
                "the {writer} schema allows a string of {length} {strings}{place}, the {reader} schema {limit}"
            )
        }
        Refusal::Pattern => format!(
            "{allows}, which does not match the pattern of the {reader} schema, {}",
            cut(&text(|part| part.pattern.as_ref().map(|pattern| pattern.source().to_owned())))
        ),
        Refusal::Format => format!(
            "{allows}, which is no {} as the {reader} schema demands",
            cut(&text(|part| part.format.as_ref().map(|format| format.source().to_owned())))
        ),
        Refusal::Required(name) => format!(
            "the {writer} schema allows an object without `{}`{place}, the {reader} schema requires it",
            cut(name)
        ),
        _ => of_whole(case),
    }
}

/// Keywords about what an object or an array holds, and those that apply other schemas.
fn of_whole(case: &Case<'_>) -> String {
    let Labels { reader, writer } = case.labels;
    let node = case.node();
    let place = case.place();
    let allows = format!("the {writer} schema allows {}", case.value());
    let count = |count: Option<u64>| count.unwrap_or_default();
    let object = |of: fn(&super::node::ObjectPart) -> Option<u64>| count(node.object.as_deref().and_then(of));
    let array = |of: fn(&super::node::ArrayPart) -> Option<u64>| count(node.array.as_deref().and_then(of));
    let held = match case.part {
        Value::Object(members) => members.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    };
    let (properties, items) = (counted(held, "property", "properties"), counted(held, "item", "items"));
    match &case.blame.refusal {
        Refusal::MinProperties => format!(
            "the {writer} schema allows an object with {properties}{place}, the {reader} schema asks for {}",
            object(|part| part.min_properties)
        ),
        Refusal::MaxProperties => format!(
            "the {writer} schema allows an object with {properties}{place}, the {reader} schema at most {}",
            object(|part| part.max_properties)
        ),
        Refusal::DependentRequired(name) => {
            let asked = node.object.as_deref().and_then(|part| {
                let (_, names) = part.dependent_required.iter().find(|(of, _)| of == name)?;
                let Value::Object(members) = case.part else { return None };
                names.iter().find(|name| !members.contains_key(*name))
            });
            format!(
                "the {writer} schema allows `{}` without `{}`{place}, the {reader} schema does not",
                cut(name),
                cut(asked.map_or("", AsRef::as_ref))
            )
        }
        Refusal::DependentSchema(name, _) => format!(
            "where `{}` is present the {reader} schema refuses what the {writer} schema allows: {}",
            cut(name),
            case.value()
        ),
        Refusal::PropertyName(name) => format!(
            "the {writer} schema allows the name `{}` for a property{place}, the {reader} schema does not",
            cut(name)
        ),
        Refusal::MinItems => format!(
            "the {writer} schema allows an array of {items}{place}, the {reader} schema asks for {}",
            array(|part| part.min_items)
        ),
        Refusal::MaxItems => format!(
            "the {writer} schema allows an array of {items}{place}, the {reader} schema at most {}",
            array(|part| part.max_items)
        ),
        Refusal::Unique => {
            format!("the {writer} schema allows equal items{place}, the {reader} schema does not")
        }
        Refusal::TooFewContained => format!(
            "{allows}, which holds too few of the items that `contains` of the {reader} schema asks for"
        ),
        Refusal::TooManyContained => format!(
            "{allows}, which holds more of the items that `contains` speaks of than the {reader} schema allows"
        ),
        Refusal::AnyOf(_) => format!("{allows}, which no branch of `anyOf` in the {reader} schema accepts"),
        Refusal::OneOf(_) => format!("{allows}, which no branch of `oneOf` in the {reader} schema accepts"),
        Refusal::Overlap(branches) => {
            format!("{allows}, which {} branches of `oneOf` in the {reader} schema accept", branches.len())
        }
        Refusal::Not => format!("{allows}, which the {reader} schema excludes by `not`"),
        Refusal::Then(_) => {
            format!("{allows}, of which `if` in the {reader} schema holds and `then` does not")
        }
        Refusal::Else(_) => {
            format!("{allows}, of which neither `if` nor `else` in the {reader} schema holds")
        }
        _ => format!("{allows}, the {reader} schema does not"),
    }
}

/// The reader restricts a part of the value; the writer says nothing of it, or the reader allows no
/// such part at all.
pub(super) fn of_part(case: &Case<'_>, way: &Crossing, is_open: bool) -> String {
    let Labels { reader, writer } = case.labels;
    let value = shown(case.part);
    let of_object = holder(case, "object");
    let allows_none = is_nothing(case.arena, way.to);
    let part = match &way.edge {
        Edge::Additional(name) | Edge::Unevaluated(name) if is_open => {
            let refuses = if allows_none { "allows none" } else { "restricts them" };
            return format!(
                "the {writer} schema allows properties that it does not declare, such as `{}` with {value}{of_object}; the {reader} schema {refuses}",
                cut(name)
            );
        }
        Edge::Property(name) | Edge::Additional(name) | Edge::Unevaluated(name) => {
            format!("the property `{}`{of_object}", cut(name))
        }
        Edge::Pattern(pattern, name) => {
            format!("the property `{}`{of_object}, whose name matches {},", cut(name), cut(pattern.source()))
        }
        Edge::Item(position) | Edge::Rest(position) | Edge::UnevaluatedItem(position) => {
            format!("item {position}{}", holder(case, "array"))
        }
    };
    match (is_open, allows_none) {
        (_, true) => format!("the {writer} schema allows {part}, the {reader} schema does not"),
        (true, false) => format!(
            "the {writer} schema says nothing of {part} and so allows {value} there, the {reader} schema does not"
        ),
        (false, false) => {
            format!("the {writer} schema allows {value}{}, the {reader} schema does not", case.place())
        }
    }
}

/// The writer declares a property that the reader does not declare, and does not allow as another.
pub(super) fn of_undeclared(case: &Case<'_>, way: &Crossing, name: &str) -> String {
    let Labels { reader, writer } = case.labels;
    let declares =
        format!("the {writer} schema declares the property `{}`{}", cut(name), holder(case, "object"));
    match is_nothing(case.arena, way.to) {
        true => format!("{declares}, the {reader} schema neither declares it nor allows any other"),
        false => format!(
            "{declares}, the {reader} schema does not, and of properties that it does not declare it refuses {}",
            shown(case.part)
        ),
    }
}

/// What holds the part, unless it is the whole.
fn holder(case: &Case<'_>, kind: &str) -> String {
    match case.at.rsplit_once('/') {
        Some((around, _)) if !around.is_empty() => format!(" of the {kind} at {}", cut(around)),
        _ => String::new(),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
