"""The pairs of the case files in a folder, in both directions, or of files of pairs, as JSON Lines."""

import json
import pathlib
import sys
import tomllib

# What the others are not told, or do not know.
OURS = ("new_format", "imports", "old_imports", "new_imports", "lenient", "fill_defaults")


def cases(path):
    for case in tomllib.loads(path.read_text())["case"]:
        if any(case.get(key) for key in OURS):
            continue
        for direction, old, new in (("backward", "old", "new"), ("forward", "new", "old")):
            yield {
                "id": f"{path.stem}: {case['name']}, {direction}",
                "format": "JSON",
                "old": case[old],
                "new": case[new],
                "assert_formats": bool(case.get("assert_formats")),
            }


for path in map(pathlib.Path, sys.argv[1:]):
    if path.is_dir():
        for file in sorted(path.glob("*.toml")):
            for pair in cases(file):
                print(json.dumps(pair))
    else:
        with path.open() as lines:
            sys.stdout.writelines(line for line in lines if line.strip())
