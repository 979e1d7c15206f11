"""The checks, one module a family; this list of modules is the whole registration."""

from zonelint.checks import (
    addresses,
    aliases,
    anchors,
    cds,
    crowds,
    csync,
    delegations,
    denial,
    dkim,
    dmarc,
    dnskey,
    ds,
    effort,
    expiry,
    hosts,
    mailpolicies,
    names,
    nsec,
    nsec3,
    origins,
    raretypes,
    rdata,
    repeats,
    rsakeys,
    services,
    signatures,
    signing,
    sizes,
    soa,
    spf,
    structure,
    svcb,
    zonemd,
)
from zonelint.checks.registry import NODE_CHECKS, ZONE_CHECKS

READING = frozenset({
    "syntax-error", "unclosed-parenthesis", "unclosed-quote", "unknown-directive", "directive-invalid", "unknown-type",
    "rdata-invalid", "name-invalid", "owner-missing", "ttl-missing", "ttl-out-of-range", "class-mismatch",
    "out-of-zone",
    "include-missing", "include-outside", "include-loop", "generate-invalid", "transfer-incomplete", "meta-type",
    "binary-data", "record-too-long", "wins-record",
})  # fmt: skip
"""The rules that reading a zone file may break."""

TEXT_RULES = frozenset({"text-cut-at-semicolon", "final-newline-missing"})
"""The rules about text that is read whole all the same."""

KEY_FILE_RULES = frozenset({
    "key-file-invalid", "key-file-name-mismatch", "key-private-mismatch", "key-private-readable",
    "key-not-published", "key-published-early", "key-not-removed", "key-not-signing", "key-signs-early",
    "key-not-revoked", "zone-key-without-file", "key-state-mismatch",
})  # fmt: skip
"""The rules that need key files."""

PARENT_RULES = frozenset({
    "ds-no-matching-key", "ds-stale", "ds-digest-mismatch", "ds-algorithm-mismatch", "ds-for-unsigned-zone",
    "ds-algorithm-not-in-zone", "ds-key-not-signing", "ds-key-unusable", "ds-digest-deprecated", "ds-digest-unknown",
    "ds-file-invalid", "dane-without-ds",
})  # fmt: skip
"""The rules that need the DS records of the parent."""

ANCHOR_RULES = frozenset({
    "anchor-file-invalid", "anchor-for-unsigned-zone", "anchor-no-matching-key", "anchor-stale",
    "anchor-digest-mismatch", "anchor-key-not-signing", "anchor-outside-validity", "anchor-key-revoked",
    "anchor-missing-for-key", "anchor-pending", "anchor-hold-down-exceeded", "anchor-state-contradicted",
})  # fmt: skip
"""The rules that need the trust anchors of validators."""

TRANSITION_RULES = frozenset({
    "zsk-exchanged-at-once", "zsk-unknown-to-caches", "zsk-dropped-early", "zsk-too-young", "ksk-exchanged-before-ds",
    "ksk-dropped-early", "ds-ahead-of-key", "cds-ahead-of-key", "revoked-key-has-ds", "insecure-with-ds",
    "nsec3-ahead-of-algorithm", "algorithm-added-early", "algorithm-removed-early", "signatures-outlived",
    "signatures-too-short", "signatures-ahead-of-time", "key-tag-reused", "ttl-changed-mid-rollover",
    "rollover-in-progress",
})  # fmt: skip
"""The rules about the change from the previous version; `zonelint.rollover.transitions` judges them."""

THRESHOLD_RULES = {
    "added": "grown-beyond-threshold",
    "removed": "shrunk-beyond-threshold",
    "changed": "changed-beyond-threshold",
}
"""The rules about thresholds for the change from the previous version, by what is counted."""

UNJUDGED = frozenset({"soa-missing", "binary-data"})
"""The rules about what kept a zone from being judged: nothing turns them off or down."""

SUPPRESSION_RULES = frozenset({
    "suppression-invalid", "suppression-unused", "suppression-expired", "suppression-without-reason",
})  # fmt: skip
"""The rules about what is suppressed."""

BASELINE_RULES = frozenset({"baseline-entry-unused"})
"""The rules that need a baseline."""

_DECLARED = frozenset(rule for entry in (*NODE_CHECKS, *ZONE_CHECKS) for rule in entry.rules)

RULES: frozenset[str] = (
    READING | KEY_FILE_RULES | PARENT_RULES | ANCHOR_RULES | TRANSITION_RULES | SUPPRESSION_RULES | BASELINE_RULES |
    _DECLARED | frozenset(repeats.RULES) | frozenset(signatures.RULES) | frozenset(THRESHOLD_RULES.values()) |
    TEXT_RULES | frozenset(crowds.RULES)
)
"""Every rule that some check may yield; the catalogue has a page for each."""

__all__ = [
    "ANCHOR_RULES", "BASELINE_RULES", "KEY_FILE_RULES", "NODE_CHECKS", "PARENT_RULES", "READING", "RULES",
    "SUPPRESSION_RULES", "TEXT_RULES", "THRESHOLD_RULES", "TRANSITION_RULES", "UNJUDGED", "ZONE_CHECKS",
    "addresses", "aliases", "anchors", "cds", "crowds", "csync", "delegations", "denial", "dkim", "dmarc", "dnskey",
    "ds", "effort", "expiry", "hosts", "mailpolicies", "names", "nsec", "nsec3", "origins", "raretypes", "rdata",
    "rsakeys", "services", "signing", "sizes", "soa", "spf", "structure", "svcb", "zonemd",
]  # fmt: skip
