//! All definitions of a file by full name.

use super::{Enum, Extend, File, Message, TypeDef};
use crate::schema::Place;

/// A type that a file defines.
#[derive(Debug, Clone, Copy)]
pub enum Definition<'f> {
    /// A message, or the body of a group.
    Message(&'f Message),
    /// An enum.
    Enum(&'f Enum),
}

impl File {
    /// Where the file says its package; else where it begins to say anything.
    pub fn place_of_package(&self) -> Option<Place> {
        self.package_place.or_else(|| self.place())
    }

    /// Where the file says its syntax; else where it begins to say anything.
    pub fn place_of_syntax(&self) -> Option<Place> {
        self.syntax_place.or_else(|| self.place())
    }

    /// Where the file begins to say anything; `None` when it is empty. What it lacks is shown there.
    pub fn place(&self) -> Option<Place> {
        let types = self.types.iter().map(|definition| match definition {
            TypeDef::Message(message) => message.place,
            TypeDef::Enum(definition) => definition.place,
        });
        let imports = self.imports.iter().map(|import| import.place);
        let extends = self.extends.iter().map(|extend| extend.place);
        let services = self.services.iter().map(|service| service.place);
        let lines = self.syntax_place.into_iter().chain(self.package_place);
        lines.chain(imports).chain(types).chain(extends).chain(services).min()
    }

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
