"""JSON and YAML as a tree whose every part knows where it stands: for files that people write.

All scalars stay the text they are. YAML 1.1 would read `010` as eight, `1:30` as ninety, `on` as true and a date as a
time of its own making; what a text means is left to whoever knows the field. Aliases, anchors, merge keys and tags are
refused: no such file needs any, and they can blow a small file up.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

SIZE_LIMIT = 1 << 24
"""Octets of a file that is read; far more than people write."""

DEPTH_LIMIT = 24
"""Lists and mappings inside each other."""

_JSON = re.compile(r'\s*\{\s*(?:"|\}|\Z)')
_SPACE = re.compile(r"[ \t\r\n]*")
# possessive: an open quote must not be tried in every possible way
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\.)*+"')
_PLAIN = re.compile(r"[-+.\w]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")


@dataclass(slots=True)
class Node:
    """A part of a file: octets `start` to `end` (exclusive)."""

    start: int
    end: int


@dataclass(slots=True)
class Scalar(Node):
    """A single value as text; `plain` where it stands without quotes, so that it may be a number, true or null."""

    text: str
    plain: bool


@dataclass(slots=True)
class Items(Node):
    """A list."""

    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping(Node):
    """Names and values in the order of the file; a name may be there twice."""

    pairs: list[tuple[Node, Node]] = field(default_factory=list)


class Fault(Exception):
    """Something that cannot be read, and where: octets `start` to `end`."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


def parse(octets: bytes, what: str = "a plan") -> Node:
    """Read a JSON or YAML document; raises `Fault` for anything that is not one well-formed document.

    `what` names the kind of document in messages.
    """
    if len(octets) > SIZE_LIMIT:
        raise Fault(f"{len(octets)} octets are too many for {what}", 0, 0)
    bom = 3 if octets.startswith(b"\xef\xbb\xbf") else 0
    try:
        text = octets[bom:].decode()
    except UnicodeDecodeError as fault:
        raise Fault("not UTF-8 text", fault.start + bom, fault.end + bom) from None
    if not text.strip():
        raise Fault("the file is empty", 0, 0)
    offsets = _Offsets(text, bom)
    tree: _Builder = _Builder(offsets)
    if _JSON.match(text):
        _read_json(text, tree)
    else:
        _read_yaml(text, tree, what)
    if tree.root is None:
        raise Fault("the file is empty", 0, 0)
    return tree.root


class _Offsets:
    """Turns numbers of characters into octet offsets; the same but for characters outside ASCII."""

    def __init__(self, text: str, bom: int) -> None:
        self._bom = bom
        self._wide = [] if text.isascii() else [i for i, char in enumerate(text) if char > "\x7f"]
        self._extra = [0, *accumulate(len(text[i].encode()) - 1 for i in self._wide)]
        self.size = len(text)

    def __call__(self, index: int) -> int:
        index = max(0, min(index, self.size))
        return self._bom + index + self._extra[bisect_right(self._wide, index - 1)]


class _Builder:
    """Puts a tree together from its beginnings, ends and scalars; a stack, so that depth costs nothing."""

    def __init__(self, offsets: _Offsets) -> None:
        self.offset = offsets
        self.root: Node | None = None
        self._open: list[tuple[Items | Mapping, list[Node]]] = []

    def fault(self, message: str, start: int, end: int | None = None) -> Fault:
        """Make a fault from numbers of characters."""
        first = self.offset(start)
        return Fault(message, first, first if end is None else self.offset(end))

    def scalar(self, start: int, end: int, text: str, plain: bool) -> None:
        self._add(Scalar(self.offset(start), self.offset(end), text, plain))

    def begin(self, start: int, kind: type[Items] | type[Mapping]) -> None:
        if len(self._open) >= DEPTH_LIMIT:
            raise self.fault("lists and mappings are nested too deeply", start)
        at = self.offset(start)
        self._open.append((kind(at, at), []))

    def finish(self, end: int) -> None:
        node, parts = self._open.pop()
        node.end = max(self.offset(end), node.start)
        if isinstance(node, Items):
            node.items = parts
        else:
            node.pairs = list(zip(parts[::2], parts[1::2], strict=True))
        self._add(node)

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        else:
            self.root = node


# --- YAML --------------------------------------------------------------------------------------------------


def _read_yaml(text: str, tree: _Builder, what: str) -> None:
    import yaml

    documents = 0
    try:
        for event in _events(text):
            start, end = event.start_mark.index, event.end_mark.index
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise tree.fault(f"a second document begins here; {what} is one", start)
            elif isinstance(event, yaml.AliasEvent):
                raise tree.fault(f"aliases (*{event.anchor}) are not allowed here", start, end)
            elif isinstance(event, yaml.NodeEvent):
                _read_node(event, text, tree)
            elif isinstance(event, yaml.CollectionEndEvent):
                tree.finish(_trimmed(text, end))
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        words = " ".join(filter(None, (fault.problem, fault.context)))
        raise tree.fault(f"not valid YAML: {words}", mark.index if mark else 0) from None
    except yaml.YAMLError as fault:
        at = getattr(fault, "position", 0)
        reason = getattr(fault, "reason", "") or str(fault).split("\n")[0]
        raise tree.fault(f"not valid YAML: {reason}", at if isinstance(at, int) else 0) from None


def _events(text: str) -> Iterator[Any]:
    """Give the events of the parser, in C where there is one."""
    import yaml

    yield from yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _read_node(event: Any, text: str, tree: _Builder) -> None:
    import yaml

    start, end = event.start_mark.index, event.end_mark.index
    if event.anchor is not None:
        raise tree.fault(f"anchors (&{event.anchor}) are not allowed here", start, end)
    if event.tag is not None:
        raise tree.fault(f"tags ({event.tag}) are not allowed here", start, end)
    if isinstance(event, yaml.ScalarEvent):
        tree.scalar(start, max(_trimmed(text, end), start), event.value, not event.style)
    else:
        tree.begin(start, Mapping if isinstance(event, yaml.MappingStartEvent) else Items)


def _trimmed(text: str, end: int) -> int:
    """Take back the white space that the parser counts as part of a block."""
    while end and text[end - 1 : end].isspace():
        end -= 1
    return end


# --- JSON --------------------------------------------------------------------------------------------------


def _read_json(text: str, tree: _Builder) -> None:
    """Read JSON as RFC 8259 has it. YAML would do for most of it, but not for surrogate pairs and line separators."""
    at, closers = _skip(text, 0), list[str]()
    while True:
        at = _read_value(text, at, tree, closers)
        at = _skip(text, at)
        while closers and text[at : at + 1] == closers[-1]:
            tree.finish(at + 1)
            closers.pop()
            at = _skip(text, at + 1)
        if not closers:
            break
        if text[at : at + 1] != ",":
            raise _broken(text, at, f"expected , or {closers[-1]}", tree)
        at = _skip(text, at + 1)
        if closers[-1] == "}":
            at = _read_name(text, at, tree)
    if at < len(text):
        raise tree.fault("not valid JSON: something follows the end", at, len(text))


def _read_value(text: str, at: int, tree: _Builder, closers: list[str]) -> int:
    """Read a scalar or go into a list or object, down to its first value; gives where that ends."""
    while text[at : at + 1] in ("{", "["):
        opener = text[at]
        tree.begin(at, Mapping if opener == "{" else Items)
        closers.append("}" if opener == "{" else "]")
        inside = _skip(text, at + 1)
        if text[inside : inside + 1] == closers[-1]:
            return inside
        at = _read_name(text, inside, tree) if opener == "{" else inside
    if text[at : at + 1] == '"':
        return _read_string(text, at, tree)
    word = _PLAIN.match(text, at)
    if not word or not _NUMBER.fullmatch(word[0]):
        raise _broken(text, at, "expected a value", tree)
    tree.scalar(at, word.end(), word[0], True)
    return word.end()


def _read_name(text: str, at: int, tree: _Builder) -> int:
    if text[at : at + 1] != '"':
        raise _broken(text, at, "expected a name in quotes", tree)
    at = _skip(text, _read_string(text, at, tree))
    if text[at : at + 1] != ":":
        raise _broken(text, at, "expected :", tree)
    return _skip(text, at + 1)


def _read_string(text: str, at: int, tree: _Builder) -> int:
    found = _STRING.match(text, at)
    if not found:
        line = text.find("\n", at)
        raise tree.fault("not valid JSON: the quoted text does not end", at, len(text) if line < 0 else line)
    try:
        value = json.loads(found[0])
    except json.JSONDecodeError as fault:
        raise tree.fault(f"not valid JSON: {fault.msg.lower()}", at + fault.pos, found.end()) from None
    tree.scalar(at, found.end(), value, False)
    return found.end()


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _broken(text: str, at: int, expected: str, tree: _Builder) -> Fault:
    if at >= len(text):
        return tree.fault("not valid JSON: the file ends too early, it may be half written", at)
    return tree.fault(f"not valid JSON: {expected}", at, at + 1)
