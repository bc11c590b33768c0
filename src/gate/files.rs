//! The schema files of a folder, a revision or a command line, and the subject each stands for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::failure::Failure;
use crate::model::Format;

/// Folders that hold other people's files.
const SKIPPED_FOLDERS: [&str; 2] = ["node_modules", "target"];

/// What some editors write before a text in UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// A schema file, wherever it was read from.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    /// Its path below the folder that it was found in, with `/` between the parts.
    pub(crate) below: String,
    /// The language, by the ending of the name.
    pub(crate) format: Format,
    /// The text; what is not UTF-8 in it is replaced.
    pub(crate) text: String,
    /// Where it stops being UTF-8. Such a file is no schema, but the others can still be checked.
    pub(crate) broken_at: Option<usize>,
}

impl SourceFile {
    /// A file that holds `bytes`. A byte order mark is no part of its text, and columns do not count it.
    pub(crate) fn new(below: String, format: Format, mut bytes: Vec<u8>) -> SourceFile {
        if bytes.starts_with(&BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        match String::from_utf8(bytes) {
            Ok(text) => SourceFile { below, format, text, broken_at: None },
            Err(error) => SourceFile {
                below,
                format,
                text: String::from_utf8_lossy(error.as_bytes()).into_owned(),
                broken_at: Some(error.utf8_error().valid_up_to()),
            },
        }
    }
}

/// Schema files by their path, as it is printed.
pub(crate) type Tree = BTreeMap<String, SourceFile>;

/// The language of a file by the ending of its name. A `.json` file counts only when it was named
/// itself or says that it is a schema, because most `.json` files are none.
pub(crate) fn format_of(path: &str) -> Option<Format> {
    let endings = [(".avsc", Format::Avro), (".proto", Format::Protobuf), (".json", Format::Json)];
    let found = endings.iter().find(|(ending, _)| before_ending(path, ending).is_some());
    found.map(|(_, format)| *format)
}

/// Is it worth reading as a schema, although nobody named it? `text` gives what it holds.
pub(crate) fn is_schema(path: &str, text: &str) -> bool {
    match format_of(path) {
        Some(Format::Json) => before_ending(path, ".schema.json").is_some() || says_json_schema(text),
        Some(_) => true,
        None => false,
    }
}

/// The subject that a file stands for: its name without the ending.
pub(crate) fn subject_of(path: &str) -> &str {
    let name = file_name(path);
    let endings = [".avsc", ".proto", ".schema.json", ".json"];
    endings.iter().find_map(|ending| before_ending(name, ending)).unwrap_or(name)
}

/// What comes before the ending, in capitals or not.
fn before_ending<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let (before, after) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    after.eq_ignore_ascii_case(ending).then_some(before)
}

/// A file that was found and not read yet.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its absolute path, `..` worked off and symbolic links kept.
    pub(crate) absolute: PathBuf,
    /// Its path below the folder that was searched.
    pub(crate) below: String,
}

/// Every file below a folder, to a depth, without those in folders of other people's files.
pub(crate) fn list(folder: &Path, depth: usize) -> Result<Vec<Found>, Failure> {
    let entries = walkdir::WalkDir::new(folder).max_depth(depth).sort_by_file_name();
    let mut found = Vec::new();
    for entry in entries.into_iter().filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry)) {
        let entry = entry.map_err(|error| Failure::bad_request(anyhow!(error)))?;
        if !entry.file_type().is_dir() && entry.path().is_file() {
            let below = slashed(entry.path().strip_prefix(folder).unwrap_or(entry.path()));
            found.push(Found { below, absolute: entry.into_path() });
        }
    }
    Ok(found)
}

/// Every schema file below a folder, by its path there.
pub(crate) fn read_folder(folder: &Path) -> Result<Tree, Failure> {
    let mut tree = Tree::new();
    for found in list(folder, usize::MAX)? {
        if let Some(format) = format_of(&found.below) {
            let file = SourceFile::new(found.below.clone(), format, read(&found.absolute)?);
            if is_schema(&found.below, &file.text) {
                tree.insert(found.below, file);
            }
        }
    }
    Ok(tree)
}

/// One file that was named itself; its ending must tell the language.
pub(crate) fn read_named_file(path: &Path) -> Result<SourceFile, Failure> {
    let shown = shown(path);
    let format = format_of(&shown).ok_or_else(|| no_language(&shown))?;
    Ok(SourceFile::new(file_name(&shown).to_owned(), format, read(path)?))
}

/// A file whose name does not tell what it is.
pub(crate) fn no_language(shown: &str) -> Failure {
    Failure::bad_request(anyhow!(
        "{shown} has none of the endings .avsc, .proto and .json, which tell the language"
    ))
}

fn is_skipped(entry: &walkdir::DirEntry) -> bool {
    entry.file_type().is_dir() && is_skipped_folder(&entry.file_name().to_string_lossy())
}

fn is_skipped_folder(name: &str) -> bool {
    name.starts_with('.') || SKIPPED_FOLDERS.contains(&name)
}

/// Does a file lie in a folder that is not searched? `below` is its path below the folder that is.
pub(crate) fn is_left_out(below: &str) -> bool {
    let (folders, _) = below.rsplit_once('/').unwrap_or(("", below));
    folders.split('/').any(is_skipped_folder)
}

/// What a file holds.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", shown(path)));
    bytes.map_err(Failure::bad_request)
}

/// Most `.json` files are no schemas, and many that name a `$schema` are instances of one: only the
/// meta-schemas' own host tells.
fn says_json_schema(text: &str) -> bool {
    crate::schema::tree::parse(text)
        .ok()
        .and_then(|node| node.get("$schema")?.as_str().map(|uri| uri.contains("json-schema.org/")))
        .unwrap_or(false)
}

pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A path as it is printed: `/` between the parts, no `./` before it.
pub(crate) fn shown(path: &Path) -> String {
    let text = slashed(path);
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

/// A path with `/` between its parts.
pub(crate) fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

#[cfg(test)]
mod tests {
    use super::{format_of, is_schema, subject_of};
    use crate::model::Format;

    #[test]
    fn a_file_name_tells_language_and_subject() {
        for (path, format, subject) in [
            ("orders-value.avsc", Some(Format::Avro), "orders-value"),
            ("a/b/cart.proto", Some(Format::Protobuf), "cart"),
            ("a/user.schema.json", Some(Format::Json), "user"),
            ("a/user.v1.json", Some(Format::Json), "user.v1"),
            ("a/ORDERS.AVSC", Some(Format::Avro), "ORDERS"),
            ("é", None, "é"),
            ("notes.txt", None, "notes.txt"),
        ] {
            assert_eq!((format_of(path), subject_of(path)), (format, subject), "{path}");
        }
    }

    #[test]
    fn a_plain_json_file_must_say_that_it_is_a_schema() {
        let draft7 = r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#;
        let instance = r#"{"$schema":"https://example.com/settings.json"}"#;
        for (path, text, expected) in [
            ("x.json", draft7, true),
            ("x.json", instance, false),
            ("x.json", "{}", false),
            ("x.json", "{", false),
            ("x.schema.json", "{}", true),
            ("x.avsc", "", true),
        ] {
            assert_eq!(is_schema(path, text), expected, "{path} {text}");
        }
    }
}
