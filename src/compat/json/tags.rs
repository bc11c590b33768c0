//! Unions whose branches are told apart by the value of one property, a *tag*: of a thousand branches only
//! those few need to be looked at whose tag the value can have.

use std::rc::Rc;
use std::sync::Arc;

use super::Map;
use super::atoms::{Atom, AtomId};
use super::engine::Engine;
use super::node::{Kinds, NodeId};
use super::search::Problem;
use super::value::Value;
use crate::compat::report::Why;

/// Unions of fewer branches are looked through.
const MANY: usize = 8;
/// Required names of a branch that are looked at.
const NAMES: usize = 8;
/// Unions within unions of listed values that are looked into.
const DEEPEST: usize = 4;
/// Values that are listed together.
const MOST_VALUES: usize = 20_000;

/// What a property can be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tag {
    /// Sorted.
    values: Arc<[Value]>,
    /// It may be anything else that is no string, too: `pattern` says nothing of other values.
    or_no_string: bool,
}

/// How the branches of a union are told apart.
#[derive(Debug)]
pub(super) struct Tags {
    name: Arc<str>,
    /// By the position of the branch; `None` where the branch does not say.
    of_branches: Vec<Option<Tag>>,
    by_value: Map<Value, Vec<usize>>,
    /// Branches that accept a value of the property that is no string.
    no_strings: Vec<usize>,
    untagged: Vec<usize>,
}

impl Tags {
    /// Branches that accept a property of this tag, sorted.
    fn with(&self, tag: &Tag) -> Vec<usize> {
        let mut found = self.untagged.clone();
        for value in tag.values.iter() {
            found.extend(self.by_value.get(value).into_iter().flatten());
        }
        if tag.or_no_string || tag.values.iter().any(|value| value.kind() != Kinds::STRING) {
            found.extend(&self.no_strings);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Branches that may accept this very value.
    fn of_value(&self, value: &Value) -> Option<Vec<usize>> {
        let Value::Object(members) = value else { return None };
        Some(match members.get(&self.name) {
            None => self.untagged.clone(),
            Some(member) => self.with(&Tag { values: Arc::from([member.clone()]), or_no_string: false }),
        })
    }
}

impl Engine<'_> {
    /// The positions of the branches of a union that a value of the problem can be of, as far as their tags
    /// say; `None` for all.
    pub(super) fn tagged_alike(
        &mut self,
        problem: &Problem,
        union: AtomId,
    ) -> Result<Option<Vec<usize>>, Why> {
        if problem.kind != Kinds::OBJECT {
            return Ok(None);
        }
        let Some(tags) = self.tags(union)? else { return Ok(None) };
        let tag = self.tag(&problem.kept, &tags.name)?;
        Ok(tag.map(|tag| tags.with(&tag)))
    }

    /// The positions of the branches that may accept the value; `None` for all.
    pub(super) fn tagged_as(&mut self, union: AtomId, value: &Value) -> Result<Option<Vec<usize>>, Why> {
        let tags = self.tags(union)?;
        Ok(tags.and_then(|tags| tags.of_value(value)))
    }

    /// The positions of the branches that may have a value in common with this one; `None` for all.
    pub(super) fn tagged_like(&mut self, union: AtomId, branch: usize) -> Result<Option<Vec<usize>>, Why> {
        let tags = self.tags(union)?;
        Ok(tags.and_then(|tags| tags.of_branches[branch].as_ref().map(|tag| tags.with(tag))))
    }

    fn tags(&mut self, union: AtomId) -> Result<Option<Rc<Tags>>, Why> {
        if let Some(known) = self.memory.tags.get(&union) {
            return Ok(known.clone());
        }
        let branches = self.branches(union);
        let tags = if branches.len() < MANY { None } else { self.tell_apart(&branches)?.map(Rc::new) };
        self.memory.tags.insert(union, tags.clone());
        Ok(tags)
    }

    fn tell_apart(&mut self, branches: &[NodeId]) -> Result<Option<Tags>, Why> {
        let mut by_name: Map<Arc<str>, Vec<(usize, Tag)>> = Map::default();
        for (position, &branch) in branches.iter().enumerate() {
            let atoms = self.atoms_of(branch)?;
            self.spend(1 + atoms.len() / 8)?;
            let names = atoms.iter().filter_map(|&atom| match self.memory.atoms.get(atom) {
                Atom::Required(name) => Some(name.clone()),
                _ => None,
            });
            for name in names.take(NAMES).collect::<Vec<_>>() {
                if let Some(tag) = self.tag(&atoms, &name)? {
                    by_name.entry(name).or_default().push((position, tag));
                }
            }
        }
        let best = by_name.into_iter().max_by(|(one, of_one), (other, of_other)| {
            of_one.len().cmp(&of_other.len()).then_with(|| other.cmp(one))
        });
        let Some((name, tagged)) = best.filter(|(_, tagged)| tagged.len() * 2 > branches.len()) else {
            return Ok(None);
        };
        let mut of_branches = vec![None; branches.len()];
        let mut by_value: Map<Value, Vec<usize>> = Map::default();
        let mut no_strings = Vec::new();
        for (position, tag) in tagged {
            self.spend(1 + tag.values.len() / 8)?;
            for value in tag.values.iter() {
                by_value.entry(value.clone()).or_default().push(position);
            }
            if tag.or_no_string || tag.values.iter().any(|value| value.kind() != Kinds::STRING) {
                no_strings.push(position);
            }
            of_branches[position] = Some(tag);
        }
        let untagged = (0..branches.len()).filter(|&at| of_branches[at].is_none()).collect();
        Ok(Some(Tags { name, of_branches, by_value, no_strings, untagged }))
    }

    /// What the property of this name can be where all these assertions are kept; `None` if they do not say.
    fn tag(&mut self, atoms: &[AtomId], name: &str) -> Result<Option<Tag>, Why> {
        let mut children = Vec::new();
        for &atom in atoms {
            if let Atom::Properties(group) = self.memory.atoms.get(atom) {
                children.extend(group.of(name).unwrap_or_default());
            }
        }
        let mut listed: Option<Vec<Value>> = None;
        let mut words: Vec<Value> = Vec::new();
        for child in children {
            words.extend(self.word(child)?);
            if let Some(values) = self.listing(child, 0)? {
                listed = Some(match listed {
                    None => values.to_vec(),
                    Some(known) => {
                        known.into_iter().filter(|value| values.binary_search(value).is_ok()).collect()
                    }
                });
            }
        }
        let is_allowed =
            |value: &Value| value.kind() != Kinds::STRING || words.iter().all(|word| word == value);
        Ok(match (listed, words.first()) {
            (Some(listed), _) => {
                let values = listed.into_iter().filter(is_allowed).collect();
                Some(Tag { values, or_no_string: false })
            }
            (None, Some(word)) => {
                let values = Some(word.clone()).into_iter().filter(is_allowed).collect();
                Some(Tag { values, or_no_string: true })
            }
            (None, None) => None,
        })
    }

    /// Values of which every value of the problem is one; `None` if nothing that it keeps lists them.
    pub(super) fn shortest_listing(&mut self, problem: &Problem) -> Result<Option<Arc<[Value]>>, Why> {
        let mut shortest: Option<Arc<[Value]>> = None;
        for &atom in &problem.kept {
            let found = match self.memory.atoms.get(atom) {
                Atom::Values(values) => Some(values.clone()),
                Atom::Matches(pattern) => pattern.word().map(|word| Arc::from([Value::String(word)])),
                Atom::AnyOf(_) | Atom::OneOf(_) => {
                    let union = self.memory.atoms.node(self.arena, atom);
                    self.listing(union, 0)?
                }
                _ => None,
            };
            if let Some(found) = found
                && shortest.as_ref().is_none_or(|known| found.len() < known.len())
            {
                shortest = Some(found);
            }
        }
        Ok(shortest)
    }

    /// The only string that a schema accepts, by its pattern.
    fn word(&mut self, node: NodeId) -> Result<Option<Value>, Why> {
        let atoms = self.atoms_of(node)?;
        Ok(atoms.iter().find_map(|&atom| match self.memory.atoms.get(atom) {
            Atom::Matches(pattern) => pattern.word().map(Value::String),
            _ => None,
        }))
    }

    /// All values that a schema can accept at most, sorted; `None` if it does not list them.
    fn listing(&mut self, node: NodeId, depth: usize) -> Result<Option<Arc<[Value]>>, Why> {
        let class = self.arena.class(node);
        if let Some(known) = self.memory.listings.get(&class) {
            return Ok(known.clone());
        }
        let atoms = self.atoms_of(class)?;
        let mut listing: Option<Arc<[Value]>> = None;
        for &atom in atoms.iter() {
            let found: Option<Arc<[Value]>> = match self.memory.atoms.get(atom).clone() {
                Atom::Values(values) => Some(values.clone()),
                Atom::AnyOf(branches) | Atom::OneOf(branches) if depth < DEEPEST => {
                    self.listed_together(&branches, depth)?
                }
                Atom::Matches(pattern) if self.outright_kinds(&atoms) == Kinds::STRING => {
                    pattern.word().map(|word| Arc::from([Value::String(word)]))
                }
                _ => None,
            };
            if let Some(found) = found
                && listing.as_ref().is_none_or(|known| found.len() < known.len())
            {
                listing = Some(found);
            }
        }
        if depth == 0 {
            self.memory.listings.insert(class, listing.clone());
        }
        Ok(listing)
    }

    fn listed_together(&mut self, branches: &[NodeId], depth: usize) -> Result<Option<Arc<[Value]>>, Why> {
        let mut all = Vec::new();
        for &branch in branches {
            self.spend(1)?;
            let Some(values) = self.listing(branch, depth + 1)? else { return Ok(None) };
            all.extend(values.iter().cloned());
            if all.len() > MOST_VALUES {
                return Ok(None);
            }
        }
        all.sort_unstable();
        all.dedup();
        Ok(Some(all.into()))
    }
}
