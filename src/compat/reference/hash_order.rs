//! The order in which the reference lists messages of one scope: that of a Java hash table of their
//! names. It depends on the names alone, so that it can be told without one.

use std::collections::HashSet;
use std::rc::Rc;

/// What a Java hash table has room for when it is made without a size.
const DEFAULT_CAPACITY: usize = 16;

/// The names of both lists, each once, as the reference goes through them. `original` and `update`
/// hold each name once.
pub(in crate::compat::reference) fn union<'a>(original: &[&'a str], update: &[&'a str]) -> Vec<&'a str> {
    let (original, update) = (table_order(original), table_order(update));
    let known: HashSet<&str> = original.iter().copied().collect();
    let capacity = copied(original.len());
    let mut names = original;
    names.extend(update.into_iter().filter(|name| !known.contains(name)));
    sort(&mut names, capacity);
    names
}

/// Names as a hash table that grew with them goes through them, with their hashes.
#[derive(Debug, Default)]
pub(in crate::compat::reference) struct Table(Vec<(u32, Rc<str>)>);

impl Table {
    /// Each name comes once.
    pub(in crate::compat::reference) fn of(names: Vec<Rc<str>>) -> Table {
        let names = names.into_iter().map(|name| (spread(hash(&name)), name));
        let mut names: Vec<(u32, Rc<str>)> = names.collect();
        let capacity = grown(DEFAULT_CAPACITY, names.len());
        names.sort_by_key(|(hash, _)| *hash as usize & (capacity - 1));
        Table(names)
    }

    pub(in crate::compat::reference) fn names(&self) -> impl Iterator<Item = &Rc<str>> {
        self.0.iter().map(|(_, name)| name)
    }

    /// The same as [`union`], for names that are looked at more than once. `is_known` tells whether this
    /// table has a name.
    pub(in crate::compat::reference) fn union<'t>(
        &'t self,
        update: &'t Table,
        is_known: impl Fn(&str) -> bool,
    ) -> Vec<&'t Rc<str>> {
        let mut names: Vec<&(u32, Rc<str>)> = self.0.iter().collect();
        names.extend(update.0.iter().filter(|(_, name)| !is_known(name)));
        let capacity = grown(copied(self.0.len()), names.len());
        names.sort_by_key(|(hash, _)| *hash as usize & (capacity - 1));
        names.into_iter().map(|(_, name)| name).collect()
    }
}

/// The order of a table that grew with its content.
fn table_order<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    sort(&mut names, DEFAULT_CAPACITY);
    names
}

/// The room of a set that is made from a collection: enough for it, from where it grows.
fn copied(names: usize) -> usize {
    let room = (names as f32 / 0.75) as usize + 1;
    room.max(DEFAULT_CAPACITY).next_power_of_two()
}

/// The room of a table when it has so many names.
fn grown(mut capacity: usize, names: usize) -> usize {
    while names > capacity / 4 * 3 {
        capacity *= 2;
    }
    capacity
}

/// Names that fall into one bucket stay in the order in which they came.
fn sort(names: &mut [&str], capacity: usize) {
    let mask = grown(capacity, names.len()) - 1;
    names.sort_by_cached_key(|name| spread(hash(name)) as usize & mask);
}

/// Java's `String.hashCode`.
fn hash(name: &str) -> u32 {
    name.encode_utf16().fold(0, |hash: u32, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)))
}

/// Hash tables mix the upper half in.
fn spread(hash: u32) -> u32 {
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::{Table, hash, union};

    #[test]
    fn names_are_hashed_as_in_java() {
        assert_eq!(hash(""), 0);
        assert_eq!(hash("hello"), 99_162_322);
        assert_eq!(hash("polygenelubricants"), 0x8000_0000);
    }

    #[test]
    fn the_order_is_that_of_the_buckets() {
        assert_eq!(union(&["M", "N"], &["M", "N2"]), ["N2", "M", "N"]);
        assert_eq!(union(&[], &[]), [""; 0]);
        let table = |names: &[&str]| Table::of(names.iter().map(|name| (*name).into()).collect());
        let (original, update) = (table(&["M", "N"]), table(&["M", "N2"]));
        let names = original.union(&update, |name| ["M", "N"].contains(&name));
        assert_eq!(names.iter().map(|name| &***name).collect::<Vec<_>>(), ["N2", "M", "N"]);
        // `Aa` and `BB` have the same hash.
        assert_eq!(union(&["BB"], &["Aa"]), ["BB", "Aa"]);
        assert_eq!(union(&["Aa"], &["BB"]), ["Aa", "BB"]);
    }

    #[test]
    fn tables_grow() {
        let names: Vec<String> = (0..100).map(|index| format!("M{index}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let order = union(&names, &names);
        assert_eq!(order.len(), 100);
        // 77 * 31 + 49 = 2436 is in bucket 132 of 256, 2435 in the one before.
        let at = |name| order.iter().position(|other| *other == name).expect("each name is listed");
        assert_eq!(at("M0") + 1, at("M1"));
    }
}
