"""Random zones by real signers stay silent; one changed record is found, or does no harm.

Each seed gives a zone (`randomzones.py`) and changes of single records (`mutations.py`). `MUTATIONS=20000` asks for
about so many changes in place of the usual few hundred; `-s` shows the counts.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dns.dnssec
import dns.name
import pytest
from mutations import HARMLESS, KINDS, Mutant, harmless, mutant, parse
from peers import where
from randomzones import Signed, signed, signers

from zonelint.engine import CheckOptions, check
from zonelint.findings import Located, Severity, ZoneReport
from zonelint.times import parse_time

AT = parse_time("2026-06-15T00:00:00Z", 0)
EACH = 16
SEEDS = range(int(os.environ.get("MUTATIONS", "320")) // EACH)
PEER_SEEDS = range(500_000, 500_000 + len(SEEDS) // 3)

ADVICE = {
    "nsec3-salt-present": "some zones are salted; RFC 9276 section 3.1 advises against it, and nothing fails",
    "nsec3-opt-out-useless": "a zone that opts out may happen to have no delegation without DS",
}
"""What is said about random zones that are valid, each with the reason."""

needs_signers = pytest.mark.skipif(
    any(where(tool) is None for tool in ("dnssec-signzone", "ldns-signzone", "kzonesign")),
    reason="bind9-utils, ldnsutils and knot-dnssecutils are not all installed",
)


@dataclass(frozen=True)
class Outcome:
    """What became of a changed zone: its findings but for advice, and the class of a change that does no harm."""

    zone: Signed
    change: Mutant
    found: list[Located]
    harmless: str | None

    def is_at_the_change(self) -> bool:
        """Tell whether a finding points to the line changed, to a name that it has or had, or to what speaks of it."""
        records = [record for record in (self.change.old, self.change.new) if record]
        names = {record.name for record in records}
        told = {record.owner.lower() for record in records} | self._hashes(names)
        for found in self.found:
            assert found.location
            line = self.change.lines[found.location.line - 1].lower()
            if found.location.line == self.change.index + 1 or any(name in line for name in told):
                return True
            if dns.name.from_text(found.finding.owner).canonicalize() in names:
                return True
        return False

    def _hashes(self, names: set[dns.name.Name]) -> set[str]:
        """Give the hashes of names by the NSEC3 records of the zone."""
        chain = next((each for each in map(parse, self.zone.lines) if each.type == "NSEC3"), None)
        if chain is None:
            return set()
        _, _, iterations, salt, *_ = chain.rdata.split()
        salt = "" if salt == "-" else salt
        return {dns.dnssec.nsec3_hash(name, salt, int(iterations), 1).lower() for name in names}

    def __str__(self) -> str:
        """Give what it takes to see it again."""
        return f"{self.zone.made_by}: {self.change}: {[found.finding.rule for found in self.found]}"


def judged(text: str, origin: str, folder: Path, at: int = AT) -> ZoneReport:
    path = folder / "zone"
    path.write_text(text)
    report = check([str(path)], CheckOptions(at=(at,), origin=origin, jobs=1))
    assert not report.failures
    return report.zones[0]


def outcomes(seed: int, folder: Path, at: int = AT) -> list[Outcome]:
    """Make the zone of a seed, show it to be silent, and change it."""
    zone, dice = signed(seed), random.Random(f"changes of {seed}")
    report = judged("\n".join([*zone.lines, ""]), zone.origin, folder, at)
    said = [(found.finding.rule, found.location) for found in report.findings if found.finding.rule not in ADVICE]
    assert not said, zone.made_by
    assert (report.records, report.verified) == (len(zone.lines), report.signatures), zone.made_by
    result = []
    for _ in range(EACH):
        change = mutant(dice, zone.lines, zone.origin)
        found = [
            found for found in judged(change.text(), zone.origin, folder, at).findings
            if found.finding.rule not in ADVICE and found.severity > Severity.notice
        ]  # fmt: skip
        result.append(Outcome(zone, change, found, harmless(zone.lines, change, zone.origin)))
    return result


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    folder = tmp_path_factory.mktemp("campaign")
    return [outcome for seed in SEEDS for outcome in outcomes(seed, folder)]


@needs_signers
def test_each_change_is_found_or_does_no_harm(campaign: list[Outcome]) -> None:
    assert [str(outcome) for outcome in campaign if not outcome.found and not outcome.harmless] == []


@needs_signers
def test_findings_are_where_the_change_is(campaign: list[Outcome]) -> None:
    assert [str(each) for each in campaign if each.found and not each.is_at_the_change()] == []


@needs_signers
def test_counts(campaign: list[Outcome]) -> None:
    """The sample has changes of every kind in records of every type that matters; most of them must be found."""
    counts = Counter(outcome.harmless or "must be found" for outcome in campaign)
    silent = Counter(outcome.harmless for outcome in campaign if not outcome.found)
    print(f"\n{len(SEEDS)} zones, {len(campaign)} changes")  # noqa: T201
    for name, number in counts.most_common():
        print(f"{number:7} {name}: {number - silent[name]} found")  # noqa: T201
    assert {outcome.change.kind for outcome in campaign} == set(KINDS)
    assert {outcome.change.old.type for outcome in campaign} >= {
        "SOA", "NS", "A", "AAAA", "MX", "TXT", "CNAME", "DNAME", "DS", "DNSKEY", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM",
    }  # fmt: skip
    assert counts.keys() <= {*HARMLESS, "must be found"}
    assert counts["must be found"] > len(campaign) * 2 / 3


# --- peers ---------------------------------------------------------------------------------------------------

PEERS = {
    "dnssec-verify": "dnssec-verify -q -z -o {origin} {path}",
    "named-checkzone": "named-checkzone -q -i local -k ignore {origin} {path}",
    "ldns-verify-zone": "ldns-verify-zone {path}",
    "kzonecheck": "kzonecheck -v -d on -o {origin} {path}",
    "nsd-checkzone": "nsd-checkzone {origin} {path}",
    "validns": "validns -z {origin} {path}",
}
MISTAKEN = {
    ("ldns-verify-zone", "General memory error"): "ldns 1.8.3 cannot hold an NSEC3 record that is there twice",
    ("ldns-verify-zone", "wrong next owner name"): "ldns 1.8.3 reads the label \\@ as the origin",
    ("validns", "multiple NSEC3 with the same record name"): "validns 0.8 takes a copy for a second record",
    ("kzonecheck", "invalid domain name character"): "Knot 3.2.6 reads few characters in names; any octet is legal "
    "(RFC 2181 section 11), and we warn of a host name",
    ("kzonecheck", "missing CDNSKEY"): "Knot 3.2.6 looks for CDNSKEY beside CDS at a cut, which belong to another zone",
    ("validns", "IPv4 address is not valid"): "validns 0.8 does not know the generic form of RFC 3597",
    ("validns", "the first record in the zone must be an SOA"): "a copy came first; RFC 1035 asks for no order",
    ("validns", "exists, but NSEC"): "validns 0.8 wants what a cut hides in the bitmap, where RFC 4035 section 2.3 "
    "forbids it",
    ("validns", "unsupported rdtype"): "validns 0.8 is older than the type, and asks for no rest",
    ("nsd-checkzone", "this SOA record was already encountered"): "nsd 4.6.1 takes a copy for a second SOA; we warn",
}
"""Words with which a peer refuses a zone that has no error, and why it does."""


@cache
def _patterns(peer: str) -> re.Pattern[str] | None:
    words = [re.escape(words) for name, words in MISTAKEN if name == peer]
    return re.compile("|".join(words)) if words else None


def refusal(peer: str, zone: Signed, folder: Path) -> str | None:
    """Give the words of a peer that refuses the zone in `folder`, None if it does not or is known to be mistaken."""
    program, *rest = PEERS[peer].format(origin=zone.origin, path=folder / "zone").split()
    command = [where(program) or program, *rest]
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, timeout=60)
    said = done.stdout + done.stderr
    pattern = _patterns(peer)
    return None if done.returncode == 0 or (pattern and pattern.search(said)) else said or f"status {done.returncode}"


@needs_signers
@pytest.mark.parametrize("seed", PEER_SEEDS)
def test_what_a_peer_refuses_has_an_error(seed: int, tmp_path: Path) -> None:
    """What we let pass, the zone itself among it, is accepted by everyone else, or `MISTAKEN` says why not."""
    with signers.current_window():  # dnssec-verify knows no time but now
        now = int(time.time())
        results = outcomes(seed, tmp_path, now)
    zone = results[0].zone
    passed = ["\n".join([*zone.lines, ""])]
    passed += [each.change.text() for each in results if all(one.severity < Severity.error for one in each.found)]
    peers = [peer for peer in PEERS if where(peer)]
    assert peers
    for text in passed:
        (tmp_path / "zone").write_text(text)
        refused = {peer: words for peer in peers if (words := refusal(peer, zone, tmp_path))}
        assert refused == {}, zone.made_by
