"""A run: which files, each one judged, findings placed and sorted, and the exit status."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from zonelint import catalogue
from zonelint.checks import (
    ANCHOR_RULES,
    BASELINE_RULES,
    CHILD_RULES,
    KEY_FILE_RULES,
    PARENT_RULES,
    THRESHOLD_RULES,
    TRANSITION_RULES,
)
from zonelint.checks.inputs import Inputs
from zonelint.configuration import Refused
from zonelint.engine.accept import Acceptance
from zonelint.engine.children import Children
from zonelint.engine.files import Candidate, candidates, refuse_several
from zonelint.engine.options import CheckOptions, UsageError
from zonelint.engine.placeholders import serial_of, unjudged
from zonelint.engine.places import located
from zonelint.engine.previous import CONTENT_RULES, Earlier, NoPrevious, read_previous
from zonelint.engine.previous import RULES as REVISION_RULES
from zonelint.engine.revision import Revisions
from zonelint.engine.zone import Judged, check_whole, cores, judge, zone_keys
from zonelint.findings import Finding, NotRun, Report, Severity, ZoneReport
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.text import File, Octets, Source, Unreadable, holds_private_key
from zonelint.zone.context import Context

if TYPE_CHECKING:
    from zonelint.keys.anchors import Anchor
    from zonelint.keys.dsfiles import DsRecord

NO_DS = "none"
"""What is given for a file of DS records where the parent has none."""

_UNREAD = frozenset({"rdata-invalid", "name-invalid", "syntax-error"})
_FOLLOW_TYPE = frozenset({"rrsig-bogus", "rrsig-without-rrset"})
WORTHWHILE = 1 << 16
"""Octets from which on it pays to look into the cache."""

_FOLLOW_OWNER = frozenset({"nsec-bitmap-wrong", "nsec3-bitmap-wrong", "nsec-unexpected"})
_FOLLOW_TARGET = frozenset({
    "ns-target-missing", "glue-missing", "mx-target-missing", "srv-target-missing", "svcb-target-missing",
    "tlsa-host-missing", "mta-sts-host-missing",
})  # fmt: skip


def check(
    paths: Sequence[str], options: CheckOptions, options_for: Callable[[str], CheckOptions] | None = None
) -> Report:
    """Judge files and folders; raises `UsageError` for a request that cannot be carried out.

    Where each zone file has options of its own, `options_for` gives them by its path; it raises `Refused` where the
    configuration for it cannot be used, and `Unreadable` for a zone that cannot be judged for another reason.
    """
    report = Report(options.at, fail_on=options.fail_on)
    if not paths and options.revision is None:
        raise UsageError("no zone file is named")
    many = len(paths) != 1 or os.path.isdir(paths[0])
    if many and options.origin is not None:
        raise UsageError("--origin goes with one zone file")
    if many and options.previous is not None and not os.path.isdir(options.previous):
        raise UsageError("--previous with several zones takes a folder of the same file names")
    # the values of a run hold next to no cycles, and looking for some would cost a tenth of the time
    collecting = gc.isenabled()
    gc.disable()
    settings = catalogue.settings()
    try:
        _check_all(paths, options, options_for or (lambda _: options), report)
    finally:
        catalogue.adopt(settings)
        if collecting:
            gc.enable()
    report.exit_status = exit_status(report, options.fail_on)
    return report


def _check_all(
    paths: Sequence[str], options: CheckOptions, options_for: Callable[[str], CheckOptions], report: Report
) -> None:
    refused: list[list[Finding]] = []
    accepted, revisions, delegated = Acceptance(), Revisions(options.revision), Children()
    files: Iterable[Candidate] = candidates(paths, options, options_for, revisions, report)
    if options.origin is not None:
        files = list(files)
        refuse_several([each.path for each in files], paths, options)
    for path, is_zone, opened in files:
        try:
            if not is_zone():
                report.skipped.append(path)
                continue
            own = options_for(path)
            accepted.prepare(own)
            catalogue.adopt(own.settings)
            report.zones.append(_check_one(*opened(own), revisions, own, report, accepted, delegated))
        except Refused as fault:
            # a configuration may be that of many zones, or fit all but one of them
            if fault.findings not in refused:
                refused.append(fault.findings)
                report.zones.append(refusal(fault))
                said = f"{fault}: the zones it holds for were not judged"
                report.failures += [] if said in report.failures else [said]
        except Unreadable as fault:
            # a configuration that cannot be read may be that of many zones
            if str(fault) not in report.failures:
                report.failures.append(str(fault))
        except MemoryError:
            report.failures.append(f"{path}: not enough memory to judge it")
    # a push may leave all zones alone
    if not report.zones and not report.failures and paths:
        report.failures.append(f"{', '.join(paths)}: no zone file found")
    report.remarks += delegated.unused()
    accepted.finish()


def exit_status(report: Report, fail_on: Severity) -> int:
    """Fold a report into the exit status: 2 when something could not be judged, 1 for findings, 0 for neither."""
    if report.failures:
        return 2
    return int(any(found.severity >= (zone.fail_on or fail_on) for zone in report.zones for found in zone.findings))


def refusal(fault: Refused) -> ZoneReport:
    """Report a configuration file that cannot be used."""
    number = len(fault.findings)
    report = ZoneReport(fault.file, "", "", summary=f"{fault.file}: {number} fault{'' if number == 1 else 's'}")
    report.findings = located(fault.findings, "", Octets(fault.file, fault.octets))
    return report


def _cache(options: CheckOptions, source: Source, whole: Report) -> Path | None:
    """Give the cache directory for a zone that is worth it; None where there is none that can be trusted."""
    if options.cache is None or source.size < WORTHWHILE:
        return None
    from zonelint.engine.cache import Refused, opened

    try:
        return opened(options.cache())
    except Refused as reason:
        remark = f"cache not used: {reason}"
        if remark not in whole.remarks:
            whole.remarks.append(remark)
        return None


def _check_one(
    source: Source,
    policy: IncludePolicy,
    revisions: Revisions,
    options: CheckOptions,
    whole: Report,
    accepted: Acceptance,
    delegated: Children,
) -> ZoneReport:
    started = time.perf_counter()
    if holds_private_key(source.read(0, 4096)):
        raise Unreadable(f"{source.name}: holds a private key, not a zone")
    jobs, cache = options.jobs or cores(), _cache(options, source, whole)
    context = Context(b"", at=options.at, horizon=options.horizon)
    judged = judge(source, context, policy, options.origin, jobs, cache=cache, tell=options.tell)
    index = judged.index
    told_by = options.origin_from if judged.origin.told_by == "option" else judged.origin.told_by
    report = ZoneReport(source.name, text_from_key(index.context.apex), told_by, fail_on=options.fail_on)
    findings = list(judged.findings)
    earlier, uncompared = None, None
    try:
        if not judged.is_text or not judged.origin.has_soa:
            raise NoPrevious("the zone itself could not be judged")
        earlier = read_previous(options, source, judged, jobs, cache, revisions)
        report.compared = earlier.compared
        if earlier.doubt:
            # formats that have no room for what did not run must not make it a comparison like any other
            (whole.failures if options.require_previous else whole.remarks).append(f"{source.name}: {earlier.doubt}")
        uncompared = earlier.doubt if earlier.lacks else None
    except (NoPrevious, Unreadable) as reason:
        if isinstance(reason, Unreadable):
            whole.failures.append(str(reason))
        elif options.require_previous:
            whole.failures.append(f"{source.name}: not compared: {reason}")
        rules = (*REVISION_RULES, *sorted(TRANSITION_RULES if index.context.keys else ()))
        report.not_run += [NotRun(rule, str(reason)) for rule in rules if options.wants(rule)]
        uncompared = str(reason)
    if options.limits or options.select is not None:
        from zonelint.engine.thresholds import not_run

        report.not_run += [each for each in not_run(options, uncompared) if options.wants(each.rule)]
    findings += _whole(judged, source, earlier, options, report, delegated)
    if isinstance(source, File):
        source.verify_unchanged()
    report.serial = serial_of(judged, source)
    report.records, report.signatures, report.verified = index.records, index.signatures, index.verified
    report.names = len(index.names)
    if index.verified:
        from zonelint.engine.forecast import forecast

        report.forecast = forecast(index, findings)
    # what kept a zone from being judged is said whatever was selected: such a zone never passes
    always = {"soa-missing"} if judged.is_text else {"binary-data"}
    reported = (finding for finding in _causes(findings) if options.wants(finding.rule) or finding.rule in always)
    report.findings = located(reported, report.origin, source, options.severities)
    if judged.is_text and judged.origin.has_soa:
        lacking = {each.rule for each in report.not_run} | (set() if report.compared else TRANSITION_RULES)
        report.ran = partial(_ran, options, frozenset(lacking))
    accepted.apply(report, judged, source, options)
    report.seconds = time.perf_counter() - started
    return report


def _ran(options: CheckOptions, lacking: frozenset[str]) -> tuple[str, ...]:
    """Give the rules that a zone was judged by, in order; `lacking` are those that had nothing to work with there."""
    from zonelint.checks import RULES

    given = {PARENT_RULES: options.ds, KEY_FILE_RULES: options.keys, ANCHOR_RULES: options.trust_anchors,
             BASELINE_RULES: options.baseline, CHILD_RULES: options.children or None}  # fmt: skip
    lacking = lacking.union(*(rules for rules, each in given.items() if each is None))
    lacking |= set(THRESHOLD_RULES.values()) - {THRESHOLD_RULES[limit.kind] for limit in options.limits}
    return tuple(sorted(rule for rule in RULES - lacking if options.wants(rule)))


def _whole(
    judged: Judged,
    source: Source,
    earlier: Earlier | None,
    options: CheckOptions,
    report: ZoneReport,
    delegated: Children,
) -> Iterator[Finding]:
    index = judged.index
    apex, keys = index.context.apex, zone_keys(index.context)
    ds: list[DsRecord] | None = None
    report.not_run += [NotRun(rule, reason) for rule, reason in _not_given(options, keys) if options.wants(rule)]
    if options.ds == NO_DS:
        ds = []
    elif options.ds is not None:
        from zonelint.keys.dsfiles import read_ds_file

        try:
            ds, faults = read_ds_file(options.ds, text_from_key(apex))
        except OSError as fault:
            raise UsageError(f"--ds {options.ds}: {(fault.strerror or str(fault)).lower()}") from None
        yield from faults
        if faults and not ds:
            # what cannot be read is no proof that the parent has no DS
            ds, reason = None, f"no DS record in {options.ds}"
            rules = sorted(PARENT_RULES - {"ds-file-invalid"})
            report.not_run += [NotRun(rule, reason) for rule in rules if options.wants(rule)]
    anchors = yield from _anchors(judged, options)
    digests = None
    if rdtypes.ZONEMD in index.apex and options.wants("zonemd-digest-wrong"):
        from zonelint.engine.zonemd import zone_digests

        digests = zone_digests(source, judged, judged.policy)
    known = None if earlier is None or earlier.lacks else earlier
    if earlier and not known and (keys or earlier.judged.index.context.keys):
        report.not_run += [NotRun(rule, earlier.doubt) for rule in sorted(TRANSITION_RULES) if options.wants(rule)]
    if known and any(map(options.wants, TRANSITION_RULES)):
        from zonelint.engine.transition import judge_transition

        yield from judge_transition(judged, source, known, options, ds, report)
    if known and options.limits:
        from zonelint.engine.thresholds import judge_thresholds

        yield from judge_thresholds(judged, source, judged.policy, known, options, report)
    children = None
    if (options.children or "child" in options.absent) and judged.origin.has_soa:
        below = delegated.read(options.children, judged, source, options.allow_include)
        children = [] if isinstance(below, str) else below
        if isinstance(below, str):
            reason = options.absent.get("child", below)
            report.not_run += [NotRun(rule, reason) for rule in sorted(CHILD_RULES) if options.wants(rule)]
    reasons = unjudged(judged, source, earlier)
    if earlier and earlier.lacks:
        reasons = dict.fromkeys(CONTENT_RULES, earlier.doubt) | reasons
    report.not_run += [NotRun(rule, reason) for rule, reason in reasons.items() if options.wants(rule)]
    inputs = Inputs(options.at, keys, earlier and earlier.previous, ds, anchors=anchors, zone_digests=digests,
                    children=children)  # fmt: skip
    yield from (finding for finding in check_whole(judged, inputs) if finding.rule not in reasons)
    if options.keys is not None:
        yield from _key_files(judged, options)


def _anchors(judged: Judged, options: CheckOptions) -> Generator[Finding, None, list[Anchor] | None]:
    """Read the trust anchors, where some were given."""
    if options.trust_anchors is None:
        return None
    from zonelint.keys.anchors import read_anchor_file

    try:
        anchors, faults = read_anchor_file(options.trust_anchors, text_from_key(judged.index.context.apex))
    except OSError as fault:
        reason = (fault.strerror or str(fault)).lower()
        raise UsageError(f"--trust-anchors {options.trust_anchors}: {reason}") from None
    yield from faults
    return anchors


def _not_given(options: CheckOptions, keys: Sequence[object]) -> Iterator[tuple[str, str]]:
    """Give the rules that could not run for lack of a file, and why; without keys, none about those and DS."""
    absent = options.absent
    beside = ("child", options.children, CHILD_RULES), ("baseline", options.baseline, BASELINE_RULES)
    for name, given, rules in beside:
        if name in absent and not given:
            yield from ((rule, absent[name]) for rule in sorted(rules))
    if not keys:
        return
    if options.ds is None:
        reason = absent.get("parent-ds", "no DS records (--ds FILE)")
        yield from ((rule, reason) for rule in sorted(PARENT_RULES))
    if options.trust_anchors is None and (options.select is not None or "trust-anchors" in absent):
        # few zones are anchored anywhere but at their parent, so this is said to who asks for these rules only
        reason = absent.get("trust-anchors", "no trust anchors (--trust-anchors FILE)")
        yield from ((rule, reason) for rule in sorted(ANCHOR_RULES))
    if options.keys is None:
        yield from ((rule, absent.get("keys", "no key files (--keys DIR)")) for rule in sorted(KEY_FILE_RULES))


def _key_files(judged: Judged, options: CheckOptions) -> Iterator[Finding]:
    from zonelint.checks.keyfiles import check_key_files, check_key_times
    from zonelint.keys.keyfiles import read_key_directory
    from zonelint.keys.model import ZoneKey

    assert options.keys is not None
    index = judged.index
    origin = text_from_key(index.context.apex)
    try:
        files, faults = read_key_directory(options.keys, origin)
    except OSError as fault:
        raise UsageError(f"--keys {options.keys}: {(fault.strerror or str(fault)).lower()}") from None
    signing = index.signing
    rrset = index.apex.get(rdtypes.DNSKEY)
    keys = [
        ZoneKey(rdata, index.place(rrset.positions[rrset.rdatas.index(rdata)]), number in signing)
        for number, rdata in enumerate(index.context.keys) if rrset
    ]  # fmt: skip
    yield from faults
    yield from check_key_files(files, keys, origin)
    # what falls due later is done by the signer when it runs then
    yield from check_key_times(files, keys, min(options.at))


def _causes(findings: list[Finding]) -> Iterator[Finding]:
    """Leave out what only follows from a record that could not be read: signature, bit in a bitmap, target."""
    unread = {(finding.owner, finding.type) for finding in findings if finding.rule in _UNREAD and finding.type}
    owners = {owner for owner, _ in unread}
    hosts = {owner for owner, rdtype in unread if rdtype in ("A", "AAAA")}
    for finding in findings:
        if finding.rule in _FOLLOW_TYPE and (finding.owner, finding.type) in unread:
            continue
        if finding.rule in _FOLLOW_TARGET and finding.discriminator in hosts:
            continue
        if finding.rule not in _FOLLOW_OWNER or finding.owner not in owners:
            yield finding
