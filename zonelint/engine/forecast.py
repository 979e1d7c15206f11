"""What lies ahead of a signed zone: until when it validates, how large its answers are, who sees it as unsigned."""

from __future__ import annotations

from collections.abc import Iterable

from zonelint.checks.sizes import answers
from zonelint.checks.views import views
from zonelint.findings import Finding, Forecast
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.zone.index import Status, ZoneIndex
from zonelint.zone.model import SIGNED_AT_CUT

_UNSIGNED = frozenset({"rrset-unsigned", "name-unsigned"})


def forecast(index: ZoneIndex, findings: Iterable[Finding]) -> Forecast:
    """Look ahead; `findings` tell whether some RRset has no signature at all."""
    until, because = None, ""
    bogus = any(_is_served(index, owner, rdtype) for owner, rdtype in index.lapsed)
    if index.first and not bogus and not any(finding.rule in _UNSIGNED for finding in findings):
        until = index.first[0]
        because = f"{text_from_key(index.first[1])} {rdtypes.type_name(index.first[2])}"
    largest = answers(index)
    return Forecast(
        until,
        because,
        {hour * 3600: count for hour, count in index.expirations.items()},
        {kind: answer.octets for kind, answer in largest.items()},
        {kind: text_from_key(answer.owner) for kind, answer in largest.items()},
        views(index),
    )


def _is_served(index: ZoneIndex, owner: bytes, rdtype: int) -> bool:
    """Tell whether validators ask the zone for an RRset, which they do not for what is at or below a delegation."""
    status = index.status_of(owner)
    return status == Status.authoritative or (status == Status.cut and rdtype in SIGNED_AT_CUT)
