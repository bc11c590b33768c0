//! The comparison itself: `original` is the writer, `update` the reader.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::NoAnswer;
use super::found::{Found, List, Side, Step};
use super::kinds as sorts;
use super::matching::matching;
use super::scalars::{numbers, strings};
use super::view::{Branches, Criterion, Id, Kind, View, Views};
use crate::compat::budget::Fuel;
use crate::model::Policy;

/// Comparisons within each other.
const DEEPEST: usize = 400;

/// All differences, in the reference's order.
///
/// A pair that is met within itself counts as compatible. If that was of use and other pairs turned out
/// not to be, everything is compared again knowing their differences, until no more such pairs turn up.
pub(super) fn compare<'a>(
    original: &Views<'a>,
    update: &Views<'a>,
    policy: Policy,
    fuel: &mut Fuel,
) -> Result<Rc<Found>, NoAnswer> {
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
        let known = known.into_iter().filter(|(_, found)| !found.is_compatible);
        let known: Vec<_> = known.collect();
        if !is_assuming || known.iter().all(|(pair, _)| refused.contains_key(pair)) {
            return Ok(found);
        }
        refused.extend(known);
    }
}

/// A comparison, and what it knows by now.
pub(super) struct Comparison<'v, 'a> {
    pub(super) views: [&'v Views<'a>; 2],
    policy: Policy,
    pub(super) fuel: &'v mut Fuel,
    known: HashMap<Side, Rc<Found>>,
    open: HashSet<Side>,
    /// Was a pair taken for compatible that was being compared?
    is_assuming: bool,
    /// The pairs that were not, when all was compared before, with their differences.
    refused: &'v HashMap<Side, Rc<Found>>,
}

impl Comparison<'_, '_> {
    pub(super) fn view(&self, (owner, id): (usize, Id)) -> Rc<View> {
        self.views[owner].get(id)
    }

    /// A reference is replaced by its target, one step.
    fn followed(&self, place: (usize, Id)) -> (usize, Id) {
        match self.view(place).kind {
            Kind::Reference(target) => (place.0, target),
            _ => place,
        }
    }

    pub(super) fn pair(&mut self, side: Side, depth: usize) -> Result<Rc<Found>, NoAnswer> {
        let side = Side { original: self.followed(side.original), update: self.followed(side.update) };
        self.fuel.spend(1)?;
        if let Some(known) = self.known.get(&side) {
            return Ok(known.clone());
        }
        if self.open.contains(&side) {
            let refused = self.refused.get(&side).cloned();
            self.is_assuming |= refused.is_none();
            return Ok(refused.unwrap_or_else(|| List::of(side, self.policy).finish()));
        }
        if depth > DEEPEST {
            return Err(NoAnswer::Exhausted);
        }
        self.open.insert(side);
        let mut list = List::of(side, self.policy);
        let answer = self.compare(&mut list, depth + 1);
        self.open.remove(&side);
        answer?;
        let found = list.finish();
        self.known.insert(side, found.clone());
        Ok(found)
    }

    pub(super) fn optional(
        &mut self,
        list: &mut List,
        step: Step,
        original: Option<Id>,
        update: Option<Id>,
        depth: usize,
    ) -> Result<(), NoAnswer> {
        match (original, update) {
            (None, None) => {}
            (None, Some(_)) => list.add(&sorts::SCHEMA_ADDED, step),
            (Some(_), None) => list.add(&sorts::SCHEMA_REMOVED, step),
            (Some(original), Some(update)) => {
                let inner = self.pair(list.side.of(original, update), depth)?;
                list.take_in(step, inner);
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
                let sum = branches.all.len() > 1 && *criterion != Criterion::All;
                if branches.all.len() == 1 || sum {
                    for &branch in &branches.all {
                        let inner = self.pair(side.of(side.original.1, branch), depth)?;
                        if inner.is_compatible {
                            list.take_in(Step::Nowhere, inner);
                            if sum {
                                list.add(&sorts::SUM_TYPE_EXTENDED, Step::Nowhere);
                            }
                            return Ok(());
                        }
                    }
                }
            }
            (Kind::Combined(criterion, branches), _) => {
                let product = branches.all.len() > 1 && *criterion == Criterion::All;
                if branches.all.len() == 1 || product {
                    for &branch in &branches.all {
                        let inner = self.pair(side.of(branch, side.update.1), depth)?;
                        if inner.is_compatible {
                            list.take_in(Step::Nowhere, inner);
                            if product {
                                list.add(&sorts::PRODUCT_TYPE_NARROWED, Step::Nowhere);
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
                list.add(&sorts::TYPE_CHANGED, Step::Nowhere);
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
        noted.into_iter().filter(|(differs, _)| *differs).for_each(|(_, sort)| list.add(sort, Step::Nowhere));
        match (&original.kind, &update.kind) {
            (Kind::String(original), Kind::String(update)) => strings(list, original, update),
            (Kind::Number(original), Kind::Number(update)) => numbers(list, original, update),
            (Kind::Enum(original), Kind::Enum(update)) if original != update => {
                let sort = match () {
                    () if update.is_superset(original) => &sorts::ENUM_ARRAY_EXTENDED,
                    () if original.is_superset(update) => &sorts::ENUM_ARRAY_NARROWED,
                    () => &sorts::ENUM_ARRAY_CHANGED,
                };
                list.add(sort, Step::Keyword("enum"));
            }
            (Kind::Const(original), Kind::Const(update)) if original != update => {
                list.add(&sorts::ENUM_ARRAY_CHANGED, Step::Keyword("const"));
            }
            (Kind::Not(original), Kind::Not(update)) => {
                let inner = self.pair(side.swapped(*original, *update), depth)?;
                let narrowed = inner.is_compatible;
                list.add(
                    if narrowed { &sorts::NOT_TYPE_NARROWED } else { &sorts::NOT_TYPE_EXTENDED },
                    Step::Keyword("not"),
                );
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
        (one, originals): (Criterion, &Branches),
        (other, updates): (Criterion, &Branches),
        depth: usize,
    ) -> Result<(), NoAnswer> {
        let side = list.side;
        if one != other {
            let single = |branches: &Branches| branches.all.len() == 1;
            let is_extended = other == Criterion::Any
                || (single(originals) && single(updates))
                || (single(originals) && other == Criterion::One)
                || (single(updates) && one == Criterion::All);
            if !is_extended {
                list.add(&sorts::COMBINED_TYPE_CHANGED, Step::Nowhere);
                return Ok(());
            }
            list.add(&sorts::COMBINED_TYPE_EXTENDED, Step::Nowhere);
        }
        let originals = originals.distinct(self.views[side.original.0]);
        let updates = updates.distinct(self.views[side.update.0]);
        if originals.len() < updates.len() {
            let is_product = other == Criterion::All;
            list.add(
                if is_product { &sorts::PRODUCT_TYPE_EXTENDED } else { &sorts::SUM_TYPE_EXTENDED },
                Step::Nowhere,
            );
        } else if originals.len() > updates.len() {
            let is_sum = one != Criterion::All;
            list.add(
                if is_sum { &sorts::SUM_TYPE_NARROWED } else { &sorts::PRODUCT_TYPE_NARROWED },
                Step::Nowhere,
            );
        }
        let mut edges: Vec<Vec<(usize, Rc<Found>)>> = Vec::with_capacity(originals.len());
        for &original in originals {
            let mut of_this = Vec::new();
            for (position, &update) in updates.iter().enumerate() {
                let inner = self.pair(side.of(original, update), depth)?;
                if inner.is_compatible {
                    of_this.push((position, inner));
                }
            }
            edges.push(of_this);
        }
        let matched = matching(&edges, updates.len(), self.fuel)?;
        for (index, chosen) in matched.iter().enumerate() {
            let found =
                chosen.and_then(|chosen| edges[index].iter().find(|(position, _)| *position == chosen));
            if let Some((_, inner)) = found {
                list.take_in(Step::Item(one.keyword(), index), inner.clone());
            }
        }
        if matched.iter().flatten().count() < originals.len().min(updates.len()) {
            list.add(&sorts::COMBINED_TYPE_SUBSCHEMAS_CHANGED, Step::Nowhere);
        }
        Ok(())
    }
}
