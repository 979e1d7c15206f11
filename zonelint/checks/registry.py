"""How a check is declared: a generator of findings, and the ids of the rules it may yield.

A *node check* sees one owner name with its RRsets and runs wherever the part of the zone is scanned; it is called
only for names that have one of its types. A *zone check* sees the index of the whole zone and runs once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from zonelint.findings import Finding, Place
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.record import Files
from zonelint.zone.context import Context
from zonelint.zone.model import Node, Nodes
from zonelint.zone.summary import Special, Target

if TYPE_CHECKING:
    from zonelint.zone.index import ZoneIndex


class Scan(NamedTuple):
    """What a node check may know besides its node.

    In `special` it counts addresses, for a check of the whole zone to speak of (`zonelint.zone.summary.Special`), and
    `targets` takes the names that records point at. `nodes` are the names of the same part of the zone.
    """

    context: Context
    files: Files
    special: dict[str, Special]
    targets: list[Target]
    nodes: Nodes

    def place(self, position: int, field: int | None = None) -> Place:
        """Turn a position into a place, the caret on `field`."""
        return self.files.place(position, field)

    def point(self, owner: bytes, rdtype: int, name: bytes, position: int, priority: int = 0) -> None:
        """Note that a record points at a name, given as a key, for a check of the whole zone, if it is in the zone."""
        if name.startswith(self.context.apex):
            self.targets.append(Target(owner, rdtype, name, position, priority))


NodeCheck = Callable[[bytes, Node, Scan], Iterable[Finding]]
ZoneCheck = Callable[["ZoneIndex", Any], Iterator[Finding]]


class Registered(NamedTuple):
    """A check with what was declared of it; `types` and `beside` are empty for a check of the whole zone."""

    rules: tuple[str, ...]
    types: frozenset[int]
    beside: frozenset[int]
    check: Callable[..., Iterable[Finding]]


NODE_CHECKS: list[Registered] = []
"""Those of the modules that are loaded so far; `zonelint.checks` loads them."""

ZONE_CHECKS: list[Registered] = []
"""The same for the checks of the whole zone."""


def node_check(
    *rules: str, types: Iterable[int], beside: Iterable[int] = ()
) -> Callable[[NodeCheck], NodeCheck]:
    """Declare a check of single names, called for those that have one of `types` and all of those `beside` it."""

    def declare(check: NodeCheck) -> NodeCheck:
        NODE_CHECKS.append(Registered(rules, frozenset(types), frozenset(beside), check))
        return check

    return declare


def zone_check(*rules: str) -> Callable[[ZoneCheck], ZoneCheck]:
    """Declare a check of the whole zone."""

    def declare(check: ZoneCheck) -> ZoneCheck:
        ZONE_CHECKS.append(Registered(rules, frozenset(), frozenset(), check))
        return check

    return declare


def found(
    rule: str,
    message: str,
    place: Place | None,
    owner: bytes,
    rdtype: int | None = None,
    discriminator: str = "",
    related: tuple[tuple[Place, str], ...] = (),
) -> Finding:
    """Make a finding from an owner key and a type number."""
    shown = "" if rdtype is None else rdtypes.type_name(rdtype)
    return Finding(rule, message, place, text_from_key(owner), shown, discriminator, related)


def types_text(types: Iterable[int]) -> str:
    """Write type numbers as mnemonics in ascending order."""
    return " ".join([rdtypes.type_name(number) for number in sorted(types)])
