"""The version of a zone to compare with: a file, or a revision in git."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from zonelint.checks import READING
from zonelint.checks.inputs import Previous
from zonelint.engine.options import CheckOptions, UsageError
from zonelint.engine.revision import AUTO, Revisions, wanted
from zonelint.engine.zone import Judged, judge
from zonelint.findings import Compared
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.text import Source, Unreadable, open_source
from zonelint.zone.index import ZoneIndex

RULES = ("serial-not-raised", "serial-went-back", "serial-jump-too-large", "resigned-serial-not-raised")
"""The rules that need a version before."""

CONTENT_RULES = ("serial-not-raised", "resigned-serial-not-raised")
"""Those of them that need all of its content; for the others its serial is enough."""

_HARMLESS = frozenset({"ttl-missing", "out-of-zone", "wins-record"})
_CHUNK = 1 << 20
_CUT_SHORT = "final-newline-missing"


class Earlier(NamedTuple):
    """The earlier version: what the checks may know of it, its text, what was read, and the choice.

    `doubt` is a sentence, with the place, where it is not whole or may have been cut short, else empty; what says just
    the same as the version after was not. `lacks` tells that something in it could not be read, so that only its serial
    is known. `is_same` tells that it is known to be the same version once more.
    """

    previous: Previous
    source: Source
    judged: Judged
    compared: Compared
    doubt: str = ""
    lacks: bool = False
    is_same: bool = False


class NoPrevious(Exception):
    """There is no earlier version; the text says why."""


def read_previous(
    options: CheckOptions,
    source: Source,
    judged: Judged,
    jobs: int,
    cache: Path | None = None,
    revisions: Revisions | None = None,
) -> Earlier:
    """Read the earlier version of a zone that was `judged`, and compare with it what the serial does not tell.

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
            policy = IncludePolicy.for_zone(old.path or source.path, options.allow_include, options.placeholders)
        except Unreadable as fault:
            raise UsageError(f"--previous: {fault}") from None
        compared = Compared(old.name, "--previous")
    elif (revision := wanted(options)) is not None:
        old, policy, compared = _from_git(revision, revisions or Revisions(), source, options)
    else:
        raise NoPrevious(options.absent.get("previous", "no previous version (--previous FILE or --since REV)"))
    apex = text_from_key(judged.index.context.apex)
    plain = replace(judged.index.context, keys=(), nsec3=None, soa=None)
    earlier = judge(old, plain, policy, apex, jobs, verify=False, cache=cache)
    doubt, lacks = _doubt(earlier, old, options)
    serial = _serial(earlier.index)
    if serial is None:
        if any(finding.rule.startswith("include-") for finding in earlier.findings):
            raise NoPrevious(doubt)  # the SOA may be in there
        raise _useless(options, f"{old.name}: no SOA record of {apex}, it cannot be the previous version")
    if serial != _serial(judged.index) and (lacks or not doubt):
        return Earlier(Previous(old.name, serial), old, earlier, compared, doubt, lacks)
    content = signing = False
    if max(len(each.index.files.names) for each in (earlier, judged)) > 1 or not _are_same(old, source):
        plain = replace(plain, digest=True)
        before = judge(old, plain, policy, apex, jobs, verify=False, cache=cache).index
        after = judge(source, plain, judged.policy, options.origin, jobs, verify=False, cache=cache).index
        content, signing = before.digest != after.digest, before.made_digest != after.made_digest
    is_same = not content and not signing
    previous = Previous(old.name, serial, content, signing)
    return Earlier(previous, old, earlier, compared, "" if is_same and not lacks else doubt, lacks, is_same)


def _serial(index: ZoneIndex) -> int | None:
    soa = index.apex.get(rdtypes.SOA)
    return int.from_bytes(soa.rdatas[0][-20:-16], "big") if soa else None


def _are_same(one: Source, other: Source) -> bool:
    """Tell whether two texts are the same, octet for octet."""
    starts = range(0, one.size, _CHUNK)
    return one.size == other.size and all(one.read(at, at + _CHUNK) == other.read(at, at + _CHUNK) for at in starts)


def _doubt(judged: Judged, source: Source, options: CheckOptions) -> tuple[str, bool]:
    """Say what speaks against a version being whole, and tell whether records are missing; what is accepted does not.

    A comparison with a part of a zone is none, so it must not pass for one.
    """
    unread = [finding for finding in judged.findings if finding.rule in READING - _HARMLESS]
    cut = [finding for finding in judged.findings if finding.rule == _CUT_SHORT and _CUT_SHORT not in options.ignore]
    if not unread and not cut:
        return "", False
    from zonelint.engine.accept import unaccepted
    from zonelint.engine.places import located

    own = replace(options, baseline=None, accept=False)
    unread, cut = (unaccepted(each, judged, source, own) for each in (unread, cut))
    found = located(unread or cut, text_from_key(judged.index.context.apex), source)
    if not found:
        return "", False
    # the first in the file itself, else in one that it includes
    first = next((each for each in found if each.location and each.location.file == source.name), found[0])
    where = first.location
    place = f"{where.file}:{where.line}:{where.column}" if where else source.name
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    what = "cannot be read whole" if unread else "may not be whole"
    return f"the previous version {what}: {place}: {first.finding.message}{more}", bool(unread)


def _from_git(
    name: str, revisions: Revisions, source: Source, options: CheckOptions
) -> tuple[Source, IncludePolicy, Compared]:
    """Read a file as it was at a revision, under its name of that time, and tell how to read what it includes."""
    if source.path is None:
        raise NoPrevious("standard input has no revision")
    from zonelint.engine.tree import zone_at
    from zonelint.git import GitError

    try:
        repository, path = revisions.place(source.path)
        revision = revisions.of(repository, name, options.environ)
    except GitError as fault:
        if name == AUTO:
            raise NoPrevious(str(fault)) from None
        raise UsageError(f"--since: {fault}") from None
    commit, shown = revision.commit, f"{source.name}@{revision.name}"
    try:
        found = zone_at(repository, commit, path, shown, options.allow_include, options.placeholders)
        if found is None and (before := revisions.renamed(repository, commit).get(path)):
            shown = f"{os.path.relpath(before, os.path.dirname(path) or os.curdir)}@{revision.name}"
            found = zone_at(repository, commit, before, shown, options.allow_include, options.placeholders)
    except (GitError, Unreadable) as fault:
        raise _useless(options, str(fault)) from None
    if found is None:
        raise NoPrevious(f"new file: not in {revision.name} ({revision.chosen})")
    return *found, Compared(shown, revision.chosen, commit)


def _useless(options: CheckOptions, why: str) -> NoPrevious | Unreadable:
    """Give what is raised for an earlier version that cannot be used; one that nobody named stops nobody."""
    return NoPrevious(why) if wanted(options) == AUTO else Unreadable(why)
