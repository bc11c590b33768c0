//! Documents that a schema may accept: made along its keywords, with things left out here and there.

use serde_json::{Map, Value};

use super::generate;
use super::shapes::NAMES;
use crate::rng::Rng;

/// How deep documents are nested.
const DEPTH: usize = 4;
const TEXTS: [&str; 10] = ["", "a", "b", "ab", "aa", "bb", "abb", "c", "1", "aab"];
const NUMBERS: [&str; 14] = ["0", "1", "2", "3", "4", "5", "6", "-1", "-2", "0.5", "1.5", "2.5", "0.25", "7"];

/// A document along the schema.
pub fn along(rng: &mut Rng, root: &Value) -> Value {
    value(rng, root, &[root], 0)
}

/// A document along nothing.
pub fn random(rng: &mut Rng, depth: usize) -> Value {
    match rng.below(if depth >= 2 { 5 } else { 8 }) {
        0 | 1 => generate::value(rng),
        2 | 3 => number(rng),
        4 => (*rng.pick(&TEXTS)).into(),
        5 => (0..rng.below(4)).map(|_| random(rng, depth + 1)).collect::<Vec<_>>().into(),
        _ => {
            let mut members = Map::new();
            for name in NAMES {
                if rng.chance(45) {
                    members.insert(name.to_owned(), random(rng, depth + 1));
                }
            }
            members.into()
        }
    }
}

/// A string, the only one that a pattern matches where there is such a pattern.
fn text(rng: &mut Rng, all: &[&Value]) -> Value {
    let words: Vec<&str> = (all.iter())
        .filter_map(|schema| schema.get("pattern")?.as_str()?.strip_prefix('^')?.strip_suffix('$'))
        .filter(|word| word.bytes().all(|letter| letter.is_ascii_alphanumeric()))
        .collect();
    if !words.is_empty() && rng.chance(70) { (*rng.pick(&words)).into() } else { (*rng.pick(&TEXTS)).into() }
}

fn number(rng: &mut Rng) -> Value {
    serde_json::from_str(*rng.pick(&NUMBERS)).expect("a number")
}

fn value(rng: &mut Rng, root: &Value, schemas: &[&Value], depth: usize) -> Value {
    if depth > DEPTH || rng.chance(4) {
        return random(rng, depth);
    }
    let mut all = Vec::new();
    for schema in schemas {
        gather(rng, root, schema, &mut all, 0);
    }
    let kinds = kinds(rng, &all);
    if rng.chance(85) {
        for schema in &all {
            if let Some(value) = schema.get("const") {
                return value.clone();
            }
            if let Some(values) = schema.get("enum").and_then(Value::as_array)
                && !values.is_empty()
            {
                return rng.pick(values).clone();
            }
        }
    }
    match kinds {
        "null" => Value::Null,
        "boolean" => rng.chance(50).into(),
        "integer" => rng.below(5).into(),
        "number" => number(rng),
        "string" => text(rng, &all),
        "array" => array(rng, root, &all, depth),
        _ => object(rng, root, &all, depth),
    }
}

/// The schemas that speak of the same value: one branch of several, both of a condition sometimes.
fn gather<'a>(rng: &mut Rng, root: &'a Value, schema: &'a Value, all: &mut Vec<&'a Value>, depth: usize) {
    let Some(members) = schema.as_object().filter(|_| depth < 8) else { return };
    all.push(schema);
    for (keyword, value) in members {
        match (keyword.as_str(), value) {
            ("$ref", Value::String(name)) => {
                if let Some(schema) = root.pointer(name.trim_start_matches('#')) {
                    gather(rng, root, schema, all, depth + 1);
                }
            }
            ("allOf", Value::Array(branches)) => {
                for branch in branches {
                    gather(rng, root, branch, all, depth + 1);
                }
            }
            ("anyOf" | "oneOf", Value::Array(branches)) if !branches.is_empty() => {
                let branch = rng.pick(branches);
                gather(rng, root, branch, all, depth + 1);
            }
            ("then" | "else", branch) if rng.chance(50) => gather(rng, root, branch, all, depth + 1),
            ("if", branch) if rng.chance(50) => gather(rng, root, branch, all, depth + 1),
            ("dependentSchemas", Value::Object(named)) if rng.chance(50) => {
                for branch in named.values() {
                    gather(rng, root, branch, all, depth + 1);
                }
            }
            _ => {}
        }
    }
}

fn kinds(rng: &mut Rng, all: &[&Value]) -> &'static str {
    const ALL: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let allowed = |kind: &str| {
        all.iter().all(|schema| match schema.get("type") {
            Some(Value::String(one)) => one == kind || (one == "number" && kind == "integer"),
            Some(Value::Array(several)) => {
                several.iter().any(|one| one == kind || (one == "number" && kind == "integer"))
            }
            _ => true,
        })
    };
    // Where nothing says what it is, what keywords speak of is most worth a try.
    let spoken = |kind: &str| {
        let keywords: &[&str] = match kind {
            "object" => {
                &["properties", "required", "patternProperties", "additionalProperties", "propertyNames"]
            }
            "array" => &["items", "prefixItems", "contains", "uniqueItems", "minItems", "maxItems"],
            "string" => &["pattern", "minLength", "maxLength"],
            "number" => &["minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"],
            _ => &[],
        };
        all.iter().any(|schema| keywords.iter().any(|keyword| schema.get(keyword).is_some()))
    };
    let kinds: Vec<&'static str> = ALL.into_iter().filter(|kind| allowed(kind)).collect();
    let likely: Vec<&'static str> = kinds.iter().copied().filter(|kind| spoken(kind)).collect();
    match (likely.is_empty(), kinds.is_empty()) {
        (false, _) if rng.chance(75) => *rng.pick(&likely),
        (_, false) => *rng.pick(&kinds),
        _ => *rng.pick(&ALL),
    }
}

fn number_of(all: &[&Value], keyword: &str) -> impl Iterator<Item = usize> {
    all.iter().filter_map(move |schema| Some(schema.get(keyword)?.as_u64()? as usize))
}

fn array(rng: &mut Rng, root: &Value, all: &[&Value], depth: usize) -> Value {
    let least =
        ["minItems", "minContains"].into_iter().filter_map(|keyword| number_of(all, keyword).max()).max();
    let length = (least.unwrap_or(0) + rng.below(4)).min(5);
    let item = |rng: &mut Rng, index: usize| {
        let mut schemas: Vec<&Value> = Vec::new();
        for schema in all {
            let tuple = schema.get("prefixItems").or(schema.get("items").filter(|items| items.is_array()));
            let tuple = tuple.and_then(Value::as_array);
            match tuple.and_then(|tuple| tuple.get(index)) {
                Some(schema) => schemas.push(schema),
                None => {
                    let rest = schema.get("items").filter(|items| !items.is_array());
                    schemas.extend(rest.or(schema.get("additionalItems")));
                }
            }
            if rng.chance(35) {
                schemas.extend(schema.get("contains"));
            }
        }
        value(rng, root, &schemas, depth + 1)
    };
    (0..length).map(|index| item(rng, index)).collect::<Vec<_>>().into()
}

fn object(rng: &mut Rng, root: &Value, all: &[&Value], depth: usize) -> Value {
    let is_required = |name: &str| {
        let lists = all.iter().filter_map(|schema| schema.get("required")?.as_array());
        lists.flatten().any(|required| required == name)
    };
    let mut members = Map::new();
    let often = *rng.pick(&[8, 20, 40, 75]);
    let most = number_of(all, "maxProperties").min().filter(|_| rng.chance(90)).unwrap_or(NAMES.len());
    // Whichever comes first is there more often than the others if few may be there.
    let first = rng.below(NAMES.len());
    for name in NAMES.into_iter().cycle().skip(first).take(NAMES.len()) {
        if members.len() >= most {
            break;
        }
        if (!is_required(name) || rng.chance(3)) && !rng.chance(often) {
            continue;
        }
        let mut schemas: Vec<&Value> = Vec::new();
        for schema in all {
            let before = schemas.len();
            schemas.extend(schema.get("properties").and_then(|named| named.get(name)));
            for (pattern, schema) in
                schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten()
            {
                if is_likely(pattern, name) {
                    schemas.push(schema);
                }
            }
            if schemas.len() == before {
                schemas.extend(schema.get("additionalProperties"));
                schemas.extend(schema.get("unevaluatedProperties"));
            }
        }
        members.insert(name.to_owned(), value(rng, root, &schemas, depth + 1));
    }
    members.into()
}

/// Whether the name matches, for the few patterns that schemas are made of.
fn is_likely(pattern: &str, name: &str) -> bool {
    match pattern {
        "^a" => name.starts_with('a'),
        "b$" => name.ends_with('b'),
        "^[ab]$" => name == "a" || name == "b",
        "c" => name.contains('c'),
        "^x" => name.starts_with('x'),
        "y$" => name.ends_with('y'),
        _ => name == "a" || name == "ab",
    }
}
