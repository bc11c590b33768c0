//! Made-up schemas: generated, changed a little, put right, and printed as texts.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::super::rng::Rng;

/// The schema itself and a file that it imports.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Is the file with that index (0 is the schema itself) proto3?
    pub is_proto3: [bool; 2],
    pub messages: Vec<Message>,
    pub enums: Vec<Enum>,
}

#[derive(Debug, Clone)]
pub struct Message {
    pub name: String,
    pub file: usize,
    /// The message around it.
    pub parent: Option<usize>,
    pub is_group: bool,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub number: u32,
    pub name: String,
    pub of: Type,
    pub label: Label,
    pub oneof: Option<u8>,
    /// An integer, or the position of a constant of an enum.
    pub default: Option<i32>,
    pub packed: Option<bool>,
    pub is_extension: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    None,
    Optional,
    Required,
    Repeated,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    Scalar(&'static str),
    Enum(usize),
    Message(usize),
    Group(usize),
    Map(&'static str, Box<Type>),
}

#[derive(Debug, Clone)]
pub struct Enum {
    pub name: String,
    pub file: usize,
    pub constants: Vec<(String, i32)>,
}

pub const SCALARS: [&str; 15] = [
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "bool", "string", "bytes", "fixed32",
    "sfixed32", "fixed64", "sfixed64", "float", "double",
];
const KEYS: [&str; 6] = ["string", "int32", "int64", "bool", "sint32", "fixed32"];
const LABELS: [Label; 4] = [Label::None, Label::Optional, Label::Required, Label::Repeated];

impl Schema {
    pub fn generate(rng: &mut Rng) -> Schema {
        let mut schema =
            Schema { is_proto3: [rng.chance(50), rng.chance(50)], messages: Vec::new(), enums: Vec::new() };
        for index in 0..1 + rng.below(3) {
            let constants = (0..1 + rng.below(4)).map(|value| (format!("V{value}"), value as i32)).collect();
            schema.enums.push(Enum { name: format!("E{index}"), file: file(rng), constants });
        }
        let messages = 1 + rng.below(4);
        for index in 0..messages {
            let file = if index == 0 { 0 } else { file(rng) };
            let around = (0..index).find(|_| rng.chance(20));
            let parent = around.filter(|&around| schema.messages[around].file == file);
            let name = format!("M{index}");
            schema.messages.push(Message { name, file, parent, is_group: false, fields: Vec::new() });
        }
        for index in 0..messages {
            for _ in 0..rng.below(5) {
                let field = schema.field(rng);
                schema.messages[index].fields.push(field);
            }
            if rng.chance(15) {
                schema.add_group(rng, index);
            }
        }
        schema.put_right();
        schema
    }

    fn add_group(&mut self, rng: &mut Rng, around: usize) {
        let index = self.messages.len();
        let (name, file) = (format!("G{index}"), self.messages[around].file);
        let fields = (0..rng.below(3)).map(|_| self.field(rng)).collect();
        self.messages.push(Message { name, file, parent: Some(around), is_group: true, fields });
        let field = Field { of: Type::Group(index), ..self.field(rng) };
        self.messages[around].fields.push(field);
    }

    fn field(&self, rng: &mut Rng) -> Field {
        let number = 1 + rng.below(6) as u32;
        let is_extension = rng.chance(8);
        Field {
            number: if is_extension { 100 + number } else { number },
            name: format!("f{}", rng.below(1000)),
            of: self.any_type(rng),
            label: *rng.pick(&LABELS),
            oneof: rng.chance(25).then(|| rng.below(2) as u8),
            default: rng.chance(15).then(|| rng.below(3) as i32),
            packed: rng.chance(20).then(|| rng.chance(50)),
            is_extension,
        }
    }

    fn any_type(&self, rng: &mut Rng) -> Type {
        let value = |rng: &mut Rng| match rng.below(10) {
            0..6 => Type::Scalar(rng.pick::<&str>(&SCALARS)),
            6..8 => Type::Enum(rng.below(self.enums.len())),
            _ => Type::Message(rng.below(self.messages.len())),
        };
        match rng.chance(12) {
            true => Type::Map(rng.pick::<&str>(&KEYS), Box::new(value(rng))),
            false => value(rng),
        }
    }

    /// A schema that differs in a few places.
    pub fn changed(&self, rng: &mut Rng) -> Schema {
        let mut schema = self.clone();
        for _ in 0..1 + rng.below(3) {
            schema.change(rng);
        }
        schema.put_right();
        schema
    }

    fn change(&mut self, rng: &mut Rng) {
        let message = rng.below(self.messages.len());
        let fields = self.messages[message].fields.len();
        let at = rng.below(fields);
        let random = self.field(rng);
        let entry = Type::Message(rng.below(self.messages.len()));
        let choice = rng.below(20);
        if let Some(field) = self.messages[message].fields.get_mut(at) {
            match choice {
                0..4 => field.of = random.of,
                4 => field.of = near(&field.of, rng),
                5..7 => field.label = random.label,
                7 => field.number = random.number,
                8 => field.oneof = random.oneof,
                9 => field.oneof = Some(0),
                10 => field.default = random.default,
                11 => field.packed = random.packed,
                12 => field.name = random.name,
                13 => {
                    self.messages[message].fields.remove(at);
                }
                14 => (field.of, field.label) = (entry, Label::Repeated),
                _ => self.change_rest(rng, message, random),
            }
        } else {
            self.messages[message].fields.push(random);
        }
    }

    fn change_rest(&mut self, rng: &mut Rng, message: usize, random: Field) {
        let at = rng.below(self.enums.len());
        let constants = &mut self.enums[at].constants;
        let constant = rng.below(constants.len());
        match rng.below(8) {
            0 => self.is_proto3[0] = !self.is_proto3[0],
            1 => self.is_proto3[1] = !self.is_proto3[1],
            2 if constants.len() > 1 => {
                constants.remove(constant);
            }
            3 => constants[constant].0 = format!("W{}", rng.below(9)),
            4 => constants[constant].1 = rng.below(6) as i32 - 1,
            5 => constants.push((format!("X{}", rng.below(9)), rng.below(9) as i32)),
            6 => self.messages[message].name = format!("N{}", rng.below(9)),
            _ => self.messages[message].fields.push(random),
        }
    }

    /// The same with everything in another order.
    pub fn shuffled(&self, rng: &mut Rng) -> Schema {
        let mut schema = self.clone();
        for message in &mut schema.messages {
            for index in (1..message.fields.len()).rev() {
                message.fields.swap(index, rng.below(index + 1));
            }
        }
        schema
    }

    /// Make it a schema that compilers accept.
    fn put_right(&mut self) {
        let is_proto3 = self.is_proto3;
        let mut names = HashSet::new();
        for definition in &mut self.enums {
            put_enum_right(definition, is_proto3[definition.file]);
            while !names.insert(definition.name.clone()) {
                definition.name.push('_');
            }
        }
        let enums = self.enums.clone();
        let shape: Vec<(usize, bool)> =
            self.messages.iter().map(|message| (message.file, message.is_group)).collect();
        let mut groups = HashSet::new();
        for message in &mut self.messages {
            while !names.insert(message.name.clone()) {
                message.name.push('_');
            }
            let in_proto3 = is_proto3[message.file];
            let fits = |of: &Type| match of {
                Type::Scalar(_) | Type::Map(..) => true,
                Type::Enum(index) => {
                    let file = enums[*index].file;
                    (message.file == 0 || file == 1) && (!in_proto3 || is_proto3[file])
                }
                Type::Message(index) => !shape[*index].1 && (message.file == 0 || shape[*index].0 == 1),
                Type::Group(_) => !in_proto3,
            };
            for field in &mut message.fields {
                if let Type::Map(_, value) = &mut field.of {
                    let is_value = fits(value) && !matches!(**value, Type::Map(..) | Type::Group(_));
                    if !is_value {
                        **value = Type::Scalar("int32");
                    }
                } else if !fits(&field.of) {
                    field.of = Type::Scalar("int64");
                }
                if let Type::Group(index) = field.of
                    && !groups.insert(index)
                {
                    field.of = Type::Scalar("int64");
                }
                put_field_right(field, in_proto3, &enums);
            }
            put_numbers_right(&mut message.fields);
        }
        for around in 0..self.messages.len() {
            let used = self.messages[around].fields.clone();
            for field in used {
                if let Type::Group(index) = field.of {
                    self.messages[index].parent = (!field.is_extension).then_some(around);
                    self.messages[index].file = self.messages[around].file;
                }
            }
        }
        // A group is defined where it is used: nowhere, if it is not.
        for (index, message) in self.messages.iter_mut().enumerate() {
            if message.is_group && !groups.contains(&index) {
                (message.is_group, message.parent) = (false, None);
            }
            let in_proto3 = is_proto3[message.file];
            message.fields.iter_mut().filter(|_| in_proto3).for_each(|field| field.is_extension = false);
        }
    }
}

fn put_enum_right(definition: &mut Enum, in_proto3: bool) {
    let (mut names, mut numbers) = (HashSet::new(), HashSet::new());
    let constants = &mut definition.constants;
    constants.retain(|(name, number)| names.insert(name.clone()) && numbers.insert(*number));
    if in_proto3 {
        constants.sort_by_key(|(_, number)| *number != 0);
        if constants.first().is_none_or(|(_, number)| *number != 0) {
            let zero = if names.contains("ZERO") { "NAUGHT" } else { "ZERO" };
            constants.insert(0, (zero.to_owned(), 0));
        }
    }
}

fn put_field_right(field: &mut Field, in_proto3: bool, enums: &[Enum]) {
    if in_proto3 {
        field.is_extension = false;
    }
    if field.is_extension || matches!(field.of, Type::Group(_)) {
        field.oneof = None;
    }
    let is_map = matches!(field.of, Type::Map(..));
    if is_map {
        (field.label, field.oneof, field.is_extension) = (Label::None, None, false);
    } else if field.oneof.is_some() {
        field.label = Label::None;
    } else {
        let may_not_be_required = in_proto3 || field.is_extension;
        field.label = match field.label {
            Label::Required if may_not_be_required => Label::Optional,
            Label::None if !in_proto3 => Label::Optional,
            label => label,
        };
    }
    if !field.is_extension && field.number > 100 {
        field.number -= 100;
    }
    if field.is_extension && field.number < 100 {
        field.number += 100;
    }
    let is_repeated = field.label == Label::Repeated;
    let takes_default = match &field.of {
        Type::Scalar(name) => !matches!(*name, "bool" | "bytes" | "string"),
        Type::Enum(index) => field.default.is_some_and(|at| (at as usize) < enums[*index].constants.len()),
        _ => false,
    };
    if in_proto3 || is_repeated || !takes_default {
        field.default = None;
    }
    let is_packable = match &field.of {
        Type::Scalar(name) => !matches!(*name, "bytes" | "string"),
        Type::Enum(_) => true,
        _ => false,
    };
    if !is_packable || !is_repeated {
        field.packed = None;
    }
}

fn put_numbers_right(fields: &mut [Field]) {
    let (mut numbers, mut names) = (HashSet::new(), HashSet::new());
    for field in fields {
        while !numbers.insert(field.number) {
            field.number += 1;
        }
        while !names.insert(field.name.clone()) {
            field.name.push('x');
        }
    }
}

/// A type that is often taken for the same.
fn near(of: &Type, rng: &mut Rng) -> Type {
    const FAMILIES: [&[&str]; 4] = [
        &["int32", "int64", "uint32", "uint64", "bool", "sint32", "sint64"],
        &["string", "bytes"],
        &["fixed32", "sfixed32", "float"],
        &["fixed64", "sfixed64", "double"],
    ];
    match of {
        Type::Scalar(name) => {
            let family = FAMILIES.iter().find(|family| family.contains(name)).expect("every scalar has one");
            Type::Scalar(rng.pick::<&str>(family))
        }
        Type::Map(key, value) => Type::Map(key, Box::new(near(value, rng))),
        other => other.clone(),
    }
}

fn file(rng: &mut Rng) -> usize {
    usize::from(rng.chance(25))
}

impl Schema {
    /// Full name without the leading dot.
    pub fn full_name(&self, message: usize) -> String {
        let message = &self.messages[message];
        match message.parent {
            Some(parent) => format!("{}.{}", self.full_name(parent), message.name),
            None => format!("{}.{}", PACKAGES[message.file], message.name),
        }
    }

    /// The text of a file.
    pub fn text(&self, file: usize) -> String {
        let syntax = if self.is_proto3[file] { 3 } else { 2 };
        let mut text = format!("syntax = \"proto{syntax}\";\npackage {};\n", PACKAGES[file]);
        if file == 0 {
            let _ = writeln!(text, "import \"dep.proto\";");
        }
        for definition in self.enums.iter().filter(|definition| definition.file == file) {
            let _ = writeln!(text, "enum {} {{", definition.name);
            for (name, number) in &definition.constants {
                let _ = writeln!(text, "  {}_{name} = {number};", definition.name);
            }
            text.push_str("}\n");
        }
        for index in 0..self.messages.len() {
            let message = &self.messages[index];
            if message.file == file && message.parent.is_none() && !message.is_group {
                let _ = write!(text, "message {} ", message.name);
                self.write_body(index, &mut text);
            }
        }
        for (index, message) in self.messages.iter().enumerate().filter(|(_, message)| message.file == file) {
            for field in message.fields.iter().filter(|field| field.is_extension) {
                let _ = writeln!(text, "extend .{} {{", self.full_name(index));
                self.write_field(field, &mut text, &format!("x{index}_"));
                text.push_str("}\n");
            }
        }
        text
    }

    fn write_body(&self, index: usize, text: &mut String) {
        let message = &self.messages[index];
        text.push_str("{\n");
        if !self.is_proto3[message.file] {
            text.push_str("extensions 100 to 200;\n");
        }
        for (inner, nested) in self.messages.iter().enumerate() {
            if nested.parent == Some(index) && !nested.is_group {
                let _ = write!(text, "message {} ", nested.name);
                self.write_body(inner, text);
            }
        }
        let own = || message.fields.iter().filter(|field| !field.is_extension);
        for field in own().filter(|field| field.oneof.is_none()) {
            self.write_field(field, text, "");
        }
        for oneof in 0..2 {
            let members: Vec<&Field> = own().filter(|field| field.oneof == Some(oneof)).collect();
            if !members.is_empty() {
                let _ = writeln!(text, "oneof o{oneof} {{");
                members.into_iter().for_each(|field| self.write_field(field, text, ""));
                text.push_str("}\n");
            }
        }
        text.push_str("}\n");
    }

    fn write_field(&self, field: &Field, text: &mut String, prefix: &str) {
        text.push_str(match field.label {
            Label::None => "",
            Label::Optional => "optional ",
            Label::Required => "required ",
            Label::Repeated => "repeated ",
        });
        if let Type::Group(index) = field.of {
            let _ = write!(text, "group {} = {} ", self.messages[index].name, field.number);
            return self.write_body(index, text);
        }
        let mut options = Vec::new();
        match (&field.of, field.default) {
            (Type::Enum(index), Some(at)) => {
                let definition = &self.enums[*index];
                let (name, _) = &definition.constants[at as usize];
                options.push(format!("default = {}_{name}", definition.name));
            }
            (_, Some(number)) => options.push(format!("default = {number}")),
            _ => {}
        }
        options.extend(field.packed.map(|packed| format!("packed = {packed}")));
        let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
        let Field { name, number, .. } = field;
        let _ = writeln!(text, "{} {prefix}{name} = {number}{options};", self.type_name(&field.of));
    }

    fn type_name(&self, of: &Type) -> String {
        match of {
            Type::Scalar(name) => (*name).to_owned(),
            Type::Enum(index) => {
                let definition = &self.enums[*index];
                format!(".{}.{}", PACKAGES[definition.file], definition.name)
            }
            Type::Message(index) | Type::Group(index) => format!(".{}", self.full_name(*index)),
            Type::Map(key, value) => format!("map<{key}, {}>", self.type_name(value)),
        }
    }
}

const PACKAGES: [&str; 2] = ["own", "dep"];
