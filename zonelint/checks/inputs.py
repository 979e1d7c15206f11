"""What the checks of a whole zone may know besides the zone: times, an earlier version, DS records, key files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zonelint.dnssec.verify import ZoneKey
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

    `keys` are the keys of the apex in the order of `Context.keys`.
    """

    at: tuple[int, ...]
    keys: Sequence[ZoneKey] = field(default_factory=tuple)
    previous: Previous | None = None
    ds: Sequence[DsRecord] | None = None
    key_files: Sequence[KeyFile] | None = None
