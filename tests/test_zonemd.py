"""ZONEMD digests: the examples of RFC 8976, dnspython and ldns as second opinions, and bounds on what they cost."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import dns.zone
import pytest
from fixturing import FIXTURES

from zonelint import engine
from zonelint.engine import zonemd
from zonelint.engine.options import CheckOptions
from zonelint.engine.zone import judge
from zonelint.source.include import IncludePolicy
from zonelint.source.text import open_source
from zonelint.zone.context import Context

AT = (1781481600,)

A1 = """\
$ORIGIN example.
example. 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400
example. 86400 IN NS ns1
example. 86400 IN NS ns2
example. 86400 IN ZONEMD 2018031900 1 1 (
  c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c )
ns1 3600 IN A 203.0.113.63
ns2 3600 IN AAAA 2001:db8::63
"""
"""RFC 8976 appendix A.1: a simple zone."""

A2 = """\
$ORIGIN example.
example. 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400
example. 86400 IN NS ns1
example. 86400 IN NS ns2
example. 86400 IN ZONEMD 2018031900 1 1 (
  a3b69bad980a3504e1cffcb0fd6397f93848071c93151f552ae2f6b1711d4bd2d8b39808226d7b9db71e34b72077f8fe )
ns1 3600 IN A 203.0.113.63
NS2 3600 IN AAAA 2001:db8::63
occluded.sub 7200 IN TXT "I'm occluded but must be digested"
sub 7200 IN NS ns1
duplicate 300 IN TXT "I must be digested just once"
duplicate 300 IN TXT "I must be digested just once"
foo.test. 555 IN TXT "out-of-zone data must be excluded"
UPPERCASE 3600 IN TXT "canonicalize uppercase owner names"
* 777 IN PTR dont-forget-about-wildcards
mail 3600 IN MX 20 MAIL1
mail 3600 IN MX 10 Mail2.Example.
sortme 3600 IN AAAA 2001:db8::5:61
sortme 3600 IN AAAA 2001:db8::3:62
sortme 3600 IN AAAA 2001:db8::4:63
sortme 3600 IN AAAA 2001:db8::1:65
sortme 3600 IN AAAA 2001:db8::2:64
non-apex 900 IN ZONEMD 2018031900 1 1 (
  616c6c6f776564206275742069676e6f7265642e20616c6c6f776564206275742069676e6f7265642e20616c6c6f7765 )
"""
"""RFC 8976 appendix A.2: a complex zone."""

A3 = """\
$ORIGIN example.
example. 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400
example. 86400 IN NS ns1
example. 86400 IN NS ns2
example. 86400 IN ZONEMD 2018031900 1 1 (
  62e6cf51b02e54b9b5f967d547ce43136792901f9f88e637493daaf401c92c279dd10f0edb1c56f8080211f8480ee306 )
example. 86400 IN ZONEMD 2018031900 1 2 (
  08cfa1115c7b948c4163a901270395ea226a930cd2cbcf2fa9a5e6eb85f37c8a4e114d884e66f176eab121cb02db7d65
  2e0cc4827e7a3204f166b47e5613fd27 )
example. 86400 IN ZONEMD 2018031900 1 240 e2d523f654b9422a96c5a8f44607bbee
example. 86400 IN ZONEMD 2018031900 241 1 e1846540e33a9e4189792d18d5d131f605fc283e
ns1 3600 IN A 203.0.113.63
ns2 86400 IN TXT "This example has multiple digests"
NS2 3600 IN AAAA 2001:db8::63
"""
"""RFC 8976 appendix A.3: several digests, two of private kinds."""


def digests(path: Path) -> dict[int, bytes] | None:
    """Compute the digests of a zone file."""
    source, policy = open_source(str(path)), IncludePolicy.for_zone(str(path), ())
    judged = judge(source, Context(b"", at=AT), policy, None, 1)
    return zonemd.zone_digests(source, judged, policy)


def recorded(text: str) -> dict[int, bytes]:
    """Give the digests of scheme SIMPLE that a zone says it has."""
    digests = {}
    for record in re.findall(r"^example\..* ZONEMD ([^\n(]*(?:\([^)]*\))?)", text, re.MULTILINE):
        words = record.split()
        if words[1] == "1":
            digests[int(words[2])] = bytes.fromhex("".join(words[3:]).strip("()"))
    return digests


def found(path: Path) -> list[str]:
    """Give the rules of the family that a zone breaks."""
    report = engine.check([str(path)], CheckOptions(at=AT))
    rules = [each.finding.rule for zone in report.zones for each in zone.findings]
    return sorted(rule for rule in rules if rule.startswith("zonemd-"))


def written(folder: Path, text: str) -> Path:
    path = folder / "zone"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", [A1, A2, A3], ids=["A.1", "A.2", "A.3"])
def test_examples_of_the_standard(tmp_path: Path, text: str) -> None:
    wanted = {method: digest for method, digest in recorded(text).items() if method in (1, 2)}
    assert wanted
    assert digests(written(tmp_path, text)) == wanted


@pytest.mark.parametrize(
    ("text", "rules"),
    [(A1, []), (A2, ["zonemd-below-apex"]), (A3, ["zonemd-scheme-unknown"] * 2)],
    ids=["A.1", "A.2", "A.3"],
)
def test_examples_of_the_standard_are_good(tmp_path: Path, text: str, rules: list[str]) -> None:
    assert found(written(tmp_path, text)) == rules


def random_zone(seed: int) -> str:
    """Make a zone of records of many types in a random order, some written in capitals, some twice."""
    rng = random.Random(seed)
    names = ["a", "b.a", "Z", "*.w", "x-1", "\\001q", "sub", "host.sub", "deep.er.and.deeper"]
    lines = []
    for name in names:
        choice = [
            f"A 192.0.2.{rng.randrange(256)}",
            f"AAAA 2001:db8::{rng.randrange(65536):x}",
            f"MX {rng.randrange(100)} Mail.Example.TEST.",
            f'TXT "{rng.random()}" "Second"',
            f"SRV 1 2 {rng.randrange(65536)} Target.x",
            f"PTR {rng.choice(names)}.PTR.example.test.",
            f"HTTPS {rng.randrange(1, 9)} Svc.Example.test. alpn=h2 port=8443",
            f"CAA 0 issue \"CA{rng.randrange(9)}.test\"",
            "TYPE65280 \\# 3 0aFF00",
            f"DS {rng.randrange(65536)} 13 2 {rng.randbytes(32).hex()}",
        ]
        ttls = {record.split()[0]: rng.choice([60, 3600, 86400]) for record in choice}
        for record in rng.sample(choice, rng.randrange(1, 7)):
            owner = name.upper() if rng.random() < 0.3 else name
            lines += [f"{owner} {ttls[record.split()[0]]} IN {record}"] * rng.choice([1, 1, 2])
    lines += ["sub 3600 IN NS Ns.sub", "ns.sub 3600 IN A 192.0.2.53"]
    rng.shuffle(lines)
    head = "$ORIGIN example.test.\n@ 3600 IN SOA Ns1 Host.master 1 7200 3600 1209600 300\n@ 3600 IN NS ns1\n"
    zeros = [f"@ 3600 IN ZONEMD 1 1 {method} {'00' * size}" for method, size in ((1, 48), (2, 64))]
    return head + "\n".join([*zeros, *lines, "ns1 3600 IN A 192.0.2.1", ""])


@pytest.mark.parametrize("seed", range(12))
def test_dnspython_computes_the_same(tmp_path: Path, seed: int) -> None:
    text = random_zone(seed)
    zone = dns.zone.from_text(text, origin="example.test.", relativize=False)
    wanted = {method: zone.compute_digest(method).digest for method in (1, 2)}
    assert digests(written(tmp_path, text)) == wanted


@pytest.mark.parametrize("seed", range(4))
def test_runs_and_chunks_change_nothing(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, random_zone(seed))
    wanted, made = digests(path), []
    real = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: made.append(1) or real())
    monkeypatch.setattr(zonemd, "RUN", 5)
    monkeypatch.setattr(zonemd, "_BLOCK", 2)
    monkeypatch.setattr(zonemd, "_CHUNK", 200)
    assert digests(path) == wanted
    assert len(made) > 3


def test_chunks_cut_within_parentheses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "".join(f"n{i} 60 IN TXT (\n  \"one\"\n\"two\" )\nm{i} 60 IN A 192.0.2.{i}\n" for i in range(60))
    path = written(tmp_path, random_zone(1).replace("sub 3600 IN NS", body + "sub 3600 IN NS"))
    wanted = digests(path)
    monkeypatch.setattr(zonemd, "_CHUNK", 150)
    assert wanted is not None
    assert digests(path) == wanted


def test_included_files_count(tmp_path: Path) -> None:
    lines = A1.splitlines(keepends=True)
    (tmp_path / "servers").write_text("".join(lines[-2:]))
    path = written(tmp_path, "".join(lines[:-2]) + "$INCLUDE servers\n")
    assert digests(path) == recorded(A1)


def test_a_zone_without_one_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(zonemd, "zone_digests", refuse)
    lines = A1.splitlines(keepends=True)
    assert found(written(tmp_path, "".join(lines[:4] + lines[6:]))) == []


def test_it_is_not_read_again_where_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(zonemd, "zone_digests", refuse)
    options = CheckOptions(at=AT, ignore=frozenset({"zonemd-digest-wrong"}))
    report = engine.check([str(written(tmp_path, A1))], options)
    assert not report.failures


def test_a_record_that_cannot_be_read_is_the_only_fault(tmp_path: Path) -> None:
    path = written(tmp_path, A1.replace("203.0.113.63", "203.0.113.633"))
    report = engine.check([str(path)], CheckOptions(at=AT))
    rules = [each.finding.rule for each in report.zones[0].findings]
    assert "rdata-invalid" in rules
    assert "zonemd-digest-wrong" not in rules


@pytest.mark.skipif(not shutil.which("ldns-verify-zone"), reason="needs ldns-verify-zone")
@pytest.mark.parametrize(
    # where one of two digests is right, that is enough for ldns
    "zone",
    sorted(set(FIXTURES.glob("rules/zonemd-digest-wrong/*.zone")) - set(FIXTURES.glob("**/fail-one-of-two.zone"))),
    ids=lambda zone: zone.stem,
)
def test_ldns_agrees(zone: Path) -> None:
    options = ["-Z", "-t", "20260615000000"]
    done = subprocess.run(["ldns-verify-zone", *options, str(zone)], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == zone.stem.startswith("pass-"), done.stderr
