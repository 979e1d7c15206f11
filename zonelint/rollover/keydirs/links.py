"""Faults between keys: successors that do not fit, shared tags, TTLs, lifetimes, rollovers that overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from zonelint.findings import Finding
from zonelint.rollover.keydirs.life import Life, link_of, tags_of
from zonelint.rollover.keydirs.numbers import Numbers
from zonelint.rollover.model import Role
from zonelint.rollover.timeline import BEGINNING, FOREVER
from zonelint.times import to_text

_MONTH = 30 * 86400
_POLICY_MONTH = 31 * 86400


def check_links(lives: Sequence[Life], numbers: Numbers, now: int) -> Iterator[Finding]:
    """Judge the keys of one zone against each other."""
    by_tag: dict[int, list[Life]] = {}
    for life in lives:
        for tag in tags_of(life.public):
            by_tag.setdefault(tag, []).append(life)
    for life in lives:
        yield from _successor(life, by_tag, now)
        yield from _predecessor(life, by_tag, now)
        yield from _lifetime(life)
    yield from _cycles(lives, by_tag)
    yield from _tags(by_tag)
    yield from _ttls(lives, numbers, now)
    yield from _overlaps(lives, now)


def _finding(rule: str, message: str, life: Life, *names: str, other: Life | None = None) -> Finding:
    related = ((other.public.place, f"the other key, {other.label}"),) if other else ()
    which = life.which + (f":{other.which}" if other else "")
    return Finding(rule, message, life.place(*names), life.owner, "DNSKEY", which, related)


def _gone(life: Life, now: int) -> bool:
    return life.dnskey is None or life.dnskey.end <= now


def _successor(life: Life, by_tag: dict[int, list[Life]], now: int) -> Iterator[Finding]:
    tag = link_of(life.file, "Successor")
    if tag is None or _gone(life, now):
        return
    found = [other for other in by_tag.get(tag, []) if other is not life]
    if not found:
        message = f"{life.label} names {tag} as its successor, and there is no such key here"
        yield _finding("key-successor-mismatch", message, life, "Successor")
        return
    other = next((o for o in found if o.public.algorithm == life.public.algorithm), found[0])
    back = link_of(other.file, "Predecessor")
    if other.public.algorithm != life.public.algorithm:
        fault = f"which is of algorithm {other.public.algorithm} instead of {life.public.algorithm}"
    elif other.role != life.role:
        fault = f"which is a {other.role.upper()}"
    elif back is None:
        fault = "which names no predecessor"
    elif back not in tags_of(life.public):
        fault = f"which names {back} as its predecessor"
    else:
        return
    message = f"{life.label} names {tag} as its successor, {fault}"
    yield _finding("key-successor-mismatch", message, life, "Successor", other=other)


def _predecessor(life: Life, by_tag: dict[int, list[Life]], now: int) -> Iterator[Finding]:
    """A key whose predecessor knows nothing of it; one whose files were purged is no fault."""
    tag = link_of(life.file, "Predecessor")
    if tag is None or _gone(life, now):
        return
    for other in by_tag.get(tag, []):
        forth = link_of(other.file, "Successor")
        # what a successor on record says is told once, by the other side
        if other is not life and not _gone(other, now) and (forth is None or forth not in by_tag):
            said = "names no successor" if forth is None else f"names {forth} as its successor"
            message = f"{life.label} names {tag} as its predecessor, which {said}"
            yield _finding("key-successor-mismatch", message, life, "Predecessor", other=other)


def _cycles(lives: Sequence[Life], by_tag: dict[int, list[Life]]) -> Iterator[Finding]:
    done: set[str] = set()
    for life in lives:
        path: list[Life] = []
        here: Life | None = life
        while here and here.id not in done and here not in path:
            path.append(here)
            tag = link_of(here.file, "Successor")
            algorithm = here.public.algorithm
            here = None
            if tag is not None:
                here = next((o for o in by_tag.get(tag, []) if o.public.algorithm == algorithm), None)
        if here and here in path:
            ring = path[path.index(here) :]
            message = f"keys succeed each other in a circle: {' -> '.join(str(o.file.tag) for o in [*ring, here])}"
            yield _finding("key-successor-mismatch", message, here, "Successor")
        done.update(each.id for each in path)


def _tags(by_tag: dict[int, list[Life]]) -> Iterator[Finding]:
    told: set[frozenset[str]] = set()
    for tag, sharing in by_tag.items():
        for one, two in combinations(sharing, 2):
            pair = frozenset({one.id, two.id})
            same = one.public.algorithm == two.public.algorithm
            if same and one.public.key != two.public.key and pair not in told:
                told.add(pair)
                how = "the same tag" if one.file.tag == two.file.tag else f"the tag {tag} once one of them is revoked"
                yield _finding("key-tag-shared", f"{one.label} and {two.label} have {how}", two, other=one)


def _ttls(lives: Sequence[Life], numbers: Numbers, now: int) -> Iterator[Finding]:
    """TTLs in `.key` files that differ from the one that counts, or from each other."""
    here = [(life, life.public.ttl) for life in lives if life.public.ttl is not None and not _gone(life, now)]
    if not here:
        return
    counts = numbers.inputs.get("dnskey-ttl")
    source = "" if counts is None else counts.source
    if counts is None or source.startswith(("TTL in the key", "default", "assumed")):
        expected, where = here[0][1], f"{here[0][0].label} has"
    else:
        expected, where = counts.value, f"the DNSKEY TTL is ({source})"
    for life, ttl in here:
        if ttl != expected:
            message = f"{life.label} has a TTL of {ttl} s, {where} {expected} s"
            yield _finding("key-ttl-mismatch", message, life)


def _lifetime(life: Life) -> Iterator[Finding]:
    state = life.file.state
    lifetime = state.numbers.get("Lifetime", 0) if state else 0
    active, retired = life.time("Activate"), life.time("Inactive")
    if not lifetime or active is None or retired is None or retired - active == lifetime:
        return
    if life.state("goal") == "hidden" and retired < active + lifetime:
        return  # retired ahead of its time, by a change of the policy or by hand
    months = (retired - active) // _MONTH
    exact = (retired - active) % _MONTH == 0 and months * _POLICY_MONTH == lifetime
    hint = f": {months} months of 30 days (dnssec-settime) against 31 days (dnssec-policy)" if exact else ""
    message = f"{life.label} is active for {retired - active} s, its lifetime is {lifetime} s{hint}"
    yield _finding("key-lifetime-mismatch", message, life, "Lifetime")


def _overlaps(lives: Sequence[Life], now: int) -> Iterator[Finding]:
    """A rollover that begins before the one before it is over: three keys of one role at once."""
    for role in Role:
        for algorithm in sorted({life.public.algorithm for life in lives}):
            chain = [life for life in lives if life.role == role and life.public.algorithm == algorithm]
            chain = [life for life in chain if life.signing and life.dnskey]
            for (old, middle), (_, new) in pairwise(pairwise(chain)):
                if _ends(old) < FOREVER and _ends(middle) < FOREVER and _ends(old) > max(now, _starts(new)):
                    message = (
                        f"{new.label} is published at {to_text(_starts(new))}, before {old.label} leaves at "
                        f"{to_text(_ends(old))}: two rollovers at once"
                    )
                    if old.signing and new.signing and old.signing.start < new.signing.start != BEGINNING:
                        yield _finding("key-rollovers-overlap", message, new, "Publish", other=old)


def _ends(life: Life) -> int:
    return life.dnskey.end if life.dnskey else BEGINNING


def _starts(life: Life) -> int:
    return life.dnskey.start if life.dnskey and life.dnskey.start != BEGINNING else 0
