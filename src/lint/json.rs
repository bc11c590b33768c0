//! Rules for JSON Schema: the schemas in the text itself, wherever keywords put them.

use std::collections::HashSet;

use super::case::{self, Case};
use super::rules;
use super::{Found, shown};
use crate::schema::json::{Draft, JsonSchema};
use crate::schema::tree::{Member, Node, Value};
use crate::schema::{Lines, Place};

pub(super) fn check(schema: &JsonSchema, text: &str, found: &mut Found<'_>) {
    let mut properties = Vec::new();
    let mut referred = HashSet::new();
    collect(schema, schema.root(), &mut properties, &mut referred);
    let common = case::of_most(properties.iter().map(|member| member.key.as_str()));
    let mut walk = Walk { schema, lines: Lines::of(text), common, referred, found };
    walk.root();
    walk.schema(schema.root(), "", "the schema");
}

/// Keywords whose value is a schema.
const ONE: [&str; 12] = [
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords whose value is a list of schemas.
const LISTS: [&str; 5] = ["allOf", "anyOf", "items", "oneOf", "prefixItems"];
/// Keywords whose value is an object of schemas.
const NAMED: [&str; 6] =
    ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

/// Each schema within a schema, and the keys and positions that lead to it.
fn inner(node: &Node) -> Vec<(String, &Node)> {
    let mut found = Vec::new();
    for Member { key, value, .. } in node.members() {
        let key = key.as_str();
        match &value.value {
            Value::Object(members) if NAMED.contains(&key) => {
                let schemas = members.iter().filter(|member| is_schema(&member.value));
                found.extend(
                    schemas.map(|member| (format!("/{key}/{}", escaped(&member.key)), &member.value)),
                );
            }
            Value::Array(elements) if LISTS.contains(&key) => {
                let schemas = elements.iter().enumerate().filter(|(_, element)| is_schema(element));
                found.extend(schemas.map(|(index, element)| (format!("/{key}/{index}"), element)));
            }
            _ if ONE.contains(&key) && is_schema(value) => found.push((format!("/{key}"), value)),
            _ => {}
        }
    }
    found
}

fn is_schema(node: &Node) -> bool {
    node.is_object() || matches!(node.value, Value::Bool(_))
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Every property that is described, and the objects that something refers to.
fn collect<'a>(
    schema: &'a JsonSchema,
    node: &'a Node,
    properties: &mut Vec<&'a Member>,
    referred: &mut HashSet<usize>,
) {
    properties.extend(node.get("properties").map(Node::members).unwrap_or_default());
    for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
        let reference = node.get(keyword).and_then(Node::as_str);
        if let Some((0, target)) = reference.and_then(|reference| schema.resolve(0, node, reference)) {
            referred.insert(target.span.start);
        }
    }
    inner(node).into_iter().for_each(|(_, node)| collect(schema, node, properties, referred));
}

struct Walk<'a, 'f, 's> {
    schema: &'a JsonSchema,
    lines: Lines<'a>,
    common: Option<Case>,
    referred: HashSet<usize>,
    found: &'f mut Found<'s>,
}

impl<'a> Walk<'a, '_, '_> {
    fn at(&self, node: &Node) -> Option<Place> {
        Some(self.lines.place(node.span.start))
    }

    fn at_key(&self, member: &Member) -> Option<Place> {
        Some(self.lines.place(member.key_span.start))
    }

    /// What concerns the schema as a whole.
    fn root(&mut self) {
        let root = self.schema.root();
        let at = self.at(root);
        if root.get("$schema").is_none() {
            let message = "the schema does not say its draft in `$schema`".to_owned();
            self.found.add(&rules::JSON_SCHEMA_MISSING, message, String::new(), at);
        }
        let id = if self.schema.draft() == Draft::Four { "id" } else { "$id" };
        if root.get(id).is_none() {
            let message = format!("the schema has no URI in `{id}`");
            self.found.add(&rules::JSON_ID_MISSING, message, String::new(), at);
        }
        if !is_documented(root) {
            let message = "the schema has neither a title nor a description".to_owned();
            self.found.add(&rules::JSON_DOC_MISSING, message, String::new(), at);
        }
    }

    fn schema(&mut self, node: &'a Node, pointer: &str, what: &str) {
        self.properties(node, pointer, what);
        self.openness(node, pointer, what);
        self.unions(node, pointer, what);
        self.definitions(node, pointer);
        for (below, node) in inner(node) {
            let pointer = format!("{pointer}{below}");
            let name = below.rsplit('/').next().unwrap_or_default();
            self.schema(node, &pointer, &shown(name));
        }
    }

    fn properties(&mut self, node: &'a Node, pointer: &str, what: &str) {
        for member in node.get("properties").map(Node::members).unwrap_or_default() {
            let pointer = format!("{pointer}/properties/{}", escaped(&member.key));
            let named = format!("the property {} of {what}", shown(&member.key));
            let at = self.at_key(member);
            if let Some(fault) = case::fault(&member.key, self.common) {
                self.found.add(
                    &rules::JSON_PROPERTY_NAME_CASE,
                    format!("{named} {fault}"),
                    pointer.clone(),
                    at,
                );
            }
            // A schema that is referred to is documented where it is defined.
            let is_reference = member.value.get("$ref").is_some();
            if !is_reference && !is_documented(&member.value) {
                let message = format!("{named} has neither a title nor a description");
                self.found.add(&rules::JSON_DOC_MISSING, message, pointer.clone(), at);
            }
            const SAY: [&str; 12] = [
                "$dynamicRef",
                "$recursiveRef",
                "$ref",
                "allOf",
                "anyOf",
                "const",
                "else",
                "enum",
                "not",
                "oneOf",
                "then",
                "type",
            ];
            let says = |node: &Node| SAY.iter().any(|keyword| node.get(keyword).is_some());
            if !says(&member.value) && !matches!(member.value.value, Value::Bool(false)) {
                let message = format!("{named} does not say what it may be");
                self.found.add(&rules::JSON_TYPE_MISSING, message, pointer, at);
            }
        }
    }

    fn openness(&mut self, node: &'a Node, pointer: &str, what: &str) {
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            let member = node.members().iter().find(|member| member.key == keyword);
            if let Some(member) = member.filter(|member| matches!(member.value.value, Value::Bool(false))) {
                let message = format!("{what} refuses properties that it does not describe");
                let at = self.at_key(member);
                self.found.add(&rules::JSON_CLOSED_OBJECT, message, format!("{pointer}/{keyword}"), at);
            }
        }
        let closes = ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .any(|keyword| node.get(keyword).is_some_and(|value| !matches!(value.value, Value::Bool(true))));
        let described = node.members().iter().find(|member| member.key == "properties");
        if let Some(member) = described.filter(|member| !member.value.members().is_empty() && !closes) {
            let message = format!("{what} allows properties that it does not describe");
            let at = self.at_key(member);
            self.found.add(&rules::JSON_OPEN_OBJECT, message, format!("{pointer}/properties"), at);
        }
    }

    fn unions(&mut self, node: &'a Node, pointer: &str, what: &str) {
        for member in node.members().iter().filter(|member| matches!(member.key.as_str(), "anyOf" | "oneOf"))
        {
            let branches = member.value.elements().unwrap_or_default();
            let branches: Vec<&Node> = branches.iter().filter_map(|branch| self.meant(branch)).collect();
            let objects: Vec<&Node> =
                branches.into_iter().filter(|branch| branch.get("properties").is_some()).collect();
            if objects.len() < 2 || has_tag(&objects) {
                continue;
            }
            let message = format!("the branches of `{}` of {what} are told apart by no property", member.key);
            let at = self.at_key(member);
            self.found.add(&rules::JSON_UNION_UNTAGGED, message, format!("{pointer}/{}", member.key), at);
        }
    }

    /// The schema itself, or the one that it refers to.
    fn meant(&self, node: &'a Node) -> Option<&'a Node> {
        let Some(reference) = node.get("$ref").and_then(Node::as_str) else { return Some(node) };
        self.schema.resolve(0, node, reference).map(|(_, target)| target)
    }

    fn definitions(&mut self, node: &'a Node, pointer: &str) {
        for keyword in ["$defs", "definitions"] {
            for member in node.get(keyword).map(Node::members).unwrap_or_default() {
                if !self.is_used(&member.value) {
                    let message = format!("nothing refers to the definition {}", shown(&member.key));
                    let (at, pointer) =
                        (self.at_key(member), format!("{pointer}/{keyword}/{}", escaped(&member.key)));
                    self.found.add(&rules::JSON_DEFINITION_UNUSED, message, pointer, at);
                }
            }
        }
    }

    /// Is it, or something in it, referred to? What has a name of its own may be referred to from other texts.
    fn is_used(&self, node: &Node) -> bool {
        let span = node.span;
        let is_named =
            ["$id", "id", "$anchor", "$dynamicAnchor"].iter().any(|keyword| node.get(keyword).is_some());
        is_named || self.referred.iter().any(|start| (span.start..span.end).contains(start))
    }
}

fn is_documented(node: &Node) -> bool {
    let said =
        |keyword: &str| node.get(keyword).and_then(Node::as_str).is_some_and(|text| !text.trim().is_empty());
    said("title") || said("description")
}

/// Is there a property that each of the objects must have, with one value of its own?
fn has_tag(objects: &[&Node]) -> bool {
    let first =
        objects.first().and_then(|first| first.get("properties")).map(Node::members).unwrap_or_default();
    first.iter().any(|candidate| {
        let mut seen = HashSet::new();
        objects.iter().all(|object| tag(object, &candidate.key).is_some_and(|value| seen.insert(value)))
    })
}

/// The only value of a required property.
fn tag(object: &Node, name: &str) -> Option<String> {
    let required = object.get("required").and_then(Node::elements).unwrap_or_default();
    if !required.iter().any(|listed| listed.as_str() == Some(name)) {
        return None;
    }
    let property = object.get("properties")?.get(name)?;
    match (property.get("const"), property.get("enum").and_then(Node::elements)) {
        (Some(value), _) => Some(value.to_compact()),
        (None, Some([value])) => Some(value.to_compact()),
        _ => None,
    }
}
