"""A comparison of two versions as JSON, version 1."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from zonelint.engine.differ import Change, Difference, Records

VERSION = 1


def write(difference: Difference, every: bool = True) -> str:  # noqa: ARG001 - every writer is called alike
    """Give one JSON object on one line, in ASCII; nothing is left out."""
    signatures, denial = difference.signatures, difference.denial
    document = {
        "version": VERSION,
        "zone": difference.zone,
        "same": difference.is_same,
        "old": asdict(difference.old),
        "new": asdict(difference.new),
        "names": {"added": difference.added, "removed": difference.removed},
        "rrsets": [_change(change) for change in difference.changes],
        "signatures": {"added": signatures.added, "removed": signatures.removed, "renewed": signatures.changed},
        "denial": denial._asdict(),
        "exceeded": difference.exceeded,
    }
    return json.dumps(document) + "\n"


def _change(change: Change) -> dict[str, Any]:
    return {
        "section": change.section.value,
        "change": change.kind.value,
        "owner": change.owner,
        "type": change.type,
        "before": _records(change.before),
        "after": _records(change.after),
    }


def _records(records: Records) -> dict[str, Any] | None:
    return None if records.ttl is None else {"ttl": records.ttl, "rdata": list(records.rdatas)}
