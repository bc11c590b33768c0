//! A bundle as a base to check against: it tells what the registry told when the bundle was made.

use std::collections::{BTreeMap, HashMap};

use super::{Bundle, BundledReference, BundledSchema};
use crate::gate::judge::{Condition, Earlier, Origin};
use crate::gate::registered::{Inquiry, Told};
use crate::model::{Depth, Format, Judging, Level, Subject, Version};
use crate::schema::Dependency;

/// How many texts a schema may refer to, directly or not: a bound on what a file can make us do.
const MOST_REFERENCES: usize = 10_000;

/// The schemas of a bundle, by subject and version.
pub(crate) struct BundledRegistry<'a> {
    level: &'a str,
    schemas: HashMap<&'a str, BTreeMap<i32, &'a BundledSchema>>,
}

impl<'a> BundledRegistry<'a> {
    pub(crate) fn of(bundle: &'a Bundle) -> BundledRegistry<'a> {
        let mut schemas: HashMap<&str, BTreeMap<i32, &BundledSchema>> = HashMap::new();
        for schema in &bundle.schemas {
            schemas.entry(&schema.subject).or_default().insert(schema.version, schema);
        }
        BundledRegistry { level: &bundle.level, schemas }
    }

    /// What the registry told of a subject, or a sentence that says why that cannot be known.
    pub(crate) fn tell(&self, inquiry: &Inquiry) -> Result<Told, String> {
        let Inquiry { subject, format, level } = inquiry;
        let none = BTreeMap::new();
        // However the subject is spelt.
        let subject = Subject::parse(subject).to_string();
        let versions = self.schemas.get(subject.as_str()).unwrap_or(&none);
        let own = versions.values().next_back().and_then(|schema| schema.level.as_deref());
        let level = match level {
            Some(level) => *level,
            None => own.unwrap_or(self.level).parse::<Level>().map_err(|error| error.to_string())?,
        };
        let depth = match level.depth() {
            Depth::Latest => 1,
            Depth::All => versions.len(),
        };
        let newest = || versions.values().rev();
        let compared = newest().take(depth).map(|schema| self.earlier(schema)).collect::<Result<_, _>>()?;
        let numbered = match format {
            Format::Protobuf if level != Level::None => {
                newest().map(|schema| self.earlier(schema)).collect::<Result<_, _>>()?
            }
            _ => Vec::new(),
        };
        Ok(Told { level, judging: Judging::default(), compared, numbered })
    }

    fn earlier(&self, schema: &BundledSchema) -> Result<Earlier, String> {
        let version = Version::new(schema.version)
            .ok_or_else(|| format!("the bundle holds version {} of `{}`", schema.version, schema.subject))?;
        let mut dependencies = Vec::new();
        self.closure(&Subject::parse(&schema.subject), &schema.references, &mut dependencies)?;
        Ok(Earlier {
            origin: Origin::Version { version, id: schema.id },
            is_deleted: false,
            format: schema.format().map_err(|failure| failure.error.to_string())?,
            text: schema.schema.clone(),
            dependencies,
            condition: Condition::Whole,
        })
    }

    /// Everything that `references` lead to, referenced texts first, each name once.
    fn closure(
        &self,
        home: &Subject,
        references: &[BundledReference],
        found: &mut Vec<Dependency>,
    ) -> Result<(), String> {
        // Each reference is met twice: on the way down, and again when what it refers to is in the list.
        let mut open: Vec<(&BundledReference, Subject, bool)> =
            references.iter().rev().map(|reference| (reference, home.clone(), false)).collect();
        let mut met = 0;
        while let Some((reference, home, is_below_done)) = open.pop() {
            if found.iter().any(|dependency| dependency.name == reference.name) {
                continue;
            }
            let subject = Subject::parse_in(&reference.subject, home.context());
            let versions = self.schemas.get(subject.to_string().as_str());
            let schema = versions.and_then(|versions| versions.get(&reference.version)).ok_or_else(|| {
                format!("the bundle lacks `{subject}` version {}, which is referred to", reference.version)
            })?;
            if is_below_done {
                let origin = Version::new(schema.version).map(|version| (subject, version));
                found.push(Dependency { name: reference.name.clone(), origin, text: schema.schema.clone() });
                continue;
            }
            met += 1;
            if met > MOST_REFERENCES {
                return Err(format!("`{home}` refers to more than {MOST_REFERENCES} schemas"));
            }
            open.push((reference, home, true));
            open.extend(schema.references.iter().rev().map(|inner| (inner, subject.clone(), false)));
        }
        Ok(())
    }
}
