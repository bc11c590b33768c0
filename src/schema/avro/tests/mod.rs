//! The Avro floor as its callers see it.

mod generated;
mod hostile;
mod refused;
mod text;

use super::AvroSchema;
use crate::schema::{Dependency, Options};

fn dependencies(texts: &[&str]) -> Vec<Dependency> {
    let numbered = texts.iter().enumerate();
    numbered
        .map(|(index, text)| Dependency { name: format!("d{index}"), origin: None, text: (*text).to_owned() })
        .collect()
}

fn stored(text: &str, texts: &[&str]) -> AvroSchema {
    AvroSchema::parse(text, &dependencies(texts), Options::STORED).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// A record named `R` with one field named `f`, given the attributes of the field.
fn with_field(attributes: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{{"name":"f",{attributes}}}]}}"#)
}
