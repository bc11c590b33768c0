//! The descriptors against those of a compiler, where there are any, and what else becomes of a schema.

use std::collections::BTreeSet;

use buffa_descriptor::{DescriptorPool, FieldDescriptor, FieldKind, SingularKind};

use crate::compat::budget::Fuel;
use crate::compat::protobuf::model::Model;
use crate::schema::Options;
use crate::schema::protobuf::{ProtobufSchema, builtin};

fn schema(text: &str) -> ProtobufSchema {
    ProtobufSchema::parse(text, &[], Options::STORED).expect("a schema")
}

/// All that decoding rests on.
fn field(pool: &DescriptorPool, field: &FieldDescriptor) -> String {
    let kind = |kind: SingularKind| match kind {
        SingularKind::Scalar(scalar) => format!("{scalar:?}"),
        SingularKind::Message(index) => pool.message(index).full_name().to_owned(),
        SingularKind::Enum(index) => {
            let values = pool.enumeration(index).values().iter();
            let values: Vec<String> =
                values.map(|value| format!("{}={}", value.name(), value.number())).collect();
            format!("{{{}}} {:?}", values.join(","), field.enum_type())
        }
    };
    let kind = match field.kind() {
        FieldKind::Singular(of) => kind(of),
        FieldKind::List(of) => format!("repeated {}", kind(of)),
        FieldKind::Map { key, value } => format!("map<{key:?}, {}>", kind(value)),
    };
    let (packed, delimited) = (field.is_packed(), field.is_delimited());
    format!(
        "{} {} {kind} {:?} packed={packed} delimited={delimited}",
        field.number(),
        field.name(),
        field.presence()
    )
}

/// Every message of the pool that is meant, a line a field.
fn lines(pool: &DescriptorPool, is_meant: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for message in pool.messages().iter().filter(|message| is_meant(message.full_name())) {
        let name = message.full_name();
        let is_entry = message.options().is_some_and(|options| options.map_entry == Some(true));
        lines.insert(format!("{name} {is_entry}"));
        for declared in message.fields() {
            let oneof = declared.oneof_index().and_then(|index| message.oneofs().get(usize::from(index)));
            let oneof = oneof.filter(|oneof| !oneof.is_synthetic()).map_or("", |oneof| oneof.name());
            lines.insert(format!(
                "{name} {} json={} oneof={oneof}",
                field(pool, declared),
                declared.json_name()
            ));
        }
        let index = pool.message_index(name).expect("its index");
        for extension in pool.extensions_of(index) {
            lines.insert(format!("{name} {} {}", extension.json_key(), field(pool, extension.field())));
        }
    }
    lines
}

fn agree(text: &str) {
    let schema = schema(text);
    let model = Model::of(&schema, &mut Fuel::new(Fuel::PAIR)).expect("little work");
    let made = model.descriptors().expect("sound descriptors");
    assert_eq!(made.left_out, None, "{text}");
    let compiled = DescriptorPool::decode(&schema.compiled().expect("it compiles")).expect("it links");
    let is_meant = |name: &str| made.full.message_index(name).is_some();
    assert_eq!(lines(&made.full, is_meant), lines(&compiled, is_meant), "{text}");
    let maps = |pool: &DescriptorPool| {
        let fields = pool.messages().iter().flat_map(|message| message.fields());
        fields.filter(|field| matches!(field.kind(), FieldKind::Map { .. })).count()
    };
    assert_eq!(maps(&made.without_maps), 0);
}

#[test]
fn they_are_what_a_compiler_makes_of_the_schema() {
    agree(
        "syntax = \"proto3\"; package p.q; import \"google/protobuf/struct.proto\"; import \"google/protobuf/any.proto\";
        message A { int32 a_b = 1; optional int64 c = 2 [json_name = \"x\"]; repeated sint32 d = 3;
          repeated fixed64 e = 4 [packed = false]; map<string, B> f_g = 5; map<int32, E> h = 6;
          oneof o { string i = 7; B j = 8; E k = 9; } optional E l = 10; E m = 11; repeated E n = 12;
          B.C r = 13; google.protobuf.Struct s = 14; google.protobuf.Any t = 15; repeated string u = 16; }
        message B { message C { B b = 1; enum F { Z = 0; } F f = 2; } bytes x = 1; map<bool, C> y = 2; }
        enum E { option allow_alias = true; ZERO = 0; ONE = 1; EINS = 1; MINUS = -1; }",
    );
    agree(
        "syntax = \"proto2\"; package p;
        message A { required int32 a = 1; optional E b = 2 [default = TWO]; repeated int32 c = 3;
          repeated int32 d = 4 [packed = true]; optional group G = 5 { optional float x = 1; }
          oneof o { double h = 6; group I = 7 { required bool y = 1; } } repeated group J = 8 { }
          map<string, E> k = 9; repeated E l = 10; extensions 100 to 200; reserved 50; reserved \"z\"; }
        extend A { optional string ext = 100; repeated int32 exts = 101 [packed = true]; }
        message S { extend A { optional S inner = 102; optional group K = 103 { optional int32 v = 1; } } }
        enum E { ONE = 1; TWO = 2; }",
    );
    for (path, _) in builtin::files().iter().filter(|(path, _)| !path.ends_with("descriptor.proto")) {
        let definitions = builtin::files().iter().find(|(other, _)| other == path).map(|(_, file)| file);
        let names = definitions.expect("a file").definitions();
        let messages = names.iter().filter(|(_, found)| {
            matches!(found, crate::schema::protobuf::model::Definition::Message(message) if message.map_entry().is_none())
        });
        let fields: String = messages
            .enumerate()
            .map(|(index, (name, _))| format!(".{name} f{index} = {}; ", index + 1))
            .collect();
        agree(&format!("syntax = \"proto3\"; import \"{path}\"; message M {{ {fields} }}"));
    }
}

#[test]
fn names_that_clash_are_replaced() {
    let text = "syntax = \"proto3\"; message M { map<string, int32> a_b = 1; map<string, int64> aB = 2; int32 c = 3; int64 c = 4; }
        message N { message XEntry { int32 a = 1; } map<string, string> x = 1; XEntry y = 2; }
        enum E { A = 0; E = 1; A = 2; } enum F { A = 0; } message O { E e = 1; F f = 2; }";
    let schema = schema(text);
    let model = Model::of(&schema, &mut Fuel::new(Fuel::PAIR)).expect("little work");
    let made = model.descriptors().expect("sound descriptors");
    assert_eq!(made.left_out, None);
    let index = made.index(&made.full, model.own_message("M").expect("M")).expect("M");
    let kinds: Vec<FieldKind> = made.full.message(index).fields().iter().map(|field| field.kind()).collect();
    assert!(matches!(kinds[..2], [FieldKind::Map { .. }, FieldKind::Map { .. }]), "{kinds:?}");
    assert_ne!(kinds[0], kinds[1]);
}

#[test]
fn what_no_descriptor_can_hold_is_left_out() {
    let left_out = |body: &str| {
        let schema = schema(&format!("syntax = \"proto3\"; message M {{ {body} int64 other = 900; }}"));
        let model = Model::of(&schema, &mut Fuel::new(Fuel::PAIR)).expect("little work");
        let made = model.descriptors().expect("sound descriptors");
        let index = made.full.message_index("M").expect("M");
        assert!(made.full.message(index).field(900).is_some());
        let (what, at) = made.left_out.clone().unwrap_or_default();
        format!("{what} {at}")
    };
    assert_eq!(left_out("int32 a = 19000;"), "the field number 19000 /M/19000");
    assert_eq!(left_out("Nowhere a = 1;"), "the unknown type Nowhere /M/1");
    assert_eq!(left_out("map<string, Nowhere> a = 1;"), "the type map<string, Nowhere> /M/1");
    assert_eq!(left_out("int32 a = 1; int32 b = 1;"), "the field number 1, which is used twice, /M/1");
    assert_eq!(left_out("map<double, int32> a = 1;"), "the type map<double, int32> /M/1");
}
