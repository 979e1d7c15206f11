"""The NSEC3 chains: parameters, one record for each name, closed rings, opt-out (RFC 5155 section 7.1, RFC 9276)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress, starmap
from operator import itemgetter

from zonelint.catalogue import table
from zonelint.checks.inputs import Inputs
from zonelint.checks.nsec import bitmap_fault
from zonelint.checks.registry import found, zone_check
from zonelint.dnssec.nsec3 import hash_label, nsec3_hash
from zonelint.findings import Field, Finding
from zonelint.names import text_from_key, wire_from_key
from zonelint.source.rdtypes import DNSKEY, DS, NS, NSEC3, NSEC3PARAM, RRSIG
from zonelint.zone.context import ITERATIONS
from zonelint.zone.index import Status, ZoneIndex
from zonelint.zone.summary import Hashed

OPT_OUT = 1
_CUT = int(Status.cut)
_SHA1 = 1
_NSEC_ONLY = frozenset({1, 3, 5})
_HASH, _PARAMS, _FLAGS, _FOLLOWING = (
    itemgetter(Hashed._fields.index(name)) for name in ("hash", "params", "flags", "following")
)


def chains(index: ZoneIndex) -> dict[bytes, list[Hashed]]:
    """Sort the NSEC3 records into chains by their parameters (algorithm, iterations, salt), in order of the file."""
    different = dict.fromkeys(map(_PARAMS, index.hashed))
    if len(different) == 1:
        return dict.fromkeys(different, index.hashed)
    result: dict[bytes, list[Hashed]] = {params: [] for params in different}
    for record in index.hashed:
        result[record.params].append(record)
    return result


def _params(rdata: bytes) -> bytes:
    """Take the parameters from NSEC3PARAM RDATA, the flags left out."""
    return rdata[:1] + rdata[2:]


@zone_check(
    "nsec3param-missing", "nsec3param-mismatch", "nsec3-several-chains", "nsec-beside-nsec3",
    "nsec3-algorithm-incompatible",
)  # fmt: skip
def check_parameters(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """NSEC3PARAM names a chain that is there (RFC 5155 section 4), and the keys allow NSEC3 (section 2)."""
    apex, params = index.context.apex, index.apex.get(NSEC3PARAM)
    if not index.hashed and not params:
        return
    every = chains(index)
    first = next(iter(every.values()))[0] if every else None
    if first and not any(not rdata[1] for rdata, _, _ in params or ()):
        # RFC 5155 section 4.1.2: NSEC3PARAM with other flags than 0 is ignored
        message = "the zone has NSEC3 records and no NSEC3PARAM with flags 0: servers cannot use the chain"
        yield found("nsec3param-missing", message, index.place(first.position), apex, NSEC3PARAM)
    for rdata, _, position in params or ():
        if _params(rdata) not in every:
            message = f"no NSEC3 record has the parameters {_shown(_params(rdata))}"
            yield found("nsec3param-mismatch", message, index.place(position), apex, NSEC3PARAM, _params(rdata).hex())
    for other, chain in list(every.items())[1:]:
        message = f"a second chain, with the parameters {_shown(other)}"
        yield found("nsec3-several-chains", message, index.place(chain[0].position), apex, NSEC3, other.hex())
    if index.links and first:
        message = "the zone has NSEC and NSEC3 records"
        yield found("nsec-beside-nsec3", message, index.place(first.position), apex, NSEC3)
    for key in inputs.keys:
        if key.algorithm in _NSEC_ONLY:
            message = f"key {key.tag}: algorithm {key.algorithm} tells validators that the zone uses NSEC, not NSEC3"
            rrset = index.apex[DNSKEY]
            place = index.place(rrset.positions[rrset.rdatas.index(key.rdata)], 2)
            yield found("nsec3-algorithm-incompatible", message, place, apex, DNSKEY, str(key.tag))


def _shown(params: bytes) -> str:
    return f"{params[0]} {int.from_bytes(params[1:3], 'big')} {params[4:].hex() or '-'} (algorithm, iterations, salt)"


@zone_check("nsec3param-flags", "nsec3-iterations-nonzero", "nsec3-iterations-too-high", "nsec3-salt-present")
def check_limits(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """The parameters keep to RFC 9276 section 3.1: no iterations, no salt."""
    apex, params = index.context.apex, index.apex.get(NSEC3PARAM)
    for rdata, _, position in params or ():
        iterations = int.from_bytes(rdata[2:4], "big")
        limit = table("nsec3-limits")["iterations_insecure_above"]
        limit = limit["value"] if isinstance(limit, dict) else limit
        if rdata[1]:
            message = f"flags are {rdata[1]}, they must be 0"
            yield found("nsec3param-flags", message, index.place(position, 1), apex, NSEC3PARAM)
        if iterations > limit:
            message = f"{iterations} iterations: above {limit} validators take the zone as unsigned or refuse it"
            if iterations > ITERATIONS:
                message += "; the chain was not checked"
            yield found("nsec3-iterations-too-high", message, index.place(position, 2), apex, NSEC3PARAM)
        elif iterations:
            message = f"{iterations} iterations, there should be 0"
            yield found("nsec3-iterations-nonzero", message, index.place(position, 2), apex, NSEC3PARAM)
        if rdata[4]:
            message = f"salt of {rdata[4]} octets, there should be none"
            yield found("nsec3-salt-present", message, index.place(position, 3), apex, NSEC3PARAM)


@zone_check("nsec3-hash-unknown", "nsec3-owner-invalid", "nsec3-flags-reserved", "nsec3-ttl-wrong")
def check_records(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Each NSEC3 record is well formed (RFC 5155 section 3) and has the right TTL (RFC 9077 section 3.2)."""
    ttl = index.context.denial_ttl
    params = index.apex.get(NSEC3PARAM)
    for rdata, _, position in params or ():
        if rdata[0] != _SHA1:
            message = f"hash algorithm {rdata[0]}, only 1 (SHA-1) is known"
            yield found("nsec3-hash-unknown", message, index.place(position, 0), index.context.apex, NSEC3PARAM)
    for record in index.hashed:
        owner = record.owner
        if record.params[0] != _SHA1:
            message = f"hash algorithm {record.params[0]}, only 1 (SHA-1) is known"
            yield found("nsec3-hash-unknown", message, index.place(record.position, 0), owner, NSEC3)
        elif record.hash is None:
            message = "the owner is not a hash of 20 octets in base32hex directly below the apex"
            yield found("nsec3-owner-invalid", message, index.place(record.position, Field.owner), owner, NSEC3)
        if record.flags & ~OPT_OUT:
            message = f"flags are {record.flags}, only 0 and 1 are known"
            yield found("nsec3-flags-reserved", message, index.place(record.position, 1), owner, NSEC3)
        if ttl is not None and record.ttl != ttl:
            message = f"TTL is {record.ttl}, the lower of SOA TTL and SOA minimum is {ttl}"
            yield found("nsec3-ttl-wrong", message, index.place(record.position, Field.ttl), owner, NSEC3)


@dataclass(slots=True)
class Chain:
    """One chain, by hash and in the order of the hashes; `matched` are those that belong to a name.

    `missing` are the hashes of names that should have a record and have none.
    """

    records: dict[bytes, Hashed]
    ring: list[Hashed]
    order: list[bytes] = field(init=False)
    matched: set[bytes] = field(default_factory=set)
    missing: set[bytes] = field(default_factory=set)
    all_opt_out: bool = False

    def __post_init__(self) -> None:
        self.order = list(map(_HASH, self.ring))

    def opts_out(self, digest: bytes) -> bool:
        """Tell whether the record that covers a hash has the opt-out flag."""
        if self.all_opt_out:
            return True
        before = self.order[bisect_right(self.order, digest) - 1]
        return bool(self.records[before].flags & OPT_OUT)


@zone_check(
    "nsec3-missing", "nsec3-next-wrong", "nsec3-bitmap-wrong", "nsec3-orphan", "nsec3-multiple", "nsec3-opt-out-mixed"
)
def check_chains(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Each chain that NSEC3PARAM names is a ring with one record for each name (RFC 5155 section 7.1)."""
    if not inputs.keys or not index.signatures:
        return
    named = {_params(rdata) for rdata in (index.apex[NSEC3PARAM].rdatas if NSEC3PARAM in index.apex else ())}
    for params, found_records in chains(index).items():
        # nsec3-iterations-too-high is an error, and says that the chain was not walked
        if params[0] != _SHA1 or params not in named or int.from_bytes(params[1:3], "big") > ITERATIONS:
            continue
        records: dict[bytes, Hashed] = dict(zip(map(_HASH, found_records), found_records, strict=True))
        if None in records or len(records) < len(found_records):
            records.clear()
            for record in found_records:
                if record.hash in records:
                    message = "a second NSEC3 with this owner and the same parameters"
                    yield found("nsec3-multiple", message, index.place(record.position), record.owner, NSEC3)
                elif record.hash is not None:
                    records[record.hash] = record
        if not records:
            continue
        chain = Chain(records, sorted(records.values(), key=_HASH))
        chain.all_opt_out = all(flags & OPT_OUT for flags in set(map(_FLAGS, chain.ring)))
        yield from _names(index, chain, params)
        yield from _orphans(index, chain)
        yield from _ring(index, chain)


def _ring(index: ZoneIndex, chain: Chain) -> Iterator[Finding]:
    orphans = chain.records.keys() - chain.matched
    # a name without record keeps its place in the ring, an orphan has none: what is wrong is said once
    order = sorted(chain.matched | chain.missing) if orphans or chain.missing else chain.order
    flags = chain.records[chain.order[0]].flags & OPT_OUT
    is_whole = order is chain.order and len(set(map(_FLAGS, chain.ring))) == 1
    if is_whole and all(map(bytes.__eq__, map(_FOLLOWING, chain.ring), [*order[1:], order[0]])):
        return
    mixed = False
    for number, digest in enumerate(order):
        record = chain.records.get(digest)
        if record is None:
            continue
        following = order[number + 1] if number + 1 < len(order) else order[0]
        if record.following != following and record.following not in orphans:
            shown = hash_label(following).decode()
            message = f"the next hash should be {shown}"
            yield found("nsec3-next-wrong", message, index.place(record.position, 4), record.owner, NSEC3)
        if record.flags & OPT_OUT != flags and not mixed:
            mixed = True
            message = "opt-out flag differs from other records of the chain"
            yield found("nsec3-opt-out-mixed", message, index.place(record.position, 1), record.owner, NSEC3)


def _names(index: ZoneIndex, chain: Chain, params: bytes) -> Iterator[Finding]:
    salt, iterations = params[4:], int.from_bytes(params[1:3], "big")
    ready = index.context.nsec3 == (salt, iterations) and len(index.hashes) == len(index.names)
    names, facts, records, all_opt_out = index.names, index.facts, chain.records, chain.all_opt_out
    hashes = index.hashes if ready else [nsec3_hash(wire_from_key(key), salt, iterations) for key in names]
    insecure = [DS not in kind.types for kind in facts]
    own = list(map(records.get, hashes))
    bitmaps = [record and record.bitmap for record in own]

    def is_good(status: int, kind: int, bitmap: bytes | None) -> bool:
        if status > _CUT:
            return True
        if bitmap is None:
            return status == _CUT and insecure[kind] and all_opt_out
        return bitmap_fault(bitmap, _right(facts[kind].types, status == _CUT)) is None

    # what there is of kinds and bitmaps is little; where all of it is good, no name has to be looked at by itself
    if all(starmap(is_good, set(zip(index.statuses, index.kinds, bitmaps, strict=True)))):
        if len(own) - own.count(None) == len(records) and max(index.statuses, default=0) <= _CUT:
            chain.matched.update(records)
        else:
            chain.matched.update(records.keys() & compress(hashes, map(_CUT.__ge__, index.statuses)))
    else:
        yield from _each_name(index, chain, hashes, insecure)
    for key, at in index.empty_non_terminals():
        digest = nsec3_hash(wire_from_key(key), salt, iterations)
        record = records.get(digest)
        if record is None:
            if _is_needed(index, key, at) or not chain.opts_out(digest):
                chain.missing.add(digest)
                yield _missing(index, key, at, digest)
            continue
        chain.matched.add(digest)
        if fault := bitmap_fault(record.bitmap, frozenset()):
            yield _bitmap(index, record, key, fault)


def _each_name(
    index: ZoneIndex, chain: Chain, hashes: list[bytes], insecure: list[bool]
) -> Iterator[Finding]:
    names, facts, records, all_opt_out = index.names, index.facts, chain.records, chain.all_opt_out
    good = set[tuple[int, bytes]]()  # (kind, bitmap) pairs that were compared and agree
    each = zip(index.statuses, index.kinds, hashes, map(records.get, hashes), strict=True)
    for at, (status, kind, digest, record) in enumerate(each):
        if status > _CUT:
            continue
        if record is None:
            if not (status == _CUT and insecure[kind] and (all_opt_out or chain.opts_out(digest))):
                chain.missing.add(digest)
                yield _missing(index, names[at], at, digest)
            continue
        chain.matched.add(digest)
        if (kind, record.bitmap) in good:
            continue
        fault = bitmap_fault(record.bitmap, _right(facts[kind].types, status == _CUT))
        if fault is None:
            good.add((kind, record.bitmap))
        else:
            yield _bitmap(index, record, names[at], fault)


def _right(types: frozenset[int], cut: bool) -> frozenset[int]:
    if not cut:
        return types - {NSEC3} | {RRSIG}
    return types & {NS, DS} | ({RRSIG} if DS in types else set())


def _is_needed(index: ZoneIndex, key: bytes, at: int) -> bool:
    """Tell whether an empty non-terminal has more below it than insecure delegations (RFC 5155 section 7.1)."""
    while at < len(index.names) and index.names[at].startswith(key):
        cut = index.statuses[at] == Status.cut
        if index.statuses[at] == Status.authoritative or (cut and DS in index.facts[index.kinds[at]].types):
            return True
        at += 1
    return False


def _missing(index: ZoneIndex, key: bytes, at: int, digest: bytes) -> Finding:
    message = f"{text_from_key(key)} has no NSEC3 (hash {hash_label(digest).decode()})"
    if key != index.names[at]:
        message += "; it is an empty non-terminal"
    return found("nsec3-missing", message, index.place(index.position(at), Field.owner), key, NSEC3)


def _bitmap(index: ZoneIndex, record: Hashed, key: bytes, fault: str) -> Finding:
    message = f"the type bitmap for {text_from_key(key)} {fault}"
    return found("nsec3-bitmap-wrong", message, index.place(record.position, 5), key, NSEC3)


def _orphans(index: ZoneIndex, chain: Chain) -> Iterator[Finding]:
    for digest in chain.order if len(chain.matched) < len(chain.order) else ():
        if digest not in chain.matched:
            record = chain.records[digest]
            place = index.place(record.position, Field.owner)
            yield found("nsec3-orphan", "no name of the zone has this hash", place, record.owner, NSEC3)
