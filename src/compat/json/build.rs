//! From the texts of a reader and a writer to the nodes of an [`Arena`]: drafts, references and
//! assumptions end here.

mod scopes;

use std::collections::HashSet;
use std::sync::Arc;

use self::scopes::{Said, ScopeId, Scopes, anchor};
use super::Map;
use super::arena::{Arena, At, Side};
use super::atoms::unsupported;
use super::node::{ArrayPart, Condition, Kinds, Logic, Node, NodeId, NumberPart, ObjectPart, StringPart};
use super::number::Number;
use super::strings::Pattern;
use super::value::Value;
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::report::Why;
use crate::model::{Assumptions, Policy};
use crate::schema::json::{Document, Draft, JsonSchema};
use crate::schema::tree;

/// The most nodes of a pair.
const MOST: usize = 500_000;
/// The longest chain of references to references.
const LONGEST_CHAIN: usize = 1_000;

/// The nodes of both schemas.
///
/// # Errors
/// When they are too many.
pub(super) fn arena(
    reader: &JsonSchema,
    writer: &JsonSchema,
    assumptions: Assumptions,
    fuel: &mut Fuel,
) -> Result<Arena, Why> {
    let mut roots = Vec::new();
    let mut defaults = Vec::new();
    let mut patterns = Map::default();
    let said = [reader, writer].map(Said::of);
    let has_unevaluated = said.iter().any(|said| said.unevaluated);
    let objects = said.iter().map(|said| said.objects).sum();
    let (mut nodes, mut places) = (Vec::with_capacity(objects), Vec::with_capacity(objects));
    let names = said.into_iter().flat_map(|said| said.dynamic).collect::<HashSet<_>>();
    for (schema, side) in [(writer, Side::Writer), (reader, Side::Reader)] {
        let mut builder = Builder {
            schema,
            side,
            assumptions,
            documents: schema.documents().collect(),
            nodes: std::mem::take(&mut nodes),
            places: std::mem::take(&mut places),
            patterns: std::mem::take(&mut patterns),
            ids: Map::default(),
            pending: Vec::new(),
            defaults: Vec::new(),
            walked: 0,
            has_unevaluated,
            scopes: Scopes::of(&names),
        };
        let root = Spot { document: 0, node: schema.root(), is_position: true, scope: ScopeId::default() };
        roots.push(builder.id(root));
        while let Some((id, spot)) = builder.pending.pop() {
            let walked = std::mem::take(&mut builder.walked) + builder.scopes.work();
            fuel.spend(1 + walked).map_err(|Exhausted| Why::Fuel)?;
            if builder.nodes.len() > MOST {
                return Err(unsupported("a schema of this size"));
            }
            if builder.scopes.are_too_many() {
                return Err(unsupported("dynamic references in so many scopes"));
            }
            builder.nodes[id.0 as usize] = builder.build(spot);
        }
        defaults.extend(builder.defaults);
        (nodes, places, patterns) = (builder.nodes, builder.places, builder.patterns);
    }
    let mut arena = Arena::new(nodes, places, roots[1], roots[0]);
    if !defaults.is_empty() {
        super::defaults::fill(&mut arena, defaults, fuel)?;
    }
    Ok(arena)
}

/// A default of a property in the reader.
#[derive(Debug)]
pub(super) struct Filling {
    /// The raw node that the property belongs to.
    pub(super) owner: NodeId,
    pub(super) name: Arc<str>,
    pub(super) value: Value,
}

#[derive(Clone, Copy)]
struct Spot<'a> {
    document: usize,
    node: &'a tree::Node,
    /// The schema of a whole value, as opposed to one of several about the same value.
    is_position: bool,
    scope: ScopeId,
}

struct Builder<'a> {
    schema: &'a JsonSchema,
    side: Side,
    assumptions: Assumptions,
    documents: Vec<&'a Document>,
    nodes: Vec<Node>,
    places: Vec<Option<At>>,
    /// By what they are spelled: an automaton is made once.
    patterns: Map<String, Pattern>,
    ids: Map<Key, NodeId>,
    pending: Vec<(NodeId, Spot<'a>)>,
    defaults: Vec<Filling>,
    /// Schemas that were looked at for the sake of another one, and are not accounted for yet.
    walked: usize,
    /// Somewhere it counts which properties and items are spoken of.
    has_unevaluated: bool,
    scopes: Scopes<'a>,
}

/// Document, first byte, whether it is a position that is closed, scope: what a raw node is known by.
type Key = (usize, usize, bool, ScopeId);

impl<'a> Builder<'a> {
    fn draft(&self, spot: Spot<'_>) -> Draft {
        self.documents[spot.document].draft_of(spot.node)
    }

    fn closes(&self) -> bool {
        self.side == Side::Writer && self.assumptions.policy == Policy::Lenient
    }

    fn ignores_closedness(&self) -> bool {
        self.side == Side::Reader && self.assumptions.policy == Policy::Lenient
    }

    /// As it is seen from within the resource that it belongs to.
    fn entered(&mut self, spot: Spot<'a>) -> Spot<'a> {
        let scope = self.scopes.enter(spot.scope, (spot.document, self.documents[spot.document]), spot.node);
        Spot { scope, ..spot }
    }

    fn id(&mut self, spot: Spot<'a>) -> NodeId {
        let Some(spot) = self.target(spot) else {
            let mut unknown = Node::anything();
            unknown.give_up("a circle of references", &self.place(spot));
            return self.add(unknown, None);
        };
        let is_position = spot.is_position && self.closes();
        let spot = Spot { is_position, ..self.entered(spot) };
        let key = (spot.document, spot.node.span.start, is_position, spot.scope);
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let at = At { side: self.side, document: spot.document, start: spot.node.span.start };
        let id = self.add(Node::anything(), Some(at));
        self.ids.insert(key, id);
        self.pending.push((id, spot));
        id
    }

    /// A name that no other place has.
    fn place(&self, spot: Spot<'_>) -> String {
        format!("{:?} {} {}", self.side, spot.document, spot.node.span.start)
    }

    fn add(&mut self, node: Node, at: Option<At>) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.places.push(at);
        id
    }

    /// Where lone references lead; `None` when they lead in a circle.
    fn target(&mut self, mut spot: Spot<'a>) -> Option<Spot<'a>> {
        for _ in 0..LONGEST_CHAIN {
            let hides = self.draft(spot).ref_hides_siblings();
            let Some(reference) = spot.node.get("$ref").and_then(tree::Node::as_str) else {
                return Some(spot);
            };
            if !hides && !spot.node.members().iter().all(|member| is_silent(&member.key)) {
                return Some(spot);
            }
            self.walked += 1;
            spot = self.entered(spot);
            let (document, node) = self.schema.resolve(spot.document, spot.node, reference)?;
            spot = Spot { document, node, ..spot };
        }
        None
    }

    fn build(&mut self, spot: Spot<'a>) -> Node {
        let mut node = Node::anything();
        match spot.node.value {
            tree::Value::Bool(false) => return Node::nothing(),
            tree::Value::Object(_) => {}
            _ => {
                self.close(spot, &mut node);
                return node;
            }
        }
        self.values(spot, &mut node);
        self.number(spot, &mut node);
        self.string(spot, &mut node);
        self.object(spot, &mut node);
        self.array(spot, &mut node);
        self.logic(spot, &mut node);
        self.close(spot, &mut node);
        node
    }

    /// A schema about the same value.
    fn in_place(&mut self, spot: Spot<'a>, node: &'a tree::Node) -> NodeId {
        self.id(Spot { node, is_position: false, ..spot })
    }

    /// The schema of a property or an item.
    fn below(&mut self, spot: Spot<'a>, node: &'a tree::Node) -> NodeId {
        self.id(Spot { node, is_position: true, ..spot })
    }

    fn values(&mut self, spot: Spot<'a>, node: &mut Node) {
        let draft = self.draft(spot);
        if let Some(types) = spot.node.get("type") {
            let names = match types.elements() {
                Some(elements) => elements.iter().filter_map(tree::Node::as_str).collect(),
                None => types.as_str().into_iter().collect::<Vec<_>>(),
            };
            node.kinds = names.into_iter().fold(Kinds::NONE, |kinds, name| kinds.or(kinds_of(name)));
        }
        if let Some(listed) = spot.node.get("enum").and_then(tree::Node::elements) {
            match listed.iter().map(value).collect::<Option<Vec<Value>>>() {
                Some(mut values) => {
                    values.sort_unstable();
                    values.dedup();
                    node.values = Some(values.into());
                }
                None => node.give_up("enum of such numbers", &spelled(spot.node, "enum")),
            }
        }
        if let Some(constant) = spot.node.get("const").filter(|_| draft > Draft::Four) {
            match value(constant) {
                Some(constant) => node.constant = Some(constant),
                None => node.give_up("const of such numbers", &spelled(spot.node, "const")),
            }
        }
    }

    fn number(&mut self, spot: Spot<'a>, node: &mut Node) {
        let mut number = |key: &str| {
            let tree::Value::Number(text) = &spot.node.get(key)?.value else { return None };
            let parsed = Number::parse(text);
            if parsed.is_none() {
                node.give_up(&format!("{key} of such a size"), text);
            }
            parsed
        };
        let mut part = NumberPart {
            minimum: number("minimum"),
            maximum: number("maximum"),
            exclusive_minimum: number("exclusiveMinimum"),
            exclusive_maximum: number("exclusiveMaximum"),
            multiple_of: number("multipleOf"),
        };
        if self.draft(spot) == Draft::Four {
            if spot.node.is_true("exclusiveMinimum") {
                part.exclusive_minimum = part.minimum.take();
            }
            if spot.node.is_true("exclusiveMaximum") {
                part.exclusive_maximum = part.maximum.take();
            }
        }
        if part.multiple_of.as_ref().is_some_and(|divisor| !divisor.is_positive()) {
            node.give_up("multipleOf of a negative number", &spelled(spot.node, "multipleOf"));
            part.multiple_of = None;
        }
        node.number = (part != NumberPart::default()).then(|| Box::new(part));
    }

    fn pattern(&mut self, source: &str) -> Pattern {
        if let Some(known) = self.patterns.get(source) {
            return known.clone();
        }
        let pattern = Pattern::new(source);
        self.patterns.insert(source.to_owned(), pattern.clone());
        pattern
    }

    fn string(&mut self, spot: Spot<'a>, node: &mut Node) {
        let text = |key: &str| spot.node.get(key).and_then(tree::Node::as_str);
        let part = StringPart {
            min_length: count(spot.node, "minLength"),
            max_length: limit(spot.node, "maxLength", node),
            pattern: text("pattern").map(|source| self.pattern(source)),
            format: text("format").filter(|_| self.assumptions.assert_formats).map(Pattern::format),
        };
        node.string = (part != StringPart::default()).then(|| Box::new(part));
    }

    fn object(&mut self, spot: Spot<'a>, node: &mut Node) {
        let draft = self.draft(spot);
        let schema = spot.node;
        let mut part = ObjectPart {
            required: names(schema.get("required")),
            min_properties: count(schema, "minProperties"),
            max_properties: limit(schema, "maxProperties", node),
            ..ObjectPart::default()
        };
        for member in schema.get("properties").map_or(&[][..], tree::Node::members) {
            let name: Arc<str> = member.key.as_str().into();
            part.properties.push((name, self.below(spot, &member.value)));
        }
        part.properties.sort_by(|(one, _), (other, _)| one.cmp(other));
        for member in schema.get("patternProperties").map_or(&[][..], tree::Node::members) {
            let pattern = self.pattern(&member.key);
            part.patterns.push((pattern, self.below(spot, &member.value)));
        }
        let is_false = |node: &tree::Node| matches!(node.value, tree::Value::Bool(false));
        let ignores = self.ignores_closedness();
        // What is ignored still speaks of every property, which counts where one that is not spoken of is asked.
        let rest = |builder: &mut Self, key: &str| match schema.get(key)? {
            node if !(ignores && is_false(node)) => Some(builder.below(spot, node)),
            _ => builder.has_unevaluated.then(|| builder.add(Node::anything(), None)),
        };
        part.additional = rest(self, "additionalProperties");
        if draft > Draft::Four {
            part.names = schema.get("propertyNames").map(|node| self.in_place(spot, node));
        }
        if draft >= Draft::Year2019 {
            part.unevaluated = rest(self, "unevaluatedProperties");
            for member in schema.get("dependentRequired").map_or(&[][..], tree::Node::members) {
                part.dependent_required.push((member.key.as_str().into(), names(Some(&member.value))));
            }
            for member in schema.get("dependentSchemas").map_or(&[][..], tree::Node::members) {
                let dependent = self.in_place(spot, &member.value);
                part.dependent_schemas.push((member.key.as_str().into(), dependent));
            }
        }
        if draft <= Draft::Seven {
            for member in schema.get("dependencies").map_or(&[][..], tree::Node::members) {
                let name: Arc<str> = member.key.as_str().into();
                if member.value.elements().is_some() {
                    part.dependent_required.push((name, names(Some(&member.value))));
                } else {
                    let dependent = self.in_place(spot, &member.value);
                    part.dependent_schemas.push((name, dependent));
                }
            }
        }
        part.dependent_required.sort();
        part.dependent_schemas.sort();
        node.object = (part != ObjectPart::default()).then(|| Box::new(part));
    }

    fn array(&mut self, spot: Spot<'a>, node: &mut Node) {
        let draft = self.draft(spot);
        let schema = spot.node;
        let mut part = ArrayPart {
            min_items: count(schema, "minItems"),
            max_items: limit(schema, "maxItems", node),
            unique: schema.is_true("uniqueItems"),
            ..ArrayPart::default()
        };
        let prefix = if draft == Draft::Year2020 { schema.get("prefixItems") } else { schema.get("items") };
        match prefix.and_then(tree::Node::elements) {
            Some(elements) => {
                part.prefix = elements.iter().map(|element| self.below(spot, element)).collect();
                let rest = if draft == Draft::Year2020 { "items" } else { "additionalItems" };
                part.rest = schema.get(rest).map(|node| self.below(spot, node));
            }
            None => part.rest = schema.get("items").map(|node| self.below(spot, node)),
        }
        if draft > Draft::Four && schema.get("contains").is_some() {
            part.contains = schema.get("contains").map(|node| self.below(spot, node));
            part.contains_evaluates = draft == Draft::Year2020;
            if draft >= Draft::Year2019 {
                part.min_contains = count(schema, "minContains");
                part.max_contains = limit(schema, "maxContains", node);
            }
        }
        if draft >= Draft::Year2019 {
            part.unevaluated = schema.get("unevaluatedItems").map(|node| self.below(spot, node));
        }
        node.array = (part != ArrayPart::default()).then(|| Box::new(part));
    }

    fn logic(&mut self, spot: Spot<'a>, node: &mut Node) {
        let draft = self.draft(spot);
        let schema = spot.node;
        let mut logic = Logic::default();
        for (keyword, target) in self.references(spot) {
            match target {
                Some(target) => logic.all_of.push(self.id(Spot { is_position: false, ..target })),
                None => node.give_up(keyword, &self.place(spot)),
            }
        }
        let mut branches = |key: &str| -> Option<Vec<NodeId>> {
            let elements = schema.get(key)?.elements()?;
            Some(elements.iter().map(|element| self.in_place(spot, element)).collect())
        };
        logic.all_of.extend(branches("allOf").unwrap_or_default());
        logic.any_of = branches("anyOf");
        logic.one_of = branches("oneOf");
        logic.not = schema.get("not").map(|node| self.in_place(spot, node));
        let is_bare = schema.get("then").is_none() && schema.get("else").is_none();
        if draft >= Draft::Seven
            && let Some(test) = schema.get("if")
            // One that stands alone asserts nothing, but it speaks of properties and items.
            && (!is_bare || self.has_unevaluated)
        {
            let test = self.in_place(spot, test);
            let then = schema.get("then").map(|node| self.in_place(spot, node));
            let otherwise = schema.get("else").map(|node| self.in_place(spot, node));
            logic.condition = Some(Condition { test, then, otherwise });
        }
        node.logic = (logic != Logic::default()).then(|| Box::new(logic));
    }

    /// The references that a schema holds, and where they lead.
    fn references(&mut self, spot: Spot<'a>) -> Vec<(&'static str, Option<Spot<'a>>)> {
        let draft = self.draft(spot);
        let spot = self.entered(spot);
        let mut found = Vec::new();
        for (keyword, since, until) in [
            ("$ref", Draft::Year2019, Draft::Year2020),
            ("$dynamicRef", Draft::Year2020, Draft::Year2020),
            ("$recursiveRef", Draft::Year2019, Draft::Year2019),
        ] {
            let reference = spot.node.get(keyword).and_then(tree::Node::as_str);
            let Some(reference) = reference.filter(|_| since <= draft && draft <= until) else { continue };
            let target = self.schema.resolve(spot.document, spot.node, reference);
            let target = target.map(|(document, node)| Spot { document, node, ..spot });
            let anchor =
                target.filter(|_| keyword != "$ref").and_then(|target| anchor(reference, target.node));
            let outermost = anchor.and_then(|name| self.scopes.outermost(spot.scope, name));
            let outermost = outermost.map(|(document, node)| Spot { document, node, ..spot });
            // Escapes in a name: nobody writes any.
            let is_plain = keyword == "$ref" || !reference.contains('%');
            found.push((keyword, outermost.or(target).filter(|_| is_plain)));
        }
        found
    }

    /// A lenient writer writes declared properties only.
    fn close(&mut self, spot: Spot<'a>, node: &mut Node) {
        if self.side == Side::Reader && self.assumptions.fill_defaults {
            self.note_defaults(spot);
        }
        if !spot.is_position {
            return;
        }
        let mut declared = self.declared(spot);
        if declared.everything {
            return;
        }
        let (anything, nothing) = (self.add(Node::anything(), None), self.add(Node::nothing(), None));
        declared.names.sort_unstable();
        declared.names.dedup();
        let closed = Node {
            object: Some(Box::new(ObjectPart {
                properties: declared.names.into_iter().map(|name| (name, anything)).collect(),
                patterns: declared.patterns.into_iter().map(|pattern| (pattern, anything)).collect(),
                additional: Some(nothing),
                ..ObjectPart::default()
            })),
            ..Node::anything()
        };
        let closed = self.add(closed, None);
        // Closed after what is unevaluated was looked at: that it is closed evaluates nothing.
        if node.object.as_ref().is_some_and(|part| part.unevaluated.is_some()) {
            let at = At { side: self.side, document: spot.document, start: spot.node.span.start };
            let open = self.add(std::mem::replace(node, Node::anything()), Some(at));
            node.logic.get_or_insert_default().all_of.push(open);
        }
        node.logic.get_or_insert_default().all_of.push(closed);
    }

    /// What the schemas about one value declare, wherever in them.
    fn declared(&mut self, spot: Spot<'a>) -> Declared {
        let mut declared = Declared::default();
        let (mut seen, mut pending) = (HashSet::new(), vec![spot]);
        while let Some(spot) = pending.pop() {
            let Some(spot) = self.target(spot) else { continue };
            if declared.everything || !seen.insert((spot.document, spot.node.span.start, spot.scope)) {
                continue;
            }
            self.walked += 1;
            let (schema, draft) = (spot.node, self.draft(spot));
            let members = |key: &str| schema.get(key).map_or(&[][..], tree::Node::members);
            declared.names.extend(members("properties").iter().map(|member| Arc::from(member.key.as_str())));
            let patterns = members("patternProperties").iter().map(|member| Pattern::new(&member.key));
            declared.patterns.extend(patterns);
            let is_modern = draft >= Draft::Year2019;
            for (key, counts) in [("additionalProperties", true), ("unevaluatedProperties", is_modern)] {
                declared.everything |= counts && schema.get(key).is_some_and(tree::Node::is_object);
            }
            let mut inner: Vec<&'a tree::Node> = Vec::new();
            for key in ["allOf", "anyOf", "oneOf"] {
                inner.extend(schema.get(key).and_then(tree::Node::elements).into_iter().flatten());
            }
            if draft >= Draft::Seven && schema.get("if").is_some() {
                inner.extend(["if", "then", "else"].into_iter().filter_map(|key| schema.get(key)));
            }
            let dependent = if is_modern { "dependentSchemas" } else { "dependencies" };
            inner.extend(members(dependent).iter().map(|member| &member.value));
            pending.extend(inner.into_iter().map(|node| Spot { node, ..spot }));
            pending.extend(self.references(spot).into_iter().filter_map(|(_, target)| target));
        }
        declared
    }

    fn note_defaults(&mut self, spot: Spot<'a>) {
        let key = (spot.document, spot.node.span.start, spot.is_position, spot.scope);
        let Some(&owner) = self.ids.get(&key) else { return };
        for member in spot.node.get("properties").map_or(&[][..], tree::Node::members) {
            if let Some(value) = member.value.get("default").and_then(value) {
                self.defaults.push(Filling { owner, name: member.key.as_str().into(), value });
            }
        }
    }
}

#[derive(Default)]
struct Declared {
    names: Vec<Arc<str>>,
    patterns: Vec<Pattern>,
    everything: bool,
}

/// Beside a reference these say nothing about values.
fn is_silent(key: &str) -> bool {
    let annotations = ["$ref", "title", "description", "$comment", "default", "examples", "deprecated"];
    annotations.contains(&key)
        || ["readOnly", "writeOnly", "$defs", "definitions", "markdownDescription"].contains(&key)
}

/// The value of a keyword as it is spelled, but for spaces.
fn spelled(schema: &tree::Node, key: &str) -> String {
    schema.get(key).map_or_else(String::new, tree::Node::to_compact)
}

fn kinds_of(name: &str) -> Kinds {
    match name {
        "null" => Kinds::NULL,
        "boolean" => Kinds::BOOLEAN,
        "integer" => Kinds::INTEGER,
        "number" => Kinds::NUMBER,
        "string" => Kinds::STRING,
        "array" => Kinds::ARRAY,
        "object" => Kinds::OBJECT,
        _ => Kinds::NONE,
    }
}

/// A least count. A negative one asks nothing; one that is beyond counting is as good as the largest.
fn count(schema: &tree::Node, key: &str) -> Option<u64> {
    let tree::Value::Number(text) = &schema.get(key)?.value else { return None };
    if text.starts_with('-') {
        return None;
    }
    Some(Number::parse(text).and_then(|number| number.to_string().parse().ok()).unwrap_or(u64::MAX))
}

/// A greatest count. One that is negative lets nothing pass.
fn limit(schema: &tree::Node, key: &str, node: &mut Node) -> Option<u64> {
    let tree::Value::Number(text) = &schema.get(key)?.value else { return None };
    if text.starts_with('-') && Number::parse(text).is_none_or(|number| number < Number::from(0)) {
        node.give_up(&format!("{key} below zero"), text);
        return None;
    }
    count(schema, key).or(Some(0)).filter(|&count| count < u64::MAX)
}

fn names(list: Option<&tree::Node>) -> Vec<Arc<str>> {
    let elements = list.and_then(tree::Node::elements).unwrap_or_default();
    let mut names: Vec<Arc<str>> = elements.iter().filter_map(tree::Node::as_str).map(Arc::from).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A value of a text; `None` where a number in it is beyond computing.
pub(super) fn value(node: &tree::Node) -> Option<Value> {
    Some(match &node.value {
        tree::Value::Null => Value::Null,
        tree::Value::Bool(truth) => Value::Bool(*truth),
        tree::Value::Number(text) => Value::Number(Number::parse(text)?),
        tree::Value::String(text) => Value::String(text.as_str().into()),
        tree::Value::Array(elements) => {
            Value::Array(elements.iter().map(value).collect::<Option<Vec<_>>>()?.into())
        }
        tree::Value::Object(members) => {
            let members =
                members.iter().map(|member| Some((member.key.as_str().into(), value(&member.value)?)));
            Value::Object(Arc::new(members.collect::<Option<_>>()?))
        }
    })
}
