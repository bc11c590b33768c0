"""Fields encrypted by the stock Python serialisers, with keys that the registry keeps."""

import base64
import json

import pytest
from confluent_kafka.schema_registry import Rule, RuleKind, RuleMode, RuleParams, RuleSet, Schema
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.rules.encryption.dek_registry.dek_registry_client import (
    DekAlgorithm,
    DekRegistryClient,
)
from confluent_kafka.schema_registry.rules.encryption.encrypt_executor import FieldEncryptionExecutor
from confluent_kafka.schema_registry.rules.encryption.localkms.local_driver import LocalKmsDriver
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.serialization import MessageField, SerializationContext

LATEST = {"auto.register.schemas": False, "use.latest.version": True}
OWN_SECRET = {"secret": "a secret that only clients know"}


@pytest.fixture
def ctx(topic):
    return SerializationContext(topic, MessageField.VALUE)


@pytest.fixture
def card():
    """A message of its own for each test: the serialiser encrypts it in place."""
    return {"order": "o-1", "card": "4111111111111111"}


@pytest.fixture
def keys(connect):
    """A client of the key routes with empty caches."""
    return lambda: DekRegistryClient({"url": connect()._rest_client.base_urls[0]})


@pytest.fixture
def serde(connect):
    """Makes serialisers and deserialisers with clients, caches and rules of their own."""
    LocalKmsDriver.register()

    def make(kind, rule_conf):
        rules = RuleRegistry()
        rules.register_executor(FieldEncryptionExecutor())
        if kind is AvroSerializer:
            return AvroSerializer(connect(), None, conf=LATEST, rule_conf=rule_conf, rule_registry=rules)
        return AvroDeserializer(connect(), rule_conf=rule_conf, rule_registry=rules)

    return make


def paid(kek, kms_key_id, algorithm=None):
    """A schema whose card numbers are encrypted."""
    params = {
        "encrypt.kek.name": kek,
        "encrypt.kms.type": "local-kms",
        "encrypt.kms.key.id": kms_key_id,
    }
    if algorithm:
        params["encrypt.dek.algorithm"] = algorithm
    rule = Rule(
        "cards", "", RuleKind.TRANSFORM, RuleMode.WRITEREAD, "ENCRYPT", ["PII"], RuleParams(params),
        None, None, "ERROR,NONE", False,
    )  # fmt: skip
    fields = [
        {"name": "order", "type": "string"},
        {"name": "card", "type": "string", "confluent:tags": ["PII"]},
    ]
    text = json.dumps({"type": "record", "name": "Paid", "fields": fields})
    return Schema(text, "AVRO", [], None, RuleSet(None, [rule]))


def test_a_client_encrypts_with_a_key_of_its_own(client, serde, keys, ctx, topic, subject, card):
    client.register_schema(subject, paid(topic, "mine"))
    payload = serde(AvroSerializer, OWN_SECRET)(dict(card), ctx)
    assert b"o-1" in payload and b"4111" not in payload

    kek = keys().get_kek(topic)
    assert (kek.kms_type, kek.kms_key_id, kek.shared) == ("local-kms", "mine", False)
    dek = keys().get_dek(topic, subject)
    assert (dek.version, dek.algorithm, dek.key_material) == (1, DekAlgorithm.AES256_GCM, None)

    assert serde(AvroDeserializer, OWN_SECRET)(payload, ctx) == card


@pytest.mark.parametrize("algorithm", [None, "AES128_GCM", "AES256_SIV"])
def test_the_registry_makes_the_key(client, serde, keys, ctx, topic, subject, card, algorithm):
    keys().register_kek(topic, "local-kms", "ours", shared=True)
    client.register_schema(subject, paid(topic, "ours", algorithm))
    # No secret: the server has the key file.
    payload = serde(AvroSerializer, {})(dict(card), ctx)
    assert b"o-1" in payload and b"4111" not in payload

    dek = keys().get_dek(topic, subject, DekAlgorithm[algorithm or "AES256_GCM"])
    assert dek.key_material and base64.b64decode(dek.encrypted_key_material)
    assert serde(AvroDeserializer, {})(payload, ctx) == card


def test_a_second_writer_takes_the_key_that_is_there(client, serde, keys, ctx, topic, subject, card):
    client.register_schema(subject, paid(topic, "mine"))
    first = serde(AvroSerializer, OWN_SECRET)(dict(card), ctx)
    dek = keys().get_dek(topic, subject)
    second = serde(AvroSerializer, OWN_SECRET)(card | {"order": "o-2"}, ctx)
    assert keys().get_dek(topic, subject) == dek
    read = serde(AvroDeserializer, OWN_SECRET)
    assert [read(payload, ctx)["order"] for payload in (first, second)] == ["o-1", "o-2"]


def test_keys_that_are_taken_or_missing(keys, refused, topic, subject):
    with refused(404, 40470, f"Key '{topic}' not found"):
        keys().get_kek(topic)
    keys().register_kek(topic, "local-kms", "mine")
    with refused(409, 40971, "already exists"):
        keys().register_kek(topic, "local-kms", "another")
    with refused(404, 40470, f"Key '{subject}' not found"):
        keys().get_dek(topic, subject)
    with refused(422, 42271, "'encryptedKeyMaterial'"):
        keys().register_dek(topic, subject, None)
    keys().register_dek(topic, subject, "bQ==")
    with refused(409, 40971, "already exists"):
        keys().register_dek(topic, subject, "bg==")
