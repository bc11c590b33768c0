"""Releases of packages, and the texts in them; downloaded once, by the registries' own clients."""

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path


class Unavailable(Exception):
    """A release, or the list of releases, that could not be downloaded."""


class Package:
    """A package whose releases are kept in `cache`."""

    def __init__(self, cache, name):
        self.name = name
        self.folder = Path(cache) / name

    def versions(self):
        """Every version, oldest first. Kept like the releases: the choice among them is to stay the same."""
        kept = self.folder / "versions.json"
        if not kept.exists():
            versions = self._list_versions()
            self.folder.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(versions))
        return json.loads(kept.read_text())

    def texts(self, version, suffix):
        """Path → text of the files whose name ends with `suffix`."""
        return dict(_read(self._archive(version), suffix))

    def _archive(self, version):
        folder = self.folder / version
        if not folder.exists():
            print(f"histories: downloading {self.name} {version}", file=sys.stderr)
            with tempfile.TemporaryDirectory() as scratch:
                self._download(version, scratch)
                self.folder.mkdir(parents=True, exist_ok=True)
                # Under another name until it is whole.
                shutil.copytree(scratch, partial := self.folder / f"{version}.partial", dirs_exist_ok=True)
                partial.rename(folder)
        return next(folder.iterdir())


class PythonPackage(Package):
    def _list_versions(self):
        listing = _run("python3", "-m", "pip", "index", "versions", "--pre", self.name)
        prefix = "Available versions:"
        versions = next(line for line in listing.splitlines() if line.startswith(prefix)).removeprefix(prefix)
        return [version.strip() for version in versions.split(",")][::-1]

    def _download(self, version, folder):
        _run("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, f"{self.name}=={version}")


class NodePackage(Package):
    def _list_versions(self):
        return json.loads(_run("npm", "view", self.name, "versions", "--json"))

    def _download(self, version, folder):
        _run("npm", "pack", "--silent", "--pack-destination", folder, f"{self.name}@{version}")


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        why = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise Unavailable(f"{' '.join(command)}: {why}")
    return done.stdout


def _read(archive, suffix):
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as files:
            for name in files.namelist():
                if name.endswith(suffix):
                    yield name, _text(files.read(name))
    else:
        with tarfile.open(archive) as files:
            for member in files:
                if member.isfile() and member.name.endswith(suffix):
                    # The first folder is the archive's own.
                    yield member.name.partition("/")[2], _text(files.extractfile(member).read())


def _text(content):
    # Most texts are the same in many releases: one copy of each is kept.
    return sys.intern(content.decode("utf-8", errors="replace"))


def evenly(versions, count):
    """`count` of the versions at even distances, the first and the last among them."""
    if len(versions) <= count:
        return versions
    return [versions[round(step * (len(versions) - 1) / (count - 1))] for step in range(count)]
