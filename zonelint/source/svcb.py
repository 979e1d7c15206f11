"""The parameters of SVCB and HTTPS records, from presentation form to wire form and back apart (RFC 9460).

Only what has no wire form is refused here. What is well-formed but contradicts itself (parameters in AliasMode, a
mandatory key that is absent) is read, and judged by `zonelint.checks.svcb`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from zonelint.names import unescape
from zonelint.source.rdata import U16, BadRdata, base64, ipv4, ipv6

KEYS = {
    "mandatory": 0, "alpn": 1, "no-default-alpn": 2, "port": 3, "ipv4hint": 4, "ech": 5, "ipv6hint": 6,
    "dohpath": 7, "ohttp": 8, "tls-supported-groups": 9, "docpath": 10,
}  # fmt: skip
"""Numbers of the keys, as the IANA registry of service parameter keys has them."""

MANDATORY, ALPN, NO_DEFAULT_ALPN, PORT, IPV4HINT, ECH, IPV6HINT, OHTTP = 0, 1, 2, 3, 4, 5, 6, 8
_NAMES = {number: name for name, number in KEYS.items()}
_GENERIC = re.compile(r"key(0|[1-9][0-9]{0,4})")
_EMPTY = frozenset({NO_DEFAULT_ALPN, OHTTP})
_ITEM = re.compile(rb"(?:[^,\\]|\\.)*", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def key_name(number: int) -> str:
    """Give the mnemonic of a key, or keyNNN."""
    return _NAMES.get(number) or f"key{number}"


def _key_number(text: bytes) -> int:
    name = text.decode("latin-1")
    found = _GENERIC.fullmatch(name)
    number = int(found[1]) if found else KEYS.get(name)
    if number is None or number > 65535:
        raise BadRdata(f"unknown parameter {name[:40]}")
    return number


def _items(value: bytes) -> list[bytes]:
    """Split a comma-separated list, in which a backslash hides a comma (RFC 9460 appendix A.1)."""
    items, at = [], 0
    while True:
        found = _ITEM.match(value, at)
        assert found is not None
        items.append(_ESCAPED.sub(rb"\1", found[0]))
        if found.end() >= len(value) or value[found.end()] != 0x2C:
            break
        at = found.end() + 1
    if b"" in items:
        raise BadRdata("an item of the list is empty")
    return items


def _alpn(value: bytes) -> bytes:
    items = _items(value)
    if any(len(item) > 255 for item in items):
        raise BadRdata("an ALPN identifier has at most 255 octets")
    return b"".join([bytes((len(item),)) + item for item in items])


def _mandatory(value: bytes) -> bytes:
    numbers = sorted(_key_number(item) for item in _items(value))
    return b"".join([number.to_bytes(2, "big") for number in numbers])


def _each(parse: Callable[[bytes, bytes | None], bytes]) -> Callable[[bytes], bytes]:
    return lambda value: b"".join([parse(item, None) for item in _items(value)])


def _ech(value: bytes) -> bytes:
    octets = base64(value)
    if not octets:
        raise BadRdata("the value is not base64")
    return octets


_VALUES: dict[int, Callable[[bytes], bytes]] = {
    MANDATORY: _mandatory, ALPN: _alpn, PORT: lambda value: U16(value, None), IPV4HINT: _each(ipv4), ECH: _ech,
    IPV6HINT: _each(ipv6), 9: _each(U16),
}  # fmt: skip


def parse_params(texts: Sequence[bytes], first: int) -> bytes:
    """Turn `key=value` words into wire form, in the order of the key numbers.

    `first` is the number of the RDATA field that the first word is, for the `BadRdata` this raises.
    """
    params: dict[int, bytes] = {}
    for at, text in enumerate(texts, first):
        key, equals, value = text.partition(b"=")
        try:
            number = _key_number(key)
            if len(value) > 1 and value[:1] == value[-1:] == b'"':
                value = value[1:-1]
            value = unescape(value)
            if number in params:
                raise BadRdata(f"{key_name(number)} is there twice")
            if number in _EMPTY and value:
                raise BadRdata(f"{key_name(number)} takes no value")
            if number in _VALUES and not (equals and value):
                raise BadRdata(f"{key_name(number)} needs a value")
            params[number] = _VALUES[number](value) if number in _VALUES else value
        except ValueError as fault:
            raise BadRdata(f"{fault}", at) from None
        if len(params[number]) > 65535:
            raise BadRdata(f"{key_name(number)} is longer than 65535 octets", at)
    return b"".join([
        number.to_bytes(2, "big") + len(params[number]).to_bytes(2, "big") + params[number]
        for number in sorted(params)
    ])  # fmt: skip


def split_rdata(rdata: bytes) -> tuple[int, bytes, dict[int, bytes]]:
    """Take RDATA apart: priority, target (wire form) and the value of each key.

    Raises `BadRdata` for octets that are no RDATA of these types (RFC 9460 section 2.2).
    """
    at = 2
    while at < len(rdata) and rdata[at]:
        if rdata[at] > 63:
            raise BadRdata("the target is not a name without compression", 2)
        at += 1 + rdata[at]
    at += 1
    params: dict[int, bytes] = {}
    priority, target, last = int.from_bytes(rdata[:2], "big"), rdata[2:at], -1
    if at > len(rdata) or len(target) > 255:
        raise BadRdata("the octets end within the target", 2)
    while at < len(rdata):
        number, length = int.from_bytes(rdata[at : at + 2], "big"), int.from_bytes(rdata[at + 2 : at + 4], "big")
        params[number] = rdata[at + 4 : at + 4 + length]
        if at + 4 + length > len(rdata):
            raise BadRdata("the octets end within a parameter", 2)
        if number <= last:
            raise BadRdata(f"{key_name(number)} comes after {key_name(last)}: keys must ascend", 2)
        last, at = number, at + 4 + length
        _check_value(number, params[number])
    return priority, target, params


def _check_value(number: int, value: bytes) -> None:
    sizes = {MANDATORY: 2, IPV4HINT: 4, IPV6HINT: 16, 9: 2}
    wrong = number in sizes and (not value or len(value) % sizes[number])
    wrong = wrong or (number == PORT and len(value) != 2) or (number in _EMPTY and bool(value))
    if number == ALPN:
        at = 0
        while at < len(value) and value[at]:
            at += 1 + value[at]
        wrong = not value or at != len(value)
    if wrong:
        raise BadRdata(f"the value of {key_name(number)} has the wrong length", 2)
