"""The life of a key: when its DNSKEY is in the zone and when it signs, by its dates and, above them, its states."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zonelint.dnssec.keys import REVOKED, SECURE_ENTRY_POINT, key_tag
from zonelint.findings import Place
from zonelint.keys.model import KeyFile, PublicPart
from zonelint.names import text_from_key
from zonelint.rollover.model import Role, Setup
from zonelint.rollover.timeline import BEGINNING, FOREVER

_NEVER = 221845392000
"""The beginning of the year 9000."""

_TOGETHER = 3600
"""Seconds within which the first keys of a zone are made one after the other."""


class Span(NamedTuple):
    """From `start` to `end` (exclusive), in seconds since 1970 or `BEGINNING` and `FOREVER`."""

    start: int
    end: int

    def holds(self, at: int) -> bool:
        """Tell whether an instant lies within."""
        return self.start <= at < self.end


@dataclass(slots=True)
class Life:
    """One key and its spans; None where it never comes to that.

    `over_keys` and `over_data` say when it signs the DNSKEY set and the zone, `ds` when the parent has its DS, `cds`
    when the zone asks for that. `ds_source` says what the DS span rests on: `file`, `zone`, `assumed`. `latest` is the
    last instant for the DS swap that ends this key's service. `revoked` is when the REVOKE flag is set.
    """

    file: KeyFile
    public: PublicPart
    id: str
    role: Role
    managed: bool
    dnskey: Span | None = None
    over_keys: Span | None = None
    over_data: Span | None = None
    revoked: int | None = None
    ds: Span | None = None
    ds_source: str = ""
    latest: int | None = None
    cds: Span | None = None

    @property
    def label(self) -> str:
        """The role and the tag of the key, as messages name it."""
        return f"{self.role.upper()} {self.file.tag}"

    @property
    def owner(self) -> str:
        """The name of the zone as text."""
        return text_from_key(self.file.name)

    @property
    def which(self) -> str:
        """Tells keys of one zone apart in fingerprints."""
        return f"{self.file.algorithm}/{self.file.tag}"

    @property
    def signing(self) -> Span | None:
        """When it signs what its role is for: the zone for a ZSK, else the DNSKEY set."""
        return self.over_data if self.role == Role.zsk else self.over_keys

    def time(self, name: str) -> int | None:
        """Give a date by its name in the `.key` file; that of the `.state` file counts more."""
        return time_of(self.file, name)

    def state(self, record: str) -> str:
        """Give a state of the key manager, empty where the file has none."""
        return self.file.state.states.get(record, "") if self.file.state else ""

    def place(self, *names: str) -> Place:
        """Give the line of the first of these dates or states that may be shown, else that of the key itself.

        Nothing is shown of a `.private` file, so a date that stands only there has the line of the key.
        """
        state = self.file.state
        for name in names:
            for places in (state.lines if state else {}, self.file.places, state.places if state else {}):
                if name in places and not places[name].file.endswith(".private"):
                    return places[name]
        return self.public.place


def time_of(file: KeyFile, name: str) -> int | None:
    """Give a date of a key; BIND reads the `.state` file after the others, so what it says counts more.

    A date after the year 9000 is none: some write one for "never", and what is added to it would have no date.
    """
    if file.state and file.state.times.get(name) is not None:
        time = file.state.times[name]
    elif name == "DSRemoved" and file.timing.get(name) is None:
        time = file.timing.get("DSDelete")
    else:
        time = file.timing.get(name)
    return None if time is None or time > _NEVER else time


def link_of(file: KeyFile, name: str) -> int | None:
    """Give the tag of the `Predecessor` or the `Successor`."""
    if file.state and name in file.state.numbers:
        return file.state.numbers[name]
    return file.links.get(name)


def tags_of(public: PublicPart) -> frozenset[int]:
    """Give both tags a key can have: as it is, and with the REVOKE flag the other way (RFC 5011 section 2.1)."""
    other = (public.flags ^ REVOKED).to_bytes(2, "big") + public.rdata[2:]
    return frozenset({public.tag, key_tag(other)})


def lives_of(files: Sequence[KeyFile], setup: Setup | None, now: int) -> list[Life]:
    """Give the lives of the readable keys of one zone, by the time they begin to sign."""
    readable = [(file, file.public) for file in files if file.public]
    zone = _zone_roles([public for _, public in readable], setup)
    lives = []
    for file, public in readable:
        life = Life(file, public, os.path.basename(file.path), _role(file, public, zone), file.state is not None)
        _dates(life)
        if life.managed:
            _states(life, now)
        lives.append(life)
    lives.sort(key=lambda each: (_begin(each), each.id))
    _fold(lives, now)
    return lives


def _begin(life: Life) -> int:
    span = life.signing or life.dnskey
    return FOREVER if span is None else span.start


_Roles = dict[int, set[Role]]


def _zone_roles(publics: Sequence[PublicPart], setup: Setup | None) -> _Roles:
    """Give the roles that keys of each algorithm have, by their flags and by what the zone shows of other keys."""
    roles: _Roles = {}
    for public in publics:
        roles.setdefault(public.algorithm, set()).add(_by_flags(public))
    if setup:
        held = {(public.algorithm, tag) for public in publics for tag in tags_of(public)}
        for key in setup.keys.values():
            if (key.algorithm, key.tag) not in held:
                roles.setdefault(key.algorithm, set()).add(key.role)
    return roles


def _by_flags(public: PublicPart) -> Role:
    return Role.ksk if public.flags & SECURE_ENTRY_POINT else Role.zsk


def _role(file: KeyFile, public: PublicPart, zone: _Roles) -> Role:
    state = file.state
    if state and (state.ksk or state.zsk):
        return Role.csk if state.ksk and state.zsk else Role.ksk if state.ksk else Role.zsk
    role = _by_flags(public)
    # signers let a KSK sign the zone where its algorithm has no other key (dnssec-signzone, option -z)
    return Role.csk if role == Role.ksk and zone[public.algorithm] == {Role.ksk} and not state else role


def _span(start: int | None, end: int | None) -> Span | None:
    if start is None or (end is not None and end <= start):
        return None
    return Span(start, FOREVER if end is None else end)


def _dates(life: Life) -> None:
    """Set the spans by the dates alone, as dnssec-signzone -S and named read them."""
    publish, activate, inactive, delete, revoke = (
        life.time(name) for name in ("Publish", "Activate", "Inactive", "Delete", "Revoke")
    )
    if not life.file.timing and not life.managed:
        publish = activate = BEGINNING
    known = [time for time in (publish, activate) if time is not None]
    life.dnskey = _span(min(known, default=None), delete)
    stop = min((time for time in (inactive, delete) if time is not None), default=None)
    life.revoked = revoke if life.dnskey and revoke is not None and life.dnskey.holds(revoke) else None
    if life.public.flags & REVOKED and life.revoked is None:
        life.revoked = BEGINNING
    signs = _span(activate, stop)
    if life.role != Role.ksk:
        life.over_data = signs if life.revoked is None else _span(activate, min(stop or FOREVER, life.revoked))
    if life.role != Role.zsk:
        # named's key manager lets a KSK sign as long as it is in the zone; a revoked key has to (RFC 5011 section 2.1)
        life.over_keys = life.dnskey if life.managed else signs
        if life.revoked is not None and life.dnskey:
            since = min(life.revoked, life.revoked if activate is None else activate)
            life.over_keys = _span(max(since, life.dnskey.start), life.dnskey.end)
    life.cds = None if life.role == Role.zsk else _span(life.time("SyncPublish"), life.time("SyncDelete"))


def _states(life: Life, now: int) -> None:
    """Let the states of the key manager say what is true now; dates that it has not acted on are overdue."""
    life.dnskey = _stated(life, "dnskey", life.dnskey, now)
    if life.role != Role.ksk:
        life.over_data = _stated(life, "zrrsig", life.over_data, now)
    if life.role != Role.zsk:
        life.over_keys = _stated(life, "krrsig", life.over_keys, now)


def _stated(life: Life, record: str, planned: Span | None, now: int) -> Span | None:
    state, change = life.state(record), life.time(f"{record.upper()}Change")
    if not state:
        return planned
    changed = now if change is None else min(change, now)
    end = planned.end if planned and planned.end > now else FOREVER
    if state == "rumoured":
        return Span(changed, end)
    if state == "omnipresent":
        return Span(BEGINNING, end)
    if state == "unretentive":
        return Span(BEGINNING, changed)
    if planned is None or life.state("goal") == "hidden":
        return None
    return planned if planned.start > now else _span(now, planned.end)


def _fold(lives: list[Life], now: int) -> None:
    """Take the first keys of a zone that is signed already as having been there always: their past is not known."""
    begun = [(_begin(life), life) for life in lives if _begin(life) <= now]
    oldest = min((start for start, _ in begun), default=FOREVER)
    for algorithm in {life.file.algorithm for _, life in begun}:
        mine = [(start, life) for start, life in begun if life.file.algorithm == algorithm]
        if min(start for start, _ in mine) > oldest + _TOGETHER and oldest != BEGINNING:
            continue
        for part in ("over_keys", "over_data"):
            starts = [span.start for _, life in mine if (span := getattr(life, part)) and span.start <= now]
            for _, life in mine:
                span = getattr(life, part)
                if span and span.start <= now and span.start <= min(starts) + _TOGETHER:
                    setattr(life, part, ever(span))
                    life.dnskey = ever(life.dnskey) if life.dnskey else None


def ever(span: Span) -> Span:
    """Give the same span, begun before everything else."""
    return span._replace(start=BEGINNING)
