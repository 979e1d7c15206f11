"""A comparison of two versions as Markdown, for the comment of a merge request."""

from __future__ import annotations

from zonelint.engine.differ import Difference
from zonelint.report.diff_words import cut, sections, summary
from zonelint.report.text import visible


def write(difference: Difference, every: bool = False) -> str:
    """Write a table of the counts and a block in diff colours for each section; `every` leaves nothing out."""
    lines = [f"### {_cell(difference.zone)}", ""]
    if difference.is_same:
        return "\n".join([*lines, "No difference.", ""])
    for sentence in difference.exceeded:
        lines += [f"> **{_cell(sentence)}**", ""]
    lines += ["| | |", "|---|---|", *(f"| {name} | {_cell(said)} |" for name, said in summary(difference))]
    for title, records in sections(difference):
        shown = cut(records, every)
        lines += ["", f"#### {title[0].upper()}{title[1:]}", "", *_block(shown)]
    return "\n".join(lines) + "\n"


def _block(lines: list[str]) -> list[str]:
    """Fence lines, with more backticks than any of them has in a row."""
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    return [f"{fence}diff", *lines, fence]


def _cell(text: str) -> str:
    """Take the meaning from what Markdown, or HTML in it, would obey."""
    shown = visible(text).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{char}" if char in "\\`*_[]|" else char for char in shown)
