//! Findings of JSON Schema and differences that the reference reports: which of them mean the same.
//!
//! The two judges reckon differently. The reference speaks of the property that is required
//! (`#/properties/b`), the proof judge of the keyword that requires it; the reference gives up on a whole
//! union where the proof judge finds the keyword within a branch.

use super::finding::{Incompatibility, Opinion, Pointer, RefDiff, Route};

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

/// Of what is left of the reference's list: what is at the place of a break is that break by another
/// name, so the same data shows it. What is around one, or hidden below one, may or may not be the same;
/// of that nothing is known.
pub(super) fn leave_open(findings: &mut [Incompatibility]) {
    let broken: Vec<Incompatibility> =
        findings.iter().filter(|found| found.route.is_some()).cloned().collect();
    for finding in findings.iter_mut().filter(|finding| finding.proof != Opinion::Broken) {
        let Some(difference) = finding.reference.clone() else { continue };
        let place = place(&difference);
        let of = |found: &Incompatibility| relation(finding, &difference, &place, found);
        if let Some(same) = broken.iter().find(|found| of(found) == Relation::Same) {
            finding.proof = Opinion::Broken;
            finding.severity = same.severity;
            finding.witness = same.witness.clone();
        } else if broken.iter().any(|found| of(found) == Relation::Entangled) {
            finding.proof = Opinion::Undecided;
        }
    }
}

#[derive(PartialEq, Eq)]
enum Relation {
    Same,
    Entangled,
    None,
}

fn relation(known: &Incompatibility, difference: &RefDiff, at: &str, found: &Incompatibility) -> Relation {
    let Some(route) = &found.route else { return Relation::None };
    let text = |pointer: &Option<Pointer>| pointer.as_ref().map(|pointer| pointer.as_str().to_owned());
    let (known_at, found_at) = (text(&known.reader_at), text(&found.reader_at));
    let is_of_whole = |base: &String| base == at && (known.rule == found.rule || !base.is_empty());
    let is_same_node = known_at.is_some()
        && known.rule == found.rule
        && (known_at == found_at || known_at.as_ref() == Some(&route.node));
    if route.exact.iter().any(|exact| exact == at) || route.bases.iter().any(is_of_whole) || is_same_node {
        return Relation::Same;
    }
    let is_below = |outer: &String| is_within(at, outer);
    let in_branch = || difference.path.contains("/anyOf/") || difference.path.contains("/oneOf/");
    let is_hidden = route.swallowed.iter().any(is_below)
        || (route.is_union && in_branch() && route.bases.iter().any(is_below));
    let is_around = route.bases.iter().any(|base| is_within(base, at))
        || found_at.zip(known_at).is_some_and(|(found, known)| is_within(&found, &known));
    if is_hidden || is_around { Relation::Entangled } else { Relation::None }
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
    use crate::model::Format;

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
            assert_eq!(
                place(&RefDiff { format: Format::Json, name, path, description, info: None }),
                expected
            );
        }
    }
}
