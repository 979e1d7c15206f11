"""Every fixture yields exactly what it says, and every rule has one that fails and one that passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixturing import FIXTURES, actual, expected, run

from zonelint.checks import RULES

ZONES = sorted(FIXTURES.glob("rules/*/*.zone")) + sorted(FIXTURES.glob("zones/*.zone"))
GENERATED = {
    line.strip()
    for line in (FIXTURES / "rules" / "generated.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
}
"""Rules whose failing zone is too large or too odd to be kept; test_reading.py makes them."""


NOTICED = {"zsk-pre-published.zone": {"dnskey-unused"}}
"""Good zones about which there is something to say."""


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.relative_to(FIXTURES).as_posix())
def test_fixture(zone: Path, tmp_path: Path) -> None:
    report = run(zone, tmp_path)
    wanted = expected(zone)
    assert actual(report, tmp_path) == wanted
    if zone.name.startswith("fail-"):
        assert zone.parent.name in {rule for _, _, rule in wanted}
    elif zone.name in NOTICED:
        assert {rule for _, _, rule in wanted} == NOTICED[zone.name]
    else:
        assert not wanted
        assert [found for judged in report.zones for found in judged.findings] == []


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_fixtures(rule: str) -> None:
    folder = FIXTURES / "rules" / rule
    assert list(folder.glob("fail-*.zone")) or rule in GENERATED
    assert list(folder.glob("pass-*.zone"))


def test_most_zones_must_stay_silent() -> None:
    failing = sum(1 for zone in ZONES if zone.name.startswith("fail-"))
    assert len(ZONES) - failing > failing
