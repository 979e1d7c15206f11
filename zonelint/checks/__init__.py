"""The checks, one module a family; this list of modules is the whole registration."""

from zonelint.checks import dnskey, ds, nsec, nsec3, repeats, signatures, signing, soa, structure
from zonelint.checks.registry import NODE_CHECKS, ZONE_CHECKS

READING = frozenset({
    "syntax-error", "unclosed-parenthesis", "unclosed-quote", "unknown-directive", "directive-invalid", "unknown-type",
    "rdata-invalid", "name-invalid", "owner-missing", "ttl-missing", "ttl-out-of-range", "class-mismatch",
    "out-of-zone",
    "include-missing", "include-outside", "include-loop", "generate-invalid", "transfer-incomplete", "meta-type",
    "binary-data", "record-too-long",
})  # fmt: skip
"""The rules that reading a zone file may break."""

BESIDE = frozenset({
    "ds-file-invalid", "key-file-invalid", "key-file-name-mismatch", "key-private-mismatch", "key-private-readable",
    "key-not-published", "key-published-early", "key-not-removed", "key-not-signing", "key-signs-early",
    "key-not-revoked", "zone-key-without-file", "key-state-mismatch",
})  # fmt: skip
"""The rules about files beside the zone: keys and DS records."""

RULES: frozenset[str] = READING | BESIDE | frozenset(
    rule for entry in (*NODE_CHECKS, *ZONE_CHECKS) for rule in entry.rules
) | frozenset(repeats.RULES) | frozenset(signatures.RULES)  # fmt: skip
"""Every rule that some check may yield; the catalogue has a page for each."""

__all__ = ["BESIDE", "NODE_CHECKS", "READING", "RULES", "ZONE_CHECKS", "dnskey", "ds", "nsec", "nsec3", "signing",
           "soa", "structure"]  # fmt: skip
