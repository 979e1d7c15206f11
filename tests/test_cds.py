"""CDS, CDNSKEY and CSYNC: what the fixtures cannot show, and BIND's dnssec-cds as a second opinion."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fixturing import FIXTURES

from zonelint import engine
from zonelint.engine.options import CheckOptions

AT = (1781481600,)
REFUSED = {"cds-no-matching-key", "cds-key-not-signing", "cds-algorithm-not-signing", "cds-signer-wrong"}
"""The rules for which dnssec-cds refuses what the zone asks for."""


def found(path: Path, **options: object) -> list[str]:
    """Give the rules of the family that a zone breaks."""
    report = engine.check([str(path)], replace(CheckOptions(at=AT), **options))  # type: ignore[arg-type]
    rules = [each.finding.rule for zone in report.zones for each in zone.findings]
    return sorted(rule for rule in rules if rule.startswith(("cds-", "csync-")))


def ds_of(zone: Path, tag: int = 16043) -> str:
    """Give the DS that the first CDS for a key asks for."""
    for line in zone.read_text().splitlines():
        if f" IN CDS {tag} " in line:
            return line.partition(" ; ")[0].replace(" CDS ", " DS ") + "\n"
    raise AssertionError("no CDS for this key")


GOOD = FIXTURES / "rules/cds-below-apex/pass-at-the-apex.zone"


def test_without_ds_nothing_is_pending(tmp_path: Path) -> None:
    assert found(GOOD) == []


def test_with_the_ds_in_place_nothing_is_pending(tmp_path: Path) -> None:
    ds = tmp_path / "ds"
    ds.write_text(ds_of(GOOD))
    assert found(GOOD, ds=str(ds)) == []


def test_what_is_pending_is_said_as_steps(tmp_path: Path) -> None:
    zone = FIXTURES / "rules/cds-change-pending/fail-new-key.zone"
    report = engine.check([str(zone)], CheckOptions(at=AT, ds=str(zone.with_suffix(".ds"))))
    messages = [each.finding.message for each in report.zones[0].findings]
    assert "CDS 16043: asks the parent to add a DS for key 21454" in messages


def test_the_ds_set_decides_who_must_sign(tmp_path: Path) -> None:
    """A key that signs the DNSKEY set is good enough until it is known that the parent has another."""
    zone = FIXTURES / "rules/cds-signer-wrong/fail-new-ksk-without-ds.zone"
    assert "cds-signer-wrong" not in found(zone)
    assert found(zone, ds=str(zone.with_suffix(".ds"))).count("cds-signer-wrong") == 2


def test_expired_signatures_do_not_count(tmp_path: Path) -> None:
    """Where nothing is valid any more the expiry is the cause, and no rule of this family follows from it."""
    report = engine.check([str(GOOD)], CheckOptions(at=(AT[0] + 60 * 86400,)))
    rules = {each.finding.rule for each in report.zones[0].findings}
    assert "rrsig-expired" in rules
    assert not [rule for rule in rules if rule.startswith("cds-")]


def signed_today(folder: Path, asked: list[str]) -> tuple[Path, Path]:
    """Sign a zone for today with BIND, asking for the DS of keys by name; gives the zone and the DS set there is.

    `k` signs the keys, `published` is beside it and signs nothing, `stranger` and `other` (of another algorithm) are
    not in the zone.
    """

    def tool(*command: str) -> str:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()

    made = {name: tool("dnssec-keygen", "-q", "-a", "13", "-f", "KSK", "example.test") for name in ("k", "published")}
    made["stranger"] = tool("dnssec-keygen", "-q", "-a", "13", "-f", "KSK", "example.test")
    made["other"] = tool("dnssec-keygen", "-q", "-a", "15", "-f", "KSK", "example.test")
    made["z"] = tool("dnssec-keygen", "-q", "-a", "13", "example.test")
    text = "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ NS ns1\nns1 A 192.0.2.1\n"
    for name in ("k", "published", "z"):
        text += (folder / f"{made[name]}.key").read_text()
    for name in asked:
        ds = tool("dnssec-dsfromkey", "-2", f"{made[name]}.key").split(" DS ")[1]
        key = (folder / f"{made[name]}.key").read_text().split(" DNSKEY ")[1].strip()
        text += f"@ CDS {ds}\n@ CDNSKEY {key}\n"
    (folder / "zone").write_text(text)
    options = ("-q", "-x", "-P", "-o", "example.test", "-f", "signed", "-O", "full")
    tool("dnssec-signzone", *options, "zone", made["k"], made["z"])
    (folder / "ds").write_text(tool("dnssec-dsfromkey", "-2", f"{made['k']}.key") + "\n")
    return folder / "signed", folder / "ds"


@pytest.mark.skipif(not shutil.which("dnssec-cds"), reason="needs BIND's dnssec-cds")
@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        (["k"], ""),
        (["k", "published"], ""),
        (["k", "stranger"], ""),
        (["published"], "cds-key-not-signing"),
        (["stranger"], "cds-no-matching-key"),
        (["k", "other"], "cds-algorithm-not-signing"),
    ],
    ids="-".join,
)
def test_dnssec_cds_refuses_the_same(asked: list[str], refused: str, tmp_path: Path) -> None:
    zone, ds = signed_today(tmp_path, asked)
    command = ["dnssec-cds", "-f", str(zone), "-d", str(ds), "-s", "-86400", "example.test"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not refused), done.stderr
    said = REFUSED & set(found(zone, ds=str(ds), at=(int(time.time()),)))
    assert said == ({refused} if refused else set())
