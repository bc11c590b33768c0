//! Canonical JSON of the writer, parsed by the reader: names of fields and of enum constants, and types
//! that are the same in bytes only.
//!
//! Looked at are the pairs of messages and the fields that both sides declare, as for the wire; a field
//! that the reader lacks is its own decision. What the wire rules tell of a place is not told again.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::fidelity::{Fidelity, Pair, Sides};
use super::findings::Findings;
use super::json_kinds::{What, element, is_well_known, misfit};
use super::model::{Cardinality, Enum, EnumId, Field, Kind, Message, Model, Plain, Presence};
use super::sample::{Content, Put, Sampler};
use super::{rules, rules_beyond_wire};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::finding::{Incompatibility, Labels, Pointer, Severity};
use crate::compat::report::Why;
use crate::compat::rules::Rule;
use crate::compat::witness::Witness;
use crate::compat::witness::protobuf::{JsonClaim, Party};
use crate::schema::protobuf::names::Origin;

/// What is needed to try a sample.
pub(super) struct Trial<'a> {
    pub(super) sides: Sides<'a>,
    pub(super) sampler: &'a Sampler<'a>,
    pub(super) fidelity: &'a Fidelity,
    pub(super) reader: Party<'a>,
    pub(super) writer: Party<'a>,
}

/// Add what is wrong with JSON to what is `found`; what could not be decided, if there is anything.
pub(super) fn tell(
    trial: &Trial<'_>,
    found: &mut Findings,
    fuel: &mut Fuel,
) -> Result<Option<Why>, Exhausted> {
    let mut teller = Teller {
        trial,
        found,
        trials: Fuel::new(Fuel::WITNESSES),
        told_enums: HashSet::new(),
        undecided: None,
    };
    for (index, pair) in trial.fidelity.pairs.iter().enumerate() {
        let Sides { writer, reader, .. } = trial.sides;
        let (written, read) = (writer.message(pair.writer), reader.message(pair.reader));
        fuel.spend(1 + written.fields().len() + read.fields().len())?;
        // The key and the value of a map are looked at where the map is; well-known messages show no
        // names of fields.
        let is_nameless = |message: &Message<'_>| message.is_map_entry || is_well_known(message);
        if !is_nameless(written) && !is_nameless(read) {
            teller.pair(index, written, read, fuel)?;
        }
    }
    if trial.sides.writer.package() != trial.sides.reader.package() {
        teller.any();
    }
    Ok(teller.undecided)
}

struct Teller<'t, 'a> {
    trial: &'t Trial<'a>,
    found: &'t mut Findings,
    /// For trying samples: a parser looks at every field of the messages that it meets.
    trials: Fuel,
    /// Enums that were compared, and whether with regard to their zero.
    told_enums: HashSet<(EnumId, EnumId, bool)>,
    undecided: Option<Why>,
}

/// Something that may be wrong with a field, before it is tried.
struct Suspicion {
    rule: &'static Rule,
    severity: Severity,
    message: String,
    places: (Pointer, Pointer),
    /// What to put into the field.
    contents: Vec<Content>,
    /// If it does not show, the judge is at fault; otherwise this is what it does not know.
    doubt: Option<String>,
}

/// A field of the pair that is looked at, on both sides.
#[derive(Clone, Copy)]
struct Place<'p> {
    index: usize,
    written: (&'p Message<'p>, &'p Field<'p>),
    read: (&'p Message<'p>, &'p Field<'p>),
}

impl Teller<'_, '_> {
    fn pair(
        &mut self,
        index: usize,
        written: &Message<'_>,
        read: &Message<'_>,
        fuel: &mut Fuel,
    ) -> Result<(), Exhausted> {
        let names = Names::of(read);
        let Sides { writer, heights, .. } = self.trial.sides;
        for field in written.fields().iter().filter(|field| heights.can_be_set(writer, field)) {
            let Some(other) = read.field(field.number) else { continue };
            let place = Place { index, written: (written, field), read: (read, other) };
            let key = field.json_name();
            let suspicion = match names.fields(&key) {
                [number] if *number == field.number => self.misfit(place),
                numbers => self.renamed(place, &key, numbers),
            };
            match suspicion {
                Some(suspicion) => self.suspect(place, suspicion),
                None => self.enums(place, fuel)?,
            }
        }
        Ok(())
    }

    /// The reader's parser knows other fields by the name that is written, or none.
    fn renamed(&self, place: Place<'_>, key: &str, numbers: &[i32]) -> Option<Suspicion> {
        let Labels { reader, writer } = Labels::of(self.trial.sides.direction);
        let ((written, field), (read, other)) = (place.written, place.read);
        let rule: &'static Rule = match field.shown_name() == other.shown_name() {
            true => &rules_beyond_wire::PROTO_JSON_NAME_CHANGED,
            false => &rules_beyond_wire::PROTO_FIELD_RENAMED,
        };
        let what = match numbers {
            [] => "the name of no field there".to_owned(),
            [number] => {
                let taken = read.field(*number).map_or(Cow::Borrowed(""), Field::shown_name);
                format!("the name of another field there, `{taken}`")
            }
            _ => "the name of several fields there".to_owned(),
        };
        let message = format!(
            "the {writer} schema writes `{}.{}` as `{key}` in JSON; the {reader} schema calls it `{}`, and `{key}` is {what}",
            written.local_name(),
            field.shown_name(),
            other.json_name(),
        );
        Some(Suspicion {
            rule,
            severity: rule.severity,
            message,
            places: places(place),
            contents: shown(field, vec![element(self.trial.sides.writer, field, 1)?])?,
            doubt: (numbers.len() > 1).then(|| format!("the JSON name {key}, which several fields have")),
        })
    }

    /// The reader's parser expects something else than is written.
    fn misfit(&self, place: Place<'_>) -> Option<Suspicion> {
        let Sides { writer, reader, direction, .. } = self.trial.sides;
        let ((written, field), (_, other)) = (place.written, place.read);
        let misfit = misfit(self.trial.sides, field, other)?;
        let rule: &'static Rule = match misfit.what {
            What::Bare => &rules_beyond_wire::PROTO_SINGULAR_TO_REPEATED,
            _ => &rules_beyond_wire::PROTO_JSON_TYPE_CHANGED,
        };
        let (from, to) = (writer.type_name(field), reader.type_name(other));
        let labels = Labels::of(direction);
        let message = format!(
            "`{}.{}` is {from} in the {} schema and {to} in the {} schema, which differ in JSON",
            written.local_name(),
            field.shown_name(),
            labels.writer,
            labels.reader
        );
        let doubt = (misfit.what == What::WellKnown).then(|| format!("the JSON of {from} read as {to}"));
        let contents = shown(field, misfit.contents)?;
        Some(Suspicion { rule, severity: rule.severity, message, places: places(place), contents, doubt })
    }

    /// An `Any` names the type of what is in it in full, and its JSON cannot be read without the type.
    fn any(&mut self) {
        let Sides { writer, reader, direction, .. } = self.trial.sides;
        let is_any = |model: &Model<'_>, field: &Field<'_>| match field.kind {
            Kind::Message(id, _) => model.message(id).full_name == "google.protobuf.Any",
            _ => false,
        };
        let pairs = self.trial.fidelity.pairs.iter().enumerate();
        let mut places = pairs.flat_map(|(index, pair)| {
            let (written, read) = (writer.message(pair.writer), reader.message(pair.reader));
            written.fields().iter().filter_map(move |field| {
                let other = read.field(field.number)?;
                let is_one = !read.is_map_entry && is_any(writer, field) && is_any(reader, other);
                is_one.then_some(Place { index, written: (written, field), read: (read, other) })
            })
        });
        let Some(place) = places.next() else { return };
        let Kind::Message(any, _) = place.written.1.kind else { return };
        let held = writer.own_messages().iter().find_map(|&id| {
            let bytes = self.trial.sampler.encode(&self.trial.sampler.minimal(id)?)?;
            Some((writer.message(id).full_name.clone(), bytes))
        });
        let Some((full_name, bytes)) = held else { return };
        let put = |number, plain| Put { number, contents: vec![Content::Plain(plain)] };
        let url = Plain::Text(format!("type.googleapis.com/{full_name}"));
        let labels = Labels::of(direction);
        let message = format!(
            "an `Any` with `{full_name}` of the {} schema cannot be read as JSON with the {} schema, which has another package",
            labels.writer, labels.reader
        );
        let suspicion = Suspicion {
            rule: &rules_beyond_wire::PROTO_PACKAGE_CHANGED,
            severity: Severity::Break,
            message,
            places: (whole(self.trial.sides.reader), whole(self.trial.sides.writer)),
            contents: vec![Content::With(any, vec![put(1, url), put(2, Plain::Bytes(bytes))])],
            doubt: None,
        };
        self.suspect(place, suspicion);
    }

    /// Constants that the reader does not know by their names, or knows as other numbers.
    fn enums(&mut self, place: Place<'_>, fuel: &mut Fuel) -> Result<(), Exhausted> {
        let Sides { writer, reader, .. } = self.trial.sides;
        let (field, other) = (place.written.1, place.read.1);
        let Some((from, to)) = enum_of(writer, field).zip(enum_of(reader, other)) else { return Ok(()) };
        let (written, read) = (writer.enumeration(from), reader.enumeration(to));
        let is_built_in = matches!(written.origin, Origin::BuiltIn(_)) && written.origin == read.origin;
        let shows_zero = field.cardinality != Cardinality::Singular(Presence::Implicit);
        let is_same =
            written.origin == Origin::This && read.origin == Origin::This && written.path == read.path;
        if is_built_in || (is_same && !self.told_enums.insert((from, to, shows_zero))) {
            return Ok(());
        }
        fuel.spend(written.constants().len() + read.constants().len())?;
        let known: HashMap<&str, i32> =
            read.constants().iter().map(|constant| (constant.name, constant.number)).collect();
        let mut seen = HashSet::new();
        for constant in written.constants() {
            let is_printed = seen.insert(constant.number) && (shows_zero || constant.number != 0);
            let found = known.get(constant.name).copied();
            if !is_printed || found == Some(constant.number) {
                continue;
            }
            let constant = (constant.name, constant.number);
            if let Some(suspicion) = self.constant(place, (written, read, is_same), constant, found) {
                self.suspect(place, suspicion);
            }
            if !is_same {
                break;
            }
        }
        Ok(())
    }

    fn constant(
        &self,
        place: Place<'_>,
        (written, read, is_same): (&Enum<'_>, &Enum<'_>, bool),
        (name, number): (&str, i32),
        found: Option<i32>,
    ) -> Option<Suspicion> {
        let Labels { reader, writer } = Labels::of(self.trial.sides.direction);
        let (rule, severity): (&'static Rule, Severity) = match found {
            _ if written.full_name != read.full_name && !is_same => {
                (&rules_beyond_wire::PROTO_JSON_TYPE_CHANGED, Severity::Break)
            }
            None => (&rules_beyond_wire::PROTO_ENUM_VALUE_REMOVED, Severity::Break),
            Some(_) => (&rules::PROTO_ENUM_MEANING_CHANGED, Severity::Altered),
        };
        let becomes = match found {
            None => format!("a name that `{}` of the {reader} schema lacks", read.full_name),
            Some(found) => format!("which is {found} in the {reader} schema"),
        };
        let message = format!(
            "the {writer} schema writes {number} of `{}` as `{name}` in JSON, {becomes}",
            written.full_name
        );
        let at = |definition: &Enum<'_>| {
            let constant = definition.numbered(number).next();
            let at = constant.map_or(definition.place, |constant| constant.place);
            Pointer::at(definition.number_pointer(number), at)
        };
        let field = place.written.1;
        let plain = Content::Plain(Plain::Number(number.into()));
        let contents = match self.trial.sides.writer.map_entry(field) {
            Some(entry) => Content::With(entry, vec![Put { number: 2, contents: vec![plain] }]),
            None => plain,
        };
        Some(Suspicion {
            rule,
            severity,
            message,
            places: if is_same { (at(read), at(written)) } else { places(place) },
            contents: vec![contents],
            doubt: None,
        })
    }

    /// Tell of it, if it shows.
    fn suspect(&mut self, place: Place<'_>, suspicion: Suspicion) {
        let Suspicion { rule, severity, message, places, contents, doubt } = suspicion;
        let is_here = |finding: &Incompatibility| {
            finding.reader_at.as_ref().is_some_and(|at| at.as_str() == places.0.as_str())
        };
        let is_severe =
            |finding: &Incompatibility| matches!(finding.severity, Severity::Break | Severity::Altered);
        if self.found.told.iter().any(|finding| is_here(finding) && is_severe(finding)) {
            return;
        }
        let size = place.written.0.fields().len() + place.read.0.fields().len();
        if !self.found.room.take(rule, severity) {
            return;
        }
        if self.trials.spend(100 + size).is_err() {
            self.undecided.get_or_insert(Why::Fuel);
            return;
        }
        let claim = self.claim(place, contents);
        let Trial { reader, writer, sides, .. } = *self.trial;
        match (claim.and_then(|claim| Witness::of_protobuf_json(reader, writer, claim)), doubt) {
            (Some(witness), _) => {
                // It says more than that a number has another name.
                self.found.told.retain(|finding| !(is_here(finding) && finding.rule == rule));
                let finding = Incompatibility::proved(rule, sides.direction, message, Some(witness));
                let finding = Incompatibility { severity, ..finding }.between(places.0, places.1);
                self.found.told.push(finding);
            }
            (None, Some(keyword)) => {
                let at = places.1.as_str().to_owned();
                self.undecided.get_or_insert(Why::Unsupported { keyword, at });
            }
            (None, None) => self.found.is_contradicted = true,
        }
    }

    fn claim(&self, place: Place<'_>, contents: Vec<Content>) -> Option<JsonClaim> {
        let Trial { sides, sampler, fidelity, .. } = self.trial;
        let (root, mut route) = way(&fidelity.pairs, place.index)?;
        let field = place.written.1;
        let number = field.number;
        let message = |contents| {
            let sample = sampler.holding(root.writer, &route, &[Put { number, contents }])?;
            sampler.encode(&sample)
        };
        let bytes = message(contents)?;
        let harmless = if field.is_required() { None } else { message(Vec::new()) };
        route.push(number);
        Some(JsonClaim {
            written: sides.writer.message(root.writer).full_name.clone(),
            read: sides.reader.message(root.reader).full_name.clone(),
            bytes,
            harmless,
            route,
        })
    }
}

/// The fields of a message by the names that a parser takes: the JSON name and the name itself.
struct Names {
    by_name: HashMap<String, Vec<i32>>,
}

impl Names {
    fn of(message: &Message<'_>) -> Names {
        let mut by_name: HashMap<String, Vec<i32>> = HashMap::new();
        for field in message.fields() {
            let json_name = field.json_name();
            let also = (field.extension.is_none() && field.name != json_name).then(|| field.name.to_string());
            for name in also.into_iter().chain([json_name.into_owned()]) {
                by_name.entry(name).or_default().push(field.number);
            }
        }
        Names { by_name }
    }

    fn fields(&self, name: &str) -> &[i32] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The root through which the pair is reached, and the numbers of the fields that lead to it.
fn way(pairs: &[Pair], index: usize) -> Option<(&Pair, Vec<i32>)> {
    let mut route = Vec::new();
    let mut pair = pairs.get(index)?;
    while let Some((parent, number)) = pair.parent {
        route.push(number);
        pair = pairs.get(parent)?;
    }
    route.reverse();
    Some((pair, route))
}

fn places(place: Place<'_>) -> (Pointer, Pointer) {
    let at = |(message, field): (&Message<'_>, &Field<'_>)| {
        Pointer::at(message.field_pointer(field.number), field.place)
    };
    (at(place.read), at(place.written))
}

/// `None` for a value that the field does not show.
fn shown(field: &Field<'_>, contents: Vec<Content>) -> Option<Vec<Content>> {
    let is_zero = |content: &Content| matches!(content, Content::Plain(plain) if plain.is_zero());
    let is_implicit = field.cardinality == Cardinality::Singular(Presence::Implicit);
    (!is_implicit || !contents.iter().all(is_zero)).then_some(contents)
}

/// The enum of a field, or of the values of a map.
fn enum_of(model: &Model<'_>, field: &Field<'_>) -> Option<EnumId> {
    let value = model.map_entry(field).and_then(|entry| model.message(entry).field(2));
    match &value.unwrap_or(field).kind {
        Kind::Enum(id) => Some(*id),
        _ => None,
    }
}

/// The place of the package.
fn whole(model: &Model<'_>) -> Pointer {
    Pointer::at(String::new(), model.package_place())
}
#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use crate::compat::protobuf::prove;
    use crate::compat::report::{Proof, ProofView, Room, Why};
    use crate::model::{Direction, Pack};
    use crate::schema::Options;
    use crate::schema::protobuf::ProtobufSchema;

    fn view(old: &str, new: &str) -> ProofView {
        let packs = BTreeSet::from([Pack::Wire, Pack::JsonNames, Pack::Source]);
        let [old, new] = [old, new].map(|body| {
            let text = format!("syntax = \"proto3\"; {body}");
            ProtobufSchema::parse(&text, &[], Options::STORED).expect("a schema")
        });
        // The stack of a thread that serves requests is not large.
        let small_stack = std::thread::Builder::new().stack_size(1024 * 1024);
        let run = move || prove(Direction::Backward, &new, &old, &packs);
        small_stack.spawn(run).expect("a thread").join().expect("no panic and no overflow")
    }

    #[test]
    fn of_many_findings_the_first_are_told_and_the_others_counted() {
        let fields = |name: &str| {
            let fields = (1..=300).map(|number| format!("int32 {name}{number} = {number};"));
            format!("message M {{ {} }}", fields.collect::<String>())
        };
        let ProofView { proof, findings, more, .. } = view(&fields("a"), &fields("b"));
        assert_eq!((proof, findings.len()), (Proof::Refuted, 2 * Room::OF_A_RULE));
        // Those of the source pack at other places are counted too.
        assert_eq!(more, 300 - Room::OF_A_RULE + 300 - 2 * Room::OF_A_RULE);
    }

    #[test]
    fn deep_messages_and_rings_are_gone_through() {
        let nested = |leaf: &str| {
            let mut text = String::new();
            for level in 0..80 {
                let _ = write!(text, "message M{level} {{ M{} m = 1; }}", level + 1);
            }
            format!("{text} message M80 {{ M0 again = 1; int32 {leaf} = 2; }}")
        };
        assert_eq!(view(&nested("a"), &nested("a")).proof, Proof::Proved(crate::compat::How::Identical));
        assert_eq!(view(&nested("a"), &nested("b")).proof, Proof::Refuted);
    }

    #[test]
    fn enums_and_fields_do_not_multiply() {
        let text = |name: &str, count: usize| {
            let constants: String = (1..count).map(|number| format!("{name}{number} = {number};")).collect();
            let fields: String = (1..count).map(|number| format!("E f{number} = {number};")).collect();
            format!("enum E {{ Z = 0; {constants} }} message M {{ {fields} }}")
        };
        assert_eq!(view(&text("A", 300), &text("B", 300)).proof, Proof::Refuted);
        // Two enums in the same fields are compared at each of them.
        let other = text("A", 300).replace("E f", "F f") + "enum F { Y = 0; }";
        let proof = view(&text("A", 300), &other).proof;
        assert!(matches!(proof, Proof::Refuted | Proof::Undecided(Why::Fuel)), "{proof:?}");
    }
}
