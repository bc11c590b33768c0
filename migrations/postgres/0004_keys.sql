-- Keys of client-side encryption. The SQLite file of the same number makes the same tables and columns.

-- Key-encryption keys: where the key of a key-management service is to be found. Names are global.
-- props is a JSON object.
CREATE TABLE keks (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kms_type   TEXT COLLATE "C" NOT NULL,
    kms_key_id TEXT COLLATE "C" NOT NULL,
    props      TEXT,
    doc        TEXT,
    shared     BOOLEAN NOT NULL,
    deleted    BOOLEAN NOT NULL,
    written_at BIGINT NOT NULL
);

-- Data-encryption keys. material is what the key-encryption key made of one, never the key itself.
CREATE TABLE deks (
    kek        TEXT COLLATE "C" NOT NULL REFERENCES keks (name),
    context    TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    algorithm  TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    material   TEXT NOT NULL,
    deleted    BOOLEAN NOT NULL,
    written_at BIGINT NOT NULL,
    PRIMARY KEY (kek, context, subject, algorithm, version)
);
