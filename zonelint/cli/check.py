"""`zonelint check`."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from zonelint.cli.baseline import earlier, write
from zonelint.cli.configuration import configuration_file, named_alone, read_limit
from zonelint.cli.output import COLOR_MODES, choose, complain, emit, fail, save, wants_color, width

if TYPE_CHECKING:
    from zonelint.engine import CheckOptions, Given
    from zonelint.findings import Report
    from zonelint.profiles import Profile
    from zonelint.symptoms import Symptom

LIMIT_HELP = "A finding if more RRsets than this were {} since the previous version: a number, or a share as 10%."
SELECTION = "Rules, codes, code prefixes (SIG) or families, with commas between; repeatable."


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Zone files, folders of them, or - for standard input."),
    ] = None,
    origin: Annotated[
        str | None, typer.Option(metavar="NAME", help="The zone's name; by default taken from the file.")
    ] = None,
    previous: Annotated[
        str | None, typer.Option(metavar="FILE", help="The version that is published now.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="REV", help="The git revision that is published now; auto finds it, as hooks and CI do."),
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option(metavar="REV", help="Judge zones of this git revision: those at PATH, else those that changed."),
    ] = None,
    require_previous: Annotated[
        bool, typer.Option("--require-previous", help="End with status 2 where a zone cannot be compared.")
    ] = False,
    keys: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="The folder of the key files (K*.key, .private, .state)."),
    ] = None,
    ds: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The DS records at the parent, or its zone file; none if it has none."),
    ] = None,
    child: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="The file of a delegated zone, or a folder of such, to compare; repeatable."),
    ] = None,
    published: Annotated[
        str | None, typer.Option(metavar="TIME", help="Since when the keys of the previous version are published.")
    ] = None,
    ds_published: Annotated[
        str | None, typer.Option(metavar="TIME", help="Since when the parent has these DS records.")
    ] = None,
    propagation: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Until every secondary has a version: SOA refresh + retry.")
    ] = None,
    parent_propagation: Annotated[
        str | None, typer.Option(metavar="DURATION", help="The same for the servers of the parent, by default 1h.")
    ] = None,
    ds_ttl: Annotated[
        str | None, typer.Option(metavar="DURATION", help="The TTL of the DS records, by default 1d.")
    ] = None,
    trust_anchors: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Trust anchors of validators: BIND, Unbound, IANA's XML, DNSKEY, DS lines."),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME",
            help="The reference time: ISO 8601 (UTC), YYYYMMDDHHMMSS, @SECONDS, now, or +3d; repeatable.",
        ),
    ] = None,
    horizon: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Warn of signatures that expire within it; 3d, or as the profile says."),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Judge as a profile does: strict, tld, signer-input, ...")
    ] = None,
    symptom: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Run the rules behind a symptom (servfail, ...) and say which cause holds."),
    ] = None,
    select: Annotated[
        list[str] | None, typer.Option(metavar="RULES", help=f"Run only these. {SELECTION}")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="RULES", help=f"Leave these out. {SELECTION}")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Do not report the findings that this file holds.")
    ] = None,
    write_baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write all findings to this file, and accept them.")
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(metavar="error|warning|notice", help="End with status 1 from this severity on; error."),
    ] = None,
    max_added: Annotated[str | None, typer.Option(metavar="N|P%", help=LIMIT_HELP.format("added"))] = None,
    max_removed: Annotated[str | None, typer.Option(metavar="N|P%", help=LIMIT_HELP.format("removed"))] = None,
    max_changed: Annotated[str | None, typer.Option(metavar="N|P%", help=LIMIT_HELP.format("changed"))] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT[:FILE]",
            help="full (the default), concise, json, jsonl, sarif, github, github-summary, gitlab, junit, checkstyle, "
            "prometheus or nagios; with a file for each further one; repeatable.",
        ),
    ] = None,
    jobs: Annotated[
        str | None,
        typer.Option("--jobs", "-j", metavar="N", help="Processes for a large file; one per core."),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep what earlier runs have verified.")
    ] = False,
    allow_include: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR", help="Also allow $INCLUDE from this folder; repeatable."),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The configuration file, in place of the zonelint.yaml nearest to the zone."),
    ] = None,
    no_config: Annotated[bool, typer.Option("--no-config", help="Read no configuration file.")] = False,
    color: Annotated[
        str, typer.Option(metavar="auto|always|never", help="Colour; auto heeds NO_COLOR and TERM=dumb.")
    ] = "auto",
    every: Annotated[bool, typer.Option("--all", help="List all repeats of a rule.")] = False,
    show_suppressed: Annotated[
        bool, typer.Option("--show-suppressed", help="List what is suppressed, and why.")
    ] = False,
    forecast: Annotated[
        bool, typer.Option("--forecast", help="Show when signatures expire, answer sizes, old validators' view.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print findings and failures only.")] = False,
) -> None:
    """Check zone files: syntax, structure, serial, signatures, keys, DS, denial of existence.

    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 something could not be judged.
    """
    from zonelint import catalogue
    from zonelint.findings import Severity
    from zonelint.report import FORMATS, ReportOptions, writer
    from zonelint.times import BadTime, parse_duration, parse_time, reference_now

    paths = paths or []
    if not paths and revision is None:
        fail("check: no PATH given; - reads standard input")
    if revision is not None and "-" in paths:
        fail("--revision: - is standard input, which is in no revision")
    _refuse_empty(paths, origin=origin, previous=previous, since=since, revision=revision, keys=keys, ds=ds,
                  allow_include=allow_include, child=child, trust_anchors=trust_anchors, config=config,
                  baseline=baseline, write_baseline=write_baseline)  # fmt: skip
    if previous and since:
        fail("--previous and --since exclude each other")
    if [*paths, previous].count("-") > 1:
        fail("- is standard input, which can be read only once")
    targets = targets_of(formats or ["full"], FORMATS)
    if fail_on is not None:
        choose("--fail-on", fail_on, reversed(Severity.__members__))
    choose("--color", color, COLOR_MODES)
    if jobs is not None and not (jobs.isascii() and jobs.isdigit() and 0 < int(jobs) < 1025):
        fail(f"--jobs: {jobs!r} is not a number from 1 to 1024")
    try:
        now = reference_now(os.environ, time.time())
        moments = tuple(dict.fromkeys(parse_time(text, now) for text in at or ["now"]))
        seconds = None if horizon is None else parse_duration(horizon)
        dates = [None if text is None else parse_time(text, now) for text in (published, ds_published)]
        delays = [
            None if text is None else parse_duration(text) for text in (propagation, parent_propagation, ds_ttl)
        ]
        selected = None if select is None else catalogue.resolve(words(select))
        ignored = catalogue.resolve(words(ignore or []))
    except (BadTime, catalogue.UnknownRule) as fault:
        fail(str(fault))
    if dates[0] is not None and dates[0] > min(moments):
        fail("--published: the previous version cannot be out only after the reference time (--at)")
    behind = _symptom(symptom)
    if behind is not None:
        if selected is not None:
            fail("--select and --symptom exclude each other")
        selected = behind.rules
    policy = _profile(profile)
    if selected is not None and not selected - ignored:
        # a variable that is empty by mistake must not pass for a clean zone
        fail("--select and --ignore leave no rule to check")
    limits = {"--max-added": max_added, "--max-removed": max_removed, "--max-changed": max_changed}

    from zonelint import checks, engine

    if selected is not None and not selected & checks.RULES:
        fail("--select: check runs none of these rules; others are for zonelint rollover and zonelint keys")
    options = engine.CheckOptions(
        at=moments,
        origin=origin,
        previous=previous,
        since=since,
        revision=revision,
        require_previous=require_previous,
        keys=keys,
        ds=ds,
        published=dates[0],
        ds_published=dates[1],
        propagation=delays[0],
        parent_propagation=delays[1],
        ds_ttl=delays[2],
        trust_anchors=trust_anchors,
        children=tuple(child or ()),
        allow_include=tuple(allow_include or ()),
        horizon=engine.HORIZON if seconds is None else seconds,
        select=selected,
        ignore=ignored,
        fail_on=Severity[fail_on or "error"],
        jobs=None if jobs is None else int(jobs),
        cache=None if no_cache else _cache_directory,
        baseline=baseline,
        accept=write_baseline is not None,
        limits=tuple(read_limit(name, text) for name, text in limits.items() if text is not None),
        environ=os.environ,
    )
    given = engine.Given(
        profile=policy,
        horizon=seconds,
        fail_on=None if fail_on is None else options.fail_on,
        named=named_alone(words(select or [])),
        file=configuration_file(config, no_config),
        no_file=no_config,
    )
    old = earlier(write_baseline, baseline) if write_baseline else []
    try:
        report = _check(paths, options, given)
    except engine.UsageError as fault:
        fail(str(fault))
    if write_baseline:
        write(write_baseline, report, old)
    if all(target for _, target in targets):
        # with every report in a file, the reason for status 2 must still reach whoever looks
        for failure in report.failures:
            complain(failure)
    for remark in report.remarks:
        complain(remark)
    shown = ReportOptions(every=every, quiet=quiet, forecast=forecast, suppressed=show_suppressed)
    # a file that cannot be written must not cost the report that can be
    for name, target in sorted(targets, key=lambda each: each[1] != ""):
        if target:
            save(target, writer(name)(report, shown))
        else:
            painted = wants_color(color, sys.stdout, os.environ)
            emit(writer(name)(report, replace(shown, color=painted, width=width())))
    if behind is not None:
        _say_cause(behind, report, [name for name, target in targets if not target])
    raise typer.Exit(report.exit_status)


def _symptom(name: str | None) -> Symptom | None:
    """Give the symptom that was named; fails for a name there is none of."""
    if name is None:
        return None
    from zonelint import symptoms

    if not symptoms.is_known(name):
        fail(f"--symptom: {name!r} is none of {', '.join(symptoms.names())}")
    return symptoms.symptom(name)


def _say_cause(symptom: Symptom, report: Report, formats: list[str]) -> None:
    """Say which cause holds: below a report for people, on standard error beside one for machines."""
    from zonelint.report.symptoms import verdict

    text = verdict(symptom, report)
    if formats == ["full"]:
        emit(f"\n{text}")
    else:
        for line in text.splitlines():
            complain(line)


def _profile(name: str | None) -> Profile | None:
    """Give the profile that was named; fails for a name there is none of."""
    if name is None:
        return None
    from zonelint import profiles

    try:
        return profiles.profile(name)
    except profiles.UnknownProfile as fault:
        fail(str(fault))


def _check(paths: list[str], options: CheckOptions, given: Given) -> Report:
    from zonelint import engine

    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return engine.check(paths, options, engine.OptionsFor(options, given))
    from zonelint.cli.progress import ProgressLine

    with ProgressLine(sys.stderr) as line:
        options = replace(options, tell=line)
        return engine.check(paths, options, engine.OptionsFor(options, given))


def _cache_directory() -> str:
    from zonelint.engine.cache import directory

    return directory(os.environ)


def _refuse_empty(paths: list[str], **options: str | list[str] | None) -> None:
    """Fail for an empty value: a variable that is not set must not stand for the root zone or this folder."""
    if "" in paths:
        fail("check: a PATH is empty")
    for name, value in options.items():
        if "" in ([value] if isinstance(value, str) else value or ()):
            fail(f"--{name.replace('_', '-')}: the value is empty")


def words(values: list[str]) -> list[str]:
    """Split the values of an option at commas."""
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def targets_of(values: list[str], known: dict[str, str]) -> list[tuple[str, str]]:
    """Split each `FORMAT[:FILE]`; an empty file is standard output, which takes one format only."""
    targets = []
    for value in values:
        name, _, target = value.partition(":")
        choose("--format", name, known)
        targets.append((name, "" if target == "-" else target))
    if sum(1 for _, target in targets if not target) > 1:
        fail("--format: only one format can go to standard output; give the others a file, as in json:FILE")
    return targets
