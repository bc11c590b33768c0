//! The schema as a conformant decoder wants it: linked descriptors, made when they are first asked for.

use std::sync::Arc;

use buffa_descriptor::DescriptorPool;
use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};

use super::compile::compile;

/// The linked descriptors of a schema and of everything that it imports.
#[derive(Debug)]
pub struct Descriptors {
    /// As compiled.
    pub full: Arc<DescriptorPool>,
    /// The same, with maps as what they are on the wire: repeated messages of a key and a value.
    pub without_maps: Arc<DescriptorPool>,
}

impl Descriptors {
    /// Compile `text`; `None` if it does not compile.
    pub(super) fn compile(text: &str, dependencies: &[(String, String)]) -> Option<Descriptors> {
        let compiled = compile(text, dependencies).ok()?;
        let mut set = FileDescriptorSet { file: compiled.file_descriptor_protos().cloned().collect() };
        set.file.iter_mut().for_each(|file| file.source_code_info = None);
        let full = link(&set)?;
        set.file.iter_mut().for_each(|file: &mut FileDescriptorProto| forget_maps(&mut file.message_type));
        let without_maps = link(&set)?;
        Some(Descriptors { full, without_maps })
    }
}

fn link(set: &FileDescriptorSet) -> Option<Arc<DescriptorPool>> {
    DescriptorPool::decode(&set.encode_to_vec()).ok().map(Arc::new)
}

/// By recursion: the compiler bounds how deep messages nest.
fn forget_maps(messages: &mut [DescriptorProto]) {
    for message in messages {
        if let Some(options) = &mut message.options {
            options.map_entry = None;
        }
        forget_maps(&mut message.nested_type);
    }
}
