"""SPF records: which hosts may send mail for a name (RFC 7208)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from zonelint.checks.registry import Scan, found, node_check
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source.rdata import BadRdata, ipv4, ipv6
from zonelint.source.rdtypes import TXT
from zonelint.zone.model import Node, Rrset

LOOKUPS = 10
"""How many terms that ask the DNS an SPF check may meet (RFC 7208 section 4.6.4)."""

_TERM = re.compile(
    r"(?P<qualifier>[+?~-]?)(?P<mechanism>all|include|a|mx|ptr|ip4|ip6|exists)(?P<rest>[:/].*)?", re.IGNORECASE
)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>.*)", re.IGNORECASE)
_MACRO_STRING = re.compile(r"(?:[\x21-\x24\x26-\x7e]|%%|%_|%-|%\{[slodiphcrtv][0-9]*r?[.+,/_=-]*\})*", re.IGNORECASE)
_ASKING = frozenset({"include", "a", "mx", "ptr", "exists"})
_PREFIX = re.compile(r"(?P<name>[^/]*)(?:/(?P<four>0|[1-9][0-9]?))?(?://(?P<six>0|[1-9][0-9]{0,2}))?")


def joined(rdata: bytes) -> str:
    """Join the strings of a TXT record, as SPF and DMARC read them (RFC 7208 section 3.3)."""
    parts, at = [], 0
    while at < len(rdata):
        parts.append(rdata[at + 1 : at + 1 + rdata[at]])
        at += 1 + rdata[at]
    return b"".join(parts).decode("latin-1")


@node_check(
    "spf-multiple", "spf-syntax-invalid", "spf-too-many-lookups", "spf-passes-all", "spf-terms-after-all", types=[TXT]
)
def check_spf(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """One SPF record a name, that can be evaluated (RFC 7208 sections 4.5 and 4.6)."""
    for rdata in node[TXT].rdatas:
        # the version may be split over strings, but nobody does that
        if rdata[1:2] in b"vV" and rdata[1:7].lower() == b"v=spf1":
            return _judge_spf(owner, node[TXT], scan)
    return ()


def _judge_spf(owner: bytes, rrset: Rrset, scan: Scan) -> Iterator[Finding]:
    seen = 0
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        text = joined(rdata)
        if not re.match(r"v=spf1(?: |$)", text, re.IGNORECASE):
            continue
        seen += 1
        place = scan.place(position, 0)
        if seen == 2:
            message = f"{text_from_key(owner)} has more than one SPF record"
            yield found("spf-multiple", message, place, owner, TXT)
        for rule, message in _spf_faults(text):
            yield found(rule, message, place, owner, TXT)


@lru_cache(maxsize=1024)
def _spf_faults(text: str) -> tuple[tuple[str, str], ...]:
    """Give the rule and the message of each fault; many names have the same text."""
    return tuple(_each_fault(text))


def _each_fault(text: str) -> Iterator[tuple[str, str]]:
    asking, names, ended = 0, list[str](), ""
    for term in text.split(" ")[1:]:
        if not term:
            continue
        read, modifier = _TERM.fullmatch(term), _MODIFIER.fullmatch(term)
        if fault := _term_fault(term):
            yield "spf-syntax-invalid", fault
            return
        if modifier and not read:
            name = modifier["name"].lower()
            if name in ("redirect", "exp") and name in names:
                yield "spf-syntax-invalid", f"{name} is there twice"
                return
            names.append(name)
            asking += name == "redirect" and not ended
        elif read and ended:
            yield "spf-terms-after-all", f"{term} stands behind {ended} and is never looked at"
        elif read and read["mechanism"].lower() == "all":
            ended = term
            if read["qualifier"] in ("", "+"):
                yield "spf-passes-all", f"{term} lets every host of the Internet send mail for this name"
        elif read:
            asking += read["mechanism"].lower() in _ASKING
    if asking > LOOKUPS:
        yield "spf-too-many-lookups", f"{asking} terms ask the DNS, at most {LOOKUPS} may"


def _term_fault(term: str) -> str:
    """Say what is wrong with a term of SPF (RFC 7208 sections 5, 6 and 7.1); empty where nothing is."""
    read, modifier = _TERM.fullmatch(term), _MODIFIER.fullmatch(term)
    shown = term.encode("ascii", "backslashreplace").decode()[:60]
    if not read:
        if not modifier:
            return f"{shown} is no mechanism and no modifier"
        wants = modifier["name"].lower() in ("redirect", "exp") and not modifier["value"]
        return f"{shown} is not well-formed" if wants or not _MACRO_STRING.fullmatch(modifier["value"]) else ""
    mechanism, rest = read["mechanism"].lower(), read["rest"] or ""
    if mechanism == "all":
        return f"{shown}: all takes no value" if rest else ""
    if mechanism in ("ip4", "ip6"):
        return "" if _is_network(mechanism, rest) else f"{shown} holds no address, or no prefix length that fits"
    name = rest
    if mechanism in ("a", "mx"):
        split = _PREFIX.fullmatch(rest)
        if split is None or int(split["four"] or 0) > 32 or int(split["six"] or 0) > 128:
            # a slash may also be part of a macro
            if "%{" not in rest:
                return f"{shown} is not well-formed"
        else:
            name = split["name"]
    needed = mechanism in ("include", "exists") or rest.startswith(":")
    if (needed and not name[1:]) or (name and not name.startswith(":")) or not _MACRO_STRING.fullmatch(name[1:]):
        return f"{shown} is not well-formed"
    return ""


def _is_network(mechanism: str, rest: str) -> bool:
    address, slash, length = rest[1:].partition("/")
    parse, bits = (ipv4, 32) if mechanism == "ip4" else (ipv6, 128)
    try:
        parse(address.encode("latin-1"), None)
    except BadRdata:
        return False
    fits = not slash or (bool(re.fullmatch("0|[1-9][0-9]{0,2}", length)) and int(length) <= bits)
    return rest.startswith(":") and fits
