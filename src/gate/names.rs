//! The names that a schema text defines and uses, read without judging it: a text that does not parse
//! has none here and is reported by the parser.

use crate::model::Format;
use crate::schema::tree::{self, Node, Value};

/// What other files may call a text, and what it asks of other files.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Full names of Avro types; the `$id` of a JSON Schema.
    pub(crate) defined: Vec<String>,
    /// What it uses and does not define: for each use its possible spellings, the likeliest first.
    pub(crate) used: Vec<Vec<String>>,
    /// JSON Schema: the `$id` that relative references count from.
    pub(crate) base: Option<String>,
}

/// The names in a text.
pub(crate) fn of(format: Format, text: &str) -> Names {
    match format {
        Format::Avro => avro(text),
        Format::Json => json(text),
        Format::Protobuf => protobuf(text),
    }
}

const AVRO_PRIMITIVES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

fn avro(text: &str) -> Names {
    let mut names = Names::default();
    if let Ok(root) = tree::parse(text) {
        collect_avro(&root, "", &mut names);
    }
    let Names { defined, used, .. } = &mut names;
    used.retain(|spellings| !spellings.iter().any(|name| defined.contains(name)));
    names
}

fn collect_avro(node: &Node, namespace: &str, names: &mut Names) {
    match &node.value {
        Value::String(name) => use_avro(name, namespace, names),
        Value::Array(branches) => branches.iter().for_each(|branch| collect_avro(branch, namespace, names)),
        Value::Object(_) => collect_avro_object(node, namespace, names),
        _ => {}
    }
}

fn collect_avro_object(node: &Node, namespace: &str, names: &mut Names) {
    let Some(kind) = node.get("type") else { return };
    match kind.as_str() {
        Some("array") => {
            node.get("items").into_iter().for_each(|items| collect_avro(items, namespace, names))
        }
        Some("map") => {
            node.get("values").into_iter().for_each(|values| collect_avro(values, namespace, names))
        }
        Some("record" | "error" | "enum" | "fixed") => {
            let Some(name) = node.get("name").and_then(Node::as_str) else { return };
            let inner = match (name.rsplit_once('.'), node.get("namespace").and_then(Node::as_str)) {
                (Some((inner, _)), _) => inner,
                (None, Some(inner)) => inner,
                (None, None) => namespace,
            };
            names.defined.push(qualified(name, inner));
            for field in node.get("fields").and_then(Node::elements).unwrap_or_default() {
                field.get("type").into_iter().for_each(|kind| collect_avro(kind, inner, names));
            }
        }
        _ => collect_avro(kind, namespace, names),
    }
}

fn use_avro(name: &str, namespace: &str, names: &mut Names) {
    if AVRO_PRIMITIVES.contains(&name) {
        return;
    }
    let mut spellings = vec![qualified(name, namespace)];
    if spellings[0] != name {
        spellings.push(name.to_owned());
    }
    if !names.used.contains(&spellings) {
        names.used.push(spellings);
    }
}

fn qualified(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

fn json(text: &str) -> Names {
    let mut names = Names::default();
    let Ok(root) = tree::parse(text) else { return names };
    let id = root.get("$id").or_else(|| root.get("id")).and_then(Node::as_str);
    names.base = id.map(|id| without_fragment(id).to_owned()).filter(|id| !id.is_empty());
    names.defined.extend(names.base.clone());
    collect_json(&root, &mut names);
    names
}

fn collect_json(node: &Node, names: &mut Names) {
    for member in node.members() {
        if let ("$ref" | "$dynamicRef" | "$recursiveRef", Some(target)) =
            (&*member.key, member.value.as_str())
        {
            let name = without_fragment(target).to_owned();
            if !name.is_empty() && !names.used.contains(&vec![name.clone()]) {
                names.used.push(vec![name]);
            }
        }
        collect_json(&member.value, names);
    }
    node.elements().unwrap_or_default().iter().for_each(|element| collect_json(element, names));
}

fn protobuf(text: &str) -> Names {
    let imports = protox_parse::parse("", text).map(|file| file.dependency).unwrap_or_default();
    Names { used: imports.into_iter().map(|import| vec![import]).collect(), ..Names::default() }
}

fn without_fragment(uri: &str) -> &str {
    uri.split_once('#').map_or(uri, |(uri, _)| uri)
}

/// A URI reference resolved against the `$id` of its file; as written when there is none to count
/// from.
pub(crate) fn resolved(base: Option<&str>, reference: &str) -> String {
    base.and_then(|base| url::Url::parse(base).ok())
        .and_then(|base| base.join(reference).ok())
        .map_or_else(|| reference.to_owned(), String::from)
}

/// A relative path taken from `folder`, its `.` and `..` worked off.
pub(crate) fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if folder.starts_with('/') {
        parts.insert(0, "");
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, ".." | "")) => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The path of `inside` below `folder`; `None` when it lies elsewhere.
pub(crate) fn relative(folder: &str, inside: &str) -> Option<String> {
    match inside.strip_prefix(folder)? {
        "" => Some(String::new()),
        rest if folder.is_empty() => Some(rest.to_owned()),
        rest => rest.strip_prefix('/').map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::{joined, of};
    use crate::model::Format;

    #[test]
    fn avro_names_follow_the_namespace_around_them() {
        let text = r#"{"type":"record","name":"a.R","fields":[
            {"name":"own","type":"R"},
            {"name":"near","type":["null","Near"]},
            {"name":"far","type":{"type":"map","values":"b.Far"}},
            {"name":"inner","type":{"type":"record","name":"I","namespace":"c","fields":[{"name":"x","type":"Deep"}]}},
            {"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}}]}"#;
        let names = of(Format::Avro, text);
        assert_eq!(names.defined, ["a.R", "c.I"]);
        assert_eq!(names.used, [vec!["a.Near", "Near"], vec!["b.Far"], vec!["c.Deep", "Deep"]]);
    }

    #[test]
    fn paths_are_joined_by_name_alone() {
        for (folder, path, expected) in [
            ("a/b", "../c/d.json", "a/c/d.json"),
            ("", "./d.json", "d.json"),
            ("/x/y", "../d.json", "/x/d.json"),
            ("a", "../../d.json", "../d.json"),
        ] {
            assert_eq!(joined(folder, path), expected, "{folder} {path}");
        }
    }
}
