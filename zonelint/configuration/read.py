"""Reading a configuration file: all of it, or every fault in it at its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zonelint.configuration import Refused
from zonelint.configuration.form import FILE
from zonelint.configuration.kinds import ENOUGH, Value
from zonelint.documents.nodes import Fault, parse
from zonelint.findings import Finding, Place
from zonelint.source.text import Unreadable, holds_private_key

RULE = "configuration-invalid"
RULES = frozenset({RULE})
"""The rules about configuration files."""

SIZE_LIMIT = 1 << 20
"""Octets of a configuration file."""

_WHAT = "a configuration"
_HORIZON = "rrsig-expires-soon", "horizon"
_BY_HAND = ("previous", "since")


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says: the settings at its top, with `zones`, `placeholders`, `suppress` and `baseline` among them.

    `octets` is its text. With `of_commit` it came with a commit, and the files that it names beside it are not read:
    whoever pushes a commit must not choose what is read on the server.
    """

    file: str
    top: dict[str, Value]
    octets: bytes = b""
    of_commit: bool = False

    @property
    def zones(self) -> list[dict[str, Value]]:
        """The entries of `zones`, in order."""
        return [entry.value for entry in self.entries("zones")]

    @property
    def placeholders(self) -> frozenset[bytes]:
        """The words that stand for a serial."""
        return frozenset(entry.value["token"].value.encode() for entry in self.entries("placeholders"))

    def entries(self, name: str) -> tuple[Value, ...]:
        """Give the parts of a list at the top of the file."""
        found: tuple[Value, ...] = self.top[name].value if name in self.top else ()
        return found

    def place(self, value: Value) -> Place:
        """Give the place of a value in the file."""
        return Place(self.file, value.start, value.end)

    def refuse(self, value: Value, message: str) -> Refused:
        """Make the refusal of a value that turns out wrong when it is put to use."""
        return Refused(self.file, self.octets, [Finding(RULE, message, self.place(value), discriminator=message)])


def read_configuration(path: str) -> Configuration:
    """Read a configuration file; raises `Refused` for what is wrong in it, `Unreadable` where it cannot be read."""
    try:
        with open(path, "rb") as file:
            octets = file.read(SIZE_LIMIT + 1)
    except OSError as fault:
        reason = (fault.strerror or str(fault)).lower()
        raise Unreadable(f"{path}: the configuration cannot be read: {reason}") from None
    except ValueError:
        raise Unreadable(f"{path!r}: no file can have this name") from None
    if len(octets) > SIZE_LIMIT:
        raise Unreadable(f"{path}: more than {SIZE_LIMIT} octets, this is no configuration file")
    return parse_configuration(octets, path)


def parse_configuration(octets: bytes, file: str, *, of_commit: bool = False) -> Configuration:
    """Read the text of a configuration file, whose name in messages is `file`; raises `Refused`."""
    faults: list[Fault] = []
    top: dict[str, Value] = {}
    try:
        if holds_private_key(octets):
            raise Fault("this is a private key, not a configuration", 0, 0)
        top = FILE.read(parse(octets, _WHAT), faults)
    except Fault as fault:
        faults.append(fault)
    for part in (top, *(entry.value for entry in _entries(top))):
        _fold_horizon(part, faults)
        _same_twice(part, faults)
    if not faults:
        return Configuration(file, top, octets, of_commit)
    faults.sort(key=lambda fault: fault.start)
    messages = list(dict.fromkeys((fault.message, Place(file, fault.start, fault.end)) for fault in faults))
    if len(messages) > ENOUGH:
        messages[ENOUGH:] = [("there are more faults; correct these first", messages[ENOUGH][1])]
    raise Refused(file, octets, [Finding(RULE, words, place, discriminator=words) for words, place in messages])


def _entries(top: dict[str, Value]) -> tuple[Value, ...]:
    found: tuple[Value, ...] = top["zones"].value if "zones" in top else ()
    return found


def _fold_horizon(part: dict[str, Value], faults: list[Fault]) -> None:
    """Let `horizon` be what it stands for, the option of its rule."""
    horizon = part.pop("horizon", None)
    if horizon is None:
        return
    changes: dict[tuple[str, str], Any] = part["rules"].value if "rules" in part else {}
    if _HORIZON in changes:
        faults.append(Fault("horizon is set under rules already (rrsig-expires-soon)", horizon.start, horizon.end))
    part["rules"] = Value({**changes, _HORIZON: horizon}, horizon.start, horizon.end)


def _same_twice(part: dict[str, Value], faults: list[Fault]) -> None:
    if all(name in part for name in _BY_HAND):
        since = part["since"]
        faults.append(Fault("previous and since exclude each other", since.start, since.end))


