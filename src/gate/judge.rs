//! One schema against its earlier states: the server's own engine, and what it found put beside lines
//! of the file. Reads and prints nothing.

use crate::compat::{self, Extent, Incompatibility, Outcome, Pointer, Previous, Question};
use crate::model::{Direction, Format, Judging, Level, Version};
use crate::published;
use crate::schema::{Dependency, Options, ParseError, Place, Schema};

/// A schema to check.
pub(crate) struct Candidate<'a> {
    pub(crate) subject: &'a str,
    pub(crate) format: Format,
    pub(crate) text: &'a str,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) level: Level,
    pub(crate) judging: &'a Judging,
}

/// An earlier state of it.
pub(crate) struct Earlier {
    pub(crate) origin: Origin,
    /// It is softly deleted.
    pub(crate) is_deleted: bool,
    pub(crate) format: Format,
    pub(crate) text: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// The earlier states of a schema, each list newest first.
#[derive(Clone, Copy, Default)]
pub(crate) struct Past<'a> {
    /// Those that the level looks at.
    pub(crate) compared: &'a [Earlier],
    /// Those whose numbers must be respected, deleted ones included.
    pub(crate) numbered: &'a [Earlier],
}

/// Where an earlier state comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A file of the base, by its path there.
    File(String),
    /// A registered version.
    Version { version: Version, id: i32 },
}

/// What became of one checked file.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// There is nothing earlier.
    New,
    /// It is what it was.
    Unchanged,
    /// It parses; the level is NONE, so nothing was compared.
    NotCompared,
    /// It changed, and was compared with what was before.
    Compared(Compared),
    /// It is no schema.
    Invalid { place: Option<Place>, message: String },
    /// Nothing can be said, for this reason.
    Unchecked(String),
}

/// What came of comparing.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// What was found, be it decisive or not.
    pub(crate) findings: Vec<Finding>,
    /// What both judges say of each earlier state and direction.
    pub(crate) opinions: Vec<(Origin, published::Comparison)>,
}

impl Compared {
    /// Does it break somebody?
    pub(crate) fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.found.outcome == Outcome::Refuse)
    }
}

/// An incompatibility, with its places in the checked file and in the earlier state.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) against: Origin,
    /// Where in the checked file; `None` in a file that it refers to.
    pub(crate) place: Option<Place>,
    /// Where in the earlier state.
    pub(crate) earlier_place: Option<Place>,
    pub(crate) found: Incompatibility,
    /// What stays the same while the finding does: from subject, rule and place in the reader.
    pub(crate) fingerprint: String,
}

impl Finding {
    /// Does it keep the schema from being registered?
    pub(crate) fn is_refusal(&self) -> bool {
        self.found.outcome == Outcome::Refuse
    }
}

/// Compare `candidate` with its past.
pub(crate) fn judge(candidate: &Candidate<'_>, past: Past<'_>) -> Verdict {
    let history = past.compared;
    let parse = |options| Schema::parse(candidate.format, candidate.text, &candidate.dependencies, options);
    // What was accepted once may be older than today's stricter rules for new schemas.
    let stored = parse(Options::STORED);
    if let (Ok(schema), Some(latest)) = (&stored, history.first())
        && is_unchanged(candidate, schema, latest)
    {
        return Verdict::Unchanged;
    }
    let new = match parse(Options::NEW) {
        Ok(schema) => schema,
        Err(error) => return invalid(error),
    };
    if history.is_empty() {
        return Verdict::New;
    }
    if candidate.level == Level::None {
        return Verdict::NotCompared;
    }
    compare(candidate, &new, past)
}

/// The message without the place, which is printed beside it.
fn invalid(error: ParseError) -> Verdict {
    let ParseError { place, mut message, .. } = error;
    let told = place.map(|place| format!(" at line {}, column {}", place.line, place.column));
    if let Some(words) = told.and_then(|told| message.strip_suffix(&told).map(str::len)) {
        message.truncate(words);
    }
    Verdict::Invalid { place, message }
}

fn compare<'a>(candidate: &Candidate<'_>, new: &Schema, past: Past<'a>) -> Verdict {
    let mut previous = Vec::new();
    for (position, earlier) in past.compared.iter().enumerate() {
        let schema = parse_earlier(earlier);
        if let (Origin::File(path), Err(error)) = (&earlier.origin, &schema) {
            return Verdict::Unchecked(format!("the earlier state {path} is no schema: {error}"));
        }
        previous.push(Previous::live(number_of(earlier, position), schema));
    }
    let question =
        Question { level: candidate.level, judging: candidate.judging, extent: Extent::Everything };
    let mut report = compat::check(question, previous, new);
    let numbered = past.numbered.iter().enumerate();
    let numbered = numbered.map(|(position, earlier)| Previous {
        version: number_of(earlier, position),
        is_deleted: earlier.is_deleted,
        schema: parse_earlier(earlier),
    });
    compat::check_numbers(&mut report, question, numbered, new);
    let mut compared = Compared::default();
    for comparison in report.comparisons {
        let numbered = |list: &'a [Earlier]| {
            let mut list = list.iter().enumerate();
            list.find(|(position, earlier)| number_of(earlier, *position) == comparison.version)
        };
        let (_, earlier) = numbered(past.compared)
            .or_else(|| numbered(past.numbered))
            .expect("a comparison is with a version that was given");
        for verdict in comparison.verdicts {
            let opinion = published::Comparison::of(&verdict, earlier.origin.against());
            compared.opinions.push((earlier.origin.clone(), opinion));
            let found = verdict.findings.into_iter().map(|found| finding(candidate, earlier, found));
            compared.findings.extend(found);
        }
    }
    Verdict::Compared(compared)
}

impl Origin {
    /// As findings name it; the base is added by who knows it.
    pub(crate) fn against(&self) -> published::Against {
        match self {
            Origin::File(path) => {
                published::Against { file: Some(path.clone()), ..published::Against::default() }
            }
            Origin::Version { version, id } => published::Against {
                version: Some(version.number()),
                id: Some(*id),
                ..published::Against::default()
            },
        }
    }
}

/// Files have no version; there is one of them.
fn number_of(earlier: &Earlier, position: usize) -> Version {
    match earlier.origin {
        Origin::Version { version, .. } => version,
        Origin::File(_) => i32::try_from(position + 1).ok().and_then(Version::new).unwrap_or(Version::FIRST),
    }
}

fn finding(candidate: &Candidate<'_>, earlier: &Earlier, found: Incompatibility) -> Finding {
    let (new, old) = match found.direction {
        Direction::Backward => (&found.reader_at, &found.writer_at),
        Direction::Forward => (&found.writer_at, &found.reader_at),
    };
    let place =
        |pointer: &Option<Pointer>, text: &str| pointer.as_ref().and_then(|pointer| pointer.place(text));
    Finding {
        against: earlier.origin.clone(),
        place: place(new, candidate.text),
        earlier_place: place(old, &earlier.text),
        fingerprint: published::fingerprint(candidate.subject, &found),
        found,
    }
}

fn parse_earlier(earlier: &Earlier) -> Result<Schema, ParseError> {
    Schema::parse(earlier.format, &earlier.text, &earlier.dependencies, Options::STORED)
}

/// The same schema, and so is all that it refers to: the text alone may stay while a file that it
/// refers to breaks somebody.
fn is_unchanged(candidate: &Candidate<'_>, schema: &Schema, latest: &Earlier) -> bool {
    let same_text = candidate.format == latest.format && candidate.text == latest.text;
    let equivalent = same_text || parse_earlier(latest).is_ok_and(|latest| latest.is_equivalent(schema));
    equivalent
        && canonical_dependencies(candidate.format, &candidate.dependencies)
            == canonical_dependencies(latest.format, &latest.dependencies)
}

/// The texts referred to in their canonical form, whatever their order.
fn canonical_dependencies(format: Format, dependencies: &[Dependency]) -> Vec<(String, String)> {
    let canonical = |(position, dependency): (usize, &Dependency)| {
        let parsed = Schema::parse(format, &dependency.text, &dependencies[..position], Options::STORED);
        let text = parsed.map_or_else(|_| dependency.text.clone(), |schema| schema.canonical().to_owned());
        (dependency.name.clone(), text)
    };
    let mut all: Vec<_> = dependencies.iter().enumerate().map(canonical).collect();
    all.sort();
    all
}
