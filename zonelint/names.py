r"""Domain names as sort keys: one octet string that orders, compares and nests as RFC 4034 section 6.1 says.

A *key* holds the labels from the root down, lower case, each followed by a zero octet: `www.example.org.`
is `org\0example\0www\0` and the root is the empty string. So plain comparison of keys is canonical order,
and `key.startswith(zone)` is "at or below the zone". The octets 0 and 1 inside a label (rare) are written
1 1 and 1 2, which keeps the order. *Wire* is the uncompressed wire form with the case as given.
"""

from __future__ import annotations

import re

SIMPLE = re.compile(rb"(?:[A-Za-z0-9_*/-]{1,63}\.)+")
"""Absolute names without escapes whose labels have legal lengths: most names there are."""

SIMPLE_LABEL = re.compile(rb"[A-Za-z0-9_*/-]{1,63}")
"""One label of such a name."""

_DECIMAL = re.compile(rb"[0-9]{3}")
_PLAIN = frozenset(range(0x21, 0x7F)) - frozenset(b'."\\;()@$')


class BadName(ValueError):
    """A name that breaks RFC 1035 sections 2.3.4 or 5.1; the text says how."""


def labels_of(text: bytes) -> tuple[list[bytes], bool]:
    """Split a name in presentation form into its labels; the flag tells whether it is absolute.

    Raises `BadName` for empty or long labels and for bad escapes.
    """
    if text == b".":
        return [], True
    if not text:
        raise BadName("empty name")
    if b"\\" not in text:
        labels = text.split(b".")
        absolute = labels[-1] == b""
        if absolute:
            labels.pop()
    else:
        labels, absolute = _unescape(text)
    for label in labels:
        if not label:
            raise BadName("empty label (two dots in a row)")
        if len(label) > 63:
            raise BadName(f"label of {len(label)} octets, at most 63 are allowed")
    return labels, absolute


def _unescape(text: bytes) -> tuple[list[bytes], bool]:
    labels, label, at, absolute = [], bytearray(), 0, False
    while at < len(text):
        octet = text[at]
        absolute = octet == 0x2E
        if octet == 0x5C:
            value, at = _escape(text, at)
            label.append(value)
            continue
        at += 1
        if absolute:
            labels.append(bytes(label))
            label = bytearray()
        else:
            label.append(octet)
    if not absolute:
        labels.append(bytes(label))
    return labels, absolute


def _escape(text: bytes, at: int) -> tuple[int, int]:
    """Read the escape at `at`: the octet it stands for and the offset behind it (RFC 1035 section 5.1)."""
    if at + 1 >= len(text):
        raise BadName("backslash at the end")
    if not 0x30 <= text[at + 1] <= 0x39:
        return text[at + 1], at + 2
    if not _DECIMAL.match(text, at + 1):
        raise BadName(r"an escape \DDD needs three digits")
    value = int(text[at + 1 : at + 4])
    if value > 255:
        raise BadName(f"escape \\{value} is above 255")
    return value, at + 4


def unescape(text: bytes) -> bytes:
    """Resolve the escapes of a character-string; raises `BadName`."""
    if b"\\" not in text:
        return text
    out, at = bytearray(), 0
    while at < len(text):
        if text[at] == 0x5C:
            value, at = _escape(text, at)
        else:
            value, at = text[at], at + 1
        out.append(value)
    return bytes(out)


def wire_from_text(text: bytes, origin: bytes | None) -> bytes:
    """Turn a name in presentation form into wire form; a relative one gets `origin` (wire) appended.

    Raises `BadName`; also when the name is relative and `origin` is None.
    """
    if text == b"@":
        if origin is None:
            raise BadName("@ where no origin is known")
        return origin
    labels, absolute = labels_of(text)
    head = b"".join([bytes((len(label),)) + label for label in labels])
    if not absolute and origin is None:
        raise BadName("relative name where no origin is known")
    wire = head + b"\0" if absolute or origin is None else head + origin
    if len(wire) > 255:
        raise BadName(f"name of {len(wire)} octets, at most 255 are allowed")
    return wire


def labels_from_wire(wire: bytes) -> list[bytes]:
    """Split an uncompressed wire-form name into its labels, the leftmost first."""
    labels, at = [], 0
    while wire[at]:
        labels.append(wire[at + 1 : at + 1 + wire[at]])
        at += 1 + wire[at]
    return labels


def key_from_wire(wire: bytes) -> bytes:
    """Turn an uncompressed wire-form name into its key."""
    labels = labels_from_wire(wire.lower())
    labels.reverse()
    return b"".join([_guard(label) + b"\0" for label in labels])


def _guard(label: bytes) -> bytes:
    return label.replace(b"\1", b"\1\2").replace(b"\0", b"\1\1")


def _bare(label: bytes) -> bytes:
    return label.replace(b"\1\1", b"\0").replace(b"\1\2", b"\1")


def simple_key(text: bytes) -> bytes:
    """Turn a name that matches `SIMPLE` into its key; it must hold 253 octets at most."""
    labels = text.lower().split(b".")
    labels.reverse()
    labels.append(b"")
    return b"\0".join(labels[1:])


def key_from_text(text: str) -> bytes:
    """Turn an absolute or relative name given as text (an option, a file name) into its key; raises `BadName`."""
    return key_from_wire(wire_from_text(text.encode("utf-8"), b"\0"))


def labels_from_key(key: bytes) -> list[bytes]:
    """Give the labels of a key, from the root down."""
    parts = key.split(b"\0")[:-1]
    return [_bare(part) for part in parts] if b"\1" in key else parts


def wire_from_key(key: bytes) -> bytes:
    """Turn a key into the canonical (lower-case, uncompressed) wire form."""
    labels = labels_from_key(key)
    labels.reverse()
    return b"".join([bytes((len(label),)) + label for label in labels]) + b"\0"


def text_from_key(key: bytes) -> str:
    """Turn a key into presentation form, absolute, with what needs it escaped."""
    if not key:
        return "."
    labels = labels_from_key(key)
    labels.reverse()
    return ".".join(["".join([_show(octet) for octet in label]) for label in labels]) + "."


def _show(octet: int) -> str:
    if octet in _PLAIN:
        return chr(octet)
    return f"\\{chr(octet)}" if 0x21 <= octet < 0x7F else f"\\{octet:03d}"


def parent(key: bytes) -> bytes:
    """Give the key of the name one label up; the key must not be the root's."""
    return key[: key.rfind(b"\0", 0, -1) + 1]


def label_count(key: bytes) -> int:
    """Count the labels of a name, the root label and a leading wildcard not counted (RFC 4034 section 3.1.3)."""
    return key.count(b"\0") - is_wildcard(key)


def is_wildcard(key: bytes) -> bool:
    """Tell whether the leftmost label is `*`."""
    return key.endswith(b"\0*\0") or key == b"*\0"
