"""Whether a zone grew, shrank or changed by more than is plausible since the version before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zonelint.checks import THRESHOLD_RULES
from zonelint.engine.options import CheckOptions, UsageError
from zonelint.engine.previous import Earlier
from zonelint.engine.zone import Judged
from zonelint.findings import Finding, NotRun, ZoneReport
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.text import Source
from zonelint.zone.index import ZoneIndex

_UNCOUNTED = frozenset({rdtypes.RRSIG, rdtypes.NSEC, rdtypes.NSEC3})


def not_run(options: CheckOptions, reason: str | None) -> Iterator[NotRun]:
    """Give the rules that cannot run: without a version before (`reason`), or asked for and without a threshold."""
    given = {THRESHOLD_RULES[limit.kind] for limit in options.limits}
    for kind, rule in THRESHOLD_RULES.items():
        if rule not in given and options.select is not None:
            yield NotRun(rule, f"no threshold (--max-{kind}, or thresholds in zonelint.yaml)")
        elif rule in given and reason is not None:
            yield NotRun(rule, reason)


def judge_thresholds(
    judged: Judged, source: Source, policy: IncludePolicy, earlier: Earlier, options: CheckOptions, report: ZoneReport
) -> Iterator[Finding]:
    """Hold the change from an earlier version against the thresholds; only RRsets are counted that no signer makes."""
    limits = [limit for limit in options.limits if options.wants(THRESHOLD_RULES[limit.kind])]
    old, new = earlier.judged.index, judged.index
    if not limits or earlier.is_same:
        return
    base, added, removed = _counts(old, new)
    counts = {"added": added, "removed": removed}
    if any(limit.kind == "changed" for limit in limits):
        try:
            counts["changed"] = _changed(judged, source, policy, earlier)
        except UsageError as fault:
            report.not_run.append(NotRun(THRESHOLD_RULES["changed"], str(fault)))
    for limit in limits:
        said = limit.exceeded(counts[limit.kind], base) if limit.kind in counts else None
        if said is not None:
            place = options.limit_places.get(limit.name)
            yield Finding(
                THRESHOLD_RULES[limit.kind],
                f"{said} since {earlier.source.name}",
                new.apex_place(rdtypes.SOA),
                text_from_key(new.context.apex),
                related=((place, "the threshold"),) if place else (),
            )


def _changed(judged: Judged, source: Source, policy: IncludePolicy, earlier: Earlier) -> int:
    from zonelint.engine.differ import Text, compare

    origin = text_from_key(judged.index.context.apex)
    texts = Text(earlier.source, earlier.judged.policy, origin), Text(source, policy, origin)
    return compare(*texts).tally().changed


def _counts(old: ZoneIndex, new: ZoneIndex) -> tuple[int, int, int]:
    """Count the RRsets of the old version, those only in the new one, and those only in the old one."""
    before, after = _rrsets(old), _rrsets(new)
    base = sum(len(types) for types in map(before.__getitem__, old.kinds))
    none: frozenset[int] = frozenset()
    added = removed = 0
    others = iter(zip(new.names, new.kinds, strict=True))
    other = next(others, None)
    for name, kind in zip(old.names, old.kinds, strict=True):
        while other is not None and other[0] < name:
            added, other = added + len(after[other[1]]), next(others, None)
        same = other is not None and other[0] == name
        theirs = after[other[1]] if other is not None and same else none
        added, removed = added + len(theirs - before[kind]), removed + len(before[kind] - theirs)
        if same:
            other = next(others, None)
    while other is not None:
        added, other = added + len(after[other[1]]), next(others, None)
    return base, added, removed


def _rrsets(index: ZoneIndex) -> Sequence[frozenset[int]]:
    return [facts.types - _UNCOUNTED for facts in index.facts]
