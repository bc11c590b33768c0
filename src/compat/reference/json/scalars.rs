//! Limits, and strings and numbers, of which there is nothing else to compare.

use super::found::{List, Step};
use super::kinds::{self as sorts, Sort};
use super::view::{Numbers, Strings};

/// The differences of a limit.
pub(super) struct LimitSorts {
    added: &'static Sort,
    removed: &'static Sort,
    increased: &'static Sort,
    decreased: &'static Sort,
}

macro_rules! limits {
    ($($name:ident: $added:ident $removed:ident $increased:ident $decreased:ident;)*) => {
        $(pub(super) static $name: LimitSorts = LimitSorts {
            added: &sorts::$added,
            removed: &sorts::$removed,
            increased: &sorts::$increased,
            decreased: &sorts::$decreased,
        };)*
    };
}

limits! {
    MAX_LENGTH: MAX_LENGTH_ADDED MAX_LENGTH_REMOVED MAX_LENGTH_INCREASED MAX_LENGTH_DECREASED;
    MIN_LENGTH: MIN_LENGTH_ADDED MIN_LENGTH_REMOVED MIN_LENGTH_INCREASED MIN_LENGTH_DECREASED;
    MAXIMUM: MAXIMUM_ADDED MAXIMUM_REMOVED MAXIMUM_INCREASED MAXIMUM_DECREASED;
    MINIMUM: MINIMUM_ADDED MINIMUM_REMOVED MINIMUM_INCREASED MINIMUM_DECREASED;
    EXCLUSIVE_MAXIMUM: EXCLUSIVE_MAXIMUM_ADDED EXCLUSIVE_MAXIMUM_REMOVED EXCLUSIVE_MAXIMUM_INCREASED EXCLUSIVE_MAXIMUM_DECREASED;
    EXCLUSIVE_MINIMUM: EXCLUSIVE_MINIMUM_ADDED EXCLUSIVE_MINIMUM_REMOVED EXCLUSIVE_MINIMUM_INCREASED EXCLUSIVE_MINIMUM_DECREASED;
    MAX_PROPERTIES: MAX_PROPERTIES_ADDED MAX_PROPERTIES_REMOVED MAX_PROPERTIES_INCREASED MAX_PROPERTIES_DECREASED;
    MIN_PROPERTIES: MIN_PROPERTIES_ADDED MIN_PROPERTIES_REMOVED MIN_PROPERTIES_INCREASED MIN_PROPERTIES_DECREASED;
    MAX_ITEMS: MAX_ITEMS_ADDED MAX_ITEMS_REMOVED MAX_ITEMS_INCREASED MAX_ITEMS_DECREASED;
    MIN_ITEMS: MIN_ITEMS_ADDED MIN_ITEMS_REMOVED MIN_ITEMS_INCREASED MIN_ITEMS_DECREASED;
    MAX_CONTAINS: MAX_CONTAINS_ADDED MAX_CONTAINS_REMOVED MAX_CONTAINS_INCREASED MAX_CONTAINS_DECREASED;
    MIN_CONTAINS: MIN_CONTAINS_ADDED MIN_CONTAINS_REMOVED MIN_CONTAINS_INCREASED MIN_CONTAINS_DECREASED;
}

impl List {
    pub(super) fn limit(
        &mut self,
        keyword: &'static str,
        original: Option<f64>,
        update: Option<f64>,
        sorts: &LimitSorts,
    ) {
        match (original, update) {
            (None, Some(_)) => self.add(sorts.added, Step::Keyword(keyword)),
            (Some(_), None) => self.add(sorts.removed, Step::Keyword(keyword)),
            (Some(original), Some(update)) if original < update => {
                self.add(sorts.increased, Step::Keyword(keyword))
            }
            (Some(original), Some(update)) if original > update => {
                self.add(sorts.decreased, Step::Keyword(keyword))
            }
            _ => {}
        }
    }
}

pub(super) fn strings(list: &mut List, original: &Strings, update: &Strings) {
    list.limit("maxLength", original.max_length, update.max_length, &MAX_LENGTH);
    list.limit("minLength", original.min_length, update.min_length, &MIN_LENGTH);
    match (&original.pattern, &update.pattern) {
        (None, Some(_)) => list.add(&sorts::PATTERN_ADDED, Step::Keyword("pattern")),
        (Some(_), None) => list.add(&sorts::PATTERN_REMOVED, Step::Keyword("pattern")),
        (original, update) if original != update => {
            list.add(&sorts::PATTERN_CHANGED, Step::Keyword("pattern"))
        }
        _ => {}
    }
}

pub(super) fn numbers(list: &mut List, original: &Numbers, update: &Numbers) {
    list.limit("maximum", original.maximum, update.maximum, &MAXIMUM);
    list.limit("minimum", original.minimum, update.minimum, &MINIMUM);
    let (before, after) = (original.exclusive_maximum, update.exclusive_maximum);
    list.limit("exclusiveMaximum", before, after, &EXCLUSIVE_MAXIMUM);
    let (before, after) = (original.exclusive_minimum, update.exclusive_minimum);
    list.limit("exclusiveMinimum", before, after, &EXCLUSIVE_MINIMUM);
    let sort = match (&original.multiple_of, &update.multiple_of) {
        (None, Some(_)) => Some(&sorts::MULTIPLE_OF_ADDED),
        (Some(_), None) => Some(&sorts::MULTIPLE_OF_REMOVED),
        (Some(before), Some(after)) if before == after => None,
        (Some(before), Some(after)) if after.is_multiple_of(before) => Some(&sorts::MULTIPLE_OF_EXPANDED),
        (Some(before), Some(after)) if before.is_multiple_of(after) => Some(&sorts::MULTIPLE_OF_REDUCED),
        (Some(_), Some(_)) => Some(&sorts::MULTIPLE_OF_CHANGED),
        (None, None) => None,
    };
    sort.into_iter().for_each(|sort| list.add(sort, Step::Keyword("multipleOf")));
    match (original.is_integer, update.is_integer) {
        (true, false) => list.add(&sorts::TYPE_EXTENDED, Step::Nowhere),
        (false, true) => list.add(&sorts::TYPE_NARROWED, Step::Nowhere),
        _ => {}
    }
}
