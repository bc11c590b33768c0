//! Text that strangers had a hand in, made so that neither a terminal nor the runner of a job obeys it.

use std::borrow::Cow;

/// What stands between two characters without being seen.
const NOTHING: char = '\u{200b}';

/// Variables of those runners that take lines of the output for commands, and of others that may.
const OF_RUNNERS: [&str; 4] = ["CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"];

/// Does a runner read the output?
pub(crate) fn is_job() -> bool {
    OF_RUNNERS.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Would it move a terminal, or turn the order of what it shows?
pub(crate) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Lines for a terminal: what would be harmful is replaced, but for line feeds, tabulators and colours.
pub(crate) fn for_terminal(text: &str) -> Cow<'_, str> {
    if !text.contains(|character| is_harmful(character) && !matches!(character, '\n' | '\t')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let colour = length_of_colour(rest);
        if colour > 0 {
            shown.push_str(&rest[..colour]);
            rest = &rest[colour..];
            continue;
        }
        let is_shown = !is_harmful(character) || matches!(character, '\n' | '\t');
        shown.push(if is_shown { character } else { '\u{FFFD}' });
        rest = &rest[character.len_utf8()..];
    }
    Cow::Owned(shown)
}

/// How long the sequence that sets a colour is, if the text begins with one.
fn length_of_colour(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else { return 0 };
    let digits = parameters.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    if parameters[digits..].starts_with('m') { "\u{1b}[m".len() + digits } else { 0 }
}

/// Lines for the log of a job: none of them begins like a command of GitHub's runner, and none holds one
/// of Azure Pipelines or TeamCity. A carriage return ends a line as well.
pub(crate) fn for_runner(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in without_commands(text).split_inclusive(['\n', '\r']) {
        if line.trim_start().starts_with("::") {
            shown.push(NOTHING);
        }
        shown.push_str(line);
    }
    shown
}

/// Without `##vso[`, `##[` and `##teamcity[`, which count wherever they stand in a line.
pub(crate) fn without_commands(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut hashes = 0;
    for character in text.chars() {
        if hashes > 1 && (character == '[' || character.is_ascii_alphabetic()) {
            shown.push(NOTHING);
        }
        hashes = if character == '#' { hashes + 1 } else { 0 };
        shown.push(character);
    }
    shown
}

/// The same for a JSON document, which says the same as before.
pub(crate) fn json_without_commands(document: &str) -> String {
    // Two of them stand together within strings only.
    document.replace("##", "#\\u0023")
}

/// The same for an XML document, which says the same as before.
pub(crate) fn xml_without_commands(document: &str) -> String {
    document.replace("##", "#&#35;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_neither_moved_nor_turned() {
        for (text, expected) in [
            ("a\tb\nc", "a\tb\nc"),
            ("\u{1b}[1;31mred\u{1b}[0m", "\u{1b}[1;31mred\u{1b}[0m"),
            ("a\u{1b}]0;title\u{7}\u{1b}[2J", "a\u{FFFD}]0;title\u{FFFD}\u{FFFD}[2J"),
            ("a\r::b\u{202e}c\u{2028}d\u{9b}2J", "a\u{FFFD}::b\u{FFFD}c\u{FFFD}d\u{FFFD}2J"),
            ("\u{1b}[", "\u{FFFD}["),
        ] {
            assert_eq!(for_terminal(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_runner_is_told_nothing() {
        for (text, expected) in [
            ("a :: b\nc", "a :: b\nc"),
            ("::error::a", "\u{200b}::error::a"),
            ("a\n  ::b\r::c\n", "a\n\u{200b}  ::b\r\u{200b}::c\n"),
            ("### heading", "### heading"),
            (
                "a ##vso[task.complete] ###[b] ##teamcity[c]",
                "a ##\u{200b}vso[task.complete] ###\u{200b}[b] ##\u{200b}teamcity[c]",
            ),
        ] {
            assert_eq!(for_runner(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_document_says_what_it_said() {
        let value = serde_json::json!({"a\\##": "####vso[x] \\##["});
        let document = json_without_commands(&value.to_string());
        assert!(!document.contains("##"), "{document}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&document).expect("JSON"), value);
        assert_eq!(xml_without_commands("<a b=\"##\">###x</a>"), "<a b=\"#&#35;\">#&#35;#x</a>");
    }
}
