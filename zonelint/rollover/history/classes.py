"""The classes of signed data in a history: their TTLs, and the validity of their signatures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from zonelint.rollover.history.model import Story
from zonelint.rollover.history.numbers import Clock, negative_ttl
from zonelint.rollover.history.signers import sets_of
from zonelint.rollover.history.spans import Good, mattering, ttl_events, validity_events
from zonelint.rollover.model import Event, Key, Number, RrsetClass
from zonelint.rollover.transitions.pair import KINDS
from zonelint.times import to_text


class Classes:
    """The DNSKEY set and the kinds of signed data of all versions, with what becomes of them.

    `rrsets` has the TTL that each kind begins with, `numbers` that of the DNSKEY set.
    """

    def __init__(self, story: Story, keys: Mapping[str, Key], clock: Clock) -> None:
        self._story, self._keys, self._clock = story, keys, clock
        self._seen = [each.version.seen for each in story.published]
        self._ttls = {kind: _filled([self._ttl(number, kind) for number in range(len(self._seen))])
                      for kind in ("dnskey", *self._kinds())}  # fmt: skip
        self._validity = {kind: [self._good(number, kind) for number in range(len(self._seen))] for kind in self._ttls}
        self._gone = [at + delay for at, delay in zip([*story.times[1:], story.end], story.delays, strict=True)]
        self._counting = {kind: mattering(ttls, self._gone, self._contents(kind)) for kind, ttls in self._ttls.items()}

    @property
    def rrsets(self) -> tuple[RrsetClass, ...]:
        """The kinds of signed data with the TTL of the first version."""
        return tuple(RrsetClass(kind, ttls[0], kind == "denial") for kind, ttls in self._counting.items()
                     if kind != "dnskey")  # fmt: skip

    @property
    def numbers(self) -> dict[str, Number]:
        """The TTL of the first DNSKEY set."""
        first = self._story.published[0].version.name
        return {"dnskey-ttl": Number(self._counting["dnskey"][0], f"zone {first}")}

    def events(self) -> Iterator[Event]:
        """Give the TTLs that change and the signatures that end too soon, or begin too late."""
        for kind, ttls in self._counting.items():
            yield from ttl_events(kind, ttls, self._story.times)
            yield from validity_events(kind, self._validity[kind], self._story.times, self._needed(kind))

    @property
    def good_until(self) -> int | None:
        """When the first signature of the last version expires."""
        return min((span[-1].until for span in self._validity.values() if span[-1] is not None), default=None)

    def unjudged(self) -> Iterator[str]:
        """Say what of the signatures cannot be judged."""
        if "denial" not in self._counting and any(side.signers for side in self._story.sides):
            yield "denial: no version has signed NSEC or NSEC3 records"
        if self._story.complete:
            return
        ends = [(version.version.name, span.until)
                for spans in self._validity.values()
                for version, span, after in zip(self._story.published, spans, self._story.times[1:], strict=False)
                if span is not None and span.until < after]  # fmt: skip
        if ends:
            name, until = min(ends, key=lambda each: each[1])
            yield (
                f"signatures: some expire before the next version that is here, first those of {name} at "
                f"{to_text(until)}; versions are missing, or the zone was bogus (--complete if none is missing)"
            )

    def _kinds(self) -> Iterator[str]:
        """Give the kinds of data that are signed in some version, all where nothing is ever signed."""
        signed = {kind for seen in self._seen for kind, _ in seen.groups}
        chained = any(side.state.chains for side in self._story.sides)
        for kind in KINDS:
            if (kind in signed or not signed) and (kind != "denial" or chained or not signed):
                yield kind

    def _ttl(self, number: int, kind: str) -> int | None:
        seen = self._seen[number]
        if kind == "dnskey":
            return seen.dnskey_ttl
        ttls = [ttl for which, ttl in seen.classes if which == kind]
        if kind == "denial":
            ttls.append(negative_ttl(self._story.published[number]))
        return max(ttls, default=None)

    def _contents(self, kind: str) -> list[object]:
        """Give what tells the versions of a class apart to a resolver."""
        if kind == "dnskey":
            return [(s.state.dnskey, s.state.dnskey_signers, s.state.revoked) for s in self._story.sides]
        return [(sets_of(side), side.state.chains if kind == "denial" else None) for side in self._story.sides]

    def _good(self, number: int, kind: str) -> Good | None:
        """Give the time in which every RRset of a class, or the DNSKEY set, has a good signature."""
        seen = self._seen[number]
        if kind == "dnskey":
            side = self._story.sides[number]
            trusted = frozenset().union(*(each.keys for each in self._story.ds))
            names = {(self._keys[id_].tag, self._keys[id_].algorithm)
                     for id_ in side.entries & trusted or side.entries}  # fmt: skip
            over = [each for each in seen.key_signatures if (each.tag, each.algorithm) in names]
            return Good(min(s.inception for s in over), max(s.expiration for s in over)) if over else None
        groups = [group for (which, _), group in seen.groups.items() if which == kind]
        if not groups:
            return None
        return Good(max(group.good_from for group in groups), min(group.good_until for group in groups))

    def _needed(self, kind: str) -> list[int]:
        """Give until when the signatures of each version have to be good: as long as something serves them."""
        if not self._story.complete:
            return [0] * len(self._gone)
        needed = [*self._gone[:-1], self._story.end]
        stale = self._clock.number("serve-stale")
        if stale or self._clock.number("forwarders"):
            return [at + ttl + stale for at, ttl in zip(needed, self._ttls[kind] or [0] * len(needed), strict=True)]
        return needed


def _filled(ttls: Sequence[int | None]) -> list[int]:
    """Give a version without such data the TTL of the one before, or else of the first that has some."""
    known = [ttl for ttl in ttls if ttl is not None]
    current = known[0] if known else 0
    result = []
    for ttl in ttls:
        current = current if ttl is None else ttl
        result.append(current)
    return result
