//! One schema against its earlier states: the server's own engine, and what it found put beside lines
//! of the file. Reads and prints nothing.

use crate::compat::{self, Extent, Incompatibility, Outcome, Pointer, Previous, Question};
use crate::model::{Direction, Format, Judging, Level, Version};
use crate::published;
use crate::schema::{Dependency, Lines, Options, ParseError, Place, Schema};

/// How many bytes are parsed at most to find out whether what a schema refers to says the same in other
/// words. What takes more counts as changed, and is compared.
const OTHER_WORDS: usize = 4 << 20;

/// A schema to check.
pub(crate) struct Candidate<'a> {
    pub(crate) subject: &'a str,
    pub(crate) format: Format,
    pub(crate) text: &'a str,
    pub(crate) dependencies: Vec<Dependency>,
    /// It refers to something that is not among them.
    pub(crate) is_lacking: bool,
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
    pub(crate) condition: Condition,
}

/// What is known of an earlier state before it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Whatever it refers to is there, or is nowhere.
    Whole,
    /// Something that it refers to was not found, and may be where nobody looked.
    Lacking,
    /// It is no schema, for this reason.
    Broken(String),
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
    /// Earlier states that were no schemas, and why. Nothing was written with them.
    pub(crate) left_out: Vec<(Origin, String)>,
}

impl Compared {
    /// Was nothing earlier a schema?
    pub(crate) fn is_with_nothing(&self) -> bool {
        self.opinions.is_empty() && self.findings.is_empty() && !self.left_out.is_empty()
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
    if history.first().is_some_and(|latest| is_word_for_word(candidate, latest)) {
        return Verdict::Unchanged;
    }
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
    let (mut previous, mut left_out) = (Vec::new(), Vec::new());
    for (position, earlier) in past.compared.iter().enumerate() {
        let mut schema = parse_earlier(earlier);
        if let (Condition::Lacking, Ok(parsed)) = (&earlier.condition, &schema)
            && let Some(error) = parsed.unresolved()
        {
            schema = Err(error.clone());
        }
        if let Origin::File(path) = &earlier.origin {
            let fault = match (&earlier.condition, &schema) {
                (Condition::Broken(reason), _) => Some(reason.clone()),
                (Condition::Lacking, Err(error)) => {
                    return Verdict::Unchecked(format!(
                        "the earlier state {path} refers to something that was not found: {error}"
                    ));
                }
                (Condition::Whole, Err(error)) => Some(error.to_string()),
                (_, Ok(_)) => None,
            };
            if let Some(fault) = fault {
                left_out.push((earlier.origin.clone(), fault));
                continue;
            }
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
    let mut compared = Compared { left_out, ..Compared::default() };
    let lines = Lines::of(candidate.text);
    for comparison in report.comparisons {
        let numbered = |list: &'a [Earlier]| {
            let mut list = list.iter().enumerate();
            list.find(|(position, earlier)| number_of(earlier, *position) == comparison.version)
        };
        let (_, earlier) = numbered(past.compared)
            .or_else(|| numbered(past.numbered))
            .expect("a comparison is with a version that was given");
        let earlier_lines = Lines::of(&earlier.text);
        for verdict in comparison.verdicts {
            let opinion = published::Comparison::of(&verdict, earlier.origin.against());
            compared.opinions.push((earlier.origin.clone(), opinion));
            for found in verdict.findings {
                let (new, old) = match found.direction {
                    Direction::Backward => (&found.reader_at, &found.writer_at),
                    Direction::Forward => (&found.writer_at, &found.reader_at),
                };
                compared.findings.push(Finding {
                    against: earlier.origin.clone(),
                    place: place(new.as_ref(), &lines),
                    earlier_place: place(old.as_ref(), &earlier_lines),
                    fingerprint: published::fingerprint(candidate.subject, &found),
                    found,
                });
            }
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

fn place(pointer: Option<&Pointer>, lines: &Lines<'_>) -> Option<Place> {
    pointer.and_then(|pointer| pointer.place_among(lines))
}

fn parse_earlier(earlier: &Earlier) -> Result<Schema, ParseError> {
    Schema::parse(earlier.format, &earlier.text, &earlier.dependencies, Options::STORED)
}

/// The same text, and so is all that it refers to. What stands alone is parsed all the same: that takes little,
/// and a text that is no schema is told. So is one that refers to nothing.
fn is_word_for_word(candidate: &Candidate<'_>, latest: &Earlier) -> bool {
    let is_same = |((_, new), (_, old)): (&(usize, &Dependency), &(usize, &Dependency))| {
        new.name == old.name && new.text == old.text
    };
    let has_same = || {
        let (new, old) = (sorted(&candidate.dependencies), sorted(&latest.dependencies));
        new.len() == old.len() && new.iter().zip(&old).all(is_same)
    };
    !candidate.dependencies.is_empty()
        && !candidate.is_lacking
        && latest.condition == Condition::Whole
        && (candidate.format, candidate.text) == (latest.format, &*latest.text)
        && has_same()
}

/// The same schema, and so is all that it refers to: the text alone may stay while a file that it
/// refers to breaks somebody.
fn is_unchanged(candidate: &Candidate<'_>, schema: &Schema, latest: &Earlier) -> bool {
    let same_text = candidate.format == latest.format && candidate.text == latest.text;
    let equivalent = same_text || parse_earlier(latest).is_ok_and(|latest| latest.is_equivalent(schema));
    equivalent && refers_to_the_same(candidate, latest)
}

/// Do both refer to the same texts, be it in other words and in another order? Equal texts need not be
/// parsed: what they refer to themselves is in the lists as well.
fn refers_to_the_same(candidate: &Candidate<'_>, latest: &Earlier) -> bool {
    let (new, old) = (sorted(&candidate.dependencies), sorted(&latest.dependencies));
    let is_named_alike =
        |((_, new), (_, old)): (&(usize, &Dependency), &(usize, &Dependency))| new.name == old.name;
    if new.len() != old.len() || !new.iter().zip(&old).all(is_named_alike) {
        return false;
    }
    let mut bytes_left = OTHER_WORDS;
    new.iter().zip(&old).filter(|((_, new), (_, old))| new.text != old.text).all(|(new, old)| {
        let new = canonical(candidate.format, &candidate.dependencies, new.0, &mut bytes_left);
        let old = canonical(latest.format, &latest.dependencies, old.0, &mut bytes_left);
        new.is_some() && new == old
    })
}

/// Where each one stands in the list, by name and text.
fn sorted(dependencies: &[Dependency]) -> Vec<(usize, &Dependency)> {
    let mut sorted: Vec<_> = dependencies.iter().enumerate().collect();
    sorted.sort_by_key(|(_, dependency)| (&dependency.name, &dependency.text));
    sorted
}

/// The canonical form of one of the texts, which may refer to those before it. `None` where it is no schema,
/// or where that would take too long.
fn canonical(
    format: Format,
    dependencies: &[Dependency],
    position: usize,
    bytes_left: &mut usize,
) -> Option<String> {
    let bytes = dependencies[..=position].iter().map(|dependency| dependency.text.len()).sum();
    *bytes_left = bytes_left.checked_sub(bytes)?;
    let text = &dependencies[position].text;
    let parsed = Schema::parse(format, text, &dependencies[..position], Options::STORED);
    parsed.ok().map(|schema| schema.canonical().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Condition, Earlier, Origin, Past, Verdict, judge};
    use crate::model::{Format, Judge, Judging, Level};
    use crate::schema::Dependency;

    const ITEM: &str = r#"{"type":"record","name":"Item","fields":[{"name":"price","type":"Money"}]}"#;
    const MONEY: &str = r#"{"type":"fixed","name":"Money","size":8}"#;
    const ORDER: &str = r#"{"type":"record","name":"Order","fields":[{"name":"item","type":"Item"}]}"#;

    fn dependency(name: &str, text: &str) -> Dependency {
        Dependency { name: name.to_owned(), origin: None, text: text.to_owned() }
    }

    fn is_unchanged(old: [Dependency; 2], new: [Dependency; 2]) -> bool {
        let judging = Judging::by(Judge::Proof);
        let candidate = Candidate {
            subject: "order",
            format: Format::Avro,
            text: ORDER,
            dependencies: new.into(),
            is_lacking: false,
            level: Level::Backward,
            judging: &judging,
        };
        let earlier = Earlier {
            origin: Origin::File("order.avsc".to_owned()),
            is_deleted: false,
            format: Format::Avro,
            text: ORDER.to_owned(),
            dependencies: old.into(),
            condition: Condition::Whole,
        };
        let past = Past { compared: &[earlier], numbered: &[] };
        matches!(judge(&candidate, past), Verdict::Unchanged)
    }

    #[test]
    fn a_schema_is_unchanged_as_long_as_what_it_refers_to_says_the_same() {
        let spread = MONEY.replace(',', " ,\n ");
        let other = MONEY.replace('8', "9");
        for (new, expected) in [(MONEY, true), (&*spread, true), (&*other, false)] {
            let old = [dependency("Money", MONEY), dependency("Item", ITEM)];
            let new = [dependency("Money", new), dependency("Item", ITEM)];
            assert_eq!(is_unchanged(old, new), expected);
        }
    }

    #[test]
    fn what_is_the_same_word_for_word_is_not_parsed_with_all_that_it_refers_to() {
        let broken = || [dependency("Money", "{"), dependency("Item", ITEM)];
        assert!(is_unchanged(broken(), broken()), "nobody read it");
        assert!(!is_unchanged(broken(), [dependency("Money", "{ "), dependency("Item", ITEM)]));
    }

    #[test]
    fn what_takes_too_long_to_compare_counts_as_changed() {
        let long = format!("{MONEY}{}", " ".repeat(super::OTHER_WORDS));
        let old = [dependency("Money", MONEY), dependency("Item", ITEM)];
        assert!(!is_unchanged(old, [dependency("Money", &long), dependency("Item", ITEM)]));
    }
}
