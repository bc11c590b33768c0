//! Source tree → text, in the layout of the reference.
//!
//! Sections of a block (fields, oneofs, nested types …) are set apart by blank lines. The layout
//! indents blank lines as well, so that inside a nested block they hold blanks: texts are hashed,
//! every byte counts.

use std::fmt::Write;

use super::model::{
    Constant, Enum, Extend, Extensions, Field, FieldType, File, Group, ImportKind, MAX_FIELD_NUMBER, Message,
    Oneof, Range, ReservedValue, Rpc, RpcType, Service, Setting, SettingName, Syntax, TypeDef, Value,
};

/// The text of a file.
pub(super) fn print(file: &File) -> String {
    let mut printer = Printer { text: String::new(), indent: 0 };
    printer.file(file);
    printer.text
}

/// A type as it is written in a field.
pub(super) fn type_name(kind: &FieldType) -> String {
    match kind {
        FieldType::Scalar(scalar) => scalar.as_str().to_owned(),
        FieldType::Map(key, value) => format!("map<{}, {}>", key.as_str(), type_name(value)),
        FieldType::Named(name) => name.clone(),
    }
}

struct Printer {
    text: String,
    indent: usize,
}

/// A block whose first section ends the line of its brace.
struct Block {
    is_empty: bool,
}

impl Printer {
    fn margin(&mut self) {
        for _ in 0..self.indent {
            self.text.push_str("  ");
        }
    }

    fn line(&mut self, content: &str) {
        self.margin();
        self.text.push_str(content);
        self.text.push('\n');
    }

    fn open(&mut self, head: &str) -> Block {
        self.margin();
        self.text.push_str(head);
        self.text.push_str(" {");
        self.indent += 1;
        Block { is_empty: true }
    }

    /// A section of a block, unless it is empty.
    fn section<T>(&mut self, block: &mut Block, items: &[T], print: impl Fn(&mut Printer, &T)) {
        if items.is_empty() {
            return;
        }
        if !block.is_empty {
            self.indent -= 1;
            self.margin();
            self.indent += 1;
        }
        self.text.push('\n');
        block.is_empty = false;
        items.iter().for_each(|item| print(self, item));
    }

    /// Items that join the section before them.
    fn more<T>(&mut self, block: &mut Block, items: &[T], print: impl Fn(&mut Printer, &T)) {
        if block.is_empty {
            self.section(block, items, print);
        } else {
            items.iter().for_each(|item| print(self, item));
        }
    }

    fn close(&mut self, block: Block) {
        self.indent -= 1;
        if !block.is_empty {
            self.margin();
        }
        self.text.push_str("}\n");
    }

    fn file(&mut self, file: &File) {
        match file.syntax {
            Some(Syntax::Proto2) => self.line("syntax = \"proto2\";"),
            Some(Syntax::Proto3) => self.line("syntax = \"proto3\";"),
            None => {}
        }
        if let Some(package) = &file.package {
            self.line(&format!("package {package};"));
        }
        if !file.imports.is_empty() {
            self.text.push('\n');
        }
        for kind in [ImportKind::Plain, ImportKind::Public, ImportKind::Weak] {
            for import in file.imports.iter().filter(|import| import.kind == kind) {
                let keyword = match kind {
                    ImportKind::Plain => "import",
                    ImportKind::Public => "import public",
                    ImportKind::Weak => "import weak",
                };
                self.line(&format!("{keyword} \"{}\";", escape(import.path.as_bytes())));
            }
        }
        if !file.options.is_empty() {
            self.text.push('\n');
            file.options.iter().for_each(|option| self.option(option));
        }
        if !file.types.is_empty() {
            self.text.push('\n');
            self.types(&file.types);
        }
        if !file.extends.is_empty() {
            self.text.push('\n');
            file.extends.iter().for_each(|extend| self.extend(extend));
        }
        if !file.services.is_empty() {
            self.text.push('\n');
            file.services.iter().for_each(|service| self.service(service));
        }
    }

    /// Messages first, then enums.
    fn types(&mut self, types: &[TypeDef]) {
        for definition in types {
            if let TypeDef::Message(message) = definition {
                self.message(&format!("message {}", message.name), message);
            }
        }
        for definition in types {
            if let TypeDef::Enum(definition) = definition {
                self.enumeration(definition);
            }
        }
    }

    fn message(&mut self, head: &str, message: &Message) {
        let mut block = self.open(head);
        self.section(&mut block, &message.reserved, |p, reserved| p.reserved(&reserved.values));
        self.section(&mut block, &message.options, Printer::option);
        self.section(&mut block, &message.fields, Printer::field);
        self.section(&mut block, &message.oneofs, Printer::oneof);
        self.section(&mut block, &message.groups, Printer::group);
        self.section(&mut block, &message.extensions, Printer::extensions);
        self.section(&mut block, &message.extends, Printer::extend);
        if !message.types.is_empty() {
            self.section(&mut block, &[message.types.as_slice()], |p, types| p.types(types));
        }
        self.close(block);
    }

    fn reserved(&mut self, values: &[ReservedValue]) {
        let values: Vec<String> = values
            .iter()
            .map(|value| match value {
                ReservedValue::Range(range) => print_range(*range),
                ReservedValue::Name(name) => format!("\"{}\"", escape(name.as_bytes())),
            })
            .collect();
        self.line(&format!("reserved {};", values.join(", ")));
    }

    fn extensions(&mut self, extensions: &Extensions) {
        let ranges: Vec<String> = extensions.ranges.iter().map(|range| print_range(*range)).collect();
        self.settled(&format!("extensions {}", ranges.join(", ")), &extensions.options, ";");
    }

    fn field(&mut self, field: &Field) {
        let label = field.label.map_or(String::new(), |label| format!("{} ", label.as_str()));
        let head = format!("{label}{} {} = {}", type_name(&field.kind), field.name, field.number);
        if field.default.is_none() && field.json_name.is_none() {
            return self.settled(&head, &field.options, ";");
        }
        let mut options = field.options.clone();
        for (name, value) in [("default", &field.default), ("json_name", &field.json_name)] {
            options.extend(value.clone().map(|value| Setting { name: SettingName::plain(name), value }));
        }
        self.settled(&head, &options, ";");
    }

    fn oneof(&mut self, oneof: &Oneof) {
        let mut block = self.open(&format!("oneof {}", oneof.name));
        self.section(&mut block, &oneof.options, Printer::option);
        self.section(&mut block, &oneof.fields, Printer::field);
        self.section(&mut block, &oneof.groups, Printer::group);
        self.close(block);
    }

    fn group(&mut self, group: &Group) {
        let label = group.label.map_or(String::new(), |label| format!("{} ", label.as_str()));
        let mut head = format!("{label}group {} = {}", group.message.name, group.number);
        if !group.options.is_empty() {
            head.push(' ');
            head.push_str(&self.bracketed(&group.options));
        }
        self.message(&head, &group.message);
    }

    fn extend(&mut self, extend: &Extend) {
        let mut block = self.open(&format!("extend {}", extend.target));
        self.section(&mut block, &extend.fields, Printer::field);
        self.section(&mut block, &extend.groups, Printer::group);
        self.close(block);
    }

    fn enumeration(&mut self, definition: &Enum) {
        let mut block = self.open(&format!("enum {}", definition.name));
        self.more(&mut block, &definition.reserved, |p, reserved| p.reserved(&reserved.values));
        self.more(&mut block, &definition.options, Printer::option);
        self.more(&mut block, &definition.constants, Printer::constant);
        self.close(block);
    }

    fn constant(&mut self, constant: &Constant) {
        self.settled(&format!("{} = {}", constant.name, constant.number), &constant.options, ";");
    }

    fn service(&mut self, service: &Service) {
        let mut block = self.open(&format!("service {}", service.name));
        self.section(&mut block, &service.options, Printer::option);
        self.section(&mut block, &service.rpcs, Printer::rpc);
        self.close(block);
    }

    fn rpc(&mut self, rpc: &Rpc) {
        let shown = |side: &RpcType| format!("{}{}", if side.is_stream { "stream " } else { "" }, side.name);
        let head = format!("rpc {} ({}) returns ({})", rpc.name, shown(&rpc.request), shown(&rpc.response));
        if rpc.options.is_empty() {
            return self.line(&format!("{head};"));
        }
        self.line(&format!("{head} {{"));
        self.indent += 1;
        rpc.options.iter().for_each(|option| self.option(option));
        self.indent -= 1;
        self.line("};");
    }

    fn option(&mut self, option: &Setting) {
        self.margin();
        self.text.push_str("option ");
        let shown = setting(option, self.indent);
        self.text.push_str(&shown);
        self.text.push_str(";\n");
    }

    /// A declaration with its options in brackets.
    fn settled(&mut self, head: &str, options: &[Setting], end: &str) {
        self.margin();
        self.text.push_str(head);
        if !options.is_empty() {
            self.text.push(' ');
            let shown = self.bracketed(options);
            self.text.push_str(&shown);
        }
        self.text.push_str(end);
        self.text.push('\n');
    }

    /// A lone option stays on the line of its declaration.
    fn bracketed(&self, options: &[Setting]) -> String {
        match options {
            [lone] => format!("[{}]", setting(lone, self.indent)),
            _ => lines('[', ']', options, self.indent, |text, option, indent| {
                text.push_str(&setting(option, indent));
            }),
        }
    }
}

fn setting(option: &Setting, indent: usize) -> String {
    let mut text = setting_name(&option.name);
    text.push_str(" = ");
    match &option.value {
        Value::List(values) if values.len() == 1 => {
            text.push('[');
            value(&mut text, &values[0], indent);
            text.push(']');
        }
        other => value(&mut text, other, indent),
    }
    text
}

/// The name of an option as it is written.
pub(super) fn setting_name(name: &SettingName) -> String {
    let parts: Vec<String> = name
        .parts
        .iter()
        .map(|part| if part.is_extension { format!("({})", part.name) } else { part.name.clone() })
        .collect();
    parts.join(".")
}

fn value(text: &mut String, shown: &Value, indent: usize) {
    match shown {
        Value::Text(bytes) => {
            text.push('"');
            text.push_str(&escape(bytes));
            text.push('"');
        }
        Value::Number(word) | Value::Word(word) => text.push_str(word),
        Value::List(values) => text.push_str(&lines('[', ']', values, indent, value)),
        Value::Map(entries) => {
            text.push_str(&lines('{', '}', entries, indent, |text, (key, held), indent| {
                text.push_str(key);
                text.push_str(": ");
                value(text, held, indent);
            }))
        }
    }
}

/// One item a line, between brackets, commas after all but the last.
fn lines<T>(
    open: char,
    close: char,
    items: &[T],
    indent: usize,
    print: impl Fn(&mut String, &T, usize),
) -> String {
    let mut text = String::from(open);
    text.push('\n');
    for (index, item) in items.iter().enumerate() {
        text.push_str(&"  ".repeat(indent + 1));
        print(&mut text, item, indent + 1);
        text.push_str(if index + 1 < items.len() { ",\n" } else { "\n" });
    }
    text.push_str(&"  ".repeat(indent));
    text.push(close);
    text
}

fn print_range(range: Range) -> String {
    if range.is_single {
        return range.start.to_string();
    }
    if range.end == MAX_FIELD_NUMBER || range.end == i32::MAX {
        return format!("{} to max", range.start);
    }
    format!("{} to {}", range.start, range.end)
}

/// Quotes, backslashes and control characters escaped; bytes that are no UTF-8 as octal escapes,
/// since any other spelling would mean other bytes.
fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|character| escape_char(&mut text, character));
        for byte in chunk.invalid() {
            let _ = write!(text, "\\{byte:03o}");
        }
    }
    text
}

fn escape_char(text: &mut String, character: char) {
    match character {
        '\u{7}' => text.push_str("\\a"),
        '\u{8}' => text.push_str("\\b"),
        '\u{c}' => text.push_str("\\f"),
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        '\u{b}' => text.push_str("\\v"),
        '\\' => text.push_str("\\\\"),
        '\'' => text.push_str("\\'"),
        '"' => text.push_str("\\\""),
        control if control.is_ascii_control() => {
            let _ = write!(text, "\\{:03o}", u32::from(control));
        }
        other => text.push(other),
    }
}
