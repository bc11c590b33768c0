//! A JSON text and the places in it, for those who ask about many of them.

use super::tree::{self, Node, Value};
use super::{Lines, Place};

/// The text of an Avro or JSON Schema.
pub struct JsonText<'t> {
    lines: Lines<'t>,
    root: Option<Node>,
}

impl<'t> JsonText<'t> {
    /// Read a text. One that is no JSON has places, but no keys.
    pub fn of(text: &'t str) -> JsonText<'t> {
        JsonText { lines: Lines::of(text), root: tree::parse(text).ok() }
    }

    /// The place of a byte.
    pub fn place(&self, offset: usize) -> Place {
        self.lines.place(offset)
    }

    /// The place of a key of the object that starts at a byte; of the object itself where it has no such key.
    pub fn place_of_key(&self, object: usize, key: &str) -> Place {
        let found = self.root.as_ref().and_then(|root| starting_at(root, object));
        let member = found.and_then(|node| node.members().iter().find(|member| member.key == key));
        self.place(member.map_or(object, |member| member.key_span.start))
    }

    /// The place of an element of an array that is the value of a key of the object that starts at a byte.
    pub fn place_of_element(&self, object: usize, key: &str, index: usize) -> Place {
        let found = self.root.as_ref().and_then(|root| starting_at(root, object));
        let element = found.and_then(|node| node.get(key)?.elements()?.get(index));
        element.map_or_else(|| self.place_of_key(object, key), |element| self.place(element.span.start))
    }
}

/// The value that starts at a byte; the outermost, where several do.
fn starting_at(root: &Node, start: usize) -> Option<&Node> {
    let mut node = root;
    while node.span.start != start {
        let holds = |child: &&Node| (child.span.start..child.span.end).contains(&start);
        node = match &node.value {
            Value::Array(elements) => elements.iter().find(holds)?,
            Value::Object(members) => members.iter().map(|member| &member.value).find(holds)?,
            _ => return None,
        };
    }
    Some(node)
}
