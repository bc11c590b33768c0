//! What the formats of others demand: SARIF and Code Quality by JSON Schemas, JUnit's XML by the rules of
//! the schema that Jenkins' xUnit plugin publishes. All written from the specifications; see
//! `tests/cases/report`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// What is wrong with a JSON document by a schema of `tests/cases/report`.
pub fn json_errors(schema: &str, document: &Value) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/report").join(schema);
    let schema = fs::read_to_string(path).expect("the schema is there");
    errors_by(&serde_json::from_str(&schema).expect("the schema is JSON"), document)
}

/// What is wrong with a document by a JSON Schema.
pub fn errors_by(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).expect("a schema");
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A definition of the published schema of reports, made strict: a member that it does not know is wrong.
/// Readers must not be as strict, but what is written must be described.
pub fn strict(published: &str, definition: &str) -> Value {
    let mut schema: Value = serde_json::from_str(published).expect("the schema is JSON");
    schema.as_object_mut().expect("an object").remove("anyOf");
    forbid_more(&mut schema);
    schema["$ref"] = json!(format!("#/$defs/{definition}"));
    schema
}

fn forbid_more(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object) && members.contains_key("required") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            members.values_mut().for_each(forbid_more);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_more),
        _ => {}
    }
}

/// What SARIF demands and no JSON Schema can say.
pub fn sarif_errors(log: &Value) -> Vec<String> {
    let mut errors = json_errors("sarif-2.1.0.schema.json", log);
    for run in log["runs"].as_array().into_iter().flatten() {
        let rules = &run["tool"]["driver"]["rules"];
        let ids: Vec<&str> =
            rules.as_array().into_iter().flatten().filter_map(|rule| rule["id"].as_str()).collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        if unique.len() != ids.len() {
            errors.push("two rules share an id".to_owned());
        }
        for result in run["results"].as_array().into_iter().flatten() {
            if let Some(index) = result["ruleIndex"].as_u64() {
                let index = usize::try_from(index).expect("an index");
                if ids.get(index).copied() != result["ruleId"].as_str() {
                    errors.push(format!("ruleIndex {index} is not {}", result["ruleId"]));
                }
            }
            for location in
                ["locations", "relatedLocations"].iter().flat_map(|name| result[*name].as_array()).flatten()
            {
                let region = &location["physicalLocation"]["region"];
                if let (Some(start), Some(end)) =
                    (region["startColumn"].as_u64(), region["endColumn"].as_u64())
                    && end <= start
                {
                    errors.push(format!("a region of columns {start} to {end} is empty"));
                }
            }
        }
    }
    errors
}

/// An element of JUnit's XML: its attributes (and whether each must be there), its children, and whether
/// there may be text in it.
struct Element {
    name: &'static str,
    attributes: &'static [(&'static str, bool)],
    children: &'static [&'static str],
    has_text: bool,
}

const MESSAGE: &[(&str, bool)] = &[("type", false), ("message", false)];
const ELEMENTS: &[Element] = &[
    Element {
        name: "testsuites",
        attributes: &[
            ("name", false),
            ("time", false),
            ("tests", false),
            ("failures", false),
            ("errors", false),
        ],
        children: &["testsuite"],
        has_text: false,
    },
    Element {
        name: "testsuite",
        attributes: &[
            ("name", true),
            ("tests", true),
            ("failures", true),
            ("errors", true),
            ("group", false),
            ("time", false),
            ("skipped", false),
            ("timestamp", false),
            ("hostname", false),
            ("id", false),
            ("package", false),
            ("file", false),
            ("log", false),
            ("url", false),
        ],
        children: &["testsuite", "properties", "testcase", "system-out", "system-err"],
        has_text: false,
    },
    Element {
        name: "testcase",
        // The schema leaves out `classname` nowhere, and Jenkins groups by it.
        attributes: &[("name", true), ("classname", true), ("time", false), ("group", false)],
        children: &["skipped", "error", "failure", "system-out", "system-err"],
        has_text: false,
    },
    Element { name: "failure", attributes: MESSAGE, children: &[], has_text: true },
    Element { name: "error", attributes: MESSAGE, children: &[], has_text: true },
    Element { name: "skipped", attributes: MESSAGE, children: &[], has_text: true },
    Element { name: "system-out", attributes: &[], children: &[], has_text: true },
    Element { name: "system-err", attributes: &[], children: &[], has_text: true },
    Element { name: "properties", attributes: &[], children: &["property"], has_text: false },
    Element {
        name: "property",
        attributes: &[("name", true), ("value", true)],
        children: &[],
        has_text: false,
    },
];

/// What is wrong with JUnit's XML.
pub fn junit_errors(xml: &str) -> Vec<String> {
    let document = match roxmltree::Document::parse(xml) {
        Ok(document) => document,
        Err(error) => return vec![error.to_string()],
    };
    let root = document.root_element();
    let mut errors = Vec::new();
    if !matches!(root.tag_name().name(), "testsuites" | "testsuite") {
        errors.push(format!("<{}> is no root", root.tag_name().name()));
    }
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let Some(element) = ELEMENTS.iter().find(|element| element.name == name) else {
            errors.push(format!("there is no <{name}>"));
            continue;
        };
        for (attribute, _) in element.attributes.iter().filter(|(_, is_required)| *is_required) {
            if node.attribute(*attribute).is_none() {
                errors.push(format!("<{name}> has no {attribute}"));
            }
        }
        for attribute in node.attributes() {
            if !element.attributes.iter().any(|(known, _)| *known == attribute.name()) {
                errors.push(format!("<{name}> may not have {}", attribute.name()));
            }
            let is_number = matches!(attribute.name(), "tests" | "failures" | "errors" | "skipped");
            if is_number && attribute.value().parse::<u32>().is_err() {
                errors.push(format!("{}=\"{}\" is no number", attribute.name(), attribute.value()));
            }
            if attribute.name() == "time" && attribute.value().parse::<f64>().is_err() {
                errors.push(format!("time=\"{}\" is no time", attribute.value()));
            }
        }
        for child in node.children() {
            let tag = child.tag_name().name();
            if child.is_element() && !element.children.contains(&tag) {
                errors.push(format!("<{name}> may not hold <{tag}>"));
            }
            let is_blank = child.text().unwrap_or_default().trim().is_empty();
            if child.is_text() && !element.has_text && !is_blank {
                errors.push(format!("<{name}> may not hold text"));
            }
        }
        if matches!(name, "testsuites" | "testsuite") {
            errors.extend(miscounted(node));
        }
        if name == "testcase" {
            let ends = node
                .children()
                .filter(|child| ["failure", "error", "skipped"].contains(&child.tag_name().name()));
            if ends.count() > 1 {
                errors.push("a case ends once".to_owned());
            }
        }
    }
    errors
}

/// The numbers of a suite against what is in it.
fn miscounted(suite: roxmltree::Node<'_, '_>) -> Vec<String> {
    let cases = || suite.descendants().filter(|node| node.has_tag_name("testcase"));
    let ending =
        |end: &str| cases().filter(|case| case.children().any(|child| child.has_tag_name(end))).count();
    let counted = [
        ("tests", cases().count()),
        ("failures", ending("failure")),
        ("errors", ending("error")),
        ("skipped", ending("skipped")),
    ];
    let told = counted.into_iter().filter_map(|(name, number)| Some((name, number, suite.attribute(name)?)));
    told.filter(|(_, number, told)| told.parse() != Ok(*number))
        .map(|(name, number, told)| format!("{name}=\"{told}\", but there are {number}"))
        .collect()
}
