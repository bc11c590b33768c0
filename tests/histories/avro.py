"""What the histories need to know of Avro texts: what they define, what they refer to, what is only words."""

import json

PRIMITIVE = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
NAMED = {"record", "error", "enum", "fixed"}


def meaning(text):
    """The text without what no reader or writer of data sees. Anything else that changes counts."""
    try:
        return json.dumps(_without_words(json.loads(text)), sort_keys=True)
    except ValueError:
        return text


def _without_words(node):
    if isinstance(node, list):
        return [_without_words(item) for item in node]
    if isinstance(node, dict):
        # A default value is data, and may have a key that is called "doc".
        return {
            key: value if key == "default" else _without_words(value) for key, value in node.items() if key != "doc"
        }
    return node


class Release:
    """The files of one release that may refer to each other."""

    def __init__(self, texts):
        self._texts = texts
        self._uses = {path: _names(text) for path, text in texts.items()}
        self._defined_in = {}
        for path, (own, _, _) in self._uses.items():
            if own:
                self._defined_in.setdefault(own, path)

    def references(self, path):
        """What the text at `path` refers to, directly or not, referenced texts before their referrers."""
        ordered = {}

        def visit(referrer, above):
            _, defined, used = self._uses[referrer]
            for name in sorted(used - defined):
                target = self._defined_in.get(name)
                if target and target not in above and name not in ordered:
                    visit(target, above | {target})
                    ordered[name] = {"name": name, "schema": self._texts[target]}

        visit(path, {path})
        return list(ordered.values())


def _names(text):
    """The full name of the text's own type, of everything it defines, and of everything it uses."""
    defined, used = set(), set()

    def full(name, namespace):
        return name if "." in name or not namespace else f"{namespace}.{name}"

    def visit(node, namespace):
        if isinstance(node, str):
            if node not in PRIMITIVE:
                used.add(full(node, namespace))
        elif isinstance(node, list):
            for branch in node:
                visit(branch, namespace)
        elif isinstance(node, dict):
            kind = node.get("type")
            if isinstance(kind, str) and kind in NAMED:
                name = full(node.get("name", ""), node.get("namespace", namespace))
                defined.add(name)
                for field in node.get("fields", []):
                    visit(field.get("type"), name.rpartition(".")[0])
            elif kind == "array":
                visit(node.get("items"), namespace)
            elif kind == "map":
                visit(node.get("values"), namespace)
            else:
                visit(kind, namespace)

    try:
        root = json.loads(text)
    except ValueError:
        return None, defined, used
    visit(root, "")
    own = full(root["name"], root.get("namespace", "")) if isinstance(root, dict) and "name" in root else None
    return own, defined, used
