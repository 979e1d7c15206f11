"""Which configuration file holds for a zone file: a few looks at the file system, to keep start-up fast."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonelint.git import Repository

NAMES = ("zonelint.yaml", ".zonelint.yaml")
"""The names of a configuration file; where both are in one folder, the first one counts."""


def find(path: str | None) -> str | None:
    """Give the path of the nearest configuration file for a zone file, None (standard input) for this folder.

    The folder of the zone file is searched, then those above it up to the root of the git repository. Outside of any
    repository only folders up to the working directory are: what lies in `/tmp` or `/home` must not decide about zones.
    """
    if path is not None and "\0" in path:
        return None  # no file can have this name, as whoever opens it will say
    here = os.path.realpath(os.curdir)
    # of a symbolic link the place where it lies counts, as it does for patterns
    folder = here if path is None else os.path.realpath(os.path.dirname(path) or os.curdir)
    folders = upwards(folder)
    top = next((number for number, each in enumerate(folders) if os.path.exists(os.path.join(each, ".git"))), None)
    if top is None:
        top = folders.index(here) if here in folders else 0
    for each in folders[: top + 1]:
        for name in NAMES:
            found = os.path.join(each, name)
            if os.path.lexists(found):
                return _shown(found)
    return None


def find_in(repository: Repository, commit: str, path: str) -> tuple[str, bytes] | None:
    """Give path and octets of the nearest configuration file of a commit for a zone file in it; raises `GitError`."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        for name in NAMES:
            found = f"{folder}/{name}" if folder else name
            octets = repository.read(commit, found)
            if octets is not None:
                return found, octets
    return None


def upwards(folder: str) -> list[str]:
    """Give a folder and all above it, the nearest first."""
    folders = [folder]
    while (above := os.path.dirname(folders[-1])) != folders[-1]:
        folders.append(above)
    return folders


def _shown(path: str) -> str:
    """Give the path relative to the working directory, where it is not far away."""
    relative = os.path.relpath(path)
    return path if relative.startswith(os.path.join(os.pardir, os.pardir, os.pardir)) else relative
