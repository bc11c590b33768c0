//! Lines and columns of a text, for those who ask for many of them.

use super::Place;

/// How many bytes apart characters have been counted.
const BLOCK: usize = 1024;

/// Where the lines of a text begin, and how many characters stand before every block of it.
///
/// [`Place::of`] reads the text up to the place. That is quadratic for whoever asks about every field of a long
/// text, or of one that is a single line.
#[derive(Debug, Clone)]
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    characters_before: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Read a text once.
    pub fn of(text: &'t str) -> Lines<'t> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut characters_before = Vec::with_capacity(text.len() / BLOCK + 1);
        let mut count = 0;
        for block in text.as_bytes().chunks(BLOCK) {
            characters_before.push(count);
            count += block.iter().filter(|byte| is_first(**byte)).count();
        }
        characters_before.push(count);
        Lines { text, starts, characters_before }
    }

    /// The text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The place of a byte offset, as [`Place::of`] gives it.
    pub fn place(&self, offset: usize) -> Place {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let column = self.characters(offset) - self.characters(start) + 1;
        let fit = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place { line: fit(line), column: fit(column) }
    }

    /// The text of a line, which counts from 1, without its end; empty beyond the last one.
    pub fn line(&self, number: u32) -> &'t str {
        let index = (number as usize).wrapping_sub(1);
        let Some(&start) = self.starts.get(index) else { return "" };
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }

    /// How many characters stand before a byte offset.
    fn characters(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let rest = &self.text.as_bytes()[block * BLOCK..offset];
        self.characters_before[block] + rest.iter().filter(|byte| is_first(**byte)).count()
    }
}

/// Where a column, which counts characters from 1, begins in a line; its end for what lies beyond it. Reads long
/// lines without looking at each character.
pub fn offset_of_column(line: &str, column: usize) -> usize {
    let mut left = column.saturating_sub(1);
    let mut start = 0;
    for block in line.as_bytes().chunks(BLOCK) {
        let count = block.iter().filter(|byte| is_first(**byte)).count();
        if count > left {
            break;
        }
        left -= count;
        start += block.len();
    }
    // A block may begin, and the line end, within a character.
    while !line.is_char_boundary(start) {
        start += 1;
    }
    line[start..].char_indices().nth(left).map_or(line.len(), |(at, _)| start + at)
}

/// Is it the first byte of a character?
pub(super) fn is_first(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::{Lines, offset_of_column};
    use crate::schema::Place;

    #[test]
    fn places_are_those_of_a_plain_count() {
        let text = format!("{}\r\n\n{}é😀\u{301}漢\tx\n", "aé".repeat(900), "😀".repeat(700));
        let lines = Lines::of(&text);
        for offset in 0..=text.len() + 2 {
            assert_eq!(lines.place(offset), Place::of(&text, offset), "{offset}");
        }
        assert_eq!(Lines::of("").place(0), Place { line: 1, column: 1 });
        for (column, (offset, _)) in text.char_indices().enumerate() {
            assert_eq!(offset_of_column(&text, column + 1), offset, "{column}");
        }
        assert_eq!(
            (offset_of_column("aé", 3), offset_of_column("aé", 9), offset_of_column("", 1)),
            (3, 3, 0)
        );
        assert_eq!((lines.line(2), lines.line(9)), ("", ""));
        assert_eq!(Lines::of("a\r\nb").line(1), "a");
    }
}
