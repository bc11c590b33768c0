//! Enums, and what messages and enums reserve.

use std::collections::{BTreeSet, HashMap};

use super::{At, Party, Walk, pair};
use crate::diff::Spot;
use crate::diff::kinds;
use crate::diff::list::shown;
use crate::schema::protobuf::model::{Constant, Enum, Extensions, Range, Reserved, ReservedValue};

impl<'a> Walk<'a, '_> {
    pub(super) fn enums(&mut self, old: (&[&'a Enum], At<'_>), new: (&[&'a Enum], At<'_>)) {
        let (pairs, gone, come) = pair(old.0, new.0, |definition| definition.name.as_str());
        for definition in gone {
            let path = format!("{}/{}", old.1.path, definition.name);
            let at = self.spot(Party::Old, path, Some(definition.place));
            self.add(&kinds::ENUM_REMOVED, format!("the enum {} is gone", shown(&definition.name)), at, None);
        }
        for definition in come {
            let path = format!("{}/{}", new.1.path, definition.name);
            let at = self.spot(Party::New, path, Some(definition.place));
            self.add(&kinds::ENUM_ADDED, format!("the enum {} is new", shown(&definition.name)), None, at);
        }
        for (from, to) in pairs {
            self.enumeration((from, old.1), (to, new.1));
        }
    }

    fn enumeration(&mut self, (from, old): (&'a Enum, At<'_>), (to, new): (&'a Enum, At<'_>)) {
        if !self.list.step() {
            return;
        }
        let paths = (format!("{}/{}", old.path, from.name), format!("{}/{}", new.path, to.name));
        let at = (
            self.spot(Party::Old, paths.0.as_str(), Some(from.place)),
            self.spot(Party::New, paths.1.as_str(), Some(to.place)),
        );
        let what = format!("the enum {}", shown(&to.name));
        self.comments((from.place, to.place), &at, &what);
        self.options((&from.options, &to.options), &at, &what);
        self.reservations((&from.reserved, &to.reserved), &at, &what);
        let spot = |walk: &Self, side, path: &str, constant: &Constant| {
            walk.spot(side, format!("{path}/{}", constant.number), Some(constant.place))
        };
        let by_name = |definition: &'a Enum| -> HashMap<&'a str, &'a Constant> {
            definition.constants.iter().map(|constant| (constant.name.as_str(), constant)).collect()
        };
        let (before, after) = (by_name(from), by_name(to));
        // Names that are gone and names that are new, with one number: the value was renamed.
        let is_gone = |constant: &&Constant| !after.contains_key(constant.name.as_str());
        let is_new = |constant: &&Constant| !before.contains_key(constant.name.as_str());
        let mut successors: HashMap<i32, &'a Constant> = HashMap::new();
        for constant in to.constants.iter().filter(is_new) {
            successors.entry(constant.number).or_insert(constant);
        }
        let mut renamed: Vec<&str> = Vec::new();
        for constant in from.constants.iter().filter(is_gone) {
            let at = spot(self, Party::Old, &paths.0, constant);
            match successors.remove(&constant.number) {
                Some(successor) => {
                    renamed.push(&successor.name);
                    let there = spot(self, Party::New, &paths.1, successor);
                    let sentence = format!(
                        "the value {} of {what} is now called {}",
                        shown(&constant.name),
                        shown(&successor.name)
                    );
                    self.add(&kinds::VALUE_RENAMED, sentence, at, there);
                }
                None => {
                    let sentence = format!(
                        "the value {} = {} of {what} is gone",
                        shown(&constant.name),
                        constant.number
                    );
                    self.add(&kinds::VALUE_REMOVED, sentence, at, None);
                }
            }
        }
        let renamed: BTreeSet<&str> = renamed.into_iter().collect();
        for constant in &to.constants {
            let there = spot(self, Party::New, &paths.1, constant);
            let Some(was) = before.get(constant.name.as_str()) else {
                if !renamed.contains(constant.name.as_str()) {
                    let sentence =
                        format!("{what} has the new value {} = {}", shown(&constant.name), constant.number);
                    self.add(&kinds::VALUE_ADDED, sentence, None, there);
                }
                continue;
            };
            let at = (spot(self, Party::Old, &paths.0, was), there);
            let of = format!("the value {} of {what}", shown(&constant.name));
            if was.number != constant.number {
                let sentence = format!("{of} had the number {} and has {}", was.number, constant.number);
                self.add(&kinds::VALUE_NUMBER_CHANGED, sentence, at.0.clone(), at.1.clone());
            }
            self.comments((was.place, constant.place), &at, &of);
            self.options((&was.options, &constant.options), &at, &of);
        }
        let first =
            |definition: &'a Enum| definition.constants.first().map(|constant| constant.name.as_str());
        if let (Some(was), Some(is)) = (first(from), first(to))
            && was != is
            && after.contains_key(was)
        {
            let sentence = format!(
                "the first value of {what}, which is the default, was {} and is {}",
                shown(was),
                shown(is)
            );
            self.add(&kinds::DEFAULT_CHANGED, sentence, at.0, at.1);
        }
    }

    pub(super) fn reservations(
        &mut self,
        (old, new): (&[Reserved], &[Reserved]),
        at: &(Option<Spot>, Option<Spot>),
        what: &str,
    ) {
        let [from, to] = [old, new].map(reserved);
        for gone in from.difference(&to) {
            let sentence = format!("{what} no longer reserves {gone}");
            self.add(&kinds::RESERVATION_REMOVED, sentence, at.0.clone(), at.1.clone());
        }
        for come in to.difference(&from) {
            let sentence = format!("{what} reserves {come}");
            self.add(&kinds::RESERVATION_ADDED, sentence, at.0.clone(), at.1.clone());
        }
    }

    pub(super) fn extension_ranges(
        &mut self,
        (old, new): (&[Extensions], &[Extensions]),
        at: &(Option<Spot>, Option<Spot>),
        what: &str,
    ) {
        let ranges = |all: &[Extensions]| -> BTreeSet<String> {
            merged(all.iter().flat_map(|extensions| &extensions.ranges).copied()).map(numbers).collect()
        };
        let (from, to) = (ranges(old), ranges(new));
        for gone in from.difference(&to) {
            let sentence = format!("{what} no longer opens {gone} for extensions");
            self.add(&kinds::EXTENSION_RANGE_REMOVED, sentence, at.0.clone(), at.1.clone());
        }
        for come in to.difference(&from) {
            let sentence = format!("{what} opens {come} for extensions");
            self.add(&kinds::EXTENSION_RANGE_ADDED, sentence, at.0.clone(), at.1.clone());
        }
        let settings =
            |all: &[Extensions]| all.iter().flat_map(|one| one.options.clone()).collect::<Vec<_>>();
        self.options((&settings(old), &settings(new)), at, &format!("an extension range of {what}"));
    }
}

/// What is reserved, in words: how it is spread over ranges and lines does not matter.
fn reserved(all: &[Reserved]) -> BTreeSet<String> {
    let values = || all.iter().flat_map(|reserved| &reserved.values);
    let ranges = values().filter_map(|value| match value {
        ReservedValue::Range(range) => Some(*range),
        ReservedValue::Name(_) => None,
    });
    let names = values().filter_map(|value| match value {
        ReservedValue::Name(name) => Some(format!("the name {}", shown(name))),
        ReservedValue::Range(_) => None,
    });
    merged(ranges).map(numbers).chain(names).collect()
}

/// Ranges that touch or overlap as one.
fn merged(ranges: impl Iterator<Item = Range>) -> impl Iterator<Item = (i32, i32)> {
    let mut sorted: Vec<(i32, i32)> = ranges.map(|range| (range.start, range.end)).collect();
    sorted.sort_unstable();
    let mut merged: Vec<(i32, i32)> = Vec::new();
    for (start, end) in sorted {
        match merged.last_mut() {
            Some(last) if start <= last.1.saturating_add(1) => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged.into_iter()
}

fn numbers((start, end): (i32, i32)) -> String {
    match (start == end, end == i32::MAX) {
        (true, _) => format!("the number {start}"),
        (false, true) => format!("the numbers from {start} on"),
        (false, false) => format!("the numbers {start} to {end}"),
    }
}
