//! Options of a descriptor → options as they are written.

use protox::prost_reflect::{DynamicMessage, Kind, MapKey, Value as Raw};

use super::super::lex::{Lexer, Token};
use super::super::model::{Setting, SettingName, Value};
use super::Part;

/// The options of a part, those of the language first, then custom ones, each by number.
pub(super) fn settings(part: &Part<'_>) -> Vec<Setting> {
    let Some(options) = part.0.get_field_by_name("options") else { return Vec::new() };
    let Some(options) = options.as_message().filter(|_| part.0.has_field_by_name("options")) else {
        return Vec::new();
    };
    let mut settings = Vec::new();
    for (field, raw) in options.fields() {
        if field.name() != "uninterpreted_option" {
            add_setting(&mut settings, &SettingName::plain(field.name()), &field.kind(), raw);
        }
    }
    for (extension, raw) in options.extensions() {
        let name = SettingName::extension(extension.full_name());
        add_setting(&mut settings, &name, &extension.kind(), raw);
    }
    settings
}

/// A repeated option is set once an element.
fn add_setting(settings: &mut Vec<Setting>, name: &SettingName, kind: &Kind, raw: &Raw) {
    let one = |raw| Setting { name: name.clone(), value: value(kind, raw) };
    match raw {
        Raw::List(values) => settings.extend(values.iter().map(one)),
        single => settings.push(one(single)),
    }
}

fn value(kind: &Kind, raw: &Raw) -> Value {
    match raw {
        Raw::Bool(flag) => Value::Word(flag.to_string()),
        Raw::I32(number) => Value::Number(number.to_string()),
        Raw::I64(number) => Value::Number(number.to_string()),
        Raw::U32(number) => Value::Number(number.to_string()),
        Raw::U64(number) => Value::Number(number.to_string()),
        Raw::F32(number) => float(number.is_finite(), number.to_string()),
        Raw::F64(number) => float(number.is_finite(), number.to_string()),
        Raw::String(text) => Value::Text(text.clone().into_bytes()),
        Raw::Bytes(bytes) => Value::Text(bytes.to_vec()),
        Raw::EnumNumber(number) => enum_value(kind, *number),
        Raw::Message(message) => Value::Map(entries(message)),
        Raw::List(values) => Value::List(values.iter().map(|raw| value(kind, raw)).collect()),
        Raw::Map(map) => {
            let mut pairs: Vec<(&MapKey, &Raw)> = map.iter().collect();
            pairs.sort_by(|left, right| left.0.cmp(right.0));
            Value::List(pairs.into_iter().map(|(key, held)| pair(kind, key, held)).collect())
        }
    }
}

fn float(is_finite: bool, text: String) -> Value {
    match (is_finite, text.as_str()) {
        (true, _) => Value::Number(text),
        (false, "-inf") => Value::Number(text),
        (false, "inf") => Value::Word(text),
        (false, _) => Value::Word("nan".to_owned()),
    }
}

fn enum_value(kind: &Kind, number: i32) -> Value {
    let known = kind.as_enum().and_then(|definition| definition.get_value(number));
    known.map_or_else(|| Value::Number(number.to_string()), |known| Value::Word(known.name().to_owned()))
}

fn entries(message: &DynamicMessage) -> Vec<(String, Value)> {
    let fields = message.fields().map(|(field, raw)| (field.name().to_owned(), value(&field.kind(), raw)));
    let extensions = message
        .extensions()
        .map(|(extension, raw)| (format!("[{}]", extension.full_name()), value(&extension.kind(), raw)));
    fields.chain(extensions).collect()
}

/// An entry of a map field, written as the message that it is on the wire.
fn pair(kind: &Kind, key: &MapKey, held: &Raw) -> Value {
    let key = match key {
        MapKey::Bool(flag) => Value::Word(flag.to_string()),
        MapKey::I32(number) => Value::Number(number.to_string()),
        MapKey::I64(number) => Value::Number(number.to_string()),
        MapKey::U32(number) => Value::Number(number.to_string()),
        MapKey::U64(number) => Value::Number(number.to_string()),
        MapKey::String(text) => Value::Text(text.clone().into_bytes()),
    };
    let value_kind = kind.as_message().and_then(|entry| entry.get_field(2)).map(|field| field.kind());
    let held = value(value_kind.as_ref().unwrap_or(kind), held);
    Value::Map(vec![("key".to_owned(), key), ("value".to_owned(), held)])
}

/// The bytes that an escaped default value stands for; what is no string literal stays as it is.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let quoted = format!("\"{text}\"");
    let mut lexer = Lexer::new(&quoted);
    match (lexer.next_token(), lexer.next_token()) {
        (Ok((Token::Text(bytes), _)), Ok((Token::End, _))) => bytes,
        _ => text.as_bytes().to_vec(),
    }
}
