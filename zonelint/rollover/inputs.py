"""The numbers of a rollover from four sources: options, the signing policy, the zone, and defaults, in this order.

Where two of them say something else, a note says what counts and why. A number that caches obey (a TTL) is never
taken smaller than the zone shows it: what resolvers hold was served with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from zonelint.keys.policies.model import LARGEST, Policy
from zonelint.rollover.model import Number, RrsetClass, Setup
from zonelint.rollover.observe import place_text
from zonelint.rollover.timeline import ADD_HOLD_DOWN
from zonelint.source.record import MAX_TTL
from zonelint.times import BadTime, parse_duration, parse_time, to_text

NAMES = (
    "zone-propagation",
    "parent-propagation",
    "registration",
    "sign-delay",
    "full-sign-delay",
    "dnskey-ttl",
    "ds-ttl",
    "data-ttl",
    "denial-ttl",
    "dnskey-negative-ttl",
    "ds-negative-ttl",
    "soa-refresh",
    "soa-retry",
    "soa-expire",
    "publish-safety",
    "retire-safety",
    "signature-validity",
    "signature-refresh",
    "signature-jitter",
    "clock-skew",
    "hold-down",
    "serve-stale",
    "forwarders",
    "lifetime-ksk",
    "lifetime-zsk",
    "lifetime-csk",
)
"""The inputs by name, in seconds; `forwarders` is 0 or 1."""

PAST = ("dnskey", "data", "ds")
"""What may have had a larger TTL: inputs `was-NAME-ttl`, and `was-NAME-ttl-until` in seconds since 1970."""

SIGNED = ("dnskey", "data")
"""What signatures are over, as far as they are renewed apart: the DNSKEY set by a KSK, the data by a ZSK."""

_CACHED = frozenset({"dnskey-ttl", "ds-ttl", "data-ttl", "denial-ttl", "dnskey-negative-ttl"})
_ESTIMATED = frozenset({"signature-refresh", "signature-jitter"})
_INCEPTION_OFFSET = 7200
_FROM_POLICY = {
    "dnskey-ttl": "dnskey-ttl",
    "data-ttl": "max-zone-ttl",
    "zone-propagation": "zone-propagation",
    "parent-propagation": "parent-propagation",
    "registration": "registration",
    "ds-ttl": "ds-ttl",
    "ds-negative-ttl": "parent-soa-minimum",
    "publish-safety": "publish-safety",
    "retire-safety": "retire-safety",
    "signature-validity": "signature-validity",
    "signature-refresh": "signature-refresh",
    "signature-jitter": "signature-jitter",
}
_DEFAULTS = {
    "registration": Number(0, "default: time counts from when the DS is seen"),
    "parent-propagation": Number(3600, "assumed: an hour (--parent-propagation)"),
    "ds-ttl": Number(86400, "assumed: a day (--ds-ttl)"),
    "dnskey-ttl": Number(3600, "assumed: an hour (--dnskey-ttl)"),
    "full-sign-delay": Number(0, "default"),
    "publish-safety": Number(0, "default"),
    "retire-safety": Number(0, "default"),
    "clock-skew": Number(0, "default"),
    "hold-down": Number(ADD_HOLD_DOWN, "RFC 5011 section 2.4.1"),
    "serve-stale": Number(0, "default"),
    "forwarders": Number(0, "default"),
}


class InputError(ValueError):
    """An option or a number of a policy that cannot be; the text is one sentence."""


class Was(NamedTuple):
    """An earlier TTL: that of `name` (one of `PAST`) was `ttl` seconds until the instant `until`."""

    name: str
    ttl: int
    until: int
    source: str


def parse_was_ttl(text: str, now: int) -> Was:
    """Read the value of `--was-ttl`, `dnskey=86400@2026-09-01`: the TTL, and when the smaller one replaced it.

    Raises `InputError`; a time that is to come is none at which something was replaced.
    """
    name, is_given, rest = text.partition("=")
    ttl_text, is_dated, time = rest.partition("@")
    if not is_given or not is_dated or name not in PAST:
        raise InputError(f"--was-ttl {text}: write NAME=TTL@TIME, NAME one of {', '.join(PAST)}")
    try:
        ttl, until = parse_duration(ttl_text), parse_time(time, now)
    except BadTime as fault:
        raise InputError(f"--was-ttl {text}: {fault}") from None
    if ttl > MAX_TTL:
        raise InputError(f"--was-ttl {text}: TTL {ttl} is above {MAX_TTL}")
    if until > now:
        raise InputError(f"--was-ttl {text}: the time is still to come")
    return Was(name, ttl, until, "option --was-ttl")


def gather(
    setup: Setup,
    *,
    policy: Policy | None = None,
    options: Mapping[str, int] | None = None,
    was: Iterable[Was] = (),
    unrenewed: Collection[str] = (),
) -> Setup:
    """Put the numbers of a measured setup together with those of a policy and of options; gives a new setup.

    `options` maps names of `NAMES` to seconds. `unrenewed` has those of `SIGNED` whose signatures nobody renews: they
    expire when the zone says, all others never. Raises `InputError` for numbers that cannot be.
    """
    given = dict(options or {})
    for name, value in given.items():
        _require(name, value)
    result = replace(setup, inputs=dict(setup.inputs), notes=list(setup.notes))
    merger = _Merger(result, policy, given)
    merger.merge()
    _add_past(result, was)
    _fit_classes(result)
    if "data" not in unrenewed:
        result.rrsets = tuple(replace(rrset, expires=None) for rrset in result.rrsets)
    if "dnskey" not in unrenewed:
        result.dnskey_expires = None
    return result


def _require(name: str, value: int) -> None:
    """Refuse a number that cannot be."""
    if name not in NAMES:
        raise InputError(f"there is no input {name}: the inputs are {', '.join(NAMES)}")
    if value < 0:
        raise InputError(f"--{name} {value}: a time cannot be negative")
    most = 1 if name == "forwarders" else MAX_TTL if name in _CACHED or name == "ds-negative-ttl" else LARGEST
    if value > most:
        raise InputError(f"--{name} {value}: at most {most} is possible")


@dataclass(slots=True)
class _Merger:
    """Merges into `setup` what the policy and the options say; `shown` is the validity of signatures in the zone."""

    setup: Setup
    policy: Policy | None
    options: Mapping[str, int]
    shown: Number | None = None

    def merge(self) -> None:
        """Settle every input."""
        self.shown = self.setup.inputs.get("signature-validity")
        for name in NAMES:
            if name != "sign-delay":
                self._settle(name)
        self._negative()
        self._include_denial()
        self._propagation()
        self._lifetimes()
        inputs = self.setup.inputs
        for name, number in _DEFAULTS.items():
            inputs.setdefault(name, number)
        inputs.setdefault("ds-negative-ttl", Number(inputs["ds-ttl"].value, "assumed: as long as the DS TTL"))
        if inputs["ds-ttl"].source.startswith("assumed") and self.setup.start.anchors is None:
            self._note("the TTL of the DS set is not known: a day is assumed, say what the parent has with --ds-ttl")
        self._sign_delay()

    def _settle(self, name: str) -> None:
        """Choose between the sources of one input; the zone keeps what no other source gives."""
        measured = self.setup.inputs.get(name)
        wanted = self._wanted(name)
        if wanted is None:
            return
        if measured is not None and name in _CACHED and wanted.value < measured.value:
            self._note(
                f"{name}: {wanted.value} s by {wanted.source}, {measured.value} s by {measured.source}: the larger "
                "counts, for caches may hold what was served with it"
            )
            return
        if measured is not None and self._differs(name, measured, wanted):
            self._note(
                f"{name}: {wanted.value} s by {wanted.source} counts, not {measured.value} s by {measured.source}"
            )
        self.setup.inputs[name] = wanted

    def _differs(self, name: str, measured: Number, wanted: Number) -> bool:
        """Tell whether zone and policy disagree; what is only estimated is let pass."""
        if name == "signature-validity":
            return self._disagree(measured, wanted)
        return measured.value != wanted.value and name not in _ESTIMATED

    def _disagree(self, measured: Number, wanted: Number) -> bool:
        """Tell whether validities differ by more than what jitter and an early inception make."""
        jitter = self._wanted("signature-jitter")
        return abs(measured.value - wanted.value) > _INCEPTION_OFFSET + (jitter.value if jitter else 0)

    def _wanted(self, name: str) -> Number | None:
        """Give what the options or else the policy say."""
        if name in self.options:
            return Number(self.options[name], f"option --{name}")
        return self._by_policy(_FROM_POLICY.get(name, ""))

    def _by_policy(self, name: str) -> Number | None:
        setting = self.policy.settings.get(name) if self.policy else None
        if self.policy is None or setting is None:
            return None
        if setting.place is None:
            return Number(setting.value, f"policy {self.policy.name}, default of {_SIGNERS[self.policy.kind]}")
        return Number(setting.value, f"policy {place_text(setting.place)} {name}")

    def _negative(self) -> None:
        """Take the SOA of a policy for the TTL of negative answers (RFC 2308 section 5)."""
        minimum, ttl = self._by_policy("soa-minimum"), self._by_policy("soa-ttl")
        if minimum is None or ttl is None:
            return
        wanted = min(minimum, ttl, key=lambda number: number.value)
        for name in ("denial-ttl", "dnskey-negative-ttl"):
            measured = self.setup.inputs.get(name)
            if name not in self.options and (measured is None or wanted.value > measured.value):
                self.setup.inputs[name] = wanted

    def _include_denial(self) -> None:
        """Let the largest TTL of signed data be that of denial where it is larger (RFC 7583 appendix A, TTLsig)."""
        inputs = self.setup.inputs
        denial = inputs.get("denial-ttl")
        if denial is not None and denial.value > self.setup.number("data-ttl"):
            inputs["data-ttl"] = denial

    def _propagation(self) -> None:
        """Fall back on the SOA: a secondary that misses a NOTIFY asks after refresh, and again after retry."""
        inputs = self.setup.inputs
        if "zone-propagation" in inputs:
            return
        if "soa-refresh" in inputs and "soa-retry" in inputs:
            value = inputs["soa-refresh"].value + inputs["soa-retry"].value
            inputs["zone-propagation"] = Number(min(value, LARGEST), "assumed: SOA refresh + retry")
            self._note(
                f"how long a change takes to reach all servers is not known: SOA refresh + retry, {value} s, is "
                "assumed (--zone-propagation)"
            )
        else:
            inputs["zone-propagation"] = Number(3600, "assumed: an hour (--zone-propagation)")

    def _lifetimes(self) -> None:
        for key in self.policy.keys if self.policy else ():
            name = f"lifetime-{key.role}"
            if key.lifetime is None or name in self.options:
                continue
            old = self.setup.inputs.get(name)
            where = f"policy {place_text(key.lifetime_place)}" if key.lifetime_place else "policy"
            if old is None or key.lifetime < old.value:
                self.setup.inputs[name] = Number(key.lifetime, f"{where} lifetime of the {key.role}")

    def _sign_delay(self) -> None:
        """Settle how long it takes until the last signature is made anew after a key begins to sign.

        Signers that renew signatures when they are due leave old ones until `validity - refresh` has passed.
        """
        inputs, shown = self.setup.inputs, self.setup.inputs.pop("sign-delay", None)
        wanted = self._wanted("sign-delay") or self._smooth()
        if wanted is not None and shown is not None and wanted.value < shown.value:
            # an option says what the operator will do, and Knot DNS makes all signatures anew with a new key
            if "sign-delay" not in self.options and wanted.value:
                self._note(
                    f"sign-delay: {wanted.value} s by {wanted.source}, yet {shown.value} s by {shown.source}: "
                    "the larger counts"
                )
                wanted = shown
        elif wanted is None and shown is not None:
            validity = max(inputs["signature-validity"].value, self.shown.value if self.shown else 0)
            wanted = Number(validity, "assumed: signature-validity, for signatures are renewed one by one")
            self._note(
                f"inceptions of signatures lie {shown.value} s apart, so they are renewed one by one: the last old "
                f"one is gone when its validity ends, after {validity} s; --policy or --sign-delay may tell less"
            )
        elif wanted is None:
            wanted = Number(0, "assumed: all signatures are made anew at once")
            if self.setup.start.zone_signers:
                self._note("a new key is assumed to sign the whole zone at once (sign-delay 0; else --sign-delay)")
        inputs["sign-delay"] = wanted

    def _smooth(self) -> Number | None:
        """Give the time by the policy or the options, in the way of the signer."""
        kind = self.policy.kind if self.policy else None
        if self.policy and kind == "knot":
            return Number(0, f"policy {self.policy.name}: Knot DNS signs the whole zone at once with a new key")
        validity, refresh = self._wanted("signature-validity"), self._wanted("signature-refresh")
        if validity is None or refresh is None:
            return None
        jitter, resign = self._wanted("signature-jitter"), self._by_policy("resign-interval")
        value, formula = validity.value - refresh.value, "validity - refresh"
        if self.shown is not None and self.shown.value > validity.value and self._disagree(self.shown, validity):
            # what is signed already is renewed at the same distance from its own end
            value = self.shown.value - refresh.value
            formula = f"validity - refresh, with the validity of {self.shown.source}"
        if kind == "opendnssec":
            value += (jitter.value if jitter else 0) + (resign.value if resign else 0)
            formula = formula.replace("validity - refresh", "jitter + validity + resign - refresh", 1)
        elif kind == "zonelint":
            value += jitter.value if jitter else 0
            formula = formula.replace("validity - refresh", "validity - refresh + jitter", 1)
        return Number(max(0, value), f"policy {self.policy.name}: {formula}" if self.policy else f"options: {formula}")

    def _note(self, text: str) -> None:
        self.setup.notes.append(text)


_SIGNERS = {"bind": "BIND", "opendnssec": "OpenDNSSEC", "knot": "Knot DNS", "zonelint": "zonelint"}


def _add_past(setup: Setup, was: Iterable[Was]) -> None:
    """Keep of each earlier TTL the one that caches may hold longest, if it is larger than the one of today."""
    for name in PAST:
        now = setup.number(f"{name}-ttl")
        larger = [past for past in was if past.name == name and past.ttl > now]
        if not larger:
            continue
        past = max(larger, key=lambda past: (past.until + past.ttl, past.ttl))
        setup.inputs[f"was-{name}-ttl"] = Number(past.ttl, past.source)
        setup.inputs[f"was-{name}-ttl-until"] = Number(past.until, past.source)
        setup.notes.append(
            f"the {name} TTL was {past.ttl} s until {to_text(past.until)}: caches may hold it for so long after that"
        )


def _fit_classes(setup: Setup) -> None:
    """Let the classes of RRsets show TTLs as large as the inputs: records that have them may still come."""
    data, denial = setup.number("data-ttl"), setup.number("denial-ttl")
    classes = [replace(rrset, ttl=max(rrset.ttl, denial)) if rrset.negative else rrset for rrset in setup.rrsets]
    if all(rrset.ttl < data for rrset in classes):
        expires = [rrset.expires for rrset in classes if rrset.expires is not None]
        classes.insert(0, RrsetClass(f"data-{data}", data, expires=min(expires, default=None)))
    setup.rrsets = tuple(classes)
