//! Several servers on one database, and servers that end in the middle of things.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness;
use crate::server::Server;

fn avro(fields: &str) -> Value {
    json!({ "schema": format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#) })
}

async fn post(url: String, body: Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(url).header("Content-Type", "application/json");
    let response = request.body(body.to_string()).send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.expect("a body")).expect("JSON"))
}

async fn get(url: String) -> (u16, Value) {
    let response = reqwest::get(url).await.expect("an answer");
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.expect("a body")).expect("JSON"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_share_one_database() {
    for place in harness::places().await {
        let name = place.name;
        // All three start at once on an empty database: migrating must not collide.
        let starting = (0..3).map(|_| {
            let url = place.options.url.clone();
            tokio::task::spawn_blocking(move || Server::on(&url))
        });
        let mut servers = Vec::new();
        for server in starting.collect::<Vec<_>>() {
            servers.push(server.await.expect("started"));
        }
        let racers = (0..32).map(|index| {
            let url = format!("{}/subjects/rivals/versions", servers[index % 3].url);
            tokio::spawn(post(url, avro(&format!(r#"{{"name":"f{index}","type":"int"}}"#))))
        });
        let mut statuses = Vec::new();
        for racer in racers.collect::<Vec<_>>() {
            statuses.push(racer.await.expect("no panic").0);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![200], vec![409; 31]].concat(), "{name}: one of 32 rivals passes");

        let racers = (0..32).map(|index| {
            let url = format!("{}/subjects/s{index}/versions", servers[index % 3].url);
            tokio::spawn(post(url, avro(&format!(r#"{{"name":"g{}","type":"int"}}"#, index / 2))))
        });
        let mut ids = BTreeSet::new();
        for racer in racers.collect::<Vec<_>>() {
            let (status, body) = racer.await.expect("no panic");
            assert_eq!(status, 200, "{name}: {body}");
            ids.insert(body["id"].as_i64().expect("an id"));
        }
        assert_eq!(ids, (2..=17).collect(), "{name}: equal contents share ids, without gaps");
        for server in servers {
            assert_eq!(server.stop().code(), Some(0), "{name}: a signal ends it in good order");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_node_answered_the_others_know_within_moments() {
    for place in harness::places().await {
        // Nodes of one SQLite file are not followed; they would have to share a process.
        if place.name == "SQLite" {
            continue;
        }
        let (one, other) = (Server::on(&place.options.url), Server::on(&place.options.url));
        let (status, body) = post(format!("{}/subjects/s/versions", one.url), avro("")).await;
        assert_eq!((status, &body["id"]), (200, &json!(1)));
        // What a node has never answered before is read from the database: no delay at all.
        assert_eq!(get(format!("{}/schemas/ids/1", other.url)).await.0, 200);
        let latest = |server: &Server| format!("{}/subjects/s/versions/latest", server.url);
        assert_eq!(get(latest(&other)).await.1["version"], json!(1));

        let next = avro(r#"{"name":"a","type":"int","default":0}"#);
        assert_eq!(post(format!("{}/subjects/s/versions", one.url), next).await.0, 200);
        assert_eq!(get(latest(&one)).await.1["version"], json!(2), "own writes are seen at once");
        let deadline = Instant::now() + Duration::from_secs(10);
        while get(latest(&other)).await.1["version"] != json!(2) {
            assert!(Instant::now() < deadline, "the other node never learned of the new version");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_registration_is_never_answered_from_before_another_nodes_deletion() {
    for place in harness::places().await {
        let name = place.name;
        let (one, other) = (Server::on(&place.options.url), Server::on(&place.options.url));
        for round in 0..5 {
            let subject = |server: &Server| format!("{}/subjects/gone{round}", server.url);
            let register =
                async |server: &Server| post(format!("{}/versions", subject(server)), avro("")).await;
            assert_eq!(register(&one).await.0, 200, "{name}");
            // Twice, so that the other node has the answer at hand.
            assert_eq!(register(&other).await.0, 200, "{name}");
            assert_eq!(register(&other).await.0, 200, "{name}");
            for permanent in [false, true] {
                let url = format!("{}?permanent={permanent}", subject(&one));
                assert_eq!(reqwest::Client::new().delete(url).send().await.expect("an answer").status(), 200);
            }
            assert_eq!(register(&other).await.0, 200, "{name}");
            let versions = get(format!("{}/versions", subject(&one))).await;
            assert_eq!(versions, (200, json!([1])), "{name}: what was answered is stored");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_answered_survives_a_kill() {
    for place in harness::places().await {
        let name = place.name;
        let server = Server::on(&place.options.url);
        let url = server.url.clone();
        // Register without pause until the server dies under us; remember what was answered.
        let writer = tokio::spawn(async move {
            let client = reqwest::Client::new();
            let mut answered = Vec::new();
            for index in 0.. {
                let body = avro(&format!(r#"{{"name":"f{index}","type":"int"}}"#)).to_string();
                let request = client.post(format!("{url}/subjects/s{index}/versions"));
                match request.header("Content-Type", "application/json").body(body).send().await {
                    Ok(response) if response.status() == 200 => {
                        let Ok(text) = response.text().await else { break };
                        let body: Value = serde_json::from_str(&text).expect("JSON");
                        answered.push((index, body["id"].as_i64().expect("an id")));
                    }
                    Ok(other) => panic!("answered {}", other.status()),
                    Err(_) => break,
                }
            }
            answered
        });
        tokio::time::sleep(Duration::from_millis(1500)).await;
        server.kill();
        let answered = writer.await.expect("no panic");
        assert!(answered.len() > 5, "{name}: only {} registrations before the kill", answered.len());

        let server = Server::on(&place.options.url);
        for (index, id) in &answered {
            let (status, body) = get(format!("{}/subjects/s{index}/versions/1", server.url)).await;
            assert_eq!((status, body["id"].as_i64()), (200, Some(*id)), "{name}: {body}");
        }
        let next =
            post(format!("{}/subjects/next/versions", server.url), avro(r#"{"name":"n","type":"long"}"#));
        let id = next.await.1["id"].as_i64().expect("an id");
        let highest = answered.last().expect("some were answered").1;
        // One request may have been committed whose answer never arrived.
        assert!(id == highest + 1 || id == highest + 2, "{name}: {id} after {highest}");
    }
}
