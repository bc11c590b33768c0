//! What every request gets before it is routed: an id, and a path in its plain spelling.

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use uuid::Uuid;

/// The header that carries the id of a request, both ways.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a request is called in the log and in the record of changes.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The one value the client sent, if it says anything; else a random one.
    pub fn of(headers: &HeaderMap) -> RequestId {
        let mut sent = headers.get_all(X_REQUEST_ID).into_iter();
        match (sent.next(), sent.next()) {
            (Some(only), None) if !only.as_bytes().trim_ascii().is_empty() => RequestId(only.clone()),
            _ => RequestId::random(),
        }
    }

    fn random() -> RequestId {
        let mut buffer = Uuid::encode_buffer();
        let text = Uuid::new_v4().hyphenated().encode_lower(&mut buffer);
        RequestId(HeaderValue::from_str(text).expect("a UUID is visible ASCII"))
    }

    /// For the header of the answer.
    pub fn into_header(self) -> HeaderValue {
        self.0
    }

    /// For the log and the record of changes: a client may send kilobytes, nobody needs them.
    pub fn for_record(&self) -> String {
        const LONGEST: usize = 128;
        let printable =
            |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '?' };
        self.0.as_bytes().iter().take(LONGEST).map(printable).collect()
    }
}

/// The same address with a path that starts with one slash and does not end with one. `None` when
/// it already reads so. Slashes elsewhere are left alone: an empty segment names nothing.
pub fn plain_spelling(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let rest = path.trim_start_matches('/');
    // The pages of the documentation link to each other relative to `/docs/`.
    let rest = if rest == "docs/" { rest } else { rest.strip_suffix('/').unwrap_or(rest) };
    if path.len() == rest.len() + 1 {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("/{rest}{query}").parse().ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Uri};

    use super::{RequestId, X_REQUEST_ID, plain_spelling};

    #[test]
    fn only_outer_slashes_are_dropped() {
        for (sent, plain) in [
            ("/", None),
            ("/subjects", None),
            ("/subjects/", Some("/subjects")),
            ("//subjects?deleted=true", Some("/subjects?deleted=true")),
            ("///subjects/a/", Some("/subjects/a")),
            ("/subjects//versions", None),
            ("/subjects//", Some("/subjects/")),
            ("/a/versions/?verbose=true", Some("/a/versions?verbose=true")),
            ("/docs/", None),
            ("//", Some("/")),
        ] {
            let uri: Uri = sent.parse().expect(sent);
            assert_eq!(plain_spelling(&uri).map(|uri| uri.to_string()).as_deref(), plain, "{sent}");
        }
    }

    #[test]
    fn one_telling_id_is_kept() {
        let id = |sent: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in sent {
                headers.append(X_REQUEST_ID, HeaderValue::from_static(value));
            }
            RequestId::of(&headers).for_record()
        };
        assert_eq!(id(&["abc"]), "abc");
        for other in [&["a", "b"][..], &[" "], &[""], &[]] {
            assert_eq!(id(other).len(), 36, "{other:?}");
        }
    }
}
