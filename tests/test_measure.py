"""What is measured from zones that real signers made, and from the root zone as it was published."""

from __future__ import annotations

import base64
import lzma
import re
import time
from collections.abc import Callable
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdata
import dns.zone
import pytest
from fixturing import FIXTURES, ROOT

from zonelint.engine.origin import find_origin
from zonelint.rollover import observe
from zonelint.rollover.inputs import gather
from zonelint.rollover.measure import CLASSES, MeasureError, key_times, measure
from zonelint.rollover.model import Setup
from zonelint.rollover.roles import KeyUse, assign
from zonelint.times import parse_time

ZONES = FIXTURES / "zones"
ARCHIVE = ROOT.parent / "shared" / "zones"
SIGNED_UNTIL = parse_time("20260701000000", 0)

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text to a file `zone`."""

    def run(text: str) -> Path:
        path = tmp_path / "zone"
        path.write_text(text)
        return path

    return run


def take(path: Path | str, **options: object) -> Setup:
    """Measure a zone file; a name stands for a zone of the fixtures."""
    path = ZONES / f"{path}.zone" if isinstance(path, str) else path
    return measure(str(path), find_origin=find_origin, **options)  # type: ignore[arg-type]


def roles(setup: Setup) -> dict[str, int | None]:
    return {key.id: key.tag for key in setup.keys.values()}


def unsigned(timers: str = "7200 3600 1209600 300", ttl: int = 3600, more: str = "") -> str:
    return (
        f"$ORIGIN example.test.\n$TTL {ttl}\n@ SOA ns1 hostmaster 1 {timers}\n@ NS ns1\nns1 A 192.0.2.1\n{more}"
    )


# --- who signs what ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signer", ["bind-full", "bind-text", "ldns", "knot"])
@pytest.mark.parametrize("algorithm", [8, 13, 14, 15, 16])
@pytest.mark.parametrize("denial", ["nsec", "nsec3", "optout"])
def test_every_signer_and_algorithm_gives_a_ksk_and_a_zsk(signer: str, algorithm: int, denial: str) -> None:
    setup = take(f"{signer}-{algorithm}-{denial}")
    start = setup.start
    assert setup.zone == "example.test."
    assert setup.keys.keys() == {"ksk-1", "zsk-1"}
    assert {key.algorithm for key in setup.keys.values()} == {algorithm}
    assert start.ds == {"ksk-1"}
    assert start.dnskey == {"ksk-1", "zsk-1"}
    assert "ksk-1" in start.dnskey_signers
    assert start.zone_signers == {"zsk-1"}
    assert start.chains == {"nsec" if denial == "nsec" else "nsec3"}
    assert not start.revoked
    assert not start.cds
    assert start.anchors is None


@pytest.mark.parametrize("name", ["csk", "knot-csk"])
def test_a_key_that_signs_everything_is_a_csk(name: str) -> None:
    start = take(name).start
    assert start.ds == start.dnskey == start.dnskey_signers == start.zone_signers == {"csk-1"}


@pytest.mark.parametrize("name", ["ldns-all-keys-sign-keys", "dnskey-signed-by-all", "bind-full-13-nsec"])
def test_a_zsk_that_signs_the_dnskey_set_too_is_no_csk(name: str) -> None:
    setup = take(name)
    assert setup.keys.keys() == {"ksk-1", "zsk-1"}
    assert setup.start.dnskey_signers == {"ksk-1", "zsk-1"}
    assert setup.start.ds == {"ksk-1"}


def test_a_key_without_sep_flag_that_alone_signs_everything_is_a_csk(write: Write) -> None:
    text = (FIXTURES / "rules" / "no-sep-key-signing" / "fail-only-a-zsk.zone").read_text()
    start = take(write(text)).start
    assert start.ds == start.dnskey_signers == start.zone_signers == {"csk-1"}


def test_a_pre_published_key_signs_nothing() -> None:
    setup = take("zsk-pre-published")
    assert roles(setup) == {"ksk-1": 20078, "zsk-1": 64683, "zsk-2": 44109}
    assert setup.start.zone_signers == {"zsk-1"}
    assert "zsk-2" in setup.start.dnskey
    assert "zsk-2" not in setup.start.dnskey_signers


def test_two_signatures_on_everything_are_two_signers() -> None:
    setup = take("zsk-double-signature")
    assert setup.start.zone_signers == {"zsk-1", "zsk-2"}
    assert not any("signed RRsets" in note for note in setup.notes)


def test_both_ksks_of_a_rollover_may_have_a_ds_and_a_note_says_so() -> None:
    setup = take("ksk-rollover")
    assert setup.start.ds == {"ksk-1", "ksk-2"}
    assert any(note.startswith("assumed: the parent has a DS record for key") for note in setup.notes)


def test_a_revoked_key_is_never_assumed_to_have_a_ds() -> None:
    setup = take("ksk-revoked")
    assert setup.start.revoked == {"ksk-2"}
    assert setup.keys["ksk-2"].tag == 49158
    assert setup.start.ds == {"ksk-1"}


def test_two_algorithms_each_have_their_pair() -> None:
    setup = take("two-algorithms")
    assert {(key.role, key.algorithm) for key in setup.keys.values()} == {
        ("ksk", 8), ("ksk", 13), ("zsk", 8), ("zsk", 13)
    }  # fmt: skip
    assert len(setup.start.zone_signers) == len(setup.start.ds) == 2


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        # SEP or not, then what a key signs: k the DNSKEY set, z the zone, d is led to by a DS
        ("s:kzd", "csk"),
        (":kzd", "csk"),
        ("s:kzd s:k", "csk csk"),
        ("s:kzd s:", "csk csk"),
        ("s:kz s:kzd", "csk csk"),
        ("s:kzd s:z", "csk csk"),
        ("s:kd :z", "ksk zsk"),
        ("s:kd :kz", "ksk zsk"),
        ("s:kd :k :kz", "ksk zsk zsk"),
        ("s:kd s:z", "ksk zsk"),
        ("s:kd s: :z :", "ksk ksk zsk zsk"),
        ("s:d s:k :z", "ksk ksk zsk"),
        # a CSK that is split: KSK and ZSK are there, then they sign
        ("s:kzd s:k :", "csk ksk zsk"),
        ("s:kzd s:k :z", "csk ksk zsk"),
        # KSK and ZSK that are merged into a CSK, which still waits, and which signs
        ("s:kd :z s:k", "ksk zsk ksk"),
        ("s:kd :z s:kz", "ksk zsk csk"),
        # nothing is signed yet
        ("s: :", "ksk zsk"),
    ],
)
def test_roles_by_what_keys_do(does: str, expected: str) -> None:
    uses = []
    for number, one in enumerate(does.split()):
        sep, _, signs = one.partition(":")
        use = KeyUse.of(b"\x01" + (b"\x01" if sep else b"\x00") + b"\x03\x0d" + bytes((number,)) * 64)
        use.signs_keys, use.signs_zone, use.has_ds = ("k" in signs, "z" in signs, "d" in signs)
        uses.append(use)
    assign(uses)
    assert " ".join(use.role for use in uses) == expected


def test_a_second_algorithm_of_a_csk_zone_is_a_csk_too() -> None:
    uses = [KeyUse.of(b"\x01\x01\x03" + bytes((algorithm,)) + bytes(64)) for algorithm in (13, 15)]
    uses[0].signs_keys = uses[0].signs_zone = uses[0].has_ds = True
    uses[1].signs_keys = True
    assign(uses)
    assert [use.role for use in uses] == ["csk", "csk"]


def test_places_of_keys_are_in_the_zone_file() -> None:
    path = ZONES / "csk.zone"
    key = take("csk").keys["csk-1"]
    assert key.place is not None
    assert key.place.file == str(path)
    assert b"DNSKEY\t257" in path.read_bytes()[key.place.start : key.place.start + 80]


def over_data(lines: list[str], tag: int) -> list[int]:
    """Give the numbers of the lines that hold signatures by a key over data."""
    found = re.compile(rf"RRSIG\s+(?!DNSKEY).* {tag} example\.test")
    return [number for number, line in enumerate(lines) if found.search(line)]


def test_a_zone_in_the_middle_of_being_signed_anew_says_how_far(write: Write) -> None:
    lines = (ZONES / "zsk-double-signature.zone").read_text().split("\n")
    old = over_data(lines, 64683)
    assert len(old) == 16
    kept = [line for i, line in enumerate(lines) if i not in old[:5]]
    setup = take(write("\n".join(kept)))
    assert setup.start.zone_signers == {"zsk-1"}
    assert setup.keys["zsk-1"].tag == 44109
    assert any("64683 signs 11 of 16 signed RRsets" in note for note in setup.notes)


def test_no_key_that_signs_everything_means_that_all_that_sign_count(write: Write) -> None:
    lines = (ZONES / "zsk-double-signature.zone").read_text().split("\n")
    dropped = {*over_data(lines, 64683)[:5], *over_data(lines, 44109)[5:]}
    setup = take(write("\n".join(line for i, line in enumerate(lines) if i not in dropped)))
    assert setup.start.zone_signers == {"zsk-1", "zsk-2"}
    assert sum("signed RRsets" in note for note in setup.notes) == 2


def test_signatures_by_a_key_that_is_not_in_the_zone_are_kept(write: Write) -> None:
    text = (ZONES / "zsk-double-signature.zone").read_text()
    (rdata,) = [rdata for rdata in dnskeys("zsk-double-signature") if tag_of(rdata) == 44109]
    kept = [line for line in text.split("\n") if rdata[:40] not in line]
    assert len(kept) == text.count("\n")
    setup = take(write("\n".join(kept)))
    stray = next(key for key in setup.keys.values() if key.tag == 44109)
    assert stray.octets is None
    assert stray.role == "zsk"
    assert stray.id in setup.start.zone_signers
    assert stray.id not in setup.start.dnskey
    assert any("44109 (algorithm 13) are in the zone, the key is not" in note for note in setup.notes)


# --- DS ------------------------------------------------------------------------------------------------------


def dnskeys(name: str) -> list[str]:
    """Give the DNSKEY RDATA of a zone of the fixtures, as dnspython reads them."""
    zone = dns.zone.from_file(str(ZONES / f"{name}.zone"), "example.test.", relativize=False)
    return [rdata.to_text() for rdata in zone.find_rdataset("example.test.", "DNSKEY")]


def tag_of(rdata: str) -> int:
    return int(dns.dnssec.key_id(dns.rdata.from_text("IN", "DNSKEY", rdata)))  # type: ignore[arg-type]


def ds_line(rdata: str, digest: str = "SHA256") -> str:
    key = dns.rdata.from_text("IN", "DNSKEY", rdata)
    return f"example.test. IN DS {dns.dnssec.make_ds('example.test.', key, digest).to_text()}\n"  # type: ignore[arg-type]


@pytest.fixture
def of_rollover() -> dict[int, str]:
    """The KSKs of `ksk-rollover` by tag."""
    return {tag_of(rdata): rdata for rdata in dnskeys("ksk-rollover") if rdata.startswith("257")}


@pytest.mark.parametrize("tag", [20078, 30852])
@pytest.mark.parametrize("digest", ["SHA256", "SHA384"])
def test_the_ds_file_decides(tmp_path: Path, of_rollover: dict[int, str], tag: int, digest: str) -> None:
    file = tmp_path / "dsset"
    file.write_text(ds_line(of_rollover[tag], digest))
    setup = take("ksk-rollover", ds_path=str(file))
    assert [setup.keys[id_].tag for id_ in setup.start.ds] == [tag]
    assert not any("assumed: the parent" in note for note in setup.notes)
    assert "ds-ttl" not in setup.inputs


def test_a_ds_for_a_key_that_is_not_in_the_zone_is_one_more_key(tmp_path: Path, of_rollover: dict[int, str]) -> None:
    file = tmp_path / "dsset"
    file.write_text(ds_line(of_rollover[20078]) + f"example.test. IN DS 4711 13 2 {'AB' * 32}\n")
    setup = take("bind-full-13-nsec", ds_path=str(file))
    other = next(key for key in setup.keys.values() if key.tag == 4711)
    assert setup.start.ds == {"ksk-1", other.id}
    assert (other.role, other.octets) == ("ksk", None)
    assert other.id not in setup.start.dnskey
    assert any("DS record 4711 (algorithm 13) matches no DNSKEY" in note for note in setup.notes)


def test_a_ds_with_the_right_tag_and_another_digest_leads_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "dsset"
    lines = [f"example.test. IN DS 20078 13 {kind} {'AB' * size}\n" for kind, size in ((2, 32), (4, 48))]
    file.write_text("".join(lines))
    setup = take("bind-full-13-nsec", ds_path=str(file))
    (led_to,) = setup.start.ds
    assert led_to not in setup.start.dnskey
    assert any("DS record 20078 (algorithm 13) matches no DNSKEY" in note for note in setup.notes)


def test_no_ds_at_the_parent_is_said_by_none() -> None:
    setup = take("csk", ds_path="none")
    assert setup.start.ds == frozenset()
    assert not any("DS" in note for note in setup.notes)


@pytest.mark.parametrize(
    ("around", "ttl"),
    [
        ("{}", None),
        (";; flags: qr rd ra; QUERY: 1, ANSWER: 1\n{}", None),
        (";; flags: qr aa rd; QUERY: 1, ANSWER: 1\n{}", 7200),
        ("test. 900 IN SOA a. b. 1 2 3 4 5\n{}", 7200),
    ],
)
def test_the_ttl_of_a_ds_counts_where_the_parent_itself_says_it(
    tmp_path: Path, of_rollover: dict[int, str], around: str, ttl: int | None
) -> None:
    file = tmp_path / "parent"
    file.write_text(around.format(ds_line(of_rollover[20078]).replace(" IN", " 2h IN")))
    setup = take("ksk-rollover", ds_path=str(file))
    assert setup.inputs["ds-ttl"].value == ttl if ttl else "ds-ttl" not in setup.inputs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("example.test. IN DS 1 13 2 XYZ\n", "ds:1:28: digest is not hex"),
        ("\nexample.test. IN DS 99999 13 2 ABCD\n", "ds:2:21: key tag is not a number in range"),
        ("other.test. IN DS 1 13 2 ABCD\n", "ds:1:1: no DS record of example.test. in this file, only of other.test."),
    ],
)
def test_a_faulty_ds_file_is_one_message_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "ds"
    file.write_text(text)
    with pytest.raises(MeasureError) as raised:
        take("csk", ds_path=str(file))
    assert str(raised.value) == f"{tmp_path}/{message}"


def test_a_missing_ds_file_and_a_missing_key_directory_are_said(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="nowhere: no such file or directory"):
        take("csk", ds_path=str(tmp_path / "nowhere"))
    with pytest.raises(MeasureError, match="nowhere: no such file or directory"):
        take("csk", keys_dir=str(tmp_path / "nowhere"))


# --- CDS and CDNSKEY -----------------------------------------------------------------------------------------


def with_records(name: str, *lines: str) -> str:
    return (ZONES / f"{name}.zone").read_text() + "".join(f"example.test. 3600 IN {line}\n" for line in lines)


def test_cds_and_cdnskey_name_the_keys_that_the_parent_shall_have(write: Write, of_rollover: dict[int, str]) -> None:
    digest = ds_line(of_rollover[30852]).split(" DS ")[1].strip()
    setup = take(write(with_records("ksk-rollover", f"CDS {digest}")))
    assert [setup.keys[id_].tag for id_ in setup.start.cds] == [30852]
    setup = take(write(with_records("ksk-rollover", f"CDNSKEY {of_rollover[30852]}")))
    assert [setup.keys[id_].tag for id_ in setup.start.cds] == [30852]


def test_a_delete_request_names_no_key_and_is_said(write: Write) -> None:
    setup = take(write(with_records("csk", "CDS 0 0 0 00", "CDNSKEY 0 3 0 AA==")))
    assert setup.start.cds == frozenset()
    assert sum("RFC 8078" in note for note in setup.notes) == 1
    assert not any("matches no DNSKEY" in note for note in setup.notes)


def test_a_cds_of_nobody_is_said(write: Write) -> None:
    setup = take(write(with_records("csk", f"CDS 4711 13 2 {'AB' * 32}")))
    assert setup.start.cds == frozenset()
    assert "the CDS record 4711 matches no DNSKEY of the zone" in setup.notes


def test_a_ksk_that_signs_cds_is_no_csk(write: Write) -> None:
    """BIND signs CDS and CDNSKEY with the KSK (RFC 7344 section 4.1 asks for a key of the DS set)."""
    text = with_records("knot-13-nsec", f"CDS 0 0 0 00\nexample.test. 3600 IN RRSIG {rrsig('CDS', 20078, 3600)}")
    tag = take("knot-13-nsec").keys["ksk-1"].tag
    setup = take(write(text.replace(" 20078 example", f" {tag} example")))
    assert setup.keys.keys() == {"ksk-1", "zsk-1"}
    assert setup.start.zone_signers == {"zsk-1"}


def rrsig(
    covered: str, tag: int, ttl: int, inception: str = "20260601000000", expiration: str = "20260701000000"
) -> str:
    """Write an RRSIG that nobody verifies."""
    signature = base64.b64encode(bytes(64)).decode()
    return f"{covered} 13 2 {ttl} {expiration} {inception} {tag} example.test. {signature}"


# --- numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rich-bind-full-nsec3", "rich-bind-text-nsec", "rich-ldns-optout", "rich-knot-nsec"])
def test_numbers_of_a_rich_zone(name: str) -> None:
    setup = take(name)
    # by the recipe in fixtures/building/silent.py: 3600, `@ 300 A` and `ns2 86400 A`, NSEC3PARAM of its signer
    ttls = {rrset.name: rrset.ttl for rrset in setup.rrsets}
    assert ttls.pop("data-0", 0) == 0
    assert ttls == {"data-86400": 86400, "data-3600": 3600, "data-300": 300, "soa": 3600, "denial": 3600}
    assert [rrset.name for rrset in setup.rrsets if rrset.negative] == ["denial"]
    assert {rrset.expires for rrset in setup.rrsets} == {SIGNED_UNTIL}
    assert setup.dnskey_expires == SIGNED_UNTIL
    values = {name: number.value for name, number in setup.inputs.items()}
    assert values == {
        "dnskey-ttl": 3600, "data-ttl": 86400, "denial-ttl": 3600, "dnskey-negative-ttl": 3600, "soa-refresh": 7200,
        "soa-retry": 3600, "soa-expire": 1209600, "signature-validity": 2592000, "signature-jitter": 0,
    }  # fmt: skip
    assert all(number.source.startswith(f"zone {ZONES / name}.zone") for number in setup.inputs.values())


@pytest.mark.parametrize(
    ("soa", "minimum", "nsec", "denial", "absent"),
    [(3600, 300, 300, 300, 300), (300, 3600, 300, 300, 300), (300, 3600, 3600, 3600, 300), (60, 60, 0, 60, 60)],
)
def test_negative_ttls(write: Write, soa: int, minimum: int, nsec: int, denial: int, absent: int) -> None:
    """RFC 9077: the smaller of SOA TTL and minimum; NSEC records of old signers may have more, and are cached so."""
    text = (
        f"example.test. {soa} IN SOA ns. h. 1 2 3 4 {minimum}\n"
        f"example.test. {soa} IN RRSIG {rrsig('SOA', 1, soa)}\n"
        f"example.test. {nsec} IN NSEC example.test. SOA RRSIG NSEC\n"
        f"example.test. {nsec} IN RRSIG {rrsig('NSEC', 1, nsec)}\n"
    )
    inputs = take(write(text)).inputs
    assert inputs["denial-ttl"].value == denial
    assert inputs["dnskey-negative-ttl"].value == absent
    assert inputs["data-ttl"].value == max(soa, denial)


def test_the_largest_of_record_signature_and_original_ttl_counts(write: Write) -> None:
    text = unsigned() + (
        f"a 60 A 192.0.2.1\na 600 RRSIG {rrsig('A', 1, 60)}\n"
        f"b 700 A 192.0.2.1\nb 60 RRSIG {rrsig('A', 1, 60)}\n"
        f"c 60 A 192.0.2.1\nc 60 RRSIG {rrsig('A', 1, 800)}\n"
        f"d 60 A 192.0.2.1\nd 900 TXT not-signed\nd 60 RRSIG {rrsig('A', 1, 60)}\n"
    )
    names = {rrset.name for rrset in take(write(text)).rrsets}
    assert names == {"data-600", "data-700", "data-800", "data-60", "denial"}


def test_unsigned_delegations_and_glue_do_not_count(write: Write) -> None:
    text = unsigned() + (
        "sub 172800 NS ns.sub\nns.sub 172800 A 192.0.2.7\n"
        f"a 60 A 192.0.2.1\na 60 RRSIG {rrsig('A', 1, 60)}\n"
    )
    assert {rrset.ttl for rrset in take(write(text)).rrsets if not rrset.negative} == {60}


def test_expirations_and_spread(write: Write) -> None:
    """A signer that renews signatures one by one: its inceptions lie apart."""
    text = unsigned() + (
        f"a 60 A 192.0.2.1\na 60 RRSIG {rrsig('A', 1, 60, '20260601000000', '20260611000000')}\n"
        f"b 60 A 192.0.2.1\nb 60 RRSIG {rrsig('A', 1, 60, '20260605000000', '20260615120000')}\n"
        f"c 90 A 192.0.2.1\nc 90 RRSIG {rrsig('A', 1, 90, '20260608000000', '20260617000000')}\n"
    )
    setup = take(write(text))
    inputs = {name: number.value for name, number in setup.inputs.items()}
    assert inputs["signature-validity"] == 10 * 86400 + 43200
    assert inputs["signature-jitter"] == 86400 + 43200
    assert inputs["sign-delay"] == 7 * 86400
    assert inputs["signature-refresh"] == 3 * 86400
    estimates = {name for name, number in setup.inputs.items() if "estimate" in number.source}
    assert estimates == {"signature-jitter", "sign-delay", "signature-refresh"}
    expires = {rrset.name: rrset.expires for rrset in setup.rrsets}
    assert expires["data-60"] == parse_time("20260611000000", 0)
    assert expires["data-90"] == parse_time("20260617000000", 0)
    assert setup.dnskey_expires is None


@pytest.mark.parametrize("name", ["bind-full-13-nsec", "knot-13-nsec3", "ldns-13-optout"])
def test_a_zone_that_was_signed_at_once_has_no_sign_delay(name: str) -> None:
    assert not take(name).inputs.keys() & {"sign-delay", "signature-refresh"}


def test_at_most_some_classes_the_largest_ttl_kept_and_the_earliest_expiration(write: Write) -> None:
    text = unsigned() + "".join(
        f"n{i} {i} A 192.0.2.1\nn{i} {i} RRSIG {rrsig('A', 1, i, expiration=f'202607{i % 28 + 1:02}000000')}\n"
        for i in range(100, 200)
    )
    setup = take(write(text))
    data = [rrset for rrset in setup.rrsets if rrset.name.startswith("data")]
    assert len(setup.rrsets) <= CLASSES
    assert data[0].ttl == 199
    assert data[-1].ttl == 199 - len(data) + 1
    assert data[-1].expires == parse_time("20260701000000", 0)
    assert any("100 different TTLs" in note for note in setup.notes)


def test_several_chains_of_nsec3_are_told_apart(write: Write) -> None:
    text = unsigned() + (
        f"@ NSEC3PARAM 1 0 0 AABB\n@ RRSIG {rrsig('SOA', 1, 60)}\n"
        f"{'0' * 32} NSEC3 1 0 0 AABB {'1' * 32} A\n{'2' * 32} NSEC3 1 1 0 AABB {'3' * 32} A\n"
        f"{'4' * 32} NSEC3 1 0 5 - {'5' * 32} A\n"
    )
    setup = take(write(text))
    assert setup.start.chains == {"nsec3", "nsec3:-"}
    assert "denial by nsec3: 0 iterations, salt aabb" in setup.notes
    assert "denial by nsec3:-: 5 iterations, salt -" in setup.notes
    assert "the zone has 2 chains of denial" in setup.notes


# --- unsigned zones ------------------------------------------------------------------------------------------


def test_an_unsigned_zone_is_an_empty_state_with_what_would_be_signed(write: Write) -> None:
    more = (
        "www 600 A 192.0.2.2\nsub 172800 NS ns.sub\nns.sub 172801 A 192.0.2.7\nx.ns.sub 172802 TXT hidden\n"
        "sub 900 DS 1 13 2 " + "AB" * 32 + "\n"
    )
    setup = take(write(unsigned(more=more)))
    assert not setup.keys
    assert setup.start.dnskey == setup.start.ds == setup.start.zone_signers == setup.start.chains == frozenset()
    assert {(rrset.name, rrset.ttl) for rrset in setup.rrsets} == {
        ("data-3600", 3600), ("data-600", 600), ("data-900", 900), ("soa", 3600), ("denial", 300)
    }  # fmt: skip
    assert {rrset.expires for rrset in setup.rrsets} == {None}
    assert "dnskey-ttl" not in setup.inputs
    assert "the zone is not signed" in setup.notes


def test_a_dnskey_set_without_signatures_over_data_is_said(write: Write) -> None:
    key = "DNSKEY 257 3 15 " + base64.b64encode(bytes(32)).decode()
    setup = take(write(unsigned(more=f"@ {key}\n")))
    assert setup.start.dnskey == {"ksk-1"}
    assert setup.start.zone_signers == setup.start.dnskey_signers == setup.start.ds == frozenset()
    assert any("data are not signed" in note for note in setup.notes)


# --- reading -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [700, 1500, 5000])
@pytest.mark.parametrize(
    "name", ["rich-bind-text-nsec3", "rich-ldns-nsec", "csk", "powerdns-export", "ldns-layout-comments"]
)
def test_the_parts_that_a_text_is_read_in_change_nothing(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = take(name)
    monkeypatch.setattr(observe, "PART", size)
    assert take(name) == whole


SIGNED = [path for path in sorted(ZONES.glob("*.zone")) if b"RRSIG" in path.read_bytes()]


@pytest.mark.parametrize("path", SIGNED, ids=lambda path: path.stem)
def test_every_zone_that_is_right_can_be_measured(path: Path) -> None:
    setup = take(path)
    assert setup.start.zone_signers
    assert setup.start.dnskey_signers & setup.start.ds
    assert not any("matches no" in note or "is a guess" in note or "signs " in note for note in setup.notes)


def test_a_given_origin_counts(write: Write) -> None:
    text = "@ 3600 IN SOA ns h 1 2 3 4 5\n"
    assert take(write(text), origin="here.example").zone == "here.example."
    with pytest.raises(MeasureError, match=r"origin a\.\.b: empty label"):
        take(write(text), origin="a..b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "zone: no SOA record: this is no whole zone"),
        ("example.test. 60 IN A 192.0.2.1\n", "zone: no SOA record: this is no whole zone"),
        (unsigned(more="www A 192.0.2.300\n"), "zone:6:7: A: "),
        (unsigned(more="\n  ; comment\nwww 60 IN\n"), "zone:8:8: the line ends before a record type"),
        (unsigned(more="other.test. 60 IN A 192.0.2.1\n"), "zone:6:1: other.test. is not in the zone example.test."),
        (unsigned(more="other.test. SOA a. b. 1 2 3 4 5\n"), "zone:6:1: other.test. is not in the zone example.test."),
        (unsigned(more="a 99999999999 A 192.0.2.1\n"), "zone:6:3: TTL 99999999999 is above 2147483647"),
        (unsigned(more="a CH A 192.0.2.1\n"), "zone:6:3: class CH in a zone of class IN"),
        (unsigned(more="a TXT (\n"), "zone:6:"),
        (unsigned(more="$INCLUDE missing.inc\n"), "zone:6:10: "),
        (unsigned(more="a TXT \0\n"), "zone: holds a NUL octet: this is no text"),
        ("; <<>> DiG 9.20 <<>> axfr\n" + unsigned(), "zone: the text of a transfer ends without the SOA"),
        (unsigned() + "; Transfer failed.\n", "zone: the transfer failed: the zone is not whole"),
    ],
)
def test_what_cannot_be_read_is_one_message_with_its_place(write: Write, text: str, message: str) -> None:
    path = write(text)
    with pytest.raises(MeasureError) as raised:
        take(path)
    assert str(raised.value).startswith(f"{path.parent}/{message}")
    assert "\n" not in str(raised.value)


def test_a_missing_ttl_is_no_fault(write: Write) -> None:
    setup = take(write("example.test. IN SOA ns h 1 2 3 4 500\nexample.test. IN NS ns.example.net.\n"))
    assert setup.inputs["data-ttl"].value == 500


def test_a_directory_and_a_missing_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="is a directory"):
        take(tmp_path)
    with pytest.raises(MeasureError, match="zone: no such file or directory"):
        take(tmp_path / "zone")


def test_a_fault_in_an_included_file_is_at_its_place_there(tmp_path: Path) -> None:
    (tmp_path / "part").write_text("\nwww A 1.2.3\n")
    (tmp_path / "zone").write_text(unsigned(more="$INCLUDE part\n"))
    with pytest.raises(MeasureError, match=rf"{tmp_path}/part:2:7: A: "):
        take(tmp_path / "zone")


def test_a_large_zone_takes_a_few_seconds(tmp_path: Path) -> None:
    path = tmp_path / "zone"
    with path.open("w") as file:
        file.write("example.test. 3600 IN SOA ns. h. 1 7200 3600 1209600 300\n")
        for i in range(66_666):
            file.write(
                f"n{i}.example.test. 3600 IN A 192.0.2.1\n"
                f"n{i}.example.test. 3600 IN RRSIG {rrsig('A', 1, 3600)}\n"
                f"n{i}.example.test. 300 IN NSEC n{i + 1}.example.test. A RRSIG NSEC\n"
            )
    before = time.process_time()
    setup = take(path)
    assert time.process_time() - before < 10
    assert setup.inputs["data-ttl"].value == 3600


# --- key files -----------------------------------------------------------------------------------------------


def test_key_files_tell_times_and_what_is_missing(tmp_path: Path) -> None:
    setup = take("csk")
    key = setup.keys["csk-1"]
    (rdata,) = dnskeys("csk")
    stem = f"Kexample.test.+013+{key.tag:05}"
    (tmp_path / f"{stem}.key").write_text(
        f"; Publish: 20260601000000 (x)\n; Activate: 20260602000000 (x)\nexample.test. IN DNSKEY {rdata}\n"
    )
    times = key_times(setup, str(tmp_path))
    assert times["csk-1"]["Publish"] == parse_time("20260601000000", 0)
    assert times["csk-1"]["Activate"] == parse_time("20260602000000", 0)
    noted = take("csk", keys_dir=str(tmp_path)).notes
    assert f"the private part of key {key.tag} is not in the key directory" in noted


def test_an_empty_key_directory_and_a_damaged_file_are_notes(tmp_path: Path) -> None:
    assert f"{tmp_path} has no key files of example.test." in take("csk", keys_dir=str(tmp_path)).notes
    (tmp_path / "Kexample.test.+013+00001.key").write_text("nothing\n")
    notes = take("csk", keys_dir=str(tmp_path)).notes
    assert any(note.startswith(f"key file not read: {tmp_path}/Kexample.test.+013+00001.key:1:1: ") for note in notes)


# --- the root zone -------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    archive = ARCHIVE / "root-2017082100.zone.xz"
    if not archive.is_file():
        pytest.skip(f"the archive of the root zone is not at {archive}")
    path = tmp_path / "root.zone"
    path.write_bytes(lzma.decompress(archive.read_bytes()))
    return path


def test_the_root_zone_of_august_2017(root: Path) -> None:
    """KSK-2017 (20326) was published on 2017-07-11 and did not sign; KSK-2010 (19036) did: TV19 of the research."""
    setup = take(root)
    assert setup.zone == "."
    assert roles(setup) == {"ksk-1": 19036, "ksk-2": 20326, "zsk-1": 15768}
    assert setup.start.anchors == {"ksk-1"}
    assert setup.start.ds == frozenset()
    assert setup.start.dnskey_signers == {"ksk-1"}
    assert setup.start.zone_signers == {"zsk-1"}
    assert [note[:35] for note in setup.notes if "20326" in note] == ["key 20326 is published and does not"]
    assert not any("DS" in note for note in gather(setup).notes[len(setup.notes) :])
    values = {name: number.value for name, number in setup.inputs.items()}
    assert values["dnskey-ttl"] == 172800
    assert values["data-ttl"] == 518400
    assert values["denial-ttl"] == 86400
    # the SKR of 2017-Q3: a signature over the keys is valid for 21 days
    assert setup.dnskey_expires == parse_time("2017-09-10", 0)
    assert {rrset.expires for rrset in setup.rrsets} == {parse_time("2017-09-03T05:00:00Z", 0)}


@pytest.mark.parametrize(
    ("serial", "published", "signing"),
    [
        ("2024061901", {20326, 5613}, 5613),
        ("2024062000", {20326, 5613, 20038}, 5613),
        ("2024063001", {20326, 5613, 20038}, 5613),
        ("2024070100", {20326, 5613, 20038}, 20038),
        ("2024071001", {20326, 5613, 20038}, 20038),
        ("2024071100", {20326, 20038}, 20038),
    ],
)
def test_the_zsk_rollover_of_the_root_in_2024(serial: str, published: set[int], signing: int) -> None:
    """Ten days before the quarter the new ZSK is published, ten days after its beginning the old one is removed."""
    path = ARCHIVE / "root-apex" / f"{serial}.zone"
    if not path.is_file():
        pytest.skip(f"the apex of the root zone is not at {path}")
    setup = take(path)
    start = setup.start
    assert {setup.keys[id_].tag for id_ in start.dnskey} == published
    assert {setup.keys[id_].tag for id_ in start.zone_signers} == {signing}
    assert {setup.keys[id_].tag for id_ in start.anchors or ()} == {20326}
    assert {key.tag for key in setup.keys.values() if key.role == "ksk"} == {20326}
