//! Two clients for Rust against the server that `DOVETAIL_URL` names.
#![cfg(test)]

mod converter;
mod registry_client;
mod shop;
