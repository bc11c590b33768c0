"""A consumer that was built with version 3: it ships the items, and knows of the coupon.

    python shipping.py order-1.bin order-3.bin
"""

import os
import pathlib
import sys

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

HERE = pathlib.Path(__file__).parent

registry = SchemaRegistryClient({"url": os.environ.get("REGISTRY", "http://127.0.0.1:8081")})
deserialize = AvroDeserializer(registry, (HERE / "v3.avsc").read_text())

for path in sys.argv[1:]:
    order = deserialize(pathlib.Path(path).read_bytes(), SerializationContext("orders", MessageField.VALUE))
    items = ", ".join(f"{item['qty']} x {item['sku']}" for item in order["items"])
    print(f"{path}: ship {items} ({order['currency']}, coupon {order['coupon']})")
