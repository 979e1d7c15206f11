"""Times without a key: nothing published and active, or an entry key gone before its DS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zonelint.findings import Finding
from zonelint.rollover.keydirs.life import Life, Span
from zonelint.rollover.keydirs.numbers import Numbers
from zonelint.rollover.keydirs.words import can_judge, finding, sum_of
from zonelint.rollover.model import Role
from zonelint.rollover.timeline import BEGINNING, FOREVER
from zonelint.times import to_text


def coverage(lives: Sequence[Life], now: int, until: int) -> Iterator[Finding]:
    """Judge times at which no key of an algorithm is both published and signing, up to `until`."""
    whole = _whole(lives)
    for algorithm in sorted({life.public.algorithm for life in lives}):
        for part, role in (("over_keys", Role.ksk), ("over_data", Role.zsk)):
            mine = [life for life in lives if life.public.algorithm == algorithm and _served(life, part)]
            for gap in _gaps([_served(life, part) for life in mine], until):
                others = [spans for number, spans in whole.items() if number != algorithm]
                if gap.end <= now or (gap.end >= until and any(_cover(spans, gap) for spans in others)):
                    continue
                last = max((life for life in mine if _end(life, part) <= gap.start), key=lambda life: _end(life, part))
                yield _gap(gap, until, role, lives, part, last)


def _served(life: Life, part: str) -> Span | None:
    """Give when a key is both published and signing."""
    span: Span | None = getattr(life, part)
    if not span or not life.dnskey:
        return None
    if part == "over_keys" and life.revoked is not None:
        span = span._replace(end=min(span.end, life.revoked))
    both = Span(max(span.start, life.dnskey.start), min(span.end, life.dnskey.end))
    return both if both.start < both.end else None


def _end(life: Life, part: str) -> int:
    span = _served(life, part)
    return BEGINNING if span is None else span.end


def _gaps(spans: Sequence[Span | None], until: int) -> list[Span]:
    """Give the gaps between spans, and after the last up to `until`."""
    gaps = []
    reached: int | None = None
    for span in sorted(span for span in spans if span):
        if reached is not None and span.start > reached:
            gaps.append(Span(reached, span.start))
        reached = span.end if reached is None else max(reached, span.end)
    if reached is not None and reached < until:
        gaps.append(Span(reached, until))
    return [Span(gap.start, min(gap.end, until)) for gap in gaps if gap.start < until]


def _whole(lives: Sequence[Life]) -> dict[int, list[Span]]:
    """Give, by algorithm, when its keys sign both the DNSKEY set and the zone."""
    whole: dict[int, list[Span]] = {}
    for algorithm in {life.public.algorithm for life in lives}:
        mine = [life for life in lives if life.public.algorithm == algorithm]
        parts = [[s for life in mine if (s := _served(life, part))] for part in ("over_keys", "over_data")]
        whole[algorithm] = [
            Span(max(a.start, b.start), min(a.end, b.end))
            for a in parts[0]
            for b in parts[1]
            if max(a.start, b.start) < min(a.end, b.end)
        ]
    return whole


def _cover(spans: Sequence[Span], gap: Span) -> bool:
    """Tell whether spans fill a gap."""
    reached = gap.start
    for span in sorted(spans):
        if span.start <= reached:
            reached = max(reached, span.end)
    return reached >= gap.end


def _gap(gap: Span, until: int, role: Role, lives: Sequence[Life], part: str, last: Life) -> Finding:
    same = [life for life in lives if life.public.algorithm == last.public.algorithm and _fits(life, role)]
    shown = any(life.dnskey and _overlaps(life.dnskey, gap) for life in same)
    signing = any((span := getattr(life, part)) and _overlaps(span, gap) for life in same)
    lacks = "published and active" if shown == signing else "active" if shown else "published"
    when = f"from {to_text(gap.start)}"
    when += " on" if gap.end >= until else f" to {to_text(gap.end)}"
    message = f"no {role.upper()} of algorithm {last.public.algorithm} is {lacks} {when}"
    ends = last.signing and last.dnskey and last.dnskey.end <= gap.start and last.signing.end > gap.start
    names = ("Delete", "Inactive") if ends else ("Inactive", "Revoke", "Delete")
    return finding("key-coverage-gap", message, last.place(*names), last, what=role.value)


def _fits(life: Life, role: Role) -> bool:
    return life.role in (role, Role.csk)


def _overlaps(span: Span, other: Span) -> bool:
    return max(span.start, other.start) < min(span.end, other.end)


def swaps(lives: Sequence[Life], numbers: Numbers, now: int) -> Iterator[Finding]:
    """Judge keys that cease to be an entry to the zone before caches have lost their DS and have that of another."""
    for life in lives:
        if not life.over_keys or not life.ds or life.latest is None or not can_judge(life, numbers):
            continue
        end = life.latest + numbers.ds
        if end <= now or life.ds.end == FOREVER:
            continue
        heirs = [o for o in lives if o.ds and o.ds.start <= life.ds.end and _end(o, "over_keys") > end]
        if not heirs or life.ds.end <= life.latest:
            continue
        heirs = [o for o in heirs if _start(o) <= end]
        # with both DS records in every cache, either key alone will do; without any key there is a gap
        if not heirs or any(o.ds and o.ds.start <= life.latest for o in heirs):
            continue
        message = (
            f"{life.label} ceases to sign at {to_text(end)} and caches may hold its DS, without that of another key, "
            f"until {to_text(max(o.ds.start for o in heirs if o.ds) + numbers.ds)} "
            f"(Iret = DprpP + TTLds = {sum_of(numbers, 'parent-propagation', 'ds-ttl')} s)"
        )
        yield finding("key-ds-swap-late", message, life.place("Inactive", "Delete", "Revoke"), life, heirs[0])


def _start(life: Life) -> int:
    span = _served(life, "over_keys")
    return FOREVER if span is None else span.start
