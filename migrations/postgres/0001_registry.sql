-- The registry's tables. The SQLite file of the same number makes the same tables and columns.
-- Names say COLLATE "C" so that they compare byte by byte whatever the locale; times are milliseconds since 1970.

-- Which migrations this database has had. The name says whose they are: a database may be shared.
CREATE TABLE dovetail_migrations (
    number BIGINT NOT NULL PRIMARY KEY
);

-- One row: who this registry is, and the sequence number of its newest change.
CREATE TABLE registry (
    only_row    BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    cluster_id  TEXT NOT NULL,
    last_change BIGINT NOT NULL
);

-- Namespaces of subjects and ids. last_id only ever grows: an id is never given out twice.
CREATE TABLE contexts (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    last_id    BIGINT NOT NULL,
    deleted    BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

-- A row per subject that a writer ever locked; what is registered is told by versions.
CREATE TABLE subjects (
    context    TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (context, name)
);

-- What ids denote. Never changed, never deleted. NULL metadata and empty metadata are not the same.
CREATE TABLE contents (
    guid       BYTEA NOT NULL,
    format     TEXT COLLATE "C" NOT NULL,
    text       TEXT NOT NULL,
    metadata   TEXT,
    rule_set   TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (guid, format)
);

-- The references of a content. subject is as written: unqualified means the referrer's own context.
CREATE TABLE content_references (
    guid     BYTEA NOT NULL,
    format   TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    subject  TEXT COLLATE "C" NOT NULL,
    version  BIGINT NOT NULL,
    PRIMARY KEY (guid, format, position),
    FOREIGN KEY (guid, format) REFERENCES contents (guid, format)
);
CREATE INDEX content_references_by_target ON content_references (subject, version);

-- Which content an id denotes. An id without versions is a tombstone: it is not found any more.
CREATE TABLE schema_ids (
    context    TEXT COLLATE "C" NOT NULL,
    id         BIGINT NOT NULL,
    guid       BYTEA NOT NULL,
    format     TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (context, id),
    FOREIGN KEY (guid, format) REFERENCES contents (guid, format)
);
CREATE INDEX schema_ids_by_content ON schema_ids (guid, context, id);

-- The versions of a subject, live or softly deleted. written is the change that last wrote the row.
CREATE TABLE versions (
    context    TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    deleted    BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    written    BIGINT NOT NULL,
    PRIMARY KEY (context, subject, version),
    FOREIGN KEY (context, id) REFERENCES schema_ids (context, id)
);
-- Whose is an id: a live version first, the one written first.
CREATE INDEX versions_by_id ON versions (context, id, deleted, written);
-- Which versions of a subject have an id, and which of them was written last.
CREATE INDEX versions_by_subject_and_id ON versions (context, subject, id, written);
-- In which contexts there is a subject of a name.
CREATE INDEX versions_by_name ON versions (subject, context);

-- What was purged, by whom, when and why. The content itself stays in contents.
CREATE TABLE tombstones (
    seq        BIGINT NOT NULL PRIMARY KEY,
    context    TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    purged_at  BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    request_id TEXT NOT NULL,
    reason     TEXT NOT NULL
);

-- Settings by scope; a scope is a subject, and one without a name stands for its context.
CREATE TABLE settings (
    context              TEXT COLLATE "C" NOT NULL,
    subject              TEXT COLLATE "C" NOT NULL,
    level                TEXT COLLATE "C",
    normalize            BOOLEAN,
    validate_fields      BOOLEAN,
    validate_new_schemas BOOLEAN,
    validate_rules       BOOLEAN,
    compatibility_policy TEXT COLLATE "C",
    compatibility_group  TEXT COLLATE "C",
    alias                TEXT COLLATE "C",
    alias_for_deks       TEXT COLLATE "C",
    default_metadata     TEXT,
    override_metadata    TEXT,
    default_rule_set     TEXT,
    override_rule_set    TEXT,
    changed_at           BIGINT NOT NULL,
    PRIMARY KEY (context, subject)
);

CREATE TABLE modes (
    context    TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    mode       TEXT COLLATE "C" NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (context, subject)
);

-- Every write, in the order of commits. Rows are only ever added.
CREATE TABLE changes (
    seq        BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    request_id TEXT NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    context    TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    version    BIGINT,
    id         BIGINT
);
CREATE INDEX changes_by_subject ON changes (context, subject, seq);
