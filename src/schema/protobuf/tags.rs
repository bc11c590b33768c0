//! Inline tags: `(confluent.message_meta).tags` and `(confluent.field_meta).tags`.

use std::collections::BTreeSet;

use super::model::{File, Message, Setting, TypeDef, Value};
use super::names::{Names, Scope};
use super::normal::normalize_settings;
use crate::schema::Tagged;

/// Every tagged message and field of a file, in the order of the text.
pub(super) fn tagged(file: &File, names: &Names) -> Vec<Tagged> {
    let mut found = Vec::new();
    walk(&file.types, "", names, names.package(), &mut found);
    found
}

fn walk(types: &[TypeDef], prefix: &str, names: &Names, scope: Scope, found: &mut Vec<Tagged>) {
    for definition in types {
        if let TypeDef::Message(message) = definition {
            walk_message(message, prefix, names, scope, found);
        }
    }
}

fn walk_message(message: &Message, prefix: &str, names: &Names, scope: Scope, found: &mut Vec<Tagged>) {
    let scope = names.inside(scope, &message.name);
    let path = format!("{prefix}{}", message.name);
    let mut note = |path: String, is_record, settings: &[Setting], option: &str| {
        let tags = tags(names, scope, settings, option);
        if !tags.is_empty() {
            found.push(Tagged { path, is_record, tags });
        }
    };
    note(path.clone(), true, &message.options, "confluent.message_meta");
    let mut fields: Vec<_> = message.all_fields().collect();
    fields.sort_by_key(|field| field.place);
    for field in fields {
        note(format!("{path}.{}", field.name), false, &field.options, "confluent.field_meta");
    }
    let prefix = format!("{path}.");
    for group in message.all_groups() {
        walk_message(&group.message, &prefix, names, scope, found);
    }
    walk(&message.types, &prefix, names, scope, found);
}

fn tags(names: &Names, scope: Scope, settings: &[Setting], option: &str) -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    for setting in normalize_settings(names, scope, settings) {
        if setting.name.leading_extension() != Some(option) {
            continue;
        }
        match setting.value.get("tags") {
            Some(Value::List(values)) => {
                tags.extend(values.iter().filter_map(Value::as_text).map(str::to_owned))
            }
            Some(single) => tags.extend(single.as_text().map(str::to_owned)),
            None => {}
        }
    }
    tags
}
