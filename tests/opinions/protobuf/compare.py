"""Do the runtimes see the harm that each witness is to show? A table, and whoever does not."""

import collections
import json
import sys

path, *answers = sys.argv[1:]
witnesses = [json.loads(line) for line in open(path)]
GRAVE = {"error", "lost", "altered", "default", "missing", "no message"}
SLIGHT = {"unset", "renamed", "collapsed", "lost"}
disagree = 0
for answer in answers:
    name, path = answer.split("=", 1)
    table = collections.defaultdict(collections.Counter)
    for witness, line in zip(witnesses, open(path), strict=True):
        found = json.loads(line)
        if witness["rule"].startswith(("proto-field-renamed", "proto-json", "proto-enum-value", "proto-singular",
                                       "proto-package")):
            continue
        if witness["json"] is not None and "JSON" in witness["evidence"]:
            continue
        is_slight = witness["severity"] == "lossy" or witness["rule"] == "proto-enum-meaning-changed"
        wanted = SLIGHT if is_slight else GRAVE
        if found is None:
            outcome = "not compiled"
        elif {kind for kind, _ in found} & wanted:
            outcome = "harm"
        else:
            outcome = "no harm" if witness["portable"] else "no harm (not portable)"
        table[witness["rule"]][outcome] += 1
        if outcome == "no harm":
            disagree += 1
            if disagree <= 40:
                print(f"{name}: {witness['id']} {witness['direction']} {witness['rule']} {witness['at']}: "
                      f"{witness['message']} {witness['bytes']}: {witness['evidence']}, but {found}")
    total = sum(table.values(), collections.Counter())
    print(f"\n{name}: {dict(total)}")
    for rule, counts in sorted(table.items()):
        print(f"  {rule:36} {dict(counts)}")
sys.exit(1 if disagree else 0)
