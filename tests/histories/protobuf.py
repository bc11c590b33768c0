"""What the histories need to know of Protobuf texts: what they import, what is only words."""

import re

# Strings are matched so that what looks like a comment in one is left alone.
TOKEN = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/|\s+""", re.DOTALL)
IMPORT = re.compile(r"""\bimport\s+(?:public\s+|weak\s+)?["']([^"']+)["']\s*;""")


def meaning(text):
    """The text without comments, every gap one space."""
    return re.sub(r" *([][{}()<>;,=]) *", r"\1", _without_comments(text)).strip()


def _without_comments(text):
    return re.sub(r" +", " ", TOKEN.sub(lambda found: found[1] or " ", text))


class Release:
    """The files of one release, which import each other by their paths."""

    def __init__(self, texts):
        self._texts = texts
        self._imports = {}

    def references(self, path):
        """What the text at `path` imports, directly or not, imported texts before their importers."""
        ordered = {}

        def visit(importer, above):
            for name in self._imported_by(importer):
                if name in self._texts and name not in above and name not in ordered:
                    visit(name, above | {name})
                    ordered[name] = {"name": name, "schema": self._texts[name]}

        visit(path, {path})
        return list(ordered.values())

    def _imported_by(self, path):
        if path not in self._imports:
            names = IMPORT.findall(_without_comments(self._texts[path]))
            # Those that come with every compiler are no references of anybody.
            self._imports[path] = [name for name in names if not name.startswith("google/protobuf/")]
        return self._imports[path]
