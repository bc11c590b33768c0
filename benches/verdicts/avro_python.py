"""Times the checker of the Python package `avro` on the pairs in a folder: NAME MICROSECONDS a line."""

import pathlib
import sys
import time

import avro.schema
from avro.compatibility import ReaderWriterCompatibilityChecker

for old in sorted(pathlib.Path(sys.argv[1]).glob("*.old.avsc")):
    new = old.with_name(old.name.replace(".old.", ".new."))
    writer, reader = avro.schema.parse(old.read_text()), avro.schema.parse(new.read_text())
    times = []
    for _ in range(200):
        # A checker remembers what it compared.
        checker = ReaderWriterCompatibilityChecker()
        start = time.perf_counter()
        checker.get_compatibility(reader, writer)
        times.append(time.perf_counter() - start)
    times.sort()
    print(old.name.removesuffix(".old.avsc"), f"{times[len(times) // 2] * 1e6:.1f}")
