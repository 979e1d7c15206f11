"""The command line: what reaches the engine, what comes out, and which status the process ends with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from zonelint import __version__, catalogue, engine
from zonelint.cli import main
from zonelint.cli.output import wants_color
from zonelint.findings import Finding, Located, Location, Report, Severity, ZoneReport

NOW = 1781481600  # 2026-06-15T00:00:00Z


class Recorder:
    """Stands in for the engine: keeps what it was asked, gives a report that was made before."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.options: engine.CheckOptions | None = None
        self.report = Report((NOW,))
        self.fault: BaseException | None = None

    def __call__(
        self, paths: Sequence[str], options: engine.CheckOptions, options_for: engine.OptionsFor
    ) -> Report:
        self.paths, self.options = list(paths), options
        if self.fault:
            raise self.fault
        return self.report

    @property
    def asked(self) -> engine.CheckOptions:
        """Give the options of the last run."""
        assert self.options is not None
        return self.options


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Replace the engine's check, and the clock."""
    recorder = Recorder()
    monkeypatch.setattr(engine, "check", recorder)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW))
    monkeypatch.delenv("COLUMNS", raising=False)
    return recorder


def a_finding() -> ZoneReport:
    """Give a zone with one warning."""
    place = Location("db.x", 2, 1, 2, 2, "@ SOA")
    found = Located(Finding("soa-minimum-too-long", "too long"), "x.", Severity.warning, place)
    return ZoneReport("db.x", "x.", "option", findings=[found])


def process(*arguments: str | Path, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the real program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "zonelint", *arguments],
        input=stdin,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_defaults(asked: Recorder) -> None:
    assert main(["check", "db.x"]) == 0
    assert asked.paths == ["db.x"]
    assert asked.asked.cache is not None
    assert asked.asked.cache() == os.environ["ZONELINT_CACHE_DIR"]
    assert replace(asked.asked, cache=None) == engine.CheckOptions(at=(NOW,))


def test_every_option_reaches_the_engine(asked: Recorder) -> None:
    options = (
        "--origin x.test --previous old --keys k --ds d --at 2026-06-15 --at +3d --at=-2h --at now "
        "--horizon 1h30m --select SIG103,rrsig-not-yet-valid --select SOA --ignore soa-rname-at-sign "
        "--fail-on notice -j 3 --allow-include /srv/a --allow-include /srv/b --no-config --no-cache"
    ).split()
    # what follows -- is a path, whatever it looks like
    assert main(["check", *options, "a", "-", "--", "-b", "--origin"]) == 0
    assert asked.paths == ["a", "-", "-b", "--origin"]
    assert asked.asked == engine.CheckOptions(
        at=(NOW, NOW + 259200, NOW - 7200),
        origin="x.test",
        previous="old",
        keys="k",
        ds="d",
        allow_include=("/srv/a", "/srv/b"),
        horizon=5400,
        select=catalogue.resolve(["soa", "SIG103", "SIG104"]),
        ignore=frozenset({"soa-rname-at-sign"}),
        fail_on=Severity.notice,
        jobs=3,
    )


def test_since(asked: Recorder) -> None:
    assert main(["check", "x", "--since", "HEAD~1"]) == 0
    assert asked.asked.since == "HEAD~1"
    assert main(["check", "x", "--since", "none", "--require-previous"]) == 0
    assert (asked.asked.since, asked.asked.require_previous) == ("none", True)


@pytest.mark.parametrize("status", [0, 1, 2])
def test_the_status_is_the_reports(asked: Recorder, status: int) -> None:
    asked.report.exit_status = status
    assert main(["check", "db.x"]) == status


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("check", "check: no PATH given; - reads standard input"),
        ("check x --select rrsig-expird", "unknown rule 'rrsig-expird': did you mean 'rrsig-expired'?"),
        ("check x --ignore SIG,nothing", "unknown rule 'nothing': `zonelint rules` lists them"),
        ("check x --select ,", "--select and --ignore leave no rule to check"),
        ("check x --select SIG --ignore signatures", "--select and --ignore leave no rule to check"),
        ("check x --at soon", "'soon' is not a time (unknown form): write "),
        ("check x --horizon soon", "'soon' is not a duration: write 3d, 36h or 1h30m"),
        ("check x --horizon -3d", "'-3d' is not a duration: write 3d, 36h or 1h30m"),
        ("check x --fail-on fatal", "--fail-on: 'fatal' is none of error, warning, notice"),
        ("check x --color red", "--color: 'red' is none of auto, always, never"),
        ("check x --format yaml", "--format: 'yaml' is none of full, concise, json, jsonl, sarif, "),
        ("check x --format full --format json", "--format: only one format can go to standard output"),
        ("check x --format full --format json:-", "--format: only one format can go to standard output"),
        ("check x --jobs 0", "--jobs: '0' is not a number from 1 to 1024"),
        ("check x --jobs two", "--jobs: 'two' is not a number from 1 to 1024"),
        ("check x --previous a --since b", "--previous and --since exclude each other"),
        ("rules nothing", "unknown rule 'nothing': `zonelint rules` lists them"),
        ("rules --format full", "--format: 'full' is none of text, json, md"),
        ("explain", "explain: no RULE given; `zonelint rules` lists them"),
        ("explain SIG0103", "unknown rule 'SIG0103': did you mean 'SIG103'?"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(
    asked: Recorder, capsys: pytest.CaptureFixture[str], arguments: str, complaint: str
) -> None:
    assert main(arguments.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"zonelint: {complaint}")
    assert err.count("\n") == 1
    assert asked.options is None


@pytest.mark.parametrize("arguments", [["check", "x", "--bogus"], ["bogus"], ["check", "x", "--origin"]])
def test_unknown_commands_and_options(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Error: " in err


def test_a_bad_source_date_epoch(
    asked: Recorder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert main(["check", "x"]) == 2
    assert "SOURCE_DATE_EPOCH" in capsys.readouterr().err
    assert asked.options is None


def test_usage_errors_of_the_engine(asked: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    asked.fault = engine.UsageError("no such revision: x\x1b[31m\nsecond line")
    assert main(["check", "x"]) == 2
    assert capsys.readouterr() == ("", "zonelint: no such revision: x␛[31m␊second line\n")


def test_an_unforeseen_fault(
    asked: Recorder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.fault = ZeroDivisionError("by\nzero")
    assert main(["check", "x"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "zonelint: internal error: ZeroDivisionError: by␊zero "
        "(please report; ZONELINT_TRACEBACK=1 shows where)\n"
    )
    monkeypatch.setenv("ZONELINT_TRACEBACK", "1")
    assert main(["check", "x"]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_damaged_catalogue(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def damaged() -> Path:
        raise catalogue.CatalogueError("x.yaml: missing field id")

    monkeypatch.setattr(catalogue, "rules", damaged)
    assert main(["rules"]) == 2
    assert capsys.readouterr() == ("", "zonelint: x.yaml: missing field id\n")


def test_an_interrupt_is_not_a_verdict(asked: Recorder) -> None:
    asked.fault = KeyboardInterrupt()
    assert main(["check", "x"]) == 130


def test_several_formats(asked: Recorder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked.report.zones.append(a_finding())
    target = tmp_path / "out.json"
    assert main(["check", "x", "--format", "concise", "--format", f"json:{target}"]) == 0
    assert capsys.readouterr().out == "db.x:2:1: warning[soa-minimum-too-long] too long\n"
    assert json.loads(target.read_text())["summary"]["warning"] == 1


def test_a_format_with_a_file_only(
    asked: Recorder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "a:b.json"
    assert main(["check", "x", "--format", f"json:{target}", "--color", "always"]) == 0
    assert capsys.readouterr() == ("", "")
    assert json.loads(target.read_text())["version"] == 1


def test_a_file_that_cannot_be_written(
    asked: Recorder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "x", "--format", f"json:{tmp_path}"]) == 2
    assert capsys.readouterr() == ("", f"zonelint: {tmp_path}: cannot write the report: Is a directory\n")


def test_all_and_quiet(asked: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    zone = a_finding()
    zone.findings *= 5
    asked.report.zones.append(zone)
    assert main(["check", "x"]) == 0
    text = capsys.readouterr().out
    assert (text.count("warning[soa-minimum-too-long]"), "5 warnings" in text) == (3, True)
    assert main(["check", "x", "--all", "-q"]) == 0
    text = capsys.readouterr().out
    assert (text.count("warning[soa-minimum-too-long]"), "5 warnings" in text) == (5, False)


def test_width_follows_columns(
    asked: Recorder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.report.zones.append(a_finding())
    asked.report.zones[0].findings[:] = [
        Located(found.finding, "x.", found.severity, Location("db.x", 2, 1, 2, 2, "@ SOA" + " x" * 200))
        for found in asked.report.zones[0].findings
    ]
    for size in (60, 90):
        monkeypatch.setenv("COLUMNS", str(size))
        assert main(["check", "x", "-q"]) == 0
        (source,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("2 | ")]
        assert len(source) == size


def test_colour_on_demand(asked: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    asked.report.zones.append(a_finding())
    for mode, coloured in (("always", True), ("never", False), ("auto", False)):
        assert main(["check", "x", "--color", mode]) == 0
        assert ("\x1b[" in capsys.readouterr().out) is coloured


class Terminal:
    """As much of a stream as the choice of colour asks for."""

    def __init__(self, is_terminal: bool) -> None:
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        """Say whether this is a terminal."""
        return self._is_terminal


@pytest.mark.parametrize(
    ("mode", "terminal", "environ", "expected"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"TERM": "xterm"}, True),
        ("always", False, {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", True, {}, False),
    ],
)
def test_colour_by_default(mode: str, terminal: bool, environ: dict[str, str], expected: bool) -> None:
    assert wants_color(mode, Terminal(terminal), environ) is expected  # type: ignore[arg-type]


def test_no_colour_without_standard_output() -> None:
    assert wants_color("auto", None, {}) is False


def test_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["code", "severity", "rule", "title"]
    assert lines[-1] == f"{len(catalogue.rules())} rules"
    assert main(["rules", "SOA", "rrsig-expired", "--format", "json"]) == 0
    listed = {rule["id"] for rule in json.loads(capsys.readouterr().out)["rules"]}
    assert listed == catalogue.resolve(["soa", "rrsig-expired"])
    assert main(["rules", "--format", "md"]) == 0
    assert "\n## signatures\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["rrsig-expired", "SIG103", "sig103"])
def test_explain(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    assert capsys.readouterr().out.startswith("rrsig-expired (SIG103): ")


def test_explain_several(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "SIG104", "SIG103", "--format", "json"]) == 0
    pages = json.loads(capsys.readouterr().out)["rules"]
    assert [page["code"] for page in pages] == ["SIG104", "SIG103"]
    assert main(["explain", "SIG103", "--format", "md"]) == 0
    assert capsys.readouterr().out.startswith("# rrsig-expired (SIG103)\n")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr() == (f"zonelint {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["check", "-h"], ["rules", "--help"], ["explain", "-h"]]
)
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("Usage: zonelint")


def test_without_a_command_nothing_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert "Commands:" in out + err


def test_as_a_module() -> None:
    done = process("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"zonelint {__version__}\n", "")


def _shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script, "bash", sys.executable],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_reader_that_goes_away_is_no_fault() -> None:
    reader, pipe = os.pipe()
    os.close(reader)
    with os.fdopen(pipe, "wb") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "zonelint", "rules"],
            stdout=gone,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_report_that_cannot_be_written() -> None:
    done = _shell('"$1" -m zonelint rules > /dev/full; echo $?')
    assert done.stdout == "2\n"
    assert done.stderr == "zonelint: cannot write the report: No space left on device\n"
    done = _shell('"$1" -m zonelint rules >&-; echo $? >&2')
    assert done.stderr == "zonelint: cannot write the report: standard output is closed\n2\n"


def test_a_terminal_that_knows_ascii_only() -> None:
    done = process("explain", "rrsig-expired", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert done.stdout.isascii()


def _loaded(*arguments: str) -> set[str]:
    """Run the program and give the names of all modules it imported."""
    script = (
        "import sys; from zonelint.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=120, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments", [["--version"], ["rules"], ["check", "--help"], ["check", "x", "--at", "soon"]]
)
def test_start_up_is_lean(arguments: list[str]) -> None:
    # each of these would be felt in a hook that runs on every commit
    heavy = {"pydantic", "rich", "cryptography", "dns", "multiprocessing", "asyncio", "hypothesis"}
    loaded = _loaded(*arguments)
    assert not heavy & loaded
    assert "typer" in loaded
    assert ("yaml" in loaded) is (arguments == ["rules"])


def test_a_small_zone_loads_only_what_it_calls_for(tmp_path: Path) -> None:
    zone = tmp_path / "db.small.test"
    zone.write_text(
        "$ORIGIN small.test.\n$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ NS ns1\nns1 A 8.8.8.8\n"
    )
    loaded = _loaded("check", str(zone))
    assert {"zonelint.checks.soa", "zonelint.checks.addresses"} <= loaded
    assert not {"yaml", "hashlib", "cryptography", "dns", "zonelint.dnssec.verify", "zonelint.checks.spf"} & loaded
    assert not {"zonelint.checks.nsec3", "zonelint.cli.diff", "zonelint.keys.dsfiles", "zonelint.git"} & loaded


def test_a_missing_file_end_to_end(tmp_path: Path) -> None:
    done = process("check", tmp_path / "db.missing", "--format", "concise")
    assert done.returncode == 2
    assert "db.missing" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_zone_end_to_end(tmp_path: Path) -> None:
    zone = tmp_path / "db.bad"
    zone.write_text(
        "$ORIGIN bad.test.\n$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 3600\n"
        "@ NS ns1\nns1 A 192.0.2.1\nwww A 300\n"
    )
    done = process("check", zone, "--format", "concise")
    assert (done.returncode, done.stderr) == (1, "")
    assert f"{zone}:6:7: error[rdata-invalid] " in done.stdout
    document = json.loads(process("check", "-", "--format", "json", stdin=zone.read_text()).stdout)
    assert [(finding["rule"], finding["line"]) for finding in document["findings"]] == [("rdata-invalid", 6)]


@pytest.mark.parametrize("names", ["rollover", "policy", "keytiming", "ROL101", "rollover,policy-invalid"])
def test_rules_that_check_never_runs(names: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--select", names, "db.x"]) == 2
    assert capsys.readouterr().err == (
        "zonelint: --select: check runs none of these rules; others are for zonelint rollover and zonelint keys\n"
    )


def test_some_of_the_rules_are_run_by_check(asked: Recorder) -> None:
    assert main(["check", "--select", "rollover,SIG", "db.x"]) == 0
    assert asked.asked.select is not None
