//! Objects: which properties they need, which of them breaks what has to be broken, and what their
//! values are.
//!
//! Names that no schema mentions differ only in the patterns that they match. So a few of them stand
//! for all: one for every set of patterns that some name matches.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::atoms::{Atom, Properties, unsupported};
use super::engine::{Answer, Engine, first_of};
use super::node::{Kinds, Node, NodeId};
use super::search::Problem;
use super::strings::Pattern;
use super::value::Value;
use crate::compat::report::Why;

/// Ways to spread what has to be broken over properties that are tried.
const PLACEMENTS: usize = 256;
/// Sets of patterns for which a name is looked for.
const REGIONS: usize = 64;
/// The most properties that an object is filled up to.
const MOST_PROPERTIES: u64 = 500;

/// What an object has to be.
#[derive(Debug)]
struct Shape {
    groups: Vec<Rc<Properties>>,
    names: Vec<NodeId>,
    required: BTreeSet<Arc<str>>,
    forbidden: BTreeSet<Arc<str>>,
    min: u64,
    max: Option<u64>,
    demands: Vec<Demand>,
    /// Every name that is mentioned.
    known: BTreeSet<Arc<str>>,
}

/// Some property has to be wrong.
#[derive(Debug, Clone)]
enum Demand {
    Value(Rc<Properties>),
    Name(NodeId),
}

/// What tells names apart.
#[derive(Debug, Clone, PartialEq)]
enum Tell {
    Pattern(Pattern),
    /// Of names.
    Schema(NodeId),
}

/// A property that would do for a demand.
#[derive(Debug, Clone)]
struct Candidate {
    name: Arc<str>,
    nots: Vec<NodeId>,
}

type Chosen = BTreeMap<Arc<str>, Vec<NodeId>>;

impl Shape {
    fn of(engine: &Engine<'_>, problem: &Problem) -> Shape {
        let (groups, names, required, forbidden, demands, known) = Default::default();
        let mut shape = Shape { groups, names, required, forbidden, min: 0, max: None, demands, known };
        for &atom in &problem.kept {
            match engine.memory.atoms.get(atom) {
                Atom::Properties(group) => shape.groups.push(group.clone()),
                Atom::Names(node) => shape.names.push(*node),
                Atom::Required(name) => {
                    shape.required.insert(name.clone());
                }
                Atom::MinProperties(count) => shape.min = shape.min.max(*count),
                Atom::MaxProperties(count) => shape.at_most(*count),
                _ => {}
            }
        }
        for &atom in &problem.broken {
            match engine.memory.atoms.get(atom) {
                Atom::Properties(group) => shape.demands.push(Demand::Value(group.clone())),
                Atom::Names(node) => shape.demands.push(Demand::Name(*node)),
                Atom::Required(name) => {
                    shape.forbidden.insert(name.clone());
                }
                Atom::MinProperties(count) => shape.at_most(count.saturating_sub(1)),
                Atom::MaxProperties(count) => shape.min = shape.min.max(count.saturating_add(1)),
                _ => {}
            }
        }
        let mut known: BTreeSet<Arc<str>> = shape.required.union(&shape.forbidden).cloned().collect();
        let demanded = shape.demands.iter().filter_map(|demand| match demand {
            Demand::Value(group) => Some(group),
            Demand::Name(_) => None,
        });
        for group in shape.groups.iter().chain(demanded) {
            known.extend(group.named.iter().map(|(name, _)| name.clone()));
        }
        shape.known = known;
        shape
    }

    fn at_most(&mut self, count: u64) {
        self.max = Some(self.max.map_or(count, |max| max.min(count)));
    }

    fn has_room_for(&self, count: usize) -> bool {
        self.max.is_none_or(|max| count as u64 <= max)
    }

    /// What the property of this name has to be.
    fn musts(&self, name: &str) -> Result<Vec<NodeId>, Why> {
        let mut musts = Vec::new();
        for group in &self.groups {
            musts.extend(group.of(name)?);
        }
        Ok(musts)
    }

    /// The names to try, those that are there anyway first.
    fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.required.iter().chain(self.known.difference(&self.required))
    }
}

impl Engine<'_> {
    pub(super) fn object(&mut self, problem: &Problem) -> Answer {
        let mut shape = Shape::of(self, problem);
        self.mention_listed_names(&mut shape)?;
        self.spend(1 + shape.required.len() + shape.demands.len())?;
        let counts_meet = shape.max.is_none_or(|max| shape.min <= max);
        if !counts_meet
            || !shape.has_room_for(shape.required.len())
            || shape.required.intersection(&shape.forbidden).next().is_some()
        {
            return Ok(None);
        }
        let mut unknown = None;
        for name in shape.required.clone() {
            if !self.may_be_named(&shape, &name)? {
                return Ok(None);
            }
            match self.property(&shape, &name, &[]) {
                Ok(None) => return Ok(None),
                Ok(Some(_)) => {}
                Err(Why::Fuel) => return Err(Why::Fuel),
                Err(why) => unknown = Some(why),
            }
        }
        let mut candidates = Vec::new();
        for demand in shape.demands.clone() {
            let (found, gap) = self.candidates(&shape, &demand)?;
            if found.is_empty() {
                match gap {
                    None => return Ok(None),
                    Some(_) => unknown = gap,
                }
            } else {
                candidates.push((found, gap));
            }
        }
        if let Some(why) = unknown {
            return Err(why);
        }
        candidates.sort_by_key(|(found, _)| found.len());
        let mut placements = PLACEMENTS;
        let answer = self.place(&shape, &candidates, &mut Chosen::new(), &mut placements)?;
        let gap = candidates.into_iter().find_map(|(_, gap)| gap);
        match (answer, gap) {
            (None, Some(why)) => Err(why),
            (answer, _) => Ok(answer),
        }
    }

    /// Where names are one of a list, that list is what there is to know.
    fn mention_listed_names(&mut self, shape: &mut Shape) -> Result<(), Why> {
        for node in shape.names.clone() {
            for &atom in self.atoms_of(node)?.iter() {
                if let Atom::Values(values) = self.memory.atoms.get(atom) {
                    let names = values.iter().filter_map(|value| match value {
                        Value::String(name) => Some(name.clone()),
                        _ => None,
                    });
                    shape.known.extend(names);
                }
            }
        }
        Ok(())
    }

    fn may_be_named(&mut self, shape: &Shape, name: &Arc<str>) -> Result<bool, Why> {
        if shape.forbidden.contains(name) {
            return Ok(false);
        }
        for &node in &shape.names {
            if !self.accepts(node, &Value::String(name.clone()))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn property(&mut self, shape: &Shape, name: &str, nots: &[NodeId]) -> Answer {
        let musts = shape.musts(name)?;
        self.decide(&musts, nots)
    }

    /// Properties that would do for a demand, and why there may be others, if there may.
    fn candidates(&mut self, shape: &Shape, demand: &Demand) -> Result<(Vec<Candidate>, Option<Why>), Why> {
        let mut found = Vec::new();
        let mut gap = None;
        let names: Vec<Arc<str>> = shape.names().cloned().collect();
        for name in &names {
            self.try_candidate(shape, demand, name, &mut found, &mut gap)?;
        }
        let needs_others = match demand {
            Demand::Value(group) => !group.patterns.is_empty() || group.rest.is_some(),
            Demand::Name(_) => true,
        };
        if needs_others {
            // Each demand finds a name of its own, unless there is no room for that many.
            let is_shared = shape.max.is_some() && shape.demands.len() > 1;
            let asking = if is_shared { shape.demands.as_slice() } else { std::slice::from_ref(demand) };
            let mut tell = Vec::new();
            let mut nots: &[NodeId] = &[];
            for one in asking {
                match one {
                    Demand::Value(group) => {
                        tell.extend(group.patterns.iter().map(|(pattern, _)| Tell::Pattern(pattern.clone())));
                    }
                    Demand::Name(node) if is_shared => tell.push(Tell::Schema(*node)),
                    Demand::Name(node) => nots = std::slice::from_ref(node),
                }
            }
            let wanted = shape.demands.len();
            let (others, missing) = self.other_names(shape, tell, nots, &shape.known, wanted)?;
            gap = gap.or(missing);
            for name in &others {
                self.try_candidate(shape, demand, name, &mut found, &mut gap)?;
            }
        }
        Ok((found, gap))
    }

    fn try_candidate(
        &mut self,
        shape: &Shape,
        demand: &Demand,
        name: &Arc<str>,
        found: &mut Vec<Candidate>,
        gap: &mut Option<Why>,
    ) -> Result<(), Why> {
        let mut nots = Vec::new();
        let musts = shape.musts(name)?;
        match demand {
            Demand::Value(group) => {
                let children = group.of(name)?;
                let differing: Vec<NodeId> =
                    children.into_iter().filter(|child| !musts.contains(child)).collect();
                if differing.is_empty() {
                    return Ok(());
                }
                nots.push(self.arena.all_of(differing));
            }
            Demand::Name(node) => {
                if self.accepts(*node, &Value::String(name.clone()))? {
                    return Ok(());
                }
            }
        }
        if !self.may_be_named(shape, name)? {
            return Ok(());
        }
        match self.decide(&musts, &nots) {
            Ok(None) => {}
            Ok(Some(_)) => found.push(Candidate { name: name.clone(), nots }),
            Err(Why::Fuel) => return Err(Why::Fuel),
            Err(why) => *gap = Some(why),
        }
        Ok(())
    }

    /// Spread the demands over properties.
    fn place(
        &mut self,
        shape: &Shape,
        demands: &[(Vec<Candidate>, Option<Why>)],
        chosen: &mut Chosen,
        placements: &mut usize,
    ) -> Answer {
        let Some(((candidates, _), others)) = demands.split_first() else {
            return self.assemble(shape, chosen);
        };
        first_of(candidates, |Candidate { name, nots }| {
            if *placements == 0 {
                return Err(unsupported("this many ways to spread breaks over properties"));
            }
            *placements -= 1;
            let before = chosen.get(name).cloned();
            let entry = chosen.entry(name.clone()).or_default();
            entry.extend(nots);
            let merged = entry.clone();
            let count =
                shape.required.len() + chosen.keys().filter(|name| !shape.required.contains(*name)).count();
            let answer = if !shape.has_room_for(count) {
                Ok(None)
            } else {
                match before {
                    Some(_) => self.property(shape, name, &merged),
                    None => Ok(Some(Value::Null)),
                }
            };
            let answer = match answer {
                Ok(Some(_)) => self.place(shape, others, chosen, placements),
                other => other,
            };
            match before {
                Some(before) => chosen.insert(name.clone(), before),
                None => chosen.remove(name),
            };
            answer
        })
    }

    fn assemble(&mut self, shape: &Shape, chosen: &Chosen) -> Answer {
        let mut members = BTreeMap::new();
        let names: BTreeSet<&Arc<str>> = shape.required.iter().chain(chosen.keys()).collect();
        for name in names {
            let nots = chosen.get(name).map_or(&[][..], Vec::as_slice);
            let Some(value) = self.property(shape, name, nots)? else { return Ok(None) };
            members.insert(name.clone(), value);
        }
        if (members.len() as u64) < shape.min && !self.fill(shape, &mut members)? {
            return Ok(None);
        }
        Ok(Some(Value::Object(Arc::new(members))))
    }

    /// Add properties until there are enough; `false` when there are no more.
    fn fill(&mut self, shape: &Shape, members: &mut BTreeMap<Arc<str>, Value>) -> Result<bool, Why> {
        if shape.min > MOST_PROPERTIES {
            return Err(unsupported("an object of so many properties"));
        }
        let mut unknown = None;
        let mut names: Vec<Arc<str>> = shape.known.iter().cloned().collect();
        let mut used = shape.known.clone();
        loop {
            let mut progress = false;
            for name in names {
                if members.len() as u64 >= shape.min {
                    return Ok(true);
                }
                if members.contains_key(&name) || !self.may_be_named(shape, &name)? {
                    continue;
                }
                match self.property(shape, &name, &[]) {
                    Ok(None) => {}
                    Ok(Some(value)) => {
                        members.insert(name, value);
                        progress = true;
                    }
                    Err(Why::Fuel) => return Err(Why::Fuel),
                    Err(why) => unknown = Some(why),
                }
            }
            if members.len() as u64 >= shape.min {
                return Ok(true);
            }
            if !progress && used.len() > shape.known.len() + REGIONS {
                return Err(unknown.unwrap_or_else(|| unsupported("properties of so few names")));
            }
            let missing = shape.min as usize - members.len();
            let (others, gap) = self.other_names(shape, Vec::new(), &[], &used, missing.min(32))?;
            unknown = unknown.or(gap);
            if others.is_empty() {
                return unknown.map_or(Ok(false), Err);
            }
            used.extend(others.iter().cloned());
            names = others;
        }
    }

    /// Names that nothing mentions: for every set of what tells them apart that such a name can match, up to
    /// `wanted` of them. With it, why some sets may have been missed, if they may.
    fn other_names(
        &mut self,
        shape: &Shape,
        tell: Vec<Tell>,
        nots: &[NodeId],
        taken: &BTreeSet<Arc<str>>,
        wanted: usize,
    ) -> Result<(Vec<Arc<str>>, Option<Why>), Why> {
        let mut apart: Vec<Tell> = Vec::new();
        let of_groups = shape.groups.iter().flat_map(|group| group.patterns.iter());
        for one in of_groups.map(|(pattern, _)| Tell::Pattern(pattern.clone())).chain(tell) {
            if !apart.contains(&one) {
                apart.push(one);
            }
        }
        let mut name = Problem::new(Kinds::STRING);
        for &node in &shape.names {
            if !self.require(&mut name, node)? {
                return Ok((Vec::new(), None));
            }
        }
        for &node in nots {
            if !self.exclude_all(&mut name, &[node])? {
                return Ok((Vec::new(), None));
            }
        }
        let mut taken: Vec<Value> = taken.iter().cloned().map(Value::String).collect();
        let mut found = Vec::new();
        let mut gap = None;
        let mut regions = 0;
        let mut pending = vec![(name, 0)];
        while let Some((region, decided)) = pending.pop() {
            if regions == REGIONS {
                gap = Some(unsupported("this many patterns of property names"));
                break;
            }
            let more = if decided == apart.len() { wanted } else { 1 };
            let mut names = Vec::new();
            while names.len() < more {
                let mut question = region.clone();
                if !taken.is_empty() {
                    let listed = self.memory.atoms.one_of(taken.clone());
                    if !self.break_(&mut question, listed)? {
                        break;
                    }
                }
                match self.search(question) {
                    Ok(Some(Value::String(name))) => {
                        if decided == apart.len() {
                            taken.push(Value::String(name.clone()));
                        }
                        names.push(name);
                    }
                    Ok(_) => break,
                    Err(Why::Fuel) => return Err(Why::Fuel),
                    Err(why) => {
                        gap = Some(why);
                        break;
                    }
                }
            }
            if decided == apart.len() {
                regions += 1;
                found.extend(names);
                continue;
            }
            if names.is_empty() && gap.is_none() {
                continue;
            }
            for is_matched in [true, false] {
                let mut narrower = region.clone();
                let is_possible = match (&apart[decided], is_matched) {
                    (Tell::Pattern(pattern), _) => {
                        let matches = self.memory.atoms.id(Atom::Matches(pattern.clone()));
                        match is_matched {
                            true => self.keep(&mut narrower, matches)?,
                            false => self.break_(&mut narrower, matches)?,
                        }
                    }
                    (Tell::Schema(node), true) => self.require(&mut narrower, *node)?,
                    (Tell::Schema(node), false) => self.exclude_all(&mut narrower, &[*node])?,
                };
                if is_possible {
                    pending.push((narrower, decided + 1));
                }
            }
        }
        Ok((found, gap))
    }

    /// The schema of just this value.
    pub(super) fn exactly(&mut self, value: &Value) -> NodeId {
        let mut node = Node { kinds: value.kind(), ..Node::anything() };
        match value {
            Value::Object(members) => {
                let nothing = self.arena.intern(Node::nothing());
                let mut part = super::node::ObjectPart { additional: Some(nothing), ..Default::default() };
                for (name, member) in members.iter() {
                    let member = self.one_of_values(vec![member.clone()]);
                    part.properties.push((name.clone(), member));
                    part.required.push(name.clone());
                }
                node.object = Some(Box::new(part));
            }
            Value::Array(items) => {
                let count = items.len() as u64;
                let prefix = items.iter().map(|item| self.one_of_values(vec![item.clone()])).collect();
                node.array = Some(Box::new(super::node::ArrayPart {
                    prefix,
                    min_items: Some(count),
                    max_items: Some(count),
                    ..Default::default()
                }));
            }
            _ => node.constant = Some(value.clone()),
        }
        self.arena.intern(node)
    }
}
