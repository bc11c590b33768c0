"""The corpora: which packages, and which of their files are one history."""

import re
from dataclasses import dataclass
from itertools import groupby

import avro
import json_schema
import protobuf
from packages import NodePackage, PythonPackage, Unavailable, evenly

LANGUAGES = {"AVRO": avro, "PROTOBUF": protobuf, "JSON": json_schema}


@dataclass
class State:
    """A file as it is in one release."""

    release: str
    path: str
    files: object

    @property
    def text(self):
        return self.files.texts[self.path]


class Files:
    """The files of one release, or of one version of a specification."""

    def __init__(self, language, texts):
        self.texts = texts
        self._release = language.Release(texts)

    def references(self, path):
        return self._release.references(path)


@dataclass
class Pair:
    id: str
    format: str
    old: State
    new: State

    def line(self, packs=None):
        """What the judging program reads. `packs` are those of Protobuf rules; all where nothing is said."""
        return {
            "id": self.id,
            "format": self.format,
            "old": self.old.text,
            "new": self.new.text,
            "old_refs": self.old.files.references(self.old.path),
            "new_refs": self.new.files.references(self.new.path),
            "level": "BACKWARD",
            "packs": packs,
        }


class Corpus:
    """Histories, and what they are made of: `histories` is name → states, oldest first."""

    def __init__(self, name, format, cache):
        self.name, self.format = name, format
        self.problems = []
        self.releases = []
        self.histories = self._histories(cache)
        self.identical = self.words = 0
        self.pairs = list(self._pairs())

    def _pairs(self):
        meaning = LANGUAGES[self.format].meaning
        for name, states in sorted(self.histories.items()):
            for old, new in zip(states, states[1:]):
                if old.text == new.text:
                    self.identical += 1
                elif meaning(old.text) == meaning(new.text):
                    self.words += 1
                else:
                    yield Pair(f"{self.name}:{name}@{old.release}..{new.release}", self.format, old, new)

    def _read(self, package, versions, suffix):
        for version in versions:
            try:
                texts = package.texts(version, suffix)
            except Unavailable as error:
                self.problems.append(str(error))
                continue
            if texts:
                self.releases.append(version)
                yield version, texts


class Spread(Corpus):
    """Some of a package's releases; a history is a path."""

    def _histories(self, cache):
        language = LANGUAGES[self.format]
        histories = {}
        versions = evenly(self.package(cache).versions(), self.count)
        for version, texts in self._read(self.package(cache), versions, self.suffix):
            files = Files(language, texts)
            for path in texts:
                histories.setdefault(path, []).append(State(version, path, files))
        return histories


class Datahub(Spread):
    count, suffix = 60, ".avsc"

    def __init__(self, cache):
        super().__init__("datahub", "AVRO", cache)

    def package(self, cache):
        return PythonPackage(cache, "acryl-datahub")


class Google(Spread):
    count, suffix = 12, ".proto"

    def __init__(self, cache):
        super().__init__("google", "PROTOBUF", cache)

    def package(self, cache):
        return NodePackage(cache, "google-proto-files")


class Lsst(Corpus):
    """Folders named after the versions of a specification, more of them in every release. A history is
    a type through the versions; one more is the same version of the specification through the releases."""

    def __init__(self, cache):
        super().__init__("lsst", "AVRO", cache)

    def _histories(self, cache):
        package = PythonPackage(cache, "lsst-alert-packet")
        newest, through_releases = {}, {}
        # One upload, which calls itself 0.2.0.linux-x86_64, is nothing that pip can take.
        versions = [version for version in package.versions() if re.fullmatch(r"[0-9.]+", version)]
        for release, texts in self._read(package, versions, ".avsc"):
            for version, files in self._specifications(texts):
                newest[version] = files
                for path in files.texts:
                    state = State(release, path, files)
                    through_releases.setdefault(f"{_dotted(version)}/{_type(path)}", []).append(state)
        histories = {}
        for version in sorted(newest):
            for path in newest[version].texts:
                histories.setdefault(_type(path), []).append(State(_dotted(version), path, newest[version]))
        return histories | through_releases

    @staticmethod
    def _specifications(texts):
        def version(path):
            found = re.search(r"/schema/(\d+)/(\d+)/[^/]+$", path)
            return (int(found[1]), int(found[2])) if found else None

        numbered = sorted((path for path in texts if version(path)), key=version)
        for number, paths in groupby(numbered, key=version):
            yield number, Files(avro, {path: texts[path] for path in paths})


def _dotted(version):
    return ".".join(map(str, version))


def _type(path):
    """The file's name without the name space, which differs among the versions."""
    return path.removesuffix(".avsc").rpartition("/")[2].rpartition(".")[2]


class JsonFiles(Spread):
    """Releases without those that came before them on trial; a history is a path that `path` matches."""

    format, trials = "JSON", False

    def __init__(self, cache):
        super().__init__(self.name, self.format, cache)

    def _histories(self, cache):
        package = self.package(cache)
        versions = [version for version in package.versions() if self.trials or re.fullmatch(r"[0-9.]+", version)]
        histories = {}
        for version, texts in self._read(package, evenly(versions, self.count), ".json"):
            files = Files(json_schema, {path: text for path, text in texts.items() if re.search(self.path, path)})
            for path in files.texts:
                name = self.history(path)
                histories.setdefault(name, []).append(State(version, path, files))
        return histories

    @staticmethod
    def history(path):
        """A file that moves within a package stays the same one."""
        return path.rpartition("/")[2]


class CheckJsonschema(JsonFiles):
    name, count, path = "check-jsonschema", 200, r"builtin_schemas/.*\.json$"

    def package(self, cache):
        return PythonPackage(cache, "check-jsonschema")


class NodeFiles(JsonFiles):
    def package(self, cache):
        return NodePackage(cache, self.of)


class Biome(NodeFiles):
    name, of, count, path = "biome", "@biomejs/biome", 200, r"^configuration_schema\.json$"


class VegaLite(NodeFiles):
    name, of, count, path = "vega-lite", "vega-lite", 200, r"(^|/)vega-lite-schema\.json$"


class Oxlint(NodeFiles):
    name, of, count, path = "oxlint", "oxlint", 110, r"^configuration_schema\.json$"


class Knip(NodeFiles):
    name, of, count, path = "knip", "knip", 120, r"^schema\.json$"


class Wrangler(NodeFiles):
    name, of, count, path = "wrangler", "wrangler", 60, r"(^|/)config-schema\.json$"


class Cdk(NodeFiles):
    name, of, count, path = "cdk", "@aws-cdk/cloud-assembly-schema", 120, r"^schema/.*\.schema\.json$"


class Asyncapi(JsonFiles):
    """Every version of the specification is a file of the newest release."""

    name, path = "asyncapi", r"^schemas/[0-9.]+(-without-\$id)?\.json$"

    def _histories(self, cache):
        package = NodePackage(cache, "@asyncapi/specs")
        newest = [version for version in package.versions() if re.fullmatch(r"[0-9.]+", version)][-1:]
        states = []
        for _, texts in self._read(package, newest, ".json"):
            files = Files(json_schema, texts)
            for path in texts:
                number = re.fullmatch(r"schemas/([0-9.]+)\.json", path)
                if number:
                    states.append(State(number[1], path, files))
        states.sort(key=lambda state: [int(part) for part in state.release.split(".")])
        return {"asyncapi": states}


JSON = (CheckJsonschema, Biome, VegaLite, Oxlint, Knip, Wrangler, Cdk, Asyncapi)
ALL = {"datahub": Datahub, "lsst": Lsst, "google": Google} | {corpus.name: corpus for corpus in JSON}
