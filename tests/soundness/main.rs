//! Are verdicts true? Random pairs of schemas are judged, and what is said of them is tried out.
//!
//! Without arguments, as `cargo test` runs it, a short run for each format; `FORMAT --seed N --count N`
//! for a longer one. `pairs` judges pairs that are sent as JSON Lines and prints both opinions, and
//! `data --seed N --count N` prints generated Avro pairs with data, `data --lines` the same for pairs
//! that are sent; `texts PROTOBUF --seed N --count N` prints generated pairs of Protobuf, `texts JSON` those of
//! JSON Schema; `suite DIRECTORY` runs the JSON-Schema-Test-Suite, and `worst` the pairs that are made to take
//! long. All of them are for programs outside.

mod avro;
mod json;
mod pairs;
mod protobuf;
mod rng;

use std::process::ExitCode;

// The registry's allocator: others measure how long this program takes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a run is asked for.
#[derive(Clone, Copy)]
struct Run {
    seed: u64,
    count: u64,
}

/// The formats that have a generator: the name, the pairs of a short run, and the run.
type Format = (&'static str, u64, fn(Run) -> Result<String, String>);
const FORMATS: [Format; 3] =
    [("AVRO", 5_000, avro::run), ("PROTOBUF", 5_000, protobuf::run), ("JSON", 1_500, json::run)];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("pairs") => pairs::judge_lines(),
        Some("data") if arguments.iter().any(|argument| argument == "--lines") => avro::print_data_of_lines(),
        Some("suite") => {
            let directory = arguments.get(1).expect("the directory of the JSON-Schema-Test-Suite");
            let everything = arguments.iter().any(|argument| argument == "--everything");
            return report("JSON-Schema-Test-Suite", json::suite::run(directory.as_ref(), everything));
        }
        Some("worst") => return report("JSON", json::run_worst()),
        Some("texts") => match arguments.get(1).map(String::as_str) {
            Some("JSON") => json::print_texts(options(&arguments, 1_000)),
            _ => protobuf::print_texts(options(&arguments, 1_000)),
        },
        Some("data") => avro::print_data(options(&arguments, 1_000)),
        Some(name) if format(name).is_some() => {
            let (name, count, run) = format(name).expect("just found");
            return report(name, run(options(&arguments, count)));
        }
        // Whoever lists tests finds none here.
        Some("--list") => {}
        _ => {
            let runs = FORMATS.map(|(name, count, run)| report(name, run(Run { seed: 1, count })));
            let worst = report("JSON", json::run_worst());
            if runs.contains(&ExitCode::FAILURE) || worst == ExitCode::FAILURE {
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn format(name: &str) -> Option<Format> {
    FORMATS.into_iter().find(|(own, _, _)| *own == name)
}

fn options(arguments: &[String], count: u64) -> Run {
    let option = |name: &str, otherwise: u64| {
        let position = arguments.iter().position(|argument| argument == name);
        let value = position.and_then(|position| arguments.get(position + 1));
        value.map_or(otherwise, |value| value.parse().expect("a number"))
    };
    Run { seed: option("--seed", 1), count: option("--count", count) }
}

fn report(name: &str, outcome: Result<String, String>) -> ExitCode {
    match outcome {
        Ok(summary) => {
            println!("{name}: {summary}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{name}: {failure}");
            ExitCode::FAILURE
        }
    }
}
