//! What `jsonschema::canonical` says of pairs that come as JSON Lines: does the new schema cover the old one?

use std::io::{BufRead, Write};
use std::time::Instant;

use jsonschema::Draft;
use jsonschema::canonical::{self, CanonicalSchema};
use serde_json::{Value, json};

fn main() {
    // Its recursion is not bounded.
    let asked = std::thread::Builder::new().stack_size(512 * 1024 * 1024).spawn(ask);
    asked.expect("a thread").join().expect("an answer");
}

fn ask() {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let pair: Value = serde_json::from_str(&line.expect("a line")).expect("a pair");
        let read = |side: &str| serde_json::from_str(pair[side].as_str().unwrap_or_default());
        let (old, new): (Result<Value, _>, Result<Value, _>) = (read("old"), read("new"));
        let formats = pair["assert_formats"].as_bool().unwrap_or_default();
        // As for the others: what is timed begins with texts that were read.
        let started = Instant::now();
        let answer = match (old, new) {
            (Ok(old), Ok(new)) => answer(&old, &new, formats),
            (Err(error), _) | (_, Err(error)) => Err(error.to_string()),
        };
        let answer = answer.unwrap_or_else(|error| format!("error: {error}"));
        let micros = started.elapsed().as_micros() as u64;
        writeln!(out, "{}", json!({"answer": answer, "micros": micros})).expect("standard output");
        out.flush().expect("standard output");
    }
}

fn answer(old: &Value, new: &Value, formats: bool) -> Result<String, String> {
    let (old, new) = (schema(old, formats)?, schema(new, formats)?);
    let covers = new.covers(&old).map_err(|error| error.to_string())?;
    Ok(covers.as_str().to_owned())
}

fn schema(schema: &Value, formats: bool) -> Result<CanonicalSchema, String> {
    let mut options = canonical::options().offline().should_validate_formats(formats);
    if schema.get("$schema").is_none() {
        options = options.with_draft(Draft::Draft7);
    }
    options.canonicalize(schema).map_err(|error| error.to_string())
}
