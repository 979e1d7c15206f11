"""`zonelint keys`: private keys on their way into a repository, and the dates of key files."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fixturing import FIXTURES
from hypothesis import given
from hypothesis import strategies as st
from keydirs import KeyDir, at, public_key

from zonelint.cli import main
from zonelint.keys import leaks
from zonelint.keys.leaks import private_keys
from zonelint.report import FORMATS

PRIVATE = "private-key-in-repository"
KEYS = FIXTURES / "keys"
FILES = sorted((FIXTURES / "rules" / PRIVATE).iterdir())
PEM = (FIXTURES / "rules" / PRIVATE / "fail-pkcs8.pem").read_bytes()
PUBLISHED = {"Publish": at("2026-01-01"), "Activate": at("2026-01-01")}


class Outcome(NamedTuple):
    """What a run said: exit status, findings as (rule, file name, line), and what could not be judged."""

    status: int
    findings: list[tuple[str, str, int]]
    failures: list[str]


Judge = Callable[..., Outcome]


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str]) -> Judge:
    """Run `zonelint keys` in this process."""

    def run(*arguments: str | Path) -> Outcome:
        status = main(["keys", "--format", "json", "--at", "2026-06-01", *map(str, arguments)])
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        found = [(each["rule"], Path(each["file"]).name, each["line"]) for each in document["findings"]]
        return Outcome(status, found, document["failures"])

    return run


# --- private keys --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_a_file_says_counts(path: Path, judge: Judge) -> None:
    done = judge(path)
    wanted = [PRIVATE] if path.name.startswith("fail-") else []
    assert (done.status, [rule for rule, _, _ in done.findings]) == (len(wanted), wanted)


def test_most_files_are_of_both_kinds() -> None:
    assert {path.name[:5] for path in FILES} == {"fail-", "pass-"}


@pytest.mark.parametrize("path", sorted(KEYS.glob("*/*/*.private")), ids=lambda path: path.parent.parent.name)
def test_a_private_key_of_each_algorithm_is_found(path: Path, judge: Judge) -> None:
    assert judge(path) == (1, [(PRIVATE, path.name, 1)], [])


def test_public_keys_are_fine(judge: Judge) -> None:
    assert judge(*KEYS.glob("*/*/*.key")) == (0, [], [])


def test_good_zones_are_fine(judge: Judge) -> None:
    assert judge(*FIXTURES.glob("zones/*.zone"))[:2] == (0, [])


@pytest.mark.parametrize("name", ["Kexample.test.+013+00001.key", "db.example", "README.md", ".hidden", "a b"])
def test_the_name_does_not_count(name: str, judge: Judge, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"line\n" + PEM)
    done = judge(tmp_path / name)
    assert (done.status, done.findings[0]) == (1, (PRIVATE, name, 2))


def test_a_compressed_file(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "keys.gz").write_bytes(gzip.compress(PEM))
    assert judge(tmp_path / "keys.gz").findings == [(PRIVATE, "keys.gz", 1)]


def test_several_keys_in_one_file(judge: Judge, tmp_path: Path) -> None:
    private = (FIXTURES / "rules" / PRIVATE / "fail-bind.txt").read_bytes()
    (tmp_path / "keys").write_bytes(PEM + private + b"-----BEGIN PRIVATE KEY-----\n...\n" + PEM)
    assert [line for _, _, line in judge(tmp_path / "keys").findings] == [1, 4, 10]


@given(st.integers(0, 3), st.integers(-300, 300), st.booleans())
def test_a_key_is_found_once_wherever_it_stands(chunks: int, offset: int, is_pem: bool) -> None:
    key = PEM if is_pem else (FIXTURES / "rules" / PRIVATE / "fail-bind.txt").read_bytes()
    old = leaks._CHUNK
    leaks._CHUNK = 1 << 14
    try:
        text = b"x\n" * (max(chunks * leaks._CHUNK + offset, 0) // 2) + key + b"x\n" * leaks._CHUNK
        found = list(private_keys(lambda start, end: text[start:end], len(text)))
    finally:
        leaks._CHUNK = old
    assert len(found) == 1
    assert text.startswith(b"-----BEGIN PRIVATE KEY" if is_pem else b"Private-key-format", found[0].start)


@given(st.text(alphabet="-BEGIN PRIVATEKYkey\n:format v1.\\nr\"'+#", max_size=300))
def test_words_alone_are_no_key(text: str) -> None:
    octets = text.encode()
    assert list(private_keys(lambda start, end: octets[start:end], len(octets))) == []


def test_a_folder(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config.pem").write_bytes(PEM)
    (tmp_path / "sub" / ".hidden").mkdir(parents=True)
    (tmp_path / "sub" / ".hidden" / "key").write_bytes(PEM)
    (tmp_path / "link").symlink_to(KEYS / "13" / "ksk" / "Kexample.test.+013+20078.private")
    (tmp_path / "notes").write_text("nothing\n")
    os.mkfifo(tmp_path / "pipe")
    assert judge(tmp_path) == (1, [(PRIVATE, "key", 1)], [])


def test_a_folder_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes").write_text("nothing\n")
    Path("empty").write_text("")
    stem = public_key(tmp_path, PUBLISHED, 1)
    assert main(["keys", "."]) == 0
    assert capsys.readouterr().out == (
        f"./{stem}.key: no private key, dates judged\n"
        ".: 2 other files without a private key\n"
        "0 errors, 0 warnings, 0 notices in 2 files\n"
    )
    assert main(["keys", ".", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


SECRETS = {
    line.split(b":", 1)[1].strip()
    for path in KEYS.glob("*/*/*.private")
    for line in path.read_bytes().splitlines()
    if re.match(rb"(?:Private|Prime|Exponent|Coefficient|Key)\w*:", line) and b"format" not in line
}


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_of_a_key_is_printed(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for number, path in enumerate(KEYS.glob("*/*/*.private")):
        shutil.copy(path, tmp_path / f"{number}.txt")
        shutil.copy(path, tmp_path)
        shutil.copy(path.with_suffix(".key"), tmp_path)
    (tmp_path / "one-line").write_bytes(PEM.replace(b"\n", b"\\n"))
    assert main(["keys", "--format", name, str(tmp_path)]) in (1, 2)
    printed = "".join(capsys.readouterr()).encode()
    assert b"private-key-in-repository" in printed or name in ("prometheus", "nagios")
    assert len(SECRETS) > 20
    pieces = {secret[:12] for secret in SECRETS} | {base64.b64encode(PEM)[:12], PEM.splitlines()[1][:12]}
    assert not [piece for piece in pieces if piece in printed]


# --- dates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "rules"),
    [
        (PUBLISHED, []),
        ({**PUBLISHED, "Inactive": at("2027-01-01"), "Delete": at("2027-02-01")}, []),
        ({**PUBLISHED, "Inactive": at("2027-01-01"), "Delete": at("2027-01-01")}, []),
        ({**PUBLISHED, "Inactive": at("2027-01-01"), "Delete": at("2026-12-31")}, ["key-dates-out-of-order"]),
        ({"Publish": at("2026-08-01"), "Activate": at("2026-07-31")}, ["key-dates-out-of-order"]),
        ({}, []),
    ],
)
def test_dates_of_a_public_key(dates: dict[str, int], rules: list[str], judge: Judge, tmp_path: Path) -> None:
    stem = public_key(tmp_path, dates, 1)
    done = judge(tmp_path / f"{stem}.key")
    assert [(rule, name) for rule, name, _ in done.findings] == [(rule, f"{stem}.key") for rule in rules]


def test_dates_in_a_state_file(judge: Judge, tmp_path: Path) -> None:
    keys = KeyDir(tmp_path)
    stem = public_key(tmp_path, PUBLISHED, 1)
    keys.state(stem, Published=at("2026-01-01"), Active=at("2026-01-01"), Retired=at("2027-03-01"),
               Removed=at("2027-01-01"), DNSKEYState="omnipresent")  # fmt: skip
    done = judge(keys.path(stem, ".state"))
    assert [(rule, name) for rule, name, _ in done.findings] == [("key-dates-out-of-order", f"{stem}.state")]
    # the fault is in the other file
    assert judge(keys.path(stem)).findings == []
    assert len(judge(tmp_path).findings) == 1


def test_a_state_file_alone(judge: Judge, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    keys = KeyDir(tmp_path)
    stem = "Kexample.test.+013+00001"
    keys.state(stem, Published=at("2026-01-01"), DNSKEYState="omnipresent")
    assert judge(keys.path(stem, ".state")) == (0, [], [])
    main(["keys", str(keys.path(stem, ".state"))])
    assert "dates not judged without its .key file" in capsys.readouterr().out
    keys.state(stem, DNSKEYState="everywhere")
    assert judge(keys.path(stem, ".state")).findings == [("key-file-invalid", f"{stem}.state", 4)]


def test_names_and_damage(judge: Judge, tmp_path: Path) -> None:
    stem = public_key(tmp_path, PUBLISHED, 1)
    wrong = tmp_path / "Kexample.test.+013+00001.key"
    (tmp_path / f"{stem}.key").rename(wrong)
    damaged = tmp_path / "Kexample.test.+013+00002.key"
    damaged.write_text("example.test. IN DNSKEY 257 3 13 no*base64\n")
    assert judge(wrong) == (1, [("key-file-name-mismatch", wrong.name, 1)], [])
    assert judge(damaged) == (1, [("key-file-invalid", damaged.name, 1)], [])


def test_files_that_only_look_like_key_files(judge: Judge, tmp_path: Path) -> None:
    for name in ("Kube.key", "Kexample.key", "K.state", "Kexample.test.+13+1.key"):
        (tmp_path / name).write_text("a public key of another kind\n")
    assert judge(tmp_path, *tmp_path.iterdir()) == (0, [], [])


def test_keys_that_belong_together(judge: Judge, tmp_path: Path) -> None:
    first = public_key(tmp_path, PUBLISHED, 1)
    second = public_key(tmp_path, PUBLISHED, 2)
    text = (tmp_path / f"{second}.key").read_text()
    (tmp_path / f"{second}.key").write_text(text.replace(" 3600 ", " 60 "))
    done = judge(tmp_path)
    assert {rule for rule, _, _ in done.findings} == {"key-ttl-mismatch"}
    assert {name for _, name, _ in done.findings} < {f"{first}.key", f"{second}.key"}


def test_a_folder_is_read_under_any_name(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stem = public_key(tmp_path, {"Publish": at("2026-08-01"), "Activate": at("2026-07-31")}, 1)
    monkeypatch.chdir(tmp_path)
    for path in (f"{stem}.key", f"./{stem}.key", f"../{tmp_path.name}/{stem}.key", f".//{stem}.key", ".", "./"):
        assert [rule for rule, _, _ in judge(path).findings] == ["key-dates-out-of-order"]
    assert len(judge(f"{stem}.key", f"./{stem}.key", ".").findings) == 1


# --- requests ------------------------------------------------------------------------------------------------


def test_what_cannot_be_read(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "key").write_bytes(PEM)
    done = judge(tmp_path / "nothing", tmp_path / "link", tmp_path / "key")
    assert (done.status, done.findings, len(done.failures)) == (2, [(PRIVATE, "key", 1)], 2)


def test_a_folder_that_cannot_be_listed(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stem = public_key(tmp_path, PUBLISHED, 1)

    def refused(folder: str) -> list[str]:
        raise PermissionError(13, "Permission denied", folder)

    monkeypatch.setattr(os, "listdir", refused)
    assert judge(tmp_path / f"{stem}.key") == (2, [], [f"{tmp_path}: permission denied"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no PATH given"),
        ([""], "a PATH is empty"),
        (["-", "-"], "only once"),
        (["x", "--select", "rrsig-expired"], "leave no rule"),
        (["x", "--at", "soon"], "is not a time"),
        (["x", "--fail-on", "all"], "none of error, warning, notice"),
        (["x", "--format", "roman"], "--format: 'roman' is none of"),
    ],
)
def test_requests_that_cannot_be_carried_out(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_selection_and_severity(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(PEM)
    stem = public_key(tmp_path, {"Publish": at("2026-08-01"), "Activate": at("2026-07-31")}, 1)
    assert judge(tmp_path, "--ignore", PRIVATE) == (0, [("key-dates-out-of-order", f"{stem}.key", 2)], [])
    assert judge(tmp_path, "--ignore", PRIVATE, "--fail-on", "warning").status == 1
    assert judge(tmp_path, "--select", "keyfiles").findings == [(PRIVATE, "key", 1)]
