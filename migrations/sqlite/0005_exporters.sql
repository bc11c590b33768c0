-- Copying schemas to other registries. The Postgres file of the same number makes the same tables and columns.

-- One row per exporter. subjects is a JSON array, config a JSON object. position is the sequence number of
-- the last change that the target has; epoch grows with every command, so that a worker that was told
-- nothing of it cannot write over it. The lease says which node works on it, and until when.
CREATE TABLE exporters (
    name          TEXT    NOT NULL PRIMARY KEY,
    context_type  TEXT    NOT NULL,
    context       TEXT    NOT NULL,
    subjects      TEXT    NOT NULL,
    rename_format TEXT    NOT NULL,
    config        TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    position      INTEGER NOT NULL,
    trace         TEXT,
    failures      INTEGER NOT NULL,
    retry_at      INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    epoch         INTEGER NOT NULL,
    lease_owner   TEXT    NOT NULL,
    lease_until   INTEGER NOT NULL
) STRICT;
