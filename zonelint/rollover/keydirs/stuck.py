"""Faults in the states of a key manager: stuck, waiting for the operator, unsafe, or not those of the zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zonelint.findings import Finding
from zonelint.rollover.keydirs.life import Life, tags_of
from zonelint.rollover.keydirs.machine import HIDDEN, OMNIPRESENT, RUMOURED, Machine, Move
from zonelint.rollover.keydirs.numbers import Numbers
from zonelint.rollover.model import Setup
from zonelint.times import to_text

_PATIENCE = 3600
"""Seconds after which named tries again; until then a step that is due is not late."""

_NAMES = {"dnskey": "DNSKEY", "ds": "DS", "krrsig": "KRRSIG", "zrrsig": "ZRRSIG"}


def check_states(
    lives: Sequence[Life], numbers: Numbers, setup: Setup | None, now: int, *, ds_known: bool = False
) -> Iterator[Finding]:
    """Judge the states of the keys of one zone; `ds_known` tells that the DS records of the setup are not assumed."""
    managed = [life for life in lives if life.state("goal")]
    machine = Machine(managed, numbers, now)
    moves = [(life, move) for life in managed for move in machine.moves(life)]
    for life, move in moves:
        yield from _late(life, move, numbers, now)
    yield from _deadlock(machine, moves, now)
    if len(managed) == len(lives):
        for algorithm, rule in machine.broken():
            first = next(life for life in managed if life.public.algorithm == algorithm)
            message = f"the states of the keys of algorithm {algorithm} do not hold to {rule}"
            what = f"{algorithm}:{rule[:13]}"
            place = first.place("dnskey")
            yield Finding("key-states-unsafe", message, place, first.owner, "DNSKEY", what)
    if setup:
        for life in managed:
            yield from _against_zone(life, setup, ds_known)


def _finding(rule: str, message: str, life: Life, record: str) -> Finding:
    return Finding(rule, message, life.place(record), life.owner, "DNSKEY", f"{life.which}:{record}")


def _late(life: Life, move: Move, numbers: Numbers, now: int) -> Iterator[Finding]:
    record = _NAMES[move.record]
    since = life.time(f"{record}Change")
    start = f" since {to_text(since)}" if since is not None else ""
    if move.outside:
        if since is None or now - since > numbers.get("registration") + _PATIENCE:
            message = f"DS of {life.label} is {move.state}{start}: waits for {move.waits_for}"
            yield _finding("key-ds-unconfirmed", message, life, "ds")
    elif move.due is not None and _overdue(move, move.due, now):
        message = (
            f"{record} of {life.label} is {move.state}{start} and was to be {move.to} at {to_text(move.due)}: "
            "waits for the key manager (rndc loadkeys)"
        )
        yield _finding("key-state-stuck", message, life, move.record)


def _overdue(move: Move, due: int, now: int) -> bool:
    """Tell whether nothing but the key manager itself keeps a record from moving on."""
    return move.state not in (HIDDEN, OMNIPRESENT) and not move.blocked and now > due + _PATIENCE


def _deadlock(machine: Machine, moves: Sequence[tuple[Life, Move]], now: int) -> Iterator[Finding]:
    """A zone whose keys all wait for one another: none can move, by time or by what somebody says."""
    if moves and all(move.blocked for _, move in moves) and not any(machine.broken()):
        life, move = next(((life, m) for life, m in moves if m.due is not None and m.due <= now), moves[0])
        if move.due is not None and move.due + _PATIENCE < now:
            message = (
                f"{_NAMES[move.record]} of {life.label} is {move.state} and can never be {move.to}: "
                f"it waits for {move.waits_for}, and no key moves"
            )
            yield _finding("key-state-stuck", message, life, move.record)


def _against_zone(life: Life, setup: Setup, ds_known: bool) -> Iterator[Finding]:
    tags = tags_of(life.public)
    mine = {key.id for key in setup.keys.values() if key.algorithm == life.public.algorithm and key.tag in tags}
    start = setup.start
    shown = {"dnskey": start.dnskey, "krrsig": start.dnskey_signers, "zrrsig": start.zone_signers}
    if ds_known:
        shown["ds"] = start.ds
    for record, ids in shown.items():
        state = life.state(record)
        there = bool(mine & ids)
        wrong = (state in (RUMOURED, OMNIPRESENT) and not there) or (state == HIDDEN and there)
        # a DS that is only rumoured need not be there, nor need all signatures by a new key be made
        if not state or not wrong or (state == RUMOURED and record in ("ds", "zrrsig")):
            continue
        rule = "key-state-mismatch" if record == "dnskey" else "key-state-contradicted"
        where = "at the parent" if record == "ds" else "in the zone"
        be = f"but {where}" if there else f"but not {where}"
        yield _finding(rule, f"{_NAMES[record]} of {life.label} is {state} {be}", life, record)
