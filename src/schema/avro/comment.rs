//! Comments: not JSON, but the reference reads them in Avro schemas, and people write them.

use std::borrow::Cow;

/// The text with its comments overwritten by blanks, byte for byte, so that places stay right. What
/// follows the schema is left alone: a comment there is as wrong as any other text.
pub(in crate::schema) fn blanked(text: &str) -> Cow<'_, str> {
    if !text.contains("//") && !text.contains("/*") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut depth = 0usize;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '"' => string_length(rest),
            '/' => {
                let length = comment_length(rest);
                let blank = |c: char| if c == '\n' { "\n" } else { &"    "[..c.len_utf8()] };
                out.extend(rest[..length].chars().map(blank));
                rest = &rest[length..];
                if length == 0 {
                    break;
                }
                continue;
            }
            _ => character.len_utf8(),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ if character.is_whitespace() => continue,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// 0 when no comment starts here, or when it is never closed.
fn comment_length(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find(['\n', '\r']).unwrap_or(text.len());
    }
    let end = text.strip_prefix("/*").and_then(|rest| rest.find("*/"));
    end.map_or(0, |end| "/*".len() + end + "*/".len())
}

#[cfg(test)]
mod tests {
    use super::blanked;

    #[test]
    fn comments_become_blanks() {
        for (text, expected) in [
            ("\"a//b\"", "\"a//b\""),
            ("/*é*/ \"a\"", "       \"a\""),
            ("{ // x\n \"a\": /* \" */ 1}", "{     \n \"a\":         1}"),
            ("{\"a\":\"/*\\\"*/\"}//", "{\"a\":\"/*\\\"*/\"}//"),
            ("{} // after", "{} // after"),
            ("[/* open", "[/* open"),
            ("[/]//", "[/]//"),
        ] {
            assert_eq!(blanked(text), expected, "{text}");
        }
    }
}
