//! The lines that a finding is about, with the place marked. An excerpt is a line or three, however long the
//! text; long lines are cut around the place.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::told::Tier;
use crate::published::Location;
use crate::schema::offset_of_column;

/// How much of a line is marked at most: a longer mark would push what it marks aside.
const MARKED: usize = 60;

/// Within how many bytes the end of what is marked is looked for: more than can be marked.
const NEAR: usize = 8 * MARKED;

/// How much of a line is looked at on either side of the mark, in bytes, unless the terminal is wider: a line
/// may be a whole document, and every finding in it would be laid out anew.
const REACH: usize = 1000;

/// How many lines follow one that holds a bracket and nothing else.
const FOLLOWING: usize = 2;

/// How much of those is shown.
const OF_FOLLOWING: usize = 200;

/// A place in a text, and what is to be said of it.
pub(super) struct Mark<'a> {
    pub(super) text: &'a str,
    pub(super) place: &'a Location,
    pub(super) label: String,
    /// The place stands for the schema as a whole.
    pub(super) is_whole: bool,
}

/// The lines, with marks below the place. Nothing where the place is no place, or where there is nothing to
/// see but the bracket that opens the whole.
pub(super) fn of(mark: &Mark<'_>, tier: Tier, is_own: bool, width: usize) -> Vec<String> {
    let Some(line) = Line::of(mark.text, mark.place) else { return Vec::new() };
    if line.is_bracket() && mark.is_whole {
        return Vec::new();
    }
    let line = line.cut(REACH.max(4 * width));
    let level = match tier {
        Tier::Error => Level::ERROR,
        Tier::Warning => Level::WARNING,
        Tier::Waived | Tier::Note => Level::NOTE,
    };
    let kind = if is_own { AnnotationKind::Primary } else { AnnotationKind::Context };
    let annotation = kind.span(line.marked.clone());
    let annotation = if mark.label.is_empty() { annotation } else { annotation.label(&mark.label) };
    let snippet = Snippet::source(line.with_following(mark.text))
        .line_start(line.position + 1)
        .fold(false)
        .annotation(annotation);
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii).term_width(width);
    let rendered = renderer.render(&[Group::with_level(level).element(snippet)]);
    // Margins without anything beside them only take room.
    let is_margin = |line: &&str| anstream::adapter::strip_str(line).to_string().trim() == "|";
    let lines = rendered.lines().filter(|line| !is_margin(line));
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// How many characters of the line are marked, from the place on.
pub(super) fn marked(text: &str, place: &Location) -> Option<usize> {
    let line = Line::of(text, place)?;
    Some(line.content[line.marked].chars().count()).filter(|length| *length > 0)
}

/// One line of a text, and what of it is marked, in bytes.
struct Line<'a> {
    /// From 0.
    position: usize,
    content: &'a str,
    marked: std::ops::Range<usize>,
}

impl<'a> Line<'a> {
    fn of(text: &'a str, place: &Location) -> Option<Line<'a>> {
        let position = (place.line? as usize).checked_sub(1)?;
        let content = without_return(text.split('\n').nth(position)?);
        let start = offset_of_column(content, place.column.filter(|column| *column > 0)? as usize);
        let end = start + extent(&content[start..]);
        Some(Line { position, content, marked: start..end })
    }

    /// The part around the mark; the whole line where that is not long.
    fn cut(self, reach: usize) -> Line<'a> {
        let mut from = self.marked.start.saturating_sub(reach);
        let mut to = self.marked.end.saturating_add(reach).min(self.content.len());
        while !self.content.is_char_boundary(from) {
            from -= 1;
        }
        while !self.content.is_char_boundary(to) {
            to += 1;
        }
        Line {
            content: &self.content[from..to],
            marked: self.marked.start - from..self.marked.end - from,
            ..self
        }
    }

    /// Says the line nothing but that something opens?
    fn is_bracket(&self) -> bool {
        matches!(&self.content[self.marked.clone()], "{" | "[")
            && self.content[self.marked.end..].trim().is_empty()
    }

    /// The line, and those after it that say what opens.
    fn with_following(&self, text: &str) -> String {
        let mut shown = self.content.to_owned();
        if self.is_bracket() {
            for line in text.split('\n').skip(self.position + 1).take(FOLLOWING) {
                shown.push('\n');
                shown.extend(without_return(line).chars().take(OF_FOLLOWING));
            }
        }
        shown
    }
}

/// A line as editors see it.
fn without_return(line: &str) -> &str {
    line.strip_suffix('\r').unwrap_or(line)
}

/// How far what begins here reaches within its line: to the end of a string or a bracket, else to the end
/// of a statement. Where that is on a later line, what opens is marked alone.
fn extent(rest: &str) -> usize {
    let (whole, mut near) = (rest.len(), rest.len().min(NEAR));
    while !rest.is_char_boundary(near) {
        near -= 1;
    }
    let rest = &rest[..near];
    let end = match rest.chars().next() {
        Some('"') => end_of_string(rest),
        Some('{' | '[') => end_of_brackets(rest).unwrap_or(if near < whole { near } else { 1 }),
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
