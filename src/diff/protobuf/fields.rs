//! Fields and oneofs.

use std::collections::HashMap;

use super::{At, Party, Walk, pair};
use crate::diff::Spot;
use crate::diff::kinds;
use crate::diff::list::shown;
use crate::schema::Place;
use crate::schema::protobuf::model::{
    Extend, Field, FieldType, Group, Label, Message, Oneof, ReservedValue, Setting, Value,
};

/// A field or the field of a group.
#[derive(Clone)]
struct Member<'a> {
    label: Option<Label>,
    name: &'a str,
    number: i32,
    kind: &'a FieldType,
    group: Option<&'a str>,
    options: &'a [Setting],
    default: Option<&'a Value>,
    json_name: Option<&'a Value>,
    place: Place,
    /// The oneof around it.
    oneof: Option<&'a str>,
}

/// The type of a group is its name.
static GROUP: FieldType = FieldType::Named(String::new());

impl<'a> Member<'a> {
    fn of(field: &'a Field, oneof: Option<&'a str>) -> Member<'a> {
        Member {
            label: field.label,
            name: &field.name,
            number: field.number,
            kind: &field.kind,
            group: None,
            options: &field.options,
            default: field.default.as_ref(),
            json_name: field.json_name.as_ref(),
            place: field.place,
            oneof,
        }
    }

    fn of_group(group: &'a Group, oneof: Option<&'a str>) -> Member<'a> {
        Member {
            label: group.label,
            name: &group.message.name,
            number: group.number,
            kind: &GROUP,
            group: Some(&group.message.name),
            options: &group.options,
            default: None,
            json_name: None,
            place: group.message.place,
            oneof,
        }
    }

    fn all(message: &'a Message) -> Vec<Member<'a>> {
        let oneofs = message.oneofs.iter().flat_map(|oneof| {
            let name = Some(oneof.name.as_str());
            let fields = oneof.fields.iter().map(move |field| Member::of(field, name));
            fields.chain(oneof.groups.iter().map(move |group| Member::of_group(group, name)))
        });
        let fields = message.fields.iter().map(|field| Member::of(field, None));
        fields.chain(message.groups.iter().map(|group| Member::of_group(group, None))).chain(oneofs).collect()
    }
}

impl<'a> Walk<'a, '_> {
    pub(super) fn fields(&mut self, old: (&'a Message, At<'_>), new: (&'a Message, At<'_>)) {
        let (before, after) = (Member::all(old.0), Member::all(new.0));
        let is_reserved = |number: i32| {
            let mut values = new.0.reserved.iter().flat_map(|reserved| &reserved.values);
            values.any(|value| matches!(value, ReservedValue::Range(range) if range.contains(number)))
        };
        let what = format!("the message {}", shown(&new.0.name));
        self.members((&before, old.1), (&after, new.1), &what, is_reserved);
    }

    pub(super) fn extends(&mut self, old: (&'a [Extend], At<'_>), new: (&'a [Extend], At<'_>)) {
        let gather = |extends: &'a [Extend]| -> HashMap<&'a str, Vec<Member<'a>>> {
            let mut targets: HashMap<&str, Vec<Member<'_>>> = HashMap::new();
            for extend in extends {
                let members = targets.entry(extend.target.trim_start_matches('.')).or_default();
                members.extend(extend.fields.iter().map(|field| Member::of(field, None)));
                members.extend(extend.groups.iter().map(|group| Member::of_group(group, None)));
            }
            targets
        };
        let (before, after) = (gather(old.0), gather(new.0));
        let mut targets: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
        targets.sort_unstable();
        targets.dedup();
        for target in targets {
            let empty = Vec::new();
            let (from, to) = (before.get(target).unwrap_or(&empty), after.get(target).unwrap_or(&empty));
            // Extensions are fields of the message that they extend, and findings name them so.
            let name =
                |side, at: At<'_>| format!("/{}", self.type_name(side, at.scope, target).replace('.', "/"));
            let paths = (name(Party::Old, old.1), name(Party::New, new.1));
            let ats = (At { path: &paths.0, ..old.1 }, At { path: &paths.1, ..new.1 });
            let what = format!("the extension of {}", shown(target));
            self.members((from, ats.0), (to, ats.1), &what, |_| false);
        }
    }

    fn members(
        &mut self,
        (old, old_at): (&[Member<'a>], At<'_>),
        (new, new_at): (&[Member<'a>], At<'_>),
        what: &str,
        is_reserved: impl Fn(i32) -> bool,
    ) {
        let by_number = |members: &[Member<'a>]| -> HashMap<i32, usize> {
            members.iter().enumerate().map(|(index, member)| (member.number, index)).collect()
        };
        // A number that stands twice, which no compiler takes, is told apart by the name.
        let by_both = |members: &[Member<'a>]| -> HashMap<(i32, &'a str), usize> {
            members.iter().enumerate().map(|(index, member)| ((member.number, member.name), index)).collect()
        };
        let (before, after) = (by_number(old), by_number(new));
        let exact = by_both(old);
        // A number that is gone and a name that is still there: the field was renumbered.
        let by_name: HashMap<&str, usize> = new
            .iter()
            .enumerate()
            .filter(|(_, member)| !before.contains_key(&member.number))
            .map(|(index, member)| (member.name, index))
            .collect();
        let mut renumbered = Vec::new();
        for member in old.iter().filter(|member| !after.contains_key(&member.number)) {
            let at = self.field_spot(Party::Old, old_at, member);
            if let Some(&index) = by_name.get(member.name) {
                renumbered.push(index);
                let to = &new[index];
                let sentence = format!(
                    "the field {} of {what} had the number {} and has {}",
                    shown(member.name),
                    member.number,
                    to.number
                );
                let there = self.field_spot(Party::New, new_at, to);
                self.add(&kinds::FIELD_NUMBER_CHANGED, sentence, at, there);
                self.member((member, old_at), (to, new_at), what);
                continue;
            }
            let kept = if is_reserved(member.number) { "is reserved" } else { "is not reserved" };
            let sentence = format!(
                "the field {} of {what} is gone; its number {} {kept}",
                shown(member.name),
                member.number
            );
            self.add(&kinds::FIELD_REMOVED, sentence, at, None);
        }
        for (index, member) in new.iter().enumerate() {
            let same = exact.get(&(member.number, member.name));
            if let Some(&position) = same.or_else(|| before.get(&member.number)) {
                self.member((&old[position], old_at), (member, new_at), what);
            } else if !renumbered.contains(&index) {
                let sentence = format!(
                    "{what} has the new field {} with the number {}",
                    shown(member.name),
                    member.number
                );
                let at = self.field_spot(Party::New, new_at, member);
                self.add(&kinds::FIELD_ADDED, sentence, None, at);
            }
        }
    }

    fn field_spot(&self, side: Party, at: At<'_>, member: &Member<'_>) -> Option<Spot> {
        self.spot(side, format!("{}/{}", at.path, member.number), Some(member.place))
    }

    fn member(&mut self, old: (&Member<'a>, At<'_>), new: (&Member<'a>, At<'_>), around: &str) {
        if !self.list.step() {
            return;
        }
        let ((from, old_at), (to, new_at)) = (old, new);
        let at = (self.field_spot(Party::Old, old_at, from), self.field_spot(Party::New, new_at, to));
        let what = format!("the field {} of {around}", shown(to.name));
        let mut add = |kind, sentence: String| self.add(kind, sentence, at.0.clone(), at.1.clone());
        if from.name != to.name {
            let sentence =
                format!("the field {} of {around} is now called {}", shown(from.name), shown(to.name));
            add(&kinds::FIELD_RENAMED, sentence);
        }
        if from.label != to.label {
            let word = |label: Option<Label>| label.map_or("without a label", Label::as_str);
            let sentence = format!("{what} was {} and is {}", word(from.label), word(to.label));
            let kind = match (from.label, to.label) {
                (_, Some(Label::Required)) => &kinds::MADE_REQUIRED,
                (Some(Label::Required), _) => &kinds::MADE_OPTIONAL,
                _ => &kinds::LABEL_CHANGED,
            };
            add(kind, sentence);
        }
        if from.oneof != to.oneof {
            let word = |oneof: Option<&str>| {
                oneof.map_or_else(|| "in no oneof".to_owned(), |name| format!("in the oneof {}", shown(name)))
            };
            add(&kinds::FIELD_MOVED, format!("{what} was {} and is {}", word(from.oneof), word(to.oneof)));
        }
        let texts = |value: Option<&Value>| value.map(super::options::text);
        let (name_from, name_to) = (texts(from.json_name), texts(to.json_name));
        if name_from != name_to {
            let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "not given".to_owned());
            let sentence =
                format!("the JSON name of {what} was {} and is {}", word(&name_from), word(&name_to));
            add(&kinds::JSON_NAME_CHANGED, sentence);
        }
        match (texts(from.default), texts(to.default)) {
            (None, Some(to)) => add(&kinds::DEFAULT_ADDED, format!("{what} has the default {to}")),
            (Some(from), None) => {
                add(&kinds::DEFAULT_REMOVED, format!("{what} has no default any more; it was {from}"));
            }
            (Some(from), Some(to)) if from != to => {
                add(&kinds::DEFAULT_CHANGED, format!("the default of {what} was {from} and is {to}"));
            }
            _ => {}
        }
        let types = (self.type_text(Party::Old, old_at, from), self.type_text(Party::New, new_at, to));
        if types.0 != types.1 {
            let sentence = format!("the type of {what} was {} and is {}", shown(&types.0), shown(&types.1));
            self.add(&kinds::TYPE_CHANGED, sentence, at.0.clone(), at.1.clone());
        }
        self.comments((from.place, to.place), &at, &what);
        self.options((from.options, to.options), &at, &what);
    }

    fn type_text(&self, side: Party, at: At<'_>, member: &Member<'_>) -> String {
        if let Some(group) = member.group {
            return format!("group {group}");
        }
        self.kind_text(side, at, member.kind)
    }

    fn kind_text(&self, side: Party, at: At<'_>, kind: &FieldType) -> String {
        match kind {
            FieldType::Scalar(scalar) => scalar.as_str().to_owned(),
            FieldType::Named(name) => self.type_name(side, at.scope, name),
            FieldType::Map(key, value) => {
                format!("map<{}, {}>", key.as_str(), self.kind_text(side, at, value))
            }
        }
    }

    pub(super) fn oneofs(&mut self, old: (&'a [Oneof], At<'_>), new: (&'a [Oneof], At<'_>)) {
        let all = |oneofs: &'a [Oneof]| oneofs.iter().collect::<Vec<_>>();
        let (pairs, gone, come) = pair(&all(old.0), &all(new.0), |oneof| oneof.name.as_str());
        let spot = |walk: &Self, side, at: At<'_>, oneof: &Oneof| {
            walk.spot(side, format!("{}/{}", at.path, oneof.name), Some(oneof.place))
        };
        for oneof in gone {
            let at = spot(self, Party::Old, old.1, oneof);
            self.add(&kinds::ONEOF_REMOVED, format!("the oneof {} is gone", shown(&oneof.name)), at, None);
        }
        for oneof in come {
            let at = spot(self, Party::New, new.1, oneof);
            self.add(&kinds::ONEOF_ADDED, format!("the oneof {} is new", shown(&oneof.name)), None, at);
        }
        for (from, to) in pairs {
            let at = (spot(self, Party::Old, old.1, from), spot(self, Party::New, new.1, to));
            let what = format!("the oneof {}", shown(&to.name));
            self.comments((from.place, to.place), &at, &what);
            self.options((&from.options, &to.options), &at, &what);
        }
    }
}
