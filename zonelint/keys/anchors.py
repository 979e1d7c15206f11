"""Trust anchors as validators keep them: BIND's statements, Unbound's autotrust file, IANA's XML, and zone-file lines.

In each of them the anchors of one zone are looked for, and those of others passed over. Nothing is followed: no
include, no signature beside the file. XML is read without a document type, so that entities cannot grow without end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from zonelint.dnssec.keys import key_tag
from zonelint.findings import Finding, Place
from zonelint.keys.text import CLASS_OR_TTL, CONTROL, Entry, Word, algorithm, entries, line_end, number
from zonelint.names import BadName, key_from_text, key_from_wire, text_from_key, wire_from_text

FAULT_LIMIT = 20
"""Faulty entries after which a file is given up: it holds no trust anchors."""

STATES = {0: "start", 1: "addpend", 2: "valid", 3: "missing", 4: "revoked", 5: "removed"}
"""The states of RFC 5011 section 4.2 by the numbers that Unbound writes."""

_HEX = re.compile(rb"(?:[0-9A-F]{2})+", re.IGNORECASE)
_STATEMENT = re.compile(rb"\b(?:trust-anchors|trusted-keys|managed-keys)[ \t\r\n]*\{")
_BIND = re.compile(
    rb'"(?P<quoted>[^"]*)"|(?P<sign>[{};])|(?P<skip>/\*.*?\*/|//[^\n]*|#[^\n]*|\s+)|(?P<word>[^\s{};"]+)', re.DOTALL
)
_STATE = re.compile(rb";;\s*state=(\d)\b")
_SINCE = re.compile(rb";;\s*lastchange=(\d{1,11})\b")
_STATEMENTS = frozenset({b"trust-anchors", b"trusted-keys", b"managed-keys"})
_KINDS = {b"static-key": (False, False), b"initial-key": (True, False), b"static-ds": (False, True),
          b"initial-ds": (True, True)}  # fmt: skip
_KEY_TYPES = (b"DNSKEY", b"TYPE48")
_DS_TYPES = (b"DS", b"TYPE43")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A trust anchor: a key (`rdata`, DNSKEY RDATA in wire form) or the digest of one, and the place of its entry.

    `digest_type` is None for a key. `managed` tells that the validator follows RFC 5011 from here on; `state` is one
    of `STATES`, empty where the file has none, and `since` when it began. `valid_from` and `valid_until` are the
    bounds that the file gives. Times are in seconds since 1970, None where there is none.
    """

    place: Place
    tag: int
    algorithm: int
    rdata: bytes = b""
    digest_type: int | None = None
    digest: bytes = b""
    managed: bool = False
    state: str = ""
    since: int | None = None
    valid_from: int | None = None
    valid_until: int | None = None


class _Part(NamedTuple):
    """A piece of an entry of BIND's syntax."""

    text: bytes
    start: int
    end: int
    quoted: bool = False


def read_anchor_file(path: str, origin: str) -> tuple[list[Anchor], list[Finding]]:
    """Read the trust anchors of the zone `origin` from a file; see `parse_anchors`.

    Raises `OSError` when there is no such file, when it cannot be read, and for a directory or a device.
    """
    from zonelint.keys.dsfiles import octets_of

    return parse_anchors(octets_of(path), path, origin)


def parse_anchors(text: bytes, file: str, origin: str) -> tuple[list[Anchor], list[Finding]]:
    """Collect the trust anchors of the zone `origin` from text, and a finding for each faulty entry.

    The form is told from the text. Raises only `zonelint.names.BadName`, for a bad origin.
    """
    reader = _Reader(text, file, key_from_text(origin))
    control = CONTROL.search(text)
    if control:
        reader.fault("control octets: not a text file", control.start(), control.end())
    elif text.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(b"private-key-format"):
        reader.fault("this is a private key, not a trust anchor", 0, 0)
    elif text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        from zonelint.keys.anchorxml import read_xml

        read_xml(text, reader)
    elif _STATEMENT.search(text):
        _read_bind(reader)
    else:
        _read_lines(reader)
    if not reader.anchors and not reader.findings:
        message = f"no trust anchor of {text_from_key(reader.wanted)} in this file"
        if reader.other:
            message += f", only of {reader.other}"
        reader.fault(message, 0, line_end(text, 0))
    return reader.anchors, reader.findings


@dataclass(slots=True)
class _Reader:
    """The text, whose anchors are wanted, and what was found; `other` is the last other zone there was one of."""

    text: bytes
    file: str
    wanted: bytes
    anchors: list[Anchor] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    other: str = ""

    def fault(self, message: str, start: int, end: int) -> None:
        """Note an entry that cannot be read."""
        owner = text_from_key(self.wanted)
        place, name = Place(self.file, start, end), os.path.basename(self.file)
        self.findings.append(Finding("anchor-file-invalid", message, place, owner, "DNSKEY", name))

    @property
    def is_hopeless(self) -> bool:
        """Whether there are so many faults that the rest is not read."""
        return len(self.findings) >= FAULT_LIMIT

    def is_mine(self, name: bytes, start: int, end: int) -> bool:
        """Tell whether an anchor is the zone's; a name without a final dot is absolute too."""
        try:
            key = key_from_wire(wire_from_text(name, b"\0"))
        except BadName as fault:
            self.fault(f"owner is not a domain name: {fault}", start, end)
            return False
        if key != self.wanted:
            self.other = text_from_key(key)
        return key == self.wanted

    def key(self, words: list[Word], start: int, end: int) -> dict[str, int | bytes] | None:
        """Read flags, protocol, algorithm and key; notes what is wrong."""
        from zonelint.source.rdata import base64

        if len(words) < 4:
            self.fault("DNSKEY is cut off: flags, protocol, algorithm and key are needed", start, end)
            return None
        flags, protocol, number_ = number(words[0].text, 65535), number(words[1].text, 255), algorithm(words[2].text)
        octets = base64(b"".join(b"".join(word.text for word in words[3:]).split()))
        values = (flags, protocol, number_, octets)
        if flags is None or protocol is None or number_ is None or not octets:
            at = next(i for i, value in enumerate(values) if value is None or value == b"")
            what = ("flags", "protocol", "algorithm", "key")[at]
            kind = "base64" if at == 3 else "a number in range"
            self.fault(f"{what} of a DNSKEY: not {kind}", words[at].start, words[-1 if at == 3 else at].end)
            return None
        rdata = flags.to_bytes(2, "big") + bytes((protocol, number_)) + octets
        return {"tag": key_tag(rdata), "algorithm": number_, "rdata": rdata}

    def ds(self, words: list[Word], start: int, end: int) -> dict[str, int | bytes] | None:
        """Read key tag, algorithm, digest type and digest; notes what is wrong."""
        if len(words) < 4:
            self.fault("DS is cut off: key tag, algorithm, digest type and digest are needed", start, end)
            return None
        tag, number_, digest_type = number(words[0].text, 65535), algorithm(words[1].text), number(words[2].text, 255)
        digits = b"".join(b"".join(word.text for word in words[3:]).split())
        good = (tag is not None, number_ is not None, digest_type is not None, _HEX.fullmatch(digits) is not None)
        if tag is None or number_ is None or digest_type is None or not all(good):
            at = good.index(False)
            what = ("key tag", "algorithm", "digest type", "digest")[at]
            kind = "hex" if at == 3 else "a number in range"
            self.fault(f"{what} of a DS: not {kind}", words[at].start, words[-1 if at == 3 else at].end)
            return None
        digest = bytes.fromhex(digits.decode("ascii"))
        return {"tag": tag, "algorithm": number_, "digest_type": digest_type, "digest": digest}

    def add(self, start: int, end: int, values: dict[str, int | bytes] | None, **more: object) -> None:
        """Keep an anchor."""
        if values is not None:
            self.anchors.append(Anchor(Place(self.file, start, end), **values, **more))  # type: ignore[arg-type]


# --- zone-file lines, Unbound's states in their comments ----------------------------------------------------


def _read_lines(reader: _Reader) -> None:
    every = list(entries(reader.text))
    mine = False
    for at, entry in enumerate(every):
        if reader.is_hopeless:
            reader.fault("too many faulty lines: the rest of the file was not read", entry.start, entry.end)
            return
        if entry.fault:
            reader.fault(entry.fault, entry.fault_at, entry.end)
            continue
        following = every[at + 1].start if at + 1 < len(every) else len(reader.text)
        mine = _line(reader, entry, following, mine)


def _line(reader: _Reader, entry: Entry, following: int, mine: bool) -> bool:
    """Read one record; `following` is where the next one begins. Gives whether its owner is the zone."""
    words, at = entry.words, 0
    if words[0].text.startswith(b"$"):
        return mine
    if not entry.indented:
        at, mine = 1, reader.is_mine(words[0].text, words[0].start, words[0].end)
    stop = at + 2
    while at < min(stop, len(words)) and CLASS_OR_TTL.fullmatch(words[at].text):
        at += 1
    kind = words[at].text.upper() if at < len(words) else b""
    read: Callable[[list[Word], int, int], dict[str, int | bytes] | None]
    if kind in _KEY_TYPES:
        read = reader.key
    elif kind in _DS_TYPES:
        read = reader.ds
    else:
        if not re.fullmatch(rb"[A-Z][A-Z0-9-]*", kind):
            reader.fault("not a record", entry.start, entry.end)
        return mine
    if mine:
        comment = reader.text[entry.end : following]
        state, since = _STATE.search(comment), _SINCE.search(comment)
        reader.add(
            entry.start, entry.end, read(words[at + 1 :], entry.start, entry.end),
            managed=state is not None, state=STATES.get(int(state[1]), "") if state else "",
            since=int(since[1]) if since else None,
        )  # fmt: skip
    return mine


# --- BIND ---------------------------------------------------------------------------------------------------


def _read_bind(reader: _Reader) -> None:
    parts = _bind_parts(reader)
    at = 0
    while at + 1 < len(parts):
        if parts[at].text in _STATEMENTS and not parts[at].quoted and parts[at + 1].text == b"{":
            at = _statement(reader, parts, at + 2)
        else:
            at += 1


def _bind_parts(reader: _Reader) -> list[_Part]:
    parts, at, text = list[_Part](), 0, reader.text
    if text.startswith(b"\xef\xbb\xbf"):
        at = 3
    while at < len(text):
        token = _BIND.match(text, at)
        if token is None:
            reader.fault("quoted string or comment that does not end", at, at + 1)
            break
        kind, at = token.lastgroup, token.end()
        if kind != "skip" and kind is not None:
            parts.append(_Part(token[kind], token.start(), at, kind == "quoted"))
    return parts


def _statement(reader: _Reader, parts: list[_Part], at: int) -> int:
    """Read the entries of a statement; gives where it ends."""
    entry: list[_Part] = []
    while at < len(parts):
        part = parts[at]
        at += 1
        if part.quoted or part.text not in (b"{", b"}", b";"):
            entry.append(part)
            continue
        if part.text == b";" and entry:
            _bind_entry(reader, entry)
        elif entry:
            reader.fault("the entry does not end with a semicolon", entry[0].start, entry[-1].end)
        entry = []
        if part.text != b";" or reader.is_hopeless:
            return at
    place = entry or parts[-1:]
    reader.fault("the statement is not closed", place[0].start, place[-1].end)
    return at


def _bind_entry(reader: _Reader, entry: list[_Part]) -> None:
    start, end = entry[0].start, entry[-1].end
    if not reader.is_mine(entry[0].text, entry[0].start, entry[0].end):
        return
    head = entry[1].text.lower() if len(entry) > 1 else b""
    if head.isdigit():  # trusted-keys names no kind
        managed, is_ds, rest = False, False, entry[1:]
    elif head in _KINDS:
        (managed, is_ds), rest = _KINDS[head], entry[2:]
    else:
        shown = head[:30].decode("ascii", "backslashreplace")
        reader.fault(f"{shown or 'nothing'} is no kind of trust anchor", entry[-1].start, entry[-1].end)
        return
    words = [Word(part.text, part.start, part.end) for part in rest]
    values = reader.ds(words, start, end) if is_ds else reader.key(words, start, end)
    reader.add(start, end, values, managed=managed)
