"""The fast path: records written as signers write them, one a line, straight to wire form.

Each converter takes the RDATA text of one line and answers None for whatever is not in the plainest form;
the general reader then takes the line. What a converter does accept it must turn into the very octets that
the general reader gives: a property test compares the two.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Sequence
from functools import partial

from zonelint.names import SIMPLE_LABEL
from zonelint.source import rdata, rdtypes
from zonelint.source.lexer import Token
from zonelint.source.record import MAX_TTL, Record

Convert = Callable[[bytes], bytes | None]

_OCTET = {str(n).encode(): n for n in range(256)}
_PLAIN_STRING = re.compile(rb'"([^"\\\n\r]{0,255})"')
_MEMO = 1 << 14
_ZEROS = b"0" * 32
_LENGTH = [bytes((n,)) for n in range(64)]
is_simple_label = SIMPLE_LABEL.fullmatch
_unhex = binascii.unhexlify
_unbase64 = binascii.a2b_base64
_base64 = partial(binascii.b2a_base64, newline=False)


def ipv4(text: bytes) -> bytes | None:
    """Convert a plain dotted IPv4 address."""
    try:
        a, b, c, d = text.split(b".")
        return bytes((_OCTET[a], _OCTET[b], _OCTET[c], _OCTET[d]))
    except (KeyError, ValueError):
        return None


def _groups(text: bytes) -> bytes | None:
    """Write the groups of an IPv6 address, or of a part of one, with four digits each."""
    each = text.split(b":") if text else []
    # zfill pads a group to four digits; one that has more makes the sum wrong
    digits = b"".join([group.zfill(4) for group in each])
    return digits if len(digits) == 4 * len(each) <= 32 and b"" not in each else None


def string(text: bytes) -> bytes | None:
    """Convert a single quoted character-string without escapes."""
    found = _PLAIN_STRING.fullmatch(text)
    return bytes((len(text) - 2,)) + found[1] if found else None


class Memo:
    """Remembers the results of a slow converter; emptied when it has grown large.

    `known` has them by text, for those who look there before they ask.
    """

    def __init__(self, convert: Convert) -> None:
        self._convert = convert
        self.known: dict[bytes, bytes] = {}

    def of(self, text: bytes) -> bytes | None:
        """Give the octets for a text; None where the converter gives none."""
        octets = self.known.get(text)
        return self._learn(text) if octets is None else octets

    def _learn(self, text: bytes) -> bytes | None:
        octets = self._convert(text)
        if octets is not None:
            if len(self.known) > _MEMO:
                self.known.clear()
            self.known[text] = octets
        return octets


class _Names:
    """A form of absolute names without escapes; None for names in any other form.

    Names in a zone mostly differ in their first label only, so what is kept is the form of the rest.
    """

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._known = {b"": root}

    def of(self, text: bytes) -> bytes | None:
        """Give the form of a name; the name itself is not kept."""
        raise NotImplementedError

    def _learn(self, text: bytes) -> bytes | None:
        form = None if len(text) > 253 else self.of(text)
        if form is not None:
            if len(self._known) > _MEMO:
                self._known = {b"": self._root}
            self._known[text] = form
        return form


class Wires(_Names):
    """Wire forms, in the case as written."""

    def __init__(self) -> None:
        super().__init__(b"\0")

    def of(self, text: bytes) -> bytes | None:
        """Give the wire form of a name; the name itself is not kept."""
        label, dot, rest = text.partition(b".")
        if not dot or not (label.isalnum() or is_simple_label(label)) or len(label) > 63:
            return None
        tail = self._known.get(rest)
        if tail is None:
            tail = self._learn(rest)
        return None if tail is None or len(tail) > 254 - len(label) else _LENGTH[len(label)] + label + tail


class Keys(_Names):
    """Keys (`zonelint.names`)."""

    def __init__(self) -> None:
        super().__init__(b"")

    def of(self, text: bytes) -> bytes | None:
        """Give the key of a name; the name itself is not kept."""
        label, dot, rest = text.partition(b".")
        if not dot or not (label.isalnum() or is_simple_label(label)) or len(label) > 63:
            return None
        above = self._known.get(rest)
        if above is None:
            above = self._learn(rest)
        return None if above is None or len(above) > 253 - len(label) else above + label.lower() + b"\0"


def _general(rdtype: int) -> Convert:
    """Let the general reader convert text that holds nothing but words, for use behind a memo."""

    def convert(text: bytes) -> bytes | None:
        if re.search(rb'[;()"\\]', text):
            return None
        tokens = [Token(word, 0, 0) for word in text.split()]
        try:
            return rdata.parse(rdtype, tokens, None)
        except rdata.BadRdata:
            return None

    return convert


def _bitmap(text: bytes) -> bytes | None:
    numbers = [rdtypes.type_number(word.decode("latin-1")) for word in text.split()]
    return None if None in numbers else rdata.bitmap([number for number in numbers if number is not None])


def _signature_head(text: bytes) -> bytes | None:
    """The RRSIG fields before the signature, from text up to the last dot of the signer."""
    whole = text + b". AAAA"
    wire = _general(rdtypes.RRSIG)(whole) if len(whole.split()) == 9 else None
    return None if wire is None else wire[:-3]


class FastPath:
    """Reads lines by converters for each type mnemonic, with memos that live as long as the object."""

    def __init__(self) -> None:
        self.keys = Keys()
        self._wires = Wires()
        self._networks = Memo(_groups)
        self._bitmaps = Memo(_bitmap)
        self._heads = Memo(_signature_head)
        # the text and the octets that the last NSEC3 record began with; no text begins with a line end
        self._start, self._fixed = b"\n", b""
        self.table: dict[bytes, tuple[int, Convert]] = {
            b"A": (1, ipv4),
            b"AAAA": (28, self._ipv6),
            b"NS": (2, self._name),
            b"CNAME": (5, self._name),
            b"PTR": (12, self._name),
            b"MX": (15, self._mx),
            b"TXT": (16, string),
            b"DS": (43, self._ds),
            b"RRSIG": (46, self._rrsig),
            b"NSEC": (47, self._nsec),
            b"NSEC3": (50, self._nsec3),
        }

    def read(
        self, lines: Sequence[bytes], positions: Sequence[int], first: int, apex: bytes
    ) -> tuple[list[Record], int]:
        """Read lines of the zone `apex` from the one of the number `first` on, up to one that is not in plain form.

        Gives the records, and the number of that line. `positions` are those of the records.
        """
        batch, number = list[Record](), first
        lookup, key_of, ttls = self.table.get, self.keys.of, dict[bytes, int]()
        owner: bytes | None = None
        last = b""
        for number in range(first, len(lines)):
            line = lines[number]
            parts = line.split(None, 4)
            if len(parts) == 5 and parts[2] == b"IN":
                name, written, _, word, text = parts
                entry = lookup(word)
            elif len(parts) > 3 and (entry := lookup(parts[2])):
                name, written, _, text = line.split(None, 3)
            else:
                entry = None
            if entry and line[0] > 32:  # a blank in front is in the place of the owner
                if name != last:
                    last, owner = name, key_of(name)
                    if owner is not None and not owner.startswith(apex):
                        owner = None
                ttl = ttls.get(written)
                if ttl is None and written.isdigit() and len(written) < 11 and int(written) <= MAX_TTL:
                    ttl = ttls[written] = int(written)
                if owner is not None and ttl is not None:
                    octets = entry[1](text)
                    if octets is not None:
                        batch.append((owner, entry[0], ttl, octets, positions[number]))
                        continue
            if line and line[0] != 0x3B and not line.isspace():
                break
        else:
            number = len(lines)
        return batch, number

    def _ipv6(self, text: bytes) -> bytes | None:
        # hosts of one network have the beginning in common
        beginning, gap, end = text.partition(b"::")
        left = self._networks.known.get(beginning) or self._networks.of(beginning)
        right = end.zfill(4) if 0 < len(end) < 5 and b":" not in end else _groups(end)
        if left is None or right is None:
            return None
        missing = 32 - len(left) - len(right)
        if (missing < 4) if gap else missing:
            return None
        try:
            return _unhex(left + _ZEROS[:missing] + right)
        except binascii.Error:
            return None

    def _name(self, text: bytes) -> bytes | None:
        return self._wires.of(text.lower())

    def _mx(self, text: bytes) -> bytes | None:
        preference, _, exchange = text.partition(b" ")
        target = self._name(exchange)
        if target is None or not preference.isdigit() or len(preference) > 4:
            return None
        return int(preference).to_bytes(2, "big") + target

    def _ds(self, text: bytes) -> bytes | None:
        try:
            tag, algorithm, kind, digest = text.split(b" ", 3)
            if digest and tag.isdigit() and algorithm.isdigit() and kind.isdigit():
                fixed = int(tag).to_bytes(2, "big") + bytes((int(algorithm), int(kind)))
                return fixed + _unhex(digest.replace(b" ", b""))
        except (ValueError, OverflowError):
            pass
        return None

    def _rrsig(self, text: bytes) -> bytes | None:
        # the first dot that a blank follows ends the name of the signer
        head, _, signature = text.partition(b". ")
        prefix = self._heads.known.get(head) or self._heads.of(head)
        signature = signature.replace(b" ", b"")
        if prefix is None or not signature:
            return None
        try:
            octets = _unbase64(signature)
        except ValueError:
            return None
        # RFC 4648 section 3.5: one form is canonical
        return prefix + octets if _base64(octets) == signature else None

    def _nsec(self, text: bytes) -> bytes | None:
        following, _, types = text.partition(b" ")
        name = self._wires.of(following)
        bits = self._bitmaps.of(types)
        return None if name is None or bits is None else name + bits

    def _nsec3(self, text: bytes) -> bytes | None:
        start = self._start
        if not text.startswith(start):
            # all records of a chain begin alike
            start = b" ".join(text.split(b" ", 4)[:4]) + b" "
            fixed = _nsec3_fixed(start)
            if fixed is None:
                return None
            self._start, self._fixed = start, fixed
        at = len(start)
        following, types = text[at : at + 32], text[at + 32 :]
        bits = self._bitmaps.known.get(types) or self._bitmaps.of(types) if types else b""
        if bits is None or len(following) != 32 or not following.isalnum() or (types and types[0] != 32):
            return None
        try:
            # base32hex digits are Python's digits of base 32, and 32 of them make 20 octets exactly
            return self._fixed + int(following, 32).to_bytes(20, "big") + bits
        except ValueError:
            return None


def _nsec3_fixed(text: bytes) -> bytes | None:
    """The NSEC3 fields before the next hash, and the octet that tells its length."""
    wire = _general(rdtypes.NSEC3)(text + b"0" * 32) if len(text.split()) == 4 else None
    return None if wire is None else wire[:-20]
