//! The earlier versions of a subject, read from a registry with everything they refer to.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::anyhow;
use serde_json::Value;

use super::judge::{Condition, Earlier, Origin};
use crate::failure::Failure;
use crate::model::{Assumptions, Depth, Format, Judging, Level, Policy, Subject, Version};
use crate::remote::{RegistryClient, StoredReference, StoredVersion};
use crate::schema::Dependency;

/// How many texts a schema may refer to, directly or not: a bound on what a server can make us ask.
const MOST_REFERENCES: usize = 10_000;

/// A registry and what was read from it in this run.
pub(crate) struct Registered {
    client: Arc<RegistryClient>,
    read: HashMap<(String, i32), StoredVersion>,
    configs: HashMap<String, Option<Value>>,
}

/// What a registry tells of a subject.
pub(crate) struct Told {
    /// The level, and whether it is the registry's.
    pub(crate) level: Level,
    pub(crate) judging: Judging,
    /// The versions that the level looks at.
    pub(crate) compared: Vec<Earlier>,
    /// Every version there was, where numbers matter.
    pub(crate) numbered: Vec<Earlier>,
}

/// A subject to ask about.
#[derive(Debug, Clone)]
pub(crate) struct Inquiry {
    /// As the registry knows it.
    pub(crate) subject: String,
    pub(crate) format: Format,
    /// The level, where it is not the registry that says it.
    pub(crate) level: Option<Level>,
}

/// How many subjects are asked about at a time.
const AT_A_TIME: usize = 8;

/// Ask about many subjects at a time. Once the registry failed it is not asked again: what is left
/// fails with it.
pub(crate) async fn ask_all(
    client: Arc<RegistryClient>,
    inquiries: Vec<Inquiry>,
) -> Vec<Result<Told, String>> {
    let count = inquiries.len();
    let inquiries = Arc::new(inquiries);
    let (next, has_failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..AT_A_TIME.min(count) {
        let (inquiries, next, has_failed) = (inquiries.clone(), next.clone(), has_failed.clone());
        let mut registered = Registered::new(client.clone());
        asking.spawn(async move {
            let mut answers = Vec::new();
            loop {
                let position = next.fetch_add(1, Ordering::Relaxed);
                let Some(inquiry) = inquiries.get(position) else { return answers };
                if has_failed.load(Ordering::Relaxed) {
                    answers.push((position, Err("the registry had failed before".to_owned())));
                    continue;
                }
                let told = registered.ask(inquiry).await.map_err(|failure| {
                    has_failed.store(true, Ordering::Relaxed);
                    let hint = failure.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                    format!("{:#}{hint}", failure.error)
                });
                answers.push((position, told));
            }
        });
    }
    let mut answers: Vec<Result<Told, String>> =
        (0..count).map(|_| Err("the registry was not asked".to_owned())).collect();
    while let Some(done) = asking.join_next().await {
        for (position, told) in done.unwrap_or_default() {
            answers[position] = told;
        }
    }
    answers
}

impl Registered {
    /// A registry nothing was read from yet.
    pub(crate) fn new(client: Arc<RegistryClient>) -> Registered {
        Registered { client, read: HashMap::new(), configs: HashMap::new() }
    }

    /// Ask about one subject.
    pub(crate) async fn ask(&mut self, inquiry: &Inquiry) -> Result<Told, Failure> {
        let Inquiry { subject, format, level } = inquiry;
        let level = match level {
            Some(level) => *level,
            None => self.level(subject).await?,
        };
        let judging = self.judging(subject).await?;
        let compared = self.history(subject, level).await?;
        let numbered = match format {
            Format::Protobuf if level != Level::None => self.whole_history(subject).await?,
            _ => Vec::new(),
        };
        Ok(Told { level, judging, compared, numbered })
    }

    /// The level in force for a subject.
    async fn level(&mut self, subject: &str) -> Result<Level, Failure> {
        let level = self.configured(subject, "compatibilityLevel").await?.ok_or_else(|| {
            let registry = self.client.shown();
            Failure::unable(anyhow!("{registry} does not tell the compatibility level of `{subject}`"))
                .with_hint("Give it with --level.")
        })?;
        level.parse().map_err(|error| {
            Failure::unable(anyhow!("{} tells a level that is none: {error}", self.client.shown()))
        })
    }

    /// A word of the configuration in force for a subject, which is asked for once.
    async fn configured(&mut self, subject: &str, member: &str) -> Result<Option<String>, Failure> {
        if !self.configs.contains_key(subject) {
            let config = self.client.config(subject).await?;
            self.configs.insert(subject.to_owned(), config);
        }
        let config = self.configs.get(subject).and_then(Option::as_ref);
        Ok(config.and_then(|config| config.get(member)?.as_str()).map(str::to_owned))
    }

    /// Who judges a subject: what the registry has recorded, or the proof judge where it knows of none.
    async fn judging(&mut self, subject: &str) -> Result<Judging, Failure> {
        let policy = self.configured(subject, "compatibilityPolicy").await?;
        // As a registry, this command takes a policy that it does not know for none.
        let policy: Policy = policy.and_then(|name| Policy::named(&name)).unwrap_or_default();
        let assumptions = Assumptions { policy, ..Assumptions::default() };
        let Some(told) = self.client.judging(subject).await? else {
            return Ok(Judging { assumptions, ..Judging::default() });
        };
        let judging = read_judging(&told, assumptions);
        judging.ok_or_else(|| {
            Failure::unable(anyhow!(
                "{} tells of `{subject}` who judges it, in words unknown here: {told}",
                self.client.shown()
            ))
            .with_hint("Is it newer than this command? Say --judge and --packs, or update the command.")
        })
    }

    /// The versions of a subject that `level` looks at, and the latest in any case, newest first.
    /// Empty for a new subject.
    async fn history(&mut self, subject: &str, level: Level) -> Result<Vec<Earlier>, Failure> {
        let mut numbers = self.client.versions(subject).await?.unwrap_or_default();
        numbers.sort_unstable_by(|left, right| right.cmp(left));
        if level.depth() == Depth::Latest {
            numbers.truncate(1);
        }
        self.earlier(subject, &numbers, &[]).await
    }

    /// One version of a subject; the latest live one without a number.
    pub(crate) async fn one(&mut self, subject: &str, version: Option<i32>) -> Result<Earlier, Failure> {
        let latest = match version {
            Some(number) => Some(number),
            None => self.client.versions(subject).await?.unwrap_or_default().into_iter().max(),
        };
        let found = match latest {
            Some(number) => self.earlier(subject, &[number], &[]).await?.pop(),
            None => None,
        };
        found.ok_or_else(|| {
            Failure::bad_request(anyhow!("{} has no subject `{subject}`", self.client.shown()))
        })
    }

    /// The registry itself.
    pub(crate) fn client(&self) -> &RegistryClient {
        &self.client
    }

    /// All versions of a subject, soft-deleted ones included, newest first.
    async fn whole_history(&mut self, subject: &str) -> Result<Vec<Earlier>, Failure> {
        let mut numbers = self.client.versions_ever(subject).await?.unwrap_or_default();
        numbers.sort_unstable_by(|left, right| right.cmp(left));
        let live = self.client.versions(subject).await?.unwrap_or_default();
        let deleted: Vec<i32> = numbers.iter().copied().filter(|number| !live.contains(number)).collect();
        self.earlier(subject, &numbers, &deleted).await
    }

    async fn earlier(
        &mut self,
        subject: &str,
        numbers: &[i32],
        deleted: &[i32],
    ) -> Result<Vec<Earlier>, Failure> {
        let mut history = Vec::new();
        for &number in numbers {
            let stored = self.stored(subject, number).await?;
            let format = stored.format.as_deref().unwrap_or("AVRO");
            let format: Format = format
                .parse()
                .map_err(|error| Failure::unable(anyhow!("`{subject}` version {number}: {error}")))?;
            let version = Version::new(stored.version).ok_or_else(|| {
                Failure::unable(anyhow!(
                    "{} tells version {} of `{subject}`",
                    self.client.shown(),
                    stored.version
                ))
            })?;
            let dependencies = self.closure(&Subject::parse(subject), &stored.references).await?;
            history.push(Earlier {
                origin: Origin::Version { version, id: stored.id },
                is_deleted: deleted.contains(&number),
                format,
                text: stored.schema,
                dependencies,
                condition: Condition::Whole,
            });
        }
        Ok(history)
    }

    /// Everything that `references` lead to, referenced texts first, each name once.
    pub(crate) async fn closure(
        &mut self,
        referrer: &Subject,
        references: &[StoredReference],
    ) -> Result<Vec<Dependency>, Failure> {
        let mut found: Vec<Dependency> = Vec::new();
        // Each reference is met twice: on the way down, and again when what it refers to is in the list.
        let down =
            |reference: &StoredReference, home: &Subject| (reference.clone(), home.clone(), None::<String>);
        let mut open: Vec<_> = references.iter().rev().map(|reference| down(reference, referrer)).collect();
        let mut met = 0;
        while let Some((reference, home, text)) = open.pop() {
            if found.iter().any(|dependency| dependency.name == reference.name) {
                continue;
            }
            let subject = Subject::parse_in(&reference.subject, home.context());
            if let Some(text) = text {
                let version = Version::new(reference.version).expect("a version that was read");
                found.push(Dependency { name: reference.name, origin: Some((subject, version)), text });
                continue;
            }
            met += 1;
            if met > MOST_REFERENCES {
                return Err(Failure::unable(anyhow!(
                    "`{referrer}` refers to more than {MOST_REFERENCES} schemas"
                )));
            }
            let stored = self.stored(&subject.to_string(), reference.version).await?;
            let reference = StoredReference { version: stored.version.max(1), ..reference };
            open.push((reference, home, Some(stored.schema)));
            open.extend(stored.references.iter().rev().map(|inner| down(inner, &subject)));
        }
        Ok(found)
    }

    async fn stored(&mut self, subject: &str, version: i32) -> Result<StoredVersion, Failure> {
        let key = (subject.to_owned(), version);
        if let Some(stored) = self.read.get(&key) {
            return Ok(stored.clone());
        }
        let stored = self.client.version(subject, version).await?;
        self.read.insert(key, stored.clone());
        Ok(stored)
    }
}

/// The settings of a subject that are in force; `None` where a word is unknown.
fn read_judging(told: &Value, assumptions: Assumptions) -> Option<Judging> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let judge = told.get("judge").and_then(text)?.parse().ok()?;
    let packs = told.get("packs")?.as_array()?.iter();
    let packs = packs.map(|pack| text(pack)?.parse().ok()).collect::<Option<_>>()?;
    let rules = told.get("rules").and_then(Value::as_object).into_iter().flatten();
    let rules =
        rules.map(|(id, action)| Some((id.clone(), text(action)?.parse().ok()?))).collect::<Option<_>>()?;
    let is_on = |member: &str| told.get(member).and_then(Value::as_bool).unwrap_or_default();
    let assumptions = Assumptions {
        assert_formats: is_on("assertFormats"),
        fill_defaults: is_on("fillDefaults"),
        ..assumptions
    };
    Some(Judging { judge, packs, rules, assumptions })
}
