"""One record of a signed zone changed, and whether that does any harm.

What does no harm is told without zonelint: records are read by dnspython, and what a signer would have to sign is
compared before and after. `HARMLESS` has a sentence for each class.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

KINDS = ("drop", "duplicate", "ttl", "octet", "length", "owner", "type")
TYPES = ("A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "DS", "DNAME", "RRSIG", "NSEC", "DNSKEY", "NSEC3",
         "NSEC3PARAM", "SPF", "CDS", "TYPE65281")  # fmt: skip

SAME = "same content"
UNSIGNED = "unsigned data"
OPTED_OUT = "opted out"
SPARE = "spare signature"
HARMLESS = {
    SAME: "the records are the same ones in canonical form (RFC 4034 section 6.2): twice, or in other letters",
    UNSIGNED: "NS at a cut, glue below it and what a cut hides are not signed (RFC 4035 section 2.2): a validator "
    "asks the child, and whether the parent's copy is up to date is not in the zone",
    OPTED_OUT: "a delegation without DS comes, goes or moves where every NSEC3 record opts out (RFC 5155 section 6): "
    "no record of the chain says which ones there are",
    SPARE: "the RRset keeps a signature by another key of the same algorithm (RFC 4035 section 2.2), for DNSKEY one "
    "by a key with the SEP flag",
}
"""The classes of changes that need not be found, each with the reason."""

Content = frozenset[tuple[str, str, bytes, int]]


@dataclass(frozen=True)
class Record:
    """A line of a zone in parts; owner and RDATA as they are written."""

    owner: str
    ttl: int
    type: str
    rdata: str

    def __str__(self) -> str:
        """The line as it is written into the file."""
        return f"{self.owner} {self.ttl} IN {self.type} {self.rdata}"

    @property
    def name(self) -> dns.name.Name:
        """The owner name, in lower case."""
        return _name(self.owner)

    def wire(self) -> bytes:
        """RDATA as octets; those of a type that dnspython cannot read by its form are read as any."""
        return _wire(self.type, self.rdata)

    def key(self) -> tuple[dns.name.Name, str, bytes, int]:
        """What a signature would cover: two records are the same if this is."""
        return self.name, self.type, _canonical(self.type, self.wire()), self.ttl


@cache
def _name(text: str) -> dns.name.Name:
    return dns.name.from_text(text).canonicalize()


@cache
def _wire(rdtype: str, text: str) -> bytes:
    if text.startswith("\\# "):
        return bytes.fromhex("".join(text.split()[2:]))
    return dns.rdata.from_text("IN", rdtype, text, relativize=False).to_wire() or b""


@cache
def _canonical(rdtype: str, wire: bytes) -> bytes:
    number = dns.rdatatype.from_text(rdtype)
    if number == dns.rdatatype.NSEC:
        return wire  # its name keeps its case (RFC 6840 section 5.1)
    try:
        return dns.rdata.from_wire(dns.rdataclass.IN, number, wire, 0, len(wire)).to_digestable()
    except (dns.exception.DNSException, ValueError, IndexError):
        return wire


def parse(line: str) -> Record:
    """Read a line as signers write it: owner, TTL, perhaps the class, type, RDATA."""
    owner, ttl, *rest = line.split(None, 4)
    if rest[0] != "IN":
        rest = line.split(None, 3)[2:]
        return Record(owner, int(ttl), *rest)
    return Record(owner, int(ttl), *rest[1:])


@dataclass(frozen=True)
class Mutant:
    """A zone of which the record at `index` was changed; `new` is None where it was dropped."""

    kind: str
    index: int
    old: Record
    new: Record | None
    lines: tuple[str, ...] = field(repr=False)

    def text(self) -> str:
        """The zone file."""
        return "\n".join([*self.lines, ""])

    def __str__(self) -> str:
        """Say what was changed."""
        return f"{self.kind} at line {self.index + 1}: {self.old} -> {self.new}"


def mutant(dice: random.Random, lines: Sequence[str], origin: str, at: int | None = None) -> Mutant:
    """Change one record; `at` is its index. Where that is None each type is as likely as any other."""
    if at is None:
        types = [parse(line).type for line in lines]
        wanted = dice.choice(sorted(set(types)))
        at = dice.choice([number for number, rdtype in enumerate(types) if rdtype == wanted])
    index, old = at, parse(lines[at])
    while True:
        kind = dice.choice(KINDS)
        if kind == "drop":
            return Mutant(kind, index, old, None, (*lines[:index], *lines[index + 1 :]))
        if kind == "duplicate":
            other = dice.randrange(len(lines) + 1)
            return Mutant(kind, index, old, old, (*lines[:other], str(old), *lines[other:]))
        new = _changed(dice, kind, old, lines, origin)
        if new != old:
            return Mutant(kind, index, old, new, (*lines[:index], str(new), *lines[index + 1 :]))


def _changed(dice: random.Random, kind: str, old: Record, lines: Sequence[str], origin: str) -> Record:
    if kind == "ttl":
        return Record(old.owner, dice.choice((0, 1, old.ttl - 1, old.ttl + 1, old.ttl * 2, 86401, 2**31 - 1)), old.type,
                      old.rdata)  # fmt: skip
    if kind == "owner":
        return Record(_owner(dice, old.owner, lines, origin), old.ttl, old.type, old.rdata)
    if kind == "type":
        other = dice.choice([each for each in TYPES if each != old.type])
        return Record(old.owner, old.ttl, other, _written(dice, other, old.wire()))
    wire = bytearray(old.wire())
    # the fields of a signature come before many octets of the signature itself
    at = dice.randrange(min(len(wire), dice.choice((24, 65535)))) if wire else 0
    if kind == "octet" and wire:
        wire[at] ^= dice.choice((1 << dice.randrange(8), dice.randrange(1, 256)))
    elif dice.random() < 0.5 and wire:
        del wire[at]
    else:
        wire.insert(at, dice.randrange(256))
    return Record(old.owner, old.ttl, old.type, _written(dice, old.type, bytes(wire)))


def _owner(dice: random.Random, owner: str, lines: Sequence[str], origin: str) -> str:
    labels = dns.name.from_text(owner).labels
    way = dice.randrange(6)
    if way == 0:
        return parse(dice.choice(lines)).owner
    if way == 1:
        return f"extra.{owner}"
    if way == 2 and len(labels) > 2:
        return dns.name.Name(labels[1:]).to_text()
    if way == 3:
        return owner.swapcase()
    if way == 4:
        return dice.choice((f"*.{origin}.", f"new.{origin}.", f"a.b.new.{origin}."))
    first = bytearray(labels[0])
    at = dice.randrange(len(first)) if first else 0
    if first:
        first[at] ^= 1 << dice.randrange(8)
    return dns.name.Name((bytes(first), *labels[1:])).to_text()


def _written(dice: random.Random, rdtype: str, wire: bytes) -> str:
    """Write octets in the form of their type where they have one, at times as those of an unknown type (RFC 3597)."""
    generic = f"\\# {len(wire)} {wire.hex()}".rstrip()
    if dice.random() < 0.3:
        return generic
    number = dns.rdatatype.from_text(rdtype)
    try:
        text = dns.rdata.from_wire(dns.rdataclass.IN, number, wire, 0, len(wire)).to_text()
        return text if text and _wire(rdtype, text) == wire else generic
    except (dns.exception.DNSException, ValueError, IndexError, OverflowError):
        return generic


def harmless(before: Sequence[str], change: Mutant, origin: str) -> str | None:
    """Name the class of a change that does no harm, None for one that must be found."""
    apex = _name(f"{origin}.")
    old, new = ([parse(line) for line in lines] for lines in (before, change.lines))
    if {record.key() for record in old} == {record.key() for record in new}:
        return SAME
    if any(not record.name.is_subdomain(apex) for record in new):
        return None
    if _to_sign(old, apex) == _to_sign(new, apex):
        return UNSIGNED
    if _opts_out(old) and _to_sign(old, apex, opt_out=True) == _to_sign(new, apex, opt_out=True):
        return OPTED_OUT
    return SPARE if _spare(change, new, apex) else None


def _opts_out(records: Iterable[Record]) -> bool:
    chain = [record.wire() for record in records if record.type == "NSEC3"]
    return bool(chain) and all(wire[1] & 1 for wire in chain)


def _to_sign(records: Sequence[Record], apex: dns.name.Name, *, opt_out: bool = False) -> object:
    """What is signed or says what is signed: authoritative records, and the names of cuts (with DS, for `opt_out`)."""
    cuts = {record.name for record in records if record.type == "NS" and record.name != apex}
    cuts = {cut for cut in cuts if not _below(cut, cuts)}
    kept = {
        record.key() for record in records
        if not _below(record.name, cuts) and (record.name not in cuts or record.type in ("DS", "NSEC", "RRSIG"))
    }  # fmt: skip
    if opt_out:
        cuts &= {record.name for record in records if record.type == "DS"}
    return kept, cuts


def _below(name: dns.name.Name, cuts: set[dns.name.Name]) -> bool:
    while len(name) > 1:
        name = name.parent()
        if name in cuts:
            return True
    return False


def _spare(change: Mutant, new: Iterable[Record], apex: dns.name.Name) -> bool:
    if change.kind != "drop" or change.old.type != "RRSIG":
        return False
    new, gone = list(new), change.old.rdata.split()
    keys = [record for record in new if record.type == "DNSKEY" and record.name == apex]
    sep = {_tag(record) for record in keys if record.wire()[1] & 1} or {_tag(record) for record in keys}
    for record in new:
        left = record.rdata.split()
        if record.type == "RRSIG" and record.name == change.old.name and left[:2] == gone[:2]:
            return gone[0] != "DNSKEY" or int(left[6]) in sep
    return False


def _tag(record: Record) -> int:
    total = sum(octet << 8 if not at & 1 else octet for at, octet in enumerate(record.wire()))
    return total + (total >> 16) & 0xFFFF
