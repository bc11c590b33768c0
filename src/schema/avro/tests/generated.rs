//! Properties of all schemas, tried on generated ones.

use proptest::prelude::*;

use crate::schema::avro::AvroSchema;
use crate::schema::{Options, Schema};

/// Turns a string of bytes into a schema text: each byte is one choice, and no bytes left means the
/// simplest choice. Shorter strings give simpler schemas, so failures shrink well.
struct Writer<'a> {
    choices: std::slice::Iter<'a, u8>,
    names: Vec<String>,
    out: String,
}

impl Writer<'_> {
    fn schema(choices: &[u8]) -> String {
        let mut writer = Writer { choices: choices.iter(), names: Vec::new(), out: String::new() };
        writer.type_at(0);
        writer.out
    }

    fn choose(&mut self, bound: usize) -> usize {
        self.choices.next().map_or(0, |choice| usize::from(*choice) % bound)
    }

    fn one_of(&mut self, options: &[&str]) {
        let option = options[self.choose(options.len())];
        self.out.push_str(option);
    }

    fn type_at(&mut self, depth: usize) {
        match self.choose(if depth < 5 { 9 } else { 3 }) {
            0 => self.one_of(&["\"int\"", "\"string\"", "\"null\"", "\"double\"", r#"{"type":"bytes"}"#]),
            1 => self.one_of(&[
                r#"{"logicalType":"decimal","precision":4,"type":"bytes","scale":0}"#,
                r#"{"z":{"b":1e9,"a":[-0,0.00001]},"type":"long","logicalType":"timestamp-micros"}"#,
                r#"{"type":"string","logicalType":"other","a":"\u001f/\u00e9"}"#,
            ]),
            2 => match self.choose(8) {
                choice if choice < self.names.len() => {
                    let name = format!("\"{}\"", self.names[choice]);
                    self.out.push_str(&name);
                }
                _ => self.out.push_str("\"float\""),
            },
            3 => self.container("array", "items", depth),
            4 => self.container("map", "values", depth),
            5 => self.union(depth),
            6 => self.named("enum", r#""symbols":["A","B"],"default":"B""#),
            7 => self.named("fixed", r#""size":16,"logicalType":"uuid""#),
            _ => self.record(depth),
        }
    }

    fn container(&mut self, kind: &str, key: &str, depth: usize) {
        self.out.push_str(&format!("{{\"type\":\"{kind}\",\"{key}\":"));
        self.type_at(depth + 1);
        self.one_of(&["", r#","p":null"#, r#","q":1,"p":{}"#]);
        self.out.push('}');
    }

    fn union(&mut self, depth: usize) {
        self.out.push_str("[\"null\"");
        if self.choose(2) == 1 {
            self.out.push_str(",\"boolean\"");
        }
        if self.choose(2) == 1 {
            self.out.push(',');
            self.record(depth);
        }
        self.out.push(']');
    }

    /// Every name has a namespace: a name without one that is used within one may mean another type
    /// when it is read again, in the reference as here.
    fn name(&mut self) -> String {
        let namespace = ["n", "m", "n.o"][self.choose(3)];
        format!("{namespace}.N{}", self.names.len())
    }

    fn named(&mut self, kind: &str, attributes: &str) {
        let name = self.name();
        self.out.push_str(&format!("{{\"type\":\"{kind}\",{attributes},\"name\":\"{name}\""));
        self.one_of(&[
            "",
            r#","doc":"""#,
            r#","doc":"d","aliases":["y","m.X","y"]"#,
            r#","x":true,"w":[{}]"#,
        ]);
        self.out.push('}');
        self.names.push(name);
    }

    fn record(&mut self, depth: usize) {
        let name = self.name();
        self.names.push(name.clone());
        self.out.push_str(&format!("{{\"name\":\"{name}\",\"type\":\"record\",\"fields\":["));
        for index in 0..self.choose(4) {
            self.out.push_str(if index == 0 { "" } else { "," });
            self.out.push_str(&format!("{{\"name\":\"f{index}\",\"type\":"));
            self.type_at(depth + 1);
            self.one_of(&[
                "",
                r#","doc":"é","aliases":["b","a"]"#,
                r#","order":"ignore""#,
                r#","confluent:tags":["T"]"#,
            ]);
            self.one_of(&["", r#","default":null"#, r#","default":1.50"#, r#","default":{"b":[],"a":1}"#]);
            self.out.push('}');
        }
        self.out.push(']');
        self.one_of(&["", r#","doc":"d","zz":1,"aliases":["B.C","A"]"#]);
        self.out.push('}');
    }
}

fn parse(text: &str) -> AvroSchema {
    AvroSchema::parse(text, &[], Options::STORED).unwrap_or_else(|error| panic!("{error}: {text}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printing_loses_nothing_and_settles(choices in prop::collection::vec(any::<u8>(), 0..120)) {
        let schema = parse(&Writer::schema(&choices));
        let canonical = parse(schema.canonical());
        prop_assert_eq!(canonical.canonical(), schema.canonical());
        prop_assert!(canonical.is_equivalent(&schema));
        prop_assert_eq!(schema.resolved(), schema.canonical());
        prop_assert_eq!(canonical.tagged(), schema.tagged());

        let normal = schema.normal_form();
        prop_assert_eq!(parse(&normal).normal_form(), &*normal);
        prop_assert_eq!(canonical.normal_form(), &*normal);
    }

    #[test]
    fn no_text_is_answered_with_a_panic(
        choices in prop::collection::vec(any::<u8>(), 0..60),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3usize), 1..6),
    ) {
        let mut bytes = Writer::schema(&choices).into_bytes();
        for (place, byte, kind) in edits {
            let at = place.index(bytes.len().max(1)).min(bytes.len());
            match kind {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                _ if at < bytes.len() => drop(bytes.remove(at)),
                _ => {}
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        for options in [Options::NEW, Options::STORED] {
            if let Ok(schema) = AvroSchema::parse(&text, &[], options) {
                let schema = Schema::Avro(schema);
                let _printed = (schema.normal_form(), schema.tagged(), schema.is_equivalent(&schema.clone()));
            }
        }
    }
}
