//! Breaks that were accepted for a while.

use super::manifest::{Date, Manifest, Waiver};
use super::rules::{self, WAIVER_EXPIRED};
use super::workspace::Workspace;
use crate::compat::{Incompatibility, Pointer};
use crate::published::{self, Finding};

/// Let pass what a waiver of the manifests covers on this day. A waiver covers one rule at one place of
/// one subject, and nothing else.
pub(crate) fn apply(workspace: &Workspace, today: Date, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.outcome == "refuse") {
        let at = finding.reader.pointer.as_deref().filter(|at| !at.is_empty());
        let covering = || {
            waivers_of(workspace, &finding.subject)
                .filter(|(_, waiver)| covers(waiver, &finding.subject, &finding.rule, at, &finding.message))
        };
        let holding = covering().find(|(_, waiver)| waiver.holds_on(today));
        match holding.or_else(|| covering().next()) {
            Some((manifest, waiver)) if waiver.holds_on(today) => {
                "waived".clone_into(&mut finding.outcome);
                finding.waiver = Some(published::Waiver {
                    until: waiver.until.to_string(),
                    reason: waiver.reason.clone(),
                    by: waiver.by.clone(),
                    place: manifest.location(waiver.place),
                });
            }
            Some((_, waiver)) => {
                let over = format!("it was accepted until {}, which is over", waiver.until);
                let hint = finding.hint.take();
                finding.hint = Some(hint.map_or_else(|| over.clone(), |hint| format!("{hint}; {over}")));
            }
            None => {}
        }
    }
}

/// A finding for each waiver that holds no longer.
pub(crate) fn expired(workspace: &Workspace, today: Date) -> Vec<Finding> {
    let over = waivers(workspace).filter(|(_, waiver)| !waiver.holds_on(today));
    let finding = |(manifest, waiver): (&Manifest, &Waiver)| {
        let at = waiver.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
        let message = format!(
            "the waiver of `{}`{at} for `{}` ended on {}: {}",
            waiver.rule, waiver.subject, waiver.until, waiver.reason
        );
        rules::finding(&WAIVER_EXPIRED, "waiver", &waiver.subject, message, manifest.location(waiver.place))
    };
    over.map(finding).collect()
}

/// Does a waiver cover this finding of a subject, which is named without its context, on this day?
pub(crate) fn is_waived(workspace: &Workspace, subject: &str, found: &Incompatibility, today: Date) -> bool {
    let at = found.reader_at.as_ref().map(Pointer::as_str).filter(|at| !at.is_empty());
    waivers_of(workspace, subject).any(|(_, waiver)| {
        waiver.holds_on(today) && covers(waiver, subject, found.rule.id, at, &found.message)
    })
}

/// The waivers that may cover a finding: those of the manifest that declares its subject. What is declared
/// nowhere any more is for the outermost one to accept.
fn waivers_of<'a>(
    workspace: &'a Workspace,
    subject: &str,
) -> impl Iterator<Item = (&'a Manifest, &'a Waiver)> + use<'a> {
    let declared = workspace.find(subject).map(|declared| declared.manifest);
    let at = declared.unwrap_or(Some(0));
    waivers(workspace).filter(move |(manifest, _)| {
        at.and_then(|at| workspace.manifests.get(at)).is_some_and(|own| std::ptr::eq(own, *manifest))
    })
}

fn waivers(workspace: &Workspace) -> impl Iterator<Item = (&Manifest, &Waiver)> {
    workspace
        .manifests
        .iter()
        .flat_map(|manifest| manifest.waivers.iter().map(move |waiver| (manifest, waiver)))
}

fn covers(waiver: &Waiver, subject: &str, rule: &str, at: Option<&str>, message: &str) -> bool {
    waiver.subject == subject
        && waiver.rule == rule
        && waiver.at.as_deref() == at
        && waiver.says.as_ref().is_none_or(|says| says == message)
}
