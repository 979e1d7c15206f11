"""The setup of a rollover as it is measured from a signed zone: TTLs, who signs what, and how long signatures last.

Nothing is taken from a policy here: these are the numbers that resolvers see. `zonelint.rollover.inputs` puts them
together with what a policy and the options say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from zonelint.findings import Place
from zonelint.keys.dsfiles import DsRecord, parse_ds
from zonelint.keys.keyfiles import read_key_directory
from zonelint.keys.model import KeyFile
from zonelint.names import BadName, key_from_text, wire_from_key
from zonelint.rollover.keyuses import assume_ds, is_digest, key_uses, match_ds, match_files, number_keys
from zonelint.rollover.model import Key, Number, RrsetClass, Setup, State
from zonelint.rollover.observe import ClassName, FindOrigin, MeasureError, Seen, fault_text, observe
from zonelint.rollover.roles import KeyUse, assign
from zonelint.source import rdata as source_rdata
from zonelint.source.include import IncludePolicy
from zonelint.source.text import Unreadable, open_source
from zonelint.times import LATEST, to_text

__all__ = ["CLASSES", "NO_DS", "SMOOTH", "MeasureError", "key_times", "measure", "measured"]

CLASSES = 32
"""How many classes of RRsets a setup has at most."""

SMOOTH = 3600
"""Seconds that the inceptions of signatures lie apart from which on a signer is said to renew them one by one."""

NO_DS = "none"
"""What is given for a file of DS records where the parent has none."""

_AUTHORITATIVE = re.compile(rb"^;; flags:[^;\n]*\baa\b|^[^;\n]*[ \t]SOA[ \t]", re.IGNORECASE | re.MULTILINE)
_DELETE = (b"\0\0\0\0\0", b"\0\0\3\0\0")


def measure(
    path: str,
    origin: str | None = None,
    ds_path: str | None = None,
    keys_dir: str | None = None,
    *,
    find_origin: FindOrigin,
    anchored: bool = False,
    allow_include: tuple[str, ...] = (),
) -> Setup:
    """Measure the zone in a file (`-` for standard input).

    `ds_path` names a file with the DS records that the parent has, `none` where it has none; without it they are
    assumed, and a note says so.
    `keys_dir` names a directory with key files. `anchored` takes the zone for one that resolvers trust by RFC 5011,
    as the root always is. `find_origin` is that of the engine.

    Raises `MeasureError` with one sentence for whatever cannot be read.
    """
    ds: list[DsRecord] | None = None
    ds_ttl: Number | None = None
    try:
        if origin is not None:
            key_from_text(origin)
        source = open_source(path)
        policy = IncludePolicy.for_zone(source.path, allow_include)
        seen = observe(source, find_origin(source, policy, origin), policy)
        if ds_path is not None:
            ds, ds_ttl = ([], None) if ds_path == NO_DS else read_ds(ds_path, seen.zone)
    except (BadName, UnicodeError) as fault:
        raise MeasureError(f"origin {origin}: {fault}") from None
    except Unreadable as fault:
        raise MeasureError(str(fault)) from None
    files, notes = ([], []) if keys_dir is None else _read_keys(keys_dir, seen.zone)
    setup = measured(seen, source.name, ds, files, anchored=anchored or not seen.apex)
    setup.notes += notes
    if ds_ttl is not None:
        setup.inputs["ds-ttl"] = ds_ttl
    return setup


def measured(
    seen: Seen,
    name: str,
    ds: Sequence[DsRecord] | None = None,
    files: Sequence[KeyFile] = (),
    *,
    anchored: bool = False,
) -> Setup:
    """Make a setup of what was seen in a zone; `name` is what its inputs call it, `ds` None if it is not known."""
    notes: list[str] = []
    uses = key_uses(seen, notes)
    if ds is None or anchored:
        assume_ds(uses, notes, anchored=anchored)
    else:
        match_ds(uses, ds, seen.apex, notes)
    match_files(uses, files, notes)
    assign(uses)
    ids = number_keys(uses)
    keys = {id_: Key(id_, use.role, use.algorithm, use.tag, use.octets, use.place) for id_, use in ids.items()}
    state = _state(seen, ids, notes, anchored=anchored)
    setup = Setup(seen.zone, keys, state, _inputs(seen, name), _rrsets(seen, notes), _dnskey_expires(seen, uses), notes)
    _note_signatures(seen, notes)
    return setup


def key_times(setup: Setup, keys_dir: str) -> dict[str, Mapping[str, int | None]]:
    """Give the timing metadata of the key files in a directory by the ids of the setup's keys.

    The names of times are those of `zonelint.keys.model.KeyFile.timing`. Raises `MeasureError`.
    """
    files, _ = _read_keys(keys_dir, setup.zone)
    found: dict[str, Mapping[str, int | None]] = {}
    for file in files:
        for key in setup.keys.values():
            if (key.tag, key.algorithm) == (file.tag, file.algorithm):
                found[key.id] = file.timing
    return found


# --- state -------------------------------------------------------------------------------------------------


def _state(seen: Seen, ids: Mapping[str, KeyUse], notes: list[str], *, anchored: bool) -> State:
    entries = frozenset(id_ for id_, use in ids.items() if use.has_ds)
    partial = frozenset(id_ for id_, use in ids.items() if use.signs_zone)
    whole = frozenset(id_ for id_ in partial if ids[id_].signs_all)
    return State(
        ds=frozenset() if anchored else entries,
        cds=asked_for(seen, ids, notes),
        dnskey=frozenset(id_ for id_, use in ids.items() if use.published),
        revoked=frozenset(id_ for id_, use in ids.items() if use.is_revoked),
        dnskey_signers=frozenset(id_ for id_, use in ids.items() if use.signs_keys),
        zone_signers=whole or partial,
        chains=_chains(seen, notes),
        anchors=entries if anchored else None,
    )


def asked_for(seen: Seen, ids: Mapping[str, KeyUse], notes: list[str]) -> frozenset[str]:
    """Give the keys that CDS and CDNSKEY records ask the parent for (RFC 7344 section 3); `notes` gets the others."""
    wanted: set[str] = set()
    owner = wire_from_key(seen.apex)
    for rdata in seen.cds:
        nowhere = Place("", 0)
        record = DsRecord(
            nowhere, (nowhere,) * 4, int.from_bytes(rdata[:2], "big"), rdata[2], rdata[3], rdata[4:]
        )  # fmt: skip
        found = [id_ for id_, use in ids.items() if use.rdata and is_digest(record, use, owner)]
        wanted.update(found)
        if not found and rdata not in _DELETE:
            notes.append(f"the CDS record {record.tag} matches no DNSKEY of the zone")
    for rdata in seen.cdnskey:
        found = [id_ for id_, use in ids.items() if use.rdata == rdata]
        wanted.update(found)
        if not found and rdata not in _DELETE:
            notes.append("a CDNSKEY record matches no DNSKEY of the zone")
    if any(rdata in _DELETE for rdata in (*seen.cds, *seen.cdnskey)):
        notes.append("CDS or CDNSKEY asks the parent to remove all DS records (RFC 8078 section 4)")
    return frozenset(wanted)


def _chains(seen: Seen, notes: list[str]) -> frozenset[str]:
    """Name the chains of denial: `nsec`, `nsec3`, and `nsec3:SALT` for further ones; none for an unsigned zone."""
    chains = ["nsec"] if seen.has_nsec else []
    # the chain that NSEC3PARAM names is the one in use
    ordered = sorted(seen.hashed, key=lambda params: (params not in seen.params, params))
    for number, params in enumerate(ordered):
        salt, iterations = params[4:].hex() or "-", int.from_bytes(params[1:3], "big")
        chains.append(f"nsec3:{salt}" if number else "nsec3")
        notes.append(f"denial by {chains[-1]}: {iterations} iterations, salt {salt}")
    if len(chains) > 1:
        notes.append(f"the zone has {len(chains)} chains of denial")
    return frozenset(chains)


# --- numbers -----------------------------------------------------------------------------------------------


def _inputs(seen: Seen, name: str) -> dict[str, Number]:
    """Give the numbers of the arithmetic that a zone shows, each with its source."""
    soa, source = seen.soa, f"zone {name}"
    assert soa is not None
    inputs = {
        "data-ttl": Number(max(seen.data_ttl or 0, soa.negative_ttl), source),
        "denial-ttl": Number(_denial_ttl(seen), source),
        "dnskey-negative-ttl": Number(soa.negative_ttl, f"{source}, SOA"),
        "soa-refresh": Number(soa.refresh, f"{source}, SOA"),
        "soa-retry": Number(soa.retry, f"{source}, SOA"),
        "soa-expire": Number(soa.expire, f"{source}, SOA"),
    }
    if seen.dnskey_ttl is not None:
        inputs["dnskey-ttl"] = Number(seen.dnskey_ttl, source)
    if seen.validities.greatest is not None:
        inputs["signature-validity"] = Number(seen.validities.greatest, source)
        inputs["signature-jitter"] = Number(seen.validities.width, f"{source}, estimate: validities differ by as much")
    if seen.inceptions.width > SMOOTH and seen.inceptions.greatest is not None and seen.expirations.least is not None:
        left = max(0, seen.expirations.least - seen.inceptions.greatest)
        inputs["signature-refresh"] = Number(left, f"{source}, estimate: least life left at the latest inception")
        inputs["sign-delay"] = Number(seen.inceptions.width, f"{source}, estimate: inceptions lie as far apart")
    return inputs


def _denial_ttl(seen: Seen) -> int:
    """Give how long denial is cached: what RFC 9077 says, or more where NSEC and NSEC3 records have a larger TTL."""
    assert seen.soa is not None
    return max([seen.soa.negative_ttl, *(ttl for kind, ttl in seen.classes if kind == "denial")])


def _rrsets(seen: Seen, notes: list[str]) -> tuple[RrsetClass, ...]:
    """Make the classes of RRsets: the SOA, denial, and data by TTL, the largest first."""
    classes: list[RrsetClass] = []
    data = sorted((name for name in seen.classes if name[0] == "data"), key=lambda name: -name[1])
    room = CLASSES - 2
    for kind, ttl in data[:room]:
        classes.append(RrsetClass(f"{kind}-{ttl}", ttl, expires=seen.classes[kind, ttl]))
    if data[room:]:
        # a larger TTL and an earlier expiration are the strictest of all
        least = classes.pop()
        classes.append(RrsetClass(least.name, least.ttl, expires=_earliest(seen, data[room - 1 :])))
        notes.append(f"{len(data)} different TTLs: those below {least.ttl} are taken for {least.ttl}")
    soa = [name for name in seen.classes if name[0] == "soa"]
    denial = [name for name in seen.classes if name[0] == "denial"]
    if soa:
        classes.append(RrsetClass("soa", max(ttl for _, ttl in soa), expires=_earliest(seen, soa)))
    expires = _earliest(seen, denial or soa)
    classes.append(RrsetClass("denial", _denial_ttl(seen), negative=True, expires=expires))
    return tuple(classes)


def _earliest(seen: Seen, names: Sequence[ClassName]) -> int | None:
    return min((time for name in names if (time := seen.classes[name]) is not None), default=None)


def _dnskey_expires(seen: Seen, uses: Sequence[KeyUse]) -> int | None:
    """Give the earliest expiration of the signatures over the DNSKEY set that a chain of trust may go through."""
    entries = {use.name for use in uses if use.signs_keys and not use.is_revoked}
    trusted = {use.name for use in uses if use.name in entries and use.has_ds} or entries
    times = [each.expiration for each in seen.key_signatures if (each.tag, each.algorithm) in trusted]
    return min(times, default=None)


def _note_signatures(seen: Seen, notes: list[str]) -> None:
    if not seen.keys and not seen.signed:
        notes.append("the zone is not signed")
        return
    if not seen.signed:
        notes.append("the zone has DNSKEY records, its data are not signed")
    for time in sorted({each.expiration for each in seen.key_signatures}):
        tags = ", ".join(str(each.tag) for each in seen.key_signatures if each.expiration == time)
        notes.append(f"signatures over DNSKEY by key {tags} expire at {_when(time)}")
    span = seen.expirations
    if span.least is not None and span.greatest is not None:
        more = f", the last at {_when(span.greatest)}" if span.width else ""
        notes.append(f"signatures over data: the first expires at {_when(span.least)}{more}")


def _when(time: int) -> str:
    return to_text(min(time, LATEST))


# --- files -------------------------------------------------------------------------------------------------


def read_ds(path: str, zone: str) -> tuple[list[DsRecord], Number | None]:
    """Read the DS records of a zone, and their TTL where it is sure to be that of the parent.

    Raises `MeasureError` for a faulty file, `Unreadable` for one that cannot be read.
    """
    source = open_source(path)
    text = source.read(0, source.size)
    records, findings = parse_ds(text, source.name, zone)
    if findings:
        raise MeasureError(fault_text(findings[0], source))
    # the TTL in the answer of a resolver has been counting down, dsset files have that of the zone
    if not _AUTHORITATIVE.search(text):
        return records, None
    words = [word for each in records for word in text[each.place.start : each.fields[0].start].split()[1:]]
    ttls = [source_rdata.ttl(word[:20].decode("latin-1")) for word in words if word[:1].isdigit()]
    known = [seconds for seconds in ttls if seconds is not None]
    return records, Number(max(known), f"parent {path}") if known else None


def _read_keys(directory: str, zone: str) -> tuple[list[KeyFile], list[str]]:
    """Read the key files of a zone; a damaged one is a note, for its key may not matter."""
    try:
        files, findings = read_key_directory(directory, zone)
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
        raise MeasureError(f"{directory}: {reason.lower()}") from None
    notes = [f"key file not read: {fault_text(finding)}" for finding in findings]
    if not files and not findings:
        notes.append(f"{directory} has no key files of {zone}")
    return files, notes
