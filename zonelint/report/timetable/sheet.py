"""What every timetable writer starts from: the plan, its proof, and the steps as people count them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from itertools import groupby

from zonelint.rollover.model import Action, Event, Key, Plan, Wait
from zonelint.rollover.prove import Proof, is_safe, select
from zonelint.rollover.sizes import LIMITS
from zonelint.times import LATEST

REMINDERS = (86400, 3600)
"""The seconds before a step at which a calendar calls, where nothing else is asked for."""

_VERBS = {
    Action.publish_key: "Publish DNSKEY",
    Action.remove_key: "Remove DNSKEY",
    Action.revoke_key: "Revoke",
    Action.sign_dnskey: "Sign the DNSKEY set with",
    Action.stop_signing_dnskey: "Stop signing the DNSKEY set with",
    Action.sign_zone: "Sign the zone with",
    Action.stop_signing_zone: "Stop signing the zone with",
    Action.add_ds: "Add the DS of",
    Action.remove_ds: "Remove the DS of",
    Action.publish_cds: "Publish CDS and CDNSKEY of",
    Action.withdraw_cds: "Withdraw CDS and CDNSKEY of",
    Action.add_chain: "Add the denial chain",
    Action.remove_chain: "Remove the denial chain",
    Action.set_ttl: "Set the TTL of",
    Action.refresh: "Renew the signatures over",
    Action.generate_key: "Generate",
    Action.submit_ds: "Submit the DS of",
    Action.destroy_key: "Destroy the private key of",
    Action.check: "Check",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One step: the events of one instant that belong together.

    `uid` names the step in this plan without its date: it stays when the step moves. `size` is the length of the DNSKEY
    answer after the step where it is known.
    """

    number: int
    at: int
    title: str
    uid: str
    events: tuple[Event, ...]
    keys: tuple[str, ...]
    not_before: int | None
    not_after: int | None
    not_after_reason: str
    wait: Wait | None
    instructions: tuple[str, ...]
    refs: tuple[str, ...]
    size: int | None


@dataclass(frozen=True)
class Sheet:
    """A plan, its proof and how it is to look; times are in seconds since 1970.

    `tz` is the zone in which people read the times, `width` counts terminal columns, `reminders` are seconds.
    `validators` names the classes of validators that count, all where it is empty.
    """

    plan: Plan
    proof: Proof
    now: int
    tz: tzinfo = UTC
    sizes: tuple[tuple[int, int], ...] = ()
    width: int = 100
    color: bool = False
    reminders: tuple[int, ...] = REMINDERS
    validators: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The steps in the order of time."""
        return tuple(_rows(self.plan, self.sizes))

    @cached_property
    def next_row(self) -> Row | None:
        """The first step that is not in the past, None where all are."""
        return next((row for row in self.rows if row.at >= self.now), None)

    @property
    def methods(self) -> str:
        """The methods of the plan, each once: `zsk-prepublish, ksk-double-signature`."""
        return ", ".join(dict.fromkeys(self.plan.methods)) or "timetable"

    @property
    def safe(self) -> bool:
        """Whether no resolver that counts fails and protection never lapses."""
        return is_safe(self.counted)

    @property
    def counted(self) -> Proof:
        """The part of the proof about the classes of validators that count."""
        return select(self.proof, self.validators)

    @property
    def largest(self) -> int | None:
        """The octets of the largest DNSKEY answer, None where no size is known."""
        return max((octets for _, octets in self.sizes), default=None)


def oversize(octets: int) -> str:
    """Say which limits a DNSKEY answer exceeds: `over 1232`, besides `over 1500 with headers`, or nothing."""
    passed = [limit.octets for limit in LIMITS if octets > limit.octets]
    if not passed:
        return ""
    if len(passed) == 1:
        return f"over {passed[0]}"
    return (
        f"over {passed[0]}, in fragments {'' if len(passed) == len(LIMITS) else 'over IPv6 '}(over 1500 with headers)"
    )


def describe(event: Event) -> str:
    """Say what an event does in a few words: `Publish DNSKEY zsk-2`."""
    return f"{_VERBS[event.action]} {event.key}".rstrip()


def key_text(key: Key, name: str) -> str:
    """Describe a key: `ZSK, algorithm 13 (ECDSAP256SHA256), tag 12345`; `name` is the mnemonic or empty."""
    shown = f" ({name})" if name else ""
    return f"{key.role.value.upper()}, algorithm {key.algorithm}{shown}, {_tag(key)}"


def moment(seconds: int, tz: tzinfo) -> datetime:
    """Turn seconds since 1970 into a time of a zone; times beyond the calendar become its first or last second."""
    try:
        return datetime.fromtimestamp(min(max(seconds, 0), LATEST), tz)
    except OverflowError:
        return datetime.fromtimestamp(min(max(seconds, 0), LATEST), UTC)


def _tag(key: Key) -> str:
    return "not made yet" if key.tag is None else f"tag {key.tag}"


def _rows(plan: Plan, sizes: tuple[tuple[int, int], ...]) -> Iterator[Row]:
    """Group the events into steps, number them and name them."""
    ordered = sorted(enumerate(plan.events), key=lambda pair: (pair[1].at, pair[0]))
    events = [event for _, event in ordered]
    names = _Names(plan)
    number = 0
    for at, group in groupby(events, key=lambda event: event.at):
        together: dict[str, list[Event]] = {}
        for event in group:
            together.setdefault(event.step, []).append(event)
        for step, members in together.items():
            number += 1
            yield _row(number, at, members, names(step, members), _size(at, sizes))


def _row(number: int, at: int, events: list[Event], uid: str, size: int | None) -> Row:
    waits = [event.wait for event in events if event.wait is not None]
    first = [event.not_before for event in events if event.not_before is not None]
    last = [(event.not_after, event.not_after_reason) for event in events if event.not_after is not None]
    not_after, reason = min(last) if last else (None, "")
    title = next((event.title for event in events if event.title), "")
    return Row(
        number,
        at,
        title or "; ".join(dict.fromkeys(map(describe, events))),
        uid,
        tuple(events),
        tuple(dict.fromkeys(event.key for event in events if event.key)),
        max(first, default=None),
        not_after,
        reason,
        max(waits, key=lambda wait: wait.seconds, default=None),
        tuple(dict.fromkeys(event.instruction for event in events if event.instruction)),
        tuple(dict.fromkeys(ref for event in events for ref in event.refs)),
        size,
    )


def _size(at: int, sizes: tuple[tuple[int, int], ...]) -> int | None:
    """Give the length of the DNSKEY answer that an instant leaves behind."""
    return next((octets for since, octets in reversed(sizes) if since <= at), None)


class _Names:
    """Names steps by zone, methods, step and the ordinals of their keys: a name does not move with the dates.

    Keys are counted by role and not called by their id, which changes as soon as a key is made.
    """

    def __init__(self, plan: Plan) -> None:
        self._head = (plan.zone.lower(), "+".join(sorted(set(plan.methods))))
        self._ordinals: dict[str, str] = {}
        self._seen: dict[tuple[str, ...], int] = {}
        counts: dict[str, int] = {}
        for key in plan.keys.values():
            counts[key.role] = counts.get(key.role, 0) + 1
            self._ordinals[key.id] = f"{key.role.value}#{counts[key.role]}"

    def __call__(self, step: str, events: list[Event]) -> str:
        keys = sorted({f"{event.action.value}={self._ordinals.get(event.key, event.key)}" for event in events})
        name = (*self._head, step, *keys)
        self._seen[name] = self._seen.get(name, 0) + 1
        return "\n".join((*name, str(self._seen[name])))
