"""The methods of rollover: each a list of steps in a file of `rules/rollovers/`, read here into plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from zonelint.catalogue import CatalogueError, rollovers
from zonelint.rollover.model import Action
from zonelint.rollover.waits import WAITS

OLD = frozenset({"zsk", "ksk", "csk", "ksk+zsk", "all", "none"})
"""What a method takes out of service."""

NEW = frozenset({"zsk", "ksk", "csk", "ksk+zsk", "same", "any", "none"})
"""What it puts in its place: `same` roles as the old ones, `any` for a KSK and a ZSK or a CSK."""

ZONES = frozenset({"signed", "delegated", "anchored", "unsigned"})
"""What the zone must be: `signed`, signed with a DS in the parent, trusted by RFC 5011, or not signed yet."""

KEYS = frozenset(
    {"old", "new", "old-sep", "new-sep", "old-zone", "new-zone", "nsec", "nsec3", "old-nsec3", "new-nsec3"}
)
"""What a step may do something with.

`sep` keys sign the DNSKEY set (KSK or CSK), `zone` keys sign the data (ZSK or CSK); `nsec...` are chains of denial.
"""

_ALONE = frozenset({Action.check})
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VALIDATORS = frozenset({"lenient", "strict-ds", "strict-dnskey"})
_SIGNED = frozenset({"dnskey", "data"})
_METHOD = {
    "id": str, "title": str, "summary": str, "old": str, "new": str, "zone": str, "activation": str, "refs": list,
    "steps": list,
}  # fmt: skip
_METHOD_OPTIONS = {"exclusive": bool, "new_algorithm": bool, "unsafe_for": list, "unrenewed": list, "note": str}
_STEP = {"id": str, "title": str, "do": list, "instruction": str}
_STEP_OPTIONS = {"after": list, "refs": list, "complete": bool, "ends_trust": bool}


class After(NamedTuple):
    """A step that has to come before, and the name of the wait between."""

    step: str
    wait: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done at one instant, `do` as pairs of an action and a word of `KEYS`.

    `complete` says that the whole zone is signed at once (input `full-sign-delay`) and not bit by bit (`sign-delay`).
    `ends_trust` marks the step after which nothing needs to validate any more. `title` and `instruction` may name keys:
    `{old}`, `{new-sep}`.
    """

    id: str
    title: str
    do: tuple[tuple[Action, str], ...]
    instruction: str
    after: tuple[After, ...] = ()
    refs: tuple[str, ...] = ()
    complete: bool = False
    ends_trust: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """A way to roll keys over.

    `activation` names the step at which the new key takes over: lifetimes count from there. `exclusive` methods run
    while no other does. `new_algorithm` says that the new keys have another algorithm than the old ones.
    `unsafe_for` names the classes of validators for which this method has windows by design, `unrenewed` what nobody
    can sign anew before the new key does (`inputs.SIGNED`).
    """

    id: str
    title: str
    summary: str
    old: str
    new: str
    zone: str
    activation: str
    refs: tuple[str, ...]
    steps: tuple[Step, ...]
    exclusive: bool = False
    new_algorithm: bool = False
    unsafe_for: tuple[str, ...] = ()
    unrenewed: tuple[str, ...] = ()
    note: str = ""

    def step(self, name: str) -> Step:
        """Give the step with this id; raises `KeyError`."""
        for step in self.steps:
            if step.id == name:
                return step
        raise KeyError(name)

    def does(self, action: Action) -> bool:
        """Tell whether any step has this action."""
        return any(action == each for step in self.steps for each, _ in step.do)


@cache
def methods() -> dict[str, Method]:
    """Give every method by its id, in the order of the ids; read once, raises `CatalogueError`."""
    return {name: load_method(name, data) for name, data in rollovers().items()}


def load_method(name: str, data: Any) -> Method:
    """Turn the contents of the file `name`.yaml into a method; raises `CatalogueError` for anything wrong in it."""
    path = f"rollovers/{name}.yaml"
    fields = _checked(path, data, _METHOD, _METHOD_OPTIONS)
    steps = tuple(_step(f"{path}: step {i}", each) for i, each in enumerate(fields.pop("steps"), 1))
    method = Method(**_frozen(fields), steps=steps)
    words = [(method.old, OLD), (method.new, NEW), (method.zone, ZONES)]
    words += [(name, _VALIDATORS) for name in method.unsafe_for] + [(name, _SIGNED) for name in method.unrenewed]
    for word, allowed in words:
        if word not in allowed:
            raise CatalogueError(f"{path}: {word!r} is none of {', '.join(sorted(allowed))}")
    if method.id != name:
        raise CatalogueError(f"{path}: id is {method.id!r}")
    _check_order(path, method)
    return method


def _check_order(path: str, method: Method) -> None:
    """Refuse steps that wait for a later one, or for nothing, and an activation that is no step."""
    seen: set[str] = set()
    for step in method.steps:
        if step.id in seen:
            raise CatalogueError(f"{path}: two steps are called {step.id!r}")
        if bool(step.after) != bool(seen):
            raise CatalogueError(
                f"{path}: step {step.id!r}: the first step waits for nothing, every other for one before"
            )
        for after in step.after:
            if after.step not in seen:
                raise CatalogueError(f"{path}: step {step.id!r} waits for {after.step!r}, which is no step before it")
        seen.add(step.id)
    if method.activation not in seen:
        raise CatalogueError(f"{path}: activation {method.activation!r} is no step")


def _step(where: str, data: Any) -> Step:
    fields = _checked(where, data, _STEP, _STEP_OPTIONS)
    if not _ID.fullmatch(fields["id"]):
        raise CatalogueError(f"{where}: id {fields['id']!r} is not in kebab case")
    done = tuple(_deed(where, text) for text in fields.pop("do"))
    after = tuple(_after(where, each) for each in fields.pop("after", []))
    return Step(**_frozen(fields), do=done, after=after)


def _deed(where: str, text: Any) -> tuple[Action, str]:
    action, _, key = str(text).partition(" ")
    if action not in {each.value for each in Action}:
        raise CatalogueError(f"{where}: {action!r} is no action")
    if (key not in KEYS) != (action in _ALONE or (action == Action.submit_ds and not key)):
        raise CatalogueError(f"{where}: {text!r}: {key!r} is none of {', '.join(sorted(KEYS))}")
    return Action(action), key


def _after(where: str, data: Any) -> After:
    if not isinstance(data, dict) or set(data) != {"step", "wait"}:
        raise CatalogueError(f"{where}: after must be a list of {{step: ..., wait: ...}}, not {data!r}")
    if data["wait"] not in WAITS:
        raise CatalogueError(f"{where}: {data['wait']!r} is no wait: {', '.join(WAITS)}")
    return After(data["step"], data["wait"])


def _checked(where: str, data: Any, required: Mapping[str, type], optional: Mapping[str, type]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise CatalogueError(f"{where}: not a mapping of fields")
    if missing := sorted(required.keys() - data.keys()):
        raise CatalogueError(f"{where}: missing field {', '.join(missing)}")
    for name, value in data.items():
        kind = required.get(name, optional.get(name))
        if kind is None:
            raise CatalogueError(f"{where}: unknown field {name}")
        if not isinstance(value, kind) or (kind is not bool and not value):
            raise CatalogueError(f"{where}: {name} must be a {kind.__name__} that is not empty, not {value!r}")
    return dict(data)


def _frozen(fields: dict[str, Any]) -> dict[str, Any]:
    kept = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return {name: value.strip() if isinstance(value, str) else value for name, value in kept.items()}
