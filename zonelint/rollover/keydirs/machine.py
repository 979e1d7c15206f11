"""The state machine of BIND's key manager: what it does next with a key, when, and what it waits for.

A key has up to four records (DS, DNSKEY, the signatures over the DNSKEY set and those over the zone), each hidden,
rumoured, omnipresent or unretentive. A record moves when its TTL has passed and no rule is broken that held before:
there is a chain of trust and there are valid signatures (Schaeffer, Overeinder, Mekking: Flexible and Robust Key
Rollover in DNSSEC, 2012, equations 1 to 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zonelint.rollover.keydirs.life import Life, link_of, tags_of
from zonelint.rollover.keydirs.numbers import Numbers
from zonelint.rollover.model import Role

HIDDEN, RUMOURED, OMNIPRESENT, UNRETENTIVE = "hidden", "rumoured", "omnipresent", "unretentive"
RECORDS: Mapping[Role, tuple[str, ...]] = {
    Role.ksk: ("dnskey", "krrsig", "ds"),
    Role.zsk: ("dnskey", "zrrsig"),
    Role.csk: ("dnskey", "krrsig", "zrrsig", "ds"),
}
"""The records that a key of each role has."""

CHAIN = "BIND's rule 2: a chain of trust from DS to DNSKEY in every cache"
SIGNATURES = "BIND's rule 3: valid signatures over the zone in every cache"
SUBMIT = "the DS to be seen at the parent: submit it, then rndc dnssec -checkds published"
WITHDRAW = "the DS to be gone from the parent: withdraw it there, then rndc dnssec -checkds withdrawn"

_UP = {HIDDEN: RUMOURED, RUMOURED: OMNIPRESENT, UNRETENTIVE: RUMOURED}
_DOWN = {RUMOURED: UNRETENTIVE, OMNIPRESENT: UNRETENTIVE, UNRETENTIVE: HIDDEN}


class Move(NamedTuple):
    """The next step of one record and what it waits for.

    `due` is the earliest time by its own clock, in seconds since 1970, None where that has not begun. `outside` tells
    that it hangs on what somebody says of the parent, `blocked` that another record or key has to move before.
    """

    record: str
    state: str
    to: str
    due: int | None
    waits_for: str
    outside: bool = False
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """The keys of one zone that have states, and the numbers of the policy."""

    lives: Sequence[Life]
    numbers: Numbers
    now: int

    def moves(self, life: Life) -> list[Move]:
        """Give the next step of each record of a key; none of a record that is where it is to be."""
        return [move for record in RECORDS[life.role] if (move := self._move(life, record))]

    def broken(self) -> Iterator[tuple[int, str]]:
        """Give algorithm and rule where a rule does not hold now, for algorithms whose keys all have states."""
        for algorithm in sorted({life.public.algorithm for life in self.lives}):
            states = _States(self.lives, algorithm)
            if states.complete:
                if not states.chain():
                    yield algorithm, CHAIN
                if not states.signatures():
                    yield algorithm, SIGNATURES

    def _move(self, life: Life, record: str) -> Move | None:
        goal, state = life.state("goal"), life.state(record) or HIDDEN
        to = (_UP if goal == OMNIPRESENT else _DOWN if goal == HIDDEN else {}).get(state)
        if to is None:
            return None
        if record == "ds" and to == OMNIPRESENT and life.time("DSPublish") is None:
            return Move(record, state, to, None, SUBMIT, outside=True)
        if record == "ds" and state == UNRETENTIVE and to == HIDDEN and life.time("DSRemoved") is None:
            return Move(record, state, to, None, WITHDRAW, outside=True)
        before = self._policy(life, record, to)
        if before:
            return Move(record, state, to, None, before, blocked=True)
        due, rule = self._due(life, record, to), self._rules(life, record, to)
        if rule:
            return Move(record, state, to, due, rule, blocked=True)
        return Move(record, state, to, due, "caches to follow" if to in (OMNIPRESENT, HIDDEN) else "named")

    def _policy(self, life: Life, record: str, to: str) -> str:
        """Say what has to come before a record may be introduced."""
        if to != RUMOURED:
            return ""
        dnskey = life.state("dnskey") or HIDDEN
        if record == "krrsig" and dnskey == HIDDEN:
            return "its DNSKEY to be published"
        if record == "ds" and dnskey != OMNIPRESENT:
            return "its DNSKEY to be omnipresent"
        if record == "zrrsig" and dnskey != OMNIPRESENT:
            usable = [
                other
                for other in self.lives
                if other is not life
                and other.public.algorithm == life.public.algorithm
                and other.state("dnskey") == OMNIPRESENT
                and other.state("zrrsig") in (OMNIPRESENT, RUMOURED)
            ]
            return "its DNSKEY to be omnipresent" if usable else ""
        return ""

    def _rules(self, life: Life, record: str, to: str) -> str:
        before = _States(self.lives, life.public.algorithm)
        if not before.complete:
            return ""
        after = _States(self.lives, life.public.algorithm, (life.id, record, to))
        for held, holds, rule in (
            (before.chain(), after.chain(), CHAIN),
            (before.signatures(), after.signatures(), SIGNATURES),
        ):
            if not holds and (held or to == UNRETENTIVE):
                return f"another key ({rule})"
        return ""

    def _due(self, life: Life, record: str, to: str) -> int:
        """Give the time of a step, as BIND's key manager works it out from the last change."""
        get = self.numbers.get
        changed = life.time(f"{record.upper()}Change")
        base = self.now if changed is None else changed
        if to == RUMOURED:
            planned = life.time("Activate" if record == "zrrsig" else "Publish")
            return max(self.now, planned or 0)
        if to == UNRETENTIVE:
            return life.time("Inactive" if record in ("zrrsig", "ds") else "Delete") or self.now
        rolls = link_of(life.file, "Predecessor") is not None or link_of(life.file, "Successor") is not None
        if record in ("dnskey", "krrsig"):
            safety = get("publish-safety") if to == OMNIPRESENT else 0
            return base + self.numbers.publication + safety
        if record == "zrrsig":
            smooth = get("sign-delay") + get("retire-safety") if rolls else 0
            return base + get("data-ttl") + get("zone-propagation") + smooth
        seen = life.time("DSPublish" if to == OMNIPRESENT else "DSRemoved")
        return (base if seen is None else seen) + self.numbers.ds + (get("retire-safety") if rolls else 0)


class _States:
    """The states of the keys of one algorithm, one of them perhaps changed for a try."""

    def __init__(self, lives: Sequence[Life], algorithm: int, change: tuple[str, str, str] | None = None) -> None:
        self._keys = [life for life in lives if life.public.algorithm == algorithm]
        self._change = change
        self.complete = all(life.state("dnskey") for life in self._keys)

    def _is(self, life: Life, record: str, *states: str) -> bool:
        if record not in RECORDS[life.role]:
            return False
        if self._change and self._change[:2] == (life.id, record):
            return self._change[2] in states
        return (life.state(record) or HIDDEN) in states

    def chain(self) -> bool:
        """Rule 2, in the numbers of the paper 3b to 3e."""
        return (
            any(self._all(key, OMNIPRESENT, OMNIPRESENT, OMNIPRESENT) for key in self._keys)
            or self._pair(
                lambda old: self._all(old, OMNIPRESENT, OMNIPRESENT, UNRETENTIVE),
                lambda new: self._all(new, OMNIPRESENT, OMNIPRESENT, RUMOURED),
            )
            or self._pair(
                lambda old: self._half(old, UNRETENTIVE),
                lambda new: self._half(new, RUMOURED),
            )
            or all(self._hidden_or_backed(key) for key in self._keys)
        )

    def signatures(self) -> bool:
        """Rule 3, in the numbers of the paper 3f to 3i."""
        return (
            not any(self._is(key, "ds", RUMOURED, OMNIPRESENT, UNRETENTIVE) for key in self._keys)
            or any(self._data(key, OMNIPRESENT, OMNIPRESENT) for key in self._keys)
            or self._pair(
                lambda old: self._data(old, UNRETENTIVE, OMNIPRESENT),
                lambda new: self._data(new, RUMOURED, OMNIPRESENT),
            )
            or self._pair(
                lambda old: self._data(old, OMNIPRESENT, UNRETENTIVE),
                lambda new: self._data(new, OMNIPRESENT, RUMOURED),
            )
            or all(self._unused_or_signing(key) for key in self._keys)
        )

    def _all(self, life: Life, dnskey: str, krrsig: str, ds: str) -> bool:
        return self._is(life, "dnskey", dnskey) and self._is(life, "krrsig", krrsig) and self._is(life, "ds", ds)

    def _half(self, life: Life, moving: str) -> bool:
        """Tell whether DNSKEY or its signature moves, or both, under a DS that everybody has."""
        known = (moving, OMNIPRESENT)
        moves = self._is(life, "dnskey", moving) or self._is(life, "krrsig", moving)
        return (
            moves
            and self._is(life, "ds", OMNIPRESENT)
            and self._is(life, "dnskey", *known)
            and self._is(life, "krrsig", *known)
        )

    def _data(self, life: Life, dnskey: str, zrrsig: str) -> bool:
        return self._is(life, "dnskey", dnskey) and self._is(life, "zrrsig", zrrsig)

    def _hidden_or_backed(self, life: Life) -> bool:
        if not self._is(life, "ds", RUMOURED, OMNIPRESENT, UNRETENTIVE):
            return True
        if self._is(life, "dnskey", OMNIPRESENT) and self._is(life, "krrsig", OMNIPRESENT):
            return True
        return any(self._all(key, OMNIPRESENT, OMNIPRESENT, OMNIPRESENT) for key in self._keys)

    def _unused_or_signing(self, life: Life) -> bool:
        if self._is(life, "dnskey", HIDDEN):
            return True
        return any(
            self._is(other, "zrrsig", OMNIPRESENT) and self._is(other, "dnskey", *self._same(life))
            for other in self._keys
        )

    def _same(self, life: Life) -> tuple[str, ...]:
        return tuple(s for s in (RUMOURED, OMNIPRESENT, UNRETENTIVE) if self._is(life, "dnskey", s))

    def _pair(self, old: Callable[[Life], bool], new: Callable[[Life], bool]) -> bool:
        """Tell whether a key and one of its successors, near or far, are in two conditions."""
        befores, afters = [key for key in self._keys if old(key)], [key for key in self._keys if new(key)]
        return bool(befores and afters) and any(after in self._after(key) for key in befores for after in afters)

    def _after(self, life: Life) -> list[Life]:
        """Give the successors of a key, their successors, and so on."""
        found: list[Life] = []
        here = [life]
        while here:
            key = here.pop()
            tag = link_of(key.file, "Successor")
            for other in self._keys:
                follows = tag in tags_of(other.public) or link_of(other.file, "Predecessor") in tags_of(key.public)
                if other is not life and other not in found and follows:
                    found.append(other)
                    here.append(other)
        return found
