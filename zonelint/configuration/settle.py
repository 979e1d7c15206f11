"""What a configuration says about one zone file, and where it says so."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from zonelint.configuration.form import LISTS, PATHS
from zonelint.configuration.kinds import NAME, Value
from zonelint.configuration.matching import ZONE
from zonelint.configuration.patterns import zone_of
from zonelint.configuration.read import Configuration
from zonelint.configuration.rulenames import Changes
from zonelint.documents.nodes import Fault, Scalar

NO_DS = "none"
"""What is given for the DS records of a zone whose parent has none."""

_EXCLUSIVE = {"previous": "since", "since": "previous"}


@dataclass(slots=True)
class Settled:
    """The settings of one zone file.

    `values` are by name, the paths among them made relative to the working directory; `rules` is what is changed of
    rules. `absent` says why a setting that is there has no value for this zone.
    """

    configuration: Configuration
    values: dict[str, Value] = field(default_factory=dict)
    rules: Changes = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """Give the value of a setting; None where the file says nothing."""
        return self.values[name].value if name in self.values else None


def settle(configuration: Configuration, path: str | None) -> Settled:
    """Give the settings for a zone file, None for standard input; raises `Refused` for a path that leads nowhere.

    All entries of `zones` whose pattern matches count, each over those before it, setting by setting.
    """
    settled = Settled(configuration)
    zone: str | None = None
    for part in (configuration.top, *configuration.zones):
        if "files" in part:
            matched = _matched(configuration, part["files"], path)
            if matched is None:
                continue
            if matched.value:
                zone, settled.values["origin"] = matched.value.rstrip("."), matched
        _lay_over(settled, part)
        if "origin" in part:
            zone = part["origin"].value.rstrip(".")
    for name in ("zones", "files"):
        settled.values.pop(name, None)
    if "origin" in settled.values:
        settled.values["origin"] = _origin(configuration, settled.values["origin"])
    if configuration.of_commit:
        _leave_out_files(settled)
    for name in PATHS:
        if name in settled.values:
            _find_path(settled, name, zone)
    for name in LISTS:
        if name in settled.values:
            value = settled.values[name]
            found = (_existing(settled, name, each, zone) for each in value.value)
            paths = tuple(path for path in found if path is not None)
            if paths or not value.value:
                settled.values[name] = value._replace(value=paths)
            else:
                del settled.values[name]
    return settled


def _matched(configuration: Configuration, files: Value, path: str | None) -> Value | None:
    """Give what `{zone}` stands for, at the pattern that matches; None where none does."""
    if path is None:
        return None
    folder = os.path.dirname(configuration.file)
    for pattern in files.value:
        zone = zone_of(pattern.value, path, folder or os.curdir)
        if zone is not None:
            found: Value = pattern._replace(value=zone)
            return found
    return None


def _lay_over(settled: Settled, part: dict[str, Value]) -> None:
    for name, value in part.items():
        if name == "rules":
            settled.rules = settled.rules | value.value
        elif name == "thresholds" and name in settled.values:
            settled.values[name] = value._replace(value=settled.values[name].value | value.value)
        else:
            settled.values[name] = value
            settled.values.pop(_EXCLUSIVE.get(name, ""), None)


def _origin(configuration: Configuration, value: Value) -> Value:
    try:
        return value._replace(value=NAME.read(Scalar(0, 0, value.value, False), []))
    except Fault as fault:
        raise configuration.refuse(value, f"{ZONE} is the origin: {fault.message}") from None


def _leave_out_files(settled: Settled) -> None:
    """Take out what names files beside the zone files; what is included is read from the commit."""
    file = settled.configuration.file
    for name in (*PATHS, "child"):
        if name in settled.values and settled.get(name) != NO_DS:
            del settled.values[name]
            settled.absent[name] = f"{name} in {file}: --revision reads no file that is named there"


def _find_path(settled: Settled, name: str, zone: str | None) -> None:
    """Turn what the file says into a path; what depends on the zone may be missing, anything else must exist."""
    value = settled.values[name]
    if name == "parent-ds" and value.value == NO_DS:
        return
    path = _existing(settled, name, value, zone)
    if path is None:
        del settled.values[name]
    else:
        settled.values[name] = value._replace(value=path)


def _existing(settled: Settled, name: str, value: Value, zone: str | None) -> str | None:
    """Give the path that a value stands for; None, and why, where it depends on the zone and is missing."""
    configuration, text = settled.configuration, value.value
    if ZONE in text and zone is None:
        settled.absent[name] = f"{name} in {configuration.file} names {ZONE}, and no entry of zones says which it is"
        return None
    path = _beside(configuration, text.replace(ZONE, zone or ""))
    # a baseline may have to be written first, and a folder of included files be there in a commit only
    if os.path.exists(path) or name in ("baseline", "allow-include"):
        return path
    if ZONE not in text:
        raise configuration.refuse(value, f"{name}: {path} does not exist")
    settled.absent[name] = f"{path} does not exist"
    return None


def _beside(configuration: Configuration, path: str) -> str:
    """Make a path relative to the folder of the configuration file one that can be opened from here."""
    return os.path.normpath(os.path.join(os.path.dirname(configuration.file), path))
