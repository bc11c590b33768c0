"""The pairs of the case files, and of files of pairs, as JSON Lines for the soundness program."""

import json
import pathlib
import sys
import tomllib


def references(*tables):
    texts = {name: text for table in tables for name, text in (table or {}).items()}
    return [{"name": name, "schema": text} for name, text in texts.items()]


folder, *files = sys.argv[1:]
for path in sorted(pathlib.Path(folder).glob("*.toml")):
    for case in tomllib.loads(path.read_text())["case"]:
        if case.get("new_format"):
            continue
        shared = case.get("imports")
        print(json.dumps({
            "id": f"{path.stem}: {case['name']}",
            "format": "PROTOBUF",
            "level": "FULL",
            "old": case["old"],
            "new": case["new"],
            "old_refs": references(shared, case.get("old_imports")),
            "new_refs": references(shared, case.get("new_imports")),
        }))
for path in files:
    for line in pathlib.Path(path).read_text().splitlines():
        pair = json.loads(line)
        kept = {key: pair[key] for key in ("id", "format", "old", "new", "old_refs", "new_refs") if key in pair}
        print(json.dumps({**kept, "level": "FULL"}))
