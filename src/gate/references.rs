//! What a schema file refers to, found in the files beside it: Avro's named types, JSON Schema's
//! `$ref` and `$id`, Protobuf's imports.
//!
//! A name that no file defines is left to the parser, which knows the built-in ones and says best
//! what is missing.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::files::{Tree, file_name};
use super::names::{self, Names};
use super::workspace::Workspace;
use crate::model::Format;
use crate::schema::protobuf::builtin;
use crate::schema::{Dependency, Options, ParseError, Schema};

/// A reference that cannot be followed. Displays as a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unresolvable {
    /// Files that need each other.
    #[error("the references go round in a circle: {}", .0.join(" -> "))]
    Circle(Vec<String>),
    /// Files that define the same thing, none nearer than the other.
    #[error("`{name}` is defined in {}; rename one, or check their folders one at a time", .files.join(" and in "))]
    Ambiguous { name: String, files: Vec<String> },
    /// A file that cannot be read as text.
    #[error("{0} is not UTF-8 text")]
    NotText(String),
}

impl Unresolvable {
    /// Is a text with such a reference no schema whoever reads it? Otherwise it may merely not be understood
    /// here.
    pub(crate) fn makes_no_schema(&self, format: Format) -> bool {
        match self {
            Unresolvable::Circle(_) => format == Format::Protobuf,
            Unresolvable::Ambiguous { .. } => false,
            Unresolvable::NotText(_) => true,
        }
    }
}

/// Who defines what in a tree.
pub(crate) struct Index<'a> {
    tree: &'a Tree,
    names: HashMap<&'a str, Names>,
    /// The files that define an Avro name or have a `$id`, by that name.
    defined: HashMap<(Format, String), Vec<&'a str>>,
    /// Protobuf files by the last part of their path.
    importable: HashMap<&'a str, Vec<&'a str>>,
    /// What a manifest says that names in a file lead to.
    written: HashMap<&'a str, HashMap<&'a str, &'a str>>,
}

impl<'a> Index<'a> {
    /// Read every file of a tree for the names in it.
    pub(crate) fn of(tree: &'a Tree) -> Index<'a> {
        let mut index = Index {
            tree,
            names: HashMap::new(),
            defined: HashMap::new(),
            importable: HashMap::new(),
            written: HashMap::new(),
        };
        for (path, file) in tree {
            if file.format == Format::Protobuf {
                index.importable.entry(file_name(path)).or_default().push(path);
            }
            let names = names::of(file.format, &file.text);
            for name in &names.defined {
                index.defined.entry((file.format, name.clone())).or_default().push(path);
            }
            index.names.insert(path, names);
        }
        index
    }

    /// The same for the files of a workspace, whose manifest may spell out where a name leads.
    pub(crate) fn of_workspace(workspace: &'a Workspace) -> Index<'a> {
        let mut index = Index::of(&workspace.tree);
        for declared in &workspace.declared {
            for written in declared.written_references.iter().flatten() {
                if let Some(target) = workspace.find(&written.subject) {
                    let of_file = index.written.entry(&declared.path).or_default();
                    of_file.insert(&written.name, &target.path);
                }
            }
        }
        index
    }

    /// Everything that the file at `path` refers to, directly or not, referenced texts first.
    pub(crate) fn closure(&'a self, path: &'a str) -> Result<Vec<Dependency>, Unresolvable> {
        let mut walk = Walk { index: self, open: Vec::new(), found: Vec::new() };
        walk.visit(path)?;
        let text = |path: &str| self.tree[path].text.clone();
        let found = walk.found.into_iter();
        Ok(found.map(|(name, path)| Dependency { name, origin: None, text: text(path) }).collect())
    }

    /// The schema in the file at `path`, by the rules for stored ones.
    pub(crate) fn schema(&self, path: &str) -> Result<Schema, ParseError> {
        let (path, file) = self.tree.get_key_value(path).expect("a path of the tree");
        let dependencies =
            self.closure(path).map_err(|error| ParseError::validate(error.to_string(), None))?;
        Schema::parse(file.format, &file.text, &dependencies, Options::STORED)
    }

    /// The files that the file at `path` refers to, directly or not.
    pub(crate) fn closure_paths(&'a self, path: &'a str) -> Result<Vec<&'a str>, Unresolvable> {
        let mut walk = Walk { index: self, open: Vec::new(), found: Vec::new() };
        walk.visit(path)?;
        Ok(walk.found.into_iter().map(|(_, path)| path).collect())
    }

    /// Does the file at `path` use a name that no file defines?
    pub(crate) fn lacks_something(&self, path: &str) -> bool {
        !self.lacking(path).is_empty()
    }

    /// What the file at `path` uses and no file defines, by its spellings. What every compiler brings along is
    /// not lacking.
    pub(crate) fn lacking(&self, path: &str) -> Vec<&[String]> {
        let format = self.tree[path].format;
        let is_builtin = |name: &String| format == Format::Protobuf && builtin::is_builtin(name);
        let used = self.names[path].used.iter().filter(|spellings| !spellings.iter().any(is_builtin));
        let is_nowhere = |spellings: &&Vec<String>| matches!(self.answer(path, spellings), Ok(None));
        used.filter(is_nowhere).map(Vec::as_slice).collect()
    }

    /// The file that the one at `path` means, or would mean, by the first of these names that any file has.
    pub(crate) fn answer(&self, path: &str, spellings: &[String]) -> Result<Option<&'a str>, Unresolvable> {
        let Some(file) = self.tree.get(path) else { return Ok(None) };
        Ok(self.first_found(file.format, path, spellings)?.map(|(_, path)| path))
    }

    /// A path as the tree spells it, if there is such a file.
    pub(crate) fn path(&self, path: &str) -> Option<&'a str> {
        self.tree.get_key_value(path).map(|(path, _)| path.as_str())
    }

    /// What the file at `path` refers to itself, in the order of its text, and the files that define it. An
    /// Avro file whose names are used several times is told once.
    pub(crate) fn direct(&self, path: &str) -> Result<Vec<(String, &'a str)>, Unresolvable> {
        let (path, file) = self.tree.get_key_value(path).expect("a path of the tree");
        let mut found: Vec<(String, &'a str)> = Vec::new();
        for spellings in &self.names[path.as_str()].used {
            let Some((name, target)) = self.first_found(file.format, path, spellings)? else { continue };
            let is_known = found.iter().any(|(other, known)| match file.format {
                Format::Avro => *known == target,
                Format::Json | Format::Protobuf => *other == name,
            });
            if !is_known {
                found.push((name, target));
            }
        }
        Ok(found)
    }

    /// Does the file at `path` use something that no file has any more, and that the file at `gone` had,
    /// whose names are `names`? `then` knows where names led before.
    pub(crate) fn misses(&self, path: &str, names: &Names, gone: &str, then: &Index<'_>) -> bool {
        let format = self.tree[path].format;
        self.names[path].used.iter().any(|spellings| {
            let led_there = || match then.tree.contains_key(path) {
                true => then
                    .first_found(format, path, spellings)
                    .is_ok_and(|found| found.is_some_and(|(_, file)| file == gone)),
                false => spellings.iter().any(|name| gone == name || gone.ends_with(&format!("/{name}"))),
            };
            matches!(self.first_found(format, path, spellings), Ok(None))
                && (spellings.iter().any(|name| names.defined.contains(name)) || led_there())
        })
    }

    /// The first spelling of a use that leads to a file.
    fn first_found(
        &self,
        format: Format,
        from: &str,
        spellings: &[String],
    ) -> Result<Option<(String, &'a str)>, Unresolvable> {
        for name in spellings {
            if let Some(path) = self.find(format, from, name)? {
                return Ok(Some((name.clone(), path)));
            }
        }
        Ok(None)
    }

    /// The file that `name`, as used in the file at `from`, stands for.
    fn find(&self, format: Format, from: &str, name: &str) -> Result<Option<&'a str>, Unresolvable> {
        if let Some(target) = self.written.get(from).and_then(|written| written.get(name)) {
            return Ok(Some(target));
        }
        match format {
            Format::Avro => self.definition(format, from, name),
            Format::Json => {
                // A URI: what may not stand in one is written in percents.
                let decoded = percent_decode_str(name).decode_utf8_lossy();
                let by_path = || self.at_path(format, &names::joined(folder_of(from), &decoded));
                let absolute = names::resolved(self.names[from].base.as_deref(), name);
                match self.definition(format, from, &absolute)? {
                    Some(path) => Ok(Some(path)),
                    None => Ok(by_path()),
                }
            }
            Format::Protobuf => self.import(from, name),
        }
    }

    /// The nearest file that defines `name`, other than the file itself.
    fn definition(&self, format: Format, from: &str, name: &str) -> Result<Option<&'a str>, Unresolvable> {
        let Some(files) = self.defined.get(&(format, name.to_owned())) else { return Ok(None) };
        nearest(from, name, files.iter().copied().filter(|path| *path != from))
    }

    /// Imports count from a root that the file does not tell: the nearest folder above it that has
    /// such a file, else the one of the tree that shares most folders with it.
    fn import(&self, from: &str, name: &str) -> Result<Option<&'a str>, Unresolvable> {
        let mut root = folder_of(from);
        loop {
            if let Some(path) = self.at_path(Format::Protobuf, &names::joined(root, name)) {
                return Ok(Some(path));
            }
            if root.is_empty() {
                break;
            }
            root = folder_of(root);
        }
        let ending = format!("/{name}");
        let named = self.importable.get(file_name(name)).into_iter().flatten().copied();
        match nearest(from, name, named.filter(|path| path.ends_with(&ending))) {
            // Copies of what every compiler brings along need not be told apart.
            Err(_) if builtin::is_builtin(name) => Ok(None),
            found => found,
        }
    }

    fn at_path(&self, format: Format, path: &str) -> Option<&'a str> {
        self.tree.get_key_value(path).filter(|(_, file)| file.format == format).map(|(path, _)| path.as_str())
    }
}

/// A walk along the references, depth first.
struct Walk<'a> {
    index: &'a Index<'a>,
    /// The files on the way from the first one to here.
    open: Vec<&'a str>,
    /// Name and file of what was found, referenced files first.
    found: Vec<(String, &'a str)>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, path: &'a str) -> Result<(), Unresolvable> {
        if let Some(start) = self.open.iter().position(|open| *open == path) {
            let circle = self.open[start..].iter().chain([&path]);
            return Err(Unresolvable::Circle(circle.map(|path| (*path).to_owned()).collect()));
        }
        if self.index.tree[path].broken_at.is_some() {
            return Err(Unresolvable::NotText(path.to_owned()));
        }
        self.open.push(path);
        let format = self.index.tree[path].format;
        for spellings in &self.index.names[path].used {
            let Some((name, target)) = self.index.first_found(format, path, spellings)? else { continue };
            if self.is_known(format, &name, target)? {
                continue;
            }
            self.visit(target)?;
            if !self.is_known(format, &name, target)? {
                self.found.push((name, target));
            }
        }
        self.open.pop();
        Ok(())
    }

    /// Is the text of `target` in the list already? An Avro text stands there once, whichever of its
    /// names is used; elsewhere each name stands there once, and must mean one file.
    fn is_known(&self, format: Format, name: &str, target: &str) -> Result<bool, Unresolvable> {
        if format == Format::Avro {
            return Ok(self.found.iter().any(|(_, path)| *path == target));
        }
        match self.found.iter().find(|(found, _)| found == name) {
            None => Ok(false),
            Some((_, path)) if *path == target => Ok(true),
            Some((_, path)) => Err(Unresolvable::Ambiguous {
                name: name.to_owned(),
                files: vec![(*path).to_owned(), target.to_owned()],
            }),
        }
    }
}

/// The file that shares most folders with the one at `from`. Where several do, their names must not decide.
fn nearest<'a>(
    from: &str,
    name: &str,
    files: impl Iterator<Item = &'a str>,
) -> Result<Option<&'a str>, Unresolvable> {
    let (mut most, mut nearest) = (0, Vec::new());
    for path in files {
        let shared = shared_folders(from, path);
        if shared > most {
            (most, nearest) = (shared, Vec::new());
        }
        if shared == most {
            nearest.push(path);
        }
    }
    match nearest[..] {
        [] => Ok(None),
        [path] => Ok(Some(path)),
        _ => Err(Unresolvable::Ambiguous {
            name: name.to_owned(),
            files: nearest.into_iter().map(str::to_owned).collect(),
        }),
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn shared_folders(left: &str, right: &str) -> usize {
    folder_of(left)
        .split('/')
        .zip(folder_of(right).split('/'))
        .take_while(|(left, right)| left == right)
        .count()
}

#[cfg(test)]
mod tests {
    use super::{Index, Unresolvable};
    use crate::gate::files::{SourceFile, Tree, format_of};

    fn tree(files: &[(&str, &str)]) -> Tree {
        let file = |path: &str, text: &str| {
            SourceFile::new(path.to_owned(), format_of(path).expect("a schema file"), text.into())
        };
        files.iter().map(|(path, text)| ((*path).to_owned(), file(path, text))).collect()
    }

    fn names(files: &[(&str, &str)], of: &str) -> Result<Vec<String>, Unresolvable> {
        let tree = tree(files);
        Index::of(&tree).closure(of).map(|found| found.into_iter().map(|d| d.name).collect())
    }

    fn chosen(files: &[(&str, &str)], of: &str) -> Result<Vec<String>, Unresolvable> {
        let tree = tree(files);
        let index = Index::of(&tree);
        index.direct(of).map(|found| found.into_iter().map(|(_, path)| path.to_owned()).collect())
    }

    const MONEY: (&str, &str) =
        ("money.avsc", r#"{"type":"fixed","name":"Money","namespace":"shop","size":8}"#);
    const ITEM: (&str, &str) = (
        "item.avsc",
        r#"{"type":"record","name":"Item","namespace":"shop","fields":[{"name":"price","type":"Money"}]}"#,
    );
    const ORDER: (&str, &str) = (
        "order.avsc",
        r#"{"type":"record","name":"Order","namespace":"shop","fields":[
            {"name":"items","type":{"type":"array","items":"Item"}},{"name":"total","type":["null","shop.Money"]}]}"#,
    );

    #[test]
    fn avro_names_are_found_across_files_referenced_ones_first() {
        assert_eq!(
            names(&[ORDER, ITEM, MONEY], "order.avsc").expect("resolves"),
            ["shop.Money", "shop.Item"]
        );
        assert_eq!(names(&[ORDER, MONEY], "order.avsc").expect("the parser reports it"), ["shop.Money"]);
    }

    #[test]
    fn json_references_are_found_by_path_and_by_id() {
        let files = [
            (
                "a/order.schema.json",
                r##"{"properties":{"x":{"$ref":"../b/money.json#/x"},"y":{"$ref":"#/z"}}}"##,
            ),
            ("b/money.json", r#"{"$ref":"https://example.com/currency.json"}"#),
            ("c/any.schema.json", r#"{"$id":"https://example.com/currency.json"}"#),
        ];
        let expected = ["https://example.com/currency.json", "../b/money.json"];
        assert_eq!(names(&files, "a/order.schema.json").expect("resolves"), expected);
    }

    #[test]
    fn protobuf_imports_count_from_a_folder_above() {
        let files = [
            ("proto/shop/cart.proto", "syntax = \"proto3\";\nimport \"shop/money.proto\";\n"),
            ("proto/shop/money.proto", "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";\n"),
        ];
        assert_eq!(names(&files, "proto/shop/cart.proto").expect("resolves"), ["shop/money.proto"]);
    }

    #[test]
    fn the_nearest_import_counts_and_names_of_folders_do_not_decide() {
        const CART: &str = "syntax = \"proto3\";\nimport \"money.proto\";\n";
        const MONEY: &str = "syntax = \"proto3\";\n";
        let near = [("x/y/cart.proto", CART), ("a/money.proto", MONEY), ("x/z/money.proto", MONEY)];
        assert_eq!(chosen(&near, "x/y/cart.proto").expect("one is nearer"), ["x/z/money.proto"]);
        let above = [("x/y/cart.proto", CART), ("x/money.proto", MONEY), ("x/z/money.proto", MONEY)];
        assert_eq!(chosen(&above, "x/y/cart.proto").expect("it is above"), ["x/money.proto"]);
        let doubt = [("cart/cart.proto", CART), ("va/money.proto", MONEY), ("vb/money.proto", MONEY)];
        let error = chosen(&doubt, "cart/cart.proto").expect_err("two files");
        assert_eq!(
            error.to_string(),
            "`money.proto` is defined in va/money.proto and in vb/money.proto; rename one, or check their folders one at a time"
        );
    }

    #[test]
    fn circles_and_doubts_are_refused() {
        let circle = [
            ("a.proto", "syntax = \"proto3\"; import \"b.proto\";"),
            ("b.proto", "syntax = \"proto3\"; import \"a.proto\";"),
        ];
        let error = names(&circle, "a.proto").expect_err("a circle");
        assert_eq!(error.to_string(), "the references go round in a circle: a.proto -> b.proto -> a.proto");

        let doubt = [ITEM, MONEY, ("money2.avsc", MONEY.1)];
        let error = names(&doubt, "item.avsc").expect_err("two definitions");
        assert!(
            error.to_string().starts_with("`shop.Money` is defined in money.avsc and in money2.avsc"),
            "{error}"
        );
        let near = [("x/item.avsc", ITEM.1), ("x/money.avsc", MONEY.1), ("y/money.avsc", MONEY.1)];
        assert_eq!(names(&near, "x/item.avsc").expect("the nearest counts"), ["shop.Money"]);
    }
}
