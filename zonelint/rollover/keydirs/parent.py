"""When the parent has which DS record: what the files know of it, and the kindest assumption for the rest."""

from __future__ import annotations

from itertools import pairwise

from zonelint.rollover.keydirs.life import Life, Span
from zonelint.rollover.keydirs.numbers import Numbers
from zonelint.rollover.timeline import BEGINNING, FOREVER


def settle_ds(lives: list[Life], numbers: Numbers, now: int, known: frozenset[str] | None) -> None:
    """Set the DS span of every key that signs the DNSKEY set.

    `known` has the ids of the keys whose DS is at the parent now, None where nobody says so. Where neither that, nor
    a date, nor a state tells, the DS is taken to move when that is safe, if there is such a time at all.
    """
    entries = [life for life in lives if life.over_keys and life.dnskey and life.revoked != BEGINNING]
    chains = [
        [life for life in entries if life.file.algorithm == algorithm]
        for algorithm in dict.fromkeys(life.file.algorithm for life in entries)
    ]
    for chain in chains:
        _appear(chain[0], lives, numbers)
        for old, new in pairwise(chain):
            _swap(old, new, numbers, now, known)
    _leave_to_another_algorithm(chains, numbers)
    for life in entries:
        _recorded(life, now, known)


def _end(life: Life) -> int:
    """Give the instant at which a key ceases to be an entry to the zone."""
    assert life.over_keys is not None
    end = min(life.over_keys.end, life.dnskey.end if life.dnskey else life.over_keys.start)
    return end if life.revoked is None else min(end, life.revoked)


def _begin(life: Life) -> int:
    assert life.over_keys is not None
    return max(life.over_keys.start, life.dnskey.start if life.dnskey else BEGINNING)


def _later(at: int, seconds: int) -> int:
    return at if at in (BEGINNING, FOREVER) else at + seconds


def _appear(life: Life, lives: list[Life], numbers: Numbers) -> None:
    """Give the first key of an algorithm its DS once all caches know the keys and the signatures."""
    data = [
        other.over_data.start
        for other in lives
        if other.over_data and other.file.algorithm == life.file.algorithm and other.over_data.end > _begin(life)
    ]
    since = max(_begin(life), min(data, default=BEGINNING))
    life.ds, life.ds_source = Span(_later(since, numbers.first), FOREVER), "assumed"


def _swap(old: Life, new: Life, numbers: Numbers, now: int, known: frozenset[str] | None) -> None:
    """Let the DS of a key follow that of the one before.

    They are exchanged where both keys sign long enough, else both are there for a while: double-KSK and double-DS of
    RFC 7583 sections 3.3.1 and 3.3.2.
    """
    ready = _later(_begin(new), numbers.publication)
    end = _end(old)
    old.latest = None if end == FOREVER else end - numbers.ds
    new.ds_source = "assumed"
    seen = new.time("DSPublish")
    if seen is not None:
        new.ds = Span(seen, FOREVER)
        if old.ds and end != FOREVER:
            # a DS that comes before its key is known stands beside the old one until the key is
            gone = seen if seen >= ready else max(seen, end + numbers.publication)
            old.ds = Span(min(old.ds.start, gone), gone)
        return
    waiting = known is not None and new.id not in known
    # the key manager moves the DS when the new key becomes active, others when the zone asks for it
    due = (new.time("Activate") if new.managed else new.cds.start if new.cds else None) or ready
    both = max(ready, due, now if waiting else BEGINNING)
    if old.latest is None or both <= old.latest:
        new.ds = Span(both, FOREVER)
        if old.latest is not None and old.ds:
            old.ds = Span(min(old.ds.start, both), both)
        return
    early = _later(_begin(new), -numbers.ds)
    new.ds = Span(max(early, now) if waiting else early, FOREVER)
    if old.ds:
        old.ds = Span(min(old.ds.start, new.ds.start), max(end + numbers.publication, new.ds.start))


def _leave_to_another_algorithm(chains: list[list[Life]], numbers: Numbers) -> None:
    """Let the last key of an algorithm that ends hand over to the algorithm that came after it."""
    for chain in chains:
        last = chain[-1]
        end = _end(last)
        if end == FOREVER or not last.ds:
            continue
        heirs = [
            other[0].ds.start
            for other in chains
            if other is not chain and _end(other[-1]) > end and other[0].ds and other[0].ds.start < end
        ]
        last.latest = end - numbers.ds
        if heirs:
            last.ds = Span(last.ds.start, max(*heirs, last.ds.start))


def _recorded(life: Life, now: int, known: frozenset[str] | None) -> None:
    """Let dates, states and what the parent shows count more than assumptions."""
    span = life.ds or Span(FOREVER, FOREVER)
    start, end = span
    state = life.state("ds")
    seen, gone = life.time("DSPublish"), life.time("DSRemoved")
    if state == "omnipresent":
        start, end = BEGINNING, end if end > now else FOREVER
    elif state == "unretentive":
        start, end = BEGINNING, now if gone is None else gone
    elif state == "rumoured":
        start = max(now, _begin(life)) if seen is None else seen
        end = max(end, start + 1)
    elif state == "hidden":
        start = max(start, now) if life.state("goal") != "hidden" else FOREVER
    else:
        start = start if seen is None else seen
        end = end if gone is None else gone
    if seen is not None or gone is not None or state:
        life.ds_source = "file"
    if known is not None and not state:
        start, end = _shown(life.id in known, start, end, now)
        life.ds_source = "zone"
    life.ds = Span(start, end) if start < end and start != FOREVER else None


def _shown(present: bool, start: int, end: int, now: int) -> tuple[int, int]:
    """Fit a span to what the parent shows now."""
    if present:
        return start if start <= now else BEGINNING, max(end, now)
    return (FOREVER, FOREVER) if start < now else (start, end)
