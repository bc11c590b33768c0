//! `dovetail explain`: the catalogue of rules.

use anyhow::anyhow;
use clap::Args;

use super::print::{Printer, Tone, toned};
use crate::compat::rules::{self, Rule};
use crate::failure::{Failure, Outcome};

#[derive(Args)]
#[command(after_help = "Example:\n  dovetail explain avro-field-without-default")]
pub(super) struct Options {
    /// The rule, as a finding names it; every rule in a line each when left out.
    rule: Option<String>,
}

/// Print one rule, or the list of them.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let Some(id) = &options.rule else {
        let width = rules::all().map(|rule| rule.id.len()).max().unwrap_or_default();
        for rule in rules::all() {
            printer.answer(format_args!("{}  {}", toned(rule.id, Tone::Name, width), rule.summary));
        }
        return Ok(Outcome::Success);
    };
    let rule = rules::find(id).ok_or_else(|| {
        Failure::bad_request(anyhow!("there is no rule `{id}`"))
            .with_hint("`dovetail explain` lists them all.")
    })?;
    print_rule(rule, printer);
    Ok(Outcome::Success)
}

fn print_rule(rule: &Rule, printer: Printer) {
    printer.answer(format_args!("{} ({})", toned(rule.id, Tone::Name, 0), rule.severity));
    printer.answer(format_args!("\n{}\n{}\n", rule.summary, rule.reason));
    let (old, new) = rule.example;
    printer.answer(format_args!("Example, at the level {}:", rule.direction.to_uppercase()));
    printer.answer(format_args!("  old  {old}\n  new  {new}\n"));
    printer.answer(format_args!("What to do: {}", rule.hint));
    if let Some(name) = rule.reference {
        printer.answer(format_args!("Confluent Schema Registry calls it {name}."));
    }
}
