"""The unified diff of edits: what difflib finds in the texts, and what can be applied."""

from __future__ import annotations

import difflib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonelint.engine.fixing.edits import Edit, applied
from zonelint.report.patch import unified_diff

HEAD = b"--- z\n+++ z\n"
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


def by_difflib(old: bytes, new: bytes) -> bytes:
    """Write the diff by comparing the texts."""
    parts = difflib.diff_bytes(difflib.unified_diff, _LINE.findall(old), _LINE.findall(new), b"z", b"z")
    return b"".join(part if part.endswith(b"\n") else part + b"\n\\ No newline at end of file\n" for part in parts)


def patched(text: bytes, patch: bytes) -> bytes:
    """Apply a diff: each hunk where it says, each line of context as it says."""
    if not patch:
        return text
    assert patch.startswith(HEAD)
    lines = _LINE.findall(patch.removeprefix(HEAD).replace(b"\n\\ No newline at end of file\n", b"\0"))
    # a line that does not end has a mark in place of its end
    old, new, at = _LINE.findall(text), list[bytes](), 0
    rest = [line for joined in lines for line in re.findall(rb"[^\0]*\0|[^\0]+", joined)]
    while rest:
        found = _HUNK.fullmatch(rest.pop(0))
        assert found
        counts = [1 if number is None else int(number) for number in (found[2], found[4])]
        starts = [int(found[1]) - (counts[0] > 0), int(found[3]) - (counts[1] > 0)]
        assert starts[0] >= at
        new += old[at : starts[0]]
        assert len(new) == starts[1]
        at = starts[0]
        while any(counts):
            line = rest.pop(0)
            sign, content = line[:1], line[1:].removesuffix(b"\0")
            if sign in b" -":
                assert old[at] == content
                at, counts[0] = at + 1, counts[0] - 1
            if sign in b" +":
                new.append(content)
                counts[1] -= 1
    return b"".join([*new, *old[at:]])


def spans(data: st.DataObject, text: bytes, octets: st.SearchStrategy[bytes]) -> list[Edit]:
    """Draw edits of a text that do not overlap."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return [Edit(start, end, data.draw(octets)) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_any_edits_make_a_diff_that_can_be_applied(data: st.DataObject) -> None:
    octets = st.text("ab\n", max_size=5).map(str.encode)
    text = data.draw(st.text("ab\n", max_size=60)).encode()
    first = spans(data, text, octets)
    middle = applied(text, first)
    second = spans(data, middle, octets)
    assert patched(text, unified_diff(text, [first, second], b"z")) == applied(middle, second)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_the_diff_is_that_of_the_texts(data: st.DataObject) -> None:
    # no line twice, so there is only one way to tell them apart
    lines = [b"line %d\n" % number for number in range(data.draw(st.integers(1, 60)))]
    text = b"".join(lines)[: data.draw(st.sampled_from([None, -1]))]
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    numbers = data.draw(st.lists(st.integers(0, len(lines) - 1), unique=True, max_size=12))
    kinds = {number: data.draw(st.sampled_from(["number", "gone", "new", "later"])) for number in numbers}
    first = [Edit(starts[number], starts[number] + 4, b"LINE") for number, kind in kinds.items() if kind == "number"]
    first += [Edit(starts[each], starts[each], b"new %d\n" % each) for each in numbers if kinds[each] == "new"]
    middle = applied(text, first)
    second = [Edit(found.start(), min(found.start() + len(lines[number]), len(middle)), b"")
              for number, kind in kinds.items() if kind == "gone" and (found := _where(number, middle))]  # fmt: skip
    second += [Edit(found.end(), found.end(), b" x") for number, kind in kinds.items()
               if kind == "later" and (found := _where(number, middle))]  # fmt: skip
    if not middle.endswith(b"\n") and data.draw(st.booleans()):
        second = [edit for edit in second if edit.end < len(middle)] + [Edit(len(middle), len(middle), b"\n")]
    diff = unified_diff(text, [first, second], b"z")
    assert diff == by_difflib(text, applied(middle, second))


def _where(number: int, text: bytes) -> re.Match[bytes] | None:
    return re.search(rb"^line %d$" % number, text, re.MULTILINE)


@pytest.mark.parametrize("steps", [[], [[]], [[Edit(0, 1, b"a")]], [[Edit(1, 1, b"b")], [Edit(1, 2, b"")]]])
def test_what_changes_nothing_has_no_diff(steps: list[list[Edit]]) -> None:
    assert unified_diff(b"a\nb\n", steps, b"z") == b""


def test_thousands_of_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    # by comparing, each of them would be searched for in all of the text
    monkeypatch.setattr(difflib, "SequenceMatcher", None)
    lines = [b"h%d 300 A 192.0.2.1\n" % number for number in range(60_000)]
    text, starts, at = b"".join(lines), list[int](), 0
    for line in lines:
        starts.append(at)
        at += len(line)
    edits = [Edit(starts[number], starts[number] + len(lines[number]), b"") for number in range(0, 40_000, 4)]
    edits += [Edit(starts[number] + len(b"h%d " % number), starts[number] + len(b"h%d 300" % number), b"60")
              for number in range(2, 40_002, 4)]  # fmt: skip
    assert len(edits) == 20_000
    diff = unified_diff(text, [edits], b"z")
    assert diff.count(b"\n-") == 20_000
    assert diff.count(b"\n@@") == 1
    assert patched(text, diff) == applied(text, edits)
