//! Parsed schemas of stored versions, kept in memory: to compare with a long history costs parsing it
//! once, not once a request.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::model::{Content, Format, Guid};
use crate::schema::{Dependency, Options, ParseError, Schema};

/// A parsed schema takes about this many times the bytes of its texts.
const TREE_TO_TEXT: u64 = 12;

/// Parsed schemas by content, bounded by an estimate of their memory.
pub(super) struct ParsedSchemas(Cache<(Guid, Format), Parsed, ByTexts>);

/// A schema and the texts it was parsed with: what a reference leads to may change.
#[derive(Clone)]
struct Parsed {
    dependencies: Arc<[Dependency]>,
    schema: Schema,
    text_bytes: u64,
}

impl ParsedSchemas {
    pub(super) fn new(bytes: u64) -> ParsedSchemas {
        let entries = usize::try_from(bytes / (2048 * TREE_TO_TEXT)).unwrap_or(usize::MAX).clamp(16, 1 << 14);
        ParsedSchemas(Cache::with_weighter(entries, bytes, ByTexts))
    }

    /// Parse a stored content, or remember having done so.
    ///
    /// # Errors
    /// When today's parser does not accept it; that is found out anew each time.
    pub(super) fn parse(
        &self,
        guid: Guid,
        content: &Content,
        dependencies: &Arc<[Dependency]>,
    ) -> Result<Schema, ParseError> {
        let key = (guid, content.format);
        if let Some(known) = self.0.get(&key)
            && (Arc::ptr_eq(&known.dependencies, dependencies) || known.dependencies == *dependencies)
        {
            return Ok(known.schema);
        }
        let schema = Schema::parse(content.format, &content.text, dependencies, Options::STORED)?;
        let texts = dependencies.iter().map(|dependency| dependency.text.len()).sum::<usize>();
        let text_bytes = (content.text.len() + texts) as u64;
        let parsed = Parsed { dependencies: Arc::clone(dependencies), schema: schema.clone(), text_bytes };
        self.0.insert(key, parsed);
        Ok(schema)
    }
}

#[derive(Clone)]
struct ByTexts;

impl Weighter<(Guid, Format), Parsed> for ByTexts {
    fn weight(&self, _: &(Guid, Format), parsed: &Parsed) -> u64 {
        // What an entry costs beside its tree: the map's slot and the structs.
        const OVERHEAD: u64 = 512;
        OVERHEAD + parsed.text_bytes * TREE_TO_TEXT
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::ParsedSchemas;
    use crate::model::{Content, Format};
    use crate::schema::{Dependency, Schema};

    #[test]
    fn a_schema_is_parsed_again_when_what_it_refers_to_is_another_text() {
        let content = Content {
            format: Format::Avro,
            text: r#"{"type":"record","name":"R","fields":[{"name":"a","type":"E"}]}"#.to_owned(),
            references: Vec::new(),
            metadata: None,
            rule_set: None,
        };
        let dependencies = |symbol: &str| -> Arc<[Dependency]> {
            let text = format!(r#"{{"type":"enum","name":"E","symbols":["{symbol}"]}}"#);
            Arc::from([Dependency { name: "E".to_owned(), origin: None, text }])
        };
        let cache = ParsedSchemas::new(1 << 20);
        let symbols = |dependencies: &Arc<[Dependency]>| match cache
            .parse(content.guid(), &content, dependencies)
            .expect("a schema")
        {
            Schema::Avro(schema) => schema.resolved(),
            _ => String::new(),
        };
        let first = dependencies("A");
        assert!(symbols(&first).contains(r#""A""#));
        assert!(symbols(&dependencies("B")).contains(r#""B""#));
        assert!(symbols(&first).contains(r#""A""#));
    }
}
