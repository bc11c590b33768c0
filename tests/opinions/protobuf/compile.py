"""Pairs and verdicts in; a line a witness out, with the compiled descriptors of both sides."""

import base64
import functools
import json
import os
import pathlib
import sys
import tempfile

import grpc_tools
from grpc_tools import protoc

INCLUDED = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")


@functools.lru_cache(maxsize=64)
def compile(text, references):
    """The descriptors of a schema and its imports in base64; None if it does not compile."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, content in (*references, ("default.proto", text)):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        out = root / "descriptors"
        arguments = ["protoc", f"-I{folder}", f"-I{INCLUDED}", "--include_imports", f"-o{out}", "default.proto"]
        if protoc.main(arguments) != 0:
            return None
        return base64.b64encode(out.read_bytes()).decode()


def side(pair, age):
    return compile(pair[age], tuple((r["name"], r["schema"]) for r in pair.get(f"{age}_refs") or []))


pairs, verdicts = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
for pair, answer in zip(pairs, verdicts, strict=True):
    for verdict in answer.get("verdicts", []):
        writer, reader = ("old", "new") if verdict["direction"] == "backward" else ("new", "old")
        for finding in verdict["findings"]:
            witness = finding["witness"]
            if finding["proof"] != "broken" or not witness:
                continue
            print(json.dumps({
                "id": pair["id"],
                "direction": verdict["direction"],
                "rule": finding["rule"],
                "at": finding["reader_at"],
                "severity": finding["severity"],
                "portable": witness["portable"],
                "evidence": witness["evidence"],
                "message": witness["message_type"],
                "json": witness["json"],
                "bytes": witness["bytes"],
                "writer": side(pair, writer),
                "reader": side(pair, reader),
            }))
