//! Binary descriptor → source tree.
//!
//! The descriptor is read by reflection, so that custom options survive as far as their definitions
//! are known. It comes from strangers: nothing in it is trusted to be present or in range, and the
//! tree is printed and parsed again before it counts.

mod options;

use protox::prost_reflect::{DescriptorPool, DynamicMessage, Value as Raw};

use self::options::{settings, unescape};
use super::model::{
    Constant, Enum, Extend, Extensions, Field, FieldType, File, Group, Import, ImportKind, Label, Message,
    Oneof, Range, Reserved, ReservedValue, Rpc, RpcType, Scalar, Service, Syntax, TypeDef, Value,
};
use crate::schema::Place;

/// Descriptors have no lines.
const NOWHERE: Place = Place { line: 1, column: 1 };

/// Read the bytes of a `FileDescriptorProto`. `pool` knows the options that may be set.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn read(pool: &DescriptorPool, bytes: &[u8]) -> Result<File, String> {
    let kind = pool
        .get_message_by_name("google.protobuf.FileDescriptorProto")
        .ok_or("the definition of descriptors is missing")?;
    let message = DynamicMessage::decode(kind, bytes).map_err(|error| error.to_string())?;
    let raw = Part(&message);
    let syntax = match raw.text("syntax").as_str() {
        "" => None,
        "proto2" => Some(Syntax::Proto2),
        "proto3" => Some(Syntax::Proto3),
        "editions" => return Err("Protobuf editions are not supported in this version".to_owned()),
        other => return Err(format!("unexpected syntax: {other}")),
    };
    let reader = Reader { is_proto3: syntax == Some(Syntax::Proto3) };
    let mut types = raw.each("message_type", |part| reader.message(part));
    let extends = reader.extends(&raw, &mut types);
    let messages = types.into_iter().map(TypeDef::Message);
    let enums = raw.each("enum_type", |part| TypeDef::Enum(enumeration(part)));
    Ok(File {
        syntax,
        syntax_place: None,
        package_place: None,
        package: Some(raw.text("package")).filter(|package| !package.is_empty()),
        imports: imports(&raw),
        options: settings(&raw),
        types: messages.chain(enums).collect(),
        extends,
        services: raw.each("service", service),
    })
}

/// A part of the descriptor, with lenient access to its fields.
struct Part<'r>(&'r DynamicMessage);

impl Part<'_> {
    fn text(&self, field: &str) -> String {
        let value = self.0.get_field_by_name(field);
        value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    fn optional_text(&self, field: &str) -> Option<String> {
        self.0.has_field_by_name(field).then(|| self.text(field))
    }

    fn number(&self, field: &str) -> i32 {
        let value = self.0.get_field_by_name(field);
        value.and_then(|value| value.as_i32().or_else(|| value.as_enum_number())).unwrap_or_default()
    }

    fn optional_number(&self, field: &str) -> Option<i32> {
        self.0.has_field_by_name(field).then(|| self.number(field))
    }

    fn flag(&self, field: &str) -> bool {
        self.0.get_field_by_name(field).and_then(|value| value.as_bool()).unwrap_or_default()
    }

    fn list(&self, field: &str) -> Vec<Raw> {
        let value = self.0.get_field_by_name(field);
        value.and_then(|value| value.as_list().map(<[Raw]>::to_vec)).unwrap_or_default()
    }

    fn each<T>(&self, field: &str, read: impl Fn(&Part<'_>) -> T) -> Vec<T> {
        match self.0.get_field_by_name(field).as_deref() {
            Some(Raw::List(values)) => {
                values.iter().filter_map(Raw::as_message).map(|message| read(&Part(message))).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn imports(file: &Part<'_>) -> Vec<Import> {
    let indexes =
        |field| file.list(field).iter().filter_map(Raw::as_i32).collect::<std::collections::HashSet<_>>();
    let (public, weak) = (indexes("public_dependency"), indexes("weak_dependency"));
    let paths = file.list("dependency");
    let imports = (0..).zip(&paths).map(|(index, path)| {
        let kind = match index {
            index if public.contains(&index) => ImportKind::Public,
            index if weak.contains(&index) => ImportKind::Weak,
            _ => ImportKind::Plain,
        };
        Import { kind, path: path.as_str().unwrap_or_default().to_owned(), place: NOWHERE }
    });
    imports.collect()
}

struct Reader {
    is_proto3: bool,
}

impl Reader {
    fn message(&self, raw: &Part<'_>) -> Message {
        let mut nested = raw.each("nested_type", |part| self.message(part));
        let mut message = Message::new(raw.text("name"), NOWHERE);
        message.extends = self.extends(raw, &mut nested);
        message.oneofs = raw.each("oneof_decl", |part| Oneof {
            name: part.text("name"),
            place: NOWHERE,
            options: settings(part),
            fields: Vec::new(),
            groups: Vec::new(),
        });
        for field in raw.each("field", |part| self.field(part)) {
            let oneof = field.oneof.and_then(|index| message.oneofs.get_mut(index));
            let (fields, groups) = match oneof {
                Some(oneof) => (&mut oneof.fields, &mut oneof.groups),
                None => (&mut message.fields, &mut message.groups),
            };
            place_field(field, fields, groups, &mut nested);
        }
        // What is left without members was made up for a proto3 `optional`.
        message.oneofs.retain(|oneof| !oneof.fields.is_empty() || !oneof.groups.is_empty());
        message.options = settings(raw);
        message.reserved = reserved(raw, 1);
        message.extensions = raw.each("extension_range", |part| Extensions {
            ranges: vec![range(part.number("start"), part.number("end").saturating_sub(1))],
            options: settings(part),
        });
        let enums = raw.each("enum_type", |part| TypeDef::Enum(enumeration(part)));
        message.types = nested.into_iter().map(TypeDef::Message).chain(enums).collect();
        message
    }

    /// Extension fields, neighbours with one target in one block.
    fn extends(&self, raw: &Part<'_>, nested: &mut Vec<Message>) -> Vec<Extend> {
        let mut extends: Vec<Extend> = Vec::new();
        for (target, field) in raw.each("extension", |part| (part.text("extendee"), self.field(part))) {
            if extends.last().is_none_or(|last| last.target != target) {
                extends.push(Extend { target, place: NOWHERE, fields: Vec::new(), groups: Vec::new() });
            }
            if let Some(extend) = extends.last_mut() {
                place_field(field, &mut extend.fields, &mut extend.groups, nested);
            }
        }
        extends
    }

    fn field(&self, raw: &Part<'_>) -> RawField {
        let is_explicit = raw.flag("proto3_optional");
        let oneof = raw.optional_number("oneof_index").filter(|_| !is_explicit);
        let label = match raw.number("label") {
            2 => Some(Label::Required),
            3 => Some(Label::Repeated),
            _ if oneof.is_some() || (self.is_proto3 && !is_explicit) => None,
            _ => Some(Label::Optional),
        };
        let type_name = raw.text("type_name");
        let scalar = scalar(raw.number("type")).filter(|_| type_name.is_empty());
        let name = raw.text("name");
        let json_name = raw.optional_text("json_name").filter(|json| *json != default_json_name(&name));
        let field = Field {
            label,
            kind: scalar.map_or(FieldType::Named(type_name), FieldType::Scalar),
            name,
            number: raw.number("number"),
            options: settings(raw),
            default: raw.optional_text("default_value").map(|text| default_value(scalar, text)),
            json_name: json_name.map(|json| Value::Text(json.into_bytes())),
            place: NOWHERE,
            type_place: NOWHERE,
        };
        let oneof = oneof.and_then(|index| usize::try_from(index).ok());
        RawField { field, oneof, is_group: raw.number("type") == 10 }
    }
}

struct RawField {
    field: Field,
    oneof: Option<usize>,
    is_group: bool,
}

/// Put a field where it belongs; one of type group takes its message along.
fn place_field(raw: RawField, fields: &mut Vec<Field>, groups: &mut Vec<Group>, nested: &mut Vec<Message>) {
    let body = match &raw.field.kind {
        FieldType::Named(name) if raw.is_group => {
            let simple = name.rsplit('.').next().unwrap_or_default();
            nested.iter().position(|message| message.name == simple)
        }
        _ => None,
    };
    match body {
        Some(index) => groups.push(Group {
            label: raw.field.label,
            number: raw.field.number,
            options: raw.field.options,
            message: nested.remove(index),
        }),
        None => fields.push(raw.field),
    }
}

fn enumeration(raw: &Part<'_>) -> Enum {
    Enum {
        name: raw.text("name"),
        place: NOWHERE,
        reserved: reserved(raw, 0),
        options: settings(raw),
        constants: raw.each("value", |part| Constant {
            name: part.text("name"),
            number: part.number("number"),
            options: settings(part),
            place: NOWHERE,
        }),
    }
}

/// `beyond` is 1 where the end of a range is exclusive.
fn reserved(raw: &Part<'_>, beyond: i32) -> Vec<Reserved> {
    let ranges = raw.each("reserved_range", |part| {
        ReservedValue::Range(range(part.number("start"), part.number("end").saturating_sub(beyond)))
    });
    let names = raw.list("reserved_name");
    let names = names.iter().filter_map(Raw::as_str).map(|name| ReservedValue::Name(name.to_owned()));
    [ranges, names.collect()]
        .into_iter()
        .filter(|values: &Vec<ReservedValue>| !values.is_empty())
        .map(|values| Reserved { values })
        .collect()
}

fn range(start: i32, end: i32) -> Range {
    Range { start, end, is_single: start == end }
}

fn service(raw: &Part<'_>) -> Service {
    let side = |part: &Part<'_>, name, stream| RpcType {
        is_stream: part.flag(stream),
        name: part.text(name),
        place: NOWHERE,
    };
    let rpcs = raw.each("method", |part| Rpc {
        name: part.text("name"),
        place: NOWHERE,
        request: side(part, "input_type", "client_streaming"),
        response: side(part, "output_type", "server_streaming"),
        options: settings(part),
    });
    Service { name: raw.text("name"), place: NOWHERE, options: settings(raw), rpcs }
}

fn scalar(number: i32) -> Option<Scalar> {
    Some(match number {
        1 => Scalar::Double,
        2 => Scalar::Float,
        3 => Scalar::Int64,
        4 => Scalar::Uint64,
        5 => Scalar::Int32,
        6 => Scalar::Fixed64,
        7 => Scalar::Fixed32,
        8 => Scalar::Bool,
        9 => Scalar::String,
        12 => Scalar::Bytes,
        13 => Scalar::Uint32,
        15 => Scalar::Sfixed32,
        16 => Scalar::Sfixed64,
        17 => Scalar::Sint32,
        18 => Scalar::Sint64,
        _ => return None,
    })
}

/// Default values are text: strings as they are, bytes escaped, the rest as in a source.
fn default_value(scalar: Option<Scalar>, text: String) -> Value {
    match scalar {
        Some(Scalar::String) => Value::Text(text.into_bytes()),
        Some(Scalar::Bytes) => Value::Text(unescape(&text)),
        _ if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') => Value::Number(text),
        _ => Value::Word(text),
    }
}

/// The JSON name that a field has when it does not say.
fn default_json_name(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut after_underscore = false;
    for character in name.chars() {
        if character == '_' {
            after_underscore = true;
        } else {
            json.push(if after_underscore { character.to_ascii_uppercase() } else { character });
            after_underscore = false;
        }
    }
    json
}
