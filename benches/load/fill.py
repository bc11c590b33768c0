#!/usr/bin/env python3
"""Fills a registry over its API, for measurements.

fill.py one URL FILE      registers a schema of 1 KB, writes the body that a fetch by id gives to FILE
                          and prints the path of that fetch
fill.py many URL COUNT    registers COUNT versions, a hundred to a subject
"""

import http.client
import json
import sys
import threading
from urllib.parse import urlsplit

TYPE = "application/vnd.schemaregistry.v1+json"
VERSIONS_EACH = 100
THREADS = 4


class Connection:
    def __init__(self, url):
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def call(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, {"Content-Type": TYPE, "Accept": TYPE})
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise SystemExit(f"{method} {path}: {response.status} {answer[:300]!r}")
        return answer


def record(doc, padding=0):
    fields = [{"name": f"field_{n}", "type": ["null", "string"], "default": None} for n in range(padding)]
    fields.append({"name": "order_id", "type": "string"})
    return json.dumps({"type": "record", "name": "Order", "namespace": "shop", "doc": doc, "fields": fields})


def one(url, file):
    connection = Connection(url)
    padding = 0
    while len(record("", padding)) < 1024:
        padding += 1
    answer = connection.call("POST", "/subjects/orders-value/versions", {"schema": record("", padding)})
    path = f"/schemas/ids/{json.loads(answer)['id']}"
    with open(file, "wb") as out:
        out.write(connection.call("GET", path))
    print(path)


def many(url, count):
    Connection(url).call("PUT", "/config", {"compatibility": "NONE"})
    subjects = iter(range((count + VERSIONS_EACH - 1) // VERSIONS_EACH))
    lock = threading.Lock()
    failed = []

    def work():
        connection = Connection(url)
        try:
            while not failed:
                with lock:
                    subject = next(subjects, None)
                if subject is None:
                    return
                for version in range(min(VERSIONS_EACH, count - subject * VERSIONS_EACH)):
                    path = f"/subjects/topic-{subject:06}-value/versions"
                    connection.call("POST", path, {"schema": record(f"{subject}, {version}", 3)})
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["one", url, file]:
            one(url, file)
        case ["many", url, count]:
            many(url, int(count))
        case _:
            sys.exit(__doc__)
