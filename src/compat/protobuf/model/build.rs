//! Source trees → [`Model`].

mod field;

use std::cell::OnceCell;
use std::collections::HashMap;

use super::{Constant, Encoding, Enum, EnumId, Field, Kind, Message, MessageId, Model, Oneof};
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::Place;
use crate::schema::protobuf::model as source;
use crate::schema::protobuf::model::{Definition, File, Setting, Syntax, Value};
use crate::schema::protobuf::names::{Names, Origin, Resolved, Scope};
use crate::schema::protobuf::{ProtobufSchema, builtin};

impl<'s> Model<'s> {
    /// The meaning of `schema`.
    pub(in crate::compat) fn of(schema: &'s ProtobufSchema, fuel: &mut Fuel) -> Result<Model<'s>, Exhausted> {
        let mut builder = Builder::new(schema);
        builder.collect_extensions();
        builder.add_own();
        builder.add_reached(fuel)?;
        Ok(builder.model)
    }
}

/// A definition that has an id but no content yet.
struct Pending<'s> {
    id: MessageId,
    message: &'s source::Message,
    file: &'s File,
    scope: Scope,
}

/// An extension on its way into the message that it extends.
#[derive(Clone, Copy)]
struct Extension<'s> {
    member: Member<'s>,
    origin: Origin,
    file: &'s File,
    scope: Scope,
}

/// A field or a group: what has a number.
#[derive(Clone, Copy)]
enum Member<'s> {
    Field(&'s source::Field),
    Group(&'s source::Group),
}

/// Where a message or an extension stands.
#[derive(Clone, Copy)]
struct Site<'s> {
    origin: Origin,
    file: &'s File,
    scope: Scope,
}

struct Builder<'s> {
    schema: &'s ProtobufSchema,
    model: Model<'s>,
    /// Definitions of a file by full name; a file is looked through when it is first reached.
    definitions: HashMap<Origin, HashMap<String, Definition<'s>>>,
    /// Messages and enums that have an id: by whether they are built in, and their scope.
    types: HashMap<(bool, Scope), Kind>,
    /// By the full name of what is extended.
    extensions: HashMap<String, Vec<Extension<'s>>>,
    pending: Vec<Pending<'s>>,
}

impl<'s> Builder<'s> {
    fn new(schema: &'s ProtobufSchema) -> Builder<'s> {
        let model = Model {
            package: schema.file().package.as_deref().unwrap_or_default(),
            package_place: schema.file().place_of_package(),
            file_place: schema.file().place(),
            names: schema.names(),
            messages: Vec::new(),
            enums: Vec::new(),
            own: HashMap::new(),
            own_in_order: Vec::new(),
            own_enums: Vec::new(),
            own_enums_by_path: HashMap::new(),
            by_name: OnceCell::new(),
            descriptors: OnceCell::new(),
        };
        Builder {
            schema,
            model,
            definitions: HashMap::new(),
            types: HashMap::new(),
            extensions: HashMap::new(),
            pending: Vec::new(),
        }
    }

    fn names(&self, origin: Origin) -> &'s Names {
        match origin {
            Origin::BuiltIn(_) => builtin::names(),
            _ => self.schema.names(),
        }
    }

    /// Built-in files extend nothing that messages hold.
    fn collect_extensions(&mut self) {
        let dependencies = self.schema.dependencies().iter().enumerate();
        let dependencies = dependencies.map(|(index, (_, file))| (Origin::Dependency(index), file));
        for (origin, file) in std::iter::once((Origin::This, self.schema.file())).chain(dependencies) {
            let site = Site { origin, file, scope: self.names(origin).package_of(file) };
            self.extend_blocks(site, &file.extends);
            self.extends_in_types(site, &file.types);
        }
    }

    fn extends_in_types(&mut self, site: Site<'s>, types: &'s [source::TypeDef]) {
        for definition in types {
            if let source::TypeDef::Message(message) = definition {
                self.extends_in_message(site, message);
            }
        }
    }

    fn extends_in_message(&mut self, site: Site<'s>, message: &'s source::Message) {
        let scope = self.names(site.origin).inside(site.scope, &message.name);
        let site = Site { scope, ..site };
        self.extend_blocks(site, &message.extends);
        self.extends_in_types(site, &message.types);
        for group in message.all_groups() {
            self.extends_in_message(site, &group.message);
        }
    }

    fn extend_blocks(&mut self, site: Site<'s>, blocks: &'s [source::Extend]) {
        for block in blocks {
            let target = self.names(site.origin).resolve_type(site.scope, &block.target);
            let Some(target) = target else { continue };
            let fields = block.fields.iter().map(Member::Field);
            let members = fields.chain(block.groups.iter().map(Member::Group));
            let Site { origin, file, scope } = site;
            let extensions = members.map(|member| Extension { member, origin, file, scope });
            self.extensions.entry(target.full_name).or_default().extend(extensions);
        }
    }

    fn add_own(&mut self) {
        let file = self.schema.file();
        let mut twice = Vec::new();
        for (full_name, definition) in file.definitions() {
            let is_new = !self.types.contains_key(&(false, self.scope(Origin::This, file, &full_name)));
            match definition {
                Definition::Message(message) => {
                    let id = self.message_id(Origin::This, file, &full_name, message);
                    if !is_new {
                        twice.push((id, full_name));
                    } else if message.map_entry().is_none() {
                        self.model.own.insert(self.model.message(id).path.clone(), id);
                        self.model.own_in_order.push(id);
                    }
                }
                Definition::Enum(definition) if is_new => {
                    let id = self.enum_id(Origin::This, file, &full_name, definition);
                    self.model.own_enums_by_path.insert(self.model.enumeration(id).path.clone(), id);
                    self.model.own_enums.push(id);
                }
                Definition::Enum(_) => {}
            }
        }
        for (id, full_name) in twice {
            self.object(id, || format!("{full_name} is defined twice"));
        }
    }

    /// Something about the message is out of scope of this engine; the first thing counts.
    fn object(&mut self, id: MessageId, what: impl FnOnce() -> String) {
        if let Some(message) = self.model.messages.get_mut(id.0 as usize) {
            message.unsupported.get_or_insert_with(what);
        }
    }

    /// Fill in the messages that have an id, and those which they reach.
    fn add_reached(&mut self, fuel: &mut Fuel) -> Result<(), Exhausted> {
        while let Some(pending) = self.pending.pop() {
            let members = pending.message.fields.len() + pending.message.oneofs.len();
            fuel.spend(1 + members)?;
            self.fill(&pending);
        }
        Ok(())
    }

    fn fill(&mut self, pending: &Pending<'s>) {
        let Pending { id, message, file, scope } = *pending;
        let origin = self.model.message(id).origin;
        let site = Site { origin, file, scope };
        let is_entry = message.map_entry().is_some();
        let mut fields: Vec<Field<'s>> = Vec::with_capacity(message.fields.len());
        for field in &message.fields {
            fields.push(self.field(site, id, Member::Field(field), None, is_entry));
        }
        for group in &message.groups {
            fields.push(self.field(site, id, Member::Group(group), None, is_entry));
        }
        for (index, oneof) in message.oneofs.iter().enumerate() {
            for field in &oneof.fields {
                fields.push(self.field(site, id, Member::Field(field), Some(index), false));
            }
            for group in &oneof.groups {
                fields.push(self.field(site, id, Member::Group(group), Some(index), false));
            }
        }
        let extensions = self.extensions.get(&self.model.message(id).full_name);
        for extension in extensions.cloned().unwrap_or_default() {
            fields.push(self.extension(id, extension));
        }
        self.finish(id, message, fields, is_entry);
    }

    fn finish(
        &mut self,
        id: MessageId,
        message: &'s source::Message,
        mut fields: Vec<Field<'s>>,
        is_entry: bool,
    ) {
        fields.sort_by_key(|field| field.number);
        let twice = fields.windows(2).find(|pair| pair[0].number == pair[1].number);
        let twice = twice.map(|pair| pair[0].number);
        let has_message_set = message.options.iter().any(|option| is_set(option, "message_set_wire_format"));
        let is_own = self.model.message(id).origin == Origin::This;
        let Some(target) = self.model.messages.get_mut(id.0 as usize) else { return };
        if let Some(number) = twice {
            target.unsupported.get_or_insert_with(|| format!("field number {number} is used twice"));
        }
        if has_message_set {
            target.unsupported.get_or_insert_with(|| "message_set_wire_format".to_owned());
        }
        target.is_map_entry = is_entry;
        target.oneofs = message
            .oneofs
            .iter()
            .map(|oneof| Oneof { name: &oneof.name, place: is_own.then_some(oneof.place) })
            .collect();
        target.reserved = message.reserved.iter().flat_map(|line| &line.values).collect();
        target.extension_ranges =
            message.extensions.iter().flat_map(|line| line.ranges.iter().copied()).collect();
        target.fields = fields;
    }

    fn resolved(&mut self, found: &Resolved) -> Option<Kind> {
        let file = self.schema.file_of(found.origin)?;
        let definitions = self.definitions.entry(found.origin).or_insert_with(|| {
            let mut by_name = HashMap::new();
            for (name, definition) in file.definitions() {
                by_name.entry(name).or_insert(definition);
            }
            by_name
        });
        match *definitions.get(&found.full_name)? {
            Definition::Message(message) => {
                let id = self.message_id(found.origin, file, &found.full_name, message);
                Some(Kind::Message(id, Encoding::LengthPrefixed))
            }
            Definition::Enum(definition) => {
                Some(Kind::Enum(self.enum_id(found.origin, file, &found.full_name, definition)))
            }
        }
    }

    /// The scope of a definition.
    fn scope(&self, origin: Origin, file: &File, full_name: &str) -> Scope {
        let names = self.names(origin);
        let local = without_package(file, full_name).split('.');
        local.fold(names.package_of(file), |scope, name| names.inside(scope, name))
    }

    /// The id of a message; a new one is filled in later.
    fn message_id(
        &mut self,
        origin: Origin,
        file: &'s File,
        full_name: &str,
        message: &'s source::Message,
    ) -> MessageId {
        let scope = self.scope(origin, file, full_name);
        let key = (matches!(origin, Origin::BuiltIn(_)), scope);
        if let Some(Kind::Message(id, _)) = self.types.get(&key) {
            return *id;
        }
        let id = MessageId(self.model.messages.len() as u32);
        let local = without_package(file, full_name);
        let place = (origin == Origin::This).then_some(message.place);
        let mut empty = empty_message(origin, full_name.to_owned(), local.replace('.', "/"), place);
        // Told before its fields are, because a field of it may come first.
        empty.is_map_entry = message.map_entry().is_some();
        self.model.messages.push(empty);
        self.types.entry(key).or_insert(Kind::Message(id, Encoding::LengthPrefixed));
        self.pending.push(Pending { id, message, file, scope });
        id
    }

    fn enum_id(
        &mut self,
        origin: Origin,
        file: &'s File,
        full_name: &str,
        definition: &'s source::Enum,
    ) -> EnumId {
        let key = (matches!(origin, Origin::BuiltIn(_)), self.scope(origin, file, full_name));
        if let Some(Kind::Enum(id)) = self.types.get(&key) {
            return *id;
        }
        let id = EnumId(self.model.enums.len() as u32);
        let is_own = origin == Origin::This;
        let constant = |constant: &'s source::Constant| Constant {
            name: &constant.name,
            number: constant.number,
            place: is_own.then_some(constant.place),
        };
        let mut by_number: HashMap<i32, Vec<usize>> = HashMap::with_capacity(definition.constants.len());
        for (index, constant) in definition.constants.iter().enumerate() {
            by_number.entry(constant.number).or_default().push(index);
        }
        self.model.enums.push(Enum {
            full_name: full_name.to_owned(),
            path: without_package(file, full_name).replace('.', "/"),
            origin,
            place: is_own.then_some(definition.place),
            is_closed: file.syntax != Some(Syntax::Proto3),
            constants: definition.constants.iter().map(constant).collect(),
            by_number,
        });
        self.types.entry(key).or_insert(Kind::Enum(id));
        id
    }
}

fn empty_message<'s>(origin: Origin, full_name: String, path: String, place: Option<Place>) -> Message<'s> {
    Message {
        full_name,
        path,
        origin,
        place,
        is_map_entry: false,
        oneofs: Vec::new(),
        reserved: Vec::new(),
        extension_ranges: Vec::new(),
        unsupported: None,
        fields: Vec::new(),
    }
}

fn without_package<'n>(file: &File, full_name: &'n str) -> &'n str {
    let package = file.package.as_deref().unwrap_or_default();
    match full_name.strip_prefix(package) {
        Some(rest) => rest.strip_prefix('.').unwrap_or(rest),
        None => full_name,
    }
}

fn is_set(option: &Setting, name: &str) -> bool {
    option.name.is_plain(name) && option.value == Value::Word("true".to_owned())
}
