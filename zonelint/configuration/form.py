"""What may stand in a configuration file: the one description that reading it and its JSON Schema are made from."""

from __future__ import annotations

from functools import cache

from zonelint import profiles
from zonelint.configuration.kinds import (
    DURATION,
    LAST_DAY,
    NAME,
    PROSE,
    SHARE,
    TEXT,
    TOKEN,
    Kind,
    Schema,
    choice,
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

THRESHOLDS = ("max-added", "max-removed", "max-changed")
"""The thresholds for the change from the previous version."""

PATHS = ("keys", "parent-ds", "previous", "trust-anchors", "baseline")
"""Settings that name a file or folder, relative to that of the configuration file."""


def _rdtype(node: Node, faults: list[Fault]) -> str:
    word = TEXT.read(node, faults)
    number = rdtypes.type_number(word) if len(word) < 30 else None
    if number is None:
        refuse(node, f"unknown type {quoted(word)}{fields.hint(word, rdtypes.TYPES)}")
    return rdtypes.type_name(number)


_TYPE = Kind(_rdtype, lambda: {"type": "string", "minLength": 1, "maxLength": 30})

SETTINGS: dict[str, Kind] = {
    "profile": choice(profiles.names),
    "fail-on": choice(lambda: reversed(Severity.__members__)),
    "horizon": DURATION,
    "rules": CHANGES,
    "select": several(RULE_NAMES),
    "ignore": several(RULE_NAMES),
    "keys": TEXT,
    "parent-ds": TEXT,
    "previous": TEXT,
    "since": TEXT,
    "trust-anchors": TEXT,
    "allow-include": several(TEXT),
    "propagation": DURATION,
    "parent-propagation": DURATION,
    "ds-ttl": DURATION,
    "thresholds": record("thresholds", dict.fromkeys(THRESHOLDS, SHARE), some=True),
}
"""The settings that hold for all zones at the top of the file, and for some of them in an entry of `zones`."""

_ENTRY = record("an entry of zones", {"files": several(PATTERN), "origin": NAME, **SETTINGS}, ("files",))
_PLACEHOLDER = record("a placeholder", {"token": TOKEN, "as": choice(lambda: ("serial",))}, ("token", "as"))
_SUPPRESS = record(
    "an entry of suppress",
    {"rules": several(SUPPRESSED), "zone": NAME, "owner": NAME, "type": _TYPE, "until": LAST_DAY, "reason": PROSE},
    ("rules", "reason"),
)

FILE_ONLY = {"placeholders": listed(_PLACEHOLDER), "suppress": listed(_SUPPRESS), "baseline": TEXT}
"""The settings that hold for all zones, and stand at the top of the file only."""

FILE = record("the configuration", {**SETTINGS, "zones": listed(_ENTRY), **FILE_ONLY})
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
