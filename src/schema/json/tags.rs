//! Inline tags: `"confluent:tags"` on schemas, found under the paths by which Confluent Schema Registry
//! names them.
//!
//! A path spells the way from the root: `object` for an object, `array` for the items of an array,
//! `allof.0`, `anyof.0`, `oneof.0`, `not`, `conditional.if|then|else`, `definitions.<name>`, and the names
//! of properties after `object`, e.g. `object.orders.array.object.id`. Tags of a property's schema belong
//! to the field; tags of an object that is nobody's property belong to the record. References are not
//! followed.
//!
//! The positions in `allof` and its kin count the branches in a fixed order, not in that of the text, and
//! a schema with keywords of several kinds (say `enum` beside `properties`) counts as an `allof` of one
//! schema a kind. Branches that are all references stay in the order of the text.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::draft::Draft;
use super::keywords::{ARRAY_KEYWORDS, NUMBER_KEYWORDS, OBJECT_KEYWORDS, STRING_KEYWORDS};
use crate::model::utf16_order;
use crate::schema::tags::{ATTRIBUTE, Change, Edits, Found, LONGEST_PATH};
use crate::schema::tree::{Member, Node, Span, Value};
use crate::schema::{TagEdit, TagError, Tagged};

/// The tagged records and fields of a schema, in the order of the text.
pub(super) fn tagged(root: &Node, draft: Draft) -> Vec<Tagged> {
    let mut found = Found::new();
    let mut walk = Walk { visitor: &mut found, visited: HashSet::new() };
    walk.view(&View::of(root, draft), "", false);
    found.into_list()
}

/// The schema with the tags of its records and fields edited.
///
/// # Errors
/// When no schema object stands under the path of an edit.
pub(super) fn edited(root: &Node, draft: Draft, edits: &[TagEdit]) -> Result<Node, TagError> {
    let mut search = Search { edits: Edits::of(edits), changes: HashMap::new() };
    let mut walk = Walk { visitor: &mut search, visited: HashSet::new() };
    walk.view(&View::of(root, draft), "", false);
    search.edits.check_all_found()?;
    let mut edited = root.clone();
    retag(&mut edited, &search.changes);
    Ok(edited)
}

/// A schema split into kinds.
struct View<'a> {
    kind: Kind<'a>,
    node: &'a Node,
    /// The view is of the whole schema, with its title and tags, not of one of several kinds in it.
    whole: bool,
    /// What branches of the same kind are ordered by: sorted lists of names or values. Written once,
    /// because a sort may ask for them again and again.
    order_keys: Vec<Vec<String>>,
    default: Option<String>,
}

/// What a schema describes.
enum Kind<'a> {
    Array(Option<Box<View<'a>>>),
    Boolean,
    Combined(&'static str, Vec<View<'a>>),
    /// `if`, `then`, `else`.
    Conditional([Option<Box<View<'a>>>; 3]),
    Const,
    Empty,
    Enum,
    False,
    Not(Box<View<'a>>),
    Null,
    Number,
    Object(Vec<(&'a str, View<'a>)>),
    Reference,
    String,
    True,
}

impl<'a> View<'a> {
    fn new(kind: Kind<'a>, node: &'a Node, whole: bool) -> View<'a> {
        let printed = |node: &Node| node.as_str().map_or_else(|| node.to_compact(), str::to_owned);
        let list =
            |key| node.get(key).and_then(Node::elements).unwrap_or_default().iter().map(printed).collect();
        let mut order_keys: Vec<Vec<String>> = match &kind {
            Kind::Const => vec![node.get("const").map(printed).into_iter().collect()],
            Kind::Enum => vec![list("enum")],
            Kind::Object(properties) => {
                vec![properties.iter().map(|(name, _)| (*name).to_owned()).collect(), list("required")]
            }
            _ => Vec::new(),
        };
        order_keys.iter_mut().for_each(|keys| keys.sort_by(|left, right| utf16_order(left, right)));
        let default = if whole { node.get("default").map(printed) } else { None };
        View { kind, node, whole, order_keys, default }
    }

    fn of(node: &'a Node, draft: Draft) -> View<'a> {
        let mut kinds = match &node.value {
            Value::Bool(true) => vec![Kind::True],
            Value::Bool(false) => vec![Kind::False],
            _ if draft.ref_hides_siblings() && node.get("$ref").is_some() => vec![Kind::Reference],
            _ => kinds(node, draft),
        };
        let kind = match kinds.len() {
            0 => Kind::Empty,
            1 => kinds.remove(0),
            _ => combined("allof", kinds.into_iter().map(|kind| View::new(kind, node, false)).collect()),
        };
        View::new(kind, node, true)
    }

    fn boxed(node: Option<&'a Node>, draft: Draft) -> Option<Box<View<'a>>> {
        node.filter(|node| node.elements().is_none()).map(|node| Box::new(View::of(node, draft)))
    }

    fn tags(&self) -> BTreeSet<String> {
        let tags = if self.whole { self.node.get(ATTRIBUTE).and_then(Node::elements) } else { None };
        tags.unwrap_or_default().iter().map(text).collect()
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        if self.whole { self.node.get(key).and_then(Node::as_str) } else { None }
    }

    fn order(&self, other: &View<'_>) -> Ordering {
        (self.kind.rank().cmp(&other.kind.rank()))
            .then_with(|| absent_first(self.text("title"), other.text("title")))
            .then_with(|| absent_first(self.text("description"), other.text("description")))
            .then_with(|| absent_first(self.default.as_deref(), other.default.as_deref()))
            .then_with(|| order_lists(&self.order_keys, &other.order_keys))
            .then_with(|| self.order_by_kind(other))
    }

    fn order_by_kind(&self, other: &View<'_>) -> Ordering {
        match (&self.kind, &other.kind) {
            (Kind::Combined(left_word, left), Kind::Combined(right_word, right)) => {
                let branches = || left.iter().zip(right).map(|(left, right)| left.order(right));
                utf16_order(left_word, right_word)
                    .then_with(|| left.len().cmp(&right.len()))
                    .then_with(|| first_difference(branches()))
            }
            (Kind::Not(left), Kind::Not(right)) => left.order(right),
            (Kind::Conditional(left), Kind::Conditional(right)) => {
                first_difference(left.iter().zip(right).map(|(left, right)| order_parts(left, right)))
            }
            (Kind::Array(left), Kind::Array(right)) => order_parts(left, right),
            _ => Ordering::Equal,
        }
    }
}

impl Kind<'_> {
    /// Kinds are ordered by their names.
    fn rank(&self) -> u8 {
        match self {
            Kind::Array(_) => 0,
            Kind::Boolean => 1,
            Kind::Combined(..) => 2,
            Kind::Conditional(_) => 3,
            Kind::Const => 4,
            Kind::Empty => 5,
            Kind::Enum => 6,
            Kind::False => 7,
            Kind::Not(_) => 8,
            Kind::Null => 9,
            Kind::Number => 10,
            Kind::Object(_) => 11,
            Kind::Reference => 12,
            Kind::String => 13,
            Kind::True => 14,
        }
    }
}

fn absent_first(left: Option<&str>, right: Option<&str>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => utf16_order(left, right),
        _ => left.is_some().cmp(&right.is_some()),
    }
}

fn order_parts(left: &Option<Box<View<'_>>>, right: &Option<Box<View<'_>>>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => left.order(right),
        _ => left.is_some().cmp(&right.is_some()),
    }
}

/// Lists by length, then by elements. Both sides hold as many lists: they are of the same kind.
fn order_lists(left: &[Vec<String>], right: &[Vec<String>]) -> Ordering {
    let by_element = |left: &Vec<String>, right: &Vec<String>| {
        let pairs = left.iter().zip(right).map(|(left, right)| utf16_order(left, right));
        first_difference(pairs)
    };
    let lists = left.iter().zip(right);
    first_difference(
        lists.map(|(left, right)| left.len().cmp(&right.len()).then_with(|| by_element(left, right))),
    )
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Branches are put in order once, here, so that comparing two of them costs no more than reading them.
fn combined<'a>(word: &'static str, mut branches: Vec<View<'a>>) -> Kind<'a> {
    branches.sort_by(View::order);
    Kind::Combined(word, branches)
}

/// Every kind that the keywords of an object speak of.
fn kinds<'a>(node: &'a Node, draft: Draft) -> Vec<Kind<'a>> {
    let mut kinds = Vec::new();
    if node.get("$ref").is_some() {
        kinds.push(Kind::Reference);
    }
    if node.get("enum").is_some() {
        kinds.push(Kind::Enum);
    }
    for (keyword, word) in [("allOf", "allof"), ("anyOf", "anyof"), ("oneOf", "oneof")] {
        if let Some(branches) = node.get(keyword).and_then(Node::elements) {
            kinds.push(combined(word, branches.iter().map(|branch| View::of(branch, draft)).collect()));
        }
    }
    if let Some(not) = View::boxed(node.get("not"), draft) {
        kinds.push(Kind::Not(not));
    }
    if draft >= Draft::Six && node.get("const").is_some() {
        kinds.push(Kind::Const);
    }
    let mut types = Vec::new();
    if let Some(value) = node.get("type") {
        match value.elements() {
            None => {
                types.extend(value.as_str());
                kinds.extend(types.iter().filter_map(|name| typed(node, name, draft)));
            }
            Some(elements) => {
                types.extend(elements.iter().filter_map(Node::as_str));
                let parts = types.iter().filter_map(|name| typed(node, name, draft));
                kinds.push(combined("anyof", parts.map(|kind| View::new(kind, node, false)).collect()));
            }
        }
    }
    kinds.extend(untyped(node, &types, draft));
    kinds
}

fn typed<'a>(node: &'a Node, name: &str, draft: Draft) -> Option<Kind<'a>> {
    Some(match name {
        "array" => Kind::Array(View::boxed(node.get("items"), draft)),
        "boolean" => Kind::Boolean,
        "integer" | "number" => Kind::Number,
        "null" => Kind::Null,
        "object" => {
            let members = node.get("properties").map(Node::members).unwrap_or_default();
            Kind::Object(
                members.iter().map(|member| (member.key.as_str(), View::of(&member.value, draft))).collect(),
            )
        }
        "string" => Kind::String,
        _ => return None,
    })
}

/// The kinds that keywords imply although `type` does not name them.
fn untyped<'a>(node: &'a Node, types: &[&str], draft: Draft) -> Vec<Kind<'a>> {
    let groups: [(&[&str], &[&str]); 4] = [
        (&["array"], ARRAY_KEYWORDS),
        (&["object"], OBJECT_KEYWORDS),
        (&["number", "integer"], NUMBER_KEYWORDS),
        (&["string"], STRING_KEYWORDS),
    ];
    let mut kinds = Vec::new();
    for (names, keywords) in groups {
        let named = names.iter().any(|name| types.contains(name));
        if !named && keywords.iter().any(|keyword| node.get(keyword).is_some()) {
            kinds.extend(typed(node, names[0], draft));
        }
    }
    let parts = ["if", "then", "else"];
    if draft >= Draft::Seven && parts.iter().any(|part| node.get(part).is_some()) {
        kinds.push(Kind::Conditional(parts.map(|part| View::boxed(node.get(part), draft))));
    }
    kinds
}

/// What a walk is for.
trait Visitor {
    /// A record or field whose tags are those of the schema that is viewed.
    fn visit(&mut self, path: &str, is_record: bool, view: &View<'_>);

    /// Is there anything to look for under paths that start so?
    fn goes_into(&self, start: &str) -> bool;
}

impl Visitor for Found {
    fn visit(&mut self, path: &str, is_record: bool, view: &View<'_>) {
        self.note(path, None, is_record, view.tags());
    }

    fn goes_into(&self, start: &str) -> bool {
        start.len() <= LONGEST_PATH
    }
}

/// Finds what is to be edited: changes by the place at which an object starts in its text.
struct Search {
    edits: Edits,
    changes: HashMap<usize, Vec<Change>>,
}

impl Visitor for Search {
    fn visit(&mut self, path: &str, is_record: bool, view: &View<'_>) {
        if view.whole
            && view.node.is_object()
            && let Some(change) = self.edits.take(path, is_record)
        {
            self.changes.entry(view.node.span.start).or_default().push(change);
        }
    }

    fn goes_into(&self, start: &str) -> bool {
        self.edits.lead_to(start)
    }
}

fn retag(node: &mut Node, changes: &HashMap<usize, Vec<Change>>) {
    let start = node.span.start;
    match &mut node.value {
        Value::Array(elements) => elements.iter_mut().for_each(|element| retag(element, changes)),
        Value::Object(members) => {
            members.iter_mut().for_each(|member| retag(&mut member.value, changes));
            let own = changes.get(&start).into_iter().flatten();
            own.for_each(|change| retag_members(members, change));
        }
        _ => {}
    }
}

fn retag_members(members: &mut Vec<Member>, change: &Change) {
    let at = members.iter().position(|member| member.key == ATTRIBUTE);
    match (at, change.changed(at.map(|at| &members[at].value), text)) {
        (Some(at), Some(value)) => members[at].value = value,
        (Some(at), None) => drop(members.remove(at)),
        (None, Some(value)) => {
            members.push(Member { key: ATTRIBUTE.to_owned(), key_span: Span::default(), value });
        }
        (None, None) => {}
    }
}

fn text(tag: &Node) -> String {
    tag.as_str().map_or_else(|| tag.to_compact(), str::to_owned)
}

struct Walk<'v> {
    visitor: &'v mut dyn Visitor,
    /// Hashes of the paths of objects: a property name with dots in it can repeat one.
    visited: HashSet<u64>,
}

impl Walk<'_> {
    fn view(&mut self, view: &View<'_>, scope: &str, is_property: bool) {
        if !self.visitor.goes_into(scope) {
            return;
        }
        match &view.kind {
            Kind::Combined(word, branches) => {
                for (position, branch) in branches.iter().enumerate() {
                    self.view(branch, &format!("{scope}{word}.{position}."), false);
                }
            }
            Kind::Array(Some(items)) => self.view(items, &format!("{scope}array."), false),
            Kind::Not(inner) => self.view(inner, &format!("{scope}not."), false),
            Kind::Conditional(parts) => {
                for (word, part) in ["if", "then", "else"].iter().zip(parts) {
                    if let Some(part) = part {
                        self.view(part, &format!("{scope}conditional.{word}."), false);
                    }
                }
            }
            Kind::Object(properties) => self.object(view, properties, format!("{scope}object"), is_property),
            _ => {}
        }
    }

    fn object(&mut self, view: &View<'_>, properties: &[(&str, View<'_>)], path: String, is_property: bool) {
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        if !self.visited.insert(hasher.finish()) || !self.visitor.goes_into(&path) {
            return;
        }
        if !is_property {
            self.visitor.visit(&path, true, view);
        }
        for (name, property) in properties {
            let mut field = format!("{path}.{name}");
            self.visitor.visit(&field, false, property);
            field.push('.');
            self.view(property, &field, true);
        }
        for keyword in ["definitions", "$defs"].into_iter().filter(|_| view.whole) {
            for member in view.node.get(keyword).map(Node::members).unwrap_or_default() {
                if member.value.is_object() {
                    let definition = View::of(&member.value, Draft::of_document(&member.value, Draft::Seven));
                    self.view(&definition, &format!("{path}.{keyword}.{}.", member.key), false);
                }
            }
        }
    }
}
