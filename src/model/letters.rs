//! What counts as a letter or a digit in a name.
//!
//! The reference asks UTF-16 code units one by one, so a character beyond U+FFFF is neither. Numbers that
//! are no decimal digits (`½`, `²`, `Ⅷ`) and marks that stand on letters are neither as well.

use unicode_general_category::{GeneralCategory, get_general_category};

/// A letter: of general category L, within the basic plane.
pub(super) fn is_letter(c: char) -> bool {
    use GeneralCategory as Of;
    let is_of_letters = |c| {
        matches!(
            get_general_category(c),
            Of::UppercaseLetter
                | Of::LowercaseLetter
                | Of::TitlecaseLetter
                | Of::ModifierLetter
                | Of::OtherLetter
        )
    };
    c.is_ascii_alphabetic() || (!c.is_ascii() && c <= '\u{FFFF}' && is_of_letters(c))
}

/// A letter, or a decimal digit of any script within the basic plane.
pub(super) fn is_letter_or_digit(c: char) -> bool {
    let is_digit = |c| c <= '\u{FFFF}' && get_general_category(c) == GeneralCategory::DecimalNumber;
    is_letter(c) || is_digit(c)
}

/// What most names are made of: letters, digits, `_` and `-`.
pub(super) fn is_plain(c: char) -> bool {
    is_letter_or_digit(c) || matches!(c, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::{is_letter, is_letter_or_digit, is_plain};

    #[test]
    fn letters_and_digits() {
        for letter in "azAZöµªßǅʰ中אक".chars() {
            assert!(is_letter(letter) && is_letter_or_digit(letter) && is_plain(letter), "{letter}");
        }
        for digit in "09٣९".chars() {
            assert!(!is_letter(digit) && is_letter_or_digit(digit) && is_plain(digit), "{digit}");
        }
        for neither in "½²Ⅷ𝔸𝟘①ि_-. \u{0}\u{301}".chars() {
            assert!(!is_letter(neither) && !is_letter_or_digit(neither), "{neither}");
            assert_eq!(is_plain(neither), matches!(neither, '_' | '-'), "{neither}");
        }
    }
}
