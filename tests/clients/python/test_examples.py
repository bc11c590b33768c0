"""The scripts of examples/orders, run as its README runs them."""

import importlib.metadata
import os
import pathlib
import subprocess
import sys

import pytest
from confluent_kafka.schema_registry import ConfigCompatibilityLevel, Schema, ServerConfig

ORDERS = pathlib.Path(__file__).parents[3] / "examples" / "orders"
SUBJECT = "orders-value"


def schema(version):
    return Schema((ORDERS / f"{version}.avsc").read_text(), "AVRO")


@pytest.fixture(scope="module")
def readme():
    return (ORDERS / "README.md").read_text()


@pytest.fixture
def registered(client):
    client.set_config(SUBJECT, ServerConfig(compatibility=ConfigCompatibilityLevel.FULL))
    for version in ("v1", "v2", "v3"):
        client.register_schema(SUBJECT, schema(version))


@pytest.fixture
def run(tmp_path):
    """Runs a script where its files may lie about, and returns the lines that it prints."""

    def run(script, *arguments):
        done = subprocess.run(
            [sys.executable, "-B", ORDERS / script, *arguments],
            env=os.environ | {"REGISTRY": os.environ["DOVETAIL_URL"]},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_old_and_new_consumers_read_old_and_new_producers(registered, run, readme):
    run("producer.py", "v1", "order-1.bin")
    run("producer.py", "v3", "order-3.bin")
    printed = run("billing.py", "order-1.bin", "order-3.bin") + run("shipping.py", "order-1.bin", "order-3.bin")
    assert len(printed) == 4
    assert [line for line in printed if line not in readme] == []


def test_the_breaking_version_is_refused_at_registration(registered, client, refused):
    with refused(409, 40901, "The field 'country' at path '/fields/6' in the new schema has no default value"):
        client.register_schema(SUBJECT, schema("v4-breaking"))


@pytest.mark.parametrize("against", ["registry", "file"])
def test_the_breaking_version_is_refused_by_check(registered, readme, against):
    base = {"registry": [f"registry:{os.environ['DOVETAIL_URL']}"], "file": ["dir:v3.avsc", "--level", "FULL"]}[against]
    done = subprocess.run(
        [os.environ["DOVETAIL_BIN"], "check", "v4-breaking.avsc", "--subject", SUBJECT, "--against", *base],
        cwd=ORDERS,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    found = [line.strip() for line in done.stdout.splitlines() if line.strip().startswith("avro-")]
    # Two breaks, and a loss in the other direction.
    assert [line.split()[0] for line in found] == [
        "avro-type-changed",
        "avro-field-without-default",
        "avro-number-rounded",
    ]
    assert [line for line in found if line not in readme] == []


def test_the_example_wants_the_client_that_is_tested():
    wanted = (ORDERS / "requirements.txt").read_text().splitlines()
    assert f"confluent-kafka[avro,schemaregistry]=={importlib.metadata.version('confluent-kafka')}" in wanted
