//! Fresh stores of both kinds for every test that wants them.
//!
//! `DOVETAIL_TEST_POSTGRES` names a server whose user may create databases. Without it a private
//! throw-away cluster is started where Postgres is installed, once per test process; it goes away
//! with the process, however that ends. Where there is neither, Postgres is left out with a word on
//! stderr, and refused to be left out when `CI` is set.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use dovetail::store::{Store, StoreOptions, Synchronous};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A store of a test's own, with the way to open it once more.
pub struct TestStore {
    /// `SQLite` or `Postgres`, for messages.
    pub name: &'static str,
    pub options: StoreOptions,
    pub store: Store,
    _place: Place,
}

impl TestStore {
    /// Another handle on the same database, as another process would have it.
    pub async fn open_again(&self) -> Store {
        Store::open(&self.options).await.expect("the database opened before")
    }
}

/// An empty database that nothing has opened yet.
pub struct TestPlace {
    pub name: &'static str,
    pub options: StoreOptions,
    place: Place,
}

impl TestPlace {
    pub async fn open(self) -> TestStore {
        let store = Store::open(&self.options).await.expect("an empty database opens");
        TestStore { name: self.name, options: self.options, store, _place: self.place }
    }
}

/// What must live as long as the database is in use.
enum Place {
    Folder { _folder: TempDir },
    Database { _database: TestDatabase },
}

/// One fresh, migrated store of each kind.
pub async fn stores() -> Vec<TestStore> {
    let mut stores = Vec::new();
    for place in places().await {
        stores.push(place.open().await);
    }
    stores
}

/// The same from copies of a store that was migrated once, for the many tests that want no more than
/// an empty registry: most of the time of making a store is that of making its tables.
pub async fn copies() -> Vec<TestStore> {
    let mut stores = vec![sqlite_copy().await.open().await];
    if let Some(server) = server() {
        stores.push(postgres_copy(server).await.open().await);
    }
    stores
}

async fn sqlite_copy() -> TestPlace {
    static MIGRATED: OnceCell<Vec<u8>> = OnceCell::const_new();
    let migrate = async || {
        let folder = TempDir::new().expect("a temporary folder");
        let options = sqlite_in(&folder);
        Store::open(&options).await.expect("an empty database opens").close().await;
        std::fs::read(folder.path().join(SQLITE_FILE)).expect("a database is a file")
    };
    let folder = TempDir::new().expect("a temporary folder");
    let file = MIGRATED.get_or_init(migrate).await;
    std::fs::write(folder.path().join(SQLITE_FILE), file).expect("a copy");
    // What a power loss would undo does not matter here.
    let options = StoreOptions { sqlite_synchronous: Synchronous::Normal, ..sqlite_in(&folder) };
    TestPlace { name: "SQLite", options, place: Place::Folder { _folder: folder } }
}

async fn postgres_copy(server: &'static Server) -> TestPlace {
    static MIGRATED: OnceCell<TestDatabase> = OnceCell::const_new();
    let used = USED.lock().expect("no panic").pop();
    if let Some(name) = used {
        let database = TestDatabase { name, server, comes_back: true };
        database.empty().await;
        return database.place();
    }
    // Nobody would drop the original, so on somebody else's server there is none.
    if !server.is_ours {
        return TestDatabase::create(server, None).await.place();
    }
    let migrate = async || {
        let database = TestDatabase::create(server, None).await;
        let options = options(server.url_of(&database.name));
        Store::open(&options).await.expect("an empty database opens").close().await;
        database
    };
    let original = MIGRATED.get_or_init(migrate).await;
    let mut database = TestDatabase::create(server, Some(&original.name)).await;
    database.comes_back = true;
    database.place()
}

/// Databases that were copies and are not in use any more: to empty one takes less than to make one.
static USED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A store in memory, where any one will do.
pub async fn memory() -> Store {
    Store::open(&options("sqlite::memory:".to_owned())).await.expect("a store in memory")
}

const SQLITE_FILE: &str = "test.db";

fn sqlite_in(folder: &TempDir) -> StoreOptions {
    options(format!("sqlite:{}", folder.path().join(SQLITE_FILE).display()))
}

fn options(url: String) -> StoreOptions {
    StoreOptions { url, migrate: true, sqlite_synchronous: Synchronous::Full }
}

/// One empty database of each kind.
pub async fn places() -> Vec<TestPlace> {
    let folder = TempDir::new().expect("a temporary folder");
    let options = sqlite_in(&folder);
    let place = Place::Folder { _folder: folder };
    let mut places = vec![TestPlace { name: "SQLite", options, place }];
    if let Some(server) = server() {
        places.push(TestDatabase::create(server, None).await.place());
    }
    places
}

/// A Postgres server to create databases on.
struct Server {
    admin_url: String,
    /// A cluster of our own is thrown away whole; on somebody else's server we clean up.
    is_ours: bool,
    /// Holds the pipe whose closing ends the cluster.
    _keeper: Option<Child>,
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || {
        if let Ok(admin_url) = std::env::var("DOVETAIL_TEST_POSTGRES") {
            return Some(Server { admin_url, is_ours: false, _keeper: None });
        }
        let reason = match start_cluster() {
            Ok(server) => return Some(server),
            Err(reason) => reason,
        };
        assert!(std::env::var_os("CI").is_none(), "Postgres must be tested where CI is set, but {reason}");
        eprintln!("SKIPPED on Postgres: {reason}");
        None
    };
    SERVER.get_or_init(start).as_ref()
}

impl Server {
    fn url_of(&self, database: &str) -> String {
        let mut url = url::Url::parse(&self.admin_url).expect("DOVETAIL_TEST_POSTGRES is a URL");
        url.set_path(database);
        url.to_string()
    }
}

struct TestDatabase {
    name: String,
    server: &'static Server,
    /// Whoever used it has closed it, so the next one may have it.
    comes_back: bool,
}

impl TestDatabase {
    /// An empty one, or a copy of one that nobody is connected to.
    async fn create(server: &'static Server, like: Option<&str>) -> TestDatabase {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("dovetail_test_{}_{number}", std::process::id());
        let mut admin = PgConnection::connect(&server.admin_url).await.expect("the test server answers");
        let template = like.unwrap_or("template1");
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        admin.execute(AssertSqlSafe(sql)).await.expect("the test user may create databases");
        TestDatabase { name, server, comes_back: false }
    }

    /// Make it as if it had just been migrated.
    async fn empty(&self) {
        let url = self.server.url_of(&self.name);
        let mut connection = PgConnection::connect(&url).await.expect("the test server answers");
        // As a replica, which does not look at foreign keys: the tables may come in any order.
        let sql = "SET session_replication_role = replica;
                   DO $$
                   DECLARE found record;
                   BEGIN
                       FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
                           AND tablename NOT IN ('dovetail_migrations', 'registry')
                       LOOP
                           EXECUTE format('DELETE FROM %I', found.tablename);
                       END LOOP;
                   END $$;
                   UPDATE registry SET last_change = 0;";
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("the test user owns the database");
    }

    fn place(self) -> TestPlace {
        let options = options(self.server.url_of(&self.name));
        TestPlace { name: "Postgres", options, place: Place::Database { _database: self } }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.comes_back {
            USED.lock().expect("no panic").push(std::mem::take(&mut self.name));
            return;
        }
        if self.server.is_ours {
            return;
        }
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let admin_url = self.server.admin_url.clone();
        // A thread of its own: this may run inside the runtime of the test.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = PgConnection::connect(&admin_url).await.map_err(std::io::Error::other)?;
                admin.execute(AssertSqlSafe(sql)).await.map_err(std::io::Error::other)
            })
        });
        if !matches!(dropping.join(), Ok(Ok(_))) {
            eprintln!("the test database {} could not be dropped", self.name);
        }
    }
}

/// The cluster ends when its standard input does, which is when the test process does, killed or not.
fn start_cluster() -> Result<Server, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lib/postgres");
    let mut command = Command::new(script);
    command.arg("hold").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = command.spawn().map_err(|error| format!("{script} did not run: {error}"))?;
    let mut url = String::new();
    let stdout = keeper.stdout.take().expect("it was asked to be piped");
    BufReader::new(stdout).read_line(&mut url).map_err(|error| error.to_string())?;
    if url.is_empty() {
        return Err(format!("{script} started none"));
    }
    Ok(Server { admin_url: url.trim_end().to_owned(), is_ours: true, _keeper: Some(keeper) })
}
