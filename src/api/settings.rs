//! `/v1/settings`: who judges, per subject, context and for all.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::error::{ApiError, BodyErrors, During, Moved, Refusals};
use super::extract::{
    Caller, Given, JsonBody, Query, Shape, SubjectPath, Writing, flag, members, needed_text, text,
};
use crate::model::{Judge, JudgeSettings, Judging, Pack, Scope};
use crate::registry::{self, Error, JudgeChange, JudgeInForce, Registry};
use crate::schema::tree::Node;

/// Whose verdict counts.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case", as = Judge)]
#[expect(dead_code, reason = "documents the names of the judges")]
pub enum JudgeName {
    /// What decoders really do; where nothing was proved, the verdict of Confluent Schema Registry.
    Proof,
    /// The verdict of Confluent Schema Registry.
    Reference,
    /// Refused if either refuses.
    Strictest,
}

/// Which promises of a Protobuf schema are kept.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case", as = Pack)]
#[expect(dead_code, reason = "documents the names of the packs")]
pub enum PackName {
    /// Binary data.
    Wire,
    /// Canonical JSON of messages.
    JsonNames,
    /// Code made from the schema.
    Source,
}

/// What a broken rule leads to.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case", as = Action)]
#[expect(dead_code, reason = "documents the names of the actions")]
pub enum ActionName {
    /// The schema is refused.
    Refuse,
    /// The schema is accepted, and the finding told.
    Warn,
    /// Nothing.
    Off,
}

/// Settings of judging: those recorded, or those in force. A member that is not recorded is left out.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"judge": "proof", "packs": ["wire"], "rules": {"avro-alias-ambiguous": "warn"},
    "assertFormats": false, "fillDefaults": false,
    "from": {"judge": "global", "packs": "default", "rules": {"avro-alias-ambiguous": "subject"},
        "assertFormats": "default", "fillDefaults": "default"}}))]
pub struct Settings {
    /// Whose verdict counts.
    #[schema(value_type = Option<JudgeName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    judge: Option<&'static str>,
    /// The packs of Protobuf rules that apply.
    #[schema(value_type = Option<Vec<PackName>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    packs: Option<Vec<&'static str>>,
    /// What rules lead to, by id, where it is not what their severity says.
    #[schema(value_type = BTreeMap<String, ActionName>, required = false)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    rules: BTreeMap<String, &'static str>,
    /// For JSON Schema: `format` is an assertion.
    #[serde(skip_serializing_if = "Option::is_none", rename = "assertFormats")]
    #[schema(rename = "assertFormats")]
    assert_formats: Option<bool>,
    /// For JSON Schema: readers put the default of a property in place where the property is missing.
    #[serde(skip_serializing_if = "Option::is_none", rename = "fillDefaults")]
    #[schema(rename = "fillDefaults")]
    fill_defaults: Option<bool>,
    /// Where each member is recorded; only with those in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Origins>,
}

/// Where each member is recorded: `subject`, `context`, `top-level` (the default context), `global`, or
/// `default` for nowhere.
#[derive(Serialize, ToSchema)]
pub struct Origins {
    judge: &'static str,
    packs: &'static str,
    #[schema(value_type = BTreeMap<String, String>)]
    rules: BTreeMap<String, &'static str>,
    #[serde(rename = "assertFormats")]
    assert_formats: &'static str,
    #[serde(rename = "fillDefaults")]
    fill_defaults: &'static str,
}

impl From<JudgeSettings> for Settings {
    fn from(recorded: JudgeSettings) -> Settings {
        Settings {
            judge: recorded.judge.map(Judge::as_str),
            packs: recorded.packs.map(|packs| packs.into_iter().map(Pack::as_str).collect()),
            rules: recorded.rules.into_iter().map(|(id, action)| (id, action.as_str())).collect(),
            assert_formats: recorded.assert_formats,
            fill_defaults: recorded.fill_defaults,
            from: None,
        }
    }
}

impl From<JudgeInForce> for Settings {
    fn from(found: JudgeInForce) -> Settings {
        let Judging { judge, packs, rules, assumptions } = found.judging;
        let rules_from = found.rules_from.iter().map(|(id, scope)| (id.clone(), origin(Some(scope))));
        Settings {
            judge: Some(judge.as_str()),
            packs: Some(packs.into_iter().map(Pack::as_str).collect()),
            rules: rules.into_iter().map(|(id, action)| (id, action.as_str())).collect(),
            assert_formats: Some(assumptions.assert_formats),
            fill_defaults: Some(assumptions.fill_defaults),
            from: Some(Origins {
                judge: origin(found.judge_from.as_ref()),
                packs: origin(found.packs_from.as_ref()),
                rules: rules_from.collect(),
                assert_formats: origin(found.assert_formats_from.as_ref()),
                fill_defaults: origin(found.fill_defaults_from.as_ref()),
            }),
        }
    }
}

/// What kind of scope something is recorded in.
pub fn origin(scope: Option<&Scope>) -> &'static str {
    match scope {
        None => "default",
        Some(scope) if *scope == Scope::global() => "global",
        Some(scope) if scope.is_top() => "top-level",
        Some(scope) if scope.subject().name().is_empty() => "context",
        Some(_) => "subject",
    }
}

/// A change of settings. A member that is left out keeps its value, `null` clears it; `rules` is
/// replaced as a whole. Other members are refused.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"judge": "reference"}))]
#[expect(dead_code, reason = "documents what `SettingsRequest` reads")]
pub struct SettingsUpdate {
    /// Whose verdict counts.
    judge: Option<JudgeName>,
    /// The packs of Protobuf rules that apply.
    packs: Option<Vec<PackName>>,
    /// What rules lead to, by id. `dovetail explain` and `docs/rules.md` list them.
    rules: Option<BTreeMap<String, ActionName>>,
    /// For JSON Schema: `format` is an assertion.
    assert_formats: Option<bool>,
    /// For JSON Schema: readers put the default of a property in place where the property is missing.
    fill_defaults: Option<bool>,
}

/// What [`SettingsUpdate`] documents, read.
pub struct SettingsRequest(JudgeChange);

const MEMBERS: [&str; 5] = ["judge", "packs", "rules", "assertFormats", "fillDefaults"];

impl Shape for SettingsRequest {
    fn read(body: &Node) -> Result<SettingsRequest, ApiError> {
        let given = members(body, "SettingsUpdate")?;
        if let Some(unknown) = body.members().iter().find(|member| !MEMBERS.contains(&member.key.as_str())) {
            let shown: String = unknown.key.chars().take(100).collect();
            let members = MEMBERS.join(", ");
            return Err(no_such(format!("`{shown}` is no setting; it is one of {members}")));
        }
        let judge = |node| text(node)?.map(|word| parsed(&word)).transpose();
        let packs = |node: &Node| {
            let words =
                node.elements().ok_or_else(|| ApiError::bad_body("`packs` must be a list of words"))?;
            let pack = |node| parsed(&needed_text(node, "packs")?);
            words.iter().map(pack).collect::<Result<BTreeSet<Pack>, _>>().map(Some)
        };
        let rules = match given.given("rules", |node| Ok(Some(node)))? {
            Given::Value(_) => Given::Value(given.map("rules", |word| parsed(&needed_text(word, "rules")?))?),
            Given::Null => Given::Null,
            Given::Absent => Given::Absent,
        };
        Ok(SettingsRequest(JudgeChange {
            judge: given.given("judge", judge)?.into(),
            packs: given.given("packs", packs)?.into(),
            rules: rules.into(),
            assert_formats: given.given("assertFormats", flag)?.into(),
            fill_defaults: given.given("fillDefaults", flag)?.into(),
        }))
    }
}

/// A word of a closed set; the error lists the set.
pub fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(word: &str) -> Result<T, ApiError> {
    let shown: String = word.chars().take(100).collect();
    shown.parse().map_err(|error: T::Err| no_such(error.to_string()))
}

/// A word that is not one of those accepted; the sentence lists them.
pub fn no_such(sentence: String) -> ApiError {
    Error::NoSuchSetting(sentence).into()
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct EffectiveQuery {
    /// Show what is in force, and where it is recorded.
    pub effective: bool,
}

async fn show(registry: &Registry, scope: &Scope, effective: bool) -> Answer {
    const OPERATION: &str = "Failed to get the settings";
    if effective {
        let found = registry.judge_in_force(scope).await.during(OPERATION)?;
        return answer::read(&Settings::from(found));
    }
    answer::read(&Settings::from(registry.judge_settings(scope).await.during(OPERATION)?))
}

async fn put(
    registry: &Registry,
    scope: &Scope,
    SettingsRequest(change): SettingsRequest,
    caller: &registry::Caller,
) -> Answer {
    let settings = registry.change_judge(scope, change, caller).await;
    answer::written(&Settings::from(settings.during("Failed to update the settings")?))
}

async fn remove(registry: &Registry, scope: &Scope, caller: &registry::Caller) -> Answer {
    let former = registry.delete_judge(scope, caller).await;
    answer::written(&Settings::from(former.during("Failed to delete the settings")?))
}

/// Show who judges where no context or subject says otherwise.
///
/// What is recorded; with `effective=true` what is in force.
#[utoipa::path(get, path = "/v1/settings", tag = "Judging", params(EffectiveQuery),
    responses((status = 200, description = "The settings.", body = Settings), ApiError))]
pub async fn get_global(State(registry): State<Registry>, Query(query): Query<EffectiveQuery>) -> Answer {
    show(&registry, &Scope::global(), query.effective).await
}

/// Say who judges where no context or subject says otherwise.
#[utoipa::path(put, path = "/v1/settings", tag = "Judging", request_body = SettingsUpdate,
    responses((status = 200, description = "All that is recorded afterwards.", body = Settings),
        ApiError, BodyErrors, Moved))]
pub async fn put_global(
    Writing(registry): Writing,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<SettingsRequest>,
) -> Answer {
    put(&registry, &Scope::global(), request, &caller).await
}

/// Forget who judges where no context or subject says otherwise.
///
/// Then the default is in force: `proof`.
#[utoipa::path(delete, path = "/v1/settings", tag = "Judging",
    responses((status = 200, description = "What was recorded.", body = Settings), ApiError, Refusals, Moved))]
pub async fn delete_global(Writing(registry): Writing, Caller(caller): Caller) -> Answer {
    remove(&registry, &Scope::global(), &caller).await
}

/// Show who judges the schemas of a subject or context.
///
/// What is recorded there; with `effective=true` what is in force, wherever it comes from: each member
/// from the subject, else its context, else the global settings.
#[utoipa::path(get, path = "/v1/settings/{subject}", tag = "Judging",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`."), EffectiveQuery),
    responses((status = 200, description = "The settings.", body = Settings), ApiError))]
pub async fn get(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<EffectiveQuery>,
) -> Answer {
    show(&registry, &Scope::of(&subject), query.effective).await
}

/// Say who judges the schemas of a subject or context.
///
/// The subject need not exist yet.
#[utoipa::path(put, path = "/v1/settings/{subject}", tag = "Judging",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`.")),
    request_body = SettingsUpdate,
    responses((status = 200, description = "All that is recorded afterwards.", body = Settings),
        ApiError, BodyErrors, Moved))]
pub async fn put_subject(
    Writing(registry): Writing,
    SubjectPath(subject): SubjectPath,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<SettingsRequest>,
) -> Answer {
    put(&registry, &Scope::of(&subject), request, &caller).await
}

/// Forget who judges the schemas of a subject or context.
#[utoipa::path(delete, path = "/v1/settings/{subject}", tag = "Judging",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`.")),
    responses((status = 200, description = "What was recorded.", body = Settings), ApiError, Refusals, Moved))]
pub async fn delete(
    Writing(registry): Writing,
    SubjectPath(subject): SubjectPath,
    Caller(caller): Caller,
) -> Answer {
    remove(&registry, &Scope::of(&subject), &caller).await
}
