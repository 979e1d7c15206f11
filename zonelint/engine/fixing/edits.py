"""Edits of a text as spans of octets, and the file written anew as a whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple


class Edit(NamedTuple):
    """Octets to put in place of those from `start` up to `end`."""

    start: int
    end: int
    octets: bytes


class NotWritten(Exception):
    """A file that was left as it is; the text says why."""


def applied(octets: bytes, edits: Iterable[Edit]) -> bytes:
    """Give the octets with edits made, which must not overlap."""
    parts, at = [], 0
    for edit in sorted(edits):
        assert edit.start >= at, "edits overlap"
        parts += [octets[at : edit.start], edit.octets]
        at = edit.end
    return b"".join([*parts, octets[at:]])


def replace_file(path: str, before: bytes, after: bytes) -> None:
    """Write a file anew, by renaming a file beside it over it; what a symbolic link points to, not the link.

    Mode and owner stay. Raises `NotWritten` when that is not possible, or the file does not hold `before` any more.
    """
    target = os.path.realpath(path)
    try:
        status = os.stat(target)
        if status.st_nlink > 1:
            raise NotWritten("has several names (hard links), which writing it anew would part")
        if not os.access(target, os.W_OK):
            raise NotWritten("is write-protected")
        descriptor, beside = tempfile.mkstemp(prefix=".zonelint-", dir=os.path.dirname(target))
        try:
            with open(descriptor, "wb") as file:
                file.write(after)
                _same_owner(descriptor, status)
                file.flush()
                os.fsync(descriptor)
            _verify(target, before)
            os.replace(beside, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise
    except OSError as fault:
        raise NotWritten(f"cannot be written: {(fault.strerror or str(fault)).lower()}") from None


def _same_owner(descriptor: int, status: os.stat_result) -> None:
    if hasattr(os, "fchown"):
        # one member of a group may edit the file of another, and only root can give files away
        for owner in ((-1, status.st_gid), (status.st_uid, -1)):
            with suppress(PermissionError):
                os.fchown(descriptor, *owner)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _verify(target: str, before: bytes) -> None:
    with open(target, "rb") as file:
        if file.read() != before:
            raise NotWritten("changed meanwhile")
