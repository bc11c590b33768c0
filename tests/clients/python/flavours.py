"""The stock Python client comes twice, for plain and for asynchronous programs. One test covers both: it
awaits `done(...)` around whatever it calls."""

import inspect
from types import SimpleNamespace

from confluent_kafka.schema_registry import AsyncSchemaRegistryClient, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import (
    AsyncAvroDeserializer,
    AsyncAvroSerializer,
    AvroDeserializer,
    AvroSerializer,
)
from confluent_kafka.schema_registry.json_schema import (
    AsyncJSONDeserializer,
    AsyncJSONSerializer,
    JSONDeserializer,
    JSONSerializer,
)
from confluent_kafka.schema_registry.protobuf import (
    AsyncProtobufDeserializer,
    AsyncProtobufSerializer,
    ProtobufDeserializer,
    ProtobufSerializer,
)

PLAIN = SimpleNamespace(
    Client=SchemaRegistryClient,
    AvroSerializer=AvroSerializer,
    AvroDeserializer=AvroDeserializer,
    JSONSerializer=JSONSerializer,
    JSONDeserializer=JSONDeserializer,
    ProtobufSerializer=ProtobufSerializer,
    ProtobufDeserializer=ProtobufDeserializer,
)
ASYNC = SimpleNamespace(
    Client=AsyncSchemaRegistryClient,
    AvroSerializer=AsyncAvroSerializer,
    AvroDeserializer=AsyncAvroDeserializer,
    JSONSerializer=AsyncJSONSerializer,
    JSONDeserializer=AsyncJSONDeserializer,
    ProtobufSerializer=AsyncProtobufSerializer,
    ProtobufDeserializer=AsyncProtobufDeserializer,
)
FLAVOURS = {"plain": PLAIN, "async": ASYNC}


async def done(result):
    """The result of a call, whichever flavour made it."""
    return await result if inspect.isawaitable(result) else result
