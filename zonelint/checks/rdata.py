"""Records whose data cannot mean what it says: addresses, mail exchangers, services, pointers (RFC 2782, 7505)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zonelint.checks.names import PLAIN_WIRE, PTR, REVERSE, target_fault
from zonelint.checks.registry import NodeCheck, Scan, found, node_check
from zonelint.findings import Field, Finding
from zonelint.names import key_from_wire, labels_from_key, text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import CNAME, MX, NS, SRV
from zonelint.zone.model import Node

_NAPTR, _LOC = rdtypes.TYPES["NAPTR"], rdtypes.TYPES["LOC"]
_OBSOLETE = {
    "MD": "MX", "MF": "MX", "WKS": "SRV", "SIG": "RRSIG", "NXT": "NSEC", "A6": "AAAA", "SPF": "TXT",
    "DLV": "DS in the parent zone",
}  # fmt: skip
_SUCCESSORS = {rdtypes.TYPES[name]: successor for name, successor in _OBSOLETE.items()}


# --- mail and services -------------------------------------------------------------------------------------


@node_check("null-mx-beside-mx", "null-mx-preference", types=[MX])
def check_null_mx(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """A null MX stands alone and has preference 0 (RFC 7505 section 3)."""
    rrset = node[MX]
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        if rdata[2:] != b"\0":
            continue
        if len(rrset.rdatas) > 1:
            message = f"{text_from_key(owner)} takes no mail by this record, and has {len(rrset.rdatas) - 1} more MX"
            yield found("null-mx-beside-mx", message, scan.place(position, 1), owner, MX)
        elif rdata[:2] != b"\0\0":
            preference = int.from_bytes(rdata[:2], "big")
            message = f"the preference of this null MX is {preference}, not 0"
            yield found("null-mx-preference", message, scan.place(position, 0), owner, MX)


@node_check("srv-owner-form", "srv-unavailable-beside-srv", types=[SRV])
def check_srv(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """SRV stands at `_service._proto` (RFC 2782), below an instance where it is one of several (RFC 6763)."""
    rrset, labels = node[SRV], labels_from_key(owner)[:-4:-1]
    is_wild = labels[:1] == [b"*"]
    scoped = [label.startswith(b"_") for label in labels] + [False] * 3
    if not (scoped[1] and (scoped[0] or scoped[2] or is_wild)):
        message = f"{text_from_key(owner)} does not begin with _service._proto"
        yield found("srv-owner-form", message, scan.place(rrset.positions[0], Field.owner), owner, SRV)
    if len(rrset.rdatas) < 2:
        return
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        if rdata[6:] == b"\0":
            message = f"this target says that {text_from_key(owner)} is not available, the other SRV say it is"
            yield found("srv-unavailable-beside-srv", message, scan.place(position, 3), owner, SRV)


def _target_check(rdtype: int, start: int, field: int, *, is_host: bool) -> NodeCheck:
    first, last = start + 1, start + 2

    def check(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
        rrset = node[rdtype]
        if not start:
            # most name plain hosts, and a registry has millions of them
            joined = rrset.rdatas[0] if len(rrset.rdatas) == 1 else b"".join(rrset.rdatas)
            plain = not (is_host and joined.translate(None, PLAIN_WIRE)) and 58 not in joined
            if plain:
                for rdata in rrset.rdatas:
                    if rdata[first:last].isdigit():
                        break
                else:
                    return ()
        findings = []
        for i, rdata in enumerate(rrset.rdatas):
            if is_host and (fault := target_fault(rdata[start:])) and (rdtype != PTR or owner.startswith(REVERSE)):
                message = f"{rdtypes.type_name(rdtype)} names a host, but {fault}"
                place = scan.place(rrset.positions[i], field)
                findings.append(found("target-host-name-invalid", message, place, owner, rdtype, fault))
            # a name begins with the length of its first label; 58 is a colon, and the length of hardly any label
            if (rdata[first:last].isdigit() or 58 in rdata) and (text := _as_address(rdata[start:], scan.context.apex)):
                message = f"{rdtypes.type_name(rdtype)} points at {text}: a name is wanted, not an address"
                place = scan.place(rrset.positions[i], field)
                findings.append(found("target-is-address", message, place, owner, rdtype))
        return findings

    check.__doc__ = f"{rdtypes.type_name(rdtype)} points at a name, not at an address (RFC 1035 section 3.3)."
    return check


for _type, _start, _field in ((NS, 0, 0), (MX, 2, 1), (SRV, 6, 3), (PTR, 0, 0)):
    _declare = node_check("target-host-name-invalid", "target-is-address", types=[_type])
    _declare(_target_check(_type, _start, _field, is_host=True))
node_check("target-is-address", types=[CNAME])(_target_check(CNAME, 0, 0, is_host=False))


def _as_address(wire: bytes, apex: bytes) -> str:
    """Write the address that a name is made of, with or without the zone's name behind it; empty where it is none."""
    key = key_from_wire(wire)
    own = key[len(apex) :] if apex and key.startswith(apex) else key
    labels = labels_from_key(own)[::-1]
    texts = [label.decode("latin-1") for label in labels]
    if len(texts) == 4 and all(re.fullmatch("[0-9]{1,3}", text) and int(text) < 256 for text in texts):
        # 4.3.2.1 in a reverse zone is the name of a record there, as RFC 2317 uses it
        return "" if apex.startswith(REVERSE) and own != key else ".".join(texts)
    is_six = len(texts) == 1 and texts[0].count(":") > 1 and re.fullmatch("[0-9a-f:]{2,39}", texts[0].lower())
    return texts[0] if is_six else ""


# --- reverse zones -----------------------------------------------------------------------------------------


@node_check("ptr-owner-form", "ptr-multiple", types=[PTR])
def check_ptr(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """A PTR of the reverse trees stands at a whole address (RFC 1035 section 3.5, RFC 3596 section 2.5), and alone."""
    is_four = owner.startswith(b"arpa\0in-addr\0")
    if not is_four and not owner.startswith(b"arpa\0ip6\0"):
        return
    rrset, labels, name = node[PTR], labels_from_key(owner)[2:], text_from_key(owner)
    fault = _four_fault(labels) if is_four else _six_fault(labels)
    if fault:
        place = scan.place(rrset.positions[0], Field.owner)
        yield found("ptr-owner-form", f"{name} is not the name of an address: {fault}", place, owner, PTR)
    elif len(rrset.rdatas) > 1 and not any(label.startswith(b"_") for label in labels):
        message = f"{name} has {len(rrset.rdatas)} PTR records"
        yield found("ptr-multiple", message, scan.place(rrset.positions[1]), owner, PTR)


def _four_fault(labels: list[bytes]) -> str:
    # delegations of less than 256 addresses go over names that are free to choose (RFC 2317 section 4), and
    # services of a subnet over names with an underscore (RFC 6763 section 11)
    if not all(label.isdigit() for label in labels):
        return ""
    if any(int(label) > 255 for label in labels):
        return f"{max(map(int, labels))} is above 255"
    if any(len(label) > 1 and label.startswith(b"0") for label in labels):
        return "a number has a leading zero"
    # network names stand at the network's own name (RFC 1101 section 3)
    return f"it has {len(labels)} numbers, an address has 4" if len(labels) > 4 else ""


def _six_fault(labels: list[bytes]) -> str:
    if labels[-1:] == [b"*"] or any(label.startswith(b"_") for label in labels):
        return ""
    if odd := [label for label in labels if not re.fullmatch(b"[0-9a-f]", label)]:
        return f"{odd[0].decode('ascii', 'backslashreplace')} is not one hexadecimal digit"
    return f"it has {len(labels)} digits, an address has 32" if len(labels) != 32 else ""


# --- the rest ----------------------------------------------------------------------------------------------


@node_check("obsolete-type", types=_SUCCESSORS)
def check_obsolete(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """Types that were withdrawn or replaced are not looked up any more."""
    for rdtype in node.keys() & _SUCCESSORS.keys():
        message = f"type {rdtypes.type_name(rdtype)} is out of use; {_SUCCESSORS[rdtype]} takes its place"
        yield found("obsolete-type", message, scan.place(node[rdtype].positions[0], Field.rdtype), owner, rdtype)


@node_check("naptr-regexp-and-replacement", "naptr-regexp-invalid", "naptr-flags-unknown", types=[_NAPTR])
def check_naptr(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """NAPTR has either a regular expression or a replacement (RFC 3403 section 4.1, RFC 3402 section 3.2)."""
    rrset = node[_NAPTR]
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        strings, at = [], 4
        for _ in range(3):
            strings.append(rdata[at + 1 : at + 1 + rdata[at]])
            at += 1 + rdata[at]
        flags, _, regexp = strings
        if regexp and rdata[at:] != b"\0":
            message = "the record has a regular expression and a replacement, of which it may have one"
            yield found("naptr-regexp-and-replacement", message, scan.place(position, 5), owner, _NAPTR)
        if regexp and not _is_substitution(regexp):
            message = "the expression is not of the form !pattern!replacement!, with an i behind it at most"
            yield found("naptr-regexp-invalid", message, scan.place(position, 4), owner, _NAPTR)
        if not (flags == b"" or flags.isalnum()):
            message = "flags are single letters and digits"
            yield found("naptr-flags-unknown", message, scan.place(position, 2), owner, _NAPTR)
        elif flags.lower() not in (b"", b"s", b"a", b"u", b"p") and not re.fullmatch(rb"[0-9]+", flags):
            message = f"no application defines the flags {flags.decode('ascii', 'backslashreplace')}"
            yield found("naptr-flags-unknown", message, scan.place(position, 2), owner, _NAPTR)


def _is_substitution(regexp: bytes) -> bool:
    delimiter = regexp[:1]
    if delimiter in b"0123456789\\i":
        return False
    parts = re.split(rb"(?<!\\)" + re.escape(delimiter), regexp[1:])
    return len(parts) == 3 and parts[0] != b"" and parts[2] in (b"", b"i")


@node_check("loc-out-of-range", types=[_LOC])
def check_loc(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """LOC is a point on the globe: at most 90 degrees of latitude, 180 of longitude (RFC 1876 section 2)."""
    rrset = node[_LOC]
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        latitude, longitude = (abs(int.from_bytes(rdata[at : at + 4], "big") - 2**31) for at in (4, 8))
        if latitude > 90 * 3_600_000:
            fault = f"the latitude is {latitude / 3_600_000:.4f} degrees, at most 90 are possible"
        elif longitude > 180 * 3_600_000:
            fault = f"the longitude is {longitude / 3_600_000:.4f} degrees, at most 180 are possible"
        else:
            continue
        yield found("loc-out-of-range", fault, scan.place(position), owner, _LOC)
