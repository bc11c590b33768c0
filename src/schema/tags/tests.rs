//! What edits say, and what they make of texts of each format.

use super::{Edits, LONGEST_PATH, MOST_LISTED, TagEdit, TagError};
use crate::model::Format;
use crate::schema::{Dependency, Options, Schema};

fn edit(path: &str, is_record: bool, add: &[&str], remove: &[&str]) -> TagEdit {
    let owned = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect();
    TagEdit { path: path.into(), is_record, add: owned(add), remove: owned(remove), is_optional: false }
}

#[test]
fn tags_keep_their_order_and_come_once() {
    for (before, add, remove, after) in [
        (vec![], vec!["b", "a", "b"], vec![], "b a"),
        (vec!["x", "y"], vec!["y", "a"], vec![], "x y a"),
        (vec!["x", "y", "x"], vec![], vec!["z"], "x y"),
        (vec!["x", "y"], vec!["z"], vec!["x", "z"], "y"),
        (vec!["x"], vec![], vec!["x"], ""),
    ] {
        // In one edit or in several.
        let one = vec![edit(".p", false, &add, &remove)];
        let several = vec![edit("p", false, &add, &[]), edit(".p", false, &[], &remove)];
        for edits in [one, several] {
            let change = Edits::of(&edits).take("p", false).expect("an edit");
            assert_eq!(change.apply(before.iter().map(|tag| (*tag).to_owned())).join(" "), after);
        }
    }
}

#[test]
fn an_edit_waits_for_its_own_record_or_field() {
    let mut edits = Edits::of(&[edit("a.b", true, &[], &[]), edit("a.bc.d", false, &[], &[])]);
    for (start, leads) in [("", true), ("a.", true), ("a.bc", true), ("a.c", false), ("a.b.", false)] {
        assert_eq!(edits.lead_to(start), leads, "{start}");
    }
    assert!(edits.take("a.b", false).is_none());
    assert!(edits.take("a.b", true).is_some());
    assert!(edits.take("a.b", true).is_none(), "handed out once");
    let missing = TagError::NoSuchPath("a.bc.d".to_owned());
    assert_eq!(edits.check_all_found(), Err(missing));
    let optional = TagEdit { is_optional: true, ..edit("x", true, &[], &[]) };
    assert_eq!(Edits::of(std::slice::from_ref(&optional)).check_all_found(), Ok(()));
    let both = Edits::of(&[optional, edit(".x", true, &[], &[])]);
    assert_eq!(both.check_all_found(), Err(TagError::NoSuchPath("x".to_owned())));
}

#[test]
fn a_path_of_any_length_does_not_count() {
    let long = "p".repeat(LONGEST_PATH + 1);
    let mut edits = Edits::of(&[edit(&long, true, &[], &[])]);
    assert!(!edits.lead_to(&long) && edits.take(&long, true).is_none());
    assert!(edits.check_all_found().is_err());
}

/// An edit a word: `+` or `-`, `r` or `f` for a record or field, the path, `=`, tags between commas.
fn edits(words: &str) -> Vec<TagEdit> {
    let read = |word: &str| {
        let (kind, rest) = word.split_at(2);
        let (path, tags) = rest.split_once('=').expect(word);
        let tags: Vec<&str> = tags.split(',').filter(|tag| !tag.is_empty()).collect();
        let (add, remove) = if kind.starts_with('+') { (tags, vec![]) } else { (vec![], tags) };
        edit(path, kind.ends_with('r'), &add, &remove)
    };
    words.split_whitespace().map(read).collect()
}

fn parse(format: Format, text: &str, dependencies: &[Dependency]) -> Schema {
    Schema::parse(format, text, dependencies, Options::NEW).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The text after the edits; it must be a schema and the canonical text of itself.
fn edited(format: Format, text: &str, words: &str) -> String {
    match parse(format, text, &[]).with_tags(&edits(words)) {
        Ok(after) => {
            assert_eq!(parse(format, &after, &[]).canonical(), after, "{text} {words}");
            after
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn avro_texts() {
    const R: &str = r#"{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":"int","confluent:tags":["PII","X"]},{"name":"b","type":["null",{"type":"record","name":"In","fields":[{"name":"c","type":"In2","k":1}]}],"default":null}],"z":[1],"aliases":["Q"]}"#;
    let text = &R.replace("\"In2\"", r#"{"type":"map","values":["In","string"]}"#);
    let tagged = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    let nothing = |path: &str| format!("No matching path '{path}' found in the schema");
    let a = r#""confluent:tags":["PII","X"]"#;
    for (words, after) in [
        ("", text.clone()),
        ("+fn.R.a=A,PII", tagged(a, r#""confluent:tags":["PII","X","A"]"#)),
        ("-f.n.R.a=PII", tagged(a, r#""confluent:tags":["X"]"#)),
        ("-f.n.R.a=PII -f.n.R.a=X,Y", tagged(&format!(",{a}"), "")),
        ("+fn.R.a=A -fn.R.a=X,A", tagged(a, r#""confluent:tags":["PII"]"#)),
        ("-fn.R.b=PII", text.clone()),
        ("+rn.R=T", tagged(r#""z":[1]"#, r#""z":[1],"confluent:tags":["T"]"#)),
        (
            "+r.n.In=T +fn.In.c=U",
            tagged(r#""k":1}]"#, r#""k":1,"confluent:tags":["U"]}],"confluent:tags":["T"]"#),
        ),
        ("+fn.R=T", nothing("n.R")),
        ("+rn.R.a=T", nothing("n.R.a")),
        ("+fR.a=T", nothing("R.a")),
        ("+f..n.R.a=T", nothing(".n.R.a")),
        ("+f=T", nothing("")),
        ("-fn.R.x=T", nothing("n.R.x")),
        ("+fn.R.a=T +fn.R.x=", nothing("n.R.x")),
    ] {
        assert_eq!(edited(Format::Avro, text, words), after, "{words}");
    }
    assert_eq!(edited(Format::Avro, "\"string\"", "+rstring=T"), nothing("string"));
    let odd = r#"{"type":"record","name":"R","fields":[],"confluent:tags":"A"}"#;
    assert_eq!(edited(Format::Avro, odd, "+rR=B"), odd.replace("\"A\"", "[\"B\"]"));
}

#[test]
fn what_an_avro_text_takes_from_others_is_not_its_own() {
    let text = r#"{"type":"record","name":"D","fields":[{"name":"x","type":"int"}]}"#.to_owned();
    let dependency = Dependency { name: "d".into(), origin: None, text };
    let text = r#"{"type":"record","name":"R","fields":[{"name":"d","type":"D"}]}"#;
    let schema = parse(Format::Avro, text, &[dependency]);
    let after = r#"{"type":"record","name":"R","fields":[{"name":"d","type":"D","confluent:tags":["T"]}]}"#;
    assert_eq!(schema.with_tags(&edits("+fR.d=T")), Ok(after.to_owned()));
    for words in ["+rD=T", "+fD.x=T"] {
        assert!(schema.with_tags(&edits(words)).is_err(), "{words}");
    }
}

#[test]
fn json_texts() {
    let nothing = |path: &str| format!("No matching path '{path}' found in the schema");
    for (text, words, after) in [
        (
            r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"object"}},"x":1.50}"#,
            "+fobject.a=P,A +r.object=R +fobject.b=B",
            r#"{"type":"object","properties":{"a":{"type":"string","confluent:tags":["P","A"]},"b":{"type":"object","confluent:tags":["B"]}},"x":1.50,"confluent:tags":["R"]}"#.to_owned(),
        ),
        (
            r#"{"confluent:tags":["R"],"properties":{"a.b":{"confluent:tags":["P","Q"],"type":"string"}}}"#,
            "-robject=R -fobject.a.b=P",
            r#"{"properties":{"a.b":{"confluent:tags":["Q"],"type":"string"}}}"#.to_owned(),
        ),
        // A reference counts, and what stands in lists and definitions.
        (
            r##"{"type":"array","items":{"type":"object","properties":{"r":{"$ref":"#/definitions/d"}}},"definitions":{"d":{}}}"##,
            "+rarray.object=R +farray.object.r=F",
            r##"{"type":"array","items":{"type":"object","properties":{"r":{"$ref":"#/definitions/d","confluent:tags":["F"]}},"confluent:tags":["R"]},"definitions":{"d":{}}}"##.to_owned(),
        ),
        (
            r#"{"type":"object","definitions":{"d":{"properties":{"f":{}}}}}"#,
            "+robject.definitions.d.object=R +fobject.definitions.d.object.f=F",
            r#"{"type":"object","definitions":{"d":{"properties":{"f":{"confluent:tags":["F"]}},"confluent:tags":["R"]}}}"#.to_owned(),
        ),
        // Branches count in their own order.
        (
            r#"{"oneOf":[{"properties":{"f":{}}},{"type":"null"}]}"#,
            "+foneof.1.object.f=F",
            r#"{"oneOf":[{"properties":{"f":{"confluent:tags":["F"]}}},{"type":"null"}]}"#.to_owned(),
        ),
        (
            r#"{"type":["null","object"],"properties":{"f":{}}}"#,
            "+fanyof.1.object.f=F",
            r#"{"type":["null","object"],"properties":{"f":{"confluent:tags":["F"]}}}"#.to_owned(),
        ),
        (r#"{"type":["null","object"]}"#, "+ranyof.1.object=R", nothing("anyof.1.object")),
        (r#"{"properties":{"t":true}}"#, "+fobject.t=T", nothing("object.t")),
        (r#"{"properties":{"t":{}}}"#, "+robject.t=T", nothing("object.t")),
        (r#"{"properties":{"t":{"type":"object"}}}"#, "+robject.t.object=T", nothing("object.t.object")),
        ("true", "+robject=T", nothing("object")),
    ] {
        assert_eq!(edited(Format::Json, text, words), after, "{text} {words}");
    }
}

const TAGGED: &str = r#"syntax = "proto3";
package p;

import "confluent/meta.proto";

message M {
  option (confluent.message_meta).tags = "A";
  option deprecated = true;

  int32 a = 1 [
    (confluent.field_meta).tags = "A",
    deprecated = true,
    (confluent.field_meta).tags = "B"
  ];
  string b = 2 [(confluent.field_meta) = {
    doc: "d"
  }];

  oneof o {
    string c = 3;
  }

  message In {
    repeated M d = 1;
  }
}
"#;

#[test]
fn protobuf_texts() {
    let list = |indent: &str, tags: &[&str]| {
        let tags: Vec<String> = tags.iter().map(|tag| format!("{indent}    \"{tag}\"")).collect();
        format!("{{\n{indent}  tags: [\n{}\n{indent}  ]\n{indent}}}", tags.join(",\n"))
    };
    let replaced = |from: &str, to: String| {
        assert!(TAGGED.contains(from), "{from}");
        TAGGED.replace(from, &to)
    };
    let a = &TAGGED[TAGGED.find("1 [").expect("a field")..TAGGED.find("  string b").expect("another")];
    let both = format!(
        "1 [\n    (confluent.field_meta) = {},\n    deprecated = true\n  ];\n",
        list("    ", &["A", "B", "C"])
    );
    let nothing = |path: &str| format!("No matching path '{path}' found in the schema");
    for (words, after) in [
        ("", TAGGED.to_owned()),
        ("+f.M.a=B,C", replaced(a, both)),
        ("-fM.a=A,B", replaced(a, "1 [deprecated = true];\n".to_owned())),
        (
            "+rM=B",
            replaced(
                r#"(confluent.message_meta).tags = "A""#,
                format!("(confluent.message_meta) = {}", list("  ", &["A", "B"])),
            ),
        ),
        ("-rM=A", replaced("  option (confluent.message_meta).tags = \"A\";\n", String::new())),
        ("+fM.b=T", replaced("doc: \"d\"\n", "doc: \"d\",\n    tags: [\n      \"T\"\n    ]\n".to_owned())),
        ("-fM.b=T", TAGGED.to_owned()),
        ("+fM.c=T", replaced("= 3", format!("= 3 [(confluent.field_meta) = {}]", list("    ", &["T"])))),
        ("+fM.o.c=T", replaced("= 3", format!("= 3 [(confluent.field_meta) = {}]", list("    ", &["T"])))),
        (
            "+fM.In.d=T",
            replaced("d = 1", format!("d = 1 [(confluent.field_meta) = {}]", list("    ", &["T"]))),
        ),
        (
            "+rM.In=T",
            replaced(
                "message In {\n",
                format!(
                    "message In {{\n    option (confluent.message_meta) = {};\n  \n",
                    list("    ", &["T"])
                ),
            ),
        ),
        ("+rp.M=T", nothing("p.M")),
        ("+rM.a=T", nothing("M.a")),
        ("+fM=T", nothing("M")),
        ("+fM.o=T", nothing("M.o")),
        ("+fM.d=T", nothing("M.d")),
    ] {
        assert_eq!(edited(Format::Protobuf, TAGGED, words), after, "{words}");
    }
}

#[test]
fn tags_bring_the_import_that_they_need() {
    let untagged =
        "syntax = \"proto3\";\n\nimport \"google/protobuf/any.proto\";\n\nmessage M {\n  int32 a = 1;\n}\n";
    let after = edited(Format::Protobuf, untagged, "+fM.a=T");
    assert!(after.contains("any.proto\";\nimport \"confluent/meta.proto\";\n"), "{after}");
    assert_eq!(edited(Format::Protobuf, untagged, "-fM.a=T"), untagged);
    let strict = Options { new: true, validate_fields: true };
    for package in ["p", "confluent", "com.confluent.p"] {
        let text = format!("syntax = \"proto3\";\npackage {package};\nmessage M {{ int32 a = 1; }}");
        let after = edited(Format::Protobuf, &text, "+rM=R +fM.a=T");
        // The compiler is asked: the options must mean something.
        let schema = Schema::parse(Format::Protobuf, &after, &[], strict);
        let schema = schema.unwrap_or_else(|error| panic!("{error}\n{after}"));
        let tagged: Vec<String> = schema.tagged().into_iter().map(|tagged| tagged.path).collect();
        assert_eq!(tagged, ["M", "M.a"], "{after}");
        assert_eq!(edited(Format::Protobuf, &after, "-rM=R -fM.a=T").matches("meta)").count(), 0, "{after}");
    }
}

#[test]
fn tags_of_any_text_survive() {
    let odd = "a \"b\" \\ \n ü'";
    for (format, text, path) in [
        (Format::Avro, r#"{"type":"record","name":"R","fields":[]}"#, "R"),
        (Format::Json, r#"{"type":"object"}"#, "object"),
        (Format::Protobuf, "syntax = \"proto3\"; message M {}", "M"),
    ] {
        let after = parse(format, text, &[]).with_tags(&[edit(path, true, &[odd], &[])]).expect("a record");
        let tagged = parse(format, &after, &[]).tagged();
        assert!(tagged.len() == 1 && tagged[0].path == path && tagged[0].tags.contains(odd), "{after}");
    }
}

#[test]
fn lists_stay_in_proportion() {
    // A long name around many short ones.
    let avro = |name: usize, fields: usize| {
        let field = |n| format!(r#"{{"name":"f{n}","type":"int","confluent:tags":["T"]}}"#);
        let fields: Vec<String> = (0..fields).map(field).collect();
        format!(r#"{{"type":"record","name":"{}","fields":[{}]}}"#, "R".repeat(name), fields.join(","))
    };
    let json = |name: usize, fields: usize| {
        let field = |n| format!(r#""f{n}":{{"type":"string","confluent:tags":["T"]}}"#);
        let fields: Vec<String> = (0..fields).map(field).collect();
        let inner = format!(r#"{{"type":"object","properties":{{{}}}}}"#, fields.join(","));
        format!(r#"{{"type":"object","properties":{{"{}":{inner}}}}}"#, "R".repeat(name))
    };
    let protobuf = |name: usize, fields: usize| {
        let field = |n| format!(r#"int32 f{n} = {n} [(confluent.field_meta).tags = "T"];"#);
        let fields: String = (1..=fields).map(field).collect();
        let import = r#"import "confluent/meta.proto";"#;
        format!(r#"syntax = "proto3"; {import} message {} {{ {fields} }}"#, "R".repeat(name))
    };
    let texts: [(Format, &dyn Fn(usize, usize) -> String, usize); 3] =
        [(Format::Avro, &avro, 8000), (Format::Json, &json, 8000), (Format::Protobuf, &protobuf, 2000)];
    for (format, text, name) in texts {
        let shown = |name, fields| parse(format, &text(name, fields), &[]).tagged().len();
        assert_eq!(shown(name, 3), 3, "{format:?}");
        let most = shown(name, MOST_LISTED / name + 100);
        assert!((MOST_LISTED / (name + 20)..MOST_LISTED / name).contains(&most), "{format:?}: {most}");
        // Names of Protobuf are never so long.
        if format != Format::Protobuf {
            assert_eq!(shown(LONGEST_PATH, 3), 0, "{format:?}");
        }
    }
}
