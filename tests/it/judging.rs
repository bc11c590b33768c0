//! Who judges once a server has started, and what becomes of a refusal.

use dovetail::model::{Format, Judge, Scope, Subject};
use dovetail::registry::{
    Caller, Candidate, Change, Defaults, Error, JudgeChange, RegisterOptions, Registry, Settled,
};
use dovetail::store::Store;
use serde_json::{Value, json};

use crate::harness;
use crate::server::Server;
use crate::store::behind;

fn caller() -> Caller {
    Caller { actor: "ann".into(), request_id: "r".into(), now: 1_700_000_000_000 }
}

fn registry(store: &Store) -> Registry {
    Registry::new(store.clone(), Defaults::default())
}

async fn register(registry: &Registry, fields: &str) -> Result<i32, Error> {
    let text = format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#);
    let candidate = Candidate::of(Format::Avro, text);
    let subject = Subject::parse("s");
    let registered = registry.register(&subject, candidate, RegisterOptions::default(), &caller()).await?;
    Ok(registered.version.number())
}

async fn settle(registry: &Registry, asked_for: Option<Judge>) -> (Judge, bool) {
    let Settled { judge, was_recorded } = registry.settle_judge(asked_for, &caller()).await.expect("settled");
    let in_force = registry.judge_in_force(&Scope::of(&Subject::parse("s"))).await.expect("in force");
    assert_eq!(in_force.judging.judge, judge, "what was said is in force");
    (judge, was_recorded)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_store_gets_the_judge_of_the_flag_or_proof() {
    for (asked_for, expected) in [(None, Judge::Proof), (Some(Judge::Strictest), Judge::Strictest)] {
        for test in harness::stores().await {
            let registry = registry(&test.store);
            assert_eq!(settle(&registry, asked_for).await, (expected, false), "{}", test.name);
            let seen = test.store.seen();
            // From now on it is recorded, whatever the flag says and whatever is registered.
            register(&registry, "").await.expect("registered");
            for again in [None, Some(Judge::Reference)] {
                assert_eq!(settle(&registry, again).await, (expected, true), "{}", test.name);
            }
            assert_eq!(test.store.seen(), seen + 1, "{}: only the registration was written", test.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_served_before_keeps_its_verdicts() {
    for (asked_for, expected) in [(None, Judge::Reference), (Some(Judge::Proof), Judge::Proof)] {
        for test in harness::stores().await {
            let registry = registry(&test.store);
            register(&registry, "").await.expect("registered");
            assert_eq!(settle(&registry, asked_for).await, (expected, false), "{}", test.name);
            assert_eq!(settle(&registry, None).await, (expected, true), "{}", test.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cleared_stays_the_default_at_the_next_start() {
    let clear = JudgeChange { judge: Change::Clear, ..JudgeChange::default() };
    for test in harness::stores().await {
        let registry = registry(&test.store);
        register(&registry, "").await.expect("registered");
        let global = Scope::global();
        for delete in [false, true] {
            registry.change_judge(&global, clear.clone(), &caller()).await.expect("cleared");
            assert_eq!(settle(&registry, Some(Judge::Reference)).await.0, Judge::Reference);
            if delete {
                let former = registry.delete_judge(&global, &caller()).await.expect("deleted");
                assert_eq!(former.judge, Some(Judge::Reference), "{}", test.name);
            } else {
                registry.change_judge(&global, clear.clone(), &caller()).await.expect("cleared");
            }
            assert_eq!(settle(&registry, None).await, (Judge::Proof, true), "{}", test.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_at_once_settle_on_one_judge() {
    for test in harness::stores().await {
        let mut nodes = Vec::new();
        for node in 0..6 {
            let registry = registry(&test.open_again().await);
            let asked_for = if node % 2 == 0 { Judge::Reference } else { Judge::Strictest };
            let settling = async move { registry.settle_judge(Some(asked_for), &caller()).await };
            nodes.push(tokio::spawn(settling));
        }
        let mut settled = Vec::new();
        for node in nodes {
            settled.push(node.await.expect("no panic").expect("settled"));
        }
        assert_eq!(settled.iter().filter(|settled| !settled.was_recorded).count(), 1, "{}", test.name);
        assert!(settled.iter().all(|one| one.judge == settled[0].judge), "{}: {settled:?}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_cannot_be_written_costs_no_refusal() {
    for test in harness::stores().await {
        let registry = registry(&test.store);
        assert_eq!(register(&registry, "").await.expect("registered"), 1);
        let refused = async |name: &str| {
            let outcome = register(&registry, &format!(r#"{{"name":"{name}","type":"int"}}"#)).await;
            assert!(matches!(outcome, Err(Error::Incompatible(_))), "{}: {outcome:?}", test.name);
            registry.finish_journal().await;
        };
        refused("a").await;
        behind::run(&test, "ALTER TABLE refusals RENAME TO elsewhere").await;
        refused("b").await;
        assert!(registry.refusals(None, 0, 9).await.is_err(), "{}: there is no table", test.name);
        behind::run(&test, "ALTER TABLE elsewhere RENAME TO refusals").await;
        refused("c").await;
        let found = registry.refusals(None, 0, 9).await.expect("the journal");
        let shown: Vec<_> = found
            .iter()
            .map(|entry| (entry.seq, entry.reasons.len(), entry.reasons[0].message.contains("`c`")))
            .collect();
        assert_eq!(shown, [(2, 1, true), (1, 1, false)], "{}: {found:?}", test.name);
        assert_eq!(found[0].refusal.by, caller(), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_refusals_is_entered_in_order() {
    for test in harness::stores().await {
        let registry = registry(&test.store);
        register(&registry, "").await.expect("registered");
        for number in 0..150 {
            let field = format!(r#"{{"name":"f{number}","type":"int"}}"#);
            assert!(register(&registry, &field).await.is_err());
        }
        let found = registry.refusals(Some(&Subject::parse("s")), 0, 1000).await.expect("the journal");
        assert_eq!(found.len(), 150, "{}", test.name);
        for (entry, number) in found.iter().zip((0..150).rev()) {
            let message = &entry.reasons[0].message;
            assert!(message.contains(&format!("`f{number}`")), "{}: {message}", test.name);
        }
    }
}

async fn settings(server: &Server) -> Value {
    let response = reqwest::get(format!("{}/v1/settings", server.url)).await.expect("an answer");
    serde_json::from_str(&response.text().await.expect("a body")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_decides_and_later_ones_keep_it() {
    for place in harness::places().await {
        let start = |judge: &'static [&'static str]| {
            let url = place.options.url.clone();
            tokio::task::spawn_blocking(move || Server::with(&url, judge))
        };
        let reference = json!({"judge": "reference"});
        for (flags, warned) in
            [(&["--judge", "reference"][..], false), (&[], false), (&["--judge", "proof"], true)]
        {
            let server = start(flags).await.expect("started");
            assert_eq!(settings(&server).await, reference, "{}: {flags:?}", place.name);
            let told = server
                .started_with
                .iter()
                .any(|line| line.contains("WARN") && line.contains("/v1/settings") && line.contains("proof"));
            assert_eq!(told, warned, "{}: {:#?}", place.name, server.started_with);
            assert_eq!(server.stop().code(), Some(0), "{}", place.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_in_the_journal_after_a_stop() {
    for place in harness::places().await {
        let server = Server::on(&place.options.url);
        for (fields, status) in [("", 200), (r#"{"name":"a","type":"int"}"#, 409)] {
            let body = json!({"schema": format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)});
            let request = reqwest::Client::new().post(format!("{}/subjects/s/versions", server.url));
            let response = request.body(body.to_string()).send().await.expect("an answer");
            assert_eq!(response.status(), status, "{}", place.name);
        }
        assert_eq!(server.stop().code(), Some(0), "{}", place.name);
        let store = Store::open(&place.options).await.expect("opens");
        let found = store.read().await.unwrap().refusals(None, 0, 9).await.unwrap();
        assert_eq!(found.len(), 1, "{}", place.name);
    }
}

async fn put(server: &Server, path: &str, body: Value) {
    let request = reqwest::Client::new().put(format!("{}{path}", server.url)).body(body.to_string());
    assert_eq!(request.send().await.expect("an answer").status(), 200, "{path}");
}

async fn post(server: &Server, path: &str, fields: &str) -> u16 {
    let body = json!({
        "subject": "s", "schema": format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
    });
    let request = reqwest::Client::new().post(format!("{}{path}", server.url)).body(body.to_string());
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_are_counted_and_a_break_that_is_accepted_is_logged() {
    let server = Server::start();
    let (a, b) = (r#"{"name":"a","type":"int"}"#, r#"{"name":"b","type":"int"}"#);
    assert_eq!(post(&server, "/subjects/s/versions", "").await, 200);
    assert_eq!(post(&server, "/subjects/s/versions", a).await, 409);
    assert_eq!(post(&server, "/v1/check", a).await, 200);
    assert_eq!(post(&server, "/compatibility/subjects/s/versions/latest", a).await, 200);
    put(&server, "/v1/settings/s", json!({"rules": {"avro-field-without-default": "warn"}})).await;
    // A check is no acceptance.
    assert_eq!(post(&server, "/v1/check", b).await, 200);
    assert_eq!(post(&server, "/subjects/s/versions", b).await, 200);
    // What is known is not judged again.
    assert_eq!(post(&server, "/subjects/s/versions", b).await, 200);
    let response = reqwest::get(format!("{}/metrics", server.url)).await.expect("an answer");
    let metrics = response.text().await.expect("a body");
    for line in [
        r#"dovetail_verdicts_total{format="AVRO",judge="proof",outcome="incompatible"} 3"#,
        r#"dovetail_verdicts_total{format="AVRO",judge="proof",outcome="compatible"} 2"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("dovetail_verifier_disagreed_total{"), "{metrics}");
    let log = tokio::task::spawn_blocking(|| server.stop_and_tell()).await.expect("stopped");
    let told: Vec<_> = log.iter().filter(|line| line.contains("harms readers")).collect();
    assert_eq!(told.len(), 1, "{log:#?}");
    let told: Value = serde_json::from_str(told[0]).expect("JSON");
    assert_eq!(told["level"], "WARN");
    assert_eq!(
        (&told["subject"], &told["version"], &told["rules"], &told["judge"]),
        (&json!("s"), &json!(2), &json!("avro-field-without-default"), &json!("proof"))
    );
    assert!(log.iter().all(|line| !line.contains("fields")), "no schema is logged: {log:#?}");
}

/// As deep as a text may nest: the walks over a pair recurse, and the stack has to be large enough.
#[tokio::test(flavor = "multi_thread")]
async fn deep_schemas_are_judged_and_cost_nobody_the_server() {
    for test in harness::stores().await {
        let registry = registry(&test.store);
        settle(&registry, None).await;
        let nested = |leaf: &str| {
            let arrays = r#"{"type":"array","items":"#;
            Candidate::of(Format::Avro, format!("{}{leaf}{}", arrays.repeat(250), "}".repeat(250)))
        };
        let subject = Subject::parse("deep");
        for leaf in [r#""int""#, r#""long""#] {
            let registered =
                registry.register(&subject, nested(leaf), RegisterOptions::default(), &caller()).await;
            registered.unwrap_or_else(|error| panic!("{}: {leaf}: {error}", test.name));
        }
        let text = nested(r#""string""#);
        let refused = registry.register(&subject, text, RegisterOptions::default(), &caller()).await;
        assert!(matches!(refused, Err(Error::Incompatible(_))), "{}", test.name);
    }
}
