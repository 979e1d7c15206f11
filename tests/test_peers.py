"""Agreement with other verifiers on whether a zone has an error.

Every signed fixture is shown to `ldns-verify-zone` and `kzonecheck`, at the time that its header names.
`dnssec-verify` knows no time but now, so the zones it is shown are signed for the days around now, by the recipes that
make the fixtures. Where a peer answers otherwise than zonelint, on purpose, `DIFFERENCES` says why; it was
made with BIND 9.18.49, ldns 1.8.3 and Knot DNS 3.2.6. `named-checkzone`, `nsd-checkzone` and `validns`, which ask for
more than signatures or for less, are shown fixtures of every family: what they refuse has an error, or `REFUSALS` says
why not; it was made with BIND 9.18.49, nsd 4.6.1 and validns 0.8.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from fixturing import DEFAULT_TIME, FIXTURES, expected, header
from peers import FAILING, SILENT, about_the_fault, all_verdicts, noise_of, where

from zonelint import catalogue
from zonelint.engine import CheckOptions, check
from zonelint.findings import Report, Severity
from zonelint.messages import words
from zonelint.times import parse_duration, parse_time

sys.path.append(str(FIXTURES))

import building
from building import signers, silent
from building.table import RECIPES

for module in pkgutil.iter_modules(building.__path__):
    importlib.import_module(f"building.{module.name}")  # each enters its recipes in the table

BIND, LDNS, KNOT = "dnssec-verify", "ldns-verify-zone", "kzonecheck"
FAMILIES = ("signatures", "dnskey", "nsec", "nsec3")

# What a peer does not look at, or looks at otherwise.
_ANY_ALGORITHM = "one valid signature is enough for it, RFC 4035 section 2.2 wants one of each algorithm"
_EACH_SIGNATURE = "wants every signature valid; one is enough for a validator (RFC 6840 section 5.4), so we warn"
_USES_KEYS_ONLY = "looks at keys only to verify signatures with them"
_APEX_ONLY = "looks for keys at the apex only"
_NO_ADVICE = "has no opinion on algorithms that must no longer sign (RFC 9904, RFC 9905)"
_NO_BITMAPS = "never compares bitmaps with the types at a name"
_NO_EXTRA = "does not look for signatures that should not be there"
_NO_HEAD = "does not compare this field of a signature with the zone"
_NO_LIMITS = "has no limit for iterations; validators have (RFC 9276 section 3.2)"
_NO_PARAMS = "does not compare NSEC3PARAM with the chain"
_PARAM_FLAGS = "takes an NSEC3PARAM with flags, which RFC 5155 section 4.1.2 tells servers to ignore"
_NO_FLAGS = "does not mind flags that RFC 5155 section 8.2 tells validators to ignore a record for"
_ONE_CHAIN = "knows one NSEC3 chain a zone; an old one that is being removed does no harm, so we only notice"
_REVOKED = "lets a revoked key sign other data; RFC 5011 section 2.1 does not"
_TWO_CSKS = "finds no valid signature where several keys with the SEP flag sign all data"
_NO_SEP = "wants a key with the SEP flag to sign DNSKEY; RFC 4034 section 2.1.1 makes it a hint, so we warn"
_KEY_FORM = "skips keys whose octets make no key, as long as it can do without them"
_SHA1_ONLY = "does not hold RSASHA1 (5) against an NSEC3 zone (RFC 5155 section 2)"
_NOT_HASHED = "leaves out NSEC3 records whose owner is no hash; we take them for a fault of the signer"
_OPT_OUT = "asks for no record at an empty non-terminal that an opted-out delegation lies below"
_COMPACT = "knows no compact denial of existence (RFC 9824), whose records name no next owner there is"
_IDLE_KEY = "finds no valid signature where a CSK signs and a key without the SEP flag lies idle"
_LABELS = "does not mind a Labels field that no validator can accept (RFC 4035 section 5.3.1)"

CRASHES = {("nsec3param-missing/fail-dropped", KNOT)}
"""Zones at which a tool ends by a signal: there is no verdict to compare with."""

DIFFERENCES = {
    ("algorithm-incomplete", LDNS): _ANY_ALGORITHM,
    ("algorithm-incomplete/fail-dnskey", BIND): "of DNSKEY, wants one signature only",
    ("algorithm-incomplete/pass-both-algorithms", KNOT): _TWO_CSKS,
    ("algorithm-rarely-validated/pass-beside-another", KNOT): _TWO_CSKS,
    ("dnskey-algorithm-forbidden", LDNS): _NO_ADVICE,
    ("dnskey-algorithm-forbidden", BIND): _NO_ADVICE,
    ("dnskey-algorithm-forbidden/fail-5", KNOT): _NO_ADVICE,
    ("dnskey-algorithm-forbidden/fail-7-nsec3", KNOT): _NO_ADVICE,
    ("dnskey-algorithm-unknown", LDNS): _USES_KEYS_ONLY,
    ("dnskey-algorithm-unknown", BIND): _USES_KEYS_ONLY,
    ("dnskey-algorithm-unknown/pass-13-and-15", KNOT): _TWO_CSKS,
    ("dnskey-algorithm-unused", LDNS): _ANY_ALGORITHM,
    ("dnskey-algorithm-unused", BIND): "asks for the algorithms that sign DNSKEY, not for all that are in it",
    ("dnskey-algorithm-unused/fail-zsk-of-an-old-algorithm", KNOT): _ANY_ALGORITHM,
    ("dnskey-below-apex/fail-at-a-host", LDNS): _APEX_ONLY,
    ("dnskey-below-apex/fail-at-a-host", KNOT): _APEX_ONLY,
    ("dnskey-exponent-large", KNOT): _IDLE_KEY,
    ("dnskey-exponent-small", KNOT): _IDLE_KEY,
    ("dnskey-leading-zeros", KNOT): _IDLE_KEY,
    ("dnskey-modulus-weak", LDNS): _USES_KEYS_ONLY,
    ("dnskey-modulus-weak", BIND): _USES_KEYS_ONLY,
    ("dnskey-repeated/fail-other-algorithm", LDNS): _ANY_ALGORITHM,
    ("dnskey-repeated/fail-other-algorithm", KNOT): _ANY_ALGORITHM,
    ("dnskey-repeated/fail-other-algorithm", BIND): "asks for the algorithms that sign DNSKEY",
    ("dnskey-repeated/fail-other-flags", KNOT): _IDLE_KEY,
    ("dnskey-malformed/fail-ed25519-of-31-octets", BIND): _KEY_FORM,
    ("dnskey-malformed/fail-ed25519-of-31-octets", LDNS): _KEY_FORM,
    ("dnskey-malformed/fail-no-key-at-all", LDNS): _KEY_FORM,
    ("dnskey-malformed/fail-p256-of-63-octets", BIND): _KEY_FORM,
    ("dnskey-malformed/fail-p256-of-63-octets", LDNS): _KEY_FORM,
    ("dnskey-malformed/fail-p256-point-off-the-curve", BIND): _KEY_FORM,
    ("dnskey-malformed/fail-p256-point-off-the-curve", LDNS): _KEY_FORM,
    ("dnskey-malformed/fail-rsa-exponent-longer-than-the-key", BIND): _KEY_FORM,
    ("dnskey-malformed/fail-rsa-exponent-longer-than-the-key", LDNS): _KEY_FORM,
    ("dnskey-malformed/fail-rsa-without-modulus", BIND): _KEY_FORM,
    ("dnskey-malformed/fail-rsa-without-modulus", LDNS): _KEY_FORM,
    ("dnskey-malformed/pass-every-algorithm", KNOT): _TWO_CSKS,
    ("dnskey-protocol-wrong", LDNS): _USES_KEYS_ONLY,
    ("dnskey-protocol-wrong", BIND): _USES_KEYS_ONLY,
    ("dnskey-reserved-flags/fail-bit-0-of-a-csk", KNOT): "takes flags other than 256 and 257 for invalid",
    ("dnskey-revoked-not-self-signed", LDNS): _USES_KEYS_ONLY,
    ("dnskey-revoked-signs-data", LDNS): _REVOKED,
    ("dnskey-revoked-signs-data", BIND): _REVOKED,
    ("dnskey-revoked-signs-data", KNOT): _REVOKED,
    ("dnskey-tag-collision", KNOT): _EACH_SIGNATURE,
    ("dnskey-tag-collision/pass-same-tag-other-algorithm", KNOT): _TWO_CSKS,
    ("dnskey-too-short", LDNS): _USES_KEYS_ONLY,
    ("dnskey-too-short", BIND): _USES_KEYS_ONLY,
    ("dnskey-tags-collide-often/fail-three", KNOT): "gives up where several keys have one tag",
    ("dnskey-zone-flag-missing", LDNS): _USES_KEYS_ONLY,
    ("dnskey-zone-flag-missing", BIND): _USES_KEYS_ONLY,
    ("no-sep-key-signing", KNOT): _NO_SEP,
    ("nsec-bitmap-wrong", LDNS): _NO_BITMAPS,
    ("nsec-compact-denial", LDNS): _COMPACT,
    ("nsec-compact-denial", KNOT): _COMPACT,
    ("nsec-compact-denial", BIND): _COMPACT,
    ("nsec3-algorithm-incompatible", LDNS): _SHA1_ONLY,
    ("nsec3-algorithm-incompatible", BIND): _SHA1_ONLY,
    ("nsec3-algorithm-incompatible", KNOT): _SHA1_ONLY,
    ("nsec3-bitmap-wrong", LDNS): _NO_BITMAPS,
    ("nsec3-flags-reserved", LDNS): _NO_FLAGS,
    ("nsec3-flags-reserved", BIND): _NO_FLAGS,
    ("nsec3-flags-reserved", KNOT): _NO_FLAGS,
    ("nsec3-iterations-too-high", LDNS): _NO_LIMITS,
    ("nsec3-iterations-too-high", BIND): _NO_LIMITS,
    ("nsec3-iterations-too-high", KNOT): _NO_LIMITS,
    ("nsec3-missing/fail-empty-non-terminal-over-opted-out-and-secure-delegation", LDNS): _OPT_OUT,
    ("nsec3-missing/fail-empty-non-terminal-over-opted-out-and-secure-delegation", BIND): _OPT_OUT,
    ("nsec3-orphan/fail-name-deleted", KNOT): "goes from names to records, not from records to names",
    ("nsec3-owner-invalid/fail-no-hash", BIND): _NOT_HASHED,
    ("nsec3-owner-invalid/fail-too-short", BIND): _NOT_HASHED,
    ("nsec3-several-chains", LDNS): _ONE_CHAIN,
    ("nsec3-several-chains", KNOT): _ONE_CHAIN,
    ("nsec3param-flags", LDNS): _PARAM_FLAGS,
    ("nsec3param-flags", BIND): _PARAM_FLAGS,
    ("nsec3param-flags", KNOT): _PARAM_FLAGS,
    ("nsec3param-mismatch", LDNS): _NO_PARAMS,
    ("nsec3param-missing", LDNS): _NO_PARAMS,
    ("rrsig-bogus/fail-one-of-two-algorithms", LDNS): _ANY_ALGORITHM,
    ("rrsig-expires-soon/fail-this-very-second", KNOT): "ends a signature a second before RFC 4035 section 5.3.1 does",
    ("rrsig-invalid-beside-valid", KNOT): _EACH_SIGNATURE,
    ("rrsig-labels-wrong", LDNS): _LABELS,
    ("rrsig-labels-wrong/fail-one-too-few", BIND): _LABELS,
    ("rrsig-labels-wrong/fail-asterisk-counted", BIND): _LABELS,
    ("rrsig-labels-wrong/fail-one-too-many", KNOT): _LABELS,
    ("rrsig-labels-wrong/fail-asterisk-counted", KNOT): _LABELS,
    ("rrsig-labels-wrong/fail-folded", KNOT): _LABELS,
    ("rrsig-original-ttl-mismatch", LDNS): _NO_HEAD,
    ("rrsig-over-delegation", LDNS): _NO_EXTRA,
    ("rrsig-over-delegation", BIND): "only warns",
    ("rrsig-over-glue", BIND): _NO_EXTRA,
    ("rrsig-over-glue/fail-address-at-the-cut", LDNS): _NO_EXTRA,
    ("rrsig-over-rrsig", LDNS): _NO_EXTRA,
    ("rrsig-over-rrsig", BIND): _NO_EXTRA,
    ("rrsig-signer-wrong/fail-parent", LDNS): _NO_HEAD,
    ("rrsig-signer-wrong/fail-parent", KNOT): _NO_HEAD,
    ("rrsig-signer-wrong/fail-the-name-itself", LDNS): _NO_HEAD,
    ("rrsig-signer-wrong/fail-the-name-itself", KNOT): _NO_HEAD,
    ("sep-keys-not-signing", LDNS): "lets any key sign DNSKEY",
    ("sep-keys-not-signing", BIND): "is told by -z not to mind the SEP flag",
}
"""Why a peer says error where zonelint does not, or the other way round, by (fixture, or rule for all of its
failing fixtures, and peer)."""

# Recipes that name times of their own, which cannot be moved to the days around now.
_TIMED = (
    "rrsig-expired", "rrsig-not-yet-valid", "rrsig-expires-soon", "rrsig-inception-after-expiration",
    "rrsig-validity-too-long", "rrsig-invalid-beside-valid",
)  # fmt: skip
_SIGNED = re.compile(r"^[^;\n]*\s(?:RRSIG|DNSKEY|NSEC3?)\s", re.MULTILINE)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _rules() -> set[str]:
    return {name for name, rule in catalogue.rules().items() if rule.family in FAMILIES}


def _files() -> list[Path]:
    rules = _rules()
    paths = [path for path in sorted(FIXTURES.glob("rules/*/*.zone")) if path.parent.name in rules]
    paths += sorted(FIXTURES.glob("zones/*.zone"))
    return [path for path in paths if _SIGNED.search(path.read_text("utf-8"))]


def _recipes() -> dict[str, Callable[[], tuple[str, str]]]:
    """What makes a zone and its origin, by the name of the fixture."""
    table: dict[str, Callable[[], tuple[str, str]]] = {}
    for rule in sorted(_rules() & RECIPES.keys() - set(_TIMED)):
        for name, make in RECIPES[rule]:
            if name.startswith("fail-"):
                table[f"{rule}/{name}"] = lambda make=make: (make().text({}), "example.test")
    for name, write in silent.ZONES.items():
        table[f"zones/{name}"] = lambda write=write: ((text := write()), silent.origin(text))
    return table


FILES = _files()
MADE = _recipes()


def _require(tool: str) -> None:
    if shutil.which(tool) is None:
        message = f"{tool} is not installed (Debian: bind9-utils, ldnsutils, knot-dnssecutils)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)


def _ask(*command: str) -> tuple[bool | None, str]:
    """Give whether a peer found an error, None where it crashed, and its first words."""
    environment = {**os.environ, "TZ": "UTC"}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, timeout=60)
    said = (done.stdout + done.stderr).strip().splitlines() or [f"exit status {done.returncode}"]
    return None if done.returncode < 0 else done.returncode != 0, said[0]


@cache
def _judged(path: Path) -> Report:
    settings = header(path)
    horizon = parse_duration(settings["horizon"]) if "horizon" in settings else 259200
    at = parse_time(settings.get("at", DEFAULT_TIME), 0)
    return check([str(path)], CheckOptions(at=(at,), origin=settings["origin"], horizon=horizon))


def _compare(name: str, peer: str, report: Report, answer: tuple[bool | None, str]) -> None:
    rule, kind = name.split("/")
    reason = DIFFERENCES.get((name, peer))
    if reason is None and kind.startswith("fail-"):
        reason = DIFFERENCES.get((rule, peer))
    theirs, said = answer
    if theirs is None:
        assert (name, peer) in CRASHES, f"{peer} crashed: no verdict"
        return
    ours = [found for zone in report.zones for found in zone.findings if found.severity == Severity.error]
    assert not report.failures
    if reason is None:
        assert bool(ours) == theirs, f"{peer} says: {said}; zonelint: {ours}"
    else:
        assert bool(ours) != theirs, f"{peer} agrees now, take it out of DIFFERENCES: {reason}"


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_ldns_verify_zone(path: Path) -> None:
    _require(LDNS)
    report = _judged(path)
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(report.at[0]))
    _compare(_name(path), LDNS, report, _ask(LDNS, "-t", stamp, str(path)))


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_kzonecheck(path: Path) -> None:
    _require(KNOT)
    report = _judged(path)
    origin = header(path)["origin"]
    answer = _ask(KNOT, "-d", "on", "-t", str(report.at[0]), "-o", origin, str(path))
    _compare(_name(path), KNOT, report, answer)


@pytest.mark.parametrize("name", MADE)
def test_dnssec_verify(name: str, tmp_path: Path) -> None:
    _require(BIND)
    try:
        with signers.current_window():
            text, origin = MADE[name]()
    except FileNotFoundError as fault:
        _require(str(fault.filename))
        raise
    if not _SIGNED.search(text):
        pytest.skip("not signed")
    path = tmp_path / "zone"
    path.write_text(text)
    report = check([str(path)], CheckOptions(at=(int(time.time()),), origin=origin))
    # -z: keys may do without the SEP flag, as they may for us
    _compare(name, BIND, report, _ask(BIND, "-q", "-z", "-o", origin, str(path)))


def test_the_table_speaks_of_fixtures_there_are() -> None:
    names = {_name(path) for path in FILES}
    rules = {name.split("/")[0] for name in names if "/fail-" in name}
    assert {name for name, _ in DIFFERENCES} <= names | rules
    assert {peer for _, peer in DIFFERENCES} == {BIND, LDNS, KNOT}
    assert all(DIFFERENCES.values())
    of_now = {*MADE, *(name.split("/")[0] for name in MADE)}
    assert {name for name, peer in DIFFERENCES if peer == BIND} <= of_now


# --- what reads zones, and verifies little or nothing ---------------------------------------------------------

LOADERS = ("named-checkzone", "nsd-checkzone", "validns")

_WINS = "does not know the records of Windows DNS, which we only notice"
_OLD = "is older than the type, or than its number"
_RETIRED = "refuses types that RFC 1035 section 3.3 took back; nobody asks for them, so we notice"
_FOLDER = "looks for included files in the folder it was started in"
_IN_ONLY = "takes no class but IN"
_STRICT_FIELD = "takes values that are not assigned for errors; they are private or new ones for us, so we warn"
_READER = "cannot read this, which RFC 1035 section 5.1 allows"
_BACK = "does not go back to the owner before the $INCLUDE"
_TYPED = "breaks off at the type it does not know, and misses the records after it"
_HIDES = "has lost records that it could not read, and finds the chain broken"

REFUSALS = {
    ("named-checkzone", "unknown rr type"): _WINS,
    ("named-checkzone", "no ttl specified using soa minttl"): "says so beside the unknown type; we warn of it",
    ("named-checkzone", "type obsolete"): _RETIRED,
    ("named-checkzone", "dns_rdata_fromtext near unknown"): "does not know type NXNAME (RFC 9824)",
    ("named-checkzone", "file not found"): _FOLDER,
    ("named-checkzone", "class zone class"): _IN_ONLY,
    ("named-checkzone", "unexpected end of"): "takes a byte order mark for a name",
    ("named-checkzone", "record with inherited owner"): "takes a byte order mark for a name",
    ("nsd-checkzone", "this soa record was already encountered"): "loads no transfers; of other copies we warn",
    ("nsd-checkzone", "directive requires absolute domain name"): _READER,
    ("nsd-checkzone", "cannot open include file"): _FOLDER,
    ("nsd-checkzone", "bad type in nsec record"): "does not know type NXNAME (RFC 9824)",
    ("nsd-checkzone", "contains invalid char"): "wants CAA tags in lower case; RFC 8659 section 4.1 "
    "compares them without case",
    ("nsd-checkzone", "cname and other data"): _BACK,
    ("nsd-checkzone", "only class in is supported"): _IN_ONLY,
    ("nsd-checkzone", "zone configured as has no soa record"): _IN_ONLY,
    ("nsd-checkzone", "date and time is expected"): "reads no times in seconds (RFC 4034 section 3.2)",
    ("validns", "not a proper prefixed dns domain name"): "asks for a port and protocol before TLSA, of which we warn",
    ("validns", "ttl not specified and default is not known"): "takes no TTL from the SOA; we warn of it",
    ("validns", "record name is not valid"): "reads an asterisk only as a whole first label",
    ("validns", "the first record in the zone must be"): "RFC 1035 asks for no order",
    ("validns", "does not belong to zone"): "finds nothing below the root",
    ("validns", "mx preference expected"): "does not know the generic form of RFC 3597, nor all of $GENERATE",
    ("validns", "ipv6 address is not valid"): "does not know the generic form of RFC 3597",
    ("validns", "record name should not be empty"): _READER,
    ("validns", "unrecognized directive"): "knows directives in capital letters only",
    ("validns", "record name expected"): "reads no name that begins with a hyphen",
    ("validns", "unsupported algorithm"): _STRICT_FIELD,
    ("validns", "unsupported fp_type"): _STRICT_FIELD,
    ("validns", "bad matching type field"): _STRICT_FIELD,
    ("validns", "bad certificate usage field"): _STRICT_FIELD,
    ("validns", "bad selector field"): _STRICT_FIELD,
    ("validns", "flags contains illegal characters"): "takes NAPTR flags that are no letters for an error; we notice",
    ("validns", "unknown afsdb subtype"): _STRICT_FIELD,
    ("validns", "certificate type is unassigned"): _STRICT_FIELD,
    ("validns", "algorithm is not valid"): _STRICT_FIELD,
    ("validns", "wrong digest length must be"): "takes a DHCID that no DHCP server knows again for an error; we warn",
    ("validns", "leading zero octets in"): "takes what validators read all the same for an error, so we warn",
    ("validns", "rp txt does not exist"): "takes a text that RP promises for needed; nothing depends on it, so we warn",
    ("validns", "invalid or unsupported rdtype wins"): _WINS,
    ("validns", "invalid or unsupported rdtype"): _OLD,
    ("validns", "unexpected closing parenthesis"): _READER,
    ("validns", "class or type expected"): _READER,
    ("validns", "class or type is not valid"): _READER,
    ("validns", "ttl is not valid"): _READER,
    ("validns", "type is not valid"): _READER,
    ("validns", "type expected"): _READER,
    ("validns", "target expected"): _READER,
    ("validns", "cannot assume previous name"): _READER,
    ("validns", "next domain should not be empty"): "reads no owner before the escape \\000 (RFC 9824 section 2)",
    ("validns", "type list expected"): "reads no owner before the escape \\000 (RFC 9824 section 2)",
    ("validns", "type list is not valid"): _TYPED,
    ("validns", "open no such file"): _FOLDER,
    ("validns", "garbage after valid include"): "takes no origin and no comment after $INCLUDE",
    ("validns", "generate"): "reads less of $GENERATE than BIND",
    ("validns", "cname and other data"): _BACK,
    ("validns", "contains"): "takes a warning about odd names for an error",
    ("validns", "name server domain name is not valid"): _READER,
    ("validns", "chaos class is not supported"): _IN_ONLY,
    ("validns", "ipv4 address is not valid"): "does not know the generic form of RFC 3597",
    ("validns", "broken nsec3 chain"): _HIDES,
    ("validns", "nsec3 without a corresponding record"): _HIDES,
    ("validns", "no corresponding nsec3 found"): _HIDES,
    ("validns", "rrsig exists for non-existing type"): _HIDES,
    ("validns", "cannot verify signature"): _HIDES,
}
"""Why a tool refuses a zone in which zonelint finds no error, by the tool and a part of what it says, as words."""


def _has_error(path: Path) -> bool:
    """Tell by what is written in a fixture, which test_fixtures.py holds zonelint to."""
    return any(catalogue.rule(rule).severity == Severity.error for _, _, rule in expected(path))


@pytest.mark.parametrize("tool", LOADERS)
def test_what_a_tool_refuses_has_an_error(tool: str) -> None:
    if where(tool) is None:
        message = f"{tool} is not installed (Debian: bind9-utils, nsd, validns)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    told = all_verdicts(tool, FAILING + SILENT)
    noise = noise_of(told[path][1] for path in SILENT)
    unexplained = {}
    for path, (refused, lines) in told.items():
        if not refused or _has_error(path):
            continue
        for line in {" ".join(words(line)) for line in about_the_fault(lines, noise)}:
            if not any(peer == tool and phrase in line for peer, phrase in REFUSALS):
                unexplained[_name(path)] = line
    assert unexplained == {}
    # and they are not silent for other reasons
    assert sum(refused for path, (refused, _) in told.items() if _has_error(path)) > 30
