"""What the commands of `zonelint rollover` do between options and output; each gives the exit status."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from zonelint.cli.output import emit, fail, width
from zonelint.cli.rollover_numbers import seconds
from zonelint.cli.rollover_output import REPORTS, Look, Planned, Target, say, write_plan, write_report
from zonelint.findings import Finding, Located, Report, Severity, ZoneReport
from zonelint.report.text import visible
from zonelint.source.text import Octets, Source, Unreadable, open_source
from zonelint.times import BadTime, parse_duration, parse_time, to_text

if TYPE_CHECKING:
    from zonelint.keys.policies import Policy
    from zonelint.rollover.inputs import Was
    from zonelint.rollover.keydir import KeyDirReport
    from zonelint.rollover.methods import Method
    from zonelint.rollover.model import Key, Plan, Request, Setup
    from zonelint.rollover.prove import Proof

_IN_TABLE = frozenset({"rollover-bogus-window", "rollover-lapse", "rollover-answer-too-large"})
"""What the table says itself."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Where the facts come from: the values of the options that name files and numbers."""

    zone: str | None
    origin: str | None
    keys: str | None
    ds: str | None
    policy: str | None
    policy_name: str | None
    anchored: bool
    unrenewed: tuple[str, ...]
    allow_include: tuple[str, ...]
    was_ttl: tuple[str, ...]
    lifetimes: tuple[str, ...]
    numbers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rollovers are asked for, as texts of the command line."""

    methods: tuple[str, ...]
    start: str | None
    until: str | None
    old: str | None
    new: str | None
    algorithm: str | None


# --- commands --------------------------------------------------------------------------------------------------


def plan(
    facts: Facts, wanted: Wanted, targets: Sequence[Target], look: Look, *, diff: str | None, due: str | None
) -> int:
    """Plan, prove and write."""
    from zonelint.rollover.plan import PlanError
    from zonelint.rollover.plan import plan as make_plan

    earlier = None if diff is None else _earlier(diff)
    within = _within(due)
    facts = replace(facts, unrenewed=tuple({*facts.unrenewed, *_lost(wanted)}))
    setup, policy = _setup(facts, look.now)
    until = moment("--until", wanted.until, look.now)
    try:
        made = make_plan(setup, _requests(wanted, setup, look.now), look.now, until)
    except PlanError as fault:
        fail(str(fault))
    planned = proved(made)
    assert facts.zone is not None
    report = _report(facts.zone, planned, look, within, policy=policy, pending=True)
    if earlier is not None:
        from zonelint.report.plan_json import to_json
        from zonelint.report.timetable.diff import diff as moved

        emit(moved(to_json(earlier, None), made, tz=look.tz))
    for target in targets:
        write_plan(target, planned, look)
    in_table = _IN_TABLE if any(not target.file and target.name == "table" for target in targets) else frozenset()
    say([found for found in report.zones[0].findings if found.finding.rule not in in_table])
    return report.exit_status


def prove(path: str, numbers: Mapping[str, str], targets: Sequence[Target], look: Look, *, due: str | None) -> int:
    """Read a plan, prove it, write findings or timetables."""
    from zonelint.rollover.model import Number

    within, given = _within(due), seconds_of(numbers)
    source, read, faults = _read(path)
    if read is None:
        return _refuse(source, faults, targets, look)
    read.inputs |= {name: Number(value, f"option --{name}") for name, value in given.items()}
    planned = proved(read)
    report = _report(path, planned, look, within, source=source)
    _write(targets, report, [planned], look)
    return report.exit_status


def keys(
    directory: str, facts: Facts, until: str | None, targets: Sequence[Target], look: Look, *, due: str | None
) -> int:
    """Judge the key files of a folder, zone by zone."""
    from zonelint.rollover import keydir

    within, end = _within(due), moment("--until", until, look.now)
    given = _options(facts)
    setup, policy = None, None
    if facts.zone is not None:
        setup, policy = _setup(facts, look.now)
    elif facts.policy is not None:
        policy = _policy(facts)
    try:
        if setup is not None:
            known = facts.ds is not None
            judged = [keydir.judge(directory, setup, look.now, end, policy, options=given, ds_known=known)]
        else:
            judged = keydir.judge_all(directory, look.now, end, policy, options=given)
    except keydir.KeyDirError as fault:
        fail(str(fault))
    report, plans = Report((look.now,)), []
    for each in judged:
        planned = proved(each.plan)
        plans.append(planned)
        one = _report(directory, planned, look, within, extra=each.findings, policy=policy)
        if any(found.rule == "key-file-invalid" for found in each.findings):
            one.zones[0].summary += ", as far as the key files can be read"
        report.zones += one.zones
        report.exit_status = max(report.exit_status, one.exit_status)
    _write(targets, report, plans, look, _upcoming(judged))
    return report.exit_status


def when(what: str, facts: Facts, key: str | None, since: str | None, now: int) -> int:
    """Answer in one line when a step is safe."""
    from zonelint.rollover.measure import key_times
    from zonelint.rollover.when import WhenError, since_of
    from zonelint.rollover.when import when as ask

    setup, _ = _setup(facts, now)
    start = moment("--since", since, now)
    try:
        if start is None and facts.keys is not None:
            start = since_of(what, setup, key, key_times(setup, facts.keys))
        answer = ask(what, setup, key, start, now, ds_known=facts.ds is not None)
    except (WhenError, ValueError) as fault:
        fail(str(fault))
    emit(f"{answer.line}\n")
    return 0 if answer.now_is_safe else 1


def list_methods(layout: str) -> str:
    """List the methods as text or JSON."""
    from zonelint.report.methods import TABLES
    from zonelint.rollover.methods import methods

    return TABLES[layout](list(methods().values()), min(width(), 100))


def _read(path: str) -> tuple[Source, Plan | None, list[Finding]]:
    """Read a plan; fails for a file that cannot be opened."""
    from zonelint.documents.nodes import SIZE_LIMIT
    from zonelint.rollover.planfile import parse_plan

    try:
        source = open_source(path)
        octets = source.read(0, SIZE_LIMIT + 1)
    except Unreadable as fault:
        fail(str(fault))
    # standard input can be read only once, and findings show its lines
    return Octets(source.name, octets, source.path), *parse_plan(octets, source.name)


def _earlier(path: str) -> Plan:
    """Read the plan that a new one is compared with; fails for one that is not right."""
    source, read, faults = _read(path)
    if read is None:
        say(located(faults, "", source))
        fail(f"--diff {path}: not a plan")
    return read


def _upcoming(judged: Iterable[KeyDirReport]) -> str:
    """Give what each key is now and what comes next, a table for each zone."""
    from zonelint.rollover.keydirs.upcoming import COLUMNS

    lines: list[str] = []
    for each in judged:
        rows = [[visible(cell) for cell in cells] for cells in (COLUMNS, *(event.cells for event in each.next_events))]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines += [*([""] if lines else []), f"{visible(each.zone)}: the next event of each key"]
        lines += ["  ".join(f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "".join(f"{line}\n" for line in lines)


# --- from options to a setup -------------------------------------------------------------------------------------


def _setup(facts: Facts, now: int) -> tuple[Setup, Policy | None]:
    """Measure the zone and add what policy and options say; fails for input that cannot be read."""
    from zonelint.engine import UsageError
    from zonelint.engine.origin import find_origin
    from zonelint.rollover.inputs import InputError, gather
    from zonelint.rollover.measure import MeasureError, measure

    given, policy = _options(facts), _policy(facts)
    assert facts.zone is not None
    try:
        was, told = _earlier_ttls(facts, now)
        measured = measure(
            facts.zone, facts.origin, facts.ds, facts.keys, find_origin=find_origin, anchored=facts.anchored,
            allow_include=facts.allow_include,
        )  # fmt: skip
        measured.notes += told
        return gather(measured, policy=policy, options=given, was=was, unrenewed=facts.unrenewed), policy
    except (MeasureError, InputError, UsageError) as fault:
        fail(str(fault))


def _earlier_ttls(facts: Facts, now: int) -> tuple[list[Was], list[str]]:
    """Give the earlier TTLs that `--was-ttl` names, those of the file's history for `git`, and notes about them."""
    from zonelint.engine.origin import find_origin
    from zonelint.rollover.inputs import parse_was_ttl

    found, notes = [parse_was_ttl(text, now) for text in facts.was_ttl if text != "git"], []
    if "git" in facts.was_ttl:
        from zonelint.rollover.ttlhistory import HistoryError, read_history, was

        assert facts.zone is not None
        try:
            history = read_history(facts.zone, facts.origin, find_origin=find_origin)
        except HistoryError as fault:
            fail(f"--was-ttl git: {fault}")
        past, about = was(history, now)
        found += past
        notes += [*history.notes, *about]
    return found, notes


def _lost(wanted: Wanted) -> set[str]:
    """Give what nobody can sign anew before the rollovers that are asked for have a new key."""
    from zonelint.rollover.methods import methods

    named = [methods().get(text.partition("@")[0]) for text in wanted.methods]
    return {what for method in named if method is not None for what in method.unrenewed}


def _policy(facts: Facts) -> Policy | None:
    """Read the policy that is asked for; one with faults is refused with all of them."""
    if facts.policy is None:
        if facts.policy_name is not None:
            fail("--policy-name goes with --policy")
        return None
    from zonelint.keys.policies import NoPolicy, choose, read_policies

    try:
        policies, faults = read_policies(facts.policy)
    except OSError as fault:
        fail(f"--policy {facts.policy}: {(fault.strerror or str(fault)).lower()}")
    if faults:
        say(located(faults, "", Octets("", b"")))
        fail(f"--policy {facts.policy}: cannot be read as a policy")
    try:
        return choose(policies, facts.policy_name)
    except NoPolicy as fault:
        fail(f"--policy {facts.policy}: {fault}")


def _options(facts: Facts) -> dict[str, int]:
    """Give the numbers that options say, by the names of inputs, lifetimes included."""
    given = seconds_of(facts.numbers)
    for text in facts.lifetimes:
        role, _, duration = text.partition("=")
        if role not in ("ksk", "zsk", "csk") or not duration:
            fail(f"--lifetime: {text!r} is not ROLE=DURATION, as in zsk=30d")
        given[f"lifetime-{role}"] = _duration("--lifetime", duration)
    return given


def seconds_of(numbers: Mapping[str, str]) -> dict[str, int]:
    """Read the numbers of options."""
    try:
        return seconds(numbers)
    except BadTime as fault:
        fail(str(fault))


def _duration(option: str, text: str) -> int:
    try:
        return parse_duration(text)
    except BadTime as fault:
        fail(f"{option}: {fault}")


def _within(due: str | None) -> int | None:
    return None if due is None else _duration("--due", due)


def moment(option: str, text: str | None, now: int) -> int | None:
    """Read the time that an option says, None where it is not there."""
    if text is None:
        return None
    try:
        return parse_time(text, now)
    except BadTime as fault:
        fail(f"{option}: {fault}")


def _requests(wanted: Wanted, setup: Setup, now: int) -> list[Request]:
    """Turn `METHOD[@TIME]` and the options about keys into requests."""
    from zonelint.documents.fields import hint
    from zonelint.keys.text import algorithm as number_of
    from zonelint.rollover.methods import methods
    from zonelint.rollover.model import Request

    if len(wanted.methods) > 1 and (wanted.old or wanted.new):
        fail("--old and --new go with one METHOD")
    algorithm = None
    if wanted.algorithm is not None:
        algorithm = number_of(wanted.algorithm.encode("utf-8"))
        if algorithm is None:
            fail(f"--algorithm: {wanted.algorithm!r} is neither the number nor the name of an algorithm")
    old = None if wanted.old is None else _old_key(wanted.old, setup)
    requests = []
    for text in wanted.methods:
        method, at, start = text.partition("@")
        if at and not start:
            fail(f"METHOD: {text!r} has no time after @")
        if method not in methods():
            fail(f"unknown method {method!r}{hint(method, methods())}")
        begin = moment(f"METHOD {method}", start, now) if start else moment("--start", wanted.start, now)
        new = None if wanted.new is None else _new_key(wanted.new, setup, methods()[method])
        requests.append(Request(method, begin, old, new, algorithm))
    return requests


def _old_key(text: str, setup: Setup) -> str:
    """Find a key by its id or tag."""
    if text in setup.keys:
        return text
    tagged = [key.id for key in setup.keys.values() if str(key.tag) == text]
    if len(tagged) != 1:
        what = "several keys have this tag, name one by its id" if tagged else "no such key in the zone"
        listed = ", ".join(f"{key.id} ({key.tag})" for key in setup.keys.values())
        fail(f"--old {text}: {what}: {listed or 'it has none'}")
    return tagged[0]


def _new_key(path: str, setup: Setup, method: Method) -> Key:
    """Read the public part of a key that is made already."""
    from zonelint.dnssec.keys import key_tag
    from zonelint.keys.fields import Damaged
    from zonelint.keys.keyfiles import SIZE_LIMIT, read_public
    from zonelint.names import text_from_key
    from zonelint.rollover.model import Key, Role

    try:
        with open(path, "rb") as file:
            public = read_public(file.read(SIZE_LIMIT + 1), path)
    except OSError as fault:
        fail(f"--new {path}: {(fault.strerror or str(fault)).lower()}")
    except Damaged as fault:
        fail(f"--new {path}: {fault}")
    if public is None:
        fail(f"--new {path}: no DNSKEY record in it (give the .key file)")
    owner = text_from_key(public.owner)
    if owner != setup.zone:
        fail(f"--new {path}: the key is one of {owner}, not of {setup.zone}")
    stem = os.path.basename(path).removesuffix(".key")
    role = Role.ksk if public.rdata[1] & 1 else Role.zsk
    single = any(key.role == Role.csk for key in setup.keys.values())
    if role == Role.ksk and (method.new == "csk" or (single and method.new in ("same", "any"))):
        role = Role.csk
    return Key(stem, role, public.rdata[3], key_tag(public.rdata), len(public.rdata), public.place)


# --- from a plan to a report --------------------------------------------------------------------------------------


def proved(made: Plan) -> Planned:
    """Prove a plan, and work out the size of its DNSKEY answers."""
    from zonelint.rollover.prove import prove as prove_plan
    from zonelint.rollover.sizes import UnknownSize
    from zonelint.rollover.sizes import sizes as sizes_of

    try:
        sizes = [(size.at or 0, size.dnskey) for size in sizes_of(made)]
    except UnknownSize:
        sizes = []
    return Planned(made, prove_plan(made), sizes)


def _report(
    path: str,
    planned: Planned,
    look: Look,
    due: int | None,
    *,
    source: Source | None = None,
    extra: Iterable[Finding] = (),
    policy: Policy | None = None,
    pending: bool = False,
) -> Report:
    """Judge a plan: findings with their places, a summary in words, and the exit status."""
    from zonelint.rollover.findings import judge
    from zonelint.rollover.prove import select

    proof = select(planned.proof, look.validators)
    findings = [*extra, *judge(planned.plan, proof, look.now, due=due, pending=pending, sizes=planned.sizes)]
    if policy is not None:
        from zonelint.keys.policies.lints import judge as judge_policy

        findings += judge_policy(policy)
    zone = ZoneReport(path, planned.plan.zone, "plan", summary=_summary(path, planned, look))
    zone.findings = located(findings, planned.plan.zone, source or Octets("", b""))
    report = Report((look.now,), [zone])
    counts = any(_counts(found) for found in zone.findings)
    report.exit_status = 1 if counts else 0
    return report


def located(findings: Sequence[Finding], zone: str, source: Source) -> list[Located]:
    """Give findings their places; where there are none the engine is not even loaded."""
    if not findings:
        return []
    from zonelint import engine

    return engine.located(findings, zone, source)


def _counts(found: Located) -> bool:
    """Tell whether a finding makes the status 1; what is due was asked for with --due."""
    return found.severity == Severity.error or found.finding.rule == "rollover-due"


def _summary(path: str, planned: Planned, look: Look) -> str:
    """Say in one line what was proved."""
    events, number = planned.plan.events, len(planned.plan.events)
    span = f" from {to_text(events[0].at)} to {to_text(events[-1].at)}" if events else ""
    noun = "event" if number == 1 else "events"
    return f"{path}: zone {planned.plan.zone}, {number} {noun}{span}: {_verdict(planned.proof, look.validators)}"


def _verdict(proof: Proof, validators: Sequence[str]) -> str:
    """Say what a proof found, first for the classes of validators that count."""
    from zonelint.rollover.prove import Validator, is_safe, select
    from zonelint.rollover.timeline import BEGINNING, FOREVER

    lenient, counted = proof[Validator.lenient], select(proof, validators)
    if any((window.start, window.end) == (BEGINNING, FOREVER) for window in lenient.insecure):
        return "the zone is insecure at all times (no DS record), so there is nothing to prove"
    failing = [validator.value for validator, verdict in proof.items() if verdict.bogus]
    aside = [name for name in failing if name not in counted]
    more = f" (not counted: {', '.join(aside)} validators fail)" if aside else ""
    if is_safe(counted):
        who = "any class of" if len(counted) == len(proof) else " or ".join(counted)
        return f"safe: no legal content of any cache makes {who} validators fail{more}"
    failing = [name for name in failing if name in counted]
    return f"not safe: {', '.join(failing)} validators fail{more}" if failing else f"not safe: protection lapses{more}"


def _refuse(source: Source, faults: Sequence[Finding], targets: Sequence[Target], look: Look) -> int:
    """Report a plan that cannot be read."""
    zone = ZoneReport(source.name, "", "plan", summary=f"{source.name}: not a plan that can be proved")
    zone.findings = located(faults, "", source)
    report = Report((look.now,), [zone], exit_status=2)
    written = [target for target in targets if target.name in REPORTS]
    if not any(not target.file for target in written):
        say(zone.findings)
    for target in written:
        write_report(target, report, look)
    return 2


def _write(targets: Sequence[Target], report: Report, plans: Sequence[Planned], look: Look, tail: str = "") -> None:
    """Write each format: findings once, timetables where there is one plan; `tail` goes to people who read them."""
    if len(plans) != 1 and any(target.name not in REPORTS for target in targets):
        fail(f"{len(plans)} zones: a timetable is of one; say which with --zone")
    for target in targets:
        if target.name in REPORTS:
            write_report(target, report, look, tail if target.name == "full" and not look.quiet else "")
        else:
            write_plan(target, plans[0], look)
