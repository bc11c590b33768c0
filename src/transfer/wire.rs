//! Schemas and settings as registries write them, on the wire and in their topic: the words are the same.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::model::{Content, Format, Metadata, Policy, Reference, RuleSet, Settings, Version};

/// What a schema holds. The text is taken as it is.
pub(super) fn read_content(value: &Value) -> Result<Content, String> {
    let text = value.get("schema").and_then(Value::as_str).ok_or("there is no text `schema`")?;
    let format = match value.get("schemaType") {
        None | Some(Value::Null) => Format::Avro,
        Some(Value::String(name)) if name.is_empty() => Format::Avro,
        Some(name) => name
            .as_str()
            .unwrap_or_default()
            .parse()
            .map_err(|_| format!("the schema type {name} is unknown"))?,
    };
    let references = match value.get("references") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.iter().map(read_reference).collect::<Result<_, _>>()?,
        Some(_) => return Err("`references` is no list".to_owned()),
    };
    Ok(Content {
        format,
        text: text.to_owned(),
        references,
        metadata: part::<Metadata>(value, "metadata")?,
        rule_set: part::<RuleSet>(value, "ruleSet")?,
    })
}

fn read_reference(value: &Value) -> Result<Reference, String> {
    let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let version = value.get("version").and_then(number).and_then(Version::new);
    match (text("name"), text("subject"), version) {
        (Some(name), Some(subject), Some(version)) => Ok(Reference { name, subject, version }),
        _ => Err(format!("{value} is no reference")),
    }
}

/// A number of 32 bits.
pub(super) fn number(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

/// A member that is an object, or is not there.
fn part<T: DeserializeOwned>(value: &Value, member: &str) -> Result<Option<T>, String> {
    match value.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(part) => serde_json::from_value(without_nulls(part.clone()))
            .map(Some)
            .map_err(|error| format!("`{member}` cannot be kept: {error}")),
    }
}

/// Topics hold `null` for what is not there.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let given = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(given.map(|(key, member)| (key, without_nulls(member))).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// Settings. Members with names of older releases are understood too.
pub(super) fn read_settings(value: &Value) -> Result<Settings, String> {
    let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let flag = |member: &str| value.get(member).and_then(Value::as_bool);
    let level = text("compatibilityLevel").or_else(|| text("compatibility"));
    Ok(Settings {
        level: level.map(|level| level.parse()).transpose().map_err(|error| format!("{error}"))?,
        normalize: flag("normalize"),
        validate_fields: flag("validateFields"),
        validate_new_schemas: flag("validateNewSchemas"),
        validate_rules: flag("validateRules"),
        policy: text("compatibilityPolicy").and_then(|name| Policy::named(&name)),
        group: text("compatibilityGroup"),
        alias: text("alias"),
        alias_for_deks: text("aliasForDeks"),
        default_metadata: part(value, "defaultMetadata")?,
        override_metadata: part(value, "overrideMetadata")?.or(part(value, "metadataOverride")?),
        default_rule_set: part(value, "defaultRuleSet")?,
        override_rule_set: part(value, "overrideRuleSet")?.or(part(value, "ruleSetOverride")?),
    })
}

/// The members of a schema, after those that say which one it is.
pub(super) fn content_members(content: &Content, members: &mut Map<String, Value>) {
    members.insert("schemaType".to_owned(), json!(content.format.as_str()));
    if !content.references.is_empty() {
        let reference = |reference: &Reference| {
            json!({
                "name": reference.name,
                "subject": reference.subject,
                "version": reference.version.number(),
            })
        };
        let references = content.references.iter().map(reference).collect();
        members.insert("references".to_owned(), Value::Array(references));
    }
    if let Some(metadata) = &content.metadata {
        members.insert("metadata".to_owned(), json!(metadata));
    }
    if let Some(rule_set) = &content.rule_set {
        members.insert("ruleSet".to_owned(), json!(rule_set));
    }
    members.insert("schema".to_owned(), json!(content.text));
}

/// The members of settings.
pub(super) fn settings_members(settings: &Settings, members: &mut Map<String, Value>) {
    let parts = [
        ("alias", json!(settings.alias)),
        ("aliasForDeks", json!(settings.alias_for_deks)),
        ("normalize", json!(settings.normalize)),
        ("validateFields", json!(settings.validate_fields)),
        ("validateNewSchemas", json!(settings.validate_new_schemas)),
        ("validateRules", json!(settings.validate_rules)),
        ("compatibilityLevel", json!(settings.level.map(|level| level.as_str()))),
        ("compatibilityPolicy", json!(settings.policy.map(|policy| policy.as_str().to_uppercase()))),
        ("compatibilityGroup", json!(settings.group)),
        ("defaultMetadata", json!(settings.default_metadata)),
        ("overrideMetadata", json!(settings.override_metadata)),
        ("defaultRuleSet", json!(settings.default_rule_set)),
        ("overrideRuleSet", json!(settings.override_rule_set)),
    ];
    members.extend(
        parts.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)),
    );
}
