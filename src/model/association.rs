//! Associations: which subjects belong to a resource, such as a topic of a message broker.

use std::fmt;
use std::str::FromStr;

use super::letters::is_plain;
use super::{Context, Subject, Timestamp};

/// What kind of thing a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum ResourceType {
    /// A topic.
    #[default]
    Topic,
}

/// Which part of a message the subject describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum AssociationType {
    /// Its key.
    Key,
    /// Its value.
    #[default]
    Value,
}

/// How long an association lives, and how firm it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lifecycle {
    /// The subject belongs to the resource alone and may be deleted with it.
    Strong,
    /// The subject is used by the resource, perhaps by others too.
    Weak,
}

/// A thing that subjects are associated with. Its id identifies it; the rest is what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Resource {
    /// What kind of thing it is.
    pub kind: ResourceType,
    /// Its id; empty only where nothing is stored.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The namespace of its name, such as a cluster.
    pub namespace: String,
}

/// A subject that belongs to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// The subject.
    pub subject: Subject,
    /// A name of the association itself, never given to another one.
    pub guid: String,
    /// The resource.
    pub resource: Resource,
    /// Which part of a message the subject describes.
    pub part: AssociationType,
    /// How long it lives.
    pub lifecycle: Lifecycle,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Which associations are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AssociationFilter {
    /// Those of resources of this kind.
    pub kind: ResourceType,
    /// Those of these types; empty means all.
    pub parts: Vec<AssociationType>,
    /// Those of this lifecycle.
    pub lifecycle: Option<Lifecycle>,
}

/// Something about an association that cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The association specified an invalid value for property: '{property}', detail: {detail}")]
pub struct InvalidProperty {
    /// The property.
    pub property: &'static str,
    /// What is wrong with it.
    pub detail: String,
}

impl InvalidProperty {
    /// The property and what is wrong with it.
    pub fn new(property: &'static str, detail: impl Into<String>) -> InvalidProperty {
        InvalidProperty { property, detail: detail.into() }
    }
}

impl Resource {
    /// What stands for any name or any namespace when asking.
    pub const ANY: &'static str = "-";
    /// The longest name and the longest namespace, in UTF-16 code units.
    pub const LONGEST_NAME: usize = 256;
    /// The longest id, in bytes. It is part of an index.
    pub const LONGEST_ID: usize = 1024;

    /// A resource as a caller describes it. Without `needs_id` the id may be left out.
    ///
    /// # Errors
    /// When a name is missing, too long or holds anything but letters, digits, `_` and `-`, when the id
    /// is missing or cannot be stored, or when there is no such kind of resource.
    pub fn read(
        name: Option<String>,
        namespace: Option<String>,
        id: Option<String>,
        kind: Option<&str>,
        needs_id: bool,
    ) -> Result<Resource, InvalidProperty> {
        let name = checked_name("resourceName", name)?;
        let namespace = checked_name("resourceNamespace", namespace)?;
        let id = id.unwrap_or_default();
        if needs_id && id.is_empty() {
            return Err(InvalidProperty::new("resourceId", MISSING));
        }
        if id.len() > Resource::LONGEST_ID {
            return Err(InvalidProperty::new("resourceId", too_long(Resource::LONGEST_ID)));
        }
        if let Some(illegal) = id.chars().find(|c| c.is_control()) {
            return Err(InvalidProperty::new("resourceId", illegal_character(illegal)));
        }
        let kind = match kind.filter(|kind| !kind.is_empty()) {
            None => ResourceType::default(),
            Some(kind) => {
                kind.parse().map_err(|_| InvalidProperty::new("resourceType", "must be 'topic'"))?
            }
        };
        Ok(Resource { kind, id, name, namespace })
    }

    /// The subject that describes a part of the resource's messages unless another one is named: the
    /// namespace is its context.
    pub fn default_subject(&self, part: AssociationType) -> Subject {
        let context = Context::new(&format!(".{}", self.namespace));
        let context = context.expect("a namespace is made of letters, digits, `_` and `-`");
        Subject::new(context, format!("{}-{part}", self.name))
    }

    /// Can a store hold a resource of this id or name? Nothing is ever found under one that it cannot.
    pub fn is_storable_word(text: &str) -> bool {
        text.len() <= Resource::LONGEST_ID && !text.contains(char::is_control)
    }
}

const MISSING: &str = "cannot be null or empty";

fn too_long(longest: usize) -> String {
    format!("exceeds max length of {longest}")
}

fn illegal_character(character: char) -> String {
    format!("illegal character '{character}'")
}

fn checked_name(property: &'static str, name: Option<String>) -> Result<String, InvalidProperty> {
    let name = name.filter(|name| !name.is_empty()).ok_or(InvalidProperty::new(property, MISSING))?;
    if name.encode_utf16().count() > Resource::LONGEST_NAME {
        return Err(InvalidProperty::new(property, too_long(Resource::LONGEST_NAME)));
    }
    match name.chars().find(|c| !is_plain(*c)) {
        Some(illegal) => Err(InvalidProperty::new(property, illegal_character(illegal))),
        None => Ok(name),
    }
}

impl AssociationType {
    /// Every type.
    pub const ALL: [AssociationType; 2] = [AssociationType::Key, AssociationType::Value];

    /// A type as a caller writes it; a value unless it says otherwise.
    ///
    /// # Errors
    /// When there is no such type.
    pub fn read(word: Option<&str>) -> Result<AssociationType, InvalidProperty> {
        match word.filter(|word| !word.is_empty()) {
            None => Ok(AssociationType::default()),
            Some(word) => word
                .parse()
                .map_err(|_| InvalidProperty::new("associationType", "must be either 'key' or 'value'")),
        }
    }

    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            AssociationType::Key => "key",
            AssociationType::Value => "value",
        }
    }
}

impl ResourceType {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            ResourceType::Topic => "topic",
        }
    }
}

impl Lifecycle {
    /// The upper-case wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Lifecycle::Strong => "STRONG",
            Lifecycle::Weak => "WEAK",
        }
    }
}

impl AssociationFilter {
    /// What a caller asks for: topics unless another kind is named. `None` when nothing can match.
    pub fn read(
        kind: Option<&str>,
        parts: &[String],
        lifecycle: Option<Lifecycle>,
    ) -> Option<AssociationFilter> {
        let kind = match kind.filter(|kind| !kind.is_empty()) {
            None => ResourceType::default(),
            Some(kind) => kind.parse().ok()?,
        };
        let named: Vec<&String> = parts.iter().filter(|part| !part.is_empty()).collect();
        let parts: Vec<AssociationType> = named.iter().filter_map(|part| part.parse().ok()).collect();
        let can_match = named.is_empty() || !parts.is_empty();
        can_match.then_some(AssociationFilter { kind, parts, lifecycle })
    }

    /// Are associations of this type meant?
    pub fn takes(&self, part: AssociationType) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

/// A word that says nothing about associations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no word of associations")]
pub struct UnknownAssociationWord(pub String);

impl FromStr for ResourceType {
    type Err = UnknownAssociationWord;

    fn from_str(word: &str) -> Result<ResourceType, UnknownAssociationWord> {
        known([ResourceType::Topic], ResourceType::as_str, word)
    }
}

impl FromStr for AssociationType {
    type Err = UnknownAssociationWord;

    fn from_str(word: &str) -> Result<AssociationType, UnknownAssociationWord> {
        known(AssociationType::ALL, AssociationType::as_str, word)
    }
}

impl FromStr for Lifecycle {
    type Err = UnknownAssociationWord;

    fn from_str(word: &str) -> Result<Lifecycle, UnknownAssociationWord> {
        known([Lifecycle::Strong, Lifecycle::Weak], Lifecycle::as_str, word)
    }
}

/// The comparison is exact.
fn known<T: Copy, const N: usize>(
    all: [T; N],
    spelling: impl Fn(T) -> &'static str,
    word: &str,
) -> Result<T, UnknownAssociationWord> {
    let found = all.into_iter().find(|known| spelling(*known) == word);
    found.ok_or_else(|| UnknownAssociationWord(word.to_owned()))
}

impl fmt::Display for AssociationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{AssociationFilter, AssociationType, Lifecycle, Resource};

    fn read(name: &str, namespace: &str, id: &str, kind: &str, needs_id: bool) -> Result<Resource, String> {
        let text = |text: &str| Some(text.to_owned());
        Resource::read(text(name), text(namespace), text(id), Some(kind), needs_id)
            .map_err(|error| format!("{}: {}", error.property, error.detail))
    }

    #[test]
    fn what_a_resource_may_be_called() {
        let (longest, id) = ("x".repeat(256), "i".repeat(1024));
        let resource = read(&longest, "lkc-1_ö", &id, "topic", true).expect("all within bounds");
        assert_eq!(
            resource.default_subject(AssociationType::Key).to_string(),
            format!(":.lkc-1_ö:{longest}-key")
        );
        assert!(read("t", "n", "", "", false).is_ok());
        for (name, namespace, id, kind, wrong) in [
            ("", "n", "i", "", "resourceName: cannot be null or empty"),
            ("t", "", "i", "", "resourceNamespace: cannot be null or empty"),
            ("t.u", "n", "i", "", "resourceName: illegal character '.'"),
            ("t²", "n", "i", "", "resourceName: illegal character '²'"),
            ("t", "𝔸", "i", "", "resourceNamespace: illegal character '𝔸'"),
            ("t", "n:m", "i", "", "resourceNamespace: illegal character ':'"),
            (&format!("{longest}x"), "n", "i", "", "resourceName: exceeds max length of 256"),
            (&format!("{}𝔸", "x".repeat(255)), "n", "i", "", "resourceName: exceeds max length of 256"),
            ("t", "n", "", "", "resourceId: cannot be null or empty"),
            ("t", "n", "a\u{0}", "", "resourceId: illegal character '\u{0}'"),
            ("t", "n", &format!("{id}i"), "", "resourceId: exceeds max length of 1024"),
            ("t", "n", "i", "Topic", "resourceType: must be 'topic'"),
        ] {
            assert_eq!(read(name, namespace, id, kind, true), Err(wrong.to_owned()));
        }
    }

    #[test]
    fn what_is_asked_for() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let all = AssociationFilter::default();
        assert_eq!(AssociationFilter::read(None, &[], None), Some(all.clone()));
        assert_eq!(AssociationFilter::read(Some(""), &words(&[""]), None), Some(all.clone()));
        assert!(all.takes(AssociationType::Key));
        let keys = AssociationFilter::read(Some("topic"), &words(&["x", "key"]), Some(Lifecycle::Weak));
        let keys = keys.expect("keys exist");
        assert!(keys.takes(AssociationType::Key) && !keys.takes(AssociationType::Value));
        assert_eq!(AssociationFilter::read(None, &words(&["x"]), None), None);
        assert_eq!(AssociationFilter::read(Some("queue"), &[], None), None);
    }
}
