//! Globs whose stars are captured, so that a subject can be made of what they matched.

use regex::Regex;

/// A pattern of paths with `/` between their parts. `*` and `?` stay within a part, `**` crosses them,
/// `{a,b}` is one or the other, `[a-z]` a set of characters.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    pattern: Regex,
}

/// A pattern that is none. Displays as a sentence.
#[derive(Debug, thiserror::Error)]
#[error("`{glob}` is no glob: {reason}")]
pub struct InvalidGlob {
    glob: String,
    reason: &'static str,
}

impl Glob {
    /// Read a pattern.
    ///
    /// # Errors
    /// Brackets or braces that are not closed, and patterns too long to be meant.
    pub fn parse(text: &str) -> Result<Glob, InvalidGlob> {
        let invalid = |reason| InvalidGlob { glob: text.to_owned(), reason };
        if text.len() > 1_000 {
            return Err(invalid("it is longer than 1,000 characters"));
        }
        let expression = expression_of(text).map_err(invalid)?;
        let pattern = Regex::new(&expression).map_err(|_| invalid("a set of characters in it is empty"))?;
        Ok(Glob { text: text.to_owned(), pattern })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What each star matched, in their order; `None` when the path does not match.
    pub fn captures<'a>(&self, path: &'a str) -> Option<Vec<&'a str>> {
        let found = self.pattern.captures(path)?;
        Some(found.iter().skip(1).map(|part| part.map_or("", |part| part.as_str())).collect())
    }

    /// Does the path match?
    pub fn matches(&self, path: &str) -> bool {
        self.pattern.is_match(path)
    }
}

/// The regular expression of a glob, with a group for each star.
fn expression_of(glob: &str) -> Result<String, &'static str> {
    let mut expression = String::from("^");
    let mut open_braces = 0_u32;
    let mut rest = glob;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            // The slash goes with the folders, of which there may be none.
            expression.push_str("(?:(.*)/)?");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            expression.push_str("(.*)");
            rest = after;
            continue;
        }
        rest = &rest[next.len_utf8()..];
        match next {
            '*' => expression.push_str("([^/]*)"),
            '?' => expression.push_str("[^/]"),
            '{' => {
                open_braces += 1;
                expression.push_str("(?:");
            }
            '}' if open_braces > 0 => {
                open_braces -= 1;
                expression.push(')');
            }
            ',' if open_braces > 0 => expression.push('|'),
            '[' => {
                let end = rest.find(']').filter(|end| *end > 0).ok_or("a `[` is not closed")?;
                let (set, negated) = match rest[..end].strip_prefix(['!', '^']) {
                    Some(set) => (set, "^/"),
                    None => (&rest[..end], ""),
                };
                let set =
                    set.replace('\\', r"\\").replace('[', r"\[").replace('&', r"\&").replace('~', r"\~");
                expression.push_str(&format!("[{negated}{set}]"));
                rest = &rest[end + 1..];
            }
            plain => expression.push_str(&regex::escape(plain.encode_utf8(&mut [0; 4]))),
        }
    }
    if open_braces > 0 {
        return Err("a `{` is not closed");
    }
    expression.push('$');
    Ok(expression)
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn stars_match_and_are_captured() {
        for (glob, path, captured) in [
            ("topics/*/value.avsc", "topics/orders/value.avsc", Some(vec!["orders"])),
            ("topics/*/value.avsc", "topics/a/b/value.avsc", None),
            ("proto/**/*.proto", "proto/shop/v1/cart.proto", Some(vec!["shop/v1", "cart"])),
            ("proto/**/*.proto", "proto/cart.proto", Some(vec!["", "cart"])),
            ("**", "a/b.avsc", Some(vec!["a/b.avsc"])),
            ("*.{avsc,proto}", "x.proto", Some(vec!["x"])),
            ("*.{avsc,proto}", "x.json", None),
            ("v[0-9]/?.avsc", "v7/a.avsc", Some(vec![])),
            ("v[!0-9]/a.avsc", "v7/a.avsc", None),
            ("a.avsc", "aXavsc", None),
            ("payments-*", "payments-value", Some(vec!["value"])),
        ] {
            assert_eq!(Glob::parse(glob).expect(glob).captures(path), captured, "{glob} {path}");
        }
    }

    #[test]
    fn what_is_not_closed_is_no_glob() {
        for glob in ["a[b", "{a,b", "[]"] {
            assert!(Glob::parse(glob).is_err(), "{glob}");
        }
    }
}
