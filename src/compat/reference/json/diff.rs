//! The comparison itself: `original` is the writer, `update` the reader.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::super::hash_order;
use super::NoAnswer;
use super::kinds::{self as sorts, Sort};
use super::view::{Array, Criterion, Id, Kind, Numbers, Object, Rest, Strings, View, Views};
use crate::compat::budget::Fuel;
use crate::model::Policy;

/// Comparisons within each other.
const DEEPEST: usize = 400;

/// A difference, at a place in both schemas.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    pub(super) sort: &'static Sort,
    /// Keywords and names, joined by `/`; empty for the schemas themselves.
    pub(super) path: String,
    pub(super) original: Spot,
    pub(super) update: Spot,
}

/// A loaded schema, and what lies below it.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) id: Id,
    pub(super) below: Vec<String>,
}

/// All differences, in the reference's order.
///
/// A pair that is met within itself counts as compatible. If that was of use and other pairs turned out
/// not to be, everything is compared again knowing their differences, until no more such pairs turn up.
pub(super) fn compare<'a>(
    original: &Views<'a>,
    update: &Views<'a>,
    policy: Policy,
    fuel: &mut Fuel,
) -> Result<Vec<Difference>, NoAnswer> {
    let mut refused = HashMap::new();
    loop {
        let mut comparison = Comparison {
            views: [original, update],
            policy,
            fuel,
            known: HashMap::new(),
            open: HashSet::new(),
            is_assuming: false,
            refused: &refused,
        };
        let found = comparison.pair(Side::straight(original.root(), update.root()), 0)?;
        let Comparison { known, is_assuming, .. } = comparison;
        let known = known.into_iter().filter(|(_, found)| !is_compatible(found, policy));
        let known: Vec<_> = known.collect();
        if !is_assuming || known.iter().all(|(pair, _)| refused.contains_key(pair)) {
            return Ok(found.as_ref().clone());
        }
        refused.extend(known);
    }
}

/// Two schemas that are compared. Below a `not` the roles are swapped, and so are the schemas' owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Side {
    original: (usize, Id),
    update: (usize, Id),
}

impl Side {
    fn straight(original: Id, update: Id) -> Side {
        Side { original: (0, original), update: (1, update) }
    }

    fn of(self, original: Id, update: Id) -> Side {
        Side { original: (self.original.0, original), update: (self.update.0, update) }
    }

    fn swapped(self, original: Id, update: Id) -> Side {
        Side { original: (self.update.0, update), update: (self.original.0, original) }
    }
}

struct Comparison<'v, 'a> {
    views: [&'v Views<'a>; 2],
    policy: Policy,
    fuel: &'v mut Fuel,
    known: HashMap<Side, Rc<Vec<Difference>>>,
    open: HashSet<Side>,
    /// Was a pair taken for compatible that was being compared?
    is_assuming: bool,
    /// The pairs that were not, when all was compared before, with their differences.
    refused: &'v HashMap<Side, Rc<Vec<Difference>>>,
}

fn is_compatible(found: &[Difference], policy: Policy) -> bool {
    found.iter().all(|difference| difference.sort.is_harmless(policy))
}

/// A list under construction for one pair of schemas.
struct List {
    side: Side,
    found: Vec<Difference>,
}

impl List {
    fn add(&mut self, sort: &'static Sort, path: &str) {
        let below: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        self.add_at(sort, path, below);
    }

    /// Where the path in the texts is not what the reference calls it.
    fn add_at(&mut self, sort: &'static Sort, path: &str, below: Vec<String>) {
        self.found.push(Difference {
            sort,
            path: path.to_owned(),
            original: Spot { id: self.side.original.1, below: below.clone() },
            update: Spot { id: self.side.update.1, below },
        });
    }

    fn take_in(&mut self, path: &str, inner: &[Difference]) {
        for difference in inner {
            let path = match (path, difference.path.as_str()) {
                (path, "") => path.to_owned(),
                ("", inner) => inner.to_owned(),
                (path, inner) => format!("{path}/{inner}"),
            };
            self.found.push(Difference { path, ..difference.clone() });
        }
    }
}

impl Comparison<'_, '_> {
    fn view(&self, (owner, id): (usize, Id)) -> Rc<View> {
        self.views[owner].get(id)
    }

    /// A reference is replaced by its target, one step.
    fn followed(&self, place: (usize, Id)) -> (usize, Id) {
        match self.view(place).kind {
            Kind::Reference(target) => (place.0, target),
            _ => place,
        }
    }

    fn pair(&mut self, side: Side, depth: usize) -> Result<Rc<Vec<Difference>>, NoAnswer> {
        let side = Side { original: self.followed(side.original), update: self.followed(side.update) };
        self.fuel.spend(1)?;
        if let Some(known) = self.known.get(&side) {
            self.fuel.spend(known.len())?;
            return Ok(known.clone());
        }
        if self.open.contains(&side) {
            let refused = self.refused.get(&side).cloned();
            self.fuel.spend(refused.as_ref().map_or(0, |found| found.len()))?;
            self.is_assuming |= refused.is_none();
            return Ok(refused.unwrap_or_default());
        }
        if depth > DEEPEST {
            return Err(NoAnswer::Exhausted);
        }
        self.open.insert(side);
        let mut list = List { side, found: Vec::new() };
        let answer = self.compare(&mut list, depth + 1);
        self.fuel.spend(list.found.len())?;
        self.open.remove(&side);
        answer?;
        let found = Rc::new(list.found);
        self.known.insert(side, found.clone());
        Ok(found)
    }

    fn optional(
        &mut self,
        list: &mut List,
        path: &str,
        original: Option<Id>,
        update: Option<Id>,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        match (original, update) {
            (None, None) => {}
            (None, Some(_)) => list.add(&sorts::SCHEMA_ADDED, path),
            (Some(_), None) => list.add(&sorts::SCHEMA_REMOVED, path),
            (Some(original), Some(update)) => {
                let inner = self.pair(list.side.of(original, update), depth)?;
                list.take_in(path, &inner);
            }
        }
        Ok(())
    }

    fn compare(&mut self, list: &mut List, depth: usize) -> Result<(), NoAnswer> {
        let side = list.side;
        let (original, update) = (self.view(side.original), self.view(side.update));
        match (&original.kind, &update.kind) {
            (Kind::Combined(..), Kind::Combined(..)) => {}
            (_, Kind::Combined(criterion, branches)) => {
                let sum = branches.len() > 1 && *criterion != Criterion::All;
                if branches.len() == 1 || sum {
                    for &branch in branches {
                        let inner = self.pair(side.of(side.original.1, branch), depth)?;
                        if is_compatible(&inner, self.policy) {
                            list.take_in("", &inner);
                            if sum {
                                list.add(&sorts::SUM_TYPE_EXTENDED, "");
                            }
                            return Ok(());
                        }
                    }
                }
            }
            (Kind::Combined(criterion, branches), _) => {
                let product = branches.len() > 1 && *criterion == Criterion::All;
                if branches.len() == 1 || product {
                    for &branch in branches {
                        let inner = self.pair(side.of(branch, side.update.1), depth)?;
                        if is_compatible(&inner, self.policy) {
                            list.take_in("", &inner);
                            if product {
                                list.add(&sorts::PRODUCT_TYPE_NARROWED, "");
                            }
                            return Ok(());
                        }
                    }
                }
            }
            _ => {}
        }
        if std::mem::discriminant(&original.kind) != std::mem::discriminant(&update.kind) {
            let accepts =
                matches!(original.kind, Kind::False) || matches!(update.kind, Kind::True | Kind::Empty);
            let both_bytes = original.annotations.is_connect_bytes && update.annotations.is_connect_bytes;
            if !accepts && !both_bytes {
                list.add(&sorts::TYPE_CHANGED, "");
            }
            return Ok(());
        }
        let (before, after) = (&original.annotations, &update.annotations);
        let noted = [
            (before.id != after.id, &sorts::ID_CHANGED),
            (before.title != after.title, &sorts::TITLE_CHANGED),
            (before.description != after.description, &sorts::DESCRIPTION_CHANGED),
            (before.default != after.default, &sorts::DEFAULT_CHANGED),
        ];
        noted.into_iter().filter(|(differs, _)| *differs).for_each(|(_, sort)| list.add(sort, ""));
        match (&original.kind, &update.kind) {
            (Kind::String(original), Kind::String(update)) => strings(list, original, update),
            (Kind::Number(original), Kind::Number(update)) => numbers(list, original, update),
            (Kind::Enum(original), Kind::Enum(update)) if original != update => {
                let sort = match () {
                    () if update.is_superset(original) => &sorts::ENUM_ARRAY_EXTENDED,
                    () if original.is_superset(update) => &sorts::ENUM_ARRAY_NARROWED,
                    () => &sorts::ENUM_ARRAY_CHANGED,
                };
                list.add(sort, "enum");
            }
            (Kind::Const(original), Kind::Const(update)) if original != update => {
                list.add(&sorts::ENUM_ARRAY_CHANGED, "const");
            }
            (Kind::Not(original), Kind::Not(update)) => {
                let inner = self.pair(side.swapped(*original, *update), depth)?;
                let narrowed = is_compatible(&inner, self.policy);
                list.add(if narrowed { &sorts::NOT_TYPE_NARROWED } else { &sorts::NOT_TYPE_EXTENDED }, "not");
            }
            (Kind::Object(original), Kind::Object(update)) => self.objects(list, original, update, depth)?,
            (Kind::Array(original), Kind::Array(update)) => self.arrays(list, original, update, depth)?,
            (Kind::Combined(one, originals), Kind::Combined(other, updates)) => {
                self.combined(list, (*one, originals), (*other, updates), depth)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Both are combinations.
    fn combined(
        &mut self,
        list: &mut List,
        (one, originals): (Criterion, &[Id]),
        (other, updates): (Criterion, &[Id]),
        depth: usize,
    ) -> Result<(), NoAnswer> {
        let side = list.side;
        let (originals, updates) =
            (self.distinct(side.original.0, originals), self.distinct(side.update.0, updates));
        if one != other {
            let single = |branches: &[Id]| branches.len() == 1;
            let is_extended = other == Criterion::Any
                || (single(&originals) && single(&updates))
                || (single(&originals) && other == Criterion::One)
                || (single(&updates) && one == Criterion::All);
            if !is_extended {
                list.add(&sorts::COMBINED_TYPE_CHANGED, "");
                return Ok(());
            }
            list.add(&sorts::COMBINED_TYPE_EXTENDED, "");
        }
        if originals.len() < updates.len() {
            let is_product = other == Criterion::All;
            list.add(if is_product { &sorts::PRODUCT_TYPE_EXTENDED } else { &sorts::SUM_TYPE_EXTENDED }, "");
        } else if originals.len() > updates.len() {
            let is_sum = one != Criterion::All;
            list.add(if is_sum { &sorts::SUM_TYPE_NARROWED } else { &sorts::PRODUCT_TYPE_NARROWED }, "");
        }
        let mut edges: Vec<Vec<(usize, Rc<Vec<Difference>>)>> = Vec::with_capacity(originals.len());
        for &original in &originals {
            let mut of_this = Vec::new();
            for (position, &update) in updates.iter().enumerate() {
                let inner = self.pair(side.of(original, update), depth)?;
                if is_compatible(&inner, self.policy) {
                    of_this.push((position, inner));
                }
            }
            edges.push(of_this);
        }
        let matched = matching(&edges, updates.len());
        for (index, chosen) in matched.iter().enumerate() {
            let found =
                chosen.and_then(|chosen| edges[index].iter().find(|(position, _)| *position == chosen));
            if let Some((_, inner)) = found {
                list.take_in(&format!("{}/{index}", one.keyword()), inner);
            }
        }
        if matched.iter().flatten().count() < originals.len().min(updates.len()) {
            list.add(&sorts::COMBINED_TYPE_SUBSCHEMAS_CHANGED, "");
        }
        Ok(())
    }

    /// The branches, equal ones once.
    fn distinct(&self, owner: usize, branches: &[Id]) -> Vec<Id> {
        let mut seen = HashSet::new();
        let kept = branches.iter().filter(|&&branch| seen.insert(self.views[owner].text(branch)));
        kept.copied().collect()
    }

    fn objects(
        &mut self,
        list: &mut List,
        original: &Object,
        update: &Object,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        let (before, after) = (original.properties.names(), update.properties.names());
        self.fuel.spend(4 * (before.len() + after.len()))?;
        for name in hash_order::table_order(&before) {
            let Some(&property) = update.properties.get(name) else { continue };
            let sort = match (original.required.contains(name), update.required.contains(name)) {
                (true, false) => &sorts::REQUIRED_ATTRIBUTE_REMOVED,
                (false, true) if self.has_default(list.side.update.0, property) => {
                    &sorts::REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED
                }
                (false, true) => &sorts::REQUIRED_ATTRIBUTE_ADDED,
                _ => continue,
            };
            list.add_at(sort, &format!("required/{name}"), vec!["required".to_owned()]);
        }
        for name in hash_order::union(&before, &after) {
            self.property(list, original, update, name, depth)?;
        }
        let (before, after) = (original.dependent_names.names(), update.dependent_names.names());
        for name in hash_order::union(&before, &after) {
            let sort = match (original.dependent_names.get(name), update.dependent_names.get(name)) {
                (Some(_), None) => &sorts::DEPENDENCY_ARRAY_REMOVED,
                (None, Some(_)) => &sorts::DEPENDENCY_ARRAY_ADDED,
                (Some(before), Some(after)) if before == after => continue,
                (Some(before), Some(after)) if after.is_superset(before) => &sorts::DEPENDENCY_ARRAY_EXTENDED,
                (Some(before), Some(after)) if before.is_superset(after) => &sorts::DEPENDENCY_ARRAY_NARROWED,
                _ => &sorts::DEPENDENCY_ARRAY_CHANGED,
            };
            let below = vec!["dependencies".to_owned(), name.to_owned()];
            list.add_at(sort, &format!("dependencies/{name}"), below);
        }
        let (before, after) = (original.dependent_schemas.names(), update.dependent_schemas.names());
        for name in hash_order::union(&before, &after) {
            let path = format!("dependencies/{name}");
            let below = vec!["dependencies".to_owned(), name.to_owned()];
            match (original.dependent_schemas.get(name), update.dependent_schemas.get(name)) {
                (Some(_), None) => list.add_at(&sorts::DEPENDENCY_SCHEMA_REMOVED, &path, below),
                (None, Some(_)) => list.add_at(&sorts::DEPENDENCY_SCHEMA_ADDED, &path, below),
                (before, after) => self.optional(list, &path, before.copied(), after.copied(), depth)?,
            }
        }
        let sorts = RestSorts {
            added: &sorts::ADDITIONAL_PROPERTIES_ADDED,
            removed: &sorts::ADDITIONAL_PROPERTIES_REMOVED,
            extended: &sorts::ADDITIONAL_PROPERTIES_EXTENDED,
            narrowed: &sorts::ADDITIONAL_PROPERTIES_NARROWED,
        };
        self.rest(list, "additionalProperties", original.additional, update.additional, sorts, depth)?;
        let sorts = RestSorts {
            added: &sorts::UNEVALUATED_PROPERTIES_ADDED,
            removed: &sorts::UNEVALUATED_PROPERTIES_REMOVED,
            extended: &sorts::UNEVALUATED_PROPERTIES_EXTENDED,
            narrowed: &sorts::UNEVALUATED_PROPERTIES_NARROWED,
        };
        self.rest(list, "unevaluatedProperties", original.unevaluated, update.unevaluated, sorts, depth)?;
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
        name: &str,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        let side = list.side;
        let path = format!("properties/{name}");
        let below = vec!["properties".to_owned(), name.to_owned()];
        match (original.properties.get(name).copied(), update.properties.get(name).copied()) {
            (Some(before), None) => {
                if update.is_open() {
                    list.add_at(&sorts::PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL, &path, below);
                } else if let Some(covering) = update.covering(name) {
                    let inner = self.pair(side.of(before, covering), depth)?;
                    list.take_in(&path, &inner);
                    let sort = match is_compatible(&inner, self.policy) {
                        true => &sorts::PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                        false => &sorts::PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                    };
                    list.add_at(sort, &path, below);
                } else {
                    let is_false = matches!(self.view((side.original.0, before)).kind, Kind::False);
                    let sort = match is_false {
                        true => &sorts::PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL,
                        false => &sorts::PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL,
                    };
                    list.add_at(sort, &path, below);
                }
            }
            (None, Some(after)) => {
                let is_required = update.required.contains(name);
                let has_default = self.has_default(side.update.0, after);
                if original.is_open() {
                    let is_empty = matches!(self.view((side.update.0, after)).kind, Kind::Empty | Kind::True);
                    let sort = match (is_empty, is_required, has_default) {
                        (true, ..) => &sorts::PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL,
                        (_, true, true) => &sorts::REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL,
                        (_, true, false) => &sorts::REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL,
                        (_, false, _) => &sorts::OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL,
                    };
                    list.add_at(sort, &path, below);
                    return Ok(());
                }
                if let Some(covering) = original.covering(name) {
                    let inner = self.pair(side.of(covering, after), depth)?;
                    list.take_in(&path, &inner);
                    let sort = match is_compatible(&inner, self.policy) {
                        true => &sorts::PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                        false => &sorts::PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                    };
                    list.add_at(sort, &path, below.clone());
                }
                let sort = match (is_required, has_default) {
                    (true, true) => &sorts::REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL,
                    (true, false) => &sorts::REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL,
                    (false, _) => &sorts::OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL,
                };
                list.add_at(sort, &path, below);
            }
            (before, after) => self.optional(list, &path, before, after, depth)?,
        }
        Ok(())
    }

    fn rest(
        &mut self,
        list: &mut List,
        path: &str,
        original: Rest,
        update: Rest,
        sorts: RestSorts,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        match (original, update) {
            (Rest::Forbidden, Rest::Forbidden) | (Rest::Allowed, Rest::Allowed) => {}
            (Rest::Forbidden, _) => list.add(sorts.added, path),
            (_, Rest::Forbidden) => list.add(sorts.removed, path),
            (Rest::Allowed, Rest::Schema(_)) => list.add(sorts.narrowed, path),
            (Rest::Schema(_), Rest::Allowed) => list.add(sorts.extended, path),
            (Rest::Schema(before), Rest::Schema(after)) => {
                self.optional(list, path, Some(before), Some(after), depth)?;
            }
        }
        Ok(())
    }

    fn arrays(
        &mut self,
        list: &mut List,
        original: &Array,
        update: &Array,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        let side = list.side;
        self.optional(list, "items", original.all_items, update.all_items, depth)?;
        for position in 0..original.items.len().max(update.items.len()) {
            let path = format!("items/{position}");
            match (original.items.get(position).copied(), update.items.get(position).copied()) {
                (Some(before), None) => {
                    if update.is_open() {
                        list.add(&sorts::ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL, &path);
                    } else if let Some(covering) = update.covering() {
                        let inner = self.pair(side.of(before, covering), depth)?;
                        list.take_in(&path, &inner);
                        let sort = match is_compatible(&inner, self.policy) {
                            true => &sorts::ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                            false => &sorts::ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                        };
                        list.add(sort, &path);
                    } else if matches!(self.view((side.original.0, before)).kind, Kind::False) {
                        list.add(&sorts::ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL, &path);
                    } else {
                        list.add(&sorts::ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL, &path);
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
                        list.add(sort, &path);
                    } else if let Some(covering) = original.covering() {
                        let inner = self.pair(side.of(covering, after), depth)?;
                        list.take_in(&path, &inner);
                        let sort = match is_compatible(&inner, self.policy) {
                            true => &sorts::ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                            false => &sorts::ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                        };
                        list.add(sort, &path);
                    } else {
                        list.add(&sorts::ITEM_ADDED_TO_CLOSED_CONTENT_MODEL, &path);
                    }
                }
                (before, after) => self.optional(list, &path, before, after, depth)?,
            }
        }
        let sorts = RestSorts {
            added: &sorts::ADDITIONAL_ITEMS_ADDED,
            removed: &sorts::ADDITIONAL_ITEMS_REMOVED,
            extended: &sorts::ADDITIONAL_ITEMS_EXTENDED,
            narrowed: &sorts::ADDITIONAL_ITEMS_NARROWED,
        };
        self.rest(list, "additionalItems", original.additional, update.additional, sorts, depth)?;
        let sorts = RestSorts {
            added: &sorts::UNEVALUATED_ITEMS_ADDED,
            removed: &sorts::UNEVALUATED_ITEMS_REMOVED,
            extended: &sorts::UNEVALUATED_ITEMS_EXTENDED,
            narrowed: &sorts::UNEVALUATED_ITEMS_NARROWED,
        };
        self.rest(list, "unevaluatedItems", original.unevaluated, update.unevaluated, sorts, depth)?;
        list.limit("maxItems", original.max_items, update.max_items, &MAX_ITEMS);
        list.limit("minItems", original.min_items, update.min_items, &MIN_ITEMS);
        match (original.is_unique, update.is_unique) {
            (false, true) => list.add(&sorts::UNIQUE_ITEMS_ADDED, "uniqueItems"),
            (true, false) => list.add(&sorts::UNIQUE_ITEMS_REMOVED, "uniqueItems"),
            _ => {}
        }
        list.limit("maxContains", original.max_contains, update.max_contains, &MAX_CONTAINS);
        list.limit("minContains", original.min_contains, update.min_contains, &MIN_CONTAINS);
        Ok(())
    }
}

/// The differences of what is not declared.
#[derive(Clone, Copy)]
struct RestSorts {
    added: &'static Sort,
    removed: &'static Sort,
    extended: &'static Sort,
    narrowed: &'static Sort,
}

/// The differences of a limit.
struct LimitSorts {
    added: &'static Sort,
    removed: &'static Sort,
    increased: &'static Sort,
    decreased: &'static Sort,
}

macro_rules! limits {
    ($($name:ident: $added:ident $removed:ident $increased:ident $decreased:ident;)*) => {
        $(static $name: LimitSorts = LimitSorts {
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
    fn limit(&mut self, keyword: &str, original: Option<f64>, update: Option<f64>, sorts: &LimitSorts) {
        match (original, update) {
            (None, Some(_)) => self.add(sorts.added, keyword),
            (Some(_), None) => self.add(sorts.removed, keyword),
            (Some(original), Some(update)) if original < update => self.add(sorts.increased, keyword),
            (Some(original), Some(update)) if original > update => self.add(sorts.decreased, keyword),
            _ => {}
        }
    }
}

fn strings(list: &mut List, original: &Strings, update: &Strings) {
    list.limit("maxLength", original.max_length, update.max_length, &MAX_LENGTH);
    list.limit("minLength", original.min_length, update.min_length, &MIN_LENGTH);
    match (&original.pattern, &update.pattern) {
        (None, Some(_)) => list.add(&sorts::PATTERN_ADDED, "pattern"),
        (Some(_), None) => list.add(&sorts::PATTERN_REMOVED, "pattern"),
        (original, update) if original != update => list.add(&sorts::PATTERN_CHANGED, "pattern"),
        _ => {}
    }
}

fn numbers(list: &mut List, original: &Numbers, update: &Numbers) {
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
    sort.into_iter().for_each(|sort| list.add(sort, "multipleOf"));
    match (original.is_integer, update.is_integer) {
        (true, false) => list.add(&sorts::TYPE_EXTENDED, ""),
        (false, true) => list.add(&sorts::TYPE_NARROWED, ""),
        _ => {}
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

impl Array {
    fn is_open(&self) -> bool {
        self.additional == Rest::Allowed && self.unevaluated == Rest::Allowed
    }

    fn covering(&self) -> Option<Id> {
        covering(self.additional, self.unevaluated)
    }
}

fn covering(additional: Rest, unevaluated: Rest) -> Option<Id> {
    [additional, unevaluated].into_iter().find_map(|rest| match rest {
        Rest::Schema(id) => Some(id),
        Rest::Allowed | Rest::Forbidden => None,
    })
}

/// The updates that an original is compatible with, and how they differ.
type Edges = Vec<(usize, Rc<Vec<Difference>>)>;

/// As many pairs of an original and an update as can be, each at most once: for every original the
/// position of its update.
fn matching(edges: &[Edges], updates: usize) -> Vec<Option<usize>> {
    fn augment(original: usize, edges: &[Edges], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
        for &(update, _) in &edges[original] {
            if std::mem::replace(&mut seen[update], true) {
                continue;
            }
            let is_free = match taken[update] {
                None => true,
                Some(other) => augment(other, edges, taken, seen),
            };
            if is_free {
                taken[update] = Some(original);
                return true;
            }
        }
        false
    }
    let mut taken = vec![None; updates];
    for original in 0..edges.len() {
        augment(original, edges, &mut taken, &mut vec![false; updates]);
    }
    let mut matched = vec![None; edges.len()];
    for (update, original) in taken.iter().enumerate() {
        if let Some(original) = original {
            matched[*original] = Some(update);
        }
    }
    matched
}
