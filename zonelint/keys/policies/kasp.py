"""The policies of OpenDNSSEC's kasp.xml, by its own schema; a month has 31 days and a year 365.

Read with expat and no document type: entities, which could grow without end, are refused with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from zonelint.findings import Place
from zonelint.keys.policies.durations import iso_duration
from zonelint.keys.policies.model import METHODS, RSA, Denial, Policy, PolicyKey, Role, Setting
from zonelint.keys.policies.notes import FAULT_LIMIT, POLICY_LIMIT, Notes, quoted

DURATIONS = {
    "Signatures/Resign": "resign-interval",
    "Signatures/Refresh": "signature-refresh",
    "Signatures/Validity/Default": "signature-validity",
    "Signatures/Validity/Keyset": "signature-validity-dnskey",
    "Signatures/Jitter": "signature-jitter",
    "Signatures/InceptionOffset": "inception-offset",
    "Signatures/MaxZoneTTL": "max-zone-ttl",
    "Keys/TTL": "dnskey-ttl",
    "Keys/RetireSafety": "retire-safety",
    "Keys/PublishSafety": "publish-safety",
    "Keys/Purge": "purge-keys",
    "Zone/PropagationDelay": "zone-propagation",
    "Zone/SOA/TTL": "soa-ttl",
    "Zone/SOA/Minimum": "soa-minimum",
    "Parent/PropagationDelay": "parent-propagation",
    "Parent/DS/TTL": "ds-ttl",
    "Parent/SOA/Minimum": "parent-soa-minimum",
    "Parent/RegistrationDelay": "registration",
}
"""The elements that hold a time, below `Policy`, and what this package calls them."""

DEFAULTS = {"max-zone-ttl": 86400, "registration": 0}
"""What OpenDNSSEC takes for elements that may be left out, in seconds; a Keyset validity is that of Default."""

ROLL_TYPES = {
    "KskDoubleSignature": "double-ksk",
    "KskDoubleDS": "double-ds",
    "KskDoubleRRset": "double-rrset",
    "ZskPrePublication": "pre-publication",
    "ZskDoubleSignature": "double-signature",
    "ZskDoubleRRsig": "double-rrsig",
    "CskPrePublication": "pre-publication",
    "CskDoubleSignature": "double-signature",
    "CskDoubleDS": "double-ds",
    "CskDoubleRRset": "double-rrset",
    "CskSingleSignature": "single-signature",
}
"""The values of `KskRollType`, `ZskRollType` and `CskRollType`, and what this package calls them."""

DEPTH_LIMIT = 32
"""Levels of elements after which a file is given up; a real one has 7."""

_ROLES: dict[str, Role] = {"KSK": "ksk", "ZSK": "zsk", "CSK": "csk"}
_OTHER_TIMES = frozenset(("Signatures/Validity/Denial", "Denial/NSEC3/TTL", "Denial/NSEC3/Resalt", "Parent/SOA/TTL"))
_GROUPS = (
    "Signatures Signatures/Validity Denial Denial/NSEC Denial/NSEC3 Denial/NSEC3/OptOut Denial/NSEC3/Hash"
    " Denial/NSEC3/Hash/Algorithm Denial/NSEC3/Hash/Iterations Denial/NSEC3/Hash/Salt Keys Keys/ShareKeys Zone Zone/SOA"
    " Zone/SOA/Serial Parent Parent/DS Parent/SOA Description Passthrough Audit Audit/Partial"
).split()
_KEY_PARTS = "Algorithm Lifetime Repository Standby ManualRollover RFC5011".split()
_KNOWN = frozenset(
    (
        *DURATIONS,
        *_OTHER_TIMES,
        *_GROUPS,
        *(f"Keys/{kind}" for kind in _ROLES),
        *(f"Keys/{kind}/{part}" for kind in _ROLES for part in (*_KEY_PARTS, f"{kind.title()}RollType")),
    )
)
_OPTIONAL = frozenset(("Signatures/MaxZoneTTL", "Signatures/Validity/Keyset", "Keys/Purge", "Parent/RegistrationDelay"))
_REQUIRED = (
    *"Signatures Signatures/Validity Signatures/Validity/Denial Denial Keys Zone Zone/SOA Zone/SOA/Serial".split(),
    *"Parent Parent/DS Parent/SOA Parent/SOA/TTL".split(),
    *(path for path in DURATIONS if path not in _OPTIONAL),
)


@dataclass(slots=True)
class _Element:
    """An element: its path below Policy, its attributes, the span of its tag and of its text."""

    path: str
    attributes: dict[str, str]
    start: int
    end: int
    children: list[_Element] = field(default_factory=list)
    text: str = ""
    text_start: int = 0
    text_end: int = 0
    parts: list[str] = field(default_factory=list)

    def find(self, path: str) -> _Element | None:
        """Give the first element at a path below this one."""
        here: _Element | None = self
        for name in path.split("/"):
            here = next((child for child in here.children if child.path.endswith(f"/{name}")), None) if here else None
        return here

    def span(self) -> tuple[int, int]:
        """Give the span of the text without blanks around it, that of the tag where there is none."""
        if not self.text.strip():
            return self.start, self.end
        lead = len(self.text) - len(self.text.lstrip())
        trail = len(self.text) - len(self.text.rstrip())
        return self.text_start + lead, self.text_end - trail


class _Refused(Exception):
    """A document that is not read further: why, and where."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def read_kasp(text: bytes, notes: Notes) -> list[Policy]:
    """Read the policies of a kasp.xml. Never raises."""
    tree = _Tree(text)
    try:
        root = tree.parse()
    except _Refused as fault:
        notes.fault(str(fault), max(fault.at, 0), max(fault.at, 0) + 1)
        return []
    except expat.ExpatError as fault:
        at = min(max(tree.parser.ErrorByteIndex, 0), len(text))
        notes.fault(f"XML: {expat.errors.messages[fault.code]}", at, at + 1)
        return []
    except (LookupError, ValueError) as fault:
        # an encoding that is declared and does not exist
        notes.fault(f"XML: {fault}", 0, text.find(b"\n") if b"\n" in text else len(text))
        return []
    policies: dict[str, Policy] = {}
    for element in root.children:
        if len(policies) > POLICY_LIMIT:
            notes.fault("too many policies: the others are not read", element.start, element.end)
        if len(policies) > POLICY_LIMIT or len(notes.findings) > FAULT_LIMIT:
            break
        if not element.path.endswith("/Policy"):
            notes.fault(f"unknown element {quoted(element.path.rpartition('/')[2])}", element.start, element.end)
            continue
        policy = _Reader(notes, element).read()
        if policy.name in policies:
            notes.fault(f"policy {quoted(policy.name)} is defined twice", element.start, element.end)
        elif policy.name:
            policies[policy.name] = policy
    if not root.children:
        notes.fault("no Policy in this file", root.start, root.end)
    return list(policies.values())


class _Tree:
    """Builds the tree of elements, which are few; depth and document type are checked on the way."""

    def __init__(self, text: bytes) -> None:
        self.bytes = text
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = False
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
        # expat tells where the declaration ends
        at = self.bytes.rfind(b"<!DOCTYPE", 0, self._at() + 1)
        raise _Refused("document type declarations are not read: entities could grow without end", at)

    def _at(self) -> int:
        return self.parser.CurrentByteIndex

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        start = self._at()
        if not self.stack and name != "KASP":
            raise _Refused(f"root element is {quoted(name)}, not KASP", start)
        if len(self.stack) == DEPTH_LIMIT:
            raise _Refused(f"more than {DEPTH_LIMIT} elements within each other", start)
        end = self.bytes.find(b">", start) + 1 or len(self.bytes)
        path = f"{self.stack[-1].path}/{name}" if self.stack else name
        element = _Element(path, attributes, start, end)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)

    def _close(self, _: str) -> None:
        element = self.stack.pop()
        # one long text comes in as many parts as it has lines
        element.text, element.parts = "".join(element.parts), []

    def _text(self, text: str) -> None:
        element = self.stack[-1]
        if not element.parts:
            if text.isspace():
                return
            element.text_start = self._at()
        element.parts.append(text)
        element.text_end = self._at() + len(text.encode())


class _Reader:
    """The elements of one policy."""

    def __init__(self, notes: Notes, element: _Element) -> None:
        self.notes, self.element = notes, element
        self.name = element.attributes.get("name", "").strip()
        self.passes = element.find("Passthrough") is not None

    def fault(self, message: str, element: _Element) -> None:
        self.notes.fault(message, *element.span())

    def read(self) -> Policy:
        """Read the policy; what is missing or faulty is left out."""
        self.notes.taken_months()
        if not self.name:
            self.notes.fault("Policy has no name", self.element.start, self.element.end)
        self.look_for_strangers()
        if not self.passes:
            self.look_for_gaps()
        settings = {name: Setting(value, None) for name, value in DEFAULTS.items()}
        for path, name in DURATIONS.items():
            found = self.element.find(path)
            value = self.duration(found, path) if found else None
            if found and value is not None:
                settings[name] = Setting(value, self.place(found))
        for path in sorted(_OTHER_TIMES):
            found = self.element.find(path)
            if found:
                self.duration(found, path)
        keyset, default = settings.get("signature-validity-dnskey"), settings.get("signature-validity")
        if default and not (keyset and keyset.value):
            settings["signature-validity-dnskey"] = Setting(default.value, None)
        denial, iterations = self.denial()
        keys = tuple(key for element in self.keys() if (key := self.key(element)))
        place = self.notes.place(self.element.start, self.element.end)
        months = self.notes.taken_months()
        path = self.notes.path
        return Policy(self.name, "opendnssec", path, settings, keys, denial, place, iterations, months)

    def place(self, element: _Element) -> Place:
        """Give the place of the text of an element."""
        return self.notes.place(*element.span())

    def look_for_gaps(self) -> None:
        """Note elements that must be there, not those within another that is missing."""
        for path in _REQUIRED:
            around, name = path.rpartition("/")[::2]
            at = self.element.find(around) if around else self.element
            if at and not self.element.find(path):
                self.notes.fault(f"{name} is missing in {around or 'Policy'}", at.start, at.end)

    def look_for_strangers(self) -> None:
        """Note elements that the schema does not have, and elements that are there twice."""
        below = len(self.element.path) + 1
        waiting = [self.element]
        for element in waiting:
            path = element.path[below:]
            if path and path not in _KNOWN:
                self.notes.fault(f"unknown element {quoted(path)}", element.start, element.end)
                continue
            names = set[str]()
            for child in element.children:
                if child.path in names and child.path[below:] not in ("Keys/KSK", "Keys/ZSK", "Keys/CSK"):
                    self.notes.fault(f"{child.path[below:]} is given twice", child.start, child.end)
                names.add(child.path)
            waiting.extend(element.children)

    def duration(self, element: _Element, path: str) -> int | None:
        """Read a time in seconds."""
        return self.notes.duration(iso_duration, path, element.text.strip(), *element.span())

    def number(self, element: _Element | None, text: str, what: str, limit: int) -> int | None:
        """Read a number from 0 to `limit`."""
        text = text.strip()
        if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= limit:
            return int(text)
        if element:
            self.fault(f"{what}: {quoted(text)} is not a number from 0 to {limit}", element)
        return None

    def denial(self) -> tuple[Denial, Setting | None]:
        """Read NSEC or NSEC3, and the iterations of the latter."""
        if not self.element.find("Denial/NSEC3"):
            at = self.element.find("Denial")
            if at and not self.element.find("Denial/NSEC"):
                self.notes.fault("Denial holds neither NSEC nor NSEC3", at.start, at.end)
            return "nsec", None
        found = self.element.find("Denial/NSEC3/Hash/Iterations")
        value = self.number(found, found.text, "Iterations", 65535) if found else None
        return "nsec3", Setting(value, self.place(found)) if found and value is not None else None

    def keys(self) -> list[_Element]:
        """Give the elements of keys in the order of the file."""
        group = self.element.find("Keys")
        return [child for child in group.children if child.path.rpartition("/")[2] in _ROLES] if group else []

    def key(self, element: _Element) -> PolicyKey | None:
        """Read a key; a lifetime of nothing, or a rollover by hand, is unlimited."""
        kind = element.path.rpartition("/")[2]
        role = _ROLES[kind]
        found, life = element.find("Algorithm"), element.find("Lifetime")
        for name, part in (("Algorithm", found), ("Lifetime", life), ("Repository", element.find("Repository"))):
            if part is None:
                self.notes.fault(f"{name} is missing in {kind}", element.start, element.end)
        if not found or not life:
            return None
        algorithm = self.number(found, found.text, "Algorithm", 255)
        length = found.attributes.get("length")
        bits = None if length is None else self.number(found, length, "length", 65535)
        lifetime = self.duration(life, f"Keys/{kind}/Lifetime")
        method = self.method(element, kind, role)
        if algorithm is None or lifetime is None:
            return None
        if element.find("ManualRollover"):
            lifetime = 0
        place = self.notes.place(element.start, element.end)
        rsa = bits if algorithm in RSA else None
        return PolicyKey(role, algorithm, lifetime or None, method, rsa, place, self.place(life))

    def method(self, element: _Element, kind: str, role: Role) -> str | None:
        """Read how the key is rolled."""
        found = element.find(f"{kind.title()}RollType")
        if not found:
            return METHODS[role][0]
        text = found.text.strip()
        if text not in ROLL_TYPES or not text.startswith(kind.title()):
            self.fault(f"{quoted(text)} is no way to roll a {kind}", found)
            return None
        return ROLL_TYPES[text]
