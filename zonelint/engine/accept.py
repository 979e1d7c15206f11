"""What is known and accepted: suppressions applied to the findings of a run, and what is wrong with them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING

from zonelint import catalogue, checks
from zonelint.engine.options import CheckOptions
from zonelint.engine.places import in_order, located, text_of
from zonelint.engine.zone import Judged
from zonelint.findings import Finding, Located, Severity, Suppressed, ZoneReport
from zonelint.names import text_from_key
from zonelint.source.text import Octets, Source
from zonelint.suppressions import Suppression
from zonelint.times import to_text

if TYPE_CHECKING:
    from zonelint.engine.baseline import Baseline, Entry

_START = itemgetter(0)


class Acceptance:
    """Takes the findings that are known out of the reports of a run."""

    def __init__(self) -> None:
        self._baselines: dict[str, Baseline] = {}
        self._judged: list[tuple[ZoneReport, CheckOptions]] = []
        self._used: set[Suppression] = set()
        self._idle: dict[Suppression, tuple[ZoneReport, CheckOptions]] = {}

    def prepare(self, options: CheckOptions) -> None:
        """Read the baseline that options name, before a zone is judged; raises `UsageError`."""
        if options.baseline is not None and not options.accept and options.baseline not in self._baselines:
            from zonelint.engine.baseline import Baseline

            self._baselines[options.baseline] = Baseline(options.baseline)

    def apply(self, zone: ZoneReport, judged: Judged, source: Source, options: CheckOptions) -> None:
        """Take the findings that are suppressed out of the report of a zone, and add what is wrong with comments."""
        comments, faults = _comments(judged, source)
        if comments or faults or options.suppressions:
            self._suppress(comments, faults, zone, source, options)
        if options.baseline in self._baselines or options.accept:
            self._judged.append((zone, options))
            self._take_known(zone, options)

    def _suppress(
        self,
        comments: list[Suppression],
        faults: list[Finding],
        zone: ZoneReport,
        source: Source,
        options: CheckOptions,
    ) -> None:
        known = _Known([*comments, *options.suppressions], zone, options.at)
        kept, zone.suppressed, ended = known.sift(zone.findings)
        self._used.update(known.used)
        faults += [_expired(each, options.at) for each in ended]
        faults += _needless([each for each in comments if each not in known.used], zone, options)
        zone.findings = in_order([*kept, *_located(faults, zone, source, options)])
        for each in options.suppressions:
            # one without a zone may be needed by zones that this run does not judge
            if each.zone.lower() == zone.origin.lower():
                self._idle.setdefault(each, (zone, options))

    def _take_known(self, zone: ZoneReport, options: CheckOptions) -> None:
        """Take out what the baseline holds, or all that one may hold where a new one is to be written."""
        from zonelint.engine.baseline import accepts

        kept, baseline = [], self._baselines.get(options.baseline or "")
        for found in zone.findings:
            entry = baseline.take(found) if baseline else None
            if entry or (options.accept and accepts(found.finding.rule)):
                zone.suppressed.append(Suppressed(found, "baseline", entry.reason if entry else ""))
            else:
                kept.append(found)
        zone.findings = kept

    def finish(self) -> None:
        """Say what was needed nowhere in the run: suppressions that are unused, findings of baselines that are gone."""
        for zone, options in {id(zone): (zone, options) for zone, options in self._idle.values()}.values():
            idle = [each for each, (own, _) in self._idle.items() if own is zone and each not in self._used]
            _add(_needless(idle, zone, options), zone, options)
        for path, baseline in self._baselines.items():
            users = {zone.origin: (zone, options) for zone, options in self._judged if options.baseline == path}
            gone: dict[str, list[Finding]] = {}
            for entry, number in baseline.stale([zone for zone, options in self._judged if options.baseline == path]):
                gone.setdefault(entry.zone, []).append(_stale(entry, number))
            for origin, faults in gone.items():
                _add(faults, *users[origin])


def unaccepted(
    findings: Iterable[Finding], judged: Judged, source: Source, options: CheckOptions
) -> list[Finding]:
    """Give the findings that no comment in a zone and nothing in the configuration suppresses."""
    found = list(findings)
    if not found or not (judged.marks or options.suppressions):
        return found
    report = ZoneReport(source.name, text_from_key(judged.index.context.apex), "")
    report.findings = located(found, report.origin, source)
    Acceptance().apply(report, judged, source, options)
    left = {(each.finding.rule, each.finding.place) for each in report.findings}
    return [each for each in found if (each.rule, each.place) in left]


def _add(faults: Sequence[Finding], zone: ZoneReport, options: CheckOptions) -> None:
    """Add findings that are not in the text of the zone itself."""
    if faults:
        zone.findings = in_order([*zone.findings, *_located(faults, zone, Octets("", b""), options)])


def _needless(idle: Sequence[Suppression], zone: ZoneReport, options: CheckOptions) -> list[Finding]:
    """Say what is wrong with suppressions that suppress nothing in a zone."""
    faults, ran = [], frozenset(zone.ran()) if idle else frozenset()
    for each in idle:
        if each.rules and not each.rules & checks.RULES:
            message = f"no zone file is checked for {_names(each)}"
            faults.append(Finding("suppression-invalid", message, each.place, discriminator=_names(each)))
        elif each.span and each.span.file != zone.file:
            continue  # others may include the same file, and need what this zone does not
        elif each.has_ended(options.at):
            faults.append(_expired(each, options.at))
        elif each.rules and each.rules <= ran and not any(map(_passes, each.rules)):
            faults.append(_unused(each))
    return faults


@cache
def _passes(rule: str) -> bool:
    """Tell whether findings of a rule come and go by themselves, so that a suppression is not needed every day."""
    needs, severity = catalogue.rule(rule).needs, catalogue.rule(rule).severity
    return "previous" in needs or ("time" in needs and severity < Severity.error)


def _located(faults: Sequence[Finding], zone: ZoneReport, source: Source, options: CheckOptions) -> list[Located]:
    return located((each for each in faults if options.wants(each.rule)), zone.origin, source, options.severities)


class _Known:
    """The suppressions that may cover findings of one zone; `used` are those that do, or would have."""

    def __init__(self, suppressions: Sequence[Suppression], zone: ZoneReport, at: tuple[int, ...]) -> None:
        self._zone, self._at = zone, at
        self.used: dict[Suppression, None] = {}
        self._wide: dict[tuple[str, str], list[Suppression]] = {}
        self._records: dict[tuple[str, str], list[tuple[int, Suppression]]] = {}
        for each in suppressions:
            for rule in each.rules or checks.RULES:
                if each.span is None or each.span.end is None:
                    owner = "" if "*" in each.owner else each.owner.lower()
                    self._wide.setdefault((rule, owner), []).append(each)
                else:
                    self._records.setdefault((rule, each.span.file), []).append((each.span.start, each))
        for records in self._records.values():
            records.sort(key=_START)

    def sift(self, findings: Sequence[Located]) -> tuple[list[Located], list[Suppressed], list[Suppression]]:
        """Tell apart what stays and what is suppressed; and which suppressions covered it until they ended."""
        kept, covered, ended = list[Located](), list[Suppressed](), dict[Suppression, None]()
        for found in findings:
            where = self._zone.origin, self._zone.file
            fitting = [each for each in self._near(found) if each.fits(found.finding, *where)]
            self.used.update(dict.fromkeys(fitting))
            holding = [each for each in fitting if not each.has_ended(self._at)]
            ended.update(dict.fromkeys(each for each in fitting if each.has_ended(self._at)))
            if holding:
                covered.append(Suppressed(found, "comment" if holding[0].span else "configuration", holding[0].reason))
            else:
                kept.append(_told(found, fitting[0]) if fitting else found)
        return kept, covered, list(ended)

    def _near(self, found: Located) -> Iterator[Suppression]:
        """Give the suppressions that are about the rule, and about the record if they are about one."""
        rule, place = found.finding.rule, found.finding.place
        if place is not None and (records := self._records.get((rule, place.file))):
            at = bisect_right(records, place.start, key=_START) - 1
            begin = records[at][0]
            while at >= 0 and records[at][0] == begin:
                yield records[at][1]
                at -= 1
        for owner in dict.fromkeys(("", found.finding.owner.lower())):
            yield from self._wide.get((rule, owner), ())


def _comments(judged: Judged, source: Source) -> tuple[list[Suppression], list[Finding]]:
    """Read the comments of the zone file and of the files it includes."""
    suppressions, faults = list[Suppression](), list[Finding]()
    for file, marks in _marks(judged, source):
        from zonelint.source.comments import suppressions_in

        found, wrong = suppressions_in(text_of(file, source), marks)
        suppressions += found
        faults += wrong
    return suppressions, faults


def _marks(judged: Judged, source: Source) -> Iterator[tuple[str, Sequence[int]]]:
    """Give the files in which comments may suppress something, and where in them."""
    if judged.marks:
        yield source.name, judged.marks
    for file in dict.fromkeys(judged.index.files.names[1:]):
        from zonelint.source.split import marks_in

        text = text_of(file, source)
        if file != source.name and (marks := marks_in(text.read(0, text.size))):
            yield file, marks


def _told(found: Located, ended: Suppression) -> Located:
    """Add to a finding that it was suppressed until then."""
    assert ended.until is not None
    message = f"{found.finding.message} (its suppression ended with {_day(ended.until)})"
    return replace(found, finding=replace(found.finding, message=message))


def _expired(suppression: Suppression, at: tuple[int, ...]) -> Finding:
    assert suppression.until is not None
    message = f"the suppression of {_names(suppression)} ended with {_day(suppression.until)}"
    return Finding("suppression-expired", f"{message}, reference time {to_text(max(at))}", suppression.place,
                   discriminator=_names(suppression))  # fmt: skip


def _unused(suppression: Suppression) -> Finding:
    where = f" at {suppression.owner}" if suppression.owner else ""
    message = f"no finding of {_names(suppression)}{where} is there to suppress"
    return Finding("suppression-unused", message, suppression.place, discriminator=_names(suppression))


def _stale(entry: Entry, number: int) -> Finding:
    what = f"{entry.rule} at {entry.owner or entry.zone} {entry.type}".rstrip()
    few = "is gone" if entry.count == 1 else f"{number} of {entry.count} are gone"
    message = f"{what} {few}; --write-baseline takes it out" if number == entry.count else f"{what}: {few}"
    return Finding("baseline-entry-unused", message, entry.place, entry.owner, entry.type, entry.rule)


def _names(suppression: Suppression) -> str:
    names = sorted(suppression.rules) or ["any rule"]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _day(until: int) -> str:
    """Give the last day that a suppression holds on."""
    return to_text(until - 1)[:10]
