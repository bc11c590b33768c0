//! Comparing what is declared with what a registry holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::anyhow;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

use super::level::{When, when};
use super::{
    Action, Configuration, Drift, MadeAt, Newest, PLAN_VERSION, Plan, PlannedReference, Registration, Step,
    Stood, Wanted, deletable,
};
use crate::failure::{Failure, Outcome};
use crate::gate::judge::{self, Candidate, Compared, Finding, Past, Verdict};
use crate::gate::live::{AT_A_TIME, Body, InForce, Live, LookedUp, Standing};
use crate::gate::registered::{Inquiry, Registered, Told};
use crate::model::{Judging, Level, Policy, Subject};
use crate::remote::StoredReference;
use crate::schema::{Dependency, Place};

/// How often to begin again when others write meanwhile.
const TRIES: usize = 5;

/// What can be done where the manifest would let pass what the registry turns away.
pub(crate) const REGISTRY_REFUSES: &str = "the registry's own judge, packs or rules refuse it, whatever the manifest says: \
                                change them with `PUT /v1/settings`, or accept it with a waiver";

/// What a plan is made of.
pub(crate) struct Planning<'a> {
    /// The registry.
    pub(crate) live: &'a Live,
    /// What is declared, referenced subjects first.
    pub(crate) wanted: &'a [Wanted],
    /// Is all that is declared in `wanted`? Otherwise nothing is said of what is not.
    pub(crate) is_whole: bool,
    /// Delete what is not declared.
    pub(crate) delete: bool,
    /// Why a subject that is not declared, named without its context, is never deleted.
    pub(crate) why_kept: &'a dyn Fn(&str) -> Option<String>,
    /// Was the finding accepted?
    pub(crate) is_waived: &'a dyn Fn(&Wanted, &Finding) -> bool,
    /// Is told how many more subjects were asked about.
    pub(crate) progress: &'a dyn Fn(u64),
}

/// A plan, or what stands against it.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// Declared subjects that need nothing.
    pub(crate) unchanged: Vec<Unchanged>,
    /// Declared subjects that may not be registered.
    pub(crate) refused: Vec<Judged>,
    /// What is not known here and the registry decides.
    pub(crate) notes: Vec<String>,
}

/// A declared subject that is registered as it is declared.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Unchanged {
    pub(crate) subject: String,
    pub(crate) version: i32,
    pub(crate) id: i32,
}

/// A declared subject that may not be registered, and why.
pub(crate) struct Judged {
    pub(crate) subject: String,
    pub(crate) path: String,
    pub(crate) level: Level,
    pub(crate) why: Against,
}

/// What stands against a registration.
pub(crate) enum Against {
    /// It is incompatible.
    Findings(Vec<Finding>),
    /// It is no schema.
    Invalid { place: Option<Place>, message: String },
    /// What is declared cannot be done.
    Impossible { message: String, hint: String },
}

impl Planning<'_> {
    /// Compare, and decide what has to be done.
    ///
    /// # Errors
    /// When the registry cannot be read, or does not stand still for a moment.
    pub(crate) async fn plan(&self) -> Result<Planned, Failure> {
        for _ in 0..TRIES {
            let before = self.live.sequence().await?;
            let planned = self.plan_at(before).await?;
            let Some(before) = before else { return Ok(planned) };
            // What others wrote meanwhile may have been read or not.
            let (at_first, moved) = self.live.changes_from(before).await?;
            let context = self.live.context();
            if !moved.changes.iter().any(|change| change.concerns(&planned.plan.concerns, context)) {
                let newest = moved.changes.last().or(at_first.as_ref()).map(Newest::from);
                let state = MadeAt::Sequence(moved.sequence);
                let plan = Plan { state, newest, ..planned.plan }.sealed();
                return Ok(Planned { plan, ..planned });
            }
        }
        let shown = self.live.shown();
        Err(Failure::unable(anyhow!("{shown} changed {TRIES} times while it was being read"))
            .with_hint("Try again when the others are done."))
    }

    async fn plan_at(&self, sequence: Option<i64>) -> Result<Planned, Failure> {
        let mut making = Making {
            planning: self,
            registered: Registered::new(self.live.client().into()),
            standings: HashMap::new(),
            in_force: HashMap::new(),
            inherited: None,
            versions: HashMap::new(),
            elsewhere: HashMap::new(),
            steps: Vec::new(),
            drift: Vec::new(),
            unchanged: Vec::new(),
            refused: Vec::new(),
            notes: Vec::new(),
        };
        making.gather().await?;
        for wave in waves(self.wanted) {
            making.wave(&wave).await?;
        }
        if self.is_whole {
            making.undeclared().await?;
        }
        making.finish(sequence).await
    }
}

/// A plan that is being made.
struct Making<'a> {
    planning: &'a Planning<'a>,
    registered: Registered,
    /// What stands in the registry of the subjects that were looked at.
    standings: HashMap<String, Standing>,
    /// What is in force for the declared subjects.
    in_force: HashMap<String, InForce>,
    /// The level of subjects that have recorded nothing, once it was asked for.
    inherited: Option<String>,
    /// The version that holds the declared schema; `None` for one that the plan registers.
    versions: HashMap<String, Option<i32>>,
    /// The texts that a declared subject refers to, directly or not, and that only the registry has.
    elsewhere: HashMap<String, Vec<Dependency>>,
    steps: Vec<Step>,
    drift: Vec<Drift>,
    unchanged: Vec<Unchanged>,
    refused: Vec<Judged>,
    notes: Vec<String>,
}

/// What is thought of a schema that is not registered yet.
enum Opinion {
    /// It may be registered, and why.
    Fine(String),
    /// It breaks so often, and that was accepted.
    Accepted(usize),
    Refused(Against),
}

impl Making<'_> {
    async fn standing(&mut self, subject: &str) -> Result<Standing, Failure> {
        if let Some(standing) = self.standings.get(subject) {
            return Ok(standing.clone());
        }
        let standing = self.planning.live.standing(subject).await?;
        self.standings.insert(subject.to_owned(), standing.clone());
        Ok(standing)
    }

    /// Ask what stands in the registry of every declared subject, several at a time.
    async fn gather(&mut self) -> Result<(), Failure> {
        let live = self.planning.live;
        let ask = async |subject: &str| -> Result<(String, Standing, InForce), Failure> {
            let standing = live.standing(subject).await?;
            Ok((subject.to_owned(), standing, live.in_force(subject).await?))
        };
        let mut answers =
            stream::iter(self.planning.wanted).map(|wanted| ask(&wanted.subject)).buffer_unordered(AT_A_TIME);
        while let Some((subject, standing, in_force)) = answers.try_next().await? {
            self.standings.insert(subject.clone(), standing);
            self.in_force.insert(subject, in_force);
            (self.planning.progress)(1);
        }
        Ok(())
    }

    /// Subjects that refer to earlier waves only: which of them are registered is asked of several at a
    /// time.
    async fn wave(&mut self, wave: &[&Wanted]) -> Result<(), Failure> {
        let mut resolved = Vec::new();
        for wanted in wave {
            let references = match self.alias_of(wanted) {
                Some(target) => Err(is_alias(wanted, target)),
                None => self.references(wanted).await?,
            };
            match references {
                Ok(references) => resolved.push((*wanted, references)),
                Err(why) => {
                    self.refuse(wanted, why);
                    self.versions.insert(wanted.subject.clone(), None);
                }
            }
        }
        let live = self.planning.live;
        let found: Vec<Result<Option<LookedUp>, Failure>> = stream::iter(&resolved)
            .map(|(wanted, references)| look_up(live, wanted, references))
            .buffered(AT_A_TIME)
            .collect()
            .await;
        for ((wanted, references), found) in resolved.into_iter().zip(found) {
            match found {
                // That one is refused, and the others are planned.
                Err(failure) if failure.outcome == Outcome::BadRequest => {
                    let message = format!("{:#}", failure.error);
                    let hint = failure.hint.unwrap_or_default().to_string();
                    self.refuse(wanted, Against::Impossible { message, hint });
                    self.versions.insert(wanted.subject.clone(), None);
                }
                found => self.declared(wanted, references, found?).await?,
            }
        }
        Ok(())
    }

    /// Whatever is to be done for a declared subject.
    async fn declared(
        &mut self,
        wanted: &Wanted,
        references: Vec<PlannedReference>,
        found: Option<LookedUp>,
    ) -> Result<(), Failure> {
        let standing = self.standing(&wanted.subject).await?;
        let elsewhere = self.read_elsewhere(wanted, &references).await?;
        self.elsewhere.insert(wanted.subject.clone(), elsewhere);
        self.versions.insert(wanted.subject.clone(), found.as_ref().map(|found| found.version));
        let in_force = self.in_force[&wanted.subject].level;
        let change = configuration(wanted, &standing, in_force);
        if let Some(found) = found {
            self.found(wanted, &standing, &found).await?;
            self.configure(wanted, change);
            return Ok(());
        }
        self.note_what_is_not_known(wanted);
        self.register(wanted, &standing, references, in_force, change).await
    }

    /// The subject that a declared one stands for.
    fn alias_of(&self, wanted: &Wanted) -> Option<String> {
        self.standings.get(&wanted.subject)?.config.as_ref()?.alias.clone()
    }

    /// What the registry holds against a schema beside its level.
    fn note_what_is_not_known(&mut self, wanted: &Wanted) {
        let (subject, in_force) = (&wanted.subject, &self.in_force[&wanted.subject]);
        if let Some(group) = &in_force.group {
            self.notes.push(format!(
                "`{subject}` has the compatibility group `{group}`: the registry compares only versions that share it, \
                 and decides otherwise than is said here where they do not"
            ));
        }
        if in_force.reserves_fields {
            self.notes.push(format!(
                "`{subject}` has validateFields: the registry also refuses fields that its metadata reserves, \
                 which is not looked at here"
            ));
        }
    }

    /// The texts that the references lead to and that no file declares.
    async fn read_elsewhere(
        &mut self,
        wanted: &Wanted,
        references: &[PlannedReference],
    ) -> Result<Vec<Dependency>, Failure> {
        let (mut below, mut undeclared) = (Vec::new(), Vec::new());
        for reference in references {
            match (self.elsewhere.get(&reference.subject), reference.version) {
                (Some(known), _) => below.extend(known.iter().cloned()),
                (None, Some(version)) => {
                    let target = Subject::parse(&reference.subject);
                    let subject = format!(":{}:{}", target.context(), target.name());
                    undeclared.push(StoredReference { name: reference.name.clone(), subject, version });
                }
                // It is declared, and refused.
                (None, None) => {}
            }
        }
        let mut found = match undeclared.is_empty() {
            true => Vec::new(),
            false => self.registered.closure(&Subject::parse(&wanted.subject), &undeclared).await?,
        };
        for dependency in below {
            if found.iter().all(|known| known.name != dependency.name) {
                found.push(dependency);
            }
        }
        Ok(found)
    }

    /// The references with their versions, or what stands against them.
    async fn references(
        &mut self,
        wanted: &Wanted,
    ) -> Result<Result<Vec<PlannedReference>, Against>, Failure> {
        let mut references = Vec::new();
        for reference in &wanted.references {
            let (name, subject) = (&reference.name, &reference.subject);
            let version = match (reference.version, self.versions.get(subject)) {
                (Some(version), declared) => {
                    let is_yet_to_come = declared == Some(&None);
                    let standing = self.standing(subject).await?;
                    let is_there = standing.versions.contains(&version);
                    let will_be = is_yet_to_come && standing.highest.checked_add(1) == Some(version);
                    if !is_there && !will_be {
                        let message = format!(
                            "`{name}` stands for version {version} of `{subject}`, which is not registered"
                        );
                        let hint = "Without the version it is what is declared, or the latest.".to_owned();
                        return Ok(Err(Against::Impossible { message, hint }));
                    }
                    is_there.then_some(version)
                }
                (None, Some(declared)) => *declared,
                (None, None) => {
                    let latest = self.standing(subject).await?.versions.last().copied();
                    if latest.is_none() {
                        let message = format!(
                            "`{name}` stands for `{subject}`, which is neither declared nor registered"
                        );
                        let hint = "Declare it in the manifest, or register it first.".to_owned();
                        return Ok(Err(Against::Impossible { message, hint }));
                    }
                    latest
                }
            };
            references.push(PlannedReference { name: name.clone(), subject: subject.clone(), version });
        }
        Ok(Ok(references))
    }

    async fn found(&mut self, wanted: &Wanted, standing: &Standing, found: &LookedUp) -> Result<(), Failure> {
        let subject = &wanted.subject;
        let (version, id) = (found.version, found.id);
        self.unchanged.push(Unchanged { subject: subject.clone(), version, id });
        if let Some(latest) = standing.versions.last().filter(|latest| **latest != version) {
            let says = format!("is declared as version {version}, and the latest is {latest}");
            self.drifts(subject, "earlier_version", says);
        }
        let own = standing.config.as_ref().and_then(|config| config.level.clone());
        if let (None, Some(level)) = (wanted.level, own)
            // What holds without it, too, is there because something else was recorded.
            && level != self.inherited().await?
        {
            self.drifts(subject, "level", format!("has the level {level}, which is not declared"));
        }
        Ok(())
    }

    /// The level of subjects that have recorded nothing.
    async fn inherited(&mut self) -> Result<String, Failure> {
        if self.inherited.is_none() {
            self.inherited = Some(self.planning.live.level().await?);
        }
        Ok(self.inherited.clone().unwrap_or_default())
    }

    fn drifts(&mut self, subject: &str, kind: &str, says: String) {
        self.drift.push(Drift { subject: subject.to_owned(), kind: kind.to_owned(), says });
    }

    /// A gate that stands open is to be closed all the same, whatever may not pass it.
    fn refuse(&mut self, wanted: &Wanted, why: Against) {
        let in_force = self.in_force[&wanted.subject].level;
        let level = wanted.level.unwrap_or(in_force);
        let (subject, path) = (wanted.subject.clone(), wanted.path.clone());
        self.refused.push(Judged { subject, path, level, why });
        let closing = Configuration::of_level(level, in_force);
        self.configure(
            wanted,
            Some(closing).filter(Configuration::closes).filter(|_| self.alias_of(wanted).is_none()),
        );
    }

    fn configure(&mut self, wanted: &Wanted, change: Option<Configuration>) {
        let step = |change| Step { subject: wanted.subject.clone(), action: Action::Configure(change) };
        self.steps.extend(change.map(step));
    }

    /// Judge the schema under the level that is to hold, and plan its registration.
    async fn register(
        &mut self,
        wanted: &Wanted,
        standing: &Standing,
        references: Vec<PlannedReference>,
        in_force: Level,
        change: Option<Configuration>,
    ) -> Result<(), Failure> {
        let level = wanted.level.unwrap_or(in_force);
        let (verdict, is_detour) = match self.judge(wanted, standing, level).await? {
            Opinion::Fine(verdict) => (verdict, false),
            Opinion::Accepted(count) => {
                let noun = if count == 1 { "break" } else { "breaks" };
                (format!("{count} accepted {noun} under {level}"), true)
            }
            Opinion::Refused(why) => {
                self.refuse(wanted, why);
                return Ok(());
            }
        };
        let Some(version) = standing.highest.checked_add(1) else {
            self.refuse(wanted, is_full(wanted, standing.highest));
            return Ok(());
        };
        let (before, after) = match when(in_force, level) {
            _ if is_detour => match detour(wanted, in_force, change) {
                Ok(around) => around,
                Err(why) => {
                    self.refuse(wanted, why);
                    return Ok(());
                }
            },
            When::Before => (change, None),
            // The schema is judged under the declared policy, so that comes first in any case.
            When::After => {
                let kept = standing.config.is_none().then_some(in_force);
                change.map_or((None, None), |change| change.policy_and_level(kept))
            }
        };
        self.configure(wanted, before);
        let registration = Registration {
            path: wanted.path.clone(),
            format: wanted.format,
            version,
            verdict,
            references,
            metadata: wanted.metadata.clone(),
            normalize: wanted.normalize,
            schema: wanted.text.clone(),
        };
        let action = Action::Register(Box::new(registration));
        self.steps.push(Step { subject: wanted.subject.clone(), action });
        self.configure(wanted, after);
        Ok(())
    }

    /// What the registry will say, and what the manifest lets pass.
    async fn judge(
        &mut self,
        wanted: &Wanted,
        standing: &Standing,
        level: Level,
    ) -> Result<Opinion, Failure> {
        let (subject, format) = (wanted.subject.clone(), wanted.format);
        let inquiry = Inquiry { subject, format, level: Some(level) };
        let told = match standing.highest {
            // Nothing to ask about: it only has to be a schema.
            0 => Told { level, judging: Judging::default(), compared: Vec::new(), numbered: Vec::new() },
            _ => self.registered.ask(&inquiry).await?,
        };
        let recorded = told.judging;
        let declared = (wanted.judging)(recorded.clone());
        // Files come first where both have a text: they are what is declared.
        let is_new = |found: &&Dependency| wanted.dependencies.iter().all(|known| known.name != found.name);
        let elsewhere = self.elsewhere.get(&wanted.subject).into_iter().flatten();
        let mut dependencies: Vec<Dependency> = elsewhere.filter(is_new).cloned().collect();
        dependencies.extend(wanted.dependencies.iter().cloned());
        let past = Past { compared: &told.compared, numbered: &told.numbered };
        let under = |judging: &Judging| {
            let candidate = Candidate {
                // As the check calls it, so that a finding has one name.
                subject: &wanted.declared_as,
                format: wanted.format,
                text: &wanted.text,
                dependencies: dependencies.clone(),
                is_lacking: false,
                level,
                judging,
            };
            judge::judge(&candidate, past)
        };
        let compared = match opinion_of(under(&declared), level) {
            Ok(compared) => compared,
            Err(opinion) => return Ok(opinion),
        };
        let refusals = compared.findings.into_iter().filter(Finding::is_refusal);
        let (waived, open): (Vec<_>, Vec<_>) =
            refusals.partition(|finding| (self.planning.is_waived)(wanted, finding));
        if !open.is_empty() {
            return Ok(Opinion::Refused(Against::Findings(open)));
        }
        let mut accepted = waived.len();
        // What the manifest's judge, packs and rules allow the registry may still turn away. That is the
        // registry's to say: only a waiver lets it pass.
        let mut deciding = recorded;
        // The plan records the declared policy before it registers.
        deciding.assumptions.policy = wanted.policy.unwrap_or(deciding.assumptions.policy);
        if declared != deciding
            && let Verdict::Compared(compared) = under(&deciding)
        {
            let refusals = compared.findings.into_iter().filter(Finding::is_refusal);
            let (waived, mut open): (Vec<_>, Vec<_>) =
                refusals.partition(|finding| (self.planning.is_waived)(wanted, finding));
            if !open.is_empty() {
                for finding in &mut open {
                    finding.found.hint = Some(REGISTRY_REFUSES.to_owned());
                }
                return Ok(Opinion::Refused(Against::Findings(open)));
            }
            accepted = accepted.max(waived.len());
        }
        Ok(match accepted {
            0 => Opinion::Fine(format!("compatible under {level}")),
            count => Opinion::Accepted(count),
        })
    }

    /// What the registry holds beside what is declared.
    async fn undeclared(&mut self) -> Result<(), Failure> {
        let planning = self.planning;
        let declared: BTreeSet<String> =
            planning.wanted.iter().map(|wanted| wanted.subject.clone()).collect();
        if !planning.delete {
            for subject in planning.live.subjects().await? {
                if !declared.contains(&subject) {
                    let says = "is in the registry, and not declared here".to_owned();
                    self.drifts(&subject, "undeclared", says);
                }
            }
            return Ok(());
        }
        if declared.is_empty() {
            let error = anyhow!("no subject is declared here, so every one would be deleted");
            return Err(Failure::bad_request(error)
                .with_hint("Is this the right folder? The manifest's globs match no file."));
        }
        let everything = planning.live.everything(&|_| ()).await?;
        // What is declared needs what it refers to.
        let needed = planning.wanted.iter().flat_map(|wanted| &wanted.references);
        let staying = declared.into_iter().chain(needed.map(|reference| reference.subject.clone())).collect();
        let found = deletable(planning.live, &everything, &staying, planning.why_kept).await?;
        for (subject, versions) in found.subjects {
            self.standings.entry(subject.clone()).or_default();
            self.steps.push(Step { subject, action: Action::Delete { versions } });
        }
        for (subject, why) in found.kept {
            self.drifts(&subject, "kept", format!("is not declared here, and {why}"));
        }
        Ok(())
    }

    async fn finish(self, sequence: Option<i64>) -> Result<Planned, Failure> {
        let live = self.planning.live;
        let concerns: BTreeSet<String> = self.standings.keys().cloned().collect();
        let state = match sequence {
            Some(sequence) => MadeAt::Sequence(sequence),
            None => {
                let mut stood = BTreeMap::new();
                for subject in &concerns {
                    stood.insert(subject.clone(), Stood::from(&live.standing(subject).await?));
                }
                MadeAt::Subjects(stood)
            }
        };
        let plan = Plan {
            format_version: PLAN_VERSION,
            registry: live.shown().to_owned(),
            context: live.context().to_owned(),
            identity: live.identity().await?,
            state,
            newest: None,
            concerns: concerns.into_iter().collect(),
            steps: self.steps,
            drift: self.drift,
            digest: String::new(),
        };
        Ok(Planned {
            plan: plan.sealed(),
            unchanged: self.unchanged,
            refused: self.refused,
            notes: self.notes,
        })
    }
}

/// What is done to an alias is done to another subject.
fn is_alias(wanted: &Wanted, target: String) -> Against {
    let subject = &wanted.subject;
    let message =
        format!("`{subject}` is an alias of `{target}`: what is registered there becomes a version of that");
    let hint = format!(
        "Declare `{target}` instead, or take the alias away first: PUT /config/{subject} with {{\"alias\": \"\"}}."
    );
    Against::Impossible { message, hint }
}

/// No number is left for a further version.
fn is_full(wanted: &Wanted, highest: i32) -> Against {
    let message = format!("`{}` has version {highest}, and no number comes after it", wanted.subject);
    let hint = "Declare it under another subject, or delete that version for good.".to_owned();
    Against::Impossible { message, hint }
}

/// Subjects in groups, each of which refers to earlier groups only.
fn waves(wanted: &[Wanted]) -> Vec<Vec<&Wanted>> {
    let mut depths: HashMap<&str, usize> = HashMap::new();
    let mut waves: Vec<Vec<&Wanted>> = Vec::new();
    for one in wanted {
        let below = one.references.iter().filter_map(|reference| depths.get(reference.subject.as_str()));
        let depth = below.max().map_or(0, |deepest| deepest + 1);
        depths.insert(&one.subject, depth);
        if waves.len() <= depth {
            waves.resize_with(depth + 1, Vec::new);
        }
        waves[depth].push(one);
    }
    waves
}

/// The live version that holds the declared schema. None does while it refers to something that is yet to
/// be registered.
async fn look_up(
    live: &Live,
    wanted: &Wanted,
    references: &[PlannedReference],
) -> Result<Option<LookedUp>, Failure> {
    let known = references
        .iter()
        .map(|reference| Some((reference.name.as_str(), reference.subject.as_str(), reference.version?)));
    let Some(references) = known.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let body = Body {
        format: wanted.format,
        text: &wanted.text,
        references,
        metadata: wanted.metadata.as_ref(),
        normalize: wanted.normalize,
    };
    live.look_up(&wanted.subject, &body).await
}

/// What a verdict without a comparison comes to, or the comparison.
fn opinion_of(verdict: Verdict, level: Level) -> Result<Compared, Opinion> {
    Err(match verdict {
        Verdict::Compared(compared) => return Ok(compared),
        Verdict::New => Opinion::Fine("the first version".to_owned()),
        Verdict::Unchanged => Opinion::Fine("the same schema, with other references or metadata".to_owned()),
        Verdict::NotCompared => Opinion::Fine(format!("not compared under {level}")),
        Verdict::Invalid { place, message } => Opinion::Refused(Against::Invalid { place, message }),
        Verdict::Unchecked(message) => {
            let hint = "The manifest may say `level: NONE` for it.".to_owned();
            Opinion::Refused(Against::Impossible { message, hint })
        }
    })
}

/// What to record before and after an accepted break: the level steps aside for the one registration.
/// Where it goes back to must be declared, for whoever goes on after an interruption learns it from
/// nowhere else.
fn detour(
    wanted: &Wanted,
    in_force: Level,
    change: Option<Configuration>,
) -> Result<(Option<Configuration>, Option<Configuration>), Against> {
    let Some(level) = wanted.level else {
        let message = format!(
            "the accepted break needs the level NONE for a moment, and no level is declared that it goes back to (it is {in_force} now)"
        );
        let hint = format!("Add `level: {in_force}` to its entry in the manifest.");
        return Err(Against::Impossible { message, hint });
    };
    let why = "for the accepted break".to_owned();
    let aside = (in_force != Level::None)
        .then(|| Configuration { why: Some(why), ..Configuration::of_level(Level::None, in_force) });
    let policy = change.unwrap_or_default();
    let back = Configuration {
        policy: policy.policy,
        policy_before: policy.policy_before,
        ..Configuration::of_level(level, Level::None)
    };
    Ok((aside, Some(back)))
}

/// What has to be recorded for a subject. What holds anyway need not be.
fn configuration(wanted: &Wanted, standing: &Standing, in_force: Level) -> Option<Configuration> {
    let recorded = standing.config.as_ref().and_then(|config| config.policy.clone());
    let holds = |policy: &Policy| match &recorded {
        Some(recorded) => recorded.eq_ignore_ascii_case(policy.as_str()),
        None => *policy == Policy::default(),
    };
    let level = wanted.level.filter(|level| *level != in_force);
    let change = level.map(|level| Configuration::of_level(level, in_force));
    let Some(policy) = wanted.policy.filter(|policy| !holds(policy)) else { return change };
    // A subject that records something inherits no level any more: the first record has to keep it.
    let kept = || match standing.config {
        None => Configuration::of_level(in_force, in_force),
        Some(_) => Configuration::default(),
    };
    Some(change.unwrap_or_else(kept).with_policy(policy, recorded))
}
