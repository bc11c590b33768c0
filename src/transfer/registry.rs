//! What a running registry holds, read over HTTP. Only routes that every registry of this protocol has are
//! needed; those that older ones lack are done without.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::task::JoinSet;

use super::holdings::{Held, Holdings, spelt};
use super::wire::{number, read_content, read_settings};
use super::{Error, Progress};
use crate::failure::Failure;
use crate::model::{Context, Guid, Level, Mode, SchemaId, Settings, Subject, Version};
use crate::outgoing::{body_of, root_cause};
use crate::remote::RegistryClient;

/// Longer answers are no registry's.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;
/// How long to wait for an answer: a list may be long.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often a request is made before the registry counts as unreachable.
const ATTEMPTS: u32 = 5;
/// How long to wait before the second attempt; before each further one, twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// How many entries of a list are asked for at a time.
const PAGE: usize = 1000;
/// A list that is shorter is taken to be whole: no registry has so short pages.
const SHORT: usize = 100;

/// A running registry.
#[derive(Clone)]
pub struct Remote {
    client: RegistryClient,
    at_once: usize,
}

impl Remote {
    /// The registry at `url`, which is sent as many requests at once as `at_once` says.
    ///
    /// # Errors
    /// When that is no address of a registry.
    pub fn new(url: &str, at_once: usize) -> Result<Remote, Failure> {
        Ok(Remote { client: RegistryClient::new(url)?, at_once: at_once.max(1) })
    }

    /// Its URL without credentials.
    pub fn shown(&self) -> &str {
        self.client.shown()
    }

    /// Read all of it.
    ///
    /// # Errors
    /// When it cannot be reached, answers what no registry answers, or changes meanwhile.
    pub async fn holdings(&self, progress: Progress<'_>) -> Result<Holdings, Error> {
        let mut holdings = Holdings::default();
        let listed = self.pages(&["contexts"], &[]).await?;
        for name in texts(listed.as_deref().unwrap_or_default()) {
            let context = Context::new(&name);
            let context = context.ok_or_else(|| self.strange(&format!("the context `{name}`")))?;
            holdings.contexts.insert(context, 0);
        }
        let listed = self.pages(&["subjects"], &[("deleted", "true"), ("subjectPrefix", ":*:")]).await?;
        let listed = listed.ok_or_else(|| self.strange("no list of subjects"))?;
        let subjects: Vec<Subject> = texts(&listed).iter().map(|text| Subject::parse(text)).collect();
        self.read_versions(&subjects, &mut holdings, progress).await?;
        holdings.arrange();
        holdings.count_ids();
        self.read_highest_ids(&mut holdings).await?;
        self.read_scopes(subjects, &mut holdings, progress).await?;
        Ok(holdings)
    }

    async fn read_versions(
        &self,
        subjects: &[Subject],
        holdings: &mut Holdings,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let numbers =
            self.each(subjects.to_vec(), "subjects listed", progress, |remote, subject| async move {
                remote.numbers(&subject).await
            });
        let mut wanted = Vec::new();
        for (subject, versions) in subjects.iter().zip(numbers.await?) {
            if versions.is_empty() {
                // It is listed and seems to have none: an alias of something that has none hides its own.
                let behind = self.behind_alias(subject).await?;
                if behind.is_empty() {
                    return Err(self.without_versions(subject));
                }
                holdings.versions.extend(behind);
            }
            wanted.extend(versions.into_iter().map(|(version, deleted)| (subject.clone(), version, deleted)));
        }
        let read =
            self.each(wanted, "versions read", progress, |remote, (subject, version, deleted)| async move {
                remote.version(subject, version, deleted).await
            });
        let mut aliases = BTreeMap::new();
        for read in read.await? {
            match read {
                Read::Held(held) => holdings.versions.push(*held),
                Read::OfAnother { asked, answered } => drop(aliases.insert(asked, answered)),
            }
        }
        for (asked, answered) in aliases {
            let behind = self.behind_alias(&asked).await?;
            if behind.is_empty() {
                return Err(Error::Input(format!(
                    "`{asked}` is an alias of `{answered}` in {}, and the versions that it has itself cannot be read. Take the alias out of its configuration until this is done",
                    self.shown()
                )));
            }
            holdings.versions.extend(behind);
        }
        Ok(())
    }

    /// Nothing may get lost in silence: whoever lists a subject has versions of it.
    fn without_versions(&self, subject: &Subject) -> Error {
        Error::Unreachable(format!(
            "{} lists {} and shows no version of it: it is being changed, it may not be read by whom it is asked, \
             or it is an alias of what has no versions. Run it again; if that does not help, see to it that `GET \
             /subjects/SUBJECT/versions` tells them",
            self.shown(),
            spelt(subject)
        ))
    }

    /// The versions that an alias has itself. Only the list of all schemas shows them under its own name.
    async fn behind_alias(&self, subject: &Subject) -> Result<Vec<Held>, Error> {
        let prefix = subject.to_string();
        let query = [("subjectPrefix", prefix.as_str()), ("deleted", "true")];
        let all = self.pages(&["schemas"], &query).await?.unwrap_or_default();
        let live = self.pages(&["schemas"], &query[..1]).await?.unwrap_or_default();
        let own = |entry: &Value| {
            let named = Subject::parse(entry.get("subject").and_then(Value::as_str).unwrap_or_default());
            let version = entry.get("version").and_then(number).and_then(Version::new);
            version.filter(|_| named == *subject)
        };
        let live: HashSet<Version> = live.iter().filter_map(own).collect();
        let found = all.iter().filter_map(|entry| Some((entry, own(entry)?)));
        found
            .map(|(entry, version)| self.held(entry, subject.clone(), version, !live.contains(&version)))
            .collect()
    }

    /// The numbers of all versions of a subject, each with whether it is deleted.
    async fn numbers(&self, subject: &Subject) -> Result<Vec<(Version, bool)>, Error> {
        let path = ["subjects", &subject.to_string(), "versions"];
        let listed = |list: Option<Vec<Value>>| -> Result<Vec<Version>, Error> {
            let version = |value: &Value| number(value).and_then(Version::new);
            let versions = list.unwrap_or_default().iter().map(version).collect::<Option<Vec<Version>>>();
            versions.ok_or_else(|| self.strange(&format!("versions of `{subject}` that are no numbers")))
        };
        let all = listed(self.pages(&path, &[("deleted", "true")]).await?)?;
        let live: HashSet<Version> = listed(self.pages(&path, &[]).await?)?.into_iter().collect();
        Ok(all.into_iter().map(|version| (version, !live.contains(&version))).collect())
    }

    async fn version(&self, subject: Subject, version: Version, deleted: bool) -> Result<Read, Error> {
        let path = ["subjects", &subject.to_string(), "versions", &version.to_string()];
        let answer = self.get(&path, &[("deleted", "true")]).await?.ok_or_else(|| {
            Error::Unreachable(format!(
                "{} lists version {version} of `{subject}` and then does not have it: it is being changed",
                self.shown()
            ))
        })?;
        let answered = Subject::parse(answer.get("subject").and_then(Value::as_str).unwrap_or_default());
        if answered != subject {
            return Ok(Read::OfAnother { asked: subject, answered });
        }
        self.held(&answer, subject, version, deleted).map(|held| Read::Held(Box::new(held)))
    }

    /// A version, as an answer shows it.
    fn held(&self, answer: &Value, subject: Subject, version: Version, deleted: bool) -> Result<Held, Error> {
        let content = read_content(answer)
            .map_err(|sentence| self.strange(&format!("version {version} of `{subject}`, but {sentence}")))?;
        let id = answer.get("id").and_then(number).filter(|id| *id >= 0).map(SchemaId);
        let guid = answer.get("guid").and_then(Value::as_str).and_then(Guid::parse);
        Ok(Held {
            id: id.ok_or_else(|| self.strange(&format!("version {version} of `{subject}` without an id")))?,
            version,
            guid,
            content: Arc::new(content),
            deleted,
            created_at: answer.get("ts").and_then(Value::as_i64),
            subject,
        })
    }

    /// Ask what the highest id of each context is: the ids of purged schemas are not seen otherwise. Older
    /// registries do not tell.
    async fn read_highest_ids(&self, holdings: &mut Holdings) -> Result<(), Error> {
        let known: HashMap<Context, SchemaId> =
            holdings.versions.iter().map(|held| (held.subject.context().clone(), held.id)).collect();
        for (context, id) in known {
            let prefix = context.prefix();
            let query = [("subject", prefix.as_str()), ("fetchMaxId", "true")];
            let answer = self.get(&["schemas", "ids", &id.to_string()], &query).await?;
            let told = answer.as_ref().and_then(|answer| answer.get("maxId")).and_then(number).unwrap_or(0);
            let last = holdings.contexts.entry(context).or_insert(0);
            *last = (*last).max(told);
        }
        Ok(())
    }

    /// Read settings and modes of the top level, of all contexts and of all subjects.
    async fn read_scopes(
        &self,
        subjects: Vec<Subject>,
        holdings: &mut Holdings,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let empty = |context: &Context| Subject::new(context.clone(), "");
        let mut scopes: Vec<Subject> =
            holdings.contexts.keys().filter(|context| !context.is_default()).map(empty).collect();
        // The subject without a name of the default context has the settings of the top level.
        scopes.extend(subjects.into_iter().filter(|subject| *subject != empty(&Context::default_context())));
        scopes.retain(|scope| !scope.context().is_global());
        let read = self.each(scopes.clone(), "scopes read", progress, |remote, scope| async move {
            let place = scope.to_string();
            let settings = remote.settings(&["config", &place], "false").await?;
            Ok((settings, remote.mode(&["mode", &place], "false").await?))
        });
        for (scope, (settings, mode)) in scopes.into_iter().zip(read.await?) {
            holdings.settings.extend(settings.map(|settings| (scope.clone(), settings)));
            holdings.modes.extend(mode.map(|mode| (scope, mode)));
        }
        self.read_outer_scopes(holdings).await
    }

    /// The two outermost scopes answer with a default where nothing is recorded, so whether something is
    /// has to be concluded.
    async fn read_outer_scopes(&self, holdings: &mut Holdings) -> Result<(), Error> {
        let (global, top) =
            (Subject::new(Context::global(), ""), Subject::new(Context::default_context(), ""));
        let default = Settings { level: Some(Level::Backward), ..Settings::default() };
        let of_global = self.settings(&["config", ":.__GLOBAL:"], "false").await?;
        let of_global = of_global.filter(|settings| *settings != default);
        let of_top = self.settings(&["config"], "false").await?;
        let in_force = self.settings(&["config"], "true").await?;
        if let Some(of_top) = is_recorded(of_top, in_force, of_global.as_ref(), &default) {
            holdings.settings.insert(top.clone(), of_top);
        }
        holdings.settings.extend(of_global.map(|settings| (global.clone(), settings)));
        let of_global = self.mode(&["mode", ":.__GLOBAL:"], "false").await?;
        let of_global = of_global.filter(|mode| *mode != Mode::ReadWrite);
        let of_top = self.mode(&["mode"], "false").await?;
        let in_force = self.mode(&["mode"], "true").await?;
        if let Some(of_top) = is_recorded(of_top, in_force, of_global.as_ref(), &Mode::ReadWrite) {
            holdings.modes.insert(top, of_top);
        }
        holdings.modes.extend(of_global.map(|mode| (global, mode)));
        Ok(())
    }

    async fn settings(&self, path: &[&str], default_to_global: &str) -> Result<Option<Settings>, Error> {
        let answer = self.get(path, &[("defaultToGlobal", default_to_global)]).await?;
        let read = answer.as_ref().map(read_settings).transpose();
        read.map_err(|sentence| self.strange(&format!("a configuration, but {sentence}")))
    }

    async fn mode(&self, path: &[&str], default_to_global: &str) -> Result<Option<Mode>, Error> {
        let Some(answer) = self.get(path, &[("defaultToGlobal", default_to_global)]).await? else {
            return Ok(None);
        };
        let mode = answer.get("mode").and_then(Value::as_str).and_then(|name| name.parse().ok());
        mode.map(Some).ok_or_else(|| self.strange(&format!("the mode {answer}")))
    }

    /// Does an id lead to the very text that the versions with it have? Sentences about those that do not.
    ///
    /// # Errors
    /// When the registry cannot be reached.
    pub async fn check_ids(&self, holdings: &Holdings, progress: Progress<'_>) -> Result<Vec<String>, Error> {
        let mut first: BTreeMap<(&Context, SchemaId), &Held> = BTreeMap::new();
        for held in &holdings.versions {
            first.entry((held.subject.context(), held.id)).or_insert(held);
        }
        let held: Vec<Held> = first.into_values().cloned().collect();
        let checked = self.each(held, "ids asked for", progress, |remote, held| async move {
            let prefix = held.subject.context().prefix();
            let path = ["schemas", "ids", &held.id.to_string()];
            let answer = remote.get(&path, &[("subject", &prefix)]).await?;
            let is_same = answer.as_ref().and_then(|answer| read_content(answer).ok()).as_ref()
                == Some(held.content.as_ref());
            let sentence =
                || format!("{held}: its id {} leads to something else in {}", held.id, remote.shown());
            Ok((!is_same).then(sentence))
        });
        Ok(checked.await?.into_iter().flatten().collect())
    }

    /// All pages of a list; `None` when there is no such list.
    async fn pages(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Option<Vec<Value>>, Error> {
        let mut all: Vec<Value> = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let (offset, limit) = (all.len().to_string(), PAGE.to_string());
            let paging = [("offset", offset.as_str()), ("limit", limit.as_str())];
            let Some(answer) = self.get(path, &[query, &paging].concat()).await? else {
                return Ok(None);
            };
            let Value::Array(page) = answer else {
                return Err(self.strange(&format!("{answer}, which is no list")));
            };
            let length = page.len();
            let before = all.len();
            all.extend(page.into_iter().filter(|entry| seen.insert(entry.to_string())));
            // A registry that does not know of pages sends the same list again.
            if length < SHORT || all.len() == before {
                return Ok(Some(all));
            }
        }
    }

    /// Do `work` for every item, so many at a time; what came of it, in the order of the items.
    async fn each<T, R, F>(
        &self,
        items: Vec<T>,
        what: &'static str,
        progress: Progress<'_>,
        work: impl Fn(Remote, T) -> F,
    ) -> Result<Vec<R>, Error>
    where
        R: Send + 'static,
        F: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let total = items.len();
        let mut results: Vec<Option<R>> = Vec::new();
        results.resize_with(total, || None);
        let mut items = items.into_iter().enumerate();
        let mut running = JoinSet::new();
        let mut done = 0;
        loop {
            while running.len() < self.at_once
                && let Some((place, item)) = items.next()
            {
                let work = work(self.clone(), item);
                running.spawn(async move { (place, work.await) });
            }
            let Some(finished) = running.join_next().await else { break };
            let (place, result) = finished.map_err(|error| Error::Unreachable(error.to_string()))?;
            results[place] = Some(result?);
            done += 1;
            progress(what, done, total);
        }
        Ok(results.into_iter().map(|result| result.expect("all have ended")).collect())
    }

    /// GET and read a JSON answer; `None` for what is not there. What may pass is tried again.
    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Option<Value>, Error> {
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            match self.get_once(path, query).await {
                Err(Refusal::Passing(_)) if attempt < ATTEMPTS => {
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                Err(Refusal::Passing(error) | Refusal::Final(error)) => return Err(error),
                Ok(answer) => return Ok(answer),
            }
        }
        unreachable!("the last attempt has returned")
    }

    async fn get_once(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Option<Value>, Refusal> {
        let encoded = encoded(query);
        let (shown, request) = self.client.request(path, Some(&encoded));
        let unreachable = |error: reqwest::Error| {
            let reason = root_cause(&error);
            let sentence = format!("the registry {} cannot be reached: {reason}", self.shown());
            Refusal::Passing(Error::Unreachable(sentence))
        };
        let response = request.timeout(LONGEST_WAIT).send().await.map_err(unreachable)?;
        let status = response.status();
        let body = body_of(response, LONGEST_ANSWER).await.map_err(unreachable)?;
        let too_long =
            || Refusal::Final(self.strange(&format!("more than {LONGEST_ANSWER} bytes to GET {shown}")));
        let body = body.ok_or_else(too_long)?;
        if status.is_success() {
            return serde_json::from_slice(&body).map(Some).map_err(|error| {
                Refusal::Final(self.strange(&format!("what is no JSON to GET {shown}: {error}")))
            });
        }
        // An old registry does not have all routes, and some have no method for them.
        if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
            return Ok(None);
        }
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        let said = said.get("message").and_then(Value::as_str).unwrap_or_default();
        let said: String = said.chars().take(300).collect();
        let colon = if said.is_empty() { "" } else { ": " };
        let error =
            Error::Unreachable(format!("{} answered GET {shown} with {status}{colon}{said}", self.shown()));
        let passes = status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        Err(if passes { Refusal::Passing(error) } else { Refusal::Final(error) })
    }

    fn strange(&self, what: &str) -> Error {
        Error::Unreachable(format!("{} answers as no registry does: {what}", self.shown()))
    }
}

/// A version that was asked for.
enum Read {
    Held(Box<Held>),
    /// The subject is an alias.
    OfAnother {
        asked: Subject,
        answered: Subject,
    },
}

/// Why there is no answer.
enum Refusal {
    /// The next attempt may succeed.
    Passing(Error),
    Final(Error),
}

/// What the top level has recorded, given what it answers, what is in force for it, what the global scope
/// has recorded, and the default.
fn is_recorded<T: PartialEq>(
    of_top: Option<T>,
    in_force: Option<T>,
    of_global: Option<&T>,
    default: &T,
) -> Option<T> {
    let of_top = of_top?;
    let tells = of_top != *default || of_global.is_some_and(|of_global| *of_global != of_top);
    (tells && in_force.is_none_or(|in_force| in_force == of_top)).then_some(of_top)
}

fn encoded(query: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish()
}

fn texts(list: &[Value]) -> Vec<String> {
    list.iter().filter_map(|entry| entry.as_str().map(str::to_owned)).collect()
}
