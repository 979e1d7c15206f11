"""What other tools say about the zones that must fail leads to the rule, by `zonelint explain "that message"`.

Each tool is run on every fixture that must fail; what it says about zones that must stay silent as well is not about
the fault. Where none of its words leads to the rule, `DIFFERENCES` says why. It was made with BIND 9.18.49, nsd 4.6.1,
Knot DNS 3.2.6, ldns 1.8.3 and validns 0.8.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest
from peers import COMMANDS, FAILING, SILENT, about_the_fault, all_said, lines_of, noise_of, where
from test_peers import _SIGNED, MADE, signers

from zonelint import catalogue, messages
from zonelint.cli import main
from zonelint.messages import matches, words

RULES = sorted({path.parent.name for path in FAILING})
BIND = "dnssec-verify"
EXTENDED = catalogue.table("extended-errors")["errors"]

_ANY_SYNTAX = "says syntax error, of whatever it is"
_NO_CLASS = "takes no class but IN, and says that"
_OWN_FOLDER = "looks for included files in the folder it was started in"
_TODAY = "knows no time but now, at which the signatures have expired"
_NO_KEY = "knows RSA only, and says so of any other key"

_TWO_CSKS = (
    "dnskey-exponent-large", "dnskey-exponent-small", "dnskey-leading-zeros", "dnskey-modulus-weak", "dnskey-repeated",
    "algorithm-incomplete", "denial-answer-large", "dnskey-algorithm-forbidden", "dnskey-algorithm-unused",
    "dnskey-revoked-not-self-signed", "dnskey-too-short", "ds-algorithm-mismatch", "key-not-removed", "key-not-revoked",
    "key-not-signing", "key-published-early", "key-signs-early", "key-state-mismatch", "rrsig-expires-soon",
    "signatures-ahead-of-time", "zone-key-without-file", "zonemd-digest-wrong", "zsk-unknown-to-caches",
)  # fmt: skip
"""Rules whose fixtures have several keys with the SEP flag that sign all, or end this second: kzonecheck finds none
of their signatures valid, which is not the fault."""

DIFFERENCES: dict[tuple[str, str], str] = {
    **{(rule, "kzonecheck"): "finds no valid signature where several CSKs sign" for rule in _TWO_CSKS},
    ("algorithm-added-early", "validns"): _NO_KEY,
    ("algorithm-incomplete/fail-ksk-and-zsk-of-different-algorithms", "validns"): _NO_KEY,
    ("child-ds-no-matching-key", "validns"): _NO_KEY,
    ("dnskey-algorithm-unused/fail-key-of-a-new-algorithm", "validns"): _NO_KEY,
    ("dnskey-below-apex/fail-unsigned-zone", "dnssec-verify"): "has nothing to verify",
    ("dnskey-tags-collide-often", "kzonecheck"): "gives a number of its library for a signature that it cannot tell",
    ("hyphen-at-label-end", "validns"): "reads no name that begins with a hyphen",
    ("directive-invalid/fail-ttl-extra", "nsd-checkzone"): "says syntax error, as of much else",
    ("directive-invalid/fail-ttl-missing", "nsd-checkzone"): "says syntax error, as of much else",
    ("duplicate-record/fail-generic-form", "validns"): "does not know the generic form",
    ("include-loop/fail-seventeen", "named-checkzone"): _OWN_FOLDER,
    ("include-loop/fail-seventeen", "validns"): _OWN_FOLDER,
    ("include-outside", "validns"): "reads the file, whatever this machine has there",
    ("include-outside", "named-checkzone"): "reads the file, which is what the rule warns of, and finds no records",
    ("naptr-regexp-invalid", "named-checkzone"): _ANY_SYNTAX,
    ("nsec3-ahead-of-algorithm", "named-checkzone"): "speaks of the algorithm, compares no versions",
    ("rdata-invalid/fail-chaos-address", "named-checkzone"): _NO_CLASS,
    ("rdata-invalid/fail-chaos-address", "nsd-checkzone"): _NO_CLASS,
    ("rdata-invalid/fail-chaos-address", "validns"): _NO_CLASS,
    ("number-not-digits/fail-x25-short", "named-checkzone"): _ANY_SYNTAX,
    ("rrset-too-large", "validns"): "reads no line as long, and takes the rest of it for a record",
    ("rrsig-bogus/fail-bit-flipped-algorithm-5", "named-checkzone"): "speaks of the algorithm, verifies nothing",
    ("rrsig-bogus/fail-bit-flipped-algorithm-7", "named-checkzone"): "speaks of the algorithm, verifies nothing",
    ("rrsig-expired/fail-bogus-too", "ldns-verify-zone"): "the signature is bogus as well, and it says that first",
    ("soa-expire-outlives-signatures", "dnssec-verify"): _TODAY,
    ("svcb-mandatory-wrong/fail-twice", "named-checkzone"): _ANY_SYNTAX,
    ("ttl-outlives-signature", "dnssec-verify"): _TODAY,
    ("rrsig-labels-wrong/fail-folded", "validns"): "cannot read a record that is folded over lines",
}
"""Why the words of a tool do not lead to the rule, by fixture (or rule for all of its fixtures) and tool."""


@cache
def _faults(tool: str) -> dict[str, list[str]]:
    """Give what a tool says about the fault of each fixture, by the name of the fixture."""
    if where(tool) is None:
        message = f"{tool} is not installed (Debian: bind9-utils, ldnsutils, knot-dnssecutils, nsd, validns)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    noise = noise_of(all_said(tool, SILENT).values())
    told = all_said(tool, FAILING)
    return {f"{path.parent.name}/{path.stem}": about_the_fault(lines, noise) for path, lines in told.items()}


def _unled(tool: str, faults: dict[str, list[str]]) -> dict[str, list[str]]:
    """Give the fixtures about which a tool says something that leads nowhere near the rule."""
    return {
        name: said for name, said in faults.items()
        if said and not any(match.is_exact and match.rule == name.split("/")[0]
                            for line in said for match in matches(line))
    }  # fmt: skip


def _reason(name: str, tool: str) -> str | None:
    return DIFFERENCES.get((name, tool), DIFFERENCES.get((name.split("/")[0], tool)))


def _compare(tool: str, faults: dict[str, list[str]]) -> None:
    assert sum(map(bool, faults.values())) > 30
    unled = _unled(tool, faults)
    assert {name: said for name, said in unled.items() if _reason(name, tool) is None} == {}
    single = {name for name, peer in DIFFERENCES if peer == tool and "/" in name}
    spoken = {name for name, said in faults.items() if said}
    assert single & spoken <= unled.keys(), "these lead to the rule now: take them out of DIFFERENCES"


@pytest.mark.parametrize("tool", COMMANDS)
def test_what_a_tool_says_leads_to_the_rule(tool: str) -> None:
    _compare(tool, _faults(tool))


def test_what_dnssec_verify_says_leads_to_the_rule(tmp_path: Path) -> None:
    if where(BIND) is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{BIND} is not installed (Debian: bind9-utils)")
    told: dict[str, list[str]] = {}
    try:
        with signers.current_window():
            made = {name: make() for name, make in MADE.items()}
    except FileNotFoundError as fault:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{fault.filename} is not installed")
    for number, (name, (text, origin)) in enumerate(made.items()):
        if _SIGNED.search(text):
            path = tmp_path / f"{number}.zone"
            path.write_text(text)
            told[name] = lines_of([BIND, "-z", "-o", origin, str(path)], tmp_path)
    noise = noise_of(lines for name, lines in told.items() if name.startswith("zones/"))
    failing = {name: about_the_fault(lines, noise) for name, lines in told.items() if not name.startswith("zones/")}
    _compare(BIND, failing)


def test_the_table_speaks_of_fixtures_and_tools_there_are() -> None:
    names = {f"{path.parent.name}/{path.stem}" for path in FAILING} | set(RULES)
    assert {name for name, _ in DIFFERENCES} <= names
    assert {tool for _, tool in DIFFERENCES} <= {*COMMANDS, BIND}
    assert all(DIFFERENCES.values())


@pytest.mark.parametrize("known", messages.known(), ids=lambda known: f"{known.rule}-{known.tool}")
def test_each_listed_message_leads_to_its_rule(known: messages.Known) -> None:
    found = matches(known.text)
    assert known.words or known.text.isascii()
    assert all(match.is_exact for match in found)
    assert known.rule in {match.rule for match in found}


def test_the_tools_of_the_catalogue_are_spelt_alike() -> None:
    tools = {known.tool for known in messages.known()}
    assert tools <= {
        *COMMANDS, BIND, "named-checkconf", "dnssec-cds", "dnssec-signzone", "dnssec-settime", "ldns-read-zone",
        "dnsviz", "ldns-compare-zones", "named", "unbound", *(f"EDE {number}" for number in EXTENDED),
    }  # fmt: skip


def test_each_extended_error_that_a_rule_names_has_a_name() -> None:
    assert {rule.ede for rule in catalogue.rules().values()} - {None} == EXTENDED.keys()


# what resolvers write into their logs and answers about zones that fail so
CHAIN = "for key example.test. while building chain of trust"
RESOLVERS = [
    (f"validation failure <www.example.test. A IN>: no keys have a DS with algorithm ED25519 from 192.0.2.1 {CHAIN}",
     "ds-no-matching-key"),
    (f"info: validation failure <a.example.test. A IN>: DS hash mismatches key from 192.0.2.1 {CHAIN}",
     "ds-digest-mismatch"),
    (f"validation failure <example.test. SOA IN>: No DNSKEY record from 192.0.2.1 {CHAIN}", "ds-for-unsigned-zone"),
    ("validation failure <a.test. SOA IN>: no DNSKEY rrset from 192.0.2.1 for trust anchor a.test. while building",
     "anchor-for-unsigned-zone"),
    (f"validation failure <sas.com. A IN>: signature for expected key and algorithm missing from 192.0.2.1 {CHAIN}",
     "ds-key-not-signing"),
    (f"validation failure <a.example.test. A IN>: signature expired from 192.0.2.1 {CHAIN}", "rrsig-expired"),
    ("validation failure <a.test. A IN>: signature before inception date from 192.0.2.1", "rrsig-not-yet-valid"),
    ("validation failure <a.example.test. A IN>: signature crypto failed from 192.0.2.1", "rrsig-bogus"),
    ("validation failure <a.example.test. A IN>: signatures from unknown keys from 192.0.2.1", "rrsig-key-unknown"),
    ("validation failure <a.example.test. A IN>: no signatures from 192.0.2.1", "nsec-missing"),
    ("validation failure <b.example.test. A IN>: nameerror proof failed from 192.0.2.1", "nsec3-missing"),
    ("validation failure <x.test. A IN>: key for validation x.test. is marked as invalid because of a previous failure",
     "dnskey-without-signatures"),
    ("validating a.test/SOA: got insecure response; parent indicates it should be secure", "ds-for-unsigned-zone"),
    ("validating example.test/DNSKEY: no valid signature found (DS)", "ds-no-matching-key"),
    ("validating example.test/DNSKEY: verify failed due to bad signature (keyid=16043): RRSIG has expired",
     "rrsig-expired"),
    ("error (no valid RRSIG) resolving 'example.test/DNSKEY/IN': 192.0.2.1#53", "ds-no-matching-key"),
    ("broken trust chain resolving 'www.example.test/A/IN': 192.0.2.1#53", "rrsig-expired"),
    ("insecurity proof failed resolving 'www.example.test/A/IN': 192.0.2.1#53", "rrset-unsigned"),
    ("; EDE: 9 (DNSKEY Missing): (no SEP matching the DS found for example.test.)", "ds-no-matching-key"),
    ("; EDE: 6 (DNSSEC Bogus)", "rrsig-bogus"),
    ("EDE 10", "rrset-unsigned"),
    ("EDE code 27", "nsec3-iterations-too-high"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "rule"), RESOLVERS)
def test_what_resolvers_say_leads_to_the_rule(message: str, rule: str) -> None:
    found = matches(message)
    assert found[0].is_exact
    assert rule in {match.rule for match in found}


@pytest.mark.parametrize("message", ["EDE: 15 (Blocked)", "EDE 3", "EDE: 99999999"])
def test_extended_errors_that_are_no_fault_of_a_zone(message: str) -> None:
    assert matches(message) == []


# --- what is looked at, and what is not ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ("zone example.org/IN: example.org/MX 'mail.example.org' is a CNAME (illegal)", "mx-target-is-cname"),
        ("zone a.b/IN: _sip._tcp.a.b/SRV 'x.a.b' is a CNAME (illegal)", "srv-target-is-cname"),
        ("dns_master_load: db.example:17: www.example.org: CNAME and other data", "cname-and-other-data"),
        ("[2026-06-15 10:20:00.741] nsd-checkzone[16165]: error: z:7: CNAME and other data at the same name",
         "cname-and-other-data"),
        ("No correct ECDSAP256SHA256 signature for www.example.org A", "rrsig-bogus"),
        ("No correct RSASHA256 signature for x A", "rrsig-bogus"),
        ("EXPIRATION_IN_PAST", "rrsig-expired"),
        ("zone a.b/IN: sub.example.org/NS 'ns.sub.example.org' has no REQUIRED GLUE address records (A or AAAA)",
         "glue-missing"),
        ("ZONE EXAMPLE.ORG/IN: HAS NO NS RECORDS", "apex-ns-missing"),
        ("OK\nzone example.org/IN: has no NS records\nzone example.org/IN: not loaded due to errors.",
         "apex-ns-missing"),
    ],
)  # fmt: skip
def test_names_numbers_and_paths_do_not_count(message: str, rule: str) -> None:
    found = matches(message)
    assert found[0].is_exact
    assert rule in {match.rule for match in found if match.share == found[0].share}


def test_more_words_count_more() -> None:
    assert matches("unrecognized RR type 'ANY'")[0].rule == "meta-type"
    assert matches("unrecognized RR type 'FOO'")[0].rule == "unknown-type"


def test_words_that_are_only_alike() -> None:
    found = matches("the signature of www has expired already")
    assert not any(match.is_exact for match in found)
    assert found[0].rule == "rrsig-expired"


@pytest.mark.parametrize(
    "message", ["", "   ", "hello world", "example.org. 3600 IN A 192.0.2.1", "it is all fine", "no", "\x1b[31m\x00"]
)
def test_what_no_tool_says_leads_nowhere(message: str) -> None:
    assert matches(message) == []


def test_words() -> None:
    assert words("[www.example.test.] missing NSEC(3) record (record type A)") == (
        "missing", "nsec", "record", "record", "type", "a",
    )  # fmt: skip
    assert words("x.zone:12: 'quoted words' TTL 4294967296 (12345)") == ("ttl",)
    assert words("for 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example") == ("for",)


# --- the command line ---------------------------------------------------------------------------------------


def test_explain_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "a.example.org has no REQUIRED GLUE address records (A or AAAA)"]) == 0
    out = capsys.readouterr().out
    assert "leads to 1 rule\n" in out
    assert "\nglue-missing (ZON111): " in out
    assert catalogue.rule("glue-missing").remedy[:40] in out


def test_explain_a_message_of_many_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "no valid signature for a record"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "rrsig-expired: RRSIG has expired" in out
    assert "`zonelint check` tells which of them it is" in out


def test_explain_a_message_in_other_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "DIGEST_INVALID", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["matches"] == [
        {"rule": "ds-digest-mismatch", "seen_as": {"dnsviz": "DIGEST_INVALID"}, "exact": True, "share": 1.0}
    ]
    assert [rule["id"] for rule in told["rules"]] == ["ds-digest-mismatch"]
    assert main(["explain", "signature is `too` old", "--format", "md"]) == 0
    assert "| SIG103 | `rrsig-expired` | error | validns |" in capsys.readouterr().out


def test_a_message_is_made_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "signature is too old \x1b[31m"]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["explain", "hello world"], "explain: no rule lists a message like 'hello world'"),
        (["explain", "signature", "expired"], "unknown rule 'signature': did you mean 'signatures"),
        (["explain", "rrsig-expird"], "unknown rule 'rrsig-expird': did you mean 'rrsig-expired'?"),
        (["explain", "NO_SUCH_CODE"], "explain: no rule lists a message like 'NO_SUCH_CODE'"),
    ],
)
def test_bad_usage(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err
