"""The waits of RFC 7583 and RFC 6781: how long a step of a rollover must follow another, with the arithmetic in words.

One function a wait, each from the numbers of a `Setup` or a `Plan`. Given `since`, the instant of the step that is
waited for, larger TTLs of the past count as well (inputs `was-dnskey-ttl` with `was-dnskey-ttl-until`, the same for
`data` and `ds`): what caches took with the old TTL they may hold after the new one has run out.

Two margins enter where BIND adds them: `publish-safety` when a key comes in, `retire-safety` when signatures or a
DS record of a key that has a successor go. `serve-stale` makes every TTL longer (RFC 8767).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from zonelint.rollover.model import RrsetClass, Wait
from zonelint.rollover.timeline import ADD_HOLD_DOWN, query_interval


class Numbers(Protocol):
    """What the arithmetic needs of a `Setup` or a `Plan`."""

    rrsets: tuple[RrsetClass, ...]

    def number(self, name: str, default: int = 0) -> int:
        """Give the value of an input."""


class Term(NamedTuple):
    """One addend: the symbol of RFC 7583, its seconds, and what it is in words; `cached` names the RRset of a TTL."""

    symbol: str
    seconds: int
    words: str
    cached: str = ""


Sum = tuple[Term, ...]


def _seconds(terms: Sum) -> int:
    return sum(term.seconds for term in terms)


def compose(symbol: str, *sums: Sum, protects: str = "lenient") -> Wait:
    """Make a wait that is as long as the longest of some sums."""
    names = [" + ".join(term.symbol for term in terms) for terms in sums]
    numbers = [" + ".join(str(term.seconds) for term in terms) for terms in sums]
    total = max(_seconds(terms) for terms in sums)
    longest = max(sums, key=_seconds)
    parts = [names[0], numbers[0]] if len(sums) == 1 else [f"max({', '.join(names)})", f"max({', '.join(numbers)})"]
    # a single number need not be said twice, nor a symbol that stands for itself
    shown = [part for part in parts if part not in (symbol, str(total))]
    limit = max(longest, key=lambda term: term.seconds)
    return Wait(
        symbol, total, " = ".join([symbol, *shown, f"{total} s"]), f"{limit.words}, {limit.seconds} s", protects
    )


@dataclass(slots=True)
class _Terms:
    """The terms that the waits are put together from."""

    numbers: Numbers
    since: int | None = None
    zone: Term = field(init=False)
    registration: Term = field(init=False)
    parent: Term = field(init=False)
    signing: Term = field(init=False)
    complete: Term = field(init=False)

    def __post_init__(self) -> None:
        number = self.numbers.number
        self.zone = Term("Dprp", number("zone-propagation"), "zone propagation")
        self.registration = Term("Dreg", number("registration"), "registration delay")
        self.parent = Term("DprpP", number("parent-propagation"), "parent propagation")
        self.signing = Term("Dsgn", number("sign-delay"), "signing delay")
        self.complete = Term("Dsgn", number("full-sign-delay"), "delay of a complete signing")

    @property
    def child(self) -> Term:
        """Propagation in the child, as the waits of a KSK call it."""
        return self.zone._replace(symbol="DprpC")

    @property
    def key(self) -> Sum:
        return self._cached(Term("TTLkey", self.numbers.number("dnskey-ttl"), "DNSKEY TTL", "dnskey"))

    @property
    def ds(self) -> Sum:
        return self._cached(Term("TTLds", self.numbers.number("ds-ttl"), "DS TTL", "ds"))

    @property
    def data(self) -> Sum:
        ttl = longest_ttl(self.numbers)
        denial = denial_ttl(self.numbers) == ttl and all(each.negative for each in self._longest(ttl))
        return self._cached(Term("TTLsig", ttl, "TTL of denials" if denial else "largest TTL of signed data", "data"))

    @property
    def denial(self) -> Sum:
        return self._cached(Term("TTLneg", denial_ttl(self.numbers), "TTL of denials", "data"))

    @property
    def no_key(self) -> Sum:
        ttl = self.numbers.number("dnskey-negative-ttl", self.numbers.number("denial-ttl"))
        return self._cached(Term("TTLneg", ttl, "negative TTL of DNSKEY"))

    @property
    def publish(self) -> Sum:
        return self._margin("publish-safety")

    @property
    def retire(self) -> Sum:
        return self._margin("retire-safety")

    def _margin(self, name: str) -> Sum:
        seconds = self.numbers.number(name)
        return (Term(name, seconds, f"{name} margin"),) if seconds else ()

    def _cached(self, ttl: Term) -> Sum:
        stale = self.numbers.number("serve-stale")
        return (ttl, Term("Dstale", stale, "serve-stale time")) if stale else (ttl,)

    def _longest(self, ttl: int) -> list[RrsetClass]:
        return [each for each in self.numbers.rrsets if each.ttl == ttl]

    def wait(self, symbol: str, *sums: Sum, protects: str = "lenient") -> Wait:
        """Compose a wait; a TTL of the past that lasts longer is one more sum to be waited for."""
        usual = max(_seconds(terms) for terms in sums)
        past = [each for terms in sums for each in self._past(terms) if _seconds(each) > usual]
        return compose(symbol, *sums, *dict.fromkeys(past), protects=protects)

    def _past(self, terms: Sum) -> list[Sum]:
        found: list[Sum] = []
        for i, term in enumerate(terms):
            ttl = self.numbers.number(f"was-{term.cached}-ttl") if term.cached else 0
            if self.since is None or ttl <= term.seconds:
                continue
            old = term._replace(symbol=f"was-{term.symbol}", seconds=ttl, words=f"earlier {term.words}")
            until = self.numbers.number(f"was-{term.cached}-ttl-until", self.since)
            lowered = Term("(Tlowered - T)", until - self.since, "time since the TTL was lowered")
            prop = self.parent if term.cached == "ds" else self.zone
            found.append((lowered, prop, old, *(each for each in terms[i + 1 :] if each.symbol == "Dstale")))
            if until >= self.since + sum(each.seconds for each in terms[:i] if each.symbol == "Dreg"):
                # what is replaced had the old TTL to its end
                found.append((*terms[:i], old, *terms[i + 1 :]))
        return found


def longest_ttl(numbers: Numbers) -> int:
    """Give TTLsig: the largest TTL in seconds of any signed data, denial of existence included (RFC 9077)."""
    named = (numbers.number("data-ttl"), numbers.number("denial-ttl"))
    return max(*named, *(rrset.ttl for rrset in numbers.rrsets)) if numbers.rrsets else max(named)


def denial_ttl(numbers: Numbers) -> int:
    """Give the largest TTL in seconds of a denial of existence (RFC 9077 section 3)."""
    return max(numbers.number("denial-ttl"), *(each.ttl for each in numbers.rrsets if each.negative), 0)


def ipub_zsk(numbers: Numbers, since: int | None = None) -> Wait:
    """Give Ipub of a pre-published ZSK: until every cache that has the DNSKEY set has the new key (RFC 7583 3.2.1)."""
    n = _Terms(numbers, since)
    return n.wait("Ipub", (n.zone, *n.key, *n.publish))


def iret_zsk(numbers: Numbers, since: int | None = None) -> Wait:
    """Give Iret of a ZSK: until no cache has a signature of the old key (RFC 7583 section 3.2.1)."""
    n = _Terms(numbers, since)
    return n.wait("Iret", (n.signing, n.zone, *n.data, *n.retire))


def iret_zsk_double(numbers: Numbers, since: int | None = None) -> Wait:
    """Give Iret of a double signature: new key and new signatures have reached every cache (RFC 7583 section 3.2.2).

    The RFC adds Dsgn to both; only the signatures are late by it.
    """
    n = _Terms(numbers, since)
    return n.wait("Iret", (n.zone, *n.key, *n.publish), (n.signing, n.zone, *n.data, *n.retire))


def ipub_rrsig(numbers: Numbers, since: int | None = None) -> Wait:
    """Give the wait of a double RRSIG: the new signatures are in every cache that has the data (RFC 7583 section 4)."""
    n = _Terms(numbers, since)
    return n.wait("Ipub", (n.signing, n.zone, *n.data, *n.retire))


def iret_rrsig(numbers: Numbers, since: int | None = None) -> Wait:
    """Give the second wait of a double RRSIG: no cache has the DNSKEY set of before."""
    n = _Terms(numbers, since)
    return n.wait("Iret", (n.zone, *n.key, *n.publish))


def ipubc(numbers: Numbers, since: int | None = None) -> Wait:
    """Give IpubC: until every cache that has the DNSKEY set has the new KSK and its signature (RFC 7583 3.3.1)."""
    n = _Terms(numbers, since)
    return n.wait("IpubC", (n.child, *n.key, *n.publish))


def dreg(numbers: Numbers, since: int | None = None) -> Wait:
    """Give Dreg: from the submission of a DS until it is in the parent zone; ends when it is seen there."""
    n = _Terms(numbers, since)
    return n.wait("Dreg", (n.registration,), protects="")


def iret_ksk(numbers: Numbers, since: int | None = None) -> Wait:
    """Give Iret of a KSK: until no cache has the old DS set (RFC 7583 section 3.3.1)."""
    n = _Terms(numbers, since)
    return n.wait("Iret", (n.parent, *n.ds, *n.retire))


def ipubp(numbers: Numbers, since: int | None = None) -> Wait:
    """Give IpubP: until every cache that has the DS set has the new DS (RFC 7583 section 3.3.2)."""
    n = _Terms(numbers, since)
    return n.wait("IpubP", (n.parent, *n.ds, *n.retire))


def iret_double_ds(numbers: Numbers, since: int | None = None) -> Wait:
    """Give Iret of a double DS: until no cache has the DNSKEY set of the old KSK (RFC 7583 section 3.3.2)."""
    n = _Terms(numbers, since)
    return n.wait("Iret", (n.child, *n.key, *n.publish))


def double_rrset(numbers: Numbers, since: int | None = None) -> Wait:
    """Give Ipub of a double RRset: new DS and new DNSKEY are in every cache (RFC 7583 section 3.3.3)."""
    n = _Terms(numbers, since)
    return n.wait("Ipub", (n.registration, n.parent, *n.ds, *n.retire), (n.child, *n.key, *n.publish))


def iret_csk_double_ds(numbers: Numbers, since: int | None = None) -> Wait:
    """Give Iret of a CSK behind a double DS: old DNSKEY set and old signatures are out of every cache."""
    n = _Terms(numbers, since)
    return n.wait("Iret", (n.child, *n.key, *n.publish), (n.signing, n.child, *n.data, *n.retire))


def first_signing(numbers: Numbers, since: int | None = None) -> Wait:
    """Give the wait before the first DS: no cache has unsigned data or the absence of a DNSKEY set (RFC 7583 3.3.5)."""
    n = _Terms(numbers, since)
    return n.wait("Ipub", (n.zone, *n.no_key, *n.publish), (n.complete, n.zone, *n.data))


def going_insecure(numbers: Numbers, since: int | None = None) -> Wait:
    """Give the wait after the last DS went: no cache wants signatures any more."""
    n = _Terms(numbers, since)
    return n.wait("Iret", (n.parent, *n.ds))


def algorithm_signatures(numbers: Numbers, since: int | None = None) -> Wait:
    """Give wait 1 of a conservative algorithm rollover: new signatures everywhere (RFC 6781 section 4.1.4)."""
    n = _Terms(numbers, since)
    return n.wait("Ipub", (n.complete, n.zone, *n.data), protects="strict-dnskey")


def algorithm_keys(numbers: Numbers, since: int | None = None) -> Wait:
    """Give wait 2 of an algorithm rollover: new keys in every cache that has the DNSKEY set (RFC 6781 4.1.4)."""
    return ipubc(numbers, since)


def algorithm_ds(numbers: Numbers, since: int | None = None) -> Wait:
    """Give wait 4 of an algorithm rollover (3 is Dreg): no cache has the old DS set (RFC 6781 section 4.1.4)."""
    return going_insecure(numbers, since)


def algorithm_retire(numbers: Numbers, since: int | None = None) -> Wait:
    """Give wait 5 of a conservative algorithm rollover: no cache has the old DNSKEY set (RFC 6781 section 4.1.4)."""
    n = _Terms(numbers, since)
    return n.wait("Iret", (n.zone, *n.key), protects="strict-dnskey")


def liberal_signatures(numbers: Numbers, since: int | None = None) -> Wait:
    """Give the wait of a liberal algorithm rollover for its signatures: everywhere before the DS asks for them."""
    n = _Terms(numbers, since)
    return n.wait("Ipub", (n.complete, n.zone, *n.data), protects="strict-ds")


def nsec_chain(numbers: Numbers, since: int | None = None) -> Wait:
    """Give the wait until every server has the whole new chain of denial (RFC 5155 section 10.4)."""
    n = _Terms(numbers, since)
    return n.wait("Dchain", (n.complete, n.zone), protects="")


def nsec_caches(numbers: Numbers, since: int | None = None) -> Wait:
    """Give the wait until no server and no cache uses the old chain of denial (RFC 8198, RFC 9077)."""
    n = _Terms(numbers, since)
    return n.wait("Iret", (n.zone, *n.denial), protects="")


def itrp(numbers: Numbers, since: int | None = None) -> Wait:
    """Give IpubC with Itrp: until every RFC 5011 resolver trusts the new key (RFC 7583 section 3.3.4)."""
    n = _Terms(numbers, since)
    hold = Term("AddHoldDown", numbers.number("hold-down", ADD_HOLD_DOWN), "RFC 5011 hold-down")
    return n.wait("IpubC", (n.child, hold, _queries(numbers, 2), *n.publish), (n.child, *n.key, *n.publish))


def irev(numbers: Numbers, since: int | None = None) -> Wait:
    """Give Irev: how long a revoked key stays, so that every RFC 5011 resolver sees it (RFC 7583 section 3.3.4)."""
    n = _Terms(numbers, since)
    return n.wait("Irev", (n.child, _queries(numbers, 1)), protects="")


def key_gone(numbers: Numbers, since: int | None = None) -> Wait:
    """Give the time after a key was removed until no cache has it: nobody asks for it, housekeeping only."""
    n = _Terms(numbers, since)
    return n.wait("Igone", (n.zone, *n.key), protects="")


def _queries(numbers: Numbers, count: int) -> Term:
    interval = query_interval(numbers.number("dnskey-ttl"))
    return Term("MQI" if count == 1 else f"{count} x MQI", count * interval, "RFC 5011 query interval")


WaitFunction = Callable[[Numbers, int | None], Wait]

WAITS: dict[str, WaitFunction] = {
    wait.__name__: wait
    for wait in (
        ipub_zsk, iret_zsk, iret_zsk_double, ipub_rrsig, iret_rrsig, ipubc, dreg, iret_ksk, ipubp, iret_double_ds,
        double_rrset, iret_csk_double_ds, first_signing, going_insecure, algorithm_signatures, algorithm_keys,
        algorithm_ds, algorithm_retire, liberal_signatures, nsec_chain, nsec_caches, itrp, irev, key_gone,
    )
}  # fmt: skip
"""Every wait by the name that the methods use."""
