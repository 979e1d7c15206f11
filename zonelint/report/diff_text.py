"""A comparison of two versions as plain text."""

from __future__ import annotations

from zonelint.engine.differ import Difference
from zonelint.report.diff_words import cut, sections, summary
from zonelint.report.text import visible


def write(difference: Difference, every: bool = False) -> str:
    """Write the counts, then each section with its records; `every` leaves nothing out."""
    old, new = difference.old.file, difference.new.file
    lines = [visible(f"{difference.zone}: {old} -> {new}")]
    if difference.is_same:
        return f"{lines[0]}\nno difference\n"
    lines += [f"  {name}: {said}" for name, said in summary(difference)]
    for title, records in sections(difference):
        lines += ["", f"{title}:", *(f"  {record}" for record in cut(records, every))]
    if difference.exceeded:
        lines += ["", *difference.exceeded]
    return "\n".join(lines) + "\n"
