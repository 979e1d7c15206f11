"""Signing policies as signers keep them: BIND, OpenDNSSEC, Knot, and a form of our own.

`read_policies` recognises which of them a file is by what it holds. What is wrong with a file becomes findings.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Sequence

from zonelint.findings import Finding
from zonelint.keys.policies.bind import BUILT_IN, read_bind
from zonelint.keys.policies.kasp import read_kasp
from zonelint.keys.policies.knot import SECTIONS, read_knot
from zonelint.keys.policies.model import METHODS, SETTINGS, Policy, PolicyKey, Setting
from zonelint.keys.policies.notes import Notes
from zonelint.keys.policies.own import read_own
from zonelint.keys.text import CONTROL

__all__ = [
    "METHODS",
    "SETTINGS",
    "SIZE_LIMIT",
    "NoPolicy",
    "Policy",
    "PolicyKey",
    "Setting",
    "choose",
    "parse_policies",
    "read_policies",
]

SIZE_LIMIT = 1 << 23
"""Octets a policy file may have; a named.conf with 50,000 zones has some 5 million."""

_BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_YAML_START = re.compile(r"([A-Za-z][\w-]*)[ \t]*:|---|%YAML|[\[{]|-[ \t\n]|[\"'!&*|>]")


class NoPolicy(ValueError):
    """A policy that is not among those of a file, or one that must be named; the text lists what there is."""


def read_policies(path: str) -> tuple[list[Policy], list[Finding]]:
    """Read the signing policies of a file, and a finding `policy-invalid` for each fault; see `parse_policies`.

    Raises `OSError` when there is no such file, when it cannot be read, and for a directory or a device.
    """
    kind = os.stat(path).st_mode
    if stat.S_ISCHR(kind) or stat.S_ISBLK(kind):
        raise OSError(errno.EINVAL, "Is a device, not a file", path)
    with open(path, "rb") as file:
        return parse_policies(file.read(SIZE_LIMIT + 1), path)


def parse_policies(text: bytes, path: str) -> tuple[list[Policy], list[Finding]]:
    """Read the signing policies of a named.conf, kasp.xml, knot.conf or of our own YAML. Never raises.

    The policies come in the order of the file; for BIND those follow that are built into it.
    """
    notes = Notes(path)
    control = CONTROL.search(text)
    if len(text) > SIZE_LIMIT:
        notes.fault(f"larger than {SIZE_LIMIT} octets: not a policy", 0, 0)
    elif control:
        notes.fault("control octets: not a text file", control.start(), control.end())
    elif text.lstrip(_BOM + b" \t\r\n").lower().startswith(b"private-key-format"):
        notes.fault("this is a private key, not a policy", 0, 0)
    elif not text.removeprefix(_BOM).strip():
        notes.fault("file is empty", 0, 0)
    else:
        return _read(text, notes), notes.findings
    return [], notes.findings


def _read(text: bytes, notes: Notes) -> list[Policy]:
    """Read a text with the reader of its dialect."""
    # Blanks in place of the mark keep the offsets.
    plain = text.replace(_BOM, b"   ", 1) if text.startswith(_BOM) else text
    if plain.lstrip().startswith(b"<"):
        return read_kasp(text, notes)
    # One character to an octet: comments may be in any encoding, and an index is an offset.
    octets = plain.decode("latin-1")
    blank = _BLANK.match(octets)
    start = _YAML_START.match(octets, blank.end() if blank else 0)
    if not start:
        return read_bind(octets, notes)
    if start[1] and (start[1] in SECTIONS or start[1].startswith("mod-")):
        return read_knot(octets, notes)
    try:
        return read_own(text.decode("utf-8"), notes)
    except UnicodeDecodeError as fault:
        notes.fault("octets that are not UTF-8", fault.start, fault.end)
        return []


def choose(policies: Sequence[Policy], name: str | None = None) -> Policy:
    """Give the policy with a name; without one the only policy, or `default`. Raises `NoPolicy`."""
    own = [policy for policy in policies if not _is_built_in(policy)]
    if name is not None:
        for policy in policies:
            if policy.name == name:
                return policy
        raise NoPolicy(f"no policy {name!r} in this file; there are {_names(own)}")
    if len(own) == 1:
        return own[0]
    for policy in own or policies:
        if policy.name == "default":
            return policy
    raise NoPolicy(f"choose one of the policies: {_names(own)}")


def _is_built_in(policy: Policy) -> bool:
    return policy.kind == "bind" and policy.name in BUILT_IN


def _names(policies: Sequence[Policy]) -> str:
    return ", ".join(policy.name for policy in policies) or "none"
