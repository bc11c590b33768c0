//! Arrays: their items, declared or not, and how many they may be.

use super::NoAnswer;
use super::diff::Comparison;
use super::found::{List, Step};
use super::kinds as sorts;
use super::objects::{RestSorts, covering};
use super::scalars::{MAX_CONTAINS, MAX_ITEMS, MIN_CONTAINS, MIN_ITEMS};
use super::view::{Array, Id, Kind, Rest};

impl Comparison<'_, '_> {
    pub(super) fn arrays(
        &mut self,
        list: &mut List,
        original: &Array,
        update: &Array,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        let side = list.side;
        self.optional(list, Step::Keyword("items"), original.all_items, update.all_items, depth)?;
        for position in 0..original.items.len().max(update.items.len()) {
            let step = Step::Item("items", position);
            match (original.items.get(position).copied(), update.items.get(position).copied()) {
                (Some(before), None) => {
                    if update.is_open() {
                        list.add(&sorts::ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL, step);
                    } else if let Some(covering) = update.covering() {
                        let inner = self.pair(side.of(before, covering), depth)?;
                        let is_compatible = inner.is_compatible;
                        list.take_in(step.clone(), inner);
                        let sort = match is_compatible {
                            true => &sorts::ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                            false => &sorts::ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                        };
                        list.add(sort, step);
                    } else if matches!(self.view((side.original.0, before)).kind, Kind::False) {
                        list.add(&sorts::ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL, step);
                    } else {
                        list.add(&sorts::ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL, step);
                    }
                }
                (None, Some(after)) => {
                    if original.is_open() {
                        let is_empty =
                            matches!(self.view((side.update.0, after)).kind, Kind::Empty | Kind::True);
                        let sort = match is_empty {
                            true => &sorts::ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL,
                            false => &sorts::ITEM_ADDED_TO_OPEN_CONTENT_MODEL,
                        };
                        list.add(sort, step);
                    } else if let Some(covering) = original.covering() {
                        let inner = self.pair(side.of(covering, after), depth)?;
                        let is_compatible = inner.is_compatible;
                        list.take_in(step.clone(), inner);
                        let sort = match is_compatible {
                            true => &sorts::ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                            false => &sorts::ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                        };
                        list.add(sort, step);
                    } else {
                        list.add(&sorts::ITEM_ADDED_TO_CLOSED_CONTENT_MODEL, step);
                    }
                }
                (before, after) => self.optional(list, step, before, after, depth)?,
            }
        }
        let sorts = RestSorts {
            added: &sorts::ADDITIONAL_ITEMS_ADDED,
            removed: &sorts::ADDITIONAL_ITEMS_REMOVED,
            extended: &sorts::ADDITIONAL_ITEMS_EXTENDED,
            narrowed: &sorts::ADDITIONAL_ITEMS_NARROWED,
        };
        self.rest(list, "additionalItems", [original.additional, update.additional], sorts, depth)?;
        let sorts = RestSorts {
            added: &sorts::UNEVALUATED_ITEMS_ADDED,
            removed: &sorts::UNEVALUATED_ITEMS_REMOVED,
            extended: &sorts::UNEVALUATED_ITEMS_EXTENDED,
            narrowed: &sorts::UNEVALUATED_ITEMS_NARROWED,
        };
        self.rest(list, "unevaluatedItems", [original.unevaluated, update.unevaluated], sorts, depth)?;
        list.limit("maxItems", original.max_items, update.max_items, &MAX_ITEMS);
        list.limit("minItems", original.min_items, update.min_items, &MIN_ITEMS);
        match (original.is_unique, update.is_unique) {
            (false, true) => list.add(&sorts::UNIQUE_ITEMS_ADDED, Step::Keyword("uniqueItems")),
            (true, false) => list.add(&sorts::UNIQUE_ITEMS_REMOVED, Step::Keyword("uniqueItems")),
            _ => {}
        }
        list.limit("maxContains", original.max_contains, update.max_contains, &MAX_CONTAINS);
        list.limit("minContains", original.min_contains, update.min_contains, &MIN_CONTAINS);
        Ok(())
    }
}

impl Array {
    fn is_open(&self) -> bool {
        self.additional == Rest::Allowed && self.unevaluated == Rest::Allowed
    }

    fn covering(&self) -> Option<Id> {
        covering(self.additional, self.unevaluated)
    }
}
