//! The JSON form of verdicts. It leaves the process in two ways, as the answer of `POST /v1/check`
//! and as the output of `dovetail check`, so it stands below both.
//!
//! [`FORMAT_VERSION`] rises when a reader of the old shape would misread the new one; members that are
//! added do not count.

pub mod difference;
mod report;

pub use report::{Count, File, OfBase, Report};

use md5::{Digest, Md5};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::compat::{self, Evidence, How, Incompatibility, Pointer, Proof, ReferenceVerdict};
use crate::model::{Direction, Level};
use crate::schema::Place;

/// The version of the shape.
pub const FORMAT_VERSION: u32 = 1;

/// One finding.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CheckFinding)]
pub struct Finding {
    /// What it is about: `compatibility` (a level is not kept), `reader` (a declared reader cannot read
    /// the new data), `deletion` (what is gone, and who needs it), `settings` (the manifest demands less), `lint` or
    /// `waiver`.
    pub kind: &'static str,
    /// The rule it violates; `dovetail explain` tells about it.
    pub rule: String,
    /// What happens to a reader: `break`, `altered`, `lossy` or `source`; `none` where no reader is concerned.
    pub severity: String,
    /// What it leads to: `refuse`, `warn`, `note`, or `waived` when it was accepted.
    pub outcome: String,
    /// What stays the same while the finding does: made of subject, rule and place in the reader.
    pub fingerprint: String,
    /// The subject.
    pub subject: String,
    /// What the schema clashes with.
    pub against: Against,
    /// The level that was checked.
    #[schema(value_type = String)]
    pub level: Option<&'static str>,
    /// Where the level comes from.
    pub level_from: Option<String>,
    /// Who reads whose data: `backward` when the new schema reads what the earlier one wrote.
    pub direction: Option<&'static str>,
    /// The place in the schema that reads.
    pub reader: Side,
    /// The place in the schema that wrote.
    pub writer: Side,
    /// Where it is in the files that were checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Location>,
    /// Where it is in the earlier state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_place: Option<Location>,
    /// What Confluent Schema Registry says of it.
    pub reference: Option<ReferenceOpinion>,
    /// What the proof judge says of it: `broken`, `harmless` or `undecided`.
    pub proof: Option<String>,
    /// Data that shows it.
    pub witness: Option<Witness>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Who accepted it, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Location {
    /// The file.
    pub file: String,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// A break that was accepted for a while.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Waiver {
    /// The last day on which it holds, `2027-01-31` (UTC).
    pub until: String,
    /// Why.
    pub reason: String,
    /// Who accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Where it is written.
    pub place: Location,
}

/// What a schema was compared with.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Against {
    /// The base, where there may be several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// A file of the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// A version of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// The id of that version's schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i32>,
}

/// A place in one of the two schemas.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Side {
    /// The place: a JSON pointer (Avro, JSON Schema), or message names and a field number (Protobuf).
    pub pointer: Option<String>,
    /// The file, where it is the one that was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The file of the base, where it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_file: Option<String>,
    /// Line, from 1; left out when the place is in a text that the schema refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// What Confluent Schema Registry says of a finding.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReferenceOpinion {
    /// `incompatible` when it reports the finding, else `compatible`.
    pub verdict: &'static str,
    /// Its name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// Its path to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Data that the writer writes and the reader does not read as it was written. It was tried.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Witness {
    /// The value, where it has a JSON form.
    pub json: Option<Value>,
    /// The value as text, where it holds numbers that the usual JSON libraries do not keep exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its binary encoding by the writer, in hexadecimal digits (Avro, Protobuf).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// The type of the message (Protobuf).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The validators that accept it for the writer and refuse it for the reader (JSON Schema).
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub verified_by: &'static [&'static str],
    /// Whether all known implementations fail on it.
    pub portable: bool,
    /// What happened, in a sentence.
    pub failure: String,
    /// What happened.
    pub evidence: WitnessEvidence,
}

/// What happened when a witness was read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WitnessEvidence {
    /// `undecodable`, `lost`, `altered` or `refused`.
    pub kind: &'static str,
    /// Where.
    pub at: String,
    /// The keyword that refuses it, as a place in the reader (JSON Schema).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyword: Option<String>,
    /// What was written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrote: Option<String>,
    /// What was read there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// How reading failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What both judges say of one reader and one writer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CheckComparison)]
pub struct Comparison {
    /// The subject, where several were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What was compared with.
    pub against: Against,
    /// Who reads whose data.
    pub direction: &'static str,
    /// The proof judge: `proved`, `refuted` or `undecided`.
    pub proof: &'static str,
    /// How it was proved, or what kept the judge from finding out everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_detail: Option<String>,
    /// The reference judge: `compatible`, `incompatible` or `no-answer`.
    pub reference: &'static str,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_detail: Option<String>,
    /// How many findings there are beyond those that are told.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_findings: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What is known of a finding beyond itself.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    /// The subject.
    pub subject: &'a str,
    /// What was compared with.
    pub against: Against,
    /// The level, and where it comes from.
    pub level: Option<(Level, String)>,
    /// The text of the new schema, to find lines in.
    pub new_text: &'a str,
    /// The text of the earlier schema.
    pub old_text: &'a str,
}

impl Finding {
    /// The JSON form of a finding.
    pub fn of(found: &Incompatibility, setting: &Setting<'_>) -> Finding {
        let (reader_text, writer_text) = match found.direction {
            Direction::Backward => (setting.new_text, setting.old_text),
            Direction::Forward => (setting.old_text, setting.new_text),
        };
        Finding {
            kind: "compatibility",
            rule: found.rule.id.to_owned(),
            severity: found.severity.to_string(),
            outcome: found.outcome.to_string(),
            fingerprint: fingerprint(setting.subject, found),
            subject: setting.subject.to_owned(),
            against: setting.against.clone(),
            level: setting.level.as_ref().map(|(level, _)| level.as_str()),
            level_from: setting.level.as_ref().map(|(_, from)| from.clone()),
            direction: Some(word(found.direction)),
            reader: Side::of(found.reader_at.as_ref(), reader_text),
            writer: Side::of(found.writer_at.as_ref(), writer_text),
            place: None,
            earlier_place: None,
            reference: Some(ReferenceOpinion::of(found)),
            proof: Some(found.proof.to_string()),
            witness: found.witness.as_ref().map(Witness::of),
            message: found.message.clone(),
            hint: found.hint.clone(),
            waiver: None,
        }
    }
}

impl Side {
    fn of(pointer: Option<&Pointer>, text: &str) -> Side {
        let place: Option<Place> = pointer.and_then(|pointer| pointer.place(text));
        Side {
            pointer: pointer.map(|pointer| pointer.as_str().to_owned()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            ..Side::default()
        }
    }
}

impl ReferenceOpinion {
    fn of(found: &Incompatibility) -> ReferenceOpinion {
        ReferenceOpinion {
            verdict: if found.is_of_reference() { "incompatible" } else { "compatible" },
            name: found.reference.as_ref().map(|reference| reference.name),
            path: found.reference.as_ref().map(|reference| reference.path.clone()),
        }
    }
}

impl Witness {
    /// The JSON form of a witness.
    pub fn of(witness: &compat::Witness) -> Witness {
        let message = match witness.datum() {
            compat::Datum::Protobuf { message, .. } => Some(message.clone()),
            compat::Datum::Avro { .. } | compat::Datum::Json { .. } => None,
        };
        let as_json = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        let json = witness.json().map(as_json);
        let text = match witness.datum() {
            compat::Datum::Json { json: text, .. } => Some(text).filter(|text| {
                let told = json.as_ref().map(ToString::to_string);
                told.is_none_or(|told| told != **text)
            }),
            compat::Datum::Avro { .. } | compat::Datum::Protobuf { .. } => None,
        };
        Witness {
            json,
            text: text.cloned(),
            bytes: witness.hex(),
            message,
            verified_by: witness.verified_by(),
            portable: witness.portable(),
            failure: witness.evidence().to_string(),
            evidence: WitnessEvidence::of(witness.evidence()),
        }
    }
}

impl WitnessEvidence {
    fn of(evidence: &Evidence) -> WitnessEvidence {
        let nothing = |kind, at: &String| WitnessEvidence {
            kind,
            at: at.clone(),
            keyword: None,
            wrote: None,
            read: None,
            error: None,
        };
        match evidence {
            Evidence::Undecodable { at, error } => {
                WitnessEvidence { error: Some(error.clone()), ..nothing("undecodable", at) }
            }
            Evidence::Lost { at, wrote } => {
                WitnessEvidence { wrote: Some(wrote.clone()), ..nothing("lost", at) }
            }
            Evidence::Altered { at, wrote, read } => WitnessEvidence {
                wrote: Some(wrote.clone()),
                read: Some(read.clone()),
                ..nothing("altered", at)
            },
            Evidence::Refused { instance, keyword } => {
                WitnessEvidence { keyword: Some(keyword.clone()), ..nothing("refused", instance) }
            }
        }
    }
}

impl Comparison {
    /// The JSON form of a verdict.
    pub fn of(verdict: &compat::Verdict, against: Against) -> Comparison {
        let (proof, proof_detail) = match &verdict.proof {
            Proof::Proved(How::Identical) => ("proved", Some("identical".to_owned())),
            Proof::Proved(How::Rules) => ("proved", None),
            Proof::Refuted => {
                ("refuted", verdict.unknown.as_ref().map(|why| format!("not all was found out: {why}")))
            }
            Proof::Undecided(why) => ("undecided", Some(why.to_string())),
        };
        let (reference, reference_detail) = match &verdict.reference {
            ReferenceVerdict::Compatible => ("compatible", None),
            ReferenceVerdict::Incompatible => ("incompatible", None),
            ReferenceVerdict::NoAnswer(why) => ("no-answer", Some(why.clone())),
        };
        Comparison {
            subject: None,
            against,
            direction: word(verdict.direction),
            proof,
            proof_detail,
            reference,
            reference_detail,
            more_findings: verdict.more,
        }
    }
}

/// Twelve hexadecimal digits that stay the same while the finding does.
pub fn fingerprint(subject: &str, found: &Incompatibility) -> String {
    fingerprint_of(subject, found.rule.id, found.reader_at.as_ref().map_or("", Pointer::as_str))
}

/// The same, where there is no incompatibility.
pub fn fingerprint_of(subject: &str, rule: &str, at: &str) -> String {
    let digest = Md5::digest(format!("{subject}\0{rule}\0{at}"));
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Backward => "backward",
        Direction::Forward => "forward",
    }
}
