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

pub fn probe(old: &crate::schema::json::JsonSchema, new: &crate::schema::json::JsonSchema, a: crate::model::Assumptions, steps: u64) -> (String, u64) {
    use crate::compat::budget::Fuel;
    let mut fuel = Fuel::new(steps);
    let mut build = Fuel::new(10_000_000);
    let mut arena = match build::arena(new, old, a, &mut build) { Ok(a) => a, Err(why) => return (format!("UNDECIDED {why}"), 0) };
    let (r, w) = (arena.reader(), arena.writer());
    if arena.class(r) == arena.class(w) { return ("COMPATIBLE identical".into(), 0); }
    let answer = { let mut e = engine::Engine::new(&mut arena, &mut fuel); e.contains(r, w) };
    let mut left = 0; while fuel.spend(1000).is_ok() { left += 1000; }
    let s = match answer { Ok(None) => "COMPATIBLE".to_string(), Ok(Some(v)) => format!("INCOMPATIBLE {v}"), Err(why) => format!("UNDECIDED {why}") };
    (s, steps - left)
}
