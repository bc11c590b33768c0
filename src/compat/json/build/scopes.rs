//! Where `$dynamicRef` and `$recursiveRef` lead, which depends on the way to them.
//!
//! A dynamic reference to an anchor means the outermost one of that name, of all resources that were
//! entered on the way from the root. So the same schema means one thing in each *scope*, and is a node of
//! its own in each. Only names that some reference is by make a difference: where there are none, there is
//! one scope.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::schema::json::{Document, JsonSchema};
use crate::schema::tree;

/// The most ways in which the same references may be meant.
const MANY: usize = 1_000;

/// What is said somewhere in a schema, and changes what is meant elsewhere.
pub(super) struct Said<'a> {
    pub(super) unevaluated: bool,
    /// The names that dynamic references are by; the one without a name is `$recursiveRef`.
    pub(super) dynamic: Vec<&'a str>,
    /// How many objects there are: about as many as nodes.
    pub(super) objects: usize,
}

/// One of [`Scopes`]; by default the one where nothing was entered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct ScopeId(usize);

/// All scopes that were come across.
///
/// What is further in changes nothing about a name that is known, so there are few scopes even where
/// references go in circles.
pub(super) struct Scopes<'a> {
    names: &'a HashSet<&'a str>,
    known: Vec<Scope<'a>>,
    ids: HashMap<Vec<(&'a str, usize, usize)>, ScopeId>,
    /// By what is entered from where: a document and a resource of it.
    entered: HashMap<(ScopeId, usize, usize), ScopeId>,
    work: usize,
}

/// Anchors by name, each with the index of its document.
type Scope<'a> = BTreeMap<&'a str, (usize, &'a tree::Node)>;

impl<'a> Said<'a> {
    pub(super) fn of(schema: &'a JsonSchema) -> Said<'a> {
        let mut said = Said { unevaluated: false, dynamic: Vec::new(), objects: 0 };
        let mut pending: Vec<&tree::Node> = schema.documents().map(Document::root).collect();
        while let Some(node) = pending.pop() {
            said.objects += usize::from(node.is_object());
            for member in node.members() {
                match member.key.as_str() {
                    "unevaluatedProperties" | "unevaluatedItems" => said.unevaluated = true,
                    "$dynamicRef" | "$recursiveRef" => {
                        said.dynamic.extend(member.value.as_str().map(fragment))
                    }
                    _ => {}
                }
                pending.push(&member.value);
            }
            pending.extend(node.elements().into_iter().flatten());
        }
        said
    }
}

impl<'a> Scopes<'a> {
    /// Of the names that are of interest.
    pub(super) fn of(names: &'a HashSet<&'a str>) -> Scopes<'a> {
        let ids = HashMap::from([(Vec::new(), ScopeId::default())]);
        Scopes { names, known: vec![Scope::new()], ids, entered: HashMap::new(), work: 0 }
    }

    pub(super) fn are_too_many(&self) -> bool {
        self.known.len() > MANY
    }

    /// What was done since it was last asked.
    pub(super) fn work(&mut self) -> usize {
        std::mem::take(&mut self.work)
    }

    /// The outermost anchor of a name.
    pub(super) fn outermost(&self, scope: ScopeId, name: &str) -> Option<(usize, &'a tree::Node)> {
        self.known[scope.0].get(name).copied()
    }

    /// The scope within the resource that an object belongs to, of a document that is given with its index.
    pub(super) fn enter(
        &mut self,
        scope: ScopeId,
        (index, document): (usize, &'a Document),
        object: &tree::Node,
    ) -> ScopeId {
        if self.names.is_empty() {
            return scope;
        }
        let key = (scope, index, document.resource_index(object));
        if let Some(&known) = self.entered.get(&key) {
            return known;
        }
        let mut inner = self.known[scope.0].clone();
        self.work += 1 + inner.len();
        for (name, anchor) in document.dynamic_anchors(object) {
            self.work += 1;
            if self.names.contains(name) {
                inner.entry(name).or_insert((index, anchor));
            }
        }
        let same: Vec<_> = inner.iter().map(|(name, (at, node))| (*name, *at, node.span.start)).collect();
        let next = ScopeId(self.known.len());
        let id = *self.ids.entry(same).or_insert(next);
        if id == next {
            self.known.push(inner);
        }
        self.entered.insert(key, id);
        id
    }
}

/// The name by which a dynamic reference leads to an anchor that may be another one in another scope.
pub(super) fn anchor<'a>(reference: &'a str, target: &tree::Node) -> Option<&'a str> {
    let name = fragment(reference);
    let is_anchor = match name {
        "" => target.is_true("$recursiveAnchor"),
        _ => target.get("$dynamicAnchor").and_then(tree::Node::as_str) == Some(name),
    };
    is_anchor.then_some(name)
}

fn fragment(reference: &str) -> &str {
    reference.split_once('#').map_or("", |(_, fragment)| fragment)
}
