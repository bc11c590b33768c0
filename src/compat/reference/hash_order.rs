//! The order in which the reference lists messages of one scope: that of a Java hash table of their
//! names. It depends on the names alone, so that it can be told without one.

use std::collections::HashSet;

/// What a Java hash table has room for when it is made without a size.
const DEFAULT_CAPACITY: usize = 16;

/// The names of both lists, each once, as the reference goes through them. `original` and `update`
/// hold each name once.
pub(in crate::compat::reference) fn union<'a>(original: &[&'a str], update: &[&'a str]) -> Vec<&'a str> {
    let (original, update) = (table_order(original), table_order(update));
    let known: HashSet<&str> = original.iter().copied().collect();
    // A set made from a collection is given room for it, and grows from there.
    let room = (original.len() as f32 / 0.75) as usize + 1;
    let capacity = room.max(DEFAULT_CAPACITY).next_power_of_two();
    let mut names = original;
    names.extend(update.into_iter().filter(|name| !known.contains(name)));
    sort(&mut names, capacity);
    names
}

/// The order of a table that grew with its content, which has each name once.
pub(in crate::compat::reference) fn table_order<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    sort(&mut names, DEFAULT_CAPACITY);
    names
}

/// Names that fall into one bucket stay in the order in which they came.
fn sort(names: &mut [&str], mut capacity: usize) {
    while names.len() > capacity / 4 * 3 {
        capacity *= 2;
    }
    let mask = capacity - 1;
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
    use super::{hash, union};

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
