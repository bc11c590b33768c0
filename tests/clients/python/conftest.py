"""What every test of the stock Python client needs: a client, a subject of its own, and a way to
assert an error by its code. The server under test is the one that DOVETAIL_URL names."""

import itertools
import os
import re
from contextlib import contextmanager

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

_subjects = itertools.count(1)


@pytest.fixture
def connect():
    """Makes clients. A second client has empty caches, so what it returns came from the server."""
    url = os.environ["DOVETAIL_URL"]
    return lambda: SchemaRegistryClient({"url": url})


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture
def topic(request):
    """A topic that no other test uses."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{name}-{next(_subjects)}"


@pytest.fixture
def subject(topic):
    return f"{topic}-value"


@contextmanager
def _refused(status, code, text=""):
    with pytest.raises(SchemaRegistryError) as caught:
        yield
    error = caught.value
    assert (error.http_status_code, error.error_code) == (status, code), str(error)
    assert text in error.error_message


@pytest.fixture
def refused():
    """`with refused(404, 40401, "part of the message"):` around the call that has to fail."""
    return _refused
