//! The files that any schema may import without a reference to them.
//!
//! `google/protobuf/…` comes with the compiler; the rest is written down here, definitions only.

use std::sync::LazyLock;

use protox::prost_reflect::DescriptorPool;

use super::descriptor;
use super::model::File;
use super::names::Names;
use super::parse::parse_file;

const COMPILER_FILES: [&str; 12] = [
    "google/protobuf/any.proto",
    "google/protobuf/api.proto",
    "google/protobuf/compiler/plugin.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/type.proto",
    "google/protobuf/wrappers.proto",
];

const TEXTS: [(&str, &str); 20] = [
    ("confluent/meta.proto", include_str!("builtin/confluent_meta.proto")),
    ("confluent/type/decimal.proto", include_str!("builtin/confluent_decimal.proto")),
    // Where clients of other languages look for it; both may be imported.
    ("confluent/types/decimal.proto", "syntax = \"proto3\"; import public \"confluent/type/decimal.proto\";"),
    ("google/type/calendar_period.proto", include_str!("builtin/calendar_period.proto")),
    ("google/type/color.proto", include_str!("builtin/color.proto")),
    ("google/type/date.proto", include_str!("builtin/date.proto")),
    ("google/type/datetime.proto", include_str!("builtin/datetime.proto")),
    ("google/type/dayofweek.proto", include_str!("builtin/dayofweek.proto")),
    ("google/type/decimal.proto", include_str!("builtin/decimal.proto")),
    ("google/type/expr.proto", include_str!("builtin/expr.proto")),
    ("google/type/fraction.proto", include_str!("builtin/fraction.proto")),
    ("google/type/interval.proto", include_str!("builtin/interval.proto")),
    ("google/type/latlng.proto", include_str!("builtin/latlng.proto")),
    ("google/type/localized_text.proto", include_str!("builtin/localized_text.proto")),
    ("google/type/money.proto", include_str!("builtin/money.proto")),
    ("google/type/month.proto", include_str!("builtin/month.proto")),
    ("google/type/phone_number.proto", include_str!("builtin/phone_number.proto")),
    ("google/type/postal_address.proto", include_str!("builtin/postal_address.proto")),
    ("google/type/quaternion.proto", include_str!("builtin/quaternion.proto")),
    ("google/type/timeofday.proto", include_str!("builtin/timeofday.proto")),
];

static FILES: LazyLock<Vec<(String, File)>> = LazyLock::new(|| {
    let pool = DescriptorPool::global();
    let compiled = COMPILER_FILES.iter().filter_map(|name| {
        let bytes = pool.get_file_by_name(name)?.encode_to_vec();
        let file = descriptor::read(&pool, &bytes).ok()?;
        Some(((*name).to_owned(), file))
    });
    let written = TEXTS.iter().filter_map(|(name, text)| Some(((*name).to_owned(), parse_file(text).ok()?)));
    compiled.chain(written).collect()
});

static NAMES: LazyLock<Names> = LazyLock::new(|| Names::of_builtin(&FILES));

/// Import path and tree of every built-in file.
pub fn files() -> &'static [(String, File)] {
    &FILES
}

/// Is `path` a built-in file?
pub fn is_builtin(path: &str) -> bool {
    COMPILER_FILES.contains(&path) || text(path).is_some()
}

/// What the names in them mean.
pub fn names() -> &'static Names {
    &NAMES
}

/// The text of a built-in file that the compiler does not bring along.
pub(super) fn text(path: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

pub(super) fn text_paths() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_built_in_file_is_read() {
        assert_eq!(super::files().len(), super::COMPILER_FILES.len() + super::TEXTS.len());
    }
}
