//! Rules for Avro: types where they are defined in the text itself.

use super::case::{self, Case};
use super::rules;
use super::{Found, shown};
use crate::schema::avro::AvroSchema;
use crate::schema::avro::model::{Enum, Field, Kind, Model, Name, Primitive, Record, Source, Type, Use};
use crate::schema::{JsonText, Place};

pub(super) fn check(schema: &AvroSchema, text: &str, found: &mut Found<'_>) {
    let model = schema.model();
    let fields = model_fields(model);
    let common = case::of_most(fields.iter().map(|field| field.name.as_str()));
    let mut walk = Walk { model, text: JsonText::of(text), common, found };
    walk.used(model.root_use(), Source::Own, "");
}

/// The fields of the records that the text itself defines.
fn model_fields(model: &Model) -> Vec<&Field> {
    let mut found = Vec::new();
    let mut open = vec![model.root_use()];
    while let Some(used) = open.pop() {
        let of = model.get(used.id);
        if of.source != Source::Own || of.span != used.span {
            continue;
        }
        match &of.kind {
            Kind::Array(inner) | Kind::Map(inner) => open.push(*inner),
            Kind::Union(branches) => open.extend(branches),
            Kind::Record(record) => {
                found.extend(&record.fields);
                open.extend(record.fields.iter().map(|field| field.schema));
            }
            Kind::Primitive(_) | Kind::Enum(_) | Kind::Fixed(_) => {}
        }
    }
    found
}

struct Walk<'a, 'f, 's> {
    model: &'a Model,
    text: JsonText<'a>,
    common: Option<Case>,
    found: &'f mut Found<'s>,
}

impl<'a> Walk<'a, '_, '_> {
    /// A type where it is used; a name of a type that is defined elsewhere says nothing. As deep as the text
    /// nests, which is bounded.
    fn used(&mut self, used: Use, around: Source, pointer: &str) {
        let of = self.model.get(used.id);
        let is_defined_here = around == Source::Own && of.source == Source::Own && of.span == used.span;
        if !is_defined_here {
            return;
        }
        match &of.kind {
            Kind::Primitive(_) => {}
            Kind::Array(inner) => self.used(*inner, of.source, &format!("{pointer}/items")),
            Kind::Map(inner) => self.used(*inner, of.source, &format!("{pointer}/values")),
            Kind::Union(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    self.used(*branch, of.source, &format!("{pointer}/{index}"));
                }
            }
            Kind::Record(record) => {
                self.named(of, &record.name, pointer);
                self.record(of, record, pointer);
            }
            Kind::Enum(symbols) => {
                self.named(of, &symbols.name, pointer);
                self.symbols(of, symbols, pointer);
            }
            Kind::Fixed(fixed) => self.named(of, &fixed.name, pointer),
        }
    }

    fn key(&self, of: &Type, key: &str) -> Option<Place> {
        Some(self.text.place_of_key(of.span.start, key))
    }

    fn named(&mut self, of: &'a Type, name: &Name, pointer: &str) {
        let word = of.kind.word();
        let simple = shown(name.simple());
        if !case::is_pascal(name.simple()) {
            let (message, at) = (format!("the {word} {simple} is not PascalCase"), self.key(of, "name"));
            self.found.add(&rules::AVRO_TYPE_NAME_CASE, message, format!("{pointer}/name"), at);
        }
        // Types within share the namespace of the outermost one, and with it the fault.
        if name.namespace().is_none() && pointer.is_empty() {
            let (message, at) = (format!("the {word} {simple} is in no namespace"), self.key(of, "name"));
            self.found.add(&rules::AVRO_NAMESPACE_MISSING, message, pointer.to_owned(), at);
        }
        if of.doc().is_none_or(|doc| doc.trim().is_empty()) {
            let (message, at) = (format!("the {word} {simple} has no `doc`"), self.key(of, "name"));
            self.found.add(&rules::AVRO_DOC_MISSING, message, pointer.to_owned(), at);
        }
    }

    fn symbols(&mut self, of: &'a Type, symbols: &Enum, pointer: &str) {
        if symbols.default.is_none() {
            let message = format!("the enum {} has no default", shown(symbols.name.simple()));
            let at = self.key(of, "symbols");
            self.found.add(&rules::AVRO_ENUM_DEFAULT_MISSING, message, pointer.to_owned(), at);
        }
        for (index, symbol) in symbols.symbols.iter().enumerate().filter(|(_, it)| !case::is_upper_snake(it))
        {
            let message = format!("the symbol {} is not UPPER_SNAKE_CASE", shown(symbol));
            let at = Some(self.text.place_of_element(of.span.start, "symbols", index));
            self.found.add(&rules::AVRO_SYMBOL_CASE, message, format!("{pointer}/symbols/{index}"), at);
        }
    }

    fn record(&mut self, of: &'a Type, record: &'a Record, pointer: &str) {
        for (index, field) in record.fields.iter().enumerate() {
            let at = format!("{pointer}/fields/{index}");
            self.field(field, record, &at);
            self.used(field.schema, of.source, &format!("{at}/type"));
        }
    }

    fn field(&mut self, field: &Field, record: &Record, pointer: &str) {
        let what = format!("the field {} of {}", shown(&field.name), shown(record.name.simple()));
        let key = |walk: &Self, key: &str| Some(walk.text.place_of_key(field.span.start, key));
        if let Some(fault) = case::fault(&field.name, self.common) {
            let at = key(self, "name");
            self.found.add(
                &rules::AVRO_FIELD_NAME_CASE,
                format!("{what} {fault}"),
                format!("{pointer}/name"),
                at,
            );
        }
        if field.doc.as_ref().is_none_or(|doc| doc.trim().is_empty()) {
            let at = key(self, "name");
            self.found.add(&rules::AVRO_DOC_MISSING, format!("{what} has no `doc`"), pointer.to_owned(), at);
        }
        if field.default.is_none() {
            let at = key(self, "name");
            let message = format!("{what} has no default");
            self.found.add(&rules::AVRO_FIELD_DEFAULT_MISSING, message, pointer.to_owned(), at);
        }
        let Kind::Union(branches) = &self.model.get(field.schema.id).kind else { return };
        let is_null =
            |branch: &Use| matches!(self.model.get(branch.id).kind, Kind::Primitive(Primitive::Null));
        let default_is_null = field.default.as_ref().is_some_and(|default| default.kind() == "null");
        let is_wise = branches.first().is_some_and(is_null) && default_is_null;
        if branches.iter().any(is_null) && !is_wise {
            let at = key(self, "type");
            let message = format!("{what} may be null, and null is not its first branch and its default");
            self.found.add(&rules::AVRO_OPTIONAL_DEFAULT_NOT_NULL, message, format!("{pointer}/type"), at);
        }
    }
}
