"""The planner: the earliest safe date of every step of one or several rollovers, by the waits of RFC 7583.

It computes; `zonelint.rollover.prove` judges. The steps are data (`zonelint.rollover.methods`), the waits functions
(`zonelint.rollover.waits`). Rollovers are planned in the order of their start, so that each finds the keys that those
before it leave.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from zonelint.rollover import waits
from zonelint.rollover.cast import Cast, PlanError, choose
from zonelint.rollover.deadlines import RESIGNS_DATA, RESIGNS_KEYS, Dated, Roll, deadlines
from zonelint.rollover.methods import Method, Step, methods
from zonelint.rollover.model import Action, Event, Key, Number, Plan, Request, RrsetClass, Setup, State, Wait, apply
from zonelint.times import LATEST, to_text

__all__ = ["PlanError", "plan"]

_LONGEST = 1 << 31
_MOST_ROLLS = 1000


def plan(setup: Setup, requests: Sequence[Request], now: int, until: int | None = None) -> Plan:
    """Plan rollovers from what is published: the earliest safe date of each step.

    A request without a start begins at `now`, or as soon as those before it let it. With `until`, each key whose
    lifetime is known (`Request.lifetime`, or the input `lifetime-zsk` and so on; 0 is unlimited) is rolled over by the
    same method again so that its successor takes over at the end of the lifetime. Times are seconds since 1970. Raises
    `PlanError` where a method does not fit the zone.
    """
    _check_numbers(setup)
    planner = _Planner(_completed(setup, now), now, until)
    for request in requests:
        planner.add(request)
    planner.run()
    return planner.result(tuple(dict.fromkeys(request.method for request in requests)))


def _check_numbers(setup: Setup) -> None:
    for name, number in setup.inputs.items():
        limit = LATEST if name.endswith("-until") else _LONGEST - 1
        if not name.endswith("-until") and not 0 <= number.value <= limit:
            raise PlanError(f"{name} is {number.value} s ({number.source}): it must be from 0 to {limit} s")


def _completed(setup: Setup, now: int) -> Setup:
    """Say what a setup leaves out: classes of data, from the TTLs of its inputs, and the end of earlier TTLs."""
    inputs = dict(setup.inputs)
    for name in ("dnskey", "data", "ds"):
        if f"was-{name}-ttl" in inputs:
            inputs.setdefault(f"was-{name}-ttl-until", Number(now, "assumed: until now"))
    rrsets = setup.rrsets
    if not rrsets:
        rrsets = (RrsetClass("data", setup.number("data-ttl")),)
        if "denial-ttl" in inputs:
            rrsets += (RrsetClass("denial", setup.number("denial-ttl"), negative=True),)
    return replace(setup, inputs=inputs, rrsets=rrsets)


@dataclass(order=True, slots=True)
class _Task:
    """A rollover to be planned; `due` is when its new key must take over, None for one that is asked for."""

    start: int
    order: int
    request: Request = field(compare=False)
    method: Method = field(compare=False)
    due: int | None = field(default=None, compare=False)


class _Planner:
    def __init__(self, setup: Setup, now: int, until: int | None) -> None:
        self._setup, self._now, self._until = setup, now, until
        self._keys: dict[str, Key] = dict(setup.keys)
        self._tasks: list[_Task] = []
        self._order = count()
        self._rolls: list[Roll] = []
        self._events: list[Event] = []
        self._active: dict[str, int] = {}
        self._notes: list[str] = list(setup.notes)
        self._blocked_until: int | None = None
        self._cds_free: int | None = None
        self._cds = setup.start.cds

    def add(self, request: Request) -> None:
        """Take up a request; raises `PlanError` for an unknown method."""
        method = methods().get(request.method)
        if method is None:
            raise PlanError(f"unknown method {request.method!r}: `zonelint rollover methods` lists them")
        start = self._now if request.start is None else request.start
        if not -LATEST <= start <= LATEST:
            raise PlanError(f"{request.method}: the plan ends after the year 9999")
        if request.lifetime is not None and request.lifetime < 0:
            raise PlanError(f"{request.method}: a lifetime of {request.lifetime} s is no lifetime")
        heapq.heappush(self._tasks, _Task(start, next(self._order), request, method))

    def run(self) -> None:
        """Plan everything that was asked for, and what follows from lifetimes."""
        while self._tasks:
            if len(self._rolls) >= _MOST_ROLLS:
                raise PlanError(f"more than {_MOST_ROLLS} rollovers: choose an earlier end")
            task = heapq.heappop(self._tasks)
            try:
                self._take(task)
            except PlanError as fault:
                if task.due is None:
                    raise
                self._note(f"no further {task.method.id} after {to_text(task.start)}: {fault}")

    def _take(self, task: _Task) -> None:
        state = self._state()
        cast = choose(task.method, task.request, state, self._keys, self._setup)
        if task.due is not None and self._postponed(task, cast):
            return
        lifetime = self._lifetime(task.request, cast)
        start = self._start(task, cast)
        # keys join only now: a task that is put off must not leave any behind
        self._keys.update((key.id, key) for key in cast.made)
        others = state.ds - set(cast.old) - set(cast.new)
        roll = Roll(
            task.method,
            cast,
            self._dates(task.method, start, start > task.start),
            task.due,
            lifetime,
            self._cds,
            others,
        )
        self._check_lifetime(roll)
        self._rolls.append(roll)
        self._events += [event for dated in roll.steps for event in self._expand(roll, dated)]
        self._settle(roll)
        self._repeat(task, roll)

    def _state(self) -> State:
        return apply(self._setup.start, sorted(self._events, key=lambda event: event.at))

    def _postponed(self, task: _Task, cast: Cast) -> bool:
        """Put a repetition off if the key that it was meant for has been replaced in another way meanwhile."""
        due = self._due(task.request, cast)
        if due is None or task.due is None or due <= task.due:
            return False
        again = replace(task, start=task.start + due - task.due, due=due)
        if self._until is not None and again.start < self._until:
            heapq.heappush(self._tasks, again)
        return True

    def _due(self, request: Request, cast: Cast) -> int | None:
        """Give the end of the lifetime of the keys that go, where it is known."""
        ends = [
            self._active[key] + lifetime
            for key in cast.old
            if key in self._active and (lifetime := self._lifetime_of(request, self._keys[key]))
        ]
        return min(ends, default=None)

    def _lifetime(self, request: Request, cast: Cast) -> int:
        return self._lifetime_of(request, cast.made_for[0]) if cast.made_for else 0

    def _lifetime_of(self, request: Request, key: Key) -> int:
        if request.lifetime is not None:
            return request.lifetime
        return self._setup.number(f"lifetime-{key.role}")

    def _start(self, task: _Task, cast: Cast) -> int:
        """Give the date of the first step: as asked for, unless another rollover must come first."""
        before = [self._active[key] for key in cast.old if key in self._active]
        if task.method.exclusive:
            before += [roll.end for roll in self._rolls]
        if self._blocked_until is not None:
            before.append(self._blocked_until)
        start = max([task.start, *before])
        if start > task.start and (task.request.start is not None or task.due is not None):
            self._note(
                f"{task.method.id} of {_list(cast.old)} starts at {to_text(start)} instead of {to_text(task.start)}: "
                "another rollover has to get there first"
            )
        return start

    def _dates(self, method: Method, start: int, bound: bool) -> list[Dated]:
        """Give every step of a method its earliest date; `bound` tells that it cannot start before `start`."""
        dated: list[Dated] = []
        at: dict[str, int] = {}
        for step in method.steps:
            each = Dated(step, start, start if bound else None)
            if step.after:
                each = max((self._follow(step, at[a.step], a.wait) for a in step.after), key=lambda d: d.at)
            if self._cds_free is not None and each.at < self._cds_free and _starts_cds(step):
                each = self._queued(each)
            dated.append(each)
            at[step.id] = each.at
        return dated

    def _follow(self, step: Step, since: int, wait: str) -> Dated:
        interval = waits.WAITS[wait](self._setup, since)
        at = since + interval.seconds
        return Dated(step, at, at, interval)

    def _queued(self, dated: Dated) -> Dated:
        """Let a change of the DS set wait until the one before it is done."""
        assert self._cds_free is not None
        seconds = self._cds_free - dated.at
        wait = Wait(
            "Ids", seconds, f"Ids = {seconds} s until the DS change before is done", "the DS change before", protects=""
        )
        return Dated(dated.step, self._cds_free, self._cds_free, wait)

    def _check_lifetime(self, roll: Roll) -> None:
        """Refuse a lifetime that ends before the successor can be ready or the predecessor gone."""
        if not roll.lifetime or roll.method.exclusive:
            return
        first, active = roll.steps[0].at, roll.at(roll.method.activation)
        lead, rest = active - first, roll.end - active
        name = roll.cast.new[0] if roll.cast.new else roll.method.id
        if roll.lifetime <= max(lead, rest):
            raise PlanError(
                f"a lifetime of {roll.lifetime} s is too short for {name}: {roll.method.id} takes {lead} s until it is "
                f"active and {rest} s until the key before it is gone"
            )
        if roll.lifetime < lead + rest:
            self._note(
                f"rollovers overlap: the lifetime of {name} is {roll.lifetime} s, one {roll.method.id} takes {lead} + "
                f"{rest} = {lead + rest} s"
            )

    def _settle(self, roll: Roll) -> None:
        """Remember what later rollovers have to mind."""
        active = roll.at(roll.method.activation)
        self._active.update(dict.fromkeys(roll.cast.new, active))
        if roll.method.exclusive:
            self._blocked_until = roll.end
        if roll.method.does(Action.publish_cds):
            self._cds = frozenset()
            self._cds_free = max(each.at for each in roll.steps if _ends_cds(each.step))

    def _repeat(self, task: _Task, roll: Roll) -> None:
        """Ask for the next rollover of the key that has just come, if its lifetime ends in time."""
        if self._until is None or not roll.lifetime or roll.method.exclusive or not roll.cast.new:
            return
        if any(other.method.old == roll.method.old and other.due is None for other in self._tasks):
            return
        active = roll.at(roll.method.activation)
        due = active + roll.lifetime
        start = due - (active - roll.steps[0].at)
        if start < self._until:
            request = replace(task.request, start=None, old=None, new=None)
            heapq.heappush(self._tasks, _Task(start, next(self._order), request, roll.method, due))

    # events

    def _expand(self, roll: Roll, dated: Dated) -> Iterable[Event]:
        step = dated.step
        names = roll.cast.names()
        lag = self._setup.number("zone-propagation") + self._setup.number("full-sign-delay") if step.complete else None
        for action, key in self._deeds(roll, step):
            yield Event(
                dated.at,
                action,
                key,
                lag=lag if action in (Action.sign_zone, Action.add_chain) else None,
                step=step.id,
                title=step.title.format_map(names),
                instruction=step.instruction.format_map(names),
                not_before=dated.not_before,
                wait=dated.wait,
                refs=step.refs or roll.method.refs,
            )

    def _deeds(self, roll: Roll, step: Step) -> list[tuple[Action, str]]:
        deeds = [(action, key) for action, word in step.do for key in self._named(roll, action, word)]
        if not any(action in (Action.publish_cds, Action.withdraw_cds) for action, _ in deeds):
            return deeds
        # a CDS set is the whole DS set that is wanted, other keys included (RFC 7344 section 4)
        if _starts_cds(step):
            wanted = {key for action, key in deeds if action == Action.publish_cds} | roll.others
            deeds += [(Action.publish_cds, key) for key in sorted(roll.others - roll.cds_before)]
            deeds += [(Action.withdraw_cds, key) for key in sorted(roll.cds_before - wanted)]
        elif step is [each for each in roll.method.steps if _ends_cds(each)][-1]:
            deeds += [(Action.withdraw_cds, key) for key in sorted(roll.others)]
        return deeds

    def _named(self, roll: Roll, action: Action, word: str) -> tuple[str, ...]:
        keys = roll.cast.resolve(word)
        if action == Action.generate_key:
            return tuple(key for key in keys if key in {made.id for made in roll.cast.made if made.tag is None})
        return keys

    # the result

    def result(self, names: tuple[str, ...]) -> Plan:
        """Put the plan together."""
        events = self._past_ttls()
        for roll in self._rolls:
            events += self._finished(roll)
            if roll.method.note:
                self._note(f"{roll.method.id}: {roll.method.note}")
        events.sort(key=lambda event: event.at)
        setup = self._setup
        result = Plan(
            setup.zone,
            names,
            self._keys,
            setup.start,
            events,
            dict(setup.inputs),
            setup.rrsets,
            setup.dnskey_expires,
        )
        self._note_expiry(result)
        result.notes = list(dict.fromkeys(self._notes))
        if events and not -LATEST < events[-1].at <= LATEST:
            raise PlanError("the plan ends after the year 9999")
        return result

    def _finished(self, roll: Roll) -> list[Event]:
        """Give the events of a rollover with their deadlines, and names of steps that no other rollover has."""
        limits = deadlines(self._setup, roll, self._events)
        subject = roll.cast.new or roll.cast.old or (roll.method.id,)
        found: list[Event] = []
        for dated in roll.steps:
            limit, reason = limits.get(dated.step.id, (None, ""))
            if limit is not None and limit < dated.at:
                self._note(f"{dated.step.title.format_map(roll.cast.names())}: late by {dated.at - limit} s, {reason}")
            name = dated.step.id if len(self._rolls) == 1 else f"{subject[0]}/{dated.step.id}"
            found += [
                replace(event, step=name, not_after=limit, not_after_reason=reason)
                for event in self._expand(roll, dated)
            ]
        return found

    def _past_ttls(self) -> list[Event]:
        """Give the events that say when TTLs became smaller, for the prover."""
        found: list[Event] = []
        number = self._setup.number
        names = {"dnskey": [("dnskey", number("dnskey-ttl"))], "ds": [("ds", number("ds-ttl"))]}
        names["data"] = [(rrset.name, rrset.ttl) for rrset in self._setup.rrsets]
        for kind, classes in names.items():
            at = number(f"was-{kind}-ttl-until")
            for name, ttl in classes:
                if number(f"was-{kind}-ttl") > ttl:
                    title = f"The TTL of {name} became {ttl} s"
                    text = "This has happened already; caches may hold what they took before by its TTL."
                    found.append(
                        Event(at, Action.set_ttl, name, value=ttl, step=f"ttl-{name}", title=title, instruction=text)
                    )
        return found

    def _note_expiry(self, result: Plan) -> None:
        """Say when signatures run out that nobody renews, within the plan."""
        if any(step.ends_trust for roll in self._rolls for step in roll.method.steps):
            return
        end = max((event.at for event in result.events), default=self._now)
        signatures = [(rrset.name, rrset.expires, RESIGNS_DATA) for rrset in result.rrsets]
        for what, expires, actions in [*signatures, ("the DNSKEY set", result.dnskey_expires, RESIGNS_KEYS)]:
            if expires is not None and expires < end and not any(event.action in actions for event in result.events):
                self._note(f"the signatures over {what} expire at {to_text(expires)} and nobody renews them")

    def _note(self, text: str) -> None:
        self._notes.append(text)


def _starts_cds(step: Step) -> bool:
    return any(action == Action.publish_cds for action, _ in step.do)


def _ends_cds(step: Step) -> bool:
    return any(action == Action.withdraw_cds for action, _ in step.do)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
