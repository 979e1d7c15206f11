"""The `policy` section of a knot.conf (Knot DNS 3), with the defaults that do not depend on the zone.

Knot's grammar looks like YAML and is simpler: a section in column 1, items that begin with `- id:`, one
option to a line. Texts come decoded as Latin-1, so that an index is an offset in octets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from zonelint.keys.policies.durations import knot_duration
from zonelint.keys.policies.model import METHODS, RSA, Denial, Policy, PolicyKey, Setting
from zonelint.keys.policies.notes import POLICY_LIMIT, Notes, quoted

DURATIONS = {
    "dnskey-ttl": "dnskey-ttl",
    "zone-max-ttl": "max-zone-ttl",
    "propagation-delay": "zone-propagation",
    "rrsig-lifetime": "signature-validity",
    "rrsig-refresh": "signature-refresh",
    "delete-delay": "purge-keys",
}
"""The options that hold a time, and what this package calls them; lifetimes of keys aside."""

DEFAULTS = {
    "zone-propagation": 3600,
    "signature-validity": 14 * 86400,
    # not an option: signatures begin 90 minutes before they are made
    "inception-offset": 90 * 60,
    "purge-keys": 0,
}
"""What Knot takes where an option is not given, in seconds; TTLs it learns from the zone."""

ZSK_LIFETIME = 30 * 86400
"""The lifetime of a ZSK where none is given, in seconds; that of a KSK is unlimited."""

ALGORITHMS = {
    "rsasha1": 5,
    "rsasha1-nsec3-sha1": 7,
    "rsasha256": 8,
    "rsasha512": 10,
    "ecdsap256sha256": 13,
    "ecdsap384sha384": 14,
    "ed25519": 15,
    "ed448": 16,
}
"""The names Knot knows algorithms by."""

SECTIONS = frozenset(
    "module server xdp control log statistics database keystore key remote remotes acl submission dnskey-sync policy"
    " external template zone include clear".split()
)
"""What may stand in column 1 of a knot.conf, besides the sections of modules."""

_PRE_REFRESH = 3600
_RSA_BITS = 2048
_MORE_TIMES = frozenset(("ksk-lifetime", "zsk-lifetime", "rrsig-pre-refresh", "nsec3-salt-lifetime"))
_FLAGS = frozenset(
    ("manual", "single-type-signing", "ksk-shared", "reproducible-signing", "nsec3", "nsec3-opt-out", "offline-ksk")
)
_SIZES = frozenset(("ksk-size", "zsk-size"))
_OTHERS = frozenset(
    "algorithm keystore keytag-modulo nsec3-iterations nsec3-salt-length signing-threads ksk-submission ds-push"
    " cds-cdnskey-publish cds-digest-type dnskey-management unsafe-operation dnskey-sync comment".split()
)
_OPTIONS = frozenset((*DURATIONS, *_MORE_TIMES, *_FLAGS, *_SIZES, *_OTHERS))
_BOOLEANS = {"on": True, "true": True, "off": False, "false": False}
_KEY = re.compile(r"([ \t]*)(?:(-)([ \t]+))?([A-Za-z][\w-]*)[ \t]*:[ \t]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class _Option(NamedTuple):
    """One `key: value` line: key and value with their spans; `begins` after a dash, `tabbed` behind a tab."""

    key: str
    start: int
    end: int
    begins: bool
    tabbed: bool
    value: str
    value_start: int
    value_end: int


@dataclass(slots=True)
class _Item:
    """One item of a section: its options by name, the identifier among them."""

    options: dict[str, _Option] = field(default_factory=dict)


def read_knot(text: str, notes: Notes) -> list[Policy]:
    """Read the policies of a knot.conf. Never raises; other sections than `policy` and `submission` are not read."""
    reader = _Reader(text, notes)
    reader.read()
    policies: dict[str, Policy] = {}
    for item in reader.items["policy"]:
        name = item.options["id"]
        if name.value in policies:
            notes.fault(f"policy {_shown(name.value)} is defined twice", name.value_start, name.value_end)
        else:
            policies[name.value] = _Policy(notes, item, reader).read()
    if not reader.items["policy"] and not notes.findings:
        if reader.include:
            message = "no policy section here, and include is not followed: give that file itself"
            notes.fault(message, reader.include.start, reader.include.end)
        else:
            notes.fault("no policy section in this file", 0, 0)
    return list(policies.values())


def _shown(text: str) -> str:
    return quoted(text.encode("latin-1").decode("utf-8", "replace"))


@dataclass(slots=True)
class _Reader:
    """Splits the file into sections and items."""

    text: str
    notes: Notes
    items: dict[str, list[_Item]] = field(default_factory=lambda: {"policy": [], "submission": []})
    include: _Option | None = None
    full: set[str] = field(default_factory=set)

    def read(self) -> None:
        """Go through the lines."""
        section, broken = "", False
        item: _Item | None = None
        for start, line in _lines(self.text):
            option = _option(line, start)
            if line[0] not in " \t-":
                section, item, broken = self.section(option, start, line), None, False
            elif section not in self.items or (broken and not (option and option.begins)):
                # the other lines of an item would only repeat its fault
                continue
            elif option is None:
                self.notes.fault(f"not an option and its value in section {section}", *_trim(line, start))
                broken = True
            elif option.tabbed:
                self.notes.fault("tab in the indentation: Knot takes only blanks", start, option.start)
                broken = True
            elif option.begins:
                item = self.begin(section, option)
                broken = item is None
            elif item is None:
                self.notes.fault(f"section {section} must begin with '- id:'", option.start, option.end)
                broken = True
            elif option.key in item.options:
                self.notes.fault(f"{option.key} is given twice", option.start, option.end)
            else:
                item.options[option.key] = option

    def section(self, option: _Option | None, start: int, line: str) -> str:
        """Give the name of the section that a line begins, empty where it is none."""
        if option is None:
            self.notes.fault("not the name of a section and a colon", *_trim(line, start))
            return ""
        name = option.key
        if name == "include":
            self.include = self.include or option
        elif name not in SECTIONS and not name.startswith("mod-"):
            self.notes.fault(f"unknown section {_shown(name)}", option.start, option.end)
        elif name in self.items and option.value:
            self.notes.fault(f"section {name} takes its items on lines of their own", *_trim(line, start))
        return name

    def submissions(self) -> dict[str, _Item]:
        """Give the submissions by their names."""
        return {item.options["id"].value: item for item in self.items["submission"]}

    def begin(self, section: str, option: _Option) -> _Item | None:
        """Begin an item; notes one that has no identifier."""
        if option.key != "id" or not option.value:
            self.notes.fault(f"an item of section {section} must begin with 'id: NAME'", option.start, option.end)
            return None
        item = _Item({"id": option})
        if len(self.items[section]) > POLICY_LIMIT:
            if section not in self.full:
                message = f"too many items in section {section}: the others are not read"
                self.notes.fault(message, option.start, option.end)
            self.full.add(section)
            return None
        self.items[section].append(item)
        return item


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines that hold more than a comment, with their offsets."""
    at = 0
    for raw in text.split("\n"):
        line = raw.rstrip("\r")
        if line.strip() and not line.lstrip().startswith("#"):
            yield at, line
        at += len(raw) + 1


def _trim(line: str, start: int) -> tuple[int, int]:
    """Give the span of a line without the blanks around it."""
    return start + len(line) - len(line.lstrip()), start + len(line.rstrip())


def _option(line: str, start: int) -> _Option | None:
    """Read a line; None where it is no key, colon and at most one value, in quotes if it holds blanks."""
    match = _KEY.match(line)
    if not match:
        return None
    at = match.end()
    inner = _QUOTED.match(line, at)
    if inner:
        (first, last), at = inner.span(1), inner.end()
    else:
        stop = line.find("#", at)
        first = at
        last = at = len(line[: stop if stop >= 0 else len(line)].rstrip())
    value, rest = line[first:last], line[at:].lstrip()
    if (rest and not rest.startswith("#")) or (not inner and not value.startswith("[") and len(value.split()) > 1):
        return None
    if not inner and value.startswith(('"', "[")) and not value.endswith("]"):
        return None
    if last <= first:
        first, last, value = *match.span(4), ""
    tabbed = "\t" in match[1] or "\t" in (match[3] or "")
    begin, end = match.span(4)
    begins = match[2] is not None
    return _Option(match[4], start + begin, start + end, begins, tabbed, value, start + first, start + last)


class _Policy:
    """The options of one policy."""

    def __init__(self, notes: Notes, item: _Item, reader: _Reader) -> None:
        self.notes, self.options, self.reader = notes, item.options, reader
        self.flags: dict[str, bool] = {}

    def read(self) -> Policy:
        """Read the policy; a faulty option leaves the default."""
        self.notes.taken_months()
        for option in self.options.values():
            if option.key not in _OPTIONS and option.key != "id":
                self.notes.fault(f"unknown option {_shown(option.key)}{_hint(option.key)}", option.start, option.end)
        self.flags = {key: self.flag(key) for key in sorted(_FLAGS)}
        settings = {name: Setting(value, None) for name, value in DEFAULTS.items()}
        for key, name in DURATIONS.items():
            found = self.time(key)
            if found:
                settings[name] = found
        self.refresh(settings)
        # Knot signs the keys like everything else
        settings["signature-validity-dnskey"] = settings["signature-validity"]
        self.time("nsec3-salt-lifetime")
        self.submission(settings)
        named = self.options["id"]
        place = self.notes.place(named.value_start, named.value_end)
        shown = named.value.encode("latin-1").decode("utf-8", "replace")
        keys, iterations = self.keys(), self.number("nsec3-iterations", 65535)
        denial: Denial = "nsec3" if self.flags["nsec3"] else "nsec"
        months = self.notes.taken_months()
        return Policy(shown, "knot", self.notes.path, settings, keys, denial, place, iterations, months)

    def fault(self, message: str, option: _Option) -> None:
        self.notes.fault(f"{option.key}: {message}", option.value_start, option.value_end)

    def time(self, key: str) -> Setting | None:
        """Read an option that holds a time."""
        option = self.options.get(key)
        if not option:
            return None
        start, end = option.value_start, option.value_end
        seconds = self.notes.duration(knot_duration, key, option.value, start, end)
        if seconds == 0 and key in ("rrsig-lifetime", "rrsig-refresh"):
            self.fault("must be 1 or more", option)
            return None
        return None if seconds is None else Setting(seconds, self.notes.place(start, end))

    def refresh(self, settings: dict[str, Setting]) -> None:
        """Work out when signatures are refreshed; the default leans on the TTLs of the zone, where these are given."""
        lifetime, longest = settings["signature-validity"].value, settings.get("max-zone-ttl")
        if "signature-refresh" not in settings and longest:
            spread = lifetime // 10 + settings["zone-propagation"].value + longest.value
            settings["signature-refresh"] = Setting(spread, None)
        before, given = self.time("rrsig-pre-refresh"), self.options.get("rrsig-refresh")
        found = settings.get("signature-refresh")
        if given and found and found.place:
            early = before.value if before else _PRE_REFRESH
            if found.value < lifetime <= found.value + early:
                self.fault("with rrsig-pre-refresh it must be shorter than rrsig-lifetime", given)

    def flag(self, key: str) -> bool:
        """Read an option that is on or off; off where it is not given or bad."""
        option = self.options.get(key)
        if not option:
            return False
        value = _BOOLEANS.get(option.value.lower())
        if value is None:
            self.fault(f"{_shown(option.value)} is not on or off", option)
        return bool(value)

    def number(self, key: str, limit: int) -> Setting | None:
        """Read an option that is a number from 0 to `limit`."""
        option = self.options.get(key)
        if not option:
            return None
        text = option.value
        if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= limit):
            self.fault(f"{_shown(text)} is not a number from 0 to {limit}", option)
            return None
        return Setting(int(text), self.notes.place(option.value_start, option.value_end))

    def submission(self, settings: dict[str, Setting]) -> None:
        """Take the delay of the parent from the submission that the policy names."""
        option = self.options.get("ksk-submission")
        if not option:
            return
        item = self.reader.submissions().get(option.value)
        if item:
            delay = _Policy(self.notes, item, self.reader).time("parent-delay")
            settings["parent-propagation"] = delay or Setting(0, None)
        elif not self.reader.include:
            self.fault(f"submission {_shown(option.value)} is not defined", option)

    def algorithm(self) -> int | None:
        """Read the algorithm, None where Knot does not know it."""
        option = self.options.get("algorithm")
        if not option:
            return 13
        number = ALGORITHMS.get(option.value.lower())
        if number is None:
            self.fault(f"Knot knows no algorithm {_shown(option.value)}", option)
        return number

    def keys(self) -> tuple[PolicyKey, ...]:
        """Work out the keys: a CSK, or a KSK and a ZSK; with `manual` nothing is rolled."""
        ksk, zsk = self.time("ksk-lifetime"), self.time("zsk-lifetime")
        sizes = self.number("ksk-size", 65535), self.number("zsk-size", 65535)
        number = self.algorithm()
        if number is None:
            return ()
        if self.flags["manual"]:
            ksk, zsk = Setting(0, None), Setting(0, None)
        named = self.options.get("algorithm") or self.options["id"]
        place = self.notes.place(named.value_start, named.value_end)
        bits = [(size.value if size else 0) or _RSA_BITS if number in RSA else None for size in sizes]
        ksk_life = ksk.value if ksk else 0
        zsk_life = zsk.value if zsk else ZSK_LIFETIME
        ksk_at, zsk_at = ksk.place if ksk else None, zsk.place if zsk else None
        if self.flags["single-type-signing"]:
            return (PolicyKey("csk", number, ksk_life or None, METHODS["csk"][0], bits[0], place, ksk_at),)
        return (
            PolicyKey("ksk", number, ksk_life or None, METHODS["ksk"][0], bits[0], place, ksk_at),
            PolicyKey("zsk", number, zsk_life or None, METHODS["zsk"][0], bits[1], place, zsk_at),
        )


def _hint(option: str) -> str:
    """Suggest the option that was meant."""
    import difflib

    near = difflib.get_close_matches(option, sorted(_OPTIONS), n=1)
    return f": did you mean {near[0]}?" if near else ""
