//! Every test that needs more than one module of the library, in one binary: it links once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
mod compat;
mod contract;
mod exporting;
mod flows;
mod forms;
mod harness;
mod house;
mod http;
mod judging;
mod kms;
mod model;
mod openapi;
mod processes;
mod racing;
mod reports;
mod server;
mod serving;
mod store;
mod terminal;
