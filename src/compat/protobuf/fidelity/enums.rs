//! An enum read as another.

use super::field::is_alone;
use super::{Local, Spot, Told, Walk, What};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::finding::Severity;
use crate::compat::protobuf::model::{Enum, EnumId, Field, Plain, Presence};
use crate::compat::protobuf::rules;
use crate::compat::protobuf::sample::{Content, Put};
use crate::compat::witness::protobuf::Expected;
use crate::schema::protobuf::names::Origin;

/// What differs between an enum of the writer and one of the reader.
#[derive(Debug, Clone, Default)]
pub(super) struct EnumDifference {
    /// Numbers that are no value of the reader's closed enum.
    missing: Vec<i32>,
    /// A number without a name that only the writer's open enum has as a value.
    nameless: Option<i32>,
    /// Numbers without a name in common.
    renamed: Vec<i32>,
}

impl EnumDifference {
    fn between(written: &Enum<'_>, read: &Enum<'_>) -> EnumDifference {
        let mut difference = EnumDifference::default();
        let mut seen = std::collections::HashSet::new();
        for number in written.constants().iter().map(|constant| constant.number) {
            if !seen.insert(number) {
                continue;
            }
            if !read.declares(number) {
                if read.is_closed {
                    difference.missing.push(number);
                }
                continue;
            }
            let is_known = |name: &str| read.numbered(number).any(|constant| constant.name == name);
            if !written.numbered(number).any(|constant| is_known(constant.name)) {
                difference.renamed.push(number);
            }
        }
        if read.is_closed && !written.is_closed {
            difference.nameless = (1..).find(|number| !read.declares(*number) && !written.declares(*number));
        }
        difference
    }
}

impl Walk<'_> {
    /// What is wrong with an enum that both files define is reported there, once; what is wrong with
    /// two different enums at the field that joins them.
    pub(super) fn enums(
        &mut self,
        index: usize,
        (field, reading): (&Field<'_>, &Field<'_>),
        (from, to): (EnumId, EnumId),
        fuel: &mut Fuel,
    ) -> Result<(), Exhausted> {
        let (written, read) = (self.sides.writer.enumeration(from), self.sides.reader.enumeration(to));
        if written.origin == read.origin && matches!(read.origin, Origin::BuiltIn(_)) {
            return Ok(());
        }
        let is_own = written.origin == Origin::This && read.origin == Origin::This;
        let is_same = is_own && written.path == read.path;
        let known = self.told.get(&(from, to)).copied().filter(|_| is_same).unwrap_or_default();
        let told = self.told_with(known, field, reading);
        if known == told {
            return Ok(());
        }
        self.told.insert((from, to), told);
        let difference = self.difference(from, to, fuel)?;
        // Some keep such numbers in lists and in the values of maps.
        let portable = is_alone(reading);
        let most = if is_same { usize::MAX } else { 1 };
        let number = field.number;
        let at = |value| if is_same { Spot::EnumNumber(from, to, value) } else { Spot::Field(number) };
        let is_news = |value: i32, was_told: bool, is_told: bool| match value {
            0 => !was_told && is_told,
            _ => !known.but_zero,
        };
        let is_missing = |value: &i32| is_news(*value, known.zero_missing, told.zero_missing);
        for value in difference.missing.into_iter().filter(is_missing).take(most) {
            let local = missing(number, value, at(value), What::NotInEnum(value.into()));
            self.note(index, Local { severity: Severity::Break, portable, ..local });
        }
        if let Some(value) = difference.nameless.filter(is_missing) {
            let spot = if is_same { Spot::Enum(from, to) } else { Spot::Field(number) };
            self.note(index, Local { portable, ..missing(number, value, spot, What::EnumClosed) });
        }
        let is_renamed = |value: &i32| is_news(*value, known.zero_renamed, told.zero_renamed);
        for value in difference.renamed.into_iter().filter(is_renamed).take(most) {
            let local = Local {
                rule: &rules::PROTO_ENUM_MEANING_CHANGED,
                expected: Expected::Renamed,
                ..missing(number, value, at(value), What::Renamed(value))
            };
            self.note(index, local);
        }
        Ok(())
    }
}

impl Walk<'_> {
    /// What is told of an enum once it is told of what this field shows.
    fn told_with(&self, known: Told, written: &Field<'_>, read: &Field<'_>) -> Told {
        // Without presence zero is not written, but it may be what the field reads as.
        let writes_zero = written.presence() != Some(Presence::Implicit);
        let default = self.sides.reader.effective_default(read);
        let other_default = default.is_some_and(|default| !default.is_zero());
        let shows_zero = writes_zero || !(read.is_repeated() || read.is_required() || other_default);
        Told {
            but_zero: true,
            zero_missing: known.zero_missing || writes_zero,
            zero_renamed: known.zero_renamed || shows_zero,
        }
    }

    fn difference(&mut self, from: EnumId, to: EnumId, fuel: &mut Fuel) -> Result<EnumDifference, Exhausted> {
        if let Some(difference) = self.enums.get(&(from, to)) {
            return Ok(difference.clone());
        }
        let (written, read) = (self.sides.writer.enumeration(from), self.sides.reader.enumeration(to));
        fuel.spend(written.constants().len() + read.constants().len())?;
        let difference = EnumDifference::between(written, read);
        self.enums.insert((from, to), difference.clone());
        Ok(difference)
    }
}

/// A number that the reader's enum lacks.
fn missing(field: i32, value: i32, spot: Spot, what: What) -> Local {
    Local {
        rule: &rules::PROTO_CLOSED_ENUM_VALUE_REMOVED,
        severity: Severity::Lossy,
        spot,
        what,
        expected: Expected::Unread,
        puts: vec![Put { number: field, contents: vec![Content::Plain(Plain::Number(value.into()))] }],
        seen_at: field,
        portable: true,
    }
}
