"""Places an order: writes it with one version of the schema, as a producer would, into a file.

    python producer.py v1 order-1.bin

The bytes are exactly what would be the value of a Kafka message: a zero byte, the schema's id in four
bytes, and the Avro data. No broker is needed.
"""

import json
import os
import pathlib
import sys

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

TOPIC = "orders"
HERE = pathlib.Path(__file__).parent

ORDER = {
    "order_id": "o-1001",
    "user_id": "u-7",
    "items": [{"sku": "tea-250", "qty": 2}, {"sku": "pot-1", "qty": 1}],
    "total": 42.5,
}
LATER_FIELDS = {"currency": "SEK", "coupon": "SPRING"}


def main(version: str, path: str) -> None:
    text = (HERE / f"{version}.avsc").read_text()
    names = [field["name"] for field in json.loads(text)["fields"]]
    order = {name: value for name, value in (ORDER | LATER_FIELDS).items() if name in names}

    registry = SchemaRegistryClient({"url": os.environ.get("REGISTRY", "http://127.0.0.1:8081")})
    # The schema is registered by whoever deploys it, not by whoever sends first.
    serialize = AvroSerializer(registry, text, conf={"auto.register.schemas": False})
    data = serialize(order, SerializationContext(TOPIC, MessageField.VALUE))
    pathlib.Path(path).write_bytes(data)
    print(f"{path}: {len(data)} bytes, schema id {int.from_bytes(data[1:5], 'big')}")


if __name__ == "__main__":
    main(*sys.argv[1:])
