//! The differences that the reference tells apart, which of them it takes for breaks, and its words for
//! them.

use super::super::super::json::rules as ours;
use crate::compat::finding::Labels;
use crate::compat::rules::Rule;
use crate::model::Policy;

/// A sort of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sort {
    /// Its name.
    pub(super) name: &'static str,
    strict: bool,
    lenient: bool,
    sentence: Sentence,
    rule: &'static Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sentence {
    /// Never shown, or empty.
    None,
    KeywordAbsent,
    More,
    Less,
    Differs,
    Fewer,
    Type,
    MoreElements,
    Open,
    Unopen,
    Closed,
    Uncovered,
    NewUncovered,
}

impl Sort {
    /// Does it leave readers unharmed, as the reference sees it?
    pub(super) fn is_harmless(&self, policy: Policy) -> bool {
        match policy {
            Policy::Strict => self.strict,
            Policy::Lenient => self.lenient,
        }
    }

    /// The rule that it is reported under at this path.
    pub(super) fn rule_at(&self, path: &str) -> &'static Rule {
        let is_of_items = path.ends_with("/items") || path.ends_with("/additionalItems");
        match self.name {
            "SCHEMA_ADDED" if is_of_items => &ours::JSON_ITEM_NARROWED,
            _ => self.rule,
        }
    }

    /// The reference's sentence, where the reader is the schema that is compared and the writer the one
    /// that it is compared with.
    pub(super) fn sentence(&self, path: &str, labels: Labels) -> String {
        let Labels { reader, writer } = labels;
        match self.sentence {
            Sentence::None => String::new(),
            Sentence::KeywordAbsent => format!(
                "The keyword at path '{path}' in the {reader} schema is not present in the {writer} schema"
            ),
            Sentence::More => format!(
                "The value at path '{path}' in the {reader} schema is more than its value in the {writer} schema"
            ),
            Sentence::Less => format!(
                "The value at path '{path}' in the {reader} schema is less than its value in the {writer} schema"
            ),
            Sentence::Differs => {
                format!("The value at path '{path}' is different between the {reader} and {writer} schema")
            }
            Sentence::Fewer => format!(
                "An array or combined type at path '{path}' has fewer elements in the {reader} schema than the {writer} schema"
            ),
            Sentence::Type => format!(
                "A type at path '{path}' is different between the {reader} schema and the {writer} schema"
            ),
            Sentence::MoreElements => format!(
                "An array or combined type at path '{path}' has more elements in the {reader} schema than the {writer} schema"
            ),
            Sentence::Open => format!(
                "The {reader} schema has an open content model and has a property or item at path '{path}' which is missing in the {writer} schema"
            ),
            Sentence::Unopen => format!(
                "The {reader} schema has an unopen content model and has a required property at path '{path}' which is missing in the {writer} schema"
            ),
            Sentence::Closed => format!(
                "The {reader} has a closed content model and is missing a property or item present at path '{path}' in the {writer} schema"
            ),
            Sentence::Uncovered => format!(
                "A property or item is missing in the {reader} schema but present at path '{path}' in the {writer} schema and is not covered by its partially open content model"
            ),
            Sentence::NewUncovered => format!(
                "The {reader} schema has a property or item at path '{path}' which is missing in the {writer} schema and is not covered by its partially open content model"
            ),
        }
    }
}

macro_rules! sorts {
    ($($name:ident $strict:ident $lenient:ident $sentence:ident $rule:ident;)*) => {
        $(pub(super) static $name: Sort = Sort {
            name: stringify!($name),
            strict: $strict,
            lenient: $lenient,
            sentence: Sentence::$sentence,
            rule: &ours::$rule,
        };)*
    };
}

// Name, harmless when strict, harmless when lenient, sentence, rule.
sorts! {
    ID_CHANGED true true None JSON_TYPE_NARROWED;
    TITLE_CHANGED true true None JSON_TYPE_NARROWED;
    DESCRIPTION_CHANGED true true None JSON_TYPE_NARROWED;
    DEFAULT_CHANGED true true None JSON_TYPE_NARROWED;
    SCHEMA_ADDED false false None JSON_PROPERTY_NARROWED;
    SCHEMA_REMOVED true true None JSON_TYPE_NARROWED;
    TYPE_EXTENDED true true None JSON_TYPE_NARROWED;
    TYPE_NARROWED false false Type JSON_TYPE_NARROWED;
    TYPE_CHANGED false false Type JSON_TYPE_NARROWED;
    MAX_LENGTH_ADDED false false KeywordAbsent JSON_LENGTH_NARROWED;
    MAX_LENGTH_REMOVED true true None JSON_LENGTH_NARROWED;
    MAX_LENGTH_INCREASED true true None JSON_LENGTH_NARROWED;
    MAX_LENGTH_DECREASED false false Less JSON_LENGTH_NARROWED;
    MIN_LENGTH_ADDED false false KeywordAbsent JSON_LENGTH_NARROWED;
    MIN_LENGTH_REMOVED true true None JSON_LENGTH_NARROWED;
    MIN_LENGTH_INCREASED false false More JSON_LENGTH_NARROWED;
    MIN_LENGTH_DECREASED true true None JSON_LENGTH_NARROWED;
    PATTERN_ADDED false false KeywordAbsent JSON_PATTERN_NARROWED;
    PATTERN_REMOVED true true None JSON_PATTERN_NARROWED;
    PATTERN_CHANGED false false Differs JSON_PATTERN_NARROWED;
    MAXIMUM_ADDED false false KeywordAbsent JSON_RANGE_NARROWED;
    MAXIMUM_REMOVED true true None JSON_RANGE_NARROWED;
    MAXIMUM_INCREASED true true None JSON_RANGE_NARROWED;
    MAXIMUM_DECREASED false false Less JSON_RANGE_NARROWED;
    MINIMUM_ADDED false false KeywordAbsent JSON_RANGE_NARROWED;
    MINIMUM_REMOVED true true None JSON_RANGE_NARROWED;
    MINIMUM_INCREASED false false More JSON_RANGE_NARROWED;
    MINIMUM_DECREASED true true None JSON_RANGE_NARROWED;
    EXCLUSIVE_MAXIMUM_ADDED false false KeywordAbsent JSON_RANGE_NARROWED;
    EXCLUSIVE_MAXIMUM_REMOVED true true None JSON_RANGE_NARROWED;
    EXCLUSIVE_MAXIMUM_INCREASED true true None JSON_RANGE_NARROWED;
    EXCLUSIVE_MAXIMUM_DECREASED false false Less JSON_RANGE_NARROWED;
    EXCLUSIVE_MINIMUM_ADDED false false KeywordAbsent JSON_RANGE_NARROWED;
    EXCLUSIVE_MINIMUM_REMOVED true true None JSON_RANGE_NARROWED;
    EXCLUSIVE_MINIMUM_INCREASED false false More JSON_RANGE_NARROWED;
    EXCLUSIVE_MINIMUM_DECREASED true true None JSON_RANGE_NARROWED;
    MULTIPLE_OF_ADDED false false KeywordAbsent JSON_MULTIPLE_OF_NARROWED;
    MULTIPLE_OF_REMOVED true true None JSON_MULTIPLE_OF_NARROWED;
    MULTIPLE_OF_EXPANDED false false More JSON_MULTIPLE_OF_NARROWED;
    MULTIPLE_OF_REDUCED true true None JSON_MULTIPLE_OF_NARROWED;
    MULTIPLE_OF_CHANGED false false Differs JSON_MULTIPLE_OF_NARROWED;
    REQUIRED_ATTRIBUTE_ADDED false false KeywordAbsent JSON_REQUIRED_ADDED;
    REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED true true None JSON_REQUIRED_ADDED;
    REQUIRED_ATTRIBUTE_REMOVED true true None JSON_REQUIRED_ADDED;
    MAX_PROPERTIES_ADDED false false KeywordAbsent JSON_PROPERTY_COUNT_NARROWED;
    MAX_PROPERTIES_REMOVED true true None JSON_PROPERTY_COUNT_NARROWED;
    MAX_PROPERTIES_INCREASED true true None JSON_PROPERTY_COUNT_NARROWED;
    MAX_PROPERTIES_DECREASED false false Less JSON_PROPERTY_COUNT_NARROWED;
    MIN_PROPERTIES_ADDED false false KeywordAbsent JSON_PROPERTY_COUNT_NARROWED;
    MIN_PROPERTIES_REMOVED true true None JSON_PROPERTY_COUNT_NARROWED;
    MIN_PROPERTIES_INCREASED false false More JSON_PROPERTY_COUNT_NARROWED;
    MIN_PROPERTIES_DECREASED true true None JSON_PROPERTY_COUNT_NARROWED;
    ADDITIONAL_PROPERTIES_ADDED true true None JSON_UNDECLARED_PROPERTY_NARROWED;
    ADDITIONAL_PROPERTIES_REMOVED false true KeywordAbsent JSON_UNDECLARED_PROPERTY_NARROWED;
    ADDITIONAL_PROPERTIES_EXTENDED true true None JSON_UNDECLARED_PROPERTY_NARROWED;
    ADDITIONAL_PROPERTIES_NARROWED false true Fewer JSON_UNDECLARED_PROPERTY_NARROWED;
    UNEVALUATED_PROPERTIES_ADDED true true None JSON_UNDECLARED_PROPERTY_NARROWED;
    UNEVALUATED_PROPERTIES_REMOVED false true KeywordAbsent JSON_UNDECLARED_PROPERTY_NARROWED;
    UNEVALUATED_PROPERTIES_EXTENDED true true None JSON_UNDECLARED_PROPERTY_NARROWED;
    UNEVALUATED_PROPERTIES_NARROWED false true Fewer JSON_UNDECLARED_PROPERTY_NARROWED;
    DEPENDENCY_ARRAY_ADDED false false KeywordAbsent JSON_DEPENDENCY_ADDED;
    DEPENDENCY_ARRAY_REMOVED true true None JSON_DEPENDENCY_ADDED;
    DEPENDENCY_ARRAY_EXTENDED false false MoreElements JSON_DEPENDENCY_ADDED;
    DEPENDENCY_ARRAY_NARROWED true true None JSON_DEPENDENCY_ADDED;
    DEPENDENCY_ARRAY_CHANGED false false Differs JSON_DEPENDENCY_ADDED;
    DEPENDENCY_SCHEMA_ADDED false false KeywordAbsent JSON_DEPENDENCY_ADDED;
    DEPENDENCY_SCHEMA_REMOVED true true None JSON_DEPENDENCY_ADDED;
    PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL true true None JSON_PROPERTY_NARROWED;
    REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL false false Open JSON_REQUIRED_ADDED;
    REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL false true Open JSON_REQUIRED_ADDED;
    OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL false true Open JSON_PROPERTY_NARROWED;
    REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL false false Unopen JSON_REQUIRED_ADDED;
    REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL true true None JSON_REQUIRED_ADDED;
    OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL true true None JSON_PROPERTY_NARROWED;
    PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL true true None JSON_UNDECLARED_PROPERTY_NARROWED;
    PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL true true None JSON_UNDECLARED_PROPERTY_NARROWED;
    PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL false true Closed JSON_UNDECLARED_PROPERTY_NARROWED;
    PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL true true None JSON_UNDECLARED_PROPERTY_NARROWED;
    PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL false true Uncovered JSON_UNDECLARED_PROPERTY_NARROWED;
    PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL true true None JSON_PROPERTY_NARROWED;
    PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL false true NewUncovered JSON_PROPERTY_NARROWED;
    MAX_ITEMS_ADDED false false KeywordAbsent JSON_ITEM_COUNT_NARROWED;
    MAX_ITEMS_REMOVED true true None JSON_ITEM_COUNT_NARROWED;
    MAX_ITEMS_INCREASED true true None JSON_ITEM_COUNT_NARROWED;
    MAX_ITEMS_DECREASED false false Less JSON_ITEM_COUNT_NARROWED;
    MIN_ITEMS_ADDED false false KeywordAbsent JSON_ITEM_COUNT_NARROWED;
    MIN_ITEMS_REMOVED true true None JSON_ITEM_COUNT_NARROWED;
    MIN_ITEMS_INCREASED false false More JSON_ITEM_COUNT_NARROWED;
    MIN_ITEMS_DECREASED true true None JSON_ITEM_COUNT_NARROWED;
    MAX_CONTAINS_ADDED false false KeywordAbsent JSON_CONTAINS_NARROWED;
    MAX_CONTAINS_REMOVED true true None JSON_CONTAINS_NARROWED;
    MAX_CONTAINS_INCREASED true true None JSON_CONTAINS_NARROWED;
    MAX_CONTAINS_DECREASED false false Less JSON_CONTAINS_NARROWED;
    MIN_CONTAINS_ADDED false false KeywordAbsent JSON_CONTAINS_NARROWED;
    MIN_CONTAINS_REMOVED true true None JSON_CONTAINS_NARROWED;
    MIN_CONTAINS_INCREASED false false More JSON_CONTAINS_NARROWED;
    MIN_CONTAINS_DECREASED true true None JSON_CONTAINS_NARROWED;
    UNIQUE_ITEMS_ADDED false false KeywordAbsent JSON_UNIQUE_ITEMS_ADDED;
    UNIQUE_ITEMS_REMOVED true true None JSON_UNIQUE_ITEMS_ADDED;
    ADDITIONAL_ITEMS_ADDED true true None JSON_ITEM_NARROWED;
    ADDITIONAL_ITEMS_REMOVED false false KeywordAbsent JSON_ITEM_NARROWED;
    ADDITIONAL_ITEMS_EXTENDED true true None JSON_ITEM_NARROWED;
    ADDITIONAL_ITEMS_NARROWED false false Fewer JSON_ITEM_NARROWED;
    UNEVALUATED_ITEMS_ADDED true true None JSON_ITEM_NARROWED;
    UNEVALUATED_ITEMS_REMOVED false false KeywordAbsent JSON_ITEM_NARROWED;
    UNEVALUATED_ITEMS_EXTENDED true true None JSON_ITEM_NARROWED;
    UNEVALUATED_ITEMS_NARROWED false false Fewer JSON_ITEM_NARROWED;
    ITEM_ADDED_TO_OPEN_CONTENT_MODEL false false Open JSON_ITEM_NARROWED;
    ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL true true None JSON_ITEM_NARROWED;
    ITEM_ADDED_TO_CLOSED_CONTENT_MODEL true true None JSON_ITEM_NARROWED;
    ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL true true None JSON_ITEM_NARROWED;
    ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL true true None JSON_ITEM_NARROWED;
    ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL false false Closed JSON_ITEM_NARROWED;
    ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL true true None JSON_ITEM_NARROWED;
    ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL false false Uncovered JSON_ITEM_NARROWED;
    ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL true true None JSON_ITEM_NARROWED;
    ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL false false NewUncovered JSON_ITEM_NARROWED;
    ENUM_ARRAY_EXTENDED true true None JSON_VALUES_REMOVED;
    ENUM_ARRAY_NARROWED false false Fewer JSON_VALUES_REMOVED;
    ENUM_ARRAY_CHANGED false false Type JSON_VALUES_REMOVED;
    COMBINED_TYPE_EXTENDED true true None JSON_BRANCH_REMOVED;
    COMBINED_TYPE_CHANGED false false Type JSON_BRANCH_REMOVED;
    PRODUCT_TYPE_EXTENDED false false MoreElements JSON_BRANCH_REMOVED;
    PRODUCT_TYPE_NARROWED true true None JSON_BRANCH_REMOVED;
    SUM_TYPE_EXTENDED true true None JSON_BRANCH_REMOVED;
    SUM_TYPE_NARROWED false false Fewer JSON_BRANCH_REMOVED;
    COMBINED_TYPE_SUBSCHEMAS_CHANGED false false Type JSON_BRANCH_REMOVED;
    NOT_TYPE_EXTENDED false false MoreElements JSON_EXCLUSION_WIDENED;
    NOT_TYPE_NARROWED true true None JSON_EXCLUSION_WIDENED;
}
