"""The options of each zone file: command line over configuration, over profile, over catalogue."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zonelint import checks
from zonelint.configuration import Refused
from zonelint.configuration.find import find
from zonelint.engine.options import CheckOptions, UsageError
from zonelint.engine.revision import wanted
from zonelint.findings import Severity
from zonelint.source.text import Unreadable
from zonelint.suppressions import Suppression

if TYPE_CHECKING:
    from zonelint.configuration.read import Configuration
    from zonelint.configuration.settle import Settled
    from zonelint.profiles import Profile

HORIZON = 259200
"""Seconds by default, as in the rule for it: reading that would cost every run start-up time."""

_HORIZON = "rrsig-expires-soon", "horizon"


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says beside `CheckOptions`: None, or False, where it says nothing.

    `named` are the rules that it selects one by one, by their own names. `file` is the configuration to use in place of
    the nearest one, and `no_file` says to use none.
    """

    profile: Profile | None = None
    horizon: int | None = None
    fail_on: Severity | None = None
    named: frozenset[str] = frozenset()
    file: str | None = None
    no_file: bool = False


class OptionsFor:
    """Gives the options for a zone file by its path; each configuration file is read once."""

    def __init__(self, options: CheckOptions, given: Given) -> None:
        self._options, self._given = options, given
        self._plain: CheckOptions | None = None
        self._found: dict[str, str | None] = {}
        self._read: dict[str, Configuration | Exception] = {}

    def __call__(self, path: str) -> CheckOptions:
        """Give the options; raises `Refused` and `Unreadable` for a configuration that cannot be used."""
        file = self.file_for(None if path == "-" else path)
        if file is None:
            if self._plain is None:
                self._plain = _dated(self._without_file())
            return self._plain
        from zonelint.configuration.settle import settle

        settled = settle(self.configuration(file), None if path == "-" else path)
        return _dated(merged(self._options, self._given, settled))

    def file_for(self, path: str | None) -> str | None:
        """Give the configuration file that holds for a zone file, None where none does."""
        if self._given.file is not None or self._given.no_file:
            return self._given.file
        folder = os.path.dirname(path) if path else ""
        if folder not in self._found:
            self._found[folder] = find(path) if self._options.revision is None or path is None else self._find_in(path)
        return self._found[folder]

    def _find_in(self, path: str) -> str | None:
        """Look in the commit that is judged: what is pushed is judged by the configuration that comes with it."""
        from zonelint import git
        from zonelint.configuration.find import find_in
        from zonelint.configuration.read import parse_configuration

        assert self._options.revision is not None
        try:
            repository = git.here()
            found = find_in(repository, repository.commit(self._options.revision), path)
        except git.GitError as fault:
            raise UsageError(f"--revision: {fault}") from None
        if found is None:
            return None
        file, octets = found
        if file not in self._read:
            try:
                self._read[file] = parse_configuration(octets, file, of_commit=True)
            except Refused as refusal:
                self._read[file] = refusal
        return file

    def configuration(self, file: str) -> Configuration:
        """Read a configuration file, or give it, or its refusal, again."""
        from zonelint.configuration.read import read_configuration

        if file not in self._read:
            try:
                self._read[file] = read_configuration(file)
            except (Refused, Unreadable) as fault:
                self._read[file] = fault
        known = self._read[file]
        if isinstance(known, Exception):
            raise known
        return known

    def _without_file(self) -> CheckOptions:
        options, profile = self._options, self._given.profile
        own = _judging(options, self._given, profile, {}, frozenset(), options.select)
        if _leaves_none(own):
            also = f", with the profile {profile.id}" if profile else ""
            raise UsageError(f"--select and --ignore leave no rule to check{also}")
        return own


def _leaves_none(options: CheckOptions) -> bool:
    """Tell whether no rule is left to check; where none is picked or left out, there is no need to ask for them all."""
    if options.select is None and not options.ignore:
        return False
    return not (checks.RULES if options.select is None else options.select & checks.RULES) - options.ignore


def merged(options: CheckOptions, given: Given, settled: Settled) -> CheckOptions:
    """Lay what the command line says over what the configuration says; raises `Unreadable` where no rule is left."""
    from zonelint.limits import Limit

    file, profile = settled.configuration.file, given.profile
    if profile is None and (name := settled.get("profile")):
        from zonelint import profiles

        profile = profiles.profile(name)
    changes = {key: each.value for key, each in settled.rules.items()}
    select, ignored = (frozenset().union(*(each.value for each in settled.get(name) or ()))
                       for name in ("select", "ignore"))  # fmt: skip
    wanted = options.select if options.select is not None else select if settled.get("select") else None
    own = _judging(options, given, profile, changes, ignored, wanted)
    if _leaves_none(own):
        raise Unreadable(f"{file} and the options leave no rule to check")
    compared = options.previous is not None or options.since is not None
    thresholds = settled.get("thresholds") or {}
    limits = {limit.kind: limit for limit in (*(Limit(name, each.value) for name, each in thresholds.items()),
                                              *options.limits)}  # fmt: skip
    return replace(
        own,
        origin=_first(options.origin, settled.get("origin")),
        origin_from="option" if options.origin is not None else "configuration",
        previous=options.previous if compared else settled.get("previous"),
        since=options.since if compared else settled.get("since"),
        require_previous=options.require_previous or bool(settled.get("require-previous")),
        keys=_first(options.keys, settled.get("keys")),
        ds=_first(options.ds, settled.get("parent-ds")),
        trust_anchors=_first(options.trust_anchors, settled.get("trust-anchors")),
        propagation=_first(options.propagation, settled.get("propagation")),
        parent_propagation=_first(options.parent_propagation, settled.get("parent-propagation")),
        ds_ttl=_first(options.ds_ttl, settled.get("ds-ttl")),
        allow_include=(*options.allow_include, *(settled.get("allow-include") or ())),
        children=(*options.children, *(settled.get("child") or ())),
        fail_on=_first(given.fail_on, Severity[settled.get("fail-on") or "error"]),
        limits=tuple(limits.values()),
        limit_places={name: settled.configuration.place(each) for name, each in thresholds.items()},
        placeholders=settled.configuration.placeholders,
        suppressions=tuple(_suppressions(settled.configuration)),
        baseline=_first(options.baseline, settled.get("baseline")),
        absent=settled.absent,
    )


def _suppressions(configuration: Configuration) -> Iterator[Suppression]:
    for entry in configuration.entries("suppress"):
        said = {name: each.value for name, each in entry.value.items()}
        rules = frozenset[str]().union(*(each.value for each in said.pop("rules")))
        yield Suppression(rules, **said, place=configuration.place(entry))


def _dated(options: CheckOptions) -> CheckOptions:
    """Refuse dates of a version where there is none to compare with: they would be without effect."""
    compared = options.previous is not None or wanted(options) is not None or "previous" in options.absent
    if not compared and (options.published is not None or options.ds_published is not None):
        raise UsageError("--published and --ds-published go with --previous or --since")
    return options


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _judging(
    options: CheckOptions,
    given: Given,
    profile: Profile | None,
    changes: Mapping[tuple[str, str], Any],
    ignored: frozenset[str],
    select: frozenset[str] | None,
) -> CheckOptions:
    """Settle which rules run, and how bad they are."""
    said = {rule: value for (rule, name), value in changes.items() if name == "severity"}
    severities = {rule: value for rule, value in said.items() if isinstance(value, Severity)}
    options_of = {key: value for key, value in changes.items() if key[1] != "severity"}
    # what somebody asks for by its name shall run, whatever the configuration leaves out
    off = (ignored | (said.keys() - severities)) - given.named
    if profile is not None:
        off |= profile.ignored - said.keys() - (given.named if given.profile is None else frozenset())
        severities = {**profile.severities, **severities}
        options_of = {**profile.settings, **options_of}
    horizon = _first(given.horizon, options_of.get(_HORIZON), HORIZON)
    return replace(
        options,
        horizon=horizon,
        select=select,
        ignore=options.ignore | off,
        severities=severities,
        settings=options_of,
    )
