"""Which file an `$INCLUDE` may bring in: one below the zone's own directory, or below a directory allowed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from zonelint.source.text import holds_private_key

DEPTH = 16
"""How deep includes may be nested."""


class BadInclude(ValueError):
    """An include that is refused; `rule` is the rule it breaks."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class IncludePolicy:
    """The directories (resolved, absolute) that included files must lie below.

    `placeholders` are the words that stand for the serial, in the zone file and in those that it includes.
    """

    roots: tuple[str, ...]
    placeholders: frozenset[bytes] = field(default=frozenset(), kw_only=True)

    @classmethod
    def for_zone(
        cls, path: str | None, allowed: tuple[str, ...] = (), placeholders: frozenset[bytes] = frozenset()
    ) -> IncludePolicy:
        """Permit the directory of the zone file (the working directory for standard input) and those allowed."""
        own = os.path.dirname(os.path.realpath(path)) if path else os.path.realpath(os.curdir)
        return cls((own, *[os.path.realpath(directory) for directory in allowed]), placeholders=placeholders)

    def open(self, name: str, including: str | None, open_files: tuple[str, ...]) -> tuple[str, bytes]:
        """Read the file that `name` means inside the file `including`; gives its path to print and its octets.

        `open_files` are the resolved paths of the files being read just now. Raises `BadInclude`.
        """
        path = os.path.join(os.path.dirname(including) if including else "", name)
        try:
            real = self.resolve(path)
        except ValueError:
            raise BadInclude("include-missing", "no file can have this name") from None
        if not any(os.path.commonpath((root, real)) == root for root in self.roots):
            raise BadInclude("include-outside", f"{path} lies outside the directory of the zone")
        if real in open_files:
            raise BadInclude("include-loop", f"{path} includes itself")
        if len(open_files) > DEPTH:
            raise BadInclude("include-loop", f"includes nested deeper than {DEPTH}")
        return path, self.read(path, real)

    def resolve(self, path: str) -> str:
        """Give the one absolute path of a file, by which it is known however it was written."""
        return os.path.realpath(path)

    def read(self, path: str, real: str) -> bytes:
        """Give the octets of a file, whose resolved path is `real`; raises `BadInclude`."""
        return _read(path, real)


def _read(path: str, real: str) -> bytes:
    if os.path.isdir(real):
        raise BadInclude("include-missing", f"{path} is a directory")
    if os.path.exists(real) and not os.path.isfile(real):
        raise BadInclude("include-missing", f"{path} is a device, not a file")
    try:
        with open(real, "rb") as file:
            text = file.read()
    except OSError as fault:
        reason = (fault.strerror or str(fault)).lower()
        raise BadInclude("include-missing", f"{path} cannot be read: {reason}") from None
    if holds_private_key(text):
        raise BadInclude("include-missing", f"{path} holds a private key, not records")
    return text
