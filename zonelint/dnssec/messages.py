"""How many octets a DNS message takes, with names compressed as servers do it (RFC 1035 section 4.1.4)."""

from __future__ import annotations

from zonelint.names import labels_from_wire

HEADER, FIXED, RECORD, OPT = 12, 4, 10, 11
"""Octets: the header, type and class of a question, those of a record up to its RDATA, OPT without options.

RFC 1035 section 4.1 and, for OPT, RFC 6891 section 6.1.2.
"""

_REACH = 0x4000


class Message:
    """Counts the octets of an answer as it grows, the question and OPT included; `octets` is the sum so far."""

    def __init__(self, question: bytes) -> None:
        self.octets = HEADER + OPT
        self._at = HEADER
        self._known: set[bytes] = set()
        self._add(self._name(question) + FIXED)

    def record(self, owner: bytes, rdata: bytes, names: tuple[int, int] = (0, 0)) -> None:
        """Add a record with the owner and the RDATA in wire form.

        `names` is the offset at which compressible names begin in the RDATA, and how many there are (RFC 3597
        section 4: those of the types of RFC 1035, and of no others).
        """
        self._add(self._name(owner) + RECORD)
        start, many = names
        if not many:
            self._add(len(rdata))
            return
        self._add(start)
        rest = rdata[start:]
        for _ in range(many):
            size = sum(len(label) + 1 for label in labels_from_wire(rest)) + 1
            self._add(self._name(rest[:size]))
            rest = rest[size:]
        self._add(len(rest))

    def _add(self, octets: int) -> None:
        self.octets += octets
        self._at += octets

    def _name(self, wire: bytes) -> int:
        """Give the octets a name takes here, and remember where its parts begin."""
        octets, at, rest = 0, self._at, wire.lower()
        while rest != b"\0":
            if rest in self._known:
                return octets + 2
            if at + octets < _REACH:
                self._known.add(rest)
            octets += rest[0] + 1
            rest = rest[rest[0] + 1 :]
        return octets + 1
