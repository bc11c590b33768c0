//! What is declared of a subject, as a plan needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::anyhow;

use crate::failure::Failure;
use crate::gate::live::Live;
use crate::gate::references::Index;
use crate::gate::workspace::{Declared, Workspace};
use crate::model::{Format, Judging, Level, Metadata, Policy};
use crate::schema::Dependency;

/// Who judges, made of what a registry says.
pub(crate) type JudgedBy = Arc<dyn Fn(Judging) -> Judging>;

/// A declared subject.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// The subject, with its context where that is not the default one.
    pub(crate) subject: String,
    /// The subject as the manifest spells it.
    pub(crate) declared_as: String,
    /// The file.
    pub(crate) path: String,
    /// The language.
    pub(crate) format: Format,
    /// The text.
    pub(crate) text: String,
    /// What the text refers to.
    pub(crate) references: Vec<WantedReference>,
    /// The texts that it refers to, directly or not, as the files have them.
    pub(crate) dependencies: Vec<Dependency>,
    /// The level that is to hold.
    pub(crate) level: Option<Level>,
    /// How undeclared properties are to be treated.
    pub(crate) policy: Option<Policy>,
    /// Register the normal form.
    pub(crate) normalize: bool,
    /// Metadata to register with.
    pub(crate) metadata: Option<Metadata>,
    /// Who judges, made of what the registry says of it.
    pub(crate) judging: JudgedBy,
}

/// A reference of a declared subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedReference {
    /// The name in the text.
    pub(crate) name: String,
    /// The subject, with its context where that is not the default one.
    pub(crate) subject: String,
    /// The version; `None` for what the declared file becomes, or the latest one.
    pub(crate) version: Option<i32>,
}

/// What is asked for of a workspace, and all that it refers to: referenced subjects first.
///
/// # Errors
/// When a reference leads nowhere, or references go round in a circle, or two files stand for one subject.
pub(crate) fn wanted(workspace: &Workspace, live: &Live) -> Result<Vec<Wanted>, Failure> {
    let index = Index::of_workspace(workspace);
    let mut declared: BTreeMap<String, &Declared> = BTreeMap::new();
    for one in &workspace.declared {
        // The command line may name another context than the manifest.
        if let Some(other) = declared.insert(live.qualified(&one.subject), one) {
            return Err(Failure::bad_request(anyhow!(
                "{} and {} both stand for the subject `{}`",
                other.path,
                one.path,
                one.subject
            ))
            .with_hint("A registry has one history for both: rename one, or change the manifest."));
        }
    }
    let mut ordering = Ordering {
        workspace,
        live,
        index: &index,
        declared: &declared,
        ordered: Vec::new(),
        known: BTreeSet::new(),
        open: Vec::new(),
    };
    for (subject, one) in &declared {
        if one.is_checked {
            ordering.visit(subject)?;
        }
    }
    Ok(ordering.ordered)
}

/// Puts referenced subjects first.
struct Ordering<'a> {
    workspace: &'a Workspace,
    live: &'a Live,
    index: &'a Index<'a>,
    declared: &'a BTreeMap<String, &'a Declared>,
    ordered: Vec<Wanted>,
    known: BTreeSet<String>,
    /// The subjects on the way from the first to this one.
    open: Vec<String>,
}

impl Ordering<'_> {
    fn visit(&mut self, subject: &str) -> Result<(), Failure> {
        if self.known.contains(subject) {
            return Ok(());
        }
        let Some(declared) = self.declared.get(subject).copied() else { return Ok(()) };
        if self.open.iter().any(|open| open == subject) {
            let circle = self.open.join(" -> ");
            return Err(Failure::bad_request(anyhow!(
                "the references go round in a circle: {circle} -> {subject}"
            )));
        }
        let wrong = |sentence: String| Failure::bad_request(anyhow!("{}: {sentence}", declared.path));
        let references = self.workspace.references(declared, self.index).map_err(|sentence| {
            Failure::bad_request(anyhow!(sentence)).with_hint("Add an entry for that file to the manifest.")
        })?;
        let references: Vec<WantedReference> = references
            .into_iter()
            .map(|reference| WantedReference {
                subject: self.live.qualified(&reference.subject),
                name: reference.name,
                version: reference.version,
            })
            .collect();
        self.open.push(subject.to_owned());
        for reference in &references {
            self.visit(&reference.subject)?;
        }
        self.open.pop();
        let settings = declared.settings.clone();
        let dependencies = self.index.closure(&declared.path).map_err(|error| wrong(error.to_string()))?;
        let broken = self.workspace.tree[&declared.path].broken_at;
        if let Some(offset) = broken {
            return Err(wrong(format!("not UTF-8 text from byte {offset} on")));
        }
        self.known.insert(subject.to_owned());
        self.ordered.push(Wanted {
            subject: subject.to_owned(),
            declared_as: declared.subject.clone(),
            path: declared.path.clone(),
            format: declared.format,
            text: self.workspace.text(declared).to_owned(),
            references,
            dependencies,
            level: settings.level.map(|(level, _)| level),
            // Only JSON documents have properties that are not declared.
            policy: settings.policy.filter(|_| declared.format == Format::Json),
            normalize: settings.normalize.unwrap_or_default(),
            metadata: declared.metadata.clone(),
            judging: Arc::new(move |recorded| settings.judging(recorded)),
        });
        Ok(())
    }
}
