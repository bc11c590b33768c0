//! From a value that the reader refuses to a finding: which rule, where in both schemas, and what to
//! take from the reader so that the next question is about something else.

use std::sync::Arc;

use super::arena::Arena;
use super::locate::{Blame, Crossing, Edge, Spoken, Step, below, blame, is_silent, spoken};
use super::mask::Mask;
use super::places::{Texts, instance, route};
use super::rules;
use super::sentence::{self, Case};
use super::validate::Refusal;
use super::value::Value;
use crate::compat::budget::Fuel;
use crate::compat::finding::{Labels, Pointer, Route};
use crate::compat::report::Why;
use crate::compat::rules::Rule;

/// What is wrong with a value.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) rule: &'static Rule,
    pub(super) reader_at: Pointer,
    pub(super) writer_at: Pointer,
    pub(super) message: String,
    /// The part of the value that is refused, as a JSON pointer.
    pub(super) instance: String,
    /// The keyword that refuses it.
    pub(super) keyword: Pointer,
    pub(super) route: Route,
    pub(super) mask: Mask,
}

/// Schemas as they are compared, and the texts behind them.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    /// Without what was masked.
    pub(super) arena: &'a Arena,
    pub(super) texts: Texts<'a>,
    pub(super) labels: Labels,
}

/// What a finding is about.
enum About {
    /// The keyword that refuses.
    Keyword,
    /// A part of the value that the writer leaves open, or of which the reader allows nothing.
    Part,
    /// A property that the writer declares and the reader does not.
    Undeclared(Arc<str>),
}

/// Why the reader refuses a value that the writer accepts; `None` when it does not.
pub(super) fn name(scene: Scene<'_>, value: &Value, fuel: &mut Fuel) -> Result<Option<Named>, Why> {
    let Scene { arena, texts, labels } = scene;
    let Some(blame) = blame(arena, arena.reader(), value, fuel)? else { return Ok(None) };
    let steps: Vec<Step> = blame.crossings.iter().map(|crossing| crossing.edge.step()).collect();
    let said = spoken(arena, arena.writer(), value, &steps, fuel)?;
    let (about, depth) = about(arena, &blame, &said);
    let steps_to_it = &steps[..depth];
    let part = steps_to_it.iter().try_fold(value, |value, step| below(value, step)).unwrap_or(value);
    let case = Case { labels, arena, blame: &blame, at: instance(steps_to_it), part };
    let tail = texts.tail(arena, blame.node, &blame.refusal);
    let keyword = texts.keyword(arena, blame.node, &borrowed(&tail), &[]);
    let way = depth.checked_sub(1).and_then(|last| blame.crossings.get(last));
    let (rule, reader_at, message, mask) = match (&about, way) {
        (About::Part, Some(way)) => {
            let tail = texts.tail(arena, way.from, &way.refusal());
            let at = texts.keyword(arena, way.from, &borrowed(&tail), &[]);
            let is_open = said.get(depth).is_none_or(|said| is_silent(arena, said));
            (rule_of_part(&way.edge), at, sentence::of_part(&case, way, is_open), Mask::Part(way.clone()))
        }
        (About::Undeclared(name), Some(way)) => {
            let keyword = texts.tail(arena, way.from, &way.refusal());
            let at = texts.keyword(arena, way.from, &["properties", name], &borrowed(&keyword));
            let mask = Mask::Undeclared(way.from, name.clone());
            (&rules::JSON_UNDECLARED_PROPERTY_NARROWED, at, sentence::of_undeclared(&case, way, name), mask)
        }
        _ => {
            let mask = Mask::Keyword(blame.node, blame.refusal.clone());
            (rule_of(&blame.refusal), keyword.clone(), sentence::of_keyword(&case), mask)
        }
    };
    Ok(Some(Named {
        rule,
        reader_at,
        writer_at: in_writer(scene, &about, &said[..=depth.min(said.len() - 1)], &tail),
        message,
        instance: instance(&steps),
        keyword,
        route: route_of(scene, &about, &blame, depth, &said, &tail),
        mask,
    }))
}

/// What the finding is about, and how many steps lead there.
fn about(arena: &Arena, blame: &Blame, said: &[Vec<Spoken>]) -> (About, usize) {
    let crossings = &blame.crossings;
    let is_open = |depth: &usize| said.get(*depth).is_none_or(|said| is_silent(arena, said));
    let first_open = (1..=crossings.len()).find(is_open);
    let depth = first_open.unwrap_or(crossings.len());
    let Some(way) = depth.checked_sub(1).and_then(|last| crossings.get(last)) else {
        return (About::Keyword, depth);
    };
    let declared = said.get(depth).is_some_and(|said| said.iter().any(|said| is_declared(said, way)));
    match &way.edge {
        Edge::Additional(name) | Edge::Unevaluated(name) if declared => {
            (About::Undeclared(name.clone()), depth)
        }
        _ if first_open.is_some() || blame.is_forbidden => (About::Part, depth),
        _ => (About::Keyword, depth),
    }
}

/// Does the writer name the property that the reader does not?
fn is_declared(said: &Spoken, way: &Crossing) -> bool {
    match (said.crossings.last().map(|crossing| &crossing.edge), &way.edge) {
        (Some(Edge::Property(known)), Edge::Additional(name) | Edge::Unevaluated(name)) => known == name,
        _ => false,
    }
}

fn rule_of_part(edge: &Edge) -> &'static Rule {
    match edge {
        Edge::Property(_) => &rules::JSON_PROPERTY_NARROWED,
        Edge::Pattern(..) => &rules::JSON_PATTERN_PROPERTY_NARROWED,
        Edge::Additional(_) | Edge::Unevaluated(_) => &rules::JSON_UNDECLARED_PROPERTY_NARROWED,
        Edge::Item(_) | Edge::Rest(_) | Edge::UnevaluatedItem(_) => &rules::JSON_ITEM_NARROWED,
    }
}

fn rule_of(refusal: &Refusal) -> &'static Rule {
    match refusal {
        Refusal::Type | Refusal::AllOf(_) => &rules::JSON_TYPE_NARROWED,
        Refusal::Enum | Refusal::Const => &rules::JSON_VALUES_REMOVED,
        Refusal::Minimum | Refusal::ExclusiveMinimum | Refusal::Maximum | Refusal::ExclusiveMaximum => {
            &rules::JSON_RANGE_NARROWED
        }
        Refusal::MultipleOf => &rules::JSON_MULTIPLE_OF_NARROWED,
        Refusal::MinLength | Refusal::MaxLength => &rules::JSON_LENGTH_NARROWED,
        Refusal::Pattern => &rules::JSON_PATTERN_NARROWED,
        Refusal::Format => &rules::JSON_FORMAT_NARROWED,
        Refusal::Required(_) => &rules::JSON_REQUIRED_ADDED,
        Refusal::MinProperties | Refusal::MaxProperties => &rules::JSON_PROPERTY_COUNT_NARROWED,
        Refusal::DependentRequired(_) | Refusal::DependentSchema(..) => &rules::JSON_DEPENDENCY_ADDED,
        Refusal::PropertyName(_) => &rules::JSON_PROPERTY_NAME_NARROWED,
        Refusal::Property(..) => &rules::JSON_PROPERTY_NARROWED,
        Refusal::PatternProperty(..) => &rules::JSON_PATTERN_PROPERTY_NARROWED,
        Refusal::Additional(..) | Refusal::Unevaluated(_) => &rules::JSON_UNDECLARED_PROPERTY_NARROWED,
        Refusal::Item(..) | Refusal::Rest(..) | Refusal::UnevaluatedItem(_) => &rules::JSON_ITEM_NARROWED,
        Refusal::MinItems | Refusal::MaxItems => &rules::JSON_ITEM_COUNT_NARROWED,
        Refusal::Unique => &rules::JSON_UNIQUE_ITEMS_ADDED,
        Refusal::TooFewContained | Refusal::TooManyContained => &rules::JSON_CONTAINS_NARROWED,
        Refusal::AnyOf(_) | Refusal::OneOf(_) => &rules::JSON_BRANCH_REMOVED,
        Refusal::Overlap(_) => &rules::JSON_BRANCHES_OVERLAP,
        Refusal::Not => &rules::JSON_EXCLUSION_WIDENED,
        Refusal::Then(_) | Refusal::Else(_) => &rules::JSON_CONDITION_NARROWED,
    }
}

/// The place in the writer that speaks of the same: the one that has the same keyword, if there is one;
/// where it says nothing, of what is around.
fn in_writer(scene: Scene<'_>, about: &About, said: &[Vec<Spoken>], tail: &[String]) -> Pointer {
    let Scene { arena, texts, .. } = scene;
    let tail = borrowed(tail);
    let key = tail.first().map_or(&[][..], std::slice::from_ref);
    let here = said.last().map_or(&[][..], Vec::as_slice);
    if let About::Keyword = about {
        for tail in [&tail[..], key] {
            if let Some(same) = here.iter().find(|said| texts.has(arena, said.node, tail)) {
                return texts.keyword(arena, same.node, tail, &[]);
            }
        }
    } else if let Some(way) = here.first().and_then(|said| said.crossings.last()) {
        let tail = texts.tail(arena, way.from, &way.refusal());
        return texts.keyword(arena, way.from, &borrowed(&tail), &[]);
    }
    let around = said.iter().rev().find_map(|said| {
        let says_something = said.iter().find(|said| !is_silent(arena, std::slice::from_ref(said)));
        says_something.or(said.first())
    });
    let node = around.map_or(arena.writer(), |said| said.node);
    texts.keyword(arena, node, &[], &[])
}

/// The place as the reference reckons places.
fn route_of(
    scene: Scene<'_>,
    about: &About,
    blame: &Blame,
    depth: usize,
    said: &[Vec<Spoken>],
    tail: &[String],
) -> Route {
    let of_reader = route(&blame.crossings[..depth]);
    let of_writer = said.get(depth).and_then(|said| said.first()).map(|said| route(&said.crossings));
    let bases: Vec<String> = std::iter::once(of_reader.clone()).chain(of_writer).collect();
    let with = |ends: &[String]| -> Vec<String> {
        ends.iter().flat_map(|end| bases.iter().map(move |base| format!("{base}{end}"))).collect()
    };
    let (exact, swallowed) = match (about, &blame.refusal) {
        (About::Part, _) => (bases.clone(), bases.clone()),
        (About::Undeclared(name), _) => {
            let parent = route(&blame.crossings[..depth.saturating_sub(1)]);
            let mut exact = vec![format!("{parent}/properties/{name}")];
            exact.extend(bases.iter().cloned());
            (exact.clone(), exact)
        }
        (About::Keyword, Refusal::Required(name)) => {
            (with(&[format!("/required/{name}"), format!("/properties/{name}")]), Vec::new())
        }
        (About::Keyword, Refusal::DependentRequired(name)) => {
            (with(&[format!("/dependencies/{name}")]), Vec::new())
        }
        (About::Keyword, Refusal::DependentSchema(name, _)) => {
            let exact = with(&[format!("/dependencies/{name}")]);
            (exact.clone(), exact)
        }
        (About::Keyword, Refusal::AnyOf(_) | Refusal::OneOf(_)) => (bases.clone(), Vec::new()),
        (About::Keyword, _) => (with(&[format!("/{}", tail.join("/"))]), Vec::new()),
    };
    let is_union = matches!((about, &blame.refusal), (About::Keyword, Refusal::AnyOf(_) | Refusal::OneOf(_)));
    let way = depth.checked_sub(1).and_then(|last| blame.crossings.get(last));
    let node = match (about, way) {
        (About::Part, Some(way)) => way.to,
        _ => blame.node,
    };
    let node = scene.texts.keyword(scene.arena, node, &[], &[]).as_str().to_owned();
    Route { bases, node, exact, swallowed, is_union }
}

fn borrowed(segments: &[String]) -> Vec<&str> {
    segments.iter().map(String::as_str).collect()
}
