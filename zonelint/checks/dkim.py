"""DKIM keys: what receivers verify the signatures of mail with (RFC 6376, RFC 8301, RFC 8463)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zonelint.checks.registry import Scan, found, node_check
from zonelint.checks.spf import joined
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source.rdata import base64
from zonelint.source.rdtypes import TXT
from zonelint.zone.model import Node, Rrset

MINIMUM, ADVISED = 1024, 2048
"""Bits of an RSA key below which no receiver accepts a signature, and those advised (RFC 8301 section 3.2)."""

_TAG = re.compile(r"\s*(?P<name>[A-Za-z][A-Za-z0-9_]*)\s*=\s*+(?P<value>[\x21-\x3a\x3c-\x7e\s]*)", re.DOTALL)
_BEGIN = re.compile(r"\s*[A-Za-z][A-Za-z0-9_]*\s*=")
_KINDS = frozenset({"rsa", "ed25519"})
_RSA_ENCRYPTION = bytes.fromhex("06092a864886f70d010101")
_INTEGER, _BITS, _SEQUENCE = 0x02, 0x03, 0x30


class _NoKey(ValueError):
    """Octets that are no key; the text says why."""


@node_check(
    "dkim-syntax-invalid", "dkim-key-invalid", "dkim-key-too-short", "dkim-key-length-below-advice", "dkim-multiple",
    types=[TXT],
)  # fmt: skip
def check_dkim(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """A key below `_domainkey` is one that receivers can use (RFC 6376 section 3.6.1)."""
    # what stands at _domainkey itself is a policy of the forerunner of DKIM
    if b"\0_domainkey\0" not in owner or owner.endswith(b"\0_domainkey\0"):
        return ()
    return _judge_dkim(owner, node[TXT], scan)


def _judge_dkim(owner: bytes, rrset: Rrset, scan: Scan) -> Iterator[Finding]:
    seen = 0
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        text, place = joined(rdata), scan.place(position, 0)
        if not _BEGIN.match(text):
            continue
        seen += 1
        if seen == 2:
            message = f"{text_from_key(owner)} has more than one key: which one a receiver takes is not defined"
            yield found("dkim-multiple", message, place, owner, TXT)
        for rule, message in _dkim_faults(text):
            yield found(rule, message, place, owner, TXT)


def _dkim_faults(text: str) -> Iterator[tuple[str, str]]:
    tags: dict[str, str] = {}
    parts = text.split(";")
    for part in parts if parts[-1].strip() else parts[:-1]:
        read = _TAG.fullmatch(part)
        shown = part.strip().encode("ascii", "backslashreplace").decode()[:60]
        if not read:
            yield "dkim-syntax-invalid", f'"{shown}" is not of the form tag=value'
            return
        if read["name"] in tags:
            yield "dkim-syntax-invalid", f"{read['name']} is there twice"
            return
        tags[read["name"]] = read["value"].strip()
    version, kind = tags.get("v", "DKIM1"), tags.get("k", "rsa")
    if version != "DKIM1" or ("v" in tags and next(iter(tags)) != "v"):
        yield "dkim-syntax-invalid", "the record does not begin with v=DKIM1 exactly so, and is ignored"
    elif "p" not in tags:
        yield "dkim-syntax-invalid", "no p is there, which holds the key"
    elif kind not in _KINDS:
        yield "dkim-syntax-invalid", f"k={kind[:40]} is no kind of key; rsa and ed25519 are"
    elif tags["p"]:
        yield from _key_faults(kind, re.sub(r"\s", "", tags["p"]).encode("latin-1"))


def _key_faults(kind: str, text: bytes) -> Iterator[tuple[str, str]]:
    # some leave out the signs that fill up the last group
    octets = base64(text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4))
    if octets is None:
        yield "dkim-key-invalid", "p is not base64: no receiver can read the key"
    elif kind == "ed25519":
        if len(octets) != 32:
            yield "dkim-key-invalid", f"p has {len(octets)} octets, an Ed25519 key has 32"
    else:
        try:
            bits = modulus_bits(octets)
        except _NoKey as fault:
            yield "dkim-key-invalid", f"p is no RSA key: {fault}"
            return
        if bits < MINIMUM:
            yield "dkim-key-too-short", f"the RSA key has {bits} bits, receivers accept none below {MINIMUM}"
        elif bits < ADVISED:
            yield "dkim-key-length-below-advice", f"the RSA key has {bits} bits, at least {ADVISED} are advised"


def modulus_bits(octets: bytes) -> int:
    """Give the length of an RSA modulus, in the form of X.509 or bare (RFC 6376 section 3.6.1).

    Raises `ValueError`.
    """
    whole, rest = _der(octets, _SEQUENCE)
    if rest:
        raise _NoKey("octets follow behind it")
    if whole[:1] == bytes((_SEQUENCE,)):
        algorithm, whole = _der(whole, _SEQUENCE)
        if not algorithm.startswith(_RSA_ENCRYPTION):
            raise _NoKey("it is one of another algorithm")
        bits, _ = _der(whole, _BITS)
        whole, _ = _der(bits[1:], _SEQUENCE)
    modulus, rest = _der(whole, _INTEGER)
    _der(rest, _INTEGER)
    return int.from_bytes(modulus, "big").bit_length()


def _der(octets: bytes, tag: int) -> tuple[bytes, bytes]:
    """Take one value with this tag off DER: its octets, and those behind it."""
    if len(octets) < 2 or octets[0] != tag:
        raise _NoKey("it is cut short" if len(octets) < 2 else "it does not have the form of one")
    begin, length = 2, octets[1]
    if length & 0x80:
        begin = 2 + (length & 0x7F)
        length = int.from_bytes(octets[2:begin], "big")
    if len(octets) < begin + length:
        raise _NoKey("it is cut short")
    return octets[begin : begin + length], octets[begin + length :]
