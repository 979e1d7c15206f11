"""What a proof and a plan have to say, as findings of the rules of the family `rollover`.

Each window is named with the combination of cached versions that fails in it, in words, and with the earliest moment at
which the event that opens it would do no harm, found by asking the prover about later dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from zonelint.findings import Finding, Place
from zonelint.rollover.model import Action, Event, Key, Plan
from zonelint.rollover.prove import Proof, Validator, Verdict, Window, Witness, prove
from zonelint.rollover.sizes import LIMITS
from zonelint.rollover.timeline import FOREVER, Version, query_interval
from zonelint.times import LATEST, to_text

RULES = frozenset({
    "rollover-bogus-window", "rollover-lapse", "rollover-overdue", "rollover-due", "rollover-key-tag-collision",
    "rollover-answer-too-large", "rollover-revocation-too-short", "rollover-plan-invalid",
})  # fmt: skip
"""Every rule about a plan; reading it yields the last one, this module the others."""

SILENT = frozenset({Action.generate_key, Action.submit_ds, Action.destroy_key, Action.check})
"""Actions that no resolver can see."""

_AUDIENCE = {
    (Validator.strict_ds,): "for validators that want every algorithm of the DS set to sign (strict-ds)",
    (Validator.strict_dnskey,): "for validators that want every algorithm of the DNSKEY set to sign (strict-dnskey)",
    (Validator.strict_ds, Validator.strict_dnskey): "for validators that want every algorithm to sign (strict)",
}
_ABOUT_DS, _ABOUT_DNSKEY, _ABOUT_DATA = (
    re.compile(words) for words in (r"\bDS\b|anchor", r"\bDNSKEY\b|revoked", r"\bdata\b|NSEC")
)
_REASONS = 3  # that one message gives
_TRIES = 3
_ADVISED = 50  # windows for which later dates are tried; a plan with more of them needs another look first


def judge(
    plan: Plan,
    proof: Proof,
    now: int,
    *,
    due: int | None = None,
    pending: bool = False,
    sizes: Sequence[tuple[int, int]] = (),
) -> list[Finding]:
    """Give all findings about a plan, in no certain order.

    `now` is in seconds since 1970; with `due`, events at most so many seconds ahead are findings too. `pending` says
    that no event has happened yet, so that one before `now` is overdue; else those are taken as done. `sizes` are pairs
    of a time and the octets of the DNSKEY answer from then on, the time 0 for what is there already.
    """
    findings = [*windows(plan, proof), *lapses(plan, proof), *_overdue(plan, now, pending)]
    if due is not None:
        findings += _due(plan, now, due)
    return [*findings, *_collisions(plan), *revocations(plan), *_large(plan, sizes)]


# --- windows -----------------------------------------------------------------------------------------------


def windows(plan: Plan, proof: Proof) -> Iterator[Finding]:
    """Give a finding for each bogus window; one that several classes of validators share is said once."""
    found: dict[tuple[int, int], list[Validator]] = {}
    first: dict[tuple[int, int], Window] = {}
    for validator, verdict in proof.items():
        for window in verdict.bogus:
            found.setdefault((window.start, window.end), []).append(validator)
            first.setdefault((window.start, window.end), window)
    for number, (span, validators) in enumerate(sorted(found.items())):
        window = first[span]
        openers = _openers(plan, window)
        advice = _advice(plan, window, validators[0], openers) if number < _ADVISED else ""
        audience = _AUDIENCE.get(tuple(validators), "for every validator")
        yield Finding(
            "rollover-bogus-window",
            f"bogus {span_in_words(*span)} {audience}: {_combinations(window)}{advice}",
            _place(plan, openers, window),
            plan.zone,
            discriminator=" ".join([*validators, window.witnesses[0].reason]),
        )


def lapses(plan: Plan, proof: Proof) -> Iterator[Finding]:
    """Give a finding for each time between two secure ones in which resolvers find no DS record."""
    # without a DS record every class of validators has the same lapses
    verdict = next(iter(proof.values()), Verdict((), ()))
    for window in verdict.lapses:
        yield Finding(
            "rollover-lapse",
            f"insecure {span_in_words(window.start, window.end)}: {_combinations(window)}",
            _place(plan, _openers(plan, window), window),
            plan.zone,
        )


def span_in_words(start: int, end: int) -> str:
    """Say when: `from ... to ... (55m)`, without what has no bound."""
    if start <= 0 and end > LATEST:
        return "at all times"
    if start <= 0:
        return f"until {_date(end)}"
    if end > LATEST:
        return f"from {_date(start)} on, for ever"
    return f"from {_date(start)} to {_date(end)} ({length(end - start)})"


def _date(at: int) -> str:
    """Write a time; a TTL may lead beyond what dates can say."""
    return to_text(at) if at <= LATEST else "after the year 9999"


def length(seconds: int) -> str:
    """Write a duration with its largest units first: `1d2h`, `55m`, `3s`."""
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def combination(witness: Witness) -> str:
    """Say which cached versions come together: those that the reason is about."""
    parts = ((witness.ds, _ABOUT_DS), (witness.dnskey, _ABOUT_DNSKEY), (witness.data, _ABOUT_DATA))
    versions = [each for each, about in parts if about.search(witness.reason) or f" {each.rrset} " in witness.reason]
    return " with ".join(_version(each, witness.start) for each in versions or [witness.dnskey, witness.data])


def _combinations(window: Window) -> str:
    """Say what fails in a window, and each further reason."""
    reasons: dict[str, Witness] = {}
    for witness in window.witnesses:
        # of those with one reason the one that lasts longest says most
        other = reasons.setdefault(witness.reason, witness)
        if witness.end - witness.start > other.end - other.start:
            reasons[witness.reason] = witness
    words = [f"{combination(witness)}: {reason}" for reason, witness in reasons.items()]
    more = len(words) - _REASONS
    tail = [f"{more} more reasons"] if more > 0 else []
    return "; and ".join(words[:_REASONS] + tail)


def _version(version: Version, start: int) -> str:
    """Describe a version at an instant: what it holds, since when it is there and until when it can be met."""
    contents, rrset = version.contents, version.rrset
    if rrset in ("ds", "trust-anchor"):
        name = "DS set" if rrset == "ds" else "trust anchors"
        text = f"{name} of {_names(contents.keys)}" if contents.keys else f"no {name}"
    elif rrset == "dnskey":
        text = f"DNSKEY set of {_names(contents.keys)}" if contents.keys else "no DNSKEY set"
        if contents.revoked:
            text += f" ({_names(contents.revoked)} revoked)"
    else:
        text = f"{rrset} signed by {_names(contents.signers)}" if contents.signers else f"unsigned {rrset}"
    times = []
    if version.published > 0:
        times.append(f"published {_date(version.published)}")
    if 0 < version.gone <= LATEST:
        where = "in caches" if version.served_until <= start else "on servers or in caches"
        times.append(f"{where} until {_date(version.gone)}")
    return f"{text} ({', '.join(times)})" if times else text


def _names(keys: frozenset[str]) -> str:
    return ", ".join(sorted(keys))


def _openers(plan: Plan, window: Window) -> list[Event]:
    """Give the events that open a window: those at its beginning."""
    return [event for event in plan.events if event.at == window.start and event.action not in SILENT]


def _place(plan: Plan, openers: list[Event], window: Window) -> Place | None:
    """Give the place of what opens a window; where signatures expire that is the event that made them."""
    if not openers:
        witness = window.witnesses[0]
        since = max(each.published for each in (witness.ds, witness.dnskey, witness.data))
        openers = [event for event in plan.events if event.at == since and event.action not in SILENT]
    return next((place for event in openers if (place := place_of(plan, event)) is not None), None)


def place_of(plan: Plan, event: Event) -> Place | None:
    """Give the place of an event, or that of its key where nothing may be shown of the file the event stands in."""
    if event.place is not None and event.place.file.endswith(".private") and event.key in plan.keys:
        return plan.keys[event.key].place
    return event.place


# --- the earliest safe moment --------------------------------------------------------------------------------


def _advice(plan: Plan, window: Window, validator: Validator, openers: list[Event]) -> str:
    """Say from when on the events that open a window would be safe, where a later date helps."""
    if not openers:
        return ""
    steps = [[event for event in openers if event.step == step] for step in dict.fromkeys(e.step for e in openers)]
    for group in [*steps, openers] if len(steps) > 1 else steps:
        at = earliest_safe(plan, window, validator, group)
        if at is not None:
            return f"; {_deeds(group)}: safe from {_date(at)}"
    if window.end <= LATEST:
        long = window.end - window.start
        later = _opened(plan, window.start, long, validator, openers)
        if later is not None and (later.start, later.end) == (window.end, window.end + long):
            return "; a later date does not help, it takes more steps"
    return ""


def _deeds(events: list[Event]) -> str:
    return ", ".join(f"{event.action} {event.key}".strip() for event in events)


def earliest_safe(plan: Plan, window: Window, validator: Validator, group: list[Event]) -> int | None:
    """Give the first second at which events could happen without opening a window; None if no later date helps.

    What comes after them is moved by the same time. The prover decides; a date one second earlier fails.
    """
    late = window
    delay = 0
    for _ in range(_TRIES):
        ends = [witness.end for witness in late.witnesses if witness.start <= window.start + delay]
        delay = max(ends, default=FOREVER) - window.start
        if window.start + delay > LATEST:
            return None
        found = _opened(plan, window.start, delay, validator, group)
        if found is None:
            return window.start + _least(plan, window.start, delay, validator, group)
        late = found
    return None


def _least(plan: Plan, start: int, delay: int, validator: Validator, group: list[Event]) -> int:
    """Give the least delay that helps, knowing that `delay` does and none does not."""
    low, high = 0, delay
    # mostly the end of the window is the answer, and one question shows it
    middle = high - 1
    while high - low > 1:
        if _opened(plan, start, middle, validator, group) is None:
            high = middle
        else:
            low = middle
        middle = (low + high) // 2
    return high


def _opened(plan: Plan, start: int, delay: int, validator: Validator, group: list[Event]) -> Window | None:
    """Give the bogus window that is met between `start` and the moved events, if there is one."""
    moved = replace(plan, events=[_moved(e, delay) if e.at > start or e in group else e for e in plan.events])
    for window in prove(moved)[validator].bogus:
        if window.start <= start + delay and window.end > start:
            return window
    return None


def _moved(event: Event, delay: int) -> Event:
    """Move an event, and the validity of the signatures it makes."""
    value, inception = event.value, event.inception
    if value is not None and event.action != Action.set_ttl:
        value += delay
    return replace(
        event, at=event.at + delay, value=value, inception=None if inception is None else inception + delay
    )


# --- dates ---------------------------------------------------------------------------------------------------


def _overdue(plan: Plan, now: int, pending: bool) -> Iterator[Finding]:
    for event in _steps(plan):
        if event.not_after is not None and event.at > event.not_after:
            why = f" ({event.not_after_reason})" if event.not_after_reason else ""
            words = f"comes at {_date(event.at)}, after its deadline {_date(event.not_after)}{why}"
            yield _dated("rollover-overdue", plan, event, words)
        elif pending and event.at < now and event.action != Action.set_ttl:
            words = f"was due at {_date(event.at)}, {length(now - event.at)} ago, and is not done"
            yield _dated("rollover-overdue", plan, event, words)


def _due(plan: Plan, now: int, due: int) -> Iterator[Finding]:
    for event in _steps(plan):
        if now <= event.at <= now + due:
            ahead = "now" if event.at == now else f"in {length(event.at - now)}"
            yield _dated("rollover-due", plan, event, f"is due {ahead}, at {_date(event.at)}")


def _dated(rule: str, plan: Plan, event: Event, words: str) -> Finding:
    name = event.title or event.step or f"{event.action} {event.key}".strip()
    what = f"{event.action} {event.key}"
    return Finding(rule, f"{name} {words}", place_of(plan, event), plan.zone, discriminator=what)


def _steps(plan: Plan) -> Iterator[Event]:
    """Give the first event of each step."""
    ordered = sorted(plan.events, key=lambda event: event.at)
    for _, group in groupby(ordered, key=lambda event: (event.at, event.step)):
        yield next(group)


# --- keys ----------------------------------------------------------------------------------------------------


def _collisions(plan: Plan) -> Iterator[Finding]:
    """Give the pairs of keys that signatures and DS records cannot tell apart."""
    revoked = plan.start.revoked | {event.key for event in plan.events if event.action == Action.revoke_key}
    seen: dict[tuple[int, int], tuple[Key, str]] = {}
    for key in plan.keys.values():
        for tag, words in _tags(key, key.id in revoked):
            other, others_words = seen.setdefault((key.algorithm, tag), (key, words))
            if other is not key:
                yield Finding(
                    "rollover-key-tag-collision",
                    f"{other.id}{others_words} and {key.id}{words} have the same algorithm {key.algorithm} and the "
                    f"same key tag {tag}",
                    key.place,
                    plan.zone,
                    "DNSKEY",
                    f"{key.algorithm} {tag}",
                )


def _tags(key: Key, revoked: bool) -> Iterator[tuple[int, str]]:
    """Give the tags of a key; REVOKE adds 128 to the flags, so to the sum that the tag is (RFC 4034 appendix B)."""
    if key.tag is None:
        return
    yield key.tag, ""
    if revoked:
        tag = key.tag + 128
        yield (tag & 0xFFFF) + (tag >> 16), " (once it is revoked)"


def revocations(plan: Plan) -> Iterator[Finding]:
    """Give the keys that are removed before every RFC 5011 resolver has seen them revoked."""
    ttl = plan.number("dnskey-ttl")
    needed = plan.number("zone-propagation") + query_interval(ttl)
    revoked: dict[str, int] = {}
    for event in sorted(plan.events, key=lambda event: event.at):
        if event.action == Action.revoke_key:
            revoked[event.key] = event.at
        elif event.action == Action.remove_key and event.key in revoked and event.at < revoked[event.key] + needed:
            held = event.at - revoked[event.key]
            yield Finding(
                "rollover-revocation-too-short",
                f"{event.key} is removed {length(held)} after it is revoked; resolvers that follow RFC 5011 need "
                f"Irev = Dprp + modifiedQueryInterval = {plan.number('zone-propagation')} + {query_interval(ttl)} = "
                f"{needed} s to see that, until {_date(revoked[event.key] + needed)}",
                place_of(plan, event),
                plan.zone,
                "DNSKEY",
                event.key,
            )  # fmt: skip


def _large(plan: Plan, sizes: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """Give the times from which on the DNSKEY answer is too large for UDP, once for each limit it exceeds."""
    before = 0
    for at, octets in sizes:
        over = [limit for limit in LIMITS[:2] if octets > limit.octets]
        if len(over) > before:
            before, limit = len(over), over[-1]
            yield Finding(
                "rollover-answer-too-large",
                f"{f'from {_date(at)} on' if at > 0 else 'now'} the DNSKEY answer has {octets} octets, more than "
                f"{limit.octets}, {limit.meaning}",
                next((place_of(plan, event) for event in plan.events if event.at == at), None),
                plan.zone,
                "DNSKEY",
                str(limit.octets),
            )
