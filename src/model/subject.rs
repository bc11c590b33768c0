//! Subjects and their qualified syntax (`[:.context:]name`).

use std::fmt;

use super::Context;

/// What versions are registered under. It always carries its context.
///
/// Any text names a subject for reading; [`Subject::check_writable`] says which may be written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    context: Context,
    name: String,
}

/// A subject that nothing can be registered under.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The specified subject '{0}' is not a valid.")]
pub struct InvalidSubject(pub String);

impl Subject {
    /// The longest subject that can be stored: bytes of context and name together. An index of
    /// Postgres holds no longer keys.
    pub const LONGEST: usize = 2000;

    /// A subject of `context` called `name`; `name` is taken literally.
    pub fn new(context: Context, name: impl Into<String>) -> Subject {
        Subject { context, name: name.into() }
    }

    /// Read the qualified syntax; a text without a context is in the default one. Never fails:
    /// `:foo` (no dot) is a name, `:.ctx` is the context itself.
    pub fn parse(text: &str) -> Subject {
        Subject::parse_in(text, &Context::default_context())
    }

    /// Like [`Subject::parse`], but a text without a context belongs to `home`.
    pub fn parse_in(text: &str, home: &Context) -> Subject {
        let Some(rest) = text.strip_prefix(':').filter(|rest| rest.starts_with('.')) else {
            return Subject::new(home.clone(), text);
        };
        let (context, name) = rest.split_once(':').unwrap_or((rest, ""));
        let context = Context::new(context).expect("starts with a dot, ends before the first colon");
        Subject::new(context, name)
    }

    /// Does the text itself name a context?
    pub fn is_qualified_text(text: &str) -> bool {
        text.starts_with(":.")
    }

    /// The context the subject lives in.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The name within the context; empty when the subject stands for the context itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same name in another context.
    pub fn in_context(&self, context: Context) -> Subject {
        Subject::new(context, self.name.clone())
    }

    /// May something be registered or configured here?
    ///
    /// # Errors
    /// When the name or context holds a control character, is a reserved word (`__GLOBAL`,
    /// `__EMPTY`, the context `.__GLOBAL`), reads like another subject (`:.:` before `:.x:foo`), or is longer
    /// than [`Subject::LONGEST`].
    pub fn check_writable(&self) -> Result<(), InvalidSubject> {
        // A name of the default context that reads like a qualified one would be printed as another subject.
        let is_ambiguous = self.context.is_default() && Subject::is_qualified_text(&self.name);
        let reserved =
            matches!(self.name.as_str(), "__GLOBAL" | "__EMPTY") || self.context.is_global() || is_ambiguous;
        if reserved || !self.is_storable() {
            return Err(InvalidSubject(self.to_string()));
        }
        Ok(())
    }

    /// Can a store hold it at all? Nothing is ever found under one that it cannot.
    pub fn is_storable(&self) -> bool {
        let length = self.context.as_str().len() + self.name.len();
        length <= Subject::LONGEST && !self.has_control_character()
    }

    /// Does the text hold an ISO control character? Postgres cannot store U+0000 at all, so reads
    /// answer "not found" for such a subject before they ask the store.
    pub fn has_control_character(&self) -> bool {
        self.name.chars().chain(self.context.as_str().chars()).any(char::is_control)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.context.is_default() {
            write!(f, ":{}:", self.context)?;
        }
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Subject;

    #[test]
    fn qualified_syntax() {
        for (text, context, name, printed) in [
            ("foo", ".", "foo", "foo"),
            (":.:foo", ".", "foo", "foo"),
            (":.ctx:foo", ".ctx", "foo", ":.ctx:foo"),
            (":.ctx:", ".ctx", "", ":.ctx:"),
            (":.ctx", ".ctx", "", ":.ctx:"),
            (":.:", ".", "", ""),
            (":.", ".", "", ""),
            ("", ".", "", ""),
            (":.a.b:foo", ".a.b", "foo", ":.a.b:foo"),
            (":foo", ".", ":foo", ":foo"),
            (":.ctx:a:b", ".ctx", "a:b", ":.ctx:a:b"),
            (".foo", ".", ".foo", ".foo"),
        ] {
            let subject = Subject::parse(text);
            assert_eq!((subject.context().as_str(), subject.name()), (context, name), "{text}");
            assert_eq!(subject.to_string(), printed, "{text}");
        }
    }

    #[test]
    fn some_subjects_are_never_written() {
        for wrong in [
            "__GLOBAL",
            "__EMPTY",
            ":.c:__GLOBAL",
            ":.__GLOBAL:x",
            ":.::.x:foo",
            "a\u{0}b",
            "a\nb",
            "a\u{85}b",
        ] {
            assert!(Subject::parse(wrong).check_writable().is_err(), "{wrong:?}");
        }
        let long = |length| Subject::parse(&"x".repeat(length)).check_writable().is_ok();
        assert!(long(Subject::LONGEST - 1) && !long(Subject::LONGEST));
        for right in ["", "*", "a b", "a/b", "größe", ":.ctx:"] {
            assert!(Subject::parse(right).check_writable().is_ok(), "{right:?}");
        }
    }
}
