"""Reading the zone files of delegated zones, and what the zone itself says of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zonelint.checks import READING
from zonelint.checks.inputs import Child
from zonelint.engine.options import UsageError
from zonelint.engine.origin import Origin, find_origin, looks_like_zone
from zonelint.names import text_from_key
from zonelint.source.include import IncludePolicy
from zonelint.source.rdtypes import DNSKEY, NS
from zonelint.source.reader import Reader
from zonelint.source.record import Files, State
from zonelint.source.text import Source, Unreadable, holds_private_key, open_source
from zonelint.zone.model import ADDRESSES, Nodes, collect

if TYPE_CHECKING:
    from zonelint.engine.zone import Judged


class Children:
    """The files of delegated zones that a run is given; each has to be below one of the zones that it judges."""

    def __init__(self) -> None:
        self._passed_over: dict[str, str] = {}
        self._used: set[str] = set()

    def read(self, paths: Sequence[str], judged: Judged, source: Source, allowed: Sequence[str]) -> list[Child] | str:
        """Read the files that hold zones below this one; where there is none, give the reason, with what they hold.

        Raises `UsageError` for a file that is no zone, and `Unreadable` for one that cannot be read whole.
        """
        apex, children, others = judged.index.context.apex, list[Child](), dict[str, str]()
        for path in _files(paths):
            child_source = open_source(path)
            if holds_private_key(child_source.read(0, 4096)):
                raise Unreadable(f"{path}: holds a private key, not a zone")
            policy = IncludePolicy.for_zone(child_source.path, tuple(allowed))
            origin = find_origin(child_source, policy, None)
            if not origin.has_soa:
                raise UsageError(f"--child {path}: holds no SOA record, so it is no zone")
            if origin.apex == apex or not origin.apex.startswith(apex):
                others[path] = text_from_key(origin.apex)
                continue
            nodes, _ = _nodes(child_source, origin, policy, (b"",))
            children.append(_child(path, origin.apex, nodes))
        # a folder may hold zones of all kinds
        self._passed_over |= {path: zone for path, zone in others.items() if path in paths}
        self._used.update(child.file for child in children)
        if not children:
            held = [f"{path} holds {zone}" for path, zone in others.items()] or [f"{', '.join(paths)} holds no zone"]
            return f"no zone below this one: {held[0]}" + (f" (and {len(held) - 1} more)" if len(held) > 1 else "")
        tops = tuple(child.apex for child in children)
        nodes, files = _nodes(source, judged.origin, judged.policy, tops, whole=False)
        for child in children:
            child.above.update({owner: node for owner, node in nodes.items() if owner.startswith(child.apex)})
            child.files = files
        return children

    def unused(self) -> Iterator[str]:
        """Say of each file that was named and is below none of the zones that it was passed over."""
        for path, zone in self._passed_over.items():
            if path not in self._used:
                yield f"--child {path}: holds {zone}, which is below no zone that was judged; it was passed over"


def _files(paths: Sequence[str]) -> Iterator[str]:
    """Give each file that was named, and those in folders that look like zones."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        try:
            names = sorted(os.listdir(path))
        except OSError as fault:
            raise Unreadable(f"{path}: {(fault.strerror or str(fault)).lower()}") from None
        for name in names:
            full = os.path.join(path, name)
            if not name.startswith(".") and os.path.isfile(full) and looks_like_zone(full):
                yield full


def _nodes(
    source: Source, origin: Origin, policy: IncludePolicy, tops: tuple[bytes, ...], *, whole: bool = True
) -> tuple[Nodes, Files]:
    """Read the names of a zone that are at or below `tops`; a fault in the text of a `whole` one is `Unreadable`."""
    files = Files([source.name])
    text = source.read(0, source.size)
    reader = Reader(
        text, files, State(origin.initial), policy, apex=origin.apex, rdclass=origin.rdclass, path=source.path
    )
    nodes = collect([(record for record in reader.records() if record[0].startswith(tops))]).nodes
    faults = [problem for problem in reader.problems if problem.rule in READING - {"ttl-missing", "out-of-zone"}]
    if whole and faults:
        raise Unreadable(f"{source.name}: cannot be read whole ({faults[0].message}): check it by itself")
    return nodes, files


def _child(path: str, apex: bytes, nodes: Nodes) -> Child:
    """Take from a zone what its parent speaks of: name servers, keys, and the addresses it answers for."""
    from zonelint.dnssec.zonekey import ZoneKey

    top = nodes.get(apex, {})
    cuts = tuple(owner for owner, node in nodes.items() if NS in node and owner != apex)
    addresses = {
        owner: {rdtype: frozenset(node[rdtype].rdatas) for rdtype in ADDRESSES & node.keys()}
        for owner, node in nodes.items() if not (cuts and owner.startswith(cuts))
    }  # fmt: skip
    return Child(
        path, apex, text_from_key(apex), frozenset(top[NS].rdatas) if NS in top else frozenset(),
        tuple(ZoneKey.load(rdata) for rdata in top[DNSKEY].rdatas) if DNSKEY in top else (), addresses, cuts,
    )  # fmt: skip
