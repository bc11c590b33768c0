//! What the value of each keyword must be, draft by draft.
//!
//! The table asks what Confluent Schema Registry asks when it loads a schema, not what the
//! meta-schemas ask: keywords that are not in it are annotations and may hold anything.

use super::draft::Draft;
use super::draft::Draft::{Four, Seven, Six, Year2019, Year2020};

/// The required form of a keyword's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Flag,
    Number,
    /// A number other than zero.
    Divisor,
    /// A number without fraction, in any spelling.
    Integer,
    Pattern,
    Types,
    /// An array of anything.
    Values,
    /// An array of strings.
    Names,
    /// An object of arrays of strings.
    NameLists,
    Schema,
    Schemas,
    SchemaOrSchemas,
    NamedSchemas,
    /// Named schemas whose names are patterns.
    PatternSchemas,
    /// An object of schemas or arrays of strings.
    Dependencies,
    /// A reference that must lead to a schema.
    Reference,
}

/// The form of a keyword in a draft; `None` when the draft gives it no meaning that is checked.
pub(super) fn form(draft: Draft, keyword: &str) -> Option<Form> {
    let (since, until, form) = match keyword {
        "$ref" => (Four, Year2020, Form::Reference),
        "$dynamicRef" => (Year2020, Year2020, Form::Reference),
        "$schema" | "title" | "description" | "format" => (Four, Year2020, Form::Text),
        "id" => (Four, Four, Form::Text),
        "$id" => (Six, Year2020, Form::Text),
        "$anchor" => (Year2019, Year2020, Form::Text),
        "$dynamicAnchor" => (Year2020, Year2020, Form::Text),
        "pattern" => (Four, Year2020, Form::Pattern),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            (Four, Year2020, Form::Integer)
        }
        "minContains" | "maxContains" => (Year2019, Year2020, Form::Integer),
        "minimum" | "maximum" => (Four, Year2020, Form::Number),
        "exclusiveMinimum" | "exclusiveMaximum" if draft == Four => (Four, Four, Form::Flag),
        "exclusiveMinimum" | "exclusiveMaximum" => (Six, Year2020, Form::Number),
        "multipleOf" => (Four, Year2020, Form::Divisor),
        "uniqueItems" => (Four, Year2020, Form::Flag),
        "readOnly" | "writeOnly" => (Seven, Year2020, Form::Flag),
        "deprecated" => (Year2019, Year2020, Form::Flag),
        "type" => (Four, Year2020, Form::Types),
        "enum" => (Four, Year2020, Form::Values),
        "required" => (Four, Year2020, Form::Names),
        "dependentRequired" => (Year2019, Year2020, Form::NameLists),
        "allOf" | "anyOf" | "oneOf" => (Four, Year2020, Form::Schemas),
        "prefixItems" => (Year2020, Year2020, Form::Schemas),
        "items" if draft == Year2020 => (Year2020, Year2020, Form::Schema),
        "items" => (Four, Year2019, Form::SchemaOrSchemas),
        "additionalItems" => (Four, Year2019, Form::Schema),
        "not" | "additionalProperties" => (Four, Year2020, Form::Schema),
        "contains" | "propertyNames" => (Six, Year2020, Form::Schema),
        "if" | "then" | "else" => (Seven, Year2020, Form::Schema),
        "unevaluatedItems" | "unevaluatedProperties" => (Year2019, Year2020, Form::Schema),
        "properties" => (Four, Year2020, Form::NamedSchemas),
        "patternProperties" => (Four, Year2020, Form::PatternSchemas),
        // Older drafts look at definitions only when a reference leads there.
        "$defs" | "dependentSchemas" => (Year2019, Year2020, Form::NamedSchemas),
        "dependencies" => (Four, Seven, Form::Dependencies),
        _ => return None,
    };
    (since <= draft && draft <= until).then_some(form)
}

/// Where no `type` is said, these keywords suggest that Confluent Schema Registry takes it for arrays.
pub const ARRAY_KEYWORDS: &[&str] = &[
    "items",
    "additionalItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "prefixItems",
    "unevaluatedItems",
    "minContains",
    "maxContains",
];
/// Where no `type` is said, these keywords suggest that Confluent Schema Registry takes it for objects.
pub const OBJECT_KEYWORDS: &[&str] = &[
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "dependencies",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
];
/// Where no `type` is said, these keywords suggest that Confluent Schema Registry takes it for numbers.
pub const NUMBER_KEYWORDS: &[&str] =
    &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
/// Where no `type` is said, these keywords suggest that Confluent Schema Registry takes it for strings.
pub const STRING_KEYWORDS: &[&str] = &["minLength", "maxLength", "pattern", "format"];

/// The names of the types.
pub(super) const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Is the number zero? Works on the text, so that no number is too large.
pub(super) fn is_zero(number: &str) -> bool {
    let (mantissa, _) = number.split_once(['e', 'E']).unwrap_or((number, ""));
    !mantissa.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

/// Has the number no fraction? Works on the text: `1e400` has none, `1e-400` has.
pub(super) fn is_integral(number: &str) -> bool {
    if is_zero(number) {
        return true;
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let zeros = if fraction.is_empty() { whole.len() - whole.trim_end_matches('0').len() } else { 0 };
    // An exponent beyond 64 bits outweighs every mantissa that fits into memory.
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let exponent =
        exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') { i64::MIN } else { i64::MAX });
    let decimals = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let zeros = i64::try_from(zeros).unwrap_or(i64::MAX);
    exponent.saturating_add(zeros) >= decimals
}

/// What is plainly wrong with a regular expression: wrong in every dialect. Dialects differ too much
/// to refuse more than that.
pub(super) fn pattern_fault(pattern: &str) -> Option<&'static str> {
    let mut characters = pattern.chars().peekable();
    let mut groups = 0_usize;
    if matches!(characters.peek(), Some('*' | '+' | '?')) {
        return Some("begins with a quantifier");
    }
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                None => return Some("ends with a lone backslash"),
                // Quoted text of one dialect: what follows is not syntax.
                Some('Q') => return None,
                Some(_) => {}
            },
            '(' => groups += 1,
            ')' if groups == 0 => return Some("closes a group that is not open"),
            ')' => groups -= 1,
            '[' if !skip_class(&mut characters) => return Some("does not close a character class"),
            _ => {}
        }
    }
    (groups > 0).then_some("does not close a group")
}

fn skip_class(characters: &mut impl Iterator<Item = char>) -> bool {
    while let Some(character) = characters.next() {
        match character {
            ']' => return true,
            '\\' => {
                characters.next();
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{is_integral, is_zero, pattern_fault};

    #[test]
    fn numbers_are_judged_by_their_text() {
        let digits = "9".repeat(100);
        for (number, integral) in [
            ("0", true),
            ("-0.0", true),
            ("0e-999999999999999999999", true),
            ("3", true),
            ("-3", true),
            ("3.0", true),
            ("3.5", false),
            ("35e-1", false),
            ("30e-1", true),
            ("0.5e1", true),
            ("1e400", true),
            ("1E-400", false),
            ("1e99999999999999999999", true),
            ("1e-99999999999999999999", false),
            (digits.as_str(), true),
        ] {
            assert_eq!(is_integral(number), integral, "{number}");
        }
        assert!(is_zero("0") && is_zero("-0.00e7") && !is_zero("1e-400"));
    }

    #[test]
    fn only_hopeless_patterns_are_refused() {
        for (pattern, refused) in [
            ("^[a-z]+$", false),
            ("^(?!x)(?<year>\\d{4})\\p{Alpha}$", false),
            ("[(]", false),
            ("\\(", false),
            ("a{,3}", false),
            ("\\Q(\\E", false),
            ("", false),
            ("(", true),
            ("a)", true),
            ("[a", true),
            ("[\\]", true),
            ("\\", true),
            ("*a", true),
        ] {
            assert_eq!(pattern_fault(pattern).is_some(), refused, "{pattern}");
        }
    }
}
