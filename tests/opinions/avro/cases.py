"""The case files as JSON Lines, in both directions."""

import json
import pathlib
import sys
import tomllib

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.toml")):
    for number, case in enumerate(tomllib.loads(path.read_text())["case"]):
        if case.get("new_format") or case.get("imports") or case.get("old_imports") or case.get("new_imports"):
            continue
        for direction, old, new in (("backward", "old", "new"), ("forward", "new", "old")):
            line = {"id": f"{path.stem}-{number}-{direction}", "old": case[old], "new": case[new]}
            print(json.dumps(line))
