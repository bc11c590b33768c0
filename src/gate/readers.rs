//! What declared readers need: their schemas must read the data of the subject as it is now.

use super::check::location;
use super::manifest::{Manifest, Reader, Settings};
use super::references::Index;
use super::texts::Texts;
use super::workspace::{Declared, Workspace};
use crate::compat::{self, Extent, Incompatibility, Pointer, Previous, Question};
use crate::model::{Judging, Level, Version};
use crate::published::{self, Against, Finding};
use crate::schema::{Options, ParseError, Schema};

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
    for (manifest, reader) in of_subject(workspace, &declared.subject) {
        let Some((path, file)) = workspace.file_of(manifest, &reader.file) else { continue };
        let parsed = |path: &str, format, text: &str| {
            let dependencies =
                index.closure(path).map_err(|error| ParseError::validate(error.to_string(), None))?;
            Schema::parse(format, text, &dependencies, Options::STORED)
        };
        let writer_text = workspace.text(declared);
        let (Ok(reading), Ok(writing)) =
            (parsed(path, file.format, &file.text), parsed(&declared.path, declared.format, writer_text))
        else {
            continue;
        };
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

fn of_subject<'a>(
    workspace: &'a Workspace,
    subject: &'a str,
) -> impl Iterator<Item = (&'a Manifest, &'a Reader)> {
    workspace.manifests.iter().flat_map(move |manifest| {
        let readers = manifest.readers.iter().filter(move |reader| reader.subject == subject);
        readers.map(move |reader| (manifest, reader))
    })
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
