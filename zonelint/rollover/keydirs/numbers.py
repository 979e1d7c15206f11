"""The numbers that key files are judged with: measured ones, else those of a policy, a key file, or defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from zonelint.keys.model import KeyFile
from zonelint.keys.policies.model import Policy
from zonelint.rollover.model import Number, RrsetClass, Setup

DEFAULT_SOURCES = ("default", "default of dnssec-policy")
"""What the inputs name as their source where nothing else is known."""

_DAY = 86400
_DEFAULTS = {
    "dnskey-ttl": 3600,
    "ds-ttl": _DAY,
    "data-ttl": _DAY,
    "zone-propagation": 300,
    "parent-propagation": 3600,
    "dnskey-negative-ttl": 3600,
    "ds-negative-ttl": 3600,
    "denial-ttl": 3600,
    "publish-safety": 0,
    "retire-safety": 0,
    "sign-delay": 0,
    "registration": 0,
}
"""In seconds; the TTLs and delays are those that BIND's dnssec-policy has for a zone that sets none."""

_MANAGED = {"publish-safety": 3600, "retire-safety": 3600, "sign-delay": 9 * _DAY}
"""What named adds by default where it manages the keys itself."""

_POLICY = {
    "dnskey-ttl": "dnskey-ttl",
    "ds-ttl": "ds-ttl",
    "data-ttl": "max-zone-ttl",
    "zone-propagation": "zone-propagation",
    "parent-propagation": "parent-propagation",
    "publish-safety": "publish-safety",
    "retire-safety": "retire-safety",
    "registration": "registration",
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The waits of RFC 7583 in seconds, worked out from the inputs; `measured` tells that they are not just defaults.

    `publication` is Ipub, `retirement` Iret of a ZSK, `ds` that of a DS record, `first` the wait before the first DS.
    """

    inputs: dict[str, Number]
    measured: bool

    def get(self, name: str) -> int:
        """Give an input, 0 where there is none."""
        found = self.inputs.get(name)
        return 0 if found is None else found.value

    @property
    def publication(self) -> int:
        """Ipub = Dprp + TTLkey (RFC 7583 section 3.2.1)."""
        return self.get("zone-propagation") + self.get("dnskey-ttl")

    @property
    def retirement(self) -> int:
        """Iret = Dsgn + Dprp + TTLsig (RFC 7583 section 3.2.1)."""
        return self.get("sign-delay") + self.get("zone-propagation") + self.get("data-ttl")

    @property
    def ds(self) -> int:
        """Iret = DprpP + TTLds (RFC 7583 section 3.3.1)."""
        return self.get("parent-propagation") + self.get("ds-ttl")

    @property
    def first(self) -> int:
        """From the first signing to the first DS: nobody holds the unsigned zone any more (RFC 7583 section 3.3.5)."""
        ttl = max(self.get("dnskey-ttl"), self.get("dnskey-negative-ttl"), self.get("data-ttl"))
        return self.get("sign-delay") + self.get("zone-propagation") + ttl

    @property
    def memory(self) -> int:
        """For how long caches and servers may hold what was replaced, at most."""
        names = ("dnskey", "data", "denial", "ds", "dnskey-negative", "ds-negative", "was-dnskey", "was-data", "was-ds")
        delays = max(self.get("sign-delay") + self.get("zone-propagation"), self.get("parent-propagation"))
        return delays + max(self.get(f"{name}-ttl") for name in names) + self.get("serve-stale")


def numbers_of(
    keys: Sequence[KeyFile],
    setup: Setup | None = None,
    policy: Policy | None = None,
    options: Mapping[str, int] | None = None,
) -> Numbers:
    """Gather the inputs: options first, then those of the setup, the policy, the TTL in the key files, and defaults."""
    managed = any(key.state for key in keys)
    inputs = {name: Number(value, DEFAULT_SOURCES[0]) for name, value in _DEFAULTS.items()}
    if managed:
        inputs |= {name: Number(value, DEFAULT_SOURCES[1]) for name, value in _MANAGED.items()}
    ttls = [key.public.ttl for key in keys if key.public and key.public.ttl is not None]
    if ttls:
        inputs["dnskey-ttl"] = Number(max(ttls), "TTL in the key files")
    if policy:
        inputs |= dict(_from_policy(policy))
    if setup:
        inputs |= setup.inputs
    inputs |= {name: Number(value, f"option --{name}") for name, value in (options or {}).items()}
    return Numbers(inputs, setup is not None or policy is not None or bool(options))


def _from_policy(policy: Policy) -> Iterator[tuple[str, Number]]:
    for name, setting in _POLICY.items():
        value = policy.get(setting)
        if value is not None:
            yield name, Number(value, f"policy {policy.name}")
    validity, refresh = policy.get("signature-validity"), policy.get("signature-refresh")
    if validity is not None and refresh is not None and validity >= refresh:
        yield "sign-delay", Number(validity - refresh, f"policy {policy.name}")


def rrsets_of(setup: Setup | None, numbers: Numbers) -> tuple[RrsetClass, ...]:
    """Give the classes of signed data, those of the longest TTL where no zone was measured."""
    if setup and setup.rrsets:
        return setup.rrsets
    return (RrsetClass("data", numbers.get("data-ttl")), RrsetClass("denial", numbers.get("denial-ttl"), negative=True))
