//! The direction of imports: a floor may use the floors before it and never one after it.

use std::fs;
use std::path::{Path, PathBuf};

/// Floor → what its sources may not name: floors above it, and what it has no business with.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "model",
        &[
            "std::fs",
            "std::net",
            "std::process",
            "Instant",
            "SystemTime",
            "async fn",
            "crate::schema",
            "crate::compat",
            "crate::store",
            "crate::registry",
            "crate::export",
            "crate::transfer",
            "crate::published",
            "crate::api",
            "crate::cli",
            "sqlx",
            "axum",
            "tokio",
        ],
    ),
    (
        "schema",
        &[
            "std::fs",
            "std::net",
            "std::process",
            "Instant",
            "SystemTime",
            "async fn",
            "crate::compat",
            "crate::store",
            "crate::registry",
            "crate::export",
            "crate::transfer",
            "crate::published",
            "crate::api",
            "crate::cli",
            "sqlx",
            "axum",
            "tokio",
        ],
    ),
    (
        "compat",
        &[
            "std::fs",
            "std::net",
            "std::process",
            "crate::store",
            "crate::registry",
            "crate::export",
            "crate::transfer",
            "crate::published",
            "crate::api",
            "crate::cli",
            "sqlx",
            "axum",
            "tokio",
            "async fn",
            "Instant",
            "SystemTime",
        ],
    ),
    (
        "diff",
        &[
            "std::fs",
            "std::net",
            "std::process",
            "crate::lint",
            "crate::store",
            "crate::registry",
            "crate::export",
            "crate::published",
            "crate::gate",
            "crate::api",
            "crate::cli",
            "sqlx",
            "axum",
            "tokio",
            "async fn",
            "Instant",
            "SystemTime",
        ],
    ),
    (
        "lint",
        &[
            "std::fs",
            "std::net",
            "std::process",
            "crate::diff",
            "crate::compat",
            "crate::store",
            "crate::registry",
            "crate::export",
            "crate::published",
            "crate::gate",
            "crate::api",
            "crate::cli",
            "sqlx",
            "axum",
            "tokio",
            "async fn",
            "Instant",
            "SystemTime",
        ],
    ),
    (
        "store",
        &[
            "crate::schema",
            "crate::compat",
            "crate::registry",
            "crate::export",
            "crate::transfer",
            "crate::published",
            "crate::api",
            "crate::cli",
            "axum",
        ],
    ),
    (
        "kms",
        &[
            "crate::schema",
            "crate::compat",
            "crate::store",
            "crate::registry",
            "crate::published",
            "crate::api",
            "crate::cli",
            "sqlx",
            "axum",
        ],
    ),
    (
        "registry",
        &[
            "crate::published",
            "crate::export",
            "crate::transfer",
            "crate::api",
            "crate::cli",
            "sqlx",
            "axum",
            "StatusCode",
            "SystemTime",
        ],
    ),
    ("export", &["crate::published", "crate::transfer", "crate::api", "crate::cli", "sqlx", "axum"]),
    (
        "transfer",
        &[
            "crate::compat",
            "crate::registry",
            "crate::export",
            "crate::published",
            "crate::gate",
            "crate::api",
            "crate::cli",
            "SystemTime",
            "sqlx",
            "axum",
            "clap",
            "println",
        ],
    ),
    (
        "published",
        &[
            "crate::store",
            "crate::registry",
            "crate::export",
            "crate::transfer",
            "crate::gate",
            "crate::api",
            "crate::cli",
            "sqlx",
            "axum",
            "tokio",
        ],
    ),
    (
        "gate",
        &[
            "crate::store",
            "crate::registry",
            "crate::export",
            "crate::transfer",
            "crate::api",
            "crate::cli",
            "sqlx",
            "axum",
            "clap",
            "println",
        ],
    ),
    ("api", &["crate::gate", "crate::transfer", "crate::cli", "sqlx"]),
    ("cli", &["sqlx", "axum::"]),
];

#[test]
fn imports_point_downward() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut offences = Vec::new();
    for (floor, words) in FORBIDDEN {
        let sources = sources_of(&src, floor);
        assert!(!sources.is_empty(), "floor `{floor}` has no sources: is the table out of date?");
        for path in sources {
            let text = fs::read_to_string(&path).expect("a source is readable");
            for (number, line) in text.lines().enumerate() {
                // Prose may name any floor; code may not.
                if line.trim_start().starts_with("//") {
                    continue;
                }
                // A group would hide the floors that it names.
                if line.trim_start().starts_with("use crate::{") {
                    offences.push(format!("{}:{}: import floors one by one", path.display(), number + 1));
                }
                for word in words.iter().filter(|word| names(line, word)) {
                    offences.push(format!(
                        "{}:{}: {floor} may not name `{word}`",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn every_folder_of_src_is_a_floor_in_the_table() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(src).expect("src is readable") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name");
        if entry.path().is_dir() {
            assert!(FORBIDDEN.iter().any(|(floor, _)| *floor == name), "`src/{name}` is not in the table");
        }
    }
}

/// The word as a word: `sqlx` is not named by `sqlx_like`.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let before = line[..at].chars().next_back().is_some_and(is_part);
        let after = line[at + word.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

fn sources_of(src: &Path, floor: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![src.join(floor)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let single = src.join(format!("{floor}.rs"));
    found.extend(single.exists().then_some(single));
    found
}
