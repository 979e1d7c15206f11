"""Faults in the dates of keys: out of order, too close together, or leaving the zone without a key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from zonelint.findings import Finding
from zonelint.rollover.keydirs.gaps import coverage, swaps
from zonelint.rollover.keydirs.life import Life, Span
from zonelint.rollover.keydirs.numbers import Numbers
from zonelint.rollover.keydirs.words import can_judge, finding, sum_of
from zonelint.rollover.timeline import BEGINNING, FOREVER, query_interval
from zonelint.times import to_text

_ORDER = (
    ("Publish", "Activate"),
    ("Publish", "Inactive"),
    ("Publish", "Delete"),
    ("Activate", "Inactive"),
    ("Activate", "Delete"),
    ("Inactive", "Delete"),
    ("Revoke", "Delete"),
    ("SyncPublish", "SyncDelete"),
    ("DSPublish", "DSRemoved"),
)
"""Pairs of dates of which the first must not come after the second."""

_STRICT = frozenset({("Activate", "Inactive"), ("Activate", "Delete"), ("SyncPublish", "SyncDelete")})
"""Those that must not be the same either: between them lies all that the key is for."""


def check_dates(lives: Sequence[Life], numbers: Numbers, now: int, until: int | None) -> Iterator[Finding]:
    """Judge the dates of the keys of one zone; what is over and done with at `now` is left alone."""
    for life in lives:
        if (life.time("Delete") or FOREVER) > now or life.dnskey:
            yield from _order(life)
        if life.dnskey and life.dnskey.end > now:
            yield from _activation(life, lives, numbers, now)
            yield from _removal(life, lives, numbers, now)
            yield from _cds(life, lives, numbers, now)
            yield from _revocation(life, numbers, now)
    yield from coverage(lives, now, FOREVER if until is None else until)
    yield from swaps(lives, numbers, now)


def _order(life: Life) -> Iterator[Finding]:
    for first, second in _ORDER:
        before, after = life.time(first), life.time(second)
        if before is None or after is None or before < after or (before == after and (first, second) not in _STRICT):
            continue
        if (first, second) == ("Publish", "Activate") and life.managed:
            continue  # the key manager publishes and activates by its states
        how = "at the same time as" if before == after else "before"
        message = f"{life.label}: {second} {to_text(after)} is {how} {first} {to_text(before)}"
        yield finding("key-dates-out-of-order", message, life.place(second), life, what=f"{first}/{second}")
        return


def _signers(life: Life, lives: Sequence[Life]) -> Iterator[tuple[Life, Span]]:
    """Give the other keys of the algorithm that sign the zone."""
    for other in lives:
        if other is not life and other.over_data and other.public.algorithm == life.public.algorithm:
            yield other, other.over_data


def _activation(life: Life, lives: Sequence[Life], numbers: Numbers, now: int) -> Iterator[Finding]:
    """A key that signs alone before all caches can know it."""
    signs, shown = life.over_data, life.dnskey
    if not signs or not shown or BEGINNING in (signs.start, shown.start) or not can_judge(life, numbers):
        return
    ready = shown.start + numbers.publication
    if signs.start >= ready or ready <= now:
        return
    others = [span for _, span in _signers(life, lives) if span.start < signs.start and span.end >= signs.start]
    # signatures of a key that everybody knows carry the zone until the new one is known too
    if not others or max(span.end for span in others) >= ready:
        return
    message = (
        f"{life.label} signs alone from {to_text(max(signs.start, max(span.end for span in others)))}, "
        f"{signs.start - shown.start} s after its publication: all caches know it from {to_text(ready)} "
        f"(Ipub = Dprp + TTLkey = {sum_of(numbers, 'zone-propagation', 'dnskey-ttl')} s)"
    )
    rule = "key-active-early"
    if life.time("Publish") is None:
        rule, message = "key-date-missing", f"{message}; it has no Publish date"
    yield finding(rule, message, life.place("Activate"), life)


def _removal(life: Life, lives: Sequence[Life], numbers: Numbers, now: int) -> Iterator[Finding]:
    """A key that leaves the zone while caches still hold what only it signed."""
    signs, shown = life.over_data, life.dnskey
    if not signs or not shown or shown.end == FOREVER or not can_judge(life, numbers):
        return
    safe = _needed(life, signs, shown, lives, numbers)
    if shown.end >= safe or safe <= now:
        return
    if not any(span.holds(shown.end) for _, span in _signers(life, lives)):
        return  # told as a gap
    message = (
        f"{life.label} is deleted at {to_text(shown.end)}: caches hold what it signed until {to_text(safe)} "
        f"(Iret = Dsgn + Dprp + TTLsig = {sum_of(numbers, 'sign-delay', 'zone-propagation', 'data-ttl')} s "
        f"after {to_text(safe - numbers.retirement)}, when it ceased to sign alone)"
    )
    rule = "key-deleted-early"
    if life.time("Inactive") is None:
        rule, message = "key-date-missing", f"{message}; it has no Inactive date"
    yield finding(rule, message, life.place("Delete"), life)


def _needed(life: Life, signs: Span, shown: Span, lives: Sequence[Life], numbers: Numbers) -> int:
    """Give the time until which caches hold data that only this key's DNSKEY can validate."""
    others = list(_signers(life, lives))
    edges = {edge for _, span in others for edge in span if signs.start < edge < signs.end}
    needed = BEGINNING
    for start, end in pairwise(sorted({*edges, *signs})):
        held = end + numbers.retirement
        # what another key signed as well is safe with that one, if it stays and caches know it by then
        if not any(
            span.start <= start
            and span.end >= end
            and other.dnskey
            and other.dnskey.end >= held
            and (other.dnskey.start == BEGINNING or other.dnskey.start + numbers.publication <= shown.end)
            for other, span in others
        ):
            needed = held
    return needed


def _cds(life: Life, lives: Sequence[Life], numbers: Numbers, now: int) -> Iterator[Finding]:
    """A CDS record that asks for a DS before all caches know the key: the parent may act at once."""
    if not life.cds or not life.over_keys or life.over_keys.start == BEGINNING or not can_judge(life, numbers):
        return
    older = [o for o in lives if o is not life and o.over_keys and o.over_keys.start < life.over_keys.start]
    ready = life.over_keys.start + (numbers.publication if older else numbers.first)
    if life.cds.start >= ready or ready <= now:
        return
    formula = "Ipub = Dprp + TTLkey" if older else "RFC 7583 section 3.3.5"
    message = (
        f"SyncPublish of {life.label} is {to_text(life.cds.start)}: the DS may be there at once, "
        f"and all caches know the key from {to_text(ready)} ({formula})"
    )
    yield finding("key-cds-early", message, life.place("SyncPublish"), life)


def _revocation(life: Life, numbers: Numbers, now: int) -> Iterator[Finding]:
    """A key that is revoked for too short a time to be noticed (RFC 7583 section 3.3.4)."""
    if life.revoked in (None, BEGINNING) or not life.dnskey or life.dnskey.end == FOREVER:
        return
    assert life.revoked is not None
    needed = numbers.get("zone-propagation") + query_interval(numbers.get("dnskey-ttl"))
    if life.dnskey.end - life.revoked < needed and life.dnskey.end > now:
        message = (
            f"{life.label} is deleted {life.dnskey.end - life.revoked} s after its revocation: resolvers may look "
            f"only every {needed} s"
        )
        yield finding("key-revocation-short", message, life.place("Delete"), life)
