"""When signatures expire, seen over the whole zone: against the SOA timers, and all at once (RFC 6781 section 4.4)."""

from __future__ import annotations

from collections.abc import Iterator

from zonelint.catalogue import option
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import found, zone_check
from zonelint.checks.signatures import stamp
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import RRSIG, SOA
from zonelint.zone.index import ZoneIndex


@zone_check("soa-expire-outlives-signatures")
def check_against_expire(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """A secondary that is cut off stops to serve the zone before its signatures expire (RFC 6781 section 4.4.1)."""
    at = max(inputs.at)
    if SOA not in index.apex or index.first is None or index.first[0] - at <= index.context.horizon:
        return  # rrsig-expired and rrsig-expires-soon say what is more urgent
    expire = int.from_bytes(index.apex[SOA].rdatas[0][-8:-4], "big")
    early = sum(number for hour, number in index.expirations.items() if (hour + 1) * 3600 <= at + expire)
    total = sum(index.expirations.values())
    # a few that are due for renewal are a signer's everyday life
    if 2 * early > total:
        end, owner, rdtype = index.first
        message = (
            f"expire is {expire} s, but {early} of {total} signatures end before, the first over "
            f"{text_from_key(owner)} {rdtypes.type_name(rdtype)} in {end - at} s"
        )
        place = index.apex_place(SOA, 0, 5)
        yield found("soa-expire-outlives-signatures", message, place, index.context.apex, SOA)


@zone_check("signatures-expire-together", "expiry-cliff")
def check_spread(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """The signatures of a large zone do not all expire at the same time."""
    total = sum(index.expirations.values())
    if index.span is None or total < option("signatures-expire-together", "signatures"):
        return
    at, place, apex = inputs.at[0], index.apex_place(RRSIG), index.context.apex
    first, last = index.span
    if first == last:
        message = f"the signatures over data, {total} with those over keys, all expire at {stamp(first, at)}"
        yield found("signatures-expire-together", message, place, apex, RRSIG)
        return
    hour, most = max(index.expirations.items(), key=lambda each: (each[1], -each[0]))
    if 100 * most > option("expiry-cliff", "percent") * total and last - first >= option("expiry-cliff", "span"):
        message = f"{most} of {total} signatures expire in the hour from {stamp(hour * 3600, at)}"
        yield found("expiry-cliff", message, place, apex, RRSIG)
