"""What may stand in a configuration file: the one description that reading it and its JSON Schema are made from."""

from __future__ import annotations

from functools import cache

from zonelint import profiles
from zonelint.configuration.kinds import (
    DURATION,
    FLAG,
    LAST_DAY,
    NAME,
    PART,
    PROSE,
    SHARE,
    TEXT,
    TOKEN,
    Kind,
    Schema,
    choice,
    described,
    listed,
    record,
    several,
)
from zonelint.configuration.patterns import PATTERN
from zonelint.configuration.rulenames import CHANGES, RULE_NAMES, SUPPRESSED, definitions
from zonelint.documents import fields
from zonelint.documents.fields import quoted, refuse
from zonelint.documents.nodes import Fault, Node
from zonelint.findings import Severity
from zonelint.source import rdtypes

THRESHOLDS = {"max-added": SHARE, "max-removed": PART, "max-changed": PART}
"""The thresholds for the change from the previous version; no more can be removed than there was."""

PATHS = ("keys", "parent-ds", "previous", "trust-anchors", "baseline")
"""Settings that name a file or folder, relative to that of the configuration file."""


LISTS = ("allow-include", "child")
"""Settings that name several."""


def _rdtype(node: Node, faults: list[Fault]) -> str:
    word = TEXT.read(node, faults)
    number = rdtypes.type_number(word) if len(word) < 30 else None
    if number is None:
        refuse(node, f"unknown type {quoted(word)}{fields.hint(word, rdtypes.TYPES)}")
    return rdtypes.type_name(number)


_TYPE = Kind(_rdtype, lambda: {"type": "string", "minLength": 1, "maxLength": 30})

_ABOUT: dict[str, tuple[Kind, str]] = {
    "profile": (choice(profiles.names), "Judge as a profile does."),
    "fail-on": (choice(lambda: reversed(Severity.__members__)), "End with status 1 from this severity on."),
    "horizon": (DURATION, "Warn of signatures that expire within it."),
    "rules": (CHANGES, "Severities and options of rules; the more specific name holds."),
    "select": (several(RULE_NAMES), "Run only these rules."),
    "ignore": (several(RULE_NAMES), "Leave these rules out."),
    "keys": (TEXT, "The folder of the key files; {zone} stands for the zone."),
    "parent-ds": (TEXT, "A file with the DS records at the parent, or none; {zone} stands for the zone."),
    "previous": (TEXT, "The version that is published now, a file or a folder; {zone} stands for the zone."),
    "since": (TEXT, "The git revision that is published now; auto finds it, none compares with nothing."),
    "require-previous": (FLAG, "A zone without a version before could not be judged."),
    "trust-anchors": (TEXT, "A file with the trust anchors of validators; {zone} stands for the zone."),
    "allow-include": (several(TEXT), "Also allow $INCLUDE from these folders."),
    "child": (several(TEXT), "Files and folders of zones that the zone delegates."),
    "propagation": (DURATION, "Until every secondary has a version."),
    "parent-propagation": (DURATION, "The same for the servers of the parent."),
    "ds-ttl": (DURATION, "The TTL of the DS records."),
    "thresholds": (
        record("thresholds", THRESHOLDS, some=True),
        "How many RRsets, or which share of those before, may differ from the previous version.",
    ),
}
SETTINGS: dict[str, Kind] = {name: described(*about) for name, about in _ABOUT.items()}
"""The settings that hold for all zones at the top of the file, and for some of them in an entry of `zones`."""

_FILES = described(several(PATTERN), "Zone files, relative to the folder of this file; {zone} stands for the origin.")
_ORIGIN = described(NAME, "The name of the zone.")
_ENTRY = record("an entry of zones", {"files": _FILES, "origin": _ORIGIN, **SETTINGS}, ("files",))
_ZONES = described(listed(_ENTRY), "What holds for some zone files; a later entry goes before an earlier one.")
_PLACEHOLDER = record("a placeholder", {"token": TOKEN, "as": choice(lambda: ("serial",))}, ("token", "as"))
_SUPPRESS = record(
    "an entry of suppress",
    {"rules": several(SUPPRESSED), "zone": NAME, "owner": NAME, "type": _TYPE, "until": LAST_DAY, "reason": PROSE},
    ("rules", "reason"),
)

FILE_ONLY = {
    "placeholders": described(listed(_PLACEHOLDER), "Words that stand for the serial of an SOA record."),
    "suppress": described(listed(_SUPPRESS), "Findings that are known and accepted."),
    "baseline": described(TEXT, "A file with the findings that are known."),
}
"""The settings that hold for all zones, and stand at the top of the file only."""

FILE = record("the configuration", {**SETTINGS, "zones": _ZONES, **FILE_ONLY})
"""The whole file."""


@cache
def schema() -> Schema:
    """Give the JSON Schema (draft 2020-12) of a configuration file."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "zonelint.yaml",
        "description": "The configuration of zonelint, version 1",
    }
    return {**head, **FILE.schema(), "$defs": definitions()}
