"""What the checks of a whole zone may know besides the zone: times, an earlier version, DS records, key files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonelint.dnssec.verify import ZoneKey
    from zonelint.keys.anchors import Anchor
    from zonelint.keys.dsfiles import DsRecord
    from zonelint.keys.model import KeyFile


@dataclass(frozen=True, slots=True)
class Previous:
    """An earlier version of the zone: its name to print, its serial, and the digests of its content."""

    name: str
    serial: int
    digest: int
    made_digest: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything given besides the zone; what is None was not given.

    `keys` are the keys of the apex in the order of `Context.keys`. `zone_digests` holds what ZONEMD records must say,
    by hash algorithm; None where there are none, or where the zone could not be read whole.
    """

    at: tuple[int, ...]
    keys: Sequence[ZoneKey] = field(default_factory=tuple)
    previous: Previous | None = None
    ds: Sequence[DsRecord] | None = None
    key_files: Sequence[KeyFile] | None = None
    anchors: Sequence[Anchor] | None = None
    zone_digests: Mapping[int, bytes] | None = None
