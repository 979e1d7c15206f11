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
from zonelint.keys.fields import STATE_NUMBERS, STATE_TIMES, TIMES, Damaged, Line, read_lines, read_time, read_times
from zonelint.keys.model import KeyFile, PrivatePart, PublicPart, StatePart
from zonelint.keys.private import read_private
from zonelint.keys.text import CLASS_OR_TTL, CONTROL, Entry, algorithm, entries, line_end, number
from zonelint.names import BadName, key_from_text, key_from_wire, text_from_key, wire_from_text
from zonelint.times import BadTime, parse_duration

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
    places: dict[str, Place] = {}
    if "key" in suffixes:
        try:
            text = _read(stem + ".key")[0]
            public = read_public(text, stem + ".key")
            timing, places = _comment_times(text, stem + ".key")
            if public is None:
                return
        except Damaged as fault:
            reading.damaged(stem + ".key", name, fault)
    elif "private" in suffixes:
        reading.damaged(stem + ".private", name, Damaged("the .key file that belongs to it is missing"))
    else:
        return
    private: PrivatePart | None = None
    links: dict[str, int] = {}
    if "private" in suffixes:
        private, secret = _read_private(reading, stem + ".private", name)
        # The private file is the one that signers go by; the comments of the .key repeat it for people, and
        # show them their line where a line of the private file is never shown.
        same = {field for field, time in secret.times.items() if field in places and timing.get(field) == time}
        places = {**places, **{field: place for field, place in secret.places.items() if field not in same}}
        timing, links = secret.times or timing, secret.links
    state = _read_state(reading, stem + ".state", name) if "state" in suffixes else None
    reading.keys.append(KeyFile(stem, name, number_, tag, public, private, state, timing, links, places))


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
    ttl = next((value for word in words[1:at] if (value := _ttl(word)) is not None), None)
    return PublicPart(Place(file, entry.start, entry.end), Place(file, 0, line_end(text, 0)), owner, rdata, ttl)


def _ttl(word: bytes) -> int | None:
    """Read a TTL in seconds or with units; None for the word of a class and for more than 31 bits."""
    try:
        seconds = parse_duration(word.decode("ascii", "replace"))
    except BadTime:
        return None
    return seconds if seconds < 1 << 31 else None


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


def _comment_times(text: bytes, file: str) -> tuple[dict[str, int | None], dict[str, Place]]:
    """Read the times in the comments of a `.key` file; a comment that holds none is just a comment."""
    times: dict[str, int | None] = {}
    places: dict[str, Place] = {}
    for comment in _COMMENT_TIME.finditer(text):
        known = TIMES.get(comment[1].decode("utf-8", "replace").lower())
        if known:
            try:
                times[known] = read_time(comment[2])
            except ValueError:
                continue
            places[known] = Place(file, comment.start(), line_end(text, comment.start()))
    return times, places


@dataclass(frozen=True, slots=True)
class _Metadata:
    """What a `.private` file says besides its key."""

    times: Mapping[str, int | None] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)


def _metadata(text: bytes, file: str, times: Mapping[str, int | None]) -> _Metadata:
    lines = read_lines(text)
    links = _numbers(lines, {"predecessor": "Predecessor", "successor": "Successor"})
    named = {name.lower(): name for name in (*times, *links)}
    return _Metadata(times, links, _places(lines, named, file))


def _numbers(lines: dict[str, Line], names: Mapping[str, str]) -> dict[str, int]:
    """Read the whole numbers among the lines. Raises `Damaged`."""
    found: dict[str, int] = {}
    for key, name in names.items():
        line = lines.get(key)
        if line is None:
            continue
        value = number(line.value, (1 << 32) - 1)
        if value is None:
            raise Damaged(f"{name} is not a number", line.start, line.end)
        found.setdefault(name, value)
    return found


def _places(lines: dict[str, Line], names: Mapping[str, str], file: str) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for key, name in names.items():
        if key in lines:
            places.setdefault(name, Place(file, lines[key].start, lines[key].end))
    return places


def _read_private(reading: _Reading, path: str, name: bytes) -> tuple[PrivatePart | None, _Metadata]:
    try:
        text, bits = _read(path)
    except Damaged as fault:
        reading.damaged(path, name, fault)
        return None, _Metadata()
    mode = bits if os.name == "posix" else None
    top = Place(path, 0, line_end(text, 0))
    try:
        number_, public, times = read_private(text)
        metadata = _metadata(text, path, times)
    except Damaged as fault:
        reading.damaged(path, name, fault)
        return PrivatePart(top, mode), _Metadata()
    return PrivatePart(top, mode, number_, public), metadata


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
    return StatePart(
        states,
        places,
        read_times(lines, STATE_TIMES),
        _numbers(lines, STATE_NUMBERS),
        _yes(lines, "ksk"),
        _yes(lines, "zsk"),
        _places(lines, {**STATE_TIMES, **STATE_NUMBERS}, file),
    )


def _yes(lines: dict[str, Line], name: str) -> bool | None:
    """Read a field that is yes or no, None where it is missing. Raises `Damaged`."""
    line = lines.get(name)
    if line is None:
        return None
    value = line.value.lower()
    if value not in (b"yes", b"no"):
        raise Damaged(f"{name.upper()} is neither yes nor no", line.start, line.end)
    return value == b"yes"
