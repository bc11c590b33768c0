//! How a writer's types are matched with a reader's, in both dialects: which branch of a union is
//! chosen, which field is filled from where, which names go together.
//!
//! Nothing here looks at a value, and nothing here depends on whether types fit further inside, but for
//! the one look that Java takes into records in a union. The walk over types and the decoder share it.

use std::collections::HashMap;
use std::rc::Rc;

use super::branches::Directory;
use super::defaults::Defaults;
use super::dialect::Dialect;
use super::java::Java;
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Kind, Model, Primitive, Record, Type, TypeId};

/// A reader and a writer, and what was found out about how they match.
pub(in crate::compat) struct Resolution<'a> {
    pub(super) reader: &'a Model,
    pub(super) writer: &'a Model,
    pub(super) java: Java<'a>,
    defaults: Defaults<'a>,
    plans: HashMap<(TypeId, TypeId), Plans>,
    pub(super) directories: HashMap<TypeId, Rc<Directory<'a>>>,
}

/// Where the value of a reader's field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// From the writer's field at this position.
    Written(u32),
    /// From its default.
    Default,
    /// From a default that is no value.
    BadDefault,
    /// From nowhere.
    Nowhere,
    /// From several fields of the writer.
    Several,
}

/// How a record is read.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    /// For each field of the reader.
    pub(super) origins: Vec<Origin>,
    /// The written ones: writer's field, reader's field; in the order of the writer's.
    pub(super) written: Vec<(u32, u32)>,
}

/// Plans by dialect; mostly one and the same.
#[derive(Clone)]
struct Plans {
    specification: Rc<Plan>,
    java: Rc<Plan>,
}

impl<'a> Resolution<'a> {
    pub(in crate::compat) fn of(
        reader: &'a Model,
        writer: &'a Model,
        fuel: &mut Fuel,
    ) -> Result<Resolution<'a>, Exhausted> {
        let java = Java::of(reader, writer, fuel)?;
        let defaults = Defaults::of(reader);
        let (plans, directories) = (HashMap::new(), HashMap::new());
        Ok(Resolution { reader, writer, java, defaults, plans, directories })
    }

    /// The reader and the writer.
    pub(in crate::compat) fn models(&self) -> (&'a Model, &'a Model) {
        (self.reader, self.writer)
    }

    /// Do the names of two types of one kind go together? Java does not look at those of records.
    pub(super) fn is_named_alike(&self, reader: TypeId, writer: TypeId, dialect: Dialect) -> bool {
        let (read, written) = (self.reader.get(reader), self.writer.get(writer));
        match (dialect, &read.kind) {
            (Dialect::Specification, _) => named_alike(read, written),
            (Dialect::Java, Kind::Record(_)) => true,
            (Dialect::Java, _) => match (read.name(), self.java.name(written)) {
                (Some(read), Some(written)) => read.simple() == simple(written),
                _ => false,
            },
        }
    }

    /// How a record is read into a record. `None` when one of them is none.
    pub(super) fn plan(
        &mut self,
        reader: TypeId,
        writer: TypeId,
        dialect: Dialect,
        fuel: &mut Fuel,
    ) -> Result<Option<Rc<Plan>>, Exhausted> {
        let of = |plans: &Plans| match dialect {
            Dialect::Specification => Rc::clone(&plans.specification),
            Dialect::Java => Rc::clone(&plans.java),
        };
        if let Some(plans) = self.plans.get(&(reader, writer)) {
            return Ok(Some(of(plans)));
        }
        let (readers, writers) = (self.reader, self.writer);
        let (Kind::Record(read), Kind::Record(written)) =
            (&readers.get(reader).kind, &writers.get(writer).kind)
        else {
            return Ok(None);
        };
        let names = Names { resolution: self, writer: writers.get(writer), record: written };
        let hits = names.by_specification(read, fuel)?;
        let hits_for_java = names.by_java(read, fuel)?;
        let specification = Rc::new(self.plan_of(read, hits, Dialect::Specification, fuel)?);
        let java = self.plan_of(read, hits_for_java, Dialect::Java, fuel)?;
        let java = if java == *specification { Rc::clone(&specification) } else { Rc::new(java) };
        let plans = Plans { specification, java };
        let plan = of(&plans);
        self.plans.insert((reader, writer), plans);
        Ok(Some(plan))
    }

    fn plan_of(
        &mut self,
        reader: &'a Record,
        hits: Vec<Option<Hit>>,
        dialect: Dialect,
        fuel: &mut Fuel,
    ) -> Result<Plan, Exhausted> {
        let mut plan = Plan { origins: Vec::with_capacity(hits.len()), written: Vec::new() };
        for (position, (field, hit)) in reader.fields.iter().zip(hits).enumerate() {
            let origin = match hit {
                Some(Hit::One(written)) => {
                    plan.written.push((written, position as u32));
                    Origin::Written(written)
                }
                Some(Hit::Several) => Origin::Several,
                None => match self.defaults.evaluate(field, dialect, fuel)? {
                    Some(true) => Origin::Default,
                    Some(false) => Origin::BadDefault,
                    None => Origin::Nowhere,
                },
            };
            plan.origins.push(origin);
        }
        plan.written.sort_unstable();
        Ok(plan)
    }
}

#[derive(Clone, Copy)]
enum Hit {
    One(u32),
    Several,
}

/// The fields of a writer's record by name.
struct Names<'r, 'a> {
    resolution: &'r Resolution<'a>,
    writer: &'a Type,
    record: &'a Record,
}

impl<'a> Names<'_, 'a> {
    /// Each reader's field takes what was written under its name or one of its aliases.
    fn by_specification(&self, reader: &Record, fuel: &mut Fuel) -> Result<Vec<Option<Hit>>, Exhausted> {
        fuel.spend(self.record.fields.len())?;
        let written = self.positions(|name| name);
        let mut hits = Vec::with_capacity(reader.fields.len());
        for field in &reader.fields {
            fuel.spend(1 + field.aliases.len())?;
            let names = std::iter::once(&field.name).chain(&field.aliases);
            let mut found = names.filter_map(|name| written.get(name.as_str()).copied());
            let first = found.next();
            let another = found.any(|other| Some(other) != first);
            hits.push(first.map(|first| if another { Hit::Several } else { Hit::One(first) }));
        }
        Ok(hits)
    }

    /// Java renames what was written, by the aliases of the reader's record of the same full name.
    fn by_java(&self, reader: &Record, fuel: &mut Fuel) -> Result<Vec<Option<Hit>>, Exhausted> {
        fuel.spend(self.record.fields.len() + reader.fields.len())?;
        let record = self.resolution.java.name(self.writer).unwrap_or_default();
        let written = self.positions(|name| self.resolution.java.field(record, name));
        Ok(reader
            .fields
            .iter()
            .map(|field| written.get(field.name.as_str()).copied().map(Hit::One))
            .collect())
    }

    fn positions(&self, name: impl Fn(&'a str) -> &'a str) -> HashMap<&'a str, u32> {
        let fields = self.record.fields.iter().enumerate();
        fields.map(|(position, field)| (name(&field.name), position as u32)).collect()
    }
}

/// Are two named types the same one as far as their names tell?
pub(in crate::compat) fn named_alike(reader: &Type, writer: &Type) -> bool {
    match (reader.name(), writer.name()) {
        (Some(read), Some(written)) => {
            read.simple() == written.simple()
                || reader.aliases().iter().any(|alias| alias.full() == written.full())
        }
        _ => false,
    }
}

/// Equal primitives and the promotions.
pub(in crate::compat) fn reads(reader: Primitive, writer: Primitive) -> bool {
    use Primitive::{Bytes, Double, Float, Int, Long, String};
    reader == writer
        || matches!(
            (writer, reader),
            (Int, Long | Float | Double)
                | (Long, Float | Double)
                | (Float, Double)
                | (String, Bytes)
                | (Bytes, String)
        )
}

/// What follows the last dot of a full name.
pub(super) fn simple(full: &str) -> &str {
    full.rsplit('.').next().unwrap_or(full)
}
