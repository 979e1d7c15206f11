"""The version of a zone to compare with: a file, or a revision in git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from zonelint.checks.inputs import Previous
from zonelint.engine.options import CheckOptions, UsageError
from zonelint.engine.zone import Judged, judge
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.include import BadInclude, IncludePolicy
from zonelint.source.text import Octets, Source, Unreadable, open_source, unpacked
from zonelint.zone.context import Context

_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git tells a hook about its own repository and which would lead us astray in another folder."""

RULES = ("serial-not-raised", "serial-went-back", "serial-jump-too-large", "resigned-serial-not-raised")
"""The rules that need a version before."""


class Earlier(NamedTuple):
    """The earlier version: what the checks may know of it, its text and how to read that, and what was read."""

    previous: Previous
    source: Source
    policy: IncludePolicy
    judged: Judged


class NoPrevious(Exception):
    """There is no earlier version; the text says why."""


def read_previous(
    options: CheckOptions, source: Source, apex: bytes, context: Context, jobs: int, cache: Path | None = None
) -> Earlier:
    """Read the earlier version of a zone.

    Raises `NoPrevious` when there is none, `Unreadable` when it is there and cannot be used, and `UsageError` when it
    was named and does not exist.
    """
    if options.previous is not None:
        path = options.previous
        if os.path.isdir(path):
            path = os.path.join(path, os.path.basename(source.path or ""))
            if not os.path.isfile(path):
                raise NoPrevious(f"{path} does not exist")
        try:
            old = open_source(path)
            policy = IncludePolicy.for_zone(old.path or source.path, options.allow_include)
        except Unreadable as fault:
            raise UsageError(f"--previous: {fault}") from None
    elif options.since is not None:
        old, policy = _from_git(options.since, source, options)
    else:
        raise NoPrevious("no previous version (--previous FILE or --since REV)")
    plain = replace(context, keys=(), nsec3=None, soa=None, digest=True)
    judged = judge(old, plain, policy, text_from_key(apex), jobs, verify=False, cache=cache)
    if any(finding.rule.startswith("include-") for finding in judged.findings):
        raise NoPrevious(f"{old.name} includes a file that could not be read")
    soa = judged.index.apex.get(rdtypes.SOA)
    if soa is None:
        raise Unreadable(f"{old.name}: no SOA record of {text_from_key(apex)}, it cannot be the previous version")
    serial = int.from_bytes(soa.rdatas[0][-20:-16], "big")
    return Earlier(Previous(old.name, serial, judged.index.digest, judged.index.made_digest), old, policy, judged)


@dataclass(frozen=True, slots=True)
class _PastIncludes(IncludePolicy):
    """Reads included files as they were at a commit; `folder` is that of the zone file."""

    folder: str
    commit: str
    environment: Mapping[str, str]

    def read(self, path: str, real: str) -> bytes:
        """Give the octets of a file at the commit; raises `BadInclude`."""
        name = os.path.relpath(real, os.path.realpath(self.folder))
        found = _git(self.folder, self.environment, "show", f"{self.commit}:./{name}")
        if found.returncode:
            raise BadInclude("include-missing", f"{path} is not in the revision")
        return found.stdout


def _from_git(revision: str, source: Source, options: CheckOptions) -> tuple[Source, IncludePolicy]:
    """Read a file as it was at a revision, and tell how to read what it includes."""
    if source.path is None:
        raise NoPrevious("standard input has no revision")
    folder, name = os.path.split(os.path.abspath(source.path))
    # a partial clone must not go online behind our back
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    environment |= {"GIT_NO_LAZY_FETCH": "1", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
    commit = _git(folder, environment, "rev-parse", "--verify", "-q", "--end-of-options", f"{revision}^{{commit}}")
    if commit.returncode:
        inside = _git(folder, environment, "rev-parse", "--is-inside-work-tree")
        reason = "is no revision here" if not inside.returncode else "needs a git work tree"
        raise UsageError(f"--since {revision}: {reason} ({folder})")
    known = commit.stdout.decode().strip()
    listed = _git(folder, environment, "ls-tree", "--name-only", "-z", known, "--", name)
    if not listed.returncode and not listed.stdout:
        raise NoPrevious(f"{source.name} is not in revision {revision}")
    found = _git(folder, environment, "show", f"{known}:./{name}")
    if found.returncode:
        reason = found.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise Unreadable(f"{source.name}: git cannot show it at {revision} ({reason})")
    roots = IncludePolicy.for_zone(source.path, options.allow_include).roots
    old = Octets(f"{source.name}@{revision}", unpacked(source.name, found.stdout), source.path)
    return old, _PastIncludes(roots, folder, known, environment)


def _git(folder: str, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, env=environment, check=False)
    except OSError as fault:
        raise UsageError(f"--since: git cannot be run ({fault.strerror})") from None
