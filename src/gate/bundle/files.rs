//! The files of a bundle: one for each address that readers ask for.
//!
//! A file server leaves the query of an address aside and decodes its path, so `schemas/ids/1` is what
//! `GET /schemas/ids/1?subject=x` leads to, and the subject `a/b` lies in the folder `a/b`. An address that
//! is both a file and a folder to it can be only one of them: where clients need what is below, the list
//! is the folder's `index.html`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Bundle, BundledSchema};

/// The page of a folder, as file servers look for it.
const INDEX: &str = "index.html";

/// The longest name that file systems take.
const LONGEST_NAME: usize = 255;

const README: &str = include_str!("README.txt");

/// Files by their paths.
pub(super) struct Tree {
    pub(super) files: BTreeMap<String, String>,
    /// What has no file, and why.
    pub(super) left_out: Vec<String>,
}

/// The files of a bundle.
pub(super) fn of(bundle: &Bundle) -> Tree {
    let mut tree = Tree { files: BTreeMap::new(), left_out: Vec::new() };
    tree.put("README.txt", README.to_owned());
    tree.json(INDEX, &json!({}));
    tree.json("mode", &json!({ "mode": "READONLY" }));
    tree.json("contexts", &json!([bundle.context]));
    tree.json("schemas/types", &json!(["JSON", "PROTOBUF", "AVRO"]));
    tree.json(&format!("config/{INDEX}"), &json!({ "compatibilityLevel": bundle.level }));
    let mut subjects: BTreeMap<&str, Vec<&BundledSchema>> = BTreeMap::new();
    for schema in &bundle.schemas {
        subjects.entry(&schema.subject).or_default().push(schema);
        let content = content(schema);
        tree.json(&format!("schemas/ids/{}", schema.id), &content);
        if let Some(guid) = &schema.guid {
            tree.json(&format!("schemas/guids/{guid}"), &content);
        }
    }
    tree.json(&format!("subjects/{INDEX}"), &json!(subjects.keys().collect::<Vec<_>>()));
    for (subject, versions) in subjects {
        tree.subject(subject, &versions);
    }
    tree
}

impl Tree {
    fn subject(&mut self, subject: &str, versions: &[&BundledSchema]) {
        if let Some(reason) = unusable(subject) {
            self.left_out.push(format!("`{subject}` {reason}"));
            return;
        }
        let folder = format!("subjects/{subject}/versions");
        let numbers: Vec<i32> = versions.iter().map(|schema| schema.version).collect();
        let mut files = vec![(format!("{folder}/{INDEX}"), json!(numbers))];
        files.extend(versions.iter().map(|schema| (format!("{folder}/{}", schema.version), version(schema))));
        if let Some(latest) = versions.last() {
            files.push((format!("{folder}/latest"), version(latest)));
        }
        if files.iter().any(|(path, _)| self.is_in_the_way(path)) {
            self.left_out.push(format!("`{subject}` would share a path with another subject"));
            return;
        }
        for (path, body) in files {
            self.json(&path, &body);
        }
        // No client needs the level to read data: where `a` and `a/b` would share a path, one has none.
        let config = format!("config/{subject}");
        if let Some(level) = versions.last().and_then(|latest| latest.level.as_ref())
            && !self.is_in_the_way(&config)
        {
            self.json(&config, &json!({ "compatibilityLevel": level }));
        }
    }

    /// Is there such a file, a file that would have to be a folder, or a folder that would have to be a
    /// file?
    fn is_in_the_way(&self, path: &str) -> bool {
        let parents = path.match_indices('/').map(|(at, _)| &path[..at]);
        let below = format!("{path}/");
        self.files.contains_key(path)
            || parents.into_iter().any(|parent| self.files.contains_key(parent))
            || self.files.range(below.clone()..).next().is_some_and(|(other, _)| other.starts_with(&below))
    }

    fn json(&mut self, path: &str, body: &Value) {
        self.put(path, body.to_string());
    }

    fn put(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), text);
    }
}

/// Why a subject can be no path.
fn unusable(subject: &str) -> Option<&'static str> {
    let parts: BTreeSet<&str> = subject.split('/').collect();
    if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
        return Some("is no path: a part of it is empty or dots");
    }
    if parts.iter().any(|part| part.len() > LONGEST_NAME) {
        return Some("is no path: a part of it is too long for a file's name");
    }
    if subject.chars().any(|c| c.is_control() || c == '\\') {
        return Some("is no path: it holds a character that files' names do not");
    }
    None
}

/// As `GET /schemas/ids/{id}` shows it.
fn content(schema: &BundledSchema) -> Value {
    let mut body = json!({ "schema": schema.schema });
    if schema.schema_type != "AVRO" {
        body["schemaType"] = json!(schema.schema_type);
    }
    if !schema.references.is_empty() {
        body["references"] = json!(schema.references);
    }
    if let Some(metadata) = &schema.metadata {
        body["metadata"] = json!(metadata);
    }
    if let Some(rule_set) = &schema.rule_set {
        body["ruleSet"] = rule_set.clone();
    }
    if let Some(guid) = &schema.guid {
        body["guid"] = json!(guid);
    }
    body
}

/// As `GET /subjects/{subject}/versions/{version}` shows it.
fn version(schema: &BundledSchema) -> Value {
    let mut body = json!({ "subject": schema.subject, "version": schema.version, "id": schema.id });
    let Value::Object(content) = content(schema) else { return body };
    for (name, value) in content {
        body[name] = value;
    }
    body
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{BUNDLE_VERSION, Bundle, BundledSchema, digest};
    use super::of;

    fn bundle(subjects: &[&str]) -> Bundle {
        let schema = |subject: &&str| BundledSchema {
            subject: (*subject).to_owned(),
            version: 1,
            id: 1,
            guid: None,
            schema_type: "AVRO".to_owned(),
            references: Vec::new(),
            metadata: None,
            rule_set: None,
            level: Some("FULL".to_owned()),
            schema: "\"int\"".to_owned(),
            sha256: digest("\"int\""),
        };
        Bundle {
            format_version: BUNDLE_VERSION,
            registry: "http://r".to_owned(),
            context: ".".to_owned(),
            level: "BACKWARD".to_owned(),
            schemas: subjects.iter().map(schema).collect(),
            files: BTreeMap::new(),
        }
    }

    #[test]
    fn a_subject_with_slashes_is_a_folder() {
        let tree = of(&bundle(&["shop/cart.proto"]));
        assert!(tree.files.contains_key("subjects/shop/cart.proto/versions/latest"));
        assert_eq!(tree.files["config/shop/cart.proto"], r#"{"compatibilityLevel":"FULL"}"#);
        assert!(tree.left_out.is_empty());
    }

    #[test]
    fn no_subject_leads_out_of_the_folder_or_over_another() {
        for (subjects, left_out) in [
            (&["../../etc/passwd"][..], 1),
            (&["a//b"], 1),
            (&[".."], 1),
            (&["a\nb"], 1),
            (&["a", "a/versions"], 0),
            (&["a", "a/versions/1"], 1),
            (&["a", "a/b"], 0),
            (&["index.html"], 1),
        ] {
            let tree = of(&bundle(subjects));
            assert_eq!(tree.left_out.len(), left_out, "{subjects:?}: {:?}", tree.left_out);
            for path in tree.files.keys() {
                assert!(!path.split('/').any(|part| matches!(part, "" | "." | "..")), "{path}");
            }
        }
    }
}
