//! Bytes as other decoders see them.
//!
//! The decoder takes a group for a message field and a message for a group; the reference
//! implementations take neither, and put the value among the unknown fields. Here such values are left
//! out before the decoder sees them.

use buffa_descriptor::{DescriptorPool, FieldKind, MessageIndex, SingularKind};

/// As deep as decoders follow.
const MAX_DEPTH: usize = 100;

const LENGTH_PREFIXED: u64 = 2;
const GROUP: u64 = 3;
const END_OF_GROUP: u64 = 4;

/// The bytes of a message without the values that its type has in the other encoding. Bytes that are
/// no message are left to the decoder.
pub(super) fn without_misencoded(pool: &DescriptorPool, message: MessageIndex, bytes: &[u8]) -> Vec<u8> {
    let walk = Walk { pool };
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    match walk.message(Some(message), &mut rest, None, &mut kept, MAX_DEPTH) {
        Some(()) => kept,
        None => bytes.to_vec(),
    }
}

struct Walk<'p> {
    pool: &'p DescriptorPool,
}

impl Walk<'_> {
    /// Copy what is kept of the rest of a message, or of a group up to its end. Without a type
    /// everything is kept. `None` for what is no message.
    fn message(
        &self,
        of: Option<MessageIndex>,
        rest: &mut &[u8],
        group: Option<u64>,
        kept: &mut Vec<u8>,
        depth: usize,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        while !rest.is_empty() {
            let start = *rest;
            let tag = take_varint(rest)?;
            let (number, wire) = (tag >> 3, tag & 7);
            let inner = of.and_then(|of| self.inner(of, number));
            match wire {
                0 => drop(take_varint(rest)?),
                1 => drop(take(rest, 8)?),
                5 => drop(take(rest, 4)?),
                LENGTH_PREFIXED => {
                    let length = usize::try_from(take_varint(rest)?).ok()?;
                    let mut payload = take(rest, length)?;
                    if let Some((inner, is_group)) = inner {
                        if !is_group {
                            let mut body = Vec::new();
                            self.message(Some(inner), &mut payload, None, &mut body, depth)?;
                            write_varint(tag, kept);
                            write_varint(body.len() as u64, kept);
                            kept.extend_from_slice(&body);
                        }
                        continue;
                    }
                }
                GROUP => {
                    let mut body = Vec::new();
                    self.message(inner.map(|(inner, _)| inner), rest, Some(number), &mut body, depth)?;
                    if inner.is_none_or(|(_, is_group)| is_group) {
                        write_varint(tag, kept);
                        kept.extend_from_slice(&body);
                        write_varint(number << 3 | END_OF_GROUP, kept);
                    }
                    continue;
                }
                END_OF_GROUP => return (group == Some(number)).then_some(()),
                _ => return None,
            }
            kept.extend_from_slice(start.get(..start.len() - rest.len())?);
        }
        group.is_none().then_some(())
    }

    /// The message type of a field, and whether it is a group.
    fn inner(&self, of: MessageIndex, number: u64) -> Option<(MessageIndex, bool)> {
        let number = u32::try_from(number).ok()?;
        let extension = || self.pool.extension_for(of, number).map(|extension| extension.field());
        let field = self.pool.message(of).field(number).or_else(extension)?;
        match field.kind() {
            FieldKind::Singular(SingularKind::Message(inner))
            | FieldKind::List(SingularKind::Message(inner)) => Some((inner, field.is_delimited())),
            _ => None,
        }
    }
}

fn take<'b>(rest: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *take(rest, 1)?.first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn write_varint(mut number: u64, kept: &mut Vec<u8>) {
    while number >= 0x80 {
        kept.push(number as u8 | 0x80);
        number >>= 7;
    }
    kept.push(number as u8);
}
