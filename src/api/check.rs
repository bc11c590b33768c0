//! `/v1/check`: what both judges say of a schema.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::config::LevelName;
use super::error::{ApiError, BodyErrors, During};
use super::extract::{JsonBody, Query, Shape, members};
use super::schema_request::{FormatName, MetadataBody, ReferenceBody, RuleSetBody, SchemaRequest};
use super::settings::{JudgeName, no_such, origin, parsed};
use crate::model::{Judge, Level, Policy, Subject, Version, VersionRef};
use crate::published::{self, FORMAT_VERSION, Finding, Setting};
use crate::registry::{self, Candidate, Examination, Examined, Origin, Registry};
use crate::schema::tree::Node;

/// How many findings are told.
const TOLD: usize = 1000;

/// A schema to check, and how.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "subject": "orders-value", "schemaType": "AVRO",
    "schema":
        "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"order_id\",\"type\":\"string\"}]}",
    "against": "all"
}))]
#[expect(dead_code, reason = "documents what `CheckRequest` reads")]
pub struct CheckBody {
    /// The subject whose versions the schema is compared with; qualified outside the default context.
    subject: String,
    /// The schema text.
    schema: String,
    /// `AVRO` when left out.
    #[schema(required = false, value_type = Option<FormatName>)]
    schema_type: Option<String>,
    /// What the text refers to.
    #[schema(required = false)]
    references: Option<Vec<ReferenceBody>>,
    #[schema(required = false)]
    metadata: Option<MetadataBody>,
    #[schema(required = false)]
    rule_set: Option<RuleSetBody>,
    /// The level, instead of the one in force.
    #[schema(required = false, value_type = Option<LevelName>)]
    level: Option<String>,
    /// Whose verdict counts, instead of the judge in force.
    #[schema(required = false)]
    judge: Option<JudgeName>,
    /// What to compare with, instead of the versions that the level looks at: a version's number, `latest`,
    /// or `all`, which takes the level as transitive.
    #[schema(required = false)]
    against: Option<String>,
    /// How undeclared properties of JSON documents are treated, instead of the policy in force.
    #[schema(required = false)]
    policy: Option<String>,
}

/// What [`CheckBody`] documents, read.
pub struct CheckRequest {
    subject: Subject,
    candidate: Candidate,
    asked: Examination,
}

impl Shape for CheckRequest {
    fn read(body: &Node) -> Result<CheckRequest, ApiError> {
        let given = members(body, "CheckRequest")?;
        let subject = given.text("subject")?.ok_or_else(|| ApiError::must_not_be_null("subject"))?;
        let SchemaRequest(candidate) = SchemaRequest::read(body)?;
        let level = given.text("level")?.map(|name| name.parse::<Level>());
        let asked = Examination {
            level: level.transpose().map_err(|_| ApiError::unknown_level())?,
            judge: given.text("judge")?.map(|word| parsed::<Judge>(&word)).transpose()?,
            against: given.text("against")?.map(|text| against(&text)).transpose()?.unwrap_or_default(),
            policy: given.text("policy")?.map(|name| policy(&name)).transpose()?,
            normalize: false,
        };
        Ok(CheckRequest { subject: Subject::parse(&subject), candidate, asked })
    }
}

fn policy(name: &str) -> Result<Policy, ApiError> {
    if name.eq_ignore_ascii_case("LOGICAL") {
        return Err(ApiError::unavailable(format_args!("The policy LOGICAL")));
    }
    Policy::named(name).ok_or_else(|| no_such("the policy is one of STRICT, LENIENT".to_owned()))
}

fn against(text: &str) -> Result<registry::Against, ApiError> {
    if text == "all" {
        return Ok(registry::Against::All);
    }
    let version: VersionRef = text.parse().map_err(registry::Error::from)?;
    Ok(registry::Against::One(version))
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct CheckQuery {
    /// Check the normal form.
    pub normalize: bool,
}

/// What both judges say of a schema.
#[derive(Serialize, ToSchema)]
pub struct CheckAnswer {
    /// The version of this shape. It rises when a reader of the old shape would misread the new one;
    /// members that are added do not count.
    format_version: u32,
    /// `compatible` or `incompatible`: what a registration under this level and judge would meet.
    verdict: &'static str,
    #[schema(value_type = LevelName)]
    level: &'static str,
    /// Where the level comes from: `request`, `subject`, `context`, `top-level`, `global`, or `default`.
    level_from: &'static str,
    #[schema(value_type = JudgeName)]
    judge: &'static str,
    /// Where the judge comes from, in the same words.
    judge_from: &'static str,
    /// What either judge found, decisive or not: newest version first.
    findings: Vec<Finding>,
    /// How many findings there are beyond those.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "is_zero")]
    more_findings: usize,
    /// What each judge says of each version and direction.
    comparisons: Vec<published::Comparison>,
    /// Reserved fields that stand in the way, in sentences.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reserved_fields: Vec<String>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Check a schema and see what both judges say.
///
/// Compares it with versions of a subject and tells every finding of either judge, with places in both
/// schemas and data that shows it. Registers nothing, and is answered in every mode.
#[utoipa::path(post, path = "/v1/check", tag = "Judging", params(CheckQuery), request_body = CheckBody,
    responses((status = 200, description = "What they say.", body = CheckAnswer), ApiError, BodyErrors))]
pub async fn check(
    State(registry): State<Registry>,
    Query(query): Query<CheckQuery>,
    JsonBody(request): JsonBody<CheckRequest>,
) -> Answer {
    let CheckRequest { subject, candidate, asked } = request;
    let asked = Examination { normalize: query.normalize, ..asked };
    let examined = registry.examine(&subject, candidate, asked).await;
    let examined = examined.during(format_args!("Error while checking a schema for subject {subject}"))?;
    answer::read(&CheckAnswer::of(&subject, &examined))
}

impl CheckAnswer {
    fn of(subject: &Subject, examined: &Examined) -> CheckAnswer {
        let report = &examined.checked.report;
        let (level_from, judge_from) = (word(&examined.level_from), word(&examined.judge_from));
        let subject = subject.to_string();
        let mut findings = Vec::new();
        let mut comparisons = Vec::new();
        for comparison in &report.comparisons {
            let (against, old_text) = compared(examined, comparison.version);
            let setting = Setting {
                subject: &subject,
                against: against.clone(),
                level: Some((report.level, level_from.to_owned())),
                new_text: &examined.new_text,
                old_text,
            };
            // Only what is told is worked out: each place costs a walk through a text.
            let room = TOLD - findings.len();
            findings.extend(comparison.findings().take(room).map(|found| Finding::of(found, &setting)));
            let opinion = |verdict| published::Comparison::of(verdict, against.clone());
            comparisons.extend(comparison.verdicts.iter().map(opinion));
        }
        CheckAnswer {
            format_version: FORMAT_VERSION,
            verdict: if examined.checked.is_compatible() { "compatible" } else { "incompatible" },
            level: report.level.as_str(),
            level_from,
            judge: report.judge.as_str(),
            judge_from,
            more_findings: report.findings().count() - findings.len(),
            findings,
            comparisons,
            reserved_fields: examined.checked.reserved.clone(),
        }
    }
}

fn word(from: &Origin) -> &'static str {
    match from {
        Origin::Request => "request",
        Origin::Scope(scope) => origin(Some(scope)),
        Origin::Default => origin(None),
    }
}

/// How a version is named, and the text that places in it are places in.
fn compared(examined: &Examined, version: Version) -> (published::Against, &str) {
    let past = examined.compared.iter().find(|past| past.version == version);
    let past = past.expect("a comparison is with a version that was given");
    let (number, id) = (Some(version.number()), Some(past.id.0));
    let against = published::Against { version: number, id, ..published::Against::default() };
    (against, past.content.text.as_str())
}
