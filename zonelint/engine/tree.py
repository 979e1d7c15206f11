"""The files of a commit as sources of zones, with what they include from the same commit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from zonelint.engine.origin import is_zone
from zonelint.git import GitError, Repository
from zonelint.source.include import BadInclude, IncludePolicy
from zonelint.source.text import Octets, Unreadable, holds_private_key, unpacked

_LFS = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class TreeIncludes(IncludePolicy):
    """Reads included files as they are in a commit."""

    repository: Repository
    commit: str

    def resolve(self, path: str) -> str:
        """Give the absolute path that a file of the commit has, or would have, below the top of the repository."""
        return os.path.realpath(os.path.join(self.repository.top, path))

    def read(self, path: str, real: str) -> bytes:
        """Give the octets of a file at the commit; raises `BadInclude`."""
        name = os.path.relpath(real, self.repository.top).replace(os.sep, "/")
        try:
            text = self.repository.read(self.commit, name)
        except GitError as fault:
            raise BadInclude("include-missing", str(fault)) from None
        if text is None:
            raise BadInclude("include-missing", f"{path} is not in the revision")
        if holds_private_key(text):
            raise BadInclude("include-missing", f"{path} holds a private key, not records")
        return text

    def beside(self, path: str) -> Octets | None:
        """Open another file of the commit, to show a place in it; None where there is none to be shown."""
        try:
            return Octets(path, self.read(path, self.resolve(path)))
        except BadInclude:
            return None


def zone_at(
    repository: Repository,
    commit: str,
    path: str,
    name: str,
    allowed: Sequence[str] = (),
    placeholders: frozenset[bytes] = frozenset(),
) -> tuple[Octets, TreeIncludes] | None:
    """Open a zone file of a commit under a name to print, and tell how to read what it includes.

    Included files may come from its folder and below, and from the folders allowed; `placeholders` are words that stand
    for a serial. Gives None where there is no such file; raises `GitError`, and `Unreadable` for damaged gzip data.
    """
    octets = repository.read(commit, path)
    if octets is None:
        return None
    if octets.startswith(_LFS):
        raise GitError(f"{name} is a pointer to a file that Git LFS keeps elsewhere")
    top = repository.top
    own = os.path.realpath(os.path.join(top, os.path.dirname(path)))
    roots = (own, *[os.path.realpath(os.path.join(top if repository.bare else "", each)) for each in allowed])
    policy = TreeIncludes(roots, repository, commit, placeholders=placeholders)
    return Octets(name, unpacked(name, octets), path, policy.beside), policy


def is_zone_at(repository: Repository, commit: str, path: str) -> bool:
    """Tell whether a file of a commit is a zone: text with an SOA record."""
    try:
        return is_zone(unpacked(path, repository.read(commit, path) or b""))
    except Unreadable:
        return False
