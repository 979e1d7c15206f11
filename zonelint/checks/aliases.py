"""Where aliases of the zone lead: CNAME, DNAME and SVCB in AliasMode (RFC 1034 section 3.6.2, RFC 6672, RFC 9460)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from zonelint.catalogue import option, settings
from zonelint.checks.inputs import Inputs
from zonelint.checks.names import REVERSE
from zonelint.checks.registry import Scan, found, node_check, zone_check
from zonelint.findings import Finding
from zonelint.names import key_from_wire, parent, text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import CNAME, DNAME
from zonelint.zone.index import Status, ZoneIndex
from zonelint.zone.model import ADDRESSES, Node, Rrset
from zonelint.zone.summary import Target

_SVCB, _HTTPS = rdtypes.TYPES["SVCB"], rdtypes.TYPES["HTTPS"]
_SERVICES = frozenset({_SVCB, _HTTPS})
_ALIAS: Node = {CNAME: Rrset(0, b"", 0)}
_USUAL = 4
_LONGEST = 300
"""Octets beyond which no key of a name goes but by escapes: names that DNAME makes longer each time end there."""

# the same few targets come again and again, and each key is to be kept once
_key = lru_cache(maxsize=1 << 16)(key_from_wire)


@node_check(types=[CNAME, DNAME])
def note_aliases(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """Note where CNAME and DNAME lead within the zone."""
    for rdtype in (CNAME, DNAME):
        if rdtype in node:
            rrset = node[rdtype]
            name = _key(rrset.rdatas[0])
            # most aliases lead to a name with records, and there is no more to say of them; but what is further below
            # the apex may be below a DNAME that leads on
            is_deep = name.count(b"\0") > scan.context.apex.count(b"\0") + 1
            if rdtype == DNAME or is_deep or CNAME in scan.nodes.get(name, _ALIAS):
                scan.point(owner, rdtype, name, rrset.positions[0])
    return ()


@dataclass(slots=True)
class _Aliases:
    """The aliases of a zone, by owner, and where the next step from each name leads (None: not to an alias)."""

    index: ZoneIndex
    names: dict[bytes, Target] = field(default_factory=dict)
    trees: dict[bytes, Target] = field(default_factory=dict)
    steps: dict[bytes, tuple[bytes, Target] | None] = field(default_factory=dict)

    def step(self, name: bytes) -> tuple[bytes, Target] | None:
        """Give the name that an alias puts in the place of this one, and the alias; None where there is none."""
        if name not in self.steps:
            self.steps[name] = self._step(name)
        return self.steps[name]

    def leaves(self, name: bytes) -> bool:
        """Tell whether a name is an alias whose target was not noted: it ends there, or outside of the zone."""
        at = self.index.find(name)
        return at is not None and CNAME in self.index.facts[self.index.kinds[at]].types and name not in self.names

    def _step(self, name: bytes) -> tuple[bytes, Target] | None:
        index, target = self.index, self.names.get(name)
        at = index.find(name)
        status = index.status_of(name) if at is None else Status(index.statuses[at])
        if status is Status.below_dname:
            return self._renamed(name)
        if status is Status.authoritative and target is None and at is None and not index.exists(name):
            # an alias at a wildcard answers for each name that it stands for
            target = self.names.get(closest_wildcard(index, name) or b"")
        return (target.name, target) if target and status is Status.authoritative else None

    def _renamed(self, name: bytes) -> tuple[bytes, Target] | None:
        above, highest = parent(name), None
        while len(above) >= len(self.index.context.apex):
            highest = self.trees.get(above, highest)
            if not above:
                break
            above = parent(above)
        if highest is None or len(name) > _LONGEST:
            return None
        return highest.name + name[len(highest.owner) :], highest


def closest_wildcard(index: ZoneIndex, name: bytes) -> bytes | None:
    """Give the wildcard that would stand for a name that does not exist (RFC 4592 section 3.3.1), there or not."""
    while name != index.context.apex:
        name = parent(name)
        if index.exists(name):
            return name + b"*\0"
    return None


def gives_nothing(index: ZoneIndex, name: bytes) -> str:
    """Say why a name of the zone has no records; empty where it has some, or another zone or an alias may."""
    if index.status_of(name) is not Status.authoritative or index.find(name) is not None:
        return ""
    if index.exists(name):
        return "has no records, only names below it"
    wildcard = closest_wildcard(index, name)
    return "" if wildcard and index.find(wildcard) is not None else "does not exist in this zone"


@zone_check("cname-loop", "cname-chain-long", "cname-target-missing")
def check_names(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """A CNAME leads to a name that is none (RFC 1034 section 3.6.2), and that is there (RFC 1912 section 2.4)."""
    aliases, own = _Aliases(index), list[Target]()
    for target in index.targets:
        if target.rdtype == CNAME and not _has_records(index, target.name):
            own.append(target)
        elif target.rdtype == DNAME and index.status_of(target.owner) is Status.authoritative:
            aliases.trees.setdefault(target.owner, target)
    if not own and not aliases.trees:
        return
    passed = {target.name for target in own}
    for target in index.targets:
        if target.rdtype == CNAME and (target.owner in passed or target.owner.endswith(b"\0*\0")):
            aliases.names.setdefault(target.owner, target)
    own = [target for target in own if index.status_of(target.owner) is Status.authoritative]
    aliases.names |= {target.owner: target for target in own}
    yield from _missing(index, own)
    yield from _walk(index, aliases, own)


def _has_records(index: ZoneIndex, name: bytes) -> bool:
    """Tell whether a name ends each chain that leads to it, without a look at the other aliases."""
    at = index.find(name)
    if at is None or index.statuses[at] == Status.below_dname:
        return False
    return CNAME not in index.facts[index.kinds[at]].types


def _missing(index: ZoneIndex, own: list[Target]) -> Iterator[Finding]:
    for target in own:
        # names for proofs of control come and go, and part of a reverse zone has a name for each address
        if target.name.startswith(REVERSE) or b"\0_acme-challenge\0" in target.owner + target.name:
            continue
        if state := gives_nothing(index, target.name):
            name = text_from_key(target.name)
            message = f"{text_from_key(target.owner)} is an alias of {name}, which {state}"
            yield found("cname-target-missing", message, index.place(target.position, 0), target.owner, CNAME)


def _walk(index: ZoneIndex, aliases: _Aliases, own: list[Target]) -> Iterator[Finding]:
    """Follow each CNAME to its end; names that were seen to end are not followed again."""
    links: dict[bytes, int] = {}
    looped = set[bytes]()
    # of a DNAME that leads below itself `dname-loop` speaks
    below = [tree.owner + b"_\0" for tree in aliases.trees.values() if not tree.name.startswith(tree.owner)]
    for name in [*[target.owner for target in own], *below]:
        trail: dict[bytes, Target] = {}
        while name not in links and name not in looped and name not in trail and (step := aliases.step(name)):
            trail[name] = step[1]
            name = step[0]
        if name in trail or len(name) > _LONGEST:
            begin = list(trail).index(name) if name in trail else 0
            yield _loop(index, list(trail.items())[begin:], endless=name not in trail)
        if name in trail or name in looped or len(name) > _LONGEST:
            looped.update(trail)
            continue
        length = links.get(name, 0) or aliases.leaves(name)
        for passed in reversed(trail):
            length += 1
            links[passed] = length
    most = max(links.values(), default=0)
    # to read the rule takes longer than to follow the few aliases of most zones
    if (most > _USUAL or settings()) and most > (limit := option("cname-chain-long", "max")):
        yield from _long(index, aliases, own, links, limit)


def _loop(index: ZoneIndex, steps: list[tuple[bytes, Target]], *, endless: bool) -> Finding:
    aliases = sorted({target for _, target in steps}, key=lambda target: (target.rdtype != CNAME, target.position))
    first = aliases[0]
    if endless:
        message = f"{text_from_key(first.owner)} leads to a DNAME that makes the name longer each time"
    elif len(steps) == 1:
        message = f"{text_from_key(first.owner)} is an alias of itself"
    else:
        names = [text_from_key(name) for name, _ in steps]
        message = f"aliases lead in a circle: {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}"
    return found("cname-loop", message, index.place(first.position, 0), first.owner, first.rdtype)


def _long(
    index: ZoneIndex, aliases: _Aliases, own: list[Target], links: dict[bytes, int], limit: int
) -> Iterator[Finding]:
    """Speak of the first alias of each chain only: what is wrong with the others is the same."""
    followed = {step[0] for name in links if (step := aliases.step(name))}
    for target in own:
        if links.get(target.owner, 0) > limit and target.owner not in followed:
            number, name = links[target.owner], text_from_key(target.owner)
            message = f"{number} aliases from {name} on, advised are at most {limit}"
            yield found("cname-chain-long", message, index.place(target.position, 0), target.owner, CNAME)


@zone_check("svcb-alias-loop", "svcb-target-missing")
def check_services(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """SVCB and HTTPS lead to a name that has addresses, and not in a circle (RFC 9460 sections 2.4.2 and 3)."""
    aliases: dict[tuple[int, bytes], Target] = {}
    for target in index.targets:
        if target.rdtype not in _SERVICES or index.status_of(target.owner) is not Status.authoritative:
            continue
        if not target.priority:
            aliases.setdefault((target.rdtype, target.owner), target)
        if state := _without_address(index, target):
            name, kind = text_from_key(target.name), rdtypes.type_name(target.rdtype)
            place = index.place(target.position, 1)
            message = f"{kind} points at {name}, which {state}"
            yield found("svcb-target-missing", message, place, target.owner, target.rdtype, name)
    yield from _circles(index, aliases)


def _circles(index: ZoneIndex, aliases: dict[tuple[int, bytes], Target]) -> Iterator[Finding]:
    """Find the aliases that lead back to themselves; each is passed once."""
    seen = set[tuple[int, bytes]]()
    for start in aliases:
        trail, at = dict[tuple[int, bytes], None](), start
        while at in aliases and at not in trail and at not in seen:
            trail[at] = None
            at = at[0], aliases[at].name
        seen.update(trail)
        circle = list(trail)[list(trail).index(at) :] if at in trail else []
        # an alias of itself has a rule of its own
        if len(circle) > 1:
            first = min(range(len(circle)), key=lambda number: aliases[circle[number]].position)
            names = ", ".join(text_from_key(owner) for _, owner in circle[first:] + circle[:first])
            rdtype, owner = circle[first]
            place = index.place(aliases[circle[first]].position, 1)
            yield found("svcb-alias-loop", f"aliases lead in a circle: {names}", place, owner, rdtype)


def _without_address(index: ZoneIndex, target: Target) -> str:
    at = index.find(target.name)
    if at is None:
        return gives_nothing(index, target.name)
    if index.status_of(target.name) is not Status.authoritative:
        return ""
    types = index.facts[index.kinds[at]].types
    wanted = ADDRESSES | {CNAME} | (frozenset() if target.priority else {target.rdtype})
    return "" if types & wanted else "has no A or AAAA record"
