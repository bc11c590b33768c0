"""Subjects tied to topics. The serializers of both flavours ask for them before anything else."""

import pytest
from confluent_kafka.schema_registry import (
    AssociationCreateOrUpdateInfo,
    AssociationCreateOrUpdateRequest,
    SchemaRegistryError,
)

import shop
from flavours import done

pytestmark = pytest.mark.anyio


def request(topic, **association):
    return AssociationCreateOrUpdateRequest(
        resource_name=topic,
        resource_namespace="lkc-1",
        resource_id=f"{topic}-id",
        resource_type="topic",
        associations=[AssociationCreateOrUpdateInfo(association_type="value", **association)],
    )


async def found(client, topic):
    try:
        return await done(client.get_associations_by_resource_name(topic, "-", "topic", ["value"]))
    except SchemaRegistryError as error:
        assert error.http_status_code == 404
        return []


async def test_a_topic_without_one_uses_the_subject_of_its_name(flavour, open_client, ctx, topic, subject):
    assert await found(open_client(), topic) == []
    write = await done(flavour.AvroSerializer(open_client(), shop.avro_order()))
    await done(write(shop.ORDER, ctx))
    assert (await done(open_client().get_latest_version(subject))).version == 1


async def test_a_topic_is_written_under_its_subject(flavour, open_client, ctx, topic, subject):
    elsewhere = f"{topic}-shared"
    registered = await done(open_client().register_schema(elsewhere, shop.avro_order()))
    created = await done(
        open_client().create_association(request(topic, subject=elsewhere, lifecycle="WEAK"))
    )
    assert [(a.subject, a.association_type, a.lifecycle) for a in created.associations] == [
        (elsewhere, "value", "WEAK")
    ]
    [association] = await found(open_client(), topic)
    assert (association.subject, association.resource_name) == (elsewhere, topic)

    write = await done(flavour.AvroSerializer(open_client(), shop.avro_order()))
    payload = await done(write(shop.ORDER, ctx))
    assert shop.id_in(payload) == registered
    read = await done(flavour.AvroDeserializer(open_client()))
    assert await done(read(payload, ctx)) == shop.ORDER
    assert subject not in await done(open_client().get_subjects())

    await done(open_client().delete_associations(f"{topic}-id", "topic", ["value"]))
    assert await found(open_client(), topic) == []


async def test_a_subject_in_use_by_a_topic_is_not_deleted(open_client, topic, refused):
    elsewhere = f"{topic}-shared"
    await done(open_client().register_schema(elsewhere, shop.avro_order()))
    await done(open_client().create_association(request(topic, subject=elsewhere, lifecycle="WEAK")))
    with refused(409, 40904):
        await done(open_client().delete_subject(elsewhere))
    await done(open_client().delete_associations(f"{topic}-id", "topic", ["value"]))
    assert await done(open_client().delete_subject(elsewhere)) == [1]
