//! A bundle without a registry: declared files, and the lock that knows their versions and ids.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::{BUNDLE_VERSION, Bundle, BundledReference, BundledSchema, digest};
use crate::failure::{Failure, Outcome};
use crate::gate::lock::{Lock, Locked};
use crate::gate::plan::Wanted;
use crate::model::Level;
use crate::schema::{Options, Schema};

/// A bundle of what is declared, as it was when it was locked.
///
/// # Errors
/// When a file is not what was locked, or something in the lock is not declared.
pub(crate) fn of_files(wanted: &[Wanted], lock: &Lock) -> Result<Bundle, Failure> {
    let wanted: BTreeMap<&str, &Wanted> = wanted.iter().map(|one| (one.subject.as_str(), one)).collect();
    let schemas = lock.schemas.iter().map(|locked| {
        let declared = wanted.get(locked.subject.as_str()).filter(|_| locked.path.is_some());
        let declared = declared.ok_or_else(|| {
            outdated(format!(
                "no file declares `{}` version {}, which is in the lock",
                locked.subject, locked.version
            ))
        })?;
        schema(declared, locked, lock)
    });
    Ok(Bundle {
        format_version: BUNDLE_VERSION,
        registry: lock.registry.clone(),
        context: lock.context.clone(),
        level: Level::Backward.as_str().to_owned(),
        schemas: schemas.collect::<Result<_, _>>()?,
        files: BTreeMap::new(),
    })
}

fn schema(wanted: &Wanted, locked: &Locked, lock: &Lock) -> Result<BundledSchema, Failure> {
    let reference = |reference: &crate::gate::plan::WantedReference| {
        let known = || lock.of(&reference.subject).map(|locked| locked.version);
        let version = reference.version.or_else(known).ok_or_else(|| {
            outdated(format!("the lock lacks `{}`, which {} refers to", reference.subject, wanted.path))
        })?;
        Ok(BundledReference { name: reference.name.clone(), subject: reference.subject.clone(), version })
    };
    let text = served(wanted, locked)
        .ok_or_else(|| outdated(format!("{} is not what was locked as `{}`", wanted.path, wanted.subject)))?;
    Ok(BundledSchema {
        subject: wanted.subject.clone(),
        version: locked.version,
        id: locked.id,
        guid: locked.guid.clone(),
        schema_type: wanted.format.as_str().to_owned(),
        references: wanted.references.iter().map(reference).collect::<Result<_, Failure>>()?,
        metadata: wanted.metadata.clone(),
        rule_set: None,
        level: wanted.level.map(|level| level.as_str().to_owned()),
        sha256: locked.sha256.clone(),
        schema: text,
    })
}

/// The text as the registry serves it: what the file says in its canonical form, or word for word.
fn served(wanted: &Wanted, locked: &Locked) -> Option<String> {
    let parsed = Schema::parse(wanted.format, &wanted.text, &wanted.dependencies, Options::STORED).ok();
    let canonical = parsed.map(|schema| match wanted.normalize {
        true => schema.normal_form(),
        false => schema.canonical().to_owned(),
    });
    let as_written = || [wanted.text.clone(), wanted.text.trim_end().to_owned()];
    canonical.into_iter().chain(as_written()).find(|text| digest(text) == locked.sha256)
}

fn outdated(sentence: String) -> Failure {
    Failure {
        outcome: Outcome::Findings,
        error: anyhow!(sentence),
        hint: Some(
            "`dovetail lock` writes the lock anew; without --lock the bundle comes from the registry.".into(),
        ),
    }
}
