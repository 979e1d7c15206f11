"""The events of a plan file, one by one: times that may count from the event before, several actions at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zonelint.documents import fields
from zonelint.documents.fields import hint, quoted, refuse
from zonelint.documents.nodes import Fault, Node, Scalar
from zonelint.findings import Place
from zonelint.rollover.model import Action, Event, Wait

EVENT_LIMIT = 2000
"""Events of one plan; ten rollovers over ten years have fewer."""

SIGNING = frozenset({Action.sign_zone, Action.sign_dnskey, Action.refresh})
"""Actions whose value is the expiration of the signatures they make."""

CHAINS = frozenset({Action.add_chain, Action.remove_chain})
CLASSES = frozenset({Action.set_ttl, Action.refresh})
"""Actions on an RRset class rather than on a key."""

_SHARED = (
    "at", "step", "title", "instruction", "lag", "inception", "not_before", "not_after", "not_after_reason", "wait",
    "equation", "refs",
)  # fmt: skip
_KNOWN = (*_SHARED, "do", "action", "key", "value")
_WAIT = ("symbol", "seconds", "limited_by", "protects")
_PROTECTS = ("lenient", "strict-ds", "strict-dnskey", "")

Fields = dict[str, tuple[Scalar, Node]]


@dataclass(slots=True)
class _Deed:
    """One action of an event with its words, each with its place."""

    action: Action
    key: str
    value: Node | None
    key_node: Node
    span: tuple[int, int]


def read_events(
    node: Node, file: str, keys: frozenset[str], classes: frozenset[str], faults: list[Fault]
) -> list[Event]:
    """Read the events; `classes` are the names of RRset classes, `ds` and `dnskey` included. Raises `Fault`."""
    nodes = fields.items(node)
    if len(nodes) > EVENT_LIMIT:
        refuse(node, f"{len(nodes)} events are more than {EVENT_LIMIT}")
    reading = _Events(file, keys, classes, faults)
    for each in nodes:
        fields.read(each, reading.add, None, faults)
    return reading.events


def is_chain(name: str) -> bool:
    """Tell whether this is the name of a denial chain: `nsec`, `nsec3`, or `nsec3:NAME` for one of several."""
    return name in ("nsec", "nsec3") or (name.startswith("nsec3:") and len(name) > 6)


class _Events:
    def __init__(self, file: str, keys: frozenset[str], classes: frozenset[str], faults: list[Fault]) -> None:
        self._file, self._keys, self._classes, self._faults = file, keys, classes, faults
        self._before: int | None = None
        self.events: list[Event] = []

    def add(self, node: Node) -> None:
        """Read one entry of the list, which may hold several actions; raises `Fault`."""
        found = fields.mapping(node, "an event")
        found = {name.replace("-", "_"): value for name, value in found.items()}
        self._faults += fields.unknown(found, _KNOWN, "an event")
        if "at" not in found:
            refuse(_first(node, found), "an event has no time (at)")
        at = fields.moment(found["at"][1], self._before)
        if self._before is not None and at < self._before:
            refuse(found["at"][1], "this event is earlier than the one before it")
        self._before = at
        shared = _Shared(found, at, self._faults)
        for deed in self._deeds(node, found):
            value = self._value(deed, at)
            self.events.append(shared.event(deed, value, Place(self._file, *deed.span)))

    def _deeds(self, node: Node, found: Fields) -> list[_Deed]:
        if "do" in found:
            if "action" in found or "key" in found or "value" in found:
                refuse(found["do"][0], "an event has either do or action, key and value")
            return [self._checked(_words(each)) for each in fields.items(found["do"][1])]
        if "action" not in found:
            refuse(_first(node, found), "an event says nothing to do (do, or action and key)")
        place = found["action"][1]
        key = found["key"][1] if "key" in found and not fields.is_null(found["key"][1]) else None
        value = found["value"][1] if "value" in found and not fields.is_null(found["value"][1]) else None
        end = key.end if key is not None and place.end <= key.start <= place.end + 80 else place.end
        return [self._checked(_Deed(
            _action(place), "" if key is None else fields.text(key), value, key or place, (place.start, end)
        ))]  # fmt: skip

    def _checked(self, deed: _Deed) -> _Deed:
        """Refuse an action on something that is not there."""
        action, key = deed.action, deed.key
        if action in CHAINS:
            if not is_chain(key):
                refuse(deed.key_node, f"{action} takes a chain, nsec or nsec3 or nsec3:NAME, not {quoted(key)}")
        elif action in CLASSES:
            known = self._classes if action == Action.set_ttl else self._classes - {"ds"}
            if key not in known:
                refuse(deed.key_node, f"{action} takes an RRset class, not {quoted(key)}{hint(key, sorted(known))}")
        elif action == Action.check or (action == Action.submit_ds and not key):
            # to submit no DS is to ask the parent to remove what it has
            pass
        elif not key:
            refuse(deed.key_node, f"{action} names no key")
        elif key not in self._keys:
            refuse(deed.key_node, f"key {quoted(key)} is not declared in keys{hint(key, sorted(self._keys))}")
        return deed

    def _value(self, deed: _Deed, at: int) -> int | None:
        if deed.action == Action.set_ttl:
            if deed.value is None:
                refuse(deed.key_node, f"set-ttl {deed.key} has no new TTL")
            return fields.seconds(deed.value, "a TTL")
        if deed.value is None:
            return None
        if deed.action not in SIGNING:
            refuse(deed.value, f"{deed.action} takes no value")
        expires = fields.moment(deed.value, at)
        if expires <= at:
            refuse(deed.value, "the signatures would expire before they are made")
        return expires


class _Shared:
    """What the actions of one event have in common."""

    def __init__(self, found: Fields, at: int, faults: list[Fault]) -> None:
        self._found, self._at, self._faults = found, at, faults
        nodes = fields.items(found["refs"][1]) if "refs" in found else []
        self._event = Event(
            at=at,
            action=Action.check,
            lag=self._duration("lag"),
            inception=self._moment("inception"),
            not_before=self._moment("not_before"),
            not_after=self._moment("not_after"),
            not_after_reason=self._text("not_after_reason"),
            step=self._text("step"),
            title=self._text("title"),
            instruction=self._text("instruction"),
            wait=self._read_wait(),
            refs=tuple(fields.read(each, fields.text, "", faults) for each in nodes),
        )

    def event(self, deed: _Deed, value: int | None, place: Place) -> Event:
        return replace(self._event, action=deed.action, key=deed.key, value=value, place=place)

    def _given(self, name: str) -> Node | None:
        if name not in self._found or fields.is_null(self._found[name][1]):
            return None
        return self._found[name][1]

    def _duration(self, name: str) -> int | None:
        node = self._given(name)
        return None if node is None else fields.read(node, fields.seconds, 0, self._faults)

    def _moment(self, name: str) -> int | None:
        node = self._given(name)
        return None if node is None else fields.read(node, lambda n: fields.moment(n, self._at), 0, self._faults)

    def _text(self, name: str) -> str:
        node = self._given(name)
        return "" if node is None else fields.read(node, fields.text, "", self._faults)

    def _read_wait(self) -> Wait | None:
        node = self._given("wait")
        if node is None:
            return None
        found = fields.mapping(node, "wait")
        self._faults += fields.unknown(found, _WAIT, "wait")
        texts = {name: fields.text(found[name][1]) if name in found else "" for name in ("symbol", "limited_by")}
        seconds = fields.seconds(found["seconds"][1], "a wait") if "seconds" in found else 0
        protects = fields.text(found["protects"][1]) if "protects" in found else "lenient"
        if protects not in _PROTECTS:
            refuse(found["protects"][1], f"{quoted(protects)} is no class of validators{hint(protects, _PROTECTS[:3])}")
        return Wait(texts["symbol"], seconds, self._text("equation"), texts["limited_by"], protects)


def _first(node: Node, found: Fields) -> Node:
    """Give the first name of a mapping, a shorter span than the whole of it."""
    return next((place for place, _ in found.values()), node)


def _action(node: Node) -> Action:
    name = fields.text(node)
    try:
        return Action(name)
    except ValueError:
        refuse(node, f"unknown action {quoted(name)}{hint(name, [each.value for each in Action])}")


def _words(node: Node) -> _Deed:
    """Split `ACTION KEY VALUE`; the places of the words are right where the text is plain and without escapes."""
    words = fields.text(node).split()
    if not 1 <= len(words) <= 3:
        refuse(node, "an action is ACTION KEY, or ACTION KEY VALUE")
    places = [Scalar(node.start, node.end, word, True) for word in words]
    assert isinstance(node, Scalar)
    if node.plain and node.end - node.start == len(node.text):
        at = 0
        for place in places:
            at = node.text.index(place.text, at)
            place.start, place.end = node.start + at, node.start + at + len(place.text)
            at += len(place.text)
    action = _action(places[0])
    key = places[1] if len(words) > 1 else None
    value = places[2] if len(words) > 2 else None
    return _Deed(action, "" if key is None else key.text, value, key or places[0], (node.start, node.end))
