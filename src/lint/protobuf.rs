//! Rules for Protocol Buffers: what the file itself defines.

use std::collections::HashSet;

use super::case;
use super::rules;
use super::{Found, Rule, shown};
use crate::schema::protobuf::model::{
    Enum, Extend, Field, FieldType, File, Group, ImportKind, Label, Message, Range, Reserved, ReservedValue,
    Setting, Syntax, TypeDef,
};
use crate::schema::protobuf::names::{Names, Origin, Scope};
use crate::schema::protobuf::{ProtobufSchema, builtin, comment};
use crate::schema::{Lines, Place};

/// How many numbers that are left out are told one by one.
const MOST_GAPS: usize = 20;

pub(super) fn check(schema: &ProtobufSchema, text: &str, found: &mut Found<'_>) {
    let file = schema.file();
    let mut walk = Walk {
        names: schema.names(),
        lines: Lines::of(text),
        is_proto3: file.syntax == Some(Syntax::Proto3),
        used: Used { origins: HashSet::new(), wanted: found.wants(&rules::PROTO_IMPORT_UNUSED) },
        found,
    };
    walk.file(file);
    walk.imports(schema);
}

struct Walk<'a, 'f, 's> {
    names: &'a Names,
    lines: Lines<'a>,
    is_proto3: bool,
    used: Used,
    found: &'f mut Found<'s>,
}

/// The files that something of was used.
struct Used {
    origins: HashSet<Origin>,
    wanted: bool,
}

impl<'a> Walk<'a, '_, '_> {
    fn file(&mut self, file: &'a File) {
        if file.package.is_none() {
            let first = file.types.first().map(|first| match first {
                TypeDef::Message(message) => message.place,
                TypeDef::Enum(definition) => definition.place,
            });
            let first = file.syntax_place.or(first).or(file.services.first().map(|service| service.place));
            let at = first.unwrap_or(Place { line: 1, column: 1 });
            let message = "the file has no package".to_owned();
            self.found.add(&rules::PROTO_PACKAGE_MISSING, message, String::new(), Some(at));
        }
        let scope = self.names.package();
        self.settings(scope, &file.options);
        self.types(&file.types, scope, "");
        self.extends(&file.extends, scope);
        for service in &file.services {
            let at = format!("/{}", service.name);
            self.declared("service", &service.name, &at, service.place);
            self.settings(scope, &service.options);
            for rpc in &service.rpcs {
                self.declared("method", &rpc.name, &format!("{at}/{}", rpc.name), rpc.place);
                self.settings(scope, &rpc.options);
                self.name(scope, &rpc.request.name);
                self.name(scope, &rpc.response.name);
            }
        }
    }

    /// The rules for whatever has a name and a body.
    fn declared(&mut self, noun: &str, name: &str, pointer: &str, place: Place) {
        self.case(
            &rules::PROTO_TYPE_NAME_CASE,
            case::is_pascal(name),
            (noun, name, "PascalCase"),
            pointer,
            place,
        );
        self.documented(&format!("the {noun} {}", shown(name)), pointer, place);
    }

    fn case(
        &mut self,
        rule: &'static Rule,
        is_kept: bool,
        (noun, name, case): (&str, &str, &str),
        pointer: &str,
        place: Place,
    ) {
        if !is_kept {
            let message = format!("the {noun} {} is not {case}", shown(name));
            self.found.add(rule, message, pointer.to_owned(), Some(place));
        }
    }

    fn documented(&mut self, what: &str, pointer: &str, place: Place) {
        if self.found.wants(&rules::PROTO_DOC_MISSING) && comment::of(&self.lines, place).is_none() {
            let message = format!("{what} has no comment");
            self.found.add(&rules::PROTO_DOC_MISSING, message, pointer.to_owned(), Some(place));
        }
    }

    fn types(&mut self, types: &'a [TypeDef], scope: Scope, path: &str) {
        for definition in types {
            match definition {
                TypeDef::Message(message) => self.message(message, scope, path),
                TypeDef::Enum(definition) => self.enumeration(definition, scope, path),
            }
        }
    }

    fn message(&mut self, message: &'a Message, around: Scope, path: &str) {
        let path = format!("{path}/{}", message.name);
        let scope = self.names.inside(around, &message.name);
        self.declared("message", &message.name, &path, message.place);
        self.settings(scope, &message.options);
        for field in &message.fields {
            self.field(field, scope, &path, false);
        }
        for oneof in &message.oneofs {
            let at = format!("{path}/{}", oneof.name);
            let said = ("oneof", oneof.name.as_str(), "lower_snake_case");
            self.case(&rules::PROTO_FIELD_NAME_CASE, case::is_snake(&oneof.name), said, &at, oneof.place);
            self.settings(scope, &oneof.options);
            oneof.fields.iter().for_each(|field| self.field(field, scope, &path, true));
            oneof.groups.iter().for_each(|group| self.group(group, scope, &path));
        }
        message.groups.iter().for_each(|group| self.group(group, scope, &path));
        self.gaps(message, &path);
        self.extends(&message.extends, scope);
        self.types(&message.types, scope, &path);
    }

    fn group(&mut self, group: &'a Group, scope: Scope, path: &str) {
        if group.label == Some(Label::Required) {
            let message = format!("the group {} is required", shown(&group.message.name));
            let at = format!("{path}/{}", group.number);
            self.found.add(&rules::PROTO_REQUIRED_FIELD, message, at, Some(group.message.place));
        }
        self.settings(scope, &group.options);
        self.message(&group.message, scope, path);
    }

    fn field(&mut self, field: &'a Field, scope: Scope, path: &str, is_in_oneof: bool) {
        let pointer = format!("{path}/{}", field.number);
        let said = ("field", field.name.as_str(), "lower_snake_case");
        self.case(&rules::PROTO_FIELD_NAME_CASE, case::is_snake(&field.name), said, &pointer, field.place);
        self.documented(&format!("the field {}", shown(&field.name)), &pointer, field.place);
        if field.label == Some(Label::Required) {
            let message = format!("the field {} is required", shown(&field.name));
            self.found.add(&rules::PROTO_REQUIRED_FIELD, message, pointer.clone(), Some(field.place));
        }
        let is_scalar = match &field.kind {
            FieldType::Scalar(_) => true,
            FieldType::Map(_, value) => {
                if let FieldType::Named(name) = value.as_ref() {
                    self.name(scope, name);
                }
                false
            }
            FieldType::Named(name) => {
                self.name(scope, name);
                false
            }
        };
        if self.is_proto3 && is_scalar && field.label.is_none() && !is_in_oneof {
            let message = format!("whether the field {} was written cannot be told", shown(&field.name));
            self.found.add(&rules::PROTO_PRESENCE_MISSING, message, pointer, Some(field.place));
        }
        self.settings(scope, &field.options);
    }

    fn extends(&mut self, extends: &'a [Extend], scope: Scope) {
        for extend in extends {
            self.name(scope, &extend.target);
            let path = format!("/{}", extend.target.trim_start_matches('.').replace('.', "/"));
            extend.fields.iter().for_each(|field| self.field(field, scope, &path, true));
            extend.groups.iter().for_each(|group| self.group(group, scope, &path));
        }
    }

    fn enumeration(&mut self, definition: &'a Enum, scope: Scope, path: &str) {
        let path = format!("{path}/{}", definition.name);
        self.declared("enum", &definition.name, &path, definition.place);
        self.settings(scope, &definition.options);
        for constant in &definition.constants {
            let pointer = format!("{path}/{}", constant.number);
            let said = ("enum value", constant.name.as_str(), "UPPER_SNAKE_CASE");
            let is_upper = case::is_upper_snake(&constant.name);
            self.case(&rules::PROTO_ENUM_VALUE_CASE, is_upper, said, &pointer, constant.place);
            self.settings(scope, &constant.options);
        }
        let zero = definition.constants.iter().find(|constant| constant.number == 0);
        let zero = zero.or(definition.constants.first());
        if let Some(zero) = zero.filter(|zero| !(zero.number == 0 && zero.name.ends_with("UNSPECIFIED"))) {
            let (message, pointer) = match zero.number {
                0 => (
                    format!("the value 0 of {} is {}", shown(&definition.name), shown(&zero.name)),
                    format!("{path}/0"),
                ),
                _ => (format!("the enum {} has no value 0", shown(&definition.name)), path.clone()),
            };
            self.found.add(&rules::PROTO_ENUM_ZERO_VALUE, message, pointer, Some(zero.place));
        }
    }

    /// Numbers that fields were once likely to have.
    fn gaps(&mut self, message: &'a Message, path: &str) {
        let mut taken: Vec<i32> = message.all_fields().map(|field| field.number).collect();
        let own = message.groups.iter().chain(message.oneofs.iter().flat_map(|oneof| &oneof.groups));
        taken.extend(own.map(|group| group.number));
        taken.sort_unstable();
        let kept = reserved(&message.reserved);
        let opened: Vec<Range> = message.extensions.iter().flat_map(|it| it.ranges.clone()).collect();
        let is_kept = |number: i32| kept.iter().chain(&opened).any(|range| range.contains(number));
        let mut gaps = Vec::new();
        for pair in taken.windows(2) {
            // A wide gap is a plan, not a field that went.
            let (after, before) = (pair[0].saturating_add(1), pair[1]);
            if before.saturating_sub(after) > 10 {
                continue;
            }
            gaps.extend((after..before).filter(|number| !is_kept(*number)));
            if gaps.len() > MOST_GAPS {
                break;
            }
        }
        if !gaps.is_empty() {
            gaps.truncate(MOST_GAPS);
            let numbers: Vec<String> = gaps.iter().map(i32::to_string).collect();
            let (noun, verb) = if gaps.len() == 1 { ("number", "is") } else { ("numbers", "are") };
            let sentence = format!(
                "the {noun} {} of {} {verb} neither used nor reserved",
                numbers.join(", "),
                shown(&message.name)
            );
            self.found.add(&rules::PROTO_NUMBER_GAP, sentence, path.to_owned(), Some(message.place));
        }
    }

    /// A name of a type is used.
    fn name(&mut self, scope: Scope, written: &str) {
        if self.used.wanted
            && let Some(found) = self.names.resolve_type(scope, written)
        {
            self.used.origins.insert(found.origin);
        }
    }

    /// Options use the extensions that they name.
    fn settings(&mut self, scope: Scope, settings: &[Setting]) {
        for setting in settings.iter().filter(|_| self.used.wanted) {
            let names = setting.name.parts.iter().filter(|part| part.is_extension);
            for part in names {
                if let Some(found) = self.names.resolve_extension(scope, &part.name) {
                    self.used.origins.insert(found.origin);
                }
            }
        }
    }

    fn imports(&mut self, schema: &ProtobufSchema) {
        for import in schema.file().imports.iter().filter(|import| import.kind != ImportKind::Public) {
            let own = schema.dependencies().iter().position(|(name, _)| *name == import.path);
            let builtin = || builtin::files().iter().position(|(name, _)| *name == import.path);
            let origin = own.map(Origin::Dependency).or_else(|| builtin().map(Origin::BuiltIn));
            // What is imported may hand on what it imports publicly; a file that is not there may be anything.
            let Some(file) = origin.and_then(|origin| schema.file_of(origin)) else { continue };
            let hands_on = file.imports.iter().any(|inner| inner.kind == ImportKind::Public);
            let is_used = origin.is_some_and(|origin| self.used.origins.contains(&origin));
            if !hands_on && !is_used {
                let message = format!("{} is imported, and nothing of it is used", shown(&import.path));
                self.found.add(&rules::PROTO_IMPORT_UNUSED, message, String::new(), Some(import.place));
            }
        }
    }
}

fn reserved(all: &[Reserved]) -> Vec<Range> {
    let values = all.iter().flat_map(|reserved| &reserved.values);
    let ranges = values.filter_map(|value| match value {
        ReservedValue::Range(range) => Some(*range),
        ReservedValue::Name(_) => None,
    });
    ranges.collect()
}
