//! Comments, which the source tree leaves out: those that stand with a declaration.

use crate::schema::{Lines, Place};

/// How many lines a comment may have: more are not looked at.
const MOST_LINES: u32 = 200;

/// The comment of the declaration that starts at `place`: what stands right above it, else behind it on its own
/// line. Without the marks of comments, white space made one blank; `None` where nothing is said.
pub fn of(lines: &Lines<'_>, place: Place) -> Option<String> {
    let behind = || behind(lines.line(place.line));
    let words = above(lines, place.line).or_else(behind)?;
    let words: Vec<&str> = words.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn above(lines: &Lines<'_>, line: u32) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut in_block = false;
    for number in (line.saturating_sub(MOST_LINES).max(1)..line).rev() {
        let text = lines.line(number).trim();
        if let Some(rest) = text.strip_prefix("//").filter(|_| !in_block) {
            parts.push(rest.trim_start_matches('/').to_owned());
            continue;
        }
        if !in_block && !text.ends_with("*/") {
            break;
        }
        let text = text.trim_end_matches("*/");
        match text.find("/*") {
            // What stands before the comment is another declaration, and so it belongs to that.
            Some(start) if !text[..start].trim().is_empty() => break,
            Some(start) => {
                parts.push(text[start + 2..].trim_start_matches('*').to_owned());
                in_block = false;
            }
            None => {
                parts.push(text.trim_start_matches('*').to_owned());
                in_block = true;
            }
        }
    }
    parts.reverse();
    (!parts.is_empty() && !in_block).then(|| parts.join(" "))
}

/// The comment at the end of a line.
fn behind(line: &str) -> Option<String> {
    let mut quote = None;
    let mut letters = line.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some(_), '\\') => {
                letters.next();
            }
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '/') if matches!(letters.peek(), Some((_, '/' | '*'))) => {
                let text = line[at + 2..].trim_end().trim_end_matches("*/");
                return Some(text.trim_start_matches(['/', '*']).to_owned());
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::schema::{Lines, Place};

    #[test]
    fn comments_stand_above_a_declaration_or_behind_it() {
        for (text, line, comment) in [
            ("// An order.\nmessage Order {}", 2, Some("An order.")),
            ("// One,\r\n/// two.\r\nmessage Order {}", 3, Some("One, two.")),
            ("/* One,\n * two. */\nmessage Order {}", 3, Some("One, two.")),
            ("/** A. */\nmessage Order {}", 2, Some("A.")),
            ("// Of something else.\n\nmessage Order {}", 3, None),
            ("int32 a = 1; // the first\nint32 b = 2;", 2, None),
            ("int32 a = 1; // the first\nint32 b = 2;", 1, Some("the first")),
            ("int32 a = 1; /* the first */\nint32 b = 2;", 2, None),
            ("string a = 1 [default = \"http://x\"];", 1, None),
            ("string a = 1 [default = \"http://x\"]; // é", 1, Some("é")),
            ("//\nint32 a = 1;", 2, None),
            ("int32 a = 1;", 1, None),
            ("int32 a = 1;", 7, None),
        ] {
            let found = of(&Lines::of(text), Place { line, column: 1 });
            assert_eq!(found.as_deref(), comment, "{text}");
        }
    }
}
