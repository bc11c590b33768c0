//! Random schemas of every keyword, over alphabets so small that two of them meet.

use serde_json::{Map, Value, json};

use crate::rng::Rng;

/// Names of properties that schemas and documents share.
pub const NAMES: [&str; 4] = ["a", "b", "ab", "c"];
const NAME_PATTERNS: [&str; 5] = ["^a", "b$", "^[ab]$", "c", "^ab?$"];
const PATTERNS: [&str; 9] = ["^a", "b$", "^a*$", "^[ab]+$", "^(a|bb)*$", "^.$", "ab", "^[^a]*$", "\\d"];
/// Values that `enum` and `const` are made of, and documents too.
pub const VALUES: [&str; 16] = [
    "null",
    "true",
    "false",
    "0",
    "1",
    "2",
    "1.5",
    "-1",
    "\"\"",
    "\"a\"",
    "\"b\"",
    "\"ab\"",
    "[]",
    "[1]",
    "{}",
    "{\"a\":1}",
];
const NUMBERS: [&str; 8] = ["-1", "0", "0.5", "1", "1.5", "2", "3", "4"];
const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
/// How deep schemas are nested.
const DEPTH: usize = 3;

/// The drafts whose keywords differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draft {
    /// The most common one.
    Seven,
    /// `$recursiveRef` apart, what came between.
    Nineteen,
    /// The newest one.
    Twenty,
}

impl Draft {
    /// Any of them.
    pub fn any(rng: &mut Rng) -> Draft {
        *rng.pick(&[Draft::Seven, Draft::Seven, Draft::Nineteen, Draft::Twenty, Draft::Twenty])
    }

    /// What `$schema` says.
    pub fn uri(self) -> &'static str {
        match self {
            Draft::Seven => "http://json-schema.org/draft-07/schema#",
            Draft::Nineteen => "https://json-schema.org/draft/2019-09/schema",
            Draft::Twenty => "https://json-schema.org/draft/2020-12/schema",
        }
    }
}

/// Where a schema stands, which says what it may refer to without going round in circles.
#[derive(Clone, Copy)]
struct Place {
    draft: Draft,
    depth: usize,
    /// A definition, with no value of the document passed on the way to here.
    is_circular: bool,
    /// The root, likewise.
    is_root: bool,
}

impl Place {
    /// For the same value.
    fn beside(self) -> Place {
        Place { depth: self.depth + 1, ..self }
    }

    /// For a part of the value.
    fn within(self) -> Place {
        Place { depth: self.depth + 1, is_circular: false, is_root: false, ..self }
    }
}

/// A whole schema.
pub fn schema(rng: &mut Rng, draft: Draft) -> Value {
    // Small ones too: where little is said, what is said decides.
    let depth = *rng.pick(&[0, 0, 1, 2]);
    let root = Place { draft, depth, is_circular: false, is_root: true };
    let mut made = match one(rng, root) {
        Value::Object(members) => members,
        always => return json!({"$schema": draft.uri(), "allOf": [always]}),
    };
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), draft.uri().into());
    let is_reference = draft == Draft::Seven && made.contains_key("$ref");
    if is_reference {
        let reference = Value::Object(std::mem::take(&mut made));
        whole.insert("allOf".to_owned(), json!([reference]));
    }
    whole.extend(made);
    define(rng, &mut whole, draft);
    Value::Object(whole)
}

/// Adds the definitions that are referred to and not there. Others would be in the way: a change of what nothing
/// refers to changes nothing.
pub fn define(rng: &mut Rng, whole: &mut Map<String, Value>, draft: Draft) {
    let place = Place { draft, depth: 1, is_circular: true, is_root: false };
    // Twice: each may refer to the other.
    for name in ["d0", "d1", "d0"] {
        let is_there = whole.get("definitions").and_then(|there| there.get(name)).is_some();
        if !is_there && json!(whole).to_string().contains(&format!("#/definitions/{name}")) {
            let definitions = whole.entry("definitions").or_insert_with(|| json!({}));
            definitions[name] = one(rng, place);
        }
    }
}

/// A schema that stands within another one, for changes of it. It refers to nothing above it.
pub fn part(rng: &mut Rng, draft: Draft) -> Value {
    one(rng, Place { draft, depth: 2, is_circular: true, is_root: true })
}

fn one(rng: &mut Rng, place: Place) -> Value {
    if place.depth > 0 && rng.chance(8) {
        return Value::Bool(rng.chance(70));
    }
    if place.depth > 0 && rng.chance(12) && !(place.is_circular && place.is_root) {
        let reference = match place {
            Place { is_circular: true, .. } => None,
            Place { is_root: true, .. } => Some(*rng.pick(&["#/definitions/d0", "#/definitions/d1"])),
            _ => Some(*rng.pick(&["#/definitions/d0", "#/definitions/d1", "#"])),
        };
        if let Some(reference) = reference {
            return json!({"$ref": reference});
        }
    }
    let mut schema = Map::new();
    let groups = 1 + rng.below(if place.depth == 0 { 4 } else { 2 });
    for _ in 0..groups {
        add(rng, place, &mut schema);
    }
    Value::Object(schema)
}

/// Keywords that belong together. What is there already is written over.
fn add(rng: &mut Rng, place: Place, schema: &mut Map<String, Value>) {
    let is_deep = place.depth >= DEPTH;
    let choice = if is_deep { rng.below(6) } else { rng.below(20) };
    match choice {
        0 | 1 => set(schema, "type", types(rng)),
        2 => values(rng, schema),
        3 | 6 => range(rng, schema),
        4 | 7 => text(rng, schema),
        5 => {
            let keyword = *rng.pick(&["minItems", "maxItems", "minProperties", "maxProperties"]);
            set(schema, keyword, rng.below(4).into());
            if rng.chance(40) {
                set(schema, "required", some_names(rng));
            }
            if rng.chance(20) {
                set(schema, "uniqueItems", true.into());
            }
        }
        8..=11 => object(rng, place, schema),
        12..=14 => array(rng, place, schema),
        _ => applied(rng, place, schema),
    }
}

fn set(schema: &mut Map<String, Value>, keyword: &str, value: Value) {
    schema.insert(keyword.to_owned(), value);
}

fn types(rng: &mut Rng) -> Value {
    if rng.chance(60) {
        return (*rng.pick(&TYPES)).into();
    }
    let picked: Vec<&str> = TYPES.into_iter().filter(|_| rng.chance(45)).collect();
    if picked.is_empty() { "object".into() } else { json!(picked) }
}

fn values(rng: &mut Rng, schema: &mut Map<String, Value>) {
    if rng.chance(30) {
        set(schema, "const", value(rng));
        return;
    }
    let mut picked: Vec<Value> = Vec::new();
    for _ in 0..1 + rng.below(4) {
        let value = value(rng);
        if !picked.contains(&value) {
            picked.push(value);
        }
    }
    set(schema, "enum", picked.into());
}

/// One of the values that schemas speak of.
pub fn value(rng: &mut Rng) -> Value {
    serde_json::from_str(*rng.pick(&VALUES)).expect("a value")
}

fn number(rng: &mut Rng) -> Value {
    serde_json::from_str(*rng.pick(&NUMBERS)).expect("a number")
}

fn range(rng: &mut Rng, schema: &mut Map<String, Value>) {
    let keywords = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
    for _ in 0..1 + rng.below(2) {
        set(schema, *rng.pick(&keywords), number(rng));
    }
    if rng.chance(30) {
        let step: Value = serde_json::from_str(*rng.pick(&["0.5", "1", "2", "3", "1.5"])).expect("a number");
        set(schema, "multipleOf", step);
    }
}

fn text(rng: &mut Rng, schema: &mut Map<String, Value>) {
    match rng.below(3) {
        0 => set(schema, "minLength", rng.below(4).into()),
        1 => set(schema, "maxLength", rng.below(4).into()),
        _ => set(schema, "pattern", (*rng.pick(&PATTERNS)).into()),
    }
    if rng.chance(30) {
        set(schema, "pattern", (*rng.pick(&PATTERNS)).into());
    }
}

fn some_names(rng: &mut Rng) -> Value {
    NAMES.into_iter().filter(|_| rng.chance(35)).collect::<Vec<_>>().into()
}

fn object(rng: &mut Rng, place: Place, schema: &mut Map<String, Value>) {
    if rng.chance(30) {
        set(schema, "type", "object".into());
    }
    for _ in 0..1 + rng.below(3) {
        match rng.below(9) {
            0..=2 => {
                let mut properties = Map::new();
                for name in NAMES {
                    if rng.chance(40) {
                        properties.insert(name.to_owned(), one(rng, place.within()));
                    }
                }
                set(schema, "properties", properties.into());
            }
            3 => set(schema, "required", some_names(rng)),
            4 => set(schema, "additionalProperties", one(rng, place.within())),
            5 => {
                let pattern = *rng.pick(&NAME_PATTERNS);
                set(schema, "patternProperties", json!({pattern: one(rng, place.within())}));
            }
            6 => set(schema, "propertyNames", one(rng, place.within())),
            7 => {
                let (name, needed) = (*rng.pick(&NAMES), some_names(rng));
                let within = json!({name: one(rng, place.beside())});
                match (place.draft, rng.chance(50)) {
                    (Draft::Seven, true) => set(schema, "dependencies", json!({name: needed})),
                    (Draft::Seven, false) => set(schema, "dependencies", within),
                    (_, true) => set(schema, "dependentRequired", json!({name: needed})),
                    (_, false) => set(schema, "dependentSchemas", within),
                }
            }
            _ if place.draft != Draft::Seven => {
                set(schema, "unevaluatedProperties", one(rng, place.within()));
            }
            _ => set(schema, "additionalProperties", false.into()),
        }
    }
}

fn array(rng: &mut Rng, place: Place, schema: &mut Map<String, Value>) {
    if rng.chance(30) {
        set(schema, "type", "array".into());
    }
    for _ in 0..1 + rng.below(3) {
        match rng.below(7) {
            0 => set(schema, "items", one(rng, place.within())),
            1 | 2 => {
                let items: Vec<Value> = (0..1 + rng.below(3)).map(|_| one(rng, place.within())).collect();
                let (tuple, rest) = match place.draft {
                    Draft::Twenty => ("prefixItems", "items"),
                    _ => ("items", "additionalItems"),
                };
                set(schema, tuple, items.into());
                if rng.chance(50) {
                    set(schema, rest, one(rng, place.within()));
                }
            }
            3 | 4 => {
                set(schema, "contains", one(rng, place.within()));
                if place.draft != Draft::Seven && rng.chance(60) {
                    let keyword = *rng.pick(&["minContains", "maxContains"]);
                    set(schema, keyword, rng.below(3).into());
                }
            }
            5 => set(schema, "uniqueItems", true.into()),
            _ if place.draft != Draft::Seven => set(schema, "unevaluatedItems", one(rng, place.within())),
            _ => set(schema, "maxItems", rng.below(4).into()),
        }
    }
}

fn applied(rng: &mut Rng, place: Place, schema: &mut Map<String, Value>) {
    match rng.below(6) {
        0 => set(schema, "not", one(rng, place.beside())),
        1 => {
            set(schema, "if", one(rng, place.beside()));
            for keyword in ["then", "else"] {
                if rng.chance(70) {
                    set(schema, keyword, one(rng, place.beside()));
                }
            }
        }
        number => {
            let keyword = ["allOf", "anyOf", "oneOf", "anyOf"][number - 2];
            let branches: Vec<Value> = (0..1 + rng.below(3)).map(|_| one(rng, place.beside())).collect();
            set(schema, keyword, branches.into());
        }
    }
}
