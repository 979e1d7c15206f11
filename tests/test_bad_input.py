"""Input that is no zone, or cannot be read: one clear message with its name, never a traceback, never status 0."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fixturing import FIXTURES

from zonelint import engine
from zonelint.cli import main

GOOD = """\
$ORIGIN example.test.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ NS ns1
ns1 A 192.0.2.1
"""
PROC = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured on Linux only")
POSIX = pytest.mark.skipif(os.name != "posix", reason="there are no such files here")


@dataclass(frozen=True)
class Outcome:
    """What a run ended with and what it said."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Give all lines, those of standard output first."""
        return (self.out + self.err).splitlines()


Check = Callable[..., Outcome]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run `zonelint check` in this process, at a fixed time and with one line a finding."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1781481600")

    def run(*arguments: str | Path, layout: str = "concise") -> Outcome:
        status = main(["check", "--format", layout, *map(str, arguments)])
        outcome = Outcome(status, *capsys.readouterr())
        assert "Traceback" not in outcome.out + outcome.err
        assert "internal error" not in outcome.err
        return outcome

    return run


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    """Give a zone without fault."""
    path = tmp_path / "example.test.zone"
    path.write_text(GOOD)
    return path


def process(*arguments: str | Path, stdin: bytes | None = b"", seconds: int = 120) -> Outcome:
    """Run `zonelint check` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "zonelint", "check", "--format", "concise", *arguments],
        input=stdin,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in outcome.err
    assert "internal error" not in outcome.err
    return outcome


def unreadable(outcome: Outcome, path: str | Path, reason: str) -> None:
    """Assert that one line, in the words given, says why a file was not judged, and that the status is 2."""
    assert (outcome.status, outcome.lines) == (2, [f"{path}: {reason}"])


def refused(outcome: Outcome, message: str) -> None:
    """Assert that nothing was judged and one line on standard error begins with a message."""
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"zonelint: {message}")
    assert outcome.err.count("\n") == 1


def found(outcome: Outcome, path: str | Path, *rules: str) -> None:
    """Assert that the findings are of these rules, all in one file, and that the status is 1."""
    assert outcome.status == 1
    assert outcome.err == ""
    assert sorted({line.split("[")[1].split("]")[0] for line in outcome.lines}) == sorted(rules)
    assert all(line.startswith(f"{path}:") for line in outcome.lines), outcome.lines


# --- files that cannot be read -----------------------------------------------------------------------------


def test_a_missing_file(check: Check, tmp_path: Path) -> None:
    unreadable(check(tmp_path / "gone"), tmp_path / "gone", "no such file or directory")


def test_a_missing_file_does_not_hide_the_others(check: Check, zone: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zone"
    bad.write_text(GOOD + "www A 300\n")
    outcome = check(zone, tmp_path / "gone", bad)
    assert outcome.status == 2
    assert [line.split(" ")[0] for line in outcome.lines] == [f"{bad}:6:7:", f"{tmp_path / 'gone'}:"]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up the rights of root, who may read everything, for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@POSIX
def test_without_permission(check: Check) -> None:
    # pytest's own folder is closed to others
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        zone, closed = folder / "example.test.zone", folder / "closed"
        zone.write_text(GOOD)
        closed.mkdir()
        (closed / "example.org.zone").write_text(GOOD)
        assert check(folder).status == 0
        closed.chmod(0)
        with as_nobody():
            outcome = check(folder)
        unreadable(outcome, closed, "permission denied")
        zone.chmod(0)
        with as_nobody():
            outcome = check(zone)
        unreadable(outcome, zone, "permission denied")
        closed.chmod(0o755)
        (closed / "example.org.zone").chmod(0)
        with as_nobody():
            outcome = check(folder)
        assert (outcome.status, len(outcome.lines)) == (2, 2)
        assert all(line.endswith(": permission denied") for line in outcome.lines)
    finally:
        closed.chmod(0o755)
        shutil.rmtree(folder)


def test_a_folder_without_zones(check: Check, tmp_path: Path) -> None:
    unreadable(check(tmp_path), tmp_path, "no zone file found")
    (tmp_path / "readme.txt").write_text("no zone\n")
    (tmp_path / "octets").write_bytes(bytes(range(256)))
    (tmp_path / ".hidden.zone").write_text(GOOD)
    unreadable(check(tmp_path), tmp_path, "no zone file found")


def test_a_folder_judges_its_zones_and_skips_the_rest(check: Check, zone: Path, tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("no zone\n")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "other").write_text(GOOD + "www A 300\n")
    found(check(tmp_path), tmp_path / "below" / "other", "rdata-invalid")
    document = json.loads(check(tmp_path, layout="json").out)
    assert [each["file"] for each in document["zones"]] == [str(zone), str(tmp_path / "below" / "other")]
    assert document["skipped"] == [str(tmp_path / "readme.txt")]
    # what is named is judged, whatever it is
    found(check(tmp_path / "readme.txt"), tmp_path / "readme.txt", "soa-missing", "unknown-type")


@POSIX
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full"])
def test_a_device(check: Check, device: str) -> None:
    unreadable(check(device), device, "is a device, not a file")


@POSIX
def test_links_that_lead_nowhere(check: Check, tmp_path: Path) -> None:
    dangling, loop = tmp_path / "dangling.zone", tmp_path / "loop.zone"
    dangling.symlink_to("nowhere")
    loop.symlink_to(loop)
    unreadable(check(dangling), dangling, "no such file or directory")
    unreadable(check(loop), loop, "too many levels of symbolic links")
    # in a folder they are no files
    unreadable(check(tmp_path), tmp_path, "no zone file found")


def test_a_name_no_file_can_have(check: Check) -> None:
    outcome = check("a\0b")
    assert outcome.status == 2
    assert len(outcome.lines) == 1
    assert "no file can have this name" in outcome.lines[0]


@pytest.mark.parametrize("cut", [2, 20, -1])
def test_damaged_gzip(check: Check, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "example.test.zone.gz"
    path.write_bytes(gzip.compress(GOOD.encode())[:cut])
    outcome = check(path)
    assert outcome.status == 2
    (line,) = outcome.lines
    assert line.startswith(f"{path}: damaged gzip data (")


def test_damage_inside_gzip(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "example.test.zone.gz"
    octets = bytearray(gzip.compress(GOOD.encode() * 50))
    octets[len(octets) // 2] ^= 0xFF
    path.write_bytes(octets)
    outcome = check(path)
    assert (outcome.status, len(outcome.lines)) == (2, 1)
    assert outcome.lines[0].startswith(f"{path}: damaged gzip data (")


# --- text that is no zone ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "\n", "   \n\t\n", "; only a comment\n", "$TTL 3600\n", "\ufeff"],
    ids=["nothing", "line", "blanks", "comment", "directive", "bom"],
)
def test_an_empty_file(check: Check, tmp_path: Path, text: str) -> None:
    path = tmp_path / "example.test.zone"
    path.write_text(text)
    found(check(path), path, "soa-missing")


def test_a_zone_without_soa(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "example.test.zone"
    path.write_text("$TTL 3600\n@ NS ns1\nns1 A 192.0.2.1\n")
    found(check(path), path, "soa-missing")
    found(check(path, "--origin", "example.test"), path, "soa-missing")


def test_an_origin_that_is_not_that_of_the_file(check: Check, zone: Path) -> None:
    found(check(zone, "--origin", "example.org"), zone, "out-of-zone", "soa-missing")


@pytest.mark.parametrize(
    "octets",
    [bytes(1000), bytes(range(256)) * 4, b"\x7fELF\2\1\1" + bytes(9) + b"\1" * 500, GOOD.encode("utf-16")],
    ids=["nul", "all", "elf", "utf-16"],
)
def test_a_binary_file(check: Check, tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "example.test.zone"
    path.write_bytes(octets)
    found(check(path), path, "binary-data")
    assert len(check(path).lines) == 1


@pytest.mark.parametrize("selection", ["--select SIG", "--ignore SYN,ZON", "--fail-on error"])
@pytest.mark.parametrize("text", ["", "\0" * 100, "; none\n", "@ 60 NS ns1\n"], ids=["empty", "nul", "comment", "ns"])
def test_what_is_no_zone_never_passes(check: Check, tmp_path: Path, text: str, selection: str) -> None:
    # a pipeline that asks for signatures only must not take an empty file for a well-signed zone
    path = tmp_path / "example.test.zone"
    path.write_text(text)
    outcome = check(path, *selection.split())
    assert outcome.status in (1, 2)
    assert any(str(path) in line for line in outcome.lines)


# the peak of a process counts from its start here: what the system reports begins with its parent's
PEAK = """
import resource, sys
from zonelint.cli import main
status = main(sys.argv[1:])
own = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:")).split()[1]
print(int(own) + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


def measured(path: Path) -> tuple[Outcome, int]:
    """Run `zonelint check` on a large file: the outcome, and an upper bound of its memory in octets."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, "check", "--format", "concise", path],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    *errors, peak = done.stderr.splitlines()
    return Outcome(done.returncode, done.stdout, "\n".join(errors)), int(peak) * 1024


@pytest.fixture
def huge(tmp_path: Path) -> Iterator[Path]:
    """Give the name of a file that is not kept."""
    path = tmp_path / "huge.zone"
    yield path
    path.unlink(missing_ok=True)


SIZE = 100 << 20


@PROC
@pytest.mark.parametrize(
    ("before", "unit", "rules"),
    [
        ("", b"a", ["record-too-long", "soa-missing"]),
        ("", b"a SOA b ", ["record-too-long", "soa-missing"]),
        (GOOD, b"a", ["final-newline-missing", "record-too-long"]),
        (GOOD + 'www TXT "', b"a", ["final-newline-missing", "record-too-long"]),
        (GOOD + "www.example.test. 3600 IN TXT ", b"a b ", ["final-newline-missing", "record-too-long"]),
    ],
    ids=["word", "words", "after-a-zone", "string", "strings"],
)
def test_a_line_of_100_megabytes(huge: Path, before: str, unit: bytes, rules: list[str]) -> None:
    huge.write_bytes(before.encode() + unit * (SIZE // len(unit)))
    started = time.monotonic()
    outcome, memory = measured(huge)
    assert time.monotonic() - started < 60
    found(outcome, huge, *rules)
    line = before.count("\n") + 1
    assert all(each.startswith((f"{huge}:{line}:", f"{huge}:1:")) for each in outcome.lines)
    assert len(outcome.out) < 2000
    assert memory < 5 * SIZE


@PROC
def test_100_megabytes_of_nothing(huge: Path) -> None:
    with huge.open("wb") as file:
        file.truncate(SIZE)
    outcome, memory = measured(huge)
    found(outcome, huge, "binary-data")
    assert len(outcome.lines) == 1
    assert memory < SIZE


# --- what looks odd and is right ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "octets",
    [
        GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.split("\n", 1)[1].encode(),
        b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(),
        gzip.compress(GOOD.encode()),
        gzip.compress(GOOD[:40].encode()) + gzip.compress(GOOD[40:].encode()),
        GOOD.encode() + b"\n \n;",
    ],
    ids=["plain", "dos", "bom", "bom-ttl", "bom-dos", "gzip", "gzip-twice", "blanks"],
)
def test_odd_but_good(check: Check, tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "example.test.zone"
    path.write_bytes(octets)
    assert check(path) == Outcome(0, "", "")
    summary = check(path, layout="json").out
    assert json.loads(summary)["zones"][0]["records"] == 3


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_last_line_that_does_not_end(check: Check, tmp_path: Path, end: str) -> None:
    path = tmp_path / "example.test.zone"
    path.write_bytes(GOOD.rstrip("\n").replace("\n", end).encode())
    done = check(path, layout="json")
    assert done.status == 0
    read = json.loads(done.out)
    assert read["zones"][0]["records"] == 3
    assert [each["rule"] for each in read["findings"]] == ["final-newline-missing"]


def test_standard_input() -> None:
    assert process("-", stdin=GOOD.encode()) == Outcome(0, "", "")
    assert process("-", stdin=gzip.compress(GOOD.encode())) == Outcome(0, "", "")
    found(process("-", stdin=GOOD.encode() + b"www A 300\n"), "<stdin>", "rdata-invalid")
    found(process("-", stdin=b""), "<stdin>", "soa-missing")


@POSIX
def test_standard_input_that_is_closed() -> None:
    script = '"$1" -m zonelint check --format concise - <&-; echo $?'
    done = subprocess.run(["bash", "-c", script, "bash", sys.executable], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    assert "<stdin>: " in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "2"


def test_standard_input_twice(check: Check) -> None:
    refused(check("-", "-"), "- is standard input, which can be read only once")
    refused(check("-", "--previous", "-"), "- is standard input, which can be read only once")


@POSIX
@pytest.mark.parametrize("more", ["", "www A 300\n"])
def test_a_pipe(check: Check, tmp_path: Path, more: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=[GOOD + more])
    writer.start()
    outcome = check(pipe)
    writer.join(10)
    assert not writer.is_alive()
    if more:
        found(outcome, pipe, "rdata-invalid")
    else:
        assert outcome == Outcome(0, "", "")


@POSIX
def test_a_pipe_in_a_folder_is_left_alone(check: Check, zone: Path) -> None:
    os.mkfifo(zone.parent / "pipe.zone")
    assert check(zone.parent) == Outcome(0, "", "")


# --- options -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--previous {tmp}/gone", "--previous: {tmp}/gone: no such file or directory"),
        ("--previous {tmp}/cut.gz", "--previous: {tmp}/cut.gz: damaged gzip data"),
        ("--previous /dev/zero", "--previous: /dev/zero: is a device, not a file"),
        ("--since HEAD", "--since: {tmp} is not in a git work tree"),
        ("--ds {tmp}/gone", "--ds {tmp}/gone: no such file or directory"),
        ("--ds {tmp}", "--ds {tmp}: is a directory"),
        ("--ds /dev/zero", "--ds /dev/zero: is a device, not a file"),
        ("--keys {tmp}/gone", "--keys {tmp}/gone: no such file or directory"),
        ("--keys {tmp}/empty", "--keys {tmp}/empty: not a directory"),
        ("--at soon", "'soon' is not a time"),
        ("--at 20261301000000", "'20261301000000' is not a time"),
        ("--at=", "'' is not a time"),
        ("--horizon=", "'' is not a duration"),
        ("--select nothing", "unknown rule 'nothing'"),
        ("--ignore rrsig-expird", "unknown rule 'rrsig-expird': did you mean 'rrsig-expired'?"),
        ("--select=", "--select and --ignore leave no rule to check"),
        ("--format yaml", "--format: 'yaml' is none of full, concise, json"),
        ("--origin a..b", "--origin a..b: empty label"),
        ("--origin " + "x" * 64, "--origin " + "x" * 64 + ": label of 64 octets"),
        ("--jobs 0", "--jobs: '0' is not a number from 1 to 1024"),
        ("--jobs -1", "--jobs: '-1' is not a number from 1 to 1024"),
        ("--origin=", "--origin: the value is empty"),
        ("--previous=", "--previous: the value is empty"),
        ("--since=", "--since: the value is empty"),
        ("--keys=", "--keys: the value is empty"),
        ("--ds=", "--ds: the value is empty"),
        ("--allow-include=", "--allow-include: the value is empty"),
    ],
)
@POSIX
def test_options(
    check: Check, zone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, message: str
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "empty").touch()
    (tmp_path / "cut.gz").write_bytes(gzip.compress(GOOD.encode())[:30])
    refused(check(zone, *arguments.format(tmp=tmp_path).split()), message.format(tmp=tmp_path))


@pytest.mark.parametrize(
    "text",
    ["", "\0" * 100, "no zone\n", GOOD.replace("example.test", "example.org")],
    ids=["empty", "nul", "words", "other"],
)
def test_a_previous_version_that_is_none(check: Check, zone: Path, tmp_path: Path, text: str) -> None:
    old = tmp_path / "old"
    old.write_text(text)
    outcome = check(zone, "--previous", old)
    unreadable(outcome, old, "no SOA record of example.test., it cannot be the previous version")


def test_a_previous_version_for_several_zones(check: Check, zone: Path) -> None:
    refused(check(zone, zone, "--previous", zone), "--previous with several zones takes a folder")


def test_an_empty_path(check: Check, zone: Path) -> None:
    refused(check(zone, ""), "check: a PATH is empty")


def test_an_origin_for_several_zones(check: Check, zone: Path) -> None:
    refused(check(zone, zone, "--origin", "example.test"), "--origin goes with one zone file")
    refused(check(zone.parent, "--origin", "example.test"), "--origin goes with one zone file")


@pytest.mark.parametrize(
    "text",
    ["", "no DS here\n", "1 2 3\n", "example.org. IN DS 1 13 2 00\n", "\0\0", "\ufeff", "{" * 500],
    ids=["empty", "words", "cut", "other", "nul", "bom", "braces"],
)
def test_a_ds_file_without_the_ds(check: Check, zone: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "dsset"
    path.write_text(text)
    found(check(zone, "--ds", path), path, "ds-file-invalid")


def test_a_report_that_cannot_be_written(check: Check, zone: Path, tmp_path: Path) -> None:
    target = tmp_path / "gone" / "report.json"
    zone.write_text(GOOD + "www A 300\n")
    outcome = check(zone, "--format", f"json:{target}")
    assert outcome.status == 2
    assert outcome.out.startswith(f"{zone}:6:7: error[rdata-invalid] ")
    assert outcome.err == f"zonelint: {target}: cannot write the report: No such file or directory\n"


def test_a_failure_is_said_although_every_report_goes_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.json"
    assert main(["check", str(tmp_path / "gone"), "--format", f"json:{target}"]) == 2
    assert capsys.readouterr() == ("", f"zonelint: {tmp_path / 'gone'}: no such file or directory\n")
    assert json.loads(target.read_text())["failures"] == [f"{tmp_path / 'gone'}: no such file or directory"]


# --- private keys ------------------------------------------------------------------------------------------

PUBLIC = {"Modulus", "PublicExponent", "Algorithm", "Private-key-format"}
WINDOW = 8


def _key(algorithm: str) -> str:
    (path,) = (FIXTURES / "keys" / algorithm / "ksk").glob("*.private")
    return path.read_text()


def _pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEYS = {"P-256": _key("13"), "RSA": _key("8"), "Ed25519": _key("15"), "PEM": _pem()}


def secrets(key: str) -> set[str]:
    """Give every run of eight characters of the secret values in a key file."""
    if key.startswith("-----"):
        values = key.splitlines()[1:-1]
    else:
        fields = (line.split(": ", 1) for line in key.splitlines() if ": " in line)
        values = [value for name, value in fields if name not in PUBLIC and not value.isdigit()]
    assert values
    return {value[i : i + WINDOW] for value in values for i in range(len(value) - WINDOW + 1)}


def leaks(outcome: Outcome, key: str) -> set[str]:
    """Give the pieces of a key that a run printed, as they are or decoded."""
    text = outcome.out + outcome.err
    pieces = {piece for piece in secrets(key) if piece in text}
    for line in key.splitlines():
        value = line.split(": ", 1)[-1]
        try:
            octets = base64.b64decode(value, validate=True)
        except ValueError:
            continue
        if len(octets) >= WINDOW and line.split(":")[0] not in PUBLIC:
            pieces |= {octets.hex()} & {text.lower()}
    return pieces


# a key as it is, below a comment, without its first line, indented, behind a zone, inside a record
SHAPES: dict[str, Callable[[str], str]] = {
    "plain": lambda key: key,
    "comment": lambda key: f"; the key of the zone\n\n{key}",
    "headless": lambda key: key.split("\n", 1)[1],
    "indented": lambda key: "".join(f"  {line}\n" for line in key.splitlines()),
    "behind": lambda key: GOOD + key,
    "inside": lambda key: f'{GOOD}www TXT (\n{key})\n',
    "far": lambda key: f"{'; many words' * 500}\n{GOOD}{key}",
    "dos": lambda key: key.replace("\n", "\r\n"),
    "nul": lambda key: key + "\0",
}
every_key = pytest.mark.parametrize("kind", KEYS)
every_shape = pytest.mark.parametrize("shape", SHAPES)


def never_shown(check: Check, key: str, *arguments: str | Path) -> list[Outcome]:
    """Run in every format and assert that no piece of the key is printed and that the status is not 0."""
    outcomes = [check(*arguments, "--all", layout=layout) for layout in ("full", "concise", "json")]
    for outcome in outcomes:
        assert not leaks(outcome, key)
        assert outcome.status in (1, 2)
    return outcomes


@every_shape
@every_key
@pytest.mark.parametrize("name", ["Kexample.test.+013+20078.private", "example.test.zone"])
def test_a_key_as_zone(check: Check, tmp_path: Path, kind: str, shape: str, name: str) -> None:
    key, path = KEYS[kind], tmp_path / name
    path.write_text(SHAPES[shape](key))
    for outcome in never_shown(check, key, path):
        assert str(path) in outcome.out


@every_key
def test_a_compressed_key_as_zone(check: Check, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "example.test.zone.gz"
    path.write_bytes(gzip.compress(KEYS[kind].encode()))
    never_shown(check, KEYS[kind], path)


@every_key
def test_a_key_on_standard_input(check: Check, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    for shape in ("plain", "comment"):
        octets = SHAPES[shape](KEYS[kind]).encode()
        for layout in ("full", "concise", "json"):
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))
            outcome = check("-", layout=layout)
            assert not leaks(outcome, KEYS[kind])
            assert outcome.status in (1, 2)


@every_shape
@every_key
@pytest.mark.parametrize("name", ["Kexample.test.+013+20078.private", "records.txt"])
def test_a_key_as_include(check: Check, zone: Path, kind: str, shape: str, name: str) -> None:
    key = KEYS[kind]
    (zone.parent / name).write_text(SHAPES[shape](key))
    zone.write_text(f"{GOOD}$INCLUDE {name}\n")
    never_shown(check, key, zone)


@every_shape
@every_key
@pytest.mark.parametrize("name", ["Kexample.test.+013+20078.private", "dsset"])
def test_a_key_as_ds_file(check: Check, zone: Path, kind: str, shape: str, name: str) -> None:
    key = KEYS[kind]
    (zone.parent / name).write_text(SHAPES[shape](key))
    for outcome in never_shown(check, key, zone, "--ds", zone.parent / name):
        assert name in outcome.out


@every_key
@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - {"behind", "inside", "far"}))
def test_a_key_as_previous_version(check: Check, zone: Path, kind: str, shape: str) -> None:
    path = zone.parent / "old"
    path.write_text(SHAPES[shape](KEYS[kind]))
    never_shown(check, KEYS[kind], zone, "--previous", path)


@every_shape
@every_key
def test_a_damaged_key_in_the_key_folder(check: Check, zone: Path, kind: str, shape: str) -> None:
    folder = zone.parent / "keys"
    folder.mkdir()
    key = KEYS[kind]
    for suffix in ("key", "private", "state"):
        path = folder / f"Kexample.test.+013+20078.{suffix}"
        path.write_text(SHAPES[shape](key))
        path.chmod(0o600)
    never_shown(check, key, zone, "--keys", folder)


def test_keys_in_a_folder_are_passed_over(check: Check, zone: Path) -> None:
    for kind, key in KEYS.items():
        (zone.parent / f"K{kind}.private").write_text(key)
    outcome = check(zone.parent, layout="json")
    assert outcome.status == 0
    assert not any(leaks(outcome, key) for key in KEYS.values())


# --- the files of delegated zones ----------------------------------------------------------------------------


def test_a_child_that_cannot_be_read(check: Check, zone: Path, tmp_path: Path) -> None:
    unreadable(check(zone, "--child", tmp_path / "nowhere"), tmp_path / "nowhere", "no such file or directory")
    child = tmp_path / "sub.zone"
    child.write_text("sub.example.test. 60 IN SOA ns h 1 7200 3600 1209600 3600\nsub.example.test. 60 IN BOGUS x\n")
    reason = "cannot be read whole (BOGUS is no record type): check it by itself"
    unreadable(check(zone, "--child", child), child, reason)


@pytest.mark.parametrize("text", ["", "just words\n", "www 60 IN A 192.0.2.1\n"])
def test_a_child_that_is_no_zone(check: Check, zone: Path, tmp_path: Path, text: str) -> None:
    child = tmp_path / "sub.zone"
    child.write_text(text)
    refused(check(zone, "--child", child), f"--child {child}: holds no SOA record, so it is no zone")


def test_a_key_as_child(check: Check, zone: Path, tmp_path: Path) -> None:
    for kind, key in KEYS.items():
        child = tmp_path / f"K{kind}.private"
        child.write_text(key)
        outcome = check(zone, "--child", child)
        assert outcome.status == 2
        assert not leaks(outcome, key)


def children_not_run(outcome: Outcome) -> str | None:
    """Give the reason why delegations were not compared; None where they were."""
    reasons = {each["rule"]: each["reason"] for each in json.loads(outcome.out)["not_run"]}
    return reasons.get("child-ns-differ")


def test_a_zone_that_is_no_child_is_said_to_be_none(check: Check, zone: Path, tmp_path: Path) -> None:
    other, child, folder = tmp_path / "other", tmp_path / "child", tmp_path / "folder"
    other.write_text(GOOD.replace("example.test", "example.org"))
    child.write_text(GOOD.replace("example.test", "sub.example.test"))
    folder.mkdir()
    (folder / "both").write_bytes(other.read_bytes())
    for files, held in (
        ([zone], f"{zone} holds example.test."),
        ([other], f"{other} holds example.org."),
        ([other, zone], f"{other} holds example.org. (and 1 more)"),
        ([folder], f"{folder / 'both'} holds example.org."),
        ([tmp_path / "keys"], f"{tmp_path / 'keys'} holds no zone"),
    ):
        (tmp_path / "keys").mkdir(exist_ok=True)
        outcome = check(zone, *[word for file in files for word in ("--child", file)], layout="json")
        assert (outcome.status, children_not_run(outcome)) == (0, f"no zone below this one: {held}")
    # beside one that is below, nothing else would tell of it
    outcome = check(zone, "--child", child, "--child", other, "--child", folder, layout="json")
    assert children_not_run(outcome) is None
    assert outcome.err == (
        f"zonelint: --child {other}: holds example.org., which is below no zone that was judged; it was passed over\n"
    )
    # it may be below another zone of the run
    parent = tmp_path / "org"
    parent.write_text("org. 60 IN SOA ns.org. h.org. 1 7200 3600 1209600 3600\norg. 60 IN NS ns.org.\n"
                      "ns.org. 60 IN A 192.0.2.1\n")  # fmt: skip
    assert check(zone, parent, "--child", child, "--child", other, layout="json").err == ""


def test_a_name_whose_address_cannot_be_read_is_not_called_missing(tmp_path: Path) -> None:
    zone = tmp_path / "zone"
    zone.write_text(
        "$ORIGIN c.test.\n$TTL 3600\n@ SOA ns1 h 1 7200 3600 1209600 3600\n@ NS ns1\n@ NS ns2\n@ MX 10 mail\n"
        "@ MX 20 gone\n@ MX 30 text\nns1 A 192.0.2.1\nns2 A 192.0.2.300\nmail AAAA ::1::2\nsub NS ns.sub\n"
        "ns.sub A x\ntext CAA x\n_s._tcp SRV 1 1 1 mail\n_25._tcp.mail TLSA 3 1 1 " + "00" * 32 + "\n"
    )
    (report,) = engine.check([str(zone)], engine.CheckOptions((0,))).zones
    found = [(each.finding.rule, each.finding.discriminator) for each in report.findings]
    assert [rule for rule, _ in found].count("rdata-invalid") == 4
    # another type says nothing of the address
    targets = [each for each in found if each[0].endswith("missing")]
    assert targets == [("mx-target-missing", "gone.c.test."), ("mx-target-missing", "text.c.test.")]
