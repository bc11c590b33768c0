//! Values of a schema, and their two encodings by it.

use crate::schema::avro::model::{Kind, Model, TypeId};
use crate::schema::tree::write_string;

/// A value. It means nothing without the type that it is a value of.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::compat) enum Datum {
    Null,
    Boolean(bool),
    /// An int or a long.
    Integer(i64),
    Float(f32),
    Double(f64),
    /// Bytes or a fixed.
    Bytes(Vec<u8>),
    String(String),
    /// The position of a symbol.
    Symbol(usize),
    Array(Vec<Datum>),
    Map(Vec<(String, Datum)>),
    /// A branch and its value.
    Union(usize, Box<Datum>),
    Record(Vec<Datum>),
}

/// Append the binary encoding of a value. `None` when it is no value of the type.
pub(in crate::compat) fn encode(model: &Model, id: TypeId, datum: &Datum, out: &mut Vec<u8>) -> Option<()> {
    use crate::schema::avro::model::Primitive as P;
    match (&model.get(id).kind, datum) {
        (Kind::Primitive(P::Null), Datum::Null) => {}
        (Kind::Primitive(P::Boolean), Datum::Boolean(value)) => out.push(u8::from(*value)),
        (Kind::Primitive(P::Int | P::Long), Datum::Integer(value)) => write_long(*value, out),
        (Kind::Primitive(P::Float), Datum::Float(value)) => out.extend(value.to_le_bytes()),
        (Kind::Primitive(P::Double), Datum::Double(value)) => out.extend(value.to_le_bytes()),
        (Kind::Primitive(P::Bytes), Datum::Bytes(bytes)) => write_bytes(bytes, out),
        (Kind::Primitive(P::String), Datum::String(text)) => write_bytes(text.as_bytes(), out),
        (Kind::Fixed(fixed), Datum::Bytes(bytes)) if bytes.len() == fixed.size as usize => out.extend(bytes),
        (Kind::Enum(symbols), Datum::Symbol(position)) if *position < symbols.symbols.len() => {
            write_long(*position as i64, out);
        }
        (Kind::Array(items), Datum::Array(elements)) => {
            write_block(elements.len(), out);
            for element in elements {
                encode(model, items.id, element, out)?;
            }
            if !elements.is_empty() {
                write_long(0, out);
            }
        }
        (Kind::Map(values), Datum::Map(entries)) => {
            write_block(entries.len(), out);
            for (key, value) in entries {
                write_bytes(key.as_bytes(), out);
                encode(model, values.id, value, out)?;
            }
            if !entries.is_empty() {
                write_long(0, out);
            }
        }
        (Kind::Union(branches), Datum::Union(position, value)) => {
            let branch = branches.get(*position)?;
            write_long(*position as i64, out);
            encode(model, branch.id, value, out)?;
        }
        (Kind::Record(record), Datum::Record(values)) if values.len() == record.fields.len() => {
            for (field, value) in record.fields.iter().zip(values) {
                encode(model, field.schema.id, value, out)?;
            }
        }
        _ => return None,
    }
    Some(())
}

/// Zig-zag, then seven bits a byte, lowest first.
fn write_long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_long(bytes.len() as i64, out);
    out.extend(bytes);
}

/// The count that opens a block; a count of zero ends the array or map.
fn write_block(count: usize, out: &mut Vec<u8>) {
    write_long(count as i64, out);
}

/// Append the JSON encoding of a value. `None` when it is no value of the type.
pub(in crate::compat) fn to_json(model: &Model, id: TypeId, datum: &Datum, out: &mut String) -> Option<()> {
    match (&model.get(id).kind, datum) {
        (_, Datum::Null) => out.push_str("null"),
        (_, Datum::Boolean(value)) => out.push_str(&value.to_string()),
        (_, Datum::Integer(value)) => out.push_str(&value.to_string()),
        (_, Datum::Float(value)) => out.push_str(&format!("{value:?}")),
        (_, Datum::Double(value)) => out.push_str(&format!("{value:?}")),
        (_, Datum::String(text)) => write_string(out, text),
        (_, Datum::Bytes(bytes)) => {
            write_string(out, &bytes.iter().copied().map(char::from).collect::<String>())
        }
        (Kind::Enum(symbols), Datum::Symbol(position)) => write_string(out, symbols.symbols.get(*position)?),
        (Kind::Array(items), Datum::Array(elements)) => {
            write_list(out, '[', elements, |out, element| to_json(model, items.id, element, out))?;
            out.push(']');
        }
        (Kind::Map(values), Datum::Map(entries)) => {
            write_list(out, '{', entries, |out, (key, value)| {
                write_key(out, key);
                to_json(model, values.id, value, out)
            })?;
            out.push('}');
        }
        (Kind::Union(branches), Datum::Union(position, value)) => {
            let branch = branches.get(*position)?.id;
            if **value == Datum::Null {
                out.push_str("null");
                return Some(());
            }
            let branch_type = model.get(branch);
            out.push('{');
            write_key(out, branch_type.name().map_or(branch_type.kind.word(), |name| name.full()));
            to_json(model, branch, value, out)?;
            out.push('}');
        }
        (Kind::Record(record), Datum::Record(values)) => {
            let fields: Vec<_> = record.fields.iter().zip(values).collect();
            write_list(out, '{', &fields, |out, (field, value)| {
                write_key(out, &field.name);
                to_json(model, field.schema.id, value, out)
            })?;
            out.push('}');
        }
        _ => return None,
    }
    Some(())
}

fn write_list<T>(
    out: &mut String,
    opening: char,
    elements: &[T],
    mut write: impl FnMut(&mut String, &T) -> Option<()>,
) -> Option<()> {
    out.push(opening);
    for (position, element) in elements.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write(out, element)?;
    }
    Some(())
}

fn write_key(out: &mut String, key: &str) {
    write_string(out, key);
    out.push(':');
}

#[cfg(test)]
mod tests {
    use super::{encode, to_json};
    use crate::compat::avro::minimal::{Heights, Leaf, Minimal};
    use crate::compat::avro::places::Edge;
    use crate::compat::budget::Fuel;
    use crate::schema::Options;
    use crate::schema::avro::AvroSchema;

    const EVERYTHING: &str = r#"{"type":"record","name":"R","fields":[
        {"name":"n","type":"null"},{"name":"b","type":"boolean"},{"name":"i","type":"int"},
        {"name":"l","type":"long"},{"name":"f","type":"float"},{"name":"d","type":"double"},
        {"name":"y","type":"bytes"},{"name":"s","type":"string"},
        {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
        {"name":"x","type":{"type":"fixed","name":"F","size":3}},
        {"name":"a","type":{"type":"array","items":"E"}},
        {"name":"m","type":{"type":"map","values":["null","F"]}},
        {"name":"u","type":["R","null"]}]}"#;

    /// An independent implementation decodes what is encoded here, and encodes it alike.
    #[test]
    fn the_encoding_is_avros() {
        let schema = AvroSchema::parse(EVERYTHING, &[], Options::NEW).expect("a schema");
        let other = apache_avro::Schema::parse_str(EVERYTHING).expect("a schema");
        let model = schema.model();
        let least = r#"{"n":null,"b":false,"i":0,"l":0,"f":0.0,"d":0.0,"y":"","s":"","e":"A","x":"\u0000\u0000\u0000","a":[],"m":{},"u":null}"#;
        let swap = |from: &str, to: &str| least.replace(from, to);
        for (edges, leaf, json) in [
            (vec![], Leaf::Least, least.to_owned()),
            (vec![Edge::Field(8)], Leaf::Symbol(1), swap(r#""e":"A""#, r#""e":"B""#)),
            (vec![Edge::Field(10), Edge::Items], Leaf::Symbol(1), swap(r#""a":[]"#, r#""a":["B"]"#)),
            (
                vec![Edge::Field(11), Edge::Values, Edge::Branch(1)],
                Leaf::Least,
                swap(r#""m":{}"#, r#""m":{"k":{"F":"\u0000\u0000\u0000"}}"#),
            ),
            (
                vec![Edge::Field(12), Edge::Branch(0)],
                Leaf::Least,
                swap(r#""u":null"#, &format!(r#""u":{{"R":{least}}}"#)),
            ),
        ] {
            let mut fuel = Fuel::new(Fuel::WITNESSES);
            let heights = Heights::of(model, &mut fuel).expect("enough fuel");
            let mut minimal = Minimal::of(model, &heights);
            let datum = minimal.plugged(&edges, leaf, &mut fuel).expect("a value");
            let (mut bytes, mut text) = (Vec::new(), String::new());
            encode(model, model.root(), &datum, &mut bytes).expect("a value of the schema");
            to_json(model, model.root(), &datum, &mut text).expect("a value of the schema");
            assert_eq!(text, json);

            let reader =
                apache_avro::reader::datum::GenericDatumReader::builder(&other).build().expect("a reader");
            let mut rest = bytes.as_slice();
            let value = reader.read_value(&mut rest).expect("decodes");
            assert!(rest.is_empty(), "{json}");
            let writer =
                apache_avro::writer::datum::GenericDatumWriter::builder(&other).build().expect("a writer");
            assert_eq!(writer.write_value_to_vec(value).expect("encodes"), bytes, "{json}");
        }
    }
}
