//! Messages of made-up schemas: random ones, their bytes, and what a decoder makes of bytes.
//!
//! This is written after the specification of the wire format and shares nothing with the engine.

use std::collections::{BTreeMap, HashMap};

use super::super::rng::Rng;
use super::schema::{Field, Label, Schema, Type};

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Integers, booleans, enums.
    Number(i128),
    Float(u32),
    Double(u64),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
    Message(Message),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

/// What is set, by number.
pub type Message = BTreeMap<u32, Value>;

impl Schema {
    pub fn is_closed(&self, index: usize) -> bool {
        !self.is_proto3[self.enums[index].file]
    }

    pub fn declares(&self, index: usize, number: i128) -> bool {
        self.enums[index].constants.iter().any(|(_, own)| i128::from(*own) == number)
    }

    /// Is a value that equals zero left out?
    pub fn is_implicit(&self, file: usize, field: &Field) -> bool {
        let is_message = matches!(field.of, Type::Message(_) | Type::Group(_));
        self.is_proto3[file] && field.label == Label::None && field.oneof.is_none() && !is_message
    }

    /// A random message; `None` if required fields would make it endless.
    pub fn sample(&self, rng: &mut Rng, index: usize, depth: usize) -> Option<Message> {
        let mut message = Message::new();
        let mut set_oneofs = Vec::new();
        for field in &self.messages[index].fields {
            let is_required = field.label == Label::Required;
            if depth > 12 && is_required {
                return None;
            }
            if !is_required && (depth > 3 || !rng.chance(65)) {
                continue;
            }
            if let Some(oneof) = field.oneof {
                if set_oneofs.contains(&oneof) {
                    continue;
                }
                set_oneofs.push(oneof);
            }
            let value = self.field_value(rng, field, depth);
            match value {
                Some(Value::Number(0) | Value::Float(0) | Value::Double(0))
                    if self.is_implicit(self.messages[index].file, field) => {}
                Some(Value::Text(text) | Value::Bytes(text))
                    if text.is_empty() && self.is_implicit(self.messages[index].file, field) => {}
                Some(value) => {
                    message.insert(field.number, value);
                }
                None if is_required => return None,
                None => {
                    set_oneofs.retain(|oneof| Some(*oneof) != field.oneof);
                }
            }
        }
        Some(message)
    }

    fn field_value(&self, rng: &mut Rng, field: &Field, depth: usize) -> Option<Value> {
        if let Type::Map(key, value) = &field.of {
            let mut entries: Vec<(Value, Value)> = Vec::new();
            for _ in 0..1 + rng.below(3) {
                let key = self.value(rng, &Type::Scalar(key), depth)?;
                let value = self.value(rng, value, depth)?;
                if !entries.iter().any(|(known, _)| *known == key) {
                    entries.push((key, value));
                }
            }
            return Some(Value::Map(entries));
        }
        if field.label == Label::Repeated {
            let values = (0..1 + rng.below(3)).map(|_| self.value(rng, &field.of, depth));
            return values.collect::<Option<Vec<_>>>().map(Value::List);
        }
        self.value(rng, &field.of, depth)
    }

    fn value(&self, rng: &mut Rng, of: &Type, depth: usize) -> Option<Value> {
        const NUMBERS: [i128; 12] =
            [0, 1, -1, 2, 7, -129, 1 << 31, -(1 << 31), (1 << 31) - 1, (1 << 32) + 1, (1 << 63) - 1, 1 << 63];
        Some(match of {
            Type::Scalar("float") => Value::Float([0f32, 1.5, -2.0][rng.below(3)].to_bits()),
            Type::Scalar("double") => Value::Double([0f64, 1.5, -2.0][rng.below(3)].to_bits()),
            Type::Scalar("string") => Value::Text(["", "a", "é", "\u{7}", "\u{8}\u{1}"][rng.below(5)].into()),
            Type::Scalar("bytes") => {
                let all: [&[u8]; 6] = [b"", b"a", &[7], &[0xff, 0xfe], &[8, 1], &[0x12, 1, 0xff]];
                Value::Bytes(all[rng.below(6)].to_vec())
            }
            Type::Scalar(name) => {
                let fitting = |number: &&i128| range(name).contains(*number);
                let fitting: Vec<&i128> = NUMBERS.iter().filter(fitting).collect();
                Value::Number(**rng.pick(&fitting))
            }
            Type::Enum(index) => {
                if !self.is_closed(*index) && rng.chance(10) {
                    return Some(Value::Number(rng.below(9) as i128 + 20));
                }
                Value::Number(rng.pick(&self.enums[*index].constants).1.into())
            }
            Type::Message(index) | Type::Group(index) => {
                Value::Message(self.sample(rng, *index, depth + 1)?)
            }
            Type::Map(..) => return None,
        })
    }

    pub fn encode(&self, index: usize, message: &Message) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (number, value) in message {
            let holder = &self.messages[index];
            let field = holder.fields.iter().find(|field| field.number == *number).expect("a known field");
            match (value, &field.of) {
                (Value::Map(entries), Type::Map(key, of)) => {
                    for (left, right) in entries {
                        let mut entry = Vec::new();
                        self.write_record(1, &Type::Scalar(key), left, &mut entry);
                        self.write_record(2, of, right, &mut entry);
                        tag(*number, 2, &mut bytes);
                        prefixed(&entry, &mut bytes);
                    }
                }
                (Value::List(values), of) => {
                    let is_packed = field.packed.unwrap_or(self.is_proto3[holder.file]) && is_packable(of);
                    if is_packed {
                        let mut inner = Vec::new();
                        values.iter().for_each(|value| self.write_bare(of, value, &mut inner));
                        tag(*number, 2, &mut bytes);
                        prefixed(&inner, &mut bytes);
                    } else {
                        values.iter().for_each(|value| self.write_record(*number, of, value, &mut bytes));
                    }
                }
                (value, of) => self.write_record(*number, of, value, &mut bytes),
            }
        }
        bytes
    }

    fn write_record(&self, number: u32, of: &Type, value: &Value, bytes: &mut Vec<u8>) {
        tag(number, wire(of), bytes);
        self.write_bare(of, value, bytes);
        if let Type::Group(_) = of {
            tag(number, 4, bytes);
        }
    }

    fn write_bare(&self, of: &Type, value: &Value, bytes: &mut Vec<u8>) {
        match (of, value) {
            (Type::Scalar("sint32" | "sint64"), Value::Number(number)) => {
                let number = *number as i64;
                varint(((number << 1) ^ (number >> 63)) as u64, bytes);
            }
            (Type::Scalar("fixed32" | "sfixed32"), Value::Number(number)) => {
                bytes.extend((*number as u32).to_le_bytes());
            }
            (Type::Scalar("fixed64" | "sfixed64"), Value::Number(number)) => {
                bytes.extend((*number as u64).to_le_bytes());
            }
            (_, Value::Number(number)) => varint(*number as u64, bytes),
            (_, Value::Float(bits)) => bytes.extend(bits.to_le_bytes()),
            (_, Value::Double(bits)) => bytes.extend(bits.to_le_bytes()),
            (_, Value::Text(raw) | Value::Bytes(raw)) => prefixed(raw, bytes),
            (Type::Group(index), Value::Message(message)) => bytes.extend(self.encode(*index, message)),
            (Type::Message(index), Value::Message(message)) => prefixed(&self.encode(*index, message), bytes),
            other => panic!("{other:?} does not fit"),
        }
    }

    /// What a decoder makes of the bytes.
    pub fn decode(&self, index: usize, bytes: &[u8]) -> Result<Message, String> {
        let mut message = Message::new();
        self.merge(index, &records(bytes)?, &mut message)?;
        Ok(message)
    }

    fn merge(&self, index: usize, records: &[Record], message: &mut Message) -> Result<(), String> {
        let fields: HashMap<u32, &Field> =
            self.messages[index].fields.iter().map(|field| (field.number, field)).collect();
        for record in records {
            let Some(field) = fields.get(&record.number) else { continue };
            if let Type::Map(key, of) = &field.of {
                if let Raw::Bytes(raw) = &record.raw
                    && let Some(entry) = self.entry(key, of, raw)?
                {
                    let Value::Map(entries) = message.entry(field.number).or_insert(Value::Map(Vec::new()))
                    else {
                        unreachable!()
                    };
                    entries.retain(|(known, _)| *known != entry.0);
                    entries.push(entry);
                }
                continue;
            }
            if field.label == Label::Repeated {
                let values = self.elements(&field.of, &record.raw)?;
                if !values.is_empty() {
                    let Value::List(list) = message.entry(field.number).or_insert(Value::List(Vec::new()))
                    else {
                        unreachable!()
                    };
                    list.extend(values);
                }
                continue;
            }
            let known = match message.get(&field.number) {
                Some(Value::Message(known)) => Some(known.clone()),
                _ => None,
            };
            if let Some(value) = self.read(&field.of, &record.raw, known)? {
                let others = self.messages[index].fields.iter();
                for other in others.filter(|other| field.oneof.is_some() && other.oneof == field.oneof) {
                    message.remove(&other.number);
                }
                message.insert(field.number, value);
            }
        }
        Ok(())
    }

    /// `None` if the enum of the value is closed and lacks it.
    fn entry(&self, key: &'static str, of: &Type, raw: &[u8]) -> Result<Option<(Value, Value)>, String> {
        let (mut left, mut right, mut is_unknown) = (None, None, false);
        for record in records(raw)? {
            match record.number {
                1 => left = self.read(&Type::Scalar(key), &record.raw, None)?.or(left),
                2 => {
                    let known = match &right {
                        Some(Value::Message(known)) => Some(Message::clone(known)),
                        _ => None,
                    };
                    let value = self.read(of, &record.raw, known)?;
                    is_unknown =
                        value.is_none() && matches!((of, &record.raw), (Type::Enum(_), Raw::Varint(_)));
                    right = value.or(right);
                }
                _ => {}
            }
        }
        let left = left.unwrap_or_else(|| self.zero(&Type::Scalar(key)));
        Ok((!is_unknown).then(|| (left, right.unwrap_or_else(|| self.zero(of)))))
    }

    pub fn zero(&self, of: &Type) -> Value {
        match of {
            Type::Scalar("float") => Value::Float(0),
            Type::Scalar("double") => Value::Double(0),
            Type::Scalar("string") => Value::Text(Vec::new()),
            Type::Scalar("bytes") => Value::Bytes(Vec::new()),
            Type::Enum(index) => Value::Number(self.enums[*index].constants[0].1.into()),
            Type::Scalar(_) => Value::Number(0),
            Type::Message(_) | Type::Group(_) | Type::Map(..) => Value::Message(Message::new()),
        }
    }

    fn elements(&self, of: &Type, raw: &Raw) -> Result<Vec<Value>, String> {
        if let Raw::Bytes(bytes) = raw
            && is_packable(of)
        {
            let (mut rest, mut values) = (bytes.as_slice(), Vec::new());
            while !rest.is_empty() {
                let raw = match wire(of) {
                    0 => Raw::Varint(take_varint(&mut rest)?),
                    1 => Raw::Eight(take(&mut rest, 8)?.try_into().expect("eight bytes")),
                    _ => Raw::Four(take(&mut rest, 4)?.try_into().expect("four bytes")),
                };
                values.extend(self.read(of, &raw, None)?);
            }
            return Ok(values);
        }
        Ok(self.read(of, raw, None)?.into_iter().collect())
    }

    /// `None` if it is put among the unknown fields.
    fn read(&self, of: &Type, raw: &Raw, known: Option<Message>) -> Result<Option<Value>, String> {
        Ok(Some(match (of, raw) {
            (Type::Scalar(name), Raw::Varint(bits)) if wire(of) == 0 => Value::Number(match *name {
                "bool" => i128::from(*bits != 0),
                "int32" => (*bits as u32 as i32).into(),
                "int64" => (*bits as i64).into(),
                "uint32" => (*bits as u32).into(),
                "sint32" => unzigzag((*bits as u32).into()).into(),
                "sint64" => unzigzag(*bits).into(),
                _ => (*bits).into(),
            }),
            (Type::Enum(index), Raw::Varint(bits)) => {
                let number = i128::from(*bits as u32 as i32);
                if self.is_closed(*index) && !self.declares(*index, number) {
                    return Ok(None);
                }
                Value::Number(number)
            }
            (Type::Scalar(name), Raw::Four(bytes)) => match *name {
                "float" => Value::Float(u32::from_le_bytes(*bytes)),
                "fixed32" => Value::Number(u32::from_le_bytes(*bytes).into()),
                "sfixed32" => Value::Number(i32::from_le_bytes(*bytes).into()),
                _ => return Ok(None),
            },
            (Type::Scalar(name), Raw::Eight(bytes)) => match *name {
                "double" => Value::Double(u64::from_le_bytes(*bytes)),
                "fixed64" => Value::Number(u64::from_le_bytes(*bytes).into()),
                "sfixed64" => Value::Number(i64::from_le_bytes(*bytes).into()),
                _ => return Ok(None),
            },
            (Type::Scalar("string"), Raw::Bytes(bytes)) => {
                std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
                Value::Text(bytes.clone())
            }
            (Type::Scalar("bytes"), Raw::Bytes(bytes)) => Value::Bytes(bytes.clone()),
            (Type::Message(index), Raw::Bytes(bytes)) => {
                let mut message = known.unwrap_or_default();
                self.merge(*index, &records(bytes)?, &mut message)?;
                Value::Message(message)
            }
            (Type::Group(index), Raw::Group(records)) => {
                let mut message = known.unwrap_or_default();
                self.merge(*index, records, &mut message)?;
                Value::Message(message)
            }
            _ => return Ok(None),
        }))
    }
}

fn unzigzag(bits: u64) -> i64 {
    (bits >> 1) as i64 ^ -((bits & 1) as i64)
}

fn range(name: &str) -> std::ops::RangeInclusive<i128> {
    match name {
        "bool" => 0..=1,
        "uint32" | "fixed32" => 0..=u32::MAX.into(),
        "uint64" | "fixed64" => 0..=u64::MAX.into(),
        "int64" | "sint64" | "sfixed64" => i64::MIN.into()..=i64::MAX.into(),
        _ => i32::MIN.into()..=i32::MAX.into(),
    }
}

fn is_packable(of: &Type) -> bool {
    matches!(of, Type::Enum(_)) || matches!(of, Type::Scalar(name) if !matches!(*name, "string" | "bytes"))
}

fn wire(of: &Type) -> u64 {
    match of {
        Type::Scalar("fixed64" | "sfixed64" | "double") => 1,
        Type::Scalar("fixed32" | "sfixed32" | "float") => 5,
        Type::Scalar("string" | "bytes") | Type::Message(_) | Type::Map(..) => 2,
        Type::Group(_) => 3,
        Type::Scalar(_) | Type::Enum(_) => 0,
    }
}

fn tag(number: u32, wire: u64, bytes: &mut Vec<u8>) {
    varint(u64::from(number) << 3 | wire, bytes);
}

fn prefixed(inner: &[u8], bytes: &mut Vec<u8>) {
    varint(inner.len() as u64, bytes);
    bytes.extend(inner);
}

fn varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number > 127 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

struct Record {
    number: u32,
    raw: Raw,
}

enum Raw {
    Varint(u64),
    Eight([u8; 8]),
    Bytes(Vec<u8>),
    Group(Vec<Record>),
    Four([u8; 4]),
}

fn records(mut bytes: &[u8]) -> Result<Vec<Record>, String> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        match take_record(&mut bytes)? {
            Some(record) => all.push(record),
            None => return Err("the end of a group that did not begin".to_owned()),
        }
    }
    Ok(all)
}

/// `None` at the end of a group.
fn take_record(bytes: &mut &[u8]) -> Result<Option<Record>, String> {
    let tag = take_varint(bytes)?;
    let number = u32::try_from(tag >> 3).map_err(|error| error.to_string())?;
    if number == 0 {
        return Err("the number zero".to_owned());
    }
    let raw = match tag & 7 {
        0 => Raw::Varint(take_varint(bytes)?),
        1 => Raw::Eight(take(bytes, 8)?.try_into().expect("eight bytes")),
        2 => {
            let length = take_varint(bytes)? as usize;
            Raw::Bytes(take(bytes, length)?.to_vec())
        }
        3 => {
            let mut inner = Vec::new();
            while let Some(record) = take_record(bytes)? {
                inner.push(record);
            }
            Raw::Group(inner)
        }
        4 => return Ok(None),
        5 => Raw::Four(take(bytes, 4)?.try_into().expect("four bytes")),
        other => return Err(format!("the wire type {other}")),
    };
    Ok(Some(Record { number, raw }))
}

fn take<'b>(bytes: &mut &'b [u8], length: usize) -> Result<&'b [u8], String> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or("too short")?;
    *bytes = rest;
    Ok(taken)
}

fn take_varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0;
    for shift in (0..70).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= u64::from(byte & 127).checked_shl(shift).unwrap_or(0);
        if byte < 128 {
            return Ok(number);
        }
    }
    Err("a varint too long".to_owned())
}
