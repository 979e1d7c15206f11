"""What a check says and what a run reports: plain values, shared by every layer.

Nothing here knows zones, rules or formats, so every other module may import it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum


class Severity(IntEnum):
    """How much a finding hurts the users of the zone; comparable, the worst is the largest."""

    notice = 1
    warning = 2
    error = 3


class Field(IntEnum):
    """The part of a record a caret points at; values of 0 and more are the RDATA fields in order."""

    record = -5
    owner = -4
    ttl = -3
    rdclass = -2
    rdtype = -1


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file, as byte offsets; line and column are worked out only when it is printed.

    `start` is the offset of the record's first octet. Where `end` is None the record is read again from
    there and the caret goes under `field` (a `Field`, or the number of an RDATA field); otherwise
    `start` to `end` is the span itself.
    """

    file: str
    start: int
    end: int | None = None
    field: int = Field.record


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect at one place, as a check yields it.

    `owner` is the text of the owner name concerned and `type` the mnemonic of the record type, both empty
    where they do not apply. `discriminator` tells findings of one rule at one owner and type apart in the
    fingerprint (a key tag, a target name): never a line number, a time or signature octets.
    """

    rule: str
    message: str
    place: Place | None = None
    owner: str = ""
    type: str = ""
    discriminator: str = ""
    related: tuple[tuple[Place, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """A place as a reader sees it: 1-based line and column, end exclusive, and the source line.

    `column` counts octets; `text` is the first line of the span without its line end, decoded as UTF-8
    with replacement.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with its severity and its place in the text."""

    finding: Finding
    zone: str
    severity: Severity
    location: Location | None
    related: tuple[tuple[Location, str], ...] = ()

    @property
    def fingerprint(self) -> str:
        """Identify the same defect across runs: sha256 of rule, zone, owner, type and discriminator, hex."""
        import hashlib

        f = self.finding
        text = "\0".join((f.rule, self.zone, f.owner, f.type, f.discriminator))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is not reported: `by` says what suppresses it, `comment`, `configuration` or `baseline`, and why.

    `location` is where that is written, None where that is not known.
    """

    found: Located
    by: str
    reason: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class NotRun:
    """A check that could not run, and why."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What a zone was compared with: the name of the version before, what chose it, and its commit, if it has one."""

    name: str
    chosen: str
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What lies ahead of a signed zone.

    From `valid_until` on, in seconds since 1970, some RRset has no valid signature any more; `because` names the first
    one. It is None where that is so already, or signatures are missing. `expirations` counts valid signatures by the
    hour in which they expire, in seconds since 1970 at its begin. `sizes` has the octets of the largest answer of each
    kind, by name, and `largest` the names they are for. `views` says how validators that lack something see the zone,
    by what they lack: `secure`, or `insecure`, which is like unsigned.
    """

    valid_until: int | None = None
    because: str = ""
    expirations: dict[int, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    largest: dict[str, str] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ZoneReport:
    """All that was found in one zone.

    `origin_from` says what named the origin: `option`, `configuration`, `SOA owner`, `$ORIGIN` or `file name`.
    `summary` is what reports for people say in the end in place of the counts, for what is no zone file. `forecast` is
    there for a zone with signatures, `compared` for one that was compared with a version before. `ran` tells the rules
    that were judged, none where that is not known. `fail_on` holds for this zone in place of that of the run, where it
    is not None. `suppressed` holds what is known and accepted.
    """

    file: str
    origin: str
    origin_from: str
    serial: int | None = None
    records: int = 0
    signatures: int = 0
    verified: int = 0
    names: int = 0
    seconds: float = 0.0
    findings: list[Located] = field(default_factory=list)
    not_run: list[NotRun] = field(default_factory=list)
    summary: str = ""
    forecast: Forecast | None = None
    compared: Compared | None = None
    ran: Callable[[], tuple[str, ...]] = field(default=tuple, compare=False)
    fail_on: Severity | None = None
    suppressed: list[Suppressed] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """The outcome of a run: zones in the order given, and faults that kept a file from being judged.

    `at` holds the reference times, in seconds since 1970 UTC. `failures` are messages about input that
    could not be read at all (file name first), `remarks` are about the run itself and change nothing. `exit_status`
    is set by the engine, and only there; `fail_on` is the severity from which on findings make it 1. `noun` is what the
    entries of `zones` are called where they are counted.
    """

    at: tuple[int, ...]
    zones: list[ZoneReport] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    exit_status: int = 0
    fail_on: Severity = Severity.error
    noun: str = "zone"

    def count(self, severity: Severity) -> int:
        """Count the findings of just this severity."""
        return sum(1 for zone in self.zones for found in zone.findings if found.severity == severity)

    @property
    def suppressed(self) -> int:
        """Count the findings that are suppressed."""
        return sum(len(zone.suppressed) for zone in self.zones)
