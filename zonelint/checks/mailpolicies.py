"""What a domain tells those who send it mail: MTA-STS and reports about TLS (RFC 8461, RFC 8460)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zonelint.checks.registry import Scan, found, node_check
from zonelint.checks.spf import joined
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source.rdtypes import TXT
from zonelint.zone.model import Node, Rrset

_EXTENSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+")
_REPORT_TO = re.compile(r"(?:mailto:[^@\s,]+@[^@\s,]+|https://[^/\s,]++[^\s,]*)", re.IGNORECASE)


@node_check("mta-sts-invalid", "tls-report-invalid", types=[TXT])
def check_policies(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """`_mta-sts` and `_smtp._tls` hold one record each that senders can read."""
    if owner.endswith(b"\0_mta-sts\0"):
        scan.point(owner, TXT, owner[: -len(b"_mta-sts\0")] + b"mta-sts\0", node[TXT].positions[0])
        return _judge(owner, node[TXT], scan, "mta-sts-invalid", "STSv1")
    if owner.endswith(b"\0_tls\0_smtp\0"):
        return _judge(owner, node[TXT], scan, "tls-report-invalid", "TLSRPTv1")
    return ()


def _judge(owner: bytes, rrset: Rrset, scan: Scan, rule: str, version: str) -> Iterator[Finding]:
    seen = 0
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        text, place = joined(rdata), scan.place(position, 0)
        if not re.match(rf"v={version}[ \t]*(?:;|$)", text):
            if re.match(rf"\s*v\s*=\s*{version[:-2]}", text, re.IGNORECASE):
                message = f"the record does not begin with v={version}; exactly so, and is ignored"
                yield found(rule, message, place, owner, TXT)
            continue
        seen += 1
        if seen == 2:
            yield found(rule, f"{text_from_key(owner)} has more than one record, none counts", place, owner, TXT)
        if fault := _fault(text, "id" if version == "STSv1" else "rua"):
            yield found(rule, fault, place, owner, TXT)


def _fault(text: str, wanted: str) -> str:
    """Say what is wrong with a record (RFC 8461 section 3.1, RFC 8460 section 3); empty where nothing is."""
    fields = [part.strip(" \t") for part in text.split(";")][1:]
    if fields and not fields[-1]:
        fields.pop()
    there = False
    for part in fields:
        name, _, value = part.partition("=")
        shown = part.encode("ascii", "backslashreplace").decode()[:60]
        if name == wanted:
            there = True
            if wanted == "id" and not re.fullmatch("[A-Za-z0-9]{1,32}", value):
                return f'"{shown}": id has 1 to 32 letters and digits'
            if wanted == "rua" and not all(_REPORT_TO.fullmatch(uri.strip(" \t")) for uri in value.split(",")):
                return f'"{shown}": rua holds mailto: and https: URIs'
        elif not _EXTENSION.fullmatch(part):
            return f'"{shown}" is not of the form name=value'
    return "" if there else f"no {wanted} is there"
