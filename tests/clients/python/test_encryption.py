"""Fields encrypted in the client, with the keys' own registry on the server. The key management that keeps
the outermost key is the client's local one: a secret that only writer and reader know."""

import io
import json
import os
import time

import fastavro
import pytest
from confluent_kafka.schema_registry import RuleMode
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.schema_registry.rules.encryption.dek_registry.dek_registry_client import (
    DekAlgorithm,
    DekRegistryClient,
)
from confluent_kafka.schema_registry.rules.encryption.encrypt_executor import Clock, FieldEncryptionExecutor
from confluent_kafka.schema_registry.rules.encryption.localkms.local_driver import LocalKmsDriver

from flavours import done
from rules import LATEST, domain, record, transform

pytestmark = pytest.mark.anyio

SECRET = {"secret": "only writer and reader know it"}
CUSTOMER = {"name": "Ada", "email": "ada@example.com"}


@pytest.fixture(scope="module", autouse=True)
def local_kms():
    LocalKmsDriver.register()


@pytest.fixture
def keys():
    """Makes clients of the registry of keys, each with empty caches."""
    return lambda: DekRegistryClient({"url": os.environ["DOVETAIL_URL"]})


@pytest.fixture
def kek(topic):
    return f"kek-{topic}"


@pytest.fixture
def encrypted(kek):
    """A customer whose e-mail address is encrypted."""

    def encrypted(**params):
        rule = transform(
            "encrypted",
            "ENCRYPT",
            None,
            RuleMode.WRITEREAD,
            tags=["PII"],
            on_failure="ERROR,ERROR",
            params={"encrypt.kek.name": kek, "encrypt.kms.type": "local-kms", "encrypt.kms.key.id": "key-1"} | params,
        )
        return record("name", ("email", "PII"), rule_set=domain(rule))

    return encrypted


def executors(clock=None):
    registry = RuleRegistry()
    registry.register_executor(FieldEncryptionExecutor(clock or Clock()))
    return registry


@pytest.fixture
def writer(flavour, open_client):
    async def writer(clock=None, secret=SECRET):
        return await done(
            flavour.AvroSerializer(
                open_client(), conf=LATEST, rule_conf=dict(secret), rule_registry=executors(clock)
            )
        )

    return writer


@pytest.fixture
def reader(flavour, open_client):
    async def reader(secret=SECRET):
        return await done(
            flavour.AvroDeserializer(open_client(), rule_conf=dict(secret), rule_registry=executors())
        )

    return reader


def on_the_wire(payload):
    """What a reader without the rules would see."""
    schema = json.loads(record("name", "email").schema_str)
    return fastavro.schemaless_reader(io.BytesIO(payload[5:]), schema, None)


@pytest.mark.parametrize("algorithm", ["AES128_GCM", "AES256_GCM", "AES256_SIV"])
async def test_a_field_travels_encrypted(
    open_client, writer, reader, keys, encrypted, kek, ctx, subject, algorithm
):
    await done(open_client().register_schema(subject, encrypted(**{"encrypt.dek.algorithm": algorithm})))
    payload = await done((await writer())(dict(CUSTOMER), ctx))
    seen = on_the_wire(payload)
    assert seen["name"] == "Ada"
    assert "example" not in seen["email"]
    assert await done((await reader())(payload, ctx)) == CUSTOMER

    stored = keys().get_kek(kek)
    assert (stored.name, stored.kms_type, stored.kms_key_id, bool(stored.shared)) == (kek, "local-kms", "key-1", False)
    dek = keys().get_dek(kek, subject, DekAlgorithm(algorithm))
    assert (dek.kek_name, dek.subject, dek.version, dek.algorithm) == (kek, subject, 1, algorithm)
    # The registry keeps the inner key, but only sealed by the outer one, which it has never seen.
    assert dek.encrypted_key_material and dek.key_material is None
    # A second writer uses the key that is there.
    again = await done((await writer())(dict(CUSTOMER), ctx))
    assert await done((await reader())(again, ctx)) == CUSTOMER
    assert keys().get_dek(kek, subject, DekAlgorithm(algorithm)).encrypted_key_material == dek.encrypted_key_material


@pytest.mark.parametrize("algorithm", ["AES128_GCM", "AES256_GCM", "AES256_SIV"])
async def test_the_registry_makes_the_key(
    open_client, writer, reader, keys, encrypted, kek, ctx, subject, algorithm
):
    keys().register_kek(kek, "local-kms", "key-1", shared=True)
    await done(open_client().register_schema(subject, encrypted(**{"encrypt.dek.algorithm": algorithm})))
    # No secret: that of the outer key is the server's.
    payload = await done((await writer(secret={}))(dict(CUSTOMER), ctx))
    assert "example" not in on_the_wire(payload)["email"]
    dek = keys().get_dek(kek, subject, DekAlgorithm(algorithm))
    assert dek.key_material and dek.encrypted_key_material
    assert await done((await reader(secret={}))(payload, ctx)) == CUSTOMER


async def test_an_old_key_is_replaced_and_still_reads(
    open_client, writer, reader, keys, encrypted, kek, ctx, subject
):
    class InThreeDays:
        def now(self):
            return int((time.time() + 3 * 24 * 60 * 60) * 1000)

    await done(open_client().register_schema(subject, encrypted(**{"encrypt.dek.expiry.days": "1"})))
    old = await done((await writer())(dict(CUSTOMER), ctx))
    new = await done((await writer(InThreeDays()))(dict(CUSTOMER), ctx))
    versions = [keys().get_dek(kek, subject, version=version).version for version in (1, 2, -1)]
    assert versions == [1, 2, 2]
    read = await reader()
    assert await done(read(old, ctx)) == await done(read(new, ctx)) == CUSTOMER


@pytest.fixture
def refused_key():
    def refused_key(code, call):
        with pytest.raises(SchemaRegistryError) as caught:
            call()
        assert (caught.value.http_status_code, caught.value.error_code) == (code // 100, code)

    return refused_key


def test_keys_are_kept_once(keys, kek, topic, refused_key):
    refused_key(40470, lambda: keys().get_kek(kek))
    made = keys().register_kek(kek, "local-kms", "key-1", kms_props={"region": "here"}, doc="the outer key")
    kept = keys().get_kek(kek)
    assert (kept.name, kept.kms_type, kept.kms_key_id, kept.doc) == (kek, "local-kms", "key-1", "the outer key")
    assert kept.kms_props.properties == {"region": "here"}
    assert kept.ts == made.ts
    refused_key(40971, lambda: keys().register_kek(kek, "local-kms", "key-2"))
    refused_key(40470, lambda: keys().get_dek(kek, topic))
    refused_key(42271, lambda: keys().register_dek(kek, topic, None))
    dek = keys().register_dek(kek, topic, "c2VhbGVk")
    assert (dek.version, dek.algorithm, dek.encrypted_key_material) == (1, "AES256_GCM", "c2VhbGVk")
    refused_key(40971, lambda: keys().register_dek(kek, topic, "YW5vdGhlcg=="))
    assert keys().register_dek(kek, topic, "bmV4dA==", version=2).version == 2
    assert keys().get_dek(kek, topic, version=-1).encrypted_key_material == "bmV4dA=="
    assert keys().get_dek(kek, topic).encrypted_key_material == "c2VhbGVk"
    refused_key(40470, lambda: keys().get_dek(kek, topic, DekAlgorithm.AES256_SIV))
    refused_key(42271, lambda: keys().register_kek("", "local-kms", "key-1"))
