"""What the formats of a comparison share: its lines for people, how many of them, and the summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zonelint.engine.differ import Change, Difference, Section, Tally, Version
from zonelint.report.text import visible

SHOWN = 40
"""How many lines of a section are shown unless all are asked for."""


def lines_of(change: Change) -> Iterator[str]:
    """Give the records that go with `-` and those that come with `+`; of a TTL that changes, all of both."""
    same = change.before.ttl == change.after.ttl
    for sign, records, others in (("-", change.before, change.after), ("+", change.after, change.before)):
        for rdata in records.rdatas:
            if not same or rdata not in others.rdatas:
                yield visible(f"{sign} {change.owner} {records.ttl} {change.type} {rdata}")


def sections(difference: Difference) -> Iterator[tuple[str, list[str]]]:
    """Give each section that has something, as its title and its lines."""
    for section in Section:
        changes = [change for change in difference.changes if change.section == section]
        if changes:
            yield section, [line for change in changes for line in lines_of(change)]


def cut(lines: Sequence[str], every: bool) -> list[str]:
    """Cut a section to what is shown, with a line that counts the rest."""
    if every or len(lines) <= SHOWN:
        return list(lines)
    return [*lines[:SHOWN], f"... {len(lines) - SHOWN} more lines (--all shows them)"]


def summary(difference: Difference) -> Iterator[tuple[str, str]]:
    """Give the counts, each with what it counts."""
    old, new = difference.old, difference.new
    serials = ("a placeholder" if each.serial is None else each.serial for each in (old, new))
    yield "serial", arrow(*serials)
    yield "names", f"{len(difference.added)} added, {len(difference.removed)} removed ({old.names} -> {new.names})"
    yield "RRsets", f"{_three(difference.tally(), 'changed')} ({old.rrsets} -> {new.rrsets})"
    if old.signers or new.signers:
        yield "signatures", _three(difference.signatures, "renewed")
        yield "signing keys", arrow(_tags(old), _tags(new))
    if old.denial or new.denial:
        yield "denial", f"{arrow(old.denial or 'none', new.denial or 'none')}: {_three(difference.denial, 'changed')}"


def arrow(before: object, after: object) -> str:
    """Write what something was and is, once where both are alike."""
    return visible(str(after) if before == after else f"{before} -> {after}")


def _tags(version: Version) -> str:
    return ", ".join(map(str, version.signers)) or "none"


def _three(tally: Tally, changed: str) -> str:
    return f"{tally.added} added, {tally.removed} removed, {tally.changed} {changed}"
