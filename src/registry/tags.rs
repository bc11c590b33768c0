//! Editing inline tags: on the way in, and of a version that is there.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::model::{Metadata, RuleSet, Subject, VERSION_PROPERTY, Version, VersionRef};
use crate::schema::{TagEdit, TagError};

use super::history::Past;
use super::prepare::{Purpose, Sent, invalid};
use super::{
    Caller, Candidate, CandidateReference, Error, Found, InvalidCause, RegisterOptions, Registered, Registry,
};

/// What becomes of the inline tags of a schema before it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retagging {
    /// Tags to add and to take away.
    pub edits: Vec<TagEdit>,
    /// Take over the tags of the latest version, where its records and fields are there still.
    pub propagate: bool,
}

impl Retagging {
    /// Does the text stay as it is?
    pub(super) fn is_empty(&self) -> bool {
        self.edits.is_empty() && !self.propagate
    }
}

/// A version to make of another by editing its tags, metadata and rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagRequest {
    /// The number that the result must get; `None` for the next one.
    pub new_version: Option<i32>,
    /// Tags to add and to take away.
    pub edits: Vec<TagEdit>,
    /// Metadata instead of what the version has.
    pub metadata: Option<Metadata>,
    /// Rules instead of those of the latest version.
    pub rule_set: Option<RuleSet>,
    /// Rules to lay over those of the version before the result.
    pub rules_to_merge: Option<RuleSet>,
    /// Names of rules to leave out of the result.
    pub rules_to_remove: Option<BTreeSet<String>>,
}

impl Sent {
    /// The candidate with its text retagged as it asks for. What it takes away by name does not come
    /// back from the latest version.
    ///
    /// # Errors
    /// When the text is no schema, or has nothing under the path of an edit.
    pub(super) fn retagged(&self, latest: Option<&Past>) -> Result<Cow<'_, Sent>, Error> {
        let Retagging { edits, propagate } = &self.candidate.retagging;
        let mut edits = edits.clone();
        if let Some(latest) = latest.filter(|_| *propagate) {
            edits.extend(self.tags_of(latest)?);
        }
        if edits.is_empty() {
            return Ok(Cow::Borrowed(self));
        }
        // How strictly it must parse is decided when it is prepared with its new text.
        let prepared = self.prepare(Purpose::to_look_up(false))?;
        let text = prepared.schema.with_tags(&edits).map_err(|error| match error {
            TagError::NoSuchPath(_) => Error::InvalidTags(error),
            TagError::Unprintable(error) => {
                invalid(&self.subject, InvalidCause::Text(error), prepared.content)
            }
        })?;
        let candidate = Candidate { text: Some(text), ..self.candidate.clone() };
        Ok(Cow::Owned(Sent { candidate, ..self.clone() }))
    }

    /// The tags of a version as edits. Paths mean nothing in another format.
    fn tags_of(&self, past: &Past) -> Result<Vec<TagEdit>, Error> {
        if self.candidate.format != Ok(past.content.format) {
            return Ok(Vec::new());
        }
        let schema = past.parse().map_err(|error| {
            invalid(&self.subject, InvalidCause::Text(error), past.content.as_ref().clone())
        })?;
        let edits = schema.tagged().into_iter().map(|tagged| TagEdit {
            path: tagged.path,
            is_record: tagged.is_record,
            add: tagged.tags.into_iter().collect(),
            remove: Vec::new(),
            is_optional: true,
        });
        Ok(edits.collect())
    }
}

impl Registry {
    /// Register what editing makes of a live version. An unqualified subject that the default context
    /// does not have is searched in the other contexts; the result is registered where it was asked for.
    ///
    /// # Errors
    /// When there is no such version, the edits do not fit it, or the result may not be registered.
    pub async fn edit_tags(
        &self,
        subject: &Subject,
        version: VersionRef,
        mut request: TagRequest,
        caller: &Caller,
    ) -> Result<Registered, Error> {
        let source = self.find_version(subject, version, false).await?;
        if self.defaults.drop_rule_sets {
            (request.rule_set, request.rules_to_merge, request.rules_to_remove) = (None, None, None);
        }
        let rule_set = self.edited_rules(subject, &request).await?;
        let new_version = request.new_version.unwrap_or(0);
        // Registration would take it for "whichever is next".
        if new_version < 0 {
            return Err(Error::WrongVersion);
        }
        let mut metadata = request.metadata.or_else(|| source.content.metadata.clone()).unwrap_or_default();
        // Registration writes the real number where it finds the property, and takes the schema for one
        // that is not there yet.
        metadata.properties.insert(VERSION_PROPERTY.to_owned(), new_version.to_string());
        let candidate = Candidate {
            references: references_seen_from(subject, &source),
            metadata: Some(metadata),
            rule_set,
            version: new_version,
            retagging: Retagging { edits: request.edits, propagate: false },
            ..Candidate::of(source.content.format, source.content.text.clone())
        };
        self.register(subject, candidate, RegisterOptions::default(), caller).await
    }

    /// The rule set that is asked for; `None` leaves it to registration, which takes that of the latest
    /// version.
    async fn edited_rules(&self, subject: &Subject, request: &TagRequest) -> Result<Option<RuleSet>, Error> {
        if request.rules_to_merge.is_none() && request.rules_to_remove.is_none() {
            return Ok(request.rule_set.clone());
        }
        if request.rule_set.is_some() {
            return Err(Error::RuleSetTwice);
        }
        if let Some(over) = &request.rules_to_merge {
            over.validate()?;
        }
        let base = self.rules_before(subject, request.new_version).await?;
        let merged = match (base, &request.rules_to_merge) {
            (Some(base), Some(over)) => Some(base.merged(over)),
            (base, over) => base.or_else(|| over.clone()),
        };
        let removed = request.rules_to_remove.clone().unwrap_or_default();
        Ok(merged.map(|rules| rules.without(&removed)))
    }

    /// The rules of the live version before the one that is to come.
    async fn rules_before(&self, subject: &Subject, new: Option<i32>) -> Result<Option<RuleSet>, Error> {
        let mut tx = self.store.read().await?;
        let stored = match new.filter(|&number| number != 0) {
            None => tx.latest(subject).await?,
            Some(number) => match number.checked_sub(1).and_then(Version::new) {
                Some(before) => tx.version(subject, before).await?.filter(|stored| !stored.deleted),
                None => None,
            },
        };
        let Some(stored) = stored else { return Ok(None) };
        let found = self.found(&mut tx, subject, stored).await?;
        Ok(found.content.rule_set.clone())
    }
}

/// What a version refers to, as a subject that may be in another context has to put it.
fn references_seen_from(subject: &Subject, source: &Found) -> Vec<CandidateReference> {
    let home = source.subject.context();
    let seen = |written: &String| match home == subject.context() {
        true => written.clone(),
        false => Subject::parse_in(written, home).to_string(),
    };
    let references = source.content.references.iter().map(|reference| CandidateReference {
        name: Some(reference.name.clone()),
        subject: Some(seen(&reference.subject)),
        version: Some(reference.version.number()),
    });
    references.collect()
}
