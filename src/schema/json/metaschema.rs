//! The built-in meta-schemas. Besides `second` the only file that touches the `jsonschema` crate.
//!
//! The crate brings the texts of the meta-schemas; built without its network features it cannot fetch
//! anything. It does *not* judge the schemas of strangers here. Compiling a validator for one costs
//! time that the text does not bound (references are expanded while it is built and run), and the
//! meta-schemas are stricter than Confluent Schema Registry: they refuse a repeated name in
//! `required` or a negative `minLength`, which registries in the field hold. What the reference
//! checks is a table of its own, in `keywords`, and costs one walk.

use std::sync::LazyLock;

use jsonschema::{Draft, Registry, uri};
use serde_json::json;

/// The meta-schemas, one registry a draft, prepared once: the crate puts those of a draft into a
/// registry whose documents refer to them. A draft that is missing would mean that the crate is broken;
/// then references to its meta-schemas lead nowhere, and nothing else suffers.
static META_SCHEMAS: LazyLock<Vec<Registry<'static>>> = LazyLock::new(|| {
    let roots = [
        (Draft::Draft4, "http://json-schema.org/draft-04/schema"),
        (Draft::Draft6, "http://json-schema.org/draft-06/schema"),
        (Draft::Draft7, "http://json-schema.org/draft-07/schema"),
        (Draft::Draft201909, "https://json-schema.org/draft/2019-09/schema"),
        (Draft::Draft202012, "https://json-schema.org/draft/2020-12/schema"),
    ];
    let prepare = |(draft, root)| {
        let referrer = json!({ "$ref": root });
        Registry::new().draft(draft).add("urn:dovetail:referrer", referrer).ok()?.prepare().ok()
    };
    roots.into_iter().filter_map(prepare).collect()
});

/// The text of a built-in meta-schema by its URI without fragment; `http` and `https` are the same.
pub(super) fn text(wanted: &str) -> Option<String> {
    let path = wanted
        .strip_prefix("https://json-schema.org/")
        .or_else(|| wanted.strip_prefix("http://json-schema.org/"))?;
    let scheme = if path.starts_with("draft-0") { "http" } else { "https" };
    let location = format!("{scheme}://json-schema.org/{path}");
    let registry = META_SCHEMAS.iter().find(|registry| registry.contains_resource(&location))?;
    let found = registry.resolver(uri::from_str(&location).ok()?).lookup(&location).ok()?;
    serde_json::to_string(found.contents()).ok()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn meta_schemas_are_built_in() {
        for uri in [
            "http://json-schema.org/draft-04/schema",
            "http://json-schema.org/draft-06/schema",
            "http://json-schema.org/draft-07/schema",
            "https://json-schema.org/draft-07/schema",
            "https://json-schema.org/draft/2019-09/schema",
            "https://json-schema.org/draft/2019-09/meta/core",
            "https://json-schema.org/draft/2020-12/schema",
            "https://json-schema.org/draft/2020-12/meta/unevaluated",
        ] {
            assert!(text(uri).is_some_and(|text| text.contains("\"$schema\"")), "{uri}");
        }
        for uri in [
            "http://json-schema.org/draft-09/schema",
            "http://json-schema.org/",
            "http://example.com/draft-07/schema",
        ] {
            assert_eq!(text(uri), None, "{uri}");
        }
    }
}
