//! A schema as the reference loads it: each object is of one kind, or the conjunction of several.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::super::hash_order::Table;
use crate::compat::json::number::Number;
use crate::compat::json::strings::Pattern;
use crate::schema::json::{
    ARRAY_KEYWORDS as ARRAY, Draft, JsonSchema, NUMBER_KEYWORDS as NUMBER, OBJECT_KEYWORDS as OBJECT,
    STRING_KEYWORDS as STRING,
};
use crate::schema::tree::{Member, Node, Value};

/// A loaded schema.
#[derive(Debug)]
pub(super) struct View {
    pub(super) kind: Kind,
    /// The document and the first byte of the object; synthetic members share those of their owner.
    pub(super) at: (usize, usize),
    /// Is it all of that object?
    is_own: bool,
    pub(super) annotations: Annotations,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Annotations {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) default: Option<String>,
    pub(super) is_connect_bytes: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    String(Strings),
    Number(Numbers),
    Boolean,
    Null,
    Enum(BTreeSet<String>),
    Const(String),
    Combined(Criterion, Branches),
    Not(Id),
    Object(Box<Object>),
    Array(Box<Array>),
    Empty,
    True,
    False,
    Conditional,
    /// To the schema one reference further.
    Reference(Id),
}

#[derive(Debug, Default)]
pub(super) struct Strings {
    pub(super) min_length: Option<f64>,
    pub(super) max_length: Option<f64>,
    pub(super) pattern: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) maximum: Option<f64>,
    pub(super) minimum: Option<f64>,
    pub(super) exclusive_maximum: Option<f64>,
    pub(super) exclusive_minimum: Option<f64>,
    pub(super) multiple_of: Option<Number>,
    pub(super) is_integer: bool,
}

#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) properties: Named<Id>,
    pub(super) required: HashSet<String>,
    pub(super) patterns: Vec<(Pattern, Id)>,
    pub(super) additional: Rest,
    pub(super) unevaluated: Rest,
    pub(super) max_properties: Option<f64>,
    pub(super) min_properties: Option<f64>,
    pub(super) dependent_names: Named<HashSet<String>>,
    pub(super) dependent_schemas: Named<Id>,
}

#[derive(Debug, Default)]
pub(super) struct Array {
    pub(super) all_items: Option<Id>,
    pub(super) items: Vec<Id>,
    pub(super) additional: Rest,
    pub(super) unevaluated: Rest,
    pub(super) max_items: Option<f64>,
    pub(super) min_items: Option<f64>,
    pub(super) max_contains: Option<f64>,
    pub(super) min_contains: Option<f64>,
    pub(super) is_unique: bool,
}

/// Values by name, as a Java hash table goes through them.
#[derive(Debug)]
pub(super) struct Named<T> {
    table: Table,
    values: HashMap<Rc<str>, T>,
}

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named { table: Table::default(), values: HashMap::new() }
    }
}

impl<T> FromIterator<(Rc<str>, T)> for Named<T> {
    fn from_iter<I: IntoIterator<Item = (Rc<str>, T)>>(members: I) -> Named<T> {
        let mut names = Vec::new();
        let mut values = HashMap::new();
        for (name, value) in members {
            if values.insert(name.clone(), value).is_none() {
                names.push(name);
            }
        }
        Named { table: Table::of(names), values }
    }
}

impl<T> Named<T> {
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.values.get(name)
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Rc<str>> {
        self.table.names()
    }

    /// The names of both.
    pub(super) fn union<'t>(&'t self, other: &'t Named<T>) -> Vec<&'t Rc<str>> {
        self.table.union(&other.table, |name| self.values.contains_key(name))
    }
}

/// The members of a combination.
#[derive(Debug)]
pub(super) struct Branches {
    pub(super) all: Vec<Id>,
    distinct: OnceCell<Vec<Id>>,
}

impl Branches {
    fn of(all: Vec<Id>) -> Branches {
        Branches { all, distinct: OnceCell::new() }
    }

    /// The branches, equal ones once.
    pub(super) fn distinct(&self, views: &Views<'_>) -> &[Id] {
        self.distinct.get_or_init(|| {
            let mut seen = HashSet::new();
            let kept = self.all.iter().filter(|&&branch| seen.insert(views.text(branch)));
            kept.copied().collect()
        })
    }
}

/// What becomes of properties or items that nothing declares.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    #[default]
    Allowed,
    Forbidden,
    Schema(Id),
}

/// How the branches of a combination go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Criterion {
    All,
    Any,
    One,
}

impl Criterion {
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Criterion::All => "allOf",
            Criterion::Any => "anyOf",
            Criterion::One => "oneOf",
        }
    }
}

/// A view of a [`Views`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id(u32);

/// What is loaded together: the text itself, or what a reference leads to. The reference's objects are
/// told apart by identity, and it loads the target of a reference anew, even where it is the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Load(Option<(usize, usize)>);

/// Where an object that is loaded stands.
#[derive(Debug, Clone, Copy)]
struct Here {
    document: usize,
    load: Load,
}

/// The views of a schema, each made when it is first looked at.
pub(super) struct Views<'a> {
    schema: &'a JsonSchema,
    documents: Vec<(Draft, &'a Node)>,
    inner: RefCell<Inner<'a>>,
    sources: RefCell<HashMap<(usize, usize), &'a Node>>,
}

#[derive(Default)]
struct Inner<'a> {
    slots: Vec<Slot<'a>>,
    ids: HashMap<(usize, usize, Load), Id>,
}

#[derive(Clone)]
enum Slot<'a> {
    Waiting(Here, &'a Node),
    Made(Rc<View>),
}

impl<'a> Views<'a> {
    pub(super) fn of(schema: &'a JsonSchema) -> Views<'a> {
        let documents = schema.documents().map(|document| (document.draft(), document.root())).collect();
        Views { schema, documents, inner: RefCell::default(), sources: RefCell::default() }
    }

    pub(super) fn root(&self) -> Id {
        self.id(Here { document: 0, load: Load(None) }, self.schema.root())
    }

    pub(super) fn get(&self, id: Id) -> Rc<View> {
        let slot = self.inner.borrow().slots[id.0 as usize].clone();
        match slot {
            Slot::Made(view) => view,
            Slot::Waiting(here, node) => {
                let view = Rc::new(self.make(here, node));
                self.inner.borrow_mut().slots[id.0 as usize] = Slot::Made(view.clone());
                view
            }
        }
    }

    /// What tells a branch from its siblings: its text.
    pub(super) fn text(&self, id: Id) -> String {
        let view = self.get(id);
        let (document, start) = view.at;
        let text = self.sources.borrow().get(&(document, start)).map(|node| canonical(node));
        match text {
            Some(text) if view.is_own => text,
            _ => format!("{}#{}", start, id.0),
        }
    }

    fn id(&self, here: Here, node: &'a Node) -> Id {
        let (document, start) = (here.document, node.span.start);
        let key = (document, start, here.load);
        if let Some(id) = self.inner.borrow().ids.get(&key) {
            return *id;
        }
        let id = self.push(Slot::Waiting(here, node));
        self.inner.borrow_mut().ids.insert(key, id);
        self.sources.borrow_mut().insert((document, start), node);
        id
    }

    fn push(&self, slot: Slot<'a>) -> Id {
        let mut inner = self.inner.borrow_mut();
        inner.slots.push(slot);
        Id(inner.slots.len() as u32 - 1)
    }

    fn make(&self, here: Here, node: &'a Node) -> View {
        let at = (here.document, node.span.start);
        let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
        let draft = self.documents[here.document].0;
        let annotations = Annotations {
            id: text(draft.id_keyword()),
            title: text("title"),
            description: text("description"),
            default: node.get("default").map(Node::to_compact),
            is_connect_bytes: node.get("connect.type").and_then(Node::as_str) == Some("bytes"),
        };
        let kind = match node.value {
            Value::Bool(true) => Kind::True,
            Value::Bool(false) => Kind::False,
            _ => self.kind(here, node, draft),
        };
        View { kind, at, is_own: true, annotations }
    }

    fn kind(&self, here: Here, node: &'a Node, draft: Draft) -> Kind {
        let mut kinds = Vec::new();
        let mut consumed: Vec<&str> = Vec::new();
        if let Some(reference) = node.get("$ref").and_then(Node::as_str) {
            if let Some((target, node)) = self.schema.resolve(here.document, node, reference) {
                let is_anew = self.documents[target].0.ref_hides_siblings();
                let load = Load(is_anew.then_some((target, node.span.start)));
                kinds.push(Kind::Reference(self.id(Here { document: target, load }, node)));
            }
            if draft.ref_hides_siblings() {
                return kinds.pop().unwrap_or(Kind::Empty);
            }
        }
        if let Some(listed) = node.get("enum").and_then(Node::elements) {
            kinds.push(Kind::Enum(listed.iter().map(canonical).collect()));
        }
        for (key, criterion) in
            [("allOf", Criterion::All), ("oneOf", Criterion::One), ("anyOf", Criterion::Any)]
        {
            if let Some(branches) = node.get(key).and_then(Node::elements) {
                let branches = branches.iter().map(|branch| self.id(here, branch)).collect();
                kinds.push(Kind::Combined(criterion, Branches::of(self.in_order(branches))));
            }
        }
        if let Some(inner) = node.get("not") {
            kinds.push(Kind::Not(self.id(here, inner)));
        }
        if let Some(constant) = node.get("const").filter(|_| draft > Draft::Four) {
            kinds.push(Kind::Const(canonical(constant)));
        }
        if let Some(types) = node.get("type") {
            let mut typed = |name: &str| -> Option<Kind> {
                let (kind, keywords) = self.typed(here, node, draft, name)?;
                consumed.extend(keywords);
                Some(kind)
            };
            match types.elements() {
                Some(names) => {
                    let names = names.iter().filter_map(Node::as_str);
                    let members: Vec<Kind> = names.filter_map(&mut typed).collect();
                    let members = members.into_iter().map(|kind| self.member(here, node, kind)).collect();
                    kinds.push(Kind::Combined(Criterion::Any, Branches::of(members)));
                }
                None => kinds.extend(types.as_str().and_then(&mut typed)),
            }
        }
        let has_other = |keywords: &[&str]| {
            keywords.iter().any(|keyword| !consumed.contains(keyword) && node.get(keyword).is_some())
        };
        for (keywords, name) in [(ARRAY, "array"), (OBJECT, "object"), (NUMBER, "number"), (STRING, "string")]
        {
            if has_other(keywords)
                && let Some((kind, _)) = self.typed(here, node, draft, name)
            {
                kinds.push(kind);
            }
        }
        if draft >= Draft::Seven && ["if", "then", "else"].iter().any(|key| node.get(key).is_some()) {
            kinds.push(Kind::Conditional);
        }
        match kinds.len() {
            0 => Kind::Empty,
            1 => kinds.remove(0),
            _ => {
                let members = kinds.into_iter().map(|kind| self.member(here, node, kind)).collect();
                Kind::Combined(Criterion::All, Branches::of(self.in_order(members)))
            }
        }
    }

    /// One of several kinds of an object.
    fn member(&self, here: Here, node: &'a Node, kind: Kind) -> Id {
        let at = (here.document, node.span.start);
        self.push(Slot::Made(Rc::new(View { kind, at, is_own: false, annotations: Annotations::default() })))
    }

    /// Combinations come first, the last one before the others.
    fn in_order(&self, branches: Vec<Id>) -> Vec<Id> {
        let is_combined = |id: &Id| match &self.inner.borrow().slots[id.0 as usize] {
            Slot::Made(view) => matches!(view.kind, Kind::Combined(..)),
            Slot::Waiting(here, node) => self.is_combined(*here, node),
        };
        let (mut first, rest): (Vec<Id>, Vec<Id>) = branches.into_iter().partition(|id| is_combined(id));
        first.reverse();
        first.extend(rest);
        first
    }

    /// Whether an object would be loaded as a combination, without loading it.
    fn is_combined(&self, here: Here, node: &Node) -> bool {
        let draft = self.documents[here.document].0;
        if node.get("$ref").is_some() && draft.ref_hides_siblings() {
            return false;
        }
        if ["allOf", "anyOf", "oneOf"].iter().any(|key| node.get(key).is_some()) {
            return true;
        }
        if node.get("type").is_some_and(|types| types.elements().is_some()) {
            return true;
        }
        let own = match node.get("type").and_then(Node::as_str) {
            Some("array") => ARRAY,
            Some("object") => OBJECT,
            Some("number" | "integer") => NUMBER,
            Some("string") => STRING,
            _ => &[],
        };
        let has =
            |keywords: &[&str]| keywords.iter().any(|key| !own.contains(key) && node.get(key).is_some());
        let mut count = ["$ref", "enum", "not", "type"].iter().filter(|key| node.get(key).is_some()).count();
        count += usize::from(draft > Draft::Four && node.get("const").is_some());
        count += [ARRAY, OBJECT, NUMBER, STRING].iter().filter(|keywords| has(keywords)).count();
        count += usize::from(draft >= Draft::Seven && has(&["if", "then", "else"]));
        count > 1
    }

    fn typed(
        &self,
        here: Here,
        node: &'a Node,
        draft: Draft,
        name: &str,
    ) -> Option<(Kind, &'static [&'static str])> {
        Some(match name {
            "null" => (Kind::Null, &[]),
            "boolean" => (Kind::Boolean, &[]),
            "string" => (
                Kind::String(Strings {
                    min_length: number(node, "minLength"),
                    max_length: number(node, "maxLength"),
                    pattern: node.get("pattern").and_then(Node::as_str).map(str::to_owned),
                }),
                STRING,
            ),
            "number" | "integer" => (
                Kind::Number(Numbers {
                    maximum: number(node, "maximum"),
                    minimum: number(node, "minimum"),
                    exclusive_maximum: number(node, "exclusiveMaximum"),
                    exclusive_minimum: number(node, "exclusiveMinimum"),
                    multiple_of: node.get("multipleOf").and_then(|it| match &it.value {
                        Value::Number(text) => Number::parse(text).filter(Number::is_positive),
                        _ => None,
                    }),
                    is_integer: name == "integer",
                }),
                NUMBER,
            ),
            "object" => (Kind::Object(Box::new(self.object(here, node, draft))), OBJECT),
            "array" => (Kind::Array(Box::new(self.array(here, node, draft))), ARRAY),
            _ => return None,
        })
    }

    fn rest(&self, here: Here, node: &'a Node, key: &str) -> Rest {
        match node.get(key) {
            None => Rest::Allowed,
            Some(rest) => match rest.value {
                Value::Bool(true) => Rest::Allowed,
                Value::Bool(false) => Rest::Forbidden,
                _ => Rest::Schema(self.id(here, rest)),
            },
        }
    }

    /// Here a schema that accepts everything is none, however it is written.
    fn unevaluated(&self, here: Here, node: &'a Node, key: &str) -> Rest {
        match self.rest(here, node, key) {
            Rest::Schema(id) if matches!(self.get(id).kind, Kind::Empty) => Rest::Allowed,
            rest => rest,
        }
    }

    fn object(&self, here: Here, node: &'a Node, draft: Draft) -> Object {
        let members = |key: &str| node.get(key).map_or(&[][..], Node::members);
        let names = |list: &Node| -> HashSet<String> {
            list.elements().unwrap_or_default().iter().filter_map(Node::as_str).map(str::to_owned).collect()
        };
        let mut object = Object {
            required: node.get("required").map(names).unwrap_or_default(),
            additional: self.rest(here, node, "additionalProperties"),
            max_properties: number(node, "maxProperties"),
            min_properties: number(node, "minProperties"),
            ..Object::default()
        };
        let property = |member: &'a Member| (member.key.as_str().into(), self.id(here, &member.value));
        object.properties = members("properties").iter().map(property).collect();
        let patterns = members("patternProperties");
        // The first that matches counts, in the order of a Java hash table.
        let table = Table::of(patterns.iter().map(|member| member.key.as_str().into()).collect());
        for source in table.names() {
            let Some(member) = patterns.iter().find(|member| *member.key == **source) else { continue };
            object.patterns.push((Pattern::new(&member.key), self.id(here, &member.value)));
        }
        let keywords: &[&str] = match draft <= Draft::Seven {
            true => &["dependencies"],
            false => &["dependentRequired", "dependentSchemas"],
        };
        let dependencies = || keywords.iter().flat_map(|keyword| members(keyword));
        let is_of_names = |member: &&'a Member| member.value.elements().is_some();
        let listed = dependencies().filter(is_of_names);
        object.dependent_names =
            listed.map(|member| (member.key.as_str().into(), names(&member.value))).collect();
        object.dependent_schemas =
            dependencies().filter(|member| !is_of_names(member)).map(property).collect();
        if draft >= Draft::Year2019 {
            object.unevaluated = self.unevaluated(here, node, "unevaluatedProperties");
        }
        object
    }

    fn array(&self, here: Here, node: &'a Node, draft: Draft) -> Array {
        let mut array = Array {
            max_items: number(node, "maxItems"),
            min_items: number(node, "minItems"),
            is_unique: node.is_true("uniqueItems"),
            ..Array::default()
        };
        let prefix = if draft == Draft::Year2020 { "prefixItems" } else { "items" };
        match node.get(prefix).and_then(Node::elements) {
            Some(items) => {
                array.items = items.iter().map(|item| self.id(here, item)).collect();
                let rest = if draft == Draft::Year2020 { "items" } else { "additionalItems" };
                array.additional = self.rest(here, node, rest);
            }
            None => {
                array.all_items = node.get("items").map(|items| self.id(here, items));
                if draft < Draft::Year2020 {
                    array.additional = self.rest(here, node, "additionalItems");
                }
            }
        }
        if draft >= Draft::Year2019 {
            array.unevaluated = self.unevaluated(here, node, "unevaluatedItems");
            array.max_contains = number(node, "maxContains");
            array.min_contains = number(node, "minContains");
        }
        array
    }
}

/// The number of a keyword, as inexact as the reference takes it.
fn number(node: &Node, key: &str) -> Option<f64> {
    match &node.get(key)?.value {
        Value::Number(text) => text.parse().ok(),
        _ => None,
    }
}

/// A value, so that equal ones are equal texts.
fn canonical(node: &Node) -> String {
    match &node.value {
        Value::Number(text) => match text.parse::<f64>() {
            Ok(number)
                if number == number.trunc() && number.abs() < 1e15 && !text.contains(['.', 'e', 'E']) =>
            {
                format!("{number:.0}")
            }
            _ => text.clone(),
        },
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(canonical).collect();
            format!("[{}]", elements.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|member| format!("{:?}:{}", member.key, canonical(&member.value)))
                .collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
        _ => node.to_compact(),
    }
}
