//! Addresses that stand for others: `/contexts/{context}/…` for the same path with qualified subjects, and
//! subjects that are aliases of others. Both are written out before the router sees the path, so that no
//! handler knows of either.
//!
//! Segments are told apart before they are decoded: `%2F` is part of a name.

use http::{Method, Uri};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::error::ApiError;
use crate::model::Subject;
use crate::registry::Registry;

/// The address that the router shall see; `None` when it is the one that was asked for.
///
/// # Errors
/// When the name of the context is none, the path does not exist below a context, or the store cannot tell
/// whether a subject is an alias.
pub async fn resolve(method: &Method, uri: &Uri, registry: &Registry) -> Result<Option<Uri>, ApiError> {
    let mut address = Address::of(uri);
    let is_within = address.leave_context(method)?;
    let is_alias = address.follow_aliases(registry).await?;
    if !is_within && !is_alias {
        return Ok(None);
    }
    address.print().parse().map(Some).map_err(|_| ApiError::not_found())
}

/// A path and its query, taken apart. Segments are as they were sent, parameters are decoded.
struct Address {
    segments: Vec<String>,
    parameters: Vec<(String, String)>,
}

impl Address {
    fn of(uri: &Uri) -> Address {
        let path = uri.path().strip_prefix('/').unwrap_or(uri.path());
        let query = uri.query().unwrap_or_default();
        Address {
            segments: path.split('/').map(str::to_owned).collect(),
            parameters: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        }
    }

    fn print(&self) -> String {
        let mut text = format!("/{}", self.segments.join("/"));
        if !self.parameters.is_empty() {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&self.parameters);
            text.push('?');
            text.push_str(&query.finish());
        }
        text
    }

    fn starts_with(&self, first: &[&str]) -> bool {
        self.segments.len() >= first.len()
            && self.segments.iter().zip(first).all(|(left, right)| left == right)
    }

    /// Take a leading `contexts/{context}` away and qualify what follows by it.
    fn leave_context(&mut self, method: &Method) -> Result<bool, ApiError> {
        if !self.starts_with(&["contexts"]) || self.segments.len() < 3 {
            return Ok(false);
        }
        if self.segments[1].is_empty() {
            return Err(ApiError::not_found());
        }
        let prefix = context_prefix(&decoded(&self.segments[1])?)?;
        self.segments.drain(..2);
        // The server's own routes take qualified subjects; they do not stand below a context.
        let is_own = match self.segments[0].as_str() {
            "v1" => !self.starts_with(&["v1", "metadata"]),
            first => matches!(first, "health" | "metrics" | "openapi.json" | "docs"),
        };
        let is_chained = self.starts_with(&["contexts"]) && self.segments.len() > 1;
        if is_own || is_chained {
            return Err(ApiError::not_found());
        }
        if let Some(index) = self.named_subject() {
            self.segments[index] = encoded(&qualified(&decoded(&self.segments[index])?, &prefix));
        }
        match self.segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [scope @ ("config" | "mode")] => {
                let scope = (*scope).to_owned();
                self.segments = vec![scope, encoded(&prefix)];
            }
            ["schemas", "ids", ..] => self.qualify_parameter("subject", &prefix),
            ["schemas"] | ["subjects"] => self.qualify_parameter("subjectPrefix", &prefix),
            [first, ..]
                if first.starts_with("associations")
                    && matches!(*method, Method::POST | Method::PUT | Method::PATCH) =>
            {
                self.parameters.retain(|(name, _)| name != "context");
                self.parameters.push(("context".to_owned(), prefix));
            }
            _ => {}
        }
        Ok(true)
    }

    /// Where the path names a subject.
    fn named_subject(&self) -> Option<usize> {
        let scope = match self.segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["config" | "mode", ..] => Some(1),
            ["associations", "subjects", ..] => Some(2),
            _ => None,
        };
        scope
            .or(self.possible_alias())
            .filter(|index| self.segments.get(*index).is_some_and(|it| !it.is_empty()))
    }

    /// Where the path names a subject that may be an alias. Only there: a key may be called `subjects`.
    fn possible_alias(&self) -> Option<usize> {
        let index = match self.segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["subjects", ..] => 1,
            ["compatibility" | "v1", "subjects", ..] => 2,
            ["dek-registry", "v1", "keks", _, "deks", ..] => 5,
            _ => return None,
        };
        self.segments.get(index).is_some_and(|it| !it.is_empty()).then_some(index)
    }

    /// Qualify every value of a parameter; where there is none, the context itself is the value. Of the
    /// default context a prefix is the empty one.
    fn qualify_parameter(&mut self, name: &str, prefix: &str) {
        let mut is_there = false;
        for (_, value) in self.parameters.iter_mut().filter(|(key, _)| key == name) {
            *value = qualified(value, prefix);
            is_there = true;
        }
        if !is_there {
            self.parameters.push((name.to_owned(), prefix.to_owned()));
        }
        if prefix == DEFAULT && name == "subjectPrefix" {
            for (_, value) in self.parameters.iter_mut().filter(|(key, _)| key == name) {
                if let Some(plain) = value.strip_prefix(DEFAULT) {
                    *value = plain.to_owned();
                }
            }
        }
    }

    /// Put the subject that an alias stands for in its place. One step only: what an alias of an alias
    /// stands for is not asked.
    async fn follow_aliases(&mut self, registry: &Registry) -> Result<bool, ApiError> {
        let mut is_alias = false;
        // Associations are those of the subject that is named.
        if self.starts_with(&["associations"]) {
            return Ok(false);
        }
        let for_deks = self.starts_with(&["dek-registry"]);
        if let Some(index) = self.possible_alias() {
            let subject = Subject::parse(&decoded(&self.segments[index])?);
            if let Some(target) = registry.alias(&subject, for_deks).await? {
                self.segments[index] = encoded(&target.to_string());
                is_alias = true;
            }
        }
        if self.starts_with(&["schemas", "ids"])
            && let Some((_, value)) = self.parameters.iter_mut().find(|(name, _)| name == "subject")
            && let Some(target) = registry.alias(&Subject::parse(value), false).await?
        {
            *value = target.to_string();
            is_alias = true;
        }
        Ok(is_alias)
    }
}

/// How the default context stands before a subject.
const DEFAULT: &str = ":.:";

/// How a context stands before its subjects, given `ctx`, `.ctx` or `:.ctx:`.
///
/// # Errors
/// When there is a colon within the name.
pub fn context_prefix(text: &str) -> Result<String, ApiError> {
    let name = text.strip_prefix(':').unwrap_or(text);
    let name = name.strip_suffix(':').unwrap_or(name);
    if name.contains(':') {
        return Err(ApiError::colon_in_context(text));
    }
    let dot = if name.starts_with('.') { "" } else { "." };
    Ok(format!(":{dot}{name}:"))
}

/// What names its own context, or all of them, is left alone.
fn qualified(text: &str, prefix: &str) -> String {
    if text.starts_with(":.") || text.starts_with(":*:") {
        text.to_owned()
    } else {
        format!("{prefix}{text}")
    }
}

/// Bytes that are no UTF-8 name nothing.
fn decoded(segment: &str) -> Result<String, ApiError> {
    let text = percent_decode_str(segment).decode_utf8();
    text.map(|text| text.into_owned()).map_err(|_| ApiError::not_found())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use http::{Method, Uri};

    use super::Address;

    #[test]
    fn a_path_below_a_context_is_one_with_qualified_subjects() {
        for (method, sent, routed) in [
            ("GET", "/subjects", None),
            ("GET", "/contexts", None),
            ("DELETE", "/contexts/.c", None),
            ("GET", "/contexts/.c/subjects", Some("/subjects?subjectPrefix=:.c:")),
            ("GET", "/contexts/c/subjects?subjectPrefix=a", Some("/subjects?subjectPrefix=:.c:a")),
            ("GET", "/contexts/:.c:/subjects?subjectPrefix=:*:a", Some("/subjects?subjectPrefix=:*:a")),
            ("GET", "/contexts/./subjects", Some("/subjects?subjectPrefix=")),
            ("GET", "/contexts/./subjects?subjectPrefix=a", Some("/subjects?subjectPrefix=a")),
            ("GET", "/contexts/.c/schemas", Some("/schemas?subjectPrefix=:.c:")),
            ("GET", "/contexts/.c/schemas/types", Some("/schemas/types")),
            ("GET", "/contexts/.c/schemas/guids/1", Some("/schemas/guids/1")),
            ("POST", "/contexts/.c/subjects/s/versions", Some("/subjects/:.c:s/versions")),
            ("POST", "/contexts/.c/subjects/a%2Fb/versions", Some("/subjects/:.c:a/b/versions")),
            ("GET", "/contexts/.a/subjects/:.b:s/versions", Some("/subjects/:.b:s/versions")),
            ("GET", "/contexts/./subjects/s/versions", Some("/subjects/:.:s/versions")),
            ("GET", "/contexts/.c/subjects/subjects/versions", Some("/subjects/:.c:subjects/versions")),
            (
                "POST",
                "/contexts/.c/compatibility/subjects/s/versions",
                Some("/compatibility/subjects/:.c:s/versions"),
            ),
            ("GET", "/contexts/.c/config", Some("/config/:.c:")),
            ("GET", "/contexts/.c/config/s", Some("/config/:.c:s")),
            ("GET", "/contexts/.c/mode", Some("/mode/:.c:")),
            ("PUT", "/contexts/.c/mode/s?force=true", Some("/mode/:.c:s?force=true")),
            ("GET", "/contexts/.c/schemas/ids/1", Some("/schemas/ids/1?subject=:.c:")),
            (
                "GET",
                "/contexts/.c/schemas/ids/1/schema?subject=s",
                Some("/schemas/ids/1/schema?subject=:.c:s"),
            ),
            ("GET", "/contexts/.c/dek-registry/v1/keks/k/deks/s", Some("/dek-registry/v1/keks/k/deks/:.c:s")),
            ("GET", "/contexts/.c/dek-registry/v1/keks", Some("/dek-registry/v1/keks")),
            ("GET", "/contexts/.c/dek-registry/v1/keks/deks", Some("/dek-registry/v1/keks/deks")),
            ("PUT", "/contexts/.c/exporters/subjects/pause", Some("/exporters/subjects/pause")),
            ("GET", "/contexts/.c/associations/subjects/s", Some("/associations/subjects/:.c:s")),
            ("GET", "/contexts/.c/schemas/ids/1/subjects", Some("/schemas/ids/1/subjects?subject=:.c:")),
            ("POST", "/contexts/.c/associations?context=x", Some("/associations?context=:.c:")),
            ("GET", "/contexts/.c/associations/resources/r", Some("/associations/resources/r")),
            ("GET", "/contexts/.c/contexts", Some("/contexts")),
            ("GET", "/contexts/.c/v1/metadata/id", Some("/v1/metadata/id")),
        ] {
            let mut address = Address::of(&sent.parse::<Uri>().expect(sent));
            let method: Method = method.parse().expect(method);
            let is_within = address.leave_context(&method).expect(sent);
            let decoded =
                percent_encoding::percent_decode_str(&address.print()).decode_utf8_lossy().into_owned();
            assert_eq!(is_within.then_some(decoded).as_deref(), routed, "{sent}");
        }
    }

    #[test]
    fn what_does_not_stand_below_a_context() {
        for sent in [
            "/contexts/a:b/subjects",
            "/contexts/.c/v1/settings",
            "/contexts/.c/health/live",
            "/contexts/.c/docs",
            "/contexts/.a/contexts/.b/subjects",
            "/contexts//subjects",
            "/contexts/%FF/subjects",
            "/contexts/.c/subjects/%FF/versions",
        ] {
            let mut address = Address::of(&sent.parse::<Uri>().expect(sent));
            assert!(address.leave_context(&Method::GET).is_err(), "{sent}");
        }
    }
}
