"""The pairs of the case files in both directions, and of files of pairs, as JSON Lines."""

import json
import pathlib
import sys
import tomllib

folder, *files = sys.argv[1:]
for path in sorted(pathlib.Path(folder).glob("*.toml")):
    for case in tomllib.loads(path.read_text())["case"]:
        if any(case.get(key) for key in ("new_format", "imports", "old_imports", "new_imports", "lenient", "fill_defaults")):
            continue
        for direction, old, new in (("backward", "old", "new"), ("forward", "new", "old")):
            print(json.dumps({
                "id": f"{path.stem}: {case['name']}, {direction}",
                "format": "JSON",
                "old": case[old],
                "new": case[new],
                "assert_formats": bool(case.get("assert_formats")),
            }))
for path in files:
    for line in filter(None, pathlib.Path(path).read_text().split("\n")):
        pair = json.loads(line)
        if not (pair.get("old_refs") or pair.get("new_refs")):
            print(json.dumps({key: pair[key] for key in ("id", "format", "old", "new")}))
