"""When a change would be safe: later as it is, or taken apart into steps; the prover is asked about each date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from zonelint.rollover.findings import earliest_safe
from zonelint.rollover.model import Action, Event, Plan
from zonelint.rollover.prove import Validator, Window, prove
from zonelint.rollover.transitions.pair import Pair
from zonelint.times import to_text

_FIRST = (Action.publish_key, Action.sign_dnskey)
_SIGNING = (Action.sign_zone, Action.stop_signing_zone, Action.add_chain, Action.remove_chain)
_PARENT = (Action.add_ds, Action.remove_ds)
_WORDS = {
    Action.publish_key: "publish", Action.remove_key: "remove", Action.revoke_key: "revoke",
    Action.sign_zone: "sign with", Action.stop_signing_zone: "stop signing with",
    Action.sign_dnskey: "sign the DNSKEY set with", Action.stop_signing_dnskey: "stop signing the DNSKEY set with",
    Action.add_ds: "let the parent add the DS of", Action.remove_ds: "let the parent remove the DS of",
    Action.publish_cds: "publish the CDS of", Action.withdraw_cds: "withdraw the CDS of",
    Action.add_chain: "deny with", Action.remove_chain: "no longer deny with",
    Action.set_ttl: "change the TTL of", Action.refresh: "renew the signatures over",
}  # fmt: skip


def advice(pair: Pair, plan: Plan, at: int, validator: Validator) -> str:
    """Say from when on the change at `at` is safe, as it is or in steps; empty where neither is known."""
    plain = replace(plan, events=[e for e in plan.events if e.action != Action.refresh], dnskey_expires=None,
                    rrsets=tuple(replace(rrset, expires=None) for rrset in plan.rrsets))  # fmt: skip
    fixed = [event for event in plain.events if event.at < at]
    moving = [event for event in plain.events if event.at >= at]
    whole = staged(replace(plain, events=fixed), at, [moving], validator)
    if whole:
        return f"safe from {to_text(whole[0])}"
    stages = _stages(pair, moving, validator)
    times = staged(replace(plain, events=fixed), at, stages, validator)
    if not times:
        return "no later date helps, and neither does one step after the other"
    steps = [(time, event) for time, stage in zip(times, stages, strict=True) for event in stage]
    words = [f"from {to_text(time)} {deeds([event for _, event in group])}"
             for time, group in groupby(steps, lambda step: step[0])]  # fmt: skip
    return f"safe in steps: {', '.join(words)}"


def staged(plan: Plan, at: int, stages: Sequence[Sequence[Event]], validator: Validator) -> list[int] | None:
    """Give the earliest safe instant of each stage, one after the other, the first at `at`; None if there is none."""
    times: list[int] = []
    events = list(plan.events)
    for stage in stages:
        group = [replace(event, at=at) for event in stage]
        trial = replace(plan, events=[*events, *group])
        opened = [window for window in prove(trial)[validator].bogus if window.end > at]
        if any(window.start < at for window in opened):
            # it fails already: what counts is whether it then fails for another reason
            before = _reasons(prove(replace(plan, events=events))[validator].bogus, 0)
            opened = [each for each in opened if each.start >= at or _reasons([each], at) - before]
        if opened:
            found = earliest_safe(trial, replace(opened[0], start=at), validator, group)
            if found is None:
                return None
            at = found
        events += [replace(event, at=at) for event in stage]
        times.append(at)
    return times


def _reasons(windows: Sequence[Window], start: int) -> set[str]:
    """Give the reasons of windows, of what fails from `start` on."""
    return {witness.reason for window in windows for witness in window.witnesses if witness.start >= start}


def _stages(pair: Pair, moving: Sequence[Event], validator: Validator) -> list[list[Event]]:
    """Take a change apart into steps that work one after the other, with what the parent has to do between them."""
    publish = [e for e in moving if e.action in _FIRST]
    signing = [e for e in moving if e.action in _SIGNING]
    parent = [e for e in moving if e.action in _PARENT] or _asked(pair)
    rest = [e for e in moving if e not in publish and e not in signing and e not in parent]
    if not pair.new.state.dnskey:
        order = [parent, publish, signing + rest]
    elif validator == Validator.lenient:
        order = [publish, signing, parent, rest]
    else:
        starts = [e for e in signing if e.action == Action.sign_zone]
        order = [starts, publish, parent, rest, [e for e in signing if e not in starts]]
    return [stage for stage in order if stage]


def _asked(pair: Pair) -> list[Event]:
    """Give what the parent would have to do for keys that a DS points at and that go."""
    came = (pair.new.entries - pair.old.entries) - pair.ds
    went = (pair.old.entries - pair.new.entries) & pair.ds
    if not went or pair.anchored:
        return []
    asked = [(Action.add_ds, key) for key in sorted(came)] + [(Action.remove_ds, key) for key in sorted(went)]
    return [Event(0, action, key, step=str(action)) for action, key in asked]


def deeds(events: Sequence[Event]) -> str:
    """Write what is done at one time: `publish zsk-1, sign with zsk-1`."""
    words: dict[str, list[str]] = {}
    for event in events:
        words.setdefault(_WORDS.get(event.action, str(event.action)), []).append(event.key)
    return " and ".join(f"{word} {', '.join(keys)}" for word, keys in words.items())
