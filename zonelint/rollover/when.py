"""When is it safe? One step of a rollover, its earliest date, the formula, and whether that is now.

The plan of a whole rollover says the same; this is for the operator who did the step before and wants to do the next.
The formulas are those of RFC 7583 section 3, with the numbers of the setup, and with the TTLs of before where they
were larger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from zonelint.rollover import waits
from zonelint.rollover.model import Key, Role, Setup
from zonelint.rollover.waits import WaitFunction
from zonelint.times import LATEST, to_text


class What(StrEnum):
    """The steps that can be asked for."""

    submit_ds = "submit-ds"
    remove_ds = "remove-ds"
    sign = "sign"
    stop_signing = "stop-signing"
    remove_key = "remove-key"
    revoke = "revoke"
    unsign = "unsign"
    destroy_key = "destroy-key"


class WhenError(ValueError):
    """A question that cannot be answered; the text is one sentence that says what is missing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """When a step is safe: `at` in seconds since 1970, None as long as something else has to happen first.

    `formula` is the arithmetic with its numbers, `reason` why one has to wait or what has to happen, `refs` where it
    is written.
    """

    what: What
    key: str
    at: int | None
    formula: str
    reason: str
    now_is_safe: bool
    refs: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The answer in one line."""
        subject = f"{self.what} {self.key}".strip()
        if self.at is None:
            return f"{subject}: not yet: {self.reason}"
        date = "now, since" if self.now_is_safe else "not before"
        formula = f": {self.formula}" if self.formula else ""
        return f"{subject}: {date} {to_text(self.at)}{formula} ({self.reason})"


class _Rule(NamedTuple):
    """What a step waits for: since when the time counts, the waits of which the longest counts, and why."""

    since: str
    waits: tuple[WaitFunction, ...]
    reason: str
    refs: tuple[str, ...]


class _NotYet(Exception):
    """Something else has to happen first."""


class _AnyTime(Exception):
    """Nothing depends on it."""


def when(
    what: What | str, setup: Setup, key: str | None, since: int | None, now: int, *, ds_known: bool = False
) -> Answer:
    """Tell when a step is safe.

    `key` is the id or the tag of the key in question, None where there is only one. `since` is when the step before
    was done (seconds since 1970): which one it is differs, and `WhenError` tells it where it is missing. `ds_known`
    says that the DS set of the setup is the parent's, not assumed. Raises `WhenError`.
    """
    try:
        step = What(what)
    except ValueError:
        raise WhenError(f"there is no step {what}: the steps are {', '.join(What)}") from None
    chosen = _choose(step, setup, key)
    name = chosen.id if chosen else key or ""
    try:
        rule = _RULES[step](_Situation(setup, chosen, ds_known))
    except _NotYet as reason:
        return Answer(step, name, None, "", str(reason), False)
    except _AnyTime as reason:
        return Answer(step, name, now, "", str(reason), True)
    if since is None:
        raise WhenError(f"say with --since {rule.since}")
    wait = max((each(setup, since) for each in rule.waits), key=lambda each: each.seconds)
    at = since + wait.seconds
    if at > LATEST:
        raise WhenError(f"{step}: the date lies behind the year 9999")
    formula = f"{to_text(since)} + {wait.equation}, limited by {wait.limited_by}"
    return Answer(step, name, at, formula, rule.reason, at <= now, rule.refs)


def since_of(
    what: What | str, setup: Setup, key: str | None, times: Mapping[str, Mapping[str, int | None]]
) -> int | None:
    """Take since when the time counts from the metadata of key files, None where they do not tell.

    `times` is what `measure.key_times` gives. What happens in the parent zone is not in the files: it has to be seen.
    """
    step = What(what)
    chosen = _choose(step, setup, key)
    if chosen is None:
        return None
    mine = times.get(chosen.id, {})
    if step == What.submit_ds or (step == What.sign and chosen.role != Role.ksk):
        return mine.get("Publish")
    if step == What.remove_key and chosen.role == Role.zsk and chosen.id not in setup.start.zone_signers:
        return mine.get("Inactive")
    if step == What.destroy_key:
        return mine.get("Delete")
    if step in (What.stop_signing, What.remove_key) and chosen.role == Role.zsk:
        others = [times.get(id_, {}).get("Activate") for id_ in setup.start.zone_signers - {chosen.id}]
        known = [time for time in others if time is not None]
        return min(known, default=None)
    return None


# --- what each step waits for --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Situation:
    """The setup and the key in question."""

    setup: Setup
    key: Key | None
    ds_known: bool

    @property
    def id(self) -> str:
        return self.key.id if self.key else ""

    def entries(self) -> frozenset[str]:
        """Other keys that the parent or the trust anchors lead to, and that sign the DNSKEY set."""
        start = self.setup.start
        trusted = start.ds if start.anchors is None else start.anchors
        return (trusted & start.dnskey & start.dnskey_signers) - start.revoked - {self.id}

    def is_new_algorithm(self) -> bool:
        """Tell whether the parent has DS records, none of them for a key with the algorithm of this one."""
        others = self.setup.start.ds - {self.id}
        algorithms = {self.setup.keys[id_].algorithm for id_ in others}
        return self.key is not None and bool(others) and self.key.algorithm not in algorithms

    def other_signers(self) -> frozenset[str]:
        """Other keys of the DNSKEY set that sign all data."""
        start = self.setup.start
        return (start.zone_signers & start.dnskey) - start.revoked - {self.id}


def _submit_ds(at: _Situation) -> _Rule:
    start = at.setup.start
    if start.anchors is not None:
        raise _NotYet("resolvers trust this zone by RFC 5011, it has no DS")
    if at.id not in start.dnskey:
        raise _NotYet("the key is not in the DNSKEY set")
    if at.id not in start.dnskey_signers:
        raise _NotYet("the key does not sign the DNSKEY set: its signature must have reached the caches as well")
    if at.is_new_algorithm():
        return _submit_new_algorithm(at)
    if start.ds - {at.id}:
        return _Rule(
            "TIME when the key was in the zone and signed the DNSKEY set", (waits.ipubc,),
            "until then some resolvers know only the DNSKEY set without the key", ("RFC 7583 section 3.3.1",),
        )  # fmt: skip
    if not start.zone_signers:
        raise _NotYet("the zone is not signed")
    return _Rule(
        "TIME when the zone was completely signed", (waits.first_signing,),
        "until then some resolvers hold unsigned data, or that there is no DNSKEY", ("RFC 7583 section 3.3.5",),
    )  # fmt: skip


def _submit_new_algorithm(at: _Situation) -> _Rule:
    assert at.key is not None
    algorithm, keys = at.key.algorithm, at.setup.keys
    if not any(keys[id_].algorithm == algorithm for id_ in at.setup.start.zone_signers & at.setup.start.dnskey):
        raise _NotYet(f"no key of algorithm {algorithm} in the DNSKEY set signs the data")
    return _Rule(
        "TIME when the keys of the algorithm were in the zone and signed everything",
        (waits.ipubc, waits.liberal_signatures),
        "until then some resolvers hold keys or data without signatures of the algorithm", ("RFC 6781 section 4.1.4",),
    )  # fmt: skip


def _remove_ds(at: _Situation) -> _Rule:
    start = at.setup.start
    if start.anchors is not None:
        raise _NotYet("resolvers trust this zone by RFC 5011, it has no DS")
    if not start.ds - {at.id}:
        raise _AnyTime(
            "no other DS record is left: resolvers stop validating, none fails; keep the zone signed until the DS is "
            "out of all caches (zonelint rollover when unsign)"
        )
    if not at.entries():
        raise _NotYet("no other key that the parent has a DS for signs the DNSKEY set")
    return _Rule(
        "TIME when the other key was in the zone and signed the DNSKEY set", (waits.ipubc,),
        "until then some resolvers know only the DNSKEY set without the other key",
        ("RFC 7583 section 3.3.1", "RFC 7583 section 3.3.2"),
    )  # fmt: skip


def _sign(at: _Situation) -> _Rule:
    key, start = at.key, at.setup.start
    if key is not None and key.role == Role.ksk:
        raise _AnyTime("a KSK signs the DNSKEY set from the moment it is in it, the earlier the better")
    if at.id not in start.dnskey:
        present = {at.setup.keys[id_].algorithm for id_ in start.dnskey}
        if key is not None and key.algorithm not in present:
            raise _AnyTime("signatures of a new algorithm come before its keys (RFC 6781 section 4.1.4)")
        raise _NotYet("the key is not in the DNSKEY set")
    return _Rule(
        "TIME when the key was in the zone", (waits.ipub_zsk,),
        "until then some resolvers know only the DNSKEY set without the key", ("RFC 7583 section 3.2.1",),
    )  # fmt: skip


def _stop_signing(at: _Situation) -> _Rule:
    key = at.key
    if key is not None and key.role == Role.ksk:
        return _leave_parent(at)
    if at.other_signers():
        return _double_signature()
    waiting = [
        id_ for id_ in sorted(at.setup.start.dnskey - {at.id})
        if at.setup.keys[id_].role != Role.ksk and id_ not in at.setup.start.revoked
    ]  # fmt: skip
    if not waiting:
        raise _NotYet("no other key is there that could sign the zone")
    return _Rule(
        f"TIME when {waiting[0]} was in the zone", (waits.ipub_zsk,),
        f"{waiting[0]} takes over at the same moment, and until then some resolvers do not know it",
        ("RFC 7583 section 3.2.1",),
    )  # fmt: skip


def _remove_key(at: _Situation) -> _Rule:
    key, start = at.key, at.setup.start
    if key is not None and key.role == Role.ksk:
        return _leave_parent(at)
    if at.id in start.zone_signers:
        if not at.other_signers():
            raise _NotYet("the key signs the zone, and no other does: sign with another one first")
        if key is not None and key.role == Role.csk:
            raise _NotYet("the key signs the zone: stop that first, and let the parent drop its DS")
        return _double_signature()
    if not at.other_signers() and start.zone_signers:
        raise _NotYet("no other key signs the zone completely")
    data = _Rule(
        "TIME when another key began to sign in its place", (waits.iret_zsk,),
        "until then some resolvers hold data that only this key signed", ("RFC 7583 section 3.2.1",),
    )  # fmt: skip
    if key is None or key.role != Role.csk:
        return data
    parent = _leave_parent(at)
    return _Rule(
        "TIME when another key signed in its place and its DS record was seen to be gone, whichever was later",
        data.waits + parent.waits,
        "until then some resolvers hold data that only this key signed, or the DS set of before",
        data.refs + parent.refs,
    )


def _double_signature() -> _Rule:
    return _Rule(
        "TIME when the other key was in the zone and began to sign", (waits.iret_zsk_double,),
        "until then some resolvers hold data or keys of before the other key signed", ("RFC 7583 section 3.2.2",),
    )  # fmt: skip


def _leave_parent(at: _Situation) -> _Rule:
    start = at.setup.start
    if not at.entries():
        raise _NotYet("no other key that resolvers are led to signs the DNSKEY set")
    if start.anchors is not None:
        return _leave_anchors(at)
    if at.ds_known and at.id in start.ds:
        raise _NotYet("the parent still has its DS record")
    return _Rule(
        "TIME when its DS record was seen to be gone from the parent", (waits.iret_ksk,),
        "until then some resolvers hold the DS set of before", ("RFC 7583 section 3.3.1",),
    )  # fmt: skip


def _leave_anchors(at: _Situation) -> _Rule:
    start = at.setup.start
    if at.id not in start.revoked:
        raise _NotYet("resolvers trust the key: revoke it first (RFC 5011 section 2.1)")
    return _Rule(
        "TIME when the key was revoked", (waits.irev,),
        "until then some resolvers have not seen that it is revoked", ("RFC 7583 section 3.3.4",),
    )  # fmt: skip


def _revoke(at: _Situation) -> _Rule:
    key, start = at.key, at.setup.start
    if at.id in start.revoked:
        raise _AnyTime("the key is revoked already")
    if not at.entries():
        raise _NotYet("no other key that resolvers are led to signs the DNSKEY set")
    if key is not None and at.id in start.zone_signers and not at.other_signers():
        raise _NotYet("the key signs the zone: a revoked key is good for nothing but itself (RFC 5011 section 2.1)")
    if start.anchors is None:
        return _leave_parent(at)
    return _Rule(
        "TIME when the other key was in the zone", (waits.itrp,),
        "until then some resolvers do not trust the other key", ("RFC 7583 section 3.3.4", "RFC 5011 section 2.4.1"),
    )  # fmt: skip


def _unsign(at: _Situation) -> _Rule:
    start = at.setup.start
    if start.anchors is not None:
        raise _NotYet("resolvers trust the zone by RFC 5011: it cannot go unsigned")
    if at.ds_known and start.ds:
        raise _NotYet("the parent still has DS records")
    return _Rule(
        "TIME when the last DS record was seen to be gone from the parent", (waits.going_insecure,),
        "until then some resolvers hold the DS set and want signatures", ("RFC 4035 section 5.2",),
    )  # fmt: skip


def _destroy_key(at: _Situation) -> _Rule:
    start = at.setup.start
    if at.id in start.dnskey:
        raise _NotYet("the key is in the DNSKEY set")
    if at.id in start.zone_signers:
        raise _NotYet("the zone has signatures by the key")
    if at.ds_known and at.id in start.ds:
        raise _NotYet("the parent has a DS record for the key")
    return _Rule(
        "TIME when the key was removed from the zone", (waits.key_gone,),
        "until then some resolvers hold the DNSKEY set with the key: you might have to bring it back", (),
    )  # fmt: skip


_RULES: Mapping[What, Callable[[_Situation], _Rule]] = {
    What.submit_ds: _submit_ds,
    What.remove_ds: _remove_ds,
    What.sign: _sign,
    What.stop_signing: _stop_signing,
    What.remove_key: _remove_key,
    What.revoke: _revoke,
    What.unsign: _unsign,
    What.destroy_key: _destroy_key,
}


# --- keys and words ------------------------------------------------------------------------------------------


def _choose(step: What, setup: Setup, key: str | None) -> Key | None:
    """Find the key that is meant; None for a step about no key, or about a key that is no longer there."""
    if step == What.unsign:
        return None
    if key is not None:
        found = [each for each in setup.keys.values() if key in (each.id, str(each.tag)) or _is_stem(key, each)]
        if not found and step != What.destroy_key:
            raise WhenError(f"there is no key {key}: the keys are {_list(setup.keys.values())}")
        if len(found) > 1:
            raise WhenError(f"key {key} may be one of {_list(found)}: give its id")
        return found[0] if found else None
    candidates = _candidates(step, setup)
    if len(candidates) == 1:
        return candidates[0]
    if step == What.destroy_key:
        return None
    if not candidates:
        raise WhenError(f"no key is there for {step}: the keys are {_list(setup.keys.values())}")
    raise WhenError(f"say which key with --key: {_list(candidates)}")


def _candidates(step: What, setup: Setup) -> list[Key]:
    """Give the keys that a step can be about."""
    start = setup.start
    entries = {key.id for key in setup.keys.values() if key.role != Role.zsk}
    signers = {key.id for key in setup.keys.values() if key.role != Role.ksk}
    idle = {id_ for id_ in start.dnskey & signers if id_ not in start.zone_signers}
    chosen: Mapping[What, Iterable[str]] = {
        What.submit_ds: (start.dnskey & entries) - start.ds or start.dnskey & entries,
        What.remove_ds: start.ds,
        What.sign: idle,
        What.stop_signing: start.zone_signers & start.dnskey,
        What.remove_key: start.dnskey if len(start.dnskey) == 1 else idle,
        What.revoke: (start.dnskey & entries) - start.revoked,
        What.destroy_key: [id_ for id_ in setup.keys if id_ not in start.dnskey],
    }
    return [setup.keys[id_] for id_ in sorted(chosen[step])]


def _is_stem(text: str, key: Key) -> bool:
    """Tell whether a text is the stem of the key's file, `Kexample.org.+013+12345`."""
    found = re.search(r"\+([0-9]{3})\+([0-9]{5})(?:\.(?:key|private|state))?\Z", text)
    return found is not None and (int(found[1]), int(found[2])) == (key.algorithm, key.tag)


def _list(keys: Iterable[Key]) -> str:
    return ", ".join(f"{key.id} (tag {key.tag})" if key.tag is not None else key.id for key in keys) or "none"
