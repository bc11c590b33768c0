//! A [`Model`] as a conformant decoder wants it: linked descriptors.
//!
//! They are made of what the schema means, not by a compiler, because schemas are accepted that no
//! compiler takes, and the data of their other fields is to be judged all the same. Everything is laid
//! out so that only what decoding rests on can be refused: messages stand side by side under their full
//! names, each enum in a package of its own, and nothing is reserved. What no descriptor can hold is
//! left out, so that data with it counts as unknown.

mod fields;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use buffa_descriptor::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, MessageOptions, OneofDescriptorProto, descriptor_proto::ExtensionRange,
};
use buffa_descriptor::{DescriptorPool, MessageIndex};

use super::{EnumId, Field, MessageId, Model};
use crate::schema::protobuf::model::MAX_FIELD_NUMBER;

/// Longer names are replaced: descriptors bound them, together with what is put behind them.
const MAX_NAME: usize = 384;

/// The linked descriptors of a schema and of whatever it reaches.
#[derive(Debug)]
pub(in crate::compat) struct Descriptors {
    /// As the schema says.
    pub(in crate::compat) full: Arc<DescriptorPool>,
    /// The same, with maps as what they are on the wire: repeated messages of a key and a value.
    pub(in crate::compat) without_maps: Arc<DescriptorPool>,
    /// The first thing that no descriptor can hold: what, and where.
    pub(in crate::compat) left_out: Option<(String, String)>,
    /// What messages are called in the pools: by their full names, but where that is taken or too long.
    names: Vec<String>,
    by_name: HashMap<String, MessageId>,
}

impl Model<'_> {
    /// The message with that full name, wherever it is defined.
    pub(in crate::compat) fn message_named(&self, full_name: &str) -> Option<MessageId> {
        let name = |id: &MessageId| self.message(*id).full_name.as_str();
        let sorted = self.by_name.get_or_init(|| {
            let mut all: Vec<MessageId> = self.messages().map(|(id, _)| id).collect();
            all.sort_by(|left, right| name(left).cmp(name(right)));
            all
        });
        let first = sorted.partition_point(|id| name(id) < full_name);
        sorted.get(first).copied().filter(|id| name(id) == full_name)
    }

    /// Does the schema's own file, or one that it may import, define something of that full name?
    pub(in crate::compat) fn is_defined(&self, full_name: &str) -> bool {
        self.names.resolve_type(self.names.package(), &format!(".{full_name}")).is_some()
    }

    /// What decodes its messages.
    ///
    /// # Errors
    /// Why nothing can, in words.
    pub(in crate::compat) fn descriptors(&self) -> Result<&Descriptors, &str> {
        self.descriptors.get_or_init(|| Descriptors::of(self)).as_ref().map_err(String::as_str)
    }
}

impl Descriptors {
    /// # Errors
    /// Why there are none, in words.
    pub(super) fn of(model: &Model<'_>) -> Result<Descriptors, String> {
        let layout = Layout::of(model);
        let mut writer = Writer { model, layout: &layout, left_out: None };
        let mut set = writer.set();
        let left_out = writer.left_out;
        let link = |set| DescriptorPool::new(set).map(Arc::new).map_err(|error| error.to_string());
        let full = link(set.clone())?;
        let has_maps = layout.within.iter().any(Option::is_some);
        let without_maps = if has_maps {
            set.file.iter_mut().for_each(forget_maps);
            link(set)?
        } else {
            Arc::clone(&full)
        };
        let Layout { names, .. } = layout;
        let by_name = (0..).map(MessageId).zip(&names).map(|(id, name)| (name.clone(), id)).collect();
        Ok(Descriptors { full, without_maps, left_out, names, by_name })
    }

    /// The message in one of the pools, which call it alike.
    pub(in crate::compat) fn index(&self, pool: &DescriptorPool, id: MessageId) -> Option<MessageIndex> {
        pool.message_index(self.names.get(id.index())?)
    }

    /// The message that is called so in the pools.
    pub(in crate::compat) fn message(&self, name: &str) -> Option<MessageId> {
        self.by_name.get(name).copied()
    }
}

/// Entries of maps stand in the messages that have the maps, and nothing else is nested.
fn forget_maps(file: &mut FileDescriptorProto) {
    for message in &mut file.message_type {
        message.nested_type.iter_mut().for_each(|entry| entry.options = MessageOptions::default().into());
    }
}

/// Where each message stands, and how it is called.
struct Layout {
    names: Vec<String>,
    /// The message in which the entry of a map stands.
    within: Vec<Option<MessageId>>,
}

impl Layout {
    fn of(model: &Model<'_>) -> Layout {
        let within = Layout::homes(model);
        let mut used: HashSet<String> = HashSet::new();
        let mut names = vec![String::new(); within.len()];
        for (id, message) in model.messages().filter(|(id, _)| within[id.index()].is_none()) {
            let is_free = message.full_name.len() <= MAX_NAME && used.insert(message.full_name.clone());
            // No name that can be written holds such a character.
            names[id.index()] = if is_free { message.full_name.clone() } else { format!("#{}", id.index()) };
        }
        for (id, message) in model.messages() {
            let Some(around) = within[id.index()] else { continue };
            let simple = message.full_name.rsplit_once('.').map_or("", |(_, simple)| simple);
            let name = format!("{}.{simple}", names[around.index()]);
            let is_free = name.len() <= MAX_NAME && used.insert(name.clone());
            names[id.index()] =
                if is_free { name } else { format!("{}.#{}", names[around.index()], id.index()) };
        }
        Layout { names, within }
    }

    /// A map is one only if its entry stands in the message that has it.
    fn homes(model: &Model<'_>) -> Vec<Option<MessageId>> {
        let mut within = vec![None; model.messages().count()];
        for (id, message) in model.messages().filter(|(_, message)| !message.is_map_entry) {
            for field in message.fields().iter().filter(|field| field.extension.is_none()) {
                let Some(entry) = model.map_entry(field) else { continue };
                let definition = model.message(entry);
                let around = definition.full_name.rsplit_once('.').map(|(around, _)| around);
                let is_in_it =
                    around == Some(message.full_name.as_str()) && definition.origin == message.origin;
                if is_in_it && fields::is_entry(model, entry) {
                    within[entry.index()].get_or_insert(id);
                }
            }
        }
        within
    }

    fn simple_name(&self, id: MessageId) -> &str {
        let name = &self.names[id.index()];
        match self.within[id.index()] {
            Some(around) => &name[self.names[around.index()].len() + 1..],
            None => name,
        }
    }
}

struct Writer<'a> {
    model: &'a Model<'a>,
    layout: &'a Layout,
    left_out: Option<(String, String)>,
}

impl Writer<'_> {
    /// A file of messages, one for each enum and one for each extension.
    fn set(&mut self) -> FileDescriptorSet {
        let mut messages: Vec<Option<DescriptorProto>> = Vec::new();
        let mut files = Vec::new();
        let mut taken: HashSet<String> = self.layout.names.iter().cloned().collect();
        for (id, message) in self.model.messages() {
            messages.push(Some(self.message(id)));
            for field in message.fields().iter().filter(|field| field.extension.is_some()) {
                if self.can_hold(id, field) {
                    files.push(self.extension(id, field, files.len(), &mut taken));
                }
            }
        }
        for (index, around) in self.layout.within.iter().enumerate() {
            let Some(around) = around else { continue };
            if let Some(entry) = messages[index].take()
                && let Some(message) = &mut messages[around.index()]
            {
                message.nested_type.push(entry);
            }
        }
        files.push(FileDescriptorProto {
            name: Some("messages".to_owned()),
            message_type: messages.into_iter().flatten().collect(),
            ..FileDescriptorProto::default()
        });
        files.extend((0..).map(EnumId).zip(&self.model.enums).map(|(id, _)| enumeration(self.model, id)));
        FileDescriptorSet { file: files, ..FileDescriptorSet::default() }
    }

    fn message(&mut self, id: MessageId) -> DescriptorProto {
        let message = self.model.message(id);
        let mut proto = DescriptorProto {
            name: Some(self.layout.simple_name(id).to_owned()),
            ..DescriptorProto::default()
        };
        let mut names: HashSet<&str> = HashSet::new();
        for field in message.fields().iter().filter(|field| field.extension.is_none()) {
            if !self.can_hold(id, field) {
                continue;
            }
            let mut declared = self.field(field);
            if !names.insert(&field.name) {
                declared.name = Some(format!("{}#{}", field.name, field.number));
            }
            declared.json_name = Some(field.json_name().into_owned());
            declared.oneof_index = field.oneof.and_then(|oneof| i32::try_from(oneof).ok());
            proto.field.push(declared);
        }
        let oneof = |name: &str| OneofDescriptorProto {
            name: Some(name.to_owned()),
            ..OneofDescriptorProto::default()
        };
        proto.oneof_decl = message.oneofs.iter().map(|written| oneof(written.name)).collect();
        if message.fields().iter().any(|field| field.extension.is_some()) {
            let (start, end) = (Some(1), Some(MAX_FIELD_NUMBER + 1));
            proto.extension_range.push(ExtensionRange { start, end, ..ExtensionRange::default() });
        }
        proto.options = MessageOptions {
            map_entry: self.layout.within[id.index()].map(|_| true),
            // Two fields may have one name in JSON.
            deprecated_legacy_json_field_conflicts: Some(true),
            ..MessageOptions::default()
        }
        .into();
        proto
    }

    /// Its scope is the package of the file.
    fn extension(
        &self,
        extended: MessageId,
        field: &Field<'_>,
        index: usize,
        taken: &mut HashSet<String>,
    ) -> FileDescriptorProto {
        let full_name = field.extension.as_deref().unwrap_or_default();
        let mut declared = self.field(field);
        declared.extendee = Some(format!(".{}", self.layout.names[extended.index()]));
        let mut package = full_name.rsplit_once('.').map(|(scope, _)| scope.to_owned());
        if full_name.len() > MAX_NAME || !taken.insert(full_name.to_owned()) {
            package = Some(format!("#extension{index}"));
        }
        FileDescriptorProto {
            name: Some(format!("extension{index}")),
            package,
            extension: vec![declared],
            ..FileDescriptorProto::default()
        }
    }

    /// Can a descriptor hold the field?
    fn can_hold(&mut self, id: MessageId, field: &Field<'_>) -> bool {
        let Some(obstacle) = fields::obstacle(self.model, &self.layout.within, id, field) else {
            return true;
        };
        let at = self.model.message(id).field_pointer(field.number);
        self.left_out.get_or_insert((obstacle, at));
        false
    }
}

/// Closed: fields of open ones say so themselves, and then the first constant need not be zero.
fn enumeration(model: &Model<'_>, id: EnumId) -> FileDescriptorProto {
    let definition = model.enumeration(id);
    let mut names: HashSet<&str> = HashSet::new();
    let mut value = Vec::with_capacity(definition.constants.len());
    for (index, constant) in definition.constants.iter().enumerate() {
        let is_free = names.insert(constant.name);
        let name = if is_free { constant.name.to_owned() } else { format!("{}#{index}", constant.name) };
        let number = Some(constant.number);
        value.push(EnumValueDescriptorProto {
            name: Some(name),
            number,
            ..EnumValueDescriptorProto::default()
        });
    }
    let (package, name) = fields::enum_name(model, id);
    let options = EnumOptions { allow_alias: Some(true), ..EnumOptions::default() };
    FileDescriptorProto {
        name: Some(format!("enum{}", id.0)),
        package: Some(package),
        enum_type: vec![EnumDescriptorProto {
            name: Some(name),
            value,
            options: options.into(),
            ..EnumDescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    }
}
