//! How names are written.

/// A way to write names of several words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// `total_price`
    Snake,
    /// `totalPrice`
    Camel,
}

impl Case {
    pub(super) fn word(self) -> &'static str {
        match self {
            Case::Snake => "snake_case",
            Case::Camel => "camelCase",
        }
    }
}

/// `Order`, `HttpRequest2`.
pub(super) fn is_pascal(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|it| it.is_ascii_alphanumeric())
}

/// `total_price`: no capitals, and no underscore at an end or beside another.
pub(super) fn is_snake(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}

/// `totalPrice`.
pub(super) fn is_camel(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|it| it.is_ascii_alphanumeric())
}

/// `TOTAL_PRICE`.
pub(super) fn is_upper_snake(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}

/// The way that the names have in common: what most of those show that are of several words. `None` when
/// none does.
pub(super) fn of_most<'a>(names: impl Iterator<Item = &'a str>) -> Option<Case> {
    let (mut snake, mut camel) = (0_usize, 0_usize);
    for name in names {
        match (is_snake(name), is_camel(name)) {
            (true, false) => snake += 1,
            (false, true) => camel += 1,
            _ => {}
        }
    }
    match (snake, camel) {
        (0, 0) => None,
        (snake, camel) if snake >= camel => Some(Case::Snake),
        _ => Some(Case::Camel),
    }
}

/// What is wrong with a name beside others of a case.
pub(super) fn fault(name: &str, common: Option<Case>) -> Option<String> {
    match (is_snake(name), is_camel(name), common) {
        (false, false, _) => Some("is neither snake_case nor camelCase".to_owned()),
        (true, false, Some(Case::Camel)) => {
            Some(format!("is snake_case, and the others are {}", Case::Camel.word()))
        }
        (false, true, Some(Case::Snake)) => {
            Some(format!("is camelCase, and the others are {}", Case::Snake.word()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Case, fault, is_pascal, is_upper_snake, of_most};

    #[test]
    fn names_are_told_apart_by_how_they_are_written() {
        assert!(is_pascal("Order2") && !is_pascal("order") && !is_pascal("An_Order"));
        assert!(
            is_upper_snake("A_B2")
                && !is_upper_snake("a")
                && !is_upper_snake("A__B")
                && !is_upper_snake("A_")
        );
        let most = |names: &[&str]| of_most(names.iter().copied());
        assert_eq!(most(&["id", "note"]), None);
        assert_eq!(most(&["id", "total_price", "unitPrice", "unit_count"]), Some(Case::Snake));
        assert_eq!(most(&["totalPrice", "unitPrice", "a_b"]), Some(Case::Camel));
        assert_eq!(fault("id", Some(Case::Snake)), None);
        assert!(fault("unitPrice", Some(Case::Snake)).is_some());
        assert!(fault("Unit_price", None).is_some());
    }
}
