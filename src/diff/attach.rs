//! Findings of the engine upon the changes that lead to them, by their places.
//!
//! A finding has a place in the reader and one in the writer. The change it belongs to is the one at the same
//! place, else the nearest one within that place, else the nearest one around it. What is left, a break that
//! comes of several changes or of one elsewhere, becomes a change of its own.

use std::collections::{BTreeMap, HashMap};

use super::change::{Change, Concern, Spot};
use super::kinds;
use super::list::List;
use crate::compat::{Incompatibility, Pointer, Report};
use crate::model::Direction;
use crate::schema::{Lines, Place};

/// Which change a rule speaks of, where several happened at one place.
const LIKELY: &[(&str, &[&str])] = &[
    ("avro-decimal-changed", &["logical-type-changed", "size-changed"]),
    ("avro-unit-changed", &["logical-type-changed"]),
    (
        "avro-type-changed",
        &["type-changed", "type-narrowed", "type-widened", "made-required", "made-optional"],
    ),
    ("avro-field-without-default", &["field-added", "field-removed", "default-removed", "field-renamed"]),
    ("avro-name-changed", &["name-changed", "namespace-changed"]),
    ("avro-default-invalid", &["default-changed", "default-added"]),
    ("proto-field-type-changed", &["type-changed"]),
    ("proto-number-narrowed", &["type-changed"]),
    ("proto-zigzag-changed", &["type-changed"]),
    ("proto-bytes-not-text", &["type-changed"]),
    ("proto-message-type-incompatible", &["type-changed"]),
    ("proto-message-encoding-changed", &["type-changed"]),
    ("proto-source-type-changed", &["type-changed", "label-changed"]),
    ("proto-json-type-changed", &["type-changed"]),
    ("proto-map-changed", &["type-changed"]),
    ("proto-repeated-to-singular", &["label-changed"]),
    ("proto-singular-to-repeated", &["label-changed"]),
    ("proto-required-added", &["made-required", "field-added", "field-removed"]),
    ("proto-required-removed", &["made-optional", "field-removed", "field-added"]),
    ("proto-presence-changed", &["label-changed", "field-moved"]),
    ("proto-oneof-joined", &["field-moved"]),
    ("proto-oneof-changed", &["field-moved"]),
    ("proto-default-changed", &["default-changed", "default-added", "default-removed"]),
    ("proto-field-renamed", &["field-renamed"]),
    ("proto-json-name-changed", &["json-name-changed", "field-renamed"]),
    ("proto-enum-value-renamed", &["value-renamed"]),
    ("proto-enum-value-removed", &["value-removed"]),
    ("proto-closed-enum-value-removed", &["value-removed", "value-added"]),
    ("proto-package-changed", &["package-changed"]),
    ("proto-syntax-changed", &["syntax-changed"]),
];

/// Take the findings out of the report and lay each upon one change.
pub(super) fn attach(list: &mut List, report: &mut Report, old_text: &str, new_text: &str) {
    let lines = [Lines::of(old_text), Lines::of(new_text)];
    let findings: Vec<Incompatibility> = report
        .comparisons
        .iter_mut()
        .flat_map(|comparison| &mut comparison.verdicts)
        .flat_map(|verdict| std::mem::take(&mut verdict.findings))
        .collect();
    let index = Index::of(&list.changes);
    let mut found: Vec<(Option<usize>, Incompatibility)> = Vec::with_capacity(findings.len());
    for finding in findings {
        let spots = Spots::of(&finding, &lines);
        found.push((index.find(&list.changes, &finding, &spots), finding));
    }
    let mut own: HashMap<(String, String), usize> = HashMap::new();
    for (position, finding) in found {
        if let Some(position) = position {
            list.changes[position].findings.push(finding);
            continue;
        }
        // Both directions may tell of one place.
        let Spots { old, new, .. } = Spots::of(&finding, &lines);
        let key = |spot: &Option<Spot>| spot.as_ref().map_or_else(String::new, |spot| spot.pointer.clone());
        let position = *own.entry((key(&old), key(&new))).or_insert_with(|| {
            let message = finding.message.clone();
            list.changes.push(Change { kind: &kinds::CONSEQUENCE, message, old, new, findings: Vec::new() });
            list.changes.len() - 1
        });
        list.changes[position].findings.push(finding);
    }
}

/// The places of a finding.
struct Spots {
    old: Option<Spot>,
    new: Option<Spot>,
    is_read_by_new: bool,
}

impl Spots {
    fn of(finding: &Incompatibility, lines: &[Lines<'_>; 2]) -> Spots {
        let is_read_by_new = finding.direction == Direction::Backward;
        let spot = |pointer: &Option<Pointer>, lines: &Lines<'_>| {
            let pointer = pointer.as_ref()?;
            Some(Spot { pointer: pointer.as_str().to_owned(), place: pointer.place_among(lines) })
        };
        let (old, new) = match is_read_by_new {
            true => (&finding.writer_at, &finding.reader_at),
            false => (&finding.reader_at, &finding.writer_at),
        };
        Spots { old: spot(old, &lines[0]), new: spot(new, &lines[1]), is_read_by_new }
    }

    /// The place in the reader, then the one in the writer, each with its side: is it the new one?
    fn in_order(&self) -> impl Iterator<Item = (bool, &Spot)> {
        let sides = if self.is_read_by_new { [true, false] } else { [false, true] };
        sides.into_iter().filter_map(|is_new| {
            let spot = if is_new { self.new.as_ref() } else { self.old.as_ref() };
            spot.map(|spot| (is_new, spot))
        })
    }
}

/// The changes by their places on one side.
#[derive(Default)]
struct Places {
    by_pointer: BTreeMap<String, Vec<usize>>,
    by_place: BTreeMap<Place, Vec<usize>>,
}

/// The changes of meaning by their places.
struct Index {
    old: Places,
    new: Places,
    /// The only one, if there is but one.
    only: Option<usize>,
}

impl Index {
    fn of(changes: &[Change]) -> Index {
        let mut index = Index { old: Places::default(), new: Places::default(), only: None };
        let meaning = || changes.iter().enumerate().filter(|(_, it)| it.kind.concern == Concern::Meaning);
        for (position, change) in meaning() {
            for (places, spot) in [(&mut index.old, &change.old), (&mut index.new, &change.new)] {
                let Some(spot) = spot else { continue };
                places.by_pointer.entry(spot.pointer.clone()).or_default().push(position);
                if let Some(place) = spot.place {
                    places.by_place.entry(place).or_default().push(position);
                }
            }
        }
        let mut all = meaning().map(|(position, _)| position);
        index.only = all.next().filter(|_| all.next().is_none());
        index
    }

    fn find(&self, changes: &[Change], finding: &Incompatibility, spots: &Spots) -> Option<usize> {
        let choose = |candidates: &[usize]| choose(changes, finding, candidates);
        let side = |is_new: bool| if is_new { &self.new } else { &self.old };
        let is_inner = |(_, spot): &(bool, &Spot)| !spot.pointer.is_empty();
        for (is_new, spot) in spots.in_order() {
            let here = side(is_new).by_pointer.get(&spot.pointer).and_then(|here| choose(here));
            let there = || spot.place.and_then(|place| choose(side(is_new).by_place.get(&place)?));
            if let Some(found) = here.or_else(there) {
                return Some(found);
            }
        }
        let within = || {
            spots
                .in_order()
                .filter(is_inner)
                .find_map(|(is_new, spot)| side(is_new).within(&spot.pointer, choose))
        };
        let around = || {
            spots
                .in_order()
                .filter(is_inner)
                .find_map(|(is_new, spot)| side(is_new).around(&spot.pointer, choose))
        };
        within().or_else(around).or(self.only)
    }
}

impl Places {
    /// The first changes below a pointer.
    fn within(&self, pointer: &str, choose: impl Fn(&[usize]) -> Option<usize>) -> Option<usize> {
        let below = format!("{pointer}/");
        let mut range = self.by_pointer.range(below.clone()..);
        range.next().filter(|(found, _)| found.starts_with(&below)).and_then(|(_, here)| choose(here))
    }

    /// The changes of the nearest thing around a pointer, the schema itself excepted.
    fn around(&self, pointer: &str, choose: impl Fn(&[usize]) -> Option<usize>) -> Option<usize> {
        let mut around = pointer;
        while let Some((outer, _)) = around.rsplit_once('/').filter(|(outer, _)| !outer.is_empty()) {
            if let Some(found) = self.by_pointer.get(outer).and_then(|here| choose(here)) {
                return Some(found);
            }
            around = outer;
        }
        None
    }
}

/// Of several changes at one place, the one that the rule speaks of, else the first.
fn choose(changes: &[Change], finding: &Incompatibility, candidates: &[usize]) -> Option<usize> {
    let likely = LIKELY.iter().find(|(rule, _)| *rule == finding.rule.id).map_or(&[][..], |(_, kinds)| kinds);
    let mut by_likelihood = likely
        .iter()
        .filter_map(|kind| candidates.iter().find(|position| changes[**position].kind.id == *kind));
    by_likelihood.next().or(candidates.first()).copied()
}
