"""What the checks of a whole zone may know besides the zone: times, an earlier version, DS records, key files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zonelint.source.record import Files

if TYPE_CHECKING:
    from zonelint.dnssec.zonekey import ZoneKey
    from zonelint.keys.anchors import Anchor
    from zonelint.keys.dsfiles import DsRecord
    from zonelint.keys.model import KeyFile
    from zonelint.zone.model import Nodes


@dataclass(frozen=True, slots=True)
class Previous:
    """An earlier version of the zone: its name to print, its serial, and what else differs from it.

    `content_differs` and `signing_differs` tell whether what was written and what a signer made is other than in the
    zone (`zonelint.zone.content`); that is known where the serial is the same.
    """

    name: str
    serial: int
    content_differs: bool = False
    signing_differs: bool = False


@dataclass(slots=True)
class Child:
    """A zone below this one, as its own file has it, and what this zone says of it.

    `apex` is its name as a key and `name` as text, `servers` its NS RDATA, `addresses` those of the names it answers
    for, and `cuts` what it delegates in turn. `above` are the names of this zone at and below the delegation, and
    `files` turns a position in them into a place.
    """

    file: str
    apex: bytes
    name: str
    servers: frozenset[bytes]
    keys: Sequence[ZoneKey]
    addresses: Mapping[bytes, Mapping[int, frozenset[bytes]]]
    cuts: tuple[bytes, ...]
    above: Nodes = field(default_factory=dict)
    files: Files = field(default_factory=Files)


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
    children: Sequence[Child] | None = None
