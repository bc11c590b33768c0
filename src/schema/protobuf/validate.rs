//! Does the schema hold together?

use super::compile::{self, ROOT};
use super::model::{Extend, Field, FieldType, File, Message, TypeDef};
use super::names::{Names, Scope};
use crate::schema::{ParseError, Place};

/// Every type that a field, method or `extend` block names must be known.
pub(super) fn resolve_all(file: &File, names: &Names) -> Result<(), ParseError> {
    let scope = names.package();
    check_types(&file.types, names, scope)?;
    check_extends(&file.extends, names, scope)?;
    for rpc in file.services.iter().flat_map(|service| &service.rpcs) {
        check_name(&rpc.request.name, rpc.request.place, names, scope)?;
        check_name(&rpc.response.name, rpc.response.place, names, scope)?;
    }
    Ok(())
}

fn check_types(types: &[TypeDef], names: &Names, scope: Scope) -> Result<(), ParseError> {
    types.iter().try_for_each(|definition| match definition {
        TypeDef::Message(message) => check_message(message, names, scope),
        TypeDef::Enum(_) => Ok(()),
    })
}

fn check_message(message: &Message, names: &Names, scope: Scope) -> Result<(), ParseError> {
    let scope = names.inside(scope, &message.name);
    check_fields(message.all_fields(), names, scope)?;
    let own = message.groups.iter().chain(message.oneofs.iter().flat_map(|oneof| &oneof.groups));
    own.into_iter().try_for_each(|group| check_message(&group.message, names, scope))?;
    check_extends(&message.extends, names, scope)?;
    check_types(&message.types, names, scope)
}

fn check_extends(extends: &[Extend], names: &Names, scope: Scope) -> Result<(), ParseError> {
    extends.iter().try_for_each(|extend| {
        check_name(&extend.target, extend.place, names, scope)?;
        check_fields(extend.fields.iter(), names, scope)?;
        extend.groups.iter().try_for_each(|group| check_message(&group.message, names, scope))
    })
}

fn check_fields<'f>(
    mut fields: impl Iterator<Item = &'f Field>,
    names: &Names,
    scope: Scope,
) -> Result<(), ParseError> {
    fields.try_for_each(|field| {
        let named = match &field.kind {
            FieldType::Map(_, value) => value,
            other => other,
        };
        match named {
            FieldType::Named(name) => check_name(name, field.type_place, names, scope),
            _ => Ok(()),
        }
    })
}

fn check_name(name: &str, place: Place, names: &Names, scope: Scope) -> Result<(), ParseError> {
    match names.resolve_type(scope, name) {
        Some(_) => Ok(()),
        None => Err(ParseError::validate(format!("Could not resolve type: {name}"), Some(place))),
    }
}

/// The descriptor of `text` must be sound: numbers, names, imports, options. `written` is what the
/// author wrote; the place is looked up there.
pub(super) fn check_descriptor(
    text: &str,
    written: Option<&str>,
    dependencies: &[(String, String)],
) -> Result<(), ParseError> {
    let Err(error) = compile::compile(text, dependencies) else { return Ok(()) };
    let message = error.to_string();
    let place = written
        .and_then(|written| compile::located_error(written, dependencies))
        .filter(|same| same.to_string() == message)
        .and_then(|same| place_of(&same));
    let message = match place {
        Some(place) => format!("{}:{}: {message}", place.line, place.column),
        None => message,
    };
    Err(ParseError::validate(message, place))
}

/// The compiler shows a place in its debug output only: `file:line:column: message`.
fn place_of(error: &protox::Error) -> Option<Place> {
    let shown = format!("{error:?}");
    shown.lines().next().and_then(|line| line.strip_prefix(ROOT)).and_then(read_place)
}

fn read_place(after_name: &str) -> Option<Place> {
    let mut numbers = after_name.trim_start_matches(':').split(':');
    let line = numbers.next()?.parse().ok()?;
    let column = numbers.next()?.parse().ok()?;
    Some(Place { line, column })
}
