"""Records that bind keys and certificates to names: CAA, TLSA, SMIMEA, OPENPGPKEY, SSHFP (RFC 8659, 6698, 4255)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonelint.checks.registry import Scan, found, node_check
from zonelint.findings import Field, Finding
from zonelint.names import labels_from_key, text_from_key
from zonelint.source import rdtypes
from zonelint.zone.model import Node

_CAA, _TLSA, _SMIMEA = rdtypes.TYPES["CAA"], rdtypes.TYPES["TLSA"], rdtypes.TYPES["SMIMEA"]
_SSHFP, _OPENPGPKEY = rdtypes.TYPES["SSHFP"], rdtypes.TYPES["OPENPGPKEY"]

_CRITICAL = 0x80
_ISSUERS = frozenset({b"issue", b"issuewild", b"issuemail", b"issuevmc"})
# the registry of property tags; auth, path and policy are reserved (RFC 8659 section 7.2)
_TAGS = _ISSUERS | {b"iodef", b"contactemail", b"contactphone"}
_DOMAIN = rb"[A-Za-z0-9](?:-*[A-Za-z0-9])*(?:\.[A-Za-z0-9](?:-*[A-Za-z0-9])*)*"
_PARAMETER = rb"[A-Za-z0-9](?:-*[A-Za-z0-9])*[ \t]*=[ \t]*[\x21-\x3a\x3c-\x7e]*"
_ISSUE = re.compile(
    rb"[ \t]*(?P<issuer>%b)?[ \t]*(?:;[ \t]*(?:%b[ \t]*(?:;[ \t]*%b[ \t]*)*)?)?" % (_DOMAIN, _PARAMETER, _PARAMETER)
)
_REPORT_TO = re.compile(rb"(?:mailto:[^@\s]+@[^@\s]+|https?://[^/\s]+\S*)", re.IGNORECASE)
_DIGEST_OCTETS = {1: ("SHA-256", 32), 2: ("SHA-512", 64)}
_FINGERPRINT_OCTETS = {1: ("SHA-1", 20), 2: ("SHA-256", 32)}
_SSH_ALGORITHMS = frozenset({1, 2, 3, 4, 6})
_PROTOCOLS = frozenset({b"_tcp", b"_udp", b"_sctp", b"_dccp", b"_quic"})
_LOCAL_PART = re.compile(rb"[0-9a-f]{56}")
_MAIL_KEYS = {_SMIMEA: b"_smimecert", _OPENPGPKEY: b"_openpgpkey"}


# --- CAA ---------------------------------------------------------------------------------------------------


@node_check(
    "caa-flags-reserved", "caa-tag-unknown", "caa-critical-tag-unknown", "caa-issuer-invalid", "caa-iodef-invalid",
    "caa-denial-without-effect", types=[_CAA],
)  # fmt: skip
def check_caa(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """Flags, tags and values of CAA as certification authorities read them (RFC 8659 section 4)."""
    rrset = node[_CAA]
    issuers: dict[bytes, list[tuple[bytes, int]]] = {}
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        flags, end = rdata[0], 2 + rdata[1]
        tag, value = rdata[2:end].lower(), rdata[end:]
        for rule, field, message in _caa_faults(flags, tag, value):
            yield found(rule, message, scan.place(position, field), owner, _CAA)
        if tag in _ISSUERS and (read := _ISSUE.fullmatch(value)):
            issuers.setdefault(tag, []).append((read["issuer"] or b"", position))
    for tag, entries in issuers.items():
        denial = [position for issuer, position in entries if not issuer]
        if denial and len(denial) < len(entries):
            message = f"this {tag.decode()} denies all issuers, another one at {text_from_key(owner)} permits some"
            yield found("caa-denial-without-effect", message, scan.place(denial[0], 2), owner, _CAA)


def _caa_faults(flags: int, tag: bytes, value: bytes) -> Iterator[tuple[str, int, str]]:
    if flags & ~_CRITICAL:
        yield "caa-flags-reserved", 0, f"flags {flags}: only 128 (critical) has a meaning, the other bits are to be 0"
    name = tag.decode("ascii", "backslashreplace")
    if tag not in _TAGS:
        if flags & _CRITICAL:
            message = f"{name} is no registered tag, and critical: no authority may issue a certificate"
            yield "caa-critical-tag-unknown", 1, message
        else:
            yield "caa-tag-unknown", 1, f"{name} is no registered tag, certification authorities ignore it"
    elif tag in _ISSUERS and not _ISSUE.fullmatch(value):
        message = f"the value of {name} is not a domain name with parameters behind a semicolon: none is permitted"
        yield "caa-issuer-invalid", 2, message
    elif tag == b"iodef" and not _REPORT_TO.fullmatch(value):
        yield "caa-iodef-invalid", 2, "the value of iodef is neither a mailto: nor an http: or https: URL"


# --- certificates and keys ---------------------------------------------------------------------------------


@node_check("tlsa-field-unassigned", "tlsa-digest-length-wrong", types=[_TLSA, _SMIMEA])
def check_association(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """Certificate associations have fields that are assigned and digests of the right length (RFC 6698 section 2.1)."""
    for rdtype in node.keys() & {_TLSA, _SMIMEA}:
        rrset = node[rdtype]
        for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
            for field, (name, last) in enumerate((("usage", 3), ("selector", 1), ("matching type", 2))):
                # 255 is for private use in all three
                if last < rdata[field] < 255:
                    message = f"{name} {rdata[field]} is not assigned, {last} is the last that is"
                    yield found("tlsa-field-unassigned", message, scan.place(position, field), owner, rdtype)
            digest, octets = _DIGEST_OCTETS.get(rdata[2], ("", len(rdata) - 3))
            if len(rdata) - 3 != octets:
                message = f"{len(rdata) - 3} octets of data, matching type {rdata[2]} ({digest}) has {octets}"
                yield found("tlsa-digest-length-wrong", message, scan.place(position, 3), owner, rdtype)


@node_check("tlsa-owner-form", types=[_TLSA])
def check_tlsa_owner(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """TLSA is looked up at `_port._protocol` before the host's name (RFC 6698 section 3)."""
    labels = labels_from_key(owner)[::-1]
    port, protocol = [*labels, b"", b""][:2]
    name, place = text_from_key(owner), scan.place(node[_TLSA].positions[0], Field.owner)
    if port == b"*" or (port.startswith(b"_") and protocol == b"*"):
        return
    number = port[1:].decode("latin-1")
    if not (port.startswith(b"_") and re.fullmatch("0|[1-9][0-9]{0,4}", number) and int(number) < 65536):
        message = f"{name} does not begin with _port"
    elif protocol not in _PROTOCOLS:
        message = f"{name} does not have _tcp, _udp or _sctp behind the port"
    else:
        return
    yield found("tlsa-owner-form", message, place, owner, _TLSA)


@node_check("mail-key-owner-form", types=_MAIL_KEYS)
def check_mail_key_owner(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """Keys of mail users stand at the hash of the local part (RFC 7929 section 3, RFC 8162 section 3)."""
    labels = labels_from_key(owner)[::-1]
    for rdtype in node.keys() & _MAIL_KEYS.keys():
        wanted = _MAIL_KEYS[rdtype]
        if labels[1:2] == [wanted] and (_LOCAL_PART.fullmatch(labels[0]) or labels[0] == b"*"):
            continue
        message = f"{text_from_key(owner)} does not begin with 56 hexadecimal digits and {wanted.decode()}"
        yield found("mail-key-owner-form", message, scan.place(node[rdtype].positions[0], Field.owner), owner, rdtype)


@node_check("sshfp-length-wrong", "sshfp-unassigned", "sshfp-sha1-only", types=[_SSHFP])
def check_sshfp(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """SSH fingerprints have known algorithms and the length of their digest (RFC 4255, RFC 6594, RFC 7479)."""
    rrset = node[_SSHFP]
    kinds: dict[int, set[int]] = {}
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        algorithm, kind, length = rdata[0], rdata[1], len(rdata) - 2
        kinds.setdefault(algorithm, set()).add(kind)
        if algorithm not in _SSH_ALGORITHMS:
            message = f"key algorithm {algorithm} is not assigned"
            yield found("sshfp-unassigned", message, scan.place(position, 0), owner, _SSHFP)
        if kind not in _FINGERPRINT_OCTETS:
            message = f"fingerprint type {kind} is not assigned"
            yield found("sshfp-unassigned", message, scan.place(position, 1), owner, _SSHFP, "type")
        elif length != _FINGERPRINT_OCTETS[kind][1]:
            name, octets = _FINGERPRINT_OCTETS[kind]
            message = f"the fingerprint has {length} octets, type {kind} ({name}) has {octets}"
            yield found("sshfp-length-wrong", message, scan.place(position, 2), owner, _SSHFP)
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        if kinds[rdata[0]] == {1}:
            message = f"the key of algorithm {rdata[0]} has a SHA-1 fingerprint and none by SHA-256"
            yield found("sshfp-sha1-only", message, scan.place(position, 1), owner, _SSHFP, str(rdata[0]))
