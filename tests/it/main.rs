//! Every test that needs more than one module of the library, in one binary: it links once.

mod compat;
mod harness;
mod house;
mod racing;
mod store;
