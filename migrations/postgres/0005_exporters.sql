-- Copying schemas to other registries. The SQLite file of the same number makes the same tables and columns.

-- One row per exporter. subjects is a JSON array, config a JSON object. position is the sequence number of
-- the last change that the target has; epoch grows with every command, so that a worker that was told
-- nothing of it cannot write over it. The lease says which node works on it, and until when.
CREATE TABLE exporters (
    name          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    context_type  TEXT COLLATE "C" NOT NULL,
    context       TEXT COLLATE "C" NOT NULL,
    subjects      TEXT COLLATE "C" NOT NULL,
    rename_format TEXT COLLATE "C" NOT NULL,
    config        TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    position      BIGINT NOT NULL,
    trace         TEXT COLLATE "C",
    failures      BIGINT NOT NULL,
    retry_at      BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL,
    epoch         BIGINT NOT NULL,
    lease_owner   TEXT COLLATE "C" NOT NULL,
    lease_until   BIGINT NOT NULL
);
