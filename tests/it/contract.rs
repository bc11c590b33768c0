//! `docs/CONTRACT.md` says what the wire promises. Here it is held against the flows that show it and
//! the errors that are answered.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use dovetail::api::{CODES, code_of};
use dovetail::model::{
    AssociationType, Context, Format, InvalidExporter, InvalidKey, InvalidProperty, RuleSet, SchemaId,
    Subject, Version, VersionRef,
};
use dovetail::registry::{
    Caller, Candidate, Defaults, Error, InvalidCause, InvalidSchema, RegisterOptions, Registry,
};
use dovetail::schema::TagError;
use dovetail::store::StoreError;

use crate::{flows, harness};

/// What flows cannot make happen: failures of the machine, of the program, of time, of MD5, of
/// patience, and a service that denies access.
const NOT_PLAYED: [(u16, u32, &str); 9] = [
    (403, 40370, "Could not generate %s dek for %s: %s"),
    (409, 40964, "A maximum of %s exporters already exist"),
    (422, 42201, "another schema with the hash %s is already stored"),
    (500, 500, "Internal Server Error"),
    (500, 50001, "%s"),
    (503, 50001, "%s"),
    (503, 503, "Not tried: the batch ended early"),
    (503, 503, "The store is not reachable or not migrated"),
    (504, 504, "Request timed out"),
];

/// A promise and the flows that show it.
struct Promise {
    id: String,
    flows: Vec<String>,
}

/// A row of the table of errors. `%s` in a sentence stands for anything.
struct ErrorRow {
    status: u16,
    code: u32,
    sentence: String,
}

/// The document, and which of its errors have been met.
pub struct Contract {
    promises: Vec<Promise>,
    errors: Vec<ErrorRow>,
    met: Mutex<BTreeSet<usize>>,
}

impl Contract {
    pub fn read() -> Contract {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/CONTRACT.md");
        let text = fs::read_to_string(path).expect("docs/CONTRACT.md");
        let (mut promises, mut errors) = (Vec::new(), Vec::new());
        let mut head = Vec::new();
        for line in text.lines() {
            let cells = cells(line);
            match (head.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), cells.as_slice()) {
                (_, []) => head.clear(),
                ([], _) => head = cells,
                (_, [rule, ..]) if rule.starts_with("---") => {}
                (["promise", ..], [id, sentence, shown]) => {
                    assert!(!sentence.is_empty(), "{id} promises nothing");
                    promises.push(Promise { id: id.clone(), flows: spans(shown) });
                }
                (["HTTP", ..], [status, code, sentence, when]) => {
                    assert!(!when.is_empty(), "when is {code} answered?");
                    let sentence = spans(sentence).concat();
                    let (status, code) = (status.parse().expect("a status"), code.parse().expect("a code"));
                    errors.push(ErrorRow { status, code, sentence });
                }
                (["promise" | "HTTP", ..], _) => panic!("a row of another width: {line}"),
                _ => {}
            }
        }
        assert!(!promises.is_empty() && !errors.is_empty(), "docs/CONTRACT.md has lost its tables");
        Contract { promises, errors, met: Mutex::default() }
    }

    /// Is the error in the document? Remembers that it was met.
    pub fn has(&self, status: u16, code: u32, sentence: &str) -> bool {
        let fits =
            |row: &ErrorRow| (row.status, row.code) == (status, code) && matches(&row.sentence, sentence);
        let met = (0..self.errors.len()).filter(|index| fits(&self.errors[*index])).collect::<Vec<_>>();
        self.met.lock().expect("no panic").extend(&met);
        !met.is_empty()
    }

    /// The errors that have not been met although flows could make them happen.
    pub fn unmet(&self) -> Vec<String> {
        let met = self.met.lock().expect("no panic");
        let unmet = self.errors.iter().enumerate().filter(|(index, row)| {
            !met.contains(index) && !NOT_PLAYED.contains(&(row.status, row.code, row.sentence.as_str()))
        });
        unmet.map(|(_, row)| format!("no flow meets {} {} {}", row.status, row.code, row.sentence)).collect()
    }
}

/// The cells of a row of a table; none when the line is no row.
fn cells(line: &str) -> Vec<String> {
    let Some(row) = line.strip_prefix('|').and_then(|row| row.trim_end().strip_suffix('|')) else {
        return Vec::new();
    };
    row.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The texts between single or double backticks.
fn spans(cell: &str) -> Vec<String> {
    let fence = if cell.contains("``") { "``" } else { "`" };
    cell.split(fence).skip(1).step_by(2).map(|span| span.trim().to_owned()).collect()
}

/// Does the text look like the template, in which `%s` stands for anything?
fn matches(template: &str, text: &str) -> bool {
    let mut parts = template.split("%s");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[test]
fn every_promise_is_shown_and_every_flow_shows_one() {
    let contract = Contract::read();
    let mut offences = Vec::new();
    let titles: BTreeSet<String> = flows::all().iter().map(flows::Flow::title).collect();
    let (mut ids, mut shown) = (BTreeSet::new(), BTreeSet::new());
    for promise in &contract.promises {
        if !ids.insert(&promise.id) {
            offences.push(format!("{} stands twice", promise.id));
        }
        if promise.flows.is_empty() {
            offences.push(format!("{} names no flow", promise.id));
        }
        for flow in &promise.flows {
            if !titles.contains(flow) {
                offences.push(format!("{} names the flow `{flow}`, which is not there", promise.id));
            }
            shown.insert(flow.clone());
        }
    }
    offences.extend(titles.difference(&shown).map(|title| format!("no promise names the flow `{title}`")));
    assert!(offences.is_empty(), "docs/CONTRACT.md:\n{}", offences.join("\n"));
}

#[test]
fn a_template_stands_for_what_it_leaves_open() {
    for (template, text, fits) in [
        ("Empty schema", "Empty schema", true),
        ("Empty schema", "Empty schemas", false),
        ("%s", "", true),
        ("Version %s not found.", "Version -1 not found.", true),
        ("Version %s not found.", "Version 1 not found", false),
        ("'%s' and '%s'", "'a' and 'b'", true),
        ("'%s' and '%s'", "'a' and b", false),
        ("aXa%sa", "aXa", false),
    ] {
        assert_eq!(matches(template, text), fits, "{template}: {text}");
    }
}

#[test]
fn names_of_flows_are_their_own() {
    let mut seen = BTreeMap::new();
    for flow in flows::all() {
        *seen.entry(flow.title()).or_insert(0) += 1;
    }
    let twice: Vec<_> = seen.into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn the_errors_of_the_document_are_those_of_the_program() {
    let documented: BTreeSet<(u16, u32)> =
        Contract::read().errors.iter().map(|row| (row.status, row.code)).collect();
    let answered: BTreeSet<(u16, u32)> =
        CODES.iter().map(|code| (code.status.as_u16(), code.number)).collect();
    assert_eq!(documented, answered, "the document on the left, src/api/error.rs on the right");
}

#[tokio::test]
async fn the_sentences_of_the_registry_are_in_the_document() {
    let contract = Contract::read();
    let examples = examples().await;
    let mut kinds = BTreeSet::new();
    for example in &examples {
        kinds.insert(kind(example));
        let code = code_of(example);
        if code.status.is_server_error() {
            continue;
        }
        let sentence = match example {
            Error::Store(StoreError::Unstorable(sentence)) => sentence.clone(),
            Error::Store(moved @ StoreError::Moved { .. }) => moved.to_string(),
            other => other.to_string(),
        };
        assert!(
            contract.has(code.status.as_u16(), code.number, &sentence),
            "docs/CONTRACT.md has no row for {} {} {sentence}",
            code.status.as_u16(),
            code.number
        );
    }
    let missing: Vec<usize> = (0..KINDS).filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "no example of the kinds {missing:?}");
}

/// How many kinds of errors [`kind`] tells apart.
const KINDS: usize = 56;

/// A number for each kind of error, without gaps and without a `_`: a new kind of error does not
/// compile before it has an example, and so a row in the document.
fn kind(error: &Error) -> usize {
    match error {
        Error::SubjectNotFound(_) => 0,
        Error::VersionNotFound(_) => 1,
        Error::SchemaNotFound => 2,
        Error::IdNotFound(_) => 3,
        Error::GuidNotFound(_) => 4,
        Error::SubjectAlreadyDeleted(_) => 5,
        Error::SubjectNotDeletedFirst(_) => 6,
        Error::VersionAlreadyDeleted(..) => 7,
        Error::VersionNotDeletedFirst(..) => 8,
        Error::LevelNotConfigured(_) => 9,
        Error::ModeNotConfigured(_) => 10,
        Error::Incompatible(_) => 11,
        Error::InvalidSchema(_) => 12,
        Error::UnknownFormat(_) => 13,
        Error::EmptySchema => 14,
        Error::WrongVersion => 15,
        Error::SchemaTooLarge => 16,
        Error::InvalidVersion(_) => 17,
        Error::InvalidSubject(_) => 18,
        Error::InvalidRuleSet(_) => 19,
        Error::ReadOnly(_) => 20,
        Error::NotImporting { .. } => 21,
        Error::NotReadWrite { .. } => 22,
        Error::IdTaken { .. } => 23,
        Error::ModesAreFixed => 24,
        Error::SubjectsStandInTheWay => 25,
        Error::ContextNotEmpty(_) => 26,
        Error::Referenced(..) => 27,
        Error::NoSuchSetting(_) => 28,
        Error::WorkFailed(_) => 29,
        Error::Store(_) => 30,
        Error::AssociationNotFound(_) => 31,
        Error::ResourceAssociated { .. } => 32,
        Error::SubjectAssociated(_) => 33,
        Error::SubjectStronglyAssociated(_) => 34,
        Error::NoLiveVersion(_) => 35,
        Error::AssociationFrozen { .. } => 36,
        Error::InvalidAssociation(_) => 37,
        Error::IncompatibleAssociated(_) => 38,
        Error::ReadOnlyAssociated(_) => 39,
        Error::StronglyReferenced(_) => 40,
        Error::ExporterNotFound(_) => 41,
        Error::ExporterExists(_) => 42,
        Error::TooManyExporters(_) => 43,
        Error::InvalidExporter(_) => 44,
        Error::InvalidTags(_) => 45,
        Error::RuleSetTwice => 46,
        Error::KeyNotFound(_) => 47,
        Error::KeyNotDeletedFirst(_) => 48,
        Error::KeyDeleted(_) => 49,
        Error::KeyExists(_) => 50,
        Error::TooManyKeys(_) => 51,
        Error::InvalidKey(_) => 52,
        Error::KeyReferenced(_) => 53,
        Error::KmsDenied(_) => 54,
        Error::KmsFailed(_) => 55,
    }
}

/// At least one error of each kind.
async fn examples() -> Vec<Error> {
    let plain = || Subject::parse("s");
    let subject = || Subject::parse(":.ctx:s");
    let mut examples = vec![
        Error::SubjectNotFound(subject()),
        Error::VersionNotFound(VersionRef::Latest),
        Error::VersionNotFound(VersionRef::Number(Version::FIRST)),
        Error::SchemaNotFound,
        Error::IdNotFound(SchemaId(-1)),
        Error::GuidNotFound("x".to_owned()),
        Error::SubjectAlreadyDeleted(subject()),
        Error::SubjectNotDeletedFirst(subject()),
        Error::VersionAlreadyDeleted(subject(), Version::FIRST),
        Error::VersionNotDeletedFirst(subject(), Version::FIRST),
        Error::LevelNotConfigured(subject()),
        Error::ModeNotConfigured(subject()),
        "avro".parse::<Format>().expect_err("it is lower case").into(),
        Error::EmptySchema,
        TagError::NoSuchPath("R.a".to_owned()).into(),
        Error::RuleSetTwice,
        Error::WrongVersion,
        Error::SchemaTooLarge,
        "0".parse::<VersionRef>().expect_err("below the first").into(),
        Subject::parse("__GLOBAL").check_writable().expect_err("it is reserved").into(),
        Error::ReadOnly(None),
        Error::ReadOnly(Some(plain())),
        Error::ReadOnly(Some(subject())),
        Error::NotImporting { subject: plain() },
        Error::NotReadWrite { subject: subject() },
        Error::IdTaken { id: SchemaId(1), context: Context::default_context() },
        Error::ModesAreFixed,
        Error::SubjectsStandInTheWay,
        Error::ContextNotEmpty(subject().context().clone()),
        Error::Referenced(subject(), Version::FIRST),
        Error::ExporterNotFound("e".to_owned()),
        Error::ExporterExists("e".to_owned()),
        Error::TooManyExporters(9),
        InvalidExporter::Name.into(),
        InvalidExporter::Config("it lacks something".to_owned()).into(),
        InvalidExporter::Subjects("there are none".to_owned()).into(),
        Error::AssociationNotFound("id".to_owned()),
        Error::ResourceAssociated { part: AssociationType::Key, resource: "id".to_owned() },
        Error::SubjectAssociated(subject()),
        Error::SubjectStronglyAssociated(subject()),
        Error::NoLiveVersion(subject()),
        Error::AssociationFrozen { part: AssociationType::Value, subject: subject() },
        InvalidProperty::new("subject", "must not be empty").into(),
        Error::ReadOnlyAssociated(subject()),
        Error::StronglyReferenced(subject()),
        Error::NoSuchSetting("`x` is no judge; it is one of y, z".to_owned()),
        Error::Store(StoreError::Unstorable(
            "x holds the character U+0000, which cannot be stored".to_owned(),
        )),
        Error::Store(StoreError::Moved { expected: 8841, found: 8844 }),
        Error::Store(StoreError::Other("disk".to_owned())),
        Error::Store(StoreError::Unavailable("gone".to_owned())),
        Error::KeyNotFound("k".to_owned()),
        Error::KeyNotDeletedFirst("k".to_owned()),
        Error::KeyDeleted("k".to_owned()),
        Error::KeyExists("k".to_owned()),
        Error::TooManyKeys(9),
        InvalidKey("name").into(),
        Error::KeyReferenced("k".to_owned()),
        Error::KmsDenied("Could not generate raw dek for s: Vault denied access".to_owned()),
        Error::KmsFailed("Could not generate encrypted dek for s: Vault cannot be reached".to_owned()),
    ];
    let invalid = |format, cause| {
        let (subject, text) = (subject(), "x".to_owned());
        let invalid = InvalidSchema { format, cause, subject, text, references: Vec::new(), guid: None };
        Error::InvalidSchema(Box::new(invalid))
    };
    for format in [Format::Avro, Format::Json, Format::Protobuf] {
        examples.push(invalid(format, InvalidCause::Reference("No schema reference found".to_owned())));
    }
    let broken_rules = r#"{"domainRules":[{"name":"","type":"CEL"}]}"#;
    let broken_rules: RuleSet = serde_json::from_str(broken_rules).expect("a rule set");
    examples.push(broken_rules.validate().expect_err("a rule without a name").into());
    let stuck = tokio::spawn(std::future::pending::<()>());
    stuck.abort();
    examples.push(Error::WorkFailed(stuck.await.expect_err("it was aborted")));
    examples.push(incompatible(&plain()).await);
    if let Error::Incompatible(refused) = incompatible(&plain()).await {
        examples.push(Error::IncompatibleAssociated(refused));
    }
    examples
}

async fn incompatible(subject: &Subject) -> Error {
    let store = harness::memory().await;
    let registry = Registry::new(store, Defaults::default());
    let caller = Caller { actor: "test".into(), request_id: "r".into(), now: 1_787_443_200_000 };
    let register = async |text: &str| {
        let candidate = Candidate::of(Format::Avro, text);
        registry.register(subject, candidate, RegisterOptions::default(), &caller).await
    };
    register(r#""string""#).await.expect("the first of its subject");
    register(r#""int""#).await.expect_err("no reader of strings")
}
