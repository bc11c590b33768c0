//! The kinds of change, in the order of the documentation.

use super::change::{Concern, Kind};

const fn meaning(id: &'static str, summary: &'static str) -> Kind {
    Kind { id, summary, concern: Concern::Meaning }
}

pub(super) static FORMAT_CHANGED: Kind =
    meaning("format-changed", "The schema is written in another language.");
pub(super) static CONSEQUENCE: Kind =
    meaning("consequence", "Something does not go together because of a change elsewhere, or of several.");
pub(super) static FIELD_ADDED: Kind = meaning("field-added", "A field is new.");
pub(super) static FIELD_REMOVED: Kind = meaning("field-removed", "A field is gone.");
pub(super) static FIELD_RENAMED: Kind = meaning("field-renamed", "A field has another name.");
pub(super) static FIELD_NUMBER_CHANGED: Kind = meaning("field-number-changed", "A field has another number.");
pub(super) static FIELDS_REORDERED: Kind = meaning(
    "fields-reordered",
    "The fields of a record stand in another order, in which its binary data stands too.",
);
pub(super) static FIELD_MOVED: Kind =
    meaning("field-moved", "A field went into a oneof, out of one, or from one to another.");
pub(super) static TYPE_CHANGED: Kind = meaning("type-changed", "Something has another type.");
pub(super) static TYPE_WIDENED: Kind = meaning("type-widened", "Something may be of more types than before.");
pub(super) static TYPE_NARROWED: Kind =
    meaning("type-narrowed", "Something may be of fewer types than before.");
pub(super) static LOGICAL_TYPE_CHANGED: Kind =
    meaning("logical-type-changed", "A logical type or its parameters were added, removed or changed.");
pub(super) static MADE_OPTIONAL: Kind =
    meaning("made-optional", "Something may be absent, or null, that had to be there.");
pub(super) static MADE_REQUIRED: Kind =
    meaning("made-required", "Something must be there that could be absent, or null.");
pub(super) static LABEL_CHANGED: Kind =
    meaning("label-changed", "A field occurs at another number of times, or tracks its presence otherwise.");
pub(super) static DEFAULT_ADDED: Kind =
    meaning("default-added", "Something has a default value that had none.");
pub(super) static DEFAULT_REMOVED: Kind = meaning("default-removed", "Something has lost its default value.");
pub(super) static DEFAULT_CHANGED: Kind = meaning("default-changed", "Something has another default value.");
pub(super) static SORT_ORDER_CHANGED: Kind =
    meaning("sort-order-changed", "A field takes part in sorting in another way.");
pub(super) static NAME_CHANGED: Kind = meaning("name-changed", "A type has another name.");
pub(super) static NAMESPACE_CHANGED: Kind = meaning("namespace-changed", "A type is in another namespace.");
pub(super) static ALIAS_ADDED: Kind = meaning("alias-added", "Something goes by one more name.");
pub(super) static ALIAS_REMOVED: Kind =
    meaning("alias-removed", "Something no longer goes by a further name.");
pub(super) static SIZE_CHANGED: Kind = meaning("size-changed", "A fixed has another number of bytes.");
pub(super) static SYMBOL_ADDED: Kind = meaning("symbol-added", "An enum has a new symbol.");
pub(super) static SYMBOL_REMOVED: Kind = meaning("symbol-removed", "A symbol of an enum is gone.");
pub(super) static SYMBOLS_REORDERED: Kind = meaning(
    "symbols-reordered",
    "The symbols of an enum stand in another order, which sorting and binary data follow.",
);
pub(super) static BRANCH_ADDED: Kind = meaning("branch-added", "A union or a composition has a new branch.");
pub(super) static BRANCH_REMOVED: Kind =
    meaning("branch-removed", "A branch of a union or a composition is gone.");
pub(super) static BRANCHES_REORDERED: Kind = meaning(
    "branches-reordered",
    "The branches of a union stand in another order, by which binary data counts them.",
);
pub(super) static ATTRIBUTE_ADDED: Kind =
    meaning("attribute-added", "There is a new attribute that the language gives no meaning to.");
pub(super) static ATTRIBUTE_REMOVED: Kind =
    meaning("attribute-removed", "An attribute that the language gives no meaning to is gone.");
pub(super) static ATTRIBUTE_CHANGED: Kind =
    meaning("attribute-changed", "An attribute that the language gives no meaning to has another value.");
pub(super) static MESSAGE_ADDED: Kind = meaning("message-added", "A message is new.");
pub(super) static MESSAGE_REMOVED: Kind = meaning("message-removed", "A message is gone.");
pub(super) static MESSAGE_RENAMED: Kind =
    meaning("message-renamed", "A message of the same fields has another name.");
pub(super) static MESSAGES_REORDERED: Kind = meaning(
    "messages-reordered",
    "Messages stand in another order, by which registries' serializers number them.",
);
pub(super) static ENUM_ADDED: Kind = meaning("enum-added", "An enum is new.");
pub(super) static ENUM_REMOVED: Kind = meaning("enum-removed", "An enum is gone.");
pub(super) static VALUE_ADDED: Kind = meaning("value-added", "An enum has a new value.");
pub(super) static VALUE_REMOVED: Kind = meaning("value-removed", "A value of an enum is gone.");
pub(super) static VALUE_RENAMED: Kind = meaning("value-renamed", "A number of an enum has another name.");
pub(super) static VALUE_NUMBER_CHANGED: Kind =
    meaning("value-number-changed", "A value of an enum has another number.");
pub(super) static JSON_NAME_CHANGED: Kind = meaning("json-name-changed", "A field has another name in JSON.");
pub(super) static ONEOF_ADDED: Kind = meaning("oneof-added", "A oneof is new.");
pub(super) static ONEOF_REMOVED: Kind = meaning("oneof-removed", "A oneof is gone.");
pub(super) static RESERVATION_ADDED: Kind = meaning("reservation-added", "A number or a name was reserved.");
pub(super) static RESERVATION_REMOVED: Kind =
    meaning("reservation-removed", "A number or a name is no longer reserved.");
pub(super) static EXTENSION_RANGE_ADDED: Kind =
    meaning("extension-range-added", "Numbers were opened for extensions.");
pub(super) static EXTENSION_RANGE_REMOVED: Kind =
    meaning("extension-range-removed", "Numbers are no longer open for extensions.");
pub(super) static OPTION_ADDED: Kind = meaning("option-added", "An option is set that was not.");
pub(super) static OPTION_REMOVED: Kind = meaning("option-removed", "An option is no longer set.");
pub(super) static OPTION_CHANGED: Kind = meaning("option-changed", "An option has another value.");
pub(super) static IMPORT_ADDED: Kind = meaning("import-added", "A file is imported that was not.");
pub(super) static IMPORT_REMOVED: Kind = meaning("import-removed", "A file is no longer imported.");
pub(super) static IMPORT_CHANGED: Kind = meaning("import-changed", "A file is imported in another way.");
pub(super) static PACKAGE_CHANGED: Kind = meaning("package-changed", "The file is in another package.");
pub(super) static SYNTAX_CHANGED: Kind =
    meaning("syntax-changed", "The file is written in another version of the language.");
pub(super) static SERVICE_ADDED: Kind = meaning("service-added", "A service is new.");
pub(super) static SERVICE_REMOVED: Kind = meaning("service-removed", "A service is gone.");
pub(super) static METHOD_ADDED: Kind = meaning("method-added", "A method of a service is new.");
pub(super) static METHOD_REMOVED: Kind = meaning("method-removed", "A method of a service is gone.");
pub(super) static METHOD_CHANGED: Kind =
    meaning("method-changed", "A method takes or answers something else.");
pub(super) static PROPERTY_ADDED: Kind = meaning("property-added", "An object has a new property.");
pub(super) static PROPERTY_REMOVED: Kind = meaning("property-removed", "A property is no longer described.");
pub(super) static REQUIRED_ADDED: Kind =
    meaning("required-added", "A property must be there that could be left out.");
pub(super) static REQUIRED_REMOVED: Kind =
    meaning("required-removed", "A property may be left out that had to be there.");
pub(super) static PROPERTIES_OPENED: Kind =
    meaning("properties-opened", "Properties that are not described are allowed.");
pub(super) static PROPERTIES_CLOSED: Kind =
    meaning("properties-closed", "Properties that are not described are no longer allowed.");
pub(super) static CONSTRAINT_ADDED: Kind = meaning("constraint-added", "Values are limited in a new way.");
pub(super) static CONSTRAINT_REMOVED: Kind = meaning("constraint-removed", "A limit on values is gone.");
pub(super) static CONSTRAINT_TIGHTENED: Kind =
    meaning("constraint-tightened", "A limit on values is narrower.");
pub(super) static CONSTRAINT_LOOSENED: Kind = meaning("constraint-loosened", "A limit on values is wider.");
pub(super) static CONSTRAINT_CHANGED: Kind =
    meaning("constraint-changed", "A limit on values is another one.");
pub(super) static SUBSCHEMA_ADDED: Kind = meaning("subschema-added", "A keyword that holds a schema is new.");
pub(super) static SUBSCHEMA_REMOVED: Kind =
    meaning("subschema-removed", "A keyword that held a schema is gone.");
pub(super) static DEFINITION_ADDED: Kind = meaning("definition-added", "A definition is new.");
pub(super) static DEFINITION_REMOVED: Kind = meaning("definition-removed", "A definition is gone.");
pub(super) static REFERENCE_CHANGED: Kind =
    meaning("reference-changed", "A reference leads elsewhere, or a schema is written out in its place.");
pub(super) static DRAFT_CHANGED: Kind =
    meaning("draft-changed", "The schema is written in another draft of the language.");
pub(super) static IDENTIFIER_CHANGED: Kind =
    meaning("identifier-changed", "A schema has another URI or anchor.");
pub(super) static KEYWORD_ADDED: Kind =
    meaning("keyword-added", "There is a new keyword that the language gives no meaning to.");
pub(super) static KEYWORD_REMOVED: Kind =
    meaning("keyword-removed", "A keyword that the language gives no meaning to is gone.");
pub(super) static KEYWORD_CHANGED: Kind =
    meaning("keyword-changed", "A keyword that the language gives no meaning to has another value.");
pub(super) static REFERENCED_TEXT_ADDED: Kind =
    meaning("referenced-text-added", "A text that the schema refers to is new.");
pub(super) static REFERENCED_TEXT_REMOVED: Kind =
    meaning("referenced-text-removed", "The schema no longer refers to a text.");
pub(super) static DOC_CHANGED: Kind = Kind {
    id: "doc-changed",
    summary: "What is told to people was added, removed or changed.",
    concern: Concern::Documentation,
};

static ALL: &[&Kind] = &[
    &FORMAT_CHANGED,
    &CONSEQUENCE,
    &FIELD_ADDED,
    &FIELD_REMOVED,
    &FIELD_RENAMED,
    &FIELD_NUMBER_CHANGED,
    &FIELDS_REORDERED,
    &FIELD_MOVED,
    &TYPE_CHANGED,
    &TYPE_WIDENED,
    &TYPE_NARROWED,
    &LOGICAL_TYPE_CHANGED,
    &MADE_OPTIONAL,
    &MADE_REQUIRED,
    &LABEL_CHANGED,
    &DEFAULT_ADDED,
    &DEFAULT_REMOVED,
    &DEFAULT_CHANGED,
    &SORT_ORDER_CHANGED,
    &NAME_CHANGED,
    &NAMESPACE_CHANGED,
    &ALIAS_ADDED,
    &ALIAS_REMOVED,
    &SIZE_CHANGED,
    &SYMBOL_ADDED,
    &SYMBOL_REMOVED,
    &SYMBOLS_REORDERED,
    &BRANCH_ADDED,
    &BRANCH_REMOVED,
    &BRANCHES_REORDERED,
    &ATTRIBUTE_ADDED,
    &ATTRIBUTE_REMOVED,
    &ATTRIBUTE_CHANGED,
    &MESSAGE_ADDED,
    &MESSAGE_REMOVED,
    &MESSAGE_RENAMED,
    &MESSAGES_REORDERED,
    &ENUM_ADDED,
    &ENUM_REMOVED,
    &VALUE_ADDED,
    &VALUE_REMOVED,
    &VALUE_RENAMED,
    &VALUE_NUMBER_CHANGED,
    &JSON_NAME_CHANGED,
    &ONEOF_ADDED,
    &ONEOF_REMOVED,
    &RESERVATION_ADDED,
    &RESERVATION_REMOVED,
    &EXTENSION_RANGE_ADDED,
    &EXTENSION_RANGE_REMOVED,
    &OPTION_ADDED,
    &OPTION_REMOVED,
    &OPTION_CHANGED,
    &IMPORT_ADDED,
    &IMPORT_REMOVED,
    &IMPORT_CHANGED,
    &PACKAGE_CHANGED,
    &SYNTAX_CHANGED,
    &SERVICE_ADDED,
    &SERVICE_REMOVED,
    &METHOD_ADDED,
    &METHOD_REMOVED,
    &METHOD_CHANGED,
    &PROPERTY_ADDED,
    &PROPERTY_REMOVED,
    &REQUIRED_ADDED,
    &REQUIRED_REMOVED,
    &PROPERTIES_OPENED,
    &PROPERTIES_CLOSED,
    &CONSTRAINT_ADDED,
    &CONSTRAINT_REMOVED,
    &CONSTRAINT_TIGHTENED,
    &CONSTRAINT_LOOSENED,
    &CONSTRAINT_CHANGED,
    &SUBSCHEMA_ADDED,
    &SUBSCHEMA_REMOVED,
    &DEFINITION_ADDED,
    &DEFINITION_REMOVED,
    &REFERENCE_CHANGED,
    &DRAFT_CHANGED,
    &IDENTIFIER_CHANGED,
    &KEYWORD_ADDED,
    &KEYWORD_REMOVED,
    &KEYWORD_CHANGED,
    &REFERENCED_TEXT_ADDED,
    &REFERENCED_TEXT_REMOVED,
    &DOC_CHANGED,
];

/// Every kind of change.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    ALL.iter().copied()
}

/// The kind of this id.
pub fn find(id: &str) -> Option<&'static Kind> {
    all().find(|kind| kind.id == id)
}
