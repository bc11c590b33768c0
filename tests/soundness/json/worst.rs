//! Pairs that are made to take long: small texts that mean much, large ones, and what strangers would send.
//!
//! Each ends with a true answer, or with none; whichever it is, it ends. `benches/verdicts` measures the same
//! pairs.

use serde_json::{Map, Value, json};

/// A pair, and what is true of it.
pub struct Row {
    pub name: &'static str,
    pub old: String,
    pub new: String,
    /// Whether the new schema accepts everything that the old one does.
    pub is_contained: bool,
    /// Whether that is found out, too.
    pub is_decided: bool,
}

/// All of them.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    shared(&mut rows);
    branches(&mut rows);
    texts(&mut rows);
    sizes(&mut rows);
    numbers(&mut rows);
    rows
}

/// One after the other.
struct Add<'a> {
    rows: &'a mut Vec<Row>,
    is_decided: bool,
}

impl Add<'_> {
    fn contained(&mut self, name: &'static str, old: Value, new: Value) -> &mut Self {
        self.row(name, old, new, true)
    }

    fn broken(&mut self, name: &'static str, old: Value, new: Value) -> &mut Self {
        self.row(name, old, new, false)
    }

    fn row(&mut self, name: &'static str, old: Value, new: Value, is_contained: bool) -> &mut Self {
        let [old, new] = [old, new].map(|schema| schema.to_string());
        self.rows.push(Row { name, old, new, is_contained, is_decided: self.is_decided });
        self
    }
}

fn decided(rows: &mut Vec<Row>) -> Add<'_> {
    Add { rows, is_decided: true }
}

/// Beyond what is worth the work: no answer is an answer.
fn perhaps(rows: &mut Vec<Row>) -> Add<'_> {
    Add { rows, is_decided: false }
}

fn text() -> Value {
    json!({"type": "string"})
}

fn longer_text() -> Value {
    json!({"type": "string", "minLength": 1})
}

/// Few definitions that are used so often that nobody can write them out.
fn shared(rows: &mut Vec<Row>) {
    decided(rows)
        .broken("allOf twice, 30 deep, tightened", conjoined(30, text()), conjoined(30, longer_text()))
        .contained("allOf twice, 30 deep, loosened", conjoined(30, longer_text()), conjoined(30, text()))
        .contained("allOf twice, 30 deep, and its leaf", conjoined(30, text()), text());
    perhaps(rows).contained(
        "properties twice, 25 deep, loosened",
        halved(25, longer_text()),
        halved(25, text()),
    );
    decided(rows)
        .broken("one of two properties, 20 deep, tightened", forked(20, text()), forked(20, longer_text()))
        .contained("one of two properties, 20 deep, loosened", forked(20, longer_text()), forked(20, text()))
        .broken("12 unions of each other, tightened", knotted(12, text()), knotted(12, longer_text()))
        .contained("12 unions of each other, loosened", knotted(12, longer_text()), knotted(12, text()));
    // The smallest document of the old schema has 2^25 leaves.
    perhaps(rows).broken(
        "properties twice, 25 deep, tightened",
        halved(25, text()),
        halved(25, longer_text()),
    );
}

fn conjoined(depth: usize, leaf: Value) -> Value {
    defined(depth, leaf, |next| json!({"allOf": [next, next]}))
}

fn halved(depth: usize, leaf: Value) -> Value {
    let both = |next: &Value| json!({"type": "object", "required": ["a", "b"], "properties": {"a": next, "b": next}});
    defined(depth, leaf, both)
}

fn forked(depth: usize, leaf: Value) -> Value {
    let either = |name: &str, next: &Value| json!({"required": [name], "properties": {name: next}});
    defined(depth, leaf, |next| json!({"type": "object", "anyOf": [either("a", next), either("b", next)]}))
}

/// Definitions that each may hold all others: as many pairs to compare as there are pairs of definitions.
fn knotted(count: usize, leaf: Value) -> Value {
    let name = |at: usize| format!("d{at}");
    let holding = |at: usize| {
        let next = json!({"$ref": format!("#/definitions/d{at}")});
        json!({"type": "object", "properties": {format!("p{at}"): next}, "additionalProperties": false})
    };
    let of = |own: usize| {
        let mut branches: Vec<Value> = (0..count).filter(|&at| at != own).map(holding).collect();
        branches.push(leaf.clone());
        (name(own), json!({"anyOf": branches}))
    };
    json!({"allOf": [{"$ref": "#/definitions/d0"}], "definitions": (0..count).map(of).collect::<Map<_, _>>()})
}

/// As many definitions, each made of a reference to the next.
fn defined(depth: usize, leaf: Value, of: impl Fn(&Value) -> Value) -> Value {
    let mut definitions = Map::new();
    for at in 0..depth {
        definitions.insert(format!("d{at}"), of(&json!({"$ref": format!("#/definitions/d{}", at + 1)})));
    }
    definitions.insert(format!("d{depth}"), leaf);
    json!({"allOf": [{"$ref": "#/definitions/d0"}], "definitions": definitions})
}

/// Choices, and choices of choices.
fn branches(rows: &mut Vec<Row>) {
    decided(rows)
        .broken("allOf of 8 anyOf of 6, tightened", choices(0), choices(1))
        .contained("oneOf of 200 tagged, the same", tagged(200, 0), described(tagged(200, 0)))
        .broken("oneOf of 200 tagged, one tightened", tagged(200, 0), tagged(200, 1))
        .contained("oneOf of 200 tagged, one loosened", tagged(200, 1), tagged(200, 0))
        .contained("oneOf of 200 tagged, one added", tagged(200, 0), tagged(201, 0))
        .broken("oneOf of 200 tagged, one removed", tagged(201, 0), tagged(200, 0))
        .contained("oneOf of 2000 tagged, the same", tagged(2_000, 0), described(tagged(2_000, 0)))
        .broken("oneOf of 2000 tagged, one tightened", tagged(2_000, 0), tagged(2_000, 1))
        .contained("oneOf of 2000 tagged, one loosened", tagged(2_000, 1), tagged(2_000, 0))
        .contained("oneOf of 2000 tagged, one added", tagged(2_000, 0), tagged(2_001, 0))
        .contained("oneOf of 10000 tagged, the same", tagged(10_000, 0), described(tagged(10_000, 0)))
        .broken("oneOf of 64 that overlap, tightened", untagged(64, 1), untagged(64, 0))
        // What is longer than one branch allowed is allowed by two now.
        .broken("oneOf of 64 that overlap, loosened", untagged(64, 0), untagged(64, 1));
    perhaps(rows)
        .contained("allOf of 8 anyOf of 6, loosened", choices(1), choices(0))
        .broken("oneOf of 10000 tagged, one tightened", tagged(10_000, 0), tagged(10_000, 1))
        .contained("oneOf of 10000 tagged, one loosened", tagged(10_000, 1), tagged(10_000, 0))
        .contained("oneOf of 10000 tagged, one added", tagged(10_000, 0), tagged(10_001, 0));
}

/// The same, but not by its text.
fn described(mut schema: Value) -> Value {
    schema["title"] = "a title".into();
    schema
}

fn choices(least: usize) -> Value {
    let branch = |of: usize, at: usize| {
        let (name, needed) = (format!("p{of}"), format!("q{at}"));
        json!({"properties": {&name: {"type": "string", "minLength": at + least}}, "required": [name, needed]})
    };
    let all: Vec<Value> =
        (0..8).map(|of| json!({"anyOf": (0..6).map(|at| branch(of, at)).collect::<Vec<_>>()})).collect();
    json!({"type": "object", "allOf": all})
}

/// Objects that one property tells apart; the last has another that is at least `least`.
fn tagged(count: usize, least: usize) -> Value {
    let branch = |at: usize| {
        let least = if at + 1 == count { least } else { 0 };
        let properties =
            json!({"t": {"const": format!("t{at}")}, "v": {"type": "integer", "minimum": least}});
        json!({"type": "object", "required": ["t", "v"], "properties": properties})
    };
    json!({"oneOf": (0..count).map(branch).collect::<Vec<_>>()})
}

fn untagged(count: usize, most: usize) -> Value {
    let branch = |at: usize| {
        let name = format!("p{at}");
        json!({"type": "object", "required": [name], "properties": {&name: {"type": "string", "maxLength": at + most}}})
    };
    json!({"oneOf": (0..count).map(branch).collect::<Vec<_>>()})
}

/// Patterns whose automata are large, or many.
fn texts(rows: &mut Vec<Row>) {
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    let all = |count: usize| (0..count).map(|at| json!({"pattern": format!("a{at}")})).collect::<Vec<_>>();
    decided(rows)
        .contained("patterns that backtrack", pattern("^(a+)+$"), pattern("^(a|aa)+b?$"))
        .broken("patterns of 2^12 states", pattern("^(a|b)*a(a|b){12}$"), pattern("^(a|b)*a(a|b){11}$"))
        .contained("names by 20 patterns, loosened", names(20, 1), names(20, 0))
        .broken("names by 20 patterns, tightened", names(20, 0), names(20, 1))
        .broken("patterns of 2^20 states", pattern("^(a|b)*a(a|b){20}$"), pattern("^(a|b)*b(a|b){20}$"))
        .contained("300 patterns, one fewer", json!({"allOf": all(300)}), json!({"allOf": all(299)}))
        .contained("looking ahead", pattern("^(?=.*a)(?=.*b).*$"), pattern("a"));
    perhaps(rows)
        .broken("a pattern of 1000000 letters", text(), pattern("(a{1000}){1000}"))
        .broken("patterns of 1000000 letters", pattern("^(a{1000}){1000}$"), pattern("^(a{999}){1000}$"))
        .broken("300 patterns at once", json!({"type": "string", "allOf": all(300)}), pattern("b"));
}

fn names(count: u8, least: u8) -> Value {
    let mut patterns = Map::new();
    for at in 0..count {
        let pattern = format!("^[a-{}]+$", char::from(b'b' + at));
        patterns.insert(pattern, json!({"type": "integer", "minimum": at + least}));
    }
    json!({"type": "object", "patternProperties": patterns})
}

/// Deep ones, wide ones, and small ones whose documents are large.
fn sizes(rows: &mut Vec<Row>) {
    let words = "a property that somebody described at length, with all that there is to say about it";
    let many = |kind: &str| {
        let property = |at: usize| {
            (format!("p{at}"), json!({"type": kind, "title": words, "description": words.repeat(3)}))
        };
        json!({"type": "object", "properties": (0..20_000).map(property).collect::<Map<_, _>>()})
    };
    let values = |from: usize| json!({"enum": (from..20_000).map(|at| format!("v{at}")).collect::<Vec<_>>()});
    let needing = |step: usize| {
        let need = |at: usize| (format!("p{at}"), json!([format!("p{}", (at + step) % 40)]));
        json!({"type": "object", "dependencies": (0..40).map(need).collect::<Map<_, _>>()})
    };
    let holding: Vec<Value> = (0..10).map(|at| json!({"contains": {"const": at}})).collect();
    let holding = json!({"type": "array", "allOf": holding});
    let items = |keyword: &str, count: usize| json!({"type": "array", keyword: count});
    decided(rows)
        .broken("not, 240 deep", nested(240, text(), denied), nested(240, longer_text(), denied))
        .broken("properties, 60 deep, tightened", nested(60, text(), held), nested(60, longer_text(), held))
        .contained("properties, 60 deep, loosened", nested(60, longer_text(), held), nested(60, text(), held))
        .broken("20000 properties, 8 MB, all changed", many("string"), many("integer"))
        .contained("20000 properties, 8 MB, all widened", many("integer"), many("number"))
        .broken("20000 values, one fewer", values(0), values(1))
        .contained("20000 values, one more", values(1), values(0))
        .contained("dependencies in a ring of 40", needing(1), needing(2))
        .contained("10 that are contained, at least 10", holding.clone(), items("minItems", 10))
        .broken("10 that are contained, at least 11", holding, items("minItems", 11));
    perhaps(rows)
        .broken("1000000 items", items("minItems", 1_000_000), items("minItems", 1_000_001))
        .broken(
            "1000000 letters",
            json!({"type": "string", "minLength": 1_000_000}),
            json!({"type": "string", "minLength": 1_000_001}),
        )
        .broken(
            "100000 properties at least",
            json!({"type": "object", "minProperties": 100_000}),
            json!({"type": "object", "minProperties": 100_001}),
        )
        .broken("a chain of 20000 references", linked(text()), linked(longer_text()));
}

fn nested(depth: usize, leaf: Value, around: fn(Value) -> Value) -> Value {
    (0..depth).fold(leaf, |schema, _| around(schema))
}

fn denied(schema: Value) -> Value {
    json!({"not": schema})
}

fn held(schema: Value) -> Value {
    json!({"type": "object", "properties": {"p": schema}, "required": ["p"]})
}

fn linked(leaf: Value) -> Value {
    defined(20_000, leaf, |next| json!({"title": "t", "allOf": [next]}))
}

/// Numbers that no machine has a name for.
fn numbers(rows: &mut Vec<Row>) {
    let mut row = |name, old: &str, new: &str| {
        let [old, new] = [old, new].map(|demand| format!(r#"{{"type":"number"{demand}}}"#));
        rows.push(Row { name, old, new, is_contained: false, is_decided: false });
    };
    row("a number of 1000000000 digits", r#","maximum":1e999999999"#, r#","maximum":5"#);
    row("steps of 1e-400", "", r#","multipleOf":1e-400"#);
    row("steps of 1e-300 and 3e-300", r#","multipleOf":1e-300"#, r#","multipleOf":3e-300,"maximum":1e300"#);
}
