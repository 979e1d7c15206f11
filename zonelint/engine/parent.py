"""What to hand to the parent of a zone, and whether a registry that looks before it acts would take it.

The conditions are those of RFC 7344 section 4.1 and RFC 8078 section 3, and the tables of today's algorithms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from zonelint.checks import READING
from zonelint.checks.dnskey import algorithm_row
from zonelint.checks.ds import digest_row, matches
from zonelint.dnssec.digests import ds_digest
from zonelint.dnssec.keys import SECURE_ENTRY_POINT
from zonelint.dnssec.zonekey import ZoneKey
from zonelint.engine.options import CheckOptions, UsageError
from zonelint.engine.run import NO_DS
from zonelint.engine.zone import cores, judge, zone_keys
from zonelint.keys.dsfiles import DsRecord, read_ds_file
from zonelint.names import text_from_key, wire_from_key
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.text import open_source
from zonelint.zone.context import Context
from zonelint.zone.index import ZoneIndex


@dataclass(frozen=True, slots=True)
class Handover:
    """A key for the parent: its records as RDATA text, why it would be refused, and whether its DS is there now.

    `ds` is also what the CDS records say. `obstacles` is empty for a key that would be taken; `is_there` is None where
    no DS records were given.
    """

    tag: int
    algorithm: int
    flags: int
    ds: tuple[str, ...]
    cdnskey: str
    obstacles: tuple[str, ...]
    is_there: bool | None


@dataclass(frozen=True, slots=True)
class Leftover:
    """A DS at the parent that stands for none of the keys to hand in, as RDATA text, and why."""

    ds: str
    reason: str


@dataclass(slots=True)
class ParentSide:
    """What `zonelint ds` says of a zone; `obstacles` are those of the zone as a whole."""

    zone: str
    serial: int | None
    keys: list[Handover] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    @property
    def is_accepted(self) -> bool:
        """Whether a registry would take all of it."""
        return bool(self.keys) and not self.obstacles and not any(key.obstacles for key in self.keys)


def parent_side(path: str, options: CheckOptions, digests: Sequence[int]) -> ParentSide:
    """Read a zone and work out what its parent should have; `options` gives origin, times, includes and DS file.

    Raises `UsageError` for what was asked wrongly and `zonelint.source.text.Unreadable` for what is no zone.
    """
    source = open_source(path)
    context = Context(b"", at=options.at, horizon=0)
    policy = IncludePolicy.for_zone(source.path, options.allow_include)
    judged = judge(source, context, policy, options.origin, options.jobs or cores())
    index = judged.index
    soa = index.apex.get(rdtypes.SOA)
    if not judged.is_text or soa is None:
        raise UsageError(f"{source.name}: no SOA record, so this is no zone")
    zone = text_from_key(index.context.apex)
    there = None if options.ds is None else _ds_there(options.ds, zone)
    side = ParentSide(zone, int.from_bytes(soa.rdatas[0][-20:-16], "big"))
    keys = zone_keys(index.context)
    signing = {number for number, over_keys in index.uses if over_keys}
    for number, key in _entries(keys, signing, side):
        side.keys.append(_handover(index, number, key, digests, there))
    faults = [each for each in judged.findings if each.rule in READING - {"ttl-missing", "out-of-zone"}]
    # keys may be in what is missing
    side.obstacles += [f"the zone cannot be read whole ({fault.message}): check it first" for fault in faults[:1]]
    side.obstacles += _obstacles(index, keys, signing, there)
    side.leftovers = list(_leftovers(index, keys, there or ()))
    return side


def _ds_there(path: str, zone: str) -> list[DsRecord]:
    if path == NO_DS:
        return []
    try:
        records, faults = read_ds_file(path, zone)
    except OSError as fault:
        raise UsageError(f"--ds {path}: {(fault.strerror or str(fault)).lower()}") from None
    if faults:
        raise UsageError(f"--ds {path}: {faults[0].message}")
    return records


def _entries(keys: Sequence[ZoneKey], signing: set[int], side: ParentSide) -> Iterator[tuple[int, ZoneKey]]:
    """Give the keys that stand for the zone: those with the SEP flag, else those that sign the DNSKEY set."""
    marked = any(key.flags & SECURE_ENTRY_POINT for key in keys)
    for number, key in enumerate(keys):
        if key.is_revoked:
            side.passed_over.append(f"key {key.tag} is revoked: no DS may lead to it (RFC 5011 section 2.1)")
        elif key.flags & SECURE_ENTRY_POINT or (not marked and number in signing):
            yield number, key


def _handover(
    index: ZoneIndex, number: int, key: ZoneKey, digests: Sequence[int], there: Sequence[DsRecord] | None
) -> Handover:
    import base64

    apex = index.context.apex
    ds, obstacles = [], list(_key_obstacles(index, number, key))
    for digest_type in digests:
        digest = ds_digest(wire_from_key(apex), key.rdata, digest_type)
        row = digest_row(digest_type)
        if digest is None or row.get("delegation") not in ("RECOMMENDED", "MAY"):
            obstacles.append(f"digest type {digest_type} may not be used for delegations (RFC 9904)")
            continue
        ds.append(f"{key.tag} {key.algorithm} {digest_type} {digest.hex().upper()}")
    obstacles += [
        f"the parent has a DS of digest type {record.digest_type} for this tag, with another digest"
        for record in there or ()
        if (record.tag, record.algorithm) == (key.tag, key.algorithm) and matches(record, key, apex) is False
    ]
    public = base64.b64encode(key.rdata[4:]).decode("ascii")
    is_there = None if there is None else any(matches(record, key, apex) for record in there)
    cdnskey = f"{key.flags} {key.rdata[2]} {key.algorithm} {public}"
    return Handover(key.tag, key.algorithm, key.flags, tuple(ds), cdnskey, tuple(obstacles), is_there)


def _key_obstacles(index: ZoneIndex, number: int, key: ZoneKey) -> Iterator[str]:
    """Say why a registry would not take a DS for a key."""
    if not key.is_usable:
        yield f"flags {key.flags} or protocol {key.rdata[2]} bar it from signing zones (RFC 4034 section 2.1)"
    if not key.flags & SECURE_ENTRY_POINT:
        yield f"flags {key.flags} lack the SEP bit, which registries ask for"
    if key.malformed:
        yield key.problem
    row = algorithm_row(key.algorithm)
    if row["signing"] == "MUST NOT" or not row["zone_signing"]:
        yield f"algorithm {key.algorithm} ({row['mnemonic']}) must not be used to sign (RFC 9904)"
    if (number, True) not in index.uses:
        if (number, True) in index.claims:
            yield "its signature over the DNSKEY set is not valid at the reference time"
        else:
            yield "it does not sign the DNSKEY set"


def _obstacles(
    index: ZoneIndex, keys: Sequence[ZoneKey], signing: set[int], there: Sequence[DsRecord] | None
) -> Iterator[str]:
    """Say what keeps a registry from taking anything of this zone."""
    apex = index.context.apex
    if not keys:
        yield "the zone has no DNSKEY"
    elif there and not any(matches(record, keys[number], apex) for record in there for number in signing):
        yield "no DS that the parent has now leads to a key that signs the DNSKEY set: the zone does not validate"


def _leftovers(index: ZoneIndex, keys: Sequence[ZoneKey], there: Sequence[DsRecord]) -> Iterator[Leftover]:
    """Give the DS records that will not be needed."""
    apex = index.context.apex
    for record in there:
        key = next((key for key in keys if matches(record, key, apex)), None)
        text = f"{record.tag} {record.algorithm} {record.digest_type} {record.digest.hex().upper()}"
        if key is None:
            yield Leftover(text, "matches no key of the zone")
        elif key.is_revoked:
            yield Leftover(text, "its key is revoked")
        elif digest_row(record.digest_type).get("delegation") == "MUST NOT":
            yield Leftover(text, f"digest type {record.digest_type} must not be used any more")
