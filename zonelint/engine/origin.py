"""Which zone a text is: `--origin`, else the owner of the SOA, else `$ORIGIN`, else the name of the file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from zonelint.engine.options import UsageError
from zonelint.names import BadName, key_from_text, wire_from_key
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.reader import Reader
from zonelint.source.record import Files, State
from zonelint.source.text import Source, head_of

_SOA = re.compile(rb"\bSOA\b|\bTYPE6\b", re.IGNORECASE)
HEAD = 1 << 16
"""Octets of a text in which its SOA is looked for first."""

_BEGINNING = 1 << 20
_ESCAPED_DOT = re.compile(rb"(?<!\\)(?:\\\\)*\\\.\Z")
_SOA_RECORD = re.compile(
    rb"^[^;\n]*[ \t](?:SOA[ \t(]+[^\s;()]+[ \t]+[^\s;()]+|TYPE6[ \t]+\\#)[ \t\r\n]", re.IGNORECASE | re.MULTILINE
)
_PREFIX = re.compile(r"^(?:db|zone|named)\.(?=[^.]+\.)")
_SUFFIX = re.compile(r"(?:\.(?:zone|db|signed|unsigned|txt|dns|raw|gz|full|axfr|master|primary|hosts|rev))+$")


@dataclass(frozen=True, slots=True)
class Origin:
    """The apex of a zone (a key), what told it, its class, and whether the text has an SOA at all.

    `initial` is what relative names are completed with before the first `$ORIGIN`, in wire form.
    """

    apex: bytes
    told_by: str
    initial: bytes
    rdclass: int = 1
    has_soa: bool = True


def from_file_name(path: str | None) -> bytes:
    """Guess the origin from a file name: `db.example.org`, `example.org.zone`; the root where there is none."""
    name = os.path.basename(path) if path else ""
    stem = _SUFFIX.sub("", _PREFIX.sub("", name))
    try:
        return key_from_text(stem) if stem else b""
    except (BadName, UnicodeError):
        return b""


def find_origin(source: Source, policy: IncludePolicy, option: str | None) -> Origin:
    """Find the origin of a text; raises `UsageError` for an option that is no name."""
    if option is not None:
        try:
            given: bytes | None = key_from_text(option)
        except (BadName, UnicodeError) as fault:
            raise UsageError(f"--origin {option}: {fault}") from None
    else:
        given = None
    guess = from_file_name(source.path) if given is None else given
    initial = wire_from_key(guess)
    found = _first_soa(source, policy, initial)
    if found is None:
        return Origin(guess, "option" if given is not None else "file name", initial, has_soa=given is not None)
    owner, written, origin, rdclass = found
    if given is not None:
        return Origin(given, "option", initial, rdclass)
    if written.endswith(b".") and not _ESCAPED_DOT.search(written):
        # relative names in a file with an absolute SOA owner and no $ORIGIN belong to that zone
        return Origin(owner, "SOA owner", wire_from_key(owner), rdclass)
    told_by = "file name" if origin == initial else "$ORIGIN"
    return Origin(owner, told_by, initial, rdclass)


def _first_soa(
    source: Source, policy: IncludePolicy, initial: bytes
) -> tuple[bytes, bytes, bytes | None, int] | None:
    """Give owner, owner as written, `$ORIGIN` and class of the first SOA record."""
    for size in (HEAD, source.size):
        text = source.read(0, size)
        if size < source.size:
            text = text[: text.rfind(b"\n") + 1]
        if not _SOA.search(text) and b"$INCLUDE" not in text.upper():
            continue
        for rdclass in (1, 3, 4):
            state = State(initial)
            reader = Reader(text, Files([source.name]), state, policy, apex=None, rdclass=rdclass, path=source.path)
            for owner, rdtype, _, _, _ in reader.records():
                if rdtype == rdtypes.SOA:
                    return owner, reader.soa_text or b"", state.origin, rdclass
        if size >= source.size:
            break
    return None


def looks_like_zone(path: str) -> bool:
    """Tell whether a file found in a folder is a zone: text with an SOA record."""
    return is_zone(head_of(path, _BEGINNING))


def is_zone(text: bytes) -> bool:
    """Tell whether a text is a zone: it has an SOA record in its first MiB, and no NUL."""
    head = text[:_BEGINNING]
    return b"\0" not in head and _SOA_RECORD.search(head) is not None


