"""What it takes to scan any part of a zone; it is handed to every process that scans."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zonelint import catalogue
from zonelint.source.include import IncludePolicy
from zonelint.source.text import Source
from zonelint.zone.context import Context, facts_of
from zonelint.zone.model import Nodes


@dataclass(frozen=True, slots=True)
class Job:
    """A zone to scan: its text, the facts of its apex, and which files it may include.

    `verify` says whether signatures are judged, `check` whether single names are. `share` picks the owner names of
    one of several equal shares, as (number, of how many); None takes all.
    """

    source: Source
    context: Context
    policy: IncludePolicy
    verify: bool = True
    check: bool = True
    share: tuple[int, int] | None = None

    def informed(self, nodes: Nodes) -> Context:
        """Fill in what the context says of the apex from nodes that were read."""
        soa, keys, nsec3 = facts_of(nodes.get(self.context.apex, {}))
        if not self.verify:
            return replace(self.context, soa=soa)
        # unsigned zones need no look at the rule
        lifetime = catalogue.option("rrsig-validity-too-long", "max") if keys else 0
        return replace(self.context, soa=soa, keys=keys, nsec3=nsec3, lifetime=lifetime)
