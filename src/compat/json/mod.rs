//! JSON Schema: is every document that the writer's schema accepts accepted by the reader's?

mod arena;
mod arrays;
mod atoms;
mod build;
mod clash;
mod defaults;
mod engine;
mod found;
pub(super) mod node;
pub(super) mod number;
mod numbers;
mod objects;
pub(super) mod rules;
mod scalars;
mod search;
pub(super) mod strings;
mod unfold;
mod validate;
pub(super) mod value;
