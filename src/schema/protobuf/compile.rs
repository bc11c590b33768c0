//! Source tree → binary descriptor, by way of the `protox` compiler.
//!
//! The compiler only ever sees texts that the parser of this floor has accepted, so their nesting
//! is bounded.

use std::collections::HashMap;

use protox::Compiler;
use protox::file::{ChainFileResolver, File as Source, FileResolver, GoogleFileResolver};
use protox::prost_reflect::prost::Message as _;
use protox::prost_reflect::{DescriptorPool, DynamicMessage};

use super::builtin;

/// What the schema itself is called in its descriptor, as in the reference.
pub(super) const ROOT: &str = "default";

/// Texts by import path.
struct Texts(HashMap<String, String>);

impl FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<Source, protox::Error> {
        match self.0.get(name).map(String::as_str).or_else(|| builtin::text(name)) {
            Some(text) => Source::from_source(name, text),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// A compiler that knows the dependencies, `(import path, text)`, referenced ones first.
fn compiler(dependencies: &[(String, String)], root: Option<&str>) -> Compiler {
    let mut texts: HashMap<String, String> = HashMap::new();
    for (name, text) in dependencies {
        texts.entry(name.clone()).or_insert_with(|| text.clone());
    }
    if let Some(root) = root {
        texts.insert(ROOT.to_owned(), root.to_owned());
    }
    let mut resolver = ChainFileResolver::new();
    resolver.add(Texts(texts));
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
    let mut compiler = compiler(dependencies, Some(text));
    compiler.open_file(ROOT)?;
    Ok(compiler.descriptor_pool())
}

/// A pool with every option that a descriptor from outside may set.
pub(super) fn option_pool(dependencies: &[(String, String)]) -> DescriptorPool {
    let mut compiler = compiler(dependencies, None);
    for path in ["google/protobuf/descriptor.proto"].into_iter().chain(builtin::text_paths()) {
        let _ = compiler.open_file(path);
    }
    compiler.descriptor_pool()
}

/// The bytes of the descriptor of `text`, custom options included, source positions left out.
pub(super) fn descriptor_bytes(text: &str, dependencies: &[(String, String)]) -> Option<Vec<u8>> {
    let pool = compile(text, dependencies).ok()?;
    let bytes = pool.get_file_by_name(ROOT)?.encode_to_vec();
    let kind = DescriptorPool::global().get_message_by_name("google.protobuf.FileDescriptorProto")?;
    let mut message = DynamicMessage::decode(kind, bytes.as_slice()).ok()?;
    message.clear_field_by_name("source_code_info");
    Some(message.encode_to_vec())
}

/// The bytes of a descriptor that was parsed only: names unresolved, options uninterpreted.
pub(super) fn unlinked_bytes(text: &str) -> Option<Vec<u8>> {
    let mut file = protox_parse::parse(ROOT, text).ok()?;
    file.source_code_info = None;
    Some(file.encode_to_vec())
}
