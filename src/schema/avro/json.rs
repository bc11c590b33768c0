//! JSON values as the reference prints them: integers as they are, other numbers as Java prints a
//! `double`, strings with the fewest escapes. Two values are the same when they print the same with
//! sorted keys.

use crate::model::utf16_order;
use crate::schema::tree::{Node, Value, write_string};

/// The order of object keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// As written.
    Kept,
    /// By UTF-16 code unit, at every level.
    Sorted,
}

/// Append a value.
pub(super) fn write(out: &mut String, node: &Node, keys: Keys) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(text) => write_number(out, text),
        Value::String(text) => write_string(out, text),
        Value::Array(elements) => {
            write_separated(out, ('[', ']'), elements, |out, element| write(out, element, keys));
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            if keys == Keys::Sorted {
                members.sort_by(|left, right| utf16_order(&left.key, &right.key));
            }
            write_separated(out, ('{', '}'), members, |out, member| {
                write_string(out, &member.key);
                out.push(':');
                write(out, &member.value, keys);
            });
        }
    }
}

/// Append items between brackets, separated by commas.
pub(super) fn write_separated<I: IntoIterator>(
    out: &mut String,
    brackets: (char, char),
    items: I,
    mut write: impl FnMut(&mut String, I::Item),
) {
    out.push(brackets.0);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(brackets.1);
}

/// Do two values mean the same? The order of keys does not matter, `1` and `1.0` differ.
pub(super) fn equal(left: &Node, right: &Node) -> bool {
    sorted(left) == sorted(right)
}

/// The value with sorted keys.
pub(super) fn sorted(node: &Node) -> String {
    let mut out = String::new();
    write(&mut out, node, Keys::Sorted);
    out
}

/// Is the number written without fraction and exponent?
pub(super) fn is_integer(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

/// How deep arrays and objects nest in a JSON text.
pub(super) fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn write_number(out: &mut String, text: &str) {
    match text {
        "-0" => out.push('0'),
        _ if is_integer(text) => out.push_str(text),
        // The tree holds numbers in JSON's grammar, which is a part of Rust's.
        _ => out.push_str(&double(text.parse().unwrap_or(f64::NAN))),
    }
}

/// A `double` as Java prints it, in quotes where JSON has no number for it.
pub(super) fn double(number: f64) -> String {
    java_number(number.abs(), number.is_finite(), format!("{number:?}"), format!("{number:e}"))
}

/// A `float` as Java prints it, in quotes where JSON has no number for it.
pub(super) fn float(number: f32) -> String {
    java_number(f64::from(number.abs()), number.is_finite(), format!("{number:?}"), format!("{number:e}"))
}

/// Both languages print the shortest digits that read back as the same number; they differ in when
/// the exponent is used and in how it looks.
fn java_number(magnitude: f64, is_finite: bool, plain: String, scientific: String) -> String {
    if !is_finite {
        return match plain.as_str() {
            "inf" => "\"Infinity\"",
            "-inf" => "\"-Infinity\"",
            _ => "\"NaN\"",
        }
        .to_owned();
    }
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return plain;
    }
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let fraction = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{fraction}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::{Keys, double, equal, float, nesting, write};
    use crate::schema::tree::parse;

    #[test]
    fn numbers_look_like_java_s() {
        for (written, printed) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1.10", "1.1"),
            ("1e0", "1.0"),
            ("1e10", "1.0E10"),
            ("1E7", "1.0E7"),
            ("9999999.5", "9999999.5"),
            ("12345678.9", "1.23456789E7"),
            ("0.001", "0.001"),
            ("0.0001", "1.0E-4"),
            ("-1.5e-300", "-1.5E-300"),
            ("1e400", "\"Infinity\""),
            ("-1e400", "\"-Infinity\""),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            let mut out = String::new();
            write(&mut out, &parse(written).expect(written), Keys::Kept);
            assert_eq!(out, printed, "{written}");
        }
        assert_eq!(double(f64::NAN), "\"NaN\"");
        assert_eq!(float(0.1), "0.1");
        assert_eq!(float(1e10), "1.0E10");
    }

    #[test]
    fn values_are_compared_by_meaning() {
        for (left, right, same) in [
            (r#"{"a":1,"b":[2]}"#, r#"{ "b" : [ 2 ], "a" : 1 }"#, true),
            ("1", "1.0", false),
            ("1.0", "1.00", true),
            ("1e1", "10.0", true),
            ("[1,2]", "[2,1]", false),
            (r#"{"a":null}"#, "{}", false),
            ("\"1\"", "1", false),
        ] {
            assert_eq!(equal(&parse(left).expect(left), &parse(right).expect(right)), same, "{left} {right}");
        }
    }

    #[test]
    fn nesting_ignores_strings() {
        for (text, depth) in [("1", 0), ("[]", 1), (r#"{"a":["[[[",{"\"{":[]}]}"#, 4), (r#""\\[""#, 0)] {
            assert_eq!(nesting(text), depth, "{text}");
        }
    }
}
