//! The real binary, serving.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use tempfile::TempDir;

/// A server process on a port that was free. Dropping it kills it.
pub struct Server {
    process: Child,
    pub url: String,
    /// What it logged until it was ready.
    pub started_with: Vec<String>,
    /// Reads the log to its end.
    log: Option<JoinHandle<Vec<String>>>,
    _data: Option<TempDir>,
}

impl Server {
    /// On a SQLite file of its own.
    pub fn start() -> Server {
        let data = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", data.path().join("dovetail.db").display());
        let mut server = Server::on(&url);
        server._data = Some(data);
        server
    }

    /// On a database that others may share.
    pub fn on(database_url: &str) -> Server {
        Server::with(database_url, &[])
    }

    /// The same, with more flags.
    pub fn with(database_url: &str, flags: &[&str]) -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_dovetail"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .args(flags)
            .env_remove("DOVETAIL_JUDGE")
            .env("DOVETAIL_DATABASE_URL", database_url)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut log = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let mut started_with = Vec::new();
        let address = log.find_map(|line| {
            started_with.push(line.ok()?);
            let line: serde_json::Value = serde_json::from_str(started_with.last()?).ok()?;
            Some(line.get("address")?.as_str()?.to_owned())
        });
        let url = format!("http://{}", address.expect("the address is logged"));
        // The pipe must not fill up and block the server.
        let log = std::thread::spawn(move || log.map_while(Result::ok).collect());
        Server { process, url, started_with, log: Some(log), _data: None }
    }

    /// Ask it to stop, as a supervisor would.
    pub fn stop(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        assert!(asked.expect("kill runs").success());
        self.process.wait().expect("it ends")
    }

    /// The same, to see what it logged since it was ready.
    pub fn stop_and_tell(mut self) -> Vec<String> {
        let log = self.log.take().expect("told once");
        assert_eq!(self.stop().code(), Some(0));
        log.join().expect("the log is read")
    }

    /// End it as a power cut would.
    pub fn kill(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.process.kill();
        let _ = self.process.wait();
    }
}
