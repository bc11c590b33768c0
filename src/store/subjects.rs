//! Finding and locking subjects.

use crate::model::{Context, Subject, utf16_order};

use super::tx::{Tx, on};
use super::versions::{StoredVersion, VersionRow, select_versions};
use super::{StoreError, rows};

/// Which subjects a listing is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectPrefix {
    /// In every context, those whose name starts with `name` (`:*:name`).
    AllContexts {
        /// The beginning of the name.
        name: String,
    },
    /// In one context, those whose name starts with `name` (`name`, `:.context:name`).
    Context {
        /// The context.
        context: Context,
        /// The beginning of the name.
        name: String,
    },
    /// Those of every context whose name starts like this (`:.c`); the leading dot is part of it.
    ContextsStarting(String),
}

/// Whether deleted subjects are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Subjects with a live version.
    Live,
    /// Subjects with any version.
    All,
    /// Subjects whose versions are all softly deleted.
    DeletedOnly,
}

/// A range of names: from `low` on, below `high` if there is an upper end.
pub(super) struct Range {
    pub(super) low: String,
    pub(super) high: Option<String>,
}

impl Range {
    /// The texts that start with `prefix`. Both databases compare bytes, and UTF-8 sorts like its
    /// characters, so the range ends where the prefix's last character is replaced by the next one.
    fn starting_with(prefix: &str) -> Range {
        let mut head: Vec<char> = prefix.chars().collect();
        let mut high = None;
        while let Some(last) = head.pop() {
            // The step over the surrogates is within the iterator; nothing follows U+10FFFF.
            if let Some(next) = (last..=char::MAX).nth(1) {
                head.push(next);
                high = Some(head.into_iter().collect());
                break;
            }
        }
        Range { low: prefix.to_owned(), high }
    }

    /// The one text `name`. Names hold no control characters, so none lies below its end.
    fn only(name: &str) -> Range {
        Range { low: name.to_owned(), high: Some(format!("{name}\u{1}")) }
    }
}

impl SubjectPrefix {
    /// The ranges of contexts and names; `None` if nothing stored can match.
    pub(super) fn ranges(&self) -> Option<(Range, Range)> {
        let (contexts, name) = match self {
            SubjectPrefix::AllContexts { name } => (Range::starting_with(Context::DEFAULT), name.as_str()),
            SubjectPrefix::Context { context, name } => (Range::only(context.as_str()), name.as_str()),
            SubjectPrefix::ContextsStarting(start) => (Range::starting_with(start), ""),
        };
        let storable = !contexts.low.chars().chain(name.chars()).any(char::is_control);
        storable.then(|| (contexts, Range::starting_with(name)))
    }
}

impl Tx {
    /// Lock subjects until the transaction ends, creating the rows that are locked. Call it once, as
    /// the first thing, with every subject whose versions the decision rests on: the order of locking
    /// is the same for all writers, so they cannot block each other for ever.
    ///
    /// # Errors
    /// When one cannot be stored, or waiting for another writer took too long.
    pub async fn lock_subjects(&mut self, subjects: &[&Subject]) -> Result<(), StoreError> {
        let now = self.author()?.now;
        let mut sorted = subjects.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let sql = "INSERT INTO subjects (context, name, created_at) VALUES ($1, $2, $3)
                       ON CONFLICT (context, name) DO UPDATE SET created_at = subjects.created_at";
        for subject in sorted {
            rows::check_storable(subject)?;
            on!(self, |conn| sqlx::query(sql)
                .bind(subject.context().as_str())
                .bind(subject.name())
                .bind(now)
                .execute(conn)
                .await
                .map(drop))?;
        }
        Ok(())
    }

    /// Subjects that have versions, once each, sorted by their qualified text.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subjects(
        &mut self,
        prefix: &SubjectPrefix,
        which: Which,
    ) -> Result<Vec<Subject>, StoreError> {
        let Some((contexts, names)) = prefix.ranges() else { return Ok(Vec::new()) };
        let sql = "SELECT context, subject, count(*) FILTER (WHERE NOT deleted)
                     FROM versions
                    WHERE context >= $1 AND ($2 IS NULL OR context < $2)
                      AND subject >= $3 AND ($4 IS NULL OR subject < $4)
                    GROUP BY context, subject";
        let found: Vec<(String, String, i64)> = on!(self, |conn| sqlx::query_as(sql)
            .bind(&contexts.low)
            .bind(&contexts.high)
            .bind(&names.low)
            .bind(&names.high)
            .fetch_all(conn)
            .await)?;
        let mut subjects = Vec::with_capacity(found.len());
        for (context, name, live) in found {
            let listed = match which {
                Which::Live => live > 0,
                Which::All => true,
                Which::DeletedOnly => live == 0,
            };
            if listed {
                subjects.push(rows::subject(&context, name)?);
            }
        }
        Ok(sorted_by_text(subjects, |subject| subject))
    }

    /// The contexts other than the default one in which a version of a subject of this name is
    /// stored, softly deleted ones included, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contexts_holding(&mut self, name: &str) -> Result<Vec<Context>, StoreError> {
        if !Subject::new(Context::default_context(), name).is_storable() {
            return Ok(Vec::new());
        }
        // Every name begins with a dot, so all but the default one's are greater.
        let sql = "SELECT DISTINCT context FROM versions
                    WHERE subject = $1 AND context > '.' ORDER BY context";
        let found: Vec<String> = on!(self, |conn| sqlx::query_scalar(sql).bind(name).fetch_all(conn).await)?;
        found.iter().map(|context| rows::context(context)).collect()
    }

    /// Is there any version in the context, softly deleted or not?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holds_subjects(&mut self, context: &Context) -> Result<bool, StoreError> {
        if !rows::is_storable_context(context) {
            return Ok(false);
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM versions WHERE context = $1)";
        on!(self, |conn| sqlx::query_scalar(sql).bind(context.as_str()).fetch_one(conn).await)
    }

    /// The versions of those subjects, live ones or all, by qualified subject, then version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn versions_matching(
        &mut self,
        prefix: &SubjectPrefix,
        deleted: bool,
    ) -> Result<Vec<(Subject, StoredVersion)>, StoreError> {
        let Some((contexts, names)) = prefix.ranges() else { return Ok(Vec::new()) };
        let sql = select_versions!(
            "v.context >= $1 AND ($2 IS NULL OR v.context < $2)
                AND v.subject >= $3 AND ($4 IS NULL OR v.subject < $4)
                AND ($5 OR NOT v.deleted)
              ORDER BY v.context, v.subject, v.version"
        );
        let found: Vec<VersionRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(&contexts.low)
            .bind(&contexts.high)
            .bind(&names.low)
            .bind(&names.high)
            .bind(deleted)
            .fetch_all(conn)
            .await)?;
        let versions: Result<Vec<_>, StoreError> = found.into_iter().map(VersionRow::with_subject).collect();
        Ok(sorted_by_text(versions?, |(subject, _)| subject))
    }
}

/// By UTF-16 code units of the qualified text, which neither database can do. Stable.
fn sorted_by_text<T>(items: Vec<T>, subject: impl Fn(&T) -> &Subject) -> Vec<T> {
    let mut keyed: Vec<(String, T)> =
        items.into_iter().map(|item| (subject(&item).to_string(), item)).collect();
    keyed.sort_by(|left, right| utf16_order(&left.0, &right.0));
    keyed.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn a_prefix_ends_where_its_last_character_is_followed_by_the_next() {
        for (prefix, high) in [
            ("", None),
            ("fo", Some("fp")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
        ] {
            assert_eq!(Range::starting_with(prefix).high.as_deref(), high, "{prefix:?}");
        }
    }
}
