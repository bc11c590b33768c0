//! Adding a waiver to the text of a manifest, whose comments and layout stay as they are.

use serde_json::{Map, Value};

use super::{Manifest, Waiver};

/// The text of the manifest with one waiver more.
///
/// # Errors
/// A sentence, when the text is laid out in a way that does not let a waiver be added safely.
pub fn with_waiver(manifest: &Manifest, waiver: &Waiver) -> Result<String, String> {
    let text = &manifest.text;
    let edited = match text.trim_start().starts_with('{') {
        true => in_json(text, waiver)?,
        false => in_yaml(text, waiver)?,
    };
    // What was written is read once more: nothing is saved that says something else.
    let read = Manifest::parse(&manifest.path, &edited).map_err(|error| error.to_string())?;
    let is_there = |other: &Waiver| Waiver { place: waiver.place, ..other.clone() } == *waiver;
    match read.waivers.len() == manifest.waivers.len() + 1 && read.waivers.iter().any(is_there) {
        true => Ok(edited),
        false => Err(format!("`waivers` in {} is laid out in an unusual way", manifest.path)),
    }
}

/// The lines of a waiver in YAML, the first one with the dash.
pub fn lines_of(waiver: &Waiver) -> Vec<String> {
    let members = members_of(waiver).into_iter().map(|(name, value)| match name {
        "until" => format!("{name}: {value}"),
        _ => format!("{name}: {}", scalar(&value)),
    });
    members
        .enumerate()
        .map(|(at, line)| if at == 0 { format!("- {line}") } else { format!("  {line}") })
        .collect()
}

fn members_of(waiver: &Waiver) -> Vec<(&'static str, String)> {
    let mut members = vec![("subject", waiver.subject.clone()), ("rule", waiver.rule.clone())];
    members.extend(waiver.at.clone().map(|at| ("at", at)));
    members.push(("until", waiver.until.to_string()));
    members.push(("reason", waiver.reason.clone()));
    members.extend(waiver.by.clone().map(|by| ("by", by)));
    members.extend(waiver.says.clone().map(|says| ("says", says)));
    members
}

/// A text as YAML reads it back: plain where nothing in it means something else, otherwise quoted as in JSON.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.' | ' ');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_word = !matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off"
    );
    match starts_well && is_word && !text.ends_with(' ') && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => Value::from(text).to_string(),
    }
}

fn in_json(text: &str, waiver: &Waiver) -> Result<String, String> {
    let mut document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let members = members_of(waiver).into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
    let item = Value::Object(members.collect::<Map<_, _>>());
    let root = document.as_object_mut().ok_or("it is no object")?;
    let waivers = root.entry("waivers").or_insert_with(|| Value::Array(Vec::new()));
    waivers.as_array_mut().ok_or("`waivers` is no list")?.push(item);
    Ok(format!("{document:#}\n"))
}

fn in_yaml(text: &str, waiver: &Waiver) -> Result<String, String> {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let new =
        |indent: &str| lines_of(waiver).into_iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>();
    let head = lines.iter().position(|line| line.starts_with("waivers:"));
    let Some(head) = head else {
        if lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(String::new());
        }
        lines.push("waivers:".to_owned());
        lines.extend(new("  "));
        return Ok(lines.join(end) + end);
    };
    let value = lines[head]["waivers:".len()..].trim();
    let value = value.split(" #").next().unwrap_or(value).trim();
    if matches!(value, "[]" | "[ ]") {
        "waivers:".clone_into(&mut lines[head]);
    } else if !value.is_empty() && !value.starts_with('#') {
        return Err("`waivers` is a list in brackets, which cannot be added to".to_owned());
    }
    let belongs = |line: &String| {
        line.is_empty() || line.starts_with([' ', '#', '\t']) || line.starts_with("- ") || line == "-"
    };
    let after =
        lines[head + 1..].iter().position(|line| !belongs(line)).map_or(lines.len(), |at| head + 1 + at);
    let is_item = |line: &&String| line.trim_start().starts_with('-');
    let indent = lines[head + 1..after]
        .iter()
        .find(is_item)
        .map_or("  ".to_owned(), |line| line[..line.len() - line.trim_start().len()].to_owned());
    // Blank lines and comments before the next key stay with that key.
    let is_filling = |line: &String| line.trim().is_empty() || line.starts_with('#');
    let last = (head + 1..after).rev().find(|at| !is_filling(&lines[*at])).unwrap_or(head);
    lines.splice(last + 1..last + 1, new(&indent));
    Ok(lines.join(end) + end)
}

#[cfg(test)]
mod tests {
    use super::super::{Date, Manifest, Waiver};
    use super::with_waiver;
    use crate::schema::Place;

    fn waiver() -> Waiver {
        Waiver {
            subject: "orders-value".to_owned(),
            rule: "avro-field-without-default".to_owned(),
            at: Some("/fields/3".to_owned()),
            until: Date::constant(2027, 1, 31),
            reason: "no reader left: see RFC 12".to_owned(),
            by: None,
            says: None,
            place: Place { line: 1, column: 1 },
        }
    }

    const ITEM: &str = "subject: orders-value\n    rule: avro-field-without-default\n    at: /fields/3\n    until: 2027-01-31\n    reason: \"no reader left: see RFC 12\"\n";

    #[test]
    fn a_waiver_is_added_where_waivers_are() {
        let old = "subject: a\n    rule: b\n    until: 2026-01-01\n    reason: c\n";
        for (before, expected) in [
            ("version: 1\n", format!("version: 1\n\nwaivers:\n  - {ITEM}")),
            (
                "version: 1\nwaivers: []\nprotect: [a]\n",
                format!("version: 1\nwaivers:\n  - {ITEM}protect: [a]\n"),
            ),
            (
                &format!("waivers:  # accepted\n  - {old}\n# never\nprotect: [a]\nversion: 1\n"),
                format!("waivers:  # accepted\n  - {old}  - {ITEM}\n# never\nprotect: [a]\nversion: 1\n"),
            ),
            (
                &format!("version: 1\nwaivers:\n- {}", old.replace("\n    ", "\n  ")),
                format!(
                    "version: 1\nwaivers:\n- {}- {}",
                    old.replace("\n    ", "\n  "),
                    ITEM.replace("\n    ", "\n  ")
                ),
            ),
        ] {
            let manifest = Manifest::parse("schemas.yaml", before).expect(before);
            assert_eq!(with_waiver(&manifest, &waiver()).expect(before), expected);
        }
    }

    #[test]
    fn json_and_windows_lines_stay_what_they_are() {
        let manifest =
            Manifest::parse("schemas.json", r#"{"version": 1, "protect": ["a"]}"#).expect("a manifest");
        let edited = with_waiver(&manifest, &waiver()).expect("added");
        assert!(
            edited.starts_with("{\n  \"version\": 1,\n  \"protect\": [")
                && edited.contains("\"until\": \"2027-01-31\""),
            "{edited}"
        );
        let manifest = Manifest::parse("schemas.yaml", "version: 1\r\n").expect("a manifest");
        let edited = with_waiver(&manifest, &waiver()).expect("added");
        assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count(), "{edited:?}");
    }

    #[test]
    fn a_list_in_brackets_is_left_alone() {
        let text = "version: 1\nwaivers: [{ subject: a, rule: b, until: 2026-01-01, reason: c }]\n";
        let manifest = Manifest::parse("schemas.yaml", text).expect("a manifest");
        assert!(with_waiver(&manifest, &waiver()).is_err());
    }
}
