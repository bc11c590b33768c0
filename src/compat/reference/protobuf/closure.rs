//! Do two definitions come from the same text?
//!
//! The reference asks whether both come from the same version of the same subject, and compares no
//! further if so. A version never changes, nor does what it refers to; so here the same text, with
//! the same texts in what it imports, is taken for the same. Comparing it would find nothing.

use std::collections::{HashMap, HashSet};

use super::NoAnswer;
use crate::compat::budget::Fuel;
use crate::schema::protobuf::ProtobufSchema;
use crate::schema::protobuf::model::File;
use crate::schema::protobuf::names::Origin;

/// The files of two schemas, paired.
pub(super) struct Closures<'a> {
    original: Files<'a>,
    update: Files<'a>,
    known: HashMap<(usize, usize), bool>,
}

struct Files<'a> {
    all: &'a [(String, File)],
    by_path: HashMap<&'a str, usize>,
}

impl<'a> Files<'a> {
    fn of(schema: &'a ProtobufSchema) -> Files<'a> {
        let all = schema.dependencies();
        // Of two files of one path the first counts.
        let paths = all.iter().enumerate().rev();
        Files { all, by_path: paths.map(|(index, (path, _))| (path.as_str(), index)).collect() }
    }
}

impl<'a> Closures<'a> {
    pub(super) fn of(original: &'a ProtobufSchema, update: &'a ProtobufSchema) -> Closures<'a> {
        Closures { original: Files::of(original), update: Files::of(update), known: HashMap::new() }
    }

    /// Two types of the schemas themselves count as the same too: those are compared where they stand.
    pub(super) fn are_the_same(
        &mut self,
        original: Origin,
        update: Origin,
        fuel: &mut Fuel,
    ) -> Result<bool, NoAnswer> {
        match (original, update) {
            (Origin::Dependency(original), Origin::Dependency(update)) => {
                self.files_are_the_same(original, update, fuel)
            }
            _ => Ok(original == update),
        }
    }

    fn files_are_the_same(
        &mut self,
        original: usize,
        update: usize,
        fuel: &mut Fuel,
    ) -> Result<bool, NoAnswer> {
        fuel.spend(1)?;
        if let Some(known) = self.known.get(&(original, update)) {
            return Ok(*known);
        }
        let same = self.walk(original, update, fuel)?;
        self.known.insert((original, update), same);
        Ok(same)
    }

    fn walk(&self, original: usize, update: usize, fuel: &mut Fuel) -> Result<bool, NoAnswer> {
        let mut seen = HashSet::from([(original, update)]);
        let mut due = vec![(original, update)];
        while let Some((original, update)) = due.pop() {
            let pair = (self.original.all.get(original), self.update.all.get(update));
            let (Some((path, file)), Some((other_path, other))) = pair else { return Ok(false) };
            fuel.spend(1 + file.types.len() + file.imports.len())?;
            if path != other_path || file != other {
                return Ok(false);
            }
            for import in &file.imports {
                let path = import.path.as_str();
                match (self.original.by_path.get(path), self.update.by_path.get(path)) {
                    (Some(&original), Some(&update)) => {
                        if seen.insert((original, update)) {
                            due.push((original, update));
                        }
                    }
                    // A built-in file, or one that is missing on both sides.
                    (None, None) => {}
                    _ => return Ok(false),
                }
            }
        }
        Ok(true)
    }
}
