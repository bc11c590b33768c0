//! Running the real binary, as somebody at a terminal does, in folders and repositories of a test's own.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::server::Server;

/// A folder of files.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), files);
    folder
}

pub fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        fs::write(path, text).expect("a file is written");
    }
}

/// The binary, in an environment that does not speak for it.
pub fn dovetail(folder: &Path, arguments: &[&str]) -> Command {
    program(folder, env!("CARGO_BIN_EXE_dovetail"), arguments)
}

/// A program that starts the binary, in such an environment.
pub fn program(folder: &Path, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    let prefixes = [
        "DOVETAIL_",
        "GITHUB_",
        "GITLAB_",
        "CI",
        "JENKINS_",
        "CHANGE_",
        "TF_",
        "SYSTEM_",
        "TEAMCITY_",
        "BUILDKITE",
        "BITBUCKET_",
    ];
    let speaks = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
    for (name, _) in std::env::vars().filter(|(name, _)| speaks(name)) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).env("COLUMNS", "110");
    command
}

/// Exit code, standard output and standard error, with what differs from run to run blotted out.
pub fn run(folder: &Path, arguments: &[&str]) -> String {
    shown(folder, &dovetail(folder, arguments).output().expect("the binary runs"))
}

pub fn shown(folder: &Path, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*folder.to_string_lossy(), "[DIR]");
    let code = output.status.code().expect("it ended by itself");
    format!("exit {code}\n--- stdout\n{}--- stderr\n{}", text(&output.stdout), text(&output.stderr))
}

pub fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with one commit that holds `files`.
pub fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = folder(files);
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message", "first"]);
    folder
}

pub fn send(server: &Server, method: reqwest::Method, path: &str, body: serde_json::Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let request = reqwest::Client::new().request(method, format!("{}{path}", server.url));
    let request = request.header("Content-Type", "application/json").body(body.to_string()).send();
    let response = runtime.block_on(request).expect("an answer");
    assert!(response.status().is_success(), "{path}: {}", response.status());
}

pub fn register(server: &Server, subject: &str, body: serde_json::Value) {
    send(server, reqwest::Method::POST, &format!("/subjects/{subject}/versions"), body);
}
