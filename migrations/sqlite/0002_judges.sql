-- Who decides, and what was refused. The Postgres file of the same number makes the same tables and columns.

-- Whose verdict counts, by scope, as settings are. packs is a JSON array, rules a JSON object.
CREATE TABLE judge_settings (
    context        TEXT    NOT NULL,
    subject        TEXT    NOT NULL,
    judge          TEXT,
    packs          TEXT,
    rules          TEXT,
    assert_formats INTEGER,
    fill_defaults  INTEGER,
    changed_at     INTEGER NOT NULL,
    PRIMARY KEY (context, subject)
) STRICT, WITHOUT ROWID;

-- Numbers given out one after the other, by name.
CREATE TABLE counters (
    name TEXT    NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- Registrations that were refused as incompatible: the newest ones, for people to look at. seq is
-- counted apart from changes, for a refusal changes nothing. report is JSON; no schema text is in it.
CREATE TABLE refusals (
    seq        INTEGER NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    context    TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    format     TEXT    NOT NULL,
    guid       BLOB,
    level      TEXT    NOT NULL,
    judge      TEXT    NOT NULL,
    report     TEXT    NOT NULL
) STRICT;
