//! Texts that are made to hurt: they must be answered, quickly and without running out of stack.

use super::{dependencies, stored, with_field};
use crate::schema::avro::AvroSchema;
use crate::schema::{Dependency, Options};

/// `R0`, whose field is an `R1`, whose field is an `R2`, …, each defined after its use.
fn chain(length: usize, attributes: &str) -> Vec<String> {
    let last = format!(r#"{{"type":"record","name":"R{length}","fields":[]}}"#);
    let link = |index: usize| {
        let next = index + 1;
        format!(
            r#"{{"type":"record","name":"R{index}","fields":[{{"name":"f","type":"R{next}"{attributes}}}]}}"#
        )
    };
    (0..length).map(link).chain([last]).collect()
}

#[test]
fn definitions_that_move_into_each_other_may_not_get_too_deep() {
    for (length, fits) in [(80, true), (90, false), (20_000, false)] {
        let text = format!("[{}]", chain(length, "").join(","));
        assert_eq!(AvroSchema::parse(&text, &[], Options::NEW).is_ok(), fits, "{length}");
    }
}

#[test]
fn long_chains_of_dependencies() {
    let mut texts = chain(5_000, r#","confluent:tags":["T"]"#);
    texts.reverse();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let schema = stored(r#"["null","R0"]"#, &texts);
    assert_eq!(schema.canonical(), r#"["null","R0"]"#);
    assert_eq!(schema.resolved(), schema.canonical(), "too deep to be read again");
    assert_eq!(schema.tagged().len(), 5_000);
    assert!(schema.is_equivalent(&stored(r#"["null","R0"]"#, &texts)));
}

#[test]
fn doubling_references_do_not_double_the_text() {
    let texts: Vec<String> = (0..60)
        .map(|index| match index {
            0 => r#"{"type":"record","name":"R0","fields":[]}"#.to_owned(),
            _ => format!(
                r#"{{"type":"record","name":"R{index}","fields":[{{"name":"a","type":"R{0}","default":{{}}}},{{"name":"b","type":"R{0}","default":{{}}}}]}}"#,
                index - 1
            ),
        })
        .collect();
    let texts: Vec<Dependency> = dependencies(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let schema = AvroSchema::parse(r#""R59""#, &texts, Options::NEW).expect("R59");
    assert!(schema.resolved().len() < 10_000);
    assert!(schema.is_equivalent(&schema.clone()));
}

#[test]
fn defaults_that_many_branches_nearly_fit() {
    let branches: Vec<String> = (0..20)
        .map(|index| {
            let all: Vec<String> = (0..20).map(|branch| format!("\"B{branch}\"")).collect();
            format!(
                r#"{{"type":"record","name":"B{index}","fields":[{{"name":"x","type":[{}]}}]}}"#,
                all.join(",")
            )
        })
        .collect();
    let default = format!("{}1{}", r#"{"x":"#.repeat(200), "}".repeat(200));
    let text = with_field(&format!(r#""type":[{}],"default":{default}"#, branches.join(",")));
    let error = AvroSchema::parse(&text, &[], Options::NEW).expect_err("no branch is an int");
    assert!(error.message.starts_with("Invalid default for field f"), "{error}");
}

#[test]
fn defaults_of_defaults_in_a_long_chain() {
    let chain = chain(50_000, r#","default":{}"#).join(",");
    assert!(AvroSchema::parse(&format!("[{chain}]"), &[], Options::NEW).is_err());
}

#[test]
fn messages_stay_short() {
    let text = format!(r#"{{"a":"{}"}}"#, "é".repeat(100_000));
    let error = AvroSchema::parse(&text, &[], Options::NEW).expect_err("no type");
    assert!(error.message.len() < 1_000);
}
