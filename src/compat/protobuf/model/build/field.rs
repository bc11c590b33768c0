//! A field of the source tree → a field of the [`Model`](super::super::Model).

use std::borrow::Cow;

use super::super::{Cardinality, Encoding, Field, Kind, MessageId, Presence};
use super::{Builder, Extension, Member, Site, empty_message};
use crate::schema::Place;
use crate::schema::protobuf::model as source;
use crate::schema::protobuf::model::{FieldType, Label, Scalar, Setting, Syntax, Value};
use crate::schema::protobuf::names::Origin;

impl<'s> Builder<'s> {
    pub(super) fn extension(&mut self, extended: MessageId, extension: Extension<'s>) -> Field<'s> {
        let Extension { member, origin, file, scope } = extension;
        let mut field = self.field(Site { origin, file, scope }, extended, member, None, false);
        let around = self.names(origin).name_of(scope);
        let dot = if around.is_empty() { "" } else { "." };
        field.extension = Some(format!("{around}{dot}{}", field.name));
        if let Cardinality::Singular(presence) = &mut field.cardinality {
            *presence = Presence::Explicit;
        }
        field
    }

    pub(super) fn field(
        &mut self,
        site: Site<'s>,
        message: MessageId,
        member: Member<'s>,
        oneof: Option<usize>,
        is_entry: bool,
    ) -> Field<'s> {
        let is_proto3 = site.file.syntax == Some(Syntax::Proto3);
        let place = |place: Place| (site.origin == Origin::This).then_some(place);
        let (name, number, label, options) = match member {
            Member::Field(field) => {
                (Cow::Borrowed(field.name.as_str()), field.number, field.label, &field.options)
            }
            Member::Group(group) => {
                let name = Cow::Owned(group.message.name.to_ascii_lowercase());
                (name, group.number, group.label, &group.options)
            }
        };
        let mut is_repeated = label == Some(Label::Repeated);
        let kind = match member {
            Member::Field(field) => {
                if let FieldType::Map(key, value) = &field.kind {
                    is_repeated = true;
                    self.implied_entry(site, message, field, (*key, value))
                } else {
                    self.kind(site, &field.kind)
                }
            }
            Member::Group(group) => self.group_kind(site, group),
        };
        let cardinality = if is_repeated {
            Cardinality::Repeated { is_packed: is_packable(&kind) && is_packed(options, is_proto3) }
        } else {
            Cardinality::Singular(presence(label, is_proto3, oneof.is_some(), is_entry, &kind))
        };
        let (json_name, default, at) = match member {
            Member::Field(field) => {
                (field.json_name.as_ref().and_then(Value::as_text), field.default.as_ref(), field.place)
            }
            Member::Group(group) => (None, None, group.message.place),
        };
        Field {
            number,
            name,
            kind,
            cardinality,
            oneof,
            extension: None,
            is_utf8_checked: is_proto3,
            place: place(at),
            written_json_name: json_name,
            written_default: default,
        }
    }

    /// The message that `map<key, value>` stands for.
    fn implied_entry(
        &mut self,
        site: Site<'s>,
        around: MessageId,
        field: &'s source::Field,
        (key, value): (Scalar, &'s FieldType),
    ) -> Kind {
        let value = self.kind(site, value);
        let place = (site.origin == Origin::This).then_some(field.place);
        let member = |number, name: &'static str, kind| Field {
            number,
            name: Cow::Borrowed(name),
            kind,
            cardinality: Cardinality::Singular(Presence::Entry),
            oneof: None,
            extension: None,
            is_utf8_checked: site.file.syntax == Some(Syntax::Proto3),
            place,
            written_json_name: None,
            written_default: None,
        };
        let name = entry_name(&field.name);
        let outer = self.model.message(around);
        let (full_name, path) = (format!("{}.{name}", outer.full_name), format!("{}/{name}", outer.path));
        let id = MessageId(self.model.messages.len() as u32);
        let mut entry = empty_message(site.origin, full_name, path, place);
        entry.is_map_entry = true;
        entry.fields = vec![member(1, "key", Kind::Scalar(key)), member(2, "value", value)];
        self.model.messages.push(entry);
        Kind::Message(id, Encoding::LengthPrefixed)
    }

    fn group_kind(&mut self, site: Site<'s>, group: &'s source::Group) -> Kind {
        let names = self.names(site.origin);
        let around = names.name_of(site.scope);
        let dot = if around.is_empty() { "" } else { "." };
        let full_name = format!("{around}{dot}{}", group.message.name);
        let id = self.message_id(site.origin, site.file, &full_name, &group.message);
        Kind::Message(id, Encoding::Delimited)
    }

    fn kind(&mut self, site: Site<'s>, written: &'s FieldType) -> Kind {
        match written {
            FieldType::Scalar(scalar) => Kind::Scalar(*scalar),
            FieldType::Named(name) => {
                let names = self.names(site.origin);
                let known = names.locate_type(site.scope, name).map(|(is_builtin, scope)| {
                    // The names of the built-in files know no others.
                    (is_builtin || matches!(site.origin, Origin::BuiltIn(_)), scope)
                });
                if let Some(kind) = known.and_then(|key| self.types.get(&key)) {
                    return kind.clone();
                }
                let found = names.resolve_type(site.scope, name);
                found
                    .and_then(|found| self.resolved(&found))
                    .unwrap_or_else(|| Kind::Unresolved(name.clone()))
            }
            FieldType::Map(..) => Kind::Unresolved("map".to_owned()),
        }
    }
}

fn is_packable(kind: &Kind) -> bool {
    match kind {
        Kind::Scalar(scalar) => !matches!(scalar, Scalar::String | Scalar::Bytes),
        Kind::Enum(_) => true,
        Kind::Message(..) | Kind::Unresolved(_) => false,
    }
}

fn is_packed(options: &[Setting], is_proto3: bool) -> bool {
    let written = options.iter().rev().find(|option| option.name.is_plain("packed"));
    written.map_or(is_proto3, |option| option.value == Value::Word("true".to_owned()))
}

fn presence(
    label: Option<Label>,
    is_proto3: bool,
    is_in_oneof: bool,
    is_entry: bool,
    kind: &Kind,
) -> Presence {
    match label {
        _ if is_entry => Presence::Entry,
        Some(Label::Required) if !is_in_oneof => Presence::Required,
        Some(Label::Optional) => Presence::Explicit,
        _ if !is_proto3 || is_in_oneof || matches!(kind, Kind::Message(..)) => Presence::Explicit,
        _ => Presence::Implicit,
    }
}

/// `foo_bar` → `FooBarEntry`, as compilers name it.
fn entry_name(field: &str) -> String {
    let mut name = String::with_capacity(field.len() + 5);
    let mut is_first = true;
    for letter in field.chars() {
        match letter {
            '_' => is_first = true,
            _ if std::mem::take(&mut is_first) => name.push(letter.to_ascii_uppercase()),
            _ => name.push(letter),
        }
    }
    name + "Entry"
}
