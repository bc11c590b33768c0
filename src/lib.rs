//! Dovetail, a schema registry that proves its verdicts.
//!
//! The modules are floors, listed from the ground up. A floor may use the floors before it and never
//! one after it: `model <- schema <- compat <- diff`, `schema <- lint`, `model <- store`, `model <- kms`, `registry` over
//! these, `export` over that, `transfer` over `schema` and `store`, `gate` (what a pipeline asks) over `published`,
//! `compat`, `diff` and `lint`, `api` and `cli` on top, which share the JSON form of verdicts in `published`. A test
//! reads the sources and enforces it.

pub mod model;
pub mod schema;

pub mod compat;
pub mod diff;
pub mod kms;
pub mod lint;
pub mod store;

pub mod registry;

pub mod export;

pub mod transfer;

pub mod published;

pub mod gate;

pub mod api;
pub mod cli;
pub mod clock;
pub mod failure;
pub mod outgoing;
pub mod remote;
pub mod telemetry;
