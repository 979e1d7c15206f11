"""A rollover that goes as it should: which step two versions show, and from when on the next one is safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from zonelint.findings import Finding, Place
from zonelint.rollover.model import Action, Event, Number, Plan, RrsetClass, State
from zonelint.rollover.prove import Validator
from zonelint.rollover.transitions.advice import staged
from zonelint.rollover.transitions.pair import KINDS, Pair, Side
from zonelint.rollover.transitions.scenes import changes
from zonelint.times import to_text


def progress(pair: Pair, at: int, numbers: Mapping[str, Number], place: Place | None) -> Iterator[Finding]:
    """Give a notice for each step of a method that the change shows."""
    versions = f"{pair.old.name} to {pair.new.name}"
    for step, deed, following in _steps(pair, at):
        safe = _earliest(pair, at, numbers, following)
        if safe is not None:
            words = f"{versions}: {step}; {deed} from {to_text(safe)}"
            yield Finding("rollover-in-progress", words, place, pair.zone, "", step.split(":")[0])


def _steps(pair: Pair, at: int) -> Iterator[tuple[str, str, list[Event]]]:
    """Recognise steps by what is new: what is seen, what comes next, and the events of that."""
    old, new = pair.old, pair.new
    came = new.state.dnskey - old.state.dnskey - new.state.revoked
    if not (old.state.dnskey and new.state.dnskey):
        return
    for key in sorted(came):
        peers = [k for k in old.signers & new.state.dnskey if pair.keys[k].algorithm == pair.keys[key].algorithm]
        if pair.keys[key].role == "zsk" and key not in new.signers and peers:
            ended = [Event(at, Action.stop_signing_zone, peer) for peer in sorted(peers)]
            events = [Event(at, Action.sign_zone, key), *ended]
            yield f"zsk-prepublish, step publish: {key} is published", f"it may sign in place of {_list(peers)}", events
        elif key in new.entries - new.signers - pair.ds and pair.ds & new.entries and not pair.anchored and any(
            pair.keys[each].algorithm == pair.keys[key].algorithm for each in pair.ds
        ):
            events = [Event(at, Action.add_ds, key), *(Event(at, Action.remove_ds, k) for k in sorted(pair.ds))]
            seen = f"ksk-double-signature, step publish: {key} signs the DNSKEY set too"
            yield seen, f"the parent may exchange the DS of {_list(pair.ds)} for it", events
    stopped = (old.signers - new.signers) & new.state.dnskey & old.state.dnskey
    started = (new.signers - old.signers) & old.state.dnskey
    for key in sorted(stopped - old.entries):
        if started:
            seen = f"zsk-prepublish, step activate: {_list(started)} signs in place of {key}"
            yield seen, f"{key} may be removed", [Event(at, Action.remove_key, key)]


def _earliest(pair: Pair, at: int, numbers: Mapping[str, Number], following: list[Event]) -> int | None:
    """Ask the prover for the first moment of what comes next, for the RRsets that take longest."""
    times = []
    for kind in KINDS:
        for group in pair.old.groups[kind]:
            rrset = RrsetClass(kind, group.ttl, kind == "denial")
            new = max(pair.new.groups[kind], key=lambda each: len(each.signers))
            start = _state(pair, pair.old, group.signers)
            events = changes(start, _state(pair, pair.new, new.signers), at)
            plan = Plan(pair.zone, (), dict(pair.keys), start, events, dict(numbers), (rrset,))
            found = staged(plan, at, [following], Validator.lenient)
            if found is None:
                return None
            times += found
    return max(times, default=None)


def _state(pair: Pair, side: Side, signers: frozenset[str]) -> State:
    ds, anchors = (frozenset[str](), pair.ds) if pair.anchored else (pair.ds, None)
    return replace(side.state, zone_signers=signers, cds=frozenset(), ds=ds, anchors=anchors)


def _in_motion(side: Side) -> bool:
    """Tell whether some key of a version waits, or two do what one would."""
    used = side.signers | side.entries
    return bool(side.state.dnskey - used - side.state.revoked) or len(side.signers) > 1 or len(side.entries) > 1


def changed_ttls(pair: Pair, at: int, numbers: Mapping[str, Number], place: Place | None) -> Iterator[Finding]:
    """Give the TTLs that waits of a rollover under way rest on and that change."""
    if not (_in_motion(pair.new) and _in_motion(pair.old)):
        return
    versions, delay = f"{pair.old.name} to {pair.new.name}", numbers["zone-propagation"].value
    sides = (pair.old, pair.new)
    ttls = {"DNSKEY": [side.seen.dnskey_ttl or 0 for side in sides]}
    ttls |= {kind: [max(group.ttl for group in side.groups[kind]) for side in sides] for kind in KINDS}
    for name, (before, after) in ttls.items():
        if before != after:
            what = "lowered" if after < before else "raised"
            until = to_text(at + delay + before)
            hint = f"waits from now on take {after - before} s more"
            if after < before:
                hint = f"caches may hold what came with {before} s until {until}"
            words = f"{versions}: the {name} TTL is {what} from {before} s to {after} s during a rollover: {hint}"
            yield Finding("ttl-changed-mid-rollover", words, place, pair.zone, "", name)


def _list(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys))
