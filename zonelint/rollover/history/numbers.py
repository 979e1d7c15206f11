"""The numbers that a history is judged by: given, in the SOA records and DNSKEY sets of its versions, or assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from zonelint.rollover.history.model import Published
from zonelint.rollover.model import Number
from zonelint.rollover.timeline import ADD_HOLD_DOWN

_ASSUMED = {
    "parent-propagation": Number(3600, "assumed: an hour (--parent-propagation)"),
    "ds-ttl": Number(86400, "assumed: a day (--ds-ttl)"),
    "clock-skew": Number(0, "default"),
    "hold-down": Number(ADD_HOLD_DOWN, "RFC 5011 section 2.4.1"),
    "serve-stale": Number(0, "default"),
    "forwarders": Number(0, "default"),
}


class Clock(NamedTuple):
    """The numbers of a history; `delays` says for each version how long some server may still have it afterwards."""

    numbers: Mapping[str, Number]
    delays: Sequence[int]

    def number(self, name: str) -> int:
        """Give a number in seconds, 0 where there is none."""
        found = self.numbers.get(name)
        return 0 if found is None else found.value


def settle(published: Sequence[Published], given: Mapping[str, int]) -> Clock:
    """Settle all numbers; `given` are those of options, in seconds."""
    numbers = {name: Number(value, f"option --{name}") for name, value in given.items()}
    delays = [given.get("zone-propagation", _delay(each)) for each in published]
    numbers.setdefault("zone-propagation", Number(delays[-1], "assumed: SOA refresh + retry (--zone-propagation)"))
    for name, number in _ASSUMED.items():
        numbers.setdefault(name, number)
    numbers.setdefault("ds-negative-ttl", Number(numbers["ds-ttl"].value, "assumed: as long as the DS TTL"))
    numbers["dnskey-negative-ttl"] = Number(max(map(negative_ttl, published)), "largest of all versions, SOA")
    return Clock(numbers, delays)


def negative_ttl(each: Published) -> int:
    """Give how long negative answers of a version are cached, in seconds."""
    soa = each.version.seen.soa
    return 0 if soa is None else soa.negative_ttl


def _delay(each: Published) -> int:
    """Give how long a secondary may lag behind: one that misses a NOTIFY asks after refresh, and again after retry."""
    soa = each.version.seen.soa
    return 0 if soa is None else min(soa.refresh + soa.retry, (1 << 31) - 1)
