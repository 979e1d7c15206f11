"""What moved between an old plan and a new one, by how much, and which numbers are the reason.

The old plan is parsed JSON as zonelint wrote it (version 1). It may have been edited: what cannot be compared is an
error with one clear message, never a wrong date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any, NamedTuple

from zonelint.report.text import visible
from zonelint.report.timetable.sheet import describe
from zonelint.report.timetable.words import duration, listed, time_text
from zonelint.rollover.model import VERSION, Action, Event, Plan
from zonelint.times import BadTime, parse_duration, parse_time

SYMBOLS = {
    "zone-propagation": ("Dprp", "DprpC"),
    "parent-propagation": ("DprpP",),
    "registration": ("Dreg",),
    "sign-delay": ("Dsgn",),
    "full-sign-delay": ("Dsgn",),
    "dnskey-ttl": ("TTLkey", "Itrp"),
    "ds-ttl": ("TTLds",),
    "data-ttl": ("TTLsig",),
    "denial-ttl": ("TTLneg", "TTLsig"),
}
"""The symbols of RFC 7583 that an input stands behind; other inputs are named in equations by their own name."""

_SYMBOL = re.compile(r"[A-Za-z]+")


class BadPlan(ValueError):
    """An old plan that is no plan of version 1; the text says what is wrong with it."""


class _Old(NamedTuple):
    at: int
    step: str
    equation: str
    not_after: int | None


_Name = tuple[str, str, str, int]


def diff(old: Mapping[str, Any], new: Plan, *, tz: tzinfo = UTC) -> str:
    """Say what moved, in lines for people; raises `BadPlan`.

    Events are matched by step, action, key and occurrence. `tz` is the zone in which times are shown.
    """
    before, after = _old_events(old), _new_events(new)
    changed = dict(_inputs(old, new))
    lines = [*_identity(old, new), *(f"input {name}: {text}" for name, text in changed.items())]
    lines += _keys(old, new)
    lines += _moves(before, after, changed, tz)
    for name in [name for name in after if name not in before]:
        lines.append(f"added: {_title(after[name])}, {time_text(after[name].at, tz)}")
    for name in [name for name in before if name not in after]:
        lines.append(f"removed: {_words(name)}, it was at {time_text(before[name].at, tz)}")
    if not lines:
        return "nothing changed\n"
    return "\n".join(visible(line) for line in lines) + "\n"


def _identity(old: Mapping[str, Any], new: Plan) -> Iterator[str]:
    """Say where the plans are not about the same thing."""
    zone, methods = old.get("zone"), old.get("methods", [])
    if isinstance(zone, str) and zone.lower() != new.zone.lower():
        yield f"other zone: {zone} → {new.zone}"
    if isinstance(methods, list) and list(map(str, methods)) != list(new.methods):
        yield f"other methods: {', '.join(map(str, methods)) or 'none'} → {', '.join(new.methods) or 'none'}"


def _inputs(old: Mapping[str, Any], new: Plan) -> Iterator[tuple[str, str]]:
    """Give the inputs whose number changed; another source of the same number is no change."""
    known = old.get("inputs", {})
    if not isinstance(known, Mapping):
        raise BadPlan(f"the inputs of the old plan are no table but {known!r:.60}")
    was = {str(name): _number(str(name), value) for name, value in known.items()}
    for name in dict.fromkeys((*was, *new.inputs)):
        before, after = was.get(name), new.inputs.get(name)
        if after is None and before is not None:
            yield name, f"{_seconds(*before)} → none"
        elif before is None and after is not None:
            yield name, f"none → {_seconds(*after)}"
        elif before is not None and after is not None and before[0] != after.value:
            yield name, f"{_seconds(*before)} → {_seconds(*after)}"


def _number(name: str, value: object) -> tuple[int, str]:
    """Read an input as we write it (value and source), or by hand: `3600` or `1h`."""
    source = ""
    if isinstance(value, Mapping):
        source, value = str(value.get("source", "")), value.get("value")
    if isinstance(value, int) and not isinstance(value, bool):
        return value, source
    if isinstance(value, str):
        try:
            return parse_duration(value), source
        except BadTime as fault:
            raise BadPlan(f"input {name} of the old plan: {fault}") from None
    raise BadPlan(f"input {name} of the old plan is no number of seconds but {value!r:.60}")


def _seconds(value: int, source: str) -> str:
    length = f" ({duration(value)})" if value >= 60 else ""
    return f"{value} s{length}" + (f" from {source}" if source else "")


def _keys(old: Mapping[str, Any], new: Plan) -> Iterator[str]:
    """Say which keys came and went."""
    known = old.get("keys", {})
    was = list(map(str, known)) if isinstance(known, Mapping) else []
    if came := [key for key in new.keys if key not in was]:
        yield f"new in the plan: {listed(came)}"
    if went := [key for key in was if key not in new.keys]:
        yield f"no longer in the plan: {listed(went)}"


def _moves(
    before: Mapping[_Name, _Old], after: Mapping[_Name, Event], changed: Mapping[str, str], tz: tzinfo
) -> Iterator[str]:
    """Give the steps that moved, each with its reason, and one line where all moved alike; then changed deadlines."""
    pairs = [(before[name], event) for name, event in after.items() if name in before]
    steps = {(event.step, event.at, was.at): (was, event) for was, event in reversed(pairs)}
    moved = [(was, event) for was, event in reversed(steps.values()) if event.at != was.at]
    if len(moved) > 1 and len(moved) == len(steps) and len({event.at - was.at for was, event in moved}) == 1:
        was, event = moved[0]
        yield f"all {len(moved)} steps {_moved(was, event, tz)}{_reason(event, was, 0, changed)}, and so on"
    else:
        last = 0
        for was, event in moved:
            yield f"{_moved(was, event, tz)}{_reason(event, was, last, changed)}"
            last = event.at - was.at
    for was, event in pairs:
        yield from _bounds(event, was, tz)


def _moved(was: _Old, event: Event, tz: tzinfo) -> str:
    by = event.at - was.at
    return (
        f"moved {duration(abs(by))} {'later' if by > 0 else 'earlier'}: {event.title or describe(event)}, "
        f"{time_text(was.at, tz)} → {time_text(event.at, tz)}"
    )


def _reason(event: Event, was: _Old, last: int, changed: Mapping[str, str]) -> str:
    """Say why an event moved: its own arithmetic is another, or it follows those before it."""
    equation = event.wait.equation if event.wait is not None else ""
    if equation != was.equation and equation and was.equation:
        symbols = set(_SYMBOL.findall(equation)) | set(_SYMBOL.findall(was.equation))
        inputs = [name for name in changed if symbols & {*SYMBOLS.get(name, ()), name}]
        because = f", because of {listed(inputs)}" if inputs else ""
        return f" ({was.equation} → {equation}{because})"
    return " (with the step before it)" if event.at - was.at == last else ""


def _bounds(event: Event, was: _Old, tz: tzinfo) -> Iterator[str]:
    """Say where the latest time of an event changed."""
    if event.not_after != was.not_after:
        then = "open" if was.not_after is None else time_text(was.not_after, tz)
        since = "open" if event.not_after is None else time_text(event.not_after, tz)
        reason = f" ({event.not_after_reason})" if event.not_after_reason else ""
        yield f"other deadline: {_title(event)}, {then} → {since}{reason}"


def _title(event: Event) -> str:
    return f"{event.title} ({describe(event)})" if event.title else describe(event)


def _words(name: _Name) -> str:
    step, action, key, _ = name
    return f"{action} {key}".rstrip() + (f" of step {step}" if step else "")


def _new_events(plan: Plan) -> dict[_Name, Event]:
    found: dict[_Name, Event] = {}
    for event in sorted(plan.events, key=lambda event: event.at):
        found[_name(found, event.step, event.action.value, event.key)] = event
    return found


def _old_events(old: Mapping[str, Any]) -> dict[_Name, _Old]:
    """Read the events of the old plan; raises `BadPlan`."""
    if not isinstance(old, Mapping) or old.get("version") != VERSION:
        version = old.get("version") if isinstance(old, Mapping) else None
        raise BadPlan(f"the old plan has version {version!r:.60}, not {VERSION}: plan it again with this zonelint")
    events = old.get("events")
    if not isinstance(events, list):
        raise BadPlan("the old plan has no list of events")
    read = sorted((_old_event(i, event) for i, event in enumerate(events, 1)), key=lambda pair: pair[1].at)
    found: dict[_Name, _Old] = {}
    for (action, key), event in read:
        found[_name(found, event.step, action, key)] = event
    return found


def _old_event(number: int, event: object) -> tuple[tuple[str, str], _Old]:
    if not isinstance(event, Mapping):
        raise BadPlan(f"event {number} of the old plan is no table but {event!r:.60}")
    action = event.get("action")
    if action not in [each.value for each in Action]:
        raise BadPlan(f"event {number} of the old plan has an unknown action, {action!r:.60}")
    at = _time(number, "at", event.get("at"))
    if at is None:
        raise BadPlan(f"event {number} of the old plan has no time")
    wait = event.get("wait")
    equation = event.get("equation") or (wait.get("equation") if isinstance(wait, Mapping) else "") or ""
    known = _Old(
        at,
        str(event.get("step") or ""),
        str(equation),
        _time(number, "not_after", event.get("not_after")),
    )
    return (str(action), str(event.get("key") or "")), known


def _time(number: int, field: str, value: object) -> int | None:
    """Read an absolute time; one that counts from now would be another at every run."""
    if value is None:
        return None
    if not isinstance(value, str) or value[:1] in "+-" or value == "now":
        raise BadPlan(f"{field} of event {number} of the old plan is no time in UTC but {value!r:.60}")
    try:
        return parse_time(value, 0)
    except BadTime as fault:
        raise BadPlan(f"{field} of event {number} of the old plan: {fault}") from None


def _name(found: Mapping[_Name, object], step: str, action: str, key: str) -> _Name:
    """Name an event apart from its date: events that are alike are counted."""
    occurrence = 1
    while (step, action, key, occurrence) in found:
        occurrence += 1
    return step, action, key, occurrence
