"""Buf's breaking-change rules against the proof judge, pair by pair, BACKWARD.

Buf's WIRE stands against the wire pack, WIRE_JSON against it and the JSON pack. A pair that Buf accepts and
the proof judge refutes has a witness; of one that Buf refuses and the proof judge proves, Buf's rules are
shown.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

pairs_path, verdicts_path, work = sys.argv[1:]

# Why a broken rule of Buf may harm nobody who reads the data.
HARMLESS = {
    "FIELD_WIRE_COMPATIBLE_TYPE": "the types read each other's values, by whatever names",
    "FIELD_WIRE_JSON_COMPATIBLE_TYPE": "the types read each other's values, by whatever names",
    "FIELD_WIRE_COMPATIBLE_CARDINALITY": "a list reads a single value",
    "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY": "nothing is written that the other does not read",
    "FIELD_SAME_ONEOF": "no two values that are written clear each other",
    "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED": "what is not known is skipped; use of the number later is told then",
    "FIELD_NO_DELETE_UNLESS_NAME_RESERVED": "what is not known is skipped; use of the name later is told then",
    "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED": "an open enum keeps the number",
    "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED": "no message holds the enum",
    "ENUM_VALUE_SAME_NAME": "the name is never written",
    "MESSAGE_SAME_REQUIRED_FIELDS": "what is written is all there",
    "FILE_SAME_PACKAGE": "the package is not in the data",
    "FIELD_SAME_DEFAULT": "the field is never left out",
    "FIELD_SAME_NAME": "the name in the data is the JSON name",
}
BUF = os.path.join(work, "node_modules", ".bin", "buf")


def judged_by_buf(pair, category):
    """The rules that Buf finds broken; None if it does not build."""
    with tempfile.TemporaryDirectory() as folder:
        for age in ("old", "new"):
            root = pathlib.Path(folder) / age
            texts = {r["name"]: r["schema"] for r in pair.get(f"{age}_refs") or []}
            texts["default.proto"] = pair[age]
            for name, text in texts.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            (root / "buf.yaml").write_text(f"version: v2\nbreaking:\n  use:\n    - {category}\n")
        command = [BUF, "breaking", f"{folder}/new", "--against", f"{folder}/old", "--error-format", "json"]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode not in (0, 100):
            return None
        found = [json.loads(line) for line in run.stdout.splitlines() if line.strip()]
        if any(finding["type"] == "COMPILE" for finding in found):
            return None
        return sorted({finding["type"] for finding in found if finding.get("path", "").endswith("default.proto")
                       or not finding.get("path")})


def judged_here(answer, packs):
    """Refuted, proved or undecided, and the rules that refuse, by the packs meant."""
    verdict = next(v for v in answer["verdicts"] if v["direction"] == "backward")
    if verdict["proof"].startswith("undecided"):
        return "undecided", []
    of_json = ("proto-field-renamed", "proto-json", "proto-enum-", "proto-singular")
    broken = [finding for finding in verdict["findings"] if finding["proof"] == "broken"]
    grave = [f for f in broken if f["severity"] in ("break", "altered")]
    if packs == ["wire"]:
        grave = [f for f in grave if "JSON" not in (f["witness"] or {}).get("evidence", "")
                 and not f["rule"].startswith(of_json)]
    return ("refused", sorted({f["rule"] for f in grave})) if grave else ("accepted", [])


pairs = [json.loads(line) for line in open(pairs_path)]
answers = [json.loads(line) for line in open(verdicts_path)][: len(pairs)]
for category, packs in (("WIRE", ["wire"]), ("WIRE_JSON", ["wire", "json-names"])):
    table = collections.Counter()
    differing = collections.defaultdict(list)
    for pair, answer in zip(pairs, answers, strict=True):
        if "verdicts" not in answer or not answer["verdicts"]:
            table["not judged here"] += 1
            continue
        buf = judged_by_buf(pair, category)
        if buf is None:
            table["not built by Buf"] += 1
            continue
        here, rules = judged_here(answer, packs)
        there = "refused" if buf else "accepted"
        table[f"here {here}, Buf {there}"] += 1
        if here != there:
            differing[(here, there, ", ".join(rules or buf))].append(pair["id"])
    print(f"\nBuf {category}: {dict(table)}")
    for (here, there, rules), ids in sorted(differing.items(), key=lambda item: -len(item[1])):
        known = [HARMLESS[rule] for rule in rules.split(", ") if rule in HARMLESS]
        why = "a witness shows it" if here == "refused" else "; ".join(dict.fromkeys(known))
        print(f"  {len(ids):4}  here {here}, Buf {there}: {rules}: {why}  (such as {ids[0]})")
