"""Kinds of values: how each is read, and how the JSON Schema says the same.

Both come from one description, so that an editor that knows the schema and zonelint agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from zonelint import limits
from zonelint.documents import fields
from zonelint.documents.fields import quoted, refuse
from zonelint.documents.nodes import Fault, Items, Node, Scalar
from zonelint.limits import Share, parse_share
from zonelint.names import BadName, key_from_text, text_from_key
from zonelint.suppressions import end_of_day
from zonelint.times import BadTime, to_text

Schema = dict[str, Any]

TEXT_LIMIT = 4096
"""Characters of one text."""

ENOUGH = 50
"""Faults of one file that are told; reading stops beyond, because each costs a look for what may have been meant."""

DAY = 86400
_NO_TEXT = re.compile(r"|~|[Nn]ull|NULL|[Tt]rue|TRUE|[Ff]alse|FALSE|[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_TOKEN = re.compile(r"[!#%&*+,./:<=>?@\[\]^_`{|}~A-Za-z0-9$-]{2,64}")


class Value(NamedTuple):
    """A value and the octets of the file where it stands."""

    value: Any
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value.

    `read` turns a node into the value; it raises `Fault`, or puts faults on the list that it is given where it can
    read on. `schema` makes the JSON Schema, and `show` the text of a value, as it could stand in a file.
    """

    read: Callable[[Node, list[Fault]], Any]
    schema: Callable[[], Schema]
    show: Callable[[Any], str] = str


def duration_text(seconds: int) -> str:
    """Write seconds with the largest units that come out even: `3d`, `1h30m`."""
    parts = []
    for unit, size in (("d", DAY), ("h", 3600), ("m", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        parts += [f"{number}{unit}"] if number else []
    return "".join(parts) or "0s"


# --- single values -----------------------------------------------------------------------------------------


def _text(node: Node, _faults: list[Fault]) -> str:
    if isinstance(node, Scalar) and node.plain and _NO_TEXT.fullmatch(node.text):
        refuse(node, f"expected text, not {fields.kind(node).strip(chr(39))}: text that looks like this takes quotes")
    words = fields.text(node)
    if not words or not words.isprintable():
        refuse(node, "the text is empty" if not words else f"{quoted(words)} holds characters that cannot be printed")
    return words


def _prose(node: Node, faults: list[Fault]) -> str:
    if not isinstance(node, Scalar) or not node.text.strip():
        refuse(node, f"expected words, not {fields.kind(node)}")
    return " ".join(_text(Scalar(node.start, node.end, " ".join(node.text.split()), node.plain), faults).split())


def _name(node: Node, faults: list[Fault]) -> str:
    words = _text(node, faults)
    try:
        return text_from_key(key_from_text(words))
    except (BadName, UnicodeError) as fault:
        refuse(node, f"{quoted(words)} is not a domain name: {fault}")


def _seconds(node: Node, _faults: list[Fault]) -> int:
    return fields.seconds(node)


def _share(node: Node, _faults: list[Fault]) -> Share:
    found = parse_share(node.text) if isinstance(node, Scalar) else None
    if found is None:
        refuse(node, f"expected a number of RRsets or a share such as 10%, not {fields.kind(node)}")
    return found


def _part(node: Node, faults: list[Fault]) -> Share:
    found = _share(node, faults)
    if found.is_share and found.number > 100:
        refuse(node, f"{fields.kind(node)} is more than all: 100% is the most")
    return found


def _last_day(node: Node, _faults: list[Fault]) -> int:
    """Give the end of a day, in seconds since 1970: the first second that is no part of it."""
    if not isinstance(node, Scalar):
        refuse(node, f"expected a day (YYYY-MM-DD), not {fields.kind(node)}")
    try:
        return end_of_day(node.text[:40])
    except BadTime as fault:
        refuse(node, str(fault))


def _token(node: Node, faults: list[Fault]) -> str:
    words = _text(node, faults)
    if not _TOKEN.fullmatch(words) or words.isdigit():
        advice = "one word of 2 to 64 characters, no number, and without quotes, parentheses, backslash and semicolon"
        refuse(node, f"{quoted(words)} cannot stand for a serial: a placeholder is {advice}")
    return words


def described(kind: Kind, words: str) -> Kind:
    """Give a kind a description, which editors show."""
    return Kind(kind.read, lambda: {"description": words, **kind.schema()}, kind.show)


def reference(name: str) -> Callable[[], Schema]:
    """Make a schema that refers to a definition, for what is there many times."""
    return lambda: {"$ref": f"#/$defs/{name}"}


def _plain_text(schema: Mapping[str, Any] | None = None) -> Callable[[], Schema]:
    return lambda: {"type": "string", "minLength": 1, "maxLength": TEXT_LIMIT, **(schema or {})}


TEXT = Kind(_text, _plain_text())
PROSE = Kind(_prose, _plain_text())
NAME = Kind(_name, _plain_text())
TOKEN = Kind(_token, _plain_text({"pattern": f"^{_TOKEN.pattern}$", "not": {"pattern": "^[0-9]+$"}}))
DURATION = Kind(
    _seconds,
    lambda: {"anyOf": [{"type": "integer", "minimum": 0, "maximum": fields.TTL_LIMIT},
                       {"type": "string", "pattern": "^(0|[1-9][0-9]{0,9}|([0-9]{1,10}[smhdwSMHDW])+)$"}]},
    duration_text,
)  # fmt: skip
FLAG = Kind(lambda node, _: fields.flag(node), lambda: {"type": "boolean"}, lambda value: str(value).lower())
SHARE = Kind(
    _share,
    lambda: {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"^{limits.SHARE}$"}]},
)
PART = Kind(
    _part,
    lambda: {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"^({limits.PART})$"}]},
)
LAST_DAY = Kind(
    _last_day, lambda: {"type": "string", "format": "date"}, lambda seconds: to_text(seconds - DAY)[:10]
)


def choice(words: Callable[[], Iterable[str]]) -> Kind:
    """Make a kind: one of some words."""

    def read(node: Node, faults: list[Fault]) -> str:
        word, known = _text(node, faults), list(words())
        if word not in known:
            refuse(node, f"unknown word {quoted(word)}{fields.hint(word, known)}")
        return word

    return Kind(read, lambda: {"enum": list(words())})


# --- lists and mappings ------------------------------------------------------------------------------------


def several(kind: Kind) -> Kind:
    """Make a kind: one value or a list of them, read as a tuple of `Value`."""

    def read(node: Node, faults: list[Fault]) -> tuple[Value, ...]:
        nodes = node.items if isinstance(node, Items) else [node]
        if not nodes:
            refuse(node, "the list is empty")
        return _each(kind, nodes, faults)

    return Kind(
        read,
        lambda: {"anyOf": [kind.schema(), {"type": "array", "minItems": 1, "items": kind.schema()}]},
        lambda values: ", ".join(kind.show(each.value) for each in values),
    )


def listed(kind: Kind) -> Kind:
    """Make a kind: a list, which may be empty, read as a tuple of `Value`."""

    def read(node: Node, faults: list[Fault]) -> tuple[Value, ...]:
        if not isinstance(node, Items):
            refuse(node, f"expected a list (- ...), not {fields.kind(node)}")
        return _each(kind, node.items, faults)

    return Kind(read, lambda: {"type": "array", "items": kind.schema()})


def _each(kind: Kind, nodes: list[Node], faults: list[Fault]) -> tuple[Value, ...]:
    return tuple(
        Value(value, node.start, node.end)
        for node in nodes
        if len(faults) <= ENOUGH and (value := _value(kind, node, faults)) is not None
    )


def _value(kind: Kind, node: Node, faults: list[Fault]) -> Any:
    return fields.read(node, lambda each: kind.read(each, faults), None, faults)


def record(what: str, known: Mapping[str, Kind], required: Iterable[str] = (), some: bool = False) -> Kind:
    """Make a kind: a mapping with these names, read as a dict of `Value`; with `some` it has at least one of them."""
    required = tuple(required)

    def read(node: Node, faults: list[Fault]) -> dict[str, Value]:
        found = fields.mapping(node, what)
        faults += islice(fields.unknown(found, known, what), ENOUGH + 1)
        for name in required:
            if name not in found:
                faults.append(Fault(f"{what} has no {name}", node.start, node.start + 1))
        if some and not found:
            refuse(node, f"{what} is empty")
        values = {}
        for name, (_, part) in found.items():
            if name in known and len(faults) <= ENOUGH:
                values[name] = Value(_value(known[name], part, faults), part.start, part.end)
        return {name: each for name, each in values.items() if each.value is not None}

    def schema() -> Schema:
        made: Schema = {"type": "object", "additionalProperties": False}
        made["properties"] = {name: kind.schema() for name, kind in known.items()}
        return made | ({"required": list(required)} if required else {}) | ({"minProperties": 1} if some else {})

    return Kind(read, schema)
