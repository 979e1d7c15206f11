"""The trust anchors of the root as IANA publishes them: root-anchors.xml (RFC 9718 section 2.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from zonelint.dnssec.digests import ds_digest
from zonelint.keys.text import Word, line_end
from zonelint.names import wire_from_key
from zonelint.times import BadTime, parse_time

if TYPE_CHECKING:
    from zonelint.keys.anchors import _Reader

_DEPTH = 8
_FIELDS = ("KeyTag", "Algorithm", "DigestType", "Digest")


@dataclass(slots=True)
class _Element:
    """An element, the span of its tag, and its text with the offset where that begins."""

    name: str
    attributes: dict[str, str]
    start: int
    end: int
    children: list[_Element] = field(default_factory=list)
    text: str = ""
    text_start: int = 0

    def find(self, name: str) -> _Element | None:
        """Give the first child of a name."""
        return next((child for child in self.children if child.name == name), None)

    def word(self) -> Word:
        """Give the text without the blanks around it."""
        bare = self.text.strip()
        start = self.text_start + len(self.text) - len(self.text.lstrip()) if bare else self.start
        return Word(bare.encode("utf-8"), start, start + len(bare) if bare else self.end)


class _Refused(Exception):
    """A document that is not read further: why, and where."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = max(at, 0)


def read_xml(text: bytes, reader: _Reader) -> None:
    """Read the anchors of the wanted zone into `reader`. Never raises."""
    tree = _Tree(text)
    try:
        root = tree.parse()
    except _Refused as fault:
        reader.fault(str(fault), fault.at, fault.at + 1)
        return
    except expat.ExpatError as fault:
        at = min(max(tree.parser.ErrorByteIndex, 0), len(text))
        reader.fault(f"XML: {expat.errors.messages[fault.code]}", at, at + 1)
        return
    except (LookupError, ValueError) as fault:
        # an encoding that is declared and does not exist
        reader.fault(f"XML: {fault}", 0, line_end(text, 0))
        return
    zone = root.find("Zone")
    if zone is None or not zone.text.strip():
        reader.fault("TrustAnchor names no Zone", root.start, root.end)
        return
    word = zone.word()
    if not reader.is_mine(word.text, word.start, word.end):
        return
    for element in root.children:
        if element.name == "KeyDigest" and not reader.is_hopeless:
            _key_digest(element, reader)


def _key_digest(element: _Element, reader: _Reader) -> None:
    """Read one anchor; a public key beside the digest must be the one that was digested."""
    parts = [element.find(name) for name in _FIELDS]
    missing = [name for name, part in zip(_FIELDS, parts, strict=True) if part is None]
    if missing:
        reader.fault(f"{missing[0]} is missing in KeyDigest", element.start, element.end)
        return
    values = reader.ds([part.word() for part in parts if part], element.start, element.end)
    bounds = {name: _time(element, attribute, reader) for name, attribute in _BOUNDS.items()}
    public, flags = element.find("PublicKey"), element.find("Flags")
    if values and public and flags:
        method = Word(str(values["algorithm"]).encode(), 0, 0)
        key = reader.key([flags.word(), Word(b"3", 0, 0), method, public.word()], element.start, element.end)
        digest_type = values["digest_type"]
        if key and isinstance(key["rdata"], bytes) and isinstance(digest_type, int):
            digest = ds_digest(wire_from_key(reader.wanted), key["rdata"], digest_type)
            if digest not in (values["digest"], None) or key["tag"] != values["tag"]:
                reader.fault("the PublicKey is not the one that KeyTag and Digest stand for", *public.word()[1:])
                return
    reader.add(element.start, element.end, values, **bounds)


_BOUNDS = {"valid_from": "validFrom", "valid_until": "validUntil"}


def _time(element: _Element, name: str, reader: _Reader) -> int | None:
    text = element.attributes.get(name)
    if text is None:
        return None
    try:
        if not text[:1].isdigit():
            raise BadTime(f"{text[:40]!r} is not a time")
        return parse_time(text, 0)
    except BadTime as fault:
        reader.fault(f"{name}: {fault}", element.start, element.end)
        return None


class _Tree:
    """Builds the tree of elements; depth and document type are checked on the way."""

    def __init__(self, text: bytes) -> None:
        self.bytes = text
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        self.stack: list[_Element] = []
        self.root: _Element | None = None

    def parse(self) -> _Element:
        """Parse the document; raises `_Refused`, `expat.ExpatError` and, for its encoding, `LookupError`."""
        self.parser.Parse(self.bytes, True)
        assert self.root is not None
        return self.root

    def _doctype(self, *_: object) -> None:
        at = self.bytes.rfind(b"<!DOCTYPE", 0, self.parser.CurrentByteIndex + 1)
        raise _Refused("document type declarations are not read: entities could grow without end", at)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        start = self.parser.CurrentByteIndex
        if not self.stack and name != "TrustAnchor":
            raise _Refused(f"root element is {name[:40]!r}, not TrustAnchor", start)
        if len(self.stack) == _DEPTH:
            raise _Refused(f"more than {_DEPTH} elements within each other", start)
        element = _Element(name, attributes, start, self.bytes.find(b">", start) + 1 or len(self.bytes))
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)

    def _close(self, _: str) -> None:
        self.stack.pop()

    def _text(self, text: str) -> None:
        element = self.stack[-1]
        if not element.text:
            element.text_start = self.parser.CurrentByteIndex
        # a digest or key is some hundred octets; a document of one endless text must not take its square in time
        if len(element.text) < 1 << 16:
            element.text += text
