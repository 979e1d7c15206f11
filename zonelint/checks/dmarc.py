"""DMARC records: what receivers do with mail that fails its checks (RFC 9989, which replaced RFC 7489)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zonelint.checks.registry import Scan, found, node_check
from zonelint.checks.spf import joined
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source.rdtypes import TXT
from zonelint.zone.model import Node, Rrset

_POLICIES = frozenset({"none", "quarantine", "reject"})
_CHOICES = {
    "p": _POLICIES, "sp": _POLICIES, "np": _POLICIES, "adkim": frozenset("rs"), "aspf": frozenset("rs"),
    "psd": frozenset("ynu"), "t": frozenset("yn"),
}  # fmt: skip
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s,!]+(?:![0-9]+[kmgt]?)?", re.IGNORECASE)
_GONE = frozenset({"pct", "rf", "ri"})


@node_check("dmarc-multiple", "dmarc-syntax-invalid", "dmarc-policy-missing", "dmarc-tag-removed", types=[TXT])
def check_dmarc(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """One DMARC policy at `_dmarc`, in a form that receivers read (RFC 9989, RFC 7489 section 6)."""
    return _judge_dmarc(owner, node[TXT], scan) if owner.endswith(b"\0_dmarc\0") else ()


def _judge_dmarc(owner: bytes, rrset: Rrset, scan: Scan) -> Iterator[Finding]:
    seen = 0
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        text, place = joined(rdata), scan.place(position, 0)
        if not re.match(r"v\s*=\s*DMARC1\s*(?:;|$)", text):
            if re.match(r"\s*v\s*=\s*dmarc", text, re.IGNORECASE):
                message = "the record does not begin with v=DMARC1 exactly so, and is ignored"
                yield found("dmarc-syntax-invalid", message, place, owner, TXT)
            continue
        seen += 1
        if seen == 2:
            message = f"{text_from_key(owner)} has more than one DMARC record"
            yield found("dmarc-multiple", message, place, owner, TXT)
        for rule, message in _dmarc_faults(text):
            yield found(rule, message, place, owner, TXT)


def _dmarc_faults(text: str) -> Iterator[tuple[str, str]]:
    seen = dict[str, str]()
    for part in text.split(";")[1:]:
        if not part.strip():
            continue
        name, equals, value = (piece.strip() for piece in part.partition("="))
        shown = part.strip().encode("ascii", "backslashreplace").decode()[:60]
        name = name.lower()
        if not equals or not re.fullmatch("[a-z][a-z0-9_]*", name):
            yield "dmarc-syntax-invalid", f"{shown} is not of the form tag=value"
        elif name in seen:
            yield "dmarc-syntax-invalid", f"{name} is there twice"
        elif name in _CHOICES and value.lower() not in _CHOICES[name]:
            choices = ", ".join(sorted(_CHOICES[name]))
            yield "dmarc-syntax-invalid", f"{shown}: the value is none of {choices}"
        elif name in ("rua", "ruf") and not all(_URI.fullmatch(uri.strip()) for uri in value.split(",")):
            yield "dmarc-syntax-invalid", f"{shown}: the value is not a list of URIs such as mailto:reports@example.com"
        elif name == "fo" and not re.fullmatch("[01ds](?::[01ds])*", value.lower().replace(" ", "")):
            yield "dmarc-syntax-invalid", f"{shown}: the value is none of 0, 1, d and s, with colons between them"
        elif name in _GONE:
            yield "dmarc-tag-removed", f"{name} is no tag of DMARC any more (RFC 9989)"
        seen[name] = value
    if "p" not in seen:
        yield "dmarc-policy-missing", "no p is there: the policy is none, and some receivers ignore the record"
