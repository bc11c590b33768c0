//! Every test that needs more than one module of the library, in one binary: it links once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
mod cli_apply;
mod cli_diff;
mod cli_files;
mod compat;
mod contract;
mod diffs;
mod evasions;
mod exporting;
mod flows;
mod forms;
mod gate;
mod harmless;
mod harness;
mod history;
mod house;
mod http;
mod judging;
mod kms;
mod linting;
mod model;
mod offline;
mod openapi;
mod places;
mod processes;
mod proxy;
mod racing;
mod reports;
mod server;
mod serving;
mod store;
mod terminal;
mod transfer;
