"""Reads pairs of schemas and data as JSON Lines, and says what fastavro makes of the data."""

import io
import json
import sys

import fastavro


def plain(schema):
    """Without logical types: what Python makes of a value is not in question."""
    if isinstance(schema, list):
        return [plain(part) for part in schema]
    if isinstance(schema, dict):
        return {key: plain(part) if key != "default" else part for key, part in schema.items() if key != "logicalType"}
    return schema


def read(writer, reader, text):
    try:
        return f"ok {fastavro.schemaless_reader(io.BytesIO(bytes.fromhex(text)), writer, reader)}"
    except Exception as failure:
        return f"fail {type(failure).__name__}: {failure}"


for line in sys.stdin:
    pair = json.loads(line)
    answer = {"id": pair["id"]}
    try:
        writer = fastavro.parse_schema(plain(pair["old"]))
        reader = fastavro.parse_schema(plain(pair["new"]))
        answer["data"] = [read(writer, reader, text) for text in pair["data"]]
        answer["witnesses"] = [read(writer, reader, witness["bytes"]) for witness in pair["witnesses"]]
    except Exception as failure:
        answer["error"] = f"{type(failure).__name__}: {failure}"
    print(json.dumps(answer))
