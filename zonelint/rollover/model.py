"""What a rollover is made of: keys, the state that is published, and the events that change it.

Plain values, the same for a plan of our own, a timetable written by hand and what a directory of key files says will
happen. All times are seconds since 1970-01-01T00:00:00Z, all durations seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from zonelint.findings import Place

VERSION = 1
"""The version of the plan format."""


class Role(StrEnum):
    """What a key is for: the DNSKEY set, the zone's data, or both."""

    ksk = "ksk"
    zsk = "zsk"
    csk = "csk"


class Action(StrEnum):
    """What an event changes; those after `generate_key` change nothing that a resolver can see."""

    publish_key = "publish-key"
    remove_key = "remove-key"
    revoke_key = "revoke-key"
    sign_dnskey = "sign-dnskey"
    stop_signing_dnskey = "stop-signing-dnskey"
    sign_zone = "sign-zone"
    stop_signing_zone = "stop-signing-zone"
    add_ds = "add-ds"
    remove_ds = "remove-ds"
    publish_cds = "publish-cds"
    withdraw_cds = "withdraw-cds"
    add_chain = "add-chain"
    remove_chain = "remove-chain"
    set_ttl = "set-ttl"
    refresh = "refresh-signatures"
    generate_key = "generate-key"
    submit_ds = "submit-ds"
    destroy_key = "destroy-key"
    check = "check"


@dataclass(frozen=True, slots=True)
class Key:
    """A zone key in a plan; `id` is unique there (`zsk-2`, or the stem of its file).

    `tag` and `octets` (length of the DNSKEY RDATA) are None while the key is not made; `place` is where it comes from.
    """

    id: str
    role: Role
    algorithm: int
    tag: int | None = None
    octets: int | None = None
    place: Place | None = None


class Number(NamedTuple):
    """An input of the arithmetic in seconds, and where it comes from: `zone`, `option --ds-ttl`, `policy line 4`."""

    value: int
    source: str


class Wait(NamedTuple):
    """How long a step has to wait after another: the symbol of RFC 7583, the arithmetic in words, what limits it.

    `equation` is like `Ipub = Dprp + TTLkey = 300 + 3600 = 3900 s`, `limited_by` like `DNSKEY TTL, 3600 s`. `protects`
    names the class of validators that would fail without it: `lenient` (so all), `strict-ds`, `strict-dnskey`, or empty
    for a wait that no resolver depends on.
    """

    symbol: str
    seconds: int
    equation: str
    limited_by: str = ""
    protects: str = "lenient"


@dataclass(frozen=True, slots=True)
class Event:
    """One change at one instant; events with the same `at` happen together, those with the same `step` belong together.

    `key` is the id of a key; for `add_chain` and `remove_chain` it is `nsec` or `nsec3` or `nsec3:NAME`, for `set_ttl`
    and `refresh` the name of an RRset class. `value` is the new TTL of `set_ttl`, the new expiration of `refresh`.
    `lag` says for how many seconds after `at` the version before may still be served, None for the plan's propagation
    (and signing) delay. `inception` is that of signatures made by this event. `not_before` and `not_after` bound `at`.
    """

    at: int
    action: Action
    key: str = ""
    value: int | None = None
    lag: int | None = None
    inception: int | None = None
    step: str = ""
    title: str = ""
    instruction: str = ""
    not_before: int | None = None
    not_after: int | None = None
    not_after_reason: str = ""
    wait: Wait | None = None
    refs: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What is published at one time: ids of keys, except `chains` (`nsec`, `nsec3`, `nsec3:NAME`).

    `anchors` is None for a zone with a parent; for a zone that resolvers trust by RFC 5011 it holds the keys
    they trust, and `ds` is empty.
    """

    ds: frozenset[str] = frozenset()
    cds: frozenset[str] = frozenset()
    dnskey: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()
    dnskey_signers: frozenset[str] = frozenset()
    zone_signers: frozenset[str] = frozenset()
    chains: frozenset[str] = frozenset({"nsec"})
    anchors: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RrsetClass:
    """The signed RRsets of a zone that share a TTL: `ttl` in seconds, `negative` for denial of existence.

    `expires` is the earliest expiration of their signatures where nobody renews them, None where the signer does.
    """

    name: str
    ttl: int
    negative: bool = False
    expires: int | None = None


@dataclass(slots=True)
class Setup:
    """What a plan starts from: the keys and records of a zone as it is published, and the numbers of the arithmetic.

    The fields are those of `Plan`. It is measured from a zone, or put together from options.
    """

    zone: str
    keys: dict[str, Key]
    start: State
    inputs: dict[str, Number]
    rrsets: tuple[RrsetClass, ...]
    dnskey_expires: int | None = None
    notes: list[str] = field(default_factory=list)

    def number(self, name: str, default: int = 0) -> int:
        """Give the value of an input, `default` where there is none."""
        found = self.inputs.get(name)
        return default if found is None else found.value


@dataclass(frozen=True, slots=True)
class Request:
    """One rollover that is asked for.

    `start` is the instant of its first step, None for the earliest that `not_before` and the lifetime allow; `old` and
    `new` are key ids, None for the only key in question and a key that is made for it. `algorithm` is that of the new
    key, None for the old key's. `lifetime` is that of the new key in seconds, None for unlimited.
    """

    method: str
    start: int | None = None
    old: str | None = None
    new: Key | None = None
    algorithm: int | None = None
    lifetime: int | None = None


@dataclass(slots=True)
class Plan:
    """A timetable and all that it rests on.

    `inputs` has the numbers by name: `zone-propagation`, `parent-propagation`, `sign-delay`, `dnskey-ttl`, `ds-ttl`,
    `dnskey-negative-ttl`, `ds-negative-ttl`, ... `rrsets` are the classes of signed data; `dnskey_expires` is the
    expiration of the signatures over the DNSKEY set where nobody renews them. `notes` are sentences for the reader.
    """

    zone: str
    methods: tuple[str, ...]
    keys: dict[str, Key]
    start: State
    events: list[Event]
    inputs: dict[str, Number]
    rrsets: tuple[RrsetClass, ...]
    dnskey_expires: int | None = None
    notes: list[str] = field(default_factory=list)
    path: str = ""

    def number(self, name: str, default: int = 0) -> int:
        """Give the value of an input, `default` where the plan has none."""
        found = self.inputs.get(name)
        return default if found is None else found.value


def apply(state: State, events: list[Event]) -> State:
    """Give the state after events that happen at one instant."""
    fields: dict[str, set[str]] = {
        "ds": set(state.ds), "cds": set(state.cds), "dnskey": set(state.dnskey), "revoked": set(state.revoked),
        "dnskey_signers": set(state.dnskey_signers), "zone_signers": set(state.zone_signers),
        "chains": set(state.chains),
    }  # fmt: skip
    for event in events:
        change = _CHANGES.get(event.action)
        if change is None:
            continue
        name, adds = change
        if adds:
            fields[name].add(event.key)
        else:
            fields[name].discard(event.key)
            if event.action == Action.remove_key:
                fields["dnskey_signers"].discard(event.key)
                fields["revoked"].discard(event.key)
    return State(**{name: frozenset(keys) for name, keys in fields.items()}, anchors=state.anchors)


_CHANGES: Mapping[Action, tuple[str, bool]] = {
    Action.publish_key: ("dnskey", True),
    Action.remove_key: ("dnskey", False),
    Action.revoke_key: ("revoked", True),
    Action.sign_dnskey: ("dnskey_signers", True),
    Action.stop_signing_dnskey: ("dnskey_signers", False),
    Action.sign_zone: ("zone_signers", True),
    Action.stop_signing_zone: ("zone_signers", False),
    Action.add_ds: ("ds", True),
    Action.remove_ds: ("ds", False),
    Action.publish_cds: ("cds", True),
    Action.withdraw_cds: ("cds", False),
    Action.add_chain: ("chains", True),
    Action.remove_chain: ("chains", False),
}
