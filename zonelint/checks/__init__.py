"""The checks, one module a family; this table of modules is the whole registration.

A module is loaded when a zone first has a record that it is about: most zones need few of them, and a run of a commit
hook has no time for the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from zonelint.checks.registry import NODE_CHECKS, ZONE_CHECKS, Registered
from zonelint.source import rdtypes

MODULES = {
    "addresses": "A AAAA",
    "aliases": "CNAME DNAME HTTPS SVCB",
    "anchors": "anchors",
    "cds": "CDS CDNSKEY",
    "children": "children",
    "crowds": "",
    "csync": "CSYNC",
    "delegations": "",
    "denial": "NSEC NSEC3 NSEC3PARAM",
    "dkim": "TXT",
    "dmarc": "TXT",
    "dnskey": "DNSKEY",
    "ds": "DS ds",
    "effort": "DNSKEY RRSIG",
    "expiry": "RRSIG",
    "hosts": "OPENPGPKEY RP SMIMEA SSHFP TLSA TXT",
    "mailpolicies": "TXT",
    "names": "",
    "nsec": "DNSKEY NSEC RRSIG",
    "nsec3": "NSEC3 NSEC3PARAM",
    "origins": "",
    "raretypes": "AFSDB CERT DHCID IPSECKEY ISDN LP X25",
    "rdata": "",
    "rsakeys": "DNSKEY",
    "services": "CAA OPENPGPKEY SMIMEA SSHFP TLSA",
    "signing": "",
    "sizes": "",
    "soa": "",
    "spf": "TXT",
    "structure": "",
    "svcb": "HTTPS SVCB",
    "zonemd": "ZONEMD",
}
"""The modules, and what calls for each: one of these record types, or `ds`, `anchors`, `children` where such are
given.

The checks of a module with nothing are for every zone.
"""

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

CHILD_RULES = frozenset({
    "child-not-delegated", "child-ns-differ", "child-glue-differs", "child-ds-no-matching-key",
})  # fmt: skip
"""The rules that need the zone files of delegated zones."""

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


@cache
def _wanted(module: str) -> frozenset[int | str]:
    return frozenset(rdtypes.TYPES.get(word, word) for word in MODULES[module].split())


def _called(present: frozenset[int] | frozenset[int | str]) -> set[str]:
    """Load the modules that are called for, and give their full names."""
    wanted = [module for module in MODULES if not MODULES[module] or not present.isdisjoint(_wanted(module))]
    return {import_module(f"{__name__}.{module}").__name__ for module in wanted}


def node_checks(types: frozenset[int]) -> list[Registered]:
    """Give the checks for names that have just these types."""
    called = _called(types)
    return [
        entry for entry in NODE_CHECKS
        if not entry.types.isdisjoint(types) and entry.beside <= types and entry.check.__module__ in called
    ]  # fmt: skip


def zone_checks(types: Iterable[int], given: Iterable[str] = ()) -> list[Registered]:
    """Give the checks for zones that have just these types; `given` says what is known besides: `ds`, ..."""
    called = _called(frozenset([*types, *given]))
    return [entry for entry in ZONE_CHECKS if entry.check.__module__ in called]


def load_all() -> None:
    """Load every module."""
    for module in (*MODULES, "repeats", "signatures"):
        import_module(f"{__name__}.{module}")


@cache
def _rules() -> frozenset[str]:
    from zonelint.checks import crowds, repeats, signatures

    load_all()
    declared = frozenset(rule for entry in (*NODE_CHECKS, *ZONE_CHECKS) for rule in entry.rules)
    given = KEY_FILE_RULES | PARENT_RULES | ANCHOR_RULES | TRANSITION_RULES | BASELINE_RULES
    elsewhere = frozenset((*crowds.RULES, *repeats.RULES, *signatures.RULES, *THRESHOLD_RULES.values()))
    return READING | TEXT_RULES | SUPPRESSION_RULES | given | declared | elsewhere


if TYPE_CHECKING:
    RULES: frozenset[str]
    """Every rule that some check may yield; the catalogue has a page for each. To ask for it loads every module."""
else:

    def __getattr__(name: str) -> frozenset[str]:
        if name == "RULES":
            return _rules()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
