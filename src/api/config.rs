//! `/config`: compatibility levels and their kin, per subject, context and for all.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::error::{ApiError, BodyErrors, During, Refusals};
use super::extract::{
    Caller, Given, JsonBody, Members, Query, Shape, SubjectPath, decoded_again, flag, members,
};
use crate::model::{Level, Policy, Scope, Settings, Subject};
use crate::registry::{self, Change, Error, Registry, SettingsChange};
use crate::schema::tree::Node;

/// A compatibility level.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE", as = CompatibilityLevel)]
#[expect(dead_code, reason = "documents the names of the levels")]
pub enum LevelName {
    None,
    Backward,
    BackwardTransitive,
    Forward,
    ForwardTransitive,
    Full,
    FullTransitive,
}

/// How properties that a JSON Schema does not declare are treated.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE", as = CompatibilityPolicy)]
#[expect(dead_code, reason = "documents the names of the policies")]
pub enum PolicyName {
    /// As the schema says.
    Strict,
    /// Writers write none, and readers do not mind them.
    Lenient,
}

/// What is configured, or in force.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"compatibilityLevel": "BACKWARD"}))]
pub struct Config {
    /// Store normal forms.
    #[serde(skip_serializing_if = "Option::is_none")]
    normalize: Option<bool>,
    /// Validate content more strictly.
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_fields: Option<bool>,
    #[schema(value_type = LevelName)]
    compatibility_level: &'static str,
    /// How undeclared properties of JSON documents are treated.
    #[schema(value_type = Option<PolicyName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility_policy: Option<String>,
}

impl Config {
    fn of(settings: &Settings, default: Level) -> Config {
        Config {
            normalize: settings.normalize,
            validate_fields: settings.validate_fields,
            compatibility_level: settings.level.unwrap_or(default).as_str(),
            compatibility_policy: policy_name(settings.policy),
        }
    }
}

/// A change of configuration, and the whole of it afterwards. A member that is left out keeps its
/// value, `null` clears it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"compatibility": "FULL"}))]
pub struct ConfigUpdate {
    /// Store normal forms.
    #[serde(skip_serializing_if = "Option::is_none")]
    normalize: Option<bool>,
    /// Validate content more strictly.
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_fields: Option<bool>,
    /// The level, in any case.
    #[schema(value_type = Option<LevelName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility: Option<&'static str>,
    /// How undeclared properties of JSON documents are treated, in any case.
    #[schema(value_type = Option<PolicyName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility_policy: Option<String>,
}

fn policy_name(policy: Option<Policy>) -> Option<String> {
    policy.map(|policy| policy.as_str().to_uppercase())
}

/// What [`ConfigUpdate`] documents, read.
pub struct ConfigRequest {
    level: Given<Option<Level>>,
    normalize: Given<bool>,
    validate_fields: Given<bool>,
    policy: Given<Option<Policy>>,
    /// The first member that this version does not have.
    unavailable: Option<&'static str>,
}

/// Members that this version refuses rather than accept them without effect.
const LATER: [&str; 10] = [
    "alias",
    "aliasForDeks",
    "validateNewSchemas",
    "validateRules",
    "compatibilityPolicy",
    "compatibilityGroup",
    "defaultMetadata",
    "overrideMetadata",
    "defaultRuleSet",
    "overrideRuleSet",
];

impl Shape for ConfigRequest {
    fn read(body: &Node) -> Result<ConfigRequest, ApiError> {
        let given = members(body, "ConfigUpdateRequest")?;
        let level = |node| Ok(super::extract::text(node)?.map(|name| name.parse::<Level>().ok()));
        let mut unavailable = None;
        for member in LATER {
            if unavailable.is_none() && asks_for(&given, member)? {
                unavailable = Some(member);
            }
        }
        Ok(ConfigRequest {
            level: given.given("compatibility", level)?,
            normalize: given.given("normalize", flag)?,
            validate_fields: given.given("validateFields", flag)?,
            policy: given.given("compatibilityPolicy", policy)?,
            unavailable,
        })
    }
}

fn asks_for(given: &Members<'_>, member: &str) -> Result<bool, ApiError> {
    let Some(node) = given.given(member, |node| Ok(Some(node)))?.value() else { return Ok(false) };
    let is_logical = |name: &str| name.eq_ignore_ascii_case("LOGICAL");
    Ok(member != "compatibilityPolicy" || node.as_str().is_some_and(is_logical))
}

/// A policy nobody knows has always counted as none.
fn policy(node: &Node) -> Result<Option<Option<Policy>>, ApiError> {
    Ok(super::extract::text(node)?.map(|name| Policy::named(&name)))
}

impl ConfigRequest {
    fn change(self, scope: &Scope) -> Result<SettingsChange, ApiError> {
        let level = match self.level {
            Given::Absent => Change::Keep,
            Given::Null => Change::Clear,
            Given::Value(Some(level)) => Change::Set(level),
            Given::Value(None) => return Err(ApiError::unknown_level()),
        };
        check_scope(scope)?;
        if let Some(member) = self.unavailable {
            return Err(match member {
                "compatibilityPolicy" => ApiError::unavailable(format_args!("The policy LOGICAL")),
                other => ApiError::unavailable(format_args!("The setting `{other}`")),
            });
        }
        Ok(SettingsChange {
            level,
            normalize: change(self.normalize),
            validate_fields: change(self.validate_fields),
            policy: match self.policy {
                Given::Absent => Change::Keep,
                Given::Null | Given::Value(None) => Change::Clear,
                Given::Value(Some(policy)) => Change::Set(policy),
            },
        })
    }
}

fn change(given: Given<bool>) -> Change<bool> {
    match given {
        Given::Absent => Change::Keep,
        Given::Null => Change::Clear,
        Given::Value(value) => Change::Set(value),
    }
}

/// May anything be configured here? The registry asks too; here it decides which error wins.
///
/// # Errors
/// When the subject is not valid. The scope above every context is.
pub fn check_scope(scope: &Scope) -> Result<(), ApiError> {
    if *scope != Scope::global() {
        scope.subject().check_writable().map_err(Error::from)?;
    }
    Ok(())
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct DefaultQuery {
    /// Show what is in force, wherever it comes from.
    pub default_to_global: bool,
}

async fn show(registry: &Registry, scope: &Scope, in_force: bool) -> Answer {
    let operation = format!("Failed to get the configs for subject {}", scope.subject());
    if in_force {
        let found = registry.settings_in_force(scope).await.during(&operation)?;
        return answer::read(&Config {
            normalize: found.normalize,
            validate_fields: found.validate_fields,
            compatibility_level: found.level.as_str(),
            compatibility_policy: policy_name(found.policy),
        });
    }
    let always = scope.is_top() || *scope == Scope::global();
    let recorded = registry.settings(scope).await.during(&operation)?;
    let recorded = match recorded {
        Some(recorded) => recorded,
        None if always => Settings::default(),
        None => return Err(Error::LevelNotConfigured(scope.subject().clone()).into()),
    };
    answer::read(&Config::of(&recorded, registry.default_level()))
}

async fn put(
    registry: &Registry,
    scope: &Scope,
    request: ConfigRequest,
    caller: &registry::Caller,
) -> Answer {
    let settings = registry.change_settings(scope, request.change(scope)?, caller).await;
    let settings = settings.during("Failed to update compatibility level")?;
    answer::written(&ConfigUpdate {
        normalize: settings.normalize,
        validate_fields: settings.validate_fields,
        compatibility: settings.level.map(Level::as_str),
        compatibility_policy: policy_name(settings.policy),
    })
}

async fn remove(registry: &Registry, scope: &Scope, caller: &registry::Caller) -> Answer {
    let removed = registry.delete_settings(scope, caller).await;
    let removed = match removed.during("Failed to delete compatibility level")? {
        Some(removed) => removed,
        None if scope.is_top() => Settings::default(),
        None => return Err(Error::SubjectNotFound(scope.subject().clone()).into()),
    };
    answer::written(&Config::of(&removed, registry.default_level()))
}

/// Show the top-level configuration.
#[utoipa::path(get, path = "/config", tag = "Config", params(DefaultQuery),
    responses((status = 200, description = "The configuration.", body = Config), ApiError))]
pub async fn get_top(State(registry): State<Registry>, Query(query): Query<DefaultQuery>) -> Answer {
    show(&registry, &Scope::top(), query.default_to_global).await
}

/// Change the top-level configuration.
#[utoipa::path(put, path = "/config", tag = "Config", request_body = ConfigUpdate,
    responses((status = 200, description = "The whole configuration afterwards.", body = ConfigUpdate),
        ApiError, BodyErrors))]
pub async fn put_top(
    State(registry): State<Registry>,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<ConfigRequest>,
) -> Answer {
    put(&registry, &Scope::top(), request, &caller).await
}

/// Forget the top-level configuration.
#[utoipa::path(delete, path = "/config", tag = "Config",
    responses((status = 200, description = "The configuration that was.", body = Config),
        ApiError, Refusals))]
pub async fn delete_top(State(registry): State<Registry>, Caller(caller): Caller) -> Answer {
    remove(&registry, &Scope::top(), &caller).await
}

/// The scope to read: as named, or once more decoded when only that has a record.
async fn scope_to_read(registry: &Registry, subject: Subject) -> Result<Scope, ApiError> {
    if let Some(decoded) = decoded_again(&subject).map(|decoded| Scope::of(&decoded))
        && registry.settings(&Scope::of(&subject)).await?.is_none()
        && registry.settings(&decoded).await?.is_some()
    {
        return Ok(decoded);
    }
    Ok(Scope::of(&subject))
}

/// Show the configuration of a subject or context.
#[utoipa::path(get, path = "/config/{subject}", tag = "Config",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`."), DefaultQuery),
    responses((status = 200, description = "The configuration.", body = Config), ApiError))]
pub async fn get(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<DefaultQuery>,
) -> Answer {
    let scope = scope_to_read(&registry, subject).await?;
    show(&registry, &scope, query.default_to_global).await
}

/// Change the configuration of a subject or context.
///
/// The subject need not exist yet.
#[utoipa::path(put, path = "/config/{subject}", tag = "Config",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`.")),
    request_body = ConfigUpdate,
    responses((status = 200, description = "The whole configuration afterwards.", body = ConfigUpdate),
        ApiError, BodyErrors))]
pub async fn put_subject(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<ConfigRequest>,
) -> Answer {
    put(&registry, &Scope::of(&subject), request, &caller).await
}

/// Forget the configuration of a subject or context.
#[utoipa::path(delete, path = "/config/{subject}", tag = "Config",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`.")),
    responses((status = 200, description = "The configuration that was.", body = Config),
        ApiError, Refusals))]
pub async fn delete(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Caller(caller): Caller,
) -> Answer {
    remove(&registry, &Scope::of(&subject), &caller).await
}
