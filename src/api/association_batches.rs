//! `/associations:batch…`: many resources in one request, each with an answer of its own.

use std::time::Instant;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Options;
use super::answer::{self, Answer};
use super::association_shapes::{AssociatedResourceView, AssociationBody, lifecycle, resource, wish};
use super::associations::AssociateQuery;
use super::error::{ApiError, BodyErrors, Conflict, During, ErrorBody};
use super::extract::{Caller, JsonBody, Query, Shape, constant, flag, members, needed_text};
use crate::model::{AssociationFilter, InvalidProperty};
use crate::registry::{self, AssociatedResource, AssociationOp, Registry, ResourceRequest};
use crate::schema::tree::Node;

/// How many requests one batch may hold.
const MOST_REQUESTS: usize = 1000;

/// The answers to the requests of a batch, in their order.
#[derive(Serialize, ToSchema)]
#[schema(as = AssociationResults)]
pub struct ResultsView<'a> {
    results: Vec<ResultView<'a>>,
}

/// One of two: what went wrong, or the resource.
#[derive(Serialize, ToSchema)]
#[schema(as = AssociationResult)]
struct ResultView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<AssociatedResourceView>,
}

/// How many operations the requests of one batch may hold together.
const MOST_OPS: usize = 1000;

/// What was found and done for each request.
struct Outcomes(Vec<Result<AssociatedResourceView, ApiError>>);

impl Outcomes {
    /// # Errors
    /// With a failure of the server, which is not among the outcomes then.
    fn add(
        &mut self,
        outcome: Result<AssociatedResource, registry::Error>,
        during: &str,
        options: &Options,
    ) -> Result<(), ApiError> {
        let outcome = outcome.during(during).map(|found| AssociatedResourceView::of(found, options));
        match outcome.map_err(|error| error.with_incompatible_code(options.incompatible_error_code)) {
            Err(failure) if failure.is_failure() => Err(failure),
            outcome => {
                self.0.push(outcome);
                Ok(())
            }
        }
    }

    /// What was applied must be told, so only a batch whose first request fails is a failure itself.
    /// The requests after the one that failed are not tried.
    fn stop(mut self, failure: ApiError, untried: usize) -> Answer {
        if self.0.is_empty() {
            return Err(failure);
        }
        let cause = failure.cause_to_log();
        self.0.push(Err(failure));
        self.0.extend((0..untried).map(|_| Err(ApiError::not_tried())));
        let mut response = self.answer()?;
        response.extensions_mut().insert(cause);
        Ok(response)
    }

    fn answer(self) -> Answer {
        let mut results = Vec::with_capacity(self.0.len());
        let mut errors = Vec::new();
        for outcome in self.0 {
            match outcome {
                Ok(found) => results.push((Some(found), None)),
                Err(error) => {
                    results.push((None, Some(errors.len())));
                    errors.push(error);
                }
            }
        }
        let view = |(result, error): (_, Option<usize>)| ResultView {
            result,
            error: error.map(|index| errors[index].body()),
        };
        answer::several(&ResultsView { results: results.into_iter().map(view).collect() })
    }
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct BatchGetQuery {
    /// Add the latest schema of each subject.
    pub include_schemas: bool,
}

/// Resources to look for.
#[derive(ToSchema)]
#[schema(as = AssociationQueries, example = json!({"requests": [{"resourceId": "orders-id"}]}))]
#[expect(dead_code, reason = "documents what `Queries` reads")]
pub struct QueriesBody {
    /// At most 1000.
    requests: Vec<QueryBody>,
}

/// A resource to look for, by its id or by its name and namespace.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = AssociationQuery)]
#[expect(dead_code, reason = "documents what `Queries` reads")]
struct QueryBody {
    #[schema(required = false)]
    resource_id: Option<String>,
    #[schema(required = false)]
    resource_name: Option<String>,
    #[schema(required = false)]
    resource_namespace: Option<String>,
    /// `topic`.
    #[schema(required = false)]
    resource_type: Option<String>,
    /// Only associations of one of these types: `key`, `value`.
    #[schema(required = false)]
    association_types: Vec<String>,
    /// Only associations of this lifecycle: `STRONG`, `WEAK`.
    #[schema(required = false)]
    lifecycle: Option<String>,
}

/// What [`QueriesBody`] documents, read.
pub struct Queries(Vec<(ResourceRequest, Option<AssociationFilter>)>);

impl Shape for Queries {
    fn read(body: &Node) -> Result<Queries, ApiError> {
        let query = |node| {
            let given = members(node, "AssociationGetRequest")?;
            let resource = resource(&given)?;
            let parts = given.list("associationTypes", |node| needed_text(node, "associationTypes"))?;
            let parts = parts.unwrap_or_default();
            let filter = AssociationFilter::read(resource.kind.as_deref(), &parts, lifecycle(&given)?);
            Ok((resource, filter))
        };
        requests(body, query).map(Queries)
    }
}

/// Look for the associations of many resources.
///
/// A resource that nobody knows has none. Each request has an answer of its own.
#[utoipa::path(post, path = "/associations:batchGet", tag = "Associations", params(BatchGetQuery),
    request_body = QueriesBody,
    responses((status = 207, description = "The answers, in the order of the requests.",
        body = ResultsView<'_>), ApiError, BodyErrors))]
pub async fn get(
    State(registry): State<Registry>,
    State(options): State<Options>,
    Query(query): Query<BatchGetQuery>,
    JsonBody(Queries(requests)): JsonBody<Queries>,
) -> Answer {
    let mut outcomes = Outcomes(Vec::with_capacity(requests.len()));
    for (resource, filter) in requests {
        let found = registry.associated_resource(resource, filter.as_ref(), query.include_schemas).await;
        outcomes.add(found, "Error while getting associations", &options)?;
    }
    outcomes.answer()
}

/// Resources whose associations are to change.
#[derive(ToSchema)]
#[schema(as = AssociationMutations, example = json!({"requests": [{
    "resourceName": "orders", "resourceNamespace": "lkc-1", "resourceId": "orders-id",
    "associations": [{"opType": "DELETE", "associationType": "value"}]
}]}))]
#[expect(dead_code, reason = "documents what `Mutations` reads")]
pub struct MutationsBody {
    /// At most 1000, with at most 1000 operations in all.
    requests: Vec<MutationBody>,
}

/// A resource and what to do with its associations, in this order.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = AssociationMutation)]
#[expect(dead_code, reason = "documents what `Mutations` reads")]
struct MutationBody {
    resource_name: String,
    resource_namespace: String,
    /// May be left out of a dry run.
    #[schema(required = false)]
    resource_id: Option<String>,
    /// `topic`.
    #[schema(required = false)]
    resource_type: Option<String>,
    /// Neighbours of one type are applied as one.
    associations: Vec<OpBody>,
}

/// A change of one association.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = AssociationOp)]
#[expect(dead_code, reason = "documents what `Mutations` reads")]
struct OpBody {
    /// `CREATE`, `UPSERT` or `DELETE`.
    op_type: String,
    /// Of a `DELETE`: delete the subject as well if the association is strong.
    #[schema(required = false)]
    cascade_lifecycle: Option<bool>,
    #[schema(inline)]
    #[serde(flatten)]
    association: AssociationBody,
}

/// What [`MutationsBody`] documents, read.
pub struct Mutations(Vec<(ResourceRequest, Vec<AssociationOp>)>);

impl Shape for Mutations {
    fn read(body: &Node) -> Result<Mutations, ApiError> {
        let mutation = |node| {
            let given = members(node, "AssociationOpRequest")?;
            let ops = given.list("associations", op)?.unwrap_or_default();
            Ok((resource(&given)?, ops))
        };
        let requests = requests(body, mutation)?;
        if requests.iter().map(|(_, ops)| ops.len()).sum::<usize>() > MOST_OPS {
            let detail = format!("exceed {MOST_OPS} operations in all");
            return Err(registry::Error::from(InvalidProperty::new("requests", detail)).into());
        }
        Ok(Mutations(requests))
    }
}

#[derive(Clone, Copy)]
enum OpType {
    Create,
    Upsert,
    Delete,
}

fn op(node: &Node) -> Result<AssociationOp, ApiError> {
    const TYPES: [(&str, OpType); 3] =
        [("CREATE", OpType::Create), ("UPSERT", OpType::Upsert), ("DELETE", OpType::Delete)];
    let given = members(node, "AssociationOp")?;
    let op_type = given.given("opType", |node| constant(node, &TYPES))?.value();
    match op_type.ok_or_else(|| ApiError::bad_body("`opType` says what to do and is missing"))? {
        OpType::Create => Ok(AssociationOp::Create(wish(&given)?)),
        OpType::Upsert => Ok(AssociationOp::Upsert(wish(&given)?)),
        OpType::Delete => Ok(AssociationOp::Delete {
            part: given.text("associationType")?,
            cascade: given.given("cascadeLifecycle", flag)?.value().unwrap_or(false),
        }),
    }
}

/// Change the associations of many resources.
///
/// Each request has an answer of its own; one that is refused does not stop the others. When the server
/// fails in the middle, or runs out of time, those that are left are answered as not tried.
#[utoipa::path(post, path = "/associations:batchMutate", tag = "Associations", params(AssociateQuery),
    request_body = MutationsBody,
    responses((status = 207, description = "The answers, in the order of the requests.",
        body = ResultsView<'_>), ApiError, BodyErrors, Conflict))]
pub async fn mutate(
    State(registry): State<Registry>,
    State(options): State<Options>,
    Query(query): Query<AssociateQuery>,
    Caller(caller): Caller,
    JsonBody(Mutations(requests)): JsonBody<Mutations>,
) -> Answer {
    let how = query.read()?;
    let started = Instant::now();
    let mut outcomes = Outcomes(Vec::with_capacity(requests.len()));
    let mut requests = requests.into_iter();
    while let Some((resource, ops)) = requests.next() {
        // An answer that comes too late would not tell what was applied.
        if started.elapsed() > options.request_timeout / 2 {
            return outcomes.stop(ApiError::not_tried(), requests.len());
        }
        let done = registry.mutate_associations(resource, ops, &how, &caller).await;
        if let Err(failure) = outcomes.add(done, "Error while writing associations", &options) {
            return outcomes.stop(failure, requests.len());
        }
    }
    outcomes.answer()
}

/// The requests of a batch, each read by `read`.
fn requests<'a, T>(
    body: &'a Node,
    read: impl Fn(&'a Node) -> Result<T, ApiError>,
) -> Result<Vec<T>, ApiError> {
    let given = members(body, "AssociationBatchRequest")?;
    let requests = given.list("requests", read)?.unwrap_or_default();
    let wrong = |detail: String| Err(registry::Error::from(InvalidProperty::new("requests", detail)).into());
    match requests.len() {
        0 => wrong("cannot be null or empty".to_owned()),
        1..=MOST_REQUESTS => Ok(requests),
        _ => wrong(format!("exceeds max length of {MOST_REQUESTS}")),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http_body_util::BodyExt;

    use super::{Mutations, Outcomes, Shape};
    use crate::api::error::{ApiError, Cause};
    use crate::schema::tree;

    #[test]
    fn a_thousand_operations_in_all() {
        let read = |requests: usize, ops: usize| {
            let ops = vec![r#"{"opType":"DELETE"}"#; ops].join(",");
            let requests = vec![format!(r#"{{"associations":[{ops}]}}"#); requests].join(",");
            let body = format!(r#"{{"requests":[{requests}]}}"#);
            let body = tree::parse_lenient(body.as_bytes()).expect("JSON").expect("a body");
            Mutations::read(&body).map(|read| read.0.len())
        };
        assert_eq!(read(10, 100).expect("a thousand"), 10);
        let refused = serde_json::to_value(read(13, 77).expect_err("1001").body()).expect("JSON");
        assert_eq!(refused["error_code"], 42212);
        assert!(refused["message"].as_str().expect("a text").ends_with("exceed 1000 operations in all"));
    }

    #[tokio::test]
    async fn a_failure_in_the_middle_hides_nothing() {
        let failure = || ApiError::internal("a disk is gone");
        assert!(Outcomes(Vec::new()).stop(failure(), 2).is_err(), "nothing was answered before it");
        let before = Outcomes(vec![Err(ApiError::bad_body("refused"))]);
        let (parts, body) = before.stop(failure(), 2).expect("an answer").into_parts();
        assert_eq!(parts.status, StatusCode::MULTI_STATUS);
        assert_eq!(parts.extensions.get::<Cause>().expect("a cause").0, "a disk is gone");
        let body = body.collect().await.expect("a body").to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        let results = body["results"].as_array().expect("results");
        let codes: Vec<_> = results.iter().map(|result| result["error"]["error_code"].clone()).collect();
        assert_eq!(codes, [400, 500, 503, 503]);
    }
}
