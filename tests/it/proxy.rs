//! Something between a client and a server: it hides routes, and cuts the line.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What it does to requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mischief {
    /// The server seems to know nothing below this path.
    pub hidden: Option<&'static str>,
    /// The line breaks at the write of this number, from 0.
    pub cut: Option<(usize, Cut)>,
    /// The only `Authorization` that is let in.
    pub demanded: Option<&'static str>,
    /// The write of this number, from 0, is answered with this status and goes no further.
    pub denied: Option<(usize, &'static str)>,
}

/// When the line breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The write never arrives.
    Before,
    /// The write arrives, its answer does not.
    After,
}

/// A proxy on a port that was free. It ends with the test process.
pub struct Proxy {
    pub url: String,
    server: Arc<Mutex<String>>,
    writes: Arc<AtomicUsize>,
    is_mended: Arc<AtomicBool>,
}

/// What somebody else does right after the write of this number.
pub type Meanwhile = (usize, Arc<dyn Fn() + Send + Sync>);

impl Proxy {
    pub fn to(server: &str, mischief: Mischief) -> Proxy {
        Proxy::racing(server, mischief, None)
    }

    pub fn racing(server: &str, mischief: Mischief, meanwhile: Option<Meanwhile>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Arc::new(Mutex::new(address_of(server)));
        let turned = server.clone();
        let writes = Arc::new(AtomicUsize::new(0));
        let is_mended = Arc::new(AtomicBool::new(false));
        let (counter, mended) = (writes.clone(), is_mended.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = turned.lock().expect("no panic").clone();
                let (writes, meanwhile) = (counter.clone(), meanwhile.clone());
                let cut = mischief.cut.filter(|_| !mended.load(Ordering::SeqCst));
                let mischief = Mischief { cut, ..mischief };
                std::thread::spawn(move || {
                    // A client that goes away, or is sent away, is nothing to tell.
                    let _ = pass(client, &server, mischief, &writes, meanwhile);
                });
            }
        });
        Proxy { url, server, writes, is_mended }
    }

    /// From now on another server stands here.
    pub fn turn_to(&self, server: &str) {
        *self.server.lock().expect("no panic") = address_of(server);
    }

    /// From now on the line holds.
    pub fn mend(&self) {
        self.is_mended.store(true, Ordering::SeqCst);
    }

    /// How many writes were asked for.
    pub fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }
}

fn address_of(server: &str) -> String {
    server.trim_start_matches("http://").to_owned()
}

/// Pass one request, and its answer.
fn pass(
    client: TcpStream,
    server: &str,
    mischief: Mischief,
    writes: &AtomicUsize,
    meanwhile: Option<Meanwhile>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut head, mut length, mut is_let_in) = (String::new(), 0, mischief.demanded.is_none());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if lower.starts_with("authorization:") {
            let given = line.split_once(':').map(|(_, given)| given.trim());
            is_let_in |= given == mischief.demanded;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_write = match method {
        "PUT" | "DELETE" => true,
        "POST" => path.contains("/versions"),
        _ => false,
    };
    let number = if is_write { writes.fetch_add(1, Ordering::SeqCst) } else { writes.load(Ordering::SeqCst) };
    let mut client = client;
    let cut = mischief.cut.filter(|(at, _)| if is_write { number >= *at } else { number > *at });
    if let Some((at, kind)) = cut
        && !(kind == Cut::After && is_write && number == at)
    {
        return client.shutdown(Shutdown::Both);
    }
    let refused = match () {
        () if !is_let_in => Some(("401 Unauthorized", r#"{"error_code":401,"message":"Unauthorized"}"#)),
        () if mischief.hidden.is_some_and(|hidden| path.starts_with(hidden)) => {
            Some(("404 Not Found", r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#))
        }
        () => mischief
            .denied
            .filter(|(at, _)| is_write && number == *at)
            .map(|(_, status)| (status, r#"{"error_code":1,"message":"it is not to be"}"#)),
    };
    if let Some((status, body)) = refused {
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close");
        return write!(client, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    }
    let mut upstream = TcpStream::connect(server)?;
    write!(upstream, "{head}connection: close\r\n\r\n")?;
    upstream.write_all(&body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    if let Some((_, meanwhile)) = meanwhile.filter(|(at, _)| is_write && number == *at) {
        meanwhile();
    }
    if cut.is_some() {
        return client.shutdown(Shutdown::Both);
    }
    client.write_all(&answer)
}
