//! Every test that needs more than one module of the library, in one binary: it links once.

mod cli;
mod harness;
mod house;
mod racing;
mod store;
