//! Random schemas, and changes to them.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::rng::Rng;

const PRIMITIVES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
const RECORDS: [&str; 6] = ["a.R", "b.R", "a.S", "b.S", "c.T", "a.N"];
const ENUMS: [&str; 4] = ["a.E", "b.E", "a.D", "c.E"];
const FIXEDS: [&str; 4] = ["a.F", "b.F", "a.G", "c.F"];
const FIELDS: [&str; 6] = ["f", "g", "h", "i", "j", "k"];
const SYMBOLS: [&str; 4] = ["A", "B", "C", "D"];

/// A schema.
pub fn schema(rng: &mut Rng) -> Value {
    let mut generator = Generator { rng, defined: HashMap::new(), open: Vec::new() };
    if generator.rng.chance(75) { generator.record(4) } else { generator.of(3) }
}

struct Generator<'a> {
    rng: &'a mut Rng,
    defined: HashMap<String, Value>,
    /// Records that are being defined.
    open: Vec<String>,
}

impl Generator<'_> {
    fn of(&mut self, depth: usize) -> Value {
        match self.rng.below(if depth == 0 { 5 } else { 10 }) {
            0 | 1 => json!(self.rng.pick(&PRIMITIVES)),
            2 => logical(self.rng),
            3 => self.enumeration(),
            4 => self.fixed(),
            5 => json!({"type": "array", "items": self.of(depth - 1)}),
            6 => json!({"type": "map", "values": self.of(depth - 1)}),
            7 | 8 => self.union(depth - 1),
            _ => self.record(depth - 1),
        }
    }

    fn enumeration(&mut self) -> Value {
        let name = *self.rng.pick(&ENUMS);
        let mut symbols: Vec<&str> = SYMBOLS.into_iter().filter(|_| self.rng.chance(60)).collect();
        if symbols.is_empty() {
            symbols.push("A");
        }
        let mut text = json!({"type": "enum", "name": name, "symbols": symbols});
        if self.rng.chance(30) {
            text["default"] = json!(self.rng.pick(&symbols));
        }
        self.named(name, text)
    }

    fn fixed(&mut self) -> Value {
        let name = *self.rng.pick(&FIXEDS);
        let mut text = json!({"type": "fixed", "name": name, "size": self.rng.pick(&[1, 2, 4, 12, 16])});
        if self.rng.chance(30) {
            annotate(self.rng, &mut text);
        }
        self.named(name, text)
    }

    fn named(&mut self, name: &str, text: Value) -> Value {
        if self.defined.contains_key(name) {
            return json!(name);
        }
        self.defined.insert(name.to_owned(), text.clone());
        text
    }

    fn union(&mut self, depth: usize) -> Value {
        let mut branches = Vec::new();
        let mut kinds = HashSet::new();
        for _ in 0..1 + self.rng.below(4) {
            let branch = self.of(depth);
            if !branch.is_array() && kinds.insert(kind(&branch)) {
                branches.push(branch);
            }
        }
        if self.rng.chance(50) && kinds.insert("null".to_owned()) {
            branches.insert(0, json!("null"));
        }
        if branches.is_empty() { json!(["null"]) } else { Value::Array(branches) }
    }

    fn record(&mut self, depth: usize) -> Value {
        let name = *self.rng.pick(&RECORDS);
        if self.open.iter().any(|open| open == name) {
            let itself = json!(name);
            return if self.rng.chance(80) { json!({"type": "array", "items": itself}) } else { itself };
        }
        if self.defined.contains_key(name) {
            return json!(name);
        }
        self.open.push(name.to_owned());
        let mut fields = Vec::new();
        for field in FIELDS.iter().take(1 + self.rng.below(4)) {
            let of = match self.rng.chance(15) {
                true => json!(["null", self.rng.pick(&self.open)]),
                false => self.of(depth.saturating_sub(1)),
            };
            let mut field = json!({"name": field, "type": of});
            if self.rng.chance(40)
                && let Some(default) = self.default(&field["type"])
            {
                field["default"] = default;
            }
            fields.push(field);
        }
        self.open.pop();
        let text = json!({"type": "record", "name": name, "fields": fields});
        self.defined.insert(name.to_owned(), text.clone());
        text
    }

    fn default(&mut self, of: &Value) -> Option<Value> {
        default(self.rng, of, &self.defined, 0)
    }
}

/// The type that a union holds at most once.
fn kind(of: &Value) -> String {
    match of {
        Value::String(word) => word.clone(),
        Value::Object(members) => {
            let word = |key: &str| members.get(key).and_then(Value::as_str).map(str::to_owned);
            word("name").or_else(|| word("type")).unwrap_or_default()
        }
        _ => "union".to_owned(),
    }
}

fn logical(rng: &mut Rng) -> Value {
    let mut text = json!({"type": rng.pick(&["int", "long", "bytes", "string"])});
    annotate(rng, &mut text);
    text
}

fn annotate(rng: &mut Rng, text: &mut Value) {
    let words: &[&str] = match text["type"].as_str() {
        Some("int") => &["date", "time-millis"],
        Some("long") => &["time-micros", "timestamp-millis", "timestamp-micros", "local-timestamp-millis"],
        Some("string") => &["uuid"],
        _ => &["decimal", "duration", "uuid"],
    };
    let word = *rng.pick(words);
    text["logicalType"] = json!(word);
    if word == "decimal" {
        text["precision"] = json!(2 + rng.below(2));
        text["scale"] = json!(rng.below(3));
    }
}

/// A value for a field that is not written; sometimes none of its type.
fn default(rng: &mut Rng, of: &Value, defined: &HashMap<String, Value>, depth: usize) -> Option<Value> {
    if rng.chance(4) {
        return Some(
            rng.pick(&[json!(null), json!("A"), json!(1), json!([]), json!({}), json!(1.5)]).clone(),
        );
    }
    if depth > 4 {
        return None;
    }
    let word = match of {
        Value::String(word) => word.as_str(),
        Value::Array(branches) => return default(rng, branches.first()?, defined, depth),
        _ => of["type"].as_str()?,
    };
    Some(match word {
        "null" => json!(null),
        "boolean" => json!(true),
        "int" | "long" => json!(rng.below(3)),
        "float" | "double" => json!(1.5),
        "bytes" | "string" => json!("a"),
        "array" => json!([]),
        "map" => json!({}),
        "enum" => of["symbols"][0].clone(),
        "fixed" => json!("x".repeat(of["size"].as_u64()? as usize)),
        "record" => {
            let mut members = Map::new();
            for field in of["fields"].as_array()? {
                members.insert(
                    field["name"].as_str()?.to_owned(),
                    default(rng, &field["type"], defined, depth + 1)?,
                );
            }
            Value::Object(members)
        }
        name => return default(rng, &defined.get(name)?.clone(), defined, depth + 1),
    })
}

/// The schema after one to three changes.
pub fn changed(rng: &mut Rng, schema: &Value) -> Value {
    let mut changed = schema.clone();
    for _ in 0..1 + rng.below(3) {
        change(rng, &mut changed);
    }
    let mut definitions = HashMap::new();
    collect(schema, &mut definitions);
    collect(&changed, &mut definitions);
    settle(&mut changed, &definitions, &mut HashSet::new(), 0);
    changed
}

/// Documentation added everywhere: nothing that a decoder looks at.
pub fn documented(schema: &Value) -> Value {
    let mut documented = schema.clone();
    for path in places(&documented) {
        let of = at(&mut documented, &path);
        let is_named = of.get("name").is_some();
        if is_named {
            of["doc"] = json!("what it is");
        }
        for field in of.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
            field["doc"] = json!("what it is");
        }
    }
    documented
}

/// The fields of every record in the opposite order.
pub fn reordered(schema: &Value) -> Value {
    let mut reordered = schema.clone();
    for path in places(&reordered).into_iter().rev() {
        let of = at(&mut reordered, &path);
        if let Some(fields) = of.get_mut("fields").and_then(Value::as_array_mut) {
            fields.reverse();
        }
    }
    let mut definitions = HashMap::new();
    collect(&reordered, &mut definitions);
    settle(&mut reordered, &definitions, &mut HashSet::new(), 0);
    reordered
}

fn change(rng: &mut Rng, schema: &mut Value) {
    let places = places(schema);
    let path = rng.pick(&places).clone();
    let fresh = {
        let mut generator = Generator { rng, defined: HashMap::new(), open: Vec::new() };
        generator.of(2)
    };
    let of = at(schema, &path);
    let word = of.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    match (rng.below(12), word.as_str()) {
        (0, _) => *of = fresh,
        (1, _) if !of.is_array() && kind(of) != "null" => *of = json!(["null", of.clone()]),
        (2, _) if of.is_array() => *of = of[0].clone(),
        (_, "record") => change_record(rng, schema, &path, fresh),
        (3, "enum" | "fixed") => rename(rng, schema, &path),
        (_, "enum") => change_enum(rng, of),
        (4, "fixed") => of["size"] = json!(rng.pick(&[1, 2, 4, 12, 16])),
        (5, "fixed") => annotate(rng, of),
        (6, "fixed") => {
            of.as_object_mut().expect("an object").remove("logicalType");
        }
        (_, "array") if rng.chance(20) => *of = json!({"type": "map", "values": of["items"].clone()}),
        (_, "int" | "long" | "bytes" | "string") if rng.chance(50) => annotate(rng, of),
        (_, "int" | "long" | "bytes" | "string") => *of = json!(word),
        _ if of.is_array() => change_union(rng, of, fresh),
        _ if of.is_string() => {
            let wider = match of.as_str() {
                Some("int") => *rng.pick(&["long", "float", "double"]),
                Some("long") => *rng.pick(&["float", "double", "int"]),
                Some("float") => "double",
                Some("string") => "bytes",
                Some("bytes") => "string",
                _ => *rng.pick(&PRIMITIVES),
            };
            *of = if rng.chance(20) { logical(rng) } else { json!(wider) };
        }
        _ => {}
    }
}

fn change_enum(rng: &mut Rng, of: &mut Value) {
    let symbols = of["symbols"].as_array_mut().expect("symbols");
    match rng.below(5) {
        0 if symbols.len() > 1 => {
            let position = rng.below(symbols.len());
            symbols.remove(position);
        }
        1 => {
            let symbol = json!(rng.pick(&SYMBOLS));
            if !symbols.contains(&symbol) {
                symbols.push(symbol);
            }
        }
        2 => symbols.reverse(),
        3 => of["default"] = of["symbols"][0].clone(),
        _ => {
            let alias = *rng.pick(&ENUMS);
            if of["name"] != json!(alias) {
                of["aliases"] = json!([alias]);
            }
        }
    }
    let known = of
        .get("default")
        .is_none_or(|default| of["symbols"].as_array().is_some_and(|all| all.contains(default)));
    if !known {
        of.as_object_mut().expect("an object").remove("default");
    }
}

fn change_union(rng: &mut Rng, of: &mut Value, fresh: Value) {
    let branches = of.as_array_mut().expect("a union");
    match rng.below(3) {
        0 if branches.len() > 1 => {
            let position = rng.below(branches.len());
            branches.remove(position);
        }
        1 => branches.reverse(),
        _ => {
            let position = rng.below(branches.len() + 1);
            if !fresh.is_array() && branches.iter().all(|branch| kind(branch) != kind(&fresh)) {
                branches.insert(position, fresh);
            }
        }
    }
}

fn change_record(rng: &mut Rng, schema: &mut Value, path: &[Step], fresh: Value) {
    if rng.chance(25) {
        return rename(rng, schema, path);
    }
    let of = at(schema, path);
    let (name, fields) = (of["name"].clone(), of["fields"].as_array_mut().expect("fields"));
    let position = rng.below(fields.len());
    let new_name = *rng.pick(&FIELDS);
    let is_free = fields.iter().all(|field| field["name"] != json!(new_name));
    match rng.below(8) {
        0 if !fields.is_empty() => {
            fields.remove(position);
        }
        1 | 2 if is_free => {
            let mut field = json!({"name": new_name, "type": fresh});
            if rng.chance(50)
                && let Some(default) = default(rng, &field["type"], &HashMap::new(), 0)
            {
                field["default"] = default;
            }
            fields.insert(rng.below(fields.len() + 1), field);
        }
        3 | 4 if is_free && !fields.is_empty() => {
            let old = fields[position]["name"].clone();
            fields[position]["name"] = json!(new_name);
            if rng.chance(70) {
                fields[position]["aliases"] = json!([old]);
            }
        }
        5 if !fields.is_empty() => fields[position]["aliases"] = json!([new_name]),
        6 => fields.reverse(),
        _ => {
            let alias = *rng.pick(&RECORDS);
            if name != json!(alias) {
                of["aliases"] = json!([alias]);
            }
        }
    }
}

/// Another name or namespace, with or without the old one as an alias.
fn rename(rng: &mut Rng, schema: &mut Value, path: &[Step]) {
    let of = at(schema, path);
    let names: &[&str] = match of["type"].as_str() {
        Some("record") => &RECORDS,
        Some("enum") => &ENUMS,
        _ => &FIXEDS,
    };
    let (old, new) = (of["name"].as_str().expect("a name").to_owned(), *rng.pick(names));
    if old == new {
        return;
    }
    of["name"] = json!(new);
    if rng.chance(50) {
        of["aliases"] = json!([old]);
    }
    for path in places(schema) {
        let of = at(schema, &path);
        if *of == json!(old) {
            *of = json!(new);
        }
    }
}

#[derive(Clone, Copy)]
enum Step {
    Field(usize),
    Items,
    Values,
    Branch(usize),
}

/// The way to every type in a schema.
fn places(schema: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    find(schema, &mut Vec::new(), &mut found);
    found
}

fn find(of: &Value, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    found.push(path.clone());
    let mut inside = |step: Step, of: &Value| {
        path.push(step);
        find(of, path, found);
        path.pop();
    };
    if let Some(branches) = of.as_array() {
        branches.iter().enumerate().for_each(|(position, branch)| inside(Step::Branch(position), branch));
    }
    match of.get("type").and_then(Value::as_str) {
        Some("array") => inside(Step::Items, &of["items"]),
        Some("map") => inside(Step::Values, &of["values"]),
        Some("record") => {
            let fields = of["fields"].as_array().expect("fields");
            fields
                .iter()
                .enumerate()
                .for_each(|(position, field)| inside(Step::Field(position), &field["type"]));
        }
        _ => {}
    }
}

fn at<'a>(schema: &'a mut Value, path: &[Step]) -> &'a mut Value {
    path.iter().fold(schema, |of, step| match step {
        Step::Field(position) => &mut of["fields"][*position]["type"],
        Step::Items => &mut of["items"],
        Step::Values => &mut of["values"],
        Step::Branch(position) => &mut of[*position],
    })
}

fn collect(schema: &Value, definitions: &mut HashMap<String, Value>) {
    let mut schema = schema.clone();
    for path in places(&schema) {
        let of = at(&mut schema, &path);
        if let Some(name) = of.get("name").and_then(Value::as_str) {
            definitions.insert(name.to_owned(), of.clone());
        }
    }
}

/// Each name is defined where it is first used, and only there.
fn settle(of: &mut Value, definitions: &HashMap<String, Value>, defined: &mut HashSet<String>, depth: usize) {
    if let Value::String(name) = of
        && let (true, Some(definition)) = (!defined.contains(name) && depth < 40, definitions.get(name))
    {
        *of = definition.clone();
    }
    if let Some(name) = of.get("name").and_then(Value::as_str).map(str::to_owned)
        && !defined.insert(name.clone())
    {
        *of = json!(name);
    }
    match of {
        Value::Array(branches) => {
            for branch in branches {
                settle(branch, definitions, defined, depth + 1);
            }
        }
        Value::Object(members) => {
            for key in ["items", "values"] {
                if let Some(part) = members.get_mut(key) {
                    settle(part, definitions, defined, depth + 1);
                }
            }
            for field in members.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
                settle(&mut field["type"], definitions, defined, depth + 1);
            }
        }
        _ => {}
    }
}
