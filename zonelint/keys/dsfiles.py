"""DS records from a file: `dsset-*`, zone-file lines, a whole parent zone, or what `dig +short` prints."""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, field

from zonelint.findings import Finding, Place
from zonelint.keys.text import CLASS_OR_TTL, CONTROL, Entry, Word, algorithm, entries, line_end, number
from zonelint.names import BadName, key_from_text, key_from_wire, text_from_key, wire_from_text

FAULT_LIMIT = 20
"""Faulty lines after which a file is given up: it is no DS file."""

_TYPE = re.compile(rb"[A-Z][A-Z0-9-]*", re.IGNORECASE)
_HEX = re.compile(rb"[0-9A-F]+", re.IGNORECASE)
_DS = (b"DS", b"TYPE43")
_ANY_DS = re.compile(rb"^([^\s;]+)[ \t]+(?:[^\s;]+[ \t]+){0,2}DS[ \t]", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DsRecord:
    """A DS record (RFC 4034 section 5.1); `place` spans it, `fields` its four RDATA fields in order."""

    place: Place
    fields: tuple[Place, Place, Place, Place]
    tag: int
    algorithm: int
    digest_type: int
    digest: bytes


def read_ds_file(path: str, origin: str) -> tuple[list[DsRecord], list[Finding]]:
    """Read the DS records of the zone `origin` from a file; see `parse_ds`.

    Raises `OSError` when there is no such file, when it cannot be read, and for a directory or a device.
    """
    return parse_ds(octets_of(path), path, origin)


def octets_of(path: str) -> bytes:
    """Read a small file whole; raises `OSError`, also for a device."""
    kind = os.stat(path).st_mode
    # A pipe is welcome (a shell's `<(dig ...)`), a device may never end.
    if stat.S_ISCHR(kind) or stat.S_ISBLK(kind):
        raise OSError(errno.EINVAL, "Is a device, not a file", path)
    with open(path, "rb") as file:
        return file.read()


def parse_ds(text: bytes, file: str, origin: str) -> tuple[list[DsRecord], list[Finding]]:
    """Collect the DS records of the zone `origin` from text, each once, and a finding for each faulty line.

    Records of other types and DS records of other names are passed over, so a whole parent zone may be given.
    Lines without owner (`tag algorithm type digest`, as `dig +short` prints them) belong to `origin`. A
    relative owner is completed with `$ORIGIN`; where none was given, it stands for `origin` if it is the head
    of that name. `$INCLUDE` and `$GENERATE` are not followed. Raises only `zonelint.names.BadName`, for a bad
    origin.
    """
    reader = _Reader(file, key_from_text(origin))
    control = CONTROL.search(text)
    if control:
        reader.fault("control octets: not a text file", control.start(), control.end())
        return [], reader.findings
    if text.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(b"private-key-format"):
        reader.fault("this is a private key, not a DS record", 0, 0)
        return [], reader.findings
    for entry in entries(text, _others(reader.wanted)):
        if len(reader.findings) == FAULT_LIMIT:
            reader.fault("too many faulty lines: the rest of the file was not read", entry.start, entry.end)
            break
        reader.read(entry)
    if not reader.records and not reader.findings:
        message = f"no DS record of {text_from_key(reader.wanted)} in this file"
        other = _ANY_DS.search(text)
        if other:
            message += f", only of {other[1].decode('utf-8', 'replace')}"
        reader.fault(message, 0, line_end(text, 0))
    return list(reader.records.values()), reader.findings


@dataclass(slots=True)
class _Reader:
    """What carries over from line to line, and what was found.

    `origin` is that of `$ORIGIN` in wire form; `mine` tells whether the last owner was the zone, None before
    any owner was given.
    """

    file: str
    wanted: bytes
    origin: bytes | None = None
    mine: bool | None = None
    records: dict[tuple[int, int, int, bytes], DsRecord] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def fault(self, message: str, start: int, end: int) -> None:
        """Note a line that cannot be read."""
        place, owner = Place(self.file, start, end), text_from_key(self.wanted)
        self.findings.append(
            Finding("ds-file-invalid", message, place, owner, "DS", os.path.basename(self.file))
        )

    def read(self, entry: Entry) -> None:
        """Read one logical line."""
        words = entry.words
        if entry.skipped:
            self.mine = False
        if entry.fault:
            self.fault(entry.fault, entry.fault_at, entry.end)
        elif words[0].text.startswith(b"$"):
            self.directive(entry)
        elif _is_bare(words):
            self.record(entry, words)
        else:
            self.line(entry)

    def directive(self, entry: Entry) -> None:
        """Follow `$ORIGIN`; the other directives say nothing about DS records."""
        words = entry.words
        if words[0].text.upper() == b"$ORIGIN":
            try:
                self.origin = wire_from_text(words[1].text, self.origin)
            except (BadName, IndexError):
                self.fault("$ORIGIN without a domain name", entry.start, entry.end)

    def line(self, entry: Entry) -> None:
        """Read a record in zone-file form: owner, TTL and class in either order, type, RDATA."""
        words, at = entry.words, 0
        if not entry.indented:
            at = 1
            try:
                self.take_owner(words[0].text)
            except BadName:
                self.fault("owner is not a domain name", words[0].start, words[0].end)
                self.mine = False
                return
        stop = at + 2
        while at < min(stop, len(words)) and CLASS_OR_TTL.fullmatch(words[at].text):
            at += 1
        if at == len(words) or not _TYPE.fullmatch(words[at].text):
            self.fault("not a record", entry.start, entry.end)
        elif words[at].text.upper() in _DS:
            if self.mine is None:
                self.fault("DS record without an owner", entry.start, entry.end)
            elif self.mine:
                self.record(entry, words[at + 1 :])

    def take_owner(self, text: bytes) -> None:
        """Note whether an owner is the zone. Raises `BadName`."""
        if self.origin is None and (text == b"@" or not text.endswith(b".")):
            self.mine = text != b"@" and self.is_head(text)
        else:
            self.mine = key_from_wire(wire_from_text(text, self.origin)) == self.wanted

    def is_head(self, text: bytes) -> bool:
        """Tell whether a relative owner can be the zone, the name of the parent being unknown."""
        head = key_from_wire(wire_from_text(text, b"\0")).split(b"\0")[:-1]
        return self.wanted.split(b"\0")[:-1][-len(head) :] == head

    def record(self, entry: Entry, words: list[Word]) -> None:
        """Read the RDATA of a DS record; the digest may be split by blanks (RFC 4034 section 5.3)."""
        if words and words[0].text == b"\\#":
            self.unknown_form(entry, words)
            return
        if len(words) < 4:
            self.fault("DS record is cut off", entry.start, entry.end)
            return
        tag, number_ = number(words[0].text, 65535), algorithm(words[1].text)
        digest_type, digits = number(words[2].text, 255), b"".join(word.text for word in words[3:])
        spans = [*words[:3], Word(digits, words[3].start, words[-1].end)]
        good = (tag is not None, number_ is not None, digest_type is not None, _is_octets(digits))
        if tag is None or number_ is None or digest_type is None or not all(good):
            at = good.index(False)
            what = ("key tag", "algorithm", "digest type", "digest")[at]
            kind = "hex" if at == 3 else "a number in range"
            self.fault(f"{what} is not {kind}", spans[at].start, spans[at].end)
            return
        self.add(entry, spans, tag, number_, digest_type, bytes.fromhex(digits.decode("ascii")))

    def unknown_form(self, entry: Entry, words: list[Word]) -> None:
        """Read RDATA in the form for unknown types (RFC 3597 section 5)."""
        size = number(words[1].text, 65535) if len(words) > 2 else None
        digits = b"".join(word.text for word in words[2:])
        if size is None or size < 5 or not _is_octets(digits) or len(digits) != 2 * size:
            self.fault("DS record is cut off or not hex", entry.start, entry.end)
            return
        rdata = bytes.fromhex(digits.decode("ascii"))
        whole = Word(digits, words[2].start, words[-1].end)
        self.add(entry, [whole] * 4, int.from_bytes(rdata[:2], "big"), rdata[2], rdata[3], rdata[4:])

    def add(self, entry: Entry, spans: list[Word], *values: *tuple[int, int, int, bytes]) -> None:
        """Keep a record (tag, algorithm, digest type, digest), unless it is there already."""
        first, second, third, fourth = (Place(self.file, span.start, span.end) for span in spans)
        place = Place(self.file, entry.start, entry.end)
        self.records.setdefault(values, DsRecord(place, (first, second, third, fourth), *values))


def _others(wanted: bytes) -> re.Pattern[bytes]:
    """Match runs of plain one-line records whose absolute owner is another name: most of a parent zone."""
    name = re.escape(text_from_key(wanted).encode("ascii"))
    return re.compile(rb"(?:(?!%b[ \t])[A-Z0-9_*.-]++(?<=\.)[ \t][^;()\"\\\n]*+\n)*+" % name, re.IGNORECASE)


def _is_bare(words: list[Word]) -> bool:
    """Tell a line of `dig +short` (three numbers, then hex) from a record whose owner is a number."""
    head = all(word.text.isdigit() for word in words[:3])
    return len(words) > 3 and head and _HEX.fullmatch(words[3].text) is not None


def _is_octets(digits: bytes) -> bool:
    return len(digits) % 2 == 0 and _HEX.fullmatch(digits) is not None
