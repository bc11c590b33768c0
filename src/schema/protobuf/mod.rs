//! Protocol Buffers: text, or base64 of a binary descriptor → a parsed schema.
//!
//! The canonical text is a re-print of what the author wrote, in the layout of Confluent Schema
//! Registry: names as written, comments dropped. Hence the floor owns a source tree ([`model`]), its
//! parser and its printer. What names mean is told by [`names`]; everything beyond that (numbers
//! that clash, missing imports, options that do not exist) is left to the `protox` compiler, which is
//! asked only when the stricter checks or the binary descriptor are wanted.

pub mod builtin;
pub mod comment;
mod compile;
mod descriptor;
mod lex;
pub mod model;
pub mod names;
mod normal;
mod parse;
mod print;
mod tags;
#[cfg(test)]
mod tests;
mod validate;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use self::model::{File, Setting, TypeDef};
use self::names::{Names, Origin};
use super::{Dependency, Options, ParseError, TagEdit, TagError, Tagged};

/// A parsed Protobuf schema; a clone shares it.
#[derive(Debug, Clone)]
pub struct ProtobufSchema {
    parsed: Arc<Parsed>,
}

#[derive(Debug)]
struct Parsed {
    canonical: String,
    file: File,
    names: Names,
    /// Import path and tree of the dependencies, in the order given.
    dependencies: Vec<(String, File)>,
    unresolved: Option<ParseError>,
}

impl ProtobufSchema {
    /// Parse `text`: a `.proto` file, or standard base64 of a binary `FileDescriptorProto`.
    ///
    /// A new schema must resolve: every type it names must be defined in it, in a dependency or in a
    /// built-in file. A stored one may not ([`ProtobufSchema::unresolved`] tells); it was accepted
    /// once, so it must stay readable. With `validate_fields` the whole descriptor must be sound.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(
        text: &str,
        dependencies: &[Dependency],
        options: Options,
    ) -> Result<ProtobufSchema, ParseError> {
        let dependencies = read_dependencies(dependencies)?;
        let (file, is_text) = read(text, &dependencies)?;
        let names = Names::of(&file, dependencies.iter().map(|(_, file)| file));
        let unresolved = validate::resolve_all(&file, &names).err();
        let canonical = print::print(&file);
        let parsed = Parsed { canonical, file, names, dependencies, unresolved };
        let schema = ProtobufSchema { parsed: Arc::new(parsed) };
        if let Some(error) =
            schema.parsed.unresolved.as_ref().filter(|_| options.new || options.validate_fields)
        {
            return Err(error.clone());
        }
        if options.validate_fields {
            let written = is_text.then_some(text);
            validate::check_descriptor(&schema.for_compiler(), written, &texts(&schema.parsed.dependencies))?;
        }
        Ok(schema)
    }

    /// The text that is stored, hashed and served.
    pub fn canonical(&self) -> &str {
        &self.parsed.canonical
    }

    /// The text that is stored when normalising. Types that cannot be resolved stay as written.
    pub fn normal_form(&self) -> String {
        print::print(&normal::normalize(&self.parsed.file, &self.parsed.names))
    }

    /// The tagged messages and fields; paths leave the package out.
    pub fn tagged(&self) -> Vec<Tagged> {
        tags::tagged(&self.parsed.file, &self.parsed.names)
    }

    /// The canonical text with the tags of its messages and fields edited, and the import that tags
    /// need. A member of a oneof also goes by a path that holds the name of the oneof.
    ///
    /// # Errors
    /// When nothing stands under the path of an edit.
    pub fn with_tags(&self, edits: &[TagEdit]) -> Result<String, TagError> {
        tags::edited(&self.parsed.file, &self.parsed.names, edits).map(|file| print::print(&file))
    }

    /// Standard base64 of the binary `FileDescriptorProto`, custom options included.
    ///
    /// A schema that does not compile (numbers that clash, say, which only the stricter checks
    /// refuse) gives a descriptor with its names unresolved and its options uninterpreted; one that
    /// the compiler cannot even read gives the empty text.
    pub fn serialized(&self) -> String {
        let text = self.for_compiler();
        let bytes = compile::descriptor_bytes(&text, &texts(&self.parsed.dependencies))
            .or_else(|| compile::unlinked_bytes(&text));
        bytes.map_or_else(String::new, |bytes| STANDARD.encode(bytes))
    }

    /// The canonical text without custom options, extension ranges and `extend` blocks. Options of
    /// the `confluent` package stay.
    pub fn without_extensions(&self) -> String {
        let mut file = self.parsed.file.clone();
        file.extends.clear();
        drop_custom(&mut file.options);
        drop_from_types(&mut file.types);
        for service in &mut file.services {
            drop_custom(&mut service.options);
            service.rpcs.iter_mut().for_each(|rpc| drop_custom(&mut rpc.options));
        }
        print::print(&file)
    }

    /// The source tree.
    pub fn file(&self) -> &File {
        &self.parsed.file
    }

    /// The source tree with each entry of a map that is spelled out, as descriptors have it, turned back into
    /// the map; ranges and names are reserved on lines of their own.
    pub fn file_with_maps(&self) -> File {
        normal::compilable(&self.parsed.file, &self.parsed.names)
    }

    /// What the names in it mean.
    pub fn names(&self) -> &Names {
        &self.parsed.names
    }

    /// Import path and source tree of the dependencies, in the order given.
    pub fn dependencies(&self) -> &[(String, File)] {
        &self.parsed.dependencies
    }

    /// The source tree of the file that a definition comes from.
    pub fn file_of(&self, origin: Origin) -> Option<&File> {
        match origin {
            Origin::This => Some(&self.parsed.file),
            Origin::Dependency(index) => self.parsed.dependencies.get(index).map(|(_, file)| file),
            Origin::BuiltIn(index) => builtin::files().get(index).map(|(_, file)| file),
        }
    }

    /// The first type that means nothing, if there is one. Only a stored schema may have any.
    pub fn unresolved(&self) -> Option<&ParseError> {
        self.parsed.unresolved.as_ref()
    }

    /// The bytes of a `FileDescriptorSet` by the compiler, with all that is imported; `None` if the
    /// schema does not compile, which only the stricter checks refuse.
    #[cfg(test)]
    pub fn compiled(&self) -> Option<Vec<u8>> {
        let pool = compile::compile(&self.for_compiler(), &texts(&self.parsed.dependencies)).ok()?;
        Some(pool.encode_to_vec())
    }

    /// The text for the compiler.
    fn for_compiler(&self) -> String {
        print::print(&normal::compilable(&self.parsed.file, &self.parsed.names))
    }
}

fn read_dependencies(dependencies: &[Dependency]) -> Result<Vec<(String, File)>, ParseError> {
    let mut files: Vec<(String, File)> = Vec::with_capacity(dependencies.len());
    for dependency in dependencies {
        let (file, _) = read(&dependency.text, &files).map_err(|error| {
            ParseError::parse(format!("Reference {}: {}", dependency.name, error.message), None)
        })?;
        files.push((dependency.name.clone(), file));
    }
    Ok(files)
}

/// The tree of a text, and whether it really was a text.
fn read(text: &str, dependencies: &[(String, File)]) -> Result<(File, bool), ParseError> {
    let error = match parse::parse_file(text) {
        Ok(file) => return Ok((file, true)),
        Err(error) => error,
    };
    // No Protobuf text is valid base64: it holds a blank, a semicolon or a brace.
    let Some(bytes) = STANDARD.decode(text.trim()).ok().filter(|bytes| !bytes.is_empty()) else {
        return Err(error);
    };
    read_descriptor(&bytes, dependencies).map(|file| (file, false))
}

fn read_descriptor(bytes: &[u8], dependencies: &[(String, File)]) -> Result<File, ParseError> {
    let refuse = |what: String| ParseError::parse(format!("Not a FileDescriptorProto: {what}"), None);
    let texts = texts(dependencies);
    let mut file = descriptor::read(&compile::option_pool(&texts), bytes).map_err(refuse)?;
    if has_extends(&file) {
        // The file may set options that it defines itself.
        let names = Names::of(&file, dependencies.iter().map(|(_, file)| file));
        let text = print::print(&normal::compilable(&file, &names));
        let pool = parse::parse_file(&text).ok().and_then(|_| compile::compile(&text, &texts).ok());
        if let Some(knowing) = pool.and_then(|pool| descriptor::read(&pool, bytes).ok()) {
            file = knowing;
        }
    }
    parse::parse_file(&print::print(&file))
}

fn has_extends(file: &File) -> bool {
    fn any(types: &[TypeDef]) -> bool {
        types.iter().any(|definition| match definition {
            TypeDef::Message(message) => !message.extends.is_empty() || any(&message.types),
            TypeDef::Enum(_) => false,
        })
    }
    !file.extends.is_empty() || any(&file.types)
}

/// Import path and text of the dependencies, fit for the compiler.
fn texts(dependencies: &[(String, File)]) -> Vec<(String, String)> {
    let names = Names::of(&File::default(), dependencies.iter().map(|(_, file)| file));
    let text = |file: &File| print::print(&normal::compilable(file, &names));
    dependencies.iter().map(|(name, file)| (name.clone(), text(file))).collect()
}

fn drop_custom(settings: &mut Vec<Setting>) {
    settings.retain(|setting| {
        setting
            .name
            .leading_extension()
            .is_none_or(|name| name.trim_start_matches('.').starts_with("confluent."))
    });
}

fn drop_from_types(types: &mut [TypeDef]) {
    for definition in types {
        match definition {
            TypeDef::Message(message) => drop_from_message(message),
            TypeDef::Enum(definition) => {
                drop_custom(&mut definition.options);
                definition.constants.iter_mut().for_each(|constant| drop_custom(&mut constant.options));
            }
        }
    }
}

fn drop_from_message(message: &mut model::Message) {
    message.extends.clear();
    message.extensions.clear();
    drop_custom(&mut message.options);
    message.fields.iter_mut().for_each(|field| drop_custom(&mut field.options));
    for oneof in &mut message.oneofs {
        drop_custom(&mut oneof.options);
        oneof.fields.iter_mut().for_each(|field| drop_custom(&mut field.options));
        oneof.groups.iter_mut().for_each(drop_from_group);
    }
    message.groups.iter_mut().for_each(drop_from_group);
    drop_from_types(&mut message.types);
}

fn drop_from_group(group: &mut model::Group) {
    drop_custom(&mut group.options);
    drop_from_message(&mut group.message);
}
