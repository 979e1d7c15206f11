"""Two versions of a zone side by side: which keys they share, who signs what in each, and what the parent points at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zonelint.dnssec.keys import REVOKED, key_tag
from zonelint.keys.dsfiles import DsRecord
from zonelint.names import wire_from_key
from zonelint.rollover.keyuses import assume_ds, is_digest, key_uses
from zonelint.rollover.measure import asked_for
from zonelint.rollover.model import Key, Role, State
from zonelint.rollover.observe import KeyName, Seen
from zonelint.rollover.roles import KeyUse

KINDS = ("data", "soa", "denial")
"""The kinds of RRsets that are judged apart: their TTLs, and often their signers, differ."""

Identity = bytes | KeyName
"""A key: its DNSKEY RDATA without the REVOKE flag, or tag and algorithm where only its signatures are known."""


class Signed(NamedTuple):
    """RRsets of one kind that the same keys sign: those keys, the largest TTL, and the ends of their validity."""

    signers: frozenset[str]
    ttl: int
    expiration: int | None
    inception: int | None


@dataclass(frozen=True, slots=True)
class Side:
    """One version: what it is called in messages, what was seen in it, and its state in the ids of the pair.

    `state` has no DS and no `zone_signers`; who signs the data is in `groups`, by kind.
    """

    name: str
    seen: Seen
    state: State
    groups: Mapping[str, tuple[Signed, ...]]

    @property
    def signers(self) -> frozenset[str]:
        """All keys whose signatures are over data."""
        return frozenset().union(*[each.signers for groups in self.groups.values() for each in groups])

    @property
    def entries(self) -> frozenset[str]:
        """The keys that a DS can lead to: they sign the DNSKEY set and are not revoked."""
        return self.state.dnskey_signers - self.state.revoked


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions, all their keys by id (`zsk-12345`), and the keys that DS records (or trust anchors) lead to.

    `ds_told` says whether the DS records are those of the parent; else they are assumed from the old version.
    """

    zone: str
    keys: Mapping[str, Key]
    old: Side
    new: Side
    ds: frozenset[str]
    ds_told: bool
    anchored: bool


class Version(NamedTuple):
    """A version as it was read: its name and serial for messages, and what was seen in it."""

    name: str
    serial: int
    seen: Seen


def pair(old: Version, new: Version, ds: Sequence[DsRecord] | None) -> Pair:
    """Put two versions side by side; `ds` has the DS records of the parent, None if they are not known."""
    anchored = not old.seen.apex
    lineup = Lineup((old, new))
    told = None if ds is None or anchored else lineup.of_ds(ds)
    entries = lineup.assumed(0, anchored=anchored) if told is None else told
    cast = lineup.cast(entries)
    before, after = cast.sides
    return Pair(old.seen.zone, cast.keys, before, after, cast.ids(entries), told is not None, anchored)


class Cast(NamedTuple):
    """The keys of several versions by id, the versions in these ids, and the id of each key."""

    keys: dict[str, Key]
    sides: tuple[Side, ...]
    label: Mapping[Identity, str]

    def ids(self, keys: Iterable[Identity]) -> frozenset[str]:
        """Give the ids of keys."""
        return frozenset(self.label[key] for key in keys)


class Lineup:
    """Tells which keys of several versions are the same: by their public key, whether revoked or not."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self._versions = versions
        self._uses = [key_uses(version.seen, []) for version in versions]
        self._published = [use for mine in self._uses for use in mine if use.rdata]
        self._whole = {use.name: _identity(use.rdata) for use in self._published}

    def of_ds(self, records: Iterable[DsRecord]) -> set[Identity]:
        """Identify the keys that DS records lead to; a DS of no version's keys stands for one more."""
        owner = wire_from_key(self._versions[0].seen.apex)
        found: set[Identity] = set()
        for record in records:
            use = next((use for use in self._published if is_digest(record, use, owner)), None)
            found.add((record.tag, record.algorithm) if use is None else _identity(use.rdata))
        return found

    def assumed(self, number: int, *, anchored: bool) -> set[Identity]:
        """Give the keys of a version that resolvers are taken to trust where nothing is said of it.

        A root key that is published and does not sign yet may be trusted already, which the version does not show.
        """
        uses = self._uses[number]
        if anchored:
            return {self._of(use) for use in uses if use.published and use.is_sep and not use.is_revoked}
        assume_ds(uses, [], anchored=False)
        return {self._of(use) for use in uses if use.has_ds}

    def cast(self, entries: set[Identity]) -> Cast:
        """Give every key an id made of its role and its tag; `entries` are those that the parent points at."""
        roles: dict[Identity, Role] = dict.fromkeys(entries, Role.ksk)
        for use in (use for mine in self._uses for use in mine):
            identity = self._of(use)
            is_entry = use.is_sep or identity in entries
            role = Role.csk if is_entry and use.signs_zone else Role.ksk if is_entry else Role.zsk
            if roles.get(identity) != Role.csk:
                roles[identity] = role
        keys: dict[str, Key] = {}
        label: dict[Identity, str] = {}
        for identity, role in sorted(roles.items(), key=lambda each: repr(each[0])):
            whole = isinstance(identity, bytes)
            tag, algorithm = (key_tag(identity), identity[3]) if isinstance(identity, bytes) else identity
            id_ = f"{role}-{tag}"
            while id_ in keys:
                id_ += "'"
            keys[id_] = Key(id_, role, algorithm, tag, len(identity) if whole else None)
            label[identity] = id_
        every = {label[self._of(use)]: use for use in self._published if not use.is_revoked}
        sides = (_side(version, {label[self._of(use)]: use for use in mine}, every)
                 for version, mine in zip(self._versions, self._uses, strict=True))  # fmt: skip
        return Cast(keys, tuple(sides), label)

    def _of(self, use: KeyUse) -> Identity:
        """Identify a key; one that is known only by its signatures is looked for in the other versions."""
        return _identity(use.rdata) if use.rdata else self._whole.get(use.name, use.name)


def _identity(rdata: bytes) -> bytes:
    return rdata[:1] + bytes([rdata[1] & ~REVOKED & 0xFF]) + rdata[2:]


def _side(version: Version, ids: Mapping[str, KeyUse], every: Mapping[str, KeyUse]) -> Side:
    """Describe a version; `ids` are the keys it has, `every` those of all, for a CDS may come before its key."""
    seen = version.seen
    chains = {"nsec"} if seen.has_nsec else set()
    state = State(
        cds=asked_for(seen, every, []),
        dnskey=frozenset(id_ for id_, use in ids.items() if use.published),
        revoked=frozenset(id_ for id_, use in ids.items() if use.is_revoked),
        dnskey_signers=frozenset(id_ for id_, use in ids.items() if use.published and use.signs_keys),
        chains=frozenset(chains | {"nsec3"}) if seen.hashed else frozenset(chains),
    )
    return Side(f"{version.name} (serial {version.serial})", seen, state, _groups(seen, ids))


def _groups(seen: Seen, ids: Mapping[str, KeyUse]) -> dict[str, tuple[Signed, ...]]:
    """Sort the RRsets of a version by who signs them."""
    # two keys may share a tag: the one that signs data is meant
    signing = sorted(ids.items(), key=lambda each: each[1].signs_zone)
    known = {use.name: id_ for id_, use in signing}
    groups: dict[str, tuple[Signed, ...]] = {}
    for kind in KINDS:
        mine = [
            Signed(frozenset(known[name] for name in signers), group.ttl, group.expiration, group.inception)
            for (which, signers), group in seen.groups.items() if which == kind
        ]  # fmt: skip
        groups[kind] = tuple(mine) or (Signed(frozenset(), _longest(seen, kind), None, None),)
    return groups


def _longest(seen: Seen, kind: str) -> int:
    """Give the TTL of RRsets that are not signed; denial is then the SOA in a negative answer (RFC 2308 section 5)."""
    assert seen.soa is not None
    denial = seen.soa.negative_ttl if kind == "denial" else 0
    return max([denial, *(ttl for which, ttl in seen.classes if which == kind)])


