//! The line that a finding is about, with the place marked. An excerpt is one line of a text and never
//! more, however long the text or the line: long lines are cut around the place.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::told::Tier;
use crate::published::Location;

/// How much of a line is marked at most: a longer mark would push what it marks aside.
const MARKED: usize = 60;

/// A place in a text, and what is to be said of it.
pub(super) struct Mark<'a> {
    pub(super) text: &'a str,
    pub(super) place: &'a Location,
    pub(super) label: String,
}

/// The line and the marks below it. Nothing where the place is no place, or where there is nothing to see
/// but a bracket that opens.
pub(super) fn of(mark: &Mark<'_>, tier: Tier, is_own: bool, width: usize) -> Vec<String> {
    let Some(line) = Line::of(mark) else { return Vec::new() };
    let level = match tier {
        Tier::Error => Level::ERROR,
        Tier::Warning => Level::WARNING,
        Tier::Waived | Tier::Note => Level::NOTE,
    };
    let kind = if is_own { AnnotationKind::Primary } else { AnnotationKind::Context };
    let group = Group::with_level(level).element(line.snippet(mark, kind));
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii).term_width(width);
    // The first line is an empty margin.
    renderer.render(&[group]).lines().skip(1).map(|line| line.trim_end().to_owned()).collect()
}

/// How many characters of the line are marked, from the place on.
pub(super) fn marked(text: &str, place: &Location) -> Option<usize> {
    let line = Line::of(&Mark { text, place, label: String::new() })?;
    Some(line.content[line.marked].chars().count())
}

/// One line of a text, and what of it is marked, in bytes.
struct Line<'a> {
    number: usize,
    content: &'a str,
    marked: std::ops::Range<usize>,
}

impl<'a> Line<'a> {
    fn of(mark: &Mark<'a>) -> Option<Line<'a>> {
        let position = (mark.place.line? as usize).checked_sub(1)?;
        // A line ends as editors see it: with or without a carriage return before the line feed.
        let content = mark.text.split('\n').nth(position)?;
        let content = content.strip_suffix('\r').unwrap_or(content);
        let column = (mark.place.column? as usize).checked_sub(1)?;
        let start = content.char_indices().nth(column).map_or(content.len(), |(at, _)| at);
        let length = extent(&content[start..]);
        let shown = &content[start..start + length];
        (!matches!(shown, "" | "{" | "[")).then_some(Line {
            number: position + 1,
            content,
            marked: start..start + length,
        })
    }

    fn snippet(&self, mark: &Mark<'_>, kind: AnnotationKind) -> Snippet<'a, Annotation<'a>> {
        let annotation = kind.span(self.marked.clone()).label(mark.label.clone());
        Snippet::source(self.content).line_start(self.number).annotation(annotation)
    }
}

/// How far what begins here reaches within its line: to the end of a string or a bracket, else to the end
/// of a statement. Where that is on a later line, what opens is marked alone.
fn extent(rest: &str) -> usize {
    let end = match rest.chars().next() {
        Some('"') => end_of_string(rest),
        Some('{' | '[') => end_of_brackets(rest).unwrap_or(1),
        _ => rest.find([';', '{', ',']).unwrap_or(rest.len()),
    };
    let shown = rest[..end].trim_end();
    shown.char_indices().nth(MARKED).map_or(shown.len(), |(at, _)| at)
}

fn end_of_string(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn end_of_brackets(rest: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(character) = rest[at..].chars().next() {
        match character {
            '"' => {
                at += end_of_string(&rest[at..]);
                continue;
            }
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += character.len_utf8();
        if depth == 0 {
            return Some(at);
        }
    }
    None
}
