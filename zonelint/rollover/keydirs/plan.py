"""From the lives of keys to a plan that the prover can judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zonelint.keys.model import KeyFile
from zonelint.keys.policies.model import Policy
from zonelint.names import text_from_key
from zonelint.rollover.keydirs.life import Life, Span, lives_of, tags_of
from zonelint.rollover.keydirs.numbers import DEFAULT_SOURCES, Numbers, numbers_of, rrsets_of
from zonelint.rollover.keydirs.parent import settle_ds
from zonelint.rollover.model import Action, Event, Key, Plan, Role, Setup, State, apply
from zonelint.rollover.timeline import BEGINNING, FOREVER
from zonelint.times import to_text

_STEPS = (
    ("dnskey", Action.publish_key, "put {} into the zone", ("Publish", "Activate", "dnskey"), True),
    ("over_keys", Action.sign_dnskey, "sign the DNSKEY set with {}", ("Activate", "Publish", "krrsig"), True),
    ("over_data", Action.sign_zone, "sign the zone with {}", ("Activate", "zrrsig"), True),
    ("cds", Action.publish_cds, "publish the CDS of {}", ("SyncPublish",), True),
    ("ds", Action.add_ds, "DS of {} at the parent", ("DSPublish", "ds", "SyncPublish"), True),
    ("ds", Action.remove_ds, "DS of {} gone from the parent", ("DSRemoved", "ds", "SyncDelete", "Inactive"), False),
    ("cds", Action.withdraw_cds, "withdraw the CDS of {}", ("SyncDelete",), False),
    ("over_keys", Action.stop_signing_dnskey, "no more sign the DNSKEY set with {}", ("Inactive", "krrsig"), False),
    ("over_data", Action.stop_signing_zone, "no more sign the zone with {}", ("Inactive", "Revoke", "zrrsig"), False),
    ("dnskey", Action.remove_key, "take {} out of the zone", ("Delete", "dnskey"), False),
)


def timetable(
    keys: Sequence[KeyFile],
    setup: Setup | None,
    now: int,
    until: int | None,
    policy: Policy | None = None,
    *,
    ds_known: bool = False,
) -> Plan:
    """Give the timetable that the files of one zone amount to, as dnssec-signzone -S and named would follow it.

    `now` and `until` are in seconds since 1970; events after `until` are left out. States count more than dates for
    what is true now. Without a setup the TTLs and delays come from the policy, the `.key` files and defaults.
    `ds_known` tells that the DS records of the setup are those of the parent, not assumed.
    """
    numbers = numbers_of(keys, setup, policy)
    lives = settled(keys, setup, now, numbers, ds_known=ds_known)
    return plan_of(lives, setup, numbers, now, until)


def settled(
    keys: Sequence[KeyFile], setup: Setup | None, now: int, numbers: Numbers, *, ds_known: bool = False
) -> list[Life]:
    """Give the lives of the keys of one zone with their DS records; those of trust anchors have none."""
    lives = lives_of(keys, setup, now)
    if setup and setup.start.anchors is not None:
        return lives
    known = None
    if setup and ds_known:
        names = _names(lives, setup)
        known = frozenset(names.get(key, key) for key in setup.start.ds)
    settle_ds(lives, numbers, now, known)
    return lives


def _names(lives: Sequence[Life], setup: Setup) -> dict[str, str]:
    """Map the ids of the setup to those of the key files, by algorithm and tag."""
    ids = {(life.public.algorithm, tag): life.id for life in lives for tag in tags_of(life.public)}
    return {
        key.id: ids[key.algorithm, key.tag]
        for key in setup.keys.values()
        if key.tag is not None and (key.algorithm, key.tag) in ids
    }


def plan_of(lives: Sequence[Life], setup: Setup | None, numbers: Numbers, now: int, until: int | None) -> Plan:
    """Turn lives into a state and the events after it; those that no cache remembers at `now` are part of the state."""
    keys = {
        life.id: Key(life.id, life.role, public.algorithm, life.file.tag, len(public.rdata), public.place)
        for life in lives
        for public in (life.public,)
    }
    start = State(
        ds=_ever(lives, "ds"),
        cds=_ever(lives, "cds"),
        dnskey=_ever(lives, "dnskey"),
        revoked=frozenset(life.id for life in lives if life.revoked == BEGINNING),
        dnskey_signers=_ever(lives, "over_keys"),
        zone_signers=_ever(lives, "over_data"),
        chains=setup.start.chains if setup else frozenset({"nsec"}),
        anchors=_anchors(lives, setup),
    )
    events = [event for life in lives for event in _events(life) if until is None or event.at <= until]
    events.sort(key=lambda event: event.at)
    zone = setup.zone if setup else text_from_key(lives[0].file.name) if lives else ""
    notes = [*(setup.notes if setup else ()), *_notes(lives, numbers)]
    expires = setup.dnskey_expires if setup else None
    plan = Plan(zone, ("keys",), keys, start, events, dict(numbers.inputs), rrsets_of(setup, numbers), expires, notes)
    _elsewhere(plan, lives, setup)
    if plan.start.anchors is None:
        _forget(plan, now - numbers.memory)
    return plan


def _forget(plan: Plan, before: int) -> None:
    """Make events that lie so far back part of the state that the plan starts from."""
    old = [event for event in plan.events if event.at <= before]
    for event in old:
        plan.start = apply(plan.start, [event])
    del plan.events[: len(old)]


def _anchors(lives: Sequence[Life], setup: Setup | None) -> frozenset[str] | None:
    if setup is None or setup.start.anchors is None:
        return None
    names = _names(lives, setup)
    return frozenset(names.get(key, key) for key in setup.start.anchors)


def _ever(lives: Sequence[Life], part: str) -> frozenset[str]:
    """Give the keys that were there from the beginning."""
    return frozenset(life.id for life in lives if (span := getattr(life, part)) and span.start == BEGINNING)


def _events(life: Life) -> Iterator[Event]:
    for part, action, title, names, begins in _STEPS:
        span: Span | None = getattr(life, part)
        if span is None:
            continue
        at = span.start if begins else span.end
        if BEGINNING < at < FOREVER:
            yield _event(life, action, at, title, names)
    if life.revoked is not None and life.revoked != BEGINNING:
        yield _event(life, Action.revoke_key, life.revoked, "revoke {}", ("Revoke",))


def _event(life: Life, action: Action, at: int, title: str, names: tuple[str, ...]) -> Event:
    text = title.format(life.label)
    if action in (Action.add_ds, Action.remove_ds) and life.ds_source == "assumed":
        text += " (assumed)"
    return Event(at, action, life.id, step=f"{action.value}-{life.id}", title=text, place=life.place(*names))


def _notes(lives: Sequence[Life], numbers: Numbers) -> Iterator[str]:
    defaults = [name for name, number in numbers.inputs.items() if number.source in DEFAULT_SOURCES]
    if defaults:
        yield f"defaults, for nothing says otherwise: {', '.join(sorted(defaults))}"
    for life in lives:
        if not life.ds or life.ds_source != "assumed":
            continue
        since = "before all dates" if life.ds.start == BEGINNING else to_text(life.ds.start)
        yield f"nothing says when the DS of {life.label} comes to the parent: taken as {since}"


def _elsewhere(plan: Plan, lives: Sequence[Life], setup: Setup | None) -> None:
    """Add the keys that sign and are not in the directory: those the zone shows, or an offline KSK nobody shows."""
    extra: dict[str, set[str]] = {"ds": set(), "dnskey": set(), "dnskey_signers": set(), "zone_signers": set()}
    if setup:
        names = _names(lives, setup)
        for key in setup.keys.values():
            if key.id not in names and key.id in setup.start.dnskey:
                plan.keys[key.id] = key
                plan.notes.append(f"{key.role.upper()} {key.tag} has no file here: taken to stay as it is")
                for part, ids in extra.items():
                    if key.id in getattr(setup.start, part):
                        ids.add(key.id)
    for algorithm in sorted({life.public.algorithm for life in lives if life.over_data}):
        entries = [life for life in lives if life.public.algorithm == algorithm and life.over_keys]
        if not entries and not any(plan.keys[key].algorithm == algorithm for key in extra["dnskey_signers"]):
            unseen = Key(f"ksk-elsewhere-{algorithm}", Role.ksk, algorithm)
            plan.keys[unseen.id] = unseen
            plan.notes.append(f"no KSK of algorithm {algorithm} here: taken to be kept elsewhere and to stay as it is")
            for part in ("ds", "dnskey", "dnskey_signers"):
                if part != "ds" or plan.start.anchors is None:
                    extra[part].add(unseen.id)
    for algorithm in sorted({life.public.algorithm for life in lives if life.over_keys}):
        signers = [life for life in lives if life.public.algorithm == algorithm and life.over_data]
        if not signers and not any(plan.keys[key].algorithm == algorithm for key in extra["zone_signers"]):
            unseen = Key(f"zsk-elsewhere-{algorithm}", Role.zsk, algorithm)
            plan.keys[unseen.id] = unseen
            plan.notes.append(f"no ZSK of algorithm {algorithm} here: taken to be kept elsewhere and to stay as it is")
            for part in ("dnskey", "zone_signers"):
                extra[part].add(unseen.id)
    old = plan.start
    plan.start = State(
        old.ds | extra["ds"],
        old.cds,
        old.dnskey | extra["dnskey"],
        old.revoked,
        old.dnskey_signers | extra["dnskey_signers"],
        old.zone_signers | extra["zone_signers"],
        old.chains,
        old.anchors,
    )
