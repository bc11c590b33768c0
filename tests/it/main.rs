//! Every test that needs more than one module of the library, in one binary: it links once.

mod harness;
mod house;
mod http;
mod openapi;
mod racing;
mod serving;
mod store;
