"""What the Python package jsonsubschema says of pairs that come as JSON Lines. It knows draft 4 only, and
passes over some keywords without a word."""

import json
import sys
import time

from jsonsubschema import isSubschema

for line in sys.stdin:
    pair = json.loads(line)
    old, new = json.loads(pair["old"]), json.loads(pair["new"])
    started = time.perf_counter()
    try:
        answer = "yes" if isSubschema(old, new) else "no"
    except RecursionError:
        answer = "error: recursion"
    except BaseException as error:  # Whatever it is, the next pair is asked about.
        answer = f"error: {type(error).__name__}"
    print(json.dumps({"answer": answer, "micros": int((time.perf_counter() - started) * 1e6)}), flush=True)
