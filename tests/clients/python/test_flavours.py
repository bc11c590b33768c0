"""What both flavours of the stock client do with the registry and with messages: plain and asynchronous."""

import json

import pytest
from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Schema,
    SchemaReference,
    ServerConfig,
    dual_schema_id_deserializer,
    header_schema_id_serializer,
)

import shop
from flavours import done
from rules import LATEST, properties
from shop import COUPON, PRIORITY_WITHOUT_DEFAULT, id_in

pytestmark = pytest.mark.anyio


def with_metadata(metadata):
    """The settings of a serializer that takes the newest version whose metadata says this."""
    return {"auto.register.schemas": False, "use.latest.with.metadata": metadata}


def owned(schema, owner):
    return Schema(schema.schema_str, schema.schema_type, schema.references, properties(owner=owner))


async def test_the_registry_is_written_read_and_emptied(open_client, subject, refused):
    client = open_client()
    registered = await done(client.register_schema_full_response(subject, shop.avro_order()))
    assert (registered.version, registered.subject) == (1, subject)
    other = open_client()
    by_id = await done(other.get_schema(registered.schema_id))
    by_guid = await done(other.get_schema_by_guid(registered.guid))
    latest = await done(other.get_latest_version(subject))
    found = await done(other.lookup_schema(subject, shop.avro_order()))
    assert by_id.schema_str == by_guid.schema_str == latest.schema.schema_str
    assert {latest.schema_id, found.schema_id} == {registered.schema_id}
    assert subject in await done(other.get_subjects())
    assert subject in await done(other.get_subjects_by_schema_id(registered.schema_id))

    breaking = shop.avro_order(PRIORITY_WITHOUT_DEFAULT)
    assert await done(client.test_compatibility(subject, shop.avro_order(COUPON))) is True
    assert await done(client.test_compatibility_all_versions(subject, breaking)) is False
    with refused(409, 40901):
        await done(client.register_schema(subject, breaking))
    with refused(404, 40408):
        await done(client.get_compatibility(subject))
    await done(client.set_config(subject, ServerConfig(compatibility=ConfigCompatibilityLevel.NONE)))
    assert (await done(client.get_config(subject))).compatibility_level == "NONE"
    await done(client.register_schema(subject, breaking))
    assert await done(client.get_versions(subject)) == [1, 2]

    with refused(404, 40407):
        await done(client.delete_version(subject, 1, permanent=True))
    assert await done(client.delete_version(subject, 1)) == 1
    assert await done(client.delete_version(subject, 1, permanent=True)) == 1
    assert await done(client.delete_subject(subject)) == [2]
    with refused(404, 40404):
        await done(client.delete_subject(subject))
    assert await done(client.delete_subject(subject, permanent=True)) == [2]
    with refused(404, 40401):
        await done(open_client().get_latest_version(subject))


async def test_avro_with_the_latest_version(flavour, open_client, ctx, subject):
    await done(open_client().register_schema(subject, shop.avro_order()))
    newest = await done(open_client().register_schema(subject, shop.avro_order(COUPON)))
    write = await done(flavour.AvroSerializer(open_client(), conf=LATEST))
    payload = await done(write(shop.ORDER, ctx))
    assert id_in(payload) == newest
    read = await done(flavour.AvroDeserializer(open_client()))
    assert await done(read(payload, ctx)) == shop.ORDER | {"coupon": None}


async def test_avro_with_the_latest_version_of_its_owner(flavour, open_client, ctx, subject):
    client = open_client()
    first = await done(client.register_schema(subject, owned(shop.avro_order(), "team a")))
    second = await done(client.register_schema(subject, owned(shop.avro_order(COUPON), "team b")))
    ids = []
    for owner in ("team a", "team b"):
        write = await done(flavour.AvroSerializer(open_client(), conf=with_metadata({"owner": owner})))
        payload = await done(write(shop.ORDER, ctx))
        ids.append(id_in(payload))
    assert ids == [first, second]
    # The consumer of team a reads what team b wrote, as its own version says.
    read = await done(
        flavour.AvroDeserializer(open_client(), conf={"use.latest.with.metadata": {"owner": "team a"}})
    )
    assert await done(read(payload, ctx)) == shop.ORDER


async def test_json_with_references_and_the_latest_version(flavour, open_client, ctx, subject):
    client = open_client()
    item = json.dumps({"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]})
    await done(client.register_schema(f"{subject}-item", Schema(item, "JSON")))
    basket = Schema(
        json.dumps({"type": "object", "properties": {"item": {"$ref": "item.json"}}}),
        "JSON",
        [SchemaReference("item.json", f"{subject}-item", 1)],
    )
    registered = await done(client.register_schema(subject, basket))
    write = await done(flavour.JSONSerializer(basket, open_client(), conf=LATEST))
    payload = await done(write({"item": {"sku": "apple"}}, ctx))
    assert id_in(payload) == registered
    read = await done(flavour.JSONDeserializer(None, schema_registry_client=open_client()))
    assert await done(read(payload, ctx)) == {"item": {"sku": "apple"}}
    with pytest.raises(Exception, match="sku"):
        await done(write({"item": {}}, ctx))


async def test_protobuf_with_an_imported_file_and_the_latest_version(flavour, open_client, ctx, topic, subject):
    order, customer = shop.protobuf_classes(topic)
    message = order(order_id="o-1", customer=customer(user_id=7, email="a@example.com"))
    write = await done(flavour.ProtobufSerializer(order, open_client()))
    registered = id_in(await done(write(message, ctx)))
    write = await done(flavour.ProtobufSerializer(order, open_client(), conf=LATEST))
    payload = await done(write(message, ctx))
    assert id_in(payload) == registered
    read = await done(flavour.ProtobufDeserializer(order, {}, open_client()))
    assert await done(read(payload, ctx)) == message
    stored = await done(open_client().get_latest_version(subject))
    assert [reference.name for reference in stored.schema.references] == [f"{topic}/customer.proto"]


async def test_the_schema_is_named_by_guid_in_a_header(flavour, open_client, ctx, subject):
    ctx.headers = []
    write = await done(
        flavour.AvroSerializer(
            open_client(), shop.avro_order(), conf={"schema.id.serializer": header_schema_id_serializer}
        )
    )
    payload = await done(write(shop.ORDER, ctx))
    registered = await done(open_client().get_latest_version(subject))
    [(name, value)] = ctx.headers
    assert name == "__value_schema_id"
    assert value == b"\x01" + bytes.fromhex(registered.guid.replace("-", ""))
    read = await done(
        flavour.AvroDeserializer(open_client(), conf={"schema.id.deserializer": dual_schema_id_deserializer})
    )
    assert await done(read(payload, ctx)) == shop.ORDER


async def test_a_context_has_subjects_and_ids_of_its_own(open_client, topic, refused):
    client, context = open_client(), f".{topic}"
    inside = f":{context}:orders-value"
    registered = await done(client.register_schema_full_response(inside, shop.avro_order()))
    assert (registered.schema_id, registered.subject) == (1, inside)
    second = await done(client.register_schema(inside, shop.avro_order(COUPON)))
    assert second == 2
    other = open_client()
    assert context in await done(other.get_contexts())
    assert inside in await done(other.get_subjects())
    assert await done(other.get_subjects(f":{context}:")) == [inside]
    latest = await done(other.get_latest_version(inside))
    assert (latest.subject, latest.schema_id) == (inside, 2)
    by_id = await done(other.get_schema(2, inside))
    assert by_id.schema_str == latest.schema.schema_str
    assert await done(other.get_versions(inside)) == [1, 2]
    assert await done(client.delete_subject(inside)) == [1, 2]
    assert await done(client.delete_subject(inside, permanent=True)) == [1, 2]
    with refused(404, 40401):
        await done(open_client().get_versions(inside))


async def test_messages_of_a_context(flavour, open_client, ctx, topic):
    inside = f":.{topic}:orders-value"
    conf = {"subject.name.strategy": lambda *_: inside}
    # The same id means something else outside.
    await done(open_client().register_schema(f"{topic}-other", Schema('"string"', "AVRO")))
    write = await done(flavour.AvroSerializer(open_client(), shop.avro_order(), conf=conf))
    payload = await done(write(shop.ORDER, ctx))
    assert id_in(payload) == 1
    read = await done(flavour.AvroDeserializer(open_client(), conf=conf))
    assert await done(read(payload, ctx)) == shop.ORDER
