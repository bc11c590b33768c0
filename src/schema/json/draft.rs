//! The versions of the JSON Schema language.

use crate::schema::tree::Node;

/// A version of the JSON Schema language, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Draft {
    /// Draft-04.
    Four,
    /// Draft-06.
    Six,
    /// Draft-07, the one that is assumed when a document does not say.
    Seven,
    /// 2019-09.
    Year2019,
    /// 2020-12.
    Year2020,
}

impl Draft {
    /// The draft that a `$schema` URI names. Scheme (`http` or `https`) and an empty fragment do not
    /// matter.
    pub fn from_uri(uri: &str) -> Option<Draft> {
        let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
        let path = rest.strip_prefix("json-schema.org/")?;
        match path.strip_suffix('#').unwrap_or(path) {
            "draft-04/schema" => Some(Draft::Four),
            "draft-06/schema" => Some(Draft::Six),
            "draft-07/schema" => Some(Draft::Seven),
            "draft/2019-09/schema" => Some(Draft::Year2019),
            "draft/2020-12/schema" => Some(Draft::Year2020),
            _ => None,
        }
    }

    /// The draft of a document by its `$schema`; `assumed` when it has none, draft-07 when it names
    /// one that is not known, as Confluent Schema Registry does.
    pub(super) fn of_document(root: &Node, assumed: Draft) -> Draft {
        match root.get("$schema").and_then(Node::as_str) {
            Some(uri) => Draft::from_uri(uri).unwrap_or(Draft::Seven),
            None => assumed,
        }
    }

    /// The keyword that gives a schema its URI.
    pub fn id_keyword(self) -> &'static str {
        if self == Draft::Four { "id" } else { "$id" }
    }

    /// Up to draft-07 a `$ref` stands alone: the keywords beside it mean nothing.
    pub fn ref_hides_siblings(self) -> bool {
        self <= Draft::Seven
    }
}

#[cfg(test)]
mod tests {
    use super::Draft;

    #[test]
    fn schema_uris() {
        for (uri, draft) in [
            ("http://json-schema.org/draft-04/schema#", Some(Draft::Four)),
            ("https://json-schema.org/draft-06/schema", Some(Draft::Six)),
            ("http://json-schema.org/draft-07/schema", Some(Draft::Seven)),
            ("https://json-schema.org/draft/2019-09/schema#", Some(Draft::Year2019)),
            ("http://json-schema.org/draft/2020-12/schema", Some(Draft::Year2020)),
            ("http://json-schema.org/schema#", None),
            ("http://example.com/draft-07/schema#", None),
            ("draft-07", None),
        ] {
            assert_eq!(Draft::from_uri(uri), draft, "{uri}");
        }
    }
}
