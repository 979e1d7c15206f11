"""The commands of `zonelint rollover`: options in, timetable or findings out."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from zonelint.cli.lean import LeanCommand, LeanGroup
from zonelint.cli.output import COLOR_MODES, choose, emit, fail
from zonelint.cli.rollover_numbers import PROVER, with_numbers
from zonelint.cli.rollover_output import PLAN_JSON, REPORTS, Look, columns, refuse_empty, targets, time_zone

CLASSES = ("lenient", "strict-ds", "strict-dnskey")
"""The classes of validators, as `zonelint.rollover.prove.Validator` has them."""

TIMETABLES = ("table", "markdown", "csv", "ical", "svg", "html", "mermaid", "prometheus")

Zone = Annotated[str | None, typer.Option("--zone", metavar="FILE", help="The zone as it is published now.")]
Origin = Annotated[str | None, typer.Option(metavar="NAME", help="The zone's name; by default taken from the file.")]
Keys = Annotated[str | None, typer.Option("--keys", metavar="DIR", help="The folder of the key files.")]
Ds = Annotated[
    str | None, typer.Option("--ds", metavar="FILE", help="The DS records at the parent; none if it has none.")
]
Policy = Annotated[
    str | None,
    typer.Option("--policy", metavar="FILE", help="named.conf, kasp.xml, knot.conf or a policy of our own."),
]
PolicyName = Annotated[str | None, typer.Option(metavar="NAME", help="Which policy of the file.")]
WasTtl = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=TTL@TIME|git",
        help="An earlier, larger TTL of dnskey, data or ds; git: those of the file's history; repeatable.",
    ),
]
Lifetime = Annotated[
    list[str] | None,
    typer.Option(metavar="ROLE=DURATION", help="How long a ksk, zsk or csk is used; repeatable."),
]
Anchored = Annotated[bool, typer.Option("--anchored", help="Resolvers trust the zone's keys by RFC 5011.")]
NotRenewed = Annotated[
    str | None,
    typer.Option(
        metavar="dnskey|data|all", help="Signatures that only the steps renew: till then they expire as the zone says."
    ),
]
AllowInclude = Annotated[
    list[str] | None, typer.Option(metavar="DIR", help="Also allow $INCLUDE from this folder; repeatable.")
]
At = Annotated[str, typer.Option("--at", metavar="TIME", help="What counts as now: ISO 8601 (UTC), @SECONDS, +3d.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Look no further than this.")]
Due = Annotated[str | None, typer.Option(metavar="DURATION", help="Also count what is due within it, as 7d.")]
Tz = Annotated[str, typer.Option("--tz", metavar="NAME", help="The time zone of times for people.")]
Width = Annotated[str | None, typer.Option("--width", metavar="COLUMNS", help="The width of tables and reports.")]
Color = Annotated[str, typer.Option(metavar="auto|always|never", help="Colour; auto heeds NO_COLOR.")]
Validators = Annotated[
    str | None,
    typer.Option(
        "--validators",
        metavar="CLASS,...",
        help=f"The classes whose windows count, of {', '.join(CLASSES)}; by default all. The others are shown only.",
    ),
]
Remind = Annotated[
    list[str] | None, typer.Option(metavar="DURATION", help="How long before a step a calendar calls; repeatable.")
]
Every = Annotated[bool, typer.Option("--all", help="List all repeats of a rule.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print findings and failures only.")]


def commands() -> Mapping[str, Any]:
    """Give the commands by name, ready to run."""
    from zonelint.cli.rollover_history import history

    app = typer.Typer(cls=LeanGroup, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})
    for command in (methods, plan, prove, keys, when, history):
        app.command(command.__name__, cls=LeanCommand)(command)
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def methods(layout: Annotated[str, typer.Option("--format", metavar="text|json", help="The format.")] = "text") -> None:
    """List the rollovers that can be planned."""
    from zonelint.cli.rollover_work import list_methods

    emit(list_methods(choose("--format", layout, ("text", "json"))))


@with_numbers()
def plan(
    wanted: Annotated[
        list[str] | None, typer.Argument(metavar="METHOD[@TIME]", help="What `zonelint rollover methods` lists.")
    ] = None,
    zone: Zone = None,
    origin: Origin = None,
    keys: Keys = None,
    ds: Ds = None,
    policy: Policy = None,
    policy_name: PolicyName = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="TIME", help="When the first step may happen; by default soon.")
    ] = None,
    until: Until = None,
    at: At = "now",
    algorithm: Annotated[str | None, typer.Option(metavar="NAME", help="That of the new key.")] = None,
    old: Annotated[str | None, typer.Option(metavar="KEY", help="The key to be replaced, by id or tag.")] = None,
    new: Annotated[str | None, typer.Option(metavar="KEYFILE", help="The new key, where it is made already.")] = None,
    lifetime: Lifetime = None,
    was_ttl: WasTtl = None,
    anchored: Anchored = False,
    not_renewed: NotRenewed = None,
    allow_include: AllowInclude = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT[:FILE]", help=f"{', '.join(TIMETABLES)} or json; repeatable."),
    ] = None,
    diff: Annotated[
        str | None, typer.Option("--diff", metavar="OLD.json", help="Say what moved since an earlier plan.")
    ] = None,
    due: Due = None,
    validators: Validators = None,
    remind: Remind = None,
    tz: Tz = "UTC",
    width: Width = None,
    color: Color = "auto",
    *,
    numbers: dict[str, str],
) -> None:
    """Plan rollovers from the zone as it is, prove the plan, print the timetable.

    No step has happened yet: one before now, or after its deadline (signatures, end of a lifetime), is overdue.

    Exit status: 0 safe, 1 the plan has a window or an action is overdue (or due, with --due), 2 usage or input.
    """
    from zonelint.cli import rollover_work as work

    refuse_empty({
        "--zone": zone, "--origin": origin, "--keys": keys, "--ds": ds, "--policy": policy, "--diff": diff,
        "--old": old, "--new": new, "--policy-name": policy_name, "--allow-include": allow_include, "METHOD": wanted,
    })  # fmt: skip
    if not wanted:
        fail("plan: no METHOD given; `zonelint rollover methods` lists them")
    if zone is None:
        fail("plan: --zone FILE is missing: the plan starts from the zone as it is published")
    chosen = targets(formats or ([] if diff else ["table"]), (*TIMETABLES, "json"))
    if diff and any(not target.file for target in chosen):
        fail("--diff writes to standard output: give each --format a file, as in html:FILE")
    moment = now_of(at)
    look = look_of(moment, tz, width, color, remind, validators)
    facts = work.Facts(
        zone, origin, keys, ds, policy, policy_name, anchored, _unrenewed(not_renewed), tuple(allow_include or ()),
        tuple(was_ttl or ()), tuple(lifetime or ()), numbers,
    )  # fmt: skip
    request = work.Wanted(tuple(wanted), start, until, old, new, algorithm)
    raise typer.Exit(work.plan(facts, request, chosen, look, diff=diff, due=due))


@with_numbers(PROVER)
def prove(
    path: Annotated[
        str | None, typer.Argument(metavar="PLAN", help="A plan in JSON, a timetable in YAML, or -.")
    ] = None,
    at: At = "now",
    due: Due = None,
    validators: Validators = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT[:FILE]",
            help=f"full, concise or json for findings; {', '.join(TIMETABLES)}; plan for the plan in JSON; repeatable.",
        ),
    ] = None,
    remind: Remind = None,
    tz: Tz = "UTC",
    width: Width = None,
    color: Color = "auto",
    every: Every = False,
    quiet: Quiet = False,
    *,
    numbers: dict[str, str],
) -> None:
    """Prove a plan, or a timetable written by hand: that no legal content of any cache makes a resolver fail.

    The plan says itself what is published at its start, and with which TTLs; no zone is read. Steps before now are
    taken as done at their dates; one is overdue if it comes after its own deadline (not_after).

    Exit status: 0 safe, 1 the plan has a window or an action is overdue (or due, with --due), 2 usage or input.
    """
    from zonelint.cli import rollover_work as work

    if not path:
        fail("prove: no PLAN given; - reads standard input")
    chosen = targets(formats or ["full"], (*REPORTS, *TIMETABLES, PLAN_JSON))
    look = look_of(now_of(at), tz, width, color, remind, validators, every, quiet)
    raise typer.Exit(work.prove(path, numbers, chosen, look, due=due))


@with_numbers()
def keys(
    directory: Annotated[
        str | None, typer.Argument(metavar="DIR", help="A folder of key files (K*.key, .state).")
    ] = None,
    zone: Zone = None,
    origin: Origin = None,
    ds: Ds = None,
    policy: Policy = None,
    policy_name: PolicyName = None,
    at: At = "now",
    until: Until = None,
    due: Due = None,
    validators: Validators = None,
    lifetime: Lifetime = None,
    was_ttl: WasTtl = None,
    not_renewed: NotRenewed = None,
    allow_include: AllowInclude = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT[:FILE]",
            help=f"full, concise or json for findings; {', '.join(TIMETABLES)}; plan for the plan in JSON; repeatable.",
        ),
    ] = None,
    remind: Remind = None,
    tz: Tz = "UTC",
    width: Width = None,
    color: Color = "auto",
    every: Every = False,
    quiet: Quiet = False,
    *,
    numbers: dict[str, str],
) -> None:
    """Prove what a folder of key files says will happen, by timing metadata and state, and tell what comes next.

    Exit status: 0 safe, 1 there are errors or an action is due (--due), 2 usage or input.
    """
    from zonelint.cli import rollover_work as work

    refuse_empty({"--zone": zone, "--origin": origin, "--ds": ds, "--policy": policy, "--policy-name": policy_name})
    if not directory:
        fail("keys: no DIR given")
    if zone is None and (ds or origin or was_ttl or not_renewed):
        fail("keys: --ds, --origin, --was-ttl and --not-renewed go with --zone")
    chosen = targets(formats or ["full"], (*REPORTS, *TIMETABLES, PLAN_JSON))
    look = look_of(now_of(at), tz, width, color, remind, validators, every, quiet)
    facts = work.Facts(
        zone, origin, directory, ds, policy, policy_name, False, _unrenewed(not_renewed), tuple(allow_include or ()),
        tuple(was_ttl or ()), tuple(lifetime or ()), numbers,
    )  # fmt: skip
    raise typer.Exit(work.keys(directory, facts, until, chosen, look, due=due))


@with_numbers()
def when(
    what: Annotated[str | None, typer.Argument(metavar="STEP", help="remove-ds, remove-key, submit-ds, ...")] = None,
    zone: Zone = None,
    origin: Origin = None,
    keys: Keys = None,
    ds: Ds = None,
    policy: Policy = None,
    policy_name: PolicyName = None,
    key: Annotated[str | None, typer.Option("--key", metavar="KEY", help="The key in question, by id or tag.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="When the step before was done; else from the key files.")
    ] = None,
    at: At = "now",
    was_ttl: WasTtl = None,
    allow_include: AllowInclude = None,
    *,
    numbers: dict[str, str],
) -> None:
    """Tell when one step is safe, with the formula: status 0 when that is now, 1 when it is later, 2 usage or input."""
    from zonelint.cli import rollover_work as work

    refuse_empty({"--zone": zone, "--origin": origin, "--keys": keys, "--ds": ds, "--policy": policy, "--key": key})
    if not what:
        fail("when: no STEP given")
    if zone is None:
        fail("when: --zone FILE is missing: its TTLs are what counts")
    facts = work.Facts(
        zone, origin, keys, ds, policy, policy_name, False, (), tuple(allow_include or ()), tuple(was_ttl or ()), (),
        numbers,
    )  # fmt: skip
    raise typer.Exit(work.when(what, facts, key, since, now_of(at)))


def _unrenewed(what: str | None) -> tuple[str, ...]:
    if what is None:
        return ()
    choose("--not-renewed", what, ("dnskey", "data", "all"))
    return ("dnskey", "data") if what == "all" else (what,)


def _validators(text: str | None) -> tuple[str, ...]:
    """Read `--validators`; without it all classes count."""
    names = CLASSES if text is None else tuple(dict.fromkeys(text.split(",")))
    for name in names:
        choose("--validators", name, CLASSES)
    return names


def now_of(at: str) -> int:
    """Read `--at`."""
    from zonelint.times import BadTime, parse_time, reference_now

    try:
        return parse_time(at, reference_now(os.environ, time.time()))
    except BadTime as fault:
        fail(f"--at: {fault}")


def look_of(
    now: int,
    tz: str,
    width: str | None,
    color: str,
    remind: list[str] | None,
    validators: str | None,
    every: bool = False,
    quiet: bool = False,
) -> Look:
    """Gather the options about how output is to look."""
    from zonelint.times import BadTime, parse_duration

    choose("--color", color, COLOR_MODES)
    try:
        reminders = tuple(parse_duration(text) for text in remind or ())
    except BadTime as fault:
        fail(f"--remind: {fault}")
    return Look(time_zone(tz), columns(width), color, now, reminders, every, quiet, _validators(validators))
