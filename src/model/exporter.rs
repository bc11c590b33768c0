//! Exporters: which schemas another registry gets, and under which names.

use std::collections::BTreeMap;

use super::{Context, Subject, Timestamp};

/// Where schemas go, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exporter {
    /// What it is called.
    pub name: String,
    /// How contexts are named in the target.
    pub context_type: ContextType,
    /// The context of [`ContextType::Custom`].
    pub context: Context,
    /// The subjects that are exported: names, or beginnings of names that end with `*`; qualified ones name
    /// their context, and `:*:` stands for all of them.
    pub subjects: Vec<String>,
    /// The name in the target, with `${subject}` for the one it has here.
    pub rename_format: String,
    /// How to reach the target. Holds credentials: never shown as it is.
    pub config: BTreeMap<String, String>,
}

/// How contexts are named in the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContextType {
    /// After the registry that schemas come from.
    #[default]
    Auto,
    /// As the exporter says.
    Custom,
    /// As here.
    None,
}

/// What an exporter is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExporterState {
    /// It was told to work and has not begun.
    Starting,
    /// It works.
    Running,
    /// It was told to wait.
    Paused,
    /// The last attempt failed; it tries again by itself.
    Error,
}

/// How far an exporter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub state: ExporterState,
    /// The number of the last change that the target has.
    pub position: i64,
    /// When that was last looked at.
    pub changed_at: Timestamp,
    /// Why the last attempt failed.
    pub trace: Option<String>,
}

/// Something is wrong with an exporter. Holds the sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum InvalidExporter {
    #[error(
        "Missing or invalid exporter name: it is of 1 to 256 letters, digits, dots, dashes and underscores"
    )]
    Name,
    #[error("Missing or invalid exporter config: {0}")]
    Config(String),
    #[error("Invalid exporter subjects: {0}")]
    Subjects(String),
}

/// The member of the configuration with the address of the target.
pub const TARGET_URL: &str = "schema.registry.url";
/// What is shown in place of a secret.
const HIDDEN: &str = "[hidden]";
/// What stands for the name of a subject in a rename format.
const PLACEHOLDER: &str = "${subject}";
/// How long the context of an exporter may be, in bytes: names of subjects come after it.
const LONGEST_CONTEXT: usize = 256;
/// How many entries a list of subjects may have.
const MOST_SUBJECTS: usize = 10_000;

impl ContextType {
    /// Every type.
    pub const ALL: [ContextType; 3] = [ContextType::Auto, ContextType::Custom, ContextType::None];

    /// The upper-case wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            ContextType::Auto => "AUTO",
            ContextType::Custom => "CUSTOM",
            ContextType::None => "NONE",
        }
    }
}

impl ExporterState {
    /// Every state.
    pub const ALL: [ExporterState; 4] =
        [ExporterState::Starting, ExporterState::Running, ExporterState::Paused, ExporterState::Error];

    /// The upper-case wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            ExporterState::Starting => "STARTING",
            ExporterState::Running => "RUNNING",
            ExporterState::Paused => "PAUSED",
            ExporterState::Error => "ERROR",
        }
    }
}

impl Exporter {
    /// Can it be worked with?
    ///
    /// # Errors
    /// When the name, a subject or the configuration is wrong.
    pub fn check(&self) -> Result<(), InvalidExporter> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if self.name.is_empty() || self.name.len() > 256 || !self.name.chars().all(is_plain) {
            return Err(InvalidExporter::Name);
        }
        if self.context_type == ContextType::Custom && self.context.is_default() {
            let sentence = "the context type CUSTOM needs a `context` that is not the default one";
            return Err(InvalidExporter::Config(sentence.to_owned()));
        }
        let context = self.context.as_str();
        if context.len() > LONGEST_CONTEXT
            || context.chars().any(char::is_control)
            || self.context.is_global()
        {
            let sentence = format!(
                "`context` is of at most {LONGEST_CONTEXT} bytes without control characters, and not reserved"
            );
            return Err(InvalidExporter::Config(sentence));
        }
        if !self.rename_format.contains(PLACEHOLDER) {
            let sentence =
                format!("`subjectRenameFormat` must hold {PLACEHOLDER}, or all subjects become one");
            return Err(InvalidExporter::Subjects(sentence));
        }
        if self.subjects.is_empty() || self.subjects.len() > MOST_SUBJECTS {
            return Err(InvalidExporter::Subjects(format!("name from 1 to {MOST_SUBJECTS} of them")));
        }
        let too_long = |text: &String| text.len() > Subject::LONGEST || text.chars().any(char::is_control);
        if self.subjects.iter().chain([&self.rename_format]).any(too_long) {
            return Err(InvalidExporter::Subjects("one is too long or holds control characters".to_owned()));
        }
        Ok(())
    }

    /// Is this subject exported? One without a name never is: in the target it would stand for the context.
    pub fn covers(&self, subject: &Subject) -> bool {
        !subject.name().is_empty()
            && self.subjects.iter().any(|pattern| {
                let (is_anywhere, named) = match pattern.strip_prefix(":*:") {
                    Some(name) => (true, Subject::new(Context::default_context(), name)),
                    None => (false, Subject::parse(pattern)),
                };
                let is_there = is_anywhere || named.context() == subject.context();
                let fits = match (named.name(), named.name().strip_suffix('*')) {
                    // A context by itself is all of it.
                    ("", _) => true,
                    (_, Some(start)) => subject.name().starts_with(start),
                    (name, None) => subject.name() == name,
                };
                is_there && fits
            })
    }

    /// Did the subject come here by way of this very exporter? Two registries that copy everything to each
    /// other, or one that copies to itself, would otherwise never come to an end.
    pub fn has_brought(&self, subject: &Subject, origin: &str) -> bool {
        let (context, outer) = (subject.context(), self.target_context(&Context::default_context(), origin));
        self.context_type != ContextType::None && format!("{context}.").contains(&format!("{outer}."))
    }

    /// What the subject is called in the target. `origin` is what this registry is called.
    pub fn target(&self, subject: &Subject, origin: &str) -> Subject {
        let name = self.rename_format.replace(PLACEHOLDER, subject.name());
        Subject::new(self.target_context(subject.context(), origin), name)
    }

    /// What the text of a reference becomes in the target: an unqualified one stays so, for the context of
    /// the referrer changes in the same way.
    pub fn target_of_reference(&self, text: &str, origin: &str) -> String {
        let subject = Subject::parse(text);
        if Subject::is_qualified_text(text) {
            return self.target(&subject, origin).to_string();
        }
        self.rename_format.replace(PLACEHOLDER, text)
    }

    fn target_context(&self, context: &Context, origin: &str) -> Context {
        let outer = match self.context_type {
            ContextType::None => return context.clone(),
            ContextType::Auto => format!(".{origin}"),
            ContextType::Custom => self.context.as_str().to_owned(),
        };
        let name = if context.is_default() { outer } else { format!("{outer}{context}") };
        Context::new(&name).expect("starts with a dot and holds no colon")
    }
}

/// What may be shown of how a target is reached: addresses without their credentials, and how credentials
/// are come by. Everything else may be a secret.
pub fn without_secrets(config: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = |(key, value): (&String, &String)| {
        let value = match key.as_str() {
            TARGET_URL => without_credentials(value),
            key if key.ends_with(".credentials.source") => value.clone(),
            _ => HIDDEN.to_owned(),
        };
        (key.clone(), value)
    };
    config.iter().map(shown).collect()
}

fn without_credentials(addresses: &str) -> String {
    let shown = addresses.split(',').map(|address| match url::Url::parse(address.trim()) {
        Ok(mut url) if !url.username().is_empty() || url.password().is_some() => {
            let _ = (url.set_username("hidden"), url.set_password(None));
            url.to_string()
        }
        _ => address.trim().to_owned(),
    });
    shown.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::{ContextType, Exporter};
    use crate::model::{Context, Subject};

    fn exporter(context_type: ContextType, subjects: &[&str], rename_format: &str) -> Exporter {
        Exporter {
            name: "e".into(),
            context_type,
            context: Context::new(".copy").expect("a context"),
            subjects: subjects.iter().map(|text| (*text).to_owned()).collect(),
            rename_format: rename_format.into(),
            config: [].into(),
        }
    }

    #[test]
    fn subjects_are_chosen_by_name_beginning_and_context() {
        for (pattern, covered, left_out) in [
            ("*", vec!["a", "b"], vec![":.c:a", ""]),
            (":*:", vec!["a", ":.c:a"], vec![]),
            (":*:a*", vec!["ab", ":.c:a"], vec!["b"]),
            ("a", vec!["a"], vec!["ab", ":.c:a"]),
            ("a*", vec!["a", "ab"], vec!["b", ":.c:a"]),
            (":.c:", vec![":.c:a"], vec!["a", ":.d:a"]),
            (":.c:a*", vec![":.c:ab"], vec![":.c:b", "ab"]),
        ] {
            let exporter = exporter(ContextType::None, &[pattern], "${subject}");
            for text in covered {
                assert!(exporter.covers(&Subject::parse(text)), "{pattern} covers {text}");
            }
            for text in left_out {
                assert!(!exporter.covers(&Subject::parse(text)), "{pattern} leaves out {text}");
            }
        }
    }

    #[test]
    fn names_in_the_target() {
        use ContextType::{Auto, Custom, None};
        for (context_type, format, subject, target) in [
            (None, "${subject}", "a", "a"),
            (None, "x-${subject}", ":.c:a", ":.c:x-a"),
            (Auto, "${subject}", "a", ":.west:a"),
            (Auto, "${subject}", ":.c:a", ":.west.c:a"),
            (Custom, "${subject}-y", "a", ":.copy:a-y"),
            (Custom, "${subject}", ":.c:a", ":.copy.c:a"),
        ] {
            let exporter = exporter(context_type, &["*"], format);
            assert_eq!(exporter.target(&Subject::parse(subject), "west").to_string(), target);
        }
        let exporter = exporter(Custom, &["*"], "x-${subject}");
        assert_eq!(exporter.target_of_reference("a", "west"), "x-a");
        assert_eq!(exporter.target_of_reference(":.c:a", "west"), ":.copy.c:x-a");
    }

    #[test]
    fn what_an_exporter_has_brought_it_does_not_take_back() {
        use ContextType::{Auto, Custom, None};
        for (context_type, subject, is_brought) in [
            (Custom, "a", false),
            (Custom, ":.other:a", false),
            (Custom, ":.copying:a", false),
            (Custom, ":.copy:a", true),
            (Custom, ":.copy.other:a", true),
            (Custom, ":.other.copy.x:a", true),
            (Auto, ":.east.west:a", true),
            (Auto, ":.copy:a", false),
            (None, ":.copy:a", false),
        ] {
            let exporter = exporter(context_type, &[":*:"], "${subject}");
            assert_eq!(exporter.has_brought(&Subject::parse(subject), "west"), is_brought, "{subject}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let check = |format: &str, subjects: &[&str]| exporter(ContextType::None, subjects, format).check();
        assert_eq!(check("${subject}", &["*"]), Ok(()));
        assert!(check("all", &["*"]).is_err());
        assert!(check("${subject}", &[]).is_err());
        let nameless = Exporter { name: "a b".into(), ..exporter(ContextType::None, &["*"], "${subject}") };
        assert!(nameless.check().is_err());
    }
}
