//! Lists of differences. What was found of a pair of schemas is shared by all that meet the pair: a
//! schema that holds itself in many places has more differences than there is room for.

use std::collections::HashSet;
use std::rc::Rc;

use super::NoAnswer;
use super::kinds::Sort;
use super::view::Id;
use crate::compat::budget::Fuel;
use crate::model::Policy;

/// Two schemas that are compared. Below a `not` the roles are swapped, and so are the schemas' owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Side {
    pub(super) original: (usize, Id),
    pub(super) update: (usize, Id),
}

impl Side {
    pub(super) fn straight(original: Id, update: Id) -> Side {
        Side { original: (0, original), update: (1, update) }
    }

    pub(super) fn of(self, original: Id, update: Id) -> Side {
        Side { original: (self.original.0, original), update: (self.update.0, update) }
    }

    pub(super) fn swapped(self, original: Id, update: Id) -> Side {
        Side { original: (self.update.0, update), update: (self.original.0, original) }
    }
}

/// From two schemas to a part of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Nowhere,
    Keyword(&'static str),
    Name(&'static str, Rc<str>),
    Item(&'static str, usize),
}

impl Step {
    fn add_to(&self, path: &mut String) {
        let mut add = |part: &str| {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
        };
        match self {
            Step::Nowhere => {}
            Step::Keyword(keyword) => add(keyword),
            Step::Name(keyword, name) => {
                add(keyword);
                add(name);
            }
            Step::Item(keyword, position) => {
                add(keyword);
                add(&position.to_string());
            }
        }
    }

    /// The keys and positions in the texts.
    pub(super) fn parts(&self) -> Vec<String> {
        match self {
            Step::Nowhere => Vec::new(),
            // What is required is a list of names.
            Step::Keyword(keyword) | Step::Name(keyword @ "required", _) => vec![(*keyword).to_owned()],
            Step::Name(keyword, name) => vec![(*keyword).to_owned(), name.to_string()],
            Step::Item(keyword, position) => vec![(*keyword).to_owned(), position.to_string()],
        }
    }
}

/// What was found of a pair.
#[derive(Debug)]
pub(super) struct Found {
    items: Vec<(Step, What)>,
    pub(super) is_compatible: bool,
}

#[derive(Debug)]
enum What {
    Difference(&'static Sort, Side),
    Below(Rc<Found>),
}

/// What is being found of a pair.
pub(super) struct List {
    pub(super) side: Side,
    policy: Policy,
    found: Found,
}

impl List {
    pub(super) fn of(side: Side, policy: Policy) -> List {
        List { side, policy, found: Found { items: Vec::new(), is_compatible: true } }
    }

    pub(super) fn add(&mut self, sort: &'static Sort, step: Step) {
        self.found.is_compatible &= sort.is_harmless(self.policy);
        self.found.items.push((step, What::Difference(sort, self.side)));
    }

    pub(super) fn take_in(&mut self, step: Step, inner: Rc<Found>) {
        self.found.is_compatible &= inner.is_compatible;
        if !inner.items.is_empty() {
            self.found.items.push((step, What::Below(inner)));
        }
    }

    pub(super) fn finish(self) -> Rc<Found> {
        Rc::new(self.found)
    }
}

/// A difference, at a place in both schemas.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) sort: &'static Sort,
    /// Keywords and names, joined by `/`; empty for the schemas themselves.
    pub(super) path: String,
    pub(super) original: Spot,
    pub(super) update: Spot,
}

/// A loaded schema, and a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub(super) id: Id,
    pub(super) step: Step,
}

/// The breaks of a list in its order, those of a name and a path once, and no more than `most`; with
/// `is_whole` all differences.
pub(super) fn listed(
    found: &Rc<Found>,
    policy: Policy,
    is_whole: bool,
    most: usize,
    fuel: &mut Fuel,
) -> Result<Vec<Difference>, NoAnswer> {
    let mut listed = Vec::new();
    let mut seen = HashSet::new();
    // The lists that are gone through, with what comes next of each and the length of its path.
    let mut open: Vec<(&Found, usize, usize)> = vec![(found, 0, 0)];
    let mut path = String::new();
    while let Some((found, next, length)) = open.last_mut() {
        path.truncate(*length);
        let Some((step, what)) = found.items.get(*next) else {
            open.pop();
            continue;
        };
        *next += 1;
        fuel.spend(1)?;
        match what {
            What::Below(inner) if is_whole || !inner.is_compatible => {
                step.add_to(&mut path);
                open.push((inner, 0, path.len()));
            }
            What::Difference(sort, side) if is_whole || !sort.is_harmless(policy) => {
                let mut path = path.clone();
                step.add_to(&mut path);
                if !is_whole && !seen.insert((sort.name, path.clone())) {
                    continue;
                }
                let spot = |id| Spot { id, step: step.clone() };
                let (original, update) = (spot(side.original.1), spot(side.update.1));
                listed.push(Difference { sort, path, original, update });
                if listed.len() == most {
                    break;
                }
            }
            What::Below(_) | What::Difference(..) => {}
        }
    }
    Ok(listed)
}
