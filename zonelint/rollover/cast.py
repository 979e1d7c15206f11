"""Who plays in a rollover: which keys go, which come, and whether the method fits the zone at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from zonelint.rollover.methods import Method
from zonelint.rollover.model import Action, Key, Request, Role, Setup, State
from zonelint.rollover.prove import NSEC3_UNFIT

ALGORITHM = 13
"""The algorithm of a first key for which nobody named another: ECDSA P-256 (RFC 8624 section 3.1)."""

_SEP = frozenset({Role.ksk, Role.csk})
_ZONE = frozenset({Role.zsk, Role.csk})


class PlanError(ValueError):
    """A rollover that cannot be planned; the text says why, and what would fit."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The keys of one rollover, by id: those that go, those that come; of these `made` are new to the plan.

    `made_for` has the new keys themselves. `old_chain` and `new_chain` are the NSEC3 chains in question.
    """

    old: tuple[str, ...] = ()
    old_sep: tuple[str, ...] = ()
    old_zone: tuple[str, ...] = ()
    made_for: tuple[Key, ...] = ()
    made: tuple[Key, ...] = ()
    old_chain: tuple[str, ...] = ()
    new_chain: tuple[str, ...] = ()

    @property
    def new(self) -> tuple[str, ...]:
        """The keys that come."""
        return tuple(key.id for key in self.made_for)

    def resolve(self, word: str) -> tuple[str, ...]:
        """Give the keys or chains that a word of a step stands for (`methods.KEYS`)."""
        groups = {
            "": ("",),
            "old": self.old,
            "new": self.new,
            "old-sep": self.old_sep,
            "old-zone": self.old_zone,
            "new-sep": tuple(key.id for key in self.made_for if key.role in _SEP),
            "new-zone": tuple(key.id for key in self.made_for if key.role in _ZONE),
            "old-nsec3": self.old_chain,
            "new-nsec3": self.new_chain,
        }
        return groups.get(word, (word,))

    def names(self) -> dict[str, str]:
        """Give the words of `methods.KEYS` as texts for titles and instructions."""
        words = ("old", "new", "old-sep", "old-zone", "new-sep", "new-zone")
        return {word: _list(self.resolve(word), "the key") for word in words}


def choose(method: Method, request: Request, state: State, keys: dict[str, Key], setup: Setup) -> Cast:
    """Choose the keys of a rollover that starts from `state`; raises `PlanError` where the method does not fit."""
    _fits(method, request, state, keys, setup.zone)
    old = _old(method, request, state, keys)
    sep = tuple(key for key in old if keys[key].role in _SEP)
    zone = tuple(key for key in old if keys[key].role in _ZONE)
    if method.zone == "delegated":
        if not state.ds & set(sep):
            raise PlanError(f"the parent has no DS for {_list(sep, 'any key')}: resolvers do not depend on it yet")
        if method.old == "all":
            # a standby key that is in the DS set only goes with the others
            sep = tuple(dict.fromkeys((*sep, *sorted(state.ds & set(keys)))))
    _check_algorithm(method, request, state, keys, old)
    new = _new(method, request, keys, old)
    chain = tuple(sorted(each for each in state.chains if each.split(":")[0] == "nsec3"))
    return Cast(old, sep, zone, new, tuple(key for key in new if key.id not in keys), chain, _other_chain(chain))


def _fits(method: Method, request: Request, state: State, keys: dict[str, Key], zone: str) -> None:
    """Refuse a method for a zone in another condition."""
    signed = bool(state.dnskey or state.zone_signers)
    if method.zone == "unsigned":
        if signed:
            raise PlanError(f"{zone} is signed already")
        return
    if not signed:
        raise PlanError(f"{zone} is not signed: first-signing comes first")
    if method.zone == "delegated" and state.anchors is not None:
        raise PlanError(f"resolvers trust {zone} by a trust anchor, not by a DS: use trust-anchor")
    if method.zone == "anchored" and state.anchors is None:
        raise PlanError(
            f"resolvers trust {zone} by a DS in its parent, not by a trust anchor: use ksk-double-signature"
        )
    for name in (request.old, request.new.id if request.new and method.new == "none" else None):
        if name is not None and name not in keys:
            raise PlanError(f"there is no key {name!r}: {_list(sorted(keys), 'no key')}")
    _fits_chain(method, state, keys)


def _fits_chain(method: Method, state: State, keys: dict[str, Key]) -> None:
    """Refuse a change of the denial of existence from what is not there, or to what the keys do not allow."""
    steps = [(action, word) for step in method.steps for action, word in step.do]
    has_nsec3 = any(each.split(":")[0] == "nsec3" for each in state.chains)
    for action, word in steps:
        if action == Action.remove_chain and word == "nsec" and "nsec" not in state.chains:
            raise PlanError("the zone has no NSEC chain")
        if action == Action.remove_chain and word == "old-nsec3" and not has_nsec3:
            raise PlanError("the zone has no NSEC3 chain")
        if action == Action.add_chain and word == "nsec3":
            if has_nsec3:
                raise PlanError("the zone has an NSEC3 chain already")
            unfit = sorted({keys[key].algorithm for key in state.dnskey if key in keys} & NSEC3_UNFIT)
            if unfit:
                raise PlanError(f"algorithm {unfit[0]} is not for NSEC3 (RFC 5155 section 2): roll the algorithm first")


def _old(method: Method, request: Request, state: State, keys: dict[str, Key]) -> tuple[str, ...]:
    """Give the keys that go."""
    if method.old == "none":
        return ()
    if method.old == "all":
        return tuple(sorted(key for key in state.dnskey | state.dnskey_signers | state.zone_signers if key in keys))
    roles = [Role(name) for name in method.old.split("+")]
    if request.old is not None:
        if len(roles) > 1:
            raise PlanError(f"{method.id} replaces every key: name none")
        if keys[request.old].role != roles[0]:
            raise PlanError(
                f"{request.old} is a {_shown(keys[request.old].role)}, {method.id} is for a {_shown(roles[0])}"
            )
        if request.old not in state.dnskey:
            raise PlanError(f"{request.old} is not in the DNSKEY set")
        return (request.old,)
    return tuple(_only(role, method, state, keys) for role in roles)


def _only(role: Role, method: Method, state: State, keys: dict[str, Key]) -> str:
    """Give the key of a role that is in use."""
    users = state.zone_signers if role == Role.zsk else state.dnskey_signers
    found = [key for key in users & state.dnskey - state.revoked if key in keys and keys[key].role == role]
    # a key with a DS is in use, one without stands by
    found = [key for key in found if key in state.ds] or found
    if not found:
        present = sorted({keys[key].role for key in state.dnskey if key in keys})
        hint = "; a CSK does both: use csk" if Role.csk in present and method.old != "csk" else ""
        raise PlanError(
            f"the zone has no {_shown(role)} that signs, only {_list(map(_shown, present), 'no key')}{hint}"
        )
    if len(found) > 1:
        raise PlanError(f"the zone has more than one {_shown(role)}: say which of {', '.join(sorted(found))}")
    return found[0]


def _check_algorithm(
    method: Method, request: Request, state: State, keys: dict[str, Key], old: Collection[str]
) -> None:
    """Refuse a change of algorithm by a method that cannot do it, and an algorithm rollover that changes nothing."""
    wanted = request.algorithm if request.algorithm is not None else request.new.algorithm if request.new else None
    present = {keys[key].algorithm for key in old}
    if not method.new_algorithm:
        if wanted is not None and present and wanted not in present:
            known = _list(map(str, sorted(present)), "")
            why = (
                " (a DS of an algorithm that does not sign, RFC 6781 section 4.1.4)" if "double-ds" in method.id else ""
            )
            raise PlanError(
                f"{method.id} cannot change the algorithm from {known} to {wanted}{why}: use algorithm-conservative"
            )
    elif wanted is None:
        raise PlanError(f"{method.id} needs the new algorithm")
    elif wanted in {keys[key].algorithm for key in state.dnskey if key in keys}:
        raise PlanError(f"the zone has keys of algorithm {wanted} already")
    nsec3 = any(each.split(":")[0] == "nsec3" for each in state.chains)
    if wanted in NSEC3_UNFIT and nsec3:
        raise PlanError(f"algorithm {wanted} is not for NSEC3 (RFC 5155 section 2): go nsec3-to-nsec first")


def _new(method: Method, request: Request, keys: dict[str, Key], old: Collection[str]) -> tuple[Key, ...]:
    """Give the keys that come: the one of the request, and others with names that are free."""
    roles = _new_roles(method, request, keys, old)
    if request.new is not None and request.new.role not in roles:
        wanted = _list(map(_shown, roles), "no key")
        raise PlanError(f"{request.new.id} is a {_shown(request.new.role)}, {method.id} brings {wanted}")
    if request.new is not None and request.new.id in old:
        raise PlanError(f"{request.new.id} cannot replace itself")
    found: list[Key] = []
    for role in roles:
        if request.new is not None and request.new.role == role:
            found.append(request.new)
            continue
        waiting = [key for key in keys.values() if key.role == role] if method.old == "none" else []
        like = [keys[key] for key in old]
        algorithm = request.algorithm or next((key.algorithm for key in like), _first_algorithm(request, keys))
        same = [key.octets for key in like if key.algorithm == algorithm and key.octets]
        found.append(waiting[0] if waiting else Key(_free(role, keys), role, algorithm, octets=next(iter(same), None)))
    return tuple(found)


def _new_roles(method: Method, request: Request, keys: dict[str, Key], old: Collection[str]) -> list[Role]:
    if method.new == "none":
        return []
    if method.new == "same":
        return sorted({keys[key].role for key in old})
    if method.new == "any":
        # keys that are made already say what they are for
        made = {key.role for key in keys.values()} | ({request.new.role} if request.new else set())
        return [Role.csk] if Role.csk in made else [Role.ksk, Role.zsk]
    return [Role(name) for name in method.new.split("+")]


def _first_algorithm(request: Request, keys: dict[str, Key]) -> int:
    if request.new is not None:
        return request.new.algorithm
    return next((key.algorithm for key in keys.values()), ALGORITHM)


def _free(role: Role, keys: dict[str, Key]) -> str:
    number = 1 + sum(key.role == role for key in keys.values())
    while f"{role}-{number}" in keys:
        number += 1
    return f"{role}-{number}"


def _other_chain(chain: tuple[str, ...]) -> tuple[str, ...]:
    """Name the NSEC3 chain that replaces one."""
    return ("nsec3:new",) if "nsec3:new" not in chain else ("nsec3:newer",)


def _shown(role: Role) -> str:
    return role.value.upper()


def _list(names: Iterable[str], nothing: str) -> str:
    return " and ".join(names) or nothing
