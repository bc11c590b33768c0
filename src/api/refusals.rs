//! `/v1/refusals`: which registrations were turned away, and why.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::error::{ApiError, During};
use super::extract::Query;
use super::schema_request::FormatName;
use super::settings::JudgeName;
use super::shapes::{Paging, page};
use crate::model::{Subject, Timestamp};
use crate::registry::{Reason, Refused, Registry};

/// The longest page.
const LONGEST: usize = 1000;

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct RefusalsQuery {
    /// Only those of this subject, or of a context as in `:.ctx:`.
    pub subject: Option<String>,
}

/// A registration that was refused as incompatible.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "seq": 7, "at": 1787443200000_i64, "caller": "anonymous", "requestId": "1c5a…",
    "subject": "orders-value", "schemaType": "AVRO", "guid": "6dcd1ea2-5ae7-e905-bdc3-fe09476b0799",
    "level": "BACKWARD", "judge": "proof",
    "reasons": [{"rule": "avro-field-without-default", "version": 3,
        "message": "the new schema has the field `country` in `Order` without a default, and the old schema does not write it",
        "witness": "{}: …"}]
}))]
pub struct RefusalView {
    /// Later refusals have higher numbers.
    seq: i64,
    /// When, in milliseconds since 1970.
    #[schema(value_type = i64)]
    at: Timestamp,
    /// Who asked.
    caller: String,
    /// The `X-Request-ID` of the request.
    request_id: String,
    subject: String,
    #[schema(value_type = FormatName)]
    schema_type: &'static str,
    /// The hash that the schema would have been known by.
    #[serde(skip_serializing_if = "Option::is_none")]
    guid: Option<String>,
    /// The level it did not meet.
    #[schema(value_type = super::config::LevelName)]
    level: &'static str,
    /// Who judged.
    #[schema(value_type = JudgeName)]
    judge: &'static str,
    reasons: Vec<ReasonView>,
    /// How many more reasons there were.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
}

/// Why a registration was refused.
#[derive(Serialize, ToSchema)]
pub struct ReasonView {
    /// The id of the rule; none for a reserved field.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// The earlier version that the schema does not go together with.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    message: String,
    /// Data that shows it, and what becomes of it; with the first reason that has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<String>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl From<Refused> for RefusalView {
    fn from(refused: Refused) -> RefusalView {
        let Refused { seq, refusal, reasons, more } = refused;
        let reason = |reason: Reason| {
            let Reason { rule, version, message, witness } = reason;
            ReasonView { rule, version, message, witness }
        };
        RefusalView {
            seq,
            at: refusal.by.now,
            caller: refusal.by.actor,
            request_id: refusal.by.request_id,
            subject: refusal.subject.to_string(),
            schema_type: refusal.format.as_str(),
            guid: refusal.guid.map(|guid| guid.to_string()),
            level: refusal.level.as_str(),
            judge: refusal.judge.as_str(),
            reasons: reasons.into_iter().map(reason).collect(),
            more,
        }
    }
}

/// List refused registrations.
///
/// Those that were refused as incompatible, newest first: the last thousand of them. A client that dies
/// of a refusal hides the reason in its own log; here it can be read.
#[utoipa::path(get, path = "/v1/refusals", tag = "Judging", params(RefusalsQuery, Paging),
    responses((status = 200, description = "Refusals.", body = Vec<RefusalView>), ApiError))]
pub async fn list(
    State(registry): State<Registry>,
    Query(query): Query<RefusalsQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let of = query.subject.as_deref().map(Subject::parse);
    let (offset, limit) = page(&paging, LONGEST);
    let found = registry.refusals(of.as_ref(), offset, limit).await;
    let found = found.during("Failed to read the journal of refusals")?;
    // Never given again: a refusal changes nothing that kept answers are stamped with.
    answer::written(&found.into_iter().map(RefusalView::from).collect::<Vec<_>>())
}
