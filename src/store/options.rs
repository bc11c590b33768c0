//! Where the data lives and how to open it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::StoreError;

/// How long a statement waits for another process that writes to the same SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// How to open a store.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite:PATH`, `sqlite::memory:` or `postgres://…`.
    pub url: String,
    /// Create and upgrade the tables; otherwise a database that needs it is refused.
    pub migrate: bool,
    /// What SQLite promises about power loss.
    pub sqlite_synchronous: Synchronous,
}

/// The URL may hold a password, so it is not shown.
impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("migrate", &self.migrate)
            .field("sqlite_synchronous", &self.sqlite_synchronous)
            .finish_non_exhaustive()
    }
}

/// What SQLite promises about power loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// What was answered survives a power loss.
    #[default]
    Full,
    /// Faster; a power loss may undo the last answers, never more.
    Normal,
}

/// Which database holds the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// A file, or memory in tests.
    Sqlite,
    /// A server shared by any number of nodes.
    Postgres,
}

/// A parsed URL.
pub(super) enum Place {
    Memory(SqliteConnectOptions),
    File(SqliteConnectOptions, PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// The parameters of a Postgres URL that the driver understands.
const POSTGRES_PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

impl StoreOptions {
    pub(super) fn place(&self) -> Result<Place, StoreError> {
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            self.check_parameters()?;
            let options = PgConnectOptions::from_str(&self.url)
                .map_err(|error| StoreError::BadPlace(format!("the database URL cannot be read: {error}")))?;
            return Ok(Place::Postgres(Box::new(options.application_name("dovetail"))));
        }
        if !self.url.starts_with("sqlite:") {
            // The URL is not repeated: a misspelt scheme may still carry a password.
            let spellings = "write sqlite:PATH, sqlite::memory: or postgres://USER@HOST/DATABASE";
            return Err(StoreError::BadPlace(format!("the database URL is of no known kind: {spellings}")));
        }
        let options = SqliteConnectOptions::from_str(&self.url)
            .map_err(|error| StoreError::BadPlace(format!("the database URL cannot be read: {error}")))?
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .synchronous(match self.sqlite_synchronous {
                Synchronous::Full => SqliteSynchronous::Full,
                Synchronous::Normal => SqliteSynchronous::Normal,
            });
        if self.url.contains(":memory:") || self.url.contains("mode=memory") {
            return Ok(Place::Memory(options));
        }
        let path = std::path::absolute(options.get_filename()).map_err(|error| {
            StoreError::BadPlace(format!("the database file has no usable name: {error}"))
        })?;
        check_folder(&path)?;
        if !self.migrate && !path.exists() {
            let place = path.display();
            return Err(StoreError::BadPlace(format!(
                "there is no database at {place}: run `dovetail migrate` to create it"
            )));
        }
        let options =
            options.filename(&path).create_if_missing(self.migrate).journal_mode(SqliteJournalMode::Wal);
        Ok(Place::File(options, path))
    }

    /// The driver ignores parameters that it does not know, with a warning that repeats their values.
    /// A value may be a secret, and an ignored parameter is a misunderstanding: refuse it by name.
    fn check_parameters(&self) -> Result<(), StoreError> {
        let parameters = self.url.split_once('?').map_or("", |(_, parameters)| parameters);
        if parameters.contains('@') {
            let sentence = "the database URL has a `?` before the host: in a password write it as %3F";
            return Err(StoreError::BadPlace(sentence.to_owned()));
        }
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let name = parameter.split('=').next().unwrap_or_default();
            if !POSTGRES_PARAMETERS.contains(&name) && !name.starts_with("options[") {
                let shown: String = name.chars().take(40).collect();
                return Err(StoreError::BadPlace(format!(
                    "the database URL has the parameter `{shown}`, which is not one of {}",
                    POSTGRES_PARAMETERS.join(", ")
                )));
            }
        }
        Ok(())
    }

    /// Every spelling of the password that an error text could repeat.
    pub(super) fn secrets(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        if let Some((_, rest)) = self.url.split_once("://")
            && let Some((login, _)) = rest.rsplit_once('@')
            && let Some((_, password)) = login.split_once(':')
        {
            secrets.push(password.to_owned());
        }
        if let Ok(url) = url::Url::parse(&self.url) {
            secrets.extend(url.password().map(str::to_owned));
            for (key, value) in url.query_pairs() {
                if key == "password" || key == "sslpassword" {
                    secrets.push(value.into_owned());
                }
            }
        }
        let decoded: Vec<String> = secrets.iter().filter_map(|secret| percent_decoded(secret)).collect();
        secrets.extend(decoded);
        secrets.push(self.url.clone());
        // The longest first, so that no secret survives as the rest of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }
}

impl Place {
    /// Where the data is, fit for a log.
    pub(super) fn location(&self) -> String {
        match self {
            Place::Memory(_) => "memory (lost at exit)".to_owned(),
            Place::File(_, path) => path.display().to_string(),
            Place::Postgres(options) => {
                let host = match options.get_socket() {
                    Some(socket) => socket.display().to_string(),
                    None => options.get_host().to_owned(),
                };
                let database = options.get_database().unwrap_or_else(|| options.get_username());
                format!("postgres://{host}:{}/{database}", options.get_port())
            }
        }
    }
}

fn check_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(path);
    if path.is_dir() {
        return Err(StoreError::BadPlace(format!(
            "{} is a folder: name a file in it, as in sqlite:{}",
            path.display(),
            path.join("dovetail.db").display()
        )));
    }
    if folder.is_dir() {
        return Ok(());
    }
    Err(StoreError::BadPlace(format!(
        "the folder {} for the database file does not exist: create it, or choose another place",
        folder.display()
    )))
}

fn percent_decoded(text: &str) -> Option<String> {
    // As the one key of a form, in which only these three would mean something else.
    let form = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let (decoded, _) = url::form_urlencoded::parse(form.as_bytes()).next()?;
    Some(decoded.into_owned())
}
