"""What `zonelint ds` prints: zone-file lines with the verdicts as comments, or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from zonelint.engine.parent import Handover, ParentSide
from zonelint.report.text import visible


def text(side: ParentSide) -> str:
    """Write the records, each group under its verdict; a zone file in itself."""
    serial = "no serial" if side.serial is None else f"serial {side.serial}"
    lines = [f"; {side.zone} {serial}: {'accepted' if side.is_accepted else 'not accepted'}"]
    lines += [f"; {reason}" for reason in side.obstacles]
    for key in side.keys:
        lines += ["", f"; key {key.tag}, algorithm {key.algorithm}, flags {key.flags}: {_verdict(key)}"]
        lines += [f";   {reason}" for reason in key.obstacles]
        lines += [f"{side.zone} IN DS {ds}" for ds in key.ds]
        lines += [f"{side.zone} IN CDS {ds}" for ds in key.ds]
        lines += [f"{side.zone} IN CDNSKEY {key.cdnskey}"]
    if side.leftovers:
        lines += ["", "; at the parent and not needed:"]
        lines += [f"; {side.zone} IN DS {each.ds} ({each.reason})" for each in side.leftovers]
    lines += [f"; {reason}" for reason in side.passed_over]
    return "\n".join([*map(visible, lines), ""])


def _verdict(key: Handover) -> str:
    verdict = "not accepted" if key.obstacles else "accepted"
    if key.is_there is None:
        return verdict
    return f"{verdict}, {'at the parent already' if key.is_there else 'not at the parent yet'}"


def as_json(side: ParentSide) -> str:
    """Write the same as JSON, version 1."""
    return json.dumps(
        {
            "version": 1,
            "zone": side.zone,
            "serial": side.serial,
            "accepted": side.is_accepted,
            "obstacles": side.obstacles,
            "keys": [
                {
                    "tag": key.tag, "algorithm": key.algorithm, "flags": key.flags, "accepted": not key.obstacles,
                    "obstacles": list(key.obstacles), "at_parent": key.is_there, "ds": list(key.ds),
                    "cds": list(key.ds), "cdnskey": key.cdnskey,
                }
                for key in side.keys
            ],
            "not_needed": [{"ds": each.ds, "reason": each.reason} for each in side.leftovers],
            "passed_over": side.passed_over,
        },
        indent=2,
    ) + "\n"  # fmt: skip


FORMATS: dict[str, Callable[[ParentSide], str]] = {"text": text, "json": as_json}
"""The formats by name."""
