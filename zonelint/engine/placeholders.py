"""What cannot be judged of a zone whose serial is a placeholder: it is put in later, by the signer or the pipeline."""

from __future__ import annotations

from zonelint.engine.previous import RULES as REVISION_RULES
from zonelint.engine.previous import Earlier
from zonelint.engine.zone import Judged
from zonelint.source import rdtypes
from zonelint.source.placeholder import placeholder_at
from zonelint.source.text import Source

_OF_TYPES = {
    "csync-serial-ahead": rdtypes.TYPES["CSYNC"],
    "zonemd-serial-differs": rdtypes.ZONEMD,
    "zonemd-digest-wrong": rdtypes.ZONEMD,
}


def serial_of(judged: Judged, source: Source) -> int | None:
    """Give the serial of a zone; None where there is none, or a placeholder stands for it."""
    soa = judged.index.apex.get(rdtypes.SOA)
    if soa is None or _word(judged, source) is not None:
        return None
    return int.from_bytes(soa.rdatas[0][-20:-16], "big")


def unjudged(judged: Judged, source: Source, earlier: Earlier | None) -> dict[str, str]:
    """Give the rules that a placeholder keeps from being judged, each with the reason; `earlier` where there is one."""
    reasons: dict[str, str] = {}
    if not judged.policy.placeholders:
        return reasons
    if earlier is not None and (word := _word(earlier.judged, earlier.source)):
        reasons = dict.fromkeys(REVISION_RULES, f"the serial of {earlier.source.name} is a placeholder ({word})")
    word = _word(judged, source)
    if word is not None:
        reason = f"the serial is a placeholder ({word})"
        reasons |= dict.fromkeys(REVISION_RULES if earlier is not None else (), reason)
        reasons |= {rule: reason for rule, rdtype in _OF_TYPES.items() if rdtype in judged.index.apex}
    return reasons


def _word(judged: Judged, source: Source) -> str | None:
    soa = judged.index.apex.get(rdtypes.SOA)
    return placeholder_at(judged.index.place(soa.positions[0]), source, judged.policy) if soa else None
