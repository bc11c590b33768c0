//! One JSON Schema text and the index that makes lookups in it cheap: which URI holds where, which
//! anchors there are, and where every object stands.

use std::borrow::Cow;
use std::collections::HashMap;

use super::draft::Draft;
use super::uri::{self, percent_decode, split_fragment};
use crate::schema::Place;
use crate::schema::tree::{Member, Node, Value};

/// Objects with at least this many keys get a table of their keys: pointers into them would
/// otherwise cost a scan each, which is quadratic in a text of a stranger's choosing.
const WIDE: usize = 16;

/// Longest URI that a schema may get from the `$id`s around it. Each one is stored resolved: without a
/// bound, a long `$id` around many short ones would take memory without proportion to the text.
pub(super) const MAX_URI: usize = 1024;

/// A parsed text of a schema: the schema itself, one that it refers to, or a meta-schema.
#[derive(Debug)]
pub struct Document {
    name: Option<String>,
    text: String,
    root: Node,
    draft: Draft,
    base: String,
    containers: Vec<Container>,
    resources: Vec<Resource>,
    resource_by_uri: HashMap<String, usize>,
    wide: HashMap<usize, HashMap<String, usize>>,
    oversized: Option<usize>,
    /// There are resources of another draft than the document's.
    has_drafts: bool,
    /// The anchors of all resources; of the same one twice, the first.
    anchors: HashMap<String, usize>,
}

/// An array or object. Its first byte identifies it: no two start at the same one.
#[derive(Debug)]
struct Container {
    start: usize,
    parent: usize,
    /// Its position among the children of its parent.
    child: usize,
    /// The innermost resource that it belongs to.
    resource: usize,
}

/// A schema with a URI of its own. The first one is the document itself.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) uri: String,
    draft: Draft,
    start: usize,
    anchors: HashMap<String, usize>,
    /// Those that a dynamic reference may lead to instead of its own target. `$recursiveAnchor` is one
    /// without a name.
    dynamic_anchors: Vec<(String, usize)>,
    /// It stands below a keyword that is not known, and may be no schema at all: one of the same URI that
    /// is surely a schema is the one that is meant.
    pub(super) is_doubtful: bool,
}

/// Where in a document a value stands.
#[derive(Clone, Copy)]
struct Within {
    resource: usize,
    content: Content,
    is_doubtful: bool,
}

/// What the values below a key are.
#[derive(Clone, Copy, PartialEq)]
enum Content {
    Schemas,
    /// An object whose keys are names, not keywords; its values are schemas.
    Named,
    /// Plain data, in which `$id` means nothing.
    Data,
}

impl Document {
    pub(super) fn new(name: Option<String>, text: String, root: Node, draft: Draft, base: &str) -> Document {
        let first = Resource {
            uri: split_fragment(base).0.to_owned(),
            draft,
            start: root.span.start,
            anchors: HashMap::new(),
            dynamic_anchors: Vec::new(),
            is_doubtful: false,
        };
        let base = first.uri.clone();
        let (containers, resources, resource_by_uri, wide, oversized, has_drafts, anchors) =
            Default::default();
        let placeholder = Node { value: Value::Null, span: root.span };
        let mut document = Document {
            name,
            text,
            root: placeholder,
            draft,
            base,
            containers,
            resources,
            resource_by_uri,
            wide,
            oversized,
            has_drafts,
            anchors,
        };
        document.resources.push(first);
        let mut doubtful = Vec::new();
        let within = Within { resource: 0, content: Content::Schemas, is_doubtful: false };
        document.index(&root, (usize::MAX, 0), within, &mut doubtful);
        for (resource, anchor, start) in doubtful {
            document.add_anchor(resource, &anchor, start);
        }
        document.root = root;
        document.containers.sort_unstable_by_key(|container| container.start);
        let uris: Vec<(usize, String)> =
            document.resources_by_trust().map(|(index, resource)| (index, resource.uri.clone())).collect();
        for (index, uri) in uris {
            document.resource_by_uri.entry(uri).or_insert(index);
        }
        document
    }

    /// What referrers call it; `None` for the schema itself.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The schema.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The version of the language that it is written in.
    pub fn draft(&self) -> Draft {
        self.draft
    }

    /// The URI of the document itself: its `$id`, or what it was found under, or an empty text.
    pub fn uri(&self) -> &str {
        &self.resources[0].uri
    }

    /// The base URI that references in the object `at` are resolved against.
    pub fn base_uri(&self, at: &Node) -> &str {
        &self.resources[self.resource_of(at)].uri
    }

    /// Which of the resources of the document the object `at` belongs to: those are schemas with a URI of
    /// their own.
    pub fn resource_index(&self, at: &Node) -> usize {
        self.resource_of(at)
    }

    /// The version of the language that the object `at` is written in: that of the document, if the
    /// resource around it does not say otherwise.
    pub fn draft_of(&self, at: &Node) -> Draft {
        if !self.has_drafts {
            return self.draft;
        }
        self.resources[self.resource_of(at)].draft
    }

    /// What dynamic references may lead to in the resource that the object `at` belongs to, by name: the
    /// objects with a `$dynamicAnchor`. The root of a resource with a `$recursiveAnchor` has none.
    pub fn dynamic_anchors(&self, at: &Node) -> impl Iterator<Item = (&str, &Node)> {
        let anchors = &self.resources[self.resource_of(at)].dynamic_anchors;
        anchors.iter().filter_map(|(name, start)| Some((name.as_str(), self.node(*start)?)))
    }

    /// Where a node of this document stands in its text.
    pub fn place(&self, node: &Node) -> Place {
        Place::of(&self.text, node.span.start)
    }

    /// Where the key of a member of this document stands in its text.
    pub fn place_of_key(&self, member: &Member) -> Place {
        Place::of(&self.text, member.key_span.start)
    }

    /// The node that a JSON pointer (RFC 6901) names.
    pub fn at(&self, pointer: &str) -> Option<&Node> {
        self.follow(&self.root, pointer)
    }

    /// The JSON pointer of a node of this document as a URI fragment, e.g. `#/properties/a`. Walks the
    /// document: meant for messages.
    pub fn pointer_to(&self, node: &Node) -> String {
        let mut segments = Vec::new();
        find(&self.root, node, &mut segments);
        let escaped =
            segments.iter().map(|segment| format!("/{}", segment.replace('~', "~0").replace('/', "~1")));
        format!("#{}", escaped.collect::<String>())
    }

    /// The first schema whose URI is longer than [`MAX_URI`].
    pub(super) fn oversized(&self) -> Option<&Node> {
        self.oversized.and_then(|start| self.node(start))
    }

    /// The base before any `$id` of its own.
    pub(super) fn outer_base(&self) -> &str {
        &self.base
    }

    /// Every resource with its index; those that may be none come last.
    pub(super) fn resources_by_trust(&self) -> impl Iterator<Item = (usize, &Resource)> {
        let all = || self.resources.iter().enumerate();
        let sure = all().filter(|(_, resource)| !resource.is_doubtful);
        sure.chain(all().filter(|(_, resource)| resource.is_doubtful))
    }

    pub(super) fn resource_at(&self, uri: &str) -> Option<usize> {
        self.resource_by_uri.get(uri).copied()
    }

    /// The resource that an object belongs to; the document for a node that is not its own.
    pub(super) fn resource_of(&self, at: &Node) -> usize {
        self.container(at.span.start).map_or(0, |container| container.resource)
    }

    /// The array or object that starts at a byte.
    pub fn node(&self, start: usize) -> Option<&Node> {
        let mut path = Vec::new();
        let mut container = self.container(start)?;
        while container.parent != usize::MAX {
            path.push(container.child);
            container = self.container(container.parent)?;
        }
        path.into_iter().rev().try_fold(&self.root, |node, child| match &node.value {
            Value::Array(elements) => elements.get(child),
            Value::Object(members) => members.get(child).map(|member| &member.value),
            _ => None,
        })
    }

    /// What a URI fragment means within a resource: the resource, a JSON pointer into it, or an
    /// anchor.
    ///
    /// A pointer that leads nowhere is tried from the root of the document too: Confluent Schema
    /// Registry always starts there, whatever `$id` stands around the reference.
    pub(super) fn fragment(&self, resource: usize, fragment: &str) -> Option<&Node> {
        let start = self.resources.get(resource)?.start;
        // The root itself may be a boolean, which is no container.
        let top = if resource == 0 { &self.root } else { self.node(start)? };
        if fragment.is_empty() {
            return Some(top);
        }
        let decoded = percent_decode(fragment);
        if decoded.starts_with('/') {
            return self
                .follow(top, &decoded)
                .or_else(|| self.follow(top, fragment))
                .or_else(|| self.in_whole(&decoded));
        }
        let own = self.resources[resource].anchors.get(decoded.as_ref());
        self.node(*own.or_else(|| self.anchors.get(decoded.as_ref()))?)
    }

    /// Also finds in `definitions` what is looked for in `$defs`, because Confluent Schema Registry
    /// does; not the other way round.
    fn in_whole(&self, pointer: &str) -> Option<&Node> {
        self.at(pointer).or_else(|| {
            let rest = pointer.strip_prefix("/$defs/")?;
            self.at(&format!("/definitions/{rest}"))
        })
    }

    fn follow<'a>(&'a self, from: &'a Node, pointer: &str) -> Option<&'a Node> {
        if pointer.is_empty() {
            return Some(from);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(from, |node, segment| {
            let segment = unescape(segment);
            match &node.value {
                Value::Object(members) => self.member(node, members, &segment),
                Value::Array(elements) => elements.get(position(&segment)?),
                _ => None,
            }
        })
    }

    fn member<'a>(&self, object: &Node, members: &'a [Member], key: &str) -> Option<&'a Node> {
        let found = match self.wide.get(&object.span.start) {
            Some(positions) => members.get(*positions.get(key)?),
            None => members.iter().find(|member| member.key == key),
        };
        found.map(|member| &member.value)
    }

    fn container(&self, start: usize) -> Option<&Container> {
        let index = self.containers.binary_search_by_key(&start, |container| container.start).ok()?;
        self.containers.get(index)
    }

    fn index(
        &mut self,
        node: &Node,
        (parent, child): (usize, usize),
        within: Within,
        doubtful: &mut Vec<(usize, String, usize)>,
    ) {
        let start = node.span.start;
        let is_schema = within.content == Content::Schemas && node.is_object();
        let resource = if is_schema { self.enter(node, within, doubtful) } else { within.resource };
        match &node.value {
            Value::Array(elements) => {
                self.containers.push(Container { start, parent, child, resource });
                let data = within.content == Content::Data;
                let content = if data { Content::Data } else { Content::Schemas };
                for (child, element) in elements.iter().enumerate() {
                    self.index(element, (start, child), Within { content, resource, ..within }, doubtful);
                }
            }
            Value::Object(members) => {
                self.containers.push(Container { start, parent, child, resource });
                if members.len() >= WIDE {
                    let positions = members.iter().enumerate().map(|(at, member)| (member.key.clone(), at));
                    self.wide.insert(start, positions.collect());
                }
                for (child, member) in members.iter().enumerate() {
                    let within = Within { resource, ..within }.below(&member.key);
                    self.index(&member.value, (start, child), within, doubtful);
                }
            }
            _ => {}
        }
    }

    /// Note the URI and the anchors that a schema gives itself; the resource that holds from here on.
    fn enter(&mut self, schema: &Node, within: Within, doubtful: &mut Vec<(usize, String, usize)>) -> usize {
        let Within { resource: outer, is_doubtful, .. } = within;
        let text = |key| schema.get(key).and_then(Node::as_str);
        let start = schema.span.start;
        let around = self.resources[outer].draft;
        // A schema that is embedded with a URI of its own may be of another draft than what is around it.
        let own = text("$schema").and_then(Draft::from_uri).filter(|_| start != self.resources[0].start);
        let own = own.unwrap_or(around);
        let draft = if text(own.id_keyword()).is_some() { own } else { around };
        if draft.ref_hides_siblings() && text("$ref").is_some() {
            return outer;
        }
        let (mut resource, mut anchors) = (outer, Vec::new());
        if let Some(id) = text(draft.id_keyword()) {
            let (name, anchor) = split_fragment(id);
            let uri = uri::resolve(&self.resources[outer].uri, name);
            if uri.len() > MAX_URI {
                self.oversized.get_or_insert(start);
                return outer;
            }
            if start == self.resources[0].start {
                self.resources[0].uri = uri;
            } else if uri != self.resources[outer].uri {
                resource = self.resources.len();
                let (anchors, dynamic_anchors) = Default::default();
                self.resources.push(Resource { uri, draft, start, anchors, dynamic_anchors, is_doubtful });
                self.has_drafts |= draft != self.draft;
            }
            if !anchor.is_empty() && !anchor.starts_with('/') {
                anchors.push(anchor);
            }
        }
        // Without a resource of its own it is as what is around it, whatever it says.
        let draft = self.resources[resource].draft;
        if draft >= Draft::Year2019 {
            anchors.extend(["$anchor", "$dynamicAnchor"].into_iter().filter_map(text));
        }
        for anchor in anchors {
            if is_doubtful {
                doubtful.push((resource, anchor.to_owned(), start));
            } else {
                self.add_anchor(resource, anchor, start);
            }
        }
        let Resource { start: first, dynamic_anchors, .. } = &mut self.resources[resource];
        match draft {
            Draft::Year2019 if start == *first => {
                let is_anchor = schema.is_true("$recursiveAnchor");
                dynamic_anchors.extend(is_anchor.then(|| (String::new(), start)));
            }
            Draft::Year2020 => {
                let name = text("$dynamicAnchor").filter(|name| !name.is_empty());
                dynamic_anchors.extend(name.map(|name| (name.to_owned(), start)));
            }
            _ => {}
        }
        resource
    }

    fn add_anchor(&mut self, resource: usize, anchor: &str, start: usize) {
        self.resources[resource].anchors.entry(anchor.to_owned()).or_insert(start);
        self.anchors.entry(anchor.to_owned()).or_insert(start);
    }
}

impl Within {
    /// Of the value of a key.
    fn below(self, key: &str) -> Within {
        let (content, is_known) = match (self.content, key) {
            (Content::Data, _) => (Content::Data, true),
            (Content::Named, _) => (Content::Schemas, true),
            (Content::Schemas, "enum" | "const" | "default" | "examples" | "example") => {
                (Content::Data, true)
            }
            (
                Content::Schemas,
                "properties" | "patternProperties" | "definitions" | "$defs" | "dependencies"
                | "dependentSchemas",
            ) => (Content::Named, true),
            (
                Content::Schemas,
                "items"
                | "prefixItems"
                | "additionalItems"
                | "unevaluatedItems"
                | "contains"
                | "additionalProperties"
                | "unevaluatedProperties"
                | "propertyNames"
                | "allOf"
                | "anyOf"
                | "oneOf"
                | "not"
                | "if"
                | "then"
                | "else"
                | "contentSchema",
            ) => (Content::Schemas, true),
            (Content::Schemas, _) => (Content::Schemas, false),
        };
        Within { content, is_doubtful: self.is_doubtful || !is_known, ..self }
    }
}

fn unescape(segment: &str) -> Cow<'_, str> {
    if segment.contains('~') {
        Cow::Owned(segment.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(segment)
    }
}

/// An array position: digits without a superfluous zero in front (RFC 6901, section 4).
fn position(segment: &str) -> Option<usize> {
    let plain =
        segment == "0" || (segment.bytes().all(|byte| byte.is_ascii_digit()) && !segment.starts_with('0'));
    plain.then(|| segment.parse().ok())?
}

/// Find `wanted` itself, not an equal node, and note the keys on the way.
fn find<'a>(node: &'a Node, wanted: &Node, path: &mut Vec<Cow<'a, str>>) -> bool {
    if std::ptr::eq(node, wanted) {
        return true;
    }
    // Values stand one after the other and only one of them can hold it: there may be many, and many to
    // find. A key that is there twice has the place of the first and the value of the last.
    let is_before = |child: &Node| child.span.end <= wanted.span.start;
    let holds = |child: &Node| child.span.start <= wanted.span.start && wanted.span.end <= child.span.end;
    let held = match &node.value {
        Value::Array(elements) => {
            let at = elements.partition_point(is_before);
            elements.get(at).map(|child| (Cow::Owned(at.to_string()), child))
        }
        Value::Object(members) => {
            let at = members.partition_point(|member| is_before(&member.value));
            let member = members.get(at).filter(|member| holds(&member.value));
            let member = member.or_else(|| members.iter().find(|member| holds(&member.value)));
            member.map(|member| (Cow::Borrowed(member.key.as_str()), &member.value))
        }
        _ => None,
    };
    let Some((key, child)) = held.filter(|(_, child)| holds(child)) else { return false };
    path.push(key);
    let found = find(child, wanted, path);
    if !found {
        path.pop();
    }
    found
}
