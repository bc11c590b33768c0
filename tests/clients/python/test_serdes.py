"""Messages written and read by the stock Python serialisers. No broker: the bytes stay here."""

import json

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

import shop
from rules import LATEST
from shop import COUPON, id_in

LOOKUP_ONLY = {"auto.register.schemas": False}


def test_avro(client, connect, ctx, subject):
    payload = AvroSerializer(client, shop.avro_order())(shop.ORDER, ctx)
    assert connect().get_latest_version(subject).schema_id == id_in(payload)
    assert AvroDeserializer(connect())(payload, ctx) == shop.ORDER


def test_avro_with_references(client, connect, ctx, subject):
    item = Schema(
        '{"type":"record","name":"Item","namespace":"shop","fields":'
        '[{"name":"sku","type":"string"},{"name":"qty","type":"int"}]}',
        "AVRO",
    )
    client.register_schema(f"{subject}-item", item)
    basket = Schema(
        '{"type":"record","name":"Basket","namespace":"shop","fields":'
        '[{"name":"items","type":{"type":"array","items":"shop.Item"}}]}',
        "AVRO",
        [SchemaReference("shop.Item", f"{subject}-item", 1)],
    )
    message = {"items": [{"sku": "apple", "qty": 3}]}
    payload = AvroSerializer(client, basket)(message, ctx)
    assert AvroDeserializer(connect())(payload, ctx) == message
    stored = connect().get_latest_version(subject).schema
    assert [(r.name, r.subject, r.version) for r in stored.references] == [("shop.Item", f"{subject}-item", 1)]


def test_avro_reader_of_the_second_version_reads_the_first(client, connect, ctx):
    old = AvroSerializer(client, shop.avro_order())(shop.ORDER, ctx)
    newer = shop.avro_order(COUPON)
    new = AvroSerializer(client, newer)(shop.ORDER | {"coupon": "SPRING"}, ctx)
    assert id_in(old) != id_in(new)
    read = AvroDeserializer(connect(), newer.schema_str)
    assert read(old, ctx)["coupon"] is None
    assert read(new, ctx)["coupon"] == "SPRING"
    # And the consumer that has not been upgraded reads the newer message.
    assert AvroDeserializer(connect(), shop.avro_order().schema_str)(new, ctx) == shop.ORDER


def test_avro_without_registering_needs_the_schema_to_be_there(client, connect, ctx, subject, refused):
    with refused(404, 40401):
        AvroSerializer(client, shop.avro_order(), conf=LOOKUP_ONLY)(shop.ORDER, ctx)
    registered = connect().register_schema(subject, shop.avro_order())
    payload = AvroSerializer(connect(), shop.avro_order(), conf=LOOKUP_ONLY)(shop.ORDER, ctx)
    assert id_in(payload) == registered


def test_avro_with_the_latest_version(client, connect, ctx, subject):
    client.register_schema(subject, shop.avro_order())
    newest = client.register_schema(subject, shop.avro_order(COUPON))
    payload = AvroSerializer(connect(), conf=LATEST)(shop.ORDER, ctx)
    assert id_in(payload) == newest
    assert AvroDeserializer(connect())(payload, ctx)["coupon"] is None


def test_avro_with_a_key_and_a_value(client, connect, topic):
    key = SerializationContext(topic, MessageField.KEY)
    payload = AvroSerializer(client, Schema('{"type":"string"}', "AVRO"))("o-1", key)
    assert AvroDeserializer(connect())(payload, key) == "o-1"
    assert f"{topic}-key" in connect().get_subjects()


def test_json(client, connect, ctx, subject):
    payload = JSONSerializer(shop.json_order(), client)(shop.ORDER, ctx)
    assert connect().get_latest_version(subject).schema_id == id_in(payload)
    assert JSONDeserializer(None, schema_registry_client=connect())(payload, ctx) == shop.ORDER


def test_json_with_references(client, connect, ctx, subject):
    item = Schema(
        json.dumps({"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}), "JSON"
    )
    client.register_schema(f"{subject}-item", item)
    basket = Schema(
        json.dumps({"type": "object", "properties": {"item": {"$ref": "item.json"}}}),
        "JSON",
        [SchemaReference("item.json", f"{subject}-item", 1)],
    )
    write = JSONSerializer(basket, client)
    payload = write({"item": {"sku": "apple"}}, ctx)
    assert JSONDeserializer(None, schema_registry_client=connect())(payload, ctx) == {"item": {"sku": "apple"}}
    # The referenced schema takes part: a message that breaks it is not written.
    with pytest.raises(Exception, match="sku"):
        write({"item": {}}, ctx)


def test_json_without_registering_and_with_the_latest_version(client, connect, ctx, subject):
    registered = client.register_schema(subject, shop.json_order())
    for conf in (LOOKUP_ONLY, LATEST):
        payload = JSONSerializer(shop.json_order(), connect(), conf=conf)(shop.ORDER, ctx)
        assert id_in(payload) == registered


def protobuf_message(topic):
    order, customer = shop.protobuf_classes(topic)
    message = order(order_id="o-1", customer=customer(user_id=7, email="a@example.com"))
    message.items.add(sku="apple", qty=3)
    return order, message


def test_protobuf_with_an_imported_file(client, connect, ctx, topic, subject):
    order, message = protobuf_message(topic)
    payload = ProtobufSerializer(order, client)(message, ctx)
    assert ProtobufDeserializer(order, {}, connect())(payload, ctx) == message

    stored = connect().get_latest_version(subject)
    assert stored.schema_id == id_in(payload)
    assert stored.schema.schema_type == "PROTOBUF"
    imported = f"{topic}/customer.proto"
    assert [(r.name, r.subject, r.version) for r in stored.schema.references] == [(imported, imported, 1)]


def test_protobuf_uploaded_as_a_descriptor_is_served_as_text(client, connect, ctx, topic, subject):
    order, message = protobuf_message(topic)
    ProtobufSerializer(order, client)(message, ctx)
    text = connect().get_latest_version(subject).schema.schema_str
    for line in ('syntax = "proto3";', "package shop;", f'import "{topic}/customer.proto";', "message Order {"):
        assert line in text


def test_protobuf_again_makes_no_second_version(client, connect, ctx, topic, subject):
    order, message = protobuf_message(topic)
    first = ProtobufSerializer(order, client)(message, ctx)
    second = ProtobufSerializer(order, connect())(message, ctx)
    assert id_in(first) == id_in(second)
    assert connect().get_versions(subject) == [1]


def test_protobuf_without_registering_and_with_the_latest_version(client, connect, ctx, topic):
    order, message = protobuf_message(topic)
    registered = id_in(ProtobufSerializer(order, client)(message, ctx))
    for conf in (LOOKUP_ONLY, LATEST):
        payload = ProtobufSerializer(order, connect(), conf=conf)(message, ctx)
        assert id_in(payload) == registered
        assert ProtobufDeserializer(order, {}, connect())(payload, ctx) == message
