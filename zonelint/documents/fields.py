"""What the parts of a file mean: numbers, durations, times and names, each refused by a `Fault` at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn, TypeVar

from zonelint.documents.nodes import Fault, Items, Node, Scalar
from zonelint.documents.nodes import Mapping as MappingNode
from zonelint.times import LATEST, BadTime, parse_duration, parse_time

T = TypeVar("T")

TTL_LIMIT = 2**31 - 1
"""The largest TTL (RFC 2181 section 8), and more seconds than any delay has."""

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"0|[1-9][0-9]{0,9}")
_DURATION = re.compile(r"(?:[0-9]{1,10}[smhdwSMHDW])+")
_SHOWN = 60


def refuse(node: Node, message: str) -> NoReturn:
    """Raise a `Fault` for a part of a file."""
    raise Fault(message, node.start, node.end)


def quoted(text: str) -> str:
    """Give text for a message, cut where it is long."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def hint(name: str, known: Iterable[str]) -> str:
    """Give the end of a message about an unknown name: the nearest one there is, or all of a few."""
    import difflib

    known = list(known)
    lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    near += [each for each in lower if len(name) > 2 and each.startswith(name.lower())]
    if near:
        return f": did you mean {lower[near[0]]!r}?"
    return f": it is none of {', '.join(known)}" if known and len(known) <= 20 else ""


def is_null(node: Node) -> bool:
    """Tell whether a value is absent: `null`, `~` or nothing at all."""
    return isinstance(node, Scalar) and node.plain and node.text in _NULL


def mapping(node: Node, what: str) -> dict[str, tuple[Scalar, Node]]:
    """Give the names and values of a mapping, with the place of each name; a name that is there twice is refused."""
    if not isinstance(node, MappingNode):
        refuse(node, f"{what} must be a mapping (name: value), not {kind(node)}")
    found: dict[str, tuple[Scalar, Node]] = {}
    for name, value in node.pairs:
        if not isinstance(name, Scalar) or is_null(name):
            refuse(name, f"a name in {what} must be text, not {kind(name)}")
        if name.plain and name.text == "<<":
            refuse(name, "merge keys (<<) are not allowed here")
        if name.text in found:
            refuse(name, f"{quoted(name.text)} is there twice in {what}")
        found[name.text] = (name, value)
    return found


def kind(node: Node) -> str:
    """Name the kind of a value for a message."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, Items):
        return "a list"
    assert isinstance(node, Scalar)
    return "nothing" if is_null(node) else quoted(node.text)


def items(node: Node) -> list[Node]:
    """Give the parts of a list; a single value counts as a list of one, nothing as an empty one."""
    if isinstance(node, Items):
        return node.items
    return [] if is_null(node) else [node]


def text(node: Node) -> str:
    """Give a text, at most 4096 characters and without half a character (a surrogate)."""
    if not isinstance(node, Scalar):
        refuse(node, f"expected text, not {kind(node)}")
    if len(node.text) > 4096:
        refuse(node, f"a text of {len(node.text)} characters is too long")
    if any("\ud800" <= char <= "\udfff" for char in node.text):
        refuse(node, "the text has half of a surrogate pair")
    return node.text


def flag(node: Node) -> bool:
    """Give true or false."""
    if isinstance(node, Scalar) and node.plain and node.text in _TRUE:
        return _TRUE[node.text]
    refuse(node, f"expected true or false, not {kind(node)}")


def whole(node: Node, low: int, high: int, what: str) -> int:
    """Give a whole number from `low` to `high`, written in plain decimal digits."""
    if not isinstance(node, Scalar) or not _WHOLE.fullmatch(node.text) or not low <= int(node.text) <= high:
        refuse(node, f"{what} must be a number from {low} to {high}, not {kind(node)}")
    return int(node.text)


def seconds(node: Node, what: str = "a duration") -> int:
    """Give a duration in seconds, from `3600` or `1h30m`; at most 2^31-1."""
    if not isinstance(node, Scalar):
        refuse(node, f"{what} must be seconds or text like 1h30m, not {kind(node)}")
    # digits with a zero before them may be octal to others, and 1:30 is minutes or hours
    if not _WHOLE.fullmatch(node.text) and not _DURATION.fullmatch(node.text):
        refuse(node, f"{what} must be seconds or text like 1h30m, not {kind(node)}")
    try:
        value = parse_duration(node.text)
    except BadTime as fault:
        refuse(node, str(fault))
    if value > TTL_LIMIT:
        refuse(node, f"{value} s are more than 2^31-1: no TTL and no delay is that long")
    return value


def moment(node: Node, before: int | None = None) -> int:
    """Give a time: ISO 8601 (UTC where no zone is said), `@SECONDS`, or `+3d` after `before` where that is known."""
    if not isinstance(node, Scalar):
        refuse(node, f"expected a time, not {kind(node)}")
    words = node.text
    if words == "now" or words[:1] == "-":
        refuse(node, f"{quoted(words)} is not a time here: write 2026-12-01T00:00:00Z, or +3d after the event before")
    if words[:1] == "+" and before is None:
        refuse(node, f"{quoted(words)} has no event before it: write a date, as in 2026-12-01T00:00:00Z")
    try:
        return parse_time(words if len(words) <= 40 else f"{words[:40]}...", before or 0)
    except BadTime as fault:
        refuse(node, str(fault))


def instant(node: Node) -> int:
    """Give a time as `moment` does, or as a number of seconds since 1970."""
    if isinstance(node, Scalar) and node.text.isascii() and node.text.isdigit() and len(node.text) <= 12:
        return min(int(node.text), LATEST)
    return moment(node)


def read(node: Node, how: Callable[[Node], T], default: T, faults: list[Fault]) -> T:
    """Read a value, or put what is wrong with it on a list and give the default."""
    try:
        return how(node)
    except Fault as fault:
        faults.append(fault)
        return default


def unknown(fields: Mapping[str, tuple[Scalar, Node]], known: Iterable[str], what: str) -> Iterable[Fault]:
    """Give a fault for each name that is none of those known."""
    known = list(known)
    for name, (place, _) in fields.items():
        if name not in known:
            yield Fault(f"unknown name {quoted(name)} in {what}{hint(name, known)}", place.start, place.end)
