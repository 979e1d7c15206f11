"""A plan as JSON, version 1: fields may be added, none is renamed, removed or given another meaning.

`zonelint.rollover.planfile` reads it back. Times are UTC, RFC 3339; durations and TTLs are seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zonelint.rollover.events import SIGNING
from zonelint.rollover.model import VERSION, Event, Key, Plan, RrsetClass, State
from zonelint.rollover.prove import Proof, Window
from zonelint.times import LATEST, to_text

_ONE_PER_LINE = ("inputs", "keys", "rrsets", "events", "notes", "sizes", "proof", "history")


def to_json(plan: Plan, proof: Proof | None, sizes: Sequence[tuple[int, int]] = ()) -> dict[str, Any]:
    """Give the document; `sizes` are pairs of a time and the octets of the DNSKEY answer from then on.

    Those at the time 0, for what is there before the first event, are left out.
    """
    document: dict[str, Any] = {
        "version": VERSION,
        "zone": plan.zone,
        "methods": list(plan.methods),
        "inputs": {name: {"value": each.value, "source": each.source} for name, each in plan.inputs.items()},
        "keys": {name: _key(key) for name, key in plan.keys.items()},
        "start": _state(plan.start),
        "rrsets": [_rrset(rrset) for rrset in plan.rrsets],
        "dnskey_expires": _time(plan.dnskey_expires),
        "events": [_event(event) for event in sorted(plan.events, key=lambda event: event.at)],
        "notes": list(plan.notes),
        "sizes": [{"at": to_text(at), "dnskey": octets} for at, octets in sizes if at > 0],
    }
    if proof is not None:
        document["proof"] = {
            validator.value: {"bogus": _windows(verdict.bogus), "insecure": _windows(verdict.insecure)}
            for validator, verdict in proof.items()
        }
    return document


def write(
    plan: Plan, proof: Proof | None, sizes: Sequence[tuple[int, int]] = (), history: Mapping[str, Any] | None = None
) -> str:
    """Give the document as text in ASCII, an event a line, so that two versions compare well.

    `history` is what else is told of a plan of the past; whoever reads the plan does not need it.
    """
    lines = []
    document = to_json(plan, proof, sizes) | ({} if history is None else {"history": history})
    for name, value in document.items():
        head = f"  {json.dumps(name)}: "
        if name in _ONE_PER_LINE and value:
            opener, closer = "{}" if isinstance(value, dict) else "[]"
            lines.append(f"{head}{opener}\n{_parts(value)}\n  {closer}")
        else:
            lines.append(f"{head}{json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _parts(value: dict[str, Any] | list[Any]) -> str:
    if isinstance(value, dict):
        return ",\n".join(f"    {json.dumps(name)}: {json.dumps(each)}" for name, each in value.items())
    return ",\n".join(f"    {json.dumps(each)}" for each in value)


def _key(key: Key) -> dict[str, Any]:
    return {"role": key.role.value, "algorithm": key.algorithm, "tag": key.tag, "octets": key.octets}


def _state(state: State) -> dict[str, Any]:
    sets = ("ds", "cds", "dnskey", "revoked", "dnskey_signers", "zone_signers", "chains")
    document: dict[str, Any] = {name: sorted(getattr(state, name)) for name in sets}
    document["anchors"] = None if state.anchors is None else sorted(state.anchors)
    return document


def _rrset(rrset: RrsetClass) -> dict[str, Any]:
    return {"name": rrset.name, "ttl": rrset.ttl, "negative": rrset.negative, "expires": _time(rrset.expires)}


def _event(event: Event) -> dict[str, Any]:
    wait = event.wait
    return {
        "at": to_text(event.at),
        "step": event.step,
        "title": event.title,
        "action": event.action.value,
        "key": event.key,
        "value": _time(event.value) if event.action in SIGNING else event.value,
        "lag": event.lag,
        "inception": _time(event.inception),
        "not_before": _time(event.not_before),
        "not_after": _time(event.not_after),
        "not_after_reason": event.not_after_reason,
        "wait": None if wait is None else {
            "symbol": wait.symbol, "seconds": wait.seconds, "limited_by": wait.limited_by, "protects": wait.protects,
        },
        "equation": "" if wait is None else wait.equation,
        "refs": list(event.refs),
        "instruction": event.instruction,
    }  # fmt: skip


def _windows(windows: Iterable[Window]) -> list[list[str | None]]:
    return [[_end(window.start), _end(window.end)] for window in windows]


def _end(at: int) -> str | None:
    """Give one end of a window, None for one that has no end (or one beyond the year 9999)."""
    return to_text(at) if 0 <= at <= LATEST else None


def _time(at: int | None) -> str | None:
    return None if at is None else to_text(at)
