//! The documents that a schema can refer to. Nothing is ever fetched: what is not here does not exist.

use std::collections::HashMap;
use std::sync::Arc;

use super::document::Document;
use super::draft::Draft;
use super::second::Second;
use super::uri::{self, split_fragment};
use super::{metaschema, normal_name};
use crate::schema::tree::{self, Node};

/// The schema, the texts that it was given, and the meta-schemas that it uses, in this order.
#[derive(Debug)]
pub(super) struct Library {
    documents: Vec<Arc<Document>>,
    /// Which resource of which document a URI means, for references from other documents.
    by_uri: HashMap<String, (usize, usize)>,
    second: Second,
}

impl Library {
    /// `dependencies` must be named. The first document that claims a URI keeps it.
    pub(super) fn new(root: Document, dependencies: Vec<Document>) -> Library {
        let mut library =
            Library { documents: Vec::new(), by_uri: HashMap::new(), second: Second::default() };
        let base = root.uri().to_owned();
        library.add(root);
        // All names before any `$id`: what the reference list says outweighs what a text says of itself.
        for (position, dependency) in dependencies.iter().enumerate() {
            let name = dependency.name().unwrap_or_default();
            for uri in
                [uri::resolve(&base, name), split_fragment(name).0.to_owned(), normal_name(name).to_owned()]
            {
                library.by_uri.entry(uri).or_insert((position + 1, 0));
            }
        }
        for dependency in dependencies {
            library.add(dependency);
        }
        library
    }

    pub(super) fn documents(&self) -> &[Arc<Document>] {
        &self.documents
    }

    /// Every name of a whole document.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &Document)> {
        let whole = self.by_uri.iter().filter(|(_, (_, resource))| *resource == 0);
        whole.filter_map(|(uri, (document, _))| Some((uri.as_str(), self.documents.get(*document)?.as_ref())))
    }

    /// What an independent validator says of a document.
    pub(super) fn second_opinion(&self, document: &str, asserts_formats: bool) -> Option<bool> {
        self.second.is_valid(self, document, asserts_formats)
    }

    /// What a reference in the object `at` of a document means: the document and the node.
    pub(super) fn resolve(&self, document: usize, at: &Node, reference: &str) -> Option<(usize, &Node)> {
        let (target, resource) = self.resource(document, at, reference)?;
        let node = self.documents.get(target)?.fragment(resource, split_fragment(reference).1)?;
        Some((target, node))
    }

    /// Is the document that a reference names here, whatever its fragment leads to?
    pub(super) fn knows(&self, document: usize, at: &Node, reference: &str) -> bool {
        self.resource(document, at, reference).is_some()
    }

    /// The absolute URI of a reference in the object `at` of a document, without its fragment.
    pub(super) fn absolute(&self, document: usize, at: &Node, reference: &str) -> String {
        self.documents
            .get(document)
            .map_or_else(String::new, |document| uri::resolve(document.base_uri(at), reference))
    }

    /// Take in the built-in meta-schema that a reference needs. False when there is none or it is here
    /// already.
    pub(super) fn add_meta_schema(&mut self, document: usize, at: &Node, reference: &str) -> bool {
        let uri = self.absolute(document, at, reference);
        if self.by_uri.contains_key(&uri) {
            return false;
        }
        let Some(text) = metaschema::text(&uri) else { return false };
        let Ok(root) = tree::parse(&text) else { return false };
        let draft = Draft::of_document(&root, Draft::Seven);
        self.by_uri.insert(uri.clone(), (self.documents.len(), 0));
        self.add(Document::new(Some(uri.clone()), text, root, draft, &uri));
        true
    }

    fn add(&mut self, document: Document) {
        let position = self.documents.len();
        for (index, resource) in document.resources_by_trust() {
            if !resource.uri.is_empty() {
                self.by_uri.entry(resource.uri.clone()).or_insert((position, index));
            }
        }
        self.documents.push(Arc::new(document));
    }

    fn resource(&self, document: usize, at: &Node, reference: &str) -> Option<(usize, usize)> {
        let own = self.documents.get(document)?;
        let (name, _) = split_fragment(reference);
        if name.is_empty() {
            return Some((document, own.resource_of(at)));
        }
        let absolute = uri::resolve(own.base_uri(at), name);
        if let Some(resource) = own.resource_at(&absolute) {
            return Some((document, resource));
        }
        // By the book first; then as it is written, and as seen from where the document was found:
        // names in a list of references are often plain words that an `$id` would turn into URIs.
        let spellings =
            [absolute, name.to_owned(), normal_name(name).to_owned(), uri::resolve(own.outer_base(), name)];
        spellings.iter().find_map(|uri| self.by_uri.get(uri)).copied()
    }
}
