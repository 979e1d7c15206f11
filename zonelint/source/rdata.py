"""RDATA from presentation form to canonical wire form (RFC 4034 section 6.2), field by field.

A type is a row of field kinds, so that a fault names the field it is in; rare types are left to dnspython.
Names inside RDATA come out in lower case for the types that RFC 4034 section 6.2 lists (less NSEC and RRSIG
owner comparisons, RFC 6840 section 5.1) and as written otherwise.
"""

from __future__ import annotations

import binascii
import calendar
import re
import struct
from collections.abc import Callable, Sequence

from zonelint.names import BadName, unescape, wire_from_text
from zonelint.source import rdtypes
from zonelint.source.lexer import Token

Parse = Callable[[bytes, bytes | None], bytes]

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:[0-9]+[wdhms])+", re.IGNORECASE)
_PART = re.compile(r"([0-9]+)([wdhms])", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]")
_OCTET = re.compile(rb"0|[1-9][0-9]{0,2}")
_HEX_GROUP = re.compile(rb"[0-9A-Fa-f]{1,4}")


class BadRdata(ValueError):
    """RDATA that is not of its type; `field` is the number of the field at fault, None for the whole.

    `in_name` tells that the fault is in how a domain name is written.
    """

    def __init__(self, message: str, field: int | None = None, *, in_name: bool = False) -> None:
        super().__init__(message)
        self.field, self.in_name = field, in_name


def ttl(text: str) -> int | None:
    """Read a TTL, plain or with units (`1h30m`), in seconds; None if it is none."""
    if text.isdecimal() and text.isascii():
        return int(text)
    if not _DURATION.fullmatch(text):
        return None
    return sum(int(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(text))


def _shown(text: bytes) -> str:
    shown = text.decode("ascii", "backslashreplace")
    return shown if len(shown) <= 40 else shown[:37] + "..."


def _unsigned(octets: int) -> Parse:
    bound = 1 << 8 * octets

    def parse(text: bytes, _origin: bytes | None) -> bytes:
        if not text.isdigit():
            raise BadRdata(f"{_shown(text)} is not a number")
        if len(text) > 20 or int(text) >= bound:
            raise BadRdata(f"{_shown(text)} does not fit in {octets * 8} bits")
        return int(text).to_bytes(octets, "big")

    return parse


def _seconds(text: bytes, _origin: bytes | None) -> bytes:
    value = ttl(text.decode("latin-1")) if len(text) < 40 else None
    if value is None:
        raise BadRdata(f"{_shown(text)} is no time in seconds")
    if value >= 1 << 32:
        raise BadRdata(f"{_shown(text)} does not fit in 32 bits")
    return value.to_bytes(4, "big")


def _moment(text: bytes, _origin: bytes | None) -> bytes:
    """A time of RFC 4034 section 3.2: YYYYMMDDHHmmSS, or seconds since 1970."""
    if not text.isdigit() or len(text) > 14:
        raise BadRdata(f"{_shown(text)} is neither YYYYMMDDHHmmSS nor seconds since 1970")
    if len(text) <= 10:
        value = int(text)
        if value >= 1 << 32:
            raise BadRdata(f"{_shown(text)} does not fit in 32 bits")
        return value.to_bytes(4, "big")
    if len(text) != 14:
        raise BadRdata(f"{_shown(text)} is neither YYYYMMDDHHmmSS nor seconds since 1970")
    year, month, day, hour, minute, second = (int(text[a:b]) for a, b in _STAMP)
    try:
        last = calendar.monthrange(year, month)[1]
    except (ValueError, calendar.IllegalMonthError):
        raise BadRdata(f"{_shown(text)} is no date") from None
    if not (1 <= day <= last and hour < 24 and minute < 60 and second < 61 and year >= 1970):
        raise BadRdata(f"{_shown(text)} is no date")
    return (calendar.timegm((year, month, day, hour, minute, second)) & 0xFFFFFFFF).to_bytes(4, "big")


_STAMP = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))


def _name(text: bytes, origin: bytes | None) -> bytes:
    return wire_from_text(text, origin).lower()


def _name_as_written(text: bytes, origin: bytes | None) -> bytes:
    return wire_from_text(text, origin)


def ipv4(text: bytes, _origin: bytes | None = None) -> bytes:
    """Read an IPv4 address in dotted form: four decimal numbers; raises `BadRdata`."""
    parts = text.split(b".")
    if len(parts) != 4 or not all(_OCTET.fullmatch(part) and int(part) < 256 for part in parts):
        raise BadRdata(f"{_shown(text)} is not an IPv4 address")
    return bytes([int(part) for part in parts])


def ipv6(text: bytes, _origin: bytes | None = None) -> bytes:
    """Read an IPv6 address in the forms of RFC 4291 section 2.2; raises `BadRdata`."""
    head, gap, tail = text.partition(b"::")
    if b"." in text:
        cut = text.rfind(b":") + 1
        packed = ipv4(text[cut:]).hex().encode()
        return ipv6(text[:cut] + packed[:4] + b":" + packed[4:])
    left = head.split(b":") if head else []
    right = tail.split(b":") if tail else []
    missing = 8 - len(left) - len(right)
    if (gap and missing < 1) or (not gap and missing):
        raise BadRdata(f"{_shown(text)} is not an IPv6 address")
    groups = [*left, *[b"0"] * missing, *right]
    if not all(_HEX_GROUP.fullmatch(group) for group in groups):
        raise BadRdata(f"{_shown(text)} is not an IPv6 address")
    return b"".join([int(group, 16).to_bytes(2, "big") for group in groups])


def _string(text: bytes, _origin: bytes | None) -> bytes:
    try:
        value = unescape(text)
    except BadName as fault:
        raise BadRdata(str(fault)) from None
    if len(value) > 255:
        raise BadRdata(f"character-string of {len(value)} octets, at most 255 are allowed")
    return bytes((len(value),)) + value


def _octets(text: bytes, _origin: bytes | None) -> bytes:
    try:
        return unescape(text)
    except BadName as fault:
        raise BadRdata(str(fault)) from None


def _octal(text: bytes, _origin: bytes | None) -> bytes:
    """The 16-bit address of the Chaos network, in octal (RFC 1034 section 3.6)."""
    if not re.fullmatch(rb"[0-7]{1,6}", text) or int(text, 8) > 65535:
        raise BadRdata(f"{_shown(text)} is not an octal number of 16 bits")
    return int(text, 8).to_bytes(2, "big")


def _hex(text: bytes, _origin: bytes | None) -> bytes:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        raise BadRdata(f"{_shown(text)} is not hexadecimal") from None


def _base64(text: bytes, _origin: bytes | None) -> bytes:
    octets = base64(text)
    if octets is None:
        raise BadRdata(f"{_shown(text)} is not base64")
    return octets


def base64(text: bytes) -> bytes | None:
    """Decode base64 in the one form that RFC 4648 section 3.5 calls canonical; None if it is not that."""
    try:
        octets = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None
    return octets if binascii.b2a_base64(octets, newline=False) == text else None


def _tag(text: bytes, _origin: bytes | None) -> bytes:
    """A property tag of CAA (RFC 8659 section 4.1)."""
    if not text.isalnum():
        raise BadRdata("a tag is made of letters and digits")
    return _string(text, None)


def _four_groups(text: bytes, _origin: bytes | None) -> bytes:
    """The 64 bits of NID and L64 (RFC 6742 sections 2.1 and 2.3)."""
    groups = text.split(b":")
    if len(groups) != 4 or not all(_HEX_GROUP.fullmatch(group) for group in groups):
        raise BadRdata(f"{_shown(text)} is not four groups of hexadecimal digits")
    return b"".join([int(group, 16).to_bytes(2, "big") for group in groups])


def _salt(text: bytes, _origin: bytes | None) -> bytes:
    value = b"" if text == b"-" else _hex(text, None)
    if len(value) > 255:
        raise BadRdata("salt longer than 255 octets")
    return bytes((len(value),)) + value


def base32hex(text: bytes) -> bytes | None:
    """Decode unpadded base32hex (RFC 4648 section 7), any case; None if it is none."""
    if not text or not text.isalnum():
        return None
    bits = len(text) * 5
    try:
        value = int(text, 32)
    except ValueError:
        return None
    if value & ((1 << bits % 8) - 1) or bits % 8 > 4:
        return None
    return (value >> bits % 8).to_bytes(bits // 8, "big")


def _hash(text: bytes, _origin: bytes | None) -> bytes:
    value = base32hex(text)
    if value is None or len(value) > 255:
        raise BadRdata(f"{_shown(text)} is not a hash in base32hex")
    return bytes((len(value),)) + value


def _rdtype(text: bytes, _origin: bytes | None) -> bytes:
    number = rdtypes.type_number(text.decode("latin-1"))
    if number is None:
        raise BadRdata(f"unknown type {_shown(text)}")
    return number.to_bytes(2, "big")


_ALGORITHMS = {
    "RSAMD5": 1, "DH": 2, "DSA": 3, "RSASHA1": 5, "DSA-NSEC3-SHA1": 6, "NSEC3DSA": 6, "NSEC3RSASHA1": 7,
    "RSASHA1-NSEC3-SHA1": 7, "RSASHA256": 8, "RSASHA512": 10, "ECC-GOST": 12, "ECCGOST": 12, "ECDSAP256SHA256": 13,
    "ECDSAP384SHA384": 14, "ED25519": 15, "ED448": 16, "INDIRECT": 252, "PRIVATEDNS": 253, "PRIVATEOID": 254,
}  # fmt: skip


def _algorithm(text: bytes, _origin: bytes | None) -> bytes:
    number = _ALGORITHMS.get(text.decode("latin-1").upper())
    return bytes((number,)) if number is not None else _unsigned(1)(text, None)


def bitmap(types: Sequence[int]) -> bytes:
    """Make the type bitmap of NSEC and NSEC3 (RFC 4034 section 4.1.2) from type numbers in any order."""
    windows: dict[int, bytearray] = {}
    for number in sorted(types):
        window = windows.setdefault(number >> 8, bytearray())
        window.extend(bytes((number & 255) // 8 + 1 - len(window)))
        window[(number & 255) // 8] |= 0x80 >> (number & 7)
    return b"".join([bytes((number, len(octets))) + octets for number, octets in windows.items()])


def bitmap_types(octets: bytes) -> tuple[int, ...] | None:
    """Give the type numbers of a bitmap in ascending order; None if the windows are malformed."""
    types, at, previous = [], 0, -1
    while at < len(octets):
        if at + 2 > len(octets):
            return None
        window, length = octets[at], octets[at + 1]
        part = octets[at + 2 : at + 2 + length]
        if window <= previous or not 1 <= length <= 32 or len(part) != length or not part[-1]:
            return None
        types += [window * 256 + i * 8 + bit for i, o in enumerate(part) for bit in range(8) if o & 0x80 >> bit]
        previous, at = window, at + 2 + length
    return tuple(types)


U8, U16, U32 = _unsigned(1), _unsigned(2), _unsigned(4)
_EACH = "each"  # the last kind takes every remaining token, one by one
_JOIN = "join"  # the last kind takes the remaining tokens joined together

_ROWS: dict[str, tuple[tuple[Parse, ...], str]] = {
    "A": ((ipv4,), ""), "AAAA": ((ipv6,), ""), "NS": ((_name,), ""), "CNAME": ((_name,), ""),
    "PTR": ((_name,), ""), "DNAME": ((_name,), ""), "MB": ((_name,), ""), "MG": ((_name,), ""),
    "MR": ((_name,), ""), "MD": ((_name,), ""), "MF": ((_name,), ""), "MX": ((U16, _name), ""),
    "KX": ((U16, _name), ""), "AFSDB": ((U16, _name), ""), "RT": ((U16, _name), ""), "RP": ((_name, _name), ""),
    "MINFO": ((_name, _name), ""), "SRV": ((U16, U16, U16, _name), ""),
    "SOA": ((_name, _name, U32, _seconds, _seconds, _seconds, _seconds), ""),
    "TXT": ((_string,), _EACH), "SPF": ((_string,), _EACH), "AVC": ((_string,), _EACH), "NINFO": ((_string,), _EACH),
    "RESINFO": ((_string,), _EACH), "WALLET": ((_string,), _EACH), "HINFO": ((_string, _string), ""),
    "NAPTR": ((U16, U16, _string, _string, _string, _name), ""), "URI": ((U16, U16, _octets), ""),
    "CAA": ((U8, _tag, _octets), ""), "NID": ((U16, _four_groups), ""), "L64": ((U16, _four_groups), ""),
    "TALINK": ((_name_as_written, _name_as_written), ""), "EID": ((_hex,), _JOIN), "NIMLOC": ((_hex,), _JOIN),
    "RKEY": ((U16, U8, _algorithm, _base64), _JOIN),
    "DS": ((U16, _algorithm, U8, _hex), _JOIN), "CDS": ((U16, _algorithm, U8, _hex), _JOIN),
    "DLV": ((U16, _algorithm, U8, _hex), _JOIN), "DNSKEY": ((U16, U8, _algorithm, _base64), _JOIN),
    "CDNSKEY": ((U16, U8, _algorithm, _base64), _JOIN),
    "RRSIG": ((_rdtype, _algorithm, U8, _seconds, _moment, _moment, U16, _name, _base64), _JOIN),
    "NSEC3PARAM": ((U8, U8, U16, _salt), ""), "TLSA": ((U8, U8, U8, _hex), _JOIN),
    "SMIMEA": ((U8, U8, U8, _hex), _JOIN), "SSHFP": ((U8, U8, _hex), _JOIN), "ZONEMD": ((U32, U8, U8, _hex), _JOIN),
    "OPENPGPKEY": ((_base64,), _JOIN), "DHCID": ((_base64,), _JOIN),
}  # fmt: skip
_CHAOS = 3
_SERVICE = frozenset({rdtypes.TYPES["SVCB"], rdtypes.TYPES["HTTPS"]})
_MAY_BE_QUOTED = (_string, _octets, _tag)
_SCHEMA = {rdtypes.TYPES[name]: row for name, row in _ROWS.items()}


def parse(rdtype: int, tokens: Sequence[Token], origin: bytes | None, rdclass: int = 1) -> bytes:
    """Turn the tokens of an RDATA into canonical wire form; `origin` (wire) completes relative names.

    Raises `BadRdata` with the number of the field at fault.
    """
    if tokens and tokens[0].text == b"\\#" and not tokens[0].quoted:
        wire = _generic(rdtype, tokens, rdclass)
    elif rdclass == _CHAOS and rdtype == rdtypes.A:
        wire = _by_fields((_name, _octal), "", tokens, origin)
    elif rdtype in _SERVICE:
        wire = _service(tokens, origin)
    elif rdtype in (rdtypes.NSEC, rdtypes.NSEC3, 62):
        wire = _denial(rdtype, tokens, origin)
    elif rdtype in _SCHEMA:
        wire = _by_fields(*_SCHEMA[rdtype], tokens, origin)
    else:
        wire = _by_dnspython(rdtype, tokens, origin)
    if len(wire) > 65535:
        raise BadRdata(f"RDATA of {len(wire)} octets, at most 65535 are allowed")
    return wire


def _by_fields(kinds: tuple[Parse, ...], rest: str, tokens: Sequence[Token], origin: bytes | None) -> bytes:
    for i, token in enumerate(tokens):
        if token.quoted and kinds[min(i, len(kinds) - 1)] not in _MAY_BE_QUOTED:
            raise BadRdata("quotes may stand only around character-strings", i)
    texts = [token.text for token in tokens]
    if rest == _JOIN and len(texts) > len(kinds):
        texts[len(kinds) - 1 :] = [b"".join(texts[len(kinds) - 1 :])]
    if len(texts) < len(kinds):
        raise BadRdata(f"{len(texts)} of {len(kinds)} fields are there")
    if len(texts) > len(kinds) and rest != _EACH:
        raise BadRdata(f"more than {len(kinds)} fields", len(kinds))
    return b"".join([_field(kinds[min(i, len(kinds) - 1)], text, origin, i) for i, text in enumerate(texts)])


def _service(tokens: Sequence[Token], origin: bytes | None) -> bytes:
    """SVCB and HTTPS: priority, target, and words of the form `key=value` (RFC 9460 section 2.1)."""
    from zonelint.source.svcb import parse_params

    fixed = _by_fields((U16, _name_as_written), "", tokens[:2], origin)
    for i, token in enumerate(tokens):
        if token.quoted:
            raise BadRdata("quotes may stand only around the value of a parameter", i)
    return fixed + parse_params([token.text for token in tokens[2:]], 2)


def _field(kind: Parse, text: bytes, origin: bytes | None, number: int) -> bytes:
    try:
        return kind(text, origin)
    except BadRdata as fault:
        raise BadRdata(str(fault), number) from None
    except BadName as wrong:
        raise BadRdata(str(wrong), number, in_name=True) from None


def _denial(rdtype: int, tokens: Sequence[Token], origin: bytes | None) -> bytes:
    """NSEC, NSEC3 and CSYNC: fixed fields, then type mnemonics that make a bitmap."""
    kinds: tuple[Parse, ...] = {
        rdtypes.NSEC: (_name_as_written,), rdtypes.NSEC3: (U8, U8, U16, _salt, _hash), 62: (U32, U16),
    }[rdtype]  # fmt: skip
    if len(tokens) < len(kinds):
        raise BadRdata(f"{len(tokens)} of {len(kinds)} fields are there")
    fixed = [_field(kind, tokens[i].text, origin, i) for i, kind in enumerate(kinds)]
    types = [_field(_rdtype, token.text, None, i) for i, token in enumerate(tokens) if i >= len(kinds)]
    return b"".join(fixed) + bitmap([int.from_bytes(octets, "big") for octets in types])


def _generic(rdtype: int, tokens: Sequence[Token], rdclass: int) -> bytes:
    r"""RFC 3597 section 5: `\# length hex`; for a known type the octets must be RDATA of that type."""
    if len(tokens) < 2 or not tokens[1].text.isdigit() or len(tokens[1].text) > 5:
        raise BadRdata("\\# needs a length", 1)
    wire = _field(_hex, b"".join([token.text for token in tokens[2:]]), None, 2)
    if len(wire) != int(tokens[1].text):
        raise BadRdata(f"length {int(tokens[1].text)} is given, {len(wire)} octets follow", 1)
    if rdclass == _CHAOS and rdtype == rdtypes.A:
        return wire
    return canonical(rdtype, wire) if rdtype in rdtypes.NAMES else wire


def canonical(rdtype: int, wire: bytes) -> bytes:
    """Check octets to be RDATA of a known type and give their canonical form; raises `BadRdata`."""
    if rdtype in _SERVICE:
        from zonelint.source.svcb import split_rdata

        split_rdata(wire)
        return wire
    import dns.exception
    import dns.rdata
    from dns.rdataclass import RdataClass
    from dns.rdatatype import RdataType

    try:
        return dns.rdata.from_wire(RdataClass.IN, RdataType.make(rdtype), wire, 0, len(wire)).to_digestable()
    except (dns.exception.DNSException, ValueError, struct.error, IndexError) as fault:
        raise BadRdata(f"the octets are no {rdtypes.type_name(rdtype)} RDATA ({_reason(fault)})", 2) from None


def _by_dnspython(rdtype: int, tokens: Sequence[Token], origin: bytes | None) -> bytes:
    """Types without a row here: dnspython reads them from the tokens put together again."""
    import dns.exception
    import dns.name
    import dns.rdata
    from dns.rdataclass import RdataClass
    from dns.rdatatype import RdataType

    if rdtype not in rdtypes.NAMES or not _is_known_to_dnspython(rdtype):
        raise BadRdata(f"RDATA of {rdtypes.type_name(rdtype)} must be written as \\# length hex (RFC 3597)", 0)
    joined = b" ".join([b'"%s"' % token.text if token.quoted else token.text for token in tokens])
    # dnspython would write other octets as UTF-8
    text = _HIGH.sub(lambda found: b"\\%03d" % found[0][0], joined).decode("ascii")
    base = dns.name.from_wire(origin, 0)[0] if origin is not None else None
    try:
        rdata = dns.rdata.from_text(RdataClass.IN, RdataType.make(rdtype), text, origin=base, relativize=False)
        return rdata.to_digestable(base)
    except Exception as fault:  # dnspython's readers raise many kinds; the octets come from outside
        raise BadRdata(f"not {rdtypes.type_name(rdtype)} RDATA: {_reason(fault)}") from None


def _is_known_to_dnspython(rdtype: int) -> bool:
    import dns.rdata
    from dns.rdataclass import RdataClass
    from dns.rdatatype import RdataType

    kind = dns.rdata.get_rdata_class(RdataClass.IN, RdataType.make(rdtype))  # type: ignore[no-untyped-call]
    return kind is not dns.rdata.GenericRdata


def _reason(fault: Exception) -> str:
    return str(fault) or type(fault).__name__
