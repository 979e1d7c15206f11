"""rules/README.md: up to date with the catalogue."""

from __future__ import annotations

import sys

import pytest
from fixturing import FIXTURES

sys.path.append(str(FIXTURES))

import build_rules

from zonelint import catalogue


def test_it_is_up_to_date() -> None:
    assert build_rules.TARGET.read_text("utf-8") == build_rules.page(), "run python fixtures/build_rules.py"


def test_each_rule_is_in_it_once() -> None:
    text = build_rules.TARGET.read_text("utf-8")
    for rule in catalogue.rules().values():
        assert text.count(f"[{rule.id}]({rule.family}/{rule.id}.yaml)") == 1


@pytest.mark.parametrize("row", catalogue.table("left-out"), ids=lambda row: row["check"][:40])
def test_what_is_left_out_has_a_reason(row: dict[str, object]) -> None:
    assert row.keys() == {"check", "by", "reason"}
    assert isinstance(row["by"], list)
    assert len(str(row["reason"])) > 20
    assert "|" not in f"{row['check']}{row['reason']}"
