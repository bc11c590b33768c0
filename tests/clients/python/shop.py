"""Schemas of a small shop, in each format, that the tests register and evolve."""

import json

from confluent_kafka.schema_registry import Schema
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ORDER = {
    "order_id": "o-1",
    "user_id": 7,
    "items": [{"sku": "apple", "qty": 3}],
    "total": 12.5,
}


COUPON = {"name": "coupon", "type": ["null", "string"], "default": None}
PRIORITY_WITHOUT_DEFAULT = {"name": "priority", "type": "int"}


def id_in(payload):
    """The schema id in the frame: a zero byte, then four bytes, highest first."""
    assert payload[0] == 0
    return int.from_bytes(payload[1:5], "big")


def avro_order(*extra, **changes):
    """An Avro order record; `extra` fields are appended, `changes` replace the type of a field."""
    item = {
        "type": "record",
        "name": "Item",
        "fields": [{"name": "sku", "type": "string"}, {"name": "qty", "type": "int"}],
    }
    types = {
        "order_id": "string",
        "user_id": "long",
        "items": {"type": "array", "items": item},
        "total": "double",
    } | changes
    fields = [{"name": name, "type": type_} for name, type_ in types.items()]
    return Schema(
        json.dumps(
            {"type": "record", "name": "OrderPlaced", "namespace": "shop", "fields": fields + list(extra)}
        ),
        "AVRO",
    )


def json_order(**extra):
    properties = {
        "order_id": {"type": "string"},
        "user_id": {"type": "integer"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}},
                "required": ["sku", "qty"],
            },
        },
        "total": {"type": "number"},
    } | extra
    return Schema(
        json.dumps(
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "title": "OrderPlaced",
                "type": "object",
                "properties": properties,
                "required": ["order_id", "total"],
            }
        ),
        "JSON",
    )


def protobuf_text_order(*extra):
    fields = ["string order_id = 1;", "int64 user_id = 2;", *extra]
    body = "\n".join(f"  {field}" for field in fields)
    return Schema(f'syntax = "proto3";\npackage shop;\n\nmessage Order {{\n{body}\n}}\n', "PROTOBUF")


def protobuf_classes(topic):
    """Message classes `(Order, Customer)` made at run time, so that no protoc is needed.

    Two files, the first importing the second. The paths carry the topic because the client uses the
    path of an imported file as the subject it registers it under.
    """
    field = descriptor_pb2.FieldDescriptorProto

    customer = descriptor_pb2.FileDescriptorProto(
        name=f"{topic}/customer.proto", package="shop", syntax="proto3"
    )
    message = customer.message_type.add(name="Customer")
    message.field.add(name="user_id", number=1, type=field.TYPE_INT64, label=field.LABEL_OPTIONAL)
    message.field.add(name="email", number=2, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)

    order = descriptor_pb2.FileDescriptorProto(
        name=f"{topic}/order.proto", package="shop", syntax="proto3", dependency=[customer.name]
    )
    # The message in use is the second of its file: its index travels in the payload.
    item = order.message_type.add(name="Item")
    item.field.add(name="sku", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    item.field.add(name="qty", number=2, type=field.TYPE_INT32, label=field.LABEL_OPTIONAL)
    message = order.message_type.add(name="Order")
    message.field.add(name="order_id", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    message.field.add(
        name="customer",
        number=2,
        type=field.TYPE_MESSAGE,
        type_name=".shop.Customer",
        label=field.LABEL_OPTIONAL,
    )
    message.field.add(
        name="items", number=3, type=field.TYPE_MESSAGE, type_name=".shop.Item", label=field.LABEL_REPEATED
    )

    pool = descriptor_pool.DescriptorPool()
    for file in (customer, order):
        pool.Add(file)
    return tuple(
        message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
        for name in ("shop.Order", "shop.Customer")
    )
