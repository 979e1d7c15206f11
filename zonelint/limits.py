"""Thresholds: a number of things, or a share of how many there were."""

from __future__ import annotations

import re
from typing import NamedTuple

SHARE = r"(\d{1,9}(?:\.\d{1,6})?)(%?)"
"""The form of a share, as a regular expression: `10`, `2.5%`."""

PART = r"\d{1,9}(?:\.\d{1,6})?|0{0,7}\d{1,2}(?:\.\d{1,6})?%|0{0,6}100(?:\.0{1,6})?%"
"""The same where a share cannot be of more than all."""

OF_THOSE_BEFORE = frozenset({"removed", "changed"})
"""What is counted among the RRsets there were: no more than all of them can be."""

_SHARE = re.compile(SHARE, re.ASCII)


class Share(NamedTuple):
    """A number, or a share in per cent."""

    number: float
    is_share: bool

    def __str__(self) -> str:
        return f"{self.number:g}%" if self.is_share else f"{self.number:g}"


class Limit(NamedTuple):
    """A threshold: what it is called where it was set (`--max-removed`), and the share."""

    name: str
    share: Share

    @property
    def kind(self) -> str:
        """What is counted: `added`, `removed` or `changed`."""
        return self.name.rpartition("-")[2]

    @property
    def is_idle(self) -> bool:
        """Whether nothing can ever exceed it: a share of more than all there was, of what is no more than that."""
        return self.share.is_share and self.share.number > 100 and self.kind in OF_THOSE_BEFORE

    def exceeded(self, count: int, base: int) -> str | None:
        """Say that so many of `base` RRsets are more than allowed; None where they are not."""
        measured = 100 * count / max(base, 1) if self.share.is_share else count
        if measured <= self.share.number:
            return None
        said = f"{count} of {base} RRsets" + (f" ({measured:.1f}%)" if self.share.is_share else "")
        return f"{self.name} {self.share} is exceeded: {said} are {self.kind}"


def parse_share(text: str) -> Share | None:
    """Read `10%` or a number; None for what is neither."""
    parts = _SHARE.fullmatch(text)
    return Share(float(parts[1]), parts[2] == "%") if parts else None
