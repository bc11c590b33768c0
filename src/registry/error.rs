//! What can go wrong, in the registry's words and without numbers.

use crate::kms::KmsError;
use crate::model::{
    AssociationType, Context, Format, Guid, InvalidExporter, InvalidKey, InvalidProperty, InvalidRuleSet,
    InvalidSubject, InvalidVersion, Reference, SchemaId, Subject, UnknownFormat, Version, VersionRef,
};
use crate::schema::{ParseError, TagError};
use crate::store::StoreError;

use super::Checked;

/// The registry could not, or may not, do what was asked.
///
/// The sentences are those of Confluent Schema Registry where clients compare or print them.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's sentence says what it is")]
pub enum Error {
    #[error("Subject '{0}' not found.")]
    SubjectNotFound(Subject),
    #[error("Version {0} not found.")]
    VersionNotFound(VersionRef),
    #[error("Schema not found")]
    SchemaNotFound,
    #[error("Schema {0} not found")]
    IdNotFound(SchemaId),
    #[error("Schema {0} not found")]
    GuidNotFound(String),
    #[error("Subject '{0}' was soft deleted.Set permanent=true to delete permanently")]
    SubjectAlreadyDeleted(Subject),
    #[error("Subject '{0}' was not deleted first before being permanently deleted")]
    SubjectNotDeletedFirst(Subject),
    #[error("Subject '{0}' Version {1} was soft deleted.Set permanent=true to delete permanently")]
    VersionAlreadyDeleted(Subject, Version),
    #[error("Subject '{0}' Version {1} was not deleted first before being permanently deleted")]
    VersionNotDeletedFirst(Subject, Version),
    #[error("Subject '{0}' does not have subject-level compatibility configured")]
    LevelNotConfigured(Subject),
    #[error("Subject '{0}' does not have subject-level mode configured")]
    ModeNotConfigured(Subject),
    #[error(
        "Schema being registered is incompatible with an earlier schema for subject \"{}\", details: [{}]",
        .0.subject,
        .0.checked.lines.join(", ")
    )]
    Incompatible(Box<Incompatible>),
    #[error("{}", .0.sentence())]
    InvalidSchema(Box<InvalidSchema>),
    #[error(transparent)]
    UnknownFormat(#[from] UnknownFormat),
    #[error(transparent)]
    InvalidTags(#[from] TagError),
    #[error("Empty schema")]
    EmptySchema,
    #[error("Version is not one more than previous version")]
    WrongVersion,
    #[error("Register operation failed because schema is too large")]
    SchemaTooLarge,
    #[error(transparent)]
    InvalidVersion(#[from] InvalidVersion),
    #[error(transparent)]
    InvalidSubject(#[from] InvalidSubject),
    #[error(transparent)]
    InvalidRuleSet(#[from] InvalidRuleSet),
    #[error("ruleSet should be omitted if specifying rulesToMerge or rulesToRemove")]
    RuleSetTwice,
    #[error("Subject {} in context {} is in read-only mode", .0.as_ref().map_or_else(|| "null".to_owned(), Subject::to_string), .0.as_ref().map_or_else(String::new, |subject| subject.context().prefix()))]
    ReadOnly(Option<Subject>),
    #[error("Subject {subject} in context {} is not in import mode", .subject.context().prefix())]
    NotImporting { subject: Subject },
    #[error("Subject {subject} in context {} is not in read-write mode", .subject.context().prefix())]
    NotReadWrite { subject: Subject },
    #[error("Overwrite new schema with id {id} in context {} is not permitted.", .context.prefix())]
    IdTaken { id: SchemaId, context: Context },
    #[error("Mode changes are not allowed")]
    ModesAreFixed,
    #[error("Cannot import since found existing subjects")]
    SubjectsStandInTheWay,
    #[error("The specified context '{}' is not empty.", .0.prefix())]
    ContextNotEmpty(Context),
    #[error("Exporter '{0}' not found")]
    ExporterNotFound(String),
    #[error("Exporter '{0}' already exists")]
    ExporterExists(String),
    #[error("A maximum of {0} exporters already exist")]
    TooManyExporters(usize),
    #[error(transparent)]
    InvalidExporter(#[from] InvalidExporter),
    #[error("One or more references exist to the schema {{magic=1,keytype=SCHEMA,subject={0},version={1}}}.")]
    Referenced(Subject, Version),
    #[error("Association for '{0}' not found.")]
    AssociationNotFound(String),
    #[error("An association of type '{part}' already exists for resource '{resource}'")]
    ResourceAssociated { part: AssociationType, resource: String },
    #[error("An association already exists for subject '{0}'")]
    SubjectAssociated(Subject),
    #[error("A strong association already exists for subject '{0}'")]
    SubjectStronglyAssociated(Subject),
    #[error("No active (non-deleted) version exists for subject '{0}'")]
    NoLiveVersion(Subject),
    #[error("The association of type  '{part}' is frozen for subject '{subject}'")]
    AssociationFrozen { part: AssociationType, subject: Subject },
    #[error(transparent)]
    InvalidAssociation(#[from] InvalidProperty),
    #[error("[{}]", .0.checked.lines.join(", "))]
    IncompatibleAssociated(Box<Incompatible>),
    #[error("Subject {} in context {} is in read-only mode", .0.name(), .0.context())]
    ReadOnlyAssociated(Subject),
    #[error("Subject '{0}' has a strong association and cannot be referenced")]
    StronglyReferenced(Subject),
    #[error("Key '{0}' not found")]
    KeyNotFound(String),
    #[error("Key '{0}' was not deleted first before being permanently deleted")]
    KeyNotDeletedFirst(String),
    #[error("Key '{0}' must be undeleted first")]
    KeyDeleted(String),
    #[error("Key '{0}' already exists; use a different value")]
    KeyExists(String),
    #[error("A maximum of {0} keys already exist")]
    TooManyKeys(usize),
    #[error(transparent)]
    InvalidKey(#[from] InvalidKey),
    #[error("One or more references exist to the key '{0}'")]
    KeyReferenced(String),
    #[error("{0}")]
    KmsDenied(String),
    #[error("{0}")]
    KmsFailed(String),
    #[error("{0}")]
    NoSuchSetting(String),
    #[error("parsing or comparing ended without an answer")]
    WorkFailed(#[source] tokio::task::JoinError),
    #[error("Error in the backend data store")]
    Store(#[from] StoreError),
}

impl Error {
    /// A service did not do its part: `made` (an `encrypted` or a `raw` key) could not be had of what
    /// belongs to `of`.
    pub(super) fn of_kms(made: &str, of: &str, error: KmsError) -> Error {
        let sentence = format!("Could not generate {made} dek for {of}: {error}");
        match error {
            KmsError::Denied(_) => Error::KmsDenied(sentence),
            KmsError::Failed(_) => Error::KmsFailed(sentence),
        }
    }
}

/// A schema that does not go together with earlier ones, or with reserved fields.
#[derive(Debug)]
pub struct Incompatible {
    /// The subject it was sent to.
    pub subject: Subject,
    /// The language it is in.
    pub format: Format,
    /// Its content hash.
    pub guid: Guid,
    /// What was found.
    pub checked: Checked,
}

/// A schema that cannot be accepted, with what the message prints of it.
#[derive(Debug)]
pub struct InvalidSchema {
    /// The language it claims to be in.
    pub format: Format,
    /// What is wrong with it.
    pub cause: InvalidCause,
    /// The subject it was sent to.
    pub subject: Subject,
    /// Its text as sent.
    pub text: String,
    /// Its references.
    pub references: Vec<Reference>,
    /// Its content hash.
    pub guid: Option<Guid>,
}

/// Why a schema is invalid.
#[derive(Debug)]
pub enum InvalidCause {
    /// The text does not parse or does not hold together.
    Text(ParseError),
    /// A reference leads nowhere, or is incomplete. Holds the sentence.
    Reference(String),
}

impl InvalidSchema {
    /// The sentence of the wire. Clients look for its code and for the innermost sentence only.
    pub fn sentence(&self) -> String {
        use crate::schema::Stage;
        let format = self.format;
        let (stage, detail) = match &self.cause {
            InvalidCause::Text(error) => (error.stage, error.message.as_str()),
            InvalidCause::Reference(sentence) => (Stage::Parse, sentence.as_str()),
        };
        match (stage, format) {
            (Stage::Validate, _) => format!("Invalid schema {}, details: {detail}", self.dump()),
            (Stage::Parse, Format::Avro) => format!(
                "Invalid schema of type AVRO, details: Invalid schema {} with refs [{}] of type AVRO, details: {detail}",
                self.dump(),
                self.reference_list()
            ),
            (Stage::Parse, _) => format!(
                "Invalid schema of type {format}, details: Invalid schema of type {format}, details: {detail}"
            ),
        }
    }

    /// The place of the error in the text, where the parser knows it.
    pub fn place(&self) -> Option<crate::schema::Place> {
        match &self.cause {
            InvalidCause::Text(error) => error.place,
            InvalidCause::Reference(_) => None,
        }
    }

    fn dump(&self) -> String {
        let guid = self.guid.map_or_else(|| "null".to_owned(), |guid| guid.to_string());
        format!(
            "{{subject={},version=null,id=null,guid={guid},schemaType={},references=[{}],metadata=null,ruleSet=null,schema={},schemaTags=null,ts=null,deleted=null}}",
            self.subject,
            self.format,
            self.reference_list(),
            shortened(&self.text)
        )
    }

    fn reference_list(&self) -> String {
        let shown = self.references.iter().map(|reference| {
            format!(
                "{{name='{}', subject='{}', version={}}}",
                reference.name, reference.subject, reference.version
            )
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

/// An error message may quote a schema, but not megabytes of it.
fn shortened(text: &str) -> std::borrow::Cow<'_, str> {
    const LONGEST: usize = 4096;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]).into(),
        None => text.into(),
    }
}
