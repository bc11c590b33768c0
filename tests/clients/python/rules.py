"""Rules and what carries them: short forms of the client's classes, which want every member named."""

import json

from confluent_kafka.schema_registry import (
    Metadata,
    MetadataProperties,
    Rule,
    RuleKind,
    RuleMode,
    RuleParams,
    RuleSet,
    Schema,
)

LATEST = {"auto.register.schemas": False, "use.latest.version": True}


def condition(name, type_, expr, mode=RuleMode.WRITE, **more):
    return _rule(RuleKind.CONDITION, name, type_, expr, mode, **more)


def transform(name, type_, expr, mode=RuleMode.WRITE, **more):
    return _rule(RuleKind.TRANSFORM, name, type_, expr, mode, **more)


def _rule(kind, name, type_, expr, mode, tags=None, params=None, on_failure=None):
    return Rule(name, None, kind, mode, type_, tags, RuleParams(params or {}), expr, None, on_failure, False)


def domain(*rules):
    return RuleSet(migration_rules=[], domain_rules=list(rules))


def migration(*rules):
    return RuleSet(migration_rules=list(rules), domain_rules=[])


def properties(**pairs):
    return Metadata(tags=None, properties=MetadataProperties(pairs), sensitive=None)


def record(*fields, rule_set=None, metadata=None):
    """An Avro record of string fields; a field given as (name, tag) carries that tag."""
    declared = []
    for field in fields:
        name, *tags = (field,) if isinstance(field, str) else field
        declared.append({"name": name, "type": "string"} | ({"confluent:tags": tags} if tags else {}))
    text = json.dumps({"type": "record", "name": "Customer", "namespace": "shop", "fields": declared})
    return Schema(text, "AVRO", [], metadata, rule_set)
