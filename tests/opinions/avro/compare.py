"""Where do other decoders disagree with the verdicts? `compare.py PAIRS OPINION...`, each opinion `name=file`.

A proved pair has to be read, whatever its data. A witness of a break that is said to be portable has to fail
everywhere. One that is not says who fails: the table counts whether they do.
"""

import collections
import json
import sys

pairs = [json.loads(line) for line in open(sys.argv[1])]
shown = collections.Counter()
disagreements = 0
for name, path in (argument.split("=", 1) for argument in sys.argv[2:]):
    count = collections.Counter()
    for pair, line in zip(pairs, open(path), strict=True):
        opinion = json.loads(line)
        assert opinion["id"] == pair["id"], (opinion["id"], pair["id"])
        if "error" in opinion:
            count["schemas it does not take"] += 1
            continue
        complaints = []
        for data, said in zip(pair["data"], opinion["data"], strict=True):
            count["data of proved pairs"] += 1
            if not said.startswith("ok"):
                count["  of these not read"] += 1
                complaints.append(f"proved, but {data}: {said}")
        for witness, said in zip(pair["witnesses"], opinion["witnesses"], strict=True):
            failed = said.startswith("fail")
            if witness["severity"] != "break":
                count["witnesses of alterations and losses"] += 1
                count["  of these not read at all"] += failed
            elif witness["portable"]:
                count["portable witnesses of breaks"] += 1
                if not failed:
                    count["  of these read nevertheless"] += 1
                    complaints.append(f"{witness['rule']} ({witness['evidence']}), but {said}")
            elif "(readers that do not check it" in witness["message"]:
                count["witnesses against those who check"] += 1
                count["  of these, failing"] += failed
                if name.startswith("java") and not failed:
                    complaints.append(f"{witness['rule']} ({witness['evidence']}), but {said}")
            elif "(Avro Java fails" in witness["message"]:
                count["witnesses against Avro Java alone"] += 1
                count["  of these failing"] += failed
                if name.startswith("java") and not failed:
                    complaints.append(f"{witness['rule']} of Java alone ({witness['evidence']}), but {said}")
            else:
                count["witnesses against the specification alone"] += 1
                count["  of those failing"] += failed
                if name.startswith("java") and failed:
                    complaints.append(f"{witness['rule']} not of Java ({witness['evidence']}), but {said}")
        disagreements += len(complaints)
        for complaint in complaints[:1]:
            kind = (name, complaint.split(" ")[0])
            shown[kind] += 1
            if shown[kind] <= 12:
                print(f"{name}: pair {pair['id']}: {complaint}")
                print(f"  old: {json.dumps(pair['old'])}\n  new: {json.dumps(pair['new'])}")
    print(f"\n{name}: {len(pairs)} pairs")
    for what, number in count.items():
        print(f"  {number:8} {what}")
    print()
print(f"{disagreements} disagreements")
