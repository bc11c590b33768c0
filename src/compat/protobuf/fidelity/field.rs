//! A field that both sides know, by its number.

use super::{Local, Spot, Walk, What, visible};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::finding::Severity;
use crate::compat::protobuf::kinds::{Reading, Side, Why, reading};
use crate::compat::protobuf::model::{Cardinality, Field, Kind, Plain, Presence};
use crate::compat::protobuf::rules;
use crate::compat::protobuf::sample::{Content, Put};
use crate::compat::rules::Rule;
use crate::compat::witness::protobuf::Expected;
use crate::schema::protobuf::model::Scalar;

impl Walk<'_> {
    /// Does what is written arrive at all?
    pub(super) fn field(
        &mut self,
        index: usize,
        written: &Field<'_>,
        read: &Field<'_>,
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        let (writer, reader) = (self.sides.writer, self.sides.reader);
        let from = Side { model: writer, kind: &written.kind };
        let to = Side { model: reader, kind: &read.kind };
        let Some(reading) = reading(from, to) else {
            self.unresolved(index, written, read);
            return Ok(false);
        };
        if let Reading::Apart(why) = reading {
            if !self.unread(index, written, read, why, None) {
                self.missing(index, read);
            }
            return Ok(false);
        }
        let is_packed = written.cardinality == Cardinality::Repeated { is_packed: true };
        let is_narrowed = written.is_repeated() && !read.is_repeated();
        if is_narrowed {
            self.many_to_one(index, written);
        } else if writer.map_entry(written).is_none()
            && written.is_repeated()
            && reader.map_entry(read).is_some()
        {
            self.list_to_map(index, written);
        }
        if is_narrowed && is_packed {
            return Ok(false);
        }
        match reading {
            Reading::Messages(from, to) => self.descend(index, read.number, from, to),
            Reading::Unfaithful { why, wrote } if why != Why::NotInEnum || !is_enum(&written.kind) => {
                self.unread(index, written, read, why, Some(wrote));
                // Values of different types have no defaults to compare.
                if why == Why::Type {
                    return Ok(false);
                }
            }
            _ => {}
        }
        if let (Kind::Enum(from), Kind::Enum(to)) = (&written.kind, &read.kind) {
            self.enums(index, (written, read), (*from, *to), fuel)?;
        }
        self.absent(index, written, read);
        Ok(true)
    }

    fn unresolved(&mut self, index: usize, written: &Field<'_>, read: &Field<'_>) {
        let name = [&written.kind, &read.kind].into_iter().find_map(|kind| match kind {
            Kind::Unresolved(name) => Some(name.clone()),
            _ => None,
        });
        let message = self.sides.writer.message(self.found.pairs[index].writer);
        let at = message.field_pointer(written.number);
        self.beyond(format!("the unknown type {}", name.unwrap_or_default()), at);
    }

    /// The value, or any value if none is given, is not read as it was written. Tells whether there is
    /// a value at all.
    fn unread(
        &mut self,
        index: usize,
        written: &Field<'_>,
        read: &Field<'_>,
        why: Why,
        wrote: Option<Plain>,
    ) -> bool {
        let rule: &'static Rule = match why {
            Why::Type => &rules::PROTO_FIELD_TYPE_CHANGED,
            Why::MessageEncoding => &rules::PROTO_MESSAGE_ENCODING_CHANGED,
            Why::Narrowed => &rules::PROTO_NUMBER_NARROWED,
            Why::Zigzag => &rules::PROTO_ZIGZAG_CHANGED,
            Why::NotText => &rules::PROTO_BYTES_NOT_TEXT,
            Why::NotInEnum => &rules::PROTO_CLOSED_ENUM_VALUE_REMOVED,
        };
        let what = match (why, &wrote) {
            (Why::NotInEnum, Some(Plain::Number(number))) => What::NotInEnum(*number),
            _ => What::Type,
        };
        let content = match wrote {
            Some(plain) => Some(Content::Plain(plain)),
            None => visible(self.sides, written, None),
        };
        let Some(content) = content else { return false };
        // A value of a map that does not arrive is read as zero, or as an empty message.
        let is_zero = match &content {
            Content::Plain(plain) => {
                self.sides.reader.effective_default(read).is_some_and(|zero| zero.same(plain))
            }
            Content::Minimal(_) => matches!(read.kind, Kind::Message(..)),
            Content::With(..) => false,
        };
        if is_zero && read.presence() == Some(Presence::Entry) && !written.is_repeated() {
            return false;
        }
        self.note(
            index,
            Local {
                rule,
                severity: rule.severity,
                spot: Spot::Field(read.number),
                what,
                expected: Expected::Unread,
                puts: vec![Put { number: written.number, contents: vec![content] }],
                seen_at: read.number,
                // Without a check some hand on what is no text; some keep numbers that are no value of a
                // closed enum in lists and in the values of maps.
                portable: match why {
                    Why::NotText => read.is_utf8_checked,
                    Why::NotInEnum => is_alone(read),
                    _ => true,
                },
            },
        );
        true
    }

    /// Two elements where one is expected.
    fn many_to_one(&mut self, index: usize, written: &Field<'_>) {
        let Some(contents) = (1..=2).map(|nth| self.element(written, nth)).collect::<Option<Vec<Content>>>()
        else {
            return;
        };
        let rule = match self.sides.writer.map_entry(written) {
            Some(_) => &rules::PROTO_MAP_CHANGED,
            None => &rules::PROTO_REPEATED_TO_SINGULAR,
        };
        self.note(
            index,
            Local {
                rule,
                severity: Severity::Break,
                spot: Spot::Field(written.number),
                what: What::ManyToOne,
                expected: Expected::Unread,
                puts: vec![Put { number: written.number, contents }],
                seen_at: written.number,
                portable: true,
            },
        );
    }

    /// The first or the second element of a list; keys of a map differ.
    fn element(&self, written: &Field<'_>, nth: u8) -> Option<Content> {
        let number = i128::from(nth);
        let text = if nth == 1 { "x" } else { "y" };
        if let Some(entry) = self.sides.writer.map_entry(written) {
            let key = self.sides.writer.message(entry).field(1)?;
            let key = Put { number: 1, contents: vec![self.element(key, nth)?] };
            return Some(Content::With(entry, vec![key]));
        }
        Some(Content::Plain(match &written.kind {
            Kind::Message(id, _) => return Some(Content::Minimal(*id)),
            Kind::Scalar(Scalar::String) => Plain::Text(text.to_owned()),
            Kind::Scalar(Scalar::Bytes) => Plain::Bytes(text.as_bytes().to_owned()),
            Kind::Scalar(Scalar::Float) => Plain::Float(nth.into()),
            Kind::Scalar(Scalar::Double) => Plain::Double(nth.into()),
            Kind::Scalar(Scalar::Bool) => Plain::Number(number % 2),
            Kind::Scalar(_) => Plain::Number(number),
            Kind::Enum(id) => {
                Plain::Number(self.sides.writer.enumeration(*id).constants().first()?.number.into())
            }
            Kind::Unresolved(_) => return None,
        }))
    }

    /// Two elements with the same key: readers keep the last.
    fn list_to_map(&mut self, index: usize, written: &Field<'_>) {
        let Kind::Message(id, _) = &written.kind else { return };
        let contents = vec![Content::Minimal(*id), Content::Minimal(*id)];
        self.note(
            index,
            Local {
                rule: &rules::PROTO_MAP_CHANGED,
                severity: Severity::Lossy,
                spot: Spot::Field(written.number),
                what: What::ListToMap,
                expected: Expected::EntriesCollapse,
                puts: vec![Put { number: written.number, contents }],
                seen_at: written.number,
                portable: true,
            },
        );
    }

    /// What a field that is not set is to the reader, and one that is set to its zero.
    fn absent(&mut self, index: usize, written: &Field<'_>, read: &Field<'_>) {
        let (from, to) = match (written.presence(), read.presence()) {
            (Some(Presence::Required | Presence::Entry), _) => return,
            (_, Some(Presence::Required)) => return self.required(index, read),
            (Some(from), Some(to)) => (from, to),
            _ => return,
        };
        let (writer, reader) = (self.sides.writer, self.sides.reader);
        let defaults = writer.effective_default(written).zip(reader.effective_default(read));
        if defaults.is_some_and(|(wrote, found)| !wrote.same(&found)) {
            self.absence(index, written, Vec::new(), (&rules::PROTO_DEFAULT_CHANGED, What::Default));
        }
        if from == Presence::Explicit
            && to == Presence::Implicit
            && let Some(zero) = self.zero(written)
        {
            self.absence(index, written, vec![zero], (&rules::PROTO_PRESENCE_CHANGED, What::Presence));
        }
    }

    fn absence(
        &mut self,
        index: usize,
        written: &Field<'_>,
        contents: Vec<Content>,
        (rule, what): (&'static Rule, What),
    ) {
        let expected = match what {
            What::Presence => Expected::PresenceLost,
            _ => Expected::OtherDefault,
        };
        let number = written.number;
        self.note(
            index,
            Local {
                rule,
                severity: rule.severity,
                spot: Spot::Field(number),
                what,
                expected,
                puts: vec![Put { number, contents }],
                seen_at: number,
                portable: true,
            },
        );
    }

    /// The zero of the field's type, if it is a value of it.
    fn zero(&self, written: &Field<'_>) -> Option<Content> {
        match &written.kind {
            Kind::Enum(id) => {
                let definition = self.sides.writer.enumeration(*id);
                let is_value = !definition.is_closed || definition.declares(0);
                is_value.then_some(Content::Plain(Plain::Number(0)))
            }
            Kind::Message(id, _) => {
                let is_empty = !self.sides.writer.message(*id).fields().iter().any(Field::is_required);
                is_empty.then_some(Content::Minimal(*id))
            }
            _ => self.sides.writer.default_of(written).map(|plain| Content::Plain(plain.into_zero())),
        }
    }
}

/// Neither an element of a list nor a key or value of a map.
pub(super) fn is_alone(field: &Field<'_>) -> bool {
    !matches!(field.presence(), None | Some(Presence::Entry))
}

fn is_enum(kind: &Kind) -> bool {
    matches!(kind, Kind::Enum(_))
}
