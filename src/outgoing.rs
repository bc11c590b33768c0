//! What all HTTP requests that this program makes itself have in common.

/// Why a request failed, in its innermost words: the outer ones repeat the URL, credentials included.
pub fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
