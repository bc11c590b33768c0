"""Data contracts: rules that the registry keeps with a schema and the client runs, in both flavours."""

import pytest
from confluent_kafka.schema_registry import RuleMode, RuleSet, ServerConfig
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.schema_registry.rules.cel.cel_executor import CelExecutor
from confluent_kafka.schema_registry.rules.cel.cel_field_executor import CelFieldExecutor
from confluent_kafka.schema_registry.rules.jsonata.jsonata_executor import JsonataExecutor
from confluent_kafka.serialization import SerializationError

from flavours import done
from rules import LATEST, condition, domain, migration, properties, record, transform
from shop import id_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def executors():
    registry = RuleRegistry()
    for executor in (CelExecutor(), CelFieldExecutor(), JsonataExecutor()):
        registry.register_executor(executor)
    return registry


@pytest.fixture
def writer(flavour, open_client, executors):
    async def writer(conf=LATEST):
        return await done(flavour.AvroSerializer(open_client(), conf=conf, rule_registry=executors))

    return writer


@pytest.fixture
def reader(flavour, open_client, executors):
    async def reader(conf=None):
        return await done(flavour.AvroDeserializer(open_client(), conf=conf, rule_registry=executors))

    return reader


async def test_rules_come_back_as_they_were_registered(open_client, subject):
    rules = RuleSet(
        migration_rules=[transform("up", "JSONATA", "$", RuleMode.UPGRADE)],
        domain_rules=[
            condition("named", "CEL", "message.name != ''", RuleMode.WRITEREAD, on_failure="ERROR,NONE"),
            transform("hidden", "CEL_FIELD", "'***'", tags=["PII"], params={"reason": "law"}),
        ],
    )
    schema = record("name", rule_set=rules, metadata=properties(owner="team a"))
    registered = await done(open_client().register_schema(subject, schema))
    latest = await done(open_client().get_latest_version(subject))
    by_id = await done(open_client().get_schema(registered, subject))
    found = await done(open_client().lookup_schema(subject, schema))
    for stored in (latest.schema, by_id, found.schema):
        assert stored.metadata.properties.properties == {"owner": "team a"}
        [up] = stored.rule_set.migration_rules
        assert (up.name, up.type, up.mode, up.expr) == ("up", "JSONATA", RuleMode.UPGRADE, "$")
        named, hidden = stored.rule_set.domain_rules
        assert (named.name, named.mode, named.on_failure) == ("named", RuleMode.WRITEREAD, "ERROR,NONE")
        assert (hidden.kind, hidden.tags, hidden.params.params) == ("TRANSFORM", ["PII"], {"reason": "law"})
    # Rules are part of what a version is: other rules make another version.
    fewer = record("name", rule_set=domain(*rules.domain_rules), metadata=schema.metadata)
    assert await done(open_client().register_schema(subject, fewer)) != registered
    assert await done(open_client().get_versions(subject)) == [1, 2]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([condition("a", "CEL", "true"), condition("a", "CEL", "true")], "duplicate name 'a'"),
        ([condition("1a", "CEL", "true")], "Illegal initial character in rule name: 1"),
        ([condition("a", None, "true")], "Missing rule type"),
        ([condition("a", "CEL", "true", RuleMode.UPGRADE)], "Domain rules can only be WRITE, READ, WRITEREAD"),
    ],
)
async def test_rules_that_make_no_sense_are_refused(open_client, subject, refused, rules, message):
    with refused(422, 42210, message):
        await done(open_client().register_schema(subject, record("name", rule_set=domain(*rules))))


async def test_a_message_that_breaks_a_condition_is_not_written(open_client, writer, reader, ctx, subject):
    named = condition("named", "CEL", "message.name != ''")
    await done(open_client().register_schema(subject, record("name", rule_set=domain(named))))
    write = await writer()
    payload = await done(write({"name": "Ada"}, ctx))
    assert await done((await reader())(payload, ctx)) == {"name": "Ada"}
    with pytest.raises(SerializationError) as caught:
        await done(write({"name": ""}, ctx))
    assert "message.name != ''" in str(caught.value.__cause__)


async def test_a_message_that_breaks_a_condition_is_not_read(open_client, writer, reader, ctx, subject):
    short = condition("short", "CEL", "size(message.name) < 5", RuleMode.READ)
    await done(open_client().register_schema(subject, record("name", rule_set=domain(short))))
    write, read = await writer(), await reader()
    assert await done(read(await done(write({"name": "Ada"}, ctx)), ctx)) == {"name": "Ada"}
    with pytest.raises(SerializationError):
        await done(read(await done(write({"name": "Augusta"}, ctx)), ctx))


async def test_fields_with_a_tag_are_rewritten(open_client, writer, reader, ctx, subject):
    hidden = transform("hidden", "CEL_FIELD", "typeName == 'STRING' ; value + '-hidden'", tags=["PII"])
    schema = record("name", ("email", "PII"), rule_set=domain(hidden))
    await done(open_client().register_schema(subject, schema))
    payload = await done((await writer())({"name": "Ada", "email": "a@example.com"}, ctx))
    assert await done((await reader())(payload, ctx)) == {"name": "Ada", "email": "a@example.com-hidden"}


async def test_rules_come_from_the_configuration(open_client, writer, ctx, subject):
    client = open_client()
    named = domain(condition("named", "CEL", "message.name != ''"))
    await done(
        client.set_config(
            subject, ServerConfig(default_rule_set=named, override_metadata=properties(owner="team a"))
        )
    )
    kept = await done(client.get_config(subject))
    assert [rule.name for rule in kept.default_rule_set.domain_rules] == ["named"]
    await done(client.register_schema(subject, record("name")))
    stored = await done(open_client().get_latest_with_metadata(subject, {"owner": "team a"}))
    assert [rule.name for rule in stored.schema.rule_set.domain_rules] == ["named"]
    with pytest.raises(SerializationError):
        await done((await writer())({"name": ""}, ctx))


def renamed(old, new):
    """The expression that gives a field another name."""
    return f"$merge([$sift($, function($v, $k) {{$k != '{old}'}}), {{'{new}': $.'{old}'}}])"


@pytest.fixture
def two_majors(open_client, subject, refused):
    """Two versions that no level allows side by side, with rules that lead from one to the other."""

    async def register():
        client = open_client()
        first = await done(client.register_schema(subject, record("name", metadata=properties(major="1"))))
        rename = migration(
            transform("up", "JSONATA", renamed("name", "full_name"), RuleMode.UPGRADE),
            transform("down", "JSONATA", renamed("full_name", "name"), RuleMode.DOWNGRADE),
        )
        other = record("full_name", metadata=properties(major="2"), rule_set=rename)
        with refused(409, 40901):
            await done(client.register_schema(subject, other))
        await done(client.set_config(subject, ServerConfig(compatibility_group="major")))
        assert await done(client.test_compatibility(subject, other)) is True
        second = await done(client.register_schema(subject, other))
        # Within a group the level holds as before.
        with refused(409, 40901):
            await done(
                client.register_schema(subject, record("full_name", "email", metadata=properties(major="2")))
            )
        return first, second

    return register


def major(number):
    return {"use.latest.with.metadata": {"major": number}}


@pytest.mark.parametrize(
    ("written", "wanted", "message", "read"),
    [
        ("1", "2", {"name": "Ada"}, {"full_name": "Ada"}),
        ("2", "1", {"full_name": "Ada"}, {"name": "Ada"}),
        ("2", "2", {"full_name": "Ada"}, {"full_name": "Ada"}),
    ],
)
async def test_messages_migrate_between_majors(two_majors, writer, reader, ctx, written, wanted, message, read):
    ids = dict(zip("12", await two_majors()))
    write = await writer({"auto.register.schemas": False} | major(written))
    payload = await done(write(message, ctx))
    assert id_in(payload) == ids[written]
    assert await done((await reader(major(wanted)))(payload, ctx)) == read
