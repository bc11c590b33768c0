//! Fields that only the reader has in one oneof.

use std::collections::HashMap;

use super::{Local, Spot, Walk, What, visible};
use crate::compat::finding::Severity;
use crate::compat::protobuf::model::Field;
use crate::compat::protobuf::rules;
use crate::compat::protobuf::sample::Put;
use crate::compat::witness::protobuf::Expected;

impl Walk<'_> {
    /// A writer that may set two members of a oneof loses the first. `shared` are the fields that both
    /// sides know and whose values arrive, as the writer and as the reader has them.
    pub(super) fn oneofs(&mut self, index: usize, shared: &[(&Field<'_>, &Field<'_>)]) {
        let mut members: HashMap<usize, Vec<(&Field<'_>, &Field<'_>)>> = HashMap::new();
        for (written, read) in shared {
            if let Some(oneof) = read.oneof {
                members.entry(oneof).or_default().push((written, read));
            }
        }
        let mut oneofs: Vec<usize> = members.keys().copied().collect();
        oneofs.sort_unstable();
        for oneof in oneofs {
            let members = members.get(&oneof).into_iter().flatten();
            let settable = members.filter_map(|(written, read)| {
                let content = visible(self.sides, written, Some(read))?;
                Some((written.oneof, Put { number: written.number, contents: vec![content] }))
            });
            let Some((one, other)) = independent(settable.collect()) else { continue };
            let (earlier, later) = (one.number, other.number);
            self.note(
                index,
                Local {
                    rule: &rules::PROTO_ONEOF_JOINED,
                    severity: Severity::Break,
                    spot: Spot::Oneof(oneof),
                    what: What::Joined(earlier, later),
                    expected: Expected::Unread,
                    puts: vec![one, other],
                    seen_at: earlier,
                    portable: true,
                },
            );
        }
    }
}

/// Two members, by number, that the writer may set together: it does not have them in one oneof.
fn independent(members: Vec<(Option<usize>, Put)>) -> Option<(Put, Put)> {
    let mut members = members.into_iter();
    let (oneof, first) = members.next()?;
    let (_, second) = members.find(|(other, _)| oneof.is_none() || *other != oneof)?;
    Some((first, second))
}
