-- Which subjects belong to which resource. The SQLite file of the same number makes the same tables and columns.

-- A resource is known by type and id; its name and namespace are what it is called. A subject may belong to many.
CREATE TABLE associations (
    resource_type      TEXT COLLATE "C" NOT NULL,
    resource_id        TEXT COLLATE "C" NOT NULL,
    association_type   TEXT COLLATE "C" NOT NULL,
    resource_name      TEXT COLLATE "C" NOT NULL,
    resource_namespace TEXT COLLATE "C" NOT NULL,
    context            TEXT COLLATE "C" NOT NULL,
    subject            TEXT COLLATE "C" NOT NULL,
    lifecycle          TEXT COLLATE "C" NOT NULL,
    guid               TEXT COLLATE "C" NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    PRIMARY KEY (resource_type, resource_id, association_type)
);
CREATE INDEX associations_by_subject ON associations (context, subject);
CREATE INDEX associations_by_name ON associations (resource_name, resource_namespace);
CREATE INDEX associations_by_namespace ON associations (resource_namespace, resource_name);
