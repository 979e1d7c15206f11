"""Policies in our own YAML: the settings by their names here, for signers that no other reader knows.

It is a mapping of the names in `SETTINGS` to durations (`14d`, or seconds), of `name`, of `denial` (nsec or
nsec3) and of `keys`, a list of mappings: `role` (csk, ksk or zsk), `algorithm`, `lifetime`, `method`, `bits`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from zonelint.findings import Place
from zonelint.keys.policies.model import LARGEST, METHODS, SETTINGS, Denial, Policy, PolicyKey, Role, Setting
from zonelint.keys.policies.notes import Notes, quoted
from zonelint.keys.text import algorithm
from zonelint.times import BadTime, parse_duration

_TOP = ("name", "denial", "keys", *SETTINGS)
_KEY = ("role", "algorithm", "lifetime", "method", "bits")
_BOM = "\ufeff"
_DEPTH_LIMIT = 8
_NODE_LIMIT = 10000


@dataclass(slots=True)
class _Node:
    """A scalar (its text), a list (`items`) or a mapping (`pairs`), with its span in characters."""

    kind: str
    start: int
    end: int
    text: str = ""
    items: list[_Node] = field(default_factory=list)
    pairs: list[tuple[_Node, _Node]] = field(default_factory=list)


class _Refused(Exception):
    """A document that is not read: why, and the span in characters."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start, self.end = start, end


def read_own(text: str, notes: Notes) -> list[Policy]:
    """Read the one policy of such a file. Never raises; nothing has a default but the lifetime, unlimited."""
    reader = _Reader(text.removeprefix(_BOM), notes, len(_BOM.encode()) if text.startswith(_BOM) else 0)
    try:
        policy = reader.policy(_tree(reader.text))
    except _Refused as fault:
        reader.fault(str(fault), fault.start, fault.end)
        return []
    return [policy] if policy else []


def _tree(text: str) -> _Node:
    """Build the tree of the only document; raises `_Refused` also for anchors and for depth."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _build(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
        at = min(mark.index, len(text)) if mark else 0
        raise _Refused(f"YAML: {getattr(fault, 'problem', None) or 'not readable'}", at, at + 1) from None


def _build(events: Iterator[Any]) -> _Node:
    """Build a tree from events: recursion over a composed document could be made to overflow the stack."""
    import yaml

    root: _Node | None = None
    # a list being filled, or a mapping with the key that waits for its value
    stack: list[tuple[_Node, list[_Node]]] = []
    count = 0
    for event in events:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.DocumentStartEvent) and root:
            raise _Refused("a second document: one policy to a file", start, end)
        if getattr(event, "anchor", None) is not None:
            raise _Refused("anchors and aliases are not read", start, end)
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            node, waiting = stack.pop()
            node.end = end
            if waiting:
                raise _Refused("key without a value", waiting[0].start, waiting[0].end)
            continue
        kind = {yaml.ScalarEvent: "scalar", yaml.SequenceStartEvent: "list", yaml.MappingStartEvent: "mapping"}.get(
            type(event)
        )
        if kind is None:
            continue
        count += 1
        if len(stack) == _DEPTH_LIMIT or count > _NODE_LIMIT:
            raise _Refused("more levels or entries than a policy has", start, end)
        node = _Node(kind, start, end, getattr(event, "value", ""))
        if not stack:
            root = node
        else:
            _add(*stack[-1], node)
        if kind != "scalar":
            stack.append((node, []))
    if root is None:
        raise _Refused("file is empty", 0, 0)
    return root


def _add(parent: _Node, waiting: list[_Node], node: _Node) -> None:
    """Put a node into the list or mapping it belongs to."""
    if parent.kind == "list":
        parent.items.append(node)
    elif waiting:
        parent.pairs.append((waiting.pop(), node))
    else:
        waiting.append(node)


class _Reader:
    def __init__(self, text: str, notes: Notes, shift: int) -> None:
        self.text, self.notes, self.shift = text, notes, shift

    def place(self, start: int, end: int) -> Place:
        """Give the place of a span in characters, which Place counts in octets."""
        first = self.shift + len(self.text[:start].encode())
        return self.notes.place(first, first + len(self.text[start:end].encode()))

    def fault(self, message: str, start: int, end: int) -> None:
        self.notes.fault_at(message, self.place(start, end))

    def fields(self, node: _Node, known: tuple[str, ...], what: str) -> dict[str, _Node]:
        """Give the fields of a mapping by name; notes those that are unknown, doubled or not named by text."""
        found: dict[str, _Node] = {}
        if node.kind != "mapping":
            self.fault(f"{what} is not a mapping of names to values", node.start, node.end)
            return found
        for key, value in node.pairs:
            if key.kind != "scalar" or key.text not in known:
                hint = _hint(key.text, known)
                self.fault(f"unknown key {quoted(key.text)} in {what}{hint}", key.start, key.end)
            elif key.text in found:
                self.fault(f"{key.text} is given twice", key.start, key.end)
            else:
                found[key.text] = value
        return found

    def policy(self, root: _Node) -> Policy | None:
        """Read the mapping of the policy; None where nothing in it belongs there."""
        found = self.fields(root, _TOP, "policy")
        if not found:
            if not self.notes.findings:
                self.fault("nothing in this policy", root.start, root.end)
            return None
        settings: dict[str, Setting] = {}
        for setting, node in found.items():
            value = self.duration(setting, node) if setting in SETTINGS else None
            if value is not None:
                settings[setting] = Setting(value, self.place(node.start, node.end))
        denial: Denial = "nsec"
        if "denial" in found:
            text = self.word("denial", found["denial"])
            if text == "nsec3":
                denial = "nsec3"
            elif text is not None and text != "nsec":
                self.fault(f"denial: {quoted(text)} is not nsec or nsec3", found["denial"].start, found["denial"].end)
        name = self.word("name", found["name"]) if "name" in found else None
        at = found.get("name", root)
        keys = self.keys(found["keys"]) if "keys" in found else ()
        path = self.notes.path
        shown = name or os.path.splitext(os.path.basename(path))[0]
        return Policy(shown, "zonelint", path, settings, keys, denial, self.place(at.start, at.end))

    def word(self, what: str, node: _Node) -> str | None:
        """Give the text of a scalar."""
        if node.kind != "scalar" or not node.text.strip():
            self.fault(f"{what} is not a word", node.start, node.end)
            return None
        return node.text.strip()

    def duration(self, what: str, node: _Node) -> int | None:
        """Read a duration, as text or as a number of seconds."""
        text = self.word(what, node)
        if text is None:
            return None
        try:
            seconds = parse_duration(text)
        except BadTime:
            fault = "not a duration such as 30d, 12h or 3600"
        else:
            if seconds <= LARGEST:
                return seconds
            fault = f"more than {LARGEST} seconds"
        self.fault(f"{what}: {quoted(text)} is {fault}", node.start, node.end)
        return None

    def keys(self, node: _Node) -> tuple[PolicyKey, ...]:
        """Read the list of keys."""
        if node.kind != "list":
            self.fault("keys is not a list", node.start, node.end)
            return ()
        return tuple(key for item in node.items if (key := self.key(item)))

    def key(self, node: _Node) -> PolicyKey | None:
        """Read one key."""
        found = self.fields(node, _KEY, "key")
        if node.kind != "mapping":
            return None
        if missing := [name for name in ("role", "algorithm") if name not in found]:
            self.fault(f"key without {' and '.join(missing)}", node.start, node.end)
            return None
        role = self.role(found["role"])
        text = self.word("algorithm", found["algorithm"])
        number = algorithm(text.encode()) if text else None
        if text and number is None:
            at = found["algorithm"]
            self.fault(f"{quoted(text)} is no algorithm", at.start, at.end)
        life, life_at = self.lifetime(found.get("lifetime"))
        bits = self.bits(found["bits"]) if "bits" in found else None
        if role is None or number is None or life is None:
            return None
        method = self.method(found["method"], role) if "method" in found else METHODS[role][0]
        return PolicyKey(role, number, life or None, method, bits, self.place(node.start, node.end), life_at)

    def bits(self, node: _Node) -> int | None:
        """Read the length of a key."""
        text = self.word("bits", node)
        if text is None:
            return None
        if text.isascii() and text.isdigit() and len(text) <= 5:
            return int(text)
        self.fault(f"bits: {quoted(text)} is not the length of a key", node.start, node.end)
        return None

    def role(self, node: _Node) -> Role | None:
        """Read csk, ksk or zsk."""
        text = self.word("role", node)
        for role in METHODS:
            if role == text:
                return role
        if text:
            self.fault(f"role: {quoted(text)} is not csk, ksk or zsk", node.start, node.end)
        return None

    def method(self, node: _Node, role: Role) -> str | None:
        """Read how the key is rolled."""
        text = self.word("method", node)
        if text and text not in METHODS[role]:
            ways = ", ".join(METHODS[role])
            self.fault(f"method: {quoted(text)} is no way to roll a {role}; there are {ways}", node.start, node.end)
            return None
        return text

    def lifetime(self, node: _Node | None) -> tuple[int | None, Place | None]:
        """Read a lifetime in seconds, 0 for unlimited and None for a bad one, and its place."""
        if node is None:
            return 0, None
        place = self.place(node.start, node.end)
        if node.kind == "scalar" and node.text.strip() == "unlimited":
            return 0, place
        return self.duration("lifetime", node), place


def _hint(key: str, known: tuple[str, ...]) -> str:
    """Suggest the key that was meant."""
    import difflib

    near = difflib.get_close_matches(key, known, n=1) if len(key) < 40 else []
    return f": did you mean {near[0]}?" if near else ""
