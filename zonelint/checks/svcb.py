"""SVCB and HTTPS records that contradict themselves or each other (RFC 9460)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from zonelint.checks.registry import Scan, found, node_check
from zonelint.findings import Finding
from zonelint.names import key_from_wire, text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdata import BadRdata
from zonelint.source.svcb import ALPN, IPV4HINT, IPV6HINT, MANDATORY, NO_DEFAULT_ALPN, key_name, split_rdata
from zonelint.zone.model import Node

_SVCB, _HTTPS = rdtypes.TYPES["SVCB"], rdtypes.TYPES["HTTPS"]


@node_check(
    "svcb-alias-parameters", "svcb-alias-to-itself", "svcb-alias-beside-service", "svcb-mandatory-wrong",
    "svcb-alpn-missing", types=[_SVCB, _HTTPS],
)  # fmt: skip
def check_services(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """Aliases stand alone and carry nothing; services have the keys they say one must know (RFC 9460 section 2.4)."""
    for rdtype in node.keys() & {_SVCB, _HTTPS}:
        rrset = node[rdtype]
        modes = {rdata[:2] != b"\0\0" for rdata in rrset.rdatas}
        for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
            try:
                priority, target, params = split_rdata(rdata)
            except BadRdata:
                continue
            # addresses in the record itself make those of the target needless
            if target != b"\0" and not params.keys() & {IPV4HINT, IPV6HINT}:
                scan.point(owner, rdtype, key_from_wire(target), position, priority)
            if priority:
                faults = _service_faults(params)
            else:
                several = "service records" if len(modes) > 1 else "aliases" if len(rrset.rdatas) > 1 else ""
                faults = _alias_faults(owner, target, params, several)
            for rule, field, message in faults:
                yield found(rule, message, scan.place(position, field), owner, rdtype)


def _alias_faults(
    owner: bytes, target: bytes, params: dict[int, bytes], several: str
) -> Iterator[tuple[str, int, str]]:
    if params:
        names = ", ".join([key_name(number) for number in params])
        yield "svcb-alias-parameters", 2, f"an alias (priority 0) has no parameters, this one has {names}"
    if target != b"\0" and key_from_wire(target) == owner:
        yield "svcb-alias-to-itself", 1, f"{text_from_key(owner)} is an alias of itself"
    if several:
        message = f"{text_from_key(owner)} has an alias (priority 0) beside other {several}"
        yield "svcb-alias-beside-service", 0, message


def _service_faults(params: dict[int, bytes]) -> Iterator[tuple[str, int, str]]:
    if NO_DEFAULT_ALPN in params and ALPN not in params:
        yield "svcb-alpn-missing", 2, "no-default-alpn leaves no protocol where alpn names none"
    value = params.get(MANDATORY, b"")
    listed = [int.from_bytes(value[at : at + 2], "big") for at in range(0, len(value), 2)]
    if MANDATORY in listed:
        yield "svcb-mandatory-wrong", 2, "mandatory lists itself"
    elif absent := [key_name(number) for number in listed if number not in params]:
        yield "svcb-mandatory-wrong", 2, f"mandatory lists {', '.join(absent)}, which the record does not have"
    elif twice := [key_name(low) for low, high in pairwise(listed) if low >= high]:
        yield "svcb-mandatory-wrong", 2, f"mandatory lists {twice[0]} twice or out of order"
