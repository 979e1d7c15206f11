"""From events to versions: when each version of each RRset can be in an answer or in a cache.

A version published at p, replaced at q, with a TTL of t and a propagation of D, can be met at any instant from p until
q + D + t. That is all a cache can do (RFC 7583 section 3.1 uses the same bounds), so these spans are exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import NamedTuple

from zonelint.rollover.model import Action, Event, Plan, RrsetClass, State, apply

FOREVER = 1 << 62
"""Later than every event."""

UNCHAINED = frozenset({"none"})
"""The chains of a zone that cannot deny anything."""

BEGINNING = -(1 << 62)
"""Earlier than every event."""

ADD_HOLD_DOWN = 30 * 86400
"""Seconds for which a resolver sees a new trust anchor before it accepts it (RFC 5011 section 2.4.1)."""

_HOUR, _DAY = 3600, 86400


class Contents(NamedTuple):
    """What a version holds, as ids of keys; fields that an RRset does not have are empty."""

    keys: frozenset[str] = frozenset()
    signers: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()
    chains: frozenset[str] = frozenset()


class Validity(NamedTuple):
    """From when until when the signatures of a key are good, in seconds since 1970."""

    key: str
    inception: int
    expires: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an RRset class: in answers from `published` to `served_until`, in caches to `gone` (exclusive).

    Its signatures are good from `inception` until `expires`, the first and the last instant of any of them. `validity`
    has the bounds of those that have some: key, inception, expiration. `step` names the event that brought it.
    """

    rrset: str
    contents: Contents
    published: int
    served_until: int
    gone: int
    inception: int = BEGINNING
    expires: int = FOREVER
    step: str = ""
    validity: tuple[Validity, ...] = ()


@dataclass(slots=True)
class Timelines:
    """The versions of the DS set (or of the trust anchors), of the DNSKEY set and of each class of signed data."""

    ds: list[Version]
    dnskey: list[Version]
    data: dict[str, list[Version]]
    anchored: bool


class _Change(NamedTuple):
    at: int
    contents: Contents
    ttl: int
    lag: int
    validity: tuple[Validity, ...]
    step: str


def query_interval(ttl: int) -> int:
    """Give the seconds between two queries of an RFC 5011 resolver for a DNSKEY set with this TTL.

    This is the form of RFC 5011 section 2.3 that RFC 7583 section 3.3.4 calls modifiedQueryInterval: half the TTL,
    at least an hour and at most 15 days.
    """
    return max(_HOUR, min(15 * _DAY, ttl // 2))


def trust_interval(ttl: int, hold_down: int = ADD_HOLD_DOWN) -> int:
    """Give Itrp of RFC 7583 section 3.3.4: the seconds until every RFC 5011 resolver trusts a new key."""
    return hold_down + 2 * query_interval(ttl)


def build(plan: Plan) -> Timelines:
    """Give the versions of every RRset class of a plan, in the order of their publication."""
    moments = [(at, list(group)) for at, group in groupby(sorted(plan.events, key=lambda e: e.at), lambda e: e.at)]
    states = [plan.start]
    for _, events in moments:
        states.append(apply(states[-1], events))
    history = _History(plan, moments, states)
    dnskey = _versions("dnskey", history.dnskey(), plan)
    data = {rrset.name: _versions(rrset.name, history.data(rrset), plan) for rrset in plan.rrsets}
    if plan.start.anchors is not None:
        return Timelines(_anchors(plan, dnskey), dnskey, data, True)
    ds = _versions("ds", history.ds(), plan)
    return Timelines(_polled(ds, moments, states), dnskey, data, False)


class _History:
    """The successive contents of each RRset class."""

    def __init__(self, plan: Plan, moments: list[tuple[int, list[Event]]], states: list[State]) -> None:
        self._plan, self._moments, self._states = plan, moments, states

    def ds(self) -> list[_Change]:
        number = self._plan.number
        ttl, absent = self._first_ttl("ds", number("ds-ttl")), number("ds-negative-ttl")
        changes: list[_Change] = []
        for at, state, events in self._walk():
            ttl = _new_ttl(events, "ds", ttl)
            contents = Contents(state.ds)
            lag = _lag(events, (Action.add_ds, Action.remove_ds), number("parent-propagation"))
            _append(changes, _Change(at, contents, ttl if state.ds else absent, lag, (), _step(events)))
        return changes

    def dnskey(self) -> list[_Change]:
        number = self._plan.number
        ttl, absent = self._first_ttl("dnskey", number("dnskey-ttl")), number("dnskey-negative-ttl")
        validity = _first(self._states[0].dnskey_signers, self._plan.dnskey_expires)
        changes: list[_Change] = []
        for at, state, events in self._walk():
            ttl = _new_ttl(events, "dnskey", ttl)
            contents = Contents(state.dnskey, state.dnskey_signers & state.dnskey, state.revoked & state.dnskey)
            old = changes[-1].contents if changes else contents
            if (contents.keys, contents.revoked) != (old.keys, old.revoked):
                # a signature covers the whole set, so another set has other signatures (RFC 4034 section 3.1.8.1)
                validity = {}
            validity = _renewed(events, "dnskey", Action.sign_dnskey, (old.signers, contents.signers), validity)
            lag = _lag(events, _KEY_ACTIONS, number("zone-propagation"))
            shown = ttl if state.dnskey else absent
            _append(changes, _Change(at, contents, shown, lag, tuple(validity.values()), _step(events)))
        return changes

    def data(self, rrset: RrsetClass) -> list[_Change]:
        number = self._plan.number
        ttl = self._first_ttl("data", rrset.ttl, rrset.name)
        validity = _first(self._states[0].zone_signers, rrset.expires)
        changes: list[_Change] = []
        for at, state, events in self._walk():
            ttl = _new_ttl(events, rrset.name, ttl)
            contents = Contents(
                signers=state.zone_signers, chains=(state.chains or UNCHAINED) if rrset.negative else frozenset()
            )
            old = changes[-1].contents if changes else contents
            validity = _renewed(events, rrset.name, Action.sign_zone, (old.signers, contents.signers), validity)
            signing = contents.signers != old.signers
            usual = number("zone-propagation") + (number("sign-delay") if signing else 0)
            lag = _lag(events, _DATA_ACTIONS, usual)
            _append(changes, _Change(at, contents, ttl, lag, tuple(validity.values()), _step(events)))
        return changes

    def _first_ttl(self, kind: str, ttl: int, name: str = "") -> int:
        """Give the TTL of the first version: a larger one of the past where an event of the plan ends it."""
        ended = any(event.action == Action.set_ttl and event.key == (name or kind) for event in self._plan.events)
        return max(ttl, self._plan.number(f"was-{kind}-ttl")) if ended else ttl

    def _walk(self) -> list[tuple[int, State, list[Event]]]:
        first: list[tuple[int, State, list[Event]]] = [(BEGINNING, self._states[0], [])]
        return first + [(at, self._states[i + 1], events) for i, (at, events) in enumerate(self._moments)]


_KEY_ACTIONS = (
    Action.publish_key,
    Action.remove_key,
    Action.revoke_key,
    Action.sign_dnskey,
    Action.stop_signing_dnskey,
)
_DATA_ACTIONS = (Action.sign_zone, Action.stop_signing_zone, Action.add_chain, Action.remove_chain)


def _append(changes: list[_Change], change: _Change) -> None:
    """Add a version unless it is the one before."""
    if not changes or _seen(changes[-1]) != _seen(change):
        changes.append(change)


def _seen(change: _Change) -> tuple[object, ...]:
    return change.contents, change.ttl, frozenset(change.validity)


def _new_ttl(events: list[Event], name: str, ttl: int) -> int:
    for event in events:
        if event.action == Action.set_ttl and event.key == name and event.value is not None:
            ttl = event.value
    return ttl


def _lag(events: list[Event], actions: tuple[Action, ...], usual: int) -> int:
    given = [event.lag for event in events if event.action in actions and event.lag is not None]
    return max(given) if given else usual


def _first(signers: frozenset[str], expires: int | None) -> dict[str, Validity]:
    """Give the bounds of the signatures that are there at the start."""
    return {} if expires is None else {key: Validity(key, BEGINNING, expires) for key in sorted(signers)}


def _renewed(
    events: list[Event],
    name: str,
    action: Action,
    signers: tuple[frozenset[str], frozenset[str]],
    before: dict[str, Validity],
) -> dict[str, Validity]:
    """Give the bounds of signatures after events: those before, unless renewed, and those of new signers.

    `signers` are those before and after. Keys whose signatures have no bounds are left out.
    """
    old, new = signers
    validity = {key: bounds for key, bounds in before.items() if key in new}
    for event in events:
        made: frozenset[str] = frozenset()
        if event.action == Action.refresh and event.key == name:
            made = new
        elif event.action == action and event.key in new - old:
            made = frozenset({event.key})
        for key in made:
            validity.pop(key, None)
            if event.value is not None or event.inception is not None:
                inception = BEGINNING if event.inception is None else event.inception
                validity[key] = Validity(key, inception, FOREVER if event.value is None else event.value)
    return validity


def _step(events: list[Event]) -> str:
    return events[0].step if events else ""


def _versions(rrset: str, changes: list[_Change], plan: Plan) -> list[Version]:
    """Turn successive contents into versions with their spans."""
    forwarders, stale = plan.number("forwarders"), plan.number("serve-stale")
    versions = []
    for change, after in zip(changes, [*changes[1:], None], strict=True):
        served = FOREVER if after is None else after.at + after.lag
        gone = FOREVER if after is None else served + change.ttl + stale
        bounded = len(change.validity) == len(change.contents.signers) > 0
        inception = min((each.inception for each in change.validity), default=BEGINNING) if bounded else BEGINNING
        expires = max((each.expires for each in change.validity), default=FOREVER) if bounded else FOREVER
        if not forwarders and not stale:
            # a validator keeps nothing beyond its signatures (RFC 4035 section 5.3.3)
            gone = max(served, min(gone, expires))
        versions.append(
            Version(rrset, change.contents, change.at, served, gone, inception, expires, change.step, change.validity)
        )
    return versions


def _polled(versions: list[Version], moments: list[tuple[int, list[Event]]], states: list[State]) -> list[Version]:
    """Let each DS set that CDS records ask for appear as soon as they are published: the parent may act at once."""
    asked: dict[frozenset[str], int] = {}
    for i, (at, _) in enumerate(moments):
        wanted = states[i + 1].cds
        if wanted and wanted != states[i].cds:
            asked.setdefault(wanted, at)
    result = list(versions)
    for wanted, since in asked.items():
        later = [i for i, v in enumerate(result) if v.contents.keys == wanted]
        if not later:
            result.append(Version("ds", Contents(wanted), since, FOREVER, FOREVER, step="publish-cds"))
        elif not any(result[i].published <= since < result[i].gone for i in later):
            i = min((i for i in later if result[i].published > since), default=later[-1])
            result[i] = replace(result[i], published=min(since, result[i].published))
    return result


def _anchors(plan: Plan, dnskey: list[Version]) -> list[Version]:
    """Give the sets of keys that RFC 5011 resolvers trust, from what they see of the DNSKEY set.

    A resolver trusts a new key at the earliest a hold-down after its publication and at the latest after Itrp; it drops
    a revoked one at the latest one query interval after every server shows it (RFC 7583 section 3.3.4).
    """
    ttl, propagation = plan.number("dnskey-ttl"), plan.number("zone-propagation")
    hold = plan.number("hold-down", ADD_HOLD_DOWN)
    trusted = plan.start.anchors or frozenset()
    changes: list[tuple[int, int, frozenset[str], bool]] = []
    for before, after in pairwise(dnskey):
        # a key need not sign to be learned: the keys that are trusted sign the set it is in
        for key in sorted(after.contents.keys - before.contents.keys):
            if key in trusted or plan.keys[key].role == "zsk":
                continue
            last = after.published + propagation + max(trust_interval(ttl, hold), ttl)
            leaves = min(
                (v.published for v in dnskey if v.published > after.published and key not in v.contents.keys),
                default=FOREVER,
            )
            if leaves >= after.published + hold:
                changes.append((after.published + hold, last if leaves >= last else FOREVER, frozenset({key}), True))
        gone = after.contents.revoked - before.contents.revoked
        if gone:
            changes.append((after.published, after.published + propagation + query_interval(ttl), gone, False))
    changes.sort(key=lambda change: change[0])
    versions = []
    start = BEGINNING
    for first, last, keys, added in changes:
        versions.append(Version("trust-anchor", Contents(trusted), start, last, last))
        trusted = trusted | keys if added else trusted - keys
        start = first
    versions.append(Version("trust-anchor", Contents(trusted), start, FOREVER, FOREVER))
    return versions
