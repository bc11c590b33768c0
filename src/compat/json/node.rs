//! Sub-schemas as the engine sees them: annotations gone, numbers exact, references followed.
//!
//! Both documents live in one [`Arena`]. A *raw* node stands for one place of one document and leads to
//! raw nodes; it is what places are told by. Raw nodes that say the same, recursive ones included, share
//! a *class*, across the two documents: an unchanged definition is the same class on both sides however
//! it is spelled. The engine works on classes, each of which is spoken of by one raw node of it.

use std::sync::Arc;

use super::number::Number;
use super::strings::Pattern;
use super::value::Value;

/// A raw node, or the class that it represents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::compat) struct NodeId(pub(super) u32);

/// A set of kinds of values. Numbers are two kinds: those without a fraction and the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::compat) struct Kinds(u8);

/// The conjunction of all assertions of one schema object. Absent assertions accept everything.
///
/// `true` is the node without assertions; `false` is the one whose `kinds` is empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::compat) struct Node {
    /// `type`.
    pub(in crate::compat) kinds: Kinds,
    /// `enum`, each value once.
    pub(in crate::compat) values: Option<Arc<[Value]>>,
    /// `const`.
    pub(in crate::compat) constant: Option<Value>,
    pub(in crate::compat) number: Option<Box<NumberPart>>,
    pub(in crate::compat) string: Option<Box<StringPart>>,
    pub(in crate::compat) object: Option<Box<ObjectPart>>,
    pub(in crate::compat) array: Option<Box<ArrayPart>>,
    pub(in crate::compat) logic: Option<Box<Logic>>,
    /// Something that asserts, and that the engine does not know: where this node decides, nothing is
    /// decided.
    pub(in crate::compat) unsupported: Option<Arc<Unknown>>,
}

/// An assertion that the engine does not know.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::compat) struct Unknown {
    pub(in crate::compat) keyword: String,
    /// What it says, so that only what says the same is taken for the same.
    pub(in crate::compat) says: String,
}

/// Assertions about numbers only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::compat) struct NumberPart {
    pub(in crate::compat) minimum: Option<Number>,
    pub(in crate::compat) exclusive_minimum: Option<Number>,
    pub(in crate::compat) maximum: Option<Number>,
    pub(in crate::compat) exclusive_maximum: Option<Number>,
    /// Positive.
    pub(in crate::compat) multiple_of: Option<Number>,
}

/// Assertions about strings only. Lengths count code points.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::compat) struct StringPart {
    pub(in crate::compat) min_length: Option<u64>,
    pub(in crate::compat) max_length: Option<u64>,
    pub(in crate::compat) pattern: Option<Pattern>,
    /// `format`, where formats are asserted: a pattern of its language, opaque where there is none.
    pub(in crate::compat) format: Option<Pattern>,
}

/// Assertions about objects only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::compat) struct ObjectPart {
    /// Sorted by name.
    pub(in crate::compat) properties: Vec<(Arc<str>, NodeId)>,
    pub(in crate::compat) patterns: Vec<(Pattern, NodeId)>,
    /// Of properties that neither a name nor a pattern of this node speaks of.
    pub(in crate::compat) additional: Option<NodeId>,
    /// Of the names, as strings.
    pub(in crate::compat) names: Option<NodeId>,
    /// Sorted, each name once.
    pub(in crate::compat) required: Vec<Arc<str>>,
    pub(in crate::compat) min_properties: Option<u64>,
    pub(in crate::compat) max_properties: Option<u64>,
    /// Sorted; the names are sorted too.
    pub(in crate::compat) dependent_required: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// Sorted by name.
    pub(in crate::compat) dependent_schemas: Vec<(Arc<str>, NodeId)>,
    /// Of properties that nothing in place has evaluated. Only the validator reads it as it is; the
    /// engine asks for [`Arena::unfolded`].
    pub(in crate::compat) unevaluated: Option<NodeId>,
}

/// Assertions about arrays only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::compat) struct ArrayPart {
    /// `prefixItems`, or `items` as an array.
    pub(in crate::compat) prefix: Vec<NodeId>,
    /// Of every item beyond the prefix: `items`, or `additionalItems` beside a prefix.
    pub(in crate::compat) rest: Option<NodeId>,
    pub(in crate::compat) contains: Option<NodeId>,
    /// Meaningless without `contains`; 1 when absent.
    pub(in crate::compat) min_contains: Option<u64>,
    pub(in crate::compat) max_contains: Option<u64>,
    pub(in crate::compat) min_items: Option<u64>,
    pub(in crate::compat) max_items: Option<u64>,
    pub(in crate::compat) unique: bool,
    /// As `unevaluated` of objects.
    pub(in crate::compat) unevaluated: Option<NodeId>,
    /// From 2020-12 on, an item that matches `contains` counts as evaluated.
    pub(in crate::compat) contains_evaluates: bool,
}

/// Schemas about the same value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::compat) struct Logic {
    /// `allOf`, and the target of a `$ref` with keywords beside it. (A reference that stands alone is
    /// its target.)
    pub(in crate::compat) all_of: Vec<NodeId>,
    pub(in crate::compat) any_of: Option<Vec<NodeId>>,
    pub(in crate::compat) one_of: Option<Vec<NodeId>>,
    pub(in crate::compat) not: Option<NodeId>,
    /// `if`, `then`, `else`; only where one of the latter two is there.
    pub(in crate::compat) condition: Option<Condition>,
}

/// `if` with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::compat) struct Condition {
    pub(in crate::compat) test: NodeId,
    pub(in crate::compat) then: Option<NodeId>,
    pub(in crate::compat) otherwise: Option<NodeId>,
}

impl Logic {
    /// Every schema that may have to accept the same value, or not to.
    pub(in crate::compat) fn in_place(&self) -> impl Iterator<Item = NodeId> {
        let condition = self.condition.iter();
        let condition = condition.flat_map(|it| [Some(it.test), it.then, it.otherwise]).flatten();
        let branches = self.any_of.iter().chain(&self.one_of).flatten().copied();
        self.all_of.iter().copied().chain(branches).chain(self.not).chain(condition)
    }
}

impl Kinds {
    pub(in crate::compat) const NONE: Kinds = Kinds(0);
    pub(in crate::compat) const NULL: Kinds = Kinds(1);
    pub(in crate::compat) const BOOLEAN: Kinds = Kinds(2);
    /// Numbers without a fraction, however they are spelled.
    pub(in crate::compat) const INTEGER: Kinds = Kinds(4);
    /// Numbers with a fraction.
    pub(in crate::compat) const FRACTION: Kinds = Kinds(8);
    pub(in crate::compat) const STRING: Kinds = Kinds(16);
    pub(in crate::compat) const ARRAY: Kinds = Kinds(32);
    pub(in crate::compat) const OBJECT: Kinds = Kinds(64);
    pub(in crate::compat) const NUMBER: Kinds = Kinds(4 | 8);
    pub(in crate::compat) const ALL: Kinds = Kinds(127);

    pub(in crate::compat) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(in crate::compat) fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    pub(in crate::compat) fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    pub(in crate::compat) fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    pub(in crate::compat) fn is_within(self, other: Kinds) -> bool {
        self.0 & !other.0 == 0
    }

    /// Every kind of the set, alone.
    pub(in crate::compat) fn each(self) -> impl Iterator<Item = Kinds> {
        (0..7).map(|bit| Kinds(1 << bit)).filter(move |kind| kind.is_within(self))
    }
}

impl Node {
    /// There is something that the engine does not know.
    pub(in crate::compat) fn give_up(&mut self, keyword: &str, says: &str) {
        let (keyword, before) = match self.unsupported.as_deref() {
            Some(known) => (known.keyword.clone(), known.says.as_str()),
            None => (keyword.to_owned(), ""),
        };
        let says = format!("{before}{keyword} {says};");
        self.unsupported = Some(Arc::new(Unknown { keyword, says }));
    }

    /// Accepts everything.
    pub(in crate::compat) fn anything() -> Node {
        Node {
            kinds: Kinds::ALL,
            values: None,
            constant: None,
            number: None,
            string: None,
            object: None,
            array: None,
            logic: None,
            unsupported: None,
        }
    }

    /// Accepts nothing.
    pub(in crate::compat) fn nothing() -> Node {
        Node { kinds: Kinds::NONE, ..Node::anything() }
    }
}
