//! Options and their values, as written.

/// An option and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// What is set.
    pub name: SettingName,
    /// To what.
    pub value: Value,
}

/// The name of an option: `deprecated`, `(a.b)`, `(a.b).c.d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingName {
    /// The parts between the dots.
    pub parts: Vec<NamePart>,
}

impl SettingName {
    /// A name without parentheses and dots.
    pub fn plain(name: impl Into<String>) -> SettingName {
        SettingName { parts: vec![NamePart { name: name.into(), is_extension: false }] }
    }

    /// A name that is one extension.
    pub fn extension(name: impl Into<String>) -> SettingName {
        SettingName { parts: vec![NamePart { name: name.into(), is_extension: true }] }
    }

    /// Is it just `name`?
    pub fn is_plain(&self, name: &str) -> bool {
        matches!(self.parts.as_slice(), [part] if !part.is_extension && part.name == name)
    }

    /// The extension with which the name starts, as written.
    pub fn leading_extension(&self) -> Option<&str> {
        self.parts.first().filter(|part| part.is_extension).map(|part| part.name.as_str())
    }
}

/// A part of the name of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePart {
    /// The name, without parentheses.
    pub name: String,
    /// It stands in parentheses and names an extension field.
    pub is_extension: bool,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string, unescaped; bytes need not be UTF-8.
    Text(Vec<u8>),
    /// A number as written.
    Number(String),
    /// `true`, `false`, the name of an enum constant, `inf` …
    Word(String),
    /// `[a, b]`
    List(Vec<Value>),
    /// `{ a: 1 }`; each key once, in the order of first occurrence, later values of a key
    /// gathered in a list. Keys of extensions hold their brackets.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The text of a string that is UTF-8.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The value of `key`, if it is a map that holds it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }
}
