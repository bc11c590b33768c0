"""Puts a few schemas into an empty registry, so that the conformance run finds something to read."""

import json
import os
import urllib.request

URL = os.environ["DOVETAIL_URL"]


def call(method, path, body=None):
    request = urllib.request.Request(
        URL + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/vnd.schemaregistry.v1+json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def avro(name, *fields):
    fields = [{"name": field, "type": "string", "default": ""} for field in fields]
    return {"schema": json.dumps({"type": "record", "name": name, "fields": fields})}


with urllib.request.urlopen(URL + "/openapi.json", timeout=10) as response:
    EXAMPLE = json.load(response)["components"]["schemas"]["SchemaRequest"]["example"]

call("POST", "/subjects/orders-value/versions", avro("Order", "id"))
call("POST", "/subjects/orders-value/versions", avro("Order", "id", "user"))
call(
    "POST",
    "/subjects/customers-value/versions",
    {
        "schema": json.dumps({"type": "record", "name": "Customer", "fields": [{"name": "last", "type": "Order"}]}),
        "references": [{"name": "Order", "subject": "orders-value", "version": 1}],
    },
)
call("POST", "/subjects/deleted-value/versions", {"schema": '{"type":"object"}', "schemaType": "JSON"})
call("DELETE", "/subjects/deleted-value")
# What the document gives as its example, so that some of the run's look-ups find what they ask for.
for subject in ("names-value", "deleted-value"):
    call("POST", f"/subjects/{subject}/versions", EXAMPLE)
call("POST", "/subjects/strings-value/versions", {"schema": '"string"'})
call("PUT", "/config/orders-value", {"compatibility": "FULL"})
call("POST", "/dek-registry/v1/keks", {"name": "orders", "kmsType": "local-kms", "kmsKeyId": "k", "shared": True})
call("POST", "/dek-registry/v1/keks/orders/deks/orders-value", {})
