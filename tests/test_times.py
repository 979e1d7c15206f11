"""Times and durations as options write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonelint.times import (
    LATEST,
    BadTime,
    parse_duration,
    parse_time,
    reference_now,
    to_text,
)

NOW = 1781481600  # 2026-06-15T00:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("1s", 1),
        ("2m", 120),
        ("3d", 259200),
        ("1h30m", 5400),
        ("1W2D", 777600),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "3x", "-3d", "+3d", "1.5h", "3 d", "3d ", "٣d", "²", "1" * 21])
def test_text_that_is_no_duration(text: str) -> None:
    with pytest.raises(BadTime, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-15",
        "20260615",
        "2026-06-15T00:00:00Z",
        "2026-06-15t00:00:00z",
        "2026-06-15T00:00",
        "2026-06-15 00:00:00",
        "2026-06-15T02:30:00+02:30",
        "2026-06-14T22:00:00-02:00",
        "2026-06-15T00:00:00.999Z",
        "20260615000000",
        "@1781481600",
        "now",
        "+0",
        "-0s",
    ],
)
def test_forms_of_one_time(text: str) -> None:
    assert parse_time(text, NOW) == NOW


def test_relative_times_count_from_now() -> None:
    assert parse_time("+3d", NOW) == NOW + 259200
    assert parse_time("-1h30m", NOW) == NOW - 5400


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "-",
        "@",
        "@-1",
        "@1e9",
        "tomorrow",
        "now+3d",
        "+3x",
        "1781481600",
        "2026-02-30",
        "2026-13-01",
        "2026-06-15T24:00:01Z",
        "20260230000000",
        "20261301000000",
        "20260615000060",
        "2026-W01",
        "٢٠٢٦-06-15",
        "2026-06-15T00:00:00Zz",
    ],
)
def test_text_that_is_no_time(text: str) -> None:
    with pytest.raises(BadTime, match="is not a time"):
        parse_time(text, NOW)


@pytest.mark.parametrize(
    "text", ["1969-12-31T23:59:59Z", "-9999w", "@253402300800", "9999-12-31T23:59:59-01:00"]
)
def test_times_beyond_four_digit_years(text: str) -> None:
    with pytest.raises(BadTime, match="not between 1970-01-01 and 9999-12-31"):
        parse_time(text, NOW)


def test_bounds_are_inclusive() -> None:
    assert parse_time("1970-01-01", NOW) == 0
    assert parse_time("9999-12-31T23:59:59Z", NOW) == LATEST


def test_unix_seconds_without_the_sign_get_a_hint() -> None:
    with pytest.raises(BadTime, match="@SECONDS"):
        parse_time("1781481600", NOW)


def test_source_date_epoch_replaces_the_clock() -> None:
    assert reference_now({"SOURCE_DATE_EPOCH": "1781481600"}, 5.5) == NOW
    assert reference_now({"SOURCE_DATE_EPOCH": ""}, 5.5) == 5
    assert reference_now({}, 5.5) == 5


@pytest.mark.parametrize("value", ["soon", "-1", "1.5", "2026-06-15", "9" * 15])
def test_a_bad_source_date_epoch_is_not_ignored(value: str) -> None:
    with pytest.raises(BadTime, match="SOURCE_DATE_EPOCH"):
        reference_now({"SOURCE_DATE_EPOCH": value}, 5.5)


@given(st.integers(0, LATEST))
def test_what_is_printed_can_be_read_back(seconds: int) -> None:
    assert parse_time(to_text(seconds), 0) == seconds


@given(st.text(alphabet="0123456789-+:TZ.@wdhmsnow ", max_size=24))
def test_no_text_gives_another_error(text: str) -> None:
    try:
        assert 0 <= parse_time(text, NOW) <= LATEST
    except BadTime as fault:
        assert repr(text) in str(fault)


def test_times_are_printed_in_utc() -> None:
    assert to_text(NOW) == "2026-06-15T00:00:00Z"
    assert to_text(0) == "1970-01-01T00:00:00Z"
