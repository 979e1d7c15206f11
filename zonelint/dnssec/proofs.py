"""Signatures that are known to be valid: a fact about a key, some octets and a signature, which never changes."""

from __future__ import annotations

from hashlib import blake2b, sha256

PROOF = 20
"""Octets of the name of a valid signature."""


class Proofs:
    """The names of signatures that were verified before, and how a signature is named."""

    def __init__(self, known: frozenset[bytes] = frozenset()) -> None:
        self.known = known
        self._lately: frozenset[bytes] = frozenset()
        self._identities: dict[bytes, bytes] = {}

    def name(self, key: bytes, signature: bytes, data: bytes) -> bytes:
        """Name the fact that a key (its DNSKEY RDATA) has made a signature over some octets."""
        identity = self._identities.get(key)
        if identity is None:
            identity = self._identities[key] = self.identity(key)
        # the length keeps octets from passing between signature and data
        whole = b"%b%c%c%b%b" % (identity, len(signature) >> 8, len(signature) & 255, signature, data)
        return blake2b(whole, digest_size=PROOF).digest()

    def learn(self, names: bytes) -> None:
        """Know signatures by their names, one behind the other, instead of those that were learned before."""
        self._lately = frozenset([names[i : i + PROOF] for i in range(0, len(names), PROOF)])

    def knows(self, name: bytes) -> bool:
        """Tell whether the signature of this name is valid for sure."""
        return name in self.known or name in self._lately

    @staticmethod
    def identity(octets: bytes) -> bytes:
        """Name some octets."""
        # for long ones this is twice as fast where the processor has instructions for it
        return sha256(octets).digest()
