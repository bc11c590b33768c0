//! Source tree → binary descriptor, by way of the `protox` compiler.
//!
//! The compiler only ever sees texts that the parser of this floor has accepted, so their nesting
//! is bounded.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message as _;
use protox::Compiler;
use protox::file::{ChainFileResolver, File as Source, FileResolver, GoogleFileResolver};
use protox::prost_reflect::DescriptorPool;

use super::builtin;

/// What the schema itself is called in its descriptor, as in the reference.
pub(super) const ROOT: &str = "default";

/// Texts by import path.
struct Texts {
    by_path: HashMap<String, String>,
    /// Errors shall know their place. Dear: for every option the compiler looks through the places
    /// of the whole file.
    has_places: bool,
}

impl FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<Source, protox::Error> {
        let text = self.by_path.get(name).map(String::as_str).or_else(|| builtin::text(name));
        let text = text.ok_or_else(|| protox::Error::file_not_found(name))?;
        if self.has_places {
            return Source::from_source(name, text);
        }
        let mut file = protox_parse::parse(name, text)?;
        file.source_code_info = None;
        Ok(Source::from_file_descriptor_proto(file))
    }
}

/// A compiler that knows the dependencies, `(import path, text)`, referenced ones first.
fn compiler(dependencies: &[(String, String)], root: Option<&str>, has_places: bool) -> Compiler {
    let mut by_path: HashMap<String, String> = HashMap::new();
    for (name, text) in dependencies {
        by_path.entry(name.clone()).or_insert_with(|| text.clone());
    }
    if let Some(root) = root {
        by_path.insert(ROOT.to_owned(), root.to_owned());
    }
    let mut resolver = ChainFileResolver::new();
    resolver.add(Texts { by_path, has_places });
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    // Imports are followed by recursion: opened bottom up, no chain of them is ever deep. What does
    // not compile is named again, with its place, if the schema really imports it.
    for (name, _) in dependencies {
        let _ = compiler.open_file(name);
    }
    compiler
}

/// The pool with the descriptor of `text`, called [`ROOT`], in it.
pub(super) fn compile(
    text: &str,
    dependencies: &[(String, String)],
) -> Result<DescriptorPool, protox::Error> {
    let mut compiler = compiler(dependencies, Some(text), false);
    compiler.open_file(ROOT)?;
    Ok(compiler.descriptor_pool())
}

/// The error of `text` once more, with its place; not for long texts.
pub(super) fn located_error(text: &str, dependencies: &[(String, String)]) -> Option<protox::Error> {
    if text.len() > 64 * 1024 {
        return None;
    }
    compiler(dependencies, Some(text), true).open_file(ROOT).err()
}

/// A pool with every option that a descriptor from outside may set.
pub(super) fn option_pool(dependencies: &[(String, String)]) -> DescriptorPool {
    static BARE: LazyLock<DescriptorPool> = LazyLock::new(|| build_option_pool(&[]));
    if dependencies.is_empty() { BARE.clone() } else { build_option_pool(dependencies) }
}

fn build_option_pool(dependencies: &[(String, String)]) -> DescriptorPool {
    let mut compiler = compiler(dependencies, None, false);
    for path in ["google/protobuf/descriptor.proto"].into_iter().chain(builtin::text_paths()) {
        let _ = compiler.open_file(path);
    }
    compiler.descriptor_pool()
}

/// The bytes of the descriptor of `text`, custom options included.
pub(super) fn descriptor_bytes(text: &str, dependencies: &[(String, String)]) -> Option<Vec<u8>> {
    let pool = compile(text, dependencies).ok()?;
    Some(pool.get_file_by_name(ROOT)?.encode_to_vec())
}

/// The bytes of a descriptor that was parsed only: names unresolved, options uninterpreted.
pub(super) fn unlinked_bytes(text: &str) -> Option<Vec<u8>> {
    let mut file = protox_parse::parse(ROOT, text).ok()?;
    file.source_code_info = None;
    Some(file.encode_to_vec())
}
