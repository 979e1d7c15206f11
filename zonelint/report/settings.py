"""What holds for a zone file and where it comes from, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zonelint import catalogue
from zonelint.report.text import visible

if TYPE_CHECKING:
    from zonelint.engine.shown import Setting, Shown

_VALUE = 44  # columns of a value at most; longer ones push what follows to the right


def text(shown: Shown) -> str:
    """Write a table of settings, then one of rules."""
    width = max(map(len, (*shown.settings, *shown.rules))) + 2
    cells = [each.text for each in shown.settings.values()]
    cells += [f"{name} {each.text}" for changes in shown.rules.values() for name, each in changes.items()]
    room = min(max(map(len, cells)) + 2, _VALUE)
    lines = [f"{shown.file or 'any zone file'}: {shown.configuration or 'no configuration file'}", ""]
    lines += [_line(name, setting, width, room) for name, setting in shown.settings.items()]
    if shown.rules:
        lines += ["", "rules"]
    for rule, changes in shown.rules.items():
        names_of = iter([rule])
        lines += [_line(next(names_of, ""), each, width, room, name) for name, each in changes.items()]
    return "\n".join(map(visible, lines)) + "\n"


def _line(name: str, setting: Setting, width: int, room: int, field: str = "") -> str:
    value = f"{field} {setting.text}" if field else setting.text
    return f"  {name:{width}}{value:{room}}{_source(setting)}".rstrip()


def _source(setting: Setting) -> str:
    place = setting.location
    return f"{place.file}:{place.line}:{place.column}" if place else setting.told_by


def as_json(shown: Shown) -> str:
    """Write version 1 of the JSON; a `line` is null where no configuration file told the value."""
    document = {
        "version": 1,
        "file": shown.file,
        "configuration": shown.configuration,
        "settings": {name: _object(setting) for name, setting in shown.settings.items()},
        "rules": dict(_rules(shown)),
    }
    return json.dumps(document, indent=2) + "\n"


def _rules(shown: Shown) -> Iterator[tuple[str, Any]]:
    for rule, changes in shown.rules.items():
        yield rule, {"code": catalogue.rule(rule).code, **{name: _object(each) for name, each in changes.items()}}


def _object(setting: Setting) -> dict[str, Any]:
    place = setting.location
    return {
        "value": setting.value,
        "from": setting.told_by,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


FORMATS = {"text": text, "json": as_json}
"""The writers, by the name of the format."""
