//! Inline tags: `(confluent.message_meta).tags` and `(confluent.field_meta).tags`.

use std::collections::BTreeSet;

use super::model::{Field, File, Group, Import, ImportKind, Message, Setting, SettingName, TypeDef, Value};
use super::names::{Names, Scope};
use super::normal::normalize_settings;
use crate::schema::tags::{Edits, Found, LONGEST_PATH};
use crate::schema::{Place, TagEdit, TagError, Tagged};

/// The options that hold them.
const MESSAGE_META: &str = "confluent.message_meta";
const FIELD_META: &str = "confluent.field_meta";

/// The file that defines these options.
const META_FILE: &str = "confluent/meta.proto";

/// Every tagged message and field of a file, in the order of the text.
pub(super) fn tagged(file: &File, names: &Names) -> Vec<Tagged> {
    let mut found = Found::new();
    walk(&file.types, "", names, names.package(), &mut found);
    found.into_list()
}

fn walk(types: &[TypeDef], prefix: &str, names: &Names, scope: Scope, found: &mut Found) {
    for definition in types {
        if let TypeDef::Message(message) = definition {
            walk_message(message, prefix, names, scope, found);
        }
    }
}

fn walk_message(message: &Message, prefix: &str, names: &Names, scope: Scope, found: &mut Found) {
    let scope = names.inside(scope, &message.name);
    let path = format!("{prefix}{}", message.name);
    if path.len() > LONGEST_PATH {
        return;
    }
    found.note(&path, None, true, tags(names, scope, &message.options, MESSAGE_META));
    let mut fields: Vec<_> = message.all_fields().collect();
    fields.sort_by_key(|field| field.place);
    for field in fields {
        found.note(&path, Some(&field.name), false, tags(names, scope, &field.options, FIELD_META));
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

/// The file with the tags of its messages and fields edited.
///
/// # Errors
/// When nothing stands under the path of an edit.
pub(super) fn edited(file: &File, names: &Names, edits: &[TagEdit]) -> Result<File, TagError> {
    let mut edited = file.clone();
    let mut editor = Editor { names, edits: Edits::of(edits), has_tagged: false };
    editor.types(&mut edited.types, "", names.package());
    editor.edits.check_all_found()?;
    if editor.has_tagged && !file.imports.iter().any(|import| import.path == META_FILE) {
        let place = Place { line: 1, column: 1 };
        edited.imports.push(Import { kind: ImportKind::Plain, path: META_FILE.to_owned(), place });
    }
    Ok(edited)
}

struct Editor<'n> {
    names: &'n Names,
    edits: Edits,
    /// Something carries tags now that was edited.
    has_tagged: bool,
}

impl Editor<'_> {
    fn types(&mut self, types: &mut [TypeDef], prefix: &str, scope: Scope) {
        for definition in types {
            if let TypeDef::Message(message) = definition {
                self.message(message, prefix, scope);
            }
        }
    }

    fn message(&mut self, message: &mut Message, prefix: &str, scope: Scope) {
        let scope = self.names.inside(scope, &message.name);
        let path = format!("{prefix}{}", message.name);
        if !self.edits.lead_to(&path) {
            return;
        }
        self.retag(&path, true, scope, &mut message.options);
        message.fields.iter_mut().for_each(|field| self.field(field, &path, scope));
        for oneof in &mut message.oneofs {
            let around = format!("{path}.{}", oneof.name);
            for field in &mut oneof.fields {
                self.field(field, &path, scope);
                self.field(field, &around, scope);
            }
        }
        let prefix = format!("{path}.");
        let in_oneofs = message.oneofs.iter_mut().flat_map(|oneof| &mut oneof.groups);
        let in_extends = message.extends.iter_mut().flat_map(|extend| &mut extend.groups);
        let groups = message.groups.iter_mut().chain(in_oneofs).chain(in_extends);
        groups.for_each(|group: &mut Group| self.message(&mut group.message, &prefix, scope));
        self.types(&mut message.types, &prefix, scope);
    }

    fn field(&mut self, field: &mut Field, path: &str, scope: Scope) {
        let path = format!("{path}.{}", field.name);
        self.retag(&path, false, scope, &mut field.options);
    }

    /// All settings of the option become one that holds its tags in a list.
    fn retag(&mut self, path: &str, is_record: bool, scope: Scope, settings: &mut Vec<Setting>) {
        let Some(change) = self.edits.take(path, is_record) else { return };
        let option = if is_record { MESSAGE_META } else { FIELD_META };
        let is_it = |setting: &Setting| {
            let written = setting.name.leading_extension();
            let found = written.and_then(|written| self.names.resolve_extension(scope, written));
            found.is_some_and(|found| found.full_name == option)
        };
        let at = settings.iter().position(is_it).unwrap_or(settings.len());
        let (own, others): (Vec<Setting>, Vec<Setting>) = settings.drain(..).partition(is_it);
        *settings = others;
        let mut members: Vec<(String, Value)> = normalize_settings(self.names, scope, &own)
            .into_iter()
            .flat_map(|setting| match setting.value {
                Value::Map(entries) => entries,
                _ => Vec::new(),
            })
            .collect();
        let held: Vec<Value> = match members.iter().position(|(key, _)| key == "tags") {
            Some(held) => match members.remove(held).1 {
                Value::List(values) => values,
                single => vec![single],
            },
            None => Vec::new(),
        };
        let tags = change.apply(held.iter().filter_map(Value::as_text).map(str::to_owned));
        if !tags.is_empty() {
            self.has_tagged = true;
            let list = tags.into_iter().map(|tag| Value::Text(tag.into_bytes())).collect();
            members.push(("tags".to_owned(), Value::List(list)));
        }
        if !members.is_empty() {
            let name = SettingName::extension(self.written(scope, option));
            settings.insert(at, Setting { name, value: Value::Map(members) });
        }
    }

    /// The name of an option as it must be written in a scope. A package that has `confluent` within
    /// it hides the outermost one from compilers, which look for the first part of a name only.
    fn written(&self, scope: Scope, option: &str) -> String {
        let is_hidden = self.names.name_of(scope).split('.').skip(1).any(|part| part == "confluent");
        if is_hidden { format!(".{option}") } else { option.to_owned() }
    }
}
