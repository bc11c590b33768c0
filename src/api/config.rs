//! `/config`: compatibility levels and their kin, per subject, context and for all.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::error::{ApiError, BodyErrors, During, Moved, Refusals};
use super::extract::{
    Caller, Given, JsonBody, Query, Shape, SubjectPath, Writing, decoded_again, flag, members, text,
};
use super::schema_request::{MetadataBody, RuleSetBody, metadata, rule_set};
use crate::model::{Level, Metadata, Policy, RuleSet, Scope, Settings, Subject};
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
    /// The subject that this one stands for.
    #[serde(skip_serializing_if = "absent_or_empty")]
    alias: Option<String>,
    /// The subject that this one stands for where keys of encryption are concerned.
    #[serde(skip_serializing_if = "absent_or_empty")]
    alias_for_deks: Option<String>,
    /// Store normal forms.
    #[serde(skip_serializing_if = "Option::is_none")]
    normalize: Option<bool>,
    /// Validate content more strictly.
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_fields: Option<bool>,
    /// Parse new schemas strictly; true where it is left open.
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_new_schemas: Option<bool>,
    /// Kept for clients: the registry runs no rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_rules: Option<bool>,
    #[schema(value_type = LevelName)]
    compatibility_level: &'static str,
    #[serde(flatten)]
    rest: ConfigRest,
}

/// The members after the level, which requests and answers share.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigRest {
    /// How undeclared properties of JSON documents are treated.
    #[schema(value_type = Option<PolicyName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility_policy: Option<String>,
    /// The metadata property whose value splits versions into groups that are compared among themselves.
    #[serde(skip_serializing_if = "absent_or_empty")]
    compatibility_group: Option<String>,
    /// What new schemas get where they and their predecessor say nothing.
    #[schema(value_type = Option<MetadataBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    default_metadata: Option<Metadata>,
    /// What new schemas get whatever they say.
    #[schema(value_type = Option<MetadataBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    override_metadata: Option<Metadata>,
    /// Rules that new schemas get where they and their predecessor have none of that name.
    #[schema(value_type = Option<RuleSetBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    default_rule_set: Option<RuleSet>,
    /// Rules that new schemas get whatever they say.
    #[schema(value_type = Option<RuleSetBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    override_rule_set: Option<RuleSet>,
}

impl Config {
    fn of(settings: Settings, level: Level) -> Config {
        Config {
            alias: settings.alias,
            alias_for_deks: settings.alias_for_deks,
            normalize: settings.normalize,
            validate_fields: settings.validate_fields,
            validate_new_schemas: settings.validate_new_schemas,
            validate_rules: settings.validate_rules,
            compatibility_level: level.as_str(),
            rest: ConfigRest {
                compatibility_policy: settings.policy.map(|policy| policy.as_str().to_uppercase()),
                compatibility_group: settings.group,
                default_metadata: settings.default_metadata,
                override_metadata: settings.override_metadata,
                default_rule_set: settings.default_rule_set,
                override_rule_set: settings.override_rule_set,
            },
        }
    }
}

/// A change of configuration, and the whole of it afterwards. A member that is left out keeps its
/// value, `null` clears it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"compatibility": "FULL"}))]
pub struct ConfigUpdate {
    /// The subject that this one stands for, in the same context unless qualified.
    #[serde(skip_serializing_if = "absent_or_empty")]
    alias: Option<String>,
    /// The subject that this one stands for where keys of encryption are concerned.
    #[serde(skip_serializing_if = "absent_or_empty")]
    alias_for_deks: Option<String>,
    /// Store normal forms.
    #[serde(skip_serializing_if = "Option::is_none")]
    normalize: Option<bool>,
    /// Validate content more strictly.
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_fields: Option<bool>,
    /// Parse new schemas strictly; true where it is left open.
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_new_schemas: Option<bool>,
    /// Kept for clients: the registry runs no rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_rules: Option<bool>,
    /// The level, in any case.
    #[schema(value_type = Option<LevelName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility: Option<&'static str>,
    #[serde(flatten)]
    rest: ConfigRest,
}

impl From<Settings> for ConfigUpdate {
    fn from(settings: Settings) -> ConfigUpdate {
        let compatibility = settings.level.map(Level::as_str);
        // What is shown of a level that is not recorded is left out here.
        let Config { alias, alias_for_deks, normalize, validate_fields, rest, .. } =
            Config::of(settings.clone(), Level::None);
        ConfigUpdate {
            alias,
            alias_for_deks,
            normalize,
            validate_fields,
            validate_new_schemas: settings.validate_new_schemas,
            validate_rules: settings.validate_rules,
            compatibility,
            rest,
        }
    }
}

fn absent_or_empty(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(str::is_empty)
}

/// What [`ConfigUpdate`] documents, read.
pub struct ConfigRequest {
    level: Given<Option<Level>>,
    policy: Given<Option<Policy>>,
    /// Is it the policy that this version does not have?
    is_logical: bool,
    rest: SettingsChange,
}

impl Shape for ConfigRequest {
    fn read(body: &Node) -> Result<ConfigRequest, ApiError> {
        let given = members(body, "ConfigUpdateRequest")?;
        let level = |node| Ok(text(node)?.map(|name| name.parse::<Level>().ok()));
        let policy_name = given.text("compatibilityPolicy")?.unwrap_or_default();
        let metadata = |node| metadata(node).map(Some);
        let rule_set = |node| rule_set(node).map(Some);
        Ok(ConfigRequest {
            level: given.given("compatibility", level)?,
            policy: given.given("compatibilityPolicy", policy)?,
            is_logical: policy_name.eq_ignore_ascii_case("LOGICAL"),
            rest: SettingsChange {
                normalize: given.given("normalize", flag)?.into(),
                validate_fields: given.given("validateFields", flag)?.into(),
                validate_new_schemas: given.given("validateNewSchemas", flag)?.into(),
                validate_rules: given.given("validateRules", flag)?.into(),
                group: given.given("compatibilityGroup", text)?.into(),
                alias: given.given("alias", text)?.into(),
                alias_for_deks: given.given("aliasForDeks", text)?.into(),
                default_metadata: given.given("defaultMetadata", metadata)?.into(),
                override_metadata: given.given("overrideMetadata", metadata)?.into(),
                default_rule_set: given.given("defaultRuleSet", rule_set)?.into(),
                override_rule_set: given.given("overrideRuleSet", rule_set)?.into(),
                ..SettingsChange::default()
            },
        })
    }
}

/// A policy nobody knows has always counted as none.
fn policy(node: &Node) -> Result<Option<Option<Policy>>, ApiError> {
    Ok(text(node)?.map(|name| Policy::named(&name)))
}

impl ConfigRequest {
    fn change(self, registry: &Registry, scope: &Scope) -> Result<SettingsChange, ApiError> {
        let level = match self.level {
            Given::Absent => Change::Keep,
            Given::Null => Change::Clear,
            Given::Value(Some(level)) => Change::Set(level),
            Given::Value(None) => return Err(ApiError::unknown_level()),
        };
        self.rest.check_rules()?;
        registry.check_configurable(scope)?;
        if self.is_logical {
            return Err(ApiError::unavailable("The policy LOGICAL"));
        }
        let policy = match self.policy {
            Given::Absent => Change::Keep,
            Given::Null | Given::Value(None) => Change::Clear,
            Given::Value(Some(policy)) => Change::Set(policy),
        };
        Ok(SettingsChange { level, policy, ..self.rest })
    }
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
        return answer::read(&Config::of(found.settings, found.level));
    }
    let always = scope.is_top() || *scope == Scope::global();
    let recorded = registry.settings(scope).await.during(&operation)?;
    let recorded = match recorded {
        Some(recorded) => recorded,
        None if always => Settings::default(),
        None => return Err(Error::LevelNotConfigured(scope.subject().clone()).into()),
    };
    answer::read(&shown(recorded, registry))
}

async fn put(
    registry: &Registry,
    scope: &Scope,
    request: ConfigRequest,
    caller: &registry::Caller,
) -> Answer {
    let settings = registry.change_settings(scope, request.change(registry, scope)?, caller).await;
    let settings = settings.during("Failed to update compatibility level")?;
    answer::written(&ConfigUpdate::from(settings))
}

/// A record without a level is shown with the one of the server.
fn shown(recorded: Settings, registry: &Registry) -> Config {
    let level = recorded.level.unwrap_or(registry.default_level());
    Config::of(recorded, level)
}

async fn remove(registry: &Registry, scope: &Scope, caller: &registry::Caller) -> Answer {
    let removed = registry.delete_settings(scope, caller).await;
    let removed = match removed.during("Failed to delete compatibility level")? {
        Some(removed) => removed,
        None if scope.is_top() => Settings::default(),
        None => return Err(Error::SubjectNotFound(scope.subject().clone()).into()),
    };
    answer::written(&shown(removed, registry))
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
        ApiError, BodyErrors, Moved))]
pub async fn put_top(
    Writing(registry): Writing,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<ConfigRequest>,
) -> Answer {
    put(&registry, &Scope::top(), request, &caller).await
}

/// Forget the top-level configuration.
#[utoipa::path(delete, path = "/config", tag = "Config",
    responses((status = 200, description = "The configuration that was.", body = Config),
        ApiError, Refusals, Moved))]
pub async fn delete_top(Writing(registry): Writing, Caller(caller): Caller) -> Answer {
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
        ApiError, BodyErrors, Moved))]
pub async fn put_subject(
    Writing(registry): Writing,
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
        ApiError, Refusals, Moved))]
pub async fn delete(
    Writing(registry): Writing,
    SubjectPath(subject): SubjectPath,
    Caller(caller): Caller,
) -> Answer {
    remove(&registry, &Scope::of(&subject), &caller).await
}
