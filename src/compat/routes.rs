//! Findings of JSON Schema and differences that the reference reports: which of them mean the same.
//!
//! The two judges reckon differently. The reference speaks of the property that is required
//! (`#/properties/b`), the proof judge of the keyword that requires it; the reference gives up on a whole
//! union where the proof judge finds the keyword within a branch.

use super::finding::{Incompatibility, Opinion, RefDiff, Route};

/// The difference that means the same as a finding: the nearest that nothing was found for yet.
pub(super) fn met(reported: &[Incompatibility], found: &Incompatibility, route: &Route) -> Option<usize> {
    let open = || {
        let all = reported.iter().enumerate();
        all.filter(|(_, known)| known.proof != Opinion::Broken)
            .filter_map(|(position, known)| Some((position, known, place(known.reference.as_ref()?))))
    };
    let nearest = |is_same_rule: bool, is_near: &dyn Fn(&str) -> bool| {
        open()
            .filter(|(_, known, place)| (!is_same_rule || known.rule == found.rule) && is_near(place))
            .max_by_key(|(position, _, place)| (place.len(), usize::MAX - position))
            .map(|(position, ..)| position)
    };
    let is_exact = |place: &str| route.exact.iter().any(|exact| exact == place);
    let is_around = |place: &str| route.bases.iter().any(|base| is_within(base, place));
    nearest(true, &is_exact)
        .or_else(|| nearest(false, &is_exact))
        .or_else(|| nearest(true, &is_around))
        .or_else(|| nearest(false, &is_around))
}

/// What was found hides what is below it from the proof judge: of that nothing is known.
pub(super) fn leave_open(findings: &mut [Incompatibility]) {
    let routes: Vec<Route> = findings.iter().filter_map(|found| found.route.clone()).collect();
    for finding in findings.iter_mut().filter(|finding| finding.proof == Opinion::Harmless) {
        let Some(difference) = &finding.reference else { continue };
        let place = place(difference);
        let is_hidden = |route: &Route| {
            let below = |hidden: &String| is_within(&place, hidden);
            let in_branch = || difference.path.contains("/anyOf/") || difference.path.contains("/oneOf/");
            route.swallowed.iter().any(below) || (route.is_union && in_branch() && route.bases.iter().any(below))
        };
        if routes.iter().any(is_hidden) {
            finding.proof = Opinion::Undecided;
        }
    }
}

fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path of the reference, without the steps to schemas about the same value.
fn place(difference: &RefDiff) -> String {
    let mut place = String::new();
    let mut segments = difference.path.trim_start_matches('#').trim_end_matches('/').split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_position = |next: &&str| !next.is_empty() && next.bytes().all(|byte| byte.is_ascii_digit());
        if matches!(segment, "allOf" | "anyOf" | "oneOf") && segments.peek().is_some_and(is_position) {
            segments.next();
        } else if !segment.is_empty() {
            place.push('/');
            place.push_str(segment);
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::place;
    use crate::compat::finding::RefDiff;

    #[test]
    fn places_are_of_values() {
        for (path, expected) in [
            ("#/", ""),
            ("#/properties/a/maxLength", "/properties/a/maxLength"),
            ("#/allOf/0/properties/a", "/properties/a"),
            ("#/properties/p/anyOf/1/required/k", "/properties/p/required/k"),
            ("#/properties/oneOf", "/properties/oneOf"),
        ] {
            let (name, path, description) = ("", path.to_owned(), String::new());
            assert_eq!(place(&RefDiff { name, path, description, info: None }), expected);
        }
    }
}
