//! `dovetail explain`: the catalogue of rules.

use anyhow::anyhow;
use clap::Args;

use super::print::{Printer, Tone, toned};
use crate::compat::rules::{self, Rule};
use crate::failure::{Failure, Outcome};
use crate::gate::rules::{self as gate, GateRule};
use crate::lint;

#[derive(Args)]
#[command(after_help = "Example:\n  dovetail explain avro-field-without-default")]
pub(super) struct Options {
    /// The rule, as a finding names it; every rule in a line each when left out.
    rule: Option<String>,
}

/// Print one rule, or the list of them.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let Some(id) = &options.rule else {
        let of_gate = gate::all().into_iter().map(|rule| (rule.id, rule.summary));
        let of_lint = lint::rules::all().map(|rule| (rule.id, rule.summary));
        let all: Vec<(&str, &str)> =
            rules::all().map(|rule| (rule.id, rule.summary)).chain(of_gate).chain(of_lint).collect();
        let width = all.iter().map(|(id, _)| id.len()).max().unwrap_or_default();
        for (id, summary) in all {
            printer.answer(format_args!("{}  {summary}", toned(id, Tone::Name, width)));
        }
        return Ok(Outcome::Success);
    };
    explain(id, printer)
}

/// Print one rule.
pub(super) fn explain(id: &str, printer: Printer) -> Result<Outcome, Failure> {
    if let Some(rule) = rules::find(id) {
        print_rule(rule, printer);
    } else if let Some(rule) = gate::find(id) {
        print_gate_rule(rule, printer);
    } else if let Some(rule) = lint::rules::find(id) {
        print_lint_rule(rule, printer);
    } else {
        return Err(Failure::bad_request(anyhow!("there is no rule `{id}`"))
            .with_hint("`dovetail explain` lists them all."));
    }
    Ok(Outcome::Success)
}

fn print_gate_rule(rule: &GateRule, printer: Printer) {
    printer.answer(toned(rule.id, Tone::Name, 0));
    printer.answer(format_args!("\n{}\n{}\n", rule.summary, rule.reason));
    let (bad, good) = rule.examples;
    printer.answer(format_args!("Example:\n  bad   {bad}\n  good  {good}\n"));
    printer.answer(format_args!("What to do: {}", rule.hint));
}

fn print_lint_rule(rule: &lint::Rule, printer: Printer) {
    printer.answer(format_args!("{} (lint: {}, off by default)", toned(rule.id, Tone::Name, 0), rule.theme));
    printer.answer(format_args!("\n{}\n{}\n", rule.summary, rule.reason));
    printer.answer(format_args!("Example:\n  bad   {}\n  good  {}\n", rule.bad, rule.good));
    printer.answer(format_args!("What to do: {}", rule.hint));
    printer.answer(format_args!("Switch it on in schemas.yaml: `lint: {{ {}: warn }}`.", rule.id));
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
