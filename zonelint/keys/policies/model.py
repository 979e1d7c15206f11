"""A signing policy as plain values, whichever signer it was written for; all times are whole seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zonelint.findings import Place

Kind = Literal["bind", "opendnssec", "knot", "zonelint"]
Role = Literal["ksk", "zsk", "csk"]
Denial = Literal["nsec", "nsec3"]

LARGEST = 2**32 - 1
"""The longest time a policy may hold, in seconds; every signer keeps it in 32 bits."""

SETTINGS = (
    "dnskey-ttl",
    "max-zone-ttl",
    "zone-propagation",
    "parent-propagation",
    "registration",
    "ds-ttl",
    "publish-safety",
    "retire-safety",
    "signature-validity",
    "signature-validity-dnskey",
    "signature-refresh",
    "signature-jitter",
    "resign-interval",
    "inception-offset",
    "soa-minimum",
    "soa-ttl",
    "parent-soa-minimum",
    "purge-keys",
)
"""The names of settings in `Policy.settings`, the same for every signer."""

RSA = frozenset((1, 5, 7, 8, 10))
"""The algorithms whose keys have a length to choose."""

METHODS: Mapping[Role, tuple[str, ...]] = {
    "ksk": ("double-ksk", "double-ds", "double-rrset"),
    "zsk": ("pre-publication", "double-signature", "double-rrsig"),
    "csk": ("pre-publication", "double-signature", "double-ds", "double-rrset", "single-signature"),
}
"""The ways to roll a key, by its role; the first is what signers do when they are not told."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A time of a policy, in seconds; `place` spans the value, None where it is the default of the signer."""

    value: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """A key that a policy asks for.

    `lifetime` is in seconds, None for unlimited; `method` is one of `METHODS`, None where it is not known;
    `bits` is the length of an RSA key. `place` spans the key and `lifetime_place` its lifetime, None for defaults.
    """

    role: Role
    algorithm: int
    lifetime: int | None
    method: str | None
    bits: int | None
    place: Place | None
    lifetime_place: Place | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """One signing policy: its settings by the names in `SETTINGS`, its keys, its denial of existence.

    A setting that the signer does not have, or only learns from the zone, is absent. `place` spans the name,
    None for a policy built into the signer. `iterations` are those of NSEC3, None where they are not given.
    `months` holds the durations that count months, each as it is written and with its place.
    """

    name: str
    kind: Kind
    path: str
    settings: Mapping[str, Setting]
    keys: tuple[PolicyKey, ...]
    denial: Denial
    place: Place | None = None
    iterations: Setting | None = None
    months: tuple[tuple[str, Place], ...] = ()

    def get(self, name: str) -> int | None:
        """Give the value of a setting in seconds, None where it is absent."""
        setting = self.settings.get(name)
        return setting.value if setting else None

    def place_of(self, name: str) -> Place | None:
        """Give the place of a setting, that of the policy where the setting is a default."""
        setting = self.settings.get(name)
        return setting.place if setting and setting.place else self.place
