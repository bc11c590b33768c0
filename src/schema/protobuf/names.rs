//! What the names in a file mean: the definitions of the file, of everything it depends on, and of
//! the built-in files.
//!
//! As lax as the reference: every definition in reach may be named, imported or not, and a scope
//! in which only the first part of a dotted name is found does not hide the scopes around it.

use std::collections::HashMap;

use super::builtin;
use super::model::{Extend, FieldType, File, Label, Message, Scalar, TypeDef};

/// The file that a definition comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The schema itself.
    This,
    /// The dependency with that index.
    Dependency(usize),
    /// The built-in file with that index.
    BuiltIn(usize),
}

/// What kind of thing a name denotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A message, or the message of a group.
    Message,
    /// An enum.
    Enum,
    /// An extension field.
    Extension {
        /// It may be set more than once.
        is_repeated: bool,
    },
}

/// What a name turned out to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Package and names of all scopes, dotted, without a leading dot.
    pub full_name: String,
    /// What it is.
    pub kind: Kind,
    /// Where it is defined.
    pub origin: Origin,
    node: usize,
}

/// A scope to resolve names in: a package or a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope(usize);

#[derive(Debug, Clone)]
struct Node {
    name: String,
    parent: usize,
    /// `None` for a package.
    definition: Option<(Kind, Origin)>,
    /// Key and value of a map whose entry message is spelled out.
    entry: Option<(Scalar, FieldType)>,
    types: HashMap<String, usize>,
    extensions: HashMap<String, usize>,
}

/// Every definition in reach of a schema.
#[derive(Debug, Clone)]
pub struct Names {
    /// The first node is the nameless package.
    nodes: Vec<Node>,
    /// The package of the schema.
    package: usize,
    /// Ask the built-in files about names found nowhere else.
    has_builtin: bool,
}

impl Names {
    /// The names of `file` and its dependencies. When two files define the same name, the schema
    /// itself wins, then the earlier dependency.
    pub fn of<'f>(file: &File, dependencies: impl IntoIterator<Item = &'f File>) -> Names {
        let mut names = Names { nodes: vec![Node::new("", 0, None)], package: 0, has_builtin: true };
        names.package = names.add_file(file, Origin::This);
        for (index, dependency) in dependencies.into_iter().enumerate() {
            names.add_file(dependency, Origin::Dependency(index));
        }
        names
    }

    pub(super) fn of_builtin(files: &[(String, File)]) -> Names {
        let mut names = Names { nodes: vec![Node::new("", 0, None)], package: 0, has_builtin: false };
        for (index, (_, file)) in files.iter().enumerate() {
            names.add_file(file, Origin::BuiltIn(index));
        }
        names
    }

    /// The scope of the schema's own package.
    pub fn package(&self) -> Scope {
        Scope(self.package)
    }

    /// The scope of the package of `file`, which may be any file that went into these names.
    pub fn package_of(&self, file: &File) -> Scope {
        let mut parts = file.package.iter().flat_map(|package| package.split('.'));
        Scope(parts.try_fold(0, |node, part| self.nodes[node].types.get(part).copied()).unwrap_or(0))
    }

    /// The scope of the message `name` in `scope`; `scope` itself if there is none.
    pub fn inside(&self, scope: Scope, name: &str) -> Scope {
        Scope(self.nodes[scope.0].types.get(name).copied().unwrap_or(scope.0))
    }

    /// The scope of a message.
    pub fn scope_of(&self, resolved: &Resolved) -> Option<Scope> {
        (!matches!(resolved.origin, Origin::BuiltIn(_))).then_some(Scope(resolved.node))
    }

    /// The full name of a scope; empty for the nameless package.
    pub fn name_of(&self, scope: Scope) -> String {
        self.full_name(scope.0)
    }

    /// What the type name `written` means in `scope`.
    pub fn resolve_type(&self, scope: Scope, written: &str) -> Option<Resolved> {
        self.resolve(scope, written, Names::find_type)
            .or_else(|| self.builtin()?.resolve(Scope(0), written, Names::find_type))
    }

    /// Which type the name `written` means in `scope`, without telling more: its own scope, and whether
    /// that is one of the names of the built-in files. Far cheaper than [`Names::resolve_type`].
    pub fn locate_type(&self, scope: Scope, written: &str) -> Option<(bool, Scope)> {
        let own = self.locate(scope, written, Names::find_type).map(|node| (false, Scope(node)));
        own.or_else(|| {
            let node = self.builtin()?.locate(Scope(0), written, Names::find_type)?;
            Some((true, Scope(node)))
        })
    }

    /// What the extension name `written` (the name of an option in parentheses) means in `scope`.
    pub fn resolve_extension(&self, scope: Scope, written: &str) -> Option<Resolved> {
        self.resolve(scope, written, Names::find_extension)
            .or_else(|| self.builtin()?.resolve(Scope(0), written, Names::find_extension))
    }

    /// Key and value type of the map whose entry is the message found, if it is one.
    pub(super) fn map_entry(&self, resolved: &Resolved) -> Option<(Scalar, FieldType)> {
        let scope = self.scope_of(resolved)?;
        let (key, value) = self.nodes[scope.0].entry.clone()?;
        let value = match value {
            FieldType::Named(name) => match self.resolve_type(scope, &name) {
                Some(found) => FieldType::Named(format!(".{}", found.full_name)),
                None => FieldType::Named(name),
            },
            other => other,
        };
        Some((key, value))
    }

    fn builtin(&self) -> Option<&'static Names> {
        self.has_builtin.then(builtin::names)
    }

    fn resolve(
        &self,
        scope: Scope,
        written: &str,
        find: impl Fn(&Names, usize, &str) -> Option<usize>,
    ) -> Option<Resolved> {
        let node = self.locate(scope, written, find)?;
        let (kind, origin) = self.nodes[node].definition?;
        Some(Resolved { full_name: self.full_name(node), kind, origin, node })
    }

    fn locate(
        &self,
        scope: Scope,
        written: &str,
        find: impl Fn(&Names, usize, &str) -> Option<usize>,
    ) -> Option<usize> {
        match written.strip_prefix('.') {
            Some(absolute) => find(self, 0, absolute),
            None => self.scopes(scope).find_map(|scope| find(self, scope, written)),
        }
    }

    /// `scope` and what is around it, inmost first.
    fn scopes(&self, scope: Scope) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(scope.0), |&node| (node != 0).then(|| self.nodes[node].parent))
    }

    fn find_type(&self, from: usize, path: &str) -> Option<usize> {
        let node = path.split('.').try_fold(from, |node, part| self.nodes[node].types.get(part).copied())?;
        self.nodes[node].definition.map(|_| node)
    }

    fn find_extension(&self, from: usize, path: &str) -> Option<usize> {
        let (around, name) = path.rsplit_once('.').unwrap_or(("", path));
        let parts = around.split('.').filter(|_| !around.is_empty());
        let mut parts = parts;
        let node = parts.try_fold(from, |node, part| self.nodes[node].types.get(part).copied())?;
        self.nodes[node].extensions.get(name).copied()
    }

    fn full_name(&self, node: usize) -> String {
        let mut parts: Vec<&str> = std::iter::successors(Some(node), |&node| Some(self.nodes[node].parent))
            .take_while(|&node| node != 0)
            .map(|node| self.nodes[node].name.as_str())
            .collect();
        parts.reverse();
        parts.join(".")
    }

    /// Add a file and give the node of its package.
    fn add_file(&mut self, file: &File, origin: Origin) -> usize {
        let package = file.package.iter().flat_map(|package| package.split('.'));
        let package = package.fold(0, |node, part| self.child(node, part, None));
        self.add_types(package, &file.types, origin);
        self.add_extends(package, &file.extends, origin);
        package
    }

    fn add_types(&mut self, scope: usize, types: &[TypeDef], origin: Origin) {
        for definition in types {
            match definition {
                TypeDef::Message(message) => self.add_message(scope, message, origin),
                TypeDef::Enum(definition) => {
                    self.child(scope, &definition.name, Some((Kind::Enum, origin)));
                }
            }
        }
    }

    fn add_message(&mut self, scope: usize, message: &Message, origin: Origin) {
        let node = self.child(scope, &message.name, Some((Kind::Message, origin)));
        if self.nodes[node].entry.is_none() {
            self.nodes[node].entry = message.map_entry().map(|(key, value)| (key, value.clone()));
        }
        self.add_types(node, &message.types, origin);
        let own = message.groups.iter().chain(message.oneofs.iter().flat_map(|oneof| &oneof.groups));
        own.for_each(|group| self.add_message(node, &group.message, origin));
        self.add_extends(node, &message.extends, origin);
    }

    fn add_extends(&mut self, scope: usize, extends: &[Extend], origin: Origin) {
        for extend in extends {
            let fields = extend.fields.iter().map(|field| (field.name.clone(), field.label));
            // The field of a group bears the name of the group in lower case.
            let groups =
                extend.groups.iter().map(|group| (group.message.name.to_ascii_lowercase(), group.label));
            for (name, label) in fields.chain(groups) {
                let kind = Kind::Extension { is_repeated: label == Some(Label::Repeated) };
                let node = self.nodes.len();
                self.nodes.push(Node::new(&name, scope, Some((kind, origin))));
                self.nodes[scope].extensions.entry(name).or_insert(node);
            }
            extend.groups.iter().for_each(|group| self.add_message(scope, &group.message, origin));
        }
    }

    fn child(&mut self, scope: usize, name: &str, definition: Option<(Kind, Origin)>) -> usize {
        if let Some(&node) = self.nodes[scope].types.get(name) {
            let known = &mut self.nodes[node].definition;
            *known = known.or(definition);
            return node;
        }
        let node = self.nodes.len();
        self.nodes.push(Node::new(name, scope, definition));
        self.nodes[scope].types.insert(name.to_owned(), node);
        node
    }
}

impl Node {
    fn new(name: &str, parent: usize, definition: Option<(Kind, Origin)>) -> Node {
        Node {
            name: name.to_owned(),
            parent,
            definition,
            entry: None,
            types: HashMap::new(),
            extensions: HashMap::new(),
        }
    }
}
