//! Witnesses made smaller: what a value does not need to show its point is taken away.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::number::Number;
use super::value::Value;

/// How often a smaller value is tried.
const ATTEMPTS: usize = 64;
/// For properties whose name does not matter.
const NAMES: [&str; 4] = ["x", "y", "z", "other"];

/// A smaller value than this one of which `shows` still holds. It need not be the smallest.
pub(super) fn shrunk(value: &Value, shows: impl FnMut(&Value) -> bool) -> Value {
    Shrinking { shows, attempts: ATTEMPTS }.reduced(value, &|whole| whole)
}

struct Shrinking<F> {
    shows: F,
    attempts: usize,
}

impl<F: FnMut(&Value) -> bool> Shrinking<F> {
    /// The part smaller, where `put` puts a part into the whole.
    fn reduced(&mut self, part: &Value, put: &dyn Fn(Value) -> Value) -> Value {
        match part {
            Value::Null | Value::Bool(_) => part.clone(),
            Value::Number(number) => self.reduced_number(number, put),
            Value::String(text) => self.reduced_text(text, put),
            Value::Array(items) => self.reduced_array(items, put),
            Value::Object(members) => self.reduced_object(members, put),
        }
    }

    fn try_out(&mut self, part: &Value, put: &dyn Fn(Value) -> Value) -> bool {
        if self.attempts == 0 {
            return false;
        }
        self.attempts -= 1;
        (self.shows)(&put(part.clone()))
    }

    fn reduced_number(&mut self, number: &Number, put: &dyn Fn(Value) -> Value) -> Value {
        let [zero, one, minus_one] = [0, 1, -1].map(Number::from);
        if ![&zero, &one].contains(&number) {
            let (whole, opposite) = (number.down_to(&one), zero.minus(number));
            let opposite = if opposite.is_positive() { opposite } else { zero.clone() };
            let others = [zero, one, minus_one, whole, opposite];
            for simple in others.into_iter().filter(|simple| simple != number) {
                let simple = Value::Number(simple);
                if self.try_out(&simple, put) {
                    return simple;
                }
            }
        }
        Value::Number(number.clone())
    }

    /// Shorter, and of characters that print.
    fn reduced_text(&mut self, text: &str, put: &dyn Fn(Value) -> Value) -> Value {
        let mut text = text.to_owned();
        let mut cut = text.chars().count();
        while cut > 0 {
            let kept: String = text.chars().take(text.chars().count().saturating_sub(cut)).collect();
            if kept.len() < text.len() && self.try_out(&Value::String(kept.as_str().into()), put) {
                text = kept;
            } else {
                cut /= 2;
            }
        }
        let is_plain = |character: char| character.is_ascii_graphic() || character == ' ';
        if !text.chars().all(is_plain) {
            let plain: String = text.chars().map(|of| if is_plain(of) { of } else { 'a' }).collect();
            if self.try_out(&Value::String(plain.as_str().into()), put) {
                text = plain;
            }
        }
        Value::String(text.into())
    }

    fn reduced_array(&mut self, items: &[Value], put: &dyn Fn(Value) -> Value) -> Value {
        let mut items = items.to_vec();
        let mut cut = items.len();
        while cut > 0 {
            let kept = &items[..items.len().saturating_sub(cut)];
            if kept.len() < items.len() && self.try_out(&Value::Array(kept.into()), put) {
                items.truncate(kept.len());
            } else {
                cut /= 2;
            }
        }
        for position in 0..items.len() {
            let around = |part| {
                let mut whole = items.clone();
                whole[position] = part;
                put(Value::Array(whole.into()))
            };
            let smaller = self.reduced(&items[position], &around);
            items[position] = smaller;
        }
        Value::Array(items.into())
    }

    fn reduced_object(&mut self, members: &BTreeMap<Arc<str>, Value>, put: &dyn Fn(Value) -> Value) -> Value {
        let mut kept = members.clone();
        for name in members.keys() {
            let mut fewer = kept.clone();
            fewer.remove(name);
            if self.try_out(&Value::Object(Arc::new(fewer.clone())), put) {
                kept = fewer;
            }
        }
        // A name without a letter is easily overlooked.
        if let Some(unnamed) = kept.get("").cloned() {
            let mut named = kept.clone();
            named.remove("");
            let spare = NAMES.into_iter().find(|name| !members.contains_key(*name));
            named.extend(spare.map(|name| (Arc::from(name), unnamed)));
            if self.try_out(&Value::Object(Arc::new(named.clone())), put) {
                kept = named;
            }
        }
        let names: Vec<Arc<str>> = kept.keys().cloned().collect();
        for name in names {
            let Some(part) = kept.get(&name) else { continue };
            let around = |part| {
                let mut whole = kept.clone();
                whole.insert(name.clone(), part);
                put(Value::Object(Arc::new(whole)))
            };
            let smaller = self.reduced(part, &around);
            kept.insert(name, smaller);
        }
        Value::Object(Arc::new(kept))
    }
}
