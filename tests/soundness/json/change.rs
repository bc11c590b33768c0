//! Changes of schemas: some that may mean anything, and some that mean nothing.

use serde_json::{Map, Value, json};

use super::generate::{self, Draft, NAMES};
use crate::rng::Rng;

/// What holds schemas by names, and what holds a list of them.
const BY_NAME: [&str; 5] =
    ["properties", "patternProperties", "definitions", "dependentSchemas", "dependencies"];
const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const SINGLE: [&str; 12] = [
    "additionalProperties",
    "propertyNames",
    "items",
    "additionalItems",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "unevaluatedItems",
    "$never",
];

/// Every schema within `schema`, by the keys that lead there; the root is the first.
pub fn places(schema: &Value) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect(schema, &mut Vec::new(), &mut found);
    found
}

fn collect(schema: &Value, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    found.push(at.clone());
    let Some(members) = schema.as_object() else { return };
    let mut step = |keys: &[&str], value: &Value| {
        let length = at.len();
        at.extend(keys.iter().map(|key| (*key).to_owned()));
        collect(value, at, found);
        at.truncate(length);
    };
    for (keyword, value) in members {
        match value {
            Value::Object(named) if BY_NAME.contains(&keyword.as_str()) => {
                for (name, value) in named.iter().filter(|(_, value)| !value.is_array()) {
                    step(&[keyword, name], value);
                }
            }
            Value::Array(items) if LISTS.contains(&keyword.as_str()) || keyword == "items" => {
                for (index, value) in items.iter().enumerate() {
                    step(&[keyword, &index.to_string()], value);
                }
            }
            _ if SINGLE.contains(&keyword.as_str()) => step(&[keyword], value),
            _ => {}
        }
    }
}

/// The schema at a place of [`places`].
pub fn at<'a>(schema: &'a mut Value, place: &[String]) -> &'a mut Value {
    place.iter().fold(schema, |schema, key| match schema {
        Value::Array(items) => &mut items[key.parse::<usize>().expect("an index")],
        other => &mut other[key.as_str()],
    })
}

/// The schema with a few things changed.
pub fn changed(rng: &mut Rng, schema: &Value, draft: Draft) -> Value {
    let mut changed = schema.clone();
    for _ in 0..1 + rng.below(2) {
        let places = places(&changed);
        let place = rng.pick(&places).clone();
        let part = at(&mut changed, &place);
        let altered = altered(rng, part.clone(), draft, place.is_empty());
        *part = altered;
    }
    if let Value::Object(whole) = &mut changed {
        generate::define(rng, whole, draft);
    }
    changed
}

fn altered(rng: &mut Rng, schema: Value, draft: Draft, is_root: bool) -> Value {
    let Value::Object(mut members) = schema else { return generate::part(rng, draft) };
    let keywords: Vec<String> =
        members.keys().filter(|key| !["$schema", "definitions"].contains(&key.as_str())).cloned().collect();
    match rng.below(10) {
        0 if !is_root => return generate::part(rng, draft),
        1 if !is_root => return json!({"anyOf": [Value::Object(members), generate::part(rng, draft)]}),
        2 if !is_root => return json!({"allOf": [Value::Object(members), generate::part(rng, draft)]}),
        3 | 4 => {
            if let Value::Object(more) = generate::part(rng, draft) {
                members.extend(more);
            }
        }
        5 if !keywords.is_empty() => {
            members.shift_remove(rng.pick(&keywords));
        }
        _ if !keywords.is_empty() => {
            let keyword = rng.pick(&keywords);
            let value = members[keyword].clone();
            if let Some(value) = nudged(rng, keyword, value, draft) {
                members.insert(keyword.clone(), value);
            }
        }
        _ => {}
    }
    Value::Object(members)
}

/// The value of a keyword, a little different.
fn nudged(rng: &mut Rng, keyword: &str, value: Value, draft: Draft) -> Option<Value> {
    Some(match value {
        Value::Number(number) if keyword != "multipleOf" => match number.as_u64() {
            Some(number) if rng.chance(50) => (number + 1).into(),
            Some(number) if number > 0 => (number - 1).into(),
            _ if keyword.starts_with("min") || keyword.starts_with("max") => return None,
            _ => rng.below(4).into(),
        },
        Value::Array(mut items) if ["enum", "required", "type"].contains(&keyword) => {
            if items.len() > 1 && rng.chance(50) {
                items.remove(rng.below(items.len()));
            } else {
                let more = match keyword {
                    "enum" => generate::value(rng),
                    "required" => (*rng.pick(&NAMES)).into(),
                    _ => "string".into(),
                };
                if !items.contains(&more) {
                    items.push(more);
                }
            }
            items.into()
        }
        Value::Array(mut items) if LISTS.contains(&keyword) => {
            if items.len() > 1 && rng.chance(50) {
                items.remove(rng.below(items.len()));
            } else {
                items.push(generate::part(rng, draft));
            }
            items.into()
        }
        Value::Object(mut named) if keyword == "properties" => {
            if rng.chance(50) {
                named.insert((*rng.pick(&NAMES)).to_owned(), generate::part(rng, draft));
            } else if let Some(name) = named.keys().next().cloned() {
                named.shift_remove(&name);
            }
            named.into()
        }
        _ => return None,
    })
}

/// The schema, written in another way that means the same.
pub fn rewritten(rng: &mut Rng, schema: &Value) -> (&'static str, Value) {
    let mut rewritten = schema.clone();
    let places = places(schema);
    let place = rng.pick(&places).clone();
    let definitions = schema.get("definitions").cloned();
    let part = at(&mut rewritten, &place);
    let what = match rng.below(6) {
        0 => {
            let Value::Object(members) = part else { return ("nothing", rewritten) };
            members.insert("description".to_owned(), "words".into());
            members.insert("examples".to_owned(), json!([1]));
            // Beside `$ref`, draft 7 ignores it too.
            "an annotation"
        }
        1 if !place.is_empty() => {
            let inner = part.take();
            *part = json!({"allOf": [inner]});
            "an allOf of one"
        }
        2 => {
            for keyword in ["anyOf", "oneOf", "allOf", "enum", "required", "type"] {
                if let Some(items) = part.get_mut(keyword).and_then(Value::as_array_mut) {
                    items.reverse();
                }
            }
            "branches the other way round"
        }
        3 => {
            let text = rewritten.to_string().replace("definitions/d0", "definitions/other");
            let mut whole: Map<String, Value> = serde_json::from_str(&text).expect("a schema");
            if let Some(Value::Object(definitions)) = whole.get_mut("definitions")
                && let Some(moved) = definitions.shift_remove("d0")
            {
                definitions.insert("other".to_owned(), moved);
            }
            rewritten = whole.into();
            "another name of a definition"
        }
        4 => {
            let Some(name) = part.get("$ref").and_then(Value::as_str) else { return ("nothing", rewritten) };
            let body = name.rsplit_once('/').and_then(|(_, name)| definitions.as_ref()?.get(name));
            let Some(body) = body.cloned() else { return ("nothing", rewritten) };
            if part.as_object().is_some_and(|members| members.len() > 1) {
                return ("nothing", rewritten);
            }
            *part = body;
            "a reference replaced by what it refers to"
        }
        _ => {
            let Value::Object(members) = part else { return ("nothing", rewritten) };
            let reversed: Map<String, Value> = std::mem::take(members).into_iter().rev().collect();
            *members = reversed;
            "keywords the other way round"
        }
    };
    (what, rewritten)
}
