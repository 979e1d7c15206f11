"""The timetable for a terminal: the steps with their arithmetic, the proof in words, then what it all rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zonelint.report.paint import Paint
from zonelint.report.text import columns, count, visible
from zonelint.report.timetable.sheet import Row, Sheet, describe, key_text
from zonelint.report.timetable.words import (
    accounts,
    algorithm_name,
    bounds_text,
    duration,
    outside_text,
    size_text,
    time_text,
    verdict,
    wait_text,
)

_NARROWEST = 60
_GOOD, _BAD, _HEAD, _DIM = "bold green", "bold red", "bold", "cyan"


def write(sheet: Sheet) -> str:
    """Write the blocks with empty lines between."""
    paint = Paint(sheet.color)
    width = max(sheet.width, _NARROWEST)
    blocks = [
        list(_head(sheet, width, paint)),
        list(_steps(sheet, width, paint)),
        list(_proof(sheet, width, paint)),
        list(_keys(sheet, width, paint)),
        list(_inputs(sheet, width, paint)),
        list(_notes(sheet, width, paint)),
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def _head(sheet: Sheet, width: int, paint: Paint) -> Iterator[str]:
    """Say what this is, from when to when, and whether it is safe."""
    yield from _wrap(f"{sheet.plan.zone}: {sheet.methods}", "", width, paint, _HEAD)
    rows = sheet.rows
    if rows:
        yield from _wrap(
            f"{count(len(rows), 'step')} from {time_text(rows[0].at, sheet.tz)} until "
            f"{time_text(rows[-1].at, sheet.tz)} ({duration(rows[-1].at - rows[0].at)})",
            "",
            width,
        )
    yield from _wrap(verdict(sheet), "", width, paint, _GOOD if sheet.safe else _BAD)
    ahead = sheet.next_row
    if rows:
        left = "all steps are in the past" if ahead is None else _ahead(ahead, sheet)
        yield from _wrap(left, "", width)


def _ahead(row: Row, sheet: Sheet) -> str:
    return f"next: step {row.number}, {time_text(row.at, sheet.tz)}, in {duration(row.at - sheet.now)}"


def _steps(sheet: Sheet, width: int, paint: Paint) -> Iterator[str]:
    """Give a heading and a block for each step."""
    if not sheet.rows:
        return
    when = max(columns(time_text(row.at, sheet.tz)) for row in sheet.rows)
    number = max(4, len(str(sheet.rows[-1].number)))
    margin = number + when + 4
    before = None
    yield paint(f"{'step':>{number}}  {'time':<{when}}  what to do", _HEAD)
    for row in sheet.rows:
        if before is not None:
            yield ""
        first = f"{row.number:>{number}}  {_pad(time_text(row.at, sheet.tz), when)}  "
        room = width - margin
        lines = _broken(visible(row.title), room)
        yield paint(first[:number], _HEAD) + first[number:] + paint(lines[0], _HEAD)
        yield from (" " * margin + paint(line, _HEAD) for line in lines[1:])
        yield from _details(row, before, sheet, width)
        before = row


def _details(row: Row, before: Row | None, sheet: Sheet, width: int) -> Iterator[str]:
    """Give the labelled lines below a step."""
    details: list[tuple[str, str]] = []
    details += [("change", text) for text in dict.fromkeys(map(describe, row.events)) if text != row.title]
    if before is not None:
        details.append(("after", f"{duration(row.at - before.at)} since step {before.number}"))
    if row.wait is not None:
        details.append(("wait", wait_text(row.wait)))
        if row.wait.limited_by:
            details.append(("limited by", row.wait.limited_by))
        if row.wait.protects not in ("", "lenient"):
            details.append(("protects", f"{row.wait.protects} validators"))
    if bounds := bounds_text(row, sheet.tz):
        details.append(("window", bounds))
    if early := outside_text(row):
        details.append(("beware", early))
    if row.size is not None:
        details.append(("size", f"DNSKEY answer {size_text(row.size)}"))
    details += [("do", text) for text in row.instructions]
    if row.refs:
        details.append(("see", ", ".join(row.refs)))
    last = ""
    for label, text in details:
        yield from _wrap(text, f"      {label if label != last else '':<11} ", width)
        last = label


def _proof(sheet: Sheet, width: int, paint: Paint) -> Iterator[str]:
    """Tell each window and the combinations in it; say so where there is none."""
    yield f"{paint('proof:', _HEAD)} {paint(verdict(sheet), _GOOD if sheet.safe else _BAD)}"
    for account in accounts(sheet):
        bad = account.trouble.outcome != "insecure"
        yield from _wrap(account.head, "  ", width, paint, _BAD if bad else "")
        if bad:
            for sentence in account.sentences:
                yield from _wrap(sentence, "    - ", width)


def _keys(sheet: Sheet, width: int, paint: Paint) -> Iterator[str]:
    """List the keys."""
    keys = sheet.plan.keys
    if keys:
        yield paint("keys", _HEAD)
        texts = [key_text(key, algorithm_name(key.algorithm)) for key in keys.values()]
        yield from _columns(list(keys), [""] * len(keys), texts, width)


def _inputs(sheet: Sheet, width: int, paint: Paint) -> Iterator[str]:
    """List the numbers of the arithmetic, each with its source."""
    inputs = sheet.plan.inputs
    if not inputs:
        return
    values = [f"{number.value} s" for number in inputs.values()]
    spans = [duration(number.value) for number in inputs.values()]
    value, span = max(map(len, values)), max(map(len, spans))
    lengths = [f"{each:>{value}}  {length:<{span}}  " for each, length in zip(values, spans, strict=True)]
    sources = [f"from {number.source or 'nowhere named'}" for number in inputs.values()]
    yield paint("inputs", _HEAD)
    yield from _columns(list(inputs), lengths, sources, width)


def _notes(sheet: Sheet, width: int, paint: Paint) -> Iterator[str]:
    """List the notes."""
    if sheet.plan.notes:
        yield paint("notes", _HEAD)
        for note in sheet.plan.notes:
            yield from _wrap(note, "  - ", width)


def _columns(names: Sequence[str], middle: Sequence[str], texts: Sequence[str], width: int) -> Iterator[str]:
    """Give lines of a name, a column of fixed width, and a text; a name that leaves no room has a line of its own."""
    shown = [visible(name) for name in names]
    room = min(max(map(columns, shown)), width // 3)
    for name, fixed, text in zip(shown, middle, texts, strict=True):
        fits = columns(name) <= room
        if not fits:
            yield from _wrap(name, "  ", width)
        yield from _wrap(text, f"  {_pad(name if fits else '', room)}  {fixed}", width)


def _wrap(text: str, head: str, width: int, paint: Paint | None = None, style: str = "") -> list[str]:
    """Break a text into lines of `width` columns, the later ones below the first."""
    margin = " " * columns(head)
    lines = _broken(visible(text), max(width - len(margin), 20))
    shown = [paint(line, style) if paint is not None and style else line for line in lines]
    return [f"{margin if i else head}{line}" for i, line in enumerate(shown)]


def _broken(text: str, room: int) -> list[str]:
    """Break a text at spaces, and words that are too long anywhere; textwrap counts characters, not columns."""
    lines = [""]
    for word in text.split():
        rest = word
        if lines[-1] and columns(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
            continue
        if lines[-1]:
            lines.append("")
        while columns(rest) > room:
            cut = room
            while columns(rest[:cut]) > room:
                cut -= 1
            lines[-1:] = [rest[:cut], ""]
            rest = rest[cut:]
        lines[-1] = rest
    return lines


def _pad(text: str, width: int) -> str:
    return text + " " * max(width - columns(text), 0)
