"""How late a step of a rollover may be: key lifetimes and signatures that nobody renews, counted back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from zonelint.rollover import waits
from zonelint.rollover.cast import Cast
from zonelint.rollover.methods import Method, Step
from zonelint.rollover.model import Action, Event, Setup, Wait
from zonelint.times import to_text

RESIGNS_KEYS = frozenset({Action.publish_key, Action.remove_key, Action.revoke_key, Action.sign_dnskey})
"""What makes new signatures over the DNSKEY set: they cover all of it (RFC 4034 section 3.1.8.1)."""

RESIGNS_DATA = frozenset({Action.sign_zone})
"""What makes new signatures over the data."""

_UNSEEN = frozenset({Action.generate_key, Action.submit_ds, Action.destroy_key, Action.check})


@dataclass(frozen=True, slots=True)
class Dated:
    """A step with its date, and what it had to wait for."""

    step: Step
    at: int
    not_before: int | None = None
    wait: Wait | None = None


@dataclass(slots=True)
class Roll:
    """A rollover that is planned.

    `due` is when the lifetime of the old key ends, None where it is not known; `lifetime` is that of the new key, 0 for
    unlimited. `cds_before` is the CDS set at the start, `others` are keys with a DS that this rollover leaves alone.
    """

    method: Method
    cast: Cast
    steps: list[Dated]
    due: int | None
    lifetime: int
    cds_before: frozenset[str]
    others: frozenset[str]

    def at(self, step: str) -> int:
        """Give the date of a step."""
        return next(each.at for each in self.steps if each.step.id == step)

    @property
    def end(self) -> int:
        """The last step that a resolver can see."""
        seen = [each for each in self.steps if any(action not in _UNSEEN for action, _ in each.step.do)]
        return max(each.at for each in seen)


def deadlines(setup: Setup, roll: Roll, events: Sequence[Event]) -> dict[str, tuple[int, str]]:
    """Give the latest date of each step for which the ones after it still meet theirs, and why.

    `events` are those of all rollovers: a signature that one before has made anew sets no limit. Steps without a limit
    are left out; times are seconds since 1970.
    """
    limits: dict[str, tuple[int, str]] = {}
    for dated in reversed(roll.steps):
        own = _own(setup, roll, dated, events)
        for later in roll.steps:
            for after in later.step.after:
                if after.step == dated.step.id and later.step.id in limits:
                    limit, reason = limits[later.step.id]
                    length = waits.WAITS[after.wait](setup, dated.at).seconds
                    own.append((limit - length, reason))
        if own:
            limits[dated.step.id] = min(own)
    # nothing depends on signatures after the last DS: the step itself may be late
    for dated in roll.steps:
        if dated.step.ends_trust:
            limits.pop(dated.step.id, None)
    return limits


def _own(setup: Setup, roll: Roll, dated: Dated, events: Sequence[Event]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    step = dated.step
    if roll.due is not None and step.id == roll.method.activation:
        found.append((roll.due, f"the lifetime of {', '.join(roll.cast.old)} ends at {to_text(roll.due)}"))
    actions = {action for action, _ in step.do}
    if step.ends_trust or actions & RESIGNS_DATA:
        lag = setup.number("full-sign-delay" if step.complete else "sign-delay")
        if Action.stop_signing_zone not in actions:
            # beside the new signatures the old ones serve those who have the DNSKEY set of before
            lag = max(lag, setup.number("dnskey-ttl") + setup.number("serve-stale"))
        found += [
            _expiry(setup, rrset.expires, lag, rrset.ttl, rrset.name, step.ends_trust)
            for rrset in setup.rrsets
            if rrset.expires is not None and not _renewed(events, dated.at, RESIGNS_DATA)
        ]
    if step.ends_trust or actions & RESIGNS_KEYS:
        expires = setup.dnskey_expires
        if expires is not None and not _renewed(events, dated.at, RESIGNS_KEYS):
            found.append(_expiry(setup, expires, 0, setup.number("dnskey-ttl"), "the DNSKEY set", step.ends_trust))
    return found


def _renewed(events: Sequence[Event], at: int, actions: Collection[Action]) -> bool:
    """Tell whether a step before, of this rollover or another, has made the signatures anew."""
    return any(event.action in actions and event.at < at for event in events)


def _expiry(setup: Setup, expires: int, lag: int, ttl: int, what: str, ends_trust: bool) -> tuple[int, str]:
    number = setup.number
    reason = f"signatures over {what} expire at {to_text(expires)}"
    limit = expires - number("clock-skew")
    if ends_trust:
        return limit, reason
    limit -= number("zone-propagation") + lag
    if number("forwarders") or number("serve-stale"):
        # what does not validate keeps an answer beyond its signatures
        limit -= ttl + number("serve-stale")
    return limit, reason
