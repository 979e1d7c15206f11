"""Fields of types that are rare, where their RFC leaves no choice (RFC 1183, 4025, 4398, 4701, 6742)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonelint.checks.registry import Scan, found, node_check
from zonelint.findings import Finding
from zonelint.names import key_from_wire, text_from_key
from zonelint.source import rdtypes
from zonelint.zone.model import Node

_AFSDB, _X25, _ISDN, _CERT = (rdtypes.TYPES[name] for name in ("AFSDB", "X25", "ISDN", "CERT"))
_IPSECKEY, _DHCID, _LP = (rdtypes.TYPES[name] for name in ("IPSECKEY", "DHCID", "LP"))
_CERTIFICATES = frozenset({*range(1, 9), 253, 254, *range(65280, 65535)})
_DHCID_OCTETS = 2 + 1 + 32


@node_check("rdata-field-unassigned", types=[_AFSDB, _CERT, _IPSECKEY, _DHCID])
def check_numbers(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """Numbers are ones that stand for something."""
    for rdtype in node.keys() & {_AFSDB, _CERT, _IPSECKEY, _DHCID}:
        for rdata, _, position in node[rdtype]:
            field, message = _unassigned(rdtype, rdata)
            if message:
                yield found("rdata-field-unassigned", message, scan.place(position, field), owner, rdtype)


def _unassigned(rdtype: int, rdata: bytes) -> tuple[int, str]:
    first = int.from_bytes(rdata[:2], "big")
    if rdtype == _AFSDB and first not in (1, 2):
        return 0, f"subtype {first}: 1 is for AFS cells and 2 for DCE cells, no other is defined"
    if rdtype == _CERT and first not in _CERTIFICATES:
        return 0, f"certificate type {first} is not assigned"
    if rdtype == _IPSECKEY and rdata[2] > 4:
        return 2, f"key algorithm {rdata[2]} is not assigned, 4 is the last that is"
    if rdtype == _DHCID and first > 2:
        return 0, f"identifier type {first} is not assigned, 2 is the last that is"
    if rdtype == _DHCID and rdata[2] != 1:
        return 0, f"digest type {rdata[2]} is not assigned, 1 (SHA-256) is the only one"
    return 0, ""


@node_check("dhcid-length-wrong", types=[_DHCID])
def check_dhcid(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """DHCID ends in a SHA-256 digest (RFC 4701 section 3.4)."""
    for rdata, _, position in node[_DHCID]:
        if rdata[2:3] == b"\1" and len(rdata) != _DHCID_OCTETS:
            message = f"the record has {len(rdata)} octets, with a SHA-256 digest it has {_DHCID_OCTETS}"
            yield found("dhcid-length-wrong", message, scan.place(position, 0), owner, _DHCID)


@node_check("lp-to-itself", types=[_LP])
def check_lp(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """LP names another name than its own (RFC 6742 section 2.4.1.2)."""
    for rdata, _, position in node[_LP]:
        if key_from_wire(rdata[2:]) == owner:
            message = f"LP at {text_from_key(owner)} points at the name itself"
            yield found("lp-to-itself", message, scan.place(position, 1), owner, _LP)


@node_check("number-not-digits", types=[_X25, _ISDN])
def check_digits(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """Numbers of networks are written in digits (RFC 1183 sections 3.1 and 3.2)."""
    for rdtype in node.keys() & {_X25, _ISDN}:
        for rdata, _, position in node[rdtype]:
            number = rdata[1 : 1 + rdata[0]]
            if not re.fullmatch(rb"[0-9]{4,}" if rdtype == _X25 else rb"[0-9]+", number):
                wanted = "four digits or more, with no other characters" if rdtype == _X25 else "digits alone"
                shown, kind = number.decode("ascii", "backslashreplace"), rdtypes.type_name(rdtype)
                message = f"{shown} is no {kind} number: {wanted}"
                yield found("number-not-digits", message, scan.place(position, 0), owner, rdtype)
