//! What declared readers need: their schemas must read the data of the subject as it is now.

use super::check::location;
use super::manifest::{Manifest, Reader, Settings};
use super::references::Index;
use super::rules::{self, READER_OF_NOTHING};
use super::texts::Texts;
use super::workspace::{Declared, Workspace};
use crate::compat::{self, Extent, Incompatibility, Pointer, Previous, Question};
use crate::model::{Judging, Level, Version};
use crate::published::{self, Against, File, Finding};

/// What the declared readers of a subject cannot read. A subject or a reader that is no schema is told
/// elsewhere.
pub(crate) fn check(
    workspace: &Workspace,
    index: &Index<'_>,
    declared: &Declared,
    texts: &mut Texts,
    judging: impl Fn(&Settings) -> Judging,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let judging = judging(&declared.settings);
    for (manifest, reader) in of_subject(workspace, declared) {
        let Some((path, file)) = workspace.file_of(manifest, &reader.file) else { continue };
        let writer_text = workspace.text(declared);
        let (Ok(reading), Ok(writing)) = (index.schema(path), index.schema(&declared.path)) else { continue };
        let question = Question { level: Level::Backward, judging: &judging, extent: Extent::Everything };
        let written = Previous::live(Version::FIRST, Ok(writing));
        let report = compat::check(question, [written], &reading);
        for (_, found) in report.findings().filter(|(_, found)| found.outcome != compat::Outcome::Note) {
            texts.keep_file(path, &file.text);
            findings.push(finding(declared, reader, (path, &file.text), writer_text, found));
        }
    }
    findings
}

/// Those of the manifest that declares the subject.
fn of_subject<'a>(
    workspace: &'a Workspace,
    declared: &'a Declared,
) -> impl Iterator<Item = (&'a Manifest, &'a Reader)> {
    let manifest = declared.manifest.and_then(|at| workspace.manifests.get(at));
    manifest.into_iter().flat_map(move |manifest| {
        let readers = manifest.readers.iter().filter(move |reader| reader.subject == declared.subject);
        readers.map(move |reader| (manifest, reader))
    })
}

/// Schemas of readers that are none. They are rarely subjects themselves, so nobody else tells.
pub(crate) fn invalid(workspace: &Workspace, index: &Index<'_>) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for manifest in &workspace.manifests {
        for reader in &manifest.readers {
            let Some((path, file)) = workspace.file_of(manifest, &reader.file) else { continue };
            let is_told = |files: &[File]| files.iter().any(|file| file.file == path);
            let is_checked = workspace.checked().any(|declared| declared.path == path);
            if is_checked || is_told(&files) {
                continue;
            }
            let Err(error) = index.schema(path) else { continue };
            let known = File::of(path, &reader.subject, file.format.as_str(), "invalid");
            files.push(File {
                message: Some(format!("`{}` cannot read with it: {}", reader.name, error.message)),
                line: error.place.map(|place| place.line),
                column: error.place.map(|place| place.column),
                ..known
            });
        }
    }
    files
}

/// A warning for each reader of a subject that no file of its manifest stands for.
pub(crate) fn idle(workspace: &Workspace) -> Vec<Finding> {
    let all = workspace.manifests.iter().enumerate();
    let idle = all.flat_map(|(at, manifest)| {
        let stands = move |subject: &str| {
            workspace
                .declared
                .iter()
                .any(|declared| declared.manifest == Some(at) && declared.subject == subject)
        };
        manifest
            .readers
            .iter()
            .filter(move |reader| !stands(&reader.subject))
            .map(move |reader| (manifest, reader))
    });
    idle.map(|(manifest, reader)| {
        let message = format!("`{}` reads `{}`, for which no file stands", reader.name, reader.subject);
        let place = manifest.location(reader.place);
        rules::warning(&READER_OF_NOTHING, "reader", &reader.subject, message, place)
    })
    .collect()
}

fn finding(
    declared: &Declared,
    reader: &Reader,
    (path, text): (&str, &str),
    writer_text: &str,
    found: &Incompatibility,
) -> Finding {
    let setting = published::Setting {
        subject: &declared.subject,
        against: Against { file: Some(path.to_owned()), ..Against::default() },
        level: None,
        new_text: text,
        old_text: writer_text,
    };
    let place = |pointer: &Option<Pointer>, text: &str| pointer.as_ref().and_then(|at| at.place(text));
    let name = &reader.name;
    let mut finding = published::Finding::of(found, &setting);
    finding.kind = "reader";
    // The engine calls the two new and old, which here are neither.
    let told = finding.message.replace("the new schema", "its schema");
    let told = told.replace("the old schema", &format!("`{}`", declared.subject));
    finding.message = format!("`{name}` cannot read it: {told}");
    finding.fingerprint = published::fingerprint(&format!("{}\0{name}", declared.subject), found);
    finding.reader.file = Some(path.to_owned());
    finding.writer.file = Some(declared.path.clone());
    finding.place = Some(location(&declared.path, place(&found.writer_at, writer_text)));
    finding.earlier_place = Some(location(path, place(&found.reader_at, text)));
    finding
}
