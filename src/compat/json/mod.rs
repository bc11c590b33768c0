//! JSON Schema: is every document that the writer's schema accepts accepted by the reader's?

pub(super) mod rules;
