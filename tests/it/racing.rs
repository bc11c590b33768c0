//! Many writers at once: what may never happen, whatever the interleaving.

use dovetail::model::{
    AssociationFilter, Context, Format, Level, Lifecycle, Mode, SchemaId, Scope, Subject, Version, VersionRef,
};
use dovetail::registry::{
    Associating, AssociationWish, Caller, Candidate, CandidateReference, Change, Defaults, Error, Intent,
    RegisterOptions, Registry, ResourceRequest, SettingsChange, VersionFilter,
};
use dovetail::store::Associated;

use crate::harness::{self, TestStore};

const WRITERS: i32 = 32;

fn caller(request: impl std::fmt::Display) -> Caller {
    Caller { actor: "racer".into(), request_id: request.to_string(), now: 1_700_000_000_000 }
}

fn record(fields: &str) -> Candidate {
    Candidate::of(Format::Avro, format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#))
}

async fn registries(test: &TestStore, count: usize) -> Vec<Registry> {
    let mut all = vec![Registry::new(test.store.clone(), Defaults::default())];
    while all.len() < count {
        all.push(Registry::new(test.open_again().await, Defaults::default()));
    }
    all
}

async fn register(registry: &Registry, subject: &Subject, candidate: Candidate) -> Result<i32, Error> {
    let registered = registry.register(subject, candidate, RegisterOptions::default(), &caller("r")).await?;
    assert!(registered.version.number() > 0);
    Ok(registered.id.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn equal_registrations_share_one_version_and_one_id() {
    for test in harness::stores().await {
        let nodes = registries(&test, 2).await;
        let subject = Subject::parse("equal");
        let racers = (0..WRITERS).map(|index| {
            let (registry, subject) = (nodes[index as usize % nodes.len()].clone(), subject.clone());
            tokio::spawn(async move { register(&registry, &subject, record("")).await })
        });
        let mut ids = Vec::new();
        for racer in racers.collect::<Vec<_>>() {
            ids.push(racer.await.expect("no panic").expect("registered"));
        }
        assert_eq!(ids, vec![1; WRITERS as usize], "{}", test.name);
        let versions = nodes[1].list_versions(&subject, VersionFilter::All).await.expect("listed");
        assert_eq!(versions, [(Version::FIRST, false)], "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn equal_registrations_that_ask_for_the_latest_share_one_version() {
    for test in harness::stores().await {
        let nodes = registries(&test, 2).await;
        let subject = Subject::parse("latest");
        let racers = (0..WRITERS).map(|index| {
            let (registry, subject) = (nodes[index as usize % nodes.len()].clone(), subject.clone());
            let candidate = Candidate { version: -1, ..record("") };
            tokio::spawn(async move { register(&registry, &subject, candidate).await })
        });
        for racer in racers.collect::<Vec<_>>() {
            assert_eq!(racer.await.expect("no panic").expect("registered"), 1, "{}", test.name);
        }
        let versions = nodes[1].list_versions(&subject, VersionFilter::All).await.expect("listed");
        assert_eq!(versions, [(Version::FIRST, false)], "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_incompatible_registrations_exactly_one_passes() {
    for test in harness::stores().await {
        let nodes = registries(&test, 2).await;
        let subject = Subject::parse("rivals");
        // Each adds a field of its own without a default: no two can follow each other.
        let racers = (0..WRITERS).map(|index| {
            let (registry, subject) = (nodes[index as usize % nodes.len()].clone(), subject.clone());
            let candidate = record(&format!(r#"{{"name":"f{index}","type":"int"}}"#));
            tokio::spawn(async move { register(&registry, &subject, candidate).await })
        });
        let (mut passed, mut refused) = (0, 0);
        for racer in racers.collect::<Vec<_>>() {
            match racer.await.expect("no panic") {
                Ok(_) => passed += 1,
                Err(Error::Incompatible(_)) => refused += 1,
                Err(other) => panic!("{}: {other}", test.name),
            }
        }
        assert_eq!((passed, refused), (1, WRITERS - 1), "{}", test.name);
        // A refusal leaves no gap.
        let next =
            register(&nodes[0], &Subject::parse("after"), record(r#"{"name":"x","type":"long"}"#)).await;
        assert_eq!(next.expect("registered"), 2, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ids_and_versions_have_no_gaps_and_no_twins() {
    for test in harness::stores().await {
        let nodes = registries(&test, 2).await;
        let level = SettingsChange { level: Change::Set(Level::None), ..SettingsChange::default() };
        nodes[0].change_settings(&Scope::top(), level, &caller("level")).await.expect("configured");
        // Eight subjects; each content is sent to two of them, so ids must be shared across subjects.
        let racers = (0..WRITERS * 4).map(|index| {
            let registry = nodes[index as usize % nodes.len()].clone();
            let subject = Subject::parse(&format!("s{}", index % 8));
            let candidate = record(&format!(r#"{{"name":"f{}","type":"int"}}"#, index / 2));
            tokio::spawn(async move { register(&registry, &subject, candidate).await })
        });
        let mut ids = Vec::new();
        for racer in racers.collect::<Vec<_>>() {
            ids.push(racer.await.expect("no panic").expect("registered"));
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids, (1..=WRITERS * 2).collect::<Vec<_>>(), "{}", test.name);
        assert_eq!(nodes[1].max_id(&Context::default_context()).await.expect("read"), WRITERS * 2);
        for subject in 0..8 {
            let subject = Subject::parse(&format!("s{subject}"));
            let versions = nodes[1].list_versions(&subject, VersionFilter::All).await.expect("listed");
            let numbers: Vec<i32> = versions.iter().map(|(version, _)| version.number()).collect();
            assert_eq!(numbers, (1..=WRITERS / 2).collect::<Vec<_>>(), "{} {subject}", test.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_referenced_version_cannot_be_deleted_by_a_racer() {
    for test in harness::stores().await {
        let nodes = registries(&test, 2).await;
        for round in 0..8 {
            let target = Subject::parse(&format!("target{round}"));
            let referrer = Subject::parse(&format!("referrer{round}"));
            let text = format!(r#"{{"type":"enum","name":"T{round}","symbols":["A"]}}"#);
            register(&nodes[0], &target, Candidate::of(Format::Avro, text)).await.expect("registered");
            let mut candidate = record(&format!(r#"{{"name":"t","type":"T{round}"}}"#));
            candidate.references = vec![dovetail::registry::CandidateReference {
                name: Some(format!("T{round}")),
                subject: Some(target.to_string()),
                version: Some(1),
            }];
            let (one, other) = (nodes[0].clone(), nodes[1].clone());
            let deletion = {
                let target = target.clone();
                tokio::spawn(async move { one.soft_delete_subject(&target, &caller("delete")).await })
            };
            let registration = tokio::spawn(async move { register(&other, &referrer, candidate).await });
            let deleted = deletion.await.expect("no panic");
            let registered = registration.await.expect("no panic");
            match (deleted, registered) {
                (Ok(_), Err(Error::InvalidSchema(_))) | (Err(Error::Referenced(..)), Ok(_)) => {}
                (deleted, registered) => {
                    panic!("{} round {round}: deleted {deleted:?}, registered {registered:?}", test.name)
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_id_never_changes_what_it_denotes() {
    for test in harness::stores().await {
        let registry = &registries(&test, 1).await[0];
        let subject = Subject::parse("phoenix");
        let first = register(registry, &subject, record("")).await.expect("registered");
        registry.soft_delete_subject(&subject, &caller("soft")).await.expect("deleted");
        registry.purge_subject(&subject, &caller("hard")).await.expect("purged");
        assert!(matches!(registry.schema_by_id(SchemaId(first), None).await, Err(Error::IdNotFound(_))));
        let again = register(registry, &subject, record("")).await.expect("registered");
        assert_eq!((first, again), (1, 2), "{}: an id that was purged is not given out again", test.name);
        let found = registry.find_version(&subject, VersionRef::Latest, false).await.expect("found");
        assert_eq!(found.version, Version::FIRST);
    }
}

fn wish(subject: &str, part: &str, lifecycle: Lifecycle) -> AssociationWish {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    AssociationWish {
        subject: text(subject),
        part: text(part),
        lifecycle: Some(lifecycle),
        ..AssociationWish::default()
    }
}

async fn associate(registry: &Registry, id: &str, wish: AssociationWish) -> Result<(), Error> {
    let text = |text: &str| Some(text.to_owned());
    let resource = ResourceRequest { name: text("t"), namespace: text("n"), id: text(id), kind: None };
    let how = Associating { context: Context::default_context(), dry_run: false };
    registry.associate(Intent::Create, resource, vec![wish], &how, &caller("associate")).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_strong_associations_of_a_subject_exactly_one_passes() {
    for test in harness::stores().await {
        let nodes = registries(&test, 2).await;
        register(&nodes[0], &Subject::parse(":.n:t-value"), record("")).await.expect("registered");
        // Resources of one name have the same subject by default; two of the racers are of one resource.
        let racers = (0..WRITERS).map(|index| {
            let registry = nodes[index as usize % nodes.len()].clone();
            let id = (index / 2).to_string();
            tokio::spawn(async move { associate(&registry, &id, wish("", "", Lifecycle::Strong)).await })
        });
        let (mut passed, mut refused) = (0, 0);
        for racer in racers.collect::<Vec<_>>() {
            match racer.await.expect("no panic") {
                Ok(()) => passed += 1,
                Err(Error::SubjectAssociated(_)) => refused += 1,
                Err(other) => panic!("{}: {other}", test.name),
            }
        }
        // The second of the same resource finds what it wants.
        assert_eq!((passed, refused), (2, WRITERS - 2), "{}", test.name);
        let any = AssociationFilter::default();
        let found =
            nodes[1].list_associations(Associated::called("-", "t"), &any, 0, 9).await.expect("listed");
        assert_eq!(found.len(), 1, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_subject_is_never_both_referred_to_and_strongly_associated() {
    for test in harness::stores().await {
        let nodes = registries(&test, 2).await;
        for round in 0..8 {
            let part = if round % 2 == 0 { "key" } else { "value" };
            let subject = Subject::parse(&format!(":.n:t-{part}"));
            let _known = register(&nodes[0], &subject, record("")).await.expect("registered");
            let reference = CandidateReference {
                name: Some("R".to_owned()),
                subject: Some(subject.to_string()),
                version: Some(-1),
            };
            let text = r#"{"type":"record","name":"Q","fields":[{"name":"r","type":"R"}]}"#;
            let referring = Candidate { references: vec![reference], ..Candidate::of(Format::Avro, text) };
            let home = Subject::parse(&format!("q{round}"));
            let id = format!("r{round}");
            let (registered, associated) = tokio::join!(
                register(&nodes[0], &home, referring),
                associate(&nodes[1], &id, wish("", part, Lifecycle::Strong)),
            );
            match (registered, associated) {
                (Ok(_), Err(Error::Referenced(..))) => {
                    nodes[0].soft_delete_subject(&home, &caller("soft")).await.expect("deleted");
                    nodes[0].purge_subject(&home, &caller("purge")).await.expect("purged");
                }
                (Err(Error::StronglyReferenced(_)), Ok(())) => {
                    let any = AssociationFilter::default();
                    nodes[0].dissociate(&id, Some(&any), true, false, &caller("end")).await.expect("ended");
                }
                (registered, associated) => {
                    panic!("{}: {registered:?} and {associated:?}", test.name);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_associations_of_a_resource_live_equally_long_whoever_comes_first() {
    for test in harness::stores().await {
        let nodes = registries(&test, 2).await;
        for name in [":.n:t-value", "shared"] {
            register(&nodes[0], &Subject::parse(name), record("")).await.expect("registered");
        }
        for round in 0..8 {
            let id = format!("r{round}");
            let (strong, weak) = tokio::join!(
                associate(&nodes[0], &id, wish("", "value", Lifecycle::Strong)),
                associate(&nodes[1], &id, wish("shared", "key", Lifecycle::Weak)),
            );
            let one_passed = matches!(
                (&strong, &weak),
                (Ok(()), Err(Error::InvalidAssociation(_))) | (Err(Error::InvalidAssociation(_)), Ok(()))
            );
            assert!(one_passed, "{}: {strong:?} and {weak:?}", test.name);
            let any = AssociationFilter::default();
            nodes[0].dissociate(&id, Some(&any), true, false, &caller("end")).await.expect("ended");
            if strong.is_ok() {
                register(&nodes[0], &Subject::parse(":.n:t-value"), record("")).await.expect("registered");
            }
        }
    }
}

/// Whoever is told that a schema was registered was told so before the context started to import, or
/// after: never both that it imports and that there is a live schema from before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_races_the_start_of_an_import() {
    for test in harness::stores().await {
        let nodes = registries(&test, 2).await;
        for round in 0..30 {
            let subject = Subject::parse(&format!(":.c{round}:s"));
            let scope = Scope::of_context(subject.context());
            let text = Candidate::of(Format::Avro, "\"string\"");
            let (caller_of_one, caller_of_other) = (caller("one"), caller("other"));
            let (registered, started) = tokio::join!(
                nodes[0].register(&subject, text, RegisterOptions::default(), &caller_of_one),
                nodes[1].change_mode(&scope, Some(Mode::Import), false, &caller_of_other),
            );
            assert!(
                matches!(
                    (&registered, &started),
                    (Ok(_), Err(Error::SubjectsStandInTheWay)) | (Err(Error::NotReadWrite { .. }), Ok(()))
                ),
                "{}: {registered:?} and {started:?}",
                test.name
            );
        }
    }
}
