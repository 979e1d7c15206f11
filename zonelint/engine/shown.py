"""What holds for a zone file, and where each value comes from: the answer of `zonelint config show`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zonelint import catalogue, profiles
from zonelint.configuration.form import FILE_ONLY, SETTINGS
from zonelint.configuration.kinds import NAME, Value, duration_text
from zonelint.configuration.rulenames import SEVERITY, severity_text
from zonelint.engine.configured import HORIZON
from zonelint.findings import Location, Severity
from zonelint.limits import Share
from zonelint.source.locate import Locator
from zonelint.source.text import Octets

if TYPE_CHECKING:
    from zonelint.configuration.settle import Settled

DEFAULT = "default"
CONFIGURATION = "configuration"
_HORIZON = "rrsig-expires-soon", "horizon"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value, fit for JSON, and as text; what told it, and where in the configuration file if that did."""

    value: Any
    text: str
    told_by: str
    location: Location | None = None


@dataclass(slots=True)
class Shown:
    """The settings of one zone file by name, and what is changed of rules, by rule and field."""

    file: str | None
    configuration: str | None
    settings: dict[str, Setting] = field(default_factory=dict)
    rules: dict[str, dict[str, Setting]] = field(default_factory=dict)


def shown(file: str | None, settled: Settled | None) -> Shown:
    """Collect what holds for a zone file, None for none in particular; `settled` is None without a configuration."""
    if settled is None:
        return Shown(file, None, dict(_unset({})))
    values = [*settled.values.values(), *settled.rules.values()]
    source = Octets(settled.configuration.file, settled.configuration.octets)
    locator = Locator(source.read, source.size, [value.start for value in values])

    def told(value: Value, is_duration: bool) -> Setting:
        plain = _plain(value.value)
        text = duration_text(plain) if is_duration else _text(plain)
        return Setting(plain, text, CONFIGURATION, locator.locate(settled.configuration.place(value)))

    result = Shown(file, settled.configuration.file, dict(_unset(settled.absent)))
    kinds = {"origin": NAME, **SETTINGS, **FILE_ONLY}
    for name, value in settled.values.items():
        result.settings[name] = told(value, kinds[name].show is duration_text)
    rules = _of_profile(settled.get("profile"))
    # a count and a number of seconds are both read as durations; only the horizon is surely one
    rules |= {key: told(value, key == _HORIZON) for key, value in settled.rules.items()}
    for rule, name in sorted(rules, key=lambda key: (catalogue.rule(key[0]).code, key[1] != SEVERITY, key[1])):
        result.rules.setdefault(rule, {})[name] = rules[rule, name]
    if _HORIZON in rules:
        result.settings["horizon"] = rules[_HORIZON]
    return result


def _unset(absent: dict[str, str]) -> Iterator[tuple[str, Setting]]:
    """Give what holds where nothing is said."""
    defaults: dict[str, Any] = {"horizon": HORIZON, "fail-on": Severity.error.name}
    texts = {"horizon": duration_text(HORIZON), "fail-on": Severity.error.name}
    for name in ("origin", *SETTINGS, *FILE_ONLY):
        if name != "rules":
            text = texts.get(name) or (f"- ({absent[name]})" if name in absent else "-")
            yield name, Setting(defaults.get(name), text, CONFIGURATION if name in absent else DEFAULT)


def _of_profile(name: str | None) -> dict[tuple[str, str], Setting]:
    """Give what a profile changes of rules."""
    found: dict[tuple[str, str], Setting] = {}
    if name is None:
        return found
    for rule, change in profiles.profile(name).changes.items():
        word = profiles.OFF if change.severity is None else change.severity.name
        found[rule, SEVERITY] = Setting(word, word, f"profile {name}")
        for option, value in change.options.items():
            text = duration_text(value) if (rule, option) == _HORIZON else _text(value)
            found[rule, option] = Setting(value, text, f"profile {name}")
    return found


def _plain(value: Any) -> Any:
    """Turn a value into what JSON knows."""
    if isinstance(value, Value):
        return _plain(value.value)
    if isinstance(value, Severity):
        return severity_text(value)
    if isinstance(value, Share):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return {name: _plain(each) for name, each in value.items()} if isinstance(value, dict) else value


def _text(plain: Any) -> str:
    if isinstance(plain, list):
        number = f"{len(plain)} entr{'y' if len(plain) == 1 else 'ies'}"
        return number if plain and isinstance(plain[0], dict) else ", ".join(map(_text, plain))
    if isinstance(plain, dict):
        return ", ".join(f"{name} {_text(each)}" for name, each in plain.items())
    return str(plain).lower() if isinstance(plain, bool) else str(plain)
