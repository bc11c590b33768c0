//! URI references as texts (RFC 3986): resolve one against a base, split off its fragment, undo
//! percent encoding.
//!
//! Not a URL type: schemas are also named by relative paths and by words that are no valid URI, and a
//! name must come out exactly as it went in, because it is compared with what was registered.

use std::borrow::Cow;

/// A reference without its fragment, and the fragment, empty when there is none.
pub(super) fn split_fragment(reference: &str) -> (&str, &str) {
    reference.split_once('#').unwrap_or((reference, ""))
}

/// `%XX` replaced by the bytes they stand for. A text that would be no valid UTF-8 stays as it is.
pub(super) fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|byte| (*byte as char).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, _, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Resolve a reference, fragment dropped, against a base that may itself be relative or empty.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let (reference, _) = split_fragment(reference);
    let (base, _) = split_fragment(base);
    if reference.is_empty() {
        return base.to_owned();
    }
    let reference = Parts::of(reference);
    if reference.scheme.is_some() {
        return reference.with_path(&without_dots(reference.path));
    }
    let base = Parts::of(base);
    if reference.authority.is_some() {
        return Parts { scheme: base.scheme, ..reference }.with_path(&without_dots(reference.path));
    }
    let target = Parts { scheme: base.scheme, authority: base.authority, ..reference };
    if reference.path.is_empty() {
        target.with_path(base.path)
    } else if reference.path.starts_with('/') {
        target.with_path(&without_dots(reference.path))
    } else {
        target.with_path(&without_dots(&merge(&base, reference.path)))
    }
}

/// Does it ask for a document over the network?
pub(super) fn is_remote(uri: &str) -> bool {
    matches!(Parts::of(uri).scheme, Some(scheme) if ["http", "https"].iter().any(|it| scheme.eq_ignore_ascii_case(it)))
}

/// The parts of a reference that has no fragment.
#[derive(Clone, Copy)]
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Parts<'a> {
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => (None, text),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        Parts { scheme, authority, path, query }
    }

    fn with_path(self, path: &str) -> String {
        let mut out = String::new();
        if let Some(scheme) = self.scheme {
            out.push_str(scheme);
            out.push(':');
        }
        if let Some(authority) = self.authority {
            out.push_str("//");
            out.push_str(authority);
        }
        out.push_str(path);
        if let Some(query) = self.query {
            out.push('?');
            out.push_str(query);
        }
        out
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// The base's path up to its last slash, then the relative path (RFC 3986, 5.2.3).
fn merge(base: &Parts<'_>, path: &str) -> String {
    match base.path.rfind('/') {
        Some(slash) => format!("{}{path}", &base.path[..=slash]),
        None if base.authority.is_some() => format!("/{path}"),
        None => path.to_owned(),
    }
}

/// Work off `.` and `..` (RFC 3986, 5.2.4). Above the top there is nothing, so extra `..` vanish.
fn without_dots(path: &str) -> String {
    if !path.split('/').any(|segment| segment == "." || segment == "..") {
        return path.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    let absolute = path.starts_with('/');
    for segment in path.trim_start_matches('/').split('/') {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let mut out = String::from(if absolute { "/" } else { "" });
    out.push_str(&kept.join("/"));
    let names_a_folder = path.ends_with("/.") || path.ends_with("/..");
    if names_a_folder && !out.ends_with('/') && !out.is_empty() {
        out.push('/');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{is_remote, percent_decode, resolve};

    #[test]
    fn resolves_as_rfc_3986_says() {
        for (base, reference, resolved) in [
            ("http://a/b/c/d;p?q", "g", "http://a/b/c/g"),
            ("http://a/b/c/d;p?q", "./g", "http://a/b/c/g"),
            ("http://a/b/c/d;p?q", "g/", "http://a/b/c/g/"),
            ("http://a/b/c/d;p?q", "/g", "http://a/g"),
            ("http://a/b/c/d;p?q", "//g", "http://g"),
            ("http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y"),
            ("http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q"),
            ("http://a/b/c/d;p?q", "#s", "http://a/b/c/d;p?q"),
            ("http://a/b/c/d;p?q", "../..", "http://a/"),
            ("http://a/b/c/d;p?q", "../../../g", "http://a/g"),
            ("http://a/b/c/d;p?q", "g:h", "g:h"),
            ("http://a", "g", "http://a/g"),
            ("", "customer.json", "customer.json"),
            ("", "./customer.json", "customer.json"),
            ("schemas/order.json", "customer.json", "schemas/customer.json"),
            ("schemas/order.json", "../customer.json", "customer.json"),
            ("urn:example:root", "urn:example:other", "urn:example:other"),
            ("urn:example:root", "#/definitions/a", "urn:example:root"),
        ] {
            assert_eq!(resolve(base, reference), resolved, "{reference} against {base}");
        }
    }

    #[test]
    fn decodes_percent_escapes() {
        for (text, decoded) in
            [("a%20b", "a b"), ("%C3%A9", "é"), ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%FF", "%FF")]
        {
            assert_eq!(percent_decode(text), decoded);
        }
    }

    #[test]
    fn http_is_remote() {
        for (uri, remote) in
            [("http://a/b", true), ("HTTPS://a", true), ("urn:a:b", false), ("a.json", false), ("", false)]
        {
            assert_eq!(is_remote(uri), remote, "{uri}");
        }
    }
}
