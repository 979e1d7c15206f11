"""What is wrong with a policy file, as the readers of all dialects note it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from zonelint.findings import Finding, Place
from zonelint.keys.policies.durations import BadDuration, Duration

FAULT_LIMIT = 20
"""Faults after which the rest goes untold: one wrong brace can make hundreds."""

POLICY_LIMIT = 1000
"""Policies after which a file is given up; real ones have a dozen."""

_SHOWN = 40


@dataclass(slots=True)
class Notes:
    """The findings about one policy file, and the durations in it that count months."""

    path: str
    findings: list[Finding] = field(default_factory=list)
    months: list[tuple[str, Place]] = field(default_factory=list)

    def place(self, start: int, end: int) -> Place:
        """Give a place in this file."""
        return Place(self.path, start, end)

    def fault(self, message: str, start: int, end: int) -> None:
        """Note a fault at a span of the file."""
        self.fault_at(message, self.place(start, end))

    def fault_at(self, message: str, place: Place | None) -> None:
        """Note a fault at a place, or at none where the line must not be shown."""
        if len(self.findings) > FAULT_LIMIT:
            return
        if len(self.findings) == FAULT_LIMIT:
            message = "too many faults: the others are not told"
        name = os.path.basename(self.path)
        self.findings.append(Finding("policy-invalid", message, place, discriminator=f"{name}: {message}"))

    def duration(self, read: Callable[[str], Duration], what: str, text: str, start: int, end: int) -> int | None:
        """Read a duration with one of the functions in `durations`; notes the fault and gives None for a bad one."""
        try:
            found = read(text)
        except BadDuration as fault:
            self.fault(f"{what}: {quoted(text)} is {fault}", start, end)
            return None
        if found.months:
            self.months.append((text, self.place(start, end)))
        return found.seconds

    def taken_months(self) -> tuple[tuple[str, Place], ...]:
        """Give the durations with months that were read since the last call."""
        taken, self.months = tuple(self.months), []
        return taken


def quoted(text: str) -> str:
    """Quote a word of the file for a message, cut to a decent length."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
