//! All definitions of a file by full name.

use super::{Enum, Extend, File, Message, TypeDef};

/// A type that a file defines.
#[derive(Debug, Clone, Copy)]
pub enum Definition<'f> {
    /// A message, or the body of a group.
    Message(&'f Message),
    /// An enum.
    Enum(&'f Enum),
}

impl File {
    /// Every message and enum with its full name (no leading dot), outer before inner, the bodies
    /// of groups included.
    pub fn definitions(&self) -> Vec<(String, Definition<'_>)> {
        let prefix = self.package.as_ref().map_or(String::new(), |package| format!("{package}."));
        let mut found = Vec::new();
        add_types(&prefix, &self.types, &mut found);
        add_extends(&prefix, &self.extends, &mut found);
        found
    }
}

fn add_types<'f>(prefix: &str, types: &'f [TypeDef], found: &mut Vec<(String, Definition<'f>)>) {
    for definition in types {
        match definition {
            TypeDef::Message(message) => add_message(prefix, message, found),
            TypeDef::Enum(definition) => {
                found.push((format!("{prefix}{}", definition.name), Definition::Enum(definition)));
            }
        }
    }
}

fn add_message<'f>(prefix: &str, message: &'f Message, found: &mut Vec<(String, Definition<'f>)>) {
    let name = format!("{prefix}{}", message.name);
    let prefix = format!("{name}.");
    found.push((name, Definition::Message(message)));
    message.all_groups().for_each(|group| add_message(&prefix, &group.message, found));
    add_types(&prefix, &message.types, found);
}

fn add_extends<'f>(prefix: &str, extends: &'f [Extend], found: &mut Vec<(String, Definition<'f>)>) {
    let groups = extends.iter().flat_map(|extend| &extend.groups);
    groups.for_each(|group| add_message(prefix, &group.message, found));
}
