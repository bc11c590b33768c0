//! Unions: which branch became which, and types that went into a union or came out of one.

use std::collections::HashMap;

use super::{Half, Seat, Walk};
use crate::diff::kinds;
use crate::schema::avro::model::{Kind, Name, Primitive, Type, Use};

impl<'a> Walk<'a, '_> {
    pub(super) fn unions(
        &mut self,
        old: Seat<'a>,
        new: Seat<'a>,
        (from, to): (&'a [Use], &'a [Use]),
        what: &str,
    ) {
        let pairs = pair(&self.old, from, &self.new, to);
        let before: HashMap<usize, usize> = pairs.iter().map(|(before, after)| (*after, *before)).collect();
        for (index, branch) in from.iter().enumerate().filter(|(index, _)| !pairs.contains_key(index)) {
            let path = self.old.paths.index(old.path, index);
            let seat = self.old.part(old, *branch, path);
            let kind = if is_null(seat.of) { &kinds::MADE_REQUIRED } else { &kinds::BRANCH_REMOVED };
            let message = format!("{what} can no longer be {}", self.old.type_text(seat.of));
            let at = self.old.at(seat);
            self.list.add(kind, message, at, None);
        }
        for (index, branch) in to.iter().enumerate() {
            let path = self.new.paths.index(new.path, index);
            let seat = self.new.part(new, *branch, path);
            let Some(&position) = before.get(&index) else {
                let kind = if is_null(seat.of) { &kinds::MADE_OPTIONAL } else { &kinds::BRANCH_ADDED };
                let message = format!("{what} can now be {}", self.new.type_text(seat.of));
                let at = self.new.at(seat);
                self.list.add(kind, message, None, at);
                continue;
            };
            let path = self.old.paths.index(old.path, position);
            let earlier = self.old.part(old, from[position], path);
            self.uses(earlier, seat, what);
        }
        let order: Vec<usize> = (0..to.len()).filter_map(|index| before.get(&index).copied()).collect();
        if !order.is_sorted() {
            let at = (self.old.at(old), self.new.at(new));
            let message = format!("the branches of {what} stand in another order");
            self.list.add(&kinds::BRANCHES_REORDERED, message, at.0, at.1);
        }
    }

    /// A union became one of its branches, or something else.
    pub(super) fn left_union(&mut self, old: Seat<'a>, from: &'a [Use], new: Seat<'a>, what: &str) {
        let lost_null = from.iter().any(|branch| is_null(self.old.model.get(branch.id)));
        let kind = if lost_null && from.len() == 2 { &kinds::MADE_REQUIRED } else { &kinds::TYPE_NARROWED };
        let found = from.iter().position(|branch| is_same(self.old.model.get(branch.id), new.of));
        self.retyped(if found.is_some() { kind } else { &kinds::TYPE_CHANGED }, old, new, what);
        if let Some(index) = found {
            let path = self.old.paths.index(old.path, index);
            let seat = self.old.part(old, from[index], path);
            self.uses(seat, new, what);
        }
    }

    /// Something became a branch of a union, or a union without it.
    pub(super) fn entered_union(&mut self, old: Seat<'a>, new: Seat<'a>, to: &'a [Use], what: &str) {
        let has_null = to.iter().any(|branch| is_null(self.new.model.get(branch.id)));
        let kind = if has_null && to.len() == 2 { &kinds::MADE_OPTIONAL } else { &kinds::TYPE_WIDENED };
        let found = to.iter().position(|branch| is_same(old.of, self.new.model.get(branch.id)));
        self.retyped(if found.is_some() { kind } else { &kinds::TYPE_CHANGED }, old, new, what);
        if let Some(index) = found {
            let path = self.new.paths.index(new.path, index);
            let seat = self.new.part(new, to[index], path);
            self.uses(old, seat, what);
        }
    }
}

fn is_null(of: &Type) -> bool {
    matches!(of.kind, Kind::Primitive(Primitive::Null))
}

/// Are they the same type, as branches of unions are told apart?
fn is_same(old: &Type, new: &Type) -> bool {
    old.kind.word() == new.kind.word() && old.name().map(Name::full) == new.name().map(Name::full)
}

/// Which branch became which: the same type, else one that goes by its name in an alias, else the only ones
/// of their kind that are left.
fn pair(old: &Half<'_>, from: &[Use], new: &Half<'_>, to: &[Use]) -> HashMap<usize, usize> {
    let branches = |half: &Half<'_>, of: &[Use]| -> Vec<String> {
        let key = |of: &Type| of.name().map_or(of.kind.word(), Name::full).to_owned();
        of.iter().map(|branch| key(half.model.get(branch.id))).collect()
    };
    let (before, after) = (branches(old, from), branches(new, to));
    let positions: HashMap<&str, usize> =
        after.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let mut pairs: HashMap<usize, usize> = HashMap::new();
    let mut taken = vec![false; to.len()];
    for (index, name) in before.iter().enumerate() {
        let same = positions.get(name.as_str()).copied();
        let same = same.filter(|after| {
            old.model.get(from[index].id).kind.word() == new.model.get(to[*after].id).kind.word()
        });
        if let Some(after) = same {
            pairs.insert(index, after);
            taken[after] = true;
        }
    }
    // Each of the rest is held against each: where there are many, they are told one by one.
    let rest = (from.len() - pairs.len(), to.len() - pairs.len());
    let is_few = rest.0.saturating_mul(rest.1) <= 10_000;
    for (index, name) in before.iter().enumerate() {
        if pairs.contains_key(&index) || !is_few {
            continue;
        }
        let of = old.model.get(from[index].id);
        let fits = |after: &usize| {
            let candidate = new.model.get(to[*after].id);
            let is_alias = candidate.aliases().iter().any(|alias| alias.full() == name)
                || of.aliases().iter().any(|alias| alias.full() == after_name(candidate));
            let same_name = of.name().map(Name::simple) == candidate.name().map(Name::simple);
            of.name().is_some() && of.kind.word() == candidate.kind.word() && (is_alias || same_name)
        };
        if let Some(after) = (0..to.len()).filter(|after| !taken[*after]).find(fits) {
            pairs.insert(index, after);
            taken[after] = true;
        }
    }
    pairs
}

fn after_name(of: &Type) -> &str {
    of.name().map_or("", Name::full)
}
