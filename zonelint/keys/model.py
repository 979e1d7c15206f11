"""What key files say, as plain values. Nothing here ever holds the private octets of a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zonelint.dnssec.keys import key_tag
from zonelint.findings import Place


class _Dnskey:
    """Shared reading of DNSKEY RDATA in wire form (RFC 4034 section 2.1)."""

    __slots__ = ()
    rdata: bytes

    @property
    def flags(self) -> int:
        """The 16 flag bits."""
        return int.from_bytes(self.rdata[:2], "big")

    @property
    def algorithm(self) -> int:
        """The algorithm number."""
        return self.rdata[3]

    @property
    def key(self) -> bytes:
        """The octets of the public key."""
        return self.rdata[4:]

    @property
    def tag(self) -> int:
        """The key tag; it changes when the key is revoked."""
        return key_tag(self.rdata)


@dataclass(frozen=True, slots=True)
class ZoneKey(_Dnskey):
    """A DNSKEY at the apex of the zone; `signs` tells whether it makes at least one signature in the zone.

    `rdata` is the wire form and holds four octets at least.
    """

    rdata: bytes
    place: Place
    signs: bool


@dataclass(frozen=True, slots=True)
class PublicPart(_Dnskey):
    """The DNSKEY of a `.key` file: the place of its record, that of the file's first line, its owner.

    `owner` is a key as in `zonelint.names`; `rdata` is the wire form; `ttl` is None where the record has none.
    """

    place: Place
    top: Place
    owner: bytes
    rdata: bytes
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class PrivatePart:
    """What may be known of a `.private` file; `top` is the place of its first line.

    `mode` holds the permission bits, None where the system has none. `algorithm` is None when the file could
    not be read as a private key. `public` holds the DNSKEY key octets that belong to the private part, worked
    out from it; None when that is not possible (key in an HSM, algorithm not supported, damaged file).
    """

    top: Place
    mode: int | None
    algorithm: int | None = None
    public: bytes | None = None


@dataclass(frozen=True, slots=True)
class StatePart:
    """The states in a `.state` file and the places of their lines.

    States are `hidden`, `rumoured`, `omnipresent` and `unretentive`.
    Keys are field names in lower case without `state`: `goal`, `dnskey`, `ds`, `krrsig`, `zrrsig`.
    `times` holds the other dates by the names of `KeyFile.timing` (those of the states are `DNSKEYChange` and so on),
    `numbers` the fields `Lifetime` (seconds, 0 for unlimited), `Predecessor`, `Successor` (key tags), `DSPubCount`
    and `DSDelCount`. `ksk` and `zsk` say what the key is for, None where the file does not. `lines` has the place
    of each line by the name of its field in those spellings.
    """

    states: Mapping[str, str]
    places: Mapping[str, Place]
    times: Mapping[str, int | None] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    ksk: bool | None = None
    zsk: bool | None = None
    lines: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The files `K<name>+<algorithm>+<tag>` of one key; a part that is missing or damaged is None.

    `path` is the common path without suffix; `name` (a key as in `zonelint.names`), `algorithm` and `tag` are
    those of the file name. `timing` maps `Created`, `Publish`, `Activate`, `Revoke`, `Inactive`, `Delete`,
    `SyncPublish`, `SyncDelete`, ... to seconds since 1970 UTC, or to None for UNSET; it is empty for keys
    without timing metadata. `links` has the key tags `Predecessor` and `Successor` of the `.private` file, `places`
    the place of each date and link.
    """

    path: str
    name: bytes
    algorithm: int
    tag: int
    public: PublicPart | None
    private: PrivatePart | None
    state: StatePart | None
    timing: Mapping[str, int | None]
    links: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
