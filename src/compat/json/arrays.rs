//! Arrays: how long they are, which item breaks what has to be broken, and what the items are.
//!
//! Positions beyond every prefix are alike. What has to be somewhere is tried at each position of the
//! prefixes, where something is already, and at the first free position beyond.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::atoms::{Atom, Items, unsupported};
use super::engine::{Answer, Engine, first_of};
use super::node::NodeId;
use super::search::Problem;
use super::value::Value;
use crate::compat::report::Why;

/// Ways to spread what has to be somewhere over positions that are tried.
const PLACEMENTS: usize = 256;
/// The most items that an array is filled up to.
const MOST_ITEMS: u64 = 1_000;
/// The most items of one schema that are placed one by one.
const MOST_CONTAINED: u64 = 64;

/// What an array has to be.
#[derive(Debug, Default)]
struct Row {
    groups: Vec<Rc<Items>>,
    counts: Vec<Count>,
    tasks: Vec<Task>,
    min: u64,
    max: Option<u64>,
    unique: bool,
    /// Beyond all prefixes.
    beyond: usize,
}

/// How many items may be of a schema.
#[derive(Debug, Clone)]
struct Count {
    node: NodeId,
    max: u64,
}

/// Something has to be somewhere.
#[derive(Debug, Clone)]
enum Task {
    /// An item that is wrong.
    Wrong(Rc<Items>),
    /// An item of this schema, behind the one of the task before it if that is of the same.
    Contained(NodeId),
    /// Two items that are equal.
    Equal,
}

/// What is asked of an item beyond what its position asks.
#[derive(Debug, Clone, Default)]
struct Slot {
    must: Vec<NodeId>,
    must_not: Vec<NodeId>,
}

type Slots = BTreeMap<usize, Slot>;

impl Row {
    fn of(engine: &Engine<'_>, problem: &Problem) -> Result<Row, Why> {
        let mut row = Row::default();
        let mut least: BTreeMap<NodeId, u64> = BTreeMap::new();
        for &atom in &problem.kept {
            match engine.memory.atoms.get(atom) {
                Atom::Items(group) => row.groups.push(group.clone()),
                Atom::Contains(node, min, max) => {
                    if *min > MOST_CONTAINED {
                        return Err(unsupported("minContains this large"));
                    }
                    let known = least.entry(*node).or_default();
                    *known = (*known).max(*min);
                    row.counts.extend(max.map(|max| Count { node: *node, max }));
                }
                Atom::MinItems(count) => row.min = row.min.max(*count),
                Atom::MaxItems(count) => row.at_most(*count),
                Atom::Unique => row.unique = true,
                _ => {}
            }
        }
        for &atom in &problem.broken {
            match engine.memory.atoms.get(atom) {
                Atom::Items(group) => row.tasks.push(Task::Wrong(group.clone())),
                Atom::MinItems(count) => row.at_most(count.saturating_sub(1)),
                Atom::MaxItems(count) => row.min = row.min.max(count.saturating_add(1)),
                Atom::Unique => row.tasks.push(Task::Equal),
                _ => {}
            }
        }
        let contained =
            least.into_iter().flat_map(|(node, min)| (0..min).map(move |_| Task::Contained(node)));
        row.tasks.extend(contained);
        let wrong = row.tasks.iter().filter_map(|task| match task {
            Task::Wrong(group) => Some(group),
            _ => None,
        });
        row.beyond = row.groups.iter().chain(wrong).map(|group| group.prefix.len()).max().unwrap_or(0);
        Ok(row)
    }

    fn at_most(&mut self, count: u64) {
        self.max = Some(self.max.map_or(count, |max| max.min(count)));
    }

    fn has_room_for(&self, count: usize) -> bool {
        self.max.is_none_or(|max| count as u64 <= max)
    }

    fn musts(&self, position: usize) -> Vec<NodeId> {
        self.groups.iter().filter_map(|group| group.of(position)).collect()
    }

    /// The positions to try.
    fn positions(&self, slots: &Slots) -> Vec<usize> {
        let mut positions: BTreeSet<usize> = (0..self.beyond).collect();
        positions.extend(slots.keys());
        let free = (self.beyond..).find(|position| !slots.contains_key(position));
        positions.extend(free);
        positions.retain(|&position| self.has_room_for(position + 1));
        positions.into_iter().collect()
    }
}

impl Engine<'_> {
    pub(super) fn array(&mut self, problem: &Problem) -> Answer {
        let row = Row::of(self, problem)?;
        if row.max.is_some_and(|max| row.min > max) {
            return Ok(None);
        }
        let mut placements = PLACEMENTS;
        self.place_items(&row, &row.tasks, &mut Slots::new(), None, &mut placements)
    }

    fn item(&mut self, row: &Row, position: usize, slot: &Slot, others: &[NodeId]) -> Answer {
        let mut must = row.musts(position);
        must.extend(&slot.must);
        let must_not: Vec<NodeId> = slot.must_not.iter().chain(others).copied().collect();
        self.decide(&must, &must_not)
    }

    /// Find a position for each task. `last` is where the task before was put, if it is of the same
    /// schema: one by one, items are put from left to right.
    fn place_items(
        &mut self,
        row: &Row,
        tasks: &[Task],
        slots: &mut Slots,
        last: Option<usize>,
        placements: &mut usize,
    ) -> Answer {
        let Some((task, others)) = tasks.split_first() else { return self.fill_items(row, slots) };
        if let Task::Equal = task {
            return self.place_equal(row, others, slots, placements);
        }
        first_of(row.positions(slots), |position| {
            let before = slots.get(&position).cloned();
            let mut slot = before.clone().unwrap_or_default();
            let mut next = None;
            match task {
                Task::Wrong(group) => {
                    let Some(child) = group.of(position) else { return Ok(None) };
                    if row.musts(position).contains(&child) {
                        return Ok(None);
                    }
                    slot.must_not.push(child);
                }
                Task::Contained(node) => {
                    if last.is_some_and(|last| position <= last) {
                        return Ok(None);
                    }
                    slot.must.push(*node);
                    let continues = matches!(others.first(), Some(Task::Contained(other)) if other == node);
                    next = Some(position).filter(|_| continues);
                }
                Task::Equal => {}
            }
            if *placements == 0 {
                return Err(unsupported("this many ways to spread breaks over items"));
            }
            *placements -= 1;
            if self.item(row, position, &slot, &[])?.is_none() {
                return Ok(None);
            }
            slots.insert(position, slot);
            let answer = self.place_items(row, others, slots, next, placements);
            match before {
                Some(before) => slots.insert(position, before),
                None => slots.remove(&position),
            };
            answer
        })
    }

    fn place_equal(
        &mut self,
        row: &Row,
        tasks: &[Task],
        slots: &mut Slots,
        placements: &mut usize,
    ) -> Answer {
        // Two that nothing was put on so far, and everything before them.
        let end = row.beyond.max(slots.last_key_value().map_or(0, |(last, _)| last + 1));
        let pairs = (1..=end + 1).flat_map(|right| (0..right).map(move |left| (left, right)));
        let with_room = pairs.take_while(|(_, right)| row.has_room_for(right + 1));
        // Of values that may be there only so often, others are taken if there are others.
        let counted: Vec<NodeId> = row.counts.iter().map(|count| count.node).collect();
        first_of(with_room, |(left, right)| {
            if *placements == 0 {
                return Err(unsupported("this many ways to spread breaks over items"));
            }
            *placements -= 1;
            let mut both = row.musts(left);
            both.extend(row.musts(right));
            let mut must_not = Vec::new();
            for slot in [slots.get(&left), slots.get(&right)].into_iter().flatten() {
                both.extend(&slot.must);
                must_not.extend(&slot.must_not);
            }
            let uncounted: Vec<NodeId> = must_not.iter().chain(&counted).copied().collect();
            let value = match self.decide(&both, &uncounted)? {
                None if !counted.is_empty() => self.decide(&both, &must_not)?,
                value => value,
            };
            let Some(value) = value else { return Ok(None) };
            let equal = self.one_of_values(vec![value]);
            let before = slots.clone();
            for position in [left, right] {
                slots.entry(position).or_default().must.push(equal);
            }
            let answer = self.place_items(row, tasks, slots, None, placements);
            *slots = before;
            match answer {
                // Another value in both places might have done.
                Ok(None) if !tasks.is_empty() || !counted.is_empty() => {
                    Err(unsupported("equal items beside other demands"))
                }
                answer => answer,
            }
        })
    }

    fn fill_items(&mut self, row: &Row, slots: &Slots) -> Answer {
        let used = slots.last_key_value().map_or(0, |(last, _)| *last as u64 + 1);
        let length = row.min.max(used);
        if row.max.is_some_and(|max| length > max) {
            return Ok(None);
        }
        if length > MOST_ITEMS {
            return Err(unsupported("an array of so many items"));
        }
        let free = Slot::default();
        let mut room: Vec<u64> = Vec::new();
        for count in &row.counts {
            let taken = slots.values().filter(|slot| slot.must.contains(&count.node)).count() as u64;
            match count.max.checked_sub(taken) {
                Some(left) => room.push(left),
                None => return Ok(None),
            }
        }
        let mut items: Vec<Value> = Vec::new();
        for position in 0..length as usize {
            self.spend(1)?;
            let slot = slots.get(&position).unwrap_or(&free);
            let others = match row.unique && !items.is_empty() {
                true => vec![self.one_of_values(items.clone())],
                false => Vec::new(),
            };
            let answer = self.counted_item(row, position, slot, &others, &mut room)?;
            match answer {
                Some(value) => items.push(value),
                // What was counted so far may have been counted badly.
                None if row.counts.len() > 1 && self.item(row, position, slot, &[])?.is_some() => {
                    return Err(unsupported("several counted schemas of the same items"));
                }
                None if others.is_empty() => return Ok(None),
                // All items so far may have been chosen badly, unless all are alike.
                None if slots.is_empty() && row.beyond == 0 && row.counts.is_empty() => return Ok(None),
                None => return Err(unsupported("distinct items of different schemas")),
            }
        }
        Ok(Some(Value::Array(Arc::from(items))))
    }

    /// An item that is of as few of the counted schemas as can be.
    fn counted_item(
        &mut self,
        row: &Row,
        position: usize,
        slot: &Slot,
        others: &[NodeId],
        room: &mut [u64],
    ) -> Answer {
        let counts: Vec<usize> =
            (0..row.counts.len()).filter(|&at| !slot.must.contains(&row.counts[at].node)).collect();
        if counts.len() > 4 {
            return Err(unsupported("this many counted schemas"));
        }
        let mut sets: Vec<u32> = (0..1 << counts.len()).collect();
        sets.sort_by_key(|set| set.count_ones());
        for set in sets {
            let is_of = |bit: usize| set >> bit & 1 == 1;
            let (within, without): (Vec<usize>, Vec<usize>) = (0..counts.len()).partition(|&bit| is_of(bit));
            if within.iter().any(|&bit| room[counts[bit]] == 0) {
                continue;
            }
            let mut slot = slot.clone();
            slot.must_not.extend(without.iter().map(|&bit| row.counts[counts[bit]].node));
            if let Some(value) = self.item(row, position, &slot, others)? {
                within.iter().for_each(|&bit| room[counts[bit]] -= 1);
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}
