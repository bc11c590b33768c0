//! Which subjects nobody declares, and which of those may go.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, MadeAt, PLAN_VERSION, Plan, Step, Stood};
use crate::failure::Failure;
use crate::gate::live::{Everything, Live};

/// What nobody declares.
#[derive(Debug, Default)]
pub(crate) struct Deletable {
    /// May go, in this order: who refers to others comes before them.
    pub(crate) subjects: Vec<(String, Vec<i32>)>,
    /// Has to stay, and why.
    pub(crate) kept: Vec<(String, String)>,
}

/// The subjects of a context that are not in `declared`. `why_kept` says of one, named without its context, why it
/// has to stay in any case.
pub(crate) async fn deletable(
    live: &Live,
    everything: &Everything,
    declared: &BTreeSet<String>,
    why_kept: &dyn Fn(&str) -> Option<String>,
) -> Result<Deletable, Failure> {
    let mut open: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for (subject, version) in everything.versions.keys() {
        if !declared.contains(subject) {
            open.entry(subject.clone()).or_default().push(*version);
        }
    }
    let mut found = Deletable::default();
    open.retain(|subject, _| {
        let name = live.unqualified(subject);
        let nameless = || name.is_empty().then(|| "has an empty name".to_owned());
        let why = why_kept(&name).or_else(nameless);
        let is_free = why.is_none();
        found.kept.extend(why.map(|why| (subject.clone(), why)));
        is_free
    });
    // Whoever deletes an alias deletes what it stands for.
    let subjects: Vec<String> = open.keys().cloned().collect();
    let configs = live.own_configs(subjects.iter().map(String::as_str)).await?;
    for (subject, config) in subjects.into_iter().zip(configs) {
        if let Some(target) = config.and_then(|config| config.alias) {
            open.remove(&subject);
            found.kept.push((subject, format!("is an alias of `{target}`")));
        }
    }
    if open.is_empty() {
        found.kept.sort();
        return Ok(found);
    }
    let mut referrers = everything.referrers(live);
    for (subject, others) in live.referrers_elsewhere().await? {
        referrers.entry(subject).or_default().extend(others);
    }
    // Again and again those that nobody refers to any more.
    loop {
        let is_free = |subject: &&String| referrers.get(*subject).is_none_or(BTreeSet::is_empty);
        let free: Vec<String> = open.keys().filter(is_free).cloned().collect();
        if free.is_empty() {
            break;
        }
        for subject in free {
            let versions = open.remove(&subject).expect("it was found there");
            for others in referrers.values_mut() {
                others.remove(&subject);
            }
            found.subjects.push((subject, versions));
        }
    }
    for subject in open.into_keys() {
        let others = referrers.get(&subject).into_iter().flatten();
        let others: Vec<&str> = others.map(String::as_str).collect();
        found.kept.push((subject, format!("is referred to by {}", others.join(", "))));
    }
    found.kept.sort();
    Ok(found)
}

/// A plan that deletes what may go, and does nothing else.
pub(crate) async fn deletions_only(
    live: &Live,
    sequence: Option<i64>,
    found: &Deletable,
) -> Result<Plan, Failure> {
    let state = match sequence {
        Some(sequence) => MadeAt::Sequence(sequence),
        None => {
            let mut stood = BTreeMap::new();
            for (subject, _) in &found.subjects {
                stood.insert(subject.clone(), Stood::from(&live.standing(subject).await?));
            }
            MadeAt::Subjects(stood)
        }
    };
    let step = |(subject, versions): &(String, Vec<i32>)| Step {
        subject: subject.clone(),
        action: Action::Delete { versions: versions.clone() },
    };
    let plan = Plan {
        format_version: PLAN_VERSION,
        registry: live.shown().to_owned(),
        context: live.context().to_owned(),
        identity: live.identity().await?,
        state,
        newest: None,
        concerns: found.subjects.iter().map(|(subject, _)| subject.clone()).collect(),
        steps: found.subjects.iter().map(step).collect(),
        drift: Vec::new(),
        digest: String::new(),
    };
    Ok(plan.sealed())
}
