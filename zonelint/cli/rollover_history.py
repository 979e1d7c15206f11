"""`zonelint rollover history`: what the versions in a repository did, judged one by one, and as a timetable."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from zonelint.cli.output import choose, complain, fail
from zonelint.cli.rollover_commands import (
    TIMETABLES,
    AllowInclude,
    Anchored,
    At,
    Color,
    Origin,
    Remind,
    Tz,
    Validators,
    Width,
    look_of,
    now_of,
)  # fmt: skip
from zonelint.cli.rollover_numbers import with_numbers
from zonelint.cli.rollover_output import (
    Look,
    Planned,
    Target,
    columns_of,
    put,
    refuse_empty,
    say,
    targets,
    text_of,
    write_plan,
)  # fmt: skip
from zonelint.cli.rollover_work import located, moment, proved, seconds_of
from zonelint.findings import Severity
from zonelint.times import to_text

if TYPE_CHECKING:
    from zonelint.engine.archive import Archive, Wanted
    from zonelint.keys.dsfiles import DsRecord
    from zonelint.report.history import Telling

NUMBERS = (
    "zone-propagation", "parent-propagation", "ds-ttl", "ds-negative-ttl", "clock-skew", "hold-down", "serve-stale",
    "forwarders",
)  # fmt: skip
"""The inputs that the versions do not show."""


@dataclass(frozen=True, slots=True)
class Told:
    """What options say of the history as a whole."""

    ds: tuple[str, ...]
    numbers: dict[str, str]
    anchored: bool
    complete: bool | None
    until: int | None


@with_numbers(NUMBERS)
def history(
    repo: Annotated[
        str | None, typer.Argument(metavar="REPO", help="A git repository, or a folder with a file for each version.")
    ] = None,
    path: Annotated[str | None, typer.Argument(metavar="[PATH]", help="The zone file in the repository.")] = None,
    revision: Annotated[
        str, typer.Option("--branch", "--rev", metavar="REV", help="The branch, or the last commit, to look at.")
    ] = "HEAD",
    origin: Origin = None,
    ds: Annotated[
        list[str] | None,
        typer.Option(
            "--ds", metavar="FILE[@TIME]", help="The DS records of the parent, from a time on; none; repeatable."
        ),
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Begin with the version of this time.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="End here; the last version before was there until then.")
    ] = None,
    times: Annotated[
        str | None,
        typer.Option(
            "--time", metavar="committer|author|inception|mtime", help="What tells when a version was published."
        ),
    ] = None,
    complete: Annotated[
        bool | None,
        typer.Option("--complete/--gaps", help="Whether every version is there; by default in git, not in a folder."),
    ] = None,
    files: Annotated[
        bool, typer.Option("--files", help="Take the files of the folder for versions, also in a repository.")
    ] = False,
    anchored: Anchored = False,
    allow_include: AllowInclude = None,
    at: At = "now",
    validators: Validators = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT[:FILE]", help=f"{', '.join(TIMETABLES)} or json; repeatable."),
    ] = None,
    remind: Remind = None,
    tz: Tz = "UTC",
    width: Width = None,
    color: Color = "auto",
    *,
    numbers: dict[str, str],
) -> None:
    """Replay the versions of a zone: who had which keys and signed when, whether each change was safe, the timetable.

    A commit, or a file of a folder, is taken for a version that was published at its time.

    Exit status: 0 safe, 1 some resolver failed, 2 usage or input.
    """
    refuse_empty({"REPO": repo, "PATH": path, "--rev": revision, "--origin": origin, "--ds": ds,
                  "--allow-include": allow_include})  # fmt: skip
    if not repo:
        fail("history: no REPO given: a git repository, or a folder with a file for each version")
    from zonelint.engine.archive import TIMES, Wanted

    if times is not None:
        choose("--time", times, TIMES)
    chosen = targets(formats or ["table"], (*TIMETABLES, "json"))
    now = now_of(at)
    look = look_of(now, tz, width, color, remind, validators)
    end = moment("--until", until, now)
    wanted = Wanted(
        repo, path, revision, origin, times, moment("--since", since, now), end, tuple(allow_include or ()), files
    )
    told = Told(tuple(ds or ()), numbers, anchored, complete, end)
    raise typer.Exit(_run(_read(wanted), told, chosen, look, now))


def _read(wanted: Wanted) -> Archive:
    """Read the versions, with progress on a terminal; fails where there are none."""
    from zonelint.engine import UsageError
    from zonelint.engine.archive import read_archive

    try:
        if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            return read_archive(wanted)
        from zonelint.cli.progress import ProgressLine

        with ProgressLine(sys.stderr) as line:
            return read_archive(wanted, line)
    except UsageError as fault:
        fail(str(fault))


def _run(archive: Archive, told: Told, chosen: Sequence[Target], look: Look, now: int) -> int:
    """Replay, prove, judge and write; gives the exit status."""
    from zonelint.report.history import Telling
    from zonelint.rollover.history.judge import judge
    from zonelint.rollover.history.replay import replay
    from zonelint.rollover.prove import is_safe, select
    from zonelint.source.text import Octets

    given = seconds_of(told.numbers)
    zone = archive.published[0].version.seen.zone
    ds, ttl = _ds(told.ds, zone, now)
    if ttl is not None and "ds-ttl" not in given:
        given["ds-ttl"] = ttl
    complete = archive.is_complete if told.complete is None else told.complete
    story = replay(archive.published, ds, given, anchored=told.anchored, end=told.until, complete=complete)
    planned = proved(story.plan)
    counted = select(planned.proof, look.validators)
    judged = judge(story, counted)
    findings = located([each.finding for each in judged], zone, Octets("", b""))
    if story.good_until is not None and story.end < story.good_until < now:
        story.unjudged.append(
            f"signatures: those of the last version expired at {to_text(story.good_until)}, and no later version is "
            "here (--until TIME judges until then)"
        )
    telling = Telling(archive.name, story, judged, findings, story.unjudged, archive.notes)
    for target in chosen:
        _write(target, telling, planned, look)
    if all(target.file or target.name not in ("table", "json") for target in chosen):
        for sentence in (*archive.notes, *(f"not run: {each}" for each in story.unjudged)):
            complain(sentence)
        say(findings)
    # a rule about validators that few people run is no error, and a window all the same, as for `prove`
    return 1 if not is_safe(counted) or any(found.severity == Severity.error for found in findings) else 0


def _write(target: Target, telling: Telling, planned: Planned, look: Look) -> None:
    """Write one format; those with room for it tell the history besides the timetable."""
    if target.name == "json":
        from zonelint.report import plan_json
        from zonelint.report.history import to_json

        put(target, plan_json.write(planned.plan, planned.proof, planned.sizes, to_json(telling)))
        return
    if target.name == "table":
        from zonelint.report.history import write

        put(target, f"{write(telling, look.tz, columns_of(look))}\n{text_of(target, planned, look)}")
    else:
        write_plan(target, planned, look)


def _ds(values: Sequence[str], zone: str, now: int) -> tuple[list[tuple[int, list[DsRecord]]] | None, int | None]:
    """Read each `--ds FILE[@TIME]`: the records with the time from which on they were there, and the largest TTL."""
    from zonelint.rollover.measure import NO_DS, MeasureError, read_ds
    from zonelint.rollover.timeline import BEGINNING
    from zonelint.source.text import Unreadable

    if not values:
        return None, None
    found: list[tuple[int, list[DsRecord]]] = []
    ttls = []
    for value in values:
        file, at, when = value.rpartition("@")
        if not at or os.path.exists(value):
            file, when = value, ""
        since = moment(f"--ds {file}", when, now) if when else BEGINNING
        try:
            records, ttl = ([], None) if file == NO_DS else read_ds(file, zone)
        except (MeasureError, Unreadable) as fault:
            fail(f"--ds: {fault}")
        found.append((BEGINNING if since is None else since, records))
        ttls += [] if ttl is None else [ttl.value]
    found.sort(key=lambda each: each[0])
    if found[0][0] != BEGINNING:
        fail("--ds: say also what the parent had at first, without a time: --ds FILE, or --ds none")
    if len({at for at, _ in found}) < len(found):
        fail("--ds: two sets of DS records for one time")
    return found, max(ttls, default=None)
