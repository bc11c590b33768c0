"""What the histories need to know of JSON Schema texts: what they refer to, what is only words."""

import json

WORDS = set(
    "title description $comment examples default deprecated readOnly writeOnly markdownDescription "
    "enumDescriptions markdownEnumDescriptions x-intellij-html-description defaultSnippets".split()
)
# Where a name is a property's, a definition's or a pattern, not a keyword's.
NAMED = {"properties", "patternProperties", "definitions", "$defs", "dependencies", "dependentSchemas"}
DATA = {"enum", "const"}


def meaning(text):
    """The text without what no document is judged by. Anything else that changes counts."""
    try:
        return json.dumps(_without_words(json.loads(text)), sort_keys=True)
    except ValueError:
        return text


def _without_words(node):
    if isinstance(node, list):
        return [_without_words(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _kept(key, value) for key, value in node.items() if key not in WORDS}


def _kept(key, value):
    if key in DATA:
        return value
    if key in NAMED and isinstance(value, dict):
        return {name: _without_words(schema) for name, schema in value.items()}
    return _without_words(value)


class Release:
    """The files of one release, which know each other by their `$id`."""

    def __init__(self, texts):
        self._texts = texts
        self._own, self._uses = {}, {}
        self._place = {}
        for path, text in texts.items():
            try:
                schema = json.loads(text)
            except ValueError:
                continue
            ids, uses = set(), set()
            _identify(schema, ids, uses)
            self._own[path], self._uses[path] = ids, uses
            root = schema.get("$id", schema.get("id")) if isinstance(schema, dict) else None
            if isinstance(root, str):
                self._place.setdefault(_plain(root), path)

    def references(self, path):
        """What the text at `path` refers to, directly or not, referenced texts before their referrers."""
        ordered = {}

        def visit(referrer, above):
            for name in sorted(self._uses.get(referrer, set()) - self._own.get(referrer, set())):
                target = self._place.get(name)
                if target and target not in above and name not in ordered:
                    visit(target, above | {target})
                    ordered[name] = {"name": name, "schema": self._texts[target]}

        visit(path, {path})
        return list(ordered.values())


def _plain(name):
    return name.partition("#")[0]


def _identify(node, ids, uses):
    """Every name that a part of the text has, and every name that it refers to by an absolute one."""
    if isinstance(node, list):
        for item in node:
            _identify(item, ids, uses)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("$id", "id") and isinstance(value, str):
                ids.add(_plain(value))
            elif key == "$ref" and isinstance(value, str) and "://" in value:
                uses.add(_plain(value))
            else:
                _identify(value, ids, uses)
