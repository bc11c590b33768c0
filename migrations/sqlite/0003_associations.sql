-- Which subjects belong to which resource. The Postgres file of the same number makes the same tables and columns.

-- A resource is known by type and id; its name and namespace are what it is called. A subject may belong to many.
CREATE TABLE associations (
    resource_type      TEXT    NOT NULL,
    resource_id        TEXT    NOT NULL,
    association_type   TEXT    NOT NULL,
    resource_name      TEXT    NOT NULL,
    resource_namespace TEXT    NOT NULL,
    context            TEXT    NOT NULL,
    subject            TEXT    NOT NULL,
    lifecycle          TEXT    NOT NULL,
    guid               TEXT    NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    PRIMARY KEY (resource_type, resource_id, association_type)
) STRICT, WITHOUT ROWID;
CREATE INDEX associations_by_subject ON associations (context, subject);
CREATE INDEX associations_by_name ON associations (resource_name, resource_namespace);
CREATE INDEX associations_by_namespace ON associations (resource_namespace, resource_name);
