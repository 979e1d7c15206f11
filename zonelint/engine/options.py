"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from zonelint.catalogue import Settings
from zonelint.findings import Place, Severity
from zonelint.limits import Limit

if TYPE_CHECKING:
    from zonelint.suppressions import Suppression


class UsageError(Exception):
    """A request that cannot be carried out; the text is one sentence for the user."""


class Step(NamedTuple):
    """How far the scan of a large zone is: octets done and in all, records read, signatures judged so far."""

    file: str
    done: int
    octets: int
    records: int
    signatures: int


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The options of `zonelint check`.

    `at` holds the reference times in seconds since 1970 UTC and `horizon` seconds; `select` (None for all) and `ignore`
    hold rule ids; `published` and `ds_published` say since when the previous version and the DS records are out, and
    `propagation`, `parent_propagation`, `ds_ttl` are durations in seconds, None for what is not known. `jobs` is the
    number of processes, None for one a core; `cache` tells the directory of what earlier runs have found out and is
    asked for large zones only; None for none. `since` is a revision, or `auto`, which looks for it in `environ`, the
    variables of a hook or job, or `none`; with `require_previous` a zone without a version before is a failure.
    `revision` is one to judge in place of files. `tell` is called now and then while a large zone is scanned.
    `severities` and `settings` hold in place of those of the catalogue. `suppressions` are those of the configuration;
    comments in the zone add to them. `limits` are thresholds for the change from the previous version, and
    `limit_places` tells where they were set, by name; `placeholders` are the words that stand for a serial. `absent`
    says by the name of a setting why it has no value although the configuration has it, and `origin_from` what told
    `origin`. `children` are files and folders of zones that the zone delegates.
    """

    at: tuple[int, ...]
    origin: str | None = None
    previous: str | None = None
    since: str | None = None
    revision: str | None = None
    require_previous: bool = False
    keys: str | None = None
    ds: str | None = None
    published: int | None = None
    ds_published: int | None = None
    propagation: int | None = None
    parent_propagation: int | None = None
    ds_ttl: int | None = None
    trust_anchors: str | None = None
    children: tuple[str, ...] = ()
    allow_include: tuple[str, ...] = ()
    horizon: int = 259200
    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    fail_on: Severity = Severity.error
    jobs: int | None = None
    cache: Callable[[], str] | None = None
    tell: Callable[[Step], None] | None = None
    environ: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()
    baseline: str | None = None
    accept: bool = False
    limits: tuple[Limit, ...] = ()
    limit_places: Mapping[str, Place] = field(default_factory=dict)
    placeholders: frozenset[bytes] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict)
    origin_from: str = "option"

    def wants(self, rule: str) -> bool:
        """Tell whether findings of a rule are reported."""
        return rule not in self.ignore and (self.select is None or rule in self.select)
