"""python-schema-registry-client, which programs built on Faust use, in both of its flavours."""

import os

import pytest
from schema_registry.client import AsyncSchemaRegistryClient, SchemaRegistryClient
from schema_registry.client.errors import ClientError
from schema_registry.client.schema import AvroSchema, JsonSchema
from schema_registry.serializers import (
    AsyncAvroMessageSerializer,
    AsyncJsonMessageSerializer,
    AvroMessageSerializer,
    JsonMessageSerializer,
)

import shop
from flavours import done
from shop import COUPON, PRIORITY_WITHOUT_DEFAULT

pytestmark = pytest.mark.anyio

FLAVOURS = {
    "plain": (SchemaRegistryClient, AvroMessageSerializer, JsonMessageSerializer),
    "async": (AsyncSchemaRegistryClient, AsyncAvroMessageSerializer, AsyncJsonMessageSerializer),
}
AVRO = AvroSchema(shop.avro_order().schema_str)
WIDER = AvroSchema(shop.avro_order(COUPON).schema_str)
BREAKING = AvroSchema(shop.avro_order(PRIORITY_WITHOUT_DEFAULT).schema_str)


@pytest.fixture(params=FLAVOURS)
def flavour(request):
    return FLAVOURS[request.param]


@pytest.fixture
def open_client(flavour):
    return lambda: flavour[0](url=os.environ["DOVETAIL_URL"])


async def test_register_and_find(open_client, subject):
    registered = await done(open_client().register(subject, AVRO))
    assert await done(open_client().register(subject, AVRO)) == registered
    by_id = await done(open_client().get_by_id(registered))
    assert by_id == AVRO
    latest = await done(open_client().get_schema(subject))
    first = await done(open_client().get_schema(subject, version=1))
    assert (latest.schema_id, latest.version, first.schema_id) == (registered, 1, registered)
    found = await done(open_client().check_version(subject, AVRO))
    assert (found.subject, found.schema_id, found.version) == (subject, registered, 1)
    assert await done(open_client().check_version(subject, WIDER)) is None
    assert await done(open_client().get_versions(subject)) == [1]
    assert subject in await done(open_client().get_subjects())
    uses = await done(open_client().get_schema_subject_versions(registered))
    assert subject in {use.subject for use in uses}
    assert await done(open_client().get_by_id(2_000_000_000)) is None
    assert await done(open_client().get_schema(f"{subject}-unknown")) is None


async def test_compatibility(open_client, subject):
    client = open_client()
    await done(client.register(subject, AVRO))
    assert await done(client.test_compatibility(subject, WIDER)) is True
    assert await done(client.test_compatibility(subject, BREAKING)) is False
    verbose = await done(client.test_compatibility(subject, BREAKING, version=1, verbose=True))
    assert verbose["is_compatible"] is False
    assert any("priority" in message for message in verbose["messages"])
    with pytest.raises(ClientError) as caught:
        await done(client.register(subject, BREAKING))
    assert caught.value.http_code == 409

    with pytest.raises(ClientError) as caught:
        await done(client.get_compatibility(subject))
    assert caught.value.http_code == 404
    assert await done(client.get_compatibility()) == "BACKWARD"
    assert await done(client.update_compatibility("NONE", subject)) is True
    assert await done(client.get_compatibility(subject)) == "NONE"
    await done(client.register(subject, BREAKING))
    assert await done(client.get_versions(subject)) == [1, 2]


async def test_deletion(open_client, subject):
    client = open_client()
    await done(client.register(subject, AVRO))
    await done(client.register(subject, WIDER))
    assert await done(client.delete_version(subject, 1)) == 1
    assert await done(client.get_versions(subject)) == [2]
    assert await done(client.delete_subject(subject)) == [2]
    assert await done(client.get_versions(subject)) == []
    assert await done(client.delete_subject(f"{subject}-unknown")) == []


async def test_avro_messages(flavour, open_client, subject):
    write = flavour[1](open_client())
    payload = await done(write.encode_record_with_schema(subject, AVRO, shop.ORDER))
    registered = (await done(open_client().get_schema(subject))).schema_id
    assert payload[:5] == b"\0" + registered.to_bytes(4, "big")
    assert await done(write.encode_record_with_schema_id(registered, shop.ORDER)) == payload
    assert await done(flavour[1](open_client()).decode_message(payload)) == shop.ORDER
    reader = flavour[1](open_client(), reader_schema=WIDER.schema)
    assert await done(reader.decode_message(payload)) == shop.ORDER | {"coupon": None}


async def test_json_messages(flavour, open_client, subject):
    schema = JsonSchema(shop.json_order().schema_str)
    write = flavour[2](open_client())
    payload = await done(write.encode_record_with_schema(subject, schema, shop.ORDER))
    assert (await done(open_client().get_schema(subject))).schema.schema_type == "JSON"
    assert await done(flavour[2](open_client()).decode_message(payload)) == shop.ORDER
    with pytest.raises(Exception, match="total"):
        await done(write.encode_record_with_schema(subject, schema, {"order_id": "o-1"}))


async def test_a_context(open_client, topic):
    inside = f":.{topic}:orders-value"
    assert await done(open_client().register(inside, AVRO)) == 1
    assert (await done(open_client().get_schema(inside))).subject == inside
    assert await done(open_client().get_versions(inside)) == [1]
    assert await done(open_client().delete_subject(inside)) == [1]
