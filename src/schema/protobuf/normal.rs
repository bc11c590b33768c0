//! Source tree → the tree of its normal form.
//!
//! Everything that does not change the meaning is put in one order and one spelling. The order of
//! messages, enums, services and methods stays, because producers address messages by position.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::model::{
    Enum, Extend, Extensions, Field, FieldType, File, Group, Message, NamePart, Oneof, Range, Reserved,
    ReservedValue, RpcType, Service, Setting, SettingName, Syntax, TypeDef, Value,
};
use super::names::{Kind, Names, Scope};
use super::parse::{add, read_integer};

/// The normal form of `file`. Names that mean nothing stay as they are.
pub(super) fn normalize(file: &File, names: &Names) -> File {
    let scope = names.package();
    let normal = Normal { names };
    let mut imports = file.imports.clone();
    imports.sort_by(|left, right| (left.kind, &left.path).cmp(&(right.kind, &right.path)));
    imports.dedup_by(|left, right| (left.kind, &left.path) == (right.kind, &right.path));
    File {
        syntax: file.syntax.filter(|syntax| *syntax == Syntax::Proto3),
        syntax_place: file.syntax_place,
        package: file.package.clone(),
        package_place: file.package_place,
        imports,
        options: normal.settings(scope, &file.options),
        types: normal.types(scope, &file.types),
        extends: normal.extends(scope, &file.extends),
        services: file.services.iter().map(|service| normal.service(scope, service)).collect(),
    }
}

/// The options of a declaration in `scope`, in normal form.
pub(super) fn normalize_settings(names: &Names, scope: Scope, settings: &[Setting]) -> Vec<Setting> {
    Normal { names }.settings(scope, settings)
}

/// `file` as compilers accept it: spelled-out map entries turned back into maps, names and numbers
/// reserved on lines of their own, imports once.
pub(super) fn compilable(file: &File, names: &Names) -> File {
    let mut adapted = file.clone();
    adapt_types(&mut adapted.types, names, names.package_of(file));
    adapted.imports.sort_by_key(|import| import.kind);
    let mut seen = HashSet::new();
    adapted.imports.retain(|import| seen.insert(import.path.clone()));
    adapted
}

fn adapt_types(types: &mut Vec<TypeDef>, names: &Names, scope: Scope) {
    types.retain_mut(|definition| match definition {
        TypeDef::Message(message) if message.map_entry().is_some() => false,
        TypeDef::Message(message) => {
            adapt_message(message, names, scope);
            true
        }
        TypeDef::Enum(definition) => {
            separate(&mut definition.reserved);
            true
        }
    });
}

fn adapt_message(message: &mut Message, names: &Names, scope: Scope) {
    let scope = names.inside(scope, &message.name);
    separate(&mut message.reserved);
    for field in &mut message.fields {
        if let Some(map) = as_map(names, scope, &field.kind) {
            field.kind = map;
            field.label = None;
        }
    }
    let groups =
        message.groups.iter_mut().chain(message.oneofs.iter_mut().flat_map(|oneof| &mut oneof.groups));
    groups.for_each(|group| adapt_message(&mut group.message, names, scope));
    adapt_types(&mut message.types, names, scope);
}

fn separate(lines: &mut Vec<Reserved>) {
    let apart = lines.drain(..).flat_map(|line| {
        let is_name = |value: &ReservedValue| matches!(value, ReservedValue::Name(_));
        let (names, ranges): (Vec<_>, Vec<_>) = line.values.into_iter().partition(is_name);
        [ranges, names].map(|values| Reserved { values })
    });
    *lines = apart.filter(|line| !line.values.is_empty()).collect();
}

fn as_map(names: &Names, scope: Scope, kind: &FieldType) -> Option<FieldType> {
    let FieldType::Named(name) = kind else { return None };
    let (key, value) = names.map_entry(&names.resolve_type(scope, name)?)?;
    Some(FieldType::Map(key, Box::new(value)))
}

struct Normal<'n> {
    names: &'n Names,
}

impl Normal<'_> {
    fn full(&self, scope: Scope, written: &str) -> String {
        match self.names.resolve_type(scope, written) {
            Some(found) => format!(".{}", found.full_name),
            None => written.to_owned(),
        }
    }

    fn types(&self, scope: Scope, types: &[TypeDef]) -> Vec<TypeDef> {
        let kept = types.iter().filter(|definition| match definition {
            TypeDef::Message(message) => message.map_entry().is_none(),
            TypeDef::Enum(_) => true,
        });
        kept.map(|definition| match definition {
            TypeDef::Message(message) => TypeDef::Message(self.message(scope, message)),
            TypeDef::Enum(definition) => TypeDef::Enum(self.enumeration(scope, definition)),
        })
        .collect()
    }

    fn message(&self, scope: Scope, message: &Message) -> Message {
        let scope = self.names.inside(scope, &message.name);
        let mut oneofs: Vec<Oneof> = message.oneofs.iter().map(|oneof| self.oneof(scope, oneof)).collect();
        oneofs.sort_by_key(first_number);
        Message {
            name: message.name.clone(),
            place: message.place,
            reserved: split_reserved(&message.reserved),
            options: self.settings(scope, &message.options),
            fields: self.fields(scope, &message.fields),
            oneofs,
            groups: self.groups(scope, &message.groups),
            extensions: self.extensions(scope, &message.extensions),
            extends: self.extends(scope, &message.extends),
            types: self.types(scope, &message.types),
        }
    }

    fn fields(&self, scope: Scope, fields: &[Field]) -> Vec<Field> {
        let mut fields: Vec<Field> = fields.iter().map(|field| self.field(scope, field)).collect();
        fields.sort_by_key(|field| field.number);
        fields
    }

    fn field(&self, scope: Scope, field: &Field) -> Field {
        let mut normal = field.clone();
        normal.kind = match &field.kind {
            FieldType::Map(key, value) => FieldType::Map(*key, Box::new(self.named(scope, value))),
            other => as_map(self.names, scope, other).unwrap_or_else(|| self.named(scope, other)),
        };
        if matches!(normal.kind, FieldType::Map(..)) {
            normal.label = None;
        }
        for (name, value) in [("default", normal.default.take()), ("json_name", normal.json_name.take())] {
            normal.options.extend(value.map(|value| Setting { name: SettingName::plain(name), value }));
        }
        normal.options = self.settings(scope, &normal.options);
        normal
    }

    fn named(&self, scope: Scope, kind: &FieldType) -> FieldType {
        match kind {
            FieldType::Named(name) => FieldType::Named(self.full(scope, name)),
            other => other.clone(),
        }
    }

    fn oneof(&self, scope: Scope, oneof: &Oneof) -> Oneof {
        Oneof {
            name: oneof.name.clone(),
            place: oneof.place,
            options: self.settings(scope, &oneof.options),
            fields: self.fields(scope, &oneof.fields),
            groups: self.groups(scope, &oneof.groups),
        }
    }

    fn groups(&self, scope: Scope, groups: &[Group]) -> Vec<Group> {
        let mut groups: Vec<Group> = groups
            .iter()
            .map(|group| Group {
                label: group.label,
                number: group.number,
                options: self.settings(scope, &group.options),
                message: self.message(scope, &group.message),
            })
            .collect();
        groups.sort_by_key(|group| group.number);
        groups
    }

    fn extensions(&self, scope: Scope, lines: &[Extensions]) -> Vec<Extensions> {
        let mut split: Vec<Extensions> = lines
            .iter()
            .flat_map(|line| line.ranges.iter().map(move |range| (line, range)))
            .map(|(line, range)| Extensions {
                ranges: vec![shortest(*range)],
                options: self.settings(scope, &line.options),
            })
            .collect();
        split.sort_by_key(|line| line.ranges.first().copied());
        split
    }

    /// One block a target, in the order of their first occurrence.
    fn extends(&self, scope: Scope, extends: &[Extend]) -> Vec<Extend> {
        let mut blocks: Vec<Extend> = Vec::new();
        let mut known = HashMap::new();
        for extend in extends.iter().filter(|extend| !extend.fields.is_empty() || !extend.groups.is_empty()) {
            let target = self.full(scope, &extend.target);
            let index = *known.entry(target.clone()).or_insert(blocks.len());
            if index == blocks.len() {
                blocks.push(Extend { target, place: extend.place, fields: Vec::new(), groups: Vec::new() });
            }
            blocks[index].fields.extend(self.fields(scope, &extend.fields));
            blocks[index].groups.extend(self.groups(scope, &extend.groups));
        }
        for block in &mut blocks {
            block.fields.sort_by_key(|field| field.number);
            block.groups.sort_by_key(|group| group.number);
        }
        blocks
    }

    fn enumeration(&self, scope: Scope, definition: &Enum) -> Enum {
        let mut normal = definition.clone();
        normal.reserved = split_reserved(&definition.reserved);
        normal.options = self.settings(scope, &definition.options);
        for constant in &mut normal.constants {
            constant.options = self.settings(scope, &constant.options);
        }
        normal.constants.sort_by(|left, right| (left.number, &left.name).cmp(&(right.number, &right.name)));
        normal
    }

    fn service(&self, scope: Scope, service: &Service) -> Service {
        let mut normal = service.clone();
        normal.options = self.settings(scope, &service.options);
        for rpc in &mut normal.rpcs {
            rpc.options = self.settings(scope, &rpc.options);
            let sides: [&mut RpcType; 2] = [&mut rpc.request, &mut rpc.response];
            sides.into_iter().for_each(|side| side.name = self.full(scope, &side.name));
        }
        normal
    }

    /// Names in full, nested names as maps, sorted, settings of one option merged.
    fn settings(&self, scope: Scope, settings: &[Setting]) -> Vec<Setting> {
        let mut named: Vec<(String, Option<Kind>, Setting)> =
            settings.iter().map(|setting| self.setting(scope, setting)).collect();
        named.sort_by(|left, right| left.0.cmp(&right.0));
        let mut merged: Vec<(String, SettingName, Vec<Value>)> = Vec::with_capacity(named.len());
        for (name, kind, setting) in named {
            let is_singular = kind == Some(Kind::Extension { is_repeated: false });
            match merged.last_mut() {
                Some((last, _, values)) if is_singular && *last == name => values.push(setting.value),
                _ => merged.push((name, setting.name, vec![setting.value])),
            }
        }
        merged
            .into_iter()
            .map(|(_, name, values)| sort_value(Setting { name, value: merge(values) }))
            .collect()
    }

    fn setting(&self, scope: Scope, setting: &Setting) -> (String, Option<Kind>, Setting) {
        let mut value = self.value(scope, &setting.value);
        let found =
            setting.name.leading_extension().and_then(|written| self.names.resolve_extension(scope, written));
        let Some(found) = found else {
            let parts: Vec<&str> = setting.name.parts.iter().map(|part| part.name.as_str()).collect();
            return (parts.join("."), None, Setting { name: setting.name.clone(), value });
        };
        for part in setting.name.parts.iter().skip(1).rev() {
            value = Value::Map(vec![(self.key(scope, part), value)]);
        }
        let name = SettingName::extension(&found.full_name);
        (found.full_name, Some(found.kind), Setting { name, value })
    }

    fn key(&self, scope: Scope, part: &NamePart) -> String {
        if !part.is_extension {
            return part.name.clone();
        }
        match self.names.resolve_extension(scope, &part.name) {
            Some(found) => format!("[{}]", found.full_name),
            None => format!("[{}]", part.name),
        }
    }

    fn value(&self, scope: Scope, value: &Value) -> Value {
        match value {
            Value::Number(word) => Value::Number(normal_number(word)),
            Value::List(values) => Value::List(values.iter().map(|value| self.value(scope, value)).collect()),
            Value::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let bare = key.strip_prefix('[').and_then(|key| key.strip_suffix(']'));
                    let key = match bare.and_then(|bare| self.names.resolve_extension(scope, bare)) {
                        Some(found) => format!("[{}]", found.full_name),
                        None => key.clone(),
                    };
                    (key, self.value(scope, value))
                });
                Value::Map(entries.collect())
            }
            other => other.clone(),
        }
    }
}

/// Several settings of one singular option as one: messages add up, of anything else the last counts.
fn merge(mut values: Vec<Value>) -> Value {
    let last = values.pop().unwrap_or(Value::List(Vec::new()));
    if values.is_empty() || !are_maps(&values) || !matches!(last, Value::Map(_)) {
        return last;
    }
    values.push(last);
    let mut gathered: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for value in values {
        let Value::Map(entries) = value else { continue };
        entries.into_iter().for_each(|(key, value)| gathered.entry(key).or_default().push(value));
    }
    let entries = gathered.into_iter().map(|(key, mut values)| {
        if values.len() == 1 || are_maps(&values) {
            return (key, merge(values));
        }
        let mut held = values.remove(0);
        values.into_iter().for_each(|value| add(&mut held, value));
        (key, held)
    });
    Value::Map(entries.collect())
}

fn are_maps(values: &[Value]) -> bool {
    values.iter().all(|value| matches!(value, Value::Map(_)))
}

fn sort_value(mut setting: Setting) -> Setting {
    // A lone element is only the same as its list inside the text format.
    if let Value::List(values) = &mut setting.value {
        values.iter_mut().for_each(sort_entries);
    } else {
        sort_entries(&mut setting.value);
    }
    setting
}

/// Sort keys, drop empty lists, unwrap lists of one element.
fn sort_entries(value: &mut Value) {
    match value {
        Value::Map(entries) => {
            entries.retain(|(_, value)| !matches!(value, Value::List(values) if values.is_empty()));
            entries.iter_mut().for_each(|(_, value)| sort_entries(value));
            entries.sort_by(|left, right| left.0.cmp(&right.0));
        }
        Value::List(values) => {
            values.iter_mut().for_each(sort_entries);
            if values.len() == 1 {
                *value = values.swap_remove(0);
            }
        }
        _ => {}
    }
}

/// Integers in decimal. Everything else keeps its spelling: no digit may be lost.
fn normal_number(word: &str) -> String {
    match read_integer(word) {
        Some(0) if word.starts_with('-') => word.to_owned(),
        Some(number) => number.to_string(),
        None => word.to_owned(),
    }
}

fn first_number(oneof: &Oneof) -> i32 {
    let fields = oneof.fields.first().map(|field| field.number);
    let groups = oneof.groups.first().map(|group| group.number);
    fields.into_iter().chain(groups).min().unwrap_or(i32::MAX)
}

fn shortest(range: Range) -> Range {
    Range { is_single: range.start == range.end, ..range }
}

/// One line a reservation: numbers first, in order, then names.
fn split_reserved(lines: &[Reserved]) -> Vec<Reserved> {
    let values = lines.iter().flat_map(|line| &line.values);
    let mut values: Vec<ReservedValue> = values
        .map(|value| match value {
            ReservedValue::Range(range) => ReservedValue::Range(shortest(*range)),
            ReservedValue::Name(name) => ReservedValue::Name(name.clone()),
        })
        .collect();
    values.sort_by(|left, right| reserved_order(left).cmp(&reserved_order(right)));
    values.into_iter().map(|value| Reserved { values: vec![value] }).collect()
}

fn reserved_order(value: &ReservedValue) -> (bool, Option<Range>, &str) {
    match value {
        ReservedValue::Range(range) => (false, Some(*range), ""),
        ReservedValue::Name(name) => (true, None, name),
    }
}
