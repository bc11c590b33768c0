//! Reading attributes, and showing them in messages.

use crate::schema::avro::model::Property;
use crate::schema::tree::Node;

/// How much of a value an error message shows.
const SHOWN: usize = 200;

/// The text of an attribute; anything but a string counts as absent.
pub(super) fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::as_str).map(str::to_owned)
}

pub(super) fn properties(node: &Node, is_reserved: impl Fn(&str) -> bool) -> Vec<Property> {
    let own = node.members().iter().filter(|member| !is_reserved(&member.key));
    own.map(|member| Property { key: member.key.clone(), value: member.value.clone() }).collect()
}

/// A number in a string, as Java reads it (its hexadecimal notation excepted).
pub(super) fn floating(text: &str) -> Option<f64> {
    let text = text.trim();
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = match magnitude {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ => {
            let digits = magnitude.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(magnitude);
            let starts_well = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
            digits.parse().ok().filter(|_| starts_well)?
        }
    };
    Some(if negative { -number } else { number })
}

pub(super) fn shown(node: &Node) -> String {
    cut(&node.to_compact())
}

pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
