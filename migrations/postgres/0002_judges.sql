-- Who decides, and what was refused. The SQLite file of the same number makes the same tables and columns.

-- Whose verdict counts, by scope, as settings are. packs is a JSON array, rules a JSON object.
CREATE TABLE judge_settings (
    context        TEXT COLLATE "C" NOT NULL,
    subject        TEXT COLLATE "C" NOT NULL,
    judge          TEXT COLLATE "C",
    packs          TEXT,
    rules          TEXT,
    assert_formats BOOLEAN,
    fill_defaults  BOOLEAN,
    changed_at     BIGINT NOT NULL,
    PRIMARY KEY (context, subject)
);

-- Numbers given out one after the other, by name.
CREATE TABLE counters (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

-- Registrations that were refused as incompatible: the newest ones, for people to look at. seq is
-- counted apart from changes, for a refusal changes nothing. report is JSON; no schema text is in it.
CREATE TABLE refusals (
    seq        BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    request_id TEXT NOT NULL,
    context    TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    format     TEXT COLLATE "C" NOT NULL,
    guid       BYTEA,
    level      TEXT COLLATE "C" NOT NULL,
    judge      TEXT COLLATE "C" NOT NULL,
    report     TEXT NOT NULL
);
