//! Stub while the floor is being built.
use super::{Dependency, Options, ParseError, Tagged};
/// Stub.
#[derive(Debug, Clone)]
pub struct JsonSchema;
impl JsonSchema {
    /// Stub.
    pub fn parse(_text: &str, _dependencies: &[Dependency], _options: Options) -> Result<Self, ParseError> {
        Err(ParseError::parse("not built yet", None))
    }
    /// Stub.
    pub fn canonical(&self) -> &str {
        ""
    }
    /// Stub.
    pub fn normal_form(&self) -> String {
        String::new()
    }
    /// Stub.
    pub fn tagged(&self) -> Vec<Tagged> {
        Vec::new()
    }
    /// Stub.
    pub fn is_equivalent(&self, _other: &Self) -> bool {
        false
    }
    /// Stub.
    pub fn resolved(&self) -> String {
        String::new()
    }
    /// Stub.
    pub fn serialized(&self) -> String {
        String::new()
    }
    /// Stub.
    pub fn without_extensions(&self) -> String {
        String::new()
    }
}
