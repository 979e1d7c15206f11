"""What cannot be judged of a zone whose serial is a placeholder: it is put in later, by the signer or the pipeline."""

from __future__ import annotations

from zonelint.engine.previous import RULES as REVISION_RULES
from zonelint.engine.previous import Earlier
from zonelint.engine.zone import Judged
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.placeholder import placeholder_at
from zonelint.source.text import Source

_OF_TYPES = {
    "csync-serial-ahead": rdtypes.TYPES["CSYNC"],
    "zonemd-serial-differs": rdtypes.ZONEMD,
    "zonemd-digest-wrong": rdtypes.ZONEMD,
}


def serial_word(judged: Judged, source: Source, policy: IncludePolicy) -> str | None:
    """Give the word that stands for the serial of a zone; None where it is a number, or there is no SOA record."""
    soa = judged.index.apex.get(rdtypes.SOA)
    return placeholder_at(judged.index.place(soa.positions[0]), source, policy) if soa else None


def unjudged(judged: Judged, source: Source, policy: IncludePolicy, earlier: Earlier | None) -> dict[str, str]:
    """Give the rules that a placeholder keeps from being judged, each with the reason; `earlier` where there is one."""
    reasons: dict[str, str] = {}
    if earlier is not None and (word := serial_word(earlier.judged, earlier.source, earlier.judged.policy)):
        reasons = dict.fromkeys(REVISION_RULES, f"the serial of {earlier.source.name} is a placeholder ({word})")
    word = serial_word(judged, source, policy)
    if word is not None:
        reason = f"the serial is a placeholder ({word})"
        reasons |= dict.fromkeys(REVISION_RULES if earlier is not None else (), reason)
        reasons |= {rule: reason for rule, rdtype in _OF_TYPES.items() if rdtype in judged.index.apex}
    return reasons
