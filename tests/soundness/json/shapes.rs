//! Pairs of shapes that keywords drawn one by one hardly ever make: unions of many branches told apart by a tag,
//! items that are counted several times, few properties beside branches that look at every name, and so on.
//!
//! Words, names and numbers are those that documents are made of, or what goes wrong is never met.

use serde_json::{Map, Value, json};

use super::change;
use super::generate::{self, Draft};
use crate::rng::Rng;

/// Names that the shapes speak of, declared ones and others.
pub const NAMES: [&str; 7] = ["a", "b", "ab", "c", "x", "y", "xy"];
/// Strings without a letter that patterns read in their own way.
const WORDS: [&str; 8] = ["a", "b", "ab", "aa", "bb", "abb", "c", "1"];
const NAME_PATTERNS: [&str; 5] = ["^x", "y$", "^a", "b$", "^[ab]$"];
/// Fewer branches are not told apart by their tags.
const FEWEST_TAGS: usize = 8;

/// A schema of some shape.
type Shape = fn(&mut Rng, Draft) -> Value;
/// What is written, and what may be asked of it by a reader that says nothing else.
const SHAPES: [(Shape, Shape); 6] = [
    (tagged, tagged),
    (counted_items, branches_of_items),
    (counted_items, branches_of_items),
    (few_properties, branches_of_names),
    (listed_names, branches_of_names),
    (array_unions, branches_of_items),
];

/// An old schema and a new one, of shapes that belong together.
pub fn pair(rng: &mut Rng, draft: Draft) -> (Value, Value) {
    let (shape, question) = *rng.pick(&SHAPES);
    let old = shape(rng, draft);
    let new = match rng.below(10) {
        0 => shape(rng, draft),
        1 | 2 => question(rng, draft),
        3 | 4 => change::changed(rng, &old, draft),
        5 => narrowed(rng, &old),
        _ => replaced(rng, &old),
    };
    (whole(old, draft), whole(new, draft))
}

/// The schema says which draft it is of, and defines what it refers to.
fn whole(schema: Value, draft: Draft) -> Value {
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), draft.uri().into());
    match schema {
        Value::Object(members) => whole.extend(members),
        always => _ = whole.insert("allOf".to_owned(), json!([always])),
    }
    whole.into()
}

/// The schema with an assertion about the whole of an array or an object that it did not make.
fn narrowed(rng: &mut Rng, schema: &Value) -> Value {
    let mut narrowed = schema.clone();
    match rng.below(5) {
        0..=2 => narrowed["uniqueItems"] = true.into(),
        3 => narrowed["maxItems"] = (1 + rng.below(3)).into(),
        _ => narrowed["maxProperties"] = (1 + rng.below(2)).into(),
    }
    narrowed
}

/// The schema with one of its parts another one that is as small; changes of [`change`] are mostly larger.
fn replaced(rng: &mut Rng, schema: &Value) -> Value {
    let mut replaced = schema.clone();
    let places = change::places(schema);
    // The root is the first, and would leave nothing of the shape.
    if places.len() > 1 {
        let place = &places[1 + rng.below(places.len() - 1)];
        let part = change::at(&mut replaced, place);
        *part = edited(rng, part.take());
    }
    replaced
}

fn edited(rng: &mut Rng, part: Value) -> Value {
    let Value::Object(mut members) = part else { return small(rng) };
    let keywords: Vec<String> = members.keys().cloned().collect();
    if keywords.is_empty() {
        return small(rng);
    }
    let keyword = rng.pick(&keywords);
    let value = match members[keyword].take() {
        Value::Number(number) => match number.as_u64() {
            Some(number) if number > 0 && rng.chance(50) => (number - 1).into(),
            Some(number) => (number + 1).into(),
            None => number.into(),
        },
        Value::String(_) if keyword == "const" => tag_value(rng),
        Value::String(text) if keyword == "pattern" => match rng.chance(50) {
            true => only(rng),
            false => text.into(),
        },
        Value::Array(mut items) if keyword == "enum" && rng.chance(70) => {
            let value = tag_value(rng);
            if !items.contains(&value) {
                items.push(value);
            }
            items.into()
        }
        _ if rng.chance(50) => {
            members.shift_remove(keyword);
            return members.into();
        }
        _ => return small(rng),
    };
    members.insert(keyword.clone(), value);
    members.into()
}

/// A schema of one assertion, or of none.
fn small(rng: &mut Rng) -> Value {
    match rng.below(12) {
        0 | 1 => json!({"const": tag_value(rng)}),
        2 => json!({"type": *rng.pick(&["string", "integer", "number", "boolean", "array", "object"])}),
        3 => json!({"minimum": rng.below(3)}),
        4 => json!({"maximum": rng.below(3)}),
        5 => json!({"minLength": 1 + rng.below(2)}),
        6 => json!({"maxLength": rng.below(3)}),
        7 => json!({"pattern": only(rng)}),
        8 => json!({"enum": values(rng, 4)}),
        9 => json!({"not": {"const": tag_value(rng)}}),
        10 => json!({"type": "integer", "minimum": rng.below(2), "maximum": 1 + rng.below(2)}),
        _ => rng.chance(60).into(),
    }
}

/// A schema of one or two values of very few, so that items can be of several of them.
fn listed(rng: &mut Rng) -> Value {
    let values: Vec<usize> = (0..3).filter(|_| rng.chance(45)).collect();
    if values.is_empty() { small(rng) } else { json!({"enum": values}) }
}

/// The pattern of one word.
fn only(rng: &mut Rng) -> Value {
    format!("^{}$", *rng.pick(&WORDS)).into()
}

/// A string or a number mostly.
fn tag_value(rng: &mut Rng) -> Value {
    match rng.below(10) {
        0..=4 => (*rng.pick(&WORDS)).into(),
        5..=7 => rng.below(6).into(),
        _ => generate::value(rng),
    }
}

/// One value and up to `most`, none twice.
fn values(rng: &mut Rng, most: usize) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for _ in 0..1 + rng.below(most) {
        let value = tag_value(rng);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// Some of the words of a list, at least one.
fn some(rng: &mut Rng, of: &[&str]) -> Value {
    let mut picked: Vec<&str> = of.iter().copied().filter(|_| rng.chance(40)).collect();
    if picked.is_empty() {
        picked.push(*rng.pick(of));
    }
    picked.into()
}

/// Adds a keyword in some of a hundred cases.
fn maybe(
    rng: &mut Rng,
    percent: usize,
    schema: &mut Value,
    keyword: &str,
    value: impl FnOnce(&mut Rng) -> Value,
) {
    if rng.chance(percent) {
        schema[keyword] = value(rng);
    }
}

fn union(rng: &mut Rng, branches: Vec<Value>) -> Value {
    json!({*rng.pick(&["anyOf", "anyOf", "anyOf", "oneOf"]): branches})
}

fn extend(schema: &mut Value, more: Value) {
    if let (Value::Object(members), Value::Object(more)) = (schema, more) {
        members.extend(more);
    }
}

/// A union of objects that the value of a required property tells apart, and what is said of that property beside
/// the union.
fn tagged(rng: &mut Rng, _: Draft) -> Value {
    let branches = FEWEST_TAGS + rng.below(5);
    let is_of_one_kind = rng.chance(40);
    let kind = rng.below(TAG_KINDS);
    let mut union: Vec<Value> = Vec::new();
    for _ in 0..branches {
        let kind = if is_of_one_kind { kind } else { rng.below(TAG_KINDS) };
        // Mostly different ones, so that they are exclusive.
        let mut branch = tagged_branch(rng, kind);
        for _ in 0..5 {
            if union.iter().all(|other| other["properties"]["a"] != branch["properties"]["a"]) {
                break;
            }
            branch = tagged_branch(rng, kind);
        }
        union.push(branch);
    }
    let keyword = *rng.pick(&["anyOf", "oneOf"]);
    let mut schema = json!({keyword: union});
    maybe(rng, 40, &mut schema, "properties", |rng| json!({"a": tag_restriction(rng)}));
    maybe(rng, 30, &mut schema, "type", |_| "object".into());
    maybe(rng, 15, &mut schema, "maxProperties", |rng| (1 + rng.below(2)).into());
    schema
}

/// The ways in which [`tag`] says what a tag is.
const TAG_KINDS: usize = 6;

fn tagged_branch(rng: &mut Rng, kind: usize) -> Value {
    let mut branch = json!({"properties": {"a": tag(rng, kind)}, "required": ["a"]});
    maybe(rng, 40, &mut branch, "type", |_| "object".into());
    if rng.chance(35) {
        branch["properties"]["b"] = small(rng);
    }
    maybe(rng, 15, &mut branch, "additionalProperties", |_| false.into());
    // A few do not say what their tag is.
    if rng.chance(5) {
        branch["required"] = json!(["b"]);
    }
    branch
}

fn tag(rng: &mut Rng, kind: usize) -> Value {
    match kind {
        0 => json!({"const": *rng.pick(&WORDS)}),
        1 => json!({"const": rng.below(12)}),
        2 => json!({"pattern": only(rng)}),
        3 => json!({"type": "string", "pattern": only(rng)}),
        4 => json!({"enum": values(rng, 3)}),
        _ => json!({"const": tag_value(rng)}),
    }
}

fn tag_restriction(rng: &mut Rng) -> Value {
    match rng.below(6) {
        0 => json!({"type": *rng.pick(&["string", "number", "integer"])}),
        1 => json!({"enum": values(rng, 5)}),
        2 => json!({"type": ["string", "integer"]}),
        3 => json!({"pattern": only(rng)}),
        4 => json!({"const": tag_value(rng)}),
        _ => small(rng),
    }
}

/// Two or three `contains` with counts, beside a tuple.
fn counted_items(rng: &mut Rng, draft: Draft) -> Value {
    let several: Vec<Value> = (0..2 + rng.below(2)).map(|_| counted(rng, draft)).collect();
    let mut schema = json!({"allOf": several});
    if rng.chance(70) {
        tuple(rng, draft, &mut schema);
    }
    length(rng, &mut schema);
    schema
}

fn counted(rng: &mut Rng, draft: Draft) -> Value {
    let mut schema = json!({"contains": listed(rng)});
    if draft != Draft::Seven {
        maybe(rng, 40, &mut schema, "minContains", |rng| rng.below(3).into());
        maybe(rng, 40, &mut schema, "maxContains", |rng| rng.below(3).into());
    }
    schema
}

fn tuple(rng: &mut Rng, draft: Draft, schema: &mut Value) {
    let (tuple, rest) = match draft {
        Draft::Twenty => ("prefixItems", "items"),
        _ => ("items", "additionalItems"),
    };
    schema[tuple] = (0..1 + rng.below(3)).map(|_| listed(rng)).collect::<Vec<_>>().into();
    if rng.chance(50) {
        schema[rest] = small(rng);
    }
}

fn length(rng: &mut Rng, schema: &mut Value) {
    maybe(rng, 50, schema, "type", |_| "array".into());
    maybe(rng, 30, schema, "minItems", |rng| rng.below(4).into());
    maybe(rng, 40, schema, "maxItems", |rng| (1 + rng.below(3)).into());
    maybe(rng, 30, schema, "uniqueItems", |_| true.into());
}

/// A number of properties beside branches that look at names nobody declares.
fn few_properties(rng: &mut Rng, draft: Draft) -> Value {
    let mut schema = json!({});
    maybe(rng, 60, &mut schema, "maxProperties", |rng| rng.below(3).into());
    maybe(rng, 40, &mut schema, "minProperties", |rng| rng.below(3).into());
    maybe(rng, 40, &mut schema, "type", |_| "object".into());
    if rng.chance(30) {
        schema["properties"] = named(rng);
    }
    maybe(rng, 20, &mut schema, "additionalProperties", |_| false.into());
    if rng.chance(85) {
        extend(&mut schema, branches_of_names(rng, draft));
    }
    schema
}

fn branches_of_names(rng: &mut Rng, _: Draft) -> Value {
    let branches: Vec<Value> = (0..1 + rng.below(4)).map(|_| of_every_name(rng)).collect();
    union(rng, branches)
}

/// What looks at properties whatever their names are.
fn of_every_name(rng: &mut Rng) -> Value {
    let mut schema = match rng.below(4) {
        0 => json!({"additionalProperties": small(rng)}),
        1 | 2 => json!({"patternProperties": {*rng.pick(&NAME_PATTERNS): small(rng)}}),
        _ => json!({"propertyNames": names(rng)}),
    };
    if rng.chance(25) {
        schema["properties"] = named(rng);
    }
    maybe(rng, 10, &mut schema, "required", |rng| some(rng, &NAMES));
    maybe(rng, 10, &mut schema, "additionalProperties", |_| false.into());
    schema
}

fn named(rng: &mut Rng) -> Value {
    let mut properties = Map::new();
    for _ in 0..1 + rng.below(2) {
        properties.insert((*rng.pick(&NAMES)).to_owned(), small(rng));
    }
    properties.into()
}

/// What names can be.
fn names(rng: &mut Rng) -> Value {
    match rng.below(6) {
        0 | 1 => json!({"enum": some(rng, &NAMES)}),
        2 => json!({"maxLength": rng.below(3)}),
        3 => json!({"minLength": rng.below(3)}),
        4 => json!({"pattern": *rng.pick(&NAME_PATTERNS)}),
        _ => json!({"const": *rng.pick(&NAMES)}),
    }
}

/// Names that are of one list or of another.
fn listed_names(rng: &mut Rng, _: Draft) -> Value {
    let lists: Vec<Value> = (0..2 + rng.below(3)).map(|_| names(rng)).collect();
    let keyword = *rng.pick(&["anyOf", "anyOf", "oneOf"]);
    let mut schema = json!({"propertyNames": {keyword: lists}});
    if rng.chance(30) {
        schema["patternProperties"] = json!({*rng.pick(&NAME_PATTERNS): small(rng)});
    }
    if rng.chance(30) {
        schema["properties"] = named(rng);
    }
    maybe(rng, 20, &mut schema, "required", |rng| some(rng, &NAMES[..3]));
    maybe(rng, 30, &mut schema, "minProperties", |rng| rng.below(4).into());
    maybe(rng, 30, &mut schema, "maxProperties", |rng| rng.below(4).into());
    maybe(rng, 15, &mut schema, "additionalProperties", small);
    maybe(rng, 40, &mut schema, "type", |_| "object".into());
    schema
}

/// Arrays beside branches that look at all items.
fn array_unions(rng: &mut Rng, draft: Draft) -> Value {
    let mut schema = json!({});
    match rng.below(3) {
        0 => tuple(rng, draft, &mut schema),
        1 => schema["items"] = small(rng),
        _ => {}
    }
    length(rng, &mut schema);
    if rng.chance(80) {
        extend(&mut schema, branches_of_items(rng, draft));
    }
    schema
}

fn branches_of_items(rng: &mut Rng, draft: Draft) -> Value {
    let branches: Vec<Value> = (0..1 + rng.below(3)).map(|_| of_every_item(rng, draft)).collect();
    union(rng, branches)
}

/// What looks at items wherever they stand.
fn of_every_item(rng: &mut Rng, draft: Draft) -> Value {
    match rng.below(7) {
        0 | 1 => json!({"items": small(rng)}),
        2 => json!({"uniqueItems": true}),
        3 | 4 => counted(rng, draft),
        5 => json!({"items": small(rng), "maxItems": rng.below(3)}),
        _ => json!({"uniqueItems": true, "contains": small(rng)}),
    }
}
