//! Reserved fields: a name once reserved stays reserved, and no top-level field may have it. Checked
//! only where fields are validated.

use crate::model::Content;

use super::prepare::Prepared;

/// The metadata property that lists reserved names, comma separated.
const PROPERTY: &str = "confluent:reserved";

/// What is wrong with the reserved fields of a new schema that follows `latest`, in the reference's
/// words; empty when nothing is.
pub(super) fn lines(latest: Option<&Content>, new: &Prepared) -> Vec<String> {
    let now = names(&new.content);
    let before = latest.map(names).unwrap_or_default();
    let dropped = before.iter().filter(|name| !now.contains(name)).map(|name| {
        format!(
            "The new schema has reserved field {name} removed from its metadata which is present in the old schema's metadata."
        )
    });
    let fields = new.schema.top_level_fields();
    let used = now
        .iter()
        .filter(|name| fields.contains(name))
        .map(|name| format!("The new schema has field that conflicts with the reserved field {name}."));
    dropped.chain(used).collect()
}

fn names(content: &Content) -> Vec<String> {
    let property = content.metadata.as_ref().and_then(|metadata| metadata.property(PROPERTY));
    let names = property.into_iter().flat_map(|names| names.split(','));
    names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}
