"""How names are written: host names, labels of internationalized names, wildcards (RFC 1123, 4592, 5890, 5891)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from zonelint.checks.registry import Scan, found, node_check, types_text
from zonelint.findings import Field, Finding
from zonelint.names import labels_from_key, labels_from_wire, text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import AAAA, CNAME, DNAME, DS, MX, NS, SOA, SRV, TXT, A
from zonelint.zone.model import Node

PTR = rdtypes.TYPES["PTR"]
_HTTPS = rdtypes.TYPES["HTTPS"]
_HOST_TYPES = frozenset({A, AAAA, MX})
_PLAIN = b"abcdefghijklmnopqrstuvwxyz0123456789\0"
_HYPHENS = frozenset({b"-", b"--", b"---"})
# the octets 0 to 31 are lengths of labels here, and none of them is written in a name without an escape
PLAIN_WIRE = b"abcdefghijklmnopqrstuvwxyz0123456789" + bytes(range(32))
_HOST_LABEL = re.compile(rb"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
# a part of a reverse zone (RFC 2317 section 4) has names with a slash, and what lies below them has it as well
_CLASSLESS = re.compile(rb"[0-9]+/[0-9]+")
_NEARLY = re.compile(rb"[a-z0-9_-]+")
REVERSE = (b"arpa\0in-addr\0", b"arpa\0ip6\0")
"""The trees where addresses have names (RFC 1035 section 3.5, RFC 3596 section 2.5)."""


def label_text(label: bytes) -> str:
    """Write a label as it stands in a name, without the final dot."""
    return text_from_key(label.replace(b"\1", b"\1\2").replace(b"\0", b"\1\1") + b"\0")[:-1]


@node_check(
    "underscore-in-host-name", "host-name-invalid", "hyphen-at-label-end", "label-hyphens-reserved",
    "a-label-invalid", "wildcard-label-inside", "wildcard-delegation",
    types=[A, AAAA, MX, NS, CNAME, DNAME, TXT, SRV, PTR, _HTTPS],
)  # fmt: skip
def check_owner(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """Owner names are host names where hosts are looked for (RFC 1123 section 2.1), and their labels make sense."""
    rest = owner.translate(None, _PLAIN)
    if not rest or (rest in _HYPHENS and b"--" not in owner and b"-\0" not in owner and b"\0-" not in owner):
        return ()
    return _judge_owner(owner, node, scan)


def _judge_owner(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    apex = scan.context.apex
    # what is wrong with the name of the zone is said once, at its apex
    labels = labels_from_key(owner if owner == apex else owner[len(apex) :])
    labels.reverse()
    place = scan.place(min(rrset.positions[0] for rrset in node.values()), Field.owner)
    name = text_from_key(owner)
    if b"*" in labels[1:]:
        message = f"{name} has a label * that is not its first: it is an ordinary label there"
        yield found("wildcard-label-inside", message, place, owner)
    if labels[:1] == [b"*"] and owner != apex:
        yield from _judge_wildcard(owner, node, scan)
    if node.keys() & _HOST_TYPES:
        types = types_text(node.keys() & _HOST_TYPES)
        rule, fault = host_fault(labels[1:] if labels[0] == b"*" else labels)
        if rule:
            yield found(rule, f"{name} has {types}, but {fault}", place, owner)
    for rule, fault in label_faults(labels):
        yield found(rule, f"{name}: {fault}", place, owner)


def _judge_wildcard(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """A wildcard owns no NS, DS or DNAME (RFC 4592 sections 4.2, 4.4 and 4.6)."""
    for rdtype in (NS, DNAME):
        if rdtype in node:
            types = types_text({rdtype} | ({DS} & node.keys() if rdtype == NS else set()))
            message = f"{text_from_key(owner)} has {types}, whose meaning at a wildcard is not defined"
            yield found("wildcard-delegation", message, scan.place(node[rdtype].positions[0]), owner, rdtype)


def host_fault(labels: list[bytes]) -> tuple[str, str]:
    """Say which rule a name breaks as a host name, and how; two empty texts where it is one.

    Names below a label that starts with an underscore are no hosts but parts of a service (RFC 8552 section 1.1).
    """
    if any(label.startswith(b"_") for label in labels[1:]):
        return "", ""
    for label in labels:
        if _HOST_LABEL.fullmatch(label.lower()) or (label is not labels[0] and _CLASSLESS.fullmatch(label)):
            continue
        shown = label_text(label)
        if not _NEARLY.fullmatch(label.lower()):
            return "host-name-invalid", f"the label {shown} holds other characters than letters, digits and hyphens"
        if b"_" in label:
            return "underscore-in-host-name", f"the underscore in {shown} is no character of a host name"
        return "hyphen-at-label-end", f"the label {shown} begins or ends with a hyphen"
    return "", ""


def label_faults(labels: list[bytes]) -> Iterator[tuple[str, str]]:
    """Judge labels with hyphens in the third and fourth place (RFC 5890 section 2.3.1): rule and fault."""
    for label in labels:
        if label[2:4] != b"--" or label.startswith(b"_"):
            continue
        if not label.lower().startswith(b"xn--"):
            message = f"{label_text(label)} has hyphens in the third and fourth place and is no A-label"
            yield "label-hyphens-reserved", message
        elif fault := _a_label_fault(label.lower()):
            yield "a-label-invalid", f"{label_text(label)} {fault}"


@lru_cache(maxsize=4096)
def _a_label_fault(label: bytes) -> str:
    """Say why an A-label stands for no U-label (RFC 5891 section 4.2 and 5.4); empty where it does."""
    import unicodedata

    try:
        text = label[4:].decode("punycode")
        again = text.encode("punycode")
    except (UnicodeError, ValueError, IndexError, OverflowError):
        return "is not valid Punycode"
    if again != label[4:] or text.isascii():
        return "is Punycode in another form than the one that encoding gives"
    if unicodedata.normalize("NFC", text) != text:
        return "stands for text that is not in normalization form C"
    if unicodedata.category(text[0]).startswith("M"):
        return "stands for text that begins with a combining mark"
    if text.startswith("-") or text.endswith("-"):
        return "stands for text with a hyphen at an end"
    if text.lower() != text:
        return "stands for text with capital letters"
    return ""


@lru_cache(maxsize=8192)
def _target_fault(wire: bytes) -> tuple[str, str]:
    return host_fault(labels_from_wire(wire)) if wire != b"\0" else ("", "")


def target_fault(wire: bytes) -> str:
    """Say what keeps a name in RDATA (wire form) from being that of a host; empty where nothing does."""
    return _target_fault(wire)[1] if wire.translate(None, PLAIN_WIRE) else ""


@node_check("target-host-name-invalid", types=[SOA])
def check_mname(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """The first field of the SOA names a host (RFC 1035 section 3.3.13, RFC 1123 section 2.1)."""
    rrset = node[SOA]
    fault = target_fault(rrset.rdatas[0][: rrset.rdatas[0].index(b"\0") + 1])
    if not fault:
        return ()
    message, place = f"SOA names a host, but {fault}", scan.place(rrset.positions[0], 0)
    return [found("target-host-name-invalid", message, place, owner, SOA, fault)]
