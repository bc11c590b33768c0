//! `dovetail health`: is a registry ready? Made for a container's health check, where no other HTTP
//! client is at hand.

use clap::Args;

use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::remote;

#[derive(Args)]
#[command(after_help = "Exits with 0 when the registry is ready and with 3 when it is not.\n\n\
                        Examples:\n  dovetail health\n  dovetail health http://registry:8081/health/ready")]
pub(super) struct Options {
    /// What to ask; http://127.0.0.1:8081/health/ready, or the port of DOVETAIL_LISTEN.
    #[arg(env = "DOVETAIL_HEALTH_URL")]
    url: Option<String>,
}

/// Ask, and say what was answered.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let url = options.url.clone().unwrap_or_else(|| {
        let listen = std::env::var("DOVETAIL_LISTEN").ok();
        format!("http://{}/health/ready", reachable(listen.as_deref().unwrap_or(super::serve::LISTEN)))
    });
    wait_for(remote::ask_health(&url))?;
    printer.note("ready");
    Ok(Outcome::Success)
}

/// A server that listens on every address is asked on this machine's own.
fn reachable(listen: &str) -> String {
    match listen.rsplit_once(':') {
        Some(("0.0.0.0", port)) => format!("127.0.0.1:{port}"),
        Some(("[::]", port)) => format!("[::1]:{port}"),
        _ => listen.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn every_address_means_this_machine() {
        for (listen, expected) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:8081", "[::1]:8081"),
            ("127.0.0.1:8081", "127.0.0.1:8081"),
            ("registry:1", "registry:1"),
        ] {
            assert_eq!(reachable(listen), expected);
        }
    }
}
