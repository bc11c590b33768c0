//! Objects: their properties, declared or not, and what else is said of them.

use std::rc::Rc;

use super::NoAnswer;
use super::diff::Comparison;
use super::found::{List, Step};
use super::kinds::{self as sorts, Sort};
use super::scalars::{MAX_PROPERTIES, MIN_PROPERTIES};
use super::view::{Id, Kind, Object, Rest};

impl Comparison<'_, '_> {
    pub(super) fn objects(
        &mut self,
        list: &mut List,
        original: &Object,
        update: &Object,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        self.fuel.spend(original.properties.len() + update.properties.len())?;
        for name in original.properties.names() {
            let Some(&property) = update.properties.get(name) else { continue };
            let sort =
                match (original.required.contains(name.as_ref()), update.required.contains(name.as_ref())) {
                    (true, false) => &sorts::REQUIRED_ATTRIBUTE_REMOVED,
                    (false, true) if self.has_default(list.side.update.0, property) => {
                        &sorts::REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED
                    }
                    (false, true) => &sorts::REQUIRED_ATTRIBUTE_ADDED,
                    _ => continue,
                };
            list.add(sort, Step::Name("required", name.clone()));
        }
        for name in original.properties.union(&update.properties) {
            self.property(list, original, update, name, depth)?;
        }
        for name in original.dependent_names.union(&update.dependent_names) {
            let sort = match (original.dependent_names.get(name), update.dependent_names.get(name)) {
                (Some(_), None) => &sorts::DEPENDENCY_ARRAY_REMOVED,
                (None, Some(_)) => &sorts::DEPENDENCY_ARRAY_ADDED,
                (Some(before), Some(after)) if before == after => continue,
                (Some(before), Some(after)) if after.is_superset(before) => &sorts::DEPENDENCY_ARRAY_EXTENDED,
                (Some(before), Some(after)) if before.is_superset(after) => &sorts::DEPENDENCY_ARRAY_NARROWED,
                _ => &sorts::DEPENDENCY_ARRAY_CHANGED,
            };
            list.add(sort, Step::Name("dependencies", name.clone()));
        }
        for name in original.dependent_schemas.union(&update.dependent_schemas) {
            let step = Step::Name("dependencies", name.clone());
            match (original.dependent_schemas.get(name), update.dependent_schemas.get(name)) {
                (Some(_), None) => list.add(&sorts::DEPENDENCY_SCHEMA_REMOVED, step),
                (None, Some(_)) => list.add(&sorts::DEPENDENCY_SCHEMA_ADDED, step),
                (before, after) => self.optional(list, step, before.copied(), after.copied(), depth)?,
            }
        }
        let sorts = RestSorts {
            added: &sorts::ADDITIONAL_PROPERTIES_ADDED,
            removed: &sorts::ADDITIONAL_PROPERTIES_REMOVED,
            extended: &sorts::ADDITIONAL_PROPERTIES_EXTENDED,
            narrowed: &sorts::ADDITIONAL_PROPERTIES_NARROWED,
        };
        self.rest(list, "additionalProperties", [original.additional, update.additional], sorts, depth)?;
        let sorts = RestSorts {
            added: &sorts::UNEVALUATED_PROPERTIES_ADDED,
            removed: &sorts::UNEVALUATED_PROPERTIES_REMOVED,
            extended: &sorts::UNEVALUATED_PROPERTIES_EXTENDED,
            narrowed: &sorts::UNEVALUATED_PROPERTIES_NARROWED,
        };
        self.rest(list, "unevaluatedProperties", [original.unevaluated, update.unevaluated], sorts, depth)?;
        list.limit("maxProperties", original.max_properties, update.max_properties, &MAX_PROPERTIES);
        list.limit("minProperties", original.min_properties, update.min_properties, &MIN_PROPERTIES);
        Ok(())
    }

    fn has_default(&self, owner: usize, id: Id) -> bool {
        self.views[owner].get(id).annotations.default.is_some()
    }

    fn property(
        &mut self,
        list: &mut List,
        original: &Object,
        update: &Object,
        name: &Rc<str>,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        let side = list.side;
        let step = Step::Name("properties", name.clone());
        match (original.properties.get(name).copied(), update.properties.get(name).copied()) {
            (Some(before), None) => {
                if update.is_open() {
                    list.add(&sorts::PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL, step);
                } else if let Some(covering) = update.covering(name) {
                    let inner = self.pair(side.of(before, covering), depth)?;
                    let is_compatible = inner.is_compatible;
                    list.take_in(step.clone(), inner);
                    let sort = match is_compatible {
                        true => &sorts::PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                        false => &sorts::PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                    };
                    list.add(sort, step);
                } else {
                    let is_false = matches!(self.view((side.original.0, before)).kind, Kind::False);
                    let sort = match is_false {
                        true => &sorts::PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL,
                        false => &sorts::PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL,
                    };
                    list.add(sort, step);
                }
            }
            (None, Some(after)) => {
                let is_required = update.required.contains(name.as_ref());
                let has_default = self.has_default(side.update.0, after);
                if original.is_open() {
                    let is_empty = matches!(self.view((side.update.0, after)).kind, Kind::Empty | Kind::True);
                    let sort = match (is_empty, is_required, has_default) {
                        (true, ..) => &sorts::PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL,
                        (_, true, true) => &sorts::REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL,
                        (_, true, false) => &sorts::REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL,
                        (_, false, _) => &sorts::OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL,
                    };
                    list.add(sort, step);
                    return Ok(());
                }
                if let Some(covering) = original.covering(name) {
                    let inner = self.pair(side.of(covering, after), depth)?;
                    let is_compatible = inner.is_compatible;
                    list.take_in(step.clone(), inner);
                    let sort = match is_compatible {
                        true => &sorts::PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                        false => &sorts::PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                    };
                    list.add(sort, step.clone());
                }
                let sort = match (is_required, has_default) {
                    (true, true) => &sorts::REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL,
                    (true, false) => &sorts::REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL,
                    (false, _) => &sorts::OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL,
                };
                list.add(sort, step);
            }
            (before, after) => self.optional(list, step, before, after, depth)?,
        }
        Ok(())
    }

    /// What becomes of what is not declared.
    pub(super) fn rest(
        &mut self,
        list: &mut List,
        keyword: &'static str,
        [original, update]: [Rest; 2],
        sorts: RestSorts,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        match (original, update) {
            (Rest::Forbidden, Rest::Forbidden) | (Rest::Allowed, Rest::Allowed) => {}
            (Rest::Forbidden, _) => list.add(sorts.added, Step::Keyword(keyword)),
            (_, Rest::Forbidden) => list.add(sorts.removed, Step::Keyword(keyword)),
            (Rest::Allowed, Rest::Schema(_)) => list.add(sorts.narrowed, Step::Keyword(keyword)),
            (Rest::Schema(_), Rest::Allowed) => list.add(sorts.extended, Step::Keyword(keyword)),
            (Rest::Schema(before), Rest::Schema(after)) => {
                self.optional(list, Step::Keyword(keyword), Some(before), Some(after), depth)?;
            }
        }
        Ok(())
    }
}

impl Object {
    fn is_open(&self) -> bool {
        self.patterns.is_empty() && self.additional == Rest::Allowed && self.unevaluated == Rest::Allowed
    }

    /// The schema that a property of this name would have without being declared.
    fn covering(&self, name: &str) -> Option<Id> {
        let by_pattern = self.patterns.iter().find(|(pattern, _)| pattern.is_match(name) == Some(true));
        by_pattern.map(|(_, id)| *id).or_else(|| covering(self.additional, self.unevaluated))
    }
}

/// The schema of what is not declared, if it has one.
pub(super) fn covering(additional: Rest, unevaluated: Rest) -> Option<Id> {
    match (additional, unevaluated) {
        (Rest::Schema(id), _) | (Rest::Allowed, Rest::Schema(id)) => Some(id),
        _ => None,
    }
}

/// The differences of what is not declared.
#[derive(Clone, Copy)]
pub(super) struct RestSorts {
    pub(super) added: &'static Sort,
    pub(super) removed: &'static Sort,
    pub(super) extended: &'static Sort,
    pub(super) narrowed: &'static Sort,
}
