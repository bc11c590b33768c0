-- The registry's tables. The Postgres file of the same number makes the same tables and columns.
-- Text compares byte by byte here; times are milliseconds since 1970.

-- Which migrations this database has had. The name says whose they are: a database may be shared.
CREATE TABLE dovetail_migrations (
    number INTEGER NOT NULL PRIMARY KEY
) STRICT;

-- One row: who this registry is, and the sequence number of its newest change.
CREATE TABLE registry (
    only_row    INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    cluster_id  TEXT    NOT NULL,
    last_change INTEGER NOT NULL
) STRICT;

-- Namespaces of subjects and ids. last_id only ever grows: an id is never given out twice.
CREATE TABLE contexts (
    name       TEXT    NOT NULL PRIMARY KEY,
    last_id    INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- A row per subject that a writer ever locked; what is registered is told by versions.
CREATE TABLE subjects (
    context    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (context, name)
) STRICT, WITHOUT ROWID;

-- What ids denote. Never changed, never deleted. NULL metadata and empty metadata are not the same.
CREATE TABLE contents (
    guid       BLOB    NOT NULL,
    format     TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    metadata   TEXT,
    rule_set   TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (guid, format)
) STRICT;

-- The references of a content. subject is as written: unqualified means the referrer's own context.
CREATE TABLE content_references (
    guid     BLOB    NOT NULL,
    format   TEXT    NOT NULL,
    position INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    PRIMARY KEY (guid, format, position),
    FOREIGN KEY (guid, format) REFERENCES contents (guid, format)
) STRICT;
CREATE INDEX content_references_by_target ON content_references (subject, version);

-- Which content an id denotes. An id without versions is a tombstone: it is not found any more.
CREATE TABLE schema_ids (
    context    TEXT    NOT NULL,
    id         INTEGER NOT NULL,
    guid       BLOB    NOT NULL,
    format     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (context, id),
    FOREIGN KEY (guid, format) REFERENCES contents (guid, format)
) STRICT;
CREATE INDEX schema_ids_by_content ON schema_ids (guid, context, id);

-- The versions of a subject, live or softly deleted. written is the change that last wrote the row.
CREATE TABLE versions (
    context    TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    written    INTEGER NOT NULL,
    PRIMARY KEY (context, subject, version),
    FOREIGN KEY (context, id) REFERENCES schema_ids (context, id)
) STRICT;
-- Whose is an id: a live version first, the one written first.
CREATE INDEX versions_by_id ON versions (context, id, deleted, written);
-- Which versions of a subject have an id, and which of them was written last.
CREATE INDEX versions_by_subject_and_id ON versions (context, subject, id, written);
-- In which contexts there is a subject of a name.
CREATE INDEX versions_by_name ON versions (subject, context);

-- What was purged, by whom, when and why. The content itself stays in contents.
CREATE TABLE tombstones (
    seq        INTEGER NOT NULL PRIMARY KEY,
    context    TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    purged_at  INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    reason     TEXT    NOT NULL
) STRICT;

-- Settings by scope; a scope is a subject, and one without a name stands for its context.
CREATE TABLE settings (
    context              TEXT    NOT NULL,
    subject              TEXT    NOT NULL,
    level                TEXT,
    normalize            INTEGER,
    validate_fields      INTEGER,
    validate_new_schemas INTEGER,
    validate_rules       INTEGER,
    compatibility_policy TEXT,
    compatibility_group  TEXT,
    alias                TEXT,
    alias_for_deks       TEXT,
    default_metadata     TEXT,
    override_metadata    TEXT,
    default_rule_set     TEXT,
    override_rule_set    TEXT,
    changed_at           INTEGER NOT NULL,
    PRIMARY KEY (context, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE modes (
    context    TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    mode       TEXT    NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (context, subject)
) STRICT, WITHOUT ROWID;

-- Every write, in the order of commits. Rows are only ever added.
CREATE TABLE changes (
    seq        INTEGER NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    context    TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    version    INTEGER,
    id         INTEGER
) STRICT;
CREATE INDEX changes_by_subject ON changes (context, subject, seq);
