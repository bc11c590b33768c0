-- Keys of client-side encryption. The Postgres file of the same number makes the same tables and columns.

-- Key-encryption keys: where the key of a key-management service is to be found. Names are global.
-- props is a JSON object.
CREATE TABLE keks (
    name       TEXT    NOT NULL PRIMARY KEY,
    kms_type   TEXT    NOT NULL,
    kms_key_id TEXT    NOT NULL,
    props      TEXT,
    doc        TEXT,
    shared     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    written_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Data-encryption keys. material is what the key-encryption key made of one, never the key itself.
CREATE TABLE deks (
    kek        TEXT    NOT NULL REFERENCES keks (name),
    context    TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    algorithm  TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    material   TEXT    NOT NULL,
    deleted    INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (kek, context, subject, algorithm, version)
) STRICT, WITHOUT ROWID;
