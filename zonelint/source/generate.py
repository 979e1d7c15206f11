"""BIND's `$GENERATE`: one line that stands for many records (BIND 9 Administrator Reference Manual)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

LIMIT = 65536
"""How many records one directive may make."""

_RANGE = re.compile(rb"([0-9]{1,10})-([0-9]{1,10})(?:/([0-9]{1,10}))?")
_PLACE = re.compile(rb"\\.|\$\$|\$(?:\{([^}]*)\})?", re.DOTALL)
_MODIFIER = re.compile(rb"(-?[0-9]{1,10})(?:,([0-9]{1,3})(?:,([doxXnN]))?)?")


class BadGenerate(ValueError):
    """A directive that cannot be carried out; `argument` is the number of the one at fault."""

    def __init__(self, message: str, argument: int) -> None:
        super().__init__(message)
        self.argument = argument


def expand(arguments: Sequence[bytes]) -> Iterator[bytes]:
    """Give the text of each record that `range lhs [ttl] [class] type rhs` stands for; raises `BadGenerate`."""
    if len(arguments) < 4:
        raise BadGenerate("$GENERATE needs a range, an owner, a type and RDATA", 0)
    found = _RANGE.fullmatch(arguments[0])
    if not found:
        raise BadGenerate("the range is written start-stop or start-stop/step", 0)
    start, stop, step = int(found[1]), int(found[2]), int(found[3] or 1)
    if stop < start or not step:
        raise BadGenerate("the range is empty", 0)
    if (stop - start) // step >= LIMIT:
        raise BadGenerate(f"more than {LIMIT} records", 0)
    for number in range(start, stop + 1, step):
        yield b" ".join([_fill(argument, number, i) for i, argument in enumerate(arguments) if i])


def _fill(template: bytes, number: int, argument: int) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        written = found[0]
        if written == b"\\$" or written == b"$$":
            return b"\\$"
        if written.startswith(b"\\"):
            return written
        if template[found.end() - 1 : found.end() + 1] == b"${":
            raise BadGenerate("the brace behind $ is not closed", argument)
        return _format(found[1], number, argument)

    return _PLACE.sub(one, template)


def _format(modifier: bytes | None, number: int, argument: int) -> bytes:
    if modifier is None:
        return b"%d" % number
    found = _MODIFIER.fullmatch(modifier)
    if not found:
        raise BadGenerate("a modifier is written ${offset[,width[,base]]}", argument)
    value, width, base = number + int(found[1]), int(found[2] or 0), (found[3] or b"d").decode()
    if value < 0 and base in "nN":
        raise BadGenerate("the offset makes the number negative", argument)
    if base in "nN":
        return _nibbles(value, width, base)
    return format(value, f"0{width}{base}" if width else base).encode()


def _nibbles(value: int, width: int, base: str) -> bytes:
    """Reverse-order hexadecimal digits with dots, for names below ip6.arpa; the width counts the dots."""
    digits = format(value, "x" if base == "n" else "X")[::-1]
    text = ".".join(digits)
    while len(text) < width:
        text += "." if text.endswith(tuple("0123456789abcdefABCDEF")) else "0"
    return text.encode()
