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

KEY_FILE_RULES = frozenset({
    "key-file-invalid", "key-file-name-mismatch", "key-private-mismatch", "key-private-readable",
    "key-not-published", "key-published-early", "key-not-removed", "key-not-signing", "key-signs-early",
    "key-not-revoked", "zone-key-without-file", "key-state-mismatch",
})  # fmt: skip
"""The rules that need key files."""

PARENT_RULES = frozenset({
    "ds-no-matching-key", "ds-stale", "ds-digest-mismatch", "ds-algorithm-mismatch", "ds-for-unsigned-zone",
    "ds-algorithm-not-in-zone", "ds-key-not-signing", "ds-key-unusable", "ds-digest-deprecated", "ds-digest-unknown",
    "ds-file-invalid",
})  # fmt: skip
"""The rules that need the DS records of the parent."""

_DECLARED = frozenset(rule for entry in (*NODE_CHECKS, *ZONE_CHECKS) for rule in entry.rules)

RULES: frozenset[str] = (
    READING | KEY_FILE_RULES | PARENT_RULES | _DECLARED | frozenset(repeats.RULES) | frozenset(signatures.RULES)
)
"""Every rule that some check may yield; the catalogue has a page for each."""

__all__ = [
    "KEY_FILE_RULES", "NODE_CHECKS", "PARENT_RULES", "READING", "RULES", "ZONE_CHECKS",
    "dnskey", "ds", "nsec", "nsec3", "signing", "soa", "structure",
]  # fmt: skip
