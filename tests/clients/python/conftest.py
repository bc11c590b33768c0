"""What every test of the stock Python client needs: a client, a subject of its own, and a way to
assert an error by its code. The server under test is the one that DOVETAIL_URL names."""

import itertools
import os
import re
from contextlib import contextmanager

import certifi
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

from flavours import FLAVOURS

_subjects = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def one_certificate(tmp_path_factory):
    """Each client reads all certificates when it is made. No connection here is encrypted: one will do."""
    first, end, _ = certifi.contents().partition("-----END CERTIFICATE-----\n")
    path = tmp_path_factory.mktemp("certificates") / "one.pem"
    path.write_text(first + end)
    os.environ["SSL_CERT_FILE"] = str(path)


@pytest.fixture
def connect():
    """Makes clients. A second client has empty caches, so what it returns came from the server."""
    url = os.environ["DOVETAIL_URL"]
    return lambda: SchemaRegistryClient({"url": url})


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture(params=FLAVOURS)
def flavour(request):
    """The classes of the plain client, then those of the asynchronous one."""
    return FLAVOURS[request.param]


@pytest.fixture
def open_client(flavour):
    """Makes clients of that flavour."""
    url = os.environ["DOVETAIL_URL"]
    return lambda: flavour.Client({"url": url})


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def topic(request):
    """A topic that no other test uses."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{name}-{next(_subjects)}"


@pytest.fixture
def subject(topic):
    return f"{topic}-value"


@pytest.fixture
def ctx(topic):
    return SerializationContext(topic, MessageField.VALUE)


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
