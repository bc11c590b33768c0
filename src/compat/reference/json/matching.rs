//! Branches of one combination and those of another, each with one of the other side.

use std::rc::Rc;

use super::found::Found;
use crate::compat::budget::{Exhausted, Fuel};

/// As many pairs of an original and an update as can be, each at most once: for every original the
/// position of its update.
pub(super) fn matching(
    edges: &[Vec<(usize, Rc<Found>)>],
    updates: usize,
    fuel: &mut Fuel,
) -> Result<Vec<Option<usize>>, Exhausted> {
    fn augment(
        original: usize,
        edges: &[Vec<(usize, Rc<Found>)>],
        taken: &mut [Option<usize>],
        seen: &mut [bool],
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        fuel.spend(1 + edges[original].len() / 8)?;
        for &(update, _) in &edges[original] {
            if std::mem::replace(&mut seen[update], true) {
                continue;
            }
            let is_free = match taken[update] {
                None => true,
                Some(other) => augment(other, edges, taken, seen, fuel)?,
            };
            if is_free {
                taken[update] = Some(original);
                return Ok(true);
            }
        }
        Ok(false)
    }
    let mut taken = vec![None; updates];
    for original in 0..edges.len() {
        fuel.spend(updates / 64)?;
        augment(original, edges, &mut taken, &mut vec![false; updates], fuel)?;
    }
    let mut matched = vec![None; edges.len()];
    for (update, original) in taken.iter().enumerate() {
        if let Some(original) = original {
            matched[*original] = Some(update);
        }
    }
    Ok(matched)
}
