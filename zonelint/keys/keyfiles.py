"""A directory of BIND-style key files: `K<name>+<algorithm>+<tag>.key`, `.private` and `.state`.

A file that cannot be read as what it should be becomes a finding, never an exception, and no finding repeats
anything of a private key.
"""

from __future__ import annotations

import binascii
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

from zonelint.findings import Finding, Place
from zonelint.keys.fields import TIMES, Damaged, read_lines, read_time
from zonelint.keys.model import KeyFile, PrivatePart, PublicPart, StatePart
from zonelint.keys.private import read_private
from zonelint.keys.text import CLASS_OR_TTL, CONTROL, Entry, algorithm, entries, line_end, number
from zonelint.names import BadName, key_from_text, key_from_wire, text_from_key, wire_from_text

SIZE_LIMIT = 1 << 16
"""Octets a key file may have; the largest real ones have some 4,000."""

_NAME = re.compile(r"K([\x21-\x7e]*)\+(\d{3})\+(\d{5})\.(key|private|state)")
_HEX = re.compile(r"%([0-9A-Fa-f]{2})")
_COMMENT_TIME = re.compile(rb"^;[ \t]*(\w+):[ \t]*(\w+)", re.MULTILINE)
_STATES = frozenset(("hidden", "rumoured", "omnipresent", "unretentive"))
_STATE_FIELDS = ("goal", "dnskey", "ds", "krrsig", "zrrsig")


@dataclass(slots=True)
class _Reading:
    """What one pass over a directory has found so far."""

    keys: list[KeyFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def damaged(self, path: str, name: bytes, fault: Damaged) -> None:
        self.findings.append(
            Finding(
                "key-file-invalid",
                str(fault),
                Place(path, fault.start, fault.end),
                owner=text_from_key(name),
                discriminator=os.path.basename(path),
            )
        )


def read_key_directory(directory: str, origin: str | None = None) -> tuple[list[KeyFile], list[Finding]]:
    """Read the key files of a directory in the order of their names; with `origin`, only those of that zone.

    Gives the keys and one finding `key-file-invalid` for each damaged file. Other files are passed over, so
    are keys that are no zone keys (record type KEY). Raises `OSError` when the directory cannot be listed and
    `zonelint.names.BadName` for a bad origin.
    """
    wanted = None if origin is None else key_from_text(origin)
    stems: dict[str, tuple[bytes, int, int, set[str]]] = {}
    for entry in sorted(os.listdir(directory)):
        parts = _NAME.fullmatch(entry)
        if not parts:
            continue
        try:
            name = key_from_text(_HEX.sub(lambda octet: f"\\{int(octet[1], 16):03d}", parts[1]))
        except BadName:
            continue
        if wanted is None or name == wanted:
            stem = os.path.join(directory, entry.rpartition(".")[0])
            stems.setdefault(stem, (name, int(parts[2]), int(parts[3]), set()))[3].add(parts[4])
    reading = _Reading()
    for stem, (name, number_, tag, suffixes) in stems.items():
        _read_key(reading, stem, name, number_, tag, suffixes)
    return reading.keys, reading.findings


def _read_key(reading: _Reading, stem: str, name: bytes, number_: int, tag: int, suffixes: set[str]) -> None:
    public: PublicPart | None = None
    timing: Mapping[str, int | None] = {}
    if "key" in suffixes:
        try:
            text = _read(stem + ".key")[0]
            public, timing = read_public(text, stem + ".key"), _comment_times(text)
            if public is None:
                return
        except Damaged as fault:
            reading.damaged(stem + ".key", name, fault)
    elif "private" in suffixes:
        reading.damaged(stem + ".private", name, Damaged("the .key file that belongs to it is missing"))
    else:
        return
    private: PrivatePart | None = None
    if "private" in suffixes:
        private, times = _read_private(reading, stem + ".private", name)
        # The private file is the one that signers go by; the comments of the .key repeat it for people.
        timing = times or timing
    state = _read_state(reading, stem + ".state", name) if "state" in suffixes else None
    reading.keys.append(KeyFile(stem, name, number_, tag, public, private, state, timing))


def _read(path: str) -> tuple[bytes, int]:
    """Read a small regular file: its octets and permission bits. Raises `Damaged`."""
    try:
        # A pipe or a device must be recognised before it is opened: opening it may wait for ever.
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind):
            raise Damaged("is a directory" if stat.S_ISDIR(kind) else "is not a regular file")
        with open(path, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(SIZE_LIMIT + 1)
    except OSError as fault:
        raise Damaged(f"cannot be read: {(fault.strerror or 'input error').lower()}") from None
    if len(text) > SIZE_LIMIT:
        raise Damaged(f"larger than {SIZE_LIMIT} octets: not a key file")
    return text, mode


def read_public(text: bytes, file: str) -> PublicPart | None:
    """Read the text of a `.key` file: one DNSKEY record, class and TTL optional; None for a KEY record.

    A relative owner is taken as absolute. Raises `fields.Damaged`.
    """
    control = CONTROL.search(text)
    if control:
        raise Damaged("control octets: not a text file", control.start(), control.end())
    found = list(entries(text))
    if not found:
        raise Damaged("no DNSKEY record", 0, line_end(text, 0))
    entry = found[0]
    if entry.fault:
        raise Damaged(entry.fault, entry.fault_at, line_end(text, entry.fault_at))
    if len(found) > 1:
        raise Damaged("more than one record", found[1].start, line_end(text, found[1].start))
    words = [word.text for word in entry.words]
    at = 1
    while at < len(words) and at < 3 and CLASS_OR_TTL.fullmatch(words[at]):
        at += 1
    if at < len(words) and words[at].upper() == b"KEY":
        return None
    if at >= len(words) or words[at].upper() != b"DNSKEY" or entry.indented:
        raise Damaged("not a DNSKEY record", entry.start, line_end(text, entry.start))
    try:
        owner = key_from_wire(wire_from_text(words[0], b"\0"))
    except BadName:
        raise Damaged("owner is not a domain name", entry.start, line_end(text, entry.start)) from None
    rdata = _dnskey(entry, words[at + 1 :])
    return PublicPart(Place(file, entry.start, entry.end), Place(file, 0, line_end(text, 0)), owner, rdata)


def _dnskey(entry: Entry, words: list[bytes]) -> bytes:
    """Turn the fields of a DNSKEY record into wire form (RFC 4034 section 2)."""
    if len(words) < 4:
        raise Damaged("DNSKEY record is cut off", entry.start, entry.end)
    flags, protocol, number_ = number(words[0], 65535), number(words[1], 255), algorithm(words[2])
    if flags is None or protocol is None or number_ is None:
        raise Damaged("flags, protocol or algorithm is not a number", entry.start, entry.end)
    try:
        key = binascii.a2b_base64(b"".join(words[3:]), strict_mode=True)
    except binascii.Error:
        raise Damaged("public key is not base64", entry.start, entry.end) from None
    if not key:
        raise Damaged("public key is empty", entry.start, entry.end)
    return flags.to_bytes(2, "big") + bytes((protocol, number_)) + key


def _comment_times(text: bytes) -> dict[str, int | None]:
    """Read the times in the comments of a `.key` file; a comment that holds none is just a comment."""
    times: dict[str, int | None] = {}
    for name, word in _COMMENT_TIME.findall(text):
        known = TIMES.get(name.decode("utf-8", "replace").lower())
        if known:
            try:
                times[known] = read_time(word)
            except ValueError:
                continue
    return times


def _read_private(
    reading: _Reading, path: str, name: bytes
) -> tuple[PrivatePart | None, Mapping[str, int | None]]:
    try:
        text, bits = _read(path)
    except Damaged as fault:
        reading.damaged(path, name, fault)
        return None, {}
    mode = bits if os.name == "posix" else None
    top = Place(path, 0, line_end(text, 0))
    try:
        number_, public, times = read_private(text)
    except Damaged as fault:
        reading.damaged(path, name, fault)
        return PrivatePart(top, mode), {}
    return PrivatePart(top, mode, number_, public), times


def _read_state(reading: _Reading, path: str, name: bytes) -> StatePart | None:
    try:
        return read_state(_read(path)[0], path)
    except Damaged as fault:
        reading.damaged(path, name, fault)
        return None


def read_state(text: bytes, file: str) -> StatePart:
    """Read the text of a `.state` file; unknown fields are passed over. Raises `fields.Damaged`."""
    lines = read_lines(text)
    states: dict[str, str] = {}
    places: dict[str, Place] = {}
    for name in _STATE_FIELDS:
        line = lines.get(f"{name}state")
        if line is None:
            continue
        value = line.value.decode("ascii", "replace").lower().replace("rumored", "rumoured")
        if value not in _STATES:
            raise Damaged("state is not hidden, rumoured, omnipresent or unretentive", line.start, line.end)
        states[name] = value
        places[name] = Place(file, line.start, line.end)
    return StatePart(states, places)
