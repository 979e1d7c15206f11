"""The change from the previous version of a zone: whether it is worth a look, and what the prover makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zonelint.engine.options import CheckOptions
from zonelint.engine.previous import Earlier
from zonelint.engine.zone import Judged
from zonelint.findings import Finding, NotRun, Place, ZoneReport
from zonelint.keys.dsfiles import DsRecord
from zonelint.source import rdtypes
from zonelint.source.rdtypes import CDNSKEY, CDS, DNSKEY, NSEC, NSEC3PARAM, RRSIG, SOA
from zonelint.source.text import Source
from zonelint.zone.index import ZoneIndex
from zonelint.zone.model import Node

if TYPE_CHECKING:
    from zonelint.rollover.model import Number

HOUR, DAY = 3600, 86400


def judge_transition(
    judged: Judged,
    source: Source,
    earlier: Earlier,
    options: CheckOptions,
    ds: Sequence[DsRecord] | None,
    report: ZoneReport,
) -> Iterator[Finding]:
    """Judge the change from an earlier version; both are read for who signs what only where that can matter."""
    if earlier.is_same and options.ds_published is None:
        return
    if not _matters(earlier.judged.index, judged.index, options):
        return
    from zonelint.checks import TRANSITION_RULES
    from zonelint.rollover.observe import MeasureError, observe
    from zonelint.rollover.transitions.pair import Version, pair
    from zonelint.rollover.transitions.scenes import Dates
    from zonelint.rollover.transitions.verdict import judge, unjudged

    try:
        seen = [observe(text, zone.origin, zone.policy)
                for text, zone in ((earlier.source, earlier.judged), (source, judged))]  # fmt: skip
    except MeasureError as fault:
        report.not_run += [NotRun(rule, str(fault)) for rule in sorted(TRANSITION_RULES) if options.wants(rule)]
        return
    old, new = (Version(name, each.soa.serial if each.soa else 0, each)
                for name, each in zip((earlier.source.name, source.name), seen, strict=True))  # fmt: skip
    both = pair(old, new, ds)
    place = _place(judged.index)
    numbers = _numbers(earlier.judged.index, options)
    # a zone that has to hold at several times is published once, at the first of them
    dates = Dates(min(options.at), options.published, options.ds_published)
    yield from judge(both, dates, numbers, place)
    report.not_run += [NotRun(rule, reason) for rule, reason in unjudged(both, dates) if options.wants(rule)]


def _matters(old: ZoneIndex, new: ZoneIndex, options: CheckOptions) -> bool:
    """Tell from the apex alone whether keys, signers, denial or TTLs changed, or signatures end too soon."""
    if DNSKEY not in old.apex and DNSKEY not in new.apex:
        return False
    if _facts(old.apex) != _facts(new.apex) or options.ds_published is not None or _waits(new.apex):
        return True
    ends = [expiration for index in (old, new) for expiration in _expirations(index.apex)]
    ends += new.span[:1] if new.span else ()
    starts = [int.from_bytes(rdata[12:16], "big") for rdata in _rdatas(new.apex, RRSIG)]
    delay = _numbers(old, options)["zone-propagation"].value
    first, last = min(options.at), max(options.at)
    return any(end < last + delay for end in ends) or any(start > first for start in starts)


def _rdatas(apex: Node, rdtype: int) -> Sequence[bytes]:
    rrset = apex.get(rdtype)
    return rrset.rdatas if rrset else ()


def _expirations(apex: Node) -> list[int]:
    return [int.from_bytes(rdata[8:12], "big") for rdata in _rdatas(apex, RRSIG)]


def _facts(apex: Node) -> tuple[object, ...]:
    """Give what two versions of an apex must have in common for their caches to be alike."""
    sets = [frozenset(_rdatas(apex, rdtype)) for rdtype in (DNSKEY, CDS, CDNSKEY, NSEC3PARAM)]
    signers = frozenset((rdata[:3], rdata[16:18]) for rdata in _rdatas(apex, RRSIG) if _is_for_all(rdata))
    ttl = apex[DNSKEY].ttl if DNSKEY in apex else None
    return *sets, signers, ttl, NSEC in apex


def _is_for_all(rdata: bytes) -> bool:
    """Tell whether a signature covers what every signed apex has; a type that comes or goes says nothing of keys."""
    return int.from_bytes(rdata[:2], "big") in (SOA, DNSKEY, rdtypes.NS)


def _waits(apex: Node) -> bool:
    """Tell whether keys are being exchanged: one signs nothing at the apex, or an RRset has several signatures."""
    from zonelint.dnssec.keys import key_tag

    heads = [(rdata[:2], rdata[16:18]) for rdata in _rdatas(apex, RRSIG)]
    tags = {int.from_bytes(tag, "big") for _, tag in heads}
    idle = any(key_tag(rdata) not in tags for rdata in _rdatas(apex, DNSKEY))
    return idle or len({tag for covered, tag in heads if covered == SOA.to_bytes(2, "big")}) > 1


def _numbers(old: ZoneIndex, options: CheckOptions) -> dict[str, Number]:
    """Give the numbers of the arithmetic: options, the SOA and the DNSKEY set that caches hold, or what is assumed."""
    from zonelint.rollover.model import Number

    soa = _rdatas(old.apex, SOA)[0]
    refresh, retry, minimum = (int.from_bytes(soa[at : at + 4 or None], "big") for at in (-16, -12, -4))
    negative = min(old.apex[SOA].ttl, minimum)
    keys = old.apex.get(DNSKEY)
    given = {"zone-propagation": (options.propagation, refresh + retry, "SOA refresh + retry"),
             "parent-propagation": (options.parent_propagation, HOUR, "an hour"),
             "ds-ttl": (options.ds_ttl, DAY, "a day")}  # fmt: skip
    numbers = {name: Number(usual if value is None else value, f"assumed: {words}" if value is None else "option")
               for name, (value, usual, words) in given.items()}  # fmt: skip
    numbers["ds-negative-ttl"] = numbers["ds-ttl"]
    numbers["dnskey-ttl"] = Number(max(keys.ttls) if keys else negative, "previous version")
    numbers["dnskey-negative-ttl"] = Number(negative, "previous version, SOA")
    return numbers


def _place(index: ZoneIndex) -> Place | None:
    """Give the place of the first DNSKEY record, else that of the SOA."""
    rrset = index.apex.get(DNSKEY) or index.apex.get(SOA)
    return index.place(min(rrset.positions)) if rrset else None
