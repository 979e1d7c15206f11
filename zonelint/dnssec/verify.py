"""Is this signature right? The order of RFC 4035 section 5.3: first its fields, then the cryptography."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from zonelint.dnssec.heads import Fault, Head, Heads, Use
from zonelint.dnssec.zonekey import ZoneKey
from zonelint.names import label_count, labels_from_wire, wire_from_key
from zonelint.times import serial_less

if TYPE_CHECKING:
    from zonelint.dnssec.proofs import Proofs
    from zonelint.zone.model import Node

_RRSIG, _DNSKEY, _MEMO = 46, 48, 1 << 14
TRIES = 16
"""With how many keys of its tag and algorithm a signature is tried; validators try fewer (CVE-2023-50387)."""
AT_ONCE = 1 << 12
"""How many signatures of a key wait at most to be verified at once."""
_BY_ENTRY_KEYS = frozenset({_DNSKEY, 59, 60})


class Expiry(NamedTuple):
    """When the valid signatures of a part of a zone expire, all in seconds since 1970.

    `hours` counts them by the hour (seconds divided by 3600), `span` is the first and the last expiration of those that
    the keys for the zone's data make, None without any. `first` tells the RRset that is the first to have no valid
    signature any more: when, its owner and its type.
    """

    hours: dict[int, int]
    span: tuple[int, int] | None = None
    first: tuple[int, bytes, int] | None = None


class Verifier:
    """Verifies signatures with the keys of one zone.

    `at` are the reference times, in seconds since 1970, `horizon` how many seconds before its end a signature
    is said to expire soon, `lifetime` how many seconds it may be valid for. `algorithms` are those that must
    sign every RRset (RFC 6840 section 5.11). `claims` counts the signatures that are not valid by the keys they name.
    Given `proofs`, signatures among them are not verified again, and `proved` collects those of all valid ones.
    """

    def __init__(
        self, apex: bytes, keys: Sequence[ZoneKey], at: Sequence[int], horizon: int, lifetime: int, rdclass: int = 1,
        proofs: Proofs | None = None,
    ) -> None:  # fmt: skip
        self.keys, self._apex, self._at, self._horizon, self._lifetime = keys, apex, at, horizon, lifetime
        self._rdclass = rdclass.to_bytes(2, "big")
        self.algorithms = frozenset(key.algorithm for key in keys if key.is_usable)
        self._apex_wire = wire_from_key(apex)
        self._prefix = 18 + len(self._apex_wire)
        self._heads: dict[bytes, Head] = {}
        self._every = Heads(apex, keys, at, horizon, lifetime)
        self._proofs, self._is_whole = proofs, True
        self.proved: list[bytes] = []
        self._waiting: dict[int, list[tuple[bytes, bytes]]] = {}
        self._is_sure = True
        self._uses: dict[Use, int] = {}
        self.claims: dict[Use, int] = {}
        self._expiry = Expiry({})

    def begin(self) -> None:
        """Forget what is counted of one part of the zone: `uses`, `claims`, `proved` and the span of `sure_between`."""
        self.expiry()
        self._uses, self.claims, self.proved, self._heads, self._is_whole = {}, {}, [], {}, True
        self._expiry = Expiry({})

    def trust(self) -> None:
        """Take signatures for valid, until `settle`, that can be verified many at once."""
        from zonelint.dnssec import multibuffer

        if self._waiting:
            return
        self._is_sure = True
        for number, key in enumerate(self.keys):
            key.verify_all = multibuffer.load(key.rdata) if key.verify else None
            if key.verify_all:
                self._waiting[number] = []

    def settle(self) -> bool:
        """Tell whether all that was taken for valid is; if not, nothing that was judged since `trust` counts."""
        for number in self._waiting:
            self._verify_waiting(number)
        self._waiting = {}
        return self._is_sure

    def _verify_waiting(self, number: int) -> None:
        verify_all, waiting = self.keys[number].verify_all, self._waiting[number]
        self._is_sure = self._is_sure and verify_all is not None and verify_all(waiting)
        waiting.clear()

    @property
    def uses(self) -> dict[Use, int]:
        """Count the valid signatures judged since `begin` by the key that made them."""
        self.expiry()
        return self._uses

    def expiry(self) -> Expiry:
        """Tell when the signatures judged since `begin` expire."""
        hours, span, first = self._expiry
        for head in self._heads.values():
            if not head.count:
                continue
            if head.use:
                self._uses[head.use] = self._uses.get(head.use, 0) + head.count
            end = self._every.moment(head.expiration)
            hours[end // 3600] = hours.get(end // 3600, 0) + head.count
            if head.covered not in _BY_ENTRY_KEYS:
                span = (min(span[0], end), max(span[1], end)) if span else (end, end)
            if head.alone is not None and (first is None or (end, head.alone, head.covered) < first):
                first = end, head.alone, head.covered
            head.count, head.alone = 0, None
        self._expiry = Expiry(hours, span, first)
        return self._expiry

    def lasts(self, owner: bytes, rdtype: int, heads: Sequence[Head]) -> None:
        """Note the valid signatures of an RRset that has several: it lasts as long as the longest of them."""
        end = max([self._every.moment(head.expiration) for head in heads])
        hours, span, first = self._expiry
        if first is None or (end, owner, rdtype) < first:
            self._expiry = Expiry(hours, span, (end, owner, rdtype))

    def sure_between(self) -> tuple[int, int]:
        """Give the times between which no signature judged since `begin` changes its standing, in seconds since 1970.

        The second is the first moment at which one is too near to its end, by the horizon or by its TTL. Both are 0
        where there are too many to tell, and where there is no such time.
        """
        if not self._is_whole:
            return 0, 0
        since, until = 0, 1 << 62
        for head in self._heads.values():
            since = max(since, self._every.moment(head.inception))
            # the counterpart of `expires_soon` and `outlived` of `Heads`
            nearest = max(self._horizon, head.original_ttl - 1)
            until = min(until, self._every.moment(head.expiration) - nearest)
        return (since, until) if since < until else (0, 0)

    def head(self, rdata: bytes) -> tuple[Head, int]:
        """Give the head of an RRSIG's RDATA and the offset at which its signature begins."""
        end = self._prefix
        if rdata[18:end] != self._apex_wire:
            end = 19 + sum(len(label) + 1 for label in labels_from_wire(rdata[18:]))
        prefix = rdata[:end]
        head = self._heads.get(prefix)
        if head is None:
            head = self._every.of(prefix)
            if len(self._heads) > _MEMO:
                self.expiry()
                self._heads.clear()
                self._is_whole = False
            self._heads[prefix] = head
        return head, end

    def takes(self, owner: bytes, owner_wire: bytes, node: Node, covered: tuple[int, ...]) -> bool:
        """Take a node whose signatures are not worth a word, as those of most are; tells whether it is such a one.

        It has one valid signature for each of the types `covered`, in this order, and no other. Where the answer is
        no, nothing was counted, and each signature has to be judged by itself.
        """
        rrsigs = node[_RRSIG]
        if len(rrsigs.rdatas) != len(covered):
            return False
        end, known, every, labels = self._prefix, self._heads, self._every.known, label_count(owner)
        heads: list[Head] = []
        # all heads first, so that no signature is verified in vain
        for rdtype, rrsig, ttl in zip(covered, rrsigs.rdatas, rrsigs.ttls, strict=True):
            head = known.get(rrsig[:end])
            if head is None:
                head = every.get(rrsig[:end])
                # one more could push out those that are counted already
                if head is None or len(known) > _MEMO:
                    return False
                known[rrsig[:end]] = head
            if not head.is_plain or head.covered != rdtype or head.labels != labels:
                return False
            if node[rdtype].ttl != ttl or head.original_ttl != ttl:
                return False
            heads.append(head)
        for head, rrsig in zip(heads, rrsigs.rdatas, strict=True):
            rdatas = node[head.covered].rdatas
            data = self._covered(rrsig[:end], owner_wire, rdatas if len(rdatas) == 1 else sorted(rdatas))
            if not self._verifies(head.keys[0], rrsig[end:], data):
                return False
        for head in heads:
            head.count += 1
            if head.alone is None or owner < head.alone:
                head.alone = owner
        return True

    def _covered(self, prefix: bytes, owner_wire: bytes, rdatas: list[bytes]) -> bytes:
        """Give the octets that a signature covers (RFC 4034 section 3.1.8.1): its own fields, and the sorted RRset.

        The type and the TTL of the records are those that the fields name.
        """
        lead = owner_wire + prefix[:2] + self._rdclass + prefix[4:8]
        return prefix + b"".join([lead + len(rdata).to_bytes(2, "big") + rdata for rdata in rdatas])

    def judge(
        self, owner_wire: bytes, labels: int, rdtype: int, ttl: int, rdatas: list[bytes], rrsig: bytes
    ) -> tuple[Head, Fault | None]:
        """Judge one RRSIG over the RRset of the type it covers; `rdatas` must be sorted, `ttl` is that in the file.

        `labels` is the label count of the owner name. Counts the signature in `uses` or `claims`.
        """
        # the name of the signer ends where that of the zone does, so no longer head begins like a known one
        end = self._prefix
        head = self._heads.get(rrsig[:end])
        if head is None:
            head, end = self.head(rrsig)
        if head.is_sound and head.labels == labels and head.original_ttl == ttl:
            fault = self._check(head, rrsig[end:], self._covered(rrsig[:end], owner_wire, rdatas))
        else:
            fault = self._fault(head, labels, ttl)
        if fault:
            for number in head.keys:
                use = number, rdtype == _DNSKEY
                self.claims[use] = self.claims.get(use, 0) + 1
        else:
            head.count += 1
        return head, fault

    def _fault(self, head: Head, labels: int, ttl: int) -> Fault | None:
        """Say why a signature does not count, whatever it was made over."""
        if head.fault:
            return head.fault
        # RFC 4035 section 5.3.2: fewer labels mean a wildcard expansion, and no zone file holds one
        if head.labels != labels:
            return Fault.labels_wrong
        if not serial_less(head.inception, head.expiration):
            return Fault.inverted
        return Fault.original_ttl if head.original_ttl != ttl else head.late_fault

    def _check(self, head: Head, signature: bytes, data: bytes) -> Fault | None:
        """Verify a signature with each key that it may be by."""
        for number in head.keys[:TRIES]:
            if self._verifies(number, signature, data):
                if head.use is None:
                    use = number, head.covered == _DNSKEY
                    self._uses[use] = self._uses.get(use, 0) + 1
                return None
        return Fault.bogus if len(head.keys) <= TRIES else Fault.unverifiable

    def _verifies(self, number: int, signature: bytes, data: bytes) -> bool:
        key, proofs, waiting = self.keys[number], self._proofs, self._waiting.get(number)
        if key.verify is None:
            return False
        proof = b"" if proofs is None else proofs.name(key.rdata, signature, data)
        if proofs is None or not proofs.knows(proof):
            if waiting is None:
                if not key.verify(signature, data):
                    return False
            else:
                waiting.append((signature, data))
                if len(waiting) >= AT_ONCE:
                    self._verify_waiting(number)
        if proofs is not None:
            self.proved.append(proof)
        return True
