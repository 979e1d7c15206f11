"""Events that cannot be: to remove what is not there, or to add what is there already."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from zonelint.findings import Place
from zonelint.rollover.model import Action, Event, Plan, State, apply

_ADDS = {
    Action.publish_key: ("dnskey", "is in the DNSKEY set already"),
    Action.revoke_key: ("revoked", "is revoked already"),
    Action.sign_dnskey: ("dnskey_signers", "signs the DNSKEY set already"),
    Action.sign_zone: ("zone_signers", "signs the zone already"),
    Action.add_ds: ("ds", "is in the DS set already"),
    Action.publish_cds: ("cds", "has its CDS record published already"),
    Action.add_chain: ("chains", "is there already"),
}
_REMOVES = {
    Action.remove_key: ("dnskey", "is not in the DNSKEY set"),
    Action.stop_signing_dnskey: ("dnskey_signers", "does not sign the DNSKEY set"),
    Action.stop_signing_zone: ("zone_signers", "does not sign the zone"),
    Action.remove_ds: ("ds", "is not in the DS set"),
    Action.withdraw_cds: ("cds", "has no CDS record published"),
    Action.remove_chain: ("chains", "is not there"),
}
_NOWHERE = Place("", 0, 0)


def impossible(plan: Plan) -> Iterator[tuple[str, Place]]:
    """Give a sentence and a place for each event that cannot be.

    Events of one instant happen together, so their order among each other does not matter.
    """
    state = plan.start
    for _, group in groupby(sorted(plan.events, key=lambda event: event.at), lambda event: event.at):
        events = list(group)
        done: set[tuple[Action, str]] = set()
        for event in events:
            fault = _fault(event, state, plan) or _twice(event, done)
            if fault:
                yield f"{event.action} {event.key}: {fault}", event.place or _NOWHERE
            done.add((event.action, event.key))
        state = apply(state, events)


def _fault(event: Event, state: State, plan: Plan) -> str:
    action, key = event.action, event.key
    if plan.start.anchors is not None and action in (Action.add_ds, Action.remove_ds):
        return "a zone with trust anchors (anchors) has no DS record in a plan"
    if action in _ADDS:
        name, words = _ADDS[action]
        if key in getattr(state, name):
            return f"{key} {words}"
    if action in _REMOVES:
        name, words = _REMOVES[action]
        if key not in getattr(state, name):
            return f"{key} {words}"
    if action == Action.revoke_key and key not in state.dnskey:
        return f"{key} is not in the DNSKEY set"
    return ""


def _twice(event: Event, done: set[tuple[Action, str]]) -> str:
    if event.action in _ADDS or event.action in _REMOVES:
        if (event.action, event.key) in done:
            return "the same action twice at one time"
        if any((other, event.key) in done for other in _opposites(event.action)):
            return "added and removed at one time"
    return ""


def _opposites(action: Action) -> list[Action]:
    """Give the actions that undo one."""
    name = (_ADDS.get(action) or _REMOVES[action])[0]
    others = _REMOVES if action in _ADDS else _ADDS
    return [other for other, (field, _) in others.items() if field == name]
